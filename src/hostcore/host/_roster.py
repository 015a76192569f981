"""Which plugins a host has: it takes them in, lists what it had to refuse, and lets them go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hostcore.errors import HostError, PluginAlreadyLoadedError, PluginNotFoundError
from hostcore.events import Event, PluginDiscovered, PluginRefused, PluginUnloaded
from hostcore.host._catalog import Catalog, name_of
from hostcore.host._desired_state import DesiredState, Wanted, WantedPlugin
from hostcore.host._fleet import Fleet
from hostcore.host._loaded_plugin import LoadedPlugin
from hostcore.host._routing import Router, unknown_plugin
from hostcore.interfaces import Interface
from hostcore.manifest import Manifest
from hostcore.snapshots import PluginSnapshot, PluginState, Reason


class Roster:
    """Knows the plugins of one host and what was refused.

    Args:
        catalog: reads folders.
        fleet: gets the plugins.
        router: gets their routes.
        desired: what was asked of them.
        make: makes a plugin of its manifest and interfaces.
        record: publishes events.

    Attributes:
        refused: pictures of what could not be loaded, by the name under which it is listed.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        fleet: Fleet,
        router: Router,
        desired: DesiredState,
        make: Callable[[Manifest, dict[str, Interface]], LoadedPlugin],
        record: Callable[[Event], None],
    ) -> None:
        self.refused: dict[str, PluginSnapshot] = {}
        self._catalog = catalog
        self._fleet = fleet
        self._router = router
        self._desired = desired
        self._make = make
        self._record = record

    def __repr__(self) -> str:
        return f"<Roster of {self._fleet!r} refused={len(self.refused)}>"

    def find(self, plugin_id: str) -> LoadedPlugin:
        """Return a plugin; raises `PluginNotFoundError`."""
        plugin = self._fleet.plugins.get(plugin_id)
        if plugin is not None:
            return plugin
        refused = self.refused.get(plugin_id)
        if refused is not None:
            raise PluginNotFoundError(
                f"{plugin_id} was refused: {refused.reason.text}", hint=f"mend it, then load {refused.folder}"
            )
        raise unknown_plugin(plugin_id, self._fleet.plugins)

    def refusal_of(self, plugin_id: str) -> PluginSnapshot | None:
        """Return the picture of what was refused under a name; None for a plugin, and for what is not known at all."""
        return None if plugin_id in self._fleet.plugins else self.refused.get(plugin_id)

    def discover(self, folder: Path) -> LoadedPlugin | None:
        """Take in a plugin that the configuration names, or that was loaded before.

        It is started as far as what is wanted and its requirements allow.

        Args:
            folder: of the plugin.

        Returns:
            The plugin; None when it was refused, and is listed with the reason.
        """
        for known in self._fleet.plugins.values():
            if folder in {known.source, known.stands_for}:
                return known
        instead = self._replacement_of(folder)
        try:
            plugin = self.read(instead or folder)
        except HostError as error:
            self._list_refused(folder, error)
            return None
        plugin.stands_for = None if instead is None else folder
        self.add(plugin)
        return plugin

    def _replacement_of(self, folder: Path) -> Path | None:
        """Return the folder of the version that a command has put in the place of the one in a folder; None for none."""
        moved = {
            each.id: each.folder for each in self._desired.plugins() if each.folder not in {None, folder}
        }
        if not moved:
            return None
        try:
            found = moved.get(self._catalog.read(folder).id)
        except HostError:
            return None
        return found if found is not None and found.is_dir() else None

    def records_of(self, folder: Path) -> list[WantedPlugin]:
        """Return what was asked of the plugin in a folder; empty unless a command has loaded it."""
        return [each for each in self._desired.plugins() if each.folder == folder]

    def _list_refused(self, folder: Path, error: HostError) -> None:
        name = next((each.id for each in self.records_of(folder)), name_of(folder))
        if name in self._fleet.plugins:
            return  # that name shows the plugin that runs; this one is an event
        self.refused[name] = PluginSnapshot(
            id=name,
            version="",
            description="",
            folder=str(folder),
            transport="",
            state=PluginState.FAILED,
            reason=Reason(code=error.code, text=str(error)),
        )

    def read(self, folder: Path) -> LoadedPlugin:
        """Read a plugin's files, and what was asked of it; a refusal is an event and an error."""
        try:
            manifest = self._catalog.read(folder)
            records = {each.id: each for each in self._desired.plugins()}
            # Its id may have become another one while the host did not run.
            known = records.get(manifest.id) or next(iter(self.records_of(folder)), None)
            if known is not None and known.config is not None:
                manifest = self._catalog.read(folder, values=known.config)
            self._refuse_second(manifest)
            plugin = self._make(manifest, self._catalog.interfaces_of(manifest))
        except HostError as error:
            reason = Reason(code=error.code, text=str(error))
            self._record(PluginRefused(plugin=name_of(folder), folder=str(folder), reason=reason))
            raise
        plugin.source = folder
        if known is not None:
            plugin.wanted = known.wanted
            plugin.folder = folder if known.folder == folder else None
            plugin.config = None if known.config is None else dict(known.config)
        elif not self._catalog.override_of(manifest.id).enabled:
            plugin.wanted = Wanted.DISABLED
        return plugin

    def add(self, plugin: LoadedPlugin) -> None:
        """Know a plugin from now on."""
        manifest = plugin.manifest
        for name in [name for name, each in self.refused.items() if each.folder == str(plugin.source)]:
            del self.refused[name]
        self.refused.pop(plugin.id, None)
        self._fleet.add(plugin)
        self._router.put(plugin.id, plugin.edition.routes, plugin.edition.open_route)
        self._record(
            PluginDiscovered(plugin=manifest.id, version=manifest.version, folder=str(manifest.folder))
        )

    def _refuse_second(self, manifest: Manifest) -> None:
        loaded = self._fleet.plugins.get(manifest.id)
        if loaded is not None:
            raise PluginAlreadyLoadedError(
                f"a plugin {manifest.id} is loaded already, from {loaded.manifest.folder}",
                location=str(manifest.file),
                hint="unload it first, or give this one another id",
            )

    def forget_refused(self, plugin_id: str) -> None:
        """List a plugin no more that was refused."""
        del self.refused[plugin_id]
        self._record(PluginUnloaded(plugin=plugin_id))

    def drop(self, plugin: LoadedPlugin) -> None:
        """Know a plugin no more that has stopped."""
        self._fleet.drop(plugin.id)
        self._router.drop(plugin.id)
        plugin.logs.close()
        self._record(PluginUnloaded(plugin=plugin.id))
