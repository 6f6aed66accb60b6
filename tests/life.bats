#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the container; bats' own variables
# The life of a container: every verb in every state, what others see of it, and how it ends.

load helpers

teardown() {
    local pid
    for pid in ${BACKGROUND:-}; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    containers_remove
    rm -rf --one-file-system "${PUBLIC:-}"
}

# run_in_background ARGUMENT…: hoy in the background; sets HOY_PID and OUT.
run_in_background() {
    OUT=$BATS_TEST_TMPDIR/$ID.out
    "$HOY" --root "$HOY_ROOT" "$@" </dev/null >"$OUT" 2>&1 3>&- &
    HOY_PID=$!
    BACKGROUND+=" $HOY_PID"
}

cgroup_dir() {
    echo "/sys/fs/cgroup/hoy-$ID"
}

# A process that lives until it is told to end, and says so.
LIVES='trap "echo ended by TERM; exit 7" TERM; echo ready; while :; do sleep 0.02; done'

# frozen: the container's cgroup is, by its own account.
frozen() {
    grep -q 'frozen 1' "$(cgroup_dir)/cgroup.events"
}

freeze() {
    echo 1 >"$(cgroup_dir)/cgroup.freeze"
    wait_until 10 frozen
}

# ---- The states ----------------------------------------------------------------------------------

# verifies: state id, state ociVersion, state status, state status=created, state status=running,
#  state status=stopped, state pid, state bundle, state annotations, config annotations
@test "a container goes from created to running to stopped and away" {
    bundle_new
    cfg '.annotations = {"a.b": "c \" d", "empty": ""}'
    script "$LIVES"
    hoy create -b "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1
    run hoy state "$ID"
    succeeded
    [[ $(jq -r .status <<<"$output") == created ]]
    local pid
    pid=$(jq -r .pid <<<"$output")
    [[ -d /proc/$pid ]]
    [[ $(jq -r .id <<<"$output") == "$ID" ]]
    [[ $(jq -r .ociVersion <<<"$output") == 1.* ]]
    [[ $(jq -r .bundle <<<"$output") == "$(realpath "$BUNDLE")" ]]
    [[ $(jq -r .rootfs <<<"$output") == "$(realpath "$BUNDLE")/rootfs" ]]
    [[ $(jq -c .annotations <<<"$output") == '{"a.b":"c \" d","empty":""}' ]]
    [[ $(jq -r .owner <<<"$output") == root ]]
    [[ $(jq -r .created <<<"$output") =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z$ ]]
    [[ $output == *$'\n  "'* ]] # indented

    hoy start "$ID"
    run hoy state "$ID"
    [[ $(jq -r .status <<<"$output") == running && $(jq -r .pid <<<"$output") == "$pid" ]]

    hoy kill "$ID" KILL
    wait_status stopped
    run hoy state "$ID"
    [[ $(jq -r .pid <<<"$output") == 0 ]]
    [[ $(jq 'has("pid")' <<<"$output") == true ]]

    hoy delete "$ID"
    run hoy state "$ID"
    [[ $status == 1 ]]
    is "hoy: container \"$ID\" does not exist"
    [[ ! -e $(cgroup_dir) && ! -e $HOY_ROOT/$ID ]]
}

# verifies: state status=creating
@test "a container is 'creating' while its hooks run" {
    bundle_new true
    cat >"$BUNDLE/hook" <<HOOK
#!/bin/sh
"$HOY" --root "$HOY_ROOT" state "$ID" >"$BATS_TEST_TMPDIR/seen" 2>&1
"$HOY" --root "$HOY_ROOT" kill "$ID" >"$BATS_TEST_TMPDIR/killed" 2>&1
"$HOY" --root "$HOY_ROOT" start "$ID" >"$BATS_TEST_TMPDIR/started" 2>&1
"$HOY" --root "$HOY_ROOT" delete "$ID" >"$BATS_TEST_TMPDIR/deleted" 2>&1
exit 0
HOOK
    chmod +x "$BUNDLE/hook"
    cfg '.hooks.createRuntime = [{path: $hook}]' --arg hook "$BUNDLE/hook"
    hoy create -b "$BUNDLE" "$ID" </dev/null
    [[ $(jq -r .status "$BATS_TEST_TMPDIR/seen") == creating ]]
    [[ $(<"$BATS_TEST_TMPDIR/killed") == "hoy: container \"$ID\" is creating: container not running" ]]
    [[ $(<"$BATS_TEST_TMPDIR/started") == \
        "hoy: container \"$ID\" is creating: only a created one can be started" ]]
    [[ $(<"$BATS_TEST_TMPDIR/deleted") == "hoy: container \"$ID\" is not stopped: it is creating"* ]]
    [[ $(status_of) == created ]]
}

@test "a frozen container is 'paused', in state and list, and running again when thawed" {
    bundle_new
    script "$LIVES"
    container_up
    freeze
    [[ $(status_of) == paused ]]
    [[ $(hoy list -f json | jq -r '.[0].status') == paused ]]
    echo 0 >"$(cgroup_dir)/cgroup.freeze"
    wait_status running
}

@test "a frozen container is killed and deleted at once" {
    bundle_new
    script "$LIVES"
    container_up
    freeze
    hoy kill "$ID" KILL
    wait_status stopped
    hoy delete "$ID"

    container_up
    freeze
    hoy delete --force "$ID"
    [[ ! -e $(cgroup_dir) ]]
}

@test "a frozen container is not deleted without force" {
    bundle_new
    script "$LIVES"
    container_up
    freeze
    run hoy delete "$ID"
    [[ $status == 1 ]]
    is "hoy: container \"$ID\" is not stopped: it is paused (hoy kill $ID KILL, or hoy delete --force $ID)"
}

# ---- Wrong states --------------------------------------------------------------------------------

@test "a running container is neither started, created nor deleted again" {
    bundle_new
    script "$LIVES"
    container_up
    run hoy start "$ID"
    [[ $status == 1 ]]
    is "hoy: container \"$ID\" is running: only a created one can be started"
    run hoy create -b "$BUNDLE" "$ID"
    [[ $status == 1 ]]
    is "hoy: container with ID \"$ID\" exists already"
    run hoy run -b "$BUNDLE" "$ID"
    [[ $status == 1 ]]
    is "hoy: container with ID \"$ID\" exists already"
    run hoy delete "$ID"
    [[ $status == 1 ]]
    is "hoy: container \"$ID\" is not stopped: it is running (hoy kill $ID KILL, or hoy delete --force $ID)"
    [[ $(status_of) == running ]]
}

@test "a stopped container is neither started nor killed nor entered" {
    bundle_new true
    container_up
    wait_status stopped
    run hoy start "$ID"
    [[ $status == 1 ]]
    is "hoy: container \"$ID\" is stopped: only a created one can be started"
    run hoy kill "$ID"
    [[ $status == 1 ]]
    is "hoy: container \"$ID\" is stopped: container not running"
    run hoy exec "$ID" true
    [[ $status == 255 ]]
    is "hoy: container \"$ID\" is stopped: container not running"
    run hoy create -b "$BUNDLE" "$ID"
    [[ $status == 1 ]]
    is "hoy: container with ID \"$ID\" exists already"
}

@test "what concerns no container says that it does not exist" {
    local verb
    for verb in start state kill delete; do
        run hoy "$verb" nobody
        [[ $status == 1 ]]
        is 'hoy: container "nobody" does not exist'
    done
    run hoy exec nobody true
    [[ $status == 255 ]]
    is 'hoy: container "nobody" does not exist'
}

@test "delete --force of what is not there succeeds in silence" {
    run hoy delete --force nobody
    succeeded
    is ""
    run hoy --root "$BATS_TEST_TMPDIR/none" delete -f nobody
    succeeded
    is ""
    [[ ! -e $BATS_TEST_TMPDIR/none ]]
}

@test "a created container is deleted without force, and its program has never run" {
    bundle_new touch /mark
    cfg '.root.readonly = false'
    hoy create -b "$BUNDLE" "$ID" </dev/null
    local pid
    pid=$(pid_of)
    hoy delete "$ID"
    wait_until 10 ended "$pid"
    [[ ! -e $BUNDLE/rootfs/mark ]]
}

@test "delete --force ends a running container" {
    bundle_new
    script "$LIVES"
    container_up
    local pid
    pid=$(pid_of)
    run hoy delete --force "$ID"
    succeeded
    is ""
    ended "$pid"
    [[ ! -e $(cgroup_dir) ]]
}

# ---- start ---------------------------------------------------------------------------------------

@test "of eight starts at once exactly one wins" {
    local round i won
    bundle_new
    script 'echo once >>/out; exec sleep 1000'
    cfg '.root.readonly = false'
    for round in 1 2 3 4 5 6; do
        rm -f "$BUNDLE/rootfs/out"
        hoy create -b "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1
        local pids=()
        for i in 1 2 3 4 5 6 7 8; do
            hoy start "$ID" 2>"$BATS_TEST_TMPDIR/start.$i" &
            pids+=($!)
        done
        won=0
        for i in 1 2 3 4 5 6 7 8; do
            if wait "${pids[i - 1]}"; then
                won=$((won + 1))
            else
                grep -qx "hoy: container \"$ID\" is running: only a created one can be started" \
                    "$BATS_TEST_TMPDIR/start.$i" || { cat "$BATS_TEST_TMPDIR/start.$i" >&2; false; }
            fi
        done
        [[ $won == 1 ]] || { echo "round $round: $won of 8 won" >&2; false; }
        wait_until 10 file_has "$BUNDLE/rootfs/out" once
        [[ $(<"$BUNDLE/rootfs/out") == once ]]
        hoy delete --force "$ID"
    done
}

@test "a start that dies before it says go leaves the container created" {
    bundle_new touch /mark
    cfg '.root.readonly = false'
    hoy create -b "$BUNDLE" "$ID" </dev/null
    # A connection that says nothing, and one that says something else.
    python3 - "$HOY_ROOT/$ID" <<'PY'
import os, socket, sys
os.chdir(sys.argv[1])
for text in (b"", b"x", b"\0" * 16):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect("start.sock")
    if text:
        s.send(text)
    s.close()
PY
    [[ $(status_of) == created && ! -e $BUNDLE/rootfs/mark ]]
    hoy start "$ID"
    wait_status stopped
    [[ -e $BUNDLE/rootfs/mark ]]
}

# bats test_tags=syscalls
@test "a start that is killed at any system call leaves a container that is created or has started" {
    require_tool strace
    bundle_new
    script 'echo once >>/out; exec sleep 1000'
    cfg '.root.readonly = false'
    local call calls state
    hoy create -b "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1
    strace -qq -o "$BATS_TEST_TMPDIR/trace" "$HOY" --root "$HOY_ROOT" start "$ID" 3>&-
    hoy delete --force "$ID"
    # NAME:WHICH, the second being the how manieth of that name it is: so strace counts.
    mapfile -t calls < <(grep -oE '^[a-z_0-9]+\(' "$BATS_TEST_TMPDIR/trace" |
        awk '{ sub(/\(/, ""); n[$1]++; if ($1 != "execve" && $1 != "exit_group") print $1 ":" n[$1] }')
    ((${#calls[@]} > 40))
    for call in "${calls[@]}"; do
        rm -f "$BUNDLE/rootfs/out"
        hoy create -b "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1
        (
            strace -qq -o /dev/null -e "inject=${call%:*}:signal=KILL:when=${call#*:}" \
                "$HOY" --root "$HOY_ROOT" start "$ID" >/dev/null 2>&1 3>&-
            exit $?
        ) 2>/dev/null || true
        state=$(status_of)
        case $state in
            created)
                # Until the walker has taken up the word it may look so.
                run hoy start "$ID"
                [[ $status == 0 || $output == *"is running: only a created one can be started" ]]
                ;;
            running)
                run hoy start "$ID"
                failed_with "only a created one can be started"
                ;;
            stopped)
                # It had said go, and was not there to hear the answer.
                [[ ! -e $BUNDLE/rootfs/out ]]
                hoy delete "$ID"
                continue
                ;;
            *)
                echo "killed at $call: it is $state" >&2
                false
                ;;
        esac
        wait_until 10 file_has "$BUNDLE/rootfs/out" once
        [[ $(<"$BUNDLE/rootfs/out") == once ]]
        hoy delete --force "$ID"
    done
}

@test "start returns after the program has been executed" {
    bundle_new /bin/sleep 1000
    local i
    for i in 1 2 3 4 5; do
        container_up
        [[ $(tr '\0' ' ' <"/proc/$(pid_of)/cmdline") == "/bin/sleep 1000 " ]]
        hoy delete --force "$ID"
    done
}

@test "edits of config.json after create have no effect, on start, exec and delete" {
    bundle_new
    script 'echo first $A; exec sleep 1000'
    cfg '.process.env += ["A=one"] | .process.cwd = "/tmp"'
    cfg '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", $c]}]' \
        --arg c "echo poststop >$BATS_TEST_TMPDIR/poststop"
    OUT=$BATS_TEST_TMPDIR/out
    hoy create -b "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
    echo 'nonsense' >"$BUNDLE/config.json"
    hoy start "$ID"
    wait_output "first one"
    [[ $(hoy exec "$ID" sh -c 'echo $A $PWD') == "one /tmp" ]]
    rm "$BUNDLE/config.json"
    hoy delete --force "$ID"
    [[ $(<"$BATS_TEST_TMPDIR/poststop") == poststop ]]
}

# ---- kill ----------------------------------------------------------------------------------------

@test "kill takes names with and without SIG, in any case, and numbers, and sends TERM by default" {
    bundle_new
    script 'for s in 1 2 3 10 12 15 28; do trap "echo got $s" $s; done; echo ready
        while :; do sleep 0.02; done'
    container_up
    wait_output ready
    local pair
    for pair in HUP:1 SIGINT:2 3:3 USR1:10 SIGUSR2:12 TERM:15 WINCH:28 usr1:10 sigint:2; do
        hoy kill "$ID" "${pair%:*}"
        wait_output "got ${pair#*:}"
        : >"$OUT"
    done
    hoy kill "$ID"
    wait_output "got 15"
}

@test "kill sends real-time signals by number and name" {
    bundle_new
    script 'trap "echo got 34" 34; trap "echo got 37" 37; trap "echo got 64" 64; echo ready
        while :; do sleep 0.02; done'
    container_up
    wait_output ready
    hoy kill "$ID" 37
    wait_output "got 37"
    hoy kill "$ID" RTMIN
    wait_output "got 34"
    hoy kill "$ID" SIGRTMAX
    wait_output "got 64"
    : >"$OUT"
    hoy kill "$ID" RTMIN+3
    wait_output "got 37"
}

@test "kill refuses what is no signal" {
    bundle_new
    script "$LIVES"
    container_up
    local sig
    for sig in NOPE SIGNOPE 65 -1 99999999999 1x SIG "" "TERM "; do
        run hoy kill -- "$ID" "$sig"
        [[ $status == 1 ]]
        is "hoy: kill: unknown signal \"$sig\""
    done
    [[ $(status_of) == running ]]
}

@test "TERM ends a created container that waits for its start" {
    bundle_new true
    local sig
    for sig in TERM INT HUP KILL; do
        hoy create -b "$BUNDLE" "$ID" </dev/null
        hoy kill "$ID" "$sig"
        wait_status stopped
        hoy delete "$ID"
    done
}

@test "KILL without an own pid namespace ends all processes" {
    bundle_new
    script 'sleep 1001 & sleep 1002 & echo ready; wait'
    cfg '.linux.namespaces |= map(select(.type != "pid"))'
    container_up
    wait_output ready
    (($(wc -l <"$(cgroup_dir)/cgroup.procs") >= 3))
    hoy kill "$ID" KILL
    wait_status stopped
    wait_until 10 grep -q 'populated 0' "$(cgroup_dir)/cgroup.events"
}

@test "kill --all reaches every process, also those that a dead first one has left" {
    bundle_new
    script 'trap "" TERM; (trap "echo child ends; exit" TERM; echo ready; while :; do sleep 0.02; done) &
        sleep 1000 & wait'
    container_up
    wait_output ready
    hoy kill --all "$ID" TERM
    wait_output "child ends"
    [[ $(status_of) == running ]]
    hoy delete --force "$ID"

    script 'sleep 1003 & exit 0'
    cfg '.linux.namespaces |= map(select(.type != "pid"))'
    container_up
    wait_status stopped
    grep -q 'populated 1' "$(cgroup_dir)/cgroup.events"
    hoy kill -a "$ID" KILL
    wait_until 10 grep -q 'populated 0' "$(cgroup_dir)/cgroup.events"
}

@test "delete ends what a dead first process has left behind" {
    bundle_new
    script 'sleep 1004 & exit 0'
    cfg '.linux.namespaces |= map(select(.type != "pid"))'
    container_up
    wait_status stopped
    hoy delete "$ID"
    [[ ! -e $(cgroup_dir) ]]
}

@test "without an own pid namespace run ends the children with their parent" {
    bundle_new
    script 'sleep 1005 & exit 3'
    cfg '.linux.namespaces |= map(select(.type != "pid"))'
    run timeout 20 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&- </dev/null >/dev/null
    [[ $status == 3 ]]
    [[ ! -e $(cgroup_dir) ]]
}

# ---- run -----------------------------------------------------------------------------------------

@test "run forwards signals to the process" {
    bundle_new
    script 'for s in 1 2 3 10 12 15 18 28 37; do trap "echo got $s" $s; done; trap "exit 9" 14; echo ready
        while :; do sleep 0.02; done'
    run_in_background run -b "$BUNDLE" "$ID"
    wait_output ready
    local s
    for s in 1 2 3 10 12 15 18 28 37; do
        kill -"$s" "$HOY_PID"
        wait_output "got $s"
    done
    kill -ALRM "$HOY_PID"
    local code=0
    wait "$HOY_PID" || code=$?
    [[ $code == 9 ]]
    [[ ! -e $HOY_ROOT/$ID ]]
}

@test "run of a process killed by a forwarded signal ends with 128 and its number" {
    bundle_new sleep 1000
    # Without its own pid namespace a signal's default action holds for the first process too.
    cfg '.linux.namespaces |= map(select(.type != "pid"))'
    local s code
    for s in 1 2 15 12; do
        run_in_background run -b "$BUNDLE" "$ID"
        wait_status running
        kill -"$s" "$HOY_PID"
        code=0
        wait "$HOY_PID" || code=$?
        [[ $code == $((128 + s)) ]]
    done
}

@test "run of a process that is killed ends with 128 and the signal's number" {
    bundle_new
    cfg '.linux.namespaces |= map(select(.type != "pid"))'
    cfg '.process.rlimits += [{type: "RLIMIT_CORE", soft: 0, hard: 0}]'
    local s
    for s in 1 2 4 6 8 9 11 13 14 15 31 34 64; do
        script "kill -$s \$\$; sleep 5"
        container_run
        [[ $status == $((128 + s)) ]] || { echo "signal $s: $status $output" >&2; false; }
    done
}

@test "run ends with the process's exit status, whatever it is" {
    bundle_new sh -c 'exit 12345'
    local code got template
    template=$(<"$BUNDLE/config.json")
    for ((code = 0; code < 256; code++)); do
        echo "${template/12345/$code}" >"$BUNDLE/config.json"
        got=0
        hoy run -b "$BUNDLE" "$ID" || got=$?
        [[ $got == "$code" ]] || { echo "exit $code: $got" >&2; false; }
    done
}

@test "the exit status of 500 processes that live for a millisecond is right" {
    bundle_new sh -c 'exit 12345'
    local code got template i
    template=$(<"$BUNDLE/config.json")
    for ((i = 0; i < 500; i++)); do
        code=$((RANDOM % 256))
        echo "${template/12345/$code}" >"$BUNDLE/config.json"
        got=0
        hoy run -b "$BUNDLE" "$ID" || got=$?
        [[ $got == "$code" ]] || { echo "$i: exit $code: $got" >&2; false; }
    done
}

@test "run passes output, error output and input through" {
    bundle_new sh -c 'cat; echo out; echo err >&2'
    run --separate-stderr bash -c 'printf "a\0b\n" | "$HOY" --root "$HOY_ROOT" run -b "$0" "$1" 3>&- |
        od -An -c' "$BUNDLE" "$ID"
    succeeded
    [[ $(tr -s ' ' <<<"$output") == *'a \0 b \n o u t \n'* ]]
    [[ $stderr == err ]]
}

@test "run deletes the container at its end, and with --keep leaves it stopped" {
    bundle_new sh -c 'exit 4'
    container_run
    [[ $status == 4 && ! -e $HOY_ROOT/$ID && ! -e $(cgroup_dir) ]]
    container_run --keep
    [[ $status == 4 ]]
    [[ $(status_of) == stopped ]]
    hoy delete "$ID"
    [[ ! -e $(cgroup_dir) ]]
}

@test "run -d returns as soon as the program runs, and leaves it to the caller" {
    bundle_new
    script "$LIVES"
    OUT=$BATS_TEST_TMPDIR/out
    hoy run -d -b "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >"$OUT" 2>&1
    [[ $(status_of) == running ]]
    wait_output ready
    [[ $(pid_of) == "$(<"$BATS_TEST_TMPDIR/pid")" ]]
    hoy kill "$ID" TERM
    wait_output "ended by TERM"
    wait_status stopped
    hoy delete "$ID"
}

@test "run needs to be told of what, and create takes the current directory" {
    bundle_new true
    run hoy run
    [[ $status == 1 ]]
    is "hoy: run: an image, --rootfs DIR or -b BUNDLE is needed (see hoy run --help)"
    run hoy run -b "$BUNDLE"
    [[ $status == 1 ]]
    is "hoy: run: a container ID is needed (see hoy run --help)"
    cd "$BUNDLE"
    hoy create "$ID" </dev/null
    [[ $(status_of) == created ]]
    [[ $(hoy state "$ID" | jq -r .bundle) == "$(realpath .)" ]]
}

@test "another file than config.json can be taken" {
    bundle_new false
    jq '.process.args = ["true"]' "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/other.json"
    run hoy run -b "$BUNDLE" -f "$BATS_TEST_TMPDIR/other.json" "$ID"
    succeeded
    run hoy run -b "$BUNDLE" "$ID"
    [[ $status == 1 ]]
}

# ---- The pid file --------------------------------------------------------------------------------

@test "the pid file has the digits of the first process and nothing else" {
    bundle_new sleep 1000
    cd "$BATS_TEST_TMPDIR"
    hoy create -b "$BUNDLE" --pid-file pid "$ID" </dev/null
    [[ $(<pid) == "$(pid_of)" ]]
    [[ $(wc -c <pid) == "$(printf %s "$(<pid)" | wc -c)" ]]
    hoy delete "$ID"
    mkdir sub
    hoy run -b "$BUNDLE" --pid-file sub/x -d "$ID" </dev/null >/dev/null 2>&1
    [[ $(<sub/x) == "$(pid_of)" ]]
    [[ $(ls -A sub) == x ]]
}

@test "the pid file replaces another by rename, and is written last" {
    require_tool strace
    bundle_new true
    echo "an older and longer text" >"$BATS_TEST_TMPDIR/pid"
    ln "$BATS_TEST_TMPDIR/pid" "$BATS_TEST_TMPDIR/link"
    strace -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=rename,renameat,renameat2 \
        "$HOY" --root "$HOY_ROOT" create -b "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" \
        </dev/null 3>&-
    [[ $(<"$BATS_TEST_TMPDIR/pid") == "$(pid_of)" ]]
    [[ $(<"$BATS_TEST_TMPDIR/link") == "an older and longer text" ]]
    [[ $(tail -1 "$BATS_TEST_TMPDIR/trace") == *'"pid", RENAME_EXCHANGE) = 0' ]]
    [[ $(grep -c 'state.json.* = 0$' "$BATS_TEST_TMPDIR/trace") == 2 ]]
}

@test "a pid file that can't be written undoes everything" {
    bundle_new sleep 1000
    local verb
    for verb in "create" "run" "run -d"; do
        # shellcheck disable=SC2086 # two words
        run hoy $verb -b "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/none/pid" "$ID" </dev/null
        [[ $status == 1 ]]
        is "hoy: write the pid file $BATS_TEST_TMPDIR/none/pid: no such file or directory"
        [[ ! -e $HOY_ROOT/$ID && ! -e $(cgroup_dir) ]]
    done
}

# ---- Descriptors ---------------------------------------------------------------------------------

@test "no descriptor of the caller but 0 to 2 reaches the process" {
    bundle_new sh -c 'ls /proc/1/fd; true'
    run bash -c 'exec 4</etc/passwd 5>/dev/null 9</ 63</etc; exec "$HOY" --root "$HOY_ROOT" run -b "$0" "$1" 3</' \
        "$BUNDLE" "$ID"
    succeeded
    is $'0\n1\n2'
}

@test "--preserve-fds passes so many descriptors from 3 on, and no more" {
    bundle_new sh -c 'ls /proc/1/fd; cat <&3; cat <&4'
    echo three >"$BATS_TEST_TMPDIR/3"
    echo four >"$BATS_TEST_TMPDIR/4"
    run bash -c 'cd "$2"; exec 4<4 5</ 6</; exec "$HOY" --root "$HOY_ROOT" run --preserve-fds 2 -b "$0" "$1" 3<3' \
        "$BUNDLE" "$ID" "$BATS_TEST_TMPDIR"
    succeeded
    is $'0\n1\n2\n3\n4\nthree\nfour'
    # Through create and start they are those of create.
    bash -c 'cd "$2"; exec 4<4 5</ 6</
        exec "$HOY" --root "$HOY_ROOT" create --preserve-fds 2 -b "$0" "$1" 3<3 >"$2/out" </dev/null' \
        "$BUNDLE" "$ID" "$BATS_TEST_TMPDIR"
    hoy start "$ID"
    wait_status stopped
    [[ $(<"$BATS_TEST_TMPDIR/out") == $'0\n1\n2\n3\n4\nthree\nfour' ]]
}

@test "--preserve-fds names the descriptor that is not open" {
    bundle_new true
    run bash -c 'exec "$HOY" --root "$HOY_ROOT" run --preserve-fds 2 -b "$0" "$1" 3</ 4<&-' "$BUNDLE" "$ID"
    [[ $status == 1 ]]
    is "hoy: run: --preserve-fds 2: descriptor 4 is not open"
    run hoy run --preserve-fds 1001 -b "$BUNDLE" "$ID"
    is 'hoy: run: --preserve-fds: must be a number from 0 to 1000, got "1001"'
    run hoy run --preserve-fds -1 -b "$BUNDLE" "$ID"
    is 'hoy: run: --preserve-fds: must be a number from 0 to 1000, got "-1"'
}

@test "closed standard descriptors, an ignored SIGCHLD and an odd umask at start are all normal" {
    bundle_new sh -c 'umask; exit 5'
    run bash -c 'trap "" CHLD PIPE; umask 777; exec "$HOY" --root "$HOY_ROOT" run -b "$0" "$1" 3>&-' "$BUNDLE" "$ID"
    [[ $status == 5 ]]
    is 0022
    local closed
    for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-' '<&- 2>&-'; do
        run bash -c 'trap "" CHLD; exec "$HOY" --root "$HOY_ROOT" run -b "$0" "$1" 3>&- '"$closed" "$BUNDLE" "$ID"
        [[ $status == 5 ]] || { echo "$closed: $status $output" >&2; false; }
    done
}

@test "the process has its own session and default signals" {
    bundle_new cat /proc/self/stat /proc/self/status
    run bash -c 'trap "" HUP INT USR1 PIPE 40; exec "$HOY" --root "$HOY_ROOT" run -b "$0" "$1" 3>&-' "$BUNDLE" "$ID"
    succeeded
    [[ $(head -1 <<<"$output") =~ ^1\ \(cat\)\ .\ 0\ 1\ 1\  ]]
    [[ $(grep -E '^Sig(Blk|Ign)' <<<"$output" | awk '{print $2}' | sort -u) == 0000000000000000 ]]
}

# ---- The state directory -------------------------------------------------------------------------

@test "the state directory is closed to others, and made with its parents" {
    bundle_new sleep 1000
    local root=$BATS_TEST_TMPDIR/a/b/c
    (umask 000 && "$HOY" --root "$root" create -b "$BUNDLE" "$ID" </dev/null 3>&-)
    [[ $(stat -c %a "$root") == 700 ]]
    [[ $(stat -c %a "$root/$ID") == 700 ]]
    [[ $(stat -c %a "$root/$ID/state.json" "$root/$ID/plan" | sort -u) == 600 ]]
    "$HOY" --root "$root" delete "$ID"
}

@test "containers of one state directory are not seen from another" {
    bundle_new sleep 1000
    container_up
    local other=$BATS_TEST_TMPDIR/other
    run hoy --root "$other" state "$ID"
    [[ $status == 1 ]]
    is "hoy: container \"$ID\" does not exist"
    run hoy --root "$other" list -q
    succeeded
    is ""
    run hoy --root "$other" delete --force "$ID"
    succeeded
    [[ $(status_of) == running ]]
    # The cgroup that is there already belongs to the other one.
    run hoy --root "$other" create -b "$BUNDLE" "$ID" </dev/null
    failed_with "cgroup /hoy-$ID is not empty"
    [[ ! -e $other/$ID && $(status_of) == running ]]
}

@test "one state directory has many names" {
    bundle_new sleep 1000
    cd "$(dirname "$HOY_ROOT")"
    "$HOY" --root "./$(basename "$HOY_ROOT")/" create -b "$BUNDLE" "$ID" </dev/null 3>&-
    [[ $(status_of) == created ]]
    rm -r "${HOY_ROOT:?}/$ID" # lost: only the cgroup tells of it
    hoy delete --force "$ID"
    [[ ! -e $(cgroup_dir) ]]
}

@test "a state that stems from before a reboot is stopped" {
    bundle_new sleep 1000
    container_up
    local pid
    pid=$(pid_of)
    sed -i 's/"bootId": *"[^"]*"/"bootId": "00000000-0000-0000-0000-000000000000"/' "$HOY_ROOT/$ID/state.json"
    [[ $(status_of) == stopped ]]
    run hoy kill "$ID" KILL
    failed_with "container not running"
    [[ -d /proc/$pid ]]
    hoy delete "$ID"
    [[ ! -e $HOY_ROOT/$ID ]]
}

@test "a process that has got the pid of the container's is never signalled" {
    bundle_new sleep 1000
    container_up
    local other first
    first=$(pid_of)
    # The start time that tells the two apart counts in hundredths of a second.
    until [[ -n ${other:-} && $(cut -d' ' -f22 "/proc/$other/stat") != "$(cut -d' ' -f22 "/proc/$first/stat")" ]]; do
        sleep 1000 &
        other=$!
        BACKGROUND+=" $other"
    done
    # As if the first process had ended and another had taken its number.
    sed -i "s/\"pid\": *$first/\"pid\": $other/" "$HOY_ROOT/$ID/state.json"
    [[ $(status_of) == stopped ]]
    run hoy kill "$ID" KILL
    failed_with "container not running"
    hoy delete "$ID"
    kill -0 "$other"
    wait_until 10 ended "$first"
}

# ---- list ----------------------------------------------------------------------------------------

@test "list prints a table, JSON and bare IDs, in the order of the IDs" {
    bundle_new sleep 1000
    local base=$ID
    hoy create -b "$BUNDLE" "$base-b" </dev/null
    hoy run -d -b "$BUNDLE" "$base-a" </dev/null >/dev/null 2>&1
    run hoy list -q
    is "$base-a"$'\n'"$base-b"
    run hoy list
    [[ ${lines[0]} =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER$ ]]
    [[ ${lines[1]} =~ ^$base-a\ +$(pid_of "$base-a")\ +running\ +$(realpath "$BUNDLE")\ +20.*Z\ +root$ ]]
    [[ ${lines[2]} =~ ^$base-b\ +[0-9]+\ +created\  ]]
    [[ ${#lines[@]} == 3 ]]
    # The columns stand below each other.
    local head=${lines[0]%%STATUS*}
    [[ ${lines[1]:${#head}:7} == running && ${lines[2]:${#head}:7} == created ]]
    run hoy list --format json
    [[ $(jq -r '.[].id' <<<"$output") == "$base-a"$'\n'"$base-b" ]]
    [[ $(jq -c '.[0] | keys' <<<"$output") == \
        '["bundle","created","id","ociVersion","owner","pid","rootfs","status"]' ]]
    [[ $(jq -r '.[0].pid' <<<"$output") == "$(pid_of "$base-a")" ]]
}

@test "list of no container is a head, an empty list and nothing" {
    run hoy --root "$BATS_TEST_TMPDIR/none" list
    succeeded
    [[ $output =~ ^ID\ .*OWNER$ ]]
    run hoy --root "$BATS_TEST_TMPDIR/none" list -f json
    is "[]"
    run hoy --root "$BATS_TEST_TMPDIR/none" list -q
    is ""
    [[ ! -e $BATS_TEST_TMPDIR/none ]]
}

@test "list leaves torn entries out with a warning" {
    bundle_new sleep 1000
    hoy create -b "$BUNDLE" "$ID" </dev/null
    mkdir "$HOY_ROOT/torn-1" "$HOY_ROOT/torn-2"
    echo '{"half":' >"$HOY_ROOT/torn-2/state.json"
    touch "$HOY_ROOT/a file"
    run --separate-stderr hoy list -q
    succeeded
    is "$ID"
    rm "$HOY_ROOT/a file"
    [[ $stderr == *'warning: read the state of container "torn-1"'*'hoy delete --force torn-1'* ]]
    [[ $stderr == *'warning: state.json:2:1: '*'hoy delete --force torn-2'* ]]
    [[ $(wc -l <<<"$stderr") == 2 ]]
    hoy delete --force torn-1
    hoy delete --force torn-2
    [[ $(hoy list -q) == "$ID" ]]
}

# ---- spec, features, version, help ---------------------------------------------------------------

@test "spec writes a config.json that runs, and refuses to overwrite one" {
    mkdir "$BATS_TEST_TMPDIR/b"
    hoy spec --bundle "$BATS_TEST_TMPDIR/b"
    jq -e '.ociVersion and .process.args and .root.path' "$BATS_TEST_TMPDIR/b/config.json"
    echo precious >"$BATS_TEST_TMPDIR/b/config.json"
    run hoy spec --bundle "$BATS_TEST_TMPDIR/b"
    [[ $status == 1 ]]
    is "hoy: $BATS_TEST_TMPDIR/b/config.json exists already (remove it first)"
    [[ $(<"$BATS_TEST_TMPDIR/b/config.json") == precious ]]
    # A link to nowhere is there, too.
    rm "$BATS_TEST_TMPDIR/b/config.json"
    ln -s "$BATS_TEST_TMPDIR/canary" "$BATS_TEST_TMPDIR/b/config.json"
    run hoy spec --bundle "$BATS_TEST_TMPDIR/b"
    failed_with "exists already"
    [[ ! -e $BATS_TEST_TMPDIR/canary ]]
    cd "$BATS_TEST_TMPDIR/b"
    rm config.json
    hoy spec
    [[ -f config.json ]]
    run hoy spec -b "$BATS_TEST_TMPDIR/none"
    failed_with "open the bundle $BATS_TEST_TMPDIR/none: no such file or directory"
}

@test "spec --rootless writes a user namespace of the caller's, and it runs" {
    bundle_new
    rm "$BUNDLE/config.json"
    hoy spec --rootless -b "$BUNDLE"
    [[ $(jq -c '.linux.uidMappings' "$BUNDLE/config.json") == '[{"containerID":0,"hostID":0,"size":1}]' ]]
    jq -e '[.linux.namespaces[].type] | index("user")' "$BUNDLE/config.json"
    cfg '.process.terminal = false'
    run container_out 'cat /proc/self/uid_map'
    succeeded
    [[ $(tr -s ' ' <<<"$output") == *" 0 0 1"* ]]
}

# verifies: features ociVersionMin, features ociVersionMax, features hooks, features linux.cgroup.v1,
#  features linux.cgroup.v2, features linux.cgroup.systemd, features linux.seccomp.enabled
@test "features prints JSON on standard output and nothing else" {
    run --separate-stderr hoy features
    succeeded
    [[ -z $stderr ]]
    jq -e . <<<"$output" >/dev/null
    [[ $(jq -r .ociVersionMin <<<"$output") == 1.0.* ]]
    [[ $(jq -r .ociVersionMax <<<"$output") == 1.* ]]
    [[ $(jq -c '.hooks | sort' <<<"$output") == \
        '["createContainer","createRuntime","poststart","poststop","prestart","startContainer"]' ]]
    jq -e '.mountOptions | index("rro") and index("tmpcopyup")' <<<"$output"
    [[ $(jq -c '[.linux.cgroup.v1, .linux.cgroup.v2, .linux.cgroup.systemd]' \
        <<<"$output") == '[false,true,true]' ]]
    jq -e '.linux.seccomp.enabled | type == "boolean"' <<<"$output"
    jq -e '.linux.namespaces | index("user") and index("time")' <<<"$output"
}

@test "--version, version, -v and --help, and help for each command" {
    local verb
    run hoy --version
    succeeded
    [[ ${lines[0]} == "hoy version "* && ${lines[1]} == "commit: "* && ${lines[2]} == "spec: 1."* ]]
    local said=$output
    run hoy -v
    is "$said"
    run hoy version
    is "$said"
    run hoy --help
    succeeded
    has "Usage: hoy [OPTION...] COMMAND"
    for verb in create start run exec state list kill delete plan spec features version help; do
        run hoy "$verb" --help
        succeeded
        [[ ${lines[0]} == "Usage: hoy $verb "* ]]
        run hoy help "$verb"
        [[ ${lines[0]} == "Usage: hoy $verb "* ]]
    done
}

@test "single-dash long options and joined values are taken, as engines send them" {
    bundle_new true
    run hoy run -no-subreaper -bundle "$BUNDLE" "$ID"
    succeeded
    run hoy run --no-subreaper=true --bundle="$BUNDLE" "$ID"
    succeeded
    run hoy run "-b$BUNDLE" "$ID"
    succeeded
    run hoy --rootless true --cgroup-manager cgroupfs --log-level debug run -b "$BUNDLE" "$ID"
    succeeded
    run hoy run -b "$BUNDLE" -- "$ID"
    succeeded
}

@test "--cgroup-manager disabled makes no cgroup" {
    bundle_new
    script 'cat /proc/self/cgroup'
    cfg 'del(.linux.resources) | .linux.namespaces |= map(select(.type != "cgroup"))'
    run hoy --cgroup-manager disabled run -b "$BUNDLE" "$ID"
    succeeded
    [[ $(grep ^0:: <<<"$output") == "$(grep ^0:: /proc/self/cgroup)" ]]
    [[ ! -e $(cgroup_dir) ]]
    cfg '.linux.resources.unified = {"pids.max": "9"}'
    run hoy --cgroup-manager disabled run -b "$BUNDLE" "$ID"
    failed_with "can't be applied without a cgroup (--cgroup-manager disabled)"
}

@test "a cgroup above the container's that was there before outlives it" {
    bundle_new true
    local above=/sys/fs/cgroup/$HOY_TOKEN-above
    mkdir "$above"
    cfg '.linux.cgroupsPath = $p' --arg p "/$HOY_TOKEN-above/in/$ID"
    container_run
    local left
    left=$(find "$above" -mindepth 1 -type d)
    hoy create -b "$BUNDLE" "$ID" </dev/null
    hoy delete "$ID"
    left+=$(find "$above" -mindepth 1 -type d || echo gone)
    rmdir "$above" || left+=" gone"
    [[ -z $left ]] || { echo "left: $left" >&2; false; }
}

# ---- plan ----------------------------------------------------------------------------------------

# public_copy: HOY and the bundle's config.json in a directory that anyone may read.
public_copy() {
    PUBLIC=$(mktemp -d /tmp/hoy-public.XXXXXX)
    chmod 755 "$PUBLIC"
    cp "$HOY" "$PUBLIC/hoy"
    cp "$BUNDLE/config.json" "$PUBLIC/config.json"
    chmod 644 "$PUBLIC/config.json"
}

@test "plan works without privilege, as text and as JSON" {
    require_tool setpriv
    bundle_new true
    public_copy
    cd "$PUBLIC"
    run setpriv --reuid 1000 --regid 1000 --clear-groups ./hoy plan
    succeeded
    [[ ${lines[0]} =~ ^\ +#\ +actor\ +operation\ +field$ ]]
    has "mount proc on /proc"
    [[ ${lines[-1]} == *"exec true"*"process.args" ]]
    run setpriv --reuid 1000 --regid 1000 --clear-groups ./hoy plan --format json -b "$PUBLIC" name
    succeeded
    [[ $(jq -r .document <<<"$output") == config.json ]]
    [[ $(jq '.operations | length' <<<"$output") -gt 40 ]]
    [[ $(jq -c '[.operations[].number] == [range(1; (.operations | length) + 1)]' <<<"$output") == true ]]
    [[ $(jq -r '.operations[] | select(.operation == "cgroup-make").arguments.path' <<<"$output") == /hoy-name ]]
    [[ $(jq -r '[.operations[].actor] | unique | join(" ")' <<<"$output") == "both parent walker" ]]
}

# bats test_tags=syscalls
@test "plan touches nothing" {
    require_tool strace
    require_tool setpriv
    bundle_new true
    public_copy
    cd "$PUBLIC"
    chmod 777 .
    setpriv --reuid 1000 --regid 1000 --clear-groups strace -f -o trace ./hoy plan >/dev/null
    run grep -E '^[0-9]+ +(mount|umount|clone|fork|vfork|unshare|setns|mkdir|fsopen|move_mount|open_tree|socket|connect|kill|unlink|rename|symlink|mknod|chmod|chown|bpf|setxattr)' trace
    is ""
    run grep -E 'O_(CREAT|WRONLY|RDWR|TRUNC)' trace
    is ""
    # As root neither.
    strace -f -o trace2 ./hoy --root "$PUBLIC/state" plan >/dev/null
    run grep -E '^[0-9]+ +(mount|umount|clone|fork|vfork|unshare|setns|mkdir|fsopen|move_mount|open_tree|socket|connect|kill|unlink|rename|symlink|mknod|chmod|chown|bpf|setxattr)' trace2
    is ""
    [[ ! -e $PUBLIC/state ]]
}

@test "plan finds what is wrong with a bundle" {
    bundle_new true
    cfg '.process.cwd = "tmp"'
    run hoy plan -b "$BUNDLE"
    [[ $status == 1 ]]
    is 'hoy: config.json: process.cwd: must be an absolute path, got "tmp"'
}
