"""Streams over a channel: credit both ways, order, ends, and what becomes of a stream that fails."""

import pytest
import trio
from channel_support import ALL_FEATURES, Outcome, connected

from hostcore.errors import (
    CallFailedError,
    CallTimedOutError,
    CrashedError,
    IncompatibleError,
    InvalidParamsError,
    TooLargeError,
)
from hostcore.protocol import Cancel, Credit, Data, End, ErrorInfo, Limits, Status
from hostcore.snapshots import Reason
from hostcore.transports import _outflow
from hostcore.transports._cells import FIRST_CREDIT, STREAM_BYTES, STREAM_WINDOW


async def items_of(stream):
    return [item async for item in stream]


async def test_results_flow_with_credit(autojump_clock, nursery):
    """The plugin never has more credit than the window, and all items come in order, then the result."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Count", {"n": 200}, timeout=60)
        items = Outcome(nursery, items_of, stream)
        request = await peer.next()
        assert request.meta["credit"] == FIRST_CREDIT
        for number in range(200):
            while not peer.connection.may_send_data(request.id):
                assert isinstance(await peer.next(), Credit)
            assert peer.connection.may_send_data(request.id) <= STREAM_WINDOW
            await peer.send(Data(id=request.id, item=number))
        await peer.respond(request, {"total": 200})
        assert await items.wait() == list(range(200))
        assert stream.result == {"total": 200}


async def test_a_slow_consumer_holds_the_plugin_back(autojump_clock, nursery):
    """Without somebody who takes the items no further credit is granted."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Count", {}, timeout=600)
        request = await peer.next()
        for number in range(FIRST_CREDIT):
            await peer.send(Data(id=request.id, item=number))
        assert await peer.nothing_for(60)
        assert await anext(stream) == 0
        assert await peer.next() == Credit(id=request.id, n=STREAM_WINDOW - FIRST_CREDIT + 1)
        for number in range(1, FIRST_CREDIT):
            assert await anext(stream) == number
        assert await peer.nothing_for(60)
        stream.close()


@pytest.mark.parametrize("item", [b"x" * 300_000, {"data": b"x" * 300_000}, ["x" * 150_000] * 2])
async def test_large_items_shrink_the_window(autojump_clock, nursery, item):
    """Of items that are large, so many may be under way that they are a mebibyte together; one may be in any case."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Count", {}, timeout=600)
        request = await peer.next()
        for _ in range(FIRST_CREDIT):
            await peer.send(Data(id=request.id, item=item))
        for _ in range(FIRST_CREDIT - 2):
            assert await anext(stream) == item
        assert await peer.nothing_for(1)
        assert await anext(stream) == item
        window = STREAM_BYTES // 300_000
        assert await peer.next() == Credit(id=request.id, n=window - 1)
        stream.close()


async def test_uploads_wait_for_credit(autojump_clock, nursery):
    """Nothing is sent before the plugin has granted it, and no item more than that."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Sum", {}, timeout=600)
        request = await peer.next()

        async def send_all():
            for number in range(10):
                await stream.send(number)
            await stream.end()

        sending = Outcome(nursery, send_all)
        assert await peer.nothing_for(5)
        await peer.send(Credit(id=request.id, n=3))
        assert [await peer.next() for _ in range(3)] == [Data(id=request.id, item=n) for n in range(3)]
        assert await peer.nothing_for(5)
        await peer.send(Credit(id=request.id, n=7))
        assert [(await peer.next()).item for _ in range(7)] == list(range(3, 10))
        assert await peer.next() == End(id=request.id)
        await sending.wait()
        await peer.respond(request, 45)
        assert (await items_of(stream), stream.result) == ([], 45)


@pytest.mark.parametrize(("first", "further"), [(64, 32), (64, 64), (10_000, 0)])
async def test_large_items_need_no_credit_in_return(autojump_clock, nursery, first, further):
    """A plugin may grant rarely, or all at once: 64 KiB items never wait for anything but credit and the pipe."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Sum", {}, timeout=600)
        request = await peer.next()
        block = b"z" * 65_536

        async def send_all():
            for _ in range(150):
                await stream.send(block)
            await stream.end()

        sending = Outcome(nursery, send_all)
        await peer.send(Credit(id=request.id, n=first))
        taken = 0
        while not isinstance(event := await peer.next(), End):
            assert event.item == block
            taken += 1
            if further and taken % further == 0:
                await peer.send(Credit(id=request.id, n=further))
        assert taken == 150
        await sending.wait()
        stream.close()


async def test_an_upload_does_not_fill_the_hosts_memory(autojump_clock, nursery):
    """With credit for everything, a plugin that does not read holds the sender back at the high-water mark."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Sum", {}, timeout=600)
        request = await peer.next()
        await peer.send(Credit(id=request.id, n=10_000))
        block = b"z" * 65_536
        sent = []

        async def send_all():
            for number in range(500):
                await stream.send(block)
                sent.append(number)

        sending = Outcome(nursery, send_all)
        await trio.testing.wait_all_tasks_blocked()
        assert len(sent) < 60
        assert channel.wire.queued_bytes < _outflow.HIGH_WATER + 2 * len(block)
        for _ in range(500):
            assert (await peer.next()).item == block
        await sending.wait()
        stream.close()


async def test_senders_keep_their_order(autojump_clock, nursery):
    """Items of several tasks go out in the order in which the tasks came, and the end after them."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Sum", {}, timeout=600)
        request = await peer.next()
        for number in range(20):
            nursery.start_soon(stream.send, number)
            await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(stream.end)
        await trio.testing.wait_all_tasks_blocked()
        for _ in range(10):
            await peer.send(Credit(id=request.id, n=2))
        assert [(await peer.next()).item for _ in range(20)] == list(range(20))
        assert isinstance(await peer.next(), End)
        stream.close()


async def test_nothing_can_be_sent_after_the_end(autojump_clock, nursery):
    """`send` after `end` raises instead of waiting for ever; a second `end` does nothing."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Sum", {}, timeout=600)
        request = await peer.next()
        await peer.send(Credit(id=request.id, n=5))
        await stream.end()
        await stream.end()
        with pytest.raises(trio.ClosedResourceError):
            await stream.send(1)
        assert isinstance(await peer.next(), End)
        assert await peer.nothing_for(1)
        stream.close()


async def test_an_end_needs_its_turn_and_no_credit(autojump_clock, nursery):
    """A stream that waits in the queue is half-closed as soon as it is sent."""
    features = tuple(each for each in ALL_FEATURES if each != "async")
    async with connected(features=features) as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        first = await peer.next()
        stream = channel.stream("Echo.Sum", {}, timeout=60)
        ending = Outcome(nursery, stream.end)
        assert await peer.nothing_for(1)
        await peer.respond(first, 1)
        await call.wait()
        request = await peer.next()
        assert await peer.next() == End(id=request.id)
        await ending.wait()
        await peer.respond(request, 0)
        assert await items_of(stream) == []


async def test_a_sender_hears_that_the_call_has_ended(autojump_clock, nursery):
    """An answer ends the upload: who waits for credit gets an error, and so does who comes later."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Sum", {}, timeout=600)
        request = await peer.next()
        sending = Outcome(nursery, stream.send, 1)
        await trio.testing.wait_all_tasks_blocked()
        await peer.respond(request, "enough")
        with pytest.raises(trio.ClosedResourceError):
            await sending.wait()
        with pytest.raises(trio.ClosedResourceError):
            await stream.send(2)
        await stream.end()
        assert (await items_of(stream), stream.result) == ([], "enough")


async def test_an_item_that_cannot_be_sent_ends_nothing(autojump_clock, nursery):
    """What cannot be encoded, or is too large, is its sender's error; the stream goes on."""
    async with connected(limits=Limits(frame=4096)) as (channel, peer, _):
        stream = channel.stream("Echo.Sum", {}, timeout=600)
        request = await peer.next()
        await peer.send(Credit(id=request.id, n=5))
        with pytest.raises(InvalidParamsError):
            await stream.send(object())
        with pytest.raises(InvalidParamsError):
            await stream.send({"a": float("inf")})
        with pytest.raises(TooLargeError):
            await stream.send("x" * 5000)
        await stream.send("good")
        assert (await peer.next()).item == "good"
        stream.close()


async def test_items_before_an_error_are_delivered(autojump_clock, nursery):
    """The consumer gets what was sent, then the error, and the error again when it asks for the result."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Count", {}, timeout=600)
        request = await peer.next()
        for number in range(3):
            await peer.send(Data(id=request.id, item=number))
        await peer.refuse(request, ErrorInfo(code=Status.DATA_LOSS, message="the disk is gone"))
        assert [await anext(stream) for _ in range(3)] == [0, 1, 2]
        for _ in range(2):
            with pytest.raises(CallFailedError, match="the disk is gone"):
                await anext(stream)
        with pytest.raises(CallFailedError):
            _ = stream.result
        with pytest.raises(CallFailedError):
            await stream.send(1)


async def test_closing_early_cancels(autojump_clock, nursery):
    """A consumer that leaves sends a cancel; items under way and the late answer are dropped."""
    async with connected() as (channel, peer, listener):
        stream = channel.stream("Echo.Count", {}, timeout=600)
        request = await peer.next()
        await peer.send(Data(id=request.id, item=0))
        assert await anext(stream) == 0
        stream.close()
        stream.close()
        await peer.send(Data(id=request.id, item=1))
        assert isinstance(await peer.next(), Credit)
        assert await peer.next() == Cancel(id=request.id)
        await peer.refuse(request, ErrorInfo(code=Status.CANCELLED, message="cancelled"))
        await trio.testing.wait_all_tasks_blocked()
        assert (channel.in_flight, channel.reason, listener.notes) == (0, None, [])


async def test_a_stream_has_a_deadline(autojump_clock, nursery):
    """At the deadline of a stream its consumer and its senders get the error."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Both", {}, timeout=3)
        sending = Outcome(nursery, stream.send, 1)
        with pytest.raises(CallTimedOutError):
            await anext(stream)
        with pytest.raises(CallTimedOutError):
            await sending.wait()
        request = await peer.next()
        assert await peer.next() == Cancel(id=request.id)


async def test_the_end_of_the_plugin_ends_its_streams(autojump_clock, nursery):
    """Consumers and senders of a plugin that dies get that as their one outcome."""
    async with connected() as (channel, peer, _):
        stream = channel.stream("Echo.Both", {}, timeout=60)
        consuming = Outcome(nursery, items_of, stream)
        sending = Outcome(nursery, stream.send, 1)
        await peer.next()
        channel.end(Reason(code="exited", text="its process ended with signal SIGKILL"))
        for each in (consuming, sending):
            with pytest.raises(CrashedError, match="SIGKILL"):
                await each.wait()


async def test_only_one_task_may_iterate(autojump_clock, nursery):
    """Two consumers of one stream would steal each other's items: the second is told."""
    async with connected() as (channel, _, __):
        stream = channel.stream("Echo.Count", {}, timeout=60)
        consuming = Outcome(nursery, items_of, stream)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await anext(stream)
        with pytest.raises(RuntimeError, match="not ended"):
            _ = stream.result
        channel.end(Reason(code="x", text="over"))
        with pytest.raises(CrashedError):
            await consuming.wait()


async def test_a_plugin_without_streams_says_so(autojump_clock):
    """A stream to a plugin without the feature is refused before anything is sent."""
    async with connected(features=("async",)) as (channel, peer, _):
        with pytest.raises(IncompatibleError, match="cannot stream"):
            channel.stream("Echo.Count", {}, timeout=60)
        assert await peer.nothing_for(1)
