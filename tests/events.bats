#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: uml
# events: what a container uses, and when it runs out of memory.

load helpers

setup() {
    require_controller cpu
    require_controller memory
    require_controller pids
}

teardown() {
    [[ -z ${WATCHER:-} ]] || kill "$WATCHER" 2>/dev/null || true
    containers_remove
}

# up SCRIPT RESOURCES
up() {
    bundle_new
    script "$1"
    cfg ".linux.resources = $2"
    container_up
}

# stat FILTER: of one line of statistics, by jq.
stat_of() {
    hoy events --stats "$ID" | jq -c "$1"
}

# Watches in the background, into LINES.
watch() {
    LINES=$BATS_TEST_TMPDIR/lines
    hoy events "$@" "$ID" >"$LINES" 2>&1 &
    WATCHER=$!
}

stats_lines() {
    (($(grep -c '"type":"stats"' "$LINES") >= $1))
}

@test "events --stats prints one line with what the cgroup says" {
    up 'x=0; while [ $x -lt 40000 ]; do x=$((x + 1)); done; echo done; exec sleep 1000' \
        '{memory: {limit: 67108864, swap: 100663296}, pids: {limit: 20}, cpu: {quota: 5000}}'
    wait_output done
    run hoy events --stats "$ID"
    succeeded
    [[ ${#lines[@]} == 1 ]]
    [[ $(jq -r '.type, .id' <<<"$output") == $'stats\n'"$ID" ]]
    [[ $(jq -c '.data | keys' <<<"$output") == '["blkio","cpu","hugetlb","intel_rdt","memory","network_interfaces","pids"]' ]]
    is_true '.data.pids == {current: 1, limit: 20}'
    is_true '.data.memory.usage | .limit == 67108864 and .usage > 4096 and .usage < .limit and .failcnt == 0'
    is_true '.data.memory.swap | .limit == 100663296 and .usage >= 4096'
    is_true '.data.memory.raw.anon > 0 and .data.memory.raw.file >= 0'
    is_true '.data.cpu.usage | .total > 1000000 and .user + .kernel <= .total + 1000'
    is_true '.data.cpu.throttling | .periods > 0 and .throttledPeriods > 0 and .throttledTime > 1000000'
    is_true '.data.network_interfaces == []'
}

# is_true FILTER: of the last output.
is_true() {
    [[ $(jq "$1" <<<"$output") == true ]] || { echo "not true: $1: $output" >&2; return 1; }
}

@test "events --stats: unlimited is the largest number, as in runc" {
    up 'exec sleep 1000' '{memory: {reservation: 1048576}}'
    run hoy events --stats "$ID"
    succeeded
    # As text: jq knows 53 bits.
    has '"usage":{"limit":18446744073709551615,'
    has '"swap":{"limit":18446744073709551615,'
    [[ $(stat_of .data.pids.limit) == null ]]
}

@test "events --stats: interfaces other than the loopback" {
    local names
    bundle_new sleep 1000
    cfg '.linux.namespaces |= map(select(.type != "network"))'
    container_up
    names=$(find /sys/class/net -mindepth 1 ! -name lo -printf '%f\n' | sort | tr '\n' ' ')
    [[ $(hoy events --stats "$ID" | jq -r '.data.network_interfaces[].Name' | sort | tr '\n' ' ') == "$names" ]]
}

@test "events prints statistics after each interval, and ends with the container" {
    up 'exec sleep 1000' '{}'
    watch --interval 200ms
    wait_until 20 stats_lines 3
    hoy kill "$ID" KILL
    wait "$WATCHER"
    jq -e . "$LINES" >/dev/null
}

@test "events tells of a process that was killed for memory" {
    up 'exec sleep 1000' '{memory: {limit: 16777216, swap: 16777216}}'
    watch --interval 1h
    wait_until 20 stats_lines 1
    [[ $(grep -c oom "$LINES") == 0 ]]
    hoy exec -d "$ID" tail /dev/zero
    wait_until 30 file_has "$LINES" "{\"type\":\"oom\",\"id\":\"$ID\"}"
    [[ $(status_of) == running ]]
    [[ $(stat_of '.data.memory.usage.failcnt > 0') == true ]]
}

@test "events: what is wrong is said" {
    bundle_new sleep 1000
    run hoy events --stats none
    failed_with 'container "none" does not exist'
    container_up
    local text
    for text in 0 5x -1 '' 99999999999999; do
        run hoy events --interval="$text" "$ID"
        failed_with "--interval: must be a time above 0 like \"5s\" or \"500ms\", got \"$text\""
    done
    hoy kill "$ID" KILL
    wait_status stopped
    run hoy events --stats "$ID"
    failed_with "container \"$ID\" is stopped: container not running"
}

# ---- stats ---------------------------------------------------------------------------------------

@test "stats shows the share of CPU time, and how much of it a quota takes" {
    up 'while :; do :; done' '{cpu: {quota: 20000}, memory: {limit: 67108864}, pids: {limit: 50}}'
    run hoy stats --no-stream --interval 3s --format json
    succeeded
    jq -e --arg id "$ID" 'length == 1 and (.[0] | .id == $id and .cpuPercent > 16 and .cpuPercent < 24
        and .throttledPercent > 50 and .memoryLimit == 67108864 and .memory > 4096 and .anon > 0
        and .pids == 1 and .pidsLimit == 50 and .received == 0 and .sent == 0)' <<<"$output" || { echo "$output" >&2; false; }
    run hoy stats --no-stream "$ID"
    succeeded
    [[ ${#lines[@]} == 2 ]]
    [[ ${lines[0]} =~ ^ID\ +CPU\ +THROTTLED\ +MEMORY\ +MEM\ +ANON\ /\ FILE\ /\ KERNEL\ +PRESSURE\ +NET\ IN\ /\ OUT\ +DISK\ IN\ /\ OUT\ +PIDS$ ]]
    [[ ${lines[1]} =~ ^$ID\ +[0-9.]+%\ +[0-9]+%\ +[0-9.]+[KM]iB\ /\ 64.0MiB\ +[0-9.]+%\ .*\ 1/50$ ]]
}

@test "stats shows all that run, and ends when those that were named have ended" {
    bundle_new sleep 1000
    container_up
    local first=$ID
    bundle_new sleep 1000
    container_up
    hoy create -b "$BUNDLE" "$ID-created" </dev/null >/dev/null 2>&1
    run hoy stats --no-stream --interval 100ms
    succeeded
    has "$first"
    has "$ID "
    has "$ID-created"
    hoy kill "$first" KILL
    wait_status stopped "$first"
    run hoy stats --no-stream --interval 100ms
    has_not "$first"
    hoy stats --interval 100ms --format json "$ID" >"$BATS_TEST_TMPDIR/lines" 3>&- &
    WATCHER=$!
    wait_until 10 file_has "$BATS_TEST_TMPDIR/lines" "$ID"
    hoy kill "$ID" KILL
    wait "$WATCHER"
    [[ $(tail -n 1 "$BATS_TEST_TMPDIR/lines") == '[]' ]]
    run hoy stats --no-stream "$ID"
    failed_with "container \"$ID\" is stopped: container not running"
    run hoy stats --no-stream none
    failed_with 'container "none" does not exist'
}

@test "stats takes the place of the table before on a terminal only" {
    bundle_new sleep 1000
    container_up
    run timeout 2 "$HOY" --root "$HOY_ROOT" stats --interval 200ms "$ID"
    has_not $'\033'
    run command script -qec "timeout 2 '$HOY' --root '$HOY_ROOT' stats --interval 200ms '$ID'" /dev/null
    has $'\033[H\033[J'
    run command script -qec "'$HOY' --root '$HOY_ROOT' stats --no-stream '$ID'" /dev/null
    has_not $'\033'
}
