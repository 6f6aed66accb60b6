#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# Networks: their own verbs, and what containers have of them. All in the network namespace that tests/run made.

load helpers
load boat
load networks

teardown() {
    networks_remove
    rm -rf --one-file-system "$HOY_DATA_ROOT"
}

# in_net NETWORK COMMAND…: in a container of it.
in_net() {
    hoy run --rm --network "$1" --rootfs "$ROOTFS" "${@:2}"
}

# ---- The verbs --------------------------------------------------------------------------------

@test "network create prints the name, and ls and inspect show what it has" {
    ok hoy network create sea
    is sea
    ok hoy network create --subnet 10.5.0.0/24 --gateway 10.5.0.9 --ip-range 10.5.0.128/25 --mtu 1400 \
        --label a=b --internal lake
    ok hoy network ls -q
    is $'lake\nsea'
    ok hoy network ls
    says NETWORK DRIVER INTERFACE CONTAINERS SUBNETS
    ok hoy network inspect lake
    [ "$(jq -c '.[0] | [.name, .driver, .mtu, .subnets, .internal, .labels]' <<<"$output")" = \
        '["lake","bridge",1400,[{"subnet":"10.5.0.0/24","gateway":"10.5.0.9","range":"10.5.0.128/25"}],true,{"a":"b"}]' ]
    ok hoy network ls --format json
    [ "$(jq -c '[.[].name]' <<<"$output")" = '["lake","sea"]' ]
    [ "$(stat -c %a "$HOY_DATA_ROOT/networks/sea.json")" = 600 ]
    # Nothing is on the host before it is needed.
    [ -z "$(ip -o link show type bridge)" ]
}

@test "a name that is taken, bad or unknown is an error" {
    hoy network create sea
    fails 1 hoy network create sea
    says 'there is a network "sea" already'
    ok hoy network create --ignore sea
    for name in '' . .. a/b -x 'a b' $'a\nb' "$(printf 'x%.0s' {1..201})"; do
        run hoy network create -- "$name"
        [ "$status" -ne 0 ]
        run hoy network create "$name"
        [ "$status" -ne 0 ]
    done
    fails 1 hoy network inspect lake
    says 'there is no network "lake"'
    fails 1 hoy network rm lake
    says 'there is no network "lake"'
    ok hoy network rm -f lake
    fails 125 in_net lake true
    says 'there is no network "lake"' 'hoy network create lake'
    [ "$(hoy network ls -q)" = sea ]
    [ -z "$(leases)" ]
}

@test "what is wrong with a new network is said, and nothing is made" {
    while IFS='|' read -r options words; do
        # shellcheck disable=SC2086
        fails 1 hoy network create $options sea
        says "$words"
    done <<'TABLE'
--subnet 10.5.0.0|--subnet: must be a subnet like 10.90.1.0/24
--subnet 10.5.0.1/24|subnets[0].subnet: must be a subnet
--subnet 10.5.0.0/31|room for a gateway and a container
--subnet 10.5.0.0/24 --gateway 10.6.0.1|--gateway: 10.6.0.1 is in no subnet
--subnet 10.5.0.0/24 --gateway x|--gateway: must be an address
--subnet 10.5.0.0/24 --ip-range 10.5.0.0/23|subnets[0].range
--gateway 10.5.0.1|is in no subnet that --subnet gives
--subnet 10.5.0.0/24 --subnet 10.6.0.0/24|at most one subnet of each family
--mtu 67|--mtu: must be
--mtu x|--mtu: must be
--opt x=y|--opt: "x"
--opt isolate=maybe|--opt isolate: must be true or false
--interface-name a/b|no name of an interface
--label x|--label
--driver macvlan|--driver
TABLE
    [ -z "$(hoy network ls -q)" ]
}

@test "a subnet is chosen that no network and no route of the host has" {
    ip link add nt0 type bridge
    ip addr add 10.90.0.77/23 dev nt0
    ip link set nt0 up
    hoy network create one
    hoy network create two
    [ "$(hoy network inspect one two | jq -c '[.[].subnets[0].subnet]')" = '["10.90.2.0/24","10.90.3.0/24"]' ]
    fails 1 hoy network create --subnet 10.90.1.0/24 three
    says "the subnet 10.90.1.0/24 is in use" "10.90.0.0/23"
    fails 1 hoy network create --subnet 10.90.0.0/16 three
    hoy network create --ipv6 six
    [[ $(hoy network inspect six | jq -r '.[0].subnets[1].subnet') == fd??:*::/64 ]]
}

@test "the interface follows from the name, unless somebody has it" {
    hoy network create sea
    name=$(hoy network inspect sea | jq -r '.[0].interface')
    hoy network rm sea
    hoy network create sea
    [ "$(hoy network inspect sea | jq -r '.[0].interface')" = "$name" ]
    hoy network rm sea
    ip link add "$name" type bridge
    hoy network create sea
    [ "$(hoy network inspect sea | jq -r '.[0].interface')" != "$name" ]
    hoy network create --interface-name hoy7 lake
    in_net lake true
    ip link show hoy7
}

@test "twenty who create networks at once get twenty subnets" {
    local pids=()
    for i in {1..20}; do
        hoy network create "n$i" >/dev/null &
        pids+=($!)
    done
    wait "${pids[@]}"
    [ "$(hoy network ls --format json | jq -r '.[].subnets[0].subnet' | sort -u | wc -l)" = 20 ]
    [ "$(hoy network ls --format json | jq -r '.[].interface' | sort -u | wc -l)" = 20 ]
}

# ---- A container in one ------------------------------------------------------------------------

@test "the default network comes when it is first needed, and gives an address and a way out" {
    boat_up --network bridge sleep 100
    [ "$(hoy network ls -q)" = hoy ]
    address=$(address_of boat)
    [[ $address == 10.90.0.* ]]
    run hoy exec boat ip addr show eth0
    says "inet $address/24" "UP" "mtu 1500"
    run hoy exec boat ip route
    says "default via 10.90.0.1 dev eth0"
    ok hoy inspect boat
    [ "$(jq -c '.[0].networks[0] | [.network, .interface, .bridge, .addresses, .gateways]' <<<"$output")" = \
        "[\"hoy\",\"eth0\",\"hoy0\",[\"$address\"],[\"10.90.0.1\"]]" ]
    # From the host, and the host from there.
    busybox ping -c 1 -W 2 "$address"
    run hoy exec boat ip addr show lo
    says "inet 127.0.0.1/8" "UP"
    hoy rm -f boat
    [ -z "$(leases)" ]
}

@test "containers of a network reach each other" {
    boat_up --network bridge sh -c 'while :; do echo hello | nc -l -p 80; done'
    wait_until 5 in_net bridge sh -c "nc -w 2 $(address_of boat) 80 </dev/null | grep hello"
}

@test "--isolate: they reach the host and not each other" {
    hoy network create --isolate sea
    boat_up --network sea sh -c 'while :; do echo hello | nc -l -p 80; done'
    address=$(address_of boat sea)
    wait_until 5 sh -c "busybox nc -w 2 $address 80 </dev/null | grep hello"
    run in_net sea sh -c "nc -w 1 $address 80 </dev/null"
    has_not hello
    # The control: the same network without.
    hoy rm -f boat
    hoy network rm sea
    hoy network create sea
    boat_up --network sea sh -c 'while :; do echo hello | nc -l -p 80; done'
    wait_until 5 in_net sea sh -c "nc -w 1 $(address_of boat sea) 80 </dev/null | grep hello"
}

@test "--ip, --mac-address and the name of the interface" {
    hoy network create --subnet 10.5.0.0/24 --ipv6 sea
    net6=$(hoy network inspect sea | jq -r '.[0].subnets[1].subnet')
    boat_up --network sea --ip 10.5.0.77 --ip6 "${net6%/64}77" --mac-address 02:00:00:00:00:77 sleep 100
    run hoy exec boat ip addr show eth0
    says "inet 10.5.0.77/24" "inet6 ${net6%/64}77/64" "02:00:00:00:00:77"
    fails 125 hoy run --rm --network sea:ip=10.5.0.77 --rootfs "$ROOTFS" true
    says "10.5.0.77 belongs to container $ID"
    fails 125 hoy run --rm --network sea --ip 10.5.0.1 --rootfs "$ROOTFS" true
    says "10.5.0.1 is the gateway's"
    fails 125 hoy run --rm --network sea --ip 10.6.0.1 --rootfs "$ROOTFS" true
    says "one of its subnet 10.5.0.0/24"
    ok hoy run --rm --network sea:interface_name=net7,mac=02:00:00:00:00:78 --rootfs "$ROOTFS" ip addr show net7
    says "02:00:00:00:00:78"
}

@test "bad options of run are errors, and nothing is left" {
    hoy network create sea
    while IFS='|' read -r options words; do
        # shellcheck disable=SC2086
        run hoy run --rm $options --rootfs "$ROOTFS" true
        [ "$status" = 125 ] || [ "$status" = 1 ]
        says "$words"
    done <<'TABLE'
--network sea --network sea|"sea" is named twice
--network sea --network none|none must stand alone
--network host --network sea|host must stand alone
--network sea:x=y|--network: "x"
--network sea:ip|--network
--network se/a|no name of a network
--network sea --ip x|--ip: must be an IPv4 address
--network sea --ip fd00::1|--ip: must be an IPv4 address
--network sea --ip6 10.0.0.1|--ip6: must be an IPv6 address
--network sea --mac-address 01:00:00:00:00:01|MAC address of one station
--network none --ip 10.0.0.1|--ip: needs --network with a network's name
--ip 10.0.0.1|--ip: needs --network
--network ns:x|absolute path
--network container:nobody|container "nobody" does not run
TABLE
    [ -z "$(leases)" ]
    [ -z "$(ls "$HOY_DATA_ROOT/containers" 2>/dev/null)" ]
}

@test "two networks: the default route is the first's; of an internal one there is none" {
    hoy network create sea
    hoy network create --internal lake
    ok hoy run --rm --network lake --network sea --rootfs "$ROOTFS" sh -c 'ip addr; ip route'
    says eth0 eth1 "default via $(hoy network inspect sea | jq -r '.[0].subnets[0].gateway') dev eth1"
    ok in_net lake ip route
    has_not default
}

@test "container: the same namespace as another's" {
    boat_up --network bridge sleep 100
    ok hoy run --rm --network container:boat --rootfs "$ROOTFS" ip addr
    says "inet $(address_of boat)/24"
    ok hoy run --rm --network "container:${ID:0:12}" --rootfs "$ROOTFS" readlink /proc/self/ns/net
    [ "$output" = "$(readlink "/proc/$(pid_of boat)/ns/net")" ]
    hoy kill boat KILL
    wait_status stopped boat
    fails 125 hoy run --rm --network container:boat --rootfs "$ROOTFS" true
    says 'container "'"$ID"'" does not run'
}

@test "ns: the namespace of a path" {
    unshare --net sleep 30 3>&- &
    pid=$!
    wait_until 5 sh -c "[ \$(readlink /proc/$pid/ns/net) != \$(readlink /proc/self/ns/net) ]"
    ok hoy run --rm --network "ns:/proc/$pid/ns/net" --rootfs "$ROOTFS" readlink /proc/self/ns/net
    [ "$output" = "$(readlink "/proc/$pid/ns/net")" ]
    kill "$pid"
}

# ---- While it runs -----------------------------------------------------------------------------

@test "connect and disconnect while it runs, and its next start knows" {
    hoy network create --subnet 10.5.0.0/24 sea
    boat_up --network bridge sleep 100
    ok hoy network connect --alias b sea boat
    run hoy exec boat ip addr show eth1
    says "inet $(address_of boat sea)/24"
    run hoy exec boat ip route
    says "default via 10.90.0.1 dev eth0"
    fails 1 hoy network connect sea boat
    says "attached to it already"
    hoy restart -t 0 boat
    run hoy exec boat ip addr show eth1
    says "inet $(address_of boat sea)/24"
    ok hoy network disconnect sea boat
    run hoy exec boat ip addr show eth1
    [ "$status" -ne 0 ]
    fails 1 hoy network disconnect sea boat
    says "isn't attached to network"
    hoy restart -t 0 boat
    run hoy exec boat ip addr show eth1
    [ "$status" -ne 0 ]
    # Of one that does not run its next start is told.
    hoy stop -t 0 boat
    ok hoy network attach boat sea
    [ -z "$(leases)" ]
    hoy start boat
    hoy exec boat ip addr show eth1
}

@test "a container with the host's network can't be attached" {
    boat_up --network host sleep 100
    fails 1 hoy network attach boat bridge
    says "has the host's network"
    [ -z "$(leases)" ]
}

@test "a bundle's container is attached between create and start" {
    bundle_new sleep 100
    hoy create -b "$BUNDLE" "$ID"
    ok hoy network attach "$ID" bridge
    hoy start "$ID"
    run hoy exec "$ID" ip addr show eth0
    says "inet 10.90.0."
    run hoy exec "$ID" ip route
    says "default via 10.90.0.1"
    hoy delete -f "$ID"
    [ -z "$(leases)" ]
    fails 1 hoy network attach nobody bridge
    says 'container "nobody" does not run'
}

# ---- Addresses ---------------------------------------------------------------------------------

@test "an exhausted network says so, and has addresses again when one ends" {
    hoy network create --subnet 10.5.0.0/29 sea
    for i in 1 2 3 4 5; do hoy run -d --name "b$i" --network sea --rootfs "$ROOTFS" sleep 100; done
    fails 125 in_net sea true
    says "all 5 addresses of the subnet are taken" || has "addresses of the subnet are taken"
    hoy rm -f b3
    ok in_net sea true
}

@test "forty starts at once: no address twice, and none left" {
    local pids=()
    mkdir "$BATS_TEST_TMPDIR/out"
    for i in {1..40}; do
        hoy run --rm --network bridge --rootfs "$ROOTFS" sh -c 'ip -o -4 addr show eth0; sleep 2' \
            >"$BATS_TEST_TMPDIR/out/$i" 2>&1 &
        pids+=($!)
    done
    wait "${pids[@]}"
    [ "$(cat "$BATS_TEST_TMPDIR"/out/* | grep -o 'inet 10[^ ]*' | sort -u | wc -l)" = 40 ]
    [ -z "$(leases)" ]
}

@test "the same container gets the same address again" {
    boat_up --network bridge sleep 100
    before=$(address_of boat)
    hoy restart -t 0 boat
    [ "$(address_of boat)" = "$before" ]
}

@test "kill -9 of a monitor and its container: what they had is taken by the next" {
    hoy network create --subnet 10.5.0.0/30 sea
    boat_up --network sea sleep 100
    fails 125 in_net sea true
    kill -KILL "$(monitor_pid)" "$(pid_of boat)"
    [ -n "$(leases)" ]
    wait_until 5 in_net sea true
    hoy rm -f boat
    [ -z "$(leases)" ]
}

@test "nothing of before the machine's start counts" {
    hoy network create --subnet 10.5.0.0/30 sea
    boat_up --network sea sleep 100
    file=$HOY_DATA_ROOT/leases/sea/$ID.json
    jq -c '.boot = "00000000-0000-0000-0000-000000000000"' "$file" >"$BATS_TEST_TMPDIR/new"
    cp "$BATS_TEST_TMPDIR/new" "$file"
    # It does run, and would keep its address if this were its boot.
    ok in_net sea true
}

@test "a torn attachment is nobody's" {
    hoy network create --subnet 10.5.0.0/30 sea
    mkdir -p "$HOY_DATA_ROOT/leases/sea"
    ln -s ghost "$HOY_DATA_ROOT/leases/sea/10.5.0.2"
    for text in '' '{' '{"id": "ghost"}' '[]' '{"id": "other", "boot": "x", "hostInterface": "y"}'; do
        printf %s "$text" >"$HOY_DATA_ROOT/leases/sea/ghost.json"
        ok in_net sea true
        ln -sfn ghost "$HOY_DATA_ROOT/leases/sea/10.5.0.2"
    done
    hoy network prune
    [ -z "$(leases)" ]
}

@test "a start that fails leaves nothing" {
    run -127 in_net bridge /nothing
    [ -z "$(leases)" ]
    wait_until 5 sh -c '[ -z "$(ip -o link show type veth)" ]'
    run -127 hoy run -d --name boat --network bridge --rootfs "$ROOTFS" /nothing
    [ -z "$(leases)" ]
    hoy network create sea
    echo '{' >"$HOY_DATA_ROOT/networks/sea.json"
    fails 125 hoy run --rm --network bridge --network sea --rootfs "$ROOTFS" true
    says "sea.json:2:1: is not valid JSON"
    [ -z "$(leases)" ]
}

# ---- Their end ---------------------------------------------------------------------------------

@test "rm wants nobody in it; --force takes it from them" {
    hoy network create sea
    boat_up --network bridge --network sea sleep 100
    fails 1 hoy network rm sea
    says 'network "sea" is used by container "boat"' '--force'
    ok hoy network rm --force sea
    is sea
    run hoy exec boat ip addr show eth1
    [ "$status" -ne 0 ]
    busybox ping -c 1 -W 2 "$(address_of boat)"
}

@test "prune removes those that nobody is in, with their bridges" {
    hoy network create sea
    hoy network create lake
    in_net sea true
    boat_up --network lake sleep 100
    [ "$(ip -o link show type bridge | wc -l)" = 2 ]
    ok hoy network prune
    is sea
    [ "$(hoy network ls -q)" = lake ]
    [ "$(ip -o link show type bridge | wc -l)" = 1 ]
    [ ! -e "$HOY_DATA_ROOT/leases/sea" ]
}

# ---- The host ----------------------------------------------------------------------------------

@test "forwarding is turned on when it is needed, and that is said" {
    hoy network create --internal lake
    ok in_net lake true
    [ -z "$output" ]
    [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ]
    hoy network create --ipv6 sea
    ok in_net sea true
    says "/proc/sys/net/ipv4/ip_forward was 0 and is 1 now" "/proc/sys/net/ipv6/conf/all/forwarding was 0 and is 1 now"
    [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
    ok in_net sea true
    [ -z "$output" ]
}

@test "no router is believed: neither by the bridge nor in the container" {
    hoy network create --ipv6 sea
    in_net sea true
    ok in_net sea cat /proc/sys/net/ipv6/conf/eth0/accept_ra
    is 0
    [ "$(cat "/proc/sys/net/ipv6/conf/$(hoy network inspect sea | jq -r '.[0].interface')/accept_ra")" = 0 ]
    # Where there is no IPv6 subnet there is no IPv6 on the interface.
    in_net bridge true
    ok in_net bridge cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6
    is 1
}

@test "without hoy-net it says what is missing" {
    mkdir "$BATS_TEST_TMPDIR/alone"
    cp "$HOY" "$BATS_TEST_TMPDIR/alone/hoy"
    HOY=$BATS_TEST_TMPDIR/alone/hoy fails 125 in_net bridge true
    says "the program hoy-net is missing" libmnl
    [ -z "$(leases)" ]
}

@test "an image can't choose a network" {
    fails 125 hoy run --rm --label dev.hoy.networks=x --rootfs "$ROOTFS" true
    says "keys with dev.hoy. are hoy's own"
}
