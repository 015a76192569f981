"""What a transport is to the rest of the host: the stdio transport, and those of extensions, implement this."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from hostcore.errors import HostError
from hostcore.interfaces import Interface
from hostcore.manifest import Manifest
from hostcore.protocol import ErrorInfo, HostHello, Log, PluginHello
from hostcore.snapshots import CallSnapshot, Reason
from hostcore.transports._context import CallContext
from hostcore.transports._records import CallRecord, Observing
from hostcore.transports._spawner import ExitStatus

ProgressCallback: TypeAlias = Callable[[float, float | None, str | None], None]


class Greet(Protocol):
    """Makes the host's hello from the plugin's."""

    def __call__(self, hello: PluginHello, described: Mapping[str, Interface] = ..., /) -> HostHello:
        """Take in what a plugin has said, and answer it.

        Args:
            hello: what it said of itself.
            described: interfaces that the transport has learned from the plugin, by name: their methods can be
                called as if there were files of them. A name that is not the interface's own is a further one.

        Raises:
            IncompatibleError: it contradicts the manifest.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class LaunchSpec:
    """Says what to start and how to greet it.

    Attributes:
        plugin: the plugin's id, for messages.
        manifest: the plugin's manifest; a transport finds its own table in `extra`.
        interfaces: by name, those that it provides and whose files were found.
        command: the program and its arguments; the program is absolute or found on `environment`'s PATH.
        folder: the working directory.
        environment: all of the child's environment.
        start_timeout: seconds from the spawn to the hello.
        frame_limit: the largest frame that the host takes from this plugin, in bytes.
        max_inflight: the most calls that the host has in flight on it, whatever its hello allows.
        queue_limit: the most calls that wait in the host for their turn.
        cancel_grace: seconds in which a cancelled call must be answered; else the plugin is hung.
        greet: makes the host's hello from the plugin's.
        instance: index of the plugin's instance.
        observing: what is to be seen of the connection from its first message on.
        released: called when the process has ended and was reaped, or was not started; not when a start is broken off.
    """

    plugin: str
    manifest: Manifest
    interfaces: Mapping[str, Interface]
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    start_timeout: float
    frame_limit: int
    max_inflight: int
    queue_limit: int
    cancel_grace: float
    greet: Greet
    instance: int = 0
    observing: Observing = field(default_factory=Observing)
    released: Callable[[], None] = lambda: None


class ReverseCall(Protocol):
    """Is a request of the plugin to the host; it must be answered exactly once, by either of two ways."""

    @property
    def method(self) -> str:
        """`Interface.Method`."""

    @property
    def params(self) -> Mapping[str, Any]:
        """The argument object."""

    @property
    def encoding(self) -> str:
        """What the plugin speaks; in `json`, binary values have their JSON form."""

    @property
    def deadline(self) -> float | None:
        """When the answer is of no use any more, in `trio.current_time`: its own limit or that of its parent."""

    @property
    def meta(self) -> Mapping[str, Any]:
        """What came along: `timeout_ms`, `parent`, `plugin`, `traceparent`, `tracestate`."""

    @property
    def context(self) -> CallContext:
        """On whose behalf it is made: the plugin, the call of the host that it is serving, and what that belongs to."""

    def answer(self, result: Any) -> None:
        """Send the result; does nothing when the plugin has gone."""

    def refuse(self, error: ErrorInfo) -> None:
        """Send an error; does nothing when the plugin has gone."""

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the plugin cancels the call or goes."""

    def measure(self, record: CallRecord) -> None:
        """Note in a record what is known of the call's connection, now and when it is answered."""


class TransportListener(Protocol):
    """Hears what a plugin sends of its own accord. Called from the reading task: must not block or raise."""

    def log_received(self, record: Log) -> None:
        """Take a structured log record."""

    def stderr_received(self, line: str) -> None:
        """Take one line of stderr, without its end; over-long lines come in cut form."""

    def stray_received(self, text: str) -> None:
        """Take text that the plugin printed where its messages belong."""

    def host_noted(self, level: str, text: str) -> None:
        """Take a remark of the host itself about this plugin's conduct."""

    def called(self, call: ReverseCall) -> None:
        """Take a request to the host; it is answered later."""


class TransportStream(Protocol):
    """Is one streaming call on a transport; see `hostcore.host.CallStream` for the meaning."""

    def __aiter__(self) -> AsyncIterator[Any]: ...
    async def __anext__(self) -> Any: ...
    async def send(self, item: Any) -> None: ...
    async def end(self) -> None: ...
    def close(self) -> None:
        """Cancel the call unless it has ended."""

    @property
    def result(self) -> Any: ...


class Transport(Protocol):
    """Moves one connection's messages. It has ended when its process has, or when it cannot be used any more."""

    @property
    def hello(self) -> PluginHello: ...
    @property
    def encoding(self) -> str:
        """`msgpack`, `json`, or what the transport calls its own."""

    @property
    def pid(self) -> int: ...
    @property
    def connection(self) -> object:
        """What the calls go over; `CallContext.connection` of the reverse calls that come over it is the same object."""

    @property
    def is_concurrent(self) -> bool:
        """Whether the plugin works on several calls at once."""

    @property
    def load(self) -> int:
        """Calls in flight and waiting; the router takes the instance with the least."""

    @property
    def in_flight(self) -> int:
        """Calls that the plugin works on, those that nobody waits for any more included; a ping is no call."""

    @property
    def queued(self) -> int: ...

    async def call(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float,
        on_progress: ProgressCallback | None = None,
        context: CallContext | None = None,
        record: CallRecord | None = None,
    ) -> Any:
        """Call and return the result as it came; cancellation and the deadline let the caller go at once.

        `context` says on whose behalf; its trace is sent along, and reverse calls are made in its name. `record` gets
        the process and the bytes of the call; None when nobody observes it.

        Raises:
            CallFailedError, MethodNotFoundError, InvalidParamsError: the plugin's answer.
            CallTimedOutError, OverloadedError, TooLargeError: about this call.
            CrashedError, MisbehavedError, UnavailableError: the plugin is gone.
        """

    def stream(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float,
        on_progress: ProgressCallback | None = None,
        context: CallContext | None = None,
        record: CallRecord | None = None,
    ) -> TransportStream:
        """Begin a streaming call; raises `IncompatibleError` for a plugin that cannot stream, else as `call`."""

    def observe(self, observing: Observing) -> None:
        """See from now on what this says of the connection, in place of what was seen before."""

    def calls(self) -> tuple[CallSnapshot, ...]:
        """Show the calls that the plugin works on, and those that wait for their turn, as far as they can be told apart."""

    def cancel(self, call_id: str, error: HostError) -> bool:
        """End one of `calls` for its caller with an error, and tell the plugin; returns False when there is none."""

    async def ping(self, *, timeout: float) -> None:
        """Raise what `call` raises unless any answer comes in time; an error is an answer."""

    @property
    def can_hand_over(self) -> bool:
        """Whether the plugin gives its state to a successor, and takes that of a predecessor."""

    async def give_state(self, *, timeout: float) -> bytes:
        """Ask a plugin without calls in flight for its state; raises as `call`, and for an answer that is none."""

    async def take_state(self, state: bytes, *, timeout: float) -> None:
        """Give a plugin the state of its predecessor before its first call; raises as `call`."""

    def abort(self, reason: Reason) -> None:
        """Give the plugin up: its calls fail with `MisbehavedError`, and it is killed. The transport ends with `reason`."""

    @property
    def cut_off(self) -> int:
        """Calls that were in flight when it ended."""

    @property
    def stderr_tail(self) -> tuple[str, ...]:
        """Its last lines on stderr, for reports."""

    @property
    def stray_tail(self) -> tuple[str, ...]:
        """Its last stray lines on stdout, for reports."""

    async def stop(self, *, grace: float, term_grace: float, reason: Reason) -> None:
        """Ask, then insist, then kill; returns when the process has ended.

        `grace` is the time from the request to SIGTERM, `term_grace` that from SIGTERM to SIGKILL.

        New calls are refused from the start with `reason`; a call cut off by the end fails with `UnavailableError`.
        """

    async def wait_ended(self) -> Reason:
        """Wait until the transport has ended and return why."""

    @property
    def exit_status(self) -> ExitStatus | None:
        """How the process ended; None until it was reaped, which has happened when its launch context is left."""


class TaskStarter(Protocol):
    """Runs the tasks of transports: a nursery, or what stands in for one."""

    def start_soon(self, async_fn: Callable[..., Awaitable[object]], *args: Any, name: object = None) -> None:
        """Have an async function run with these arguments, beside whoever calls this."""


class Launcher(Protocol):
    """Turns a launch spec into a running child that has said hello."""

    def check(self, manifest: Manifest) -> None:
        """Raise `ManifestError` for a manifest that this transport cannot use; called when a plugin is loaded."""

    def launch(self, spec: LaunchSpec, listener: TransportListener) -> AbstractAsyncContextManager[Transport]:
        """Start the program; leaving the context kills what is still there and reaps it.

        Raises:
            LaunchError: it could not be started.
            HandshakeError: it ended, or sent no valid hello, within the start limit.
            IncompatibleError: nothing in common, or the hello contradicts the manifest.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class LaunchFailure:
    """Tells what is known of a start that failed; travels as the `launch` of a `HandshakeError`."""

    pid: int | None = None
    status: ExitStatus | None = None
    stderr: tuple[str, ...] = field(default=())
    stray: tuple[str, ...] = field(default=())
