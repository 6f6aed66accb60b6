#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# lane: uml
# podman: the distribution's Podman with conmon runs on hoy. Each scenario is a function that is run
# with crun, then with hoy; what it prints, Podman's output and exit status of every step, must
# be the same with both, and what the test expects (tests/podman.bash).

load helpers
load podman

# inspect NAME FIELD…: fields of the state, separated by blanks.
inspect() {
    local name=$1 field format=""
    shift
    for field; do
        format+=" $field={{.State.$field}}"
    done
    p inspect --format "${format# }" "$name"
}

running() {
    [[ $(inspect "$1" Running) == Running=true ]]
}

logged() {
    p logs "$1" 2>&1 | grep -qF -- "$2"
}

# ---- run -----------------------------------------------------------------------------------------

streams() {
    box box sh -c 'echo out; echo err >&2; exit 7' 2>"$BATS_TEST_TMPDIR/stderr"
    echo "stderr: $(<"$BATS_TEST_TMPDIR/stderr")"
    echo from stdin | box -i box cat
    box box sh -c 'sh -c "kill -SEGV \$\$"; exit $?'
}

@test "run: output, errors, input and exit statuses" {
    same streams
    is $'out\n= 7\nstderr: err\nfrom stdin\n= 0\n= 139'
}

entry_points() {
    box box nosuchcommand
    box box /no/such/file
    box box /etc/passwd
    box box /etc
    box box /etc/passwd/x
    box --entrypoint /etc/shadow box
    box --workdir /etc/passwd box true
}

@test "run: an entry point that is missing is 127, one that can't be executed 126" {
    same entry_points
    is $'= 127\n= 127\n= 126\n= 126\n= 126\n= 127\n= 126'
}

# ---- Detached ------------------------------------------------------------------------------------

detached() {
    p run -d --name boat box sh -c 'echo out; echo err >&2; until [ -e /go ]; do sleep 0.1; done; exit 3' | wc -c
    wait_until 10 logged boat err
    inspect boat Status OOMKilled ExitCode
    [[ $(inspect boat Pid) != Pid=0 ]]
    step ps --format '{{.Names}}'
    step logs boat 2>/dev/null
    step exec boat touch /go
    step wait boat
    inspect boat Status OOMKilled ExitCode Pid
    step ps -a --format '{{.Names}} {{.ExitCode}}'
    step start boat | tail -n 1
    step wait boat
    step rm boat | tail -n 1
}

@test "detached: ps, logs, inspect, wait, a second start" {
    same detached
    is $'65
Status=running OOMKilled=false ExitCode=0
boat\n= 0
out\n= 0
= 0
3\n= 0
Status=exited OOMKilled=false ExitCode=3 Pid=0
boat 3\n= 0
= 0
3\n= 0
= 0'
}

stops() {
    quiet run -d --name a box sh -c 'trap "exit 9" TERM; echo up; while :; do sleep 0.1; done'
    quiet run -d --name b box sh -c 'trap "" TERM; echo up; while :; do sleep 0.1; done'
    quiet run -d --name c --stop-signal USR1 box sh -c 'trap "exit 4" USR1; echo up; while :; do sleep 0.1; done'
    for name in a b c; do
        wait_until 10 logged "$name" up
        step stop -t 1 "$name"
        inspect "$name" Status ExitCode
    done
    step stop a
    step kill a
    step rm a b c | sort
}

@test "stop: by the signal, after the timeout, and when there is nothing to stop" {
    same stops
    is $'= 0\n= 0\n= 0
a\n= 0\nStatus=exited ExitCode=9
b\n= 0\nStatus=exited ExitCode=137
c\n= 0\nStatus=exited ExitCode=4
a\n= 0
= 125
= 0\na\nb\nc'
}

kills() {
    quiet run -d --name a box sh -c 'trap "exit 9" TERM; echo up; while :; do sleep 0.1; done'
    wait_until 10 logged a up
    step pause a
    inspect a Status
    step exec a true
    step unpause a
    step rm a
    step kill --signal TERM a
    step wait a
    quiet start a
    step kill a
    step wait a
    quiet start a
    quiet rm -f -t 0 a
}

@test "kill, pause and rm" {
    same kills
    is $'= 0
a\n= 0\nStatus=paused\n= 255
a\n= 0
= 2
a\n= 0
9\n= 0
= 0
a\n= 0
137\n= 0
= 0
= 0'
}

# ---- exec and terminals --------------------------------------------------------------------------

execs() {
    quiet run -d --name boat --user 1000:1000 -e A=one --workdir /tmp box sleep 1000
    step exec boat sh -c 'echo $A $PWD; id -u; hostname | wc -c; echo err >&2; exit 5'
    step exec -u 0 -w /etc -e A=two boat sh -c 'echo $A $PWD $(id -u)'
    echo from stdin | step exec -i boat cat
    step exec boat nosuchcommand
    step exec boat /etc/passwd
    step exec boat /etc
    step exec -w /none boat true
    step exec boat sh -c 'kill -KILL $$'
    step exec --privileged -u 0 boat grep CapEff /proc/self/status
    quiet exec -d boat touch /tmp/detached
    step exec boat sh -c 'until [ -e /tmp/detached ]; do sleep 0.1; done'
    quiet rm -f -t 0 boat
}

@test "exec: environment, user, directory, input and exit statuses" {
    same execs
    has $'one /tmp\n1000\n13\n= 5'
    has $'two /etc 0\n= 0\nfrom stdin\n= 0\n= 127\n= 126\n= 126\n= 127\n= 137'
}

# In a terminal of 33 lines and 99 columns, with input that is typed once the terminal has its size.
terminal() {
    local command=$1
    { wait_until 20 file_has "$BATS_TEST_TMPDIR/typed" sized; echo "typed"; } |
        command script -qefc "stty rows 33 cols 99; $command" /dev/null | tee "$BATS_TEST_TMPDIR/typed" | tr -d '\r'
    echo "= ${PIPESTATUS[1]}"
    : >"$BATS_TEST_TMPDIR/typed"
}

terminals() {
    local command='until [ "$(stty size 2>/dev/null)" = "33 99" ]; do sleep 0.1; done; tty; echo sized; read -r x; echo "got $x"; exit 4'
    terminal "podman --runtime '$RUNTIME' run --cgroup-parent /$HOY_TOKEN --rm -it box sh -c '$command' 3>&-"
    quiet run -d --name boat box sleep 1000
    terminal "podman exec -it boat sh -c '$command' 3>&-"
    step exec -t boat tty
    quiet rm -f -t 0 boat
}

@test "terminals of run and exec: size, input, output and exit status" {
    same terminals
    is $'/dev/pts/0\nsized\ntyped\ngot typed\n= 4
= 0
/dev/pts/0\nsized\ntyped\ngot typed\n= 4
/dev/pts/0\r\n= 0
= 0'
}

attaches() {
    quiet run -d -i --name boat box sh -c 'read -r x; echo "got $x"; read -r x; echo "then $x"; exit 5'
    printf 'one\ntwo\n' | step attach boat
    step wait boat
    quiet rm boat
}

@test "attach: input and output" {
    same attaches
    # This Podman's attach doesn't know the exit status, and ends its output with a line of its own.
    is $'= 0\ngot one\nthen two\n\n= 0\n5\n= 0\n= 0'
}

# ---- Limits --------------------------------------------------------------------------------------

limits() {
    box --memory 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 --pids-limit 77 \
        box sh -c 'cd /sys/fs/cgroup; grep . memory.max memory.low memory.swap.max cpu.max pids.max'
    box --ulimit nofile=100:200 --ulimit core=0 --oom-score-adj 100 box sh -c '
        ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj'
    box --cgroups disabled box true
    quiet run --name boat --memory 16m box tail /dev/zero
    inspect boat OOMKilled ExitCode
    quiet rm boat
}

@test "limits, and a container that wants more memory" {
    same limits
    has 'memory.max:67108864'
    has 'cpu.max:50000 100000'
    has 'pids.max:77'
    has $'= 0\n100\n200\n0\n100\n= 0'
    # Whether OOMKilled is true is conmon's to find out; in the lane it is false with both.
    has $'= 137\nOOMKilled='
    has ' ExitCode=137'
}

updates() {
    quiet run -d --name boat --memory 128m box sleep 1000
    step update --memory 64m --cpus 0.3 --cpu-shares 1024 boat | tail -n 1
    step exec boat sh -c 'cd /sys/fs/cgroup; grep . memory.max cpu.max'
    quiet rm -f -t 0 boat
}

@test "update" {
    same updates
    has $'memory.max:67108864\ncpu.max:30000 100000\n= 0'
}

# What podman stats says of a container under a quota, made coarse.
figures() {
    quiet run -d --name boat --memory 64m --cpus 0.2 --pids-limit 50 box sh -c 'while :; do :; done'
    sleep 3
    p stats --no-stream --format '{{.Name}} {{.PIDs}} {{.CPU}} {{.MemUsage}} {{.MemPerc}}' boat | awk '{
        print $1, $2, ($3 > 14 && $3 < 26 ? "a fifth" : $3), ($4 ~ /[0-9]kB$/ ? "some kB" : $4), $6, ($7 < 5 ? "little" : $7) }'
    p stats --no-stream --format json boat | jq -r '.[0] | keys | join(" ")'
    quiet rm -f -t 0 boat
    step stats --no-stream boat 2>/dev/null
}

@test "stats" {
    same figures
    has 'boat 1 a fifth some kB 67.11MB little'
    has '= 125'
}

@test "a device that is given can be used, another not" {
    devices() {
        box --device /dev/zero:/dev/mine:rw box sh -c 'head -c 5 /dev/mine | wc -c; stat -c "%t %T %a" /dev/mine'
        box --device /dev/kmsg:/dev/mine:r box sh -c ': </dev/mine && echo read; (: >/dev/mine) || echo not written'
        box --device-cgroup-rule "c 1:11 rm" --cap-add mknod box sh -c 'mknod /tmp/k c 1 11; : </tmp/k && echo read'
    }
    same devices
    has $'5\n1 5 666\n= 0'
    has $'read\nnot written\n= 0'
}

# ---- Privileges ----------------------------------------------------------------------------------

privileges() {
    local show='grep -E "Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp:" /proc/self/status'
    box box sh -c "$show"
    box --cap-drop all --cap-add net_admin,chown --security-opt no-new-privileges box sh -c "$show"
    box --cap-add sys_admin --user sailor:5 --group-add 7 box sh -c "$show; id"
    box --privileged box sh -c "$show; ls /dev | wc -l; mount | grep -c ro,"
    box --security-opt "seccomp=$BATS_TEST_TMPDIR/profile" box sh -c 'mkdir /tmp/x; echo $?; grep Seccomp: /proc/self/status'
    box --security-opt seccomp=unconfined box grep Seccomp: /proc/self/status
    box --uidmap 0:100000:65536 --gidmap 0:200000:65536 box sh -c 'id -u; cat /proc/self/uid_map /proc/self/gid_map | tr -s " "
        stat -c "%u %g" /etc; touch /tmp/x; hostname >/dev/null; mount -t tmpfs none /mnt || echo no mount'
    # Podman takes the ids from /etc/subuid, which is the machine's.
    unshare --mount --propagation slave sh -ec 'mount --bind "$1" /etc/subuid
        mount --bind "$1" /etc/subgid
        shift
        exec "$@" 3>&-' sh "$BATS_TEST_TMPDIR/subids" podman --runtime "$RUNTIME" run --rm \
        --cgroup-parent "/$HOY_TOKEN" --userns auto:size=5000 box sh -c '
        id -u; tr -s " " </proc/self/uid_map; touch /tmp/x; stat -c %u /tmp/x' || echo "= $?"
    box --userns host box sh -c 'tr -s " " </proc/self/uid_map'
    box --sysctl kernel.msgmax=9999 --hostname sea box sh -c 'cat /proc/sys/kernel/msgmax; hostname'
}

@test "capabilities, users, user namespaces, seccomp, no-new-privileges, sysctl" {
    cat >"$BATS_TEST_TMPDIR/profile" <<'PROFILE'
{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
PROFILE
    echo containers:2000000:1000000 >"$BATS_TEST_TMPDIR/subids"
    same privileges
    has $'NoNewPrivs:\t1'
    has 'uid=1000(sailor) gid=5'
    has $'1\nSeccomp:\t2\n= 0'
    has $'Seccomp:\t0\n= 0'
    has $'\n0\n 0 100000 65536\n 0 200000 65536\n0 0'
    has $'\n0\n 0 2000000 5000\n0\n 0 0 4294967295\n= 0'
    has $'9999\nsea\n= 0'
}

# ---- The file system -----------------------------------------------------------------------------

files() {
    local dir=$BATS_TEST_TMPDIR/volume
    box --read-only box sh -c 'touch /x; echo $?; touch /tmp/x /dev/shm/x; echo $?'
    box --read-only --read-only-tmpfs=false --tmpfs /mnt:size=1m,mode=750 box sh -c '
        grep " /mnt " /proc/mounts; stat -c %a /mnt; touch /mnt/x; echo $?'
    box -v "$dir:/mnt:ro,noexec" -v "$dir:/home/new/dir:rw,rshared" box sh -c '
        cat /mnt/file; touch /mnt/x; echo $?; touch /home/new/dir/y; echo $?; grep -E " /(mnt|home/new/dir) " /proc/self/mountinfo | cut -d " " -f 5,6,7 | sed s/:.*//'
    ls "$dir"
    box --workdir /home -v named:/data --mount type=tmpfs,destination=/scratch,tmpfs-size=1m box sh -c '
        pwd; touch /data/x; grep -c " /data \| /scratch " /proc/mounts'
    box -v named:/data box ls /data
    box --device /dev/null:/dev/nothing box sh -c 'ls -l /dev/nothing | cut -c 1-10; echo x >/dev/nothing; echo $?'
    box --init box sh -c 'cat /proc/1/comm; echo $$ | grep -c .'
    box --rootfs "$BATS_TEST_TMPDIR/rootfs" sh -c 'ls /etc/passwd'
    step volume rm named
}

@test "read-only roots, tmpfs, volumes, devices, --init and --rootfs" {
    require_tool catatonit
    mkdir "$BATS_TEST_TMPDIR/volume"
    echo volume >"$BATS_TEST_TMPDIR/volume/file"
    make_rootfs "$BATS_TEST_TMPDIR/rootfs"
    same files
    has $'1\n0\n= 0'
    has $'volume\n1\n0\n'
    has $'/home\n2\n= 0\nx\n= 0'
}

# ---- Pods ----------------------------------------------------------------------------------------

pods() {
    # As the parent of cgroups, this Podman's pod denies every device, with crun too.
    quiet pod create --share-parent=false --name pod --share ipc,uts,net,pid --hostname harbour --infra-command '/bin/sleep 1000'
    quiet run -d --name a --pod pod box sh -c 'echo up >/dev/shm/file; sleep 1000'
    wait_until 10 p exec a cat /dev/shm/file >/dev/null
    box --pod pod box sh -c 'cat /dev/shm/file; hostname; cat /proc/1/comm; ls /sys/class/net'
    [[ $(p exec a readlink /proc/self/ns/ipc /proc/self/ns/uts) == "$(p run --rm --pod pod box readlink /proc/self/ns/ipc /proc/self/ns/uts)" ]]
    step pod inspect pod --format '{{.State}} {{.NumContainers}}'
    quiet pod stop -t 1 pod
    inspect a Status ExitCode
    quiet pod start pod
    wait_until 10 running a
    quiet pod rm -f -t 0 pod
}

@test "pods share namespaces" {
    same pods
    has $'up\nharbour\n'
    has $'Running 2\n= 0'
}

# ---- Many ----------------------------------------------------------------------------------------

many() {
    local n=$1 i pids=()
    for ((i = 1; i <= n; i++)); do
        p run -d --name "c$i" box sh -c "echo $i; exit $i" >/dev/null &
        pids+=($!)
    done
    wait "${pids[@]}"
    for ((i = 1; i <= n; i++)); do
        names+=("c$i")
    done
    step wait "${names[@]}"
    p logs "${names[@]}" | sed 's/.* //' | sort -n | tr '\n' ' '
    quiet rm "${names[@]}"
}

@test "30 containers at once" {
    local names=() RUNTIME=hoy
    many 30 >"$BATS_TEST_TMPDIR/many"
    output=$(<"$BATS_TEST_TMPDIR/many")
    is "$(seq 30)"$'\n= 0\n'"$(seq -s ' ' 30) = 0"
    nothing_left
}

# ---- The documentation ---------------------------------------------------------------------------

configured() {
    podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}'
    podman run --rm --network none --cgroup-parent "/$HOY_TOKEN" box echo hello
}

@test "the drop-in of docs/podman.md makes hoy the runtime" {
    local dir=$BATS_TEST_TMPDIR/containers
    cp -r /etc/containers "$dir"
    mkdir -p "$dir/containers.conf.d"
    sed -n '/^```toml$/,/^```$/{/^```/d; p}' "$HOY_TOP/docs/podman.md" |
        sed "s,/usr/local/bin/hoy,$HOY," >"$dir/containers.conf.d/hoy.conf"
    export -f configured
    run unshare -m bash -c 'mount --bind "$1" /etc/containers && unset CONTAINERS_CONF &&
        podman() { command podman --cgroup-manager cgroupfs --events-backend none --tmpdir "$PODMAN_DIR/tmp" "$@"; } &&
        configured' - "$dir" 3>&-
    succeeded
    is "hoy $HOY"$'\nhello'
}
