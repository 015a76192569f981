"""The verdict on a running instance: pure, from the context alone."""

import pytest

from hostcore.hooks import HealthContext, HealthDecision, Verdict
from hostcore.manifest import HealthSpec, RecycleSpec
from hostcore.policies import HealthChecks
from hostcore.snapshots import PluginState, Reason

MIB = 2**20
HOUR = 3600.0


def judge(*, spec=None, recycle=None, **given):
    context = {
        "plugin": "p",
        "instance": 0,
        "memory_limit": None,
        "state": PluginState.READY,
        "age": 10.0,
        "in_flight": 0,
        "missed": 0,
    }
    return HealthChecks().hostcore_decide_health(
        HealthContext(
            spec=HealthSpec(**(spec or {})), recycle=RecycleSpec(**(recycle or {})), **{**context, **given}
        )
    )


def verdict(**given):
    decision = judge(**given)
    return decision.verdict, decision.reason.code


HEALTHY = (Verdict.HEALTHY, "healthy")
HUNG = (Verdict.KILL, "hung")
EXCEEDED = (Verdict.KILL, "memory-exceeded")
MISSED = (Verdict.DEGRADED, "ping-missed")
BUSY = (Verdict.DEGRADED, "cpu-exceeded")
FAT = (Verdict.RECYCLE, "memory-recycled")
OLD = (Verdict.RECYCLE, "age-recycled")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, HEALTHY),
        ({"in_flight": 1000}, HEALTHY),
        ({"state": PluginState.DEGRADED}, HEALTHY),
        # memory: at the bound is within it; what cannot be read, or has no bound, is no reason for anything
        ({"rss_bytes": 100 * MIB, "memory_limit": 100 * MIB}, HEALTHY),
        ({"rss_bytes": 100 * MIB + 1, "memory_limit": 100 * MIB}, EXCEEDED),
        ({"rss_bytes": None, "memory_limit": 100 * MIB}, HEALTHY),
        ({"rss_bytes": 2**50, "memory_limit": None}, HEALTHY),
        # pings
        ({"missed": 1}, MISSED),
        ({"missed": 2}, MISSED),
        ({"missed": 3}, HUNG),
        ({"missed": 4}, HUNG),
        ({"missed": 1, "spec": {"misses": 1}}, HUNG),
        # CPU: all of the last `misses` looks, each above the bound
        ({"cpu": (9.0, 9.0, 9.0)}, HEALTHY),
        ({"cpu": (1.1, 1.1, 1.1), "spec": {"cpu": 1.0}}, BUSY),
        ({"cpu": (1.1, 1.0, 1.1), "spec": {"cpu": 1.0}}, HEALTHY),
        ({"cpu": (1.1, 1.1), "spec": {"cpu": 1.0}}, HEALTHY),
        ({"cpu": (), "spec": {"cpu": 1.0}}, HEALTHY),
        ({"cpu": (0.1, 1.1, 1.1, 1.1), "spec": {"cpu": 1.0}}, BUSY),
        ({"cpu": (1.1,), "spec": {"cpu": 1.0, "misses": 1}}, BUSY),
        # recycling
        ({"rss_bytes": 50 * MIB, "recycle": {"memory": 50 * MIB}}, HEALTHY),
        ({"rss_bytes": 50 * MIB + 1, "recycle": {"memory": 50 * MIB}}, FAT),
        ({"rss_bytes": None, "recycle": {"memory": 50 * MIB}}, HEALTHY),
        ({"age": HOUR, "recycle": {"age": HOUR}}, HEALTHY),
        ({"age": HOUR + 0.1, "recycle": {"age": HOUR}}, OLD),
    ],
)  # fmt: skip
def test_each_bound_has_its_verdict(given, expected):
    """A bound is kept by what reaches it and broken by what exceeds it; without a bound nothing is too much."""
    assert verdict(**given) == expected


def test_what_harms_most_comes_first():
    """Of several things that are wrong the first of the order counts, and each of them in turn when it is mended."""
    wrong = {
        "rss_bytes": 200 * MIB,
        "memory_limit": 100 * MIB,
        "missed": 3,
        "cpu": (2.0, 2.0, 2.0),
        "age": 2 * HOUR,
        "spec": {"cpu": 1.0},
        "recycle": {"memory": 50 * MIB, "age": HOUR},
    }
    mends = (
        {"memory_limit": None}, {"missed": 2}, {"missed": 0}, {"cpu": (0.0, 0.0, 0.0)}, {"rss_bytes": MIB}, {"age": 1.0},
    )  # fmt: skip
    found = [verdict(**wrong)]
    for mend in mends:
        wrong |= mend
        found.append(verdict(**wrong))
    assert found == [EXCEEDED, HUNG, MISSED, BUSY, FAT, OLD, HEALTHY]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"rss_bytes": 612 * MIB, "memory_limit": 512 * MIB}, "it uses 612 MiB of memory, more than limits.memory allows: 512 MiB"),
        ({"missed": 3}, "it did not answer 3 pings in a row, each within 2 s"),
        ({"missed": 1, "spec": {"misses": 1, "timeout": 0.5}}, "it did not answer a ping within 0.5 s"),
        ({"missed": 1}, "1 of 3 pings was not answered"),
        ({"missed": 2}, "2 of 3 pings were not answered"),
        ({"cpu": (1.4, 1.6, 1.5), "spec": {"cpu": 1}}, "it used 1.5 cores over the last 3 looks, more than health.cpu allows: 1"),
        ({"rss_bytes": 300 * MIB, "recycle": {"memory": 256 * MIB}}, "it uses 300 MiB of memory, more than recycle.memory: 256 MiB"),
        ({"age": 86_410.0, "recycle": {"age": 86_400}}, "it has run for 24 h, longer than recycle.age: 24 h"),
    ],
)  # fmt: skip
def test_the_reason_has_the_numbers(given, text):
    """What was seen, what the bound is, and which key of the manifest sets it."""
    assert judge(**given).reason.text == text


def test_a_healthy_instance_needs_no_words():
    """The decision is the same every time."""
    assert judge() == HealthDecision(
        verdict=Verdict.HEALTHY, reason=Reason(code="healthy", text="it answers")
    )
