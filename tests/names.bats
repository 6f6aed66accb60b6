#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# What containers know of names: /etc/hosts, /etc/hostname, /etc/resolv.conf.

load helpers
load images
load networks

setup_file() {
    local t=$BATS_FILE_TMPDIR
    export ROOTFS=$t/rootfs LAYOUT=$t/layout
    make_rootfs "$ROOTFS"
    umoci init --layout "$LAYOUT" 3>&-
    tar -C "$ROOTFS" -cf "$t/base.tar" .
    CONFIG='{"Cmd": ["/bin/sh"]}' layout_image bare "$t/base.tar"
    touch "$ROOTFS/etc/hosts" "$ROOTFS/etc/hostname" "$ROOTFS/etc/resolv.conf"
}

setup() {
    export HOY_DATA_ROOT=$BATS_TEST_TMPDIR/data
    hoy load -q -i "$LAYOUT"
}

teardown() {
    networks_remove
    rm -rf --one-file-system "$HOY_DATA_ROOT"
}

# knows CONTAINER NAME ADDRESS: by its /etc/hosts, as the C library reads it.
knows() {
    [ "$(hoy exec "$1" awk -v n="$2" '{ for (i = 2; i <= NF && $i != "#"; i++) if ($i == n) { print $1; exit } }' \
        /etc/hosts)" = "$3" ]
}

knows_not() {
    run hoy exec "$1" grep -w "$2" /etc/hosts
    [ "$status" = 1 ]
}

up() {
    hoy run -d --name "$1" "${@:2}" localhost/layout:bare sleep 100
}

@test "a container has a name, and its image isn't written to" {
    up a --network bridge --network-alias www
    address=$(address_of a)
    for name in a www "$(hoy exec a hostname)"; do knows a "$name" "$address"; done
    knows a localhost 127.0.0.1
    ok hoy exec a cat /etc/hostname
    is "$(hoy exec a hostname)"
    ok hoy diff a
    is ""
}

@test "those of a network find each other, while they are there" {
    hoy network create sea
    up a --network sea
    up b --network sea --network-alias boat --network bridge
    knows a b "$(address_of b sea)"
    knows a boat "$(address_of b sea)"
    knows b a "$(address_of a sea)"
    up c --network bridge
    knows c b "$(address_of b hoy)"
    knows_not c a
    hoy stop -t 0 b
    knows_not a b
    knows_not c boat
    hoy start b
    knows a b "$(address_of b sea)"
    hoy network disconnect sea b
    knows_not a b
    knows_not b a
    knows b c "$(address_of c hoy)"
    hoy network connect --alias other sea b
    knows a other "$(address_of b sea)"
    knows b a "$(address_of a sea)"
    # By the C library's own way.
    ok hoy exec a busybox ping -c 1 -W 2 other || hoy exec a sh -c 'nc -w 1 other 9 </dev/null; true'
}

@test "one that was killed with its monitor is forgotten when the next comes" {
    up a --network bridge
    up b --network bridge
    monitor=$(sed -n 's/^PPid:\t//p' "/proc/$(pid_of b)/status")
    kill -KILL "$monitor" "$(pid_of b)"
    wait_until 5 sh -c '[ "$(ip -o link show type veth | wc -l)" = 1 ]'
    up c --network bridge
    knows_not c b
    knows a c "$(address_of c)"
}

@test "what a container writes into its hosts stays" {
    up a --network bridge
    hoy exec a sh -c 'echo "1.2.3.4 mine # hoy" >>/etc/hosts; echo "1.2.3.5 last" >>/etc/hosts'
    up b --network bridge
    knows a mine 1.2.3.4
    knows a last 1.2.3.5
    knows a b "$(address_of b)"
    hoy rm -f b
    knows a mine 1.2.3.4
    knows_not a b
}

@test "a container that locks or fills its hosts holds nobody up" {
    local pid
    up a --network bridge
    # The same file, the same lock as from inside.
    flock "$(echo "$HOY_DATA_ROOT"/containers/*/hosts)" sleep 30 3>&- &
    pid=$!
    wait_until 5 sh -c "! flock -n $HOY_DATA_ROOT/containers/*/hosts true"
    up b --network bridge
    knows b a "$(address_of a)"
    knows a b "$(address_of b)"
    hoy exec b dd if=/dev/zero of=/etc/hosts bs=1M count=8 2>/dev/null
    up c --network bridge
    knows c b "$(address_of b)"
    ok hoy rm -f c
    pkill -P "$pid" || true
    kill "$pid" 2>/dev/null || true
}

@test "twenty that come at once all know each other" {
    local pids=()
    for i in {1..20}; do
        up "c$i" --network bridge >/dev/null &
        pids+=($!)
    done
    wait "${pids[@]}"
    for i in {1..20}; do
        [ "$(hoy exec "c$i" grep -c '# hoy hoy ' /etc/hosts)" = 20 ]
    done
}

@test "--add-host, --dns, --dns-search, --dns-option, --no-hosts" {
    ok hoy run --rm --network bridge --add-host x:1.2.3.4 --add-host six:fd00::1 --add-host h:host-gateway \
        --dns 9.9.9.9 --dns fd00::53 --dns-search sea.example --dns-search lake.example --dns-option ndots:2 \
        localhost/layout:bare cat /etc/hosts /etc/resolv.conf
    says $'1.2.3.4\tx' $'fd00::1\tsix' $'10.90.0.1\th' $'nameserver 9.9.9.9\nnameserver fd00::53\n' \
        "search sea.example lake.example" "options ndots:2"
    ok hoy run --rm --network bridge --no-hosts localhost/layout:bare cat /etc/hosts
    is ""
    ok hoy run --rm --network bridge -v "$ROOTFS/etc/passwd:/etc/hosts" localhost/layout:bare cat /etc/hosts
    says sailor
}

@test "what can't stand in such a file is an error" {
    while IFS='|' read -r -d ';' options words; do
        options=${options#$'\n'}
        eval "set -- $options"
        run hoy run --rm "$@" localhost/layout:bare true
        [ "$status" = 125 ]
        says "$words"
    done <<'TABLE'
--network bridge --add-host x|--add-host: must be NAME:ADDRESS;
--network bridge --add-host x:y|--add-host: must be NAME:ADDRESS;
--network bridge --add-host $'x\n1.2.3.4 y:1.1.1.1'|--add-host: must be NAME:ADDRESS;
--network bridge --dns x|--dns: must be an address;
--network bridge --dns-search 'a b'|--dns-search: must be a domain;
--network bridge --dns-option $'a\nnameserver'|--dns-option: must be an option;
--network bridge --network-alias $'a\n1.1.1.1 b'|--network-alias: must be a name;
--network bridge --network-alias ''|--network-alias: must be a name;
--network bridge --hostname $'a\nb'|--hostname: must be one word;
--network none --dns 9.9.9.9|need a network;
--dns 9.9.9.9|need a network;
--network bridge --no-hosts --add-host x:1.1.1.1|must not stand beside --no-hosts;
TABLE
    [ -z "$(leases)" ]
}

@test "with the host's network it has the host's servers; with another's that one's names" {
    ok hoy run --rm --network host localhost/layout:bare cat /etc/resolv.conf
    [ "$(grep ^nameserver <<<"$output")" = "$(grep ^nameserver /etc/resolv.conf)" ]
    up a --network bridge
    ok hoy run --rm --network container:a localhost/layout:bare cat /etc/hosts
    says "$(address_of a)"
}

@test "a directory as the root gets no new file; without a network there are no names" {
    make_rootfs "$BATS_TEST_TMPDIR/root"
    ok hoy run --rm --network bridge --rootfs "$BATS_TEST_TMPDIR/root" true
    [ ! -e "$BATS_TEST_TMPDIR/root/etc/hosts" ]
    ok hoy run --rm --network bridge --rootfs "$ROOTFS" cat /etc/hosts
    says localhost
    [ ! -s "$ROOTFS/etc/hosts" ]
    run hoy run --rm --network none localhost/layout:bare cat /etc/hosts
    [ "$status" = 1 ]
}

@test "a read-only container has its names too" {
    fails 1 hoy run --rm --read-only --network bridge localhost/layout:bare sh -c \
        'cat /etc/hosts; echo x >>/etc/hosts'
    says "# hoy hoy " "Read-only file system"
}
