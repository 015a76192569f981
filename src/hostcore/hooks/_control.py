"""The narrow facade of a running host that the API server, the command line and extensions program against."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from hostcore.config import HostConfig
from hostcore.dependencies import StartOrder
from hostcore.events import EventsMissed, Recorded
from hostcore.manifest import Manifest
from hostcore.metrics import MetricFamily
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

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Subscription(Protocol[T_co]):
    """Delivers facts in their order, first those that are kept, then each new one.

    It is an async iterator and an async context manager; leaving the context ends it. It ends by itself (the
    iteration stops) when the host has stopped. Its buffer is bounded: a slow reader gets one marker that says
    what it missed, and goes on after the gap.
    """

    def __aiter__(self) -> AsyncIterator[T_co]: ...
    async def __anext__(self) -> T_co: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *args: object) -> None: ...


class CallStream(Protocol):
    """Is a running streaming call: an async iterator of the items that the plugin sends.

    The iteration ends when the plugin has answered; `result` then holds its answer. What made the call fail is
    raised by the iteration.
    """

    def __aiter__(self) -> AsyncIterator[Any]: ...
    async def __anext__(self) -> Any: ...
    async def send(self, item: Any) -> None:
        """Send one item to the plugin; waits for credit."""

    async def end(self) -> None:
        """Say that no more items will be sent; a second call does nothing."""

    @property
    def result(self) -> Any:
        """The answer, once the iteration has ended."""


class HostControl(Protocol):
    """Is what a program may do with a running host."""

    @property
    def run_id(self) -> str:
        """Identify this run of the host; event ids begin with it."""

    @property
    def version(self) -> str:
        """The version of Polyhost."""

    @property
    def started_at(self) -> float:
        """When the host was opened, seconds since the epoch."""

    @property
    def config(self) -> HostConfig:
        """How the host is configured, as of the latest reading."""

    @property
    def data(self) -> Path:
        """The host's data folder, absolute; it is there. An extension keeps its own under `extensions/<its name>` in it."""

    @property
    def is_stopping(self) -> bool:
        """Whether the host has begun to stop."""

    def plugins(self) -> tuple[PluginSnapshot, ...]:
        """Take a picture of all plugins, sorted by id; those that were refused are among them."""

    def plugin(self, plugin_id: str) -> PluginSnapshot:
        """Take a picture of one plugin; raises `PluginNotFoundError`."""

    def metrics(self) -> tuple[MetricFamily, ...]:
        """Collect the figures that extensions offer for monitoring systems, sorted by name."""

    def method_statistics(self, plugin_id: str) -> Mapping[str, CallStatistics]:
        """Count a plugin's calls by full method name; `(undescribed)` has those of methods that nothing describes.

        Raises `PluginNotFoundError`.
        """

    def event_statistics(self) -> EventStatistics:
        """Say how far those who follow the host's events are behind, and what they have missed."""

    def method(self, method: str, *, plugin: str | None = None) -> MethodSnapshot | None:
        """Describe a method, without the picture of its whole plugin; None where no interface file does.

        Raises `PluginNotFoundError` and `MethodNotFoundError`.
        """

    def manifest(self, plugin_id: str) -> Manifest:
        """Return what a plugin's manifest says, with the host's configuration laid over it.

        Raises `PluginNotFoundError`, also for a plugin whose manifest could not be read.
        """

    def transports(self) -> tuple[str, ...]:
        """Return the names of the transports that manifests may use, sorted."""

    def plugin_config(self, plugin_id: str) -> ConfigSnapshot:
        """Show how a plugin is configured, layer by layer, with its secrets; raises `PluginNotFoundError`."""

    def exits(self, plugin_id: str) -> tuple[ExitReport, ...]:
        """Return how the latest processes of a plugin have ended, the latest at the end, at most 20.

        Raises `PluginNotFoundError`.
        """

    def calls(self, plugin_id: str) -> tuple[CallSnapshot, ...]:
        """Show the calls of a plugin that have no outcome yet, the oldest first, as far as its transport can tell them apart.

        Those that wait for their turn, or for the plugin to start, are among them. Raises `PluginNotFoundError`.
        """

    def cancel_call(self, plugin_id: str, call_id: str, *, by: str = "somebody") -> None:
        """Cancel a call that a plugin works on, or that waits for it: its caller gets `CallCancelledError`, the plugin is told.

        Args:
            plugin_id: the plugin.
            call_id: the `id` of one of `calls`.
            by: who does it, for the caller to see.

        Raises:
            PluginNotFoundError, CallNotFoundError: there is none.
        """

    def start_order(self) -> StartOrder:
        """Return who requires whom, who was picked for it and why, and the waves of starts."""

    def interfaces(self) -> tuple[InterfaceSnapshot, ...]:
        """Take a picture of all interfaces that plugins have, sorted by name, the highest version first.

        Plugins that do not run are among the providers. What only the plugin itself says is known once it has run.
        """

    def interface_of(self, name: str, version: str) -> InterfaceSnapshot:
        """Take a picture of one version of an interface, by its name or one of its further names.

        Raises `InterfaceNotFoundError`.
        """

    def extensions(self) -> tuple[ExtensionSnapshot, ...]:
        """Show all extensions in the order of their registration, built-in policies first."""

    def hooks(self) -> tuple[HookSnapshot, ...]:
        """Show all hooks and who implements them, in calling order."""

    def facility(self, kind: type[T]) -> T | None:
        """Return what an extension offers of this class; None when nobody does, or the extension is disabled."""

    def provided(self, hook: str, kind: type[T], **arguments: Any) -> list[tuple[str, T]]:
        """Call a `provide` hook that a package beside the host has declared; returns each item with whose it is.

        An implementation that fails is named in an event and passed over, as with the host's own hooks.

        Args:
            hook: its name.
            kind: what each item must be.
            arguments: of the hook.
        """

    def extension_failed(self, extension: str, hook: str, error: BaseException) -> None:
        """Tell that what an extension has provided turned out to be of no use; named in an event, as if the hook had failed."""

    def observe_again(self, plugin_id: str) -> None:
        """Ask extensions anew who observes a plugin's calls and messages: what one of them wants has changed.

        Calls that run are still told to those who observed them when they began. Raises `PluginNotFoundError`.
        """

    def noted(self, plugin_id: str, name: str) -> Any:
        """Return what `note` has kept of a plugin, now or in an earlier run of the host; None for nothing.

        Args:
            plugin_id: the plugin; it need not be loaded yet.
            name: the extension's.
        """

    async def note(self, plugin_id: str, name: str, value: Any) -> None:
        """Keep what an operator wants of an extension for a plugin, as what commands ask for is kept: until it is unloaded.

        Args:
            plugin_id: the plugin.
            name: the extension's, so that none takes what is another's.
            value: JSON-compatible; small, it is held in memory.

        Raises:
            PluginNotFoundError: there is none of this id.
            ConfigError: it cannot be written, or is no JSON; what was noted before still holds.
            HostClosedError: the host has stopped.
        """

    async def load(self, path: Path | str) -> PluginSnapshot:
        """Load the plugin in a folder (or of a `plugin.toml`) and start it; waits until it is ready or has failed.

        What it requires is started first. A plugin that starts on demand is ready when it is known.

        Raises `ManifestError`, `InterfaceError`, `PluginAlreadyLoadedError`, `HostClosedError`, `DependencyError`, and
        what its start raised: `LaunchError`, `HandshakeError`, `IncompatibleError`, `CrashedError`. A plugin whose
        start failed stays listed with its reason.
        """

    async def unload(self, plugin_id: str, *, cascade: bool = False) -> tuple[str, ...]:
        """Stop a plugin and forget it; returns the ids of what was unloaded, in that order.

        Args:
            plugin_id: the plugin.
            cascade: unload those that require it, too, before it.

        Raises:
            PluginNotFoundError: there is none of this id.
            PluginRequiredError: others require it and nothing else provides what they need; `details` names them.
        """

    def dependents(self, plugin_id: str) -> tuple[str, ...]:
        """Name the plugins that could not run without this one, directly or not, in the order in which they would stop.

        They are what `unload` with `cascade` takes along. Who could be given another provider, or does without, is not
        among them. Raises `PluginNotFoundError`.
        """

    async def start(self, plugin_id: str) -> PluginSnapshot:
        """Have a plugin run; waits until it is ready or has failed, and raises as `load`.

        Raises `UnavailableError` for one that is disabled.
        """

    async def stop(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and keep it stopped, over restarts of the host, too; raises `PluginNotFoundError`."""

    async def restart(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and start it again; waits until it is ready or has failed, and raises as `load`."""

    async def reload(
        self,
        plugin_id: str,
        *,
        force: bool = False,
        trigger: str = "command",
        folder: Path | str | None = None,
    ) -> PluginSnapshot:
        """Replace a running plugin by what its folder holds now, without failing a call; one at rest is only read anew.

        Returns when the new incarnation serves; the old one may still finish its calls then. One that was refused is
        looked at again.

        Args:
            plugin_id: the plugin.
            force: also when the new version breaks what others use.
            trigger: what has caused it, for the event.
            folder: where the new version is; the plugin is that folder's from then on, in later runs of the host, too.
                None for the folder that it has now.

        Raises:
            PluginNotFoundError: there is none of this id.
            ReloadError: the new version may not or cannot take over, and why; the old one serves on.
        """

    async def enable(self, plugin_id: str) -> PluginSnapshot:
        """Let a disabled plugin run again, and start it; raises as `start`."""

    async def disable(self, plugin_id: str) -> PluginSnapshot:
        """Stop a plugin and let nothing start it until it is enabled; raises `PluginNotFoundError`."""

    async def reset(self, plugin_id: str) -> PluginSnapshot:
        """Forget a plugin's restarts and failures, and start it if it is to run; raises as `start`."""

    async def rest(self, plugin_id: str, reason: Reason) -> None:
        """Stop a plugin that starts on demand until its next call; does nothing while it has calls.

        Raises `PluginNotFoundError`.
        """

    async def configure(self, plugin_id: str, values: Mapping[str, Any]) -> PluginSnapshot:
        """Set what is laid over the manifest's configuration, whole, and reload the plugin with it.

        Raises `ConfigError` for values that do not fit the plugin's schema or cannot be kept, else as `reload`; nothing has
        changed then. One without a process has the values before it is started: it keeps them whatever its start raises.
        """

    async def reload_config(self) -> ConfigChange:
        """Read the host's configuration again and change what it changes, no more.

        Raises `ConfigError` when it is wrong, or when the host was opened without a place to read it from; nothing
        has changed then.
        """

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
        """Call a method and return its result.

        Args:
            method: `Interface.Method`.
            params: the argument object.
            plugin: the provider to take; None takes any ready one that provides the interface.
            timeout: seconds from now; None takes the method's own, the plugin's or the host's default.
            on_progress: called with progress, total and message of each report; must not block.
            traceparent: the W3C trace context that the call belongs to; what is none is passed over.
            tracestate: what vendors say about that trace; what is none is passed over.
            caller: what the caller is called where calls in flight are shown.
            on_record: called with the id of the call's record, at once, if anybody observes the plugin's calls; must not raise.

        Raises:
            MethodNotFoundError, InvalidParamsError, InvalidResultError, CallFailedError, CallTimedOutError,
            OverloadedError, TooLargeError: about this call.
            PluginNotFoundError, UnavailableError, CrashedError, MisbehavedError: about the plugin.
            HostClosedError: the host stops.
        """

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
        """Do what `call` does with binary data in its JSON form, `{"$bytes": "<base64>"}`, both ways."""

    def stream(
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
    ) -> AbstractAsyncContextManager[CallStream]:
        """Open a streaming call; leaving the context early cancels it. `json` as in `call_json`, the rest as in `call`."""

    def events(self, *, after: int | None = None) -> Subscription[Recorded | EventsMissed]:
        """Subscribe to events; `after` asks for kept ones with a higher sequence, None only for new ones."""

    @property
    def last_event(self) -> int:
        """The sequence of the latest event, 0 before the first."""

    def logs(self, plugin_id: str, *, last: int = 100) -> tuple[LogLine, ...]:
        """Return the last kept log lines of a plugin; raises `PluginNotFoundError`."""

    def follow_logs(self, plugin_id: str, *, after: int | None = None) -> Subscription[LogLine]:
        """Subscribe to a plugin's log lines; `after` as in `events`. A gap shows in the sequence numbers."""
