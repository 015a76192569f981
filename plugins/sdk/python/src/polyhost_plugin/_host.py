"""Calls into the host: its own services, and other plugins through it."""

from __future__ import annotations

from _thread import (
    allocate_lock,
    get_ident,
)  # threading takes 2 ms to import, which the hello need not wait for

from polyhost_plugin._errors import (
    UNAVAILABLE,
    UNIMPLEMENTED,
    HostCallError,
    HostGoneError,
)
from polyhost_plugin._wire import check_value

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from polyhost_plugin._engine import Engine
    from polyhost_plugin._hostcall import HostCall

TIMEOUT_S = 60.0
"""How long a call into the host may take when nobody says otherwise: every wait ends."""

WINDOW = 64
"""How many items of a stream the host may have under way: the protocol's usual window."""

_ID_END = 2**32


class Host:
    """Is the host as a plugin sees it.

    Attributes:
        name: the host's product name; empty before its hello.
        version: the host's version.
        services: the interfaces that may be called: `Host`, and what the manifest requires.
        features: the optional behaviour that it agreed to.
    """

    def __init__(self) -> None:
        self.name = ""
        self.version = ""
        self.services: tuple[str, ...] = ()
        self.features: tuple[str, ...] = ()
        self._engine: Engine | None = None
        self._calls: dict[int, HostCall | None] = {}  # None: abandoned, the answer is still to come
        self._last_id = 0
        self._closed = False
        self._lock = allocate_lock()

    def __repr__(self) -> str:
        return f"<Host {self.name} {self.version} services={list(self.services)}>"

    def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        plugin: str | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
    ) -> dict[str, Any]:
        """Call `Interface.Method` in the host and return its result.

        Inside a handler the call belongs to the handler's own call: its deadline, cancellation and trace are inherited.

        Args:
            method: a method of one of `services`.
            params: its params.
            timeout: seconds to wait; 60 by default, and never longer than the handler's own deadline.
            plugin: the id of the plugin to ask when several provide the interface.
            traceparent: the trace context of a span that the plugin has made itself.
            tracestate: what vendors say about that trace; without it that of the handler's call stays.

        Raises:
            HostCallError: the host answered with an error, not in time, or does not offer the interface.
            HostGoneError: the connection is closed.
        """
        return self._start(method, params, timeout, plugin, trace=(traceparent, tracestate), credit=0).wait()

    def stream(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        plugin: str | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
    ) -> HostCall:
        """Call a method that streams: iterate over what this returns, then read its `result`.

        Leaving the loop early cancels the call. Arguments and errors are those of `call`.
        """
        return self._start(method, params, timeout, plugin, trace=(traceparent, tracestate), credit=WINDOW)

    def _start(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        timeout: float | None,
        plugin: str | None,
        *,
        trace: tuple[str | None, str | None],
        credit: int,
    ) -> HostCall:
        from polyhost_plugin._hostcall import HostCall  # noqa: PLC0415 - only who calls the host pays for it

        engine = self._engine
        if engine is None:
            raise HostGoneError("the host can be called while plugin.run() runs, not before")
        interface = method.partition(".")[0]
        if "reverse" not in self.features:
            raise HostCallError(method, "the host takes no calls", code=UNIMPLEMENTED)
        if interface not in self.services:
            raise HostCallError(
                method,
                f"the host does not offer {interface}; name it in the manifest's [requires.interfaces]",
                code=UNIMPLEMENTED,
            )
        arguments = dict(params or {})
        check_value(arguments)
        parent, remaining = engine.current_call(get_ident())
        limits = [limit for limit in (timeout, remaining) if limit is not None]
        seconds = min(limits) if limits else TIMEOUT_S
        meta: dict[str, Any] = {"timeout_ms": int(seconds * 1000)}
        if parent is not None:
            meta["parent"] = parent
        if plugin is not None:
            meta["plugin"] = plugin
        names = ("traceparent", "tracestate")
        meta |= {name: text for name, text in zip(names, trace, strict=True) if text is not None}
        if credit and "streams" in self.features:
            meta["credit"] = credit
        with self._lock:
            if self._closed:
                raise HostGoneError("the host has closed the connection")
            call_id = self._next_id()
            call = HostCall(engine, call_id, method, seconds, granted=credit)
            self._calls[call_id] = call
        try:
            engine.send([0, call_id, method, [arguments, meta]])
        except Exception:
            self._calls.pop(call_id, None)
            raise
        return call

    def _next_id(self) -> int:
        """Take the next even id that names no call in flight; ids wrap around below 2^32."""
        while True:
            self._last_id = self._last_id + 2 if self._last_id + 2 < _ID_END else 2
            if self._last_id not in self._calls:
                return self._last_id

    # What the engine tells the host object.

    def attach(self, engine: Engine) -> None:
        """Say which engine sends the calls."""
        self._engine = engine

    def welcome(self, hello: Mapping[str, Any]) -> None:
        """Take over what the host's hello says about it."""
        host = hello.get("host") or {}
        self.name = str(host.get("name", ""))
        self.version = str(host.get("version", ""))
        self.services = tuple(hello.get("services") or ())
        self.features = tuple(hello.get("features") or ())

    def settle(self, call_id: int, error: Any, result: Any) -> None:
        """Give a call its answer; an answer that nobody waits for is dropped."""
        call = self._calls.pop(call_id, None)
        if call is not None:
            call.settle(error, result)

    def put(self, call_id: int, item: Any) -> None:
        """Give a call an item of its stream; one that nobody waits for is dropped."""
        call = self._calls.get(call_id)
        if call is not None:
            call.inbox.put(item)

    def abandon(self, call_id: int) -> bool:
        """Stop waiting for a call; its id stays taken until the answer comes. Tell whether it was in flight."""
        with self._lock:
            in_flight = self._calls.get(call_id) is not None
            if in_flight:
                self._calls[call_id] = None
        return in_flight

    def close(self) -> None:
        """Fail every call in flight, and every later one."""
        with self._lock:
            self._closed = True
        for call_id in list(self._calls):
            self.settle(call_id, {"code": UNAVAILABLE, "message": "the host has closed the connection"}, None)
