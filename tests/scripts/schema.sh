#!/usr/bin/env bash
# Every property of the specification is named by a test or refused with its reason.
set -euo pipefail
cd "${top_srcdir:-$(dirname "$0")/../..}"

check=tests/schema/check.py
[[ -f $check ]] || { echo "skipped: $check is not in this tree"; exit 77; }
[[ -n ${PYTHON3:-} ]] || { echo "skipped: python3 is not installed"; exit 77; }
exec "$PYTHON3" "$check"
