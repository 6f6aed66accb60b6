#!/usr/bin/env bats
# unpack: an OCI bundle of an image, compared with umoci's and run by other runtimes.

load helpers
load images

setup() {
    command -v umoci >/dev/null || skip "umoci is not installed"
    DATA=$BATS_TEST_TMPDIR/data
    B=$BATS_TEST_TMPDIR/bundle
    layout_new
}

# same TAG: loads the image, unpacks it by hoy and by umoci, and compares the trees.
same() {
    himg load -q -i "$LAYOUT"
    himg unpack "localhost/layout:$1" "$B"
    umoci unpack --image "$LAYOUT:$1" "$BATS_TEST_TMPDIR/umoci"
    diff <(tree_list "$BATS_TEST_TMPDIR/umoci/rootfs") <(tree_list "$B/rootfs")
}

@test "one layer with everything that a file can be" {
    local t=$BATS_TEST_TMPDIR
    mkdir "$t/1"
    everything "$t/1"
    truncate -s 10M "$t/1/sparse"
    printf x | dd of="$t/1/sparse" bs=1 seek=5000000 conv=notrunc status=none
    tar --xattrs --xattrs-include='*' -C "$t/1" -cSf "$t/1.tar" .
    layout_image one "$t/1.tar"
    same one
    [ "$(du -k "$B/rootfs/sparse" | cut -f1)" -lt 1000 ]
}

@test "several layers: whiteouts, opaque directories, replaced files, links across" {
    local t=$BATS_TEST_TMPDIR
    mkdir -p "$t/1/etc/old" "$t/1/gone/deep" "$t/1/a" "$t/2/etc" "$t/2/a" "$t/3/a"
    echo 1 >"$t/1/etc/one"
    echo 1 >"$t/1/etc/old/x"
    echo 1 >"$t/1/gone/deep/x"
    echo 1 >"$t/1/a/was a file"
    ln "$t/1/etc/one" "$t/1/a/link to one"
    ln -s etc "$t/1/link"
    echo 2 >"$t/2/etc/two"
    : >"$t/2/etc/.wh.one"
    : >"$t/2/.wh.gone"
    : >"$t/2/a/.wh..wh..opq"
    echo 2 >"$t/2/a/new"
    mkdir "$t/3/a/new"
    : >"$t/3/.wh.nothing there"
    chmod 2750 "$t/3/a"
    local i
    for i in 1 2 3; do tar -C "$t/$i" -cf "$t/$i.tar" .; done
    layout_image many "$t/1.tar" "$t/2.tar" "$t/3.tar"
    same many
    [ -d "$B/rootfs/a/new" ]
    [ ! -e "$B/rootfs/gone" ]
    [ ! -e "$B/rootfs/etc/one" ]
}

@test "hoy, runc and crun run it" {
    # shellcheck disable=SC2016 # the container's shell expands it
    CONFIG='{"Cmd": ["/bin/sh", "-c", "echo $GREETING from $(id -u) in $(pwd)"], "Env": ["GREETING=hello"],
        "WorkingDir": "/srv", "User": "pilot"}'
    export CONFIG
    local t=$BATS_TEST_TMPDIR
    cp -a "$HOY_CACHE/busybox" "$t/root"
    mkdir -p "$t/root/etc" "$t/root/srv"
    echo 'pilot:x:1234:5678::/:/bin/sh' >>"$t/root/etc/passwd"
    tar -C "$t/root" -cf "$t/root.tar" .
    layout_image run "$t/root.tar"
    himg load -q -i "$LAYOUT"
    himg unpack localhost/layout:run "$B"
    [ "$(jq -r .root.path "$B/config.json")" = rootfs ]
    jq -e '[.mounts[] | select(.type == "overlay")] == []' "$B/config.json"
    # What this machine lets no runtime do.
    jq 'del(.linux.resources) | .mounts |= map(select(.type != "cgroup" and .type != "mqueue"))' \
        "$B/config.json" >"$t/config" && cp "$t/config" "$B/config.json"
    local want="hello from 1234 in /srv" runtime
    id_new
    run hoy run -b "$B" "$ID"
    echo "hoy: $output"
    [ "$output" = "$want" ]
    for runtime in runc crun; do
        command -v "$runtime" >/dev/null || continue
        run "$runtime" --root "$t/$runtime" run -b "$B" "$ID" 3>&-
        echo "$runtime: $output"
        [ "$status" -eq 0 ]
        [[ $output == *"$want"* ]]
    done
}

@test "an image that says nothing of what it runs" {
    mkdir -p "$BATS_TEST_TMPDIR/1/etc"
    tar -C "$BATS_TEST_TMPDIR/1" -cf "$BATS_TEST_TMPDIR/1.tar" ./etc
    layout_image bare "$BATS_TEST_TMPDIR/1.tar"
    himg load -q -i "$LAYOUT"
    himg unpack localhost/layout:bare "$B/"
    [ "$(jq -c .process.args "$B/config.json")" = '["sh"]' ]
    [ "$(stat -c %a "$B/rootfs")" = 755 ]
}

@test "it appears whole or not at all" {
    mkdir -p "$BATS_TEST_TMPDIR/1/etc"
    tar -C "$BATS_TEST_TMPDIR/1" -cf "$BATS_TEST_TMPDIR/1.tar" .
    CONFIG='{"User": "nobody-knows"}' layout_image bad "$BATS_TEST_TMPDIR/1.tar"
    layout_image good "$BATS_TEST_TMPDIR/1.tar"
    himg load -q -i "$LAYOUT"
    run himg unpack localhost/layout:bad "$B"
    [ "$status" -eq 1 ]
    run himg unpack localhost/layout:nothing "$B"
    [ "$status" -eq 1 ]
    [[ $output == *"there is no image"* ]]
    [ ! -e "$B" ]
    mkdir "$B"
    echo mine >"$B/file"
    run himg unpack localhost/layout:good "$B"
    [ "$status" -eq 1 ]
    [[ $output == *"something is there already"* ]]
    [ "$(ls -A "$B")" = file ]
    rm "$B/file"
    himg unpack localhost/layout:good "$B"
    [ -d "$B/rootfs/etc" ]
    [ -z "$(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name '.*tmp')" ]
}
