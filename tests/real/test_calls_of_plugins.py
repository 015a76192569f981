"""Calls of plugins to each other: to whom they go, what goes along with them, and which are refused."""

import time

import pytest
import trio
from fleet_support import (
    a_host,
    noted,
    wait_for,
    write_chain,
    write_link,
)
from real_support import PATIENCE

from hostcore.errors import (
    CallCycleError,
    CallTimedOutError,
)


async def test_calls_of_plugins_go_to_whom_was_picked_for_them(tmp_path):
    """The highest version that the range allows is given, though others provide the interface as well."""
    write_link(tmp_path / "b1", provides="B")
    write_link(tmp_path / "b2", interfaces={"B": "2.0"}, more='[provides]\nB = "2.0"\n')
    write_link(tmp_path / "user", provides="U", requires='B = "^1.0"')
    write_link(tmp_path / "new", provides="N", requires='B = "^2.0"')
    async with a_host(tmp_path) as host:
        assert (await host.call("U.Call", {"method": "B.Who"}))["result"]["id"] == "b1"
        assert (await host.call("N.Call", {"method": "B.Who"}))["result"]["id"] == "b2"
        picked = {"method": "B.Who", "plugin": "b2"}
        assert (await host.call("U.Call", picked))["result"]["id"] == "b2"


async def test_a_call_to_what_nobody_provides_as_required_is_refused(tmp_path):
    """Another version of it is no help: the plugin may not be given what it has not asked for."""
    write_link(tmp_path / "b1", provides="B")
    write_link(tmp_path / "user", provides="U", requires='B = { range = "^2.0", optional = true }')
    async with a_host(tmp_path) as host:
        answer = await host.call("U.Call", {"method": "B.Who"})
        assert answer["error"]["message"].startswith("nobody provides B ^2.0, which user requires")


async def test_a_call_of_a_plugin_inherits_deadline_and_trace(tmp_path):
    """What is left of the first caller's time is all that the last one has; a trace of its own wins."""
    write_link(tmp_path / "b", provides="B")
    write_link(tmp_path / "a", provides="A", requires='B = "^1.0"')
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    async with a_host(tmp_path) as host:
        seen = (await host.call("A.Call", {"method": "B.Who"}, timeout=5))["result"]["meta"]
        assert 0 < seen["timeout_ms"] <= 5000
        shorter = {"method": "B.Who", "timeout_ms": 700}
        assert (await host.call("A.Call", shorter))["result"]["meta"]["timeout_ms"] <= 700
        longer = {"method": "B.Who", "timeout_ms": 60_000}
        assert (await host.call("A.Call", longer, timeout=5))["result"]["meta"]["timeout_ms"] <= 5000
        own = {"method": "B.Who", "traceparent": trace}
        assert (await host.call("A.Call", own))["result"]["meta"]["traceparent"] == trace
        with pytest.raises(CallTimedOutError):
            await host.call("A.Call", {"method": "B.Sleep", "params": {"seconds": 20}}, timeout=0.3)


async def test_a_trace_goes_through_all_calls_of_a_chain(tmp_path):
    """Who brings none of its own passes on that of the call which it serves."""
    write_chain(tmp_path)
    trace = f"00-{'c' * 32}-{'d' * 16}-01"
    first = {"method": "B.Call", "traceparent": trace, "params": {"method": "C.Who"}}
    async with a_host(tmp_path) as host:
        answer = await host.call("A.Call", first)
        assert answer["result"]["result"]["meta"]["traceparent"] == trace


async def test_what_vendors_say_goes_with_its_trace(tmp_path):
    """It stays with another span of the same trace, gives way to what the plugin says, and ends with the trace."""
    write_link(tmp_path / "b", provides="B")
    write_link(tmp_path / "a", provides="A", requires='B = "^1.0"')
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    span, other = trace.replace("b", "e"), trace.replace("a", "d")
    async with a_host(tmp_path) as host:
        for own, seen in (
            ({}, (trace, "x=1,y=2")),
            ({"traceparent": span}, (span, "x=1,y=2")),
            ({"traceparent": span, "tracestate": "z=3"}, (span, "z=3")),
            ({"traceparent": span, "tracestate": "no state"}, (span, "x=1,y=2")),
            ({"traceparent": other}, (other, None)),
        ):
            call = {"method": "B.Who", **own}
            answer = await host.call("A.Call", call, traceparent=trace, tracestate="x=1, y=2")
            meta = answer["result"]["meta"]
            assert (meta["traceparent"], meta.get("tracestate")) == seen
        assert "tracestate" not in (await host.call("A.Who", tracestate="x=1"))["meta"]


async def test_a_cancelled_caller_cancels_the_calls_made_for_it(tmp_path):
    """Through all plugins in between, and what belongs to nobody goes on."""
    write_chain(tmp_path)
    for each in "abc":
        text = (tmp_path / each / "plugin.toml").read_text()
        (tmp_path / each / "plugin.toml").write_text(f"{text}LINK_FEATURES = 'reverse,async,cancel'\n")
    sleep = {"method": "C.Sleep", "params": {"seconds": 20}}
    async with a_host(tmp_path) as host:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.call, "A.Call", {"method": "B.Call", "params": sleep})
            await wait_for(host, lambda: host.plugin("c").instances[0].in_flight)
            nursery.cancel_scope.cancel()
        with trio.fail_after(PATIENCE):
            while sorted(noted(tmp_path, "cancelled")) != ["a", "b", "c"]:  # noqa: ASYNC110 - the plugins tell nobody
                await trio.sleep(0.01)


async def test_a_circle_of_plugins_that_do_one_thing_at_a_time_is_refused_at_once(tmp_path):
    """The call would wait for itself until its deadline; instead it fails with the chain."""
    write_link(tmp_path / "b", provides="B", requires='A = { range = "^1.0", optional = true }')
    write_link(tmp_path / "a", provides="A", requires='B = "^1.0"')
    async with a_host(tmp_path) as host:
        began = time.monotonic()
        back = {"method": "B.Call", "params": {"method": "A.Who", "plugin": "a"}}
        answer = await host.call("A.Call", back, timeout=30)
        error = answer["result"]["error"]
        assert time.monotonic() - began < 10
        assert error["data"] == {"code": CallCycleError.code}
        assert (
            "a does one thing at a time, and waits: a's A.Call → b's B.Call → a's A.Who" in error["message"]
        )
        assert await host.call("A.Say", {"n": 1}) == {"n": 1}


async def test_a_recursion_through_plugins_ends_at_its_limit(tmp_path):
    """Plugins that work on several calls at once may call each other back, but not without an end."""
    features = {"features": "reverse,async"}
    write_link(tmp_path / "b", provides="B", requires='A = { range = "^1.0", optional = true }', **features)
    write_link(tmp_path / "a", provides="A", requires='B = "^1.0"', **features)
    params = {"method": "A.Who"}
    for _ in range(20):
        params = {"method": "B.Call", "params": {"method": "A.Call", "plugin": "a", "params": params}}
    async with a_host(tmp_path) as host:
        answer = await host.call("A.Call", params, timeout=30)
        depth = 0
        while "result" in answer:
            answer, depth = answer["result"], depth + 1
        assert "the calls go in a circle" in answer["error"]["message"]
        assert 0 < depth < 10
        await host.call("A.Say", {})


async def test_a_stranger_may_not_be_called(tmp_path):
    """A plugin calls what its manifest requires, and nothing else."""
    write_link(tmp_path / "b", provides="B")
    write_link(tmp_path / "a", provides="A")
    async with a_host(tmp_path) as host:
        answer = await host.call("A.Call", {"method": "B.Who"})
        assert answer["error"]["message"].startswith("a may not call B")
