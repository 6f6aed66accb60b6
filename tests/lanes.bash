# shellcheck shell=bash
# Which test file runs where. A file with the line
#
#     # lane: uml
#
# near its top needs the controllers cpu, memory and pids on cgroup v2 and the capability to raise
# limits. Where the machine has them it runs directly like all others, else in a virtual machine
# (tests/vm/uml).

# lane_of FILE: the lane that it names, or nothing.
lane_of() {
    sed -n '1,20s/^# lane: *\([a-z]\+\)$/\1/p' "$1"
}

# Whether this machine has what the files of the lane need.
machine_is_full() {
    local controllers name effective
    [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] || return 1
    controllers=" $(</sys/fs/cgroup/cgroup.controllers) "
    for name in cpu memory pids; do
        [[ $controllers == *" $name "* ]] || return 1
    done
    effective=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    (((0x$effective >> 24) & 1)) # CAP_SYS_RESOURCE
}

# lanes_split FILE…: sets DIRECT_FILES and UML_FILES.
lanes_split() {
    local file lane full=no
    DIRECT_FILES=() UML_FILES=()
    ! machine_is_full || full=yes
    for file in "$@"; do
        lane=$(lane_of "$file")
        case $lane in
            "") DIRECT_FILES+=("$file") ;;
            uml)
                if [[ $full == yes ]]; then
                    DIRECT_FILES+=("$file")
                else
                    UML_FILES+=("$file")
                fi ;;
            *)
                echo "$file: there is no lane $lane" >&2
                return 1 ;;
        esac
    done
}
