#!/usr/bin/env bats
# cp: files from a container, to one, between two, and as tar files.

load helpers
load images

setup() {
    DATA=$BATS_TEST_TMPDIR/data
    HOST=$BATS_TEST_TMPDIR/host
    SHARED=$BATS_TEST_TMPDIR/shared
    ROOT=$BATS_TEST_TMPDIR/root
    mkdir "$HOST" "$SHARED"
    make_rootfs "$ROOT"
    mkdir -p "$ROOT/data/deep"
    echo inside >"$ROOT/data/file"
    ln "$ROOT/data/file" "$ROOT/data/deep/hard"
    ln -s ../file "$ROOT/data/deep/soft"
    cd "$HOST"
}

teardown() {
    local id
    for id in $(himg ps -aq --no-trunc 2>/dev/null); do
        himg rm -f "$id" || true
    done
}

up() {
    DATA=$BATS_TEST_TMPDIR/data
    HOST=$BATS_TEST_TMPDIR/host
    SHARED=$BATS_TEST_TMPDIR/shared
    ROOT=$BATS_TEST_TMPDIR/root
    mkdir "$HOST" "$SHARED"
    make_rootfs "$ROOT"
    mkdir -p "$ROOT/data/deep"
    echo inside >"$ROOT/data/file"
    ln "$ROOT/data/file" "$ROOT/data/deep/hard"
    ln -s ../file "$ROOT/data/deep/soft"
    cd "$HOST"
}

teardown() {
    local id
    for id in $(himg ps -aq --no-trunc 2>/dev/null); do
        himg rm -f "$id" || true
    done
}

# box COMMAND…: a container of that name, which runs.
box() {
    himg run -d --name box -v "$SHARED:/shared" --rootfs "$ROOT" "${@:-sleep}" "${@:+}" >/dev/null 3>&-
}

up() {
    himg run -d --name box -v "$SHARED:/shared" --rootfs "$ROOT" sleep 1000 >/dev/null 3>&-
}

# An image, for what --rootfs doesn't have: layers and an upper directory.
image_up() {
    local t=$BATS_TEST_TMPDIR
    command -v umoci >/dev/null || skip "umoci is not installed"
    tar -C "$ROOT" -cf "$t/root.tar" .
    LAYOUT=$t/layout
    umoci init --layout "$LAYOUT" 3>&-
    layout_image 1 "$t/root.tar"
    himg load -q -i "$LAYOUT"
    himg run -d --name box -v "$SHARED:/shared" localhost/layout:1 sleep 1000 >/dev/null 3>&-
}

in_box() {
    himg exec box "$@" 3>&-
}

@test "names: what docker makes of them" {
    up
    echo hello >a
    mkdir -p d/e
    echo x >d/e/f
    himg cp a box:/data/
    himg cp a box:/data/b
    himg cp a box:data/c
    [ "$(in_box cat /data/a /data/b /data/c)" = $'hello\nhello\nhello' ]
    himg cp d box:/data
    himg cp d box:/new
    himg cp d/. box:/data/deep
    himg cp d/e/ box:/data/deep
    [ "$(in_box sh -c 'cd /; ls -d data/d/e/f new/e/f data/deep/e/f data/deep/hard | wc -l')" = 4 ]
    himg cp box:/data out
    himg cp box:/data out
    himg cp box:/data/file one
    himg cp box:/data/file out/
    himg cp box:/data/. content
    [ -f out/deep/hard ] && [ -f out/data/deep/hard ] && [ -f content/deep/hard ] && [ ! -e content/data ]
    [ "$(cat one out/file)" = $'inside\ninside' ]
    # A name with a colon is the host's when it begins as a path.
    echo c >./with:colon
    himg cp ./with:colon box:/data/
    [ "$(in_box cat /data/with:colon)" = c ]
    # By the beginning of the ID.
    himg cp "$(himg ps -q)":/data/file two
    [ "$(cat two)" = inside ]
}

@test "what can't be is an error in one line, and nothing is made" {
    up
    echo hello >a
    mkdir d
    run himg cp a b
    failed_with 'neither "a" nor "b" is in a container'
    run himg cp a box:/none/b
    failed_with "copy a to box:/none/b: open the directory of /none/b: no such file or directory"
    run himg cp a box:/none/
    failed_with "no such file or directory"
    run himg cp a box:/data/file/
    failed_with "not a directory"
    run himg cp d box:/data/file
    failed_with "it is a directory, and /data/file isn't"
    run himg cp a/ box:/data
    failed_with "not a directory"
    run himg cp box:/none .
    failed_with "copy box:/none to .: open it: no such file or directory"
    run himg cp nobody:/x .
    failed_with 'container "nobody" does not exist'
    run himg cp a box:
    succeeded
    # In a merge: a directory never gives way, nor does it take something's place.
    mkdir -p m/file
    run himg cp m/. box:/data
    failed_with "it is a directory, and there something else is"
    mkdir n && echo x >n/deep
    run himg cp n/. box:/data
    failed_with "it is no directory, and there one is"
    [ "$(in_box cat /data/file)" = inside ]
    [ "$(ls)" = $'a\nd\nm\nn' ]
}

@test "owners, modes and privilege: with --archive as they are, else none" {
    up
    cp "$(command -v busybox)" su
    setcap cap_net_raw+ep su
    setfattr -n user.hoy -v value su
    chown 12:34 su
    chmod 4750 su
    setcap cap_net_raw+ep su
    touch -d 2001-02-03 su
    himg cp su box:/data/plain
    himg cp -a su box:/data/whole
    [ "$(stat -c '%u:%g %a' "$ROOT/data/plain")" = "0:0 750" ]
    [ "$(stat -c '%u:%g %a' "$ROOT/data/whole")" = "12:34 4750" ]
    [ -z "$(getcap "$ROOT/data/plain")" ]
    [ -n "$(getcap "$ROOT/data/whole")" ]
    [ "$(getfattr --only-values -n user.hoy "$ROOT/data/plain" 2>/dev/null)" = value ]
    [ "$(stat -c %Y "$ROOT/data/plain")" = "$(stat -c %Y su)" ]
    # The other way: what a container has made is nobody's privilege here.
    mknod "$ROOT/data/zero" c 1 5
    run himg cp box:/data all
    succeeded
    has "a device, which is left out"
    [ ! -e all/zero ]
    [ "$(stat -c '%u %a' all/whole)" = "0 750" ]
    himg cp -a box:/data kept
    [ "$(stat -c '%u %a %t' kept/whole kept/zero)" = $'12 4750 0\n0 644 1' ]
    [ -c kept/zero ]
}

@test "trees whole: links, holes, fifos, times of directories" {
    up
    mkdir t
    everything t/x
    rm -f t/x/null t/x/disk
    himg cp -a t/x box:/copy
    tree_list t/x >want
    tree_list "$ROOT/copy" >got
    diff want got
    himg cp -a box:/copy back
    tree_list back | diff want -
    [ "$(stat -c %b "$ROOT/copy/sparse")" -lt 100 ]
}

@test "symbolic links: as such, followed with -L, and never out of the container" {
    up
    echo canary >"$BATS_TEST_TMPDIR/canary"
    ln -s "$BATS_TEST_TMPDIR/canary" "$ROOT/data/out"
    ln -s "$UP" "$ROOT/data/up"
    ln -s "$BATS_TEST_TMPDIR" "$ROOT/data/dir"
    himg cp box:/data/deep/soft soft
    [ "$(readlink soft)" = ../file ]
    himg cp -L box:/data/deep/soft followed
    [ "$(cat followed)" = inside ]
    run himg cp -L box:/data/out x
    failed_with "no such file or directory"
    run himg cp "box:/data/up$BATS_TEST_TMPDIR/canary" x
    failed_with "no such file or directory"
    run himg cp "box:/$UP$BATS_TEST_TMPDIR/canary" x
    failed_with "no such file or directory"
    echo evil >evil
    run himg cp evil box:/data/dir/canary
    failed_with "no such file or directory"
    himg cp evil "box:/data/up/evil"
    [ "$(cat "$ROOT/evil")" = evil ]
    # A link at the destination stays, and what it leads to is replaced: in the container.
    mkdir -p "$ROOT$BATS_TEST_TMPDIR"
    himg cp evil box:/data/out
    [ -L "$ROOT/data/out" ]
    [ "$(cat "$ROOT$BATS_TEST_TMPDIR/canary")" = evil ]
    [ "$(cat "$BATS_TEST_TMPDIR/canary")" = canary ]
}

@test "a container that exchanges directories, files and links meanwhile gets nothing of the host's" {
    local canary=$BATS_TEST_TMPDIR/canary i
    mkdir -p "$canary" "$ROOT/$canary"
    echo keep >"$canary/f"
    chmod 600 "$canary/f"
    mkdir -p t/a
    for i in $(seq 20); do echo new >"t/a/f$i"; done
    echo new >t/a/f
    chmod 777 t/a/f
    # shellcheck disable=SC2016
    himg run -d --name box --rootfs "$ROOT" sh -c "mkdir -p /w/t/a /s; cd /w/t; ln -s $canary /s/link
        while :; do mv a b; mv /s/link a; rm -f a/f; ln -s $canary/f a/f; mv a /s/link; mv b a
            rm -f a/f; ln -s $canary/f a/f; rm -f a/f; done" >/dev/null 3>&-
    for i in $(seq 60); do
        himg cp -a t box:/w 2>/dev/null || true
        rm -rf got
        himg cp -a box:/w got 2>/dev/null || true
        [ "$(stat -c '%a %u' "$canary/f") $(cat "$canary/f")" = "600 0 keep" ]
        [ "$(ls "$canary")" = f ]
        ! grep -rq keep got
    done
}

@test "a fifo, a socket, a terminal and /proc are not waited for nor read" {
    up
    in_box sh -c 'mkfifo /data/fifo; cat /dev/null >/data/empty'
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$SHARED/socket"
    run timeout 20 "$HOY" --root "$HOY_ROOT" --data-root "$DATA" cp box:/ all 3>&-
    succeeded
    has "/shared/socket: a socket, which is left out"
    [ -p all/data/fifo ]
    [ -d all/proc ] && [ -z "$(ls all/proc all/sys 2>/dev/null | grep -v :)" ]
    [ -f all/bin/busybox ]
}

@test "of a container that doesn't run: its own files, its binds, and it starts with what it got" {
    image_up
    in_box sh -c 'echo written >/data/file; rm -r /data/deep; echo s >/shared/s'
    himg stop -t 0 box
    himg cp box:/data got
    [ "$(cat got/file)" = written ]
    [ ! -e got/deep ]
    himg cp box:/shared/s s
    [ "$(cat s)" = s ]
    echo later >later
    himg cp later box:/data/later
    himg cp later box:/shared/later
    [ "$(cat "$SHARED/later")" = later ]
    himg start box 3>&-
    [ "$(in_box cat /data/later /shared/later)" = $'later\nlater' ]
    ! in_box test -e /data/deep
    # Nothing is mounted where others see it.
    ! grep -q "$DATA" /proc/self/mountinfo
}

@test "a root file system that is read-only, and a bind, stay so" {
    himg run -d --name box --read-only --read-only-tmpfs=false -v "$SHARED:/shared:ro" --rootfs "$ROOT" \
        sleep 1000 >/dev/null 3>&-
    echo x >x
    run himg cp x box:/data/x
    failed_with "read-only file system"
    himg stop -t 0 box
    run himg cp x box:/data/x
    failed_with "read-only file system"
    run himg cp x box:/shared/x
    failed_with "read-only file system"
    [ ! -e "$ROOT/data/x" ]
}

@test "while a stopped container's files are in use it can't be started" {
    up
    himg stop -t 0 box
    mkfifo slow
    himg cp - box:/data <slow 2>/dev/null &
    local pid=$!
    exec 7>slow
    wait_until 10 eval '[ -n "$(ls "$DATA/staging" 2>/dev/null)" ]'
    run himg start box
    failed_with "are being copied"
    exec 7>&-
    wait "$pid" || true
    himg start box 3>&-
}

@test "tar files: to standard output, from standard input, compressed or not" {
    up
    himg cp box:/data - | tar -tf - | sort >names
    [ "$(head -n 3 names)" = $'data/\ndata/deep/\ndata/deep/hard' ]
    himg cp box:/data/file - | tar -xOf - >one
    [ "$(cat one)" = inside ]
    mkdir -p t/x
    echo 1 >t/x/.wh.plain
    echo 2 >t/x/two
    chown 5:6 t/x/two
    tar -C t -cf t.tar x
    himg cp - box:/data <t.tar
    [ "$(in_box cat /data/x/.wh.plain /data/x/two)" = $'1\n2' ]
    [ "$(stat -c %u:%g "$ROOT/data/x/two")" = 5:6 ]
    gzip -c t.tar | himg cp - box:/data/deep
    zstd -qc t.tar | himg cp - box:/data/deep
    [ "$(in_box cat /data/deep/x/two)" = 2 ]
    # Names that lead out stay in.
    python3 - <<'PY' >bad.tar
import io, sys, tarfile
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
for name in ("../" * 40 + "tmp/hoy-cp-out", "/abs/olute"):
    i = tarfile.TarInfo(name); i.size = 1
    t.addfile(i, io.BytesIO(b"x"))
t.close()
PY
    himg cp - box:/data <bad.tar
    [ ! -e /tmp/hoy-cp-out ]
    [ "$(in_box cat /data/tmp/hoy-cp-out)" = x ]
    run bash -c "head -c 3000 t.tar | '$HOY' --root '$HOY_ROOT' --data-root '$DATA' cp - box:/data/none2"
    [ "$status" -ne 0 ]
    [ -z "$(ls "$DATA/staging")" ]
}

@test "between containers" {
    up
    himg run -d --name other --rootfs "$ROOT" sleep 1000 >/dev/null 3>&-
    himg stop -t 0 other
    himg cp box:/data/file box:/data/twin
    himg cp box:/data other:/copied
    [ "$(cat "$ROOT/copied/twin")" = inside ]
    # Into itself: without an end.
    timeout 20 "$HOY" --root "$HOY_ROOT" --data-root "$DATA" cp box:/data box:/data/deep 3>&-
}

@test "a container of a bundle, while it runs" {
    bundle_new sleep 1000
    cfg '.root.readonly = false'
    container_up
    echo hello >a
    hoy cp a "$ID:/tmp/a"
    hoy cp "$ID:/tmp/a" b
    cmp a b
    hoy kill "$ID" KILL
    wait_status stopped
    run hoy cp "$ID:/tmp/a" c
    failed_with "it doesn't run"
}
