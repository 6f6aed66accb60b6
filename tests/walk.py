#!/usr/bin/env python3
"""Makes every system call of pull, unpack and run fail, or kill, in turn; after each the same is done again.

    walk.py [--step N] [--first N] [--kinds KILL,EIO,…] [--jobs N] pull|unpack|run|load WALKER HOY DIR SOURCE

WALKER is tests/syscall-walk, SOURCE what `hoy pull` takes (load: a file that `hoy load` takes). DIR is
empty. Of each kind every Nth call is taken. What must hold after each:

  - what failed says so: its status isn't 0, and standard error has hoy's line
  - EINTR is no failure (but of openat, where only file systems over a network know it)
  - no process is left, no mount, no cgroup
  - after an error (not a kill, nor an error of the calls that tidy up) nothing lies in the store that wasn't
    there before and isn't a layer or a blob that `hoy prune` takes
  - the same command succeeds, and the store is sound

Prints a line for each that doesn't hold; then "N calls walked". Exit status: 1 if there were any.
"""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import threading

# Without these nobody can tidy up.
TIDYING = {"unlinkat", "rmdir", "unlink", "umount2", "getdents64", "kill", "pidfd_send_signal", "waitid", "wait4", "close"}
CGROUPS = "/sys/fs/cgroup"


class Place:
    """Where one worker works: a store and a state directory of its own."""

    def __init__(self, args, number):
        self.args = args
        self.dir = f"{args.dir}/{number}"
        self.data = f"{self.dir}/data"
        self.state = f"{self.dir}/state"
        self.report = f"{self.dir}/report"
        self.name = f"walked{number}"
        self.cgroup = f"{CGROUPS}/hoy-walk-{os.getpid()}-{number}"
        self.bundle = f"{self.dir}/bundle"
        os.makedirs(self.dir)
        self.env = dict(os.environ, HOME=self.dir, XDG_RUNTIME_DIR=self.dir)
        if args.what in ("unpack", "run"):
            self.must("pull", "-q", args.source)
        self.pristine = self.listing()
        self.mounts = self.count_mounts()
        self.cgroups_before = set()

    def argv(self, *words):
        return [self.args.hoy, "--root", self.state, "--data-root", self.data, *words]

    def command(self):
        source = self.args.source
        return {
            "pull": self.argv("pull", "-q", source),
            "load": self.argv("load", "-q", "-i", source),
            "unpack": self.argv("unpack", source, self.bundle),
            "run": self.argv("run", "--rm", "--name", self.name, "--cgroup-parent", f"/{os.path.basename(self.cgroup)}",
                             "-v", f"{self.dir}:/mnt", "-v", "/bin", source, "true"),
        }[self.args.what]

    def do(self, argv):
        return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=self.env, timeout=120, check=False)

    def must(self, *words):
        done = self.do(self.argv(*words))
        if done.returncode != 0:
            raise Wrong(f"{' '.join(words)} afterwards: {done.returncode}: {text(done.stdout)}")
        return done

    def count_mounts(self):
        with open("/proc/self/mountinfo", encoding="utf8") as f:
            return sum(1 for line in f if self.dir in line)

    def listing(self):
        """What the store and the state directory have, but for blobs and layers and what finds them."""
        found = set()
        for top in ("containers", "names", "volumes", "ingest", "staging", "images"):
            path = f"{self.data}/{top}"
            if os.path.isdir(path):
                found.update(f"{top}/{name}" for name in os.listdir(path))
        if os.path.isdir(self.state):
            found.update(f"state/{name}" for name in os.listdir(self.state) if not name.startswith("."))
        if os.path.exists(self.bundle):
            found.add("bundle")
        return found

    def cgroups(self):
        if not os.path.isdir(self.cgroup):
            return set()
        return {d for d in os.listdir(self.cgroup) if os.path.isdir(f"{self.cgroup}/{d}")}

    def reset(self):
        if self.args.what in ("pull", "load"):
            shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.bundle, ignore_errors=True)

    def walk(self, kind, n):
        """0: there are no more calls than this; else a text that says what was hit."""
        self.reset()
        done = self.do([self.args.walker, kind, str(n), self.report, *self.command()])
        with open(self.report, encoding="utf8") as f:
            lines = f.read().splitlines()
        hits = [line[4:] for line in lines if line.startswith("hit ")]
        what = hits[0] if hits else ""
        try:
            self.judge(kind, done, what, lines)
            self.again()
        except Wrong as wrong:
            # Said once.
            self.mend()
            self.pristine |= self.listing()
            self.mounts = self.count_mounts()
            self.cgroups_before = self.cgroups()
            return f"{kind} at {n} ({what or 'not reached'}): {wrong}"
        except subprocess.TimeoutExpired:
            return f"{kind} at {n} ({what or 'not reached'}): hangs"
        return None

    def judge(self, kind, done, what, lines):
        out = text(done.stdout)
        call = what.split(" ")[1] if what else ""
        for line in lines:
            if line.startswith(("left ", "hang ")):
                raise Wrong(f"{line}: {done.returncode}: {out}")
        if kind == "EINTR" and done.returncode != 0 and call != "openat" and "loading shared" not in out:
            raise Wrong(f"is a failure: {done.returncode}: {out}")
        if kind != "KILL" and done.returncode != 0 and "hoy: " not in out and "loading shared" not in out:
            raise Wrong(f"fails without a word: {done.returncode}: {out}")
        if kind != "KILL" and done.returncode >= 128:
            raise Wrong(f"ends it: {done.returncode}: {out}")
        # What can't be removed stays, is still listed, and the next attempt may do better.
        if kind != "KILL" and done.returncode != 0 and ": remove " not in out and call not in TIDYING:
            left = self.listing() - self.pristine
            if self.args.what in ("pull", "load"):
                left = {e for e in left if not e.startswith("images/")}
            if left:
                raise Wrong(f"leaves {' '.join(sorted(left))}: {done.returncode}: {out}")

    def mend(self):
        """What can be repaired, is, so that the next call says nothing of it."""
        try:
            self.again()
        except (Wrong, subprocess.TimeoutExpired):
            pass

    def again(self):
        if self.args.what == "run":
            # What was killed is still listed, and is taken away by that.
            for line in text(self.must("ps", "-aq", "--no-trunc").stdout).splitlines():
                if not line.startswith("hoy: warning"):
                    self.must("rm", "-f", "-v", line)
            self.must("volume", "prune", "-f")
        if self.args.what == "unpack":
            shutil.rmtree(self.bundle, ignore_errors=True)
        self.must(*self.command()[5:])
        done = self.must("prune")
        self.must("fsck")
        left = self.listing() - self.pristine - {"bundle"}
        if self.args.what in ("pull", "load"):
            left = {e for e in left if not e.startswith("images/")}
        if left:
            raise Wrong(f"leaves for good {' '.join(sorted(left))} {text(done.stdout)}")
        left = self.cgroups() - self.cgroups_before
        if left:
            raise Wrong(f"leaves cgroups {' '.join(sorted(left))}")
        if self.count_mounts() != self.mounts:
            raise Wrong("leaves mounts")


class Wrong(Exception):
    """Something doesn't hold."""


def text(output):
    return output.decode(errors="replace").strip()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--step", type=int, default=1)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--kinds", default="KILL,ENOSPC,EIO,EINTR")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    for name in ("what", "walker", "hoy", "dir", "source"):
        p.add_argument(name)
    args = p.parse_args()
    places = [Place(args, i) for i in range(args.jobs)]
    local, lock, walked, wrong = threading.local(), threading.Lock(), 0, 0

    def one(job):
        if not hasattr(local, "place"):
            with lock:
                local.place = places.pop()
        return local.place.walk(*job)

    jobs = []
    first = places[0]
    for kind in args.kinds.split(","):
        first.reset()
        first.do([args.walker, kind, "0", first.report, *first.command()])
        with open(first.report, encoding="utf8") as f:
            count = int(f.read().split()[-1])
        jobs += [(kind, n) for n in range(args.first, count + 1, args.step)]
    first.reset()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for said in pool.map(one, jobs):
            walked += 1
            if said:
                wrong += 1
                print(said, flush=True)
    for i in range(args.jobs):
        cgroup = f"{CGROUPS}/hoy-walk-{os.getpid()}-{i}"
        for top, _, _ in os.walk(cgroup, topdown=False):
            os.rmdir(top)
    print(f"{walked} calls walked, {wrong} not well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
