"""Services as interfaces: names, schemas, what is refused, and the bounds on hostile descriptors."""

from __future__ import annotations

import time

import pytest
from google.protobuf import descriptor_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from methods_support import add_message, add_service, descriptors, file_with, files_of, services, set_of

from hostcore.errors import InterfaceError, InvalidParamsError
from hostcore.interfaces import Interface, MethodValidator
from hostcore_grpc.methods import Descriptors, Services
from hostcore_grpc.methods import _scan as scan

KITCHEN = services("kitchen")


def interface(name: str = "kitchen", service: str = "Kitchen") -> Interface:
    found = services(name).find_service(service)
    assert found is not None
    return found.interface


def definition(name: str):
    return interface().document["$defs"][name]


def problem_of(method: str, params) -> str:
    with pytest.raises(InvalidParamsError) as caught:
        MethodValidator(interface().methods[method]).check_params(params)
    return str(caught.value)


def test_a_service_is_an_interface():
    """Name, version, comments and methods of a service are those of an interface that the host reads as any other."""
    made = interface()
    assert (made.name, str(made.version), made.description) == ("Kitchen", "2.0", "Cooks.")
    assert list(made.methods) == [
        "Echo", "EchoScalars", "EchoChoice", "Watch", "Upload", "Chat", "Old", "Length", "Query",
    ]  # fmt: skip
    assert made.methods["Echo"].description == "Give back what came."
    assert made.methods["Echo"].full_name == "Kitchen.Echo"


def test_methods_are_found_by_both_names():
    """A method goes by the short and by the full name of its service, and says what gRPC calls it."""
    short, full = KITCHEN.find_method("Kitchen.Echo"), KITCHEN.find_method("kitchen.v2.Kitchen.Echo")
    assert short is full
    assert short.path == "/kitchen.v2.Kitchen/Echo"
    assert KITCHEN.find_method("Kitchen.Nope") is None
    assert KITCHEN.find_method("Nope.Echo") is None
    assert list(KITCHEN.interfaces()) == ["Kitchen", "kitchen.v2.Kitchen"]
    assert KITCHEN.interfaces()["kitchen.v2.Kitchen"].methods["Echo"].full_name == "kitchen.v2.Kitchen.Echo"


def test_equal_short_names_are_not_used():
    """Of two services with one short name both go by their full ones; a third keeps its short one."""
    files = [*files_of("kitchen").values(), *files_of("twins").values()]
    made = Services(Descriptors(files, source="x"))
    assert [service.name for service in made.services.values()] == [
        "kitchen.v2.Kitchen",
        "twins.Kitchen",
        "Single",
    ]
    assert made.find_service("Kitchen") is None
    assert made.find_method("twins.Kitchen.Cook").path == "/twins.Kitchen/Cook"


def test_infrastructure_is_not_shown():
    """Health, reflection and go-plugin's own services are no methods of the plugin."""
    files = []
    names = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "plugin.GRPCBroker",
        "plugin.Own",
    ]
    for number, name in enumerate(names):
        package, _, service = name.rpartition(".")
        file = file_with(f"{number}.proto", package)
        add_message(file, f"M{number}")
        add_service(file, service, ("Do", f".{package}.M{number}", f".{package}.M{number}"))
        files.append(file)
    assert list(Services(Descriptors.from_set(set_of(*files), source="x")).services) == ["plugin.Own"]


def test_streams_are_streams():
    """What streams is the items; the params of a caller's stream and the result of a plugin's are empty objects."""
    methods = interface().methods
    empty = {"type": "object", "additionalProperties": False}
    assert (methods["Echo"].stream.in_, methods["Echo"].stream.out) == (None, None)
    watch, upload, chat = methods["Watch"], methods["Upload"], methods["Chat"]
    assert (watch.params["x-message"], watch.stream.out["x-message"]) == (
        "kitchen.v2.Tree",
        "kitchen.v2.Scalars",
    )
    assert (watch.stream.in_, dict(watch.result)) == (None, empty)
    assert (dict(upload.params), upload.stream.in_["x-message"]) == (empty, "kitchen.v2.Scalars")
    assert (upload.result["x-message"], upload.stream.out) == ("kitchen.v2.Many", None)
    assert (dict(chat.params), dict(chat.result)) == (empty, empty)
    assert (chat.stream.in_["x-message"], chat.stream.out["x-message"]) == (
        "kitchen.v2.Scalars",
        "kitchen.v2.Tree",
    )
    shape = KITCHEN.find_method("Kitchen.Watch")
    assert (shape.client_streaming, shape.server_streaming) == (False, True)
    assert shape.decode(shape.response.encode({"aBool": True}, what="x")).value == {"aBool": True}
    assert not shape.decode(b"").is_result
    assert shape.final_result(3) == {}


def test_options_are_facts_of_the_method():
    """Idempotency and deprecation, as the .proto file says them, are what the interface says."""
    methods = interface().methods
    assert [
        (methods[name].idempotent, methods[name].read_only) for name in ("Echo", "EchoChoice", "EchoScalars")
    ] == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert methods["Old"].deprecated == "The plugin marks this method as deprecated."
    assert methods["Echo"].deprecated is None
    assert definition("Scalars")["properties"]["old"]["deprecated"] is True


def test_schemas_follow_the_mapping():
    """Each kind of field has the schema of its form in JSON, with the comment as its description."""
    scalars, many, known = (definition(name)["properties"] for name in ("Scalars", "Many", "Known"))
    assert scalars["anInt32"] == {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
    assert scalars["anInt64"]["type"] == ["string", "integer"]
    assert (scalars["aUint64"]["minimum"], scalars["aUint64"]["maximum"]) == (0, 2**64 - 1)
    assert scalars["aDouble"] == {"type": ["number", "string"]}
    assert scalars["aBytes"] == {
        "type": "string",
        "contentEncoding": "base64",
        "description": "Written as base64.",
    }
    assert scalars["otherName"] == {"type": "string"}
    assert scalars["spice"] == {"$ref": "#/$defs/Spice"}
    assert definition("Spice")["anyOf"][0] == {"enum": ["SPICE_UNSPECIFIED", "MILD", "HOT"], "x-open": True}
    assert definition("Spice")["description"] == "How spicy a dish is.\nMILD: Nobody complains."
    assert many["rows"] == {"type": "array", "items": {"$ref": "#/$defs/Scalars"}}
    assert many["byNumber"]["additionalProperties"] == {"$ref": "#/$defs/Scalars"}
    assert many["byTruth"]["propertyNames"] == {"enum": ["true", "false"]}
    assert known["at"] == {"type": "string", "format": "date-time"}
    assert (known["facts"], known["anything"], known["items"]) == ({"type": "object"}, {}, {"type": "array"})
    assert known["int32Value"]["type"] == ["integer", "null"]
    assert known["empty"] == {"$ref": "#/$defs/google_protobuf_Empty"}
    assert definition("Tree_Branch")["properties"]["tree"] == {"$ref": "#/$defs/Tree"}


def test_the_host_checks_by_these_schemas():
    """The host's own validation takes what the conversion takes, and names what it does not."""
    check = MethodValidator(interface().methods["Echo"]).check_params
    check({})
    check({"scalars": {"anInt64": "5", "aDouble": "NaN", "spice": "HOT", "a_string": "by its other name"}})
    check(
        {
            "scalars": {"spice": 77},
            "known": {"anything": None, "int32Value": None, "any": {"@type": "x/y", "z": 1}},
        }
    )
    check({"tree": {"children": [{"branch": {"tree": {"label": "leaf"}}}]}})
    assert "/aBytes" in problem_of("EchoScalars", {"aBytes": 5})
    assert "did you mean 'aString'" in problem_of("EchoScalars", {"aStrin": ""})
    assert "/spice" in problem_of("EchoScalars", {"spice": True})


def test_a_choice_is_one_of_its_members():
    """At most one member of a oneof can be set; none is fine, and the members are named for forms."""
    check = MethodValidator(interface().methods["EchoChoice"]).check_params
    for fine in ({}, {"name": ""}, {"number": 1}, {"nothing": None}):
        check(fine)
    assert "EchoChoice params" in problem_of("EchoChoice", {"name": "", "number": 1})
    assert interface().methods["EchoChoice"].params["x-oneof"] == {
        "pick": ["name", "number", "scalars", "nothing"]
    }


def test_what_is_no_object_is_wrapped():
    """Params and results that JSON writes as a text stand under "value"; Struct and Any are objects themselves."""
    methods = interface().methods
    assert methods["Length"].params["properties"]["value"]["type"] == ["string", "null"]
    assert methods["Length"].result["required"] == ["value"]
    assert dict(methods["Query"].params) == {"type": "object"}
    assert methods["Query"].result["properties"].keys() == {"@type"}


def test_groups_are_refused():
    """A method that reaches a group at any depth is refused with a word why; a service of such methods, too."""
    made = services("legacy")
    assert list(made.find_service("Orders").methods) == ["Place"]
    assert set(made.refused) == {
        "legacy.Orders.Old",
        "legacy.Orders.Older",
        "legacy.OnlyGroups.Old",
        "legacy.OnlyGroups",
    }
    assert made.refused["legacy.Orders.Older"] == (
        "the field legacy.Grouped.part is a group, which JSON has no form for"
    )
    assert "edition.Things.Wrap" in services("edition").refused


def test_required_fields_are_required():
    """The required fields of proto2, and those of editions that are so, are required properties."""
    order = interface("legacy", "Orders").methods["Place"].params
    assert order["required"] == ["id", "first"]
    assert order["$defs"]["Level"] == {"enum": ["LOW", "HIGH", 1, 2]}
    assert interface("edition", "Things").methods["Make"].params["required"] == ["needed"]


def test_long_names_and_equal_ones_are_told_apart():
    """Definitions have names that interface files allow, whatever the messages are called."""
    file = file_with(package="p")
    long = "L" * 300
    add_message(file, long)
    add_message(file, long + "X")
    add_message(file, "_odd")
    add_message(file, "All", ("a", f".p.{long}"), ("b", f".p.{long}X"), ("c", ".p._odd"))
    add_service(file, "S", ("Do", ".p.All", ".p.All"), ("_hidden", ".p.All", ".p.All"))
    made = Services(Descriptors.from_set(set_of(file), source="x"))
    assert list(made.find_service("S").interface.document["$defs"]) == ["L" * 56, "L" * 56 + "_2", "M_odd"]
    assert made.refused == {"p.S._hidden": "its name cannot be that of a method"}


def chain(length: int, width: int, methods: int = 1) -> Descriptors:
    """Messages of which each has several fields of the next one: written out, they double with each level."""
    file = file_with(package="p")
    for number in range(length):
        fields = [(f"f{index}", f".p.M{number + 1}") for index in range(width)]
        add_message(file, f"M{number}", *fields)
    add_message(file, f"M{length}", ("end", "string"))
    add_service(file, "S", *((f"Do{number}", ".p.M0", f".p.M{number % length}") for number in range(methods)))
    return Descriptors.from_set(set_of(file), source="x")


@pytest.mark.parametrize(
    ("length", "width", "methods"), [(2, 400, 1), (60, 3, 5), (900, 1, 3), (170, 1, 300)]
)
def test_huge_messages_are_cut_not_refused(length, width, methods):
    """Schemas stay within the host's limits by leaving out deep levels; calls with deep values work all the same."""
    begin = time.process_time()
    made = Services(chain(length, width, methods)).find_service("S")
    assert made is not None
    validator = MethodValidator(made.interface.methods["Do0"])
    value = {"f0": {"f0": {}}}
    validator.check_params(value)
    assert made.methods["Do0"].encode_params(value) == b"\x0a\x02\x0a\x00"
    assert time.process_time() - begin < 10


def test_a_message_with_very_many_fields_is_described_as_an_object():
    """A message too large to be written out is an object of which only the conversion knows more."""
    file = file_with(package="p")
    add_message(file, "Wide", *((f"f{number}", "int32") for number in range(9_000)))
    add_service(file, "S", ("Do", ".p.Wide", ".p.Wide"))
    made = Services(Descriptors.from_set(set_of(file), source="x")).find_service("S")
    assert dict(made.interface.methods["Do"].params) == {"type": "object"}
    assert made.methods["Do"].encode_params({"f1": 5}) == b"\x10\x05"
    with pytest.raises(InvalidParamsError, match="no property"):
        made.methods["Do"].encode_params({"nope": "x"})


def test_very_many_services_share_one_budget(monkeypatch):
    """When the schemas of a plugin are used up, further services are described as objects, and can be called."""
    monkeypatch.setattr("hostcore_grpc.methods._services.MAX_ALL_FIELDS", 30)
    file = file_with(package="p")
    add_message(file, "M", *((f"f{number}", "int32") for number in range(10)))
    for number in range(3):
        add_service(file, f"S{number}", ("Do", ".p.M", ".p.M"))
    made = Services(Descriptors.from_set(set_of(file), source="x"))
    described = ["properties" in service.interface.methods["Do"].params for service in made.services.values()]
    assert described == [True, False, False]
    assert made.find_method("S2.Do").encode_params({"f1": 5}) == b"\x10\x05"


def test_messages_with_many_parts_refer_to_themselves():
    """A grammar, where everything refers to everything, is written out and can be checked."""
    file = file_with(package="p")
    names = [f"M{number}" for number in range(12)]
    for name in names:
        add_message(file, name, *((f"to_{other.lower()}", f".p.{other}") for other in names))
    add_service(file, "S", ("Do", ".p.M0", ".p.M1"))
    made = Services(Descriptors.from_set(set_of(file), source="x")).find_service("S")
    check = MethodValidator(made.interface.methods["Do"]).check_params
    check({"toM1": {"toM0": {"toM11": {}}}})


def test_a_large_enum_is_open():
    """An enum with more values than a person can choose from takes any name; the conversion knows them."""
    file = file_with(package="p")
    file.enum_type.add(name="E").value.extend(
        descriptor_pb2.EnumValueDescriptorProto(name=f"V{number}", number=number) for number in range(2_000)
    )
    file.message_type.add(name="M").field.add(name="e", number=1, label=1, type=14, type_name=".p.E")
    add_service(file, "S", ("Do", ".p.M", ".p.M"))
    made = Services(Descriptors.from_set(set_of(file), source="x")).find_service("S")
    assert made.interface.document["$defs"]["E"] == {"type": ["string", "integer"]}
    assert made.methods["Do"].encode_params({"e": "V1999"}) == b"\x08\xcf\x0f"


HOSTILE = {
    "no set": b"\xff\xff\xff",
    "a cut one": b"\x0a\x7f\x00",
    "an endless number": b"\x80" * 11,
    "a group": b"\x0b\x0c",
    "a file that is none": b"\x0a\x02\x0b\x0c",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_descriptor_set_is_refused(data):
    """Bytes that are no descriptor set are refused with the name of their source and a hint."""
    with pytest.raises(InterfaceError) as caught:
        Descriptors.from_set(data, source="here.pb")
    assert caught.value.location == "here.pb"


@pytest.mark.parametrize(
    "kind", ["file", "message", "field", "enum", "value", "service", "method", "location"]
)
def test_each_count_is_bounded(kind, monkeypatch):
    """There can be only so many of each kind of descriptor, counted before anything is parsed."""
    monkeypatch.setattr(scan, "MAX_COUNTS", {**scan.MAX_COUNTS, kind: 0})
    with pytest.raises(InterfaceError, match=f"of the kind '{kind}'"):
        descriptors("kitchen")


def test_size_and_nesting_are_bounded():
    """A set of too many bytes, or with messages nested too deeply, is refused before it is parsed."""
    with pytest.raises(InterfaceError, match="bytes of descriptors"):
        Descriptors.from_set(bytes(scan.MAX_SET_BYTES + 1), source="x")
    nested = b""
    for _ in range(scan.MAX_NESTING + 1):
        nested = b"\x1a" + _varint(len(nested)) + nested
    file = b"\x22" + _varint(len(nested)) + nested
    with pytest.raises(InterfaceError, match="nested more than"):
        Descriptors([file], source="x")


def test_counting_is_quick():
    """A set of millions of empty descriptors is refused within seconds, and without millions of objects."""
    begin = time.process_time()
    with pytest.raises(InterfaceError, match="of the kind"):
        Descriptors.from_set(b"\x0a\x00" * 5_000_000, source="x")
    assert time.process_time() - begin < 10


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def test_files_may_come_in_any_order_and_twice():
    """Files are used in the order of their imports; a second one of the same name does not count."""
    other = file_with("other.proto", "o")
    add_message(other, "M")
    user = file_with(package="x", dependency=["other.proto"])
    add_service(user, "S", ("Do", ".o.M", ".o.M"))
    serialized = [file.SerializeToString() for file in (user, other, user)]
    assert list(Services(Descriptors(serialized, source="x")).services) == ["x.S"]


def test_a_file_that_cannot_be_used_takes_only_its_users_along():
    """A broken file, a circle of imports and what imports them are refused by name; the rest serves."""
    good = file_with("good.proto", "good")
    add_message(good, "M")
    add_service(good, "S", ("Do", ".good.M", ".good.M"))
    broken = file_with("broken.proto", "broken")
    add_message(broken, "M", ("lost", ".no.Such"))
    user = file_with("user.proto", "user", dependency=["broken.proto"])
    one = file_with("one.proto", "one", dependency=["two.proto"])
    two = file_with("two.proto", "two", dependency=["one.proto"])
    files = [file.SerializeToString() for file in (user, broken, one, two, good)]
    found = Descriptors(files, source="x")
    assert list(Services(found).services) == ["good.S"]
    assert set(found.refused) == {"broken.proto", "user.proto", "one.proto", "two.proto"}
    assert found.refused["user.proto"] == "it imports broken.proto, which cannot be used"
    with pytest.raises(InterfaceError, match="cannot be used"):
        Descriptors.from_set(set_of(broken), source="x")


def test_a_missing_import_matters_only_if_it_is_used():
    """Files that were not sent, as those of options often are not, are no reason to refuse others."""
    file = file_with(dependency=["gogoproto/gogo.proto"])
    add_message(file, "M")
    add_service(file, "S", ("Do", ".x.M", ".x.M"))
    assert list(Descriptors.from_set(set_of(file), source="x").services) == ["x.S"]


def test_well_known_types_are_the_runtimes_own():
    """A plugin cannot give google.protobuf.Timestamp another meaning, be it in the same file or in one of its own."""
    same = file_with("google/protobuf/timestamp.proto", "google.protobuf")
    add_message(same, "Timestamp", ("evil", "string"))
    found = Descriptors([same.SerializeToString()], source="x")
    names = [field.name for field in found.find_message("google.protobuf.Timestamp").fields]
    assert names == ["seconds", "nanos"]
    own = file_with("own.proto", "google.protobuf")
    add_message(own, "Timestamp", ("evil", "string"))
    assert set(Descriptors([own.SerializeToString()], source="x").refused) == {"own.proto"}


def test_two_plugins_do_not_meet():
    """The same file name and message name mean another thing in another plugin."""
    first, second = file_with(), file_with()
    add_message(first, "M", ("a", "string"))
    add_message(second, "M", ("b", "int32"))
    made = [Descriptors.from_set(set_of(file), source="x") for file in (first, second)]
    assert [[field.name for field in one.find_message("x.M").fields] for one in made] == [["a"], ["b"]]


def test_a_file_that_is_not_there_is_an_error_with_its_path(tmp_path):
    """A descriptor set that cannot be read is told with its path and the manifest's key."""
    with pytest.raises(InterfaceError, match=r"\[grpc\] descriptors") as caught:
        Descriptors.from_file(tmp_path / "none.pb")
    assert caught.value.location == str(tmp_path / "none.pb")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_sets_are_used_or_refused(data):
    """Whatever is done to the bytes of a descriptor set, services are made of it or it is refused."""
    raw = bytearray(_stripped())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        Services(Descriptors.from_set(bytes(raw), source="x"))
    except InterfaceError as error:
        assert error.location  # noqa: PT017 - both outcomes are right


def _stripped() -> bytes:
    """The set of kitchen.proto with its own file alone, without comments."""
    file = descriptor_pb2.FileDescriptorProto.FromString(files_of("kitchen")["kitchen.proto"])
    file.ClearField("source_code_info")
    return set_of(file)
