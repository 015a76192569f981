"""Calls in flight as others than their callers see them, and their end by others."""

import pytest
import trio
from channel_support import Outcome, connected

from hostcore.errors import CallCancelledError
from hostcore.protocol import Cancel, Progress
from hostcore.transports import CallContext
from hostcore.transports._in_flight import id_of_call, show_call

PID = 4711


async def test_a_call_shows_who_makes_it_and_how_far_it_has_come(autojump_clock, nursery):
    """Age, deadline, caller and the latest progress are seen while the call runs, and nothing once it has its answer."""
    async with connected() as (channel, peer, _):
        context = CallContext(plugin="", origin="ci")
        call = Outcome(
            nursery, channel.call, "Echo.Say", {}, timeout=60, on_progress=lambda *_: None, context=context
        )
        request = await peer.next()
        await trio.sleep(5)
        await peer.send(Progress(id=request.id, progress=1, total=3, message="a third"))
        await trio.sleep(5)
        (found,) = [show_call(each, PID) for each in channel.open_calls]
        assert (found.id, found.method) == (f"{PID}-{request.id}", "Echo.Say")
        assert (found.caller, found.is_plugin, found.is_streaming) == ("ci", False, False)
        assert (found.progress, found.total, found.message) == (1, 3, "a third")
        assert found.ends_at - found.started_at == pytest.approx(60)
        await peer.respond(request, "done")
        assert await call.wait() == "done"
        assert list(channel.open_calls) == []


async def test_the_protocols_own_requests_are_no_calls(autojump_clock, nursery):
    """A ping is not among them."""
    async with connected() as (channel, peer, _):
        ping = Outcome(nursery, channel.ping, timeout=60)
        request = await peer.next()
        assert list(channel.open_calls) == []
        await peer.respond(request, {})
        await ping.wait()


async def test_a_stream_tells_its_progress(autojump_clock, nursery):
    """A streaming call asks for progress when somebody wants it, and is shown as streaming."""
    async with connected() as (channel, peer, _):
        seen = []
        stream = channel.stream(
            "Echo.Count",
            {},
            timeout=60,
            on_progress=lambda *each: seen.append(each),
            context=CallContext(plugin="report"),
        )
        request = await peer.next()
        assert request.meta["progress"] is True
        await peer.send(Progress(id=request.id, progress=1))
        (found,) = [show_call(each, PID) for each in channel.open_calls]
        assert (found.caller, found.is_plugin, found.is_streaming) == ("report", True, True)
        await peer.respond(request, "done")
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        assert seen == [(1, None, None)]


async def test_a_call_is_ended_by_somebody_else(autojump_clock, nursery):
    """Its caller gets the error, the plugin a cancel; other calls go on."""
    async with connected() as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        request = await peer.next()
        other = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        second = await peer.next()
        cell = next(each for each in channel.open_calls if id_of_call(each, PID) == f"{PID}-{request.id}")
        channel.abandon(cell, reply=CallCancelledError("by somebody"))
        with pytest.raises(CallCancelledError, match="by somebody"):
            await call.wait()
        assert isinstance(await peer.next(), Cancel)
        await peer.respond(second, 2)
        assert await other.wait() == 2
