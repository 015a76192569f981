"""Messages in the bytes of a stream: five bytes say whether one is compressed, and how long it is."""

from __future__ import annotations

import zlib
from struct import Struct
from typing import Final

PREFIX: Final = Struct(">BI")
PREFIX_SIZE: Final = PREFIX.size

IDENTITY: Final = b"identity"
GZIP: Final = b"gzip"
_GZIP_BITS: Final = 31  # zlib's window bits, with a gzip header around

MAX_MESSAGE: Final = 2**32 - 1
"""Bytes of a message: its length has 32 bits. The usual 4 MiB are too few: Terraform's schemas exceed them."""


class MessageFault(Exception):  # noqa: N818 - not an error of its own: the call's outcome is made of it
    """Says why a message cannot be taken.

    Attributes:
        is_limit: whether it is only too large for a limit of this side.
    """

    def __init__(self, text: str, *, is_limit: bool = False) -> None:
        super().__init__(text)
        self.is_limit = is_limit


def frame_message(message: bytes) -> bytes:
    """Return a message with its prefix, not compressed.

    Raises:
        ValueError: it is too long for its prefix.
    """
    size = len(message)
    if size > MAX_MESSAGE:
        raise ValueError(f"a message of {size} bytes exceeds what gRPC can carry")
    return PREFIX.pack(0, size) + message


class MessageReader:
    """Cuts the data of a stream into messages, one by one as they are asked for.

    Bytes are kept as they came until then: a flood of empty messages takes no more memory than its bytes.

    Args:
        max_size: the largest message, in bytes, compressed or not.
    """

    __slots__ = ("_buffer", "max_size")

    def __init__(self, max_size: int = MAX_MESSAGE) -> None:
        self.max_size = max_size
        self._buffer = bytearray()

    def __repr__(self) -> str:
        return f"<MessageReader held={self.held}>"

    @property
    def held(self) -> int:
        """Bytes that came and belong to no message that was taken."""
        return len(self._buffer)

    @property
    def is_ready(self) -> bool:
        """Whether `take` returns a message, or raises, without further data."""
        if len(self._buffer) < PREFIX_SIZE:
            return False
        flag, size = PREFIX.unpack_from(self._buffer)
        return bool(flag > 1 or size > self.max_size or len(self._buffer) >= PREFIX_SIZE + size)

    def feed(self, data: bytes) -> None:
        """Take in some data."""
        self._buffer += data

    def take(self, encoding: bytes = IDENTITY) -> bytes | None:
        """Return the next message; None when it has not come whole.

        Args:
            encoding: how messages are compressed that are.

        Raises:
            MessageFault: it cannot be taken; nothing after it can be.
        """
        buffer = self._buffer
        if len(buffer) < PREFIX_SIZE:
            return None
        flag, size = PREFIX.unpack_from(buffer)
        self._check(flag, size)
        end = PREFIX_SIZE + size
        if len(buffer) < end:
            return None
        with memoryview(buffer) as view:
            message = bytes(view[PREFIX_SIZE:end])
        del buffer[:end]
        return self._unpack(flag, message, encoding)

    def _check(self, flag: int, size: int) -> None:
        """Refuse a message for what its prefix says."""
        if flag > 1:
            raise MessageFault(f"a message begins with the byte {flag} instead of 0 or 1: no gRPC")
        if size > self.max_size:
            raise MessageFault(
                f"a message of {size} bytes exceeds the limit of {self.max_size}", is_limit=True
            )

    def _unpack(self, flag: int, message: bytes, encoding: bytes) -> bytes:
        """Return what a message holds, decompressed if its flag says so."""
        if not flag:
            return message
        if encoding != GZIP:
            name = encoding.decode(errors="replace")
            raise MessageFault(f"a message is compressed with {name!r}; gzip and identity are understood")
        inflater = zlib.decompressobj(_GZIP_BITS)
        try:
            # One byte more than allowed tells a message that exceeds the limit, however small it came.
            inflated = inflater.decompress(message, self.max_size + 1)
        except zlib.error as error:
            raise MessageFault(f"a message is no gzip: {error}") from None
        if len(inflated) > self.max_size:
            raise MessageFault(
                f"a compressed message exceeds the limit of {self.max_size} bytes", is_limit=True
            )
        if not inflater.eof:
            raise MessageFault("a compressed message ends too early")
        return inflated
