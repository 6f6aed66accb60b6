#!/usr/bin/env python3
# tests/projects.py DIR: what the projects of the directory's file system use and may use, a line for
# each that has either: NUMBER USED LIMIT, in KiB.
import ctypes
import os
import struct
import sys

QUOTACTL_FD = 443
Q_GETNEXTQUOTA = (0x800009 << 8) | 2  # PRJQUOTA
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open(sys.argv[1], os.O_RDONLY)
number = 1
while True:
    # struct if_nextdqblk: eight numbers of 64 bits, then dqb_valid and dqb_id.
    block = ctypes.create_string_buffer(72)
    if libc.syscall(QUOTACTL_FD, fd, Q_GETNEXTQUOTA, number, block) < 0:
        if ctypes.get_errno() == 2:
            break
        sys.exit(os.strerror(ctypes.get_errno()))
    hard, _, space, _, _, _, _, _, _, number = struct.unpack("8Q2I", block.raw)
    print(number, space // 1024, hard)
    number += 1
