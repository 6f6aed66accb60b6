#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists what the runtime specification has for Linux: one line per property and value.

    list-properties.py SPECIFICATION > properties.txt

SPECIFICATION is a checkout of opencontainers/runtime-spec: its JSON schemas (schema/) name the
properties and the values of enumerations; its config.md has the table of mount options, which the
schemas lack. The lines look like this:

    config process.user.uid
    config linux.namespaces[].type=pid
    config mounts[].options[]=ro
    config linux.resources.rdma.*.hcaObjects
"""
import json
import os
import re
import sys

PLATFORMS = {"solaris", "windows", "vm", "zos", "freebsd"}
ONLY_ELSEWHERE = {"process.commandLine", "process.user.username"}
DOCUMENTS = (
    ("config", "config-schema.json"),
    ("state", "state-schema.json"),
    ("features", "features-schema.json"),
)


class Schemas:
    def __init__(self, directory):
        self.directory = directory
        self.files = {}

    def load(self, name):
        if name not in self.files:
            with open(os.path.join(self.directory, name), encoding="utf-8") as f:
                self.files[name] = json.load(f)
        return self.files[name]

    def resolve(self, reference, current):
        """The schema that a $ref names, and the file it is in."""
        name, _, pointer = reference.partition("#")
        name = name or current
        node = self.load(name)
        for part in pointer.strip("/").split("/"):
            node = node[part]
        return node, name


def walk(schemas, node, current, path, found):
    """Adds path and everything below it to found, in the schema's order."""
    if path in ONLY_ELSEWHERE:
        return
    if path and path not in found:
        found[path] = True
    if "$ref" in node:
        target, name = schemas.resolve(node["$ref"], current)
        walk(schemas, target, name, path, found)
    for key in ("allOf", "anyOf"):
        for part in node.get(key, ()):
            walk(schemas, part, current, path, found)
    for value in node.get("enum", ()):
        found[f"{path}={value}"] = True
    # A pattern like ^[cbup]$ is an enumeration of letters.
    letters = re.fullmatch(r"\^\[([a-z]+)\]\$", node.get("pattern", ""))
    for value in letters.group(1) if letters else "":
        found[f"{path}={value}"] = True
    for name, child in node.get("properties", {}).items():
        if path or name not in PLATFORMS:
            walk(schemas, child, current, f"{path}.{name}" if path else name, found)
    items = node.get("items")
    if items:
        below = {}
        walk(schemas, items, current, f"{path}[]", below)
        # "mounts[]" says no more than "mounts" does.
        found.update((p, True) for p in below if p != f"{path}[]")
    extra = node.get("additionalProperties")
    if isinstance(extra, dict):
        below = {}
        walk(schemas, extra, current, f"{path}.*", below)
        found.update((p, True) for p in below if p != f"{path}.*")


def mount_options(specification):
    with open(os.path.join(specification, "config.md"), encoding="utf-8") as f:
        text = f.read()
    table = text[text.index('<a name="configLinuxMountOptions"'):]
    table = table[:table.index("[^1]:")]
    return re.findall(r"^ `(\w+) *` *\|", table, re.MULTILINE)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    specification = sys.argv[1]
    schemas = Schemas(os.path.join(specification, "schema"))
    for document, name in DOCUMENTS:
        found = {}
        walk(schemas, schemas.load(name), name, "", found)
        for path in found:
            print(document, path)
            if (document, path) == ("config", "mounts[].options"):
                for option in mount_options(specification):
                    print(document, f"{path}[]={option}")


main()
