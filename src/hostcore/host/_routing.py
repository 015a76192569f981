"""The way from a method's name to the plugin's process; built when a plugin changes, so that a call pays little."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, Final

from hostcore.errors import CallTimedOutError, MethodNotFoundError, PluginNotFoundError, UnavailableError
from hostcore.interfaces import MethodValidator
from hostcore.snapshots import CallStatistics, MethodSnapshot
from hostcore.transports import ProgressCallback, Transport

CACHED_ROUTES: Final = 4096
"""Routes kept by name; a plugin without interface files accepts any name, and callers could fill the memory."""


LONGEST_TIMEOUT: Final = 366 * 86400.0
"""Seconds: a year bounds every wait, and stays far from where clocks lose their precision."""


class CallCounter:
    """Counts the calls of one plugin."""

    __slots__ = ("calls", "errors", "seconds")

    def __init__(self) -> None:
        self.calls = 0
        self.errors = 0
        self.seconds = 0.0

    def snapshot(self) -> CallStatistics:
        """Take a picture."""
        return CallStatistics(calls=self.calls, errors=self.errors, total_seconds=self.seconds)


class Route:
    """Calls one method of one plugin: checks the params, takes the instance with the least to do, checks the result.

    Attributes:
        method: its full name.
        validator: its schemas, compiled; None where no interface file describes it.
        description: the method for people and programs; None where no interface file describes it.
        timeout: seconds a call has when the caller does not say.
        transports: connections of the plugin's ready instances.
    """

    __slots__ = (
        "_check_params",
        "_check_result",
        "_counter",
        "_from_json",
        "_unavailable",
        "description",
        "method",
        "timeout",
        "transports",
        "validator",
    )

    def __init__(
        self,
        method: str,
        validator: MethodValidator | None,
        *,
        description: MethodSnapshot | None = None,
        timeout: float,
        transports: list[Transport],
        counter: CallCounter,
        unavailable: Callable[[], UnavailableError],
    ) -> None:
        self.method = method
        self.description = description
        self.validator = validator
        self.transports = transports
        self.timeout = timeout
        self._counter = counter
        self._unavailable = unavailable
        self._check_params = validator.check_params if validator else None
        if self.is_streaming:
            self._check_params = self._refuse_unary
        self._check_result = validator.check_result if validator else None
        self._from_json = validator.result_from_json if validator and validator.has_binary else None

    def __repr__(self) -> str:
        return f"<Route {self.method} instances={len(self.transports)}>"

    @property
    def is_streaming(self) -> bool:
        """Whether an interface file declares streams for the method."""
        if self.validator is None:
            return False
        streams = self.validator.method.stream
        return streams.in_ is not None or streams.out is not None

    def _refuse_unary(self, _: Mapping[str, Any]) -> None:
        raise MethodNotFoundError(f"{self.method} is a streaming method", hint="open it with `stream`")

    def pick(self) -> Transport:
        """Take the instance with the least to do; raises `UnavailableError`."""
        transports = self.transports
        if len(transports) == 1:
            return transports[0]
        if not transports:
            raise self._unavailable()
        return min(transports, key=lambda each: each.load)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what happens inside as one call; unary calls, of which there are many, count themselves."""
        counter = self._counter
        counter.calls += 1
        started = time.perf_counter()
        try:
            yield
        except BaseException:
            counter.errors += 1
            raise
        finally:
            counter.seconds += time.perf_counter() - started

    async def call(
        self, params: Mapping[str, Any], timeout: float | None, on_progress: ProgressCallback | None
    ) -> Any:
        """Make one call."""
        counter = self._counter
        counter.calls += 1
        started = time.perf_counter()
        try:
            if self._check_params is not None:
                self._check_params(params)
            transport = self.pick()
            result = await transport.call(
                self.method,
                params,
                timeout=self.timeout if timeout is None else check_timeout(timeout, self.method),
                on_progress=on_progress,
            )
            if self._from_json is not None and transport.encoding == "json":
                result = self._from_json(result)
            if self._check_result is not None:
                self._check_result(result)
        except BaseException:
            counter.errors += 1
            raise
        finally:
            counter.seconds += time.perf_counter() - started
        return result


class Router:
    """Finds the route of a call. Of several providers of an interface, the first by id that is ready is taken."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str | None, str], Route] = {}
        self._plugins: dict[str, Mapping[str, Route]] = {}
        self._open: dict[str, Callable[[str], Route | None]] = {}

    def __repr__(self) -> str:
        return f"<Router plugins={len(self._plugins)} routes={len(self._routes)}>"

    def put(self, plugin: str, routes: Mapping[str, Route], make: Callable[[str], Route | None]) -> None:
        """Know a plugin by its routes; `make` makes one for a method that no interface file describes."""
        self._plugins[plugin] = routes
        self._open[plugin] = make
        self.refresh()

    def drop(self, plugin: str) -> None:
        """Forget a plugin."""
        self._plugins.pop(plugin, None)
        self._open.pop(plugin, None)
        self.refresh()

    def refresh(self) -> None:
        """Forget what was worked out: a plugin has become ready, or is it no more."""
        self._routes.clear()

    def find(self, method: str, plugin: str | None) -> Route:
        """Return the route; raises `PluginNotFoundError` or `MethodNotFoundError`."""
        key = (plugin, method)
        route = self._routes.get(key)
        if route is None:
            route = self._find_in(plugin, method) if plugin is not None else self._find_any(method)
            if len(self._routes) >= CACHED_ROUTES:
                self._routes.clear()
            self._routes[key] = route
        return route

    def _find_in(self, plugin: str, method: str) -> Route:
        routes = self._plugins.get(plugin)
        if routes is None:
            raise unknown_plugin(plugin, self._plugins)
        route = routes.get(method) or self._open[plugin](method)
        if route is None:
            raise _unknown_method(method, routes, f"the plugin {plugin}")
        return route

    def _find_any(self, method: str) -> Route:
        found = [
            route
            for plugin, routes in sorted(self._plugins.items())
            if (route := routes.get(method) or self._open[plugin](method)) is not None
        ]
        if not found:
            everything = {name for routes in self._plugins.values() for name in routes}
            raise _unknown_method(method, everything, "any plugin of this host")
        return next((route for route in found if route.transports), found[0])


def check_timeout(timeout: float, method: str) -> float:
    """Return a timeout that a caller gave.

    Raises:
        CallTimedOutError: nothing of it is left.
        ValueError: it is no bound: infinite, no number, or longer than `LONGEST_TIMEOUT`.
    """
    if 0 < timeout <= LONGEST_TIMEOUT:
        return timeout
    if timeout <= 0:
        raise CallTimedOutError(
            f"the deadline of {method} passed before it was sent", hint="the timeout is seconds from now"
        )
    raise ValueError(f"a timeout is seconds from now, at most {LONGEST_TIMEOUT:g}, not {timeout!r}")


def unknown_plugin(plugin: str, known: Mapping[str, object]) -> PluginNotFoundError:
    """Make the error for a plugin id that nobody has."""
    near = get_close_matches(plugin, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known plugins: {', '.join(sorted(known)) or 'none'}"
    return PluginNotFoundError(f"there is no plugin {plugin}", hint=hint)


def _unknown_method(method: str, known: Mapping[str, object] | set[str], where: str) -> MethodNotFoundError:
    near = get_close_matches(method, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(sorted(known)) or 'no methods'}"
    return MethodNotFoundError(f"{where} has no method {method}", hint=hint)
