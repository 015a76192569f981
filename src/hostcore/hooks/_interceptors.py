"""Puts the interceptors of one method around its calls, like brackets."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Iterable
from types import CoroutineType
from typing import Any, Final

import trio

from hostcore.errors import HostError
from hostcore.hooks._control import HostControl
from hostcore.hooks._extensions import Extensions
from hostcore.hooks._facts import Answer, CallInfo, CallInterceptor, CallInterceptorBase
from hostcore.hooks._failures import FAILURES, SLOW_HOOK_SECONDS, BlockedError, Report
from hostcore.hooks._participants import Participants
from hostcore.manifest import Manifest

HOOK: Final = "hostcore_provide_call_interceptors"

INTERCEPTORS: Final = Participants(
    word="interceptor", base=CallInterceptorBase, parts=("before", "after", "error")
)

_ABSENT: Final = object()
"""Key in the notes of a call: places of interceptors whose `before` has failed, so that they take no part in it."""

Part = tuple[int, str, Callable[..., Any]]
"""Place of the interceptor, 0 for the outermost; name of its extension; its method."""


class InterceptorChain:
    """Stands around the calls of one method; `compose` makes it.

    A unary call goes through `call`. A streaming one begins with `begin`; when that has returned None, exactly one
    of `end` and `failed` follows. None of them waits for anything.

    Args:
        interceptors: names of extensions and what they gave, the outermost first, each with all three methods.
        report: takes failures of interceptors.
        clock: seconds, monotonic; measures how long an interceptor blocks the host.
    """

    __slots__ = ("_after", "_before", "_clock", "_error", "_names", "_report")

    def __init__(
        self,
        interceptors: Iterable[tuple[str, CallInterceptor]],
        report: Report,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        placed = [(place, name, each) for place, (name, each) in enumerate(interceptors)]
        self._names = tuple(name for _, name, _ in placed)
        self._before = _parts("before", placed)
        self._after = _parts("after", placed)[::-1]
        self._error = _parts("error", placed)[::-1]
        self._report = report
        self._clock = clock

    def __repr__(self) -> str:
        return f"<InterceptorChain {' > '.join(self._names)}>"

    async def call(self, info: CallInfo, send: Callable[[CallInfo], Awaitable[Any]]) -> Any:
        """Make one call: `send` makes it, with the params that `info` then has.

        Raises:
            HostError: an interceptor has refused the call, or its result.
        """
        answer = self.begin(info)
        if answer is not None:
            await (
                trio.lowlevel.cancel_shielded_checkpoint()
            )  # it has its outcome, but others shall have their turn
            return answer.result
        try:
            result = await send(info)
        except BaseException as error:
            self.failed(info, error)
            raise
        return self.end(info, result)

    def begin(self, info: CallInfo) -> Answer | None:
        """Show a call to each `before`, the outermost first.

        Returns:
            None when the call is to be made. An answer in place of the plugin's, which the `after` of all outer
            interceptors have seen already: the call is over.

        Raises:
            HostError: an interceptor has refused the call, and the `error` of all outer ones have seen it: the call
                is over.
        """
        for place, name, before in self._before:
            given = info.params, info.traceparent, info.tracestate
            started = self._clock()
            try:
                answer = before(info)
                if answer is not None and not isinstance(answer, Answer):
                    _refuse_answer(answer)
            except HostError as error:
                self._unwind(info, error, place)
                raise
            except FAILURES as error:
                info.params, info.traceparent, info.tracestate = given
                info.notes.setdefault(_ABSENT, set()).add(place)
                self._report(name, HOOK, error, where=f"before {info.method}")
                answer = None
            except BaseException as error:
                self._unwind(info, error, place)
                raise
            self._note_time(name, "before", info, started)
            if answer is not None:
                return Answer(result=self._wind_up(info, answer.result, place))
        return None

    def end(self, info: CallInfo, result: Any) -> Any:
        """Show the result to each `after`, the innermost first; returns what they have made of it.

        Raises:
            HostError: an interceptor has refused the result, and the `error` of all outer ones have seen it.
        """
        return self._wind_up(info, result, len(self._names))

    def failed(self, info: CallInfo, error: BaseException) -> None:
        """Show why a call has failed to each `error`, the innermost first; whatever these do, it has failed."""
        self._unwind(info, error, len(self._names))

    def _wind_up(self, info: CallInfo, result: Any, inside: int) -> Any:
        """Call each `after` of interceptors outside of a place."""
        absent = info.notes.get(_ABSENT, ())
        for place, name, after in self._after:
            if place >= inside or place in absent:
                continue
            started = self._clock()
            try:
                replaced = after(info, result)
                if type(replaced) is CoroutineType:
                    _refuse_answer(replaced)
                if replaced is None and result is not None:
                    _refuse_nothing()
                result = replaced
            except HostError as error:
                self._unwind(info, error, place)
                raise
            except FAILURES as error:
                self._report(name, HOOK, error, where=f"after {info.method}")
            except BaseException as error:
                self._unwind(info, error, place)
                raise
            self._note_time(name, "after", info, started)
        return result

    def _unwind(self, info: CallInfo, error: BaseException, inside: int) -> None:
        """Call each `error` of interceptors outside of a place."""
        absent = info.notes.get(_ABSENT, ())
        for place, name, see in self._error:
            if place >= inside or place in absent:
                continue
            started = self._clock()
            try:
                answer = see(info, error)
                if type(answer) is CoroutineType:
                    _refuse_answer(answer)
            except FAILURES as broken:  # also a HostError: the call has its outcome
                self._report(name, HOOK, broken, where=f"error of {info.method}")
            self._note_time(name, "error", info, started)

    def _note_time(self, name: str, part: str, info: CallInfo, started: float) -> None:
        seconds = self._clock() - started
        if seconds > SLOW_HOOK_SECONDS:
            self._report(name, HOOK, BlockedError(seconds), where=f"{part} {info.method}")


def compose(
    interceptors: Iterable[tuple[str, CallInterceptor]],
    report: Report,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> InterceptorChain | None:
    """Put the interceptors of one method around its calls; None when there are none: the method then pays nothing.

    One that lacks a method, or has an async one, is reported and left out.

    Args:
        interceptors: names of extensions and what they gave, the outermost first.
        report: takes failures of interceptors, now and later: `Extensions.failed`.
        clock: seconds, monotonic; measures how long an interceptor blocks the host.
    """
    usable = INTERCEPTORS.usable(interceptors, lambda name, error: report(name, HOOK, error))
    return InterceptorChain(usable, report, clock=clock) if usable else None


def compose_for(
    extensions: Extensions, host: HostControl, manifest: Manifest, method: str
) -> InterceptorChain | None:
    """Ask the extensions for interceptors of a method and put them around its calls; None when there are none."""
    found: list[tuple[str, Any]] = extensions.collect_named(
        HOOK, object, host=host, manifest=manifest, method=method
    )
    return compose(found, extensions.failed) if found else None


def _parts(part: str, placed: list[tuple[int, str, CallInterceptor]]) -> tuple[Part, ...]:
    """Return one method of all interceptors, without those that do nothing because the base class has them."""
    return tuple(
        (place, name, getattr(interceptor, part))
        for place, name, interceptor in placed
        if INTERCEPTORS.does(interceptor, part)
    )


def _refuse_nothing() -> None:
    raise TypeError("it returned None: return the result, or another one; results are objects")


def _refuse_answer(answer: object) -> None:
    if inspect.iscoroutine(answer):
        answer.close()  # else Python warns that nobody has awaited it
        raise TypeError("it must answer at once: it may not be async")
    raise TypeError(f"it answers with None or an Answer, not with {type(answer).__name__}: {answer!r:.80}")
