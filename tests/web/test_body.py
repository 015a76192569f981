"""Request bodies: what is held is bounded, and nobody waits for ever."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from werkzeug.exceptions import RequestEntityTooLarge

from hostweb_api.serving._body import BODY_WINDOW, RequestBody
from hostweb_api.serving._connection import READ_SIZE
from hostweb_api.serving._inbox import Inbox
from hostweb_api.serving._serve import MAX_HELD_MESSAGES

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

    with trio.fail_after(30):
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


def test_what_a_connection_holds_fits_into_the_window() -> None:
    """The app takes over all that is held without anybody reading: it must fit, or the app waits for itself."""
    assert MAX_HELD_MESSAGES * READ_SIZE < BODY_WINDOW


async def test_an_inbox_keeps_the_order() -> None:
    """Messages come in their order: those that were held first, then those that are pushed; none after the end."""
    inbox = Inbox(2)
    got: list[int] = []

    async def take(message: int) -> None:
        await trio.lowlevel.checkpoint()
        got.append(message)

    async def fill() -> None:
        for number in range(5):
            await inbox.put(number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(fill)
        await trio.testing.wait_all_tasks_blocked()
        assert await inbox.receive() == 0
        await inbox.push_to(take)
    inbox.close()
    await inbox.put(9)
    assert got == [1, 2, 3, 4]


async def test_an_inbox_that_is_closed_frees_its_sender() -> None:
    """A sender that waits for room goes on when the app has ended."""
    inbox = Inbox(1)
    await inbox.put(1)
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(inbox.put, 2)
            await trio.testing.wait_all_tasks_blocked()
            inbox.close()
