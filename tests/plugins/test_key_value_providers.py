"""The providers of KeyValue over stdio: each durable, each right about streams, and not to be told apart."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from typing import Any

import pytest
from driver import CallError, Driver, NoAnswerError

PROVIDERS = ["kv-python", "kv-go-stdio"]
both = pytest.mark.parametrize("plugin_id", PROVIDERS)


def outcome(driver: Driver, method: str, params: dict[str, Any]) -> Any:
    try:
        return driver.stream(method, params) if method.endswith("List") else driver.call(method, params)
    except CallError as error:
        return error.error


@both
def test_what_was_answered_survives_kill_9(plugin_id: str, start: Callable[..., Driver]) -> None:
    """A change that was answered is there after `kill -9` in the middle of further changes."""
    answered: dict[str, str] = {}
    for round_number in range(3):
        driver = start(plugin_id)
        for number in range(20):
            key, value = f"{round_number}/{number}", f"value {number}"
            driver.call("KeyValue.Put", {"key": key, "value": value})
            answered[key] = value
        for number in range(50):
            driver.request("KeyValue.Put", {"key": f"open/{round_number}/{number}", "value": "x"})
        os.killpg(driver.process.pid, signal.SIGKILL)
        assert driver.wait() == -signal.SIGKILL
    driver = start(plugin_id)
    items, _ = driver.stream("KeyValue.List", {})
    stored = {item["key"]: item["value"] for item in items if not item["key"].startswith("open/")}
    assert answered == stored


@both
def test_revisions_never_go_back(plugin_id: str, start: Callable[..., Driver]) -> None:
    """After a restart revisions go on where they were, also when the newest key was deleted."""
    driver = start(plugin_id)
    driver.call("KeyValue.Put", {"key": "a", "value": "1"})
    newest = driver.call("KeyValue.Put", {"key": "b", "value": "2"})["revision"]
    driver.call("KeyValue.Delete", {"key": "b"})
    driver.close_stdin()
    assert driver.wait() == 0
    driver = start(plugin_id)
    assert driver.call("KeyValue.Put", {"key": "c", "value": "3"})["revision"] > newest


@both
def test_an_upload_that_ends_early_writes_nothing(plugin_id: str, start: Callable[..., Driver]) -> None:
    """PutMany writes all or nothing: cancelled in the middle, or killed, it has written nothing."""
    driver = start(plugin_id)
    call_id = driver.request("KeyValue.PutMany")
    driver.notification("$/credit")
    driver.notify("$/data", {"id": call_id, "item": {"key": "half", "value": "x"}})
    driver.notify("$/cancel", {"id": call_id})
    with pytest.raises(CallError) as caught:
        driver.response(call_id)
    assert caught.value.code == 1
    assert driver.call("KeyValue.Stats")["keys"] == 0


@both
def test_credit_bounds_what_is_under_way(plugin_id: str, start: Callable[..., Driver]) -> None:
    """A listing sends as many items as it has credit for, waits, goes on, and ends with its count."""
    driver = start(plugin_id)
    for number in range(5):
        driver.call("KeyValue.Put", {"key": f"k{number}", "value": "v"})
    call_id = driver.request("KeyValue.List", {}, credit=2)
    assert [driver.notification("$/data")["item"]["key"] for _ in range(2)] == ["k0", "k1"]
    driver.call("$/ping")  # whatever was sent before has come when this is answered
    with pytest.raises(NoAnswerError):
        driver.notification("$/data", timeout=0.2)
    driver.notify("$/credit", {"id": call_id, "n": 10})
    assert [driver.notification("$/data")["item"]["key"] for _ in range(3)] == ["k2", "k3", "k4"]
    assert driver.response(call_id) == {"count": 5}


@both
def test_a_long_upload_keeps_within_its_credit(plugin_id: str, start: Callable[..., Driver]) -> None:
    """An upload larger than any window gets its credit in parts and arrives as a whole."""
    driver = start(plugin_id)
    call_id = driver.request("KeyValue.PutMany")
    credit = 0
    for number in range(500):
        while credit == 0:
            credit += driver.notification("$/credit")["n"]
        credit -= 1
        driver.notify("$/data", {"id": call_id, "item": {"key": f"{number:03}", "value": "x" * 1000}})
    driver.notify("$/end", {"id": call_id})
    assert driver.response(call_id) == {"count": 500}


@both
def test_a_listing_that_waits_for_credit_can_be_cancelled(
    plugin_id: str, start: Callable[..., Driver]
) -> None:
    """A cancelled listing is answered once, with code 1, although it never gets more credit."""
    driver = start(plugin_id)
    driver.call("KeyValue.Put", {"key": "k", "value": "v"})
    call_id = driver.request("KeyValue.List", {})
    driver.notify("$/cancel", {"id": call_id})
    with pytest.raises(CallError) as caught:
        driver.response(call_id)
    assert caught.value.code == 1


@both
def test_the_largest_value_is_stored(plugin_id: str, start: Callable[..., Driver]) -> None:
    """The largest value that the interface allows is stored and read back, escapes of JSON included."""
    driver = start(plugin_id)
    value = ('"\\\n\u2028ü😀' * 100_000)[:524_288]
    driver.call("KeyValue.Put", {"key": "large", "value": value})
    assert driver.call("KeyValue.Get", {"key": "large"})["value"] == value


def test_callers_cannot_tell_the_providers_apart(start: Callable[..., Driver]) -> None:
    """The same calls get the same answers from both providers, errors and streams included."""
    chance = random.Random(4)
    keys = ["a", "b", "a/b", "a/ü", "a/😀", "zz", "Ä"]
    drivers = [start(plugin_id, data=plugin_id) for plugin_id in PROVIDERS]
    for _ in range(150):
        key = chance.choice(keys)
        method, params = chance.choice(
            [
                ("KeyValue.Put", {"key": key, "value": str(chance.random())}),
                ("KeyValue.Put", {"key": key, "value": "", "ifRevision": chance.randrange(6)}),
                ("KeyValue.Get", {"key": key}),
                ("KeyValue.Delete", {"key": key}),
                ("KeyValue.List", {"prefix": key[:1]}),
                ("KeyValue.List", {"limit": 3, "values": False}),
                ("KeyValue.Stats", {}),
            ]
        )
        of_python, of_go = (outcome(driver, method, params) for driver in drivers)
        assert of_python == of_go, (method, params)
    for params in ({}, {"key": ""}, {"key": 5}, {"key": None}):
        assert [outcome(driver, "KeyValue.Get", params)["code"] for driver in drivers] == [-32602, -32602]
