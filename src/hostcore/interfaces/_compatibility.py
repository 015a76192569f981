"""Say whether a new version of an interface breaks those who know the old one.

Writer closed, reader open: a writer sends only what its own schema declares, a reader lets pass what it does not
know. So params of old callers must fit the new schema, and results of new plugins must fit the old one. The same
change is harmless on one side and breaks the other; `RULES` says which is which.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from hostcore.interfaces._compatibility_rules import Direction, Finding, Severity, judge
from hostcore.interfaces._dialect import Path, close_schema, is_binary, referred
from hostcore.interfaces._model import Interface

# A larger value of these allows more, or a smaller one does.
_UPPER: Final = frozenset({
    "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains", "maxBytes",
})  # fmt: skip
_LOWER: Final = frozenset({
    "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains",
})  # fmt: skip
# Constraints that are not taken apart: any change of one that stays breaks, adding narrows, removing widens.
_OPAQUE: Final = frozenset({
    "allOf", "not", "if", "then", "else", "contains", "patternProperties", "propertyNames", "dependentSchemas",
    "dependentRequired", "unevaluatedItems", "unevaluatedProperties", "multipleOf", "uniqueItems",
    "pattern", "$ref",
})  # fmt: skip
_ALL_TYPES: Final = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
# Says on an enum that readers take values they do not know: those may be added later.
OPEN_ENUM: Final = "x-open"

Found: TypeAlias = Iterator[Finding]


def compare(old: Interface, new: Interface) -> tuple[Finding, ...]:
    """Return every change from `old` to `new`, each judged by a rule, breaks first.

    Both must come from `parse_interface` or `load_interface`. A break needs a new major version; with one, breaks are
    reported all the same, and `major-not-raised` is not.
    """
    findings = list(_Comparison(old.document, new.document).findings())
    breaks = any(finding.severity is Severity.BREAK for finding in findings)
    if old.name != new.name:
        findings.append(judge("interface-renamed", ("name",), f"{old.name} is now {new.name}"))
    elif new.version < old.version:
        findings.append(judge("version-lowered", ("version",), f"{old.version} became {new.version}"))
    elif breaks and new.version.major == old.version.major:
        findings.append(
            judge("major-not-raised", ("version",), f"there are breaks, and it is still {new.version}")
        )
    elif findings and new.version == old.version:
        findings.append(
            judge("version-not-raised", ("version",), f"there are changes, and it is still {new.version}")
        )
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: (order.index(finding.severity), finding.pointer)))


class _Comparison:
    """Walks two documents side by side; definitions are compared where they are used, once for each direction."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old = old
        self._new = new
        self._seen: set[tuple[str | None, str | None, Direction]] = set()

    def findings(self) -> Found:
        yield from self._errors()
        old, new = self._old["methods"], self._new["methods"]
        for name in old.keys() - new.keys():
            yield judge("method-removed", ("methods", name), f"the method {name} is gone")
        for name in new.keys() - old.keys():
            yield judge("method-added", ("methods", name), f"the method {name} is new")
        for name in old.keys() & new.keys():
            yield from self._method(old[name], new[name], ("methods", name))

    def _errors(self) -> Found:
        old, new = self._old.get("errors", {}), self._new.get("errors", {})
        for name in old.keys() & new.keys():
            path: Path = ("errors", name)
            if old[name]["code"] != new[name]["code"]:
                message = f"{old[name]['code']} became {new[name]['code']}"
                yield judge("error-code-changed", (*path, "code"), message)
            if old[name].get("retryable", False) != new[name].get("retryable", False):
                yield judge("error-retryable-changed", path, f"retryable of {name} changed")
            yield from self._schema(
                old[name].get("data", True), new[name].get("data", True), (*path, "data"), Direction.RESULTS
            )

    def _method(self, old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Found:
        for error in sorted(set(new.get("errors", ())) - set(old.get("errors", ()))):
            yield judge("error-added", (*path, "errors"), f"may answer {error} now")
        for error in sorted(set(old.get("errors", ())) - set(new.get("errors", ()))):
            yield judge("error-removed", (*path, "errors"), f"no longer answers {error}")
        for key, rule in (("idempotent", "idempotent"), ("readOnly", "read-only")):
            before, after = old.get(key, False), new.get(key, False)
            if before != after:
                word = "added" if after else "removed"
                yield judge(f"{rule}-{word}", (*path, key), f"{key} is {json.dumps(after)} now")
        if new.get("timeoutMs", float("inf")) < old.get("timeoutMs", float("inf")):
            yield judge("timeout-lowered", (*path, "timeoutMs"), f"the deadline is {new['timeoutMs']} ms now")
        yield from self._schema(old["params"], new["params"], (*path, "params"), Direction.PARAMS)
        yield from self._schema(old["result"], new["result"], (*path, "result"), Direction.RESULTS)
        streams = old.get("stream", {}), new.get("stream", {})
        for key, direction in (("in", Direction.PARAMS), ("out", Direction.RESULTS)):
            at = (*path, "stream", key)
            has = key in streams[0], key in streams[1]
            if all(has):
                yield from self._schema(streams[0][key], streams[1][key], at, direction)
            elif any(has):
                rule = "stream-added" if has[1] else "stream-removed"
                yield judge(rule, at, f"the {key}-stream is {'new' if has[1] else 'gone'}")

    def _schema(self, old: Any, new: Any, path: Path, direction: Direction) -> Found:
        names = _bare_reference(old), _bare_reference(new)
        if all(names):
            key = (*names, direction)
            if key in self._seen:
                return
            self._seen.add(key)
        while (name := _bare_reference(old)) is not None:
            old = self._old["$defs"][name]
        while (name := _bare_reference(new)) is not None:
            new, path = self._new["$defs"][name], ("$defs", name)
        old, new = _as_object(old), _as_object(new)
        if is_binary(old) != is_binary(new):
            yield judge("binary-changed", path, "only one of the versions is binary", direction)
            return
        yield from _types(old, new, path, direction)
        yield from _values(old, new, path, direction)
        yield from _limits(old, new, path, direction)
        yield from self._others(old, new, path, direction)
        yield from self._properties(old, new, path, direction)
        yield from self._items(old, new, path, direction)
        for keyword in ("anyOf", "oneOf"):
            yield from self._alternatives(old, new, keyword, path, direction)

    def _properties(
        self, old: Mapping[str, Any], new: Mapping[str, Any], path: Path, direction: Direction
    ) -> Found:
        before, after = old.get("properties", {}), new.get("properties", {})
        required = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(before.keys() | after.keys() | required[0] | required[1]):
            at = (*path, "properties", name)
            in_old, in_new = name in before, name in after
            if in_old and in_new:
                yield from self._schema(before[name], after[name], at, direction)
            elif in_old:
                yield from self._removed(name, before[name], new, at, direction)
            elif in_new:
                is_required = name in required[1] - required[0]
                yield from self._added(name, after[name], old, at, direction, is_required=is_required)
            if name in required[1] - required[0] and (in_old or not in_new):
                yield judge("property-made-required", at, f"{name} is required now", direction)
            elif name in required[0] - required[1] and (in_new or not in_old):
                yield judge("property-made-optional", at, f"{name} may be missing now", direction)
        yield from self._additional(old, new, path, direction)

    def _removed(self, name: str, old: Any, new: Mapping[str, Any], at: Path, direction: Direction) -> Found:
        others = new.get("additionalProperties", True)
        rule = "property-removed-from-closed" if others is False else "property-removed"
        yield judge(rule, at, f"the property {name} is gone", direction)
        if isinstance(others, Mapping):
            yield from self._schema(old, others, at, direction)

    def _added(
        self,
        name: str,
        new: Any,
        old: Mapping[str, Any],
        at: Path,
        direction: Direction,
        *,
        is_required: bool,
    ) -> Found:
        others = old.get("additionalProperties", True)
        if is_required:
            yield judge("property-added-required", at, f"the property {name} is new and required", direction)
        if others is False:
            yield judge("property-added-to-closed", at, f"the property {name} is new", direction)
        elif not is_required:
            yield judge("property-added", at, f"the property {name} is new", direction)
        if isinstance(others, Mapping):
            yield from self._schema(others, new, at, direction)

    def _additional(
        self, old: Mapping[str, Any], new: Mapping[str, Any], path: Path, direction: Direction
    ) -> Found:
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        at = (*path, "additionalProperties")
        if before == after and not isinstance(before, Mapping):
            return
        if after is False and isinstance(before, Mapping):
            yield judge("type-narrowed", at, "further properties are refused now", direction)
        elif after is False:
            yield judge("properties-closed", at, "further properties are refused now", direction)
        elif before is False and not isinstance(after, Mapping):
            yield judge("properties-opened", at, "further properties are let pass now", direction)
        elif before is False:
            yield judge("type-widened", at, "further properties are declared now", direction)
        else:
            yield from self._schema(before, after, at, direction)

    def _items(
        self, old: Mapping[str, Any], new: Mapping[str, Any], path: Path, direction: Direction
    ) -> Found:
        before, after = old.get("prefixItems", []), new.get("prefixItems", [])
        for index in range(max(len(before), len(after))):
            one = before[index] if index < len(before) else old.get("items", True)
            other = after[index] if index < len(after) else new.get("items", True)
            yield from self._schema(one, other, (*path, "prefixItems", index), direction)
        if "items" in old or "items" in new:
            yield from self._schema(
                old.get("items", True), new.get("items", True), (*path, "items"), direction
            )

    def _alternatives(
        self, old: Mapping[str, Any], new: Mapping[str, Any], keyword: str, path: Path, direction: Direction
    ) -> Found:
        at = (*path, keyword)
        if (keyword in old) != (keyword in new):
            rule = "keyword-added" if keyword in new else "keyword-removed"
            yield judge(rule, at, f"{keyword} was {'added' if keyword in new else 'removed'}", direction)
            return
        # Alternatives that did not change are paired by what they say; the rest keep their order.
        before = [(item, close_schema(item, self._old.get("$defs", {}))) for item in old.get(keyword, ())]
        after = [(item, close_schema(item, self._new.get("$defs", {}))) for item in new.get(keyword, ())]
        gone = [item for item, text in before if text not in [other for _, other in after]]
        places = [
            index for index, (_, text) in enumerate(after) if text not in [other for _, other in before]
        ]
        for one, index in zip(gone, places, strict=False):
            yield from self._schema(one, after[index][0], (*at, index), direction)
        for index in places[len(gone) :]:
            yield judge("alternative-added", (*at, index), "one more alternative is allowed", direction)
        for _ in gone[len(places) :]:
            yield judge("alternative-removed", at, "an alternative is gone", direction)

    def _others(
        self, old: Mapping[str, Any], new: Mapping[str, Any], path: Path, direction: Direction
    ) -> Found:
        for keyword in sorted(_OPAQUE & (old.keys() | new.keys())):
            if keyword not in old:
                yield judge("keyword-added", (*path, keyword), f"{keyword} is new", direction)
            elif keyword not in new:
                yield judge("keyword-removed", (*path, keyword), f"{keyword} is gone", direction)
            elif self._written_out(old, keyword, self._old) != self._written_out(new, keyword, self._new):
                rule = "pattern-changed" if keyword == "pattern" else "keyword-changed"
                yield judge(rule, (*path, keyword), f"{keyword} is not what it was", direction)
        for keyword in ("default", "format"):
            if old.get(keyword) != new.get(keyword):
                yield judge(
                    f"{keyword}-changed", (*path, keyword), f"{keyword} is not what it was", direction
                )

    def _written_out(self, schema: Mapping[str, Any], keyword: str, document: Mapping[str, Any]) -> Any:
        """Return what a keyword says together with the definitions it refers to: equal texts may mean other ones."""
        return close_schema({keyword: schema[keyword]}, document.get("$defs", {}))


def _bare_reference(schema: Any) -> str | None:
    """Return the definition that a schema is nothing but a reference to."""
    name = referred(schema)
    return name if name is not None and set(schema) <= _ANNOTATIONS | {"$ref"} else None


_ANNOTATIONS: Final = frozenset({
    "title", "description", "deprecated", "examples", "$comment", "readOnly", "writeOnly", "default",
})  # fmt: skip


def _as_object(schema: Any) -> Mapping[str, Any]:
    if isinstance(schema, Mapping):
        return schema
    return {} if schema else {"enum": []}


def _type_set(schema: Mapping[str, Any]) -> frozenset[str]:
    kinds = schema.get("type")
    named = _ALL_TYPES if kinds is None else frozenset([kinds] if isinstance(kinds, str) else kinds)
    return named | {"integer"} if "number" in named else named


def _types(old: Mapping[str, Any], new: Mapping[str, Any], path: Path, direction: Direction) -> Found:
    before, after = _type_set(old), _type_set(new)
    if before == after:
        return
    rule = "type-widened" if before < after else "type-narrowed" if after < before else "type-changed"
    words = [json.dumps(schema.get("type", "any")) for schema in (old, new)]
    yield judge(rule, (*path, "type"), f"{words[0]} became {words[1]}", direction)


def _allowed(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the values that `enum` or `const` allow, by their text; None when every value may come."""
    if "const" in schema:
        return {json.dumps(schema["const"], sort_keys=True): schema["const"]}
    if "enum" in schema:
        return {json.dumps(item, sort_keys=True): item for item in schema["enum"]}
    return None


def _values(old: Mapping[str, Any], new: Mapping[str, Any], path: Path, direction: Direction) -> Found:
    before, after = _allowed(old), _allowed(new)
    at = (*path, "const" if "const" in new else "enum")
    if before is None and after is not None:
        yield judge("type-narrowed", at, "only certain values are allowed now", direction)
    elif before is not None and after is None:
        yield judge("type-widened", at, "every value is allowed now", direction)
    elif before is not None and after is not None:
        added = "enum-value-added-to-open" if old.get(OPEN_ENUM) is True else "enum-value-added"
        for text in sorted(after.keys() - before.keys()):
            yield judge(added, at, f"the value {text} is new", direction)
        for text in sorted(before.keys() - after.keys()):
            yield judge("enum-value-removed", at, f"the value {text} is gone", direction)


def _limits(old: Mapping[str, Any], new: Mapping[str, Any], path: Path, direction: Direction) -> Found:
    for keyword in sorted((_UPPER | _LOWER) & (old.keys() | new.keys())):
        none = float("inf") if keyword in _UPPER else float("-inf")
        before, after = old.get(keyword, none), new.get(keyword, none)
        if before == after:
            continue
        wider = (after > before) == (keyword in _UPPER)
        words = ["no bound" if value == none else str(value) for value in (before, after)]
        rule = "limit-widened" if wider else "limit-narrowed"
        yield judge(rule, (*path, keyword), f"{keyword}: {words[0]} became {words[1]}", direction)
