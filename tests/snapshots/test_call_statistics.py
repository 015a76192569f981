"""Statistics of calls: sums, differences, and estimates of how long calls take."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore.snapshots import LATENCY_BOUNDS, CallStatistics

SIZE = len(LATENCY_BOUNDS) + 1


def counts(**places):
    """Give latencies with some calls: place, from 0, to their number."""
    return tuple(places.get(f"at_{place}", 0) for place in range(SIZE))


def test_statistics_add_up():
    """Codes and latencies are summed one by one; who has counted nothing adds nothing."""
    one = CallStatistics(
        calls=3, errors=2, total_seconds=1.5, in_flight=1, failures={"a": 1, "b": 1}, latencies=counts(at_0=3)
    )
    other = CallStatistics(
        calls=2, errors=1, total_seconds=0.5, failures={"b": 1}, latencies=counts(at_0=1, at_5=1)
    )
    assert CallStatistics.total([one, other, CallStatistics()]) == CallStatistics(
        calls=5,
        errors=3,
        total_seconds=2.0,
        in_flight=1,
        failures={"a": 1, "b": 2},
        latencies=counts(at_0=4, at_5=1),
    )
    assert CallStatistics.total([]) == CallStatistics()


def test_what_happened_since():
    """The difference has the calls in between, and those that are in flight now."""
    before = CallStatistics(calls=2, errors=1, total_seconds=1.0, failures={"a": 1}, latencies=counts(at_3=2))
    now = CallStatistics(
        calls=4,
        errors=2,
        total_seconds=1.5,
        in_flight=2,
        failures={"a": 1, "b": 1},
        latencies=counts(at_3=3, at_4=1),
    )
    between = CallStatistics(
        calls=2, errors=1, total_seconds=0.5, in_flight=2, failures={"b": 1}, latencies=counts(at_3=1, at_4=1)
    )
    assert now.since(before) == between
    assert now.since(CallStatistics()) == now


def test_quantiles():
    """A quantile lies within the bounds of its call; beyond the last bound nothing is known."""
    assert CallStatistics().quantile(0.5) is None
    assert CallStatistics(latencies=counts()).quantile(0.5) is None
    even = CallStatistics(latencies=counts(at_4=10))
    assert even.quantile(0.5) == pytest.approx((LATENCY_BOUNDS[3] + LATENCY_BOUNDS[4]) / 2)
    assert even.quantile(1.0) == pytest.approx(LATENCY_BOUNDS[4])
    mixed = CallStatistics(latencies=counts(at_0=98, at_10=2))
    assert mixed.quantile(0.5) < LATENCY_BOUNDS[0]
    assert LATENCY_BOUNDS[9] < mixed.quantile(0.99) <= LATENCY_BOUNDS[10]
    slow = CallStatistics(latencies=counts(**{f"at_{SIZE - 1}": 5}))
    assert slow.quantile(0.5) == LATENCY_BOUNDS[-1]


def test_few_calls_are_not_told_slower_than_they_were():
    """One call is told as it was; of several, none can have taken more than all together."""
    alone = CallStatistics(calls=1, total_seconds=0.017, latencies=counts(at_8=1))
    assert [alone.quantile(share) for share in (0.5, 0.9, 0.99)] == [0.017] * 3
    pair = CallStatistics(calls=2, total_seconds=0.013, latencies=counts(at_1=1, at_8=1))
    assert pair.quantile(0.5) <= LATENCY_BOUNDS[1]
    assert pair.quantile(0.99) == 0.013


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 1000), min_size=SIZE, max_size=SIZE),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1e6),
)
def test_quantiles_rise(latencies, one, other, total):
    """A larger share is never quicker."""
    statistics = CallStatistics(latencies=tuple(latencies), total_seconds=total)
    low, high = statistics.quantile(min(one, other)), statistics.quantile(max(one, other))
    assert (low is None and high is None) or low <= high
