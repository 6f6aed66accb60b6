#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/overlay_mount.py TARGET LAYER…: mounts the layers, the highest first, read-only on TARGET, by one
fsconfig(2) for each, or where the kernel is older by links with short names."""

import ctypes
import os
import sys
import tempfile

SYS_MOVE_MOUNT, SYS_FSOPEN, SYS_FSCONFIG, SYS_FSMOUNT = 429, 430, 431, 432
SET_STRING, CMD_CREATE = 1, 6
MS_RDONLY = 1

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *args):
    r = libc.syscall(number, *args)
    if r < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return r


def by_fsconfig(target, layers):
    fs = call(SYS_FSOPEN, b"overlay", 0)
    for layer in layers:
        call(SYS_FSCONFIG, fs, SET_STRING, b"lowerdir+", layer, 0)
    call(SYS_FSCONFIG, fs, CMD_CREATE, None, None, 0)
    mnt = call(SYS_FSMOUNT, fs, 0, MS_RDONLY)
    call(SYS_MOVE_MOUNT, mnt, b"", -100, target, 4)


def by_links(target, layers):
    with tempfile.TemporaryDirectory() as links:
        for i, layer in enumerate(layers):
            os.symlink(layer, os.path.join(links, str(i)))
        os.chdir(links)
        options = "lowerdir=" + ":".join(str(i) for i in range(len(layers)))
        assert len(options) < 4096
        if libc.mount(b"overlay", target, b"overlay", MS_RDONLY, options.encode()) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        os.chdir("/")


def main():
    target, layers = os.fsencode(os.path.abspath(sys.argv[1])), [os.fsencode(a) for a in sys.argv[2:]]
    if len(layers) == 1:  # an overlay wants two; an empty one lies below everything
        empty = os.path.join(os.path.dirname(target), b"empty")
        os.makedirs(empty, exist_ok=True)
        layers.append(empty)
    try:
        by_fsconfig(target, layers)
    except OSError:
        by_links(target, layers)


main()
