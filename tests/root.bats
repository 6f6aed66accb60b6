#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# root: the root file system, what is hidden or closed in it, and its devices.

load helpers

# The propagation of the container's root: "shared", "master", "unbindable" or nothing.
root_propagation() {
    awk '$5 == "/" {
        for (i = 7; $i != "-"; i++) { sub(":[0-9]+$", "", $i); found = found " " $i }
        print substr(found, 2)
    }' <<<"$output"
}

# No mount on /dev, nor below it.
dev_unmounted() {
    cfg '.mounts |= map(select(.destination | startswith("/dev") | not))'
}

# device TYPE MAJOR MINOR PATH [MORE]: one more entry of linux.devices.
device() {
    cfg '.linux.devices += [{type: $t, path: $p} + (if $t == "p" then {} else
         {major: ($a | tonumber), minor: ($i | tonumber)} end) + $m]' \
        --arg t "$1" --arg a "$2" --arg i "$3" --arg p "$4" --argjson m "${5:-{\}}"
}

# ---- root --------------------------------------------------------------------------------------

# verifies: config root.path
@test "root.path is taken from the bundle when it is relative" {
    bundle_new cat /mark
    mv "$BUNDLE/rootfs" "$BUNDLE/other root"
    echo relative >"$BUNDLE/other root/mark"
    cfg '.root.path = "./other root"'
    cd /
    container_run
    is relative
}

@test "root.path may be absolute" {
    bundle_new cat /mark
    mv "$BUNDLE/rootfs" "$BATS_TEST_TMPDIR/elsewhere"
    echo absolute >"$BATS_TEST_TMPDIR/elsewhere/mark"
    cfg '.root.path = $p' --arg p "$BATS_TEST_TMPDIR/elsewhere"
    container_run
    is absolute
}

@test "root.path may be a symbolic link" {
    bundle_new cat /mark
    mv "$BUNDLE/rootfs" "$BUNDLE/real"
    ln -s real "$BUNDLE/rootfs"
    echo linked >"$BUNDLE/real/mark"
    container_run
    is linked
}

@test "root.path that is not there, or no directory, is an error that names it" {
    bundle_new true
    cfg '.root.path = "missing"'
    container_run
    failed_with root.path
    has "$BUNDLE/missing"
    has 'no such file or directory'
    cfg '.root.path = "config.json"'
    container_run
    failed_with root.path
    has 'not a directory'
    cfg 'del(.root.path)'
    container_run
    failed_with root.path
    cfg 'del(.root)'
    container_run
    failed_with root
}

@test "a mount point can be the root file system" {
    bundle_new /bin/sh -c 'cat /mark; cat /below/mark'
    mkdir "$BUNDLE/rootfs/below" "$BUNDLE/data"
    echo below >"$BUNDLE/data/mark"
    echo root >"$BUNDLE/rootfs/mark"
    mount --bind "$BUNDLE/rootfs" "$BUNDLE/rootfs"
    mount --bind "$BUNDLE/data" "$BUNDLE/rootfs/below"
    container_run
    umount -R "$BUNDLE/rootfs"
    is $'root\nbelow'
}

# verifies: config root.readonly
@test "a read-only root can't be written, mounts in it can" {
    bundle_new /bin/sh -c 'echo x >/dev/shm/file && echo x >/mnt/file && ! echo x >/file'
    cfg '.root.readonly = true | .mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs"}]'
    container_run
    succeeded
    has 'Read-only file system'
    [[ ! -e $BUNDLE/rootfs/file ]]
}

@test "a root that is not read-only can be written" {
    bundle_new touch /file
    cfg '.root.readonly = false'
    container_run
    succeeded
    [[ -e $BUNDLE/rootfs/file ]]
    cfg 'del(.root.readonly)'
    args rm /file
    container_run
    succeeded
    [[ ! -e $BUNDLE/rootfs/file ]]
}

@test "a read-only root leaves the directory on the host writable" {
    bundle_new sleep 1000
    container_up
    touch "$BUNDLE/rootfs/from-the-host"
}

@test "nothing of the host's root is left inside" {
    bundle_new /bin/sh -c 'cat /proc/self/mountinfo; ls /..; ls -a / | tr "\n" " "'
    container_run
    succeeded
    [[ $(grep -c ' / / \|/rootfs / ' <<<"$output") == 1 ]]
    has_not /work
    has_not "$BUNDLE/config.json"
}

# ---- Propagation -------------------------------------------------------------------------------

# verifies: config linux.rootfsPropagation=slave, config linux.rootfsPropagation=private,
# config linux.rootfsPropagation=shared, config linux.rootfsPropagation=unbindable
@test "rootfsPropagation is that of the container's root" {
    local kind
    [[ $(findmnt -no PROPAGATION /) == shared ]] || skip "the root of this machine is not shared"
    bundle_new cat /proc/self/mountinfo
    for kind in slave:master rslave:master private: rprivate: unbindable:unbindable \
        runbindable:unbindable; do
        cfg '.linux.rootfsPropagation = $p' --arg p "${kind%:*}"
        container_run
        succeeded
        [[ $(root_propagation) == "${kind#*:}" ]]
    done
    for kind in shared rshared; do
        cfg '.linux.rootfsPropagation = $p' --arg p "$kind"
        container_run
        succeeded
        [[ $(root_propagation) == shared* ]]
    done
}

# Mounts on a directory of the root on the host, and prints the options of the container's mount there.
host_mount_seen() {
    bundle_new sleep 1000
    cfg '.linux.rootfsPropagation = $p' --arg p "$1"
    container_up
    mount -t tmpfs -o noexec from-the-host "$BUNDLE/rootfs/mnt"
    grep -c '^from-the-host /mnt ' "/proc/$(pid_of)/mounts" || true
    hoy delete -f "$ID"
    umount "$BUNDLE/rootfs/mnt"
}

@test "mounts that the host makes below a slave root are seen, below a private one not" {
    [[ $(findmnt -no PROPAGATION /) == shared ]] || skip "the root of this machine is not shared"
    run host_mount_seen slave
    is 1
    run host_mount_seen shared
    is 1
    run host_mount_seen private
    is 0
    run host_mount_seen unbindable
    is 0
}

@test "without rootfsPropagation no mount of the container reaches the host" {
    local before
    bundle_new /bin/sh -c 'mount -t tmpfs inside /tmp && echo mounted; while :; do sleep 100; done'
    cfg '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
    before=$(</proc/self/mountinfo)
    container_up
    wait_output mounted
    [[ $(</proc/self/mountinfo) == "$before" ]]
}

@test "an unbindable root can't be bound" {
    bundle_new /bin/sh -c 'mkdir /dev/shm/d; mount --bind / /dev/shm/d'
    cfg '.linux.rootfsPropagation = "unbindable" | .process.capabilities[] += ["CAP_SYS_ADMIN"]'
    container_run
    failed_with 'Invalid argument'
}

@test "an unknown propagation is an error" {
    bundle_new true
    cfg '.linux.rootfsPropagation = "sharing"'
    container_run
    failed_with linux.rootfsPropagation
}

# ---- pivot_root, chroot ------------------------------------------------------------------------

@test "--no-pivot starts the same container" {
    bundle_new /bin/sh -c 'echo /*; readlink /proc/1/root; touch /x; ls -d /dev/null /proc/1'
    container_run --no-pivot
    has '/bin /dev /etc '
    has 'Read-only file system'
    has $'/dev/null\n/proc/1'
    args cat /proc/keys /proc/sys/kernel/hostname
    container_run --no-pivot
    is hoy
}

@test "exec into a container without pivot_root has the container's root" {
    bundle_new sleep 1000
    touch "$BUNDLE/rootfs/mark"
    container_up --no-pivot
    run hoy exec "$ID" ls /mark
    is /mark
    hoy delete -f "$ID"
    # These hooks see the root file system at its path, not at /.
    cfg '.hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "ls mark >&2"]}]'
    container_up --no-pivot
    run hoy exec "$ID" ls /mark
    is /mark
    run nsenter --target "$(pid_of)" --mount /bin/ls /mark
    is /mark
}

@test "exec into a container without a mount namespace has the container's root" {
    local ns
    bundle_new /bin/sleep 1000
    touch "$BUNDLE/rootfs/mark"
    for ns in '[]' '[{"type": "uts"}]' '[{"type": "pid"}]'; do
        cfg '{ociVersion, process, root: {path: "rootfs"}, linux: {namespaces: $n}}' --argjson n "$ns"
        container_up
        run hoy exec "$ID" /bin/ls /mark
        is /mark
        hoy delete -f "$ID"
    done
}

@test "a bundle below a directory that the container's user can't search" {
    bundle_new cat /mark
    # The user can't search the directory above the bundle.
    [[ $(stat -c %a "$BUNDLE") == 700 ]]
    echo reached >"$BUNDLE/rootfs/mark"
    mkdir "$BUNDLE/data"
    cfg '.linux.namespaces += [{type: "user"}] | .process.user = {uid: 1000, gid: 1000} |
         .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
         .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
         .mounts += [{destination: "/mnt", source: "data", options: ["bind"]}]'
    container_run
    is reached
}

# ---- Masked and read-only paths ----------------------------------------------------------------

# verifies: config linux.maskedPaths
@test "a masked file is empty, a masked directory too" {
    bundle_new /bin/sh -c 'cat /secret/../file; wc -c </file; ls -A /secret; stat -c "%a %F" /secret; touch /secret/x'
    mkdir "$BUNDLE/rootfs/secret"
    echo hidden >"$BUNDLE/rootfs/secret/key"
    echo hidden >"$BUNDLE/rootfs/file"
    cfg '.linux.maskedPaths = ["/file", "/secret"] | .root.readonly = false'
    container_run
    failed_with 'Read-only file system'
    [[ ${lines[0]} == 0 && ${lines[1]} == '755 directory' ]]
    has_not hidden
}

@test "what is not there needs no mask" {
    bundle_new echo fine
    cfg '.linux.maskedPaths = ["/no/such", "/etc/passwd/below", "/proc/no-such"]'
    container_run
    is fine
    [[ ! -e $BUNDLE/rootfs/no ]]
}

@test "a mask through a symbolic link hides what it leads to" {
    bundle_new /bin/sh -c 'cat /real/key /link/key; ls -A /real'
    mkdir "$BUNDLE/rootfs/real"
    echo hidden >"$BUNDLE/rootfs/real/key"
    ln -s ../../../real "$BUNDLE/rootfs/link"
    cfg '.linux.maskedPaths = ["/link/key"]'
    container_run
    is key
    cfg '.linux.maskedPaths = ["/link"]'
    container_run
    has_not hidden
}

@test "a mask on a mount of the container" {
    bundle_new /bin/sh -c 'cat /mnt/key; ls /mnt'
    mkdir "$BUNDLE/data"
    echo hidden >"$BUNDLE/data/key"
    cfg '.mounts += [{destination: "/mnt", source: "data", options: ["bind"]}] |
         .linux.maskedPaths = ["/mnt/key"]'
    container_run
    is key
}

@test "masked directories share one file system" {
    bundle_new /bin/sh -c 'stat -c %d /a /b /c | sort -u | wc -l; grep -c " /[abc] " /proc/self/mountinfo'
    mkdir "$BUNDLE"/rootfs/{a,b,c}
    cfg '.linux.maskedPaths = ["/a", "/b", "/c"]'
    container_run
    is $'1\n3'
}

@test "a /dev/null that is none is not used for masks" {
    bundle_new cat /etc/passwd
    dev_unmounted
    mkdir "$BUNDLE/data"
    echo canary >"$BUNDLE/data/null"
    cfg '.mounts += [{destination: "/dev", source: "data", options: ["bind"]}] |
         .linux.maskedPaths = ["/etc/passwd"]'
    container_run
    failed_with 'linux.maskedPaths[0]'
    has '/dev/null of the container is not the null device'
    ln -sf /etc/passwd "$BUNDLE/data/null"
    container_run
    failed_with '/dev/null of the container is not the null device'
}

# verifies: config linux.readonlyPaths
@test "a read-only path can't be written, its file system still can" {
    bundle_new /bin/sh -c 'echo x >/data/open; ! echo x >/data/closed/file; ! echo x >/data/one'
    mkdir -p "$BUNDLE/rootfs/data/closed"
    touch "$BUNDLE/rootfs/data/closed/file" "$BUNDLE/rootfs/data/one"
    cfg '.root.readonly = false | .linux.readonlyPaths = ["/data/closed", "/data/one", "/missing"]'
    container_run
    succeeded
    has "can't create /data/closed/file: Read-only file system"
    has "can't create /data/one: Read-only file system"
    [[ -e $BUNDLE/rootfs/data/open ]]
}

@test "a read-only path is read-only with all that is mounted below it" {
    bundle_new /bin/sh -c '! echo x >/mnt/below/file'
    cfg '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs"},
         {destination: "/mnt/below", type: "tmpfs", source: "tmpfs"}] |
         .linux.readonlyPaths = ["/mnt"]'
    container_run
    succeeded
    has 'Read-only file system'
}

@test "a read-only path keeps the flags of its mount" {
    bundle_new awk '$5 == "/mnt" {found = $6} END {print found}' /proc/self/mountinfo
    cfg '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs",
         options: ["nosuid", "noexec"]}] | .linux.readonlyPaths = ["/mnt"]'
    container_run
    is ro,nosuid,noexec,relatime
}

@test "the default masks and read-only paths hold" {
    bundle_new /bin/sh -c 'wc -c </proc/keys; ! echo 1 >/proc/sys/kernel/panic; ls -A /sys/firmware'
    container_run
    succeeded
    [[ ${lines[0]} == 0 ]]
    has 'Read-only file system'
    [[ ${#lines[@]} == 2 ]]
}

# ---- Default devices ---------------------------------------------------------------------------

# What `ls` says of the default devices and links.
devices_are_right() {
    script 'cd /dev
        for n in null zero full random urandom tty; do stat -c "%F %t:%T %a %u:%g" $n; done
        for n in fd stdin stdout stderr ptmx; do readlink $n; done
        echo x >null; head -c 3 zero | wc -c; head -c 3 urandom | wc -c; ! echo x >full'
    container_run
    succeeded
    has 'character special file 1:3 666 0:0
character special file 1:5 666 0:0
character special file 1:7 666 0:0
character special file 1:8 666 0:0
character special file 1:9 666 0:0
character special file 5:0 666 0:0
/proc/self/fd
/proc/self/fd/0
/proc/self/fd/1
/proc/self/fd/2
pts/ptmx
3
3'
    has 'No space left on device'
}

@test "the default devices and links are there" {
    bundle_new
    devices_are_right
}

@test "the default devices are there without a mount on /dev" {
    bundle_new
    dev_unmounted
    devices_are_right
    # What lies in the image is a place for them and no device.
    [[ ! -c $BUNDLE/rootfs/dev/null && ! -s $BUNDLE/rootfs/dev/null ]]
    devices_are_right
}

@test "the default devices are there although the umask is 0077" {
    bundle_new
    cfg '.process.user.umask = 63'
    umask 0077
    devices_are_right
}

@test "a /dev of the image that is a link leads nowhere outside" {
    bundle_new /bin/sh -c 'ls /canary/null; echo x >/dev/null'
    dev_unmounted
    rmdir "$BUNDLE/rootfs/dev"
    mkdir "$BUNDLE/rootfs/canary"
    ln -s ../../../canary "$BUNDLE/rootfs/dev"
    container_run
    is /canary/null
}

@test "nodes of the image are not what the container gets" {
    bundle_new /bin/sh -c 'stat -c "%a %t:%T" /dev/null'
    dev_unmounted
    mknod -m 0600 "$BUNDLE/rootfs/dev/null" c 1 3
    container_run
    is '666 1:3'
    [[ $(stat -c %a "$BUNDLE/rootfs/dev/null") == 600 ]]
}

@test "a file of the image where a default device must be is an error" {
    bundle_new true
    dev_unmounted
    echo text >"$BUNDLE/rootfs/dev/zero"
    container_run
    failed_with /dev/zero
    has 'there is another file already'
}

@test "nothing is added to a /dev that is bound from the host" {
    bundle_new ls /dev
    dev_unmounted
    mkdir "$BUNDLE/data"
    mknod -m 0666 "$BUNDLE/data/null" c 1 3
    cfg '.mounts += [{destination: "/dev", source: "data", options: ["bind"]}]'
    container_run
    is null
    [[ $(ls "$BUNDLE/data") == null ]]
}

@test "the host's /dev can be bound" {
    bundle_new /bin/sh -c 'echo x >/dev/null; ls -d /dev/pts'
    dev_unmounted
    local before
    before=$(ls /dev)
    cfg '.mounts += [{destination: "/dev", source: "/dev", options: ["rbind", "ro"]}]'
    container_run
    is /dev/pts
    [[ $(ls /dev) == "$before" ]]
}

@test "a read-only /dev has its devices and what is mounted below it" {
    bundle_new /bin/sh -c 'echo x >/dev/null; ls -d /dev/shm /dev/pts /dev/fd; echo x >/dev/shm/file; touch /dev/x'
    cfg '(.mounts[] | select(.destination == "/dev") | .options) += ["ro"]'
    container_run
    failed_with 'Read-only file system'
    has $'/dev/fd\n/dev/pts\n/dev/shm'
    has_not 'shm/file'
}

# ---- linux.devices -----------------------------------------------------------------------------

# verifies: config linux.devices[].type=c, config linux.devices[].type=b,
# config linux.devices[].type=u, config linux.devices[].type=p, config linux.devices[].type,
# config linux.devices[].path, config linux.devices[].major, config linux.devices[].minor,
# config linux.devices[].fileMode, config linux.devices[].uid, config linux.devices[].gid
@test "devices of each type, with mode and owner" {
    bundle_new stat -c '%F %t:%T %a %u:%g' /dev/c /dev/b /dev/u /dev/p
    device c 10 229 /dev/c '{"fileMode": 432, "uid": 7, "gid": 8}'
    device b 8 3 /dev/b '{"fileMode": 384, "uid": 9}'
    device u 10 200 /dev/u '{"gid": 10}'
    device p 0 0 /dev/p '{"fileMode": 420}'
    container_run
    is 'character special file a:e5 660 7:8
block special file 8:3 600 9:0
character special file a:c8 666 0:10
fifo 0:0 644 0:0'
}

@test "devices without a mount on /dev, and outside of it" {
    bundle_new stat -c '%F %t:%T %a %u:%g' /dev/c /dev/sub/p /run/devices/b
    dev_unmounted
    device c 10 229 /dev/c '{"fileMode": 432, "uid": 7, "gid": 8}'
    device p 0 0 /dev/sub/p '{"fileMode": 402}'
    device b 8 3 /run/devices/b '{"fileMode": 384, "uid": 9}'
    container_run
    is 'character special file a:e5 660 7:8
fifo 0:0 622 0:0
block special file 8:3 600 9:0'
    [[ ! -c $BUNDLE/rootfs/dev/c && ! -b $BUNDLE/rootfs/run/devices/b ]]
}

@test "devices that no rule allows are there before the hooks run" {
    bundle_new stat -c %t:%T /dev/mine
    cfg '.hooks = {
        createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "exit 0"]}],
        createContainer: [{path: "/bin/sh", args: ["sh", "-c", "stat dev/mine"]}]}'
    device b 240 7 /dev/mine
    container_run
    is f0:7
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    [[ $(status_of) == created ]]
}

@test "a device in a directory of /dev that is made for it" {
    bundle_new stat -c '%n %t:%T %a' /dev/net /dev/net/tun
    device c 10 200 /dev/net/tun
    container_run
    is $'/dev/net 0:0 755\n/dev/net/tun a:c8 666'
}

@test "a default device that is listed has what the list says" {
    bundle_new stat -c '%t:%T %a %u' /dev/zero /dev/null
    device c 1 5 /dev/zero '{"fileMode": 292, "uid": 5}'
    container_run
    is $'1:5 444 5\n1:3 666 0'
}

@test "a listed device works" {
    bundle_new head -c 2 /dev/mine
    device c 1 5 /dev/mine
    container_run
    succeeded
}

@test "the type of file in fileMode is ignored, the bits of its mode are not" {
    bundle_new stat -c '%F %a' /dev/mine
    device c 1 5 /dev/mine '{"fileMode": 25508}'
    container_run
    is 'character special file 1644'
}

@test "a device that is there already is used" {
    bundle_new stat -c '%t:%T' /dev/c /run/c
    mkdir "$BUNDLE/data"
    mknod "$BUNDLE/data/c" c 1 5
    mknod "$BUNDLE/rootfs/run/c" c 1 5
    dev_unmounted
    cfg 'del(.linux.maskedPaths) | .mounts += [{destination: "/dev", source: "data", options: ["bind"]}]'
    device c 1 5 /dev/c
    device c 1 5 /run/c
    container_run
    is $'1:5\n1:5'
}

@test "another file where a device must be is an error" {
    bundle_new true
    mknod "$BUNDLE/rootfs/run/c" c 1 5
    device c 1 3 /run/c
    container_run
    failed_with 'linux.devices[0]'
    has 'there is another file already'
    rm "$BUNDLE/rootfs/run/c"
    mkdir "$BUNDLE/rootfs/run/c"
    container_run
    failed_with 'there is another file already'
    rmdir "$BUNDLE/rootfs/run/c"
    mknod "$BUNDLE/rootfs/run/c" b 1 3
    container_run
    failed_with 'there is another file already'
}

@test "a device listed where another is listed already is an error" {
    bundle_new true
    device c 1 5 /dev/mine
    device c 1 3 /dev/mine
    container_run
    failed_with 'linux.devices[1]'
    has 'there is another file already'
}

@test "a device on a mount below /dev" {
    bundle_new stat -c '%t:%T' /dev/shm/c
    device c 1 5 /dev/shm/c
    container_run
    is 1:5
}

@test "a device's path climbs out of nothing" {
    bundle_new /bin/sh -c 'stat -c %t:%T /outside /etc/inside'
    device c 1 5 /../../outside
    device c 1 3 /dev/../etc/inside
    container_run
    is $'1:5\n1:3'
    [[ ! -e $BUNDLE/outside && ! -e $BATS_TEST_TMPDIR/outside && ! -e /outside ]]
}

@test "devices in a user namespace are those of the host" {
    bundle_new /bin/sh -c 'stat -c "%F %t:%T" /dev/full /dev/net/zero /run/null; head -c 2 /dev/net/zero | wc -c'
    mkdir -p "$BUNDLE/rootfs/run"
    : >"$BUNDLE/rootfs/run/null"
    cfg '.linux.namespaces += [{type: "user"}] |
         .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
         .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
    device c 1 7 /dev/full
    device p 0 0 /dev/fifo
    container_run
    succeeded
    has 'character special file 1:7'
}

@test "a device without numbers is an error" {
    bundle_new true
    cfg '.linux.devices = [{type: "c", path: "/dev/c", major: 1}]'
    container_run
    failed_with 'linux.devices[0].minor: is required for a device of type "c"'
    cfg '.linux.devices = [{type: "x", path: "/dev/c", major: 1, minor: 1}]'
    container_run
    failed_with 'linux.devices[0].type'
    cfg '.linux.devices = [{type: "c", major: 1, minor: 1}]'
    container_run
    failed_with 'linux.devices[0].path'
}
