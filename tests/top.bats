#!/usr/bin/env bats
# lane: uml
# top: its lines, its JSON, and its screen in a terminal (tmux).

load helpers

SCREEN_ENV=(env)

setup() {
    require_controller cpu
    require_controller memory
    require_tool tmux
}

teardown() {
    [[ -z ${SCREEN:-} ]] || tmux -S "$SCREEN" kill-server 2>/dev/null || true
    containers_remove
}

# up NAME RESOURCES [SCRIPT]
up() {
    bundle_new
    ID=$HOY_TOKEN-$1
    script "${3:-sleep 1000}"
    cfg ".linux.resources = $2"
    container_up
}

# screen COLUMNS LINES ARGUMENT…: hoy top in a terminal of this size.
screen() {
    local columns=$1 lines=$2
    SCREEN=$BATS_TEST_TMPDIR/tmux
    shift 2
    # shellcheck disable=SC2016 # expanded in the terminal
    env -u TMUX TERM=xterm-256color LC_ALL=C.UTF-8 tmux -S "$SCREEN" -f /dev/null new-session -d -x "$columns" \
        -y "$lines" "${SCREEN_ENV[@]}" sh -c '"$@"; echo "ended $?"; exec sleep 1000' - \
        "$HOY" --root "$HOY_ROOT" top --interval 200ms "$@" 3>&-
}

shot() {
    tmux -S "$SCREEN" capture-pane -p "$@"
}

keys() {
    tmux -S "$SCREEN" send-keys "$@"
}

# shows TEXT, hides TEXT, matches PATTERN: the screen does, now or soon.
shows() { wait_until 10 screen_has "$1" || { shot >&2; return 1; }; }
hides() { wait_until 10 screen_lacks "$1" || { shot >&2; return 1; }; }
matches() { wait_until 10 screen_matches "$1" || { shot >&2; return 1; }; }
screen_has() { [[ $(shot) == *"$1"* ]]; }
screen_lacks() { [[ $(shot) != *"$1"* ]]; }
screen_matches() { [[ $(shot) =~ $1 ]]; }

@test "lines: the machine, and what the containers were promised" {
    up a '{cpu: {shares: 1024, quota: 30000, period: 100000}, memory: {limit: 67108864, reservation: 16777216}}'
    up b '{cpu: {shares: 512}, memory: {limit: 33554432}}'
    up c '{cpu: {shares: 1024}}'
    run hoy top --no-stream
    succeeded
    [[ $output =~ "0.30 asked for ("[0-9]+"%), 2 without limit; weights 259" ]]
    [[ $output =~ "96.0MiB promised ("[0-9]+"%), 16.0MiB reserved, 1 without limit" ]]
    [[ $output =~ $HOY_TOKEN-a\ +running\ +[0-9.]+%\ +0.30\ +100\ \(39%\)\ +[0-9.]+KiB\ +64.0MiB ]]
    [[ $output =~ $HOY_TOKEN-b\ +running\ +[0-9.]+%\ +-\ +59\ \(23%\)\ +[0-9.]+KiB\ +32.0MiB ]]
    [[ $output =~ $HOY_TOKEN-c\ +running\ +[0-9.]+%\ +-\ +100\ \(39%\)\ +[0-9.]+KiB\ +max ]]
    # Named ones alone.
    run hoy top --no-stream "$HOY_TOKEN-b"
    succeeded
    has_not "$HOY_TOKEN-a"
    run hoy top --no-stream no-such
    failed_with '"no-such" does not exist'
}

@test "JSON: figures of the machine and of each container" {
    up a '{cpu: {quota: 20000, period: 100000}, memory: {limit: 67108864}}' 'while :; do :; done'
    run --separate-stderr hoy top --no-stream --interval 2s --format json
    succeeded
    jq -e '.host | .cpus >= 1 and .cpuPercent > 10 and .cpusAsked == 0.2 and .memory > .memoryAvailable and
        .memoryPromised == 67108864 and .memoryUnlimited == 0 and .overcommitPercent > 0' <<<"$output"
    jq -e '.containers | length == 1' <<<"$output"
    jq -e '.containers[0] | .cpuPercent > 15 and .cpuPercent < 25 and .throttledPercent > 50 and .cpus == 0.2 and
        .weight == 100 and .memoryLimit == 67108864 and .status == "running"' <<<"$output"
}

@test "what was reclaimed is told" {
    cache_up
    hoy reclaim "$ID" 8m
    run hoy top --no-stream --format json
    jq -e '.containers[0].reclaimed >= 4194304 and .host.reclaimed == .containers[0].reclaimed' <<<"$output"
    hoy delete --force "$ID"
    disk_end
}

@test "an idle container has no weight" {
    up a '{cpu: {idle: 1}}'
    up b '{cpu: {shares: 1024}}'
    run hoy top --no-stream --format json
    jq -e '.host.weights == 100 and .containers[0].weight == 0' <<<"$output"
}

@test "screen: everything is on it, and q ends it" {
    up a '{cpu: {quota: 30000, period: 100000}, memory: {limit: 67108864}}' 'while :; do :; done'
    up b '{memory: {limit: 33554432}}'
    screen 150 24
    shows 'hoy top   2 containers'
    shows '0.30 asked for'
    shows '96.0M promised'
    matches "$HOY_TOKEN-a +running +(2[0-9]|3[0-9])% .* 0.30 "
    matches "$HOY_TOKEN-b +running +0.0% "
    shows 'PRESSURE'
    hoy pause "$HOY_TOKEN-b"
    matches "$HOY_TOKEN-b +paused"
    hoy delete --force "$HOY_TOKEN-b"
    matches 'hoy top   1 container[^s]'
    keys q
    shows 'ended 0'
    # The terminal has what it had before.
    hides 'hoy top'
}

@test "screen: order, help, hold" {
    up a '{memory: {limit: 67108864}}' 'while :; do :; done'
    up b '{memory: {limit: 33554432}}' 'x=$(head -c 1000000 /dev/zero | tr "\0" x); while :; do sleep 1; done'
    screen 100 24
    matches "CPUv.*$HOY_TOKEN-a .*$HOY_TOKEN-b "
    keys m
    matches "MEMORYv.*$HOY_TOKEN-b .*$HOY_TOKEN-a "
    keys r
    matches "MEMORY\^.*$HOY_TOKEN-a .*$HOY_TOKEN-b "
    keys i
    matches "IDv.*$HOY_TOKEN-a .*$HOY_TOKEN-b "
    keys Right Right
    matches "CPUv.*$HOY_TOKEN-a .*$HOY_TOKEN-b "
    keys '?'
    shows 'any key closes this'
    keys x
    hides 'any key closes this'
    keys Space
    shows '  held'
    hoy delete --force "$HOY_TOKEN-b"
    shows "$HOY_TOKEN-b"
    keys Space
    hides "$HOY_TOKEN-b"
    keys C-c
    wait_until 10 screen_lacks "$HOY_TOKEN-a"
}

@test "screen: a small window, many containers, another size" {
    local n
    for n in 1 2 3 4 5 6; do
        up "$n" '{memory: {limit: 33554432}}'
    done
    screen 70 10
    keys i
    shows '1-3 of 6'
    matches "$HOY_TOKEN-1.*$HOY_TOKEN-3"
    hides 'PRESSURE'
    keys Down
    shows '2-4 of 6'
    hides "$HOY_TOKEN-1"
    keys End
    shows '4-6 of 6'
    keys Home
    shows '1-3 of 6'
    # No line is longer than the window.
    shot | awk 'length > 70 { exit 1 }'
    [[ $(shot | sed -n 3p) == ' MEM'* ]]
    tmux -S "$SCREEN" resize-window -x 140 -y 30
    shows '1-6 of 6'
    shows 'PRESSURE'
    tmux -S "$SCREEN" resize-window -x 20 -y 4
    shows 'hoy top'
    tmux -S "$SCREEN" resize-window -x 100 -y 20
    shows '1-6 of 6'
}

@test "screen: colours are the terminal's, and NO_COLOR is heard" {
    up a '{memory: {limit: 67108864}}' 'while :; do :; done'
    screen 100 20
    matches "$HOY_TOKEN-a"
    [[ $(shot -e) == *$'\e[31m'* || $(shot -e) == *$'\e[32m'* || $(shot -e) == *$'\e[33m'* ]]
    tmux -S "$SCREEN" kill-server
    SCREEN_ENV=(env NO_COLOR=1)
    screen 100 20
    matches "$HOY_TOKEN-a"
    [[ $(shot -e) != *$'\e[3'[0-7]m* ]]
}

@test "screen: a terminal that can't, and a pipe" {
    up a '{memory: {limit: 67108864}}'
    SCREEN_ENV=(env TERM=dumb)
    screen 100 20
    shows 'CPU       '
    tmux -S "$SCREEN" kill-server
    SCREEN_ENV=(env TERM=no-such-terminal)
    screen 100 20
    shows 'hoy-top failed'
    shows 'ended 1'
    run timeout -s INT 2 "$HOY" --root "$HOY_ROOT" top --interval 300ms 3>&-
    has 'RECLAIMED'
    has "$HOY_TOKEN-a"
}

@test "screen: lines where the program that draws it is not installed" {
    up a '{memory: {limit: 67108864}}'
    cp "$HOY" "$BATS_TEST_TMPDIR/hoy"
    HOY=$BATS_TEST_TMPDIR/hoy screen 100 20
    shows 'RECLAIMED'
    shows "$HOY_TOKEN-a"
}

@test "screen: with an error nothing is drawn" {
    screen 100 20 no-such
    shows 'container "no-such" does not exist'
    shows 'ended 1'
}
