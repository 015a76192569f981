"""Receives the body of a request into a file, with a bounded size and bounded waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio
from werkzeug.exceptions import RequestTimeout

from hostweb_api._problems import Problem, ProblemError

if TYPE_CHECKING:
    from hostweb_api.serving._body import RequestBody

RECEIVE_SECONDS: Final = 600.0
"""All of it: the largest archive in ten minutes needs half a MiB a second."""

_PIECE: Final = 1024 * 1024


async def receive(body: RequestBody, target: Path, *, limit: int) -> None:
    """Write a body into a new file as it comes.

    Args:
        body: the request's.
        target: the file; it is not there yet.
        limit: bytes that are taken at most.

    Raises:
        RequestEntityTooLarge: it is larger.
        RequestTimeout: it did not arrive in time.
        ProblemError: it is empty.
    """
    size = 0
    with trio.move_on_after(RECEIVE_SECONDS) as scope:
        async with await trio.open_file(target, "xb") as file:
            held: list[bytes] = []
            async for chunk in body.pieces(limit=limit):
                held.append(chunk)
                size += len(chunk)
                if sum(map(len, held)) >= _PIECE:
                    await file.write(b"".join(held))
                    held.clear()
            await file.write(b"".join(held))
    if scope.cancelled_caught:
        raise RequestTimeout(f"The archive did not arrive within {RECEIVE_SECONDS:g} s.")
    if not size:
        raise ProblemError(
            Problem(
                code="request-invalid",
                detail="The request has no body.",
                hint="send the archive as the body of the request",
            )
        )
