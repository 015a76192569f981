"""Fill messages from JSON values by the mapping of proto3, with the place of what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from hostcore.interfaces import did_you_mean
from hostcore_grpc.methods._runtime import Descriptor, FieldDescriptor, Message, Pool, message_class
from hostcore_grpc.methods._scalars import (
    MAX_DEPTH,
    MisfitError,
    Style,
    expected,
    key_reader,
    read_float,
    read_text,
    reader,
)
from hostcore_grpc.methods._well_known import (
    ANY,
    LIST_VALUE,
    NULL_VALUE,
    SPECIAL,
    STRUCT,
    TEXTS,
    VALUE,
    WRAPPERS,
    read_into,
)

# Takes the message to fill, a value, and the depth at which it stands.
_Fill: TypeAlias = Callable[[Message, Any, int], None]
_TYPE: Final = "@type"
# A list of names helps as long as one can read it.
_SHOWN_NAMES: Final = 12


class JsonReader:
    """Fills messages of one pool from JSON values.

    A field goes by its lowerCamelCase name or by the name of the .proto file; null is as if it were left out.

    Args:
        pool: where the messages that an `Any` holds, and extensions, are looked up.
        style: how bytes look.
    """

    def __init__(self, pool: Pool, style: Style) -> None:
        self._pool = pool
        self._style = style
        self._plans: dict[str, dict[str, _Field]] = {}

    def __repr__(self) -> str:
        return f"<JsonReader {self._style.value} messages={len(self._plans)}>"

    def fill(self, message: Message, descriptor: Descriptor, value: Any, depth: int = 0) -> None:
        """Fill an empty message from a value.

        Raises:
            MisfitError: the value does not fit, with its place.
        """
        if depth > MAX_DEPTH:
            raise MisfitError(f"the value is nested more than {MAX_DEPTH} deep")
        name = descriptor.full_name
        if name in SPECIAL:
            self._special(message, name, value, depth)
        elif isinstance(value, Mapping):
            self._fields(message, descriptor, value, depth)
        else:
            raise expected("an object", value)

    def _fields(self, message: Message, descriptor: Descriptor, value: Mapping[str, Any], depth: int) -> None:
        plan = self._plan(descriptor)
        given: dict[str, str] = {}
        for key, item in value.items():
            field = plan.get(key) or self._extension(descriptor, key)
            if field is None:
                raise _unknown(descriptor, key)
            if item is None and not field.takes_null:
                continue
            # Two names of one field, or two fields of one choice: only one of them can hold.
            other = given.setdefault(field.choice, key)
            if other != key:
                raise MisfitError(f"only one of {other!r} and {key!r} can be set")
            try:
                field.fill(message, item, depth)
            except MisfitError as misfit:
                raise misfit.below(key) from None

    def _plan(self, descriptor: Descriptor) -> dict[str, _Field]:
        plan = self._plans.get(descriptor.full_name)
        if plan is None:
            plan = {}
            for field in descriptor.fields:
                plan.setdefault(field.json_name, _Field(field, self, self._style))
            for field in descriptor.fields:
                plan.setdefault(field.name, plan[field.json_name])
            self._plans[descriptor.full_name] = plan
        return plan

    def _extension(self, descriptor: Descriptor, key: Any) -> _Field | None:
        if not (descriptor.is_extendable and isinstance(key, str) and key[:1] == "[" and key[-1:] == "]"):
            return None
        try:
            field = self._pool.FindExtensionByName(key[1:-1])
        except KeyError:
            return None
        return _Field(field, self, self._style) if field.containing_type is descriptor else None

    def _special(self, message: Message, name: str, value: Any, depth: int) -> None:
        if name in TEXTS:
            read_into(message, name, value)
        elif name in WRAPPERS:
            message.value = reader(message.DESCRIPTOR.fields_by_name["value"], self._style)(value)
        elif name == ANY:
            self._any(message, value, depth)
        elif name == VALUE:
            self._value(message, value, depth)
        elif name == STRUCT:
            self._struct(message, value, depth)
        elif name == LIST_VALUE:
            self._list(message, value, depth)

    def _struct(self, message: Message, value: Any, depth: int) -> None:
        if not isinstance(value, Mapping):
            raise expected("an object", value)
        for key, item in value.items():
            self._below(message.fields[_key(key)], item, depth, key)

    def _list(self, message: Message, value: Any, depth: int) -> None:
        if not isinstance(value, list | tuple):
            raise expected("a list", value)
        for index, item in enumerate(value):
            self._below(message.values.add(), item, depth, index)

    def _below(self, message: Message, value: Any, depth: int, part: str | int) -> None:
        try:
            self.fill(message, message.DESCRIPTOR, value, depth + 1)
        except MisfitError as misfit:
            raise misfit.below(part) from None

    def _value(self, message: Message, value: Any, depth: int) -> None:
        if value is None:
            message.null_value = 0
        elif isinstance(value, bool):
            message.bool_value = value
        elif isinstance(value, str):
            message.string_value = read_text(value)
        elif isinstance(value, int | float):
            number = read_float(value, single=False)
            if number != number:  # noqa: PLR0124 - NaN is what differs from itself
                raise expected("a finite number", value)
            message.number_value = number
        elif isinstance(value, Mapping):
            message.struct_value.SetInParent()
            self.fill(message.struct_value, message.struct_value.DESCRIPTOR, value, depth + 1)
        elif isinstance(value, list | tuple):
            message.list_value.SetInParent()
            self.fill(message.list_value, message.list_value.DESCRIPTOR, value, depth + 1)
        else:
            raise expected("a value of JSON", value)

    def _any(self, message: Message, value: Any, depth: int) -> None:
        if not isinstance(value, Mapping):
            raise expected('an object with "@type"', value)
        if not value:
            return
        url = value.get(_TYPE)
        if not isinstance(url, str):
            raise MisfitError('the property "@type" is missing: which message is it?')
        try:
            descriptor = self._pool.FindMessageTypeByName(url.rpartition("/")[2])
        except KeyError:
            raise MisfitError(f"the plugin describes no message {url!r}", _TYPE) from None
        rest = {key: item for key, item in value.items() if key != _TYPE}
        kind = message_class(descriptor)
        inner = kind()
        if descriptor.full_name in SPECIAL:
            if set(rest) != {"value"}:
                raise MisfitError(f'a {descriptor.full_name} has just "value" beside "@type"')
            self._below(inner, rest["value"], depth, "value")
        else:
            self.fill(inner, descriptor, rest, depth + 1)
        require_all(inner, kind)
        message.type_url = read_text(url)
        message.value = kind.SerializeToString(inner)


class _Field:
    """Knows how one field is filled.

    Attributes:
        choice: what only one field of the message can claim: the name of its oneof, else its own.
        takes_null: whether null is a value of the field.
        fill: does it.
    """

    __slots__ = ("_owner", "_style", "choice", "fill", "takes_null")

    def __init__(self, field: FieldDescriptor, owner: JsonReader, style: Style) -> None:
        self._owner = owner
        self._style = style
        group = field.containing_oneof
        self.choice: str = field.full_name if group is None else f"{group.full_name}?"
        is_null = field.enum_type is not None and field.enum_type.full_name == NULL_VALUE
        is_value = field.message_type is not None and field.message_type.full_name == VALUE
        self.takes_null = (is_null or is_value) and not field.is_repeated
        self.fill: _Fill = self._filler(field)

    def _filler(self, field: FieldDescriptor) -> _Fill:
        if field.is_repeated and field.message_type and field.message_type.GetOptions().map_entry:
            return self._map(field)
        if field.is_repeated:
            return self._list(field)
        access = _Access(field)
        if field.message_type is None:
            read = self._reader(field)
            return lambda message, value, _depth: access.set(message, read(value))
        owner, inner = self._owner, field.message_type

        def fill(message: Message, value: Any, depth: int) -> None:
            part = access.get(message)
            type(part).SetInParent(part)
            owner.fill(part, inner, value, depth + 1)

        return fill

    def _reader(self, field: FieldDescriptor) -> Callable[[Any], Any]:
        read = reader(field, self._style)
        if field.enum_type is not None and field.enum_type.full_name == NULL_VALUE:
            return lambda value: 0 if value is None else read(value)
        return read

    def _list(self, field: FieldDescriptor) -> _Fill:
        access = _Access(field)
        owner, inner = self._owner, field.message_type
        read = None if inner is not None else self._reader(field)

        def fill(message: Message, values: Any, depth: int) -> None:
            if not isinstance(values, list | tuple):
                raise expected("a list", values)
            container = access.get(message)
            for index, value in enumerate(values):
                try:
                    if read is None:
                        owner.fill(container.add(), inner, value, depth + 1)
                    else:
                        container.append(read(value))
                except MisfitError as misfit:
                    raise misfit.below(index) from None

        return fill

    def _map(self, field: FieldDescriptor) -> _Fill:
        access = _Access(field)
        entry = field.message_type
        read_key = key_reader(entry.fields_by_name["key"])
        target = entry.fields_by_name["value"]
        owner, inner = self._owner, target.message_type
        read = None if inner is not None else self._reader(target)

        def fill(message: Message, values: Any, depth: int) -> None:
            if not isinstance(values, Mapping):
                raise expected("an object", values)
            container = access.get(message)
            for text, value in values.items():
                try:
                    key = read_key(_key(text))
                    if read is None:
                        owner.fill(container[key], inner, value, depth + 1)
                    else:
                        container[key] = read(value)
                except MisfitError as misfit:
                    raise misfit.below(text) from None

        return fill


class _Access:
    """Gets and sets one field of a message, be it an ordinary one or an extension."""

    __slots__ = ("_extension", "_name")

    def __init__(self, field: FieldDescriptor) -> None:
        self._name: str = field.name
        self._extension: FieldDescriptor | None = field if field.is_extension else None

    def get(self, message: Message) -> Any:
        if self._extension is not None:
            return message.Extensions[self._extension]
        return getattr(message, self._name)

    def set(self, message: Message, value: Any) -> None:
        if self._extension is not None:
            message.Extensions[self._extension] = value
        else:
            setattr(message, self._name, value)


def require_all(message: Message, kind: Any) -> None:
    """Check that a message has all required fields of proto2.

    Raises:
        MisfitError: some are missing, with the place of the first one.
    """
    missing = () if kind.IsInitialized(message) else kind.FindInitializationErrors(message)
    for first in missing:
        *path, name = first.split(".")
        raise MisfitError(f"the property {name!r} is missing", *path)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise expected("keys that are strings", key)
    return key


def _unknown(descriptor: Descriptor, key: Any) -> MisfitError:
    names = [field.json_name for field in descriptor.fields]
    hint = did_you_mean(str(key), names)
    if hint is None:
        more = ", …" if len(names) > _SHOWN_NAMES else ""
        hint = "properties here: " + (", ".join(sorted(names)[:_SHOWN_NAMES]) + more if names else "none")
    return MisfitError(f"no property {key!r} is declared; {hint}")
