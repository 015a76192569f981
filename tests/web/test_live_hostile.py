"""What a bad client of a websocket sends ends its own websocket, and nothing else."""

from __future__ import annotations

import itertools
import logging
import os
import random
import socket
import struct
from contextlib import suppress

import pytest
import trio
from live_support import KEY, UPGRADE, open_live
from scripted_host import ScriptedHost
from test_hostile_clients import assert_alive, status_of
from web_support import Server, read_to_end, read_until, run_server
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

import hostweb_api.live._sockets as sockets
from hostweb_api import ApiSettings, ConnectionLimits
from hostweb_api.serving._websocket import MAX_MESSAGE, PINGS_A_SILENCE

LIVE = "GET /api/live HTTP/1.1"


def frames(*events: object) -> bytes:
    wire = Connection(ConnectionType.CLIENT)
    return b"".join(wire.send(event) for event in events)


def close_code_of(answer: bytes) -> int:
    """Return the code of the close frame that an answer ends with."""
    wire = Connection(ConnectionType.CLIENT)
    wire.receive_data(answer.partition(b"\r\n\r\n")[2])
    return next(event.code for event in wire.events() if isinstance(event, CloseConnection))


@pytest.fixture
def no_tracebacks(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    yield caplog
    assert [record.message for record in caplog.records if record.exc_info] == []


@pytest.mark.usefixtures("no_tracebacks")
@pytest.mark.parametrize("extra", [b"xx", b"\x81\x05hello" * 100, bytes(100_000), os.urandom(5000)], ids=len)
async def test_bytes_that_come_before_the_upgrade_is_accepted(server: Server, extra: bytes) -> None:
    """They are taken for frames, which they are not; the websocket is closed, and the server goes on."""
    stream = await server.connect()
    await stream.send_all(server.head(LIVE, *UPGRADE) + extra)
    answer = await read_to_end(stream)
    assert status_of(answer) == 101
    assert close_code_of(answer) in {1002, 1003, 1007, 1009}
    await assert_alive(server)


async def test_a_stray_byte(server: Server) -> None:
    """One byte before the upgrade is accepted is the begin of a frame; its client may wait, and all others go on."""
    stream = await server.connect()
    await stream.send_all(server.head(LIVE, *UPGRADE) + b"x")
    assert status_of(await read_until(stream, b"\r\n\r\n")) == 101
    await assert_alive(server)


async def test_frames_that_come_too_early_are_not_lost(server: Server) -> None:
    """A message in the same packet as the request is answered once the websocket is open."""
    stream = await server.connect()
    await stream.send_all(server.head(LIVE, *UPGRADE) + frames(TextMessage(data='{"type": "ping"}')))
    assert b'"type":"pong"' in await read_until(stream, b'"pong"}')


@pytest.mark.usefixtures("no_tracebacks")
@pytest.mark.parametrize(
    ("lines", "status", "code"),
    [
        ((*UPGRADE, "Origin: http://evil.example"), 403, b"origin-refused"),
        ((*UPGRADE, "Origin: null"), 403, b"origin-refused"),
        ((*UPGRADE, "Sec-Fetch-Site: cross-site"), 403, b"origin-refused"),
        ((*UPGRADE, "Content-Length: 5"), 400, b"request-invalid"),
        ((*UPGRADE, "Transfer-Encoding: chunked"), 400, b"request-invalid"),
        ((*UPGRADE[:3],), 400, b"request-invalid"),
        ((*UPGRADE, f"Sec-WebSocket-Key: {KEY}"), 400, b"request-invalid"),
        ((*UPGRADE[:3], "Sec-WebSocket-Key: short"), 400, b"request-invalid"),
        ((*UPGRADE[:2], UPGRADE[3], "Sec-WebSocket-Version: 8"), 400, b"request-invalid"),
        ((*UPGRADE[:2], UPGRADE[3]), 400, b"request-invalid"),
        ((UPGRADE[1], UPGRADE[2], UPGRADE[3], "Connection: close"), 400, b"request-invalid"),
        (("Connection: Upgrade", "Upgrade: h2c"), 426, b"upgrade-required"),
        ((), 426, b"upgrade-required"),
    ],
)
async def test_upgrades_that_are_refused(
    server: Server, lines: tuple[str, ...], status: int, code: bytes
) -> None:
    """What is no right request for a websocket, or comes from a foreign page, is answered with a problem."""
    stream = await server.connect()
    await stream.send_all(server.head(LIVE, *lines))
    answer = await read_until(stream, b"}")
    assert status_of(answer) == status
    assert code in answer
    await assert_alive(server)


async def test_another_host(server: Server) -> None:
    """A websocket under a name that is not the server's is refused: DNS rebinding."""
    stream = await server.connect()
    head = server.head(LIVE, *UPGRADE).replace(b"127.0.0.1", b"evil.example")
    await stream.send_all(head)
    answer = await read_until(stream, b"}")
    assert status_of(answer) == 421


@pytest.mark.parametrize("path", ["/api/nothing", "/api/plugins", "/api/live/", "/api/live?a=b", "/%ff"])
@pytest.mark.usefixtures("no_tracebacks")
async def test_websockets_of_other_paths(server: Server, path: str) -> None:
    """There is one websocket; elsewhere the upgrade is refused, and the server goes on."""
    stream = await server.connect()
    await stream.send_all(server.head(f"GET {path} HTTP/1.1", *UPGRADE))
    assert 400 <= status_of(await read_until(stream, b"\r\n\r\n")) < 500
    await assert_alive(server)


BIG = b"\x81\xff" + struct.pack(">Q", 2**40) + bytes(4)


@pytest.mark.usefixtures("no_tracebacks")
@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        (b"\x81\x05hello", {1002}),  # not masked
        (b"\xc1\x80\0\0\0\0", {1002}),  # compressed, which was not agreed on
        (b"\x83\x80\0\0\0\0", {1002}),  # an opcode that there is not
        (b"\x80\x80\0\0\0\0", {1002}),  # goes on with nothing
        (b"\x89\xfe\x00\xff\0\0\0\0" + bytes(255), {1002}),  # a ping that is too large
        (b"\x09\x80\0\0\0\0", {1002}),  # a ping in parts
        (b"\x88\x81\0\0\0\0x", {1002}),  # half a close code
        (b"\x88\x82\0\0\0\0\x03\xed", {1002}),  # a close code that nobody may send
        (b"\x81\x82\0\0\0\0\xff\xfe", {1007}),  # no UTF-8
        (frames(BytesMessage(data=b"hi")), {1003}),
        (BIG + bytes(MAX_MESSAGE + 1), {1009}),
    ],
    ids=itertools.count(),
)
async def test_frames_that_break_the_protocol(server: Server, raw: bytes, codes: set[int]) -> None:
    """They are answered with the close code that says so."""
    async with open_live(server) as client:
        await client.hear()

        async def send() -> None:
            with suppress(trio.BrokenResourceError):
                await client.stream.send_all(raw)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            closed = await client.wait_closed()
        assert closed is not None
        assert closed[0] in codes
    await assert_alive(server)


@pytest.mark.usefixtures("no_tracebacks")
async def test_noise_at_every_place(server: Server) -> None:
    """Bytes that are turned over at random, cut at random, never harm the server."""
    dice = random.Random(5)
    good = frames(
        TextMessage(data='{"type": "subscribe", "id": "a", "topic": "events"}'),
        Ping(payload=b"x"),
        TextMessage(data='{"type": "unsubscribe", "id": "a"}'),
        CloseConnection(code=1000, reason="done"),
    )
    for _ in range(60):
        raw = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        cut = dice.randrange(len(raw))
        stream = await server.connect()
        await stream.send_all(server.head(LIVE, *UPGRADE))
        try:
            await stream.send_all(bytes(raw[:cut]))
            await trio.lowlevel.checkpoint()
            await stream.send_all(bytes(raw[cut:]))
            await stream.send_eof()
        except trio.BrokenResourceError:
            pass
        await read_to_end(stream)
        await trio.aclose_forcefully(stream)
    await assert_alive(server)


@pytest.mark.usefixtures("no_tracebacks")
async def test_clients_that_reset(server: Server) -> None:
    """A hundred websockets that are opened, used and reset leave nothing."""
    for number in range(100):
        stream = await server.connect()
        await stream.send_all(
            server.head(LIVE, *UPGRADE) + frames(TextMessage(data='{"type":"ping"}')) * (number % 3)
        )
        if number % 2:
            await read_until(stream, b"\r\n\r\n")
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await stream.aclose()
    await assert_alive(server)
    async with open_live(server) as client:
        assert (await client.hear())["type"] == "hello"


async def test_a_flood_of_tiny_fragments(server: Server) -> None:
    """A message in a hundred thousand parts is put together."""
    async with open_live(server) as client:
        await client.hear()
        text = '{"type": "ping", "id": "' + "a" * 40 + '"}'
        parts = [TextMessage(data="", message_finished=False)] * 20_000
        parts += [TextMessage(data=each, message_finished=False) for each in text]
        await client.stream.send_all(frames(*parts, TextMessage(data="", message_finished=True)))
        assert await client.hear_until("pong") == {"type": "pong", "id": "a" * 40}


async def test_too_many_websockets(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit they are refused; there is room again when one has ended."""
    monkeypatch.setattr(sockets, "MAX_SOCKETS", 2)
    async with open_live(server):
        async with open_live(server):
            stream = await server.connect()
            await stream.send_all(server.head(LIVE, *UPGRADE))
            answer = await read_until(stream, b"}")
            assert (status_of(answer), b"live-full" in answer) == (503, True)
            async with await server.connect() as plain:  # of a page, which cannot read why it was refused
                await plain.send_all(server.head(LIVE))
                answer = await read_until(plain, b"}")
                assert (status_of(answer), b"live-full" in answer) == (503, True)
        with trio.fail_after(10):
            while b'"hello"' not in answer:  # until the server has noticed that one has gone
                async with await server.connect() as again:
                    await again.send_all(server.head(LIVE, *UPGRADE))
                    answer = await read_until(again, b"}")


async def test_a_client_that_answers_no_pings(scripted: ScriptedHost) -> None:
    """It is closed after the silence with the code that says so; one that answers stays."""
    async with (
        run_server(scripted, limits=ConnectionLimits(silence=2.0)) as server,
        open_live(server) as dead,
        open_live(server) as living,
        trio.open_nursery() as nursery,
    ):
        dead.answers_pings = False
        nursery.start_soon(living.wait_closed)
        assert await dead.wait_closed() == (4003, "silent")
        assert dead.pings >= 1
        with trio.fail_after(20):
            while living.pings <= PINGS_A_SILENCE + 1:  # noqa: ASYNC110 - for longer than the silence
                await trio.sleep(0.05)
        assert living.closed is None
        nursery.cancel_scope.cancel()


async def test_a_client_that_does_not_read(scripted: ScriptedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told why it is let go when it reads on, and cut off when it does not; nobody waits for it."""
    monkeypatch.setattr("hostweb_api.live._session.SLOW_SECONDS", 0.5)
    settings = ApiSettings(heartbeat=0.2)

    async def big(params, seconds):
        return "x" * 30_000_000

    scripted.handlers["Demo.Big"] = big
    async with run_server(scripted, settings=settings, limits=ConnectionLimits(write_timeout=3)) as server:
        async with open_live(server) as late, open_live(server) as never, open_live(server) as other:
            for client in (late, never):
                await client.say("call.open", id="c", plugin="demo", method="Demo.Big")
            for _ in range(10):
                await other.say("ping")
                await other.hear_until("pong")
                await trio.sleep(0.1)
            assert await late.wait_closed() == (4002, "too-slow")
            await trio.sleep(3)
            assert await never.wait_closed() is None
        await assert_alive(server)


async def test_the_server_stops_with_websockets_of_every_kind(scripted: ScriptedHost) -> None:
    """Busy, quiet, silent and half-open ones do not delay the end beyond the grace."""
    async with (
        run_server(scripted, grace=1.0) as server,
        open_live(server) as quiet,
        open_live(server) as busy,
    ):
        await busy.say("subscribe", id="e", topic="events")
        half = await server.connect()
        await half.send_all(server.head(LIVE, *UPGRADE)[:-5])
        await quiet.hear()
        await busy.hear_until("subscribed")
        assert await server.stop() < 3
        assert await quiet.wait_closed() == (1001, "server-stopping")
        assert await busy.wait_closed() == (1001, "server-stopping")
