"""Starts plugins that were built with go-plugin, or that print its handshake, and learns what they serve."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import trio

from hostcore.errors import IncompatibleError, InterfaceError, LaunchError, ManifestError
from hostcore.hooks import TransportContext
from hostcore.manifest import Manifest
from hostcore.protocol import Limits, PluginHello
from hostcore.transports import LaunchSpec, TransportListener
from hostcore_grpc._child import Child
from hostcore_grpc._failed_starts import failed_start
from hostcore_grpc._handshake import Handshake, HandshakeMisfitError, parse_handshake
from hostcore_grpc._link import Link, connect
from hostcore_grpc._observing import ConnectionWatch
from hostcore_grpc._services import learn_services
from hostcore_grpc._settings import Settings, read_settings
from hostcore_grpc._sockets import SocketFolder, sweep
from hostcore_grpc._tls import Identity
from hostcore_grpc._transport import GrpcTransport
from hostcore_grpc.methods import KnownMessages
from hostcore_grpc.rpc import Origin, RpcError

MIN_PORT: Final = 10000
MAX_PORT: Final = 25000
"""Ports that a plugin may listen on where it uses no unix socket; the defaults of go-plugin."""

HEALTH_LOOK: Final = 0.1
"""Seconds between two looks at the health of a plugin that says that it does not serve yet."""

CONFIG_VARIABLE: Final = "POLYHOST_PLUGIN_CONFIG"
"""Has the plugin's configuration as JSON: gRPC has no hello that could carry it."""

MAX_CONFIG: Final = 128 * 1024 - 1024
"""Bytes of it: Linux takes no variable of 128 KiB, its name included."""

OF_THE_HANDSHAKE: Final = ("PLUGIN_CLIENT_CERT", "PLUGIN_MULTIPLEX_GRPC")
"""Variables that a plugin takes for its host's words: those of the host's own environment must not reach it."""


class GrpcLauncher:
    """Launches plugins that serve gRPC; see `Launcher`.

    Args:
        context: what the host lends to a transport.
    """

    def __init__(self, context: TransportContext) -> None:
        self._context = context
        self._known = KnownMessages()
        sweep()

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
            with trio.CancelScope(shield=True):  # bounded: all of it ends soon after SIGKILL
                await start.let_go(child)


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
        self._sockets: SocketFolder | None = None
        self._link: Link | None = None
        self._stage = ("no-hello", "it printed no handshake")  # what it means if the time is over now

    async def spawn(self) -> Child:
        """Start the process, or take one that runs already; raises `LaunchError`."""
        spec, reattach = self._spec, self._settings.reattach
        if reattach is not None:
            if spec.manifest.config.values:
                self._listener.host_noted("warn", "it runs already, so its configuration does not reach it")
            return Child(spec.plugin, None, pid=reattach.pid, sockets=None, listener=self._listener)
        config = self._config()
        try:
            self._sockets = SocketFolder.make()
        except OSError as error:
            raise LaunchError(
                f"cannot start {spec.plugin}: no folder can be made for its sockets: {error.strerror}",
                location=error.filename,
                hint="the host must be able to write to the folder of temporary files, which TMPDIR names",
            ) from error
        try:
            process = await self._context.spawner.spawn(
                spec.command, folder=spec.folder, environment={**self._environment(self._sockets), **config}
            )
        except (OSError, ValueError, TypeError) as error:
            self._sockets.remove()
            what = error.strerror if isinstance(error, OSError) else str(error)
            raise LaunchError(
                f"cannot start {spec.plugin}: {spec.command[0]}: {what}",
                location=str(spec.folder),
                hint="is the program there, executable, and made for this machine?",
            ) from error
        except BaseException:
            self._sockets.remove()
            raise
        process.close_stdin()
        return Child(spec.plugin, process, pid=process.pid, sockets=self._sockets, listener=self._listener)

    def _config(self) -> Mapping[str, str]:
        """Return the variable with the plugin's configuration; none when there is nothing in it."""
        values = self._spec.manifest.config.values
        if not values:
            return {}
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode())
        if size > MAX_CONFIG:
            raise LaunchError(
                f"cannot start {self._spec.plugin}: its configuration takes {size} bytes as JSON, and a variable of the"
                f" environment holds {MAX_CONFIG}",
                location=f"{self._spec.manifest.file}, config.values",
                hint="put what is large into a file, and its name into the configuration",
            )
        return {CONFIG_VARIABLE: text}

    def _environment(self, sockets: SocketFolder) -> Mapping[str, str]:
        settings = self._settings
        environment = {
            **{name: value for name, value in self._spec.environment.items() if name not in OF_THE_HANDSHAKE},
            "PLUGIN_PROTOCOL_VERSIONS": ",".join(map(str, settings.versions)),
            "PLUGIN_MIN_PORT": str(MIN_PORT),
            "PLUGIN_MAX_PORT": str(MAX_PORT),
            "PLUGIN_UNIX_SOCKET_DIR": str(sockets.path),
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
        spec = self._spec
        try:
            with trio.move_on_after(spec.start_timeout):
                return await self._greet(child)
        except HandshakeMisfitError as error:
            raise await failed_start(child, spec, "protocol-violated", str(error)) from error
        except (InterfaceError, ManifestError) as error:  # another start would find the same
            raise IncompatibleError(error.message, location=error.location, hint=error.hint) from error
        except (RpcError, OSError, trio.BrokenResourceError) as error:
            text = f"it cannot be reached: {_told(error)}"
            is_lost = not isinstance(error, RpcError) or error.origin is Origin.CONNECTION
            raise await failed_start(child, spec, "unreachable", text, is_lost=is_lost) from error
        code, text = self._stage
        raise await failed_start(child, spec, code, f"{text} within {spec.start_timeout:g} s")

    async def _greet(self, child: Child) -> GrpcTransport:
        spec, settings = self._spec, self._settings
        link = await self._connect(child)
        self._stage = ("not-ready", "it did not say what it serves")
        services = await learn_services(link.client, spec.manifest, settings, spec.interfaces, self._known)
        for remark in services.remarks():
            self._listener.host_noted("warn", remark)
        hello = PluginHello(
            name=spec.plugin,
            version=spec.manifest.version,
            interfaces=services.versions,
            limits=Limits(inflight=spec.max_inflight),
        )
        watch = ConnectionWatch(spec.plugin, instance=spec.instance, pid=child.pid, observing=spec.observing)
        transport = GrpcTransport(child, link, services=services, hello=hello, watch=watch)
        await self._wait_serving(link)
        spec.greet(hello, services.interfaces)
        return transport

    async def _connect(self, child: Child) -> Link:
        handshake = await self._handshake(child)
        self._stage = ("unreachable", "it accepted no connection")
        stream, tls = await connect(
            handshake, self._identity, plaintext_fallback=self._settings.plaintext_fallback
        )
        if self._identity is not None and tls is None:
            self._listener.host_noted("warn", "it does not encrypt the connection, as its manifest allows")
        self._link = Link(
            stream,
            tls,
            spec=self._spec,
            context=self._context,
            listener=self._listener,
            known=self._known,
            sockets=self._sockets.path if self._sockets is not None else None,
            max_message=self._settings.max_message,
        )
        name = f"connection with {self._spec.plugin} (pid {child.pid})"
        self._context.nursery.start_soon(self._link.run, child.connection_ended, name=name)
        return self._link

    async def _handshake(self, child: Child) -> Handshake:
        reattach = self._settings.reattach
        if reattach is not None:
            return Handshake(version=reattach.version, address=reattach.address)
        line = await child.wait_handshake()
        if line is None:
            text = f"its process ended with {child.status} before it printed its handshake"
            raise await failed_start(child, self._spec, "exited", text)
        return parse_handshake(line, versions=self._settings.versions)

    async def _wait_serving(self, link: Link) -> None:
        """Wait until the plugin says that it is well; some say at first that they do not serve yet."""
        self._stage = ("not-ready", "it answered no health check")
        while (illness := await link.ask_health(timeout=self._spec.start_timeout)) is not None:
            self._stage = ("not-ready", f"it said nothing but {illness} of its health")
            await trio.sleep(HEALTH_LOOK)

    async def let_go(self, child: Child) -> None:
        """End all that was begun, and wait until it is gone."""
        if self._link is not None:
            self._link.end("the plugin was let go")
        child.signal_group(signal.SIGKILL)
        child.connection_ended("the plugin was let go")
        await child.finished.wait()
        if self._link is not None:
            await self._link.finished.wait()


def _told(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, trio.BrokenResourceError) and error.__cause__ else error
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
