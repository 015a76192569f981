"""Resolves who is picked for whom, as things are now. Pure but for the hook that it asks.

The hook resolves what the manifests say. Two facts of the moment come on top: a plugin that runs has got along so far,
also without what its manifest only wants at its start; and a provider that has failed for good is of no use.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from hostcore.dependencies import Dependency, DependencyKind, DependencyNode, StartOrder
from hostcore.manifest import LossMode, Requirement, Requires

Decide: TypeAlias = Callable[[tuple[DependencyNode, ...]], StartOrder]

BEARABLE: Final = frozenset({LossMode.DEGRADE, LossMode.IGNORE})
"""What a manifest says of a loss that its plugin survives."""


def bears_losses(requires: Requires) -> bool:
    """Tell whether a plugin requires something that it runs on without."""
    return any(map(_is_bearable, (*requires.interfaces.values(), *requires.plugins.values())))


def order_now(
    nodes: Sequence[DependencyNode],
    decide: Decide,
    *,
    alive: Collection[str] = (),
    given_up: Mapping[str, str] | None = None,
) -> StartOrder:
    """Resolve who is picked for whom.

    Args:
        nodes: all plugins, sorted by id.
        decide: asks the hook.
        alive: those that run: what they can bear to lose keeps them, and those that require them, from nothing.
        given_up: those that have failed for good, with how they are: they stay picked only where nobody else would do.
    """
    failed = given_up or {}
    present = [_bearing(each) if each.id in alive else each for each in nodes]
    order = decide(tuple(present))
    replaceable = {
        need.provider
        for need in order.dependencies
        if need.provider in failed
        and any(each.accepted and each.plugin not in failed for each in need.candidates)
    }
    if replaceable:
        order = decide(
            tuple(
                replace(each, available=False, unavailable_because=f"is {failed[each.id]}")
                if each.id in replaceable
                else each
                for each in present
            )
        )
    return _as_written(order, {each.id: each.requires for each in nodes if each.id in alive})


def _is_bearable(wanted: Requirement) -> bool:
    return wanted.on_loss in BEARABLE and not wanted.optional


def _bearing(node: DependencyNode) -> DependencyNode:
    """Return a plugin as one that gets along without what it can bear to lose."""

    def bear(wanted: Mapping[str, Requirement]) -> Mapping[str, Requirement]:
        return {
            name: replace(each, optional=True) if _is_bearable(each) else each
            for name, each in wanted.items()
        }

    requires = node.requires
    return replace(
        node, requires=Requires(interfaces=bear(requires.interfaces), plugins=bear(requires.plugins))
    )


def _as_written(order: StartOrder, requires: Mapping[str, Requires]) -> StartOrder:
    """Show requirements as the manifests have them, also where they were not insisted on."""

    def is_insisted_on(need: Dependency) -> bool:
        if not need.optional or need.dependent not in requires:
            return False
        own = requires[need.dependent]
        wanted = own.interfaces if need.kind is DependencyKind.INTERFACE else own.plugins
        return need.name in wanted and _is_bearable(wanted[need.name])

    return replace(
        order,
        dependencies=tuple(
            replace(each, optional=False) if is_insisted_on(each) else each for each in order.dependencies
        ),
    )
