"""Says what is to be done next with each plugin: what is wanted, compared with what is. Pure.

The plan is made anew whenever something has changed, from nothing but the present facts. So nothing has to be
remembered about what was under way: a command, a crash and a lost dependency all end in the same comparison.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from hostcore.dependencies import Dependency, DependencyKind, StartOrder
from hostcore.host._desired_state import Wanted
from hostcore.manifest import LossMode
from hostcore.snapshots import Reason

RESTING: Final = Reason(code="on-demand", text="its next call starts it")
"""Why a plugin that starts on demand has no process."""

CLOSING: Final = Reason(code="host-stopping", text="the host is stopping")
"""Why all plugins are stopped in the end."""

LOST: Final = "dependency-lost"
"""Code of the reason of a plugin that was stopped, or is degraded, for want of another one."""

Need: TypeAlias = tuple[DependencyKind, str]
"""Names one requirement of a plugin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Basis:
    """Is what a running plugin relies on for one requirement.

    Attributes:
        provider: id of the plugin.
        losses: its losses when the plugin began to rely on it.
    """

    provider: str
    losses: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginView:
    """Is one plugin as the planner sees it.

    Attributes:
        id: the plugin's id.
        wanted: what was asked for.
        is_leaving: whether it is being unloaded.
        on_demand: whether its first call starts it.
        is_awake: whether it is to have a process now; one that starts on demand sleeps until it is called.
        has_given_up: whether it has ended by itself and is not to be started by itself.
        is_alive: whether it has a process that serves or is to, or is between two of them.
        has_processes: whether there is any process of it, also one that finishes its last calls.
        is_ready: whether it can be called.
        is_coming: whether its first start has shown no outcome yet.
        is_busy: whether a reload is under way, which only a stop breaks off.
        is_stopping: whether it is being stopped.
        wants_restart: whether it is to be stopped and started.
        losses: counts how often those who depend on it have lost it.
        based_on: what it relies on while it is alive.
        how: its state and why, to end the sentence "…, which is …".
    """

    id: str
    wanted: Wanted = Wanted.RUNNING
    is_leaving: bool = False
    on_demand: bool = False
    is_awake: bool = True
    has_given_up: bool = False
    is_alive: bool = False
    has_processes: bool = False
    is_ready: bool = False
    is_coming: bool = False
    is_busy: bool = False
    is_stopping: bool = False
    wants_restart: bool = False
    losses: int = 0
    based_on: Mapping[Need, Basis] = field(default_factory=dict)
    how: str = ""


class Action(enum.Enum):
    """Says what is to be done now."""

    NOTHING = enum.auto()
    START = enum.auto()
    STOP = enum.auto()
    SHOW = enum.auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Is what comes next for one plugin.

    Attributes:
        action: start it, stop it, show how it is without a process, or nothing.
        reason: of a stop, or what to show.
        waiting_for: ids of the providers that its start waits for.
        is_settled: whether nothing more comes unless something else happens.
        has_failed: with SHOW: its requirements keep it from starting.
        trouble: what it lacks although it runs, or None.
        based_on: what it relies on from now on; None: as before.
    """

    action: Action = Action.NOTHING
    reason: Reason | None = None
    waiting_for: tuple[str, ...] = ()
    is_settled: bool = True
    has_failed: bool = False
    trouble: Reason | None = None
    based_on: Mapping[Need, Basis] | None = None


def plan(views: Mapping[str, PluginView], order: StartOrder, *, closing: bool = False) -> dict[str, Step]:
    """Make the plan for all plugins; `closing` stops them all.

    The order may be an extension's: whatever it leaves out, names in vain or leads in circles, nothing is awaited
    for ever that could come, and everything can be stopped.
    """
    return _Planner(views, order, closing=closing).plan()


class _Planner:
    def __init__(self, views: Mapping[str, PluginView], order: StartOrder, *, closing: bool) -> None:
        self._views = views
        self._problems = order.problems
        self._closing = closing
        self._needs: dict[str, list[Dependency]] = {each: [] for each in views}
        for need in order.dependencies:
            if need.dependent in views and need.provider != need.dependent:
                self._needs[need.dependent].append(need)
        # What is decided about providers is known when those who need them come.
        self._order = _providers_first(
            [each for wave in order.waves for each in wave if each in views] + sorted(views),
            {each: self._providers_of(each) for each in views},
        )
        self._stops: dict[str, Reason] = {}
        self._steps: dict[str, Step] = {}

    def _providers_of(self, plugin: str) -> list[str]:
        """Return who is picked for a plugin, and on whom it relies still, be it picked or not."""
        picked = [provider.id for _, provider in self._picked_for(self._views[plugin])]
        relied_on = [basis.provider for basis in self._views[plugin].based_on.values()]
        return [each for each in dict.fromkeys([*picked, *relied_on]) if each in self._views]

    def _picked_for(self, view: PluginView) -> Iterator[tuple[Dependency, PluginView]]:
        for need in self._needs[view.id]:
            provider = self._views.get(need.provider or "")
            if provider is not None:
                yield need, provider

    def plan(self) -> dict[str, Step]:
        for each in self._order:
            reason = self._why_stop(self._views[each])
            if reason is not None:
                self._stops[each] = reason
        self._used = self._find_used()
        for each in self._order:
            self._steps[each] = self._step(self._views[each])
        return self._steps

    # -- stopping

    def _is_to_run(self, view: PluginView) -> bool:
        return self._is_wanted(view) and view.is_awake

    def _is_wanted(self, view: PluginView) -> bool:
        return view.wanted is Wanted.RUNNING and not view.is_leaving and not self._closing

    def _why_stop(self, view: PluginView) -> Reason | None:
        if not self._is_to_run(view):
            if not view.has_processes:
                return None
            return CLOSING if self._closing else _at_rest(view)
        if not view.is_alive:
            return None
        if view.wants_restart:
            return Reason(code="restarting", text="it is being restarted on request")
        for need in self._needs[view.id]:
            if not need.optional and need.on_loss is LossMode.RESTART:
                lost = self._why_lost(view, need)
                if lost is not None:
                    return lost
        return None

    def _why_lost(self, view: PluginView, need: Dependency) -> Reason | None:
        """Say why what a plugin relies on for a requirement is there no more, or not as it was."""
        basis = view.based_on.get((need.kind, need.name))
        if basis is not None:
            before = self._views.get(basis.provider)
            if before is None:
                return Reason(code=LOST, text=f"{basis.provider}, which it requires, is gone")
            if self._goes_away(before.id):
                text = f"{before.id}, which it requires, stops: {self._stops[before.id].text}"
                return Reason(code=LOST, text=text)
            if before.losses != basis.losses:
                text = f"{before.id}, which it requires, has ended; it starts again when that is ready"
                return Reason(code=LOST, text=text)
        problem = self._problems.get(view.id)
        if problem is None or not _is_unmet(need):
            return None
        return Reason(code=problem.code, text=problem.text)

    def _find_used(self) -> set[str]:
        """Return those on whom others rely that are being stopped, or are to be stopped before them."""
        place = {plugin: at for at, plugin in enumerate(self._order)}
        return {
            basis.provider
            for user, view in self._views.items()
            if user in self._stops or view.is_stopping
            for basis in view.based_on.values()
            # Where they rely on each other, which takes a change of heart in between, nobody waits.
            if place.get(basis.provider, len(place)) < place[user]
        }

    # -- what comes next

    def _step(self, view: PluginView) -> Step:
        if view.is_stopping:
            return Step(is_settled=False)
        reason = self._stops.get(view.id)
        if reason is not None:
            if view.id in self._used:
                return Step(is_settled=False)
            return Step(action=Action.STOP, reason=reason, is_settled=False)
        if view.is_busy:
            return Step(is_settled=False)
        return self._step_of_living(view) if view.is_alive else self._step_at_rest(view)

    def _step_of_living(self, view: PluginView) -> Step:
        return Step(
            is_settled=not view.is_coming, trouble=self._trouble(view), based_on=self._new_basis(view)
        )

    def _new_basis(self, view: PluginView) -> dict[Need, Basis]:
        """Return what a plugin relies on from now on: it starts, or nothing that it cannot do without was lost."""
        return {
            (need.kind, need.name): Basis(provider=provider.id, losses=provider.losses)
            for need, provider in self._picked_for(view)
        }

    def _step_at_rest(self, view: PluginView) -> Step:
        if self._closing:
            return Step()
        if not self._is_wanted(view):
            return Step(action=Action.SHOW, reason=_at_rest(view))
        if view.has_given_up:
            return Step()
        problem = self._problems.get(view.id)
        if problem is not None:
            reason = Reason(code=problem.code, text=problem.text)
            return Step(action=Action.SHOW, reason=reason, has_failed=True)
        if not view.is_awake:
            return Step(action=Action.SHOW, reason=RESTING)
        return self._start_or_wait(view)

    def _start_or_wait(self, view: PluginView) -> Step:
        awaited = {
            provider.id: None
            for need, provider in self._picked_for(view)
            if not self._is_available(provider) and (not need.optional or self._is_on_its_way(provider.id))
        }
        if not awaited:
            return Step(action=Action.START, is_settled=False, based_on=self._new_basis(view))
        return Step(
            action=Action.SHOW,
            reason=Reason(code="waiting", text=f"waiting for {self._names(awaited)}"),
            waiting_for=tuple(awaited),
            is_settled=not any(self._is_on_its_way(each) for each in awaited),
        )

    def _names(self, ids: Iterable[str]) -> str:
        """Say how providers are, those together that are alike."""
        alike: dict[str, list[str]] = {}
        for each in ids:
            alike.setdefault(self._how(each), []).append(each)
        return ", and for ".join(
            f"{_listed(names)}, which {how if len(names) == 1 else _of_several(how)}"
            for how, names in alike.items()
        )

    def _how(self, plugin: str) -> str:
        """Say how a provider is, or what is being done with it just now."""
        if plugin in self._stops:
            return f"stops: {self._stops[plugin].text}"
        step = self._steps.get(plugin)
        if step is not None and step.action is Action.START:
            return "is about to start"
        return f"is {self._views[plugin].how}"

    def _is_available(self, view: PluginView) -> bool:
        if self._goes_away(view.id):
            return False
        return (view.is_ready and not view.is_stopping) or (
            view.on_demand
            and view.wanted is Wanted.RUNNING
            and not view.is_leaving
            and not view.has_given_up
            and view.id not in self._problems
        )

    def _goes_away(self, plugin: str) -> bool:
        """Tell whether a plugin is to be stopped; one that only rests is there for whoever calls it."""
        reason = self._stops.get(plugin)
        return reason is not None and reason.code != RESTING.code

    def _is_on_its_way(self, plugin: str) -> bool:
        """Tell whether more comes of a plugin; one that comes later in the order would wait for who asks."""
        step = self._steps.get(plugin)
        return step is not None and not step.is_settled

    def _trouble(self, view: PluginView) -> Reason | None:
        """Say what a plugin lacks that runs on without it."""
        for need in self._needs[view.id]:
            if need.on_loss is not LossMode.IGNORE and not need.optional and _is_unmet(need):
                looked_at = ", ".join(f"{each.plugin}: {each.text}" for each in need.candidates)
                text = f"nobody provides {need.name} {need.range}, which it requires"
                return Reason(code=LOST, text=f"{text} ({looked_at})" if looked_at else text)
        for need, provider in self._picked_for(view):
            if need.on_loss is not LossMode.IGNORE and not self._is_available(provider):
                verb = "could use" if need.optional else "requires"
                return Reason(code=LOST, text=f"{provider.id}, which it {verb}, {self._how(provider.id)}")
        return None


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _of_several(how: str) -> str:
    """Return what `_how` says of one plugin as it is said of several."""
    return how.replace("is ", "are ", 1) if how.startswith("is ") else how.replace("stops", "stop", 1)


def _is_unmet(need: Dependency) -> bool:
    """Tell whether nobody was picked for a requirement; what the host itself offers has a version."""
    return need.provider is None and need.version is None


def _at_rest(view: PluginView) -> Reason:
    if view.is_leaving:
        return Reason(code="unloading", text="it is being unloaded")
    if view.wanted is Wanted.DISABLED:
        return Reason(code="disabled", text="it is disabled")
    if view.wanted is Wanted.STOPPED:
        return Reason(code="stopped", text="it was stopped on request")
    return RESTING


def _providers_first(plugins: Iterable[str], providers_of: Mapping[str, list[str]]) -> list[str]:
    """Sort plugins so that each comes after its providers; where these lead in a circle, it is cut somewhere."""
    done: dict[str, None] = {}
    open_ones: set[str] = set()
    for start in plugins:
        path = [] if start in done else [(start, iter(providers_of[start]))]
        open_ones.add(start)
        while path:
            plugin, providers = path[-1]
            following = next((each for each in providers if each not in done and each not in open_ones), None)
            if following is None:
                done[plugin] = None
                path.pop()
            else:
                open_ones.add(following)
                path.append((following, iter(providers_of[following])))
    return list(done)
