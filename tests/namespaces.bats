#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# namespaces: which are new and which the caller's, and what is set in them.

load helpers

teardown() {
    containers_remove
    [[ ! -d ${CGROUP:-} ]] || rmdir "$CGROUP"
}

# Gives the bundle a user namespace whose ids 0 to 65535 are the host's from 100000 on.
user_namespace() {
    cfg '.linux.namespaces += [{type: "user"}] |
         .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
         .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
}

# A new namespace of the given type has another number than the caller's: type, file.
differs() {
    bundle_new readlink "/proc/self/ns/$2"
    container_run
    succeeded
    [[ $output == "$2:["* ]]
    [[ $output != "$(readlink "/proc/self/ns/$2")" ]]
}

# Without an entry it is the caller's.
stays() {
    bundle_new readlink "/proc/self/ns/$2"
    cfg 'del(.hostname, .linux.namespaces[] | select(. == {type: $t}))' --arg t "$1"
    [[ $1 != uts ]] || cfg 'del(.hostname)'
    container_run
    is "$(readlink "/proc/self/ns/$2")"
}

# ---- Each kind ---------------------------------------------------------------------------------

# verifies: config linux.namespaces[].type=pid
@test "a new pid namespace" {
    differs pid pid
}

@test "without a pid namespace the process is one of the caller's" {
    bundle_new /bin/sh -c 'readlink /proc/self/ns/pid; echo $$'
    cfg 'del(.linux.namespaces[] | select(.type == "pid"))'
    container_run
    succeeded
    [[ ${lines[0]} == "$(readlink /proc/self/ns/pid)" ]]
    ((lines[1] > 1))
}

# verifies: config linux.namespaces[].type=network
@test "a new network namespace" {
    differs network net
}

@test "without a network namespace it is the caller's" {
    stays network net
}

# verifies: config linux.namespaces[].type=ipc
@test "a new ipc namespace" {
    differs ipc ipc
}

@test "without an ipc namespace it is the caller's" {
    stays ipc ipc
}

# verifies: config linux.namespaces[].type=uts
@test "a new uts namespace" {
    differs uts uts
}

@test "without a uts namespace it is the caller's" {
    stays uts uts
}

# verifies: config linux.namespaces[].type=cgroup
@test "a new cgroup namespace" {
    differs cgroup cgroup
    args grep '^0:' /proc/self/cgroup
    container_run
    is 0::/
}

@test "without a cgroup namespace it is the caller's" {
    stays cgroup cgroup
}

# verifies: config linux.namespaces[].type=mount
@test "a new mount namespace" {
    differs mount mnt
}

@test "without a mount namespace it is the caller's, and nothing is mounted in it" {
    bundle_new /bin/sh -c '/busy/busybox readlink /proc/self/ns/mnt; ls /'
    mkdir "$BUNDLE/rootfs/busy"
    cp "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/busy/"
    cfg 'del(.mounts, .linux.maskedPaths, .linux.readonlyPaths) | .root.readonly = false |
         del(.linux.namespaces[] | select(.type == "mount"))'
    local before
    before=$(</proc/self/mountinfo)
    container_run
    succeeded
    has busy
    [[ $(</proc/self/mountinfo) == "$before" ]]
    args /bin/sleep 1000
    container_up
    [[ $(readlink "/proc/$(pid_of)/ns/mnt") == "$(readlink /proc/self/ns/mnt)" ]]
    [[ $(readlink "/proc/$(pid_of)/root") == "$BUNDLE/rootfs" ]]
}

@test "without a mount namespace what needs one is an error" {
    bundle_new true
    cfg 'del(.linux.namespaces[] | select(.type == "mount"))'
    container_run
    failed_with 'mounts: needs an entry of type "mount" in linux.namespaces'
}

# verifies: config linux.namespaces[].type=user
@test "a new user namespace" {
    bundle_new readlink /proc/self/ns/user
    user_namespace
    container_run
    succeeded
    [[ $output == user:* && $output != "$(readlink /proc/self/ns/user)" ]]
}

@test "without a user namespace it is the caller's" {
    stays user user
}

# verifies: config linux.namespaces
@test "without any namespace the process runs in a changed root only" {
    bundle_new /bin/ls /
    cfg 'del(.mounts, .hostname, .linux) | .root.readonly = false'
    container_run
    succeeded
    has busybox || has bin
    args /bin/sleep 1000
    container_up
    local ns
    for ns in pid net ipc uts cgroup mnt user; do
        [[ $(readlink "/proc/$(pid_of)/ns/$ns") == "$(readlink "/proc/self/ns/$ns")" ]]
    done
}

@test "a namespace listed twice, or of no known type, is an error" {
    bundle_new true
    cfg '.linux.namespaces += [{type: "pid"}]'
    container_run
    failed_with 'linux.namespaces[6].type: "pid" is listed twice'
    cfg '.linux.namespaces[6].type = "planet"'
    container_run
    failed_with 'linux.namespaces[6].type'
    cfg 'del(.linux.namespaces[6].type)'
    container_run
    failed_with 'linux.namespaces[6].type'
}

# ---- User namespaces ---------------------------------------------------------------------------

# verifies: config linux.uidMappings[].containerID, config linux.uidMappings[].hostID,
# config linux.uidMappings[].size, config linux.gidMappings[].containerID,
# config linux.gidMappings[].hostID, config linux.gidMappings[].size
@test "ids are mapped as asked for" {
    bundle_new /bin/sh -c 'id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map'
    user_namespace
    cfg '.linux.uidMappings += [{containerID: 70000, hostID: 300000, size: 1}]'
    container_run
    succeeded
    [[ $(tr -s ' ' <<<"$output") == $'0\n0\n 0 100000 65536\n 70000 300000 1\n 0 200000 65536' ]]
}

@test "the process has the host's ids that its own are mapped to" {
    bundle_new sleep 1000
    user_namespace
    cfg '.process.user = {uid: 1000, gid: 1001, additionalGids: [7]}'
    container_up
    run cat "/proc/$(pid_of)/status"
    has $'Uid:\t101000\t101000\t101000\t101000'
    has $'Gid:\t201001\t201001\t201001\t201001'
    has $'Groups:\t200007'
}

@test "what the mapped root may not write names source and destination" {
    bundle_new true
    user_namespace
    cfg '.mounts += [{destination: "/new", source: "rootfs", options: ["bind"]}]'
    container_run
    failed_with "mounts[7]: bind $BUNDLE/rootfs on /new: permission denied"
}

@test "files that the container makes are the mapped root's" {
    bundle_new touch /mnt/made
    mkdir "$BUNDLE/out"
    chown 100000:200000 "$BUNDLE/out"
    user_namespace
    cfg '.mounts += [{destination: "/mnt", source: "out", options: ["bind"]}]'
    container_run
    succeeded
    [[ $(stat -c %u:%g "$BUNDLE/out/made") == 100000:200000 ]]
}

@test "the default devices work in a user namespace" {
    bundle_new /bin/sh -ec 'echo x >/dev/null; head -c 2 /dev/zero | wc -c; head -c 1 /dev/urandom | wc -c
        for n in null zero full random urandom tty; do stat -c "%F %t:%T" /dev/$n; done'
    user_namespace
    container_run
    is $'2\n1
character special file 1:3\ncharacter special file 1:5\ncharacter special file 1:7
character special file 1:8\ncharacter special file 1:9\ncharacter special file 5:0'
}

@test "proc, sysfs, mqueue and devpts are mounted in a user namespace" {
    bundle_new cat /proc/self/mounts
    user_namespace
    container_run
    succeeded
    has 'proc /proc proc '
    has 'sysfs /sys sysfs '
    has 'mqueue /dev/mqueue mqueue '
    has 'devpts /dev/pts devpts '
}

@test "a cgroup mount in a user namespace shows the container's cgroup" {
    bundle_new /bin/sh -c 'cat /sys/fs/cgroup/cgroup.procs; true'
    user_namespace
    container_run
    succeeded
    has 1
}

@test "the set-up has every capability in a new user namespace" {
    bundle_new cat /proc/self/status
    user_namespace
    cfg '.process.capabilities[] += ["CAP_SYS_RESOURCE", "CAP_SYS_ADMIN"]'
    container_run
    succeeded
    has_not "can't be granted"
    has $'CapEff:\t0000000021200420'
}

@test "a user namespace without mappings is an error" {
    bundle_new true
    cfg '.linux.namespaces += [{type: "user"}]'
    container_run
    failed_with 'linux.uidMappings: is required with a new user namespace'
}

@test "mappings without a user namespace are an error" {
    bundle_new true
    cfg '.linux.gidMappings = [{containerID: 0, hostID: 0, size: 1}]'
    container_run
    failed_with 'linux.gidMappings: needs an entry of type "user" in linux.namespaces'
}

@test "a user that is not mapped is an error" {
    bundle_new true
    user_namespace
    cfg '.process.user.uid = 65536'
    container_run
    failed_with 'process.user.uid: 65536 is not mapped by linux.uidMappings'
}

@test "mappings that overlap or go too far are errors" {
    bundle_new true
    user_namespace
    cfg '.linux.uidMappings += [{containerID: 10, hostID: 300000, size: 1}]'
    container_run
    failed_with 'linux.uidMappings[1]: overlaps with entry 0'
    cfg '.linux.uidMappings[1] = {containerID: 4294967290, hostID: 300000, size: 10}'
    container_run
    failed_with 'linux.uidMappings[1].size: goes beyond the last id'
}

@test "two hundred mappings are written at once" {
    bundle_new /bin/sh -c 'wc -l </proc/self/uid_map'
    user_namespace
    cfg '.linux.uidMappings = [range(200) | {containerID: ., hostID: (100000 + 2 * .), size: 1}]'
    container_run
    is 200
}

# ---- Names -------------------------------------------------------------------------------------

# verifies: config hostname, config domainname
@test "host name and domain name are set" {
    bundle_new /bin/sh -c 'hostname; cat /proc/sys/kernel/domainname'
    cfg '.hostname = "boat" | .domainname = "sea.example"'
    container_run
    is $'boat\nsea.example'
    [[ $(hostname) != boat ]]
}

@test "host name and domain name are set in a user namespace" {
    bundle_new /bin/sh -c 'hostname; cat /proc/sys/kernel/domainname'
    user_namespace
    cfg '.hostname = "boat" | .domainname = "sea.example"'
    container_run
    is $'boat\nsea.example'
}

@test "the longest host name has 64 bytes" {
    bundle_new hostname
    local name
    name=$(printf '%064d' 7)
    cfg '.hostname = $n' --arg n "$name"
    container_run
    is "$name"
    cfg '.hostname += "x"'
    container_run
    failed_with 'hostname: must not be longer than 64 bytes, got 65'
}

@test "host name or domain name without a uts namespace is an error" {
    bundle_new true
    cfg 'del(.linux.namespaces[] | select(.type == "uts"))'
    container_run
    failed_with 'hostname: needs an entry of type "uts" in linux.namespaces'
    cfg 'del(.hostname) | .domainname = "example"'
    container_run
    failed_with 'domainname: needs an entry of type "uts" in linux.namespaces'
}

@test "a line end in the host name is an error" {
    bundle_new true
    cfg '.hostname = "a\nb"'
    container_run
    failed_with 'hostname: must not contain control characters'
}

# ---- Network -----------------------------------------------------------------------------------

@test "loopback is up in a new network namespace, and alone" {
    bundle_new /bin/sh -c 'ip -o link; ip -o addr'
    container_run
    succeeded
    [[ ${lines[0]} == *' lo: <LOOPBACK,UP,LOWER_UP>'* ]]
    has 127.0.0.1/8
    has_not '2: '
}

@test "loopback carries packets" {
    bundle_new ping -c 1 -w 5 127.0.0.1
    cfg '.process.capabilities[] += ["CAP_NET_RAW"]'
    container_run
    succeeded
}

# ---- sysctl ------------------------------------------------------------------------------------

# verifies: config linux.sysctl
@test "parameters of each kind of namespace are set" {
    bundle_new /bin/sh -c 'cd /proc/sys; cat kernel/msgmax kernel/shm_rmid_forced kernel/sem \
        fs/mqueue/msg_max net/ipv4/ip_forward net/core/somaxconn kernel/domainname'
    cfg '.linux.sysctl = {"kernel.msgmax": "4321", "kernel.shm_rmid_forced": "1",
         "kernel.sem": "100 200 30 40", "fs.mqueue.msg_max": "17", "net.ipv4.ip_forward": "1",
         "net/core/somaxconn": "99", "kernel.domainname": "by.sysctl"}'
    local before
    before=$(cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward)
    container_run
    succeeded
    is $'4321\n1\n100\t200\t30\t40\n17\n1\n99\nby.sysctl'
    [[ $(cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward) == "$before" ]]
}

@test "a slash in a dotted name stands for a dot" {
    bundle_new cat /proc/sys/net/ipv4/conf/lo/forwarding
    cfg '.linux.sysctl = {"net.ipv4.conf.lo.forwarding": "1"}'
    container_run
    is 1
    cfg '.linux.sysctl = {"net/ipv4/conf/lo/forwarding": "0"}'
    container_run
    is 0
    cfg '.linux.sysctl = {"net.ipv4.conf.no/such.forwarding": "0"}'
    container_run
    failed_with 'linux.sysctl["net.ipv4.conf.no/such.forwarding"]'
    has 'net/ipv4/conf/no.such/forwarding'
}

@test "parameters of the network are set in a user namespace" {
    bundle_new cat /proc/sys/net/ipv4/ip_forward
    user_namespace
    cfg '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
    container_run
    is 1
}

@test "a parameter is set even where /proc is not mounted" {
    bundle_new /bin/true
    cfg '.linux.sysctl = {"kernel.msgmax": "4321"} | del(.linux.maskedPaths, .linux.readonlyPaths)
         | .mounts |= map(select(.destination != "/proc"))'
    container_run
    succeeded
}

@test "a parameter that is the host's is an error" {
    local key
    bundle_new true
    for key in kernel.panic kernel.core_pattern vm.overcommit_memory fs.file-max kernel.shm fs.mqueue; do
        cfg '.linux.sysctl = {($k): "1"}' --arg k "$key"
        container_run
        failed_with "linux.sysctl[\"$key\"]: belongs to no namespace: it would change the host"
    done
}

@test "kernel.hostname is an error that points to hostname" {
    bundle_new true
    cfg '.linux.sysctl = {"kernel.hostname": "boat"}'
    container_run
    failed_with 'linux.sysctl["kernel.hostname"]: may not be set here'
    has 'use the property "hostname"'
}

@test "a parameter without its namespace is an error" {
    bundle_new true
    cfg '.linux.sysctl = {"net.ipv4.ip_forward": "1"} |
         del(.linux.namespaces[] | select(.type == "network"))'
    container_run
    failed_with 'linux.sysctl["net.ipv4.ip_forward"]: needs an entry of type "network"'
    cfg '.linux.sysctl = {"kernel.msgmax": "1"} |
         .linux.namespaces |= map(select(.type != "ipc"))'
    container_run
    failed_with 'linux.sysctl["kernel.msgmax"]: needs an entry of type "ipc"'
}

@test "names that are none are errors" {
    local key
    bundle_new true
    for key in net/../kernel/panic net..ipv4 net.ipv4. net/ 'net.ipv4.ip_forward=1' 'net+x' '' \
        'net/./ipv4/ip_forward' $'net.ipv4.ip_forward\n'; do
        cfg '.linux.sysctl = {($k): "1"}' --arg k "$key"
        container_run
        failed_with linux.sysctl
    done
}

@test "a value of two lines is an error" {
    bundle_new true
    cfg '.linux.sysctl = {"kernel.domainname": "a\nb"}'
    container_run
    failed_with 'the value must be one line'
}

@test "what the kernel refuses names the parameter" {
    bundle_new true
    cfg '.linux.sysctl = {"net.ipv4.no_such_thing": "1"}'
    container_run
    failed_with 'linux.sysctl["net.ipv4.no_such_thing"]'
    has 'no such file or directory'
    cfg '.linux.sysctl = {"net.ipv4.ip_forward": "maybe"}'
    container_run
    failed_with 'linux.sysctl["net.ipv4.ip_forward"]'
    has 'invalid argument'
}

# ---- The cgroup --------------------------------------------------------------------------------

# verifies: config linux.cgroupsPath
@test "an absolute cgroupsPath is taken from the cgroup mount" {
    bundle_new sleep 1000
    cfg '.linux.cgroupsPath = $p' --arg p "/$HOY_TOKEN/inner"
    CGROUP=/sys/fs/cgroup/$HOY_TOKEN
    container_up
    grep -qx "$(pid_of)" "/sys/fs/cgroup/$HOY_TOKEN/inner/cgroup.procs"
    hoy delete -f "$ID"
    [[ ! -e /sys/fs/cgroup/$HOY_TOKEN/inner ]]
}

@test "without cgroupsPath the container has a cgroup of its own" {
    bundle_new sleep 1000
    container_up
    local path
    path=$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")
    [[ $path == *"$ID"* ]]
    grep -qx "$(pid_of)" "/sys/fs/cgroup$path/cgroup.procs"
    hoy delete -f "$ID"
    [[ ! -e /sys/fs/cgroup$path ]]
}

@test "a cgroupsPath that climbs stays below the cgroup mount" {
    bundle_new sleep 1000
    cfg '.linux.cgroupsPath = $p' --arg p "../../../$HOY_TOKEN-climb"
    run hoy create -b "$BUNDLE" "$ID"
    failed_with linux.cgroupsPath
}
