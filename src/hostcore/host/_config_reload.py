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
from hostcore.host._desired_state import Wanted
from hostcore.host._fleet import Fleet
from hostcore.snapshots import ConfigChange

TAKEN_OVER: Final = frozenset({
    "plugins",
    "plugin_folders",
    "interface_folders",
    "plugin",
    "source",
    "limits.call_timeout",
    "limits.start_timeout",
    "limits.shutdown_timeout",
})  # fmt: skip
"""Keys whose change takes effect at once; any other one needs a new start of the host."""

CONCERNS_ALL: Final = frozenset(
    {"interface_folders", "limits.call_timeout", "limits.start_timeout", "limits.shutdown_timeout"}
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
    new: HostConfig, *, catalog: Catalog, fleet: Fleet, commands: Commands, folders: Iterable[Path]
) -> ConfigChange:
    """Change what a new configuration changes.

    Args:
        new: the configuration.
        catalog: reads plugins by it from now on.
        fleet: the plugins.
        commands: what is done with them.
        folders: of plugins that the new configuration names.
    """
    old = catalog.config
    keys = changed_keys(old, new)
    catalog.config = replace(
        new, data=old.data, server=old.server, extensions=old.extensions, limits=_limits(old, new)
    )
    found = list(dict.fromkeys(folders))
    failed: dict[str, str] = {}
    unloaded = await _unload_gone(found, fleet, commands, failed)
    enabled, disabled = await _switch(old, new, fleet, commands, failed)
    concerned = _concerned(old, new, keys, fleet)
    reloaded = await _reload(concerned, commands, failed)
    loaded = []
    known = {plugin.manifest.folder for plugin in fleet.plugins.values()}
    for folder in found:
        if folder not in known:
            plugin = commands.discover(folder)
            if plugin is not None:
                loaded.append(plugin.id)
            else:
                failed[str(folder)] = "it was refused; its state says why"
    await fleet.wait_all_settled()
    return ConfigChange(
        loaded=tuple(loaded),
        unloaded=tuple(unloaded),
        reloaded=tuple(reloaded),
        enabled=tuple(enabled),
        disabled=tuple(disabled),
        pending=tuple(key for key in keys if key not in TAKEN_OVER),
        failed=failed,
    )


def _limits(old: HostConfig, new: HostConfig) -> Any:
    return replace(
        old.limits,
        call_timeout=new.limits.call_timeout,
        start_timeout=new.limits.start_timeout,
        shutdown_timeout=new.limits.shutdown_timeout,
    )


async def _unload_gone(
    found: list[Path], fleet: Fleet, commands: Commands, failed: dict[str, str]
) -> list[str]:
    """Unload what the configuration named and names no more; what commands have loaded stays."""
    named = set(found)
    gone = [
        plugin.id
        for plugin in fleet.plugins.values()
        if plugin.folder is None and plugin.manifest.folder not in named
    ]
    unloaded: list[str] = []
    # Those that need others first, so that none of them is refused for another one that goes as well.
    depth = {each: index for index, wave in enumerate(fleet.order.waves) for each in wave}
    for plugin_id in sorted(gone, key=lambda each: (-depth.get(each, 0), each)):
        try:
            unloaded += await commands.unload(plugin_id, cascade=False)
        except HostError as error:
            failed[plugin_id] = str(error)
    return unloaded


async def _switch(
    old: HostConfig, new: HostConfig, fleet: Fleet, commands: Commands, failed: dict[str, str]
) -> tuple[list[str], list[str]]:
    enabled: list[str] = []
    disabled: list[str] = []
    for plugin_id in sorted(fleet.plugins):
        before, after = _override(old, plugin_id).enabled, _override(new, plugin_id).enabled
        if before == after:
            continue
        try:
            if after:
                enabled.append(plugin_id)
                await commands.enable(plugin_id)
            else:
                disabled.append(plugin_id)
                await commands.disable(plugin_id)
        except HostError as error:
            failed[plugin_id] = str(error)
    return enabled, disabled


def _concerned(old: HostConfig, new: HostConfig, keys: list[str], fleet: Fleet) -> list[str]:
    """Return ids of the plugins that have other settings now; whether one is enabled is another matter."""
    everything = any(key in CONCERNS_ALL for key in keys)
    return [
        plugin_id
        for plugin_id, plugin in sorted(fleet.plugins.items())
        if plugin.wanted is not Wanted.DISABLED
        and (
            everything
            or replace(_override(old, plugin_id), enabled=True)
            != replace(_override(new, plugin_id), enabled=True)
        )
    ]


async def _reload(plugins: list[str], commands: Commands, failed: dict[str, str]) -> list[str]:
    reloaded: list[str] = []
    for plugin_id in plugins:
        try:
            await commands.reload(plugin_id, force=False, trigger="host configuration")
            reloaded.append(plugin_id)
        except HostError as error:
            failed[plugin_id] = str(error)
    return reloaded


def _override(config: HostConfig, plugin_id: str) -> PluginOverride:
    return config.plugin.get(plugin_id, PluginOverride())
