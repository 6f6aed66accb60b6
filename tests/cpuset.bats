#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: qemu
# On which processors a container runs and from which nodes it has its memory, as its cgroup and the
# kernel's own account of its processes say; and limits of other controllers beside that. Few tests
# with many questions each: the machine of this lane is emulated.

load helpers

setup() {
    require_controller cpu
    require_controller cpuset
    require_controller memory
    require_controller pids
    # The last of each: not what a container has without asking, where there are several.
    CPU=$(</sys/fs/cgroup/cpuset.cpus.effective)
    CPU=${CPU##*[,-]}
    MEM=$(</sys/fs/cgroup/cpuset.mems.effective)
    MEM=${MEM##*[,-]}
}

resources() {
    cfg ".linux.resources = $1" --arg cpu "$CPU" --arg mem "$MEM"
}

# What binds the process that reads it.
SHOW='cd /sys/fs/cgroup
for f in cpuset.cpus cpuset.cpus.effective cpuset.mems cpuset.mems.effective; do
    read -r value <$f || true
    echo "$f=$value"
done
while read -r name value; do
    case $name in Cpus_allowed_list: | Mems_allowed_list:) echo "$name $value" ;; esac
done </proc/self/status'

# bound CPUS MEMS: what SHOW prints then; "" is what the machine has.
bound() {
    local cpus=${1:-$(</sys/fs/cgroup/cpuset.cpus.effective)}
    local mems=${2:-$(</sys/fs/cgroup/cpuset.mems.effective)}
    printf '%s\n' "cpuset.cpus=$1" "cpuset.cpus.effective=$cpus" "cpuset.mems=$2" \
        "cpuset.mems.effective=$mems" "Cpus_allowed_list: $cpus" "Mems_allowed_list: $mems"
}

# verifies: config linux.resources.cpu.cpus, config linux.resources.cpu.mems
@test "cpus and mems bind the container, and a process that joins it" {
    bundle_new
    resources '{cpu: {cpus: $cpu, mems: $mem}}'
    script "$SHOW; echo shown; exec sleep 100"
    container_up
    wait_output shown
    run cat "$OUT"
    is "$(bound "$CPU" "$MEM")"$'\nshown'
    run hoy exec "$ID" sh -ec "$SHOW"
    succeeded
    is "$(bound "$CPU" "$MEM")"
}

@test "cpus alone leaves the memory, and without either a container has what the machine has" {
    bundle_new
    resources '{cpu: {cpus: ("0-" + $cpu)}}'
    script "$SHOW"
    container_run
    succeeded
    if [[ $CPU == 0 ]]; then
        is "$(bound 0 "")"
    else
        is "$(bound "0-$CPU" "")"
    fi
    resources '{cpu: {cpus: "", mems: ""}, pids: {limit: 100}}'
    container_run
    succeeded
    has "Cpus_allowed_list: $(</sys/fs/cgroup/cpuset.cpus.effective)"
}

@test "a processor or a node that is not there, and what is no list, is an error with its field" {
    local list
    bundle_new true
    for list in 4000 7- nonsense; do
        cfg '.linux.resources = {cpu: {cpus: $list}}' --arg list "$list"
        container_run
        failed_with "linux.resources.cpu.cpus: "
        has "\"$list\""
    done
    cfg '.linux.resources = {cpu: {mems: "4000"}}'
    container_run
    failed_with 'linux.resources.cpu.mems: write "4000" to cpuset.mems: '
    run hoy state "$ID"
    failed_with 'does not exist'
}

# verifies: config linux.resources.cpu.idle
@test "limits of other controllers stand beside cpus, and idle" {
    bundle_new
    resources '{cpu: {cpus: $cpu, shares: 512, quota: 50000, period: 100000, idle: 1},
                memory: {limit: 67108864, swap: 67108864}, pids: {limit: 20}}'
    script 'cd /sys/fs/cgroup
for f in cpuset.cpus cpu.max cpu.idle memory.max memory.swap.max pids.max; do
    read -r value <$f
    echo "$f=$value"
done'
    container_run
    succeeded
    is "$(printf '%s\n' "cpuset.cpus=$CPU" "cpu.max=50000 100000" cpu.idle=1 memory.max=67108864 \
        memory.swap.max=0 pids.max=20)"
}

@test "update: other processors while it runs; one that fails takes them back" {
    local dir
    bundle_new sleep 1000
    resources '{cpu: {mems: $mem}, memory: {limit: 67108864}}'
    container_up
    dir=$(cgroup_of)
    jq -n '{cpu: {cpus: $cpu}, unified: {"memory.oom.group": "7"}}' --arg cpu "$CPU" >"$BATS_TEST_TMPDIR/r"
    run hoy update -r "$BATS_TEST_TMPDIR/r" "$ID"
    failed_with 'unified["memory.oom.group"]'
    # A cgroup with processes can't have none again; but those that it had.
    [[ $(<"$dir/cpuset.cpus.effective") == "$(<"/sys/fs/cgroup/cpuset.cpus.effective")" ]]
    run hoy update --cpuset-cpus "$CPU" "$ID"
    succeeded
    [[ $(<"$dir/cpuset.cpus") == "$CPU" ]]
    [[ $(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$(pid_of)/status") == "$CPU" ]]
}
