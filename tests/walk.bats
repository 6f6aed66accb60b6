#!/usr/bin/env bats
# Every system call of pull, load, unpack and run, by whichever of their processes, fails or kills: the
# store is sound, nothing is left, and the same succeeds then (tests/walk.py, tests/syscall-walk.c).
#
# `./check` takes every Nth call, `./check --long` each of them (half an hour).

load helpers
load images
load registry

setup_file() {
    local t=$BATS_FILE_TMPDIR
    command -v docker-registry >/dev/null || skip "docker-registry is not installed"
    command -v umoci >/dev/null || skip "umoci is not installed"
    [[ -x $HOY_BUILD/tests/syscall-walk ]] || skip "tests/syscall-walk is not built (make test-programs)"
    registry_start
    mkdir -p "$t/more/data"
    mkdir -p "$t/root"/{bin,dev,etc,proc,sys,tmp}
    cp "$(command -v busybox)" "$t/root/bin/busybox"
    ln -s busybox "$t/root/bin/true"
    head -c 70000 /dev/urandom >"$t/more/data/bytes"
    ln "$t/more/data/bytes" "$t/more/data/hard"
    ln -s bytes "$t/more/data/soft"
    : >"$t/more/data/.wh.gone"
    tar -C "$t/root" -cf "$t/base.tar" .
    tar -C "$t/more" -cf "$t/more.tar" ./data
    LAYOUT=$t/boat
    umoci init --layout "$LAYOUT" 3>&-
    CONFIG='{"Cmd": ["/bin/sh"]}' layout_image one "$t/base.tar" "$t/more.tar"
    registry_push "$LAYOUT:one" one:latest
    tar -C "$LAYOUT" -cf "$t/archive.tar" .
}

teardown_file() {
    registry_stop
}

# walked STEP WHAT SOURCE
walked() {
    local dir=$BATS_TEST_TMPDIR/walk step=$1
    mkdir "$dir"
    python3 "$HOY_TOP/tests/walk.py" --step "${WALK_STEP:-$step}" "$2" "$HOY_BUILD/tests/syscall-walk" "$HOY" \
        "$dir" "$3" 3>&-
}

# bats test_tags=syscalls
@test "pull" {
    walked 29 pull "$REGISTRY/one"
}

# bats test_tags=syscalls
@test "load" {
    walked 29 load "$BATS_FILE_TMPDIR/archive.tar"
}

# bats test_tags=syscalls
@test "unpack" {
    walked 17 unpack "$REGISTRY/one"
}

# bats test_tags=syscalls
@test "run of an image" {
    walked 11 run "$REGISTRY/one"
}

# bats test_tags=syscalls
@test "the walk itself: it finds what is left, what hangs and what is lost" {
    local fake=$BATS_TEST_TMPDIR/hoy
    # One that leaves a process, says nothing, and keeps no store.
    cat >"$fake" <<'SH'
#!/bin/sh
case "$*" in
    *pull*) sleep 30 & for i in $(seq 100); do true >"$0.$i"; done; exit 1 ;;
esac
exit 0
SH
    chmod +x "$fake"
    mkdir "$BATS_TEST_TMPDIR/walk"
    run python3 "$HOY_TOP/tests/walk.py" --kinds ENOSPC --first 50 --step 1000 --jobs 1 pull "$HOY_BUILD/tests/syscall-walk" \
        "$fake" "$BATS_TEST_TMPDIR/walk" x
    [ "$status" -eq 1 ]
    has "left sleep"
}
