"""What lets a caller go: deadlines, cancellation, limits, and every way in which a connection ends."""

import h2.events
import pytest
import trio
import trio.testing
from rpc_support import ECHO, RESPONSE, Outcome, client_and_peer, message

from hostcore.errors import (
    CallFailedError,
    CallTimedOutError,
    InvalidParamsError,
    MethodNotFoundError,
    MisbehavedError,
    OverloadedError,
    TooLargeError,
    UnavailableError,
)
from hostcore.transports import Deadlines
from hostcore_grpc.http2 import encode_block
from hostcore_grpc.http2._limits import MAX_STREAM_ID
from hostcore_grpc.rpc import Client, Keepalive, Origin, RpcError, StatusCode, host_error, status_name
from hostcore_grpc.rpc import _status as status_module
from hostcore_grpc.rpc._endpoint import HIGH_WATER, REPLIES_LIMIT


def gone(error):
    return (error.status, error.origin) == (StatusCode.UNAVAILABLE, Origin.CONNECTION)


async def begin(nursery, client, payload, **more):
    """Begin a call and wait until it stands where it has to wait: tasks start in any order."""
    call = Outcome(nursery, client.unary, ECHO, payload, **more)
    await trio.testing.wait_all_tasks_blocked()
    return call


# -- one call


async def test_a_deadline_passes(autojump_clock, nursery):
    """The caller is let go at its deadline, the server hears of it, and what it answers later is dropped."""
    async with client_and_peer() as (client, peer):
        began = trio.current_time()
        call = Outcome(nursery, client.unary, ECHO, b"", timeout=3)
        stream_id, headers, _ = await peer.request()
        assert headers["grpc-timeout"] == "3000000u"
        peer.h2.send_headers(stream_id, RESPONSE)
        error = await call.failure()
        assert (error.status, error.origin) == (StatusCode.DEADLINE_EXCEEDED, Origin.DEADLINE)
        assert trio.current_time() - began == pytest.approx(3)
        late = peer.h2.data_to_send()
        assert (await peer.next(h2.events.StreamReset)).error_code == 8
        await peer.stream.send_all(late)
        nursery.start_soon(peer.echo_forever)
        assert await client.unary(ECHO, b"next", timeout=3) == b"next"
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("code", "waited", "status"),
    [(8, 3, StatusCode.DEADLINE_EXCEEDED), (8, 2, StatusCode.CANCELLED), (2, 3, StatusCode.INTERNAL)],
)
async def test_a_server_keeps_the_deadline_too(mock_clock, nursery, code, waited, status):
    """A cancellation by the server after the deadline is the deadline, also when the client has not looked yet."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"", timeout=3)
        stream_id, _, _ = await peer.request()
        client._deadlines._heap.clear()  # as if the client were busy elsewhere when the deadline passes
        mock_clock.jump(waited)
        peer.h2.reset_stream(stream_id, error_code=code)
        await peer.flush()
        error = await call.failure()
        assert error.status is status


async def test_a_deadline_that_has_passed_already(autojump_clock):
    """A call without time left fails at once, and nothing is sent."""
    async with client_and_peer() as (client, _):
        for timeout in (0, -1):
            with pytest.raises(RpcError, match="DEADLINE_EXCEEDED"):
                await client.unary(ECHO, b"", timeout=timeout)
        assert client.connection.statistics().streams_opened == 0


async def test_a_cancelled_call(autojump_clock, nursery):
    """A cancelled caller is let go at once, and the server hears a reset."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        call.scope.cancel()
        reset = await peer.next(h2.events.StreamReset)
        assert (stream_id, 8) == (reset.stream_id, reset.error_code)
        assert (await call.wait(), client.in_flight, client.connection.streams) == (None, 0, 0)


async def test_calls_wait_for_their_turn(autojump_clock, nursery):
    """Calls beyond the server's limit wait, first come first served, and go as soon as another has ended."""
    async with client_and_peer(settings={3: 2}) as (client, peer):
        calls = [await begin(nursery, client, b"%d" % number, timeout=60) for number in range(6)]
        assert (client.in_flight, client.queued) == (2, 4)
        for number in range(6):
            stream_id, headers, data = await peer.request()
            assert message(b"%d" % number) == data
            await trio.sleep(1)
            await peer.answer(stream_id, data[5:])
        assert [b"%d" % number for number in range(6)] == [await call.wait() for call in calls]
        assert int(headers["grpc-timeout"][:-1]) == pytest.approx(56e6), "what is left of the time is said"


async def test_who_waits_may_give_up(autojump_clock, nursery):
    """A call in the queue keeps its deadline and can be cancelled; it is never sent."""
    async with client_and_peer(settings={3: 1}) as (client, peer):
        first = await begin(nursery, client, b"first")
        stream_id, _, _ = await peer.request()
        late = Outcome(nursery, client.unary, ECHO, b"late", timeout=1)
        cancelled = Outcome(nursery, client.unary, ECHO, b"cancelled")
        last = Outcome(nursery, client.unary, ECHO, b"last")
        await trio.testing.wait_all_tasks_blocked()
        cancelled.scope.cancel()
        assert (await late.failure()).origin is Origin.DEADLINE
        assert client.queued == 1
        await peer.answer(stream_id, b"one")
        stream_id, _, data = await peer.request()
        await peer.answer(stream_id, data[5:])
        assert [await first.wait(), await last.wait()] == [b"one", b"last"]


async def test_the_queue_is_bounded(autojump_clock, nursery):
    """A call for which there is no room in the queue fails at once; it has surely not been touched."""
    async with client_and_peer(max_inflight=1, queue_limit=1) as (client, _):
        for _ in range(2):
            Outcome(nursery, client.unary, ECHO, b"")
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(RpcError, match="1 calls are in flight and 1 wait") as caught:
            await client.unary(ECHO, b"")
        assert (caught.value.status, caught.value.origin) == (StatusCode.RESOURCE_EXHAUSTED, Origin.CALLER)
        assert caught.value.untouched
        nursery.cancel_scope.cancel()


async def test_a_limit_that_rises_lets_waiting_calls_go(autojump_clock, nursery):
    """New settings of the server start calls that wait."""
    async with client_and_peer(settings={3: 0}) as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"x")
        await trio.testing.wait_all_tasks_blocked()
        assert client.queued == 1
        peer.h2.update_settings({3: 1})
        await peer.flush()
        stream_id, _, _ = await peer.request()
        await peer.answer(stream_id, b"y")
        assert await call.wait() == b"y"


# -- the end of a connection


async def three_calls(client, peer, nursery):
    calls = [await begin(nursery, client, b"", timeout=60) for _ in range(3)]
    for _ in range(2):
        await peer.request()
    await trio.testing.wait_all_tasks_blocked()
    assert (client.in_flight, client.queued) == (2, 1)
    return calls


async def test_the_server_closes_the_connection(autojump_clock, nursery):
    """Calls in flight and waiting fail at once; only of those that waited is it sure that nothing was done."""
    async with client_and_peer(settings={3: 2}) as (client, peer):
        calls = await three_calls(client, peer, nursery)
        await peer.stream.aclose()
        errors = [await call.failure() for call in calls]
        assert all(map(gone, errors))
        assert [error.untouched for error in errors] == [False, False, True]
        with trio.fail_after(1):
            await client.ended.wait()
        assert (client.reason, client.is_available) == ("the peer closed the connection", False)
        with pytest.raises(RpcError, match="closed the connection") as caught:
            await client.unary(ECHO, b"")
        assert caught.value.untouched
        with pytest.raises(RpcError, match="closed the connection"):
            client.stream(ECHO)


async def test_the_server_breaks_the_protocol(autojump_clock, nursery):
    """A violation ends all calls with its words, and the server hears a GOAWAY."""
    async with client_and_peer(settings={3: 2}) as (client, peer):
        calls = await three_calls(client, peer, nursery)
        await peer.stream.send_all(b"\0\0\0\5\4\0\0\0\1")
        for call in calls:
            error = await call.failure()
            assert gone(error)
            assert "PROTOCOL_ERROR): PUSH_PROMISE" in error.message


async def test_what_is_no_http2_server(autojump_clock, nursery):
    """A peer that speaks another protocol is quoted in the error."""
    async with client_and_peer(greet=False) as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        await peer.stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        error = await call.failure()
        assert "does not speak HTTP/2, its first bytes are b'HTTP/1.1 400 Bad Request'" in error.message


async def test_a_polite_goaway(autojump_clock, nursery):
    """Calls that the server may have seen go on, others fail untouched, new ones are refused; then all is over."""
    async with client_and_peer(settings={3: 2}) as (client, peer):
        calls = await three_calls(client, peer, nursery)
        peer.h2.close_connection(error_code=0, last_stream_id=1)
        goaway = peer.h2.data_to_send()
        await peer.stream.send_all(goaway)
        for call in calls[1:]:
            error = await call.failure()
            assert gone(error)
            assert (error.untouched, error.message) == (True, "the server is going away (NO_ERROR)")
        assert not client.is_available
        with pytest.raises(RpcError, match="going away"):
            await client.unary(ECHO, b"")
        await peer.stream.send_all(answer_by_hand(1, b"y"))
        assert await calls[0].wait() == b"y"
        with trio.fail_after(1):
            await client.ended.wait()
        assert client.reason == "the server is going away (NO_ERROR)"


def answer_by_hand(stream_id, payload):
    """Make the frames of an answer that `h2` would not send after its GOAWAY or ours."""
    frames = (
        (1, 4, encode_block([(b":status", b"200"), (b"content-type", b"application/grpc")])),
        (0, 0, message(payload)),
        (1, 5, encode_block([(b"grpc-status", b"0")])),
    )
    return b"".join(
        len(body).to_bytes(3, "big") + bytes((kind, flags)) + stream_id.to_bytes(4, "big") + body
        for kind, flags, body in frames
    )


async def test_an_idle_connection_ends_by_goaway(autojump_clock, nursery):
    """Without calls a GOAWAY ends the connection at once."""
    async with client_and_peer() as (client, peer):
        peer.h2.close_connection(error_code=11, additional_data=b"too_many_pings")
        await peer.flush()
        with trio.fail_after(1):
            await client.ended.wait()
        assert client.reason == "the server is going away (ENHANCE_YOUR_CALM: too_many_pings)"


async def test_a_close_lets_calls_end(autojump_clock, nursery):
    """A close refuses new calls, says GOAWAY, waits for those under way within its grace, and ends."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        closing = Outcome(nursery, client.aclose, grace=10)
        await peer.next(h2.events.ConnectionTerminated)
        with pytest.raises(RpcError, match="being closed"):
            await client.unary(ECHO, b"")
        await trio.sleep(5)
        assert not closing.done.is_set()
        await peer.stream.send_all(answer_by_hand(stream_id, b""))
        assert await call.wait() == b""
        await closing.wait()
        assert client.ended.is_set()
        await client.aclose()


async def test_a_close_does_not_wait_for_ever(autojump_clock, nursery):
    """After the grace calls that have not ended fail."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        await peer.request()
        began = trio.current_time()
        await client.aclose(grace=2)
        assert trio.current_time() - began == pytest.approx(2)
        error = await call.failure()
        assert (gone(error), error.message) == (True, "the connection was closed")


async def test_cancelling_the_driver_ends_all_calls(autojump_clock, nursery):
    """When `run` is cancelled, no call is left without an outcome."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        await peer.request()
        client.end("the test ended it")
        assert (await call.failure()).message == "the test ended it"
        client.end("again")
        assert client.reason == "the test ended it"
        assert "reason='the test ended it'" in repr(client)


async def test_stream_ids_run_out(autojump_clock, nursery):
    """When the ids of a connection are used up, calls in flight end well, and new ones ask for a new connection."""
    async with client_and_peer() as (client, peer):
        client.connection._last_opened = MAX_STREAM_ID - 2
        last = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        assert stream_id == MAX_STREAM_ID
        with pytest.raises(RpcError, match="run out: connect anew") as caught:
            await client.unary(ECHO, b"")
        assert (caught.value.untouched, client.is_available) == (True, False)
        await peer.answer(stream_id, b"the last")
        assert await last.wait() == b"the last"


async def test_a_peer_that_makes_us_answer_and_does_not_read(autojump_clock, nursery):
    """Pings whose answers nobody reads end the connection before they fill the memory."""
    ours, theirs = trio.testing.lockstep_stream_pair()
    client = Client(ours, deadlines=Deadlines())
    nursery.start_soon(client.run)
    await theirs.send_all(b"\0\0\0\4\0\0\0\0\0")
    pings = (b"\0\0\x08\6\0\0\0\0\0" + bytes(8)) * 1000
    sent = 0
    with trio.fail_after(30):
        while client.reason is None:
            await theirs.send_all(pings)
            sent += len(pings)
            await trio.testing.wait_all_tasks_blocked()
    assert client.reason == "the peer makes the host answer and does not read the answers"
    assert HIGH_WATER < sent < HIGH_WATER + REPLIES_LIMIT + 20 * len(pings)


async def test_calls_to_a_server_that_does_not_read(autojump_clock, nursery):
    """Calls that time out one after another on a stuck connection leave no more behind than the queue allows."""
    ours, theirs = trio.testing.lockstep_stream_pair()
    deadlines = Deadlines()
    client = Client(ours, deadlines=deadlines)
    nursery.start_soon(deadlines.run)
    nursery.start_soon(client.run)
    await theirs.send_all(b"\0\0\x06\4\0\0\0\0\0\0\4\x7f\xff\xff\xff\0\0\4\x08\0\0\0\0\0\x7f\xff\0\0")
    for _ in range(3000):
        with pytest.raises(RpcError, match="DEADLINE_EXCEEDED"):
            await client.unary(ECHO, bytes(1000), timeout=0.1)
    assert HIGH_WATER <= client._wire.queued_bytes < HIGH_WATER + 10_000
    assert (client.in_flight, client.queued, client.reason) == (0, 0, None)
    last = await begin(nursery, client, b"x", timeout=60)
    assert client.queued == 1
    with trio.fail_after(30):
        while client.queued:
            await theirs.receive_some(100_000)
    assert client.in_flight == 1
    client.end("the test ended it")
    assert gone(await last.failure())


async def test_keepalive(autojump_clock, nursery):
    """A silent connection is pinged; an answer keeps it, silence ends it."""
    keepalive = Keepalive(interval=10, timeout=3)
    async with client_and_peer(keepalive=keepalive) as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"")
        began = trio.current_time()
        for _ in range(3):
            await peer.next(h2.events.PingReceived)
        assert trio.current_time() - began == pytest.approx(30)
        assert client.reason is None
        error = await call.failure()
        assert (gone(error), error.message) == (True, "the peer did not answer a ping within 3 s")
        assert trio.current_time() - began < 60


async def test_a_fault_of_the_host_ends_one_connection(autojump_clock, nursery, monkeypatch):
    """An error of our own while we take what came is noted with its traceback, and ends the calls of that connection."""
    notes = []
    async with client_and_peer() as (client, peer):
        client._noted = notes.append
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        monkeypatch.setattr(status_module, "decode_message", None)
        await peer.answer(stream_id, trailers=[("grpc-status", "5"), ("grpc-message", "x")])
        error = await call.failure()
        assert gone(error)
        assert "the host failed to take what the peer sent: TypeError" in error.message
        assert "Traceback" in notes[0]


# -- in the words of the host


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (RpcError(5, "no such key"), CallFailedError, "no such key"),
        (RpcError(12, "unknown method"), MethodNotFoundError, "kv does not know the method: unknown method"),
        (RpcError(4, "late"), CallTimedOutError, "the deadline passed, says kv: late"),
        (RpcError(4, "late", origin=Origin.DEADLINE), CallTimedOutError, "kv did not answer in time"),
        (RpcError(14, "closed", origin=Origin.CONNECTION), UnavailableError, "kv is gone: closed"),
        (RpcError(13, "no gRPC", origin=Origin.VIOLATION), MisbehavedError, "kv broke gRPC: no gRPC"),
        (RpcError(3, "bad key", origin=Origin.CALLER), InvalidParamsError, "bad key"),
        (RpcError(8, "full", origin=Origin.CALLER, untouched=True), OverloadedError, "kv is busy: full"),
        (
            RpcError(8, "1001 bytes", origin=Origin.CALLER),
            TooLargeError,
            "answered with too much: 1001 bytes",
        ),
        (RpcError(1, "the caller gave up", origin=Origin.CALLER), CallFailedError, "gave up"),
    ],
)
def test_the_host_s_words_for_a_failure(error, kind, text):
    """Each way to fail has its error of the host, which names the method and the plugin."""
    found = host_error(error, plugin="kv", method="KV.Get")
    assert type(found) is kind
    assert text in found.message
    assert found.location == "KV.Get of kv"
    if kind is CallFailedError:
        assert error.status == found.status


def test_what_a_failure_says_of_itself():
    """An error names its status, one that gRPC does not know by its number."""
    assert str(RpcError(5)) == "NOT_FOUND"
    assert repr(RpcError(14, "x", origin=Origin.CONNECTION, untouched=True)) == (
        "<RpcError UNAVAILABLE: x origin=connection untouched>"
    )
    assert status_name(77) == "status 77"


async def test_a_flood_that_no_call_is_for_is_read_slowly(autojump_clock):
    """A server that sends window updates without end is paused for, and a call is answered all the same."""
    update = b"\0\0\4\x08\0\0\0\0\0\0\0\0\1"
    async with client_and_peer() as (client, peer), trio.open_nursery() as nursery:
        began = trio.current_time()
        await peer.stream.send_all(update * 50_000)
        call = Outcome(nursery, client.unary, ECHO, b"x", timeout=30)
        stream_id, *_ = await peer.request()
        await peer.answer(stream_id, b"y")
        assert await call.wait() == b"y"
        assert trio.current_time() - began > 1


async def test_what_a_server_sends_beside_its_answers_is_no_flood(autojump_clock):
    """Pings, window updates and settings with each answer do not slow it down."""
    async with client_and_peer() as (client, peer), trio.open_nursery() as nursery:
        began = trio.current_time()
        for _ in range(2000):
            call = Outcome(nursery, client.unary, ECHO, b"x", timeout=30)
            stream_id, *_ = await peer.request()
            peer.h2.ping(b"12345678")
            peer.h2.increment_flow_control_window(100)
            await peer.answer(stream_id, b"y")
            assert await call.wait() == b"y"
        assert trio.current_time() == began
