#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the container; bats' own variables
# Many at once on the same names: no error but those that tell the truth, no deadlock, nothing left.

load helpers

# workers SECONDS WORKERS NAMES: each does what comes to its mind until the time is up, and says what
# was wrong with it. Two bundles: one process ends at once, one has to be killed.
workers() {
    python3 - "$HOY" "$HOY_ROOT" "$HOY_TOKEN" "$BATS_TEST_TMPDIR" "$@" <<'PY' 3>&-
import os, random, re, subprocess, sys, time

hoy, root, token, tmp, seconds, workers, names = sys.argv[1:8]
until = time.monotonic() + float(seconds)

# What is the truth when others work on the same name.
TRUE = [
    r'container "[^"]*" does not exist',
    r'container with ID "[^"]*" exists already',
    r'container "[^"]*" is not stopped: it is (creating|running|paused|created) \(hoy kill .*\)',
    r'container "[^"]*" is (creating|running|stopped): only a created one can be started',
    r'container "[^"]*" is (creating|stopped): container not running',
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
                              "delete", "delete", "force", "run", "exec"])
        bundle = f"{tmp}/bundle{chance.randrange(2)}"
        words = {"create": ["create", "-b", bundle, name], "list": ["list", "-q"],
                 "kill": ["kill", name, "KILL"], "force": ["delete", "--force", name],
                 "run": ["run", "-b", f"{tmp}/bundle0", name],
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
for pid, r in children:
    failed |= os.waitpid(pid, 0)[1] != 0
    for part in os.read(r, 65536).decode().split():
        k, v = part.split("=")
        total[k] = total.get(k, 0) + int(v)
print("# " + " ".join(f"{k}={v}" for k, v in sorted(total.items())))
# The proof that they did meet.
for verb in ("create", "start", "kill", "delete", "state"):
    for how in ("well", "refused"):
        if not total.get(f"{verb}-{how}"):
            print(f"no {verb} was {how}: no proof")
            failed = True
sys.exit(failed)
PY
}

bundles() {
    bundle_new true
    mv "$BUNDLE" "$BATS_TEST_TMPDIR/bundle0"
    bundle_new sleep 1000
    mv "$BUNDLE" "$BATS_TEST_TMPDIR/bundle1"
}

left() {
    local n
    for n in 0 1 2 3; do
        hoy delete --force "$HOY_TOKEN-$n"
    done
    [[ -z $(ls -A "$HOY_ROOT") ]] || { ls -lA "$HOY_ROOT" >&2; return 1; }
    [[ -z $(compgen -G "/sys/fs/cgroup/*$HOY_TOKEN*") ]]
}

@test "eight workers on four names" {
    bundles
    run workers 20 8 4
    echo "$output"
    succeeded
    left
}

@test "four workers on one name" {
    bundles
    run workers 6 4 1
    echo "$output"
    succeeded
    left
}

@test "twenty creates of one name at once: exactly one wins, and it is whole" {
    bundle_new sleep 1000
    local i won
    for _ in 1 2 3 4 5; do
        local pids=()
        for ((i = 0; i < 20; i++)); do
            hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/err.$i" &
            pids+=($!)
        done
        won=0
        for ((i = 0; i < 20; i++)); do
            if wait "${pids[i]}"; then
                won=$((won + 1))
            else
                [[ $(<"$BATS_TEST_TMPDIR/err.$i") == "hoy: container with ID \"$ID\" exists already" ]]
            fi
        done
        [[ $won == 1 && $(status_of) == created ]]
        hoy delete "$ID"
    done
}

@test "twenty deletes of one name at once: none hangs, and it is gone" {
    bundle_new sleep 1000
    local i pids=()
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    for ((i = 0; i < 20; i++)); do
        timeout 20 "$HOY" --root "$HOY_ROOT" delete --force "$ID" 2>"$BATS_TEST_TMPDIR/err.$i" 3>&- &
        pids+=($!)
    done
    for ((i = 0; i < 20; i++)); do
        wait "${pids[i]}" || { cat "$BATS_TEST_TMPDIR/err.$i" >&2; false; }
        [[ ! -s $BATS_TEST_TMPDIR/err.$i ]]
    done
    [[ ! -e $HOY_ROOT/$ID ]]
}

@test "list and state while containers come and go say nothing wrong" {
    bundle_new true
    local i
    (
        for ((i = 0; i < 150; i++)); do
            "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&- || exit 1
        done
    ) &
    local pid=$! said
    while kill -0 $pid 2>/dev/null; do
        said=$(hoy list -q 2>&1) || { echo "list: $said" >&2; false; }
        [[ -z $said || $said == "$ID" ]] || { echo "list: $said" >&2; false; }
        said=$(hoy state "$ID" 2>&1) || [[ $said == "hoy: container \"$ID\" does not exist" ]] ||
            { echo "state: $said" >&2; false; }
    done
    wait $pid
}
