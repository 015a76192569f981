"""Stand-ins around a supervisor: processes whose every step can fail or stand still, and a host that notes what it is told."""

from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import trio

from hostcore.errors import CallFailedError, HandshakeError, UnavailableError
from hostcore.events import InstanceStateChanged
from hostcore.manifest import Manifest
from hostcore.snapshots import PluginState, Reason
from hostcore.supervision import Blueprint, HealthDecision, PluginSupervisor, RestartDecision, Verdict
from hostcore.transports import ExitStatus

STILL = "stands still until somebody gives up, or the process has ended"


class Process:
    """Is the transport to a process that is not there; see `hostcore.transports.Transport`."""

    encoding = "msgpack"
    queued = 0
    cut_off = 0
    stderr_tail = stray_tail = ()
    exit_status = ExitStatus(exit_code=0, signal=None)

    def __init__(self, world, number, *, can_hand_over, is_concurrent=True):
        self.pid = number
        self.hello = SimpleNamespace(name="p", version="1.0.0")
        self.can_hand_over = can_hand_over
        self.is_concurrent = is_concurrent
        self.in_flight = 0
        self.state = b""
        self.misses = False
        self._world = world
        self._ended = trio.Event()
        self._reason = None

    def __repr__(self):
        return f"<Process {self.pid}>"

    @property
    def load(self):
        return self.in_flight

    @property
    def is_alive(self):
        return self._reason is None

    def end(self, reason=None):
        """End as by itself, or for a reason."""
        if self._reason is None:
            self._reason = reason or Reason(code="exited", text="it has just ended")
            self.in_flight = 0
            self._ended.set()

    abort = end

    async def wait_ended(self):
        await self._ended.wait()
        return self._reason

    async def stop(self, *, grace, term_grace, reason):
        await self._world.take(self.pid, "stop", until=self._ended)
        self.end(reason)

    async def ping(self, *, timeout):
        await self._world.take(self.pid, "ping", until=self._ended)
        if self.misses:
            await trio.sleep(timeout)
            raise UnavailableError("no answer")
        self._refuse_if_ended()

    async def give_state(self, *, timeout):
        await self._world.take(self.pid, "give", until=self._ended)
        self._refuse_if_ended()
        return self.state

    async def take_state(self, state, *, timeout):
        await self._world.take(self.pid, "take", until=self._ended)
        self._refuse_if_ended()
        self.state = state

    def _refuse_if_ended(self):
        if self._reason is not None:
            raise UnavailableError(f"process {self.pid} has ended")


class World:
    """Is the launcher, the surroundings and the exchange of one supervisor: all that a test controls and sees.

    Attributes:
        steps: what was done, in order, such as `(1, "ping")`: process and step.
        faults: by process and step, the error that it fails with, seconds that it takes, what it calls, or `STILL`.
        processes: all that were started; the index is the number that `steps` has, and the pid.
        after_end: says what follows an end, given its context.
        after_look: says what follows a look, given its context.
        used: what a process uses, given its pid.
        ends: the contexts of all ends that somebody was asked about.
        looks: the contexts of all looks.
    """

    def __init__(self):
        self.steps = []
        self.faults = {}
        self.processes = []
        self.in_use = 0  # specs whose files something may run from
        self.events = []
        self.logs = []
        self.recycled = []
        self.failures = []
        self.ends = []
        self.looks = []
        self.calls_wait = False
        self.serving = "old"
        self.hands_over = False
        self.is_concurrent = True
        self.objection = None
        self.after_end = lambda _: RestartDecision(delay=1.0)
        self.after_look = lambda _: HealthDecision(verdict=Verdict.HEALTHY)
        self.used = lambda _: None
        self._stands_still = trio.Event()

    async def take(self, number, step, *, until=None):
        self.steps.append((number, step))
        fault = self.faults.pop((number, step), None)
        if fault is STILL:
            self._stands_still.set()
            await (trio.Event() if until is None else until).wait()
        await trio.lowlevel.checkpoint()
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, float):
            await trio.sleep(fault)
        elif fault is not None:
            fault()

    async def wait_still(self):
        """Wait until a step stands still."""
        with trio.fail_after(1000):
            await self._stands_still.wait()

    @property
    def alive(self):
        """Return the numbers of the processes that live."""
        return [each.pid for each in self.processes if each.is_alive]

    def blueprint(self, **manifest):
        described = Manifest(
            folder=Path("/p"), file=Path("/p/plugin.toml"), id="p", version="1.0.0", **manifest
        )
        return Blueprint(manifest=described, launcher=self, environs=self)

    def of_kind(self, kind):
        return [each for each in self.events if isinstance(each, kind)]

    @property
    def instance_states(self):
        return [(each.instance, each.new) for each in self.of_kind(InstanceStateChanged)]

    # -- a launcher

    def check(self, manifest):
        """Accept every manifest."""

    @asynccontextmanager
    async def launch(self, spec, listener):
        process = Process(
            self, len(self.processes), can_hand_over=self.hands_over, is_concurrent=self.is_concurrent
        )
        self.processes.append(process)
        try:
            await self.take(process.pid, "start")
            yield process
        finally:
            process.end(Reason(code="killed", text="its launch was left"))

    # -- surroundings

    async def prepare(self, manifest, instance):
        await self.take(len(self.processes), "prepare")
        self.in_use += 1
        return SimpleNamespace(plugin=manifest.id, released=self.release)

    def release(self):
        self.in_use -= 1

    def decide_restart(self, context):
        self.ends.append(context)
        return self.after_end(context)

    def decide_health(self, context):
        self.looks.append(context)
        return self.after_look(context)

    def usage(self, session):
        return self.used(session)

    def recycle(self, instance, reason):
        self.recycled.append((instance, reason.code))

    def record(self, event):
        self.events.append(event)

    def log(self, instance, source, level, message, **more):
        self.logs.append((instance, level, message))

    def transport_failed(self, instance, error):
        self.failures.append(error)

    def called(self, call):
        raise AssertionError("nobody calls")

    def ready_changed(self):
        """Take no notice: tests look at `alive`."""

    def state_changed(self):
        """Take no notice, as above."""

    # -- an exchange

    def hold(self):
        self.calls_wait = True
        self.steps.append("hold")

    def swap(self):
        self.calls_wait = False
        self.serving = "new"
        self.steps.append("swap")

    def resume(self):
        self.calls_wait = False
        self.steps.append("resume")

    def check_new(self):
        self.steps.append("check")
        if self.objection is not None:
            raise self.objection


class Exchange:
    """Passes on to a world, whose own `check` is that of a launcher."""

    def __init__(self, world):
        self.check, self.hold, self.swap, self.resume = world.check_new, world.hold, world.swap, world.resume


@asynccontextmanager
async def supervised(world, *, starts=8, **manifest):
    """Run a supervisor of a plugin that is ready; at the end none of its tasks may be left."""
    async with trio.open_nursery() as nursery:
        supervisor = PluginSupervisor(
            world.blueprint(**manifest), nursery=nursery, starts=trio.CapacityLimiter(starts)
        )
        await supervisor.start()
        assert supervisor.state is PluginState.READY
        yield supervisor
        await supervisor.stop(Reason(code="over", text="the test is over"))
        nursery.cancel_scope.deadline = trio.current_time() + 1000
    assert not nursery.cancel_scope.cancelled_caught, "a task is left"
    assert world.alive == []


def refused(step):
    """Make the error of a step that fails."""
    if step == "start":
        return HandshakeError("it said nothing of use")
    return CallFailedError(f"{step} was refused", status=2)
