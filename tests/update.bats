#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: uml
# update: other limits for a container that runs.

load helpers

setup() {
    require_controller cpu
    require_controller memory
    require_controller pids
}

# up [RESOURCES]: a container with these limits.
up() {
    bundle_new sleep 1000
    cfg ".linux.resources = ${1:-{\}}"
    container_up
    CGROUP=$(cgroup_of)
}

# updated ARGUMENT…: update works and says nothing.
updated() {
    run hoy update "$@" "$ID"
    succeeded
    is ''
}

# stands FILE VALUE [FILE VALUE…]: what the files of the cgroup have.
stands() {
    while [[ $# -gt 0 ]]; do
        [[ $(<"$CGROUP/$1") == "$2" ]] || { echo "$1: $(<"$CGROUP/$1"), not $2" >&2; return 1; }
        shift 2
    done
}

# ---- Options -------------------------------------------------------------------------------------

@test "update: each option changes what it names" {
    up
    updated --cpu-share 2048
    stands cpu.weight 174
    updated --cpu-quota 20000 --cpu-period 50000
    stands cpu.max '20000 50000'
    updated --memory 64m --memory-reservation 32M --memory-swap 96Mib
    stands memory.max 67108864 memory.low 33554432 memory.swap.max 33554432
    updated --pids-limit 77
    stands pids.max 77
    updated --cpu-idle 1
    stands cpu.idle 1
    updated --cpu-idle 0
    stands cpu.idle 0
    # And nothing else.
    stands cpu.max '20000 50000' memory.max 67108864 pids.max 77
    updated
}

@test "update: the half that is not mentioned is the cgroup's" {
    up '{cpu: {quota: 20000, period: 40000}, memory: {limit: 67108864, swap: 134217728}}'
    updated --cpu-quota 10000
    stands cpu.max '10000 40000'
    updated --cpu-period 80000
    stands cpu.max '10000 80000'
    updated --cpu-quota=-1
    stands cpu.max 'max 80000'
    updated --memory-swap 80m
    stands memory.max 67108864 memory.swap.max 16777216
    updated --memory 32m
    stands memory.max 33554432 memory.swap.max 16777216
    updated --memory-swap=-1
    stands memory.max 33554432 memory.swap.max max
    updated --memory=-1
    stands memory.max max
    run hoy update --memory-swap 64m "$ID"
    failed_with 'memory.swap: a limit on memory and swap together needs'
}

@test "update: a container that was made without limits gets the controllers" {
    up
    updated --memory 64m --pids-limit 9 --cpu-share 512
    stands memory.max 67108864 pids.max 9 cpu.weight 59
}

@test "update: quota and burst, whichever is larger before" {
    up '{cpu: {quota: 20000, burst: 10000}}'
    updated --cpu-quota 5000 --cpu-burst 5000
    stands cpu.max '5000 100000' cpu.max.burst 5000
    updated --cpu-quota 50000 --cpu-burst 50000
    stands cpu.max '50000 100000' cpu.max.burst 50000
    run hoy update --cpu-quota 20000 "$ID"
    failed_with 'cpu.quota: write "20000 100000" to cpu.max: invalid argument'
    has 'at least 1000 and the burst'
    stands cpu.max '50000 100000' cpu.max.burst 50000
}

# ---- A document ----------------------------------------------------------------------------------

@test "update --resources takes a document, from a file or standard input; devices stay" {
    up '{pids: {limit: 5}}'
    echo '{"memory": {"limit": 50331648}, "cpu": {"shares": 1024, "quota": 30000},
        "pids": {"limit": 6}, "unified": {"memory.high": "41943040"}, "devices": [{"allow": false}]}' >"$BATS_TEST_TMPDIR/r"
    updated --resources "$BATS_TEST_TMPDIR/r"
    stands memory.max 50331648 cpu.max '30000 100000' cpu.weight 100 pids.max 6 memory.high 41943040
    run bash -c '"$@" <<<'"'"'{"pids": {"limit": 8}}'"'" bash "$HOY" --root "$HOY_ROOT" update -r - "$ID"
    succeeded
    stands pids.max 8
    run hoy exec "$ID" sh -c 'echo x >/dev/null'
    succeeded
}

@test "update: what is wrong is said, and nothing changes" {
    up '{memory: {limit: 67108864}, pids: {limit: 5}}'
    local line
    while IFS='|' read -r line expected; do
        # shellcheck disable=SC2086 # options and values
        run hoy update $line "$ID"
        [[ $status == 1 ]]
        is "hoy: $expected"
    done <<'CASES'
--memory 64q|--memory: must be a size in bytes, with b, k, m or g behind it, or -1 (unlimited), got "64q"
--memory 9999999999g|--memory: must be a size in bytes, with b, k, m or g behind it, or -1 (unlimited), got "9999999999g"
--memory 64m --memory-swap 32m|memory.swap: 33554432 is below the memory limit of 67108864, which it includes
--cpu-quota 999|cpu.quota: must be -1 or at least 1000 microseconds, got 999
--cpu-quota x|--cpu-quota: must be a number, got "x"
--cpu-idle 2|--cpu-idle: must be 0 or 1, got "2"
--cpu-share=-1|--cpu-share: must be a number, got "-1"
--pids-limit=-2|--pids-limit: must be a number or -1 (unlimited), got "-2"
--blkio-weight 5|--blkio-weight: must be from 10 to 1000, got "5"
--cpuset-cpus all|cpu.cpus: must be a list of numbers and ranges like "0-3,7", got "all"
--cpu-rt-runtime 5|cpu.realtimeRuntime: is for cgroup v1 only, and hoy speaks cgroup v2
--l3-cache-schema x|update: --l3-cache-schema: schemata of resctrl are not supported by this version of hoy
CASES
    echo '{"memory": {"limit": "x"}}' >"$BATS_TEST_TMPDIR/r"
    run hoy update -r "$BATS_TEST_TMPDIR/r" "$ID"
    failed_with 'r: memory.limit: must be a whole number, got a string'
    run hoy update -r "$BATS_TEST_TMPDIR/r" --memory 64m "$ID"
    failed_with "--resources says everything: --memory can't be given too"
    run hoy update -r "$BATS_TEST_TMPDIR/none" "$ID"
    failed_with 'none: no such file or directory'
    # The last is refused by the kernel, and takes those before it back.
    echo '{"memory": {"limit": 33554432}, "pids": {"limit": 7}, "unified": {"memory.oom.group": "7"}}' >"$BATS_TEST_TMPDIR/r"
    run hoy update -r "$BATS_TEST_TMPDIR/r" "$ID"
    failed_with 'unified["memory.oom.group"]: write "7" to memory.oom.group: '
    stands memory.max 67108864 pids.max 5
    updated --pids-limit 5
}

@test "update: checkBeforeUpdate refuses a limit below what is in use" {
    up '{memory: {limit: 134217728}}'
    hoy exec -d "$ID" sh -c 'x=$(head -c 20000000 /dev/zero | tr "\0" x); echo ${#x} >/dev/null; sleep 1000'
    wait_until 20 in_use 15000000
    echo '{"memory": {"limit": 8388608, "checkBeforeUpdate": true}}' >"$BATS_TEST_TMPDIR/r"
    run hoy update -r "$BATS_TEST_TMPDIR/r" "$ID"
    failed_with 'memory.limit: 8388608 is below the '
    has 'bytes that are in use (checkBeforeUpdate)'
    stands memory.max 134217728
}

in_use() {
    (($(<"$CGROUP/memory.current") > $1))
}

# ---- Which containers ----------------------------------------------------------------------------

@test "update: created, paused, stopped and unknown containers" {
    bundle_new sleep 1000
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    run hoy update --pids-limit 50 "$ID"
    succeeded
    hoy start "$ID"
    [[ $(hoy exec "$ID" cat /sys/fs/cgroup/pids.max) == 50 ]]
    hoy pause "$ID"
    run hoy update --pids-limit 60 "$ID"
    succeeded
    hoy resume "$ID"
    [[ $(hoy exec "$ID" cat /sys/fs/cgroup/pids.max) == 60 ]]
    hoy kill "$ID" KILL
    wait_status stopped
    run hoy update --pids-limit 70 "$ID"
    failed_with "container \"$ID\" is stopped: container not running"
    run hoy update --pids-limit 70 none
    failed_with 'container "none" does not exist'
}

# ---- That it takes effect ------------------------------------------------------------------------

# usage: microseconds of CPU time so far.
usage() {
    sed -n 's/^usage_usec //p' "$CGROUP/cpu.stat"
}

@test "update under load: a busy loop gets the new share of time" {
    local before from
    bundle_new sh -c 'while :; do :; done'
    container_up
    CGROUP=$(cgroup_of)
    updated --cpu-quota 20000
    before=$(usage) from=${EPOCHREALTIME/[.,]/}
    sleep 3
    local share=$(((  $(usage) - before) * 1000 / (${EPOCHREALTIME/[.,]/} - from)))
    echo "share: $share of 1000" >&2
    ((share >= 170 && share <= 230))
}

@test "update under load: a container that grows past its new limit is killed" {
    bundle_new
    script 'trap "" TERM; until [ -e /tmp/go ]; do sleep 0.1; done; exec tail /dev/zero'
    cfg '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
    container_up
    CGROUP=$(cgroup_of)
    updated --memory 16m
    hoy exec "$ID" touch /tmp/go
    wait_until 30 status_is stopped "$ID"
}

# ---- reclaim -------------------------------------------------------------------------------------

@test "reclaim takes page cache back, and says how much was not to be had" {
    # Cache that can go, and memory that can't: there is no swap.
    cache_up
    CGROUP=$(cgroup_of)
    local before
    before=$(<"$CGROUP/memory.current")
    ((before > 20000000))
    run hoy reclaim "$ID" 8m
    succeeded
    is ''
    ((before - $(<"$CGROUP/memory.current") > 7000000))
    stands memory.max 134217728
    run hoy reclaim "$ID" 1g
    failed_with "hoy: reclaim memory of container \"$ID\": only "
    has ' of 1073741824 bytes could be had'
    run hoy reclaim "$ID" x
    failed_with 'reclaim: the size must be in bytes, with b, k, m or g behind it, got "x"'
    run hoy reclaim "$ID" -- -1
    failed_with 'got "-1"'
    run hoy reclaim none 1m
    failed_with 'container "none" does not exist'
    hoy delete --force "$ID"
    disk_end
}

# ---- Devices -------------------------------------------------------------------------------------

# programs: what is attached to the cgroup for its devices.
programs() {
    "$HOY_TOP/tests/device_programs.py" "$CGROUP"
}

@test "two hundred updates leave the one program that there was" {
    up '{memory: {limit: 67108864}}'
    local n before
    before=$(programs)
    [[ $before =~ ^[0-9]+\ hoy_devices$ ]]
    for ((n = 0; n < 200; n++)); do
        hoy update --memory $((64 + n % 2))m "$ID"
    done
    [[ $(programs) == "$before" ]]
}
