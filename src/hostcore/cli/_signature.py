"""Methods in a line, as programmers write them: `Get(key: string) → {value: string, revision: integer}`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# More members than this are for `--json`: nobody counts commas.
MOST_MEMBERS = 12
# The same for the words of an enum and the alternatives of a value.
MOST_ALTERNATIVES = 4
# Schemas refer to themselves; what is deeper than this says nothing in a short form.
_DEEPEST = 4
_REF = "#/$defs/"


def signature(method: Mapping[str, Any]) -> str:
    """Write a method with its params and its result, optional ones with `?`."""
    name = method["name"].rpartition(".")[2]
    return f"{name}({_members(method['params'])}) → {_braced(method['result'])}"


def item_type(schema: Any) -> str:
    """Write what the items of a stream are."""
    definitions = _definitions(schema)
    target = _resolve(schema, definitions)
    is_object = isinstance(target, Mapping) and bool(target.get("properties"))
    return _braced(schema) if is_object else _type(schema, definitions, 0)


def _braced(schema: Any) -> str:
    return "{" + _members(schema) + "}"


def _members(schema: Any) -> str:
    """Write the properties of an object; `…` for those that nothing declares, or that are too many."""
    definitions = _definitions(schema)
    target = _resolve(schema, definitions)
    properties = target.get("properties") or {}
    if not properties:
        return "" if target.get("additionalProperties") is False else "…"
    required = set(target.get("required") or ())
    written = [
        f"{name}{'' if name in required else '?'}: {_type(each, definitions, 0)}"
        for name, each in properties.items()
    ]
    return ", ".join(written if len(written) <= MOST_MEMBERS else [*written[:MOST_MEMBERS], "…"])


def _definitions(schema: Any) -> Mapping[str, Any]:
    return (schema.get("$defs") or {}) if isinstance(schema, Mapping) else {}


def _resolve(schema: Any, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow bare references; a circle of them, and what is no object, is as if nothing were declared."""
    for _ in range(len(definitions) + 1):
        if not isinstance(schema, Mapping):
            return {}
        if "$ref" not in schema or "properties" in schema:
            return schema
        schema = definitions.get(schema["$ref"].removeprefix(_REF))
    return {}


def _type(schema: Any, definitions: Mapping[str, Any], depth: int) -> str:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return "any" if schema is True else "…"
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        written = _type(definitions.get(name), definitions, depth + 1)
        # A plain value is its type; what is made of others is known by its name.
        return name if written[0] in "{…" else written
    if schema.get("x-binary"):
        return "bytes"
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values:
        return _either([json.dumps(value, ensure_ascii=False) for value in values])
    others = schema.get("anyOf") or schema.get("oneOf")
    if others:
        return _either([_type(each, definitions, depth + 1) for each in others])
    kinds = schema.get("type", "object" if "properties" in schema else "any")
    return _either([
        _kind(kind, schema, definitions, depth) for kind in ([kinds] if isinstance(kinds, str) else kinds)
    ])  # fmt: skip


def _kind(kind: str, schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> str:
    if kind == "array":
        return f"[{_type(schema['items'], definitions, depth + 1) if 'items' in schema else '…'}]"
    if kind == "object":
        values = schema.get("additionalProperties")
        if schema.get("properties") or not isinstance(values, Mapping):
            return "{}" if values is False and not schema.get("properties") else "{…}"
        return f"{{string: {_type(values, definitions, depth + 1)}}}"
    return kind


def _either(written: list[str]) -> str:
    known = list(dict.fromkeys(written))
    return " | ".join(known if len(known) <= MOST_ALTERNATIVES else [*known[:MOST_ALTERNATIVES], "…"])
