"""What holds for every plan: a fleet of simulated plugins does what the plans say, while everything happens to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from hostcore.dependencies import DependencyKind, DependencyNode, StartOrder, resolve
from hostcore.host._desired_state import Wanted
from hostcore.host._order import order_now
from hostcore.host._planner import Action, PluginView, plan
from hostcore.interfaces import VersionRange
from hostcore.manifest import LossMode, Requirement, Requires

PLUGINS = tuple("abcdef")
INTERFACES = ("X", "Y")
ANY = VersionRange.parse("*")
# Each round brings every plugin at least one step further: through its stop, the wait for its providers, and its start.
MOST_ROUNDS = 10 * len(PLUGINS)


@dataclass
class Simulated:
    """Is one plugin: what its manifest says, and where its processes are."""

    id: str
    requires: Requires
    provides: dict[str, str]
    on_demand: bool
    wanted: Wanted = Wanted.RUNNING
    phase: str = "rest"  # starting, ready, backing-off, ended
    is_awake: bool = True
    is_leaving: bool = False
    is_stopping: bool = False
    is_busy: bool = False
    drains: bool = False
    wants_restart: bool = False
    losses: int = 0
    based_on: dict = field(default_factory=dict)
    lost: set = field(default_factory=set)  # requirements whose provider has ended since the start

    @property
    def is_alive(self):
        return self.phase in {"starting", "ready", "backing-off"}

    @property
    def hard(self):
        """Say what it cannot do without for a moment."""
        kinds = (
            (DependencyKind.INTERFACE, self.requires.interfaces),
            (DependencyKind.PLUGIN, self.requires.plugins),
        )
        return {
            (kind, name)
            for kind, wanted in kinds
            for name, each in wanted.items()
            if not each.optional and each.on_loss is LossMode.RESTART
        }

    def view(self):
        return PluginView(
            id=self.id,
            wanted=self.wanted,
            is_leaving=self.is_leaving,
            on_demand=self.on_demand,
            is_awake=self.is_awake,
            has_given_up=self.phase == "ended" and not self.wants_restart,
            is_alive=self.is_alive,
            has_processes=self.is_alive or self.drains,
            is_ready=self.phase == "ready",
            is_coming=self.phase == "starting",
            is_busy=self.is_busy,
            is_stopping=self.is_stopping,
            wants_restart=self.wants_restart,
            losses=self.losses,
            based_on=self.based_on,
            how=self.phase,
        )


@st.composite
def simulated(draw, plugin):
    """Make a plugin that meets others: few names, and circles are possible."""

    def requirements(names):
        chosen = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
        return {
            name: Requirement(
                range=ANY, optional=draw(st.booleans()), on_loss=draw(st.sampled_from(list(LossMode)))
            )
            for name in chosen
            if name != plugin
        }

    return Simulated(
        id=plugin,
        requires=Requires(interfaces=requirements(INTERFACES), plugins=requirements(PLUGINS)),
        provides=dict.fromkeys(draw(st.lists(st.sampled_from(INTERFACES), max_size=1)), "1.0"),
        on_demand=draw(st.booleans()) and draw(st.booleans()),
    )


class FleetMachine(RuleBasedStateMachine):
    """Lets things happen between plans, and looks at each step of each plan."""

    def __init__(self):
        super().__init__()
        self.fleet = {}
        self.order = StartOrder()
        self.is_closing = False

    @initialize(data=st.data())
    def begin(self, data):
        for plugin in PLUGINS[: data.draw(st.integers(1, len(PLUGINS)))]:
            self.add(data.draw(simulated(plugin)))

    def add(self, plugin):
        plugin.is_awake = not plugin.on_demand
        self.fleet[plugin.id] = plugin

    # -- what a fleet does

    def plan(self):
        if not self.is_closing:
            self.order = order_now(
                [self.node(each) for each in self.fleet.values()],
                resolve,
                alive=[each.id for each in self.fleet.values() if each.is_alive or each.is_busy],
                given_up={each.id: "failed" for each in self.fleet.values() if each.view().has_given_up},
            )
        views = {each.id: each.view() for each in self.fleet.values()}
        steps = plan(views, self.order, closing=self.is_closing)
        assert steps.keys() == self.fleet.keys()
        for plugin_id, step in steps.items():
            assert not (step.is_settled and step.action in {Action.START, Action.STOP})
            self.carry_out(self.fleet[plugin_id], step)
        return steps

    @staticmethod
    def node(plugin):
        is_available = plugin.wanted is Wanted.RUNNING and not plugin.is_leaving
        return DependencyNode(
            id=plugin.id,
            version="1.0.0",
            provides=plugin.provides,
            requires=plugin.requires,
            available=is_available,
            unavailable_because="" if is_available else "is away",
        )

    def carry_out(self, plugin, step):
        if step.action is Action.START:
            self.check_start(plugin)
            plugin.phase, plugin.wants_restart, plugin.lost = "starting", False, set()
        elif step.action is Action.STOP:
            self.check_stop(plugin)
            plugin.is_stopping, plugin.wants_restart = True, False
        elif step.action is Action.SHOW:
            assert not plugin.is_alive
            assert step.reason is not None
        if step.based_on is not None:
            plugin.based_on = dict(step.based_on)

    def check_start(self, plugin):
        """A plugin is never started before what it requires can be called, nor twice, nor unasked."""
        assert not plugin.is_alive
        assert not plugin.is_busy
        assert self.should_run(plugin)
        assert plugin.id not in self.order.problems
        for need in self.order.of(plugin.id):
            if not need.optional and need.provider is not None:
                assert self.is_available(self.fleet[need.provider])

    def check_stop(self, plugin):
        """Nothing is stopped twice, nor before those that rely on it and are to be stopped as well."""
        assert plugin.is_alive or plugin.drains
        assert not plugin.is_stopping
        is_rest = not (plugin.is_awake or self.is_closing) and plugin.wanted is Wanted.RUNNING
        if is_rest and not plugin.is_leaving:
            return  # it is there for whoever calls it
        for user in self.fleet.values():
            needs = {key for key, each in user.based_on.items() if each.provider == plugin.id}
            ends_with_it = self.is_closing or (needs & user.hard and not user.is_busy)
            if user.is_alive and needs and ends_with_it:
                assert user.id in self.relied_on(plugin), f"{plugin.id} is stopped before {user.id}"

    def relied_on(self, plugin):
        found, todo = set(), [plugin]
        while todo:
            for basis in todo.pop().based_on.values():
                if basis.provider in self.fleet and basis.provider not in found:
                    found.add(basis.provider)
                    todo.append(self.fleet[basis.provider])
        return found

    def should_run(self, plugin):
        is_wanted = plugin.wanted is Wanted.RUNNING and not plugin.is_leaving and not self.is_closing
        return is_wanted and plugin.is_awake

    def is_available(self, plugin):
        would_start = (
            plugin.on_demand
            and plugin.wanted is Wanted.RUNNING
            and not plugin.is_leaving
            and (plugin.phase != "ended" or plugin.wants_restart)
            and plugin.id not in self.order.problems
        )
        return (plugin.phase == "ready" and not plugin.is_stopping) or would_start

    # -- what happens to it

    def some(self, data, condition=lambda each: True):
        found = sorted(each.id for each in self.fleet.values() if condition(each))
        return self.fleet[data.draw(st.sampled_from(found))] if found else None

    @rule()
    def plan_once(self):
        self.plan()

    @rule(data=st.data(), wanted=st.sampled_from(list(Wanted)))
    def want(self, data, wanted):
        if (plugin := self.some(data)) is not None:
            plugin.wanted = wanted

    @rule(data=st.data())
    def end_start(self, data):
        plugin = self.some(data, lambda each: each.phase == "starting" and not each.is_stopping)
        if plugin is not None:
            plugin.phase = data.draw(st.sampled_from(["ready", "ready", "backing-off", "ended"]))

    @rule(data=st.data())
    def end_stop(self, data):
        if (plugin := self.some(data, lambda each: each.is_stopping)) is not None:
            self.stopped(plugin)

    def leave(self, plugin, phase):
        """Let a plugin end; whoever relies on it has lost it if it was ready."""
        if plugin.phase == "ready" and plugin.is_awake:
            plugin.losses += 1
            for user in self.fleet.values():
                keys = {key for key, each in user.based_on.items() if each.provider == plugin.id}
                if user.is_alive:
                    user.lost |= keys & user.hard
        plugin.phase = phase

    def stopped(self, plugin):
        self.leave(plugin, "rest")
        plugin.is_stopping = plugin.is_busy = plugin.drains = False

    @rule(data=st.data())
    def crash(self, data):
        plugin = self.some(data, lambda each: each.phase == "ready" and not each.is_stopping)
        if plugin is not None:
            self.leave(plugin, data.draw(st.sampled_from(["backing-off", "ended"])))

    @rule(data=st.data())
    def come_back(self, data):
        plugin = self.some(data, lambda each: each.phase == "backing-off" and not each.is_stopping)
        if plugin is not None:
            plugin.phase = "ready"

    @rule(data=st.data())
    def restart(self, data):
        if (plugin := self.some(data, lambda each: each.wanted is Wanted.RUNNING)) is not None:
            plugin.wants_restart = plugin.is_alive
            self.wake(plugin)

    @rule(data=st.data())
    def call(self, data):
        plugin = self.some(data, lambda each: each.on_demand and each.phase != "ended")
        if plugin is not None and plugin.wanted is Wanted.RUNNING:
            self.wake(plugin)

    def wake(self, plugin):
        plugin.is_awake = True
        if plugin.phase == "ended":
            plugin.phase = "rest"

    @rule(data=st.data())
    def go_to_rest(self, data):
        if (plugin := self.some(data, lambda each: each.on_demand and each.phase == "ready")) is not None:
            plugin.is_awake = False

    @rule(data=st.data())
    def begin_reload(self, data):
        plugin = self.some(data, lambda each: not each.is_stopping)
        if plugin is not None:
            plugin.is_busy = True

    @rule(data=st.data())
    def end_reload(self, data):
        """Another version has other requirements, and the old process may finish its calls for a while."""
        if (plugin := self.some(data, lambda each: each.is_busy)) is not None:
            plugin.is_busy = False
            plugin.requires = data.draw(simulated(plugin.id)).requires
            plugin.lost &= plugin.hard
            plugin.drains = plugin.phase == "ready" and data.draw(st.booleans())

    @rule(data=st.data())
    def end_drain(self, data):
        if (plugin := self.some(data, lambda each: each.drains and not each.is_stopping)) is not None:
            plugin.drains = False

    @rule(data=st.data())
    def load(self, data):
        missing = sorted(set(PLUGINS) - self.fleet.keys())
        if missing and not self.is_closing:
            self.add(data.draw(simulated(data.draw(st.sampled_from(missing)))))

    @rule(data=st.data())
    def unload(self, data):
        if (plugin := self.some(data)) is not None:
            plugin.is_leaving = True

    @rule(data=st.data())
    def forget(self, data):
        def has_left(each):
            return each.is_leaving and not (each.is_alive or each.drains or each.is_stopping or each.is_busy)

        if (plugin := self.some(data, has_left)) is not None:
            del self.fleet[plugin.id]

    @precondition(lambda self: not self.is_closing)
    @rule(chance=st.integers(0, 9))
    def close(self, chance):
        self.is_closing = chance == 0

    # -- where it ends

    @rule()
    def settle(self):
        """When nothing more happens, a bounded number of plans brings every plugin to where it belongs."""
        for each in self.fleet.values():
            each.is_busy = each.drains = False
        for _ in range(MOST_ROUNDS):
            steps = self.plan()
            if self.is_quiet(steps):
                break
            for each in self.fleet.values():
                if each.is_stopping:
                    self.stopped(each)
                elif each.phase in {"starting", "backing-off"}:
                    each.phase = "ready"
        else:
            raise AssertionError(f"the plans never become quiet: {steps}")
        assert self.plan() == steps
        for plugin_id, step in steps.items():
            self.check_place(self.fleet[plugin_id], step)

    def is_quiet(self, steps):
        waits = any(
            each.is_stopping or each.phase in {"starting", "backing-off"} for each in self.fleet.values()
        )
        return not waits and not any(each.action in {Action.START, Action.STOP} for each in steps.values())

    def check_place(self, plugin, step):
        assert step.is_settled
        if not self.should_run(plugin):
            assert not plugin.is_alive
            return
        needs = [each for each in self.order.of(plugin.id) if not each.optional]
        hard = [each for each in needs if each.on_loss is LossMode.RESTART]
        providers = {each.provider for each in hard if each.provider is not None}
        if plugin.phase == "ready":
            assert all(each.provider is not None for each in hard)
            assert not plugin.lost
            assert not plugin.wants_restart
            assert {each.provider for each in plugin.based_on.values()} >= providers
            assert (step.trouble is not None) == self.lacks_something(plugin)
        elif plugin.phase == "rest":
            unmet = plugin.id in self.order.problems
            gone = [each for each in step.waiting_for if self.is_available(self.fleet[each])]
            assert (step.has_failed, bool(step.waiting_for)) == (unmet, not unmet)
            assert not gone
            assert set(step.waiting_for) <= {each.provider for each in self.order.of(plugin.id)}
        else:
            assert plugin.phase == "ended"
        assert plugin.id not in providers

    def lacks_something(self, plugin):
        for need in self.order.of(plugin.id):
            if need.on_loss is LossMode.IGNORE:
                continue
            if need.provider is None:
                if not need.optional:
                    return True
            elif not self.is_available(self.fleet[need.provider]):
                return True
        return False

    def teardown(self):
        if self.fleet:
            self.settle()
            self.is_closing = True
            self.settle()


FleetMachine.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestFleet = FleetMachine.TestCase
