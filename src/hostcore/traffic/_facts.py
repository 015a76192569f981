"""What is asked of the communication log, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MOST_ENTRIES: Final = 1000
"""Entries of one page: about what one look at the disk gives within some milliseconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficSettings:
    """Says what is recorded of a plugin.

    Attributes:
        calls: each call, with its outcome.
        messages: each message both ways.
        bodies: what calls and messages carry, too.
    """

    calls: bool = True
    messages: bool = False
    bodies: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """Is what a call or a message carried, as JSON.

    Attributes:
        text: JSON; binary data stands as `{"$bytes": "<base64>"}`, a secret as `{"$secret": true}`.
        is_whole: whether all of it is there; else long texts and lists are cut.
        is_redacted: whether secrets were taken out.
    """

    text: str
    is_whole: bool = True
    is_redacted: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether it is what was sent: whole, and nothing taken out."""
        return self.is_whole and not self.is_redacted

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON-compatible values."""
        return {"value": json.loads(self.text), "whole": self.is_whole, "redacted": self.is_redacted}


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEntry:
    """Is one recorded call; the attributes are those of `CallRecord`, and what follows.

    Attributes:
        params: what was sent; None when bodies were not kept.
        result: what came; None when bodies were not kept, or the call has failed.
    """

    id: int
    parent: int | None
    plugin: str
    method: str
    direction: str
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
    params: Body | None = None
    result: Body | None = None

    def as_json(self, *, bodies: bool = True) -> dict[str, Any]:
        """Return it as JSON-compatible values, without the bodies if they are not asked for."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in _CALL_FACTS}
        if bodies:
            facts["params"] = self.params.as_json() if self.params is not None else None
            facts["result"] = self.result.as_json() if self.result is not None else None
        return facts


_CALL_FACTS: Final = tuple(name for name in CallEntry.__slots__ if name not in {"params", "result"})


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageEntry:
    """Is one recorded message; the attributes are those of `MessageRecord`, and what follows.

    Attributes:
        id: unique among messages, and rising.
        body: what it carried; None when bodies were not kept.
    """

    id: int
    at: float
    plugin: str
    instance: int
    pid: int
    direction: str
    kind: str
    wire_id: int | None
    method: str | None
    size: int
    call: int | None
    is_error: bool
    body: Body | None = None

    def as_json(self, *, bodies: bool = True) -> dict[str, Any]:
        """Return it as JSON-compatible values, without the body if it is not asked for."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in _MESSAGE_FACTS}
        if bodies:
            facts["body"] = self.body.as_json() if self.body is not None else None
        return facts


_MESSAGE_FACTS: Final = tuple(name for name in MessageEntry.__slots__ if name != "body")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficMissed:
    """Stands in a live feed for entries that a slow reader has missed.

    Attributes:
        count: how many; the store has them.
    """

    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficFilter:
    """Says which entries are asked for; what is None does not matter.

    Attributes:
        plugin: the plugin that was called, or whose messages they are.
        method: full name, or the name of an interface with `.*`.
        outcome: of calls only: `ok`, `cancelled`, the code of an error, or `failed` for all but `ok`.
        caller: of calls only: id of the plugin that has made them.
        parent: of calls only: id of the call that they were made for.
        call: of messages only: id of the call that they belong to.
        since: seconds since the epoch, inclusive.
        until: seconds since the epoch, exclusive.
        slower_than: of calls only: seconds that they took at least.
    """

    plugin: str | None = None
    method: str | None = None
    outcome: str | None = None
    caller: str | None = None
    parent: int | None = None
    call: int | None = None
    since: float | None = None
    until: float | None = None
    slower_than: float | None = None

    def admits_call(self, entry: CallEntry) -> bool:
        """Tell whether a call is one that is asked for."""
        return (
            self._admits(entry.plugin, entry.method, entry.started_at)
            and self.call is None
            and (self.outcome is None or self.outcome == entry.outcome or self._is_failure(entry))
            and (self.caller is None or self.caller == entry.caller)
            and (self.parent is None or self.parent == entry.parent)
            and (self.slower_than is None or entry.duration >= self.slower_than)
        )

    def admits_message(self, entry: MessageEntry) -> bool:
        """Tell whether a message is one that is asked for; what is asked of calls only admits none."""
        of_calls = (self.outcome, self.caller, self.parent, self.slower_than)
        return (
            self._admits(entry.plugin, entry.method, entry.at)
            and (self.call is None or self.call == entry.call)
            and all(each is None for each in of_calls)
        )

    def _is_failure(self, entry: CallEntry) -> bool:
        return self.outcome == FAILED and entry.outcome != "ok"

    def _admits(self, plugin: str, method: str | None, at: float) -> bool:
        return (
            (self.plugin is None or self.plugin == plugin)
            and (self.method is None or self._names(method or ""))
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
        )

    def _names(self, method: str) -> bool:
        if self.method is not None and self.method.endswith(".*"):
            return method.rpartition(".")[0] == self.method[:-2]
        return self.method == method


FAILED: Final = "failed"
"""Asks for calls with any outcome but `ok`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficPage:
    """Is a part of the answer to a question, the latest first.

    Attributes:
        entries: the entries.
        next: where the next page begins; None when this is the last one.
    """

    entries: tuple[CallEntry, ...] | tuple[MessageEntry, ...]
    next: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficStatistics:
    """Says how the log does.

    Attributes:
        written: calls and messages that are on the disk, since the host was started.
        queued: those that wait to be written.
        dropped: those that were never written: the queue was full, or the disk failed to the end.
        pruned: those that were deleted for their age, or for the room that all of them take.
        bytes: what the log takes on the disk.
        oldest: when the oldest kept call was made, seconds since the epoch; None when there is none.
        trouble: why nothing can be written now, for people; None while all is well.
    """

    written: int
    queued: int
    dropped: int
    pruned: int
    bytes: int
    oldest: float | None = None
    trouble: str | None = None

    def as_json(self) -> Mapping[str, Any]:
        """Return it as JSON-compatible values."""
        return {name: getattr(self, name) for name in self.__slots__}
