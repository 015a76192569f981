"""Who is picked: all plugins are known before anybody is, and who has failed for good makes way for another one."""

import os
import signal

import trio
from fleet_support import a_host, noted, states, wait_for, wait_state, write_link
from real_support import PATIENCE

from hostcore.events import PluginStateChanged
from hostcore.snapshots import PluginState


async def test_nobody_is_planned_before_all_are_known(tmp_path):
    """A start in which everything is well shows no failed plugin, though most come before what they require."""
    for number in range(20):
        requires = f'I{number + 1} = "^1.0"' if number < 19 else ""
        write_link(tmp_path / f"p{number:02}", provides=f"I{number}", requires=requires)
    async with a_host(tmp_path) as host:
        assert set(states(host).values()) == {"ready"}
        seen = []
        async with host.events(after=0) as events:
            while not seen or seen[-1].sequence < host.last_event:
                seen.append(await anext(events))
        shown = {each.event.new for each in seen if isinstance(each.event, PluginStateChanged)}
    assert shown == {PluginState.WAITING, PluginState.STARTING, PluginState.READY}
    assert noted(tmp_path, "ready") == [f"p{number:02}" for number in reversed(range(20))]


async def test_a_provider_that_has_failed_for_good_makes_way(tmp_path):
    """The best provider cannot start: the next best is picked, and the plugin runs."""
    write_link(tmp_path / "user", requires='S = "^1.0"')
    write_link(tmp_path / "good", interfaces={"S": "1.0"}, more='[provides]\nS = "1.0"\n')
    broken = write_link(tmp_path / "broken", more='[restart]\nmode = "temporary"\n[provides]\nS = "1.5"\n')
    manifest = broken / "plugin.toml"
    manifest.write_text(manifest.read_text().replace('"python3", "-I"', '"false", "-I"'))
    async with a_host(tmp_path) as host:
        await wait_for(host, lambda: states(host)["user"] == "ready")
        assert states(host) == {"broken": "failed", "good": "ready", "user": "ready"}
        (need,) = host.start_order().of("user")
        assert need.provider == "good"


async def test_a_start_waits_for_a_plugin_that_restarts_by_itself(tmp_path):
    """A command that comes in the middle of a restart waits for its outcome."""
    write_link(
        tmp_path / "slow", provides="S", start_seconds=0.5, more="[restart]\nbackoff = 0.01\njitter = 0\n"
    )
    async with a_host(tmp_path) as host:
        os.kill(host.plugin("slow").pid, signal.SIGKILL)
        await wait_state(host, "slow", PluginState.STARTING)
        with trio.fail_after(PATIENCE):
            assert (await host.start("slow")).state is PluginState.READY
