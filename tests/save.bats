#!/usr/bin/env bats
# save: images written to files, and read back by hoy, skopeo and podman.

load helpers
load images

setup_file() {
    command -v umoci >/dev/null || skip "umoci is not installed"
    local t=$BATS_FILE_TMPDIR
    LAYOUT=$t/boat
    umoci init --layout "$LAYOUT" 3>&-
    mkdir -p "$t/1/etc" "$t/2/etc"
    echo one >"$t/1/etc/one"
    echo two >"$t/2/etc/two"
    tar -C "$t/1" -cf "$t/1.tar" .
    tar -C "$t/2" -cf "$t/2.tar" ./etc
    CONFIG='{"Cmd": ["/bin/sh"], "Env": ["A=b"]}' layout_image one "$t/1.tar"
    CONFIG='{"Cmd": ["/bin/sh"]}' COMPRESS=zstd layout_image two "$t/1.tar" "$t/2.tar"
    DATA=$t/data himg load -q -i "$LAYOUT"
    DATA=$t/data himg tag localhost/boat:two example.com/web:1 web
    export LAYOUT
}

setup() {
    DATA=$BATS_FILE_TMPDIR/data
    OUT=$BATS_TEST_TMPDIR/out
    mkdir "$OUT"
}

# digests: names and digests of what hoy has.
digests() {
    himg images --format json | jq -r '.[] | "\(.name) \(.digest) \(.id)"' | sort
}

@test "an OCI archive: the same digests in another store" {
    himg save -o "$OUT/all.tar" localhost/boat:one localhost/boat:two example.com/web:1 web
    local before
    before=$(digests)
    DATA=$BATS_TEST_TMPDIR/other
    himg load -q -i "$OUT/all.tar"
    [ "$(digests)" = "$before" ]
    [ "$(cat "$(image_layers docker.io/library/web:latest | tail -n 1)/etc/two")" = two ]
    # To standard output it is the same.
    DATA=$BATS_FILE_TMPDIR/data
    himg save localhost/boat:one localhost/boat:two example.com/web:1 web | cmp - "$OUT/all.tar"
    # Each blob once.
    [ -z "$(tar -tf "$OUT/all.tar" | sort | uniq -d)" ]
    [ -z "$(tar --numeric-owner -tvf "$OUT/all.tar" | grep -v ' 0/0 .* 1970-01-01 ')" ]
}

@test "an OCI archive: skopeo reads it" {
    himg save -o "$OUT/one.tar" localhost/boat:one
    skopeo inspect --raw "oci-archive:$OUT/one.tar" | cmp - <(skopeo inspect --raw "oci:$LAYOUT:one")
    skopeo copy -q --insecure-policy "oci-archive:$OUT/one.tar:localhost/boat:one" "oci:$OUT/back:x"
    [ "$(jq -r '.manifests[0].digest' "$OUT/back/index.json")" = \
        "$(jq -r '.manifests[0].digest' "$LAYOUT/index.json")" ]
}

@test "a directory" {
    himg save --format oci-dir -o "$OUT/dir/" localhost/boat:one 2>/dev/null || true
    himg save --format oci-dir -o "$OUT/layout" localhost/boat:one localhost/boat:two
    skopeo inspect --raw "oci:$OUT/layout:localhost/boat:two" | cmp - <(skopeo inspect --raw "oci:$LAYOUT:two")
    DATA=$BATS_TEST_TMPDIR/other
    himg load -q -i "$OUT/layout"
    [ "$(digests | wc -l)" = 2 ]
    DATA=$BATS_FILE_TMPDIR/data
    run himg save --format oci-dir -o "$OUT/layout" localhost/boat:one
    [ "$status" -eq 1 ]
    [[ $output == *"something is there already"* ]]
    run himg save --format oci-dir localhost/boat:one
    [[ $output == *"a directory to write to must be named"* ]]
    [ -z "$(find "$OUT" -name '.*tmp*')" ]
}

@test "a docker archive: the same ID, all names" {
    himg save --format docker-archive -o "$OUT/d.tar" localhost/boat:one example.com/web:1 web
    tar -xOf "$OUT/d.tar" manifest.json | jq -e 'length == 2 and (.[1].RepoTags | length == 2)'
    local ids
    ids=$(digests | cut -d' ' -f1,3 | grep -v boat:two)
    DATA=$BATS_TEST_TMPDIR/other
    himg load -q -i "$OUT/d.tar"
    [ "$(digests | cut -d' ' -f1,3)" = "$ids" ]
    [ "$(skopeo inspect --config "docker-archive:$OUT/d.tar:localhost/boat:one" | jq -c .config.Env)" = '["A=b"]' ]
    skopeo copy -q --insecure-policy "docker-archive:$OUT/d.tar:localhost/boat:one" "dir:$OUT/dir"
    local first
    first=$(jq -r '.layers[0].digest' "$OUT/dir/manifest.json")
    gzip -dcf "$OUT/dir/${first#sha256:}" | cmp - "$BATS_FILE_TMPDIR/1.tar"
}

@test "podman loads both" {
    command -v podman >/dev/null || skip "podman is not installed"
    local p=(podman --root "$BATS_TEST_TMPDIR/p" --runroot "$BATS_TEST_TMPDIR/r" --storage-driver vfs
        --tmpdir "$BATS_TEST_TMPDIR/t" --events-backend none)
    "${p[@]}" images >/dev/null 2>&1 3>&- || skip "podman does not run here"
    local format id
    id=$(digests | awk '$1 == "localhost/boat:one" {print $3}')
    for format in oci-archive docker-archive; do
        himg save --format "$format" localhost/boat:one | "${p[@]}" load -q 3>&-
        [ "$("${p[@]}" images --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}' 3>&-)" = \
            "$id localhost/boat:one" ]
        "${p[@]}" rmi localhost/boat:one 3>&-
    done
}

@test "an index goes out with what is here of it" {
    local t=$BATS_TEST_TMPDIR digest manifest arch
    DATA=$t/data
    cp -a "$LAYOUT" "$t/multi"
    manifest=$(jq -c '.manifests[0]' "$LAYOUT/index.json")
    arch=$(skopeo inspect --config "oci:$LAYOUT:one" | jq -r .architecture)
    jq -nc --argjson m "$manifest" --arg a "$arch" '{schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [($m | del(.annotations) | .platform = {os: "linux", architecture: $a}),
        {mediaType: $m.mediaType, digest: ("sha256:" + "a" * 64), size: 7,
            platform: {os: "linux", architecture: "s390x"}}]}' >"$t/index"
    digest=$(sha256sum <"$t/index" | cut -d' ' -f1)
    cp "$t/index" "$t/multi/blobs/sha256/$digest"
    jq -nc --arg d "sha256:$digest" --argjson s "$(stat -c %s "$t/index")" '{schemaVersion: 2, manifests: [{mediaType:
        "application/vnd.oci.image.index.v1+json", digest: $d, size: $s,
        annotations: {"org.opencontainers.image.ref.name": "many"}}]}' >"$t/multi/index.json"
    himg load -q -i "$t/multi"
    himg save -o "$OUT/many.tar" localhost/multi:many
    himg save --format docker-archive localhost/multi:many >"$OUT/docker.tar"
    DATA=$t/other
    himg load -q -i "$OUT/many.tar"
    [ "$(himg images --format json | jq -r '.[0].digest')" = "sha256:$digest" ]
    himg load -q -i "$OUT/docker.tar"
    [ "$(himg images -q | uniq | wc -l)" = 1 ]
}

@test "nothing half-written is left" {
    run himg save -o "$OUT/x.tar" localhost/boat:one nothing
    [ "$status" -eq 1 ]
    [[ $output == *'there is no image "nothing" here'* ]]
    run himg save -o "$OUT/nowhere/x.tar" localhost/boat:one
    [[ $output == *"save to $OUT/nowhere/x.tar: open its directory: no such file or directory"* ]]
    # A damaged blob doesn't spread, and what was there stays.
    cp -a "$DATA" "$BATS_TEST_TMPDIR/bad"
    DATA=$BATS_TEST_TMPDIR/bad
    local blob
    blob=$(skopeo inspect --raw "oci:$LAYOUT:one" | jq -r '.layers[0].digest')
    blob=$DATA/blobs/sha256/${blob#sha256:}
    chmod 600 "$blob"
    printf x | dd of="$blob" bs=1 seek=20 conv=notrunc status=none
    echo precious >"$OUT/x.tar"
    run himg save -o "$OUT/x.tar" localhost/boat:one
    [ "$status" -eq 1 ]
    [[ $output == *"is damaged"*"hoy fsck"* ]]
    run himg save --format oci-dir -o "$OUT/dir" localhost/boat:one
    [ "$status" -eq 1 ]
    truncate -s -1 "$blob"
    run himg save -o "$OUT/x.tar" localhost/boat:one
    [[ $output == *"bytes instead of"* ]]
    [ "$(cat "$OUT/x.tar")" = precious ]
    [ "$(ls -A "$OUT")" = x.tar ]
    DATA=$BATS_FILE_TMPDIR/data
    run himg save -o /dev/full localhost/boat:one
    [ "$status" -eq 1 ]
    [[ $output == *"no space left on device"* ]]
    [ -c /dev/full ]
}

@test "not to a terminal" {
    type -P script >/dev/null || skip "script is not installed"
    run env script -qec "'$HOY' --data-root '$DATA' save localhost/boat:one" /dev/null
    [[ $output == *"not for a terminal"* ]]
}
