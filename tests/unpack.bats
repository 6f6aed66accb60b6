#!/usr/bin/env bats
# unpack: layers as they are unpacked by hoy and by umoci. Both trees are listed whole (tests/tree_list.py)
# and must not differ.

load helpers
load images
load debian

setup_file() {
    DEBIAN_MISSING=$(debian_make 3>&-)
    export DEBIAN_MISSING
    command -v umoci >/dev/null || skip "umoci is not installed"
}

setup() {
    DATA=$BATS_TEST_TMPDIR/data
    layout_new
}

teardown() {
    [[ ! -d ${SEEN:-} ]] || umount -l "$SEEN" 2>/dev/null || true
}

# compare TAG: loads the image and compares what a container would see with umoci's root file system.
compare() {
    SEEN=$BATS_TEST_TMPDIR/seen
    mkdir -p "$SEEN"
    himg load -q -i "$LAYOUT"
    image_mount "localhost/layout:$1" "$SEEN"
    umoci unpack --image "$LAYOUT:$1" "$BATS_TEST_TMPDIR/umoci"
    tree_list "$SEEN" >"$BATS_TEST_TMPDIR/ours"
    tree_list "$BATS_TEST_TMPDIR/umoci/rootfs" >"$BATS_TEST_TMPDIR/theirs"
    # The root directory of a layer without an entry for it is each tool's own.
    diff <(grep -v "^'\.' " "$BATS_TEST_TMPDIR/theirs") <(grep -v "^'\.' " "$BATS_TEST_TMPDIR/ours")
    [ "$(wc -l <"$BATS_TEST_TMPDIR/ours")" -gt "${2:-5}" ]
}

tar_of() {
    tar --format=pax --xattrs --xattrs-include='*' --numeric-owner -C "$1" -cf "$2" .
}

@test "a Debian is unpacked as umoci does it" {
    [[ -z $DEBIAN_MISSING ]] || skip "$DEBIAN_MISSING"
    tar_of "$CACHE" "$BATS_TEST_TMPDIR/debian.tar"
    COMPRESS=zstd layout_image debian "$BATS_TEST_TMPDIR/debian.tar"
    # umoci knows no zstd; the same layer by gzip is the same content.
    himg load -q -i "$LAYOUT"
    rm -rf "$LAYOUT"
    layout_new
    layout_image debian "$BATS_TEST_TMPDIR/debian.tar"
    compare debian 1000
    # Both compressions: one unpacked layer, two images.
    [ "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
}

@test "thousands of small files" {
    python3 - "$BATS_TEST_TMPDIR/many" <<'PY'
import os, sys
for i in range(100):
    d = f"{sys.argv[1]}/d{i}/sub"
    os.makedirs(d)
    for k in range(60):
        with open(f"{d}/f{k}", "w") as f:
            f.write(f"{i} {k}\n" * (k % 7))
        os.chmod(f"{d}/f{k}", 0o600 + k % 64)
PY
    tar_of "$BATS_TEST_TMPDIR/many" "$BATS_TEST_TMPDIR/many.tar"
    layout_image many "$BATS_TEST_TMPDIR/many.tar"
    compare many 6000
}

@test "every kind of entry" {
    everything "$BATS_TEST_TMPDIR/all"
    tar_of "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/all.tar"
    layout_image all "$BATS_TEST_TMPDIR/all.tar"
    compare all 25
}

@test "every kind of entry, in the formats that tar has, as tar unpacks it" {
    local format
    everything "$BATS_TEST_TMPDIR/all"
    # A size of holes that these formats keep; attributes they don't.
    for format in gnu oldgnu pax; do
        tar --format=$format --sparse --numeric-owner -C "$BATS_TEST_TMPDIR/all" -cf "$BATS_TEST_TMPDIR/$format.tar" .
        layout_image $format "$BATS_TEST_TMPDIR/$format.tar"
        himg load -q -i "$LAYOUT"
        rm -rf "$BATS_TEST_TMPDIR/tar"
        mkdir "$BATS_TEST_TMPDIR/tar"
        tar --numeric-owner --same-owner -C "$BATS_TEST_TMPDIR/tar" -xpf "$BATS_TEST_TMPDIR/$format.tar"
        tree_list "$BATS_TEST_TMPDIR/tar" >"$BATS_TEST_TMPDIR/theirs"
        tree_list "$(image_layers localhost/layout:$format)" >"$BATS_TEST_TMPDIR/ours"
        diff "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
        [ "$(wc -l <"$BATS_TEST_TMPDIR/ours")" -gt 25 ]
        [ "$(stat -c %b "$(image_layers localhost/layout:$format)/sparse")" -lt 100 ]
    done
}

@test "130 layers" {
    local i tars=()
    for i in $(seq 130); do
        mkdir -p "$BATS_TEST_TMPDIR/l$i/shared"
        echo "$i" >"$BATS_TEST_TMPDIR/l$i/only-$i"
        echo "$i" >"$BATS_TEST_TMPDIR/l$i/shared/last"
        tar_of "$BATS_TEST_TMPDIR/l$i" "$BATS_TEST_TMPDIR/l$i.tar"
        tars+=("$BATS_TEST_TMPDIR/l$i.tar")
    done
    layout_image many "${tars[@]}"
    compare many 130
    [ "$(cat "$SEEN/shared/last")" = 130 ]
}

@test "whiteouts over whiteouts" {
    local t=$BATS_TEST_TMPDIR
    mkdir -p "$t"/1/{a/b,c/d,keep} "$t"/2/{a,c} "$t"/3/{a/b,c} "$t/4/a" "$t/5"
    echo 1 | tee "$t"/1/{f,a/b/f,c/d/f,keep/f,link} >/dev/null
    touch "$t/2/.wh.f" "$t/2/a/.wh.b" "$t/2/c/.wh..wh..opq" "$t/2/.wh.link"
    echo 2 >"$t/2/c/new"
    echo 3 | tee "$t"/3/{f,a/b/other} >/dev/null
    touch "$t/3/.wh.c.bak" "$t/3/c/.wh.new" "$t/3/.wh.nothing"
    rmdir "$t/3/c" 2>/dev/null || true
    ln -s keep "$t/3/link"
    touch "$t/4/.wh.f" "$t/4/a/.wh.b" "$t/4/.wh.link"
    mkdir "$t/4/link"
    echo 4 >"$t/4/link/inside"
    echo 5 >"$t/5/f"
    for i in 1 2 3 4 5; do
        tar_of "$t/$i" "$t/$i.tar"
    done
    layout_image white "$t"/{1,2,3,4,5}.tar
    compare white 5
    [ "$(cat "$SEEN/f")" = 5 ]
    [ ! -e "$SEEN/a/b" ]
    [ ! -e "$SEEN/c/d" ]
}

@test "a layer that has no entry for a directory leaves it as it is below" {
    local t=$BATS_TEST_TMPDIR
    mkdir -p "$t/1/var/lib/app" "$t/2/var/lib/app/data"
    chown 33:44 "$t/1/var/lib/app"
    chmod 2750 "$t/1/var/lib/app"
    touch -d '2001-02-03 04:05:06 UTC' "$t/1/var/lib/app" "$t/1/var"
    setfattr -n user.hoy -v kept "$t/1/var/lib/app" 2>/dev/null || true
    tar_of "$t/1" "$t/1.tar"
    echo x >"$t/2/var/lib/app/data/file"
    tar -C "$t/2" -cf "$t/2.tar" var/lib/app/data/file
    layout_image parents "$t/1.tar" "$t/2.tar"
    himg load -q -i "$LAYOUT"
    SEEN=$t/seen
    mkdir "$SEEN"
    image_mount localhost/layout:parents "$SEEN"
    [ "$(stat -c '%u:%g %a %Y' "$SEEN/var/lib/app")" = "33:44 2750 981173106" ]
    [ "$(stat -c %Y "$SEEN/var")" = 981173106 ]
    [ "$(stat -c '%u:%g %a' "$SEEN/var/lib/app/data")" = "0:0 755" ]
    [ "$(cat "$SEEN/var/lib/app/data/file")" = x ]
    # The same layer below nothing has them as they are made.
    layout_image alone "$t/2.tar"
    himg load -q -i "$LAYOUT"
    [ "$(stat -c '%u:%g %a' "$(image_layers localhost/layout:alone)/var/lib/app")" = "0:0 755" ]
}
