#!/usr/bin/env bats
# import: a root file system's tar file becomes an image.

load helpers
load images

setup() {
    DATA=$BATS_TEST_TMPDIR/data
    T=$BATS_TEST_TMPDIR
    mkdir -p "$T/root/etc"
    echo one >"$T/root/etc/one"
    tar -C "$T/root" -cf "$T/root.tar" .
}

# config NAME FILTER: of the image's configuration.
config() {
    skopeo inspect --config "oci:$DATA:$1" | jq -c "$2"
}

@test "plain, gzip and zstd, from a file and from standard input" {
    gzip -k "$T/root.tar"
    zstd -q "$T/root.tar"
    local how id
    for how in "$T/root.tar" "$T/root.tar.gz" "$T/root.tar.zst"; do
        id=$(himg import "$how" base:1)
        [ "$(himg images --format json | jq -r '.[] | select(.name == "docker.io/library/base:1") | .id')" = "$id" ]
        [ "$(cat "$(image_layers docker.io/library/base:1)/etc/one")" = one ]
        [ "$(config docker.io/library/base:1 '.rootfs.diff_ids[0]')" = \
            "\"sha256:$(sha256sum <"$T/root.tar" | cut -d' ' -f1)\"" ]
        [ "$(himg import - again <"$how")" != "" ]
    done
    # What was compressed is stored as it came.
    [ -e "$DATA/blobs/sha256/$(sha256sum <"$T/root.tar.zst" | cut -d' ' -f1)" ]
    run himg fsck
    [ "$status" -eq 0 ]
}

@test "how it is run" {
    himg import -c 'CMD ["/bin/true", "x"]' -c 'ENV A="b c"' --change 'WORKDIR /srv' -c 'EXPOSE 80' -m why \
        "$T/root.tar" web
    [ "$(config docker.io/library/web:latest .config)" = \
        '{"ExposedPorts":{"80/tcp":{}},"Env":["A=b c"],"Cmd":["/bin/true","x"],"WorkingDir":"/srv"}' ]
    [ "$(config docker.io/library/web:latest '.history[0] | [.created_by, .comment]')" = '["hoy import","why"]' ]
    [ "$(config docker.io/library/web:latest .os)" = '"linux"' ]
    run himg import -c 'RUN ls' "$T/root.tar"
    [ "$status" -eq 1 ]
    [[ $output == *'--change "RUN ls": unknown instruction (it must begin with CMD'* ]]
}

@test "the same file at the same time is the same image" {
    export SOURCE_DATE_EPOCH=1700000000
    [ "$(himg import "$T/root.tar" epoch)" = "$(himg import - epoch <"$T/root.tar")" ]
    [ "$(config docker.io/library/epoch:latest .created)" = '"2023-11-14T22:13:20Z"' ]
    [ "$(himg images -q | wc -l)" = 1 ]
}

@test "a container of it" {
    local id
    himg import -c 'CMD ["/bin/echo", "hello"]' - busy < <(tar -C "$HOY_CACHE/busybox" -c .)
    id=$(himg run --rm --pull never busy)
    [ "$id" = hello ]
}

@test "what is no tar file, or compressed otherwise" {
    head -c 3000 /dev/urandom >"$T/noise"
    run himg import "$T/noise" x
    [ "$status" -eq 1 ]
    [[ $output == *"import $T/noise"*"tar file is damaged"* ]] || [[ $output == *"layer 0"* ]]
    run himg import - </dev/null
    [[ $output == *"it is empty"* ]]
    bzip2 -k "$T/root.tar" 2>/dev/null || skip "bzip2 is not installed"
    run himg import "$T/root.tar.bz2"
    [[ $output == *"compressed by bzip2"* ]]
    run himg import "$T/nothing"
    [[ $output == *"import $T/nothing: no such file"* ]]
    run himg import "$T/root.tar" 'UPPER'
    [ "$status" -eq 1 ]
    [ -z "$(himg images -q)" ]
    himg prune
    [ -z "$(find "$DATA"/{layers,stacks,ingest,staging} -mindepth 1)" ]
}
