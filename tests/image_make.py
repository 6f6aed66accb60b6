#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/image_make.py LAYOUT TAG LAYER.tar…: adds an image with these layers to an image layout, by the
specification and by nothing else. COMPRESS: gzip (the default), zstd, none. CONFIG: JSON that is merged
into the configuration's "config". RAW: of each pair of files the first is the blob as it is, the second
the tar file that it claims to be."""

import gzip
import hashlib
import json
import os
import subprocess
import sys

KINDS = {
    "gzip": ("+gzip", lambda data: gzip.compress(data, 1, mtime=0)),
    "zstd": ("+zstd", lambda data: subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout),
    "none": ("", lambda data: data),
}


def blob(layout, data):
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(layout, "blobs/sha256", digest), "wb") as f:
        f.write(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def document(layout, value, media_type):
    return {"mediaType": media_type, **blob(layout, json.dumps(value).encode())}


def main():
    layout, tag, tars = sys.argv[1], sys.argv[2], sys.argv[3:]
    suffix, compress = KINDS[os.environ.get("COMPRESS", "gzip")]
    layers, diffs = [], []
    raw = {}
    if "RAW" in os.environ:
        raw = dict(zip(tars[1::2], tars[0::2]))
        tars = tars[1::2]
    for name in tars:
        with open(name, "rb") as f:
            data = f.read()
        if name in raw:
            with open(raw[name], "rb") as f:
                packed = f.read()
            compress = lambda data, packed=packed: packed
        diffs.append("sha256:" + hashlib.sha256(data).hexdigest())
        layers.append({"mediaType": f"application/vnd.oci.image.layer.v1.tar{suffix}", **blob(layout, compress(data))})
    config = {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine),
        "os": "linux",
        "config": json.loads(os.environ.get("CONFIG", "{}")),
        "rootfs": {"type": "layers", "diff_ids": diffs},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": document(layout, config, "application/vnd.oci.image.config.v1+json"),
        "layers": layers,
    }
    target = document(layout, manifest, manifest["mediaType"])
    target["annotations"] = {"org.opencontainers.image.ref.name": tag}
    path = os.path.join(layout, "index.json")
    with open(path) as f:
        index = json.load(f)
    index["manifests"] = [m for m in index.get("manifests") or [] if m.get("annotations") != target["annotations"]]
    index["manifests"].append(target)
    with open(path, "w") as f:
        json.dump(index, f)


main()
