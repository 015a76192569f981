"""Takes over a new configuration of the host: only what has changed is touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final

from hostcore.config import HostConfig, PluginOverride
from hostcore.errors import HostError
from hostcore.host._catalog import Catalog
from hostcore.host._commands import Commands
from hostcore.host._fleet import Fleet
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


async def take_over(
    new: HostConfig,
    *,
    catalog: Catalog,
    fleet: Fleet,
    commands: Commands,
    folders: Iterable[Path],
    may_unload: bool = True,
) -> ConfigChange:
    """Change what a new configuration changes; what cannot be changed is told, and stays as it was.

    Args:
        new: the configuration.
        catalog: reads plugins by it from now on.
        fleet: the plugins.
        commands: what is done with them.
        folders: of plugins that the new configuration names.
        may_unload: whether `folders` are all that there are; else nothing is unloaded that is not among them.
    """
    old = catalog.config
    keys = changed_keys(old, new)
    catalog.config = replace(
        new,
        data=old.data,
        server=old.server,
        extensions=old.extensions,
        traffic=old.traffic,
        limits=_limits(old, new),
    )
    takeover = _Takeover(old, new, list(dict.fromkeys(folders)), fleet, commands)
    if may_unload:
        await takeover.unload_gone()
    takeover.load_new()
    # Disabled before and enabled after it is read anew: it neither starts with what holds no more, nor twice.
    await takeover.switch(enabled=False)
    await takeover.reload(everything=any(key in CONCERNS_ALL for key in keys))
    await takeover.switch(enabled=True)
    if may_unload:
        await takeover.unload_gone()  # what was required before it was read anew
    await fleet.wait_all_settled()
    return takeover.result(pending=tuple(key for key in keys if key not in TAKEN_OVER))


def _limits(old: HostConfig, new: HostConfig) -> Any:
    return replace(
        old.limits,
        call_timeout=new.limits.call_timeout,
        start_timeout=new.limits.start_timeout,
        shutdown_timeout=new.limits.shutdown_timeout,
    )


class _Takeover:
    def __init__(
        self, old: HostConfig, new: HostConfig, folders: list[Path], fleet: Fleet, commands: Commands
    ) -> None:
        self._old = old
        self._new = new
        self._folders = folders
        self._fleet = fleet
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
        for plugin_id, refused in list(self._commands.refused.items()):
            if Path(refused.folder) not in named and not self._commands.was_loaded(Path(refused.folder)):
                self._commands.forget_refused(plugin_id)

    def load_new(self) -> None:
        """Take in what the configuration names and is not there, also what was refused before."""
        known = {
            path
            for each in self._fleet.plugins.values()
            for path in (each.source, each.manifest.folder, each.stands_for)
        }
        for folder in self._folders:
            if folder not in known:
                plugin = self._commands.discover(folder)
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
