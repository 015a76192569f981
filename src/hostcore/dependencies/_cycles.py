"""Finds plugins that cannot start because, in the end, they require themselves."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from hostcore.dependencies._wants import Want

Blame: TypeAlias = dict[str, dict[Want, tuple[str, ...]]]
"""Plugin id to its wants that are not met, and for each the plugins that would do if they could start."""


def find_cycles(failing: Mapping[str, Sequence[Want]]) -> tuple[Blame, dict[str, int]]:
    """Tell which plugins are on a cycle, and whom each want is to be blamed on.

    A want that anybody outside of the cycle would meet is not what closes it: it is blamed on those outside only.

    Args:
        failing: plugin id, sorted, to its wants that are not met, for all plugins that cannot start.

    Returns:
        The blame, and of each plugin on a cycle the number of the group in which all lead to each other.
    """
    blame: Blame = {
        plugin: {want: want.fitting for want in wants if want.fitting} for plugin, wants in failing.items()
    }
    narrowed = True
    while narrowed:
        narrowed = False
        groups = _groups(blame)
        for plugin, wants in blame.items():
            for want, blamed in wants.items():
                outside = tuple(each for each in blamed if groups[each] != groups[plugin])
                if 0 < len(outside) < len(blamed):
                    wants[want] = outside
                    narrowed = True
    on_cycle = {
        plugin: groups[plugin]
        for plugin, wants in blame.items()
        if any(groups[each] == groups[plugin] for blamed in wants.values() for each in blamed)
    }
    return blame, on_cycle


def shortest_cycle(plugin: str, blame: Blame, on_cycle: Mapping[str, int]) -> tuple[str, ...]:
    """Return the plugins of the shortest cycle through one that is on a cycle, beginning with it."""
    group = on_cycle[plugin]
    came_from: dict[str, str] = {}
    queue = deque([plugin])
    while plugin not in came_from:
        current = queue.popleft()
        for blamed in _targets(blame[current]):
            if on_cycle.get(blamed) == group and blamed not in came_from:
                came_from[blamed] = current
                queue.append(blamed)
    way = [came_from[plugin]]
    while way[-1] != plugin:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def _targets(wants: Mapping[Want, tuple[str, ...]]) -> Iterable[str]:
    return (each for blamed in wants.values() for each in blamed)


def _groups(blame: Blame) -> dict[str, int]:
    """Number the groups of plugins that all lead to each other: Tarjan's algorithm, on a stack of our own."""
    found: dict[str, int] = {}  # the place at which a plugin was met
    lowest: dict[str, int] = {}  # the first place that it leads back to
    groups: dict[str, int] = {}
    open_ones: list[str] = []
    for start in blame:
        if start in found:
            continue
        found[start] = lowest[start] = len(found)
        open_ones.append(start)
        path = [(start, iter(_targets(blame[start])))]
        while path:
            plugin, targets = path[-1]
            for target in targets:
                if target not in found:
                    found[target] = lowest[target] = len(found)
                    open_ones.append(target)
                    path.append((target, iter(_targets(blame[target]))))
                    break
                if target not in groups:
                    lowest[plugin] = min(lowest[plugin], found[target])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[plugin])
                if lowest[plugin] == found[plugin]:
                    while plugin not in groups:
                        groups[open_ones.pop()] = found[plugin]
    return groups
