"""Validation of calls: what is refused, in which words, how binary data travels, and that two engines agree."""

from __future__ import annotations

import base64
import json
import time
import timeit
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from referencing import Registry

from hostcore.errors import InvalidParamsError, InvalidResultError
from hostcore.interfaces import (
    Interface,
    MethodValidator,
    SchemaValidator,
    ValidationMode,
    decode_binary,
    encode_binary,
    example_mismatch,
    parse_interface,
    value_mismatch,
)


def interface(definitions: dict[str, Any] | None = None, **method: Any) -> Interface:
    made = {"params": {"type": "object"}, "result": {"type": "object"}, **method}
    document = {
        "interface": 1,
        "name": "Shop",
        "version": "1.0",
        "methods": {"Buy": made},
        "$defs": definitions or {},
    }
    return parse_interface(document, source="f.json")


def validator(mode: ValidationMode = ValidationMode.BOTH, **method: Any) -> MethodValidator:
    return MethodValidator(interface(**method).methods["Buy"], mode=mode)


ORDER = {
    "type": "object",
    "required": ["sku", "count"],
    "additionalProperties": False,
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]+$"},
        "count": {"type": "integer", "minimum": 1},
        "colour": {"enum": ["red", "blue"]},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"text": {"type": "string"}}}},
        "pay": {
            "oneOf": [
                {"type": "object", "required": ["card"], "properties": {"card": {"type": "string"}}},
                {"type": "null"},
            ]
        },
        "password": {"type": "string", "maxLength": 3, "x-secret": True},
    },
}
GOOD = {"sku": "AB", "count": 1}

WRONG = [
    ({**GOOD, "count": "1"}, "/count", 'expected an integer, got "1"'),
    ({**GOOD, "count": 0}, "/count", "less than the minimum of 1, got 0"),
    ({**GOOD, "sku": "ab"}, "/sku", 'got "ab"'),
    ({"count": 1}, "", "the property 'sku' is missing"),
    ({**GOOD, "color": "red"}, "", "no property 'color' is declared"),
    ({**GOOD, "colour": "green"}, "/colour", 'got "green"'),
    ({**GOOD, "lines": [{"text": "a"}, {"text": 5}]}, "/lines/1/text", "expected a string, got 5"),
    ({**GOOD, "pay": {"card": 5}}, "/pay/card", "expected a string, got 5"),
    ({**GOOD, "sku": b"AB"}, "", "no JSON"),
    ({**GOOD, 5: 5}, "", "no JSON"),
    ([], "", "expected an object, got []"),
    (None, "", "expected an object, got null"),
]


@pytest.mark.parametrize(("value", "pointer", "message"), WRONG)
def test_a_misfit_names_the_place_what_was_expected_and_what_came(value, pointer, message):
    """Wrong params are the caller's fault and wrong results the plugin's; both are told with pointer and excerpt."""
    checks = validator(params=ORDER, result=ORDER)
    for check, error, what in (
        (checks.check_params, InvalidParamsError, "params"),
        (checks.check_result, InvalidResultError, "result"),
    ):
        with pytest.raises(error) as caught:
            check(value)
        assert f"Shop.Buy {what} {pointer}".strip() == caught.value.location
        assert message in caught.value.message
        assert pointer == caught.value.details["problems"][0]["pointer"]


def test_what_fits_passes():
    """Right values raise nothing, further properties of an open object included."""
    checks = validator(params=ORDER)
    checks.check_params({**GOOD, "colour": "red", "pay": None})
    checks.check_result({"anything": [1, {"b": None}]})


def test_an_unknown_property_gets_a_suggestion():
    """A misspelt property is answered with the one that was meant."""
    with pytest.raises(InvalidParamsError) as caught:
        validator(params=ORDER).check_params({**GOOD, "colur": "red"})
    assert caught.value.hint == "did you mean 'colour'?"


def test_secrets_never_come_into_a_message():
    """A value of an `x-secret` property is shown neither itself nor inside of what holds it."""
    definitions = {"Token": {"type": "string", "maxLength": 2, "x-secret": True}}
    schema = {
        **ORDER,
        "properties": {
            **ORDER["properties"],
            "tokens": {"type": "array", "items": {"$ref": "#/$defs/Token"}},
            "inner": {"type": "object", "maxProperties": 1},
        },
    }
    checks = MethodValidator(interface(definitions, params=schema).methods["Buy"])
    for value in (
        {**GOOD, "password": "hunter22"},
        {**GOOD, "password": {"x": "hunter22"}},
        {**GOOD, "tokens": ["hunter22"]},
        {**GOOD, "tokens": "hunter22"},
        {**GOOD, "inner": {"password": "hunter22", "b": 1}},
    ):
        with pytest.raises(InvalidParamsError) as caught:
            checks.check_params(value)
        assert "hunter" not in str(caught.value) + json.dumps(caught.value.details)
        assert "a secret value" in str(caught.value)


def test_a_large_value_gives_a_short_message():
    """A megabyte of wrong data is cut to an excerpt, and only the first problems are listed."""
    with pytest.raises(InvalidParamsError) as caught:
        validator(params=ORDER).check_params({**GOOD, "count": "x" * 1_000_000, "lines": [5] * 10_000})
    assert len(str(caught.value)) < 300
    assert len(caught.value.details["problems"]) == 5


def test_modes_check_what_they_say():
    """`params` checks no results, `off` checks nothing; binary conversions work in every mode."""
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"x-binary": True}}}
    made = {mode: validator(mode, params=schema, result=schema) for mode in ValidationMode}
    outcome = {}
    for mode, checks in made.items():
        failed = []
        for name in ("check_params", "check_result"):
            try:
                getattr(checks, name)({})
            except (InvalidParamsError, InvalidResultError):
                failed.append(name)
        outcome[mode.value] = failed
        assert checks.result_from_json({"a": {"$bytes": "eA=="}}) == {"a": b"x"}
    assert outcome == {"both": ["check_params", "check_result"], "params": ["check_params"], "off": []}


def test_stream_items_are_checked_in_both_directions():
    """Items sent are the caller's fault, items received the plugin's; without a stream every item is wrong."""
    item = {"type": "integer"}
    checks = validator(stream={"in": item, "out": item})
    checks.check_item_in(1)
    checks.check_item_out(1)
    with pytest.raises(InvalidParamsError, match="expected an integer"):
        checks.check_item_in("1")
    with pytest.raises(InvalidResultError, match="expected an integer"):
        checks.check_item_out("1")
    with pytest.raises(InvalidResultError, match="no such stream"):
        validator().check_item_out(1)


BLOB = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {"x-binary": True, "maxBytes": 4},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        "pair": {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"x-binary": True}],
            "items": {"type": "string"},
        },
        "named": {
            "type": "object",
            "properties": {"size": {"type": "integer"}},
            "additionalProperties": {"$ref": "#/$defs/Bytes"},
        },
        "note": {"type": "object"},
    },
}
PARTS = {
    "Bytes": {"x-binary": True},
    "Part": {
        "type": "object",
        "properties": {"body": {"$ref": "#/$defs/Bytes"}, "next": {"$ref": "#/$defs/Part"}},
    },
}
VALUE = {
    "data": b"\x00\xff",
    "parts": [{"body": b"a", "next": {"body": b"b", "next": {"x": 1}}}, {}],
    "pair": [1, b"c", "d"],
    "named": {"size": 1, "x": b"", "y": b"e"},
    "note": {"data": "plain"},
}


def blob() -> MethodValidator:
    return MethodValidator(interface(PARTS, params=BLOB, result=BLOB).methods["Buy"])


def test_binary_fields_pass_the_check_and_travel_through_json():
    """Bytes at every kind of declared place are valid, become `$bytes` in JSON and come back equal."""
    checks = blob()
    checks.check_params(VALUE)
    text = json.dumps(checks.to_json(VALUE))
    assert '{"$bytes": "AP8="}' in text
    assert VALUE == checks.params_from_json(json.loads(text)) == checks.result_from_json(json.loads(text))
    checks.check_result(checks.result_from_json(json.loads(text)))


def test_dollar_bytes_is_an_ordinary_key_elsewhere():
    """Only declared fields are decoded."""
    value = {"data": b"", "note": {"$bytes": "eA=="}, "named": {"size": {"$bytes": "eA=="}}}
    assert value == blob().params_from_json({**value, "data": {"$bytes": ""}})
    schema = {"type": "object", "properties": {"a": {"x-binary": True}}}
    assert decode_binary({"a": {"$bytes": "eA=="}, "b": {"$bytes": ""}}, schema) == {
        "a": b"x",
        "b": {"$bytes": ""},
    }


@pytest.mark.parametrize(
    ("change", "pointer", "message"),
    [
        ({"data": b"12345"}, "/data", "expected binary data of at most 4 bytes, got binary data of 5 bytes"),
        ({"data": "text"}, "/data", 'expected binary data, got "text"'),
        ({"data": ""}, "/data", 'expected binary data, got ""'),
        ({"data": {"$bytes": "AA=="}}, "/data", "expected binary data"),
        ({"parts": [{"next": {"body": 5}}]}, "/parts/0/next/body", "expected binary data, got 5"),
        ({"named": {"x": None}}, "/named/x", "expected binary data, got null"),
        ({"named": {"size": b""}}, "", "no JSON"),
        ({"pair": ["x", b""]}, "/pair/0", "expected an integer"),
    ],
)
def test_a_wrong_binary_field_is_refused(change, pointer, message):
    """Size and kind of a binary field are checked, and bytes where none are declared are refused."""
    with pytest.raises(InvalidParamsError) as caught:
        blob().check_params({**VALUE, **change})
    assert pointer == caught.value.details["problems"][0]["pointer"]
    assert message in caught.value.message


@pytest.mark.parametrize("text", ["AQI", "AQ==\n", "A-_=", "é", 5, None, "===="])
def test_only_padded_standard_base64_is_decoded(text):
    """Anything else in `$bytes` is the sender's fault, named with its place."""
    with pytest.raises(InvalidResultError, match="padded standard base64") as caught:
        blob().result_from_json({"data": {"$bytes": text}})
    assert caught.value.location == "Shop.Buy result /data"


def test_without_binary_fields_nothing_is_walked():
    """The conversions return the very object, and a check is one call of the compiled engine."""
    checks = validator(params=ORDER)
    value = {"a": {"$bytes": "eA=="}}
    for convert in (
        checks.params_from_json,
        checks.result_from_json,
        checks.item_in_from_json,
        checks.to_json,
    ):
        assert convert(value) is value
    assert not checks.has_binary
    assert blob().has_binary


def test_a_check_of_a_small_object_costs_microseconds():
    """The right path stays next to the engine's own time; the bound is far above it for the sake of busy machines."""
    checks = validator(params=ORDER)
    best = min(timeit.repeat(lambda: checks.check_params(GOOD), number=2000, repeat=5)) / 2000
    assert best < 20e-6


@settings(deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.binary(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
))  # fmt: skip
def test_encoding_leaves_no_bytes_and_changes_nothing_else(value):
    """After encoding a value is JSON, and what held no bytes is the same object."""
    encoded = encode_binary(value)
    json.dumps(encoded)
    if "$bytes" not in json.dumps(encoded):
        assert encoded is value


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_come_back_from_json(data):
    """Encoding and decoding are inverse, for results and for items."""
    checks = validator(
        result={"type": "object", "properties": {"d": {"x-binary": True}}}, stream={"out": {"x-binary": True}}
    )
    assert {"d": data} == checks.result_from_json(checks.to_json({"d": data}))
    assert data == checks.item_out_from_json(json.loads(json.dumps(checks.to_json(data))))
    assert {"$bytes": base64.b64encode(data).decode()} == checks.to_json(data)


def test_recursion_in_several_ways_stays_cheap():
    """A schema that refers to itself twice at one place is checked and explained in linear time."""
    once = {"$ref": "#/$defs/N"}
    both = {"oneOf": [once, {"allOf": [once], "maxProperties": 9}]}
    definitions = {"N": {"type": ["object", "string"], "properties": {"a": both}}}
    checks = MethodValidator(
        interface(definitions, params={"type": "object", "properties": {"n": once}}).methods["Buy"]
    )
    value: Any = 5
    for _ in range(60):
        value = {"a": value}
    assert timeit.timeit(lambda: _refused(checks, {"n": value}), timer=time.process_time, number=1) < 5


TREE = {
    "Tree": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "left": {"$ref": "#/$defs/Tree"},
            "kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}, "maxItems": 2},
            "by_name": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Tree"}},
            "pair": {
                "type": "array",
                "prefixItems": [{"$ref": "#/$defs/Tree"}],
                "items": {"type": "integer"},
            },
            "password": {"type": "object", "x-secret": True, "properties": {"pin": {"type": "integer"}}},
        },
        "additionalProperties": False,
    }
}


@pytest.mark.parametrize(
    ("wrong", "pointer", "words"),
    [
        ({"name": 5}, "/name", "expected a string, got 5"),
        ({}, "", "the property 'name' is missing"),
        ({"name": "a", "nam": 1}, "", "no property 'nam' is declared"),
        ({"name": "a", "left": {"name": "b", "left": []}}, "/left/left", "expected an object, got []"),
        ({"name": "a", "kids": [{"name": "b"}, {"name": 7}]}, "/kids/1/name", "expected a string, got 7"),
        ({"name": "a", "kids": [{"name": "b"}] * 3}, "/kids", "more than 2 items"),
        (
            {"name": "a", "by_name": {"x": {"name": "b", "by_name": {"y": 1}}}},
            "/by_name/x/by_name/y",
            "got 1",
        ),
        ({"name": "a", "pair": [{"name": "b"}, "c"]}, "/pair/1", 'expected an integer, got "c"'),
        ({"name": "a", "pair": [{"name": None}]}, "/pair/0/name", "expected a string, got null"),
        ({"name": "a", "password": {"pin": "1234"}}, "/password/pin", "got a secret value"),
        ({"name": ["a"], "password": {"pin": 1234}}, "/name", 'expected a string, got ["a"]'),
    ],
)
def test_what_is_wrong_in_a_tree_is_told_with_its_place(wrong, pointer, words):
    """Where a schema is recursive in several ways, the first place that does not fit by itself is named."""
    schema = {"type": "object", "properties": {"tree": {"$ref": "#/$defs/Tree"}}}
    checks = MethodValidator(interface(TREE, params=schema).methods["Buy"])
    for above in ([], ["left"], ["left"] * 40):
        value = wrong
        for name in above:
            value = {"name": "above", name: value}
        with pytest.raises(InvalidParamsError) as caught:
            checks.check_params({"tree": value})
        assert words in str(caught.value)
        assert f"Shop.Buy params /tree{'/left' * len(above)}{pointer}" == caught.value.location
        assert "1234" not in str(caught.value)


def _refused(checks: MethodValidator, value: Any) -> None:
    with pytest.raises(InvalidParamsError, match="does not fit"):
        checks.check_params(value)


def test_values_deeper_than_the_engine_goes_are_refused():
    """A value without end in depth is an error of its sender, with and without binary fields."""
    value: Any = {}
    for _ in range(100_000):
        value = {"next": value}
    recursive = {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}}}
    for definitions in (recursive, {**recursive, "N": {**recursive["N"], "properties": {
        "next": {"$ref": "#/$defs/N"}, "b": {"x-binary": True}}}}):  # fmt: skip
        schema = {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}}
        checks = MethodValidator(interface(definitions, params=schema).methods["Buy"])
        with pytest.raises(InvalidParamsError, match="64"):
            checks.check_params(value)


# The subset on which the compiled engine and the reference implementation agree: types, required, properties,
# additionalProperties, items, prefixItems, enum, const, bounds of integers, lengths, counts, uniqueItems, allOf, anyOf,
# oneOf, not, if/then/else and local references. Left out: `pattern` beyond ASCII classes and `multipleOf` of fractions.
NAMES = st.sampled_from("abc")
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, -2.0])
    | st.text("abé", max_size=3)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
KINDS = ["null", "boolean", "object", "array", "number", "integer", "string"]
small = st.integers(0, 3)


def combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(KINDS)
            | st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True),
            "properties": st.dictionaries(NAMES, inner, max_size=2),
            "additionalProperties": inner,
            "required": st.lists(NAMES, unique=True, max_size=2),
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "enum": st.lists(scalars, min_size=1, max_size=3),
            "const": scalars,
            "minimum": small,
            "exclusiveMaximum": small,
            "maxLength": small,
            "minLength": small,
            "maxItems": small,
            "minProperties": small,
            "uniqueItems": st.booleans(),
            "pattern": st.sampled_from(["^a", "[ab]+", "b$", "^(a|b)*$"]),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
        },
    )


schemas = st.recursive(
    st.booleans() | st.just({"$ref": "#/$defs/D"}) | st.fixed_dictionaries({"type": st.sampled_from(KINDS)}),
    combined,
    max_leaves=5,
)


@settings(max_examples=500, deadline=None)
@given(
    schema=combined(schemas),
    definition=st.sampled_from([{"type": "string"}, {"minimum": 1}, True]),
    value=values,
)
def test_both_engines_agree_on_the_documented_subset(schema, definition, value):
    """The compiled engine accepts exactly what the reference implementation accepts."""
    whole = {**schema, "$defs": {"D": definition}}
    reference = jsonschema.Draft202012Validator(whole, registry=Registry())
    compiled = SchemaValidator(whole)
    assert reference.is_valid(value) == compiled.is_valid(value)
    assert bool(compiled.problems(value)) != compiled.is_valid(value)


def example(**fields: Any) -> Any:
    method = {
        "params": {"type": "object"},
        "result": {"type": "object", "properties": {"b": {"x-binary": True}}},
    }
    declared = {"Gone": {"code": "NOT_FOUND"}}
    document = {
        "interface": 1,
        "name": "Shop",
        "version": "1.0",
        "errors": declared,
        "methods": {"Buy": {**method, "errors": ["Gone"], "examples": [fields]}},
    }
    return parse_interface(document, source="f.json").methods["Buy"].examples[0]


def test_examples_are_compared_with_what_came():
    """Results, schemas and errors are compared, bytes and ignored places included."""
    exact = example(result={"b": {"$bytes": "eA=="}, "n": 1})
    assert example_mismatch(exact, result={"b": b"x", "n": 1.0}) is None
    assert example_mismatch(exact, result={"b": b"x", "n": True}) == "/n: expected 1, got true"
    assert (
        example_mismatch(exact, result={"b": b"y", "n": 1})
        == "/b: expected binary data of 1 bytes, got binary data of 1 bytes"
    )
    assert example_mismatch(exact, result={"b": b"x"}) == "/n is missing"
    assert example_mismatch(exact, result={"b": b"x", "n": 1, "more": 2}) == "/more is not expected"
    loose = example(result={"in": {"a": 1}, "at": 0}, partial=True, ignore=["/at"])
    assert example_mismatch(loose, result={"in": {"a": 1, "b": 2}, "at": 99, "c": 3}) is None
    assert example_mismatch(loose, result={"in": {"a": 1}}) is None
    assert example_mismatch(loose, result={"in": {"a": 2}}) == "/in/a: expected 1, got 2"
    error = example(error="Gone")
    assert example_mismatch(error, error="Gone") is None
    assert example_mismatch(error, error="Full") == "expected the error Gone, got the error Full"
    assert example_mismatch(error, result={}) == "expected the error Gone, got the result {}"
    assert example_mismatch(exact, error="Gone") == "expected a result, got the error Gone"
    matching = example(matches={"required": ["b"]})
    assert example_mismatch(matching, result={"b": b""}) is None or "b" in str(matching.matches)
    assert "the property 'b' is missing" in str(example_mismatch(matching, result={}))


@settings(deadline=None)
@given(values)
def test_every_value_equals_itself(value):
    """A value is no mismatch of itself, nor of its copy through JSON."""
    assert value_mismatch(value, json.loads(json.dumps(value))) is None
    assert value_mismatch([value], [value, value]) is not None
