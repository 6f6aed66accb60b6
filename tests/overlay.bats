#!/usr/bin/env bats
# lane: both
# overlay: a root file system that is a stack of directories, by one option for each layer where the kernel
# has that (Linux 6.7), else by links with short names.

load helpers

setup() {
    bundle_new
    L=$BATS_TEST_TMPDIR
    mkdir "$L/upper" "$L/work" "$L/top"
    echo top >"$L/top/who"
}

teardown() {
    containers_remove
}

# stack OPTION…: the first mount of the bundle.
stack() {
    jq '.mounts = [{destination: "/", type: "overlay", source: "overlay", options: $ARGS.positional}] + .mounts |
        .root.readonly = false' "$BUNDLE/config.json" --args -- "$@" >"$BUNDLE/new"
    mv "$BUNDLE/new" "$BUNDLE/config.json"
}

layers() {
    stack "lowerdir+=$L/top" "lowerdir+=$BUNDLE/rootfs" "$@"
}

@test "the highest layer is seen, and what is written is in the upper directory" {
    layers "upperdir=$L/upper" "workdir=$L/work"
    script 'cat /who; echo new >/new; rm /bin/vi; echo changed >/who'
    container_run
    [ "$status" -eq 0 ]
    [ "$output" = top ]
    [ "$(cat "$L/upper/new")" = new ]
    [ "$(stat -c '%F' "$L/upper/bin/vi")" = "character special file" ]
    [ "$(cat "$L/top/who")" = top ]
}

@test "without an upper directory the root can't be written" {
    layers
    script 'echo new >/new'
    container_run
    [ "$status" -ne 0 ]
    [[ $output == *"Read-only file system"* ]]
}

@test "nothing of it is seen on the host" {
    layers "upperdir=$L/upper" "workdir=$L/work"
    args sleep 100
    container_up
    run ! grep -q "upperdir=$L/upper" /proc/self/mountinfo
    [ -z "$(ls "$BUNDLE/rootfs/who" 2>/dev/null)" ]
    [ "$(hoy exec "$ID" cat /who)" = top ]
}

@test "create and start, and again after the end" {
    layers "upperdir=$L/upper" "workdir=$L/work"
    script 'echo "$(cat /n 2>/dev/null)x" >/n'
    local i
    for i in 1 2 3; do
        hoy create -b "$BUNDLE" "$ID"
        hoy start "$ID"
        wait_status stopped
        hoy delete "$ID"
    done
    [ "$(cat "$L/upper/n")" = xxx ]
}

@test "paths with any bytes" {
    local odd=$L/'a,b:c\d "e
f=g lowerdir'
    mkdir -p "$odd"/{low,up,wo}
    echo odd >"$odd/low/who"
    stack "lowerdir+=$odd/low" "lowerdir+=$BUNDLE/rootfs" "upperdir=$odd/up" "workdir=$odd/wo"
    script 'cat /who; echo new >/new'
    container_run
    [ "$status" -eq 0 ]
    [ "$output" = odd ]
    [ "$(cat "$odd/up/new")" = new ]
}

@test "a path that is longer than an option" {
    local long=$L/$(printf 'l%.0s' $(seq 200))
    mkdir -p "$long/$(printf 'm%.0s' $(seq 200))"
    long+=/$(printf 'm%.0s' $(seq 200))
    mkdir "$long"/{low,up,wo}
    echo long >"$long/low/who"
    stack "lowerdir+=$long/low" "lowerdir+=$BUNDLE/rootfs" "upperdir=$long/up" "workdir=$long/wo"
    script 'cat /who; echo new >/new'
    container_run
    [ "$status" -eq 0 ]
    [ "$output" = long ]
    [ "$(cat "$long/up/new")" = new ]
}

@test "500 layers, each of them; the 501st is refused" {
    local i options=()
    for i in $(seq 499); do
        mkdir -p "$L/many/$i"
        echo "$i" >"$L/many/$i/layer-$i"
        echo "$i" >"$L/many/$i/highest"
        options+=("lowerdir+=$L/many/$i")
    done
    stack "${options[@]}" "lowerdir+=$BUNDLE/rootfs"
    script 'ls / | grep -c layer-; cat /highest /layer-1 /layer-250 /layer-499'
    container_run
    [ "$status" -eq 0 ]
    [ "$output" = $'499\n1\n1\n250\n499' ]
    cfg '.mounts[0].options |= ["lowerdir+=" + $l] + .' --arg l "$L/top"
    container_run
    [ "$status" -eq 1 ]
    [[ $output == *"mounts[0]"*"501 layers; the kernel takes 500"* ]]
}

@test "mount flags hold, and a read-only root" {
    layers "upperdir=$L/upper" "workdir=$L/work" nosuid nodev
    script 'grep " / / " /proc/self/mountinfo; echo x >/x'
    cfg '.root.readonly = true'
    container_run
    [[ $output == *" / / ro,nosuid,nodev"* ]]
    [[ $output == *"Read-only file system"* ]]
}

@test "in a user namespace" {
    layers "upperdir=$L/upper" "workdir=$L/work"
    chmod 755 "$L" "$BUNDLE"
    cfg '.linux.namespaces += [{type: "user"}] |
        .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] |
        .linux.gidMappings = .linux.uidMappings'
    script 'cat /who; echo new >/new'
    container_run
    [ "$status" -eq 0 ]
    [ "$output" = top ]
}

@test "hooks of create find it at the path of the root" {
    layers "upperdir=$L/upper" "workdir=$L/work"
    cfg '.hooks.createContainer = [{path: "/bin/sh",
        args: ["sh", "-c", "cat " + $p + "/who >" + $l + "/seen"]}]' --arg p "$BUNDLE/rootfs" --arg l "$L"
    args true
    container_run
    [ "$status" -eq 0 ]
    [ "$(cat "$L/seen")" = top ]
}

@test "errors name the mount" {
    stack "lowerdir+=$L/nothing" "lowerdir+=$BUNDLE/rootfs"
    args true
    container_run
    [ "$status" -eq 1 ]
    [[ $output == *"config.json: mounts[0]"* ]]
    [[ $output == *"mount an overlay of 2 layers"* ]]
    bundle_new true
    layers "upperdir=$L/upper"
    container_run
    [ "$status" -eq 1 ]
    [[ $output == *"config.json: mounts[0]"* ]]
    bundle_new true
    layers "upperdir=$L/upper" "workdir=$L/work" sizzle=1
    container_run
    [ "$status" -eq 1 ]
    [[ $output == *"config.json: mounts[0]"* ]]
    bundle_new true
    layers
    cfg '.linux.namespaces |= map(select(.type != "mount")) | .mounts |= [.[0]] | .linux.maskedPaths = [] |
        .linux.readonlyPaths = []'
    container_run
    [ "$status" -eq 1 ]
    [[ $output == *"mounts: needs an entry of type \"mount\" in linux.namespaces"* ]]
}

@test "the plan shows it without a machine" {
    layers "upperdir=$L/upper" "workdir=$L/work"
    args true
    run hoy plan -b "$BUNDLE"
    [[ $output == *"mount an overlay of 2 layers with upperdir=$L/upper,workdir=$L/work"*"mounts[0]"* ]]
}
