#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# What a neighbour of the host reaches of containers and they of him, through hoy run and its networks. The rules
# themselves have tests/firewall.bats.

load helpers
load boat
load networks
load firewall

setup_file() {
    export ROOTFS=$BATS_FILE_TMPDIR/rootfs WORK=$BATS_FILE_TMPDIR
    make_rootfs "$ROOTFS"
    host_make out
    ip link add o0 type veth peer name o1 netns "/proc/$(<"$WORK/out.pid")/ns/net"
    ip addr add 192.0.2.1/24 dev o0
    ip link set o0 up
    in_host out ip addr add 192.0.2.2/24 dev o1
    in_host out ip link set o1 up
    # It knows where containers are, and would send there.
    in_host out ip route add 10.90.0.0/16 via 192.0.2.1
    # Not by in_host: $! is to be the server's own.
    nsenter --net="/proc/$(<"$WORK/out.pid")/ns/net" busybox nc -ll -p 99 -e echo outside >/dev/null 2>&1 3>&- &
    echo $! >"$WORK/server.pid"
}

teardown_file() {
    kill "$(<"$WORK/server.pid")" "$(<"$WORK/out.pid")"
    ip link del o0
}

teardown() {
    networks_remove
    rm -rf --one-file-system "$HOY_DATA_ROOT"
}

# serve [OPTION…]: a container that says hello at its port 80.
serve() {
    boat_up "$@" nc -ll -p 80 -e echo hello
    wait_until 5 hoy exec boat sh -c 'nc -w 1 127.0.0.1 80 </dev/null | grep -q hello'
}

# from_out ADDRESS PORT, from_host ADDRESS PORT
from_out() {
    in_host out busybox nc -w 1 "$1" "$2" </dev/null 2>&1
}

from_host() {
    busybox nc -w 1 "$1" "$2" </dev/null 2>&1
}

@test "a published port is reached from outside, from the host and from containers; nothing else of it is" {
    serve -p 8080:80
    address=$(address_of boat)
    [ "$(from_out 192.0.2.1 8080)" = hello ]
    [ "$(from_host 192.0.2.1 8080)" = hello ]
    [ "$(from_host 127.0.0.1 8080)" = hello ]
    [ "$(from_host "$address" 80)" = hello ]
    [ "$(hoy run --rm --network bridge --rootfs "$ROOTFS" sh -c 'nc -w 1 192.0.2.1 8080 </dev/null')" = hello ]
    # Itself, by the host's address.
    [ "$(hoy exec boat sh -c 'nc -w 1 192.0.2.1 8080 </dev/null')" = hello ]
    run from_out "$address" 80
    has_not hello
    # The control: without hoy's rules it would be.
    nft delete table ip hoy
    [ "$(from_out "$address" 80)" = hello ]
}

@test "a port of 127.0.0.1 is the host's alone" {
    serve -p 127.0.0.1:8080:80
    [ "$(from_host 127.0.0.1 8080)" = hello ]
    run from_out 192.0.2.1 8080
    has_not hello
    in_host out ip route add 127.0.0.5/32 via 192.0.2.1 2>/dev/null || true
    [ "$(cat /proc/sys/net/ipv4/conf/o0/route_localnet)" = 0 ]
    hoy rm -f boat
    serve -p 192.0.2.1:8080:80
    [ "$(from_out 192.0.2.1 8080)" = hello ]
}

@test "a container reaches the outside as the host; from an internal network it doesn't" {
    hoy network create --internal lake
    ok hoy run --rm --network bridge --rootfs "$ROOTFS" sh -c 'nc -w 2 192.0.2.2 99 </dev/null'
    says outside
    fails 1 hoy run --rm --network lake --rootfs "$ROOTFS" sh -c 'nc -w 1 192.0.2.2 99 </dev/null'
    has_not outside
    # Nor does one that may make itself a route.
    fails 1 hoy run --rm --cap-add NET_ADMIN --network lake --rootfs "$ROOTFS" sh -c \
        'ip route add default via $(ip -o -4 addr show eth0 | sed "s/.*inet \([0-9.]*\)[.][0-9]*\/.*/\1.1/"); nc -w 1 192.0.2.2 99 </dev/null'
    has_not outside
}

@test "networks don't reach each other but by published ports" {
    hoy network create sea
    serve --network sea -p 8080:80
    address=$(address_of boat sea)
    run hoy run --rm --network bridge --rootfs "$ROOTFS" sh -c "nc -w 1 $address 80 </dev/null"
    has_not hello
    ok hoy run --rm --network bridge --rootfs "$ROOTFS" sh -c 'nc -w 1 192.0.2.1 8080 </dev/null'
    is hello
    # The control is the rule's: without the table packets go from one bridge to the other.
    boat2=$(hoy run -d --network bridge --rootfs "$ROOTFS" sleep 100)
    nft delete table ip hoy
    ok hoy exec "$boat2" sh -c "nc -w 1 $address 80 </dev/null"
    is hello
}

@test "--net-allow: it reaches what is allowed and nothing else" {
    hoy network create --ipv6 sea
    serve --network sea
    address=$(address_of boat sea)
    in_net() { hoy run --rm --network sea "${@:2}" --rootfs "$ROOTFS" sh -c "$1 </dev/null"; }
    # The control first.
    ok in_net 'nc -w 2 192.0.2.2 99'
    ok in_net "nc -w 2 $address 80"
    ok in_net 'nc -w 2 192.0.2.2 99' --net-allow 192.0.2.0/24:99/tcp
    says outside
    ok in_net 'nc -w 2 192.0.2.2 99' --net-allow none --net-allow 192.0.2.2:90-100
    ok in_net "nc -w 2 $address 80" --net-allow "$address"
    is hello
    fails 1 in_net 'nc -w 1 192.0.2.2 99' --net-allow 192.0.2.0/24:98/tcp
    fails 1 in_net 'nc -w 1 192.0.2.2 99' --net-allow 192.0.2.2:99/udp
    fails 1 in_net 'nc -w 1 192.0.2.2 99' --net-allow fd00::/8
    fails 1 in_net 'nc -w 1 192.0.2.2 99' --net-allow none
    fails 1 in_net "nc -w 1 $address 80" --net-allow 192.0.2.2
    fails 1 in_net "ip addr add $address/24 dev eth0; nc -w 1 192.0.2.2 99" --cap-add NET_ADMIN --net-allow none
    for text in x 10.0.0.1/8 10.0.0.0/8:0 10.0.0.0/8:2-1 10.0.0.0/8:80/x '[fd00::1' fd00::1:80/tcp/udp ''; do
        fails 125 in_net true --net-allow "$text"
        says "--net-allow: must be none or ADDRESS"
    done
    fails 125 hoy run --rm --network none --net-allow none --rootfs "$ROOTFS" true
    says "--net-allow: needs --network"
    # Nothing of a limit is left; the one container's interface is in no rule.
    run nft list ruleset
    has_not '"hv'
}

@test "a limit stays when the rules are made again" {
    serve --network bridge --net-allow none
    fails 1 hoy exec boat sh -c 'nc -w 1 192.0.2.2 99 </dev/null'
    nft flush ruleset
    ok hoy exec boat sh -c 'nc -w 1 192.0.2.2 99 </dev/null'
    ok hoy network reload
    fails 1 hoy exec boat sh -c 'nc -w 1 192.0.2.2 99 </dev/null'
}

@test "rules that somebody has flushed come back with reload and with the next start" {
    serve -p 8080:80
    address=$(address_of boat)
    nft flush ruleset
    ok hoy network reload
    [ "$(from_out 192.0.2.1 8080)" = hello ]
    run from_out "$address" 80
    has_not hello
    nft flush table ip hoy
    hoy run --rm --network bridge --rootfs "$ROOTFS" true
    run from_out "$address" 80
    has_not hello
    ok hoy network rules
    says "table ip hoy" "8080"
}

@test "with the last network the rules are gone" {
    hoy network create sea
    hoy run --rm --network bridge --rootfs "$ROOTFS" true
    ok hoy network rm sea
    nft list table ip hoy
    ok hoy network rm hoy
    [ -z "$(nft list ruleset)" ]
}

@test "what leads to a container ends with it" {
    serve -p 8080:80
    nft list table ip hoy | grep -q 'tcp . 8080'
    hoy stop -t 0 boat
    wait_until 5 sh -c '! nft list table ip hoy | grep -q "tcp . 8080"'
    hoy start boat
    wait_until 5 sh -c "nft list table ip hoy | grep -q 'tcp . 8080 : $(address_of boat) . 80'"
    # One that was killed with its monitor: by whoever comes next, or when it is removed.
    kill -KILL "$(monitor_pid)" "$(pid_of boat)"
    wait_until 5 sh -c '[ -z "$(ip -o link show type veth | grep hv)" ]'
    hoy run --rm --network bridge --rootfs "$ROOTFS" true
    run nft list table ip hoy
    has_not 'tcp . 8080'
}
