"""The documentation page: the OpenAPI document as one HTML page without scripts, which loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from hostweb_api.openapi._schemas import SCHEMAS
from hostweb_api.openapi._style import STYLE

_RESPONSES: Final = "#/components/responses/"
_CODE: Final = re.compile(r"`([^`]+)`")
_FIRST_ERROR: Final = 400

PAGE_POLICY: Final = (
    "default-src 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of the page: its one style sheet, and nothing else."""


def render_page(document: Mapping[str, Any]) -> bytes:
    """Render an OpenAPI document, as `build_document` makes it, as an HTML page in UTF-8."""
    info = document["info"]
    operations: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operations.setdefault(operation["tags"][0], []).append((method, path, operation))
    shared = document["components"]["responses"]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(info['title'])} REST API</title>",
        f"<style>{STYLE}</style></head><body>",
        _navigation(document, operations),
        f"<main><header><h1>{escape(info['title'])} REST API <small>{escape(info['version'])}</small></h1>",
        f"<p>{_text(info['description'])}</p>",
        '<p>This page is made from <a href="/openapi.json">/openapi.json</a>, an OpenAPI 3.1 document.</p></header>',
    ]
    for tag in document["tags"]:
        parts.append(f'<section><h2 id="tag-{escape(tag["name"])}">{escape(_title(tag["name"]))}</h2>')
        parts.append(f"<p>{_text(tag['description'])}</p>")
        parts.extend(_operation(*each, shared=shared) for each in operations[tag["name"]])
        parts.append("</section>")
    parts.append('<section><h2 id="schemas">Schemas</h2>')
    parts.extend(_schema(name, schema) for name, schema in document["components"]["schemas"].items())
    parts.append("</section></main></body></html>\n")
    return "\n".join(parts).encode()


def _title(tag: str) -> str:
    return tag[:1].upper() + tag[1:]


def _text(text: str) -> str:
    """Write a description: only its code is marked."""
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def _navigation(
    document: Mapping[str, Any], operations: Mapping[str, Iterable[tuple[str, str, Mapping[str, Any]]]]
) -> str:
    parts = ['<nav aria-label="Contents">']
    for tag in document["tags"]:
        name = tag["name"]
        parts.append(f'<a class="tag" href="#tag-{escape(name)}">{escape(_title(name))}</a><ul>')
        parts.extend(
            f'<li><a href="#{escape(each["operationId"])}">{escape(each["summary"])}</a></li>'
            for _, _, each in operations[name]
        )
        parts.append("</ul>")
    parts.append('<a class="tag" href="#schemas">Schemas</a></nav>')
    return "\n".join(parts)


def _operation(method: str, path: str, operation: Mapping[str, Any], *, shared: Mapping[str, Any]) -> str:
    name = escape(operation["operationId"])
    scope = operation["x-scope"]
    parts = [
        f'<article id="{name}"><h3><span class="method {escape(method)}">{escape(method.upper())}</span> ',
        f'<code>{escape(path)}</code> <a class="anchor" href="#{name}" aria-label="Link to {name}">#</a></h3>',
        f"<p>{_text(operation['description'])}</p>",
        f'<p class="meta"><code>{name}</code> · '
        + (f"needs the scope <b>{escape(scope)}</b>" if scope else "open to everybody")
        + "</p>",
    ]
    if "parameters" in operation:
        rows = [
            (
                f"<code>{escape(each['name'])}</code>{_mark(each['required'])}",
                escape(each["in"]),
                _kind(each["schema"]),
                _text(each.get("description", "")),
            )
            for each in operation["parameters"]
        ]
        parts.append(_table("Parameters", ("Name", "In", "Type", ""), rows))
    if "requestBody" in operation:
        body = operation["requestBody"]
        kinds = ", ".join(
            f"<code>{escape(media)}</code> {_kind(each['schema'])}" for media, each in body["content"].items()
        )
        parts.append(f"<h4>Body</h4><p>{kinds}{_mark(body['required'])}. {_text(body['description'])}</p>")
    answers: list[tuple[str, ...]] = []
    problems: list[tuple[str, ...]] = []
    for status, each in operation["responses"].items():
        response = shared[each["$ref"].removeprefix(_RESPONSES)] if "$ref" in each else each
        (problems if int(status) >= _FIRST_ERROR else answers).append(_answer_row(status, response))
    parts.append(_table("Answers", ("Status", "What", ""), answers))
    parts.append(f"<details><summary>Problems ({len(problems)} statuses)</summary>")
    parts.append(_table("", ("Status", "What", ""), problems))
    parts.append("</details></article>")
    return "\n".join(parts)


def _answer_row(status: str, response: Mapping[str, Any]) -> tuple[str, str, str]:
    text = _text(response["description"])
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in response.get("headers", {}))
    if headers:
        text += f" Header: {headers}."
    kinds = []
    for media, each in response.get("content", {}).items():
        schema = each.get("x-item-schema", each["schema"])
        kinds.append(f"<code>{escape(media)}</code> {_kind(schema)}")
        if "example" in each:
            kinds.append(f"<pre>{escape(json.dumps(each['example'], ensure_ascii=False), quote=False)}</pre>")
    return f"<code>{escape(status)}</code>", text, "<br>".join(kinds)


def _mark(required: bool) -> str:  # noqa: FBT001 - one word at the few places that call it
    return ' <span class="required">needed</span>' if required else ""


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    heading = f"<h4>{escape(title)}</h4>" if title else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'{heading}<div class="wide">{table}</div>'


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    parts = [f'<article id="schema-{escape(name)}"><h3>{escape(name)}</h3>']
    if "description" in schema:
        parts.append(f"<p>{_text(schema['description'])}</p>")
    if "properties" in schema:
        required = schema.get("required", ())
        rows = [
            (
                f"<code>{escape(member)}</code>{_mark(member in required)}",
                _kind(each),
                _text(each.get("description", "")),
            )
            for member, each in schema["properties"].items()
        ]
        parts.append(_table("", ("Member", "Type", ""), rows))
    else:
        parts.append(f"<p>{_kind(schema)}</p>")
    parts.extend(
        f"<pre>{escape(json.dumps(each, ensure_ascii=False, indent=2), quote=False)}</pre>"
        for each in schema.get("examples", ())
    )
    parts.append("</article>")
    return "\n".join(parts)


_JOINED_BY: Final[Mapping[str, str]] = {"anyOf": " | ", "oneOf": " | ", "allOf": " &amp; "}


def _kind(schema: Mapping[str, Any]) -> str:
    """Say what a schema takes, in a few words."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(SCHEMAS))
        return f'<a href="#schema-{name}">{name}</a>'
    for word, sign in _JOINED_BY.items():
        if word in schema:
            return sign.join(_kind(each) for each in schema[word] if word != "allOf" or "$ref" in each)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values:
        return " | ".join(f"<code>{escape(json.dumps(each), quote=False)}</code>" for each in values)
    kind = schema.get("type", "any")
    if kind == "array":
        return f"array of {_kind(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_kind(schema['additionalProperties'])}"
    return f"{escape(kind)}{_bounds(schema)}"


def _bounds(schema: Mapping[str, Any]) -> str:
    found = []
    if "minimum" in schema or "maximum" in schema:
        found.append(f"{schema.get('minimum', '…')} to {schema.get('maximum', '…')}")
    if "maxLength" in schema:
        found.append(f"at most {schema['maxLength']} characters")
    if schema.get("default", None) is not None:
        found.append(f"default {json.dumps(schema['default'])}")
    return f" <small>({escape(', '.join(found))})</small>" if found else ""
