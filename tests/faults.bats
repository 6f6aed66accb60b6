#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the container; bats' own variables
# Failure at any point: every operation of a plan fails once, hoy is killed at every system call, and
# state is lost or torn. What is promised: an error that names the place, a machine as before (or,
# after a kill, after `delete --force`), and the same ID starts again.

load helpers

# What a container can leave: processes in our part of the tree, mounts, cgroups, state.
machine() {
    local mounts
    mapfile -t mounts </proc/self/mountinfo
    echo "${#mounts[@]} mounts" /sys/fs/cgroup/*"$HOY_TOKEN"* "$HOY_ROOT"/*
}

cgroup_dir() {
    echo "/sys/fs/cgroup/hoy-$ID"
}

# A bundle whose plan has operations of nearly every code: the others exclude each other.
bundle_full() {
    bundle_new true
    local script='true'
    touch "$BUNDLE/file"
    cfg '.process.rlimits += [{type: "RLIMIT_CORE", soft: 0, hard: 0}]
        | .process.user = {uid: 1, gid: 2, additionalGids: [3], umask: 18}
        | .process.oomScoreAdj = 100 | .process.cwd = "/tmp"
        | .domainname = "harbour"
        | .mounts += [
            {destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]},
            {destination: "/mnt/file", source: "file", type: "bind", options: ["bind", "ro"]},
            {destination: "/mnt", options: ["remount", "nosuid"]}]
        | .linux.devices = [{path: "/dev/own", type: "c", major: 1, minor: 3}, {path: "/tmp/null", type: "c", major: 1, minor: 3}]
        | .linux.sysctl = {"net.ipv4.ip_forward": "1"}
        | .linux.personality = {domain: "LINUX"}
        | .linux.rootfsPropagation = "shared"
        | .linux.resources.unified = {"cgroup.max.depth": "5"}'
    local kind
    for kind in prestart createRuntime createContainer startContainer poststart; do
        cfg '.hooks[$k] = [{path: "/bin/sh", args: ["sh", "-c", $s]}]' --arg k "$kind" --arg s "$script"
    done
}

# The number of operations, and what an error names of operation N: field and words.
plan_read() {
    hoy plan -b "$BUNDLE" --format json "$ID" >"$BATS_TEST_TMPDIR/plan"
    mapfile -t FIELDS < <(jq -r '.operations[] | .field // ""' "$BATS_TEST_TMPDIR/plan")
    mapfile -t WORDS < <(jq -r '.operations[].description | .[0:60] | gsub("\n"; "\\x0a")' "$BATS_TEST_TMPDIR/plan")
    OPS=${#FIELDS[@]}
    ((OPS > 40 && ${#WORDS[@]} == OPS))
}

# fails_at N: the last `run` failed with an error that names operation N of the plan.
fails_at() {
    local field=${FIELDS[$1 - 1]} words=${WORDS[$1 - 1]}
    [[ $status == 1 ]] || { echo "operation $1 ($words): exit status $status: $output" >&2; return 1; }
    [[ ${#lines[@]} == 1 ]] || { echo "operation $1 ($words): $output" >&2; return 1; }
    has "failed on demand" || return 1
    [[ -z $field ]] || has "config.json: $field: " || return 1
    [[ $output == *"$words"* ]] || { echo "operation $1: no '$words' in $output" >&2; return 1; }
}

@test "the full bundle runs, and its plan has most operations there are" {
    bundle_full
    container_run
    succeeded
    plan_read
    (($(jq -r '[.operations[].operation] | unique | length' "$BATS_TEST_TMPDIR/plan") >= 38))
}

@test "whichever operation of run fails is named, and nothing is left" {
    require_faults
    local n before
    bundle_full
    plan_read
    before=$(machine)
    for ((n = 1; n <= OPS; n++)); do
        run hoy_faults "$n" run -b "$BUNDLE" "$ID" </dev/null
        fails_at "$n"
        [[ $(machine) == "$before" ]] || { echo "operation $n left: $(machine)" >&2; false; }
    done
    container_run
    succeeded
}

@test "the same ID starts again after a failure of any operation" {
    require_faults
    local n
    bundle_full
    plan_read
    for ((n = 1; n <= OPS; n += 3)); do
        hoy_faults "$n" run -b "$BUNDLE" "$ID" </dev/null 2>/dev/null || true
        container_run
        succeeded
    done
}

@test "whichever operation of create and start fails is named, and nothing is left" {
    require_faults
    local n before create start ready
    bundle_full
    # create has two barriers that run has not, in front of the startContainer hooks.
    plan_read
    before=$(machine)
    ready=$(jq -r '[.operations[] | select(.field == "hooks.startContainer[0]") | .number][0]' \
        "$BATS_TEST_TMPDIR/plan")
    for ((n = 1; n < ready; n++)); do
        run hoy_faults "$n" create -b "$BUNDLE" "$ID" </dev/null
        fails_at "$n"
        [[ $(machine) == "$before" ]] || { echo "operation $n left: $(machine)" >&2; false; }
    done
    run hoy_faults "$ready" create -b "$BUNDLE" "$ID" </dev/null
    [[ $status == 1 ]]
    has "barrier"
    [[ $(machine) == "$before" ]]
    # What is behind the barrier fails in start: create has given the plan to the walker already, so
    # the number is create's; poststart hooks are the parent's, and the number is start's.
    for ((n = ready; n <= OPS; n++)); do
        create=$((n + 2))
        start=$((n + 2))
        HOY_FAIL_OP=$create "$HOY_FAULTS_BIN" --root "$HOY_ROOT" create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-
        run hoy_faults "$start" start "$ID"
        fails_at "$n"
        [[ $(machine) == "$before" ]] || { echo "operation $n left: $(machine)" >&2; false; }
    done
    hoy create -b "$BUNDLE" "$ID" </dev/null
    hoy start "$ID"
}

@test "whichever operation of exec fails is named, and the container is as before" {
    require_faults
    local n words seen=0
    bundle_full
    args sleep 1000
    cfg 'del(.hooks)'
    container_up
    for ((n = 1; n < 60; n++)); do
        run hoy_faults "$n" exec "$ID" true
        [[ $status != 0 ]] || break
        [[ $status == 255 && ${#lines[@]} == 1 ]] || { echo "operation $n: $status $output" >&2; false; }
        has "failed on demand"
        # Words or a field besides.
        words=${output#hoy: }
        [[ $words != "failed on demand"* ]] || { echo "operation $n has no words" >&2; false; }
        seen=$((seen + 1))
    done
    ((seen >= 15 && seen < 58))
    wait_until 10 bash -c '[[ $(wc -l <"$0/cgroup.procs") == 1 ]]' "$(cgroup_dir)"
    [[ $(status_of) == running ]]
    run hoy exec "$ID" true
    succeeded
}

@test "whichever operation fails with a user namespace is named, and nothing is left" {
    require_faults
    local n before
    bundle_full
    chmod 755 "$BUNDLE" "$BATS_TEST_TMPDIR" 2>/dev/null || true
    cfg 'del(.hooks, .linux.sysctl, .process.oomScoreAdj, .linux.rootfsPropagation) | .linux.namespaces += [{type: "user"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings
        | .linux.devices = [] | .mounts |= map(select(.destination | startswith("/mnt") | not))'
    container_run
    succeeded
    plan_read
    before=$(machine)
    for ((n = 1; n <= OPS; n++)); do
        run hoy_faults "$n" run -b "$BUNDLE" "$ID" </dev/null
        [[ $status == 1 && ${#lines[@]} == 1 ]] || { echo "operation $n: $status $output" >&2; false; }
        has "failed on demand"
        [[ $(machine) == "$before" ]] || { echo "operation $n left: $(machine)" >&2; false; }
    done
}

@test "a poststop hook that fails on demand is a warning" {
    require_faults
    local n
    bundle_new true
    cfg '.hooks.poststop = [{path: "/bin/true"}]'
    plan_read
    n=$OPS
    run hoy_faults "$n" run -b "$BUNDLE" "$ID" </dev/null
    succeeded
    is "hoy: warning: hooks.poststop[0]: failed on demand"
}

# ---- Killed --------------------------------------------------------------------------------------

# calls_read COMMAND…: the system calls of hoy itself (not of its children), as NAME:WHICH, the second
# being the how manieth of that name it is: so strace counts.
calls_read() {
    strace -qq -o "$BATS_TEST_TMPDIR/trace" -e signal=none "$HOY" --root "$HOY_ROOT" "$@" \
        </dev/null >/dev/null 2>&1 3>&-
    mapfile -t CALLS < <(grep -oE '^[a-z_0-9]+\(' "$BATS_TEST_TMPDIR/trace" |
        awk '{ sub(/\(/, ""); n[$1]++; if ($1 != "execve" && $1 != "exit_group") print $1 ":" n[$1] }')
    ((${#CALLS[@]} > 40))
}

# killed_at CALL COMMAND…: kills hoy as it makes this call; fails where it has not got there.
killed_at() {
    local call=$1 code=0
    shift
    (
        strace -qq -o /dev/null -e signal=none -e "inject=${call%:*}:signal=KILL:when=${call#*:}" \
            "$HOY" --root "$HOY_ROOT" "$@" </dev/null >/dev/null 2>&1 3>&-
        exit $?
    ) 2>/dev/null || code=$?
    [[ $code == 137 ]]
}

# Nothing but what a lost plan is worth may be said.
deleted_well() {
    [[ -z $1 || $1 != *$'\n'* && $1 == *"its poststop hooks are not run" ]]
}

# killed_walk STEP COMMAND…: kills hoy at every STEPth system call; after each, delete --force leaves
# nothing, and the same ID runs.
killed_walk() {
    local step=$1 i killed=0 before call said
    shift
    before=$(machine)
    calls_read "$@"
    hoy delete --force "$ID"
    for ((i = 0; i < ${#CALLS[@]}; i += step)); do
        call=${CALLS[i]}
        if killed_at "$call" "$@"; then
            killed=$((killed + 1))
        fi
        if ! said=$(hoy delete --force "$ID" 2>&1) || ! deleted_well "$said"; then
            echo "$call: delete: $said" >&2
            return 1
        fi
        [[ $(machine) == "$before" ]] || { echo "$call left: $(machine)" >&2; return 1; }
        if ((i % (8 * step) == 0)); then
            run hoy run -b "$BUNDLE" "$ID"
            [[ $status == 0 && -z $output ]] || { echo "$call: again: $status $output" >&2; return 1; }
        fi
    done
    # Some calls depend on the moment (a wait for what is there already).
    ((killed > ${#CALLS[@]} * 8 / 10 / step)) || { echo "killed only $killed times" >&2; return 1; }
}

# bats test_tags=syscalls
@test "hoy create killed at every system call leaves what delete --force takes away" {
    require_tool strace
    bundle_new true
    killed_walk 1 create -b "$BUNDLE" "$ID"
}

# bats test_tags=syscalls
@test "hoy run killed at every third system call, with hooks and a user namespace" {
    require_tool strace
    bundle_new true
    cfg '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings | .hooks.createRuntime = [{path: "/bin/true"}] | .hooks.poststop = [{path: "/bin/true"}]'
    chmod 755 "$BUNDLE"
    killed_walk 3 run -b "$BUNDLE" "$ID"
}

# bats test_tags=syscalls
@test "hoy delete killed at every system call can be repeated" {
    require_tool strace
    local call before said
    bundle_new sleep 1000
    before=$(machine)
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    calls_read delete --force "$ID"
    for call in "${CALLS[@]}"; do
        hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
        killed_at "$call" delete --force "$ID" || true
        said=$(hoy delete --force "$ID" 2>&1) && [[ -z $said ]] || { echo "$call: $said" >&2; false; }
        [[ $(machine) == "$before" ]] || { echo "$call left: $(machine)" >&2; false; }
    done
}

# bats test_tags=syscalls
@test "the walker killed at any of its own system calls is reported, and nothing is left" {
    require_tool strace
    local call before code seen=0 i
    bundle_new true
    before=$(machine)
    # Calls that hoy itself does not make, as the walker's.
    strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e signal=none \
        -e trace=fsconfig,fsopen,fsmount,mknodat,symlinkat,setresuid,setresgid,capset,pivot_root,sethostname,setsid,umask \
        "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-
    mapfile -t CALLS < <(grep -oE '[a-z_0-9]+\(' "$BATS_TEST_TMPDIR/trace" |
        awk '{ sub(/\(/, ""); n[$1]++; if (n[$1] < 8) print $1 ":" n[$1] }')
    ((${#CALLS[@]} > 30))
    for ((i = 0; i < ${#CALLS[@]}; i += 2)); do
        call=${CALLS[i]}
        code=0
        timeout 20 strace -f -qq -o /dev/null -e signal=none \
            -e "inject=${call%:*}:signal=KILL:when=${call#*:}" \
            "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- ||
            code=$?
        if [[ $code == 1 ]]; then
            grep -qx "hoy: set the container up: its first process was killed by signal 9" "$BATS_TEST_TMPDIR/out" ||
                { echo "$call: $(<"$BATS_TEST_TMPDIR/out")" >&2; false; }
            seen=$((seen + 1))
        fi
        [[ $(machine) == "$before" ]] || { echo "$call left: $(machine)" >&2; false; }
    done
    ((seen > 10)) || { echo "only $seen" >&2; false; }
}

@test "a caller that is killed while create is at work leaves no process" {
    bundle_new true
    cfg '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "sleep 1011"]}]'
    "$HOY" --root "$HOY_ROOT" create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- &
    local pid=$!
    wait_until 10 pgrep -f 'sleep 1011' >/dev/null
    [[ $(status_of) == creating ]]
    kill -KILL $pid
    wait $pid || true
    # Its child, the walker, sees the end of its socket; the record says who was at work.
    wait_status stopped
    wait_until 10 grep -q 'populated 0' "$(cgroup_dir)/cgroup.events"
    hoy delete "$ID"
    [[ ! -e $(cgroup_dir) && ! -e $HOY_ROOT/$ID ]]
    pkill -f 'sleep 1011'
}

@test "delete --force ends a creation that hangs" {
    bundle_new true
    cfg '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "sleep 2"]}]'
    "$HOY" --root "$HOY_ROOT" create -b "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! code=0
    wait_status creating
    hoy delete --force "$ID"
    wait $pid || code=$?
    [[ $code == 1 ]]
    [[ $(wc -l <"$BATS_TEST_TMPDIR/out") == 1 ]]
    [[ ! -e $(cgroup_dir) && ! -e $HOY_ROOT/$ID ]]
}

# ---- Lost and torn -------------------------------------------------------------------------------

gone() { [[ ! -d /proc/$1 ]]; }

# torn_by COMMAND…: a running container to which this happens in its directory.
torn_by() {
    bundle_new sleep 1000
    container_up
    local pid
    pid=$(pid_of)
    (cd "$HOY_ROOT/$ID" && "$@")
    hoy delete --force "$ID"
    [[ ! -e $(cgroup_dir) && ! -e $HOY_ROOT/$ID ]]
    # Dead it is; who reaps it is not hoy.
    wait_until 10 gone "$pid"
    args true
    container_run
    succeeded
}

@test "a lost record" {
    torn_by rm state.json
}

@test "a record cut off in the middle" {
    torn_by truncate -s 100 state.json
}

@test "an empty record" {
    torn_by truncate -s 0 state.json
}

@test "a record that is a directory, a FIFO, a link" {
    torn_by bash -c 'rm state.json; mkdir state.json; touch state.json/x'
    torn_by bash -c 'rm state.json; mkfifo state.json'
    torn_by bash -c 'rm state.json; ln -s /dev/zero state.json'
}

@test "a record with other values" {
    torn_by bash -c 'jq ".hoy.version = 999" state.json >x; mv x state.json'
    torn_by bash -c 'jq ".status = \"flying\"" state.json >x; mv x state.json'
    torn_by bash -c 'jq ".pid = \"x\"" state.json >x; mv x state.json'
}

@test "a lost plan" {
    torn_by rm plan
}

@test "a torn plan" {
    torn_by truncate -s 50 plan
    torn_by bash -c 'head -c 100000 /dev/urandom >plan'
}

@test "a lost socket" {
    bundle_new sleep 1000
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    rm "$HOY_ROOT/$ID/start.sock"
    run timeout 10 "$HOY" --root "$HOY_ROOT" start "$ID" 3>&-
    [[ $status == 1 ]]
    hoy delete --force "$ID"
    [[ ! -e $(cgroup_dir) ]]
}

@test "a lost directory: the cgroup tells of the container by its attribute" {
    bundle_new sleep 1000
    container_up
    rm -r "${HOY_ROOT:?}/$ID"
    run hoy state "$ID"
    is "hoy: container \"$ID\" does not exist"
    hoy delete --force "$ID"
    [[ ! -e $(cgroup_dir) ]]

    cfg '.linux.cgroupsPath = $p' --arg p "/$HOY_TOKEN-lost/deep/name"
    container_up
    [[ -d /sys/fs/cgroup/$HOY_TOKEN-lost/deep/name ]]
    rm -r "${HOY_ROOT:?}/$ID"
    hoy delete --force "$ID"
    [[ ! -e /sys/fs/cgroup/$HOY_TOKEN-lost ]]
}

@test "torn state is an error that says what to do, for every verb but delete --force" {
    bundle_new sleep 1000
    container_up
    echo '{' >"$HOY_ROOT/$ID/state.json"
    local verb
    for verb in state start kill delete; do
        run hoy "$verb" "$ID"
        [[ $status == 1 && ${#lines[@]} == 1 ]]
        has "(its record is lost or torn: hoy delete --force $ID)"
    done
    run hoy exec "$ID" true
    [[ $status == 255 ]]
    has "(its record is lost or torn: hoy delete --force $ID)"
    rm "$HOY_ROOT/$ID/state.json"
    run hoy state "$ID"
    is "hoy: read the state of container \"$ID\": no such file or directory (its record is lost or torn: hoy delete --force $ID)"
    run hoy create -b "$BUNDLE" "$ID"
    has "exists already"
}

@test "a full disk below the state directory is an error, and nothing is left" {
    bundle_new true
    mkdir "$BATS_TEST_TMPDIR/small"
    mount -t tmpfs -o size=8k,mode=700 small "$BATS_TEST_TMPDIR/small"
    dd if=/dev/zero of="$BATS_TEST_TMPDIR/small/filler" bs=4k 2>/dev/null || true
    run hoy --root "$BATS_TEST_TMPDIR/small" run -b "$BUNDLE" "$ID"
    local said=$output code=$status left
    left=$(ls "$BATS_TEST_TMPDIR/small")
    umount "$BATS_TEST_TMPDIR/small"
    [[ $code == 1 && $said == *"no space left on device"* ]] || { echo "$code $said" >&2; false; }
    [[ $left == filler && ! -e $(cgroup_dir) ]]
}
