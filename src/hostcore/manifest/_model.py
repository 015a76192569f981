"""What a `plugin.toml` says, as frozen facts. Durations are seconds, sizes are bytes."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hostcore.interfaces import ValidationMode, VersionRange

# More than 5 crashes a minute is no bad luck any more; the numbers are those of systemd and OTP in spirit.
DEFAULT_INTENSITY: Final = 5
DEFAULT_PERIOD: Final = 60.0
# Half a second hides a single crash; doubling to 30 s keeps a broken plugin from eating the machine.
DEFAULT_BACKOFF: Final = 0.5
DEFAULT_BACKOFF_FACTOR: Final = 2.0
DEFAULT_BACKOFF_MAX: Final = 30.0
# A fifth either way is enough to pull apart plugins that fell together.
DEFAULT_JITTER: Final = 0.2
DEFAULT_STABLE_AFTER: Final = 60.0
# A ping every 10 s costs nothing; 3 misses in a row, each 2 s late, are a hang and not a garbage collection.
DEFAULT_HEALTH_INTERVAL: Final = 10.0
DEFAULT_HEALTH_TIMEOUT: Final = 2.0
DEFAULT_HEALTH_MISSES: Final = 3
# A JVM or a cold Node starts in 1 to 3 s on a slow machine; 10 s is the protocol's start limit.
DEFAULT_START_TIMEOUT: Final = 10.0
DEFAULT_CALL_TIMEOUT: Final = 30.0
# The protocol's grace for the answer to a cancelled call.
DEFAULT_CANCEL_GRACE: Final = 10.0
DEFAULT_SHUTDOWN_GRACE: Final = 5.0
DEFAULT_TERM_GRACE: Final = 2.0
DEFAULT_DRAIN_TIMEOUT: Final = 30.0
DEFAULT_MAX_INFLIGHT: Final = 1024
DEFAULT_QUEUE: Final = 1024
DEFAULT_FRAME: Final = 4 * 1024 * 1024


class RestartMode(enum.StrEnum):
    """Says after which ends a plugin is started again, in OTP's words."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    TEMPORARY = "temporary"


class ReloadMode(enum.StrEnum):
    """Says how a new incarnation replaces the old one."""

    BLUE_GREEN = "blue-green"
    RESTART = "restart"


class StartMode(enum.StrEnum):
    """Says when a plugin is started: with the host, or by its first call."""

    EAGER = "eager"
    ON_DEMAND = "on-demand"


class LossMode(enum.StrEnum):
    """Says what happens to a plugin when one that it requires ends, or is stopped, while it runs."""

    RESTART = "restart"
    DEGRADE = "degrade"
    IGNORE = "ignore"


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirement:
    """Is what a plugin needs of another one, or of an interface.

    Attributes:
        range: the versions that will do.
        optional: whether the plugin starts without it, too.
        on_loss: restart: the plugin is stopped, and started again when the provider is ready; degrade: it runs on
            and shows what it misses; ignore: it runs on.
    """

    range: VersionRange
    optional: bool = False
    on_loss: LossMode = LossMode.RESTART


@dataclass(frozen=True, kw_only=True, slots=True)
class Requires:
    """Lists what must be ready before the plugin starts.

    Attributes:
        interfaces: by interface name; any plugin that provides it will do.
        plugins: by plugin id.
    """

    interfaces: Mapping[str, Requirement] = field(default_factory=dict)
    plugins: Mapping[str, Requirement] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RestartSpec:
    """Says what happens when the plugin's process ends by itself.

    Attributes:
        mode: permanent: always again; transient: unless it ended with 0; temporary: never.
        intensity: so many restarts within `period` are borne, one more and the plugin is `failed`.
        period: seconds.
        backoff: seconds before the first restart.
        backoff_factor: by which the wait grows with every further one.
        backoff_max: seconds the wait never exceeds.
        jitter: fraction by which the wait is varied either way.
        stable_after: seconds after which the wait starts from `backoff` again.
    """

    mode: RestartMode = RestartMode.PERMANENT
    intensity: int = DEFAULT_INTENSITY
    period: float = DEFAULT_PERIOD
    backoff: float = DEFAULT_BACKOFF
    backoff_factor: float = DEFAULT_BACKOFF_FACTOR
    backoff_max: float = DEFAULT_BACKOFF_MAX
    jitter: float = DEFAULT_JITTER
    stable_after: float = DEFAULT_STABLE_AFTER


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthSpec:
    """Says how the host finds out that a plugin hangs.

    Attributes:
        interval: seconds between two pings; 0 turns them off.
        timeout: seconds within which a ping is answered.
        misses: so many in a row and the plugin is killed and restarted; from the first one on it is degraded.
        cpu: cores; a plugin that uses more over `misses` intervals in a row is degraded. None for no bound.
    """

    interval: float = DEFAULT_HEALTH_INTERVAL
    timeout: float = DEFAULT_HEALTH_TIMEOUT
    misses: int = DEFAULT_HEALTH_MISSES
    cpu: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecycleSpec:
    """Says when a process is replaced by a fresh one although nothing is wrong; no call fails by it.

    Attributes:
        age: seconds that a process may live, or None for no bound.
        memory: bytes of resident memory above which it is replaced, or None for no bound; `limits.memory` is the
            bound above which it is killed.
    """

    age: float | None = None
    memory: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReloadSpec:
    """Says when and how a running plugin is replaced by a new incarnation.

    Attributes:
        watch: glob patterns, relative to the folder, whose change causes a reload; empty: only on request.
        ignore: glob patterns that never do.
        mode: blue-green: both run for a moment; restart: for what owns a file or a port.
        drain_timeout: seconds that calls of the old incarnation have to end.
    """

    watch: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    mode: ReloadMode = ReloadMode.BLUE_GREEN
    drain_timeout: float = DEFAULT_DRAIN_TIMEOUT


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitsSpec:
    """Bounds what a plugin may take.

    Attributes:
        start_timeout: seconds from the spawn to the hello.
        call_timeout: seconds a call has when neither the caller nor the method says otherwise.
        cancel_grace: seconds within which a cancelled call must be answered; else the plugin counts as hung.
        max_inflight: calls that one instance is sent at once; the plugin's hello may say less.
        queue: calls that wait in the host for one instance; one more is refused.
        frame: bytes of the largest message taken from the plugin.
        memory: bytes of resident memory above which an instance is killed and restarted, or None for no bound.
    """

    start_timeout: float = DEFAULT_START_TIMEOUT
    call_timeout: float = DEFAULT_CALL_TIMEOUT
    cancel_grace: float = DEFAULT_CANCEL_GRACE
    max_inflight: int = DEFAULT_MAX_INFLIGHT
    queue: int = DEFAULT_QUEUE
    frame: int = DEFAULT_FRAME
    memory: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShutdownSpec:
    """Says how long each step of a stop may take.

    Attributes:
        grace: seconds from `$/shutdown` to SIGTERM; stdin is closed when the answer comes or the half has passed.
        term_grace: seconds from SIGTERM to SIGKILL.
    """

    grace: float = DEFAULT_SHUTDOWN_GRACE
    term_grace: float = DEFAULT_TERM_GRACE


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentSpec:
    """Says what the plugin's environment has beyond the host's allow-list.

    Attributes:
        pass_through: names taken over from the host's environment where they are set there.
        values: names with fixed values; they win over what is passed through.
    """

    pass_through: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigSpec:
    """Holds what the plugin is configured with; it gets the values in the host's hello.

    Attributes:
        values: defaults by the plugin's author; the host's configuration is laid over them.
        schema: JSON Schema that the merged values must satisfy, or None.
        defaults: the values as the manifest has them, without what was laid over them.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ManifestSource:
    """Is the text of a manifest.

    Attributes:
        file: absolute path of the `plugin.toml`.
        text: what it says; bytes that are no UTF-8 are replaced.
        lines: dotted key of each table and key to its line, from 1.
    """

    file: Path
    text: str
    lines: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """Describes one plugin: what it is, how it is run, and what it may take.

    Attributes:
        folder: absolute path of the plugin's folder; it is the working directory, too.
        file: absolute path of the `plugin.toml`.
        id: unique in a host.
        version: semantic version.
        description: for people.
        transport: how it is talked to; `stdio` unless an extension brings more.
        command: program and arguments, or None when `runtime` and `entry` say it.
        runtime: `python`, `node`, …: what runs `entry`; None when `command` is given.
        entry: the file it runs, relative to the folder.
        build: command that builds it, or None.
        build_sources: glob patterns whose contents decide whether to build again; empty: every file of the
            folder but hidden ones, caches and the program that `command` names.
        build_outputs: files and folders, relative to the folder, that the build makes; empty: the program that `command`
            names, and folders called `.build`, `node_modules` or `target`.
        provides: interface name to version `MAJOR.MINOR`.
        requires: what it needs to run.
        start: with the host, or by the first call.
        idle_timeout: seconds without a call after which an on-demand plugin is stopped, or None for never.
        instances: how many processes of it run.
        validation: what is checked around its calls.
        restart: what happens when it ends by itself.
        health: how a hang is found.
        recycle: when a process is replaced although nothing is wrong.
        reload: when and how it is replaced.
        limits: what it may take.
        shutdown: how long a stop may take.
        environment: variables beyond the allow-list.
        config: its configuration.
        verify: file, relative to the folder, to `sha256:<hex>`; a difference refuses the plugin.
        extra: further tables, as they stand in the file: the one named like the transport (`grpc`), and those
            whose names begin with `x-`.
        sha256: hash of the file it was read from, in hexadecimal; empty for one that was not read.
    """

    folder: Path
    file: Path
    id: str
    version: str
    description: str = ""
    transport: str = "stdio"
    command: tuple[str, ...] | None = None
    runtime: str | None = None
    entry: str | None = None
    build: tuple[str, ...] | None = None
    build_sources: tuple[str, ...] = ()
    build_outputs: tuple[str, ...] = ()
    provides: Mapping[str, str] = field(default_factory=dict)
    requires: Requires = field(default_factory=Requires)
    start: StartMode = StartMode.EAGER
    idle_timeout: float | None = None
    instances: int = 1
    validation: ValidationMode = ValidationMode.BOTH
    restart: RestartSpec = field(default_factory=RestartSpec)
    health: HealthSpec = field(default_factory=HealthSpec)
    recycle: RecycleSpec = field(default_factory=RecycleSpec)
    reload: ReloadSpec = field(default_factory=ReloadSpec)
    limits: LimitsSpec = field(default_factory=LimitsSpec)
    shutdown: ShutdownSpec = field(default_factory=ShutdownSpec)
    environment: EnvironmentSpec = field(default_factory=EnvironmentSpec)
    config: ConfigSpec = field(default_factory=ConfigSpec)
    verify: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sha256: str = ""
