#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# Terminals: in the foreground, through --console-socket, for exec; and --pidfd-socket.
# tests/terminal.py plays the user and the engine.

load helpers

setup() {
    H=("$HOY" --root "$HOY_ROOT")
    # Short: a socket's path may have 107 bytes.
    SOCKET=$TMPDIR/$BATS_TEST_NUMBER.sock
}

teardown() {
    containers_remove
    rm -f "$SOCKET"
}

# tty MODE [STEP…] -- COMMAND…: as tests/terminal.py.
tty() {
    run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@" 3>&-
}

# A bundle with a terminal, whose process is a shell that executes the text.
terminal_bundle() {
    bundle_new
    script "$1"
    cfg '.process.terminal = true'
}

# A bundle without a terminal that stays until it is killed.
idle_bundle() {
    bundle_new
    script 'trap "exit 0" TERM; echo up; while :; do sleep 1000 & wait || :; done'
}

status_was() {
    [[ $status == "$1" ]] || { echo "exit status $status, not $1: $output" >&2; return 1; }
}

random_file() {
    head -c "$2" /dev/urandom >"$1"
}

# ---- In the foreground ---------------------------------------------------------------------------

# verifies: config process.terminal
@test "the process has a terminal of its own on all three streams" {
    terminal_bundle 'tty; for fd in 0 1 2; do [ -t $fd ]; readlink /proc/self/fd/$fd; done'
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    is $'/dev/pts/0\n/dev/pts/0\n/dev/pts/0\n/dev/pts/0'
}

@test "without one it has none" {
    bundle_new
    script 'for fd in 0 1 2; do [ ! -t $fd ]; done; ! (: <>/dev/tty) 2>&-'
    container_run
    succeeded
}

@test "the size is right at the first read" {
    terminal_bundle 'stty size'
    for _ in 1 2 3 4 5; do
        tty run size=113x37 -- "${H[@]}" run -b "$BUNDLE" "$ID"
        succeeded
        is '37 113'
    done
}

# verifies: config process.consoleSize, config process.consoleSize.height, config process.consoleSize.width
@test "consoleSize is the size at the first read" {
    terminal_bundle 'stty size'
    cfg '.process.consoleSize = {width: 71, height: 19}'
    tty console "$SOCKET" -- "${H[@]}" run -d -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    succeeded
    is '19 71'
    hoy delete --force "$ID"
    tty pipes -- "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    is '19 71'
}

@test "consoleSize is ignored without a terminal" {
    bundle_new echo well
    cfg '.process.consoleSize = {width: 71, height: 19}'
    container_run
    succeeded
    is well
}

@test "a resize is seen inside" {
    terminal_bundle 'trap "stty size" WINCH; stty size; while :; do sleep 1000 & wait || :; done'
    tty run size=80x24 'expect=24 80' size=120x50 'expect=50 120' size=10x7 'expect=7 10' \
        "do=$HOY --root $HOY_ROOT kill $ID KILL" -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 137
}

@test "the caller's terminal is raw meanwhile, and as it was after a normal end" {
    terminal_bundle 'echo up; read -r line; echo "got $line"; exit 3'
    tty run expect=up raw 'send=hello\r' 'expect=got hello' -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 3
}

@test "the caller's terminal is as it was after the process was killed" {
    terminal_bundle 'echo up; while :; do sleep 1000; done'
    tty run expect=up raw "do=$HOY --root $HOY_ROOT kill $ID KILL" -- \
        "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 137
}

@test "the caller's terminal is as it was after SIGTERM of hoy" {
    terminal_bundle 'trap "echo bye; exit 9" TERM; echo up; while :; do sleep 1000 & wait || :; done'
    tty run expect=up raw signal=TERM expect=bye -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 9
}

@test "the caller's terminal is as it was after a start that failed" {
    terminal_bundle true
    args no-such-program
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 1
    has 'executable file not found in $PATH'
    # An error behind the terminal's making.
    cfg '.process.args = ["true"] | .process.cwd = "/etc/passwd"'
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 1
    cfg '.process.cwd = "/" | .hooks.poststart = [{path: "/bin/false"}]'
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 1
}

@test "in the background the caller's terminal stays as it is" {
    terminal_bundle 'echo up; while [ ! -e /go ]; do sleep 0.02; done; echo after'
    tty run expect=up cooked "do=touch $BUNDLE/rootfs/go" expect=after -- \
        bash -c 'set -m; "$@" & wait $!' bash "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
}

@test "every operation that fails leaves the caller's terminal as it was" {
    require_faults
    terminal_bundle true
    local n ops
    ops=$(hoy plan -b "$BUNDLE" | grep -c '^ *[0-9]')
    [[ $ops -gt 20 ]]
    for ((n = 1; n <= ops; n++)); do
        HOY_FAIL_OP=$n tty run -- "$HOY_FAULTS_BIN" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID"
        [[ $status != 97 && $status != 98 ]] || { echo "$n: $output" >&2; return 1; }
        [[ -z $(ls "$HOY_ROOT") ]]
    done
}

@test "everything arrives as it is, both ways, under load" {
    terminal_bundle 'stty raw -echo; printf ready; exec cat'
    random_file "$BUNDLE/sent" 4000000
    tty run expect=ready raw "feed=$BUNDLE/sent" "save=4000000:$BUNDLE/came" \
        "do=$HOY --root $HOY_ROOT kill $ID KILL" -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 137
    cmp "$BUNDLE/sent" "$BUNDLE/came"
}

@test "everything arrives as it is though nobody reads until all is full" {
    terminal_bundle 'stty raw -echo; printf ready; exec cat'
    random_file "$BUNDLE/sent" 1000000
    tty run expect=ready raw "choke=$BUNDLE/sent" "save=1000000:$BUNDLE/came" \
        "do=$HOY --root $HOY_ROOT kill $ID KILL" -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 137
    cmp "$BUNDLE/sent" "$BUNDLE/came"
    tty pipes expect=ready "choke=$BUNDLE/sent" "save=1000000:$BUNDLE/came" \
        "do=$HOY --root $HOY_ROOT kill $ID KILL" -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 137
    cmp "$BUNDLE/sent" "$BUNDLE/came"
}

@test "what was written last arrives though the process has ended" {
    terminal_bundle 'stty raw; head -c 50000 /dev/zero | tr "\0" x; echo; echo end'
    for _ in 1 2 3 4 5; do
        tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
        succeeded
        [[ ${#output} == 50004 && $output == *$'\nend' ]]
    done
}

@test "Ctrl-C and Ctrl-Z reach the process and not hoy" {
    terminal_bundle 'trap "echo caught; exit 7" INT; trap "echo stopped" TSTP; echo up
        while :; do sleep 1000 & wait || :; done'
    tty run expect=up raw 'send=\x1a' expect=stopped 'send=\x03' expect=caught -- \
        "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 7
}

@test "standard input at its end leaves the container as it is" {
    terminal_bundle 'echo up; while [ ! -e /go ]; do sleep 0.02; done; echo after'
    tty pipes expect=up eof "do=touch $BUNDLE/rootfs/go" expect=after -- \
        "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    rm "$BUNDLE/rootfs/go"
    touch "$BUNDLE/rootfs/go"
    run hoy run -b "$BUNDLE" "$ID" </dev/null
    succeeded
    is $'up\r\nafter\r'
}

@test "the streams of the caller need not be terminals" {
    terminal_bundle 'stty -echo; echo up; read -r line; echo "got $line"'
    tty pipes expect=up 'send=hello\n' 'expect=got hello' eof -- "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
}

@test "a reader that goes away does not end the container, nor does it hear of it" {
    terminal_bundle 'trap "touch /piped" PIPE; echo up; while [ ! -e /go ]; do echo line; done; touch /done'
    cfg '.root.readonly = false'
    run timeout -s KILL 20 bash -c 'trap "" PIPE; "$@" </dev/null | { head -n 1; exec <&-; touch "$0/rootfs/go"; }
        exit "${PIPESTATUS[0]}"' "$BUNDLE" "${H[@]}" run -b "$BUNDLE" "$ID" 3>&-
    succeeded
    [[ -e $BUNDLE/rootfs/done && ! -e $BUNDLE/rootfs/piped ]]
}

# ---- What it looks like inside ---------------------------------------------------------------------

@test "/dev/console is the terminal" {
    terminal_bundle '[ /dev/console -ef /dev/pts/0 ]; echo through >/dev/console; stty size </dev/console
        grep -c " /dev/console " /proc/self/mountinfo'
    tty run size=44x22 -- "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    is $'through\n22 44\n1'
}

@test "there is no /dev/console without a terminal" {
    bundle_new
    script '[ ! -e /dev/console ]'
    container_run
    succeeded
}

@test "/dev/tty is the terminal" {
    terminal_bundle 'echo through >/dev/tty; stty size </dev/tty; cut -d " " -f 6,7 /proc/1/stat'
    tty run size=44x22 -- "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    is $'through\n22 44\n1 34816' # a session of its own; 136:0
}

@test "the terminal belongs to the process' user" {
    terminal_bundle 'stat -c "%a %u %g" /dev/console /dev/pts/0; : <>/dev/console; : <>/dev/tty'
    cfg '.process.user = {uid: 1000, gid: 1000}'
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    is $'620 1000 5\n620 1000 5'
}

@test "the terminal belongs to the process' user in a user namespace" {
    terminal_bundle 'stat -c "%a %u %g" /dev/console; : <>/dev/console; tty'
    cfg '.process.user = {uid: 1000, gid: 1000} | .linux.namespaces += [{type: "user"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings'
    chown -R 100000:100000 "$BUNDLE/rootfs"
    chmod a+rx "$BUNDLE"
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    is $'620 1000 5\n/dev/pts/0'
}

@test "a read-only root file system has a terminal too" {
    terminal_bundle 'tty; [ /dev/console -ef /dev/pts/0 ]; ! touch /file 2>/dev/null'
    cfg '.root.readonly = true'
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    is /dev/pts/0
}

@test "what is typed by TIOCSTI inside does not reach the caller's terminal" {
    require_tool python3
    # 0x5412 is TIOCSTI; a static program does it: busybox has none.
    cat >"$BATS_TEST_TMPDIR/sti.c" <<'C'
#include <stdio.h>
#include <sys/ioctl.h>
int main(void)
{
	int fd, n = 0;
	for (fd = 0; fd < 3; fd++)
		n += ioctl(fd, TIOCSTI, "X") == 0;
	printf("typed %d\n", n);
	return 0;
}
C
    require_tool musl-gcc
    musl-gcc -static -o "$BATS_TEST_TMPDIR/sti" "$BATS_TEST_TMPDIR/sti.c"
    # Without a terminal: the streams are the caller's terminal, but not that of this session.
    bundle_new /bin/sti
    cp "$BATS_TEST_TMPDIR/sti" "$BUNDLE/rootfs/bin/"
    cfg '.process.capabilities = {}'
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    is 'typed 0'
    # With one: what it types is its own, and a shell that reads the caller's next sees nothing.
    cfg '.process.terminal = true'
    tty run -- bash -c '"$@"; read -r -t 0.1 line || echo "nothing came"' bash \
        "${H[@]}" run -b "$BUNDLE" "$ID"
    succeeded
    has 'nothing came'
    # exec alike
    args sleep 1000
    cfg '.process.terminal = false'
    container_up
    tty run -- "${H[@]}" exec "$ID" /bin/sti
    succeeded
    is 'typed 0'
}

# ---- exec --------------------------------------------------------------------------------------------

@test "exec -t has a terminal of the caller's size" {
    idle_bundle
    container_up
    tty run size=91x33 -- "${H[@]}" exec -t "$ID" \
        sh -c 'stty size; tty; echo through >/dev/tty; exit 5'
    status_was 5
    is $'33 91\n/dev/pts/0\nthrough'
}

@test "exec without -t has none, though the container's process has" {
    terminal_bundle 'echo up; while :; do sleep 1000; done'
    tty console "$SOCKET" until=up -- \
        "${H[@]}" run -d -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    succeeded
    run hoy exec "$ID" sh -c '[ ! -t 0 ] && [ ! -t 1 ] && echo none' </dev/null
    is none
}

@test "exec -t: resize, raw mode, Ctrl-C" {
    idle_bundle
    container_up
    tty run size=80x24 expect=up raw size=120x50 'expect=50 120' 'send=\x03' expect=caught -- \
        "${H[@]}" exec -t "$ID" sh -c 'trap "stty size" WINCH; trap "echo caught; exit 7" INT; echo up
            while :; do sleep 1000 & wait || :; done'
    status_was 7
}

@test "exec -t as another user: the terminal is his" {
    idle_bundle
    container_up
    tty run -- "${H[@]}" exec -t -u 1000:1000 "$ID" \
        sh -c 'stat -c "%a %u %g" $(tty); : <>$(tty); : <>/dev/tty; id -u'
    succeeded
    is $'620 1000 5\n1000'
}

@test "exec -t in a user namespace" {
    idle_bundle
    cfg '.linux.namespaces += [{type: "user"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings'
    chown -R 100000:100000 "$BUNDLE/rootfs"
    chmod a+rx "$BUNDLE"
    container_up
    tty run -- "${H[@]}" exec -t -u 1000:1000 "$ID" sh -c 'stat -c "%a %u %g" $(tty)'
    succeeded
    is '620 1000 5'
}

@test "exec --process with a terminal" {
    idle_bundle
    container_up
    jq -n '{terminal: true, consoleSize: {width: 61, height: 16}, cwd: "/", user: {uid: 0, gid: 0},
        env: ["PATH=/bin"], args: ["sh", "-c", "stty size; tty"]}' >"$BUNDLE/process.json"
    tty console "$SOCKET" -- "${H[@]}" exec -d --process "$BUNDLE/process.json" \
        --console-socket "$SOCKET" "$ID"
    succeeded
    is $'16 61\n/dev/pts/0'
    tty run -- "${H[@]}" exec --process "$BUNDLE/process.json" "$ID"
    succeeded
    has /dev/pts/0
}

@test "exec -t: everything arrives as it is under load" {
    idle_bundle
    container_up
    random_file "$BUNDLE/sent" 1000000
    tty run expect=ready raw "choke=$BUNDLE/sent" "save=1000000:$BUNDLE/came" -- \
        "${H[@]}" exec -t "$ID" sh -c 'stty raw -echo; printf ready; head -c 1000000'
    succeeded
    cmp "$BUNDLE/sent" "$BUNDLE/came"
}

@test "every terminal of a container has its own number" {
    idle_bundle
    container_up
    tty run expect=up raw \
        "do=python3 $BATS_TEST_DIRNAME/terminal.py run -- $HOY --root $HOY_ROOT exec -t $ID tty >$BUNDLE/other" \
        'send=\r' -- "${H[@]}" exec -t "$ID" sh -c 'echo up; read -r line; tty'
    succeeded
    has /dev/pts/0
    [[ $(<"$BUNDLE/other") == /dev/pts/1 ]]
}

# ---- Sockets -----------------------------------------------------------------------------------------

@test "create sends the terminal to --console-socket" {
    terminal_bundle 'stty size; read -r line; echo "got $line"; trap "stty size" WINCH; echo now
        while [ ! -e /go ]; do sleep 0.02; done'
    cfg '.process.consoleSize = {width: 60, height: 20}'
    tty console "$SOCKET" "do=$HOY --root $HOY_ROOT start $ID" 'expect=20 60' \
        'send=hello\r' 'expect=got hello' expect=now size=70x30 'expect=30 70' \
        "do=touch $BUNDLE/rootfs/go" -- \
        "${H[@]}" create -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    succeeded
    wait_status stopped
}

@test "the terminal can be resized before start" {
    terminal_bundle 'stty size'
    tty console "$SOCKET" size=70x30 "do=$HOY --root $HOY_ROOT start $ID" -- \
        "${H[@]}" create -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    succeeded
    is '30 70'
}

@test "run -d sends the terminal to --console-socket" {
    terminal_bundle 'echo up; read -r line; echo "got $line"'
    tty console "$SOCKET" expect=up 'send=hello\r' 'expect=got hello' -- \
        "${H[@]}" run -d -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    succeeded
}

@test "exec -d -t sends the terminal to --console-socket" {
    idle_bundle
    container_up
    tty console "$SOCKET" expect=up size=70x30 'send=hello\r' 'expect=30 70 hello' -- \
        "${H[@]}" exec -d -t --console-socket "$SOCKET" "$ID" \
        sh -c 'echo up; read -r line; echo $(stty size) $line'
    succeeded
}

@test "the pid file is there when the terminal has come" {
    terminal_bundle 'echo up; while :; do sleep 1000; done'
    tty console "$SOCKET" until=up -- "${H[@]}" run -d -b "$BUNDLE" --console-socket "$SOCKET" \
        --pid-file "$BUNDLE/pid" "$ID"
    succeeded
    [[ $(<"$BUNDLE/pid") == "$(pid_of)" ]]
}

@test "--pidfd-socket brings a pidfd of the process: create, run, exec" {
    idle_bundle
    tty pidfd "$SOCKET" -- "${H[@]}" create -b "$BUNDLE" --pidfd-socket "$SOCKET" "$ID"
    succeeded
    is "$(pid_of)"
    hoy delete "$ID"
    rm "$SOCKET"
    tty pidfd "$SOCKET" -- "${H[@]}" run -d -b "$BUNDLE" --pidfd-socket "$SOCKET" "$ID"
    succeeded
    is "$(pid_of)"
    rm "$SOCKET"
    tty pidfd "$SOCKET" -- "${H[@]}" exec -d --pid-file "$BUNDLE/pid" \
        --pidfd-socket "$SOCKET" "$ID" sleep 1000
    succeeded
    is "$(<"$BUNDLE/pid")"
}

# ---- Errors ------------------------------------------------------------------------------------------

# nothing_left: no state, and no container of this test.
nothing_left() {
    run hoy state "$ID"
    failed_with 'does not exist'
}

@test "a terminal that nobody waits at needs --console-socket" {
    terminal_bundle true
    run hoy create -b "$BUNDLE" "$ID"
    failed_with 'a terminal that nobody waits at needs --console-socket'
    run hoy run -d -b "$BUNDLE" "$ID"
    failed_with 'a terminal that nobody waits at needs --console-socket'
    nothing_left
    cfg '.process.terminal = false'
    args sleep 1000
    container_up
    run hoy exec -d -t "$ID" true
    failed_with 'a terminal that nobody waits at needs --console-socket'
    status_was 255
}

@test "--console-socket needs a process with a terminal" {
    bundle_new sleep 1000
    run hoy create -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    failed_with '--console-socket is for a process with a terminal'
    run hoy run -d -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    failed_with '--console-socket is for a process with a terminal'
    nothing_left
    container_up
    run hoy exec -d --console-socket "$SOCKET" "$ID" true
    failed_with '--console-socket is for a process with a terminal'
    status_was 255
}

@test "--console-socket needs --detach" {
    terminal_bundle true
    run hoy run -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    failed_with '--console-socket needs --detach'
    nothing_left
    cfg '.process.terminal = false'
    args sleep 1000
    container_up
    run hoy exec -t --console-socket "$SOCKET" "$ID" true
    failed_with '--console-socket needs --detach'
}

@test "a socket that is not there" {
    terminal_bundle true
    run hoy create -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    status_was 1
    has "--console-socket: connect to $SOCKET: no such file or directory"
    nothing_left
    : >"$SOCKET"
    run hoy create -b "$BUNDLE" --console-socket "$SOCKET" "$ID"
    has "--console-socket: connect to $SOCKET: connection refused"
    rm "$SOCKET"
    cfg '.process.terminal = false'
    run hoy create -b "$BUNDLE" --pidfd-socket "$SOCKET" "$ID"
    status_was 1
    has "--pidfd-socket: connect to $SOCKET: no such file or directory"
    nothing_left
    args sleep 1000
    container_up
    run hoy exec -d -t --console-socket "$SOCKET" "$ID" true
    status_was 255
    has "--console-socket: connect to $SOCKET: no such file or directory"
    run hoy exec --pidfd-socket "$SOCKET" "$ID" true
    status_was 255
    has "--pidfd-socket: connect to $SOCKET: no such file or directory"
}

@test "--pidfd-socket that is not there is noticed before the program runs" {
    bundle_new touch /ran
    run hoy run -d -b "$BUNDLE" --pidfd-socket "$SOCKET" "$ID"
    status_was 1
    [[ ! -e $BUNDLE/rootfs/ran ]]
}

@test "the path of a socket that is too long" {
    terminal_bundle true
    local path=/tmp/
    path+=$(printf 'x%.0s' {1..103})
    run hoy create -b "$BUNDLE" --console-socket "$path" "$ID"
    failed_with "--console-socket: the path is longer than 107 bytes: $path"
    # 107 are not too many.
    run hoy create -b "$BUNDLE" --console-socket "${path%x}" "$ID"
    failed_with "--console-socket: connect to ${path%x}: no such file or directory"
}

@test "a terminal needs a devpts" {
    terminal_bundle true
    cfg '.mounts |= map(select(.destination != "/dev/pts"))'
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 1
    has 'a terminal needs a devpts on /dev/pts in mounts'
    has process.terminal
    cfg '.mounts += [{destination: "/dev/pts", type: "tmpfs", source: "tmpfs"}]'
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 1
    has 'a terminal needs a devpts on /dev/pts in mounts'
}

# ---- Hostile images ----------------------------------------------------------------------------------

# hostile NAME TARGET: makes NAME below /dev of the root file system a link, and checks that a run
# with a terminal, whatever comes of it, leaves the host's files at its targets as they were.
canary_new() {
    CANARY=$BATS_TEST_TMPDIR/canary
    mkdir -p "$CANARY"
    echo untouched >"$CANARY/file"
    CANARY_WAS=$(canary_look)
}

canary_look() {
    stat -c '%n %i %a %u %g %s %Y %Z' "$CANARY" "$CANARY/file"
    cat "$CANARY/file"
    find "$CANARY"
    grep -F "$CANARY" /proc/self/mountinfo || true
}

canary_lives() {
    local now
    now=$(canary_look)
    [[ $now == "$CANARY_WAS" ]] || { echo "the canary was $CANARY_WAS and is $now" >&2; return 1; }
}

@test "links in the image's /dev do not lead out of it" {
    local name target
    canary_new
    terminal_bundle 'echo from inside >/dev/console; tty'
    cfg '.process.user = {uid: 1000, gid: 1000}'
    for target in "$CANARY/file" "$CANARY" "$CANARY/new" "../../../../../../../..$CANARY/file"; do
        for name in console pts ptmx tty; do
            rm -rf "$BUNDLE/rootfs/dev"
            mkdir "$BUNDLE/rootfs/dev"
            ln -s "$target" "$BUNDLE/rootfs/dev/$name"
            tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
            # The /dev of the mounts lies over it.
            succeeded
            is $'from inside\n/dev/pts/0'
            canary_lives
        done
    done
}

@test "links in the image's /dev do not lead out of it without a mount on /dev" {
    local name target ro
    canary_new
    terminal_bundle 'echo from inside >/dev/console; tty'
    cfg '.mounts |= map(select(.destination | . != "/dev" and . != "/dev/shm" and . != "/dev/mqueue"))'
    for ro in false true; do
        cfg ".root.readonly = $ro"
        for target in "$CANARY/file" "$CANARY" "$CANARY/new" "../../../../../../../..$CANARY/file"; do
            for name in console pts ptmx tty; do
                rm -rf "$BUNDLE/rootfs/dev"
                mkdir "$BUNDLE/rootfs/dev"
                ln -s "$target" "$BUNDLE/rootfs/dev/$name"
                tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
                [[ $status != 97 && $status != 98 ]]
                canary_lives
            done
        done
    done
}

@test "an image's own file system on /dev/pts is not trusted" {
    terminal_bundle true
    cfg '.mounts |= map(select(.destination != "/dev/pts"))
        | .mounts += [{destination: "/dev/pts", source: $dir, options: ["bind"]}]' --arg dir "$BUNDLE"
    # A multiplexer that is none.
    mknod "$BUNDLE/ptmx" c 1 3
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 1
    has 'what is mounted on /dev/pts is no devpts'
    rm "$BUNDLE/ptmx"
    mkfifo "$BUNDLE/ptmx"
    tty run -- "${H[@]}" run -b "$BUNDLE" "$ID"
    status_was 1
    has 'what is mounted on /dev/pts is no devpts'
}
