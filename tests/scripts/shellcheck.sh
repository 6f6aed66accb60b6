#!/usr/bin/env bash
# The project's shell scripts pass shellcheck.
set -euo pipefail
cd "${top_srcdir:-$(dirname "$0")/../..}"

command -v shellcheck >/dev/null || { echo "skipped: shellcheck is not installed"; exit 77; }
scripts=()
for file in try check autogen.sh .ci/run bench/* tests/* tests/*/*; do
    [[ -f $file ]] || continue
    IFS= read -r first < "$file" || true
    case $first in
        '#!/bin/sh'* | '#!'*bash* | '# shellcheck shell='*) scripts+=("$file") ;;
    esac
done
[[ ${#scripts[@]} -gt 0 ]] || { echo "no script was found"; exit 1; }
# SC2030, SC2031: bats runs every test in a subshell, so what one sets another never sees.
exec shellcheck -x -e SC2030,SC2031 "${scripts[@]}"
