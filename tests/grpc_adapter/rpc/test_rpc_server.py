"""The small server for calls that come back, against `h2` and against our own client."""

import gzip

import h2.events
import pytest
import trio
import trio.testing
from rpc_support import (
    ECHO,
    OK,
    Outcome,
    client_and_server,
    collect,
    message,
    server_and_peer,
)

from hostcore_grpc.http2 import Limits, encode_block
from hostcore_grpc.rpc import Origin, RpcError, StatusCode, unary

REQUEST = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", ECHO),
    (":authority", "localhost"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
]


async def echo(payload, _):
    return payload


async def chat(call):
    async for each in call:
        await call.send(each)


def begin(peer, *payloads, headers=REQUEST, end=True):
    """Send a request whole, or without its end."""
    stream_id = peer.h2.get_next_available_stream_id()
    peer.h2.send_headers(stream_id, headers)
    for payload in payloads:
        peer.h2.send_data(stream_id, payload)
    if end:
        peer.h2.end_stream(stream_id)
    return stream_id


async def status_of(peer):
    """Return the fields of the headers that say the status, wherever they stand."""
    while True:
        event = await peer.next((h2.events.ResponseReceived, h2.events.TrailersReceived))
        fields = dict(event.headers)
        if "grpc-status" in fields:
            return fields


async def test_a_unary_call(autojump_clock):
    """A request is answered with headers, one message and trailers."""
    async with server_and_peer({ECHO: unary(echo)}) as (server, peer):
        begin(peer, message(b"hello"))
        await peer.flush()
        response = await peer.next(h2.events.ResponseReceived)
        assert response.headers == [(":status", "200"), ("content-type", "application/grpc")]
        assert message(b"hello") == (await peer.next(h2.events.DataReceived)).data
        trailers = await peer.next(h2.events.TrailersReceived)
        assert OK[:1] == trailers.headers
        await trio.testing.wait_all_tasks_blocked()
        assert (server.in_flight, server.connection.streams) == (0, 0)


async def test_a_compressed_request(autojump_clock):
    """A message in gzip is unpacked; another compression is answered UNIMPLEMENTED."""
    async with server_and_peer({ECHO: unary(echo)}) as (_, peer):
        begin(peer, message(gzip.compress(b"tight"), 1), headers=[*REQUEST, ("grpc-encoding", "gzip")])
        await peer.flush()
        assert message(b"tight") == (await peer.next(h2.events.DataReceived)).data
        begin(peer, message(b"x", 1), headers=[*REQUEST, ("grpc-encoding", "snappy")])
        await peer.flush()
        await peer.next(h2.events.TrailersReceived)
        assert (await status_of(peer))["grpc-status"] == "12"


@pytest.mark.parametrize(
    ("handler", "payload", "status", "text"),
    [
        (unary(echo), b"", "13", "no message came where one is due"),
        (unary(echo), message(b"xyz")[:-1], "13", "in the middle of a message"),
        (unary(echo), message(b"x", 1), "13", "compressed with 'identity'"),
        (unary(echo), message(bytes(1001)), "8", "exceeds the limit of 1000"),
    ],
)
async def test_requests_that_cannot_be_taken(autojump_clock, handler, payload, status, text):
    """What is no message is answered with a status, and the connection goes on."""
    async with server_and_peer({ECHO: handler}, max_message=1000) as (_, peer):
        begin(peer, payload)
        await peer.flush()
        fields = await status_of(peer)
        assert status == fields["grpc-status"]
        assert text in fields["grpc-message"]
        begin(peer, message(b"fine"))
        await peer.flush()
        assert (await status_of(peer))["grpc-status"] == "0"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([*REQUEST[:2], (":path", "/test.Echo/Nowhere"), *REQUEST[3:]], "12"),
        ([*REQUEST[:5], ("content-type", "text/plain")], "13"),
        ([(":method", "GET"), *REQUEST[1:]], "13"),
    ],
)
async def test_requests_that_nobody_serves(autojump_clock, headers, status):
    """An unknown path is UNIMPLEMENTED, and what is no gRPC is refused; in headers only."""
    async with server_and_peer({ECHO: unary(echo)}) as (_, peer):
        begin(peer, headers=headers)
        await peer.flush()
        response = await peer.next(h2.events.ResponseReceived)
        assert dict(response.headers)[":status"] == "200"
        assert (status, True) == (dict(response.headers)["grpc-status"], response.stream_ended is not None)


async def test_a_handler_s_error(autojump_clock):
    """`RpcError` of a handler is the status; anything else is UNKNOWN for the client and a traceback for the host."""

    async def refuse(_, call):
        call.response_trailers = (("why", "asked"), ("raw-bin", b"\x00"))
        raise RpcError(StatusCode.NOT_FOUND, "no ä, 100%", details=b"\x08\x05")

    async def fall(_, __):
        raise KeyError("a secret of the host")

    notes = []
    async with server_and_peer({ECHO: unary(refuse), "/test.Echo/Fall": unary(fall)}, notes=notes) as (
        _,
        peer,
    ):
        begin(peer, message(b""))
        await peer.flush()
        fields = await status_of(peer)
        assert (fields["grpc-status"], fields["grpc-message"]) == ("5", "no %C3%A4, 100%25")
        assert (fields["grpc-status-details-bin"], fields["why"], fields["raw-bin"]) == ("CAU", "asked", "AA")
        begin(peer, message(b""), headers=[*REQUEST[:2], (":path", "/test.Echo/Fall"), *REQUEST[3:]])
        await peer.flush()
        fields = await status_of(peer)
        assert (fields["grpc-status"], fields["grpc-message"]) == ("2", "the handler failed")
    assert len(notes) == 1
    assert "a secret of the host" in notes[0]


@pytest.mark.parametrize("where", ["response_metadata", "response_trailers"])
async def test_metadata_of_a_handler_that_cannot_be_sent(autojump_clock, where):
    """A handler that names metadata which gRPC cannot carry has failed, and only its own call has."""

    async def careless(payload, call):
        setattr(call, where, (("Bad Key", "x"),))
        return payload

    notes = []
    handlers = {ECHO: unary(careless), "/test.Echo/Fine": unary(echo)}
    async with server_and_peer(handlers, notes=notes) as (_, peer):
        begin(peer, message(b""))
        await peer.flush()
        assert (await status_of(peer))["grpc-status"] == "2"
        begin(peer, message(b""), headers=[*REQUEST[:2], (":path", "/test.Echo/Fine"), *REQUEST[3:]])
        await peer.flush()
        assert (await status_of(peer))["grpc-status"] == "0"
    assert "'Bad Key' is no key of metadata" in notes[0]


async def test_an_answer_before_the_request_has_ended(autojump_clock):
    """A handler that does not wait for the end of the request answers, and the rest is refused politely."""

    async def hasty(_):
        raise RpcError(StatusCode.FAILED_PRECONDITION, "not now")

    async with server_and_peer({ECHO: hasty}) as (server, peer):
        begin(peer, message(b"x"), end=False)
        await peer.flush()
        assert (await status_of(peer))["grpc-status"] == "9"
        assert (await peer.next(h2.events.StreamReset)).error_code == 0
        assert server.connection.streams == 0


async def test_a_client_cancels(autojump_clock):
    """A reset cancels the handler; nothing is answered, and the room is free again."""
    cancelled = trio.Event()

    async def sleep(_):
        try:
            await trio.sleep_forever()
        finally:
            cancelled.set()

    async with server_and_peer({ECHO: sleep}) as (server, peer):
        stream_id = begin(peer, message(b"x"))
        await peer.flush()
        await trio.testing.wait_all_tasks_blocked()
        assert server.in_flight == 1
        peer.h2.reset_stream(stream_id, error_code=8)
        await peer.flush()
        with trio.fail_after(1):
            await cancelled.wait()
        await trio.testing.wait_all_tasks_blocked()
        assert (server.in_flight, server._running) == (0, 0)


async def test_a_deadline(autojump_clock):
    """A handler is cancelled at the deadline that the client named, and the client hears DEADLINE_EXCEEDED."""

    async def sleep(call):
        assert call.deadline == pytest.approx(trio.current_time() + 1.5)
        await trio.sleep_forever()

    async with server_and_peer({ECHO: sleep}) as (_, peer):
        began = trio.current_time()
        begin(peer, headers=[*REQUEST, ("grpc-timeout", "1500m")])
        await peer.flush()
        assert (await status_of(peer))["grpc-status"] == "4"
        assert trio.current_time() - began == pytest.approx(1.5)


async def test_resetting_streams_makes_no_tasks_without_end(autojump_clock):
    """Handlers that clean up after a reset count against the limit: opening and resetting runs into refusals."""
    running = 0
    most = 0

    async def stubborn(_):
        nonlocal running, most
        running += 1
        most = max(most, running)
        with trio.CancelScope(shield=True):
            await trio.sleep(60)
        running -= 1

    async with server_and_peer({ECHO: stubborn}, limits=Limits(streams=10)) as (server, peer):
        block = encode_block([(name.encode(), value.encode()) for name, value in REQUEST])
        for stream_id in range(1, 201, 2):  # by hand: `h2` keeps to the limit
            number = stream_id.to_bytes(4, "big")
            await peer.stream.send_all(len(block).to_bytes(3, "big") + b"\1\4" + number + block)
            await trio.testing.wait_all_tasks_blocked()
            await peer.stream.send_all(b"\0\0\4\3\0" + number + b"\0\0\0\x08")
        await trio.testing.wait_all_tasks_blocked()
        assert (most, server._running) == (10, 10)


async def test_the_end_of_the_connection_cancels_handlers(autojump_clock):
    """When the client goes, its handlers are cancelled and `run` returns."""
    cancelled = trio.Event()

    async def sleep(_):
        try:
            await trio.sleep_forever()
        finally:
            cancelled.set()

    async with server_and_peer({ECHO: sleep}) as (server, peer):
        begin(peer)
        await peer.flush()
        await trio.testing.wait_all_tasks_blocked()
        await peer.stream.aclose()
        with trio.fail_after(1):
            await cancelled.wait()
            await server.ended.wait()
        assert server.reason == "the peer closed the connection"


async def test_metadata_both_ways(autojump_clock):
    """Metadata of the request, of the response and of the trailers reach the other side, binary ones too."""

    async def show(_, call):
        assert call.request_metadata == (("x", "1"), ("y-bin", b"\xff"))
        call.response_metadata = (("early", "yes"),)
        call.response_trailers = (("late-bin", b"\x00"),)
        return b""

    async with client_and_server({ECHO: unary(show)}) as (client, _):
        with client.stream(ECHO, metadata=[("x", "1"), ("y-bin", b"\xff")]) as call:
            await call.send(b"")
            await call.end()
            assert await collect(call) == [b""]
            assert call.initial_metadata == (("early", "yes"),)
            assert call.trailing_metadata == (("late-bin", b"\x00"),)


@pytest.mark.parametrize("window", [1000, 4 * 1024 * 1024])
async def test_large_conversations(autojump_clock, window):
    """Messages of all sizes go through windows of any size, both ways at once, on several calls."""
    sizes = [0, 1, 16_379, 16_384, 100_000, 1_000_000]
    limits = Limits(stream_window=window)

    async with client_and_server({ECHO: chat}, limits=limits, client_options={"limits": limits}) as (
        client,
        server,
    ):

        async def talk():
            with client.stream(ECHO, timeout=100) as call:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(say, call)
                    assert sizes == [len(each) for each in await collect(call)]

        async def say(call):
            for size in sizes:
                await call.send(bytes(size))
            await call.end()

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(talk)
        await trio.testing.wait_all_tasks_blocked()
        assert (client.in_flight, server.in_flight, client.connection.streams, server.connection.streams) == (
            0,
        ) * 4


async def test_a_server_that_goes_away(autojump_clock, nursery):
    """A closing server lets calls under way end, and its client hears that it goes away."""

    async def slow(payload, _):
        await trio.sleep(5)
        return payload

    async with client_and_server({ECHO: unary(slow)}) as (client, server):
        call = Outcome(nursery, client.unary, ECHO, b"x")
        await trio.testing.wait_all_tasks_blocked()
        closing = Outcome(nursery, server.aclose, grace=10)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(RpcError, match="going away") as caught:
            await client.unary(ECHO, b"late")
        assert (caught.value.origin, caught.value.untouched) == (Origin.CONNECTION, True)
        assert await call.wait() == b"x"
        await closing.wait()
        with trio.fail_after(1):
            await client.ended.wait()
            await server.ended.wait()
