# SPDX-License-Identifier: Apache-2.0
"""An authorizer's other side: a small HTTP server that answers as it is told, and an issuer of JWTs."""

import base64
import http.server
import json
import subprocess
import tempfile
import threading
import time

from . import policies


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Function:
    """`answer` is a dict, bytes, a status, or a function of the question; all questions are kept."""

    def __init__(self):
        self.questions: list[dict] = []
        self.requests = 0
        self.answer = granted()
        function = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _serve(self):
                function.requests += 1
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if body:
                    function.questions.append(json.loads(body))
                answer = function.answer
                if callable(answer):
                    answer = answer(function.questions[-1] if body else self.path)
                status, headers = 200, {}
                if isinstance(answer, int):
                    status, answer = answer, b""
                elif isinstance(answer, str):
                    status, headers, answer = 302, {"Location": answer}, b""
                elif isinstance(answer, dict):
                    answer = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = _serve

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/authorize"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def granted(policy: str = policies.EVERYTHING, **more) -> dict:
    return {"isAuthenticated": True, "principalId": "abc123", "policyDocuments": [policy],
            "disconnectAfterInSeconds": 3600, "refreshAfterInSeconds": 300, **more}


class Issuer:
    """Makes JWTs, right ones and wrong ones."""

    def __init__(self, kid: str = "one"):
        self.kid = kid
        self.file = tempfile.NamedTemporaryFile(suffix=".pem")
        self._openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                      "-out", self.file.name)

    @staticmethod
    def _openssl(*args: str, given: bytes = b"") -> bytes:
        done = subprocess.run(["openssl", *args], input=given, capture_output=True, check=True)
        return done.stdout

    def public_pem(self) -> str:
        return self._openssl("pkey", "-in", self.file.name, "-pubout").decode()

    def key_set(self) -> dict:
        told = self._openssl("rsa", "-in", self.file.name, "-noout", "-modulus").decode()
        modulus = bytes.fromhex(told.strip().partition("=")[2])
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                          "n": b64(modulus), "e": b64(b"\x01\x00\x01")}]}

    def sign(self, data: bytes) -> bytes:
        return self._openssl("dgst", "-sha256", "-sign", self.file.name, given=data)

    def token(self, head: dict | None = None, sign=None, **claims) -> str:
        now = int(time.time())
        claims = {"iss": "https://issuer.example", "aud": "meters", "sub": "meter-1",
                  "exp": now + 600, **claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        head = {"alg": "RS256", "typ": "JWT", "kid": self.kid, **(head or {})}
        head = {name: value for name, value in head.items() if value is not None}
        text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
        return f"{text}.{b64((sign or self.sign)(text.encode()))}"
