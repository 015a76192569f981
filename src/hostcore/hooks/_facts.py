"""Facts that hooks take and give, beside those of the rooms below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from hostcore.dependencies import Dependency
from hostcore.interfaces import Interface
from hostcore.manifest import Manifest
from hostcore.snapshots import PluginState, Verification
from hostcore.transports import (
    CallRecord,
    Deadlines,
    Launcher,
    MessageRecord,
    Spawner,
    TaskStarter,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TransportContext:
    """Is what a transport may build on.

    Attributes:
        spawner: starts processes; the only way in which an extension may start a plugin's.
        nursery: runs the transport's tasks; it outlives every launch. A task that raises is named in an event and
            ended, and all others go on.
        deadlines: the host's heap of deadlines.
    """

    spawner: Spawner
    nursery: TaskStarter
    deadlines: Deadlines


@dataclass(frozen=True, kw_only=True, slots=True)
class TransportOffer:
    """Is a transport under the name that manifests call it by.

    Attributes:
        name: what `transport = "…"` says.
        launcher: starts plugins that speak it.
    """

    name: str
    launcher: Launcher


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteCandidate:
    """Is a plugin that provides what is called.

    Attributes:
        plugin: its id.
        version: of the interface.
        state: the plugin's state.
        callable: whether a call can be made now, or after the plugin was started for it.
    """

    plugin: str
    version: str
    state: PluginState
    callable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReloadContext:
    """Tells everything that an objection to a reload may depend on.

    Attributes:
        old: the manifest of the version that runs.
        new: the manifest of the version that is to take over.
        old_interfaces: by name, what interface files, or the old version itself, describe.
        new_interfaces: the same of the new version.
        dependents: the requirements of other plugins that this one was picked for.
    """

    old: Manifest
    new: Manifest
    old_interfaces: Mapping[str, Interface]
    new_interfaces: Mapping[str, Interface]
    dependents: tuple[Dependency, ...] = ()


@dataclass(kw_only=True, slots=True)
class CallInfo:
    """Is one call as interceptors see it, from before it is sent until its outcome.

    Attributes:
        plugin: id of the plugin that is called.
        method: full name of the method.
        params: what is sent; `before` may put other params in its place, which are checked like the caller's own.
        caller: id of the plugin that makes the call, or None for one from outside.
        timeout: seconds that it has.
        streaming: whether items go to and fro; the result is then the trailer.
        started_at: when it was made, seconds since the epoch.
        traceparent: the W3C trace context that is sent along, or None; `before` may put another one in its place, which
            the calls that the plugin makes in this one get, too.
        tracestate: what vendors say about that trace, or None; goes where `traceparent` goes.
        notes: for the interceptor itself, to remember something until the outcome.
    """

    plugin: str
    method: str
    params: Mapping[str, Any]
    caller: str | None
    timeout: float
    streaming: bool
    started_at: float
    traceparent: str | None = None
    tracestate: str | None = None
    notes: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Is a result that `before` gives in place of the plugin's: the plugin is not called.

    Attributes:
        result: it is checked as the plugin's would be.
    """

    result: Any


class CallInterceptor(Protocol):
    """Stands around each call of one method; all three must answer at once and must not block.

    `CallInterceptorBase` has each of them doing nothing. Of several interceptors the first one's `before` is called
    first, and its `after` or `error` last, like brackets. What raises anything but a `HostError` has failed: it is
    named in an event, and the call goes on as if it were not there.
    """

    def before(self, call: CallInfo) -> Answer | None:
        """See a call before it is sent; raise a `HostError`, such as `CallRefusedError`, to refuse it."""

    def after(self, call: CallInfo, result: Any) -> Any:
        """See the result; what is returned takes its place."""

    def error(self, call: CallInfo, error: BaseException) -> None:
        """See why the call has failed: a `HostError`, or `trio.Cancelled` when its caller has gone."""


class CallInterceptorBase:
    """Does nothing around a call; to derive from."""

    def before(self, call: CallInfo) -> Answer | None:
        """Let the call pass."""

    def after(self, call: CallInfo, result: Any) -> Any:
        """Pass the result on."""
        del call
        return result

    def error(self, call: CallInfo, error: BaseException) -> None:
        """Take no notice."""


class CallObserver(Protocol):
    """Is told of the calls of one plugin and, if it wants to be, of its messages.

    `CallObserverBase` has each of the methods doing nothing, and one that is left like that costs nothing. All are
    called where calls are made: each must be done within microseconds, must not wait, and must not call the host. What
    raises is named in an event, and changes nothing of the call.
    """

    def call_ended(self, record: CallRecord, params: Mapping[str, Any], result: Any) -> None:
        """Learn that a call has its outcome.

        Args:
            record: what is known of it; to be kept as it is, not to be changed.
            params: what was sent, or was to be sent. Like the result it belongs to the caller, who may change it next.
            result: what the caller gets; None for a call that failed.
        """

    def message_passed(self, record: MessageRecord) -> None:
        """Learn that a message has come or is sent; a plugin's own are seen as they come, before they take effect."""


class CallObserverBase:
    """Observes nothing; to derive from."""

    def call_ended(self, record: CallRecord, params: Mapping[str, Any], result: Any) -> None:
        """Take no notice."""

    def message_passed(self, record: MessageRecord) -> None:
        """Take no notice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedSources:
    """Says what came of a look at a plugin's files.

    Attributes:
        verification: for people; it stands in the plugin's snapshot.
        refused: whether the plugin may not be started; `verification.detail` says why.
        folder: the absolute path of a copy that holds just what was looked at: the plugin is built and runs there. None
            for the plugin's own folder.
        released: called once when nothing runs from `folder` any more because of this look: the process has ended, or
            was not started. It must neither wait nor raise. Not called when the host breaks a start off.
    """

    verification: Verification
    refused: bool = False
    folder: Path | None = None
    released: Callable[[], None] | None = None


@runtime_checkable
class SourceGuard(Protocol):
    """Looks at the files of plugins before they are built and started. What it raises keeps the plugin from starting."""

    async def check(self, manifest: Manifest) -> CheckedSources:
        """Look at the files that are there now; called before each build and start, for one instance at a time."""

    async def built(self, manifest: Manifest, sources: CheckedSources) -> None:
        """Learn that what was looked at is built, or needs no build; called before what was built is started.

        A `HostError` says why it may not be.
        """


BackgroundTask: TypeAlias = Callable[[], Any]
"""An async function without arguments; it runs until it returns or the host stops."""
