"""One loaded plugin: its manifest and interfaces, its supervisor, its log and its routes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import trio

from hostcore.errors import IncompatibleError
from hostcore.events import Event
from hostcore.hooks import RestartContext, RestartDecision
from hostcore.host._broadcast import Broadcast
from hostcore.host._routing import CallCounter, Route
from hostcore.interfaces import Interface, InterfaceVersion, Method, MethodValidator, VersionError
from hostcore.manifest import Manifest
from hostcore.protocol import Feature, HostHello, PluginHello
from hostcore.snapshots import LogLine, LogSource, MethodSnapshot, PluginSnapshot, PluginState
from hostcore.supervision import PluginSupervisor
from hostcore.transports import Launcher, LaunchSpec, ReverseCall

FEATURES = frozenset({Feature.CANCEL, Feature.PROGRESS, Feature.STREAMS, Feature.REVERSE, Feature.ASYNC})
"""What this host has of the protocol's optional behaviour."""


class HostServices(Protocol):
    """Is what a loaded plugin needs of its host."""

    async def prepare(self, plugin: LoadedPlugin, instance: int) -> LaunchSpec:
        """Build it if needed and say how to start it."""

    def decide_restart(self, context: RestartContext) -> RestartDecision:
        """Ask the hook."""

    def record(self, event: Event) -> None:
        """Publish an event."""

    def logged(self, line: LogLine) -> None:
        """Learn of a line that was logged."""

    def called(self, plugin: LoadedPlugin, call: ReverseCall) -> None:
        """Serve a call of the plugin."""

    def routes_changed(self) -> None:
        """Learn that its ready instances have changed."""


class LoadedPlugin:
    """Binds together all there is of one plugin in a host, and is the surroundings of its supervisor.

    Attributes:
        manifest: the manifest, with what the host's configuration says laid over it.
        interfaces: by name, those that it provides and whose files were found.
        supervisor: runs it.
        logs: its log.
        counter: counts its calls.
        building: held while it is built: its instances share one folder.
        routes: by full method name.
    """

    def __init__(
        self,
        manifest: Manifest,
        interfaces: Mapping[str, Interface],
        *,
        host: HostServices,
        launcher: Launcher,
        nursery: trio.Nursery,
        starts: trio.CapacityLimiter,
        log_lines: int,
    ) -> None:
        self.manifest = manifest
        self.interfaces = interfaces
        self.logs: Broadcast[LogLine, LogLine] = Broadcast(log_lines, missed=lambda _first, _last: None)
        self.counter = CallCounter()
        self.building = trio.Lock()
        self._host = host
        self._hello: PluginHello | None = None
        self._ready: list[Any] = []
        self.supervisor = PluginSupervisor(
            manifest, launcher=launcher, environs=self, nursery=nursery, starts=starts
        )
        self.routes = {
            method.full_name: self._route(method.full_name, method)
            for interface in interfaces.values()
            for method in interface.methods.values()
        }
        self._methods = tuple(
            route.description for route in self.routes.values() if route.description is not None
        )

    def __repr__(self) -> str:
        return f"<LoadedPlugin {self.manifest.id} {self.supervisor.state}>"

    @property
    def id(self) -> str:
        """The manifest's id."""
        return self.manifest.id

    def _route(self, name: str, method: Method | None) -> Route:
        own = method.timeout_ms / 1000 if method is not None and method.timeout_ms is not None else None
        return Route(
            name,
            MethodValidator(method, mode=self.manifest.validation) if method is not None else None,
            description=_describe(method) if method is not None else None,
            timeout=own or self.manifest.limits.call_timeout,
            transports=self._ready,
            counter=self.counter,
            unavailable=self.supervisor.unavailable,
        )

    def open_route(self, name: str) -> Route | None:
        """Make a route for a method of an interface that the hello names and no file describes."""
        interface = name.partition(".")[0]
        if self._hello is None or interface in self.interfaces or interface not in self._hello.interfaces:
            return None
        return self._route(name, None)

    def snapshot(self) -> PluginSnapshot:
        """Take a picture."""
        supervisor = self.supervisor
        instances = supervisor.instances
        requires = self.manifest.requires.interfaces
        return PluginSnapshot(
            id=self.id,
            version=self.manifest.version,
            description=self.manifest.description,
            folder=str(self.manifest.folder),
            transport=self.manifest.transport,
            state=supervisor.state,
            reason=supervisor.reason,
            encoding=next((each.encoding for each in supervisor.transports), None),
            pid=next((each.pid for each in instances if each.pid is not None), None),
            instances=instances,
            provides=dict(self._provided()),
            requires={name: str(each.range) for name, each in requires.items()},
            methods=self._methods,
            restarts=supervisor.restarts,
            statistics=self.counter.snapshot(),
            last_exit=supervisor.last_exit,
        )

    def _provided(self) -> Mapping[str, str]:
        if self.manifest.provides or self._hello is None:
            return self.manifest.provides
        return self._hello.interfaces

    @property
    def is_running(self) -> bool:
        """Whether any instance is ready."""
        return self.supervisor.state in {PluginState.READY, PluginState.DEGRADED}

    # -- the surroundings of its supervisor

    async def prepare(self, _manifest: Manifest, instance: int) -> LaunchSpec:
        """Build it if needed and say how to start it."""
        return await self._host.prepare(self, instance)

    def greeter(self, *, host_version: str, data_dir: str) -> Callable[[PluginHello], HostHello]:
        """Return what makes the host's hello from the plugin's; it raises `IncompatibleError`."""

        def greet(hello: PluginHello) -> HostHello:
            self._compare(hello)
            self._hello = hello
            services = ["Host", *self.manifest.requires.interfaces]
            return HostHello(
                host_name="polyhost",
                host_version=host_version,
                interfaces=dict(self._provided()),
                features=sorted(FEATURES & set(hello.features)),
                config=dict(self.manifest.config.values),
                data_dir=data_dir,
                services=services,
            )

        return greet

    def _compare(self, hello: PluginHello) -> None:
        """Hold the hello against the manifest: the interfaces and their majors must agree."""
        for name, version in self.manifest.provides.items():
            said = hello.interfaces.get(name)
            if said is None:
                raise IncompatibleError(
                    f"{self.id} does not have {name} {version}, which its manifest promises",
                    location=str(self.manifest.file),
                    hint=f"its hello has: {', '.join(sorted(hello.interfaces)) or 'no interface'}",
                    details={"interface": name},
                )
            if not _same_major(said, version):
                raise IncompatibleError(
                    f"{self.id} has {name} {said}, and its manifest promises {version}",
                    location=str(self.manifest.file),
                    hint="make the major version in the manifest and in the hello the same",
                    details={"interface": name},
                )

    def decide_restart(self, context: RestartContext) -> RestartDecision:
        """Ask the host's hook."""
        return self._host.decide_restart(context)

    def record(self, event: Event) -> None:
        """Publish an event."""
        self._host.record(event)

    def log(self, instance: int, source: LogSource, level: str, message: str, **more: Any) -> None:
        """Keep a log line."""
        line = LogLine(
            sequence=self.logs.last + 1,
            at=time.time(),
            plugin=self.id,
            instance=instance,
            source=source,
            level=level,
            message=message,
            logger=more.get("logger"),
            fields=more.get("fields") or {},
        )
        self.logs.publish(line)
        self._host.logged(line)

    def called(self, call: ReverseCall) -> None:
        """Have the host serve a call of the plugin."""
        self._host.called(self, call)

    def ready_changed(self) -> None:
        """Take the ready instances into the routes."""
        self._ready[:] = self.supervisor.transports
        self._host.routes_changed()


def _same_major(said: str, promised: str) -> bool:
    try:
        return InterfaceVersion.parse(said).major == InterfaceVersion.parse(promised).major
    except VersionError:  # the hello's: the manifest's was checked when it was read
        return False


def _describe(method: Method) -> MethodSnapshot:
    return MethodSnapshot(
        name=method.full_name,
        description=method.description,
        params=method.params,
        result=method.result,
        stream_in=method.stream.in_,
        stream_out=method.stream.out,
        idempotent=method.idempotent,
        read_only=method.read_only,
        timeout_ms=method.timeout_ms,
        deprecated=method.deprecated,
    )
