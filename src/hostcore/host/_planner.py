"""Says what is to be done next with each plugin: what is wanted, compared with what is. Pure.

The plan is made anew whenever something has changed, from nothing but the present facts. So nothing has to be
remembered about what was under way: a command, a crash and a lost dependency all end in the same comparison.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hostcore.dependencies import Dependency, StartOrder
from hostcore.host._desired_state import Wanted
from hostcore.manifest import LossMode
from hostcore.snapshots import Reason

RESTING: Final = Reason(code="on-demand", text="its next call starts it")
"""Why a plugin that starts on demand has no process."""


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
        is_alive: whether it has a process, or is between two of them.
        is_ready: whether it can be called.
        is_coming: whether its first start has shown no outcome yet.
        is_busy: whether a reload is under way, which only a stop breaks off.
        is_stopping: whether it is being stopped.
        wants_restart: whether it is to be stopped and started.
        losses: counts how often those who depend on it have lost it.
        based_on: the losses of its providers when it was started, by id.
        how: its state and why, to end the sentence "…, which is …".
    """

    id: str
    wanted: Wanted = Wanted.RUNNING
    is_leaving: bool = False
    on_demand: bool = False
    is_awake: bool = True
    has_given_up: bool = False
    is_alive: bool = False
    is_ready: bool = False
    is_coming: bool = False
    is_busy: bool = False
    is_stopping: bool = False
    wants_restart: bool = False
    losses: int = 0
    based_on: Mapping[str, int] = field(default_factory=dict)
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
    """

    action: Action = Action.NOTHING
    reason: Reason | None = None
    waiting_for: tuple[str, ...] = ()
    is_settled: bool = True
    has_failed: bool = False
    trouble: Reason | None = None


def plan(views: Mapping[str, PluginView], order: StartOrder, *, closing: bool = False) -> dict[str, Step]:
    """Make the plan for all plugins; `closing` stops them all."""
    return _Planner(views, order, closing=closing).plan()


class _Planner:
    def __init__(self, views: Mapping[str, PluginView], order: StartOrder, *, closing: bool) -> None:
        self._views = views
        self._order = order
        self._closing = closing
        self._needs: dict[str, list[Dependency]] = {each: [] for each in views}
        self._users: dict[str, list[str]] = {each: [] for each in views}
        for each in order.dependencies:
            if each.dependent in views and each.provider != each.dependent:
                self._needs[each.dependent].append(each)
                if each.provider in self._users:
                    self._users[each.provider].append(each.dependent)
        self._stops: dict[str, Reason] = {}
        self._steps: dict[str, Step] = {}

    def plan(self) -> dict[str, Step]:
        # Providers come before those who need them: what is decided about them is known.
        ordered = [each for wave in self._order.waves for each in wave if each in self._views]
        ordered += sorted(set(self._views) - set(ordered))
        for each in ordered:
            reason = self._why_stop(self._views[each])
            if reason is not None:
                self._stops[each] = reason
        for each in ordered:
            self._steps[each] = self._step(self._views[each])
        return self._steps

    # -- stopping

    def _is_to_run(self, view: PluginView) -> bool:
        is_wanted = view.wanted is Wanted.RUNNING and not view.is_leaving and not self._closing
        return is_wanted and view.is_awake

    def _why_stop(self, view: PluginView) -> Reason | None:
        if not view.is_alive:
            return None
        if self._closing:
            return Reason(code="host-stopping", text="the host is stopping")
        if not self._is_to_run(view):
            return _at_rest(view)
        if view.wants_restart:
            return Reason(code="restarting", text="it is being restarted on request")
        for need in self._needs[view.id]:
            if not need.optional and need.on_loss is LossMode.RESTART:
                lost = self._why_lost(view, need)
                if lost is not None:
                    return lost
        return None

    def _why_lost(self, view: PluginView, need: Dependency) -> Reason | None:
        provider = self._views.get(need.provider or "")
        if provider is None:
            problem = self._order.problems.get(view.id)
            return Reason(code=problem.code, text=problem.text) if problem is not None else None
        before = view.based_on.get(provider.id)
        if self._goes_away(provider.id):
            text = f"{provider.id}, which it requires, stops: {self._stops[provider.id].text}"
        elif before is not None and before != provider.losses:
            text = f"{provider.id}, which it requires, has ended; it starts again when that is ready"
        else:
            return None
        return Reason(code="dependency-lost", text=text)

    # -- what comes next

    def _step(self, view: PluginView) -> Step:
        if view.is_stopping or (view.is_busy and view.id not in self._stops):
            return Step(is_settled=False)
        return self._step_of_living(view) if view.is_alive else self._step_at_rest(view)

    def _step_of_living(self, view: PluginView) -> Step:
        reason = self._stops.get(view.id)
        if reason is None:
            return Step(is_settled=not view.is_coming, trouble=self._trouble(view))
        if any(user in self._stops for user in self._users[view.id]):
            return Step(is_settled=False)  # first those that need it
        return Step(action=Action.STOP, reason=reason, is_settled=False)

    def _step_at_rest(self, view: PluginView) -> Step:
        if not self._is_to_run(view):
            return Step(action=Action.SHOW, reason=_at_rest(view))
        problem = self._order.problems.get(view.id)
        if problem is not None:
            reason = Reason(code=problem.code, text=problem.text)
            return Step(action=Action.SHOW, reason=reason, has_failed=True)
        if view.has_given_up:
            return Step()
        return self._start_or_wait(view)

    def _start_or_wait(self, view: PluginView) -> Step:
        ids = tuple(
            dict.fromkeys(
                provider.id
                for need in self._needs[view.id]
                if (provider := self._views.get(need.provider or "")) is not None
                and not self._is_available(provider.id)
                and (not need.optional or self._is_on_its_way(provider.id))
            )
        )
        if not ids:
            return Step(action=Action.START, is_settled=False)
        return Step(
            action=Action.SHOW,
            reason=Reason(code="waiting", text=f"waiting for {self._names(ids)}"),
            waiting_for=ids,
            is_settled=all(each in self._steps and self._steps[each].is_settled for each in ids),
        )

    def _names(self, ids: Iterable[str]) -> str:
        return ", and for ".join(f"{each}, which is {self._views[each].how}" for each in ids)

    def _is_available(self, plugin: str) -> bool:
        view = self._views[plugin]
        if self._goes_away(plugin):
            return False
        return view.is_ready or (
            view.on_demand
            and view.wanted is Wanted.RUNNING
            and not view.is_leaving
            and not view.has_given_up
            and plugin not in self._order.problems
        )

    def _goes_away(self, plugin: str) -> bool:
        """Tell whether a plugin is to be stopped; one that only rests is there for whoever calls it."""
        reason = self._stops.get(plugin)
        return reason is not None and reason.code != RESTING.code

    def _is_on_its_way(self, plugin: str) -> bool:
        view = self._views[plugin]
        step = self._steps.get(plugin)
        return view.is_coming or (step is not None and not step.is_settled)

    def _trouble(self, view: PluginView) -> Reason | None:
        """Say what a plugin lacks that runs on without it."""
        for need in self._needs[view.id]:
            if need.on_loss is LossMode.IGNORE or need.provider not in self._views:
                continue
            if need.provider is not None and not self._is_available(need.provider):
                text = f"{need.provider}, which it requires, is {self._views[need.provider].how}"
                return Reason(code="dependency-lost", text=text)
        return None


def _at_rest(view: PluginView) -> Reason:
    if view.is_leaving:
        return Reason(code="unloading", text="it is being unloaded")
    if view.wanted is Wanted.DISABLED:
        return Reason(code="disabled", text="it is disabled")
    if view.wanted is Wanted.STOPPED:
        return Reason(code="stopped", text="it was stopped on request")
    return RESTING
