"""The reference of the paths: what OpenAPI says of them, and a page of it at /docs.

The page is plain HTML without a script, so that it needs nothing from another host.
"""

import json
from html import escape
from typing import Any

DESCRIPTION = (
    "SavedModels over TensorFlow Serving's REST: a client moves to TensorFlow Serving by changing "
    "an address. Requests that wait are answered together."
)


def _says(description: str) -> dict[str, Any]:
    """A response with an error in it."""
    return {"description": description, "content": {"application/json": {"schema": _ERROR}}}


_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}

_REQUEST = {
    "type": "object",
    "properties": {
        "signature_name": {"type": "string", "default": "serving_default"},
        "instances": {"type": "array", "items": {}, "description": "Rows: values, or objects."},
        "inputs": {"description": "Columns: one list, or an object of lists."},
    },
}

_ANSWER = {
    "type": "object",
    "properties": {
        "predictions": {"type": "array", "items": {}, "description": "For instances."},
        "outputs": {"description": "For inputs."},
    },
}

_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: _says("The path is malformed."),
    401: _says("The server wants a token, and the request does not bear it."),
    404: _says("No such model or version."),
    503: _says("The server is busy, or the model is being loaded; Retry-After says when."),
}

PREDICT: dict[str, Any] = {
    "tags": ["TensorFlow Serving"],
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _REQUEST,
                    "example": {"instances": ["Where is the station?"]},
                }
            },
        }
    },
    "responses": {
        200: {
            "description": "The answers, in the order of the rows.",
            "content": {"application/json": {"schema": _ANSWER}},
        },
        **_REFUSALS,
        400: _says("The path is malformed, or the request does not fit the model."),
        408: _says("The body did not arrive in time."),
        413: _says("The body, a text or the number of rows is over its limit."),
        415: _says("The body is compressed."),
        500: _says("The model failed."),
        501: _says("The model takes or gives numbers that JSON does not have."),
        504: _says("The model had no time to answer."),
    },
}

STATUS: dict[str, Any] = {"tags": PREDICT["tags"], "responses": _REFUSALS}
METADATA: dict[str, Any] = {"tags": PREDICT["tags"], "responses": _REFUSALS}
HEALTH: dict[str, Any] = {"tags": ["This server"]}
NAMES: dict[str, Any] = {**HEALTH, "responses": {code: _REFUSALS[code] for code in (401, 503)}}
CARD: dict[str, Any] = {**HEALTH, "responses": _REFUSALS}
READY: dict[str, Any] = {
    **HEALTH,
    "responses": {503: {"description": "Not every model was tried, or none of them answers."}},
}
METRICS: dict[str, Any] = {**HEALTH, "responses": {401: _REFUSALS[401]}}

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1.5rem; }
h1, h2, h3 { line-height: 1.2; }
h3 { margin: 2rem 0 0.25rem; font-size: 1rem; }
code, pre { font: 0.9rem/1.5 ui-monospace, monospace; }
pre { padding: 0.75rem; overflow-x: auto; border: 1px solid #8886; border-radius: 0.4rem; }
.verb { display: inline-block; min-width: 3.2rem; font-weight: 700; }
dt { float: left; clear: left; width: 3.2rem; font-weight: 600; }
dd { margin-left: 3.2rem; }
"""


def as_it_is(schema: dict[str, Any]) -> dict[str, Any]:
    """Says in a schema of FastAPI's what is true here.

    422 goes, which FastAPI declares for every path that has a parameter: paths take any text here
    and refuse it themselves. The token comes, for clients that are made from the schema.
    """
    for methods in schema["paths"].values():
        for told in methods.values():
            told["responses"].pop("422", None)
    # Instead of the schemas of 422; there are no others.
    schema["components"] = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    schema["security"] = [{"token": []}, {}]  # With it or without: not every server wants one.
    return schema


def page(schema: dict[str, Any]) -> str:
    """Writes the page.

    Args:
        schema: what `openapi.json` holds.

    Returns:
        HTML.
    """
    info = schema["info"]
    parts = [
        "<!doctype html>",
        '<html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(info['title'])}</title>",
        '<link rel="icon" href="/web/shared/favicon.svg" type="image/svg+xml">',
        '<link rel="stylesheet" href="/docs.css">',
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        f"<p>{escape(info['description'])} This page as <a href='/openapi.json'>OpenAPI</a>.</p>",
    ]
    for tag in (PREDICT["tags"][0], HEALTH["tags"][0]):
        parts.append(f"<h2>{escape(tag)}</h2>")
        for path, methods in schema["paths"].items():
            for method, told in methods.items():
                if tag in told["tags"]:
                    parts.extend(_path(path, method, told))
    return "\n".join(parts)


def _path(path: str, method: str, told: dict[str, Any]) -> list[str]:
    """One path and method."""
    parts = [
        f'<h3><code><span class="verb">{method.upper()}</span> {escape(path)}</code></h3>',
        f"<p>{escape(told.get('description', ''))}</p>",
    ]
    for content in told.get("requestBody", {}).get("content", {}).values():
        parts.append(f"<pre>{escape(json.dumps(content['example']))}</pre>")
    answers = [
        f"<dt>{code}</dt><dd>{escape(answer['description'])}</dd>"
        for code, answer in sorted(told["responses"].items())
        if answer["description"] != "Successful Response"
    ]
    return [*parts, f"<dl>{''.join(answers)}</dl>"] if answers else parts
