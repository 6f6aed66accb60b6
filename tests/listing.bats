#!/usr/bin/env bats
# `hoy ps` without an ID, and what the help says about whose verbs are whose.

load helpers
load boat

# rows: the names of the last listing, in one line.
names() {
    hoy ps --format json "$@" | jq -r '[.[].name] | sort | join(" ")'
}

@test "ps lists containers for people" {
    local id
    id=$(hoy run -d --name boat -l colour=red --rootfs "$ROOTFS" sleep 1000)
    run hoy run --name ship --rootfs "$ROOTFS" sh -c 'exit 3'
    run hoy ps
    succeeded
    [[ ${lines[0]} =~ ^CONTAINER\ ID\ +IMAGE\ +COMMAND\ +CREATED\ +STATUS\ +PORTS\ +NAMES$ ]]
    [[ ${#lines[@]} == 2 ]]
    [[ ${lines[1]} =~ ^${id:0:12}\ +sleep\ 1000\ +.*\ ago\ +Up\ .*\ boat$ ]]
    run hoy ps -a
    has "Exited (3) "
    has ship
    hoy pause boat
    run hoy ps
    has "(Paused)"
    hoy resume boat
    run hoy ps -q
    is "${id:0:12}"
    run hoy ps -q --no-trunc
    is "$id"
}

@test "filters choose, and say which there are" {
    hoy run -d --name boat -l colour=red --rootfs "$ROOTFS" sleep 1000
    run hoy run --name ship -l colour=blue --rootfs "$ROOTFS" true
    [[ $(names -a) == "boat ship" ]]
    [[ $(names) == boat ]]
    [[ $(names -a --filter name=hi) == ship ]]
    [[ $(names --filter status=exited) == ship ]]
    [[ $(names -a --filter label=colour) == "boat ship" ]]
    [[ $(names -a --filter label=colour=red) == boat ]]
    [[ $(names -a --filter label=colour=red --filter name=ship) == "" ]]
    run hoy ps --filter shape=round
    failed_with "--filter: must be id=, name=, status= or label="
}

@test "a container of a bundle is listed beside them, and its processes by its ID" {
    bundle_new sleep 1000
    container_up
    run hoy ps
    has "$ID"
    has "sleep 1000"
    run hoy ps --format json "$ID"
    [[ $output =~ ^\[[0-9]+\]$ ]]
    run hoy ps -a "$ID"
    failed_with "--all: is for the list of containers"
    ln -s "$HOY" "$BATS_TEST_TMPDIR/runc"
    run "$BATS_TEST_TMPDIR/runc" --root "$HOY_ROOT" ps 3>&-
    failed_with "a container ID is needed"
}

@test "one that waits to be started again says so" {
    hoy run -d --name boat --restart always --rootfs "$ROOTFS" sh -c 'exit 2'
    wait_until 10 eval '[[ $(hoy ps --format json | jq -r ".[0].state") == restarting ]]'
    run hoy ps --filter status=restarting
    has "Restarting (2) "
}

@test "an image's words move no terminal" {
    hoy run -d --name boat --rootfs "$ROOTFS" sh -c $'sleep 1000 #\e[2J\n'
    run hoy ps
    has '\x1b[2J\x0a'
    [[ ${#lines[@]} == 2 ]]
}

@test "inspect prints what is known of containers" {
    local id
    id=$(hoy run -d --name boat --restart on-failure:1 --stop-signal USR1 -e A=b -l colour=red \
        --mount type=tmpfs,target=/scratch --rootfs "$ROOTFS" sh -c 'exit 4')
    [[ $(hoy wait boat) == 4 ]]
    wait_until 10 eval '[[ $(hoy inspect boat | jq ".[0].restartCount") == 1 ]]'
    wait_until 10 eval '[[ $(hoy inspect boat | jq -r ".[0].state.status") == exited ]]'
    hoy inspect boat "${id:0:12}" >"$BATS_TEST_TMPDIR/json"
    [[ $(jq length "$BATS_TEST_TMPDIR/json") == 2 ]]
    [[ $(jq -c '.[1] | [.id, .name, .restartPolicy, .stopSignal, .state.exitCode, .labels.colour, .args]' \
        "$BATS_TEST_TMPDIR/json") == "[\"$id\",\"boat\",\"on-failure:1\",10,4,\"red\",[\"sh\",\"-c\",\"exit 4\"]]" ]]
    [[ $(jq -r '.[0].mounts[] | select(.destination == "/scratch") | .type' "$BATS_TEST_TMPDIR/json") == tmpfs ]]
    [[ -e $(jq -r '.[0].configPath' "$BATS_TEST_TMPDIR/json") ]]
    [[ -e $(jq -r '.[0].logPath' "$BATS_TEST_TMPDIR/json") ]]
    bundle_new sleep 1000
    container_up
    [[ $(hoy inspect "$ID" | jq -r '.[0].state.status') == running ]]
    run hoy inspect nosuch
    failed_with 'there is no container and no image "nosuch"'
    [[ ${#lines[@]} == 1 ]]
}

@test "the help says which verbs are for bundles, images and both" {
    run hoy --help
    succeeded
    has "Containers of images and directories:"
    has "Containers of bundles, as the OCI runtimes have it:"
    has "Every container:"
    has "Images:"
}
