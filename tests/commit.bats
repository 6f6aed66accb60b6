#!/usr/bin/env bats
# diff and commit: what a container has written, and an image of it.

load helpers
load images

setup_file() {
    command -v umoci >/dev/null || skip "umoci is not installed"
    local t=$BATS_FILE_TMPDIR
    cp -a "$HOY_CACHE/busybox" "$t/root"
    mkdir -p "$t/root/old/deep" "$t/root/replaced" "$t/more/etc"
    echo 1 >"$t/root/old/deep/file"
    echo 1 >"$t/root/replaced/x"
    echo 1 >"$t/root/gone"
    echo 1 >"$t/root/changed"
    echo 2 >"$t/more/etc/two"
    tar -C "$t/root" -cf "$t/root.tar" .
    tar -C "$t/more" -cf "$t/more.tar" ./etc
    LAYOUT=$t/base
    umoci init --layout "$LAYOUT" 3>&-
    CONFIG='{"Cmd": ["/bin/sh"], "Env": ["A=b"]}' layout_image 1 "$t/root.tar" "$t/more.tar"
    DATA=$t/data himg load -q -i "$LAYOUT"
    # One container with every kind of change, which the tests only read.
    DATA=$t/data himg run --name sailor localhost/base:1 sh -c '
        rm -r /gone /replaced
        mkdir -p /replaced /new/a
        echo n >/replaced/y
        echo changed >/changed
        chmod 700 /old
        echo x >/new/a/file
        ln /new/a/file /new/hard
        ln -s ../a /new/soft
        mkfifo /new/fifo
        touch "/new/.wh.trap" "/new/with blank" "/new/$(printf "l%.0s" $(seq 150))"
        dd if=/dev/zero of=/new/sparse bs=1 count=1 seek=3000000 2>/dev/null
        touch -d "2001-02-03 04:05:06" /new/a' 3>&-
}

setup() {
    DATA=$BATS_TEST_TMPDIR/data
    cp -a "$BATS_FILE_TMPDIR/data" "$DATA"
    UPPER=$(echo "$DATA"/containers/*/upper)
    ID=$(basename "$(dirname "$UPPER")")
}

teardown() {
    [[ ! -d ${SEEN:-} ]] || umount -l "$SEEN" 2>/dev/null || true
}

teardown_file() {
    DATA=$BATS_FILE_TMPDIR/data himg delete -f sailor 3>&- || true
}

# What the program inside couldn't do.
upper_extend() {
    setfattr -n user.hoy -v value "$UPPER/new/a/file" 2>/dev/null || true
    cp "$(command -v busybox)" "$UPPER/new/capable"
    setcap cap_net_raw+ep "$UPPER/new/capable"
    mknod "$UPPER/new/null" c 1 3
    chown 1000:2000 "$UPPER/new/a"
    touch -d "2001-02-03 04:05:06.123456789" "$UPPER/new/a/file" "$UPPER/new/null"
    truncate -s 5M "$UPPER/new/hole"
    : >"$UPPER/new/"$'\xff\xfe'
    touch -d "2001-02-03 04:05:06" "$UPPER/new" "$UPPER/new/a"
}

@test "diff: what is new, changed and gone" {
    run himg diff "$ID"
    [ "$status" -eq 0 ]
    local line
    for line in "A /new" "A /new/a/file" "C /changed" "C /old" "D /gone" "C /replaced" "A /replaced/y" \
        "D /replaced/x"; do
        grep -qx -- "$line" <<<"$output" || { echo "no \"$line\" in: $output"; return 1; }
    done
    run ! grep -q deep <<<"$output"
    [ "$(himg diff sailor)" = "$output" ] || [ "$(himg diff "${ID:0:12}")" != "" ]
    run himg diff nobody
    [ "$status" -eq 1 ]
}

@test "commit: the new image is what the container saw" {
    upper_extend
    local layers id
    run himg commit -m "first voyage" -a Sailor -c 'CMD ["/bin/true"]' "$ID" voyage
    [ "$status" -eq 0 ]
    [[ $output == *"/new/.wh.trap is left out"* ]]
    rm "$UPPER/new/.wh.trap"
    touch -d "2001-02-03 04:05:06" "$UPPER/new"
    id=$(himg commit "$ID" voyage)
    [[ $id == sha256:* ]]
    SEEN=$BATS_TEST_TMPDIR/seen
    mkdir -p "$SEEN" "$BATS_TEST_TMPDIR/was"
    mapfile -t layers < <(image_layers localhost/base:1 | tac)
    python3 "$HOY_TOP/tests/overlay_mount.py" "$SEEN" "$UPPER" "${layers[@]}"
    tree_list "$SEEN" >"$BATS_TEST_TMPDIR/before"
    umount "$SEEN"
    image_mount docker.io/library/voyage:latest "$SEEN"
    tree_list "$SEEN" >"$BATS_TEST_TMPDIR/after"
    umount "$SEEN"
    diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
    # And as another unpacker sees it.
    skopeo copy -q --insecure-policy "oci:$DATA:docker.io/library/voyage:latest" "oci:$BATS_TEST_TMPDIR/out:x"
    umoci unpack --image "$BATS_TEST_TMPDIR/out:x" "$BATS_TEST_TMPDIR/umoci"
    diff <(tree_list "$BATS_TEST_TMPDIR/umoci/rootfs") "$BATS_TEST_TMPDIR/before"
    run himg fsck
    [ "$status" -eq 0 ]
}

@test "commit: the same content is the same image" {
    local first
    rm "$UPPER/new/.wh.trap"
    first=$(himg commit "$ID" one)
    sleep 1.1
    # Other inodes, another order on disk.
    cp -a "$UPPER" "$UPPER.copy"
    rm -r "$UPPER"
    mv "$UPPER.copy" "$UPPER"
    [ "$(himg commit "$ID" two)" = "$first" ]
    [ "$(himg images --format json | jq -r '[.[] | select(.name | test("one|two")) | .digest] | unique | length')" = 1 ]
    SOURCE_DATE_EPOCH=0 himg commit "$ID" three
    [ "$(skopeo inspect --config "oci:$DATA:docker.io/library/three:latest" | jq -r .created)" = 1970-01-01T00:00:00Z ]
}

@test "commit: what the image says" {
    rm "$UPPER/new/.wh.trap"
    himg commit -m why -a Sailor -c 'CMD ["/bin/cat", "/changed"]' -c 'ENV C=d' "$ID" voyage
    skopeo inspect --config "oci:$DATA:docker.io/library/voyage:latest" >"$BATS_TEST_TMPDIR/config"
    jq -e '.author == "Sailor" and (.rootfs.diff_ids | length == 3) and .config.Env == ["A=b", "C=d"] and
        (.history[-1] | .comment == "why" and .created_by == "hoy commit")' "$BATS_TEST_TMPDIR/config"
    [ "$(himg run --rm voyage)" = changed ]
    local layer
    layer=$(skopeo inspect --raw "oci:$DATA:docker.io/library/voyage:latest" | jq -r '.layers[-1].digest[7:]')
    # No name and no time in its gzip; whiteouts in its tar.
    [ "$(head -c 8 "$DATA/blobs/sha256/$layer" | od -An -tx1 | tr -d ' ')" = 1f8b080000000000 ]
    gzip -dc "$DATA/blobs/sha256/$layer" >"$BATS_TEST_TMPDIR/layer.tar"
    tar -tf "$BATS_TEST_TMPDIR/layer.tar" >"$BATS_TEST_TMPDIR/list"
    grep -qx '.wh.gone' "$BATS_TEST_TMPDIR/list"
    grep -qx 'replaced/.wh..wh..opq' "$BATS_TEST_TMPDIR/list"
    [ "$(bsdtar -tf "$BATS_TEST_TMPDIR/layer.tar" 2>/dev/null | wc -l)" = "$(wc -l <"$BATS_TEST_TMPDIR/list")" ] ||
        ! command -v bsdtar
    run ! grep -aq 'overlay' "$BATS_TEST_TMPDIR/layer.tar"
}

@test "commit: a hostile tree" {
    echo secret >"$BATS_TEST_TMPDIR/canary"
    rm "$UPPER/new/.wh.trap"
    ln -s "$BATS_TEST_TMPDIR" "$UPPER/new/out"
    ln -s /proc/self/root "$UPPER/new/root"
    mknod "$UPPER/new/disk" b 7 0
    python3 - "$UPPER/new" <<'PY'
import os, sys
os.chdir(sys.argv[1])
for i in range(400):
    os.mkdir("d" * 100)
    os.chdir("d" * 100)
PY
    run timeout 20 "$HOY" --root "$HOY_ROOT" --data-root "$DATA" commit "$ID" trap
    # Its paths are longer than any that can be unpacked; what matters is that it ends, and says so.
    [ "$status" -eq 1 ]
    [[ $output == *"longer than"* || $output == *"too long"* ]]
    rm -rf "$UPPER"/new/ddd*
    himg commit "$ID" trap
    [ -L "$(image_layers docker.io/library/trap:latest | tail -n 1)/new/out" ]
    run ! grep -rqs secret "$(image_layers docker.io/library/trap:latest | tail -n 1)/new/a"
}

@test "commit: what can't be" {
    run himg commit "$ID" 'UPPER'
    [ "$status" -eq 1 ]
    run himg commit -c 'RUN x' "$ID" x
    [[ $output == *"unknown instruction"* ]]
    himg rmi -f localhost/base:1
    run himg commit "$ID" x
    [ "$status" -eq 1 ]
    [[ $output == *"must be here"* ]]
    run himg commit --pause "$ID" x
    [ "$status" -eq 1 ]
    rm -r "$UPPER"
    run himg diff "$ID"
    [[ $output == *"was not made from an image"* ]]
}
