#!/usr/bin/env python3
"""millisecond.py HOY ROOT TOKEN BUNDLE NUMBER WORKERS: runs so many containers, each a process that
lives for a millisecond and ends with an exit status by chance, and compares it with what hoy returns.
The bundle's config.json has the word STATUS where the exit status belongs. Exit status 1 when one
was wrong."""
import os
import random
import subprocess
import sys

hoy, root, token, bundle, number, workers = sys.argv[1:7]
with open(f"{bundle}/config.json", encoding="utf-8") as f:
    template = f.read()
for status in range(256):
    with open(f"{bundle}/config-{status}.json", "w", encoding="utf-8") as f:
        f.write(template.replace("STATUS", str(status)))


def work(worker):
    chance = random.Random(worker)
    for i in range(int(number) // int(workers)):
        status = chance.randrange(256)
        done = subprocess.run([hoy, "--root", root, "run", "-b", bundle, "-f", f"{bundle}/config-{status}.json",
                               f"{token}-{worker}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        if done.returncode != status or done.stdout:
            print(f"{i}: exit {status}: {done.returncode} {done.stdout.decode()}", flush=True)
            return 1
    return 0


children = []
for n in range(int(workers)):
    pid = os.fork()
    if pid == 0:
        os._exit(work(n))
    children.append(pid)
sys.exit(any([os.waitpid(pid, 0)[1] for pid in children]))
