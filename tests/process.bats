#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts are expanded in the container
# process: what the container's process is and may do.

load helpers

# A Python program that execs its arguments with one thing of a process' state changed.
with_python() {
    local change=$1
    shift
    python3 -c "
import os, signal, sys
$change
os.execv(sys.argv[1], sys.argv[1:])" "$HOY" --root "$HOY_ROOT" "$@" 3>&-
}

# The value of a line of /proc/self/status in the container.
status_line() {
    sed -n "s/^$1:[[:space:]]*//p" <<<"$output"
}

status_is_line() {
    [[ $(status_line "$1") == "$2" ]] || {
        echo "$1 is '$(status_line "$1")', not '$2'" >&2
        return 1
    }
}

# ---- args and env ------------------------------------------------------------------------------

# verifies: config process.args
@test "the arguments arrive as they are" {
    bundle_new printf '[%s]' 'a b' '' '$HOME' $'two\nlines' 'ünïcödé' '-n'
    container_run
    succeeded
    is $'[a b][][$HOME][two\nlines][ünïcödé][-n]'
}

@test "a thousand arguments arrive" {
    bundle_new /bin/sh -c 'echo $#' name $(seq 1000)
    container_run
    is 1000
}

@test "argv[0] stays the name that was asked for" {
    bundle_new sh -c 'tr "\0" "\n" </proc/1/cmdline | head -n 1; true'
    container_run
    is sh
}

# verifies: config process.env
@test "the environment is the one asked for and no other" {
    bundle_new env
    cfg '.process.env = ["PATH=/bin", "A=b c", "EMPTY=", "EQUALS=a=b", "HOME=/here"]'
    export FROM_THE_CALLER=yes
    container_run
    succeeded
    is $'PATH=/bin\nA=b c\nEMPTY=\nEQUALS=a=b\nHOME=/here'
}

@test "no environment at all is allowed" {
    bundle_new /bin/env
    cfg 'del(.process.env)'
    container_run
    succeeded
    is HOME=/root
}

@test "an entry of env without a name is an error that names it" {
    bundle_new true
    cfg '.process.env += ["NOVALUE"]'
    container_run
    failed_with 'process.env[2]: must be NAME=VALUE, got "NOVALUE"'
}

@test "HOME comes from the container's passwd" {
    bundle_new /bin/sh -c 'echo "$HOME"'
    container_run
    is /root
    cfg '.process.user = {uid: 1000, gid: 1000}'
    container_run
    is /home/sailor
}

@test "HOME is / for a user whom passwd does not have" {
    bundle_new /bin/sh -c 'echo "$HOME"'
    cfg '.process.user = {uid: 4711, gid: 0}'
    container_run
    is /
}

@test "HOME is / without a passwd file" {
    bundle_new /bin/sh -c 'echo "$HOME"'
    rm "$BUNDLE/rootfs/etc/passwd"
    container_run
    is /
}

@test "HOME that is set is left alone, even when empty" {
    bundle_new /bin/sh -c 'echo "<$HOME>"'
    cfg '.process.env += ["HOME="]'
    container_run
    is '<>'
}

@test "HOME comes from a passwd that a mount brings" {
    bundle_new /bin/sh -c 'echo "$HOME"'
    echo 'root:x:0:0:root:/elsewhere:/bin/sh' >"$BUNDLE/passwd"
    cfg '.mounts += [{destination: "/etc/passwd", source: "passwd", options: ["bind", "ro"]}]'
    container_run
    is /elsewhere
}

@test "a passwd that is a FIFO is an error and not waited for" {
    bundle_new true
    rm "$BUNDLE/rootfs/etc/passwd"
    mkfifo "$BUNDLE/rootfs/etc/passwd"
    container_run
    failed_with '/etc/passwd is no regular file'
}

@test "a passwd with broken lines is read all the same" {
    bundle_new /bin/sh -c 'echo "$HOME"'
    {
        printf 'sailor\n::::::\nx:x:1000\n'
        printf 'long:x:1000:1000:%0600d:/long:/bin/sh\n' 0
        printf 'a:x:4294968296:0::/overflow:/bin/sh\n'
        printf 'b:x:1000x:0::/letters:/bin/sh\n'
        printf 'c:x:1000:0::relative:/bin/sh\n'
        printf 'd:x:1000:0::/good:/bin/sh'
    } >"$BUNDLE/rootfs/etc/passwd"
    cfg '.process.user = {uid: 1000, gid: 1000}'
    container_run
    is /good
}

# ---- The look-up of the program ----------------------------------------------------------------

@test "a name is looked up in the container's PATH, in its order" {
    bundle_new prog
    mkdir "$BUNDLE/rootfs/opt" "$BUNDLE/rootfs/opt/a" "$BUNDLE/rootfs/opt/b"
    printf '#!/bin/sh\necho a\n' >"$BUNDLE/rootfs/opt/a/prog"
    printf '#!/bin/sh\necho b\n' >"$BUNDLE/rootfs/opt/b/prog"
    chmod +x "$BUNDLE"/rootfs/opt/?/prog
    cfg '.process.env = ["PATH=/missing:/opt/b:/opt/a"]'
    container_run
    is b
}

@test "what can't be executed is passed over in the PATH" {
    bundle_new prog
    mkdir -p "$BUNDLE/rootfs/opt/a" "$BUNDLE/rootfs/opt/b" "$BUNDLE/rootfs/opt/c/prog"
    echo text >"$BUNDLE/rootfs/opt/a/prog"
    printf '#!/bin/sh\necho b\n' >"$BUNDLE/rootfs/opt/b/prog"
    chmod +x "$BUNDLE/rootfs/opt/b/prog"
    cfg '.process.env = ["PATH=/opt/a:/opt/c:/opt/b"]'
    container_run
    is b
}

@test "an empty part of the PATH is the working directory" {
    bundle_new prog
    mkdir "$BUNDLE/rootfs/work"
    printf '#!/bin/sh\npwd\n' >"$BUNDLE/rootfs/work/prog"
    chmod +x "$BUNDLE/rootfs/work/prog"
    cfg '.process.env = ["PATH=/bin::"] | .process.cwd = "/work"'
    container_run
    is /work
}

@test "a path with a slash is taken from the working directory" {
    bundle_new ./prog
    mkdir "$BUNDLE/rootfs/work"
    printf '#!/bin/sh\npwd\n' >"$BUNDLE/rootfs/work/prog"
    chmod +x "$BUNDLE/rootfs/work/prog"
    cfg '.process.cwd = "/work"'
    container_run
    is /work
}

@test "without PATH in the environment a default one is searched" {
    bundle_new sh -c 'echo found'
    cfg '.process.env = []'
    container_run
    is found
}

@test "the last of two PATH entries counts" {
    bundle_new sh -c 'echo found'
    cfg '.process.env = ["PATH=/nowhere", "PATH=/bin"]'
    container_run
    is found
}

@test "a program on a mount of the container is found" {
    bundle_new prog
    mkdir "$BUNDLE/tools"
    printf '#!/bin/sh\necho from the mount\n' >"$BUNDLE/tools/prog"
    chmod +x "$BUNDLE/tools/prog"
    cfg '.mounts += [{destination: "/tools", source: "tools", options: ["bind"]}] |
         .process.env = ["PATH=/tools:/bin"]'
    container_run
    is 'from the mount'
}

@test "a name that PATH does not have: executable file not found in \$PATH" {
    bundle_new no-such-program
    container_run
    failed_with 'executable file not found in $PATH'
    has 'process.args[0]'
    has 'no-such-program'
    [[ $status == 1 ]]
    run hoy create -b "$BUNDLE" "$ID"
    failed_with 'executable file not found in $PATH'
    run hoy state "$ID"
    failed_with 'does not exist'
}

@test "a path that is not there: no such file or directory" {
    bundle_new /no/such/program
    container_run
    failed_with 'no such file or directory'
    has '/no/such/program'
}

@test "a part of the path that is a file: not a directory" {
    bundle_new /bin/busybox/program
    container_run
    failed_with 'not a directory'
}

@test "a file that is not executable: permission denied" {
    bundle_new /etc/passwd
    container_run
    failed_with 'permission denied'
    args prog
    mkdir "$BUNDLE/rootfs/opt"
    echo text >"$BUNDLE/rootfs/opt/prog"
    cfg '.process.env = ["PATH=/bin:/opt"]'
    container_run
    failed_with 'permission denied'
}

@test "a program that its user may not execute: permission denied" {
    bundle_new /opt/prog
    mkdir "$BUNDLE/rootfs/opt"
    cp "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/opt/prog"
    chmod 0700 "$BUNDLE/rootfs/opt/prog"
    cfg '.process.user = {uid: 1000, gid: 1000}'
    container_run
    failed_with 'permission denied'
}

@test "a directory: is a directory" {
    bundle_new /etc
    container_run
    failed_with 'is a directory'
}

@test "a file of no executable format is an error of its own" {
    bundle_new /opt/prog
    mkdir "$BUNDLE/rootfs/opt"
    echo 'neither ELF nor #!' >"$BUNDLE/rootfs/opt/prog"
    chmod +x "$BUNDLE/rootfs/opt/prog"
    container_run
    failed_with 'exec format error'
}

@test "an interpreter that is not there: no such file or directory" {
    bundle_new /opt/prog
    mkdir "$BUNDLE/rootfs/opt"
    echo '#!/no/such/interpreter' >"$BUNDLE/rootfs/opt/prog"
    chmod +x "$BUNDLE/rootfs/opt/prog"
    container_run
    failed_with 'no such file or directory'
}

@test "no args, or an empty name, is an error" {
    bundle_new true
    cfg '.process.args = []'
    container_run
    failed_with 'process.args: must have at least one entry'
    cfg '.process.args = [""]'
    container_run
    failed_with 'process.args[0]: must not be empty'
    cfg 'del(.process.args)'
    container_run
    failed_with 'process.args'
}

@test "without process there is nothing to run" {
    bundle_new true
    cfg 'del(.process)'
    container_run
    failed_with 'process: is required'
}

# ---- cwd ---------------------------------------------------------------------------------------

# verifies: config process.cwd
@test "the process starts in its working directory" {
    bundle_new pwd
    cfg '.process.cwd = "/home"'
    container_run
    is /home
}

@test "a missing working directory is made, 0755 and root's" {
    bundle_new /bin/sh -c 'pwd; stat -c "%a %u:%g" . ..'
    cfg '.process.cwd = "/not/yet" | .process.user = {uid: 1000, gid: 1000, umask: 63}'
    container_run
    succeeded
    is $'/not/yet\n755 0:0\n755 0:0'
}

@test "a missing working directory is made on a mount" {
    bundle_new /bin/sh -c 'pwd; rmdir /mnt/a/b && echo writable'
    cfg '.process.cwd = "/mnt/a/b" |
         .mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs"}]'
    container_run
    is $'/mnt/a/b\nwritable'
    [[ ! -e $BUNDLE/rootfs/mnt/a ]]
}

@test "a working directory that is a symbolic link is followed inside the root" {
    bundle_new /bin/sh -c '/bin/pwd -P; cat mark'
    mkdir "$BUNDLE/rootfs/real"
    echo inside >"$BUNDLE/rootfs/real/mark"
    ln -s /real "$BUNDLE/rootfs/link"
    ln -s ../../../../../real "$BUNDLE/rootfs/climber"
    cfg '.process.cwd = "/link"'
    container_run
    is $'/real\ninside'
    cfg '.process.cwd = "/climber"'
    container_run
    is $'/real\ninside'
}

@test "a working directory through a link to nowhere is made inside the root" {
    bundle_new pwd
    ln -s "$BATS_TEST_TMPDIR/canary" "$BUNDLE/rootfs/link"
    cfg '.process.cwd = "/link"'
    container_run
    succeeded
    [[ ! -e $BATS_TEST_TMPDIR/canary ]]
    [[ -d $BUNDLE/rootfs$BATS_TEST_TMPDIR/canary ]]
}

@test "a working directory that only root can enter serves its user all the same" {
    bundle_new /bin/sh -c 'pwd; ls . 2>/dev/null || echo closed'
    mkdir -m 0700 "$BUNDLE/rootfs/closed"
    cfg '.process.cwd = "/closed" | .process.user = {uid: 1000, gid: 1000}'
    container_run
    is $'/closed\nclosed'
}

@test "a working directory that is a file is an error" {
    bundle_new true
    cfg '.process.cwd = "/etc/passwd"'
    container_run
    failed_with 'process.cwd'
    has 'not a directory'
}

@test "a relative or missing cwd is an error" {
    bundle_new true
    cfg '.process.cwd = "home"'
    container_run
    failed_with 'process.cwd'
    cfg 'del(.process.cwd)'
    container_run
    failed_with 'process.cwd'
}

@test "a working directory in /proc/self/fd leads to no directory of the host" {
    local n
    bundle_new /bin/sh -c 'ls; pwd'
    exec 8</
    for n in $(seq 3 20); do
        cfg '.process.cwd = "/proc/self/fd/\($n)"' --arg n "$n"
        container_run
        failed_with process.cwd
    done
    exec 8<&-
}

# ---- user --------------------------------------------------------------------------------------

# verifies: config process.user.uid, config process.user.gid
@test "the process runs as its user and group" {
    bundle_new cat /proc/self/status
    cfg '.process.user = {uid: 1000, gid: 2000}'
    container_run
    succeeded
    status_is_line Uid $'1000\t1000\t1000\t1000'
    status_is_line Gid $'2000\t2000\t2000\t2000'
    status_is_line Groups ''
}

@test "no group of the caller's comes along" {
    bundle_new cat /proc/self/status
    run setpriv --groups 4,24,27 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    succeeded
    status_is_line Groups ''
}

# verifies: config process.user.additionalGids
@test "the additional groups are exactly those listed" {
    bundle_new cat /proc/self/status
    cfg '.process.user = {uid: 1000, gid: 1000, additionalGids: [5, 6, 4000000000]}'
    container_run
    succeeded
    [[ $(status_line Groups | tr -s ' ') == '5 6 4000000000'* ]]
    status_is_line Gid $'1000\t1000\t1000\t1000'
}

@test "the largest ids are taken for what they are" {
    bundle_new cat /proc/self/status
    cfg '.process.user = {uid: 4294967294, gid: 4294967294}'
    container_run
    succeeded
    status_is_line Uid $'4294967294\t4294967294\t4294967294\t4294967294'
}

@test "an id that is none is an error" {
    local uid
    bundle_new true
    for uid in 4294967295 4294967296 -1 '"0"' 1.5; do
        cfg '.process.user.uid = $u' --argjson u "$uid"
        container_run
        failed_with process.user.uid
    done
}

# verifies: config process.user.umask
@test "the umask is the one asked for" {
    bundle_new /bin/sh -c 'umask; touch /tmp/f; stat -c %a /tmp/f'
    cfg '.process.user.umask = 63 | .root.readonly = false'
    container_run
    is $'0077\n600'
    cfg '.process.user.umask = 0'
    container_run
    has 0000
}

@test "without umask it is 0022, whatever the caller has" {
    bundle_new /bin/sh -c umask
    umask 0077
    container_run
    umask 0022
    is 0022
}

# ---- Capabilities ------------------------------------------------------------------------------

# The five sets in hexadecimal: CHOWN 0, KILL 5, SETGID 6, NET_BIND_SERVICE 10.

# verifies: config process.capabilities.bounding, config process.capabilities.permitted,
# config process.capabilities.effective
@test "root has the capabilities listed and no others" {
    bundle_new cat /proc/self/status
    cfg '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL"],
         permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_KILL"]}'
    container_run
    succeeded
    status_is_line CapBnd 0000000000000021
    # An execve of root takes all of the bounding set (capabilities(7)).
    status_is_line CapPrm 0000000000000021
    status_is_line CapInh 0000000000000000
    status_is_line CapAmb 0000000000000000
}

# verifies: config process.capabilities.inheritable, config process.capabilities.ambient
@test "a user keeps the ambient capabilities, and only those" {
    bundle_new cat /proc/self/status
    cfg '.process.user = {uid: 1000, gid: 1000} |
         .process.capabilities = {
            bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID"],
            permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID"],
            effective: ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID"],
            inheritable: ["CAP_CHOWN", "CAP_SETGID"],
            ambient: ["CAP_SETGID"]}'
    container_run
    succeeded
    status_is_line CapBnd 0000000000000061
    status_is_line CapInh 0000000000000041
    status_is_line CapAmb 0000000000000040
    status_is_line CapPrm 0000000000000040
    status_is_line CapEff 0000000000000040
}

@test "a user without ambient capabilities has none" {
    bundle_new cat /proc/self/status
    cfg '.process.user = {uid: 1000, gid: 1000}'
    container_run
    succeeded
    status_is_line CapPrm 0000000000000000
    status_is_line CapEff 0000000000000000
    status_is_line CapBnd 0000000020000420
}

@test "without capabilities even root has none" {
    bundle_new cat /proc/self/status
    cfg 'del(.process.capabilities)'
    container_run
    succeeded
    local set
    for set in CapBnd CapPrm CapEff CapInh CapAmb; do
        status_is_line "$set" 0000000000000000
    done
}

@test "a capability does what it is for" {
    bundle_new /bin/sh -c 'touch /tmp/f; chown 1 /tmp/f && stat -c %u /tmp/f'
    cfg '.root.readonly = false'
    container_run
    failed_with 'Operation not permitted'
    cfg '.process.capabilities[] += ["CAP_CHOWN"]'
    container_run
    is 1
}

@test "an unknown capability is left out with a warning" {
    bundle_new /bin/true
    cfg '.process.capabilities.bounding += ["CAP_FLY", "kill"]'
    container_run
    succeeded
    has 'process.capabilities.bounding: left out, no such capability is known: CAP_FLY, kill'
}

@test "what the other sets do not allow is left out with a warning" {
    bundle_new cat /proc/self/status
    cfg '.process.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"],
         effective: ["CAP_KILL", "CAP_CHOWN"], inheritable: ["CAP_CHOWN"],
         ambient: ["CAP_KILL"]}'
    container_run
    succeeded
    has 'capabilities.effective: left out, not in permitted: CAP_CHOWN'
    has 'capabilities.inheritable: left out, not in bounding: CAP_CHOWN'
    has 'capabilities.ambient: left out, not in permitted and inheritable: CAP_KILL'
    status_is_line CapBnd 0000000000000020
    status_is_line CapAmb 0000000000000000
}

@test "a capability that the caller lacks is left out with a warning" {
    bundle_new cat /proc/self/status
    cfg '.process.capabilities[] += ["CAP_WAKE_ALARM"]'
    run setpriv --bounding-set -wake_alarm "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    succeeded
    has "capabilities.bounding: CAP_WAKE_ALARM can't be granted"
    has "capabilities.permitted: CAP_WAKE_ALARM can't be granted"
    status_is_line CapBnd 0000000020000420
}

# ---- Limits and flags --------------------------------------------------------------------------

# verifies: config process.rlimits[].type, config process.rlimits[].soft,
# config process.rlimits[].hard
@test "the limits are the ones asked for" {
    bundle_new cat /proc/self/limits
    cfg '.process.rlimits = [
        {type: "RLIMIT_NOFILE", soft: 99, hard: 199},
        {type: "RLIMIT_CORE", soft: 0, hard: 1000},
        {type: "RLIMIT_FSIZE", soft: 1000000, hard: 2000000},
        {type: "RLIMIT_CPU", soft: 60, hard: 120}]'
    container_run
    succeeded
    [[ $output =~ 'Max open files '\ +99\ +199\  ]]
    [[ $output =~ 'Max core file size '\ +0\ +1000\  ]]
    [[ $output =~ 'Max file size '\ +1000000\ +2000000\  ]]
    [[ $output =~ 'Max cpu time '\ +60\ +120\  ]]
}

@test "every type of limit is known" {
    local type
    local -a types=(AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO
        RTTIME SIGPENDING STACK)
    bundle_new cat /proc/self/limits
    # Nothing may be raised here: what the caller has, at its full height, is always allowed.
    cfg '.process.rlimits = []'
    for type in "${types[@]}"; do
        local soft hard
        read -r soft hard < <(prlimit --raw --noheadings -o SOFT,HARD "--${type,,}")
        cfg '.process.rlimits += [{type: "RLIMIT_\($t)", soft: ($s | tonumber),
             hard: ($h | tonumber)}]' --arg t "$type" \
            --arg s "${soft/unlimited/18446744073709551615}" \
            --arg h "${hard/unlimited/18446744073709551615}"
        sed -i 's/18446744073709552000/18446744073709551615/g' "$BUNDLE/config.json"
    done
    container_run
    succeeded
    [[ $(grep -c '^Max' <<<"$output") == 16 ]]
}

@test "few open files are allowed to the process, not to its set-up" {
    local i
    bundle_new /bin/sh -c 'ulimit -n'
    for i in $(seq 20); do
        cfg '.mounts += [{destination: "/mnt/\($i)", source: ".", options: ["bind"]}]' --arg i "$i"
    done
    cfg '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 4, hard: 4}]'
    container_run
    is 4
}

@test "a limit listed twice, of unknown type or below its soft one is an error" {
    bundle_new true
    cfg '.process.rlimits = [{type: "RLIMIT_CPU", soft: 1, hard: 1},
                             {type: "RLIMIT_CPU", soft: 2, hard: 2}]'
    container_run
    failed_with 'process.rlimits[1].type: "RLIMIT_CPU" is listed twice'
    cfg '.process.rlimits = [{type: "RLIMIT_PATIENCE", soft: 1, hard: 1}]'
    container_run
    failed_with 'process.rlimits[0].type'
    cfg '.process.rlimits = [{type: "RLIMIT_CPU", soft: 2, hard: 1}]'
    container_run
    failed_with 'process.rlimits[0].soft: must not be above hard (1), got 2'
}

@test "raising a hard limit is granted with CAP_SYS_RESOURCE" {
    require_capability 24 CAP_SYS_RESOURCE
    bundle_new /bin/sh -c 'ulimit -Hn'
    cfg '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 3000, hard: 3000}]'
    run prlimit --nofile=2000:2000 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    is 3000
}

@test "a limit that can't be raised is an error that names it" {
    bundle_new true
    cfg '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 3000}]'
    run prlimit --core=0:0 setpriv --bounding-set -sys_resource \
        "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    failed_with 'process.rlimits[0]'
    has 'operation not permitted'
}

# verifies: config process.noNewPrivileges
@test "no new privileges are gained when so asked, and only then" {
    bundle_new cat /proc/self/status
    cfg '.process.noNewPrivileges = true'
    container_run
    status_is_line NoNewPrivs 1
    cfg '.process.noNewPrivileges = false'
    container_run
    status_is_line NoNewPrivs 0
    cfg 'del(.process.noNewPrivileges)'
    container_run
    status_is_line NoNewPrivs 0
}

# verifies: config process.oomScoreAdj
@test "the score for the OOM killer is raised" {
    bundle_new cat /proc/self/oom_score_adj
    cfg '.process.oomScoreAdj = 321'
    container_run
    is 321
}

@test "the score for the OOM killer is untouched without oomScoreAdj" {
    bundle_new cat /proc/self/oom_score_adj
    run choom -n 77 -- "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    is 77
}

@test "a score beyond 1000 is an error" {
    bundle_new true
    cfg '.process.oomScoreAdj = 1001'
    container_run
    failed_with process.oomScoreAdj
}

@test "lowering the score for the OOM killer needs CAP_SYS_RESOURCE" {
    bundle_new cat /proc/self/oom_score_adj
    cfg '.process.oomScoreAdj = -500'
    run setpriv --bounding-set -sys_resource \
        "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    failed_with process.oomScoreAdj
    require_capability 24 CAP_SYS_RESOURCE
    container_run
    is -500
}

# verifies: config linux.personality.domain=LINUX, config linux.personality.domain=LINUX32,
# config linux.personality.domain
@test "the personality is the one asked for" {
    bundle_new /bin/sh -c 'cat /proc/self/personality; uname -m'
    cfg '.linux.personality = {domain: "LINUX"}'
    container_run
    is $'00000000\n'"$(uname -m)"
    cfg '.linux.personality = {domain: "LINUX32"}'
    container_run
    [[ ${lines[0]} == 00000008 ]]
    [[ $(uname -m) != x86_64 || ${lines[1]} == i686 ]]
}

# verifies: config linux.personality.flags
@test "flags of the personality are refused: the specification has none" {
    bundle_new true
    cfg '.linux.personality = {domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"]}'
    container_run
    failed_with 'linux.personality.flags[0]: must not be there'
    cfg '.linux.personality = {domain: "LINUX", flags: []}'
    container_run
    succeeded
    cfg '.linux.personality = {domain: "WINDOWS"}'
    container_run
    failed_with linux.personality.domain
}

# ---- Terminal, session, descriptors ------------------------------------------------------------

# verifies: config process.consoleSize.height, config process.consoleSize.width
@test "a console's size is ignored without a terminal" {
    bundle_new echo fine
    cfg '.process.consoleSize = {height: 25, width: 80}'
    container_run
    is fine
    cfg '.process.consoleSize = {height: 25}'
    container_run
    failed_with process.consoleSize
}

@test "the process leads a session of its own without a controlling terminal" {
    bundle_new /bin/sh -c 'cut -d " " -f 6,7 /proc/1/stat; : </dev/tty || true'
    # The caller has a terminal: hoy's standard descriptors are one.
    run python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
        "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&-
    [[ ${lines[0]} == $'1 0\r' ]]
    has /dev/tty
}

@test "standard descriptors pass unchanged" {
    bundle_new /bin/sh -c 'cat; echo out; echo err >&2'
    local dir=$BATS_TEST_TMPDIR
    echo in | hoy run -b "$BUNDLE" "$ID" >"$dir/out" 2>"$dir/err"
    [[ $(<"$dir/out") == $'in\nout' ]]
    [[ $(<"$dir/err") == err ]]
}

@test "only descriptors 0, 1 and 2 are open in the process" {
    bundle_new /bin/sh -c 'ls /proc/1/fd; true'
    exec 7</etc/passwd 9>/dev/null 60</
    container_run
    exec 7<&- 9>&- 60<&-
    is $'0\n1\n2'
}

@test "a created container waits with no descriptor of the caller's" {
    bundle_new true
    exec 9<"$BUNDLE"
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    exec 9<&-
    run ls -l "/proc/$(pid_of)/fd"
    has_not "$BUNDLE"
}

@test "preserved descriptors arrive, and no more" {
    bundle_new /bin/sh -c 'ls /proc/1/fd; cat <&3; cat <&4'
    local dir=$BATS_TEST_TMPDIR
    echo three >"$dir/3"
    echo four >"$dir/4"
    run bash -c 'cd "$1"; shift; exec "$@" 3<3 4<4 5</dev/null' - "$dir" \
        "$HOY" --root "$HOY_ROOT" run --preserve-fds 2 -b "$BUNDLE" "$ID"
    is $'0\n1\n2\n3\n4\nthree\nfour'
}

@test "closed standard descriptors do not become something else" {
    bundle_new sleep 1000
    hoy create -b "$BUNDLE" "$ID" <&- >&- 2>&-
    hoy start "$ID" <&- >&- 2>&-
    run readlink /proc/"$(pid_of)"/fd/*
    is $'/dev/null\n/dev/null\n/dev/null'
}

@test "signals that the caller ignores are not ignored by the process" {
    bundle_new cat /proc/self/status
    run with_python 'for n in (1, 2, 13, 15, 17, 34): signal.signal(n, signal.SIG_IGN)' \
        run -b "$BUNDLE" "$ID"
    succeeded
    status_is_line SigIgn 0000000000000000
}

@test "signals that the caller blocks are not blocked in the process" {
    bundle_new cat /proc/self/status
    run with_python 'signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))' run -b "$BUNDLE" "$ID"
    succeeded
    status_is_line SigBlk 0000000000000000
}

@test "a caller that ignores SIGCHLD gets the exit status" {
    bundle_new /bin/sh -c 'exit 42'
    run with_python 'signal.signal(signal.SIGCHLD, signal.SIG_IGN)' run -b "$BUNDLE" "$ID"
    [[ $status == 42 ]]
}

@test "the process is the first of its pid namespace" {
    bundle_new /bin/sh -c 'echo $$; echo /proc/[0-9]*'
    container_run
    is $'1\n/proc/1'
}

@test "the session keyring is a new one" {
    bundle_new /bin/sh -c 'cat /proc/keys'
    cfg '.linux.maskedPaths = []'
    container_run
    [[ $status == 0 && -n $output ]] || skip "this kernel shows no /proc/keys"
    has "_ses.$ID"
}
