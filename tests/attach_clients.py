#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/attach_clients.py: talks to a container's monitor at its socket (engine/clients.h), badly or often.

    attach_clients.py many SOCKET N      N clients one behind the other; each attaches, hears so and goes
    attach_clients.py hold SOCKET N      N at a time; prints how many of them were taken, then waits for
                                         the end of standard input
    attach_clients.py garbage SOCKET     packets that are none: each must be hung up on
    attach_clients.py uid SOCKET UID     connects as another user, who may pass the directory then
"""

import os
import random
import socket
import struct
import sys

WAIT = 20


def connect(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(path)
    s.settimeout(WAIT)
    return s


def packet(s):
    """The next packet; b"" where it was hung up on."""
    try:
        return s.recv(65536)
    except ConnectionResetError:
        return b""


def attach(path):
    """A client that is attached, or None where it was hung up on."""
    s = connect(path)
    try:
        s.send(b"a")
    except (BrokenPipeError, ConnectionResetError):
        return None
    return s if packet(s) == b"h" else None


def hung_up(path, *packets):
    s = connect(path)
    try:
        for p in packets:
            s.send(p)
        while p := packet(s):
            assert p[:1] in (b"h", b"1", b"2"), p
    except BrokenPipeError:
        pass
    s.close()


def many(path, n):
    for _ in range(int(n)):
        s = attach(path)
        assert s
        s.close()
    print("well")


def hold(path, n):
    clients = [attach(path) for _ in range(int(n))]
    print(sum(c is not None for c in clients), flush=True)
    sys.stdin.read()


def garbage(path):
    size = struct.pack("=cxHH", b"s", 80, 24)
    bad = [
        (b"x",), (b"\0",), (b"aa",), (b"a" * 100000,), (b"w", b"w"), (b"w", b"i"), (b"a", b"a"),
        (b"a", b"\xff"), (b"a", b"s"), (b"a", size + b"x"), (b"a", size[:-1]), (b"a", b"e1"),
        (b"a", b"q\0\0\0\0\0\0\0"), (b"a", b"i" + b"x" * 4097), (b"a", b"i" + b"x" * 100000), (b"a", b""), (b"",),
    ]
    for packets in bad:
        hung_up(path, *packets)
    # Whatever comes, somebody who behaves is heard afterwards.
    chance = random.Random(7)
    for _ in range(500):
        s = connect(path)
        try:
            for _ in range(chance.randrange(4)):
                s.send(chance.choice([b"a", b"s", b"e", b"w", b""]) + chance.randbytes(chance.randrange(20)))
        except (BrokenPipeError, ConnectionResetError):
            pass
        s.close()
    assert attach(path)
    print("well")


def uid(path, number):
    tries = os.fork()
    if tries == 0:
        os.setuid(int(number))
        try:
            connect(path)
        except PermissionError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(tries, 0)[1] == 0
    print("the directory keeps it out")
    os.chmod(".", 0o711)
    os.chmod(path, 0o666)
    os.setuid(int(number))
    assert attach(path) is None
    print("hung up")


# The path may be longer than an address.
os.chdir(os.path.dirname(sys.argv[2]))
sys.argv[2] = os.path.basename(sys.argv[2])
{"many": many, "hold": hold, "garbage": garbage, "uid": uid}[sys.argv[1]](*sys.argv[2:])
