#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: qemu
# Podman on hoy and on crun: what needs a controller that only this lane has.

export PODMAN_TIMEOUT=280

load helpers
load podman

limits() {
    modprobe bfq || return
    box --cpuset-cpus 1 --cpuset-mems 0 --blkio-weight 500 --memory 64m --cpus 0.5 --pids-limit 77 box sh -c '
        cd /sys/fs/cgroup; grep . cpuset.cpus cpuset.mems io.bfq.weight memory.max cpu.max pids.max; nproc'
}

@test "processors, nodes and the weight for disks" {
    same limits
    has 'cpuset.cpus:1'
    has 'cpuset.mems:0'
    has 'io.bfq.weight:default 500'
    has $'1\n= 0'
}
