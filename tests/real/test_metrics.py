"""The host's figures for monitoring systems, of real plugins."""

import os
import signal
from pathlib import Path

import pytest
import trio
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from real_support import ECHO, PATIENCE, echo_with

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostcore.errors import CallFailedError, CallTimedOutError, CrashedError, InvalidParamsError
from hostcore.events import PluginExited
from hostcore.metrics import OPENMETRICS, expose
from hostcore.testing import open_plugin

MISBEHAVING = Path(__file__).parents[2] / "plugins" / "misbehaving"
EXTENSION = """
from hostcore.hooks import hookimpl
from hostcore.metrics import MetricFamily, MetricKind, Sample

def gauge(name):
    return MetricFamily(name=name, kind=MetricKind.GAUGE, help="Mine.", samples=(Sample(value=7),))

class Mine:
    @hookimpl
    def hostcore_provide_metrics(self, host):
        return [gauge("my_things"), gauge("polyhost_plugins")]
"""
"""It offers one metric of its own, and one whose name is taken."""


def read(host):
    """Return the samples as another program reads them: name to labels to value."""
    found = {}
    for family in text_string_to_metric_families(expose(host.metrics(), media_type=OPENMETRICS)):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


async def test_calls_are_counted_by_outcome(tmp_path):
    """Each call has one outcome, and its duration is in the histogram of its method; unknown methods make no labels."""
    async with open_plugin(ECHO, data=tmp_path) as plugin:
        for n in range(3):
            await plugin.call("Echo.Say", {"n": n})
        with pytest.raises(CallTimedOutError):
            await plugin.call("Echo.Sleep", {"seconds": 30}, timeout=0.1)
        with pytest.raises(Exception, match="NoSuchMethod"):
            await plugin.call("Echo.NoSuchMethod")
        found = read(plugin.host)
    calls = found["polyhost_plugin_calls_total"]
    counted = {labels[1:]: value for labels, value in calls.items() if value}
    assert sum(counted.values()) == sum(found["polyhost_plugin_call_duration_seconds_count"].values())
    assert {outcome for _, outcome in counted} >= {"ok", "call-timed-out"}
    assert not any("NoSuchMethod" in method for method, _ in counted)
    assert found["polyhost_plugin_calls_in_flight"] == {("echo",): 0}


async def test_plugins_are_shown_as_they_are(tmp_path):
    """State, processes, memory, CPU time, restarts and exits are those of the real processes."""
    folder = echo_with(tmp_path / "echo", "[health]\ninterval = 0.1\n[restart]\nbackoff = 0.01\n")
    async with open_plugin(folder, data=tmp_path / "data") as plugin:
        with trio.fail_after(PATIENCE):
            while not read(plugin.host)["polyhost_plugin_resident_memory_bytes"]["echo",]:  # noqa: ASYNC110 - a figure rings no bell
                await trio.sleep(0.05)
        before = read(plugin.host)
        assert before["polyhost_plugin_state"]["echo", "ready"] == 1
        assert sum(before["polyhost_plugin_state"].values()) == 1
        assert before["polyhost_plugins"]["ready",] == 1
        assert before["polyhost_plugin_processes"]["echo",] == 1
        assert before["polyhost_plugin_resident_memory_bytes"]["echo",] > 2**20
        assert before["polyhost_plugin_restarts_total"]["echo",] == 0
        async with plugin.host.events() as events:
            os.kill(plugin.snapshot().pid, signal.SIGKILL)
            with trio.fail_after(PATIENCE):
                while not isinstance((await anext(events)).event, PluginExited):
                    pass
        await plugin.wait_for(plugin.snapshot().state.READY, after=1)
        with trio.fail_after(PATIENCE):
            while not read(plugin.host).get("polyhost_plugin_exits_total"):  # noqa: ASYNC110 - extensions are told a moment later
                await trio.sleep(0.01)
        after = read(plugin.host)
        assert after["polyhost_plugin_exits_total"] == {("echo", "exited"): 1}
        assert after["polyhost_plugin_restarts_total"]["echo",] == 1
        cpu = "polyhost_plugin_cpu_seconds_total"
        assert after[cpu]["echo",] >= before[cpu]["echo",]
        assert after["polyhost_events_total"][()] > before["polyhost_events_total"][()]
        assert after["process_resident_memory_bytes"][()] > 2**20
        assert after["process_open_fds"][()] > 3
        assert after["process_start_time_seconds"][()] <= plugin.host.started_at + 1
        await plugin.host.unload("echo")
        with trio.fail_after(PATIENCE):
            while read(plugin.host).get("polyhost_plugin_exits_total"):  # noqa: ASYNC110 - as above
                await trio.sleep(0.01)
        assert not any(labels[:1] == ("echo",) for each in read(plugin.host).values() for labels in each)


async def test_extensions_add_their_own(tmp_path, monkeypatch):
    """Their families are among the host's; a name that is taken is refused, and told."""
    (tmp_path / "my_metrics.py").write_text(EXTENSION)
    monkeypatch.syspath_prepend(tmp_path)
    config = HostConfig(data=tmp_path / "data", extensions=ExtensionsConfig(load=("my_metrics:Mine",)))
    async with open_host(config) as host:
        names = [each.name for each in host.metrics()]
        assert names == sorted(names)
        assert "my_things" in names
        (mine,) = [each for each in host.extensions() if each.origin == "loaded"]
        assert mine.failures == 1
        assert "there is a metric polyhost_plugins already" in mine.last_error


async def test_without_the_policy_there_are_none(tmp_path):
    """The host's own figures are those of an extension that can be left out."""
    config = HostConfig(data=tmp_path, extensions=ExtensionsConfig(disable=("host_metrics", "traffic_log")))
    async with open_host(config) as host:
        assert host.metrics() == ()


async def test_streams_and_refused_calls_are_calls(tmp_path):
    """What is refused before it is sent has an outcome, and so have streams, whole ones and those that are left."""
    async with open_plugin(MISBEHAVING, data=tmp_path) as plugin:
        with pytest.raises(InvalidParamsError):
            await plugin.call("Misbehaving.Slow", {"seconds": "long"})
        with pytest.raises(CallFailedError):
            await plugin.call("Misbehaving.Fail")
        async with plugin.stream("Misbehaving.Count", {"to": 2}) as stream:
            assert [item async for item in stream]
            assert read(plugin.host)["polyhost_plugin_calls_in_flight"] == {("misbehaving",): 1}
        async with plugin.stream("Misbehaving.Count", {"to": 1000}) as stream:
            await anext(stream)
        with pytest.raises(CrashedError):
            await plugin.call("Misbehaving.Crash", {"signal": "SIGKILL"})
        calls = read(plugin.host)["polyhost_plugin_calls_total"]
    assert {labels[1:]: value for labels, value in calls.items() if value} == {
        ("Misbehaving.Slow", InvalidParamsError.code): 1,
        ("Misbehaving.Fail", CallFailedError.code): 1,
        ("Misbehaving.Count", "ok"): 1,
        ("Misbehaving.Count", "cancelled"): 1,
        ("Misbehaving.Crash", CrashedError.code): 1,
    }
