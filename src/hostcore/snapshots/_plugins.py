"""What a plugin is, how it is, and why."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hostcore.snapshots._call_statistics import CallStatistics


class PluginState(enum.StrEnum):
    """Names the states of a plugin and of each of its instances."""

    DISABLED = "disabled"
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    DRAINING = "draining"
    STOPPING = "stopping"
    BACKING_OFF = "backing-off"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Says why a state is what it is.

    Attributes:
        code: stable and kebab-case, for programs.
        text: one sentence for people.
        until: when it ends by itself, such as at the next start, seconds since the epoch; None where that is not known.
    """

    code: str
    text: str
    until: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExitReport:
    """Says how one incarnation of a plugin ended.

    Attributes:
        plugin: the plugin's id.
        instance: index of the instance, from 0.
        incarnation: counts the starts of the instance, from 1.
        pid: what its process id was.
        at: when the end was seen, seconds since the epoch.
        uptime: seconds from the spawn to the end.
        exit_code: the exit status, or None when a signal ended it.
        signal: the signal's name, e.g. `SIGKILL`, or None.
        reason: what the host made of it: crashed, hung, protocol violated, asked to stop, …
        user_seconds: CPU time in user mode.
        system_seconds: CPU time in the kernel.
        max_rss_bytes: the largest resident size; 0 when it is not known.
        stderr: its last lines on stderr.
        stray: its last stray lines on stdout.
        calls_in_flight: how many calls were cut off.
        panic: the sentence with which its runtime gave up, found among the lines on stderr, or None.
    """

    plugin: str
    instance: int
    incarnation: int
    pid: int
    at: float
    uptime: float
    exit_code: int | None
    signal: str | None
    reason: Reason
    user_seconds: float
    system_seconds: float
    max_rss_bytes: int
    stderr: tuple[str, ...] = ()
    stray: tuple[str, ...] = ()
    calls_in_flight: int = 0
    panic: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceSnapshot:
    """Shows one instance of a plugin.

    Attributes:
        index: from 0.
        state: its state.
        reason: why.
        pid: of the living process, or None.
        incarnation: how often it was started, 0 before the first start.
        started_at: when the living process was spawned, seconds since the epoch, or None.
        in_flight: calls sent and not answered.
        queued: calls that wait in the host for their turn.
        rss_bytes: resident memory of the process and those it started, at the latest look, or None.
        cpu: cores that they used between the latest two looks, or None.
        cpu_seconds: CPU time that they have used since the process was started, at the latest look, or None.
    """

    index: int
    state: PluginState
    reason: Reason
    pid: int | None = None
    incarnation: int = 0
    started_at: float | None = None
    in_flight: int = 0
    queued: int = 0
    rss_bytes: int | None = None
    cpu: float | None = None
    cpu_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MethodSnapshot:
    """Describes one callable method.

    Attributes:
        name: `Interface.Method`.
        description: for people; may be empty.
        params: JSON Schema of the params.
        result: JSON Schema of the result.
        stream_in: JSON Schema of the items the caller sends, or None.
        stream_out: JSON Schema of the items the plugin sends, or None.
        idempotent: whether calling twice is like calling once.
        read_only: whether it changes nothing.
        timeout_ms: its own default deadline, or None.
        deprecated: a text that says what to use instead, or None.
    """

    name: str
    description: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    stream_in: Mapping[str, Any] | None = None
    stream_out: Mapping[str, Any] | None = None
    idempotent: bool = False
    read_only: bool = False
    timeout_ms: int | None = None
    deprecated: str | None = None


class VerificationOutcome(enum.StrEnum):
    """Says what came of comparing a plugin's files with what somebody has vouched for."""

    OFF = "off"
    VERIFIED = "verified"
    UNLOCKED = "unlocked"
    CHANGED = "changed"
    UNSIGNED = "unsigned"
    UNTRUSTED = "untrusted"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """Says whether a plugin's files are those that somebody has vouched for, as of the latest look, which each start begins with.

    Attributes:
        mode: `off`, `warn` or `enforce`: what follows.
        outcome: `off`; `verified`; `unlocked`: nobody has pinned or signed them; `changed`: they are not those that
            were pinned or signed; `unsigned`: the signature that is asked for is not there or cannot be used;
            `untrusted`: it is by a key that is not trusted; `refused`: the folder, the lock file or the keys cannot be used.
        detail: one sentence: why, and what to do about it.
        digest: `sha256:<hex>` of the files that were found, or None.
        signer: name and id of the trusted key that has signed them, or None.
        at: when that was found out, seconds since the epoch.
    """

    mode: str
    outcome: VerificationOutcome
    detail: str
    digest: str | None = None
    signer: str | None = None
    at: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginSnapshot:
    """Shows one plugin: what it is, how it is, and why.

    Attributes:
        id: the manifest's id; the folder's name when the manifest could not be read.
        version: the manifest's version; empty when it could not be read.
        description: the manifest's description.
        folder: absolute path of its folder.
        transport: how it is talked to: `stdio`, …
        encoding: `msgpack` or `json` once it said hello, else None.
        state: the state of its best instance.
        reason: why; for what was refused, what is wrong and what to do.
        pid: of its first living instance, or None.
        instances: all of them.
        provides: interface name to version.
        requires: interface name to version range.
        start: `eager` or `on-demand`.
        wanted: `running`, `stopped` or `disabled`: what was asked for, whatever it is now.
        waiting_for: ids of the plugins that its start waits for.
        last_call_at: when a call was made last, seconds since the epoch, or None.
        methods: what can be called; empty until it is known.
        restarts: starts beyond the first one of each instance.
        statistics: its calls.
        last_exit: how an incarnation ended last, or None.
        verification: whether its files are those that somebody has vouched for; None before its first start.
    """

    id: str
    version: str
    description: str
    folder: str
    transport: str
    state: PluginState
    reason: Reason
    encoding: str | None = None
    pid: int | None = None
    instances: tuple[InstanceSnapshot, ...] = ()
    provides: Mapping[str, str] = field(default_factory=dict)
    requires: Mapping[str, str] = field(default_factory=dict)
    start: str = "eager"
    wanted: str = "running"
    waiting_for: tuple[str, ...] = ()
    last_call_at: float | None = None
    methods: tuple[MethodSnapshot, ...] = ()
    restarts: int = 0
    statistics: CallStatistics = field(default_factory=CallStatistics)
    last_exit: ExitReport | None = None
    verification: Verification | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigSnapshot:
    """Shows how a plugin is configured, layer by layer, secrets included.

    Attributes:
        plugin: the plugin's id.
        schema: JSON Schema that the merged values must satisfy, or None.
        manifest: what the plugin's author has set.
        host: what the host's configuration lays over it.
        overrides: what operators have laid over both, or None for nothing.
        effective: what the plugin has been given, or will be by its next start.
    """

    plugin: str
    schema: Mapping[str, Any] | None
    manifest: Mapping[str, Any]
    host: Mapping[str, Any]
    overrides: Mapping[str, Any] | None
    effective: Mapping[str, Any]
