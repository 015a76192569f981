"""The numbers that bound a connection, each with its reason."""

from __future__ import annotations

from typing import Final

MAX_STREAM_ID: Final = 2**31 - 1
"""Stream ids have 31 bits; a client uses the odd ones once each, so at 10,000 calls/s they last 29 hours."""

MAX_WINDOW: Final = 2**31 - 1
"""Flow-control windows have 31 bits; a larger one is a violation."""

DEFAULT_WINDOW: Final = 65_535
"""Each window before anybody has said otherwise."""

DEFAULT_FRAME_SIZE: Final = 16_384
"""Each peer takes frames of this size; larger ones only when it says so."""

MAX_FRAME_SIZE: Final = 2**24 - 1
"""A frame's length has 24 bits."""

FRAME_SIZE: Final = 1024 * 1024
"""Largest frame that this side takes: a large message in few frames costs less; a frame is held until it is whole."""

STREAM_WINDOW: Final = 4 * 1024 * 1024
"""Bytes that a stream's sender may be ahead of its reader: several large answers without a round trip for credit."""

CONNECTION_WINDOW: Final = 64 * 1024 * 1024
"""Bytes that all streams may be ahead together. Returned on receipt, so a stream that nobody reads holds up no other."""

UNKNOWN_CONCURRENCY: Final = 100
"""Streams opened before the server has named its own limit: the least that the standard recommends to servers."""

SERVED_STREAMS: Final = 100
"""Requests that a server takes at once: the least that the standard recommends."""

HEADER_TABLE: Final = 4096
"""Bytes of the peer's dynamic table at most: the default, which holds until the peer has seen that we ask for none."""

HEADER_LIST: Final = 1024 * 1024
"""Bytes of a header list, decoded: gRPC puts error texts and their details into trailers, and some are long."""

HEADER_FRAMES: Final = 256
"""Frames of a header block: empty CONTINUATION frames are legal and could go on for ever (CVE-2024-27316 and kin)."""

CACHED_BLOCKS: Final = 64
"""Header blocks remembered decoded: a service answers with a handful of different ones."""

CACHED_BLOCK: Final = 256
"""Bytes of a block that is remembered: those that come again and again are short."""

SETTINGS_AT_ONCE: Final = 64
"""SETTINGS frames, and settings in one of them, that one read may bring: servers send one to begin with, and rarely one
more. Each is the work of a call, so that a flood of them would keep the host from everything else."""

FIELDS_AT_ONCE: Final = 16_384
"""Header fields that one read may bring: some 30 ms of work, for a byte can be a field. Open streams have more room."""

FIELDS_A_STREAM: Final = 64
"""Header fields more for each open stream: an answer has two blocks, of rarely more than ten fields."""

DEBUG_DATA: Final = 1024
"""Bytes of a GOAWAY's debug text that are kept."""
