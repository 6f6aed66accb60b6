#!/usr/bin/env bash
# Every header compiles alone, as the first include of a file.
set -euo pipefail
cd "${top_srcdir:-$(dirname "$0")/../..}"

bad=0
seen=0
for header in */*.h tests/unit/*.h; do
    [[ -e $header && $header != bench/* && $header != build* ]] || continue
    seen=$((seen + 1))
    # shellcheck disable=SC2086 # CC may carry options
    if ! ${CC:-cc} -std=gnu11 -D_GNU_SOURCE= -I. -fsyntax-only -Wall -Wextra -Werror \
        -x c -include "$header" /dev/null; then
        echo "$header does not compile alone"
        bad=1
    fi
done
[[ $seen -gt 0 ]] || { echo "no header was found"; exit 1; }
exit $bad
