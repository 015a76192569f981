"""Interface files bound to gRPC services: names, streams, errors, and what does not fit."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from methods_support import PROTOS, add_message, add_service, descriptors, file_with, set_of

from hostcore.errors import InvalidParamsError, InvalidResultError, ManifestError
from hostcore.interfaces import Interface, MethodValidator, load_interface, parse_interface
from hostcore_grpc.methods import (
    BoundInterface,
    Descriptors,
    DetailsReader,
    KnownMessages,
    Received,
    Services,
    bind_interface,
    read_bindings,
)
from hostcore_grpc.methods._shapes import Renaming

ROOT = Path(__file__).parents[3]
KNOWN = KnownMessages()
KV = descriptors("kv")


def bound(toml: str, interface: Interface, found: Descriptors) -> BoundInterface:
    bindings = read_bindings(tomllib.loads(toml)["grpc"]["bind"], source="plugin.toml")
    return bind_interface(
        bindings[interface.name],
        interface=interface,
        services=Services(found),
        descriptors=found,
        known=KNOWN,
    )


def key_value() -> BoundInterface:
    manifest = ROOT / "plugins/kv-go/plugin.toml"
    return bound(manifest.read_text(), load_interface(ROOT / "schemas/interfaces/KeyValue.v1.json"), KV)


def message(name: str, **fields):
    return KV.message_class(f"kv.v1.{name}")(**fields)


def details(*messages) -> bytes:
    """A serialized google.rpc.Status with messages as its details."""
    packed = [
        {"type_url": f"type.googleapis.com/{item.DESCRIPTOR.full_name}", "value": item.SerializeToString()}
        for item in messages
    ]
    return KNOWN.status(code=5, details=packed).SerializeToString()


def test_the_binding_of_the_go_plugin_fits():
    """The manifest of kv-go binds all methods of KeyValue, and its messages say what the interface says."""
    made = key_value()
    assert made.service == "kv.v1.KV"
    assert {name: method.path for name, method in made.methods.items()} == {
        name: f"/kv.v1.KV/{name}" for name in ("Get", "Put", "PutMany", "Delete", "List", "Stats")
    }
    assert (PROTOS / "kv.proto").read_text() == (ROOT / "plugins/kv-go/proto/kv.proto").read_text()


def test_names_are_moved_in_and_out_of_messages():
    """A property may stand within a message of the request or the answer, and go by another name."""
    made = key_value()
    sent = made.methods["Put"].encode_params({"key": "a", "value": "b", "ifRevision": 0})
    expected = message("PutRequest", pair={"key": "a", "value": "b"}, expected_revision=0)
    assert message("PutRequest").FromString(sent) == expected
    answer = message("GetReply", entry={"key": "a", "value": "b", "revision": 2**53 + 1})
    assert made.methods["Get"].decode(answer.SerializeToString()) == Received(
        value={"value": "b", "revision": 2**53 + 1}, is_result=True
    )


def test_what_has_its_default_is_there():
    """A result that is false, 0 or empty has its property: on the wire it has not."""
    made = key_value()
    assert made.methods["Delete"].decode(b"").value == {"deleted": False}
    assert made.methods["Stats"].decode(b"").value == {"keys": 0, "bytes": 0, "revision": 0}


def test_results_fit_the_interface():
    """What is decoded passes the interface's own check, so that this provider is like any other."""
    made = key_value()
    answer = message("GetReply", entry={"key": "a", "value": "", "revision": 1}).SerializeToString()
    MethodValidator(made.interface.methods["Get"]).check_result(made.methods["Get"].decode(answer).value)


def test_a_stream_ends_with_its_result():
    """Items are told from the result by the field that is set; an answer with neither is the plugin's fault."""
    method = key_value().methods["List"]
    entry = message("ListReply", entry={"key": "a", "revision": 1}).SerializeToString()
    end = message("ListReply", end={"count": 0}).SerializeToString()
    assert method.decode(entry) == Received(value={"key": "a", "revision": 1})
    assert method.decode(end) == Received(value={"count": 0}, is_result=True)
    with pytest.raises(InvalidResultError, match="neither 'entry' nor a result"):
        method.decode(b"")
    with pytest.raises(InvalidResultError, match="ended without 'end'"):
        method.final_result(3)


def test_the_callers_stream_is_items():
    """Each item that the caller sends is a message of its own."""
    method = key_value().methods["PutMany"]
    assert (method.client_streaming, method.server_streaming) == (True, False)
    assert method.encode_item({"key": "a", "value": "b"}) == b"\x0a\x01a\x12\x01b"


def test_a_detail_of_the_errors_name_is_the_error():
    """A detail whose message has the name of a declared error is that error, with its data."""
    made = key_value()
    error = made.error("Get", 5, "no such key", details(message("KeyNotFound", key="x")))
    assert (error.name, error.status, error.data, error.retryable) == ("KeyNotFound", 5, {"key": "x"}, False)
    assert error.message == "no such key"
    conflict = made.error("Put", 9, "conflict", details(message("RevisionConflict", revision=0)))
    assert (conflict.name, conflict.data) == ("RevisionConflict", {"revision": 0})


@pytest.mark.parametrize("reason", ["KeyNotFound", "KEY_NOT_FOUND", "key_not_found"])
def test_a_reason_is_the_error(reason):
    """An ErrorInfo whose reason is the name of a declared error is that error; its metadata is the data."""
    info = KNOWN.error_info(reason=reason, metadata=[{"key": "key", "value": "x"}])
    error = key_value().error("Get", 5, "m", details(info))
    assert (error.name, error.data) == ("KeyNotFound", {"key": "x"})


def test_texts_of_a_reason_become_what_the_interface_declares():
    """Metadata are texts; a number in them becomes the number that the interface wants, or no data at all."""
    made = key_value()
    info = KNOWN.error_info(reason="REVISION_CONFLICT", metadata=[{"key": "revision", "value": "7"}])
    assert made.error("Put", 9, "m", details(info)).data == {"revision": 7}
    info.metadata[0].value = "seven"
    assert made.error("Put", 9, "m", details(info)).data is None


def test_a_status_is_the_error_if_only_one_has_it():
    """Without details the status decides, among the errors that the method declares."""
    made = key_value()
    assert made.error("Get", 5, "m", None).name == "KeyNotFound"
    assert made.error("Put", 5, "m", None).name is None
    assert made.error("Get", 13, "m", None).name is None


def test_an_error_that_asks_for_patience_is_retryable():
    """A RetryInfo among the details says that the call may succeed later, whatever the interface says."""
    wait = KNOWN.retry_info(retry_delay={"seconds": 1})
    assert key_value().error("Get", 5, "m", details(message("KeyNotFound", key="x"), wait)).retryable is True


def test_details_of_unbound_methods_are_data():
    """Where no interface file says more, all details are shown, those of unknown messages as bytes."""
    reader = DetailsReader(KV, KNOWN)
    raw = KNOWN.status(details=[{"type_url": "x/who.Knows", "value": b"abc"}]).SerializeToString()
    info = KNOWN.error_info(reason="R", domain="d", metadata=[{"key": "k", "value": "v"}])
    wait = KNOWN.retry_info(retry_delay={"seconds": 1})
    error = reader.error(5, "m", details(message("KeyNotFound", key="x"), info, wait))
    assert error.data == {
        "details": [
            {"@type": "kv.v1.KeyNotFound", "key": "x"},
            {"@type": "google.rpc.ErrorInfo", "reason": "R", "domain": "d", "metadata": {"k": "v"}},
            {"@type": "google.rpc.RetryInfo", "retryDelay": "1s"},
        ]
    }
    assert error.retryable is True
    assert reader.error(5, "m", raw).data == {"details": [{"@type": "who.Knows", "value": "YWJj"}]}
    for nothing in (None, b"", b"\xff\xff"):
        plain = reader.error(5, "m", nothing)
        assert (plain.data, plain.retryable, plain.status) == (None, None, 5)


FILE = file_with(package="p")
add_message(
    FILE,
    "Request",
    ("name", "string"),
    ("data", "bytes"),
    ("size", "int64"),
    ("ratio", "double"),
    ("created_at", "string"),
)
add_message(FILE, "Inner", ("deep", "string"))
add_message(
    FILE, "Reply", ("name", "string"), ("data", "bytes"), ("inner", ".p.Inner"), ("created_at", "string")
)
add_service(
    FILE,
    "Things",
    ("Do", ".p.Request", ".p.Reply"),
    ("Watch", ".p.Request", ".p.Reply"),
    ("Other", ".p.Inner", ".p.Inner"),
)
FILE.service[0].method[1].server_streaming = True
THINGS = Descriptors.from_set(set_of(FILE), source="x")
OPEN = {"type": "object"}


def thing(params=None, result=None, **more) -> Interface:
    method = {
        "params": {"type": "object", "properties": params or {}},
        "result": {"type": "object", "properties": result or {}, "required": list(result or {})},
        **more,
    }
    return parse_interface(
        {"interface": 1, "name": "Thing", "version": "1.0", "methods": {"Do": method}}, source="Thing.json"
    )


TEXT = {"type": "string"}
BINARY = {"x-binary": True}
BIND = '[grpc.bind.Thing]\nservice = "p.Things"\n'


def test_binary_fields_are_bytes():
    """A binary field of the interface is bytes in the message, without base64 in between."""
    method = bound(BIND, thing({"data": BINARY}, {"data": BINARY}), THINGS).methods["Do"]
    assert method.encode_params({"data": b"\x00\xff"}) == b"\x12\x02\x00\xff"
    assert method.decode(b"\x12\x02\x00\xff").value == {"data": b"\x00\xff"}


def test_both_spellings_of_a_field_are_equal():
    """`created_at` and `createdAt` of an interface mean the same field, with no line in the manifest."""
    for name in ("created_at", "createdAt"):
        method = bound(BIND, thing({name: TEXT}, {name: TEXT}), THINGS).methods["Do"]
        assert method.encode_params({name: "x"}) == b"\x2a\x01x"
        assert method.decode(b"\x22\x01x").value == {name: "x"}


def test_a_moved_property_replaces_one_of_its_name():
    """A field that is mapped to a property wins over another field that has this name by chance."""
    toml = BIND + 'methods.Do.result = { name = "inner.deep" }\n'
    method = bound(toml, thing({}, {"name": TEXT}), THINGS).methods["Do"]
    assert method.decode(b"\x0a\x01n\x1a\x03\x0a\x01d").value == {"name": "d"}


def test_items_can_be_counted():
    """The result of a stream can be the number of its items, where the service sends none."""
    toml = BIND + '[grpc.bind.Thing.methods.Do]\nmethod = "Watch"\ncount = "count"\n'
    interface = thing({}, {"count": {"type": "integer"}}, stream={"out": OPEN})
    method = bound(toml, interface, THINGS).methods["Do"]
    assert not method.decode(b"\x0a\x01n").is_result
    assert method.final_result(7) == {"count": 7}


def test_what_the_interface_does_not_declare_is_left_out():
    """A result has only what the interface declares, unless it says that anything may come."""
    method = bound(BIND, thing({}, {"name": TEXT}), THINGS).methods["Do"]
    assert method.decode(b"\x0a\x01n\x12\x01d").value == {"name": "n"}


def test_params_that_do_not_fit_are_told_by_method():
    """A value that the message cannot hold is an error of the caller that names the interface's method."""
    method = bound(BIND, thing({"size": {"type": "integer"}}), THINGS).methods["Do"]
    with pytest.raises(InvalidParamsError) as caught:
        method.encode_params({"size": 2**63})
    assert caught.value.location == "Thing.Do params /size"


# A binding, an interface, the key in the message, and words of it.
MISFITS = [
    ('[grpc.bind.Thing]\nservice = "p.Thinks"', thing(), "service", "no service 'p.Thinks'"),
    (BIND + "methods.Done = {}", thing(), "methods.Done", "declares no 'Done'"),
    (BIND + "errors.Lost = {}", thing(), "errors.Lost", "declares no 'Lost'"),
    (BIND + 'methods.Do.method = "Dont"', thing(), "methods.Do.method", "no method 'Dont'"),
    (BIND + 'methods.Do.method = "Watch"', thing(), "methods.Do", "by the service the plugin sends a stream"),
    (BIND, thing(stream={"in": OPEN}), "methods.Do", "by the interface the caller sends a stream"),
    (BIND, thing({"nome": TEXT}), "methods.Do.params", "p.Request has no field 'nome'"),
    (BIND, thing({}, {"nome": TEXT}), "methods.Do.result", "p.Reply has no field 'nome'"),
    (BIND, thing({"data": TEXT}), "methods.Do.params.data", "wants string, the field p.Request.data holds binary"),
    (BIND, thing({"name": BINARY}), "methods.Do.params.name", "wants binary"),
    (BIND, thing({"ratio": {"type": "integer"}}), "methods.Do.params.ratio", "wants integer"),
    (BIND, thing({}, {"inner": {"type": "array"}}), "methods.Do.result.inner", "holds object"),
    (BIND + 'methods.Do.params = { title = "name" }', thing(), "methods.Do.params", "no property 'title'"),
    (BIND + 'methods.Do.params = { name = "size.x" }', thing({"name": TEXT}), "methods.Do.params", "no field 'size.x'"),
    (BIND + 'methods.Do.method = "Watch"', thing({}, {"n": TEXT}, stream={"out": OPEN}), "methods.Do", "nothing gives the property 'n'"),
    (BIND + 'methods.Do = { method = "Watch", stream = { out = "name" } }', thing(stream={"out": OPEN}), "methods.Do.stream.out", "holds no message"),
    (BIND + 'methods.Do = { method = "Watch", stream = { out = "iner" } }', thing(stream={"out": OPEN}), "methods.Do.stream.out", "no field 'iner'"),
    (BIND + 'methods.Do = { method = "Watch", count = "n" }', thing(stream={"out": OPEN}), "methods.Do.count", "no property 'n'"),
]  # fmt: skip


@pytest.mark.parametrize(("toml", "interface", "key", "words"), MISFITS)
def test_what_does_not_fit_is_told_with_its_key(toml, interface, key, words):
    """A binding that cannot work is refused when the plugin is loaded, with the key of the manifest."""
    with pytest.raises(ManifestError) as caught:
        bound(toml, interface, THINGS)
    assert words in caught.value.message
    assert caught.value.location == f"plugin.toml: grpc.bind.Thing.{key}"


def test_all_misfits_are_listed():
    """The error names the first problem, and its details name all of them."""
    with pytest.raises(ManifestError, match=r"\(and 1 more\)") as caught:
        bound(BIND, thing({"one": TEXT, "two": TEXT}), THINGS)
    assert len(caught.value.details["problems"]) == 2


MISWRITTEN = [
    ("bind = 5", "grpc.bind", "must be a table"),
    ("bind.Thing = 5", "grpc.bind.Thing", "must be a table"),
    ("bind.Thing = {}", "grpc.bind.Thing", "'service' is missing"),
    ("bind.Thing.service = 5", "grpc.bind.Thing.service", "must be a name"),
    ('bind.Thing = { servise = "x" }', "grpc.bind.Thing.servise", "not known"),
    ('bind.Thing = { service = "x", methods = 1 }', "grpc.bind.Thing.methods", "must be a table"),
    ('bind.Thing = { service = "x", methods.Do.parms = {} }', "grpc.bind.Thing.methods.Do.parms", "not known"),
    ('bind.Thing = { service = "x", methods.Do.params.a = 1 }', "grpc.bind.Thing.methods.Do.params.a", "name of a field"),
    ('bind.Thing = { service = "x", methods.Do.params.a = "b..c" }', "grpc.bind.Thing.methods.Do.params.a", "no path"),
    ('bind.Thing = { service = "x", methods.Do.params = { a = "x", b = "x" } }', "grpc.bind.Thing.methods.Do.params", "named twice"),
    ('bind.Thing = { service = "x", methods.Do.params = { a = "x", "a.b" = "y" } }', "grpc.bind.Thing.methods.Do.params", "named twice"),
    ('bind.Thing = { service = "x", methods.Do = { count = "n", stream.result = "end" } }', "grpc.bind.Thing.methods.Do.count", "counted and sent"),
    ('bind.Thing = { service = "x", methods.Do.stream.outt = "x" }', "grpc.bind.Thing.methods.Do.stream.outt", "not known"),
    ('bind.Thing = { service = "x", errors.E.code = "x" }', "grpc.bind.Thing.errors.E.code", "not known"),
]  # fmt: skip


@pytest.mark.parametrize(("toml", "key", "words"), MISWRITTEN)
def test_a_miswritten_binding_is_told_with_its_key(toml, key, words):
    """What is wrong in the table itself is told with file and key."""
    with pytest.raises(ManifestError, match=words) as caught:
        read_bindings(tomllib.loads(toml)["bind"], source="plugin.toml")
    assert caught.value.location == f"plugin.toml: {key}"


def test_errors_are_bound_by_other_names():
    """The manifest can say by which message, reason or status an error is known, and rename its data."""
    interface = parse_interface(
        {
            "interface": 1,
            "name": "Thing",
            "version": "1.0",
            "methods": {"Do": {"params": OPEN, "result": OPEN, "errors": ["Gone", "Busy"]}},
            "errors": {
                "Gone": {
                    "code": "NOT_FOUND",
                    "data": {"type": "object", "required": ["what"], "properties": {"what": TEXT}},
                },
                "Busy": {"code": "UNAVAILABLE", "retryable": True},
            },
        },
        source="Thing.json",
    )
    toml = BIND + (
        'errors.Gone = { detail = "p.Inner", data = { what = "deep" } }\n'
        'errors.Busy = { status = "RESOURCE_EXHAUSTED", reason = "COME_BACK" }\n'
    )
    made = bound(toml, interface, THINGS)
    gone = made.error("Do", 5, "m", details(THINGS.message_class("p.Inner")(deep="x")))
    assert (gone.name, gone.data) == ("Gone", {"what": "x"})
    busy = made.error("Do", 8, "m", None)
    assert (busy.name, busy.retryable) == ("Busy", True)
    assert made.error("Do", 14, "m", details(KNOWN.error_info(reason="COME_BACK"))).name == "Busy"
    assert made.error("Do", 14, "m", None).name is None
    for wrong, words in (('status = "NO_SUCH"', "no status"), ('detail = "p.No"', "no message 'p.No'")):
        with pytest.raises(ManifestError, match=words):
            bound(BIND + f"errors.Gone = {{ {wrong} }}", interface, THINGS)


def test_renaming_and_back_is_nothing():
    """A renaming undone gives the object back, and never changes what it was given."""
    names = Renaming({("a",): ("x", "y"), ("b", "c"): ("z",)})
    value = {"a": 1, "b": {"c": 2, "d": 3}, "e": 4}
    assert names.apply(value) == {"x": {"y": 1}, "z": 2, "b": {"d": 3}, "e": 4}
    assert names.reversed.apply(names.apply(value)) == value
    assert value == {"a": 1, "b": {"c": 2, "d": 3}, "e": 4}
    assert names.apply({"e": 4}) == {"e": 4}
    assert names.apply({"b": 5}) == {"b": 5}
    assert names.apply(5) == 5
    with pytest.raises(ValueError, match="'z' stands for two things"):
        names.apply({"z": 0, "b": {"c": 1}})
    with pytest.raises(ValueError, match="'x' stands for two things"):
        names.apply({"x": 0, "a": 1})
