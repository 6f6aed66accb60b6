#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: uml
# The limits of `hoy run --rootfs`: what stands in the cgroup's files, and that the kernel enforces it.

load helpers

setup_file() {
    export ROOTFS=$BATS_FILE_TMPDIR/rootfs
    make_rootfs "$ROOTFS"
}

setup() {
    require_controller cpu
    require_controller memory
    require_controller pids
    export HOY_DATA_ROOT=$BATS_TEST_TMPDIR/data
}

# files OPTION… -- FILE…: what these files of the container's cgroup hold, "FILE=VALUE" per line.
files() {
    local options=()
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    run hoy run --rm "${options[@]}" --rootfs "$ROOTFS" \
        /bin/sh -ec 'cd /sys/fs/cgroup; for f; do echo "$f=$(cat $f)"; done' files "$@"
    succeeded
}

@test "memory: a limit, twice as much with swap, a reservation" {
    files -m 64M --memory-reservation 32M -- memory.max memory.low
    is $'memory.max=67108864\nmemory.low=33554432'
    if [[ -e /proc/swaps ]]; then
        files -m 64M -- memory.swap.max
        is memory.swap.max=67108864
        files -m 64M --memory-swap -1 -- memory.swap.max
        is memory.swap.max=max
        files -m 64M --memory-swap 64M -- memory.swap.max
        is memory.swap.max=0
    fi
}

@test "memory: who takes more is killed, and hoy says why" {
    run hoy run --rm -m 8M --memory-swap 8M --rootfs "$ROOTFS" sh -c 'exec tail /dev/zero'
    [[ $status == 137 ]]
    has "ran out of memory"
}

@test "cpu: a quota, a weight, shares" {
    files --cpus 0.5 --cpu-weight 300 -- cpu.max cpu.weight
    is $'cpu.max=50000 100000\ncpu.weight=300'
    files --cpu-shares 1024 --cpu-quota 20000 --cpu-period 50000 -- cpu.max cpu.weight
    is $'cpu.max=20000 50000\ncpu.weight=100'
}

@test "pids: 2048 without a word, another number, none" {
    files -- pids.max
    is pids.max=2048
    files --pids-limit 20 -- pids.max
    is pids.max=20
    files --pids-limit -1 -- pids.max
    is pids.max=max
}

@test "pids: a fork bomb ends" {
    run hoy run --rm --pids-limit 10 --rootfs "$ROOTFS" \
        sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo never'
    has_not never
    has "fork"
}

@test "files of the cgroup by name, and a parent" {
    files --cgroup-conf memory.high=33554432 --cgroup-parent "/$HOY_TOKEN" -- memory.high
    is memory.high=33554432
    [[ ! -e /sys/fs/cgroup/$HOY_TOKEN ]]
}

@test "a container that stays keeps its limits when it starts again" {
    hoy run --name boat -m 64M --rootfs "$ROOTFS" true
    hoy start boat </dev/null >/dev/null 2>&1
    wait_status stopped boat
    [[ $(cat "/sys/fs/cgroup/hoy-$(hoy list -q)/memory.max") == 67108864 ]]
    hoy delete boat
}
