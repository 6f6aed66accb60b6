#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# Volumes: their own verbs, what containers see of them, what a new one gets from the image, how they end,
# and what a hostile image can't make of them.

load helpers
load images

setup_file() {
    local t=$BATS_FILE_TMPDIR
    export CANARY=$t/canary ROOTFS=$t/rootfs LAYOUT=$t/boat
    mkdir "$CANARY"
    echo alive >"$CANARY/file"
    make_rootfs "$ROOTFS"
    mkdir -p "$ROOTFS/srv/deep" "$ROOTFS/empty" "$ROOTFS/app/log"
    echo first >"$ROOTFS/srv/file"
    echo deep >"$ROOTFS/srv/deep/file"
    chown 7:8 "$ROOTFS/srv"
    chmod 2751 "$ROOTFS/srv"
    chown 9:9 "$ROOTFS/empty"
    chmod 1733 "$ROOTFS/empty"
    everything "$ROOTFS/all"
    echo yes >"$ROOTFS/app/log/kept"
    ln -s /etc "$ROOTFS/to-etc"
    ln -s "$CANARY" "$ROOTFS/to-canary"
    ln -s "$UP$CANARY" "$ROOTFS/up-to-canary"
    ln -s /proc/self/root "$ROOTFS/magic"
    echo "the image's" >"$ROOTFS/etc/mark"
    umoci init --layout "$LAYOUT" 3>&-
    tar -C "$ROOTFS" --xattrs --xattrs-include='*' -cf "$t/base.tar" .
    CONFIG='{"Cmd": ["/bin/sh"]}' layout_image plain "$t/base.tar"
    CONFIG='{"Volumes": {"/app/log": {}, "/empty/": {}}}' layout_image declares "$t/base.tar"
    CONFIG='{"Volumes": {"/app/log": {}}, "User": "sailor"}' layout_image user "$t/base.tar"
    CONFIG="{\"Volumes\": {\"/$UP$CANARY\": {}}}" layout_image dots "$t/base.tar"
    CONFIG='{"Volumes": {"canary": {}}}' layout_image relative "$t/base.tar"
    CONFIG='{"Volumes": {"/a\nb": {}}}' layout_image newline "$t/base.tar"
    CONFIG='{"Volumes": {"/": {}}}' layout_image whole "$t/base.tar"
    CONFIG='{"Volumes": {"/proc/sys": {}}}' layout_image proc "$t/base.tar"
    CONFIG='{"Volumes": {"/etc/passwd": {}}}' layout_image file "$t/base.tar"
    CONFIG='{"Volumes": {"/to-etc": {}}}' layout_image to-etc "$t/base.tar"
    CONFIG='{"Volumes": {"/to-canary": {}}}' layout_image to-canary "$t/base.tar"
    CONFIG='{"Volumes": {"/up-to-canary": {}}}' layout_image up-to-canary "$t/base.tar"
    CONFIG='{"Volumes": {"/magic": {}}}' layout_image magic "$t/base.tar"
    CONFIG='{"Volumes": {"/dev/shm": {}, "/sys/fs/cgroup": {}, "/tmp": {}}}' layout_image usual "$t/base.tar"
    CONFIG='{"Labels": {"dev.hoy.volumes": "0:anonymous:mine"}}' layout_image forged "$t/base.tar"
    export STORE=$t/data
    HOY_DATA_ROOT=$STORE hoy load -q -i "$LAYOUT"
}

setup() {
    export HOY_DATA_ROOT=$BATS_TEST_TMPDIR/data
}

teardown() {
    containers_remove
    [[ $HOY_DATA_ROOT == "$STORE" ]] || rm -rf --one-file-system "$HOY_DATA_ROOT"
    rm -rf --one-file-system "$STORE/volumes"
}

# with_images: this test's volumes are where the images are.
with_images() {
    HOY_DATA_ROOT=$STORE
}

# boat SCRIPT [OPTION…]: a shell script in a container of the directory, which is removed.
boat() {
    local script=$1
    shift
    run hoy run --rm --rootfs "$ROOTFS" "$@" /bin/sh -c "$script"
}

# image TAG SCRIPT [OPTION…]: the same in one of an image.
image() {
    local tag=$1 script=$2
    shift 2
    run hoy run --rm "$@" "localhost/boat:$tag" /bin/sh -c "$script"
}

# volumes [OPTION…]: the names of all, in one line.
volumes() {
    hoy volume ls -q "$@" | xargs
}

# What is on disk besides volumes that are whole and settled.
scraps() {
    find "$HOY_DATA_ROOT/volumes" -mindepth 1 -maxdepth 1 -name '.*'
    find "$HOY_DATA_ROOT/volumes" -mindepth 2 -maxdepth 2 ! -name _data ! -name volume.json
}

# ---- The verbs -----------------------------------------------------------------------------------

@test "create, ls, inspect, rm" {
    run hoy volume ls
    succeeded
    [[ $output =~ ^DRIVER\ +VOLUME\ NAME$ ]]
    run hoy volume create -l colour=red -l bare data
    succeeded
    is data
    [[ $(stat -c %a "$HOY_DATA_ROOT/volumes" "$HOY_DATA_ROOT/volumes/data" | xargs) == "700 700" ]]
    run hoy volume create data
    [[ $status == 1 ]]
    failed_with 'there is a volume "data" already'
    run hoy volume create --ignore data
    succeeded
    is data
    run hoy volume create
    succeeded
    [[ $output =~ ^[0-9a-f]{64}$ ]]
    local anonymous=$output
    run hoy volume ls
    [[ ${lines[0]} =~ ^DRIVER\ +VOLUME\ NAME$ ]]
    [[ ${lines[2]} =~ ^local\ +data$ || ${lines[1]} =~ ^local\ +data$ ]]
    [[ $(volumes --filter label=colour) == data ]]
    [[ $(volumes --filter label=colour=blue) == "" ]]
    [[ $(volumes --filter name=ata --filter label=bare=) == data ]]
    run hoy volume ls --filter colour=red
    failed_with "--filter: must be name= or label= or dangling= with a value"
    run hoy volume inspect data "$anonymous"
    succeeded
    [[ $(jq -r '.[0].Name, .[0].Mountpoint, .[0].Labels.colour, .[0].Anonymous, .[1].Anonymous' <<<"$output" |
        xargs) == "data $HOY_DATA_ROOT/volumes/data/_data red false true" ]]
    [[ $(jq -r '.[0].CreatedAt' <<<"$output") == 20*Z ]]
    [[ $(hoy volume ls --format json | jq length) == 2 ]]
    run hoy volume inspect data none
    [[ $status == 1 ]]
    failed_with 'there is no volume "none"'
    run hoy volume rm none data
    [[ $status == 1 ]]
    has $'data\n'
    has 'there is no volume "none"'
    [[ $(volumes) == "$anonymous" ]]
    run hoy volume rm -f none "$anonymous"
    succeeded
    is "$anonymous"
    [[ $(volumes) == "" && -z $(ls -A "$HOY_DATA_ROOT/volumes") ]]
}

@test "a name is letters, digits and _ . -" {
    local name
    for name in .. . a/b /a -x "" .hidden _x $'a\nb' 'a b' "$(printf 'n%.0s' {1..256})"; do
        run hoy volume create -- "$name"
        [[ $status == 1 ]]
        failed_with "a volume's name is 1 to 255 letters"
        [[ ${#lines[@]} == 1 ]]
        run hoy volume rm -f -- "$name"
        [[ $status == 1 ]]
        failed_with "a volume's name is"
        run hoy volume inspect -- "$name"
        [[ $status == 1 ]]
        failed_with "a volume's name is"
    done
    [[ ! -e $HOY_DATA_ROOT/volumes ]]
    for name in ./data a/b .. $'a\nb'; do
        boat true -v "$name:/mnt"
        [[ $status == 125 ]]
        failed_with "-v: a volume's name is"
    done
    hoy volume create "$(printf 'n%.0s' {1..255})"
    boat 'echo x >/mnt/x' -v "$(printf 'n%.0s' {1..255}):/mnt"
    succeeded
}

@test "the group says what it knows" {
    run hoy volume
    [[ $status == 1 ]]
    failed_with '"hoy volume" needs a command'
    run hoy volume frobnicate
    failed_with 'unknown command "volume frobnicate"'
    run hoy volume --help
    succeeded
    has "Usage: hoy volume COMMAND"
    has "  prune     "
    run hoy help volume create
    succeeded
    has "Usage: hoy volume create [OPTION...] [NAME]"
    run hoy volume create a b
    failed_with 'volume create: unexpected argument "b"'
    run hoy --help
    has "  volume    "
}

@test "prune removes anonymous volumes that nobody uses, with --all named ones too" {
    hoy volume create -l keep=no one
    hoy volume create two
    local a b
    a=$(hoy volume create)
    run hoy run --name user -v /mnt -v used:/used --rootfs "$ROOTFS" true
    succeeded
    b=$(hoy volume ls -q --filter dangling=false | grep -v used)
    [[ $(volumes --filter dangling=true | tr ' ' '\n' | sort | xargs) == "$(printf '%s\n' one two "$a" | sort | xargs)" ]]
    run hoy volume prune -f
    succeeded
    is "$a"
    run hoy volume prune --all --filter label=keep=no
    is one
    run hoy volume prune -a
    is two
    [[ $(volumes) == "$b used" ]]
    hoy rm user
    run hoy volume prune
    is "$b"
}

# ---- What containers see -------------------------------------------------------------------------

@test "what one container writes the next one reads" {
    boat 'echo words >/mnt/file' -v data:/mnt
    succeeded
    boat 'cat /elsewhere/file' -v data:/elsewhere
    is words
    boat 'cat /mnt/file; echo more >/mnt/file' -v data:/mnt:ro
    has words
    has "Read-only file system"
    boat 'cat /mnt/file; : >/mnt/x' --mount type=volume,source=data,target=/mnt,readonly
    has words
    has "Read-only file system"
    boat 'cat /mnt/file' --mount source=data,target=/mnt
    is words
    boat 'cat /one/file; echo both >/one/file; cat /two/file' -v data:/one -v data:/two:ro
    is $'words\nboth'
    [[ $(volumes) == data && -z $(scraps) ]]
    rmdir "$ROOTFS/mnt" "$ROOTFS/one" "$ROOTFS/two" "$ROOTFS/elsewhere" && mkdir "$ROOTFS/mnt"
}

@test "a kept container has its volumes when it runs again, and inspect names them" {
    hoy run --name again -v data:/mnt -v /srv -v "$CANARY:/host:ro" --rootfs "$ROOTFS" \
        sh -c 'echo x >>/mnt/runs; echo y >>/srv/file'
    hoy start again
    wait_status stopped "$(hoy ps -aq --no-trunc)"
    [[ $(xargs <"$HOY_DATA_ROOT/volumes/data/_data/runs") == "x x" ]]
    run hoy inspect again
    [[ $(jq -r '.[0].mounts[] | select(.type == "volume") | .destination' <<<"$output" | xargs) == "/mnt /srv" ]]
    [[ $(jq -r '.[0].mounts[] | select(.destination == "/mnt") | .name' <<<"$output") == data ]]
    [[ $(jq -r '.[0].mounts[] | select(.destination == "/host") | .type' <<<"$output") == bind ]]
    rmdir "$ROOTFS/host"
}

@test "one that is used is not removed, and who uses it is named" {
    run hoy run --name ship -v data:/mnt --rootfs "$ROOTFS" true
    hoy run -d --name boat -v data:/mnt -v other:/srv --rootfs "$ROOTFS" sleep 1000
    for word in rm "rm -f"; do
        # shellcheck disable=SC2086
        run hoy volume $word data
        [[ $status == 1 ]]
        failed_with 'the volume "data" is used by the containers '
        has ship
        has boat
    done
    run hoy volume prune --all
    succeeded
    is ""
    [[ $(volumes) == "data other" ]]
    hoy rm ship
    run hoy volume rm data
    failed_with 'the volume "data" is used by the container boat'
    # Another state directory does not know the container; the volume is used all the same.
    run "$HOY" --root "$BATS_TEST_TMPDIR/other" volume rm data
    failed_with 'is used by the container boat'
    hoy rm -f boat
    run hoy volume rm data other
    is $'data\nother'
}

@test "anonymous volumes end with --rm and rm -v, and stay otherwise" {
    boat 'echo x >/mnt/x; ls /srv' -v /mnt -v /srv
    is $'deep\nfile'
    [[ $(volumes) == "" ]]
    hoy run -d --rm --name short -v /mnt --rootfs "$ROOTFS" sleep 1000
    [[ $(volumes) == "$(hoy ps -q --no-trunc | cut -c 1-56)"* ]]
    hoy stop -t 0 short
    wait_until 10 test -z "$(volumes)"
    run hoy run --name one -v /mnt --rootfs "$ROOTFS" sh -c 'echo one >/mnt/file'
    run hoy run --name two -v /mnt -v named:/srv --rootfs "$ROOTFS" sh -c 'echo two >/mnt/file'
    hoy rm one
    [[ $(hoy volume ls -q | wc -l) == 3 ]]
    hoy rm -v two
    [[ $(hoy volume ls -q | wc -l) == 2 ]]
    [[ $(cat "$HOY_DATA_ROOT"/volumes/*/_data/file | xargs) == "one first" || \
        $(cat "$HOY_DATA_ROOT"/volumes/*/_data/file | xargs) == "first one" ]]
}

@test "a run that fails leaves no anonymous volume" {
    boat '' -v /mnt -v named:/srv --entrypoint /etc/passwd
    [[ $status == 126 ]]
    [[ $(volumes) == named ]]
    boat true -v /mnt -v "bad name:/x"
    [[ $status == 125 ]]
    boat true -v /mnt -v /etc/passwd
    [[ $status == 125 ]]
    failed_with "/etc/passwd is no directory in the root file system"
    [[ $(volumes) == named && -z $(scraps) ]]
    [[ -z $(ls "$HOY_DATA_ROOT/containers") ]]
}

@test "--volumes-from takes volumes and directories of the host, as they are or read-only" {
    run hoy run --name keeper -v data:/mnt --mount dst=/srv -v "$CANARY:/host:ro" --tmpfs /scratch --rootfs "$ROOTFS" \
        sh -c 'echo data >/mnt/file; echo anonymous >/srv/file'
    succeeded
    boat 'cat /mnt/file /srv/file /host/file; touch /host/x; grep -c " /scratch " /proc/mounts; echo >/mnt/x' \
        --volumes-from keeper
    has $'data\nanonymous\nalive\n'
    has "/host/x: Read-only file system"
    has $'\n0'
    boat 'cat /mnt/file; : >/srv/x' --volumes-from keeper:ro
    has data
    has "/srv/x: Read-only file system"
    # What is named here goes before.
    boat 'cat /srv/file; cat /mnt/file' --volumes-from keeper -v own:/mnt
    is $'anonymous\ncat: can\'t open \'/mnt/file\': No such file or directory'
    boat true --volumes-from nobody
    failed_with '--volumes-from: there is no container "nobody"'
    boat true --volumes-from keeper:sync
    failed_with '--volumes-from: unknown option "sync"'
    # An anonymous volume goes with the last that uses it.
    run hoy run --name heir --volumes-from keeper --rootfs "$ROOTFS" true
    hoy rm -v keeper
    [[ $(hoy volume ls -q | wc -l) == 3 ]]
    hoy rm -v heir
    [[ $(volumes) == "data own" ]]
    rmdir "$ROOTFS/host" "$ROOTFS/scratch"
}

# ---- The first use -------------------------------------------------------------------------------

@test "a new volume gets the files that are there, with all that they have" {
    boat true -v data:/all
    succeeded
    tree_list "$ROOTFS/all" >"$BATS_TEST_TMPDIR/is"
    tree_list "$HOY_DATA_ROOT/volumes/data/_data" >"$BATS_TEST_TMPDIR/copy"
    [[ $(wc -l <"$BATS_TEST_TMPDIR/copy") -gt 20 ]]
    diff "$BATS_TEST_TMPDIR/is" "$BATS_TEST_TMPDIR/copy"
    (($(stat -c %b "$HOY_DATA_ROOT/volumes/data/_data/sparse") < 100))
    [[ -z $(scraps) ]]
    # The same from an image.
    with_images
    image plain true -v data:/all
    succeeded
    tree_list "$HOY_DATA_ROOT/volumes/data/_data" >"$BATS_TEST_TMPDIR/copy"
    diff "$BATS_TEST_TMPDIR/is" "$BATS_TEST_TMPDIR/copy"
}

@test "its directory has the owner and mode of that which it covers, also of an empty one" {
    boat 'stat -c "%u %g %a" /srv /empty; ls /srv' -v data:/srv -v other:/empty
    is $'7 8 2751\n9 9 1733\ndeep\nfile'
    hoy volume create made
    boat 'stat -c "%u %g %a" /empty' -v made:/empty
    is "9 9 1733"
    boat 'stat -c "%u %g %a" /new' -v new:/new
    is "0 0 755"
    rmdir "$ROOTFS/new"
}

@test "only the first use fills it" {
    boat 'rm -r /srv/*; ls -A /srv' -v data:/srv
    is ""
    boat 'ls -A /srv' -v data:/srv
    is ""
    # One that found nothing to copy was a use as well.
    boat 'true' -v early:/nothing
    boat 'ls -A /srv' -v early:/srv
    is ""
    # What somebody has put there stays alone.
    hoy volume create mine
    echo mine >"$HOY_DATA_ROOT/volumes/mine/_data/file"
    boat 'cat /srv/file; ls /srv' -v mine:/srv
    is $'mine\nfile'
    rmdir "$ROOTFS/nothing"
    [[ -z $(scraps) ]]
}

@test "nocopy" {
    boat 'ls -A /srv; stat -c "%u %a" /srv' -v data:/srv:nocopy
    is "0 755"
    boat 'ls -A /srv' --mount type=volume,src=other,dst=/srv,volume-nocopy
    is ""
    boat 'ls /srv' --mount type=volume,src=third,dst=/srv,volume-nocopy=false
    is $'deep\nfile'
}

@test "twenty that want the same new volume at once find it filled, and it is filled once" {
    local i pids=() t=$BATS_TEST_TMPDIR
    mkdir "$t/out"
    cp -a "$ROOTFS" "$t/rootfs"
    mkdir "$t/rootfs/many"
    (cd "$t/rootfs/many" && seq 1500 | xargs touch && echo whole >1500)
    for i in $(seq 20); do
        hoy run --rm -v data:/many -v "own-$((i % 5)):/srv" --rootfs "$t/rootfs" \
            sh -c 'ls /many /srv | wc -l; cat /many/1500; : >/many/1; rm /many/2; rm -r /srv/deep' \
            >"$t/out/$i" 2>/dev/null </dev/null &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || true
    done
    [[ $(cat "$t/out"/* | grep -c whole) == 20 ]]
    # One removes each file: whoever copied again would bring it back.
    [[ ! -e $HOY_DATA_ROOT/volumes/data/_data/2 && -e $HOY_DATA_ROOT/volumes/data/_data/3 ]]
    [[ ! -e $HOY_DATA_ROOT/volumes/own-1/_data/deep && -e $HOY_DATA_ROOT/volumes/own-1/_data/file ]]
    [[ $(volumes) == "data own-0 own-1 own-2 own-3 own-4" && -z $(scraps) ]]
    # None saw a part of it: 1500 files or one less, "/srv:" and so on, file and perhaps deep.
    [[ -z $(grep -hvx '150[1-9]\|whole' "$t/out"/*) ]]
}

@test "volumes made and removed at once by many" {
    local i pids=() failed=0
    for i in $(seq 12); do
        (
            for _ in 1 2 3; do
                hoy run --rm -v "data-$((i % 3)):/srv" --rootfs "$ROOTFS" cat /srv/file >/dev/null 2>&1 </dev/null ||
                    exit 1
                hoy volume rm -f "data-$((i % 3))" >/dev/null 2>&1 || true
                hoy volume prune --all >/dev/null || exit 2
            done
        ) &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || failed=$?
    done
    [[ $failed == 0 && -z $(scraps) ]]
}

# killed_walk FIRST STEP: a run with a new volume is killed at every STEPth system call from the FIRST on,
# between the first that is about volumes and the config.json; the next run finds a whole volume.
killed_walk() {
    require_tool strace
    local t=$BATS_TEST_TMPDIR call calls i
    # NAME:WHICH, from the first that is about volumes to the one that starts the container.
    strace -qq -o "$t/trace" "$HOY" --root "$HOY_ROOT" run --name traced -v data:/srv --rootfs "$ROOTFS" true 3>&- </dev/null
    hoy rm traced
    hoy volume rm data
    mapfile -t calls < <(awk -F'(' '/^[a-z_0-9]+\(/ {
            n[$1]++
            if (/"volumes"/) on = 1
            if (/config.json/ && /rename/) { print $1 ":" n[$1]; exit }
            if (on) print $1 ":" n[$1]
        }' "$t/trace")
    ((${#calls[@]} > 60))
    for ((i = $1; i < ${#calls[@]}; i += $2)); do
        call=${calls[i]}
        (
            strace -qq -o /dev/null -e signal=none -e "inject=${call%:*}:signal=KILL:when=${call#*:}" \
                "$HOY" --root "$HOY_ROOT" run --name traced -v data:/srv --rootfs "$ROOTFS" true \
                </dev/null >/dev/null 2>&1 3>&-
        ) 2>/dev/null || true
        # Nothing of it, or a volume that is empty and waits, or a whole one.
        if [[ -e $HOY_DATA_ROOT/volumes/data && $(ls "$HOY_DATA_ROOT/volumes/data/_data" | xargs) != "deep file" ]]; then
            [[ -e $HOY_DATA_ROOT/volumes/data/fill && -z $(ls -A "$HOY_DATA_ROOT/volumes/data/_data") ]]
        fi
        run hoy run --rm -v data:/srv --rootfs "$ROOTFS" sh -c 'cat /srv/file /srv/deep/file; stat -c %a /srv'
        [[ $status == 0 && $output == $'first\ndeep\n2751' ]] || {
            echo "killed at $call: $output" >&2
            false
        }
        hoy rm -f traced "$(ls "$HOY_DATA_ROOT/containers" | head -n 1)" 2>/dev/null || true
        run hoy volume rm data
        is data
        [[ -z $(ls -A "$HOY_DATA_ROOT/volumes") ]] || { echo "killed at $call: $(scraps)" >&2; false; }
    done
}

# bats test_tags=syscalls
@test "killed while making and filling it, the next run finds a whole volume (first third of the calls)" {
    killed_walk 0 3
}

# bats test_tags=syscalls
@test "killed while making and filling it, the next run finds a whole volume (second third of the calls)" {
    killed_walk 1 3
}

# bats test_tags=syscalls
@test "killed while making and filling it, the next run finds a whole volume (last third of the calls)" {
    killed_walk 2 3
}

# bats test_tags=syscalls
@test "an error of a system call is an error, and the volume waits as before" {
    require_tool strace
    local call
    for call in renameat:1:EIO mknodat:1:ENOSPC pwrite64:1:ENOSPC syncfs:1:EIO symlinkat:2:EDQUOT fsync:1:EIO; do
        run strace -f -qq -o /dev/null -e signal=none -e "inject=${call%%:*}:error=${call##*:}:when=$(cut -d: -f2 <<<"$call")" \
            "$HOY" --root "$HOY_ROOT" run --rm -v data:/all --rootfs "$ROOTFS" true 3>&- </dev/null
        [[ $status == 125 ]] || { echo "$call: $output" >&2; false; }
        [[ ${#lines[@]} == 1 ]]
        [[ ! -e $HOY_DATA_ROOT/volumes/data || -e $HOY_DATA_ROOT/volumes/data/fill ]]
        [[ -z $(find "$HOY_DATA_ROOT/volumes" -name _new -o -name '.new*') ]]
        boat 'cat /all/file' -v data:/all
        is text
        hoy volume rm data
    done
}

@test "a full disk says so, and the volume waits for its first use" {
    local t=$BATS_TEST_TMPDIR
    mkdir "$t/small"
    mount -t tmpfs -o size=2m,mode=700 tmpfs "$t/small"
    cp -a "$ROOTFS" "$t/rootfs"
    head -c 3000000 /dev/urandom >"$t/rootfs/srv/big"
    HOY_DATA_ROOT=$t/small/data
    run hoy run --rm -v data:/srv --rootfs "$t/rootfs" true
    local said=$output state=$status left
    left=$(cd "$HOY_DATA_ROOT/volumes" && find . | sort | xargs)
    mount -o remount,size=8m "$t/small"
    run hoy run --rm -v data:/srv --rootfs "$t/rootfs" sh -c 'wc -c </srv/big'
    umount "$t/small"
    [[ $state == 125 ]]
    [[ $said == *'fill the volume "data" from /srv'*"no space left on device"* ]]
    [[ $left == ". ./data ./data/_data ./data/fill ./data/volume.json" ]]
    is 3000000
}

# ---- Volumes of images ---------------------------------------------------------------------------

@test "what an image declares is an anonymous volume with the image's files" {
    with_images
    image declares 'cat /app/log/kept; stat -c "%u %a" /empty; grep -c "/app/log\|/empty" /proc/mounts'
    is $'yes\n9 1733\n2'
    [[ $(volumes) == "" ]]
    run hoy run --name stays localhost/boat:declares sh -c 'echo more >>/app/log/kept'
    [[ $(hoy volume ls -q --filter dangling=false | wc -l) == 2 ]]
    hoy start stays
    wait_status stopped "$(hoy ps -aq --no-trunc)"
    [[ $(cat "$STORE"/volumes/*/_data/kept | xargs) == "yes more more" ]]
    # It is no part of what the container has written.
    run hoy diff stays
    has_not kept
    hoy rm -v stays
    [[ $(volumes) == "" ]]
    # With a user the root is looked into before.
    image user 'id -u; cat /app/log/kept' --network none
    is $'1000\nyes'
    run hoy run -d --name kept localhost/boat:user sleep 1000
    succeeded
    hoy rm -f -v kept
    [[ $(volumes) == "" ]]
}

@test "an option's mount takes the place of an image's volume" {
    with_images
    image declares 'cat /app/log/file; ls /empty' -v "$CANARY:/app/log:ro" --tmpfs /empty
    is alive
    image declares 'echo x >/app/log/x' -v named:/app/log/
    succeeded
    [[ $(volumes) == named ]]
    image declares 'cat /app/log/kept' -v named:/app/log
    is yes
    image declares 'grep " /app/log " /proc/mounts; cat /app/log/kept; : >/app/log/x' --image-volume tmpfs
    has "tmpfs /app/log tmpfs"
    has yes
    image declares 'grep -c "/app/log" /proc/mounts' --image-volume ignore
    is 0
    image declares true --image-volume some
    failed_with "--image-volume"
    [[ $(volumes) == named ]]
}

@test "what hoy itself mounts an image does not replace, and --read-only leaves volumes writable" {
    with_images
    image usual 'grep " /dev/shm " /proc/mounts | cut -d " " -f 3; grep -c " /sys/fs/cgroup " /proc/mounts; : >/tmp/x && echo w' \
        --read-only
    is $'tmpfs\n1\nw'
}

@test "an image's path with .., a relative one, /, control characters, /proc: refused, or left out" {
    local tag
    with_images
    # The control: whoever puts that path behind the root's is out.
    [[ $ROOTFS/$UP$CANARY/file -ef $CANARY/file ]]
    for tag in dots relative newline whole proc; do
        image "$tag" true
        [[ $status == 125 ]]
        failed_with "the image's volume: must be"
        has "--image-volume ignore"
        [[ ${#lines[@]} == 1 ]]
        image "$tag" true --image-volume ignore
        succeeded
    done
    image file true
    [[ $status == 125 ]]
    failed_with "/etc/passwd is no directory in the root file system"
    image magic true
    [[ $status == 125 ]]
    failed_with "on /magic, rprivate: too many levels of symbolic links"
    [[ $(volumes) == "" && -z $(scraps) ]]
    [[ $(ls "$STORE/containers") == "" ]]
    [[ $(cat "$CANARY"/*) == alive ]]
}

@test "a link at the volume's path leads nowhere but into the image" {
    with_images
    image to-etc 'cat /etc/mark /to-etc/mark; echo x >/etc/mark; rm /etc/passwd'
    is $'the image\'s\nthe image\'s'
    image to-canary 'ls /to-canary; echo x >/to-canary/file; ls /to-canary'
    is file
    image up-to-canary 'ls /up-to-canary; echo x >/up-to-canary/file; ls /up-to-canary'
    is file
    boat 'ls /to-canary; echo x >/to-canary/file; ls /to-canary' -v data:/to-canary
    is file
    rm -rf "${ROOTFS:?}/tmp/"*
    [[ $(cat "$CANARY"/*) == alive && $(ls "$CANARY") == file ]]
    # The control: by its path on the host each of them does lead there.
    [[ $(cat "$ROOTFS/to-canary/file") == alive && $(cat "$ROOTFS/up-to-canary/file") == alive ]]
    grep -q "the image's" "$ROOTFS/etc/mark"
}

@test "a neighbour that shares a volume swaps what is mounted below it" {
    local i good=0 t=$BATS_TEST_TMPDIR
    cp -a "$ROOTFS" "$t/rootfs"
    hoy volume create shared
    mkdir "$HOY_DATA_ROOT/volumes/shared/_data/target"
    ln -s "$CANARY" "$HOY_DATA_ROOT/volumes/shared/_data/link"
    # As a process of another container that has the volume would do it: RENAME_EXCHANGE.
    python3 - "$HOY_DATA_ROOT/volumes/shared/_data" 3>&- <<'PY' &
import ctypes, os, sys
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None)
while os.getppid() != 1:
    libc.renameat2(-100, b"target", -100, b"link", 2)
PY
    local neighbour=$!
    for i in $(seq 60); do
        if hoy run --rm -v shared:/v -v "inner:/v/target" --tmpfs /v/target/deep --rootfs "$t/rootfs" \
            sh -c 'touch /v/target/mark /v/target/deep/mark' 2>/dev/null </dev/null; then
            good=$((good + 1))
        fi
        [[ $(ls -A "$CANARY") == file ]] || break
    done
    kill "$neighbour"
    wait "$neighbour" 2>/dev/null || true
    [[ $(ls -A "$CANARY") == file && $(<"$CANARY/file") == alive ]]
    ((good > 0))
    run grep -F "$CANARY" /proc/self/mountinfo
    [[ $status == 1 ]]
}

@test "a label of an image makes no volume its own" {
    with_images
    hoy volume create mine
    run hoy run --name forger localhost/boat:forged true
    succeeded
    [[ $(volumes --filter dangling=true) == mine ]]
    hoy rm -v forger
    [[ $(volumes) == mine ]]
    boat true -l dev.hoy.volumes=0:anonymous:mine
    failed_with "are hoy's own"
}

@test "a plan names volumes and makes none, and a bundle of an image has none" {
    with_images
    run hoy plan -v data:/mnt -v /srv localhost/boat:declares true
    succeeded
    has "$STORE/volumes/data/_data"
    has /app/log
    [[ ! -e $STORE/volumes ]]
    hoy unpack localhost/boat:declares "$BATS_TEST_TMPDIR/bundle"
    [[ $(jq '[.mounts[] | select(.type == "bind")] | length' "$BATS_TEST_TMPDIR/bundle/config.json") == 0 ]]
}
