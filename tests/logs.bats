#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# What containers write: the files that their monitors keep, and `hoy logs`.

load helpers
load boat

# As boat_up, to the end.
boat_done() {
    boat_up "$@"
    hoy wait boat >/dev/null
}

@test "lines are kept in the CRI's form, and come out where they went in" {
    boat_done sh -c 'echo out; echo err >&2; echo; printf "no end"'
    run cat "$DIR/log"
    local stamp='^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{9}Z'
    local line
    for line in "${lines[@]}"; do
        [[ $line =~ $stamp' '(stdout|stderr)' '[FP]' ' ]] || { echo "$line" >&2; false; }
    done
    has " stdout F out"
    has " stderr F err"
    has " stdout P no end"
    [[ $(hoy logs boat 2>/dev/null; echo .) == $'out\n\nno end.' ]]
    [[ $(hoy logs boat 2>&1 >/dev/null) == err ]]
}

@test "a line longer than the bound comes in parts, and out as one" {
    boat_done sh -c 'head -c 40000 /dev/zero | tr "\0" x; echo; echo next'
    [[ $(grep -c ' stdout P x' "$DIR/log") == 2 ]]
    hoy logs boat >"$BATS_TEST_TMPDIR/out"
    [[ $(head -n 1 "$BATS_TEST_TMPDIR/out" | wc -c) == 40001 ]]
    [[ $(tail -n 1 "$BATS_TEST_TMPDIR/out") == next ]]
}

@test "every byte is there, in order" {
    boat_done --log-opt max-size=-1 sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); echo "line $i"; done'
    hoy logs boat | cmp - <(for ((i = 1; i <= 20000; i++)); do echo "line $i"; done)
}

@test "files are as large and as many as they may be" {
    boat_done --log-opt max-size=8k --log-opt max-file=3 sh -c 'i=0
        while [ $i -lt 2000 ]; do i=$((i + 1)); echo "line $i"; done'
    [[ $(cd "$DIR" && echo log*) == "log log.1 log.2" ]]
    local file
    for file in log log.1 log.2; do
        [[ $(stat -c %s "$DIR/$file") -le 8192 ]]
    done
    hoy logs boat >"$BATS_TEST_TMPDIR/out"
    [[ $(tail -n 1 "$BATS_TEST_TMPDIR/out") == "line 2000" ]]
    local first
    first=$(head -n 1 "$BATS_TEST_TMPDIR/out")
    cmp "$BATS_TEST_TMPDIR/out" <(for ((i = ${first#line }; i <= 2000; i++)); do echo "line $i"; done)
}

@test "one file that is full begins anew" {
    boat_done --log-opt max-size=4k --log-opt max-file=1 sh -c 'seq 1 1000'
    [[ $(cd "$DIR" && echo log*) == log ]]
    [[ $(stat -c %s "$DIR/log") -le 4096 ]]
    [[ $(hoy logs --tail 1 boat) == 1000 ]]
}

@test "--log-driver none keeps nothing" {
    boat_done --log-driver none sh -c 'yes | head -n 10000'
    [[ $(hoy wait boat) == 0 ]]
    [[ ! -e $DIR/log ]]
    run hoy logs boat
    succeeded
    is ""
}

@test "--tail, --timestamps, --since and --until" {
    boat_done sh -c 'echo one; echo two; printf three'
    run hoy logs --tail 1 boat
    is three
    run hoy logs -n 2 boat
    is $'two\nthree'
    run hoy logs -n 0 boat
    is ""
    run hoy logs -t boat
    [[ ${lines[0]} =~ ^20.*Z\ one$ ]]
    run hoy logs --since 1h boat
    is $'one\ntwo\nthree'
    run hoy logs --since 2100-01-01 boat
    is ""
    run hoy logs --until 2000-01-01T00:00:00Z boat
    is ""
    local stamp
    stamp=$(sed -n '2s/ .*//p' "$DIR/log")
    run hoy logs --since "$stamp" --until "$stamp" boat
    has two
    run hoy logs --since tomorrow boat
    failed_with "--since: must be a time"
    run hoy logs --tail x boat
    failed_with "--tail: must be a number"
    run hoy logs nosuch
    failed_with "there is no container \"nosuch\""
}

@test "-f goes on until the end, through rotations and restarts" {
    boat_up --log-opt max-size=4k --log-opt max-file=50 --restart on-failure:1 sh -c '
        while [ ! -e /tmp/go ]; do sleep 0.02; done
        i=0; while [ $i -lt 500 ]; do i=$((i + 1)); echo "line $i"; done; exit 1'
    hoy logs -f boat >"$BATS_TEST_TMPDIR/out" &
    local reader=$!
    touch "$ROOTFS/tmp/go"
    wait "$reader"
    cmp "$BATS_TEST_TMPDIR/out" <(for ((n = 0; n < 2; n++)); do
        for ((i = 1; i <= 500; i++)); do echo "line $i"; done
    done)
}

@test "-f shows what comes at once, and ends when nobody reads" {
    boat_up sh -c 'echo ready; while :; do sleep 0.05; echo more; done'
    timeout 10 "$HOY" --root "$HOY_ROOT" logs -f boat 3>&- | sed 3q >"$BATS_TEST_TMPDIR/out"
    [[ $(<"$BATS_TEST_TMPDIR/out") == $'ready\nmore\nmore' ]]
}

# Sanitizers take memory of their own.
# bats test_tags=syscalls
@test "who writes without end fills neither disk nor memory" {
    boat_up --log-opt max-size=64k --log-opt max-file=2 yes
    local pid
    pid=$(sed -n 's/^PPid:\t//p' "/proc/$(pid_of boat)/status")
    wait_until 10 test -e "$DIR/log.1"
    [[ $(du -sk "$DIR" | cut -f 1) -lt 512 ]]
    [[ $(awk '/^Anonymous:/ { print $2 }' "/proc/$pid/smaps_rollup") -lt 1024 ]]
    hoy stop -t 0 boat
}

@test "a terminal's output is kept too" {
    boat_done -t sh -c 'test -t 1 && test -t 0 && echo "a terminal"'
    run hoy logs boat
    is $'a terminal\r'
}

@test "lines that are no log are passed over" {
    boat_done echo good
    printf 'garbage\n2026-03-01T12:00:00Z stdout\n2026-13-01T12:00:00Z stdout F bad\n2026-03-01T12:00:00Z stdin F x\nhalf' \
        >>"$DIR/log"
    head -c 200000 /dev/zero >>"$DIR/log"
    run hoy logs boat
    succeeded
    is good
}
