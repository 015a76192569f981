"""Receives the body of a request into a file, with a bounded size and bounded waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio
from werkzeug.exceptions import RequestTimeout

from hostcore.errors import SourceError
from hostweb_api._problems import Problem, ProblemError
from hostweb_api._settings import BODY_TIMEOUT

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
        SourceError: there is no room for it.
    """
    with trio.move_on_after(RECEIVE_SECONDS):
        try:
            received = await _write(body, target, limit)
        except OSError as error:
            raise no_room(error) from error
        return _refuse_nothing(received)
    raise RequestTimeout(f"The archive did not arrive within {RECEIVE_SECONDS:g} s.")


def no_room(error: OSError) -> SourceError:
    """Make the error for an archive that cannot be written."""
    return SourceError(
        f"the archive cannot be taken in: {error.strerror}",
        hint="the host must be able to write into its data folder, and have room there",
    )


async def _write(body: RequestBody, target: Path, limit: int) -> int:
    received = 0
    async with await trio.open_file(target, "xb") as file, aclosing(body.pieces(limit=limit)) as pieces:
        held = bytearray()
        while chunk := await _next(pieces):
            held += chunk
            received += len(chunk)
            if len(held) >= _PIECE:
                await file.write(held)
                held = bytearray()
        await file.write(held)
    return received


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    """Return what comes next, nothing at the end; a client that sends nothing at all keeps others from sending."""
    with trio.move_on_after(BODY_TIMEOUT):
        return await anext(pieces, b"")
    raise RequestTimeout(f"Nothing of the archive has arrived for {BODY_TIMEOUT:g} s.")


def _refuse_nothing(received: int) -> None:
    if not received:
        raise ProblemError(
            Problem(
                code="request-invalid",
                detail="The request has no body.",
                hint="send the archive as the body of the request",
            )
        )
