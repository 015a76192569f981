"""Facts that supervision and those who decide for it exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hostcore.events import Event
from hostcore.manifest import Manifest, RestartSpec
from hostcore.snapshots import ExitReport, LogSource, Reason
from hostcore.transports import LaunchSpec, ReverseCall


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
        delay: seconds until the next start, or None for no further start.
        failed: without a further start: whether the plugin is `failed` (else `stopped`).
        text: why, for people.
    """

    delay: float | None
    failed: bool = True
    text: str = ""


class Environs(Protocol):
    """Is what a supervisor asks of the host around it. Nothing of it may block; `prepare` may raise `HostError`."""

    async def prepare(self, manifest: Manifest, instance: int) -> LaunchSpec:
        """Build the plugin if needed and say how to start it."""

    def decide_restart(self, context: RestartContext) -> RestartDecision:
        """Say what follows the end of an incarnation."""

    def record(self, event: Event) -> None:
        """Take an event."""

    def log(self, instance: int, source: LogSource, level: str, message: str, **more: object) -> None:
        """Take a log line of this plugin; `more` may have `logger` and `fields`."""

    def called(self, call: ReverseCall) -> None:
        """Take a call of the plugin to the host."""

    def ready_changed(self) -> None:
        """Learn that the set of ready instances has changed."""
