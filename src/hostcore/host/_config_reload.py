"""Takes over a new configuration of the host: only what has changed is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final

import trio

from hostcore.config import HostConfig, PluginOverride
from hostcore.errors import ConfigError, HostClosedError, HostError
from hostcore.events import ConfigReloaded, Event
from hostcore.hooks import Extensions
from hostcore.host._catalog import Catalog
from hostcore.host._commands import Commands
from hostcore.host._fleet import Fleet
from hostcore.host._roster import Roster
from hostcore.snapshots import ConfigChange

VERIFICATION: Final = ("verification.mode", "verification.require", "verification.lock", "verification.keys")
"""Keys that say whose word is taken for the files of plugins."""

TAKEN_OVER: Final = frozenset({
    "plugins",
    "plugin_folders",
    "interface_folders",
    "plugin",
    "source",
    "limits.call_timeout",
    "limits.start_timeout",
    "limits.shutdown_timeout",
    "sources.allow",
    *VERIFICATION,
})  # fmt: skip
"""Keys whose change takes effect at once; any other one needs a new start of the host."""

CONCERNS_ALL: Final = frozenset(
    {
        "interface_folders",
        "limits.call_timeout",
        "limits.start_timeout",
        "limits.shutdown_timeout",
        *VERIFICATION,
    }
)
"""Keys that are read with each plugin: all of them are reloaded, each without failing a call."""


def changed_keys(old: Any, new: Any, prefix: str = "") -> list[str]:
    """Return the dotted keys in which two configurations differ."""
    found: list[str] = []
    for field in fields(old):
        key = f"{prefix}{field.name}"
        before, after = getattr(old, field.name), getattr(new, field.name)
        if is_dataclass(before):
            found += changed_keys(before, after, f"{key}.")
        elif before != after:
            found.append(key)
    return found


class ConfigReload:
    """Reads the host's configuration again and takes it over, one time after the other.

    Args:
        reread: reads it; it raises `ConfigError` for a wrong one. None when nobody knows where it comes from.
        extensions: name the plugins that it means.
        catalog: reads plugins by it from then on.
        fleet: the plugins.
        roster: takes in new ones.
        commands: what is done with them.
        nursery: runs it.
        record: publishes what has changed.
    """

    def __init__(
        self,
        reread: Callable[[], HostConfig] | None,
        *,
        extensions: Extensions,
        catalog: Catalog,
        fleet: Fleet,
        roster: Roster,
        commands: Commands,
        nursery: trio.Nursery,
        record: Callable[[Event], None],
    ) -> None:
        self._reread = reread
        self._extensions = extensions
        self._catalog = catalog
        self._fleet = fleet
        self._roster = roster
        self._commands = commands
        self._nursery = nursery
        self._record = record
        self._changing = trio.StrictFIFOLock()

    def __repr__(self) -> str:
        return f"<ConfigReload of {self._fleet!r}>"

    async def run(self) -> ConfigChange:
        """Change what a new reading changes; what cannot be changed is told, and stays as it was.

        Raises:
            ConfigError: it is wrong, or cannot be read again.
            HostClosedError: the host was stopped meanwhile.
        """
        if self._reread is None:
            raise ConfigError(
                "this host was opened without a place to read its configuration from again",
                hint="pass `reread` to open_host, or run the host with `polyhost serve`",
            )
        new = self._reread()
        changes: list[ConfigChange] = []
        done = trio.Event()

        async def change() -> None:
            try:
                async with self._changing:
                    changes.append(await self._take_over(new))
            finally:
                done.set()

        # In a task of its own: a caller that goes away must not leave half of it undone.
        self._nursery.start_soon(change, name="new configuration")
        await done.wait()
        if not changes:
            raise HostClosedError("the host was stopped before it had taken over the configuration")
        return changes[0]

    async def _take_over(self, new: HostConfig) -> ConfigChange:
        broken: list[str] = []
        named = self._extensions.collect_named("hostcore_provide_manifests", Path, broken, config=new)
        change = await self._change([folder for _, folder in named], new, may_unload=not broken)
        text = "it did not name its plugins, so none was unloaded"
        change = replace(change, failed={**change.failed, **dict.fromkeys(broken, text)})
        self._record(ConfigReloaded(change=change))
        return change

    async def _change(self, folders: Iterable[Path], new: HostConfig, *, may_unload: bool) -> ConfigChange:
        """Go over to a configuration that names these folders; unload nothing unless they are all that there are."""
        old = self._catalog.config
        keys = changed_keys(old, new)
        self._catalog.config = replace(
            new,
            data=old.data,
            server=old.server,
            extensions=old.extensions,
            traffic=old.traffic,
            limits=_limits(old, new),
        )
        takeover = _Takeover(
            old,
            new,
            folders=list(dict.fromkeys(folders)),
            fleet=self._fleet,
            roster=self._roster,
            commands=self._commands,
        )
        if may_unload:
            await takeover.unload_gone()
        takeover.load_new()
        # Disabled before and enabled after it is read anew: it neither starts with what holds no more, nor twice.
        await takeover.switch(enabled=False)
        await takeover.reload(everything=any(key in CONCERNS_ALL for key in keys))
        await takeover.switch(enabled=True)
        if may_unload:
            await takeover.unload_gone()  # what was required before it was read anew
        await self._fleet.wait_all_settled()
        return takeover.result(pending=tuple(key for key in keys if key not in TAKEN_OVER))


def _limits(old: HostConfig, new: HostConfig) -> Any:
    return replace(
        old.limits,
        call_timeout=new.limits.call_timeout,
        start_timeout=new.limits.start_timeout,
        shutdown_timeout=new.limits.shutdown_timeout,
    )


class _Takeover:
    """Goes from one configuration to another, step by step, and notes what has come of each."""

    def __init__(
        self,
        old: HostConfig,
        new: HostConfig,
        *,
        folders: list[Path],
        fleet: Fleet,
        roster: Roster,
        commands: Commands,
    ) -> None:
        self._old = old
        self._new = new
        self._folders = folders
        self._fleet = fleet
        self._roster = roster
        self._commands = commands
        self._before = frozenset(fleet.plugins)
        self._loaded: list[str] = []
        self._unloaded: list[str] = []
        self._reloaded: list[str] = []
        self._switched: dict[bool, list[str]] = {True: [], False: []}
        self._failed: dict[str, str] = {}

    async def unload_gone(self) -> None:
        """Unload what the configuration named and names no more; what commands have loaded stays."""
        named = set(self._folders)
        gone = [
            plugin.id
            for plugin in self._fleet.plugins.values()
            if plugin.folder is None and plugin.source not in named and not plugin.is_leaving
        ]
        # Those that need others first, so that none of them is refused for another one that goes as well.
        depth = {each: index for index, wave in enumerate(self._fleet.order.waves) for each in wave}
        for plugin_id in sorted(gone, key=lambda each: (-depth.get(each, 0), each)):
            self._failed.pop(plugin_id, None)
            try:
                self._unloaded += await self._commands.unload(plugin_id, cascade=False)
            except HostError as error:
                self._failed[plugin_id] = str(error)
        for plugin_id, refused in list(self._roster.refused.items()):
            if Path(refused.folder) not in named and not self._roster.records_of(Path(refused.folder)):
                self._roster.forget_refused(plugin_id)

    def load_new(self) -> None:
        """Take in what the configuration names and is not there, also what was refused before."""
        known = {
            path
            for each in self._fleet.plugins.values()
            for path in (each.source, each.manifest.folder, each.stands_for)
        }
        for folder in self._folders:
            if folder not in known:
                plugin = self._roster.discover(folder)
                if plugin is not None:
                    self._loaded.append(plugin.id)
                else:
                    self._failed[str(folder)] = "it was refused; its state says why"

    async def switch(self, *, enabled: bool) -> None:
        """Enable, or disable, those of which the configuration says that now, and did not before."""
        for plugin_id in self._those_of_before():
            before, after = _override(self._old, plugin_id).enabled, _override(self._new, plugin_id).enabled
            if before is not enabled and after is enabled:
                try:
                    await self._commands.follow_config(plugin_id, enabled=enabled)
                    self._switched[enabled].append(plugin_id)
                except HostError as error:
                    self._failed[plugin_id] = str(error)
        if not enabled:  # they all stop at once; a stop under way would break off what follows
            for plugin_id in self._switched[enabled]:
                plugin = self._fleet.plugins.get(plugin_id)
                if plugin is not None:
                    await self._fleet.wait_settled(plugin)

    async def reload(self, *, everything: bool) -> None:
        """Reload those that have other settings now; whether one is enabled is another matter."""
        for plugin_id in self._those_of_before():
            before = replace(_override(self._old, plugin_id), enabled=True)
            after = replace(_override(self._new, plugin_id), enabled=True)
            if everything or before != after:
                try:
                    await self._commands.reload(plugin_id, force=False, trigger="host configuration")
                    self._reloaded.append(plugin_id)
                except HostError as error:
                    self._failed[plugin_id] = str(error)

    def _those_of_before(self) -> list[str]:
        return sorted(self._before & self._fleet.plugins.keys())

    def result(self, *, pending: tuple[str, ...]) -> ConfigChange:
        """Tell what has changed; what was to run now, and does not, has failed."""
        for plugin_id in [*self._loaded, *self._switched[True]]:
            plugin = self._fleet.plugins.get(plugin_id)
            if plugin is not None and plugin.should_run and not plugin.is_running:
                self._failed.setdefault(plugin_id, plugin.supervisor.reason.text)
        return ConfigChange(
            loaded=tuple(self._loaded),
            unloaded=tuple(self._unloaded),
            reloaded=tuple(self._reloaded),
            enabled=tuple(self._switched[True]),
            disabled=tuple(self._switched[False]),
            pending=pending,
            failed=self._failed,
        )


def _override(config: HostConfig, plugin_id: str) -> PluginOverride:
    return config.plugin.get(plugin_id, PluginOverride())
