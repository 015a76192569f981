"""Turn messages into JSON values by the mapping of proto3, compiled once for each kind of message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from hostcore_grpc.methods._runtime import (
    DecodeError,
    Descriptor,
    FieldDescriptor,
    FieldProto,
    Message,
    Pool,
    message_class,
    parse,
)
from hostcore_grpc.methods._scalars import (
    MAX_DEPTH,
    MAX_MESSAGES,
    MisfitError,
    Style,
    write_bytes,
    write_key,
    writer,
)
from hostcore_grpc.methods._well_known import (
    ANY,
    LIST_VALUE,
    NULL_VALUE,
    SPECIAL,
    STRUCT,
    TEXTS,
    VALUE,
    write_text,
)

# Takes a value and the depth at which it stands.
_Write: TypeAlias = Callable[[Any, int], Any]
_TYPE: Final = "@type"


class JsonWriter:
    """Writes messages of one pool as JSON values.

    Args:
        pool: where the messages that an `Any` holds are looked up.
        style: how bytes, 64-bit integers and defaults look.
    """

    def __init__(self, pool: Pool, style: Style) -> None:
        self._pool = pool
        self._style = style
        self._plans: dict[str, _Plan] = {}
        self._left = 0

    def __repr__(self) -> str:
        return f"<JsonWriter {self._style.value} messages={len(self._plans)}>"

    def write(self, message: Message, descriptor: Descriptor) -> Any:
        """Return a message as a JSON value.

        Raises:
            MisfitError: it nests too deeply, holds too many messages, or has no form in JSON.
        """
        self._left = MAX_MESSAGES
        return self.message(message, descriptor, 0)

    def message(self, message: Message, descriptor: Descriptor, depth: int) -> Any:
        """Return a message that stands at a depth."""
        if depth > MAX_DEPTH:
            raise MisfitError(f"the message is nested more than {MAX_DEPTH} deep")
        self._left -= 1
        if self._left < 0:
            raise MisfitError(f"there are more than {MAX_MESSAGES} messages in one")
        name = descriptor.full_name
        if name in SPECIAL:
            return self._special(message, name, depth)
        return self._plan(descriptor).write(message, depth)

    def _plan(self, descriptor: Descriptor) -> _Plan:
        plan = self._plans.get(descriptor.full_name)
        if plan is None:
            plan = self._plans[descriptor.full_name] = _Plan(descriptor, self, self._style)
        return plan

    def _special(self, message: Message, name: str, depth: int) -> Any:
        if name in TEXTS:
            return write_text(message, name)
        if name == ANY:
            return self._any(message, depth)
        if name == STRUCT:
            return {key: self._value(item, depth + 1) for key, item in message.fields.items()}
        if name == LIST_VALUE:
            return [self._value(item, depth + 1) for item in message.values]
        if name == VALUE:
            return self._value(message, depth)
        field = message.DESCRIPTOR.fields_by_name["value"]
        convert = writer(field, self._style)
        return convert(message.value) if convert else message.value

    def _value(self, message: Message, depth: int) -> Any:
        kind = message.WhichOneof("kind")
        if kind is None or kind == "null_value":
            return None
        if kind == "number_value":
            number = message.number_value
            if number - number != 0:
                raise MisfitError("a google.protobuf.Value that is no finite number has no form in JSON")
            return int(number) if number.is_integer() and abs(number) < 2**53 else number
        inner = getattr(message, kind)
        return (
            inner
            if kind in ("string_value", "bool_value")
            else self.message(inner, inner.DESCRIPTOR, depth + 1)
        )

    def _any(self, message: Message, depth: int) -> Any:
        """Write what an `Any` holds; of a kind that the plugin did not describe, its bytes."""
        url = message.type_url
        if not url:
            return {}
        try:
            descriptor = self._pool.FindMessageTypeByName(url.rpartition("/")[2])
            inner = parse(message_class(descriptor), message.value)
        except (KeyError, DecodeError):
            return {_TYPE: url, "value": write_bytes(message.value)}
        value = self.message(inner, descriptor, depth + 1)
        if descriptor.full_name in SPECIAL:
            return {_TYPE: url, "value": value}
        return {_TYPE: url, **value}


class _Plan:
    """Knows how each field of one kind of message is written."""

    __slots__ = ("_defaults", "_fields", "_list_fields", "_owner", "_style")

    def __init__(self, descriptor: Descriptor, owner: JsonWriter, style: Style) -> None:
        self._owner = owner
        self._style = style
        self._list_fields = message_class(descriptor).ListFields
        self._fields: dict[int, tuple[str, _Write | None]] = {
            field.number: (field.json_name, self._writer(field)) for field in descriptor.fields
        }
        self._defaults: dict[str, Callable[[], Any]] = {}
        if style is Style.NATIVE:
            self._defaults = {
                field.json_name: default
                for field in descriptor.fields
                if (default := _default(field, style)) is not None
            }

    def write(self, message: Message, depth: int) -> dict[str, Any]:
        made = {name: default() for name, default in self._defaults.items()}
        for field, value in self._list_fields(message):
            known = self._fields.get(field.number)
            if field.is_extension or known is None:
                known = (f"[{field.full_name}]", self._writer(field))
            name, write = known
            if write is None:
                made[name] = value
                continue
            try:
                made[name] = write(value, depth)
            except MisfitError as misfit:
                raise misfit.below(name) from None
        return made

    def _writer(self, field: FieldDescriptor) -> _Write | None:
        if _is_map(field):
            return self._map_writer(field.message_type.fields_by_name["value"])
        write = self._single_writer(field)
        if not field.is_repeated:
            return write
        if write is None:
            return lambda values, _depth: list(values)
        return lambda values, depth: [write(value, depth) for value in values]

    def _single_writer(self, field: FieldDescriptor) -> _Write | None:
        if field.message_type is not None:
            inner, message = field.message_type, self._owner.message
            return lambda value, depth: message(value, inner, depth + 1)
        if field.enum_type is not None and field.enum_type.full_name == NULL_VALUE:
            return lambda _value, _depth: None
        convert = writer(field, self._style)
        return None if convert is None else lambda value, _depth: convert(value)

    def _map_writer(self, field: FieldDescriptor) -> _Write:
        write = self._single_writer(field)
        if write is None:
            return lambda values, _depth: {write_key(key): value for key, value in values.items()}
        return lambda values, depth: {write_key(key): write(value, depth) for key, value in values.items()}


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.is_repeated and field.message_type and field.message_type.GetOptions().map_entry)


def _default(field: FieldDescriptor, style: Style) -> Callable[[], Any] | None:
    """Return what makes the value that a field has when nothing was sent, or None when it then is not there."""
    if _is_map(field):
        return dict
    if field.is_repeated:
        return list
    if field.has_presence or field.type in (FieldProto.TYPE_MESSAGE, FieldProto.TYPE_GROUP):
        return None
    convert = writer(field, style)
    value = convert(field.default_value) if convert else field.default_value
    return lambda: value
