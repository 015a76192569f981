"""What is counted of each call."""

import trio

from hostcore.errors import CallTimedOutError
from hostcore.host._tally import MOST_METHODS, UNDESCRIBED, CallCounter
from hostcore.snapshots import LATENCY_BOUNDS


def test_a_call_is_in_flight_until_it_has_ended():
    """A method is known from its first call on; its outcomes are counted by code, its latency by the next bound."""
    counter = CallCounter()
    tally = counter.tally("A.B")
    assert counter.methods() == {}
    tally.begun += 3
    assert (counter.snapshot().calls, counter.snapshot().in_flight) == (0, 3)
    tally.end(LATENCY_BOUNDS[2], None)
    tally.end(LATENCY_BOUNDS[2] + 1e-9, CallTimedOutError("late"))
    tally.end(1e9, trio.Cancelled._create(source="explicit"))
    facts = counter.methods()["A.B"]
    assert (facts.calls, facts.errors, facts.in_flight) == (3, 2, 0)
    assert facts.failures == {"call-timed-out": 1, "cancelled": 1}
    assert [place for place, count in enumerate(facts.latencies) if count] == [2, 3, len(LATENCY_BOUNDS)]
    assert counter.snapshot() == facts


def test_names_that_nothing_describes_share_a_tally():
    """They come from callers; also, reloads that bring new names for ever do not fill the memory."""
    counter = CallCounter()
    assert counter.tally(None) is counter.tally(None)
    named = [counter.tally(f"A.M{number}") for number in range(MOST_METHODS + 5)]
    assert len(set(map(id, named))) == MOST_METHODS
    assert named[-1] is counter.tally(None)
    assert counter.tally("A.M0") is named[0]
    counter.tally(None).begun += 1
    assert list(counter.methods()) == [UNDESCRIBED]
