"""The page that runs models in the browser: /device/browser/, and the files that it loads.

Below /device/ lies what a static web server would show of `saved_models/`: models.json, the
`.tflite` files with their vectors.json, and in browser/ the page, which finds them from there.
"""

import base64
import hashlib
import json
import os
import re
from pathlib import Path, PurePosixPath

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from nlp_apps.litert import model_index
from nlp_apps.resources import shipped_folder
from nlp_apps.server.middleware import POLICY, Scope

PAGE = shipped_folder("saved_models") / "browser"
"""The page's files; `views/` are also those of the page at /."""

PLACE = "/device/browser"
"""Where the page is."""

PACKAGES = "@litertjs"
"""What of npm's folder the page loads."""

VECTORS = "vectors.json"

IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


def add_to(app: FastAPI, folder: Path, node_modules: Path | None) -> None:
    """Adds the paths.

    Args:
        app: gets them.
        folder: what is served: every `.tflite` below it, and those that ship.
        node_modules: where npm put LiteRT.js; None: beside the page.
    """
    folders = [folder, PAGE.parent]

    @app.get("/device", include_in_schema=False)
    @app.get("/device/", include_in_schema=False)
    @app.get(PLACE, include_in_schema=False)
    async def page() -> Response:
        return RedirectResponse(f"{PLACE}/")

    packages = (node_modules or PAGE / "node_modules") / PACKAGES
    app.mount(
        f"{PLACE}/node_modules/{PACKAGES}",
        StaticFiles(directory=packages, check_dir=False, follow_symlink=True),
    )
    app.mount(PLACE, Page(directory=PAGE, check_dir=False, html=True))

    @app.get("/device/models.json", include_in_schema=False)
    def models() -> Response:
        rows = model_index.listing(model_index.find(folders))
        return Response(json.dumps(rows), media_type="application/json")

    @app.get("/device/{place:path}", include_in_schema=False)
    def file(place: str, request: Request) -> Response:
        # Only what was found is there: no place leads out of the folders.
        path = _offered(folders).get(place)
        if path is None or not path.is_file():
            raise HTTPException(404)
        files = StaticFiles(directory=path.parent)
        response = files.file_response(path, path.stat(), request.scope)
        if path.suffix == model_index.SUFFIX:
            response.headers["content-type"] = "application/octet-stream"
        return response


class Page(StaticFiles):
    """The page, which may run WebAssembly and the import map that it has in itself."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Answers with a file, or with word that the browser's is the newest."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        if Path(full_path).suffix == ".html":
            response.headers["content-security-policy"] = policy(Path(full_path).read_text("utf-8"))
        return response


def policy(html: str) -> str:
    """What a page may load and run: files of this server, WebAssembly, and its import map."""
    hashes = [
        base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()
        for found in IMPORT_MAP.findall(html)
    ]
    allowed = ["'self'", "'wasm-unsafe-eval'", *(f"'sha256-{one}'" for one in hashes)]
    return f"{POLICY}; script-src {' '.join(allowed)}"


def _offered(folders: list[Path]) -> dict[str, Path]:
    """The models and their vectors, by their places."""
    found = model_index.find(folders)
    vectors = {
        str(PurePosixPath(place).with_name(VECTORS)): path.with_name(VECTORS)
        for place, path in found.items()
    }
    return {**found, **vectors}
