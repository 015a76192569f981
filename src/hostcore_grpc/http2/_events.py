"""What a connection tells: facts in past tense, in the order in which the peer made them.

Named tuples, not dataclasses: three of them come with each answer, and a frozen dataclass takes four times as long to
make.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""A header list as it came: names are lower case, names may repeat, and the order of equal names matters."""


class RequestReceived(NamedTuple):
    """Says that a client has opened a stream; only a server hears it.

    Attributes:
        stream_id: the stream.
        headers: with the pseudo-headers, which come first.
        ended: whether the request has no data.
    """

    stream_id: int
    headers: Headers
    ended: bool


class ResponseReceived(NamedTuple):
    """Says that a server has begun to answer; only a client hears it.

    Attributes:
        stream_id: the stream.
        status: the HTTP status, 200 to 999.
        headers: with the pseudo-header `:status`, which comes first.
        ended: whether the response has nothing more.
    """

    stream_id: int
    status: int
    headers: Headers
    ended: bool


class InformationalReceived(NamedTuple):
    """Says that a server has sent an interim status of 100 to 199; the response is still to come."""

    stream_id: int
    status: int
    headers: Headers


class DataReceived(NamedTuple):
    """Says that data came; return it to the sender's window with `Connection.consume` when it was read.

    Attributes:
        stream_id: the stream.
        data: without padding; may be empty when `ended`.
        ended: whether the peer sends nothing more.
    """

    stream_id: int
    data: bytes
    ended: bool


class TrailersReceived(NamedTuple):
    """Says that the peer has ended its side with trailers."""

    stream_id: int
    headers: Headers


class StreamReset(NamedTuple):
    """Says that a stream has ended before its time.

    Attributes:
        stream_id: the stream, which is forgotten already.
        code: why, as in `ErrorCode`, or a number that the standard does not know.
        violation: what the peer did wrong, when it was this side that reset the stream; None when it was the peer.
    """

    stream_id: int
    code: int
    violation: str | None = None


class WindowOpened(NamedTuple):
    """Says that more may be sent: on one stream, or on all of them when `stream_id` is 0."""

    stream_id: int


class SettingsChanged(NamedTuple):
    """Says that the peer has sent settings; they hold already, and windows may have grown or shrunk."""


class PingAcknowledged(NamedTuple):
    """Says that the peer has answered a ping."""

    payload: bytes


class GoawayReceived(NamedTuple):
    """Says that the peer takes no new streams.

    Attributes:
        last_stream_id: the highest of our streams that it may have looked at.
        code: why, as in `ErrorCode`; `NO_ERROR` is a polite stop.
        debug: what it said about it, cut.
        cut_off: our streams above `last_stream_id`, which are forgotten already: the peer has done nothing for them.
    """

    last_stream_id: int
    code: int
    debug: bytes
    cut_off: tuple[int, ...]


class InputEnded(NamedTuple):
    """Says that the peer's bytes have ended.

    Attributes:
        clean: whether they ended between two frames.
    """

    clean: bool


Event: TypeAlias = (
    RequestReceived
    | ResponseReceived
    | InformationalReceived
    | DataReceived
    | TrailersReceived
    | StreamReset
    | WindowOpened
    | SettingsChanged
    | PingAcknowledged
    | GoawayReceived
    | InputEnded
)
