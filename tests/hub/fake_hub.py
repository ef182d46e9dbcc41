"""A hub on a local port: the part of the Hugging Face Hub's HTTP API that `huggingface_hub` uses.

Every file is stored with the commit itself (upload mode `regular`), as the hub does for small ones.
"""

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_test"


@dataclass
class Repository:
    """A repository.

    Attributes:
        private: only requests with `TOKEN` see it.
        branches: files of each branch by path.
        commits: files of each commit by its id.
        titles: titles of the commits.
    """

    private: bool
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {}})
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)

    def commit_of(self, revision: str) -> str | None:
        """Returns the commit of a branch or of an id."""
        if revision in self.branches:
            files = self.branches[revision]
            sums = [f"{name} {hashlib.sha1(files[name]).hexdigest()}" for name in sorted(files)]
            commit = hashlib.sha1("\n".join(sums).encode()).hexdigest()
            self.commits[commit] = dict(files)
        else:
            commit = revision
        return commit if commit in self.commits else None


@dataclass
class FakeHub:
    """The hub.

    Attributes:
        url: its address, for `HF_ENDPOINT`.
        repositories: by name.
        requests: method and path of every request.
        cards: model cards that it has validated.
    """

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)


@contextlib.contextmanager
def running() -> Iterator[FakeHub]:
    """Runs a hub in a thread."""
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        """Prints nothing."""

    def do_GET(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{self.command} {path}")
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            self.hub.cards.append(json.loads(body)["content"])
            if "license: nonsense" in self.hub.cards[-1]:
                problem = {"message": '"license" must be one of [apache-2.0, ...]'}
                return self._json({"errors": [problem], "warnings": []}, 400)
            return self._json({"errors": [], "warnings": []})
        found = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(.*))?", path)
        if found:
            return self._api(found[1], found[2] or "revision/main", body)
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if found:
            return self._file(*found.groups())
        return self._json({"error": "not found"}, 404)

    def _repository(self, name: str) -> Repository | None:
        """Returns a repository that the request may see; otherwise sends the hub's error."""
        found = self.hub.repositories.get(name)
        if found and (not found.private or self._has_token()):
            return found
        self._json({"error": "Repository not found"}, 404, **{"X-Error-Code": "RepoNotFound"})
        return None

    def _has_token(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _create(self, wanted: dict[str, Any]) -> None:
        if not self._has_token():
            return self._json({"error": "Invalid username or password."}, 401)
        name = f"{wanted['organization']}/{wanted['name']}" if wanted.get("organization") else ""
        name = name or wanted["name"]
        if name in self.hub.repositories:
            return self._json({"error": "exists", "url": f"{self.hub.url}/{name}"}, 409)
        self.hub.repositories[name] = Repository(
            bool(wanted.get("private")) or wanted.get("visibility") == "private"
        )
        return self._json({"url": f"{self.hub.url}/{name}", "name": name})

    def _api(self, name: str, rest: str, body: bytes) -> None:
        repository = self._repository(name)
        if repository is None:
            return None
        action, _, revision = rest.partition("/")
        if action == "branch":
            if revision in repository.branches:
                return self._json({"error": "exists"}, 409)
            repository.branches[revision] = dict(repository.branches["main"])
            return self._json({})
        if action == "preupload":
            modes = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            return self._json({"files": modes})
        if action == "commit":
            return self._commit(name, repository, revision, body)
        commit = repository.commit_of(revision)
        if commit is None:
            error = {"X-Error-Code": "RevisionNotFound"}
            return self._json({"error": "Revision not found"}, 404, **error)
        files = repository.commits[commit]
        if action == "tree":
            return self._json(
                [
                    {"type": "file", "path": path, "size": len(content), "oid": commit}
                    for path, content in files.items()
                ]
            )
        siblings = [{"rfilename": path, "size": len(value)} for path, value in files.items()]
        return self._json(
            {"id": name, "sha": commit, "private": repository.private, "siblings": siblings}
        )

    def _commit(self, name: str, repository: Repository, revision: str, body: bytes) -> None:
        for line in map(json.loads, body.splitlines()):
            if line["key"] == "header":
                repository.titles.append(line["value"]["summary"])
            elif line["key"] == "file":
                content = base64.b64decode(line["value"]["content"])
                repository.branches[revision][line["value"]["path"]] = content
        commit = repository.commit_of(revision)
        url = f"{self.hub.url}/{name}/commit/{commit}"
        self._json({"success": True, "commitUrl": url, "commitOid": commit})

    def _file(self, name: str, commit: str, path: str) -> None:
        repository = self._repository(name)
        if repository is None:
            return
        content = repository.commits.get(commit, {}).get(path)
        if content is None:
            self._json({"error": "not found"}, 404, **{"X-Error-Code": "EntryNotFound"})
            return
        etag = hashlib.sha1(content).hexdigest()
        self._send(200, content, **{"ETag": f'"{etag}"', "X-Repo-Commit": commit})

    def _json(self, value: Any, status: int = 200, **headers: str) -> None:
        self._send(status, json.dumps(value).encode(), **headers)

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
