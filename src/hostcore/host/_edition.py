"""One edition of a plugin: a manifest with its interfaces and routes. A reload puts a new one in its place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from hostcore.errors import IncompatibleError
from hostcore.events import Event
from hostcore.hooks import HealthContext, HealthDecision, RestartContext, RestartDecision
from hostcore.host._decisions import Decisions
from hostcore.host._route import Route
from hostcore.host._tally import CallCounter
from hostcore.interfaces import Interface, InterfaceVersion, Method, MethodValidator, VersionError
from hostcore.manifest import Manifest
from hostcore.protocol import Feature, HostHello, PluginHello
from hostcore.snapshots import LogSource, MethodSnapshot, Reason
from hostcore.supervision import Usage
from hostcore.transports import CallContext, Greet, LaunchSpec, ReverseCall, Transport

FEATURES = frozenset(Feature)
"""What this host has of the protocol's optional behaviour: all of it."""


_NOTHING: Mapping[str, Interface] = MappingProxyType({})


class EditionOwner(Protocol):
    """Is what an edition asks of its plugin, which outlives it."""

    counter: CallCounter

    async def prepare(self, edition: Edition, instance: int) -> LaunchSpec:
        """Build it if needed and say how to start it."""

    def usage(self, session: int) -> Usage | None:
        """Measure what processes use."""

    def recycle(self, instance: int, reason: Reason) -> None:
        """Have an instance replaced."""

    def record(self, event: Event) -> None:
        """Publish an event."""

    def log(self, instance: int, source: LogSource, level: str, message: str, **more: Any) -> None:
        """Keep a log line."""

    def called(self, edition: Edition, call: ReverseCall) -> None:
        """Serve a call of the plugin."""

    def transport_failed(self, instance: int, error: Exception) -> None:
        """Learn of a fault of the plugin's transport."""

    def routes_made(self, edition: Edition) -> None:
        """Learn that an edition has other routes: its plugin has described itself."""

    def ready_changed(self, edition: Edition) -> None:
        """Learn that the set of ready instances has changed."""

    def state_changed(self) -> None:
        """Learn that the plugin has another state or reason."""

    async def wait_callable(
        self, route: Route, timeout: float, context: CallContext | None, call_id: str, *, is_streaming: bool
    ) -> Route:
        """Wait until a call can be made; raises `HostError` when it cannot."""


class Edition:
    """Binds a manifest to its interfaces and routes, and is the surroundings of the instances made from it.

    Args:
        manifest: as below.
        interfaces: as below.
        owner: the plugin.
        decisions: what extensions decide.

    Attributes:
        manifest: the manifest, with what the host's configuration says laid over it.
        interfaces: by name, those that it provides and whose files were found.
        ready: connections that calls may be made over; empty while calls wait.
        described: by name, those that the plugin itself has described, without those of `interfaces`; one may stand
            under further names, too.
        routes: by full method name.
    """

    def __init__(
        self,
        manifest: Manifest,
        interfaces: Mapping[str, Interface],
        *,
        owner: EditionOwner,
        decisions: Decisions,
    ) -> None:
        self.manifest = manifest
        self.interfaces = interfaces
        self.ready: list[Transport] = []
        self._owner = owner
        self._decisions = decisions
        self.described: Mapping[str, Interface] = {}
        self.routes = self._routes_of(interfaces)
        self._own_routes = self.routes
        self._hello: PluginHello | None = None

    def __repr__(self) -> str:
        return f"<Edition {self.manifest.id} {self.manifest.version}>"

    @property
    def provides(self) -> Mapping[str, str]:
        """Interface name to version: what the manifest says, or else the hello; and what the plugin has described."""
        said = self.manifest.provides or (self._hello.interfaces if self._hello is not None else {})
        own = {name: str(each.version) for name, each in self.described.items() if name == each.name}
        return {**own, **said}

    @property
    def methods(self) -> tuple[MethodSnapshot, ...]:
        """Descriptions of the methods that are known, each once, whatever other names it has."""
        known = (each.description for each in self.routes.values())
        return tuple({each.name: each for each in known if each is not None}.values())

    def _routes_of(self, interfaces: Mapping[str, Interface]) -> dict[str, Route]:
        return {
            f"{name}.{method.name}": self._route(f"{name}.{method.name}", method)
            for name, interface in interfaces.items()
            for method in interface.methods.values()
        }

    def _take_described(self, described: Mapping[str, Interface]) -> None:
        """Make routes for the interfaces that the plugin itself has described; those with files stay as they are."""
        new = {name: each for name, each in described.items() if name not in self.interfaces}
        if new != self.described:
            self.described = new
            self.routes = {**self._routes_of(new), **self._own_routes}
            self._owner.routes_made(self)

    def _route(self, name: str, method: Method | None) -> Route:
        description = _describe(method) if method is not None else None
        return Route(
            name,
            MethodValidator(method, mode=self.manifest.validation) if method is not None else None,
            plugin=self.manifest.id,
            description=description,
            timeout=self._decisions.deadline(self.manifest, description),
            transports=self.ready,
            counter=self._owner.counter,
            interception=self._decisions.interception(self.manifest, name),
            wait_callable=self._owner.wait_callable,
        )

    def open_route(self, name: str) -> Route | None:
        """Make a route for a method of an interface that manifest or hello name and nothing describes."""
        interface = name.rpartition(".")[0]
        if interface not in self.provides or interface in self.interfaces or interface in self.described:
            return None
        return self._route(name, None)

    def greeter(self, *, host_version: str, data_dir: str) -> Greet:
        """Return what makes the host's hello from the plugin's; it raises `IncompatibleError`."""

        def greet(hello: PluginHello, described: Mapping[str, Interface] = _NOTHING, /) -> HostHello:
            self._compare(hello)
            self._hello = hello
            self._take_described(described)
            return HostHello(
                host_name="polyhost",
                host_version=host_version,
                interfaces=dict(self.provides),
                features=sorted(FEATURES & set(hello.features)),
                config=dict(self.manifest.config.values),
                data_dir=data_dir,
                services=["Host", *(each for each in self.manifest.requires.interfaces if each != "Host")],
            )

        return greet

    def _compare(self, hello: PluginHello) -> None:
        """Hold the hello against the manifest: the interfaces and their majors must agree."""
        manifest = self.manifest
        for name, version in manifest.provides.items():
            said = hello.interfaces.get(name)
            if said is None:
                raise IncompatibleError(
                    f"{manifest.id} does not have {name} {version}, which its manifest promises",
                    location=str(manifest.file),
                    hint=f"its hello has: {', '.join(sorted(hello.interfaces)) or 'no interface'}",
                    details={"interface": name},
                )
            if not _same_major(said, version):
                raise IncompatibleError(
                    f"{manifest.id} has {name} {said}, and its manifest promises {version}",
                    location=str(manifest.file),
                    hint="make the major version in the manifest and in the hello the same",
                    details={"interface": name},
                )

    # -- the surroundings of its instances

    async def prepare(self, _manifest: Manifest, instance: int) -> LaunchSpec:
        """Build it if needed and say how to start it."""
        return await self._owner.prepare(self, instance)

    def decide_restart(self, context: RestartContext) -> RestartDecision:
        """Ask the hook."""
        return self._decisions.restart(context)

    def decide_health(self, context: HealthContext) -> HealthDecision | None:
        """Ask the hook."""
        return self._decisions.health(context)

    def usage(self, session: int) -> Usage | None:
        """Measure what processes use."""
        return self._owner.usage(session)

    def recycle(self, instance: int, reason: Reason) -> None:
        """Have an instance replaced."""
        self._owner.recycle(instance, reason)

    def record(self, event: Event) -> None:
        """Publish an event."""
        self._owner.record(event)

    def log(self, instance: int, source: LogSource, level: str, message: str, **more: Any) -> None:
        """Keep a log line."""
        self._owner.log(instance, source, level, message, **more)

    def called(self, call: ReverseCall) -> None:
        """Serve a call of the plugin."""
        self._owner.called(self, call)

    def transport_failed(self, instance: int, error: Exception) -> None:
        """Tell whose transport it is."""
        self._owner.transport_failed(instance, error)

    def ready_changed(self) -> None:
        """Take the ready instances into the routes."""
        self._owner.ready_changed(self)

    def state_changed(self) -> None:
        """Tell the plugin."""
        self._owner.state_changed()


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
