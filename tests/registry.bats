#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2034
# The registry client, through tests/registry-client, against docker-registry and against a registry
# that means harm (tests/hostile_registry.py). Nothing but an address of this file's own in 127.0.0.0/8
# is ever spoken to.

load helpers

setup_file() {
    local tool
    for tool in docker-registry skopeo htpasswd openssl; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
    [[ -x $HOY_BUILD/tests/registry-client ]] || skip "tests/registry-client is not built (make test-programs)"
    export WORK=$BATS_FILE_TMPDIR
    # Others on this machine may test at the same time.
    export ADDRESS=127.$((RANDOM % 200 + 20)).$((RANDOM % 250)).$((RANDOM % 250 + 1))
    certificates_make
    image_make
    registries_start
    skopeo copy -q --insecure-policy --dest-tls-verify=false "oci:$WORK/image:1" "docker://$PLAIN/team/app:1"
    skopeo copy -q --insecure-policy --dest-tls-verify=false --dest-creds sailor:anchor \
        "oci:$WORK/image:1" "docker://$LOCKED/team/app:1"
    skopeo copy -q --insecure-policy --dest-tls-verify=false --dest-creds sailor:anchor \
        "oci:$WORK/image:1" "docker://$TOKENS/public/app:1"
    skopeo copy -q --insecure-policy --dest-tls-verify=false --dest-creds sailor:anchor \
        "oci:$WORK/image:1" "docker://$TOKENS/secret/app:1"
}

teardown_file() {
    local pid
    while read -r pid; do
        kill "$pid" 2>/dev/null || true
    done < <(cat "$WORK/pids" 2>/dev/null)
}

certificates_make() {
    (
        cd "$WORK"
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt
        openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt \
            -extfile <(echo "subjectAltName=IP:$ADDRESS,IP:127.0.0.1,DNS:localhost")
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tokens -keyout token.key -out token.crt
    ) >/dev/null 2>&1
}

# An image of one layer of 3 MB, as an OCI layout.
image_make() {
    local layer=$WORK/layer dir=$WORK/image
    mkdir -p "$dir/blobs/sha256" "$layer"
    head -c 3000000 /dev/urandom >"$layer/bytes"
    tar -C "$layer" -cf "$WORK/layer.tar" bytes
    local diff=sha256:$(sha256sum <"$WORK/layer.tar" | cut -c-64)
    printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["%s"]}}' \
        "$diff" >"$WORK/config"
    local l c m
    gzip -n1 "$WORK/layer.tar"
    l=$(blob_add "$WORK/layer.tar.gz" application/vnd.oci.image.layer.v1.tar+gzip)
    c=$(blob_add "$WORK/config" application/vnd.oci.image.config.v1+json)
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s]}' \
        "$c" "$l" >"$WORK/manifest"
    m=$(blob_add "$WORK/manifest" application/vnd.oci.image.manifest.v1+json)
    jq -n --argjson m "$m" '{schemaVersion: 2, manifests: [$m +
        {annotations: {"org.opencontainers.image.ref.name": "1"}}]}' >"$dir/index.json"
    echo '{"imageLayoutVersion":"1.0.0"}' >"$dir/oci-layout"
    LAYER=$(jq -r .digest <<<"$l") LAYER_SIZE=$(jq -r .size <<<"$l") IMAGE=$(jq -r .digest <<<"$m")
    export LAYER LAYER_SIZE IMAGE
}

blob_add() {
    local hex size
    hex=$(sha256sum <"$1" | cut -c-64)
    size=$(stat -c %s "$1")
    cp "$1" "$WORK/image/blobs/sha256/$hex"
    jq -nc --arg d "sha256:$hex" --argjson s "$size" --arg t "$2" '{mediaType: $t, digest: $d, size: $s}'
}

# docker_registry NAME PORT JSON: the rest of its configuration.
docker_registry() {
    mkdir -p "$WORK/$1"
    jq -n --arg dir "$WORK/$1" --arg addr "$ADDRESS:$2" --argjson more "$3" '{version: "0.1",
        log: {level: "error", accesslog: {disabled: true}},
        storage: {filesystem: {rootdirectory: $dir}, delete: {enabled: true}},
        http: {addr: $addr, secret: "of the test"}} * $more' >"$WORK/$1.yml"
    docker-registry serve "$WORK/$1.yml" >"$WORK/$1.log" 2>&1 3>&- &
    echo $! >>"$WORK/pids"
}

listens() {
    (: <"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null
}

registries_start() {
    local tls realm
    export PLAIN=$ADDRESS:25000 LOCKED=$ADDRESS:25001 TOKENS=$ADDRESS:25002
    tls=$(jq -n --arg d "$WORK" '{http: {tls: {certificate: "\($d)/server.crt", key: "\($d)/server.key"}}}')
    htpasswd -Bbn -C 4 sailor anchor >"$WORK/htpasswd"
    python3 "$HOY_TOP/tests/token_server.py" "$ADDRESS" "$WORK" >"$WORK/token.err" 2>&1 3>&- &
    echo $! >>"$WORK/pids"
    python3 "$HOY_TOP/tests/hostile_registry.py" "$ADDRESS" "$WORK" >"$WORK/hostile.err" 2>&1 3>&- &
    echo $! >>"$WORK/pids"
    wait_until 10 test -e "$WORK/token.port"
    docker_registry plain 25000 '{}'
    docker_registry locked 25001 "$(jq --arg d "$WORK" \
        '. + {auth: {htpasswd: {realm: "here", path: "\($d)/htpasswd"}}}' <<<"$tls")"
    docker_registry tokens 25002 "$(jq -n --arg d "$WORK" --arg r "http://$ADDRESS:$(<"$WORK/token.port")/token" \
        '{auth: {token: {realm: $r, service: "registry", issuer: "harbour", rootcertbundle: "\($d)/token.crt"}}}')"
    wait_until 10 test -e "$WORK/hostile"
    for registry in "$PLAIN" "$LOCKED" "$TOKENS"; do
        wait_until 10 listens "$registry"
    done
}

setup() {
    export HOME=$BATS_TEST_TMPDIR/home CONTAINERS_REGISTRIES_CONF=$BATS_TEST_TMPDIR/registries.conf
    CONF=$HOME/.config/containers
    mkdir -p "$CONF"
    : >"$CONTAINERS_REGISTRIES_CONF"
    unset XDG_CONFIG_HOME DOCKER_CONFIG REGISTRY_AUTH_FILE http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy
    export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
    # shellcheck disable=SC1091 # written by hostile_registry.py
    source "$WORK/hostile"
    : >"$WORK/requests"
    OUT=$BATS_TEST_TMPDIR/out
}

teardown() {
    :
}

# client ARGUMENT…: short pauses.
client() {
    "$HOY_BUILD/tests/registry-client" --pause=10 --stall=1 "$@" 3>&-
}

# The authority of this file's certificates is known for a registry.
trust() {
    mkdir -p "$CONF/certs.d/$1"
    cp "$WORK/ca.crt" "$CONF/certs.d/$1/"
}

login() {
    jq -n --arg k "$1" --arg a "$(printf %s "$2" | base64 -w0)" '{auths: {($k): {auth: $a}}}' >"$CONF/auth.json"
}

# What was asked of the hostile registry: lines that match.
asked() {
    grep -cE "$1" "$WORK/requests" || true
}

same_layer() {
    cmp "$OUT/${LAYER#sha256:}" "$WORK/layer.tar.gz"
}

# ---- docker-registry ---------------------------------------------------------------------------

@test "an image is pulled by tag and by digest, over plain http on this machine" {
    run client pull "$PLAIN/team/app:1" "$OUT"
    succeeded
    has "application/vnd.oci.image.manifest.v1+json $IMAGE"
    same_layer
    run client pull "$PLAIN/team/app@$IMAGE" "$OUT.2"
    succeeded
}

@test "a proxy is used, but not for this machine" {
    http_proxy=http://$OTHER https_proxy=http://$OTHER run client pull "$PLAIN/team/app:1" "$OUT"
    succeeded
    [ "$(asked ^OTHER)" = 0 ]
    http_proxy=http://proxy.invalid https_proxy=http://proxy.invalid run client pull nowhere.invalid/team/app:1 "$OUT"
    failed_with "the name of the proxy can't be resolved"
}

@test "what isn't there is named, with the registry's words" {
    run client pull "$PLAIN/team/app:2" "$OUT"
    failed_with "pull $PLAIN/team/app:2: manifest unknown (404)"
    run client blob "$PLAIN/team/app:1" "sha256:$(printf 0%.0s {1..64})" 10
    failed_with "blob unknown"
    run client pull "${PLAIN%:*}:25999/team/app:2" "$OUT"
    failed_with "connection refused"
    run client pull nowhere.invalid/team/app:2 "$OUT"
    failed_with "can't be resolved"
}

@test "a blob is read from an offset on" {
    client blob "$PLAIN/team/app:1" "$LAYER" "$LAYER_SIZE" 1000000 >"$BATS_TEST_TMPDIR/rest"
    cmp "$BATS_TEST_TMPDIR/rest" <(tail -c +1000001 "$WORK/layer.tar.gz")
}

@test "an image is pushed, and skopeo reads it" {
    run client pull "$PLAIN/team/app:1" "$OUT"
    succeeded
    run client push "$PLAIN/other/app:new" "$OUT"
    succeeded
    run skopeo inspect --tls-verify=false "docker://$PLAIN/other/app:new"
    has "$IMAGE"
    run client exists "$PLAIN/other/app:new" "$LAYER"
    is yes
    run client exists "$PLAIN/third/app:new" "$LAYER"
    is no
    run client mount "$PLAIN/third/app:new" "$LAYER" other/app
    is yes
    run client exists "$PLAIN/third/app:new" "$LAYER"
    is yes
}

@test "a certificate of nobody known is refused; certs.d makes its authority known" {
    run client --creds sailor:anchor pull "$LOCKED/team/app:1" "$OUT"
    failed_with "no secure connection"
    has certs.d
    trust "$LOCKED"
    run client --creds sailor:anchor pull "$LOCKED/team/app:1" "$OUT"
    succeeded
    same_layer
    rm -r "$CONF/certs.d"
    run client --creds sailor:anchor --cert-dir "$WORK/none" pull "$LOCKED/team/app:1" "$OUT"
    failed_with "$WORK/none"
    run client --creds sailor:anchor --insecure pull "$LOCKED/team/app:1" "$OUT.2"
    succeeded
}

@test "basic authentication: none, wrong, from the command line, from files, from a helper" {
    trust "$LOCKED"
    run client pull "$LOCKED/team/app:1" "$OUT"
    failed_with "(401)"
    has "log in"
    run client --creds sailor:wrong pull "$LOCKED/team/app:1" "$OUT"
    failed_with "(401)"
    has "don't suffice"
    has_not wrong
    login "$LOCKED/team" sailor:anchor
    run client pull "$LOCKED/team/app:1" "$OUT"
    succeeded
    run client push "$LOCKED/team/more:1" "$OUT"
    succeeded
    mv "$CONF/auth.json" "$BATS_TEST_TMPDIR/elsewhere"
    run client --authfile "$BATS_TEST_TMPDIR/elsewhere" pull "$LOCKED/team/app:1" "$OUT"
    succeeded
    mkdir -p "$BATS_TEST_TMPDIR/bin"
    cat >"$BATS_TEST_TMPDIR/bin/docker-credential-chest" <<'HELPER'
#!/bin/sh
read -r host
echo "asked for $host" >&2
echo "{\"ServerURL\": \"$host\", \"Username\": \"sailor\", \"Secret\": \"anchor\"}"
HELPER
    chmod +x "$BATS_TEST_TMPDIR/bin/docker-credential-chest"
    jq -n --arg h "$LOCKED" '{credHelpers: {($h): "chest"}}' >"$CONF/auth.json"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH run client pull "$LOCKED/team/app:1" "$OUT"
    succeeded
    has "asked for $LOCKED"
    jq -n '{credsStore: "../chest"}' >"$CONF/auth.json"
    run client pull "$LOCKED/team/app:1" "$OUT"
    failed_with "no name of a credential helper"
}

@test "tokens: for anybody, for credentials, for an identity token" {
    run client pull "$TOKENS/public/app:1" "$OUT"
    succeeded
    # One for the manifest and both blobs.
    [ "$(grep -c 'GET nobody' "$WORK/token.log")" = 1 ]
    run client pull "$TOKENS/secret/app:1" "$OUT"
    failed_with "(401)"
    run client --creds sailor:rope pull "$TOKENS/secret/app:1" "$OUT"
    failed_with "token service refuses (401)"
    login "$TOKENS" sailor:anchor
    run client pull "$TOKENS/secret/app:1" "$OUT"
    succeeded
    run client push "$TOKENS/secret/new:1" "$OUT"
    succeeded
    grep -q "secret/new:pull,push" "$WORK/token.log"
    run client mount "$TOKENS/secret/newer:1" "$LAYER" secret/new
    is yes
    jq -n --arg h "$TOKENS" '{auths: {($h): {identitytoken: "tide"}}}' >"$CONF/auth.json"
    run client pull "$TOKENS/secret/app:1" "$OUT"
    succeeded
    grep -q "POST tide" "$WORK/token.log"
}

# ---- registries.conf ---------------------------------------------------------------------------

conf() {
    cat >"$CONTAINERS_REGISTRIES_CONF"
}

@test "mirrors are asked first, and the registry when they fail" {
    conf <<CONF
[[registry]]
prefix = "registry.invalid"
location = "$PLAIN"
[[registry.mirror]]
location = "$ADDRESS:25999"
[[registry.mirror]]
location = "$PLAIN/nothing"
CONF
    run client pull registry.invalid/team/app:1 "$OUT"
    succeeded
    has "mirror $ADDRESS:25999: connect: connection refused"
    has "mirror $PLAIN: manifest unknown (404)"
    same_layer
    conf <<CONF
[[registry]]
location = "registry.invalid"
[[registry.mirror]]
location = "$PLAIN"
pull-from-mirror = "digest-only"
CONF
    run client pull "registry.invalid/team/app@$IMAGE" "$OUT.2"
    succeeded
    run client pull registry.invalid/team/app:1 "$OUT"
    failed_with "can't be resolved"
}

@test "a mirror isn't told the registry's credentials" {
    conf <<CONF
[[registry]]
location = "$PLAIN"
[[registry.mirror]]
location = "$REGISTRY/basic"
CONF
    login "$PLAIN" sailor:anchor
    run client --creds sailor:anchor pull "$PLAIN/team/app:1" "$OUT"
    succeeded
    [ "$(asked '^REGISTRY GET /v2/basic/team/app/manifests/1')" = 1 ]
    [ "$(asked 'Basic')" = 0 ]
}

@test "a registry that is blocked isn't asked" {
    conf <<CONF
[[registry]]
prefix = "$PLAIN/team"
blocked = true
CONF
    run client pull "$PLAIN/team/app:1" "$OUT"
    failed_with "may not be used"
    run client pull "$PLAIN/teamwork/app:1" "$OUT"
    failed_with "(404)"
    echo 'unqualified = [' >>"$CONTAINERS_REGISTRIES_CONF"
    run client pull "$PLAIN/team/app:1" "$OUT"
    failed_with "$CONTAINERS_REGISTRIES_CONF:5:1"
    has "is not valid TOML"
}

# ---- A hostile registry ------------------------------------------------------------------------

blob() {
    client blob "$REGISTRY/$1/x:1" "$BLOB" "$SIZE" >"$OUT"
}

whole() {
    [ "$(sha256sum <"$OUT" | cut -c-64)" = "${BLOB#sha256:}" ]
}

@test "cut connections: the rest is asked for" {
    blob cut
    whole
    [ "$(asked 'blobs.*bytes=50000-')" = 1 ]
    [ "$(asked 'blobs.*bytes=250000-')" = 1 ]
    blob norange
    whole
    run blob nothing
    failed_with "the connection was cut"
    [ "$(asked /v2/nothing/)" = 6 ]
}

@test "a stalled connection is given up for another" {
    blob stall
    whole
    [ "$(asked 'stall.*bytes=50000-')" = 1 ]
}

@test "a blob that is shorter, longer or another" {
    blob ok
    whole
    run blob extra
    failed_with "more than the $SIZE bytes"
    run blob extrachunk
    failed_with "more than the $SIZE bytes"
    [ "$(stat -c %s "$OUT")" -le "$SIZE" ]
    run client --tries=2 blob "$REGISTRY/short/x:1" "$BLOB" "$SIZE"
    failed_with "of the $SIZE that the descriptor says"
    run blob wrongrange
    failed_with "sends others"
    run blob wrong
    failed_with "digest of the blob differs"
}

@test "busy and failing registries are asked again, but not for ever" {
    local begin=$SECONDS
    run client manifest "$REGISTRY/busy/x:1"
    succeeded
    [ $((SECONDS - begin)) -ge 2 ]
    [ "$(asked /v2/busy/)" = 3 ]
    run client manifest "$REGISTRY/flaky/x:1"
    succeeded
    [ "$(asked /v2/flaky/)" = 4 ]
    run client manifest "$REGISTRY/broken/x:1"
    failed_with "the registry failed (500)"
    [ "$(asked /v2/broken/)" = 6 ]
    run client manifest "$REGISTRY/busylong/x:1"
    failed_with "(429)"
    has "3600 seconds"
    [ "$(asked /v2/busylong/)" = 1 ]
}

@test "credentials don't go along to another host" {
    login "$REGISTRY" sailor:anchor
    # On the same origin they do, and on another they would be seen.
    blob near
    whole
    [ "$(asked '^REGISTRY GET /v2/basic/.*Basic')" = 1 ]
    blob away
    whole
    [ "$(asked '^OTHER GET /v2/ok/x/blobs.*signed=yes ""')" = 1 ]
    [ "$(asked '^OTHER.*Basic')" = 0 ]
    run blob back
    failed_with "(401)"
    [ "$(asked '^OTHER GET /return ""')" = 1 ]
    [ "$(asked '^OTHER.*Basic')" = 0 ]
}

@test "addresses that a manifest gives for a layer are not gone to" {
    login "$REGISTRY" sailor:anchor
    run hoy --data-root "$BATS_TEST_TMPDIR/data" pull -q "$REGISTRY/foreign/x:1"
    failed_with "blob unknown (404)"
    has "distributed from elsewhere (urls) are not fetched"
    [ "$(asked '^REGISTRY GET /v2/foreign/x/blobs')" -ge 1 ]
    [ "$(asked '^OTHER')" = 0 ]
    # The control: it is there to be had, and who asks for it is noted.
    python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()' "http://$OTHER/foreign"
    [ "$(asked '^OTHER GET /foreign')" = 1 ]
}

@test "redirects: no loops, no way back to http, no files" {
    trust "$SECURE"
    run client manifest "$REGISTRY/loop/x:1"
    failed_with "redirects more than 5 times"
    [ "$(asked /v2/loop/)" = 6 ]
    run client manifest "$SECURE/ok/x:1"
    succeeded
    run client manifest "$SECURE/down/x:1"
    failed_with "from https to http"
    [ "$(asked ^REGISTRY.*/v2/ok/)" = 0 ]
    run client manifest "$REGISTRY/down/x:1"
    succeeded
    run client manifest "$REGISTRY/file/x:1"
    failed_with "only http and https"
    has_not root:
}

@test "a token isn't fetched over http, nor through a redirect" {
    trust "$SECURE"
    run client --creds sailor:anchor manifest "$SECURE/realmhttp/x:1"
    failed_with "over plain http: refused"
    [ "$(asked ^OTHER)" = 0 ]
    run client --creds sailor:anchor --insecure manifest "$SECURE/realmhttp/x:1"
    succeeded
    [ "$(asked '^OTHER GET /token.*Basic')" = 1 ]
    : >"$WORK/requests"
    run client manifest "$SECURE/token/x:1"
    succeeded
    run client --creds sailor:anchor manifest "$SECURE/awaytoken/x:1"
    failed_with "token service"
    [ "$(asked ^OTHER)" = 0 ]
    run client manifest "$SECURE/badtoken/x:1"
    failed_with "characters that no token has"
}

@test "manifests: too large, changed, of no type, of two types, under a wrong name" {
    run client manifest "$REGISTRY/huge/x:1"
    failed_with "larger than 4 MiB"
    run client manifest "$REGISTRY/hugechunks/x:1"
    failed_with "larger than 4 MiB"
    run client manifest "$REGISTRY/headers/x:1"
    failed_with "headers"
    run client manifest "$REGISTRY/change/x@$MANIFEST"
    succeeded
    run client manifest "$REGISTRY/change/x@$MANIFEST"
    failed_with "not what the digest names"
    run client manifest "$REGISTRY/lies/x:1"
    failed_with "but it is $MANIFEST"
    run client manifest "$REGISTRY/html/x:1"
    failed_with "\"text/html\" is no type of a manifest"
    run client manifest "$REGISTRY/vague/x:1"
    succeeded
    has "application/vnd.oci.image.manifest.v1+json $MANIFEST"
    run client manifest "$REGISTRY/disagree/x:1"
    failed_with "the registry says that it is"
}

@test "what a registry says forges no line" {
    run client manifest "$REGISTRY/garbage/x:1"
    failed_with "not found (404)"
    run client manifest "$REGISTRY/forged/x:1"
    failed_with 'a\x0aforged: line \x1b[31m (404)'
    [ "${#lines[@]}" = 1 ]
    run client manifest "$REGISTRY/warns/x:1"
    succeeded
    has "this image is old"
}
