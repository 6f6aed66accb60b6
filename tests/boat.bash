# shellcheck shell=bash disable=SC2034 # ID and DIR are the test's
# For tests of containers that monitors see to: each test has a data root of its own and, as a rule, one
# container, by the name "boat". All share a root file system, of which what is in /tmp goes after each test.

setup_file() {
    export ROOTFS=$BATS_FILE_TMPDIR/rootfs
    make_rootfs "$ROOTFS"
}

setup() {
    export HOY_DATA_ROOT=$BATS_TEST_TMPDIR/data
}

boats_remove() {
    containers_remove
    rm -rf --one-file-system "$HOY_DATA_ROOT" "$ROOTFS/tmp/"*
}

teardown() {
    boats_remove
}

# boat_up [OPTION…] COMMAND…: runs it in the background. Sets ID, and DIR, the container's directory.
boat_up() {
    ID=$(hoy run -d --name boat --rootfs "$ROOTFS" "$@") || return
    DIR=$HOY_DATA_ROOT/containers/$ID
}

# The pid of its monitor: the parent of its process.
monitor_pid() {
    sed -n 's/^PPid:\t//p' "/proc/$(pid_of boat)/status"
}
