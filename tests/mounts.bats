#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# mounts: what each entry of mounts becomes inside the container.

load helpers

setup() {
    TREE=$BATS_TEST_TMPDIR/tree
}

teardown() {
    containers_remove
    [[ ! -d $TREE ]] || umount -R -l "$TREE"
}

# mount_add DESTINATION TYPE SOURCE OPTION…: one more entry; "" for no type or source.
mount_add() {
    jq '.mounts += [{destination: $d, options: $ARGS.positional}
            + (if $t == "" then {} else {type: $t} end)
            + (if $s == "" then {} else {source: $s} end)]' "$BUNDLE/config.json" \
        --arg d "$1" --arg t "$2" --arg s "$3" --args -- "${@:4}" >"$BUNDLE/config.json.new"
    mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

# tree_new [OPTIONS]: a tmpfs with another one on "sub" and a program in both, at TREE.
tree_new() {
    local options=${1:-rw}
    mkdir "$TREE"
    mount -t tmpfs -o mode=755 tree "$TREE"
    mkdir "$TREE/sub"
    mount -t tmpfs -o mode=755 subtree "$TREE/sub"
    cp "$HOY_CACHE/busybox/bin/busybox" "$TREE/true"
    cp "$TREE/true" "$TREE/sub/true"
    ln -s true "$TREE/link"
    ln -s true "$TREE/sub/link"
    mount -o "remount,bind,$options" "$TREE"
    mount -o "remount,bind,$options" "$TREE/sub"
}

# The options of the mount at $1 in mountinfo (the last one there), of the mount itself …
attributes() {
    awk -v at="$1" '$5 == at {found = $6} END {print found}' <<<"$output"
}

# … of its file system …
sb_options() {
    awk -v at="$1" '$5 == at {found = $NF} END {print found}' <<<"$output"
}

# … and its propagation: "shared:1 master:2".
propagation() {
    awk -v at="$1" '$5 == at {
        found = ""
        for (i = 7; $i != "-"; i++) { sub(":[0-9]+$", "", $i); found = found " " $i }
    } END {print substr(found, 2)}' <<<"$output"
}

equal() {
    [[ $1 == "$2" ]] || { echo "'$1' is not '$2'" >&2; return 1; }
}

# new_has OPTIONS ATTRIBUTES: a fresh tmpfs with these options has these attributes.
new_has() {
    local -a options=()
    read -ra options <<<"$1"
    bundle_new cat /proc/self/mountinfo
    mount_add /mnt tmpfs tmpfs "${options[@]}"
    container_run
    succeeded
    equal "$(attributes /mnt)" "$2"
}

# tree_has SOURCE_OPTIONS OPTIONS TOP SUB: an rbind of a tree whose mounts have the first has these
# attributes above and below.
tree_has() {
    local -a options=()
    read -ra options <<<"$2"
    [[ -d $TREE ]] || tree_new "$1"
    bundle_new cat /proc/self/mountinfo
    mount_add /mnt '' "$TREE" rbind "${options[@]}"
    container_run
    succeeded
    equal "$(attributes /mnt)" "$3"
    equal "$(attributes /mnt/sub)" "$4"
}

# ---- Attributes of new mounts ------------------------------------------------------------------

# verifies: config mounts[].type, config mounts[].source, config mounts[].destination,
# config mounts[].options, config mounts[].options[]=defaults, config mounts[].options[]=rw
@test "a file system is mounted as asked for" {
    bundle_new cat /proc/self/mountinfo
    mount_add /mnt tmpfs the-source size=1m mode=711
    container_run
    succeeded
    has ' /mnt rw,relatime - tmpfs the-source rw,size=1024k,mode=711'
    new_has defaults rw,relatime
    new_has 'ro rw' rw,relatime
}

# verifies: config mounts[].options[]=ro
@test "ro: nothing can be written" {
    new_has ro ro,relatime
    bundle_new touch /mnt/file
    mount_add /mnt tmpfs tmpfs ro
    container_run
    failed_with 'Read-only file system'
}

# verifies: config mounts[].options[]=nosuid, config mounts[].options[]=suid
@test "nosuid and suid, the last one counts" {
    new_has nosuid rw,nosuid,relatime
    new_has 'nosuid suid' rw,relatime
    new_has 'suid nosuid' rw,nosuid,relatime
}

# verifies: config mounts[].options[]=nodev, config mounts[].options[]=dev
@test "nodev and dev" {
    new_has nodev rw,nodev,relatime
    new_has 'nodev dev' rw,relatime
}

# verifies: config mounts[].options[]=noexec, config mounts[].options[]=exec
@test "noexec and exec: nothing can be executed, or everything" {
    new_has noexec rw,noexec,relatime
    new_has 'noexec exec' rw,relatime
    bundle_new /bin/sh -c 'cp /bin/busybox /mnt/true; /mnt/true && echo ran'
    mount_add /mnt tmpfs tmpfs noexec
    container_run
    failed_with 'Permission denied'
    cfg '.mounts[-1].options += ["exec"]'
    container_run
    is ran
}

# verifies: config mounts[].options[]=noatime, config mounts[].options[]=atime,
# config mounts[].options[]=relatime, config mounts[].options[]=norelatime,
# config mounts[].options[]=strictatime, config mounts[].options[]=nostrictatime
@test "times of access" {
    new_has noatime rw,noatime
    new_has 'noatime atime' rw,relatime
    new_has 'noatime relatime' rw,relatime
    new_has strictatime rw
    new_has 'strictatime nostrictatime' rw,relatime
    new_has 'strictatime noatime' rw,noatime
    new_has norelatime rw,relatime
}

# verifies: config mounts[].options[]=nodiratime, config mounts[].options[]=diratime
@test "nodiratime and diratime" {
    new_has nodiratime rw,nodiratime,relatime
    new_has 'nodiratime diratime' rw,relatime
    new_has 'noatime nodiratime' rw,noatime,nodiratime
}

# verifies: config mounts[].options[]=nosymfollow, config mounts[].options[]=symfollow
@test "nosymfollow: no link on the mount is followed" {
    new_has nosymfollow rw,relatime,nosymfollow
    new_has 'nosymfollow symfollow' rw,relatime
    bundle_new /bin/sh -c 'cd /mnt; echo text >file; ln -s file link; readlink link; cat link'
    mount_add /mnt tmpfs tmpfs nosymfollow
    container_run
    failed_with 'Too many levels of symbolic links'
    [[ ${lines[0]} == file ]]
}

# verifies: config mounts[].options[]=silent, config mounts[].options[]=loud,
# config mounts[].options[]=mand, config mounts[].options[]=nomand,
# config mounts[].options[]=iversion, config mounts[].options[]=noiversion
@test "options that say nothing any more are accepted" {
    local option
    for option in silent loud mand nomand iversion noiversion; do
        new_has "$option" rw,relatime
    done
}

# verifies: config mounts[].options[]=sync, config mounts[].options[]=async,
# config mounts[].options[]=dirsync, config mounts[].options[]=lazytime,
# config mounts[].options[]=nolazytime
@test "flags of the file system" {
    new_has 'mode=1777 sync dirsync lazytime' rw,relatime
    equal "$(sb_options /mnt)" rw,sync,dirsync,lazytime
    new_has 'mode=1777 sync async lazytime nolazytime' rw,relatime
    equal "$(sb_options /mnt)" rw
}

@test "recursive options concern a new mount too" {
    new_has 'rro rnosuid rnodev rnoexec rnoatime' ro,nosuid,nodev,noexec,noatime
}

@test "the flags of all default mounts are the ones asked for" {
    bundle_new cat /proc/self/mountinfo
    container_run
    equal "$(attributes /)" ro,relatime
    equal "$(attributes /proc)" rw,relatime
    equal "$(attributes /dev)" rw,nosuid
    equal "$(attributes /dev/pts)" rw,nosuid,noexec,relatime
    equal "$(sb_options /dev/pts)" rw,gid=5,mode=620,ptmxmode=666
    equal "$(attributes /dev/shm)" rw,nosuid,nodev,noexec,relatime
    equal "$(attributes /sys)" ro,nosuid,nodev,noexec,relatime
    equal "$(attributes /sys/fs/cgroup)" ro,nosuid,nodev,noexec,relatime
}

# ---- Binds -------------------------------------------------------------------------------------

# verifies: config mounts[].options[]=bind
@test "bind: a directory without what is mounted below it" {
    tree_new
    bundle_new /bin/sh -c 'ls /mnt /mnt/sub; echo x >/mnt/new'
    mount_add /mnt '' "$TREE" bind
    container_run
    is $'/mnt:\nlink\nsub\ntrue\n\n/mnt/sub:'
    [[ $(<"$TREE/new") == x ]]
}

# verifies: config mounts[].options[]=rbind
@test "rbind: a directory with what is mounted below it" {
    tree_new
    bundle_new /bin/sh -c 'ls /mnt/sub'
    mount_add /mnt '' "$TREE" rbind
    container_run
    is $'link\ntrue'
}

@test "bind of a file, on a file and where there is none" {
    bundle_new cat /etc/passwd /new/dir/file
    echo text >"$BUNDLE/file"
    mount_add /etc/passwd '' "$BUNDLE/file" bind
    mount_add /new/dir/file '' "$BUNDLE/file" bind
    container_run
    is $'text\ntext'
    [[ $(stat -c '%a %s' "$BUNDLE/rootfs/new/dir") == '755 '* ]]
    [[ -f $BUNDLE/rootfs/new/dir/file && ! -s $BUNDLE/rootfs/new/dir/file ]]
}

@test "bind of a socket, a FIFO and a device" {
    bundle_new /bin/sh -c 'stat -c %F /run/s /run/f /run/n'
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$BUNDLE/s"
    mkfifo "$BUNDLE/f"
    mount_add /run/s '' "$BUNDLE/s" bind
    mount_add /run/f '' "$BUNDLE/f" bind
    mount_add /run/n '' /dev/null bind
    container_run
    is $'socket\nfifo\ncharacter special file'
}

@test "options say whether it is a bind, type does not" {
    bundle_new ls /mnt
    mkdir "$BUNDLE/data"
    touch "$BUNDLE/data/here"
    mount_add /mnt tmpfs "$BUNDLE/data" bind
    container_run
    is here
    cfg '.mounts[-1].type = "none"'
    container_run
    is here
    cfg '.mounts[-1].type = "bind"'
    container_run
    is here
    cfg '.mounts[-1].options = []'
    container_run
    failed_with 'mounts[7].type: "bind" needs the option bind or rbind'
}

@test "a relative source is taken from the bundle" {
    bundle_new cat /mnt/file
    mkdir -p "$BUNDLE/some/data"
    echo mine >"$BUNDLE/some/data/file"
    mount_add /mnt '' some/../some/data bind
    cd /
    container_run
    is mine
}

@test "a source that is a symbolic link is followed on the host" {
    bundle_new cat /mnt/file
    mkdir "$BUNDLE/data"
    echo mine >"$BUNDLE/data/file"
    ln -s data "$BUNDLE/link"
    mount_add /mnt '' link bind
    container_run
    is mine
}

@test "a source that is not there is an error that names it" {
    bundle_new true
    mount_add /mnt '' "$BUNDLE/no-such" bind
    container_run
    failed_with "mounts[7]"
    has "$BUNDLE/no-such"
    has 'no such file or directory'
    cfg 'del(.mounts[7].source)'
    container_run
    failed_with 'mounts[7].source: is required for a bind mount'
}

@test "a directory over a file, and a file over a directory, is an error" {
    bundle_new true
    mount_add /etc/passwd '' "$BUNDLE/rootfs/etc" bind
    container_run
    failed_with 'mounts[7]'
    has 'not a directory'
    cfg '.mounts[7] = {destination: "/etc", source: "rootfs/etc/passwd", options: ["bind"]}'
    container_run
    failed_with 'mounts[7]'
    has 'not a directory'
}

@test "sources with odd names" {
    local name
    local -a names=('two words' $'new\nline' 'comma,comma' 'back\slash' $'ünï\tcode' '"quotes"' '#x' -b)
    for name in "${names[@]}"; do
        bundle_new cat /mnt/file "/odd/$name/file"
        mkdir "$BUNDLE/$name"
        echo "$name" >"$BUNDLE/$name/file"
        mount_add /mnt '' "$name" bind
        mount_add "/odd/$name" '' "$name" bind ro
        container_run
        succeeded
        is "$name"$'\n'"$name"
    done
}

@test "a hundred binds" {
    bundle_new /bin/sh -c 'cat /many/*/f | sort -n | uniq | wc -l'
    local i
    for i in $(seq 100); do
        mkdir -p "$BUNDLE/many/$i"
        echo "$i" >"$BUNDLE/many/$i/f"
    done
    cfg '.mounts += [range(1; 101) | {destination: "/many/\(.)", source: "many/\(.)",
         options: ["bind", "ro"]}]'
    container_run
    is 100
}

@test "three hundred binds, more than go into one message" {
    bundle_new /bin/sh -c 'ls /many | wc -l'
    cfg '.mounts += [range(300) | {destination: "/many/\(.)", source: "/", options: ["bind", "ro"]}]'
    container_run
    is 300
}

@test "more binds than open files are allowed is an error that says so" {
    bundle_new true
    cfg '.mounts += [range(300) | {destination: "/many/\(.)", source: "/", options: ["bind", "ro"]}]'
    run prlimit --nofile=64:64 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    failed_with mounts
    has 'too many open files'
}

@test "ro on a bind does not reach what is mounted below it" {
    tree_has rw ro ro,relatime rw,relatime
}

@test "clearing options take effect on binds" {
    tree_has nosuid,nodev,noexec,noatime 'suid dev exec atime' \
        rw,relatime rw,nosuid,nodev,noexec,noatime
    tree_has '' 'exec' rw,nosuid,nodev,noatime rw,nosuid,nodev,noexec,noatime
}

@test "rw on a bind of a read-only mount" {
    tree_has ro rw rw,relatime ro,relatime
    run touch "$TREE/new"
    failed_with 'Read-only'
}

@test "options not mentioned are left as the source has them" {
    tree_has nosuid,noatime ro ro,nosuid,noatime rw,nosuid,noatime
}

# verifies: config mounts[].options[]=rro, config mounts[].options[]=rrw
@test "rro and rrw" {
    tree_has rw rro ro,relatime ro,relatime
    umount -R "$TREE"
    rmdir "$TREE"
    tree_has ro rrw rw,relatime rw,relatime
}

@test "rro: nothing below can be written" {
    tree_new
    bundle_new touch /mnt/sub/new
    mount_add /mnt '' "$TREE" rbind ro
    container_run
    succeeded
    cfg '.mounts[-1].options = ["rbind", "rro"]'
    container_run
    failed_with 'Read-only file system'
}

# verifies: config mounts[].options[]=rnosuid, config mounts[].options[]=rsuid
@test "rnosuid and rsuid" {
    tree_has rw rnosuid rw,nosuid,relatime rw,nosuid,relatime
    mount -o remount,bind,nosuid "$TREE"
    mount -o remount,bind,nosuid "$TREE/sub"
    tree_has '' rsuid rw,relatime rw,relatime
}

# verifies: config mounts[].options[]=rdev
@test "rnodev and rdev" {
    tree_has rw rnodev rw,nodev,relatime rw,nodev,relatime
    mount -o remount,bind,nodev "$TREE"
    mount -o remount,bind,nodev "$TREE/sub"
    tree_has '' rdev rw,relatime rw,relatime
}

# verifies: config mounts[].options[]=rnoexec, config mounts[].options[]=rexec
@test "rnoexec and rexec" {
    tree_has rw rnoexec rw,noexec,relatime rw,noexec,relatime
    mount -o remount,bind,noexec "$TREE"
    mount -o remount,bind,noexec "$TREE/sub"
    tree_has '' rexec rw,relatime rw,relatime
    args /mnt/sub/true
    container_run
    succeeded
}

# verifies: config mounts[].options[]=rnoatime, config mounts[].options[]=ratime,
# config mounts[].options[]=rrelatime, config mounts[].options[]=rnorelatime,
# config mounts[].options[]=rstrictatime, config mounts[].options[]=rnostrictatime
@test "times of access, recursively" {
    tree_has rw rnoatime rw,noatime rw,noatime
    tree_has rw rstrictatime rw rw
    tree_has rw rnorelatime rw,relatime rw,relatime
    mount -o remount,bind,noatime "$TREE"
    mount -o remount,bind,noatime "$TREE/sub"
    tree_has '' ratime rw,relatime rw,relatime
    tree_has '' rrelatime rw,relatime rw,relatime
    tree_has '' rnorelatime rw,noatime rw,noatime
    mount -o remount,bind,strictatime "$TREE"
    mount -o remount,bind,strictatime "$TREE/sub"
    tree_has '' rnostrictatime rw,relatime rw,relatime
}

# verifies: config mounts[].options[]=rnodiratime, config mounts[].options[]=rdiratime
@test "rnodiratime and rdiratime" {
    tree_has rw rnodiratime rw,nodiratime,relatime rw,nodiratime,relatime
    mount -o remount,bind,nodiratime "$TREE"
    mount -o remount,bind,nodiratime "$TREE/sub"
    tree_has '' rdiratime rw,relatime rw,relatime
}

# verifies: config mounts[].options[]=rnosymfollow, config mounts[].options[]=rsymfollow
@test "rnosymfollow and rsymfollow" {
    tree_has rw rnosymfollow rw,relatime,nosymfollow rw,relatime,nosymfollow
    # Bound into a mount below it: what rnosymfollow has set, rsymfollow clears.
    bundle_new cat /proc/self/mountinfo
    mount_add /mnt '' "$TREE" rbind rnosymfollow rsymfollow
    container_run
    equal "$(attributes /mnt) $(attributes /mnt/sub)" 'rw,relatime rw,relatime'
    args ls /mnt/sub/link/
    cfg '.mounts[-1].options = ["rbind", "rnosymfollow"]'
    container_run
    failed_with 'Too many levels of symbolic links'
}

@test "options of a file system are an error on a bind" {
    bundle_new true
    mount_add /mnt '' / bind ro mode=755
    container_run
    failed_with 'mounts[7].options[2]: "mode=755" is an option of a file system, and a bind has none'
}

@test "binds in a user namespace have the options asked for" {
    bundle_new cat /proc/self/mountinfo
    tree_new nosuid
    cfg '.linux.namespaces += [{type: "user"}] |
         .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
         .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
    mount_add /mnt '' "$TREE" rbind ro noexec
    container_run
    succeeded
    equal "$(attributes /mnt)" ro,nosuid,noexec,relatime
    equal "$(attributes /mnt/sub)" rw,nosuid,relatime
    cfg '.mounts[-1].options = ["rbind", "rro", "rnodev", "rprivate"]'
    container_run
    equal "$(attributes /mnt)" ro,nosuid,nodev,relatime
    equal "$(attributes /mnt/sub)" ro,nosuid,nodev,relatime
    equal "$(propagation /mnt/sub)" ''
}

@test "binds in a user namespace keep what the host has set, and say so when that is not wanted" {
    local option name
    bundle_new sh -c 'mount -o remount,bind,rw,suid /mnt || mount -o remount,bind,suid /mnt || umount /mnt/sub || echo kept'
    tree_new nosuid
    mount -o remount,bind,ro "$TREE"
    cfg '.linux.namespaces += [{type: "user"}] |
         .process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"]) |
         .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
         .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
    mount_add /mnt '' "$TREE" rbind
    run --separate-stderr hoy run -b "$BUNDLE" "$ID"
    [[ $status == 0 && $output == kept ]]
    for option in rw:ro suid:nosuid "noatime:the access times"; do
        name=${option#*:} option=${option%%:*}
        cfg ".mounts[-1].options = [\"rbind\", \"$option\"]"
        container_run
        [[ $status == 1 && $output == *"can't clear $name: locked by the user namespace that mounted it" ]]
    done
    cfg '.mounts[-1].options = ["bind"]'
    container_run
    [[ $output == *"a user namespace can't leave out what is mounted below it: rbind" ]]
    mount -o remount,bind,rw "$TREE"
}

# ---- Propagation -------------------------------------------------------------------------------

# The propagation of a bind of a shared tree with these options, above and below.
bind_propagation() {
    local -a options=()
    read -ra options <<<"$1"
    [[ -d $TREE ]] || { tree_new; mount --make-rshared "$TREE"; }
    bundle_new cat /proc/self/mountinfo
    mount_add /mnt '' "$TREE" rbind "${options[@]}"
    container_run
    succeeded
    equal "$(propagation /mnt)" "$2"
    equal "$(propagation /mnt/sub)" "$3"
}

# verifies: config mounts[].options[]=private, config mounts[].options[]=rprivate
@test "private and rprivate" {
    bind_propagation private '' master
    bind_propagation rprivate '' ''
}

# verifies: config mounts[].options[]=slave, config mounts[].options[]=rslave
@test "slave and rslave" {
    bind_propagation slave master master
    bind_propagation rslave master master
}

# verifies: config mounts[].options[]=shared, config mounts[].options[]=rshared
@test "shared and rshared" {
    bind_propagation rshared shared shared
    bind_propagation shared shared shared
}

# verifies: config mounts[].options[]=unbindable, config mounts[].options[]=runbindable
@test "unbindable and runbindable" {
    bind_propagation unbindable unbindable master
    bind_propagation runbindable unbindable unbindable
}

@test "a bind is a slave of its source unless it is told otherwise" {
    bind_propagation '' master master
}

@test "propagation of a new mount" {
    local kind
    for kind in private:'' slave:'' shared:shared unbindable:unbindable; do
        new_has "${kind%:*}" rw,relatime
        equal "$(propagation /mnt)" "${kind#*:}"
    done
}

# The container mounts on sub/in, the host on sub/out; prints where each mount can be seen.
seen_both_ways() {
    tree_new
    mkdir "$TREE/in" "$TREE/out"
    mount --make-rshared "$TREE"
    bundle_new /bin/sh -c 'mount -t tmpfs inner /mnt/in && echo mounted; while :; do sleep 100; done'
    cfg '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
    mount_add /mnt '' "$TREE" rbind "$1"
    container_up
    wait_output mounted
    mount -t tmpfs outer "$TREE/out"
    ! grep -q "^inner $TREE/in " /proc/self/mounts || echo inner on the host
    ! grep -q '^outer /mnt/out ' "/proc/$(pid_of)/mounts" || echo outer in the container
}

@test "rshared: mounts are seen both ways" {
    run seen_both_ways rshared
    is $'inner on the host\nouter in the container'
}

@test "rslave: mounts of the host are seen in the container" {
    run seen_both_ways rslave
    is 'outer in the container'
}

@test "rprivate: mounts are seen by nobody else" {
    run seen_both_ways rprivate
    is ''
}

# ---- Destinations and order --------------------------------------------------------------------

@test "mounts are made in listed order" {
    bundle_new /bin/sh -c 'ls /mnt /mnt/below'
    mkdir "$BUNDLE/a" "$BUNDLE/b"
    touch "$BUNDLE/a/from-a" "$BUNDLE/b/from-b"
    mount_add /mnt '' a bind
    mount_add /mnt/below '' b bind
    container_run
    is $'/mnt:\nbelow\nfrom-a\n\n/mnt/below:\nfrom-b'
    cfg '.mounts[-2:] |= reverse'
    container_run
    is $'/mnt:\nbelow\nfrom-a\n\n/mnt/below:'
}

@test "of two mounts on one place the later one is seen" {
    bundle_new ls /mnt
    mkdir "$BUNDLE/a" "$BUNDLE/b"
    touch "$BUNDLE/a/from-a" "$BUNDLE/b/from-b"
    mount_add /mnt '' a bind
    mount_add /mnt '' b bind
    container_run
    is from-b
}

@test "a missing destination is made in the root file system, 0755" {
    bundle_new /bin/sh -c 'stat -c %a /new /new/dir; grep -c " /new/dir " /proc/self/mountinfo'
    mount_add /new/dir tmpfs tmpfs mode=700
    container_run
    is $'755\n700\n1'
    [[ $(stat -c %a "$BUNDLE/rootfs/new/dir") == 755 ]]
}

@test "a destination is resolved inside the root, whatever links say" {
    bundle_new /bin/sh -c 'cd /real && ls && echo x >new'
    mkdir "$BUNDLE/rootfs/real" "$BUNDLE/data"
    touch "$BUNDLE/data/here"
    ln -s /real "$BUNDLE/rootfs/absolute"
    ln -s ../../../../real "$BUNDLE/rootfs/climber"
    mount_add /absolute '' data bind
    container_run
    is here
    cfg '.mounts[-1].destination = "/climber"'
    container_run
    is $'here\nnew'
    cfg '.mounts[-1].destination = "/../../real/../real/."'
    container_run
    is $'here\nnew'
}

@test "a destination through a link to nowhere makes nothing on the host" {
    bundle_new true
    ln -s "$BATS_TEST_TMPDIR/canary" "$BUNDLE/rootfs/link"
    mount_add /link/dir tmpfs tmpfs
    container_run
    succeeded
    [[ ! -e $BATS_TEST_TMPDIR/canary ]]
    [[ -d $BUNDLE/rootfs$BATS_TEST_TMPDIR/canary/dir ]]
}

@test "a destination in a loop of links is an error" {
    bundle_new true
    ln -s loop "$BUNDLE/rootfs/loop"
    mount_add /loop/x tmpfs tmpfs
    container_run
    failed_with 'mounts[7]'
    has 'symbolic links'
}

@test "a relative destination is taken from the root, with a warning" {
    bundle_new cat /proc/self/mountinfo
    mount_add mnt tmpfs tmpfs
    container_run
    succeeded
    has 'mounts[7].destination: "mnt" is relative, taken from / (deprecated)'
    has ' /mnt rw,relatime - tmpfs '
}

@test "a mount on the root itself hides nothing that is needed to start" {
    bundle_new /bin/sh -c 'echo fine'
    mount_add / '' rootfs rbind
    container_run
    is fine
}

# ---- tmpfs -------------------------------------------------------------------------------------

@test "a tmpfs without mode has the mode of the directory it covers" {
    bundle_new stat -c '%a %n' /tmp /root /mnt
    chmod 0700 "$BUNDLE/rootfs/root"
    chmod 2775 "$BUNDLE/rootfs/mnt"
    mount_add /tmp tmpfs tmpfs
    mount_add /root tmpfs tmpfs
    mount_add /mnt tmpfs tmpfs
    container_run
    is $'1777 /tmp\n700 /root\n2775 /mnt'
}

@test "a tmpfs keeps the mode and the sticky bit asked for" {
    bundle_new stat -c '%a %u:%g %n' /tmp /mnt
    mount_add /tmp tmpfs tmpfs mode=0700
    mount_add /mnt tmpfs tmpfs mode=1770 uid=7 gid=8
    container_run
    is $'700 0:0 /tmp\n1770 7:8 /mnt'
}

@test "a read-only tmpfs has the mode of the directory it covers" {
    bundle_new stat -c %a /tmp
    mount_add /tmp tmpfs tmpfs ro
    container_run
    is 1777
}

# verifies: config mounts[].options[]=tmpcopyup
@test "tmpcopyup: a tmpfs that begins with what it covers" {
    bundle_new /bin/sh -c 'cd /stuff; find . | sort; stat -c "%a %u:%g %Y %n" . file dir dir/deep suid
        readlink link; cat file; stat -c "%F %t:%T" node; echo changed >file'
    local stuff=$BUNDLE/rootfs/stuff
    mkdir -p "$stuff/dir"
    echo text >"$stuff/file"
    echo deep >"$stuff/dir/deep"
    touch "$stuff/suid"
    chown 7:8 "$stuff/dir/deep" "$stuff/suid"
    chmod 4751 "$stuff/suid"
    chmod 0640 "$stuff/dir/deep"
    chmod 0711 "$stuff/dir"
    ln -s /etc/passwd "$stuff/link"
    mkfifo "$stuff/node"
    touch -d @1000000000 "$stuff/file" "$stuff/dir/deep" "$stuff/dir" "$stuff/suid"
    chmod 1777 "$stuff"
    touch -d @1000000000 "$stuff"
    mount_add /stuff tmpfs tmpfs tmpcopyup size=1m
    container_run
    succeeded
    is '.
./dir
./dir/deep
./file
./link
./node
./suid
1777 0:0 1000000000 .
644 0:0 1000000000 file
711 0:0 1000000000 dir
640 7:8 1000000000 dir/deep
4751 7:8 1000000000 suid
/etc/passwd
text
fifo 0:0'
    [[ $(<"$stuff/file") == text ]]
}

@test "tmpcopyup keeps the mode and the owner that options name" {
    bundle_new stat -c '%a %u:%g' /stuff
    mkdir -m 0755 "$BUNDLE/rootfs/stuff"
    chown 1:2 "$BUNDLE/rootfs/stuff"
    mount_add /stuff tmpfs tmpfs tmpcopyup mode=1770
    container_run
    is '1770 1:2'
    cfg '.mounts[-1].options = ["tmpcopyup", "uid=7", "gid=8"]'
    container_run
    is '755 7:8'
}

@test "tmpcopyup with ro: filled, then closed" {
    bundle_new /bin/sh -c 'cat /stuff/file; touch /stuff/new'
    mkdir "$BUNDLE/rootfs/stuff"
    echo text >"$BUNDLE/rootfs/stuff/file"
    mount_add /stuff tmpfs tmpfs tmpcopyup ro
    container_run
    failed_with 'Read-only file system'
    [[ ${lines[0]} == text ]]
}

@test "tmpcopyup of more than the tmpfs holds is an error" {
    bundle_new true
    mkdir "$BUNDLE/rootfs/stuff"
    head -c 1000000 /dev/zero >"$BUNDLE/rootfs/stuff/file"
    mount_add /stuff tmpfs tmpfs tmpcopyup size=64k
    container_run
    failed_with 'mounts[7]'
    has 'no space left on device'
}

@test "tmpcopyup where it makes no sense is an error" {
    bundle_new true
    mount_add /mnt '' / rbind tmpcopyup
    container_run
    failed_with 'mounts[7].options[1]: "tmpcopyup" is for mounts of type "tmpfs"'
}

# ---- remount -----------------------------------------------------------------------------------

# verifies: config mounts[].options[]=remount
@test "remount changes a mount that is there" {
    bundle_new cat /proc/self/mountinfo
    mount_add /mnt tmpfs tmpfs size=1m
    mount_add /mnt tmpfs tmpfs remount ro nosuid
    container_run
    succeeded
    equal "$(attributes /mnt)" ro,nosuid,relatime
    equal "$(grep -c ' /mnt ' <<<"$output")" 1
}

@test "remount changes options of the file system" {
    bundle_new cat /proc/self/mountinfo
    mount_add /mnt tmpfs tmpfs size=1m
    mount_add /mnt tmpfs tmpfs remount size=2m
    container_run
    succeeded
    [[ $(sb_options /mnt) == *size=2048k* ]]
}

@test "remount of a bind leaves the source alone" {
    tree_new
    bundle_new cat /proc/self/mountinfo
    mount_add /mnt '' "$TREE" bind
    mount_add /mnt '' "$TREE" bind remount ro noexec
    container_run
    succeeded
    equal "$(attributes /mnt)" ro,noexec,relatime
    touch "$TREE/new"
}

@test "remount of what is no mount, or not there, is an error" {
    bundle_new true
    mount_add /etc '' none remount bind ro
    container_run
    failed_with 'mounts[7]'
    cfg '.mounts[7].destination = "/no/such"'
    container_run
    failed_with 'no such file or directory'
}

# ---- What the kernel and the rules refuse ------------------------------------------------------

@test "an unknown option is said in the kernel's words, with its place" {
    bundle_new true
    mount_add /mnt tmpfs tmpfs nosuid sise=64k
    container_run
    failed_with "mounts[7]"
    has "tmpfs: Unknown parameter 'sise' (options[1])"
}

@test "a bad value is said in the kernel's words, with its place" {
    bundle_new true
    mount_add /mnt tmpfs tmpfs mode=0755 size=many
    container_run
    failed_with "mounts[7]"
    has "tmpfs: Bad value for 'size' (options[1])"
}

@test "an option that the kernel cannot take whole is an error" {
    bundle_new true
    mount_add /mnt tmpfs tmpfs "size=$(printf '%0300d' 1)"
    container_run
    failed_with 'options[0] is longer than 255 bytes'
}

@test "a file system that the kernel does not have is named" {
    bundle_new true
    mount_add /mnt nofs none
    container_run
    failed_with 'mounts[7]'
    has 'this kernel has no file system "nofs"'
}

@test "a mount without type is an error unless it is a bind" {
    bundle_new true
    mount_add /mnt '' none ro
    container_run
    failed_with 'mounts[7].type: is required'
}

@test "an empty option is an error" {
    bundle_new true
    mount_add /mnt tmpfs tmpfs ro ''
    container_run
    failed_with 'mounts[7].options[1]: must not be empty'
}

# ---- /proc, /sys/fs/cgroup ---------------------------------------------------------------------

@test "files of /proc that engines replace may be replaced" {
    local file
    bundle_new /bin/sh -c 'cd /proc; cat cpuinfo diskstats meminfo stat swaps uptime loadavg'
    echo replaced >"$BUNDLE/file"
    for file in cpuinfo diskstats meminfo stat swaps uptime loadavg; do
        mount_add "/proc/$file" '' file bind ro
    done
    container_run
    is "$(printf 'replaced\n%.0s' {1..7})"
}

@test "nothing else may be mounted over /proc" {
    local destination
    bundle_new true
    echo text >"$BUNDLE/file"
    for destination in /proc/self/attr/exec /proc/sys /proc/version /proc/sys/kernel/hostname \
        /proc/../proc/self /dev/../proc/1; do
        cfg '.mounts[7] = {destination: $d, source: "file", options: ["bind"]}' --arg d "$destination"
        container_run
        failed_with "mounts[7].destination: nothing may be mounted on \"$destination\""
    done
    cfg '.mounts[7] = {destination: "/proc", type: "tmpfs", source: "tmpfs"}'
    container_run
    failed_with 'mounts[7].type: must be "proc" on /proc, got "tmpfs"'
}

@test "only a procfs may be bound on /proc" {
    bundle_new /bin/sh -c 'ls -d /proc/self/ns'
    mkdir "$BUNDLE/fake"
    cfg '.mounts[0] = {destination: "/proc", source: "fake", options: ["bind"]}'
    container_run
    failed_with 'mounts[0]'
    has 'only a procfs may be mounted on /proc'
    cfg '.mounts[0].source = "/proc/tty"'
    container_run
    failed_with 'only a procfs may be mounted on /proc'
}

@test "the host's /proc can be bound where there is no pid namespace" {
    bundle_new ls -d /proc/self/ns /proc/1
    cfg '.mounts[0] = {destination: "/proc", source: "/proc", options: ["rbind"]} |
         del(.linux.namespaces[] | select(.type == "pid"))'
    container_run
    is $'/proc/1\n/proc/self/ns'
}

@test "a /proc that is a link in the image leads to no mount outside" {
    bundle_new /bin/sh -c 'ls -d /real/self'
    rmdir "$BUNDLE/rootfs/proc"
    mkdir "$BUNDLE/rootfs/real"
    ln -s /real "$BUNDLE/rootfs/proc"
    cfg 'del(.linux.maskedPaths, .linux.readonlyPaths)'
    container_run
    is /real/self
}

@test "a cgroup mount shows the container's cgroup as its root" {
    bundle_new /bin/sh -c 'cat /sys/fs/cgroup/cgroup.procs | head -n 1; ls /sys/fs/cgroup/cgroup.type'
    container_run
    is $'1\n/sys/fs/cgroup/cgroup.type'
}

@test "a cgroup mount without a cgroup namespace shows the hierarchy as it is" {
    bundle_new /bin/sh -c 'p=$(sed -n s/^0:://p /proc/self/cgroup); cat "/sys/fs/cgroup$p/cgroup.procs"
        touch /sys/fs/cgroup/x'
    cfg 'del(.linux.namespaces[] | select(.type == "cgroup"))'
    container_run
    [[ ${lines[0]} == 1 ]]
    failed_with 'Read-only file system'
}

@test "type cgroup2 is the same as type cgroup" {
    bundle_new /bin/sh -c 'head -n 1 /sys/fs/cgroup/cgroup.procs'
    cfg '.mounts[6].type = "cgroup2"'
    container_run
    is 1
}

@test "a writable cgroup mount with a cgroup namespace can be used" {
    bundle_new mkdir /sys/fs/cgroup/inner
    cfg '.mounts[6].options -= ["ro"]'
    container_run
    succeeded
}

@test "the mounts of a container are in no mount namespace but its own" {
    local before
    before=$(</proc/self/mountinfo)
    bundle_new sleep 1000
    mount_add /mnt tmpfs tmpfs
    container_up
    [[ $(</proc/self/mountinfo) == "$before" ]]
    run cat "/proc/$(pid_of)/mounts"
    has_not "$BUNDLE/config.json"
    has_not ' /work'
}
