#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the container; bats' own variables
# Many at once on the same names: no error but those that tell the truth, no deadlock, nothing left.

load helpers

# workers SECONDS WORKERS NAMES: as tests/workers.py.
workers() {
    python3 "$HOY_TOP/tests/workers.py" "$HOY" "$HOY_ROOT" "$HOY_TOKEN" "$BATS_TEST_TMPDIR" "$@" 3>&-
}

bundles() {
    bundle_new true
    mv "$BUNDLE" "$BATS_TEST_TMPDIR/bundle0"
    bundle_new sleep 1000
    mv "$BUNDLE" "$BATS_TEST_TMPDIR/bundle1"
}

left() {
    local n
    for n in 0 1 2 3; do
        hoy delete --force "$HOY_TOKEN-$n"
    done
    [[ -z $(ls -A "$HOY_ROOT") ]] || { ls -lA "$HOY_ROOT" >&2; return 1; }
    [[ -z $(compgen -G "/sys/fs/cgroup/*$HOY_TOKEN*") ]]
}

@test "eight workers on four names" {
    bundles
    run workers 20 8 4
    echo "$output"
    succeeded
    left
}

@test "four workers on one name" {
    bundles
    run workers 6 4 1
    echo "$output"
    succeeded
    left
}

@test "twenty creates of one name at once: exactly one wins, and it is whole" {
    bundle_new sleep 1000
    local i won
    for _ in 1 2 3 4 5; do
        local pids=()
        for ((i = 0; i < 20; i++)); do
            hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/err.$i" &
            pids+=($!)
        done
        won=0
        for ((i = 0; i < 20; i++)); do
            if wait "${pids[i]}"; then
                won=$((won + 1))
            else
                [[ $(<"$BATS_TEST_TMPDIR/err.$i") == "hoy: container with ID \"$ID\" exists already" ]]
            fi
        done
        [[ $won == 1 && $(status_of) == created ]]
        hoy delete "$ID"
    done
}

@test "twenty deletes of one name at once: none hangs, and it is gone" {
    bundle_new sleep 1000
    local i pids=()
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    for ((i = 0; i < 20; i++)); do
        timeout 20 "$HOY" --root "$HOY_ROOT" delete --force "$ID" 2>"$BATS_TEST_TMPDIR/err.$i" 3>&- &
        pids+=($!)
    done
    for ((i = 0; i < 20; i++)); do
        wait "${pids[i]}" || { cat "$BATS_TEST_TMPDIR/err.$i" >&2; false; }
        [[ ! -s $BATS_TEST_TMPDIR/err.$i ]]
    done
    [[ ! -e $HOY_ROOT/$ID ]]
}

@test "list and state while containers come and go say nothing wrong" {
    bundle_new true
    local i
    (
        for ((i = 0; i < 150; i++)); do
            "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&- || exit 1
        done
    ) &
    local pid=$! said
    while kill -0 $pid 2>/dev/null; do
        said=$(hoy list -q 2>&1) || { echo "list: $said" >&2; false; }
        [[ -z $said || $said == "$ID" ]] || { echo "list: $said" >&2; false; }
        said=$(hoy state "$ID" 2>&1) || [[ $said == "hoy: container \"$ID\" does not exist" ]] ||
            { echo "state: $said" >&2; false; }
    done
    wait $pid
}
