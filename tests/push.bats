#!/usr/bin/env bats
# push: images to a registry on loopback, read back by skopeo and by hoy.

load helpers
load images

setup_file() {
    local tool t=$BATS_FILE_TMPDIR
    for tool in docker-registry skopeo umoci htpasswd; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
    # Others on this machine may test at the same time.
    export ADDRESS=127.$((RANDOM % 200 + 20)).$((RANDOM % 250)).$((RANDOM % 250 + 1))
    export PLAIN=$ADDRESS:25100 LOCKED=$ADDRESS:25101
    LAYOUT=$t/boat
    umoci init --layout "$LAYOUT" 3>&-
    mkdir -p "$t/1/etc" "$t/2/etc"
    head -c 3000000 /dev/urandom >"$t/1/etc/one"
    echo two >"$t/2/etc/two"
    tar -C "$t/1" -cf "$t/1.tar" .
    tar -C "$t/2" -cf "$t/2.tar" ./etc
    layout_image one "$t/1.tar"
    COMPRESS=zstd layout_image two "$t/1.tar" "$t/2.tar"
    export LAYOUT
    htpasswd -Bbn -C 4 sailor anchor >"$t/htpasswd"
    registry plain "$PLAIN" '{}'
    registry locked "$LOCKED" "$(jq -n --arg f "$t/htpasswd" '{auth: {htpasswd: {realm: "here", path: $f}}}')"
    wait_until 10 listens "$PLAIN"
    wait_until 10 listens "$LOCKED"
}

teardown_file() {
    local pid
    while read -r pid; do
        kill "$pid" 2>/dev/null || true
    done < <(cat "$BATS_FILE_TMPDIR/pids" 2>/dev/null)
}

# registry NAME ADDRESS SETTINGS
registry() {
    local dir=$BATS_FILE_TMPDIR/$1
    mkdir -p "$dir"
    jq -n --arg dir "$dir" --arg addr "$2" --argjson more "$3" '{version: "0.1",
        log: {level: "error", accesslog: {disabled: true}},
        storage: {filesystem: {rootdirectory: $dir}, delete: {enabled: true}},
        http: {addr: $addr, secret: "of the test"}} * $more' >"$dir.yml"
    docker-registry serve "$dir.yml" >"$dir.log" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/pids"
}

listens() {
    (: <"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null
}

setup() {
    DATA=$BATS_TEST_TMPDIR/data
    himg load -q -i "$LAYOUT"
    export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR HOME=$BATS_TEST_TMPDIR
}

remote() {
    skopeo inspect --raw --tls-verify=false "docker://$1"
}

@test "an image, to a name of its own: the same bytes, and what is there is not sent again" {
    run himg push --tls-verify=false localhost/boat:two "$PLAIN/team/two:1"
    [ "$status" -eq 0 ]
    [ "${lines[-2]}" = "3 blobs sent, 0 taken from other repositories, 0 were there" ]
    [ "${lines[-1]}" = "sha256:$(skopeo inspect --raw "oci:$LAYOUT:two" | sha256sum | cut -d' ' -f1)" ]
    remote "$PLAIN/team/two:1" | cmp - <(skopeo inspect --raw "oci:$LAYOUT:two")
    run himg push --tls-verify=false localhost/boat:two "$PLAIN/team/two:again"
    [ "${lines[-2]}" = "0 blobs sent, 0 taken from other repositories, 3 were there" ]
    # Pulled into another store it is the same.
    local before
    before=$(himg images --format json | jq -r '.[] | select(.name == "localhost/boat:two") | .digest')
    DATA=$BATS_TEST_TMPDIR/other
    himg pull -q --tls-verify=false "$PLAIN/team/two:1"
    [ "$(himg images --format json | jq -r '.[0].digest')" = "$before" ]
    skopeo copy -q --insecure-policy --src-tls-verify=false "docker://$PLAIN/team/two:1" "dir:$BATS_TEST_TMPDIR/dir"
}

@test "what another repository of the registry has is taken from there" {
    himg tag localhost/boat:one "$PLAIN/first/one:1"
    run himg push -q --tls-verify=false "$PLAIN/first/one:1"
    [ "$status" -eq 0 ]
    [[ $output == sha256:* ]]
    run himg push --tls-verify=false localhost/boat:one "$PLAIN/second/one:1"
    [ "${lines[-2]}" = "0 blobs sent, 2 taken from other repositories, 0 were there" ]
    # A name for it here need not mean that the registry has it.
    himg tag localhost/boat:two "$PLAIN/never/pushed:1"
    run himg push --tls-verify=false localhost/boat:two "$PLAIN/third/two:1"
    [ "$status" -eq 0 ]
    remote "$PLAIN/third/two:1" | cmp - <(skopeo inspect --raw "oci:$LAYOUT:two")
}

@test "a line for each blob, how it came there; -q says nothing of it" {
    local size
    size=$(jq -r '[.config.size, .layers[].size] | add / 1048576 * 10 | round / 10' \
        < <(skopeo inspect --raw "oci:$LAYOUT:two"))
    run himg push --tls-verify=false localhost/boat:two "$PLAIN/lines/two:1"
    [ "${lines[0]}" = "Pushing $PLAIN/lines/two:1: 3 blobs, $size MiB" ]
    [ "$(grep -cE '^sha256:[0-9a-f]{12}: sent \([123] of 3\)$' <<<"$output")" -eq 3 ]
    [[ $output == *"(3 of 3)"* ]]
    run himg push --tls-verify=false localhost/boat:two "$PLAIN/lines/two:2"
    [ "$(grep -cE '^sha256:[0-9a-f]{12}: was there \([123] of 3\)$' <<<"$output")" -eq 3 ]
    himg tag localhost/boat:two "$PLAIN/lines/two:1"
    run himg push --tls-verify=false localhost/boat:two "$PLAIN/lines/other:1"
    [ "$(grep -c ': taken from another repository (' <<<"$output")" -eq 3 ]
    run himg push -q --tls-verify=false localhost/boat:two "$PLAIN/lines/quiet:1"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == sha256:* ]]
}

@test "at a terminal a bar, which is gone in the end" {
    run python3 "$BATS_TEST_DIRNAME/terminal.py" run size=100x30 -- "$HOY" --root "$HOY_ROOT" --data-root "$DATA" \
        push --tls-verify=false localhost/boat:two "$PLAIN/bar/two:1" 3>&-
    [ "$status" -eq 0 ]
    [[ $output == *$'\r\e[K['*"] "*" MiB, 3/3 blobs"$'\r\e[K'"3 blobs sent"* ]]
    [[ $output != *"Pushing"* ]]
    # A narrow one has room for the figures alone.
    run python3 "$BATS_TEST_DIRNAME/terminal.py" run size=50x30 -- "$HOY" --root "$HOY_ROOT" --data-root "$DATA" \
        push --tls-verify=false localhost/boat:two "$PLAIN/bar/two:2" 3>&-
    [[ $output == *" MiB, 3/3 blobs"* ]]
    [[ $output != *$'\e[K['* ]]
    run python3 "$BATS_TEST_DIRNAME/terminal.py" run size=100x30 -- "$HOY" --root "$HOY_ROOT" --data-root "$DATA" \
        push -q --tls-verify=false localhost/boat:two "$PLAIN/bar/two:3" 3>&-
    [ "${#lines[@]}" -eq 1 ]
}

@test "an index: whole, or the one image that is here" {
    local t=$BATS_TEST_TMPDIR digest one two arch
    one=$(jq -c '.manifests[0] | del(.annotations)' "$LAYOUT/index.json")
    two=$(jq -c '.manifests[1] | del(.annotations)' "$LAYOUT/index.json")
    arch=$(skopeo inspect --config "oci:$LAYOUT:one" | jq -r .architecture)
    cp -a "$LAYOUT" "$t/multi"
    jq -nc --argjson one "$one" --argjson two "$two" --arg a "$arch" '{schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [($one | .platform = {os: "linux", architecture: $a}),
            ($two | .platform = {os: "linux", architecture: "s390x"})]}' >"$t/index"
    digest=$(sha256sum <"$t/index" | cut -d' ' -f1)
    cp "$t/index" "$t/multi/blobs/sha256/$digest"
    jq -nc --arg d "sha256:$digest" --argjson s "$(stat -c %s "$t/index")" '{schemaVersion: 2, manifests: [{mediaType:
        "application/vnd.oci.image.index.v1+json", digest: $d, size: $s,
        annotations: {"org.opencontainers.image.ref.name": "many"}}]}' >"$t/multi/index.json"
    DATA=$t/other
    himg load -q -i "$t/multi"
    run himg push --tls-verify=false localhost/multi:many "$PLAIN/team/many:part"
    [ "$status" -eq 0 ]
    [[ $output == *"1 manifests are not here: only the image for linux/$arch is pushed"* ]]
    remote "$PLAIN/team/many:part" | cmp - <(skopeo inspect --raw "oci:$LAYOUT:one")
    himg load -q --platform linux/s390x -i "$t/multi"
    run himg push --tls-verify=false localhost/multi:many "$PLAIN/team/many:all"
    [ "$status" -eq 0 ]
    remote "$PLAIN/team/many:all" | cmp - "$t/index"
    skopeo inspect --tls-verify=false --override-arch s390x --config "docker://$PLAIN/team/many:all" >/dev/null
}

@test "credentials" {
    run himg push --tls-verify=false localhost/boat:one "$LOCKED/team/one:1"
    [ "$status" -eq 1 ]
    run himg push -q --tls-verify=false --creds sailor:anchor localhost/boat:one "$LOCKED/team/one:1"
    [ "$status" -eq 0 ]
    printf '{"auths": {"%s": {"auth": "%s"}}}' "$LOCKED" "$(printf sailor:anchor | base64)" >"$BATS_TEST_TMPDIR/auth"
    himg push -q --tls-verify=false --authfile "$BATS_TEST_TMPDIR/auth" localhost/boat:two "$LOCKED/team/two:1"
    skopeo inspect --raw --tls-verify=false --creds sailor:anchor "docker://$LOCKED/team/two:1" >/dev/null
}

@test "what can't be pushed" {
    run himg push nothing
    [ "$status" -eq 1 ]
    [[ $output == *'there is no image "nothing" here'* ]]
    run himg push localhost/boat:one "$PLAIN/team/x@sha256:$(printf 'a%.0s' $(seq 64))"
    [ "$status" -eq 1 ]
    run himg push
    [ "$status" -eq 1 ]
    [[ $output == *"needs an image"* ]]
    # A damaged blob is refused by the registry, and no name points to it.
    local blob
    blob=$(skopeo inspect --raw "oci:$LAYOUT:two" | jq -r '.layers[1].digest')
    blob=$DATA/blobs/sha256/${blob#sha256:}
    chmod 600 "$blob"
    printf x | dd of="$blob" bs=1 seek=20 conv=notrunc status=none
    run himg push --tls-verify=false localhost/boat:two "$PLAIN/damaged/two:1"
    [ "$status" -eq 1 ]
    run ! remote "$PLAIN/damaged/two:1"
}
