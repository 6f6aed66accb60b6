# shellcheck shell=bash disable=SC2154
# What the tests of images share: a store of their own, images made by the tools that people have, and a
# comparison of two trees that looks at everything a file has.

# himg ARGUMENT…: hoy with this test's own store, DATA.
himg() {
    hoy --data-root "${DATA:-$BATS_TEST_TMPDIR/data}" "$@"
}

# layout_new [DIR]: an empty image layout, LAYOUT.
layout_new() {
    LAYOUT=${1:-$BATS_TEST_TMPDIR/layout}
    umoci init --layout "$LAYOUT"
}

# layout_image TAG LAYER.tar…: an image in LAYOUT with these tar files as layers, compressed as
# ${COMPRESS:-gzip} says (gzip, zstd, none).
layout_image() {
    python3 "$HOY_TOP/tests/image_make.py" "$LAYOUT" "$@"
}

# image_layers NAME: the directories of the image's unpacked layers, the lowest first.
image_layers() {
    local data=${DATA:-$BATS_TEST_TMPDIR/data} id layer
    id=$(himg images --format json | jq -r --arg n "$1" '.[] | select(.name == $n) | .id')
    for layer in $(jq -r '.layers[]' "$data/stacks/${id#sha256:}"); do
        echo "$data/layers/$layer/root"
    done
}

# image_mount NAME DIR: what a container of the image would see, read-only, in the test's own mount
# namespace. The test takes it away with umount.
image_mount() {
    local layers
    mapfile -t layers < <(image_layers "$1" | tac)
    python3 "$HOY_TOP/tests/overlay_mount.py" "$2" "${layers[@]}"
}

# tree_list DIR: one line for everything below it with type, mode, owner, size, times, links, devices,
# attributes and a digest of the content.
tree_list() {
    python3 "$HOY_TOP/tests/tree_list.py" "$@"
}

# everything DIR: a tree with one of everything that a tar file can hold.
everything() {
    local d=$1
    mkdir -p "$d"/{dir,deep/er/still,closed,sticky}
    echo text >"$d/file"
    : >"$d/empty"
    ln "$d/file" "$d/hard"
    ln "$d/file" "$d/deep/hard too"
    ln -s file "$d/soft"
    ln -s /nowhere/at/all "$d/dangling"
    ln "$d/soft" "$d/hard link to a soft one" 2>/dev/null || true
    mknod "$d/null" c 1 3
    mknod "$d/disk" b 7 0
    mkfifo "$d/fifo"
    chmod 640 "$d/null"
    echo '#!/bin/sh' >"$d/setuid"
    chown 1000:1000 "$d/setuid" "$d/dir"
    chmod 6755 "$d/setuid"
    chown -h 7:8 "$d/soft"
    chmod 1777 "$d/sticky"
    chmod 000 "$d/closed"
    echo x >"$d/closed/inside"
    chown 4294967294:4294967294 "$d/empty"
    echo "grün" >"$d/näme mit Ümläuten"
    printf 'x' >"$d/$(printf 'n%.0s' $(seq 200))"
    mkdir -p "$d/$(printf 'p%.0s' $(seq 120))/$(printf 'q%.0s' $(seq 120))"
    echo long >"$d/$(printf 'p%.0s' $(seq 120))/$(printf 'q%.0s' $(seq 120))/$(printf 'r%.0s' $(seq 100))"
    ln -s "$(printf '/t%.0s' $(seq 300))" "$d/long link"
    truncate -s 8M "$d/sparse"
    printf middle | dd of="$d/sparse" bs=1 seek=4000000 conv=notrunc status=none
    cp "$(command -v busybox)" "$d/capable"
    setcap cap_net_raw+ep "$d/capable"
    setfattr -n user.hoy -v value "$d/file" 2>/dev/null || true
    setfattr -n user.binary -v 0x00ff00 "$d/dir" 2>/dev/null || true
    touch -d '1969-12-31 23:59:59 UTC' "$d/file"
    touch -d '2001-02-03 04:05:06.789012345 UTC' "$d/dir"
    touch -h -d '2005-01-01 00:00:00 UTC' "$d/soft"
}
