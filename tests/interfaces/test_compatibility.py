"""Compatibility of two versions of an interface: each rule, and that the rules together are sound."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore.interfaces import RULES, SchemaValidator, Severity, compare, parse_interface

BREAK, WARN, OK = Severity.BREAK, Severity.WARN, Severity.OK


def document(**method: Any) -> dict[str, Any]:
    return {
        "interface": 1,
        "name": "Shop",
        "version": "1.0",
        "errors": {"Gone": {"code": "NOT_FOUND"}, "Full": {"code": "RESOURCE_EXHAUSTED"}},
        "methods": {"Buy": {"params": {"type": "object"}, "result": {"type": "object"}, **method}},
    }


def judged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Severity]:
    findings = compare(parse_interface(old, source="old"), parse_interface(new, source="new"))
    return {finding.rule: finding.severity for finding in findings}


def sides(old: Any, new: Any) -> tuple[dict[str, Severity], dict[str, Severity]]:
    """Compare a property that is `old` and then `new`, once in the params and once in the result."""

    def wrapped(side: str, schema: Any) -> dict[str, Any]:
        return {**document(**{side: {"type": "object", "properties": {"x": schema}}}), "version": "1.1"}

    found = [judged(wrapped(side, old), wrapped(side, new)) for side in ("params", "result")]
    for each in found:
        each.pop("major-not-raised", None)
        each.pop("version-not-raised", None)
    return found[0], found[1]


OBJECT = {"type": "object"}
A = {"type": "object", "properties": {"a": {"type": "string"}}}
AB = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}

SCHEMA_RULES = [
    ("property-added", A, AB, OK, OK),
    ("property-added-to-closed", {**A, "additionalProperties": False}, {**AB, "additionalProperties": False}, OK, BREAK),
    ("property-added-required", A, {**AB, "required": ["b"]}, BREAK, OK),
    ("property-removed", AB, A, WARN, BREAK),
    ("property-removed-from-closed", {**AB, "additionalProperties": False}, {**A, "additionalProperties": False}, BREAK, BREAK),
    ("property-made-required", A, {**A, "required": ["a"]}, BREAK, OK),
    ("property-made-optional", {**A, "required": ["a"]}, A, OK, BREAK),
    ("properties-closed", A, {**A, "additionalProperties": False}, WARN, OK),
    ("properties-opened", {**A, "additionalProperties": False}, A, OK, WARN),
    ("type-widened", {"type": "string"}, {"type": ["string", "null"]}, OK, BREAK),
    ("type-widened", {"type": "integer"}, {"type": "number"}, OK, BREAK),
    ("type-narrowed", {"type": "number"}, {"type": "integer"}, BREAK, OK),
    ("type-changed", {"type": "string"}, {"type": "integer"}, BREAK, BREAK),
    ("enum-value-added", {"enum": ["a"]}, {"enum": ["a", "b"]}, OK, BREAK),
    ("enum-value-added-to-open", {"enum": ["a"], "x-open": True}, {"enum": ["a", "b"], "x-open": True}, OK, OK),
    ("enum-value-removed", {"enum": ["a", "b"]}, {"const": "a"}, BREAK, OK),
    ("limit-widened", {"maximum": 5}, {"maximum": 6}, OK, BREAK),
    ("limit-widened", {"minLength": 5}, {}, OK, BREAK),
    ("limit-narrowed", {"minItems": 1}, {"minItems": 2}, BREAK, OK),
    ("limit-narrowed", {"x-binary": True}, {"x-binary": True, "maxBytes": 9}, BREAK, OK),
    ("pattern-changed", {"pattern": "a"}, {"pattern": "b"}, BREAK, BREAK),
    ("alternative-added", {"oneOf": [{"const": 1}]}, {"oneOf": [{"const": 1}, {"const": 2}]}, OK, BREAK),
    ("alternative-removed", {"anyOf": [{"const": 1}, {"const": 2}]}, {"anyOf": [{"const": 2}]}, BREAK, OK),
    ("binary-changed", {"type": "string"}, {"x-binary": True}, BREAK, BREAK),
    ("keyword-added", {}, {"uniqueItems": True}, BREAK, OK),
    ("keyword-removed", {"not": {"const": 1}}, {}, OK, BREAK),
    ("keyword-changed", {"multipleOf": 2}, {"multipleOf": 3}, BREAK, BREAK),
    ("default-changed", {"default": 1}, {"default": 2}, WARN, OK),
    ("format-changed", {"format": "date"}, {"format": "time"}, WARN, WARN),
    ("type-widened", {"items": {"type": "string"}}, {"items": {}}, OK, BREAK),
    ("type-narrowed", {"items": {}}, {"prefixItems": [{"type": "string"}]}, BREAK, OK),
    ("type-narrowed", {"additionalProperties": {}}, {"additionalProperties": {"type": "string"}}, BREAK, OK),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "old", "new", "params", "result"), SCHEMA_RULES)
def test_a_change_of_a_schema_is_judged_by_who_writes_it(rule, old, new, params, result):
    """Each rule fires alone and has its own severity in params and in results."""
    assert ({rule: params}, {rule: result}) == sides(old, new)


METHOD_RULES = [
    ("stream-added", {}, {"stream": {"out": OBJECT}}, BREAK),
    ("stream-removed", {"stream": {"in": OBJECT}}, {}, BREAK),
    ("idempotent-added", {}, {"idempotent": True}, OK),
    ("idempotent-removed", {"idempotent": True}, {}, BREAK),
    ("read-only-added", {}, {"readOnly": True}, OK),
    ("read-only-removed", {"readOnly": True}, {}, BREAK),
    ("timeout-lowered", {"timeoutMs": 9}, {"timeoutMs": 8}, WARN),
    ("error-added", {}, {"errors": ["Gone"]}, OK),
    ("error-removed", {"errors": ["Gone"]}, {}, WARN),
]


@pytest.mark.parametrize(("rule", "old", "new", "severity"), METHOD_RULES)
def test_a_change_of_a_method_is_judged(rule, old, new, severity):
    """Each rule about a method fires with its severity."""
    assert severity == judged(document(**old), document(**new))[rule]


def test_rules_about_the_whole_interface():
    """Names, versions, methods and errors have rules of their own."""
    old = document()
    more = copy.deepcopy(old)
    more["methods"]["Sell"] = more["methods"]["Buy"]
    assert judged(old, more) == {"method-added": OK, "version-not-raised": WARN}
    assert judged(old, {**more, "version": "1.1"}) == {"method-added": OK}
    assert judged(more, {**old, "version": "1.1"}) == {"method-removed": BREAK, "major-not-raised": BREAK}
    assert judged(more, {**old, "version": "2.0"}) == {"method-removed": BREAK}
    assert judged(old, {**old, "name": "Store"}) == {"interface-renamed": BREAK}
    assert judged({**old, "version": "1.2"}, old) == {"version-lowered": BREAK}
    changed = {
        **old,
        "version": "1.1",
        "errors": {**old["errors"], "Gone": {"code": "ABORTED", "retryable": True}},
    }
    assert judged(old, changed) == {
        "error-code-changed": BREAK,
        "error-retryable-changed": WARN,
        "major-not-raised": BREAK,
    }
    assert judged(old, old) == {}


def test_every_rule_has_a_test_and_stands_in_the_docs():
    """No rule is untested or undocumented, and the docs name no rule that does not exist."""
    source = Path(__file__).read_text(encoding="utf-8")
    page = (Path(__file__).parents[2] / "docs/reference/interface-files.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z-]+)` \| (?:break|warn|ok) \|", page, flags=re.MULTILINE))
    assert set(RULES) == documented
    assert [rule for rule in RULES if f'"{rule}"' not in source] == []


def test_findings_point_to_the_definition_that_changed():
    """Behind a reference, the pointer names the definition, where the change can be undone."""
    old = document(params={"type": "object", "properties": {"k": {"$ref": "#/$defs/Key"}}})
    old["$defs"] = {"Key": {"type": "string"}}
    new = copy.deepcopy(old)
    new["$defs"]["Key"] = {"type": "string", "maxLength": 3}
    findings = compare(parse_interface(old, source="old"), parse_interface(new, source="new"))
    assert "/$defs/Key/maxLength" in [finding.pointer for finding in findings]


def test_a_changed_definition_below_an_untouched_keyword_is_found():
    """Equal text is not equal meaning when the definition that it refers to has changed."""
    old = document(params={"type": "object", "allOf": [{"$ref": "#/$defs/Key"}]})
    old["$defs"] = {"Key": {"minProperties": 1}}
    new = copy.deepcopy(old)
    new["$defs"]["Key"] = {"minProperties": 2}
    assert judged(old, new)["keyword-changed"] is BREAK


def test_recursive_definitions_are_compared_once():
    """A definition that refers to itself ends the walk, and its change is found."""
    old = document(result={"$ref": "#/$defs/Tree"})
    old["$defs"] = {"Tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Tree"}}}}
    new = copy.deepcopy(old)
    new["$defs"]["Tree"]["properties"]["size"] = {"type": "integer"}
    assert judged(old, new) == {"property-added": OK, "version-not-raised": WARN}


leaves = st.one_of(
    st.just({}),
    st.sampled_from([["string"], ["integer"], ["number"], ["null"], ["string", "null"]]).map(
        lambda kind: {"type": kind}
    ),
    st.builds(
        lambda low, high: {"type": "integer", "minimum": low, "maximum": high},
        st.integers(0, 2),
        st.integers(1, 4),
    ),
    st.lists(st.sampled_from(["a", "b", 1]), min_size=1, max_size=2, unique=True).map(
        lambda values: {"enum": values}
    ),
    st.lists(st.sampled_from(["a", "b", 1]), min_size=1, max_size=2, unique=True).map(
        lambda values: {"anyOf": [{"const": value} for value in values]}
    ),
)


@st.composite
def objects(draw, inner):
    properties = draw(st.dictionaries(st.sampled_from("abc"), inner, max_size=3))
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if properties and draw(st.booleans()):
        schema["required"] = draw(st.lists(st.sampled_from(sorted(properties)), unique=True))
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(st.one_of(st.just(False), inner))
    return schema


schemas = objects(
    st.one_of(leaves, objects(leaves), leaves.map(lambda item: {"type": "array", "items": item}))
)


def values_of(schema: Any) -> st.SearchStrategy[Any]:
    """Return what a closed writer of a schema may send; some of it does not fit and is filtered out."""
    kind = schema.get("type")
    if kind == "object":
        named = {name: values_of(inner) for name, inner in schema["properties"].items()}
        value = st.fixed_dictionaries({}, optional=named)
        others = schema.get("additionalProperties", False)
        if isinstance(others, dict):
            more = st.dictionaries(st.sampled_from("abcd"), values_of(others), max_size=2)
            value = st.builds(lambda few, all_: {**few, **all_}, more, value)
        return value
    if kind == "array":
        return st.lists(values_of(schema["items"]), max_size=2)
    return st.sampled_from(["a", "b", "zz", 0, 1, 2, 3, 1.5, None])


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_without_a_break_everything_an_old_writer_sends_is_accepted(data):
    """closed(old) is a subset of new for params, closed(new) of old for results: the rules miss no break."""
    old, new = data.draw(schemas), data.draw(schemas)
    one, other = document(params=old, result=new), document(params=new, result=old)
    findings = compare(parse_interface(one, source="old"), parse_interface(other, source="new"))
    broken = [finding for finding in findings if finding.severity is BREAK]
    writer, reader = SchemaValidator(old), SchemaValidator(new)
    value = data.draw(values_of(old).filter(writer.is_valid))
    for side in ("params", "result"):
        if not any(finding.pointer.startswith(f"/methods/Buy/{side}") for finding in broken):
            assert reader.problems(value) == (), (side, findings)
