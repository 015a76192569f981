"""What is told of each call and of each message to those who observe them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

OK: Final = "ok"
"""The outcome of a call that has a result; any other is the stable code of an error, or one of the next two."""

CANCELLED: Final = "cancelled"
"""The outcome of a call whose caller has gone."""

HOST_FAULT: Final = "internal"
"""The outcome of a call that has failed by what is no error of the host: a bug, or a value that the caller may not give."""


class Direction(enum.StrEnum):
    """Says who asks whom."""

    TO_PLUGIN = "to-plugin"
    TO_HOST = "to-host"


class CallRecord:
    """Is what is known of one call; complete when observers are told of it, and not to be changed by them.

    It is written while the call runs, and made once a call: a frozen fact would have to be made a second time.

    Attributes:
        id: unique, and higher than those of all calls that were made before; fits a double.
        parent: the id of the call that its caller was serving when it made this one; None when nobody said, or for a
            call from outside.
        plugin: the plugin that is called; that calls, when the direction is `to-host`.
        method: full name of the method.
        direction: `to-plugin`, or `to-host` for what a plugin asks of the host itself.
        is_streaming: whether items go to and fro.
        caller: id of the plugin that makes it, or None for one from outside.
        started_at: when it was made, seconds since the epoch.
        duration: seconds until its outcome.
        outcome: `ok`, `cancelled`, or the stable code of its error.
        error: what went wrong, for people; None when nothing has.
        instance: index of the instance that was called; None when it did not get that far.
        pid: its process, or None.
        request_bytes: on the wire, of the request and of the items that the caller sent; 0 when none was sent.
        response_bytes: the same of the answer and of the items that the caller got.
        items_in: items that the caller sent.
        items_out: items that the caller got.
    """

    __slots__ = (
        "caller",
        "direction",
        "duration",
        "error",
        "id",
        "instance",
        "is_streaming",
        "items_in",
        "items_out",
        "method",
        "outcome",
        "parent",
        "pid",
        "plugin",
        "request_bytes",
        "response_bytes",
        "started_at",
    )

    def __init__(  # noqa: PLR0917 - made once a call: keywords would cost it time
        self,
        call_id: int,
        plugin: str,
        method: str,
        started_at: float,
        parent: int | None = None,
        caller: str | None = None,
        direction: Direction = Direction.TO_PLUGIN,
        is_streaming: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> None:
        self.id = call_id
        self.plugin = plugin
        self.method = method
        self.started_at = started_at
        self.parent = parent
        self.caller = caller
        self.direction = direction
        self.is_streaming = is_streaming
        self.duration = 0.0
        self.outcome = OK
        self.error: str | None = None
        self.instance: int | None = None
        self.pid: int | None = None
        self.request_bytes = 0
        self.response_bytes = 0
        self.items_in = 0
        self.items_out = 0

    def __repr__(self) -> str:
        return f"<CallRecord {self.id} {self.method} of {self.plugin}: {self.outcome}>"


class MessageRecord(NamedTuple):
    """Is one message that went over a plugin's connection.

    Attributes:
        at: when, seconds since the epoch.
        plugin: the plugin's id.
        instance: index of its instance.
        pid: its process.
        direction: `to-plugin` or `to-host`.
        kind: `request`, `response`, `data`, `end`, `credit`, `cancel`, `progress`, `log`, `hello`, `notification`.
        wire_id: what the connection calls the call that it belongs to; None for what belongs to none.
        method: of that call; None when it is not known any more.
        size: bytes on the wire.
        call: id of the record of the call of the host that it belongs to; of a plugin's own request and its answer,
            that of the call which the plugin serves with it. None when there is none.
        value: what it carries: params, a result, an item, or fields by name; not to be changed, nor kept for long.
        is_error: whether it answers a call with an error.
    """

    at: float
    plugin: str
    instance: int
    pid: int
    direction: Direction
    kind: str
    wire_id: int | None
    method: str | None
    size: int
    call: int | None
    value: Any
    is_error: bool = False


MessageTap: TypeAlias = Callable[[MessageRecord], None]
"""Is told of each message of a connection; it must neither wait nor raise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observing:
    """Says what is to be seen of a connection; what is not costs nothing.

    Attributes:
        measured: whether the bytes of answers are counted in the records of their calls.
        tap: is told of each message both ways; None for nobody.
    """

    measured: bool = False
    tap: MessageTap | None = None
