"""The API reference: openapi.json, and the page /docs that shows it.

The page is plain HTML without a script, and loads nothing from another host.
"""

import json
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from nlp_apps import __version__

STYLE = """
h2 { margin-top: 2rem; font-size: 1.125rem; }
h3 { margin: 0; font-size: 1rem; }
.card { margin-top: 1rem; }
dl { margin: 0.5rem 0 0; }
.verb { display: inline-block; min-width: 3.2rem; font-weight: 700; }
dt { float: left; clear: left; width: 3.2rem; font-weight: 600; }
dd { margin-left: 3.2rem; }
"""
"""The rules of this page; the others are those of the web pages."""


@cache
def schema() -> dict[str, Any]:
    """Returns openapi.json, with the version of the package."""
    text = Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    found["info"]["version"] = __version__
    return found


def page() -> str:
    """Returns the HTML of /docs."""
    info = schema()["info"]
    title = escape(info["title"])
    parts = [
        "<!doctype html>",
        '<html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{title}</title>",
        '<link rel="icon" href="/web/shared/favicon.svg" type="image/svg+xml">',
        '<link rel="stylesheet" href="/web/shared/style.css">',
        '<link rel="stylesheet" href="/docs.css">',
        '<header><div class="brand">',
        f"<h1>{title} {escape(info['version'])}</h1>",
        f"<p>{escape(info['description'])}</p></div>",
        "<p><a href='/'>Models</a> · <a href='/openapi.json'>OpenAPI as JSON</a></p></header>",
        "<main>",
    ]
    tag = ""
    for path, methods in schema()["paths"].items():
        for method, operation in methods.items():
            if operation["tags"] != [tag]:
                (tag,) = operation["tags"]
                parts.append(f"<h2>{escape(tag)}</h2>")
            parts.extend(_operation(path, method, operation))
    parts.append("</main></html>")
    return "\n".join(parts)


def _operation(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    """Returns the HTML of one method of a path."""
    parts = [
        '<section class="card">',
        f'<h3><code><span class="verb">{method.upper()}</span> {escape(path)}</code></h3>',
        f"<p>{escape(operation['description'])}</p>",
    ]
    if "requestBody" in operation:
        (content,) = _resolve(operation["requestBody"])["content"].values()
        parts.append(f"<pre>{escape(json.dumps(content['example']))}</pre>")
    rows = [
        f"<dt>{code}</dt><dd>{escape(_resolve(response)['description'])}</dd>"
        for code, response in sorted(operation["responses"].items())
    ]
    return [*parts, f"<dl>{''.join(rows)}</dl>", "</section>"]


def _resolve(value: dict[str, Any]) -> dict[str, Any]:
    """Returns the component that a `$ref` points to."""
    if "$ref" not in value:
        return value
    _, _, kind, name = value["$ref"].split("/")
    component: dict[str, Any] = schema()["components"][kind][name]
    return component
