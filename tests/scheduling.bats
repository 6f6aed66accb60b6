#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# scheduler, ioPriority and execCPUAffinity: of the first process and of exec.

load helpers

# A bundle that stays until it is killed; CAP_SYS_NICE is only needed by hoy.
idle_bundle() {
    bundle_new sleep 1000
}

# looks PID: policy, priority and nice of a process (proc(5), stat), in words that chrt(1) uses.
looks() {
    local stat
    read -r -a stat <"/proc/$1/stat"
    # Policy is field 41, real-time priority 40, nice 19.
    echo "policy ${stat[40]} priority ${stat[39]} nice ${stat[18]}"
}

# exec_up [OPTION…] -- COMMAND…: one more process. Sets PID.
exec_up() {
    rm -f "$BUNDLE/pid"
    hoy exec -d --pid-file "$BUNDLE/pid" "$@" </dev/null >/dev/null 2>&1
    PID=$(<"$BUNDLE/pid")
}

# process_file FILTER: a document for exec --process, changed by the filter.
process_file() {
    jq -n '{cwd: "/", user: {uid: 0, gid: 0}, env: ["PATH=/bin"], args: ["sleep", "1000"]} | '"$1" \
        >"$BUNDLE/process.json"
}

# scheduled JSON LOOKS: a process with this scheduler looks so: the first one, exec and exec --process.
scheduled() {
    cfg '.process.scheduler = $s' --argjson s "$1"
    container_up
    [[ $(looks "$(pid_of)") == "$2" ]] || { looks "$(pid_of)" >&2; return 1; }
    exec_up "$ID" sleep 1000
    [[ $(looks "$PID") == "$2" ]] || { looks "$PID" >&2; return 1; }
    process_file ".scheduler = $1"
    exec_up --process "$BUNDLE/process.json" "$ID"
    [[ $(looks "$PID") == "$2" ]] || { looks "$PID" >&2; return 1; }
    hoy delete --force "$ID"
}

# require_scheduling CHRT-OPTION…: root may do it in a new cgroup.
require_scheduling() {
    local dir status=0
    dir=/sys/fs/cgroup/$HOY_TOKEN.probe
    mkdir "$dir"
    bash -c 'echo $$ >"$0/cgroup.procs" && exec chrt "$@" true' "$dir" "$@" 2>/dev/null || status=$?
    rmdir "$dir"
    [[ $status == 0 ]] || skip "this machine allows no chrt $* (real-time groups, or no CAP_SYS_NICE)"
}

# ---- scheduler -------------------------------------------------------------------------------------

# verifies: config process.scheduler, config process.scheduler.policy,
# config process.scheduler.policy=SCHED_OTHER, config process.scheduler.nice
@test "SCHED_OTHER with a nice value" {
    idle_bundle
    scheduled '{"policy": "SCHED_OTHER", "nice": 7}' 'policy 0 priority 0 nice 7'
    scheduled '{"policy": "SCHED_OTHER", "nice": 19}' 'policy 0 priority 0 nice 19'
    scheduled '{"policy": "SCHED_OTHER", "nice": -5}' 'policy 0 priority 0 nice -5'
    scheduled '{"policy": "SCHED_OTHER"}' 'policy 0 priority 0 nice 0'
}

# verifies: config process.scheduler.policy=SCHED_BATCH
@test "SCHED_BATCH with a nice value" {
    idle_bundle
    scheduled '{"policy": "SCHED_BATCH", "nice": 3}' 'policy 3 priority 0 nice 3'
}

# verifies: config process.scheduler.policy=SCHED_IDLE
@test "SCHED_IDLE" {
    idle_bundle
    scheduled '{"policy": "SCHED_IDLE"}' 'policy 5 priority 0 nice 0'
}

# verifies: config process.scheduler.policy=SCHED_FIFO, config process.scheduler.priority
@test "SCHED_FIFO with a priority" {
    require_scheduling -f 10
    idle_bundle
    scheduled '{"policy": "SCHED_FIFO", "priority": 10}' 'policy 1 priority 10 nice 0'
}

# verifies: config process.scheduler.policy=SCHED_RR
@test "SCHED_RR with a priority" {
    require_scheduling -r 99
    idle_bundle
    scheduled '{"policy": "SCHED_RR", "priority": 99}' 'policy 2 priority 99 nice 0'
}

# verifies: config process.scheduler.policy=SCHED_DEADLINE, config process.scheduler.runtime,
# config process.scheduler.deadline, config process.scheduler.period
@test "SCHED_DEADLINE with runtime, deadline and period" {
    require_scheduling -d -T 1000000 -D 5000000 -P 10000000 0
    idle_bundle
    cfg '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 5000000, period: 10000000}'
    container_up
    [[ $(looks "$(pid_of)") == 'policy 6 priority 0 nice 0' ]]
    run chrt -p "$(pid_of)"
    has 'SCHED_DEADLINE'
    has '1000000/5000000/10000000'
}

# verifies: config process.scheduler.flags, config process.scheduler.flags[]=SCHED_FLAG_RESET_ON_FORK
@test "SCHED_FLAG_RESET_ON_FORK: a child has the default again" {
    idle_bundle
    script 'sleep 1000 & echo $! >/tmp/child; exec sleep 1000'
    cfg '.root.readonly = false'
    scheduled '{"policy": "SCHED_BATCH", "nice": -5, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}' \
        'policy 3 priority 0 nice -5'
    container_up
    run chrt -p "$(pid_of)"
    has 'SCHED_BATCH|SCHED_RESET_ON_FORK'
    wait_until 10 child_is 'policy 3 priority 0 nice 0'
    # and without the flag it has not
    hoy delete --force "$ID"
    cfg 'del(.process.scheduler.flags)'
    container_up
    wait_until 10 child_is 'policy 3 priority 0 nice -5'
}

child_is() {
    local child
    child=$(pgrep -P "$(pid_of)") && [[ $(looks "$child") == "$1" ]]
}

# verifies: config process.scheduler.flags[]=SCHED_FLAG_KEEP_POLICY,
# config process.scheduler.flags[]=SCHED_FLAG_KEEP_PARAMS
@test "SCHED_FLAG_KEEP_POLICY and SCHED_FLAG_KEEP_PARAMS keep the caller's" {
    idle_bundle
    cfg '.process.scheduler = {policy: "SCHED_IDLE", nice: 9, flags: ["SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_KEEP_POLICY"]}'
    nice -n 4 chrt -b 0 "$HOY" --root "$HOY_ROOT" create -b "$BUNDLE" "$ID" </dev/null 3>&- >"$BUNDLE/out" 2>&1
    [[ $(looks "$(pid_of)") == 'policy 3 priority 0 nice 4' ]]
}

# verifies: config process.scheduler.flags[]=SCHED_FLAG_RECLAIM,
# config process.scheduler.flags[]=SCHED_FLAG_DL_OVERRUN
@test "SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN reach the kernel" {
    bundle_new true
    # The kernel takes the numbers 0x2 and 0x4 with every policy; strace shows what hoy-init asks for.
    require_tool strace
    cfg '.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN"]}'
    strace -f -o "$BUNDLE/trace" -e trace=sched_setattr "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&-
    run cat "$BUNDLE/trace"
    has 'SCHED_FLAG_RECLAIM|SCHED_FLAG_DL_OVERRUN'
}

# verifies: config process.scheduler.flags[]=SCHED_FLAG_UTIL_CLAMP_MIN,
# config process.scheduler.flags[]=SCHED_FLAG_UTIL_CLAMP_MAX
@test "SCHED_FLAG_UTIL_CLAMP_MIN and _MAX reach the kernel, with clamps of 0" {
    local flag
    bundle_new true
    require_tool strace
    for flag in SCHED_FLAG_UTIL_CLAMP_MIN SCHED_FLAG_UTIL_CLAMP_MAX; do
        cfg '.process.scheduler = {policy: "SCHED_OTHER", flags: [$f]}' --arg f "$flag"
        run strace -f -o "$BUNDLE/trace" -e trace=sched_setattr "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
        # A kernel without clamps (CONFIG_UCLAMP_TASK) says that it has none.
        [[ $status == 0 ]] || has 'process.scheduler'
        run cat "$BUNDLE/trace"
        has "$flag"
        has 'sched_util_min=0, sched_util_max=0'
        has_not EINVAL
    done
}

# verifies: config process.scheduler.policy=SCHED_ISO
@test "SCHED_ISO, which Linux never had, is an error" {
    bundle_new true
    cfg '.process.scheduler = {policy: "SCHED_ISO"}'
    container_run
    failed_with 'config.json: process.scheduler.policy: Linux has reserved SCHED_ISO but never had it'
}

@test "a scheduler that can't be is an error that names it" {
    bundle_new true
    cfg '.process.scheduler = {policy: "SCHED_OTHER", nice: 20}'
    container_run
    failed_with 'config.json: process.scheduler.nice: must be from -20 to 19, got 20'
    cfg '.process.scheduler = {policy: "SCHED_OTHER", nice: -21}'
    container_run
    failed_with 'config.json: process.scheduler.nice: must be from -20 to 19, got -21'
    cfg '.process.scheduler = {policy: "SCHED_FAST"}'
    container_run
    failed_with 'config.json: process.scheduler.policy'
    cfg '.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_X"]}'
    container_run
    failed_with 'config.json: process.scheduler.flags[0]'
    cfg '.process.scheduler = {}'
    container_run
    failed_with 'config.json: process.scheduler.policy'
    # What only the kernel knows.
    cfg '.process.scheduler = {policy: "SCHED_FIFO", priority: 0}'
    container_run
    failed_with 'config.json: process.scheduler: '
    has 'invalid argument'
    [[ -z $(ls "$HOY_ROOT") ]]
}

@test "without a scheduler it is the caller's" {
    idle_bundle
    nice -n 4 "$HOY" --root "$HOY_ROOT" create -b "$BUNDLE" "$ID" </dev/null 3>&- >"$BUNDLE/out" 2>&1
    [[ $(looks "$(pid_of)") == 'policy 0 priority 0 nice 4' ]]
}

# ---- ioPriority --------------------------------------------------------------------------------------

# prioritized JSON WORDS: as ionice(1) says it of the first process, exec and exec --process.
prioritized() {
    cfg '.process.ioPriority = $p' --argjson p "$1"
    container_up
    [[ $(ionice -p "$(pid_of)") == "$2" ]]
    exec_up "$ID" sleep 1000
    [[ $(ionice -p "$PID") == "$2" ]]
    process_file ".ioPriority = $1"
    exec_up --process "$BUNDLE/process.json" "$ID"
    [[ $(ionice -p "$PID") == "$2" ]]
    hoy delete --force "$ID"
}

# verifies: config process.ioPriority, config process.ioPriority.class, config process.ioPriority.priority,
# config process.ioPriority.class=IOPRIO_CLASS_BE
@test "ioPriority: best effort" {
    idle_bundle
    prioritized '{"class": "IOPRIO_CLASS_BE", "priority": 3}' 'best-effort: prio 3'
    prioritized '{"class": "IOPRIO_CLASS_BE", "priority": 7}' 'best-effort: prio 7'
    prioritized '{"class": "IOPRIO_CLASS_BE"}' 'best-effort: prio 0'
}

# verifies: config process.ioPriority.class=IOPRIO_CLASS_RT
@test "ioPriority: real time" {
    idle_bundle
    prioritized '{"class": "IOPRIO_CLASS_RT", "priority": 0}' 'realtime: prio 0'
    prioritized '{"class": "IOPRIO_CLASS_RT", "priority": 5}' 'realtime: prio 5'
}

# verifies: config process.ioPriority.class=IOPRIO_CLASS_IDLE
@test "ioPriority: idle" {
    idle_bundle
    prioritized '{"class": "IOPRIO_CLASS_IDLE"}' idle
    prioritized '{"class": "IOPRIO_CLASS_IDLE", "priority": 4}' idle
}

@test "an ioPriority that can't be is an error that names it" {
    local p
    bundle_new true
    for p in -1 8; do
        cfg '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: $p}' --argjson p "$p"
        container_run
        failed_with "config.json: process.ioPriority.priority: must be from 0 to 7, got $p"
    done
    cfg '.process.ioPriority = {class: "IOPRIO_CLASS_NONE"}'
    container_run
    failed_with 'config.json: process.ioPriority.class'
    cfg '.process.ioPriority = {priority: 1}'
    container_run
    failed_with 'config.json: process.ioPriority.class'
}

# ---- execCPUAffinity ---------------------------------------------------------------------------------

# Which CPUs a process may use, as a list.
cpus_of() {
    sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$1/status"
}

all_cpus() {
    taskset -c 0-1023 sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status
}

require_cpus() {
    (($(nproc --all) >= $1)) || skip "this machine has fewer than $1 CPUs"
}

# verifies: config process.execCPUAffinity, config process.execCPUAffinity.final
@test "execCPUAffinity.final is where exec runs" {
    require_cpus 2
    idle_bundle
    cfg '.process.execCPUAffinity = {final: "1"}'
    container_up
    exec_up "$ID" sleep 1000
    [[ $(cpus_of "$PID") == 1 ]]
    cfg '.process.execCPUAffinity = {initial: "1", final: "0"}'
    hoy delete --force "$ID"
    container_up
    exec_up "$ID" sleep 1000
    [[ $(cpus_of "$PID") == 0 ]]
}

@test "the first process is not bound by execCPUAffinity" {
    require_cpus 2
    bundle_new sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status
    cfg '.process.execCPUAffinity = {initial: "1", final: "1"}'
    container_run
    is "$(all_cpus)"
}

# verifies: config process.execCPUAffinity.initial
@test "execCPUAffinity.initial is where exec begins, and no more" {
    require_cpus 2
    require_tool strace
    idle_bundle
    cfg '.process.execCPUAffinity = {initial: "1"}'
    container_up
    strace -f -o "$BUNDLE/trace" -e trace=sched_setaffinity,clone3,execve \
        "$HOY" --root "$HOY_ROOT" exec "$ID" sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status \
        >"$BUNDLE/out" 3>&-
    [[ $(<"$BUNDLE/out") == "$(all_cpus)" ]]
    # hoy's own, before the child is born in the cgroup.
    run grep -v 'execve(' "$BUNDLE/trace"
    [[ ${lines[0]} == *'sched_setaffinity(0, '*'[1'*'= 0' ]]
    [[ ${lines[1]} == *clone3* ]]
}

@test "execCPUAffinity of exec --process counts instead of the container's" {
    require_cpus 2
    idle_bundle
    cfg '.process.execCPUAffinity = {final: "0"}'
    container_up
    process_file '.execCPUAffinity = {final: "1"}'
    exec_up --process "$BUNDLE/process.json" "$ID"
    [[ $(cpus_of "$PID") == 1 ]]
    process_file '.execCPUAffinity = {initial: "0", final: "0-1"}'
    exec_up --process "$BUNDLE/process.json" "$ID"
    [[ $(cpus_of "$PID") == 0-1 ]]
    process_file .
    exec_up --process "$BUNDLE/process.json" "$ID"
    [[ $(cpus_of "$PID") == "$(all_cpus)" ]]
}

@test "the caller's affinity is not inherited: create, run, exec" {
    require_cpus 2
    bundle_new sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status
    run taskset -c 1 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    is "$(all_cpus)"
    args sleep 1000
    taskset -c 1 "$HOY" --root "$HOY_ROOT" create -b "$BUNDLE" "$ID" </dev/null 3>&- >"$BUNDLE/out" 2>&1
    [[ $(cpus_of "$(pid_of)") == "$(all_cpus)" ]]
    hoy start "$ID"
    run taskset -c 1 "$HOY" --root "$HOY_ROOT" exec "$ID" \
        sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status 3>&-
    is "$(all_cpus)"
}

@test "a list of CPUs that is none is an error that names it" {
    local list name
    bundle_new true
    for name in initial final; do
        for list in x 1- -1 1,,2 3-1 '0 1' 99999; do
            cfg '.process.execCPUAffinity = {($n): $l}' --arg n "$name" --arg l "$list"
            container_run
            failed_with "config.json: process.execCPUAffinity.$name: must be a list of CPUs like \"0-3,7\", got \"$list\""
        done
    done
    idle_bundle
    container_up
    process_file '.execCPUAffinity = {final: "x"}'
    run hoy exec --process "$BUNDLE/process.json" "$ID"
    [[ $status == 255 ]]
    has 'process.json: execCPUAffinity.final: must be a list of CPUs like "0-3,7", got "x"'
}

@test "CPUs that the machine lacks are an error" {
    idle_bundle
    container_up
    process_file '.execCPUAffinity = {final: "1000-1010"}'
    run hoy exec --process "$BUNDLE/process.json" "$ID"
    [[ $status == 255 ]]
    has 'process.json: execCPUAffinity.final'
    process_file '.execCPUAffinity = {initial: "1000-1010"}'
    run hoy exec --process "$BUNDLE/process.json" "$ID"
    [[ $status == 255 ]]
    has 'process.json: execCPUAffinity.initial'
}
