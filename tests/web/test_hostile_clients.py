"""One bad client harms nobody else: raw sockets against a served API, which must go on answering others."""

from __future__ import annotations

import json
import logging
import socket
import struct
import time
from contextlib import suppress

import httpx
import pytest
import trio
import trio.lowlevel
from scripted_host import ScriptedHost
from web_support import LIMITS, Server, read_to_end, read_until, run_server

from hostweb_api import ConnectionLimits

HEALTH_END = b'"last_event":0}'
CALL = "POST /api/plugins/demo/call HTTP/1.1"
JSON = "Content-Type: application/json"


async def assert_alive(server: Server) -> None:
    """Prove that the server still answers, on a new connection."""
    async with httpx.AsyncClient(base_url=server.url, timeout=5) as client:
        assert (await client.get("/api/health")).status_code == 200


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture
def no_tracebacks(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhel",
        b"-1\r\n\r\n",
        b"ffffffffffffffffffffff\r\n",
        b"5\r\nhelloworld\r\n",
    ],
)
async def test_bad_chunks(server: Server, body: bytes) -> None:
    """A body with bad chunks is a 400 or a closed connection, whenever it arrives, and nobody else notices."""
    for split in range(0, len(body), 3):
        stream = await server.connect()
        head = server.head(CALL, JSON, "Transfer-Encoding: chunked")
        await stream.send_all(head + body[:split])
        await trio.lowlevel.checkpoint()
        await stream.send_all(body[split:])
        await stream.send_eof()
        answer = await read_to_end(stream)
        assert answer == b"" or status_of(answer) == 400, answer
        await stream.aclose()
    await assert_alive(server)


async def test_reset_in_the_middle(server: Server, scripted: ScriptedHost) -> None:
    """A client that resets the connection while its call runs ends its own call only."""
    begun, ended = trio.Event(), trio.Event()

    async def wait(params, seconds):
        begun.set()
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    scripted.handlers["Demo.Wait"] = wait
    stream = await server.connect()
    body = b'{"method": "Demo.Wait"}'
    await stream.send_all(server.head(CALL, JSON, f"Content-Length: {len(body)}") + body)
    with trio.fail_after(30):
        await begun.wait()
        # Linger 0: closing sends RST instead of FIN.
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await stream.aclose()
        await ended.wait()
    await assert_alive(server)


async def test_http2_preface(server: Server) -> None:
    """HTTP/2 with prior knowledge is refused with 505; an offer to upgrade is ignored."""
    stream = await server.connect()
    await stream.send_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9 * 20))
    assert status_of(await read_to_end(stream)) in {400, 505}
    await stream.aclose()
    stream = await server.connect()
    await stream.send_all(
        server.head(
            "GET /api/health HTTP/1.1",
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABk",
        )
    )
    assert status_of(await read_until(stream, HEALTH_END)) == 200
    await stream.aclose()
    await assert_alive(server)


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000,
        b"GET /" + b"a" * 100_000,
        b"POST /api/plugins/load HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"GET ? HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET /api/%ff%00 HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"CONNECT localhost:80 HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET /api/health HTTP/1.0\r\n\r\n",
    ],
)
async def test_malformed_heads(server: Server, no_tracebacks, raw: bytes) -> None:
    """What is no request is refused with a 4xx or 5xx that names it, or closed; it is not a bug in the log."""
    stream = await server.connect()
    try:
        await stream.send_all(raw.replace(b"HOST", f"127.0.0.1:{server.port}".encode()))
        await stream.send_eof()
    except trio.BrokenResourceError:
        pass
    answer = await read_to_end(stream)
    assert answer == b"" or 400 <= status_of(answer) < 500 or status_of(answer) == 505, answer
    await stream.aclose()
    assert [record.message for record in no_tracebacks.records if record.exc_info] == []
    await assert_alive(server)


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("POST /api/plugins/demo/call HTTP/1.1", ("Content-Length: 4", "Transfer-Encoding: chunked")),
        ("POST /api/plugins/demo/call HTTP/1.1", ("Transfer-Encoding: chunked", "Content-Length: 0")),
        ("POST /api/plugins/demo/call HTTP/1.0", ("Transfer-Encoding: chunked",)),
    ],
)
async def test_no_request_hides_in_a_body(server: Server, line: str, headers: tuple[str, ...]) -> None:
    """A request whose end can be read in two ways is refused, and nothing that follows it is a request."""
    stream = await server.connect()
    hidden = server.head("GET /api/health HTTP/1.1")
    await stream.send_all(server.head(line, JSON, *headers) + b"0\r\n\r\n" + hidden)
    answer = await read_to_end(stream)
    assert status_of(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "request-invalid"
    await stream.aclose()
    await assert_alive(server)


async def test_early_413_reaches_its_client(server: Server) -> None:
    """A body that is announced too large is refused before it has arrived, and a client that goes on sending sees it."""
    stream = await server.connect()
    size = 9 * 1024 * 1024
    await stream.send_all(server.head(CALL, JSON, f"Content-Length: {size}"))

    async def send() -> None:
        try:
            for _ in range(size // 65536):
                await stream.send_all(bytes(65536))
        except trio.BrokenResourceError:
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        answer = await read_to_end(stream)
        nursery.cancel_scope.cancel()
    assert status_of(answer) == 413
    assert b'"code":"body-too-large"' in answer
    await stream.aclose()
    await assert_alive(server)


async def test_chunked_bodies_have_the_same_limit(server: Server) -> None:
    """A body of unknown length is refused once it has become too large."""
    stream = await server.connect()
    await stream.send_all(server.head(CALL, JSON, "Transfer-Encoding: chunked"))
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"

    async def send() -> None:
        try:
            for _ in range(200):
                await stream.send_all(chunk)
        except trio.BrokenResourceError:
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        answer = await read_to_end(stream)
        nursery.cancel_scope.cancel()
    assert status_of(answer) == 413
    await stream.aclose()


async def test_an_unread_body_does_not_block_the_answer(server: Server) -> None:
    """A route that reads no body answers although the client keeps sending one, and holds little of it."""
    stream = await server.connect()
    await stream.send_all(server.head("GET /api/health HTTP/1.1", "Content-Length: 100000000"))

    async def send() -> None:
        try:
            while True:
                await stream.send_all(bytes(65536))
        except trio.BrokenResourceError:
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        answer = await read_to_end(stream)
        nursery.cancel_scope.cancel()
    assert status_of(answer) == 200
    await stream.aclose()
    await assert_alive(server)


async def test_slow_reader_is_dropped(server: Server, scripted: ScriptedHost) -> None:
    """A client that does not take its answer is cut off after the write timeout."""

    async def big(params, seconds):
        return "x" * 8_000_000

    scripted.handlers["Demo.Big"] = big
    stream = await server.connect()
    body = b'{"method": "Demo.Big"}'
    await stream.send_all(server.head(CALL, JSON, f"Content-Length: {len(body)}") + body)
    await trio.sleep(LIMITS.write_timeout + 0.5)
    answer = await read_to_end(stream)
    assert status_of(answer) == 200
    assert len(answer) < 8_000_000
    await stream.aclose()


async def test_slow_reader_cannot_hold_up_the_end(scripted: ScriptedHost) -> None:
    """A client that stops reading delays the end of the server by the grace, not for ever."""

    async def big(params, seconds):
        return "x" * 8_000_000

    scripted.handlers["Demo.Big"] = big
    limits = ConnectionLimits(write_timeout=60)
    async with run_server(scripted, grace=0.5, limits=limits) as server:
        stream = await server.connect()
        body = b'{"method": "Demo.Big"}'
        await stream.send_all(server.head(CALL, JSON, f"Content-Length: {len(body)}") + body)
        await trio.sleep(0.3)
        assert 0.4 < await server.stop() < 20
        await stream.aclose()


async def test_idle_connections_end_with_the_server(scripted: ScriptedHost) -> None:
    """Connections that wait, before a first request, between two, or in half a head, are closed at once."""
    async with run_server(scripted, grace=5) as server:
        fresh, between, half = [await server.connect() for _ in range(3)]
        await between.send_all(server.head("GET /api/health HTTP/1.1"))
        await read_until(between, HEALTH_END)
        await half.send_all(b"GET /api/hea")
        await trio.sleep(0.1)
        assert await server.stop() < 4.5
        for stream in (fresh, between, half):
            assert await read_to_end(stream) == b""
            await stream.aclose()


async def test_idle_connections_end_by_themselves(scripted: ScriptedHost) -> None:
    """A connection without a complete request head, also after an answer, is closed after the idle timeout."""
    async with run_server(scripted, limits=ConnectionLimits(idle_timeout=1)) as server:
        fresh, between, half = [await server.connect() for _ in range(3)]
        await between.send_all(server.head("GET /api/health HTTP/1.1") * 2)
        await read_until(between, HEALTH_END)
        await half.send_all(b"GET /api/hea")
        begin = trio.current_time()
        for stream in (fresh, between, half):
            await read_to_end(stream, timeout=10)
            await stream.aclose()
        assert trio.current_time() - begin < 10


async def test_a_request_in_flight_is_finished(scripted: ScriptedHost) -> None:
    """A request that runs when the server stops is answered, its connection is closed, new ones are refused."""
    begun, go_on = trio.Event(), trio.Event()

    async def wait(params, seconds):
        begun.set()
        await go_on.wait()
        return {"done": True}

    scripted.handlers["Demo.Wait"] = wait
    async with run_server(scripted, grace=5) as server:
        stream = await server.connect()
        body = b'{"method": "Demo.Wait"}'
        request = server.head(CALL, JSON, f"Content-Length: {len(body)}") + body
        # A second request is on its way already; its answer is not owed any more.
        await stream.send_all(request * 2)
        await begun.wait()
        server.stopping.set()
        await trio.sleep(0.1)
        with pytest.raises(OSError, match="connect"):
            await server.connect()
        go_on.set()
        answer = await read_to_end(stream)
        assert status_of(answer) == 200
        assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"result": {"done": True}}
        assert await server.stop() < 4.5
        await stream.aclose()


async def test_a_request_that_takes_too_long_at_the_end_is_told(scripted: ScriptedHost) -> None:
    """A change that is not done when the server can wait no longer is answered with 503; it is not just cut off."""
    begun = trio.Event()

    async def wait(params, seconds):
        begun.set()
        await trio.sleep_forever()

    scripted.handlers["Demo.Wait"] = wait
    async with run_server(scripted, grace=0.3) as server:
        working, sending = await server.connect(), await server.connect()
        body = b'{"method": "Demo.Wait"}'
        head = server.head(CALL, JSON, f"Content-Length: {len(body)}")
        await working.send_all(head + body)
        await sending.send_all(head + body[:-1])
        await begun.wait()
        server.stopping.set()
        for stream in (working, sending):
            answer = await read_to_end(stream)
            assert status_of(answer) == 503, answer
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "host-closed"
        await server.stop()
        await working.aclose()
        await sending.aclose()


async def test_a_websocket_where_there_is_none(server: Server) -> None:
    """It is refused in words of this server, with where there is one."""
    stream = await server.connect()
    await stream.send_all(
        server.head(
            "GET /api/health HTTP/1.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        )
    )
    await stream.send_eof()
    answer = await read_to_end(stream)
    assert status_of(answer) == 400
    problem = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (problem["code"], problem["detail"]) == ("request-invalid", "There is no websocket at this path.")
    assert "/api/live" in problem["hint"]
    await stream.aclose()


async def test_requests_can_be_pipelined(server: Server) -> None:
    """Several requests in one packet are answered in their order."""
    stream = await server.connect()
    await stream.send_all(
        server.head("GET /api/health HTTP/1.1")
        + server.head("GET /nowhere HTTP/1.1")
        + server.head("GET /api/plugins HTTP/1.1", "Connection: close")
    )
    answer = await read_to_end(stream)
    statuses = [int(part.split(b" ", 1)[0]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 404, 200]
    await stream.aclose()


async def test_too_many_connections(scripted: ScriptedHost) -> None:
    """Beyond the limit connections are closed at once, and there is room again when others have ended."""
    async with run_server(scripted, limits=ConnectionLimits(max_connections=3)) as server:
        streams = [await server.connect() for _ in range(3)]
        await trio.sleep(0.1)
        async with await server.connect() as further:
            assert await read_to_end(further) == b""
        for stream in streams:
            await stream.aclose()
        answer = b""
        with trio.fail_after(10):
            while not answer:  # until the server has noticed
                async with await server.connect() as further:
                    with suppress(trio.BrokenResourceError):
                        await further.send_all(server.head("GET /api/health HTTP/1.1", "Connection: close"))
                    answer = await read_to_end(further)
        assert status_of(answer) == 200


async def test_many_bad_clients_at_once(server: Server) -> None:
    """A hundred clients that send noise and leave do not disturb one that asks politely meanwhile."""
    noise = [
        b"\xff" * 100,
        b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        server.head(CALL, JSON, "Transfer-Encoding: chunked") + b"5\r\nhello\r\nx",
        server.head("GET /api/events HTTP/1.1") * 3,
        server.head(CALL, JSON, "Content-Length: 100") + b"{",
    ]

    async def annoy(number: int) -> None:
        stream = await server.connect()
        await stream.send_all(noise[number % len(noise)])
        await trio.sleep(0.01)
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await stream.aclose()

    async with httpx.AsyncClient(base_url=server.url) as client, trio.open_nursery() as nursery:
        for number in range(100):
            nursery.start_soon(annoy, number)
        for _ in range(20):
            assert (await client.get("/api/plugins")).status_code == 200
    await assert_alive(server)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"GET /api/health HTTP/1.1\r\n\r\n", 400, "request-invalid"),
        (b"GET /api/health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "request-invalid"),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400, "request-invalid"),
        (b"GET /api/health HTTP/1.1\r\nX: " + b"a" * 200_000, 431, "head-too-large"),
        (
            b"POST /api/plugins/a/call HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
            501,
            "transfer-encoding-unsupported",
        ),
        (b"GET /api/health HTTP/2.0\r\nHost: a\r\n\r\n", 505, "http-version-unsupported"),
    ],
)
async def test_what_is_no_request_is_a_problem_too(
    server: Server, raw: bytes, status: int, code: str
) -> None:
    """Bytes that never become a request are answered with a problem, and the connection is closed."""
    stream = await server.connect()
    await stream.send_all(raw)
    head, _, body = (await read_to_end(stream)).partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert (status_of(head), problem["status"], problem["code"]) == (status, status, code)
    assert b"application/problem+json" in head
    await assert_alive(server)


async def test_head_of_a_live_answer_ends(server: Server) -> None:
    """HEAD asks for the head alone: an event stream has no end, its HEAD has, and the connection goes on."""
    stream = await server.connect()
    for _ in range(2):
        await stream.send_all(server.head("HEAD /api/events HTTP/1.1"))
        answer = await read_until(stream, b"\r\n\r\n")
        assert status_of(answer) == 200
    await stream.send_all(server.head("GET /api/health HTTP/1.1"))
    assert await read_until(stream, HEALTH_END)


@pytest.mark.parametrize(
    "target",
    ["http://evil.example/api/health", "http:///api/health", "http://127.0.0.1:1/api/health"],
)
async def test_a_target_that_names_another_host(server: Server, target: str) -> None:
    """A whole address as the target, as proxies are sent, may not name another server than the Host header."""
    stream = await server.connect()
    await stream.send_all(server.head(f"GET {target} HTTP/1.1"))
    assert b"host-refused" in await read_until(stream, b"}")
    own = await server.connect()
    await own.send_all(server.head(f"GET {server.url}/api/health HTTP/1.1"))
    assert await read_until(own, HEALTH_END)


async def test_a_body_of_a_million_members(server: Server) -> None:
    """It is refused without a fault for each: that took half a minute in which nobody else was answered."""
    body = b"{" + b",".join(b'"%d":1' % number for number in range(600_000)) + b"}"
    stream = await server.connect()
    begin = time.process_time()
    await stream.send_all(server.head(CALL, JSON, f"Content-Length: {len(body)}") + body)
    answer = await read_until(stream, b"}")
    assert status_of(answer) == 422
    assert b"600000 members" in answer
    assert time.process_time() - begin < 10


async def test_clients_that_are_gone_before_they_are_served(server: Server, no_tracebacks) -> None:
    """A connection that was reset while it waited to be accepted has no address any more, and is no bug in the log."""
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            # Linger 0: closing sends RST instead of FIN; no checkpoint, so the server has not accepted it yet.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await assert_alive(server)
    assert [record.message for record in no_tracebacks.records if record.exc_info] == []


async def test_an_answer_before_the_body_says_that_it_is_the_last(server: Server) -> None:
    """A client whose body is still to come is told not to send another request; others may go on."""
    stream = await server.connect()
    form = ("Content-Type: text/plain", "Content-Length: 1")
    await stream.send_all(server.head(CALL, *form))
    answer = await read_until(stream, b"}")
    assert status_of(answer) == 415
    assert b"connection: close" in answer.lower()
    whole = await server.connect()
    await whole.send_all(server.head("GET /api/health HTTP/1.1") * 2)
    answer = b""
    while answer.count(HEALTH_END) < 2:
        answer += await read_until(whole, HEALTH_END)
    assert b"connection: close" not in answer.lower()
