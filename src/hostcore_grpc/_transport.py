"""One running plugin that serves gRPC, as the host's transport."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Self

import trio

from hostcore.errors import (
    CallTimedOutError,
    HostError,
    IncompatibleError,
    InvalidParamsError,
    MethodNotFoundError,
    MisbehavedError,
    UnavailableError,
)
from hostcore.protocol import PluginHello
from hostcore.snapshots import Reason
from hostcore.transports import CallContext, ExitStatus, ProgressCallback
from hostcore_grpc._child import Child
from hostcore_grpc._companions import Companions
from hostcore_grpc._services import PluginServices
from hostcore_grpc._settings import Settings
from hostcore_grpc.methods import (
    CONTROLLER_SHUTDOWN,
    HEALTH_CHECK,
    HEALTH_SERVICE,
    HEALTH_SERVING,
    HEALTH_STATUS_NAMES,
    CallShape,
    KnownMessages,
)
from hostcore_grpc.rpc import Client, Origin, RpcError, StatusCode, StreamCall, host_error

ENCODING: Final = "protobuf"


class GrpcTransport:
    """Is one plugin whose services are known; see `Transport`.

    Args:
        child: the process.
        client: the connection with its server.
        services: what can be called.
        settings: what its manifest says.
        companions: the streams beside the calls.
        known: classes of the adapter's own messages.
        hello: what the plugin would have said of itself.
    """

    def __init__(
        self,
        child: Child,
        client: Client,
        *,
        services: PluginServices,
        settings: Settings,
        companions: Companions,
        known: KnownMessages,
        hello: PluginHello,
    ) -> None:
        self.hello = hello
        self.encoding = ENCODING
        self.is_concurrent = True
        self.can_hand_over = False
        self.connection: object = self
        self.pid = child.pid
        self.cut_off = 0
        self._child = child
        self._client = client
        self._services = services
        self._settings = settings
        self._companions = companions
        self._known = known
        self._closing: Reason | None = None

    def __repr__(self) -> str:
        return f"<GrpcTransport {self._child.plugin} pid={self.pid} in_flight={self.in_flight}>"

    @property
    def load(self) -> int:
        """Calls in flight and waiting."""
        return self._client.in_flight + self._client.queued - self._companions.streams

    @property
    def in_flight(self) -> int:
        """Calls that the plugin works on."""
        return self._client.in_flight - self._companions.streams

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
    ) -> Any:
        """Call a method with one message each way; see `Transport.call`. gRPC has no progress: nothing is reported."""
        del on_progress
        shape = self._shape(method)
        if shape.client_streaming or shape.server_streaming:
            raise MethodNotFoundError(f"{method} is a streaming method", hint="open it with `stream`")
        callback = self._settings.callbacks.get(method)
        if callback is None:
            return await self._unary(method, shape, params, timeout, context)
        methods = self._services.service(callback.interface)
        mine = CallContext(
            plugin=self._child.plugin,
            method=method,
            connection=self,
            parent=context,
            traceparent=context.traceparent if context is not None else None,
            depth=(context.depth if context is not None else 0) + 1,
        )
        with self._companions.lent(callback, params, methods, mine) as given:
            return await self._unary(method, shape, given, timeout, context)

    async def _unary(
        self,
        method: str,
        shape: CallShape,
        params: Mapping[str, Any],
        timeout: float,
        context: CallContext | None,
    ) -> Any:
        data = shape.encode_params(params)
        deadline = trio.current_time() + timeout
        try:
            answer = await self._client.unary(shape.path, data, timeout=timeout, metadata=_metadata(context))
        except RpcError as error:
            raise await self._explained(error, method, deadline) from error
        return shape.decode(answer).value

    def stream(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float,
        context: CallContext | None = None,
    ) -> GrpcStream:
        """Begin a streaming call; see `Transport.stream`."""
        shape = self._shape(method)
        first = None if shape.client_streaming else shape.encode_params(params)
        try:
            call = self._client.stream(shape.path, timeout=timeout, metadata=_metadata(context))
        except RpcError as error:
            raise self._translated(error, method) from error
        deadline = trio.current_time() + timeout
        return GrpcStream(call, shape, first, failed=lambda error: self._explained(error, method, deadline))

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
        return self._services.error(error, method) or host_error(
            error, plugin=self._child.plugin, method=method
        )

    async def _explained(self, error: RpcError, method: str, deadline: float) -> HostError:
        """Turn a failed call into what its caller sees; where the plugin has gone, say how."""
        if error.status == StatusCode.CANCELLED and trio.current_time() >= deadline - CLOCK_SKEW:
            # The plugin's clock was a little ahead, and it gave the call up before the host's deadline passed.
            return CallTimedOutError(f"{self._child.plugin} did not answer {method} in time", location=method)
        if error.origin is Origin.CONNECTION:
            self.cut_off += 1
            with trio.move_on_after(END_GRACE):  # how the process has ended is known a moment later
                await self._child.ended.wait()
            reason = self._child.reason
            if reason is not None:
                kind = UnavailableError if self._closing is not None else self._child.error
                return kind(
                    f"{self._child.plugin} is gone, while the call was in flight: {reason.text}",
                    location=method,
                )
        return self._translated(error, method)

    # -- health, state and the end

    async def ping(self, *, timeout: float) -> None:
        """Ask for its health; raises unless an answer comes in time that does not say that it is ill."""
        known = self._known
        request = known.health_request(service=HEALTH_SERVICE).SerializeToString()
        try:
            data = await self._client.unary(HEALTH_CHECK, request, timeout=timeout)
        except RpcError as error:
            if error.origin is Origin.PEER and error.status != StatusCode.UNAVAILABLE:
                return  # it has no health service, or no such name in it: an answer is life
            raise self._translated(error, HEALTH_CHECK) from error
        check_health(known, data, self._child.plugin)

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
        return self._child.reason or Reason(code="exited", text="its process has ended")

    async def stop(self, *, grace: float, term_grace: float, reason: Reason) -> None:
        """Ask, then TERM, then KILL, to the whole group; see `Transport.stop`."""
        self._closing = reason
        self._child.stopping = reason
        with trio.move_on_after(grace):
            with trio.move_on_after(grace / 2), contextlib.suppress(RpcError):
                request = self._known.plugin_empty().SerializeToString()
                await self._client.unary(CONTROLLER_SHUTDOWN, request, timeout=grace)
            if self._child.is_borrowed:
                self._child.let_go(reason)
            await self._child.finished.wait()
            return
        self._child.signal_group(signal.SIGTERM)
        with trio.move_on_after(term_grace):
            await self._child.finished.wait()
            return
        self._child.signal_group(signal.SIGKILL)
        await self._child.finished.wait()


END_GRACE: Final = 1.0
"""Seconds between the end of a plugin's connection and the end of its process before it is killed."""

CLOCK_SKEW: Final = 0.05
"""Seconds by which a plugin's deadline may pass before the host's: the time of the way, and rounding."""


def check_health(known: KnownMessages, data: bytes, plugin: str) -> None:
    """Raise `UnavailableError` for an answer of a health check that says that a plugin does not serve."""
    status = known.health_response.FromString(data).status
    if status != HEALTH_SERVING:
        name = HEALTH_STATUS_NAMES.get(status, str(status))
        raise UnavailableError(f"{plugin} says of its health: {name}")


def _metadata(context: CallContext | None) -> tuple[tuple[str, str], ...]:
    if context is None or context.traceparent is None:
        return ()
    return (("traceparent", context.traceparent),)


class GrpcStream:
    """Is one streaming call; see `TransportStream`.

    Args:
        call: the running call.
        shape: what its messages mean.
        first: the one message of a caller that does not stream, or None.
        failed: turns a failure into what the caller sees.
    """

    def __init__(
        self,
        call: StreamCall,
        shape: CallShape,
        first: bytes | None,
        *,
        failed: Callable[[RpcError], Awaitable[HostError]],
    ) -> None:
        self._call = call
        self._shape = shape
        self._first = first
        self._failed = failed
        self._count = 0
        self._result: Any = None
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def _begin(self) -> None:
        if self._first is not None:
            first, self._first = self._first, None
            await self._call.send(first)
            await self._call.end()

    async def __anext__(self) -> Any:
        if self._ended:
            raise StopAsyncIteration
        try:
            await self._begin()
            data = await self._call.receive()
            received = self._shape.decode(data) if data is not None else None
            if received is not None and not received.is_result:
                self._count += 1
                return received.value
            if received is not None:
                self._result = received.value
                await self._expect_end()
            else:
                self._result = self._shape.final_result(self._count)
        except RpcError as error:
            raise await self._failed(error) from error
        self._ended = True
        raise StopAsyncIteration

    async def _expect_end(self) -> None:
        """Wait for the status that follows the result."""
        if await self._call.receive() is not None:
            raise MisbehavedError(
                "the plugin sent another message after the result", location=self._shape.path
            )

    async def send(self, item: Any) -> None:
        """Send one item; see `TransportStream`."""
        if not self._shape.client_streaming:
            raise InvalidParamsError("the method takes no stream of items", location=self._shape.path)
        try:
            await self._call.send(self._shape.encode_item(item))
        except RpcError as error:
            raise await self._failed(error) from error

    async def end(self) -> None:
        """Say that no more items will be sent."""
        if self._shape.client_streaming:
            try:
                await self._call.end()
            except RpcError as error:
                raise await self._failed(error) from error

    def close(self) -> None:
        """Cancel the call unless it has ended."""
        self._call.close()

    @property
    def result(self) -> Any:
        """The answer, once the iteration has ended."""
        if not self._ended:
            raise RuntimeError("the stream has not ended: iterate over it to its end first")
        return self._result
