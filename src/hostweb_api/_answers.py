"""What the API answers where that is more than one snapshot of the host: the members of each object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from hostcore.dependencies import Dependency, DependencyProblem
from hostcore.interfaces import Finding
from hostcore.snapshots import (
    CallSnapshot,
    CallStatistics,
    ExtensionSnapshot,
    HookSnapshot,
    InterfaceProvider,
    InterfaceRequirer,
    LogLine,
    PluginSnapshot,
    PluginState,
    Reason,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Is one thing that is wrong with what was sent.

    Attributes:
        pointer: a JSON pointer into it, as a fragment of an address: `#/params/key`.
        detail: what is wrong.
    """

    pointer: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginFault:
    """Is an error that a plugin has answered with.

    Attributes:
        status: a gRPC code 1 to 16, or one of the protocol's own.
        status_name: the gRPC name of the code, or null.
        name: the error's name in the interface file; may be empty.
        message: for people.
        data: what comes along, or null.
        retryable: whether the same call may succeed later; null when nobody said.
    """

    status: int
    status_name: str | None
    name: str | None
    message: str
    data: Any
    retryable: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemBody:
    """Is the body of every error, as RFC 9457 has it; what is not known is left out.

    Attributes:
        type: a URN that ends with the code.
        title: what kind of problem it is, for people.
        status: the HTTP status.
        code: stable; rely on it, not on the texts.
        detail: what happened here, for people.
        location: where the fault is: a file with its line or key, or a JSON pointer.
        hint: what to do about it.
        details: further facts.
        errors: each fault of a body or query.
        error: what a plugin has answered with.
    """

    may_lack: ClassVar = frozenset({"location", "hint", "details", "errors", "error"})

    type: str
    title: str
    status: int
    code: str
    detail: str
    location: str
    hint: str
    details: Any
    errors: tuple[Fault, ...]
    error: PluginFault


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """Says whether the host is up.

    Attributes:
        status: `ok`, or `stopping` from the moment the host stops.
        version: the version of Polyhost.
        run: identifies this run of the host; ids of events begin with it.
        started_at: when the host was opened, seconds since the epoch.
        uptime: seconds since then.
        plugins: state to the number of plugins in it.
        last_event: the sequence of the latest event, 0 before the first.
    """

    status: Literal["ok", "stopping"]
    version: str
    run: str
    started_at: float
    uptime: float
    plugins: Mapping[str, int]
    last_event: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginSummary:
    """Shows of a plugin what the list has; `info` shows everything.

    Attributes:
        id: the manifest's id; the folder's name when the manifest could not be read.
        version: the manifest's version; empty when it could not be read.
        description: the manifest's description.
        state: the state of its best instance.
        reason: why; for what was refused, what is wrong and what to do.
        pid: of its first living instance, or null.
        transport: how it is talked to: `stdio`, …
        encoding: `msgpack` or `json` once it said hello, else null.
        provides: interface name to version.
        start: `eager` or `on-demand`.
        wanted: `running`, `stopped` or `disabled`: what was asked for, whatever it is now.
        waiting_for: ids of the plugins that its start waits for.
        restarts: starts beyond the first one of each instance.
        statistics: its calls.
    """

    id: str
    version: str
    description: str
    state: PluginState
    reason: Reason
    pid: int | None
    transport: str
    encoding: str | None
    provides: Mapping[str, str]
    start: str
    wanted: str
    waiting_for: tuple[str, ...]
    restarts: int
    statistics: CallStatistics

    @classmethod
    def of(cls, plugin: PluginSnapshot) -> PluginSummary:
        """Take over what the list shows."""
        return cls(**{each.name: getattr(plugin, each.name) for each in fields(cls)})


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginList:
    """Lists plugins, sorted by id."""

    plugins: tuple[PluginSummary, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unloaded:
    """Says what was unloaded.

    Attributes:
        unloaded: ids in the order in which they were unloaded.
    """

    unloaded: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependents:
    """Says who could not run without a plugin.

    Attributes:
        plugin: the plugin's id.
        dependents: ids, in the order in which they would stop: those that need others before these.
    """

    plugin: str
    dependents: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class InterfaceSummary:
    """Shows of an interface what the list has.

    Attributes:
        name: what plugins provide and callers ask for.
        version: `MAJOR.MINOR`.
        description: for people; may be empty.
        aliases: further names that its methods can be called by.
        providers: the plugins that have it, by id, whether they run or not.
        requirers: the plugins whose range has this version in it, by id.
        source: path of the interface file, `described by the plugin`, or empty.
        method_names: full names of its methods.
    """

    name: str
    version: str
    description: str
    aliases: tuple[str, ...]
    providers: tuple[InterfaceProvider, ...]
    requirers: tuple[InterfaceRequirer, ...]
    source: str
    method_names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class InterfaceList:
    """Lists interfaces by name, the highest version first."""

    interfaces: tuple[InterfaceSummary, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class InterfaceDiff:
    """Says what differs between two versions of an interface.

    Attributes:
        name: the interface.
        from_: the old version.
        to: the new version.
        findings: each change, breaks first.
    """

    name: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionList:
    """Shows the extensions and the hooks.

    Attributes:
        extensions: in the order of their registration, built-in policies first.
        hooks: all hooks, with who implements them.
    """

    extensions: tuple[ExtensionSnapshot, ...]
    hooks: tuple[HookSnapshot, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TopologyPlugin:
    """Is one plugin among those that depend on each other.

    Attributes:
        id: the plugin's id.
        version: its version.
        state: the state of its best instance.
        reason: why.
        start: `eager` or `on-demand`.
        wanted: `running`, `stopped` or `disabled`.
        wave: the wave it starts in, from 0; null for one that cannot start.
        waiting_for: ids of the plugins that its start waits for.
    """

    id: str
    version: str
    state: PluginState
    reason: Reason
    start: str
    wanted: str
    wave: int | None
    waiting_for: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Topology:
    """Shows who requires whom.

    Attributes:
        waves: ids of plugins that start together; each requires only plugins of earlier waves.
        plugins: all of them, by id.
        dependencies: all requirements of all plugins.
        problems: plugin id to why it cannot start.
    """

    waves: tuple[tuple[str, ...], ...]
    plugins: tuple[TopologyPlugin, ...]
    dependencies: tuple[Dependency, ...]
    problems: Mapping[str, DependencyProblem]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallList:
    """Holds the calls that a plugin works on.

    Attributes:
        calls: the oldest first.
    """

    calls: tuple[CallSnapshot, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallProgress:
    """Is how far a call has come.

    Attributes:
        progress: a number that does not fall.
        total: the number at which the call is done, or null.
        message: for people, or null.
    """

    progress: float
    total: float | None
    message: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallAnswer:
    """Is what a call has brought.

    Attributes:
        result: the answer of the method.
    """

    result: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectedAnswer:
    """Is what a call has brought whose method sends a stream.

    Attributes:
        items: what the method has sent.
        result: its answer at the end.
    """

    items: tuple[Any, ...]
    result: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class CallItem:
    """Is a line of a streamed answer: an item."""

    item: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFailure:
    """Is the last line of a streamed answer that failed."""

    error: ProblemBody


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLines:
    """Holds lines of a plugin's log, the oldest first."""

    lines: tuple[LogLine, ...]
