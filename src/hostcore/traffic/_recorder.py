"""Turns what observers are told into rows, as cheaply as can be, and hands these to the writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final

from hostcore.errors import HostError
from hostcore.hooks import CallObserverBase
from hostcore.snapshots import MethodSnapshot
from hostcore.traffic._bodies import SECRET_VALUE, make_body
from hostcore.traffic._facts import Body, CallEntry, MessageEntry, TrafficFilter
from hostcore.traffic._follow import TrafficFeed
from hostcore.traffic._reading import flags_of
from hostcore.traffic._secrets import SECRET, Secrets, find_secrets
from hostcore.traffic._store import CALLS, CALLS_WITH_BODIES, MESSAGES, Batch, Table
from hostcore.traffic._writer import TrafficWriter
from hostcore.transports import CallRecord, Direction, MessageRecord

BATCH_ROWS: Final = 500
"""Rows that are handed to the writer at once; fewer when they have waited for a moment."""

BATCH_BYTES: Final = 1024 * 1024
"""Characters of bodies in one batch."""

MOST_METHODS: Final = 4096
"""Methods whose secrets are remembered: a plugin without interface files takes any name."""

NOT_KEPT: Final = "(not kept: the method has secrets)"
"""Stands for the text of an error that may repeat what it was given."""

_TO_HOST: Final = Direction.TO_HOST

FindMethod = Callable[[str], MethodSnapshot | None]
"""Describes a method by its name; None where no interface file does. Raises `HostError` for one that is not known."""

EVERYTHING: Final = Secrets([{SECRET: True}], {})
"""Says that all of a value is secret."""

ALL_SECRET: Final[Mapping[str, Secrets | None]] = dict.fromkeys(("params", "result", "in", "out"), EVERYTHING)


class Recorder:
    """Collects rows until they are handed on. All of it belongs to the host's thread.

    Args:
        writer: gets them.
        begun: called when the first row of a batch has come: it is to be handed on a moment later.
    """

    def __init__(self, writer: TrafficWriter, *, begun: Callable[[], None]) -> None:
        self._writer = writer
        self._begun = begun
        self._rows: dict[Table, list[Any]] = {CALLS: [], CALLS_WITH_BODIES: [], MESSAGES: []}
        self._body_bytes = 0
        self._feeds: list[TrafficFeed] = []
        self.calls = self._rows[CALLS]

    def __repr__(self) -> str:
        return f"<Recorder waiting={self.waiting} feeds={len(self._feeds)}>"

    @property
    def waiting(self) -> int:
        """Rows that were not handed on yet."""
        return sum(len(values) // len(table.columns) for table, values in self._rows.items())

    @property
    def has_feeds(self) -> bool:
        """Whether anybody follows."""
        return bool(self._feeds)

    def begin(self) -> None:
        """Note that rows come after none did."""
        self._begun()

    def take(self, table: Table, row: tuple[Any, ...], body_bytes: int = 0) -> None:
        """Take a row."""
        if not any(self._rows.values()):
            self._begun()
        rows = self._rows[table]
        rows += row
        self._body_bytes += body_bytes
        if len(rows) >= BATCH_ROWS * len(table.columns) or self._body_bytes >= BATCH_BYTES:
            self.hand_over()

    def hand_over(self) -> None:
        """Give all rows to the writer."""
        body_bytes, self._body_bytes = self._body_bytes, 0
        for table, values in list(self._rows.items()):
            if values:
                self._writer.put(Batch(table, values.copy()), body_bytes)
                values.clear()  # the list stays: observers hold it
                body_bytes = 0

    # -- feeds

    def follow(self, asked: TrafficFilter, *, calls: bool, messages: bool) -> TrafficFeed:
        """Make a feed of what comes from now on."""
        feed = TrafficFeed(asked, calls=calls, messages=messages, closed=self._forget)
        self._feeds.append(feed)
        return feed

    def _forget(self, feed: TrafficFeed) -> None:
        if feed in self._feeds:
            self._feeds.remove(feed)

    def end_feeds(self) -> None:
        """Have all feeds end."""
        for feed in self._feeds:
            feed.end()

    def tell_call(self, entry: CallEntry) -> None:
        """Show a call to those who follow."""
        for feed in self._feeds:
            feed.offer_call(entry)

    def tell_message(self, entry: MessageEntry) -> None:
        """Show a message to those who follow."""
        for feed in self._feeds:
            feed.offer_message(entry)


class MethodSecrets:
    """Knows where the methods of one plugin, and those that it calls, have secrets.

    Args:
        find: describes a method.
    """

    def __init__(self, find: FindMethod) -> None:
        self._find = find
        self._known: dict[str, Mapping[str, Secrets | None]] = {}

    def __repr__(self) -> str:
        return f"<MethodSecrets of {len(self._known)} methods>"

    def of(self, method: str) -> Mapping[str, Secrets | None]:
        """Return the secrets of a method by what they are in: `params`, `result`, `in`, `out`; empty when it has none."""
        found = self._known.get(method)
        if found is None:
            if len(self._known) >= MOST_METHODS:
                self._known.clear()
            found = self._look(method)
            if found is not ALL_SECRET:
                self._known[method] = found
        return found

    def _look(self, method: str) -> Mapping[str, Secrets | None]:
        try:
            described = self._find(method)
        except HostError:  # it is there no more, or is none: what it carries is not shown
            return ALL_SECRET
        if described is None:
            return {}
        found = {
            "params": find_secrets(described.params),
            "result": find_secrets(described.result),
            "in": find_secrets(described.stream_in),
            "out": find_secrets(described.stream_out),
        }
        return found if any(found.values()) else {}


class CallsObserver(CallObserverBase):
    """Records the calls of one plugin, without what they carry.

    Args:
        recorder: takes the rows.
        secrets: of the plugin's methods.
    """

    def __init__(self, recorder: Recorder, secrets: MethodSecrets) -> None:
        self._recorder = recorder
        self._rows = recorder.calls
        self._secrets = secrets

    def call_ended(self, record: CallRecord, params: Mapping[str, Any], result: Any) -> None:
        """Record a call."""
        del params, result
        rows = self._rows
        if not rows:
            self._recorder.begin()
        rows += (
            record.id,
            record.parent,
            record.plugin,
            record.method,
            1 if record.direction is _TO_HOST else 0,
            record.caller,
            record.instance,
            record.pid,
            record.started_at,
            record.duration,
            record.outcome,
            None if record.error is None else self._error_of(record),
            record.request_bytes,
            record.response_bytes,
            record.items_in,
            record.items_out,
            1 if record.is_streaming else 0,
        )
        if len(rows) >= _FULL:
            self._recorder.hand_over()
        if self._recorder.has_feeds:
            self._recorder.tell_call(self._entry(record))

    def _error_of(self, record: CallRecord) -> str | None:
        """Return the text of an error, unless what it was given may stand in it."""
        if record.error is not None and self._secrets.of(record.method):
            return NOT_KEPT
        # An error's text comes from anywhere: half a surrogate pair in it would be no text for the disk.
        return record.error and record.error.encode("utf-8", "replace").decode()

    def _entry(self, record: CallRecord, params: Body | None = None, result: Body | None = None) -> CallEntry:
        return CallEntry(
            id=record.id,
            parent=record.parent,
            plugin=record.plugin,
            method=record.method,
            direction=record.direction.value,
            caller=record.caller,
            instance=record.instance,
            pid=record.pid,
            started_at=record.started_at,
            duration=record.duration,
            outcome=record.outcome,
            error=self._error_of(record),
            request_bytes=record.request_bytes,
            response_bytes=record.response_bytes,
            items_in=record.items_in,
            items_out=record.items_out,
            is_streaming=record.is_streaming,
            params=params,
            result=result,
        )


_FULL: Final = BATCH_ROWS * len(CALLS.columns)


class BodiesObserver(CallsObserver):
    """Records the calls of one plugin with their params and results.

    Args:
        recorder: takes the rows.
        secrets: of the plugin's methods.
        limit: characters of one body.
    """

    def __init__(self, recorder: Recorder, secrets: MethodSecrets, *, limit: int) -> None:
        super().__init__(recorder, secrets)
        self._limit = limit

    def call_ended(self, record: CallRecord, params: Mapping[str, Any], result: Any) -> None:
        """Record a call."""
        secrets = self._secrets.of(record.method)
        sent = make_body(params, secrets.get("params"), self._limit)
        got = make_body(result, secrets.get("result"), self._limit) if record.outcome == "ok" else None
        entry = self._entry(record, sent, got)
        self._recorder.take(
            CALLS_WITH_BODIES,
            (
                entry.id,
                entry.parent,
                entry.plugin,
                entry.method,
                1 if record.direction is _TO_HOST else 0,
                entry.caller,
                entry.instance,
                entry.pid,
                entry.started_at,
                entry.duration,
                entry.outcome,
                entry.error,
                entry.request_bytes,
                entry.response_bytes,
                entry.items_in,
                entry.items_out,
                1 if entry.is_streaming else 0,
                sent.text,
                flags_of(sent),
                got.text if got is not None else None,
                flags_of(got) if got is not None else None,
            ),
            len(sent.text) + (len(got.text) if got is not None else 0),
        )
        if self._recorder.has_feeds:
            self._recorder.tell_call(entry)


class MessagesObserver(CallObserverBase):
    """Records the messages of one plugin.

    Args:
        recorder: takes the rows.
        secrets: of the plugin's methods, and those that it calls.
        limit: characters of one body; None keeps none.
        ids: numbers messages for those who follow.
    """

    def __init__(
        self, recorder: Recorder, secrets: MethodSecrets, *, limit: int | None, ids: count[int]
    ) -> None:
        self._recorder = recorder
        self._secrets = secrets
        self._limit = limit
        self._ids = ids

    def message_passed(self, record: MessageRecord) -> None:
        """Record a message."""
        body = None if self._limit is None else self._body(record, self._limit)
        message_id = next(self._ids)
        self._recorder.take(
            MESSAGES,
            (
                message_id,
                record.at,
                record.plugin,
                record.instance,
                record.pid,
                1 if record.direction is _TO_HOST else 0,
                record.kind,
                record.wire_id,
                record.method,
                record.size,
                record.call,
                1 if record.is_error else 0,
                body.text if body is not None else None,
                flags_of(body) if body is not None else None,
            ),
            len(body.text) if body is not None else 0,
        )
        if self._recorder.has_feeds:
            self._recorder.tell_message(_message(record, message_id, body))

    def _body(self, record: MessageRecord, limit: int) -> Body:
        """Write what a message carries, without secrets: by the schema of the part that it is of its call."""
        value = record.value
        secrets: Mapping[str, Secrets | None] = {}
        if record.kind in _OF_METHODS:
            secrets = self._secrets.of(record.method) if record.method is not None else ALL_SECRET
        if record.kind == "hello" and isinstance(value, Mapping) and "config" in value:
            value = {
                **value,
                "config": SECRET_VALUE,
            }  # a plugin's configuration holds what its manifest may not
            written = make_body(value, None, limit)
            return Body(text=written.text, is_whole=written.is_whole, is_redacted=True)
        if record.is_error:
            return make_body(value, EVERYTHING if secrets else None, limit)
        part = _PARTS.get((record.kind, record.kind == "data" and record.direction is _TO_HOST))
        return make_body(value, secrets.get(part) if part is not None else None, limit)


_OF_METHODS: Final = frozenset({"request", "response", "data"})
"""Kinds of messages that carry what the schemas of a method describe."""

_PARTS: Final = {
    ("request", False): "params",
    ("response", False): "result",
    ("data", False): "in",
    ("data", True): "out",
}
"""By the kind of a message, and for items whether they come from the plugin: which of the method's schemas it has."""


def _message(record: MessageRecord, message_id: int, body: Body | None) -> MessageEntry:
    return MessageEntry(
        id=message_id,
        at=record.at,
        plugin=record.plugin,
        instance=record.instance,
        pid=record.pid,
        direction=record.direction.value,
        kind=record.kind,
        wire_id=record.wire_id,
        method=record.method,
        size=record.size,
        call=record.call,
        is_error=record.is_error,
        body=body,
    )
