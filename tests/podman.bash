# shellcheck shell=bash disable=SC2154,SC2034 # status and output are bats' own
# What the tests with Podman share. Each scenario is a function that is run with crun, then with hoy;
# what it prints, Podman's output and exit status of every step, must be the same with both, and what the
# test expects. A file that loads this may set PODMAN_CGROUPS, Podman's cgroup manager, before.
#
# Podman's storage, state and configuration are the file's own; its cgroups are below /HOY_TOKEN.

# Some tests start many containers, and each command of Podman takes a second in the lane.
export BATS_TEST_TIMEOUT=${PODMAN_TIMEOUT:-120}

podman_setup() {
    # Not bats' own directory: Podman's clean-up refuses a runroot of more than 50 characters.
    local dir=$TMPDIR/p
    export PODMAN_DIR=$dir
    mkdir "$dir"
    command -v podman >/dev/null && command -v conmon >/dev/null || return 0
    cat >"$dir/containers.conf" <<CONF
[containers]
netns = "none"
log_driver = "k8s-file"
[engine]
cgroup_manager = "${PODMAN_CGROUPS:-cgroupfs}"
events_logger = "none"
infra_image = "box"
static_dir = "$dir/root/libpod"
volume_path = "$dir/root/volumes"
tmp_dir = "$dir/tmp"
stop_timeout = 1
runtime_supports_json = ["crun", "hoy"]
runtime_supports_nocgroup = ["crun", "hoy"]
[engine.runtimes]
hoy = ["$HOY"]
CONF
    cat >"$dir/storage.conf" <<CONF
[storage]
driver = "vfs"
graphroot = "$dir/root"
runroot = "$dir/run"
CONF
    export CONTAINERS_CONF=$dir/containers.conf CONTAINERS_STORAGE_CONF=$dir/storage.conf
    tar -C "$HOY_CACHE/busybox" -c . | podman import -q - box >/dev/null 3>&-
}

setup() {
    require_tool podman
    require_tool conmon
    require_tool crun
    PARENT=/sys/fs/cgroup/$HOY_TOKEN
}

teardown() {
    if [[ -n ${CONTAINERS_CONF:-} ]]; then
        podman pod rm -fa >/dev/null 3>&-
        podman rm -fa -t 0 >/dev/null 3>&-
    fi
}

# What Podman itself keeps for its next command.
podman_teardown() {
    local dir=/sys/fs/cgroup/$HOY_TOKEN
    [[ ! -d $dir/conmon ]] || rmdir "$dir/conmon"
    [[ ! -d $dir ]] || rmdir "$dir"
    # Podman binds its storage on itself.
    umount "$PODMAN_DIR/root" 2>/dev/null || true
    rm -rf --one-file-system "$PODMAN_DIR"
}

setup_file() {
    podman_setup
}

teardown_file() {
    podman_teardown
}

# ---- Two runtimes --------------------------------------------------------------------------------

# p ARGUMENT…: podman with the runtime of the turn.
p() {
    local parent=()
    # With systemd the parent is a slice, and Podman's own choice will do.
    if [[ -n ${PODMAN_CGROUPS:-} ]]; then
        podman --runtime "$RUNTIME" "$@" 3>&-
        return
    fi
    case "$1 ${2:-} $*" in
        *--pod* | *--cgroups*) ;;
        run\ * | create\ *) parent=("$1" --cgroup-parent "/$HOY_TOKEN"); shift ;;
        "pod create "*) parent=(pod create --cgroup-parent "/$HOY_TOKEN"); shift 2 ;;
    esac
    podman --runtime "$RUNTIME" "${parent[@]}" "$@" 3>&-
}

# step ARGUMENT…: the same, and the exit status behind it.
step() {
    local status=0
    p "$@" || status=$?
    echo "= $status"
}

# box OPTION… IMAGE COMMAND…: a step with a container that is removed when it ends.
box() {
    step run --rm "$@"
}

# same SCENARIO: sets $output to what the function prints with hoy, which is what it prints with crun.
same() {
    local dir=$BATS_TEST_TMPDIR
    for RUNTIME in crun hoy; do
        "$@" >"$dir/$RUNTIME" 2>"$dir/errors" || return 1
        # Of use when the test fails.
        sed "s,^,$RUNTIME: ," "$dir/errors" >&2
        nothing_left
    done
    diff "$dir/crun" "$dir/hoy" >&2
    output=$(<"$dir/hoy")
}

# The runtime has no state and no cgroup of a container of this file's.
nothing_left() {
    local dir
    for dir in "$PARENT"/libpod-* /run/hoy/*; do
        [[ -d $dir && $dir != */libpod-conmon-* ]] || continue
        [[ $dir != /run/hoy/* ]] || grep -qsrF "$PODMAN_DIR" "$dir" || continue
        echo "left behind by $RUNTIME: $dir" >&2
        return 1
    done
}

# A step whose output, an ID or a name, is of no interest.
quiet() {
    step "$@" | tail -n 1
}
