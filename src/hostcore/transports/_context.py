"""What a call is part of: the chain of plugins that wait for its answer, and its trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from hostcore.errors import CallCycleError
from hostcore.transports._trace import read_traceparent, read_tracestate

MAX_DEPTH: Final = 32
"""Calls that may wait for each other in one chain; more is a recursion that nobody meant."""

MAX_REENTRIES: Final = 3
"""How often a method may stand in one chain beside its first call: a tree may be walked, a circle is soon caught.

A plugin works on a bounded number of calls at once (eight threads in the Python SDK); a circle must be caught before
it has taken all of them, or it shows only as a deadline that passes.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallContext:
    """Says on whose behalf a call is made.

    Attributes:
        plugin: id of the plugin that makes it; empty for one from outside that only brings a trace.
        method: the method that the plugin is serving while it makes the call; empty when it did not say.
        connection: what that method came over: a plugin that does one thing at a time cannot be called back on it.
        parent: on whose behalf that method was called, or None.
        traceparent: the W3C trace context, or None.
        tracestate: what vendors say about that trace, or None.
        depth: how many plugins wait, this one included.
        origin: what somebody from outside is called that makes it; empty when nobody said, and for a plugin.
        call: id of the record of the call that the plugin is serving; None when nobody observes it, or it did not say.
        on_record: is told the id of the record of the call that is made, if it gets one; must not raise. None for nobody.
        name: what the call that is made was called while it waited for a process; empty when it has a record, or did not.
    """

    plugin: str
    method: str = ""
    connection: object = None
    parent: CallContext | None = None
    traceparent: str | None = None
    depth: int = 0
    call: int | None = None
    origin: str = ""
    tracestate: str | None = None
    name: str = ""
    on_record: Callable[[int], None] | None = None

    def traced(self, traceparent: str | None, tracestate: str | None = None) -> CallContext:
        """Return the same with another trace context."""
        if traceparent == self.traceparent and tracestate == self.tracestate:
            return self
        return replace(self, traceparent=traceparent, tracestate=tracestate)

    def named(self, name: str) -> CallContext:
        """Return the same for a call that has a name already."""
        return replace(self, name=name)

    def chain(self) -> Iterator[CallContext]:
        """Go from this one to the first."""
        each: CallContext | None = self
        while each is not None:
            yield each
            each = each.parent

    def waits_on(self, connection: object) -> bool:
        """Tell whether a call over this connection is waiting for the one that is being made."""
        return any(each.connection is connection for each in self.chain())

    def check(self, plugin: str, method: str) -> None:
        """Refuse a call that goes in circles or too deep.

        Raises:
            CallCycleError: with the chain.
        """
        if self.depth < MAX_REENTRIES:
            return  # the usual case
        if self.depth >= MAX_DEPTH:
            raise self.cycle(plugin, method, f"calls wait for each other {MAX_DEPTH} deep")
        again = sum(1 for each in self.chain() if each.method == method and each.plugin == plugin)
        if again > MAX_REENTRIES:
            raise self.cycle(plugin, method, "the calls go in a circle")

    def cycle(self, plugin: str, method: str, what: str) -> CallCycleError:
        """Make the error that shows the chain, its middle left out when it is long."""
        steps = [f"{each.plugin}'s {each.method or 'own call'}" for each in self.chain() if each.plugin]
        steps.reverse()
        steps.append(f"{plugin}'s {method}")
        shown = steps if len(steps) <= _SHOWN else [*steps[: _SHOWN // 2], "…", *steps[-_SHOWN // 2 :]]
        return CallCycleError(
            f"{what}: {' → '.join(shown)}",
            location=method,
            hint="have one of them answer before it calls on, or give what the other needs as params",
            details={"chain": steps},
        )


def context_of_trace(
    traceparent: str | None,
    origin: str | None = None,
    tracestate: str | None = None,
    on_record: Callable[[int], None] | None = None,
) -> CallContext | None:
    """Return the context of a call from outside: none, unless it brings a trace context, says who makes it, or asks for its record.

    What vendors say about a trace is nothing without the trace.
    """
    trace = read_traceparent(traceparent)
    if not trace and not origin and on_record is None:
        return None
    state = read_tracestate(tracestate) if trace else None
    return CallContext(
        plugin="", traceparent=trace, origin=origin or "", tracestate=state, on_record=on_record
    )


_SHOWN: Final = 10
