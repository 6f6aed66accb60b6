#!/usr/bin/env bats
# lane: both
# rootless: images, and containers of images, of a user who isn't root: a sailor, whom no file of the machine
# knows but those that he sees in a mount namespace of his own.

load helpers
load images
load registry

UID_OF_SAILOR=71000
FIRST=300000 # of his 65536 further ids

setup_file() {
    require_tool newuidmap
    require_tool setpriv
    command -v docker-registry >/dev/null || skip "docker-registry is not installed"
    local t=$BATS_FILE_TMPDIR part
    # The tests' own directory is root's alone.
    export PLACE
    PLACE=$(mktemp -d /tmp/hoy-sailor.XXXXXX)
    # A tmpfs has attributes of users since Linux 6.6.
    if ! setfattr -n user.hoy -v x "$PLACE" 2>/dev/null; then
        BATS_TEST_TMPDIR=$t loop_new 300M
        mkfs.ext4 -q "$LOOP"
        mount "$LOOP" "$PLACE"
        echo "$LOOP" >"$t/loop"
    fi
    chmod 755 "$PLACE"
    mkdir "$PLACE"/{bin,etc,home,run}
    for part in hoy hoy-image hoy-unpack; do
        cp "$HOY_BUILD/$part" "$PLACE/bin"
    done
    etc_make "$PLACE/etc"
    echo "sailor:$FIRST:65536" | tee "$PLACE/etc/subuid" >"$PLACE/etc/subgid"
    registry_start
    layers_make "$t"
    LAYOUT=$t/boat
    umoci init --layout "$LAYOUT" 3>&-
    CONFIG='{"Cmd": ["/bin/sh"]}' layout_image base "$t/base.tar"
    CONFIG='{"Cmd": ["/bin/sh"], "Volumes": {"/hold": {}}}' layout_image many "$t/base.tar" "$t/1.tar" "$t/2.tar"
    registry_push "$LAYOUT:base" team/base:1
    registry_push "$LAYOUT:many" team/many:1
    export BASE=$REGISTRY/team/base:1 MANY=$REGISTRY/team/many:1
}

teardown_file() {
    registry_stop
    [[ -n ${PLACE:-} ]] || return 0
    rm -rf --one-file-system "$PLACE" || true
    if [[ -e $BATS_FILE_TMPDIR/loop ]]; then
        umount "$PLACE"
        losetup -d "$(cat "$BATS_FILE_TMPDIR/loop")"
        rmdir "$PLACE"
    fi
}

# etc_make DIR: what is to lie over /etc.
etc_make() {
    mkdir -p "$1"
    echo "root:x:0:0:root:/root:/bin/sh
sailor:x:$UID_OF_SAILOR:$UID_OF_SAILOR::/:/bin/sh
pirate:x:71001:71001::/:/bin/sh" >"$1/passwd"
    : >"$1/subuid"
    : >"$1/subgid"
}

# An image of many owners: each layer has something that only its owner, its mode or its marks tell.
layers_make() {
    local t=$1
    make_rootfs "$t/0"
    tar -C "$t/0" -cf "$t/base.tar" .
    mkdir -p "$t"/1/{data,hold,gone,covered,replaced}
    echo mail >"$t/1/data/mail"
    echo last >"$t/1/data/last"
    echo root >"$t/1/data/secret"
    cc -static -x c -o "$t/1/data/suid" - <<'C'
#include <stdio.h>
#include <unistd.h>
int main(void) { return printf("%d\n", (int)geteuid()) < 0; }
C
    ln "$t/1/data/mail" "$t/1/data/hard"
    echo hold >"$t/1/hold/cargo"
    echo old >"$t/1/gone/file"
    echo old >"$t/1/covered/old"
    echo old >"$t/1/replaced/old"
    chown 33:34 "$t/1/data/mail" "$t/1/hold/cargo"
    chown 65534:65534 "$t/1/data/last"
    chmod 600 "$t/1/data/secret"
    chmod 4755 "$t/1/data/suid"
    chown 33:33 "$t/1/hold"
    chmod 1770 "$t/1/hold"
    setfattr -n user.flag -v ensign "$t/1/data/mail" || true
    tar -C "$t/1" --xattrs -cf "$t/1.tar" .
    mkdir -p "$t"/2/{covered,replaced}
    : >"$t/2/.wh.gone"
    : >"$t/2/covered/.wh..wh..opq"
    echo new >"$t/2/covered/new"
    : >"$t/2/.wh.replaced"
    echo new >"$t/2/replaced/new"
    tar -C "$t/2" -cf "$t/2.tar" ./.wh.gone ./covered ./.wh.replaced ./replaced
}

# aboard USER COMMAND…: as that user, with the files of ETC over /etc. BEFORE: what root does first there.
aboard() {
    local user=$1
    shift
    local -x ETC=${ETC:-$PLACE/etc} BEFORE=${BEFORE:-:}
    # shellcheck disable=SC2016 # expanded inside
    ${EXEC:-} unshare --mount --propagation private bash -euc '
        user=$1
        shift
        mount -t overlay overlay -o "lowerdir=$ETC:/etc" /etc
        eval "$BEFORE"
        cd /
        exec setpriv --reuid "$user" --regid "$user" --clear-groups env -i PATH="$PATH" LC_ALL=C.UTF-8 \
            HOME="$PLACE/home" XDG_RUNTIME_DIR="$PLACE/run" XDG_DATA_HOME="$PLACE/home" "$@"' aboard "$user" "$@" 3>&-
}

# shoy ARGUMENT…: the sailor's hoy.
shoy() {
    aboard "$UID_OF_SAILOR" "$PLACE/bin/hoy" "$@"
}

setup() {
    rm -rf --one-file-system "${PLACE:?}/home" "${PLACE:?}/run"
    mkdir -m 755 "$PLACE/home"
    mkdir -m 700 "$PLACE/run"
    chown "$UID_OF_SAILOR:$UID_OF_SAILOR" "$PLACE/home" "$PLACE/run"
    DATA=$PLACE/home/hoy
}

# Whatever a test has left: what it says of that is the business of leak-check.
teardown() {
    local dir
    for dir in "$DATA"/containers/*; do
        [[ -e $dir ]] || continue
        shoy rm -f "${dir##*/}" || true
    done
    rm -rf --one-file-system "${PLACE:?}/home" "${PLACE:?}/run"
}

nobody_left() {
    ! pgrep -u "$UID_OF_SAILOR" >/dev/null
}

pulled() {
    shoy pull -q --tls-verify=false "$@" >/dev/null
}

# ---- Images ----------------------------------------------------------------------------------------

@test "an image of many owners: pulled, unpacked and run as it is" {
    pulled "$MANY"
    run shoy run --rm "$MANY" sh -c 'cd /data; stat -c "%a %u:%g %h %n" *; cat secret; id -u; cat /proc/self/uid_map'
    succeeded
    [[ ${lines[0]} == "644 33:34 2 hard" ]]
    [[ ${lines[1]} == "644 65534:65534 1 last" ]]
    [[ ${lines[2]} == "644 33:34 2 mail" ]]
    [[ ${lines[3]} == "600 0:0 1 secret" ]]
    [[ ${lines[4]} == "4755 0:0 1 suid" ]]
    [[ ${lines[5]} == root ]]
    [[ ${lines[6]} == 0 ]]
    [[ $(tr -s ' ' <<<"${lines[7]}") == " 0 $UID_OF_SAILOR 1" ]]
    [[ $(tr -s ' ' <<<"${lines[8]}") == " 1 $FIRST 65536" ]]
    # On the disk they are his, and of the ids that he was given.
    [[ $(stat -c '%a %u' "$DATA") == "700 $UID_OF_SAILOR" ]]
    [[ $(find "$DATA/layers" -path '*/data/mail' -printf '%U:%G') == "$((FIRST + 32)):$((FIRST + 33))" ]]
    [[ $(find "$DATA/layers" -path '*/data/last' -printf '%U') == "$((FIRST + 65533))" ]]
    [[ -z $(find "$DATA" -uid -"$UID_OF_SAILOR" -o -gid -"$UID_OF_SAILOR") ]]
    nobody_left
}

@test "whiteouts and opaque directories hide what is below" {
    pulled "$MANY"
    run shoy run --rm "$MANY" sh -c 'ls / /covered /replaced; [ ! -e /gone ]'
    succeeded
    [[ $(grep -cxE 'new|old|gone' <<<"$output") == 2 ]]
    [[ $(grep -cx new <<<"$output") == 2 ]]
    # What a container removes and makes anew hides the image's too.
    run shoy run --rm "$MANY" sh -c 'rm -r /data; mkdir /data; ls -a /data; rm -r /data; [ ! -e /data ]'
    succeeded
    has_not mail
    jq -e .userXattrs "$DATA"/stacks/*
}

@test "layers of another tool, and attributes that are not an image's to set" {
    local t=$BATS_TEST_TMPDIR
    mkdir -p "$t/d/d/below"
    tar -C "$t/d" --format pax --pax-option 'SCHILY.xattr.user.overlay.opaque:=y' -cf "$t/x.tar" .
    mkdir -p "$t/e/d"
    echo kept >"$t/e/d/kept"
    tar -C "$t/e" -cf "$t/e.tar" .
    LAYOUT=$t/l
    umoci init --layout "$LAYOUT" 3>&-
    layout_image it "$BATS_FILE_TMPDIR/base.tar" "$t/e.tar" "$t/x.tar"
    chmod -R a+rX "$t/l"
    tar -C "$t/l" -c . | shoy load -q --name it
    [[ $(shoy run --rm it cat /d/kept) == kept ]]
}

@test "set-user-ID programs work inside, where that is asked for, and nowhere else" {
    pulled "$MANY"
    run shoy run --rm -u 33 --security-opt no-new-privileges=false "$MANY" /data/suid
    is 0
    run shoy run --rm -u 33 "$MANY" /data/suid
    is 33
    # 0 in there is the sailor; and nobody else comes as far as the file.
    run aboard 71001 ls "$DATA/layers"
    failed_with "Permission denied"
}

@test "loading, importing, saving, tagging, removing, pruning and checking" {
    pulled "$MANY" "$BASE"
    shoy fsck
    shoy tag "$MANY" mine:1
    shoy save -o "$PLACE/home/mine.tar" mine:1
    shoy rmi mine:1 "$MANY" >/dev/null
    shoy load -q -i "$PLACE/home/mine.tar"
    [[ $(shoy run --rm mine:1 stat -c %u /data/mail) == 33 ]]
    shoy push -q --tls-verify=false mine:1 "$REGISTRY/team/pushed:1"
    tar -C "$BATS_FILE_TMPDIR/1" -c . | shoy import - imported:1 >/dev/null
    shoy unpack mine:1 "$PLACE/home/tree"
    [[ $(stat -c %u "$PLACE/home/tree/rootfs/data/mail") == "$((FIRST + 32))" ]]
    [[ $(shoy run --rm --rootfs "$PLACE/home/tree/rootfs" stat -c %u /data/mail) == 33 ]]
    shoy fsck
    shoy rmi mine:1 imported:1 "$BASE" >/dev/null
    shoy prune >/dev/null
    [[ -z $(ls "$DATA/layers") && -z $(ls "$DATA/staging") && -z $(ls "$DATA/stacks") ]]
    run shoy images -q
    is ""
    nobody_left
}

@test "an image that isn't here is pulled by run" {
    run shoy run --rm --pull never "$BASE" true
    failed_with 'no image'
    # The registry speaks plain http, which run has no option for: hoy load stands in for it.
    pulled "$BASE"
    run shoy run --rm "$BASE" echo here
    is here
}

# ---- Containers --------------------------------------------------------------------------------------

@test "in the background: logs, exec, signals to another user's process, stop, start, rm" {
    pulled "$MANY"
    shoy run -d --name boat -u 33 "$MANY" sh -c 'echo hello; exec sleep 1000'
    wait_until 10 sailor_logs boat hello
    [[ $(shoy ps --format json | jq -r '.[] | "\(.name) \(.state)"') == "boat running" ]]
    run shoy exec boat sh -c 'id -u; kill -0 1 && echo reaches'
    is "33
reaches"
    run shoy exec -u 0 boat sh -c 'id -u; cat /data/secret'
    is "0
root"
    shoy stop -t 0 boat
    [[ $(shoy ps -a --format json | jq -r '.[] | "\(.state) \(.exitCode)"') == "exited 137" ]]
    shoy start boat
    [[ $(shoy exec -u 0 boat id -u) == 0 ]]
    shoy kill boat KILL
    [[ $(shoy wait boat) == 137 ]]
    shoy rm boat
    [[ -z $(ls "$DATA/containers") ]]
    wait_until 10 nobody_left
}

sailor_logs() {
    [[ $(shoy logs "$1") == *"$2"* ]]
}

@test "all of one user's live in one namespace, as many as start at once, and nobody stays behind" {
    pulled "$BASE"
    local i pids=()
    for i in 1 2 3 4 5; do
        shoy run -d --name "boat$i" "$BASE" sleep 1000 >/dev/null &
        pids+=($!)
    done
    wait "${pids[@]}"
    for i in 1 2 3 4 5; do
        readlink "/proc/$(shoy inspect "boat$i" | jq -r '.[0].state.pid')/ns/user"
    done >"$BATS_TEST_TMPDIR/all"
    [[ $(sort -u "$BATS_TEST_TMPDIR/all" | wc -l) == 1 && $(wc -l <"$BATS_TEST_TMPDIR/all") == 5 ]]
    [[ $(cat "$BATS_TEST_TMPDIR/all") != *"$(readlink /proc/self/ns/user)"* ]]
    # Another command, a bundle-free one, comes there too.
    [[ $(shoy run --rm --pid host "$BASE" readlink /proc/self/ns/user) == "$(head -n 1 "$BATS_TEST_TMPDIR/all")" ]]
    shoy rm -f boat1 boat2 boat3 boat4 boat5
    wait_until 10 nobody_left
}

@test "a container whose monitor was killed is reached all the same" {
    pulled "$BASE"
    shoy run -d --name boat "$BASE" sleep 1000
    pkill -KILL -u "$UID_OF_SAILOR" -f ' monitor '
    [[ $(shoy exec boat id -u) == 0 ]]
    shoy stop -t 0 boat
    shoy start boat
    [[ $(shoy exec boat id -u) == 0 ]]
    shoy rm -f boat
    wait_until 10 nobody_left
}

@test "in the foreground: exit status, input, output, a terminal, a signal" {
    pulled "$BASE"
    run shoy run --rm "$BASE" sh -c 'exit 7'
    [[ $status == 7 ]]
    run -127 shoy run --rm "$BASE" nothing
    [[ $(echo typed | shoy run --rm -i "$BASE" cat) == typed ]]
    run shoy run --rm -t "$BASE" sh -c 'tty; stat -c %g $(tty)'
    [[ ${lines[0]} == /dev/pts/0* && ${lines[1]} == 5* ]]
    # The pid that the caller knows is the one that hears.
    EXEC="exec" aboard "$UID_OF_SAILOR" "$PLACE/bin/hoy" run --name boat "$BASE" \
        sh -c 'trap "exit 9" TERM; echo up; while :; do sleep 0.05; done' >"$BATS_TEST_TMPDIR/out" &
    local pid=$! status=0
    wait_until 10 file_has "$BATS_TEST_TMPDIR/out" up
    kill -TERM "$pid"
    wait "$pid" || status=$?
    [[ $status == 9 ]]
    shoy rm boat
    nobody_left
}

@test "volumes: filled with their owners, kept, and pruned" {
    pulled "$MANY"
    run shoy run --rm -v cargo:/hold "$MANY" sh -c 'stat -c "%a %u:%g" /hold /hold/cargo; echo more >/hold/more; chown 7 /hold/more'
    succeeded
    is "1770 33:33
644 33:34"
    [[ $(shoy run --rm -v cargo:/hold "$MANY" stat -c %u /hold/more) == 7 ]]
    [[ $(stat -c %u "$DATA/volumes/cargo/_data/more") == "$((FIRST + 6))" ]]
    shoy volume rm cargo
    shoy run --name boat "$MANY" true
    [[ $(shoy volume ls -q | wc -l) == 1 ]]
    shoy rm -v boat
    [[ -z $(shoy volume ls -q) ]]
    # A directory of his own: what 0 writes there is his.
    mkdir "$PLACE/home/mine"
    chown "$UID_OF_SAILOR" "$PLACE/home/mine"
    shoy run --rm -v "$PLACE/home/mine:/mine" "$MANY" sh -c 'echo x >/mine/x'
    [[ $(stat -c %u "$PLACE/home/mine/x") == "$UID_OF_SAILOR" ]]
    # And one of root's he can't write.
    run shoy run --rm -v "$PLACE:/theirs" "$MANY" sh -c 'echo x >/theirs/x'
    failed_with "Permission denied"
}

@test "commit, diff and cp" {
    pulled "$MANY"
    shoy run --name boat "$MANY" sh -c 'echo x >/data/x; chown 12:13 /data/x; rm /data/last; rm -r /covered; mkdir /covered; touch /covered/mine'
    run shoy diff boat
    has "A /data/x"
    has "D /data/last"
    has "D /covered/new"
    shoy commit boat made:1 >/dev/null
    run shoy run --rm made:1 sh -c 'stat -c "%u:%g" /data/x /data/mail; ls /covered; [ ! -e /data/last ]'
    succeeded
    is "12:13
33:34
mine"
    shoy fsck
    echo from >"$PLACE/home/from"
    chown "$UID_OF_SAILOR" "$PLACE/home/from"
    shoy cp "$PLACE/home/from" boat:/data/from
    shoy cp boat:/data/from "$PLACE/home/to"
    [[ $(stat -c %u "$PLACE/home/to") == "$UID_OF_SAILOR" ]]
    shoy rm -f boat
    shoy run -d --name boat "$MANY" sleep 1000
    shoy cp "$PLACE/home/from" boat:/data/from
    [[ $(shoy exec boat stat -c %u:%g /data/from) == 0:0 ]]
    shoy cp -a boat:/data/mail "$PLACE/home/mail"
    [[ $(stat -c %u "$PLACE/home/mail") == "$((FIRST + 32))" ]]
}

@test "the host's network, processes and IPC" {
    pulled "$BASE"
    local kind
    for kind in network pid ipc uts; do
        run shoy run --rm "--$kind" host "$BASE" sh -c 'ls /sys/class >/dev/null && cat /proc/1/comm >/dev/null && echo well'
        is well
    done
    run shoy run --rm --network host "$BASE" sh -c 'echo 1 >/sys/kernel/profiling'
    failed_with "Read-only file system"
    # Their names are the namespaces' of the host.
    [[ $(shoy run --rm --network host --pid host "$BASE" readlink /proc/self/ns/net) == "$(readlink /proc/self/ns/net)" ]]
}

@test "no privilege of the machine's comes with it" {
    pulled "$BASE"
    run shoy run --rm --privileged --network host "$BASE" sh -c 'mknod /x b 7 0; hostname other; mount -t ext4 /dev/null /mnt;
        echo 1 >/proc/sys/kernel/printk; chown 70000 /tmp; cat /proc/self/uid_map | wc -l'
    has_not "/x:"$'\n'
    [[ ${lines[-1]} == 2 ]]
    [[ $(grep -ci "not permitted\|denied\|invalid" <<<"$output") -ge 4 ]]
}

@test "what needs a cgroup says so where he has none" {
    pulled "$BASE"
    run shoy run --rm -m 64M "$BASE" true
    [[ $status == 125 ]]
    failed_with "linux.resources.memory.limit: can't be applied without a cgroup"
    has "--cgroup-parent of his own"
    [[ -z $(ls "$DATA/containers") ]]
    shoy run -d --name boat "$BASE" sleep 1000
    run shoy pause boat
    failed_with "no cgroup of its own"
}

# A delegated part of the hierarchy, as systemd gives it to users.
@test "below a cgroup that is his own, containers have theirs" {
    pulled "$BASE"
    local dir=/sys/fs/cgroup/$HOY_TOKEN-sailor
    mkdir -p "$dir/shell"
    chown "$UID_OF_SAILOR" "$dir" "$dir"/cgroup.{procs,subtree_control,threads} "$dir/shell" "$dir/shell/cgroup.procs"
    export BEFORE="echo \$\$ >$dir/shell/cgroup.procs"
    shoy --cgroup-manager cgroupfs run -d --name boat --cgroup-parent "/$HOY_TOKEN-sailor" "$BASE" sleep 1000
    local pid its
    pid=$(shoy ps --format json | jq '.[0].pid')
    its=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
    shoy pause boat
    run shoy ps
    has Paused
    shoy resume boat
    [[ $(shoy exec boat sh -c 'sed -n s/^0:://p /proc/self/cgroup') == / ]]
    shoy rm -f boat
    rmdir "$dir/shell" "$dir"
    [[ $its == "/$HOY_TOKEN-sailor/hoy-"* ]]
}

# ---- Fewer ids ---------------------------------------------------------------------------------------

@test "without a line in subuid there is one id: what has no other owner works, the rest says why" {
    etc_make "$PLACE/none"
    export ETC=$PLACE/none
    pulled "$BASE"
    run shoy run --rm "$BASE" sh -c 'id; tr -s " " </proc/self/uid_map; stat -c %u /bin/busybox'
    succeeded
    has "uid=0(root)"
    has " 0 $UID_OF_SAILOR 1"
    shoy run -d --name boat "$BASE" sleep 1000
    [[ $(shoy exec boat id -u) == 0 ]]
    shoy rm -f boat
    run shoy pull --tls-verify=false "$MANY"
    [[ $status == 1 ]]
    failed_with "give it to user"
    has "/etc/subuid"
    run shoy run --rm -u 33 "$BASE" true
    [[ $status == 125 ]]
    has "become user 33"
    shoy fsck
    [[ -z $(ls "$DATA/staging") ]]
    wait_until 10 nobody_left
}

@test "without newuidmap it is the same; one that fails is an error" {
    local helper
    helper=$(command -v newuidmap)
    export BEFORE="mount --bind /dev/null $helper"
    pulled "$BASE"
    run shoy run --rm "$BASE" cat /proc/self/uid_map
    succeeded
    [[ ${#lines[@]} == 1 ]]
    # Without its set-user-ID bit.
    install -m 755 "$helper" "$PLACE/plain"
    export BEFORE="mount --bind $PLACE/plain $helper"
    run shoy run --rm "$BASE" true
    [[ $status == 125 || $status == 1 ]]
    has "map the users of /etc/subuid: newuidmap:"
    has "set-user-ID"
    # Ids that aren't his: subgid says another thing to hoy than to the program.
    unset BEFORE
    etc_make "$PLACE/odd"
    printf '%s\n' sailor:300000:10 sailor:300005:10 | tee "$PLACE/odd/subuid" >"$PLACE/odd/subgid"
    ETC=$PLACE/odd run shoy run --rm "$BASE" true
    [[ $status != 0 ]]
    has "map the users of /etc/subuid"
    [[ -z $(ls "$DATA/containers") ]]
    nobody_left
}

# ---- Others --------------------------------------------------------------------------------------------

@test "another user gets at nothing" {
    pulled "$MANY"
    shoy run -d --name boat "$MANY" sleep 1000
    local verb words
    for words in images "ps" "run --rm $MANY true" "exec boat true" "rmi $MANY" "volume rm x" fsck; do
        read -ra verb <<<"$words"
        run aboard 71001 "$PLACE/bin/hoy" --root "$PLACE/run/hoy" --data-root "$DATA" "${verb[@]}"
        [[ $status != 0 ]] || { echo "$words: $output" >&2; false; }
        has "ermission denied"
    done
    run aboard 71001 cat "$DATA/index.json" "$DATA/userns" "$PLACE/run/hoy"
    failed_with "Permission denied"
    # Nor does root take a user's store for its own.
    run hoy --data-root "$DATA" images
    failed_with "belongs to another user"
}

@test "where nothing is known of a place for images, that is said" {
    run aboard "$UID_OF_SAILOR" env -u XDG_DATA_HOME -u HOME "$PLACE/bin/hoy" pull "$BASE"
    failed_with "--data-root is needed"
    run aboard "$UID_OF_SAILOR" env XDG_DATA_HOME=/proc/none "$PLACE/bin/hoy" pull "$BASE"
    failed_with "open /proc/none/hoy/userns"
}

@test "a bundle's namespaces stay its own business" {
    local dir=$PLACE/home/bundle
    mkdir "$dir"
    make_rootfs "$dir/rootfs"
    chown -R "$UID_OF_SAILOR:$UID_OF_SAILOR" "$dir"
    shoy spec --rootless -b "$dir"
    jq '.process.terminal = false | .process.args = ["cat", "/proc/self/uid_map"]' "$dir/config.json" >"$dir/new"
    mv "$dir/new" "$dir/config.json"
    run shoy --cgroup-manager disabled run -b "$dir" it
    succeeded
    [[ $(tr -s ' ' <<<"$output") == " 0 $UID_OF_SAILOR 1" ]]
    [[ ! -e $DATA ]]
}

@test "root's images are marked as ever" {
    local t=$BATS_TEST_TMPDIR
    DATA=$t/data himg load -q -i "$BATS_FILE_TMPDIR/boat"
    for stack in "$t"/data/stacks/*; do
        run jq -e .userXattrs "$stack"
        [[ $status != 0 ]]
    done
    [[ $(find "$t/data/layers" -name covered -exec getfattr -d -m - {} + 2>/dev/null) == *trusted.overlay.opaque* ]]
}
