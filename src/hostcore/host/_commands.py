"""The commands on plugins: each writes down what is wanted, has it done, and tells how it went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import trio

from hostcore.errors import (
    ConfigError,
    DependencyError,
    HostClosedError,
    HostError,
    PluginAlreadyLoadedError,
    PluginRequiredError,
    UnavailableError,
)
from hostcore.events import (
    Event,
    PluginDiscovered,
    PluginRefused,
    PluginUnloaded,
    PluginWantedChanged,
)
from hostcore.host._catalog import Catalog, name_of
from hostcore.host._desired_state import DesiredState, Wanted, WantedPlugin
from hostcore.host._fleet import Fleet
from hostcore.host._loaded_plugin import LoadedPlugin
from hostcore.host._planner import Step
from hostcore.host._reload import Reloader
from hostcore.host._routing import Router, unknown_plugin
from hostcore.interfaces import Interface
from hostcore.manifest import Manifest
from hostcore.snapshots import LogSource, PluginSnapshot, PluginState, Reason


class Commands:
    """Carries out what people and programs ask of the plugins of one host.

    Attributes:
        refused: pictures of what could not be loaded, by the name under which it is listed.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        fleet: Fleet,
        router: Router,
        reloader: Reloader,
        desired: DesiredState,
        make: Callable[[Manifest, dict[str, Interface]], LoadedPlugin],
        record: Callable[[Event], None],
    ) -> None:
        self.refused: dict[str, PluginSnapshot] = {}
        self._catalog = catalog
        self._fleet = fleet
        self._router = router
        self._reloader = reloader
        self._desired = desired
        self._make = make
        self._record = record

    def __repr__(self) -> str:
        return f"<Commands on {self._fleet!r}>"

    def find(self, plugin_id: str) -> LoadedPlugin:
        """Return a plugin; raises `PluginNotFoundError`."""
        plugin = self._fleet.plugins.get(plugin_id)
        if plugin is None:
            raise unknown_plugin(plugin_id, self._fleet.plugins)
        return plugin

    # -- what there is

    def discover(self, folder: Path, *, wanted: WantedPlugin | None = None) -> LoadedPlugin | None:
        """Take in a plugin that the configuration names, or that was loaded before; refused ones are listed.

        Args:
            folder: of the plugin.
            wanted: what was asked of it before this run of the host, or None when that is not known yet.

        Returns:
            The plugin, which is started as its requirements allow; None when it was refused.
        """
        try:
            return self._admit(folder, wanted=wanted)
        except HostError as error:
            name = wanted.id if wanted is not None else name_of(folder)
            if (
                name not in self._fleet.plugins
            ):  # else that name shows the plugin that runs; this one is an event
                self.refused[name] = PluginSnapshot(
                    id=name,
                    version="",
                    description="",
                    folder=str(folder),
                    transport="",
                    state=PluginState.FAILED,
                    reason=Reason(code=error.code, text=str(error)),
                )
            return None

    def _admit(self, folder: Path, *, wanted: WantedPlugin | None = None) -> LoadedPlugin:
        """Read a plugin's files and know it from now on; a refusal is an event and an error."""
        try:
            manifest = self._catalog.read(folder)
            known = wanted or next((each for each in self._desired.plugins() if each.id == manifest.id), None)
            if known is not None and known.config is not None:
                manifest = self._catalog.read(folder, values=known.config)
            self._refuse_second(manifest)
            plugin = self._make(manifest, self._catalog.interfaces_of(manifest))
        except HostError as error:
            reason = Reason(code=error.code, text=str(error))
            self._record(PluginRefused(plugin=name_of(folder), folder=str(folder), reason=reason))
            raise
        if known is not None:
            plugin.wanted, plugin.folder = known.wanted, known.folder
            plugin.config = None if known.config is None else dict(known.config)
        elif not self._is_enabled(manifest.id):
            plugin.wanted = Wanted.DISABLED
        self.refused.pop(name_of(folder), None)
        self.refused.pop(manifest.id, None)
        self._fleet.add(plugin)
        self._router.put(plugin.id, plugin.edition.routes, plugin.edition.open_route)
        self._record(
            PluginDiscovered(plugin=manifest.id, version=manifest.version, folder=str(manifest.folder))
        )
        return plugin

    def _is_enabled(self, plugin_id: str) -> bool:
        override = self._catalog.config.plugin.get(plugin_id)
        return override is None or override.enabled

    def _refuse_second(self, manifest: Manifest) -> None:
        loaded = self._fleet.plugins.get(manifest.id)
        if loaded is not None:
            raise PluginAlreadyLoadedError(
                f"a plugin {manifest.id} is loaded already, from {loaded.manifest.folder}",
                location=str(manifest.file),
                hint="unload it first, or give this one another id",
            )

    async def load(self, folder: Path) -> PluginSnapshot:
        """Load a plugin and start it."""
        plugin = self._admit(folder, wanted=_held_back(self._catalog.read(folder).id, folder))
        try:
            await self._want(plugin, Wanted.RUNNING)
        except BaseException:  # it was not written down, so it was not done; also when the caller has gone
            await self._forget([plugin])
            raise
        return await self._outcome(plugin)

    # -- what is wanted of it

    async def start(self, plugin_id: str) -> PluginSnapshot:
        """Have a plugin run."""
        plugin = self.find(plugin_id)
        self._refuse_disabled(plugin)
        await self._want(plugin, Wanted.RUNNING)
        return await self._wake(plugin)

    async def stop(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and keep it stopped."""
        plugin = self.find(plugin_id)
        if plugin.wanted is not Wanted.DISABLED:
            await self._want(plugin, Wanted.STOPPED)
        await self._fleet.wait_settled(plugin)
        return plugin.snapshot()

    async def restart(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and start it again."""
        plugin = self.find(plugin_id)
        self._refuse_disabled(plugin)
        await self._want(plugin, Wanted.RUNNING)
        plugin.wants_restart = plugin.supervisor.is_alive
        return await self._wake(plugin)

    async def reset(self, plugin_id: str) -> PluginSnapshot:
        """Forget a plugin's failures, and start it if it is to run."""
        plugin = self.find(plugin_id)
        plugin.supervisor.reset()
        if plugin.wanted is not Wanted.RUNNING:
            return plugin.snapshot()
        plugin.wants_restart = plugin.supervisor.is_alive and not plugin.is_running
        return await self._wake(plugin)

    async def enable(self, plugin_id: str) -> PluginSnapshot:
        """Let a disabled plugin run again, and start it."""
        plugin = self.find(plugin_id)
        await self._want(plugin, Wanted.RUNNING)
        plugin.forgive()
        return await self._outcome(plugin)

    async def disable(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and let nothing start it."""
        plugin = self.find(plugin_id)
        await self._want(plugin, Wanted.DISABLED)
        await self._fleet.wait_settled(plugin)
        return plugin.snapshot()

    async def rest(self, plugin_id: str, reason: Reason) -> None:
        """Stop a plugin that starts on demand until its next call; calls that come meanwhile wait and start it."""
        plugin = self.find(plugin_id)
        if not plugin.is_on_demand or any(each.load for each in plugin.supervisor.transports):
            return
        plugin.hold()
        try:
            plugin.log(0, LogSource.HOST, "info", f"stopping: {reason.text}")
            plugin.is_awake = False
            self._fleet.changed()
            await self._fleet.wait_settled(plugin)
        finally:
            plugin.release()

    async def _wake(self, plugin: LoadedPlugin) -> PluginSnapshot:
        plugin.is_awake = True
        plugin.forgive()
        plugin.step = Step(is_settled=False)
        self._fleet.changed()
        return await self._outcome(plugin)

    async def _want(self, plugin: LoadedPlugin, wanted: Wanted) -> None:
        """Write down what is wanted, then want it: what was answered is never lost."""
        if plugin.wanted is wanted:
            return
        await self._write_down(plugin, wanted=wanted, config=plugin.config)
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
        if plugin_id in self.refused and plugin_id not in self._fleet.plugins:
            await self._desired.remove(plugin_id)
            del self.refused[plugin_id]
            self._record(PluginUnloaded(plugin=plugin_id))
            return (plugin_id,)
        plugin = self.find(plugin_id)
        affected = self.affected_by(plugin_id)
        if affected and not cascade:
            raise PluginRequiredError(
                f"{plugin_id} is required by {', '.join(affected)}",
                hint="unload these first, or all of them together with --cascade",
                details={"required_by": list(affected)},
            )
        leaving = [self._fleet.plugins[each] for each in affected] + [plugin]
        for each in leaving:
            await self._desired.remove(each.id)
        return await self._forget(leaving)

    def affected_by(self, plugin_id: str) -> tuple[str, ...]:
        """Return ids of the plugins that could not run without this one, those that need others before these."""
        before = self._fleet.order
        after = self._fleet.order_of(self._fleet.nodes(without=[plugin_id]))
        lost = {
            each
            for each in after.problems
            if each not in before.problems and self._fleet.plugins[each].wanted is not Wanted.DISABLED
        }
        return tuple(each for wave in reversed(before.waves) for each in wave if each in lost)

    async def _forget(self, leaving: Iterable[LoadedPlugin]) -> tuple[str, ...]:
        """Stop plugins in the order that their requirements ask for, and know them no more."""
        gone: list[str] = []
        leaving = list(leaving)
        for plugin in leaving:
            plugin.close()
        self._fleet.order_changed()
        with trio.CancelScope(
            shield=True
        ):  # bounded by the shutdown times; else it would be neither there nor gone
            for plugin in leaving:
                while plugin.has_processes:
                    await plugin.wait_changed()
                if self._fleet.plugins.get(plugin.id) is not plugin:
                    continue  # another unload, of the same moment, was faster
                self._fleet.drop(plugin.id)
                self._router.drop(plugin.id)
                plugin.logs.close()
                gone.append(plugin.id)
                self._record(PluginUnloaded(plugin=plugin.id))
        return tuple(gone)

    # -- new versions and settings

    async def reload(self, plugin_id: str, *, force: bool, trigger: str) -> PluginSnapshot:
        """Replace a plugin by what its folder holds now."""
        plugin = self.find(plugin_id)
        await self._reloader.reload(plugin, trigger=trigger, force=force)
        if not plugin.is_running and plugin.wanted is Wanted.RUNNING and plugin.is_awake:
            plugin.forgive()  # a new version may do what the old one could not
            plugin.step = Step(is_settled=False)
            self._fleet.changed()
            return await self._outcome(plugin)
        return plugin.snapshot()

    async def configure(self, plugin_id: str, values: Mapping[str, Any]) -> PluginSnapshot:
        """Set what is laid over a plugin's configuration, and reload it."""
        plugin = self.find(plugin_id)
        self._catalog.read(plugin.manifest.folder, values=values)  # raises ConfigError for what does not fit
        before = plugin.config
        await self._write_down(plugin, wanted=plugin.wanted, config=values)
        plugin.config = dict(values)
        try:
            return await self.reload(plugin_id, force=False, trigger="configuration")
        except (HostError, trio.Cancelled):
            plugin.config = before
            with trio.CancelScope(shield=True):  # bounded by the store
                await self._write_down(plugin, wanted=plugin.wanted, config=before)
            raise


def _held_back(plugin_id: str, folder: Path) -> WantedPlugin:
    """Say of a plugin that is being loaded that it is not to run yet: what is wanted is not written down."""
    return WantedPlugin(id=plugin_id, folder=folder, wanted=Wanted.STOPPED, changed_at=time.time())


def no_source() -> ConfigError:
    """Make the error for a host that does not know where its configuration comes from."""
    return ConfigError(
        "this host was opened without a place to read its configuration from again",
        hint="pass `reread` to open_host, or run the host with `polyhost serve`",
    )
