"""The stdio transport: a child process whose stdin and stdout carry the protocol and whose stderr is for people."""

from __future__ import annotations

import base64
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import trio

from hostcore.errors import (
    HandshakeError,
    HostError,
    IncompatibleError,
    LaunchError,
    MisbehavedError,
    ProtocolError,
    UnavailableError,
)
from hostcore.manifest import Manifest
from hostcore.protocol import (
    BYTES_KEY,
    HANDOVER,
    SHUTDOWN,
    Connection,
    Feature,
    Limits,
    PluginHello,
    Role,
)
from hostcore.snapshots import CallSnapshot, Reason, as_json
from hostcore.transports._cells import StreamCell
from hostcore.transports._channel import Channel
from hostcore.transports._context import CallContext
from hostcore.transports._contract import (
    LaunchFailure,
    LaunchSpec,
    ProgressCallback,
    TaskStarter,
    TransportListener,
)
from hostcore.transports._deadlines import Deadlines
from hostcore.transports._in_flight import id_of_call, show_call
from hostcore.transports._pipes import SharedPipes
from hostcore.transports._records import CallRecord, Observing
from hostcore.transports._reverse_calls import SERVED_LIMIT
from hostcore.transports._spawner import ChildProcess, ExitStatus, Spawner
from hostcore.transports._text_pipe import TextPipe

END_GRACE: Final = 1.0
"""Seconds between the end of a plugin's output and the end of its process before it is killed."""


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
        async with trio.open_nursery() as first:

            async def wait_then_stop(event: trio.Event) -> None:
                await event.wait()
                first.cancel_scope.cancel()

            first.start_soon(wait_then_stop, channel.greeted)
            first.start_soon(wait_then_stop, channel.ended)
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


def _decoded(text: object) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        return None


def _first_steps(code: str, failure: LaunchFailure) -> str:
    """Say what an author does about a plugin that has not said hello."""
    if code == "no-hello" and any('"$/hello"' in line for line in failure.stray):
        return 'a hello is one line that begins with {"jsonrpc": "2.0", …}; without it the line is just text'
    if code == "no-hello" and not failure.stderr and not failure.stray:
        return (
            "a plugin writes $/hello to its stdout first, and flushes it: what is written to a pipe may wait "
            "in a buffer; limits.start_timeout in its manifest gives it more time"
        )
    if code == "protocol-violated":
        return "a plugin writes $/hello to its stdout first, with protocol, name, version and interfaces"
    return "a plugin writes $/hello to its stdout first; run its command by hand to see what it does instead"


def _last_words(transport: StdioTransport) -> str:
    for name, lines in (("stderr", transport.stderr_tail), ("stdout", transport.stray_tail)):
        if lines:
            return f"; its last line on {name}: {lines[-1]}"
    return "; it printed nothing"


class StdioTransport:
    """Is one running child that has said hello; see `Transport`.

    Attributes:
        process: the child.
        channel: the connection with it.
        exited: how the process ended, as soon as it is known and before it is reaped.
        finished: set when the process was reaped and its pipes are closed.
    """

    def __init__(self, process: ChildProcess, channel: Channel, listener: TransportListener) -> None:
        self.process = process
        self.channel = channel
        self.exited: ExitStatus | None = None
        self.finished = trio.Event()
        self._stderr = TextPipe(process.stderr, listener.stderr_received)
        self._stop_reason: Reason | None = None
        self.call = channel.call
        self.pid = process.pid

    def __repr__(self) -> str:
        return f"<StdioTransport {self.channel.plugin} pid={self.pid} {self.channel.reason or 'open'}>"

    @property
    def hello(self) -> PluginHello:
        """What the plugin said of itself."""
        hello = self.channel.connection.peer_hello
        if not isinstance(hello, PluginHello):
            raise UnavailableError(f"{self.channel.plugin} has not said hello")
        return hello

    @property
    def encoding(self) -> str:
        """`msgpack` or `json`."""
        return self.channel.encoding

    @property
    def load(self) -> int:
        """Calls in flight and waiting."""
        calls = self.channel.open_calls
        return calls.in_flight + len(calls.waiting)

    @property
    def in_flight(self) -> int:
        """Calls that the plugin works on."""
        return self.channel.in_flight

    @property
    def queued(self) -> int:
        """Calls that wait for their turn."""
        return self.channel.queued

    @property
    def cut_off(self) -> int:
        """Calls that were in flight when it ended."""
        return self.channel.cut_off

    @property
    def stderr_tail(self) -> tuple[str, ...]:
        """Its last lines on stderr."""
        return tuple(self._stderr.tail)

    @property
    def stray_tail(self) -> tuple[str, ...]:
        """Its last stray lines on stdout."""
        return tuple(self.channel.stray_tail)

    @property
    def exit_status(self) -> ExitStatus | None:
        """How the process ended, with what it used; None until it was reaped."""
        return self.process.status

    @property
    def is_concurrent(self) -> bool:
        """Whether the plugin works on several calls at once."""
        return self.channel.is_concurrent

    @property
    def connection(self) -> object:
        """What the calls go over, for chains of calls."""
        return self.channel

    def stream(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float,
        on_progress: ProgressCallback | None = None,
        context: CallContext | None = None,
        record: CallRecord | None = None,
    ) -> StreamCell:
        """Begin a streaming call."""
        return self.channel.stream(
            method, params, timeout=timeout, on_progress=on_progress, context=context, record=record
        )

    def observe(self, observing: Observing) -> None:
        """See from now on what this says of the connection."""
        self.channel.watch.observe(observing)

    def calls(self) -> tuple[CallSnapshot, ...]:
        """Show the calls that the plugin works on, and those that wait for their turn."""
        return tuple(show_call(each, self.pid) for each in self.channel.open_calls)

    def cancel(self, call_id: str, error: HostError) -> bool:
        """End a call for its caller with an error; the plugin is told if it works on it."""
        for each in self.channel.open_calls:
            if id_of_call(each, self.pid) == call_id:
                self.channel.abandon(each, reply=error)
                return True
        return False

    async def ping(self, *, timeout: float) -> None:
        """Ask for any sign of life."""
        await self.channel.ping(timeout=timeout)

    @property
    def can_hand_over(self) -> bool:
        """Whether the plugin has the feature `handover`."""
        return Feature.HANDOVER in self.channel.connection.features

    async def give_state(self, *, timeout: float) -> bytes:
        """Ask for the state; see `Transport.give_state`."""
        answer = await self.channel.request(HANDOVER, {}, timeout=timeout)
        state = answer.get("state") if isinstance(answer, Mapping) else None
        if self.encoding == "json" and isinstance(state, Mapping):
            state = _decoded(state.get(BYTES_KEY))
        if not isinstance(state, bytes):
            raise MisbehavedError(
                f"{self.channel.plugin} handed over {type(state).__name__} in place of binary data",
                location=HANDOVER,
                hint='answer $/handover with {"state": <binary>}',
            )
        return state

    async def take_state(self, state: bytes, *, timeout: float) -> None:
        """Give the state of a predecessor; see `Transport.take_state`."""
        sent: Any = state
        if self.encoding == "json":
            sent = {BYTES_KEY: base64.b64encode(state).decode()}
        await self.channel.request(HANDOVER, {"state": sent}, timeout=timeout)

    def abort(self, reason: Reason) -> None:
        """Give the plugin up; see `Transport.abort`."""
        self.channel.end(reason, MisbehavedError)

    async def wait_ended(self) -> Reason:
        """Wait until the connection has ended and return why."""
        await self.channel.ended.wait()
        assert self.channel.reason is not None  # noqa: S101 - set before the event
        return self.channel.reason

    async def stop(self, *, grace: float, term_grace: float, reason: Reason) -> None:
        """Ask, then end its input, then TERM, then KILL; see `Transport.stop`."""
        self._stop_reason = reason
        self.channel.close_to_calls(reason)
        with trio.move_on_after(grace):
            with (
                trio.move_on_after(grace / 2),
                contextlib.suppress(HostError),
            ):  # any answer or none: the end follows
                await self.channel.request(SHUTDOWN, {"grace_ms": int(grace * 1000)}, timeout=grace)
            self.channel.wire.close_writing()
            self.process.close_stdin()
            await self.finished.wait()
            return
        self.process.signal_group(signal.SIGTERM)
        with trio.move_on_after(term_grace):
            await self.finished.wait()
            return
        self.process.signal_group(signal.SIGKILL)
        await self.finished.wait()

    # -- the tasks of one child

    async def run(self) -> None:
        """Move the bytes until the process has ended, then reap it; everything is told to the channel."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.channel.wire.read_forever)
                nursery.start_soon(self.channel.wire.write_forever)
                nursery.start_soon(self._stderr.read_forever)
                nursery.start_soon(self._kill_when_useless)
                self.exited = await self.process.wait_exited()
                self.process.signal_group(signal.SIGKILL)  # else what it left running could write for ever
                await self._take_last_words()
                nursery.cancel_scope.cancel()
        finally:
            if self.exited is None:  # cancelled: the host is closing in a hurry
                self.process.signal_group(signal.SIGKILL)
            await self._finish()

    async def _finish(self) -> None:
        self.channel.wire.close()
        seen = self.exited
        try:
            status = await self.process.reap()
            self.exited = status
            if self._stop_reason is not None:
                self.channel.end(self._stop_reason, UnavailableError)
            else:
                self.channel.end(Reason(code="exited", text=f"its process ended with {seen or status}"))
        finally:  # others wait for this, shielded: a bug here must show as an error, not as a hang
            self.finished.set()

    async def _take_last_words(self) -> None:
        await self.channel.wire.drain()
        await self._stderr.read_rest()

    async def _kill_when_useless(self) -> None:
        """Kill a process that lives on without its connection."""
        async with trio.open_nursery() as first:

            async def wait_then_kill(event: trio.Event, grace: float) -> None:
                await event.wait()
                await trio.sleep(grace)
                if self._stop_reason is None or self.channel.reason is not None:
                    first.cancel_scope.cancel()  # else it was asked to stop: `stop` knows how long it may take

            first.start_soon(wait_then_kill, self.channel.ended, 0)
            first.start_soon(wait_then_kill, self.channel.input_ended, END_GRACE)
        if self.channel.reason is None:
            text = "it closed its stdin or stdout and lived on"
            self.channel.end(self._stop_reason or Reason(code="pipe-closed", text=text))
        self.process.signal_group(signal.SIGKILL)
