#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: qemu
# Limits with a key: block devices, huge pages, RDMA devices. That a rate is held is shown by
# tests/resources.bats, in a machine whose time is worth measuring.

load helpers

setup() {
    require_controller io
    require_controller hugetlb
}

teardown() {
    containers_remove
    [[ -z ${LOOP:-} ]] || losetup -d "$LOOP"
}

# resources JSON: linux.resources, in which $major and $minor are the device's.
resources() {
    cfg ".linux.resources = $1" --argjson major "${NUMBER%:*}" --argjson minor "${NUMBER#*:}"
}

# verifies: config linux.resources.blockIO.throttleReadBpsDevice[].major,
# config linux.resources.blockIO.throttleReadBpsDevice[].minor,
# config linux.resources.blockIO.throttleReadBpsDevice[].rate,
# config linux.resources.blockIO.throttleWriteBpsDevice[].major,
# config linux.resources.blockIO.throttleWriteBpsDevice[].minor,
# config linux.resources.blockIO.throttleReadIOPSDevice[].major,
# config linux.resources.blockIO.throttleReadIOPSDevice[].minor,
# config linux.resources.blockIO.throttleReadIOPSDevice[].rate,
# config linux.resources.blockIO.throttleWriteIOPSDevice[].major,
# config linux.resources.blockIO.throttleWriteIOPSDevice[].minor,
# config linux.resources.blockIO.throttleWriteIOPSDevice[].rate
@test "blockIO: rates of a device, and a device that isn't there" {
    loop_new 16M
    bundle_new cat /sys/fs/cgroup/io.max
    resources '{blockIO: {throttleReadBpsDevice: [{major: $major, minor: $minor, rate: 1048576}],
        throttleWriteBpsDevice: [{major: $major, minor: $minor, rate: 2097152}],
        throttleReadIOPSDevice: [{major: $major, minor: $minor, rate: 100}],
        throttleWriteIOPSDevice: [{major: $major, minor: $minor, rate: 200}]}}'
    container_run
    succeeded
    is "$NUMBER rbps=1048576 wbps=2097152 riops=100 wiops=200"
    # 0 is none.
    resources '{blockIO: {throttleReadBpsDevice: [{major: $major, minor: $minor, rate: 0}],
        throttleWriteBpsDevice: [{major: $major, minor: $minor, rate: 5000}]}}'
    container_run
    is "$NUMBER rbps=max wbps=5000 riops=max wiops=max"
    resources '{blockIO: {throttleReadIOPSDevice: [{major: 4000, minor: 7, rate: 1}]}}'
    container_run
    failed_with 'linux.resources.blockIO.throttleReadIOPSDevice[0]: write "4000:7 riops=1" to io.max: no such device'
}

# verifies: config linux.resources.blockIO.weight, config linux.resources.blockIO.weightDevice[].major,
# config linux.resources.blockIO.weightDevice[].minor, config linux.resources.blockIO.weightDevice[].weight
@test "blockIO: weights, by whatever file the kernel has for them" {
    local scheduler
    loop_new 16M
    scheduler=/sys/block/${LOOP#/dev/}/queue/scheduler
    bundle_new sh -c 'cat /sys/fs/cgroup/io.*weight'
    resources '{blockIO: {weight: 500}}'
    container_run
    succeeded
    # On the specification's scale, or on the kernel's.
    [[ $output == *"default 500"* || $output == *"default 4950"* ]]
    if ! modprobe -q bfq 2>/dev/null || ! echo bfq >"$scheduler"; then
        skip "this kernel has no scheduler bfq"
    fi
    resources '{blockIO: {weight: 500, weightDevice: [{major: $major, minor: $minor, weight: 100}]}}'
    container_run
    succeeded
    has 'default 500'
    has "$NUMBER 100"
    # Without it on the device.
    echo none >"$scheduler"
    container_run
    failed_with 'linux.resources.blockIO.weightDevice[0].weight: write "'
    has '(no scheduler that knows weights is at work on the device (bfq, io.cost))'
}

# verifies: config linux.resources.hugepageLimits[].pageSize, config linux.resources.hugepageLimits[].limit
@test "hugepageLimits: pages are refused past the limit" {
    (($(sed -n 's/^HugePages_Free: *//p' /proc/meminfo) >= 2)) || skip "this machine has no huge pages set aside"
    bundle_new
    script 'grep . /sys/fs/cgroup/hugetlb.2MB.max /sys/fs/cgroup/hugetlb.2MB.rsvd.max | sed s,.*/,,
        fallocate -l 2M /mnt/one && echo one
        fallocate -l 2M /mnt/two 2>/dev/null || echo refused'
    cfg '.mounts += [{destination: "/mnt", type: "hugetlbfs", source: "none", options: ["pagesize=2M"]}]
        | .linux.resources = {hugepageLimits: [{pageSize: "2MB", limit: 2097152}]}'
    container_run
    succeeded
    is $'hugetlb.2MB.max:2097152\nhugetlb.2MB.rsvd.max:2097152\none\nrefused'
    # The control.
    cfg '.linux.resources = {hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
    container_run
    has_not refused
    cfg '.linux.resources = {hugepageLimits: [{pageSize: "3MB", limit: 4194304}]}'
    container_run
    failed_with 'linux.resources.hugepageLimits[0].limit: write "4194304" to hugetlb.3MB.max: no such file or directory'
}

# verifies: config linux.resources.rdma.*.hcaHandles, config linux.resources.rdma.*.hcaObjects
@test "rdma: a device that isn't there is named" {
    require_controller rdma
    bundle_new true
    cfg '.linux.resources = {rdma: {mlx5_1: {hcaHandles: 3, hcaObjects: 10000}}}'
    container_run
    failed_with 'linux.resources.rdma["mlx5_1"]: write "mlx5_1 hca_handle=3 hca_object=10000" to rdma.max: no such device'
    cfg '.linux.resources = {rdma: {mlx5_1: {}}}'
    container_run
    succeeded
}

@test "events --stats has pressure, what was read from a device, and huge pages" {
    loop_new 16M
    bundle_new
    script 'dd if=/dev/disk of=/dev/null bs=64k count=16 iflag=direct 2>/dev/null; fallocate -l 2M /mnt/one; echo done; exec sleep 1000'
    resources '{memory: {limit: 268435456}, hugepageLimits: [{pageSize: "2MB", limit: 4194304}],
        devices: [{allow: true, type: "b", major: $major, minor: $minor, access: "r"}],
        blockIO: {throttleReadBpsDevice: [{major: $major, minor: $minor, rate: 1073741824}]}}'
    cfg '.mounts += [{destination: "/mnt", type: "hugetlbfs", source: "none", options: ["pagesize=2M"]}]
        | .linux.devices = [{path: "/dev/disk", type: "b", major: $major, minor: $minor}]' \
        --argjson major "${NUMBER%:*}" --argjson minor "${NUMBER#*:}"
    container_up
    wait_output done
    run hoy events --stats "$ID"
    succeeded
    jq -e --argjson major "${NUMBER%:*}" --argjson minor "${NUMBER#*:}" '.data
        | (.cpu.psi.some.total >= 0) and (.memory.psi.full.avg10 >= 0) and (.blkio.psi.some.avg300 >= 0)
        and ([.blkio.ioServiceBytesRecursive[] | select(.major == $major and .minor == $minor and .op == "Read")][0].value == 1048576)
        and (.hugetlb["2MB"] == {usage: 2097152, failcnt: 0})' <<<"$output" || { echo "$output" >&2; false; }
    hoy delete --force "$ID"
}
