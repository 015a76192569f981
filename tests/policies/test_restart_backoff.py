"""The decision on restarts: pure, from the context alone."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore.hooks import RestartContext
from hostcore.manifest import RestartMode, RestartSpec
from hostcore.policies import RestartBackoff
from hostcore.snapshots import ExitReport, Reason

CRASHED = Reason(code="exited", text="its process ended")


def report(exit_code=1, signal=None):
    return ExitReport(
        plugin="p", instance=0, incarnation=1, pid=1, at=0.0, uptime=1.0, exit_code=exit_code, signal=signal,
        reason=CRASHED, user_seconds=0.0, system_seconds=0.0, max_rss_bytes=0,
    )  # fmt: skip


def decide(*, seed=0, **given):
    context = {
        "plugin": "p",
        "instance": 0,
        "spec": RestartSpec(),
        "reason": CRASHED,
        "report": report(),
        "fatal": False,
        "now": 1000.0,
    }
    return RestartBackoff(random.Random(seed)).hostcore_decide_restart(RestartContext(**{**context, **given}))


@pytest.mark.parametrize(
    ("mode", "exit_code", "restarted", "failed"),
    [
        (RestartMode.PERMANENT, 0, True, None),
        (RestartMode.PERMANENT, 1, True, None),
        (RestartMode.TRANSIENT, 0, False, False),
        (RestartMode.TRANSIENT, 1, True, None),
        (RestartMode.TRANSIENT, None, True, None),
        (RestartMode.TEMPORARY, 0, False, False),
        (RestartMode.TEMPORARY, 1, False, True),
        (RestartMode.TEMPORARY, None, False, True),
    ],
)
def test_the_modes_are_those_of_otp(mode, exit_code, restarted, failed):
    """Permanent always, transient after a failure, temporary never; an end by itself is no failure."""
    decision = decide(spec=RestartSpec(mode=mode), report=report(exit_code))
    assert restarted is (decision.delay is not None)
    if failed is not None:
        assert failed is decision.failed


def test_a_start_without_a_process_counts_as_a_failure():
    """A transient plugin that could not be started at all is tried again."""
    assert decide(spec=RestartSpec(mode=RestartMode.TRANSIENT), report=None).delay is not None


@pytest.mark.parametrize("mode", RestartMode)
def test_what_is_fatal_is_not_tried_again(mode):
    """Exit status 125 and a broken handshake end it in every mode."""
    decision = decide(spec=RestartSpec(mode=mode), fatal=True)
    assert (decision.delay, decision.failed) == (None, True)


def test_the_waits_grow_to_the_cap_and_start_again():
    """0.5 s, then twice as long each time, never more than 30 s; a stable run starts from the beginning."""
    spec = RestartSpec(jitter=0.0)
    waits = [decide(spec=spec, in_a_row=n).delay for n in range(10)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]


def test_the_jitter_pulls_apart_within_its_bounds():
    """Waits differ by up to the given fraction either way."""
    waits = {decide(seed=seed).delay for seed in range(200)}
    assert all(0.4 <= wait <= 0.6 for wait in waits)
    assert len(waits) > 100


@pytest.mark.parametrize(
    ("intensity", "said"),
    [
        (0, "its manifest allows no restart"),
        (1, "1 restart within 60 s is enough"),
        (5, "5 restarts within 60 s are enough"),
    ],
)
def test_the_intensity_is_borne_and_one_more_is_too_much(intensity, said):
    """So many restarts within the period, then `failed` with the numbers in the text."""
    spec = RestartSpec(intensity=intensity, period=60)
    times = tuple(1000.0 - n for n in range(intensity))
    if intensity:
        assert decide(spec=spec, restarts=times[1:]).delay is not None
    decision = decide(spec=spec, restarts=times)
    assert (decision.delay, decision.failed) == (None, True)
    assert decision.text == f"{said}: reset it, or load a new version"


def test_old_restarts_are_forgiven():
    """Only restarts within the period count."""
    old = tuple(1000.0 - 60 - n for n in range(100))
    assert decide(restarts=old).delay is not None


@settings(deadline=None, derandomize=True)
@given(
    backoff=st.floats(0, 86_400),
    factor=st.floats(1, 10),
    cap=st.floats(0, 86_400),
    jitter=st.floats(0, 1),
    in_a_row=st.integers(0, 10**9),
)
def test_every_wait_is_bounded(backoff, factor, cap, jitter, in_a_row):
    """Whatever a manifest may say, the wait is a number from zero to twice the cap."""
    spec = RestartSpec(backoff=backoff, backoff_factor=factor, backoff_max=cap, jitter=jitter)
    delay = decide(spec=spec, in_a_row=in_a_row).delay
    assert 0 <= delay <= 2 * cap


def test_the_same_context_gives_the_same_decision():
    """Nothing but the context and the seed counts."""
    assert decide(seed=7) == decide(seed=7)
