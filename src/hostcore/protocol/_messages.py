"""The messages of the plugin protocol, version 1, the same for both encodings.

Each class says what one message means; `docs/protocol/` says how it looks on the wire. Messages are facts: frozen,
compared by value, and independent of the encoding that carried them.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

PROTOCOL_VERSION: Final = 1

# Names of the protocol's own requests and of the hello.
HELLO: Final = "$/hello"
PING: Final = "$/ping"
SHUTDOWN: Final = "$/shutdown"
HANDOVER: Final = "$/handover"

Params: TypeAlias = Mapping[str, Any]


class Role(enum.Enum):
    """Names the two sides of a connection."""

    HOST = "host"
    PLUGIN = "plugin"


class Encoding(enum.Enum):
    """Names the two encodings; the first valid hello of the plugin chooses one for both directions."""

    MSGPACK = "msgpack"
    JSON = "json"


class Feature(enum.StrEnum):
    """Names optional behaviour, used only when both hellos list it."""

    CANCEL = "cancel"
    PROGRESS = "progress"
    STREAMS = "streams"
    REVERSE = "reverse"
    ASYNC = "async"
    HANDOVER = "handover"


class Status(enum.IntEnum):
    """Numbers what went wrong with a call: three codes of JSON-RPC 2.0, else the codes of gRPC."""

    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class LogLevel(enum.StrEnum):
    """Names the levels of `$/log`, in rising order."""

    TRACE = "trace"
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Says what the sender of a hello is ready to receive.

    Attributes:
        frame: the largest frame body or line, in bytes.
        inflight: how many requests it takes at once.
    """

    frame: int = 4 * 1024 * 1024
    inflight: int = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginHello:
    """Is the first message of a plugin: who it is and what it can do.

    Attributes:
        protocol: the lowest and the highest protocol version it speaks.
        name: its id; the manifest's id wins where they differ.
        version: its own version.
        interfaces: interface name to version `MAJOR.MINOR`.
        features: what optional behaviour it has; unknown names are kept and ignored.
        needs: services it wants to call in the host.
        limits: what it is ready to receive.
    """

    protocol: tuple[int, int] = (PROTOCOL_VERSION, PROTOCOL_VERSION)
    name: str
    version: str
    interfaces: Mapping[str, str]
    features: Sequence[str] = ()
    needs: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, kw_only=True, slots=True)
class HostHello:
    """Is the host's answer to the plugin's hello: what was agreed on and what the host offers.

    Attributes:
        protocol: the version that both speak from now on.
        host_name: the host's product name.
        host_version: the host's version.
        interfaces: the interfaces that the host will call, with their versions.
        features: what both sides have.
        config: the plugin's configuration, as its manifest and the host's configuration give it.
        data_dir: the plugin's own folder, kept over restarts; None when it has none.
        limits: what the host is ready to receive.
        services: what the plugin may call in the host.
    """

    protocol: int = PROTOCOL_VERSION
    host_name: str
    host_version: str
    interfaces: Mapping[str, str] = field(default_factory=dict)
    features: Sequence[str] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    data_dir: str | None = None
    limits: Limits = field(default_factory=Limits)
    services: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """Asks the other side to do something and to answer exactly once.

    Attributes:
        id: odd from the host, even from the plugin; unique among the requests in flight.
        method: `Interface.Method`, or one of the protocol's own names that begin with `$/`.
        params: one argument object.
        meta: `timeout_ms`, `progress`, `credit`, `parent`, `plugin`, `traceparent`, `tracestate`; empty when there is none.
    """

    id: int
    method: str
    params: Params
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorInfo:
    """Says why a request failed.

    Attributes:
        code: a `Status`, or another integer that is passed on as it came.
        message: for people.
        name: an application error that the interface file declares.
        data: whatever helps, JSON-compatible or binary.
        retryable: whether the same request may succeed later; None when not said.
    """

    code: int
    message: str
    name: str | None = None
    data: Any = None
    retryable: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """Answers one request: `error` is None and `result` counts, or the other way round."""

    id: int
    result: Any = None
    error: ErrorInfo | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancel:
    """Says that the caller has gone; may come late or for an unknown id, which is then ignored."""

    id: int
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Says how far a call has come; sent only when the request's meta asked for it."""

    id: int
    progress: float
    total: float | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    """Carries one item of a call's stream, in either direction; uses up one credit."""

    id: int
    item: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """Half-closes the caller's stream of items."""

    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """Lets the other side send `n` more items on the call's stream."""

    id: int
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """Is one structured log record of the plugin.

    Attributes:
        level: one of `LogLevel`; an unknown word is read as `info`.
        message: the text.
        logger: the name of the plugin's logger, if it said one.
        fields: further key and value pairs.
        call: the id of the call it belongs to, if any.
    """

    level: LogLevel
    message: str
    logger: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    call: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownNotification:
    """Is a notification that this version does not know; it is ignored, which keeps newer peers legal."""

    method: str
    params: Params


@dataclass(frozen=True, kw_only=True, slots=True)
class StrayOutput:
    """Reports bytes on the wire that open no frame: a `print()` of the plugin. The connection lives.

    Attributes:
        text: what was found, decoded as UTF-8 with replacement, without its line end; long runs come in parts.
    """

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OversizeSkipped:
    """Reports a frame or line above the limit, skipped by its length. The connection lives.

    A request among them is in flight and is to be answered with `RESOURCE_EXHAUSTED`; a response was the only one of
    its call, which fails with it.

    Attributes:
        size: its length in bytes as far as known.
        kind: `request`, `response`, or None where its first 64 bytes do not tell.
        id: the id that those bytes name, or None.
    """

    size: int
    kind: str | None = None
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Discarded:
    """Reports a legal message that means nothing any more: an answer to a cancelled or an unknown call.

    Attributes:
        message: what came.
        reason: why it is of no use: `late` (its call was abandoned), `unknown` (no such call is in flight) or
            `unasked` (progress that the request's meta did not ask for).
    """

    message: Response | Cancel | Progress | Data | End | Credit
    reason: str


Hello: TypeAlias = PluginHello | HostHello
Notification: TypeAlias = Cancel | Progress | Data | End | Credit | Log
Message: TypeAlias = PluginHello | HostHello | Request | Response | Notification
ConnectionEvent: TypeAlias = Message | UnknownNotification | StrayOutput | OversizeSkipped | Discarded
