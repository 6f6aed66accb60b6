#!/usr/bin/env bats
# lane: both
# run_image: containers made of images: what the image says is what runs, each has its own layer above
# those it shares, and all verbs work on them.

load helpers
load images

setup_file() {
    local t=$BATS_FILE_TMPDIR i tars
    LAYOUT=$t/boat
    umoci init --layout "$LAYOUT" 3>&-
    make_rootfs "$t/root"
    mkdir "$t/root/app"
    chmod 711 "$t/root"
    touch -d '2001-02-03 04:05:06 UTC' "$t/root"
    chown 1000:1000 "$t/root/app"
    tar -C "$t/root" -cf "$t/base.tar" .
    CONFIG='{"Entrypoint": ["/bin/echo", "entry"], "Cmd": ["cmd"], "Env": ["WHO=image", "PATH=/bin:/sbin"],
        "WorkingDir": "/app", "User": "sailor", "Labels": {"a.label": "its value"}, "StopSignal": "SIGUSR1"}' \
        layout_image app "$t/base.tar"
    CONFIG='{"Cmd": ["/bin/sh"]}' layout_image plain "$t/base.tar"
    CONFIG='{}' layout_image nothing "$t/base.tar"
    CONFIG='{"User": "stranger", "Cmd": ["/bin/id"]}' layout_image stranger "$t/base.tar"
    # A hundred and thirty layers, each of which hides what the one before it had.
    tars=("$t/base.tar")
    for i in $(seq 129); do
        mkdir -p "$t/l$i/d"
        echo "$i" >"$t/l$i/d/file-$i"
        [[ $i == 1 ]] || touch "$t/l$i/d/.wh.file-$((i - 1))"
        tar -C "$t/l$i" -cf "$t/l$i.tar" ./d
        tars+=("$t/l$i.tar")
    done
    CONFIG='{"Cmd": ["/bin/ls", "/d"]}' layout_image many "${tars[@]}"
    export LAYOUT HOY_DATA_ROOT=$t/data
    hoy load -q -i "$LAYOUT"
}

teardown() {
    containers_remove
}

@test "the image's entrypoint, command, environment, directory and user" {
    run hoy run --rm localhost/boat:app
    [ "$status" -eq 0 ]
    [ "$output" = "entry cmd" ]
    run hoy run --rm localhost/boat:app other words
    [ "$output" = "entry other words" ]
    run hoy run --rm --entrypoint /bin/sh localhost/boat:app -c 'echo "$WHO $PWD $(id -un) $HOME"'
    [ "$output" = "image /app sailor /home/sailor" ]
    run hoy run --rm -e WHO=me -w / -u 0 --entrypoint /bin/sh localhost/boat:app -c 'echo "$WHO $PWD $(id -u)"'
    [ "$output" = "me / 0" ]
}

@test "an image without a command needs one, and a user must be one of its own" {
    run hoy run --rm localhost/boat:nothing
    [ "$status" -eq 125 ]
    run hoy run --rm localhost/boat:nothing /bin/echo hello
    [ "$output" = hello ]
    run hoy run --rm localhost/boat:stranger
    [ "$status" -eq 125 ]
    [[ $output == *stranger* ]]
    run hoy run --rm -u 5:6 localhost/boat:stranger
    [[ $output == "uid=5 gid=6"* ]]
}

@test "each container writes for itself" {
    hoy run --name first localhost/boat:plain sh -c 'echo mine >/file; rm /bin/vi; test ! -e /bin/vi'
    run hoy run --rm localhost/boat:plain sh -c 'cat /file; ls /bin/vi'
    [[ $output == *"No such file"*/bin/vi ]]
    # What it wrote is there when it runs again.
    hoy delete first
    [ -z "$(ls "$HOY_DATA_ROOT/containers")" ]
}

@test "a kept container runs again with what it has written" {
    hoy run --name again localhost/boat:plain sh -c 'echo x >>/runs; wc -l </runs'
    hoy start again
    wait_status stopped "$(hoy list -q)"
    [ "$(cat "$HOY_DATA_ROOT"/containers/*/upper/runs | wc -l)" = 2 ]
    run hoy rmi localhost/boat:plain
    [ "$status" -eq 1 ]
    [[ $output == *"is made from it"* ]]
    hoy delete again
}

@test "a container outlives the name of its image" {
    hoy tag localhost/boat:plain short-lived
    hoy run --name orphan short-lived true
    hoy rmi --force localhost/boat:plain short-lived
    hoy prune --all >/dev/null
    hoy start orphan
    wait_status stopped "$(hoy list -q)"
    hoy delete orphan
    hoy load -q -i "$LAYOUT"
}

@test "the root directory is the image's" {
    run hoy run --rm localhost/boat:plain stat -c '%a %u:%g %Y' /
    [ "$output" = "711 0:0 981173106" ]
}

@test "130 layers with whiteouts over whiteouts" {
    run hoy run --rm localhost/boat:many
    [ "$status" -eq 0 ]
    [ "$output" = file-129 ]
}

@test "--read-only, and --rm leaves nothing" {
    run hoy run --rm --read-only localhost/boat:plain sh -c 'echo x >/x'
    [ "$status" -ne 0 ]
    [[ $output == *"Read-only"* ]]
    [ -z "$(ls "$HOY_DATA_ROOT/containers")" ]
    [ -z "$(ls "$HOY_DATA_ROOT/names")" ]
}

@test "the plan of an image shows its layers, and makes nothing" {
    local before
    before=$(find "$HOY_DATA_ROOT" | sort)
    run hoy plan localhost/boat:many
    [ "$status" -eq 0 ]
    [[ $output == *"mount an overlay of 130 layers"*"mounts[0]"* ]]
    [ "$(find "$HOY_DATA_ROOT" | sort)" = "$before" ]
}

@test "exec, state and kill work on it by its name" {
    hoy run -d --name boat localhost/boat:plain sleep 100 >/dev/null
    [ "$(hoy exec boat cat /proc/1/comm)" = sleep ]
    [ "$(hoy state boat | jq -r .status)" = running ]
    hoy kill boat KILL
    wait_status stopped "$(hoy state boat | jq -r .id)"
    hoy delete boat
}

@test "by its ID" {
    local id
    id=$(hoy images --format json | jq -r '.[] | select(.name == "localhost/boat:plain") | .id')
    id=${id#sha256:}
    run hoy run --rm "${id:0:12}" echo hello
    [ "$output" = hello ]
}

@test "paths of an image that are links stay in it" {
    local t=$BATS_TEST_TMPDIR
    mkdir -p "$t/evil/etc" "$t/canary"
    cp -a "$BATS_FILE_TMPDIR/root/bin" "$t/evil/"
    ln -s "$t/canary" "$t/evil/etc/link"
    ln -s "$t/canary/passwd" "$t/evil/etc/passwd"
    ln -s "$t/canary" "$t/evil/proc"
    ln -s "$t/canary" "$t/evil/work"
    echo 'stranger:x:7:7::/:/bin/sh' >"$t/canary/passwd"
    tar -C "$t/evil" -cf "$t/evil.tar" .
    LAYOUT=$t/layout
    layout_new "$LAYOUT"
    CONFIG='{"WorkingDir": "/work/dir", "User": "stranger"}' layout_image evil "$t/evil.tar"
    hoy load -q -i "$LAYOUT"
    run hoy run --rm localhost/layout:evil /bin/true
    [ "$status" -eq 125 ]
    run hoy run --rm -u 0 localhost/layout:evil /bin/pwd
    [ "$(ls "$t/canary")" = passwd ]
    [ "$(cat "$t/canary/passwd")" = 'stranger:x:7:7::/:/bin/sh' ]
    # The control: by their paths on the host they do lead there.
    grep -q stranger "$(DATA=$HOY_DATA_ROOT image_layers localhost/layout:evil)/etc/passwd"
    hoy rmi localhost/layout:evil
}

@test "an image's user is a number or a name, and nothing that is neither" {
    local user
    LAYOUT=$BATS_TEST_TMPDIR/layout
    layout_new "$LAYOUT"
    for user in 4294967295 -1 0x1 1: :1 2147483648:4294967295 'sailor\nroot' ' 0' 1:2:3; do
        CONFIG="{\"User\": \"$user\", \"Cmd\": [\"/bin/id\"]}" layout_image user "$BATS_FILE_TMPDIR/base.tar"
        hoy load -q -i "$LAYOUT"
        run hoy run --rm localhost/layout:user
        [ "$status" -eq 125 ] || { echo "$user: $output"; false; }
        [ "${#lines[@]}" -eq 1 ]
    done
    # The control.
    for user in 0:0 1:2 2147483648:2147483648 4294967294:4294967294 sailor:sailor; do
        CONFIG="{\"User\": \"$user\", \"Cmd\": [\"/bin/sh\", \"-c\", \"echo \$(id -u):\$(id -g)\"]}" \
            layout_image user "$BATS_FILE_TMPDIR/base.tar"
        hoy load -q -i "$LAYOUT"
        run hoy run --rm localhost/layout:user
        [ "$output" = "${user//sailor/1000}" ]
    done
}

@test "a newline in what an image says stays where it is" {
    LAYOUT=$BATS_TEST_TMPDIR/layout
    layout_new "$LAYOUT"
    CONFIG='{"Cmd": ["/bin/sh", "-c", "printf \"%s|\" \"$A\" \"$HOME\" \"${NEW-unset}\""], "User": "sailor",
        "Env": ["A=x\nNEW=0\r", "HOME=/a\nb:c", "PATH=/bin"], "Labels": {"l\nm": "v\nforged  line"}}' \
        layout_image lines "$BATS_FILE_TMPDIR/base.tar"
    hoy load -q -i "$LAYOUT"
    run hoy run --name lines localhost/layout:lines
    [ "$output" = $'x\nNEW=0\r|/a\nb:c|unset|' ]
    [ "$(hoy ps -a | wc -l)" -eq 2 ]
    [ "$(hoy ps -a --format json | jq -c '.[0].labels["l\nm"]')" = '"v\nforged  line"' ]
    hoy rm lines
    CONFIG='{"Cmd": ["/bin/pwd"], "WorkingDir": "/a\nb"}' layout_image lines "$BATS_FILE_TMPDIR/base.tar"
    hoy load -q -i "$LAYOUT"
    run hoy run --rm localhost/layout:lines
    [ "$output" = $'/a\nb' ]
}

@test "libraries that an image brings, and its environment names, are loaded by no verb" {
    local t=$BATS_TEST_TMPDIR sprung=$BATS_TEST_TMPDIR/sprung name dir
    command -v gcc >/dev/null || skip "gcc is not installed"
    gcc -shared -fPIC -o "$t/trap.so" -x c - <<C
#include <fcntl.h>
__attribute__((constructor)) static void spring(void)
{
	open("$sprung", O_CREAT | O_WRONLY, 0666);
}
C
    # The control: it would snap.
    LD_PRELOAD=$t/trap.so /bin/true
    [ -e "$sprung" ]
    rm "$sprung"
    mkdir -p "$t/evil/etc"
    cp -a "$BATS_FILE_TMPDIR/root/bin" "$t/evil/"
    cp "$BATS_FILE_TMPDIR/root/etc/passwd" "$BATS_FILE_TMPDIR/root/etc/group" "$t/evil/etc/"
    for dir in lib lib64 usr/lib lib/x86_64-linux-gnu usr/lib/x86_64-linux-gnu; do
        mkdir -p "$t/evil/$dir"
        for name in libnss_files.so.2 libnss_compat.so.2 libnss_dns.so.2 libc.so.6 libarchive.so.13 libcurl.so.4 trap.so; do
            cp "$t/trap.so" "$t/evil/$dir/$name"
        done
    done
    echo /lib/trap.so >"$t/evil/etc/ld.so.preload"
    tar -C "$t/evil" -cf "$t/evil.tar" .
    LAYOUT=$t/layout
    layout_new "$LAYOUT"
    # The directory of the test is there on the host alone: inside, the trap can't leave its mark.
    CONFIG='{"Cmd": ["/bin/sleep", "1000"], "User": "sailor", "Env": ["LD_PRELOAD=/lib/trap.so",
        "LD_LIBRARY_PATH=/lib", "LD_AUDIT=/lib/trap.so", "GCONV_PATH=/lib", "PATH=/evil:/bin", "HOME=/lib"],
        "Volumes": {"/etc": {}}}' layout_image evil "$t/evil.tar"
    hoy load -q -i "$LAYOUT"
    hoy run -d --name trapped localhost/layout:evil >/dev/null
    hoy exec -u 1000 trapped true
    hoy cp trapped:/lib/trap.so "$t/out"
    hoy cp "$t/out" trapped:/in
    hoy cp trapped:/etc - >"$t/out.tar"
    hoy diff trapped >/dev/null
    hoy commit trapped localhost/layout:again >/dev/null
    hoy logs trapped
    run hoy ps trapped # how it ends is the machine's ps's own: in the lane it finds no boot time
    hoy inspect trapped >/dev/null
    hoy unpack localhost/layout:evil "$t/bundle"
    hoy save -o "$t/saved.tar" localhost/layout:evil
    hoy stop -t 0 trapped
    hoy rm -v trapped
    hoy rmi localhost/layout:evil localhost/layout:again >/dev/null
    [ ! -e "$sprung" ]
}

@test "under the name runc there are no images" {
    ln -s "$HOY" "$BATS_TEST_TMPDIR/runc"
    run "$BATS_TEST_TMPDIR/runc" --root "$HOY_ROOT" images
    [ "$status" -eq 1 ]
    [[ $output == *'unknown command "images"'* ]]
    run "$BATS_TEST_TMPDIR/runc" --root "$HOY_ROOT" pull x
    [ "$status" -eq 1 ]
    "$BATS_TEST_TMPDIR/runc" --root "$HOY_ROOT" features >/dev/null
}
