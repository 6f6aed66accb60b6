#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# seccomp: what a profile does to a container, and when it is in force.

load helpers

setup_file() {
    "$HOY" features | jq -e .linux.seccomp.enabled >/dev/null || return 0
    gcc -O1 -static -o "$BATS_FILE_TMPDIR/call" "$HOY_TOP/tests/data/call.c" 2>/dev/null || true
}

setup() {
    "$HOY" features | jq -e .linux.seccomp.enabled >/dev/null || skip "hoy was built without libseccomp"
    [[ $(uname -m) == x86_64 ]] || skip "the numbers are those of x86_64"
    [[ -x $BATS_FILE_TMPDIR/call ]] || skip "gcc can't link statically"
}

# A bundle with the program `call` (tests/data/call.c), and the arguments given.
call_new() {
    bundle_new "$@"
    cp "$BATS_FILE_TMPDIR/call" "$BUNDLE/rootfs/bin/call"
}

# profile ACTION [RULES]: the default action, and rules as JSON.
profile() {
    cfg '.linux.seccomp = {defaultAction: $a, syscalls: $r}' --arg a "SCMP_ACT_$1" \
        --argjson r "${2:-[]}"
}

# privileges yes|no: noNewPrivileges.
privileges() {
    cfg '.process.noNewPrivileges = ($p == "no")' --arg p "$1"
}

engine_profile() {
    cfg '.linux.seccomp = $p[0]' --slurpfile p "$HOY_TOP/tests/data/seccomp-engine.json"
}

# call_is EXPECTED ARGUMENT…: what `call` prints.
call_is() {
    local expected=$1
    shift
    args call "$@"
    container_run
    is "$expected"
}

# ---- Actions -----------------------------------------------------------------------------------

# 170 is sethostname, which nothing else here calls.
# verifies: config linux.seccomp.syscalls[].action=SCMP_ACT_ERRNO,
#   config linux.seccomp.syscalls[].errnoRet
@test "ERRNO fails with the number asked for, EPERM without one" {
    local p
    for p in no yes; do
        call_new
        privileges $p
        profile ALLOW '[{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]'
        call_is "errno 95" 170
        profile ALLOW '[{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO"}]'
        call_is "errno 1" 170
        profile ALLOW '[{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 0}]'
        call_is ok 170
    done
}

# verifies: config linux.seccomp.defaultAction, config linux.seccomp.defaultErrnoRet
@test "the default action is for what no rule names" {
    call_new
    engine_profile
    cfg '.linux.seccomp.defaultErrnoRet = 42'
    call_is "errno 42" 170
    call_is ok 39
}

# verifies: config linux.seccomp.syscalls[].action=SCMP_ACT_KILL_PROCESS,
#   config linux.seccomp.syscalls[].action=SCMP_ACT_KILL,
#   config linux.seccomp.syscalls[].action=SCMP_ACT_KILL_THREAD
@test "KILL ends the process with SIGSYS: status 159" {
    local action
    for action in KILL KILL_PROCESS KILL_THREAD; do
        call_new call 170
        profile ALLOW '[{"names": ["sethostname"], "action": "SCMP_ACT_'$action'"}]'
        container_run
        [ "$status" = 159 ]
        is ""
    done
}

# verifies: config linux.seccomp.syscalls[].action=SCMP_ACT_TRAP
@test "TRAP sends SIGSYS, which can be handled" {
    call_new call trap 170
    profile ALLOW '[{"names": ["sethostname"], "action": "SCMP_ACT_TRAP"}]'
    container_run
    is trapped
    args call 170
    container_run
    [ "$status" = 159 ]
}

# verifies: config linux.seccomp.syscalls[].action=SCMP_ACT_LOG,
#   config linux.seccomp.syscalls[].action=SCMP_ACT_ALLOW
@test "LOG and ALLOW let it happen" {
    call_new
    profile LOG '[{"names": ["sethostname"], "action": "SCMP_ACT_ALLOW"}]'
    cfg '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_LOG"]'
    call_is ok 39
    profile ALLOW '[{"names": ["getpid"], "action": "SCMP_ACT_LOG"}]'
    call_is ok 39
}

# verifies: config linux.seccomp.syscalls[].action=SCMP_ACT_TRACE
@test "TRACE without a tracer is ENOSYS" {
    call_new
    profile ALLOW '[{"names": ["sethostname"], "action": "SCMP_ACT_TRACE", "errnoRet": 5}]'
    call_is "errno 38" 170
}

# ---- Arguments ---------------------------------------------------------------------------------

# 140 is getpriority(which, who): where the rule holds it is errno 77, else the kernel's EINVAL, 22.
# verifies: config linux.seccomp.syscalls[].args
@test "every operator compares all 64 bits" {
    local op value results
    call_new
    while read -r op value results; do
        profile ALLOW '[{"names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77,
            "args": [{"index": 0, "value": '"$value"', "op": "SCMP_CMP_'"$op"'"}]}]'
        script 'for v in 8589934599 8589934600 8589934601; do call 140 $v 0; done'
        container_run
        results=${results//n/errno 22$'\n'}
        results=${results//y/errno 77$'\n'}
        is "${results%$'\n'}"
    done <<'ROWS'
NE 8589934600 yny
LT 8589934600 ynn
LE 8589934600 yyn
EQ 8589934600 nyn
GE 8589934600 nyy
GT 8589934600 nny
ROWS
}

@test "MASKED_EQ compares what the mask leaves" {
    call_new
    profile ALLOW '[{"names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77,
        "args": [{"index": 0, "value": 240, "valueTwo": 32, "op": "SCMP_CMP_MASKED_EQ"}]}]'
    call_is "errno 77" 140 0x2f
    call_is "errno 77" 140 0xf20
    call_is "errno 22" 140 0x3f
}

# ---- Calls that the profile does not know -------------------------------------------------------

@test "a call newer than the profile is ENOSYS, one below is refused" {
    call_new
    engine_profile
    call_is "errno 38" 999
    call_is "errno 1" 170
}

@test "a name that nobody knows is skipped" {
    call_new
    profile ALLOW '[{"names": ["no_such_call", "sethostname"], "action": "SCMP_ACT_ERRNO"}]'
    call_is "errno 1" 170
}

# verifies: config linux.seccomp.architectures[]=SCMP_ARCH_X86
@test "a call of another architecture is killed unless it is listed" {
    call_new call i386 20
    engine_profile
    cfg '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64"]'
    container_run
    [ "$status" = 159 ]
    engine_profile
    # A kernel may lack the 32-bit entry.
    container_run
    [ "$status" != 159 ]
    call_is "errno 1" i386 74 # sethostname there
}

# ---- A profile as engines write it --------------------------------------------------------------

@test "shells run under an engine's profile, with and without noNewPrivileges" {
    local p
    for p in no yes; do
        call_new
        privileges $p
        engine_profile
        cfg '.process.user = {uid: 1000, gid: 1000, additionalGids: [7]}'
        script 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status | tr -d "\t\n"; id -u; id -G
            for i in 1 2 3; do echo $i; done | sort -r | head -n 1; (sleep 0.01; exit 3) || echo $?
            unshare -U true 2>/dev/null || echo refused; ls / >/dev/null && echo listed'
        container_run
        succeeded
        is "$([[ $p == no ]] && echo NoNewPrivs:1Seccomp:21000 || echo NoNewPrivs:0Seccomp:21000)
1000 7
3
3
refused
listed"
    done
}

@test "create and start go through the filter" {
    local p
    for p in no yes; do
        call_new sh -c 'grep Seccomp: /proc/self/status; sleep 60'
        privileges $p
        engine_profile
        cfg '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat >/dev/null"]}]'
        cfg '.root.readonly = false'
        container_up
        wait_output $'Seccomp:\t2'
        run hoy exec "$ID" call 170
        is "errno 1"
        run hoy exec "$ID" sh -c 'grep Seccomp: /proc/self/status'
        is $'Seccomp:\t2'
        hoy delete --force "$ID"
    done
}

@test "exec is under the filter whatever its privileges are" {
    local json
    call_new sleep 60
    engine_profile
    privileges yes
    container_up
    run hoy exec --no-new-privs "$ID" call 170
    is "errno 1"
    for json in true false; do
        jq '.process | .args = ["call", "170"] | .noNewPrivileges = '$json "$BUNDLE/config.json" \
            >"$BATS_TEST_TMPDIR/process.json"
        run hoy exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
        is "errno 1"
    done
    # Of the profile that it was created by, not of one that was written since.
    profile ALLOW
    run hoy exec "$ID" call 170
    is "errno 1"
}

@test "a user namespace changes nothing" {
    local p
    for p in no yes; do
        call_new
        privileges $p
        engine_profile
        cfg '.linux.namespaces += [{type: "user"}] |
            .linux.uidMappings = [{containerID: 0, hostID: 0, size: 2000}] |
            .linux.gidMappings = .linux.uidMappings'
        call_is "errno 1" 170
    done
}

# ---- Profiles that forbid what the start needs --------------------------------------------------

# verifies: config linux.seccomp.syscalls[].names
@test "a profile that forbids sending or writing does not keep a container from starting" {
    call_new true
    profile ALLOW '[{"names": ["sendmsg", "sendto", "write", "close_range", "capset", "openat2",
        "faccessat2"], "action": "SCMP_ACT_KILL_PROCESS"}]'
    privileges no
    container_run
    succeeded
    # Without noNewPrivileges there are steps behind the filter, but nothing is sent by sendmsg.
    profile ALLOW '[{"names": ["sendmsg", "sendto", "close_range"], "action": "SCMP_ACT_KILL_PROCESS"}]'
    privileges yes
    container_run
    succeeded
    container_up
    wait_status stopped
}

@test "old profiles that know neither openat2 nor faccessat2 nor close_range start containers" {
    local p
    for p in no yes; do
        call_new sh -c 'echo "$HOME"'
        privileges $p
        profile ALLOW '[{"names": ["openat2", "faccessat2", "close_range"], "action": "SCMP_ACT_ERRNO"}]'
        container_run
        succeeded
        is /root
    done
}

@test "a filter that lets execve fail is told from a program that ended" {
    call_new true
    privileges no
    profile ALLOW '[{"names": ["execve"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]'
    container_run
    failed_with 'process.args: exec true: permission denied'
    has 'the filter of linux.seccomp was in force already'
    # It kills, or lets nothing happen, not even the end.
    profile ALLOW '[{"names": ["execve"], "action": "SCMP_ACT_KILL_PROCESS"}]'
    container_run
    failed_with "process.args: exec true: the container's seccomp filter does not let it happen"
    profile ERRNO
    container_run
    failed_with "process.args: exec true: the container's seccomp filter does not let it happen"
    has 'linux.seccomp must allow execve'
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    # start is not its parent: whoever is may have reaped it before start could look at its name.
    run hoy start "$ID"
    [[ $status == 0 ]] ||
        failed_with "process.args: exec true: the container's seccomp filter does not let it happen"
    [[ $(status_of) != running ]]
    hoy delete --force "$ID"
}

@test "what a filter kills before execve says why" {
    call_new true
    privileges yes
    profile ALLOW '[{"names": ["setresuid"], "action": "SCMP_ACT_KILL_PROCESS"}]'
    container_run
    failed_with 'its first process was killed by signal 31'
    has 'with process.noNewPrivileges it is loaded last'
    profile ALLOW '[{"names": ["setresuid"], "action": "SCMP_ACT_ERRNO"}]'
    container_run
    failed_with 'process.user: become user 0:0: setuid: operation not permitted'
    has 'the filter of linux.seccomp was in force already'
}

# ---- The cache ---------------------------------------------------------------------------------

@test "a second start takes the filter from the cache, a damaged one is made again" {
    local dir=$HOY_ROOT/.seccomp~cache file before
    rm -rf "$dir"
    call_new call 170
    engine_profile
    container_run
    is "errno 1"
    file=$(echo "$dir"/*)
    [ "$(stat -c %a "$dir")" = 700 ]
    [ "$(stat -c %a "$file")" = 600 ]
    before=$(stat -c %i "$file")
    container_run
    is "errno 1"
    [ "$(stat -c %i "$file")" = "$before" ]
    truncate -s 100 "$file"
    container_run
    is "errno 1"
    [ "$(stat -c %s "$file")" -gt 1000 ]
    printf '\377' | dd of="$file" bs=1 seek=4000 conv=notrunc status=none
    container_run
    is "errno 1"
    # It is no container.
    run hoy list -q
    is ""
}

@test "where the cache can't be written, containers start" {
    call_new call 170
    rm -rf "$HOY_ROOT/.seccomp~cache"
    touch "$HOY_ROOT/.seccomp~cache"
    engine_profile
    container_run
    succeeded
    is "errno 1"
    rm "$HOY_ROOT/.seccomp~cache"
}

# ---- The plan, and what is refused --------------------------------------------------------------

@test "hoy plan says what the filter allows, and where it is loaded" {
    local p=
    call_new true
    engine_profile
    privileges no
    run hoy plan -b "$BUNDLE"
    succeeded
    has 'load the seccomp filter: default errno 1, allow 346 calls, errno 38 for 1 call, 7 rules with'
    p=$(grep -n 'load the seccomp filter' <<<"$output" | cut -d: -f1)
    [[ $(sed -n "$((p + 1))p" <<<"$output") == *"exec true"* ]]
    privileges yes
    run hoy plan -b "$BUNDLE"
    p=$(grep -n 'load the seccomp filter' <<<"$output" | cut -d: -f1)
    [[ $(sed -n "$((p + 1))p" <<<"$output") == *"become user"* ]]
    [ ! -e "$HOY_ROOT/.seccomp~cache" ] || [ -d "$HOY_ROOT/.seccomp~cache" ]
}

@test "NOTIFY and what belongs to it is refused" {
    call_new true
    profile NOTIFY
    container_run
    failed_with 'linux.seccomp.defaultAction: is not supported by this version of hoy (seccomp agents)'
    profile ALLOW '[{"names": ["mknod"], "action": "SCMP_ACT_NOTIFY"}]'
    container_run
    failed_with 'linux.seccomp.syscalls[0].action: is not supported'
    profile ALLOW
    cfg '.linux.seccomp.listenerPath = "/run/agent"'
    container_run
    failed_with 'linux.seccomp.listenerPath: is not supported'
    profile ALLOW
    cfg '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
    container_run
    failed_with 'linux.seccomp.flags[0]: "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" is for SCMP_ACT_NOTIFY only'
}

# verifies: config linux.seccomp.flags
@test "errors name the field, and nothing is left" {
    call_new true
    profile ALLOW '[{"names": ["mknod"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1}]'
    container_run
    failed_with 'config.json: linux.seccomp.syscalls[0].errnoRet: must not be there: SCMP_ACT_ALLOW takes no number'
    profile ALLOW
    cfg '.linux.seccomp.architectures = ["SCMP_ARCH_S390X"]'
    container_run
    failed_with 'config.json: linux.seccomp.architectures[0]: "SCMP_ARCH_S390X" can'
    run hoy list -q
    is ""
}

@test "every operation around a filter can fail" {
    require_faults
    local p n i
    for p in no yes; do
        call_new true
        privileges $p
        engine_profile
        n=$(hoy plan -b "$BUNDLE" | sed -n 's/^ *\([0-9]*\) .*load the seccomp filter.*/\1/p')
        for ((i = n - 1; i <= n + 1; i++)); do
            run hoy_faults "$i" run -b "$BUNDLE" "$ID"
            failed_with 'failed on demand'
        done
        container_run
        succeeded
    done
}
