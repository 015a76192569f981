"""Turn the services of a plugin into interfaces, and each of their methods into what a call needs."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hostcore.errors import InterfaceError
from hostcore.interfaces import Interface, parse_interface
from hostcore_grpc.methods._calls import GrpcMethod
from hostcore_grpc.methods._codec import Codecs
from hostcore_grpc.methods._descriptors import Descriptors
from hostcore_grpc.methods._runtime import MethodOptions, ServiceDescriptor
from hostcore_grpc.methods._schemas import SchemaWriter, TooManyFieldsError, expanded_size, groups_below

# An interface may have 20 000 schemas below one method; this stays well below and counts in another order.
MAX_EXPANDED: Final = 8_000
# What the checks of all interfaces of a plugin cost together; those of Terraform's plugins need some 3 000.
MAX_TOTAL: Final = 150_000
# How many fields of one interface are written out, and of all together, those given up again included. It bounds the time
# that a plugin with thousands of messages takes to load.
MAX_FIELDS: Final = 20_000
MAX_ALL_FIELDS: Final = 150_000
# How many levels of messages are written out: first all, then fewer, until the interface is small enough.
_LEVELS: Final = (64, 8, 4, 2, 1)

_NAME: Final = re.compile("[A-Za-z][A-Za-z0-9_]{0,63}")
_MAX_PARTS: Final = 8
_VERSION: Final = re.compile(r"(?:^|\.)v([1-9][0-9]{0,3})(?:(?:alpha|beta)[0-9]*)?$")
_EMPTY: Final[Mapping[str, Any]] = {"type": "object", "additionalProperties": False}
_BARE: Final[Mapping[str, Any]] = {"type": "object"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """Is one service of a plugin.

    Attributes:
        full_name: with its package.
        name: the short one where no other service of the plugin has it and nothing is in its way, else the full one.
        interface: its methods with their schemas, under `name`.
        methods: the same methods as gRPC sees them, by name.
    """

    full_name: str
    name: str
    interface: Interface
    methods: Mapping[str, GrpcMethod]

    def interface_named(self, name: str) -> Interface:
        """Return the interface under another name: callers may also use the full one."""
        methods = {
            key: dataclasses.replace(method, interface=name) for key, method in self.interface.methods.items()
        }
        document = {**self.interface.document, "name": name}
        return dataclasses.replace(self.interface, name=name, methods=methods, document=document)


class Services:
    """Holds the services of one plugin that can be called.

    Args:
        descriptors: of the plugin.

    Attributes:
        services: by full name.
        refused: why a service, or one method, cannot be called, by its full name.

    The method of a service is `Service.Method` for callers. Params are the request and the result is the response,
    by proto3's JSON mapping. Where the caller streams, the params are empty and requests are the items that it
    sends; where the plugin streams, responses are the items and the result is empty.
    """

    def __init__(self, descriptors: Descriptors) -> None:
        self._descriptors = descriptors
        self._codecs = Codecs(descriptors)
        self._fields_left = MAX_ALL_FIELDS
        self._total_left = MAX_TOTAL
        roots = [
            message
            for service in descriptors.services.values()
            for method in service.methods
            for message in (method.input_type, method.output_type)
        ]
        self._groups = groups_below(roots)
        self.services: dict[str, Service] = {}
        self.refused: dict[str, str] = {}
        for file, reason in descriptors.refused.items():
            self.refused[file] = reason
        names = _display_names(list(descriptors.services))
        for full_name, descriptor in descriptors.services.items():
            self._add(descriptor, names[full_name])
        self._by_name = {service.name: service for service in self.services.values()} | self.services

    def __repr__(self) -> str:
        return (
            f"<Services {[service.name for service in self.services.values()]} refused={len(self.refused)}>"
        )

    def find_service(self, name: str) -> Service | None:
        """Return a service by its short or its full name, or None."""
        return self._by_name.get(name)

    def find_method(self, name: str) -> GrpcMethod | None:
        """Return a method by `Service.Method`, with the short or the full name of the service, or None."""
        service, _, method = name.rpartition(".")
        found = self._by_name.get(service)
        return None if found is None else found.methods.get(method)

    def interfaces(self) -> dict[str, Interface]:
        """Return all interfaces by name: each one under its short name, if it has one, and under its full name."""
        made = {service.name: service.interface for service in self.services.values()}
        for service in self.services.values():
            if service.full_name not in made:
                made[service.full_name] = service.interface_named(service.full_name)
        return made

    def _add(self, descriptor: ServiceDescriptor, name: str) -> None:
        full_name = descriptor.full_name
        parts = full_name.split(".")
        if len(parts) > _MAX_PARTS or not all(_NAME.fullmatch(part) for part in parts):
            self.refused[full_name] = "its name cannot be that of an interface"
            return
        usable = self._usable(descriptor)
        if not usable:
            self.refused.setdefault(full_name, "it has no method that can be called")
            return
        methods = {method.name: self._method(method) for method in usable}
        try:
            interface = self._interface(descriptor, name, usable)
        except InterfaceError as error:
            self.refused[full_name] = str(error)
            return
        self.services[full_name] = Service(
            full_name=full_name, name=name, interface=interface, methods=methods
        )

    def _usable(self, descriptor: ServiceDescriptor) -> list[Any]:
        usable = []
        for method in descriptor.methods:
            group = self._groups.get(method.input_type.full_name) or self._groups.get(
                method.output_type.full_name
            )
            if group is not None:
                self.refused[method.full_name] = f"the field {group} is a group, which JSON has no form for"
            elif not _NAME.fullmatch(method.name):
                self.refused[method.full_name] = "its name cannot be that of a method"
            else:
                usable.append(method)
        return usable

    def _method(self, descriptor: Any) -> GrpcMethod:
        service = descriptor.containing_service.full_name
        return GrpcMethod(
            service=service,
            name=descriptor.name,
            path=f"/{service}/{descriptor.name}",
            client_streaming=descriptor.client_streaming,
            server_streaming=descriptor.server_streaming,
            request=self._codecs.codec(descriptor.input_type),
            response=self._codecs.codec(descriptor.output_type),
        )

    def _interface(self, descriptor: ServiceDescriptor, name: str, methods: Sequence[Any]) -> Interface:
        """Return the interface of a service, with as many levels of messages as the limits let pass."""
        source = f"descriptors of {descriptor.full_name}"
        for levels in _LEVELS:
            try:
                document = self._document(descriptor, name, methods, levels)
                size = _size(document)
                if size <= self._total_left:
                    made = parse_interface(document, source=source)
                    self._total_left -= size
                    return made
            except (TooManyFieldsError, InterfaceError):
                continue  # too much, or more than the checks of interface files let pass: write out less
        return parse_interface(self._bare_document(descriptor, name, methods), source=source)

    def _document(
        self, descriptor: ServiceDescriptor, name: str, methods: Sequence[Any], levels: int
    ) -> dict[str, Any]:
        writer = SchemaWriter(
            self._descriptors,
            package=descriptor.file.package,
            levels=levels,
            fields=min(MAX_FIELDS, self._fields_left),
        )
        try:
            written = {
                method.name: self._written(
                    method, writer.root(method.input_type), writer.root(method.output_type)
                )
                for method in methods
            }
            writer.finish()
        finally:
            self._fields_left -= writer.written
        document = {**self._head(descriptor, name), "methods": written}
        return {**document, "$defs": writer.definitions} if writer.definitions else document

    def _bare_document(
        self, descriptor: ServiceDescriptor, name: str, methods: Sequence[Any]
    ) -> dict[str, Any]:
        """Return an interface that says of all messages only that they are objects."""
        written = {method.name: self._written(method, _BARE, _BARE) for method in methods}
        return {**self._head(descriptor, name), "methods": written}

    def _head(self, descriptor: ServiceDescriptor, name: str) -> dict[str, Any]:
        version = _VERSION.search(descriptor.file.package)
        head: dict[str, Any] = {
            "interface": 1,
            "name": name,
            "version": f"{version[1] if version else 1}.0",
        }
        comment = self._descriptors.comment(descriptor.full_name)
        return {**head, "description": comment} if comment else head

    def _written(
        self, method: Any, request: Mapping[str, Any], response: Mapping[str, Any]
    ) -> dict[str, Any]:
        options = method.GetOptions()
        stream = {}
        if method.client_streaming:
            stream["in"], request = request, _EMPTY
        if method.server_streaming:
            stream["out"], response = response, _EMPTY
        written: dict[str, Any] = {"params": dict(request), "result": dict(response)}
        if stream:
            written["stream"] = stream
        comment = self._descriptors.comment(method.full_name)
        if comment:
            written["description"] = comment
        if options.deprecated:
            written["deprecated"] = "The plugin marks this method as deprecated."
        if options.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN:
            written["idempotent"] = True
        if options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS:
            written["readOnly"] = True
        return written


def _size(document: Mapping[str, Any]) -> int:
    """Return how many schemas all methods have with their references written out.

    Raises:
        TooManyFieldsError: one method alone has too many.
    """
    known: dict[str, int] = {}
    definitions = document.get("$defs", {})
    total = 0
    for method in document["methods"].values():
        stream = method.get("stream", {})
        for schema in (method["params"], method["result"], *stream.values()):
            try:
                size = expanded_size(schema, definitions, known)
            except RecursionError:
                # A long chain of definitions: the host's checks follow it by recursion, too.
                raise TooManyFieldsError from None
            total += size
            if size > MAX_EXPANDED:
                raise TooManyFieldsError
    return total


def _display_names(full_names: Sequence[str]) -> dict[str, str]:
    """Return the name that each service goes by: its short one if it is unique and nobody's full one."""
    short = {name: name.rpartition(".")[2] for name in full_names}
    uses = Counter(short.values()) + Counter(name for name in full_names if name not in short.values())
    return {name: item if uses[item] == 1 else name for name, item in short.items()}
