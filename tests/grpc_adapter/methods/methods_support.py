"""What the tests of methods share: the committed descriptor sets, and descriptors made by hand."""

from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2

from hostcore_grpc.methods import Codecs, Descriptors, MessageCodec, Services, Style

PROTOS = Path(__file__).parent / "protos"


def descriptors(name: str) -> Descriptors:
    return Descriptors.from_file(PROTOS / f"{name}.pb")


def services(name: str) -> Services:
    return Services(descriptors(name))


def codec(name: str, message: str, style: Style = Style.MAPPING) -> MessageCodec:
    found = descriptors(name)
    descriptor = found.find_message(message)
    assert descriptor is not None
    return Codecs(found, style=style).codec(descriptor)


def files_of(name: str) -> dict[str, bytes]:
    """The files of a committed set, serialized, by name."""
    parsed = descriptor_pb2.FileDescriptorSet.FromString((PROTOS / f"{name}.pb").read_bytes())
    return {file.name: file.SerializeToString() for file in parsed.file}


def file_with(name: str = "x.proto", package: str = "x", **more: Any) -> descriptor_pb2.FileDescriptorProto:
    return descriptor_pb2.FileDescriptorProto(name=name, package=package, syntax="proto3", **more)


def set_of(*files: descriptor_pb2.FileDescriptorProto) -> bytes:
    return descriptor_pb2.FileDescriptorSet(file=files).SerializeToString()


def add_message(file: descriptor_pb2.FileDescriptorProto, name: str, *fields: tuple[str, str]) -> None:
    """Add a message whose fields are (name, type): a scalar's name, or `.package.Message`."""
    message = file.message_type.add(name=name)
    for number, (field_name, kind) in enumerate(fields, start=1):
        field = message.field.add(name=field_name, number=number, label=1)
        if kind.startswith("."):
            field.type, field.type_name = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, kind
        else:
            field.type = getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind.upper()}")


def add_service(file: descriptor_pb2.FileDescriptorProto, name: str, *methods: tuple[str, str, str]) -> None:
    """Add a service whose methods are (name, request, response)."""
    service = file.service.add(name=name)
    for method, request, response in methods:
        service.method.add(name=method, input_type=request, output_type=response)
