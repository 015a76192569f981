"""Calls with one message each way: what goes over the wire, and what each answer means."""

import gzip

import h2.events
import pytest
import trio
from rpc_support import ECHO, OK, RESPONSE, Outcome, client_and_peer, message

from hostcore_grpc.rpc import Origin, RpcError, StatusCode


async def test_what_a_request_says(autojump_clock, nursery):
    """A request has the headers that gRPC asks for, the timeout, the metadata, and the message with its prefix."""
    async with client_and_peer() as (client, peer):
        metadata = [
            ("traceparent", "00-1-2-01"),
            ("key-bin", b"\x00\xff\x10"),
            ("twice", "a"),
            ("twice", "b"),
        ]
        call = Outcome(nursery, client.unary, ECHO, b"hello", timeout=2.5, metadata=metadata)
        begun = await peer.next(h2.events.RequestReceived)
        assert begun.headers == [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", ECHO),
            (":authority", "localhost"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("user-agent", "polyhost"),
            ("grpc-accept-encoding", "gzip"),
            ("grpc-timeout", "2500000u"),
            ("traceparent", "00-1-2-01"),
            ("key-bin", "AP8Q"),
            ("twice", "a"),
            ("twice", "b"),
        ]
        data = await peer.next(h2.events.DataReceived)
        assert message(b"hello") == data.data
        assert data.stream_ended is not None
        await peer.answer(begun.stream_id, b"world")
        assert await call.wait() == b"world"


async def test_many_calls_in_any_order(autojump_clock, nursery):
    """Calls that are answered in another order than they were made get their own answers."""
    async with client_and_peer() as (client, peer):
        calls = [Outcome(nursery, client.unary, ECHO, b"%d" % number) for number in range(50)]
        requests = [await peer.request() for _ in calls]
        assert client.in_flight == 50
        for stream_id, _, data in reversed(requests):
            await peer.answer(stream_id, data[5:])
        assert [b"%d" % number for number in range(50)] == [await call.wait() for call in calls]
        assert client.in_flight == 0


async def test_an_answer_in_any_pieces(autojump_clock, nursery):
    """A message may come in frames of any size, down to single bytes, with empty ones between."""
    async with client_and_peer() as (client, peer):
        data = message(b"an answer")
        for size in (1, 2, 4, 5, 6, len(data)):
            call = Outcome(nursery, client.unary, ECHO, b"")
            stream_id, _, _ = await peer.request()
            peer.h2.send_headers(stream_id, RESPONSE)
            for start in range(0, len(data), size):
                peer.h2.send_data(stream_id, b"")
                peer.h2.send_data(stream_id, data[start : start + size])
            peer.h2.send_headers(stream_id, OK, end_stream=True)
            await peer.flush()
            assert await call.wait() == b"an answer"


async def test_a_request_larger_than_all_windows(autojump_clock, nursery):
    """A large message goes out as the server makes room for it, and arrives as it was."""
    async with client_and_peer() as (client, peer):
        large = bytes(range(256)) * 20_000
        call = Outcome(nursery, client.unary, ECHO, large)
        stream_id, _, data = await peer.request()
        assert message(large) == data
        await peer.answer(stream_id, b"got it")
        assert await call.wait() == b"got it"


async def receive_large(client, peer, nursery, size):
    call = Outcome(nursery, client.unary, ECHO, b"")
    stream_id, _, _ = await peer.request()
    peer.h2.send_headers(stream_id, RESPONSE)
    rest = message(bytes(size))
    while rest:
        room = min(peer.h2.local_flow_control_window(stream_id), peer.h2.max_outbound_frame_size, len(rest))
        if room:
            peer.h2.send_data(stream_id, rest[:room])
            rest = rest[room:]
            await peer.flush()
        elif call.done.is_set():
            return call
        else:
            await peer.next((h2.events.WindowUpdated, h2.events.StreamReset))
    peer.h2.send_headers(stream_id, OK, end_stream=True)
    await peer.flush()
    return call


async def test_an_answer_larger_than_all_windows(autojump_clock, nursery):
    """The window opens again while a large answer is put together."""
    async with client_and_peer() as (client, peer):
        call = await receive_large(client, peer, nursery, 70 * 1024 * 1024)
        assert len(await call.wait()) == 70 * 1024 * 1024


async def test_an_explicit_limit_of_an_answer(autojump_clock, nursery):
    """An answer beyond the limit fails as soon as its length is known, whether it is compressed or not."""
    async with client_and_peer(max_message=1000) as (client, peer):
        for data, headers in (
            (message(bytes(1001))[:20], RESPONSE),
            (message(gzip.compress(bytes(1_000_000), mtime=0), 1)[:], [*RESPONSE, ("grpc-encoding", "gzip")]),
            (message(gzip.compress(bytes(1001), mtime=0), 1), [*RESPONSE, ("grpc-encoding", "gzip")]),
        ):
            call = Outcome(nursery, client.unary, ECHO, b"")
            stream_id, _, _ = await peer.request()
            peer.h2.send_headers(stream_id, headers)
            peer.h2.send_data(stream_id, data)
            await peer.flush()
            error = await call.failure()
            assert (error.status, error.origin) == (StatusCode.RESOURCE_EXHAUSTED, Origin.CALLER)
            assert "exceeds the limit of 1000" in error.message
            reset = await peer.next(h2.events.StreamReset)
            assert (stream_id, 8) == (reset.stream_id, reset.error_code)
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        await peer.answer(stream_id, bytes(1000))
        assert len(await call.wait()) == 1000


async def test_a_compressed_answer(autojump_clock, nursery):
    """An answer in gzip is unpacked, though nothing is ever sent so."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        peer.h2.send_headers(stream_id, [*RESPONSE, ("grpc-encoding", "gzip")])
        peer.h2.send_data(stream_id, message(gzip.compress(b"squeezed", mtime=0), 1))
        peer.h2.send_headers(stream_id, OK, end_stream=True)
        await peer.flush()
        assert await call.wait() == b"squeezed"


GZIPPED = [*RESPONSE, ("grpc-encoding", "gzip")]


@pytest.mark.parametrize(
    ("headers", "data", "text"),
    [
        (RESPONSE, message(b"x", 1), "compressed with 'identity'"),
        ([*RESPONSE, ("grpc-encoding", "snappy")], message(b"x", 1), "compressed with 'snappy'"),
        (RESPONSE, message(b"x", 2), "begins with the byte 2"),
        (GZIPPED, message(b"no gzip", 1), "is no gzip"),
        (GZIPPED, message(gzip.compress(b"x" * 100, mtime=0)[:-9], 1), "ends too early"),
        (RESPONSE, message(b"x") + message(b"y"), "a second message"),
        (RESPONSE, b"", "no message came"),
        (RESPONSE, message(b"long")[:-1], "in the middle of a message"),
        (RESPONSE, message(b"x") + b"\0", "in the middle of a message"),
    ],
)
async def test_answers_that_are_no_grpc(autojump_clock, nursery, headers, data, text):
    """What breaks gRPC fails its call with INTERNAL and words that say how; the connection lives on."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        peer.h2.send_headers(stream_id, headers)
        peer.h2.send_data(stream_id, data)
        peer.h2.send_headers(stream_id, OK, end_stream=True)
        await peer.flush()
        error = await call.failure()
        assert (error.status, error.origin) == (StatusCode.INTERNAL, Origin.VIOLATION)
        assert text in error.message
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        await peer.answer(stream_id, b"still here")
        assert await call.wait() == b"still here"


async def test_an_error_of_the_server(autojump_clock, nursery):
    """Status, message, details and metadata of trailers reach the caller, after a message or without any."""
    trailers = [
        ("grpc-status", "5"),
        ("grpc-message", "no %C3%A4pple: 100%25 gone, %zz"),
        ("grpc-status-details-bin", "CAUSBG5vcGU"),
        ("retry-info", "never"),
        ("raw-bin", "AAE=,Ag"),
    ]
    async with client_and_peer() as (client, peer):
        for payloads in ((), (b"ignored",)):
            call = Outcome(nursery, client.unary, ECHO, b"")
            stream_id, _, _ = await peer.request()
            await peer.answer(stream_id, *payloads, trailers=trailers)
            error = await call.failure()
            assert (error.status, error.origin, error.untouched) == (StatusCode.NOT_FOUND, Origin.PEER, False)
            assert error.message == "no äpple: 100% gone, %zz"
            assert error.details == b"\x08\x05\x12\x04nope"
            assert error.trailers == (("retry-info", "never"), ("raw-bin", b"\x00\x01"), ("raw-bin", b"\x02"))
            assert str(error) == "NOT_FOUND: no äpple: 100% gone, %zz"


async def test_trailers_only(autojump_clock, nursery):
    """A status that stands in the only headers is understood, the good one as an answer without its message."""
    async with client_and_peer() as (client, peer):
        for status, expected in (("7", StatusCode.PERMISSION_DENIED), ("0", StatusCode.INTERNAL)):
            call = Outcome(nursery, client.unary, ECHO, b"")
            stream_id, _, _ = await peer.request()
            peer.h2.send_headers(stream_id, [*RESPONSE, ("grpc-status", status)], end_stream=True)
            await peer.flush()
            assert expected == (await call.failure()).status


@pytest.mark.parametrize(
    ("trailers", "status", "text"),
    [
        ([("x", "y")], StatusCode.UNKNOWN, "no grpc-status"),
        ([("grpc-status", "77"), ("grpc-message", "odd")], StatusCode.UNKNOWN, "odd (grpc-status '77')"),
        ([("grpc-status", "five")], StatusCode.UNKNOWN, "(grpc-status 'five')"),
        ([("grpc-status", "")], StatusCode.UNKNOWN, "(grpc-status '')"),
    ],
)
async def test_statuses_that_grpc_does_not_know(autojump_clock, nursery, trailers, status, text):
    """A missing or unknown status is UNKNOWN, and the message says what came."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        await peer.answer(stream_id, b"x", trailers=trailers)
        error = await call.failure()
        assert status == error.status
        assert text in error.message


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (("400", "text/html"), StatusCode.INTERNAL),
        (("401", "text/html"), StatusCode.UNAUTHENTICATED),
        (("403", "text/html"), StatusCode.PERMISSION_DENIED),
        (("404", "text/html"), StatusCode.UNIMPLEMENTED),
        (("429", "text/html"), StatusCode.UNAVAILABLE),
        (("503", "application/grpc"), StatusCode.UNAVAILABLE),
        (("500", "text/html"), StatusCode.UNKNOWN),
        (("200", "text/html"), StatusCode.UNKNOWN),
        (("200", "application/grpcx"), StatusCode.UNKNOWN),
    ],
)
@pytest.mark.parametrize("ended", [True, False])
async def test_answers_of_plain_http(autojump_clock, nursery, head, expected, ended):
    """What a server that is none of gRPC answers becomes the status that gRPC's table gives."""
    status, content_type = head
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        peer.h2.send_headers(
            stream_id, [(":status", status), ("content-type", content_type)], end_stream=ended
        )
        await peer.flush()
        error = await call.failure()
        assert (expected, Origin.VIOLATION) == (error.status, error.origin)
        assert f"HTTP status {status}, content-type '{content_type}'" in error.message


@pytest.mark.parametrize("content_type", ["application/grpc+proto", "application/grpc;charset=utf-8"])
async def test_content_types_of_grpc(autojump_clock, nursery, content_type):
    """A content type that names a format, or has parameters, is one of gRPC."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        await peer.answer(stream_id, b"x", headers=[(":status", "200"), ("content-type", content_type)])
        assert await call.wait() == b"x"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0, (StatusCode.INTERNAL, Origin.PEER, False)),
        (2, (StatusCode.INTERNAL, Origin.PEER, False)),
        (7, (StatusCode.UNAVAILABLE, Origin.CONNECTION, True)),
        (8, (StatusCode.CANCELLED, Origin.PEER, False)),
        (11, (StatusCode.RESOURCE_EXHAUSTED, Origin.PEER, False)),
        (12, (StatusCode.PERMISSION_DENIED, Origin.PEER, False)),
        (99, (StatusCode.INTERNAL, Origin.PEER, False)),
    ],
)
async def test_resets_of_the_server(autojump_clock, nursery, code, expected):
    """The code of a reset becomes a status; a refused stream has surely not been touched."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        peer.h2.reset_stream(stream_id, error_code=code)
        await peer.flush()
        error = await call.failure()
        assert expected == (error.status, error.origin, error.untouched)


async def test_a_broken_stream_fails_its_call(autojump_clock, nursery):
    """A server that breaks HTTP/2 on one stream fails that call, with what it did."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        await peer.stream.send_all(b"\0\0\1\0\0" + stream_id.to_bytes(4, "big") + b"x")
        error = await call.failure()
        assert (error.status, error.origin) == (StatusCode.INTERNAL, Origin.VIOLATION)
        assert "data before the headers" in error.message
        assert (await peer.next(h2.events.StreamReset)).error_code == 1


async def test_an_answer_before_the_request_has_ended(autojump_clock, nursery):
    """A server may answer before it has read all; the rest is not sent, and the stream is given up politely."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, bytes(1_000_000))
        begun = await peer.next(h2.events.RequestReceived)
        await peer.answer(begun.stream_id, trailers=[("grpc-status", "8"), ("grpc-message", "too long")])
        assert ((e := await call.failure()).status, e.message) == (StatusCode.RESOURCE_EXHAUSTED, "too long")
        assert (await peer.next(h2.events.StreamReset)).error_code == 0
        assert (client.in_flight, client.connection.streams) == (0, 0)


@pytest.mark.parametrize(
    ("pair", "text"),
    [
        (("Upper", "x"), "no key of metadata"),
        (("", "x"), "no key of metadata"),
        (("grpc-status", "0"), "reserved"),
        (("te", "x"), "reserved"),
        (("text", b"bytes"), "printable ASCII"),
        (("text", "line\nbreak"), "printable ASCII"),
        (("text", "ä"), "printable ASCII"),
        (("x-bin", "text"), "must be bytes"),
    ],
)
async def test_metadata_that_cannot_be_sent(autojump_clock, pair, text):
    """Metadata that gRPC cannot carry fails the call before anything is sent."""
    async with client_and_peer() as (client, _):
        with pytest.raises(RpcError, match=text) as caught:
            await client.unary(ECHO, b"", metadata=[pair])
        assert (caught.value.status, caught.value.origin) == (StatusCode.INVALID_ARGUMENT, Origin.CALLER)
        assert client.connection.statistics().streams_opened == 0


@pytest.mark.parametrize("path", ["", "KV/Get", "/KV/Get\n", "/KV/G t", "/KV/\udc80", "/KV/ä"])
async def test_paths_that_are_none(autojump_clock, path):
    """A path that no request can have fails its call before anything is sent, also while calls wait."""
    async with client_and_peer(settings={3: 0}) as (client, _):
        with pytest.raises(RpcError, match="no path of a method") as caught:
            await client.unary(path, b"")
        assert caught.value.status == StatusCode.INVALID_ARGUMENT
        with pytest.raises(RpcError, match="no path of a method"):
            client.stream(path)
        assert client.queued == 0


async def test_more_metadata_than_the_server_takes(autojump_clock):
    """Metadata beyond the server's limit fails its own call, and nothing else."""
    async with client_and_peer(settings={6: 500}) as (client, peer):
        with pytest.raises(RpcError, match="the 500 bytes that the server takes"):
            await client.unary(ECHO, b"", metadata=[("long", "x" * 500)])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.echo_forever)
            assert await client.unary(ECHO, b"y", metadata=[("short", "x")]) == b"y"
            nursery.cancel_scope.cancel()
