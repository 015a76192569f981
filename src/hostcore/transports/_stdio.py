"""The stdio transport: a child process whose stdin and stdout carry the protocol and whose stderr is for people."""

from __future__ import annotations

import base64
import contextlib
import signal
from collections.abc import Mapping
from typing import Any, Final

import trio

from hostcore.errors import HostError, MisbehavedError, UnavailableError
from hostcore.protocol import BYTES_KEY, HANDOVER, SHUTDOWN, Feature, PluginHello
from hostcore.snapshots import CallSnapshot, Reason
from hostcore.transports._cells import StreamCell
from hostcore.transports._channel import Channel
from hostcore.transports._context import CallContext
from hostcore.transports._contract import ProgressCallback, TransportListener
from hostcore.transports._in_flight import id_of_call, show_call
from hostcore.transports._records import CallRecord, Observing
from hostcore.transports._spawner import ChildProcess, ExitStatus
from hostcore.transports._text_pipe import TextPipe

END_GRACE: Final = 1.0
"""Seconds between the end of a plugin's output and the end of its process before it is killed."""


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
        return tuple(self.channel.remarks.tail)

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


def _decoded(text: object) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        return None
