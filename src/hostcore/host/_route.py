"""The way of a method's calls to its plugin; built when the plugin changes, so that a call pays little."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any, Final, Protocol

from hostcore.errors import (
    CallRefusedError,
    MethodNotFoundError,
    UnavailableError,
)
from hostcore.hooks import CallerGoneError, CallInfo, InterceptorChain
from hostcore.host._deadlines import LEAST_TIMEOUT, check_timeout, hint_at_streams
from hostcore.host._tally import CallCounter, failure_in
from hostcore.interfaces import MethodValidator
from hostcore.snapshots import MethodSnapshot
from hostcore.transports import (
    CallContext,
    CallRecord,
    ProgressCallback,
    Transport,
    context_of_trace,
    name_of_call,
)

_OUTSIDE: Final = CallContext(plugin="")


class WaitCallable(Protocol):
    """Waits until a call of a route can be made, and returns the route that holds then; raises `HostError`."""

    async def __call__(
        self, route: Route, timeout: float, context: CallContext | None, call_id: str, *, is_streaming: bool
    ) -> Route: ...


class Attempt:
    """Is one call while it runs; a streaming one has no result when its caller leaves before its end.

    Attributes:
        params: what is sent, as far as it is known.
        record: what observers will be told; None when there are none.
        has_ended: whether it has a result.
        result: what it is.
    """

    __slots__ = ("has_ended", "params", "record", "result")

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self.record: CallRecord | None = None
        self.has_ended = False
        self.result: Any = None

    def end(self, result: Any) -> None:
        """Take the result."""
        self.has_ended, self.result = True, result


class Route:
    """Calls one method of one plugin: checks the params, takes the instance with the least to do, checks the result.

    Attributes:
        method: its full name.
        plugin: the plugin's id.
        validator: its schemas, compiled; None where no interface file describes it.
        description: the method for people and programs; None where no interface file describes it.
        timeout: seconds a call has when the caller does not say.
        transports: connections that calls may be made over.
        interception: what extensions do around its calls; None for nothing.
    """

    __slots__ = (
        "_check_params",
        "_check_result",
        "_counter",
        "_from_json",
        "_tally",
        "_wait_callable",
        "description",
        "interception",
        "method",
        "plugin",
        "timeout",
        "transports",
        "validator",
    )

    def __init__(
        self,
        method: str,
        validator: MethodValidator | None,
        *,
        plugin: str,
        description: MethodSnapshot | None = None,
        timeout: float,
        transports: list[Transport],
        counter: CallCounter,
        interception: InterceptorChain | None = None,
        wait_callable: WaitCallable,
    ) -> None:
        self.method = method
        self.plugin = plugin
        self.description = description
        self.validator = validator
        self.transports = transports
        self.timeout = timeout
        self.interception = interception
        self._counter = counter
        self._tally = counter.tally(method if validator is not None else None)
        self._wait_callable = wait_callable
        self._check_params = validator.check_params if validator else None
        if self.is_streaming:
            self._check_params = self._refuse_unary
        self._check_result = validator.check_result if validator else None
        self._from_json = validator.result_from_json if validator and validator.has_binary else None

    def __repr__(self) -> str:
        return f"<Route {self.method} of {self.plugin} instances={len(self.transports)}>"

    @property
    def is_streaming(self) -> bool:
        """Whether an interface file declares streams for the method."""
        if self.validator is None:
            return False
        streams = self.validator.method.stream
        return streams.in_ is not None or streams.out is not None

    def _refuse_unary(self, _: Mapping[str, Any]) -> None:
        raise MethodNotFoundError(f"{self.method} is a streaming method", hint="open it with `stream`")

    def pick(self, context: CallContext | None = None) -> Transport:
        """Take the instance with the least to do; there must be one.

        Raises:
            CallCycleError: each of them waits for the call that is being made.
        """
        transports = self.transports
        if context is not None and context.plugin:
            context.check(self.plugin, self.method)
            free = [
                each for each in transports if each.is_concurrent or not context.waits_on(each.connection)
            ]
            if not free:
                raise context.cycle(
                    self.plugin, self.method, f"{self.plugin} does one thing at a time, and waits"
                )
            transports = free
        if len(transports) == 1:
            return transports[0]
        return min(transports, key=lambda each: each.load)

    @contextmanager
    def counted(
        self, given: Mapping[str, Any], context: CallContext | None = None, *, streaming: bool = False
    ) -> Iterator[Attempt]:
        """Count what happens inside as one streaming or intercepted call; others, of which there are many, count themselves."""
        counter, observation = self._counter, self._counter.observation
        self._tally.begun += 1
        started = counter.last = time.perf_counter()
        attempt = Attempt(given)
        if observation is not None:
            attempt.record = observation.begin(self.method, context, streaming=streaming)
        failure: BaseException | None = None
        try:
            yield attempt
        except BaseException as error:
            failure = failure_in(error)
            if self.validator is None and not streaming:
                hint_at_streams(error)
            raise
        finally:
            duration = time.perf_counter() - started
            if failure is None and not attempt.has_ended:
                failure = CallerGoneError()
            self._tally.end(duration, failure)
            if observation is not None and attempt.record is not None:
                observation.end(attempt.record, duration, failure, attempt.params, attempt.result)

    async def call(
        self,
        params: Mapping[str, Any],
        timeout: float | None,
        on_progress: ProgressCallback | None,
        context: CallContext | None = None,
    ) -> Any:
        """Make one call."""
        if self.interception is not None:
            return await self._call_intercepted(self.interception, params, timeout, on_progress, context)
        counter = self._counter
        self._tally.begun += 1
        observation = counter.observation
        record = None if observation is None else observation.begin(self.method, context)
        failure: BaseException | None = None
        result: Any = None
        started = counter.last = time.perf_counter()
        try:
            if self._check_params is not None:
                self._check_params(params)
            seconds = self.timeout if timeout is None else check_timeout(timeout, self.method)
            if not self.transports:
                result = await self._call_later(params, seconds, on_progress, context, record)
                return result
            transport = self.pick(context)
            result = await transport.call(
                self.method,
                params,
                timeout=seconds,
                on_progress=on_progress,
                context=context,
                record=record,
            )
            if self._from_json is not None and transport.encoding == "json":
                result = self._from_json(result)
            if self._check_result is not None:
                self._check_result(result)
        except BaseException as error:
            failure = error
            if self.validator is None:
                hint_at_streams(error)
            raise
        finally:
            duration = time.perf_counter() - started
            self._tally.end(duration, failure)
            if observation is not None and record is not None:
                observation.end(record, duration, failure, params, result)
        return result

    async def call_json(
        self,
        params: Mapping[str, Any],
        timeout: float | None,
        on_progress: ProgressCallback | None,
        context: CallContext | None = None,
    ) -> Any:
        """Make one call with binary data in its JSON form, both ways."""
        validator = self.validator
        if validator is None:
            return await self.call(params, timeout, on_progress, context)
        result = await self.call(validator.params_from_json(params), timeout, on_progress, context)
        return validator.to_json(result)

    def over(self, transports: list[Transport]) -> Route:
        """Return the same route over other connections."""
        other = copy(self)
        other.transports = transports
        return other

    async def wait_callable(
        self,
        timeout: float,
        context: CallContext | None,
        record: CallRecord | None,
        *,
        is_streaming: bool = False,
    ) -> tuple[Route, float, CallContext | None]:
        """Wait until there is an instance; return the route that holds then, the seconds that are left, and the context.

        The call is shown under one id from now on: that of its record, or one that its context has where it has none.

        Raises:
            CallTimedOutError: it took longer than that.
            UnavailableError: there will be none.
        """
        began = time.perf_counter()
        if record is None:
            context = (context or _OUTSIDE).named(self._counter.name_call())
        name = name_of_call(context, record)
        route = await self._wait_callable(self, timeout, context, name, is_streaming=is_streaming)
        return route, max(timeout - (time.perf_counter() - began), LEAST_TIMEOUT), context

    async def _call_later(
        self,
        params: Mapping[str, Any],
        timeout: float,
        on_progress: ProgressCallback | None,
        context: CallContext | None,
        record: CallRecord | None,
    ) -> Any:
        """Make a call once there is an instance; it is this route's call still, and counted here."""
        route, left, context = await self.wait_callable(timeout, context, record)
        if route._check_params is not None:  # noqa: SLF001 - of the same class; a reload may have changed the schema
            route._check_params(params)  # noqa: SLF001 - as above
        transport = route.pick(context)
        result = await transport.call(
            self.method, params, timeout=left, on_progress=on_progress, context=context, record=record
        )
        return route.checked(result, transport)

    def checked(self, result: Any, transport: Transport) -> Any:
        """Return the result in the form in which callers get it; raises `InvalidResultError`."""
        if self._from_json is not None and transport.encoding == "json":
            result = self._from_json(result)
        if self._check_result is not None:
            self._check_result(result)
        return result

    async def _call_intercepted(
        self,
        interception: InterceptorChain,
        params: Mapping[str, Any],
        timeout: float | None,
        on_progress: ProgressCallback | None,
        context: CallContext | None,
    ) -> Any:
        async def send(call: CallInfo) -> Any:
            if self._check_params is not None:
                self._check_params(call.params)
            route, left = self, call.timeout
            sent = with_trace(context, call)
            if not self.transports:
                route, left, sent = await self.wait_callable(left, sent, attempt.record)
            transport = route.pick(sent)
            attempt.params = call.params
            result = await transport.call(
                self.method,
                call.params,
                timeout=left,
                on_progress=on_progress,
                context=sent,
                record=attempt.record,
            )
            return route.checked(result, transport)

        with self.counted(params, context) as attempt:
            seconds = self.timeout if timeout is None else check_timeout(timeout, self.method)
            result = await interception.call(self.describe(params, seconds, context), send)
            if self._check_result is not None:  # an interceptor may have put another one in its place
                self._check_result(result)
            attempt.end(result)
            return result

    @contextmanager
    def intercepted(self, info: CallInfo, outcome: Attempt) -> Iterator[None]:
        """Have interceptors see a streaming call; whoever runs it tells `outcome` its result."""
        if self.interception is None:
            yield
            return
        answer = self.interception.begin(info)
        if answer is not None:
            raise CallRefusedError(
                f"an extension answered {self.method} in the plugin's place, which a streaming call cannot take",
                location=self.method,
            )
        try:
            yield
        except BaseException as error:
            self.interception.failed(info, failure_in(error))
            raise
        if outcome.has_ended:
            self.interception.end(info, outcome.result)
        else:
            gone = UnavailableError(f"the caller of {self.method} left the stream before its end")
            self.interception.failed(info, gone)

    def describe(
        self,
        params: Mapping[str, Any],
        timeout: float,
        context: CallContext | None,
        *,
        streaming: bool = False,
    ) -> CallInfo:
        """Describe a call to interceptors."""
        return CallInfo(
            plugin=self.plugin,
            method=self.method,
            params=params,
            caller=(context.plugin or None) if context is not None else None,
            timeout=timeout,
            streaming=streaming,
            started_at=time.time(),
            traceparent=context.traceparent if context is not None else None,
            tracestate=context.tracestate if context is not None else None,
        )


def with_trace(context: CallContext | None, call: CallInfo) -> CallContext | None:
    """Return the context of a call with the trace that its interceptors have left it."""
    if context is None:
        return context_of_trace(call.traceparent, tracestate=call.tracestate)
    return context.traced(call.traceparent, call.tracestate)
