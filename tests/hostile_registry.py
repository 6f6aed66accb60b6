#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/hostile_registry.py ADDRESS DIRECTORY: a registry that does what the first component of a
repository's name says ("cut/x": connections are cut), for tests/registry.bats.

It listens on three ports of ADDRESS: REGISTRY and OTHER speak http, and are two origins; SECURE speaks TLS with
DIRECTORY/server.crt and server.key. When it is ready it writes DIRECTORY/hostile, shell assignments of
the ports and of what there is (MANIFEST, BLOB: digests; SIZE). Every request becomes a line in
DIRECTORY/requests: PORT METHOD PATH "authorization" "range".
"""

import base64
import hashlib
import http.server
import json
import os
import ssl
import sys
import threading
import time

PIECE = 50000


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


BLOB = b"".join(hashlib.sha256(str(i).encode()).digest() for i in range(9000)) + b"end"
CONFIG = json.dumps({"architecture": "amd64", "os": "linux",
                     "rootfs": {"type": "layers", "diff_ids": [digest(BLOB)]}}).encode()
OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = json.dumps({
    "schemaVersion": 2, "mediaType": OCI,
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
               "digest": digest(CONFIG), "size": len(CONFIG)},
    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar",
                "digest": digest(BLOB), "size": len(BLOB)}]}).encode()
USER = "Basic " + base64.b64encode(b"sailor:anchor").decode()

counts = {}
lock = threading.Lock()
ports = {}
address, directory = sys.argv[1:3]
requests = open(directory + "/requests", "a", buffering=1)


class Cut(Exception):
    """The connection ends here."""


class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    # ---- Words -------------------------------------------------------------------------------

    def nth(self, what):
        """How often this mode was asked for that before."""
        with lock:
            key = (self.mode, self.repository, what)
            counts[key] = counts.get(key, -1) + 1
            return counts[key]

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fault(self, status, code, headers=()):
        body = json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]})
        self.answer(status, body.encode(), headers)

    def go(self, where, status=307):
        self.answer(status, headers=[("Location", where)])

    def url(self, port, path):
        return f"{'https' if port == 'SECURE' else 'http'}://{address}:{ports[port]}{path}"

    def chunked(self, body):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(body), PIECE):
            piece = body[at:at + PIECE]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    # ---- Requests ----------------------------------------------------------------------------

    def do_GET(self):
        self.name = next(n for n, p in ports.items() if p == self.server.server_address[1])
        requests.write(f"{self.name} {self.command} {self.path}"
                       f" \"{self.headers.get('Authorization', '')}\" \"{self.headers.get('Range', '')}\"\n")
        parts = self.path.split("?")[0].strip("/").split("/")
        self.mode, self.repository = "", ""
        try:
            if parts == ["v2"]:
                self.answer(200)
            elif parts[0] == "v2" and len(parts) >= 4:
                self.mode, self.repository = parts[1], "/".join(parts[1:-2])
                if self.authorized():
                    {"manifests": self.manifest, "blobs": self.blob}[parts[-2]](parts[-1])
            else:
                getattr(self, "at_" + parts[0])(parts)
        except (Cut, BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    do_HEAD = do_POST = do_GET

    def authorized(self):
        """The modes that want credentials, and how."""
        realm = {"token": "/token", "badtoken": "/badtoken", "awaytoken": "/awaytoken"}
        if self.mode in ("away", "near", "back", "basic"):
            if self.headers.get("Authorization") == USER:
                return True
            self.fault(401, "UNAUTHORIZED", [("WWW-Authenticate", 'Basic realm="here"')])
        elif self.mode in ("realmhttp", *realm):
            if self.headers.get("Authorization") == "Bearer good":
                return True
            where = (self.url("OTHER", "/token") if self.mode == "realmhttp" else
                     self.url(self.name, realm[self.mode]))
            self.fault(401, "UNAUTHORIZED",
                       [("WWW-Authenticate", f'Bearer realm="{where}",service="here"')])
        else:
            return True
        return False

    def at_token(self, _):
        if self.command == "POST":
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            requests.write(f"form {form}\n")
        self.answer(200, json.dumps({"token": "good", "expires_in": 300}).encode())

    def at_badtoken(self, _):
        self.answer(200, b'{"token": "good\\r\\nX-Evil: yes"}')

    def at_awaytoken(self, _):
        self.go(self.url("OTHER", "/token"))

    # ---- Manifests ---------------------------------------------------------------------------

    def manifest(self, name):
        body, kind, extra = MANIFEST, OCI, []
        if self.mode == "foreign":
            document = json.loads(MANIFEST)
            document["layers"][0]["urls"] = [self.url("OTHER", "/foreign")]
            return self.answer(200, json.dumps(document).encode(), [("Content-Type", OCI)])
        if name not in ("1", digest(MANIFEST)):
            return self.fault(404, "MANIFEST_UNKNOWN")
        if self.mode == "busy" and self.nth("manifest") < 2:
            return self.fault(429, "TOOMANYREQUESTS", [("Retry-After", "1")])
        if self.mode == "busylong":
            return self.fault(429, "TOOMANYREQUESTS", [("Retry-After", "3600")])
        if self.mode == "flaky" and self.nth("manifest") < 3:
            return self.answer(503, b"<html>no</html>")
        if self.mode == "broken":
            return self.answer(500)
        if self.mode == "garbage":
            return self.answer(404, b'{"errors": [{"code": "X\\n\\u001b[31m", "message": "red\\nline"')
        if self.mode == "forged":
            return self.answer(404, b'{"errors": [{"message": "a\\nforged: line \\u001b[31m"}]}')
        if self.mode == "huge":
            return self.answer(200, b" " * (5 << 20), [("Content-Type", OCI)])
        if self.mode == "hugechunks":
            return self.chunked(b" " * (5 << 20))
        if self.mode == "headers":
            extra = [(f"X-{i}", "x" * 1000) for i in range(90)]
        elif self.mode == "html":
            kind = "text/html"
        elif self.mode == "vague":
            kind = "application/json; charset=utf-8"
        elif self.mode == "disagree":
            kind = INDEX
        elif self.mode == "lies":
            extra = [("Docker-Content-Digest", digest(BLOB))]
        elif self.mode == "change" and self.nth("manifest"):
            body = body.replace(b"linux", b"other") + b" "
        elif self.mode == "warns":
            extra = [("Warning", '299 - "this image is old"')]
        elif self.mode == "loop":
            return self.go(self.path)
        elif self.mode == "down":
            return self.go(self.url("REGISTRY", "/v2/ok/x/manifests/1"))
        elif self.mode == "file":
            return self.go("file:///etc/passwd")
        self.answer(200, body, [("Content-Type", kind), *extra])
        return None

    # ---- Blobs -------------------------------------------------------------------------------

    def blob(self, name):
        body = {digest(BLOB): BLOB, digest(CONFIG): CONFIG}.get(name)
        if body is None:
            return self.fault(404, "BLOB_UNKNOWN")
        if body is CONFIG:
            return self.answer(200, body)
        return getattr(self, "blob_" + self.mode, self.blob_ok)(body)

    def from_range(self, body):
        """The status, headers and bytes that the Range asks for."""
        wanted = self.headers.get("Range", "")
        at = int(wanted[len("bytes="):-1]) if wanted else 0
        if not wanted:
            return 200, [], body
        return 206, [("Content-Range", f"bytes {at}-{len(body) - 1}/{len(body)}")], body[at:]

    def blob_ok(self, body):
        status, headers, rest = self.from_range(body)
        self.answer(status, rest, headers)

    def blob_cut(self, body):
        status, headers, rest = self.from_range(body)
        self.answer(status, rest[:PIECE], headers, len(rest))
        if len(rest) > PIECE:
            raise Cut

    def blob_nothing(self, body):
        self.answer(200, b"", length=len(body))
        raise Cut

    def blob_stall(self, body):
        status, headers, rest = self.from_range(body)
        if self.nth("blob"):
            return self.answer(status, rest, headers)
        self.answer(status, rest[:PIECE], headers, len(rest))
        self.wfile.flush()
        time.sleep(20)
        raise Cut

    def blob_norange(self, body):
        first = self.nth("blob") == 0
        self.answer(200, body[:PIECE] if first else body, length=len(body))
        if first:
            raise Cut

    def blob_wrongrange(self, body):
        if "Range" in self.headers:
            return self.answer(206, body[7:], [("Content-Range", f"bytes 7-{len(body) - 1}/{len(body)}")])
        return self.blob_cut(body)

    def blob_extra(self, body):
        self.answer(200, body + b"!")

    def blob_extrachunk(self, body):
        self.chunked(body + b"!")

    def blob_short(self, body):
        status, headers, rest = self.from_range(body)
        self.answer(status, rest[:-1], headers)

    def blob_wrong(self, body):
        self.answer(200, b"?" + body[1:])

    def blob_foreign(self, _):
        self.fault(404, "BLOB_UNKNOWN")

    def at_foreign(self, _):
        self.answer(200, BLOB)

    def blob_away(self, _):
        self.go(self.url("OTHER", f"/v2/ok/x/blobs/{digest(BLOB)}?signed=yes"))

    def blob_near(self, _):
        self.go(f"/v2/basic/x/blobs/{digest(BLOB)}")

    def blob_back(self, _):
        self.go(self.url("OTHER", "/return"))

    def at_return(self, _):
        self.go(self.url("REGISTRY", f"/v2/basic/x/blobs/{digest(BLOB)}"))


def serve(name, tls):
    server = http.server.ThreadingHTTPServer((address, 0), Registry)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory + "/server.crt", directory + "/server.key")
        # The handshake is the connection's own thread's: one that begins none must hold up nobody.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    ports[name] = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    for name in ("REGISTRY", "OTHER", "SECURE"):
        serve(name, name == "SECURE")
    with open(directory + "/hostile.new", "w", encoding="ascii") as f:
        for name, port in ports.items():
            f.write(f"{name}={address}:{port}\n")
        f.write(f"MANIFEST={digest(MANIFEST)}\nBLOB={digest(BLOB)}\nSIZE={len(BLOB)}\n")
    os.rename(directory + "/hostile.new", directory + "/hostile")
    threading.Event().wait()


main()
