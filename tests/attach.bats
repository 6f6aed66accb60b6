#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# Who is attached to a container of `run -d`, `start` or `run --detach-keys`: what goes through, who is told what,
# and what a client can't do to the container, its log, its monitor and the others.

load helpers
load boat
load images

setup() {
    export HOY_DATA_ROOT=$BATS_TEST_TMPDIR/data
    H=("$HOY" --root "$HOY_ROOT")
    JOBS=()
}

teardown() {
    if [[ ${#JOBS[@]} -gt 0 ]]; then
        kill -KILL "${JOBS[@]}" 2>/dev/null || true
    fi
    boats_remove
}

# tty MODE [STEP…] -- COMMAND…: as tests/terminal.py.
tty() {
    run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@" 3>&-
}

clients() {
    timeout -s KILL 60 python3 "$BATS_TEST_DIRNAME/attach_clients.py" "$1" "$DIR/socket" "${@:2}" 3>&-
}

# attach_job OUT ERR [OPTION…]: attached in the background, with an empty input; returns once it is. Sets JOB.
attach_job() {
    "${H[@]}" attach "${@:3}" boat </dev/null >"$1" 2>"$2" 3>&- &
    JOB=$!
    JOBS+=("$JOB")
    wait_until 10 attached "$JOB"
}

# The socket is connected, and what was said is heard: the client waits for more.
attached() {
    [[ $(monitor_sockets) -gt ${BEFORE:-1} ]]
}

# How many sockets the monitor has: one that listens, one for each client.
monitor_sockets() {
    find "/proc/$(monitor_pid)/fd" -lname 'socket:*' 2>/dev/null | wc -l
}

# Bytes that wait in the container's input, as ss(8) has no word for pipes: its reader asks.
queued() {
    python3 - "$(pid_of boat)" <<'PY'
import array, fcntl, os, sys, termios
n = array.array("i", [0])
fcntl.ioctl(os.open(f"/proc/{sys.argv[1]}/fd/0", os.O_RDONLY | os.O_NONBLOCK), termios.FIONREAD, n)
print(n[0])
PY
}

sockets_are() {
    [[ $(monitor_sockets) == "$1" ]]
}

# Its own memory in KiB.
monitor_memory() {
    awk '/^(Anonymous|Pss_Shmem):/ { s += $2 } END { print s }' "/proc/$(monitor_pid)/smaps_rollup"
}

status_was() {
    [[ $status == "$1" ]] || { echo "exit status $status, not $1: $output" >&2; return 1; }
}

# job_ends STATUS: the job ends so.
job_ends() {
    local got=0
    wait "$JOB" || got=$?
    [[ $got == "$1" ]] || { echo "the job ended with $got" >&2; return 1; }
}

go() {
    touch "$ROOTFS/tmp/go"
}

WAIT_GO='while [ ! -e /tmp/go ]; do sleep 0.02; done'

# ---- What goes through -----------------------------------------------------------------------------

@test "attach shows what comes from now on, the streams apart, and ends as the container does" {
    boat_up sh -c "echo before; $WAIT_GO"'; echo out; echo err >&2; printf last; exit 9'
    wait_until 10 file_has "$DIR/log" before
    attach_job "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
    go
    job_ends 9
    [[ $(<"$BATS_TEST_TMPDIR/out") == $'out\nlast' ]]
    [[ $(<"$BATS_TEST_TMPDIR/err") == err ]]
    # The log has all of it.
    [[ $(hoy logs boat 2>/dev/null) == $'before\nout\nlast' ]]
}

@test "input arrives, and its end is the end" {
    boat_up -i sh -c 'cat; echo over; exit 3'
    run bash -c 'echo hello | "$@"' bash "${H[@]}" attach boat 3>&-
    status_was 3
    is $'hello\nover'
}

@test "a client that goes without a word ends nothing" {
    boat_up -i sh -c 'while read -r line; do echo "got $line"; done; echo over'
    tty pipes 'send=one\n' 'expect=got one' signal=KILL -- "${H[@]}" attach boat
    status_was 137
    status_is running boat
    run bash -c 'echo two | "$@"' bash "${H[@]}" attach boat 3>&-
    succeeded
    is $'got two\nover'
}

@test "without --interactive nothing is read: the caller's input stays his own" {
    boat_up sh -c 'cat; '"$WAIT_GO"'; exit 2'
    touch "$ROOTFS/tmp/go"
    hoy wait boat
    rm "$ROOTFS/tmp/go"
    (sleep 0.2; go) &
    JOBS+=($!)
    run bash -c '{ echo mine; } | { "$@"; echo "$?"; cat; }' bash "${H[@]}" start -ai boat 3>&-
    is $'2\nmine'
    rm "$ROOTFS/tmp/go"
    boat=$(hoy run -di --name ship --rootfs "$ROOTFS" sh -c 'cat; exit 4')
    "${H[@]}" attach --no-stdin ship <<<"not this" >"$BATS_TEST_TMPDIR/out" 3>&- &
    JOB=$!
    JOBS+=("$JOB")
    # It is attached before the other ends the container.
    wait_until 10 eval '[[ $(find "/proc/$(sed -n "s/^PPid:\t//p" "/proc/$(pid_of ship)/status")/fd" -lname "socket:*" |
        wc -l) == 2 ]]'
    echo this | "${H[@]}" attach ship >/dev/null 3>&-  || true
    job_ends 4
    run hoy logs "$boat"
    is this
}

@test "twenty megabytes arrive as they are, both ways at once" {
    head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/sent"
    boat_up -i --log-driver none true
    hoy wait boat
    hoy rm boat
    boat_up -i --log-driver none cat
    timeout -s KILL 60 "${H[@]}" attach boat <"$BATS_TEST_TMPDIR/sent" >"$BATS_TEST_TMPDIR/came" 3>&-
    cmp "$BATS_TEST_TMPDIR/sent" "$BATS_TEST_TMPDIR/came"
}

@test "at a terminal everything arrives as it is, both ways, under load" {
    head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/sent"
    boat_up -it --log-driver none sh -c 'stty raw -echo; while [ ! -e /tmp/go ]; do sleep 0.02; done; printf ready; exec cat'
    tty run raw "do=touch $ROOTFS/tmp/go" expect=ready "feed=$BATS_TEST_TMPDIR/sent" \
        "save=3000000:$BATS_TEST_TMPDIR/came" "do=${H[*]} kill boat KILL" -- "${H[@]}" attach --detach-keys "" boat
    status_was 137
    cmp "$BATS_TEST_TMPDIR/sent" "$BATS_TEST_TMPDIR/came"
}

@test "what is written last arrives though the process has ended" {
    boat_up -t sh -c 'stty raw; head -c 50000 /dev/zero | tr "\0" x; echo; echo end'
    hoy wait boat
    for _ in 1 2 3 4 5; do
        run hoy start -a boat
        succeeded
        [[ ${#output} == 50004 && $output == *$'\nend' ]]
    done
    # In the log too, of each of its lives.
    [[ $(hoy logs boat | grep -cx end) == 6 && $(hoy logs boat | wc -c) == $((6 * 50005)) ]]
}

# ---- start -a, run --detach-keys --------------------------------------------------------------------

@test "start -a misses nothing, however short the life, and returns its status" {
    boat_up sh -c 'echo out; echo err >&2; exit 5'
    hoy wait boat
    local i
    for i in {1..50}; do
        run --separate-stderr hoy start -a boat
        status_was 5
        is out
        [[ $stderr == err ]] || { echo "$i: $stderr" >&2; return 1; }
    done
    [[ $(hoy logs boat 2>/dev/null | wc -l) == 51 ]]
}

@test "start -i gives it the input from the first byte" {
    boat_up -i sh -c 'cat; exit 6'
    hoy kill boat KILL
    hoy wait boat
    run bash -c 'echo hello | "$@"' bash "${H[@]}" start -i boat 3>&-
    status_was 6
    is hello
    # --attach alone: nothing of it, and whoever attaches later may give it.
    "${H[@]}" start -a boat <<<"not this" >"$BATS_TEST_TMPDIR/out" 3>&- &
    JOB=$!
    JOBS+=("$JOB")
    wait_status running boat
    run bash -c 'echo this | "$@"' bash "${H[@]}" attach boat 3>&-
    status_was 6
    is this
    job_ends 6
    [[ $(<"$BATS_TEST_TMPDIR/out") == this ]]
}

@test "start -a is for one container of hoy's own, that doesn't run" {
    boat_up sleep 1000
    run hoy start -a boat boat
    failed_with "--attach: is for one container, not 2"
    run hoy start -i boat boat
    failed_with "--interactive: is for one container, not 2"
    run hoy start --boot -a
    failed_with "--boot: must not stand beside --attach"
    run hoy start -a boat
    failed_with "is running: only a created one can be started"
    run hoy start -a nosuch
    failed_with 'container "nosuch" does not exist'
    bundle_new sleep 1000
    hoy create -b "$BUNDLE" "$ID" >/dev/null </dev/null
    run hoy start -a "$ID"
    failed_with "was not made by \"hoy run\""
    status_is created "$ID"
}

@test "run --detach-keys: the container goes on when it is left, and is found again" {
    tty run size=77x22 expect=# 'send=stty size\r' 'expect=22 77' 'send=\x10\x11' -- \
        "${H[@]}" run -it --name boat --detach-keys ctrl-p,ctrl-q --rootfs "$ROOTFS" sh
    succeeded
    status_is running boat
    tty run size=91x33 'send=stty size\r' 'expect=33 91' 'send=exit 7\r' -- "${H[@]}" attach boat
    status_was 7
    status_is stopped boat
    [[ $(hoy wait boat) == 7 ]]
}

@test "run --detach-keys: not left, it is as in the foreground" {
    run --separate-stderr hoy run -i --rm --detach-keys a --rootfs "$ROOTFS" sh -c 'cat; echo err >&2; exit 4' \
        <<<"hallo"
    status_was 4
    # Without a terminal keys are bytes.
    is hallo
    [[ $stderr == err ]]
    # --rm: nothing is left by then, and the name is free.
    [[ -z $(ls "$HOY_DATA_ROOT/containers") && -z $(ls "$HOY_ROOT") ]]
    run -127 hoy run --detach-keys a --rootfs "$ROOTFS" nosuch
    failed_with 'exec "nosuch": executable file not found in $PATH'
    [[ -z $(ls "$HOY_DATA_ROOT/containers") && -z $(ls "$HOY_ROOT") ]]
    for _ in {1..20}; do
        run hoy run --rm --name boat --detach-keys a --rootfs "$ROOTFS" echo once
        succeeded
        is once
    done
    # Beside -d they are accepted.
    hoy run -d --rm --name boat --detach-keys a --rootfs "$ROOTFS" true
}

@test "an image's container is left and found like any other, and --rm takes it away in the end" {
    local tar=$BATS_TEST_TMPDIR/layer.tar
    DATA=$HOY_DATA_ROOT
    tar -C "$ROOTFS" -cf "$tar" .
    layout_new
    layout_image boat "$tar"
    himg load -i "$LAYOUT"
    tty run expect=ready 'send=\x10\x11' -- "${H[@]}" run -it --rm -u sailor --name boat \
        --detach-keys ctrl-p,ctrl-q localhost/layout:boat sh -c 'echo ready; read -r line; echo "got $line" >/tmp/n; cat /tmp/n; exit 6'
    succeeded
    tty run 'send=it\r' 'expect=got it' -- "${H[@]}" attach boat
    status_was 6
    run ! hoy state boat
    [[ -z $(ls "$HOY_DATA_ROOT/containers") ]]
}

@test "the size is right at the first read" {
    for _ in 1 2 3 4 5; do
        tty run size=113x37 -- "${H[@]}" run -it --rm --detach-keys ctrl-x --rootfs "$ROOTFS" stty size
        succeeded
        is '37 113'
    done
    tty run size=113x37 -- "${H[@]}" run -it --name boat --detach-keys ctrl-x --rootfs "$ROOTFS" stty size
    for _ in 1 2 3 4 5; do
        tty run size=71x19 -- "${H[@]}" start -ai boat
        succeeded
        is '19 71'
    done
}

@test "a resize is seen inside, and who attaches has the screen drawn anew" {
    boat_up -it sh -c 'trap "stty size" WINCH; '"$WAIT_GO"'; while :; do sleep 1000 & wait || :; done'
    tty run size=80x24 raw "do=touch $ROOTFS/tmp/go" 'expect=24 80' size=120x50 'expect=50 120' 'send=\x10\x11' -- \
        "${H[@]}" attach boat
    succeeded
    # The size is what it was: still it is told.
    tty run size=120x50 'expect=50 120' 'send=\x10\x11' -- "${H[@]}" attach boat
    succeeded
}

# ---- Leaving ---------------------------------------------------------------------------------------

@test "other keys leave it, and those of the default don't then" {
    boat_up -it sh -c 'stty raw -echo; exec cat'
    tty run raw 'send=a\x10\x11b' 'expect=a\x10\x11b' send=x expect=x send=qz -- "${H[@]}" attach --detach-keys q,z boat
    succeeded
    has_not q
    tty run raw 'send=qy' expect=qy 'send=\x1d' -- "${H[@]}" attach --detach-keys 'ctrl-]' boat
    succeeded
    # None at all.
    tty run raw 'send=\x10\x11z' 'expect=\x10\x11z' "do=${H[*]} kill boat KILL" -- \
        "${H[@]}" attach --detach-keys "" boat
    status_was 137
    has_not "no such"
}

@test "wrong keys are refused before anything is done" {
    local keys
    boat_up true
    hoy wait boat
    for keys in ctrl-P "a,,b" "a," ab "ctrl-1"; do
        run hoy attach --detach-keys "$keys" boat
        failed_with "--detach-keys: must be keys with commas between them, as ctrl-p,ctrl-q, got \"$keys\""
        run hoy start -a --detach-keys "$keys" boat
        failed_with "--detach-keys: must be keys"
        run hoy run --detach-keys "$keys" --rootfs "$ROOTFS" true
        failed_with "hoy: run: --detach-keys: must be keys"
        [[ $status == 125 || $status == 1 ]]
    done
    status_is stopped boat
    [[ $(ls "$HOY_DATA_ROOT/containers") == "$ID" ]]
}

@test "a signal goes on to a container without a terminal, and leaves one with a terminal" {
    boat_up sh -c 'trap "echo caught; exit 8" TERM; echo up; while :; do sleep 0.02; done'
    attach_job "$BATS_TEST_TMPDIR/out" /dev/null
    kill -TERM "$JOB"
    job_ends 8
    file_has "$BATS_TEST_TMPDIR/out" caught
    hoy start boat
    attach_job "$BATS_TEST_TMPDIR/out" /dev/null --sig-proxy=false
    kill -TERM "$JOB"
    job_ends 143
    status_is running boat
    hoy rm -f boat
    boat_up -it sleep 1000
    tty run raw signal=HUP -- "${H[@]}" attach boat
    status_was 129
    status_is running boat
}

@test "a reader that goes away is no reason to stay" {
    boat_up sh -c 'while :; do echo line; sleep 0.01; done'
    run timeout -s KILL 20 bash -c '"$@" | head -n 1; exit "${PIPESTATUS[0]}"' bash "${H[@]}" attach boat 3>&-
    succeeded
    is line
    status_is running boat
}

@test "the caller's terminal is as it was, however it ended" {
    boat_up -it sh -c 'echo up; exec sleep 1000'
    tty run raw 'send=\x10\x11' -- "${H[@]}" attach boat
    succeeded
    tty run raw "do=${H[*]} kill boat KILL" -- "${H[@]}" attach boat
    status_was 137
    hoy start boat
    tty run raw "do=kill -KILL $(monitor_pid)" -- "${H[@]}" attach boat
    status_was 1
    has "has gone"
    tty run raw -- "${H[@]}" run -it --name ship --detach-keys a --rootfs "$ROOTFS" sh -c 'sleep 0.2; exit 3'
    status_was 3
    tty run -- "${H[@]}" run -it --detach-keys a --sysctl kernel.panic=1 --rootfs "$ROOTFS" true
    status_was 125
}

# ---- Who can't attach --------------------------------------------------------------------------------

@test "only to a container that runs, under a monitor" {
    run hoy attach nosuch
    failed_with 'container "nosuch" does not exist'
    boat_up sleep 1000
    hoy pause boat
    run hoy attach boat
    failed_with "is paused: only to a running one can be attached (hoy resume"
    hoy resume boat
    hoy stop -t 0 boat
    run hoy attach boat
    failed_with "is stopped: only to a running one can be attached (hoy start -a"
    hoy start boat
    kill -KILL "$(monitor_pid)"
    # A signal takes its time.
    wait_until 10 eval '! hoy attach boat 2>&1 | grep -q "has gone"'
    run hoy attach boat
    failed_with "has no monitor to attach to"
    "${H[@]}" run --name ship --rootfs "$ROOTFS" sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
    JOBS+=($!)
    wait_until 10 status_is running ship
    run hoy attach ship
    failed_with "has no monitor to attach to"
    bundle_new sleep 1000
    container_up
    run hoy attach "$ID"
    failed_with "was not made by \"hoy run\": nobody can attach to it"
}

@test "another user gets nowhere" {
    boat_up sleep 1000
    run clients uid 1000
    succeeded
    is $'the directory keeps it out\nhung up'
}

# ---- Several, slow, hostile ones ---------------------------------------------------------------------

@test "all that are attached see everything, and each can type" {
    boat_up -i sh -c 'read -r a; read -r b; echo "$a and $b"; head -c 3000000 /dev/zero | tr "\0" x; cat'
    local n
    for n in 1 2 3; do
        BEFORE=$n
        attach_job "$BATS_TEST_TMPDIR/$n" /dev/null --no-stdin
    done
    tty pipes 'send=one\n' "do=${H[*]} exec boat true" signal=KILL -- "${H[@]}" attach boat
    run bash -c 'echo two | "$@"' bash "${H[@]}" attach boat 3>&-
    succeeded
    wait "${JOBS[@]}"
    for n in 1 2 3; do
        [[ $(head -n 1 "$BATS_TEST_TMPDIR/$n") == "one and two" ]]
        [[ $(wc -c <"$BATS_TEST_TMPDIR/$n") == 3000012 ]]
    done
}

# Sanitizers take memory of their own.
# bats test_tags=syscalls
@test "a client that takes nothing is hung up on; the container, its log and the others go on" {
    boat_up --log-opt max-size=100m sh -c "$WAIT_GO"'; head -c 30000000 /dev/zero | tr "\0" x | fold -w 99; echo done >&2; exec sleep 1000'
    attach_job "$BATS_TEST_TMPDIR/stopped.out" "$BATS_TEST_TMPDIR/stopped.err"
    local stopped=$JOB before after
    kill -STOP "$stopped"
    BEFORE=2 attach_job "$BATS_TEST_TMPDIR/other" /dev/null
    before=$(monitor_memory)
    go
    wait_until 30 file_has "$DIR/log" "stderr F done"
    after=$(monitor_memory)
    [[ $((after - before)) -lt 256 ]] || { echo "$before, then $after KiB" >&2; return 1; }
    wait_until 10 sockets_are 2
    # What it was sent before it still gets, and why there is no more.
    kill -CONT "$stopped"
    JOB=$stopped
    job_ends 1
    file_has "$BATS_TEST_TMPDIR/stopped.err" "nothing of its output was taken for 10 s"
    [[ -s $BATS_TEST_TMPDIR/stopped.out ]]
    hoy kill boat KILL
    wait "${JOBS[1]}" || true
    [[ $(tr -d '\n' <"$BATS_TEST_TMPDIR/other" | wc -c) == 30000000 ]]
    [[ $(hoy logs boat 2>/dev/null | tr -d '\n' | wc -c) == 30000000 ]]
}

@test "a container that reads nothing holds its typist up and nobody else" {
    boat_up -i sh -c 'echo up; '"$WAIT_GO"'; wc -c; exit 5'
    head -c 3000000 /dev/zero | "${H[@]}" attach boat >"$BATS_TEST_TMPDIR/out" 3>&- &
    JOB=$!
    JOBS+=("$JOB")
    wait_until 10 attached
    # It is asked, waited for and attached to meanwhile.
    attach_job /dev/null /dev/null --no-stdin
    timeout 10 "${H[@]}" wait boat >"$BATS_TEST_TMPDIR/wait" 3>&- &
    JOBS+=($!)
    go
    wait "${JOBS[2]}"
    [[ $(<"$BATS_TEST_TMPDIR/wait") == 5 ]]
    JOB=${JOBS[0]}
    job_ends 5
    [[ $(<"$BATS_TEST_TMPDIR/out") == 3000000 ]]
}

@test "a typist who goes takes with him what was not read, and his place is free" {
    boat_up -i sh -c "$WAIT_GO; wc -c"
    head -c 3000000 /dev/zero | "${H[@]}" attach boat >/dev/null 3>&- &
    JOB=$!
    JOBS+=("$JOB")
    wait_until 10 attached
    # The pipe is full, and the buffer: the monitor has nothing to do, and does nothing.
    wait_until 10 eval '[[ $(awk "{ print \$3 }" "/proc/$(monitor_pid)/stat") == S && $(queued) -gt 60000 ]]'
    kill -KILL "$JOB"
    wait_until 10 sockets_are 1
    # Its input is not at its end: the next one goes on.
    (cd / && exec "${H[@]}" attach boat </dev/null >"$BATS_TEST_TMPDIR/out" 3>&-) &
    JOB=$!
    JOBS+=("$JOB")
    BEFORE=1 wait_until 10 attached
    go
    job_ends 0
    [[ $(<"$BATS_TEST_TMPDIR/out") -gt 60000 && $(<"$BATS_TEST_TMPDIR/out") -lt 80000 ]]
}

@test "packets that are none end nobody but their sender" {
    boat_up -i sh -c 'while read -r line; do :; done; '"$WAIT_GO"'; exit 3'
    run clients garbage
    succeeded
    is well
    wait_until 10 sockets_are 1
    attach_job "$BATS_TEST_TMPDIR/out" /dev/null
    go
    job_ends 3
}

@test "no more than sixty-four at a time, and each place is given back" {
    boat_up sleep 1000
    coproc HOLD { clients hold 70; }
    # shellcheck disable=SC2153 # HOLD is the coprocess
    local in=${HOLD[1]} out=${HOLD[0]} taken
    read -r taken <&"$out"
    [[ $taken == 64 ]]
    run hoy attach boat
    failed_with "no more than 64 can attach to or wait for container"
    exec {in}>&-
    wait_until 10 sockets_are 1
    clients many 10
}

# bats test_tags=syscalls
@test "ten thousand that attach and go leave nothing" {
    boat_up sh -c 'while :; do echo line; sleep 0.01; done'
    clients many 100
    wait_until 10 sockets_are 1
    local before after fds
    before=$(monitor_memory)
    fds=$(find "/proc/$(monitor_pid)/fd" -mindepth 1 | wc -l)
    clients many 10000
    wait_until 10 sockets_are 1
    after=$(monitor_memory)
    [[ $((after - before)) -le 8 ]] || { echo "$before, then $after KiB" >&2; return 1; }
    [[ $(find "/proc/$(monitor_pid)/fd" -mindepth 1 | wc -l) == "$fds" ]]
    [[ $after -lt 1024 ]]
}

# ---- Ends ------------------------------------------------------------------------------------------

@test "one that is started again: who was attached hears how it ended" {
    boat_up --restart on-failure:1 sh -c "$WAIT_GO"'; rm /tmp/go; exit 7'
    attach_job /dev/null /dev/null
    go
    job_ends 7
    wait_until 10 eval '[[ $(hoy state boat | jq -r .status) == running ]]'
    attach_job /dev/null /dev/null
    go
    job_ends 7
}

@test "a monitor that is killed: who is attached hears that it has gone" {
    boat_up sleep 1000
    attach_job /dev/null "$BATS_TEST_TMPDIR/err"
    kill -KILL "$(monitor_pid)"
    job_ends 1
    file_has "$BATS_TEST_TMPDIR/err" "hoy: the monitor of container \"$ID\" has gone"
}

@test "attach under --debug, help and completion know it" {
    run hoy attach --help
    succeeded
    has "--detach-keys KEYS"
    has "--no-stdin"
    run hoy start --help
    has "--sig-proxy"
    run hoy help --format bash
    has attach
}
