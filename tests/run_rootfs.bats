#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# `hoy run --rootfs DIR`: docker's and podman's options, what a container gets without any, and that
# nothing stays behind. The limits are in run_limits.bats.

load helpers

setup_file() {
    export ROOTFS=$BATS_FILE_TMPDIR/rootfs
    make_rootfs "$ROOTFS"
    echo 'crew:x:50:sailor' >>"$ROOTFS/etc/group"
}

setup() {
    export HOY_DATA_ROOT=$BATS_TEST_TMPDIR/data
}

teardown() {
    containers_remove
    # Names of leaked directories are told by the last test of each command.
    rm -rf --one-file-system "$HOY_DATA_ROOT"
}

# boat [OPTION…] COMMAND…: runs it; "--" ends the options where the command needs it.
boat() {
    run hoy run --rm --rootfs "$ROOTFS" "$@"
}

# sh_boat SCRIPT [OPTION…]: a shell script.
sh_boat() {
    local script=$1
    shift
    run hoy run --rm --rootfs "$ROOTFS" "$@" /bin/sh -ec "$script"
}

# Nothing of a container is left on disk, in the state or in cgroups.
nothing_left() {
    [[ -z $(ls "$HOY_DATA_ROOT/containers" 2>/dev/null) ]] || { ls -R "$HOY_DATA_ROOT" >&2; return 1; }
    [[ -z $(ls "$HOY_DATA_ROOT/names" 2>/dev/null) ]] || { ls -R "$HOY_DATA_ROOT" >&2; return 1; }
    [[ -z $(ls "$HOY_ROOT") ]] || { ls "$HOY_ROOT" >&2; return 1; }
}

# ---- The command line --------------------------------------------------------------------------

@test "the first word that is no option ends the options" {
    boat echo --rm -t -- x
    succeeded
    is "--rm -t -- x"
}

@test "options of bundles and of images don't mix" {
    bundle_new true
    run hoy run -b "$BUNDLE" --memory 64M "$ID"
    [[ $status == 1 ]]
    is "hoy: run: --memory: is for images and --rootfs; of a bundle its config.json says that"
    run hoy run -b "$BUNDLE" --rootfs "$ROOTFS" "$ID"
    failed_with "--rootfs: is for images"
    boat --keep true
    failed_with "--keep: is for bundles (-b BUNDLE)"
    boat --pid-file /tmp/x true
    failed_with "--pid-file: is for bundles"
    ln -s "$HOY" "$BATS_TEST_TMPDIR/runc"
    run "$BATS_TEST_TMPDIR/runc" --root "$HOY_ROOT" run --rootfs "$ROOTFS" "$ID" 3>&-
    failed_with "--rootfs: is for images"
}

@test "a bundle's options may still follow its ID" {
    bundle_new true
    run hoy run -b "$BUNDLE" "$ID" --pid-file "$BATS_TEST_TMPDIR/pid"
    succeeded
    [[ -s $BATS_TEST_TMPDIR/pid ]]
}

@test "the help says which options are whose" {
    run hoy run --help
    succeeded
    has "Options for images and directories"
    has "Options for bundles"
    has "-h, --hostname"
    has "      --help"
}

@test "an image that isn't here is one of a registry, which --pull never doesn't ask" {
    run hoy run --pull never alpine true
    [[ $status == 125 ]]
    is 'hoy: run: there is no image "alpine" here ("hoy images" lists those that are here)'
    nothing_left
    # What is wrong with the options is said before anything is fetched.
    run hoy run --memory x alpine true
    is 'hoy: run: --memory: must be a size like 64M, or -1 (unlimited), got "x"'
    boat --pull always true
    failed_with "--pull: is for images, and --rootfs names a directory"
}

@test "options that exclude each other are named" {
    boat --hostname x --uts host true
    failed_with "--hostname: must not stand beside --uts host"
    boat --cpus 1 --cpu-quota 5000 true
    failed_with "--cpus: must not stand beside"
    boat --memory-swap 1G true
    failed_with "--memory-swap: needs --memory"
    [[ $status == 1 ]]
    nothing_left
}

# ---- Exit status -------------------------------------------------------------------------------

@test "the exit status is the program's, or 125, 126, 127 as docker's" {
    boat sh -c 'exit 7'
    [[ $status == 7 ]]
    boat --pid host sh -c 'kill -KILL $$'
    [[ $status == 137 ]]
    run -127 hoy run --rm --rootfs "$ROOTFS" nosuch
    failed_with 'exec "nosuch": executable file not found in $PATH'
    run -127 hoy run --rm --rootfs "$ROOTFS" /no/such
    failed_with "no such file or directory"
    run -127 hoy run --rm --rootfs "$ROOTFS" /etc/passwd/x
    boat /etc/passwd
    [[ $status == 126 ]]
    failed_with "permission denied"
    boat /etc
    [[ $status == 126 ]]
    failed_with "is a directory"
    printf '\x7fELF' >"$ROOTFS/bin/torn"
    chmod +x "$ROOTFS/bin/torn"
    boat torn
    [[ $status == 126 ]]
    boat -m x true
    [[ $status == 125 ]]
    is 'hoy: run: --memory: must be a size like 64M, or -1 (unlimited), got "x"'
    boat
    [[ $status == 125 ]]
    is "hoy: run: what the container is to run is missing"
    run hoy run --rm --rootfs /no/such true
    [[ $status == 125 ]]
    failed_with "--rootfs: /no/such: no such file or directory"
    run hoy run --rm --rootfs / true
    failed_with "the host's own /"
    nothing_left
}

# ---- What a container gets without a word ------------------------------------------------------

@test "a container is confined unless it is told otherwise" {
    sh_boat 'grep -E "^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):" /proc/self/status
        id -u; id -G; pwd; echo $HOME $PATH'
    succeeded
    is "CapInh:	0000000000000000
CapPrm:	00000000800405fb
CapEff:	00000000800405fb
CapBnd:	00000000800405fb
CapAmb:	0000000000000000
NoNewPrivs:	1
Seccomp:	2
0
0
/
/root /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

@test "the host's secrets are masked, and its settings can't be written" {
    sh_boat 'test -z "$(cat /proc/interrupts /proc/keys; ls /sys/firmware)"
        for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /sys/kernel/uevent_seqnum /sys/fs/cgroup/x; do
            if true >$f; then echo "$f was written"; exit 1; fi 2>/dev/null
        done
        echo finished'
    succeeded
    has finished
}

@test "network, processes and names are its own" {
    sh_boat 'echo $$; ls /sys/class/net; hostname; echo $HOSTNAME; cat /sys/class/net/lo/carrier
        cat /proc/sys/net/ipv4/ping_group_range /proc/sys/net/ipv4/ip_unprivileged_port_start'
    succeeded
    [[ ${lines[0]} == 1 && ${lines[1]} == lo && ${lines[2]} =~ ^[0-9a-f]{12}$ ]]
    [[ ${lines[3]} == "${lines[2]}" && ${lines[4]} == 1 ]]
    [[ ${lines[5]} == $'0\t2147483647' && ${lines[6]} == 0 ]]
}

@test "nobody's typing reaches a container without -i" {
    run hoy run --rm --rootfs "$ROOTFS" cat <<<"secret"
    succeeded
    is ""
    run hoy run --rm -i --rootfs "$ROOTFS" cat <<<"told"
    is told
}

@test "no descriptor of the caller gets in" {
    exec 7</etc/passwd
    sh_boat 'ls /proc/self/fd'
    exec 7<&-
    succeeded
    is $'0\n1\n2\n3'
}

# ---- The process -------------------------------------------------------------------------------

@test "the environment comes from files, options and the caller" {
    printf '# a comment\nA=file\nB=file\n' >"$BATS_TEST_TMPDIR/env"
    export FROM_CALLER="its value" OTHER=hidden
    boat --env-file "$BATS_TEST_TMPDIR/env" -e B=option -e FROM_CALLER --env NONE -e 'EMPTY=' env
    succeeded
    has $'A=file\nB=option\nFROM_CALLER=its value\nEMPTY='
    has_not OTHER
    has_not NONE
    boat -e =x true
    failed_with '--env: must be NAME=VALUE or NAME, got "=x"'
    boat -e $'X=\xff' true
    failed_with "--env: must be UTF-8"
    boat --env-file /no/such true
    failed_with "--env-file /no/such: no such file or directory"
}

@test "a newline in a value stays one value" {
    boat -e $'A=one\nB=two' sh -c 'echo "[$A][$B]"'
    succeeded
    is $'[one\nB=two][]'
}

@test "the entry point goes before the command" {
    boat --entrypoint echo a b
    is "a b"
    boat --entrypoint '["echo", "a b"]' c
    is "a b c"
    boat --entrypoint "" echo plain
    is plain
}

@test "the working directory is made where it is missing" {
    boat -w /new/work pwd
    succeeded
    is /new/work
    rm -r "$ROOTFS/new"
    boat -w work pwd
    failed_with "--workdir: must be an absolute path"
}

@test "users are names of the container, or numbers" {
    boat -u sailor id
    is "uid=1000(sailor) gid=1000(sailor) groups=50(crew),1000(sailor)"
    boat -u sailor:crew sh -c 'id -u; id -G'
    is $'1000\n50'
    boat -u 1000 sh -c 'id -u; id -g; id -G'
    is $'1000\n1000\n1000'
    boat -u 77:88 --group-add crew --group-add 99 sh -c 'id -u; id -G'
    is $'77\n88 50 99'
    boat -u 4294967294 id -u
    is 4294967294
    for user in 4294967295 -1 0x1 1: :1 nobody; do
        boat -u "$user" true
        [[ $status == 125 ]]
        failed_with "hoy: run: --user: "
    done
    boat --group-add none true
    failed_with "hoy: run: --group-add: there is no group \"none\""
}

@test "another user than root has no capability but those it was given by name" {
    boat -u sailor grep -E '^Cap(Prm|Eff|Bnd|Amb)' /proc/self/status
    is $'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t00000000800405fb\nCapAmb:\t0000000000000000'
    boat -u sailor --cap-add net_admin grep -E '^Cap(Eff|Amb)' /proc/self/status
    is $'CapEff:\t0000000000001000\nCapAmb:\t0000000000001000'
}

@test "a hostile passwd is an error at once" {
    local root=$BATS_TEST_TMPDIR/hostile
    cp -a "$ROOTFS" "$root"
    rm "$root/etc/passwd"
    mkfifo "$root/etc/passwd"
    run timeout 5 "$HOY" --root "$HOY_ROOT" run --rm -u sailor --rootfs "$root" true 3>&-
    [[ $status == 125 ]]
    failed_with "--user: the root file system's /etc/passwd is not a regular file"
    rm "$root/etc/passwd"
    ln -s /dev/zero "$root/etc/passwd"
    run timeout 5 "$HOY" --root "$HOY_ROOT" run --rm -u sailor --rootfs "$root" true 3>&-
    [[ $status == 125 ]]
    rm "$root/etc/passwd"
    ln -s "$UP/etc/passwd" "$root/etc/passwd"
    grep -q ^root: "$root/etc/passwd" # the control: on the host it does lead there
    run timeout 5 "$HOY" --root "$HOY_ROOT" run --rm -u root --rootfs "$root" true 3>&-
    [[ $status == 125 ]]
    rm "$root/etc/passwd"
    truncate -s 10G "$root/etc/passwd"
    run timeout 5 "$HOY" --root "$HOY_ROOT" run --rm -u sailor --rootfs "$root" true 3>&-
    [[ $status == 125 ]]
    failed_with "is larger than"
    nothing_left
}

@test "a terminal is the container's own, with the caller's size" {
    run python3 "$BATS_TEST_DIRNAME/terminal.py" run size=91x33 expect='# ' send='stty size; tty; exit 3\n' \
        -- "$HOY" --root "$HOY_ROOT" run --rm -it -e PS1='# ' --rootfs "$ROOTFS" sh 3>&-
    [[ $status == 3 ]]
    has "33 91"
    has /dev/
    boat -t sh -c 'test -t 1 && echo "$TERM"'
    has xterm
}

@test "an init is the first process, and reaps" {
    require_tool catatonit
    sh_boat 'ps -o pid,args; exit 5' --init
    [[ $status == 5 ]]
    has "1 /dev/init --"
    boat --init --init-path /no/such true
    failed_with "--init-path: must be the absolute path of a program"
    [[ ! -e $ROOTFS/dev/init ]]
}

@test "limits of the process" {
    boat --ulimit nofile=100:200 --ulimit core=0 sh -c 'ulimit -n; ulimit -Hn; ulimit -c'
    succeeded
    is $'100\n200\n0'
    boat --oom-score-adj 500 cat /proc/self/oom_score_adj
    is 500
    boat --ulimit boats=3 true
    failed_with "--ulimit: there is no limit \"boats\""
}

# ---- Files and devices -------------------------------------------------------------------------

@test "-v shows a directory of the host, read-only if it should" {
    local dir=$BATS_TEST_TMPDIR/data.d
    mkdir "$dir"
    sh_boat 'echo there >/mnt/file' -v "$dir:/mnt"
    succeeded
    [[ $(<"$dir/file") == there ]]
    sh_boat 'cat /mnt/file; : >/mnt/new' -v "$dir:/mnt:ro"
    [[ $status != 0 ]]
    has there
    has "Read-only file system"
    sh_boat 'cat /mnt/file' --mount "type=bind,src=$dir,dst=/mnt,readonly"
    is there
    boat -v "$dir/none:/mnt" true
    [[ $status == 125 ]]
    failed_with "hoy does not create it: mkdir -p"
    boat -v ./data:/mnt true
    failed_with "-v: a volume's name is"
    boat -v "$dir:/mnt" --tmpfs /mnt true
    failed_with "--tmpfs: /mnt is mounted twice"
    nothing_left
}

@test "read-only reaches what is mounted below the source" {
    local dir=$BATS_TEST_TMPDIR/deep
    mkdir -p "$dir/inner"
    mount -t tmpfs inner "$dir/inner"
    sh_boat ': >/mnt/inner/file' -v "$dir:/mnt:ro"
    umount "$dir/inner"
    [[ $status != 0 ]]
    has "Read-only file system"
}

@test "--tmpfs is memory, with the options asked for" {
    sh_boat 'grep " /scratch " /proc/mounts; stat -c %a /scratch' --tmpfs /scratch:size=64KiB,mode=700,exec
    succeeded
    has "tmpfs /scratch tmpfs rw,nosuid,nodev,relatime,size=64k,mode=700"
    has 700
    boat --tmpfs /scratch:size=lots true
    failed_with "--tmpfs: size: must be a size like 64M"
    rmdir "$ROOTFS/scratch"
}

@test "--read-only leaves memory to write, or none" {
    sh_boat ': >/tmp/x; : >/run/x; : >/etc/x' --read-only
    [[ $status != 0 ]]
    has "/etc/x: Read-only file system"
    sh_boat ': >/tmp/x' --read-only --read-only-tmpfs=false
    [[ $status != 0 ]]
    has "/tmp/x: Read-only file system"
    [[ ! -e $ROOTFS/tmp/x ]]
}

@test "--shm-size" {
    boat --shm-size 1m sh -c 'grep " /dev/shm " /proc/mounts'
    has size=1024k
    boat grep ' /dev/shm ' /proc/mounts
    has size=65536k
}

@test "--device gives one device and no other" {
    boat --device /dev/zero:/dev/void:r sh -c 'head -c 3 /dev/void | wc -c; stat -c %t:%T /dev/void'
    succeeded
    is $'3\n1:5'
    boat --device /etc/passwd true
    failed_with "--device: /etc/passwd is no device"
    boat sh -c 'mknod /tmp/kmsg c 1 11'
    [[ $status != 0 ]]
    [[ ! -e $ROOTFS/tmp/kmsg ]]
}

# ---- Namespaces --------------------------------------------------------------------------------

@test "namespaces of the host, where they are asked for" {
    for ns in pid ipc uts; do
        boat "--$ns" host readlink "/proc/self/ns/$ns"
        is "$(readlink "/proc/self/ns/$ns")"
    done
    boat --network host readlink /proc/self/ns/net
    is "$(readlink /proc/self/ns/net)"
}

@test "--hostname and --sysctl" {
    boat -h boat --sysctl kernel.msgmax=4096 sh -c 'hostname; echo $HOSTNAME; cat /proc/sys/kernel/msgmax'
    succeeded
    is $'boat\nboat\n4096'
    boat --sysctl kernel.panic=1 true
    [[ $status == 125 ]]
    nothing_left
}

# ---- Security ----------------------------------------------------------------------------------

@test "capabilities are added and dropped" {
    boat --cap-drop ALL --cap-add chown grep CapEff /proc/self/status
    is $'CapEff:\t0000000000000001'
    boat --cap-add NET_RAW --cap-drop CAP_CHOWN,kill grep CapEff /proc/self/status
    is $'CapEff:\t00000000800425da'
    boat --cap-add FLY true
    failed_with '--cap-add: no such capability is known: "FLY"'
}

@test "no_new_privs can be left out" {
    boat --security-opt no-new-privileges=false grep NoNewPrivs /proc/self/status
    is $'NoNewPrivs:\t0'
    boat --security-opt no-new-privileges grep NoNewPrivs /proc/self/status
    is $'NoNewPrivs:\t1'
}

@test "the default profile denies by EPERM and ENOSYS, and lets programs live" {
    sh_boat 'unshare -m true' ; has "Operation not permitted"
    sh_boat 'mount -t tmpfs x /mnt'; failed_with "ermi"
    sh_boat 'swapoff /dev/null'; failed_with "Operation not permitted"
    cc -static -o "$ROOTFS/bin/calls" -x c - <<'C' || skip "there is no C compiler"
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
static void say(const char *name, long r) { printf("%s %d\n", name, r < 0 ? errno : 0); }
int main(void)
{
	say("getpid", syscall(SYS_getpid));
	say("newest", syscall(9999));
	say("clone3", syscall(SYS_clone3, 0, 0));
	say("userns", syscall(SYS_clone, 0x10000000, 0, 0, 0, 0));
	say("keyctl", syscall(SYS_keyctl, 0, 0));
	say("io_uring", syscall(425, 1, 0));
	say("bpf", syscall(SYS_bpf, 0, 0, 0));
	say("vsock", socket(40, SOCK_STREAM, 0));
	say("alg", socket(38, SOCK_SEQPACKET, 0));
	say("alg_high", syscall(SYS_socket, 38 | 1L << 32, SOCK_SEQPACKET, 0));
	say("unix", socket(AF_UNIX, SOCK_STREAM, 0));
	say("inet", socket(AF_INET, SOCK_STREAM, 0));
	say("persona", syscall(SYS_personality, 0xffffffff) < 0 ? -1 : 0);
	say("no_random", syscall(SYS_personality, 0x0040000));
	return 0;
}
C
    boat calls
    rm "$ROOTFS/bin/calls"
    succeeded
    is "getpid 0
newest 38
clone3 38
userns 38
keyctl 1
io_uring 1
bpf 1
vsock 97
alg 97
alg_high 97
unix 0
inet 0
persona 0
no_random 38"
}

@test "other seccomp profiles: none, docker's form, OCI's form" {
    boat --security-opt seccomp=unconfined grep Seccomp: /proc/self/status
    is $'Seccomp:\t0'
    echo '{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_X86_64",
        "subArchitectures": ["SCMP_ARCH_X86"]}], "syscalls": [{"names": ["chmod", "fchmodat"],
        "action": "SCMP_ACT_ERRNO", "errnoRet": 28, "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]}' \
        >"$BATS_TEST_TMPDIR/profile"
    boat --security-opt "seccomp=$BATS_TEST_TMPDIR/profile" chmod 700 /tmp
    failed_with "No space left"
    boat --cap-add SYS_ADMIN --security-opt "seccomp=$BATS_TEST_TMPDIR/profile" chmod 1777 /tmp
    succeeded
    echo '{"defaultAction": "NO"}' >"$BATS_TEST_TMPDIR/profile"
    boat --security-opt "seccomp=$BATS_TEST_TMPDIR/profile" true
    [[ $status == 125 ]]
    failed_with "$BATS_TEST_TMPDIR/profile: defaultAction: must be"
    nothing_left
}

@test "podman's own profile is taken" {
    [[ -e /usr/share/containers/seccomp.json ]] || skip "there is no /usr/share/containers/seccomp.json"
    boat --security-opt seccomp=/usr/share/containers/seccomp.json echo ok
    is ok
}

@test "mask=, unmask= and systempaths=unconfined" {
    sh_boat 'test ! -s /etc/group; grep -q . /proc/interrupts; echo ok' \
        --security-opt mask=/etc/group --security-opt unmask=/proc/interrupts
    is ok
    boat --security-opt systempaths=unconfined sh -c 'grep -c " /proc/" /proc/mounts'
    is 0
}

@test "--privileged is as root on the host" {
    sh_boat 'grep -E "Seccomp:|NoNewPrivs" /proc/self/status; mount -t tmpfs x /mnt && echo mounted
        test -c /dev/kmsg && echo kmsg; : >/sys/fs/cgroup/cgroup.procs && echo writable' --privileged
    has $'NoNewPrivs:\t0\nSeccomp:\t0'
    has mounted
    has kmsg
    has writable
}

# ---- Its life ----------------------------------------------------------------------------------

@test "a container stays until it is deleted, by name or the first digits of its ID" {
    local id
    run hoy run --name boat --rootfs "$ROOTFS" sh -c 'echo once; exit 4'
    [[ $status == 4 ]]
    id=$(hoy list -q)
    [[ $id =~ ^[0-9a-f]{64}$ ]]
    [[ $(hoy state boat | jq -r .status) == stopped ]]
    [[ $(hoy state "${id:0:12}" | jq -r .id) == "$id" ]]
    [[ $(hoy state boat | jq -r '.annotations["dev.hoy.name"]') == boat ]]
    run hoy run --rm --name boat --rootfs "$ROOTFS" true
    [[ $status == 125 ]]
    failed_with "--name: \"boat\" is the name of container ${id:0:12}"
    hoy delete boat
    run ! hoy state boat
    run ! hoy state "$id"
    nothing_left
    run hoy run --rm --name boat --rootfs "$ROOTFS" echo again
    is again
    nothing_left
}

@test "a stopped container starts again from its bundle" {
    hoy run --name boat --rootfs "$ROOTFS" sh -c 'echo x >>/tmp/count'
    hoy start boat </dev/null >/dev/null 2>&1
    wait_until 10 eval '[[ $(wc -l <"$ROOTFS/tmp/count") == 2 ]]'
    hoy delete --force boat
    rm "$ROOTFS/tmp/count"
    nothing_left
}

@test "a lost state is no reason to keep a directory" {
    hoy run --name boat --rootfs "$ROOTFS" true
    rm -r "${HOY_ROOT:?}"/*
    [[ $(hoy list -f json | jq -r '.[0] | .status + " " + .annotations["dev.hoy.name"]') == "stopped boat" ]]
    hoy delete boat
    nothing_left
}

@test "another state directory knows nothing of it, and removes nothing" {
    local id
    hoy run --name boat --rootfs "$ROOTFS" true
    id=$(hoy list -q)
    run "$HOY" --root "$BATS_TEST_TMPDIR/other" list -q 3>&-
    is ""
    run "$HOY" --root "$BATS_TEST_TMPDIR/other" delete "$id" 3>&-
    failed_with "does not exist"
    run "$HOY" --root "$BATS_TEST_TMPDIR/other" delete --force boat 3>&-
    [[ -d $HOY_DATA_ROOT/containers/$id ]]
    hoy delete boat
    nothing_left
}

@test "a name is no ID of another" {
    bundle_new true
    hoy create -b "$BUNDLE" boat </dev/null >/dev/null 2>&1
    run hoy run --rm --name boat --rootfs "$ROOTFS" true
    [[ $status == 125 ]]
    is 'hoy: run: --name: "boat" is the ID of a container'
    hoy delete boat
    nothing_left
}

@test "names are checked, and invented where there is none" {
    for name in "" . .. a/b -x $'a\nb' "$(printf '%064d' 0)"; do
        run hoy run --rm "--name=$name" --rootfs "$ROOTFS" true
        [[ $status == 125 ]]
        failed_with "--name: "
    done
    hoy run --rootfs "$ROOTFS" true
    run ls "$HOY_DATA_ROOT/names"
    [[ $output =~ ^[a-z]+_[a-z]+$ ]]
    hoy delete "$output"
    nothing_left
}

@test "-d prints the ID, and what the container writes goes to its log" {
    local id
    id=$(hoy run -d --name boat --rootfs "$ROOTFS" sh -c 'echo out; echo err >&2; exec sleep 1000')
    [[ $id =~ ^[0-9a-f]{64}$ ]]
    wait_until 10 file_has "$HOY_DATA_ROOT/containers/$id/log" err
    [[ $(hoy exec boat echo inside) == inside ]]
    [[ $(hoy state boat | jq -r .status) == running ]]
    hoy kill boat KILL
    wait_status stopped "$id"
    hoy delete boat
    nothing_left
}

@test "--cidfile holds the ID, and is never written over" {
    local file=$BATS_TEST_TMPDIR/cid
    hoy run --cidfile "$file" --name boat --rootfs "$ROOTFS" true
    [[ $(<"$file") == "$(hoy state boat | jq -r .id)" ]]
    run hoy run --rm --cidfile "$file" --rootfs "$ROOTFS" true
    [[ $status == 125 ]]
    failed_with "--cidfile: make $file: file exists"
    [[ $(<"$file") == "$(hoy state boat | jq -r .id)" ]]
    run -127 hoy run --rm --cidfile "$file.2" --rootfs "$ROOTFS" nosuch
    [[ ! -e $file.2 ]]
    hoy delete boat
    nothing_left
}

@test "labels and annotations, and the signal that stops it" {
    hoy run --name boat -l a=b -l bare --annotation c=d --stop-signal QUIT --rootfs "$ROOTFS" true
    run jq -c .annotations <<<"$(hoy state boat)"
    is '{"org.opencontainers.image.stopSignal":"QUIT","a":"b","bare":"","c":"d","dev.hoy.name":"boat"}'
}

@test "data and containers are their owner's alone" {
    hoy run --name boat --rootfs "$ROOTFS" true
    run stat -c %a "$HOY_DATA_ROOT" "$HOY_DATA_ROOT/containers" "$HOY_DATA_ROOT/names" \
        "$HOY_DATA_ROOT"/containers/*
    is $'700\n700\n700\n700'
}

@test "--data-root goes before the variable" {
    run hoy --data-root "$BATS_TEST_TMPDIR/other/deep" run --name boat --rootfs "$ROOTFS" true
    succeeded
    [[ -L $BATS_TEST_TMPDIR/other/deep/names/boat && ! -e $HOY_DATA_ROOT ]]
    hoy --data-root "$BATS_TEST_TMPDIR/other/deep" delete boat
}

@test "a start that fails leaves nothing" {
    boat -v /etc/passwd:/etc true
    [[ $status == 125 ]]
    boat --sysctl net.nothing=1 true
    [[ $status == 125 ]]
    run -127 hoy run --rm --rootfs "$ROOTFS" nosuch
    boat --cgroup-parent ../x true
    [[ $status == 125 ]]
    nothing_left
    [[ -z $(find "$ROOTFS/etc" -newer "$ROOTFS/etc/group" -type f) ]]
}

# ---- The plan ----------------------------------------------------------------------------------

@test "hoy plan takes the same options, and makes nothing" {
    run hoy plan --rootfs "$ROOTFS" -v /etc:/mnt:ro -m 64M --hostname boat sh -c true
    succeeded
    has "memory.max"
    has "boat"
    has "/mnt"
    run hoy plan --format json --rootfs "$ROOTFS" true
    jq -e '.operations | length > 30' <<<"$output"
    run hoy plan --memory x --rootfs "$ROOTFS" true
    [[ $status == 1 ]]
    is 'hoy: plan: --memory: must be a size like 64M, or -1 (unlimited), got "x"'
    [[ ! -e $HOY_DATA_ROOT ]]
}
