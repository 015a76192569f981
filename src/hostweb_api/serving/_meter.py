"""Counts what the server is asked for: requests by operation and status, how long they take, and open websockets."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from hostcore.metrics import Distribution, MetricFamily, MetricKind, Sample

DURATION_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds up to which requests are counted together: from one that only reads to a plugin's start."""

NO_OPERATION: Final = "(none)"
"""Stands for requests that reach no operation: refused ones, and those for what is not there."""

NO_ANSWER: Final = "(none)"
"""Is the status of requests whose clients have gone before there was one."""

_MEASURED: Final = "polyhost.measured"

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


class _Measured:
    """Is one request, or one websocket, that is being measured."""

    __slots__ = ("began", "is_open", "operation", "status")

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.operation = NO_OPERATION
        self.status: str | None = None
        self.is_open = False


def note_operation(scope: Scope, name: str) -> None:
    """Say which operation a request has reached; does nothing in a server that does not measure."""
    measured = (scope.get("extensions") or {}).get(_MEASURED)
    if measured is not None:
        measured.operation = name


class HttpMeter:
    """Is ASGI middleware that measures all that passes it; it belongs outside of everything that may answer."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._in_flight = 0
        self._websockets = 0
        self._requests: Counter[tuple[str, str]] = Counter()
        self._counts: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def __repr__(self) -> str:
        return f"<HttpMeter in_flight={self._in_flight} websockets={self._websockets}>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request or a websocket on, and measure it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        measured = _Measured()
        extensions = {**(scope.get("extensions") or {}), _MEASURED: measured}

        async def measure(message: Any) -> None:
            self._see(measured, message)
            await send(message)

        is_request = scope["type"] == "http"
        self._in_flight += is_request
        try:
            await self._app({**scope, "extensions": extensions}, receive, measure)
        finally:
            self._in_flight -= is_request
            self._websockets -= measured.is_open
            if is_request and measured.status is None:
                self._count(measured, NO_ANSWER)

    def _see(self, measured: _Measured, message: Any) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self._count(measured, str(message["status"]))
        elif kind == "websocket.accept" and not measured.is_open:
            measured.is_open = True
            self._websockets += 1

    def _count(self, measured: _Measured, status: str) -> None:
        seconds = time.perf_counter() - measured.began
        operation = measured.operation
        measured.status = status
        self._requests[operation, status] += 1
        counts = self._counts.setdefault(operation, [0] * (len(DURATION_BOUNDS) + 1))
        counts[bisect_left(DURATION_BOUNDS, seconds)] += 1
        self._seconds[operation] = self._seconds.get(operation, 0.0) + seconds

    def metrics(self) -> tuple[MetricFamily, ...]:
        """Return the figures of this moment."""
        return (
            MetricFamily(
                name="polyhost_http_requests",
                kind=MetricKind.COUNTER,
                help="Requests that have an answer, or whose client has gone before.",
                labels=("operation", "status"),
                samples=tuple(
                    Sample(labels=key, value=count) for key, count in sorted(self._requests.items())
                ),
            ),
            MetricFamily(
                name="polyhost_http_request_duration_seconds",
                kind=MetricKind.HISTOGRAM,
                help="Seconds from a request's head to that of its answer; what is streamed after it is not in it.",
                labels=("operation",),
                bounds=DURATION_BOUNDS,
                samples=tuple(
                    Sample(
                        labels=(operation,),
                        value=Distribution(counts=tuple(counts), sum=self._seconds[operation]),
                    )
                    for operation, counts in sorted(self._counts.items())
                ),
            ),
            _gauge(
                "polyhost_http_requests_in_flight",
                "Requests that are served, streams included.",
                self._in_flight,
            ),
            _gauge("polyhost_websocket_clients", "Open websockets.", self._websockets),
        )


def _gauge(name: str, text: str, value: float) -> MetricFamily:
    return MetricFamily(name=name, kind=MetricKind.GAUGE, help=text, samples=(Sample(value=value),))
