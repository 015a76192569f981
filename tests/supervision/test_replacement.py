"""Replacements, step by step: in which order, and what is left when any step fails or is broken off."""

import pytest
import trio
from supervision_support import STILL, Exchange, World, refused, supervised

from hostcore.errors import HostError, ReloadError, UnavailableError
from hostcore.events import InstanceRecycled
from hostcore.manifest import HealthSpec, ReloadMode, ReloadSpec
from hostcore.snapshots import PluginState, Reason
from hostcore.supervision import RestartDecision

WANTED = Reason(code="wanted", text="somebody wants it")
MODES = list(ReloadMode)
DRAIN = 30.0


@pytest.fixture
def world():
    return World()


def new_version(world, mode, **manifest):
    return world.blueprint(reload=ReloadSpec(mode=mode, drain_timeout=DRAIN), **manifest)


async def replace(supervisor, world, mode, **manifest):
    world.steps.clear()
    await supervisor.replace(new_version(world, mode, **manifest), Exchange(world))


# -- in which order

ORDERS = {
    (ReloadMode.BLUE_GREEN, False): ["prepare 1", "start 1", "ping 1", "check", "swap", "stop 0"],
    (ReloadMode.BLUE_GREEN, True): [
        *("prepare 1", "start 1", "ping 1", "hold", "give 0", "take 1", "check", "swap", "stop 0"),
    ],
    (ReloadMode.RESTART, False): [
        *("prepare 1", "hold", "stop 0", "prepare 1", "start 1", "ping 1", "check", "swap"),
    ],
    (ReloadMode.RESTART, True): [
        *(
            "prepare 1",
            "hold",
            "give 0",
            "stop 0",
            "prepare 1",
            "start 1",
            "ping 1",
            "take 1",
            "check",
            "swap",
        ),
    ],
}


def named(steps):
    return [each if isinstance(each, str) else f"{each[1]} {each[0]}" for each in steps]


@pytest.mark.parametrize(("mode", "hands_over"), ORDERS)
async def test_the_order_of_the_steps(autojump_clock, world, mode, hands_over):
    """Each mode has its order: when calls wait, when the state is given, when the old process is stopped."""
    world.hands_over = hands_over
    async with supervised(world) as supervisor:
        world.processes[0].state = b"what it knows"
        await replace(supervisor, world, mode)
        await trio.sleep(1)
        assert named(world.steps) == ORDERS[mode, hands_over]
        assert world.alive == [1]
        assert world.processes[1].state == (b"what it knows" if hands_over else b"")
        assert (supervisor.state, supervisor.restarts, len(supervisor.instances)) == (PluginState.READY, 0, 1)
        assert supervisor.instances[0].incarnation == 2


async def test_without_pings_none_is_asked_for(autojump_clock, world):
    """A plugin whose manifest turns pings off takes over without one."""
    async with supervised(world) as supervisor:
        await replace(supervisor, world, ReloadMode.BLUE_GREEN, health=HealthSpec(interval=0))
        assert (1, "ping") not in world.steps
        assert world.serving == "new"


# -- what fails

STEPS = [(1, "prepare"), (1, "start"), (1, "ping"), (0, "give"), (1, "take"), "check"]


def break_step(world, step, fault):
    if step == "check":
        world.objection = refused("check")
    else:
        world.faults[step] = fault


@pytest.mark.parametrize("step", STEPS, ids=str)
@pytest.mark.parametrize("mode", MODES)
async def test_whatever_fails_the_old_version_serves(autojump_clock, world, mode, step):
    """The reason is raised, the old process serves on or is back with its state, no call waits, nothing else lives."""
    world.hands_over = True
    async with supervised(world) as supervisor:
        world.processes[0].state = b"what it knows"
        break_step(world, step, refused(step[1]))
        with pytest.raises(HostError, match="said nothing of use" if step == (1, "start") else "refused"):
            await replace(supervisor, world, mode)
        await trio.sleep(1)
        assert len(world.alive) == 1
        assert world.processes[world.alive[0]].state == b"what it knows"
        assert (world.serving, world.calls_wait) == ("old", False)
        assert (supervisor.state, supervisor.restarts) == (PluginState.READY, 0)
        assert [each.pid for each in supervisor.instances] == world.alive
        assert world.alive == [0] or (mode is ReloadMode.RESTART and (0, "stop") in world.steps)
        world.objection = None
        await replace(supervisor, world, mode)
        assert world.serving == "new"


@pytest.mark.parametrize("step", STEPS[1:-1], ids=str)
@pytest.mark.parametrize("who", ["new", "old"])
@pytest.mark.parametrize("mode", MODES)
async def test_whoever_crashes_at_whatever_step_one_serves(autojump_clock, world, mode, who, step):
    """A crash of either process leaves one that serves and no call that waits, whether the reload goes on or fails."""
    world.hands_over = True

    def crash():
        number = 1 if who == "new" else 0
        if number < len(world.processes):
            world.processes[number].end()

    async with supervised(world) as supervisor:
        world.faults[step] = crash
        try:
            await replace(supervisor, world, mode)
        except HostError:
            assert world.serving == "old"
        else:
            assert world.serving == "new"
        await trio.sleep(10)
        assert not world.calls_wait
        assert supervisor.state is PluginState.READY
        assert [each.pid for each in supervisor.instances] == world.alive
        assert len(world.alive) == 1


@pytest.mark.parametrize("mode", MODES)
async def test_a_successor_is_not_restarted(autojump_clock, world, mode):
    """What has not taken over yet is tried once: nobody is asked what follows its end, and no number of restarts grows."""
    async with supervised(world) as supervisor:
        world.faults[1, "start"] = refused("start")
        with pytest.raises(HostError):
            await replace(supervisor, world, mode)
        await trio.sleep(100)
        assert world.ends == []
        assert len(world.processes) == (2 if mode is ReloadMode.BLUE_GREEN else 3)
        await replace(supervisor, world, mode)
        assert world.ends == []
        world.processes[-1].end()
        await trio.sleep(10)
        assert [each.reason.code for each in world.ends] == ["exited"]
        assert supervisor.restarts == 1


@pytest.mark.parametrize("mode", MODES)
async def test_one_that_fails_fails_all(autojump_clock, world, mode):
    """All instances take over together or none does."""
    reload = ReloadSpec(mode=mode)
    async with supervised(world, instances=3, reload=reload) as supervisor:
        world.faults[4, "ping"] = refused("ping")
        with pytest.raises(HostError, match="ping was refused"):
            await replace(supervisor, world, mode, instances=3)
        await trio.sleep(1)
        assert len(supervisor.transports) == len(world.alive) == 3
        assert (world.alive == [0, 1, 2]) is (mode is ReloadMode.BLUE_GREEN)


async def test_incarnations_are_told_apart(autojump_clock, world):
    """Every process of an instance has a number of its own, also one that has never taken over."""
    async with supervised(world) as supervisor:
        world.faults[1, "ping"] = refused("ping")
        with pytest.raises(HostError):
            await replace(supervisor, world, ReloadMode.RESTART)
        assert supervisor.instances[0].incarnation == 3
        await supervisor.stop(WANTED)
        await supervisor.start()
        assert supervisor.instances[0].incarnation == 4


async def test_a_state_that_nobody_takes_back_is_told(autojump_clock, world):
    """An old version that comes back but does not take its state runs without, and the log says what was lost."""
    world.hands_over = True
    async with supervised(world) as supervisor:
        world.faults = {(1, "ping"): refused("ping"), (2, "take"): refused("take")}
        with pytest.raises(HostError, match="ping was refused"):
            await replace(supervisor, world, ReloadMode.RESTART)
        assert supervisor.state is PluginState.READY
        assert world.logs == [(0, "error", "its state is lost: take was refused")]


# -- what is broken off


@pytest.mark.parametrize(
    ("mode", "step"),
    [*((mode, step) for mode in MODES for step in STEPS[:-1]), (ReloadMode.RESTART, (0, "stop"))],
    ids=str,
)
@pytest.mark.parametrize("final", [False, True])
async def test_a_stop_breaks_off_whatever_step(autojump_clock, world, mode, step, final):
    """A stop ends all processes at once, at whatever step a replacement stands; the replacement says so."""
    world.hands_over = True
    async with supervised(world) as supervisor:
        world.faults[step] = STILL
        errors = []

        async def replace_in_vain():
            with pytest.raises(UnavailableError) as raised:
                await replace(supervisor, world, mode)
            errors.append(raised.value)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(replace_in_vain)
            await world.wait_still()
            if step == (0, "stop"):  # it is what the stop itself waits for
                world.processes[0].end()
            began = trio.current_time()
            await supervisor.stop(WANTED, final=final)
            assert trio.current_time() - began < 0.1
            assert world.alive == []
        assert len(errors) == 1
        assert (supervisor.is_alive, supervisor.has_processes, world.calls_wait) == (False, False, False)
        assert world.serving == "old"
        await supervisor.start()
        assert supervisor.is_alive is not final


@pytest.mark.parametrize("step", STEPS[:-1], ids=str)
@pytest.mark.parametrize("mode", MODES)
async def test_a_caller_who_goes_undoes_it(autojump_clock, world, mode, step):
    """When the caller is cancelled, at whatever step, the old version serves with its state, and nothing else lives."""
    world.hands_over = True
    async with supervised(world) as supervisor:
        world.processes[0].state = b"what it knows"
        world.faults[step] = STILL
        async with trio.open_nursery() as nursery:
            nursery.start_soon(replace, supervisor, world, mode)
            await world.wait_still()
            nursery.cancel_scope.cancel()
        assert (world.serving, world.calls_wait, supervisor.state) == ("old", False, PluginState.READY)
        assert [each.pid for each in supervisor.instances] == world.alive
        assert world.processes[world.alive[0]].state == b"what it knows"


@pytest.mark.parametrize("step", STEPS[1:-1], ids=str)
@pytest.mark.parametrize("mode", MODES)
async def test_a_host_that_ends_in_a_hurry_ends_it(autojump_clock, world, mode, step):
    """When the nursery of the processes is cancelled, whoever waits for a replacement gets an error and does not hang."""
    world.hands_over = True
    world.faults[step] = STILL

    async def replace_in_vain(supervisor):
        with pytest.raises(HostError):
            await replace(supervisor, world, mode)

    with trio.fail_after(1):
        async with trio.open_nursery() as callers:
            with trio.CancelScope() as scope:
                async with supervised(world) as supervisor:
                    callers.start_soon(replace_in_vain, supervisor)
                    await world.wait_still()
                    scope.cancel()
    assert (world.alive, world.calls_wait) == ([], False)


# -- waiting for each other


@pytest.mark.parametrize("mode", MODES)
async def test_calls_of_the_old_version_may_end(autojump_clock, world, mode):
    """The old process is not stopped before its last call has ended."""
    async with supervised(world) as supervisor:
        world.processes[0].in_flight = 1

        async def end_later():
            await trio.sleep(5)
            assert (0, "stop") not in world.steps
            world.processes[0].in_flight = 0

        async with trio.open_nursery() as nursery:
            nursery.start_soon(end_later)
            began = trio.current_time()
            await replace(supervisor, world, mode)
            took = trio.current_time() - began
        assert took == pytest.approx(0 if mode is ReloadMode.BLUE_GREEN else 5, abs=0.1)
        await trio.sleep(0.1)
        assert world.alive == [1]


@pytest.mark.parametrize("mode", MODES)
async def test_the_drain_has_an_end(autojump_clock, world, mode):
    """After `drain_timeout` the old process is stopped with the calls that it still has."""
    async with supervised(world) as supervisor:
        world.processes[0].in_flight = 1
        await replace(supervisor, world, mode)
        if mode is ReloadMode.BLUE_GREEN:
            assert [each.state for each in supervisor.instances] == [PluginState.READY, PluginState.DRAINING]
            await trio.sleep(DRAIN - 1)
            assert world.alive == [0, 1]
            await trio.sleep(2)
        assert world.alive == [1]


@pytest.mark.parametrize("mode", MODES)
async def test_a_busy_process_gives_no_state(autojump_clock, world, mode):
    """State is whole only when no call is under way: else the replacement fails after `drain_timeout`."""
    world.hands_over = True
    async with supervised(world) as supervisor:
        world.processes[0].in_flight = 2
        began = trio.current_time()
        with pytest.raises(ReloadError, match="still had 2 calls after 30 s"):
            await replace(supervisor, world, mode)
        assert trio.current_time() - began == pytest.approx(DRAIN, abs=0.1)
        assert (world.calls_wait, world.alive, (0, "give") in world.steps) == (False, [0], False)


async def test_two_generations_are_enough(autojump_clock, world):
    """While one generation finishes its calls the next replacement waits: never do three versions run."""
    async with supervised(world) as supervisor:
        world.processes[0].in_flight = 1
        await replace(supervisor, world, ReloadMode.BLUE_GREEN)
        began = trio.current_time()
        await replace(supervisor, world, ReloadMode.BLUE_GREEN)
        assert trio.current_time() - began == pytest.approx(DRAIN, abs=0.1)
        await trio.sleep(1)
        assert world.alive == [2]


async def test_a_stop_does_not_wait_for_a_drain(autojump_clock, world):
    """A stop ends also what finishes its last calls, at once; a host that closes is not kept by it."""
    async with supervised(world) as supervisor:
        world.processes[0].in_flight = 1
        await replace(supervisor, world, ReloadMode.BLUE_GREEN)
        began = trio.current_time()
        await supervisor.stop(WANTED)
        assert (trio.current_time() - began, world.alive) == (pytest.approx(0, abs=0.1), [])


async def test_a_stop_that_waits_goes_first(autojump_clock, world):
    """A replacement that was asked for before a stop, and whose turn comes when that waits, starts nothing any more."""
    async with supervised(world) as supervisor:
        await supervisor.stop(WANTED)
        world.faults[1, "start"] = STILL
        async with trio.open_nursery() as nursery:
            nursery.start_soon(supervisor.start)
            await world.wait_still()
            nursery.start_soon(replace, supervisor, world, ReloadMode.BLUE_GREEN)
            await trio.sleep(1)
            await supervisor.stop(WANTED)
        assert world.serving == "new"
        assert supervisor.blueprint.manifest.reload.drain_timeout == DRAIN
        assert (world.alive, len(world.processes), supervisor.is_alive) == ([], 2, False)


async def test_what_does_not_run_is_only_taken_over(autojump_clock, world):
    """Without a living instance the new version is known and nothing is started."""
    async with supervised(world) as supervisor:
        await supervisor.stop(WANTED)
        await replace(supervisor, world, ReloadMode.BLUE_GREEN)
        assert (world.steps, world.serving) == (["swap"], "new")
        await supervisor.start()
        assert world.alive == [1]


async def test_what_was_stopped_for_good_stays_so(autojump_clock, world):
    """After a final stop nothing is taken over: its host has forgotten the plugin."""
    async with supervised(world) as supervisor:
        await supervisor.stop(WANTED, final=True)
        with pytest.raises(UnavailableError, match="stopped for good"):
            await replace(supervisor, world, ReloadMode.BLUE_GREEN)
        assert (world.serving, world.steps) == ("old", [])


# -- the states of others


async def test_the_old_one_may_back_off(autojump_clock, world):
    """A new version takes the place of one that waits for its next start, which does not come any more."""
    world.after_end = lambda _: RestartDecision(delay=100)
    async with supervised(world) as supervisor:
        world.processes[0].end()
        await trio.sleep(1)
        assert supervisor.state is PluginState.BACKING_OFF
        await replace(supervisor, world, ReloadMode.BLUE_GREEN)
        assert supervisor.state is PluginState.READY
        await trio.sleep(1000)
        assert (world.alive, len(world.processes)) == ([1], 2)


async def test_a_crash_while_it_drains_is_the_end_of_it(autojump_clock, world):
    """A process that dies before its last calls have ended is not restarted, and its state says how it has ended."""
    async with supervised(world) as supervisor:
        world.processes[0].in_flight = 1
        await replace(supervisor, world, ReloadMode.BLUE_GREEN)
        world.processes[0].end()
        await trio.sleep(100)
        assert (world.alive, world.ends) == ([1], [])
        assert supervisor.last_exit.reason.code == "exited"


# -- recycling


@pytest.mark.parametrize("mode", MODES)
async def test_recycling_replaces_one(autojump_clock, world, mode):
    """Of several instances the one that was asked about makes room, and an event says why."""
    reload = ReloadSpec(mode=mode)
    async with supervised(world, instances=3, reload=reload) as supervisor:
        before = [each.pid for each in supervisor.instances]
        await supervisor.recycle(1, WANTED, Exchange(world))
        await trio.sleep(1)
        after = [each.pid for each in supervisor.instances]
        assert after == [before[0], 3, before[2]]
        assert world.alive == sorted(after)
        assert world.of_kind(InstanceRecycled) == [InstanceRecycled(plugin="p", instance=1, reason=WANTED)]
        assert supervisor.restarts == 0


@pytest.mark.parametrize("meanwhile", ["crash", "replace", "stop"])
async def test_recycling_comes_too_late(autojump_clock, world, meanwhile):
    """A process that was replaced or has ended while its recycling waited for its turn is not replaced once more."""
    async with supervised(world) as supervisor:
        world.faults[1, "start"] = STILL
        async with trio.open_nursery() as nursery:

            async def busy():
                with trio.move_on_after(5), pytest.raises(HostError):
                    await supervisor.replace(new_version(world, ReloadMode.BLUE_GREEN), Exchange(world))

            nursery.start_soon(busy)
            await world.wait_still()
            if meanwhile == "replace":
                nursery.start_soon(replace, supervisor, world, ReloadMode.BLUE_GREEN)
                await trio.sleep(0.1)
            nursery.start_soon(supervisor.recycle, 0, WANTED, Exchange(world))
            await trio.sleep(0.1)
            if meanwhile == "crash":
                world.processes[0].end()
            elif meanwhile == "stop":
                await supervisor.stop(WANTED)
            await trio.sleep(10)
        assert world.of_kind(InstanceRecycled) == []
        assert len(world.processes) == (2 if meanwhile == "stop" else 3)
        assert len(world.alive) == (0 if meanwhile == "stop" else 1)
