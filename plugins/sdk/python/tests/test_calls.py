"""Calls: params, results, errors, and several of them at once."""

import time

import pytest
from driver import CallError, NoAnswerError


def refused(driver, method, params=None, **meta):
    with pytest.raises(CallError) as caught:
        driver.call(method, params, **meta)
    return caught.value.error


def test_the_hello_says_what_was_declared(start):
    """Name, version, interfaces, needs, limits and features are in the hello."""
    hello = start().hello
    assert (hello["name"], hello["version"], hello["interfaces"]) == ("under-test", "2.1.0", {"T": "1.3"})
    assert hello["needs"] == ["Host"]
    assert hello["limits"] == {"frame": 65536, "inflight": 64}
    assert set(hello["features"]) == {"cancel", "progress", "streams", "reverse", "async", "handover"}


def test_params_become_keyword_arguments(start):
    """A handler gets its params by name; None as its result is an empty map."""
    driver = start()
    assert driver.call("T.Needs", {"first": 1, "second": 2}) == {"sum": 6}
    assert driver.call("T.Nothing") == {}
    assert driver.call("T.Echo", {"value": {"a": [None, True, "ü", b"\0"]}}) == {
        "value": {"a": [None, True, "ü", b"\0"]}
    }


def test_unknown_params_are_ignored_and_missing_ones_named(start):
    """What a handler does not know is dropped, as the protocol wants; what it needs and lacks is refused by name."""
    driver = start()
    assert driver.call("T.Needs", {"first": 1, "second": 2, "fourth": 4}) == {"sum": 6}
    error = refused(driver, "T.Needs", {"second": 2, "fourth": 4})
    assert error == {"code": -32602, "message": "T.Needs needs first", "data": {"missing": ["first"]}}


def test_a_handler_may_take_the_call_and_everything_else(start):
    """`call` is the call; `**others` takes every param; a param named call is reachable through call.params."""
    answer = start().call("T.Params", {"a": 1, "call": 2}, traceparent="00-1")
    assert answer == {
        "params": {"a": 1, "call": 2},
        "others": {"a": 1},
        "method": "T.Params",
        "meta": {"traceparent": "00-1"},
    }


def test_errors_of_the_plugin_arrive_as_raised(start):
    """Name, message, code, data and retryable of a PluginError are in the answer."""
    driver = start()
    own = refused(driver, "T.Fail", {"how": "own"})
    assert own == {
        "code": 5,
        "name": "KeyNotFound",
        "message": "no such key",
        "data": {"key": "k"},
        "retryable": True,
    }
    assert refused(driver, "T.Fail", {"how": "params"}) == {"code": -32602, "message": "how is odd"}


def test_an_error_whose_data_cannot_be_sent_is_still_answered(start):
    """The code and the message arrive, with a note on what was left out."""
    error = refused(start(), "T.Fail", {"how": "unsendable data"})
    assert error["code"] == 5
    assert error["message"].startswith("no such key (the rest is left out: ")


@pytest.mark.parametrize("how", ["bug", "type"])
def test_a_bug_is_internal_and_its_traceback_is_logged(how, start):
    """An uncaught exception is answered with 13; where it happened goes to the log, not to the caller."""
    driver = start()
    call_id = driver.request("T.Fail", {"how": how})
    with pytest.raises(CallError) as caught:
        driver.response(call_id)
    assert caught.value.code == 13
    record = driver.expect(lambda message: message.get("params", {}).get("level") == "error")["params"]
    assert record["call"] == call_id
    assert "everything.py" in record["fields"]["traceback"]


def test_sys_exit_in_a_handler_ends_the_plugin(start):
    """A handler that calls sys.exit() means it."""
    driver = start()
    driver.request("T.Fail", {"how": "exit"})
    assert driver.wait() == 7


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("text", "a str; a result is a dict"),
        ("number keys", "the key 1 is no string"),
        ("deep number keys", "the key 2 is no string"),
        ("nan", "NaN"),
        ("infinity", "NaN and infinity"),
        ("set", "cannot carry"),
        ("huge integer", "cannot carry"),
        ("deep", "nests deeper than 64"),
    ],
)
def test_a_result_that_cannot_be_sent_is_an_error_of_that_call(what, words, start):
    """The method and the reason are named, and the plugin lives on."""
    driver = start()
    error = refused(driver, "T.Return", {"what": what})
    assert error["code"] == 13
    assert "T.Return returned" in error["message"]
    assert words in error["message"]
    assert driver.call("$/ping") == {}


def test_bytes_and_floats_that_look_like_nan_are_sent(start):
    """The search for NaN refuses no legal value."""
    driver = start()
    assert driver.call("T.Return", {"what": "bytes"})["x"].startswith(b"\xcb\x7f\xf8")
    assert driver.call("T.Return", {"what": "floats"}) == {"x": [0.1, -1e300, 5e-324]}


def test_an_answer_above_the_hosts_limit_is_error_8(start):
    """The limit is the one of the host's hello."""
    driver = start()
    assert refused(driver, "T.Return", {"what": "large"})["code"] == 8
    driver = start(greet=False)
    driver.greet(frame_limit=16 * 1024 * 1024 - 1)
    assert len(driver.call("T.Return", {"what": "large"})["x"]) == 5_000_000


def test_a_request_above_our_limit_is_skipped(start):
    """It is answered with 8 by its id, and the connection lives; one just below the limit is taken."""
    driver = start()
    assert refused(driver, "T.Echo", {"value": "x" * 200_000})["code"] == 8
    assert driver.call("T.Echo", {"value": "x" * 65_000})["value"] == "x" * 65_000


def test_pings_are_answered_while_handlers_work(start):
    """A handler that blocks keeps no ping waiting, whether it runs for the first time or again."""
    driver = start()
    for _ in range(3):
        slow = driver.request("T.Sleep", {"seconds": 0.4})
        begun = time.monotonic()
        assert driver.call("$/ping") == {}
        assert time.monotonic() - begun < 0.3
        assert driver.response(slow) == {"slept": 0.4}


def test_slow_calls_run_beside_each_other(start):
    """Eight calls of 0.4 s take much less than eight times as long."""
    driver = start()
    begun = time.monotonic()
    calls = [driver.request("T.Sleep", {"seconds": 0.4}) for _ in range(8)]
    for call_id in calls:
        driver.response(call_id)
    assert time.monotonic() - begun < 1.6


def test_many_calls_at_once_are_all_answered(start):
    """The host may send as many calls as the hello allows; each gets its own answer."""
    driver = start()
    calls = {driver.request("T.Echo", {"value": number}): number for number in range(60)}
    assert {number: {"value": number} for number in calls.values()} == {
        number: driver.response(call_id) for call_id, number in calls.items()
    }


def test_a_cancelled_call_ends_early_with_code_1(start):
    """A handler that sleeps on the call, and one that asks now and then, both see it."""
    driver = start()
    for method, params in (("T.Wait", {"seconds": 10}), ("T.Poll", {})):
        call_id = driver.request(method, params)
        driver.notify("$/cancel", {"id": call_id, "reason": "enough"})
        with pytest.raises(CallError, match="cancelled: enough") as caught:
            driver.response(call_id, timeout=5)
        assert caught.value.code == 1


def test_cancelling_what_is_unknown_or_over_does_nothing(start):
    """A late cancel is ignored."""
    driver = start()
    driver.notify("$/cancel", {"id": 12345})
    call_id = driver.request("T.Echo")
    driver.response(call_id)
    driver.notify("$/cancel", {"id": call_id})
    assert driver.call("$/ping") == {}


def test_a_deadline_that_passes_ends_the_call_with_code_4(start):
    """A handler sees how long its caller waits, and stops when that time is over."""
    driver = start()
    assert 0 < driver.call("T.Wait", {"seconds": 0.01}, timeout_ms=5000)["remaining"] < 5
    assert refused(driver, "T.Wait", {"seconds": 10}, timeout_ms=50)["code"] == 4


def test_progress_comes_only_when_asked_for(start):
    """A caller that wants no progress gets none."""
    driver = start()
    driver.call("T.Count", {"to": 1}, credit=1, progress=True)
    assert driver.notification("$/progress")["message"] == "item 0"
    driver.call("T.Count", {"to": 1}, credit=1)
    with pytest.raises(NoAnswerError):
        driver.notification("$/progress", timeout=0.1)
