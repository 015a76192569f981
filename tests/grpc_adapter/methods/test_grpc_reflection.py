"""Server reflection: the conversation with servers that answer as different libraries do, and hostile ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from methods_support import files_of

from hostcore.errors import InterfaceError
from hostcore_grpc.methods import (
    BROKER_START_STREAM,
    REFLECTION_PATHS,
    KnownMessages,
    ReflectionConversation,
    Services,
    compile_command,
)
from hostcore_grpc.methods import _reflection as reflection

KNOWN = KnownMessages()


class Server:
    """Answers questions of reflection from files; `eager` sends imports along, as Go does, once in a stream."""

    def __init__(self, files: dict[str, bytes], *, eager: bool, lost: tuple[str, ...] = ()) -> None:
        self.files = files
        self.eager = eager
        self.lost = lost
        self.sent: set[str] = set()
        self.questions: list[str] = []
        self.parsed = {
            name: descriptor_pb2.FileDescriptorProto.FromString(data) for name, data in files.items()
        }

    def answer(self, data: bytes) -> bytes:
        request = KNOWN.reflection_request.FromString(data)
        question = request.WhichOneof("message_request")
        name = getattr(request, question)
        self.questions.append(name)
        response = KNOWN.reflection_response(valid_host="")
        if question == "list_services":
            for full_name in self.services():
                response.list_services_response.service.add(name=full_name)
        elif (file := name if question == "file_by_filename" else self.services().get(name)) in self.files:
            response.file_descriptor_response.file_descriptor_proto.extend(self.closure(file))
        else:
            response.error_response.error_code = 5
            response.error_response.error_message = f"not found: {name}"
        return response.SerializeToString()

    def services(self) -> dict[str, str]:
        found = {
            f"{file.package}.{service.name}": name
            for name, file in self.parsed.items()
            for service in file.service
        }
        extra = dict.fromkeys(
            ["grpc.health.v1.Health", "plugin.GRPCBroker", "grpc.reflection.v1.ServerReflection"], ""
        )
        return extra | found | dict.fromkeys(self.lost, "")

    def closure(self, name: str) -> list[bytes]:
        self.sent.add(name)
        found = [self.files[name]]
        for inner in self.parsed[name].dependency:
            if self.eager and inner in self.files and inner not in self.sent:
                found += self.closure(inner)
        return found


def talk(server: Server) -> ReflectionConversation:
    conversation = ReflectionConversation(KNOWN)
    while (request := conversation.next_request()) is not None:
        conversation.receive(server.answer(request))
    return conversation


def response(**fields) -> bytes:
    return KNOWN.reflection_response(**fields).SerializeToString()


@pytest.mark.parametrize("eager", [True, False])
def test_services_are_learned(eager):
    """All services with their schemas come by reflection, whether a server sends imports along or one by one."""
    files = files_of("kitchen") | files_of("legacy") | files_of("twins")
    server = Server(files, eager=eager)
    conversation = talk(server)
    assert sorted(conversation.services) == [
        "kitchen.v2.Kitchen",
        "legacy.OnlyGroups",
        "legacy.Orders",
        "twins.Kitchen",
        "twins.Single",
    ]
    assert conversation.refused == {}
    made = Services(conversation.descriptors())
    assert made.find_method("Orders.Place").path == "/legacy.Orders/Place"
    assert made.find_service("kitchen.v2.Kitchen").interface.methods["Echo"].params["properties"].keys() == {
        "scalars", "many", "choice", "known", "tree",
    }  # fmt: skip


def test_infrastructure_is_not_asked_for():
    """Nobody asks for the files of health, reflection and broker, nor for those of well-known types."""
    server = Server(files_of("kitchen"), eager=False)
    talk(server)
    assert server.questions == ["*", "kitchen.v2.Kitchen"]


def test_what_a_server_does_not_find_is_refused_alone():
    """A service or an import that the server cannot describe is named with its words; the others are learned."""
    files = files_of("twins")
    parsed = descriptor_pb2.FileDescriptorProto.FromString(files["twins.proto"])
    parsed.dependency.append("gone.proto")
    server = Server({"twins.proto": parsed.SerializeToString()}, eager=True, lost=("lost.Service",))
    conversation = talk(server)
    assert conversation.refused == {
        "lost.Service": "the server says: not found: lost.Service (code 5)",
        "gone.proto": "the server says: not found: gone.proto (code 5)",
    }
    assert list(Services(conversation.descriptors()).services) == ["twins.Kitchen", "twins.Single"]


def test_only_what_is_served_is_shown():
    """A file may define services that others serve, such as the host's side of a bidirectional plugin."""
    server = Server(files_of("twins"), eager=True)
    conversation = ReflectionConversation(KNOWN)
    conversation.next_request()
    conversation.receive(response(list_services_response={"service": [{"name": "twins.Single"}]}))
    conversation.receive(server.answer(conversation.next_request()))
    assert list(Services(conversation.descriptors()).services) == ["twins.Single"]


WRONG_ANSWERS = {
    "no message": (b"\xff\xff", "no message of reflection"),
    "no list": (response(), "answered list_services with None"),
    "files in place of a list": (response(file_descriptor_response={}), "with file_descriptor_response"),
    "an error": (response(error_response={"error_code": 12, "error_message": "no"}), "the server says: no"),
}


@pytest.mark.parametrize(("answer", "words"), WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
def test_a_wrong_answer_ends_the_conversation(answer, words):
    """An answer that is none to the question is an error with a hint at descriptor sets."""
    conversation = ReflectionConversation(KNOWN)
    conversation.next_request()
    with pytest.raises(InterfaceError, match=words) as caught:
        conversation.receive(answer)
    assert "[grpc] descriptors" in caught.value.hint


def test_one_question_at_a_time():
    """There is no next question before an answer, and no answer without a question."""
    conversation = ReflectionConversation(KNOWN)
    with pytest.raises(InterfaceError, match="nobody asked for"):
        conversation.receive(b"")
    assert conversation.next_request() is not None
    assert conversation.next_request() is None


def test_a_file_that_is_none_is_refused():
    """Bytes that are no file descriptor are an error of the server."""
    conversation = ReflectionConversation(KNOWN)
    conversation.next_request()
    conversation.receive(response(list_services_response={"service": [{"name": "a.B"}]}))
    conversation.next_request()
    with pytest.raises(InterfaceError, match="no serialized descriptor"):
        conversation.receive(response(file_descriptor_response={"file_descriptor_proto": [b"\x0b\x0c"]}))


def test_endless_imports_are_bounded(monkeypatch):
    """A server that invents a further import with each answer is stopped."""
    monkeypatch.setattr(reflection, "MAX_QUESTIONS", 20)
    conversation = ReflectionConversation(KNOWN)
    conversation.next_request()
    conversation.receive(response(list_services_response={"service": [{"name": "a.B"}]}))

    def invent() -> None:
        for number in range(100):
            conversation.next_request()
            file = descriptor_pb2.FileDescriptorProto(name=f"{number}", dependency=[f"{number + 1}"])
            conversation.receive(
                response(file_descriptor_response={"file_descriptor_proto": [file.SerializeToString()]})
            )

    with pytest.raises(InterfaceError, match="more than 20 questions"):
        invent()


def test_the_number_of_services_is_bounded():
    """A server that lists very many services is refused."""
    conversation = ReflectionConversation(KNOWN)
    conversation.next_request()
    listed = {"service": [{"name": f"a.S{number}"} for number in range(600)]}
    with pytest.raises(InterfaceError, match="more than 200 services"):
        conversation.receive(response(list_services_response=listed))


def test_both_versions_of_reflection_are_named():
    """The newer service is asked first, then the one that older servers have; the messages are the same bytes."""
    assert [path.split("/")[1] for path in REFLECTION_PATHS] == [
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ]


# A message of the adapter's own, and its bytes by the public .proto files.
KNOWN_BYTES = [
    (KNOWN.health_request, {"service": "plugin"}, b"\x0a\x06plugin"),
    (KNOWN.health_response, {"status": 1}, b"\x08\x01"),
    (KNOWN.stdio_data, {"channel": 2, "data": b"x"}, b"\x08\x02\x12\x01x"),
    (KNOWN.conn_info, {"service_id": 1, "network": "unix", "address": "/s", "knock": {"knock": True, "ack": True, "error": "e"}},
     b"\x08\x01\x12\x04unix\x1a\x02/s\x22\x07\x08\x01\x10\x01\x1a\x01e"),
    (KNOWN.plugin_empty, {}, b""),
    (KNOWN.reflection_request, {"list_services": "*"}, b"\x3a\x01*"),
    (KNOWN.reflection_request, {"file_by_filename": "a"}, b"\x1a\x01a"),
    (KNOWN.reflection_request, {"file_containing_symbol": "a"}, b"\x22\x01a"),
    (KNOWN.status, {"code": 5, "message": "m"}, b"\x08\x05\x12\x01m"),
    (KNOWN.error_info, {"reason": "R", "metadata": [{"key": "k", "value": "v"}]}, b"\x0a\x01R\x1a\x06\x0a\x01k\x12\x01v"),
    (KNOWN.retry_info, {"retry_delay": {"seconds": 1}}, b"\x0a\x02\x08\x01"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "data"), KNOWN_BYTES)
def test_known_messages_have_the_public_numbers(kind, fields, data):
    """The messages that are defined in Python are, byte for byte, those of the public .proto files."""
    assert kind(**fields).SerializeToString() == data
    assert kind.FromString(data) == kind(**fields)


def test_paths_are_those_of_go_plugin():
    """The path of a call names service and method as go-plugin registers them."""
    assert BROKER_START_STREAM == "/plugin.GRPCBroker/StartStream"


def test_proto_files_are_compiled_by_what_is_installed(tmp_path, monkeypatch):
    """The compiler of grpcio-tools comes first, then protoc near Python or on PATH; without any the error says what to install."""
    proto = tmp_path / "x.proto"
    proto.write_text('syntax = "proto3";\n')
    output = tmp_path / "x.pb"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object() if name == "grpc_tools" else None)
    assert compile_command(proto, output=output)[:3] == [sys.executable, "-m", "grpc_tools.protoc"]
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr("shutil.which", lambda name, path=None: f"{path or '/bin'}/{name}")
    assert compile_command(proto, output=output)[0] == str(Path(sys.executable).parent / "protoc")
    monkeypatch.setattr("shutil.which", lambda name, path=None: None if path else f"/bin/{name}")
    command = compile_command(proto, output=output)
    assert command == [
        "/bin/protoc",
        f"--proto_path={tmp_path}",
        "--include_imports",
        "--include_source_info",
        f"--descriptor_set_out={output}",
        str(proto),
    ]
    monkeypatch.setattr("shutil.which", lambda _name, path=None: None)
    with pytest.raises(InterfaceError, match="install grpcio-tools"):
        compile_command(proto, output=output)
    with pytest.raises(InterfaceError, match=r"no such \.proto file"):
        compile_command(Path("none.proto"), output=output)
