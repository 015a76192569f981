"""Calls that have no outcome yet: those that run and those that wait are seen alike, and can be cancelled alike."""

import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from fleet_support import a_host, write_link
from grpc_support import eventually, write_grpc
from real_support import PATIENCE

from hostcore.config import ExtensionsConfig
from hostcore.errors import CallCancelledError, CallNotFoundError
from hostcore.traffic import traffic_of

MISBEHAVING = Path(__file__).parents[2] / "plugins" / "misbehaving"
SLEEP = {"seconds": 60}


def write_busy(folder):
    """Write a plugin that does one call at a time, and knows when one is cancelled."""
    shutil.copytree(MISBEHAVING, folder, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = folder / "plugin.toml"
    text = manifest.read_text().replace('id = "misbehaving"', 'id = "a"\nlimits.max_inflight = 1')
    manifest.write_text(text)


@asynccontextmanager
async def calling(host, *calls):
    """Make calls as `(method, params)`, all at once; gives what becomes of them, in their order."""
    outcomes = [None] * len(calls)

    async def make(place, method, params):
        try:
            outcomes[place] = await host.call(method, params, caller=f"c{place}", timeout=90)
        except CallCancelledError as error:
            outcomes[place] = str(error)

    async with trio.open_nursery() as nursery:
        for place, (method, params) in enumerate(calls):
            nursery.start_soon(make, place, method, params)
            await shown(host, place + 1)
        yield outcomes
        nursery.cancel_scope.cancel()


async def shown(host, count, *, plugin="a"):
    """Wait until a plugin has so many calls, and return them by caller."""
    with trio.fail_after(PATIENCE):
        while len(found := host.calls(plugin)) != count:  # noqa: ASYNC110 - a snapshot has no event
            await trio.sleep(0.01)
    assert len({each.id for each in found}) == count
    return {each.caller: each for each in found}


async def settled(outcomes, place):
    with trio.fail_after(PATIENCE):
        while outcomes[place] is None:  # noqa: ASYNC110 - as above
            await trio.sleep(0.01)
    return outcomes[place]


async def test_calls_that_wait_for_their_turn(tmp_path):
    """A plugin with enough to do has them in line: one is cancelled without the plugin's knowing, the next gets its turn."""
    write_busy(tmp_path / "a")
    async with (
        a_host(tmp_path) as host,
        calling(
            host, ("Misbehaving.Slow", SLEEP), ("Misbehaving.Slow", SLEEP), ("Misbehaving.Echo", {"value": 1})
        ) as outcomes,
    ):
        calls = await shown(host, 3)
        pid = host.plugin("a").pid
        assert [(each.state, each.pid) for each in calls.values()] == [
            ("running", pid),
            ("queued", pid),
            ("queued", pid),
        ]
        assert host.plugin("a").instances[0].queued == 2
        host.cancel_call("a", calls["c1"].id, by="me")
        assert await settled(outcomes, 1) == "the call was cancelled by me"
        left = await shown(host, 2)
        assert {name: each.id for name, each in left.items()} == {
            name: calls[name].id for name in ("c0", "c2")
        }
        host.cancel_call("a", calls["c0"].id)
        await settled(outcomes, 0)
        assert (await settled(outcomes, 2))["value"] == 1
        with pytest.raises(CallNotFoundError):
            host.cancel_call("a", calls["c1"].id)


async def test_a_call_keeps_its_id_when_it_gets_its_turn(tmp_path):
    """Whoever has seen it in line can cancel it while it runs."""
    write_busy(tmp_path / "a")
    async with (
        a_host(tmp_path) as host,
        calling(host, ("Misbehaving.Slow", SLEEP), ("Misbehaving.Slow", SLEEP)) as outcomes,
    ):
        calls = await shown(host, 2)
        host.cancel_call("a", calls["c0"].id)
        with trio.fail_after(PATIENCE):
            while (await shown(host, 1))["c1"].state != "running":  # noqa: ASYNC110 - as above
                await trio.sleep(0.01)
        host.cancel_call("a", calls["c1"].id)
        await settled(outcomes, 1)


async def test_calls_that_wait_for_a_start(tmp_path):
    """They have no process; one that is cancelled ends at once, the other is answered when the plugin is there."""
    write_link(tmp_path / "a", provides="A", more='start = "on-demand"', start_seconds=3)
    async with (
        a_host(tmp_path) as host,
        calling(host, ("A.Who", {}), ("A.Who", {})) as outcomes,
    ):
        calls = await shown(host, 2)
        assert [(each.state, each.pid, each.method) for each in calls.values()] == [
            ("queued", None, "A.Who")
        ] * 2
        assert all(85 < each.ends_at - each.started_at <= 90 for each in calls.values())
        host.cancel_call("a", calls["c0"].id, by="me")
        assert await settled(outcomes, 0) == "the call was cancelled by me"
        assert (await settled(outcomes, 1))["id"] == "a"
        await shown(host, 0)


@pytest.mark.parametrize("disable", [(), ("traffic_log", "host_metrics")])
async def test_a_call_keeps_its_id_when_there_is_a_process(tmp_path, disable):
    """From its arrival to its end it has one id, recorded or not; where it is recorded, that of its record."""
    extensions = ExtensionsConfig(disable=("hot_reload", *disable))
    features = "reverse,async,cancel,streams"
    write_link(tmp_path / "a", provides="A", more='start = "on-demand"', start_seconds=1, features=features)
    async with a_host(tmp_path, extensions=extensions) as host, trio.open_nursery() as nursery:

        async def stream():
            async with host.stream("A.Sleep", SLEEP, plugin="a", caller="stream"):
                await trio.sleep_forever()

        nursery.start_soon(stream)
        outcomes = [None]

        async def call():
            with pytest.raises(CallCancelledError) as caught:
                await host.call("A.Sleep", SLEEP, caller="call", timeout=90)
            outcomes[0] = str(caught.value)

        nursery.start_soon(call)
        waiting = await shown(host, 2)
        assert {each.state for each in waiting.values()} == {"queued"}
        with trio.fail_after(PATIENCE):
            while {each.state for each in (await shown(host, 2)).values()} != {"running"}:  # noqa: ASYNC110 - as above
                await trio.sleep(0.01)
        running = await shown(host, 2)
        assert {name: each.id for name, each in waiting.items()} == {
            name: each.id for name, each in running.items()
        }
        host.cancel_call("a", waiting["call"].id)
        await settled(outcomes, 0)
        if not disable:
            (entry,) = (await traffic_of(host).calls()).entries
            assert str(entry.id) == waiting["call"].id
        nursery.cancel_scope.cancel()


async def test_a_stream_that_waits_for_a_start(tmp_path):
    """It is among them as a stream, with its caller, and its opening is what is cancelled."""
    write_link(tmp_path / "a", provides="A", more='start = "on-demand"', start_seconds=3)
    async with a_host(tmp_path) as host, trio.open_nursery() as nursery:

        async def cancel():
            (call,) = (await shown(host, 1)).values()
            assert (call.caller, call.state, call.is_streaming) == ("me", "queued", True)
            host.cancel_call("a", call.id)

        nursery.start_soon(cancel)
        with pytest.raises(CallCancelledError):
            async with host.stream("A.Any", {}, plugin="a", caller="me"):
                pass
        (entry,) = (await traffic_of(host).calls()).entries
        assert (entry.is_streaming, entry.outcome) == (True, "call-cancelled")


async def test_calls_of_a_grpc_plugin(tmp_path):
    """They are told apart like those of others: unary and streaming ones, that run or wait."""
    write_grpc(tmp_path / "streaming", "streaming", more="limits.max_inflight = 2")
    async with a_host(tmp_path) as host, trio.open_nursery() as nursery:
        ended = []

        async def wait(caller):
            try:
                await host.call("Streams.Wait", caller=caller, timeout=90)
            except CallCancelledError as error:
                ended.append((caller, str(error)))

        async with host.stream(
            "Streams.Count", {"to": 10**9, "pauseMs": 5}, caller="stream", timeout=90
        ) as stream:
            await anext(stream)
            nursery.start_soon(wait, "first")
            await shown(host, 2, plugin="streaming")
            nursery.start_soon(wait, "second")
            calls = await shown(host, 3, plugin="streaming")
            pid = host.plugin("streaming").pid
            assert {
                name: (each.method, each.state, each.pid, each.is_streaming) for name, each in calls.items()
            } == {
                "stream": ("Streams.Count", "running", pid, True),
                "first": ("Streams.Wait", "running", pid, False),
                "second": ("Streams.Wait", "queued", pid, False),
            }
            host.cancel_call("streaming", calls["second"].id, by="me")
            await shown(host, 2, plugin="streaming")
            await eventually(lambda: len(ended) == 1)
            host.cancel_call("streaming", calls["first"].id, by="me")
            await shown(host, 1, plugin="streaming")
            await eventually(lambda: len(ended) == 2)
            assert ended == [
                ("second", "the call was cancelled by me"),
                ("first", "the call was cancelled by me"),
            ]
            host.cancel_call("streaming", calls["stream"].id, by="me")
            with pytest.raises(CallCancelledError, match="by me"):
                async for _ in stream:
                    pass
        await shown(host, 0, plugin="streaming")
