"""Calls of the plugin to the host, over a channel."""

import pytest
import trio
from channel_support import Outcome, connected, raw_request

from hostcore.errors import CrashedError
from hostcore.protocol import Cancel, ErrorInfo, Limits, Response, Status
from hostcore.snapshots import Reason


async def ask(peer, method="Host.Info", params=None, **meta):
    call_id, data = peer.connection.send_request(method, params or {}, **meta)
    await peer.write(data)
    await trio.testing.wait_all_tasks_blocked()
    return call_id


async def test_a_reverse_call_is_answered(autojump_clock):
    """The listener gets the call with all its facts, and the plugin the answer."""
    async with connected() as (_channel, peer, listener):
        call_id = await ask(peer, "KeyValue.Get", {"key": "a"}, timeout_ms=2000, plugin="kv")
        (call,) = listener.calls
        assert (call.method, call.params) == ("KeyValue.Get", {"key": "a"})
        assert call.deadline == trio.current_time() + 2
        assert call.meta["plugin"] == "kv"
        call.answer({"value": 1})
        call.answer({"value": 2})
        call.refuse(ErrorInfo(code=1, message="no"))
        assert await peer.next() == Response(id=call_id, result={"value": 1})
        assert await peer.nothing_for(1)


async def test_both_sides_may_use_the_same_number_of_calls(autojump_clock, nursery):
    """Host ids are odd and plugin ids even: calls in both directions at once never meet."""
    async with connected() as (channel, peer, listener):
        calls = [Outcome(nursery, channel.call, "Echo.Say", {"n": n}, timeout=60) for n in range(5)]
        requests = [await peer.next() for _ in calls]
        ours = [await ask(peer, "Host.Info", {"n": n}) for n in range(5)]
        assert {each.id % 2 for each in requests} == {1}
        assert {each % 2 for each in ours} == {0}
        for call in listener.calls:
            call.answer(call.params["n"])
        assert [await peer.next() for _ in ours] == [Response(id=i, result=n) for n, i in enumerate(ours)]
        for request in requests:
            await peer.respond(request, request.params["n"])
        assert [await each.wait() for each in calls] == list(range(5))


async def test_a_plugin_may_call_the_host_inside_a_call(autojump_clock, nursery):
    """The host serves a reverse call while its own call is pending, and the other way round, several deep."""
    async with connected() as (channel, peer, listener):
        outer = Outcome(nursery, channel.call, "Echo.Outer", {}, timeout=60)
        request = await peer.next()
        call_id = await ask(peer, "Echo.Again", parent=request.id)
        (reverse,) = listener.calls
        inner = Outcome(nursery, channel.call, "Echo.Inner", {}, timeout=60)
        await peer.respond(await peer.next(), "inner")
        reverse.answer(await inner.wait())
        assert await peer.next() == Response(id=call_id, result="inner")
        await peer.respond(request, "outer")
        assert await outer.wait() == "outer"


async def test_a_reverse_call_inherits_the_deadline(autojump_clock, nursery):
    """A call inside a call has no more time than the one it belongs to."""
    async with connected() as (channel, peer, listener):
        outer = Outcome(nursery, channel.call, "Echo.Outer", {}, timeout=5)
        request = await peer.next()
        began = trio.current_time()
        await ask(peer, timeout_ms=60_000, parent=request.id)
        await ask(peer, timeout_ms=1000, parent=request.id)
        await ask(peer)
        assert [call.deadline for call in listener.calls] == [began + 5, began + 1, None]
        await peer.respond(request, None)
        await outer.wait()


async def test_a_reverse_call_inherits_the_cancellation(autojump_clock, nursery):
    """When the host's caller goes, what the plugin has asked for on its behalf is cancelled, and nothing else."""
    async with connected() as (channel, peer, listener):
        outer = Outcome(nursery, channel.call, "Echo.Outer", {}, timeout=60)
        request = await peer.next()
        await ask(peer, parent=request.id)
        await ask(peer)
        gone = []
        for number, call in enumerate(listener.calls):
            call.on_cancel(lambda number=number: gone.append(number))
        outer.scope.cancel()
        await outer.done.wait()
        assert gone == [0]
        assert await peer.next() == Cancel(id=request.id)


async def test_a_plugin_cancels_its_own_call(autojump_clock):
    """The listener's callback runs on the plugin's cancel, also when it is set afterwards; the answer still goes out."""
    async with connected() as (channel, peer, listener):
        call_id = await ask(peer)
        gone = []
        await peer.write(peer.connection.abandon(call_id))
        await trio.testing.wait_all_tasks_blocked()
        listener.calls[0].on_cancel(lambda: gone.append(True))
        assert gone == [True]
        listener.calls[0].refuse(ErrorInfo(code=Status.CANCELLED, message="cancelled"))
        await trio.testing.wait_all_tasks_blocked()
        assert channel.connection.incoming == 0


async def test_the_end_cancels_what_is_served(autojump_clock):
    """When the plugin is gone, whoever serves its calls is told, and answers go nowhere."""
    async with connected() as (channel, peer, listener):
        await ask(peer)
        gone = []
        listener.calls[0].on_cancel(lambda: gone.append(True))
        channel.end(Reason(code="exited", text="gone"))
        assert gone == [True]
        listener.calls[0].answer({})


@pytest.mark.parametrize(
    "result",
    ["x" * 10_000, {1: 2}, object(), float("nan")],
    ids=["too large", "wrong key", "no data", "no number"],
)
async def test_a_result_that_cannot_be_sent_is_an_error(autojump_clock, result):
    """The plugin always gets an answer, also when the host's result does not fit through."""
    async with connected(limits=Limits(frame=4096)) as (_channel, peer, listener):
        call_id = await ask(peer)
        listener.calls[0].answer(result)
        response = await peer.next()
        assert response.id == call_id
        assert response.error.code in {Status.RESOURCE_EXHAUSTED, Status.INTERNAL}


@pytest.mark.parametrize(
    "error",
    [
        ErrorInfo(code=5, name="N" * 9000, message="gone"),
        ErrorInfo(code=5, name="Gone", message="m" * 9000),
        ErrorInfo(code=5, name="Gone", message="gone", data=b"d" * 9000),
        ErrorInfo(code=5, name="Gone", message="lone \ud800 surrogate"),
    ],
    ids=["name", "message", "data", "text"],
)
async def test_an_error_that_cannot_be_sent_is_cut(autojump_clock, error):
    """What another plugin put into its error cannot make the caller wait for ever: the code arrives in any case."""
    async with connected(limits=Limits(frame=4096)) as (_channel, peer, listener):
        call_id = await ask(peer)
        listener.calls[0].refuse(error)
        response = await peer.next()
        assert (response.id, response.error.code) == (call_id, 5)
        assert "cannot be sent" in response.error.message


async def test_a_request_that_is_too_large_is_refused(autojump_clock):
    """A reverse call above the host's limit is skipped and answered with RESOURCE_EXHAUSTED; the connection lives."""
    async with connected(host_frame=4096) as (_channel, peer, listener):
        await peer.write(raw_request(2, "Host.Info", {"n": "x" * 9000}))
        response = (await peer.next()).message  # the plugin's connection knows nothing of this request
        assert (response.id, response.error.code) == (2, Status.RESOURCE_EXHAUSTED)
        assert listener.calls == []
        await ask(peer)
        assert len(listener.calls) == 1


async def test_the_protocols_own_requests_are_answered_here(autojump_clock):
    """A ping gets its answer at once, an unknown `$/` request is refused, and nobody else hears of them."""
    async with connected() as (_channel, peer, listener):
        ping = await ask(peer, "$/ping")
        other = await ask(peer, "$/telepathy")
        assert await peer.next() == Response(id=ping, result={})
        refusal = await peer.next()
        assert (refusal.id, refusal.error.code) == (other, Status.METHOD_NOT_FOUND)
        assert listener.calls == []


async def test_a_fault_of_the_host_ends_this_channel_alone(autojump_clock, nursery):
    """What fails in the host while it takes a message ends the connection, with the traceback in the log."""
    async with connected() as (channel, peer, listener):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        await peer.next()

        def serve(_call):
            raise ZeroDivisionError("a bug of the host")

        listener.serve = serve
        await ask(peer)
        with trio.fail_after(5):
            await channel.ended.wait()
        assert channel.reason.code == "host-fault"
        ((level, text),) = listener.notes
        assert level == "error"
        assert "ZeroDivisionError: a bug of the host" in text
        with pytest.raises(CrashedError, match="a bug of the host"):
            await call.wait()
