"""Facts that supervision and those who decide for it exchange."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final, Protocol

from hostcore.events import Event
from hostcore.manifest import HealthSpec, Manifest, RecycleSpec, RestartSpec
from hostcore.snapshots import ExitReport, LogSource, PluginState, Reason
from hostcore.supervision._usage import Usage
from hostcore.transports import Launcher, LaunchSpec, ReverseCall

LONGEST_DELAY: Final = 7 * 86400.0
"""Seconds between two starts: a week, more than a manifest can ask for; who waits longer has given the plugin up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RestartContext:
    """Tells everything that a decision on a restart may depend on.

    Attributes:
        plugin: the plugin's id.
        instance: index of the instance.
        spec: the restart part of the manifest.
        reason: how the incarnation ended or why it could not start.
        report: its exit report; None when no process was ever there.
        fatal: whether another start cannot help: exit status 125, an incompatible or broken handshake.
        now: the moment of the decision, seconds of a monotonic clock.
        restarts: the moments of earlier restarts, oldest first, same clock.
        in_a_row: failures since the instance was last stable.
    """

    plugin: str
    instance: int
    spec: RestartSpec
    reason: Reason
    report: ExitReport | None
    fatal: bool
    now: float
    restarts: tuple[float, ...] = ()
    in_a_row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class RestartDecision:
    """Says what follows the end of an incarnation.

    Attributes:
        delay: seconds until the next start, at most `LONGEST_DELAY`, or None for no further start.
        failed: without a further start: whether the plugin is `failed` (else `stopped`).
        text: why, for people.

    Raises:
        ValueError: the delay is none.
    """

    delay: float | None
    failed: bool = True
    text: str = ""

    def __post_init__(self) -> None:
        if self.delay is not None and not 0 <= self.delay <= LONGEST_DELAY:  # also what is no number
            raise ValueError(f"a delay is seconds from 0 to {LONGEST_DELAY:g}, or None, not {self.delay!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Blueprint:
    """Is what instances are made from; a reload replaces one by another.

    Attributes:
        manifest: what to run.
        launcher: starts the processes.
        environs: the host around them.
    """

    manifest: Manifest
    launcher: Launcher
    environs: Environs


class Verdict(enum.StrEnum):
    """Says what follows a look at a running instance."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    RECYCLE = "recycle"
    KILL = "kill"


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthContext:
    """Tells everything that a verdict on a running instance may depend on.

    Attributes:
        plugin: the plugin's id.
        instance: index of the instance.
        spec: the health part of the manifest.
        recycle: the recycle part of the manifest.
        memory_limit: bytes above which it is to be killed, or None.
        state: `ready` or `degraded`.
        age: seconds since the process was spawned.
        in_flight: calls that it works on.
        missed: pings in a row that were not answered in time, this look's included.
        rss_bytes: resident memory of the process and those it started; None when it cannot be read.
        cpu: cores that they used since the look before, the oldest first, this look's last; at most `misses` of them.
    """

    plugin: str
    instance: int
    spec: HealthSpec
    recycle: RecycleSpec
    memory_limit: int | None
    state: PluginState
    age: float
    in_flight: int
    missed: int
    rss_bytes: int | None = None
    cpu: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthDecision:
    """Says what follows a look at a running instance, and why.

    Attributes:
        verdict: healthy, degraded, recycle (replace it by a fresh process, no call fails) or kill (and restart).
        reason: why; of no meaning when healthy.
    """

    verdict: Verdict
    reason: Reason = field(default_factory=lambda: Reason(code="healthy", text="it answers"))


class Environs(Protocol):
    """Is what a supervisor asks of the host around it. Nothing of it may block; `prepare` may raise `HostError`."""

    async def prepare(self, manifest: Manifest, instance: int) -> LaunchSpec:
        """Build the plugin if needed and say how to start it."""

    def decide_restart(self, context: RestartContext) -> RestartDecision:
        """Say what follows the end of an incarnation."""

    def usage(self, session: int) -> Usage | None:
        """Measure what the processes of a session use; None where that cannot be seen."""

    def decide_health(self, context: HealthContext) -> HealthDecision | None:
        """Say what follows a look at a running instance; None for nothing."""

    def recycle(self, instance: int, reason: Reason) -> None:
        """Have a running instance replaced by a fresh process; asked once for each process."""

    def record(self, event: Event) -> None:
        """Take an event."""

    def log(self, instance: int, source: LogSource, level: str, message: str, **more: object) -> None:
        """Take a log line of this plugin; `more` may have `logger` and `fields`."""

    def called(self, call: ReverseCall) -> None:
        """Take a call of the plugin to the host."""

    def transport_failed(self, instance: int, error: Exception) -> None:
        """Learn of a fault of what the plugin is talked to through, which may be an extension's."""

    def ready_changed(self) -> None:
        """Learn that the set of ready instances has changed."""

    def state_changed(self) -> None:
        """Learn that the plugin as a whole has another state or reason."""
