#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: systemd
# The systemd manager: scopes, made by a real systemd that is the machine's first process.

load helpers

hoy() {
    "$HOY" --root "$HOY_ROOT" --systemd-cgroup "$@" 3>&-
}

teardown() {
    containers_remove
    [[ -z ${SESSION:-} ]] || session_end
    no_units
}

# Nothing of ours is left in systemd, failed units included. It forgets a unit a moment after its end.
no_units() {
    wait_until 10 units_gone && return
    systemctl list-units --all --plain --no-legend "*$HOY_TOKEN*"
    # So that no other test stumbles over it.
    systemctl stop "*$HOY_TOKEN*.scope"
    return 1
}

units_gone() {
    [[ -z $(systemctl list-units --all --plain --no-legend "*$HOY_TOKEN*") ]]
}

# property NAME [UNIT]: what systemd knows of the container's scope.
property() {
    systemctl show --value -p "$1" "${2:-hoy-$ID.scope}"
}

# knows NAME VALUE [NAME VALUE…]
knows() {
    while [[ $# -gt 0 ]]; do
        [[ $(property "$1") == "$2" ]] || { echo "$1: $(property "$1"), not $2" >&2; return 1; }
        shift 2
    done
}

# stands FILE VALUE [FILE VALUE…]: what the files of the cgroup have.
stands() {
    while [[ $# -gt 0 ]]; do
        [[ $(<"$CGROUP/$1") == "$2" ]] || { echo "$1: $(<"$CGROUP/$1"), not $2" >&2; return 1; }
        shift 2
    done
}

# up [FILTER]: a container that sleeps.
up() {
    bundle_new sleep 1000
    cfg "${1:-.}"
    container_up
    CGROUP=$(cgroup_of)
}

# ---- A scope's life ------------------------------------------------------------------------------

@test "the container is in a scope of its own, which goes with it" {
    up
    [[ $CGROUP == "/sys/fs/cgroup/system.slice/hoy-$ID.scope" ]]
    knows ActiveState active Slice system.slice Delegate yes Description "hoy container $ID" \
        ControlGroup "/system.slice/hoy-$ID.scope" CollectMode inactive-or-failed TasksMax infinity
    # The placeholder is gone.
    [[ $(<"$CGROUP/cgroup.procs") == "$(pid_of)" ]]
    run hoy ps -f json "$ID"
    is "[$(pid_of)]"
    run hoy exec "$ID" cat /proc/self/cgroup
    is 0::/
    hoy kill "$ID" KILL
    wait_status stopped
    hoy delete "$ID"
    [[ ! -e $CGROUP ]]
    no_units
}

@test "slice:prefix:name says where" {
    bundle_new sleep 1000
    cfg '.linux.cgroupsPath = "machine-hoytest.slice:libpod:" + $id' --arg id "$ID"
    container_up
    CGROUP=$(cgroup_of)
    [[ $CGROUP == "/sys/fs/cgroup/machine.slice/machine-hoytest.slice/libpod-$ID.scope" ]]
    [[ $(property Slice "libpod-$ID.scope") == machine-hoytest.slice ]]
    hoy delete --force "$ID"
    [[ ! -e $CGROUP ]]
}

@test "run: the exit status, and nothing is left" {
    bundle_new sh -c 'exit 7'
    container_run
    [[ $status == 7 ]]
    is ''
    no_units
}

@test "what can't be executed leaves no scope" {
    bundle_new /does/not/exist
    container_run
    failed_with 'no such file or directory'
    no_units
    run hoy create -b "$BUNDLE" "$ID"
    failed_with 'no such file or directory'
    no_units
}

@test "an operation that fails leaves no scope" {
    require_faults
    local n
    bundle_new true
    cfg '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 1}}'
    for n in 2 3 4 8 14 20; do
        HOY_FAIL_OP=$n run "$HOY_FAULTS_BIN" --root "$HOY_ROOT" --systemd-cgroup run -b "$BUNDLE" "$ID"
        failed_with 'failed on demand'
        no_units
        [[ ! -e $HOY_ROOT/$ID ]]
    done
}

@test "a unit of that name is an error, and stays" {
    bundle_new true
    systemd-run --quiet --collect --unit="hoy-$ID.scope" --scope sleep 1000 >/dev/null 2>&1 3>&- &
    OTHER=$!
    wait_until 10 test -e "/sys/fs/cgroup/system.slice/hoy-$ID.scope"
    container_run
    failed_with 'there is such a unit already'
    has "hoy-$ID.scope"
    [[ $(property ActiveState) == active ]]
    systemctl stop "hoy-$ID.scope"
    wait "$OTHER" || true
    container_run
    succeeded
}

@test "the name is free again at once" {
    local n
    bundle_new true
    for n in 1 2 3 4 5; do
        container_run
        succeeded
    done
}

@test "hoy is killed while it makes a scope: nothing stays that delete can't find" {
    local pause
    bundle_new sleep 1000
    for pause in 0.05 0.1 0.15 0.2 0.3; do
        hoy create -b "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 &
        sleep "$pause"
        kill -KILL "$!" 2>/dev/null || true
        wait "$!" || true
        hoy delete --force "$ID"
        no_units
        [[ ! -e $HOY_ROOT/$ID ]]
    done
}

@test "delete --force without the record finds the scope" {
    up
    rm -r "${HOY_ROOT:?}/$ID"
    hoy delete --force "$ID"
    [[ ! -e $CGROUP ]]
}

@test "pause, resume, kill" {
    up
    hoy pause "$ID"
    status_is paused "$ID"
    hoy resume "$ID"
    hoy pause "$ID"
    hoy kill "$ID" KILL
    wait_status stopped
    hoy delete "$ID"
}

@test "a slice that is frozen is an error" {
    bundle_new true
    cfg '.linux.cgroupsPath = "hoyfrozen.slice:hoy:" + $id' --arg id "$ID"
    systemctl start hoyfrozen.slice
    echo 1 >/sys/fs/cgroup/hoyfrozen.slice/cgroup.freeze
    container_run
    echo 0 >/sys/fs/cgroup/hoyfrozen.slice/cgroup.freeze
    failed_with 'is frozen'
    systemctl stop hoyfrozen.slice
}

# ---- Limits --------------------------------------------------------------------------------------

@test "limits are in the cgroup and in systemd's book" {
    up '.linux.resources = {
        cpu: {shares: 512, quota: 12345, period: 50000, cpus: "1", mems: "0"},
        memory: {limit: 67108864, reservation: 33554432, swap: 100663296},
        pids: {limit: 50}, blockIO: {weight: 500},
        unified: {"memory.high": "48M"}}'
    stands cpu.weight 59 cpu.max '12345 50000' cpuset.cpus 1 cpuset.mems 0 memory.max 67108864 \
        memory.low 33554432 memory.swap.max 33554432 pids.max 50 memory.high 50331648
    knows CPUWeight 59 CPUQuotaPerSecUSec 250ms CPUQuotaPeriodUSec 50ms AllowedCPUs 1 \
        AllowedMemoryNodes 0 MemoryMax 67108864 MemoryLow 33554432 MemorySwapMax 33554432 \
        TasksMax 50 IOWeight 4950 MemoryHigh 50331648
    # systemd has a reason to write them all again.
    systemctl set-property --runtime "hoy-$ID.scope" MemoryMin=4096 CPUWeight=77 TasksAccounting=yes
    systemctl daemon-reload
    stands memory.max 67108864 memory.low 33554432 memory.high 50331648 memory.swap.max 33554432 \
        cpu.max '12500 50000' cpuset.cpus 1 pids.max 50
}

@test "limits of devices are in systemd's book" {
    loop_new 16M
    up ".linux.resources.blockIO = {throttleReadBpsDevice: [{major: ${NUMBER%:*}, minor: ${NUMBER#*:}, rate: 1000000}],
        throttleWriteIOPSDevice: [{major: ${NUMBER%:*}, minor: ${NUMBER#*:}, rate: 77}]}"
    stands io.max "$NUMBER rbps=1000000 wbps=max riops=max wiops=77"
    knows IOReadBandwidthMax "/dev/block/$NUMBER 1000000" IOWriteIOPSMax "/dev/block/$NUMBER 77"
    hoy delete --force "$ID"
    losetup -d "$LOOP"
}

@test "limits that systemd has no word for" {
    up '.linux.resources = {cpu: {quota: 20000, burst: 10000},
        hugepageLimits: [{pageSize: "2MB", limit: 2097152}]}'
    stands cpu.max.burst 10000 hugetlb.2MB.max 2097152
}

@test "a limit of one process, and of none" {
    up '.linux.resources.pids.limit = 1'
    stands pids.max 1
    hoy delete --force "$ID"
    up '.linux.resources.pids.limit = 0'
    stands pids.max 0
}

@test "an idle container is idle for systemd" {
    up '.linux.resources.cpu.idle = 1'
    stands cpu.idle 1
    knows CPUWeight idle
    systemctl set-property --runtime "hoy-$ID.scope" CPUQuota=50%
    stands cpu.idle 1
}

@test "update changes both" {
    up '.linux.resources = {cpu: {quota: 12345, period: 50000}, memory: {limit: 67108864}, pids: {limit: 1}}'
    hoy update --cpu-share 2048 --memory 32m "$ID"
    stands cpu.weight 174 memory.max 33554432
    # Of these systemd's idea is coarser.
    stands cpu.max '12345 50000' pids.max 1
    knows CPUWeight 174 MemoryMax 33554432
    hoy update --pids-limit 9 --cpu-quota 5000 "$ID"
    stands pids.max 9 cpu.max '5000 50000'
    knows TasksMax 9 CPUQuotaPerSecUSec 100ms
}

@test "update: what is refused is undone in both" {
    up '.linux.resources = {cpu: {shares: 512}, memory: {limit: 67108864}}'
    hoy update -r - "$ID" <<<'{"memory": {"limit": 33554432}, "unified": {"memory.oom.group": "7"}}' &&
        return 1
    stands memory.max 67108864
    knows MemoryMax 67108864
}

@test "the device filter outlives a reload" {
    bundle_new sh -c 'while :; do dd if=/dev/kmsg count=0 2>/dev/null && echo opened; echo round; sleep 0.1; done'
    container_up
    mknod "$BUNDLE/rootfs/kmsg" c 1 11
    systemctl daemon-reload
    run hoy exec "$ID" dd if=/kmsg count=0
    failed_with 'not permitted'
}

@test "a container killed for memory says so" {
    bundle_new sh -c 'x=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; while :; do x=$x$x; done'
    cfg '.linux.resources.memory = {limit: 8388608, swap: 8388608}'
    container_run
    [[ $status == 137 ]]
    has 'ran out of memory'
    has 'memory.max 8388608 bytes'
}

@test "a container killed for memory says so, also when systemd was faster and took its cgroup away" {
    require_tool strace
    bundle_new sh -c 'x=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; while :; do x=$x$x; done'
    cfg '.linux.resources.memory = {limit: 8388608, swap: 8388608}'
    run strace -qq -o /dev/null -e trace=waitid -e inject=waitid:delay_enter=3000000 \
        "$HOY" --root "$HOY_ROOT" --systemd-cgroup run -b "$BUNDLE" "$ID" </dev/null 3>&-
    [[ $status == 137 ]]
    has 'ran out of memory'
    has 'memory.max 8388608 bytes'
}

# ---- Annotations ---------------------------------------------------------------------------------

@test "annotations set properties" {
    up '.annotations = {"org.systemd.property.TimeoutStopSec": "5", "org.systemd.property.RuntimeMaxUSec": "uint64 700000000",
        "org.systemd.property.Documentation": "['\''https://example.org/x'\'']", "org.systemd.property.OOMScoreAdjust": "5"} |
        del(.annotations["org.systemd.property.OOMScoreAdjust"])'
    knows TimeoutStopUSec 5s RuntimeMaxUSec '11min 40s' Documentation https://example.org/x
}

@test "annotations that systemd refuses are its error" {
    bundle_new true
    cfg '.annotations["org.systemd.property.NoSuchThing"] = "uint64 5"'
    container_run
    failed_with "hoy-$ID.scope"
    has 'NoSuchThing'
    cfg '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint 5"}'
    container_run
    failed_with 'is no value in GVariant'
    no_units
}

# ---- Sub-cgroups ---------------------------------------------------------------------------------

@test "systemd works in a container that owns its cgroup" {
    bundle_new /lib/systemd/systemd --unit=inner.service --log-target=null
    mkdir "$BUNDLE/units" "$BUNDLE/result"
    cat >"$BUNDLE/units/inner.service" <<'UNIT'
[Unit]
DefaultDependencies=no
SuccessAction=exit
FailureAction=exit-force
[Service]
Type=oneshot
ExecStart=/bin/sh -c "cat /proc/self/cgroup >/tmp/result/cgroup; systemd-run --scope -p MemoryMax=33554432 -p TasksMax=33 sh -c 'cat /sys/fs/cgroup$(sed s/0::// /proc/self/cgroup)/memory.max' >/tmp/result/limit"
UNIT
    # The machine's own root file system, read-only.
    cfg '.root = {path: "/", readonly: true} | .process.env += ["container=hoy"] |
        .process.capabilities[] += ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_NET_ADMIN", "CAP_DAC_OVERRIDE",
            "CAP_DAC_READ_SEARCH", "CAP_CHOWN", "CAP_FOWNER", "CAP_SETUID", "CAP_SETGID", "CAP_SYS_RESOURCE"] |
        .linux.namespaces += [{type: "cgroup"}] | .linux.namespaces |= unique |
        .mounts |= map(if .type == "cgroup" or .type == "cgroup2" then .options -= ["ro"] else . end) |
        .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs"}, {destination: "/tmp", type: "tmpfs", source: "tmpfs"},
            {destination: "/run/systemd/system", type: "bind", source: $units, options: ["bind"]},
            {destination: "/tmp/result", type: "bind", source: $result, options: ["bind", "rw"]}]' \
        --arg units "$BUNDLE/units" --arg result "$BUNDLE/result"
    container_run
    succeeded
    [[ $(<"$BUNDLE/result/cgroup") == 0::/system.slice/inner.service ]]
    [[ $(<"$BUNDLE/result/limit") == 33554432 ]]
    no_units
}

# ---- The bus -------------------------------------------------------------------------------------

@test "over the message bus it is the same" {
    bundle_new true
    systemctl start dbus.socket dbus.service
    wait_until 10 busctl --quiet status
    container_run
    succeeded
    up '.linux.resources.memory.limit = 67108864'
    knows MemoryMax 67108864
    hoy delete --force "$ID"
    systemctl stop dbus.socket dbus.service
}

# The service manager of a user, without a login.
session_begin() {
    SESSION=$HOY_TOKEN-session.service
    RUNTIME=/run/user-$HOY_TOKEN
    mkdir -p "$RUNTIME"
    chown games "$RUNTIME"
    systemd-run --quiet --collect --unit="$SESSION" -p User=games -p Delegate=yes -p TasksMax=infinity \
        -E "XDG_RUNTIME_DIR=$RUNTIME" /lib/systemd/systemd --user --unit=basic.target
    wait_until 30 test -S "$RUNTIME/systemd/private"
}

session_end() {
    systemctl stop "$SESSION" || true
    SESSION=""
    rm -rf "$RUNTIME"
}

@test "the user's session has scopes too" {
    local user=(setpriv --reuid games --regid games --clear-groups)
    bundle_new sh -c 'cat /proc/self/cgroup; cat /sys/fs/cgroup/memory.max'
    session_begin
    cp "$HOY" "${HOY%/*}/hoy-systemd" "$RUNTIME"
    mv "$BUNDLE/rootfs" "$RUNTIME/rootfs"
    "${user[@]}" "$HOY" spec --rootless -b "$RUNTIME"
    jq '.process.terminal = false | .process.args = $old[0].process.args |
        .linux.resources = {memory: {limit: 33554432}} | .linux.namespaces += [{type: "cgroup"}] |
        .linux.namespaces |= unique' --slurpfile old "$BUNDLE/config.json" "$RUNTIME/config.json" >"$RUNTIME/new"
    mv "$RUNTIME/new" "$RUNTIME/config.json"
    chmod 644 "$RUNTIME/config.json"
    user+=(env XDG_RUNTIME_DIR="$RUNTIME")
    run "${user[@]}" systemd-run --user --quiet --wait --pipe \
        "$RUNTIME/hoy" --root "$RUNTIME/state" --systemd-cgroup run -b "$RUNTIME" "$ID" 3>&-
    succeeded
    has 0::/
    has 33554432
    # From outside their part of the hierarchy the kernel lets nobody in.
    run "${user[@]}" "$RUNTIME/hoy" --root "$RUNTIME/state" --systemd-cgroup run -b "$RUNTIME" "$ID" 3>&-
    failed_with 'systemd-run --user --scope'
    [[ ! -e $RUNTIME/state/$ID ]]
    # The system's own systemd, when that is asked for, doesn't take orders from everybody.
    run "${user[@]}" "$RUNTIME/hoy" --root "$RUNTIME/state" --systemd-cgroup --rootless false run -b "$RUNTIME" "$ID" 3>&-
    failed_with 'no message bus of the system'
}
