#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# What a service manager passes: NOTIFY_SOCKET (sd_notify(3)) and LISTEN_FDS (sd_listen_fds(3)).
# tests/notify.py plays the manager; tests/data/notify.c is the container's sd_notify.

load helpers

setup_file() {
    musl-gcc -O1 -static -o "$BATS_FILE_TMPDIR/notify" "$HOY_TOP/tests/data/notify.c"
}

setup() {
    # Short: a socket's path may have 107 bytes.
    SOCKET=$TMPDIR/$BATS_TEST_NUMBER.sock
    LOG=$BATS_TEST_TMPDIR/log
    : >"$LOG"
}

teardown() {
    containers_remove
    rm -f "$SOCKET"
}

notify_bundle() {
    bundle_new
    cp "$BATS_FILE_TMPDIR/notify" "$BUNDLE/rootfs/bin/notify"
    script "$1"
    cfg '.root.readonly = false'
}

# managed COMMAND…: hoy with the manager's socket. As `run`, which would wait for the container to
# close its output.
managed() {
    status=0
    rm -f "$SOCKET"
    python3 "$HOY_TOP/tests/notify.py" "$SOCKET" "$LOG" "$HOY" --root "$HOY_ROOT" "$@" \
        >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || status=$?
    output=$(<"$BATS_TEST_TMPDIR/out")
}

# start_behind: a start that waits, in the background; its manager is MANAGER.
start_behind() {
    rm "$SOCKET"
    python3 "$HOY_TOP/tests/notify.py" "$SOCKET" "$LOG" "$HOY" --root "$HOY_ROOT" start "$ID" 3>&- &
    MANAGER=$!
    wait_status running
}

logged_is() {
    [[ $(<"$LOG") == "$1" ]] || { printf 'expected: %s\nbut it is: %s\n' "$1" "$(<"$LOG")" >&2; return 1; }
}

# ---- In the foreground ---------------------------------------------------------------------------

@test "run: what the container says reaches the manager, to its last word" {
    notify_bundle 'notify STATUS=setting-out; notify READY=1 STATUS=at-sea; notify WATCHDOG=1; notify STOPPING=1 ERRNO=5'
    managed run -b "$BUNDLE" "$ID"
    succeeded
    is ''
    logged_is $'STATUS=setting-out\nREADY=1 STATUS=at-sea\nWATCHDOG=1\nSTOPPING=1 ERRNO=5'
}

@test "run: an abstract socket" {
    notify_bundle 'notify READY=1'
    SOCKET=@$HOY_TOKEN-$BATS_TEST_NUMBER
    managed run -b "$BUNDLE" "$ID"
    succeeded
    logged_is READY=1
}

@test "run: with a terminal" {
    notify_bundle 'notify READY=1; tty'
    cfg '.process.terminal = true'
    managed run -b "$BUNDLE" "$ID"
    succeeded
    has /dev/pts/0
    logged_is READY=1
}

@test "a container can't name another main process, let others speak or store descriptors" {
    notify_bundle 'notify MAINPID=1 READY=1 NOTIFYACCESS=all; notify FDSTORE=1 FDNAME=x; notify MAINPID=1; notify "XREADY=1"; notify "STATUS=a=b" "" "nonsense"'
    managed run -b "$BUNDLE" "$ID"
    succeeded
    logged_is $'READY=1\nSTATUS=a=b'
}

@test "a message that is too long is dropped, the next one passes" {
    notify_bundle 'notify "STATUS=$(head -c 5000 /dev/zero | tr "\0" x)"; notify READY=1'
    managed run -b "$BUNDLE" "$ID"
    succeeded
    logged_is READY=1
}

@test "a barrier is answered" {
    notify_bundle 'notify STATUS=one; notify --barrier; echo $?'
    managed run -b "$BUNDLE" "$ID"
    succeeded
    is 0
    logged_is STATUS=one
}

@test "signals reach a container that sends without end" {
    notify_bundle 'trap "exit 7" TERM; echo up; while :; do notify STATUS=x; done & while :; do sleep 0.1; done'
    python3 "$HOY_TOP/tests/notify.py" "$SOCKET" "$LOG" "$HOY" --root "$HOY_ROOT" \
        run -b "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" >"$BATS_TEST_TMPDIR/out" 3>&- &
    local manager=$!
    wait_until 10 file_has "$BATS_TEST_TMPDIR/out" up
    pkill -TERM -P "$manager"
    status=0
    wait "$manager" || status=$?
    [[ $status == 7 ]]
}

# ---- Detached: until it is ready -----------------------------------------------------------------

@test "run --detach returns when the container is ready, and names its process" {
    notify_bundle 'notify STATUS=early; sleep 0.5; touch /done; notify READY=1 STATUS=ready; exec sleep 1000'
    managed run -d -b "$BUNDLE" "$ID"
    succeeded
    [[ -e $BUNDLE/rootfs/done && $(status_of) == running ]]
    logged_is "STATUS=early
READY=1 STATUS=ready MAINPID=$(pid_of)
barrier"
}

@test "start returns when the container is ready, and create doesn't wait" {
    notify_bundle 'sleep 0.5; touch /done; notify READY=1; exec sleep 1000'
    managed create -b "$BUNDLE" "$ID"
    succeeded
    logged_is ''
    managed start "$ID"
    succeeded
    [[ -e $BUNDLE/rootfs/done && $(status_of) == running ]]
    logged_is "READY=1 MAINPID=$(pid_of)
barrier"
    hoy delete --force "$ID"
    [[ ! -e $HOY_ROOT/$ID ]]
}

@test "start returns when the container ends without being ready" {
    notify_bundle 'notify STATUS=lost; exit 3'
    managed create -b "$BUNDLE" "$ID"
    succeeded
    managed start "$ID"
    succeeded
    wait_status stopped
    logged_is STATUS=lost
}

@test "other commands work while start waits" {
    notify_bundle 'until [ -e /go ]; do sleep 0.05; done; notify READY=1; exec sleep 1000'
    managed create -b "$BUNDLE" "$ID"
    start_behind
    # A second start must not take the socket away.
    run env NOTIFY_SOCKET="$SOCKET" "$HOY" --root "$HOY_ROOT" start "$ID"
    failed_with 'only a created one can be started'
    hoy exec "$ID" touch /go
    wait "$MANAGER"
    file_has "$LOG" READY=1
}

@test "start ends when the container is deleted by force meanwhile" {
    notify_bundle 'sleep 1000'
    managed create -b "$BUNDLE" "$ID"
    start_behind
    hoy delete --force "$ID"
    wait "$MANAGER"
    [[ ! -e $HOY_ROOT/$ID ]]
}

@test "start without a manager doesn't wait" {
    notify_bundle 'exec sleep 1000'
    managed create -b "$BUNDLE" "$ID"
    run timeout 20 "$HOY" --root "$HOY_ROOT" start "$ID"
    succeeded
}

@test "a failure leaves nothing of it behind" {
    notify_bundle true
    args no-such-program
    local verb
    for verb in run create; do
        managed "$verb" -b "$BUNDLE" "$ID"
        failed_with 'executable file not found in $PATH'
        [[ -z $(ls -A "$HOY_ROOT") ]]
    done
    logged_is ''
}

# ---- What the container sees ---------------------------------------------------------------------

@test "any user may write to the socket, and nobody into its directory" {
    notify_bundle 'notify READY=1; touch /run/notify/x 2>/dev/null || echo refused; echo $NOTIFY_SOCKET; grep " /run/notify " /proc/self/mounts | cut -d " " -f 4 | cut -d , -f 1-4'
    cfg '.process.user = {uid: 1000, gid: 1000}'
    managed run -b "$BUNDLE" "$ID"
    succeeded
    is $'refused\n/run/notify/notify.sock\nro,nosuid,nodev,noexec'
    logged_is READY=1
    : >"$LOG"
    cfg '.process.user = {uid: 0, gid: 0}'
    managed run -b "$BUNDLE" "$ID"
    has refused
    logged_is READY=1
}

@test "in a user namespace, and behind a tmpfs on /run" {
    notify_bundle 'notify READY=1'
    cfg '.linux.namespaces += [{type: "user"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]
        | .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs"}]'
    chown -R 100000:200000 "$BUNDLE/rootfs"
    chmod 755 "$BUNDLE" "$BATS_TEST_TMPDIR"
    managed run -b "$BUNDLE" "$ID"
    succeeded
    logged_is READY=1
}

@test "an engine that has its own socket keeps it" {
    notify_bundle 'echo $NOTIFY_SOCKET; ls /run'
    cfg '.process.env += ["NOTIFY_SOCKET=/elsewhere"]'
    managed run -b "$BUNDLE" "$ID"
    succeeded
    is /elsewhere
    # Nor does anybody wait.
    managed run -d -b "$BUNDLE" "$ID"
    succeeded
}

@test "exec sees the socket too, and doesn't wait" {
    notify_bundle 'notify READY=1; exec sleep 1000'
    managed run -d -b "$BUNDLE" "$ID"
    managed exec "$ID" sh -c 'echo $NOTIFY_SOCKET'
    succeeded
    is /run/notify/notify.sock
}

# ---- Managers that are not there -----------------------------------------------------------------

@test "without a manager there is neither variable nor mount" {
    notify_bundle 'echo ${NOTIFY_SOCKET-none}; ls /run'
    container_run
    succeeded
    is none
}

@test "a manager that can't be had is a warning, and the container runs" {
    notify_bundle 'echo ${NOTIFY_SOCKET-none}'
    local socket
    for socket in "/none/x:no such file or directory" "relative:invalid argument" \
        "/$(printf 'x%.0s' {1..120}):file name too long" "vsock/2:invalid argument"; do
        run env NOTIFY_SOCKET="${socket%:*}" "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID"
        succeeded
        has "NOTIFY_SOCKET: connect to ${socket%:*}: ${socket##*:}: the container runs without it"
        has none
    done
    run env NOTIFY_SOCKET= "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID"
    succeeded
    is none
}

@test "hoy plan shows the mount" {
    notify_bundle true
    run env NOTIFY_SOCKET=/x "$HOY" plan -b "$BUNDLE"
    succeeded
    has 'bind /run/hoy/ID/notify on /run/notify (ro, nosuid, nodev, noexec)'
}

# ---- Sockets -------------------------------------------------------------------------------------

# listening COMMAND…: with two listening sockets at 3 and 4, as systemd would start it.
listening() {
    run python3 - "$@" <<'PY' 3>&-
import os, socket, sys
a, b = socket.socket(), socket.socket(socket.AF_UNIX)
os.dup2(a.fileno(), 10), os.dup2(b.fileno(), 11)
os.dup2(10, 3), os.dup2(11, 4)
os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="web:local")
os.execvp(sys.argv[1], sys.argv[1:])
PY
}

seen='echo $LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES; ls /proc/self/fd | wc -l; for f in 3 4; do readlink /proc/self/fd/$f | cut -d : -f 1; done'

@test "sockets reach the container's first process, with their names" {
    bundle_new
    script "$seen"
    listening "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID"
    succeeded
    # 0, 1, 2, the two, and that of ls.
    is $'2 1 web:local\n6\nsocket\nsocket'
    local output_run=$output
    script "{ $seen; } | tee /out"
    cfg '.root.readonly = false'
    listening sh -c 'exec "$@" >/dev/null 2>&1' sh "$HOY" --root "$HOY_ROOT" create -b "$BUNDLE" "$ID"
    succeeded
    hoy start "$ID"
    wait_status stopped
    diff "$BUNDLE/rootfs/out" - <<<"$output_run"
}

@test "sockets for another process are none" {
    bundle_new
    script 'echo ${LISTEN_FDS-none}'
    run env LISTEN_FDS=1 LISTEN_PID=1 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID"
    succeeded
    is none
}

@test "sockets that are not there are an error" {
    bundle_new true
    run bash -c 'exec 3>&-; LISTEN_FDS=x LISTEN_PID=$$ exec "$@"' bash \
        "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID"
    failed_with 'LISTEN_FDS: must be a number from 0 to 1000, got "x"'
    run bash -c 'exec 3>&-; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' bash \
        "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID"
    failed_with 'LISTEN_FDS=1: descriptor 3 is not open'
}
