"""Plugins that call their host back: what they are lent, for how long, and who else may come."""

import json

import pytest
import trio
from grpc_support import write_grpc
from real_support import PATIENCE, write_plugin

from hostcore.errors import (
    CallFailedError,
    CallTimedOutError,
    IncompatibleError,
    InvalidParamsError,
    UnavailableError,
)
from hostcore.testing import open_plugin
from hostcore_grpc._broker import MAX_KEPT

pytestmark = pytest.mark.usefixtures("leaves_no_file")

HELPER = """
import time
from polyhost_plugin import Plugin, PluginError

plugin = Plugin("helper", version="1.0.0")
hung = given_up = 0


@plugin.method("Helper.Sum")
def add(a: int, b: int, call) -> dict:
    global hung, given_up
    if b == 13:
        raise PluginError("BadNumber", "unlucky", code=9, data={"number": b})
    if b == 99:
        return {"sum": "many"}
    if b == 60:
        hung += 1
        while not call.cancelled:
            time.sleep(0.01)
        given_up += 1
    return {"sum": a + b}


@plugin.method("Helper.GivenUp")
def count() -> dict:
    return {"count": given_up}


plugin.run()
"""

INTERFACE = {
    "interface": 1,
    "name": "Helper",
    "version": "1.0",
    "methods": {
        "Sum": {
            "params": {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
                "required": ["a", "b"],
                "additionalProperties": False,
            },
            "result": {"type": "object"},
            "errors": ["BadNumber"],
        },
        "GivenUp": {"params": {"type": "object"}, "result": {"type": "object"}},
    },
    "errors": {"BadNumber": {"code": "FAILED_PRECONDITION"}},
}

CALLBACK = """
[grpc.callbacks]
"Counter.Add" = { field = "helper", interface = "Helper" }
"Counter.Keep" = { field = "helper", interface = "Helper", keep = true }
"""


@pytest.fixture
async def counter(tmp_path):
    """Give the plugin that has its host do the sums, beside the plugin that does them."""
    helper = write_plugin(
        tmp_path / "helper",
        'id = "helper"\nversion = "1.0.0"\nruntime = "python"\nentry = "main.py"\n[provides]\nHelper = "1.0"\n',
        program=HELPER,
    )
    (helper / "interfaces").mkdir()
    (helper / "interfaces" / "Helper.v1.json").write_text(json.dumps(INTERFACE))
    folder = write_counter(tmp_path)
    async with open_plugin(folder, beside=[helper]) as plugin:
        yield plugin


def write_counter(tmp_path, callback=CALLBACK):
    requires = '[requires.interfaces]\nHelper = "^1.0"\n'
    return write_grpc(tmp_path / "counter", "bidirectional", grpc=callback, more=requires)


async def test_a_plugin_calls_the_service_that_it_is_lent(counter):
    """The host fills in the id; the provider of the interface gets numbers as numbers; by both names of the method."""
    assert await counter.call("Counter.Add", {"key": "k", "value": 2}) == {"value": "2"}
    assert await counter.call("callback.v1.Counter.Add", {"key": "k", "value": "40"}) == {"value": "42"}


async def test_each_call_is_lent_its_own(counter):
    """Many callers at once do not get in each other's way, and nothing of what was lent is left."""

    async def caller(number):
        for count in range(1, 6):
            assert await counter.call("Counter.Add", {"key": str(number), "value": 1}) == {
                "value": str(count)
            }

    async with trio.open_nursery() as nursery:
        for number in range(16):
            nursery.start_soon(caller, number)


async def test_an_error_of_the_provider_reaches_the_plugin_and_its_caller(counter):
    """Status, message and the error's name travel to the plugin, which answers with them; so does a bad result."""
    with pytest.raises(CallFailedError, match="unlucky") as caught:
        await counter.call("Counter.Add", {"key": "k", "value": 13})
    assert caught.value.status == 9
    (detail,) = caught.value.data["details"]
    assert (detail["@type"], detail["reason"]) == ("google.rpc.ErrorInfo", "BadNumber")
    with pytest.raises(CallFailedError, match="does not fit") as caught:
        await counter.call("Counter.Add", {"key": "k", "value": 99})
    assert caught.value.status == 13


async def test_a_deadline_reaches_the_provider(counter):
    """When the time of the plugin's caller is over, the call that it made of the host is given up, too."""
    with pytest.raises(CallTimedOutError):
        await counter.call("Counter.Add", {"key": "k", "value": 60}, timeout=0.5)
    with trio.fail_after(PATIENCE):
        while (await counter.host.call("Helper.GivenUp"))["count"] != 1:  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.01)
    assert await counter.call("Counter.Add", {"key": "k", "value": 1}, timeout=PATIENCE) == {"value": "1"}


async def test_a_plugin_keeps_what_it_may_keep(counter):
    """A service with `keep` outlasts the call that it was lent for, beside others, until the plugin ends."""
    with pytest.raises(CallFailedError, match="no helper was kept"):
        await counter.call("Counter.AddKept", {"key": "k", "value": 1})
    assert await counter.call("Counter.Keep") == {}
    assert await counter.call("Counter.AddKept", {"key": "k", "value": 1}) == {"value": "1"}
    assert await counter.call("Counter.Add", {"key": "k", "value": 1}) == {"value": "2"}
    assert await counter.call("Counter.AddKept", {"key": "k", "value": 1}) == {"value": "3"}
    with pytest.raises(CallFailedError, match="unlucky"):
        await counter.call("Counter.AddKept", {"key": "k", "value": 13})
    await counter.host.restart("bidirectional")
    with pytest.raises(CallFailedError, match="no helper was kept"):
        await counter.call("Counter.AddKept", {"key": "k", "value": 1})
    assert await counter.call("Counter.Keep") == {}
    assert await counter.call("Counter.AddKept", {"key": "k", "value": 5}) == {"value": "5"}


async def test_what_is_kept_is_bounded(counter):
    """So many services can be kept and no more; what was lent for a call that failed is not."""
    for _ in range(MAX_KEPT + 1):
        with pytest.raises(CallFailedError, match="not now"):
            await counter.call("Counter.Keep", {"fail": True})
    for _ in range(MAX_KEPT):
        await counter.call("Counter.Keep")
    with pytest.raises(UnavailableError, match="keeps 64 services") as caught:
        await counter.call("Counter.Keep")
    assert "once" in caught.value.hint
    assert await counter.call("Counter.AddKept", {"key": "k", "value": 1}) == {"value": "1"}


async def test_the_id_is_the_hosts_own(counter):
    """A caller cannot fill it in."""
    with pytest.raises(InvalidParamsError, match="helper is filled in by the host"):
        await counter.call("Counter.Add", {"key": "k", "value": 1, "helper": 7})


@pytest.mark.parametrize(
    ("callback", "complaint"),
    [
        (
            '"Counter.Ad" = { field = "helper", interface = "Helper" }',
            "the plugin has no method 'Counter.Ad'",
        ),
        ('"Counter.Add" = { field = "help", interface = "Helper" }', "AddRequest has no field 'help'"),
        (
            '"Counter.Add" = { field = "helper", interface = "Helper", service = "Helpers" }',
            "define no service 'Helpers'",
        ),
    ],
)
async def test_a_callback_that_does_not_fit_is_told_with_its_key(tmp_path, callback, complaint):
    """The plugin is failed, and the error names the key of the manifest."""
    helper = write_plugin(
        tmp_path / "helper",
        'id = "helper"\nversion = "1.0.0"\nruntime = "python"\nentry = "main.py"\n[provides]\nHelper = "1.0"\n',
        program=HELPER,
    )
    folder = write_counter(tmp_path, f"[grpc.callbacks]\n{callback}")
    with pytest.raises(IncompatibleError, match=complaint) as caught:
        async with open_plugin(folder, beside=[helper]):
            raise AssertionError
    assert "grpc.callbacks.Counter.Ad" in caught.value.location
