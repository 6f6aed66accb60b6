#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/device_programs.py CGROUP: the eBPF programs for devices that are attached to it, a line "ID NAME" each."""

import ctypes
import os
import platform
import struct
import sys

SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
PROG_GET_FD_BY_ID, OBJ_GET_INFO_BY_FD, PROG_QUERY = 13, 15, 16
CGROUP_DEVICE = 6

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    buf = ctypes.create_string_buffer(attr, 128)
    result = libc.syscall(SYS_BPF, command, buf, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result, buf.raw


def name(number):
    fd, _ = bpf(PROG_GET_FD_BY_ID, struct.pack("I", number))
    info = ctypes.create_string_buffer(256)
    bpf(OBJ_GET_INFO_BY_FD, struct.pack("IIQ", fd, len(info), ctypes.addressof(info)))
    os.close(fd)
    # struct bpf_prog_info: the name is at byte 64.
    return info.raw[64:80].split(b"\0")[0].decode()


def main():
    fd = os.open(sys.argv[1], os.O_RDONLY)
    ids = (ctypes.c_uint32 * 64)()
    _, answer = bpf(PROG_QUERY, struct.pack("IIIIQI", fd, CGROUP_DEVICE, 0, 0, ctypes.addressof(ids), 64))
    for number in ids[: struct.unpack_from("I", answer, 24)[0]]:
        print(number, name(number))


main()
