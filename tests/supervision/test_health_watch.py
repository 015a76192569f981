"""Looks at a running process: what they see, and what is done about it."""

import pytest
import trio
from supervision_support import Exchange, World, supervised

from hostcore.events import PluginExited
from hostcore.manifest import HealthSpec, LimitsSpec, RecycleSpec, ReloadMode, ReloadSpec
from hostcore.policies import HealthChecks
from hostcore.snapshots import PluginState, Reason
from hostcore.supervision import HealthDecision, Usage, Verdict
from hostcore.supervision._instance import RECYCLE_AGAIN

S = PluginState
SPEC = HealthSpec(interval=10, timeout=2, misses=3, cpu=0.5)
ODD = Reason(code="odd", text="it looks odd")


@pytest.fixture
def world():
    return World()


def decide(verdict, reason=ODD):
    return lambda _: HealthDecision(verdict=verdict, reason=reason)


async def test_each_look_is_told(autojump_clock, world):
    """Every interval the decision is asked with what was seen: age, calls, missed pings, memory and CPU."""
    world.used = lambda pid: Usage(
        rss_bytes=1000 + pid, cpu_seconds=trio.current_time() * 2, at=trio.current_time()
    )
    async with supervised(world, health=SPEC, limits=LimitsSpec(memory=2**30)) as supervisor:
        world.processes[0].in_flight = 7
        await trio.sleep(41)
        ages = [each.age for each in world.looks]
        last = world.looks[-1]
        assert ages == pytest.approx([10, 20, 30, 40], abs=0.1)
        assert (last.plugin, last.instance, last.state, last.in_flight) == ("p", 0, S.READY, 7)
        assert (last.missed, last.rss_bytes, last.memory_limit) == (0, 1000, 2**30)
        assert last.cpu == pytest.approx((2, 2, 2))
        assert world.looks[0].cpu == ()
        instance = supervisor.instances[0]
        assert (instance.rss_bytes, instance.cpu) == (1000, pytest.approx(2))
        world.processes[0].in_flight = 0


async def test_misses_in_a_row_end_a_hung_process(autojump_clock, world):
    """Of three misses the first two degrade, the third kills; each takes an interval and a timeout."""
    world.after_look = HealthChecks().hostcore_decide_health
    async with supervised(world, health=SPEC) as supervisor:
        world.processes[0].misses = True
        await trio.sleep(11)
        assert supervisor.state is S.READY
        await trio.sleep(2)
        assert (supervisor.state, supervisor.reason.code) == (S.DEGRADED, "ping-missed")
        await trio.sleep(22)
        assert (supervisor.state, world.alive) == (S.DEGRADED, [0])
        await trio.sleep(1.1)
        assert world.alive == []
        assert (supervisor.state, supervisor.reason.code) == (S.BACKING_OFF, "hung")
        assert [new for _, new in world.instance_states][-3:] == [S.READY, S.DEGRADED, S.BACKING_OFF]
        assert world.of_kind(PluginExited)[-1].report.reason.code == "hung"
        await trio.sleep(1)
        assert supervisor.state is S.READY


async def test_an_answer_in_time_forgives(autojump_clock, world):
    """A ping that is answered begins the count anew, and the instance is ready again."""
    world.after_look = HealthChecks().hostcore_decide_health
    async with supervised(world, health=SPEC) as supervisor:
        for _ in range(5):
            world.processes[0].misses = True
            await trio.sleep(24.5)
            assert (supervisor.state, world.looks[-1].missed) == (S.DEGRADED, 2)
            world.processes[0].misses = False
            await trio.sleep(10)
            assert (supervisor.state, world.looks[-1].missed) == (S.READY, 0)
        assert world.alive == [0]


async def test_who_does_one_thing_at_a_time_is_not_pinged_at_work(autojump_clock, world):
    """While such a process works its silence means nothing; its memory is looked at all the same."""
    world.is_concurrent = False
    async with supervised(world, health=SPEC):
        process = world.processes[0]
        process.in_flight, process.misses = 1, True
        await trio.sleep(1001)
        assert len(world.looks) == 100
        assert {each.missed for each in world.looks} == {0}
        process.in_flight = 0
        await trio.sleep(13)
        assert world.looks[-1].missed == 1


async def test_without_pings_the_rest_is_looked_at(autojump_clock, world):
    """With an interval of 0 nothing is asked, and memory, CPU and age are looked at every ten seconds."""
    world.used = lambda _: Usage(rss_bytes=5, cpu_seconds=0.0, at=trio.current_time())
    async with supervised(world, health=HealthSpec(interval=0)):
        world.processes[0].misses = True
        await trio.sleep(31)
        assert [each.rss_bytes for each in world.looks] == [5, 5, 5]
        assert (0, "ping") not in world.steps


async def test_nobody_decides(autojump_clock, world):
    """Without an answer nothing is done, and a reason of before is taken back."""
    world.after_look = decide(Verdict.DEGRADED)
    async with supervised(world, health=SPEC) as supervisor:
        await trio.sleep(11)
        assert (supervisor.state, supervisor.reason) == (S.DEGRADED, ODD)
        world.after_look = lambda _: None
        await trio.sleep(10)
        assert (supervisor.state, world.alive) == (S.READY, [0])


async def test_a_process_is_asked_to_be_recycled_now_and_then(autojump_clock, world):
    """However often the verdict comes, one process is recycled once in ten minutes; its successor may be at once."""
    world.after_look = decide(Verdict.RECYCLE)
    async with supervised(world, health=SPEC, recycle=RecycleSpec(age=1)) as supervisor:
        await trio.sleep(RECYCLE_AGAIN - 1)
        assert (world.recycled, supervisor.state) == ([(0, "odd")], S.READY)
        await trio.sleep(30)
        assert world.recycled == [(0, "odd")] * 2
        world.processes[0].end()
        await trio.sleep(30)
        assert world.recycled == [(0, "odd")] * 3


async def test_health_is_no_trouble_of_the_next_process(autojump_clock, world):
    """A fresh process begins well, whatever was said of the one before."""
    world.after_look = decide(Verdict.DEGRADED)
    async with supervised(world, health=SPEC) as supervisor:
        await trio.sleep(11)
        world.processes[0].end()
        await trio.sleep(2)
        assert supervisor.state is S.READY


async def test_other_troubles_stay(autojump_clock, world):
    """An instance that is well is still degraded when it lacks something else."""
    lacks = Reason(code="dependency-lost", text="what it needs is gone")
    world.after_look = decide(Verdict.DEGRADED)
    async with supervised(world, health=SPEC) as supervisor:
        await trio.sleep(11)
        supervisor.set_trouble("dependencies", lacks)
        world.after_look = decide(Verdict.HEALTHY)
        await trio.sleep(10)
        assert (supervisor.state, supervisor.reason) == (S.DEGRADED, lacks)


async def test_what_drains_is_not_judged(autojump_clock, world):
    """A process that finishes its last calls is left alone: it ends soon anyway."""
    world.after_look = decide(Verdict.KILL)
    spec = HealthSpec(interval=3)
    async with supervised(world, health=spec) as supervisor:
        world.processes[0].in_flight = 1
        reload = ReloadSpec(mode=ReloadMode.BLUE_GREEN, drain_timeout=20)
        await supervisor.replace(world.blueprint(reload=reload), Exchange(world))
        await trio.sleep(9)
        assert (world.alive, world.looks) == ([0, 1], [])
