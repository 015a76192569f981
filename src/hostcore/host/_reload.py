"""Reloads plugins: reads the new version, checks whether it may take over, and has it replace the old one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from hostcore.errors import HostError, ManifestError, ReloadError, UnavailableError
from hostcore.events import PluginReloaded, PluginReloadFailed
from hostcore.hooks import Extensions, ReloadContext
from hostcore.host._catalog import Catalog
from hostcore.host._edition import Edition
from hostcore.host._fleet import Fleet
from hostcore.host._loaded_plugin import LoadedPlugin
from hostcore.host._routing import Router
from hostcore.interfaces import Interface, describe_changes
from hostcore.manifest import Manifest
from hostcore.snapshots import Reason
from hostcore.supervision import Blueprint


class Exchanging:
    """Is what the host does around a replacement; see `Exchange`.

    Args:
        plugin: whose instances are replaced.
        check: raises `HostError` when the new instances, which have said hello, may not take over.
        adopt: makes what the new instances are made from hold for calls.
        index: of the one instance that is replaced; None for all.
    """

    def __init__(
        self,
        plugin: LoadedPlugin,
        *,
        check: Callable[[], None],
        adopt: Callable[[], None],
        index: int | None = None,
    ) -> None:
        self._plugin = plugin
        self._index = index
        self._check = check
        self._adopt = adopt
        self._holds = False

    def check(self) -> None:
        """Raise `HostError` when the new instances may not take over."""
        self._check()

    def hold(self) -> None:
        """Have calls wait."""
        if not self._holds:
            self._holds = True
            self._plugin.hold(self._index)

    def swap(self) -> None:
        """Send calls to the new instances."""
        self._adopt()
        self.resume()

    def resume(self) -> None:
        """Let calls go on."""
        if self._holds:
            self._holds = False
            self._plugin.release()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """Is what is known of a version: its manifest, with what it provides, and descriptions of that by name."""

    manifest: Manifest
    interfaces: Mapping[str, Interface]


def _from_files(edition: Edition) -> _Known:
    """Return what the files say; that is known before anything is started."""
    return _Known(manifest=edition.manifest, interfaces=edition.interfaces)


def _as_it_says(edition: Edition) -> _Known:
    """Return what the files say, and what its process has said beyond that."""
    return _Known(
        manifest=replace(edition.manifest, provides=edition.provides),
        interfaces={**edition.described, **edition.interfaces},
    )


class Reloader:
    """Reloads the plugins of a host.

    Args:
        catalog: reads folders.
        fleet: the plugins, and who requires whom.
        router: gets the routes of what has taken over.
        extensions: may object.
    """

    def __init__(self, *, catalog: Catalog, fleet: Fleet, router: Router, extensions: Extensions) -> None:
        self._catalog = catalog
        self._fleet = fleet
        self._router = router
        self._extensions = extensions

    async def reload(
        self, plugin: LoadedPlugin, *, trigger: str, force: bool = False, folder: Path | None = None
    ) -> None:
        """Replace a plugin by what its folder holds now. Reloads of one plugin are carried out one after the other.

        Args:
            plugin: the plugin.
            trigger: what has caused it, for people.
            force: also when an extension objects.
            folder: where the new version is; None for the folder that it has now.

        Raises:
            ReloadError: it may not or cannot take over, and why; the old version serves on.
        """
        with plugin.lifecycle.replaced():
            async with plugin.reloading:
                await self._reload(plugin, trigger, force=force, folder=folder)

    async def _reload(self, plugin: LoadedPlugin, trigger: str, *, force: bool, folder: Path | None) -> None:
        old = plugin.edition
        version = ""
        try:
            if plugin.is_leaving:
                raise UnavailableError(f"{plugin.id} is being unloaded")
            manifest = self._catalog.read(folder or old.manifest.folder, values=plugin.config)
            version = manifest.version
            self._check(plugin, manifest)
            interfaces = self._catalog.interfaces_of(manifest)
            if not force:
                self._ask_extensions(
                    plugin, _from_files(old), _Known(manifest=manifest, interfaces=interfaces)
                )
            new = plugin.edition_of(manifest, interfaces)
            await self._replace(plugin, old, new, force=force)
        except HostError as error:
            self._refuse(plugin, version, trigger, error)
        look = _as_it_says if plugin.is_running else _from_files  # one at rest has said nothing yet
        plugin.record(
            PluginReloaded(
                plugin=plugin.id,
                old_version=old.manifest.version,
                version=version,
                trigger=trigger,
                findings=describe_changes(look(old).interfaces, look(new).interfaces),
            )
        )

    async def recycle(self, plugin: LoadedPlugin, instance: int, reason: Reason) -> None:
        """Replace one instance by a fresh process of the same version; what goes wrong is an event."""
        exchange = Exchanging(
            plugin,
            check=lambda: None,
            adopt=lambda: plugin.ready_changed(plugin.edition),  # a reload may just have come before this
            index=instance,
        )
        with plugin.lifecycle.replaced():
            try:
                await plugin.supervisor.recycle(instance, reason, exchange)
            except HostError as error:
                told = Reason(
                    code=error.code, text=f"{reason.text}, but a fresh process did not start: {error}"
                )
                plugin.record(
                    PluginReloadFailed(
                        plugin=plugin.id,
                        version=plugin.manifest.version,
                        trigger="recycling",
                        reason=told,
                    )
                )

    def _check(self, plugin: LoadedPlugin, new: Manifest) -> None:
        """Refuse what cannot be the same plugin, or could not run; nothing can force that."""
        if new.id != plugin.id:
            raise ManifestError(
                f"the id is {new.id} now, and was {plugin.id}",
                location=str(new.file),
                hint=f"unload {plugin.id} and load the folder anew, or restore the id",
            )
        before = self._fleet.order_of(self._fleet.nodes()).problems
        problem = self._fleet.order_of(self._fleet.nodes(instead=new)).problems.get(plugin.id)
        if problem is not None and plugin.id not in before:
            raise ReloadError(problem.text, details={"chain": list(problem.chain)})

    def _ask_extensions(self, plugin: LoadedPlugin, old: _Known, new: _Known) -> None:
        objection = self._extensions.decide(
            "hostcore_decide_reload",
            str,
            context=ReloadContext(
                old=old.manifest,
                new=new.manifest,
                old_interfaces=old.interfaces,
                new_interfaces=new.interfaces,
                dependents=tuple(
                    each for each in self._fleet.order.on(plugin.id) if each.dependent != plugin.id
                ),
            ),
        )
        if objection is not None:
            raise ReloadError(objection, hint="mend it, raise the major version, or force the reload")

    async def _replace(self, plugin: LoadedPlugin, old: Edition, new: Edition, *, force: bool) -> None:
        def check() -> None:
            # What the files do not say is known only now, when it has said hello.
            if not force and new.provides != new.manifest.provides:
                self._ask_extensions(plugin, _as_it_says(old), _as_it_says(new))

        def adopt() -> None:
            plugin.adopt(new)
            plugin.is_awake = plugin.is_awake or not plugin.is_on_demand
            self._router.put(plugin.id, new.routes, new.open_route)
            self._fleet.order_changed()

        blueprint = Blueprint(
            manifest=new.manifest, launcher=self._catalog.launcher_of(new.manifest), environs=new
        )
        await plugin.supervisor.replace(blueprint, Exchanging(plugin, check=check, adopt=adopt))

    @staticmethod
    def _refuse(plugin: LoadedPlugin, version: str, trigger: str, error: HostError) -> NoReturn:
        """Raise why a version may not or cannot take over; it has none when its manifest could not be read."""
        plugin.record(
            PluginReloadFailed(
                plugin=plugin.id,
                version=version or plugin.manifest.version,
                trigger=trigger,
                reason=Reason(code=error.code, text=str(error)),
            )
        )
        new = f"{plugin.id} {version}" if version else f"the new version of {plugin.id}"
        alive = "; the old version serves on" if plugin.is_running else ""
        raise ReloadError(
            f"{new} did not take over: {error.message}{alive}",
            location=error.location,
            hint=error.hint,
            details={**error.details, "reason": error.code},
        ) from error
