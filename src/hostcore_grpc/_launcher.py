"""Starts plugins that were built with go-plugin, or that print its handshake, and learns what they serve."""

from __future__ import annotations

import json
import signal
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import trio

from hostcore.errors import (
    HandshakeError,
    HostError,
    IncompatibleError,
    InterfaceError,
    LaunchError,
    ManifestError,
)
from hostcore.hooks import TransportContext
from hostcore.manifest import Manifest
from hostcore.protocol import Limits, PluginHello
from hostcore.snapshots import as_json
from hostcore.transports import ChildProcess, LaunchFailure, LaunchSpec, TransportListener
from hostcore_grpc._child import Child
from hostcore_grpc._companions import Companions
from hostcore_grpc._handshake import (
    Handshake,
    HandshakeMisfitError,
    TcpAddress,
    UnixAddress,
    parse_handshake,
)
from hostcore_grpc._services import learn_services
from hostcore_grpc._settings import Settings, read_settings
from hostcore_grpc._tls import SERVER_NAME, Identity, client_context, server_context
from hostcore_grpc._transport import GrpcTransport
from hostcore_grpc.methods import KnownMessages
from hostcore_grpc.rpc import Client, RpcError

MIN_PORT: Final = 10000
MAX_PORT: Final = 25000
"""Ports that a plugin may listen on where it uses no unix socket; the defaults of go-plugin."""


class GrpcLauncher:
    """Launches plugins that serve gRPC; see `Launcher`.

    Args:
        context: what the host lends to a transport.
    """

    def __init__(self, context: TransportContext) -> None:
        self._context = context
        self._known = KnownMessages()

    def __repr__(self) -> str:
        return "<GrpcLauncher>"

    def check(self, manifest: Manifest) -> None:
        """Raise `ManifestError` for a table `[grpc]` that cannot be used."""
        read_settings(manifest)

    @asynccontextmanager
    async def launch(self, spec: LaunchSpec, listener: TransportListener) -> AsyncIterator[GrpcTransport]:
        """Start the program and learn what it serves; see `Launcher.launch`."""
        settings = read_settings(spec.manifest)
        start = _Start(self._context, self._known, spec, settings, listener)
        child = await start.spawn()
        self._context.nursery.start_soon(child.run, name=f"gRPC plugin {spec.plugin} (pid {child.pid})")
        try:
            yield await start.greet(child)
        finally:
            start.close()
            child.signal_group(signal.SIGKILL)
            child.connection_ended("the plugin was let go")
            with trio.CancelScope(shield=True):  # bounded: the process ends soon after SIGKILL
                await child.finished.wait()


class _Start:
    """Is one start of one plugin, from the spawn to its hello."""

    def __init__(
        self,
        context: TransportContext,
        known: KnownMessages,
        spec: LaunchSpec,
        settings: Settings,
        listener: TransportListener,
    ) -> None:
        self._context = context
        self._known = known
        self._spec = spec
        self._settings = settings
        self._listener = listener
        self._identity = Identity.make() if settings.auto_mtls else None
        self._client: Client | None = None

    async def spawn(self) -> Child:
        """Start the process, or take one that runs already."""
        spec, reattach = self._spec, self._settings.reattach
        if reattach is not None:
            return Child(spec.plugin, None, pid=reattach.pid, sockets=None, listener=self._listener)
        sockets = Path(
            tempfile.mkdtemp(prefix="polyhost-")
        )  # private, and short: a socket's path has 108 bytes
        try:
            process = await self._spawn(sockets)
        except BaseException:
            sockets.rmdir()  # noqa: ASYNC240 - an empty folder in memory: it does not block
            raise
        process.close_stdin()
        return Child(spec.plugin, process, pid=process.pid, sockets=sockets, listener=self._listener)

    async def _spawn(self, sockets: Path) -> ChildProcess:
        spec = self._spec
        try:
            return await self._context.spawner.spawn(
                spec.command, folder=spec.folder, environment=self._environment(sockets)
            )
        except (OSError, ValueError, TypeError) as error:
            what = error.strerror if isinstance(error, OSError) else str(error)
            raise LaunchError(
                f"cannot start {spec.plugin}: {spec.command[0]}: {what}",
                location=str(spec.folder),
                hint="is the program there, executable, and made for this machine?",
            ) from error

    def _environment(self, sockets: Path) -> Mapping[str, str]:
        settings = self._settings
        environment = {
            **self._spec.environment,
            "PLUGIN_PROTOCOL_VERSIONS": ",".join(map(str, settings.versions)),
            "PLUGIN_MIN_PORT": str(MIN_PORT),
            "PLUGIN_MAX_PORT": str(MAX_PORT),
            "PLUGIN_UNIX_SOCKET_DIR": str(sockets),
        }
        if settings.cookie_key is not None and settings.cookie_value is not None:
            environment[settings.cookie_key] = settings.cookie_value
        if self._identity is not None:
            environment["PLUGIN_CLIENT_CERT"] = self._identity.certificate
        return environment

    async def greet(self, child: Child) -> GrpcTransport:
        """Wait for the handshake, connect, and learn what the plugin serves.

        Raises:
            HandshakeError, IncompatibleError: why that was not possible.
        """
        seconds = self._spec.start_timeout
        try:
            with trio.move_on_after(seconds):
                return await self._greet(child)
        except HandshakeMisfitError as error:
            raise await self._failed(child, "protocol-violated", str(error)) from error
        except (InterfaceError, ManifestError) as error:  # another start would find the same
            raise IncompatibleError(error.message, location=error.location, hint=error.hint) from error
        except (RpcError, OSError, ssl.SSLError, trio.BrokenResourceError) as error:
            text = f"it cannot be reached: {_told(error)}"
            raise await self._failed(child, "unreachable", text) from error
        what = "printed no handshake" if child.handshake is None else "was not ready to be called"
        raise await self._failed(child, "no-hello", f"it {what} within {seconds:g} s")

    async def _greet(self, child: Child) -> GrpcTransport:
        handshake = await self._handshake(child)
        stream, tls = await self._connect(handshake)
        client = self._client = Client(
            stream,
            deadlines=self._context.deadlines,
            scheme="https" if tls is not None else "http",
            max_inflight=self._spec.max_inflight,
            queue_limit=self._spec.queue_limit,
            noted=lambda text: self._listener.host_noted("error", text),
        )
        self._context.nursery.start_soon(self._run, client, child)
        companions = Companions(
            self._spec.plugin,
            client,
            known=self._known,
            listener=self._listener,
            sockets=child.sockets,
            tls=tls,
        )
        self._context.nursery.start_soon(companions.run, name=f"streams of {self._spec.plugin}")
        services = await learn_services(
            client, self._spec.manifest, self._settings, self._spec.interfaces, self._known
        )
        hello = PluginHello(
            name=self._spec.plugin,
            version=self._spec.manifest.version,
            interfaces=services.versions,
            limits=Limits(inflight=self._spec.max_inflight),
        )
        transport = GrpcTransport(
            child,
            client,
            services=services,
            settings=self._settings,
            companions=companions,
            known=self._known,
            hello=hello,
        )
        await transport.ping(timeout=self._spec.start_timeout)
        self._spec.greet(hello, services.interfaces)
        return transport

    async def _run(self, client: Client, child: Child) -> None:
        await client.run()
        child.connection_ended(client.reason or "")

    async def _handshake(self, child: Child) -> Handshake:
        reattach = self._settings.reattach
        if reattach is not None:
            return Handshake(version=reattach.version, address=reattach.address)
        await child.wait_handshake()
        if child.handshake is None:
            raise await self._failed(child, "exited", "it ended before it printed its handshake")
        return parse_handshake(child.handshake, versions=self._settings.versions)

    async def _connect(self, handshake: Handshake) -> tuple[trio.abc.Stream, ssl.SSLContext | None]:
        """Connect, encrypted where that was agreed on; gives the context for connections that come back, too."""
        stream = await _open(handshake.address)
        if self._identity is None:
            return stream, None
        if handshake.certificate is None:
            if self._settings.plaintext_fallback:
                self._listener.host_noted(
                    "warn", "it does not encrypt the connection, as its manifest allows"
                )
                return stream, None
            await stream.aclose()
            raise HandshakeMisfitError(
                "it shows no certificate although it was asked to: auto_mtls = false in the manifest's [grpc] does"
                " not ask, plaintext_fallback = true takes what comes"
            )
        secured = trio.SSLStream(
            stream, client_context(self._identity, handshake.certificate), server_hostname=SERVER_NAME
        )
        await secured.do_handshake()
        return secured, server_context(self._identity, handshake.certificate)

    async def _failed(self, child: Child, code: str, what: str) -> HostError:
        """Make the error that tells of a failed start, with the last words of the process."""
        child.signal_group(signal.SIGKILL)
        child.connection_ended("the start has failed")
        with trio.CancelScope(
            shield=True
        ):  # it ends soon after SIGKILL, and its last words belong in the report
            await child.finished.wait()
        failure = LaunchFailure(
            pid=None if child.is_borrowed else child.pid,
            status=child.status,
            stderr=child.stderr_tail,
            stray=child.stray_tail,
        )
        error = HandshakeError(
            f"{self._spec.plugin}: {what}{_last_words(failure)}",
            location=str(self._spec.folder),
            hint="is it built with go-plugin, and are cookie_key, cookie_value and versions those of its HandshakeConfig?",
            details={"reason": code, **as_json(failure)},
        )
        error.launch = failure
        return error

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._client is not None:
            self._client.end("the plugin was let go")


async def _open(address: UnixAddress | TcpAddress) -> trio.SocketStream:
    if isinstance(address, UnixAddress):
        return await trio.open_unix_socket(address.path)
    return await trio.open_tcp_stream(address.host, address.port)


def _told(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, trio.BrokenResourceError) and error.__cause__ else error
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__


def _message_of(line: str) -> str:
    """Return the text of a line that hclog wrote, or the line itself."""
    try:
        record = json.loads(line)
    except ValueError:
        return line
    message = record.get("@message") if isinstance(record, dict) else None
    return message if isinstance(message, str) else line


def _last_words(failure: LaunchFailure) -> str:
    for name, lines in (("stderr", failure.stderr), ("stdout", failure.stray)):
        if lines:
            return f"; its last line on {name}: {_message_of(lines[-1])}"
    return "; it printed nothing"
