#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: systemd
# Podman with systemd as its cgroup manager, on hoy and on crun.

export PODMAN_TIMEOUT=280 PODMAN_CGROUPS=systemd

load helpers
load podman

setup_file() {
    systemctl start dbus.socket dbus.service
    podman_setup
}

teardown_file() {
    podman_teardown
    systemctl stop dbus.socket dbus.service
}

scopes() {
    quiet run -d --name boat --memory 64m --cpus 0.5 --pids-limit 77 --cpuset-cpus 1 box sleep 1000
    unit=libpod-$(p inspect --format '{{.Id}}' boat).scope
    systemctl show -p Slice "$unit"
    # crun's limits are those of a cgroup below the scope: systemd knows nothing of them.
    systemctl show -p MemoryMax -p CPUQuotaPerSecUSec -p TasksMax -p AllowedCPUs "$unit" >"$BATS_TEST_TMPDIR/known"
    step exec boat sh -c 'cd /sys/fs/cgroup; grep . memory.max cpu.max pids.max cpuset.cpus'
    step update --memory 32m boat | tail -n 1
    step exec boat cat /sys/fs/cgroup/memory.max
    step pause boat | tail -n 1
    step unpause boat | tail -n 1
    quiet rm -f -t 0 boat
    wait_until 10 eval '[[ $(systemctl show -p ActiveState --value "$unit") == inactive ]]'
}

@test "containers are scopes, with their limits" {
    same scopes
    has Slice=machine.slice
    has memory.max:67108864
    has $'33554432\n= 0'
    [[ $(sort "$BATS_TEST_TMPDIR/known") == \
        $'AllowedCPUs=1\nCPUQuotaPerSecUSec=500ms\nMemoryMax=67108864\nTasksMax=77' ]]
}
