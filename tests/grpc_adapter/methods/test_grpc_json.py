"""Messages and JSON: the mapping of proto3, held against the runtime's own, and what is refused where."""

from __future__ import annotations

import json
import math
import time

import pytest
from google.protobuf import json_format, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st
from methods_support import add_message, codec, descriptors, file_with, set_of

from hostcore.errors import InvalidParamsError, InvalidResultError
from hostcore_grpc.methods import Codecs, Descriptors, Style
from hostcore_grpc.methods._scalars import MAX_DEPTH

PACKAGE = "kitchen.v2"
KITCHEN = descriptors("kitchen")
CODECS = Codecs(KITCHEN)
NATIVE = Codecs(KITCHEN, style=Style.NATIVE)


def kitchen(message: str, codecs: Codecs = CODECS):
    descriptor = KITCHEN.find_message(f"{PACKAGE}.{message}")
    return codecs.codec(descriptor), message_factory.GetMessageClass(descriptor)


def both_ways(message: str, value, codecs: Codecs = CODECS):
    """The value that comes back when a value is encoded and decoded."""
    made, _ = kitchen(message, codecs)
    return made.decode(made.encode(value, what="params"), what="result")


# In JSON as callers write it, and as it comes back.
PAIRS = [
    ("Scalars", {"aDouble": 1.5, "aFloat": 0.1}, None),
    ("Scalars", {"aDouble": "NaN", "aFloat": "-Infinity"}, None),
    ("Scalars", {"aDouble": "1e3", "aFloat": 3}, {"aDouble": 1000.0, "aFloat": 3.0}),
    ("Scalars", {"anInt64": 2**63 - 1, "aUint64": "18446744073709551615"}, {"anInt64": str(2**63 - 1), "aUint64": str(2**64 - 1)}),
    ("Scalars", {"anInt32": "7", "aSint32": 7.0, "aFixed32": 7}, {"anInt32": 7, "aSint32": 7, "aFixed32": 7}),
    ("Scalars", {"a_string": "x", "renamed": "y"}, {"aString": "x", "otherName": "y"}),
    ("Scalars", {"aBytes": "-_-_"}, {"aBytes": "+/+/"}),
    ("Scalars", {"aBytes": "YQ"}, {"aBytes": "YQ=="}),
    ("Scalars", {"aBytes": b"a"}, {"aBytes": "YQ=="}),
    ("Scalars", {"spice": "HOT"}, None),
    ("Scalars", {"spice": 2}, {"spice": "HOT"}),
    ("Scalars", {"spice": 99}, None),
    ("Scalars", {"maybe": 0, "aBool": False}, {"maybe": 0}),
    ("Scalars", {"aString": None, "maybe": None}, {}),
    ("Many", {"numbers": [1, 2], "rows": [{}, {"aBool": True}], "spices": ["MILD", 5]}, None),
    ("Many", {"byName": {"a": "1"}, "byNumber": {"-1": {"aBool": True}}, "byTruth": {"true": "t", "false": "f"}}, None),
    ("Many", {"byBig": {"18446744073709551615": "HOT"}, "blobs": ["YQ=="]}, None),
    ("Choice", {"number": 0}, None),
    ("Choice", {"name": ""}, None),
    ("Choice", {"nothing": None}, None),
    ("Choice", {"name": None, "number": 1}, {"number": 1}),
    ("Known", {"at": "2026-01-02T03:04:05.678Z", "took": "-1.500s"}, None),
    ("Known", {"at": "2026-01-02T03:04:05+01:00"}, {"at": "2026-01-02T02:04:05Z"}),
    ("Known", {"facts": {"a": [1, "x", None, {"b": True}]}, "anything": None, "items": [[], {}]}, None),
    ("Known", {"anything": 1.5}, None),
    ("Known", {"mask": "userName,address.city", "empty": {}}, None),
    ("Known", {"doubleValue": 0.0, "int64Value": "0", "boolValue": False, "stringValue": "", "bytesValue": ""}, None),
    ("Known", {"int32Value": None}, {}),
    ("Known", {"times": ["1970-01-01T00:00:00Z"], "values": [None, 1], "valueMap": {"a": None}}, None),
    ("Known", {"any": {"@type": f"type.googleapis.com/{PACKAGE}.Scalars", "aBool": True}}, None),
    ("Known", {"any": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}}, None),
    ("Known", {"any": {}}, None),
    ("Tree", {"label": "a", "children": [{"label": "b", "branch": {"tree": {"label": "c"}}}]}, None),
]  # fmt: skip


@pytest.mark.parametrize(("message", "value", "expected"), PAIRS)
def test_values_come_back(message, value, expected):
    """Every kind of field takes each form that the mapping allows and comes back in the one that it prescribes."""
    expected = value if expected is None else expected
    assert json.dumps(both_ways(message, value), sort_keys=True) == json.dumps(expected, sort_keys=True)


# What does not fit, the pointer to the place, and words of the message.
WRONG = [
    ("Scalars", [], "", "an object"),
    ("Scalars", {"aStrin": ""}, "", "did you mean 'aString'"),
    ("Scalars", {"anInt32": 2**31}, "/anInt32", "from -2147483648 to 2147483647"),
    ("Scalars", {"aUint64": -1}, "/aUint64", "an integer from 0"),
    ("Scalars", {"anInt32": True}, "/anInt32", "an integer"),
    ("Scalars", {"anInt32": 1.5}, "/anInt32", "an integer"),
    ("Scalars", {"anInt32": " 1"}, "/anInt32", "an integer"),
    ("Scalars", {"aFloat": 1e39}, "/aFloat", "within 32 bits"),
    ("Scalars", {"aDouble": "inf"}, "/aDouble", "a number"),
    ("Scalars", {"aDouble": 10**400}, "/aDouble", "within 64 bits"),
    ("Scalars", {"aDouble": True}, "/aDouble", "a number"),
    ("Scalars", {"aBool": 1}, "/aBool", "true or false"),
    ("Scalars", {"aString": 1}, "/aString", "a string"),
    ("Scalars", {"aString": "\ud800"}, "/aString", "surrogate"),
    ("Scalars", {"aBytes": "a"}, "/aBytes", "base64"),
    ("Scalars", {"aBytes": "ä"}, "/aBytes", "base64"),
    ("Scalars", {"spice": "SWEET"}, "/spice", "the enum Spice"),
    ("Scalars", {"aString": "", "a_string": ""}, "", "only one of"),
    ("Many", {"numbers": 1}, "/numbers", "a list"),
    ("Many", {"numbers": [1, None]}, "/numbers/1", "an integer"),
    ("Many", {"rows": [{}, {"aBool": 0}]}, "/rows/1/aBool", "true or false"),
    ("Many", {"rows": [None]}, "/rows/0", "an object"),
    ("Many", {"byName": []}, "/byName", "an object"),
    ("Many", {"byNumber": {"x": {}}}, "/byNumber/x", "an integer"),
    ("Many", {"byTruth": {"yes": ""}}, "/byTruth/yes", "true"),
    ("Many", {"byName": {"a/b": "x"}}, "/byName/a~1b", "an integer"),
    ("Choice", {"name": "", "number": 0}, "", "only one of 'name' and 'number'"),
    ("Known", {"at": "yesterday"}, "/at", "RFC 3339"),
    ("Known", {"at": "1" * 1000}, "/at", "RFC 3339"),
    ("Known", {"took": "1"}, "/took", "a duration"),
    ("Known", {"took": "999999999999999s"}, "/took", "a duration"),
    ("Known", {"mask": ["a"]}, "/mask", "names of fields"),
    ("Known", {"facts": []}, "/facts", "an object"),
    ("Known", {"facts": {"a": {"b": b""}}}, "/facts/a/b", "a value of JSON"),
    ("Known", {"anything": math.nan}, "/anything", "a finite number"),
    ("Known", {"items": {}}, "/items", "a list"),
    ("Known", {"any": {"aBool": True}}, "/any", "@type"),
    ("Known", {"any": {"@type": "x/no.Such"}}, "/any/@type", "describes no message"),
    ("Known", {"any": {"@type": f"x/{PACKAGE}.Scalars", "aBool": 1}}, "/any/aBool", "true or false"),
    ("Known", {"any": {"@type": "x/google.protobuf.Duration", "value": 1}}, "/any/value", "a duration"),
    ("Known", {"any": {"@type": "x/google.protobuf.Duration"}}, "/any", 'just "value"'),
    ("Known", {"int64Value": "x"}, "/int64Value", "an integer"),
    ("Tree", {"children": [{"children": [{"label": 1}]}]}, "/children/0/children/0/label", "a string"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "value", "pointer", "words"), WRONG)
def test_what_does_not_fit_is_told_with_its_place(message, value, pointer, words):
    """A value that does not fit is refused with a JSON pointer to the place, and words that say what is expected."""
    made, _ = kitchen(message)
    with pytest.raises(InvalidParamsError) as caught:
        made.encode(value, what="Kitchen.Echo params")
    problem = caught.value.details["problems"][0]
    assert problem["pointer"] == pointer
    assert words in problem["message"]
    assert caught.value.location == "Kitchen.Echo params" + (f" {pointer}" if pointer else "")


INT32 = st.integers(-(2**31), 2**31 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1).map(str)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
FLOAT = st.floats(width=32, allow_nan=False, allow_infinity=False)
SPICE = st.sampled_from(["SPICE_UNSPECIFIED", "MILD", "HOT"])
BASE64 = st.binary(max_size=8).map(lambda data: json_format.base64.b64encode(data).decode())
SCALARS = st.fixed_dictionaries(
    {},
    optional={
        "aDouble": st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["Infinity", "-Infinity"]),
        "aFloat": FLOAT,
        "anInt32": INT32,
        "anInt64": INT64,
        "aUint32": st.integers(0, 2**32 - 1),
        "aUint64": st.integers(0, 2**64 - 1).map(str),
        "aSint64": INT64,
        "aFixed64": st.integers(0, 2**64 - 1).map(str),
        "aBool": st.booleans(),
        "aString": TEXT,
        "aBytes": BASE64,
        "spice": SPICE,
        "maybe": INT32,
    },
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "at": st.datetimes(allow_imaginary=False).map(lambda at: at.isoformat() + "Z"),
        "took": st.integers(-10_000, 10_000).map(lambda seconds: f"{seconds}s"),
        "facts": st.dictionaries(TEXT, JSON, max_size=3),
        "anything": JSON,
        "items": st.lists(JSON, max_size=3),
        "doubleValue": FLOAT,
        "int64Value": INT64,
        "stringValue": TEXT,
        "bytesValue": BASE64,
        "values": st.lists(JSON, max_size=3),
        "any": SCALARS.map(lambda value: {"@type": f"type.googleapis.com/{PACKAGE}.Scalars", **value}),
    },
)
MANY = st.fixed_dictionaries(
    {},
    optional={
        "numbers": st.lists(INT32, max_size=3),
        "rows": st.lists(SCALARS, max_size=3),
        "byName": st.dictionaries(TEXT, INT64, max_size=3),
        "byNumber": st.dictionaries(INT32.map(str), SCALARS, max_size=3),
        "byTruth": st.dictionaries(st.sampled_from(["true", "false"]), TEXT),
        "byBig": st.dictionaries(st.integers(0, 2**64 - 1).map(str), SPICE, max_size=3),
        "blobs": st.lists(BASE64, max_size=3),
    },
)
CHOICE = st.one_of(
    st.just({}),
    TEXT.map(lambda name: {"name": name}),
    INT32.map(lambda number: {"number": number}),
    SCALARS.map(lambda scalars: {"scalars": scalars}),
    st.just({"nothing": None}),
)
ALL = st.fixed_dictionaries({}, optional={"scalars": SCALARS, "many": MANY, "choice": CHOICE, "known": KNOWN})


@settings(max_examples=150, deadline=None)
@given(ALL)
def test_the_mapping_is_that_of_the_runtime(value):
    """Reading and writing agree with protobuf's own json_format on whatever fits."""
    made, kind = kitchen("All")
    data = made.encode(value, what="params")
    theirs = json_format.ParseDict(value, kind(), descriptor_pool=KITCHEN.pool)
    ours = kind.FromString(data)
    assert ours == theirs
    # A number of a google.protobuf.Value is written as an integer when it is one, which in JSON is the same number.
    expected = json_format.MessageToDict(theirs, descriptor_pool=KITCHEN.pool)
    assert made.decode(data, what="result") == expected


@settings(max_examples=50, deadline=None)
@given(ALL)
def test_what_is_decoded_can_be_encoded(value):
    """The JSON of a message means the same message again, in both styles."""
    for codecs in (CODECS, NATIVE):
        made, kind = kitchen("All", codecs)
        data = kitchen("All")[0].encode(value, what="params")
        again = made.encode(made.decode(data, what="result"), what="params")
        assert kind.FromString(again) == kind.FromString(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_are_a_value_or_an_error(data):
    """Whatever bytes a plugin sends, they are a value of JSON, or the plugin's fault."""
    made, _ = kitchen("All")
    try:
        json.dumps(made.decode(data, what="result"), allow_nan=False)
    except InvalidResultError as error:
        assert error.location.startswith("result")  # noqa: PT017 - both outcomes are right


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        JSON,
        lambda inner: st.dictionaries(
            st.sampled_from(["scalars", "many", "known", "any", "tree", "@type"]), inner
        ),
    )
)
def test_any_json_is_bytes_or_an_error(value):
    """Whatever JSON a caller sends, it is a message, or the caller's fault."""
    made, _ = kitchen("All")
    try:
        assert isinstance(made.encode(value, what="params"), bytes)
    except InvalidParamsError as error:
        assert error.details["problems"]  # noqa: PT017 - both outcomes are right


def test_native_values_need_no_base64():
    """In the native style bytes are bytes, integers are numbers, and scalars without presence are always there."""
    value = both_ways("Scalars", {"aBytes": b"\x00\xff", "anInt64": 2**62}, NATIVE)
    assert value["aBytes"] == b"\x00\xff"
    assert value["anInt64"] == 2**62
    assert value["aString"] == ""
    assert value["spice"] == "SPICE_UNSPECIFIED"
    assert "maybe" not in value
    assert both_ways("Many", {}, NATIVE)["byName"] == {}
    made, _ = kitchen("Scalars", NATIVE)
    with pytest.raises(InvalidParamsError, match="binary data"):
        made.encode({"aBytes": "YQ=="}, what="params")


def test_defaults_are_fresh():
    """Two answers never share a default: a caller may change what it was given."""
    first, second = both_ways("Many", {}, NATIVE), both_ways("Many", {}, NATIVE)
    first["numbers"].append(1)
    assert second["numbers"] == []


def test_unknown_fields_are_left_out():
    """A field that the descriptors do not name is skipped: the plugin is newer than they are."""
    made, _ = kitchen("Choice")
    assert made.decode(b"\x0a\x01x" + b"\xf8\x07\x01", what="result") == {"name": "x"}


def test_an_any_of_an_unknown_kind_shows_its_bytes():
    """An Any whose message nobody described comes as base64; the rest of the answer is not lost."""
    made, kind = kitchen("Known")
    message = kind()
    message.any.type_url, message.any.value = "x/who.Knows", b"abc"
    assert made.decode(message.SerializeToString(), what="result") == {
        "any": {"@type": "x/who.Knows", "value": "YWJj"}
    }


def test_what_has_no_form_in_json_is_the_plugins_fault():
    """A time after the year 9999, or a NaN as a Value, is an invalid result with its place."""
    made, kind = kitchen("Known")
    late, nan = kind(), kind()
    late.at.seconds = 2**40
    nan.values.add().number_value = math.nan
    with pytest.raises(InvalidResultError) as caught:
        made.decode(late.SerializeToString(), what="result")
    assert caught.value.location == "result /at"
    with pytest.raises(InvalidResultError, match="no finite number"):
        made.decode(nan.SerializeToString(), what="result")


def test_depth_is_bounded_both_ways():
    """A value, or a message, nested deeper than the limit is refused with an error, not with a full stack."""
    made, kind = kitchen("Tree")
    value: dict = {}
    message = kind()
    inner = message
    for _ in range(MAX_DEPTH + 1):
        value = {"children": [value]}
        inner = inner.children.add()
    with pytest.raises(InvalidParamsError, match="nested more than"):
        made.encode(value, what="params")
    with pytest.raises(InvalidResultError, match="nested more than"):
        made.decode(message.SerializeToString(), what="result")
    deep: list = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(InvalidParamsError, match="nested more than"):
        kitchen("Known")[0].encode({"anything": deep}, what="params")


def test_the_number_of_messages_is_bounded(monkeypatch):
    """An answer with too many messages is refused: 2 bytes each on the wire would be 100 in memory."""
    monkeypatch.setattr("hostcore_grpc.methods._to_json.MAX_MESSAGES", 1000)
    made, _ = kitchen("Many")
    with pytest.raises(InvalidResultError, match="more than 1000 messages"):
        made.decode(b"\x12\x00" * 2000, what="result")


@pytest.mark.parametrize("name", ["legacy", "edition"])
def test_required_fields_are_missed_by_name(name):
    """A required field that is missing is named with its place."""
    message, value, pointer, missing = {
        "legacy": ("legacy.Order", {"id": "a", "first": {}}, "/first", "sku_number"),
        "edition": ("edition.Thing", {}, "", "needed"),
    }[name]
    with pytest.raises(InvalidParamsError) as caught:
        codec(name, message).encode(value, what="params")
    assert caught.value.details["problems"] == [
        {"pointer": pointer, "message": f"the property {missing!r} is missing"}
    ]


def test_proto2_has_extensions_and_closed_enums():
    """Extensions go by their full name in brackets; a closed enum takes known numbers only."""
    made = codec("legacy", "legacy.Order")
    value = {
        "id": "a",
        "first": {"skuNumber": "1"},
        "level": "LOW",
        "[legacy.note]": "n",
        "[legacy.marks]": [1, 2],
    }
    assert made.decode(made.encode(value, what="params"), what="result") == value
    with pytest.raises(InvalidParamsError, match="a known number of the enum Level"):
        made.encode({**value, "level": 9}, what="params")
    with pytest.raises(InvalidParamsError, match="no property"):
        made.encode({**value, "[legacy.other]": 1}, what="params")


def test_names_of_fields_may_be_anything():
    """Fields may have the names of Python's keywords and of what message classes have themselves."""
    names = [
        "ListFields",
        "SerializeToString",
        "DESCRIPTOR",
        "__class__",
        "class",
        "from",
        "IsInitialized",
        "Extensions",
    ]
    file = file_with()
    add_message(file, "Odd", *((name, "int32") for name in names))
    file.message_type[0].nested_type.add(name="ParseFromString")
    found = Descriptors.from_set(set_of(file), source="x")
    made = Codecs(found).codec(found.find_message("x.Odd"))
    value = dict.fromkeys(names, 7)
    decoded = made.decode(made.encode(value, what="params"), what="result")
    assert sorted(decoded.values()) == [7] * len(names)


def test_params_that_are_no_object_in_json_stand_under_value():
    """A request that is a text in JSON is wrapped, since params and results are objects."""
    found = descriptors("kitchen")
    made = Codecs(found).codec(found.find_message("google.protobuf.StringValue"))
    assert made.wrapped
    assert made.decode(made.encode({"value": "x"}, what="params"), what="result") == {"value": "x"}
    with pytest.raises(InvalidParamsError) as caught:
        made.encode({"value": 1}, what="params")
    assert caught.value.details["problems"][0]["message"] == "expected a string, got 1"
    with pytest.raises(InvalidParamsError, match='just "value"'):
        made.encode("x", what="params")


def test_large_binary_data_is_quick():
    """4 MiB of bytes are converted in a fraction of a second each way."""
    made, _ = kitchen("Scalars", NATIVE)
    blob = bytes(4 * 1024 * 1024)
    begin = time.process_time()  # others may use the machine
    assert made.decode(made.encode({"aBytes": blob}, what="params"), what="result")["aBytes"] == blob
    assert time.process_time() - begin < 2
