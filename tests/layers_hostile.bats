#!/usr/bin/env bats
# layers_hostile: layers that mean harm, or only look like it (tests/hostile_layer.py). Whatever is in one,
# nothing outside of its directory changes; what is refused leaves nothing, and says which entry it was.

load helpers
load images

setup() {
    DATA=$BATS_TEST_TMPDIR/data
    CANARY=$BATS_TEST_TMPDIR/canary
    canary_new
    layout_new
}

canary_new() {
    rm -rf "$CANARY"
    mkdir "$CANARY"
    echo canary >"$CANARY/file"
    setfattr -n user.hoy -v canary "$CANARY/file" 2>/dev/null || true
    touch -d '2001-02-03 04:05:06 UTC' "$CANARY/file" "$CANARY"
}

# layer CASE: an image "it" of this layer. Sets TAR.
layer() {
    TAR=$BATS_TEST_TMPDIR/$1.tar
    python3 "$HOY_TOP/tests/hostile_layer.py" "$1" "$TAR" "$CANARY"
    layout_image it "$TAR"
}

canary_is() {
    [ "$(tree_list "$CANARY")" = "$1" ]
}

# refused CASE WORDS: the layer is refused, with these words, and nothing is left of it.
refused() {
    local before
    before=$(tree_list "$CANARY")
    layer "$1"
    run himg load -q -i "$LAYOUT"
    [ "$status" -eq 1 ] || { echo "$1 was taken"; return 1; }
    [[ $output == *"layer 0, sha256:"*"$2"* ]] || { echo "$1: $output"; return 1; }
    canary_is "$before"
    [ -z "$(find "$DATA"/{layers,staging,stacks} -mindepth 1)" ]
}

@test "nothing outside of a layer is written, linked, removed or changed" {
    local before name
    before=$(tree_list "$CANARY")
    for name in dots absolute through-a-link through-a-relative-link through-a-chain over-a-link \
        directory-over-a-link link-and-directory-and-back hard-link hard-link-through-a-link \
        hard-link-to-a-link whiteout-out opaque-out attributes-through-a-link \
        times-of-a-directory-that-became-a-link; do
        layer "$name"
        # Some are unpacked, harmless, within the layer; others can't be.
        run himg load -q -i "$LAYOUT"
        [ "$status" -le 1 ]
        canary_is "$before" || { echo "$name reached it"; tree_list "$CANARY"; false; }
        rm -rf "$DATA"
        # The control: the same file does reach it where nobody minds.
        mkdir "$BATS_TEST_TMPDIR/naive"
        python3 "$HOY_TOP/tests/naive_untar.py" "$TAR" "$BATS_TEST_TMPDIR/naive"
        ! canary_is "$before" || { echo "$name means no harm"; false; }
        rm -rf "$BATS_TEST_TMPDIR/naive"
        canary_new
    done
}

@test "a path that leads out stays in" {
    layer dots
    himg load -q -i "$LAYOUT"
    [ -e "$(image_layers localhost/layout:it)$CANARY/new" ]
    rm -rf "$DATA"
    layer over-a-link
    himg load -q -i "$LAYOUT"
    local file
    file=$(image_layers localhost/layout:it)/file
    [ "$(stat -c '%F %a' "$file")" = "regular file 4777" ]
    [ "$(cat "$file")" = changed ]
}

@test "what no layer can mean is refused, and the entry named" {
    refused root-is-a-link "the root of a layer must be a directory"
    refused root-is-a-file "the root of a layer must be a directory"
    refused whiteout-of-nothing ".wh.: a whiteout of nothing"
    refused whiteout-of-dot "d/.wh..: a whiteout of nothing"
    refused whiteout-of-dots "d/.wh...: a whiteout of nothing"
    refused whiteout-device "d: a character device 0:0"
    refused link-to-a-directory "hard: it is a hard link to \"d\", which is a directory"
    refused link-to-a-whiteout "hard: it is a hard link to \"gone\", which is a whiteout"
    refused link-to-nothing "hard: look for \"nothing\""
    refused long-name "longer than 255 bytes"
    refused long-path "longer than 4096 bytes"
    refused file-as-a-directory "f/inside: open the directory /f: not a directory"
    refused loop "a/inside: open the directory /a: too many levels of symbolic links"
}

@test "what real images have is unpacked" {
    local root
    layer ok-var-run
    himg load -q -i "$LAYOUT"
    root=$(image_layers localhost/layout:it)
    [ "$(cat "$root/run/lock")" = here ]
    layer ok-absolute-hard-link
    himg load -q -i "$LAYOUT"
    root=$(image_layers localhost/layout:it)
    [ "$root/usr/bin/one" -ef "$root/usr/bin/two" ]
    layer ok-missing-parents
    himg load -q -i "$LAYOUT"
    [ "$(cat "$(image_layers localhost/layout:it)/no/entry/for/these")" = here ]
    layer ok-devices
    himg load -q -i "$LAYOUT"
    [ "$(stat -c '%F %t:%T %a' "$(image_layers localhost/layout:it)/dev/null")" = "character special file 1:3 666" ]
    layer ok-type-changes
    himg load -q -i "$LAYOUT"
    [ "$(cat "$(image_layers localhost/layout:it)/x")" = here ]
    layer ok-names-of-users
    himg load -q -i "$LAYOUT"
    [ "$(stat -c %u:%g "$(image_layers localhost/layout:it)/f")" = 1234:2345 ]
}

@test "a layer's attributes don't steer overlayfs" {
    local root
    layer ok-overlay-attributes
    himg load -q -i "$LAYOUT"
    root=$(image_layers localhost/layout:it)
    [ -z "$(getfattr -d -m 'overlay' "$root/d" 2>/dev/null)" ]
    # The control: others are kept, and who keeps all has these too.
    [ "$(getfattr --only-values -n user.kept "$root/d")" = kept ]
    mkdir "$BATS_TEST_TMPDIR/naive"
    tar -C "$BATS_TEST_TMPDIR/naive" --xattrs --xattrs-include='*' -xf "$TAR"
    [ "$(getfattr --only-values -n trusted.overlay.opaque "$BATS_TEST_TMPDIR/naive/d")" = y ]
    # And an opaque directory by a whiteout is one.
    mkdir -p "$BATS_TEST_TMPDIR/o/d"
    touch "$BATS_TEST_TMPDIR/o/d/.wh..wh..opq"
    tar -C "$BATS_TEST_TMPDIR/o" -cf "$BATS_TEST_TMPDIR/o.tar" .
    layout_image it "$BATS_TEST_TMPDIR/o.tar"
    himg load -q -i "$LAYOUT"
    [ "$(getfattr --only-values -n trusted.overlay.opaque "$(image_layers localhost/layout:it)/d")" = y ]
}

@test "the same list of entries as GNU tar's and Python's, or a refusal" {
    local seen
    # A size in a pax header that differs from that of the entry's own: who reads the other one takes the
    # content of a file for entries (CVE-2025-62518).
    python3 - "$BATS_TEST_TMPDIR/two.tar" <<'PY'
import io, sys, tarfile
inner = io.BytesIO()
with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as t:
    t.addfile(tarfile.TarInfo("smuggled"))
data = inner.getvalue()
out = open(sys.argv[1], "wb")
pax = tarfile.TarInfo("pax")
pax.type = tarfile.XHDTYPE
record = b"13 size=%d\n" % len(data)
record = b"%d size=%d\n" % (len(record), len(data))
pax.size = len(record)
out.write(pax.tobuf(tarfile.USTAR_FORMAT) + record.ljust(512, b"\0"))
file = tarfile.TarInfo("file")
file.size = 0
out.write(file.tobuf(tarfile.USTAR_FORMAT) + data.ljust(-(-len(data) // 512) * 512, b"\0") + bytes(1024))
PY
    layout_image it "$BATS_TEST_TMPDIR/two.tar"
    himg load -q -i "$LAYOUT"
    seen=$(cd "$(image_layers localhost/layout:it)" && find . -mindepth 1 -printf '%P\n' | sort)
    [ "$seen" = "$(tar -tf "$BATS_TEST_TMPDIR/two.tar" | sort)" ]
    [ "$seen" = "$(python3 -m tarfile -l "$BATS_TEST_TMPDIR/two.tar" | xargs)" ]
    [ "$seen" = file ]
    # The control: who takes the other size finds what is hidden in the file.
    run python3 - "$BATS_TEST_TMPDIR/two.tar" <<'PY'
import sys
data, at = open(sys.argv[1], "rb").read(), 0
while data[at:at + 1].strip(b"\0"):
    print(data[at:at + 100].rstrip(b"\0").decode())
    at += 512 + -(-int(data[at + 124:at + 135], 8) // 512) * 512
PY
    [[ $output == *smuggled* ]]
}

@test "a damaged tar file is refused" {
    local t=$BATS_TEST_TMPDIR
    mkdir "$t/d"
    head -c 100000 /dev/urandom >"$t/d/file"
    tar -C "$t/d" -cf "$t/good.tar" file
    head -c 50000 "$t/good.tar" >"$t/short.tar"
    layout_image it "$t/short.tar"
    run himg load -q -i "$LAYOUT"
    [ "$status" -eq 1 ]
    [[ $output == *"damaged"* ]]
    head -c 2000 /dev/urandom >"$t/noise.tar"
    layout_image it "$t/noise.tar"
    run himg load -q -i "$LAYOUT"
    [ "$status" -eq 1 ]
    layout_image it "$t/good.tar"
    himg load -q -i "$LAYOUT"
}

@test "damaged compression is refused" {
    local t=$BATS_TEST_TMPDIR kind blob
    mkdir "$t/d"
    seq 100000 >"$t/d/file"
    tar -C "$t/d" -cf "$t/good.tar" file
    for kind in gzip zstd; do
        python3 - "$t" "$kind" "$HOY_TOP" <<'PY'
import hashlib, json, os, subprocess, sys
t, kind, top = sys.argv[1:]
data = open(f"{t}/good.tar", "rb").read()
packed = subprocess.run([kind, "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout
for name, bad in (("cut", packed[:-20]), ("bit", packed[:1000] + bytes([packed[1000] ^ 1]) + packed[1001:]),
                  ("tail", packed + b"garbage"), ("zeros", packed + bytes(100)), ("twice", packed[:0] + packed)):
    open(f"{t}/{kind}-{name}", "wb").write(bad)
PY
        for blob in cut bit tail; do
            # A layer that is unpacked already is not unpacked again.
            rm -rf "$DATA"
            RAW=1 layout_image it "$t/$kind-$blob" "$t/good.tar"
            run himg load -q -i "$LAYOUT"
            [ "$status" -eq 1 ] || { echo "$kind $blob was taken"; false; }
            [[ $output == *"layer 0"* ]]
        done
        RAW=1 layout_image it "$t/$kind-twice" "$t/good.tar"
        himg load -q -i "$LAYOUT"
    done
    # What fills a tape's block.
    RAW=1 layout_image it "$t/gzip-zeros" "$t/good.tar"
    himg load -q -i "$LAYOUT"
    # Others are named.
    bzip2 -c "$t/good.tar" >"$t/bz" 2>/dev/null || printf 'BZh91AY' >"$t/bz"
    rm -rf "$DATA"
    RAW=1 layout_image it "$t/bz" "$t/good.tar"
    run himg load -q -i "$LAYOUT"
    [[ $output == *"compressed by bzip2"*"gzip or zstd"* ]]
}

# peak COMMAND…: the most memory that one of its processes had, in MiB; its exit status is in CODE.
peak() {
    python3 - "$@" <<'PY'
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
PY
}

# bats test_tags=syscalls
@test "what grows in a layer's file, or never ends in it, costs no memory" {
    local t=$BATS_TEST_TMPDIR code mib
    python3 - "$t" <<'PY'
import gzip, sys, tarfile, io
t = sys.argv[1]
class Zeros(io.RawIOBase):
    def read(self, n): return bytes(n)
with gzip.open(t + "/bomb", "wb", 1) as z, tarfile.open(fileobj=z, mode="w|") as tar:
    info = tarfile.TarInfo("zeros")
    info.size = 300 << 20
    tar.addfile(info, Zeros())
info = tarfile.TarInfo("x")
info.type, info.size = tarfile.XHDTYPE, (8 << 30) - 1
with gzip.open(t + "/pax", "wb", 1) as z:
    z.write(info.tobuf(tarfile.USTAR_FORMAT))
    z.write(b"8589934591 comment=")
    for i in range(300):
        z.write(b"x" * (1 << 20))
PY
    for name in bomb pax; do
        gzip -dc "$t/$name" >"$t/$name.tar"
        RAW=1 layout_image it "$t/$name" "$t/$name.tar"
        read -r code mib < <(peak "$HOY" --root "$HOY_ROOT" --data-root "$DATA" load -q -i "$LAYOUT")
        [ "$code" -eq "$([[ $name == bomb ]] && echo 0 || echo 1)" ]
        ((mib < 100)) || { echo "$name: $mib MiB"; false; }
        rm -rf "$DATA" "$LAYOUT"
        layout_new
        # The control: who holds it whole is seen to.
        read -r code mib < <(peak python3 -c 'import gzip, sys; len(gzip.open(sys.argv[1]).read())' "$t/$name")
        ((mib > 300))
        rm "$t/$name.tar"
    done
}

@test "what is larger than the disk ends with the disk" {
    local t=$BATS_TEST_TMPDIR
    # A quarter of a gigabyte of zeros in a file of a megabyte; its disk is full before.
    python3 - "$t/bomb" <<'PY'
import gzip, sys, tarfile, io
class Zeros(io.RawIOBase):
    def read(self, n): return bytes(n)
with gzip.open(sys.argv[1], "wb", 1) as z, tarfile.open(fileobj=z, mode="w|") as t:
    info = tarfile.TarInfo("zeros")
    info.size = 256 << 20
    t.addfile(info, Zeros())
PY
    mkdir "$t/small"
    mount -t tmpfs -o size=64m,mode=700 tmpfs "$t/small"
    gzip -dc "$t/bomb" >"$t/bomb.tar"
    RAW=1 layout_image it "$t/bomb" "$t/bomb.tar"
    DATA=$t/small/data
    run himg load -q -i "$LAYOUT"
    umount -l "$t/small"
    [ "$status" -eq 1 ]
    [[ $output == *"zeros: write: no space left on device"* ]]
}

@test "100,000 whiteouts, and an endless pax header" {
    local t=$BATS_TEST_TMPDIR
    python3 - "$t" <<'PY'
import sys, tarfile
with tarfile.open(sys.argv[1] + "/white.tar", "w", format=tarfile.USTAR_FORMAT) as t:
    for i in range(100000):
        t.addfile(tarfile.TarInfo(f"d/.wh.{i}"))
with open(sys.argv[1] + "/pax.tar", "wb") as f:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, (8 << 30) - 1
    f.write(info.tobuf(tarfile.USTAR_FORMAT))
    f.write(b"8589934591 comment=" + b"x" * 4000000)
PY
    layout_image it "$t/white.tar"
    himg load -q -i "$LAYOUT"
    [ "$(find "$(image_layers localhost/layout:it)/d" -mindepth 1 | wc -l)" = 100000 ]
    layout_image it "$t/pax.tar"
    run himg load -q -i "$LAYOUT"
    [ "$status" -eq 1 ]
    [[ $output == *"layer 0"* ]]
}

# bats test_tags=syscalls
@test "the process that unpacks has little to give" {
    local t=$BATS_TEST_TMPDIR pid i
    mkfifo "$t/slow"
    # It waits for a layer that never comes whole.
    python3 - "$t" "$(dirname "$HOY")/hoy-unpack" <<'PY' &
import fcntl, os, sys
t, program = sys.argv[1:]
os.makedirs(t + "/layer/root")
layer = fcntl.fcntl(os.open(t + "/layer/root", os.O_RDONLY | os.O_DIRECTORY), fcntl.F_DUPFD, 20)
report = fcntl.fcntl(os.open(t + "/report", os.O_WRONLY | os.O_CREAT), fcntl.F_DUPFD, 20)
os.dup2(os.open(t + "/slow", os.O_RDONLY), 0)
os.dup2(layer, 3)
os.dup2(report, 4)
os.execv(program, ["hoy-unpack", "unpack-layer"])
PY
    pid=$!
    exec 9>"$t/slow"
    head -c 600 /dev/zero >&9
    wait_until 10 grep -q 'Seccomp:.*2' "/proc/$pid/status"
    [ "$(readlink "/proc/$pid/root")" = / ]
    [ -z "$(ls -A "/proc/$pid/root")" ]
    [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]
    [ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]
    # chown, dac_override, fowner, fsetid, sys_admin, mknod, setfcap
    grep -q 'CapEff:.0000000088200001b$' "/proc/$pid/status" || grep CapEff "/proc/$pid/status"
    grep -q 'NoNewPrivs:.*1' "/proc/$pid/status"
    [ "$(find "/proc/$pid/fd" -mindepth 1 | wc -l)" -le 6 ]
    exec 9>&-
    wait "$pid" || true
}
