"""The reference of the server's REST API, from its openapi.json."""

import json
from typing import Any

PLACE = "<!-- openapi.json -->"
"""The line of `pages/api/rest.md` that the reference replaces."""


def markdown(schema: dict[str, Any]) -> str:
    """Returns the sections of the page: one per method of a path, then the bodies.

    Args:
        schema: an OpenAPI 3.1 document.
    """
    parts: list[str] = []
    tag = ""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if operation["tags"] != [tag]:
                (tag,) = operation["tags"]
                parts.append(f"## {tag}\n\n")
            parts.append(_operation(schema, path, method, operation))
    parts.append("## Bodies\n\n")
    for name, body in schema["components"]["schemas"].items():
        parts.append(f"### {name}\n\n" + _fields(body))
    return "".join(parts)


def _operation(schema: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    """Returns the section of one method of a path."""
    parts = [f"### `{method.upper()} {path}`\n\n{operation['description']}\n\n"]
    if "requestBody" in operation:
        (content,) = _resolve(schema, operation["requestBody"])["content"].values()
        example = json.dumps(content["example"], ensure_ascii=False)
        parts.append(f"```json\n{example}\n```\n\n")
    parts.append("| status | response |\n|---|---|\n")
    for code, response in sorted(operation["responses"].items()):
        found = _resolve(schema, response)
        parts.append(f"| {code} | {found['description']}{_body(found)} |\n")
    return "".join(parts) + "\n"


def _body(response: dict[str, Any]) -> str:
    """Returns a link to the schema of a response's body, or nothing."""
    (content,) = response.get("content", {"": {}}).values()
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    return f" [{name}](#{name.lower()})" if name else ""


def _fields(body: dict[str, Any]) -> str:
    rows = ["| field | type | description |\n|---|---|---|\n"]
    for name, field in body["properties"].items():
        default = f"Default: `{json.dumps(field['default'])}`. " if "default" in field else ""
        text = default + field.get("description", "")
        rows.append(f"| `{name}` | {field.get('type', 'any')} | {text} |\n")
    return "".join(rows) + "\n"


def _resolve(schema: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Returns the component that a `$ref` points to."""
    if "$ref" not in value:
        return value
    _, _, kind, name = value["$ref"].split("/")
    found: dict[str, Any] = schema["components"][kind][name]
    return found
