#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2059 # scripts for the container; bats' own variables
# Bad input, in config.json and on the command line: exit status 1 and one line that says what, where
# and why.

load helpers

# What is refused leaves nothing, and says it in one line.
refused() {
    [[ $status == 1 ]] || { echo "exit status $status: $output" >&2; return 1; }
    [[ ${#lines[@]} == 1 ]] || { echo "more than a line: $output" >&2; return 1; }
    [[ ! -e $HOY_ROOT/$ID && ! -e /sys/fs/cgroup/hoy-$ID ]]
}

# refuses FILTER TEXT: the bundle's config.json, changed by the filter, is refused with exactly this.
refuses() {
    jq "$1" "$BATS_FILE_TMPDIR/good.json" >"$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    is "hoy: config.json: $2"
}

# written TEXT: config.json is this text.
written() {
    printf "$1" >"$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
}

setup_file() {
    # Nothing here gets as far as its root file system.
    mkdir "$BATS_FILE_TMPDIR/bundle" "$BATS_FILE_TMPDIR/bundle/rootfs"
    "$HOY" spec -b "$BATS_FILE_TMPDIR/bundle"
    jq '.process.terminal = false | .process.args = ["true"]' "$BATS_FILE_TMPDIR/bundle/config.json" \
        >"$BATS_FILE_TMPDIR/good.json"
}

setup() {
    BUNDLE=$BATS_FILE_TMPDIR/bundle
    id_new
}

# ---- The text of config.json ---------------------------------------------------------------------

@test "broken JSON is shown by line and column" {
    written '{\n  "ociVersion": "1.0.0",\n  "process" {\n'
    is "hoy: config.json:3:13: is not valid JSON: parse error: object key and value must be separated by a colon (':')"
    written '{"a": 1,}'
    has "hoy: config.json:1:9: is not valid JSON"
    written '{"a": 1'
    has "hoy: config.json:1:8: is not valid JSON"
    written '{"a": 1} x'
    has "hoy: config.json:1:10: is not valid JSON"
    written '{"a": 01}'
    has "hoy: config.json:1:"
    written '{"a": tru}'
    has "hoy: config.json:1:"
    written "{'a': 1}"
    has "hoy: config.json:1:2: is not valid JSON"
    written '// comment\n{}'
    has "hoy: config.json:1:"
    written '\xef\xbb\xbf{}'
    has "hoy: config.json:1:"
    written '{"a": NaN}'
    has "hoy: config.json:1:"
    written '{"a\tb": 1}'
    has "hoy: config.json:1:"
}

@test "invalid UTF-8, half surrogates and NUL are refused" {
    written '{"hostname": "a\xff"}'
    is "hoy: config.json:1:16: is not valid UTF-8"
    written '{"hostname": "\xc0\x80"}'
    is "hoy: config.json:1:15: is not valid UTF-8"
    written '{"hostname": "\xed\xa0\x80"}'
    is "hoy: config.json:1:15: is not valid UTF-8"
    written '{"hostname":\n "\\ud800"}'
    is "hoy: config.json:2:3: is half of a surrogate pair"
    written '{"hostname": "a\\u0000b"}'
    is "hoy: config.json: hostname: must not contain a NUL character"
    written '{"mounts": [{"a": ["x", "\\u0000"]}]}'
    is "hoy: config.json: mounts[0].a[1]: must not contain a NUL character"
    written '{"host\\u0000name": "a"}'
    has "a property's name must not contain a NUL character"
    written '{"a": "\x00"}'
    has "hoy: config.json:1:"
}

@test "an empty file, a bare value and a list are refused" {
    written ''
    is "hoy: config.json: is empty"
    written ' \n\t '
    is "hoy: config.json: is empty"
    written '[]'
    is "hoy: config.json: must be an object, got a list"
    written 'null'
    is "hoy: config.json: must be an object, got null"
    written '"x"'
    is "hoy: config.json: must be an object, got a string"
    written '{}'
    is "hoy: config.json: ociVersion: is required"
}

@test "a property twice in one object is refused with its path" {
    written '{"ociVersion": "1.0.0", "ociVersion": "1.0.0"}'
    is "hoy: config.json: ociVersion: is there twice in the same object"
    written '{"x": [1, {"y": 1, "z": 2, "y": 3}]}'
    is "hoy: config.json: x[1].y: is there twice in the same object"
    written '{"process": {"cwd": "/", "c\\u0077d": "/etc"}}'
    is "hoy: config.json: process.cwd: is there twice in the same object"
}

@test "what is nested too deep or too large is refused at once" {
    python3 -c 'print("[" * 100000)' >"$BUNDLE/config.json"
    run timeout 10 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    refused
    is "hoy: config.json:1:129: is nested deeper than 128 levels"
    python3 -c 'print("{\"a\":" * 100000)' >"$BUNDLE/config.json"
    run timeout 10 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    refused
    has "is nested deeper than 128 levels"
    truncate -s 20M "$BUNDLE/config.json"
    run timeout 10 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    refused
    is "hoy: read $(realpath "$BUNDLE")/config.json: larger than 16 MiB"
    python3 -c 'print("[" + "1," * 1500000 + "1]")' >"$BUNDLE/config.json"
    run timeout 20 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    refused
    has "the document has more than 1000000 values"
    rm "$BUNDLE/config.json"
}

@test "a directory, a FIFO, a device, a missing one and one without permission are no config.json" {
    local path
    path=$(realpath "$BUNDLE")/config.json
    rm -f "$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    is "hoy: read $path: no such file or directory (a bundle is a directory with config.json and a root file system)"
    mkdir "$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    is "hoy: read $path: is a directory"
    rmdir "$BUNDLE/config.json"
    mkfifo "$BUNDLE/config.json"
    run timeout 5 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    refused
    is "hoy: read $path: not a regular file"
    rm "$BUNDLE/config.json"
    ln -s /dev/zero "$BUNDLE/config.json"
    run timeout 5 "$HOY" --root "$HOY_ROOT" run -b "$BUNDLE" "$ID" 3>&-
    refused
    is "hoy: read $path: not a regular file"
    rm "$BUNDLE/config.json"
    ln -s config.json "$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    is "hoy: read $path: too many levels of symbolic links"
    rm "$BUNDLE/config.json"
    run hoy run -b "$BUNDLE/none" "$ID"
    refused
    is "hoy: open the bundle $BUNDLE/none: no such file or directory"
    touch "$BUNDLE/file"
    run hoy run -b "$BUNDLE/file" "$ID"
    refused
    has "not a directory"
    rm "$BUNDLE/file"
}

# ---- The meaning of config.json ------------------------------------------------------------------

@test "a value of the wrong type is named with its path, in every place" {
    refuses '.ociVersion = 1' 'ociVersion: must be a string, got a number'
    refuses '.process = []' 'process: must be an object, got a list'
    refuses '.process.args = "true"' 'process.args: must be a list of strings, got a string'
    refuses '.process.args[0] = null' 'process.args[0]: must be a string, got null'
    refuses '.process.user.uid = "0"' 'process.user.uid: must be a whole number, got a string'
    refuses '.process.user.additionalGids = ["5"]' 'process.user.additionalGids[0]: must be a whole number, got a string'
    refuses '.process.noNewPrivileges = 1' 'process.noNewPrivileges: must be a boolean, got a number'
    refuses '.process.capabilities.bounding = {}' 'process.capabilities.bounding: must be a list of strings, got an object'
    refuses '.process.rlimits[0] = 5' 'process.rlimits[0]: must be an object, got a number'
    refuses '.mounts = {}' 'mounts: must be a list of objects, got an object'
    refuses '.mounts[2].options[1] = 7' 'mounts[2].options[1]: must be a string, got a number'
    refuses '.root = "rootfs"' 'root: must be an object, got a string'
    refuses '.hooks.poststop = [1]' 'hooks.poststop[0]: must be an object, got a number'
    refuses '.annotations = {"a": 1}' 'annotations.a: must be a string, got a number'
    refuses '.annotations = {"a.b": []}' 'annotations["a.b"]: must be a string, got a list'
    refuses '.linux.sysctl = {"net.x": true}' 'linux.sysctl["net.x"]: must be a string, got a boolean'
    refuses '.linux.namespaces[0] = "pid"' 'linux.namespaces[0]: must be an object, got a string'
}

@test "what is required and missing, empty or null is named" {
    refuses 'del(.ociVersion)' 'ociVersion: is required'
    refuses '.ociVersion = null' 'ociVersion: is required'
    refuses 'del(.root)' 'root: is required'
    refuses 'del(.root.path)' 'root.path: is required'
    refuses '.root.path = ""' 'root.path: must not be empty'
    refuses 'del(.process)' 'process: is required: there is nothing to run'
    refuses 'del(.process.cwd)' 'process.cwd: is required'
    refuses '.process.cwd = ""' 'process.cwd: must be an absolute path, got ""'
    refuses '.process.args = []' 'process.args: must have at least one entry'
    refuses 'del(.process.args)' 'process.args: must have at least one entry'
    refuses '.process.args = [""]' 'process.args[0]: must not be empty'
    refuses 'del(.mounts[0].destination)' 'mounts[0].destination: is required'
    refuses 'del(.linux.namespaces[1].type)' 'linux.namespaces[1].type: is required'
    refuses '.process.rlimits = [{type: "RLIMIT_CORE", hard: 1}]' 'process.rlimits[0].soft: is required'
}

@test "numbers out of range are named with what is allowed" {
    refuses '.process.user.uid = -1' 'process.user.uid: must be from 0 to 4294967294, got -1'
    refuses '.process.user.uid = 4294967295' 'process.user.uid: must be from 0 to 4294967294, got 4294967295'
    refuses '.process.user.gid = 1.5' 'process.user.gid: must be a whole number without fraction or exponent, got 1.5'
    refuses '.process.oomScoreAdj = 1001' 'process.oomScoreAdj: must be from -1000 to 1000, got 1001'
    refuses '.process.oomScoreAdj = -1001' 'process.oomScoreAdj: must be from -1000 to 1000, got -1001'
    refuses '.process.rlimits = [{type: "RLIMIT_CORE", soft: 5, hard: 4}]' \
        'process.rlimits[0].soft: must not be above hard (4), got 5'
    refuses '.process.user.umask = 512' 'process.user.umask: must be from 0 to 511, got 512'
    # jq would round these.
    sed 's/"uid": 0/"uid": 18446744073709551616/' "$BATS_FILE_TMPDIR/good.json" >"$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    is "hoy: config.json: process.user.uid: must be from 0 to 4294967294, got 18446744073709551616"
    sed 's/"uid": 0/"uid": 1e3/' "$BATS_FILE_TMPDIR/good.json" >"$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    is "hoy: config.json: process.user.uid: must be a whole number without fraction or exponent, got 1e3"
}

@test "values that are none of a list are named with the list or refused clearly" {
    jq '.process.rlimits[0].type = "RLIMIT_NOPE"' "$BATS_FILE_TMPDIR/good.json" >"$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    [[ $output == 'hoy: config.json: process.rlimits[0].type: must be one of "RLIMIT_'*', got "RLIMIT_NOPE"' ]]
    refuses '.linux.namespaces[0].type = "nope"' \
        'linux.namespaces[0].type: must be one of "pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time", got "nope"'
    refuses '.linux.namespaces += [{type: "pid"}]' 'linux.namespaces[6].type: "pid" is listed twice'
    refuses '.process.rlimits += [.process.rlimits[0]]' 'process.rlimits[1].type: "RLIMIT_NOFILE" is listed twice'
    jq '.linux.rootfsPropagation = "sideways"' "$BATS_FILE_TMPDIR/good.json" >"$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    [[ $output == 'hoy: config.json: linux.rootfsPropagation: must be one of '*', got "sideways"' ]]
}

# verifies: config ociVersion
@test "every version 1 is accepted, also one that is newer, and no other" {
    local v
    bundle_new true
    for v in 1.0.0 1.0.0-rc5 1.0.2-dev 1.1.0+x 1.2.1 1.3.0 1.99.7; do
        cfg '.ociVersion = $v' --arg v "$v"
        container_run
        succeeded
    done
    BUNDLE=$BATS_FILE_TMPDIR/bundle
    refuses '.ociVersion = "2.0.0"' 'ociVersion: must be a version 1 of the runtime specification, got "2.0.0"'
    refuses '.ociVersion = "0.9.0"' 'ociVersion: must be a version 1 of the runtime specification, got "0.9.0"'
    for v in 1 1.0 v1.0.0 1.0.0- 01.0.0 "1.0.0 " "" 1.0.0.0; do
        jq --arg v "$v" '.ociVersion = $v' "$BATS_FILE_TMPDIR/good.json" >"$BUNDLE/config.json"
        run hoy run -b "$BUNDLE" "$ID"
        refused
        is "hoy: config.json: ociVersion: must be a version like \"1.3.0\" (SemVer 2.0.0), got \"$v\""
    done
}

@test "what contradicts itself is refused with the field that does" {
    refuses '.linux.namespaces |= map(select(.type != "uts"))' \
        'hostname: needs an entry of type "uts" in linux.namespaces'
    refuses '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}]' \
        'linux.uidMappings: needs an entry of type "user" in linux.namespaces'
    refuses '.linux.namespaces += [{type: "user"}]' 'linux.uidMappings: is required with a new user namespace'
    refuses '.mounts[0].type = "tmpfs"' 'mounts[0].type: must be "proc" on /proc, got "tmpfs"'
    refuses '.mounts += [{destination: "/proc/self", type: "tmpfs"}]' \
        'mounts[7].destination: nothing may be mounted on "/proc/self"'
    refuses '.mounts += [{destination: "/x", source: "/etc", options: ["bind", "size=5"]}]' \
        'mounts[7].options[1]: "size=5" is an option of a file system, and a bind has none'
    refuses '.mounts += [{destination: "/x", type: "bind", source: "/etc"}]' \
        'mounts[7].type: "bind" needs the option bind or rbind'
    refuses '.linux.sysctl = {"kernel.panic": "1"}' \
        'linux.sysctl["kernel.panic"]: belongs to no namespace: it would change the host'
    refuses '.process.env = ["A"]' 'process.env[0]: must be NAME=VALUE, got "A"'
    refuses '.process.env = ["A=1", "=b"]' 'process.env[1]: must be NAME=VALUE, got "=b"'
    refuses '.hostname = ("x" * 65)' 'hostname: must not be longer than 64 bytes, got 65'
}

@test "what this version doesn't do is refused, never ignored" {
    local says="is not supported by this version of hoy"
    refuses '.process.apparmorProfile = "p"' "process.apparmorProfile: $says (AppArmor)"
    refuses '.process.selinuxLabel = "p"' "process.selinuxLabel: $says (SELinux)"
    refuses '.mounts += [{destination: "/x", source: "/etc", options: ["bind", "idmap"]}]' \
        "mounts[7].options[1]: $says (mounts with id mappings)"
    refuses '.mounts += [{destination: "/x", source: "/etc", options: ["bind"], uidMappings: [{containerID: 0, hostID: 0, size: 1}],
        gidMappings: [{containerID: 0, hostID: 0, size: 1}]}]' "mounts[7].uidMappings: $says (mounts with id mappings)"
    refuses '.linux.seccomp = {defaultAction: "SCMP_ACT_NOTIFY"}' "linux.seccomp.defaultAction: $says (seccomp agents)"
    refuses '.linux.mountLabel = "l"' "linux.mountLabel: $says (SELinux)"
    refuses '.linux.intelRdt = {}' "linux.intelRdt: $says (resctrl)"
    refuses '.linux.memoryPolicy = {mode: "MPOL_DEFAULT"}' "linux.memoryPolicy: $says (NUMA memory policies)"
    refuses '.linux.netDevices = {"eth0": {}}' "linux.netDevices: $says (moving network devices)"
}

@test "unknown properties and annotations are ignored" {
    bundle_new echo fine
    cfg '.["x-own"] = {a: [1, null, {}]} | .process.future = 1 | .linux.newest = "x" | .annotations = {"": "x"}'
    container_run
    # An empty key is the one thing that annotations may not have.
    [[ $status == 1 ]]
    is "hoy: config.json: annotations: a key must not be empty"
    cfg '.annotations = {"x/y.z": ""}'
    container_run
    succeeded
    is fine
}

@test "a root file system that is missing, a file or a link to nowhere is named" {
    local path
    path=$(realpath "$BUNDLE")
    jq '.root.path = "nothere"' "$BATS_FILE_TMPDIR/good.json" >"$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    is "hoy: config.json: root.path: clone the root file system $path/nothere: no such file or directory"
    touch "$BUNDLE/file"
    jq '.root.path = "file"' "$BATS_FILE_TMPDIR/good.json" >"$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    is "hoy: config.json: root.path: clone the root file system $path/file: not a directory"
    rm "$BUNDLE/file"
}

@test "values with a newline can't forge a second line" {
    jq '.root.path = "a\nhoy: all is well\u001b[2J"' "$BATS_FILE_TMPDIR/good.json" >"$BUNDLE/config.json"
    run hoy run -b "$BUNDLE" "$ID"
    refused
    has 'a\x0ahoy: all is well\x1b[2J: no such file or directory'
}

# ---- The command line ----------------------------------------------------------------------------

@test "IDs that could name another file are refused by every verb" {
    local verb id long
    long=$(printf 'x%.0s' {1..10000})
    for verb in create "run -b $BUNDLE" start state kill delete "delete --force" exec; do
        for id in "" . .. a/b ../a /etc "a b" $'a\nb' $'a\x1b' "a:b" ä '*' 'a\b'; do
            # shellcheck disable=SC2086 # words
            run hoy $verb -- "$id"
            [[ $status == 1 && ${#lines[@]} == 1 ]] || { echo "$verb $id: $status $output" >&2; false; }
        done
    done
    run hoy exec ../etc true
    [[ $status == 255 ]]
    has "is no container ID"
    run hoy state ..
    is 'hoy: ".." is no container ID: letters, digits and _ + . - are allowed'
    run hoy state ""
    is 'hoy: a container ID must not be empty'
    run hoy state $'a\nb'
    is 'hoy: "a\x0ab" is no container ID: letters, digits and _ + . - are allowed'
    run hoy delete --force ../etc
    [[ $status == 1 ]]
    run hoy create -b "$BUNDLE" "$long"
    [[ $status == 1 && ${#lines[@]} == 1 ]]
    has "the container ID is longer than"
    ((${#output} < 200))
    run hoy state "${long:0:256}"
    has "the container ID is longer than"
    run hoy state -- -x
    is 'hoy: container "-x" does not exist'
}

@test "every ID that is allowed works, to the longest" {
    bundle_new true
    local id long max
    long=$(printf 'x%.0s' {1..300})
    max=$(hoy state "$long" 2>&1 | sed 's/.*longer than \([0-9]*\) characters/\1/')
    ((max > 200))
    for id in a A 0 _ + -- ... a..b .hidden "${long:0:max}"; do
        run hoy run -b "$BUNDLE" -- "$id"
        succeeded
    done
    run hoy run -b "$BUNDLE" "${long:0:max+1}"
    [[ $status == 1 ]]
    hoy create -b "$BUNDLE" -- "${long:0:max}" </dev/null
    [[ $(status_of "${long:0:max}") == created ]]
    hoy delete "${long:0:max}"
}

@test "unknown verbs and options, missing and superfluous arguments are named" {
    run hoy
    refused
    is "hoy: a command is missing (see hoy --help)"
    run hoy fly
    refused
    is 'hoy: unknown command "fly" (see hoy --help)'
    run hoy ""
    refused
    is 'hoy: unknown command "" (see hoy --help)'
    run hoy --fly state x
    refused
    is 'hoy: unknown option "--fly" (see hoy --help)'
    run hoy state --fly=high x
    refused
    is 'hoy: state: unknown option "--fly" (see hoy state --help)'
    run hoy state -z x
    refused
    is 'hoy: state: unknown option "-z" (see hoy state --help)'
    run hoy state
    refused
    is 'hoy: "hoy state" needs a container ID (see hoy state --help)'
    run hoy state a b
    refused
    is 'hoy: state: unexpected argument "b" (see hoy state --help)'
    run hoy kill a TERM x
    refused
    has 'unexpected argument "x"'
    run hoy create -b
    refused
    is 'hoy: create: option --bundle requires an argument'
    run hoy list --format yaml
    refused
    is 'hoy: list: --format: must be table or json, got "yaml"'
    run hoy --log-format xml list
    refused
    is 'hoy: --log-format: must be text or json, got "xml"'
    run hoy list --quiet=perhaps
    refused
    is 'hoy: list: --quiet: must be true or false, got "perhaps"'
    run hoy --root "" list
    refused
    is 'hoy: --root: must not be empty'
    run hoy $'--a\nb' list
    refused
    is 'hoy: unknown option "--a\x0ab" (see hoy --help)'
}

@test "options that this version doesn't have are refused with their name" {
    local opt
    for opt in --process-label --apparmor; do
        run hoy exec "$opt" x "$ID" true
        refused
        has "hoy: exec: $opt:"
        has "not supported by this version of hoy"
    done
}

@test "the systemd manager without systemd is an error, and leaves nothing" {
    [[ ! -S /run/systemd/private ]] || skip "systemd is here"
    bundle_new true
    for opt in --systemd-cgroup '--cgroup-manager systemd'; do
        # shellcheck disable=SC2086 # two words
        run env -u DBUS_SYSTEM_BUS_ADDRESS "$HOY" --root "$HOY_ROOT" $opt run -b "$BUNDLE" "$ID"
        failed_with "start the scope hoy-$ID.scope through systemd: no message bus of the system"
        [[ ! -e $HOY_ROOT/$ID ]]
    done
    # It matters to no other verb.
    run hoy --systemd-cgroup list -q
    succeeded
    # The program that talks to it is looked for beside hoy, then where it is installed.
    cp "$HOY" "$BATS_TEST_TMPDIR/hoy"
    HOY=$BATS_TEST_TMPDIR/hoy run hoy --systemd-cgroup run -b "$BUNDLE" "$ID"
    failed_with "the program hoy-systemd is missing"
}

@test "very many and very long arguments are no crash" {
    local -a many
    local i
    for ((i = 0; i < 20000; i++)); do many+=("x"); done
    run hoy state "${many[@]}"
    refused
    run hoy "$(printf 'x%.0s' {1..100000})"
    refused
    run hoy state "--$(printf 'x%.0s' {1..100000})"
    refused
    # Not even a name of the program.
    run python3 -c 'import os, sys; os.execv(sys.argv[1], [""])' "$HOY"
    [[ $status == 1 ]]
}

# ---- Output and logs -----------------------------------------------------------------------------

@test "a standard output that can't be written is an error" {
    local verb
    bundle_new sleep 1000
    hoy create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    for verb in "state $ID" list "list -q" "list -f json" features --version --help "plan -b $BUNDLE" "help run"; do
        run bash -c 'exec 3>&-; "$HOY" --root "$HOY_ROOT" $0 >/dev/full' "$verb"
        [[ $status == 1 ]] || { echo "$verb: $status" >&2; false; }
        is "hoy: write to standard output: no space left on device"
        run bash -c 'exec 3>&-; "$HOY" --root "$HOY_ROOT" $0 >&-' "$verb"
        [[ $status == 1 ]]
        is "hoy: write to standard output: bad file descriptor"
    done
}

@test "the JSON log of a failure is one object, appended" {
    local log=$BATS_TEST_TMPDIR/log
    run hoy --log "$log" --log-format json state nobody
    [[ $status == 1 ]]
    is 'hoy: container "nobody" does not exist'
    [[ $(wc -l <"$log") == 1 ]]
    [[ $(jq -r .level "$log") == error ]]
    [[ $(jq -r .msg "$log") == 'container "nobody" does not exist' ]]
    [[ $(jq -r .time "$log") =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$ ]]
    [[ $(jq -c 'keys' "$log") == '["level","msg","time"]' ]]
    run hoy --log "$log" --log-format=json fly
    [[ $(wc -l <"$log") == 2 ]]
    [[ $(tail -1 "$log" | jq -r .msg) == 'unknown command "fly" (see hoy --help)' ]]
    # Warnings stay out of it.
    bundle_new true
    cfg '.process.capabilities.bounding += ["CAP_NONSENSE"]'
    rm "$log"
    run hoy --log "$log" --log-format json run -b "$BUNDLE" "$ID"
    succeeded
    has "warning: process.capabilities.bounding"
    [[ ! -s $log ]]
    # What a name has in it doesn't break the line.
    run hoy --log "$log" --log-format json state $'a\n"\\\x01é'
    [[ $(wc -l <"$log") == 1 ]]
    jq -e . "$log" >/dev/null
}

@test "the text log has warnings and errors with their level" {
    local log=$BATS_TEST_TMPDIR/log
    echo "there before" >"$log"
    bundle_new nosuchcommand
    cfg '.process.capabilities.bounding += ["CAP_NONSENSE"]'
    run hoy --log "$log" run -b "$BUNDLE" "$ID"
    [[ $status == 1 ]]
    [[ $(wc -l <"$log") == 3 ]]
    [[ $(sed -n 1p "$log") == "there before" ]]
    [[ $(sed -n 2p "$log") =~ ^time=\"20.*Z\"\ level=warning\ msg=\"process ]]
    [[ $(sed -n 3p "$log") =~ ^time=\"20.*Z\"\ level=error\ msg=\".*executable\ file\ not\ found\ in\ .PATH\"$ ]]
    rm "$log"
    run hoy --log "$log" --log-level error run -b "$BUNDLE" "$ID"
    [[ $(wc -l <"$log") == 1 && ${#lines[@]} == 1 ]]
}

@test "--debug says more on standard error and in the text log, not in the JSON log" {
    local log=$BATS_TEST_TMPDIR/log
    run --separate-stderr hoy --debug --log "$log" list
    [[ $stderr == "hoy: debug: "* ]]
    grep -q level=debug "$log"
    rm "$log"
    run hoy --debug --log "$log" --log-format json list
    [[ ! -s $log ]]
}

@test "a log that can't be written is an error before anything is done" {
    bundle_new touch /mark
    cfg '.root.readonly = false'
    run hoy --log "$BATS_TEST_TMPDIR/none/log" run -b "$BUNDLE" "$ID"
    refused
    is "hoy: --log $BATS_TEST_TMPDIR/none/log: no such file or directory"
    [[ ! -e $BUNDLE/rootfs/mark ]]
    run hoy --log / run -b "$BUNDLE" "$ID"
    refused
    is "hoy: --log /: is a directory"
    run hoy --log "" run -b "$BUNDLE" "$ID"
    succeeded
}

@test "commands that can't be executed are named as engines match them" {
    bundle_new true
    local pair
    for pair in 'nosuch|executable file not found in $PATH' '/no/such|no such file or directory' \
        '/etc/passwd/x|not a directory' '/etc/passwd|permission denied' "/etc|is a directory (permission denied: a directory can't be executed)" \
        './x|no such file or directory'; do
        args "${pair%%|*}"
        run hoy create -b "$BUNDLE" "$ID" </dev/null
        refused
        is "hoy: config.json: process.args[0]: exec \"${pair%%|*}\": ${pair#*|}"
    done
    # What only execve finds out.
    printf '#!/no/interpreter\n' >"$BUNDLE/rootfs/script"
    printf 'neither ELF nor script' >"$BUNDLE/rootfs/text"
    chmod +x "$BUNDLE/rootfs/script" "$BUNDLE/rootfs/text"
    args /script
    container_run
    refused
    has "process.args: exec /script: no such file or directory"
    args /text
    container_run
    refused
    has "process.args: exec /text: exec format error"
}

@test "a state directory that is a file, a link to nowhere or another's is an error" {
    bundle_new true
    touch "$BATS_TEST_TMPDIR/file"
    run hoy --root "$BATS_TEST_TMPDIR/file" run -b "$BUNDLE" "$ID"
    refused
    is "hoy: open the state directory $BATS_TEST_TMPDIR/file: not a directory"
    run hoy --root "$BATS_TEST_TMPDIR/file/below" list
    refused
    has "not a directory"
    run hoy --root "$BATS_TEST_TMPDIR/file" state "$ID"
    refused
    has "not a directory"
}
