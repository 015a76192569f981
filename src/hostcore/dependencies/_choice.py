"""Who is picked for what: no plugin that cannot start, nothing that closes a cycle, else the best."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from hostcore.dependencies._wants import Demand, Want


def find_startable(wants_of: Mapping[str, Sequence[Want]]) -> dict[str, int]:
    """Return the plugins that can start, with the round in which that is certain.

    A plugin can start when each of its required wants has a provider that can. Counted up from those that require
    nothing, this leaves out exactly the plugins for which no choice of providers is complete and free of cycles.
    Each required want has an option of a round before that of its plugin; the choice relies on it.
    """
    users: dict[Demand, list[str]] = {}
    unmet: dict[str, int] = {}
    for plugin, wants in wants_of.items():
        needed = [want.demand for want in wants if not want.requirement.optional and not want.demand.by_host]
        unmet[plugin] = len(needed)
        for demand in needed:
            users.setdefault(demand, []).append(plugin)
    offered_by: dict[str, list[list[str]]] = {}
    for demand, waiting in users.items():
        for plugin in demand.fitting:
            offered_by.setdefault(plugin, []).append(waiting)
    rounds = {plugin: 0 for plugin, count in unmet.items() if not count}
    queue = deque(rounds)
    while queue:
        plugin = queue.popleft()
        for waiting in offered_by.get(plugin, ()):
            for user in waiting:
                unmet[user] -= 1
                if not unmet[user]:
                    rounds[user] = rounds[plugin] + 1
                    queue.append(user)
            waiting.clear()  # it is met; further providers add nothing
    return rounds


class Graph:
    """Holds who was picked by whom, with a level for each plugin above those of all that it picked."""

    def __init__(self) -> None:
        self._providers: dict[str, list[str]] = {}
        self._dependents: dict[str, list[str]] = {}
        self._levels: dict[str, int] = {}

    def level(self, plugin: str) -> int:
        """Return a plugin's level: at least the length of the longest way down from it."""
        return self._levels.get(plugin, 0)

    def add(self, dependent: str, provider: str) -> None:
        """Note a choice that closes no cycle."""
        self._providers.setdefault(dependent, []).append(provider)
        self._dependents.setdefault(provider, []).append(dependent)
        raised = {dependent: self.level(provider) + 1}
        queue = [(self.level(dependent), dependent)]  # by the levels so far, each plugin is raised but once
        while queue:
            plugin = heapq.heappop(queue)[1]
            level = raised.pop(plugin, 0)
            if level > self.level(plugin):
                self._levels[plugin] = level
                for above in self._dependents.get(plugin, ()):
                    if level + 1 > raised.get(above, self.level(above)):
                        raised[above] = level + 1
                        heapq.heappush(queue, (self.level(above), above))

    def remove(self, dependent: str, provider: str) -> None:
        """Forget a choice; levels stay as high as they were."""
        self._providers[dependent].remove(provider)
        self._dependents[provider].remove(dependent)

    def way(self, start: str, end: str) -> tuple[str, ...]:
        """Return the shortest way down from one plugin to another; empty when there is none."""
        if self.level(start) <= self.level(end):
            return ()
        floor = self.level(end)
        came_from = {start: start}
        queue = deque([start])
        while queue and end not in came_from:
            plugin = queue.popleft()
            for provider in self._providers.get(plugin, ()):
                if provider == end or (provider not in came_from and self._levels.get(provider, 0) > floor):
                    came_from[provider] = plugin
                    queue.append(provider)
        if end not in came_from:
            return ()
        way = [end]
        while way[-1] != start:
            way.append(came_from[way[-1]])
        return tuple(reversed(way))

    def waves(self, plugins: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """Return the plugins by the exact depth of what is below them, sorted within each wave."""
        left = {plugin: len(self._providers.get(plugin, ())) for plugin in plugins}
        waves: list[tuple[str, ...]] = []
        wave = sorted(plugin for plugin, count in left.items() if not count)
        while wave:
            waves.append(tuple(wave))
            following: list[str] = []
            for plugin in wave:
                for dependent in self._dependents.get(plugin, ()):
                    left[dependent] -= 1
                    if not left[dependent]:
                        following.append(dependent)
            wave = sorted(following)
        return tuple(waves)


def choose(wants_of: Mapping[str, Sequence[Want]], rounds: Mapping[str, int]) -> Graph:
    """Pick a provider for each want that can be met.

    Args:
        wants_of: plugin id, sorted, to its wants; their `options` and `provider` are set.
        rounds: the plugins that can start, of `find_startable`.

    Returns:
        Who was picked by whom, of the plugins that can start. No want could have a better provider without closing
        a cycle; optional wants never take anything from required ones.
    """
    for wants in wants_of.values():
        for want in wants:
            want.options = [plugin for plugin in want.fitting if plugin in rounds]
            want.provider = want.options[0] if want.options else None
    required = {
        plugin: [
            want for want in wants_of[plugin] if not want.requirement.optional and want.provider is not None
        ]
        for plugin in wants_of
        if plugin in rounds
    }
    turned_down: list[Want] = []
    graph = Graph()
    for plugin in _break_cycles(required, rounds, turned_down):
        for want in required[plugin]:
            if want.provider is not None:
                graph.add(plugin, want.provider)
    _take_back(turned_down, rounds, graph)
    for plugin in required:
        for want in wants_of[plugin]:
            if want.requirement.optional:
                want.provider = next(
                    (option for option in want.options if not graph.way(option, plugin)), None
                )
                if want.provider is not None:
                    graph.add(plugin, want.provider)
    return graph


def _break_cycles(
    required: Mapping[str, Sequence[Want]], rounds: Mapping[str, int], turned_down: list[Want]
) -> list[str]:
    """Walk down along the choices and change one in each cycle that is met; return the plugins, providers first.

    What the walk has left behind is settled: nothing below it is on a cycle, and no choice there is changed later.
    """
    settled: dict[str, None] = {}
    for start in required:
        path = [] if start in settled else [start]
        places = {start: 0}
        following = [0]  # for each plugin of the path, the want whose provider comes next
        while path:
            wants = required[path[-1]]
            if following[-1] == len(wants):
                settled[path[-1]] = None
                del places[path.pop()]
                following.pop()
                continue
            provider = wants[following[-1]].provider
            if provider is None or provider in settled:
                following[-1] += 1
            elif provider in places:
                cycle = [required[path[at]][following[at]] for at in range(places[provider], len(path))]
                loosened = _loosen(cycle, rounds)
                turned_down.append(loosened)
                while path[-1] != loosened.dependent:  # what was above it is walked again, if it is met again
                    del places[path.pop()]
                    following.pop()
            else:
                places[provider] = len(path)
                path.append(provider)
                following.append(0)
    return list(settled)


def _loosen(cycle: Sequence[Want], rounds: Mapping[str, int]) -> Want:
    """Change one choice of a cycle to the next option, where that costs least; else the first by id keep theirs.

    Rounds cannot fall all around a cycle. A want whose provider is of no earlier round than its plugin has another
    option, which is.
    """
    free = [want for want in cycle if rounds[want.provider or ""] >= rounds[want.dependent]]
    free.sort(key=lambda each: (each.dependent, each.name), reverse=True)
    want = min(free, key=_loss)
    want.options.pop(0)
    want.provider = want.options[0]
    return want


def _loss(want: Want) -> bool:
    """Tell whether the next option has a lower version than the first."""
    versions = {offer.plugin: offer.parsed for offer in want.demand.offers}
    return versions[want.options[1]] < versions[want.options[0]]


def _take_back(turned_down: Iterable[Want], rounds: Mapping[str, int], graph: Graph) -> None:
    """Pick a better option again where, after all changes, it closes no cycle any more."""
    wants = sorted(set(turned_down), key=lambda want: (want.dependent, want.name))
    changed = True
    while changed:
        changed = False
        for want in wants:
            for option in want.fitting:
                if option == want.provider:
                    break
                if option in rounds and not graph.way(option, want.dependent):
                    graph.remove(want.dependent, want.provider or "")
                    graph.add(want.dependent, option)
                    want.provider = option
                    changed = True
                    break
    for want in wants:
        want.options = [plugin for plugin in want.fitting if plugin in rounds]
