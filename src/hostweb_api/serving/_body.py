"""Request bodies with backpressure.

The framework's own body class keeps whatever arrives; a client that sends faster than the route reads fills the
memory. Here a window is kept, beyond it the server stops reading from the connection and TCP pushes back on the
sender. The limit of a body is named by the route that reads it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Generator
from typing import Any, Final, Self, cast

import trio
from quart_trio.wrappers import TrioRequest
from werkzeug.exceptions import RequestEntityTooLarge

from hostweb_api.security._callers import Caller, caller_of

# Eight reads of the server: enough to keep a fast sender busy, little enough for hundreds of connections.
BODY_WINDOW: Final = 512 * 1024


class RequestBody:
    """Holds what has arrived of a request's body and has not been read.

    One task reads, by `read`, by iteration or by `await`; the server's side calls `put`, `finish` and `discard`.
    """

    def __init__(self, expected: int | None, limit: int | None) -> None:
        """Begin an empty body.

        Args:
            expected: the Content-Length, or None when it is not known.
            limit: the size in bytes beyond which iteration and `await` refuse; None for no limit.
        """
        self._expected = expected
        self._limit = limit
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._complete = False
        self._unwanted = False
        self._seen = 0
        self._arrived: trio.Event | None = None
        self._taken: trio.Event | None = None
        self._whole: bytes | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all of it has arrived."""
        return self._complete

    # The reader's side.

    async def read(self, *, limit: int | None) -> bytes:
        """Read the whole body; a second call returns it again.

        Raises:
            RequestEntityTooLarge: it is larger than `limit` bytes; known at once when the client said its length.
        """
        if self._whole is None:
            self._check(self._expected or 0, limit)
            parts: list[bytes] = []
            while (chunk := await self._next()) is not None:
                self._check(self._seen, limit)
                parts.append(chunk)
            self._whole = b"".join(parts)
        return self._whole

    async def pieces(self, *, limit: int | None) -> AsyncGenerator[bytes, None]:
        """Yield what arrives, as it arrives, for a body that is not to be held in memory.

        Raises:
            RequestEntityTooLarge: it is larger than `limit` bytes; known at once when the client said its length.
        """
        self._check(self._expected or 0, limit)
        while (chunk := await self._next()) is not None:
            self._check(self._seen, limit)
            yield chunk

    def __await__(self) -> Generator[Any, None, bytes]:
        return self.read(limit=self._limit).__await__()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        self._check(self._expected or 0, self._limit)
        chunk = await self._next()
        if chunk is None:
            raise StopAsyncIteration
        self._check(self._seen, self._limit)
        return chunk

    async def next_chunk(self) -> bytes | None:
        """Return the next part as it has arrived, whatever the size of the whole; None at its end."""
        return await self._next()

    async def _next(self) -> bytes | None:
        while not self._chunks:
            if self._complete:
                return None
            self._arrived = trio.Event()
            await self._arrived.wait()
        chunk = self._chunks.popleft()
        self._held -= len(chunk)
        self._seen += len(chunk)
        if self._taken is not None:
            self._taken.set()
            self._taken = None
        return chunk

    def _check(self, size: int, limit: int | None) -> None:
        if limit is not None and size > limit:
            self.discard()
            raise RequestEntityTooLarge(f"The body has more than {limit} bytes, the limit of this route.")

    # The server's side.

    async def put(self, data: bytes) -> None:
        """Add what has arrived; waits while the window is full and somebody may still read it."""
        while self._held >= BODY_WINDOW and not self._unwanted:
            self._taken = trio.Event()
            await self._taken.wait()
        if data and not self._unwanted:
            self._chunks.append(data)
            self._held += len(data)
            self._wake()

    def finish(self) -> None:
        """Say that the body is complete."""
        self._complete = True
        self._wake()

    def discard(self) -> None:
        """Drop what is held and what still comes: nobody is going to read it."""
        self._unwanted = True
        self._chunks.clear()
        self._held = 0
        if self._taken is not None:
            self._taken.set()
            self._taken = None

    def _wake(self) -> None:
        if self._arrived is not None:
            self._arrived.set()
            self._arrived = None

    # What the framework and its test client call.

    def set_result(self, data: bytes) -> None:
        """Set the whole body at once."""
        self._whole = data
        self.finish()

    def clear(self) -> None:
        """Forget the body that was read."""
        self._whole = b""


class ApiRequest(TrioRequest):
    """Is a request whose body pushes back on its sender.

    Attributes:
        outlives_client: whether its work is finished even when the client has gone: half a change is worse than one
            that nobody waits for. Set it after the body has been read.
    """

    body_class = RequestBody  # type: ignore[assignment] # same protocol, no common base
    body: RequestBody  # type: ignore[assignment] # as above
    outlives_client: bool = False

    @property
    def caller(self) -> Caller:
        """Who sends it."""
        return caller_of(self.asgi_scope)

    @property
    def asgi_scope(self) -> dict[str, Any]:
        """The scope that the server has made, and that all on the way have written into."""
        return cast("dict[str, Any]", self.scope)
