#!/usr/bin/env bats
# Long runs: what happens once in a thousand times. `./check --long` takes the full length, which is
# ten thousand containers and five minutes.
#
#   LONG_CONTAINERS   (default: 2000)
#   LONG_SECONDS      (default: 30)

load helpers

export BATS_TEST_TIMEOUT=$((${LONG_SECONDS:-30} + ${LONG_CONTAINERS:-2000} / 10 + 120))

@test "the exit status of thousands of processes that live for a millisecond is right" {
    bundle_new sh -c 'usleep 1000; exit STATUS'
    run python3 "$HOY_TOP/tests/millisecond.py" "$HOY" "$HOY_ROOT" "$ID" "$BUNDLE" \
        "${LONG_CONTAINERS:-2000}" 4 3>&-
    succeeded
    [[ -z $(ls -A "$HOY_ROOT") ]]
}

@test "sixty-four workers on eight names" {
    bundle_new true
    mv "$BUNDLE" "$BATS_TEST_TMPDIR/bundle0"
    bundle_new sleep 1000
    mv "$BUNDLE" "$BATS_TEST_TMPDIR/bundle1"
    run python3 "$HOY_TOP/tests/workers.py" "$HOY" "$HOY_ROOT" "$HOY_TOKEN" "$BATS_TEST_TMPDIR" \
        "${LONG_SECONDS:-30}" 64 8 3>&-
    echo "$output"
    succeeded
    local n
    for ((n = 0; n < 8; n++)); do
        hoy delete --force "$HOY_TOKEN-$n"
    done
    [[ -z $(ls -A "$HOY_ROOT") ]] || { ls -lA "$HOY_ROOT" >&2; false; }
    [[ -z $(compgen -G "/sys/fs/cgroup/*$HOY_TOKEN*") ]]
}
