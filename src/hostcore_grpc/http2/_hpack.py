"""Header lists to blocks and back.

This side's own blocks need no state: every field is a number of the static table or a literal that is not remembered,
so a block can be made once and used for each call. Of the peer's encoder the same is asked by a
SETTINGS_HEADER_TABLE_SIZE of 0; until it has obeyed, or if it never does, the dynamic table of `hpack` is at work. With
it out of the way equal blocks mean equal lists, and the few that a service answers with are decoded once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import hpack

from hostcore_grpc.http2._codes import ErrorCode
from hostcore_grpc.http2._fields import Fields, examine
from hostcore_grpc.http2._frames import ConnectionViolation
from hostcore_grpc.http2._limits import CACHED_BLOCK, CACHED_BLOCKS, HEADER_LIST, HEADER_TABLE

TABLE_SIZE_ZERO: Final = b"\x20"
"""Says that the encoder's table is empty from now on; the first block of a connection begins with it."""

# RFC 7541, appendix A: the fields that gRPC sends, and the numbers of the names whose values vary.
_FIELDS: Final = {
    (b":method", b"GET"): b"\x82",
    (b":method", b"POST"): b"\x83",
    (b":scheme", b"http"): b"\x86",
    (b":scheme", b"https"): b"\x87",
    (b":status", b"200"): b"\x88",
}
_NAMES: Final = {
    b":authority": 1,
    b":method": 2,
    b":path": 4,
    b":scheme": 6,
    b":status": 8,
    b"authorization": 23,
    b"content-type": 31,
    b"user-agent": 58,
}
# Never to be remembered, by no hop: an encoder that indexes what repeats could be made to tell it.
_SECRET: Final = frozenset({b"authorization", b"cookie", b"proxy-authorization"})


def _integer(value: int, prefix_bits: int, pattern: int = 0) -> bytes:
    """Return a number in the form of RFC 7541, 5.1, under the pattern of its first byte."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes((pattern | value,))
    octets = bytearray((pattern | limit,))
    value -= limit
    while value >= 0x80:  # noqa: PLR2004 - seven bits a byte, as the standard has it
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def encode_field(name: bytes, value: bytes) -> bytes:
    """Return one field of a block; the name is lower case."""
    known = _FIELDS.get((name, value))
    if known is not None:
        return known
    pattern = 0x10 if name in _SECRET else 0
    number = _NAMES.get(name)
    named = (
        _integer(0, 4, pattern) + _integer(len(name), 7) + name
        if number is None
        else _integer(number, 4, pattern)
    )
    return named + _integer(len(value), 7) + value


def encode_block(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the block of a header list; the same list gives the same block on every connection."""
    return b"".join([encode_field(name, value) for name, value in headers])


class HeaderDecoder:
    """Decodes the peer's blocks, each exactly once and in order.

    Args:
        max_list: the largest header list, in bytes as RFC 7541 counts them.
    """

    def __init__(self, max_list: int = HEADER_LIST) -> None:
        self._decoder = hpack.Decoder(max_header_list_size=max_list)
        # What the standard gives a peer that has not seen our settings. It stays: who never shrinks its table, and
        # never uses it, does no harm.
        self._decoder.max_allowed_table_size = HEADER_TABLE
        self._known: dict[bytes, Fields] = {}

    def __repr__(self) -> str:
        return f"<HeaderDecoder table={self._decoder.header_table_size} known={len(self._known)}>"

    def decode(self, block: bytes) -> Fields:
        """Return the header list of a block, examined.

        Raises:
            ConnectionViolation: the block cannot be decoded, or the list exceeds the limit; the state is lost.
        """
        known = self._known.get(block)
        if known is not None:
            return known
        was_stateless = self._decoder.header_table_size == 0
        try:
            decoded = self._decoder.decode(block, raw=True)
        except hpack.OversizedHeaderListError as error:
            raise ConnectionViolation(ErrorCode.ENHANCE_YOUR_CALM, f"{error}") from None
        except hpack.HPACKError as error:
            raise ConnectionViolation(
                ErrorCode.COMPRESSION_ERROR, f"a header block cannot be decoded: {error}"
            ) from None
        fields = examine(tuple([(bytes(name), bytes(value)) for name, value in decoded]))
        if self._decoder.header_table_size:
            self._known.clear()  # the table is in use (again), and equal blocks may mean different lists
        elif was_stateless and len(block) <= CACHED_BLOCK and len(self._known) < CACHED_BLOCKS:
            self._known[block] = fields
        return fields
