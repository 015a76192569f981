"""The life of a stream, as a table.

HTTP/2 draws seven states for a stream. They are the pairs of what each of the two sides has still to say, so here each
direction is a small machine of its own, a `Half`, and a stream is two of them: "open" is (OPEN, OPEN), "half-closed
(local)" is (ENDED, OPEN), "closed" is (ENDED, ENDED). A stream that was never used is one whose id is higher than any
used so far, and a closed one is forgotten. Streams are never reserved, for nothing is pushed.

The rules of a direction, which HTTP adds to those of HTTP/2:

1. Headers come first; in a response, any number of informational ones before them.
2. Then data, as often as wanted.
3. The end comes with the first headers, with data, or with trailers; trailers always end it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final


class Half(enum.IntEnum):
    """Names what one direction of a stream has seen."""

    BEFORE = 0
    OPEN = 1
    ENDED = 2


class Turn(enum.IntEnum):
    """Names what moves a direction; `..._END` carries END_STREAM."""

    INFORMATIONAL = 0
    HEADERS = 1
    HEADERS_END = 2
    DATA = 3
    DATA_END = 4


NEXT: Final[Mapping[tuple[int, int], Half]] = {
    (Half.BEFORE, Turn.INFORMATIONAL): Half.BEFORE,
    (Half.BEFORE, Turn.HEADERS): Half.OPEN,
    (Half.BEFORE, Turn.HEADERS_END): Half.ENDED,
    (Half.OPEN, Turn.HEADERS_END): Half.ENDED,
    (Half.OPEN, Turn.DATA): Half.OPEN,
    (Half.OPEN, Turn.DATA_END): Half.ENDED,
}


class Stream:
    """Is what a connection keeps of one stream while it lives.

    Attributes:
        ours: what this side has sent.
        theirs: what the peer has sent.
        send_window: bytes that may be sent; negative when the peer has shrunk its windows.
        receive_window: bytes that the peer may still send.
        consumed: bytes that were read and not yet returned to the peer's window.
    """

    # As attributes of the class: a stream is made for each call, and most of them change few of these.
    ours = Half.BEFORE
    theirs = Half.BEFORE
    consumed = 0

    def __init__(self, send_window: int, receive_window: int) -> None:
        self.send_window = send_window
        self.receive_window = receive_window

    def __repr__(self) -> str:
        return f"<Stream ours={self.ours.name} theirs={self.theirs.name} send_window={self.send_window}>"
