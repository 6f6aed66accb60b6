#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients and servers of published ports (tests/ports.bats).

  echo PORT               TCP and UDP server, both families: what comes goes back; a line "up" when it listens
  pour PORT               TCP server that writes without end
  close PORT              TCP server that answers "bye" and ends with its first client
  talk ADDRESS PORT       sends standard input, ends its direction, prints what it hears to the end
  try ADDRESS PORT        prints connected, refused, reset, closed or silent
  udp ADDRESS PORT TEXT   sends it until there is an answer, and prints that
  many ADDRESS PORT N     that many connections at once, each of which is to hear what it has said
  hold ADDRESS PORT N     opens that many, says "up", and does not read; is to be killed
  listen ADDRESS PORT     holds a TCP port, says "up"; is to be killed
"""
import signal
import socket
import sys
import threading


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def connect(address, port, patience=10):
    s = socket.socket(family_of(address))
    s.settimeout(patience)
    s.connect((address, int(port)))
    return s


def server(port, kind=socket.SOCK_STREAM):
    """Both families; where there is no IPv6, one."""
    try:
        s = socket.socket(socket.AF_INET6, kind)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("::", int(port)))
    except OSError:
        s = socket.socket(socket.AF_INET, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", int(port)))
    if kind == socket.SOCK_STREAM:
        s.listen(600)
    return s


def up():
    print("up", flush=True)


def echo_stream(s):
    try:
        while data := s.recv(65536):
            s.sendall(data)
    except OSError:
        pass
    s.close()


def pour_stream(s):
    try:
        while True:
            s.sendall(bytes(65536))
    except OSError:
        s.close()


def serve(port, how):
    s = server(port)
    up()
    while True:
        client, _ = s.accept()
        threading.Thread(target=how, args=(client,), daemon=True).start()


def echo_datagrams(s):
    while True:
        data, client = s.recvfrom(65535)
        s.sendto(data, client)


def echo(port):
    threading.Thread(target=echo_datagrams, args=(server(port, socket.SOCK_DGRAM),), daemon=True).start()
    serve(port, echo_stream)


def pour(port):
    serve(port, pour_stream)


def close(port):
    s = server(port)
    up()
    client, _ = s.accept()
    client.sendall(b"bye")


def talk(address, port):
    s = connect(address, port)

    def say():
        while data := sys.stdin.buffer.read(65536):
            s.sendall(data)
        s.shutdown(socket.SHUT_WR)

    threading.Thread(target=say).start()
    while data := s.recv(65536):
        sys.stdout.buffer.write(data)


def attempt(address, port):
    try:
        s = connect(address, port, 5)
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "reset"
    except OSError:
        return "silent"
    try:
        return "closed" if s.recv(1) == b"" else "connected"
    except ConnectionResetError:
        return "reset"
    except socket.timeout:
        return "connected"


def udp(address, port, text):
    s = socket.socket(family_of(address), socket.SOCK_DGRAM)
    s.settimeout(0.3)
    # It hears nobody but whom it has spoken to.
    s.connect((address, int(port)))
    for _ in range(10):
        try:
            s.send(text.encode())
            print(s.recv(65535).decode())
            return
        except OSError:
            pass
    sys.exit("no answer")


def many(address, port, n):
    sockets = [connect(address, port) for _ in range(int(n))]
    for i, s in enumerate(sockets):
        s.sendall(str(i).encode() * 100)
    for i, s in reversed(list(enumerate(sockets))):
        want = str(i).encode() * 100
        got = b""
        while len(got) < len(want):
            got += s.recv(len(want) - len(got)) or sys.exit(f"{i} ends")
        if got != want:
            sys.exit(f"{i} hears {got}")


def hold(address, port, n):
    sockets = [connect(address, port) for _ in range(int(n))]
    up()
    signal.pause()
    del sockets


def listen(address, port):
    s = socket.socket(family_of(address))
    # Connections that have ended are nobody.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, int(port)))
    s.listen()
    up()
    signal.pause()


if __name__ == "__main__":
    verbs = {"echo": echo, "pour": pour, "close": close, "talk": talk, "udp": udp, "many": many, "hold": hold,
             "listen": listen, "try": lambda *a: print(attempt(*a))}
    verbs[sys.argv[1]](*sys.argv[2:])
