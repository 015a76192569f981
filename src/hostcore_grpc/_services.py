"""What of a plugin can be called: its services as they are, and interfaces that the manifest binds to them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import trio

from hostcore.errors import HostError, InterfaceError, ManifestError
from hostcore.interfaces import Interface, did_you_mean
from hostcore.manifest import Manifest
from hostcore_grpc._lent_calls import LentMethod
from hostcore_grpc._settings import Callback, Settings
from hostcore_grpc.methods import (
    REFLECTION_PATHS,
    BoundInterface,
    CallShape,
    Codecs,
    Descriptors,
    DetailsReader,
    KnownMessages,
    ReflectionConversation,
    Services,
    Style,
    bind_interface,
    compile_command,
)
from hostcore_grpc.rpc import Client, Origin, RpcError, StatusCode

COMPILE_TIMEOUT: Final = 30.0
"""Seconds for the compiler of a `.proto` file; those of all of Google's APIs take one."""

REFLECTION_TIMEOUT: Final = 10.0
"""Seconds for all that reflection asks; the plugin answers from memory."""

MAX_REMARKS: Final = 20
"""Remarks about what cannot be called; more are the same mistake again and again."""

_OF_THE_HOST: Final = frozenset({StatusCode.UNIMPLEMENTED, StatusCode.DEADLINE_EXCEEDED})
"""What says nothing of the application unless one of its errors has it: the method is not there, or was too slow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Loan:
    """Is a service that a plugin is lent with each call of a method.

    Attributes:
        field: of the method's request; it gets the id of the service.
        methods: of the service.
        keep: whether the plugin keeps it when the call has ended.
    """

    field: str
    methods: Sequence[LentMethod]
    keep: bool = False


class PluginServices:
    """Holds what can be called of one plugin.

    Args:
        services: of the plugin, from its descriptors.
        bound: interface name to how a service stands for it.
        loans: path of a method to what the plugin is lent with its calls.
        details: reads what comes along with a failed call.
        refused: what of the plugin cannot be called, and why.

    Attributes:
        interfaces: as the plugin describes them, by the name of each and by the full name of its service; those that
            are bound are not among them.
        versions: interface name to version, of all that can be called.
        loans: path of a method to what the plugin is lent with its calls.
    """

    def __init__(
        self,
        services: Services,
        bound: Mapping[str, BoundInterface],
        *,
        loans: Mapping[str, Loan],
        details: DetailsReader,
        refused: Mapping[str, str],
    ) -> None:
        taken = {each.service for each in bound.values()}
        self.interfaces: Mapping[str, Interface] = {
            name: each.interface
            for each in services.services.values()
            if each.full_name not in taken
            for name in (each.name, each.full_name)
        }
        self.versions = {each.name: str(each.version) for each in self.interfaces.values()}
        self.versions |= {name: str(each.interface.version) for name, each in bound.items()}
        self.loans = loans
        self._services = services
        self._bound = dict(bound)
        self._details = details
        self._refused = refused

    def __repr__(self) -> str:
        return f"<PluginServices {sorted(self.versions)}>"

    def remarks(self) -> Iterator[str]:
        """Say what of the plugin cannot be called, and why."""
        for name, reason in islice(self._refused.items(), MAX_REMARKS):
            yield f"{name} cannot be called: {reason}"

    def find(self, method: str) -> CallShape | None:
        """Return what a call of a method sends and receives, or None."""
        interface, _, name = method.rpartition(".")
        bound = self._bound.get(interface)
        return bound.methods.get(name) if bound is not None else self._services.find_method(method)

    def error(self, error: RpcError, method: str, *, plugin: str) -> HostError | None:
        """Return the error of the application that a plugin has answered with; None when it is none of its own."""
        if error.origin is not Origin.PEER:
            return None
        interface, _, name = method.rpartition(".")
        bound = self._bound.get(interface)
        if bound is not None and name in bound.methods:
            made = bound.error(name, error.status, error.told, error.details)
        else:
            made = self._details.error(error.status, error.told, error.details)
        if made.name is None and error.status in _OF_THE_HOST:
            return None
        made.location = f"{method} of {plugin}"
        return made


async def learn_services(
    client: Client,
    manifest: Manifest,
    settings: Settings,
    interfaces: Mapping[str, Interface],
    known: KnownMessages,
) -> PluginServices:
    """Find out what a plugin serves, from the file that its manifest names, or from the plugin itself.

    Raises:
        InterfaceError: there are no descriptors, or they cannot be used.
        ManifestError: an interface is bound, or a service lent, that is not there.
        RpcError: the connection has ended, or the plugin does not answer.
    """
    refused: dict[str, str] = {}
    if settings.descriptors is not None:
        descriptors = everything = await _from_file(settings.descriptors)
    else:
        conversation = await _reflect(client, known, source=manifest.id)
        descriptors = everything = conversation.descriptors()
        refused |= conversation.refused
        if settings.callbacks:
            everything = conversation.descriptors(served_only=False)
    services = Services(descriptors)
    for name in settings.bind:
        if name not in interfaces:
            raise ManifestError(
                f"{name} is bound to a service, and there is no file that says what it is",
                location=f"{manifest.file}, grpc.bind.{name}",
                hint=f"put {name}.v1.json into the plugin's folder interfaces/",
            )
    bound = {
        name: bind_interface(
            binding, interface=interfaces[name], services=services, descriptors=descriptors, known=known
        )
        for name, binding in settings.bind.items()
    }
    loans: dict[str, Loan] = {}
    if settings.callbacks:
        lender = _Lender(manifest, everything)
        loans = dict(lender.loan(name, each, services) for name, each in settings.callbacks.items())
    return PluginServices(
        services,
        bound,
        loans=loans,
        details=DetailsReader(descriptors, known),
        refused=refused | services.refused,
    )


class _Lender:
    """Finds what a plugin calls back: services that its files define and its host serves."""

    def __init__(self, manifest: Manifest, descriptors: Descriptors) -> None:
        self._manifest = manifest
        self._defined = Services(descriptors)
        self._codecs = Codecs(descriptors, style=Style.NATIVE)

    def loan(self, name: str, callback: Callback, served: Services) -> tuple[str, Loan]:
        """Return the path of a method, and what the plugin is lent with its calls; raises `ManifestError`."""
        method = served.find_method(name)
        if method is None:
            raise self._fail(name, f"the plugin has no method {name!r}", None)
        if method.client_streaming:
            raise self._fail(name, "a method whose caller streams has no params to put the id into", None)
        fields = {field.json_name for field in method.request.descriptor.fields}
        if callback.field not in fields:
            text = f"{method.request.descriptor.full_name} has no field {callback.field!r}"
            raise self._fail(name, text, did_you_mean(callback.field, sorted(fields)))
        service = self._defined.find_service(callback.service)
        if service is None:
            known = sorted(self._defined.services)
            text = f"the plugin's files define no service {callback.service!r}"
            raise self._fail(
                name, text, did_you_mean(callback.service, known) or f"there are: {', '.join(known)}"
            )
        methods = [
            LentMethod(
                name=f"{callback.interface}.{each.name}",
                path=each.path,
                request=self._codecs.codec(each.request.descriptor),
                response=self._codecs.codec(each.response.descriptor),
            )
            for each in service.methods.values()
            if not each.client_streaming and not each.server_streaming
        ]
        return method.path, Loan(field=callback.field, methods=methods, keep=callback.keep)

    def _fail(self, name: str, text: str, hint: str | None) -> ManifestError:
        return ManifestError(text, location=f"{self._manifest.file}, grpc.callbacks.{name}", hint=hint)


async def _from_file(path: Path) -> Descriptors:
    if path.suffix == ".proto":
        return await _compiled(path)
    return Descriptors.from_file(path)


async def _compiled(proto: Path) -> Descriptors:
    try:
        with tempfile.TemporaryDirectory(prefix="polyhost-proto-") as folder:
            output = Path(folder, "services.pb")
            command = compile_command(proto, output=output)
            with trio.move_on_after(COMPILE_TIMEOUT) as scope:
                done = await trio.run_process(command, capture_stderr=True, check=False)
            if scope.cancelled_caught:
                raise _uncompiled(proto, f"it took more than {COMPILE_TIMEOUT:g} s")
            if done.returncode:
                raise _uncompiled(proto, done.stderr.decode(errors="replace").strip())
            return Descriptors.from_file(output)
    except OSError as error:
        raise _uncompiled(proto, error.strerror or str(error)) from error


def _uncompiled(proto: Path, why: str) -> InterfaceError:
    return InterfaceError(f"the .proto file cannot be compiled: {why}", location=str(proto))


async def _reflect(client: Client, known: KnownMessages, *, source: str) -> ReflectionConversation:
    """Ask the plugin; newer ones know both versions of the question, older ones the second only."""
    failure: RpcError | None = None
    for path in REFLECTION_PATHS:
        conversation = ReflectionConversation(known, source=source)
        try:
            await _converse(client, path, conversation)
        except RpcError as error:
            if error.origin is not Origin.PEER:
                raise
            failure = error
            if error.status != StatusCode.UNIMPLEMENTED:
                break
        else:
            return conversation
    raise InterfaceError(
        f"{source} does not say what it serves: {failure}",
        location=source,
        hint='name a descriptor set in the manifest: [grpc] descriptors = "services.pb"',
    )


async def _converse(client: Client, path: str, conversation: ReflectionConversation) -> None:
    with client.stream(path, timeout=REFLECTION_TIMEOUT, aside=True) as call:
        while (request := conversation.next_request()) is not None:
            try:
                await call.send(request)
                answer = await call.receive()
            except trio.ClosedResourceError:
                answer = None
            if answer is None:
                raise RpcError(StatusCode.INTERNAL, "the plugin ended its answers too early")
            conversation.receive(answer)
        await call.end()
