#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# debian: a real root file system, made by debootstrap, and the bundle that `runc spec` writes.
#
# Making it takes a minute and a mirror of Debian, so it is kept: HOY_DEBIAN_CACHE names the
# directory (default /var/cache/hoy-tests/debian), HOY_DEBIAN_MIRROR the mirror. A test works in a
# root file system of its own only where it writes; the kept one is mounted read-only by most.

load helpers
load debian

setup_file() {
    DEBIAN_MISSING=$(debian_make 3>&-)
    export DEBIAN_MISSING
}

setup() {
    [[ -z $DEBIAN_MISSING ]] || skip "$DEBIAN_MISSING"
}

teardown() {
    containers_remove
    [[ ! -d ${UPPER:-} ]] || umount -l "$BUNDLE/rootfs"
}

# debian_bundle [ARGUMENT…]: a bundle whose root is the kept Debian, read-only.
debian_bundle() {
    bundle_new "$@"
    cfg '.root.path = $p | .root.readonly = true' --arg p "$CACHE"
}

# A root that may be written: an overlay over the kept one.
debian_writable() {
    UPPER=$(mktemp -d "$BATS_TEST_TMPDIR/upper.XXXXXX")
    mkdir "$UPPER/up" "$UPPER/work"
    mount -t overlay -o "lowerdir=$CACHE,upperdir=$UPPER/up,workdir=$UPPER/work" overlay \
        "$BUNDLE/rootfs"
    cfg '.root.path = "rootfs" | .root.readonly = false'
}

@test "bash runs in a Debian" {
    debian_bundle bash -c 'echo "$BASH_VERSION on $(. /etc/os-release; echo "$ID $VERSION_ID")"; echo $((6 * 7)) {a,b}'
    container_run
    succeeded
    [[ ${lines[0]} == 5.*' on debian 12' ]]
    [[ ${lines[1]} == '42 a b' ]]
}

@test "apt runs in a Debian" {
    debian_bundle apt --version
    container_run
    succeeded
    [[ $output == 'apt 2.'* ]]
}

@test "dpkg knows its packages in a Debian" {
    debian_bundle dpkg-query -W -f '${db:Status-Status} ${Package}\n' base-files bash libc6
    container_run
    is $'installed base-files\ninstalled bash\ninstalled libc6'
}

@test "ldconfig writes the cache of libraries in a writable Debian" {
    debian_bundle sh -c 'rm /etc/ld.so.cache && ldconfig && ldconfig -p | head -n 1 && ls /etc/ld.so.cache'
    debian_writable
    container_run
    succeeded
    has 'libs found in cache'
    has /etc/ld.so.cache
}

@test "ldconfig can't write in a read-only Debian" {
    debian_bundle ldconfig
    container_run
    failed_with 'Read-only file system'
}

@test "the user www-data of a Debian, with home and groups of its own" {
    debian_bundle bash -c 'id; echo "$HOME"; cd; pwd; ! : >/root/x'
    cfg '.process.user = {uid: 33, gid: 33}'
    container_run
    succeeded
    [[ ${lines[0]} == 'uid=33(www-data) gid=33(www-data) groups=33(www-data)' ]]
    [[ ${lines[1]} == /var/www && ${lines[2]} == */* ]]
    has 'Permission denied'
}

@test "signals, pipes and children work in a Debian" {
    debian_bundle bash -ec 'trap "echo trapped" USR1; kill -USR1 $$; seq 1000 | sort -rn | head -n 1
        sleep 1000 & kill $!; wait $! || echo "ended with $?"; ps 2>/dev/null || ls -d /proc/1'
    container_run
    succeeded
    has $'trapped\n1000\nended with 143'
}

@test "a Debian in a user namespace" {
    debian_bundle bash -c 'id -u; stat -c %u /etc/passwd; cat /proc/self/uid_map | tr -s " "'
    cfg '.linux.namespaces += [{type: "user"}] |
         .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
         .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
    container_run
    is $'0\n65534\n 0 100000 65536'
}

@test "the bundle that runc spec writes runs unchanged" {
    require_tool runc
    bundle_new
    rm "$BUNDLE/config.json"
    runc spec -b "$BUNDLE"
    jq '.process.terminal = false | .root.path = $p' --arg p "$CACHE" \
        "$BUNDLE/config.json" >"$BUNDLE/config.json.new"
    mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID" <<<'echo "$0 as $(id -u) on $(hostname)"; ls -d /dev/null /proc/1'
    succeeded
    has 'sh as 0 on runc'
    has $'/dev/null\n/proc/1'
}

# But for the link /dev/core, which runc makes only where the kernel has /proc/kcore, hoy where that isn't masked.
@test "a container of runc's spec and one of hoy's see the same" {
    require_tool runc
    local what='cat /proc/self/mounts | cut -d " " -f 2,3 | sort; ls /dev | grep -vx core; ulimit -a
        grep -E "^(Cap|NoNew|Groups|Uid|Umask)" /proc/self/status; env | sort'
    debian_bundle
    runc spec -b "$BUNDLE/rootfs"
    mv "$BUNDLE/rootfs/config.json" "$BUNDLE/config.json"
    cfg '.process.terminal = false | .root.path = $p | .linux.maskedPaths = [] |
         .linux.readonlyPaths = [] | del(.process.capabilities.ambient)' --arg p "$CACHE"
    args bash -c "$what"
    hoy run -b "$BUNDLE" "$ID" >"$BUNDLE/of-hoy" 2>"$BUNDLE/errors" </dev/null
    runc --root "$BUNDLE/state" run -b "$BUNDLE" "$ID" >"$BUNDLE/of-runc" 2>>"$BUNDLE/errors" \
        </dev/null 3>&- || skip "runc can't run its own spec here: $(tail -n 1 "$BUNDLE/errors")"
    diff "$BUNDLE/of-runc" "$BUNDLE/of-hoy"
}
