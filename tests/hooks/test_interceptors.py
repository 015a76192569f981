"""Interceptors: they stand around a call like brackets, and a broken one is as if it were not there."""

import math

import pytest
import trio
from extension_makers import implementing

from hostcore.errors import CallRefusedError, CallTimedOutError, HostError
from hostcore.hooks import Answer, CallInfo, CallInterceptorBase, Extensions, compose, compose_for

HOOK = "hostcore_provide_call_interceptors"


class Spy:
    """Notes what it sees; does what it is told to do in one of its parts."""

    def __init__(self, name, heard, **does):
        self.name = name
        self.heard = heard
        self.does = does

    def _note(self, part, *seen):
        self.heard.append(f"{part} {self.name}")
        return self.does[part](*seen) if part in self.does else None

    def before(self, call):
        return self._note("before", call)

    def after(self, call, result):
        return self._note("after", call, result) if "after" in self.does else self._passed(result)

    def _passed(self, result):
        self._note("after")
        return result

    def error(self, call, error):
        self.heard.append(f"error {self.name}: {type(error).__name__}")
        if "error" in self.does:
            self.does["error"](call, error)


@pytest.fixture
def heard():
    return []


@pytest.fixture
def chain(heard, extensions, clock):
    """Make a chain of spies, the outermost first, by what each does in its parts."""

    def make(**spies):
        named = [(name, Spy(name, heard, **does)) for name, does in spies.items()]
        return compose(named, extensions.failed, clock=clock)

    return make


def info(**changes):
    facts = {
        "plugin": "kv",
        "method": "KeyValue.Get",
        "params": {"key": "a"},
        "caller": None,
        "timeout": 5.0,
        "streaming": False,
        "started_at": 0.0,
    }
    return CallInfo(**{**facts, **changes})


def sending(heard, result="result"):
    async def send(call):
        heard.append(f"sent {call.params['key']}")
        await trio.lowlevel.checkpoint()
        return result

    return send


def failing(heard, error):
    async def send(call):
        heard.append("sent")
        await trio.lowlevel.checkpoint()
        raise error

    return send


def raising(error):
    def part(*_):
        raise error

    return part


def told(failures):
    return [(each.extension, each.hook, each.error) for each in failures]


# -- unary calls


async def test_interceptors_stand_around_a_call_like_brackets(chain, heard):
    """The first one's `before` is called first and its `after` last."""
    assert await chain(a={}, b={}, c={}).call(info(), sending(heard)) == "result"
    assert heard == ["before a", "before b", "before c", "sent a", "after c", "after b", "after a"]


async def test_params_and_result_can_be_replaced(chain, heard):
    """What `before` puts into the call is sent and seen by inner ones; what `after` returns is seen by outer ones."""

    def rename(call):
        call.params = {"key": call.params["key"] + "!"}

    def wrap(call, result):
        return [call.params["key"], result]

    composed = chain(a={"before": rename, "after": wrap}, b={"before": rename, "after": wrap})
    assert await composed.call(info(), sending(heard)) == ["a!!", ["a!!", "result"]]
    assert "sent a!!" in heard


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("a", ["before a"]),
        ("b", ["before a", "before b", "after a"]),
        ("c", ["before a", "before b", "before c", "after b", "after a"]),
    ],
)
async def test_an_answer_stops_the_call(chain, heard, place, expected):
    """Neither the inner ones nor the plugin are called; the outer ones see the answer as a result."""
    spies = {name: {} for name in "abc"}
    spies[place] = {"before": lambda _: Answer(result="kept")}
    assert await chain(**spies).call(info(), sending(heard)) == "kept"
    assert heard == expected


async def test_the_outer_ones_may_replace_an_answer(chain, heard):
    """An answer is a result to them."""
    composed = chain(
        a={"after": lambda _, result: result + " twice"}, b={"before": lambda _: Answer(result="kept")}
    )
    assert await composed.call(info(), sending(heard)) == "kept twice"


async def test_an_answer_lets_others_have_their_turn(chain, heard):
    """A caller that asks in a loop and is always answered here does not keep the host from its other work."""
    composed = chain(a={"before": lambda _: Answer(result="kept")})
    turns = []

    async def other():
        for turn in range(3):
            turns.append(turn)
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        for _ in range(10):
            await composed.call(info(), sending(heard))
        assert turns == [0, 1, 2]


async def test_a_host_error_refuses_the_call(chain, heard, failures):
    """The outer ones see it, from the inside out; the inner ones and the plugin never hear of the call."""
    composed = chain(a={}, b={}, c={"before": raising(CallRefusedError("not you"))}, d={})
    with pytest.raises(CallRefusedError, match="not you"):
        await composed.call(info(), sending(heard))
    assert heard == [
        "before a",
        "before b",
        "before c",
        "error b: CallRefusedError",
        "error a: CallRefusedError",
    ]
    assert failures == []


async def test_why_a_call_failed_is_shown_from_the_inside_out(chain, heard, failures):
    """Every interceptor sees the error, and the caller gets the very same one."""
    error = CallTimedOutError("too slow")
    with pytest.raises(CallTimedOutError) as caught:
        await chain(a={}, b={}).call(info(), failing(heard, error))
    assert caught.value is error
    assert heard == [
        "before a",
        "before b",
        "sent",
        "error b: CallTimedOutError",
        "error a: CallTimedOutError",
    ]
    assert failures == []


async def test_a_cancellation_is_shown_and_goes_on(chain, heard, failures, autojump_clock):
    """When the caller has gone, each interceptor sees `trio.Cancelled`, and none can stop it."""

    async def hang(_):
        await trio.sleep(math.inf)

    composed = chain(a={}, b={"error": raising(ZeroDivisionError("on the way out"))})
    with trio.move_on_after(1) as scope:
        await composed.call(info(), hang)
    assert scope.cancelled_caught
    assert heard == ["before a", "before b", "error b: Cancelled", "error a: Cancelled"]
    assert [error for _, _, error in told(failures)] == [
        "error of KeyValue.Get: ZeroDivisionError: on the way out"
    ]


async def test_a_host_error_of_after_fails_the_call(chain, heard, failures):
    """Whoever refuses a result has seen its bracket closed; those outside of it see a failed call."""
    composed = chain(a={}, b={}, c={"after": raising(CallRefusedError("not this"))}, d={})
    with pytest.raises(CallRefusedError, match="not this"):
        await composed.call(info(), sending(heard))
    assert heard[5:] == ["after d", "after c", "error b: CallRefusedError", "error a: CallRefusedError"]
    assert failures == []


async def test_a_refused_answer_fails_the_call(chain, heard):
    """Also when the result came from an interceptor."""
    composed = chain(
        a={}, b={"after": raising(CallRefusedError("not this"))}, c={"before": lambda _: Answer(result=1)}
    )
    with pytest.raises(CallRefusedError, match="not this"):
        await composed.call(info(), sending(heard))
    assert heard == ["before a", "before b", "before c", "after b", "error a: CallRefusedError"]


# -- broken ones


async def coroutine(*_):
    """Stand for an async part."""


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (raising(ZeroDivisionError("oops")), "ZeroDivisionError: oops"),
        (raising(SystemExit("bye")), "SystemExit: bye"),
        (coroutine, "TypeError: it must answer at once: it may not be async"),
        (lambda *_: {"result": 1}, "TypeError: it answers with None or an Answer, not with dict"),
    ],
    ids=["raises", "exits", "async", "no answer"],
)
async def test_a_broken_before_is_as_if_it_were_not_there(chain, heard, failures, broken, error):
    """The call goes on; the interceptor takes no further part in it and is named."""
    composed = chain(a={}, broken={"before": broken}, c={})
    assert await composed.call(info(), sending(heard)) == "result"
    assert heard == ["before a", "before broken", "before c", "sent a", "after c", "after a"]
    ((name, hook, text),) = told(failures)
    assert (name, hook) == ("broken", HOOK)
    assert text.startswith(f"before KeyValue.Get: {error}")


async def test_a_broken_before_leaves_the_call_alone(chain, heard):
    """What it has put into the call until then is taken back."""

    def half(call):
        call.params = {"key": "half"}
        call.traceparent = "half"
        raise ZeroDivisionError("half way")

    call = info(traceparent="whole")
    await chain(broken={"before": half}).call(call, sending(heard))
    assert heard == ["before broken", "sent a"]
    assert call.traceparent == "whole"


async def test_a_broken_before_sees_no_error_either(chain, heard):
    """Its bracket was never opened."""
    composed = chain(a={}, broken={"before": raising(ZeroDivisionError())}, c={})
    with pytest.raises(CallTimedOutError):
        await composed.call(info(), failing(heard, CallTimedOutError("too slow")))
    assert heard[4:] == ["error c: CallTimedOutError", "error a: CallTimedOutError"]


async def test_a_failure_counts_for_one_call_only(chain, heard):
    """The next call sees the interceptor again."""
    fails = iter([True, False])

    def once(_):
        if next(fails):
            raise ZeroDivisionError

    composed = chain(a={"before": once})
    for _ in range(2):
        await composed.call(info(), sending(heard))
    assert heard == ["before a", "sent a", "before a", "sent a", "after a"]


@pytest.mark.parametrize(
    "broken",
    [raising(ZeroDivisionError("oops")), raising(SystemExit(1)), coroutine, lambda *_: None],
    ids=["raises", "exits", "async", "forgets the result"],
)
async def test_a_broken_after_leaves_the_result_alone(chain, heard, failures, broken):
    """The outer ones see the result as if it were not there."""
    composed = chain(a={}, broken={"after": broken}, c={"after": lambda _, result: result + "!"})
    assert await composed.call(info(), sending(heard)) == "result!"
    assert heard[4:] == ["after c", "after broken", "after a"]
    ((name, _, text),) = told(failures)
    assert (name, text[:19]) == ("broken", "after KeyValue.Get:")


@pytest.mark.parametrize(
    "broken",
    [raising(ZeroDivisionError("oops")), raising(CallRefusedError("something else"))],
    ids=["raises", "host error"],
)
async def test_a_broken_error_changes_nothing(chain, heard, failures, broken):
    """The caller gets the error that the call has failed with, and the outer ones see that one, too."""
    composed = chain(a={}, broken={"error": broken}, c={})
    with pytest.raises(CallTimedOutError, match="too slow"):
        await composed.call(info(), failing(heard, CallTimedOutError("too slow")))
    assert heard[4:] == [
        "error c: CallTimedOutError",
        "error broken: CallTimedOutError",
        "error a: CallTimedOutError",
    ]
    assert [name for name, _, _ in told(failures)] == ["broken"]


async def test_an_async_error_part_is_named(extensions, failures, heard):
    """One that hides behind a plain function is found when it is called, and nothing is left unawaited."""

    class Late(CallInterceptorBase):
        def error(self, call, error):
            return coroutine()

    composed = compose([("late", Late())], extensions.failed)
    with pytest.raises(HostError):
        await composed.call(info(), failing(heard, HostError("no")))
    assert [text[:40] for _, _, text in told(failures)] == ["error of KeyValue.Get: TypeError: it mus"]


async def test_failures_of_interceptors_are_no_flood(chain, heard, failures, extensions, clock):
    """A part that fails at each of thousands of calls is told of five times a minute."""
    composed = chain(broken={"before": raising(ZeroDivisionError("oops"))})
    for _ in range(1000):
        await composed.call(info(), sending(heard))
    assert len(failures) == 5
    clock.pass_by(60)
    await composed.call(info(), sending(heard))
    assert failures[5].error.endswith("(995 more before this one were left out)")


@pytest.mark.parametrize("part", ["before", "after", "error"])
async def test_a_part_that_blocks_the_host_is_named(chain, heard, failures, clock, part):
    """Every call of every plugin waits for it."""
    composed = chain(slow={part: lambda *seen: clock.pass_by(0.35) or (seen[1] if part == "after" else None)})
    send = failing(heard, HostError("no")) if part == "error" else sending(heard)
    with pytest.raises(HostError) if part == "error" else trio.CancelScope():
        await composed.call(info(), send)
    assert told(failures) == [("slow", HOOK, f"{part} KeyValue.Get: blocked the host for 0.35 s")]


async def test_a_keyboard_interrupt_is_no_failure(chain, heard, failures):
    """It ends the host, wherever it comes; the brackets are closed all the same."""
    for part in ("before", "after"):
        heard.clear()
        with pytest.raises(KeyboardInterrupt):
            await chain(a={}, b={part: raising(KeyboardInterrupt())}).call(info(), sending(heard))
        assert heard[-1] == "error a: KeyboardInterrupt"
    assert failures == []


# -- streaming calls


def test_a_streaming_call_uses_the_pieces(chain, heard):
    """`begin`, then the items, which no interceptor sees, then `end` with the trailer."""
    composed = chain(a={}, b={"after": lambda _, result: {**result, "seen": True}})
    call = info(streaming=True)
    assert composed.begin(call) is None
    assert composed.end(call, {"count": 3}) == {"count": 3, "seen": True}
    assert heard == ["before a", "before b", "after b", "after a"]


def test_a_streaming_call_that_fails(chain, heard):
    """`failed` shows the error from the inside out."""
    composed = chain(a={}, b={"before": raising(ZeroDivisionError())}, c={})
    call = info(streaming=True)
    assert composed.begin(call) is None
    composed.failed(call, HostError("it broke"))
    assert heard[3:] == ["error c: HostError", "error a: HostError"]


def test_a_streaming_call_that_is_answered_or_refused_is_over(chain, heard):
    """`begin` has then told the outer ones already."""
    answered = chain(
        a={"after": lambda _, result: result + "!"}, b={"before": lambda _: Answer(result="kept")}
    )
    assert answered.begin(info(streaming=True)) == Answer(result="kept!")
    refused = chain(c={}, d={"before": raising(CallRefusedError("no"))})
    with pytest.raises(CallRefusedError):
        refused.begin(info(streaming=True))
    assert heard == ["before a", "before b", "after a", "before c", "before d", "error c: CallRefusedError"]


def test_calls_at_the_same_time_do_not_mix(chain, heard):
    """What an interceptor failed at belongs to one call; its notes, too."""

    def picky(call):
        call.notes["seen"] = call.params["key"]
        if call.params["key"] == "bad":
            raise ZeroDivisionError

    composed = chain(a={"before": picky, "after": lambda call, _: call.notes["seen"]})
    good, bad = info(params={"key": "good"}), info(params={"key": "bad"})
    assert [composed.begin(good), composed.begin(bad)] == [None, None]
    assert [composed.end(bad, "result"), composed.end(good, "result")] == ["result", "good"]


# -- composing


def test_without_interceptors_there_is_no_chain(extensions):
    """The method's calls then cost nothing."""
    assert compose([], extensions.failed) is None


class OnlyBefore:
    def before(self, call):
        """See a call."""


class AsyncAfter(CallInterceptorBase):
    async def after(self, call, result):
        return result


class NotCallable(CallInterceptorBase):
    error = "none"


class Explosive(CallInterceptorBase):
    @property
    def before(self):
        raise ZeroDivisionError("do not touch")


@pytest.mark.parametrize(
    ("interceptor", "error"),
    [
        (OnlyBefore(), "TypeError: OnlyBefore is no call interceptor: it has no method `after`; derive from"),
        (AsyncAfter(), "TypeError: `after` of AsyncAfter must answer at once: it may not be async"),
        (NotCallable(), "TypeError: NotCallable is no call interceptor: it has no method `error`"),
        (CallInterceptorBase, "TypeError: an interceptor is an instance, not the class CallInterceptorBase"),
        (Explosive(), "ZeroDivisionError: do not touch"),
        ("text", "TypeError: str is no call interceptor: it has no method `before`"),
    ],
)
def test_what_is_no_interceptor_is_refused_when_the_chain_is_made(
    extensions, failures, heard, interceptor, error
):
    """It is named once, not at each call; the others stay."""
    composed = compose([("wrong", interceptor), ("good", Spy("good", heard))], extensions.failed)
    ((name, hook, text),) = told(failures)
    assert (name, hook, text[: len(error)]) == ("wrong", HOOK, error)
    assert composed.begin(info()) is None
    assert heard == ["before good"]
    assert compose([("wrong", interceptor)], extensions.failed) is None


def test_parts_that_do_nothing_are_not_called(extensions):
    """An interceptor that derives from the base class pays for what it has, even if an instance brings it itself."""

    class Own(CallInterceptorBase):
        def before(self, call):
            call.params = {"key": "own"}

    late = CallInterceptorBase()
    late.after = lambda _, result: [result]
    composed = compose([("own", Own()), ("late", late)], extensions.failed)
    call = info()
    assert composed.begin(call) is None
    assert call.params == {"key": "own"}
    assert composed.end(call, 1) == [1]
    assert [len(composed._before), len(composed._after), len(composed._error)] == [1, 1, 0]


def test_interceptors_come_from_the_hook(failures, heard):
    """Each extension is asked for a method, in calling order, and failures carry its name."""
    extensions = Extensions(report=failures.append)

    def only_get(host, manifest, method):
        heard.append((host, manifest, method))
        return [Spy("get", heard)] if method == "KeyValue.Get" else None

    extensions.register(
        implementing(
            hostcore_provide_call_interceptors=lambda: [Spy("inner", heard, before=raising(ValueError("x")))]
        ),
        name="inner",
        origin="loaded",
    )
    extensions.register(
        implementing(hostcore_provide_call_interceptors=only_get), name="outer", origin="loaded"
    )
    composed = compose_for(extensions, "host", "manifest", "KeyValue.Get")
    assert composed.begin(info()) is None
    assert heard == [("host", "manifest", "KeyValue.Get"), "before get", "before inner"]
    assert [each.extension for each in failures] == ["inner"]
    assert repr(composed) == "<InterceptorChain outer > inner>"
    assert compose_for(Extensions(report=failures.append), None, None, "KeyValue.Get") is None
