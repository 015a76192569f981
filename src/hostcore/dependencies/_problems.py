"""Why plugins cannot start: where each trouble begins, and the sentences that lead there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hostcore.dependencies._cycles import find_cycles, shortest_cycle
from hostcore.dependencies._facts import DependencyKind, DependencyNode, DependencyProblem
from hostcore.dependencies._wants import HOST_INTERFACE, HOST_VERSION, Offer, Want
from hostcore.interfaces import did_you_mean

MISSING: Final = "requirement-missing"
CONFLICT: Final = "requirement-conflict"
CYCLE: Final = "dependency-cycle"

MAX_CHAIN: Final = 50
"""A longer chain is cut in its middle: nobody reads it, and thousands of them would fill the memory."""

MAX_SHOWN: Final = 8
"""So many of a chain or a list stand in a sentence."""

MAX_SUGGESTIONS: Final = 16
"""For so many requirements a similar name is looked for; each look compares with all names that there are."""

CUT: Final = "…"
"""Stands where a chain was cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Is what keeps one plugin from starting.

    Attributes:
        code: of the problem.
        fact: where it begins: a sentence about the plugin at the end of the chain.
        hint: what to do about it.
        chain: ids from the plugin to where it begins; a cycle ends where it began.
        missing: the name at its end that nobody has, or None.
        want: what the plugin wants of the next one in the chain; None when the trouble begins with the plugin.
    """

    code: str
    fact: str
    hint: str
    chain: tuple[str, ...]
    missing: str | None = None
    want: Want | None = None


def find_troubles(
    nodes: Mapping[str, DependencyNode], wants_of: Mapping[str, Sequence[Want]], startable: Iterable[str]
) -> dict[str, Trouble]:
    """Find what keeps plugins from starting.

    Args:
        nodes: all plugins by id.
        wants_of: plugin id, sorted, to its wants, with what was picked for them.
        startable: the plugins that can start.

    Returns:
        Plugin id to its trouble, for all that cannot start. Being on a cycle comes first, then what the plugin itself
        lacks, then what its providers lack.
    """
    can_start = frozenset(startable)
    failing = {
        plugin: [want for want in wants if _fails(want)]
        for plugin, wants in wants_of.items()
        if plugin not in can_start
    }
    blame, on_cycle = find_cycles(failing)
    troubles: dict[str, Trouble] = {}
    for plugin in on_cycle:
        if plugin not in troubles:
            _note_cycle(shortest_cycle(plugin, blame, on_cycle), troubles)
    suggestions = _Suggestions(nodes)
    for plugin, wants in failing.items():
        lacking = [want for want in wants if not want.fitting]
        if lacking and plugin not in troubles:
            troubles[plugin] = _begin(lacking, suggestions)
    for start in failing:
        way: list[tuple[Want, str]] = []
        plugin = start
        while plugin not in troubles:
            want, blamed = next(iter(blame[plugin].items()))
            way.append((want, blamed[0]))
            plugin = blamed[0]
        for want, provider in reversed(way):
            below = troubles[provider]
            troubles[want.dependent] = replace(below, chain=_cut((want.dependent, *below.chain)), want=want)
    return troubles


def describe(plugin: str, trouble: Trouble) -> DependencyProblem:
    """Put a plugin's trouble into words."""
    text = trouble.fact
    if trouble.want is not None:
        whose = trouble.want.what
        if trouble.want.kind is DependencyKind.INTERFACE:
            whose += f" of {trouble.chain[1]}"
        text = f"{plugin} requires {whose}, which cannot start: {trouble.fact}"
        if trouble.code != CYCLE:
            text += f" ({arrows(trouble.chain)}{f' → missing {trouble.missing}' if trouble.missing else ''})"
    elif trouble.code == CYCLE:
        text = f"{plugin} requires itself in the end: {arrows(trouble.chain)}"
    return DependencyProblem(code=trouble.code, text=f"{text}; {trouble.hint}", chain=trouble.chain)


def arrows(chain: Sequence[str]) -> str:
    """Write a chain for people, cut when it is long."""
    if len(chain) > MAX_SHOWN:
        half = MAX_SHOWN // 2
        chain = (*chain[:half], CUT, *chain[-half:])
    return " → ".join(chain)


def _cut(chain: tuple[str, ...]) -> tuple[str, ...]:
    if len(chain) <= MAX_CHAIN:
        return chain
    head = MAX_CHAIN // 2
    return (*chain[:head], CUT, *chain[head + 1 - MAX_CHAIN :])


def _fails(want: Want) -> bool:
    return want.provider is None and not want.requirement.optional and not want.demand.by_host


def _note_cycle(cycle: Sequence[str], troubles: dict[str, Trouble]) -> None:
    """Give each plugin of a cycle the way from itself to itself; one that is on several keeps the first."""
    for at, plugin in enumerate(cycle):
        if plugin not in troubles:
            chain = _cut((*cycle[at:], *cycle[:at], plugin))
            troubles[plugin] = Trouble(
                code=CYCLE,
                fact=f"{arrows(chain)} is a cycle",
                hint="make one of these requirements optional, or leave it out",
                chain=chain,
            )


class _Suggestions:
    """Looks for names that somebody may have meant, a bounded number of times."""

    def __init__(self, nodes: Mapping[str, DependencyNode]) -> None:
        self._nodes = nodes
        self._made: dict[tuple[str, DependencyKind, str], str | None] = {}

    def for_(self, want: Want) -> str | None:
        key = (want.dependent, want.kind, want.name)
        if key not in self._made and len(self._made) < MAX_SUGGESTIONS:
            known = {HOST_INTERFACE}.union(*(node.provides for node in self._nodes.values()))
            if want.kind is DependencyKind.PLUGIN:
                known = set(self._nodes) - {want.dependent}
            self._made[key] = did_you_mean(want.name, sorted(known - {want.name}))
        return self._made.get(key)


def _begin(lacking: Sequence[Want], suggestions: _Suggestions) -> Trouble:
    """Describe the trouble of a plugin that itself lacks something."""
    want = lacking[0]
    if want.kind is DependencyKind.INTERFACE and want.name == HOST_INTERFACE:
        trouble = Trouble(
            code=CONFLICT,
            fact=f"{want.dependent} requires {want.what}, and this host offers {HOST_INTERFACE} {HOST_VERSION}",
            hint="use another version of Polyhost, or of the plugin",
            chain=(want.dependent,),
        )
    elif others := tuple(want.others()):
        trouble = _conflict(want, others)
    else:
        trouble = _missing(want, suggestions)
    if len(lacking) > 1:
        further = ", ".join(each.what for each in lacking[1 : MAX_SHOWN + 1])
        if len(lacking) > MAX_SHOWN + 1:
            further += f" and {len(lacking) - MAX_SHOWN - 1} more"
        trouble = replace(trouble, fact=f"{trouble.fact} (not met, either: {further})")
    return trouble


def _missing(want: Want, suggestions: _Suggestions) -> Trouble:
    if want.kind is DependencyKind.PLUGIN:
        what_is = f"there is no plugin {want.name}"
        hint = "load it, or make the requirement optional"
    else:
        what_is = f"nobody {'else ' if want.demand.offers else ''}provides it"
        hint = "load a plugin that does, or make the requirement optional"
    return Trouble(
        code=MISSING,
        fact=f"{want.dependent} requires {want.what}, and {what_is}",
        hint=suggestions.for_(want) or hint,
        chain=(want.dependent,),
        missing=want.name,
    )


def _conflict(want: Want, others: Sequence[Offer]) -> Trouble:
    away = [offer for offer in others if offer.plugin in want.demand.in_range]
    if want.kind is DependencyKind.PLUGIN:
        what_is = f"{want.name} {because(away[0])}" if away else f"there is {want.name} {others[0].version}"
        another = "load a version of it that will do"
    else:
        shown = [
            f"{offer.plugin}, which {because(offer)}, provides {want.name} {offer.version}" for offer in away
        ]
        shown += [
            f"{offer.plugin} provides {want.name} {offer.version}"
            for offer in others
            if offer.plugin not in want.demand.in_range
        ]
        further = f" and {len(shown) - MAX_SHOWN} more" if len(shown) > MAX_SHOWN else ""
        what_is = f"nobody provides it{' now' if away else ''}: {', '.join(shown[:MAX_SHOWN])}{further}"
        another = f"load a plugin that provides {want.what}"
    hint = (
        f"let {away[0].plugin} run again"
        if away
        else f"{another}, or allow another version in the manifest of {want.dependent}"
    )
    return Trouble(
        code=CONFLICT,
        fact=f"{want.dependent} requires {want.what}, and {what_is}",
        hint=hint,
        chain=(want.dependent,),
    )


def because(offer: Offer) -> str:
    """Say why a plugin may not be given to others, to end "which …"."""
    return offer.node.unavailable_because or "is not available"
