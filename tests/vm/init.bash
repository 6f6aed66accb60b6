# shellcheck shell=bash
# What the first processes of the machines share, which source this: tests/vm/uml-init and
# tests/vm/qemu-init. LANE_WORK is a directory of the outer machine with the file `job`. The root is the
# outer machine's, mounted read-only, /dev is the kernel's. The lane's own part loads the module for
# overlays, opens descriptors 8, for the output, and 9, for the exit status, which work without a
# place in the file system, so that no test can see it, sets `modules` to a directory of the kernel's
# modules, and calls lane_run.
set -euo pipefail

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root

# Whatever goes wrong, the machine ends; the console has the reason.
trap 'sync; busybox poweroff -f' EXIT

work=$LANE_WORK
unset LANE_WORK
visible=() command=() cd_to=/ modules="" systemd=0
# shellcheck disable=SC1091 # written by tests/vm/common.bash
source "$work/job"
lane_job=$(<"$work/job")

mount -t proc proc /proc
# The kernel's devtmpfs lacks them, and bash needs them too.
for link in fd:/proc/self/fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do
    [[ -e /dev/${link%%:*} ]] || ln -s "${link#*:}" "/dev/${link%%:*}"
done
# /sys is an empty directory for sure, so it holds the tmpfs until the new root is in place.
mount -t tmpfs tmpfs /sys
layers=0

# overlay_on DIRECTORY PLACE: the directory with a writable layer of its own.
overlay_on() {
    layers=$((layers + 1))
    mkdir -p "/sys/$layers/upper" "/sys/$layers/work" "$2"
    mount -t overlay -o "lowerdir=$1,upperdir=/sys/$layers/upper,workdir=/sys/$layers/work" \
        overlay "$2"
}

root_make() {
    local dir
    overlay_on / /sys/root
    cd /sys/root
    mount -t sysfs sysfs sys
    mount -t tmpfs -o mode=1777 tmpfs tmp
    mount -t tmpfs -o mode=755 tmpfs run
    # Sorted, so that a directory comes before what is in it.
    while IFS= read -r -d "" dir; do
        case $dir in
            /tmp/* | /run/*)
                if [[ -d $dir && ! -e .$dir ]]; then
                    overlay_on "$dir" ".$dir"
                fi ;;
        esac
    done < <(printf '%s\0' "${visible[@]}" | sort -z)
    mkdir run/outer
    mount -n --move /dev dev
    mount -n --move /proc proc

    # A pivot, not a chroot: a process whose root is not that of its mount namespace may not create
    # user namespaces.
    pivot_root . run/outer
    # Where the kernel looks for modules that are asked for by a device or a type of interface, and
    # the program it asks.
    mkdir -p /lib/modules
    mount --bind "/run/outer$modules" /lib/modules
    [[ -x /sbin/modprobe ]] || ln -s "$(command -v busybox)" /sbin/modprobe
    umount -l /run/outer
    rmdir /run/outer
    # As systemd does.
    mount --make-rshared /

    mkdir -p /dev/pts /dev/shm /dev/mqueue /run/lock
    mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts /dev/pts
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm
    mount -t mqueue mqueue /dev/mqueue
    [[ ! -d /sys/kernel/security ]] || mount -t securityfs securityfs /sys/kernel/security
}

cgroups_make() {
    local controllers
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    # A cgroup that passes controllers on holds no process, so this one moves down.
    mkdir /sys/fs/cgroup/lane
    echo $$ >/sys/fs/cgroup/lane/cgroup.procs
    read -r -a controllers </sys/fs/cgroup/cgroup.controllers
    echo "${controllers[*]/#/+}" >/sys/fs/cgroup/cgroup.subtree_control
}

# Makes the machine, runs the command in it and tells its status.
lane_run() {
    local status=0
    root_make
    [[ $systemd == 0 ]] || systemd_become
    cgroups_make
    echo lane >/proc/sys/kernel/hostname
    busybox ip link set lo up
    ulimit -n 65536

    # Every mount of this machine is the lane's: what a test leaves is its own (tests/leak-check).
    export PURE_V2_VIEW=private
    cd "$cd_to"
    lane_command || status=$?
    echo "$status" >&9
}

# This process becomes systemd, with one service: the command. What is not needed for it is masked, for
# a processor that is emulated. systemd closes the descriptors, so the service has the lane open its
# own (lane_ports).
systemd_become() {
    local unit
    mkdir -p /run/systemd/system
    for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-kernel.socket \
        systemd-udevd-control.socket systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service \
        systemd-sysctl.service systemd-modules-load.service systemd-random-seed.service \
        systemd-update-utmp.service systemd-journal-flush.service systemd-binfmt.service \
        systemd-logind.service systemd-resolved.service systemd-timesyncd.service \
        sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount dev-hugepages.mount \
        sys-fs-fuse-connections.mount systemd-sysusers.service systemd-remount-fs.service systemd-networkd.service systemd-networkd.socket; do
        ln -sf /dev/null "/run/systemd/system/$unit"
    done
    {
        printf '#!/usr/bin/env bash\n'
        printf 'export PATH=%q HOME=/root PURE_V2_VIEW=private\n' "$PATH"
        printf '%s\n' "$lane_job"
        declare -f lane_ports lane_command port
        cat <<'SCRIPT'
trap 'sync; busybox poweroff -f' EXIT
lane_ports
ulimit -n 65536
cd "$cd_to"
status=0
lane_command || status=$?
echo "$status" >&9
SCRIPT
    } >/run/lane
    chmod +x /run/lane
    cat >/run/systemd/system/lane.service <<'UNIT'
[Unit]
DefaultDependencies=no
After=systemd-journald.socket -.mount
[Service]
Type=oneshot
ExecStart=/run/lane
StandardInput=null
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
TasksMax=infinity
Delegate=yes
UNIT
    umount -q /sys/kernel/security || true
    exec /lib/systemd/systemd --unit=lane.service --log-target=console --log-level=warning \
        --show-status=false
}

# The lane may need another way to its output.
lane_command() {
    "${command[@]}" </dev/null >&8 2>&1 8>&- 9>&-
}
