#!/usr/bin/env python3
"""workers.py HOY ROOT TOKEN DIRECTORY SECONDS WORKERS NAMES: each worker does with one of the names
TOKEN-0, TOKEN-1, … what comes to its mind until the time is up, and says what was wrong with the
answer. Bundles: DIRECTORY/bundle0, whose process ends at once, and bundle1, whose process has to be
killed. Prints how often what was done; exit status 1 when anything was wrong."""
import os
import random
import re
import subprocess
import sys
import time

hoy, root, token, tmp, seconds, workers, names = sys.argv[1:8]
until = time.monotonic() + float(seconds)

# What is the truth when others work on the same name.
TRUE = [
    r'container "[^"]*" does not exist',
    r'container with ID "[^"]*" exists already',
    r'container "[^"]*" is not stopped: it is (creating|running|paused|created) \(hoy kill .*\)',
    r'container "[^"]*" is (creating|running|paused|stopped): only a created one can be started',
    r'container "[^"]*" is (creating|created|paused|stopped): container not running',
    r'container "[^"]*" is (creating|created|running|stopped): container not paused',
    r'container "[^"]*" is paused \(hoy resume .*\)',
    # It was there, and ended while the signal was on its way.
    r'send signal \d+ to container "[^"]*": no such process',
    # A creation that another has ended by force.
    r'set the container up: its first process was killed by signal 9',
    r'set the container up: its first process ended unexpectedly',
    r'container "[^"]*" was deleted meanwhile',
    # The one of this name that another is just taking away.
    r'cgroup /hoy-[^ ]* is not empty \(another container may be using it\)',
]
TRUTH = re.compile("hoy: (config.json: )?(linux.cgroupsPath: )?(make the cgroup [^:]*: )?(" + "|".join(TRUE) + ")$")

def work(number):
    chance = random.Random(number)
    bad, done = [], {}
    while time.monotonic() < until and not bad:
        name = f"{token}-{chance.randrange(int(names))}"
        verb = chance.choice(["create", "create", "start", "start", "state", "list", "kill", "kill",
                              "delete", "delete", "force", "run", "detached", "exec", "pause", "resume",
                              "ps"])
        bundle = f"{tmp}/bundle{chance.randrange(2)}"
        words = {"create": ["create", "-b", bundle, name], "list": ["list", "-q"],
                 "kill": ["kill", name, "KILL"], "force": ["delete", "--force", name],
                 "run": ["run", "-b", f"{tmp}/bundle0", name],
                 "detached": ["run", "-d", "-b", bundle, name],
                 "ps": ["ps", "-f", "json", name],
                 "exec": ["exec", name, "true"]}.get(verb, [verb, name])
        with open(f"{tmp}/out{number}", "w+") as out:
            try:
                r = subprocess.run([hoy, "--root", root] + words, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=out, timeout=30)
            except subprocess.TimeoutExpired:
                bad.append(f"{' '.join(words)}: hangs")
                break
            out.seek(0)
            said = out.read().strip()
        key = verb + (" well" if r.returncode == 0 else " refused")
        done[key] = done.get(key, 0) + 1
        if r.returncode == 0 and not said:
            continue
        # What runs may be killed together with its container.
        if verb in ("exec", "run") and r.returncode == 137 and not said:
            continue
        if r.returncode in (1, 255) and TRUTH.match(said) and (verb not in ("state", "force", "list")
                or verb == "state" and "does not exist" in said):
            continue
        bad.append(f"{' '.join(words)}: {r.returncode}: {said}")
    for line in bad:
        print(line, flush=True)
    return bad, done

def end_all():
    """What is paused, and what is waited for, at the end of the time."""
    for n in range(int(names)):
        subprocess.run([hoy, "--root", root, "delete", "--force", f"{token}-{n}"], check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

children = []
for number in range(int(workers)):
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        bad, done = work(number)
        os.write(w, " ".join(f"{k.replace(' ', '-')}={v}" for k, v in done.items()).encode())
        os._exit(1 if bad else 0)
    os.close(w)
    children.append((pid, r))
failed, total = False, {}
working = {pid for pid, _ in children}
while working:
    pid, status = os.waitpid(-1, os.WNOHANG)
    if pid:
        working.discard(pid)
        failed |= status != 0
        continue
    time.sleep(0.1)
    if time.monotonic() > until + 1:
        end_all()
for _, r in children:
    for part in os.read(r, 65536).decode().split():
        k, v = part.split("=")
        total[k] = total.get(k, 0) + int(v)
print("# " + " ".join(f"{k}={v}" for k, v in sorted(total.items())))
# The proof that they did meet.
for verb in ("create", "start", "kill", "delete", "state", "pause", "exec"):
    for how in ("well", "refused"):
        if not total.get(f"{verb}-{how}"):
            print(f"no {verb} was {how}: no proof")
            failed = True
sys.exit(failed)
