# shellcheck shell=bash
# Hosts for tests/firewall.bats, each a network namespace that a process keeps:
#
#	out ── host ── hoy-a ── a1, a2
#	          ├─── hoy-b ── b1
#	          └─── hoy-c ── c1
#
# out is the host's neighbour, and knows that the containers' networks lie behind it. Everywhere servers answer on
# TCP and UDP at 53, 80 and 8080 with their name and whom they see (tests/net_probe.py).

# The host's addresses outside; out's.
HOST4=192.0.2.1 HOST6=2001:db8::1 OUT4=192.0.2.2 OUT6=2001:db8::2
export HOST4 HOST6 OUT4 OUT6

# in_host NAME COMMAND…: in the network namespace of one of them.
in_host() {
    local name=$1
    shift
    nsenter --net="/proc/$(<"$WORK/$name.pid")/ns/net" "$@" 3>&-
}

host_make() {
    unshare --net sleep 3600 3>&- >/dev/null 2>&1 &
    echo $! >"$WORK/$1.pid"
    # unshare has become sleep when its namespace is another.
    until [[ $(readlink "/proc/$!/ns/net") != "$(readlink /proc/self/ns/net)" ]]; do sleep 0.02; done
    in_host "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv4.ping_group_range="0 0"
    in_host "$1" ip link set lo up
}

# server_start NAME: its log of datagrams is NAME.log.
server_start() {
    : >"$WORK/$1.log"
    # Not by in_host: $! is to be the server's own.
    nsenter --net="/proc/$(<"$WORK/$1.pid")/ns/net" "$PYTHON" "$HOY_TOP/tests/net_probe.py" \
        serve "$1" "$WORK/$1.log" 53 80 8080 >"$WORK/$1.ready" 2>&1 3>&- &
    echo $! >>"$WORK/pids"
}

# bridge_make NAME NUMBER: hoy-NAME, 10.90.NUMBER.1 and fd90:NUMBER::1.
bridge_make() {
    in_host host ip link add "hoy-$1" address "02:00:00:00:0$2:01" type bridge
    in_host host ip link set "hoy-$1" up
    in_host host ip addr add "10.90.$2.1/24" dev "hoy-$1"
    in_host host ip addr add "fd90:$2::1/64" dev "hoy-$1" nodad
}

# container_make NAME BRIDGE NUMBER HOST: port v-NAME; its address ends with HOST, its MAC too.
container_make() {
    local pid
    host_make "$1"
    pid=$(<"$WORK/$1.pid")
    in_host host ip link add "v-$1" type veth peer name eth0 address "02:00:00:00:0$3:0$4" netns "$pid"
    in_host host ip link set "v-$1" master "hoy-$2" up
    in_host "$1" ip link set eth0 up
    in_host "$1" ip addr add "10.90.$3.$4/24" dev eth0
    in_host "$1" ip addr add "fd90:$3::$4/64" dev eth0 nodad
    in_host "$1" ip route add default via "10.90.$3.1"
    in_host "$1" ip -6 route add default via "fd90:$3::1"
}

outside_make() {
    host_make out
    in_host host ip link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 \
        address 02:00:00:00:00:02 netns "$(<"$WORK/out.pid")"
    in_host host ip link set eth0 up
    in_host out ip link set eth0 up
    in_host host ip addr add $HOST4/24 dev eth0
    in_host host ip addr add $HOST6/64 dev eth0 nodad
    in_host out ip addr add $OUT4/24 dev eth0
    in_host out ip addr add $OUT6/64 dev eth0 nodad
    in_host out ip route add 10.90.0.0/16 via $HOST4
    in_host out ip -6 route add fd90::/16 via $HOST6
}

hosts_make() {
    local name
    host_make host
    in_host host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    outside_make
    bridge_make a 1
    bridge_make b 2
    bridge_make c 3
    container_make a1 a 1 2
    container_make a2 a 1 3
    container_make b1 b 2 2
    container_make c1 c 3 2
    for name in out host a1 a2 b1 c1; do server_start "$name"; done
    for name in out host a1 a2 b1 c1; do
        until grep -q ready "$WORK/$name.ready"; do
            sleep 0.05
        done
    done
}

# Only what was started here, by its number.
hosts_end() {
    local pid
    while read -r pid; do
        kill "$pid" 2>/dev/null || true
    done < <(cat "$WORK"/pids "$WORK"/*.pid 2>/dev/null)
}

# fw VERB ITEM…: hoy's firewall, on the host.
fw() {
    in_host host "$HOY_BUILD/tests/firewall-client" "$@"
}

# ask NAME TARGET…: what answers there, in order; see tests/net_probe.py.
ask() {
    local name=$1
    shift
    in_host "$name" "$PYTHON" "$HOY_TOP/tests/net_probe.py" ask "$@" | sed 's/^[^ ]* //'
}

# expect NAME TARGET ANSWER …: all at once. An answer is a pattern of bash's; "no" is anything but an answer.
expect() {
    local name=$1 targets=() answers=() i got bad=0
    shift
    while (($#)); do
        targets+=("$1")
        answers+=("$2")
        shift 2
    done
    mapfile -t got < <(ask "$name" "${targets[@]}")
    for i in "${!targets[@]}"; do
        # shellcheck disable=SC2053
        if [[ ${answers[i]} == no && ${got[i]} != *sees* ]] || [[ ${got[i]} == ${answers[i]} ]]; then
            continue
        fi
        echo "$name to ${targets[i]}: want \"${answers[i]}\", got \"${got[i]}\""
        bad=1
    done
    ((!bad))
}

# frame NAME MAC SOURCE DESTINATION PORT WORD [MAC-SOURCE]
frame() {
    local name=$1
    shift
    in_host "$name" "$PYTHON" "$HOY_TOP/tests/net_probe.py" frame eth0 "$@"
}

# arrived NAME WORD / not_arrived: what a frame said.
arrived() {
    local i
    for i in 1 2 3 4 5 6; do
        ! grep -q "^$2 " "$WORK/$1.log" || return 0
        sleep 0.05
    done
    echo "\"$2\" has not arrived at $1"
    return 1
}

not_arrived() {
    if arrived "$1" "$2" >/dev/null; then
        echo "\"$2\" has arrived at $1"
        return 1
    fi
}
