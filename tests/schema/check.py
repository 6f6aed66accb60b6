#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every property of the specification is verified by a test or refused with a reason.

    check.py [TOP]

TOP is the project's directory (default: the one this file is in). It reads

- tests/schema/properties.txt, what there is (list-properties.py makes it);
- tests/schema/refused.txt, what hoy does not do: "DOCUMENT PROPERTY REASON" per line, which holds
  for all that is below the property as well. Its config part must agree with spec/refused.c;
- the tests, which name what they verify:

      # verifies: config process.user.uid, config linux.namespaces[].type=pid    in *.bats
      /* verifies: state id, state pid */                                        in unit tests

  A list may go on in the next comment line after a comma. A "*" at the end of a name stands for
  any ending, those that are refused left out.

A property with others below it is verified when all of those are.
"""
import os
import re
import sys


class Problems:
    def __init__(self):
        self.n = 0

    def add(self, text):
        print(text)
        self.n += 1


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def lines(path):
    return [line for line in read(path).splitlines() if line and not line.startswith("#")]


def is_below(name, above):
    return name == above or (name.startswith(above) and name[len(above)] in ".[=")


def read_refused(path, properties, problems):
    """The properties that refused.txt names, and all below them."""
    named, all_refused = [], set()
    for line in lines(path):
        words = line.split(maxsplit=2)
        name = " ".join(words[:2])
        if len(words) < 3:
            problems.add(f"{path}: {line}: has no reason")
        if name not in properties:
            problems.add(f"{path}: {name}: the specification has no such property")
        named.append(name)
        all_refused.update(p for p in properties if is_below(p, name))
    return named, all_refused


def refused_by_program(path):
    return {f"config {p}" for p in re.findall(r'^\t\{"([^"]+)", "', read(path), re.MULTILINE)}


def test_files(top):
    for directory, _, names in sorted(os.walk(os.path.join(top, "tests"))):
        for name in sorted(names):
            if name.endswith(".bats") or (name.endswith(".c") and directory.endswith("unit")):
                yield os.path.join(directory, name)


def verified_names(path):
    """Every name that the file says it verifies."""
    text = read(path)
    if path.endswith(".c"):
        lists = re.findall(r"/\* verifies:(.*?)\*/", text, re.DOTALL)
        lists = [re.sub(r"\n\s*\* ?", " ", part) for part in lists]
    else:
        lists = re.findall(r"^\s*# verifies:(.*(?:(?<=,)\n\s*#.*)*)", text, re.MULTILINE)
        lists = [re.sub(r"\n\s*#", " ", part) for part in lists]
    for part in lists:
        for name in part.split(","):
            if name.strip():
                yield " ".join(name.split())


def read_verified(top, properties, refused, problems):
    verified = set()
    for path in test_files(top):
        for name in verified_names(path):
            where = os.path.relpath(path, top)
            if name.endswith("*") and name not in properties:
                found = {p for p in properties if p.startswith(name[:-1])}
            else:
                found = {p for p in properties if p == name}
                if found & refused:
                    problems.add(f"{where}: {name}: is verified here and in refused.txt")
            if not found:
                problems.add(f"{where}: {name}: the specification has no such property")
            verified |= found - refused
    return verified


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "..")
    schema = os.path.join(top, "tests", "schema")
    problems = Problems()
    properties = lines(os.path.join(schema, "properties.txt"))
    named, refused = read_refused(os.path.join(schema, "refused.txt"), properties, problems)
    program = refused_by_program(os.path.join(top, "spec", "refused.c"))
    written = {name for name in named if name.startswith("config ")}
    for name in sorted(program - written):
        problems.add(f"spec/refused.c refuses {name}, refused.txt does not name it")
    for name in sorted(written - program):
        problems.add(f"refused.txt names {name}, spec/refused.c does not refuse it")
    verified = read_verified(top, properties, refused, problems)
    # From the last to the first, because what is below comes after what is above.
    done = verified | refused
    for name in reversed(properties):
        below = [p for p in properties if p != name and is_below(p, name)]
        if name not in done and below and all(p in done for p in below):
            done.add(name)
    missing = [p for p in properties if p not in done]
    for name in missing:
        if not any(p != name and is_below(p, name) for p in missing):
            problems.add(f"{name}: no test verifies it, and it is not refused")
    print(f"{len(properties)} properties: {len(properties) - len(missing) - len(refused)} verified, "
          f"{len(refused)} refused, {len(missing)} missing")
    sys.exit(1 if problems.n else 0)


main()
