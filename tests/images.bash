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
