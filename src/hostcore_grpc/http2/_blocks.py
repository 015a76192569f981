"""A header block on its way, in HEADERS and CONTINUATION frames."""

from __future__ import annotations

from hostcore_grpc.http2._codes import ErrorCode
from hostcore_grpc.http2._frames import ConnectionViolation
from hostcore_grpc.http2._limits import HEADER_FRAMES


class PartialBlock:
    """Is a header block whose end has not come."""

    def __init__(self, stream_id: int, *, ended: bool) -> None:
        self.stream_id = stream_id
        self.ended = ended
        self.fragments: list[bytes] = []
        self.size = 0

    def add(self, fragment: bytes, limit: int) -> None:
        """Take a further fragment; raises `ConnectionViolation` when the block exceeds the limit in bytes or frames."""
        self.fragments.append(fragment)
        self.size += len(fragment)
        if self.size > limit or len(self.fragments) > HEADER_FRAMES:
            raise ConnectionViolation(
                ErrorCode.ENHANCE_YOUR_CALM,
                f"a header block has more than {limit} bytes or {HEADER_FRAMES} frames",
            )
