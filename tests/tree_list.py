#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/tree_list.py DIRECTORY: one line for everything in it that tells all about it: type, mode, owner,
size, time of change, device, target, attributes, a digest of the content, and which names are links of each
other. Two trees are the same when the lines are."""

import hashlib
import os
import stat
import sys

OVERLAY = ("trusted.overlay.", "user.overlay.")


def attributes(path):
    names = sorted(n for n in os.listxattr(path, follow_symlinks=False) if not n.startswith(OVERLAY))
    return ",".join(f"{n}={os.getxattr(path, n, follow_symlinks=False).hex()}" for n in names)


def content(path, st):
    if stat.S_ISLNK(st.st_mode):
        return os.readlink(path)
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()
    if stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        return f"{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}"
    return "-"


def walk(top):
    todo = [b"."]
    while todo:
        name = todo.pop()
        yield name
        path = os.path.join(top, name)
        if stat.S_ISDIR(os.lstat(path).st_mode):
            todo.extend(os.path.join(name, n) for n in os.listdir(path))


def main():
    top = os.fsencode(sys.argv[1])
    lines, first = [], {}
    for name in sorted(walk(top)):
        path = os.path.join(top, name)
        st = os.lstat(path)
        links = "-"
        if not stat.S_ISDIR(st.st_mode) and st.st_nlink > 1:
            links = first.setdefault((st.st_dev, st.st_ino), name).decode("utf-8", "backslashreplace")
        size = st.st_size if stat.S_ISREG(st.st_mode) else 0
        lines.append(
            f"{name.decode('utf-8', 'backslashreplace')!r} {st.st_mode:o} {st.st_uid}:{st.st_gid} {size} "
            f"{st.st_mtime_ns} {content(path, st)} [{attributes(path)}] {links}"
        )
    print("\n".join(lines))


main()
