#!/usr/bin/env python3
"""Servers and probes for tests of networks, one network namespace each.

net_probe.py serve NAME LOG PORT...
    answers TCP and UDP on these ports, both families: "NAME sees ADDRESS". What arrives by UDP is
    written to LOG. Prints "ready".
net_probe.py ask [-s SOURCE-PORT] (tcp|udp):ADDRESS,PORT...
    asks all at once; for each one line: the answer, "refused", "unreachable" or "silence".
net_probe.py frame INTERFACE MAC SOURCE DESTINATION PORT WORD [MAC-SOURCE]
    sends a UDP packet in a frame of its own, whatever the addresses.
net_probe.py arp INTERFACE ADDRESS
    says to all that ADDRESS is here.
"""
import errno
import fcntl
import ipaddress
import selectors
import socket
import struct
import sys
import time

PATIENCE = 0.6
SIOCGIFHWADDR = 0x8927


def plain(address):
    """The address as text, IPv4 without its IPv6 clothes."""
    return address.split("%")[0].removeprefix("::ffff:")


def listener(kind, port):
    s = socket.socket(socket.AF_INET6, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", port))
    s.setblocking(False)
    if kind == socket.SOCK_STREAM:
        s.listen(64)
    else:
        # An answer comes from the address that was asked.
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    return s


def serve(name, log, *ports):
    out = open(log, "a", buffering=1)
    poll = selectors.DefaultSelector()
    for port in ports:
        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
            poll.register(listener(kind, int(port)), selectors.EVENT_READ, kind)
    print("ready", flush=True)
    while True:
        for key, _ in poll.select():
            s = key.fileobj
            if key.data == socket.SOCK_STREAM:
                c, peer = s.accept()
                c.sendall(f"{name} sees {plain(peer[0])}".encode())
                c.close()
                continue
            data, extra, _, peer = s.recvmsg(2000, 256)
            out.write(f"{data.decode(errors='replace')} from {plain(peer[0])}\n")
            extra = [e for e in extra if e[1] == socket.IPV6_PKTINFO]
            # Without the interface: a route finds the way back.
            extra = [(a, b, d[:16] + bytes(4)) for a, b, d in extra]
            try:
                s.sendmsg([f"{name} sees {plain(peer[0])}".encode()], extra, 0, peer)
            except OSError:
                pass


def word(code):
    return "refused" if code == errno.ECONNREFUSED else "unreachable"


def ask(source, *targets):
    poll = selectors.DefaultSelector()
    answers = [None] * len(targets)
    for i, target in enumerate(targets):
        proto, where = target.split(":", 1)
        address, port = where.rsplit(",", 1)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
        s = socket.socket(family, kind)
        s.setblocking(False)
        if source:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("", source))
        code = s.connect_ex((address, int(port)))
        if code not in (0, errno.EINPROGRESS):
            answers[i] = word(code)
            continue
        if proto == "udp":
            s.send(b"asked")
        poll.register(s, selectors.EVENT_READ, i)
    end = time.monotonic() + PATIENCE
    while None in answers and time.monotonic() < end:
        for key, _ in poll.select(max(0, end - time.monotonic())):
            try:
                answers[key.data] = key.fileobj.recv(200).decode() or "nothing"
            except OSError as e:
                answers[key.data] = word(e.errno)
            poll.unregister(key.fileobj)
    for target, answer in zip(targets, answers):
        print(target, answer or "silence")


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def send_frame(interface, data):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    s.send(data)


def own_mac(interface):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        answer = fcntl.ioctl(s, SIOCGIFHWADDR, struct.pack("256s", interface.encode()))
    return answer[18:24]


def frame(interface, to, source, destination, port, text, sender):
    src, dst = (ipaddress.ip_address(a) for a in (source, destination))
    data = text.encode()
    udp = struct.pack("!HHHH", 4000, int(port), 8 + len(data), 0) + data
    if src.version == 4:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + src.packed + dst.packed
        packet = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + udp
    else:
        pseudo = src.packed + dst.packed + struct.pack("!II", len(udp), 17)
        udp = udp[:6] + struct.pack("!H", checksum(pseudo + udp) or 0xFFFF) + udp[8:]
        packet = struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + src.packed + dst.packed + udp
    kind = 0x0800 if src.version == 4 else 0x86DD
    send_frame(interface, mac(to) + sender + struct.pack("!H", kind) + packet)


def arp(interface, address):
    us, ip = own_mac(interface), ipaddress.ip_address(address).packed
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + us + ip + us + ip
    send_frame(interface, b"\xff" * 6 + us + struct.pack("!H", 0x0806) + body)


def main(verb, *args):
    if verb == "serve":
        serve(*args)
    elif verb == "ask":
        source = 0
        if args[0] == "-s":
            source, args = int(args[1]), args[2:]
        ask(source, *args)
    elif verb == "frame":
        frame(*args[:6], mac(args[6]) if args[6:] else own_mac(args[0]))
    elif verb == "arp":
        arp(*args)
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
