#!/usr/bin/env bats
# shellcheck disable=SC2154
# hoy's firewall on the real kernel, in network namespaces of this file's own. Where something must not be reached,
# the same is reached when the rule isn't there.

load helpers
load firewall

NET_A="net hoy-a 10.90.1.0/24 fd90:1::/64"
NET_B="net hoy-b 10.90.2.0/24 fd90:2::/64"
NET_C="net hoy-c 10.90.3.0/24 fd90:3::/64"
TCP=6 UDP=17
MAC_A1=02:00:00:00:01:02 MAC_A2=02:00:00:00:01:03 MAC_HOST=02:00:00:00:00:01 MAC_BRIDGE=02:00:00:00:01:01
LIMIT_A1="limit v-a1 $MAC_A1 $MAC_BRIDGE 10.90.1.2 fd90:1::2"

setup_file() {
    local tool
    for tool in ip nft nsenter sysctl; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
    [[ -x $HOY_BUILD/tests/firewall-client ]] || skip "tests/firewall-client is not built (make test-programs)"
    export WORK=$BATS_FILE_TMPDIR PYTHON
    PYTHON=$(python3 -c 'import sys; print(sys.executable)')
    hosts_make
}

teardown_file() {
    hosts_end
}

setup() {
    in_host host nft flush ruleset
    # What br_netfilter does with frames within a bridge is the user's to set.
    bridged_frames 0
}

bridged_frames() {
    if in_host host test -e /proc/sys/net/bridge/bridge-nf-call-iptables; then
        in_host host sysctl -qw "net.bridge.bridge-nf-call-iptables=$1" "net.bridge.bridge-nf-call-ip6tables=$1"
    fi
}

forget_all() {
    local a
    for a in 10.90.{1.2,1.3,2.2,3.2} fd90:{1::2,1::3,2::2,3::2}; do fw forget "$a"; done
}

# ---- Networks --------------------------------------------------------------------------------

@test "what leaves a network has the host's address" {
    # Without rules: the control.
    expect a1 tcp:$OUT4,80 "out sees 10.90.1.2" udp:$OUT6,80 "out sees fd90:1::2"
    forget_all
    fw build "$NET_A"
    expect a1 tcp:$OUT4,80 "out sees $HOST4" tcp:$OUT6,80 "out sees $HOST6" \
        udp:$OUT4,80 "out sees $HOST4" udp:$OUT6,80 "out sees $HOST6"
    # A network that the firewall doesn't know.
    expect b1 tcp:$OUT4,80 "out sees 10.90.2.2" tcp:$OUT6,80 "out sees fd90:2::2"
    # Within the bridge and to the host nothing is changed.
    expect a1 tcp:10.90.1.3,80 "a2 sees 10.90.1.2" tcp:fd90:1::3,80 "a2 sees fd90:1::2" \
        tcp:$HOST4,80 "host sees 10.90.1.2" tcp:10.90.1.1,80 "host sees 10.90.1.2"
    expect host tcp:10.90.1.2,80 "a1 sees 10.90.1.1" tcp:fd90:1::2,80 "a1 sees fd90:1::1"
}

@test "an internal network has no way out, nor in" {
    local publish=("port $TCP - 8080 10.90.3.2 80 1" "port $TCP - 8080 fd90:3::2 80 1")
    fw build "$NET_A" "$NET_C" "${publish[@]}"
    expect c1 tcp:$OUT4,80 "out sees $HOST4" udp:$OUT6,80 "out sees $HOST6" tcp:$HOST4,80 "host sees 10.90.3.2"
    expect out tcp:$HOST4,8080 "c1 sees $OUT4" tcp:$HOST6,8080 "c1 sees $OUT6"
    forget_all
    fw build "$NET_A" "$NET_C internal" "${publish[@]}"
    expect c1 tcp:$OUT4,80 no udp:$OUT4,80 no tcp:$OUT6,80 no udp:$OUT6,80 no \
        tcp:10.90.1.2,80 no tcp:fd90:1::2,80 no \
        tcp:$HOST4,80 no udp:$HOST6,80 no tcp:10.90.1.1,80 no \
        tcp:10.90.3.1,80 "host sees 10.90.3.2" udp:fd90:3::1,80 "host sees fd90:3::2"
    expect out tcp:$HOST4,8080 no tcp:$HOST6,8080 no tcp:10.90.3.2,80 no tcp:fd90:3::2,80 no
    expect a1 tcp:10.90.3.2,80 no tcp:fd90:3::2,80 no tcp:$HOST4,8080 no
    expect host tcp:10.90.3.2,80 "c1 sees 10.90.3.1" tcp:$HOST4,8080 "c1 sees 10.90.3.1" \
        tcp:$HOST6,8080 "c1 sees fd90:3::1"
}

@test "networks don't reach each other, nor does anybody outside reach a container's address" {
    expect a1 tcp:10.90.2.2,80 "b1 sees 10.90.1.2" udp:fd90:2::2,80 "b1 sees fd90:1::2"
    expect out tcp:10.90.1.2,80 "a1 sees $OUT4" udp:10.90.1.2,80 "a1 sees $OUT4" \
        tcp:fd90:1::2,80 "a1 sees $OUT6" udp:fd90:1::2,80 "a1 sees $OUT6"
    forget_all
    fw build "$NET_A" "$NET_B"
    for bridged in 0 1; do
        bridged_frames $bridged
        expect a1 tcp:10.90.2.2,80 no udp:10.90.2.2,80 no tcp:fd90:2::2,80 no udp:fd90:2::2,80 no \
            tcp:10.90.1.3,80 "a2 sees 10.90.1.2" udp:10.90.1.3,80 "a2 sees 10.90.1.2" \
            tcp:fd90:1::3,80 "a2 sees fd90:1::2" udp:fd90:1::3,80 "a2 sees fd90:1::2"
        expect out tcp:10.90.1.2,80 no udp:10.90.1.2,80 no tcp:fd90:1::2,80 no udp:fd90:1::2,80 no
    done
}

@test "containers of an isolated network don't reach each other by the host either" {
    in_host a1 ip route add 10.90.1.3/32 via 10.90.1.1
    in_host a2 ip route add 10.90.1.2/32 via 10.90.1.1
    in_host a1 ip -6 route add fd90:1::3/128 via fd90:1::1
    in_host a2 ip -6 route add fd90:1::2/128 via fd90:1::1
    in_host host bridge link set dev v-a1 isolated on
    in_host host bridge link set dev v-a2 isolated on
    fw build "$NET_A"
    run expect a1 tcp:10.90.1.3,80 "a2 sees 10.90.1.2" tcp:fd90:1::3,80 "a2 sees fd90:1::2"
    control=$status said=$output
    forget_all
    fw build "$NET_A isolated" "port $TCP - 8080 10.90.1.3 80 1"
    run expect a1 tcp:10.90.1.3,80 no udp:10.90.1.3,80 no tcp:fd90:1::3,80 no tcp:$OUT4,80 "out sees $HOST4" \
        tcp:$HOST4,8080 "a2 sees 10.90.1.1"
    in_host host bridge link set dev v-a1 isolated off
    in_host host bridge link set dev v-a2 isolated off
    in_host a1 ip route del 10.90.1.3/32
    in_host a2 ip route del 10.90.1.2/32
    in_host a1 ip -6 route del fd90:1::3/128
    in_host a2 ip -6 route del fd90:1::2/128
    echo "$said; $output"
    [[ $control == 0 && $status == 0 ]]
}

# ---- Ports -----------------------------------------------------------------------------------

@test "a port is published on every address of the host's, and on one; that of one wins" {
    fw build "$NET_A" "$NET_B" "port $TCP - 8080 10.90.1.2 80 1" "port $UDP - 8080 10.90.1.2 80 1" \
        "port $TCP - 8080 fd90:1::2 80 1" "port $UDP - 8080 fd90:1::2 80 1"
    expect out tcp:$HOST4,8080 "a1 sees $OUT4" udp:$HOST4,8080 "a1 sees $OUT4" \
        tcp:$HOST6,8080 "a1 sees $OUT6" udp:$HOST6,8080 "a1 sees $OUT6" \
        tcp:$HOST4,80 "host sees $OUT4"
    expect host tcp:$HOST4,8080 "a1 sees *" tcp:10.90.2.1,8080 "a1 sees *" tcp:$HOST6,8080 "a1 sees *"
    # A process has what arrives at loopback.
    expect host tcp:127.0.0.1,8080 "host sees 127.0.0.1" tcp:::1,8080 "host sees ::1" \
        udp:127.0.0.1,8080 "host sees 127.0.0.1"
    fw commit "port $TCP $HOST4 8080 10.90.1.3 80 1" "port $TCP $HOST6 8080 fd90:1::3 80 1"
    expect out tcp:$HOST4,8080 "a2 sees $OUT4" tcp:$HOST6,8080 "a2 sees $OUT6" udp:$HOST4,8080 "a1 sees $OUT4"
    expect host tcp:10.90.2.1,8080 "a1 sees *"
    fw commit "-port $TCP $HOST4 8080 10.90.1.3 80 1" "-port $TCP - 8080 fd90:1::2 80 1" \
        "-port $TCP $HOST6 8080 fd90:1::3 80 1"
    expect out tcp:$HOST4,8080 "a1 sees $OUT4" tcp:$HOST6,8080 "host sees $OUT6"
}

@test "a port of another host's, by way of this one, isn't taken" {
    fw build "$NET_A" "port $TCP - 8080 10.90.1.2 80 1" "port $TCP - 8080 fd90:1::2 80 1"
    expect a2 tcp:$OUT4,8080 "out sees $HOST4" tcp:$OUT6,8080 "out sees $HOST6"
}

@test "a published port leads back into its own bridge, and from other networks" {
    fw build "$NET_A" "$NET_B" "port $TCP - 8080 10.90.1.2 80 1" "port $UDP - 8080 10.90.1.2 80 1" \
        "port $TCP - 8080 fd90:1::2 80 1" "port $UDP - 8080 fd90:1::2 80 1"
    for bridged in 0 1; do
        bridged_frames $bridged
        # A frame that was translated within its bridge goes back by its port only then.
        in_host host bridge link set dev v-a1 hairpin on
        for name in a1 a2; do
            expect $name tcp:$HOST4,8080 "a1 sees 10.90.1.1" udp:$HOST4,8080 "a1 sees 10.90.1.1" \
                tcp:$HOST6,8080 "a1 sees fd90:1::1" udp:$HOST6,8080 "a1 sees fd90:1::1" \
                tcp:10.90.1.1,8080 "a1 sees 10.90.1.1"
        done
        in_host host bridge link set dev v-a1 hairpin off
        expect b1 tcp:$HOST4,8080 "a1 sees 10.90.1.1" udp:$HOST6,8080 "a1 sees fd90:1::1" \
            tcp:10.90.1.1,8080 "a1 sees 10.90.1.1" tcp:10.90.1.2,80 no
    done
}

@test "a port of a loopback address is in no table, and nobody outside reaches it" {
    fw build "$NET_A" "port $TCP 127.0.0.1 8080 10.90.1.2 80 1" "port $TCP ::1 8080 fd90:1::2 80 1"
    fw commit "port $TCP 127.0.0.2 8081 10.90.1.2 80 1" "port $TCP ::1 8081 fd90:1::2 80 1"
    run fw show
    [[ $output == *"set bridges"* && $output != *"80:1"* && $output != *" . 80"* ]]
    frame out $MAC_HOST $OUT4 $HOST4 53 ordinary
    arrived host ordinary
    frame out $MAC_HOST $OUT4 127.0.0.1 53 to-loopback
    frame out $MAC_HOST $OUT6 ::1 53 to-loopback
    frame out $MAC_HOST 127.0.0.1 $HOST4 53 from-loopback
    frame out $MAC_HOST ::1 $HOST6 53 from-loopback
    not_arrived host to-loopback
    not_arrived host from-loopback
}

@test "nobody outside has a container's address, no container another's" {
    # a1 answers for them, so that the host has a way back at all.
    frame out $MAC_HOST 10.90.1.2 $HOST4 53 forged4
    frame out $MAC_HOST fd90:1::2 $HOST6 53 forged6
    frame a1 $MAC_BRIDGE 10.90.2.2 $OUT4 53 other4
    frame a1 $MAC_BRIDGE fd90:2::2 $OUT6 53 other6
    frame a1 $MAC_BRIDGE 198.51.100.1 $OUT4 53 foreign4
    frame a1 $MAC_BRIDGE 2001:db8:1::1 $OUT6 53 foreign6
    arrived host forged4 && arrived host forged6
    arrived out other4 && arrived out other6 && arrived out foreign4 && arrived out foreign6
    fw build "$NET_A" "$NET_B"
    frame out $MAC_HOST 10.90.1.2 $HOST4 53 2forged4
    frame out $MAC_HOST fd90:1::2 $HOST6 53 2forged6
    frame a1 $MAC_BRIDGE 10.90.2.2 $OUT4 53 2other4
    frame a1 $MAC_BRIDGE fd90:2::2 $OUT6 53 2other6
    frame a1 $MAC_BRIDGE 198.51.100.1 $OUT4 53 2foreign4
    frame a1 $MAC_BRIDGE 2001:db8:1::1 $OUT6 53 2foreign6
    not_arrived host '2[a-z0-9]*'
    not_arrived out '2[a-z0-9]*'
}

@test "what a conntrack entry remembers goes with the container" {
    for family in 4 6; do
        if ((family == 4)); then host=$HOST4 all=10.90.1.; else host=$HOST6 all=fd90:1::; fi
        fw build "$NET_A" "port $UDP - 5353 ${all}2 53 1"
        [[ $(ask out -s 6000 "udp:$host,5353") == "a1 sees"* ]]
        fw commit "-port $UDP - 5353 ${all}2 53 1"
        fw commit "port $UDP - 5353 ${all}3 53 1"
        # The control: it is remembered.
        [[ $(ask out -s 6000 "udp:$host,5353") == "a1 sees"* ]]
        fw forget "${all}2"
        [[ $(ask out -s 6000 "udp:$host,5353") == "a2 sees"* ]]
    done
}

# ---- Limits ----------------------------------------------------------------------------------

@test "a limited container reaches nothing, and answers everybody" {
    local everything=(tcp:$OUT4,80 udp:$OUT4,53 tcp:$OUT6,80 udp:$OUT6,53 tcp:10.90.1.1,80 udp:10.90.1.1,53
        tcp:fd90:1::1,80 udp:fd90:1::1,53 tcp:10.90.1.3,80 udp:10.90.1.3,53 tcp:fd90:1::3,80 udp:fd90:1::3,53
        tcp:$HOST4,80 udp:$HOST6,53)
    local publish=("port $TCP - 8080 10.90.1.2 80 1" "port $UDP - 8080 fd90:1::2 80 1") target pairs
    for bridged in 0 1; do
        bridged_frames $bridged
        fw build "$NET_A" "$NET_B" "${publish[@]}"
        pairs=()
        for target in "${everything[@]}"; do pairs+=("$target" "*sees*"); done
        expect a1 "${pairs[@]}"
        forget_all
        fw build "$NET_A" "$NET_B" "${publish[@]}" "$LIMIT_A1"
        pairs=()
        for target in "${everything[@]}"; do pairs+=("$target" no); done
        expect a1 "${pairs[@]}"
        expect a2 tcp:10.90.1.2,80 "a1 sees 10.90.1.3" udp:10.90.1.2,53 "a1 sees 10.90.1.3" \
            tcp:fd90:1::2,80 "a1 sees fd90:1::3" udp:fd90:1::2,53 "a1 sees fd90:1::3" \
            tcp:$HOST4,8080 "a1 sees 10.90.1.1" tcp:$OUT4,80 "out sees $HOST4"
        expect host tcp:10.90.1.2,80 "a1 sees *" udp:fd90:1::2,53 "a1 sees *"
        expect out tcp:$HOST4,8080 "a1 sees $OUT4" udp:$HOST6,8080 "a1 sees $OUT6"
        forget_all
    done
}

@test "a limited container reaches what it is allowed to, to the port" {
    local always=(tcp:$OUT4,8080 no udp:$OUT4,80 no tcp:10.90.1.3,8080 no udp:10.90.1.1,80 no udp:10.90.2.2,80 no)
    for way in build commit; do
        fw build "$NET_A" "$NET_B" "$LIMIT_A1"
        fw $way "$NET_A" "$NET_B" "$LIMIT_A1" "allow 10.90.1.2 192.0.2.0/25 $TCP 79 81" \
            "allow fd90:1::2 2001:db8::2/127 $UDP 53 53" "allow 10.90.1.2 10.90.1.1/32 $UDP 53 53" \
            "allow 10.90.1.2 10.90.1.3/32 $TCP 80 80" "allow fd90:1::2 fd90:1::3/128 0 0 0" \
            "allow 10.90.1.2 10.90.2.0/24 $TCP 80 80"
        for bridged in 0 1; do
            bridged_frames $bridged
            expect a1 "${always[@]}" tcp:$OUT4,80 "out sees $HOST4" udp:$OUT6,53 "out sees $HOST6" \
                tcp:$OUT6,53 no udp:$OUT6,80 no udp:10.90.1.1,53 "host sees 10.90.1.2" \
                tcp:10.90.1.3,80 "a2 sees 10.90.1.2" tcp:fd90:1::3,80 "a2 sees fd90:1::2" \
                udp:fd90:1::3,53 "a2 sees fd90:1::2"
            # To be allowed opens no other network.
            expect a1 tcp:10.90.2.2,80 no
        done
        forget_all
    done
    # Allowing what is wider, and less, goes together; a new limit is instead of the old one.
    fw commit "$LIMIT_A1" "allow 10.90.1.2 192.0.0.0/8 $TCP 53 80" "allow 10.90.1.2 192.0.2.2/32 $TCP 60 8080"
    expect a1 tcp:$OUT4,80 "out sees $HOST4" tcp:$OUT4,8080 "out sees *" tcp:10.90.1.3,80 no udp:fd90:1::3,53 no
    forget_all
    fw commit "$LIMIT_A1"
    expect a1 tcp:$OUT4,80 no tcp:$OUT4,8080 no
    fw commit "-$LIMIT_A1"
    expect a1 tcp:$OUT4,80 "out sees $HOST4" udp:$OUT6,53 "out sees $HOST6" tcp:10.90.1.3,80 "a2 sees *"
}

@test "what a limited container is allowed is what it addresses, not what is behind a published port" {
    fw build "$NET_A" "$NET_B" "port $TCP - 8080 10.90.2.2 80 1" "$LIMIT_A1" "allow 10.90.1.2 $HOST4/32 $TCP 8080 8080"
    expect a1 tcp:$HOST4,8080 "b1 sees *" tcp:10.90.1.1,8080 no
    fw build "$NET_A" "$NET_B" "port $TCP - 8080 10.90.2.2 80 1" "$LIMIT_A1" "allow 10.90.1.2 10.90.2.2/32 $TCP 80 80"
    forget_all
    expect a1 tcp:$HOST4,8080 no
}

@test "a limited container can't have another's address" {
    fw build "$NET_A"
    frame a1 $MAC_BRIDGE 10.90.1.3 $OUT4 53 forged4
    frame a1 $MAC_BRIDGE fd90:1::3 $OUT6 53 forged6
    frame a1 $MAC_A2 10.90.1.9 10.90.1.3 53 forged4
    frame a1 $MAC_A2 fe80::9 fd90:1::3 53 forged6
    arrived out forged4 && arrived out forged6 && arrived a2 forged4 && arrived a2 forged6
    for bridged in 0 1; do
        bridged_frames $bridged
        fw build "$NET_A" "$LIMIT_A1" "allow 10.90.1.2 0.0.0.0/0 $UDP 53 53" "allow fd90:1::2 ::/0 $UDP 53 53"
        # It may send from its own, whatever its MAC.
        frame a1 $MAC_BRIDGE 10.90.1.2 $OUT4 53 own4-$bridged
        frame a1 $MAC_BRIDGE fd90:1::2 $OUT6 53 own6-$bridged
        frame a1 $MAC_A2 10.90.1.2 10.90.1.3 53 own4-$bridged 02:00:00:00:09:09
        arrived out own4-$bridged && arrived out own6-$bridged && arrived a2 own4-$bridged
        frame a1 $MAC_BRIDGE 10.90.1.3 $OUT4 53 2forged
        frame a1 $MAC_BRIDGE 10.90.1.1 $OUT4 53 2forged
        frame a1 $MAC_BRIDGE fd90:1::3 $OUT6 53 2forged
        frame a1 $MAC_A2 10.90.1.9 10.90.1.3 53 2forged
        frame a1 $MAC_A2 fe80::9 fd90:1::3 53 2forged
        frame a1 $MAC_BRIDGE fe80::9 fd90:1::1 53 2forged
        frame a1 $MAC_A2 fd90:1::9 fd90:1::3 53 2forged
        frame a1 ff:ff:ff:ff:ff:ff 10.90.1.9 255.255.255.255 53 2forged
        not_arrived out 2forged
        not_arrived a2 2forged
        not_arrived host 2forged
    done
    # Nor by ARP.
    in_host a1 "$PYTHON" "$HOY_TOP/tests/net_probe.py" arp eth0 10.90.1.77
    in_host a2 sysctl -qw net.ipv4.conf.eth0.arp_accept=1
    in_host a1 "$PYTHON" "$HOY_TOP/tests/net_probe.py" arp eth0 10.90.1.78
    run in_host a2 ip neigh show 10.90.1.78
    [[ -z $output ]]
    fw build "$NET_A"
    in_host a1 "$PYTHON" "$HOY_TOP/tests/net_probe.py" arp eth0 10.90.1.79
    run in_host a2 ip neigh show 10.90.1.79
    [[ $output == *$MAC_A1* ]]
}

# ---- Tables ----------------------------------------------------------------------------------

@test "what is committed to empty tables is what is built with it" {
    local all=("$NET_A" "$NET_B isolated" "$NET_C internal" "port $TCP - 8080 10.90.1.2 80 3"
        "port $UDP $HOST4 53 10.90.1.2 53 1" "port 132 - 9 fd90:1::2 9 1" "$LIMIT_A1"
        "allow 10.90.1.2 10.0.0.0/9 $TCP 443 443" "allow fd90:1::2 ::/0 $UDP 53 60" "allow 10.90.1.2 10.1.0.0/16 0 0 0")
    fw build "${all[@]}"
    built=$(fw show)
    [[ $built == "$(in_host host nft list ruleset)" ]]
    fw build "limit v-x $MAC_A2 $MAC_BRIDGE 10.90.1.9 -"
    empty=$(fw commit "-limit v-x $MAC_A2 $MAC_BRIDGE 10.90.1.9 -"; fw show)
    fw commit "${all[@]}"
    [[ $built == "$(fw show)" ]]
    # Once more changes nothing.
    fw commit "${all[@]}"
    [[ $built == "$(fw show)" ]]
    fw commit "${all[@]:0:6}"
    fw commit "${all[@]/#/-}" || true
    fw commit "-$LIMIT_A1" "-${all[0]}" "-${all[1]}" "-${all[2]}" "-${all[3]}" "-${all[4]}" "-${all[5]}"
    [[ $empty == "$(fw show)" ]]
    fw commit "-$LIMIT_A1" "-${all[0]}" "-${all[3]}"
    [[ $empty == "$(fw show)" ]]
    fw build "$NET_A"
    [[ $(fw show) != *"table bridge"* ]]
    fw remove
    [[ -z $(in_host host nft list ruleset) && -z $(fw show) ]]
    fw remove
}

@test "tables that aren't there, are flushed or are another hoy's are noticed" {
    in_host host nft add table ip other
    run -2 fw commit "$NET_A"
    fw build "$NET_A"
    fw commit "$NET_B"
    run -2 fw commit "$LIMIT_A1"
    in_host host nft flush ruleset
    run -2 fw commit "$NET_B"
    run -2 fw commit "-$NET_B"
    fw build
    for family in ip ip6; do
        in_host host nft flush table $family hoy
        run -2 fw commit "$NET_B"
        fw build
        fw commit "$NET_B"
        in_host host nft delete set $family hoy "$(fw show | sed -n 's/.*set \(rules-[0-9a-f]*\).*/\1/p;T;q')"
        run -2 fw commit "$NET_B"
        fw build
    done
    # Leftovers with other values.
    fw build "$LIMIT_A1"
    run -2 fw commit "limit v-a1 $MAC_A1 02:00:00:00:01:99 10.90.1.2 -"
}

@test "a port that goes to another container isn't published, nor removed by it" {
    fw build "$NET_A" "port $TCP - 8080 10.90.1.2 80 1"
    run ! fw commit "port $TCP - 8079 10.90.1.3 80 3" "$NET_B"
    [[ $status == 3 && $output == *"publish the port 8080/tcp of every address: it goes to another container already"* ]]
    # All or nothing.
    [[ $(fw show) != *8079* && $(fw show) != *hoy-b* ]]
    fw commit "port $TCP - 8080 10.90.1.2 80 1" "port $TCP $HOST4 8080 10.90.1.3 80 1"
    fw commit "-port $TCP - 8079 10.90.1.3 80 3" "$NET_B"
    [[ $(fw show) == *"8080 : 10.90.1.2 . 80"* && $(fw show) == *hoy-b* ]]
    run ! fw build "$NET_A" "port $UDP - 1 10.90.1.2 80 9" "port $UDP - 9 10.90.1.3 80 1"
    [[ $status == 3 && $output == *"port 9/udp of every address: two containers want it"* ]]
    run ! fw build 'net x"y 10.90.1.0/24 -'
    [[ $output == *"is no name for an interface"* ]]
}

@test "4,096 ports are one transaction" {
    fw build "$NET_A"
    fw commit "port $TCP - 20000 10.90.1.2 20000 4096"
    [[ $(fw show | grep -c "tcp . 2[0-9]* : 10.90.1.2") == 4096 ]]
    run -3 fw commit "port $TCP - 16000 10.90.1.3 20000 4096"
    [[ $output == *"port 20000/tcp"* ]]
    fw commit "-port $TCP - 20000 10.90.1.2 20000 4096"
    [[ $(fw show) != *"tcp . "* ]]
    run -2 fw commit "-port $TCP - 20000 10.90.1.2 20000 4096" "$LIMIT_A1"
    in_host host nft flush ruleset
    run -2 fw commit "-port $TCP - 20000 10.90.1.2 20000 4096"
}

@test "fifty add a port each at the same time, and some build" {
    local i pids=() bad=0
    fw build "$NET_A"
    for i in {1..50}; do
        fw commit "port $TCP - $((9000 + i)) 10.90.1.2 80 1" &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || bad=1; done
    ((!bad))
    [[ $(fw show | grep -c "tcp . 90[0-9]* : 10.90.1.2") == 50 ]]
    pids=()
    for i in {1..10}; do
        fw commit "-port $TCP - $((9000 + i)) 10.90.1.2 80 1" &
        pids+=($!)
        fw build "$NET_A" "port $TCP - 7000 10.90.1.2 80 100" &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || bad=1; done
    ((!bad))
    [[ $(fw show | grep -c "tcp . 70[0-9]* : 10.90.1.2") == 100 ]]
}
