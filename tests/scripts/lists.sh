#!/usr/bin/env bash
# Makefile.am names every source file of the tree, and nothing else: what is forgotten there is
# missing from the library or from the archive of `make dist`.
set -euo pipefail
cd "${top_srcdir:-$(dirname "$0")/../..}"

named=$(sed '/^#/d' Makefile.am |
    grep -oE '\b(base|spec|plan|init|cgroups|image|runtime|engine|cmd|helpers|tests/unit)/[A-Za-z0-9_]+\.[chS]\b' |
    sort -u)
units=$( (sed '/^#/d' Makefile.am | grep -oE '\btests/unit/test_[A-Za-z0-9_]+\b' || true) | sed 's/$/.c/' | sort -u)
named=$(printf '%s\n%s\n' "$named" "$units" | sed '/^$/d' | sort -u)
there=$(find base spec plan init cgroups image runtime engine cmd helpers tests/unit -name '*.[chS]' | sort -u)

bad=0
while read -r file; do
    echo "$file is not named in Makefile.am"
    bad=1
done < <(comm -13 <(echo "$named") <(echo "$there"))
while read -r file; do
    echo "$file is named in Makefile.am and does not exist"
    bad=1
done < <(comm -23 <(echo "$named") <(echo "$there"))
lines=$(sed '/^#/d' Makefile.am)
# What the tests need besides; a wildcard there names the rest.
for file in tests/*.bash tests/vm/* tests/fuzz/README tests/fuzz/run; do
    # Not through a pipe, which grep -q would break.
    if ! grep -qE "(^|[[:space:]])${file//./\\.}([[:space:]]|\$)" <<<"$lines"; then
        echo "$file is not named in Makefile.am"
        bad=1
    fi
done
exit $bad
