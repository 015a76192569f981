"""One instance from start to end: what follows an end, what it lacks, what is said of its starts."""

import math
import time

import pytest
import trio
from supervision_support import STILL, Exchange, World, refused, supervised

from hostcore.errors import HandshakeError, IncompatibleError
from hostcore.events import InstanceStateChanged, PluginExited
from hostcore.manifest import ReloadMode, ReloadSpec, RestartSpec
from hostcore.snapshots import PluginState, Reason
from hostcore.supervision import RestartDecision
from hostcore.transports import ExitStatus, LaunchFailure

WANTED = Reason(code="wanted", text="somebody wants it")
LACKS = Reason(code="dependency-lost", text="what it needs is gone")
S = PluginState


@pytest.fixture
def world():
    return World()


def states(world):
    return [new for _, new in world.instance_states]


async def test_an_end_is_followed_by_what_was_decided(autojump_clock, world):
    """The decision sees how the process ended and what came before; its delay passes, then the next process starts."""
    world.after_end = lambda context: RestartDecision(delay=10.0 * (1 + context.in_a_row), text="again")
    async with supervised(world, restart=RestartSpec(stable_after=50)) as supervisor:
        for number, wait in enumerate((10, 20)):
            world.processes[number].end()
            await trio.sleep(wait - 0.5)
            assert (supervisor.state, world.alive) == (S.BACKING_OFF, [])
            reason = supervisor.reason
            assert (reason.code, reason.text) == ("exited", "it has just ended; again")
            assert reason.until is not None
            # The time of day does not jump with the clock of the test.
            assert wait - 5 < reason.until - time.time() <= wait
            await trio.sleep(1)
            assert (supervisor.state, world.alive, supervisor.restarts) == (S.READY, [number + 1], number + 1)
        await trio.sleep(60)  # it is stable: the next end is the first again
        world.processes[2].end()
        await trio.sleep(0.5)
    assert [(each.in_a_row, len(each.restarts)) for each in world.ends] == [(0, 0), (1, 1), (0, 2)]
    assert all(not each.fatal and each.report is not None for each in world.ends)


@pytest.mark.parametrize(("failed", "state"), [(True, S.FAILED), (False, S.STOPPED)])
async def test_without_a_delay_it_is_over(autojump_clock, world, failed, state):
    """A decision against another start leaves it failed or stopped, with the reason."""
    world.after_end = lambda _: RestartDecision(delay=None, failed=failed, text="enough")
    async with supervised(world) as supervisor:
        world.processes[0].end()
        await trio.sleep(1000)
        assert (supervisor.state, supervisor.reason.text) == (state, "it has just ended; enough")
        assert (supervisor.is_alive, supervisor.restarts) == (False, 0)


@pytest.mark.parametrize("delay", [-1, math.nan, math.inf, 1e9])
def test_a_delay_is_a_number_of_seconds(delay):
    """An extension that decides on a wait that is none is told at once, and cannot hang or end a plugin by it."""
    with pytest.raises(ValueError, match="a delay is seconds from 0 to 604800"):
        RestartDecision(delay=delay)


@pytest.mark.parametrize(
    ("error", "fatal"),
    [
        (IncompatibleError("they have nothing in common"), True),
        (HandshakeError("it said nothing", details={"reason": "no-hello"}), True),
        (HandshakeError("it ended", details={"reason": "exited"}), False),
    ],
    ids=["incompatible", "no hello", "ended"],
)
async def test_a_start_that_fails_for_good(autojump_clock, world, error, fatal):
    """Whether another start can help is told to who decides; the error is kept for who has asked for the start."""
    async with supervised(world) as supervisor:
        world.faults[1, "start"] = error
        world.processes[0].end()
        await trio.sleep(1.5)
        assert [each.fatal for each in world.ends] == [False, fatal]
        assert supervisor.failure is error
        await trio.sleep(1)
        assert supervisor.failure is None


async def test_a_failed_start_with_a_process_has_a_report(autojump_clock, world):
    """What a process has said before it failed to say hello is in a report, with its number."""
    error = HandshakeError("it gave up")
    status = ExitStatus(exit_code=125, signal=None)
    error.launch = LaunchFailure(pid=99, status=status, stderr=("no licence",))
    async with supervised(world) as supervisor:
        world.faults[1, "start"] = error
        world.processes[0].end()
        await trio.sleep(1.5)
        report = world.of_kind(PluginExited)[-1].report
        assert (report.pid, report.incarnation, report.exit_code, report.stderr) == (
            99,
            2,
            125,
            ("no licence",),
        )
        assert supervisor.last_exit is report
        assert world.ends[-1].fatal


async def test_it_restarts_while_it_lacks_something(autojump_clock, world):
    """An instance that is degraded for another reason than its health may crash: it comes back, and still lacks it."""
    async with supervised(world) as supervisor:
        supervisor.set_trouble("dependencies", LACKS)
        assert (supervisor.state, supervisor.reason) == (S.DEGRADED, LACKS)
        world.processes[0].end()
        await trio.sleep(2)
        assert (supervisor.state, supervisor.reason, world.alive) == (S.DEGRADED, LACKS, [1])
        assert states(world)[-4:] == [S.BACKING_OFF, S.STARTING, S.READY, S.DEGRADED]
        supervisor.set_trouble("dependencies", None)
        assert supervisor.state is S.READY


async def test_only_another_state_is_an_event(autojump_clock, world):
    """A reason that changes while the state stays is shown, and is no change of state."""
    async with supervised(world) as supervisor:
        for text in ("one is gone", "two are gone"):
            supervisor.set_trouble("dependencies", Reason(code="dependency-lost", text=text))
            assert supervisor.reason.text == text
        told = world.of_kind(InstanceStateChanged)
        assert all(each.old is not each.new for each in told)
        assert states(world)[-1] is S.DEGRADED


@pytest.mark.parametrize("step", [(1, "prepare"), (1, "start")], ids=str)
async def test_a_stop_breaks_off_a_start(autojump_clock, world, step):
    """A start that stands still is left at once when somebody stops the plugin."""
    async with supervised(world) as supervisor:
        await supervisor.stop(WANTED)
        world.faults[step] = STILL
        async with trio.open_nursery() as nursery:
            nursery.start_soon(supervisor.start)
            await world.wait_still()
            began = trio.current_time()
            await supervisor.stop(WANTED)
            assert trio.current_time() - began < 0.1
        assert (world.alive, supervisor.state) == ([], S.STOPPED)


async def test_a_stop_breaks_off_the_wait_for_a_start(autojump_clock, world):
    """A plugin that waits for its next start is stopped without it."""
    world.after_end = lambda _: RestartDecision(delay=1000)
    async with supervised(world) as supervisor:
        world.processes[0].end()
        await trio.sleep(1)
        began = trio.current_time()
        await supervisor.stop(WANTED)
        assert (trio.current_time() - began, supervisor.state) == (pytest.approx(0, abs=0.1), S.STOPPED)


async def test_what_a_start_was_made_from_is_released(autojump_clock, world):
    """When its process has ended, whatever ended it; also when it was stopped, or failed, before it was ready."""
    world.after_end = lambda _: RestartDecision(delay=1)
    async with supervised(world) as supervisor:
        assert world.in_use == 1
        world.processes[0].end()
        await trio.sleep(5)
        assert (len(world.processes), world.in_use) == (2, 1)
        await supervisor.stop(WANTED)
        assert world.in_use == 0
        world.faults[2, "start"] = STILL
        async with trio.open_nursery() as nursery:
            nursery.start_soon(supervisor.start)
            await world.wait_still()
            await supervisor.stop(WANTED)
        assert world.in_use == 0


async def test_starts_take_turns(autojump_clock, world):
    """No more instances start at once than the host allows, those of a reload included."""
    async with supervised(world, starts=2) as supervisor:
        world.faults = {(number, "start"): 1.0 for number in range(1, 7)}
        began = trio.current_time()
        reload = ReloadSpec(mode=ReloadMode.BLUE_GREEN)
        await supervisor.replace(world.blueprint(instances=6, reload=reload), Exchange(world))
        assert trio.current_time() - began == pytest.approx(3, abs=0.1)
        assert len(supervisor.transports) == 6


async def test_a_fault_of_a_transport_ends_its_process_and_not_the_host(autojump_clock, world):
    """What a transport raises beside the errors that it may raise fails this start, and is told."""
    async with supervised(world) as supervisor:
        world.faults[1, "start"] = ZeroDivisionError("a bug of an extension")
        world.processes[0].end()
        await trio.sleep(1.5)
        assert [type(each) for each in world.failures] == [ZeroDivisionError]
        assert supervisor.reason.code == "transport-failed"
        await trio.sleep(2)
        assert supervisor.state is S.READY


async def test_the_latest_exit_is_the_latest_of_all(autojump_clock, world):
    """Reports of processes that were replaced count, too, whatever instance they were of."""
    async with supervised(world) as supervisor:
        world.processes[0].end()
        await trio.sleep(2)
        assert supervisor.last_exit.pid == 0
        reload = ReloadSpec(mode=ReloadMode.RESTART)
        await supervisor.replace(world.blueprint(reload=reload), Exchange(world))
        assert supervisor.last_exit.pid == 1
        world.faults[3, "start"] = refused("start")
        await supervisor.stop(WANTED)
        assert supervisor.last_exit.pid == 2
