"""All plugins of a host: compares what is wanted with what is, and has it done, each time something changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import trio

from hostcore.dependencies import Dependency, DependencyKind, DependencyNode, StartOrder
from hostcore.errors import UnavailableError
from hostcore.host._desired_state import Wanted
from hostcore.host._loaded_plugin import LoadedPlugin
from hostcore.host._order import bears_losses, order_now
from hostcore.host._planner import Action, Step, plan
from hostcore.manifest import Manifest
from hostcore.snapshots import PluginState, Reason

SHOWN_AT_REST: Final = {Wanted.DISABLED: PluginState.DISABLED}
"""How a plugin without a process is shown; stopped unless it stands here."""


class Fleet:
    """Keeps the plugins of a host, and their order.

    Args:
        nursery: runs what is to be done.
        decide_order: resolves who requires whom.
        planned: called after each plan.
    """

    def __init__(
        self,
        *,
        nursery: trio.Nursery,
        decide_order: Callable[[tuple[DependencyNode, ...]], StartOrder],
        planned: Callable[[], None],
    ) -> None:
        self.plugins: dict[str, LoadedPlugin] = {}
        self.order = StartOrder()
        self.is_closing = False
        self._nursery = nursery
        self._decide_order = decide_order
        self._planned = planned
        self._is_order_stale = False
        self._given_up: set[str] = set()  # what the order was resolved for, and the next line
        self._alive: set[str] = set()
        self._needs: dict[tuple[str, str], Dependency] = {}
        self._gave: dict[tuple[str, str], str] = {}  # who was picked last, if anybody ever was
        self._wake = trio.Event()
        self._asked = 0
        self._answered = 0

    def __repr__(self) -> str:
        return f"<Fleet plugins={len(self.plugins)} waves={len(self.order.waves)} closing={self.is_closing}>"

    def add(self, plugin: LoadedPlugin) -> None:
        """Know a plugin from now on."""
        self.plugins[plugin.id] = plugin
        self.order_changed()

    def drop(self, plugin_id: str) -> None:
        """Forget a plugin."""
        plugin = self.plugins.pop(plugin_id)
        self.order_changed()
        plugin.state_changed()

    def order_changed(self) -> None:
        """Resolve anew who requires whom before the next plan: a plugin, or what it requires, is another."""
        self._is_order_stale = True
        self.changed()

    def changed(self) -> None:
        """Make a new plan soon."""
        self._asked += 1
        self._wake.set()

    async def run(self) -> None:
        """Make a plan whenever something has changed, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            asked = self._asked
            self._make_plan()
            self._answered = asked

    def _make_plan(self) -> None:
        plugins = self.plugins.values()
        given_up = {each.id: each.supervisor.state.value for each in plugins if each.has_given_up}
        alive = {
            each.id
            for each in plugins
            if (each.lifecycle.is_alive or each.lifecycle.is_busy) and bears_losses(each.manifest.requires)
        }
        is_another = given_up.keys() != self._given_up or alive != self._alive
        if (self._is_order_stale or is_another) and not self.is_closing:
            self._is_order_stale = False
            self._given_up, self._alive = set(given_up), alive
            self._take_order(order_now(self.nodes(), self._decide_order, alive=alive, given_up=given_up))
        views = {each.id: each.view() for each in self.plugins.values()}
        for plugin_id, step in plan(views, self.order, closing=self.is_closing).items():
            plugin = self.plugins[plugin_id]
            self._carry_out(plugin, step)
            plugin.plan_made(step)
        self._planned()

    def _take_order(self, order: StartOrder) -> None:
        self.order = order
        self._needs = {
            (each.dependent, each.name): each
            for each in order.dependencies
            if each.kind is DependencyKind.INTERFACE
        }
        gave = {key: need.provider for key, need in self._needs.items() if need.provider is not None}
        self._gave = {key: each for key, each in (self._gave | gave).items() if key in self._needs}

    def _carry_out(self, plugin: LoadedPlugin, step: Step) -> None:
        match step.action:
            case Action.START:
                plugin.begin_start()
                self._nursery.start_soon(plugin.lifecycle.start, name=f"start of {plugin.id}")
            case Action.STOP if step.reason is not None:
                plugin.begin_stop()
                self._nursery.start_soon(plugin.stop, step.reason, name=f"stop of {plugin.id}")
            case Action.SHOW if step.reason is not None:
                self._show(plugin, step, step.reason)
            case _:
                pass

    @staticmethod
    def _show(plugin: LoadedPlugin, step: Step, reason: Reason) -> None:
        if step.has_failed:
            state = PluginState.FAILED
        elif step.waiting_for:
            state = PluginState.WAITING
        else:
            state = SHOWN_AT_REST.get(plugin.wanted, PluginState.STOPPED)
        plugin.supervisor.show(state, reason)

    def nodes(
        self, *, without: Iterable[str] = (), instead: Manifest | None = None
    ) -> tuple[DependencyNode, ...]:
        """Describe the plugins to the resolution, sorted by id.

        Args:
            without: ids to leave out.
            instead: a manifest to look at in place of that of the plugin with its id.
        """
        left_out = set(without)
        return tuple(
            _node(plugin, instead if instead is not None and instead.id == plugin.id else None)
            for _, plugin in sorted(self.plugins.items())
            if plugin.id not in left_out
        )

    def order_of(self, nodes: tuple[DependencyNode, ...]) -> StartOrder:
        """Resolve other plugins than there are: to see what a change would do."""
        return self._decide_order(nodes)

    def provider_for(self, dependent: str, interface: str) -> str | None:
        """Return who gets the calls of a plugin to an interface that it requires; None when nobody decides on that.

        That is the plugin that was picked; while it cannot be called, another one that would do, or the one before it
        as long as that runs: who depends on a plugin that is stopped is stopped first, and may have things to finish.

        Raises:
            UnavailableError: nobody provides what it requires.
        """
        need = self._needs.get((dependent, interface))
        if need is None:
            return None
        would_do = [need.provider, *(each.plugin for each in need.candidates if each.accepted)]
        plugins = [plugin for each in would_do if (plugin := self.plugins.get(each or "")) is not None]
        before = self.plugins.get(self._gave.get((dependent, interface), ""))
        if before is not None and before.edition.ready and not _is_available(before):
            plugins.append(before)
        found = next((each.id for each in plugins if each.is_callable), need.provider)
        if found is None:
            raise UnavailableError(
                f"nobody provides {interface} {need.range}, which {dependent} requires",
                hint=f"polyhost why {dependent} tells more",
            )
        return found

    def knows(self, plugin: LoadedPlugin) -> bool:
        """Tell whether a plugin was not unloaded, and is no other one of the same id."""
        return self.plugins.get(plugin.id) is plugin

    async def wait_settled(self, plugin: LoadedPlugin) -> None:
        """Wait until nothing more comes of what was asked for: it is ready, has failed, or waits for what will not come.

        Bounded by the limits on builds, starts and stops of the plugin and of those that it requires. One that is
        unloaded meanwhile is not waited for.
        """
        asked = self._asked
        while self.knows(plugin) and (self._answered < asked or not plugin.step.is_settled):
            await plugin.wait_changed()

    async def wait_all_settled(self) -> None:
        """Wait until nothing more comes of any plugin."""
        self.changed()
        for _ in range(
            len(self.plugins) + 1
        ):  # what one says of itself at its start may be what another waits for
            for plugin in list(self.plugins.values()):
                await self.wait_settled(plugin)
            if all(each.step.is_settled for each in self.plugins.values()):
                return

    async def close(self) -> None:
        """Stop all plugins, those that need others before them, and wait; bounded by their shutdown times."""
        self.is_closing = True
        for plugin in self.plugins.values():
            plugin.close()
        self.changed()
        for plugin in list(self.plugins.values()):
            await plugin.wait_gone()


def _is_available(plugin: LoadedPlugin) -> bool:
    return plugin.wanted is Wanted.RUNNING and not plugin.is_leaving


def _node(plugin: LoadedPlugin, instead: Manifest | None) -> DependencyNode:
    manifest = instead or plugin.manifest
    is_available = _is_available(plugin)
    return DependencyNode(
        id=plugin.id,
        version=manifest.version,
        provides=dict(manifest.provides or plugin.edition.provides),
        requires=manifest.requires,
        available=is_available,
        unavailable_because="" if is_available else _why_unavailable(plugin),
    )


def _why_unavailable(plugin: LoadedPlugin) -> str:
    return "is being unloaded" if plugin.is_leaving else f"is {plugin.wanted}"
