"""Reloads of real processes: no call fails, and nothing is left behind."""

import pytest
import trio
from real_support import PATIENCE, echo_with, is_gone
from reload_support import (
    BLUE_GREEN,
    RESTART,
    failed_reload,
    in_flight,
    left_behind,
    opened,
    resources,
    under_load,
    wait_event,
    wait_until,
    write_version,
)

from hostcore.errors import (
    CallTimedOutError,
    HandshakeError,
    HostError,
    ReloadError,
    UnavailableError,
)
from hostcore.events import InstanceStateChanged, PluginReloaded
from hostcore.snapshots import PluginState

CALLERS = 16

few_or_many = pytest.mark.parametrize(
    "reloads", [15, pytest.param(200, marks=pytest.mark.long)], ids=["few", "many"]
)


# -- many reloads


@few_or_many
@pytest.mark.parametrize("mode", [BLUE_GREEN, RESTART], ids=["blue-green", "restart"])
async def test_no_call_fails_by_reloads(tmp_path, reloads, mode):
    """Under 16 callers one reload follows the other: each call has its result, and nothing is left of the old ones."""
    folder = write_version(tmp_path / "shift", more=mode)
    async with opened(folder, data=tmp_path / "data") as plugin:
        before = resources()
        pids = {plugin.snapshot().pid}
        with trio.fail_after(PATIENCE + 2 * reloads):
            async with under_load(lambda: plugin.call("Shift.Say", {"n": 1}), callers=CALLERS) as load:
                for _ in range(reloads):
                    pids.add((await plugin.host.reload("shift")).pid)
                    await load.wait_calls(1)
            assert load.errors == []
        assert len(pids) == reloads + 1
        assert load.calls > reloads
        assert await left_behind(before) == {}
        now = plugin.snapshot()
        assert (now.restarts, now.state, len(now.instances)) == (0, PluginState.READY, 1)


@few_or_many
async def test_versions_that_crash_at_start_change_nothing(tmp_path, reloads):
    """Under 16 callers each reload says why it fails, in an error and in an event, and the old process answers each call."""
    folder = write_version(tmp_path / "shift")
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        before = resources()
        old = plugin.snapshot()
        write_version(folder, "1.1.0", SHIFT_AT_START="exit")
        with trio.fail_after(PATIENCE + 2 * reloads):
            async with under_load(lambda: plugin.call("Shift.Say", {}), callers=CALLERS) as load:
                for _ in range(reloads):
                    with pytest.raises(ReloadError, match="cannot start like this") as raised:
                        await plugin.host.reload("shift")
                    event = await failed_reload(events)
                    assert (event.version, event.reason.code) == ("1.1.0", "handshake-failed")
                    assert "exit status 3" in event.reason.text
                    await load.wait_calls(1)
            assert load.errors == []
        assert "shift 1.1.0 did not take over" in str(raised.value)
        assert "the old version serves on" in str(raised.value)
        assert await left_behind(before) == {}
        now = plugin.snapshot()
        assert (now.pid, now.version, now.restarts, now.state) == (old.pid, "1.0.0", 0, PluginState.READY)


async def test_instances_are_replaced_together_and_their_number_may_change(tmp_path):
    """All instances make room for those of the new version, which may be more or fewer; no call fails."""
    folder = write_version(tmp_path / "shift", more="instances = 2\n")
    async with opened(folder, data=tmp_path / "data") as plugin:
        async with under_load(lambda: plugin.call("Shift.Say", {}), callers=8) as load:
            for number, version in [(4, "2.0.0"), (1, "3.0.0"), (3, "4.0.0")]:
                old = {each.pid for each in plugin.snapshot().instances}
                write_version(folder, version, f"instances = {number}\n")
                await plugin.host.reload("shift")
                living = [each for each in plugin.snapshot().instances if each.state is PluginState.READY]
                assert [each.index for each in living] == list(range(number))
                assert not old & {each.pid for each in living}
                await load.wait_calls(50)
                said = await plugin.call("Shift.Say", {})
                assert (said["version"], said["pid"]) == (version, living[int(said["instance"])].pid)
        assert load.errors == []


# -- the mode for what only one process can have


async def test_an_owner_makes_room_while_calls_wait(tmp_path):
    """In the mode `restart` old and new never run at once; calls wait, and one that has too little time times out."""
    owned = str(tmp_path / "owned")
    folder = write_version(tmp_path / "shift", more=RESTART, SHIFT_OWNS=owned)
    async with opened(folder, data=tmp_path / "data") as plugin:
        outcomes = {}

        async def call(name, timeout):
            try:
                outcomes[name] = await plugin.call("Shift.Say", {}, timeout=timeout)
            except HostError as error:
                outcomes[name] = error

        write_version(folder, "1.1.0", RESTART, SHIFT_OWNS=owned)
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery, plugin.host.events() as events:
                nursery.start_soon(lambda: plugin.host.reload("shift"))
                await wait_event(events, InstanceStateChanged, matching=lambda each: each.new == "stopping")
                nursery.start_soon(call, "patient", 10)
                nursery.start_soon(call, "hasty", 0.001)
        assert outcomes["patient"]["version"] == "1.1.0"
        assert isinstance(outcomes["hasty"], CallTimedOutError)


async def test_in_blue_green_an_owner_cannot_be_replaced(tmp_path):
    """What the mode `restart` is for: beside the old process the new one does not get what they both want to own."""
    owned = str(tmp_path / "owned")
    folder = write_version(tmp_path / "shift", SHIFT_OWNS=owned)
    async with opened(folder, data=tmp_path / "data") as plugin:
        with pytest.raises(ReloadError, match="belongs to somebody else"):
            await plugin.host.reload("shift")
        assert (await plugin.call("Shift.Say", {}))["pid"] == plugin.snapshot().pid


# -- calls that are under way


@pytest.mark.parametrize("mode", [BLUE_GREEN, RESTART], ids=["blue-green", "restart"])
async def test_a_long_call_ends_where_it_began(tmp_path, mode):
    """A call that runs when its plugin is reloaded is answered by the old process; blue-green, the new one serves already."""
    folder = write_version(tmp_path / "shift", more=mode)
    async with opened(folder, data=tmp_path / "data") as plugin:
        old = plugin.snapshot().pid
        end = tmp_path / "end"
        ended = []

        async def long_call():
            ended.append(await plugin.call("Shift.Wait", {"file": str(end)}, timeout=PATIENCE))

        async def let_it_end():
            await trio.sleep(0.5)  # long enough for a reload that would not wait for it
            end.touch()

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(long_call)
                await in_flight(plugin, 1)
                write_version(folder, "1.1.0", mode)
                if mode is RESTART:
                    nursery.start_soon(let_it_end)
                new = await plugin.host.reload("shift")
                said = await plugin.call("Shift.Say", {})
                assert (said["version"], said["pid"]) == ("1.1.0", new.pid)
                assert bool(ended) is (mode is RESTART)
                states = {each.pid: each.state for each in plugin.snapshot().instances}
                if mode is BLUE_GREEN:
                    assert states == {new.pid: PluginState.READY, old: PluginState.DRAINING}
                end.touch()
        assert ended == [{"version": "1.0.0", "pid": old}]
        await wait_until(lambda: is_gone(old))
        assert plugin.snapshot().pid == new.pid


@pytest.mark.parametrize(
    ("mode", "handover"), [(RESTART, ""), (BLUE_GREEN, "keep")], ids=["restart", "handover"]
)
async def test_a_call_back_does_not_wait_for_itself(tmp_path, mode, handover):
    """A plugin that is called back by what it calls is not replaced before that, and its call back is not held."""
    more = '[requires.interfaces]\nOther = { range = "^1.0", optional = true }\n'
    folder = write_version(tmp_path / "shift", more=more + mode, SHIFT_HANDOVER=handover)
    other = write_version(
        tmp_path / "other",
        more='[requires.interfaces]\nShift = "^1.0"\n',
        plugin_id="other",
        provides='Other = "1.0"',
        SHIFT_INTERFACE="Other",
    )
    async with opened(other, beside=[folder], data=tmp_path / "data") as opened_last:
        host, answers = opened_last.host, []

        async def ask():
            back = {"work": 0.5, "of": "shift", "method": "Shift.Say", "params": {}}
            there = {"work": 0, "of": "other", "method": "Other.Ask", "params": back}
            answers.append(await host.call("Shift.Ask", there))

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(ask)
                await wait_until(lambda: host.plugin("shift").instances[0].in_flight)
                write_version(folder, "1.1.0", more + mode, SHIFT_HANDOVER=handover)
                await host.reload("shift")
                assert (await host.call("Shift.Say", {}))["version"] == "1.1.0"
        assert [each["version"] for each in answers] == ["1.0.0"]


@pytest.mark.parametrize("mode", ["blue-green", "restart"])
async def test_after_the_drain_timeout_calls_are_cut_off(tmp_path, mode):
    """A call that outlasts `drain_timeout` fails as by a stop, and the old process ends."""
    more = f'[reload]\nmode = "{mode}"\ndrain_timeout = 0.3\n[shutdown]\ngrace = 0.3\n'
    folder = write_version(tmp_path / "shift", more=more)
    async with opened(folder, data=tmp_path / "data") as plugin:
        before, old = resources(), plugin.snapshot().pid
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:

                async def long_call():
                    with pytest.raises(UnavailableError):
                        await plugin.call("Shift.Sleep", {"seconds": 1000}, timeout=1000)

                nursery.start_soon(long_call)
                await in_flight(plugin, 1)
                await plugin.host.reload("shift")
        assert await left_behind(before) == {}
        assert is_gone(old)
        report = plugin.snapshot().last_exit
        assert (report.pid, report.reason.code) == (old, "reloaded" if mode == "blue-green" else "reloading")


async def test_a_stream_goes_on_over_a_reload(tmp_path):
    """A stream stays with the process that it began on, to its last item; the next one is the new version's."""
    folder = write_version(tmp_path / "shift")
    async with opened(folder, data=tmp_path / "data") as plugin:
        with trio.fail_after(PATIENCE):
            async with plugin.stream("Shift.Count", {"to": 10, "pause": 0.03}) as stream:
                items = [await anext(stream)]
                write_version(folder, "1.1.0")
                await plugin.host.reload("shift")
                items += [each async for each in stream]
            assert [each["number"] for each in items] == list(range(10))
            assert {each["version"] for each in (*items, stream.result)} == {"1.0.0"}
            async with plugin.stream("Shift.Count", {"to": 1, "pause": 0}) as stream:
                assert [each["version"] async for each in stream] == ["1.1.0"]


# -- reloads of what does not serve


async def test_a_reload_mends_what_has_failed(tmp_path):
    """A plugin that has failed runs as soon as a version is there that can; one that cannot says why."""
    folder = write_version(tmp_path / "shift")
    async with opened(folder, data=tmp_path / "data") as plugin:
        with pytest.raises(HostError):
            await plugin.call("Shift.Exit", {"code": 125})
        await plugin.wait_for(PluginState.FAILED)
        write_version(folder, "1.1.0", SHIFT_AT_START="give-up")
        with pytest.raises(HandshakeError, match="exit status 125"):
            await plugin.host.reload("shift")
        write_version(folder, "1.2.0")
        mended = await plugin.host.reload("shift")
        assert (mended.state, mended.version) == (PluginState.READY, "1.2.0")


async def test_a_reload_mends_what_backs_off(tmp_path):
    """A version that can start takes the place of one that waits for its next start, and is not restarted with it."""
    folder = write_version(tmp_path / "shift", more="[restart]\nbackoff = 30\n")
    async with opened(folder, data=tmp_path / "data") as plugin:
        with pytest.raises(HostError):
            await plugin.call("Shift.Exit", {"code": 1})
        await plugin.wait_for(PluginState.BACKING_OFF)
        write_version(folder, "1.1.0", SHIFT_AT_START="exit")
        with pytest.raises(ReloadError) as raised:
            await plugin.host.reload("shift")
        assert "serves on" not in str(raised.value)
        assert plugin.snapshot().state is PluginState.BACKING_OFF
        write_version(folder, "1.2.0")
        mended = await plugin.host.reload("shift")
        assert (mended.state, mended.version) == (PluginState.READY, "1.2.0")
        await wait_until(lambda: len(plugin.snapshot().instances) == 1)


@pytest.mark.parametrize("how", ["stop", "disable"])
async def test_what_is_to_rest_is_read_and_not_started(tmp_path, how):
    """A stopped or disabled plugin is taken over as its folder has it now; its next start is of the new version."""
    folder = write_version(tmp_path / "shift")
    async with opened(folder, data=tmp_path / "data") as plugin:
        rests = await getattr(plugin.host, how)("shift")
        write_version(folder, "1.1.0")
        read = await plugin.host.reload("shift")
        assert (read.state, read.version, read.pid) == (rests.state, "1.1.0", None)
        started = await (plugin.host.enable if how == "disable" else plugin.host.start)("shift")
        assert (started.state, started.version) == (PluginState.READY, "1.1.0")
        assert (await plugin.call("Shift.Say", {}))["version"] == "1.1.0"


async def test_a_reload_waits_for_a_start_under_way(tmp_path):
    """A reload during a start comes after it."""
    folder = write_version(tmp_path / "shift")
    async with opened(folder, data=tmp_path / "data") as plugin:
        await plugin.host.stop("shift")
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(plugin.host.start, "shift")
                await plugin.wait_for(PluginState.STARTING)
                write_version(folder, "1.1.0")
                assert (await plugin.host.reload("shift")).version == "1.1.0"
        now = plugin.snapshot()
        assert (now.state, now.version, now.instances[0].incarnation) == (PluginState.READY, "1.1.0", 3)


# -- more than one thing at once


@pytest.mark.parametrize("mode", [BLUE_GREEN, RESTART], ids=["blue-green", "restart"])
async def test_reloads_of_one_plugin_come_one_after_the_other(tmp_path, mode):
    """Reloads at once are each carried out; the last leaves what the folder held last."""
    folder = write_version(tmp_path / "shift", more=mode)
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        before = resources()
        with trio.fail_after(PATIENCE):
            async with (
                under_load(lambda: plugin.call("Shift.Say", {}), callers=4) as load,
                trio.open_nursery() as nursery,
            ):
                for number in range(1, 5):
                    write_version(folder, f"1.{number}.0", mode)
                    nursery.start_soon(plugin.host.reload, "shift")
                    await trio.sleep(0.02)
            assert load.errors == []
            told = [await wait_event(events, PluginReloaded) for _ in range(4)]
        assert [each.old_version for each in told] == ["1.0.0", *(each.version for each in told[:-1])]
        assert told[-1].version == "1.4.0"
        assert (await plugin.call("Shift.Say", {}))["version"] == "1.4.0"
        assert await left_behind(before) == {}


async def test_recycling_that_waited_for_a_reload_changes_nothing(tmp_path):
    """A process that becomes too old while its successor comes up is not replaced twice, nor by what it was made from."""
    more = "[health]\ninterval = 0.1\n[recycle]\nage = 1\n"
    folder = write_version(tmp_path / "shift", more=more)
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        write_version(folder, "1.1.0", SHIFT_AT_START="slow")  # it takes longer than the age that is allowed
        with trio.fail_after(PATIENCE):
            async with under_load(lambda: plugin.call("Shift.Say", {}), callers=2) as load:
                await plugin.host.reload("shift")
                await load.wait_calls(10)
        assert load.errors == []
        said = await plugin.call("Shift.Say", {})
        assert (said["version"], said["pid"]) == ("1.1.0", plugin.snapshot().pid)
        assert plugin.snapshot().instances[0].incarnation == 2
        assert (await wait_event(events, PluginReloaded)).version == "1.1.0"


async def test_a_plugin_without_a_library_reloads_as_well(tmp_path):
    """A plugin that speaks JSON and does one thing at a time is reloaded under load like any other."""
    folder = echo_with(tmp_path / "echo")
    async with opened(folder, data=tmp_path / "data") as plugin:
        before = resources()
        with trio.fail_after(PATIENCE):
            async with under_load(lambda: plugin.call("Echo.Say", {"n": 1}), callers=CALLERS) as load:
                for _ in range(5):
                    await plugin.host.reload("echo")
                    await load.wait_calls(CALLERS)
        assert load.errors == []
        assert await left_behind(before) == {}
