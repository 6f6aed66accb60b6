#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# Device rules: which devices the processes of a container may read, write and make, as the kernel
# sees it (an eBPF program of the container's cgroup). Majors 240 to 254 are for local use, so that
# an open which is allowed finds no driver and nothing happens.

load helpers

# A bundle whose process may make devices, as far as the rules let it, with /try, which prints for
# each node of /nodes what may be done: "r", "w", or "-" for neither; and for each TYPE:MAJOR:MINOR
# "m" if the node can be made.
devices_new() {
    bundle_new
    cfg '.process.capabilities[] += ["CAP_MKNOD", "CAP_SYS_RAWIO"]'
    mkdir "$BUNDLE/rootfs/nodes"
    cat >"$BUNDLE/rootfs/try" <<'TRY'
#!/bin/sh
# Only "not permitted" is the rules' answer; no driver or no medium is none.
refused() { case $("$@" 2>&1) in *'not permitted'*) return 0 ;; esac; return 1; }
for arg; do
    letters=
    case $arg in
        *:*)
            rm -f /dev/made
            old=$IFS; IFS=:; set -- $arg; IFS=$old
            mknod /dev/made "$1" "$2" "$3" 2>/dev/null && letters=m ;;
        *)
            refused dd if=/nodes/$arg of=/dev/null count=0 || letters=r
            refused dd if=/dev/null of=/nodes/$arg count=0 conv=notrunc || letters=${letters}w ;;
    esac
    echo "$arg ${letters:--}"
done
TRY
    chmod +x "$BUNDLE/rootfs/try"
}

# node NAME TYPE MAJOR MINOR: a node in /nodes, which hoy has no part in.
node() {
    mknod "$BUNDLE/rootfs/nodes/$1" "$2" "$3" "$4" || return 1
    chmod 0666 "$BUNDLE/rootfs/nodes/$1"
}

# Where temporary files are mounted nodev, no node in the root file system can be opened at all.
require_nodes() {
    mknod "$BATS_TEST_TMPDIR/null" c 1 3
    (: <"$BATS_TEST_TMPDIR/null") 2>/dev/null ||
        skip "the directory for temporary files is mounted nodev"
}

# rules JSON: linux.resources.devices.
rules() {
    cfg ".linux.resources.devices = $1"
}

# verifies: config linux.resources.devices
@test "without rules no device can be made or opened but the default ones" {
    require_nodes
    devices_new
    node mem c 1 1
    node serial c 4 64
    node loop b 7 0
    args /try mem serial loop c:1:1 c:4:64 b:7:0 c:240:0 b:240:0
    cfg 'del(.linux.resources.devices)'
    container_run
    succeeded
    is $'mem -\nserial -\nloop -\nc:1:1 -\nc:4:64 -\nb:7:0 -\nc:240:0 -\nb:240:0 -'
    # The same with a list that is there and empty, and without resources at all.
    rules '[]'
    container_run
    is $'mem -\nserial -\nloop -\nc:1:1 -\nc:4:64 -\nb:7:0 -\nc:240:0 -\nb:240:0 -'
    cfg 'del(.linux.resources)'
    container_run
    is $'mem -\nserial -\nloop -\nc:1:1 -\nc:4:64 -\nb:7:0 -\nc:240:0 -\nb:240:0 -'
}

@test "what is refused is refused with EPERM" {
    bundle_new
    cfg '.process.capabilities[] += ["CAP_MKNOD"]'
    script 'mknod /dev/mine c 240 0 2>&1 || true'
    container_run
    has 'Operation not permitted'
}

@test "the default devices work whatever the rules say" {
    devices_new
    rules '[{allow: false, access: "rwm"}, {allow: false, type: "c", major: 1, minor: 3,
             access: "rwm"}]'
    script 'echo x >/dev/null; cat /dev/null
        head -c 3 /dev/zero | od -An -tx1
        echo x >/dev/full || true
        [ "$(head -c 8 /dev/random | wc -c) $(head -c 8 /dev/urandom | wc -c)" = "8 8" ]
        : 3<>/dev/ptmx
        cat /dev/tty || true
        /try c:1:3 c:1:5 c:1:7 c:1:8 c:1:9 c:5:0 c:5:2 c:136:7 c:1:11' 2>&1
    container_run
    succeeded
    has ' 00 00 00'
    has 'No space left on device'
    has "can't open '/dev/tty': No such device or address"
    has $'c:1:3 m\nc:1:5 m\nc:1:7 m\nc:1:8 m\nc:1:9 m\nc:5:0 m\nc:5:2 m\nc:136:7 m\nc:1:11 -'
}

# verifies: config linux.resources.devices[].allow, config linux.resources.devices[].access
@test "each letter of access is allowed by itself" {
    require_nodes
    devices_new
    node r c 240 1
    node w c 240 2
    node m c 240 3
    node rw c 240 4
    node all c 240 5
    rules '[{allow: false, access: "rwm"},
            {allow: true, type: "c", major: 240, minor: 1, access: "r"},
            {allow: true, type: "c", major: 240, minor: 2, access: "w"},
            {allow: true, type: "c", major: 240, minor: 3, access: "m"},
            {allow: true, type: "c", major: 240, minor: 4, access: "wr"},
            {allow: true, type: "c", major: 240, minor: 5}]'
    args /try r w m rw all c:240:1 c:240:2 c:240:3 c:240:4 c:240:5
    container_run
    succeeded
    is $'r r\nw w\nm -\nrw rw\nall rw\nc:240:1 -\nc:240:2 -\nc:240:3 m\nc:240:4 -\nc:240:5 m'
}

# verifies: config linux.resources.devices[].type, config linux.resources.devices[].major,
# config linux.resources.devices[].minor
@test "a rule holds for its type and numbers only" {
    require_nodes
    devices_new
    node c1 c 240 1
    node c2 c 240 2
    node d1 c 241 1
    node b1 b 240 1
    rules '[{allow: true, type: "c", major: 240, minor: 1, access: "rwm"}]'
    args /try c1 c2 d1 b1 c:240:1 c:240:2 c:241:1 b:240:1
    container_run
    is $'c1 rw\nc2 -\nd1 -\nb1 -\nc:240:1 m\nc:240:2 -\nc:241:1 -\nb:240:1 -'
    rules '[{allow: true, type: "b", major: 240, minor: 1, access: "rwm"}]'
    container_run
    is $'c1 -\nc2 -\nd1 -\nb1 rw\nc:240:1 -\nc:240:2 -\nc:241:1 -\nb:240:1 m'
}

@test "a number that is missing or -1 is any; type a is every device" {
    devices_new
    args /try c:240:1 c:240:2 c:241:1 b:240:1 b:241:1
    rules '[{allow: true, type: "c", major: 240, access: "m"}]'
    container_run
    is $'c:240:1 m\nc:240:2 m\nc:241:1 -\nb:240:1 -\nb:241:1 -'
    rules '[{allow: true, type: "c", major: -1, minor: 1, access: "m"}]'
    container_run
    is $'c:240:1 m\nc:240:2 -\nc:241:1 m\nb:240:1 -\nb:241:1 -'
    rules '[{allow: true, type: "b", major: 240, minor: -1, access: "m"}]'
    container_run
    is $'c:240:1 -\nc:240:2 -\nc:241:1 -\nb:240:1 m\nb:241:1 -'
    # As in cgroup v1, whatever numbers stand beside it; and no type is type a.
    rules '[{allow: true, type: "a", major: 240, minor: 1, access: "m"}]'
    container_run
    is $'c:240:1 m\nc:240:2 m\nc:241:1 m\nb:240:1 m\nb:241:1 m'
    rules '[{allow: true, access: "m"}]'
    container_run
    is $'c:240:1 m\nc:240:2 m\nc:241:1 m\nb:240:1 m\nb:241:1 m'
}

@test "the last rule that matches wins, for each letter" {
    require_nodes
    devices_new
    node five c 240 5
    node six c 240 6
    args /try five six c:240:5 c:240:6
    rules '[{allow: true, type: "c", major: 240, access: "rwm"},
            {allow: false, type: "c", major: 240, minor: 5, access: "wm"}]'
    container_run
    is $'five r\nsix rw\nc:240:5 -\nc:240:6 m'
    rules '[{allow: false, type: "c", major: 240, minor: 5, access: "wm"},
            {allow: true, type: "c", major: 240, access: "rwm"}]'
    container_run
    is $'five rw\nsix rw\nc:240:5 m\nc:240:6 m'
    # A rule that denies everything takes back what was allowed before.
    rules '[{allow: true, type: "c", major: 240, access: "rwm"}, {allow: false},
            {allow: true, type: "c", major: 240, minor: 6, access: "r"}]'
    container_run
    is $'five -\nsix r\nc:240:5 -\nc:240:6 -'
}

@test "a rule that allows everything allows everything" {
    require_nodes
    devices_new
    node five c 240 5
    node block b 240 5
    args /try five block c:1:1 b:7:0
    rules '[{allow: false, access: "rwm"}, {allow: true}]'
    container_run
    is $'five rw\nblock rw\nc:1:1 m\nb:7:0 m'
}

@test "devices that are listed are made whatever the rules say" {
    bundle_new stat -c '%F %t:%T' /dev/one
    cfg '.linux.devices = [{path: "/dev/one", type: "c", major: 240, minor: 1}]'
    rules '[{allow: false, access: "rwm"}]'
    # Whether the filter or the node is first must not be left to chance.
    for _ in {1..20}; do
        container_run
        succeeded
        is 'character special file f0:1'
    done
}

@test "another process of the container is under the same rules" {
    devices_new
    script 'echo up; exec sleep 100'
    rules '[{allow: true, type: "c", major: 240, minor: 1, access: "m"}]'
    container_up
    wait_output up
    run hoy exec "$ID" /try c:240:1 c:240:2
    succeeded
    is $'c:240:1 m\nc:240:2 -'
}

@test "a rule that makes no sense is an error that names it" {
    bundle_new true
    rules '[{allow: true, type: "c", access: "r"}, {allow: false, access: "rx"}]'
    container_run
    failed_with 'linux.resources.devices[1].access: must be made of r, w and m, got "rx"'
    rules '[{allow: false, type: "q"}]'
    container_run
    failed_with 'linux.resources.devices[0].type: must be one of "a", "c", "b", got "q"'
    rules '[{type: "c", access: "r"}]'
    container_run
    failed_with 'linux.resources.devices[0].allow: is required'
    rules '[{allow: true, type: "c", major: 4294967296, access: "r"}]'
    container_run
    failed_with 'linux.resources.devices[0].major: must be from -1 to'
    rules '[{allow: true, type: "c", minor: -2, access: "r"}]'
    container_run
    failed_with 'linux.resources.devices[0].minor: must be from -1 to'
}
