#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # scripts for the container; bats' own variables
# exec: one more process in a container that runs, all but its terminal.

load helpers

# A container to enter, with what the test changes by a jq filter.
container_for() {
    bundle_new sleep 1000
    cfg "$1"
    container_up
}

@test "exec runs a command with the container's environment, directory and user" {
    container_for '.process.env += ["A=one"] | .process.cwd = "/tmp" | .process.user = {uid: 1000, gid: 1000, additionalGids: [5, 7]}'
    run hoy exec "$ID" sh -c 'echo $A $PWD; id -u; id -G; hostname; echo $HOME; umask'
    succeeded
    is $'one /tmp\n1000\n1000 5 7\nhoy\n/home/sailor\n0022'
}

@test "exec returns the command's exit status, and 128 and the signal's number" {
    container_for .
    local code got
    for code in 0 1 2 100 126 127 128 254 255; do
        got=0
        hoy exec "$ID" sh -c "exit $code" || got=$?
        [[ $got == "$code" ]]
    done
    for code in 1 2 9 11 15 34; do
        got=0
        hoy exec "$ID" sh -c "kill -$code \$\$; sleep 5" || got=$?
        [[ $got == $((128 + code)) ]]
    done
}

@test "what exec itself fails at is exit status 255" {
    container_for .
    run hoy exec "$ID" /no/such/file
    [[ $status == 255 ]]
    has "no such file or directory"
    run hoy exec "$ID" nosuchcommand
    [[ $status == 255 ]]
    has 'executable file not found in $PATH'
    run hoy exec "$ID" /etc/passwd
    [[ $status == 255 ]]
    has "permission denied"
    run hoy exec "$ID" /etc
    [[ $status == 255 ]]
    has "is a directory"
    run hoy exec "$ID" /etc/passwd/x
    [[ $status == 255 ]]
    has "not a directory"
    run hoy exec --cwd /none "$ID" true
    [[ $status == 255 ]]
    is 'hoy: cwd: enter the working directory /none: no such file or directory'
    # No output but one line.
    [[ ${#lines[@]} == 1 ]]
}

@test "what is wrong with exec's own command line is exit status 1" {
    container_for .
    run hoy exec "$ID"
    [[ $status == 1 ]]
    is "hoy: exec: a command or --process FILE is needed (see hoy exec --help)"
    run hoy exec --nonsense "$ID" true
    [[ $status == 1 ]]
    has 'exec: unknown option "--nonsense"'
    run hoy exec -p x "$ID" true
    [[ $status == 1 ]]
    is "hoy: exec: --process says what to execute and how: a command can't be given too"
}

@test "options of exec end at the ID" {
    container_for .
    run hoy exec "$ID" echo -d --env=x -- -e y
    succeeded
    is "-d --env=x -- -e y"
    run hoy exec "$ID" -- echo -n x
    succeeded
    is x
    run hoy exec -e B=2 -- "$ID" sh -c 'echo $B'
    is 2
}

@test "exec --env adds to the environment, and the last value counts" {
    container_for '.process.env += ["A=old", "C=c"]'
    run hoy exec -e A=new -e B= --env 'D=a b
c' "$ID" sh -c 'echo "$A|$B|$C|$D"'
    is $'new||c|a b\nc'
    run hoy exec -e NOVALUE "$ID" true
    [[ $status == 255 ]]
    is 'hoy: --env: must be NAME=VALUE, got "NOVALUE"'
    run hoy exec -e =x "$ID" true
    is 'hoy: --env: must be NAME=VALUE, got "=x"'
    # PATH is where the command is looked for.
    run hoy exec -e PATH=/nowhere "$ID" ls
    failed_with 'executable file not found in $PATH'
}

@test "exec --cwd is a directory of the container" {
    container_for .
    run hoy exec --cwd /etc "$ID" pwd
    is /etc
    run hoy exec --cwd etc "$ID" pwd
    [[ $status == 255 ]]
    is 'hoy: --cwd: must be an absolute path, got "etc"'
    run hoy exec --cwd /etc/passwd "$ID" pwd
    failed_with "not a directory"
    run hoy exec --cwd "" "$ID" pwd
    failed_with "--cwd: must not be empty"
}

@test "exec --user takes numbers only, in their whole range" {
    container_for .
    local good bad
    for good in 0 1 1:2 65534:65534 2147483648 4294967294 1:4294967294; do
        run hoy exec -u "$good" "$ID" sh -c 'echo $(id -u):$(id -g)'
        succeeded
        [[ $output == "$good" || $output == "$good:0" ]]
    done
    for bad in "" root -1 0x1 1: :1 4294967295 1:4294967295 1:-1 "1 " 1:2:3 99999999999999999999 +1 1e1 ٣; do
        run hoy exec -u "$bad" "$ID" true
        [[ $status == 255 || -z $bad && $status != 0 ]] || { echo "$bad: $status" >&2; false; }
        has "--user: must be a number from 0 to 4294967294"
    done
}

@test "exec -g adds groups" {
    container_for '.process.user.additionalGids = [10]'
    run hoy exec -g 20 -g 30 "$ID" id -G
    is "0 10 20 30"
    run hoy exec -g wheel "$ID" id -G
    failed_with '--additional-gids: must be a number from 0 to 4294967294, got "wheel"'
}

# Hexadecimal capability sets of a process: inheritable, permitted, effective, bounding, ambient.
CAPS='grep ^Cap /proc/self/status'

@test "exec --cap gives root a capability, and another user through the ambient set" {
    container_for '.process.capabilities = {bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]}'
    run hoy exec "$ID" sh -c "$CAPS"
    [[ $(awk '{print $2}' <<<"$output" | tr '\n' ' ') == \
        "0000000000000000 0000000000000020 0000000000000020 0000000000000020 0000000000000000 " ]]
    run hoy exec --cap CAP_CHOWN "$ID" sh -c "$CAPS"
    [[ $(awk '{print $2}' <<<"$output" | tr '\n' ' ') == \
        "0000000000000000 0000000000000021 0000000000000021 0000000000000021 0000000000000000 " ]]
    run hoy exec -u 1000 --cap CAP_CHOWN "$ID" sh -c "$CAPS"
    [[ $(awk '{print $2}' <<<"$output" | tr '\n' ' ') == \
        "0000000000000001 0000000000000001 0000000000000001 0000000000000021 0000000000000001 " ]]
    run hoy exec -u 1000 "$ID" sh -c "$CAPS"
    [[ $(awk '{print $2}' <<<"$output" | tr '\n' ' ') == \
        "0000000000000000 0000000000000000 0000000000000000 0000000000000020 0000000000000000 " ]]
    run hoy exec --cap CAP_NONSENSE "$ID" true
    [[ $status == 255 ]]
    is 'hoy: --cap: unknown capability "CAP_NONSENSE"'
}

@test "exec --no-new-privs sets it, and it stays set where the container has it" {
    container_for '.process.noNewPrivileges = false'
    [[ $(hoy exec "$ID" grep NoNewPrivs /proc/self/status | cut -f2) == 0 ]]
    [[ $(hoy exec --no-new-privs "$ID" grep NoNewPrivs /proc/self/status | cut -f2) == 1 ]]
    hoy delete --force "$ID"
    container_for '.process.noNewPrivileges = true'
    [[ $(hoy exec "$ID" grep NoNewPrivs /proc/self/status | cut -f2) == 1 ]]
}

@test "exec has the container's limits, mask and oom score" {
    container_for '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 4096}]
        | .process.user.umask = 63 | .process.oomScoreAdj = 500'
    run hoy exec "$ID" sh -c 'ulimit -Sn; ulimit -Hn; umask; cat /proc/self/oom_score_adj'
    is $'100\n200\n0077\n500'
}

# ---- --process -----------------------------------------------------------------------------------

process_file() {
    PROCESS=$BATS_TEST_TMPDIR/process.json
    jq -n "$1" >"$PROCESS"
}

@test "exec --process takes everything from the document" {
    container_for '.process.env += ["A=one"] | .process.user.uid = 3'
    process_file '{cwd: "/etc", args: ["sh", "-c", "echo $PWD $A. $B $(id -u):$(id -g) $(id -G); umask; ulimit -n; grep -E \"NoNew|CapEff\" /proc/self/status"],
        env: ["PATH=/bin", "B=b"], user: {uid: 7, gid: 8, additionalGids: [9], umask: 18}, noNewPrivileges: true,
        rlimits: [{type: "RLIMIT_NOFILE", soft: 50, hard: 60}],
        capabilities: {bounding: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"], effective: ["CAP_CHOWN"], inheritable: ["CAP_CHOWN"], ambient: ["CAP_CHOWN"]}}'
    run hoy exec -p "$PROCESS" "$ID"
    succeeded
    is $'/etc . b 7:8 8 9\n0022\n50\nCapEff:\t0000000000000001\nNoNewPrivs:\t1'
}

@test "exec --process names what is wrong with the document" {
    container_for .
    process_file '{cwd: "/", args: []}'
    run hoy exec -p "$PROCESS" "$ID"
    [[ $status == 255 ]]
    is "hoy: process.json: args: must have at least one entry"
    process_file '{args: ["true"]}'
    run hoy exec -p "$PROCESS" "$ID"
    is "hoy: process.json: cwd: is required"
    process_file '{cwd: "etc", args: ["true"]}'
    run hoy exec -p "$PROCESS" "$ID"
    is 'hoy: process.json: cwd: must be an absolute path, got "etc"'
    process_file '{cwd: "/", args: ["true"], env: ["A"]}'
    run hoy exec -p "$PROCESS" "$ID"
    is 'hoy: process.json: env[0]: must be NAME=VALUE, got "A"'
    process_file '{cwd: "/", args: ["true"], apparmorProfile: "x"}'
    run hoy exec -p "$PROCESS" "$ID"
    is "hoy: process.json: apparmorProfile: is not supported by this version of hoy (AppArmor)"
    process_file '{cwd: "/none", args: ["true"]}'
    run hoy exec -p "$PROCESS" "$ID"
    is "hoy: process.json: cwd: enter the working directory /none: no such file or directory"
    echo '{"cwd": "/"' >"$PROCESS"
    run hoy exec -p "$PROCESS" "$ID"
    [[ $status == 255 && $output == "hoy: process.json:2:1: is not valid JSON"* ]]
    run hoy exec -p "$BATS_TEST_TMPDIR/none" "$ID"
    is "hoy: read $BATS_TEST_TMPDIR/none: no such file or directory"
    run hoy exec -p / "$ID"
    is "hoy: read /: is a directory"
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    run timeout 5 "$HOY" --root "$HOY_ROOT" exec -p "$BATS_TEST_TMPDIR/fifo" "$ID" 3>&-
    [[ $status == 255 ]]
    has "not a regular file"
}

# ---- Detached, descriptors -----------------------------------------------------------------------

@test "exec -d returns once the command runs, and writes its pid" {
    container_for .
    hoy exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1001 </dev/null >/dev/null 2>&1
    local pid
    pid=$(<"$BATS_TEST_TMPDIR/pid")
    [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == "sleep 1001 " ]]
    [[ $(wc -l <"$BATS_TEST_TMPDIR/pid") == 0 ]]
    hoy delete --force "$ID"
    ended "$pid"
}

@test "exec that fails leaves no pid file" {
    container_for .
    run hoy exec --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" nosuchcommand
    [[ $status == 255 && ! -e $BATS_TEST_TMPDIR/pid ]]
    run hoy exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" nosuchcommand
    [[ $status == 255 && ! -e $BATS_TEST_TMPDIR/pid ]]
    run hoy exec --pid-file "$BATS_TEST_TMPDIR/none/pid" "$ID" sleep 1000
    [[ $status == 255 ]]
    is "hoy: write the pid file $BATS_TEST_TMPDIR/none/pid: no such file or directory"
    wait_until 10 bash -c '[[ $(wc -l <"/sys/fs/cgroup/hoy-$0/cgroup.procs") == 1 ]]' "$ID"
}

@test "exec passes 0 to 2 and the descriptors asked for, and no others" {
    container_for .
    local list='for f in 0 1 2 3 4 5 6 7 8 9 10 11 12; do [ -e /proc/self/fd/$f ] && echo $f; done; true'
    echo three >"$BATS_TEST_TMPDIR/3"
    run bash -c 'exec 4</ 5</ 9</; exec "$HOY" --root "$HOY_ROOT" exec "$0" ls /proc/self/fd 3</' "$ID"
    is $'0\n1\n2\n3' # ls has the directory open itself
    run bash -c 'exec 4</ 5</ 9</; exec "$HOY" --root "$HOY_ROOT" exec "$0" sh -c "$1" 3</' "$ID" "$list"
    is $'0\n1\n2'
    run bash -c 'exec 4</ 5</ 9</; exec "$HOY" --root "$HOY_ROOT" exec --preserve-fds 2 "$0" sh -c "cat <&3; $1" 3<"$2"' \
        "$ID" "$list" "$BATS_TEST_TMPDIR/3"
    is $'three\n0\n1\n2\n3\n4'
}

@test "exec passes input and output through" {
    container_for .
    [[ $(echo in | hoy exec "$ID" sh -c 'cat; echo out') == $'in\nout' ]]
    run --separate-stderr hoy exec "$ID" sh -c 'echo out; echo err >&2'
    [[ $output == out && $stderr == err ]]
}

@test "exec forwards signals" {
    container_for .
    "$HOY" --root "$HOY_ROOT" exec "$ID" sh -c 'trap "echo got USR1" USR1; trap "exit 9" TERM; echo ready; while :; do sleep 0.02; done' \
        </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! code=0
    wait_until 10 file_has "$BATS_TEST_TMPDIR/out" ready
    kill -USR1 $pid
    wait_until 10 file_has "$BATS_TEST_TMPDIR/out" "got USR1"
    kill -TERM $pid
    wait $pid || code=$?
    [[ $code == 9 ]]
}

@test "a child that the command leaves behind doesn't hold exec up" {
    container_for .
    run timeout 10 bash -c '"$HOY" --root "$HOY_ROOT" exec "$0" sh -c "sleep 1003 & exit 4" >/dev/null 2>&1 3>&-' "$ID"
    [[ $status == 4 ]]
}

# ---- The container's state -----------------------------------------------------------------------

@test "exec into a created container works, as with runc" {
    bundle_new true
    hoy create -b "$BUNDLE" "$ID" </dev/null
    [[ $(hoy exec "$ID" hostname) == hoy ]]
    [[ $(status_of) == created ]]
    hoy start "$ID"
}

@test "exec into a paused container is an error, unless it is to wait" {
    container_for .
    local dir=/sys/fs/cgroup/hoy-$ID
    echo 1 >"$dir/cgroup.freeze"
    wait_until 10 grep -q 'frozen 1' "$dir/cgroup.events"
    run hoy exec "$ID" true
    [[ $status == 255 ]]
    is "hoy: container \"$ID\" is paused (hoy resume $ID, or --ignore-paused)"
    "$HOY" --root "$HOY_ROOT" exec --ignore-paused "$ID" echo thawed >"$BATS_TEST_TMPDIR/out" 3>&- &
    local pid=$!
    [[ ! -s $BATS_TEST_TMPDIR/out ]]
    echo 0 >"$dir/cgroup.freeze"
    wait $pid
    [[ $(<"$BATS_TEST_TMPDIR/out") == thawed ]]
}

@test "exec joins all namespaces and the cgroup of the container" {
    container_for '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings'
    chmod 755 "$BUNDLE" "$BATS_TEST_TMPDIR"
    local first pid ns
    first=$(pid_of)
    hoy exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1002 </dev/null >/dev/null 2>&1
    pid=$(<"$BATS_TEST_TMPDIR/pid")
    for ns in user mnt pid net ipc uts cgroup; do
        [[ $(readlink "/proc/$pid/ns/$ns") == "$(readlink "/proc/$first/ns/$ns")" ]]
        [[ $(readlink "/proc/$pid/ns/$ns") != "$(readlink "/proc/self/ns/$ns")" ]]
    done
    [[ $(cat "/proc/$pid/cgroup") == "$(cat "/proc/$first/cgroup")" ]]
    [[ $(readlink "/proc/$pid/root") == / ]]
    [[ $(stat -c %u "/proc/$pid") == 100000 ]]
    [[ $(hoy exec "$ID" id -u) == 0 ]]
    [[ $(hoy exec -u 5:6 "$ID" sh -c 'echo $(id -u) $(id -g)') == "5 6" ]]
    run hoy exec -u 70000 "$ID" true
    [[ $status == 255 ]]
    has "become user 70000:0"
}

@test "exec joins the namespaces that the container has, and the host's others" {
    container_for '.linux.namespaces = [{type: "mount"}, {type: "uts"}] | del(.linux.sysctl)
        | .mounts |= map(select(.destination == "/proc" or .destination == "/dev"))'
    [[ $(hoy exec "$ID" hostname) == hoy ]]
    [[ $(hoy exec "$ID" readlink /proc/self/ns/net) == "$(readlink /proc/self/ns/net)" ]]
}

@test "a hundred execs in a row, and twenty at once" {
    container_for .
    local i pids=()
    for ((i = 0; i < 100; i++)); do
        [[ $(hoy exec "$ID" echo "$i") == "$i" ]]
    done
    for ((i = 0; i < 20; i++)); do
        hoy exec "$ID" sh -c "exit $i" &
        pids+=($!)
    done
    for ((i = 0; i < 20; i++)); do
        local code=0
        wait "${pids[i]}" || code=$?
        [[ $code == "$i" ]]
    done
}

# The hostile neighbour: looks for processes that are not the container's own, and tries everything on
# them that would let it become them. What it gets at is written to standard output. A process that
# has executed the container's program may be traced: that one is no prey.
watcher_build() {
    cat >"$BATS_TEST_TMPDIR/watcher.c" <<'C'
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static char comm[64];
static long seen;

static int is_prey(int pid)
{
	char path[64];
	int fd, n;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = (int)read(fd, comm, sizeof(comm) - 1);
	close(fd);
	comm[n > 0 ? n - 1 : 0] = 0;
	return n > 0 && strcmp(comm, "true") && strcmp(comm, "busybox") && strcmp(comm, "watcher");
}

static void try_open(int pid, const char *what, int flags)
{
	char path[64], was[64];
	int fd;

	strcpy(was, comm);
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = open(path, flags);
	/* Opened: but still the same program, not one that executed meanwhile? */
	if (fd >= 0 && is_prey(pid) && !strcmp(was, comm)) {
		printf("GOT %s of %s\n", what, was);
		fflush(stdout);
	}
	if (fd >= 0)
		close(fd);
}

static void try_trace(int pid)
{
	char was[64];

	strcpy(was, comm);
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return;
	if (is_prey(pid) && !strcmp(was, comm)) {
		printf("GOT trace of %s\n", was);
		fflush(stdout);
	}
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, __WALL);
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

int main(void)
{
	int pid, own = getpid();

	puts("ready");
	fflush(stdout);
	for (;;) {
		DIR *d = opendir("/proc");
		struct dirent *e;

		while ((e = readdir(d))) {
			pid = atoi(e->d_name);
			if (pid <= 1 || pid == own || pid == getppid() || !is_prey(pid))
				continue;
			seen++;
			try_open(pid, "mem", O_RDWR);
			try_open(pid, "exe", O_RDONLY);
			try_open(pid, "exe", O_WRONLY);
			try_open(pid, "fd/1", O_WRONLY);
			try_open(pid, "fd/3", O_RDONLY);
			try_open(pid, "cwd", O_RDONLY | O_DIRECTORY);
			try_open(pid, "root", O_RDONLY | O_DIRECTORY);
			try_open(pid, "environ", O_RDONLY);
			try_trace(pid);
			if (seen % 10 == 1) {
				printf("SEEN %ld\n", seen);
				fflush(stdout);
			}
		}
		closedir(d);
	}
}
C
    gcc -O1 -static -o "$1" "$BATS_TEST_TMPDIR/watcher.c" 2>/dev/null
}

# watch_execs: what the watcher gets of 60 execs, and that it could get something.
watch_execs() {
    local i
    container_up
    wait_output ready
    for ((i = 0; i < 60; i++)); do
        hoy exec "$ID" true
    done
    if grep -q GOT "$OUT"; then
        grep GOT "$OUT" | sort | uniq -c >&2
        return 1
    fi
    grep -q SEEN "$OUT" || { echo "it saw none of them: no proof" >&2; return 1; }
    # The control: a process of the container's own is open to it.
    hoy exec -d "$ID" sleep 1004 </dev/null >/dev/null 2>&1
    wait_until 10 file_has "$OUT" "GOT mem of sleep"
    wait_until 10 file_has "$OUT" "GOT trace of sleep"
}

@test "root in the container can't trace, read or open what exec sends in before it executes" {
    require_tool gcc
    bundle_new /watcher
    watcher_build "$BUNDLE/rootfs/watcher" || skip "gcc can't link statically"
    cfg '.process.capabilities = {bounding: $c, permitted: $c, effective: $c} | .process.noNewPrivileges = false' \
        --argjson c '["CAP_KILL", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_SETUID", "CAP_FOWNER"]'
    watch_execs
}

@test "nor can root of a user namespace with CAP_SYS_PTRACE" {
    require_tool gcc
    bundle_new /watcher
    watcher_build "$BUNDLE/rootfs/watcher" || skip "gcc can't link statically"
    cfg '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings
        | .process.capabilities = {bounding: $c, permitted: $c, effective: $c} | .process.noNewPrivileges = false' \
        --argjson c '["CAP_SYS_PTRACE", "CAP_KILL", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN"]'
    watch_execs
}

# ---- Cgroups below the container's ---------------------------------------------------------------

@test "exec --cgroup runs in a cgroup below the container's" {
    local dir path
    bundle_new sleep 1000
    container_up
    dir=$(cgroup_of)
    mkdir -p "$dir/sub/deeper"
    for path in sub /sub sub/deeper; do
        run hoy exec --cgroup "$path" "$ID" cat /proc/self/cgroup
        succeeded
        has "0::/${path#/}"
    done
    run hoy exec --cgroup / "$ID" cat /proc/self/cgroup
    succeeded
    has '0::/'
}

@test "exec --cgroup leads nowhere else" {
    local dir path
    bundle_new sleep 1000
    container_up
    for path in .. sub/../.. cpu:sub none; do
        run hoy exec --cgroup "$path" "$ID" true
        [[ $status == 255 ]]
        has "hoy: --cgroup $path: open it below /hoy-$ID: "
    done
    has 'no such file or directory'
    [[ $(status_of) == running ]]
    hoy --cgroup-manager disabled create -b "$BUNDLE" "$ID-2" </dev/null >/dev/null 2>&1
    hoy start "$ID-2"
    run hoy exec --cgroup sub "$ID-2" true
    [[ $status == 255 ]]
    has "--cgroup: container \"$ID-2\" has no cgroup of its own"
}
