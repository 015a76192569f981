"""The calls of one connection, in both directions: ids, streams and what was abandoned."""

from __future__ import annotations

from typing import Final

from hostcore.protocol._limits import MAX_ID
from hostcore.protocol._messages import Role

# The lowest id of each side's requests; the others follow in steps of two, so that one id names one call.
FIRST_ID: Final = {Role.HOST: 1, Role.PLUGIN: 2}


class Stream:
    """Is the streaming side of one call: credit and half-close, in both directions.

    Attributes:
        may_send: items that we may still send.
        may_receive: items that we have let the other side send and that have not come.
        send_ended: we have sent our `End`.
        receive_ended: the other side's `End` has come.
        progress: the caller asked for progress.
    """

    __slots__ = ("may_receive", "may_send", "progress", "receive_ended", "send_ended")

    def __init__(self, *, may_send: int = 0, may_receive: int = 0, progress: bool = False) -> None:
        self.may_send = may_send
        self.may_receive = may_receive
        self.progress = progress
        self.send_ended = False
        self.receive_ended = False


class Calls:
    """Keeps what is in flight in one direction.

    Most calls never stream, so a call has a `Stream` only once something needs it.

    Attributes:
        streams: id to stream, or to None, of each call in flight.
        control: ids of those calls that are the protocol's own; they do not count against `inflight`.
        tombstones: ids whose caller has gone and whose response has not come.
    """

    __slots__ = ("_parity", "control", "next_id", "streams", "tombstones")

    def __init__(self, caller: Role) -> None:
        self._parity = FIRST_ID[caller]
        self.next_id = FIRST_ID[caller]
        self.streams: dict[int, Stream | None] = {}
        self.control: set[int] = set()
        self.tombstones: set[int] = set()

    def __contains__(self, call_id: int) -> bool:
        return call_id in self.streams or call_id in self.tombstones

    @property
    def counted(self) -> int:
        """Return how many calls count against the callee's `inflight`: tombstones do, the protocol's own do not."""
        return len(self.streams) + len(self.tombstones) - len(self.control)

    def owns(self, call_id: int) -> bool:
        """Tell whether ids of this parity belong to this direction."""
        return (call_id ^ self._parity) & 1 == 0

    def free_id(self) -> int:
        """Return the next id that names no call; changes nothing."""
        call_id = self.next_id
        while call_id in self.streams or call_id in self.tombstones:
            call_id = self.after(call_id)
        return call_id

    def after(self, call_id: int) -> int:
        """Return the id that follows, from the beginning again after the last."""
        return call_id + 2 if call_id + 2 <= MAX_ID else self._parity

    def stream(self, call_id: int) -> Stream:
        """Return the stream of a call in flight, made when it is first asked for; raises `KeyError`."""
        stream = self.streams[call_id]
        if stream is None:
            stream = self.streams[call_id] = Stream()
        return stream

    def finish(self, call_id: int) -> None:
        """Forget a call, answered or given up, if there is one."""
        self.streams.pop(call_id, None)
        self.tombstones.discard(call_id)
        self.control.discard(call_id)
