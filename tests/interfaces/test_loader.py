"""Interface files: what is refused, where the error points, and that nothing is ever fetched."""

from __future__ import annotations

import contextlib
import copy
import json
import socket
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore.errors import InterfaceError
from hostcore.interfaces import (
    Expectation,
    MetaSchema,
    load_interface,
    parse_interface,
    schemas_folder,
)
from hostcore.protocol import Status

KEY_VALUE: dict[str, Any] = {
    "interface": 1,
    "name": "KeyValue",
    "version": "1.4",
    "description": "A store.",
    "methods": {
        "Put": {
            "params": {
                "type": "object",
                "required": ["key", "value"],
                "properties": {"key": {"$ref": "#/$defs/Key"}, "value": {"x-binary": True, "maxBytes": 8}},
                "additionalProperties": False,
            },
            "result": {"type": "object"},
            "idempotent": True,
            "timeoutMs": 500,
            "examples": [{"params": {"key": "a", "value": {"$bytes": "AQI="}}, "result": {}}],
        },
        "Get": {
            "params": {"type": "object", "required": ["key"], "properties": {"key": {"$ref": "#/$defs/Key"}}},
            "result": {"type": "object", "properties": {"value": {"x-binary": True}}},
            "errors": ["KeyNotFound"],
            "readOnly": True,
            "since": "1.1",
            "examples": [{"params": {"key": "b"}, "error": "KeyNotFound"}],
        },
        "Scan": {
            "params": {"type": "object"},
            "result": {"type": "object"},
            "stream": {"out": {"$ref": "#/$defs/Key"}},
            "deprecated": "use List",
        },
    },
    "errors": {"KeyNotFound": {"code": "NOT_FOUND", "retryable": False, "data": {"$ref": "#/$defs/Key"}}},
    "scenarios": [
        {
            "description": "what was put can be got",
            "steps": [
                {"call": "Put", "params": {"key": "a", "value": {"$bytes": ""}}, "result": {}},
                {"call": "Get", "params": {"key": "a"}, "matches": {"required": ["value"]}},
            ],
        }
    ],
    "$defs": {"Key": {"type": "string", "minLength": 1}},
}


def changed(**places: Any) -> dict[str, Any]:
    """Return the document with values put at JSON pointers; `...` removes."""
    document = copy.deepcopy(KEY_VALUE)
    for pointer, value in places.items():
        *way, last = pointer.split("/")
        at: Any = document
        for part in way:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if value is ...:
            del at[last]
        else:
            at[last] = value
    return document


def refusal(document: Any) -> InterfaceError:
    with pytest.raises(InterfaceError) as caught:
        parse_interface(document, source="f.json")
    return caught.value


def test_a_file_becomes_an_interface():
    """Everything that a file says is in the model, with schemas that stand alone and examples decoded."""
    interface = parse_interface(KEY_VALUE, source="f.json")
    put, get = interface.methods["Put"], interface.methods["Get"]
    assert (
        interface.name,
        str(interface.version),
        list(interface.methods),
    ) == ("KeyValue", "1.4", ["Put", "Get", "Scan"])
    assert {"Key": KEY_VALUE["$defs"]["Key"]} == put.params["$defs"]
    assert (put.idempotent, put.read_only, put.timeout_ms, put.since) == (True, False, 500, None)
    assert (str(get.since), get.errors, get.full_name) == ("1.1", ("KeyNotFound",), "KeyValue.Get")
    assert (
        interface.errors["KeyNotFound"].code,
        interface.errors["KeyNotFound"].retryable,
    ) == ("NOT_FOUND", False)
    assert interface.methods["Scan"].stream.out is not None
    assert interface.methods["Scan"].stream.in_ is None
    example = put.examples[0]
    assert (example.expectation, example.params) == (Expectation.RESULT, {"key": "a", "value": b"\x01\x02"})
    assert [step.method for step in interface.scenarios[0].steps] == ["Put", "Get"]
    assert interface.scenarios[0].steps[0].params["value"] == b""


REMOTE = [
    "http://127.0.0.1:9/x.json",
    "https://example.org/x",
    "file:///etc/passwd",
    "other.json",
    "#/methods/Put/params",
]
BUY = "methods/Put/params"

REFUSED = [
    ({"nmae": "x"}, "#/nmae", "did you mean 'name'?"),
    ({"methods/Put/idempotant": True}, "#/methods/Put/idempotant", "did you mean 'idempotent'?"),
    ({"name": ...}, "#", "What plugins provide"),
    ({"version": "1.4.0"}, "#/version", "MAJOR.MINOR"),
    ({"interface": 2}, "#/interface", ""),
    ({"methods": {}}, "#/methods", ""),
    ({"errors/KeyNotFound/code": "NOTFOUND"}, "#/errors/KeyNotFound/code", "did you mean 'NOT_FOUND'?"),
    ({"methods/Get/errors": ["KeyNotFond"]}, "#/methods/Get/errors/0", "did you mean 'KeyNotFound'?"),
    ({"methods/Get/since": "1.5"}, "#/methods/Get/since", "raise the version"),
    ({f"{BUY}/type": "array"}, f"#/{BUY}", '"type": "object"'),
    ({BUY: True}, f"#/{BUY}", '"type": "object"'),
    ({f"{BUY}/propertys": {}}, f"#/{BUY}/propertys", "did you mean 'properties'?"),
    ({f"{BUY}/properties/note": {"type": "strng"}}, f"#/{BUY}/properties/note/type", "did you mean 'string'?"),
    ({f"{BUY}/properties/note": {"type": ["null", 5]}}, f"#/{BUY}/properties/note/type", "boolean"),
    ({f"{BUY}/properties": []}, f"#/{BUY}/properties", ""),
    ({f"{BUY}/required": "key"}, f"#/{BUY}/required", ""),
    ({f"{BUY}/$defs": {}}, f"#/{BUY}/$defs", "root of the document"),
    ({f"{BUY}/$id": "http://x"}, f"#/{BUY}/$id", "#/$defs/<Name>"),
    ({f"{BUY}/$dynamicRef": "#a"}, f"#/{BUY}/$dynamicRef", "#/$defs/<Name>"),
    ({f"{BUY}/properties/key": {"$ref": "#/$defs/Kye"}}, f"#/{BUY}/properties/key/$ref", "did you mean 'Key'?"),
    ({f"{BUY}/properties/key": {"pattern": "(a)\\1"}}, f"#/{BUY}/properties/key/pattern", "linear engine"),
    ({f"{BUY}/properties/key": {"pattern": "(?=a)b"}}, f"#/{BUY}/properties/key/pattern", "linear engine"),
    ({f"{BUY}/properties/key": {"pattern": "a{1000}{1000}{1000}"}}, f"#/{BUY}/properties/key/pattern", "linear engine"),
    ({f"{BUY}/patternProperties": {"(?<!a)b": {}}}, f"#/{BUY}/patternProperties/(?<!a)b", "linear engine"),
    ({"$defs/Key/pattern": "(?!a)"}, "#/$defs/Key/pattern", "linear engine"),
    ({"$defs/Key/minLength": -1}, "#/$defs/Key/minLength", ""),
    ({"$defs/Key": {"$ref": "#/$defs/Key"}}, "#/$defs/Key", "only below a property"),
    ({"$defs/Key": {"anyOf": [{"not": {"$ref": "#/$defs/Key"}}]}}, "#/$defs/Key", "only below a property"),
    ({"$defs/Key": 5}, "#/$defs/Key", ""),
    ({f"{BUY}/properties/key": {"maxBytes": 5}}, f"#/{BUY}/properties/key/maxBytes", "x-binary"),
    ({f"{BUY}/properties/value/maxBytes": -1}, f"#/{BUY}/properties/value/maxBytes", ""),
    ({f"{BUY}/properties/value/type": "string"}, f"#/{BUY}/properties/value/type", "maxBytes"),
    ({f"{BUY}/properties/value": {"x-binary": False}}, f"#/{BUY}/properties/value/x-binary", "leave it out"),
    ({f"{BUY}/oneOf": [{"properties": {"b": {"x-binary": True}}}]}, f"#/{BUY}/oneOf/0", "leave a property out"),
    ({"methods/Put/examples/0/params/value": {"$bytes": "AQI"}}, "#/methods/Put/examples/0/params/value", "base64"),
    ({"methods/Put/examples/0/params/value": "text"}, "#/methods/Put/examples/0/params/value", ""),
    ({"methods/Put/examples/0/params/key": 5}, "#/methods/Put/examples/0/params/key", ""),
    ({"methods/Put/examples/0/error": "KeyNotFound"}, "#/methods/Put/examples/0", "leave out"),
    ({"methods/Put/examples/0/result": ...}, "#/methods/Put/examples/0", "leave out"),
    ({"methods/Get/examples/0/error": "Other"}, "#/methods/Get/examples/0/error", "errors"),
    ({"methods/Get/examples/0/partial": True}, "#/methods/Get/examples/0", "leave them out"),
    ({"methods/Put/examples/0/items": [1]}, "#/methods/Put/examples/0/items/0", "leave items out"),
    ({"methods/Put/examples/0/ignore": ["a"]}, "#/methods/Put/examples/0/ignore/0", "pointer"),
    ({"scenarios/0/steps/0/call": "Putt"}, "#/scenarios/0/steps/0/call", "did you mean 'Put'?"),
    ({"scenarios/0/steps": []}, "#/scenarios/0/steps", ""),
    *[({f"{BUY}/properties/key": {"$ref": ref}}, f"#/{BUY}/properties/key/$ref", "nothing is ever fetched") for ref in REMOTE],
]  # fmt: skip


@pytest.mark.parametrize(("change", "pointer", "hint"), REFUSED)
def test_what_is_wrong_is_named_with_its_place_and_the_fix(change, pointer, hint):
    """A wrong document raises `InterfaceError` with the JSON pointer of the place and a hint."""
    error = refusal(changed(**change))
    assert f"f.json{pointer}" == error.location
    assert hint in (error.hint or "")
    assert error.message


def test_no_reference_is_ever_fetched(tmp_path, monkeypatch):
    """Neither network nor files are touched for a remote reference, on any of the ways a schema comes in."""
    secret = tmp_path / "secret.json"
    secret.write_text('{"type": "object"}', encoding="utf-8")
    touched: list[str] = []
    armed = [True]

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if armed[0] and (
            event.startswith("socket.") or (event == "open" and str(secret) in str(arguments[0]))
        ):
            touched.append(event)

    sys.addaudithook(watch)  # sees what Python does; the listener below sees what compiled code does
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.json"
        touched.clear()
        monkeypatch.setattr(urllib.request, "urlopen", lambda *_: touched.append("urlopen"))
        for uri in (address, secret.as_uri()):
            for keyword in ("$ref", "$schema", "$id", "$dynamicRef"):
                for document in (
                    changed(**{f"{BUY}/{keyword}": uri}),
                    changed(**{f"$defs/Key/{keyword}": uri}),
                    changed(**{"scenarios/0/steps/1/matches": {keyword: uri}}),
                ):
                    assert refusal(document).hint
            parse_interface(changed(**{"$schema": uri}), source="f.json")
            assert MetaSchema("interface").problems({"$ref": uri})
        assert touched == []
        armed[0] = False
        with pytest.raises(TimeoutError):
            listener.accept()


def test_even_an_unchecked_schema_fetches_nothing(tmp_path):
    """The compiled validators refuse by themselves what the checks of the dialect would refuse before them."""
    from hostcore.interfaces import SchemaValidator  # noqa: PLC0415 - the one test that goes behind the loader

    secret = tmp_path / "secret.json"
    secret.write_text('{"type": "object"}', encoding="utf-8")
    for uri in ("http://127.0.0.1:9/x.json", secret.as_uri()):
        with pytest.raises(ValueError, match="nothing is ever fetched"):
            SchemaValidator({"$ref": uri})


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"properties": {"a": schema}}
    return {"type": "object", **schema}


def chain(length: int, times: int) -> dict[str, Any]:
    """Return definitions of which each refers `times` times to the next."""
    step = {f"D{i}": {"allOf": [{"$ref": f"#/$defs/D{i + 1}"}] * times} for i in range(length)}
    return {**step, f"D{length}": {"type": "string"}}


HOSTILE = {
    "deep": {BUY: nested(40)},
    "very deep": {BUY: nested(5000)},
    "deep value": {f"{BUY}/properties/key": {"const": json.loads("[" * 500 + "]" * 500)}},
    "doubling": {"$defs": {**chain(60, 2), "Key": {"$ref": "#/$defs/D0"}}},
    "doubling by levels": {
        "$defs": {
            **{f"D{i}": {"properties": {"a": {"$ref": f"#/$defs/D{i + 1}"}, "b": {"$ref": f"#/$defs/D{i + 1}"}}} for i in range(60)},
            "D60": {},
            "Key": {"$ref": "#/$defs/D0"},
        }
    },
    "many definitions": {"$defs": {**chain(5000, 1), "Key": {}}},
    "a circle": {"$defs": {"Key": {"$ref": "#/$defs/B"}, "B": {"allOf": [{"if": {"$ref": "#/$defs/Key"}}]}}},
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_schema_is_refused_at_once(name):
    """Depth, doubling references and circles end in an error, not in a crash, a hang or a full memory."""
    assert refusal(changed(**HOSTILE[name])).message


def test_a_long_but_legal_chain_of_definitions_is_accepted():
    """The bound on definitions lies well below what the walks and the compiled validators can do."""
    document = changed(**{"$defs": {**chain(190, 1), "Key": {"$ref": "#/$defs/D0"}}})
    del document["methods"]["Put"]["examples"], document["methods"]["Get"]["examples"], document["scenarios"]
    assert parse_interface(document, source="f.json").methods


def test_recursive_schemas_are_accepted():
    """A definition may refer to itself below a property or an item."""
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
    }
    document = changed(**{"$defs/Tree": tree, "methods/Scan/result": {"$ref": "#/$defs/Tree"}})
    assert "Tree" in parse_interface(document, source="f.json").methods["Scan"].result["$defs"]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("{", ":1", "no JSON"),
        ('{\n"a": 1,\n}', ":3", "no JSON"),
        ('{"a": 1, "a": 2}', "", "stands twice"),
        ('{"a": NaN}', "", "NaN"),
        ("[" * 100_000, "", "nested too deeply"),
        ("[]", "#", "must be a table"),
        ('"' + "x" * 1024 * 1024 + '"', "", "larger than"),
    ],
)
def test_a_file_that_is_no_proper_json_is_refused(tmp_path, text, place, message):
    """Syntax errors name the line; duplicate keys, NaN, depth and size are refused."""
    path = tmp_path / "Any.v1.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InterfaceError, match=message) as caught:
        load_interface(path)
    assert caught.value.location == f"{path}{place}"


def test_a_file_that_cannot_be_read_or_is_misnamed_is_refused(tmp_path):
    """Missing files, other encodings and a file name that says something else raise with the path."""
    with pytest.raises(InterfaceError, match="cannot be read"):
        load_interface(tmp_path / "None.v1.json")
    (tmp_path / "A.v1.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InterfaceError, match="not UTF-8"):
        load_interface(tmp_path / "A.v1.json")
    path = tmp_path / "KeyValue.v2.json"
    path.write_text(json.dumps(KEY_VALUE), encoding="utf-8")
    with pytest.raises(InterfaceError, match="its name says otherwise") as caught:
        load_interface(path)
    assert "KeyValue.v1.json" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "path", sorted((schemas_folder() / "interfaces").glob("*.json")), ids=lambda path: path.name
)
def test_every_shipped_interface_file_loads(path):
    """What the project ships passes its own checks, with its examples."""
    assert path.name.startswith(load_interface(path).name)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "$ref",
                    "$defs",
                    "x-binary",
                    "anyOf",
                    "methods",
                    "enum",
                    "a",
                    "params",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(
    value=json_values,
    place=st.sampled_from(
        ["methods", "methods/Put", BUY, "$defs", "$defs/Key", "errors", "scenarios", "methods/Put/examples"]
    ),
)
def test_any_document_is_read_or_refused(value, place):
    """Whatever stands in a file, nothing but `InterfaceError` comes out."""
    with contextlib.suppress(InterfaceError):
        assert parse_interface(changed(**{place: value}), source="f.json").methods


def test_the_meta_schema_describes_every_property():
    """Editors show a text for each key: every property in every meta-schema has a description."""

    def without_description(schema: Any, path: str) -> list[str]:
        found: list[str] = []
        if isinstance(schema, dict):
            for name, inner in (
                schema.get("properties", {}).items() if isinstance(schema.get("properties"), dict) else ()
            ):
                if not inner.get("description"):
                    found.append(f"{path}/{name}")
            for key, inner in schema.items():
                found += without_description(inner, f"{path}/{key}")
        elif isinstance(schema, list):
            for index, inner in enumerate(schema):
                found += without_description(inner, f"{path}/{index}")
        return found

    files = sorted(Path(schemas_folder() / "meta").glob("*.schema.json"))
    assert [path.name.partition(".")[0] for path in files] == ["config", "interface", "lock", "manifest"]
    assert [
        place
        for path in files
        for place in without_description(json.loads(path.read_text("utf-8")), path.name)
    ] == []


def test_the_example_in_the_docs_loads_and_every_key_is_explained():
    """The example of the reference page is real, and each key of the file format stands there."""
    page = (Path(__file__).parents[2] / "docs/reference/interface-files.md").read_text(encoding="utf-8")
    example = json.loads(page.split("```json\n")[1].partition("```")[0])
    assert parse_interface(example, source="docs").name == "KeyValue"
    meta = MetaSchema("interface").document
    groups = [meta, *meta["$defs"].values(), meta["$defs"]["method"]["properties"]["stream"]]
    keys = [name for group in groups for name in group["properties"]]
    assert [key for key in keys if f"`{key}`" not in page and f"`stream.{key}`" not in page] == []


def test_error_codes_are_those_of_the_protocol():
    """The codes that a file may name are exactly the runtime codes of the protocol."""
    codes = MetaSchema("interface").document["$defs"]["error"]["properties"]["code"]["enum"]
    assert codes == [status.name for status in Status if status > 0]
