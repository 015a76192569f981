"""Check that an object of an interface and a message can stand for each other, and say how names become names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hostcore.errors import InvalidParamsError
from hostcore.interfaces import did_you_mean
from hostcore_grpc.methods._runtime import Descriptor, FieldDescriptor, FieldProto
from hostcore_grpc.methods._scalars import INTEGER_RANGES
from hostcore_grpc.methods._shapes import PropertyPath, Renaming
from hostcore_grpc.methods._well_known import ANY, LIST_VALUE, STRUCT, TEXTS, VALUE, WRAPPERS

# What a field holds, in the words of schemas; "binary" is a string with `x-binary`.
_BINARY: Final = "binary"
_SCALARS: Final[Mapping[int, str]] = {
    FieldProto.TYPE_DOUBLE: "number",
    FieldProto.TYPE_FLOAT: "number",
    FieldProto.TYPE_BOOL: "boolean",
    FieldProto.TYPE_STRING: "string",
    FieldProto.TYPE_ENUM: "string",
    FieldProto.TYPE_BYTES: _BINARY,
    **dict.fromkeys(INTEGER_RANGES, "integer"),
}
_MESSAGES: Final[Mapping[str, str]] = {
    ANY: "object",
    STRUCT: "object",
    LIST_VALUE: "array",
    **dict.fromkeys(TEXTS, "string"),
}

# Takes the key in the manifest, what is wrong, and a hint.
Report = Callable[[str, str, str | None], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """Converts between an object of an interface and the native value of a message.

    Attributes:
        names: from the interface's names to those of the message.
        back: from the message's names to those of the interface.
        declared: the properties that the interface declares, or None when it lets any pass.
    """

    names: Renaming = field(default_factory=lambda: Renaming({}))
    back: Renaming = field(default_factory=lambda: Renaming({}))
    declared: frozenset[str] | None = None

    def to_message(self, value: Any) -> Any:
        """Return an object of the interface by the message's names.

        Raises:
            InvalidParamsError: two properties would go by the same name.
        """
        try:
            return self.names.apply(value)
        except ValueError as error:
            raise InvalidParamsError(str(error)) from None

    def from_message(self, value: Any) -> Any:
        """Return the value of a message by the interface's names, without what the interface does not declare.

        Raises:
            ValueError: two properties would go by the same name.
        """
        named = self.back.apply(value, overriding=True)
        if self.declared is None or not isinstance(named, Mapping) or named.keys() <= self.declared:
            return named
        return {key: item for key, item in named.items() if key in self.declared}


class Fitter:
    """Compares schemas of an interface with messages.

    Args:
        report: takes what does not fit.
    """

    def __init__(self, report: Report) -> None:
        self._report = report

    def sent(
        self,
        schema: Mapping[str, Any],
        message: Descriptor,
        moves: Mapping[PropertyPath, PropertyPath],
        key: str,
    ) -> Sides:
        """Compare what is sent: each property must have a field."""
        target = _resolved(schema, schema)
        return self._sides(schema, message, moves, key, needed=set(target.get("properties", {})))

    def received(
        self,
        schema: Mapping[str, Any],
        message: Descriptor,
        moves: Mapping[PropertyPath, PropertyPath],
        key: str,
    ) -> Sides:
        """Compare what is received: each required property must have a field."""
        target = _resolved(schema, schema)
        return self._sides(schema, message, moves, key, needed=set(target.get("required", ())))

    def _sides(
        self,
        schema: Mapping[str, Any],
        message: Descriptor,
        moves: Mapping[PropertyPath, PropertyPath],
        key: str,
        *,
        needed: set[str],
    ) -> Sides:
        target = _resolved(schema, schema)
        properties: Mapping[str, Any] = target.get("properties", {})
        names: dict[PropertyPath, PropertyPath] = {}
        for here, there in moves.items():
            if here[0] not in properties:
                hint = did_you_mean(here[0], properties)
                self._report(key, f"the interface has no property {here[0]!r} here", hint)
                continue
            found = _find(message, there)
            if found is None:
                self._report(
                    key, f"{message.full_name} has no field {'.'.join(there)!r}", _near(message, there)
                )
                continue
            path, last = found
            names[here] = path
            if len(here) == 1:
                self._compare(schema, properties[here[0]], last, f"{key}.{here[0]}")
        for name, inner in properties.items():
            if any(here[0] == name for here in moves):
                continue
            found = _find(message, (name,))
            if found is not None:
                path, last = found
                self._compare(schema, inner, last, f"{key}.{name}")
                if path != (name,):
                    names[(name,)] = path
            elif name in needed:
                hint = _near(message, (name,)) or f'say which it is: {{ {name} = "…" }}'
                self._report(key, f"{message.full_name} has no field {name!r}", hint)
        # A schema that describes more than its named properties lets further ones pass.
        is_open = {"patternProperties", "additionalProperties"} & set(target) and target.get(
            "additionalProperties"
        ) is not False
        return Sides(
            names=Renaming(names),
            back=Renaming(names).reversed,
            declared=None if is_open or "properties" not in target else frozenset(properties),
        )

    def _compare(self, root: Mapping[str, Any], schema: Any, last: FieldDescriptor, key: str) -> None:
        allowed = _kinds(_resolved(root, schema))
        kind = _kind_of(last)
        if allowed is None or kind is None or kind in allowed or (kind == "integer" and "number" in allowed):
            return
        self._report(
            key,
            f"the interface wants {' or '.join(sorted(allowed))}, the field {last.full_name} holds {kind}",
            'bytes belong to "x-binary": true' if _BINARY in (kind, *allowed) else None,
        )


def _resolved(root: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:
    """Return a schema with the references followed that it consists of; an interface has no circles of these."""
    definitions = root.get("$defs", {})
    while isinstance(schema, Mapping) and "$ref" in schema and "type" not in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    return schema if isinstance(schema, Mapping) else {}


def _kinds(schema: Mapping[str, Any]) -> set[str] | None:
    """Return the kinds of values that a schema lets pass, or None when it does not say it plainly."""
    if schema.get("x-binary") is True:
        return {_BINARY}
    named = schema.get("type")
    if named is None:
        return None
    return {named} if isinstance(named, str) else set(named)


def _kind_of(last: FieldDescriptor) -> str | None:
    """Return the kind of values that a field holds, or None when it can be any."""
    inner = last.message_type
    if last.is_repeated:
        return "object" if inner is not None and inner.GetOptions().map_entry else "array"
    if inner is None:
        return _SCALARS[last.type]
    if inner.full_name == VALUE:
        return None
    if inner.full_name in WRAPPERS:
        return _kind_of(inner.fields_by_name["value"])
    return _MESSAGES.get(inner.full_name, "object")


def _find(message: Descriptor, path: PropertyPath) -> tuple[PropertyPath, FieldDescriptor] | None:
    """Return a path by the names that messages have in JSON, with the field that it leads to."""
    named: list[str] = []
    last = None
    for part in path:
        if message is None or (last is not None and last.is_repeated):
            return None
        last = next((item for item in message.fields if part in (item.json_name, item.name)), None)
        if last is None:
            return None
        named.append(last.json_name)
        message = last.message_type
    return None if last is None else (tuple(named), last)


def _near(message: Descriptor, path: PropertyPath) -> str | None:
    return did_you_mean(path[0], [item.json_name for item in message.fields])
