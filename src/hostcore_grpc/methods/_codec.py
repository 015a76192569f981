"""Turn JSON values into the bytes of a message and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hostcore.errors import CallError, InvalidParamsError, InvalidResultError
from hostcore_grpc.methods._descriptors import Descriptors
from hostcore_grpc.methods._from_json import JsonReader, require_all
from hostcore_grpc.methods._runtime import DecodeError, Descriptor, message_class, parse
from hostcore_grpc.methods._scalars import MisfitError, Style, expected
from hostcore_grpc.methods._to_json import JsonWriter
from hostcore_grpc.methods._well_known import OBJECTS, SPECIAL

# Params and results are objects; a message that is none in JSON stands under this name, as it does in an `Any`.
VALUE_KEY: Final = "value"


class MessageCodec:
    """Converts one kind of message; made by `Codecs`.

    Attributes:
        descriptor: of the message.
        wrapped: whether the message is no object in JSON and therefore stands under "value".
    """

    def __init__(self, descriptor: Descriptor, reader: JsonReader, writer: JsonWriter) -> None:
        self.descriptor = descriptor
        self.wrapped = is_wrapped(descriptor)
        self._class = message_class(descriptor)
        self._reader = reader
        self._writer = writer

    def __repr__(self) -> str:
        return f"<MessageCodec {self.descriptor.full_name}>"

    def encode(self, value: Any, *, what: str) -> bytes:
        """Return the bytes of the message that a JSON value means.

        Args:
            value: with lowerCamelCase names or those of the .proto file.
            what: names the value in errors: `KV.Get params`.

        Raises:
            InvalidParamsError: the value does not fit; the location ends with a JSON pointer.
        """
        message = self._class()
        try:
            self._reader.fill(message, self.descriptor, self._unwrapped(value))
            require_all(message, self._class)
            data: bytes = self._class.SerializeToString(message)
        except MisfitError as misfit:
            raise problem_error(self._outer(misfit), what, InvalidParamsError) from None
        return data

    def decode(self, data: bytes, *, what: str) -> Any:
        """Return the JSON value of a message; fields that the plugin's descriptors do not name are left out.

        Raises:
            InvalidResultError: the bytes are no such message, or beyond the limits.
        """
        try:
            message = parse(self._class, data)
        except DecodeError:
            raise InvalidResultError(
                f"the {len(data)} bytes are no {self.descriptor.full_name}",
                location=what,
                hint="does the plugin send another message than its descriptors say, or one nested very deeply?",
            ) from None
        try:
            value = self._writer.write(message, self.descriptor)
        except MisfitError as misfit:
            raise problem_error(self._outer(misfit), what, InvalidResultError) from None
        return {VALUE_KEY: value} if self.wrapped else value

    def _unwrapped(self, value: Any) -> Any:
        if not self.wrapped:
            return value
        if not isinstance(value, Mapping) or set(value) != {VALUE_KEY}:
            raise expected('an object with just "value"', value)
        return value[VALUE_KEY]

    def _outer(self, misfit: MisfitError) -> MisfitError:
        return misfit.below(VALUE_KEY) if self.wrapped and misfit.path else misfit


class Codecs:
    """Makes and keeps the codecs of one plugin's messages.

    Not for use by several threads at once.

    Args:
        descriptors: of the plugin.
        style: how values look.
    """

    def __init__(self, descriptors: Descriptors, *, style: Style = Style.MAPPING) -> None:
        self._reader = JsonReader(descriptors.pool, style)
        self._writer = JsonWriter(descriptors.pool, style)
        self._made: dict[str, MessageCodec] = {}

    def __repr__(self) -> str:
        return f"<Codecs made={len(self._made)}>"

    def codec(self, descriptor: Descriptor) -> MessageCodec:
        """Return the codec of a message."""
        made = self._made.get(descriptor.full_name)
        if made is None:
            made = self._made[descriptor.full_name] = MessageCodec(descriptor, self._reader, self._writer)
        return made


def is_wrapped(descriptor: Descriptor) -> bool:
    """Tell whether a message is no object in JSON."""
    return descriptor.full_name in SPECIAL - OBJECTS


def problem_error(misfit: MisfitError, what: str, kind: type[CallError]) -> CallError:
    """Return the error of a call for a value that does not fit, in the form of the host's own checks."""
    problem = misfit.problem
    return kind(
        problem.message,
        location=f"{what} {problem.pointer}" if problem.path else what,
        details={"problems": [{"pointer": problem.pointer, "message": problem.message}]},
    )
