#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # every test is a subshell; the scripts are expanded in the container
# Namespaces that are there already (linux.namespaces[].path), of every kind, alone and together, and
# time namespaces.

load helpers

setup() {
    HOLDERS=()
}

teardown() {
    containers_remove
    local pid
    for pid in "${HOLDERS[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# hold OPTION…: a process in namespaces of its own, made by unshare(1). Sets HOLDER.
hold() {
    local up=$BATS_TEST_TMPDIR/up.${#HOLDERS[@]}
    unshare "$@" sh -c 'echo $$ >"$0"; exec sleep 1000' "$up" 3>&- >/dev/null 2>&1 &
    HOLDERS+=($!)
    if [[ " $* " == *' -U '* ]]; then
        # Before the map nobody is root there.
        wait_until 10 ns_differs "${HOLDERS[-1]}" user
        echo 0 100000 65536 >"/proc/$!/uid_map"
        echo 0 100000 65536 >"/proc/$!/gid_map"
    fi
    wait_until 10 test -s "$up"
    # With --fork the process is a child of it.
    HOLDER=$(pgrep -P "${HOLDERS[-1]}" || echo "${HOLDERS[-1]}")
    HOLDERS+=("$HOLDER")
}

# join TYPE PATH: the bundle's namespace of this type is the one at the path.
join() {
    cfg '.linux.namespaces |= (map(select(.type != $t)) + [{type: $t, path: $p}])' \
        --arg t "$1" --arg p "$2"
}

# The link of a namespace of a process: PID FILE.
ns_of() {
    readlink "/proc/$1/ns/$2"
}

ns_differs() {
    [[ $(ns_of "$1" "$2") != "$(ns_of self "$2")" ]]
}

# What the container's namespaces are, by file name.
container_ns() {
    ns_of "$(pid_of)" "$1"
}

# A bundle that stays until it is killed.
idle_bundle() {
    bundle_new
    args sleep 1000
}

# joins TYPE FILE OPTION…: a container that joins a namespace of a holder is in it, and so is exec.
joins() {
    local type=$1 file=$2
    hold "${@:3}"
    idle_bundle
    join "$type" "/proc/$HOLDER/ns/$file"
    container_up
    [[ $(container_ns "$file") == "$(ns_of "$HOLDER" "$file")" ]]
    [[ $(container_ns "$file") != "$(ns_of self "$file")" ]]
    run hoy exec "$ID" readlink "/proc/self/ns/$file"
    is "$(ns_of "$HOLDER" "$file")"
}

# ---- Each kind -------------------------------------------------------------------------------------

# verifies: config linux.namespaces[].path
@test "a network namespace is joined" {
    joins network net -n
}

@test "a joined network namespace is left as it is: loopback stays down" {
    hold -n
    bundle_new ip link show lo
    join network "/proc/$HOLDER/ns/net"
    container_run
    succeeded
    has_not 'LOOPBACK,UP'
    nsenter -t "$HOLDER" -n ip link set lo up
    container_run
    has 'LOOPBACK,UP'
}

@test "a network namespace is joined by a name in the file system" {
    hold -n
    touch "$BATS_TEST_TMPDIR/net"
    mount --bind "/proc/$HOLDER/ns/net" "$BATS_TEST_TMPDIR/net"
    bundle_new readlink /proc/self/ns/net
    join network "$BATS_TEST_TMPDIR/net"
    container_run
    umount "$BATS_TEST_TMPDIR/net"
    is "$(ns_of "$HOLDER" net)"
}

@test "an ipc namespace is joined" {
    joins ipc ipc -i
}

@test "a uts namespace is joined, and hostname is set in it" {
    joins uts uts -u
    [[ $(nsenter -t "$HOLDER" -u hostname) == "$(jq -r .hostname "$BUNDLE/config.json")" ]]
    [[ $(hostname) != "$(jq -r .hostname "$BUNDLE/config.json")" ]]
}

@test "a uts namespace is joined and keeps its name" {
    hold -u
    nsenter -t "$HOLDER" -u hostname kept
    bundle_new hostname
    cfg 'del(.hostname)'
    join uts "/proc/$HOLDER/ns/uts"
    container_run
    is kept
}

@test "a cgroup namespace is joined" {
    joins cgroup cgroup -C
}

@test "a pid namespace is joined" {
    joins pid pid -p --fork --mount-proc
    [[ $(awk '/^NSpid:/ {print NF}' "/proc/$(pid_of)/status") == 3 ]]
}

@test "a mount namespace is joined: the root file system is a directory of it" {
    hold -m --propagation private
    idle_bundle
    join mount "/proc/$HOLDER/ns/mnt"
    cfg 'del(.mounts, .linux.maskedPaths, .linux.readonlyPaths) | .root.readonly = false'
    # Only there.
    nsenter -t "$HOLDER" -m mount -t tmpfs only-there "$BUNDLE/rootfs/mnt"
    nsenter -t "$HOLDER" -m touch "$BUNDLE/rootfs/mnt/here"
    container_up
    [[ $(container_ns mnt) == "$(ns_of "$HOLDER" mnt)" ]]
    run hoy exec "$ID" ls /mnt
    is here
    [[ ! -e $BUNDLE/rootfs/mnt/here ]]
}

@test "exec is in the container's root though it has no mount namespace" {
    idle_bundle
    echo inside >"$BUNDLE/rootfs/where"
    cfg 'del(.mounts, .linux.maskedPaths, .linux.readonlyPaths, .hostname) | .root.readonly = false
        | .linux.namespaces |= map(select(.type == "pid"))'
    container_up
    run hoy exec "$ID" cat /where
    is inside
    cfg 'del(.linux.namespaces)'
    hoy delete --force "$ID"
    container_up
    run hoy exec "$ID" /bin/sh -c 'cat /where; echo *'
    succeeded
    [[ ${lines[0]} == inside && ${lines[1]} == *where* && ${lines[1]} != *boot* ]]
}

@test "a time namespace is joined" {
    hold -T --boottime 100000 --monotonic 200000
    bundle_new cat /proc/self/timens_offsets /proc/uptime
    join time "/proc/$HOLDER/ns/time"
    container_run
    succeeded
    [[ ${lines[0]} =~ ^monotonic\ +200000\ +0$ ]]
    [[ ${lines[1]} =~ ^boottime\ +100000\ +0$ ]]
    ((${lines[2]%%.*} >= 100000))
    args sleep 1000
    container_up
    [[ $(container_ns time) == "$(ns_of "$HOLDER" time)" ]]
    run hoy exec "$ID" cat /proc/uptime
    ((${output%%.*} >= 100000))
}

@test "a user namespace is joined, and the others are new inside it" {
    hold -U
    bundle_new
    join user "/proc/$HOLDER/ns/user"
    # The new namespaces are the user namespace's: its root may change them.
    cfg '.process.capabilities = ([.process.capabilities.bounding[], "CAP_NET_ADMIN", "CAP_SYS_ADMIN"]
            | {bounding: ., effective: ., permitted: .})
        | .linux.sysctl = {"net.ipv4.ip_default_ttl": "77"} | del(.linux.readonlyPaths, .linux.maskedPaths)'
    script 'readlink /proc/self/ns/user; cat /proc/self/uid_map; id -u
        ip link add br0 type bridge; ip link set lo mtu 1300; ip link show lo | head -n 1
        cat /proc/sys/net/ipv4/ip_default_ttl
        echo 78 >/proc/sys/net/ipv4/ip_default_ttl; cat /proc/sys/net/ipv4/ip_default_ttl
        hostname changed; hostname; mount -t tmpfs none /mnt; echo $$'
    chown -R 100000:100000 "$BUNDLE/rootfs"
    chmod a+rx "$BUNDLE"
    container_run
    succeeded
    [[ ${lines[0]} == "$(ns_of "$HOLDER" user)" ]]
    [[ ${lines[1]} =~ ^\ *0\ +100000\ +65536$ ]]
    [[ ${lines[2]} == 0 && ${lines[3]} == *LOOPBACK*'mtu 1300'* ]]
    [[ ${lines[4]} == 77 && ${lines[5]} == 78 && ${lines[6]} == changed && ${lines[7]} == 1 ]]
}

@test "a user namespace is joined: exec is in it too" {
    hold -U
    idle_bundle
    join user "/proc/$HOLDER/ns/user"
    chown -R 100000:100000 "$BUNDLE/rootfs"
    chmod a+rx "$BUNDLE"
    container_up
    [[ $(container_ns user) == "$(ns_of "$HOLDER" user)" ]]
    run hoy exec -u 1000:1000 "$ID" sh -c 'id -u; readlink /proc/self/ns/user'
    is "1000
$(ns_of "$HOLDER" user)"
    [[ $(stat -c %u "/proc/$(pid_of)") == 100000 ]]
}

@test "mappings are repeated by engines with a joined user namespace, and are its own" {
    hold -U
    bundle_new cat /proc/self/uid_map
    join user "/proc/$HOLDER/ns/user"
    cfg '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings'
    chown -R 100000:100000 "$BUNDLE/rootfs"
    chmod a+rx "$BUNDLE"
    container_run
    succeeded
    [[ $output =~ ^\ *0\ +100000\ +65536$ ]]
}

@test "user, network, ipc, uts and pid namespaces of one holder are joined together" {
    hold -U -n -i -u -p --fork
    idle_bundle
    local kind
    for kind in user:user network:net ipc:ipc uts:uts; do
        join "${kind%:*}" "/proc/$HOLDER/ns/${kind#*:}"
    done
    join pid "/proc/$HOLDER/ns/pid"
    chown -R 100000:100000 "$BUNDLE/rootfs"
    chmod a+rx "$BUNDLE"
    container_up
    for kind in user net ipc uts pid; do
        [[ $(container_ns "$kind") == "$(ns_of "$HOLDER" "$kind")" ]]
    done
    [[ $(awk '/^NSpid:/ {print NF}' "/proc/$(pid_of)/status") == 3 ]]
    run hoy exec "$ID" readlink /proc/self/ns/net
    is "$(ns_of "$HOLDER" net)"
}

@test "a new user namespace with joined network, ipc and uts namespaces" {
    hold -n -i -u
    idle_bundle
    cfg 'del(.hostname)'
    join network "/proc/$HOLDER/ns/net"
    join ipc "/proc/$HOLDER/ns/ipc"
    join uts "/proc/$HOLDER/ns/uts"
    cfg '.linux.namespaces += [{type: "user"}] | del(.mounts[] | select(.type == "mqueue" or .type == "sysfs"
            or .type == "cgroup"))
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings'
    chown -R 100000:100000 "$BUNDLE/rootfs"
    chmod a+rx "$BUNDLE"
    container_up
    [[ $(container_ns net) == "$(ns_of "$HOLDER" net)" ]]
    [[ $(container_ns ipc) == "$(ns_of "$HOLDER" ipc)" ]]
    [[ $(container_ns uts) == "$(ns_of "$HOLDER" uts)" ]]
    [[ $(container_ns user) != "$(ns_of self user)" ]]
}

# ---- Pods --------------------------------------------------------------------------------------------

# pod_up: a first container whose namespaces others join; PAUSE is its pid and POD its ID.
pod_up() {
    idle_bundle
    script 'trap : CHLD; while :; do sleep 1000; done'
    container_up
    POD=$ID PAUSE=$(pid_of)
}

# A bundle in the pod.
pod_bundle() {
    bundle_new
    cfg 'del(.hostname)'
    join pid "/proc/$PAUSE/ns/pid"
    join network "/proc/$PAUSE/ns/net"
    join ipc "/proc/$PAUSE/ns/ipc"
    join uts "/proc/$PAUSE/ns/uts"
}

@test "the containers of a pod share pid, network, ipc and uts" {
    pod_up
    pod_bundle
    args sleep 1000
    container_up
    local kind
    for kind in pid net ipc uts; do
        [[ $(container_ns "$kind") == "$(ns_of "$PAUSE" "$kind")" ]]
    done
    for kind in mnt cgroup; do
        [[ $(container_ns "$kind") != "$(ns_of "$PAUSE" "$kind")" ]]
    done
    run hoy exec "$ID" ps -o args
    has 'trap : CHLD' # the first of the pod
    run hoy exec "$POD" ps -o args
    has 'sleep 1000'
}

@test "kill of a container in a shared pid namespace kills all its own processes, and only those" {
    local first inner
    pod_up
    pod_bundle
    script 'sleep 2001 & sleep 2002 & setsid sleep 2003 & echo up; wait'
    container_up
    wait_output up
    first=$ID
    pod_bundle
    args sleep 3001
    container_up
    inner=$(pid_of)
    hoy kill "$first" KILL
    wait_status stopped "$first"
    none_of() { ! hoy exec "$POD" ps -o args | grep -q 'sleep 200[123]'; }
    wait_until 10 none_of
    [[ $(status_of) == running && $(status_of "$POD") == running && -d /proc/$inner ]]
    hoy delete "$first"
    [[ $(status_of) == running && $(status_of "$POD") == running ]]
    # The end of the first ends all, as everywhere.
    hoy kill "$POD" KILL
    wait_status stopped
    wait_status stopped "$POD"
}

@test "what a first process in a shared pid namespace leaves behind is removed by delete" {
    pod_up
    pod_bundle
    script 'sleep 2001 & echo up'
    container_up
    wait_status stopped
    hoy delete "$ID"
    run hoy exec "$POD" ps -o args
    has_not 'sleep 2001'
    [[ $(status_of "$POD") == running ]]
}

# ---- hoy itself --------------------------------------------------------------------------------------

@test "hoy is back in its own namespaces when hooks run" {
    local kind all=() hook
    hold -n -i -u -p --fork
    bundle_new echo ran
    cat >"$BUNDLE/hook" <<HOOK
#!/bin/bash
for kind in cgroup ipc mnt net pid pid_for_children time time_for_children user uts; do
    readlink /proc/self/ns/\$kind
done >"$BUNDLE/\$1.ns"
HOOK
    chmod +x "$BUNDLE/hook"
    for kind in network:net ipc:ipc uts:uts pid:pid; do
        join "${kind%:*}" "/proc/$HOLDER/ns/${kind#*:}"
    done
    cfg '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 5}}
        | .hooks = ([("prestart", "createRuntime", "poststart", "poststop")
            | {key: ., value: [{path: $hook, args: ["hook", .]}]}] | from_entries)' --arg hook "$BUNDLE/hook"
    container_run
    succeeded
    is ran
    for kind in cgroup ipc mnt net pid pid_for_children time time_for_children user uts; do
        all+=("$(ns_of self "$kind")")
    done
    for hook in prestart createRuntime poststart poststop; do
        diff <(printf '%s\n' "${all[@]}") "$BUNDLE/$hook.ns"
    done
}

# ---- Errors ------------------------------------------------------------------------------------------

# refuses WHERE MESSAGE
refuses() {
    container_run
    failed_with "config.json: $1: $2"
    [[ ! -e $HOY_ROOT/$ID ]]
}

@test "a path of another type is an error" {
    local pair
    idle_bundle
    cfg '.linux.namespaces = [{type: "mount"}] | del(.hostname)'
    for pair in network:uts ipc:net uts:user user:mnt pid:ipc cgroup:pid mount:cgroup time:net; do
        cfg '.linux.namespaces = [{type: $t, path: $p}] + ([{type: "mount"}] | map(select($t != "mount")))
            | if $t == "mount" then del(.mounts, .linux.maskedPaths, .linux.readonlyPaths) | .root.readonly = false
              else . end' --arg t "${pair%:*}" --arg p "/proc/self/ns/${pair#*:}"
        container_run
        failed_with "linux.namespaces[0].path"
        has "this is a namespace of another type than \"${pair%:*}\""
    done
}

@test "a path that is no namespace, or is not there, is an error" {
    local path
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    idle_bundle
    for path in /etc/passwd /dev/null /dev/zero /dev/ptmx /tmp "$BATS_TEST_TMPDIR/fifo"; do
        cfg '.linux.namespaces = [{type: "mount"}, {type: "ipc", path: $p}] | del(.hostname)' --arg p "$path"
        container_run
        failed_with 'linux.namespaces[1].path'
        has 'this is no namespace'
    done
    cfg '.linux.namespaces[1].path = "/no/such"'
    container_run
    failed_with 'linux.namespaces[1].path'
    has 'no such file or directory'
    [[ ! -e $HOY_ROOT/$ID ]]
}

@test "the runtime's own namespace by path does not get a host name" {
    local was
    was=$(hostname)
    bundle_new hostname
    join uts /proc/self/ns/uts
    container_run
    failed_with "this is the runtime's own namespace, which hostname would change"
    cfg 'del(.hostname) | .domainname = "x"'
    container_run
    failed_with "this is the runtime's own namespace, which domainname would change"
    [[ $(hostname) == "$was" ]]
    cfg 'del(.domainname)'
    container_run
    is "$was"
}

@test "the runtime's own namespace by path does not get kernel parameters" {
    local was
    was=$(</proc/sys/net/ipv4/ip_default_ttl)
    bundle_new true
    join network "/proc/$$/ns/net"
    cfg '.linux.sysctl = {"net.ipv4.ip_default_ttl": "13"}'
    container_run
    failed_with "this is the runtime's own namespace, which linux.sysctl would change"
    [[ $(</proc/sys/net/ipv4/ip_default_ttl) == "$was" ]]
    join ipc /proc/self/ns/ipc
    cfg '.linux.sysctl = {"kernel.msgmax": "1234"}'
    container_run
    failed_with "this is the runtime's own namespace, which linux.sysctl would change"
    # It alone: the others were the runtime's own as well.
    cfg '.linux.sysctl = {"kernel.domainname": "x"} | del(.hostname)
        | .linux.namespaces |= map(select(.type != "ipc" and .type != "network")) + [{type: "network"}]'
    join uts /proc/self/ns/uts
    container_run
    failed_with "this is the runtime's own namespace, which linux.sysctl would change"
    [[ $(</proc/sys/kernel/domainname) != x ]]
}

# ---- Time --------------------------------------------------------------------------------------------

# verifies: config linux.namespaces[].type=time, features linux.namespaces[]=time
@test "a new time namespace" {
    run hoy features
    [[ $(jq '.linux.namespaces | index("time") != null' <<<"$output") == true ]]
    bundle_new readlink /proc/self/ns/time
    cfg '.linux.namespaces += [{type: "time"}]'
    container_run
    succeeded
    [[ $output == 'time:['* && $output != "$(ns_of self time)" ]]
    args sleep 1000
    container_up
    run hoy exec "$ID" readlink /proc/self/ns/time
    is "$(container_ns time)"
}

# verifies: config linux.timeOffsets, config linux.timeOffsets.boottime, config linux.timeOffsets.monotonic,
# config linux.timeOffsets.boottime.secs, config linux.timeOffsets.boottime.nanosecs,
# config linux.timeOffsets.monotonic.secs, config linux.timeOffsets.monotonic.nanosecs
@test "offsets of a time namespace: seconds and nanoseconds" {
    bundle_new cat /proc/self/timens_offsets /proc/uptime
    cfg '.linux.namespaces += [{type: "time"}]
        | .linux.timeOffsets = {monotonic: {secs: 86400, nanosecs: 500}, boottime: {secs: 1000000, nanosecs: 999999999}}'
    container_run
    succeeded
    [[ ${lines[0]} =~ ^monotonic\ +86400\ +500$ ]]
    [[ ${lines[1]} =~ ^boottime\ +1000000\ +999999999$ ]]
    ((${lines[2]%%.*} >= 1000000))
    ((${lines[2]%%.*} < 1000000 + $(cut -d. -f1 /proc/uptime) + 10))
}

@test "one offset alone, a negative one, and none" {
    bundle_new cat /proc/self/timens_offsets
    cfg '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 7}}'
    container_run
    [[ ${lines[0]} =~ ^monotonic\ +7\ +0$ && ${lines[1]} =~ ^boottime\ +0\ +0$ ]]
    cfg '.linux.timeOffsets = {boottime: {secs: -1}}'
    container_run
    [[ ${lines[0]} =~ ^monotonic\ +0\ +0$ && ${lines[1]} =~ ^boottime\ +-1\ +0$ ]]
    cfg '.linux.timeOffsets = {boottime: {nanosecs: 12}}'
    container_run
    [[ ${lines[1]} =~ ^boottime\ +0\ +12$ ]]
    cfg '.linux.timeOffsets = {}'
    container_run
    [[ ${lines[0]} =~ ^monotonic\ +0\ +0$ && ${lines[1]} =~ ^boottime\ +0\ +0$ ]]
}

@test "offsets that the kernel refuses are an error, and hoy is back" {
    bundle_new true
    # Before the machine was booted.
    cfg '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: -100000000}}
        | .hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", $s]}]' \
        --arg s "readlink /proc/self/ns/time_for_children >$BATS_TEST_TMPDIR/after"
    container_run
    failed_with 'linux.timeOffsets'
    [[ $(<"$BATS_TEST_TMPDIR/after") == "$(ns_of self time)" ]]
    [[ ! -e $HOY_ROOT/$ID ]]
}

@test "offsets without a time namespace are an error" {
    bundle_new true
    cfg '.linux.timeOffsets = {monotonic: {secs: 1}}'
    container_run
    failed_with 'linux.timeOffsets: needs an entry of type "time" in linux.namespaces'
}

@test "offsets for a joined time namespace are an error" {
    hold -T
    bundle_new true
    join time "/proc/$HOLDER/ns/time"
    cfg '.linux.timeOffsets = {monotonic: {secs: 1}}'
    container_run
    failed_with "linux.timeOffsets: can't be set in a time namespace that is there already"
}

@test "a new time namespace with a new user namespace" {
    bundle_new cat /proc/self/timens_offsets
    cfg '.linux.namespaces += [{type: "time"}, {type: "user"}] | .linux.timeOffsets = {monotonic: {secs: 7}}
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings'
    chown -R 100000:100000 "$BUNDLE/rootfs"
    chmod a+rx "$BUNDLE"
    container_run
    succeeded
    [[ ${lines[0]} =~ ^monotonic\ +7\ +0$ ]]
}

# ---- Faults ------------------------------------------------------------------------------------------

# fault_all: each operation of the bundle's plan fails in turn; nothing stays.
fault_all() {
    local n ops before
    ops=$(hoy plan -b "$BUNDLE" | grep -c '^ *[0-9]')
    [[ $ops -gt 20 ]]
    before=$(find /sys/fs/cgroup -name "*$ID*")
    for ((n = 1; n <= ops; n++)); do
        run hoy_faults "$n" run -b "$BUNDLE" "$ID"
        [[ $status == 1 ]] || { echo "operation $n: $status: $output" >&2; return 1; }
        has 'failed on demand'
        [[ -z $(ls "$HOY_ROOT") ]]
        [[ $(find /sys/fs/cgroup -name "*$ID*") == "$before" ]]
    done
}

@test "every operation of a plan with joined namespaces may fail" {
    require_faults
    hold -n -i -u -p --fork -C
    bundle_new true
    local kind
    for kind in network:net ipc:ipc uts:uts pid:pid cgroup:cgroup; do
        join "${kind%:*}" "/proc/$HOLDER/ns/${kind#*:}"
    done
    cfg '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 5}}'
    fault_all
}

@test "every operation of a plan with a joined user namespace may fail" {
    require_faults
    hold -U
    bundle_new true
    join user "/proc/$HOLDER/ns/user"
    chown -R 100000:100000 "$BUNDLE/rootfs"
    chmod a+rx "$BUNDLE"
    fault_all
}
