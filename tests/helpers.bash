# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# (status and output are bats' own; arguments that no function here passes the tests do.)
# What the integration tests share. A test file begins with
#
#     load helpers
#
# and gets from tests/run: HOY (the program), HOY_ROOT (its state root), HOY_FAULTS_BIN (a build with
# fault injection, or empty), HOY_CACHE/busybox (a root file system to copy), HOY_TOKEN (a word in
# the names of this file's cgroups, by which a left one is found), TMPDIR. A test makes a bundle,
# changes its config.json, runs it and looks at $status and $output:
#
#     @test "the hostname is the one asked for" {
#         bundle_new hostname
#         cfg '.hostname = "boat"'
#         container_run
#         [ "$output" = boat ]
#     }

bats_require_minimum_version 1.5.0 2>/dev/null || true

# ---- hoy -------------------------------------------------------------------------------------

# hoy ARGUMENT…: the program under test with this file's state root. Descriptor 3 belongs to bats: a
# container that kept it would hold the whole run.
hoy() {
    "$HOY" --root "$HOY_ROOT" "$@" 3>&-
}

# hoy_faults N ARGUMENT…: the build with fault injection; operation N of the plan fails.
hoy_faults() {
    local n=$1
    shift
    HOY_FAIL_OP=$n "$HOY_FAULTS_BIN" --root "$HOY_ROOT" "$@" 3>&-
}

# An ID that no other test of the run has.
id_new() {
    ID="$HOY_TOKEN-${BATS_TEST_NUMBER:-0}${1:+-$1}"
}

# More steps upwards than a test's directories are deep: on the host a name that begins with them begins at /.
UP=$(printf '/..%.0s' {1..40})
UP=${UP#/}

# ---- Bundles -----------------------------------------------------------------------------------

# make_rootfs DIR: a root file system of busybox with its applets.
make_rootfs() {
    local dir=$1
    if [[ -d ${HOY_CACHE:-}/busybox && $dir != "$HOY_CACHE/busybox" ]]; then
        cp -a "$HOY_CACHE/busybox" "$dir"
        return
    fi
    mkdir -p "$dir"/{bin,dev,etc,home,mnt,proc,root,run,sbin,sys,tmp,usr/bin,var}
    chmod 1777 "$dir/tmp"
    cp "$(command -v busybox)" "$dir/bin/busybox"
    chroot "$dir" /bin/busybox --install -s /bin
    cat >"$dir/etc/passwd" <<PASSWD
root:x:0:0:root:/root:/bin/sh
sailor:x:1000:1000:a sailor:/home/sailor:/bin/sh
PASSWD
    cat >"$dir/etc/group" <<GROUP
root:x:0:
sailor:x:1000:
GROUP
}

# bundle_new [ARGUMENT…]: a bundle of its own for this test, as `hoy spec` writes it, without a
# terminal, with the given arguments. Sets BUNDLE and ID.
bundle_new() {
    BUNDLE=$(mktemp -d "$BATS_TEST_TMPDIR/bundle.XXXXXX")
    id_new "${BUNDLE##*.}"
    make_rootfs "$BUNDLE/rootfs"
    hoy spec -b "$BUNDLE"
    cfg '.process.terminal = false'
    if [[ $# -gt 0 ]]; then
        args "$@"
    fi
}

# cfg FILTER [JQ OPTION…]: changes config.json by a filter of jq.
cfg() {
    local filter=$1
    shift
    jq "$@" "$filter" "$BUNDLE/config.json" >"$BUNDLE/config.json.new" || return 1
    mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

# args ARGUMENT…: what the container's process executes.
args() {
    jq '.process.args = $ARGS.positional' "$BUNDLE/config.json" \
        --args -- "$@" >"$BUNDLE/config.json.new" || return 1
    mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

# script TEXT: the container's process is a shell that executes the text.
script() {
    args /bin/sh -ec "$1"
}

# loop_new SIZE: a block device of our own, LOOP, which the test takes away (losetup -d). NUMBER is its
# "major:minor".
loop_new() {
    modprobe -q loop 2>/dev/null || insmod /usr/lib/uml/modules/*/kernel/drivers/block/loop.ko 2>/dev/null || true
    truncate -s "$1" "$BATS_TEST_TMPDIR/disk"
    LOOP=$(losetup -f --show "$BATS_TEST_TMPDIR/disk") || skip "this machine has no loop devices"
    # shellcheck disable=SC2034 # for the test
    NUMBER=$((0x$(stat -c %t "$LOOP"))):$((0x$(stat -c %T "$LOOP")))
}

# disk_new SIZE: a file system on such a device at /mnt of the bundle's container; the test takes it away
# (disk_end).
disk_new() {
    DISK=$BATS_TEST_TMPDIR/disk.d
    mkdir "$DISK"
    loop_new "$1"
    mkfs.ext4 -q "$LOOP"
    mount "$LOOP" "$DISK"
    # shellcheck disable=SC2016 # expanded by jq
    cfg '.mounts += [{destination: "/mnt", type: "bind", source: $d, options: ["bind"]}]' --arg d "$DISK"
}

# cache_up: a container under 128 MiB with page cache that can go, on such a file system.
cache_up() {
    bundle_new
    script 'head -c 24000000 /dev/zero >/mnt/file; sync /mnt/file; cat /mnt/file >/dev/null; echo up; exec sleep 1000'
    disk_new 64M
    cfg '.linux.resources = {memory: {limit: 134217728}}'
    container_up
    wait_output up
}

disk_end() {
    umount "$DISK"
    losetup -d "$LOOP"
}

# ---- Running -----------------------------------------------------------------------------------

# container_run [OPTION…]: runs the bundle in the foreground; $status and $output are its own.
container_run() {
    run hoy run -b "$BUNDLE" "$@" "$ID"
}

# container_out SCRIPT: prints what a shell script prints in the bundle's container.
container_out() {
    script "$1"
    hoy run -b "$BUNDLE" "$ID" </dev/null
}

# container_up: creates and starts the bundle in the background, with its output in a file.
container_up() {
    OUT=$BATS_TEST_TMPDIR/$ID.out
    hoy create -b "$BUNDLE" "$@" "$ID" </dev/null >"$OUT" 2>&1
    hoy start "$ID"
}

status_of() {
    hoy state "${1:-$ID}" | jq -r .status
}

pid_of() {
    hoy state "${1:-$ID}" | jq -r .pid
}

# cgroup_of [ID]: the directory of a running container's cgroup, as the machine sees it.
cgroup_of() {
    echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of "$@")/cgroup")"
}

# Ends and removes every container of the test's data root, if it has one, and of this file's state root.
containers_remove() {
    local dir
    for dir in "${HOY_DATA_ROOT:-/nonexistent}"/containers/*; do
        [[ -e $dir ]] || continue
        hoy rm -f "${dir##*/}" || true
    done
    for dir in "$HOY_ROOT"/*; do
        [[ -e $dir ]] || continue
        hoy delete --force "${dir##*/}" || true
    done
}

# A file that defines its own teardown calls containers_remove in it.
teardown() {
    containers_remove
}

# ---- Waiting: never for a fixed time -----------------------------------------------------------

# wait_until SECONDS COMMAND…: until the command succeeds; fails after that time.
wait_until() {
    local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    until "$@"; do
        if ((${EPOCHREALTIME/[.,]/} > deadline)); then
            echo "waited in vain: $*" >&2
            return 1
        fi
        sleep 0.02
    done
}

status_is() {
    [[ $(status_of "$2" 2>/dev/null) == "$1" ]]
}

# ended PID: it is no process any more, or only waits for its parent.
ended() {
    [[ $(ps -o stat= -p "$1") == [ZX]* || ! -d /proc/$1 ]]
}

# wait_status STATUS [ID]
wait_status() {
    wait_until 10 status_is "$1" "${2:-$ID}"
}

file_has() {
    grep -qF -- "$2" "$1" 2>/dev/null
}

# wait_output TEXT: until the output of container_up has it.
wait_output() {
    wait_until 10 file_has "$OUT" "$1"
}

# ---- Judging -----------------------------------------------------------------------------------

# succeeded: the last `run` did, else its output is shown.
succeeded() {
    [[ $status == 0 ]] || { echo "exit status $status: $output" >&2; return 1; }
}

# failed_with TEXT: the last `run` failed, and said this.
failed_with() {
    [[ $status != 0 ]] || { echo "it succeeded: $output" >&2; return 1; }
    has "$1"
}

# has TEXT: the last output contains it.
has() {
    [[ $output == *"$1"* ]] || { echo "no '$1' in: $output" >&2; return 1; }
}

# has_not TEXT
has_not() {
    [[ $output != *"$1"* ]] || { echo "'$1' is in: $output" >&2; return 1; }
}

# is TEXT: the last output is exactly this.
is() {
    [[ $output == "$1" ]] || { printf 'expected: %s\nbut it is: %s\n' "$1" "$output" >&2; return 1; }
}

# ---- What a test needs -------------------------------------------------------------------------

# Each skips with the name of what the machine lacks.
require_controller() {
    grep -qw "$1" /sys/fs/cgroup/cgroup.controllers ||
        skip "this machine has no cgroup v2 controller '$1'"
}

require_tool() {
    command -v "$1" >/dev/null || skip "$1 is not installed"
}

require_faults() {
    [[ -n $HOY_FAULTS_BIN ]] || skip "there is no build with fault injection (build-faults/hoy)"
}

# require_capability NUMBER NAME: of the machine's own root.
require_capability() {
    local effective
    effective=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    (((0x$effective >> $1) & 1)) || skip "root lacks $2 on this machine"
}
