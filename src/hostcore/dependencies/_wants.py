"""What each plugin wants, and who could give it: the first step of a resolution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hostcore.dependencies._facts import DependencyKind, DependencyNode
from hostcore.interfaces import InterfaceVersion, Version
from hostcore.manifest import Requirement

HOST_INTERFACE: Final = "Host"
"""The interface that the host itself offers: it needs no provider."""

HOST_VERSION: Final = "1.0"
"""The version of it that the host offers: that of its interface file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """Is what one plugin has of an interface, or of itself as a plugin.

    Attributes:
        plugin: the plugin's id.
        version: as its manifest writes it.
        parsed: the same, to look for in ranges.
        node: all about the plugin.
    """

    plugin: str
    version: str
    parsed: Version
    node: DependencyNode


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Demand:
    """Is what some plugins want in one range of versions; all that want the same share it.

    Attributes:
        offers: all that there is under this name, the best first.
        in_range: ids of those with a version that will do.
        fitting: ids of those of them that others may be given, the best first.
        by_host: whether the host itself meets it.
    """

    offers: Sequence[Offer]
    in_range: frozenset[str]
    fitting: tuple[str, ...]
    by_host: bool = False


@dataclass(kw_only=True, slots=True, eq=False)
class Want:
    """Is one requirement of one plugin while it is resolved.

    Attributes:
        dependent: id of the plugin that requires.
        kind: an interface or a plugin.
        name: the interface's name or the plugin's id.
        requirement: what the manifest says of it.
        demand: what is there.
        fitting: ids of the plugins that would do if they can start, the best first.
        options: those of them that can start and were not yet turned down for closing a cycle.
        provider: the one that is picked, or None.
    """

    dependent: str
    kind: DependencyKind
    name: str
    requirement: Requirement
    demand: Demand
    fitting: tuple[str, ...] = ()
    options: list[str] = field(default_factory=list)
    provider: str | None = None

    @property
    def what(self) -> str:
        """What is wanted, for people: `TextTools ^1.0`."""
        prefix = "the plugin " if self.kind is DependencyKind.PLUGIN else ""
        return f"{prefix}{self.name} {self.requirement.range.text}"

    def others(self) -> Iterator[Offer]:
        """Go through all that there is, but what the plugin has itself."""
        return (offer for offer in self.demand.offers if offer.plugin != self.dependent)


def collect_wants(nodes: Mapping[str, DependencyNode]) -> dict[str, tuple[Want, ...]]:
    """Return what each plugin wants, sorted by plugin, interfaces first, then by name.

    Raises:
        VersionError: a plugin has a version that is none.
    """
    collector = _Collector(nodes)
    return {plugin: collector.wants_of(nodes[plugin]) for plugin in sorted(nodes)}


def needs_of(node: DependencyNode) -> int:
    """Count what a plugin cannot start without."""
    wanted = (*node.requires.interfaces.values(), *node.requires.plugins.values())
    return sum(not requirement.optional for requirement in wanted)


class _Collector:
    """Sorts what there is once, for all that want it."""

    def __init__(self, nodes: Mapping[str, DependencyNode]) -> None:
        self._nodes = nodes
        self._offers: dict[str, list[Offer]] = {}
        self._demands: dict[tuple[DependencyKind, str, str], Demand] = {}
        wanted = {name for node in nodes.values() for name in node.requires.interfaces} - {HOST_INTERFACE}
        for node in nodes.values():
            for name in wanted.intersection(node.provides):
                version = node.provides[name]
                parsed = InterfaceVersion.parse(version).as_version()
                offer = Offer(plugin=node.id, version=version, parsed=parsed, node=node)
                self._offers.setdefault(name, []).append(offer)
        for offers in self._offers.values():
            offers.sort(key=_rank)

    def wants_of(self, node: DependencyNode) -> tuple[Want, ...]:
        """Return what one plugin wants."""
        return tuple(
            self._want(node.id, kind, name, wanted[name])
            for kind, wanted in (
                (DependencyKind.INTERFACE, node.requires.interfaces),
                (DependencyKind.PLUGIN, node.requires.plugins),
            )
            for name in sorted(wanted)
        )

    def _want(self, dependent: str, kind: DependencyKind, name: str, requirement: Requirement) -> Want:
        key = (kind, name, requirement.range.text)
        demand = self._demands.get(key)
        if demand is None:
            demand = self._demands[key] = self._demand(kind, name, requirement)
        return Want(
            dependent=dependent,
            kind=kind,
            name=name,
            requirement=requirement,
            demand=demand,
            fitting=tuple(plugin for plugin in demand.fitting if plugin != dependent),
        )

    def _demand(self, kind: DependencyKind, name: str, requirement: Requirement) -> Demand:
        offers: Sequence[Offer] = ()
        by_host = False
        if kind is DependencyKind.PLUGIN:
            node = self._nodes.get(name)
            if node is not None:
                parsed = Version.parse(node.version)
                offers = (Offer(plugin=name, version=node.version, parsed=parsed, node=node),)
        elif name == HOST_INTERFACE:
            by_host = requirement.range.allows(InterfaceVersion.parse(HOST_VERSION))
        else:
            offers = self._offers.get(name, ())
        in_range = [offer for offer in offers if requirement.range.allows(offer.parsed)]
        return Demand(
            offers=offers,
            in_range=frozenset(offer.plugin for offer in in_range),
            fitting=tuple(offer.plugin for offer in in_range if offer.node.available),
            by_host=by_host,
        )


def _rank(offer: Offer) -> tuple[int, int, int, str]:
    """Order offers of an interface: the highest version, then who needs least, then by id."""
    return (-offer.parsed.major, -offer.parsed.minor, needs_of(offer.node), offer.plugin)
