# shellcheck shell=bash disable=SC2154 # status and output are bats' own
# For tests of networks, in the network namespace that tests/run has made.

# ok COMMAND…: it succeeds.
ok() {
    run "$@"
    succeeded
}

# fails STATUS COMMAND…: it fails so.
fails() {
    run "${@:2}"
    [[ $status == "$1" ]] || { echo "exit status $status: $output" >&2; return 1; }
}

# says TEXT…: the last output contains each.
says() {
    local text
    for text in "$@"; do has "$text"; done
}

# address_of CONTAINER [NETWORK]
address_of() {
    hoy network inspect "${2:-hoy}" |
        jq -r --arg n "$1" '.[0].containers[] | select(.name == $n) | .addresses[0]'
}

# leases: of all networks.
leases() {
    find "$HOY_DATA_ROOT/leases" -mindepth 2 2>/dev/null | sort
}

# networks_remove: all containers of the test, and what its networks have changed on the host.
networks_remove() {
    containers_remove
    local name
    for name in $(ip -o link show type bridge | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do
        ip link del "$name"
    done
    local family
    for family in ip ip6 bridge; do
        nft delete table "$family" hoy 2>/dev/null || true
    done
    echo 0 >/proc/sys/net/ipv4/ip_forward
    echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
}
