"""The numbers that bound a connection, each with its reason."""

from __future__ import annotations

from typing import Final

# A msgpack frame's length is 32 bits wide, of which the top 8 stay zero: so its first byte tells it from text.
MAX_FRAME: Final = 16 * 1024 * 1024 - 1

# A hello may not announce less: hello, ping, shutdown and errors must fit into any peer.
MIN_FRAME: Final = 4096

# What a hello may announce for `inflight` at most; larger numbers count as this one. It bounds both sides' tables.
MAX_INFLIGHT: Final = 65_536

# Containers inside each other in one value. Real data stays below 20; recursive readers elsewhere break at a few 100.
MAX_DEPTH: Final = 64

# Ids are unsigned 32-bit numbers, and 0 names nothing.
MAX_ID: Final = 2**32 - 1

# Integers in JSON, as in RFC 7493: beyond them, what reads numbers as doubles changes them silently.
MAX_JSON_INTEGER: Final = 2**53 - 1

# Credit that may be outstanding on one direction of a call: fits a signed 32-bit counter everywhere.
MAX_CREDIT: Final = 2**31 - 1

# Longest time span in a message: 2**53 - 1 ms, the largest integer that both encodings carry.
MAX_TIMEOUT_MS: Final = MAX_JSON_INTEGER

# Stray text is reported in parts of this many bytes at most, so that a flood without line ends needs no memory.
MAX_STRAY_PART: Final = 8192

# How much of a skipped frame is looked at to find out which call it belongs to.
OVERSIZE_HEAD: Final = 64

# How much of an offending message is quoted in an error, in bytes.
EXCERPT: Final = 48
