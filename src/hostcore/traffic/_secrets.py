"""Finds where secrets stand in a value, by the annotation `x-secret` in its schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

SECRET: Final = "x-secret"  # noqa: S105 - the name of a keyword
"""A schema with this keyword, and a value that is not false, describes what nobody shall read in a log."""

REF: Final = "#/$defs/"

_HERE: Final = ("allOf", "anyOf", "oneOf")
_HERE_ONE: Final = ("if", "then", "else")


class Secrets:
    """Says of each place of a value whether it is secret.

    A place is secret as soon as any schema that may hold for it says so, whether or not it does for this value: a log
    rather hides too much.

    Args:
        schemas: all schemas that may hold for the value.
        definitions: what `$ref` refers to, by name.
    """

    __slots__ = ("_all", "_children", "_definitions", "_patterns", "is_secret")

    def __init__(self, schemas: Sequence[Any], definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._all = _spread(schemas, definitions)
        # Of an object whose names are secret nothing can be shown.
        self.is_secret = any(
            each.get(SECRET, False) is not False or _mentions(each.get("propertyNames")) for each in self._all
        )
        self._children: dict[Any, Secrets] = {}
        self._patterns: dict[str, re.Pattern[str] | None] = {}

    def __repr__(self) -> str:
        return f"<Secrets secret={self.is_secret} of {len(self._all)} schemas>"

    def member(self, name: str) -> Secrets:
        """Say it of a member of an object."""
        found = self._children.get(name)
        if found is None:
            schemas = [schema for each in self._all for schema in self._of_member(each, name)]
            found = self._remember(name, schemas)
        return found

    def item(self, index: int) -> Secrets:
        """Say it of an item of a list."""
        depth = max((len(each.get("prefixItems", ())) for each in self._all), default=0)
        key = min(index, depth)
        found = self._children.get(key)
        if found is None:
            schemas = [schema for each in self._all for schema in _of_item(each, key)]
            found = self._remember(key, schemas)
        return found

    def _remember(self, key: Any, schemas: list[Any]) -> Secrets:
        if len(self._children) >= MOST_CHILDREN:
            self._children.clear()
        found = self._children[key] = Secrets(schemas, self._definitions)
        return found

    def _of_member(self, schema: Mapping[str, Any], name: str) -> list[Any]:
        """Return all schemas that may hold for a member; those for the rest count although others name the member."""
        found = [schema.get("properties", {}).get(name, {})]
        for pattern, each in schema.get("patternProperties", {}).items():
            compiled = self._compiled(pattern)
            if compiled is None or compiled.search(name):
                found.append(each)
        if name not in schema.get("properties", {}):
            found += [schema.get("additionalProperties", {}), schema.get("unevaluatedProperties", {})]
        return found

    def _compiled(self, pattern: str) -> re.Pattern[str] | None:
        """Return a pattern; None, which then fits every name, for one that only the validator's engine understands."""
        if pattern not in self._patterns:
            try:
                self._patterns[pattern] = re.compile(pattern)
            except re.error:
                self._patterns[pattern] = None
        return self._patterns[pattern]


MOST_CHILDREN: Final = 1000
"""Places that are remembered for each place; a map may have any number of members, each with a name of its own."""


def find_secrets(schema: Mapping[str, Any] | None) -> Secrets | None:
    """Return where a schema has secrets; None when it has none anywhere."""
    if schema is None or not _mentions(schema):
        return None
    return Secrets([schema], schema.get("$defs", {}))


def _mentions(value: Any) -> bool:
    """Tell whether the annotation stands anywhere, without recursion: a schema may be as deep as it likes."""
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, Mapping):
            if each.get(SECRET, False) is not False:
                return True
            rest.extend(each.values())
        elif isinstance(each, list | tuple):
            rest.extend(each)
    return False


def _spread(schemas: Sequence[Any], definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the schemas and all that they apply to the same value."""
    found: list[Mapping[str, Any]] = []
    seen: set[int] = set()
    rest = list(schemas)
    while rest:
        each = rest.pop()
        if not isinstance(each, Mapping) or id(each) in seen:
            continue
        seen.add(id(each))
        found.append(each)
        for keyword in _HERE:
            rest.extend(each.get(keyword, ()))
        rest.extend(each[keyword] for keyword in _HERE_ONE if keyword in each)
        rest.extend(each.get("dependentSchemas", {}).values())
        ref = each.get("$ref")
        if isinstance(ref, str) and ref.startswith(REF):
            rest.append(definitions.get(ref[len(REF) :]))
    return found


def _of_item(schema: Mapping[str, Any], index: int) -> list[Any]:
    prefix = schema.get("prefixItems", ())
    found = [schema.get("contains", {})]
    if index < len(prefix):
        found.append(prefix[index])
    else:
        found += [schema.get("items", {}), schema.get("unevaluatedItems", {})]
    return found
