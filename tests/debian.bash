# shellcheck shell=bash
# A real root file system, made by debootstrap. Making it takes a minute and a mirror of Debian, so it is
# kept: HOY_DEBIAN_CACHE names the directory (default /var/cache/hoy-tests/debian), HOY_DEBIAN_MIRROR the
# mirror.

CACHE=${HOY_DEBIAN_CACHE:-/var/cache/hoy-tests/debian}
# The mirror that apt takes this machine's packages from; without one, debootstrap's own.
# shellcheck disable=SC2016 # apt's own
MIRROR=${HOY_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
    'Created-By: Packages' 2>/dev/null | awk '$2 == "bookworm" {print $1; exit}')}

# Why there is no Debian; empty where there is one.
debian_make() {
    local new=$CACHE.$$
    [[ ! -e $CACHE/etc/debian_version ]] || return 0
    command -v debootstrap >/dev/null || { echo "debootstrap is not installed"; return; }
    mkdir -p "$(dirname "$CACHE")"
    # In a mount namespace of its own: what it mounts goes with it.
    if ! unshare --mount --propagation private timeout 600 \
        debootstrap --variant=minbase bookworm "$new" ${MIRROR:+"$MIRROR"} >"$BATS_FILE_TMPDIR/log" 2>&1; then
        echo "debootstrap could not make a Debian from ${MIRROR:-its own mirror}: $(grep '^[EW]:' "$BATS_FILE_TMPDIR/log" |
            tail -n 1)"
        rm -rf --one-file-system "$new"
        return
    fi
    mv -T "$new" "$CACHE" 2>/dev/null || rm -rf --one-file-system "$new"
}
