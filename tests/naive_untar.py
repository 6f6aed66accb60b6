#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/naive_untar.py TAR DIR: unpacks a layer as nobody should, by paths and through whatever links are
there: the control for layers that mean harm (tests/hostile_layer.py). Errors don't end it."""

import os
import sys
import tarfile

XATTR = "SCHILY.xattr."
root = sys.argv[2]
late = []


def make(tar, info, path):
    above, name = os.path.split(path)
    if name == ".wh..wh..opq":
        for old in os.listdir(above):
            os.unlink(os.path.join(above, old))
        return False
    if name.startswith(".wh."):
        os.unlink(os.path.join(above, name[4:]))
        return False
    if info.isdir():
        if not os.path.isdir(path):
            os.mkdir(path)
        late.append((path, info.mtime))
    elif info.issym():
        if os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        elif os.path.lexists(path):
            os.unlink(path)
        os.symlink(info.linkname, path)
    elif info.islnk():
        os.link(os.path.join(root, info.linkname), path)
    elif info.isreg():
        with open(path, "wb") as to:
            to.write(tar.extractfile(info).read())
    return True


with tarfile.open(sys.argv[1]) as tar:
    for info in tar:
        path = os.path.join(root, info.name)
        try:
            if not make(tar, info, path):
                continue
            os.chown(path, info.uid, info.gid)
            os.chmod(path, info.mode)
            os.utime(path, (info.mtime, info.mtime))
            for key, value in info.pax_headers.items():
                if key.startswith(XATTR):
                    os.setxattr(path, key[len(XATTR):], value.encode())
        except OSError:
            pass
for path, mtime in late:
    os.utime(path, (mtime, mtime))
