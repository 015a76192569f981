"""What of a plugin can be called: its services as they are, and interfaces that the manifest binds to them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import trio

from hostcore.errors import HostError, InterfaceError
from hostcore.interfaces import Interface
from hostcore.manifest import Manifest
from hostcore_grpc._settings import Settings
from hostcore_grpc.methods import (
    REFLECTION_PATHS,
    BoundInterface,
    CallShape,
    Descriptors,
    GrpcMethod,
    KnownMessages,
    ReflectionConversation,
    Services,
    bind_interface,
    compile_command,
)
from hostcore_grpc.rpc import Client, Origin, RpcError, StatusCode

COMPILE_TIMEOUT: Final = 30.0
"""Seconds for the compiler of a `.proto` file; those of all of Google's APIs take one."""

REFLECTION_TIMEOUT: Final = 10.0
"""Seconds for all that reflection asks; the plugin answers from memory."""


class PluginServices:
    """Holds what can be called of one plugin.

    Args:
        services: of the plugin, from its descriptors.
        bound: interface name to how a service stands for it.
        defined: all services that its files define, those of its host included: what it calls back.

    Attributes:
        interfaces: as the plugin describes them, by the name of each and by the full name of its service; those that
            are bound are not among them.
        versions: interface name to version, of all that can be called.
    """

    def __init__(
        self,
        services: Services,
        bound: Mapping[str, BoundInterface],
        *,
        defined: Services,
    ) -> None:
        self.services = services
        self.interfaces: Mapping[str, Interface] = {
            name: each.interface
            for each in services.services.values()
            for name in (each.name, each.full_name)
        }
        self.versions = {each.name: str(each.version) for each in self.interfaces.values()}
        self.versions |= {name: str(each.interface.version) for name, each in bound.items()}
        self._bound = dict(bound)
        self._defined = defined

    def __repr__(self) -> str:
        return f"<PluginServices {sorted(self.versions)}>"

    def find(self, method: str) -> CallShape | None:
        """Return what a call of a method sends and receives, or None."""
        interface, _, name = method.rpartition(".")
        bound = self._bound.get(interface)
        return bound.methods.get(name) if bound is not None else self.services.find_method(method)

    def error(self, error: RpcError, method: str) -> HostError | None:
        """Return the error of the interface that a status means; None where nothing says so."""
        interface, _, name = method.rpartition(".")
        bound = self._bound.get(interface)
        if bound is None or name not in bound.methods or error.origin is not Origin.PEER:
            return None
        return bound.error(name, error.status, error.message, error.details)

    def service(self, name: str) -> Mapping[str, GrpcMethod]:
        """Return the methods of any service that the plugin's files define, by name; empty when there is none."""
        found = self._defined.find_service(name)
        return {} if found is None else found.methods


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
        ManifestError: an interface is bound to what is not there.
    """
    if settings.descriptors is not None:
        descriptors = everything = await _from_file(settings.descriptors)
    else:
        conversation = await _reflect(client, known, source=manifest.id)
        descriptors = everything = conversation.descriptors()
        if settings.callbacks:
            everything = conversation.descriptors(served_only=False)
    services = Services(descriptors)
    bound = {
        name: bind_interface(
            binding, interface=interfaces[name], services=services, descriptors=descriptors, known=known
        )
        for name, binding in settings.bind.items()
        if name in interfaces
    }
    defined = services if everything is descriptors else Services(everything)
    return PluginServices(services, bound, defined=defined)


async def _from_file(path: Path) -> Descriptors:
    if path.suffix == ".proto":
        return await _compiled(path)
    return Descriptors.from_file(path)


async def _compiled(proto: Path) -> Descriptors:
    with tempfile.TemporaryDirectory(prefix="polyhost-") as folder:
        output = Path(folder, "services.pb")
        command = compile_command(proto, output=output)
        with trio.move_on_after(COMPILE_TIMEOUT) as scope:
            done = await trio.run_process(command, capture_stderr=True, check=False)
        if scope.cancelled_caught or done.returncode:
            why = (
                "it took too long" if scope.cancelled_caught else done.stderr.decode(errors="replace").strip()
            )
            raise InterfaceError(f"the .proto file cannot be compiled: {why}", location=str(proto))
        return Descriptors.from_file(output)


async def _reflect(client: Client, known: KnownMessages, *, source: str) -> ReflectionConversation:
    """Ask the plugin; newer ones know both versions of the question, older ones the second only."""
    failure: RpcError | None = None
    for path in REFLECTION_PATHS:
        conversation = ReflectionConversation(known, source=source)
        try:
            await _converse(client, path, conversation)
        except RpcError as error:
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
    with client.stream(path, timeout=REFLECTION_TIMEOUT) as call:
        while (request := conversation.next_request()) is not None:
            await call.send(request)
            answer = await call.receive()
            if answer is None:
                raise RpcError(StatusCode.INTERNAL, "the plugin ended its answers too early")
            conversation.receive(answer)
        await call.end()
