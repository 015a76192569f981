"""Calls with any number of messages either way: order, backpressure, and how they end."""

import h2.events
import pytest
import trio
import trio.testing
from rpc_support import ECHO, OK, RESPONSE, Outcome, client_and_peer, collect, message

from hostcore_grpc.http2 import Limits
from hostcore_grpc.rpc import Origin, RpcError, StatusCode


async def test_a_server_streams(autojump_clock):
    """Messages come in order, several in a frame or one in several; the status and the metadata come last."""
    async with client_and_peer() as (client, peer):
        with client.stream(ECHO, timeout=10) as call:
            await call.send(b"many")
            await call.end()
            stream_id, _, data = await peer.request()
            assert message(b"many") == data
            peer.h2.send_headers(stream_id, [*RESPONSE, ("early", "yes")])
            both = message(b"one") + message(b"") + message(b"three" * 100)
            for start in range(0, len(both), 7):
                peer.h2.send_data(stream_id, both[start : start + 7])
            peer.h2.send_headers(stream_id, [*OK, ("late", "too")], end_stream=True)
            await peer.flush()
            assert await collect(call) == [b"one", b"", b"three" * 100]
            assert await call.receive() is None
        assert call.initial_metadata == (("early", "yes"),)
        assert call.trailing_metadata == (("late", "too"),)
        assert "settled=True" in repr(call)


async def test_a_client_streams(autojump_clock):
    """Messages go out in order, the end comes after them, and the answer is taken as the only one."""
    async with client_and_peer() as (client, peer), trio.open_nursery() as nursery:
        with client.stream(ECHO) as call:
            for number in range(100):
                await call.send(b"%d" % number)
            nursery.start_soon(call.end)
            stream_id, headers, data = await peer.request()
            assert "grpc-timeout" not in headers
            assert b"".join(message(b"%d" % number) for number in range(100)) == data
            await peer.answer(stream_id, b"100")
            assert await collect(call) == [b"100"]
            await call.end()
            with pytest.raises(trio.ClosedResourceError, match="takes no more messages"):
                await call.send(b"late")


async def test_a_conversation(autojump_clock):
    """Both sides speak in turn on one stream, and the server ends it."""
    async with client_and_peer() as (client, peer):
        with client.stream(ECHO) as call:
            begun = await peer.next(h2.events.RequestReceived)
            peer.h2.send_headers(begun.stream_id, RESPONSE)
            for number in range(20):
                await call.send(b"%d" % number)
                data = (await peer.next(h2.events.DataReceived)).data
                assert message(b"%d" % number) == data
                peer.h2.send_data(begun.stream_id, data)
                await peer.flush()
                assert await call.receive() == b"%d" % number
            peer.h2.send_headers(begun.stream_id, OK, end_stream=True)
            await peer.flush()
            assert await call.receive() is None
        assert (await peer.next(h2.events.StreamReset)).error_code == 0
        assert client.connection.streams == 0


async def test_who_does_not_read_stops_the_server(autojump_clock):
    """A stream that nobody reads takes its window and no more, while other calls go on; reading opens it again."""
    async with client_and_peer(limits=Limits(stream_window=1000)) as (client, peer):
        with client.stream(ECHO) as call:
            await call.end()
            stream_id, _, _ = await peer.request()
            peer.h2.send_headers(stream_id, RESPONSE)
            sent = await fill(peer, stream_id)
            assert sent == 9
            assert await client_answers(client, peer)
            received = 0
            with trio.fail_after(30):
                while received < 100:
                    assert await call.receive() == bytes(100)
                    received += 1
                    if received == sent:
                        await trio.testing.wait_all_tasks_blocked()
                        await drain_events(peer)
                        sent += await fill(peer, stream_id)
            assert call.reader.held <= 1000


async def fill(peer, stream_id):
    sent = 0
    while peer.h2.local_flow_control_window(stream_id) >= 105:
        peer.h2.send_data(stream_id, message(bytes(100)))
        sent += 1
    await peer.flush()
    await trio.testing.wait_all_tasks_blocked()
    return sent


async def drain_events(peer):
    with trio.move_on_after(0.1):
        await peer.next(h2.events.ConnectionTerminated)


async def client_answers(client, peer):
    async with trio.open_nursery() as nursery:
        call = Outcome(nursery, client.unary, ECHO, b"")
        stream_id, _, _ = await peer.request()
        await peer.answer(stream_id, b"")
        return await call.wait() == b""


async def test_a_message_larger_than_the_window(autojump_clock):
    """A message in progress gets credit, so that one larger than the window can come; the next one waits."""
    async with client_and_peer(limits=Limits(stream_window=1000)) as (client, peer):
        with client.stream(ECHO) as call:
            await call.end()
            stream_id, _, _ = await peer.request()
            peer.h2.send_headers(stream_id, RESPONSE)
            rest = message(bytes(50_000)) + message(b"second")
            async with trio.open_nursery() as nursery:
                first = Outcome(nursery, call.receive)
                while rest:
                    room = min(peer.h2.local_flow_control_window(stream_id), len(rest))
                    if room:
                        peer.h2.send_data(stream_id, rest[:room])
                        rest = rest[room:]
                        await peer.flush()
                    else:
                        await peer.next(h2.events.WindowUpdated)
                assert len(await first.wait()) == 50_000
            assert await call.receive() == b"second"


async def test_a_sender_waits_for_the_server(autojump_clock, nursery):
    """A message waits until the one before it has gone out, in the order of the senders."""
    async with client_and_peer() as (client, peer):
        with client.stream(ECHO) as call:
            await call.send(bytes(100_000))
            sends = []
            for number in range(3):
                sends.append(Outcome(nursery, call.send, b"%d" % number))
                await trio.testing.wait_all_tasks_blocked()
            ending = Outcome(nursery, call.end)
            await trio.sleep(1)
            assert not any(send.done.is_set() for send in sends)
            stream_id, _, data = await peer.request()
            assert message(bytes(100_000)) + message(b"0") + message(b"1") + message(b"2") == data
            await ending.wait()
            await peer.answer(stream_id)
            assert await call.receive() is None


async def test_a_cancelled_send_tears_nothing(autojump_clock, nursery):
    """A cancelled sender has sent its message whole or not at all; the next one follows."""
    async with client_and_peer() as (client, peer):
        with client.stream(ECHO) as call:
            await call.send(bytes(100_000))
            with trio.move_on_after(1) as scope:
                await call.send(b"never sent")
            assert scope.cancelled_caught
            last = Outcome(nursery, call.send, b"sent")
            await trio.testing.wait_all_tasks_blocked()
            Outcome(nursery, call.end)
            stream_id, _, data = await peer.request()
            assert message(bytes(100_000)) + message(b"sent") == data
            await last.wait()
            await peer.answer(stream_id)


async def test_large_messages_of_many_share_the_connection(autojump_clock, nursery):
    """Several large messages at once make progress in turns, and all of them arrive."""
    async with client_and_peer() as (client, peer):
        calls = [Outcome(nursery, client.unary, ECHO, bytes([number]) * 300_000) for number in range(4)]
        received = {}
        order = []
        ended = 0
        while ended < 4:
            event = await peer.next((h2.events.DataReceived, h2.events.StreamEnded))
            if isinstance(event, h2.events.StreamEnded):
                ended += 1
                continue
            received[event.stream_id] = received.get(event.stream_id, b"") + event.data
            order.append(event.stream_id)
            peer.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            await peer.flush()
        assert {len(data) for data in received.values()} == {300_005}
        assert all(len(set(data[5:])) == 1 for data in received.values())
        assert len(set(order[: len(order) // 2])) > 1, "none waits until another is through"
        for stream_id in received:
            await peer.answer(stream_id, b"")
        assert [await call.wait() for call in calls] == [b""] * 4


async def test_messages_before_a_failure_come_first(autojump_clock):
    """What the server sent before its error, or before the connection ended, is delivered; then the call fails."""
    async with client_and_peer() as (client, peer):
        for ending in ("error", "reset", "close"):
            call = client.stream(ECHO)
            await call.end()
            stream_id, _, _ = await peer.request()
            peer.h2.send_headers(stream_id, RESPONSE)
            peer.h2.send_data(stream_id, message(b"one") + message(b"two"))
            if ending == "error":
                peer.h2.send_headers(
                    stream_id, [("grpc-status", "10"), ("grpc-message", "x")], end_stream=True
                )
            elif ending == "reset":
                peer.h2.reset_stream(stream_id, error_code=8)
            await peer.flush()
            if ending == "close":
                await peer.stream.aclose()
            await trio.testing.wait_all_tasks_blocked()
            assert [await call.receive(), await call.receive()] == [b"one", b"two"]
            for _ in range(2):
                with pytest.raises(RpcError) as caught:
                    await call.receive()
            expected = {
                "error": StatusCode.ABORTED,
                "reset": StatusCode.CANCELLED,
                "close": StatusCode.UNAVAILABLE,
            }
            assert expected[ending] == caught.value.status
            with pytest.raises(RpcError):
                await call.send(b"more")


async def test_leaving_a_call_cancels_it(autojump_clock):
    """A call that is left before its end is reset; one that has ended is not."""
    async with client_and_peer() as (client, peer):
        with client.stream(ECHO) as call:
            await call.send(b"x")
        assert (await peer.next(h2.events.StreamReset)).error_code == 8
        with pytest.raises(RpcError, match="gave up"):
            await call.receive()
        assert client.in_flight == 0


async def test_a_deadline_ends_both_directions(autojump_clock, nursery):
    """At its deadline a call fails for who waits for a message and for who waits to send one."""
    async with client_and_peer() as (client, peer):
        call = client.stream(ECHO, timeout=5)
        await call.send(bytes(100_000))
        sending = Outcome(nursery, call.send, b"y")
        receiving = Outcome(nursery, call.receive)
        for outcome in (sending, receiving):
            assert (await outcome.failure()).origin is Origin.DEADLINE
        assert (await peer.next(h2.events.StreamReset)).error_code == 8


async def test_one_task_at_a_time_receives(autojump_clock, nursery):
    """A second task that waits for a message is refused; one that was cancelled makes room for another."""
    async with client_and_peer() as (client, peer):
        with client.stream(ECHO) as call:
            first = Outcome(nursery, call.receive)
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(trio.BusyResourceError, match="another task waits"):
                await call.receive()
            first.scope.cancel()
            await first.wait()
            second = Outcome(nursery, call.receive)
            await call.end()
            stream_id, _, _ = await peer.request()
            await peer.answer(stream_id, b"x")
            assert await second.wait() == b"x"


@pytest.mark.parametrize(
    ("data", "text"),
    [(message(b"x")[:-1], "in the middle of a message"), (b"\7\0\0\0\0", "begins with the byte 7")],
)
async def test_a_stream_that_is_no_grpc(autojump_clock, data, text):
    """Messages before what breaks gRPC are delivered; then the call fails, though its status was good."""
    async with client_and_peer() as (client, peer):
        call = client.stream(ECHO)
        await call.end()
        stream_id, _, _ = await peer.request()
        peer.h2.send_headers(stream_id, RESPONSE)
        peer.h2.send_data(stream_id, message(b"good") + data)
        peer.h2.send_headers(stream_id, OK, end_stream=True)
        await peer.flush()
        assert await call.receive() == b"good"
        for _ in range(2):
            with pytest.raises(RpcError, match=text) as caught:
                await call.receive()
            assert caught.value.origin is Origin.VIOLATION


async def test_a_fault_in_the_middle_resets_the_stream(autojump_clock):
    """A message that cannot be taken while the server still sends ends the stream there, too."""
    async with client_and_peer(max_message=10) as (client, peer):
        call = client.stream(ECHO)
        await call.end()
        stream_id, _, _ = await peer.request()
        peer.h2.send_headers(stream_id, RESPONSE)
        peer.h2.send_data(stream_id, message(bytes(11)))
        await peer.flush()
        with pytest.raises(RpcError, match="exceeds the limit of 10"):
            await call.receive()
        assert (await peer.next(h2.events.StreamReset)).error_code == 8


async def test_streams_wait_for_their_turn(autojump_clock):
    """A streaming call beyond the server's limit begins later; what was sent meanwhile waits, one message at most."""
    async with client_and_peer(settings={3: 1}) as (client, peer), trio.open_nursery() as nursery:
        first = client.stream(ECHO)
        second = client.stream(ECHO)
        await second.send(b"early")
        nursery.start_soon(second.send, b"late")
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(second.end)
        await trio.testing.wait_all_tasks_blocked()
        assert (client.in_flight, client.queued) == (1, 1)
        await first.end()
        stream_id, _, _ = await peer.request()
        await peer.answer(stream_id)
        stream_id, _, data = await peer.request()
        assert message(b"early") + message(b"late") == data
        await peer.answer(stream_id, b"done")
        assert await collect(second) == [b"done"]
