"""The communication log as the API answers it, and what it may be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from hostcore.traffic import MOST_ENTRIES, TrafficFilter, TrafficSettings, TrafficStatistics
from hostweb_api._settings import MAX_METHOD_LENGTH, MAX_TIMEOUT_MS

DEFAULT_ENTRIES: Final = 100
_MOST_ID: Final = 2**53 - 1
_MOST_TIME: Final = 1e12  # seconds: far beyond any date, and a number that every database takes

_Word = Annotated[str, Field(min_length=1, max_length=MAX_METHOD_LENGTH)]
_Id = Annotated[int, Field(ge=0, le=_MOST_ID)]
_Time = Annotated[float, Field(ge=0, le=_MOST_TIME, allow_inf_nan=False)]


class _Query(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PluginTrafficQuery(_Query):
    """Says which calls of a plugin are wanted.

    Attributes:
        method: full name, or `Interface.*`.
        outcome: `ok`, `cancelled`, the code of an error, or `failed` for all but `ok`.
        caller: id of the plugin that has made them.
        parent: id of the call that they were made for.
        since: seconds since the epoch, inclusive.
        until: seconds since the epoch, exclusive.
        slower_than_ms: how long they took at least.
        before: the `next` of the page before.
        limit: how many, at most.
        bodies: whether what they carried is shown, too.
    """

    method: _Word | None = None
    outcome: _Word | None = None
    caller: _Word | None = None
    parent: _Id | None = None
    since: _Time | None = None
    until: _Time | None = None
    slower_than_ms: Annotated[float, Field(ge=0, le=MAX_TIMEOUT_MS, allow_inf_nan=False)] | None = None
    before: _Id | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = DEFAULT_ENTRIES
    bodies: bool = False

    def filter(self, plugin: str | None) -> TrafficFilter:
        """Return what is asked of the log."""
        return TrafficFilter(
            plugin=plugin,
            method=self.method,
            outcome=self.outcome,
            caller=self.caller,
            parent=self.parent,
            since=self.since,
            until=self.until,
            slower_than=None if self.slower_than_ms is None else self.slower_than_ms / 1000,
        )


class TrafficQuery(PluginTrafficQuery):
    """Says which calls are wanted.

    Attributes:
        plugin: id of the plugin that was called.
    """

    plugin: _Word | None = None


class MessagesQuery(_Query):
    """Says which messages are wanted.

    Attributes:
        plugin: id of the plugin whose messages they are.
        method: full name of the method of their call, or `Interface.*`.
        call: id of the call that they belong to.
        since: seconds since the epoch, inclusive.
        until: seconds since the epoch, exclusive.
        before: the `next` of the page before.
        limit: how many, at most.
        bodies: whether what they carried is shown, too.
    """

    plugin: _Word | None = None
    method: _Word | None = None
    call: _Id | None = None
    since: _Time | None = None
    until: _Time | None = None
    before: _Id | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = DEFAULT_ENTRIES
    bodies: bool = False

    def filter(self) -> TrafficFilter:
        """Return what is asked of the log."""
        return TrafficFilter(
            plugin=self.plugin, method=self.method, call=self.call, since=self.since, until=self.until
        )


class ReplayBody(_Query):
    """Says how to make a call again.

    Attributes:
        timeout_ms: the deadline, milliseconds from now; by default that of the method, the plugin or the host.
    """

    timeout_ms: Annotated[int, Field(ge=1, le=MAX_TIMEOUT_MS)] | None = None


class TrafficSettingsBody(_Query):
    """Says what is recorded of a plugin from now on, until it is unloaded.

    Attributes:
        calls: each call, with its outcome.
        messages: each message both ways.
        bodies: what calls and messages carry, too.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"calls": True, "messages": True, "bodies": False}]}
    )

    calls: bool
    messages: bool
    bodies: bool

    def settings(self) -> TrafficSettings:
        """Return them for the log."""
        return TrafficSettings(calls=self.calls, messages=self.messages, bodies=self.bodies)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedBody:
    """Is what a call or a message carried.

    Attributes:
        value: binary data stands as `{"$bytes": "<base64>"}`, a secret as `{"$secret": true}`.
        whole: whether all of it is there; else long texts and lists are cut.
        redacted: whether secrets were taken out.
    """

    value: Any
    whole: bool
    redacted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedCall:
    """Is one recorded call; `params` and `result` are there when bodies were asked for.

    Attributes:
        id: unique, and higher for calls that were made later.
        parent: id of the call that its caller was serving when it made this one, or null.
        plugin: the plugin that was called; that called, when the direction is `to-host`.
        method: full name of the method.
        direction: `to-plugin`, or `to-host` for what a plugin asked of the host itself.
        caller: id of the plugin that made it, or null for one from outside.
        instance: index of the instance that was called; null when it did not get that far.
        pid: its process, or null.
        started_at: seconds since the epoch.
        duration: seconds.
        outcome: `ok`, `cancelled`, or the code of its error.
        error: what went wrong, for people, or null.
        request_bytes: on the wire, of the request and of the items that the caller sent.
        response_bytes: the same of the answer and of the items that the caller got.
        items_in: items that the caller sent.
        items_out: items that the caller got.
        is_streaming: whether items went to and fro.
        params: what was sent; null when it was not recorded.
        result: what came; null when it was not recorded, or the call has failed.
    """

    may_lack: ClassVar = frozenset({"params", "result"})

    id: int
    parent: int | None
    plugin: str
    method: str
    direction: Literal["to-plugin", "to-host"]
    caller: str | None
    instance: int | None
    pid: int | None
    started_at: float
    duration: float
    outcome: str
    error: str | None
    request_bytes: int
    response_bytes: int
    items_in: int
    items_out: int
    is_streaming: bool
    params: RecordedBody | None
    result: RecordedBody | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedMessage:
    """Is one recorded message; `body` is there when bodies were asked for.

    Attributes:
        id: unique among messages, and rising.
        at: seconds since the epoch.
        plugin: the plugin's id.
        instance: index of its instance.
        pid: its process.
        direction: `to-plugin` or `to-host`.
        kind: `request`, `response`, `data`, `end`, `credit`, `cancel`, `progress`, `log`, `hello` or `notification`.
        wire_id: what the connection calls the call that it belongs to, or null.
        method: of that call, or null.
        size: bytes on the wire.
        call: id of the recorded call that it belongs to, or null.
        is_error: whether it answers a call with an error.
        body: what it carried; null when it was not recorded.
    """

    may_lack: ClassVar = frozenset({"body"})

    id: int
    at: float
    plugin: str
    instance: int
    pid: int
    direction: Literal["to-plugin", "to-host"]
    kind: str
    wire_id: int | None
    method: str | None
    size: int
    call: int | None
    is_error: bool
    body: RecordedBody | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficList:
    """Holds recorded calls, the latest first.

    Attributes:
        calls: the calls.
        next: `before` of the next page, or null.
        statistics: how the log does.
    """

    calls: tuple[RecordedCall, ...]
    next: int | None
    statistics: TrafficStatistics


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageList:
    """Holds recorded messages, the latest first.

    Attributes:
        messages: the messages.
        next: `before` of the next page, or null.
    """

    messages: tuple[RecordedMessage, ...]
    next: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallDetails:
    """Shows everything about a recorded call.

    Attributes:
        call: the call, with what it carried.
        children: calls that were made for it, the latest first, up to a page.
        messages: its messages, the latest first, up to a page.
    """

    call: RecordedCall
    children: tuple[RecordedCall, ...]
    messages: tuple[RecordedMessage, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficGap:
    """Says that a slow reader has missed entries of a live feed; the log has them.

    Attributes:
        count: how many.
    """

    count: int
