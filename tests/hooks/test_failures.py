"""Failures of extensions: named in events, counted, and never a flood."""

import pytest

from hostcore.hooks._failures import BlockedError, Failures

HOOK = "hostcore_on_event"


@pytest.fixture
def named(failures, clock):
    return Failures(failures.append, clock=clock)


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def test_an_event_has_the_error_and_its_traceback(named, failures):
    """Who, which hook, what and where it was raised."""
    named.failed("one", HOOK, raised(ZeroDivisionError("no luck")))
    (event,) = failures
    assert (event.extension, event.hook, event.error) == ("one", HOOK, "ZeroDivisionError: no luck")
    assert event.traceback.startswith("Traceback")
    assert "raise error" in event.traceback


def test_the_same_failure_is_told_five_times_a_minute(named, failures, clock):
    """What is left out is counted in the first event after that minute, and in the extension's own count."""
    for number in range(100):
        named.failed("one", HOOK, ValueError(number))
        clock.pass_by(0.1)
    assert [each.error for each in failures] == [f"ValueError: {number}" for number in range(5)]
    clock.pass_by(60)
    named.failed("one", HOOK, ValueError("again"))
    named.failed("one", HOOK, ValueError("and again"))
    assert [each.error for each in failures[5:]] == [
        "ValueError: again (95 more before this one were left out)",
        "ValueError: and again",
    ]
    assert (named.count("one"), named.last_error("one")) == (102, "ValueError: and again")


def test_the_bound_holds_for_hours(named, failures, clock):
    """A hook that fails ten times a second makes five events a minute, not more."""
    for _ in range(36_000):
        named.failed("one", HOOK, ValueError("x"))
        clock.pass_by(0.1)
    assert 295 <= len(failures) <= 305
    assert named.count("one") == 36_000


def test_one_extension_and_hook_does_not_silence_another(named, failures):
    """Each pair has its own minute."""
    for extension in ("one", "two"):
        for hook in (HOOK, "hostcore_decide_command"):
            for _ in range(10):
                named.failed(extension, hook, ValueError("x"))
    assert len(failures) == 4 * 5


def test_a_slow_hook_is_told_once_a_minute(named, failures, clock):
    """That it blocks the host is one fact; that it fails is another."""
    for _ in range(10):
        named.failed("one", HOOK, BlockedError(0.3512))
    named.failed("one", HOOK, ValueError("x"))
    clock.pass_by(60)
    named.failed("one", HOOK, BlockedError(2))
    assert [each.error for each in failures] == [
        "blocked the host for 0.35 s",
        "ValueError: x",
        "blocked the host for 2.00 s (9 more before this one were left out)",
    ]
    assert failures[0].traceback == ""


def test_a_part_of_an_implementation_is_named(named, failures):
    """Where one hook gives objects with several methods, the event says which of them has failed."""
    named.failed("one", HOOK, ValueError("x"), where="before Greeter.Greet")
    assert [each.error for each in failures] == ["before Greeter.Greet: ValueError: x"]


def test_an_event_is_bounded(named, failures):
    """Neither a long message nor a long traceback fills the host's memory; the end of the traceback is kept."""

    def deep(depth):
        if depth == 0:
            raise ValueError("y" * 20_000 + "the end")
        deeper(depth)

    def deeper(depth):
        deep(depth - 1)

    try:
        deep(200)
    except ValueError as error:
        named.failed("one", HOOK, error)
    (event,) = failures
    assert len(event.error) == 1_001
    assert len(event.traceback) == 16_000
    assert event.traceback.endswith("the end\n")


def test_what_is_refused_is_told_and_not_counted(named, failures):
    """A failure that says nothing against the extension of this name leaves its count alone."""
    named.refused("one", "(loading)", ValueError("x"))
    assert [each.error for each in failures] == ["ValueError: x"]
    assert (named.count("one"), named.last_error("one")) == (0, None)
