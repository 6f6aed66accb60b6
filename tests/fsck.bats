#!/usr/bin/env bats
# fsck: each kind of damage to an image store is found, told, and repaired as far as it can be.

load helpers
load images

setup_file() {
    command -v umoci >/dev/null || skip "umoci is not installed"
    local t=$BATS_FILE_TMPDIR
    LAYOUT=$t/boat
    umoci init --layout "$LAYOUT" 3>&-
    mkdir -p "$t/1/etc" "$t/2/etc"
    echo one >"$t/1/etc/one"
    ln -s one "$t/1/etc/link"
    echo two >"$t/2/etc/two"
    tar -C "$t/1" -cf "$t/1.tar" .
    # No entry for etc: the image needs a patch.
    tar -C "$t/2" -cf "$t/2.tar" ./etc/two
    layout_image one "$t/1.tar"
    layout_image two "$t/1.tar" "$t/2.tar"
    DATA=$t/sound himg load -q -i "$LAYOUT"
    export LAYOUT
}

setup() {
    DATA=$BATS_TEST_TMPDIR/data
    cp -a "$BATS_FILE_TMPDIR/sound" "$DATA"
}

# part IMAGE FILTER: the path of the blob that the image's manifest names so.
part() {
    local digest
    digest=$(skopeo inspect --raw "oci:$LAYOUT:$1" | jq -r "$2")
    echo "$DATA/blobs/sha256/${digest#sha256:}"
}

# finds TEXT…: the store is not sound, nothing is changed by looking, and each text is in the answer.
finds() {
    local before text
    before=$(find "$DATA" -printf '%p %s %T@\n' | sort | sha256sum)
    run himg fsck
    [ "$status" -eq 1 ]
    for text in "$@"; do
        [[ $output == *"$text"* ]] || {
            echo "no \"$text\" in: $output"
            return 1
        }
    done
    [ "$(find "$DATA" -printf '%p %s %T@\n' | sort | sha256sum)" = "$before" ]
}

# repairs: everything, so that nothing is found any more.
repairs() {
    run himg fsck --repair
    [ "$status" -eq 0 ]
    local said=$output
    run himg fsck
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    output=$said
}

@test "a sound store, and none at all" {
    run himg fsck
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    repairs
    DATA=$BATS_TEST_TMPDIR/nowhere
    run himg fsck --repair
    [ "$status" -eq 0 ]
    [ ! -e "$DATA" ]
    run himg fsck unexpected
    [ "$status" -eq 1 ]
}

@test "a blob with another content: its images go, the others stay" {
    local blob
    blob=$(part two '.layers[1].digest')
    chmod 600 "$blob"
    printf x | dd of="$blob" bs=1 seek=20 conv=notrunc status=none
    finds "${blob#"$DATA"/}: its content has the digest sha256:" "localhost/boat:two: its layer" "is damaged" \
        "2 findings" "fsck --repair"
    repairs
    [[ $output == *"${blob#"$DATA"/}: removed"* ]]
    [[ $output == *"localhost/boat:two: removed; it must be loaded again"* ]]
    [ ! -e "$blob" ]
    [ "$(himg images -q | wc -l)" = 1 ]
    [ "$(cat "$(image_layers localhost/boat:one)/etc/one")" = one ]
    himg load -q -i "$LAYOUT"
    [ "$(himg images -q | wc -l)" = 2 ]
    repairs
}

@test "a blob that is longer, empty, or no file" {
    local blob
    blob=$(part one '.config.digest')
    chmod 600 "$blob"
    echo >>"$blob"
    finds "its content has the digest" "localhost/boat:one: its configuration sha256:"
    : >"$blob"
    finds "its content has the digest sha256:e3b0c442"
    rm "$blob"
    mkfifo "$blob"
    finds "can't be read"
    repairs
    [ "$(himg images -q | wc -l)" = 1 ]
}

@test "a blob that is missing: the name of a registry's image says how it comes back" {
    himg tag localhost/boat:one registry.example/team/boat:1
    himg rmi localhost/boat:one
    rm "$(part one '.config.digest')"
    finds "registry.example/team/boat:1: its configuration sha256:" "is missing"
    repairs
    [[ $output == *'"hoy pull registry.example/team/boat:1" brings it back'* ]]
}

@test "a manifest that is missing" {
    local digest
    digest=$(jq -r '.manifests[0].digest' "$DATA/index.json")
    rm "$DATA/blobs/sha256/${digest#sha256:}"
    finds "its manifest $digest is missing"
    repairs
    [ "$(himg images -q | wc -l)" = 1 ]
}

@test "a name where no blob can be" {
    echo x >"$DATA/blobs/sha256/readme"
    finds "blobs/sha256/readme: no blob has such a name"
    repairs
    [ ! -e "$DATA/blobs/sha256/readme" ]
}

@test "a layer that lacks a file, or has one too many, is unpacked again" {
    local layer
    layer=$(image_layers localhost/boat:one)
    rm "$layer/etc/link"
    finds "it has 2 names; 3 were unpacked" "localhost/boat:one: its layers are not unpacked" \
        "localhost/boat:two: its layers are not unpacked"
    repairs
    [[ $output == *"localhost/boat:one: unpacked again"* ]]
    [ "$(readlink "$layer/etc/link")" = one ]
    echo >"$layer/more"
    finds "it has 4 names; 3 were unpacked"
    repairs
    [ ! -e "$layer/more" ]
    [ "$(himg images -q | wc -l)" = 2 ]
}

@test "a layer without its info, with that of another, without its root, or gone" {
    local layer other
    layer=$(dirname "$(image_layers localhost/boat:one)")
    other=$(dirname "$(image_layers localhost/boat:two | tail -n 2 | head -n 1)")
    rm "$layer/info"
    finds "info" "localhost/boat:one: its layers are not unpacked"
    repairs
    cp "$other/info" "$layer/info"
    finds "its info is that of the layer sha256:${other##*/}"
    repairs
    echo '{"names": "many"}' >"$layer/info"
    finds "layers/${layer##*/}"
    repairs
    rm -r "$layer/root"
    finds "its root can't be opened"
    repairs
    rm -r "$layer"
    finds "needs layers/${layer##*/}, which is missing"
    repairs
    [ "$(cat "$layer/root/etc/one")" = one ]
}

@test "the patch above a layer, and the list that it is made from" {
    local layers patch
    mapfile -t layers < <(image_layers localhost/boat:two)
    [ "${#layers[@]}" = 3 ]
    patch=$(dirname "${layers[2]}")
    rm -r "$patch"
    finds "localhost/boat:two: its layers are not unpacked"
    repairs
    [ -d "$patch/root/etc" ]
    : >"$(dirname "${layers[1]}")/implied"
    finds "its list of implied directories is damaged"
    repairs
}

@test "a stack that is missing or nonsense is written again" {
    local stack
    stack=$(himg images --format json | jq -r '.[] | select(.name == "localhost/boat:one") | .id')
    stack=$DATA/stacks/${stack#sha256:}
    cp "$stack" "$BATS_TEST_TMPDIR/stack"
    rm "$stack"
    finds "localhost/boat:one: its layers are not unpacked"
    repairs
    cmp "$stack" "$BATS_TEST_TMPDIR/stack"
    echo '{"layers": ["../../etc"]}' >"$stack"
    finds "stacks/${stack##*/}: layers[0]: must be hexadecimal digits"
    repairs
    cmp "$stack" "$BATS_TEST_TMPDIR/stack"
}

@test "what a container is made from is not taken away below it" {
    local layer id
    layer=$(image_layers localhost/boat:one)
    id=$(printf 'c%.0s' $(seq 64))
    mkdir -p "$DATA/containers/$id"
    himg images --no-trunc --format json | jq -j '.[] | select(.name == "localhost/boat:one") | .id[7:]' \
        >"$DATA/containers/$id/stack"
    rm "$layer/etc/link"
    run himg fsck --repair
    [ "$status" -eq 1 ]
    [[ $output == *"is in use: the container $id must be removed first"* ]]
    [[ $output == *"findings are not repaired"* ]]
    [ -e "$layer/etc/one" ]
    [ "$(himg images -q | wc -l)" = 2 ]
    rm -r "$DATA/containers/$id"
    repairs
    [ -L "$layer/etc/link" ]
}

@test "an index that can't be read: nothing is taken for garbage" {
    echo '{' >"$DATA/index.json"
    finds "index.json: "
    local before
    before=$(find "$DATA"/{blobs,layers,stacks} | sort)
    run himg fsck --repair
    [ "$status" -eq 1 ]
    [ "$(find "$DATA"/{blobs,layers,stacks} | sort)" = "$before" ]
}

@test "of an index, the variants that were never fetched are not missed" {
    local t=$BATS_TEST_TMPDIR digest size manifest arch
    arch=$(jq -r .architecture "$(part one '.config.digest')")
    rm -rf "$DATA"
    cp -a "$LAYOUT" "$t/multi"
    manifest=$(jq -c '.manifests[0]' "$LAYOUT/index.json")
    jq -nc --argjson m "$manifest" --arg a "$arch" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [($m | del(.annotations) | .platform = {os: "linux", architecture: $a}),
        {mediaType: $m.mediaType, digest: ("sha256:" + "a" * 64), size: 7,
            platform: {os: "linux", architecture: "s390x"}}]}' >"$t/index"
    digest=$(sha256sum <"$t/index" | cut -d' ' -f1)
    size=$(stat -c %s "$t/index")
    cp "$t/index" "$t/multi/blobs/sha256/$digest"
    jq -nc --arg d "sha256:$digest" --argjson s "$size" '{schemaVersion: 2, manifests: [{mediaType:
        "application/vnd.oci.image.index.v1+json", digest: $d, size: $s,
        annotations: {"org.opencontainers.image.ref.name": "many"}}]}' >"$t/multi/index.json"
    himg load -q -i "$t/multi"
    run himg fsck
    [ "$status" -eq 0 ]
    rm "$(part one '.layers[0].digest')"
    finds "localhost/multi:many: its layer"
    repairs
    [ "$(himg images -q)" = "" ]
}

@test "what a killed command has left is garbage, no damage" {
    mkdir -p "$DATA/staging/abc/root"
    echo x >"$DATA/ingest/def"
    echo x >"$DATA/blobs/sha256/$(echo x | sha256sum | cut -d' ' -f1)"
    run himg fsck
    [ "$status" -eq 0 ]
    repairs
    [ -z "$(find "$DATA"/{ingest,staging} -mindepth 1)" ]
    [[ $output == "garbage: removed 1 blobs and 0 layers that nothing names" ]]
}
