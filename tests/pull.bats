#!/usr/bin/env bats
# pull: images from a real registry into the store, whole or not at all, each layer once.

load helpers
load images
load registry

setup_file() {
    local t=$BATS_FILE_TMPDIR i
    command -v docker-registry >/dev/null || skip "docker-registry is not installed"
    registry_start
    LAYOUT=$t/boat
    umoci init --layout "$LAYOUT" 3>&-
    make_rootfs "$t/root"
    tar -C "$t/root" -cf "$t/base.tar" .
    for i in 1 2 3; do
        mkdir -p "$t/$i/data"
        head -c 700000 /dev/urandom >"$t/$i/data/bytes-$i"
        tar -C "$t/$i" -cf "$t/$i.tar" ./data
    done
    CONFIG='{"Cmd": ["/bin/sh"]}' layout_image one "$t/base.tar" "$t/1.tar" "$t/2.tar"
    COMPRESS=zstd CONFIG='{"Cmd": ["/bin/sh"]}' layout_image two "$t/base.tar" "$t/3.tar"
    registry_push "$LAYOUT:one" team/one:1
    registry_push "$LAYOUT:two" team/two:latest
    export LAYOUT
}

teardown_file() {
    registry_stop
}

setup() {
    DATA=$BATS_TEST_TMPDIR/data
    : >"$REGISTRY_LOG"
}

teardown() {
    containers_remove
}

layers_of() {
    skopeo inspect --raw "oci:$LAYOUT:$1" | jq -r '.layers[].digest'
}

# Nothing is on its way, and everything that an image names is there and has its digest.
store_sound() {
    himg prune >/dev/null
    [ -z "$(find "$DATA"/{ingest,staging} -mindepth 1)" ]
    [ -z "$(find "$DATA" -name '.*.tmp')" ]
    himg fsck
}

@test "an image, by its tag, and it runs" {
    run --separate-stderr himg pull "$REGISTRY/team/one:1"
    [ "$status" -eq 0 ]
    [[ $output == sha256:* ]]
    [[ $stderr == "Pulling $REGISTRY/team/one:1: 3 layers"*"done (3 of 3)"* ]]
    run himg run --rm "$REGISTRY/team/one:1" sha256sum /data/bytes-2
    [ "$status" -eq 0 ]
    [[ $output == "$(sha256sum <"$BATS_FILE_TMPDIR/2/data/bytes-2" | cut -c-64)"* ]]
    store_sound
}

@test "at a terminal a bar, which is gone in the end; -q: none" {
    run python3 "$BATS_TEST_DIRNAME/terminal.py" run size=100x30 -- "$HOY" --root "$HOY_ROOT" --data-root "$DATA" \
        pull "$REGISTRY/team/one:1" 3>&-
    [ "$status" -eq 0 ]
    [[ $output == *$'\r\e[K['*"] "*" MiB, 3/3 layers"$'\r\e[K'"sha256:"* ]]
    [[ $output != *"Pulling"* ]]
    run python3 "$BATS_TEST_DIRNAME/terminal.py" run size=100x30 -- "$HOY" --root "$HOY_ROOT" --data-root "$DATA" \
        pull -q "$REGISTRY/team/two:latest" 3>&-
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == sha256:* ]]
}

@test "what is there is not fetched again, nor what another image has" {
    local layer
    himg pull -q "$REGISTRY/team/one:1"
    : >"$REGISTRY_LOG"
    himg pull -q "$REGISTRY/team/one:1"
    for layer in $(layers_of one); do
        [ "$(registry_gets "$layer")" = 0 ]
    done
    # The same content by another compression is one more blob, and no layer.
    himg pull -q "$REGISTRY/team/two"
    [ "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" = 4 ]
}

@test "by its digest, and what it is called then" {
    local digest
    digest=$(skopeo inspect --raw "oci:$LAYOUT:one" | sha256sum | cut -c-64)
    himg pull -q "$REGISTRY/team/one@sha256:$digest"
    himg images --format json | jq -e --arg n "$REGISTRY/team/one@sha256:$digest" '.[0].name == $n'
    himg run --rm "$REGISTRY/team/one@sha256:$digest" true
}

@test "run pulls what isn't here; --pull says when" {
    run himg run --pull never --rm "$REGISTRY/team/one:1" true
    [ "$status" -eq 125 ]
    [[ $output == *"there is no image"* ]]
    run --separate-stderr himg run --rm "$REGISTRY/team/one:1" echo hello
    [ "$status" -eq 0 ]
    [ "$output" = hello ]
    : >"$REGISTRY_LOG"
    himg run --rm "$REGISTRY/team/one:1" true
    [ "$(grep -c manifests "$REGISTRY_LOG")" = 0 ]
    himg run --pull always --rm "$REGISTRY/team/one:1" true
    [ "$(grep -c manifests "$REGISTRY_LOG")" -gt 0 ]
    run himg run --rm "$REGISTRY/team/none:1" true
    [ "$status" -eq 125 ]
    [[ $output == *"pull $REGISTRY/team/none:1: "*"(404)"* ]]
}

@test "of several platforms, the machine's own or the one that is asked for" {
    local t=$BATS_TEST_TMPDIR layout=$BATS_TEST_TMPDIR/multi
    cp -a "$LAYOUT" "$layout"
    python3 - "$layout" <<'PY'
import hashlib, json, os, sys
layout = sys.argv[1]
path = layout + "/index.json"
index = json.load(open(path))
one, two = index["manifests"]
here = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
other = "arm64" if here == "amd64" else "amd64"
def strip(d, arch):
    return {"mediaType": d["mediaType"], "digest": d["digest"], "size": d["size"], "platform": {"os": "linux", "architecture": arch}}
data = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                   "manifests": [strip(two, other), strip(one, here)]}).encode()
digest = hashlib.sha256(data).hexdigest()
open(f"{layout}/blobs/sha256/{digest}", "wb").write(data)
index["manifests"] = [{"mediaType": "application/vnd.oci.image.index.v1+json", "digest": "sha256:" + digest,
                       "size": len(data), "annotations": {"org.opencontainers.image.ref.name": "multi"}}]
json.dump(index, open(path, "w"))
open(layout + "/other", "w").write(other)
PY
    registry_push "$layout:multi" team/multi:1
    himg pull -q "$REGISTRY/team/multi:1"
    himg run --rm "$REGISTRY/team/multi:1" test -e /data/bytes-1
    # The other's layers were not fetched.
    [ "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" = 3 ]
    himg pull -q --platform "linux/$(cat "$layout/other")" "$REGISTRY/team/multi:1"
    [ "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" = 4 ]
    himg run --rm --platform "$(cat "$layout/other")" "$REGISTRY/team/multi:1" test -e /data/bytes-3
    run himg pull -q --platform linux/s390x "$REGISTRY/team/multi:1"
    [ "$status" -eq 1 ]
    [[ $output == *"nothing for linux/s390x"* ]]
    run himg pull -q --platform 'a/b/c/d' "$REGISTRY/team/multi:1"
    [[ $output == *"--platform: must be OS/ARCHITECTURE"* ]]
}

@test "twenty at once fetch each layer once" {
    local i n=0 pids=() layer
    for i in $(seq 20); do
        himg pull -q "$REGISTRY/team/one:1" >/dev/null 2>&1 &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || n=$((n + 1))
    done
    [ "$n" = 0 ]
    for layer in $(layers_of one); do
        [ "$(registry_gets "$layer")" = 1 ]
    done
    store_sound
}

@test "twenty at once, half of them killed: the store is sound, and the others have their image" {
    local round i pids=() n
    for round in 1 2 3; do
        rm -rf "$DATA"
        pids=()
        for i in $(seq 20); do
            HOY_ROOT=$HOY_ROOT "$HOY" --root "$HOY_ROOT" --data-root "$DATA" pull -q "$REGISTRY/team/one:1" \
                >/dev/null 2>&1 3>&- &
            pids+=($!)
        done
        for i in 0 2 4 6 8 10 12 14 16 18; do
            # The helper that works for it, too.
            pkill -KILL -P "${pids[$i]}" 2>/dev/null || true
            kill -KILL "${pids[$i]}" 2>/dev/null || true
            sleep 0.01
        done
        n=0
        for i in 1 3 5 7 9 11 13 15 17 19; do
            wait "${pids[$i]}" || n=$((n + 1))
        done
        [ "$n" = 0 ]
        store_sound
        himg run --rm "$REGISTRY/team/one:1" true
    done
}

@test "a full disk says so, and leaves nothing" {
    local t=$BATS_TEST_TMPDIR
    mkdir "$t/small"
    mount -t tmpfs -o size=3m,mode=700 tmpfs "$t/small"
    DATA=$t/small/data
    run himg pull -q "$REGISTRY/team/one:1"
    local left
    left=$(find "$DATA"/{layers,stacks,staging,ingest} -mindepth 1)
    umount "$t/small"
    [ "$status" -eq 1 ]
    [[ $output == *"no space left on device"* ]]
    [ -z "$left" ]
}

@test "interrupted, it takes back what it has begun" {
    local pid
    "$HOY" --root "$HOY_ROOT" --data-root "$DATA" pull -q "$REGISTRY/team/one:1" 3>&- &
    pid=$!
    wait_until 10 test -e "$DATA/lock"
    kill -TERM "$pid"
    wait "$pid" || true
    # hoy-image ends with it.
    wait_until 10 flock -n "$DATA/lock" true
    [ -z "$(find "$DATA/staging" -mindepth 1)" ]
    store_sound
    himg pull -q "$REGISTRY/team/one:1"
}
