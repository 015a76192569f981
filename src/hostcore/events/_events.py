"""What happens in the host, as typed facts in the past tense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hostcore.snapshots import ConfigChange, ExitReport, PluginState, Reason, Verification, as_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Is the root of all events; `kind` names the class for programs."""

    kind: ClassVar[str] = "event"


def event_kinds() -> tuple[str, ...]:
    """Return the kinds of events that there may be, sorted: those of the host, and those that extensions define."""
    found: set[str] = set()
    classes = [Event]
    while classes:
        below = classes.pop().__subclasses__()
        found.update(each.kind for each in below)
        classes += below
    return tuple(sorted(found - {Event.kind}))


@dataclass(frozen=True, kw_only=True, slots=True)
class HostStarted(Event):
    """The host has discovered its plugins and begun to start them."""

    kind: ClassVar[str] = "host-started"
    version: str
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class HostStopping(Event):
    """The host takes no new calls and begins to stop its plugins."""

    kind: ClassVar[str] = "host-stopping"
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginDiscovered(Event):
    """A folder with a readable manifest was found or loaded."""

    kind: ClassVar[str] = "plugin-discovered"
    plugin: str
    version: str
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginRefused(Event):
    """A plugin cannot be started as it is; `reason` says what to mend."""

    kind: ClassVar[str] = "plugin-refused"
    plugin: str
    folder: str
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginUnverified(Event):
    """Nobody has vouched for the files of a plugin; `refused` says whether that keeps it from being started."""

    kind: ClassVar[str] = "plugin-unverified"
    plugin: str
    version: str
    refused: bool
    verification: Verification


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginStateChanged(Event):
    """A plugin as a whole went from one state to another."""

    kind: ClassVar[str] = "plugin-state-changed"
    plugin: str
    old: PluginState
    new: PluginState
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceStateChanged(Event):
    """One instance of a plugin went from one state to another."""

    kind: ClassVar[str] = "instance-state-changed"
    plugin: str
    instance: int
    old: PluginState
    new: PluginState
    reason: Reason
    pid: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginExited(Event):
    """A process of a plugin has ended, wanted or not."""

    kind: ClassVar[str] = "plugin-exited"
    plugin: str
    report: ExitReport


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginWantedChanged(Event):
    """Somebody asked for a plugin to run, to be stopped, or to be disabled."""

    kind: ClassVar[str] = "plugin-wanted-changed"
    plugin: str
    wanted: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginReloaded(Event):
    """A new version of a plugin, or the same one anew, has taken over; the old one finishes its calls and ends."""

    kind: ClassVar[str] = "plugin-reloaded"
    plugin: str
    old_version: str
    version: str
    trigger: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginReloadFailed(Event):
    """A new version of a plugin may not, or cannot, take over; the old one serves on."""

    kind: ClassVar[str] = "plugin-reload-failed"
    plugin: str
    version: str
    trigger: str
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceRecycled(Event):
    """A process of a plugin was replaced by a fresh one although it was well."""

    kind: ClassVar[str] = "instance-recycled"
    plugin: str
    instance: int
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigReloaded(Event):
    """The host's configuration was read again; `change` says what that has changed."""

    kind: ClassVar[str] = "config-reloaded"
    change: ConfigChange


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginUnloaded(Event):
    """A plugin was stopped and forgotten."""

    kind: ClassVar[str] = "plugin-unloaded"
    plugin: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionFailed(Event):
    """A hook implementation raised, was too slow or broke the hook's rules; the host went on without it."""

    kind: ClassVar[str] = "extension-failed"
    extension: str
    hook: str
    error: str
    traceback: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """Is an event with its place in the host's sequence.

    Attributes:
        run: identifies this run of the host; sequences of two runs cannot be compared.
        sequence: from 1, without gaps.
        at: seconds since the epoch.
        event: the fact itself.
    """

    run: str
    sequence: int
    at: float
    event: Event

    @property
    def id(self) -> str:
        """Return `<run>-<sequence>`, the event's id in the API."""
        return f"{self.run}-{self.sequence}"

    def as_json(self) -> dict[str, Any]:
        """Return the event as a flat, JSON-compatible object with `id`, `sequence`, `at` and `kind`."""
        return {
            "id": self.id,
            "sequence": self.sequence,
            "at": self.at,
            "kind": self.event.kind,
            **as_json(self.event),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class EventsMissed(Event):
    """A subscriber was too slow, or asked for events that are no longer kept.

    It is told to this one subscriber and has no place in the sequence.

    Attributes:
        first: sequence of the first event that was missed.
        last: sequence of the last one.
        context: further facts for people.
    """

    kind: ClassVar[str] = "events-missed"
    first: int
    last: int
    context: Mapping[str, Any] = field(default_factory=dict)
