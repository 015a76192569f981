"""Request bodies: what is held is bounded, and nobody waits for ever."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from werkzeug.exceptions import RequestEntityTooLarge

from hostweb_api._body import BODY_WINDOW, RequestBody

CHUNK = bytes(64 * 1024)


async def test_backpressure() -> None:
    """A sender is held up once the window is full, and goes on when something is read."""
    body = RequestBody(None, None)
    sent = 0

    async def send() -> None:
        nonlocal sent
        for _ in range(100):
            await body.put(CHUNK)
            sent += len(CHUNK)
        body.finish()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        await trio.testing.wait_all_tasks_blocked()
        assert sent == BODY_WINDOW
        assert await anext(body) == CHUNK
        await trio.testing.wait_all_tasks_blocked()
        assert sent == BODY_WINDOW + len(CHUNK)
        assert len(await body.read(limit=None)) == 99 * len(CHUNK)


async def test_discarding_frees_the_sender() -> None:
    """Once nobody is going to read, a sender that waits goes on and nothing is held."""
    body = RequestBody(None, None)

    async def send() -> None:
        for _ in range(100):
            await body.put(CHUNK)

    with trio.fail_after(2):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            await trio.testing.wait_all_tasks_blocked()
            body.discard()
    assert body._held == 0


async def test_limits() -> None:
    """Too large a body is refused: before it comes when its length is known, else as soon as it is too large."""
    announced = RequestBody(1000, None)
    with pytest.raises(RequestEntityTooLarge):
        await announced.read(limit=999)
    grown = RequestBody(None, None)
    await grown.put(b"12345")
    await grown.put(b"67890")
    with pytest.raises(RequestEntityTooLarge):
        await grown.read(limit=9)
    fitting = RequestBody(None, 9)
    await fitting.put(b"123456789")
    fitting.finish()
    assert await fitting == b"123456789"
    assert await fitting == b"123456789"


async def test_iteration_has_the_default_limit() -> None:
    """The framework's way to read, by iteration, is bounded too."""
    body = RequestBody(None, 9)
    await body.put(b"12345")
    await body.put(b"67890")
    assert await anext(body) == b"12345"
    with pytest.raises(RequestEntityTooLarge):
        await anext(body)


async def test_an_empty_body_ends() -> None:
    """A body without content is empty, not endless."""
    body = RequestBody(None, 9)
    body.finish()
    assert await body == b""
    assert [chunk async for chunk in body] == []
