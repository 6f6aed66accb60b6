#!/usr/bin/env bats
# images: the image store: loading in all formats, names, what is shared and what is freed.

load helpers
load images

setup_file() {
    # One small image in all formats that people have, made by their tools.
    local t=$BATS_FILE_TMPDIR
    LAYOUT=$t/boat
    umoci init --layout "$LAYOUT" 3>&-
    mkdir -p "$t/1/etc" "$t/2/etc"
    echo one >"$t/1/etc/one"
    echo two >"$t/2/etc/two"
    tar -C "$t/1" -cf "$t/1.tar" .
    tar -C "$t/2" -cf "$t/2.tar" ./etc
    CONFIG='{"Cmd": ["/bin/sh"], "Env": ["A=b"]}' layout_image one "$t/1.tar"
    CONFIG='{"Cmd": ["/bin/sh"]}' layout_image two "$t/1.tar" "$t/2.tar"
    skopeo copy -q --insecure-policy "oci:$LAYOUT:two" "docker-archive:$t/docker.tar:example.com/web:1" 3>&-
    skopeo copy -q --insecure-policy "oci:$LAYOUT:two" "oci-archive:$t/oci.tar:example.com/oci:2" 3>&-
    export LAYOUT
}

setup() {
    DATA=$BATS_TEST_TMPDIR/data
}

teardown() {
    containers_remove
    rm -rf --one-file-system "${PUBLIC:-}"
}

id_of() {
    himg images --format json | jq -r --arg n "$1" '.[] | select(.name == $n) | .id'
}

@test "an image layout: each of its images, named after its directory" {
    run himg load -i "$LAYOUT"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "Loaded image: localhost/boat:one" ]
    [ "${lines[1]}" = "Loaded image: localhost/boat:two" ]
    run himg images
    [[ ${lines[0]} == REPOSITORY*TAG*"IMAGE ID"*CREATED*SIZE*OWN ]]
    [[ ${lines[1]} == localhost/boat*one* ]]
    [ "$(himg images -q | wc -l)" = 2 ]
    # The store is a layout itself, and other tools read it.
    skopeo inspect --raw "oci:$DATA:localhost/boat:one" | jq -e '.layers | length == 1'
}

@test "a docker archive, from a file, from standard input, compressed" {
    local id
    run himg load -i "$BATS_FILE_TMPDIR/docker.tar"
    [ "$status" -eq 0 ]
    [ "$output" = "Loaded image: example.com/web:1" ]
    id=$(id_of example.com/web:1)
    [ "$(cat "$(image_layers example.com/web:1 | tail -n 1)/etc/two")" = two ]
    himg rmi example.com/web:1
    himg load <"$BATS_FILE_TMPDIR/docker.tar"
    [ "$(id_of example.com/web:1)" = "$id" ]
    himg rmi example.com/web:1
    gzip -c "$BATS_FILE_TMPDIR/docker.tar" | himg load -q
    [ "$(id_of example.com/web:1)" = "$id" ]
    himg rmi example.com/web:1
    zstd -qc "$BATS_FILE_TMPDIR/docker.tar" | himg load -q --name other/name
    [ "$(id_of docker.io/other/name:latest)" = "$id" ]
}

@test "an OCI archive" {
    run himg load -i "$BATS_FILE_TMPDIR/oci.tar"
    [ "$status" -eq 0 ]
    [ "$output" = "Loaded image: example.com/oci:2" ]
}

@test "what is there already is not unpacked again" {
    himg load -q -i "$LAYOUT"
    local before
    before=$(find "$DATA/layers" -printf '%p %i %C@\n' | sort)
    himg load -q -i "$LAYOUT"
    himg load -q -i "$BATS_FILE_TMPDIR/oci.tar"
    [ "$(find "$DATA/layers" -printf '%p %i %C@\n' | sort)" = "$before" ]
}

@test "names: tag, and removal of one and of the last" {
    himg load -q -i "$LAYOUT"
    himg tag localhost/boat:one web registry.example:5000/web:v1
    [ "$(id_of docker.io/library/web:latest)" = "$(id_of localhost/boat:one)" ]
    run himg rmi web
    [ "$output" = "Untagged: docker.io/library/web:latest" ]
    # By its ID, or the beginning of it, only when it has no other name.
    local id
    id=$(id_of localhost/boat:one)
    id=${id#sha256:}
    run himg rmi "${id:0:12}"
    [ "$status" -eq 1 ]
    [[ $output == *"has 2 names"*--force* ]]
    himg rmi registry.example:5000/web:v1
    run himg rmi "${id:0:12}"
    [ "$status" -eq 0 ]
    [[ $output == *"Deleted: sha256:$id"* ]]
    run himg rmi "${id:0:12}"
    [ "$status" -eq 1 ]
    [[ $output == *"there is no image"* ]]
}

@test "a name that moves leaves its image without one, which prune removes" {
    himg load -q -i "$LAYOUT"
    himg tag localhost/boat:one moving
    himg rmi localhost/boat:one
    himg tag localhost/boat:two moving
    run himg images
    [[ $output == *"<none>"* ]]
    [ "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" -ge 2 ]
    run himg prune
    [ "$status" -eq 0 ]
    [[ $output == *Deleted:*Freed:* ]]
    run ! grep -q '<none>' <(himg images)
}

@test "removal frees what no other image has, and nothing else" {
    himg load -q -i "$LAYOUT"
    himg rmi localhost/boat:two
    [ "$(cat "$(image_layers localhost/boat:one)/etc/one")" = one ]
    [ "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
    himg rmi localhost/boat:one
    [ -z "$(find "$DATA"/{layers,stacks,ingest,staging} -mindepth 1)" ]
    [ -z "$(find "$DATA/blobs" -type f)" ]
    [ "$(himg images -q)" = "" ]
}

@test "shared and own parts" {
    himg load -q -i "$LAYOUT"
    run himg images --format json
    jq -e 'all(.size == .shared + .own) and all(.own > 0) and all(.shared > 0)' <<<"$output"
    himg rmi localhost/boat:two
    himg images --format json | jq -e '.[0] | .shared == 0'
}

@test "what a killed command has left goes with the next removal" {
    himg load -q -i "$LAYOUT"
    mkdir -p "$DATA/staging/abc/root/deep/er" "$DATA/layers/0123/root"
    echo '{}' >"$DATA/layers/0123/info"
    echo x >"$DATA/ingest/def"
    echo x >"$DATA/blobs/sha256/$(printf '0%.0s' $(seq 64))"
    himg rmi localhost/boat:one
    [ -z "$(find "$DATA"/{ingest,staging} -mindepth 1)" ]
    [ ! -e "$DATA/layers/0123" ]
    [ -z "$(find "$DATA/blobs" -name '0000*')" ]
}

@test "other users see nothing of the store" {
    local path paths other=(setpriv --reuid 1000 --regid 1000 --clear-groups)
    PUBLIC=$(mktemp -d /tmp/hoy-public.XXXXXX)
    chmod 755 "$PUBLIC"
    DATA=$PUBLIC/data
    himg load -q -i "$LAYOUT"
    [ "$(stat -c %a "$DATA")" = 700 ]
    mapfile -t paths < <(find "$DATA" -type d)
    [ "${#paths[@]}" -gt 10 ]
    for path in "${paths[@]}"; do
        run "${other[@]}" ls "$path"
        [[ $status -ne 0 && $output == *"Permission denied"* ]]
    done
    cp "$HOY" "$PUBLIC/hoy"
    run "${other[@]}" "$PUBLIC/hoy" --root "$PUBLIC/state" --data-root "$DATA" images
    [ "$status" -eq 1 ]
    [[ ${output,,} == *"permission denied"* ]]
    # The control: it is the mode that keeps them out, and hoy puts it right.
    chmod 755 "$DATA"
    "${other[@]}" ls "$DATA" >/dev/null
    himg images -q
    [ "$(stat -c %a "$DATA")" = 700 ]
}

@test "what is no image is refused, and nothing is left" {
    local t=$BATS_TEST_TMPDIR
    echo hello >"$t/text"
    run himg load -i "$t/text"
    [ "$status" -eq 1 ]
    [[ $output == "hoy: load $t/text: "* ]]
    tar -C "$BATS_FILE_TMPDIR/1" -cf "$t/rootfs.tar" .
    run himg load -i "$t/rootfs.tar"
    [ "$status" -eq 1 ]
    [[ $output == *"neither oci-layout"* ]]
    run himg load -i /nowhere
    [[ $output == "hoy: load /nowhere: no such file or directory" ]]
    run himg load -i "$t"
    [[ $output == *"oci-layout: no such file"* ]]
    run himg load </dev/null
    [ "$status" -eq 1 ]
    run himg tag nothing name
    [[ $output == *"there is no image \"nothing\""* ]]
    run himg rmi
    [ "$status" -eq 1 ]
    himg prune
    [ -z "$(find "$DATA"/{layers,stacks,ingest,staging} -mindepth 1)" ]
}

# damaged FILTER: a copy of the layout with the blob of the layer of image "one" changed by a command.
damaged() {
    local blob
    rm -rf "$BATS_TEST_TMPDIR/bad"
    cp -a "$LAYOUT" "$BATS_TEST_TMPDIR/bad"
    blob=$(skopeo inspect --raw "oci:$LAYOUT:one" | jq -r '.layers[0].digest')
    BLOB=$BATS_TEST_TMPDIR/bad/blobs/sha256/${blob#sha256:}
}

@test "every byte that is used has the digest that was promised" {
    damaged
    printf '\001' | dd of="$BLOB" bs=1 seek=100 conv=notrunc status=none
    run himg load -i "$BATS_TEST_TMPDIR/bad"
    [ "$status" -eq 1 ]
    [[ $output == *"layer 0, sha256:"*"its digest is"* ]]
    damaged
    truncate -s -1 "$BLOB"
    run himg load -i "$BATS_TEST_TMPDIR/bad"
    [[ $output == *"bytes instead of"* ]]
    damaged
    echo more >>"$BLOB"
    run himg load -i "$BATS_TEST_TMPDIR/bad"
    [[ $output == *"larger than"* ]]
    damaged
    rm "$BLOB"
    run himg load -i "$BATS_TEST_TMPDIR/bad"
    [[ $output == *"no such file"* ]]
    [ -z "$(find "$DATA"/{layers,stacks,ingest,staging} -mindepth 1)" ]
    [ "$(himg images -q)" = "" ]
    # The control.
    damaged
    himg load -q -i "$BATS_TEST_TMPDIR/bad"
}

@test "a layer that is not what the configuration says" {
    local t=$BATS_TEST_TMPDIR config manifest new
    cp -a "$LAYOUT" "$t/bad"
    config=$(skopeo inspect --raw "oci:$LAYOUT:one" | jq -r '.config.digest')
    jq -c '.rootfs.diff_ids[0] = "sha256:" + ("a" * 64)' "$LAYOUT/blobs/sha256/${config#sha256:}" >"$t/config"
    new=$(sha256sum <"$t/config" | cut -d' ' -f1)
    cp "$t/config" "$t/bad/blobs/sha256/$new"
    skopeo inspect --raw "oci:$LAYOUT:one" |
        jq -c --arg d "sha256:$new" --argjson s "$(stat -c %s "$t/config")" \
            '.config.digest = $d | .config.size = $s' >"$t/manifest"
    manifest=$(sha256sum <"$t/manifest" | cut -d' ' -f1)
    cp "$t/manifest" "$t/bad/blobs/sha256/$manifest"
    jq -c --arg d "sha256:$manifest" --argjson s "$(stat -c %s "$t/manifest")" \
        '.manifests = [.manifests[0] | .digest = $d | .size = $s]' "$LAYOUT/index.json" >"$t/bad/index.json"
    run himg load -i "$t/bad"
    [ "$status" -eq 1 ]
    [[ $output == *"its content has the digest"*"the configuration says sha256:aaaa"* ]]
    [ -z "$(find "$DATA"/{layers,stacks,staging} -mindepth 1)" ]
}

@test "twenty at once unpack each layer once" {
    local i n=0 pids=()
    for i in $(seq 20); do
        himg load -q -i "$LAYOUT" >/dev/null &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || n=$((n + 1))
    done
    [ "$n" = 0 ]
    [ "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" = 2 ]
    [ -z "$(find "$DATA"/{ingest,staging} -mindepth 1)" ]
    [ "$(himg images -q | wc -l)" = 2 ]
}

# archive FILE…: a tar file with these entries, each NAME=TEXT.
archive() {
    python3 - "$BATS_TEST_TMPDIR/a.tar" "$@" <<'PY'
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w") as t:
    for word in sys.argv[2:]:
        name, _, text = word.partition("=")
        info = tarfile.TarInfo(name)
        info.size = len(text)
        t.addfile(info, io.BytesIO(text.encode()))
PY
}

@test "archives that mean harm: nothing is believed that isn't verified" {
    local a=$BATS_TEST_TMPDIR/a.tar zeros
    zeros=$(printf '0%.0s' $(seq 64))
    archive "blobs/sha256/$zeros=content" 'oci-layout={"imageLayoutVersion":"1.0.0"}' 'index.json={}'
    run himg load -i "$a"
    [ "$status" -eq 1 ]
    [[ $output == *"$zeros"*"its digest is sha256:"* ]]
    archive 'manifest.json={"not": "a list"}'
    run himg load -i "$a"
    [[ $output == *"manifest.json: "*"must be a list, got an object"* ]]
    archive 'manifest.json=[{"Config":"none.json","Layers":[]}]'
    run himg load -i "$a"
    [[ $output == *"manifest.json: [0].Config: "*"the archive has no file \"none.json\""* ]]
    archive 'x.json={"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:'"$zeros"'"]}}' \
        'l.tar=' 'manifest.json=[{"Config":"x.json","Layers":["l.tar"],"RepoTags":["a/b:c"]}]'
    run himg load -i "$a"
    [ "$status" -eq 1 ]
    [[ $output == *"layer 0"*"the configuration says sha256:$zeros"* ]]
    archive 'manifest.json=[{"Config":"../../../etc/passwd","Layers":["/etc/passwd"]}]'
    run himg load -i "$a"
    [[ $output == *"the archive has no file"* ]]
    archive 'oci-layout={"imageLayoutVersion":"2.0.0"}' 'index.json={"schemaVersion":2,"manifests":[]}'
    run himg load -i "$a"
    [[ $output == *"imageLayoutVersion: "*"must be \"1.0.0\""* ]]
    archive 'oci-layout={"imageLayoutVersion":"1.0.0"}' 'index.json={"schemaVersion":2,"manifests":[null]}'
    run himg load -i "$a"
    [ "$status" -eq 1 ]
    [[ $output == *"index.json: manifests[0]"* ]]
    # Nothing of any of them is left.
    [ -z "$(find "$DATA/blobs" -type f)" ]
    [ -z "$(find "$DATA"/{layers,stacks,ingest,staging} -mindepth 1)" ]
}

@test "links of a docker archive lead to its own files" {
    local t=$BATS_TEST_TMPDIR id
    mkdir "$t/x"
    tar -C "$t/x" -xf "$BATS_FILE_TMPDIR/docker.tar"
    python3 - "$t/x" "$t/linked.tar" <<'PY'
import json, os, sys, tarfile
top, out = sys.argv[1:]
manifest = json.load(open(top + "/manifest.json"))
with tarfile.open(out, "w") as t:
    for i, layer in enumerate(manifest[0]["Layers"]):
        t.add(top + "/" + layer, f"real{i}/layer.tar")
        link = tarfile.TarInfo(f"link{i}/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, f"../real{i}/layer.tar"
        t.addfile(link)
        manifest[0]["Layers"][i] = link.name
    t.add(top + "/" + manifest[0]["Config"], manifest[0]["Config"])
    with open(top + "/m", "w") as f:
        json.dump(manifest, f)
    t.add(top + "/m", "manifest.json")
PY
    himg load -q -i "$t/linked.tar"
    [ "$(cat "$(image_layers example.com/web:1 | tail -n 1)/etc/two")" = two ]
}

@test "inspect shows an image: its names, layers and configuration" {
    local id
    himg load -q -i "$LAYOUT"
    himg tag localhost/boat:one other
    run himg inspect other
    [ "$status" -eq 0 ]
    id=$(id_of docker.io/library/other:latest)
    jq -e --arg id "$id" --arg d "$DATA" '.[0] | .id == $id and (.names | length) == 2 and (.layers | length) == 1 and
        .config.config.Cmd == ["/bin/sh"] and .size > .own' <<<"$output"
    [ -d "$(jq -r '.[0].directories[0]' <<<"$output")" ]
    run himg inspect --type image nothing
    [ "$status" -eq 1 ]
    [[ $output == *"there is no image \"nothing\""* ]]
    run himg inspect nothing
    [[ $output == *"there is no container and no image \"nothing\""* ]]
    run himg inspect --type container other
    [[ $output == *"container \"other\" does not exist"* ]]
}
