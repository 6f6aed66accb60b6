# shellcheck shell=bash
# Which test file runs where. A file with the line
#
#     # lane: uml
#
# near its top needs the controllers cpu, memory and pids on cgroup v2 and the capability to raise
# limits; one with `# lane: both` runs directly and there once more, on an older kernel; one with `# lane: qemu` needs the controller cpuset besides, one with `# lane: systemd` systemd
# as the first process besides that. Where the machine has them the file runs directly like all others,
# else in a virtual machine (tests/vm/uml, tests/vm/qemu, tests/vm/qemu-systemd).

# lane_of FILE: the lane that it names, or nothing.
lane_of() {
    sed -n '1,20s/^# lane: *\([a-z]\+\)$/\1/p' "$1"
}

# lane_is_here LANE: whether this machine has what the files of the lane need.
lane_is_here() {
    local controllers name effective needed=(cpu memory pids)
    [[ $1 == uml ]] || needed+=(cpuset)
    [[ $1 != systemd || -S /run/systemd/private ]] || return 1
    [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] || return 1
    controllers=" $(</sys/fs/cgroup/cgroup.controllers) "
    for name in "${needed[@]}"; do
        [[ $controllers == *" $name "* ]] || return 1
    done
    effective=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    (((0x$effective >> 24) & 1)) # CAP_SYS_RESOURCE
}

# lanes_split FILE…: sets DIRECT_FILES, UML_FILES, QEMU_FILES and SYSTEMD_FILES.
lanes_split() {
    local file lane here=" "
    DIRECT_FILES=() UML_FILES=() QEMU_FILES=() SYSTEMD_FILES=()
    for lane in uml qemu systemd; do
        ! lane_is_here "$lane" || here+="$lane "
    done
    for file in "$@"; do
        lane=$(lane_of "$file")
        case $lane in
            "") DIRECT_FILES+=("$file") ;;
            both)
                DIRECT_FILES+=("$file")
                [[ $here == *" uml "* ]] || UML_FILES+=("$file") ;;
            uml | qemu | systemd)
                if [[ $here == *" $lane "* ]]; then
                    DIRECT_FILES+=("$file")
                elif [[ $lane == uml ]]; then
                    UML_FILES+=("$file")
                elif [[ $lane == qemu ]]; then
                    QEMU_FILES+=("$file")
                else
                    SYSTEMD_FILES+=("$file")
                fi ;;
            *)
                echo "$file: there is no lane $lane" >&2
                return 1 ;;
        esac
    done
}
