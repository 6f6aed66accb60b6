#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # scripts for the container; bats' own variables
# Hooks: when, where and with what each of the six kinds runs, and what happens when one fails.

load helpers

# Kinds in the order in which they run.
KINDS=(prestart createRuntime createContainer startContainer poststart poststop)

setup() {
    LOG=$BATS_TEST_TMPDIR/log
    : >"$LOG"
}

# hook KIND SCRIPT [FILTER]: adds a hook that a shell executes; FILTER changes it. (/bin/sh is in the
# root file system as well, for startContainer.)
hook() {
    cfg '.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $script]} | '"${3:-.}"']' \
        --arg kind "$1" --arg script "$2"
}

# A hook of every kind that appends its kind to the log; in the container the log is at /log.
hooks_all() {
    local kind
    touch "$BUNDLE/rootfs/log"
    cfg '.mounts += [{destination: "/log", source: $log, type: "bind", options: ["bind"]}]' --arg log "$LOG"
    for kind in "${KINDS[@]}"; do
        if [[ $kind == startContainer ]]; then
            hook "$kind" "${1//LOG//log}; echo $kind >>/log"
        else
            hook "$kind" "${1//LOG/$LOG}; echo $kind >>$LOG"
        fi
    done
}

nothing_left() {
    [[ ! -e $HOY_ROOT/$ID && ! -e /sys/fs/cgroup/hoy-$ID ]]
}

# ---- Order ---------------------------------------------------------------------------------------

# verifies: config hooks.prestart[].path, config hooks.createRuntime[].path, config hooks.createContainer[].path,
#  config hooks.startContainer[].path, config hooks.poststart[].path, config hooks.poststop[].path,
#  config hooks.prestart[].args, config hooks.createRuntime[].args, config hooks.createContainer[].args,
#  config hooks.startContainer[].args, config hooks.poststart[].args, config hooks.poststop[].args
@test "hooks of all kinds run in their order around create, start and delete" {
    bundle_new sh -c 'echo process >>/log; sleep 1000'
    hooks_all true
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    [[ $(<"$LOG") == $'prestart\ncreateRuntime\ncreateContainer' ]]
    : >"$LOG"
    hoy start "$ID"
    wait_until 10 file_has "$LOG" process
    wait_until 10 file_has "$LOG" poststart
    [[ $(head -1 "$LOG") == startContainer ]]
    [[ $(sort "$LOG" | tr '\n' ' ') == "poststart process startContainer " ]]
    : >"$LOG"
    hoy kill "$ID" KILL
    wait_status stopped
    [[ ! -s $LOG ]]
    hoy delete "$ID"
    [[ $(<"$LOG") == poststop ]]
}

@test "hooks of one kind run in the listed order" {
    bundle_new true
    local kind
    for kind in prestart createRuntime createContainer poststart poststop; do
        hook "$kind" "echo $kind 1 >>$LOG"
        hook "$kind" "echo $kind 2 >>$LOG"
        hook "$kind" "echo $kind 3 >>$LOG"
    done
    container_run
    succeeded
    for kind in prestart createRuntime createContainer poststart poststop; do
        [[ $(grep "^$kind" "$LOG") == "$kind 1"$'\n'"$kind 2"$'\n'"$kind 3" ]]
    done
    [[ $(cut -d' ' -f1 "$LOG" | uniq | tr '\n' ' ') == "prestart createRuntime createContainer poststart poststop " ]]
}

@test "startContainer hooks have run before the process, poststart hooks before start returns" {
    bundle_new cat /mark
    cfg '.root.readonly = false'
    hook startContainer 'echo from the hook >/mark'
    hook poststart "sleep 0.2; echo poststart >>$LOG"
    OUT=$BATS_TEST_TMPDIR/out
    hoy create -b "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
    [[ ! -e $BUNDLE/rootfs/mark ]]
    hoy start "$ID"
    [[ $(<"$LOG") == poststart ]]
    wait_output "from the hook"
}

# ---- Where ---------------------------------------------------------------------------------------

@test "prestart, createRuntime, poststart and poststop run in the runtime's namespaces, the others in the container's" {
    bundle_new true
    hooks_all 'for n in mnt pid net uts ipc cgroup; do echo $n $(readlink /proc/self/ns/$n); done >>LOG'
    # In a createContainer hook /proc is the host's: what it shows is the hook's own all the same.
    container_run
    succeeded
    local kind own n block inside=
    for kind in "${KINDS[@]}"; do
        block=$(awk -v k="$kind" '$0 == k {exit} {print} /^(prestart|createRuntime|createContainer|startContainer|poststart|poststop)$/ {buf=""}' "$LOG" |
            tail -6)
        for n in mnt net uts ipc; do
            own="$n $(readlink "/proc/self/ns/$n")"
            case $kind in
                createContainer | startContainer) ! grep -qxF "$own" <<<"$block" || { echo "$kind $own" >&2; false; } ;;
                *) grep -qxF "$own" <<<"$block" || { echo "$kind has not $own: $block" >&2; false; } ;;
            esac
        done
        case $kind in
            createContainer) inside=$(grep -E '^(mnt|net)' <<<"$block") ;;
            startContainer) [[ $(grep -E '^(mnt|net)' <<<"$block") == "$inside" ]] ;;
        esac
    done
}

@test "a createContainer hook has the root file system as its working directory, and its path is the host's" {
    bundle_new true
    hook createContainer "pwd >>$LOG; ls >>$LOG; cat /etc/hostname >>$LOG; hostname >>$LOG"
    container_run
    succeeded
    [[ $(head -1 "$LOG") == "$(realpath "$BUNDLE/rootfs")" ]]
    grep -qx proc "$LOG"
    [[ $(tail -1 "$LOG") == hoy ]]
}

@test "a startContainer hook's path is the container's, and it has the process's user and directory" {
    bundle_new cat /tmp/seen
    cfg '.root.readonly = false | .process.user = {uid: 1000, gid: 1000} | .process.cwd = "/home"
        | .process.env += ["INSIDE=yes"]'
    printf '#!/bin/sh\n{ id -u; pwd; echo $INSIDE; grep CapEff /proc/self/status; ls /proc/self/fd | wc -l; } >/tmp/seen\n' \
        >"$BUNDLE/rootfs/only-inside"
    chmod +x "$BUNDLE/rootfs/only-inside"
    cfg '.hooks.startContainer = [{path: "/only-inside"}]'
    container_run
    succeeded
    is $'1000\n/home\nyes\nCapEff:\t0000000000000000\n4'
}

@test "what a createRuntime hook mounts into the root file system appears inside" {
    bundle_new sh -c 'cat /mnt/file'
    mkdir "$BATS_TEST_TMPDIR/tree"
    echo mounted >"$BATS_TEST_TMPDIR/tree/file"
    # As runc's own tests do it: through the mount namespace of the pid on standard input.
    hook createRuntime 'pid=$(sed "s/.*\"pid\":\([0-9]*\).*/\1/"); nsenter -t $pid -m mount --bind '"$BATS_TEST_TMPDIR/tree $BUNDLE/rootfs/mnt"
    container_run
    succeeded
    is mounted
}

@test "what a createRuntime hook mounts on the host below the root file system appears inside" {
    bundle_new sh -c 'cat /mnt/file'
    mkdir "$BATS_TEST_TMPDIR/tree"
    echo mounted >"$BATS_TEST_TMPDIR/tree/file"
    hook createRuntime "mount --bind $BATS_TEST_TMPDIR/tree $BUNDLE/rootfs/mnt"
    hook poststop "umount $BUNDLE/rootfs/mnt"
    container_run
    succeeded
    is mounted
    run ! mountpoint -q "$BUNDLE/rootfs/mnt"
}

@test "what a createContainer hook mounts below the root file system's path appears inside, and only there" {
    bundle_new sh -c 'cat /mnt/file; cat /home/file'
    mkdir "$BATS_TEST_TMPDIR/tree"
    echo mounted >"$BATS_TEST_TMPDIR/tree/file"
    hook createContainer "mount --bind $BATS_TEST_TMPDIR/tree $BUNDLE/rootfs/mnt"
    hook createContainer "mount --bind $BATS_TEST_TMPDIR/tree ./home"
    container_run
    succeeded
    is $'mounted\nmounted'
    run ! mountpoint -q "$BUNDLE/rootfs/mnt"
}

@test "hooks see the container's mounts" {
    bundle_new true
    hook createContainer "grep -c ' $(realpath "$BUNDLE")/rootfs/proc ' /proc/self/mountinfo >>$LOG; ls proc/1/status >>$LOG"
    container_run
    succeeded
    [[ $(<"$LOG") == $'1\nproc/1/status' ]]
}

# ---- With what -----------------------------------------------------------------------------------

@test "each hook gets the state on standard input, with status, pid, bundle and annotations" {
    bundle_new true
    cfg '.annotations = {"x": "y\nz \"q\""}'
    hooks_all 'cat >>LOG; echo >>LOG'
    container_run
    succeeded
    local kind state want
    for kind in "${KINDS[@]}"; do
        state=$(grep -x -B1 "$kind" "$LOG" | head -1)
        case $kind in
            prestart | createRuntime | createContainer) want=creating ;;
            startContainer) want=created ;;
            poststart) want=running ;;
            poststop) want=stopped ;;
        esac
        [[ $(jq -r .status <<<"$state") == "$want" ]] || { echo "$kind: $state" >&2; false; }
        [[ $(jq -r .id <<<"$state") == "$ID" ]]
        [[ $(jq -r .bundle <<<"$state") == "$(realpath "$BUNDLE")" ]]
        [[ $(jq -r .ociVersion <<<"$state") == 1.* ]]
        [[ $(jq -c .annotations <<<"$state") == '{"x":"y\nz \"q\""}' ]]
        case $kind in
            createContainer | startContainer) [[ $(jq -r .pid <<<"$state") == 1 ]] ;;
            poststop) [[ $(jq -r .pid <<<"$state") == 0 || $(jq 'has("pid")' <<<"$state") == false ]] ;;
            *) (($(jq -r .pid <<<"$state") > 1)) ;;
        esac
    done
}

@test "the pid on standard input is the container's first process" {
    bundle_new sleep 1000
    hook createRuntime "echo \$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/') >>$LOG"
    hook poststart "echo \$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/') >>$LOG"
    container_up
    [[ $(sort -u "$LOG") == "$(pid_of)" ]]
}

# verifies: config hooks.prestart[].env, config hooks.createRuntime[].env, config hooks.createContainer[].env,
#  config hooks.startContainer[].env, config hooks.poststart[].env, config hooks.poststop[].env
@test "a hook's environment is what it lists; without a list the caller's, in startContainer the process's" {
    bundle_new true
    cfg '.process.env += ["OF=process", "LD_PRELOAD=/none.so"]'
    local kind log
    touch "$BUNDLE/rootfs/log"
    cfg '.mounts += [{destination: "/log", source: $log, type: "bind", options: ["bind"]}]' --arg log "$LOG"
    for kind in "${KINDS[@]}"; do
        log=$LOG
        [[ $kind != startContainer ]] || log=/log
        hook "$kind" "echo $kind listed \$OF \$LD_PRELOAD. >>$log" '.env = ["OF=hook"]'
        hook "$kind" "echo $kind unlisted \$OF \$LD_PRELOAD. >>$log"
        hook "$kind" "echo $kind empty \$OF \$LD_PRELOAD. >>$log" '.env = []'
    done
    OF=caller container_run
    succeeded
    for kind in "${KINDS[@]}"; do
        grep -qx "$kind listed hook ." "$LOG"
        case $kind in
            startContainer) grep -qx "$kind unlisted process /none.so." "$LOG" ;;
            *) grep -qx "$kind unlisted caller ." "$LOG" ;;
        esac
        grep -qx "$kind empty  *\." "$LOG"
    done
}

@test "a hook without args has its path as its name" {
    bundle_new true
    printf '#!/bin/sh\necho "$0" $# >>%s\n' "$LOG" >"$BUNDLE/hook"
    chmod +x "$BUNDLE/hook"
    cfg '.hooks.createRuntime = [{path: $p}, {path: $p, args: ["name", "a", "b c"]}]' --arg p "$BUNDLE/hook"
    container_run
    succeeded
    [[ $(<"$LOG") == "$BUNDLE/hook 0"$'\n'"$BUNDLE/hook 2" ]]
    cfg '.hooks.createRuntime = [{path: "/bin/cat", args: ["myname", "/proc/self/cmdline"]},
        {path: "/bin/sh", args: ["other", "-c", "tr \"\\0\" \" \" </proc/$$/cmdline >>" + $log]}]' --arg log "$LOG"
    container_run
    succeeded
    [[ $(tail -1 "$LOG") == "other -c "* ]]
}

@test "a hook has descriptors 0 to 2 only, default signals and no controlling terminal of hoy's" {
    bundle_new true
    hook createRuntime "ls /proc/self/fd | tr '\n' ' ' >>$LOG; grep -E '^Sig(Blk|Ign)' /proc/self/status >>$LOG"
    run bash -c 'trap "" HUP PIPE INT; exec 5</ 7</; exec "$HOY" --root "$HOY_ROOT" run -b "$0" "$1" 3</' "$BUNDLE" "$ID"
    succeeded
    [[ $(head -1 "$LOG") == "0 1 2 3 SigBlk"* ]]
    [[ $(grep -oE '0000000000000000' "$LOG" | wc -l) == 2 ]]
}

@test "a hook that doesn't read its standard input is no error, nor one that closes everything" {
    bundle_new true
    # More than a pipe holds.
    cfg '.annotations = {"big": ("x" * 300000)}'
    hook createRuntime 'exec <&-; exit 0'
    hook createContainer 'exit 0'
    hook poststart 'exec <&- >&- 2>&-; exit 0'
    hook poststop 'true'
    run timeout 20 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    succeeded
}

@test "a hook that reads slowly gets the whole state" {
    bundle_new true
    cfg '.annotations = {"big": ("x" * 300000)}'
    hook createRuntime "sleep 0.3; wc -c >>$LOG"
    container_run
    succeeded
    (($(<"$LOG") > 300000))
}

# ---- Failures ------------------------------------------------------------------------------------

@test "a failing hook of each kind undoes the container, runs poststop and is named with its field and output" {
    bundle_new sh -c 'sleep 1000'
    cfg '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", $c]}]' --arg c "echo poststop >>$LOG"
    local kind plain
    plain=$(<"$BUNDLE/config.json")
    for kind in prestart createRuntime createContainer startContainer poststart; do
        echo "$plain" >"$BUNDLE/config.json"
        hook "$kind" true
        hook "$kind" 'echo "on output"; echo "on errors" >&2; exit 3'
        hook "$kind" "echo never >>$LOG"
        : >"$LOG"
        run timeout 20 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&- </dev/null
        [[ $status == 1 ]]
        is "hoy: config.json: hooks.${kind}[1]: run the $kind hook /bin/sh: exit status 3: on output\\x0aon errors\\x0a"
        [[ $(<"$LOG") == poststop ]]
        nothing_left
    done
    for kind in prestart createRuntime createContainer; do
        echo "$plain" >"$BUNDLE/config.json"
        hook "$kind" 'exit 4'
        : >"$LOG"
        run hoy create -b "$BUNDLE" "$ID" </dev/null
        [[ $status == 1 ]]
        is "hoy: config.json: hooks.${kind}[0]: run the $kind hook /bin/sh: exit status 4"
        [[ $(<"$LOG") == poststop ]]
        nothing_left
    done
    for kind in startContainer poststart; do
        echo "$plain" >"$BUNDLE/config.json"
        hook "$kind" 'exit 5'
        hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
        : >"$LOG"
        run hoy start "$ID"
        [[ $status == 1 ]]
        is "hoy: config.json: hooks.${kind}[0]: run the $kind hook /bin/sh: exit status 5"
        [[ $(<"$LOG") == poststop ]]
        nothing_left
    done
}

@test "a hook killed by a signal is named with it" {
    bundle_new true
    hook createRuntime 'kill -SEGV $$'
    container_run
    [[ $status == 1 ]]
    is "hoy: config.json: hooks.createRuntime[0]: run the createRuntime hook /bin/sh: killed by signal 11"
    cfg 'del(.hooks)'
    hook createContainer 'kill -KILL $$'
    container_run
    is "hoy: config.json: hooks.createContainer[0]: run the createContainer hook /bin/sh: killed by signal 9"
}

@test "a hook that is not there or can't be executed is an error" {
    bundle_new true
    local kind
    for kind in prestart createRuntime createContainer poststart; do
        cfg '.hooks = {($k): [{path: "/no/such/hook"}]}' --arg k "$kind"
        container_run
        [[ $status == 1 ]]
        is "hoy: config.json: hooks.${kind}[0]: run the $kind hook /no/such/hook: no such file or directory"
        cfg '.hooks = {($k): [{path: "/etc/passwd"}]}' --arg k "$kind"
        container_run
        is "hoy: config.json: hooks.${kind}[0]: run the $kind hook /etc/passwd: permission denied"
        nothing_left
    done
    cfg '.hooks = {createRuntime: [{path: "relative"}]}'
    container_run
    is 'hoy: config.json: hooks.createRuntime[0].path: must be an absolute path, got "relative"'
    cfg '.hooks = {createRuntime: [{args: ["x"]}]}'
    container_run
    is 'hoy: config.json: hooks.createRuntime[0].path: is required'
}

# verifies: config hooks.prestart[].timeout, config hooks.createRuntime[].timeout, config hooks.createContainer[].timeout,
#  config hooks.startContainer[].timeout, config hooks.poststart[].timeout, config hooks.poststop[].timeout
@test "a hook that takes longer than its timeout is killed with its children" {
    bundle_new sleep 1000
    local kind
    for kind in prestart createRuntime createContainer startContainer poststart; do
        cfg '.hooks = {}'
        hook "$kind" 'sleep 1007 & sleep 1008' '.timeout = 1'
        run timeout 30 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&- </dev/null
        [[ $status == 1 ]]
        is "hoy: config.json: hooks.${kind}[0]: run the $kind hook /bin/sh: timed out"
        nothing_left
    done
    # poststop: a warning.
    args true
    cfg '.hooks = {}'
    hook poststop 'sleep 1009' '.timeout = 1'
    run timeout 30 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&- </dev/null
    succeeded
    is "hoy: warning: config.json: hooks.poststop[0]: run the poststop hook /bin/sh: timed out"
    run pgrep -f 'sleep 100[789]'
    is ""
}

@test "a hook in time is not killed, and a timeout must be above 0" {
    bundle_new true
    hook createRuntime 'sleep 0.2' '.timeout = 30'
    container_run
    succeeded
    cfg '.hooks = {}'
    hook createRuntime true '.timeout = 0'
    container_run
    [[ $status == 1 ]]
    has "hooks.createRuntime[0].timeout: must be from 1 to"
    cfg '.hooks = {}'
    hook createRuntime true '.timeout = -1'
    container_run
    has "hooks.createRuntime[0].timeout: must be from 1 to"
}

@test "a failing poststop hook is a warning, and the others still run" {
    bundle_new true
    hook poststop 'echo why >&2; exit 1'
    hook poststop "echo second >>$LOG"
    cfg '.hooks.poststop += [{path: "/none"}]'
    hook poststop "echo fourth >>$LOG"
    run --separate-stderr hoy run -b "$BUNDLE" "$ID"
    succeeded
    [[ $stderr == 'hoy: warning: config.json: hooks.poststop[0]: run the poststop hook /bin/sh: exit status 1: why\x0a
hoy: warning: config.json: hooks.poststop[2]: run the poststop hook /none: no such file or directory' ]]
    [[ $(<"$LOG") == $'second\nfourth' ]]
    nothing_left

    : >"$LOG"
    hoy create -b "$BUNDLE" "$ID" </dev/null
    run hoy delete "$ID"
    succeeded
    has "warning: config.json: hooks.poststop[0]"
    [[ $(<"$LOG") == $'second\nfourth' ]]
}

@test "poststop hooks run also when the container is deleted by force, from the plan" {
    bundle_new sleep 1000
    hook poststop "echo poststop >>$LOG"
    container_up
    rm "$BUNDLE/config.json"
    hoy delete --force "$ID"
    [[ $(<"$LOG") == poststop ]]
}

@test "poststop hooks run once, whoever deletes the container first" {
    bundle_new sleep 1000
    hook poststop "echo poststop >>$LOG"
    "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&- &
    local pid=$! code=0
    wait_status running
    hoy delete --force "$ID"
    wait $pid || code=$?
    [[ $code == 137 ]]
    [[ $(<"$LOG") == poststop ]]
    nothing_left
}

@test "much that a hook prints neither blocks it nor hides the end" {
    bundle_new true
    hook createRuntime 'head -c 3000000 /dev/zero | tr "\0" x; echo the end; exit 1'
    run timeout 20 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    [[ $status == 1 ]]
    has 'the end\x0a'
    ((${#output} < 3000))
}

@test "a child that a hook leaves behind doesn't hold hoy up" {
    bundle_new true
    hook createRuntime 'sleep 1010 & exit 0'
    run timeout 20 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    succeeded
    pkill -f 'sleep 1010' || { echo "it was killed: a daemon of a hook must live on" >&2; false; }
}
