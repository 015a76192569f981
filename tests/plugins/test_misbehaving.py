"""The plugin "misbehaving" does what it says: tests of the host can rely on each of its faults."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from driver import CallError, Driver, NoAnswerError

ENDS_WITH = {
    "exit:3": 3,
    "crash:SIGABRT": -signal.SIGABRT,
    "traceback": 1,
    "orphan": 1,
    "no-such-word": 125,
}
NO_HELLO = [
    "silent",
    "half-hello",
    "garbage",
    "garbage-frame",
    "request-first",
    "oversize-hello",
    "close-stdout",
]

Start = Callable[..., Driver]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("word", ENDS_WITH)
def test_it_ends_before_the_hello(word: str, start: Start) -> None:
    """It ends with the status that was asked for, and has not said hello."""
    driver = start("misbehaving", greet=False, MISBEHAVE_AT_START=word)
    assert driver.wait() == ENDS_WITH[word]


@pytest.mark.parametrize("word", NO_HELLO)
def test_it_says_no_hello_and_stays(word: str, start: Start) -> None:
    """No valid hello comes, and the process lives on."""
    driver = start("misbehaving", greet=False, MISBEHAVE_AT_START=word)

    def is_hello(message: dict[str, Any]) -> bool:
        return message.get("method") == "$/hello"

    if word == "oversize-hello":
        assert len(str(driver.expect(is_hello))) > 4 * 1024 * 1024
    else:
        with pytest.raises(NoAnswerError):
            driver.expect(is_hello, timeout=0.5)
    assert driver.process.poll() is None


@pytest.mark.parametrize(
    ("word", "key", "value"),
    [
        ("wrong-protocol", "protocol", [8, 9]),
        ("wrong-interface", "interfaces", {"SomethingElse": "1.0"}),
        ("wrong-major", "interfaces", {"Misbehaving": "2.0"}),
        ("wrong-name", "name", "somebody-else"),
        ("bad-hello", "protocol", "one"),
        ("hello-without-name", "name", None),
    ],
)
def test_its_hello_is_to_be_refused(word: str, key: str, value: object, start: Start) -> None:
    """The hello is wrong in the one way that was asked for."""
    driver = start("misbehaving", greet=False, MISBEHAVE_AT_START=word)
    hello = driver.expect(lambda message: message.get("method") == "$/hello")["params"]
    assert hello.get(key) == value


def flooded(driver: Driver, size: int) -> bool:
    """Return whether so much comes on stderr; an answer may overtake what was written to the other pipe."""
    until = time.monotonic() + 30
    while len(driver.stderr) < size and time.monotonic() < until:
        time.sleep(0.01)  # a thread fills it and tells nobody
    return len(driver.stderr) >= size


@pytest.mark.parametrize(
    "word", ["slow:0.3", "flood-stderr:300000", "stray", "json-stray", "flood-line:300000"]
)
def test_it_starts_after_all(word: str, start: Start) -> None:
    """A start that is only late or noisy succeeds."""
    driver = start("misbehaving", MISBEHAVE_AT_START=word)
    assert driver.call("Misbehaving.Echo", {"value": 1}) == {"value": 1}
    if word.startswith("flood"):
        assert flooded(driver, 300_000)
    if "stray" in word:
        assert driver.stray.count(b"\n") >= 2


def test_it_crashes_so_many_times_and_then_starts(start: Start) -> None:
    """crash-times counts its starts in the data folder."""
    for _ in range(2):
        assert start("misbehaving", greet=False, MISBEHAVE_AT_START="crash-times:2").wait() == 1
    assert start("misbehaving", MISBEHAVE_AT_START="crash-times:2").hello["name"] == "misbehaving"


def test_an_orphan_holds_the_pipes(start: Start) -> None:
    """The process is gone, and its output is not at its end."""
    driver = start("misbehaving", greet=False, MISBEHAVE_AT_START="orphan")
    assert driver.wait() == 1
    time.sleep(0.2)
    assert all(thread.is_alive() for thread in driver._threads)


@pytest.mark.parametrize(
    ("method", "params", "status"),
    [
        ("Crash", {"signal": "SIGSEGV"}, -signal.SIGSEGV),
        ("Crash", {}, -signal.SIGKILL),
        ("Exit", {"code": 7}, 7),
    ],
)
def test_it_ends_in_the_middle_of_a_call(
    method: str, params: dict[str, object], status: int, start: Start
) -> None:
    """The call has no answer, and the process the status that was asked for."""
    driver = start("misbehaving")
    call_id = driver.request(f"Misbehaving.{method}", params)
    assert driver.wait() == status
    with pytest.raises(NoAnswerError):
        driver.response(call_id)


def test_its_last_words_are_not_lost(start: Start) -> None:
    """An answer that was written before the end is read."""
    driver = start("misbehaving")
    assert driver.call("Misbehaving.AnswerAndExit", {"code": 0}) == {"value": "the last words"}
    assert driver.wait() == 0


def test_hanging_and_spinning_leave_pings_answered(start: Start) -> None:
    """A handler that hangs or computes is deaf to cancellation, but the process answers pings."""
    driver = start("misbehaving")
    hanging = driver.request("Misbehaving.Hang")
    spinning = driver.request("Misbehaving.Spin", {"seconds": 0.3})
    driver.notify("$/cancel", {"id": hanging})
    assert driver.call("$/ping") == {}
    assert driver.response(spinning) == {"spun": 0.3}
    with pytest.raises(NoAnswerError):
        driver.response(hanging, timeout=0.2)


def test_freezing_stops_everything(start: Start) -> None:
    """A frozen process answers nothing, not even pings."""
    driver = start("misbehaving")
    driver.request("Misbehaving.Freeze")
    ping = driver.request("$/ping")
    with pytest.raises(NoAnswerError):
        driver.response(ping, timeout=0.3)


def test_it_clings_to_life(start: Start) -> None:
    """After IgnoreShutdown neither the request to stop, nor the end of input, nor SIGTERM ends it."""
    driver = start("misbehaving")
    driver.call("Misbehaving.IgnoreShutdown")
    answer = driver.request("$/shutdown", {"grace_ms": 100})
    with pytest.raises(NoAnswerError):
        driver.response(answer, timeout=0.4)
    driver.close_stdin()
    os.kill(driver.process.pid, signal.SIGTERM)
    time.sleep(3.5)  # longer than the SDK lets a plugin live without its host
    assert driver.process.poll() is None


def test_sigterm_ends_it_otherwise(start: Start) -> None:
    """Without being told to ignore it, SIGTERM ends the plugin."""
    driver = start("misbehaving")
    os.kill(driver.process.pid, signal.SIGTERM)
    assert driver.wait() == 128 + signal.SIGTERM


@pytest.mark.parametrize("own_session", [False, True])
def test_it_leaves_children(start: Start, *, own_session: bool) -> None:
    """Its children live on when it has ended, in its process group or outside of it."""
    driver = start("misbehaving")
    params = {"count": 2, "own_session": own_session, "hold_pipes": True}
    pids = driver.call("Misbehaving.LeaveChildren", params)["pids"]
    try:
        driver.close_stdin()
        assert driver.wait() == 0
        assert [alive(pid) for pid in pids] == [True, True]
        in_group = [os.getpgid(pid) == driver.process.pid for pid in pids]
        assert [not own_session] * 2 == in_group
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("target", ["stdout", "stderr", "line", "log"])
def test_it_floods(target: str, start: Start) -> None:
    """Much text comes where it was asked for, and the call is answered."""
    driver = start("misbehaving")
    assert driver.call("Misbehaving.Flood", {"target": target, "size": 200_000}) == {"written": 200_000}
    if target == "log":
        assert driver.notification("$/log")["message"].startswith("flood 0 ")
    elif target == "stdout":
        assert len(driver.stray) >= 200_000
    else:
        assert flooded(driver, 200_000)


@pytest.mark.parametrize(
    "how",
    [
        "unknown-id",
        "oversize-log",
        "unknown-request",
        "unknown-service",
        "unknown-notification",
        "plain-notification",
        "stray",
        "number-keys-not-at-all",
    ],
)
def test_the_right_answer_follows_a_bearable_one(how: str, start: Start) -> None:
    """After what a host should bear comes the right answer; an unknown way is refused by name."""
    driver = start("misbehaving")
    if how == "number-keys-not-at-all":
        with pytest.raises(CallError, match="unknown way"):
            driver.call("Misbehaving.Answer", {"how": how})
    else:
        assert driver.call("Misbehaving.Answer", {"how": how}) == {"value": how}


@pytest.mark.parametrize("how", ["never", "truncated"])
def test_no_answer_comes(how: str, start: Start) -> None:
    """Where no answer follows, the call stays open and the process lives."""
    driver = start("misbehaving")
    call_id = driver.request("Misbehaving.Answer", {"how": how})
    with pytest.raises(NoAnswerError):
        driver.response(call_id, timeout=0.3)
    assert driver.process.poll() is None


def test_it_sends_more_than_it_may(start: Start) -> None:
    """OverrunCredit sends items that nobody gave credit for."""
    driver = start("misbehaving")
    call_id = driver.request("Misbehaving.OverrunCredit", {"items": 3})
    assert driver.response(call_id) == {"counted": 3}
    assert [driver.notification("$/data")["item"]["number"] for _ in range(3)] == [1, 2, 3]


def test_it_calls_back(start: Start) -> None:
    """CallHost makes a reverse call inside the host's call, tied to it by its id."""
    driver = start("misbehaving")
    outer = driver.request("Misbehaving.CallHost", {"method": "Host.Info"}, timeout_ms=5000)
    inner = driver.expect(lambda message: message.get("method") == "Host.Info")
    assert (inner["id"] % 2, inner["meta"]["parent"]) == (0, outer)
    assert driver.call("Misbehaving.Echo", {"value": "meanwhile"}) == {"value": "meanwhile"}
    driver.respond(inner["id"], {"name": "driver"})
    assert driver.response(outer) == {"result": {"name": "driver"}}
