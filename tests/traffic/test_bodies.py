"""What is kept of params and results: no secret, and never more than the bound."""

import json
import math
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore.traffic import Body, find_secrets, make_body
from hostcore.traffic._bodies import MAX_DEPTH

ROOM = 10_000
MARK = "s3cret"
SECRET = {"type": "string", "x-secret": True}


def body_of(value, schema=None, limit=ROOM):
    return make_body(value, find_secrets(schema), limit)


def shown(value, schema):
    return json.loads(body_of(value, schema).text)


def test_a_body_is_the_value():
    """What is made of JSON's types comes back as it was, and says that it is all of it."""
    value = {"a": [1, 2.5, None, True, "ü"], "b": {}, "c": "x" * 100}
    body = body_of(value)
    assert value == json.loads(body.text)
    assert (body.is_whole, body.is_redacted, body.is_exact) == (True, False, True)


def test_binary_data_has_its_json_form():
    """Bytes are base64 under `$bytes`, as everywhere over HTTP; so the body can be sent again."""
    body = body_of({"data": b"\x00\xff"})
    assert json.loads(body.text) == {"data": {"$bytes": "AP8="}}
    assert body.is_exact


@pytest.mark.parametrize("value", [{"text": "x" * 500}, {"data": b"x" * 500}, {"list": list(range(500))}])
def test_what_is_too_long_is_cut_and_says_so(value):
    """A long text, binary data and a long list are cut near the limit; what is left is JSON still."""
    body = body_of(value, limit=100)
    assert not body.is_whole
    assert json.loads(body.text)
    assert len(body.text) < 400


def test_only_a_little_of_a_large_value_is_looked_at():
    """Of a list without end, as good as, no more is copied than fits."""
    body = body_of({"numbers": range_list(10_000_000)}, limit=200)
    assert json.loads(body.text)["numbers"][-1]["$cut"] > 9_000_000


def range_list(count):
    return [0] * count


@pytest.mark.parametrize("odd", [math.nan, math.inf, {1, 2}, object(), "\ud800"])
def test_what_is_no_json_is_shown_as_text_and_is_not_whole(odd):
    """Such a body can be read, but not be sent again."""
    body = body_of({"odd": odd})
    assert isinstance(json.loads(body.text)["odd"], str)
    assert not body.is_whole


def test_a_bottomless_value_ends():
    """Containers in each other are followed so far and no further."""
    value = None
    for _ in range(10 * MAX_DEPTH):
        value = [value]
    assert not body_of(value).is_whole


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"properties": {"a": SECRET}}, {"a": MARK, "b": 1}, {"a": "*", "b": 1}),
        ({"additionalProperties": SECRET, "properties": {"a": {}}}, {"a": 1, "b": MARK}, {"a": 1, "b": "*"}),
        ({"patternProperties": {"^pass": SECRET}}, {"password": MARK, "user": 1}, {"password": "*", "user": 1}),
        ({"items": SECRET}, [MARK, MARK], ["*", "*"]),
        ({"prefixItems": [{}, SECRET], "items": {}}, [1, MARK, 3], [1, "*", 3]),
        ({"anyOf": [{"type": "null"}, {"properties": {"a": SECRET}}]}, {"a": MARK}, {"a": "*"}),
        ({"oneOf": [{"properties": {"a": SECRET}}, {"properties": {"b": {}}}]}, {"a": MARK}, {"a": "*"}),
        ({"allOf": [{"allOf": [{"properties": {"a": SECRET}}]}]}, {"a": MARK}, {"a": "*"}),
        ({"if": {}, "then": {"properties": {"a": SECRET}}}, {"a": MARK}, {"a": "*"}),
        ({"dependentSchemas": {"b": {"properties": {"a": SECRET}}}}, {"a": MARK}, {"a": "*"}),
        ({"propertyNames": SECRET}, {MARK: 1}, "*"),
        ({"x-secret": True}, {"a": MARK}, "*"),
        (
            {"$ref": "#/$defs/Tree", "$defs": {"Tree": {"properties": {"key": SECRET, "left": {"$ref": "#/$defs/Tree"}}}}},
            {"key": MARK, "left": {"key": MARK, "left": {}}},
            {"key": "*", "left": {"key": "*", "left": {}}},
        ),
        ({"properties": {"a": {**SECRET, "x-secret": False}}}, {"a": "open"}, {"a": "open"}),
    ],
)  # fmt: skip
def test_secrets_are_found_wherever_a_schema_has_them(schema, value, expected):
    """Each way in which a schema applies to a part of a value leads to its secrets."""

    def starred(part):
        if part == {"$secret": True}:
            return "*"
        if isinstance(part, dict):
            return {name: starred(each) for name, each in part.items()}
        return [starred(each) for each in part] if isinstance(part, list) else part

    assert expected == starred(shown(value, schema))


def test_a_body_with_secrets_is_redacted():
    """It says so, and is not exact: it cannot be sent again."""
    body = body_of({"a": MARK}, {"properties": {"a": SECRET}})
    assert (body.is_whole, body.is_redacted, body.is_exact) == (True, True, False)
    assert body.as_json() == {"value": {"a": {"$secret": True}}, "whole": True, "redacted": True}


def test_a_schema_without_secrets_costs_nothing():
    """There is nothing to look for then."""
    assert find_secrets(None) is None
    assert find_secrets({"properties": {"a": {"type": "string"}}, "$defs": {"B": {}}}) is None


# -- properties: schemas with marked places, and values whose secrets are known by their text

NAMES = st.sampled_from(["a", "b", "c"])
OPEN = st.one_of(st.none(), st.booleans(), st.integers(), st.text(string.printable, max_size=20))
HIDDEN = st.one_of(st.just(MARK), st.just({"x": MARK}), st.just([MARK]), st.just(MARK.encode() * 3))


def both(inner):
    """Give pairs of a schema and a value that fits it, out of such pairs."""
    objects = st.dictionaries(NAMES, inner, max_size=3).map(
        lambda parts: (
            {"properties": {name: schema for name, (schema, _) in parts.items()}},
            {name: value for name, (_, value) in parts.items()},
        )
    )
    lists = st.lists(inner, max_size=3).map(
        lambda parts: ({"prefixItems": [schema for schema, _ in parts]}, [value for _, value in parts])
    )
    maps = inner.map(lambda pair: ({"additionalProperties": pair[0]}, {"any": pair[1], "other": pair[1]}))
    rests = inner.map(lambda pair: ({"items": pair[0]}, [pair[1], pair[1]]))
    wrapped = st.tuples(st.sampled_from(["allOf", "anyOf", "oneOf"]), inner).map(
        lambda each: ({each[0]: [{"type": ["object", "null"]}, each[1][0]]}, each[1][1])
    )
    return st.one_of(objects, lists, maps, rests, wrapped)


PAIRS = st.recursive(
    st.one_of(OPEN.map(lambda value: ({}, value)), HIDDEN.map(lambda value: ({"x-secret": True}, value))),
    both,
    max_leaves=12,
)


@settings(settings.get_profile("traffic"))
@given(pair=PAIRS, limit=st.integers(0, 400))
def test_no_secret_is_ever_in_a_body(pair, limit):
    """Whatever the schema and the value are, and wherever it is cut: what is marked is not in the text."""
    schema, value = pair
    body = make_body(value, find_secrets(schema), limit)
    assert MARK not in body.text
    assert "czNjcmV0" not in body.text  # the same in base64
    assert json.loads(body.text) is not None or value is None


@settings(settings.get_profile("traffic"))
@given(pair=PAIRS)
def test_a_reference_hides_as_much_as_what_it_refers_to(pair):
    """Written out or by name, a schema hides the same."""
    schema, value = pair
    referred = {"$ref": "#/$defs/It", "$defs": {"It": schema}}
    assert body_of(value, schema).text == body_of(value, referred).text


VALUES = st.recursive(
    st.one_of(OPEN, st.floats(allow_nan=False, allow_infinity=False), st.binary(max_size=30), st.text(max_size=30)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(settings.get_profile("traffic"))
@given(value=VALUES, limit=st.integers(0, 300))
def test_a_body_has_a_bound(value, limit):
    """Its text is JSON, and not much longer than the limit, for escapes and markers have to be somewhere."""
    body = make_body(value, None, limit)
    json.loads(body.text)
    assert len(body.text) <= 6 * limit + 400
    assert isinstance(body, Body)
