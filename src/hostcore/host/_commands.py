"""The commands on plugins: each writes down what is wanted, has it done, and tells how it went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import trio

from hostcore.errors import (
    DependencyError,
    HostClosedError,
    HostError,
    PluginNotFoundError,
    PluginRequiredError,
    UnavailableError,
)
from hostcore.events import Event, PluginWantedChanged
from hostcore.host._catalog import Catalog
from hostcore.host._desired_state import DesiredState, Wanted, WantedPlugin
from hostcore.host._fleet import Fleet
from hostcore.host._loaded_plugin import LoadedPlugin
from hostcore.host._reload import Reloader
from hostcore.host._roster import Roster
from hostcore.snapshots import LogSource, PluginSnapshot, PluginState, Reason


class Commands:
    """Carries out what people and programs ask of the plugins of one host.

    What is asked for is written down first and wanted then, one command after the other. So what was answered is
    never lost, and what cannot be written down is not done.

    Args:
        roster: the plugins there are, and what was refused.
        catalog: reads folders.
        fleet: starts and stops them.
        reloader: reloads them.
        desired: keeps what is wanted.
        record: publishes events.
    """

    def __init__(
        self,
        *,
        roster: Roster,
        catalog: Catalog,
        fleet: Fleet,
        reloader: Reloader,
        desired: DesiredState,
        record: Callable[[Event], None],
    ) -> None:
        self._roster = roster
        self._catalog = catalog
        self._fleet = fleet
        self._reloader = reloader
        self._desired = desired
        self._record = record
        self._deciding = (
            trio.StrictFIFOLock()
        )  # held while what is wanted is written down; the file bounds that

    def __repr__(self) -> str:
        return f"<Commands on {self._fleet!r}>"

    def _find_staying(self, plugin_id: str) -> LoadedPlugin:
        """Return a plugin that is to be changed; raises `PluginNotFoundError`, `HostClosedError`."""
        plugin = self._roster.find(plugin_id)
        self._refuse_leaving(plugin)
        return plugin

    def _refuse_leaving(self, plugin: LoadedPlugin) -> None:
        self._refuse_if_closing()
        if plugin.is_leaving or not self._fleet.knows(plugin):
            raise PluginNotFoundError(f"{plugin.id} is being unloaded", hint="load its folder again")

    def _refuse_if_closing(self) -> None:
        if self._fleet.is_closing:
            raise HostClosedError("the host is stopping")

    async def load(self, folder: Path) -> PluginSnapshot:
        """Load a plugin and start it."""
        async with self._deciding:
            self._refuse_if_closing()
            plugin = self._roster.read(folder)
            plugin.folder, plugin.wanted = folder, Wanted.RUNNING
            await self._write_down(plugin, wanted=plugin.wanted, config=plugin.config)
            self._roster.add(plugin)
        return await self._outcome(plugin)

    # -- what is wanted of it

    async def start(self, plugin_id: str) -> PluginSnapshot:
        """Have a plugin run."""
        plugin = self._find_staying(plugin_id)
        self._refuse_disabled(plugin)
        await self._want(plugin, Wanted.RUNNING)
        plugin.wake()
        return await self._outcome(plugin)

    async def stop(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and keep it stopped."""
        plugin = self._find_staying(plugin_id)
        if plugin.wanted is not Wanted.DISABLED:
            await self._want(plugin, Wanted.STOPPED)
        await self._fleet.wait_settled(plugin)
        return plugin.snapshot()

    async def restart(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and start it again."""
        plugin = self._find_staying(plugin_id)
        self._refuse_disabled(plugin)
        await self._want(plugin, Wanted.RUNNING)
        plugin.wants_restart = plugin.supervisor.is_alive
        plugin.wake()
        return await self._outcome(plugin)

    async def reset(self, plugin_id: str) -> PluginSnapshot:
        """Forget a plugin's failures, and start it if it is to run."""
        plugin = self._find_staying(plugin_id)
        plugin.supervisor.reset()
        if plugin.wanted is not Wanted.RUNNING or plugin.is_resting:
            return plugin.snapshot()
        plugin.wants_restart = plugin.supervisor.is_alive and not plugin.is_running
        plugin.wake()
        return await self._outcome(plugin)

    async def enable(self, plugin_id: str) -> PluginSnapshot:
        """Let a disabled plugin run again, and start it."""
        plugin = self._find_staying(plugin_id)
        await self._want(plugin, Wanted.RUNNING)
        plugin.try_again()
        return await self._outcome(plugin)

    async def disable(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and let nothing start it."""
        plugin = self._find_staying(plugin_id)
        await self._want(plugin, Wanted.DISABLED)
        await self._fleet.wait_settled(plugin)
        return plugin.snapshot()

    async def follow_config(self, plugin_id: str, *, enabled: bool) -> None:
        """Want of a plugin what the host's configuration says now; what was asked by a command before is forgotten."""
        plugin = self._find_staying(plugin_id)
        wanted = Wanted.RUNNING if enabled else Wanted.DISABLED
        async with self._deciding:
            self._refuse_leaving(plugin)
            if plugin.folder is None and plugin.config is None:
                await self._desired.remove(plugin.id, notes=False)
            else:
                await self._write_down(plugin, wanted=wanted, config=plugin.config)
            self._now_wanted(plugin, wanted)
        plugin.try_again()

    async def rest(self, plugin_id: str, reason: Reason) -> None:
        """Stop a plugin that starts on demand until its next call; calls that come meanwhile wait and start it."""
        plugin = self._find_staying(plugin_id)
        is_called = any(each.load for each in plugin.supervisor.transports)
        if not plugin.is_on_demand or is_called or plugin.lifecycle.is_busy:
            return
        plugin.hold()
        try:
            plugin.log(0, LogSource.HOST, "info", f"stopping: {reason.text}")
            plugin.is_awake = False
            self._fleet.changed()
            await self._fleet.wait_settled(plugin)
        finally:
            plugin.release()

    async def _want(self, plugin: LoadedPlugin, wanted: Wanted) -> None:
        async with self._deciding:
            self._refuse_leaving(plugin)
            if plugin.wanted is not wanted:
                await self._write_down(plugin, wanted=wanted, config=plugin.config)
                self._now_wanted(plugin, wanted)

    def _now_wanted(self, plugin: LoadedPlugin, wanted: Wanted) -> None:
        if plugin.wanted is not wanted:
            plugin.wanted = wanted
            self._record(PluginWantedChanged(plugin=plugin.id, wanted=wanted.value))
            self._fleet.order_changed()

    async def _write_down(
        self, plugin: LoadedPlugin, *, wanted: Wanted, config: Mapping[str, Any] | None
    ) -> None:
        record = WantedPlugin(
            id=plugin.id, folder=plugin.folder, wanted=wanted, config=config, changed_at=time.time()
        )
        await self._desired.put(record)

    def _refuse_disabled(self, plugin: LoadedPlugin) -> None:
        if plugin.wanted is Wanted.DISABLED:
            raise UnavailableError(
                f"{plugin.id} is disabled",
                hint=f"enable it first: polyhost enable {plugin.id}",
                details={"state": PluginState.DISABLED.value},
            )

    async def _outcome(self, plugin: LoadedPlugin) -> PluginSnapshot:
        """Wait until it is known what has become of a plugin that is to run; raises why it does not."""
        await self._fleet.wait_settled(plugin)
        if plugin.is_running or plugin.is_resting:
            return plugin.snapshot()
        if self._fleet.is_closing:
            raise HostClosedError(f"{plugin.id} was not started: the host is stopping")
        self._refuse_leaving(plugin)
        problem = self._fleet.order.problems.get(plugin.id)
        if problem is not None:
            raise DependencyError(
                f"{plugin.id} cannot start: {problem.text}",
                location=str(plugin.manifest.file),
                details={"reason": problem.code, "chain": list(problem.chain)},
            )
        raise plugin.supervisor.failure or plugin.supervisor.unavailable()

    # -- unloading

    async def unload(self, plugin_id: str, *, cascade: bool) -> tuple[str, ...]:
        """Stop a plugin and forget it, and with `cascade` those that require it."""
        async with self._deciding:
            if self._roster.refusal_of(plugin_id) is not None:
                await self._desired.remove(plugin_id)
                self._roster.forget_refused(plugin_id)
                return (plugin_id,)
            plugin = self._find_staying(plugin_id)
            affected = self.affected_by(plugin_id)
            if affected and not cascade:
                raise PluginRequiredError(
                    f"{plugin_id} is required by {', '.join(affected)}",
                    hint="unload these first, or all of them together with --cascade",
                    details={"required_by": list(affected)},
                )
            leaving = [self._fleet.plugins[each] for each in affected] + [plugin]
            ids = {
                record.id
                for each in leaving
                if each.folder
                for record in self._roster.records_of(each.folder)
            }
            await self._desired.remove(*ids, *(each.id for each in leaving))
            for each in leaving:
                each.close()
            self._fleet.order_changed()
        return await self._forget(leaving)

    def affected_by(self, plugin_id: str) -> tuple[str, ...]:
        """Return ids of the plugins that could not run without this one, those that need others before these."""
        nodes = self._fleet.nodes()
        before = self._fleet.order_of(nodes)
        after = self._fleet.order_of(tuple(each for each in nodes if each.id != plugin_id))
        lost = {
            each
            for each in after.problems
            if each not in before.problems
            and (plugin := self._fleet.plugins.get(each)) is not None
            and plugin.wanted is not Wanted.DISABLED
        }
        ordered = [each for wave in reversed(before.waves) for each in wave if each in lost]
        return tuple(dict.fromkeys([*ordered, *sorted(lost)]))

    async def _forget(self, leaving: Iterable[LoadedPlugin]) -> tuple[str, ...]:
        """Wait until plugins that leave have stopped, and know them no more."""
        gone: list[str] = []
        # Bounded by the shutdown times; a plugin must not be left neither there nor gone.
        with trio.CancelScope(shield=True):
            for plugin in leaving:
                await plugin.wait_gone()
                gone.append(plugin.id)
                if self._fleet.plugins.get(plugin.id) is not plugin:
                    continue  # another unload was quicker, and there may be a new one of this id
                self._roster.drop(plugin)
        return tuple(gone)

    # -- new versions and settings

    async def reload(
        self, plugin_id: str, *, force: bool, trigger: str, folder: Path | None = None
    ) -> PluginSnapshot:
        """Replace a plugin by what its folder, or another one, holds now; one that was refused is looked at again."""
        refused = self._roster.refusal_of(plugin_id)
        if refused is not None:
            return await (self._look_again(Path(refused.folder)) if folder is None else self.load(folder))
        plugin = self._find_staying(plugin_id)
        if folder is None or folder == plugin.source:
            await self._reloader.reload(plugin, trigger=trigger, force=force)
        else:
            async with plugin.configuring:
                await self._move(plugin, folder, force=force, trigger=trigger)
        return await self._outcome_of_reload(plugin)

    async def _move(self, plugin: LoadedPlugin, folder: Path, *, force: bool, trigger: str) -> None:
        """Replace a plugin by what another folder holds; it is that folder's from then on, in later runs of the host, too."""
        before = plugin.folder, plugin.source, plugin.stands_for
        named = plugin.source if plugin.folder is None else plugin.stands_for
        await self._set_folders(plugin, folder, folder, named)
        try:
            await self._reloader.reload(plugin, trigger=trigger, force=force, folder=folder)
        except (HostError, trio.Cancelled):
            with trio.CancelScope(shield=True):  # bounded by the store
                await self._set_folders(plugin, *before)
            raise

    async def _set_folders(
        self, plugin: LoadedPlugin, folder: Path | None, source: Path, stands_for: Path | None
    ) -> None:
        before = plugin.folder
        async with self._deciding:
            self._refuse_leaving(plugin)
            plugin.folder = folder
            try:
                await self._write_down(plugin, wanted=plugin.wanted, config=plugin.config)
            except BaseException:
                plugin.folder = before
                raise
            plugin.source, plugin.stands_for = source, stands_for

    async def _look_again(self, folder: Path) -> PluginSnapshot:
        async with self._deciding:
            self._refuse_if_closing()
            plugin = self._roster.read(folder)
            self._roster.add(plugin)
        if plugin.wanted is Wanted.RUNNING:
            return await self._outcome(plugin)
        await self._fleet.wait_settled(plugin)
        return plugin.snapshot()

    async def _outcome_of_reload(self, plugin: LoadedPlugin) -> PluginSnapshot:
        if not plugin.is_running and plugin.should_run:
            plugin.try_again()  # a new version may do what the old one could not
            return await self._outcome(plugin)
        await self._fleet.wait_settled(plugin)  # the new version may lack something else
        return plugin.snapshot()

    async def configure(self, plugin_id: str, values: Mapping[str, Any]) -> PluginSnapshot:
        """Set what is laid over a plugin's configuration, and reload it."""
        plugin = self._find_staying(plugin_id)
        async with plugin.configuring:
            self._catalog.read(
                plugin.manifest.folder, values=values
            )  # raises ConfigError for what does not fit
            before = plugin.config
            await self._set_config(plugin, dict(values))
            try:
                await self._reloader.reload(plugin, trigger="configuration")
            except (HostError, trio.Cancelled):
                with trio.CancelScope(shield=True):  # bounded by the store
                    await self._take_back_config(plugin, before)
                raise
        return await self._outcome_of_reload(plugin)

    async def _set_config(self, plugin: LoadedPlugin, values: dict[str, Any] | None) -> None:
        async with self._deciding:
            self._refuse_leaving(plugin)
            await self._write_down(plugin, wanted=plugin.wanted, config=values)
            plugin.config = values

    async def _take_back_config(self, plugin: LoadedPlugin, before: dict[str, Any] | None) -> None:
        plugin.config = before
        async with self._deciding:
            if self._fleet.knows(plugin) and (self._fleet.is_closing or not plugin.is_leaving):
                await self._write_down(plugin, wanted=plugin.wanted, config=before)
