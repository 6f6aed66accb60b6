#!/usr/bin/env python3
"""notify.py SOCKET LOG COMMAND…: a service manager. Listens at SOCKET ("@" begins an abstract one),
runs the command with NOTIFY_SOCKET, and writes each message that comes to LOG, its lines joined by
blanks. Ends with the command's exit status. A barrier is answered after a tenth of a second, and
logged as "barrier"."""
import array
import os
import socket
import subprocess
import sys
import time

path, log, command = sys.argv[1], sys.argv[2], sys.argv[3:]
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind("\0" + path[1:] if path[0] == "@" else path)
sock.settimeout(0.05)
process = subprocess.Popen(command, env=dict(os.environ, NOTIFY_SOCKET=path), stdin=subprocess.DEVNULL)
with open(log, "a", buffering=1, encoding="utf-8") as out:
    last = False
    while True:
        try:
            text, control, flags, _ = sock.recvmsg(65536, socket.CMSG_SPACE(64))
        except TimeoutError:
            # What was sent before the end has come by now.
            if last:
                break
            last = process.poll() is not None
            continue
        text = text.decode().strip("\n").replace("\n", " ")
        if text == "BARRIER=1":
            time.sleep(0.1)
            text = "barrier"
        print(text, file=out)
        for _, _, data in control:
            fds = array.array("i")
            fds.frombytes(data)
            for fd in fds:
                os.close(fd)
sys.exit(process.returncode if process.returncode >= 0 else 128 - process.returncode)
