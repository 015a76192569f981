"""State that one process hands to the next: nothing of it is lost, and what cannot be handed over is not given up."""

import os

import pytest
import trio
from real_support import PATIENCE
from reload_support import (
    BLUE_GREEN,
    RESTART,
    TALLY,
    failed_reload,
    in_flight,
    left_behind,
    opened,
    resources,
    under_load,
    wait_event,
    write_version,
)

from hostcore.errors import ReloadError
from hostcore.events import InstanceRecycled, InstanceStateChanged
from hostcore.snapshots import PluginState

CALLERS = 8

both_modes = pytest.mark.parametrize("mode", [BLUE_GREEN, RESTART], ids=["blue-green", "restart"])


def write_shift(folder, version="1.0.0", more="", handover="keep", **environment):
    return write_version(folder, version, more, SHIFT_HANDOVER=handover, **environment)


def write_tally(folder, more=""):
    return write_version(folder, more=more, plugin_id="tally", program=TALLY, provides='Tally = "1.0"')


async def add(plugin, by=1):
    interface = plugin.id.capitalize()
    return (await plugin.call(f"{interface}.Add", {"by": by}))["total"]


@pytest.mark.parametrize(("mode", "reloads"), [(BLUE_GREEN, 20), (RESTART, 8)], ids=["blue-green", "restart"])
@pytest.mark.parametrize("write", [write_shift, write_tally], ids=["msgpack, concurrent", "json, one by one"])
async def test_no_update_is_lost(tmp_path, mode, reloads, write):
    """Eight callers count up while the plugin is reloaded again and again: each step of the counter is seen just once."""
    folder = write(tmp_path / "plugin", more=mode)
    async with opened(folder, data=tmp_path / "data") as plugin:
        before, totals = resources(), []

        async def count():
            totals.append(await add(plugin))

        with trio.fail_after(PATIENCE + 2 * reloads):
            async with under_load(count, callers=CALLERS) as load:
                for _ in range(reloads):
                    await plugin.host.reload(plugin.id)
                    await load.wait_calls(CALLERS)
        assert load.errors == []
        assert sorted(totals) == list(range(1, len(totals) + 1))
        assert len(totals) > reloads * CALLERS
        assert await add(plugin, 0) == len(totals)
        assert await left_behind(before) == {}


FAILURES = [
    pytest.param("refuse", "keep", "there is no state to give", id="the old one refuses"),
    pytest.param("huge", "keep", "5000016 bytes", id="the state is larger than a message may be"),
    pytest.param("keep", "cannot-read", "a version that I do not know", id="the new one cannot read it"),
    pytest.param("keep", "die", "exit status 8", id="the new one dies of it"),
]


@both_modes
@pytest.mark.parametrize(("old", "new", "words"), FAILURES)
async def test_what_cannot_be_handed_over_is_kept(tmp_path, mode, old, new, words):
    """When the state is not given or not taken, the reload fails, and the old version goes on with what it knows."""
    folder = write_shift(tmp_path / "shift", more=mode, handover=old)
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        assert await add(plugin, 7) == 7
        before, pid = resources(), plugin.snapshot().pid
        write_shift(folder, "1.1.0", mode, new)
        with trio.fail_after(PATIENCE), pytest.raises(ReloadError, match=words):
            await plugin.host.reload("shift")
        assert words in (await failed_reload(events)).reason.text
        assert await add(plugin, 1) == 8
        assert plugin.snapshot().version == "1.0.0"
        assert (plugin.snapshot().pid == pid) is (mode is BLUE_GREEN or old != "keep")
        assert await left_behind(before) == {}


async def test_a_version_that_cannot_start_gives_the_state_back(tmp_path):
    """In the mode `restart` the old version comes back with the state that it had given away already."""
    folder = write_shift(tmp_path / "shift", more=RESTART)
    async with opened(folder, data=tmp_path / "data") as plugin:
        assert await add(plugin, 7) == 7
        write_shift(folder, "1.1.0", RESTART, SHIFT_AT_START="exit")
        with pytest.raises(ReloadError, match="cannot start like this"):
            await plugin.host.reload("shift")
        assert await add(plugin, 1) == 8


@both_modes
async def test_state_is_not_taken_from_a_process_that_works(tmp_path, mode):
    """A call that outlasts `drain_timeout` keeps the state from being whole: the reload fails, calls that waited go on."""
    more = mode + "drain_timeout = 0.3\n"
    folder = write_shift(tmp_path / "shift", more=more)
    end = tmp_path / "end"
    async with opened(folder, data=tmp_path / "data") as plugin:
        pid = plugin.snapshot().pid
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(plugin.call, "Shift.Wait", {"file": str(end)})
                await in_flight(plugin, 1)
                async with under_load(lambda: add(plugin), callers=2) as load:
                    with pytest.raises(ReloadError, match=r"still had 1 calls after 0\.3 s"):
                        await plugin.host.reload("shift")
                    await load.wait_calls(4)
                end.touch()
        assert load.errors == []
        assert await add(plugin, 0) == load.calls
        assert plugin.snapshot().pid == pid


@both_modes
async def test_each_instance_hands_over_to_its_successor(tmp_path, mode):
    """Of several instances each keeps what it knew; one more begins with nothing, and what one fewer knew is missed."""
    folder = write_shift(tmp_path / "shift", more=f"instances = 2\n{mode}")
    async with opened(folder, data=tmp_path / "data") as plugin:

        async def totals():
            found = {}
            while len(found) < len([each for each in plugin.snapshot().instances if each.pid]):
                async with trio.open_nursery() as nursery:
                    for _ in range(8):

                        async def ask():
                            said = await plugin.call("Shift.Say", {"work": 0.01})
                            found[said["instance"]] = said["total"]

                        nursery.start_soon(ask)
            return found

        async with trio.open_nursery() as nursery:
            for by in (100, 1):
                nursery.start_soon(add, plugin, by)
        assert sorted((await totals()).values()) == [1, 100]
        before = await totals()
        write_shift(folder, "1.1.0", f"instances = 3\n{mode}")
        await plugin.host.reload("shift")
        assert await totals() == {**before, "2": 0}
        write_shift(folder, "1.2.0", f"instances = 1\n{mode}")
        await plugin.host.reload("shift")
        assert await totals() == {"0": before["0"]}
        lost = [each.message for each in plugin.logs() if "is gone with it" in each.message]
        assert [each[:23] for each in lost] == ["the state of instance 1", "the state of instance 2"]


@pytest.mark.parametrize(("old", "new"), [("keep", ""), ("", "keep")])
@both_modes
async def test_one_without_handover_begins_anew(tmp_path, mode, old, new):
    """Where only one side has the feature there is nothing to hand over, and no reason to fail."""
    folder = write_shift(tmp_path / "shift", more=mode, handover=old)
    async with opened(folder, data=tmp_path / "data") as plugin:
        assert await add(plugin, 7) == 7
        write_shift(folder, "1.1.0", mode, new)
        assert (await plugin.host.reload("shift")).version == "1.1.0"
        assert await add(plugin, 1) == 1


async def test_a_recycled_process_hands_over_too(tmp_path):
    """A process that is replaced for its age passes on what it knows, under load."""
    folder = write_shift(tmp_path / "shift", more="[health]\ninterval = 0.1\n[recycle]\nage = 1\n")
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        with trio.fail_after(PATIENCE):
            async with under_load(lambda: add(plugin), callers=4) as load:
                for _ in range(2):
                    await wait_event(events, InstanceRecycled)
        assert load.errors == []
        assert await add(plugin, 0) == load.calls


async def test_a_crash_hands_nothing_over(tmp_path):
    """What only the process knew is gone with it: a restart is no reload."""
    folder = write_shift(tmp_path / "shift", more="[restart]\nbackoff = 0.01\n")
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        assert await add(plugin, 7) == 7
        os.kill(plugin.snapshot().pid, 9)
        await wait_event(events, InstanceStateChanged, matching=lambda each: each.new is PluginState.READY)
        assert await add(plugin, 1) == 1
