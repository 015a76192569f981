"""Reloads plugins: reads the new version, checks whether it may take over, and has it replace the old one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from hostcore.dependencies import Dependency
from hostcore.errors import HostError, ManifestError, ReloadError
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
from hostcore.transports import Transport


class Exchanging:
    """Is what the host does around a replacement; see `Exchange`.

    Args:
        plugin: whose instances are replaced.
        edition: what is to hold afterwards.
        adopted: called when it does.
    """

    def __init__(self, plugin: LoadedPlugin, edition: Edition, adopted: Callable[[], None]) -> None:
        self._plugin = plugin
        self._edition = edition
        self._adopted = adopted
        self._holds = False

    def check(self, _: Sequence[Transport]) -> None:
        """Accept the new instances: their hellos were held against the manifest when they came."""

    def hold(self) -> None:
        """Have calls wait."""
        if not self._holds:
            self._holds = True
            self._plugin.hold()

    def swap(self) -> None:
        """Send calls to the new instances."""
        self._plugin.adopt(self._edition)
        self._adopted()
        self.resume()

    def resume(self) -> None:
        """Let calls go on."""
        if self._holds:
            self._holds = False
            self._plugin.release()


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
        self,
        plugin: LoadedPlugin,
        *,
        trigger: str,
        force: bool = False,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Replace a plugin by what its folder holds now.

        Args:
            plugin: the plugin.
            trigger: what has caused it, for people.
            force: also when an extension objects.
            values: what operators have laid over its configuration.

        Raises:
            ReloadError: it may not or cannot take over, and why; the old version serves on.
        """
        old = plugin.edition
        version = old.manifest.version
        try:
            manifest = self._catalog.read(old.manifest.folder, values=values)
            version = manifest.version
            interfaces = self._catalog.interfaces_of(manifest)
            if not force:
                self._check(plugin, manifest, interfaces)
            await self._replace(plugin, manifest, interfaces)
        except HostError as error:
            self._refuse(plugin, version, trigger, error)
        findings = describe_changes(old.interfaces, interfaces)
        plugin.record(
            PluginReloaded(
                plugin=plugin.id,
                old_version=old.manifest.version,
                version=version,
                trigger=trigger,
                findings=findings,
            )
        )

    async def recycle(self, plugin: LoadedPlugin, instance: int, reason: Reason) -> None:
        """Replace one instance by a fresh process of the same version; what goes wrong is an event."""
        exchange = Exchanging(plugin, plugin.edition, lambda: None)
        with plugin.command():
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

    def _check(self, plugin: LoadedPlugin, new: Manifest, interfaces: Mapping[str, Interface]) -> None:
        old = plugin.edition
        if new.id != plugin.id:
            raise ManifestError(
                f"the id is {new.id} now, and was {plugin.id}",
                location=str(new.file),
                hint=f"unload {plugin.id} and load the folder anew, or restore the id",
            )
        problem = self._fleet.order_of(self._fleet.nodes(instead=new)).problems.get(plugin.id)
        if problem is not None and plugin.id not in self._fleet.order.problems:
            raise ReloadError(problem.text, details={"chain": list(problem.chain)})
        dependents: tuple[Dependency, ...] = tuple(
            each for each in self._fleet.order.on(plugin.id) if each.dependent != plugin.id
        )
        objection = self._extensions.decide(
            "hostcore_decide_reload",
            str,
            context=ReloadContext(
                old=old.manifest,
                new=new,
                old_interfaces=old.interfaces,
                new_interfaces=interfaces,
                dependents=dependents,
            ),
        )
        if objection is not None:
            raise ReloadError(objection, hint="mend it, raise the major version, or force the reload")

    async def _replace(
        self, plugin: LoadedPlugin, manifest: Manifest, interfaces: dict[str, Interface]
    ) -> None:
        edition = Edition(manifest, interfaces, owner=plugin)
        blueprint = Blueprint(
            manifest=manifest, launcher=self._catalog.launcher_of(manifest), environs=edition
        )

        def adopted() -> None:
            plugin.is_awake = plugin.is_awake or not plugin.is_on_demand
            self._router.put(plugin.id, edition.routes, edition.open_route)
            self._fleet.order_changed()

        with plugin.command():
            await plugin.supervisor.replace(blueprint, Exchanging(plugin, edition, adopted))

    @staticmethod
    def _refuse(plugin: LoadedPlugin, version: str, trigger: str, error: HostError) -> NoReturn:
        reason = Reason(code=error.code, text=str(error))
        plugin.record(PluginReloadFailed(plugin=plugin.id, version=version, trigger=trigger, reason=reason))
        alive = "; the old version serves on" if plugin.is_running else ""
        raise ReloadError(
            f"{plugin.id} {version} did not take over: {error.message}{alive}",
            location=error.location,
            hint=error.hint,
            details={**error.details, "reason": error.code},
        ) from error
