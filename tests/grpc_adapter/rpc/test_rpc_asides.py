"""Calls aside: they belong to the connection, and the caller's own calls take no notice of them."""

import h2.events
import pytest
import trio
import trio.testing
from rpc_support import ECHO, Outcome, client_and_peer

from hostcore_grpc.rpc import Origin, RpcError

STDIO = "/test.Stdio/Stream"


async def test_they_wait_for_no_turn_and_are_not_counted(autojump_clock, nursery):
    """With all places taken and others waiting, a call aside is sent at once; streams aside take no place."""
    async with client_and_peer(max_inflight=1, queue_limit=1) as (client, peer):
        with client.stream(STDIO, aside=True), client.stream(STDIO, aside=True):
            for _ in range(2):
                await peer.next(h2.events.RequestReceived)
            calls = [Outcome(nursery, client.unary, ECHO, b"x") for _ in range(2)]
            await trio.testing.wait_all_tasks_blocked()
            assert (client.in_flight, client.queued) == (1, 1)
            health = Outcome(nursery, client.unary, ECHO, b"well?", aside=True)
            first, _, _ = await peer.request()
            asked, _, data = await peer.request()
            assert data[5:] == b"well?"
            await peer.answer(asked, b"yes")
            assert await health.wait() == b"yes"
            assert (client.in_flight, client.queued) == (1, 1)
            await peer.answer(first, b"1")
            second, _, _ = await peer.request()
            await peer.answer(second, b"2")
            assert {await call.wait() for call in calls} == {b"1", b"2"}
            assert (client.in_flight, client.queued) == (0, 0)
        assert client.in_flight == 0


async def test_the_servers_own_limit_holds_for_them(autojump_clock, nursery):
    """Where the server takes no more calls, a call aside is the next one, before those that wait already."""
    async with client_and_peer(settings={3: 1}, queue_limit=1) as (client, peer):
        calls = [Outcome(nursery, client.unary, ECHO, b"x") for _ in range(2)]
        await trio.testing.wait_all_tasks_blocked()
        aside = Outcome(nursery, client.unary, ECHO, b"aside", aside=True)
        order = []
        for _ in range(3):
            stream_id, _, data = await peer.request()
            order.append(data[5:])
            await peer.answer(stream_id, b"")
        assert order == [b"x", b"aside", b"x"]
        for call in (*calls, aside):
            assert await call.wait() == b""
        assert client.in_flight == 0


async def test_they_do_not_keep_a_connection_open(autojump_clock, nursery):
    """After a GOAWAY the connection ends with the last call of the caller; what is aside fails with it."""
    async with client_and_peer() as (client, peer):
        call = client.stream(STDIO, aside=True)
        mine = client.stream(ECHO)
        await trio.testing.wait_all_tasks_blocked()
        peer.h2.close_connection(error_code=0, last_stream_id=3)
        await peer.stream.send_all(peer.h2.data_to_send())
        await trio.testing.wait_all_tasks_blocked()
        assert client.reason is None
        mine.close()
        with trio.fail_after(1):
            await client.ended.wait()
        with pytest.raises(RpcError, match="going away") as caught:
            await call.receive()
        assert caught.value.origin is Origin.CONNECTION
        assert client.in_flight == 0


async def test_one_that_is_given_up_is_forgotten(autojump_clock, nursery):
    """A deadline, a cancelled caller and a reset leave the count right."""
    async with client_and_peer() as (client, peer):
        with pytest.raises(RpcError, match="did not answer in time"):
            await client.unary(ECHO, b"", timeout=1, aside=True)
        with trio.move_on_after(1):
            await client.unary(ECHO, b"", aside=True)
        asked = Outcome(nursery, client.unary, ECHO, b"", aside=True)
        for _ in range(3):
            stream_id, _, _ = await peer.request()
        peer.h2.reset_stream(stream_id)
        await peer.flush()
        await asked.failure()
        mine = client.stream(ECHO)
        assert client.in_flight == 1
        mine.close()
        assert client.in_flight == 0
