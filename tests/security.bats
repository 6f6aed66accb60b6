#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # scripts for the container; bats' own variables
# The classes of attack that container runtimes have fallen for, each with the bundle that made them,
# and where it can be had, with the proof that the trap would have snapped.

load helpers

setup() {
    # What must stay as it is, on the host.
    CANARY=$BATS_TEST_TMPDIR/canary
    mkdir "$CANARY"
    echo untouched >"$CANARY/file"
    chmod 751 "$CANARY"
    CANARY_WAS=$(canary)
}

teardown() {
    [[ -z ${SWAPPER:-} ]] || kill "$SWAPPER" 2>/dev/null || true
    containers_remove
    rm -rf --one-file-system "${PUBLIC:-}"
}

canary() {
    (cd "$CANARY" && find . -printf '%p %y %m %U:%G %s %T@ %l\n' | sort && cat file) 2>&1
}

canary_untouched() {
    [[ $(canary) == "$CANARY_WAS" ]] || { echo "the canary: $CANARY_WAS / $(canary)" >&2; return 1; }
    ! grep -qF "$CANARY" /proc/self/mountinfo || { echo "something is mounted on the canary" >&2; return 1; }
}

# ---- The runtime's binary ------------------------------------------------------------------------

@test "what hoy's start-up has relocated is read-only, and its text isn't writable" {
    bundle_new sleep 1000
    "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&- &
    local pid=$! maps
    wait_status running
    maps=$(grep -F "$(realpath "$HOY")" "/proc/$pid/maps")
    hoy kill "$ID" KILL
    wait "$pid" || true
    echo "$maps"
    # Headers, constants, and the relocated tables.
    [[ $(grep -c ' r--p ' <<<"$maps") -ge 3 ]]
    ! grep -q ' rwxp ' <<<"$maps"
}

@test "an entry point that is /proc/self/exe gets hoy's file neither to run nor to write" {
    bundle_new /entry
    local before
    before=$(sha256sum <"$HOY")
    printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/entry"
    chmod +x "$BUNDLE/rootfs/entry"
    run timeout 10 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    [[ $status != 0 ]]
    has_not "Usage"
    args sleep 1000
    container_up
    run timeout 10 "$HOY" --root "$HOY_ROOT" exec "$ID" /entry 3>&-
    [[ $status != 0 ]]
    args /proc/self/exe
    hoy delete --force "$ID"
    run timeout 10 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    [[ $status != 0 ]]
    [[ $(sha256sum <"$HOY") == "$before" ]]
}

@test "the walker is a sealed copy: whoever got hold of it can't write it" {
    bundle_new true
    hoy create -b "$BUNDLE" "$ID" </dev/null
    # Before its start the container's process is the walker.
    run python3 - "$(pid_of)" "$HOY" <<'PY'
import os, sys
exe = f"/proc/{sys.argv[1]}/exe"
assert os.stat(exe).st_ino != os.stat(sys.argv[2]).st_ino or os.stat(exe).st_dev != os.stat(sys.argv[2]).st_dev
for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
    try:
        fd = os.open(exe, flags)
        os.write(fd, b"x")
        print("written")
    except OSError:
        pass
import fcntl
fd = os.open(exe, os.O_RDONLY)
print(bool(fcntl.fcntl(fd, 1034) & 8), os.fstat(fd).st_mode & 0o777 == 0o111)
PY
    is "True True"
}

# ---- Descriptors and working directories ---------------------------------------------------------

@test "no working directory leads to a descriptor of the host, with run and with exec" {
    bundle_new sleep 1000
    local n said
    container_up
    exec 40<"$CANARY" 41</
    for ((n = 3; n <= 64; n++)); do
        said=$("$HOY" --root "$HOY_ROOT" exec --cwd "/proc/self/fd/$n" "$ID" cat file "$CANARY/file" etc/passwd 2>&1 \
            3<"$CANARY" 5<"$CANARY" 9<"$CANARY" 11</) || true
        [[ $said != *untouched* && $said != *"root:x:0:0"* ]] || { echo "exec $n: $said" >&2; false; }
    done
    hoy delete --force "$ID"
    args cat file "$CANARY/file" etc/passwd
    cfg '.process.cwd = "/proc/self/fd/99"'
    local template
    template=$(<"$BUNDLE/config.json")
    for ((n = 3; n <= 64; n++)); do
        echo "${template/fd\/99/fd/$n}" >"$BUNDLE/config.json"
        said=$("$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 2>&1 3<"$CANARY" 5<"$CANARY" 9<"$CANARY" 11</) || true
        [[ $said == hoy:* && $said != *untouched* && $said != *"root:x:0:0"* ]] || { echo "run $n: $said" >&2; false; }
    done
    # Also with descriptors that are meant to be there: they are no way to a working directory.
    echo "${template/fd\/99/fd/3}" >"$BUNDLE/config.json"
    said=$("$HOY" --root "$HOY_ROOT" run --preserve-fds 1 -b "$BUNDLE" "$ID" 2>&1 3<"$CANARY") || true
    [[ $said == hoy:* && $said != *untouched* ]]
    exec 40<&- 41<&-
    # The control: the file can be read where it is meant to be.
    cfg '.process.cwd = "/canary" | .mounts += [{destination: "/canary", source: $c, type: "bind", options: ["bind", "ro"]}]
        | .process.args = ["cat", "file"]' --arg c "$CANARY"
    container_run
    is untouched
}

@test "a working directory that is a link out of the root ends in the root" {
    bundle_new pwd
    cfg '.root.readonly = false | .process.cwd = "/link/made"'
    ln -s "$CANARY" "$BUNDLE/rootfs/link"
    container_run
    canary_untouched
    rm "$BUNDLE/rootfs/link"
    ln -s "$UP$CANARY" "$BUNDLE/rootfs/link"
    container_run
    canary_untouched
}

# ---- Mount targets -------------------------------------------------------------------------------

# Everything below /t is a link to the canary.
links_made() {
    rm -rf "$BUNDLE/rootfs/t"
    mkdir -p "$BUNDLE/rootfs/t"
    ln -s "$1" "$BUNDLE/rootfs/t/dir"
    ln -s "$1/new" "$BUNDLE/rootfs/t/new"
    ln -s "$1/file" "$BUNDLE/rootfs/t/file"
    # The control: by its path on the host it does lead there.
    [[ $1 == /proc/* || $BUNDLE/rootfs/t/file -ef $CANARY/file ]]
}

@test "mount targets that are links to the host change nothing there, absolute or with .." {
    bundle_new
    script 'echo evil >/t/dir/written; echo evil >/t/file; echo evil >/t/dir/x/y; mkdir -p /t/new/deep; true'
    cfg '.root.readonly = false'
    echo source >"$BUNDLE/source"
    local target plain mount
    plain=$(<"$BUNDLE/config.json")
    for target in "$CANARY" "$UP$CANARY" "/proc/1/root$CANARY" "/proc/self/cwd/$CANARY"; do
        links_made "$target"
        for mount in '{destination: "/t/dir", type: "tmpfs", source: "tmpfs"}' \
            '{destination: "/t/dir/made/deep", type: "tmpfs", source: "tmpfs"}' \
            '{destination: "/t/new", type: "tmpfs", source: "tmpfs"}' \
            '{destination: "/t/new/x", type: "bind", source: "rootfs/etc", options: ["bind"]}' \
            '{destination: "/t/file", type: "bind", source: "source", options: ["bind"]}' \
            '{destination: "/t/dir/newfile", type: "bind", source: "source", options: ["bind"]}' \
            '{destination: "/t/dir/../escape", type: "tmpfs", source: "tmpfs"}' \
            '{destination: "/t/dir", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}' \
            '{destination: "/t/dir", options: ["remount", "ro"]}'; do
            echo "$plain" >"$BUNDLE/config.json"
            cfg ".mounts += [$mount]"
            container_run
            canary_untouched
        done
    done
}

@test "devices, links of /dev, masks and the working directory follow no link to the host" {
    bundle_new true
    cfg '.root.readonly = false'
    local plain filter
    plain=$(<"$BUNDLE/config.json")
    for target in "$CANARY" "$UP$CANARY"; do
        links_made "$target"
        for filter in '.linux.devices = [{path: "/t/dir/null", type: "c", major: 1, minor: 3}]' \
            '.linux.devices = [{path: "/t/file", type: "c", major: 1, minor: 3}]' \
            '.linux.maskedPaths = ["/t/dir", "/t/file"]' \
            '.linux.readonlyPaths = ["/t/dir", "/t/file"]' \
            '.process.cwd = "/t/new/made"' \
            '.process.cwd = "/t/dir/made"'; do
            echo "$plain" >"$BUNDLE/config.json"
            cfg "$filter"
            container_run
            canary_untouched
        done
        # /etc and /dev of the image.
        rm -rf "$BUNDLE/rootfs/etc" "$BUNDLE/rootfs/dev"
        ln -s "$target" "$BUNDLE/rootfs/etc"
        ln -s "$target" "$BUNDLE/rootfs/dev"
        for filter in . '.mounts |= map(select(.destination | startswith("/dev") | not))' \
            '.mounts |= map(select(.destination != "/dev"))' '.root.readonly = true' \
            '.mounts += [{destination: "/etc/hosts", type: "bind", source: "config.json", options: ["bind"]}]'; do
            echo "$plain" >"$BUNDLE/config.json"
            cfg "$filter"
            container_run
            canary_untouched
        done
        rm "$BUNDLE/rootfs/etc" "$BUNDLE/rootfs/dev"
        mkdir "$BUNDLE/rootfs/etc" "$BUNDLE/rootfs/dev"
    done
}

@test "a mount target that a neighbour exchanges for a link while it is being mounted" {
    bundle_new true
    local volume=$BATS_TEST_TMPDIR/volume i good=0 refused=0
    mkdir -p "$volume/target"
    ln -s "$CANARY" "$volume/link"
    cfg '.mounts += [
        {destination: "/volume", type: "bind", source: $v, options: ["bind"]},
        {destination: "/volume/target", type: "tmpfs", source: "tmpfs", options: ["size=16k"]},
        {destination: "/volume/target/deep/er", type: "tmpfs", source: "tmpfs", options: ["size=16k"]},
        {destination: "/volume/target/file", type: "bind", source: "config.json", options: ["bind"]}]
        | .root.readonly = false' --arg v "$volume"
    # The neighbour, as a process of another container that shares the volume would do it.
    python3 - "$volume" 3>&- <<'PY' &
import ctypes, os, sys
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None)
while True:
    libc.renameat2(-100, b"target", -100, b"link", 2)
PY
    SWAPPER=$!
    for ((i = 0; i < 300; i++)); do
        if hoy run -b "$BUNDLE" "$ID" >/dev/null 2>&1; then
            good=$((good + 1))
        else
            refused=$((refused + 1))
        fi
    done
    kill "$SWAPPER"
    wait "$SWAPPER" || true
    SWAPPER=
    canary_untouched
    run grep -F "$volume" /proc/self/mountinfo
    is ""
    # Inside the root file system the link leads to a path of the same name: some came that way.
    ((good > 0))
    [[ -d $BUNDLE/rootfs/$CANARY ]] || { echo "nothing ever came through the link: no proof ($good, $refused)" >&2; false; }
}

# ---- Masks, devices ------------------------------------------------------------------------------

# mask_holds: the file that is to be masked can't be read in the container, whatever the image has.
mask_holds() {
    container_run
    [[ $output != *secret* ]] || { echo "the mask is off: $output" >&2; return 1; }
    canary_untouched
}

@test "masks hold where the image's /dev/null is a link, a file, a FIFO or a directory" {
    bundle_new
    script 'set +e; cat /masked; cat /maskeddir/x; echo evil >/masked; echo evil >/dev/null; true'
    echo secret >"$BUNDLE/rootfs/masked"
    mkdir "$BUNDLE/rootfs/maskeddir"
    echo secret >"$BUNDLE/rootfs/maskeddir/x"
    cfg '.linux.maskedPaths += ["/masked", "/maskeddir"] | .root.readonly = false'
    local plain filter null
    plain=$(<"$BUNDLE/config.json")
    # The control: without the mask it can be read, with an honest image it can't and all runs.
    cfg '.linux.maskedPaths = []'
    container_run
    has secret
    echo secret >"$BUNDLE/rootfs/masked"
    echo "$plain" >"$BUNDLE/config.json"
    container_run
    succeeded
    has_not secret
    for null in "ln -s $CANARY/file" "ln -s $UP$CANARY/file" "ln -s /masked" "ln -s null" \
        "ln -s /proc/self/fd/0" "echo secret >" "mkfifo" "mkdir" "mknod -m 666"; do
        for filter in . '.mounts |= map(select(.destination | startswith("/dev") | not))' \
            '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = true' \
            '.root.readonly = true'; do
            rm -rf "$BUNDLE/rootfs/dev"
            mkdir "$BUNDLE/rootfs/dev"
            case $null in
                echo*) echo secret >"$BUNDLE/rootfs/dev/null" ;;
                mknod*) mknod -m 666 "$BUNDLE/rootfs/dev/null" c 1 5 ;;
                *) $null "$BUNDLE/rootfs/dev/null" ;;
            esac
            echo "$plain" >"$BUNDLE/config.json"
            cfg "$filter"
            mask_holds
        done
    done
}

@test "links in the image's /dev lead no device and no mount out" {
    bundle_new true
    cfg '.root.readonly = false'
    local plain name filter
    plain=$(<"$BUNDLE/config.json")
    for name in console pts ptmx tty zero shm mqueue fd stdin core; do
        for filter in . '.mounts |= map(select(.destination != "/dev"))' \
            '.mounts |= map(select(.destination | startswith("/dev") | not))'; do
            rm -rf "$BUNDLE/rootfs/dev"
            mkdir "$BUNDLE/rootfs/dev"
            ln -s "$CANARY" "$BUNDLE/rootfs/dev/$name"
            echo "$plain" >"$BUNDLE/config.json"
            cfg "$filter"
            container_run
            canary_untouched
            ln -sfn "$CANARY/file" "$BUNDLE/rootfs/dev/$name"
            container_run
            canary_untouched
        done
    done
}

# ---- /proc ---------------------------------------------------------------------------------------

@test "a /proc that is none is refused: tmpfs, a volume, a file of procfs" {
    bundle_new true
    mkdir -p "$BUNDLE/fake/sys/net/ipv4"
    cfg '.mounts[0] = {destination: "/proc", type: "tmpfs", source: "tmpfs"}'
    container_run
    [[ $status == 1 ]]
    has 'mounts[0].type: must be "proc" on /proc'
    local source
    for source in "$BUNDLE/fake" /proc/1 /proc/sys /; do
        cfg '.mounts[0] = {destination: "/proc", type: "bind", source: $s, options: ["bind"]}' --arg s "$source"
        container_run
        [[ $status == 1 ]]
        has "only a procfs may be mounted on /proc"
    done
    cfg '.mounts[0] = {destination: "/../proc/./", type: "tmpfs", source: "tmpfs"}'
    container_run
    [[ $status == 1 ]]
    cfg '.mounts[0] = {destination: "/proc/sys/kernel", type: "tmpfs", source: "tmpfs"}'
    container_run
    [[ $status == 1 ]]
    has "nothing may be mounted on"
}

@test "with /proc as a link in the image, sysctls are really set and masks hold, or nothing starts" {
    bundle_new
    script 'cat /proc/sys/net/ipv4/ip_default_ttl 2>/dev/null; head -c 4 /proc/version | wc -c'
    cfg '.linux.maskedPaths += ["/proc/version"] | .linux.sysctl = {"net.ipv4.ip_default_ttl": "99"} | .root.readonly = false'
    container_run
    is $'99\n0'
    local target host
    host=$(cat /proc/sys/net/ipv4/ip_default_ttl)
    for target in /tmp/fake tmp/fake "$CANARY" "$UP$CANARY"; do
        rmdir "$BUNDLE/rootfs/proc" 2>/dev/null || rm "$BUNDLE/rootfs/proc"
        mkdir -p "$BUNDLE/rootfs/tmp/fake/sys/net/ipv4"
        ln -s "$target" "$BUNDLE/rootfs/proc"
        container_run
        [[ $status == 1 && $output == hoy:* || $output == $'99\n0' ]] || { echo "$target: $status $output" >&2; false; }
        canary_untouched
    done
    [[ $(cat /proc/sys/net/ipv4/ip_default_ttl) == "$host" ]]
    [[ -z $(find "$BUNDLE/rootfs/tmp/fake" -type f) ]]
}

# ---- Users, groups, capabilities -----------------------------------------------------------------

@test "numbers are users and names are not, in config.json" {
    bundle_new
    script 'echo $(id -u):$(id -g)'
    local template good bad
    cfg '.process.user = {uid: 12345, gid: 54321}'
    template=$(<"$BUNDLE/config.json")
    for good in 0:0 1:2 65534:65534 2147483647:1 2147483648:2147483648 4294967294:4294967294; do
        local text=${template/12345/${good%:*}}
        echo "${text/54321/${good#*:}}" >"$BUNDLE/config.json"
        container_run
        is "$good"
    done
    for bad in -1 4294967295 4294967296 18446744073709551616 '"0"' '"root"' 0.5 1e2 '[0]' '""'; do
        echo "${template/12345/$bad}" >"$BUNDLE/config.json"
        container_run
        [[ $status == 1 ]]
        has "process.user.uid: must be"
    done
}

@test "passwd lines with odd numbers are nobody's" {
    bundle_new
    script 'echo $HOME'
    cfg '.process.env = ["PATH=/bin"]'
    local line
    for line in 'x:x:4294967296:0::/evil:/bin/sh' 'x:x:18446744073709551616:0::/evil:' 'x:x:-0:0::/evil:' \
        'x:x:+0:0::/evil:' 'x:x:0x0:0::/evil:' 'x:x: 0:0::/evil:' 'x:x:0 :0::/evil:' 'x:x::0::/evil:' \
        'x:x:0:0::evil:' 'x:x:0' '0' ':::::' '+::::::' "$(printf 'x%.0s' {1..5000}):x:0:0::/evil:" \
        'x:x:00000000000:0::/evil:'; do
        echo "$line" >"$BUNDLE/rootfs/etc/passwd"
        container_run
        succeeded
        is /
    done
    # The control.
    printf 'other:x:5:0::/no:\nx:x:0:0::/good:/bin/sh\n' >"$BUNDLE/rootfs/etc/passwd"
    container_run
    is /good
}

@test "a passwd file that is a FIFO, endless, huge or a directory is an error in a second, or HOME is /" {
    bundle_new
    script 'echo $HOME'
    cfg '.process.env = ["PATH=/bin"]'
    local etc=$BUNDLE/rootfs/etc kind
    for kind in fifo zero sparse directory loop device; do
        rm -rf "$etc/passwd"
        case $kind in
            fifo) mkfifo "$etc/passwd" ;;
            zero) ln -s /dev/zero "$etc/passwd" ;;
            sparse) truncate -s 10G "$etc/passwd" ;;
            directory) mkdir "$etc/passwd" ;;
            loop) ln -s passwd "$etc/passwd" ;;
            device) mknod -m 666 "$etc/passwd" c 1 5 ;;
        esac
        run timeout 3 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
        [[ $status == 1 && ${#lines[@]} == 1 && $output == "hoy: config.json: process.env: set HOME"* || $output == / ]] ||
            { echo "$kind: $status $output" >&2; false; }
    done
    rm -f "$etc/passwd"
    container_run
    is /
    # Through a link to the host nothing of the host's is read.
    printf 'x:x:0:0::/evil:\n' >"$CANARY/passwd"
    ln -s "$CANARY/passwd" "$etc/passwd"
    container_run
    is /
}

@test "inheritable and ambient capabilities are empty unless asked for" {
    bundle_new
    script 'grep -E "^Cap(Inh|Amb)" /proc/self/status'
    container_run
    [[ $(awk '{print $2}' <<<"$output" | sort -u) == 0000000000000000 ]]
    cfg '.process.user.uid = 1000'
    container_run
    [[ $(awk '{print $2}' <<<"$output" | sort -u) == 0000000000000000 ]]
    # What hoy's caller has in them is not passed on.
    if setpriv --inh-caps +kill --ambient-caps +kill true 2>/dev/null; then
        run setpriv --inh-caps +kill --ambient-caps +kill "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
        succeeded
        [[ $(awk '{print $2}' <<<"$output" | sort -u) == 0000000000000000 ]]
    fi
    # The control: asked for, they are there.
    cfg '.process.capabilities.inheritable = ["CAP_KILL"] | .process.capabilities.ambient = ["CAP_KILL"]'
    container_run
    [[ $(awk '{print $2}' <<<"$output" | sort -u) == 0000000000000020 ]]
}

@test "a file that denies a group denies it, also after exec" {
    bundle_new cat /denied
    echo content >"$BUNDLE/rootfs/denied"
    chown 0:5 "$BUNDLE/rootfs/denied"
    chmod 604 "$BUNDLE/rootfs/denied"
    cfg '.process.user = {uid: 1000, gid: 1000, additionalGids: [5]}'
    container_run
    has "Permission denied"
    cfg '.process.user = {uid: 1000, gid: 5}'
    container_run
    has "Permission denied"
    cfg '.process.user = {uid: 1000, gid: 1000}'
    container_run
    is content
    cfg '.process.user = {uid: 1000, gid: 1000, additionalGids: [5]} | .process.args = ["sleep", "1000"]'
    container_up
    run hoy exec "$ID" cat /denied
    has "Permission denied"
    run hoy exec -u 1001 "$ID" id -G
    is "1000 5"
}

@test "the caller's own groups reach no process" {
    bundle_new id -G
    run setpriv --groups 7,8,9 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    succeeded
    is 0
}

# ---- Values with more than one line --------------------------------------------------------------

@test "a newline, a carriage return or a colon in a value stays in that value" {
    bundle_new
    script 'printf "%s|" "$A" "$B" "$HOME"; hostname; id -u'
    cfg '.process.env += ["A=x\nUID=0\r", "B=:\u001b", "HOME=/a\nb:c"]'
    container_run
    succeeded
    is $'x\nUID=0\r|:\e|/a\nb:c|hoy\n0'
    local name
    for name in 'a\nb' 'a\rb' 'a\u0000b' 'a\u007f' 'a\tb'; do
        cfg ".hostname = \"$name\""
        run --separate-stderr hoy run -b "$BUNDLE" "$ID"
        [[ $status == 1 && -z $output ]]
        [[ $stderr == "hoy: config.json: hostname: must not contain"* && ${#stderr_lines[@]} == 1 ]]
    done
    # An annotation with a newline is a line of no log, no table, no hook.
    cfg '.hostname = "h" | .annotations = {"a\nb": "c\nd"}'
    script 'sleep 1000'
    container_up
    [[ $(hoy list | wc -l) == 2 && $(hoy state "$ID" | jq -c .annotations) == '{"a\nb":"c\nd"}' ]]
}

# ---- Code of the container -----------------------------------------------------------------------

@test "libraries that the container brings are loaded neither by hoy nor by hooks" {
    require_tool gcc
    bundle_new sleep 1000
    local trap=$BATS_TEST_TMPDIR/trap.so sprung=$BATS_TEST_TMPDIR/sprung name dir
    gcc -shared -fPIC -o "$trap" -x c - <<C || skip "gcc can't make a shared object"
#include <fcntl.h>
__attribute__((constructor)) static void spring(void)
{
	open("$sprung", O_CREAT | O_WRONLY, 0666);
	open("/sprung", O_CREAT | O_WRONLY, 0666);
}
C
    # The control: it would snap.
    LD_PRELOAD=$trap /bin/true
    [[ -e $sprung ]]
    rm -f "$sprung" /sprung
    for dir in lib lib64 usr/lib lib/x86_64-linux-gnu usr/lib/x86_64-linux-gnu; do
        mkdir -p "$BUNDLE/rootfs/$dir"
        for name in libnss_files.so.2 libnss_compat.so.2 libnss_dns.so.2 libc.so.6 libyajl.so.2 trap.so; do
            cp "$trap" "$BUNDLE/rootfs/$dir/$name"
        done
    done
    echo /lib/trap.so >"$BUNDLE/rootfs/etc/ld.so.preload"
    cfg '.root.readonly = false | .process.env += ["LD_PRELOAD=/lib/trap.so", "LD_LIBRARY_PATH=/lib", "GCONV_PATH=/lib", "LD_AUDIT=/lib/trap.so", "HOME=/root"]'
    local kind
    for kind in prestart createRuntime createContainer poststart poststop; do
        # A dynamic program that looks up names.
        cfg '.hooks[$k] = [{path: "/bin/ls", args: ["ls", "-l", "/etc/passwd"]}, {path: "/usr/bin/id"}]' --arg k "$kind"
    done
    container_up
    hoy exec "$ID" true
    hoy exec -u 1000 -e LD_PRELOAD=/lib/trap.so "$ID" true
    hoy state "$ID" >/dev/null
    hoy kill "$ID" KILL
    wait_status stopped
    hoy delete "$ID"
    [[ ! -e $sprung && ! -e /sprung && ! -e $BUNDLE/rootfs/sprung ]]
}

@test "what hoy executes of its own is found without the container's environment" {
    bundle_new true
    cfg '.process.env = ["PATH=/evil:/bin"]'
    mkdir "$BUNDLE/rootfs/evil"
    printf '#!/bin/sh\ntouch /sprung\n' | tee "$BUNDLE/rootfs/evil/hoy-init" "$BUNDLE/rootfs/evil/sh" >/dev/null
    chmod +x "$BUNDLE/rootfs/evil/"*
    cfg '.root.readonly = false'
    container_run
    succeeded
    [[ ! -e $BUNDLE/rootfs/sprung ]]
}

# ---- cgroups, sysctls ----------------------------------------------------------------------------

@test "a cgroupsPath with .. or without an end is refused" {
    bundle_new true
    local path
    for path in .. ../x /.. /../x /a/../../x a/.. /a/./b // /a//b / . 'a\nb' '/a\u0001'; do
        cfg ".linux.cgroupsPath = \"$path\""
        container_run
        [[ $status == 1 && ${#lines[@]} == 1 ]] || { echo "$path: $status $output" >&2; false; }
        has "hoy: config.json: linux.cgroupsPath: "
        has "is no path of a cgroup"
    done
    cfg '.linux.cgroupsPath = "system.slice:hoy:name"'
    container_run
    [[ $status == 1 ]]
    has "slice:prefix:name"
}

@test "sysctls are names of parameters of the container's namespaces, and nothing else" {
    bundle_new true
    local key
    for key in '' 'net.ipv4.ip_forward+kernel.core_pattern' 'kernel.shm_rmid_forced=1+kernel.core_pattern' \
        'net..kernel.core_pattern' 'net.ipv4.../../kernel/core_pattern' '../kernel/core_pattern' 'net/../kernel/core_pattern' \
        'net.ipv4.ip_forward\nkernel.core_pattern' 'net.ipv4.ip_forward ' '/net/ipv4/ip_forward' 'net/' 'net' \
        'kernel.core_pattern' 'kernel/core_pattern' 'vm.swappiness' 'kernel.hostname' 'fs.file-max' 'kernel.sysrq'; do
        jq --arg k "$(printf '%b' "$key")" '.linux.sysctl = {($k): "1"}' "$BUNDLE/config.json" >"$BUNDLE/c" && cp "$BUNDLE/c" "$BUNDLE/config.json"
        container_run
        [[ $status == 1 && ${#lines[@]} == 1 ]] || { echo "$key: $status $output" >&2; false; }
        has "linux.sysctl"
    done
    cfg '.linux.sysctl = {"net.ipv4.ip_forward": "1\nx"}'
    container_run
    has "the value must be one line"
    cfg '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces |= map(select(.type != "network"))'
    container_run
    [[ $status == 1 ]]
    has 'needs an entry of type "network" in linux.namespaces: it would change the host'
    cfg '.linux.sysctl = {"kernel.shmmax": "1"} | .linux.namespaces |= map(select(.type != "ipc"))'
    container_run
    [[ $status == 1 ]]
    has 'needs an entry of type "ipc"'
}

# ---- Other users ---------------------------------------------------------------------------------

@test "another user gets at no state, and can start nobody's container" {
    require_tool setpriv
    bundle_new sleep 1000
    PUBLIC=$(mktemp -d /tmp/hoy-public.XXXXXX)
    chmod 755 "$PUBLIC"
    cp "$HOY" "$PUBLIC/hoy"
    local root=$PUBLIC/state other=(setpriv --reuid 1000 --regid 1000 --clear-groups) verb path
    (umask 0 && "$HOY" --root "$root" create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-)
    for path in "$root" "$root/$ID" "$root/$ID/state.json" "$root/$ID/plan"; do
        run "${other[@]}" ls "$path"
        [[ $status != 0 && $output == *"Permission denied"* ]]
        run "${other[@]}" cat "$path"
        [[ $status != 0 && $output == *"Permission denied"* ]]
    done
    for verb in state start kill delete "delete --force" exec; do
        # shellcheck disable=SC2086 # words
        run "${other[@]}" "$PUBLIC/hoy" --root "$root" $verb "$ID" ${verb:+$([[ $verb != exec ]] || echo true)}
        [[ $status != 0 ]] || { echo "$verb: $output" >&2; false; }
        has "permission denied"
    done
    run "${other[@]}" "$PUBLIC/hoy" --root "$root" list
    [[ $status == 1 ]]
    has "permission denied"
    # Even past the directories the socket obeys its maker only.
    run "${other[@]}" python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])' "$root/$ID/start.sock"
    [[ $status != 0 && $output == *"Permission denied"* ]]
    [[ $("$HOY" --root "$root" state "$ID" | jq -r .status) == created ]]
    "$HOY" --root "$root" delete --force "$ID"
    # He can't be made to keep his state where it is another's, however open that is.
    mkdir -m 777 "$PUBLIC/theirs"
    cp "$BUNDLE/config.json" "$PUBLIC/config.json"
    chmod 644 "$PUBLIC/config.json"
    run "${other[@]}" "$PUBLIC/hoy" --root "$PUBLIC/theirs" --cgroup-manager disabled create -b "$PUBLIC" "$ID"
    [[ $status == 1 ]]
    has "belongs to another user"
}

@test "a state directory that is made beforehand and open is not used as if it were private" {
    bundle_new true
    local root=$BATS_TEST_TMPDIR/open
    mkdir -m 777 "$root"
    run hoy --root "$root" run --keep -b "$BUNDLE" "$ID"
    # The container's own directory is closed whatever is above it.
    if [[ $status == 0 ]]; then
        [[ $(stat -c %a "$root/$ID") == 700 ]]
        hoy --root "$root" delete "$ID"
    fi
    # An entry that another has put there is not followed.
    ln -s "$CANARY" "$root/planted"
    for verb in state start kill delete "delete --force"; do
        # shellcheck disable=SC2086 # words
        run hoy --root "$root" $verb planted
        [[ $verb == "delete --force" || $status == 1 ]]
        canary_untouched
    done
    run hoy --root "$root" create -b "$BUNDLE" planted
    [[ $status == 1 ]]
    has "exists already"
    canary_untouched
}
