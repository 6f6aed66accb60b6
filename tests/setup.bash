# shellcheck shell=bash
# What ./try and ./check share.

# packages_need PACKAGE…: installs what is missing of these Debian packages, and asks the network for
# nothing where nothing is missing.

packages_need() {
    local missing=() package
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    say "installing ${missing[*]}"
    # With the lists that are there first; they may be old or absent.
    if ! packages_install "${missing[@]}" >/dev/null 2>&1; then
        say "updating apt's package lists"
        apt-get update -qq || die "apt-get update failed: is the network there?"
        packages_install "${missing[@]}" >/dev/null ||
            die "apt-get could not install: ${missing[*]}"
    fi
}

packages_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
}

# The build directory $1, configured with the options behind it when it or the build system changed.
# The options are remembered beside it, so that a second run takes no time.
configure_in() {
    local dir=$1
    shift
    if [[ ! -x configure || configure -ot configure.ac || ! -e Makefile.in ||
        Makefile.in -ot Makefile.am ]]; then
        say "making configure"
        ./autogen.sh
    fi
    mkdir -p "$dir"
    if [[ ! -e $dir/config.status || $dir/config.status -ot configure ||
        $(cat "$dir/.options" 2>/dev/null) != "$*" ]]; then
        say "configuring $dir${*:+ ($*)}"
        (cd "$dir" && ../configure --quiet "$@")
        # What was compiled with other options would stay.
        [[ ! -e $dir/.options ]] || make -C "$dir" --no-print-directory clean
        echo "$*" >"$dir/.options"
    fi
}

# What both commands need before they can begin.
machine_check() {
    [[ $(uname -s) == Linux ]] || die "hoy runs on Linux only"
    [[ $(id -u) == 0 ]] || die "this must be run as root: it installs packages and starts containers"
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        die "apt-get is not here: this script knows Debian 12; HACKING.md says what to install elsewhere"
    fi
    # shellcheck disable=SC1091 # the machine's own
    [[ $(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}") == "debian 12" ]] ||
        say "this is not Debian 12: going on, but it is not what is tested"
}

# shellcheck disable=SC2034 # used by those who source this
BUILD_PACKAGES=(autoconf automake gcc git libarchive-dev libc6-dev libcurl4-openssl-dev libglib2.0-dev libisal-dev
    libmnl-dev libncurses-dev libnftables1 libseccomp-dev libssl-dev libsystemd-dev libyajl-dev libzstd-dev
    linux-libc-dev make musl-tools pkg-config)
# shellcheck disable=SC2034
TEST_PACKAGES=(apache2-utils attr bats busybox-static catatonit clang conmon crun debootstrap docker-registry iproute2
    jq libcap2-bin libcmocka-dev nftables openssl podman procps python3 runc shellcheck skopeo strace tmux uidmap umoci
    zstd)
# What tests/vm/uml needs besides: only where the machine can't run everything directly.
# shellcheck disable=SC2034
UML_PACKAGES=(user-mode-linux)
# The same for tests/vm/qemu, which unpacks a kernel by itself.
# shellcheck disable=SC2034
QEMU_PACKAGES=(qemu-system-x86)
