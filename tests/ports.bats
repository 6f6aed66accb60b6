#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
# (scripts are expanded in the container; each test has PIDS of its own; stderr is bats')
# Published ports: options, the sockets that hold them, and what the container's monitor relays. All in the
# network namespace that tests/run made; "outside" is another one, with a wire between them. Servers in the
# container are busybox's, or programs of the machine in its network namespace.

load helpers
load boat

setup() {
    export HOY_DATA_ROOT=$BATS_TEST_TMPDIR/data
    [[ -x $HOY_BUILD/hoy-net ]] || skip "hoy was built without networks"
    PIDS=()
}

teardown() {
    local i
    for i in "${PIDS[@]}"; do
        kill -9 "$i" 2>/dev/null || true
    done
    boats_remove
    ip link del out0 2>/dev/null || true
    for i in $(ip -o link show type bridge | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do
        ip link del "$i"
    done
    echo 0 >/proc/sys/net/ipv4/ip_forward
    echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
}

peer() {
    timeout 30 python3 "$HOY_TOP/tests/ports_peer.py" "$@" 3>&-
}

# behind NAME COMMAND…: runs it in the background until it says "up".
behind() {
    local out=$BATS_TEST_TMPDIR/$1.out
    "${@:2}" >"$out" 2>&1 </dev/null 3>&- &
    PIDS+=($!)
    wait_until 10 file_has "$out" up
}

# inside NAME WORD…: a server of ports_peer.py in the container's network namespace. timeout and python3 go
# with the namespace's other processes only when they are told to.
inside() {
    behind "$1" nsenter -n -t "$(pid_of boat)" python3 "$HOY_TOP/tests/ports_peer.py" "${@:2}"
}

# up [OPTION…]: a container that does nothing, in the default network.
up() {
    boat_up --network bridge "$@" sleep 1000
}

# A neighbour of the host: 192.0.2.1 is the host, 192.0.2.2 the neighbour.
outside_make() {
    unshare -n sleep 1000 3>&- &
    OUTSIDE=$!
    PIDS+=("$OUTSIDE")
    wait_until 5 eval '[[ $(readlink /proc/$OUTSIDE/ns/net) != $(readlink /proc/self/ns/net) ]]'
    ip link add out0 type veth peer name eth0 netns "$OUTSIDE"
    ip addr add 192.0.2.1/24 dev out0
    ip -6 addr add fd00:99::1/64 dev out0 nodad
    ip link set out0 up
    outside ip addr add 192.0.2.2/24 dev eth0
    outside ip -6 addr add fd00:99::2/64 dev eth0 nodad
    outside ip link set eth0 up
}

outside() {
    nsenter -n -t "$OUTSIDE" "$@"
}

port_of() {
    hoy port boat "$1" | sed -n '1s/.*://p'
}

nobody_listens() {
    [[ -z $(ss -Htuln "sport = :$1") ]]
}

# What a monitor has of its own, in KiB.
memory_of() {
    awk '/^(Anonymous|Pss_Shmem):/ { s += $2 } END { print s }' "/proc/$1/smaps_rollup"
}

# idles PID: of half a second it takes next to nothing. In ticks, hundredths of a second.
idles() {
    local before
    before=$(awk '{ print $14 + $15 }' "/proc/$1/stat")
    sleep 0.5
    (($(awk '{ print $14 + $15 }' "/proc/$1/stat") - before < 3))
}

# ---- Forms ------------------------------------------------------------------------------------

@test "every form of --publish, as hoy port says it" {
    up -p 8080:80 -p 127.0.0.1:8081:81/udp -p '[::1]:8082:82' -p 127.0.0.2:8000-8002:90-92 -p 9000:9000/sctp \
        -p 127.0.0.1::70
    run hoy port boat
    succeeded
    local any
    any=$(port_of 70)
    ((any > 0))
    is "80/tcp -> 0.0.0.0:8080
80/tcp -> [::]:8080
81/udp -> 127.0.0.1:8081
82/tcp -> [::1]:8082
90/tcp -> 127.0.0.2:8000
91/tcp -> 127.0.0.2:8001
92/tcp -> 127.0.0.2:8002
9000/sctp -> 0.0.0.0:9000
9000/sctp -> [::]:9000
70/tcp -> 127.0.0.1:$any"
    run hoy port boat 80
    is $'0.0.0.0:8080\n[::]:8080'
    run hoy port boat 81/udp
    is 127.0.0.1:8081
    run hoy port boat 81
    failed_with "publishes no port 81/tcp"
    run hoy port boat x
    failed_with "must be a port of the container"
    run hoy ps
    has "80/tcp"
    has "127.0.0.2:8000-8002->90-92/tcp"
    hoy ps -f json | jq -e '.[0].ports[1] == {protocol: "udp", host: "127.0.0.1", port: 8081, count: 1, to: 81}'
    # Exactly there, and nowhere else.
    run bash -c "ss -Htuln | awk '{ print \$1, \$5 }' | sort"
    is "$(sort <<LISTENING
tcp 0.0.0.0:8080
tcp [::]:8080
udp 127.0.0.1:8081
tcp [::1]:8082
tcp 127.0.0.2:8000
tcp 127.0.0.2:8001
tcp 127.0.0.2:8002
tcp 127.0.0.1:$any
LISTENING
    )"
    hoy rm -f boat
    [[ -z $(ss -Htuln) ]]
}

@test "what can't be published is an error that says why, and leaves nothing" {
    run hoy run -p 80:80:80 --network bridge --rootfs "$ROOTFS" true
    failed_with '--publish: must be [ADDRESS:][HOST:]CONTAINER[/tcp|/udp|/sctp], as 8080:80, got "80:80:80"'
    [[ $status == 125 ]]
    run hoy run -p 8080:80 --network none --rootfs "$ROOTFS" true
    failed_with "--publish: needs --network with a network's name"
    up
    run hoy run -p 8080:80 --network container:boat --rootfs "$ROOTFS" true
    failed_with "the container whose network it is"
    hoy rm -f boat
    run hoy run -d -p 192.0.2.77:8080:80 --network bridge --rootfs "$ROOTFS" true
    failed_with "this host has no address 192.0.2.77"
    run hoy run -p 8080:80 -p 127.0.0.1:8080:80 --network bridge --rootfs "$ROOTFS" true
    failed_with "port 8080/tcp is published twice"
    [[ -z $(ls "$HOY_DATA_ROOT/containers")$(ls "$HOY_ROOT") ]]
}

@test "who publishes and names no network is in the default one" {
    run hoy run --rm -p 8080:80 --rootfs "$ROOTFS" cat /proc/net/dev
    succeeded
    has eth0:
    run hoy run --rm --rootfs "$ROOTFS" cat /proc/net/dev
    has_not eth0:
}

@test "with the host's network there is nothing to publish, and a warning" {
    run hoy run --rm -p 8080:80 --network host --rootfs "$ROOTFS" echo hello
    succeeded
    has "warning: --publish: nothing to do"
    has hello
}

@test "-P publishes what is exposed, from ports that are free" {
    up -P --expose 80 --expose 53/udp -p 8080:443 --expose 443
    run hoy port boat
    [[ ${#lines[@]} == 6 ]]
    has "443/tcp -> 0.0.0.0:8080"
    has "80/tcp -> [::]:$(port_of 80)"
    has "53/udp -> 0.0.0.0:$(port_of 53/udp)"
}

@test "-P publishes what an image exposes, within limits" {
    [[ -x $HOY_BUILD/hoy-image ]] || skip "hoy was built without images"
    hoy import -c 'CMD ["sleep", "1000"]' -c 'EXPOSE 80 53/udp' - web < <(tar -C "$ROOTFS" -c .) >/dev/null
    hoy run -d --name boat --network bridge -P web
    [[ $(hoy port boat | cut -d: -f1 | sort) == $'53/udp -> 0.0.0.0\n53/udp -> [\n80/tcp -> 0.0.0.0\n80/tcp -> [' ]]
    hoy rm -f boat
    local exposed
    mapfile -t exposed < <(seq -f '--change=EXPOSE %g' 1 257)
    hoy import -c 'CMD ["true"]' "${exposed[@]}" - greedy < <(tar -C "$ROOTFS" -c .) >/dev/null
    run hoy run --network bridge -P greedy
    failed_with "a container has at most 256 ports"
    # Without the option it is a remark.
    run hoy run --rm --network bridge greedy
    succeeded
}

@test "as many ports as there may be" {
    boat_up --restart on-failure:1 --network bridge -p 1000-1255:1000-1255 sh -c 'sleep 0.2; exit 1'
    [[ $(hoy port boat | wc -l) == 512 && $(ss -Htln | wc -l) == 512 ]]
    hoy wait boat
    wait_until 10 nobody_listens 1255
    [[ $(hoy ps -a -f json | jq '.[0].restartCount') == 1 ]]
}

# ---- What is relayed --------------------------------------------------------------------------

@test "TCP of both families reaches a server, and in the foreground too" {
    mkdir -p "$ROOTFS/tmp/www"
    echo hello >"$ROOTFS/tmp/www/index.html"
    hoy run --name boat --network bridge -p 8080:80 --rootfs "$ROOTFS" httpd -f -p 80 -h /tmp/www \
        >"$BATS_TEST_TMPDIR/boat.out" 2>&1 </dev/null 3>&- &
    PIDS+=($!)
    wait_until 10 eval 'busybox wget -qO- http://127.0.0.1:8080/ 2>/dev/null | grep -q hello'
    run busybox wget -qO- 'http://[::1]:8080/'
    is hello
    hoy stop -t 0 boat
    wait_until 10 nobody_listens 8080
}

@test "in the foreground its streams and its end are the caller's" {
    run --separate-stderr hoy run --rm -i --network bridge -p 8080:80 --rootfs "$ROOTFS" \
        sh -c 'cat; echo no >&2; exit 7' <<<yes
    [[ $status == 7 && $output == yes && $stderr == *no ]]
    run -127 hoy run --rm --network bridge -p 8080:80 --rootfs "$ROOTFS" nosuch
    failed_with "executable file not found"
    nobody_listens 8080
    [[ -z $(ls "$HOY_DATA_ROOT/containers")$(ls "$HOY_ROOT") ]]
}

@test "a container with both families gets each as it came" {
    hoy network create --ipv6 both
    boat_up --network both -p 8080:80 -p 5353:80/udp sleep 1000
    inside echo echo 80
    local address
    for address in 127.0.0.1 ::1; do
        run peer talk "$address" 8080 <<<hello
        is hello
        run peer udp "$address" 5353 hello
        is hello
    done
    hoy rm -f boat
    hoy network rm both
}

@test "UDP of both families, and of another address of the host" {
    outside_make
    up -p 5353:53/udp
    inside echo echo 53
    local address
    for address in 127.0.0.1 ::1 127.0.0.9 192.0.2.1 fd00:99::1; do
        run peer udp "$address" 5353 "from $address"
        is "from $address"
    done
    run peer udp 127.0.0.1 5353 "$(printf 'x%.0s' {1..9000})"
    [[ ${#output} == 9000 ]]
}

@test "big transfers both ways at once are whole" {
    up -p 127.0.0.1:8080:80
    inside echo echo 80
    head -c 50000000 /dev/urandom >"$BATS_TEST_TMPDIR/big"
    peer talk 127.0.0.1 8080 <"$BATS_TEST_TMPDIR/big" >"$BATS_TEST_TMPDIR/back"
    cmp "$BATS_TEST_TMPDIR/big" "$BATS_TEST_TMPDIR/back"
}

@test "a client that has ended its direction hears the answer still" {
    mkdir -p "$ROOTFS/tmp"
    # It says nothing before it has heard all.
    printf '#!/bin/sh\nwc -c\n' >"$ROOTFS/tmp/count"
    chmod +x "$ROOTFS/tmp/count"
    boat_up --network bridge -p 127.0.0.1:8080:80 nc -ll -p 80 -e /tmp/count
    wait_until 5 eval '[[ $(head -c 100000 /dev/zero | peer talk 127.0.0.1 8080) == 100000 ]]'
}

@test "a hundred connections at once" {
    up -p 127.0.0.1:8080:80
    inside echo echo 80
    peer many 127.0.0.1 8080 100
    peer many 127.0.0.1 8080 100
}

# bats test_tags=syscalls
@test "who doesn't read stops nobody and costs no memory" {
    up -p 127.0.0.1:8080:80 -p 127.0.0.1:8081:81
    inside pour pour 80
    inside echo echo 81
    local pid idle many fds
    pid=$(monitor_pid)
    fds=$(find "/proc/$pid/fd" | wc -l)
    idle=$(memory_of "$pid")
    behind held python3 "$HOY_TOP/tests/ports_peer.py" hold 127.0.0.1 8080 100
    peer many 127.0.0.1 8081 50
    many=$(memory_of "$pid")
    [[ $many -lt 1024 ]] || { echo "idle $idle KiB, with 150 connections $many KiB" >&2; false; }
    # Nor does it keep the monitor busy, once the kernel's buffers are full.
    wait_until 20 idles "$pid"
    kill "${PIDS[-1]}"
    wait_until 10 eval '[[ $(find /proc/'"$pid"'/fd | wc -l) -lt '$((fds + 50))' ]]'
}

@test "nobody listens in the container: the client is cut off" {
    up -p 127.0.0.1:8080:80
    run peer try 127.0.0.1 8080
    is reset
}

@test "the last words of a container that ends are heard" {
    boat_up --network bridge -p 127.0.0.1:8080:80 sh -c 'echo bye | nc -l -p 80'
    wait_until 5 eval '[[ $(peer talk 127.0.0.1 8080 </dev/null 2>/dev/null) == bye ]]'
}

# ---- Who reaches it ---------------------------------------------------------------------------

@test "a port of 127.0.0.1 is reached from here, and not from outside" {
    outside_make
    up -p 127.0.0.1:8080:80 -p '[::1]:8080:80' -p 8081:80
    inside echo echo 80
    [[ $(peer try 127.0.0.1 8080) == connected ]]
    [[ $(peer try ::1 8080) == connected ]]
    [[ $(outside python3 "$HOY_TOP/tests/ports_peer.py" try 192.0.2.1 8080) == refused ]]
    [[ $(outside python3 "$HOY_TOP/tests/ports_peer.py" try fd00:99::1 8080) == refused ]]
    # The wire is there.
    [[ $(outside python3 "$HOY_TOP/tests/ports_peer.py" try 192.0.2.1 8081) == connected ]]
    [[ $(outside python3 "$HOY_TOP/tests/ports_peer.py" try fd00:99::1 8081) == connected ]]
    # A neighbour who sends to 127.0.0.1 by the wire.
    outside sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet; ip route add 127.9.9.9 via 192.0.2.1'
    [[ $(outside python3 "$HOY_TOP/tests/ports_peer.py" try 127.9.9.9 8081) == silent ]]
    [[ $(cat /proc/sys/net/ipv4/conf/{all,default,out0}/route_localnet | sort -u) == 0 ]]
}

# ---- Whose it is ------------------------------------------------------------------------------

@test "a port that is taken: the error says by whom, and nothing is left" {
    up -p 8080:80
    run hoy run -d --network bridge -p 8080:80 --rootfs "$ROOTFS" sleep 1000
    failed_with '--publish: port 8080/tcp of 0.0.0.0 is taken by container "boat"'
    [[ $status == 125 ]]
    run hoy run --network bridge -p '[::1]:8080:80' --rootfs "$ROOTFS" sleep 1000
    failed_with 'port 8080/tcp of ::1 is taken by container "boat"'
    behind holder python3 "$HOY_TOP/tests/ports_peer.py" listen 127.0.0.1 8081
    # The first of the range is given back.
    run hoy run -d --network bridge -p 8079-8081:1-3 --rootfs "$ROOTFS" sleep 1000
    failed_with "port 8080/tcp of 0.0.0.0 is taken"
    run hoy run -d --network bridge -p 8081:80 --rootfs "$ROOTFS" sleep 1000
    failed_with "port 8081/tcp of 0.0.0.0 is taken by process ${PIDS[-1]} (python3)"
    nobody_listens 8079
    [[ $(ls "$HOY_DATA_ROOT/containers") == "$ID" && $(ls "$HOY_ROOT") == "$ID" ]]
    hoy rm -f boat
    up -p 8080:80
}

@test "a restart keeps the port, and meanwhile nobody else gets it" {
    mkdir -p "$ROOTFS/tmp"
    boat_up --restart always --network bridge -p 80 -p 127.0.0.1::81 \
        sh -c 'echo bye | nc -l -p 81; exit 1'
    local before
    before=$(hoy port boat)
    wait_until 5 eval '[[ $(peer talk 127.0.0.1 "$(port_of 81)" </dev/null 2>/dev/null) == bye ]]'
    [[ $(hoy port boat) == "$before" ]]
    ss -Htln | grep -q ":$(port_of 81) "
    # It waits in there until the container is back.
    wait_until 10 eval '[[ $(peer talk 127.0.0.1 "$(port_of 81)" </dev/null 2>/dev/null) == bye ]]'
    # And so does a stop, as long as the ports are free.
    hoy stop -t 0 boat
    [[ -z $(hoy port boat) ]]
    hoy start boat
    [[ $(hoy port boat) == "$before" ]]
    local any
    any=$(port_of 81)
    # Who has heard of its end may take the port.
    hoy stop -t 0 boat
    nobody_listens "$any"
    behind holder python3 "$HOY_TOP/tests/ports_peer.py" listen 127.0.0.1 "$any"
    hoy start boat
    [[ $(port_of 81) != "$any" ]]
}

@test "a monitor that is killed gives its ports back" {
    up -p 8080:80
    local pid
    pid=$(monitor_pid)
    kill -9 "$pid"
    wait_until 5 nobody_listens 8080
    [[ -z $(hoy port boat) ]]
    hoy stop -t 0 boat
    hoy start boat
    [[ $(hoy port boat 80) == 0.0.0.0:8080* ]]
    run ! nobody_listens 8080
}

# The limit of descriptors is the monitor's alone.
@test "the container's own limits are the caller's, also after a restart" {
    ulimit -Sn 1024
    boat_up --restart on-failure:1 --network bridge -p 8080:80 sh -c 'ulimit -Sn; sleep 0.3; exit 1'
    wait_until 10 eval '[[ $(hoy logs boat) == $'"'1024\n1024'"' ]]'
}
