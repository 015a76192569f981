"""What happens to those that require a plugin when it is unloaded, and commands that meet each other."""

import os
import random
import signal

import pytest
import trio
from fleet_support import (
    a_host,
    noted,
    pids,
    states,
    wait_for,
    wait_state,
    write_chain,
    write_link,
)
from real_support import PATIENCE

from hostcore.errors import (
    DependencyError,
    PluginNotFoundError,
    PluginRequiredError,
    UnavailableError,
)


async def test_an_unload_of_what_others_require_is_refused_with_the_list(tmp_path):
    """Nothing has happened then; with cascade all of them go, in reverse."""
    write_chain(tmp_path)
    write_link(tmp_path / "other", requires='A = { range = "^1.0", optional = true }')
    async with a_host(tmp_path) as host:
        with pytest.raises(PluginRequiredError, match="c is required by a, b") as caught:
            await host.unload("c")
        assert caught.value.details == {"required_by": ["a", "b"]}
        assert set(states(host).values()) == {"ready"}
        assert [host.dependents(each) for each in "cba"] == [("a", "b"), ("a",), ()]
        assert await host.unload("c", cascade=True) == ("a", "b", "c")
        with pytest.raises(PluginNotFoundError):
            host.dependents("c")
        assert noted(tmp_path, "stop", "end") == list("aabbcc")
        assert states(host) == {"other": "ready"}


async def test_what_somebody_else_provides_can_be_unloaded(tmp_path):
    """Who relied on it is started again with the other provider."""
    write_link(tmp_path / "one", provides="B")
    write_link(tmp_path / "two", provides="B")
    write_link(tmp_path / "user", requires='B = "^1.0"')
    async with a_host(tmp_path) as host:
        assert await host.unload("one") == ("one",)
        await wait_state(host, "user", "ready")
        assert noted(tmp_path, "ready")[-1] == "user"
        assert noted(tmp_path, "end") == ["user", "one"]


async def test_commands_on_what_is_being_unloaded_are_refused(tmp_path):
    """They neither hang nor bring it back; a load of the same id while it goes is refused, afterwards it works."""
    write_link(tmp_path / "b", provides="B")
    more = "[shutdown]\ngrace = 0.5\nterm_grace = 0.2\n"
    write_link(tmp_path / "a", provides="A", requires='B = "^1.0"', more=more)
    async with a_host(tmp_path) as host:
        os.kill(pids(host)["a"], signal.SIGSTOP)  # its stop takes all of its grace
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(host.unload, "a")
                await trio.testing.wait_all_tasks_blocked()
                for command in (host.start, host.stop, host.restart, host.disable, host.reset, host.unload):
                    with pytest.raises(PluginNotFoundError, match="a is being unloaded"):
                        await command("a")
                with pytest.raises(PluginNotFoundError, match="a is being unloaded"):
                    await host.configure("a", {})
        assert set(states(host)) == {"b"}
        assert (await host.load(tmp_path / "a")).state == "ready"


async def test_two_unloads_of_the_same_plugin(tmp_path):
    """One that takes along what another one is unloading already waits for it, and tells of it, too."""
    write_link(tmp_path / "b", provides="B")
    more = "[shutdown]\ngrace = 0.5\nterm_grace = 0.2\n"
    write_link(tmp_path / "a", provides="A", requires='B = "^1.0"', more=more)
    async with a_host(tmp_path) as host:
        os.kill(pids(host)["a"], signal.SIGSTOP)  # its stop takes all of its grace
        gone: list[tuple[str, ...]] = []

        async def unload(plugin_id: str) -> None:
            gone.append(await host.unload(plugin_id, cascade=True))

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(unload, "a")
                await trio.testing.wait_all_tasks_blocked()
                nursery.start_soon(unload, "b")
        assert sorted(gone) == [("a",), ("a", "b")]
        assert states(host) == {}
        for each in "ba":
            assert (await host.load(tmp_path / each)).state == "ready"


async def test_what_waits_when_its_plugin_goes_away_ends(tmp_path):
    """A command that waits for a start is over when the plugin is unloaded, stopped or disabled meanwhile."""
    write_link(tmp_path / "slow", start_seconds=20, more="[limits]\nstart_timeout = 60\n")
    for end in ("unload", "stop", "disable"):
        async with a_host(tmp_path, data=tmp_path / end, plugins=()) as host:
            told = []

            async def load(host=host, told=told):
                with pytest.raises((PluginNotFoundError, UnavailableError)) as caught:
                    await host.load(tmp_path / "slow")
                told.append(str(caught.value))

            with trio.fail_after(PATIENCE):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(load)
                    await wait_for(host, lambda host=host: states(host).get("slow") == "starting")
                    await getattr(host, end)("slow")
            assert len(told) == 1


async def test_a_caller_that_is_cancelled_leaves_the_command_to_the_host(tmp_path):
    """What was asked for is done, whoever waits for it: a start goes on, and a stop ends."""
    write_link(tmp_path / "a", start_seconds=0.3)
    async with a_host(tmp_path, plugins=()) as host:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.load, tmp_path / "a")
            await wait_for(host, lambda: states(host).get("a") == "starting")
            nursery.cancel_scope.cancel()
        await wait_state(host, "a", "ready")
        with trio.CancelScope() as scope:
            scope.cancel()
            await host.stop("a")
        assert states(host) == {"a": "ready"}  # it had not asked yet
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.stop, "a")
            await wait_for(host, lambda: host.plugin("a").wanted == "stopped")
            nursery.cancel_scope.cancel()
        await wait_state(host, "a", "stopped")


async def test_commands_at_once_end_as_if_one_came_after_the_other(tmp_path):
    """Whatever was asked for last is what is wanted, and what runs fits to it."""
    write_chain(tmp_path)
    async with a_host(tmp_path) as host:
        for seed in range(6):
            chance = random.Random(seed)

            async def command(chance=chance):
                for _ in range(3):
                    what = chance.choice([host.start, host.stop, host.restart, host.disable, host.enable])
                    try:
                        await what(chance.choice("abc"))
                    except (DependencyError, UnavailableError):
                        await trio.lowlevel.checkpoint()

            with trio.fail_after(PATIENCE):
                async with trio.open_nursery() as nursery:
                    for _ in range(4):
                        nursery.start_soon(command)
                for each in "cba":
                    await host.enable(each)
            await wait_for(host, lambda: set(states(host).values()) == {"ready"})
