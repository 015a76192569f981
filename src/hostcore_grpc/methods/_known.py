"""Define the messages of gRPC's and go-plugin's own services: reflection, health, status details, stdio, broker.

They are written down here field by field, as their public .proto files have them, in the place of generated code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from hostcore_grpc.methods._runtime import (
    FieldProto,
    FileDescriptorProto,
    MessageClass,
    message_class,
    new_pool,
)

# Name, number and type of a field; a type is a scalar's name, or that of a message with a dot before it. A name with
# `[]` is a list, one with `?oneof` belongs to that choice.
_Fields: TypeAlias = Sequence[tuple[str, int, str]]

HEALTH_CHECK: Final = "/grpc.health.v1.Health/Check"
HEALTH_SERVING: Final = 1
HEALTH_STATUS_NAMES: Final[Mapping[int, str]] = {
    0: "UNKNOWN",
    1: "SERVING",
    2: "NOT_SERVING",
    3: "SERVICE_UNKNOWN",
}
# go-plugin registers its health under this name of a service.
HEALTH_SERVICE: Final = "plugin"
STREAM_STDIO: Final = "/plugin.GRPCStdio/StreamStdio"
CONTROLLER_SHUTDOWN: Final = "/plugin.GRPCController/Shutdown"
BROKER_START_STREAM: Final = "/plugin.GRPCBroker/StartStream"
STDIO_STDERR: Final = 2

_HEALTH: Final[Mapping[str, _Fields]] = {
    "HealthCheckRequest": [("service", 1, "string")],
    "HealthCheckResponse": [("status", 1, "int32")],  # an enum there; any number must be readable
}
_GO_PLUGIN: Final[Mapping[str, _Fields]] = {
    "Empty": [],
    "StdioData": [("channel", 1, "int32"), ("data", 2, "bytes")],
    "Knock": [("knock", 1, "bool"), ("ack", 2, "bool"), ("error", 3, "string")],
    "ConnInfo": [
        ("service_id", 1, "uint32"),
        ("network", 2, "string"),
        ("address", 3, "string"),
        ("knock", 4, ".plugin.Knock"),
    ],
}
_RPC: Final[Mapping[str, _Fields]] = {
    "Status": [("code", 1, "int32"), ("message", 2, "string"), ("details[]", 3, ".google.protobuf.Any")],
    "ErrorInfo": [
        ("reason", 1, "string"),
        ("domain", 2, "string"),
        ("metadata[]", 3, ".google.rpc.MetadataEntry"),
    ],
    # On the wire a map is a list of its entries.
    "MetadataEntry": [("key", 1, "string"), ("value", 2, "string")],
    "RetryInfo": [("retry_delay", 1, ".google.protobuf.Duration")],
}


def _reflection(package: str) -> Mapping[str, _Fields]:
    own = f".{package}."
    return {
        "ServerReflectionRequest": [
            ("host", 1, "string"),
            ("file_by_filename?message_request", 3, "string"),
            ("file_containing_symbol?message_request", 4, "string"),
            ("list_services?message_request", 7, "string"),
        ],
        "ServerReflectionResponse": [
            ("valid_host", 1, "string"),
            ("file_descriptor_response?message_response", 4, f"{own}FileDescriptorResponse"),
            ("list_services_response?message_response", 6, f"{own}ListServiceResponse"),
            ("error_response?message_response", 7, f"{own}ErrorResponse"),
        ],
        "FileDescriptorResponse": [("file_descriptor_proto[]", 1, "bytes")],
        "ListServiceResponse": [("service[]", 1, f"{own}ServiceResponse")],
        "ServiceResponse": [("name", 1, "string")],
        "ErrorResponse": [("error_code", 1, "int32"), ("error_message", 2, "string")],
    }


class KnownMessages:
    """Holds the classes of the messages that the adapter itself sends and reads."""

    def __init__(self) -> None:
        pool = new_pool()

        def add(package: str, messages: Mapping[str, _Fields], *imports: str) -> dict[str, MessageClass]:
            pool.Add(_file(package, messages, imports))
            return {name: message_class(pool.FindMessageTypeByName(f"{package}.{name}")) for name in messages}

        health = add("grpc.health.v1", _HEALTH)
        plugin = add("plugin", _GO_PLUGIN)
        rpc = add("google.rpc", _RPC, "google/protobuf/any.proto", "google/protobuf/duration.proto")
        # Both versions of reflection have the same bytes on the wire; only the service is called otherwise.
        reflection = add("grpc.reflection.v1", _reflection("grpc.reflection.v1"))
        self.health_request: MessageClass = health["HealthCheckRequest"]
        self.health_response: MessageClass = health["HealthCheckResponse"]
        self.plugin_empty: MessageClass = plugin["Empty"]
        self.stdio_data: MessageClass = plugin["StdioData"]
        self.knock: MessageClass = plugin["Knock"]
        self.conn_info: MessageClass = plugin["ConnInfo"]
        self.status: MessageClass = rpc["Status"]
        self.error_info: MessageClass = rpc["ErrorInfo"]
        self.retry_info: MessageClass = rpc["RetryInfo"]
        self.reflection_request: MessageClass = reflection["ServerReflectionRequest"]
        self.reflection_response: MessageClass = reflection["ServerReflectionResponse"]

    def __repr__(self) -> str:
        return f"<KnownMessages {len(vars(self))} classes>"


def _file(package: str, messages: Mapping[str, _Fields], imports: Sequence[str]) -> Any:
    file = FileDescriptorProto(
        name=f"known/{package}.proto", package=package, syntax="proto3", dependency=list(imports)
    )
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for declared, number, kind in fields:
            bare, _, choice = declared.partition("?")
            field = message.field.add(
                name=bare.removesuffix("[]"),
                number=number,
                label=FieldProto.LABEL_REPEATED if bare.endswith("[]") else FieldProto.LABEL_OPTIONAL,
            )
            if kind.startswith("."):
                field.type, field.type_name = FieldProto.TYPE_MESSAGE, kind
            else:
                field.type = getattr(FieldProto, f"TYPE_{kind.upper()}")
            if choice:
                if not message.oneof_decl:
                    message.oneof_decl.add(name=choice)
                field.oneof_index = 0
    return file
