"""A model hub on this machine: as much of its HTTP API as a push needs, with what it was sent."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_of_the_tests"


@dataclass
class Hub:
    """What the hub holds.

    Attributes:
        repos: Files by repository and path.
        refuses: A status with which requests whose path holds the key are answered.
    """

    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, Any]:
        """Status and JSON."""
        for part, status in self.refuses.items():
            if part in path:
                return status, {"error": f"refused with {status}"}
        if path.startswith("/objects/"):
            self.stored[path.removeprefix("/objects/")] = body
            return 200, {}
        if token != f"Bearer {TOKEN}":
            return 401, {"error": "Invalid username or password."}
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path.endswith("/info/lfs/objects/batch"):
            return 200, {
                "transfer": "basic",
                "objects": [*map(self._slot, json.loads(body)["objects"])],
            }
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        _, _, repo = path.partition("/api/models/")
        name = "/".join(repo.split("/")[:2])
        if name not in self.repos:
            return 404, {"error": "Repository not found"}
        if "/preupload/" in repo:
            files = json.loads(body)["files"]
            return 200, {"files": [self._mode(x["path"]) for x in files]}
        if "/commit/" in repo:
            return self._commit(name, body)
        if "/tree/" in repo:
            return 200, [self._entry(x, y) for x, y in self.repos[name].items()]
        if method == "GET":
            held = [{"rfilename": x} for x in self.repos[name]]
            return 200, {"id": name, "private": self.private[name], "siblings": held}
        return 404, {"error": "no such route"}

    def _create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        name = f"{asked.get('organization') or 'ann'}/{asked['name']}"
        there = name in self.repos
        if not there:
            self.repos[name] = {".gitattributes": b""}
            private = asked.get("private") or asked.get("visibility") == "private"
            self.private[name] = bool(private)
        return 409 if there else 200, {"url": f"{self.url}/{name}", "error": "exists"}

    def _slot(self, wanted: dict[str, Any]) -> dict[str, Any]:
        href = f"{self.url}/objects/{wanted['oid']}"
        return {**wanted, "actions": {"upload": {"href": href, "header": {}}}}

    def _mode(self, path: str) -> dict[str, Any]:
        large = path.endswith(".safetensors")
        return {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}

    def _entry(self, path: str, content: bytes) -> dict[str, Any]:
        oid = hashlib.sha1(content).hexdigest()
        return {"type": "file", "path": path, "size": len(content), "oid": oid}

    def _commit(self, name: str, body: bytes) -> tuple[int, Any]:
        files = dict(self.repos[name])
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "header":
                self.messages.append(value["summary"])
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.stored[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self.repos[name] = files
        url = f"{self.url}/{name}/commit/1"
        return 200, {"success": True, "commitOid": "1", "commitUrl": url}


@contextmanager
def run_hub() -> Iterator[Hub]:
    """A hub that listens while the block runs."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers.get("Authorization") or ""
            path = self.path.partition("?")[0]
            status, told = hub.answer(self.command, path, token, body)
            text = json.dumps(told).encode()
            self.send_response(status)
            if status == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
