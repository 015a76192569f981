"""Turn serialized descriptors, from reflection or a file, into a pool of their own with services and comments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from hostcore.errors import InterfaceError
from hostcore_grpc.methods._runtime import (
    WELL_KNOWN_FILES,
    DecodeError,
    Descriptor,
    FileDescriptorProto,
    FileDescriptorSet,
    MessageClass,
    ServiceDescriptor,
    message_class,
    new_pool,
    parse,
)
from hostcore_grpc.methods._scan import MAX_SET_BYTES, DescriptorCounter

# A comment is shown in lists and forms; whole chapters stay in the .proto file.
MAX_COMMENT: Final = 2_000
# Services that belong to the machinery: health, reflection, and go-plugin's own. Its package is called just `plugin`,
# as that of somebody's application may be, so these go by their whole name.
_INFRASTRUCTURE: Final = ("grpc.health.", "grpc.reflection.", "grpc.channelz.")
_GO_PLUGIN: Final = frozenset({"plugin.GRPCBroker", "plugin.GRPCController", "plugin.GRPCStdio"})

# Of a message, enum or service: the numbers of the fields that hold named parts, with the names of those fields.
_PARTS: Final[Mapping[str, Mapping[str, int]]] = {
    "FileDescriptorProto": {"message_type": 4, "enum_type": 5, "service": 6},
    "DescriptorProto": {"field": 2, "nested_type": 3, "enum_type": 4, "oneof_decl": 8},
    "EnumDescriptorProto": {"value": 2},
    "ServiceDescriptorProto": {"method": 2},
}


def is_infrastructure(service: str) -> bool:
    """Tell whether a service, by its full name, is none of the plugin's own."""
    return service in _GO_PLUGIN or service.startswith(_INFRASTRUCTURE)


class Descriptors:
    """Holds the messages and services of one plugin, apart from those of all others.

    The well-known types are always those of the runtime, whatever the plugin says they are. A file that cannot be
    used takes those that import it along; the rest stays usable.

    Args:
        files: serialized `FileDescriptorProto`s in any order; the first of a name counts.
        source: what they come from, for messages.
        served: the services that the plugin serves, by full name; None for all that the files define. Files may define
            those of the other side, too: what a plugin calls at its host.

    Attributes:
        pool: of the protobuf runtime.
        services: the plugin's own services, by full name, in the order of the files.
        refused: why a file cannot be used, by its name.

    Raises:
        InterfaceError: the descriptors are no descriptors, or beyond the limits.
    """

    def __init__(self, files: Iterable[bytes], *, source: str, served: Collection[str] | None = None) -> None:
        self._source = source
        self._served = served
        self.pool = new_pool()
        self.refused: dict[str, str] = {}
        self.services: dict[str, ServiceDescriptor] = {}
        self._comments: dict[str, str] = {}
        self._protos: dict[str, Any] = {}
        counter = DescriptorCounter(source)
        for data in files:
            counter.add(data, "file")
            self._take(data)
        for proto in self._ordered():
            self._add(proto)

    def __repr__(self) -> str:
        return f"<Descriptors {self._source} files={len(self._protos)} services={list(self.services)}>"

    @classmethod
    def from_set(cls, data: bytes, *, source: str) -> Descriptors:
        """Return what a serialized `FileDescriptorSet` holds.

        Raises:
            InterfaceError: as the constructor; also when any of the files cannot be used.
        """
        DescriptorCounter(source).add(data, "set")
        try:
            files = parse(FileDescriptorSet, data).file
        except DecodeError as error:
            raise InterfaceError(f"this is no descriptor set: {error}", location=source) from error
        made = cls([proto.SerializeToString() for proto in files], source=source)
        for name, reason in made.refused.items():
            raise InterfaceError(
                f"{name} cannot be used: {reason}",
                location=source,
                hint="make the set with protoc --include_imports",
            )
        return made

    @classmethod
    def from_file(cls, path: Path) -> Descriptors:
        """Read a file with a serialized `FileDescriptorSet`.

        Raises:
            InterfaceError: it cannot be read, or as `from_set`.
        """
        try:
            with path.open("rb") as file:
                data = file.read(MAX_SET_BYTES + 1)
        except OSError as error:
            raise InterfaceError(
                f"the descriptor set cannot be read: {error.strerror}",
                location=str(path),
                hint="check [grpc] descriptors in the manifest",
            ) from error
        return cls.from_set(data, source=str(path))

    def find_message(self, full_name: str) -> Descriptor | None:
        """Return a message by its full name, or None."""
        try:
            return self.pool.FindMessageTypeByName(full_name)
        except KeyError:
            return None

    def message_class(self, full_name: str) -> MessageClass:
        """Return the class of a message that is known to exist."""
        return message_class(self.pool.FindMessageTypeByName(full_name))

    def comment(self, full_name: str) -> str:
        """Return the comment of anything that has a full name; empty when the descriptors carry none."""
        return self._comments.get(full_name, "")

    def _take(self, data: bytes) -> None:
        try:
            proto = parse(FileDescriptorProto, data)
        except DecodeError as error:
            raise InterfaceError(f"this is no file descriptor: {error}", location=self._source) from error
        if proto.name not in WELL_KNOWN_FILES:
            self._protos.setdefault(proto.name, proto)

    def _ordered(self) -> Iterator[Any]:
        """Yield each file after those that it imports; files that import each other in a circle are refused."""
        done: set[str] = set()
        for root in self._protos:
            waiting: list[tuple[str, bool]] = [(root, False)]
            opened: set[str] = set()
            while waiting:
                name, ready = waiting.pop()
                if ready:
                    opened.discard(name)
                    done.add(name)
                    yield self._protos[name]
                elif name in opened:
                    self.refused.setdefault(name, "it imports itself by way of others")
                elif name not in done:
                    opened.add(name)
                    waiting.append((name, True))
                    known = [item for item in self._protos[name].dependency if item in self._protos]
                    waiting.extend((item, False) for item in known)

    def _add(self, proto: Any) -> None:
        lost = next((name for name in proto.dependency if name in self.refused), None)
        if lost is not None:
            self.refused.setdefault(proto.name, f"it imports {lost}, which cannot be used")
        if proto.name in self.refused:
            return
        try:
            _check_names(proto)
            for name in proto.dependency:
                self._stand_in(name)
            self.pool.AddSerializedFile(proto.SerializeToString())
        except (TypeError, ValueError) as error:
            self.refused[proto.name] = str(error)
            return
        self._read_comments(proto)
        prefix = f"{proto.package}." if proto.package else ""
        for service in proto.service:
            full_name = prefix + service.name
            is_served = self._served is None or full_name in self._served
            if is_served and not is_infrastructure(full_name):
                self.services[full_name] = self.pool.FindServiceByName(full_name)

    def _stand_in(self, name: str) -> None:
        """Put an empty file in the place of one that was not sent: often only options are defined there."""
        try:
            self.pool.FindFileByName(name)
        except KeyError:
            self.pool.Add(FileDescriptorProto(name=name))

    def _read_comments(self, proto: Any) -> None:
        if not proto.source_code_info.location:
            return
        names = dict(_named_parts(proto, proto.package))
        for location in proto.source_code_info.location:
            name = names.get(tuple(location.path))
            text = location.leading_comments or location.trailing_comments
            if name is not None and isinstance(text, str) and text.strip():
                lines = [line.strip() for line in text.strip()[:MAX_COMMENT].splitlines()]
                self._comments[name] = "\n".join(lines)


def _check_names(proto: Any) -> None:
    """Check the names that JSON uses: the runtime takes some that are no UTF-8, and cannot read them later.

    Raises:
        ValueError: one of them is none.
    """
    waiting = list(proto.message_type)
    while waiting:
        message = waiting.pop()
        waiting.extend(message.nested_type)
        for field in message.field:
            if not isinstance(field.json_name, str) or not isinstance(field.default_value, str):
                raise ValueError(f"a name or default in the message {message.name} is no UTF-8")  # noqa: TRY004 - the file's fault


def _named_parts(proto: Any, prefix: str) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield path and full name of all that a file defines; a value of an enum is named below its enum here."""
    waiting: list[tuple[Any, tuple[int, ...], str]] = [(proto, (), prefix)]
    while waiting:
        owner, path, name = waiting.pop()
        for attribute, number in _PARTS.get(type(owner).__name__, {}).items():
            for index, part in enumerate(getattr(owner, attribute)):
                below = (*path, number, index)
                full_name = f"{name}.{part.name}" if name else part.name
                yield below, full_name
                waiting.append((part, below, full_name))
