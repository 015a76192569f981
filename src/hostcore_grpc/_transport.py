"""One running plugin that serves gRPC, as the host's transport."""

from __future__ import annotations

import math
import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Final

import trio

from hostcore.errors import (
    CallTimedOutError,
    HostError,
    IncompatibleError,
    MethodNotFoundError,
    MisbehavedError,
    TooLargeError,
    UnavailableError,
)
from hostcore.protocol import PluginHello
from hostcore.snapshots import CallSnapshot, Reason
from hostcore.transports import CallContext, CallRecord, ExitStatus, Observing, ProgressCallback
from hostcore_grpc._child import END_GRACE, Child
from hostcore_grpc._in_flight import CallFacts, facts_of_call
from hostcore_grpc._link import Link
from hostcore_grpc._observing import CallWatch, ConnectionWatch
from hostcore_grpc._services import Loan, PluginServices
from hostcore_grpc._stream import GrpcStream
from hostcore_grpc.methods import CallShape
from hostcore_grpc.rpc import Origin, RpcError, StatusCode, host_error

ENCODING: Final = "protobuf"

CLOCK_SKEW: Final = 0.05
"""Seconds by which a plugin's deadline may pass before the host's: the time of the way, and rounding."""

IDLE_LOOK: Final = 0.01
"""Seconds between two looks at how many calls are left before a stop: no call pays for telling when it was the last."""


class GrpcTransport:
    """Is one plugin whose services are known; see `Transport`.

    Args:
        child: the process.
        link: the connection with its server.
        services: what can be called.
        hello: what the plugin would have said of itself.
        watch: what is to be seen of the connection.
    """

    def __init__(
        self,
        child: Child,
        link: Link,
        *,
        services: PluginServices,
        hello: PluginHello,
        watch: ConnectionWatch,
    ) -> None:
        self.hello = hello
        self.encoding = ENCODING
        self.is_concurrent = True
        self.can_hand_over = False
        self.connection: object = self
        self.pid = child.pid
        self.cut_off = 0
        self._child = child
        self._link = link
        self._client = link.client
        self._services = services
        self._watch = watch
        self._closing: Reason | None = None
        self._count = 0

    def __repr__(self) -> str:
        return f"<GrpcTransport {self._child.plugin} pid={self.pid} in_flight={self.in_flight}>"

    @property
    def load(self) -> int:
        """Calls in flight and waiting."""
        return self.in_flight + self._client.queued

    @property
    def in_flight(self) -> int:
        """Calls that the plugin works on."""
        return self._client.in_flight

    @property
    def queued(self) -> int:
        """Calls that wait for their turn."""
        return self._client.queued

    @property
    def stderr_tail(self) -> tuple[str, ...]:
        """Its last lines on stderr."""
        return self._child.stderr_tail

    @property
    def stray_tail(self) -> tuple[str, ...]:
        """Its last lines on stdout."""
        return self._child.stray_tail

    @property
    def exit_status(self) -> ExitStatus | None:
        """How the process ended; None until it was reaped."""
        return self._child.status

    # -- calling

    async def call(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float,
        on_progress: ProgressCallback | None = None,
        context: CallContext | None = None,
        record: CallRecord | None = None,
    ) -> Any:
        """Call a method with one message each way; see `Transport.call`. gRPC has no progress: nothing is reported."""
        del on_progress
        shape = self._shape(method)
        if shape.client_streaming or shape.server_streaming:
            raise MethodNotFoundError(f"{method} is a streaming method", hint="open it with `stream`")
        loan = self._services.loans.get(shape.path)
        watch = self._watch.call(method, record)
        facts = self._facts(method, context, timeout, record)
        if loan is None:
            return await self._unary(facts, shape, params, timeout, context, watch=watch)
        mine = self._behalf(method, context, watch)
        with self._lent(loan, params, facts.deadline, mine) as given:
            return await self._unary(facts, shape, given, timeout, context, watch=watch)

    async def _unary(
        self,
        facts: CallFacts,
        shape: CallShape,
        params: Mapping[str, Any],
        timeout: float,
        context: CallContext | None,
        *,
        watch: CallWatch | None,
    ) -> Any:
        try:
            answer = await self._client.unary(
                shape.path,
                # Not under a name: it may be large, and the answer may take long.
                shape.encode_params(params)
                if watch is None
                else watch.sent("request", shape.encode_params(params), params),
                timeout=timeout,
                metadata=_metadata(context),
                about=facts,
            )
        except RpcError as error:
            if watch is not None and error.origin is Origin.PEER:
                watch.failed(error.status, error.message)
            raise await self._explained(error, facts) from error
        value = shape.decode(answer).value
        if watch is not None:
            watch.received("response", answer, value)
        return value

    def stream(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float,
        on_progress: ProgressCallback | None = None,  # noqa: ARG002 - gRPC has no progress
        context: CallContext | None = None,
        record: CallRecord | None = None,
    ) -> GrpcStream:
        """Begin a streaming call; see `Transport.stream`."""
        shape = self._shape(method)
        watch = self._watch.call(method, record)
        facts = self._facts(method, context, timeout, record, is_streaming=True)
        with ExitStack() as stack:
            loan = self._services.loans.get(shape.path)
            if loan is not None:
                mine = self._behalf(method, context, watch)
                params = stack.enter_context(self._lent(loan, params, facts.deadline, mine))
            first = None if shape.client_streaming else shape.encode_params(params)
            if watch is not None and first is not None:
                watch.sent("request", first, params)
            try:
                call = self._client.stream(
                    shape.path, timeout=timeout, metadata=_metadata(context), about=facts
                )
            except RpcError as error:
                raise self._translated(error, method) from error
            return GrpcStream(
                call,
                shape,
                first,
                failed=lambda error: self._explained(error, facts),
                watch=watch,
                closed=stack.pop_all().close,
            )

    def calls(self) -> tuple[CallSnapshot, ...]:
        """Show the calls that the plugin works on, and those that wait for their turn."""
        return tuple(
            facts.show(self.pid, is_sent=bool(call.stream_id))
            for call in self._client.calls()
            if (facts := facts_of_call(call.about)) is not None
        )

    def cancel(self, call_id: str, error: HostError) -> bool:
        """End a call for its caller with an error; the plugin is told if it works on it."""
        for call in self._client.calls():
            facts = facts_of_call(call.about)
            if facts is not None and facts.id(self.pid) == call_id:
                facts.error = error
                self._client.abandon(call, RpcError(StatusCode.CANCELLED, str(error), origin=Origin.CALLER))
                return True
        return False

    def _facts(
        self,
        method: str,
        context: CallContext | None,
        timeout: float,
        record: CallRecord | None,
        *,
        is_streaming: bool = False,
    ) -> CallFacts:
        self._count += 1
        return CallFacts(self._count, method, context, timeout, record, is_streaming=is_streaming)

    def observe(self, observing: Observing) -> None:
        """See from now on what this says of the connection."""
        self._watch.observing = observing

    def _behalf(self, method: str, context: CallContext | None, watch: CallWatch | None) -> CallContext:
        """Say on whose behalf the plugin calls the host while it serves a method."""
        return CallContext(
            plugin=self._child.plugin,
            method=method,
            connection=self,
            parent=context,
            traceparent=context.traceparent if context is not None else None,
            tracestate=context.tracestate if context is not None else None,
            depth=(context.depth if context is not None else 0) + 1,
            call=watch.call if watch is not None else None,
        )

    def _lent(
        self, loan: Loan, params: Mapping[str, Any], deadline: float, context: CallContext
    ) -> AbstractContextManager[Mapping[str, Any]]:
        """Lend the plugin what a method takes of the host; gives the params to send."""
        if loan.keep:  # its calls belong to no call, and last as others that a plugin makes of its own accord
            context, deadline = CallContext(plugin=self._child.plugin, depth=1), math.inf
        return self._link.broker.lent(
            loan.field, params, loan.methods, context=context, deadline=deadline, keep=loan.keep
        )

    def _shape(self, method: str) -> CallShape:
        if self._closing is not None:
            raise UnavailableError(f"{self._child.plugin} takes no new calls: {self._closing.text}")
        if self._child.reason is not None:
            raise UnavailableError(f"{self._child.plugin} is gone: {self._child.reason.text}")
        shape = self._services.find(method)
        if shape is None:
            raise MethodNotFoundError(f"{self._child.plugin} does not know {method}", location=method)
        return shape

    def _translated(self, error: RpcError, method: str) -> HostError:
        plugin = self._child.plugin
        made = self._services.error(error, method, plugin=plugin) or host_error(
            error, plugin=plugin, method=method
        )
        if isinstance(made, TooLargeError):
            made.hint = "[grpc] max_message in its manifest has it take more; or have it stream"
        return made

    async def _explained(self, error: RpcError, facts: CallFacts) -> HostError:
        """Turn a failed call into what its caller sees; where the plugin has gone, say how."""
        method = facts.method
        if facts.error is not None:
            return facts.error
        if error.status == StatusCode.CANCELLED and trio.current_time() >= facts.deadline - CLOCK_SKEW:
            # The plugin's clock was a little ahead, and it gave the call up before the host's deadline passed.
            return CallTimedOutError(f"{self._child.plugin} did not answer {method} in time", location=method)
        if error.origin is not Origin.CONNECTION:
            return self._translated(error, method)
        self.cut_off += not error.untouched
        if self._client.reason is None:
            return self._translated(error, method)
        if self._closing is None:  # how the process has ended is known a moment later
            with trio.move_on_after(2 * END_GRACE):
                await self._child.ended.wait()
        reason = self._closing or self._child.reason
        if reason is None:
            return self._translated(error, method)
        kind = UnavailableError if self._closing is not None else self._child.error
        when = "before it was this call's turn" if error.untouched else "while the call was in flight"
        return kind(f"{self._child.plugin} is gone, {when}: {reason.text}", location=method)

    # -- health, state and the end

    async def ping(self, *, timeout: float) -> None:
        """Ask for its health; raises unless an answer comes in time that does not say that it is ill."""
        try:
            illness = await self._link.ask_health(timeout=timeout)
        except RpcError as error:
            raise host_error(error, plugin=self._child.plugin, method="a health check") from error
        if illness is not None:
            raise UnavailableError(f"{self._child.plugin} says of its health: {illness}")

    async def give_state(self, *, timeout: float) -> bytes:
        """Raise: plugins of go-plugin hand nothing over."""
        del timeout
        raise IncompatibleError(f"{self._child.plugin} cannot hand over its state: gRPC has no call for it")

    async def take_state(self, state: bytes, *, timeout: float) -> None:
        """Raise: plugins of go-plugin take nothing over."""
        del state
        await self.give_state(timeout=timeout)

    def abort(self, reason: Reason) -> None:
        """Give the plugin up; see `Transport.abort`."""
        self._child.give_up(reason, MisbehavedError)
        self._client.end(reason.text)

    async def wait_ended(self) -> Reason:
        """Wait until the plugin has ended and return why."""
        await self._child.ended.wait()
        assert self._child.reason is not None  # noqa: S101 - set before the event
        return self._child.reason

    async def stop(self, *, grace: float, term_grace: float, reason: Reason) -> None:
        """Let calls end, ask, then TERM, then KILL, to the whole group; see `Transport.stop`.

        go-plugin's answer to being asked is to cut off what is still in flight, so calls get half of `grace` first. A
        plugin that somebody else has started is just left.
        """
        self._closing = self._child.stopping = reason
        with trio.move_on_after(grace) as asking:
            await self._wait_idle(grace / 2)
            if self._child.is_borrowed:
                self._link.end(reason.text)
            elif not await self._link.ask_to_end(timeout=grace / 2):
                asking.cancel()
            await self._child.finished.wait()
            return
        self._child.signal_group(signal.SIGTERM)
        with trio.move_on_after(term_grace):
            await self._child.finished.wait()
            return
        self._child.signal_group(signal.SIGKILL)
        await self._child.finished.wait()

    async def _wait_idle(self, seconds: float) -> None:
        with trio.move_on_after(seconds):
            while self.load and self._client.reason is None:  # noqa: ASYNC110 - see IDLE_LOOK
                await trio.sleep(IDLE_LOOK)


def _metadata(context: CallContext | None) -> tuple[tuple[str, str], ...]:
    if context is None or context.traceparent is None:
        return ()
    trace = ("traceparent", context.traceparent)
    return (trace,) if context.tracestate is None else (trace, ("tracestate", context.tracestate))
