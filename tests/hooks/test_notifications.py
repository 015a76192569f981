"""Notifications: `on` hooks are called one after the other, and the host's events reach them."""

import math
import time

import pytest
import trio
import trio.testing
from extension_makers import ON_EVENT, STARTED, implementing, marked

from hostcore.errors import LaunchError
from hostcore.events import (
    EventsMissed,
    ExtensionFailed,
    HostStopping,
    PluginExited,
    PluginReloaded,
    PluginStateChanged,
    Recorded,
)
from hostcore.hooks import ASYNC_HOOK_SECONDS, Extensions, dispatch_events
from hostcore.snapshots import ExitReport, PluginState, Reason

REASON = Reason(code="asked", text="somebody asked for it")


def on_started(function):
    return implementing(hostcore_on_host_started=function)


def register(extensions, **named):
    for name, extension in named.items():
        extensions.register(extension, name=name, origin="loaded")


def told(failures):
    return [(each.extension, each.error) for each in failures]


# -- notify


async def test_one_that_exits_ends_nothing(extensions, failures, autojump_clock):
    """`sys.exit()` in an extension is its failure, whichever kind of hook it implements; the others go on."""

    async def later():
        await trio.sleep(1)
        raise SystemExit(3)

    def at_once(*_):
        raise SystemExit(4)

    heard = []
    register(
        extensions,
        last=implementing(hostcore_on_host_started=lambda: heard.append("last")),
        later=on_started(later),
        at_once=implementing(
            hostcore_on_host_started=at_once,
            hostcore_provide_manifests=at_once,
            hostcore_decide_admission=at_once,
        ),
    )
    await extensions.notify(STARTED, host=None)
    assert extensions.collect("hostcore_provide_manifests", object, config=None) == []
    assert extensions.decide("hostcore_decide_admission", str, manifest=None) is None
    assert heard == ["last"]
    assert [name for name, _ in told(failures)] == ["at_once", "later", "at_once", "at_once"]


async def test_sync_and_async_implementations_mix(extensions, failures, autojump_clock):
    """Each is called when the one before it is done, the latest first, sync or async."""
    heard = []

    async def slowly():
        heard.append("two begins")
        await trio.sleep(1)
        heard.append("two ends")

    register(
        extensions,
        one=on_started(lambda: heard.append("one")),
        two=on_started(slowly),
        three=on_started(lambda: heard.append("three")),
    )
    await extensions.notify(STARTED, host=None)
    assert heard == ["three", "two begins", "two ends", "one"]
    assert failures == []


async def test_marks_order_the_notifications(extensions):
    """`tryfirst` and `trylast` hold for `on` hooks as for the others."""
    heard = []
    register(
        extensions,
        one=marked(lambda: heard.append("one"), tryfirst=True),
        two=on_started(lambda: heard.append("two")),
        three=marked(lambda: heard.append("three"), trylast=True),
        four=on_started(lambda: heard.append("four")),
    )
    await extensions.notify(STARTED, host=None)
    assert heard == ["one", "four", "two", "three"]


async def test_implementations_take_the_arguments_they_want(extensions):
    """An `on` hook's arguments go by name, too."""
    heard = []
    register(
        extensions,
        one=on_started(lambda: heard.append("none")),
        two=on_started(lambda host: heard.append(f"told {host}")),
    )
    await extensions.notify(STARTED, host="the host")
    assert heard == ["told the host", "none"]


async def test_one_that_raises_does_not_lose_the_others(extensions, failures, autojump_clock):
    """Whatever an implementation raises, sync or async, the coroutines of the others are made and awaited."""
    heard = []

    async def note(name):
        await trio.sleep(0.1)
        heard.append(name)

    def broken():
        raise ZeroDivisionError("sync")

    async def broken_later():
        await trio.sleep(0.1)
        raise LaunchError("also an error of the host")

    async def broken_twice():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(broken_later)
            nursery.start_soon(broken_later)

    register(
        extensions,
        a=on_started(lambda: note("a")),
        b=on_started(broken),
        c=on_started(lambda: note("c")),
        d=on_started(broken_later),
        e=on_started(broken_twice),
        f=on_started(lambda: note("f")),
    )
    await extensions.notify(STARTED, host=None)
    assert heard == ["f", "c", "a"]
    assert told(failures) == [
        ("e", "ExceptionGroup: Exceptions from Trio nursery (1 sub-exception)"),
        ("d", "LaunchError: also an error of the host"),
        ("b", "ZeroDivisionError: sync"),
    ]
    assert "broken_later" in failures[0].traceback
    assert [each.hook for each in failures] == [STARTED] * 3


async def test_an_async_implementation_has_a_time_limit(extensions, failures, autojump_clock):
    """When it has passed, the implementation is cancelled and named, and the next one is called."""
    heard = []

    async def hang():
        try:
            await trio.sleep(math.inf)
        finally:
            heard.append("cancelled")

    register(extensions, one=on_started(lambda: heard.append("one")), two=on_started(hang))
    started = trio.current_time()
    await extensions.notify(STARTED, host=None)
    assert trio.current_time() - started == pytest.approx(ASYNC_HOOK_SECONDS)
    assert heard == ["cancelled", "one"]
    assert told(failures) == [("two", "TimeoutError: it did not end within 5 s")]


async def test_an_implementation_that_ends_late_is_named(extensions, failures, autojump_clock):
    """One that shields itself cannot be cancelled; it is waited for, and named."""

    async def shielded():
        with trio.CancelScope(shield=True):
            await trio.sleep(ASYNC_HOOK_SECONDS + 1)

    register(extensions, one=on_started(shielded))
    await extensions.notify(STARTED, host=None)
    assert told(failures) == [("one", "TimeoutError: it did not end within 5 s")]


async def test_what_an_implementation_raises_when_its_time_is_up_is_told(
    extensions, failures, autojump_clock
):
    """An error on the way out says more than that it was late."""

    async def breaks_at_the_end():
        try:
            await trio.sleep(math.inf)
        finally:
            raise ZeroDivisionError("while cleaning up")

    register(extensions, one=on_started(breaks_at_the_end))
    await extensions.notify(STARTED, host=None)
    assert told(failures) == [("one", "ZeroDivisionError: while cleaning up")]


async def test_a_cancelled_caller_cancels_the_implementation(extensions, failures, autojump_clock):
    """The implementation that runs ends, those after it are not called, and nobody is blamed."""
    heard = []

    async def hang():
        try:
            await trio.sleep(math.inf)
        finally:
            heard.append("cancelled")

    register(
        extensions,
        never=on_started(lambda: heard.append("never")),
        two=on_started(hang),
        first=on_started(lambda: heard.append("first")),
    )
    with trio.move_on_after(1) as scope:
        await extensions.notify(STARTED, host=None)
    assert scope.cancelled_caught
    assert heard == ["first", "cancelled"]
    assert failures == []


async def test_what_is_raised_while_the_caller_is_cancelled_is_told(extensions, failures, autojump_clock):
    """An error from a nursery comes out together with the cancellation: the one is told, the other goes on."""

    async def hang():
        await trio.sleep(math.inf)

    async def break_down():
        try:
            await trio.sleep(math.inf)
        finally:
            raise ZeroDivisionError("while cleaning up")

    async def both():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hang)
            nursery.start_soon(break_down)

    heard = []
    register(extensions, never=on_started(lambda: heard.append("never")), two=on_started(both))
    with trio.move_on_after(1) as scope:
        await extensions.notify(STARTED, host=None)
    assert scope.cancelled_caught
    assert heard == []
    ((name, error),) = told(failures)
    assert (name, error[:15]) == ("two", "ExceptionGroup:")
    assert "ZeroDivisionError: while cleaning up" in failures[0].traceback


def generator():
    yield


async def async_generator():
    yield


class Promise:
    """Can be awaited, but not in trio."""

    def __await__(self):
        yield


async def of_another_loop():
    await Promise()


@pytest.mark.parametrize(
    ("nonsense", "error"),
    [
        (generator, "TypeError: this hook is called for what it does: it may not be a generator"),
        (async_generator, "TypeError: this hook is called for what it does: it may not be a generator"),
        (Promise, "TypeError: this hook may be `async def`; it may not return something else to wait for"),
        (of_another_loop, "TypeError: trio.run received unrecognized yield message"),
    ],
)
async def test_what_cannot_be_awaited_is_refused(extensions, failures, nonsense, error):
    """A `yield` that turns the hook into something that does nothing is named, as is another event loop's code."""
    heard = []
    register(extensions, one=on_started(lambda: heard.append("one")), two=on_started(nonsense))
    await extensions.notify(STARTED, host=None)
    assert heard == ["one"]
    ((name, text),) = told(failures)
    assert (name, text[: len(error)]) == ("two", error)


async def test_a_plain_answer_is_nothing_to_complain_about(extensions, failures):
    """What an `on` hook returns has no meaning."""
    register(extensions, one=on_started(lambda: [1, 2]), two=on_started(lambda: "text"))
    await extensions.notify(STARTED, host=None)
    assert failures == []


async def test_a_sync_implementation_that_blocks_the_host_is_named(extensions, failures, clock):
    """Once a minute, whether it returns or raises; the async ones are not blamed for their waits."""

    def slow():
        clock.pass_by(0.35)

    def slow_and_broken():
        clock.pass_by(0.2)
        raise ZeroDivisionError("late")

    async def patient():
        clock.pass_by(3)
        await trio.lowlevel.checkpoint()

    register(extensions, a=on_started(slow), b=on_started(slow_and_broken), c=on_started(patient))
    for _ in range(3):
        await extensions.notify(STARTED, host=None)
    assert told(failures)[:3] == [
        ("b", "blocked the host for 0.20 s"),
        ("b", "ZeroDivisionError: late"),
        ("a", "blocked the host for 0.35 s"),
    ]
    assert told(failures)[3:] == [("b", "ZeroDivisionError: late")] * 2


async def test_blocking_is_measured_by_a_real_clock(failures):
    """Nothing but the time of day is needed to find out who blocks the host."""
    extensions = Extensions(report=failures.append)
    register(extensions, sleeper=on_started(lambda: time.sleep(0.15)), quick=on_started(lambda: None))
    await extensions.notify(STARTED, host=None)
    ((name, error),) = told(failures)
    assert (name, error[:20]) == ("sleeper", "blocked the host for")


async def test_one_can_be_skipped(extensions):
    """Whoever is named is not told."""
    heard = []
    register(
        extensions,
        one=on_started(lambda: heard.append("one")),
        two=on_started(lambda: heard.append("two")),
    )
    await extensions.notify(STARTED, "one", host=None)
    assert heard == ["two"]


async def test_nobody_is_told_of_what_nobody_wants(extensions):
    """Without an implementation nothing is called, and others get their turn."""
    with trio.testing.assert_checkpoints():
        await extensions.notify("hostcore_on_host_stopping", host=None, reason=REASON)


# -- events


class Feed:
    """Stands in for a subscription to the host's events: what is put in comes out, until it is closed."""

    def __init__(self):
        self.put, self._get = trio.open_memory_channel(math.inf)
        self.sequence = 0
        self.left = False

    def record(self, event):
        self.sequence += 1
        self.put.send_nowait(Recorded(run="run", sequence=self.sequence, at=0.0, event=event))

    def miss(self, first, last):
        self.sequence = last
        self.put.send_nowait(EventsMissed(first=first, last=last))

    def close(self):
        self.put.close()

    def __aiter__(self):
        return self

    async def __anext__(self):
        return await self._get.__anext__()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *args):
        self.left = True


def changed():
    return PluginStateChanged(plugin="kv", old=PluginState.STARTING, new=PluginState.READY, reason=REASON)


def exited():
    report = ExitReport(
        plugin="kv",
        instance=0,
        incarnation=1,
        pid=7,
        at=0.0,
        uptime=1.0,
        exit_code=1,
        signal=None,
        reason=REASON,
        user_seconds=0.0,
        system_seconds=0.0,
        max_rss_bytes=0,
    )
    return PluginExited(plugin="kv", report=report)


def reloaded():
    return PluginReloaded(plugin="kv", old_version="1.0.0", version="1.1.0", trigger="asked")


async def test_events_reach_the_hooks_of_their_kind(extensions, failures):
    """Each event goes to `on_event`, and to the hook of its kind if there is one, in order, with the host."""
    heard = []
    register(
        extensions,
        all=implementing(hostcore_on_event=lambda recorded: heard.append((ON_EVENT, recorded.sequence))),
        some=implementing(
            hostcore_on_plugin_state_changed=lambda host, event: heard.append((host, event.new)),
            hostcore_on_plugin_exited=lambda event: heard.append(("exited", event.report.pid)),
            hostcore_on_plugin_reloaded=lambda event: heard.append(("reloaded", event.version)),
        ),
    )
    feed = Feed()
    for event in (changed(), exited(), reloaded(), HostStopping(reason=REASON)):
        feed.record(event)
    feed.close()
    await dispatch_events(extensions, "the host", feed)
    assert heard == [
        (ON_EVENT, 1),
        ("the host", PluginState.READY),
        (ON_EVENT, 2),
        ("exited", 7),
        (ON_EVENT, 3),
        ("reloaded", "1.1.0"),
        (ON_EVENT, 4),
    ]
    assert failures == []
    assert feed.left


async def test_whoever_is_slow_is_told_of_everything_before_the_end(extensions, autojump_clock):
    """When the host stops, the feed ends; what was recorded until then is delivered first."""
    heard = []

    async def slowly(recorded):
        await trio.sleep(1)
        heard.append(recorded.sequence)

    register(extensions, one=implementing(hostcore_on_event=slowly))
    feed = Feed()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch_events, extensions, None, feed)
        await trio.sleep(0.5)
        feed.record(changed())
        await trio.sleep(0.5)
        feed.record(changed())
        feed.record(changed())
        feed.close()
    assert heard == [1, 2, 3]


async def test_a_cancelled_dispatch_ends_at_once(extensions, failures, autojump_clock):
    """In the middle of a hook as well: the host bounds what it waits for at its end."""

    async def hang():
        await trio.sleep(math.inf)

    register(extensions, one=implementing(hostcore_on_event=hang))
    feed = Feed()
    feed.record(changed())
    with trio.move_on_after(1) as scope:
        await dispatch_events(extensions, None, feed)
    assert scope.cancelled_caught
    assert feed.left
    assert failures == []


async def test_what_was_missed_is_passed_over(extensions, failures):
    """A gap in the sequence says it; the marker itself has no place there."""
    heard = []
    register(extensions, one=implementing(hostcore_on_event=lambda recorded: heard.append(recorded.sequence)))
    feed = Feed()
    feed.record(changed())
    feed.miss(2, 9)
    feed.record(changed())
    feed.close()
    await dispatch_events(extensions, None, feed)
    assert heard == [1, 10]
    assert failures == []


async def test_nobody_is_told_of_their_own_failures(extensions):
    """The others are: an extension may watch over extensions."""
    heard = []
    register(
        extensions,
        one=implementing(hostcore_on_event=lambda recorded: heard.append(("one", recorded.event.extension))),
        two=implementing(hostcore_on_event=lambda recorded: heard.append(("two", recorded.event.extension))),
    )
    feed = Feed()
    feed.record(ExtensionFailed(extension="one", hook=ON_EVENT, error="x"))
    feed.record(ExtensionFailed(extension="two", hook=ON_EVENT, error="x"))
    feed.close()
    await dispatch_events(extensions, None, feed)
    assert heard == [("two", "one"), ("one", "two")]


async def test_extensions_that_fail_at_each_event_come_to_rest(clock, autojump_clock):
    """Their failures are events, too: two that fail at each other's would never stop, but for the bound of events."""
    feed = Feed()
    extensions = Extensions(report=feed.record, clock=clock)

    def fail():
        raise ZeroDivisionError("at each event")

    for name in ("one", "two", "three"):
        extensions.register(implementing(hostcore_on_event=fail), name=name, origin="loaded")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch_events, extensions, None, feed)
        feed.record(changed())
        await trio.sleep(60)
        feed.close()
    assert feed.sequence == 1 + 3 * 5


@pytest.mark.parametrize(
    ("hook", "wanted"),
    [
        (ON_EVENT, True),
        ("hostcore_on_plugin_state_changed", True),
        ("hostcore_on_plugin_exited", True),
        ("hostcore_on_plugin_reloaded", True),
        ("hostcore_on_host_started", False),
        ("hostcore_on_host_stopping", False),
    ],
)
def test_events_are_followed_only_where_somebody_wants_them(extensions, hook, wanted):
    """Without an implementation of these hooks the host need not subscribe at all."""
    assert not extensions.wants_events
    register(extensions, one=implementing(**{hook: lambda: None}))
    assert extensions.wants_events == wanted
