"""Describe messages as JSON Schema, in the dialect of interface files.

One writer makes the definitions of one interface. It is bounded twice: so many definitions, and so many levels below the
methods; what lies beyond is `{"type": "object"}`, and only the conversion itself then checks it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hostcore_grpc.methods._descriptors import Descriptors
from hostcore_grpc.methods._runtime import Descriptor, FieldDescriptor, FieldProto, reachable
from hostcore_grpc.methods._scalars import INTEGER_RANGES, INTEGER_TEXT, SMALL_MAXIMUM
from hostcore_grpc.methods._well_known import (
    ANY,
    DURATION,
    FIELD_MASK,
    LIST_VALUE,
    NULL_VALUE,
    SPECIAL,
    STRUCT,
    TIMESTAMP,
    VALUE,
    WRAPPERS,
)

# An interface file may have 200.
MAX_DEFINITIONS: Final = 180
# Of the 64 characters that a definition's name may have, some are kept for a number that tells equal ones apart.
_MAX_NAME: Final = 56
# A list of names of an enum is for people to choose from; longer ones are not written out.
MAX_ENUM_NAMES: Final = 500
# The rule of a choice has as many parts as members, twice; beyond this only the conversion checks it.
MAX_CHOICE_MEMBERS: Final = 32
# Integers that every JSON parser can read exactly.
_INT32: Final = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}

_SPECIAL_SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    TIMESTAMP: {"type": "string", "format": "date-time"},
    DURATION: {"type": "string", "pattern": "^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$"},
    FIELD_MASK: {"type": "string", "description": "Names of fields, joined by commas."},
    STRUCT: {"type": "object"},
    LIST_VALUE: {"type": "array"},
    VALUE: {},
    ANY: {
        "type": "object",
        "properties": {"@type": {"type": "string", "description": "Which message it is: its full name after a /."}},
    },
}  # fmt: skip


class TooManyFieldsError(Exception):
    """Says that more fields would be written out than allowed."""


class SchemaWriter:
    """Writes the schemas of messages that belong to one interface.

    Args:
        descriptors: where comments are.
        package: the package whose messages go by their short names.
        levels: how many levels of messages below the roots are written out.
        fields: how many fields may be written out.
        limit: how many definitions there may be.

    Attributes:
        written: how many fields were written out.
    """

    def __init__(
        self,
        descriptors: Descriptors,
        *,
        package: str,
        levels: int,
        fields: int,
        limit: int = MAX_DEFINITIONS,
    ) -> None:
        self._descriptors = descriptors
        self._package = package
        self._levels = levels
        self._fields = fields
        self.written = 0
        self._limit = limit
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        self._waiting: deque[tuple[Any, int]] = deque()
        self._level = 0
        self.definitions: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<SchemaWriter {self._package} definitions={len(self.definitions)}>"

    def root(self, descriptor: Descriptor) -> dict[str, Any]:
        """Return the schema of the params or the result that a message is; `finish` writes what it refers to.

        Raises:
            TooManyFieldsError: more fields would be written out than allowed.
        """
        self._level = 0
        if descriptor.full_name in SPECIAL:
            schema = self._special(descriptor)
            if schema.get("type") == "object":
                return schema
            return {
                "type": "object",
                "properties": {"value": schema},
                "required": ["value"],
                "additionalProperties": False,
            }
        return self._object(descriptor)

    def item(self, descriptor: Descriptor) -> dict[str, Any]:
        """Return the schema of the items of a stream; they have the form of params and results."""
        return self.root(descriptor)

    def finish(self) -> None:
        """Write all definitions that were referred to, those nearest to the methods first.

        Raises:
            TooManyFieldsError: as for `root`.
        """
        while self._waiting:
            descriptor, self._level = self._waiting.popleft()
            is_enum = not hasattr(descriptor, "fields")
            written = self._enum(descriptor) if is_enum else self._object(descriptor)
            self.definitions[self._names[descriptor.full_name]] = written

    def _reference(self, descriptor: Any) -> dict[str, Any]:
        name = self._names.get(descriptor.full_name)
        if name is None:
            if self._level >= self._levels or len(self._names) >= self._limit:
                return {"type": "object", "x-message": descriptor.full_name}
            name = self._name(descriptor.full_name)
            self._waiting.append((descriptor, self._level + 1))
        return {"$ref": f"#/$defs/{name}"}

    def _name(self, full_name: str) -> str:
        short = full_name.removeprefix(f"{self._package}.") if self._package else full_name
        name = re.sub("[^A-Za-z0-9_]", "_", short)[:_MAX_NAME]
        if not re.match("[A-Za-z]", name):
            name = f"M{name}"
        base, number = name, 1
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        self._names[full_name] = name
        return name

    def _special(self, descriptor: Descriptor) -> dict[str, Any]:
        name = descriptor.full_name
        if name in WRAPPERS:
            schema = self._scalar(descriptor.fields_by_name["value"])
            kinds = schema["type"]
            # The wrappers exist so that a value can also be none.
            return {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
        return dict(_SPECIAL_SCHEMAS[name])

    def _object(self, descriptor: Descriptor) -> dict[str, Any]:
        self.written += len(descriptor.fields)
        if self.written > self._fields:
            raise TooManyFieldsError
        schema: dict[str, Any] = {"type": "object", "x-message": descriptor.full_name}
        self._describe(schema, descriptor)
        required = [field.json_name for field in descriptor.fields if field.is_required]
        if required:
            schema["required"] = required
        schema["properties"] = {field.json_name: self._field(field) for field in descriptor.fields}
        patterns = self._patterns(descriptor, set(required))
        if patterns:
            schema["patternProperties"] = patterns
        schema["additionalProperties"] = False
        self._choices(schema, descriptor)
        return schema

    def _patterns(self, descriptor: Descriptor, required: set[str]) -> dict[str, Any]:
        """Let the .proto file's own names pass, too; the conversion checks what stands under them."""
        shown = {field.json_name for field in descriptor.fields}
        others = [
            re.escape(field.name)
            for field in descriptor.fields
            if field.name not in shown and field.json_name not in required
        ]
        patterns = {f"^({'|'.join(others)})$": True} if others else {}
        if descriptor.is_extendable:
            patterns[r"^\[.+\]$"] = True
        return patterns

    def _choices(self, schema: dict[str, Any], descriptor: Descriptor) -> None:
        rules: list[Any] = []
        shown: dict[str, list[str]] = {}
        for group in descriptor.oneofs:
            names = [field.json_name for field in group.fields]
            if len(names) == 1:
                continue  # `optional` of proto3 is a choice of one
            shown[group.name] = names
            if len(names) <= MAX_CHOICE_MEMBERS:
                one = [{"required": [name]} for name in names]
                rules.append({"oneOf": [*one, {"not": {"anyOf": one}}]})
        if shown:
            schema["x-oneof"] = shown
        if rules:
            schema["allOf"] = rules

    def _field(self, field: FieldDescriptor) -> dict[str, Any]:
        if field.is_repeated and field.message_type and field.message_type.GetOptions().map_entry:
            key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            schema = {"type": "object", "additionalProperties": self._single(value), **_key_rule(key)}
        elif field.is_repeated:
            schema = {"type": "array", "items": self._single(field)}
        else:
            schema = self._single(field)
        self._describe(schema, field)
        return schema

    def _single(self, field: FieldDescriptor) -> dict[str, Any]:
        if field.message_type is not None:
            if field.message_type.full_name in SPECIAL:
                return self._special(field.message_type)
            return self._reference(field.message_type)
        if field.enum_type is not None:
            return self._enum_reference(field.enum_type)
        return self._scalar(field)

    def _enum_reference(self, descriptor: Any) -> dict[str, Any]:
        if descriptor.full_name == NULL_VALUE:
            return {"type": ["null", "string", "integer"]}
        reference = self._reference(descriptor)
        return reference if "$ref" in reference else {"type": ["string", "integer"]}

    def _scalar(self, field: FieldDescriptor) -> dict[str, Any]:
        kind = field.type
        if kind in INTEGER_RANGES:
            low, high = INTEGER_RANGES[kind]
            if high <= SMALL_MAXIMUM:
                return {"type": "integer", "minimum": low, "maximum": high}
            return {
                "type": ["string", "integer"],
                "pattern": INTEGER_TEXT,
                "minimum": low,
                "maximum": high,
                "x-format": "uint64" if low == 0 else "int64",
            }
        if kind in (FieldProto.TYPE_DOUBLE, FieldProto.TYPE_FLOAT):
            return {
                "type": ["number", "string"]
            }  # a text that is no number is told by the conversion, in words
        if kind == FieldProto.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        return {"type": "boolean" if kind == FieldProto.TYPE_BOOL else "string"}

    def _enum(self, descriptor: Any) -> dict[str, Any]:
        names = [value.name for value in descriptor.values]
        if len(names) > MAX_ENUM_NAMES:
            schema: dict[str, Any] = {"type": ["string", "integer"]}
        elif descriptor.is_closed:
            numbers = sorted({value.number for value in descriptor.values})
            schema = {"enum": [*names, *numbers]}
        else:
            schema = {"anyOf": [{"enum": names, "x-open": True}, _INT32]}
        self._describe(schema, descriptor)
        lines = [
            f"{value.name}: {text}"
            for value in descriptor.values[:MAX_ENUM_NAMES]
            if (text := self._descriptors.comment(f"{descriptor.full_name}.{value.name}"))
        ]
        if lines:
            schema["description"] = "\n".join([schema.get("description", ""), *lines]).strip()
        return schema

    def _describe(self, schema: dict[str, Any], descriptor: Any) -> None:
        comment = self._descriptors.comment(descriptor.full_name)
        if comment:
            schema["description"] = comment
        if descriptor.GetOptions().deprecated:
            schema["deprecated"] = True


def _key_rule(field: FieldDescriptor) -> dict[str, Any]:
    if field.type == FieldProto.TYPE_STRING:
        return {}
    if field.type == FieldProto.TYPE_BOOL:
        return {"propertyNames": {"enum": ["true", "false"]}}
    return {"propertyNames": {"pattern": INTEGER_TEXT}}


def expanded_size(schema: Any, definitions: Mapping[str, Any], known: dict[str, int]) -> int:
    """Count the schemas in one with its references written out, recursive ones once; bounds what checks cost.

    Args:
        schema: what to count.
        definitions: what its references mean.
        known: sizes of definitions that were counted before; filled by this function.
    """
    open_names: set[str] = set()

    def size(current: Any) -> int:
        if isinstance(current, Mapping):
            name = str(current.get("$ref", "")).rpartition("/")[2]
            total = 1
            if name and name not in open_names:
                if name not in known:
                    open_names.add(name)
                    known[name] = size(definitions[name])
                    open_names.discard(name)
                total += known[name]
            return total + sum(size(item) for item in current.values())
        if isinstance(current, list):
            return sum(size(item) for item in current)
        return 0

    return size(schema)


def groups_below(roots: Iterable[Descriptor]) -> dict[str, str]:
    """Return, for each message that holds a group of proto2 at any depth, the name of such a field."""
    users: dict[str, set[str]] = {}
    holders: dict[str, str] = {}
    for descriptor in reachable(roots):
        for field in descriptor.fields:
            if field.type == FieldProto.TYPE_GROUP:
                holders.setdefault(descriptor.full_name, field.full_name)
            if field.message_type is not None:
                users.setdefault(field.message_type.full_name, set()).add(descriptor.full_name)
    spreading = list(holders)
    while spreading:
        name = spreading.pop()
        for user in users.get(name, ()):
            if user not in holders:
                holders[user] = holders[name]
                spreading.append(user)
    return holders
