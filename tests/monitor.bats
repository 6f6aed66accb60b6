#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# Containers that nobody waits for: `run -d`, the monitor that stays with them, restarts, and the verbs
# that end them: stop, restart, wait, rm. Logs are in logs.bats.

load helpers
load boat
load images

lines_are() {
    [[ $(wc -l <"$1" 2>/dev/null) == "$2" ]]
}

no_monitor() {
    ! grep -lzqsx "$ID" /proc/[0-9]*/cmdline 2>/dev/null
}

@test "run -d prints the ID once the program runs, and a monitor is its parent" {
    boat_up sleep 1000
    [[ $ID =~ ^[0-9a-f]{64}$ ]]
    status_is running boat
    local pid
    pid=$(monitor_pid)
    [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == *" monitor $ID " ]]
    [[ $(readlink "/proc/$pid/cwd") == / ]]
    # A session of its own, no terminal.
    read -r _ _ _ _ _ session tty _ <"/proc/$pid/stat"
    [[ $session == "$pid" && $tty == 0 ]]
    hoy stop -t 0 boat
    wait_until 10 ended "$pid"
    hoy rm boat
    [[ ! -e $DIR ]]
}

@test "what fails is said as in the foreground, and leaves nothing" {
    run -127 hoy run -d --rootfs "$ROOTFS" nosuch
    failed_with 'exec "nosuch": executable file not found in $PATH'
    run -126 hoy run -d --rootfs "$ROOTFS" /etc
    failed_with "is a directory"
    run hoy run -d --restart always --sysctl kernel.panic=1 --rootfs "$ROOTFS" true
    [[ $status == 125 ]]
    [[ -z $(ls "$HOY_DATA_ROOT/containers") ]]
    [[ -z $(ls "$HOY_ROOT") ]]
}

# Sanitizers take memory of their own.
# bats test_tags=syscalls
@test "the monitor takes less than a megabyte of memory, and few descriptors" {
    boat_up sh -c 'yes | head -n 200000; echo done; exec sleep 1000'
    wait_until 20 eval 'hoy logs --tail 1 boat | grep -q done'
    local pid sum
    pid=$(monitor_pid)
    sum=$(awk '/^(Anonymous|Pss_Shmem):/ { s += $2 } END { print s }' "/proc/$pid/smaps_rollup")
    [[ $sum -lt 1024 ]] || { echo "$sum KiB" >&2; false; }
    run ls "/proc/$pid/fd"
    [[ ${#lines[@]} -lt 16 ]]
}

@test "--rm with -d: nothing is left when it has ended" {
    boat_up --rm sh -c 'exec sleep 1000'
    hoy kill boat KILL
    wait_until 10 eval '[[ ! -e $DIR ]]'
    wait_until 10 eval '[[ ! -e $HOY_ROOT/$ID ]]'
    run ! hoy state boat
}

@test "wait prints how containers ended, now or before" {
    boat_up sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 7'
    hoy wait boat >"$BATS_TEST_TMPDIR/status" &
    local waiter=$!
    touch "$ROOTFS/tmp/go"
    wait "$waiter"
    [[ $(<"$BATS_TEST_TMPDIR/status") == 7 ]]
    run hoy wait boat boat
    is $'7\n7'
    hoy run --name other --rootfs "$ROOTFS" sh -c 'kill -KILL $$; exit 9' || true
    run hoy wait other
    is 9
    run hoy wait nosuch
    failed_with 'container "nosuch" does not exist'
    # A bundle's container: nobody knows.
    bundle_new true
    container_up
    wait_status stopped
    run hoy wait "$ID"
    failed_with "is not known"
}

@test "stop sends its signal, and KILL when the time is over" {
    boat_up --stop-signal USR1 sh -c 'trap "exit 5" USR1; echo ready; while :; do sleep 0.05; done'
    wait_until 10 file_has "$DIR/log" ready
    hoy stop boat
    [[ $(hoy wait boat) == 5 ]]
    status_is stopped boat
    # Once more: nothing to do.
    hoy stop boat
    hoy rm boat
    boat_up --stop-timeout 0 sh -c 'trap "" TERM; echo ready; while :; do sleep 0.05; done'
    wait_until 10 file_has "$DIR/log" ready
    hoy stop boat
    [[ $(hoy wait boat) == 137 ]]
    run hoy stop nosuch boat nosuch2
    [[ $status == 1 ]]
    has '"nosuch" does not exist'
    has '"nosuch2" does not exist'
}

@test "a bundle's container is stopped too, and not ended where it can't be started again" {
    bundle_new sleep 1000
    container_up
    run hoy restart -t 0 "$ID"
    failed_with "it can't be started again"
    status_is running "$ID"
    hoy stop -t 0 "$ID"
    status_is stopped "$ID"
}

@test "start makes a stopped one run again, with its log going on" {
    boat_up sh -c 'echo once'
    hoy wait boat
    hoy start boat
    hoy wait boat
    run hoy logs boat
    is $'once\nonce'
    hoy restart boat
    hoy wait boat
    run hoy logs boat
    is $'once\nonce\nonce'
    hoy rm boat
}

@test "start refuses one that runs" {
    boat_up sleep 1000
    run hoy start boat
    failed_with "is running: only a created one can be started"
    local pid
    pid=$(pid_of boat)
    hoy restart -t 0 boat
    [[ $(pid_of boat) != "$pid" ]]
    run hoy rm boat
    failed_with "is not stopped: it is running"
    hoy rm -f boat
    hoy rm -f boat
}

@test "on-failure:N starts it again so many times, after longer and longer pauses" {
    boat_up --restart on-failure:3 sh -c 'echo x >>/tmp/count; exit 3'
    local pid
    wait_until 10 no_monitor
    lines_are "$ROOTFS/tmp/count" 4
    [[ $(jq .restartCount "$DIR/exit") == 3 ]]
    [[ $(hoy wait boat) == 3 ]]
    hoy rm boat
    boat_up --restart on-failure sh -c 'echo x >>/tmp/again'
    wait_until 10 no_monitor
    lines_are "$ROOTFS/tmp/again" 1
}

@test "always starts it again until it is stopped by hand" {
    boat_up --restart always sh -c 'echo x >>/tmp/count; [ $(wc -l </tmp/count) -ge 3 ] && exec sleep 1000'
    wait_until 10 lines_are "$ROOTFS/tmp/count" 3
    wait_status running boat
    hoy stop -t 0 boat
    no_monitor
    lines_are "$ROOTFS/tmp/count" 3
    [[ -e $DIR/stopped ]]
    hoy start boat
    [[ ! -e $DIR/stopped ]]
    wait_until 10 lines_are "$ROOTFS/tmp/count" 4
    hoy kill boat KILL
    wait_until 10 no_monitor
    lines_are "$ROOTFS/tmp/count" 4
    hoy rm boat
}

@test "one that waits to be started again is stopped and removed at once" {
    boat_up --restart unless-stopped sh -c 'echo x >>/tmp/count; exit 1'
    # From the fifth start on the pauses are longer than a second.
    wait_until 10 lines_are "$ROOTFS/tmp/count" 5
    wait_until 10 eval '[[ $(jq .restartCount "$DIR/exit") == 4 ]]'
    run timeout 5 "$HOY" --root "$HOY_ROOT" wait boat 3>&-
    is 1
    hoy rm -f boat
    no_monitor
    [[ ! -e $DIR ]]
    lines_are "$ROOTFS/tmp/count" 5
}

@test "TERM to the monitor ends the container, and nothing is started again" {
    boat_up --restart always sh -c 'trap "exit 4" TERM; echo ready; while :; do sleep 0.05; done'
    wait_until 10 file_has "$DIR/log" ready
    kill -TERM "$(monitor_pid)"
    wait_until 10 no_monitor
    [[ $(hoy wait boat) == 4 ]]
    # Not by hand: the machine's next start brings it back.
    [[ ! -e $DIR/stopped ]]
}

@test "a monitor that is killed leaves a container that can be ended and started" {
    boat_up sh -c 'exec sleep 1000'
    local pid
    pid=$(monitor_pid)
    kill -KILL "$pid"
    wait_until 10 ended "$pid"
    status_is running boat
    hoy stop -t 0 boat
    run hoy wait boat
    failed_with "is not known"
    hoy start boat
    status_is running boat
    hoy rm -f boat
}

@test "two starts at once: one of them wins, and one monitor stays" {
    boat_up true
    hoy wait boat
    hoy rm boat
    boat_up sleep 1000
    hoy stop -t 0 boat
    hoy start boat &
    local first=$!
    hoy start boat || true
    wait "$first" || true
    wait_status running boat
    hoy rm -f boat
    no_monitor
}

@test "a process that lives on with the output holds nobody up" {
    boat_up --pid host sh -c '(trap "" HUP; sleep 60 & echo $! >/tmp/pid); echo bye; exit 6'
    run timeout 10 "$HOY" --root "$HOY_ROOT" wait boat 3>&-
    is 6
    wait_until 10 no_monitor
    hoy rm -f boat
    wait_until 10 ended "$(<"$ROOTFS/tmp/pid")"
}

@test "an image or a person can't set what is hoy's own" {
    run hoy run --rm --label dev.hoy.restart=always --rootfs "$ROOTFS" true
    [[ $status == 125 ]]
    failed_with "keys with dev.hoy. are hoy's own"
}

@test "options of its life are checked" {
    local words=("--restart sometimes" "--restart on-failure:x" "--stop-timeout x" "--log-driver syslog"
        "--log-opt max-size=x" "--log-opt max-file=0" "--log-opt colour=red") word
    for word in "${words[@]}"; do
        # shellcheck disable=SC2086 # two words
        run hoy run -d $word --rootfs "$ROOTFS" true
        [[ $status == 125 ]]
        failed_with "hoy: run: ${word%% *}"
    done
    run hoy run --restart always --rootfs "$ROOTFS" true
    failed_with "--restart: needs --detach"
    run hoy run -d --rm --restart always --rootfs "$ROOTFS" true
    failed_with "--restart: must not stand beside --rm"
}

@test "rename: every verb knows the new name, and nobody the old" {
    boat_up sleep 1000
    hoy rename boat ship
    status_is running ship
    [[ $(hoy state ship | jq -r '.annotations["dev.hoy.name"]') == ship ]]
    [[ $(jq -r '.annotations["dev.hoy.name"]' "$DIR/config.json") == ship ]]
    run ! hoy state boat
    hoy run -d --name boat --rootfs "$ROOTFS" true
    run hoy rename boat ship
    failed_with "hoy: rename: \"ship\" is the name of container ${ID:0:12}"
    run hoy rename boat a/b
    failed_with "letters, digits"
    hoy restart -t 0 ship
    status_is running ship
}

@test "the internal verb is nobody's business" {
    run hoy --help
    has_not "stay with a container"
    run hoy monitor nosuch
    [[ $status == 1 ]]
}

@test "the machine's start starts what the policies want" {
    local name
    hoy run -d --name always --restart always --rootfs "$ROOTFS" sleep 1000
    hoy run -d --name unless --restart unless-stopped --rootfs "$ROOTFS" sleep 1000
    hoy run -d --name by-hand --restart unless-stopped --rootfs "$ROOTFS" sleep 1000
    hoy run -d --name none --rootfs "$ROOTFS" sleep 1000
    hoy run -d --name gone --rm --rootfs "$ROOTFS" sleep 1000
    hoy stop -t 0 by-hand
    # As a machine without power: monitors, processes and what /run has are gone.
    for name in always unless none gone; do
        ID=$(hoy state "$name" | jq -r .id)
        local monitor pid
        pid=$(pid_of "$name")
        monitor=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")
        kill -KILL "$monitor"
        wait_until 10 ended "$monitor"
        "$HOY" --root "$HOY_ROOT" --data-root "$BATS_TEST_TMPDIR/none" delete --force "$ID" 3>&-
    done
    [[ $(hoy ps -q) == "" ]]
    hoy start --boot
    [[ $(hoy ps --format json | jq -r '[.[].name] | sort | join(" ")') == "always unless" ]]
    [[ $(hoy ps -a --format json | jq -r '[.[].name] | sort | join(" ")') == "always by-hand none unless" ]]
    # Once more: they run.
    hoy start --boot
    run hoy start --boot always
    failed_with "--boot: must not stand beside an ID"
    run hoy start
    failed_with "a container ID is needed"
}

@test "an image in the background: started again it has what it wrote, and --rm removes it" {
    local tar=$BATS_TEST_TMPDIR/layer.tar
    DATA=$HOY_DATA_ROOT
    tar -C "$ROOTFS" -cf "$tar" .
    layout_new
    layout_image boat "$tar"
    himg load -i "$LAYOUT"
    hoy run -d --name boat localhost/layout:boat sh -c 'echo x >>/n; cat /n; exit 2'
    [[ $(hoy wait boat) == 2 ]]
    hoy start boat
    [[ $(hoy wait boat) == 2 ]]
    run hoy logs boat
    is $'x\nx\nx'
    [[ $(hoy ps -a --format json | jq -r '.[0].image') == localhost/layout:boat ]]
    hoy run -d --rm -u sailor --name ship localhost/layout:boat sleep 1000
    hoy stop -t 0 ship
    run ! hoy state ship
    hoy rm boat
    [[ -z $(ls "$HOY_DATA_ROOT/containers") ]]
}
