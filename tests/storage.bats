#!/usr/bin/env bats
# lane: both
# storage: where a container's own files go: above its image's on the disk, or with --writable-tmpfs in
# memory; and how much they may be (--storage-opt size=SIZE). Limits on the disk need a file system with
# project quotas, which the kernel of the lane can have and this machine's may not.

load helpers
load images

setup_file() {
    local t=$BATS_FILE_TMPDIR
    LAYOUT=$t/boat
    umoci init --layout "$LAYOUT" 3>&-
    make_rootfs "$t/root"
    chmod 711 "$t/root"
    chown 7:8 "$t/root"
    touch -d '2001-02-03 04:05:06 UTC' "$t/root"
    mkdir -p "$t/more/data"
    echo below >"$t/more/data/file"
    tar -C "$t/root" -cf "$t/base.tar" .
    tar -C "$t/more" -cf "$t/more.tar" ./data
    CONFIG='{"Cmd": ["/bin/sh"]}' layout_image plain "$t/base.tar" "$t/more.tar"
    export LAYOUT T=$t
}

setup() {
    export HOY_DATA_ROOT=$BATS_TEST_TMPDIR/data DISK=""
}

teardown() {
    local dir
    for dir in "$HOY_DATA_ROOT"/containers/*; do
        [[ ! -d $dir ]] || hoy rm -f "${dir##*/}"
    done
    containers_remove
    if [[ -n $DISK ]]; then
        umount "$DISK"
        losetup -d "$LOOP"
    fi
}

# memory IMAGE COMMAND…: a container of the image whose files are in memory.
memory() {
    hoy run -d --writable-tmpfs --name boat "$@"
}

loaded() {
    hoy load -q -i "$LAYOUT"
}

# quota_disk [MOUNT OPTION]: the data directory is on an ext4 file system of 64 MiB with project quotas.
quota_disk() {
    local modules=/usr/lib/uml/modules/$(uname -r)/kernel/fs/quota name
    for name in quota_tree quota_v2; do
        [[ ! -e $modules/$name.ko ]] || busybox insmod "$modules/$name.ko" 2>/dev/null || true
    done
    loop_new 64M
    mkfs.ext4 -q -O project,quota -E quotatype=prjquota "$LOOP"
    mkdir "$BATS_TEST_TMPDIR/disk.d"
    if ! mount -o "${1:-prjquota}" "$LOOP" "$BATS_TEST_TMPDIR/disk.d" 2>/dev/null; then
        losetup -d "$LOOP"
        skip "this kernel has no quotas for ext4 (CONFIG_QFMT_V2)"
    fi
    DISK=$BATS_TEST_TMPDIR/disk.d
    export HOY_DATA_ROOT=$DISK/data
}

projects() {
    python3 "$HOY_TOP/tests/projects.py" "$DISK"
}

# ---- In memory ---------------------------------------------------------------------------------

@test "--writable-tmpfs: what is written is seen, is in memory, and is gone with the container's end" {
    loaded
    run hoy run --name boat --writable-tmpfs localhost/boat:plain sh -c \
        'echo new >/new; echo changed >>/data/file; rm /bin/vi; cat /new /data/file; ls /bin/vi'
    [ "$output" = $'new\nbelow\nchanged\nls: /bin/vi: No such file or directory' ]
    run ! grep -rqs -e new -e changed "$HOY_DATA_ROOT/containers"/*/{memory,work}
    [ ! -e "$(echo "$HOY_DATA_ROOT/containers"/*)/upper" ]
    # Again from the start, and through the monitor.
    hoy start boat
    hoy wait boat >/dev/null
    run hoy logs boat
    [ "$output" = $'new\nbelow\nchanged\nls: /bin/vi: No such file or directory' ]
}

@test "without it the same container finds what it has written" {
    loaded
    hoy run --name boat localhost/boat:plain sh -c 'echo x >>/new; cat /new'
    hoy start boat
    hoy wait boat >/dev/null
    run hoy logs boat
    [ "$output" = $'x\nx' ]
}

@test "--writable-tmpfs: the root directory is the image's, and nothing is mounted on the host" {
    loaded
    local before
    before=$(cut -d' ' -f2- /proc/self/mountinfo)
    memory localhost/boat:plain sleep 1000
    run hoy exec boat stat -c '%a %u:%g %Y' /
    [ "$output" = "711 7:8 981173106" ]
    [ "$(cut -d' ' -f2- /proc/self/mountinfo)" = "$before" ]
}

@test "--writable-tmpfs with a size: no more than that, and less is enough" {
    loaded
    run hoy run --rm --writable-tmpfs --storage-opt size=2m localhost/boat:plain sh -c \
        'head -c 1000000 /dev/zero >/a && echo fits; dd if=/dev/zero of=/b bs=100k count=30; rm /a /b; echo x >/c && cat /c'
    [[ $output == fits*"No space left on device"*x ]]
}

@test "--writable-tmpfs with --rootfs leaves the directory as it is" {
    make_rootfs "$BATS_TEST_TMPDIR/root"
    chown 7:8 "$BATS_TEST_TMPDIR/root"
    tree_list "$BATS_TEST_TMPDIR/root" >"$BATS_TEST_TMPDIR/before"
    run hoy run --rm --writable-tmpfs --storage-opt size=1m --rootfs "$BATS_TEST_TMPDIR/root" sh -c \
        'stat -c %u:%g /; echo x >/x; rm -r /etc; cat /x; dd if=/dev/zero of=/y bs=100k count=20'
    [[ $output == $'7:8\nx\n'*"No space left on device"* ]]
    tree_list "$BATS_TEST_TMPDIR/root" | diff "$BATS_TEST_TMPDIR/before" -
}

@test "volumes are filled from the image and outlive the memory" {
    loaded
    hoy run --rm --writable-tmpfs -v kept:/data localhost/boat:plain sh -c 'echo more >>/data/file'
    run hoy run --rm --writable-tmpfs -v kept:/data localhost/boat:plain cat /data/file
    [ "$output" = $'below\nmore' ]
}

@test "cp works while it runs; then what would be lost is refused" {
    loaded
    echo mine >"$BATS_TEST_TMPDIR/mine"
    memory localhost/boat:plain sh -c 'echo new >/new; exec sleep 1000'
    wait_until 20 hoy exec boat test -s /new
    hoy cp boat:/new "$BATS_TEST_TMPDIR/new"
    [ "$(cat "$BATS_TEST_TMPDIR/new")" = new ]
    hoy cp "$BATS_TEST_TMPDIR/mine" boat:/mine
    [ "$(hoy exec boat cat /mine)" = mine ]
    hoy stop -t 0 boat
    run hoy cp "$BATS_TEST_TMPDIR/mine" boat:/mine
    [ "$status" -eq 1 ]
    [[ $output == *"it doesn't run, and what it writes is in memory (--writable-tmpfs) only while it does"* ]]
    hoy cp boat:/data/file "$BATS_TEST_TMPDIR/file"
    [ "$(cat "$BATS_TEST_TMPDIR/file")" = below ]
    run hoy cp boat:/new "$BATS_TEST_TMPDIR/gone"
    [ "$status" -eq 1 ]
}

@test "cp from a stopped container whose files are on the disk sees them" {
    loaded
    hoy run --name boat localhost/boat:plain sh -c 'echo new >/new'
    hoy cp boat:/new "$BATS_TEST_TMPDIR/new"
    [ "$(cat "$BATS_TEST_TMPDIR/new")" = new ]
}

@test "diff and commit say why they can't" {
    loaded
    memory localhost/boat:plain sleep 1000
    run hoy diff boat
    [ "$status" -eq 1 ]
    [[ $output == *"what container "*" writes is in memory (--writable-tmpfs), which nobody else sees"* ]]
    run hoy commit boat kept
    [ "$status" -eq 1 ]
    [[ $output == *"is in memory (--writable-tmpfs)"*"\"hoy cp\""* ]]
}

@test "diff of an image with several layers" {
    loaded
    hoy run --name boat localhost/boat:plain sh -c 'echo new >/new; echo x >>/data/file; rm /bin/vi'
    run hoy diff boat
    [ "$output" = $'C /bin\nD /bin/vi\nC /data\nC /data/file\nA /new' ]
}

@test "its memory goes back when it ends, also under a monitor" {
    loaded
    memory localhost/boat:plain sh -c 'head -c 40000000 /dev/zero >/big; echo done; exec sleep 1000'
    wait_until 20 sh -c "'$HOY' --root '$HOY_ROOT' logs boat | grep -q done"
    local held after
    held=$(sed -n 's/^Shmem: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    hoy stop -t 0 boat
    after() {
        ((held - $(sed -n 's/^Shmem: *\([0-9]*\) kB/\1/p' /proc/meminfo) > 20000))
    }
    wait_until 20 after
}

@test "options that can't be are errors" {
    run hoy run --writable-tmpfs --read-only nothing
    [[ $output == *"--writable-tmpfs: must not stand beside --read-only"* ]]
    local word
    for word in size= size=0 size=-1 size=x "size=1 m" size=99999999999999999999; do
        run hoy run --storage-opt "$word" nothing
        [ "$status" -eq 1 ]
        [[ $output == *"--storage-opt size: must be a size like 10G, got"* ]]
    done
    run hoy run --storage-opt inodes=3 nothing
    [[ $output == *'--storage-opt: unknown word "inodes=3"'* ]]
    run hoy run --storage-opt size=1m --rootfs "$T/root" true
    [ "$status" -eq 1 ]
    [[ $output == *"which hoy doesn't limit"*"--writable-tmpfs"* ]]
}

# ---- On the disk -------------------------------------------------------------------------------

@test "--storage-opt size where the file system has no quotas names it, and leaves nothing" {
    loaded
    run hoy run --storage-opt size=10M localhost/boat:plain true
    [ "$status" -eq 125 ]
    [[ $output == *"--storage-opt size: $HOY_DATA_ROOT/containers/"*"its file system ("*") has no project quotas"* ]]
    [[ $output == *"--writable-tmpfs"* ]]
    [ -z "$(ls "$HOY_DATA_ROOT/containers")" ]
    [ -z "$(ls "$HOY_DATA_ROOT/names")" ]
}

@test "--storage-opt size: so much and no more, of which df tells; the neighbour has its own" {
    quota_disk
    loaded
    hoy run --name boat --storage-opt size=4M localhost/boat:plain sh -c \
        'head -c 1000000 /dev/zero >/a && echo fits; df -k / | tail -1 >/df; dd if=/dev/zero of=/b bs=100k count=80; echo $?' \
        >"$BATS_TEST_TMPDIR/out" 2>&1
    grep -q fits "$BATS_TEST_TMPDIR/out"
    grep -q "No space left on device\|uota exceeded" "$BATS_TEST_TMPDIR/out"
    [ "$(tail -1 "$BATS_TEST_TMPDIR/out")" = 1 ]
    run hoy cp boat:/df -
    [[ $output == *" 4096 "* ]]
    # Files of another, and those of one without a limit, have room.
    hoy run --rm --storage-opt size=4M localhost/boat:plain sh -c 'head -c 3000000 /dev/zero >/a'
    hoy run --rm localhost/boat:plain sh -c 'head -c 9000000 /dev/zero >/a'
}

@test "the limit holds after a restart, and for files that come by cp" {
    quota_disk
    loaded
    hoy run --name boat --storage-opt size=4M localhost/boat:plain sh -c \
        'n=/a; test ! -e /a || n=/b; head -c 3000000 /dev/zero >$n'
    head -c 3000000 /dev/zero >"$BATS_TEST_TMPDIR/three"
    run hoy cp "$BATS_TEST_TMPDIR/three" boat:/three
    [ "$status" -eq 1 ]
    hoy start boat
    run hoy wait boat
    [ "$output" = 1 ]
}

@test "numbers are given back, also those of a hoy that was killed" {
    quota_disk
    loaded
    hoy run --name boat --storage-opt size=4M localhost/boat:plain true
    [ "$(ls "$HOY_DATA_ROOT/projects" | wc -l)" -eq 1 ]
    [ "$(projects | wc -l)" -eq 1 ]
    [[ $(projects) == *" 4096" ]]
    hoy rm boat
    [ -z "$(ls "$HOY_DATA_ROOT/projects")" ]
    [ -z "$(projects | grep ' 4096$')" ]
    # As if it had been killed behind the removal of the directory.
    hoy run --name boat --storage-opt size=5M localhost/boat:plain true
    rm -r "$HOY_DATA_ROOT/containers"/*
    hoy run --name other --storage-opt size=6M localhost/boat:plain true
    [ "$(ls "$HOY_DATA_ROOT/projects" | wc -l)" -eq 1 ]
    [ "$(projects | grep -c ' 5120$')" -eq 0 ]
    [ "$(projects | grep -c ' 6144$')" -eq 1 ]
}

@test "root in the container can't leave its project" {
    quota_disk
    loaded
    cp "$(command -v chattr)" "$BATS_TEST_TMPDIR/"
    local try='chattr -p 0 /file; chattr -P /dir; echo $?; head -c 8000000 /dev/zero >/dir/b; echo $?'
    local here=(-v /lib:/lib:ro -v /lib64:/lib64:ro -v "$BATS_TEST_TMPDIR/chattr:/usr/bin/chattr:ro" -e PATH=/bin:/usr/bin)
    run hoy run --rm --storage-opt size=4M "${here[@]}" localhost/boat:plain sh -c "touch /file; mkdir /dir; $try"
    [[ $output == *"Operation not permitted"* ]]
    [ "${lines[-1]}" = 1 ]
    # The control: it is the filter that keeps it in.
    run hoy run --rm --storage-opt size=4M --security-opt seccomp=unconfined "${here[@]}" localhost/boat:plain \
        sh -c "touch /file; mkdir /dir; $try"
    [ "${lines[-1]}" = 0 ]
}

@test "quotas that are counted but not enforced are none" {
    quota_disk noquota
    loaded
    run hoy run --storage-opt size=10M localhost/boat:plain true
    [ "$status" -eq 125 ]
    [[ $output == *"its file system (ext4) has no project quotas that are switched on"*"prjquota"* ]]
}
