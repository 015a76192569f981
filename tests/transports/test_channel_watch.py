"""What is seen of a channel: bytes in the records of its calls, and each message for who taps it."""

import pytest
import trio
from channel_support import Outcome, connected

from hostcore.errors import CallTimedOutError
from hostcore.protocol import Cancel, Data, Encoding, End, Log, LogLevel, Progress
from hostcore.transports import CallRecord, Direction, Observing

TO_PLUGIN, TO_HOST = Direction.TO_PLUGIN, Direction.TO_HOST


def record_of(number, *, streaming=False):
    return CallRecord(number, "echo", "Echo.Say", 0.0, is_streaming=streaming)


def measured(channel):
    """Have the channel measured, and return how many bytes it has sent and received from now on."""
    channel.watch.observe(Observing(measured=True))
    start = channel.connection.statistics()

    def moved():
        now = channel.connection.statistics()
        return now.bytes_sent - start.bytes_sent, now.bytes_received - start.bytes_received

    return moved


def tapped(channel):
    seen = []
    channel.watch.observe(Observing(measured=True, tap=seen.append))
    return seen


@pytest.mark.parametrize("encoding", Encoding)
async def test_a_record_has_the_bytes_of_the_wire(autojump_clock, nursery, encoding):
    """All bytes of the request and of its answer, with what frames them, and which process it was."""
    async with connected(encoding=encoding) as (channel, peer, _):
        moved = measured(channel)
        record = record_of(1)
        call = Outcome(nursery, channel.call, "Echo.Say", {"text": "ü" * 100}, timeout=60, record=record)
        await peer.respond(await peer.next(), {"text": "x" * 1000})
        await call.wait()
        assert (record.request_bytes, record.response_bytes) == moved()
        assert record.response_bytes > 1000
        assert (record.instance, record.pid) == (0, 0)


async def test_a_stream_counts_items_and_their_bytes(autojump_clock, nursery):
    """Both ways; credit and the end carry nothing of the caller's, and are no part of it."""
    async with connected() as (channel, peer, _):
        measured(channel)
        record = record_of(1, streaming=True)
        stream = channel.stream("Echo.Say", {}, timeout=60, record=record)
        request = await peer.next()
        await peer.write(peer.connection.grant(request.id, 5))
        for number in range(3):
            await stream.send({"number": number})
            assert type(await peer.next()) is Data
        await stream.end()
        assert await peer.next() == End(id=request.id)
        for _ in range(2):
            await peer.send(Data(id=request.id, item="x" * 100))
        await peer.respond(request, {})
        assert [item async for item in stream] == ["x" * 100] * 2
        assert (record.items_in, record.items_out) == (3, 2)
        assert record.request_bytes > 50
        assert 220 < record.response_bytes < 300


async def test_what_comes_too_late_is_no_part_of_the_call(autojump_clock, nursery):
    """The record is complete when its caller has its outcome; a late answer changes nothing of it."""
    async with connected() as (channel, peer, _):
        seen = tapped(channel)
        record = record_of(1)
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=1, record=record)
        request = await peer.next()
        with pytest.raises(CallTimedOutError):
            await call.wait()
        assert await peer.next() == Cancel(id=request.id)
        await peer.respond(request, {"text": "late"})
        await trio.sleep(1)
        assert record.response_bytes == 0
        assert [(each.kind, each.method, each.call) for each in seen] == [
            ("request", "Echo.Say", 1),
            ("cancel", "Echo.Say", 1),
            ("response", "Echo.Say", 1),
        ]


async def test_a_tap_is_told_of_each_message(autojump_clock, nursery):
    """Both ways, in their order, each with its bytes, its method and the call that it belongs to."""
    async with connected() as (channel, peer, listener):
        seen = tapped(channel)
        start = channel.connection.statistics()
        call = Outcome(
            nursery,
            channel.call,
            "Echo.Say",
            {"a": 1},
            timeout=60,
            on_progress=lambda *_: None,
            record=record_of(7),
        )
        request = await peer.next()
        await peer.send(Progress(id=request.id, progress=1))
        await peer.send(Log(level=LogLevel.INFO, message="busy"))
        number, frame = peer.connection.send_request("Host.Info", {"b": 2}, parent=request.id)
        await peer.write(frame)
        while not listener.calls:  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.1)
        listener.calls[0].answer({"c": 3})
        assert (await peer.next()).id == number
        await peer.respond(request, {"d": 4})
        await call.wait()
        assert [(each.direction, each.kind, each.method, each.call) for each in seen] == [
            (TO_PLUGIN, "request", "Echo.Say", 7),
            (TO_HOST, "progress", "Echo.Say", 7),
            (TO_HOST, "log", None, None),
            (TO_HOST, "request", "Host.Info", 7),
            (TO_PLUGIN, "response", "Host.Info", 7),
            (TO_HOST, "response", "Echo.Say", 7),
        ]
        assert [seen[index].value for index in (0, 3, 4, 5)] == [{"a": 1}, {"b": 2}, {"c": 3}, {"d": 4}]
        now = channel.connection.statistics()
        sizes = {
            direction: sum(each.size for each in seen if each.direction is direction)
            for direction in Direction
        }
        assert sizes == {
            TO_PLUGIN: now.bytes_sent - start.bytes_sent,
            TO_HOST: now.bytes_received - start.bytes_received,
        }


async def test_a_call_that_began_before_the_tap_is_known(autojump_clock, nursery):
    """Its answer has its method and its record; nothing is told any more once the tap is taken away."""
    async with connected() as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60, record=record_of(3))
        request = await peer.next()
        seen = tapped(channel)
        await peer.respond(request, {})
        await call.wait()
        assert [(each.kind, each.method, each.call) for each in seen] == [("response", "Echo.Say", 3)]
        channel.watch.observe(Observing())
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        await peer.respond(await peer.next(), {})
        await call.wait()
        assert len(seen) == 1
        assert (channel.connection.on_received, channel.connection.on_sent) == (None, None)


async def test_pings_belong_to_no_call(autojump_clock, nursery):
    """The protocol's own requests are messages without a record, also right after a call."""
    async with connected() as (channel, peer, _):
        seen = tapped(channel)
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60, record=record_of(3))
        await peer.respond(await peer.next(), {})
        await call.wait()
        ping = Outcome(nursery, channel.ping, timeout=60)
        await peer.respond(await peer.next(), {})
        await ping.wait()
        assert [(each.method, each.call) for each in seen[2:]] == [("$/ping", None)] * 2
