"""Observers of calls: told of each outcome, bothering nobody."""

import itertools
import time

import pytest
import trio
from extension_makers import implementing

from hostcore.errors import CallFailedError, CallTimedOutError
from hostcore.hooks import CallerGoneError, CallObserverBase, observe
from hostcore.hooks._failures import SLOW_HOOK_SECONDS
from hostcore.hooks._observers import LONGEST_ERROR, outcome_of
from hostcore.transports import CallContext, Direction, MessageRecord, Observing

HOOK = "hostcore_provide_call_observers"


class Spy(CallObserverBase):
    """Keeps what it is told of calls."""

    def __init__(self):
        self.ended = []

    def call_ended(self, record, params, result):
        self.ended.append((record, params, result))


class Listener(CallObserverBase):
    """Keeps messages only."""

    def __init__(self):
        self.messages = []

    def message_passed(self, record):
        self.messages.append(record)


class Manifest:
    id = "kv"


@pytest.fixture
def observed(extensions):
    """Make an observation by what some extensions offer, by their names."""

    def make(**offered):
        for name, observers in offered.items():
            extension = implementing(**{HOOK: lambda observers=observers: observers})
            extensions.register(extension, name=name, origin="loaded")
        return observe(extensions, None, Manifest, itertools.count(7))

    return make


def message(**changes):
    facts = {
        "at": 1.0,
        "plugin": "kv",
        "instance": 0,
        "pid": 1,
        "direction": Direction.TO_HOST,
        "kind": "response",
        "wire_id": 1,
        "method": "KeyValue.Get",
        "size": 10,
        "call": 7,
        "value": {},
    }
    return MessageRecord(**{**facts, **changes})


def test_each_call_is_told_with_its_outcome(observed):
    """The record names plugin, method, caller and parent, and is complete when observers get it."""
    spy = Spy()
    observation = observed(one=[spy])
    context = CallContext(plugin="words", method="Words.Count", call=3)
    record = observation.begin("KeyValue.Get", context)
    observation.end(record, 0.25, None, {"key": "a"}, {"value": "b"})
    assert spy.ended == [(record, {"key": "a"}, {"value": "b"})]
    assert (
        record.id,
        record.parent,
        record.caller,
        record.plugin,
        record.method,
    ) == (7, 3, "words", "kv", "KeyValue.Get")
    assert (
        record.outcome,
        record.error,
        record.duration,
        record.direction,
    ) == ("ok", None, 0.25, Direction.TO_PLUGIN)
    assert time.time() - record.started_at < 60


def test_ids_rise(observed):
    """A later call has a higher id, whatever its direction."""
    observation = observed(one=[Spy()])
    ids = [observation.begin("A.B", None).id for _ in range(3)]
    ids.append(observation.begin_reverse("Host.Info", CallContext(plugin="kv")).id)
    assert sorted(set(ids)) == ids


def test_a_call_of_the_plugin_to_the_host_is_its_own(observed):
    """Its direction is to the host, and the plugin that has made it is its caller."""
    record = observed(one=[Spy()]).begin_reverse("Host.Info", CallContext(plugin="kv", call=5))
    assert (
        record.plugin,
        record.caller,
        record.parent,
        record.direction,
    ) == ("kv", "kv", 5, Direction.TO_HOST)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (CallTimedOutError("too late"), ("call-timed-out", "too late")),
        (CallFailedError("none", status=5, name="KeyNotFound"), ("call-failed", "KeyNotFound: none")),
        (CallFailedError("none", status=5), ("call-failed", "none")),
        (CallerGoneError(), ("cancelled", "its caller has gone")),
        (ValueError("a timeout is finite"), ("internal", "ValueError: a timeout is finite")),
    ],
)
def test_outcomes_are_the_stable_codes(error, outcome):
    """An error's code, with the name that the plugin gave; what is no error of the host is `internal`."""
    assert outcome_of(error) == outcome


async def test_a_caller_that_has_gone_is_no_error(autojump_clock):
    """Trio's cancellation is the outcome `cancelled`."""
    caught = []
    with trio.move_on_after(1):
        try:
            await trio.sleep_forever()
        except trio.Cancelled as error:
            caught.append(outcome_of(error)[0])
            raise
    assert caught == ["cancelled"]


def test_a_failed_call_has_no_result_and_a_short_text(observed):
    """What would have been the result is not told, and a long message is cut."""
    spy = Spy()
    observation = observed(one=[spy])
    record = observation.begin("KeyValue.Get", None)
    observation.end(record, 0.1, CallTimedOutError("x" * 10_000), {}, {"value": "late"})
    assert spy.ended == [(record, {}, None)]
    assert len(record.error) == LONGEST_ERROR


def test_nobody_is_nothing(observed, failures):
    """Without observers, or with ones that override nothing, there is no observation at all."""
    assert observed(none=[], idle=[CallObserverBase()]) is None
    assert failures == []


def test_messages_are_tapped_only_for_those_who_want_them(observed):
    """An observer of calls has the bytes measured; a tap is there when some observer has a method for messages."""
    assert observed(calls=[Spy()]).observing == Observing(measured=True, tap=None)
    listener = Listener()
    observation = observed(messages=[listener])
    observation.observing.tap(message())
    assert listener.messages == [message()]


def test_a_broken_observer_harms_nobody(observed, failures):
    """What it raises is told as an event with its place; the others hear of the call."""

    class Broken(CallObserverBase):
        def call_ended(self, record, params, result):
            raise KeyError("mine")

        def message_passed(self, record):
            raise KeyError("mine")

    spy = Spy()
    observation = observed(broken=[Broken()], spy=[spy])
    observation.end(observation.begin("KeyValue.Get", None), 0.1, None, {}, {})
    observation.observing.tap(message())
    assert len(spy.ended) == 1
    assert [(each.extension, each.hook) for each in failures] == [("broken", HOOK)] * 2
    assert failures[0].error == "call_ended of KeyValue.Get: KeyError: 'mine'"


def test_a_slow_observer_is_named(observed, failures):
    """Whoever makes calls wait is told of, as every plain function of an extension is."""

    class Slow(CallObserverBase):
        def call_ended(self, record, params, result):
            time.sleep(SLOW_HOOK_SECONDS * 1.2)

    observation = observed(slow=[Slow()])
    observation.end(observation.begin("KeyValue.Get", None), 0.1, None, {}, {})
    assert [each.extension for each in failures] == ["slow"]
    assert "blocked the host" in failures[0].error


class Waits(CallObserverBase):
    async def call_ended(self, record, params, result):
        """Wait, which it may not."""


@pytest.mark.parametrize("observer", [object(), Spy, Waits()], ids=["no methods", "a class", "async"])
def test_what_is_no_observer_is_refused(observed, failures, observer):
    """It is named in an event and left out; calls go on without it."""
    assert observed(wrong=[observer]) is None
    assert [(each.extension, each.hook) for each in failures] == [("wrong", HOOK)]
