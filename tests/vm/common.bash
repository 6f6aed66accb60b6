# shellcheck shell=bash
# What tests/vm/uml and tests/vm/qemu share, which set `lane` to their name and source this: the
# arguments, what the machine is told, and how its output and exit status come back.
#
#     lane_begin ARGUMENT…    makes $work, a directory with `job` for the machine, and sets traps
#     …                       the lane starts the machine: its own child, with the number in $machine
#     lane_follow SECONDS     shows the output as it comes, and exits as the command did
#
# The lane defines machine_end, which ends whatever runs of the machine, and may define machine_logs,
# which shows more than the console ($work/console) when the machine failed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$(dirname "$here")")
no_machine=125
work="" machine="" reader=""

die() { echo "tests/vm/${lane:?}: $*" >&2; exit "$no_machine"; }

usage() {
    echo "usage: tests/vm/$lane FILE.bats… | tests/vm/$lane --shell 'COMMAND'" >&2
    exit 2
}

tools_need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || die "$tool is missing; ./check installs what the tests need"
    done
}

# Sets what the machine runs (command), and the directories it must see whatever is in its /tmp and /run
# (visible).
lane_arguments() {
    local file
    command=()
    visible=("$top" "$PWD")
    case ${1:-} in
        --shell)
            [[ $# == 2 ]] || usage
            command=(bash -c "$2") ;;
        "" | -*) usage ;;
        *)
            command=("$top/tests/run")
            for file in "$@"; do
                [[ -f $file ]] || { echo "tests/vm/$lane: $file is not there" >&2; exit 2; }
                file=$(realpath "$file")
                command+=("$file")
                visible+=("$(dirname "$file")")
            done ;;
    esac
    export HOY=${HOY:-$top/build/hoy} HOY_FAULTS_BIN=${HOY_FAULTS_BIN-$top/build-faults/hoy}
    HOY=$(realpath -m "$HOY")
    visible+=("$(dirname "$HOY")")
    if [[ -n $HOY_FAULTS_BIN ]]; then
        HOY_FAULTS_BIN=$(realpath -m "$HOY_FAULTS_BIN")
        visible+=("$(dirname "$HOY_FAULTS_BIN")")
    fi
}

reader_end() {
    if [[ -n $reader ]]; then
        kill -TERM "$reader" 2>/dev/null || true
        wait "$reader" 2>/dev/null || true
    fi
    reader=""
}

# shellcheck disable=SC2317 # called by the trap
lane_clean() {
    reader_end
    machine_end
    [[ -z $work ]] || rm -rf --one-file-system "$work"
}

# lane_begin ARGUMENT…: the machine's job, a file that its first process sources, and the directory
# `result`, in which `output` and `status` appear.
lane_begin() {
    local name
    lane_arguments "$@"
    [[ $(id -u) == 0 ]] || die "the machine must read every file of this one: this needs root"
    trap lane_clean EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    work=$(mktemp -d "/tmp/hoy-$lane.XXXXXX")
    mkdir "$work/result"
    : >"$work/result/output"
    : >"$work/result/status"
    {
        for name in HOY HOY_FAULTS_BIN HOY_FILTER BATS_TEST_TIMEOUT; do
            [[ -z ${!name+set} ]] || printf 'export %s=%q\n' "$name" "${!name}"
        done
        printf 'systemd=%q\n' "${LANE_SYSTEMD:-0}"
        printf 'visible=('
        printf ' %q' "${visible[@]}"
        printf ' )\ncommand=('
        printf ' %q' "${command[@]}"
        printf ' )\ncd_to=%q\n' "$PWD"
    } >"$work/job"
}

machine_logs() { :; }

# lane_follow SECONDS: the reader is in the background, so that a signal is handled at once; bash reaps
# the machine meanwhile.
lane_follow() {
    local limit=$1 status=0 fault=""
    timeout --foreground "$limit" tail -c +1 -f -s 0.1 --pid="$machine" "$work/result/output" &
    reader=$!
    wait "$reader" || status=$?
    reader=""
    if [[ $status == 124 ]]; then
        fault="the machine was ended after $limit seconds"
        machine_end
    elif [[ ! -s $work/result/status ]]; then
        fault="the machine ended before its command"
    fi
    if [[ -n $fault ]]; then
        echo "tests/vm/$lane: $fault; its console:" >&2
        cat "$work/console" >&2
        machine_logs >&2
        exit "$no_machine"
    fi
    exit "$(<"$work/result/status")"
}
