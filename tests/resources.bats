#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: uml
# Limits: what stands in the cgroup's files, as the container and the machine see it, and that the
# kernel enforces it; and what only a root with every capability can give.

load helpers

setup() {
    require_controller cpu
    require_controller memory
    require_controller pids
}

# resources JSON: linux.resources.
resources() {
    cfg ".linux.resources = $1"
}

# What the container reads in these files of its cgroup, "FILE=VALUE" per line.
files() {
    args /bin/sh -ec 'cd /sys/fs/cgroup; for f; do echo "$f=$(cat $f)"; done' files "$@"
    container_run
    succeeded
}

# ---- cpu -----------------------------------------------------------------------------------------

# verifies: config linux.resources.cpu.shares
@test "cpu: shares become a weight" {
    bundle_new
    resources '{cpu: {shares: 512}}'
    files cpu.weight
    is cpu.weight=59
    resources '{cpu: {shares: 1024}}'
    files cpu.weight
    is cpu.weight=100
    resources '{cpu: {shares: 262144}}'
    files cpu.weight
    is cpu.weight=10000
}

# verifies: config linux.resources.cpu.quota, config linux.resources.cpu.period,
# config linux.resources.cpu.burst
@test "cpu: quota, period and burst" {
    bundle_new
    resources '{cpu: {quota: 25000, period: 50000, burst: 10000}}'
    files cpu.max cpu.max.burst
    is $'cpu.max=25000 50000\ncpu.max.burst=10000'
    resources '{cpu: {period: 200000}}'
    files cpu.max
    is 'cpu.max=max 200000'
    resources '{cpu: {quota: 30000}}'
    files cpu.max
    is 'cpu.max=30000 100000'
    resources '{cpu: {quota: -1, period: 0, burst: 0, shares: 0}}'
    files cpu.max cpu.max.burst cpu.weight
    is $'cpu.max=max 100000\ncpu.max.burst=0\ncpu.weight=100'
}

@test "cpu: a process that needs more than its quota is throttled" {
    bundle_new
    resources '{cpu: {quota: 5000, period: 50000}}'
    script 'while grep -q "^nr_throttled 0" /sys/fs/cgroup/cpu.stat; do :; done; echo throttled'
    container_run
    is throttled
}

# verifies: config linux.resources.cpu.idle
@test "cpu: idle, also beside shares" {
    bundle_new
    resources '{cpu: {idle: 0, shares: 2048}}'
    script 'ls /sys/fs/cgroup'
    container_run
    succeeded
    [[ $output == *cpu.idle* ]] || skip "this kernel has no cpu.idle"
    files cpu.idle
    is cpu.idle=0
    resources '{cpu: {idle: 1, shares: 2048, quota: 20000}}'
    files cpu.idle cpu.max
    is $'cpu.idle=1\ncpu.max=20000 100000'
}

@test "cpu: values that contradict each other or that the kernel does not take" {
    bundle_new true
    resources '{cpu: {quota: 20000, burst: 30000}}'
    container_run
    failed_with 'linux.resources.cpu.burst: must not be above quota (20000), got 30000'
    resources '{cpu: {quota: 999}}'
    container_run
    failed_with 'linux.resources.cpu.quota: must be -1 or at least 1000 microseconds, got 999'
    resources '{cpu: {period: 1000001}}'
    container_run
    failed_with 'linux.resources.cpu.period: must be from 1000 to 1000000 microseconds, got 1000001'
    resources '{cpu: {idle: 2}}'
    container_run
    failed_with linux.resources.cpu.idle
}

# ---- memory --------------------------------------------------------------------------------------

# verifies: config linux.resources.memory.limit, config linux.resources.memory.reservation,
# config linux.resources.memory.swap, config linux.resources.memory.checkBeforeUpdate
@test "memory: limit, reservation and swap" {
    bundle_new
    # swap is memory and swap together; the kernel's file is swap alone.
    resources '{memory: {limit: 67108864, reservation: 33554432, swap: 100663296,
                         checkBeforeUpdate: true}}'
    files memory.max memory.low memory.swap.max
    is $'memory.max=67108864\nmemory.low=33554432\nmemory.swap.max=33554432'
    resources '{memory: {limit: 67108864, swap: 67108864, checkBeforeUpdate: false}}'
    files memory.max memory.low memory.swap.max
    is $'memory.max=67108864\nmemory.low=0\nmemory.swap.max=0'
    resources '{memory: {limit: 67108864, swap: -1}}'
    files memory.max memory.swap.max
    is $'memory.max=67108864\nmemory.swap.max=max'
}

@test "memory: -1 is no limit, 0 is unset" {
    bundle_new
    resources '{memory: {limit: -1, reservation: -1, swap: -1}}'
    files memory.max memory.low memory.swap.max
    is $'memory.max=max\nmemory.low=max\nmemory.swap.max=max'
    resources '{memory: {limit: 0, reservation: 0, swap: 0}, pids: {limit: 50}}'
    files pids.max
    is pids.max=50
}

@test "memory: a process that takes more than the limit is killed" {
    bundle_new
    resources '{memory: {limit: 33554432, swap: 33554432}}'
    script 'head -c 100m /dev/zero | tail >/dev/null'
    container_run
    [[ $status == 137 ]]
    # The container's own process.
    args tail /dev/zero
    container_run
    [[ $status == 137 ]]
    # What is below the limit lives.
    script 'head -c 5m /dev/zero | tail | wc -c'
    container_run
    is 5242880
}

@test "memory: a kill is counted in the container's cgroup" {
    bundle_new
    resources '{memory: {limit: 33554432, swap: 33554432}}'
    script '(tail /dev/zero) || echo killed: $?; exec sleep 100'
    container_up
    wait_output 'killed: 137'
    grep -qx 'oom_kill 1' "$(cgroup_of)/memory.events"
}

@test "memory: a limit too small for the container's start is an error that says so" {
    bundle_new true
    resources '{memory: {limit: 65536, swap: 65536}}'
    container_run
    failed_with 'killed for memory (memory.max 65536 bytes'
    has 'raise linux.resources.memory.limit'
}

@test "memory: values that contradict each other" {
    bundle_new true
    resources '{memory: {limit: 67108864, swap: 33554432}}'
    container_run
    failed_with 'linux.resources.memory.swap: 33554432 is below the memory limit of 67108864, which it includes'
    resources '{memory: {swap: 33554432}}'
    container_run
    failed_with 'linux.resources.memory.swap: a limit on memory and swap together needs linux.resources.memory.limit'
    resources '{memory: {limit: -2}}'
    container_run
    failed_with 'linux.resources.memory.limit: must be from -1 to 9223372036854775807, got -2'
}

# ---- pids ----------------------------------------------------------------------------------------

# verifies: config linux.resources.pids.limit
@test "pids: the limit" {
    bundle_new
    resources '{pids: {limit: 20}}'
    files pids.max
    is pids.max=20
    resources '{pids: {limit: -1}}'
    files pids.max
    is pids.max=max
    resources '{pids: {limit: -2}}'
    container_run
    failed_with 'linux.resources.pids.limit: must be from -1 to 9223372036854775807, got -2'
}

@test "pids: 0 is a limit: the container's process runs and cannot fork" {
    bundle_new
    resources '{pids: {limit: 0}}'
    script 'read -r max </sys/fs/cgroup/pids.max; echo "max $max"; (true) || true'
    container_run
    has 'max 0'
    has "can't fork"
}

@test "pids: forks beyond the limit fail" {
    bundle_new
    resources '{pids: {limit: 10}}'
    script 'for i in $(seq 20); do sleep 60 & echo "forked $i"; done'
    container_run
    has 'forked 8'
    has "can't fork: Resource temporarily unavailable"
    has_not 'forked 10'
}

# ---- unified -------------------------------------------------------------------------------------

# verifies: config linux.resources.unified
@test "unified: any file of the cgroup, after and above the other limits" {
    bundle_new
    resources '{unified: {"memory.high": "50331648", "pids.max": "17", "cpu.weight": "77",
                          "cgroup.max.depth": "3"},
                pids: {limit: 30}, cpu: {shares: 2}, memory: {limit: 67108864}}'
    files memory.high memory.max pids.max cpu.weight cgroup.max.depth
    is $'memory.high=50331648\nmemory.max=67108864\npids.max=17\ncpu.weight=77\ncgroup.max.depth=3'
    resources '{unified: {"io.max": "7:0 rbps=1000000"}}'
    grep -qw io /sys/fs/cgroup/cgroup.controllers || skip "no io controller for the rest"
    # The kernel has no such device, or takes it: hoy only carries the words.
    container_run
    [[ $status == 0 ]] || has 'linux.resources.unified["io.max"]: write "7:0 rbps=1000000" to io.max'
}

@test "unified: what is wrong is named" {
    bundle_new true
    resources '{unified: {"nonsense.max": "1"}}'
    container_run
    failed_with 'controller "nonsense" is not in /sys/fs/cgroup/cgroup.controllers'
    resources '{unified: {"memory.nonsense": "1"}}'
    container_run
    failed_with 'linux.resources.unified["memory.nonsense"]: write "1" to memory.nonsense: no such file or directory'
    resources '{unified: {"memory.max": "many"}}'
    container_run
    failed_with 'linux.resources.unified["memory.max"]: write "many" to memory.max: invalid argument'
    resources '{unified: {"cgroup.procs": "1"}}'
    container_run
    failed_with 'linux.resources.unified["cgroup.procs"]: this file belongs to the runtime'
    resources '{unified: {"../memory.max": "1"}}'
    container_run
    failed_with 'linux.resources.unified["../memory.max"]: must be the name of a cgroup file like "memory.high"'
    run hoy state "$ID"
    failed_with 'does not exist'
}

# ---- The cgroup ----------------------------------------------------------------------------------

# verifies: config linux.cgroupsPath
@test "the limits stand in the cgroup that was asked for, several levels down, which goes again" {
    local dir=/sys/fs/cgroup/$HOY_TOKEN-above/middle/below
    bundle_new sleep 100
    cfg '.linux.cgroupsPath = $path' --arg path "/$HOY_TOKEN-above/middle/below"
    resources '{memory: {limit: 67108864}, pids: {limit: 12}, cpu: {shares: 100}}'
    container_up
    [[ $(cgroup_of) == "$dir" ]]
    [[ $(<"$dir/memory.max") == 67108864 ]]
    [[ $(<"$dir/pids.max") == 12 ]]
    [[ $(<"$dir/../memory.max") == max ]]
    hoy delete --force "$ID"
    [[ ! -e /sys/fs/cgroup/$HOY_TOKEN-above ]]
}

@test "limits bind a process that joins the container" {
    bundle_new sleep 100
    resources '{memory: {limit: 33554432, swap: 33554432}, pids: {limit: 10}}'
    container_up
    run hoy exec "$ID" tail /dev/zero
    [[ $status == 137 ]]
    [[ $(status_of) == running ]]
    run hoy exec "$ID" sh -c 'for i in $(seq 20); do sleep 60 >/dev/null 2>&1 & done'
    failed_with "can't fork"
}

@test "a container without limits needs no controller" {
    bundle_new
    cfg 'del(.linux.resources)'
    script 'cat /sys/fs/cgroup/cgroup.type; cat /proc/self/cgroup'
    container_run
    is $'domain\n0::/'
}

# ---- What takes every capability -----------------------------------------------------------------

# verifies: config process.rlimits
@test "hard limits are raised above the caller's" {
    require_capability 24 CAP_SYS_RESOURCE
    bundle_new /bin/sh -c 'ulimit -Sn; ulimit -Hn; ulimit -Hc'
    cfg '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 3000, hard: 4000},
                             {type: "RLIMIT_CORE", soft: 0, hard: 18446744073709551615}]'
    # jq writes the largest number as a rounded one.
    sed -i 's/18446744073709552000/18446744073709551615/' "$BUNDLE/config.json"
    run prlimit --nofile=1000:2000 --core=0:0 \
        "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    succeeded
    is $'3000\n4000\nunlimited'
}

# verifies: config process.oomScoreAdj
@test "the score for the OOM killer is lowered" {
    require_capability 24 CAP_SYS_RESOURCE
    bundle_new cat /proc/self/oom_score_adj
    cfg '.process.oomScoreAdj = -999'
    container_run
    is -999
}

# verifies: config process.capabilities
@test "every capability is given, to root and to a user" {
    require_capability 24 CAP_SYS_RESOURCE
    local all
    bundle_new cat /proc/self/status
    all=$(hoy features | jq -c .linux.capabilities)
    cfg '.process.capabilities = {bounding: $all, permitted: $all, effective: $all,
         inheritable: $all, ambient: $all}' --argjson all "$all"
    # A kernel that is older than hoy has fewer; hoy says which it left out.
    local last full
    last=$(</proc/sys/kernel/cap_last_cap)
    full=$(printf '%016x' $(((1 << (last + 1)) - 1)))
    for user in '{uid: 0, gid: 0}' '{uid: 1000, gid: 1000}'; do
        cfg ".process.user = $user"
        container_run
        succeeded
        for set in Inh Prm Eff Bnd Amb; do
            has "Cap$set:"$'\t'"$full"
        done
    done
}

# ---- exec where the container's own cgroup takes no process --------------------------------------

@test "exec finds the first process's cgroup when the container has enabled controllers" {
    bundle_new
    script 'cd /sys/fs/cgroup; mkdir first; echo $$ >first/cgroup.procs; echo +pids >cgroup.subtree_control
        mkdir other; echo up; exec sleep 1000'
    cfg '(.mounts[] | select(.destination == "/sys/fs/cgroup") | .options) -= ["ro"]'
    resources '{pids: {limit: 100}}'
    container_up
    wait_output up
    run hoy exec "$ID" cat /proc/self/cgroup
    succeeded
    has '0::/first'
    run hoy exec --cgroup other "$ID" cat /proc/self/cgroup
    succeeded
    has '0::/other'
    run hoy exec --cgroup / "$ID" true
    [[ $status == 255 ]]
    has 'controllers enabled'
}

# ---- Block devices -------------------------------------------------------------------------------

# How many milliseconds a write of so many KiB takes in the container.
write_takes() {
    local from=${EPOCHREALTIME/[.,]/}
    args dd if=/dev/zero of=/dev/disk bs=64k count=$(($1 / 64)) oflag=direct
    container_run
    succeeded
    TOOK=$(((${EPOCHREALTIME/[.,]/} - from) / 1000))
}

# verifies: config linux.resources.blockIO.throttleWriteBpsDevice[].rate
@test "blockIO: a rate of writing is held" {
    require_controller io
    loop_new 32M
    bundle_new
    cfg '.linux.devices = [{path: "/dev/disk", type: "b", major: $major, minor: $minor}]
        | .linux.resources.devices = [{allow: true, type: "b", major: $major, minor: $minor, access: "rw"}]' \
        --argjson major "${NUMBER%:*}" --argjson minor "${NUMBER#*:}"
    write_takes 8192
    local free=$TOOK
    cfg '.linux.resources.blockIO.throttleWriteBpsDevice = [{major: $major, minor: $minor, rate: 2097152}]' \
        --argjson major "${NUMBER%:*}" --argjson minor "${NUMBER#*:}"
    write_takes 8192
    losetup -d "$LOOP"
    # 8 MiB at 2 MiB/s are four seconds; 15 % more or less, and the container's start.
    echo "$free ms without, $TOOK ms with" >&2
    ((TOOK - free > 3400 && TOOK < 4600 + 400 && free < 1500))
}

# ---- Out of memory, told -------------------------------------------------------------------------

@test "a container that is killed for memory says so: run, and state" {
    bundle_new tail /dev/zero
    resources '{memory: {limit: 16777216, swap: 16777216}}'
    container_run
    [[ $status == 137 ]]
    has "hoy: warning: container \"$ID\" ran out of memory: 1 of its processes was killed (memory.max 16777216 bytes, peak "
    container_up
    wait_status stopped
    [[ $(hoy state "$ID" | jq -c '.oom | [.kills, .limit]') == '[1,16777216]' ]]
    hoy delete "$ID"
    # Killed by somebody, not for memory.
    args sh -c 'kill -KILL $$; sleep 100'
    cfg '.linux.namespaces |= map(select(.type != "pid"))'
    container_run
    [[ $status == 137 ]]
    has_not memory
    # A process of its own that is not the first.
    bundle_new
    script 'tail /dev/zero || echo "got $?"; exec sleep 1000'
    resources '{memory: {limit: 16777216, swap: 16777216}}'
    container_up
    wait_output 'got 137'
    [[ $(hoy state "$ID" | jq -c '[.status, .oom.kills]') == '["running",1]' ]]
}

# ---- Delegation ----------------------------------------------------------------------------------

writable_cgroup() {
    cfg '(.mounts[] | select(.destination == "/sys/fs/cgroup") | .options) -= ["ro"]'
}

@test "a container with a writable cgroup of its own makes others below, with every controller" {
    bundle_new
    script 'cd /sys/fs/cgroup
        mkdir first; echo $$ >first/cgroup.procs
        echo "+cpu +memory +pids +io" >cgroup.subtree_control
        mkdir other; echo 5 >other/pids.max; cat other/pids.max
        for file in pids.max memory.max cpu.max; do
            (echo 1 >$file) 2>/dev/null && echo "wrote $file"
        done
        echo done'
    writable_cgroup
    cfg '.linux.namespaces += [{type: "user"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
    resources '{pids: {limit: 100}}'
    chown -R 100000:200000 "$BUNDLE/rootfs"
    chmod 755 "$BUNDLE" "$BATS_TEST_TMPDIR"
    container_run
    succeeded
    # Its own limits are not its to change.
    is $'5\ndone'
    run hoy plan -b "$BUNDLE"
    has 'with pids, for user 100000:200000 to make others below, with every controller'
    # Read-only, there is nothing to delegate.
    cfg '(.mounts[] | select(.destination == "/sys/fs/cgroup") | .options) += ["ro"]'
    run hoy plan -b "$BUNDLE"
    has_not 'to make others below'
}

@test "hoy inside hoy: limits of the inner container are below those of the outer" {
    bundle_new
    # The inner bundle lies in the outer one's root file system, with the program itself.
    mkdir -p "$BUNDLE/rootfs/inner"
    cp -a "$HOY_CACHE/busybox" "$BUNDLE/rootfs/inner/rootfs"
    cp "$HOY" "$BUNDLE/rootfs/bin/hoy"
    hoy spec -b "$BUNDLE/rootfs/inner"
    jq '.process.args = ["sh", "-c", "hostname; cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/memory.max"]
        | .hostname = "inner" | .linux.resources.pids.limit = 7 | .linux.resources.memory.limit = 33554432' \
        "$BUNDLE/rootfs/inner/config.json" >"$BATS_TEST_TMPDIR/inner"
    mv "$BATS_TEST_TMPDIR/inner" "$BUNDLE/rootfs/inner/config.json"
    script 'mkdir /sys/fs/cgroup/outer; echo $$ >/sys/fs/cgroup/outer/cgroup.procs
        hoy --root /run/hoy run -b /inner inner; echo "= $?"; cat /sys/fs/cgroup/pids.max
        ls -d /sys/fs/cgroup/hoy-* 2>/dev/null || echo gone'
    writable_cgroup
    cfg '.root.readonly = false | .process.capabilities |= with_entries(.value = $all)
        | .process.noNewPrivileges = false | del(.linux.maskedPaths, .linux.readonlyPaths)
        | .linux.resources = {pids: {limit: 50}, devices: [{allow: true, access: "rwm"}]}
        | .process.rlimits = []' --argjson all "$(hoy features | jq -c .linux.capabilities)"
    container_run
    succeeded
    is $'inner\n7\n33554432\n= 0\n50\ngone'
}

# ---- Who gives way to whom -----------------------------------------------------------------------

# busy NAME RESOURCES: a container that computes without end; its cgroup in the variable.
busy() {
    local -n dir=$1
    bundle_new sh -c 'while :; do :; done'
    resources "$2"
    container_up
    # shellcheck disable=SC2034 # a name for the caller's variable
    dir=$(cgroup_of)
    # On one processor, where there are several.
    taskset -cp 0 "$(pid_of)" >/dev/null
}

usage() {
    sed -n 's/^usage_usec //p' "$1/cpu.stat"
}

# What each of two has had in some seconds: A and B, in microseconds.
compare() {
    A=$(usage "$1") B=$(usage "$2")
    sleep "$3"
    A=$(($(usage "$1") - A)) B=$(($(usage "$2") - B))
    echo "$A against $B" >&2
}

@test "cpu: two containers share a processor as their weights are" {
    local one three
    busy one '{cpu: {shares: 1024}}'
    busy three '{unified: {"cpu.weight": "300"}}'
    compare "$one" "$three" 4
    # 1 : 3, 10 % more or less.
    ((B * 10 > A * 27 && B * 10 < A * 33))
    hoy update --cpu-share 1024 "$ID"
    compare "$one" "$three" 4
    ((B * 10 > A * 9 && B * 10 < A * 11))
}

@test "cpu: an idle container gives way, and has what nobody wants" {
    local idle other
    busy idle '{cpu: {idle: 1}}'
    busy other '{cpu: {shares: 1024}}'
    compare "$idle" "$other" 3
    ((A * 20 < B))
    hoy delete --force "$ID"
    A=$(usage "$idle")
    sleep 1
    (($(usage "$idle") - A > 500000))
}

# ---- Threaded trees ------------------------------------------------------------------------------

# threaded_new: TREE, a cgroup whose children are threaded.
threaded_new() {
    TREE=/sys/fs/cgroup/$HOY_TOKEN-tree
    mkdir -p "$TREE/one"
    echo threaded >"$TREE/one/cgroup.type"
    echo '+cpu +pids' >"$TREE/cgroup.subtree_control"
}

threaded_end() {
    rmdir "$TREE/one" "$TREE"
}

@test "a threaded tree: the container's cgroup is threaded, and its limits hold" {
    threaded_new
    bundle_new sleep 1000
    cfg '.linux.cgroupsPath = $p' --arg p "/$HOY_TOKEN-tree/a/b"
    resources '{cpu: {quota: 20000, period: 100000}, pids: {limit: 20}}'
    container_up
    CGROUP=$(cgroup_of)
    [[ $CGROUP == "$TREE/a/b" && $(<"$CGROUP/cgroup.type") == threaded ]]
    [[ $(<"$CGROUP/cpu.max") == '20000 100000' && $(<"$CGROUP/pids.max") == 20 ]]
    run hoy ps -f json "$ID"
    is "[$(pid_of)]"
    run hoy exec "$ID" true
    succeeded
    hoy pause "$ID"
    status_is paused "$ID"
    hoy kill --all "$ID" KILL
    wait_status stopped
    hoy delete "$ID"
    [[ ! -e $TREE/a ]]
    # Without limits too; and without a pid namespace of its own, where the cgroup has to be asked who is left.
    resources '{}'
    script 'sleep 999 & exec sleep 1000'
    cfg '.linux.namespaces |= map(select(.type != "pid"))'
    container_up
    wait_until 5 eval '[[ $(hoy ps -f json "$ID" | jq length) == 2 ]]'
    hoy delete --force "$ID"
    [[ ! -e $TREE/a ]]
    threaded_end
}

@test "a threaded tree: a controller that it can't have is an error, and nothing is left" {
    threaded_new
    bundle_new true
    cfg '.linux.cgroupsPath = $p' --arg p "/$HOY_TOKEN-tree/a"
    resources '{memory: {limit: 67108864}}'
    container_run
    failed_with 'that cgroup is threaded, and has no controllers but cpu, cpuset, pids and perf_event'
    [[ ! -e $TREE/a && ! -e $HOY_ROOT/$ID ]]
    threaded_end
}

# ---- Under load ----------------------------------------------------------------------------------

@test "pids: a fork bomb is held, others go on, and it is gone at once when it is killed" {
    bundle_new sleep 1000
    resources '{pids: {limit: 40}}'
    container_up
    CGROUP=$(cgroup_of)
    hoy exec -d "$ID" sh -c 'f() { f | f & f; }; f 2>/dev/null' </dev/null >/dev/null 2>&1
    wait_until 20 eval '[[ $(sed -n "s/^max //p" "$CGROUP/pids.events") -gt 0 ]]'
    local n
    for ((n = 0; n < 20; n++)); do
        [[ $(<"$CGROUP/pids.current") -le 40 ]]
    done
    [[ $(status_of) == running ]]
    # The machine still forks.
    (true)
    hoy kill "$ID" KILL
    wait_status stopped
    wait_until 5 eval '[[ $(<"$CGROUP/pids.current") == 0 ]]'
}

@test "memory: nobody else is killed for a container's limit" {
    local other
    bundle_new sh -c 'x=$(head -c 8000000 /dev/zero | tr "\0" x); while :; do sleep 1; done'
    resources '{memory: {limit: 33554432}}'
    container_up
    other=$ID
    bundle_new sh -c 'x=x; while :; do x=$x$x; done'
    resources '{memory: {limit: 16777216, swap: 16777216}}'
    container_run
    [[ $status == 137 ]]
    [[ $(status_of "$other") == running ]]
    [[ $(sed -n 's/^oom_kill //p' "$(cgroup_of "$other")/memory.events") == 0 ]]
}

# cached NAME FILE RESOURCES: a container below TREE that has read the file of DISK.
cached() {
    bundle_new
    ID=$HOY_TOKEN-$1
    script "cat /mnt/$2 >/dev/null; echo read; exec sleep 1000"
    cfg '.mounts += [{destination: "/mnt", type: "bind", source: $d, options: ["bind"]}] |
        .linux.cgroupsPath = $p' --arg d "$DISK" --arg p "/$HOY_TOKEN-tree/$1"
    resources "$3"
    container_up
    wait_output read
}

@test "memory: what is reserved stays when another container wants memory" {
    TREE=/sys/fs/cgroup/$HOY_TOKEN-tree
    bundle_new
    disk_new 128M
    head -c 24000000 /dev/zero >"$DISK/small"
    head -c 80000000 /dev/zero >"$DISK/large"
    sync "$DISK/large"
    umount "$DISK"
    mount "$LOOP" "$DISK"
    mkdir "$TREE"
    echo 67108864 >"$TREE/memory.max"
    cached a small '{memory: {reservation: 33554432}}'
    cached b large '{memory: {limit: 134217728}}'
    (($(sed -n 's/^file //p' "$TREE/a/memory.stat") > 22000000))
    hoy delete --force "$HOY_TOKEN-a"
    hoy delete --force "$HOY_TOKEN-b"
    rmdir "$TREE"
    disk_end
}

@test "memory: swap is used up to its limit, and no further" {
    loop_new 128M
    # What lies behind the device is memory here, of whoever writes to it first.
    dd if=/dev/zero of="$LOOP" bs=1M status=none 2>/dev/null || true
    sync "$LOOP"
    mkswap "$LOOP" >/dev/null
    swapon "$LOOP" || skip "this kernel has no swap"
    bundle_new
    script 'head -c 24000000 /dev/zero >/dev/shm/file; echo full; sleep 1000'
    resources '{memory: {limit: 16777216, swap: 67108864}}'
    container_up
    wait_output full
    CGROUP=$(cgroup_of)
    (($(<"$CGROUP/memory.swap.current") > 4000000))
    hoy delete --force "$ID"
    # 16 and 4 MB together.
    resources '{memory: {limit: 16777216, swap: 20971520}}'
    container_run
    [[ $status == 137 ]]
    has 'ran out of memory'
    swapoff "$LOOP"
    losetup -d "$LOOP"
}
