# shellcheck shell=bash disable=SC2154
# A real registry on loopback for the tests: docker-registry, on an address of 127.0.0.0/8 that is this
# file's own.

# registry_start: sets REGISTRY to its HOST:PORT; what it was asked for goes to REGISTRY_LOG.
registry_start() {
    local dir=$BATS_FILE_TMPDIR/registry
    mkdir -p "$dir"
    REGISTRY=127.$((RANDOM % 200 + 20)).$((RANDOM % 250)).$((RANDOM % 250 + 1)):$((25000 + RANDOM % 5000))
    REGISTRY_LOG=$dir/log
    cat >"$dir/config.yml" <<YML
version: 0.1
log: {accesslog: {disabled: false}}
storage: {filesystem: {rootdirectory: $dir/data}}
http: {addr: "$REGISTRY"}
YML
    docker-registry serve "$dir/config.yml" </dev/null >"$REGISTRY_LOG" 2>&1 3>&- &
    echo $! >"$dir/pid"
    export REGISTRY REGISTRY_LOG
    wait_until 10 registry_answers
}

registry_answers() {
    (exec 8<>"/dev/tcp/${REGISTRY%:*}/${REGISTRY#*:}") 2>/dev/null
}

registry_stop() {
    kill "$(cat "$BATS_FILE_TMPDIR/registry/pid")" 2>/dev/null || true
}

# registry_push LAYOUT:TAG NAME: an image of a layout under that name.
registry_push() {
    skopeo copy -q --preserve-digests --insecure-policy --dest-tls-verify=false --all "oci:$1" "docker://$REGISTRY/$2" 3>&-
}

# registry_gets DIGEST: how often the blob was asked for.
registry_gets() {
    grep -c "\"GET /v2/[^ ]*/blobs/$1 " "$REGISTRY_LOG"
}
