"""Read how a manifest binds interface files to gRPC services.

    [grpc.bind.KeyValue]                # an interface among [provides]
    service = "kv.v1.KV"                # the full or the short name of a service

    [grpc.bind.KeyValue.methods.Get]    # only for methods that differ
    method = "Fetch"                    # the service's name of it, if it is another one
    params = { key = "name" }           # the interface's name = the message's name, of what differs
    result = { value = "entry.value" }  # dots lead into messages within messages
    in = { key = "name" }               # of the items that the caller sends
    out = { key = "name" }              # of the items that the plugin sends

    [grpc.bind.KeyValue.methods.List]
    stream = { out = "entry", result = "end" }  # fields of the answer that hold an item, and the result at the end
    count = "count"                     # or: the property of the result that says how many items there were

    [grpc.bind.KeyValue.errors.KeyNotFound]  # only where the rules below do not find the error
    status = "NOT_FOUND"                # the status that means this error when no detail says which it is
    detail = "kv.v1.Missing"            # the message among the details that means this error and has its data
    reason = "NO_SUCH_KEY"              # or the reason in a google.rpc.ErrorInfo, whose metadata is the data
    data = { key = "name" }             # the interface's name = the detail's name

Names that are equal need no line; `ifRevision` and `if_revision` are equal. Binary fields of the interface
(`"x-binary": true`) are `bytes` in the messages, integers are integers of any size, texts may be enums or times. An
error is found by a detail whose message has the error's name, by an ErrorInfo whose reason is that name
(`KeyNotFound` or `KEY_NOT_FOUND`), or by the status, if only one error of the method has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hostcore.errors import ManifestError
from hostcore.interfaces import did_you_mean, excerpt
from hostcore_grpc.methods._shapes import MAX_PARTS, PropertyPath

# The paths of a table, from the interface's names to those of the messages.
Names = Mapping[PropertyPath, PropertyPath]

_METHOD_KEYS: Final = ("method", "params", "result", "in", "out", "stream", "count")
_ERROR_KEYS: Final = ("status", "detail", "reason", "data")
_STREAM_KEYS: Final = ("out", "result")


@dataclass(frozen=True, kw_only=True, slots=True)
class MethodBinding:
    """Says how one method differs from that of the service.

    Attributes:
        method: the service's name of it, or None for the same one.
        params: names that differ in what is sent.
        result: names that differ in the result.
        in_: names that differ in items that the caller sends.
        out: names that differ in items that the plugin sends.
        item_field: the field of an answer that holds an item, or None when the answer is the item.
        result_field: the field of an answer that holds the result and ends the stream, or None.
        count: the property of the result that gets the number of items, or None.
    """

    method: str | None = None
    params: Names = field(default_factory=dict)
    result: Names = field(default_factory=dict)
    in_: Names = field(default_factory=dict)
    out: Names = field(default_factory=dict)
    item_field: str | None = None
    result_field: str | None = None
    count: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorBinding:
    """Says by what an error is known.

    Attributes:
        status: the name of the status that means it, or None for the one that the interface says.
        detail: the full name of the message that means it, or None for one with the error's own name.
        reason: the reason in an ErrorInfo, or None for the error's own name.
        data: names that differ in what comes along.
    """

    status: str | None = None
    detail: str | None = None
    reason: str | None = None
    data: Names = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class InterfaceBinding:
    """Says how one interface is bound to a service.

    Attributes:
        interface: its name.
        service: the full or the short name of the service.
        methods: what differs, by the name of the interface's method.
        errors: what differs, by the name of the interface's error.
        location: where it stands, for messages.
    """

    interface: str
    service: str
    methods: Mapping[str, MethodBinding] = field(default_factory=dict)
    errors: Mapping[str, ErrorBinding] = field(default_factory=dict)
    location: str = ""


def read_bindings(table: Any, *, source: str) -> dict[str, InterfaceBinding]:
    """Return what the table `[grpc.bind]` of a manifest says, by interface.

    Args:
        table: as TOML parses it.
        source: the manifest's file, for messages.

    Raises:
        ManifestError: with the key that is wrong.
    """
    reader = _Reader(source)
    bindings = reader.table(table, "grpc.bind", None)
    return {name: reader.binding(name, item) for name, item in bindings.items()}


class _Reader:
    """Turns tables into facts, with the key of what is wrong."""

    def __init__(self, source: str) -> None:
        self._source = source

    def binding(self, name: str, item: Any) -> InterfaceBinding:
        key = f"grpc.bind.{name}"
        table = self.table(item, key, ("service", "methods", "errors"))
        service = self._text(table, "service", key)
        if service is None:
            raise self._fail(key, "the key 'service' is missing", "name the service that has the methods")
        methods = self.table(table.get("methods", {}), f"{key}.methods", None)
        errors = self.table(table.get("errors", {}), f"{key}.errors", None)
        return InterfaceBinding(
            interface=name,
            service=service,
            methods={each: self._method(one, f"{key}.methods.{each}") for each, one in methods.items()},
            errors={each: self._error(one, f"{key}.errors.{each}") for each, one in errors.items()},
            location=f"{self._source}: {key}",
        )

    def table(self, item: Any, key: str, known: tuple[str, ...] | None) -> Mapping[str, Any]:
        if not isinstance(item, Mapping):
            raise self._fail(key, f"this must be a table, not {excerpt(item)}", None)
        for name in item:
            if known is not None and name not in known:
                hint = did_you_mean(name, known) or "known here: " + ", ".join(known)
                raise self._fail(f"{key}.{name}", f"the key {name!r} is not known", hint)
        return item

    def _method(self, item: Any, key: str) -> MethodBinding:
        table = self.table(item, key, _METHOD_KEYS)
        stream_key = f"{key}.stream"
        stream = self.table(table.get("stream", {}), stream_key, _STREAM_KEYS)
        made = MethodBinding(
            method=self._text(table, "method", key),
            params=self._names(table, "params", key),
            result=self._names(table, "result", key),
            in_=self._names(table, "in", key),
            out=self._names(table, "out", key),
            item_field=self._text(stream, "out", stream_key),
            result_field=self._text(stream, "result", stream_key),
            count=self._text(table, "count", key),
        )
        if made.result_field is not None and made.count is not None:
            raise self._fail(
                f"{key}.count", "the result is counted and sent, too", "leave out count or stream.result"
            )
        return made

    def _error(self, item: Any, key: str) -> ErrorBinding:
        table = self.table(item, key, _ERROR_KEYS)
        return ErrorBinding(
            status=self._text(table, "status", key),
            detail=self._text(table, "detail", key),
            reason=self._text(table, "reason", key),
            data=self._names(table, "data", key),
        )

    def _text(self, table: Mapping[str, Any], name: str, key: str) -> str | None:
        value = table.get(name)
        if value is not None and (not isinstance(value, str) or not value):
            raise self._fail(f"{key}.{name}", f"this must be a name, not {excerpt(value)}", None)
        return value

    def _names(self, table: Mapping[str, Any], name: str, key: str) -> Names:
        below = f"{key}.{name}"
        names: dict[PropertyPath, PropertyPath] = {}
        for here, there in self.table(table.get(name, {}), below, None).items():
            place = f"{below}.{here}"
            if not isinstance(there, str):
                raise self._fail(place, f"this must be the name of a field, not {excerpt(there)}", None)
            names[self._path(here, place)] = self._path(there, place)
        for side, paths in (("interface", list(names)), ("message", list(names.values()))):
            for path in paths:
                if (
                    any(other != path and path[: len(other)] == other for other in paths)
                    or paths.count(path) > 1
                ):
                    raise self._fail(
                        below, f"{'.'.join(path)!r} is named twice on the side of the {side}", None
                    )
        return names

    def _path(self, text: str, key: str) -> PropertyPath:
        parts = tuple(text.split("."))
        if not all(parts) or len(parts) > MAX_PARTS:
            raise self._fail(key, f"{text!r} is no path of names", "write names joined by dots: entry.key")
        return parts

    def _fail(self, key: str, message: str, hint: str | None) -> ManifestError:
        return ManifestError(message, location=f"{self._source}: {key}", hint=hint)
