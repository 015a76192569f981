"""Import what is used of the protobuf runtime in one place, since it ships no type information.

A field may have any name, also one of the message classes' own: `ListFields`, `DESCRIPTOR`. So methods of messages are
called through the class, which no field can shadow.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from google.protobuf import (  # type: ignore[import-untyped]  # the runtime ships no types
    any_pb2,
    api_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    message,
    message_factory,
    source_context_pb2,
    struct_pb2,
    timestamp_pb2,
    type_pb2,
    wrappers_pb2,
)

Message: TypeAlias = Any
MessageClass: TypeAlias = Any
Descriptor: TypeAlias = Any
FieldDescriptor: TypeAlias = Any
ServiceDescriptor: TypeAlias = Any
Pool: TypeAlias = Any

DecodeError: Final[type[Exception]] = message.DecodeError
FileDescriptorProto: Final = descriptor_pb2.FileDescriptorProto
FileDescriptorSet: Final = descriptor_pb2.FileDescriptorSet
FieldProto: Final = descriptor_pb2.FieldDescriptorProto
MethodOptions: Final = descriptor_pb2.MethodOptions

# In an order in which each one's imports come before it.
_WELL_KNOWN: Final = (
    descriptor_pb2, any_pb2, duration_pb2, empty_pb2, field_mask_pb2, source_context_pb2, struct_pb2, timestamp_pb2,
    wrappers_pb2, type_pb2, api_pb2,
)  # fmt: skip
WELL_KNOWN_FILES: Final[frozenset[str]] = frozenset(module.DESCRIPTOR.name for module in _WELL_KNOWN)


def new_pool() -> Pool:
    """Return a pool of its own that knows just the well-known types, as the runtime itself defines them."""
    pool = descriptor_pool.DescriptorPool()
    for module in _WELL_KNOWN:
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    return pool


def message_class(descriptor: Descriptor) -> MessageClass:
    """Return the class of a message.

    The runtime makes the classes of all messages below by recursion, and keeps those that it has made. Where a long
    chain of messages exhausts the stack, they are made one by one.
    """
    try:
        return message_factory.GetMessageClass(descriptor)
    except RecursionError:
        for below in reachable([descriptor]):
            with contextlib.suppress(RecursionError):
                message_factory.GetMessageClass(below)
        return message_factory.GetMessageClass(descriptor)


def reachable(roots: Iterable[Descriptor]) -> list[Descriptor]:
    """Return messages and all that their fields lead to, each once."""
    found = {root.full_name: root for root in roots}
    waiting = list(found.values())
    while waiting:
        for field in waiting.pop().fields:
            inner = field.message_type
            if inner is not None and inner.full_name not in found:
                found[inner.full_name] = inner
                waiting.append(inner)
    return list(found.values())


def parse(kind: MessageClass, data: bytes) -> Message:
    """Return a message of a class, read from bytes.

    Raises:
        DecodeError: the bytes are no such message, or nest too deeply.
    """
    made = kind()
    kind.ParseFromString(made, data)
    return made
