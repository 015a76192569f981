"""The host: finds plugins, runs them, and lets them be called."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
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
    MethodNotFoundError,
    PluginNotFoundError,
    UnavailableError,
)
from hostcore.events import ConfigReloaded, Event, EventsMissed, HostStarted, HostStopping, Recorded
from hostcore.hooks import (
    CallStream,
    Extensions,
    TransportContext,
    TransportOffer,
)
from hostcore.host._background import Background
from hostcore.host._broadcast import Broadcast, Feed
from hostcore.host._catalog import Catalog
from hostcore.host._commands import Commands, no_source
from hostcore.host._config_reload import take_over
from hostcore.host._desired_state import DesiredState
from hostcore.host._interfaces import find_interface, show_interfaces
from hostcore.host._offered_transports import OfferedLauncher, OfferedTasks
from hostcore.host._planner import CLOSING
from hostcore.host._proxy import InterfaceProxy
from hostcore.host._routing import Route, check_timeout, with_trace
from hostcore.host._streams import HostStream
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
    Launcher,
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
        self.version = VERSION
        self.started_at = time.time()
        self.data = config.data.absolute()
        self._on_event = on_event
        self._on_log = on_log
        self._reread = reread
        self._nursery = nursery
        self._desired = desired
        self._is_stopping = False
        self._is_closed = False
        self._events: Broadcast[Recorded, EventsMissed] = Broadcast(
            config.limits.event_ring, missed=lambda first, last: EventsMissed(first=first, last=last)
        )
        self._spawner = spawner
        self._deadlines = Deadlines()
        self._facilities: list[object] = []
        self._changing_config = trio.StrictFIFOLock()
        self._extensions = Extensions(
            report=self.record, disabled=config.extensions.disable, declarations=declarations
        )
        self._background = Background(self._extensions, nursery)
        launchers: dict[str, Launcher] = {
            "stdio": StdioLauncher(spawner=spawner, nursery=nursery, deadlines=self._deadlines)
        }
        self._catalog = Catalog(config, launchers)
        surroundings = Surroundings(
            self,
            extensions=self._extensions,
            catalog=self._catalog,
            nursery=nursery,
            spawner=spawner,
            data=self.data,
            record=self.record,
            logged=self._logged,
        )
        self._router = surroundings.router
        self._fleet = surroundings.fleet
        self._commands = Commands(
            catalog=self._catalog,
            fleet=self._fleet,
            router=self._router,
            reloader=surroundings.reloader,
            desired=desired,
            make=surroundings.make,
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
            self._commands.discover(folder)
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
        self._take_transports("hostcore_provide_transports")

    def _take_transports(self, hook: str) -> None:
        tasks = OfferedTasks(self._nursery, failed=partial(self._extensions.failed, "(some transport)", hook))
        context = TransportContext(spawner=self._spawner, nursery=tasks, deadlines=self._deadlines)
        for extension, offer in self._extensions.collect_named(hook, TransportOffer, context=context):
            failed = partial(self._extensions.failed, extension, hook)
            if offer.name in self._catalog.launchers:
                failed(ValueError(f"there is a transport {offer.name} already"))
            else:
                self._catalog.launchers[offer.name] = OfferedLauncher(offer.launcher, failed=failed)

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
        return tuple(sorted([*known, *self._commands.refused.values()], key=lambda each: each.id))

    def plugin(self, plugin_id: str) -> PluginSnapshot:
        """Take a picture of one plugin."""
        if plugin_id not in self._fleet.plugins and plugin_id in self._commands.refused:
            return self._commands.refused[plugin_id]
        return self._commands.find(plugin_id).snapshot()

    def metrics(self) -> tuple[MetricFamily, ...]:
        """Collect the figures that extensions offer."""
        hook = "hostcore_provide_metrics"
        families: dict[str, MetricFamily] = {}
        # Those that were registered first have the first claim to a name: policies before extensions.
        for extension, family in reversed(self._extensions.collect_named(hook, MetricFamily, host=self)):
            if family.name in families:
                self._extensions.failed(
                    extension, hook, ValueError(f"there is a metric {family.name} already")
                )
            else:
                families[family.name] = family
        return tuple(family for _, family in sorted(families.items()))

    def method_statistics(self, plugin_id: str) -> Mapping[str, CallStatistics]:
        """Count a plugin's calls by method."""
        if plugin_id not in self._fleet.plugins and plugin_id in self._commands.refused:
            return {}
        return self._commands.find(plugin_id).counter.methods()

    def event_statistics(self) -> EventStatistics:
        """Say how far those who follow the host's events are behind."""
        return self._events.statistics()

    def manifest(self, plugin_id: str) -> Manifest:
        """Return a plugin's manifest."""
        return self._commands.find(plugin_id).manifest

    def transports(self) -> tuple[str, ...]:
        """Return the names of the transports that manifests may use."""
        return tuple(sorted(self._catalog.launchers))

    def plugin_config(self, plugin_id: str) -> ConfigSnapshot:
        """Show how a plugin is configured."""
        plugin = self._commands.find(plugin_id)
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
        if plugin_id not in self._fleet.plugins and plugin_id in self._commands.refused:
            return ()
        return tuple(self._commands.find(plugin_id).exits)

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
        if plugin_id in self._commands.refused:
            return ()
        ring = self._commands.find(plugin_id).logs.ring
        return tuple(ring)[max(0, len(ring) - last) :]

    def follow_logs(self, plugin_id: str, *, after: int | None = None) -> Feed[LogLine, LogLine]:
        """Subscribe to a plugin's log lines."""
        return self._commands.find(plugin_id).logs.subscribe(after=after)

    def method(self, method: str, *, plugin: str | None = None) -> MethodSnapshot | None:
        """Describe a method without a picture of its whole plugin; None where no interface file does."""
        return self._route(method, plugin).description

    def calls(self, plugin_id: str) -> tuple[CallSnapshot, ...]:
        """Show the calls of a plugin that have no outcome yet, the oldest first."""
        if plugin_id not in self._fleet.plugins and plugin_id in self._commands.refused:
            return ()
        plugin = self._commands.find(plugin_id)
        found = [call for each in plugin.supervisor.transports for call in each.calls()]
        found += plugin.waiting_calls.show()
        return tuple(sorted(found, key=lambda call: call.started_at))

    def cancel_call(self, plugin_id: str, call_id: str, *, by: str = "somebody") -> None:
        """Cancel a call that a plugin works on, or that waits for it."""
        error = CallCancelledError(f"the call was cancelled by {by}")
        plugin = self._commands.find(plugin_id)
        found = any(each.cancel(call_id, error) for each in plugin.supervisor.transports)
        if not (found or plugin.waiting_calls.cancel(call_id, error)):
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
        self._commands.find(plugin_id).observe_again()

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
        if self._reread is None:
            raise no_source()
        new = self._reread()
        changes: list[ConfigChange] = []
        done = trio.Event()

        async def change() -> None:
            try:
                async with self._changing_config:
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
        change = await take_over(
            new,
            catalog=self._catalog,
            fleet=self._fleet,
            commands=self._commands,
            folders=[folder for _, folder in named],
            may_unload=not broken,
        )
        text = "it did not name its plugins, so none was unloaded"
        change = replace(change, failed={**change.failed, **dict.fromkeys(broken, text)})
        self.record(ConfigReloaded(change=change))
        return change

    # -- calling

    def _route(self, method: str, plugin: str | None) -> Route:
        try:
            return self._router.find(method, plugin)
        except PluginNotFoundError:
            refused = self._commands.refused.get(plugin or "")
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
        return await _call_json(self._route(method, plugin), given, timeout, on_progress, context)

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
            return await _call_json(route, params, timeout, None, context)
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
        with route.counted(given, context) as attempt:
            if route.validator is not None:
                if not route.is_streaming:
                    raise MethodNotFoundError(f"{method} is no streaming method", hint="call it with `call`")
                given = route.validator.params_from_json(given) if json else given
            info = route.describe(given, seconds, context, streaming=True)
            with route.intercepted(info, attempt):
                attempt.params = info.params
                if route.validator is not None:
                    route.validator.check_params(info.params)
                if not route.transports:
                    route, seconds, context = await route.wait_callable(seconds, context, attempt.record)
                transport = route.pick()
                context = with_trace(context, info)
                running = transport.stream(
                    method,
                    info.params,
                    timeout=seconds,
                    on_progress=on_progress,
                    context=context,
                    record=attempt.record,
                )
                stream = HostStream(
                    running,
                    route.validator,
                    plugin_json=transport.encoding == "json",
                    caller_json=json,
                    outcome=attempt,
                )
                try:
                    yield stream
                finally:
                    running.close()

    def interface(
        self, name: str, *, plugin: str | None = None, timeout: float | None = None
    ) -> InterfaceProxy:
        """Return an object whose methods are those of the interface: `host.interface("KeyValue").Get(key="a")`."""
        return InterfaceProxy(self, name, plugin=plugin, timeout=timeout)

    # -- what has happened

    def record(self, event: Event) -> None:
        """Publish an event."""
        recorded = Recorded(run=self.run_id, sequence=self._events.last + 1, at=time.time(), event=event)
        self._events.publish(recorded)
        if self._on_event is not None:
            self._on_event(recorded)

    def _logged(self, line: LogLine) -> None:
        """Pass on a line of a plugin's log."""
        if self._on_log is not None:
            self._on_log(line)


async def _call_json(
    route: Route,
    params: Mapping[str, Any],
    timeout: float | None,
    on_progress: Callable[[float, float | None, str | None], None] | None,
    context: CallContext | None,
) -> Any:
    validator = route.validator
    if validator is None:
        return await route.call(params, timeout, on_progress, context)
    result = await route.call(validator.params_from_json(params), timeout, on_progress, context)
    return validator.to_json(result)
