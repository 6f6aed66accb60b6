#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# pause, resume and ps.

load helpers

# A container with two processes, one of which counts.
counting_up() {
    bundle_new
    cfg '.root.readonly = false'
    script 'sleep 1000 & i=0; while :; do i=$((i + 1)); echo $i >/tmp/n.new; mv /tmp/n.new /tmp/n; done'
    container_up
    COUNT=$BUNDLE/rootfs/tmp/n
    wait_until 10 test -s "$COUNT"
}

counts_on() {
    local was=$1
    [[ $(cat "$COUNT" 2>/dev/null) != "$was" ]]
}

idle_up() {
    bundle_new sleep 1000
    container_up
}

# ---- pause and resume --------------------------------------------------------------------------------

@test "a paused container stands still, and goes on when it is resumed" {
    local was
    counting_up
    run hoy pause "$ID"
    succeeded
    is ''
    was=$(cat "$COUNT")
    grep -q 'frozen 1' "$(cgroup_of)/cgroup.events"
    [[ $(cat "$COUNT") == "$was" ]]
    run hoy resume "$ID"
    succeeded
    is ''
    wait_until 10 counts_on "$was"
    grep -q 'frozen 0' "$(cgroup_of)/cgroup.events"
}

@test "state and list show that it is paused" {
    idle_up
    [[ $(status_of) == running ]]
    hoy pause "$ID"
    [[ $(status_of) == paused ]]
    [[ $(pid_of) -gt 0 ]]
    run hoy list
    has paused
    [[ $(hoy list -f json | jq -r '.[0].status') == paused ]]
    hoy resume "$ID"
    [[ $(status_of) == running ]]
}

@test "a created container can be paused, and started when it is resumed" {
    bundle_new echo ran
    OUT=$BUNDLE/out
    hoy create -b "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
    run hoy pause "$ID"
    succeeded
    [[ $(status_of) == paused ]]
    run hoy start "$ID"
    failed_with paused
    hoy resume "$ID"
    [[ $(status_of) == created ]]
    hoy start "$ID"
    wait_output ran
}

@test "pause and resume in the wrong state are errors without effect" {
    idle_up
    run hoy resume "$ID"
    [[ $status == 1 ]]
    is "hoy: container \"$ID\" is running: container not paused"
    hoy pause "$ID"
    run hoy pause "$ID"
    [[ $status == 1 ]]
    is "hoy: container \"$ID\" is paused: container not running"
    [[ $(status_of) == paused ]]
    hoy resume "$ID"
    hoy kill "$ID" KILL
    wait_status stopped
    for verb in pause resume ps; do
        run hoy "$verb" "$ID"
        [[ $status == 1 ]]
        is "hoy: container \"$ID\" is stopped: container not running"
    done
    hoy delete "$ID"
    for verb in pause resume ps; do
        run hoy "$verb" "$ID"
        [[ $status == 1 ]]
        has 'does not exist'
        # ps without an ID lists containers.
        if [[ $verb != ps ]]; then
            run hoy "$verb"
            [[ $status == 1 ]]
            has 'a container ID'
        fi
        run hoy "$verb" ../x
        [[ $status == 1 ]]
    done
}

@test "without a cgroup of its own a container can't be paused" {
    bundle_new sleep 1000
    hoy --cgroup-manager disabled create -b "$BUNDLE" "$ID" </dev/null >"$BUNDLE/out" 2>&1
    hoy start "$ID"
    for verb in pause resume ps; do
        run hoy "$verb" "$ID"
        [[ $status == 1 ]]
        is "hoy: container \"$ID\" has no cgroup of its own"
    done
}

@test "exec into a paused container is an error" {
    idle_up
    hoy pause "$ID"
    run hoy exec "$ID" true
    [[ $status == 255 ]]
    has "container \"$ID\" is paused"
    has "hoy resume $ID"
    [[ $(status_of) == paused ]]
}

@test "exec --ignore-paused waits until it is resumed" {
    idle_up
    hoy pause "$ID"
    hoy exec --ignore-paused "$ID" echo through >"$BUNDLE/out" 2>&1 </dev/null &
    local exec=$!
    two() { [[ $(hoy ps -f json "$ID" | jq length) == 2 ]]; }
    wait_until 10 two
    [[ ! -s $BUNDLE/out ]]
    hoy resume "$ID"
    wait "$exec"
    [[ $(<"$BUNDLE/out") == through ]]
}

@test "kill KILL ends a paused container at once" {
    counting_up
    hoy pause "$ID"
    hoy kill "$ID" KILL
    wait_status stopped
    hoy delete "$ID"
}

@test "kill KILL ends a paused container without a pid namespace of its own" {
    bundle_new
    cfg '.linux.namespaces |= map(select(.type != "pid"))'
    script 'sleep 1000 & echo up; wait'
    container_up
    wait_output up
    hoy pause "$ID"
    hoy kill "$ID" KILL
    wait_status stopped
    hoy delete "$ID"
}

@test "another signal reaches a paused container when it is resumed" {
    bundle_new
    script 'trap "echo got it; exit 0" TERM; echo up; while :; do sleep 1000 & wait; done'
    container_up
    wait_output up
    hoy pause "$ID"
    hoy kill "$ID" TERM
    [[ $(status_of) == paused ]]
    hoy resume "$ID"
    wait_output 'got it'
    wait_status stopped
}

@test "delete refuses a paused container, delete --force removes it" {
    counting_up
    hoy pause "$ID"
    run hoy delete "$ID"
    [[ $status == 1 ]]
    has "container \"$ID\" is not stopped: it is paused"
    [[ $(status_of) == paused ]]
    run hoy delete --force "$ID"
    succeeded
    run hoy state "$ID"
    failed_with 'does not exist'
}

@test "pause reaches processes in cgroups below the container's" {
    bundle_new
    cfg '(.mounts[] | select(.type == "cgroup" or .type == "cgroup2")).options |= map(select(. != "ro"))'
    script 'mkdir /sys/fs/cgroup/below; sleep 1000 & echo $! >/sys/fs/cgroup/below/cgroup.procs; echo up; wait'
    container_up
    wait_output up
    hoy pause "$ID"
    grep -q 'frozen 1' "$(cgroup_of)/below/cgroup.events"
    [[ $(hoy ps -f json "$ID" | jq length) == 2 ]]
    hoy resume "$ID"
    [[ $(status_of) == running ]]
}

@test "a container that somebody else has frozen is shown as paused" {
    idle_up
    local cgroup
    cgroup=$(cgroup_of)
    echo 1 >"$cgroup/cgroup.freeze"
    wait_status paused
    hoy resume "$ID"
    [[ $(<"$cgroup/cgroup.freeze") == 0 ]]
}

# ---- ps ----------------------------------------------------------------------------------------------

@test "ps lists the processes of a container with the host's ps" {
    bundle_new
    script 'sleep 4321 & echo up; wait'
    container_up
    wait_output up
    run hoy ps "$ID"
    succeeded
    [[ ${lines[0]} == *UID*PID*PPID*CMD* ]]
    [[ ${#lines[@]} == 3 ]]
    has 'sleep 4321'
    [[ $output == *" $(pid_of) "* ]]
    has_not "$$"
}

@test "ps passes arguments on" {
    bundle_new
    script 'sleep 4321 & echo up; wait'
    container_up
    wait_output up
    run hoy ps "$ID" -e -o comm,pid
    succeeded
    [[ ${lines[0]} =~ ^COMMAND\ +PID$ && ${#lines[@]} == 3 ]]
    [[ ${lines[1]}${lines[2]} =~ sleep ]]
    run hoy ps "$ID" aux
    succeeded
    [[ ${lines[0]} == USER*PID*COMMAND && ${#lines[@]} == 3 ]]
}

@test "ps without the column PID is an error, and so are arguments that ps refuses" {
    idle_up
    run hoy ps "$ID" -e -o comm
    [[ $status == 1 ]]
    is 'hoy: ps prints no column PID with these arguments'
    run hoy ps "$ID" --no-such-option
    [[ $status == 1 ]]
    has 'ps ended with exit status 1'
}

@test "ps -f json is an array of process ids as the host sees them" {
    bundle_new
    script 'sleep 4321 & echo up; wait'
    container_up
    wait_output up
    run hoy ps -f json "$ID"
    succeeded
    [[ $(jq 'type == "array" and length == 2 and all(.[]; type == "number")' <<<"$output") == true ]]
    jq -e --argjson pid "$(pid_of)" 'index($pid) != null' <<<"$output"
    run hoy ps --format table "$ID"
    has UID
    run hoy ps --format xml "$ID"
    [[ $status == 1 ]]
}

@test "ps shows what exec has started, and a created container's first process" {
    bundle_new sleep 1000
    hoy create -b "$BUNDLE" "$ID" </dev/null >"$BUNDLE/out" 2>&1
    [[ $(hoy ps -f json "$ID") == "[$(pid_of)]" ]]
    hoy start "$ID"
    hoy exec -d --pid-file "$BUNDLE/pid" "$ID" sleep 2000 </dev/null >/dev/null 2>&1
    [[ $(hoy ps -f json "$ID" | jq -c sort) == "$(jq -nc "[$(pid_of), $(<"$BUNDLE/pid")] | sort")" ]]
    hoy pause "$ID"
    [[ $(hoy ps -f json "$ID" | jq length) == 2 ]]
}

@test "ps without ps on the host says so, and json needs none" {
    idle_up
    run env PATH=/nowhere "$HOY" --root "$HOY_ROOT" ps "$ID"
    [[ $status == 1 ]]
    has "ps can't be executed"
    has '--format json needs no ps'
    run env PATH=/nowhere "$HOY" --root "$HOY_ROOT" ps -f json "$ID"
    is "[$(pid_of)]"
}

@test "reclaim: a container without the controller memory says so" {
    idle_up
    [[ ! -e $(cgroup_of)/memory.current ]] || skip "the machine gives every cgroup the controller memory"
    run hoy reclaim "$ID" 1m
    failed_with "hoy: reclaim memory of container \"$ID\": it was made without the controller \"memory\""
}

# ---- What was frozen from outside, while it was being made ---------------------------------------

# frozen_create: a creation that stands still, because its cgroup was frozen before there was a process
# in it. Sets STRACE, whose child the creator is, and CGROUP.
frozen_create() {
    require_tool strace
    bundle_new sleep 1000
    CGROUP=/sys/fs/cgroup/hoy-$ID
    strace -qq -o /dev/null -e trace=clone3 -e inject=clone3:delay_enter=1500000 \
        "$HOY" --root "$HOY_ROOT" create -b "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/create" 2>&1 3>&- &
    STRACE=$!
    wait_until 10 test -e "$CGROUP/cgroup.freeze"
    echo 1 >"$CGROUP/cgroup.freeze"
    wait_until 10 occupied
}

occupied() {
    [[ -n $(<"$CGROUP/cgroup.procs") ]]
}

@test "delete --force ends a creation that was frozen" {
    frozen_create
    run timeout 30 "$HOY" --root "$HOY_ROOT" delete --force "$ID"
    succeeded
    is ''
    ! wait "$STRACE"
    # Which of the two it notices first.
    grep -q 'its first process was killed by signal 9$\|was deleted meanwhile$' "$BATS_TEST_TMPDIR/create"
    [[ -z $(ls -A "$HOY_ROOT") && ! -e $CGROUP ]]
}

@test "delete --force takes away what a killed creation has left frozen" {
    frozen_create
    pkill -KILL -P "$STRACE"
    ! wait "$STRACE"
    run timeout 30 "$HOY" --root "$HOY_ROOT" delete --force "$ID"
    succeeded
    is ''
    [[ -z $(ls -A "$HOY_ROOT") && ! -e $CGROUP ]]
}
