"""A lone caller polls the socket for its answer, and what that must not change."""

import contextlib
import socket

import h2.events
import pytest
import trio
import trio.testing
from rpc_support import ECHO, PATIENCE, Outcome, Peer, client_and_peer, client_and_server

from hostcore.transports import Deadlines, _polling
from hostcore_grpc.rpc import Client, RpcError, StatusCode, _client, unary


def socket_pair():
    """Give two connected streams of trio."""
    pair = socket.socketpair()
    for each in pair:
        each.setblocking(False)
    return tuple(trio.SocketStream(trio.socket.from_stdlib_socket(each)) for each in pair)


@contextlib.asynccontextmanager
async def polling_client(monkeypatch, seconds=60.0, *, hot=60.0):
    """Give a client over a socket whose lone callers poll for so long, and a server of `h2`.

    The socket is watched again `hot` seconds after a polled call: later than a busy machine takes for the rest of a test.
    """
    monkeypatch.setattr(_client, "POLL_SECONDS", seconds)
    monkeypatch.setattr(_polling, "HOT_SECONDS", hot)
    ours, theirs = socket_pair()
    deadlines = Deadlines()
    client, peer = Client(ours, deadlines=deadlines), Peer(theirs, client=False)
    try:
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(deadlines.run)
                nursery.start_soon(client.run)
                await peer.flush()
                await peer.next(h2.events.SettingsAcknowledged)
                yield client, peer
                nursery.cancel_scope.cancel()
    finally:
        await trio.aclose_forcefully(theirs)


@pytest.mark.parametrize("seconds", [60.0, 0.0])
async def test_a_lone_call_gets_its_answer_polled_or_parked(nursery, monkeypatch, seconds):
    """Whether a caller polls until the answer comes or gives up at once, it gets its answer, again and again."""
    async with polling_client(monkeypatch, seconds) as (client, peer):
        nursery.start_soon(peer.echo_forever)
        for number in range(300):
            assert b"%d" % number == await client.unary(ECHO, b"%d" % number, timeout=20)
        nursery.cancel_scope.cancel()


async def test_a_polling_caller_is_seen_and_can_be_cancelled(nursery, monkeypatch):
    """Polling keeps the reader away and is no way to miss a cancellation, which the server hears of."""
    async with polling_client(monkeypatch) as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"one")
        stream_id, _, _ = await peer.request()
        assert client._wire.hot
        call.scope.cancel()
        await call.done.wait()
        assert not client._wire.hot
        assert stream_id == (await peer.next(h2.events.StreamReset)).stream_id


async def test_a_polling_caller_is_let_go_at_its_deadline(nursery, monkeypatch):
    """The deadline ends a polled call as it ends a parked one."""
    async with polling_client(monkeypatch) as (client, _):
        with pytest.raises(RpcError) as caught:
            await client.unary(ECHO, b"one", timeout=0.05)
        assert caught.value.status == StatusCode.DEADLINE_EXCEEDED


async def test_a_second_caller_ends_the_polling_for_a_while(nursery, monkeypatch):
    """Where calls crowd, the reader watches for all of them, and the next lone call parks."""
    async with polling_client(monkeypatch) as (client, peer):
        first = Outcome(nursery, client.unary, ECHO, b"one")
        one, _, _ = await peer.request()
        second = Outcome(nursery, client.unary, ECHO, b"two")
        two, _, _ = await peer.request()
        assert not client._wire.hot
        await peer.answer(two, b"2")
        await peer.answer(one, b"1")
        assert [await first.wait(), await second.wait()] == [b"1", b"2"]
        third = Outcome(nursery, client.unary, ECHO, b"three")
        three, _, _ = await peer.request()
        assert not client._wire.hot
        await peer.answer(three, b"3")
        assert await third.wait() == b"3"


async def test_polling_is_tried_again_after_many_calls(nursery, monkeypatch):
    """A server that was too slow to be polled for is polled for again later: it may have become fast."""
    monkeypatch.setattr(_polling, "POLL_RETRY_CALLS", 3)
    async with polling_client(monkeypatch, 0.0) as (client, peer):
        for missed in range(_polling.POLL_SCORE // 2):  # a miss costs 2
            assert f"score={_polling.POLL_SCORE - 2 * missed} " in repr(client._poller)
            call = Outcome(nursery, client.unary, ECHO, b"slow")
            stream_id, _, _ = await peer.request()
            await trio.testing.wait_all_tasks_blocked()
            await peer.answer(stream_id, b"late")
            await call.wait()
        client._poller.seconds = 60.0
        nursery.start_soon(peer.echo_forever)
        polled = []
        for _ in range(4):
            await client.unary(ECHO, b"fast", timeout=20)
            polled.append(client._wire.hot)
        assert polled == [False, False, False, True]
        nursery.cancel_scope.cancel()


async def test_large_requests_and_calls_aside_are_not_polled_for(nursery, monkeypatch):
    """What takes long anyway, or concerns the connection, parks; it costs the small calls nothing."""
    async with polling_client(monkeypatch) as (client, peer):
        nursery.start_soon(peer.echo_forever)
        await client.unary(ECHO, bytes(_client.POLL_BYTES + 1), timeout=20)
        assert not client._wire.hot
        await client.unary(ECHO, b"aside", timeout=20, aside=True)
        assert not client._wire.hot
        await client.unary(ECHO, b"small", timeout=20)
        assert client._wire.hot
        nursery.cancel_scope.cancel()


async def test_what_the_server_says_by_itself_is_heard_soon_after_a_polled_call(monkeypatch):
    """The socket is watched again within `HOT_SECONDS`, so that a goodbye does not wait for the next call."""
    async with polling_client(monkeypatch, hot=1.0) as (client, peer):
        async with trio.open_nursery() as echo:
            echo.start_soon(peer.echo_forever)
            await client.unary(ECHO, b"one", timeout=20)
            echo.cancel_scope.cancel()
        assert client._wire.hot
        peer.h2.close_connection()
        await peer.flush()
        await client.ended.wait()
        assert "going away" in client.reason


async def test_a_stream_is_watched_from_its_beginning(nursery, monkeypatch):
    """A streaming call after a polled one has the reader back at once."""
    async with polling_client(monkeypatch) as (client, peer):
        async with trio.open_nursery() as echo:
            echo.start_soon(peer.echo_forever)
            await client.unary(ECHO, b"one", timeout=20)
            echo.cancel_scope.cancel()
        assert client._wire.hot
        with client.stream(ECHO):
            assert not client._wire.hot


async def test_the_end_of_the_connection_reaches_a_polling_caller(nursery, monkeypatch):
    """A server that goes while a caller polls is that call's outcome."""
    async with polling_client(monkeypatch) as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"one")
        await peer.request()
        await peer.stream.aclose()
        assert (await call.failure()).status == StatusCode.UNAVAILABLE


async def test_what_is_no_socket_is_not_polled(autojump_clock, nursery):
    """Over any other stream callers park."""
    async with client_and_peer() as (client, peer):
        call = Outcome(nursery, client.unary, ECHO, b"one")
        stream_id, _, _ = await peer.request()
        assert not client._wire.hot
        await peer.answer(stream_id, b"1")
        assert await call.wait() == b"1"


async def test_a_call_that_has_ended_holds_no_message(autojump_clock):
    """The heap of deadlines keeps settled calls until it is swept; their requests and answers are gone by then."""

    async def say(request, _):
        return request * 2

    kept = []

    class Keeper(Deadlines):
        def add(self, deadline, entry):
            kept.append(entry)
            super().add(deadline, entry)

    async with client_and_server({ECHO: unary(say)}) as (client, _):
        client._deadlines = Keeper()
        assert await client.unary(ECHO, b"ab", timeout=5) == b"abab"
    assert [(call.message, call.outbox) for call in kept] == [(None, b"")]
