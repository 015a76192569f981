"""Starts a program that speaks over stdio, greets it, and says what went wrong when it does not answer."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from hostcore.errors import HandshakeError, IncompatibleError, LaunchError, ProtocolError
from hostcore.manifest import Manifest
from hostcore.protocol import Connection, Limits, PluginHello, Role
from hostcore.snapshots import as_json
from hostcore.transports._channel import Channel
from hostcore.transports._contract import LaunchFailure, LaunchSpec, TaskStarter, TransportListener
from hostcore.transports._deadlines import Deadlines
from hostcore.transports._pipes import SharedPipes
from hostcore.transports._race import wait_first
from hostcore.transports._reverse_calls import SERVED_LIMIT
from hostcore.transports._spawner import ChildProcess, Spawner
from hostcore.transports._stdio import StdioTransport


class StdioLauncher:
    """Launches plugins that speak the plugin protocol over stdio.

    Args:
        spawner: starts the processes.
        nursery: runs the reading and writing tasks; must outlive every launch.
        deadlines: the host's heap, served by the caller.
    """

    def __init__(self, *, spawner: Spawner, nursery: TaskStarter, deadlines: Deadlines) -> None:
        self._spawner = spawner
        self._nursery = nursery
        self._deadlines = deadlines
        self._pipes = SharedPipes()

    def check(self, manifest: Manifest) -> None:
        """Accept every manifest: there is no table of this transport."""

    @asynccontextmanager
    async def launch(self, spec: LaunchSpec, listener: TransportListener) -> AsyncIterator[StdioTransport]:
        """Start the program and greet it; see `Launcher.launch`."""
        process = await self._spawn(spec)
        channel = Channel(
            Connection(Role.HOST, limits=Limits(frame=spec.frame_limit, inflight=SERVED_LIMIT)),
            read_fd=process.stdout,
            write_fd=process.stdin,
            plugin=spec.plugin,
            pipes=self._pipes,
            deadlines=self._deadlines,
            listener=listener,
            max_inflight=spec.max_inflight,
            queue_limit=spec.queue_limit,
            cancel_grace=spec.cancel_grace,
            instance=spec.instance,
            pid=process.pid,
        )
        channel.watch.observe(spec.observing)
        transport = StdioTransport(process, channel, listener)
        self._nursery.start_soon(transport.run, name=f"stdio of {spec.plugin} (pid {process.pid})")
        try:
            await _greet(spec, transport)
            yield transport
        finally:
            if transport.exited is None:
                process.signal_group(signal.SIGKILL)
            with trio.CancelScope(shield=True):  # bounded: run() ends soon after the process has
                await transport.finished.wait()

    async def _spawn(self, spec: LaunchSpec) -> ChildProcess:
        try:
            return await self._spawner.spawn(spec.command, folder=spec.folder, environment=spec.environment)
        except FileNotFoundError as error:
            program = spec.command[0]
            missing = spec.folder if not spec.folder.is_dir() else program
            raise LaunchError(
                f"cannot start {spec.plugin}: {missing} does not exist",
                location=str(spec.folder),
                hint=f"install {program}, or correct `command` in the manifest",
            ) from error
        except OSError as error:
            raise LaunchError(
                f"cannot start {spec.plugin}: {spec.command[0]}: {error.strerror}",
                location=str(spec.folder),
                hint="is the program executable, and made for this machine?",
            ) from error
        except (ValueError, TypeError) as error:  # a NUL in an argument, a number in the environment
            raise LaunchError(
                f"cannot start {spec.plugin}: {error}",
                location=str(spec.folder),
                hint="the command and the environment must be text without NUL characters",
            ) from error


async def _greet(spec: LaunchSpec, transport: StdioTransport) -> None:
    """Wait for the plugin's hello and answer it."""
    channel = transport.channel
    with trio.move_on_after(spec.start_timeout):
        await wait_first(channel.greeted.wait, channel.ended.wait)
    hello = channel.connection.peer_hello
    if isinstance(hello, PluginHello) and channel.reason is None:
        try:
            channel.greet(spec.greet(hello))
        except ProtocolError as error:
            raise IncompatibleError(
                f"{spec.plugin} and this host do not understand each other: {error}"
            ) from error
        return
    if channel.reason is None:
        code, what = "no-hello", f"it sent no hello within {spec.start_timeout:g} s"
        transport.process.signal_group(signal.SIGKILL)
        # It ends soon after the SIGKILL, and its last words belong in the report.
        with trio.CancelScope(shield=True):
            await transport.finished.wait()
    else:
        code, what = channel.reason.code, f"{channel.reason.text} before it said hello"
    failure = LaunchFailure(
        pid=transport.pid,
        status=transport.exit_status,
        stderr=transport.stderr_tail,
        stray=transport.stray_tail,
    )
    refused = HandshakeError(
        f"{spec.plugin}: {what}{_last_words(transport)}",
        location=str(spec.folder),
        hint=_first_steps(code, failure),
        details={"reason": code, **as_json(failure)},
    )
    refused.launch = failure
    raise refused


def _first_steps(code: str, failure: LaunchFailure) -> str:
    """Say what an author does about a plugin that has not said hello."""
    if code == "no-hello" and any('"$/hello"' in line for line in failure.stray):
        return 'a hello is one line that begins with {"jsonrpc": "2.0", …}; without it the line is just text'
    if code == "no-hello" and not failure.stderr and not failure.stray:
        return (
            "a plugin writes $/hello to its stdout first, and flushes it: what is written to a pipe may wait "
            "in a buffer; limits.start_timeout in its manifest gives it more time"
        )
    if code == "exited" and failure.stderr:  # the program has said itself what is wrong
        return "run its command by hand to see all that it prints"
    if code == "protocol-violated":
        return "a plugin writes $/hello to its stdout first, with protocol, name, version and interfaces"
    return "a plugin writes $/hello to its stdout first; run its command by hand to see what it does instead"


def _last_words(transport: StdioTransport) -> str:
    for name, lines in (("stderr", transport.stderr_tail), ("stdout", transport.stray_tail)):
        if lines:
            return f"; its last line on {name}: {lines[-1]}"
    return "; it printed nothing"
