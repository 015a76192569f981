"""Calls over a channel: their order, their outcomes, and what lets a caller go."""

import gc
import tracemalloc
from pathlib import Path

import pytest
import trio
from channel_support import ALL_FEATURES, Outcome, connected, echo_forever, raw_response

from hostcore.errors import (
    CallFailedError,
    CallTimedOutError,
    CrashedError,
    InvalidParamsError,
    MethodNotFoundError,
    MisbehavedError,
    OverloadedError,
    TooLargeError,
    UnavailableError,
)
from hostcore.protocol import (
    MAX_ID,
    Cancel,
    Encoding,
    ErrorInfo,
    Limits,
    Log,
    LogLevel,
    Progress,
    Response,
    Status,
)
from hostcore.snapshots import Reason
from hostcore.transports import _channel, _open_calls, _outflow, _polling

SYNCHRONOUS = tuple(each for each in ALL_FEATURES if each != "async")


@pytest.fixture(params=["polled", "parked"])
def path(request, monkeypatch):
    """Have a lone caller wait in one of the two ways, surely."""
    if request.param == "polled":
        monkeypatch.setattr(_channel, "POLL_SECONDS", 60.0)
    else:
        monkeypatch.setattr(_polling, "POLL_SCORE", 0)
    return request.param


@pytest.mark.parametrize("encoding", Encoding)
async def test_a_lone_call_returns_what_the_plugin_answers(autojump_clock, nursery, path, encoding):
    """A lone caller gets its result whether it polls or parks, in both encodings, many times over."""
    async with connected(encoding=encoding) as (channel, peer, _):
        nursery.start_soon(echo_forever, peer)
        for number in range(300):
            assert {"n": number} == await channel.call("Echo.Say", {"n": number}, timeout=5)
        nursery.cancel_scope.cancel()


async def test_calls_that_have_ended_keep_nothing(autojump_clock, nursery, path):
    """Neither what was sent nor what came back stays with the deadline, however far away it is."""
    count, size = 32, 1024 * 1024
    async with connected() as (channel, peer, _):
        nursery.start_soon(echo_forever, peer)
        await channel.call("Echo.Say", {"data": bytes(size)}, timeout=3600)
        tracemalloc.start()
        try:
            for _ in range(count):
                await channel.call("Echo.Say", {"data": bytes(size)}, timeout=3600)
                with pytest.raises(TooLargeError):
                    await channel.call("Echo.Say", {"data": bytes(4 * size)}, timeout=3600)
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held < 8 * size
        nursery.cancel_scope.cancel()


async def test_a_polling_caller_does_poll(autojump_clock, nursery, path):
    """The wire is watched by the caller on the polled path, and by its own task on the other."""
    async with connected() as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=5)
        request = await peer.next()
        assert (path == "polled") is channel.wire.hot
        await peer.respond(request, "done")
        assert await call.wait() == "done"


async def test_what_the_plugin_says_by_itself_is_heard_after_polled_calls(
    autojump_clock, nursery, monkeypatch
):
    """The pipe is watched again soon after a polled call, so that a log record does not wait for the next call."""
    monkeypatch.setattr(_channel, "POLL_SECONDS", 60.0)
    async with connected() as (channel, peer, listener):
        nursery.start_soon(echo_forever, peer)
        await channel.call("Echo.Say", {}, timeout=5)
        nursery.cancel_scope.cancel()
    async with connected() as (channel, peer, listener):
        async with trio.open_nursery() as echo:
            echo.start_soon(echo_forever, peer)
            await channel.call("Echo.Say", {}, timeout=5)
            echo.cancel_scope.cancel()
        assert channel.wire.hot
        await peer.send(Log(level=LogLevel.INFO, message="hello"))
        await trio.sleep(2 * _polling.HOT_SECONDS)
        assert [each.message for each in listener.logs] == ["hello"]


async def test_calls_are_answered_in_any_order(autojump_clock, nursery):
    """Each caller gets its own answer when the plugin answers the last call first."""
    async with connected() as (channel, peer, _):
        calls = [Outcome(nursery, channel.call, "Echo.Say", {"n": n}, timeout=5) for n in range(10)]
        requests = [await peer.next() for _ in calls]
        for request in reversed(requests):
            await peer.respond(request, request.params["n"])
        assert sorted(range(10)) == [await each.wait() for each in calls]


async def test_answers_cut_at_every_byte_arrive_whole(autojump_clock, nursery):
    """An answer that comes byte by byte is the same answer."""
    async with connected() as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        request = await peer.next()
        for byte in peer.connection.send_response(request.id, {"text": "Grüße" * 20}):
            await peer.write(bytes([byte]))
        assert await call.wait() == {"text": "Grüße" * 20}


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (ErrorInfo(code=Status.METHOD_NOT_FOUND, message="what?"), MethodNotFoundError),
        (ErrorInfo(code=Status.INVALID_PARAMS, message="no"), InvalidParamsError),
        (
            ErrorInfo(code=Status.NOT_FOUND, message="no key", name="KeyNotFound", data={"key": "a"}),
            CallFailedError,
        ),
        (ErrorInfo(code=Status.UNAVAILABLE, message="later", retryable=True), CallFailedError),
        (ErrorInfo(code=4711, message="odd"), CallFailedError),
    ],
)
async def test_an_answered_error_is_the_plugins(autojump_clock, nursery, path, info, expected):
    """What the plugin answers is raised as its error, with all that it said."""
    async with connected() as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=5)
        await peer.refuse(await peer.next(), info)
        with pytest.raises(expected) as caught:
            await call.wait()
        assert info.message in caught.value.message
        if expected is CallFailedError:
            error = caught.value
            told = (error.status, error.name, error.data, error.retryable)
            assert (info.code, info.name, info.data, info.retryable) == told


async def test_a_cancelled_caller_resumes_at_once_and_the_plugin_is_told(autojump_clock, nursery):
    """A cancel lets the caller go without an answer; the late answer is dropped without a word."""
    async with connected() as (channel, peer, listener):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        request = await peer.next()
        before = trio.current_time()
        call.scope.cancel()
        await call.done.wait()
        assert trio.current_time() == before
        assert await peer.next() == Cancel(id=request.id)
        assert channel.in_flight == 1, "the plugin still works on it"
        await peer.respond(request, "late")
        await trio.testing.wait_all_tasks_blocked()
        assert (channel.in_flight, listener.notes) == (0, [])


async def test_a_polling_caller_can_be_cancelled(autojump_clock, nursery, monkeypatch):
    """Polling is no way to miss a cancellation."""
    monkeypatch.setattr(_channel, "POLL_SECONDS", 60.0)
    async with connected() as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        request = await peer.next()
        assert channel.wire.hot
        call.scope.cancel()
        await call.done.wait()
        assert await peer.next() == Cancel(id=request.id)
        assert not channel.wire.hot


async def test_without_the_feature_no_cancel_is_sent(autojump_clock, nursery):
    """A plugin that does not know `cancel` hears nothing, and its answer is awaited as a tombstone."""
    async with connected(features=("async",)) as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        request = await peer.next()
        call.scope.cancel()
        assert await peer.nothing_for(5)
        await peer.respond(request, None)
        await trio.testing.wait_all_tasks_blocked()
        assert channel.in_flight == 0


async def test_a_deadline_passes_in_flight(autojump_clock, nursery):
    """At its deadline the caller gets its own error and the plugin a cancel."""
    async with connected() as (channel, peer, _):
        before = trio.current_time()
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=3)
        request = await peer.next()
        assert 0 < request.meta["timeout_ms"] <= 3000
        with pytest.raises(CallTimedOutError, match="before the plugin answered"):
            await call.wait()
        assert trio.current_time() - before == pytest.approx(3)
        assert await peer.next() == Cancel(id=request.id)


async def test_a_deadline_passes_in_the_queue(autojump_clock, nursery):
    """A call whose time has passed before its turn fails then, and is never sent."""
    async with connected(features=SYNCHRONOUS) as (channel, peer, _):
        first = Outcome(nursery, channel.call, "Echo.First", {}, timeout=60)
        request = await peer.next()
        second = Outcome(nursery, channel.call, "Echo.Second", {}, timeout=3)
        with pytest.raises(CallTimedOutError, match="before it was its turn"):
            await second.wait()
        await peer.respond(request, 1)
        assert await first.wait() == 1
        assert await peer.nothing_for(5)


async def test_a_caller_leaves_the_queue(autojump_clock, nursery):
    """A call that was cancelled in the queue is never sent and frees its place."""
    async with connected(features=SYNCHRONOUS, queue_limit=1) as (channel, peer, _):
        first = Outcome(nursery, channel.call, "Echo.First", {}, timeout=60)
        request = await peer.next()
        second = Outcome(nursery, channel.call, "Echo.Second", {}, timeout=60)
        await trio.testing.wait_all_tasks_blocked()
        second.scope.cancel()
        await second.done.wait()
        assert channel.queued == 0
        third = Outcome(nursery, channel.call, "Echo.Third", {}, timeout=60)
        await peer.respond(request, 1)
        assert await first.wait() == 1
        request = await peer.next()
        assert request.method == "Echo.Third"
        await peer.respond(request, 3)
        assert await third.wait() == 3


async def test_without_async_one_call_is_in_flight(autojump_clock, nursery):
    """A plugin without `async` gets the next call only when it has answered, in the order of the callers."""
    async with connected(features=SYNCHRONOUS) as (channel, peer, _):
        calls = []
        for number in range(3):
            calls.append(Outcome(nursery, channel.call, "Echo.Say", {"n": number}, timeout=60))
            await trio.testing.wait_all_tasks_blocked()
        for number in range(3):
            request = await peer.next()
            assert request.params == {"n": number}
            assert await peer.nothing_for(1)
            await peer.respond(request, number)
            assert await calls[number].wait() == number


async def test_an_abandoned_call_still_holds_the_place_of_a_synchronous_plugin(autojump_clock, nursery):
    """A plugin that works on a call whose caller has gone gets no further one."""
    async with connected(features=SYNCHRONOUS) as (channel, peer, _):
        with trio.move_on_after(1):
            await channel.call("Echo.First", {}, timeout=60)
        request = await peer.next()
        second = Outcome(nursery, channel.call, "Echo.Second", {}, timeout=60)
        assert isinstance(await peer.next(), Cancel)
        assert await peer.nothing_for(2)
        await peer.refuse(request, ErrorInfo(code=Status.CANCELLED, message="cancelled"))
        await peer.respond(await peer.next(), 2)
        assert await second.wait() == 2


async def test_the_plugins_own_limit_holds(autojump_clock, nursery):
    """No more calls are in flight than the plugin's hello allows."""
    async with connected(limits=Limits(inflight=2)) as (channel, peer, _):
        calls = [Outcome(nursery, channel.call, "Echo.Say", {"n": n}, timeout=60) for n in range(5)]
        await trio.testing.wait_all_tasks_blocked()
        assert (channel.in_flight, channel.queued) == (2, 3)
        for _ in calls:
            request = await peer.next()
            await peer.respond(request, request.params["n"])
        assert [await each.wait() for each in calls] == list(range(5))


async def test_a_full_queue_refuses(autojump_clock, nursery):
    """One call more than the queue takes is refused at once, and the others are not harmed."""
    async with connected(features=SYNCHRONOUS, queue_limit=2) as (channel, peer, _):
        calls = [Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60) for _ in range(3)]
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(OverloadedError, match="2 calls already wait"):
            await channel.call("Echo.Say", {}, timeout=60)
        for _ in calls:
            await peer.respond(await peer.next(), "done")
        assert [await each.wait() for each in calls] == ["done"] * 3


async def test_a_plugin_that_does_not_read_holds_callers_back(autojump_clock, nursery):
    """What waits to be written stays bounded; when the plugin reads, every call gets through."""
    async with connected() as (channel, peer, _):
        block = "x" * 300_000
        calls = [Outcome(nursery, channel.call, "Echo.Say", {"t": block}, timeout=60) for _ in range(20)]
        await trio.testing.wait_all_tasks_blocked()
        assert channel.wire.queued_bytes < _outflow.HIGH_WATER + 2 * len(block)
        assert channel.queued > 0
        for _ in calls:
            await peer.respond(await peer.next(), "done")
        assert [await each.wait() for each in calls] == ["done"] * 20


async def test_a_plugin_that_never_reads_is_given_up(autojump_clock, nursery, monkeypatch):
    """A plugin that asks and asks and reads no answer is ended before it fills the host's memory."""
    monkeypatch.setattr(_channel, "UNREAD_LIMIT", 100_000)
    async with connected() as (channel, peer, _):
        waiting = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        with trio.fail_after(60):
            while channel.reason is None:
                await peer.write(peer.connection.send_request("$/ping", {})[1])
        assert channel.reason.code == "not-reading"
        with pytest.raises(MisbehavedError):
            await waiting.wait()


async def test_params_that_cannot_be_sent_fail_alone(autojump_clock, nursery):
    """What cannot be encoded, or is too large, is its caller's error; nothing goes out, and the next call works."""
    async with connected(limits=Limits(frame=4096)) as (channel, peer, _):
        for params in ({"a": object()}, {1: 2}, {"a": float("nan")}, {"a": 2**70}, {"a": {1, 2}}):
            with pytest.raises(InvalidParamsError):
                await channel.call("Echo.Say", params, timeout=5)
        with pytest.raises(TooLargeError):
            await channel.call("Echo.Say", {"a": "x" * 5000}, timeout=5)
        assert (channel.in_flight, channel.wire.queued_bytes) == (0, 0)
        nursery.start_soon(echo_forever, peer)
        assert await channel.call("Echo.Say", {"a": 1}, timeout=5) == {"a": 1}
        nursery.cancel_scope.cancel()


async def test_an_answer_that_is_too_large_fails_only_its_call(autojump_clock, nursery):
    """An oversize answer is skipped; its caller learns of it, and the calls beside it go on."""
    async with connected(host_frame=8192) as (channel, peer, listener):
        large = Outcome(nursery, channel.call, "Echo.Large", {}, timeout=60)
        first = await peer.next()
        small = Outcome(nursery, channel.call, "Echo.Small", {}, timeout=60)
        second = await peer.next()
        await peer.write(raw_response(first.id, "x" * 100_000))
        await peer.respond(second, "small")
        assert await small.wait() == "small"
        with pytest.raises(TooLargeError, match=r"Echo\.Large"):
            await large.wait()
        assert [level for level, _ in listener.notes] == ["warn"]
        assert channel.reason is None


async def test_a_violation_fails_every_call_with_the_plugins_fault(autojump_clock, nursery):
    """A broken frame ends the connection, and each call gets exactly that outcome."""
    async with connected() as (channel, peer, _):
        calls = [Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60) for _ in range(3)]
        for _ in calls:
            await peer.next()
        await peer.write(b"\0\0\0\3\x93\1\1")
        for call in calls:
            with pytest.raises(MisbehavedError, match="broke the protocol"):
                await call.wait()
        assert channel.reason.code == "protocol-violated"
        with pytest.raises(UnavailableError):
            await channel.call("Echo.Say", {}, timeout=60)


async def test_a_plugin_that_never_answers_a_cancel_is_hung(autojump_clock, nursery):
    """When the grace of a cancelled call has passed, the connection ends and the other calls fail."""
    async with connected(cancel_grace=7) as (channel, _peer, _):
        other = Outcome(nursery, channel.call, "Echo.Other", {}, timeout=600)
        with pytest.raises(CallTimedOutError):
            await channel.call("Echo.Say", {}, timeout=1)
        ended = trio.current_time()
        with pytest.raises(MisbehavedError, match=r"Echo\.Say"):
            await other.wait()
        assert trio.current_time() - ended == pytest.approx(7)
        assert channel.reason.code == "hung"


async def test_a_plugin_without_cancel_gets_more_patience(autojump_clock, nursery):
    """Who cannot know that nobody waits has at least `BUSY_GRACE`."""
    async with connected(cancel_grace=1, features=("async",)) as (channel, peer, _):
        with pytest.raises(CallTimedOutError):
            await channel.call("Echo.Say", {}, timeout=1)
        request = await peer.next()
        await trio.sleep(_open_calls.BUSY_GRACE - 1)
        assert channel.reason is None
        await peer.respond(request, None)
        await trio.sleep(_open_calls.BUSY_GRACE)
        assert channel.reason is None


async def test_an_unanswered_ping_has_its_deadline_and_kills_nobody(autojump_clock, nursery):
    """A ping raises after its timeout; to judge the silence is its caller's business."""
    async with connected(cancel_grace=1) as (channel, peer, _):
        before = trio.current_time()
        with pytest.raises(CallTimedOutError):
            await channel.ping(timeout=2)
        assert trio.current_time() - before == pytest.approx(2)
        await trio.sleep(2 * _open_calls.BUSY_GRACE)
        assert channel.reason is None
        request = await peer.next()
        assert isinstance(await peer.next(), Cancel)
        await peer.refuse(request, ErrorInfo(code=Status.METHOD_NOT_FOUND, message="?"))


async def test_any_answer_to_a_ping_ends_it(autojump_clock, nursery):
    """A ping is a request like any other and is answered with what the plugin has."""
    async with connected(features=SYNCHRONOUS) as (channel, peer, _):
        ping = Outcome(nursery, channel.ping, timeout=2)
        request = await peer.next()
        assert (request.method, request.params) == ("$/ping", {})
        await peer.respond(request, {})
        await ping.wait()


async def test_an_error_is_a_sign_of_life(autojump_clock, nursery):
    """A plugin that knows no ping says so, and lives."""
    async with connected(features=SYNCHRONOUS) as (channel, peer, _):
        ping = Outcome(nursery, channel.ping, timeout=2)
        await peer.refuse(await peer.next(), ErrorInfo(code=Status.METHOD_NOT_FOUND, message="?"))
        await ping.wait()


async def test_a_ping_is_no_call(autojump_clock, nursery):
    """A ping that nobody has answered is not counted as a call: a plugin that hangs must not look like one that works."""
    async with connected() as (channel, peer, _):
        with pytest.raises(CallTimedOutError):
            await channel.ping(timeout=2)
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        await trio.testing.wait_all_tasks_blocked()
        assert channel.in_flight == 1
        ping, _, request = [await peer.next() for _ in range(3)]
        await peer.respond(request, {"n": 1})
        await call.wait()
        assert channel.in_flight == 0
        await peer.respond(ping, {})
        assert channel.in_flight == 0


async def test_the_end_of_the_output_refuses_new_calls(autojump_clock, nursery):
    """After the plugin's output has ended nothing new is sent; what is in flight waits for the process."""
    async with connected() as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        await peer.next()
        peer.close_output()
        with trio.fail_after(5):
            await channel.input_ended.wait()
        with pytest.raises(UnavailableError, match="closed its stdout"):
            await channel.call("Echo.Say", {}, timeout=60)
        assert not call.done.is_set()
        channel.end(Reason(code="exited", text="its process ended with exit status 1"))
        with pytest.raises(CrashedError, match="exit status 1"):
            await call.wait()


async def test_the_last_answer_before_the_end_is_taken(autojump_clock, nursery):
    """An answer that was written just before the end is delivered."""
    async with connected() as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        await peer.respond(await peer.next(), "last")
        peer.close()
        assert await call.wait() == "last"


async def test_a_closed_input_is_noticed_by_writing(autojump_clock, nursery):
    """EPIPE is the plugin's end, not an error of the host, and the answers that still come are taken."""
    async with connected() as (channel, peer, _):
        first = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        request = await peer.next()
        peer.close_input()
        second = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        with trio.fail_after(5):
            await channel.input_ended.wait()
        await peer.respond(request, "done")
        assert await first.wait() == "done"
        channel.end(Reason(code="exited", text="gone"))
        with pytest.raises(CrashedError):
            await second.wait()


async def test_closing_to_calls_fails_those_in_line_only(autojump_clock, nursery):
    """A plugin that is being stopped finishes what it has; what waits fails now, what comes is refused."""
    async with connected(features=SYNCHRONOUS) as (channel, peer, _):
        running = Outcome(nursery, channel.call, "Echo.First", {}, timeout=60)
        request = await peer.next()
        waiting = Outcome(nursery, channel.call, "Echo.Second", {}, timeout=60)
        await trio.testing.wait_all_tasks_blocked()
        channel.close_to_calls(Reason(code="stopping", text="it is being stopped"))
        with pytest.raises(UnavailableError, match="it is being stopped"):
            await waiting.wait()
        with pytest.raises(UnavailableError, match="it is being stopped"):
            await channel.call("Echo.Third", {}, timeout=60)
        await peer.respond(request, "done")
        assert await running.wait() == "done"


async def test_after_close_writing_nothing_is_written_and_nobody_is_blamed(autojump_clock, nursery):
    """A cancel that comes when the input was closed on purpose is dropped; the plugin may still answer."""
    async with connected() as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        await peer.next()
        other = Outcome(nursery, channel.call, "Echo.Other", {}, timeout=60)
        request = await peer.next()
        channel.wire.close_writing()
        call.scope.cancel()
        await call.done.wait()
        assert not channel.input_ended.is_set()
        await peer.respond(request, "done")
        assert await other.wait() == "done"


async def test_progress_reaches_its_caller(autojump_clock, nursery):
    """Progress is delivered in order, to the call that asked for it."""
    async with connected() as (channel, peer, _):
        seen = []
        call = Outcome(
            nursery, channel.call, "Echo.Say", {}, timeout=60, on_progress=lambda *each: seen.append(each)
        )
        request = await peer.next()
        assert request.meta["progress"] is True
        await peer.send(Progress(id=request.id, progress=1, total=2, message="half"))
        await peer.send(Progress(id=request.id, progress=2))
        await peer.respond(request, "done")
        assert await call.wait() == "done"
        assert seen == [(1, 2, "half"), (2, None, None)]


async def test_a_progress_callback_that_raises_fails_its_own_call(autojump_clock, nursery):
    """The caller gets its own error back, the plugin a cancel, and other calls go on."""
    async with connected() as (channel, peer, _):

        def fail(*_):
            raise ZeroDivisionError

        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60, on_progress=fail)
        request = await peer.next()
        other = Outcome(nursery, channel.call, "Echo.Other", {}, timeout=60)
        second = await peer.next()
        await peer.send(Progress(id=request.id, progress=1))
        with pytest.raises(ZeroDivisionError):
            await call.wait()
        assert await peer.next() == Cancel(id=request.id)
        await peer.respond(second, "done")
        assert await other.wait() == "done"


async def test_progress_is_not_asked_of_plugins_without_the_feature(autojump_clock, nursery):
    """A callback for a plugin that reports no progress is simply not called."""
    async with connected(features=("async",)) as (channel, peer, _):
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60, on_progress=print)
        request = await peer.next()
        assert "progress" not in request.meta
        await peer.respond(request, 1)
        assert await call.wait() == 1


async def test_stray_output_is_kept_and_harms_nothing(autojump_clock, nursery):
    """Text between messages is a log line, also the rest without a line end when the plugin goes."""
    async with connected() as (channel, peer, listener):
        await peer.write(b"printed\n")
        call = Outcome(nursery, channel.call, "Echo.Say", {}, timeout=60)
        await peer.respond(await peer.next(), "done")
        assert await call.wait() == "done"
        await peer.write(b"last words")
        await channel.wire.drain()
        channel.end(Reason(code="exited", text="gone"))
        assert listener.stray == ["printed", "last words"]
        assert list(channel.remarks.tail) == listener.stray


async def test_an_answer_to_nothing_is_noted(autojump_clock, nursery):
    """An answer with an unknown id is dropped with a remark."""
    async with connected() as (channel, peer, listener):
        await peer.write(raw_response(4711, "what"))
        await trio.testing.wait_all_tasks_blocked()
        assert listener.notes == [("warn", "dropped an answer to call 4711, which does not exist")]
        assert channel.reason is None


async def test_ids_wrap_around_and_skip_what_is_taken(autojump_clock, nursery):
    """After the last id come the first again, without those in flight and those still to be answered."""
    async with connected() as (channel, peer, _):
        calls = [Outcome(nursery, channel.call, "Echo.Say", {}, timeout=600)]
        first = await peer.next()
        calls.append(Outcome(nursery, channel.call, "Echo.Say", {}, timeout=600))
        second = await peer.next()
        calls[1].scope.cancel()
        assert await peer.next() == Cancel(id=second.id)
        assert (first.id, second.id) == (1, 3)
        channel.connection._conversation.ours.next_id = MAX_ID
        ids = []
        for _ in range(3):
            calls.append(Outcome(nursery, channel.call, "Echo.Say", {}, timeout=600))
            ids.append((await peer.next()).id)
        assert ids == [MAX_ID, 5, 7]
        channel.end(Reason(code="exited", text="gone"))


async def test_an_ended_channel_ends_once(autojump_clock, nursery):
    """Only the first reason counts, and calls that come later are refused with it."""
    async with connected() as (channel, _, __):
        channel.end(Reason(code="first", text="the first reason"))
        channel.end(Reason(code="second", text="the second reason"), MisbehavedError)
        with pytest.raises(UnavailableError, match="the first reason"):
            await channel.call("Echo.Say", {}, timeout=5)
        with pytest.raises(UnavailableError, match="the first reason"):
            await channel.ping(timeout=5)
        channel._poller.expire()
        assert channel.ended.is_set()


async def test_both_pipes_full_at_once_is_no_deadlock(autojump_clock, nursery):
    """The host reads while it cannot write, so two sides that both write get through."""
    async with connected() as (channel, peer, _):
        block = "y" * 200_000
        calls = [Outcome(nursery, channel.call, "Echo.Say", {"t": block}, timeout=600) for _ in range(10)]
        requests = [await peer.next() for _ in range(3)]
        for _ in range(300):
            await peer.send(Log(level=LogLevel.INFO, message=block))
        for request in requests:
            await peer.write(peer.connection.send(Response(id=request.id, result=block)))
        for _ in calls[3:]:
            await peer.respond(await peer.next(), block)
        assert [await each.wait() for each in calls] == [block] * 10


def test_the_support_leaves_no_descriptors():
    """The pipes of a test are closed with it."""

    async def main():
        async with connected():
            pass

    trio.run(main)
    before = len(list(Path("/proc/self/fd").iterdir()))
    trio.run(main)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
