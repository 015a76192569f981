"""The host: finds plugins, runs them, and lets them be called."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import trio

from hostcore._version import VERSION
from hostcore.config import HostConfig
from hostcore.dependencies import StartOrder
from hostcore.errors import (
    CallCancelledError,
    CallNotFoundError,
    ConfigError,
    HostClosedError,
    PluginNotFoundError,
    UnavailableError,
)
from hostcore.events import Event, EventsMissed, HostStarted, HostStopping, Recorded
from hostcore.hooks import (
    CallStream,
    Extensions,
)
from hostcore.host._background import Background
from hostcore.host._broadcast import Feed
from hostcore.host._catalog import Catalog
from hostcore.host._commands import Commands
from hostcore.host._config_reload import ConfigReload
from hostcore.host._deadlines import check_timeout
from hostcore.host._desired_state import DesiredState
from hostcore.host._interfaces import find_interface, show_interfaces
from hostcore.host._metrics import collect_metrics
from hostcore.host._offered_transports import take_offered_transports
from hostcore.host._planner import CLOSING
from hostcore.host._proxy import InterfaceProxy
from hostcore.host._route import Route
from hostcore.host._run_events import RunEvents
from hostcore.host._streams import open_stream
from hostcore.host._surroundings import Surroundings
from hostcore.manifest import Manifest
from hostcore.metrics import MetricFamily
from hostcore.policies import BUILT_IN
from hostcore.snapshots import (
    CallSnapshot,
    CallStatistics,
    ConfigChange,
    ConfigSnapshot,
    EventStatistics,
    ExitReport,
    ExtensionSnapshot,
    HookSnapshot,
    InterfaceSnapshot,
    LogLine,
    MethodSnapshot,
    PluginSnapshot,
    Reason,
)
from hostcore.transports import (
    CallContext,
    Deadlines,
    Guard,
    Spawner,
    StdioLauncher,
    context_of_trace,
)

T = TypeVar("T")

STREAM_TIMEOUT: Final = 3600.0
"""Seconds a streaming call has when nobody says otherwise; gRPC has no bound, but every wait here has one."""


@asynccontextmanager
async def open_host(
    config: HostConfig | None = None,
    *,
    desired: DesiredState | None = None,
    reread: Callable[[], HostConfig] | None = None,
    on_event: Callable[[Recorded], None] | None = None,
    on_log: Callable[[LogLine], None] | None = None,
    declarations: Sequence[type] = (),
) -> AsyncIterator[Host]:
    """Open a host: discover plugins, start them, and wait until each is ready or its first start has failed.

    A plugin that cannot be started does not keep the host from opening: it is listed with its reason. Leaving the
    context stops the plugins, those that need others before them, and waits for them, within their shutdown limits.
    When the body is cancelled, they are killed at once.

    Args:
        config: how the host is configured; None takes the defaults: no plugins, data in `polyhost-data`.
        desired: keeps what commands ask for, and says what earlier runs of the host were asked for; None forgets it
            at the end. It is not closed.
        reread: reads the configuration again, for `reload_config`; it raises `ConfigError` for a wrong one.
        on_event: called with each event from the very first on, which nobody can subscribe to in time. It must
            neither block nor raise.
        on_log: the same for each log line of a plugin, those of its build among them.
        declarations: classes that declare further hooks for extensions, marked with `hookspec`; whoever gives them calls
            them, through `provided`.

    Raises:
        ConfigError: a folder of the configuration cannot be used, or it disables an extension that is not there.
        ExtensionError: an extension that the configuration names cannot be loaded.
    """
    failure: BaseException | None = None
    guard = Guard()
    spawner = Spawner(remember=guard.remember, forget=guard.forget)
    try:
        async with trio.open_nursery() as nursery:
            host = Host(
                config or HostConfig(),
                nursery=nursery,
                spawner=spawner,
                desired=desired or DesiredState(),
                reread=reread,
                on_event=on_event,
                on_log=on_log,
                declarations=tuple(declarations),
            )
            try:
                await host._open()  # noqa: SLF001 - the other half of this function
                yield host
            except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - raised below: the nursery would wrap it in a group
                failure = error
            finally:
                await host._close()  # noqa: SLF001 - the other half of this function
                nursery.cancel_scope.cancel()
    finally:
        spawner.close()
        guard.close()  # all groups are gone by now: it ends at once
    if failure is not None:
        raise failure


class Host:
    """Is a running host; `open_host` makes it. See `HostControl` for what its methods promise."""

    version = VERSION

    def __init__(
        self,
        config: HostConfig,
        *,
        nursery: trio.Nursery,
        spawner: Spawner,
        desired: DesiredState,
        reread: Callable[[], HostConfig] | None = None,
        on_event: Callable[[Recorded], None] | None = None,
        on_log: Callable[[LogLine], None] | None = None,
        declarations: tuple[type, ...] = (),
    ) -> None:
        self.run_id = uuid.uuid4().hex[:12]
        self.started_at = time.time()
        self.data = config.data.absolute()
        self._nursery = nursery
        self._desired = desired
        self._is_stopping = self._is_closed = False
        self._events = RunEvents(self.run_id, config.limits.event_ring, on_event=on_event)
        self._spawner = spawner
        self._deadlines = Deadlines()
        self._facilities: list[object] = []
        self._extensions = Extensions(
            report=self.record, disabled=config.extensions.disable, declarations=declarations
        )
        self._background = Background(self._extensions, nursery)
        self._catalog = Catalog(
            config, {"stdio": StdioLauncher(spawner=spawner, nursery=nursery, deadlines=self._deadlines)}
        )
        surroundings = Surroundings(
            self,
            extensions=self._extensions,
            catalog=self._catalog,
            nursery=nursery,
            spawner=spawner,
            desired=desired,
            data=self.data,
            record=self.record,
            on_log=on_log,
        )
        self._router = surroundings.router
        self._fleet = surroundings.fleet
        self._roster = surroundings.roster
        self._commands = Commands(
            roster=self._roster,
            catalog=self._catalog,
            fleet=self._fleet,
            reloader=surroundings.reloader,
            desired=desired,
            record=self.record,
        )
        self._config_reload = ConfigReload(
            reread,
            extensions=self._extensions,
            catalog=self._catalog,
            fleet=self._fleet,
            roster=self._roster,
            commands=self._commands,
            nursery=nursery,
            record=self.record,
        )

    def __repr__(self) -> str:
        return f"<Host {self.run_id} plugins={len(self._fleet.plugins)} stopping={self._is_stopping}>"

    # -- opening and closing

    async def _open(self) -> None:
        self._load_extensions()
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"the data folder cannot be made: {error.strerror}",
                location=str(self.data),
                hint="name a folder that the host may write to: `data`, or --data",
            ) from error
        self._nursery.start_soon(self._deadlines.run, name="deadlines")
        self._background.begin(self, self._events.subscribe(after=0))
        self._facilities = self._extensions.collect("hostcore_provide_facilities", object, host=self)
        named = self._extensions.collect("hostcore_provide_manifests", Path, config=self.config)
        loaded = [each.folder for each in self._desired.plugins() if each.folder is not None]
        for folder in dict.fromkeys([*named, *loaded]):
            self._roster.discover(folder)
            await trio.lowlevel.checkpoint()
        # Only now: whoever is picked for whom depends on all of them.
        self._nursery.start_soon(self._fleet.run, name="fleet")
        await self._fleet.wait_all_settled()
        self.record(HostStarted(version=VERSION, plugins=tuple(sorted(self._fleet.plugins))))
        await self._extensions.notify("hostcore_on_host_started", host=self)

    def _load_extensions(self) -> None:
        for name, policy in BUILT_IN.items():
            self._extensions.register(policy(), name=name, origin="built-in")
        self._extensions.load_installed()
        for reference in self.config.extensions.load:
            self._extensions.load(reference)
        unknown = self._extensions.unknown_disabled
        if unknown:
            known = ", ".join(each.name for each in self._extensions.snapshot())
            raise ConfigError(
                f"there is no extension {', '.join(unknown)} to disable",
                location="extensions.disable",
                hint=f"there are: {known}",
            )
        take_offered_transports(
            self._extensions,
            self._catalog.launchers,
            spawner=self._spawner,
            nursery=self._nursery,
            deadlines=self._deadlines,
        )

    async def _close(self) -> None:
        self._is_stopping = True
        self.record(HostStopping(reason=CLOSING))
        try:
            await self._extensions.notify("hostcore_on_host_stopping", host=self, reason=CLOSING)
            self._is_closed = True
            await self._background.end()
            await self._fleet.close()
        finally:  # also in a hurry: a subscriber elsewhere must not wait for ever
            self._is_closed = True
            self._events.close()
            for plugin in self._fleet.plugins.values():
                plugin.logs.close()
            await self._extensions.notify("hostcore_on_host_stopped", host=self)
        await self._background.wait_told()

    # -- facts

    @property
    def config(self) -> HostConfig:
        """How the host is configured, as of the latest reading."""
        return self._catalog.config

    @property
    def is_stopping(self) -> bool:
        """Whether the host has begun to stop."""
        return self._is_stopping

    @property
    def last_event(self) -> int:
        """The sequence of the latest event, 0 before the first."""
        return self._events.last

    def plugins(self) -> tuple[PluginSnapshot, ...]:
        """Take a picture of all plugins."""
        known = [each.snapshot() for each in self._fleet.plugins.values()]
        return tuple(sorted([*known, *self._roster.refused.values()], key=lambda each: each.id))

    def plugin(self, plugin_id: str) -> PluginSnapshot:
        """Take a picture of one plugin."""
        return self._roster.refusal_of(plugin_id) or self._roster.find(plugin_id).snapshot()

    def metrics(self) -> tuple[MetricFamily, ...]:
        """Collect the figures that extensions offer."""
        return collect_metrics(self._extensions, self)

    def method_statistics(self, plugin_id: str) -> Mapping[str, CallStatistics]:
        """Count a plugin's calls by method."""
        if self._roster.refusal_of(plugin_id) is not None:
            return {}
        return self._roster.find(plugin_id).counter.methods()

    def event_statistics(self) -> EventStatistics:
        """Say how far those who follow the host's events are behind."""
        return self._events.statistics()

    def manifest(self, plugin_id: str) -> Manifest:
        """Return a plugin's manifest."""
        return self._roster.find(plugin_id).manifest

    def transports(self) -> tuple[str, ...]:
        """Return the names of the transports that manifests may use."""
        return tuple(sorted(self._catalog.launchers))

    def plugin_config(self, plugin_id: str) -> ConfigSnapshot:
        """Show how a plugin is configured."""
        plugin = self._roster.find(plugin_id)
        config = plugin.manifest.config
        return ConfigSnapshot(
            plugin=plugin_id,
            schema=config.schema,
            manifest=config.defaults,
            host=self._catalog.override_of(plugin_id).config,
            overrides=plugin.config,
            effective=config.values,
        )

    def exits(self, plugin_id: str) -> tuple[ExitReport, ...]:
        """Return how the latest processes of a plugin have ended."""
        if self._roster.refusal_of(plugin_id) is not None:
            return ()
        return tuple(self._roster.find(plugin_id).exits)

    def start_order(self) -> StartOrder:
        """Return who requires whom, and the waves of starts."""
        return self._fleet.order

    def interfaces(self) -> tuple[InterfaceSnapshot, ...]:
        """Take a picture of all interfaces that plugins have."""
        plugins = [(each.edition, each.supervisor.state) for each in self._fleet.plugins.values()]
        return show_interfaces(plugins, self._fleet.order)

    def interface_of(self, name: str, version: str) -> InterfaceSnapshot:
        """Take a picture of one version of an interface."""
        return find_interface(self.interfaces(), name, version)

    def extensions(self) -> tuple[ExtensionSnapshot, ...]:
        """Show all extensions, built-in ones first."""
        return self._extensions.snapshot()

    def hooks(self) -> tuple[HookSnapshot, ...]:
        """Show all hooks and who implements them."""
        return self._extensions.hooks()

    def events(self, *, after: int | None = None) -> Feed[Recorded, EventsMissed]:
        """Subscribe to events."""
        return self._events.subscribe(after=after)

    def logs(self, plugin_id: str, *, last: int = 100) -> tuple[LogLine, ...]:
        """Return the last kept log lines of a plugin."""
        if self._roster.refusal_of(plugin_id) is not None:
            return ()
        return self._roster.find(plugin_id).logs.latest(last)

    def follow_logs(self, plugin_id: str, *, after: int | None = None) -> Feed[LogLine, LogLine]:
        """Subscribe to a plugin's log lines."""
        return self._roster.find(plugin_id).logs.subscribe(after=after)

    def method(self, method: str, *, plugin: str | None = None) -> MethodSnapshot | None:
        """Describe a method without a picture of its whole plugin; None where no interface file does."""
        return self._route(method, plugin).description

    def calls(self, plugin_id: str) -> tuple[CallSnapshot, ...]:
        """Show the calls of a plugin that have no outcome yet, the oldest first."""
        if self._roster.refusal_of(plugin_id) is not None:
            return ()
        return self._roster.find(plugin_id).calls()

    def cancel_call(self, plugin_id: str, call_id: str, *, by: str = "somebody") -> None:
        """Cancel a call that a plugin works on, or that waits for it."""
        error = CallCancelledError(f"the call was cancelled by {by}")
        if not self._roster.find(plugin_id).cancel_call(call_id, error):
            raise CallNotFoundError(
                f"{plugin_id} works on no call {call_id!r}", hint="it may have ended meanwhile"
            )

    # -- commands

    def facility(self, kind: type[T]) -> T | None:
        """Return what an extension offers of this class."""
        return next((each for each in self._facilities if isinstance(each, kind)), None)

    def provided(self, hook: str, kind: type[T], **arguments: Any) -> list[tuple[str, T]]:
        """Call a `provide` hook that a package beside the host has declared."""
        return self._extensions.collect_named(hook, kind, **arguments)

    def extension_failed(self, extension: str, hook: str, error: BaseException) -> None:
        """Tell that what an extension has provided turned out to be of no use."""
        self._extensions.failed(extension, hook, error)

    def observe_again(self, plugin_id: str) -> None:
        """Ask extensions anew who observes a plugin's calls and messages."""
        self._roster.find(plugin_id).observe_again()

    def noted(self, plugin_id: str, name: str) -> Any:
        """Return what an extension has noted about a plugin."""
        return self._desired.noted(plugin_id, name)

    async def note(self, plugin_id: str, name: str, value: Any) -> None:
        """Keep what an extension notes about a plugin."""
        self.plugin(plugin_id)
        await self._desired.note(plugin_id, name, value)

    def _refuse_if_stopping(self) -> None:
        if self._is_stopping:
            raise HostClosedError("the host is stopping")

    async def load(self, path: Path | str) -> PluginSnapshot:
        """Load a plugin and start it."""
        self._refuse_if_stopping()
        return await self._commands.load(Path(path).absolute())  # noqa: ASYNC240 - asks for the working directory, no more

    async def unload(self, plugin_id: str, *, cascade: bool = False) -> tuple[str, ...]:
        """Stop a plugin and forget it."""
        self._refuse_if_stopping()
        return await self._commands.unload(plugin_id, cascade=cascade)

    def dependents(self, plugin_id: str) -> tuple[str, ...]:
        """Name the plugins that could not run without this one, in the order in which they would stop."""
        if self.plugin(plugin_id).id not in self._fleet.plugins:
            return ()  # it was refused, so nobody was given it
        return self._commands.affected_by(plugin_id)

    async def start(self, plugin_id: str) -> PluginSnapshot:
        """Have a plugin run."""
        self._refuse_if_stopping()
        return await self._commands.start(plugin_id)

    async def stop(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and keep it stopped."""
        self._refuse_if_stopping()
        return await self._commands.stop(plugin_id)

    async def restart(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and start it again."""
        self._refuse_if_stopping()
        return await self._commands.restart(plugin_id)

    async def reload(
        self,
        plugin_id: str,
        *,
        force: bool = False,
        trigger: str = "command",
        folder: Path | str | None = None,
    ) -> PluginSnapshot:
        """Replace a running plugin by what its folder, or another one, holds now."""
        self._refuse_if_stopping()
        place = None if folder is None else Path(folder).absolute()  # noqa: ASYNC240 - asks for the working directory, no more
        return await self._commands.reload(plugin_id, force=force, trigger=trigger, folder=place)

    async def enable(self, plugin_id: str) -> PluginSnapshot:
        """Let a disabled plugin run again, and start it."""
        self._refuse_if_stopping()
        return await self._commands.enable(plugin_id)

    async def disable(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and let nothing start it."""
        self._refuse_if_stopping()
        return await self._commands.disable(plugin_id)

    async def reset(self, plugin_id: str) -> PluginSnapshot:
        """Forget a plugin's failures, and start it if it is to run."""
        self._refuse_if_stopping()
        return await self._commands.reset(plugin_id)

    async def rest(self, plugin_id: str, reason: Reason) -> None:
        """Stop a plugin that starts on demand until its next call."""
        self._refuse_if_stopping()
        await self._commands.rest(plugin_id, reason)

    async def configure(self, plugin_id: str, values: Mapping[str, Any]) -> PluginSnapshot:
        """Set what is laid over the manifest's configuration, and reload the plugin."""
        self._refuse_if_stopping()
        return await self._commands.configure(plugin_id, values)

    async def reload_config(self) -> ConfigChange:
        """Read the host's configuration again and change what it changes."""
        self._refuse_if_stopping()
        return await self._config_reload.run()

    # -- calling

    def _route(self, method: str, plugin: str | None) -> Route:
        try:
            return self._router.find(method, plugin)
        except PluginNotFoundError:
            refused = self._roster.refusal_of(plugin or "")
            if refused is None:
                raise
            raise UnavailableError(
                f"{plugin} was refused: {refused.reason.text}", details={"state": refused.state.value}
            ) from None

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        plugin: str | None = None,
        timeout: float | None = None,
        on_progress: Callable[[float, float | None, str | None], None] | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
        caller: str | None = None,
        on_record: Callable[[int], None] | None = None,
    ) -> Any:
        """Call a method and return its result."""
        if self._is_closed:
            raise HostClosedError("the host is stopping")
        route = self._route(method, plugin)
        context = (
            None
            if traceparent is None and caller is None and on_record is None
            else context_of_trace(traceparent, caller, tracestate, on_record)
        )
        return await route.call({} if params is None else params, timeout, on_progress, context)

    async def call_json(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        plugin: str | None = None,
        timeout: float | None = None,
        on_progress: Callable[[float, float | None, str | None], None] | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
        caller: str | None = None,
        on_record: Callable[[int], None] | None = None,
    ) -> Any:
        """Call a method with binary data in its JSON form."""
        self._refuse_if_closed()
        given = {} if params is None else params
        context = context_of_trace(traceparent, caller, tracestate, on_record)
        return await self._route(method, plugin).call_json(given, timeout, on_progress, context)

    async def call_for(
        self,
        dependent: str,
        method: str,
        params: Mapping[str, Any],
        *,
        plugin: str | None,
        timeout: float | None,
        json: bool,
        context: CallContext,
    ) -> Any:
        """Call what a plugin requires, on its behalf: the provider that was picked for it, unless it names one.

        Also while the host stops: those that are required are stopped last, for what others have to finish.
        """
        if plugin is None:
            plugin = self._fleet.provider_for(dependent, method.rpartition(".")[0])
        route = self._route(method, plugin)
        if json:
            return await route.call_json(params, timeout, None, context)
        return await route.call(params, timeout, None, context)

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise HostClosedError("the host is stopping")

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        plugin: str | None = None,
        timeout: float | None = None,
        json: bool = False,
        on_progress: Callable[[float, float | None, str | None], None] | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
        caller: str | None = None,
        on_record: Callable[[int], None] | None = None,
    ) -> AsyncIterator[CallStream]:
        """Open a streaming call."""
        self._refuse_if_closed()
        route = self._route(method, plugin)
        seconds = STREAM_TIMEOUT if timeout is None else check_timeout(timeout, method)
        given = {} if params is None else params
        context = context_of_trace(traceparent, caller, tracestate, on_record)
        async with open_stream(
            route, given, timeout=seconds, json=json, on_progress=on_progress, context=context
        ) as stream:
            yield stream

    def interface(
        self, name: str, *, plugin: str | None = None, timeout: float | None = None
    ) -> InterfaceProxy:
        """Return an object whose methods are those of the interface: `host.interface("KeyValue").Get(key="a")`."""
        return InterfaceProxy(self, name, plugin=plugin, timeout=timeout)

    # -- what has happened

    def record(self, event: Event) -> None:
        """Publish an event."""
        self._events.record(event)
