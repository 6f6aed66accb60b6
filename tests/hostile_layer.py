#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/hostile_layer.py CASE FILE CANARY: a tar file that means harm to whoever unpacks it: to the
directory CANARY, which lies outside of the layer. Without arguments, the names of the cases."""

import io
import struct
import sys
import tarfile

CASES = {}


def case(f):
    CASES[f.__name__.replace("_", "-")] = f
    return f


def entry(tar, name, kind=tarfile.REGTYPE, data=b"", link="", mode=0o644, **more):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size = kind, link, mode, len(data)
    for key, value in more.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def symlink(tar, name, target):
    entry(tar, name, tarfile.SYMTYPE, link=target, mode=0o777)


def up(canary):
    return "../" * 40 + canary.lstrip("/")


@case
def dots(tar, canary):
    entry(tar, up(canary) + "/new", data=b"x")


@case
def absolute(tar, canary):
    entry(tar, canary + "/new", data=b"x")


@case
def through_a_link(tar, canary):
    symlink(tar, "out", canary)
    entry(tar, "out/new", data=b"x")


@case
def through_a_relative_link(tar, canary):
    entry(tar, "d", tarfile.DIRTYPE, mode=0o755)
    symlink(tar, "d/out", up(canary))
    entry(tar, "d/out/new", data=b"x")


@case
def through_a_chain(tar, canary):
    symlink(tar, "a", "/")
    symlink(tar, "b", "a/..")
    symlink(tar, "c", "b/" + canary.lstrip("/"))
    entry(tar, "c/new", data=b"x")


@case
def over_a_link(tar, canary):
    symlink(tar, "file", canary + "/file")
    entry(tar, "file", data=b"changed", mode=0o4777)


@case
def directory_over_a_link(tar, canary):
    symlink(tar, "d", canary)
    entry(tar, "d", tarfile.DIRTYPE, mode=0o777)
    entry(tar, "d/new", data=b"x")


@case
def link_and_directory_and_back(tar, canary):
    for _ in range(3):
        entry(tar, "d", tarfile.DIRTYPE, mode=0o777, mtime=7)
        symlink(tar, "d", canary)
    entry(tar, "d/new", data=b"x")


@case
def hard_link(tar, canary):
    entry(tar, "hard", tarfile.LNKTYPE, link=canary + "/file")
    entry(tar, "hard", data=b"changed")


@case
def hard_link_through_a_link(tar, canary):
    symlink(tar, "out", canary)
    entry(tar, "hard", tarfile.LNKTYPE, link="out/file")


@case
def hard_link_to_a_link(tar, canary):
    symlink(tar, "soft", canary + "/file")
    entry(tar, "hard", tarfile.LNKTYPE, link="soft")
    entry(tar, "hard", data=b"changed", mode=0o4777)


@case
def whiteout_out(tar, canary):
    symlink(tar, "out", canary)
    entry(tar, "out/.wh.file")
    entry(tar, up(canary) + "/.wh.file")


@case
def opaque_out(tar, canary):
    symlink(tar, "out", canary)
    entry(tar, "out/.wh..wh..opq")


@case
def attributes_through_a_link(tar, canary):
    symlink(tar, "out", canary + "/file")
    entry(tar, "out", tarfile.SYMTYPE, link=canary + "/file", mtime=1, uid=5, gid=5,
          pax_headers={"SCHILY.xattr.user.hoy": "changed"})


@case
def times_of_a_directory_that_became_a_link(tar, canary):
    entry(tar, "d", tarfile.DIRTYPE, mode=0o777, mtime=7)
    symlink(tar, "d", canary)


# ---- Those that are refused altogether ------------------------------------------------------------


@case
def root_is_a_link(tar, canary):
    symlink(tar, ".", canary)


@case
def root_is_a_file(tar, canary):
    entry(tar, ".", data=b"x")


@case
def whiteout_of_nothing(tar, canary):
    entry(tar, ".wh.")


@case
def whiteout_of_dot(tar, canary):
    entry(tar, "d/.wh..")


@case
def whiteout_of_dots(tar, canary):
    entry(tar, "d/.wh...")


@case
def whiteout_device(tar, canary):
    entry(tar, "d", tarfile.CHRTYPE, devmajor=0, devminor=0)


@case
def link_to_a_directory(tar, canary):
    entry(tar, "d", tarfile.DIRTYPE, mode=0o755)
    entry(tar, "hard", tarfile.LNKTYPE, link="d")


@case
def link_to_a_whiteout(tar, canary):
    entry(tar, ".wh.gone")
    entry(tar, "hard", tarfile.LNKTYPE, link="gone")


@case
def link_to_nothing(tar, canary):
    entry(tar, "hard", tarfile.LNKTYPE, link="nothing")


@case
def long_name(tar, canary):
    entry(tar, "x" * 256, data=b"x")


@case
def long_path(tar, canary):
    entry(tar, "/".join(["x" * 200] * 30), data=b"x")


@case
def file_as_a_directory(tar, canary):
    entry(tar, "f", data=b"x")
    entry(tar, "f/inside", data=b"x")


@case
def loop(tar, canary):
    symlink(tar, "a", "b")
    symlink(tar, "b", "a")
    entry(tar, "a/inside", data=b"x")


# ---- Those that are no harm, and must be unpacked --------------------------------------------------


@case
def ok_var_run(tar, canary):
    entry(tar, "run", tarfile.DIRTYPE, mode=0o755)
    entry(tar, "var", tarfile.DIRTYPE, mode=0o755)
    symlink(tar, "var/run", "/run")
    entry(tar, "var/run/lock", data=b"here")


@case
def ok_absolute_hard_link(tar, canary):
    entry(tar, "usr/bin/one", data=b"here", mode=0o755)
    entry(tar, "usr/bin/two", tarfile.LNKTYPE, link="/usr/bin/one")


@case
def ok_missing_parents(tar, canary):
    entry(tar, "no/entry/for/these", data=b"here")


@case
def ok_devices(tar, canary):
    entry(tar, "dev/null", tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666)
    entry(tar, "dev/loop0", tarfile.BLKTYPE, devmajor=7, devminor=0, mode=0o660)


@case
def ok_type_changes(tar, canary):
    entry(tar, "x", data=b"file")
    entry(tar, "x", tarfile.DIRTYPE, mode=0o755)
    entry(tar, "x/y/z", data=b"deep")
    entry(tar, "x", tarfile.FIFOTYPE)
    symlink(tar, "x", "nowhere")
    entry(tar, "x", data=b"here")


@case
def ok_overlay_attributes(tar, canary):
    entry(tar, "d", tarfile.DIRTYPE, mode=0o755,
          pax_headers={"SCHILY.xattr.trusted.overlay.opaque": "y", "SCHILY.xattr.user.overlay.opaque": "y",
                       "SCHILY.xattr.trusted.overlay.redirect": "/etc", "SCHILY.xattr.user.kept": "kept"})


@case
def ok_names_of_users(tar, canary):
    entry(tar, "f", data=b"here", uid=1234, gid=2345, uname="root", gname="root")


def main():
    if len(sys.argv) == 1:
        print("\n".join(CASES))
        return
    name, path, canary = sys.argv[1:]
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        CASES[name](tar, canary)


main()
