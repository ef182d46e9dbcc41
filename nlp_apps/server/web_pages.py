"""The two web pages, and the models that the browser's page downloads.

The server's page is at /, its files are below /web/. The browser's page runs models on the device
of its user. Everything that it loads is below /device/, as a static web server would serve it:
`models.json`, the `.tflite` files with their golden outputs, and in web/ the page itself.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from nlp_apps.litert import model_index
from nlp_apps.resources import shipped_folder
from nlp_apps.server import served_files
from nlp_apps.server.middleware import POLICY, Scope

WEB = Path(__file__).parents[1] / "web"
"""The files of both pages."""

BROWSER_PAGE = "/device/web/browser_page/"
"""The path of the browser's page."""

SERVER_FOLDERS = ("litert", "server_page", "shared")
BROWSER_FOLDERS = ("browser_page", "litert", "shared")
"""The folders of `WEB` that each page loads."""

PACKAGES = "@litertjs"
"""The folder in node_modules that the browser's page loads."""

GOLDEN = ("golden.json", "vectors.json")
"""File names of golden outputs beside a `.tflite`; the second is that of version 0.1.0."""

IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


def routes(folders: Sequence[Path], node_modules: Path | None) -> list[BaseRoute]:
    """Returns the routes of both pages.

    Args:
        folders: Served folders. Their `.tflite` files are offered, and so are the shipped ones.
        node_modules: The folder with LiteRT.js. None: `nlp_apps/web/node_modules`.
    """

    async def server_page(request: Request) -> Response:
        return FileResponse(WEB / "server_page" / "index.html")

    return [
        Route("/", server_page),
        *(Mount(f"/web/{name}", StaticFiles(directory=WEB / name)) for name in SERVER_FOLDERS),
        *_browser_page(node_modules or WEB / "node_modules"),
        *_models([*folders, shipped_folder("saved_models")]),
    ]


def _browser_page(node_modules: Path) -> list[BaseRoute]:
    async def redirect(request: Request) -> Response:
        return RedirectResponse(BROWSER_PAGE)

    packages = _Packages(directory=node_modules / PACKAGES, check_dir=False, follow_symlink=True)
    return [
        Route("/device", redirect),
        Route("/device/", redirect),
        Mount(f"/device/web/node_modules/{PACKAGES}", packages),
        *(
            Mount(f"/device/web/{name}", _Files(directory=WEB / name, html=True))
            for name in BROWSER_FOLDERS
        ),
    ]


def _models(folders: list[Path]) -> list[BaseRoute]:
    def models(request: Request) -> Response:
        found = served_files.tflite_files(folders)
        rows = model_index.listing({place: path for place, (path, _) in found.items()})
        return Response(json.dumps(rows), media_type="application/json")

    def file(request: Request) -> Response:
        # Only found files are served, so no path leads out of the folders.
        path = _offered(folders).get(request.path_params["place"])
        if path is None:
            raise HTTPException(404)
        files = StaticFiles(directory=path.parent)
        response = files.file_response(path, path.stat(), request.scope)
        if path.suffix == model_index.SUFFIX:
            response.headers["content-type"] = "application/octet-stream"
        return response

    return [Route("/device/models.json", models), Route("/device/{place:path}", file)]


class _Packages(StaticFiles):
    """Packages of npm; the status is 404 until npm has installed them."""

    async def check_config(self) -> None:
        """Accepts a missing folder."""


class _Files(StaticFiles):
    """Static files; an HTML page among them may run WebAssembly and its own import map."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Returns the file, or 304 if the browser has the newest version."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        if Path(full_path).suffix == ".html":
            response.headers["content-security-policy"] = policy(Path(full_path).read_text("utf-8"))
        return response


def policy(html: str) -> str:
    """Returns the Content-Security-Policy of a page: own files, WebAssembly, its import map."""
    hashes = [
        base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()
        for found in IMPORT_MAP.findall(html)
    ]
    allowed = ["'self'", "'wasm-unsafe-eval'", *(f"'sha256-{one}'" for one in hashes)]
    return f"{POLICY}; script-src {' '.join(allowed)}"


def _offered(folders: list[Path]) -> dict[str, Path]:
    """Maps URL paths to the models and their golden outputs."""
    offered = {}
    for place, (path, folder) in served_files.tflite_files(folders).items():
        offered[place] = path
        for name in GOLDEN:
            if served_files.is_regular(path.with_name(name), folder):
                offered[str(PurePosixPath(place).with_name(name))] = path.with_name(name)
    return offered
