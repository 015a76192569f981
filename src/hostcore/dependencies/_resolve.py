"""Resolves the requirements of plugins: who is given to whom, in which order they start, and who cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from hostcore.dependencies._choice import Graph, choose, find_startable
from hostcore.dependencies._facts import (
    Candidate,
    Dependency,
    DependencyKind,
    DependencyNode,
    StartOrder,
)
from hostcore.dependencies._problems import Trouble, arrows, because, describe, find_troubles
from hostcore.dependencies._wants import HOST_VERSION, Offer, Want, collect_wants, needs_of


def resolve(nodes: Sequence[DependencyNode]) -> StartOrder:
    """Pick a provider for each requirement, and put the plugins in the order in which they start.

    The result depends on the plugins alone, not on their order. Of the providers of an interface that can start, the
    one with the highest version is picked, then the one that requires least, then the first by id; one that would
    close a cycle only if there is no other. No requirement could have a better one without closing a cycle.

    Args:
        nodes: all plugins; each id once.

    Raises:
        ValueError: two plugins have the same id.
        VersionError: a version is none.
    """
    by_id = {node.id: node for node in sorted(nodes, key=lambda node: node.id)}
    if len(by_id) != len(nodes):
        raise ValueError("two plugins have the same id: a resolution needs each plugin once")
    wants_of = collect_wants(by_id)
    rounds = find_startable(wants_of)
    graph = choose(wants_of, rounds)
    troubles = find_troubles(by_id, wants_of, rounds)
    return StartOrder(
        waves=graph.waves(rounds),
        dependencies=tuple(
            _dependency(want, graph, troubles) for wants in wants_of.values() for want in wants
        ),
        problems={plugin: describe(plugin, trouble) for plugin, trouble in sorted(troubles.items())},
    )


def _dependency(want: Want, graph: Graph, troubles: Mapping[str, Trouble]) -> Dependency:
    offers = {offer.plugin: offer for offer in want.others()}
    version = HOST_VERSION if want.demand.by_host else None
    if want.provider is not None:
        version = offers[want.provider].version
    return Dependency(
        dependent=want.dependent,
        kind=want.kind,
        name=want.name,
        range=want.requirement.range.text,
        optional=want.requirement.optional,
        on_loss=want.requirement.on_loss,
        provider=want.provider,
        version=version,
        candidates=_candidates(want, offers, graph, troubles),
    )


def _candidates(
    want: Want, offers: Mapping[str, Offer], graph: Graph, troubles: Mapping[str, Trouble]
) -> tuple[Candidate, ...]:
    """Say of each plugin that was looked at what became of it."""
    options = frozenset(want.options)
    accepted: list[Offer] = []
    rejected: list[Candidate] = []
    for offer in offers.values():  # the best first: the one picked is the first that is accepted
        text = _objection(want, offer, options, graph, troubles)
        if text is None:
            accepted.append(offer)
        else:
            rejected.append(Candidate(plugin=offer.plugin, version=offer.version, accepted=False, text=text))
    rejected.sort(key=lambda candidate: candidate.plugin)
    fit = [
        Candidate(plugin=offer.plugin, version=offer.version, accepted=True, text=text)
        for offer, text in zip(accepted, _praises(want, accepted, len(offers)), strict=True)
    ]
    return (*fit, *rejected)


def _objection(
    want: Want, offer: Offer, options: AbstractSet[str], graph: Graph, troubles: Mapping[str, Trouble]
) -> str | None:
    if offer.plugin not in want.demand.in_range:
        return f"its {offer.version} is outside {want.requirement.range.text}"
    if not offer.node.available:
        return because(offer)
    if offer.plugin not in options:
        return f"cannot start itself: {troubles[offer.plugin].fact}"
    if want.dependent not in troubles and (way := graph.way(offer.plugin, want.dependent)):
        return f"would close a cycle: {arrows((want.dependent, *way))}"
    return None


def _praises(want: Want, accepted: Sequence[Offer], known: int) -> Iterator[str]:
    for at, offer in enumerate(accepted):
        if at:
            yield f"would do as well: {offer.version}"
        elif want.kind is DependencyKind.PLUGIN:
            yield f"picked: {offer.version} is in {want.requirement.range.text}"
        elif len(accepted) == 1:
            yield "picked: the only one" if known == 1 else "picked: the only one that will do"
        elif accepted[1].parsed != offer.parsed:
            yield f"picked: the highest version that will do, {offer.version}"
        else:
            by = (
                "requires least"
                if needs_of(accepted[1].node) > needs_of(offer.node)
                else "is the first by id"
            )
            yield f"picked: of those with the highest version that will do, {offer.version}, it {by}"
