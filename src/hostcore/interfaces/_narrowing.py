"""Find the place in a value at which it goes wrong, where listing all that is wrong would take too long.

Checks of a recursive schema are cheap, since the validator remembers what it has seen; a list of its errors is not when
the schema comes back to itself in several ways. So the parts of the value are checked one by one, and of the first that
does not fit its parts again, until it is not its parts that are wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hostcore.interfaces._dialect import Path, close_schema, compile_schema, referred
from hostcore.interfaces._model import Schema


def narrow(schema: Schema, value: Any) -> tuple[Path, Any, dict[str, Any]]:
    """Return the innermost place that does not fit by itself, what stands there, and a schema that says what is wrong.

    The schema asks nothing of what lies below that place. It still is recursive in several ways when the place has
    alternatives that are.

    Args:
        schema: self-contained.
        value: does not fit it, and is not nested too deeply.
    """
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    checks: dict[int, Callable[[Any], bool]] = {}

    def fits(part: Any, item: Any) -> bool:
        if id(part) not in checks:  # all parts live as long as `schema` does
            checks[id(part)] = compile_schema(close_schema(part, definitions)).is_valid
        return checks[id(part)](item)

    path: Path = ()
    here: Any = schema
    while True:
        applied = _applied(here, definitions)
        for step, item, part in _parts(applied, value):
            if not fits(part, item):
                path, value, here = (*path, step), item, part
                break
        else:
            return path, value, close_schema(_joined([_shallow(each) for each in applied]), definitions)


def _applied(schema: Any, definitions: Mapping[str, Any]) -> list[Any]:
    """Return a schema and those that its references lead to, which apply to the same value."""
    found = [schema]
    while (name := referred(found[-1])) is not None:
        found.append(definitions[name])
    return found


def _parts(schemas: list[Any], value: Any) -> Iterator[tuple[str | int, Any, Any]]:
    """Yield place, value and schema of the parts of a value that have a schema of their own."""
    for schema in schemas:
        if not isinstance(schema, Mapping):
            continue
        if isinstance(value, Mapping):
            named = schema.get("properties", {})
            others = True if "patternProperties" in schema else schema.get("additionalProperties", True)
            for name, item in value.items():
                part = named.get(name, others)
                if isinstance(part, Mapping):
                    yield name, item, part
        elif isinstance(value, list | tuple):
            first = schema.get("prefixItems", [])
            others = schema.get("items", True)
            for index, item in enumerate(value):
                part = first[index] if index < len(first) else others
                if isinstance(part, Mapping):
                    yield index, item, part


def _shallow(schema: Any) -> Any:
    """Return what a schema asks of a value itself: without what it asks of its parts, and without what it refers to."""
    if not isinstance(schema, Mapping):
        return schema
    copy = {keyword: inner for keyword, inner in schema.items() if keyword not in ("$ref", "$defs")}
    if "properties" in copy:
        copy["properties"] = {name: _opened(part) for name, part in copy["properties"].items()}
    if "prefixItems" in copy:
        copy["prefixItems"] = [_opened(part) for part in copy["prefixItems"]]
    if "items" in copy:
        copy["items"] = _opened(copy["items"])
    if "additionalProperties" in copy and "patternProperties" not in copy:
        copy["additionalProperties"] = _opened(copy["additionalProperties"])
    return copy


def _opened(part: Any) -> Any:
    """Return what lets any part pass, unless there must be none."""
    return isinstance(part, Mapping) or part


def _joined(schemas: list[Any]) -> Any:
    asking = [each for each in schemas if each != {}]
    return asking[0] if len(asking) == 1 else {"allOf": asking} if asking else {}
