"""Holds answers to the OpenAPI document, more strictly than the document itself: no member that it does not name."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs
from scripted_host import ScriptedHost

from hostweb_api import create_app
from hostweb_api.openapi._document import build_document

STREAMED = (
    "text/event-stream",
    "application/x-ndjson",
    "text/html",
    "application/msgpack",
    "application/octet-stream",
)


@cache
def document() -> dict[str, Any]:
    """Return the document of an API without extensions."""
    return build_document(create_app(ScriptedHost()))


def resolve(found: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference into the document leads to, or what is none."""
    if "$ref" not in found:
        return found
    target: Any = document()
    for word in found["$ref"].removeprefix("#/").split("/"):
        target = target[word]
    return target


def find_operation(method: str, path: str) -> dict[str, Any] | None:
    """Return the operation of a request; paths without words come before those with."""
    for template, methods in sorted(document()["paths"].items(), key=lambda each: each[0].count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in methods:
            return methods[method.lower()]
    return None


async def check_answer(response: httpx.Response) -> None:
    """Hold an answer of the server to the document: status, media type, headers and members."""
    operation = find_operation(response.request.method, response.request.url.path)
    if operation is None:
        return
    what = f"{response.request.method} {response.request.url.path}: {response.status_code}"
    described = operation["responses"].get(str(response.status_code))
    assert described is not None, f"{what} is not documented"
    described = resolve(described)
    media_type = response.headers.get("content-type", "").partition(";")[0]
    content = described.get("content", {})
    if not content:
        assert media_type == "", what
        return
    assert media_type in content, f"{what} as {media_type!r} is not documented"
    assert [name for name in described.get("headers", {}) if name not in response.headers] == [], what
    if media_type in STREAMED:
        return
    body = (await response.aread()).decode()
    value = json.loads(body) if media_type.endswith("json") else body
    check_value(value, content[media_type]["schema"], what)


def check_value(value: Any, schema: dict[str, Any], what: str) -> None:
    """Hold a value to a schema of the document."""
    faults = [
        f"{each.instance_path}: {each.message}" for each in _validator(json.dumps(schema)).iter_errors(value)
    ]
    assert faults == [], f"{what} does not fit: {value}"


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    components = {
        "schemas": {name: _closed(each) for name, each in document()["components"]["schemas"].items()}
    }
    return jsonschema_rs.Draft202012Validator({**_closed(json.loads(schema)), "components": components})


def _closed(schema: Any) -> Any:
    """Refuse members that are not described; what is joined by `allOf` has parts only."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(each) if name != "allOf" else each for name, each in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed
