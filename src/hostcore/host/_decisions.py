"""What extensions decide for the plugins of a host, and what holds where none does."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

from hostcore.dependencies import DependencyNode, StartOrder
from hostcore.errors import HostError
from hostcore.hooks import (
    Extensions,
    HealthContext,
    HealthDecision,
    HostControl,
    InterceptorChain,
    Observation,
    RestartContext,
    RestartDecision,
    RouteCandidate,
    compose_for,
    observe,
)
from hostcore.host._deadlines import LONGEST_TIMEOUT
from hostcore.manifest import Manifest
from hostcore.snapshots import MethodSnapshot


class Decisions:
    """Asks the hooks.

    Args:
        extensions: decide.
        host: what extensions see.
    """

    def __init__(self, extensions: Extensions, host: HostControl) -> None:
        self._extensions = extensions
        self._host = host
        # Microseconds: a later run begins above all of this one's, unless it makes a million calls a second.
        self._call_ids = itertools.count(int(time.time() * 1e6))

    def __repr__(self) -> str:
        return f"<Decisions of {self._extensions!r}>"

    def start_order(self, nodes: tuple[DependencyNode, ...]) -> StartOrder:
        """Return who requires whom, and the waves of starts; all in one wave when nobody decides."""
        order = self._extensions.decide(
            "hostcore_decide_start_order", StartOrder, may_raise=False, nodes=nodes
        )
        return order or StartOrder(waves=(tuple(each.id for each in nodes),) if nodes else ())

    def route(self, interface: str, candidates: Sequence[RouteCandidate]) -> str | None:
        """Return which of several plugins gets the calls of an interface; None when nobody decides."""
        return self._extensions.decide(
            "hostcore_decide_route", str, may_raise=False, interface=interface, candidates=candidates
        )

    def restart(self, context: RestartContext) -> RestartDecision:
        """Say what follows the end of a process; none is restarted when nobody decides."""
        try:
            decision = self._extensions.decide("hostcore_decide_restart", RestartDecision, context=context)
        except HostError as error:  # its answer: not again
            return RestartDecision(delay=None, text=str(error))
        return decision or RestartDecision(delay=None, text="no extension decides on restarts")

    def health(self, context: HealthContext) -> HealthDecision | None:
        """Say what follows a look at an instance; None for nothing."""
        return self._extensions.decide(
            "hostcore_decide_health", HealthDecision, may_raise=False, context=context
        )

    def deadline(self, manifest: Manifest, method: MethodSnapshot | None) -> float:
        """Say how many seconds calls of a method have; what the manifest says when nobody decides."""
        decided = self._extensions.decide(
            "hostcore_decide_deadline", float, may_raise=False, manifest=manifest, method=method
        )
        if decided is None or not decided > 0:  # also what is no number
            return manifest.limits.call_timeout
        return min(decided, LONGEST_TIMEOUT)

    def interception(self, manifest: Manifest, method: str) -> InterceptorChain | None:
        """Compose what extensions want to do around a method's calls; None for nothing."""
        return compose_for(self._extensions, self._host, manifest, method)

    def observation(self, manifest: Manifest) -> Observation | None:
        """Find out who observes a plugin's calls; None for nobody."""
        return observe(self._extensions, self._host, manifest, self._call_ids)
