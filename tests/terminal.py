#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/terminal.py: plays the user at a terminal, or the engine behind a socket.

    terminal.py run [STEP...] -- COMMAND...             COMMAND at a terminal of its own
    terminal.py pipes [STEP...] -- COMMAND...           COMMAND between two pipes
    terminal.py console SOCKET [STEP...] -- COMMAND...  COMMAND sends a terminal to SOCKET and ends; the
                                                   steps are taken at that terminal
    terminal.py pidfd SOCKET -- COMMAND...              prints the number of the process whose pidfd comes

Steps, in order (TEXT with the escapes of Python):

    size=COLSxROWS  resize the terminal; as the first step before COMMAND begins
    expect=TEXT     wait until TEXT has come, behind what was expected before
    send=TEXT       type it
    feed=FILE       type a whole file, reading meanwhile
    choke=FILE      the same, but begin to read only when nothing more can be typed
    save=N:FILE     write the next N bytes that come into FILE
    raw, cooked     wait until the terminal is in this mode
    signal=NAME     send COMMAND a signal
    eof             close the pipe that COMMAND reads
    do=COMMAND      run a shell command, which must succeed
    until=TEXT      wait until TEXT comes, then end without waiting for more

Then it waits for the end of COMMAND (console: for the end of the terminal), prints what came, each
line end as one character, and exits with COMMAND's status. A wait is at most TERMINAL_WAIT seconds long
(20). Exit status: 97, the terminal's modes were not restored; 98, a step failed.
"""

import array
import fcntl
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

WAIT = float(os.environ.get("TERMINAL_WAIT", "20"))
SLICE = 0.02  # how long a look at something that tells nobody of its changes is worth


class Failed(Exception):
    pass


def size_set(fd, text):
    columns, rows = (int(n) for n in text.split("x"))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def is_raw(fd):
    modes = termios.tcgetattr(fd)
    return not modes[3] & (termios.ICANON | termios.ECHO | termios.ISIG)


def wait_for(what, true):
    end = time.monotonic() + WAIT
    while not true():
        if time.monotonic() > end:
            raise Failed(f"waited in vain for {what}")
        time.sleep(SLICE)


class Peer:
    """The other end: what is read from it, what is written to it."""

    def __init__(self, read_fd, write_fd):
        self.read_fd, self.write_fd = read_fd, write_fd
        for fd in (read_fd, write_fd):
            os.set_blocking(fd, False)
        self.seen = b""   # all that came
        self.taken = 0    # as much of it was expected or saved
        self.ended = False

    def read(self):
        try:
            data = os.read(self.read_fd, 65536)
        except BlockingIOError:
            return
        except OSError:  # EIO: the last one who had the terminal open is gone
            data = b""
        self.ended |= not data
        self.seen += data

    def turn(self, out=b"", seconds=WAIT, reading=True):
        """Reads or writes once, whichever comes first. How much was written; None: neither."""
        readers = [self.read_fd] if reading and not self.ended else []
        writers = [self.write_fd] if out else []
        r, w, _ = select.select(readers, writers, [], seconds)
        if r:
            self.read()
        if not w:
            return 0 if r else None
        try:
            return os.write(self.write_fd, out[:4096])
        except BlockingIOError:
            return None

    def write(self, data, choke=False):
        while data:
            n = self.turn(data, 0.2 if choke else WAIT, reading=not choke)
            if n is None and not choke:
                raise Failed("nothing can be written, and nothing comes")
            choke &= n is not None
            data = data[n or 0:]

    def until(self, what, true):
        end = time.monotonic() + WAIT
        while not true():
            if self.ended or time.monotonic() > end:
                raise Failed(f"no {what} came, but {self.seen[self.taken:][-2000:]!r}")
            self.turn(seconds=end - time.monotonic())

    def expect(self, text):
        self.until(repr(text), lambda: self.seen.find(text, self.taken) >= 0)
        self.taken = self.seen.find(text, self.taken) + len(text)

    def save(self, n, path):
        self.until(f"{n} bytes", lambda: len(self.seen) >= self.taken + n)
        with open(path, "wb") as f:
            f.write(self.seen[self.taken:self.taken + n])
        # Nobody wants to see them.
        self.seen = self.seen[:self.taken] + self.seen[self.taken + n:]


class Play:
    def __init__(self, peer, tty, pid):
        self.peer, self.tty, self.pid = peer, tty, pid
        self.over = False

    def step(self, word):
        name, _, value = word.partition("=")
        text = value.encode().decode("unicode_escape").encode("latin-1")
        if name == "size":
            size_set(self.tty, value)
        elif name == "expect":
            self.peer.expect(text)
        elif name == "until":
            self.peer.expect(text)
            self.over = True
        elif name == "send":
            self.peer.write(text)
        elif name in ("feed", "choke"):
            with open(value, "rb") as f:
                self.peer.write(f.read(), name == "choke")
        elif name == "save":
            n, _, path = value.partition(":")
            self.peer.save(int(n), path)
        elif name in ("raw", "cooked"):
            wait_for(f"{name} mode", lambda: is_raw(self.tty) == (name == "raw"))
        elif name == "signal":
            os.kill(self.pid, getattr(signal, "SIG" + value))
        elif name == "eof":
            os.close(self.peer.write_fd)
        elif name == "do":
            done = subprocess.run(["/bin/bash", "-c", value], stdin=subprocess.DEVNULL,
                                  stdout=sys.stderr, timeout=WAIT)
            if done.returncode:
                raise Failed(f"exit status {done.returncode} of {value}")
        else:
            raise Failed(f"there is no step {name}")

    def show(self):
        sys.stdout.buffer.write(self.peer.seen.replace(b"\r\n", b"\n"))
        sys.stdout.flush()


def child_end(pid, peer):
    """Waits for the command, reading what it writes. Its exit status."""
    end = time.monotonic() + WAIT
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise Failed("COMMAND does not end")
        peer.turn(seconds=SLICE) if not peer.ended else time.sleep(SLICE)
    while not peer.ended and select.select([peer.read_fd], [], [], 0)[0]:
        peer.read()
    status = os.waitstatus_to_exitcode(status)
    return 128 - status if status < 0 else status


def steps_take(play, steps):
    try:
        for word in steps:
            play.step(word)
    except Failed:
        play.show()
        if play.pid:
            os.kill(play.pid, signal.SIGKILL)
        raise


def run(steps, command):
    master, slave = pty.openpty()
    while steps and steps[0].startswith("size="):
        size_set(master, steps.pop(0)[5:])
    before = termios.tcgetattr(slave)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(slave, fd)
        os.execvp(command[0], command)
    play = Play(Peer(master, os.dup(master)), slave, pid)
    steps_take(play, steps)
    status = child_end(pid, play.peer)
    play.show()
    if termios.tcgetattr(slave) != before:
        print("the terminal's modes were not restored")
        return 97
    return status


def pipes(steps, command):
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    play = Play(Peer(child.stdout.fileno(), child.stdin.fileno()), None, child.pid)
    steps_take(play, steps)
    status = child_end(child.pid, play.peer)
    child.returncode = status
    play.show()
    return status


def receive(path, command):
    """Runs the command; the descriptor that comes through the socket, or exits as the command did."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(1)
    listener.settimeout(WAIT)
    # A file: a pipe would be the container's too, and never end.
    with tempfile.TemporaryFile() as said:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                timeout=WAIT).returncode
        if status:
            said.seek(0)
            sys.stdout.buffer.write(said.read())
            sys.stdout.flush()
            sys.exit(status)
    conn = listener.accept()[0]
    conn.settimeout(WAIT)
    payload, control, _, _ = conn.recvmsg(4096, socket.CMSG_SPACE(16 * 4))
    fds = array.array("i")
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data)
    if not payload or len(fds) != 1:
        raise Failed(f"the message has {len(payload)} bytes and {len(fds)} descriptors")
    if conn.recv(1):
        raise Failed("there is more than one message")
    return fds[0]


def console(arguments, command):
    master = receive(arguments.pop(0), command)
    play = Play(Peer(master, os.dup(master)), master, None)
    steps_take(play, arguments)
    if not play.over:
        play.peer.until("end", lambda: play.peer.ended)
    play.show()
    return 0


def pidfd(arguments, command):
    fd = receive(arguments[0], command)
    with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as f:
        lines = [line.split() for line in f]
    print(next(line[1] for line in lines if line[0] == "Pid:"))
    return 0


def main():
    at = sys.argv.index("--")
    mode, arguments, command = sys.argv[1], sys.argv[2:at], sys.argv[at + 1:]
    play = {"run": run, "pipes": pipes, "console": console, "pidfd": pidfd}[mode]
    try:
        sys.exit(play(arguments, command))
    except (Failed, OSError, subprocess.TimeoutExpired) as e:
        print(f"terminal.py: {e}")
        sys.exit(98)


main()
