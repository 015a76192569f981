"""The host: finds plugins, runs them, and lets them be called."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import trio

from hostcore._version import VERSION
from hostcore.config import HostConfig, PluginOverride
from hostcore.errors import (
    ConfigError,
    HostClosedError,
    HostError,
    LaunchError,
    ManifestError,
    MethodNotFoundError,
    PluginAlreadyLoadedError,
    PluginNotFoundError,
    UnavailableError,
)
from hostcore.events import (
    Event,
    EventsMissed,
    HostStarted,
    HostStopping,
    PluginDiscovered,
    PluginRefused,
    PluginUnloaded,
    Recorded,
)
from hostcore.hooks import CallStream, Extensions, Purpose, RestartContext, RestartDecision
from hostcore.host._broadcast import Broadcast, Feed
from hostcore.host._loaded_plugin import LoadedPlugin
from hostcore.host._proxy import InterfaceProxy
from hostcore.host._routing import Route, Router, check_timeout, unknown_plugin
from hostcore.host._services import serve
from hostcore.host._streams import HostStream
from hostcore.interfaces import schemas_folder
from hostcore.manifest import (
    LimitsSpec,
    Manifest,
    ShutdownSpec,
    configured,
    load_interfaces_of,
    load_manifest,
)
from hostcore.policies import BUILT_IN
from hostcore.snapshots import LogLine, LogSource, MethodSnapshot, PluginSnapshot, PluginState, Reason
from hostcore.supervision import build_if_needed
from hostcore.transports import Deadlines, Guard, Launcher, LaunchSpec, ReverseCall, Spawner, StdioLauncher

STREAM_TIMEOUT: Final = 3600.0
"""Seconds a streaming call has when nobody says otherwise; gRPC has no bound, but every wait here has one."""

STOPPED_AT_EXIT: Final = Reason(code="host-stopping", text="the host is stopping")


@asynccontextmanager
async def open_host(
    config: HostConfig | None = None,
    *,
    on_event: Callable[[Recorded], None] | None = None,
    on_log: Callable[[LogLine], None] | None = None,
) -> AsyncIterator[Host]:
    """Open a host: discover plugins, start them, and wait until each is ready or its first start has failed.

    A plugin that cannot be started does not keep the host from opening: it is listed with its reason. Leaving the
    context stops the plugins and waits for them, within their shutdown limits. When the body is cancelled, they
    are killed at once.

    Args:
        config: how the host is configured; None takes the defaults: no plugins, data in `polyhost-data`.
        on_event: called with each event from the very first on, which nobody can subscribe to in time. It must
            neither block nor raise.
        on_log: the same for each log line of a plugin, those of its build among them.

    Raises:
        ConfigError: a folder of the configuration cannot be used.
        ExtensionError: an extension that the configuration names cannot be loaded.
    """
    failure: BaseException | None = None
    guard = Guard()
    spawner = Spawner(remember=guard.remember, forget=guard.forget)
    try:
        async with trio.open_nursery() as nursery:
            host = Host(
                config or HostConfig(), nursery=nursery, spawner=spawner, on_event=on_event, on_log=on_log
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
        on_event: Callable[[Recorded], None] | None = None,
        on_log: Callable[[LogLine], None] | None = None,
    ) -> None:
        self.config = config
        self.run_id = uuid.uuid4().hex[:12]
        self.version = VERSION
        self.started_at = time.time()
        self._on_event = on_event
        self._on_log = on_log
        self._nursery = nursery
        self._plugins: dict[str, LoadedPlugin] = {}
        self._refused: dict[str, PluginSnapshot] = {}
        self._router = Router()
        self._events: Broadcast[Recorded, EventsMissed] = Broadcast(
            config.limits.event_ring, missed=lambda first, last: EventsMissed(first=first, last=last)
        )
        self._stopping = False
        self._spawner = spawner
        self._deadlines = Deadlines()
        self._launchers: dict[str, Launcher] = {
            "stdio": StdioLauncher(spawner=self._spawner, nursery=nursery, deadlines=self._deadlines)
        }
        limits = config.limits
        self._plugin_limits = LimitsSpec(call_timeout=limits.call_timeout, start_timeout=limits.start_timeout)
        self._plugin_shutdown = ShutdownSpec(grace=limits.shutdown_timeout)
        self._starts = trio.CapacityLimiter(config.limits.concurrent_starts)
        self._extensions = Extensions(report=self.record, disabled=config.extensions.disable)

    def __repr__(self) -> str:
        return f"<Host {self.run_id} plugins={len(self._plugins)} stopping={self._stopping}>"

    # -- opening and closing

    async def _open(self) -> None:
        for name, policy in BUILT_IN.items():
            self._extensions.register(policy(), name=name, origin="built-in")
        self._extensions.load_installed()
        for reference in self.config.extensions.load:
            self._extensions.load(reference)
        try:
            self.config.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"the data folder cannot be made: {error.strerror}",
                location=str(self.config.data),
                hint="name a folder that the host may write to: `data`, or --data",
            ) from error
        self._nursery.start_soon(self._deadlines.run, name="deadlines")
        folders = dict.fromkeys(
            self._extensions.collect("hostcore_provide_manifests", Path, config=self.config)
        )
        async with trio.open_nursery() as starting:
            for folder in folders:
                starting.start_soon(self._load_discovered, folder)
        self.record(HostStarted(version=VERSION, plugins=tuple(sorted(self._plugins))))

    async def _load_discovered(self, folder: Path) -> None:
        try:
            plugin = self._admit(folder)
        except HostError as error:
            name = _name_of(folder)
            if name in self._plugins:
                return  # that name shows the plugin that runs; this one is an event
            self._refused[name] = PluginSnapshot(
                id=name,
                version="",
                description="",
                folder=str(folder),
                transport="",
                state=PluginState.FAILED,
                reason=Reason(code=error.code, text=str(error)),
            )
            return
        override = self.config.plugin.get(plugin.id)
        if override is not None and not override.enabled:
            plugin.supervisor.disable(Reason(code="disabled", text="the configuration says enabled = false"))
            return
        await plugin.supervisor.start()

    async def _close(self) -> None:
        self._stopping = True
        self.record(HostStopping(reason=STOPPED_AT_EXIT))
        try:
            async with trio.open_nursery() as stopping:
                for plugin in self._plugins.values():
                    stopping.start_soon(partial(plugin.supervisor.stop, STOPPED_AT_EXIT, final=True))
        finally:  # also in a hurry: a subscriber elsewhere must not wait for ever
            self._events.close()
            for plugin in self._plugins.values():
                plugin.logs.close()

    # -- facts

    @property
    def is_stopping(self) -> bool:
        """Whether the host has begun to stop."""
        return self._stopping

    @property
    def last_event(self) -> int:
        """The sequence of the latest event, 0 before the first."""
        return self._events.last

    def plugins(self) -> tuple[PluginSnapshot, ...]:
        """Take a picture of all plugins."""
        known = [*(plugin.snapshot() for plugin in self._plugins.values()), *self._refused.values()]
        return tuple(sorted(known, key=lambda each: each.id))

    def plugin(self, plugin_id: str) -> PluginSnapshot:
        """Take a picture of one plugin."""
        refused = self._refused.get(plugin_id) if plugin_id not in self._plugins else None
        return refused if refused is not None else self._find(plugin_id).snapshot()

    def extensions(self) -> tuple[ExtensionSnapshot, ...]:
        """Show all extensions, built-in ones first."""
        return self._extensions.snapshot()

    def events(self, *, after: int | None = None) -> Feed[Recorded, EventsMissed]:
        """Subscribe to events."""
        return self._events.subscribe(after=after)

    def logs(self, plugin_id: str, *, last: int = 100) -> tuple[LogLine, ...]:
        """Return the last kept log lines of a plugin."""
        if plugin_id in self._refused:
            return ()
        ring = self._find(plugin_id).logs.ring
        return tuple(ring)[max(0, len(ring) - last) :]

    def follow_logs(self, plugin_id: str, *, after: int | None = None) -> Feed[LogLine, LogLine]:
        """Subscribe to a plugin's log lines."""
        return self._find(plugin_id).logs.subscribe(after=after)

    def _find(self, plugin_id: str) -> LoadedPlugin:
        plugin = self._plugins.get(plugin_id)
        if plugin is None:
            raise unknown_plugin(plugin_id, self._plugins)
        return plugin

    # -- commands

    def method(self, method: str, *, plugin: str | None = None) -> MethodSnapshot | None:
        """Describe a method without a picture of its whole plugin; None where no interface file does."""
        return self._route(method, plugin).description

    async def load(self, path: Path | str) -> PluginSnapshot:
        """Load a plugin and start it."""
        self._refuse_if_stopping()
        plugin = self._admit(Path(path).absolute())  # noqa: ASYNC240 - asks for the working directory, no more
        await plugin.supervisor.start()
        return self._settled(plugin)

    async def unload(self, plugin_id: str) -> None:
        """Stop a plugin and forget it."""
        self._refuse_if_stopping()
        if self._refused.pop(plugin_id, None) is None:
            plugin = self._find(plugin_id)
            await plugin.supervisor.stop(Reason(code="unloading", text="it is being unloaded"), final=True)
            if self._plugins.get(plugin_id) is not plugin:
                return  # another unload, of the same moment, was faster
            del self._plugins[plugin_id]
            self._router.drop(plugin_id)
            plugin.logs.close()
        self.record(PluginUnloaded(plugin=plugin_id))

    async def restart(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and start it again."""
        self._refuse_if_stopping()
        plugin = self._find(plugin_id)
        await plugin.supervisor.restart()
        return self._settled(plugin)

    def _settled(self, plugin: LoadedPlugin) -> PluginSnapshot:
        if not plugin.is_running:
            raise plugin.supervisor.failure or UnavailableError(
                f"{plugin.id} is {plugin.supervisor.state}: {plugin.supervisor.reason.text}"
            )
        return plugin.snapshot()

    def _refuse_if_stopping(self) -> None:
        if self._stopping:
            raise HostClosedError("the host is stopping")

    def _admit(self, folder: Path) -> LoadedPlugin:
        """Read a plugin's files and know it from now on; a refusal is an event and an error."""
        try:
            manifest = self._overlaid(
                load_manifest(folder, limits=self._plugin_limits, shutdown=self._plugin_shutdown)
            )
            self._refuse_second(manifest)
            plugin = self._make(manifest)
        except HostError as error:
            reason = Reason(code=error.code, text=str(error))
            self.record(PluginRefused(plugin=_name_of(folder), folder=str(folder), reason=reason))
            raise
        self._refused.pop(_name_of(folder), None)
        self._refused.pop(manifest.id, None)
        self._plugins[manifest.id] = plugin
        self._router.put(manifest.id, plugin.routes, plugin.open_route)
        self.record(
            PluginDiscovered(plugin=manifest.id, version=manifest.version, folder=str(manifest.folder))
        )
        return plugin

    def _refuse_second(self, manifest: Manifest) -> None:
        loaded = self._plugins.get(manifest.id)
        if loaded is not None:
            raise PluginAlreadyLoadedError(
                f"a plugin {manifest.id} is loaded already, from {loaded.manifest.folder}",
                location=str(manifest.file),
                hint="unload it first, or give this one another id",
            )

    def _make(self, manifest: Manifest) -> LoadedPlugin:
        launcher = self._launchers.get(manifest.transport)
        if launcher is None:
            raise ManifestError(
                f"there is no transport {manifest.transport}",
                location=str(manifest.file),
                hint=f"this host has: {', '.join(sorted(self._launchers))}",
            )
        folders = [*self.config.interface_folders, schemas_folder() / "interfaces"]
        return LoadedPlugin(
            manifest,
            load_interfaces_of(manifest, folders),
            host=self,
            launcher=launcher,
            nursery=self._nursery,
            starts=self._starts,
            log_lines=self.config.limits.log_lines,
        )

    def _overlaid(self, manifest: Manifest) -> Manifest:
        """Lay what the host's configuration says over the manifest."""
        override = self.config.plugin.get(manifest.id, PluginOverride())
        environment = manifest.environment
        return replace(
            configured(manifest, override.config),
            instances=override.instances or manifest.instances,
            environment=replace(environment, values={**environment.values, **override.env}),
        )

    # -- calling

    def _route(self, method: str, plugin: str | None) -> Route:
        try:
            return self._router.find(method, plugin)
        except PluginNotFoundError:
            refused = self._refused.get(plugin or "")
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
    ) -> Any:
        """Call a method and return its result."""
        if self._stopping:
            raise HostClosedError("the host is stopping")
        route = self._route(method, plugin)
        return await route.call({} if params is None else params, timeout, on_progress)

    async def call_json(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        plugin: str | None = None,
        timeout: float | None = None,
        on_progress: Callable[[float, float | None, str | None], None] | None = None,
    ) -> Any:
        """Call a method with binary data in its JSON form."""
        self._refuse_if_stopping()
        route = self._route(method, plugin)
        validator = route.validator
        given = {} if params is None else params
        if validator is None:
            return await route.call(given, timeout, on_progress)
        result = await route.call(validator.params_from_json(given), timeout, on_progress)
        return validator.to_json(result)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        plugin: str | None = None,
        timeout: float | None = None,
        json: bool = False,
    ) -> AsyncIterator[CallStream]:
        """Open a streaming call."""
        self._refuse_if_stopping()
        route = self._route(method, plugin)
        with route.counted():
            given = {} if params is None else params
            if route.validator is not None:
                if not route.is_streaming:
                    raise MethodNotFoundError(f"{method} is no streaming method", hint="call it with `call`")
                given = route.validator.params_from_json(given) if json else given
                route.validator.check_params(given)
            transport = route.pick()
            seconds = STREAM_TIMEOUT if timeout is None else check_timeout(timeout, method)
            running = transport.stream(method, given, timeout=seconds)
            try:
                yield HostStream(
                    running,
                    route.validator,
                    plugin_json=transport.encoding == "json",
                    caller_json=json,
                )
            finally:
                running.close()

    def interface(
        self, name: str, *, plugin: str | None = None, timeout: float | None = None
    ) -> InterfaceProxy:
        """Return an object whose methods are those of the interface: `host.interface("KeyValue").Get(key="a")`."""
        return InterfaceProxy(self, name, plugin=plugin, timeout=timeout)

    # -- what the loaded plugins need

    async def prepare(self, plugin: LoadedPlugin, instance: int) -> LaunchSpec:
        """Build a plugin if needed and say how to start it."""
        manifest = plugin.manifest
        refusal = self._extensions.decide("hostcore_decide_admission", str, manifest=manifest)
        if refusal is not None:
            raise LaunchError(
                f"{manifest.id} may not be started: {refusal}",
                location=str(manifest.file),
                hint="restore the files, or have whoever trusts them pin them anew",
                details={"reason": "not-admitted"},
            )
        async with plugin.building:
            await build_if_needed(
                manifest,
                environment=self._environment(manifest, Purpose.BUILD),
                spawner=self._spawner,
                heard=partial(plugin.log, instance, LogSource.HOST, "info"),
            )
        command: Sequence[str] | None = self._extensions.decide(
            "hostcore_decide_command",
            Sequence,  # type: ignore[type-abstract] # isinstance takes abstract classes
            manifest=manifest,
        )
        if command is None and manifest.command is None:
            raise LaunchError(
                f"no extension knows the runtime {manifest.runtime}",
                location=str(manifest.file),
                hint="give a `command` instead of `runtime` and `entry`, or enable runtime_commands",
            )
        data = self.config.data.absolute() / "plugins" / manifest.id
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LaunchError(
                f"the data folder of {manifest.id} cannot be made: {error.strerror}",
                location=str(data),
                hint="the host must be able to write into its data folder",
            ) from error
        environment = {
            **self._environment(manifest, Purpose.RUN),
            "POLYHOST_PLUGIN": "1",
            "POLYHOST_PROTOCOL": "1",
            "POLYHOST_DATA_DIR": str(data),
            "POLYHOST_INSTANCE": str(instance),
        }
        limits = manifest.limits
        return LaunchSpec(
            plugin=manifest.id,
            command=command if command is not None else manifest.command or (),
            folder=manifest.folder,
            environment=environment,
            start_timeout=limits.start_timeout,
            frame_limit=limits.frame,
            max_inflight=limits.max_inflight,
            queue_limit=limits.queue,
            cancel_grace=limits.cancel_grace,
            greet=plugin.greeter(host_version=VERSION, data_dir=str(data)),
        )

    def _environment(self, manifest: Manifest, purpose: Purpose) -> Mapping[str, str]:
        decided = self._extensions.decide(
            "hostcore_decide_environment",
            Mapping,  # type: ignore[type-abstract] # isinstance takes abstract classes
            manifest=manifest,
            purpose=purpose,
            environ=dict(os.environ),
        )
        if decided is not None:
            return decided
        return {"PATH": os.environ.get("PATH", os.defpath), **manifest.environment.values}

    def decide_restart(self, context: RestartContext) -> RestartDecision:
        """Ask the hook what follows the end of a process."""
        try:
            decision = self._extensions.decide("hostcore_decide_restart", RestartDecision, context=context)
        except HostError as error:  # its answer: not again
            return RestartDecision(delay=None, text=str(error))
        return decision or RestartDecision(delay=None, text="no extension decides on restarts")

    def record(self, event: Event) -> None:
        """Publish an event."""
        recorded = Recorded(run=self.run_id, sequence=self._events.last + 1, at=time.time(), event=event)
        self._events.publish(recorded)
        if self._on_event is not None:
            self._on_event(recorded)

    def logged(self, line: LogLine) -> None:
        """Pass on a line of a plugin's log."""
        if self._on_log is not None:
            self._on_log(line)

    def called(self, plugin: LoadedPlugin, call: ReverseCall) -> None:
        """Serve a call of a plugin, in a task of its own."""
        note = partial(plugin.log, 0, LogSource.HOST, "error")
        self._nursery.start_soon(
            partial(serve, self, plugin.manifest, call, note=note), name=f"{plugin.id} calls {call.method}"
        )

    def routes_changed(self) -> None:
        """Forget what was worked out about routes."""
        self._router.refresh()


def _name_of(folder: Path) -> str:
    """Return what a plugin is called before its manifest could be read."""
    return folder.parent.name if folder.name == "plugin.toml" else folder.name
