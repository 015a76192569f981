"""Who requires whom, as frozen facts: what goes into a resolution and what comes out of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from hostcore.manifest import LossMode, Requires


class DependencyKind(enum.StrEnum):
    """Says what a plugin requires: an interface of whoever provides it, or one certain plugin."""

    INTERFACE = "interface"
    PLUGIN = "plugin"


@dataclass(frozen=True, kw_only=True, slots=True)
class DependencyNode:
    """Is one plugin as the resolution sees it.

    Attributes:
        id: the plugin's id.
        version: its semantic version.
        provides: interface name to version `MAJOR.MINOR`.
        requires: what it needs.
        available: whether others may be given it; a plugin that was disabled may not.
        unavailable_because: why not, to end "which …": `is disabled`.
    """

    id: str
    version: str
    provides: Mapping[str, str] = field(default_factory=dict)
    requires: Requires = field(default_factory=Requires)
    available: bool = True
    unavailable_because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Is a plugin that was looked at for a requirement.

    Attributes:
        plugin: its id.
        version: of the interface, or of the plugin, that it has.
        accepted: whether it would do.
        text: why it was taken, would do as well, or will not do; for people.
    """

    plugin: str
    version: str
    accepted: bool
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependency:
    """Is one requirement of one plugin and what became of it.

    Attributes:
        dependent: id of the plugin that requires.
        kind: an interface or a plugin.
        name: the interface's name or the plugin's id.
        range: the versions that will do, as the manifest writes them.
        optional: whether the dependent starts without it, too.
        on_loss: what happens to the dependent when the provider is lost.
        provider: id of the plugin that was picked; None when there is none, and for the interface `Host`, which the
            host itself offers.
        version: what the provider, or the host, has; None for a requirement that is not met.
        candidates: all that were looked at, the one picked first, then those that would do, the best first, then the
            rest by id; nobody for `Host`.
    """

    dependent: str
    kind: DependencyKind
    name: str
    range: str
    optional: bool = False
    on_loss: LossMode = LossMode.RESTART
    provider: str | None = None
    version: str | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DependencyProblem:
    """Says why a plugin cannot be started as its requirements stand.

    Attributes:
        code: `requirement-missing`, `requirement-conflict` or `dependency-cycle`.
        text: what is wrong and what to do, with the chain; for people.
        chain: ids of plugins from the one in question to the end of the trouble; a cycle ends where it began. One of
            more than 50 is cut in its middle, where it has a `…`.
    """

    code: str
    text: str
    chain: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StartOrder:
    """Says in which order plugins start, and who waits for whom.

    Attributes:
        waves: ids of the plugins that can start, by depth: each requires only plugins of earlier waves.
        dependencies: all requirements of all plugins, sorted by dependent, kind and name.
        problems: plugin id to what keeps it from starting; each plugin is here or in a wave.
    """

    waves: tuple[tuple[str, ...], ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    problems: Mapping[str, DependencyProblem] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no order, where the extension that makes it is still to be seen; raises `TypeError`."""
        ids = [each for wave in self.waves for each in wave]
        if not all(isinstance(each, str) for each in (*ids, *self.problems)):
            raise TypeError("a start order names plugins by their ids, in waves and in problems")
        kinds = ((self.dependencies, Dependency), (self.problems.values(), DependencyProblem))
        if not all(isinstance(each, kind) for all_of_them, kind in kinds for each in all_of_them):
            raise TypeError(
                "a start order holds dependencies, and a problem for each plugin that cannot start"
            )

    def of(self, plugin: str) -> tuple[Dependency, ...]:
        """Return what a plugin requires."""
        return tuple(each for each in self.dependencies if each.dependent == plugin)

    def on(self, plugin: str) -> tuple[Dependency, ...]:
        """Return the requirements of others that a plugin was picked for."""
        return tuple(each for each in self.dependencies if each.provider == plugin)
