"""What the plugins of a host have around them: who starts and replaces them, who is picked for whom, who serves their calls."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import trio

from hostcore.events import Event
from hostcore.hooks import (
    Extensions,
    HostControl,
    RouteCandidate,
)
from hostcore.host._catalog import Catalog
from hostcore.host._decisions import Decisions
from hostcore.host._desired_state import DesiredState
from hostcore.host._edition import Edition
from hostcore.host._fleet import Fleet
from hostcore.host._launching import Preparation
from hostcore.host._loaded_plugin import LoadedPlugin
from hostcore.host._offered_transports import OfferedLauncher
from hostcore.host._reload import Reloader
from hostcore.host._roster import Roster
from hostcore.host._route import Route
from hostcore.host._routing import Router
from hostcore.host._services import Services, serve
from hostcore.interfaces import Interface
from hostcore.manifest import Manifest
from hostcore.snapshots import LogLine, LogSource, Reason
from hostcore.supervision import Usage, UsageSampler
from hostcore.transports import LaunchSpec, ReverseCall, Spawner


class ServingHost(HostControl, Services, Protocol):
    """Is the host as extensions see it, and as it serves plugins."""


class Surroundings:
    """Is what a host's plugins ask of it, and what binds them together.

    Args:
        host: for extensions, and to serve calls of plugins.
        extensions: decide.
        catalog: how plugins are read, and launched.
        nursery: runs plugins, and what is done for them.
        spawner: starts builds.
        desired: what was asked of plugins.
        data: the host's data folder, absolute.
        record: publishes events.
        on_log: told of each line of a plugin's log; None for nobody.

    Attributes:
        router: finds the routes of calls.
        fleet: the plugins, and their order.
        reloader: reloads them.
        roster: takes them in, and lets them go.
    """

    def __init__(
        self,
        host: ServingHost,
        *,
        extensions: Extensions,
        catalog: Catalog,
        nursery: trio.Nursery,
        spawner: Spawner,
        desired: DesiredState,
        data: Path,
        record: Callable[[Event], None],
        on_log: Callable[[LogLine], None] | None,
    ) -> None:
        self.record = record
        self.router = Router(self._choose)
        self._decisions = Decisions(extensions, host)
        self.fleet = Fleet(
            nursery=nursery, decide_order=self._decisions.start_order, planned=self.router.refresh
        )
        self.reloader = Reloader(catalog=catalog, fleet=self.fleet, router=self.router, extensions=extensions)
        self.roster = Roster(
            catalog=catalog,
            fleet=self.fleet,
            router=self.router,
            desired=desired,
            make=self._make,
            record=record,
        )
        self._host = host
        self._on_log = on_log
        self._catalog = catalog
        self._nursery = nursery
        self._preparation = Preparation(extensions, spawner, data, config=lambda: catalog.config)
        self._starts = trio.CapacityLimiter(catalog.config.limits.concurrent_starts)
        self._usage = UsageSampler()

    def __repr__(self) -> str:
        return f"<Surroundings of {self.fleet!r}>"

    @property
    def is_stopping(self) -> bool:
        """Whether the host has begun to stop."""
        return self._host.is_stopping

    def _make(self, manifest: Manifest, interfaces: dict[str, Interface]) -> LoadedPlugin:
        """Make a plugin that has these surroundings."""
        return LoadedPlugin(
            manifest,
            interfaces,
            host=self,
            decisions=self._decisions,
            launcher=self._catalog.launcher_of(manifest),
            nursery=self._nursery,
            starts=self._starts,
            log_lines=self._catalog.config.limits.log_lines,
        )

    async def prepare(self, plugin: LoadedPlugin, edition: Edition, instance: int) -> LaunchSpec:
        """Build a plugin if needed and say how to start it."""
        return await self._preparation.prepare(plugin, edition, instance)

    def _choose(self, interface: str, plugins: Sequence[str]) -> str:
        """Pick one of several plugins that provide an interface."""
        candidates = [
            RouteCandidate(
                plugin=each.id,
                version=each.edition.provides.get(interface, ""),
                state=each.supervisor.state,
                callable=each.is_callable,
            )
            for each in map(self.fleet.plugins.__getitem__, plugins)
        ]
        chosen = self._decisions.route(interface, candidates)
        if chosen is not None and chosen in plugins:
            return chosen
        ready = (each for each in plugins if self.fleet.plugins[each].edition.ready)
        callable_ones = (each.plugin for each in candidates if each.callable)
        return next(ready, None) or next(callable_ones, plugins[0])

    def usage(self, session: int) -> Usage | None:
        """Measure what the processes of a session use."""
        return self._usage.sample(session)

    def recycle(self, plugin: LoadedPlugin, instance: int, reason: Reason) -> None:
        """Have an instance replaced by a fresh process."""
        self._nursery.start_soon(
            self.reloader.recycle, plugin, instance, reason, name=f"recycling of {plugin.id}[{instance}]"
        )

    def logged(self, line: LogLine) -> None:
        """Pass on a line of a plugin's log."""
        if self._on_log is not None:
            self._on_log(line)

    def called(self, plugin: LoadedPlugin, edition: Edition, call: ReverseCall) -> None:
        """Serve a call of a plugin, in a task of its own."""
        note = partial(plugin.log, 0, LogSource.HOST, "error")
        self._nursery.start_soon(
            partial(
                serve, self._host, edition.manifest, call, note=note, observation=plugin.counter.observation
            ),
            name=f"{plugin.id} calls {call.method}",
        )

    def transport_failed(self, plugin: LoadedPlugin, instance: int, error: Exception) -> None:
        """Name the extension whose transport has failed, and show the plugin's people what has happened."""
        launcher = self._catalog.launchers.get(plugin.manifest.transport)
        if isinstance(launcher, OfferedLauncher):
            launcher.failed(error)
        plugin.log(instance, LogSource.HOST, "error", "".join(traceback.format_exception(error)))

    def find_route(self, method: str, plugin: str) -> Route:
        """Return the present route of a method."""
        return self.router.find(method, plugin)

    def routes_made(self, plugin: LoadedPlugin) -> None:
        """Know the routes that a plugin has now, and what it provides by them."""
        self.router.put(plugin.id, plugin.edition.routes, plugin.edition.open_route)
        self.fleet.order_changed()

    def routes_changed(self) -> None:
        """Forget what was worked out about routes."""
        self.router.refresh()

    def changed(self) -> None:
        """Compare again what is wanted with what is."""
        self.fleet.changed()
