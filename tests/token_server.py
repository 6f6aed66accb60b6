#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/token_server.py ADDRESS DIRECTORY: gives out tokens for docker-registry (the distribution
project's token specification), for tests/registry.bats.

They are signed by DIRECTORY/token.key, whose certificate token.crt the registry knows. Anybody may pull what
is below public/; sailor with the password anchor, or with the identity token tide, may pull and push
everything. The port is written to DIRECTORY/token.port, every request to DIRECTORY/token.log.
"""

import base64
import http.server
import json
import os
import subprocess
import sys
import time
import urllib.parse

address, directory = sys.argv[1:3]
USER = "Basic " + base64.b64encode(b"sailor:anchor").decode()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def certificate():
    with open(directory + "/token.crt", encoding="ascii") as f:
        return "".join(line.strip() for line in f if "-----" not in line)


def token(access):
    now = int(time.time())
    head = {"alg": "RS256", "typ": "JWT", "x5c": [certificate()]}
    claims = {"iss": "harbour", "aud": "registry", "sub": "", "jti": str(now),
              "iat": now, "nbf": now - 10, "exp": now + 300, "access": access}
    text = encoded(json.dumps(head).encode()) + "." + encoded(json.dumps(claims).encode())
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", directory + "/token.key"],
                               input=text.encode(), capture_output=True, check=True).stdout
    return text + "." + encoded(signature)


class Tokens(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def give(self, known, query):
        access = []
        for scope in query.get("scope", []):
            for one in scope.split():
                kind, name, actions = one.split(":")
                may = actions.split(",") if known else ["pull"] if name.startswith("public/") else []
                access.append({"type": kind, "name": name, "actions": may})
        body = json.dumps({"token": token(access), "access_token": "", "expires_in": 300}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self, who, query):
        with open(directory + "/token.log", "a", encoding="utf-8") as f:
            f.write(f"{self.command} {who} {query.get('service')} {query.get('scope')}\n")

    def refuse(self):
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        user = self.headers.get("Authorization")
        self.note("nobody" if user is None else "sailor" if user == USER else "stranger", query)
        if user not in (None, USER):
            return self.refuse()
        return self.give(user is not None, query)

    def do_POST(self):
        query = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        good = query.get("refresh_token") == ["tide"] and query.get("grant_type") == ["refresh_token"]
        self.note("tide" if good else "stranger", query)
        return self.give(True, query) if good else self.refuse()


def main():
    server = http.server.ThreadingHTTPServer((address, 0), Tokens)
    with open(directory + "/token.port.new", "w", encoding="ascii") as f:
        f.write(str(server.server_address[1]))
    os.rename(directory + "/token.port.new", directory + "/token.port")
    server.serve_forever()


main()
