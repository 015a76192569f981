"""One supervisor a plugin: its instances, its state as a whole, and the commands on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count

import trio

from hostcore.errors import HostError, UnavailableError
from hostcore.events import InstanceRecycled, PluginStateChanged
from hostcore.snapshots import ExitReport, InstanceSnapshot, PluginState, Reason
from hostcore.supervision._facts import Blueprint
from hostcore.supervision._instance import Instance
from hostcore.supervision._replacement import Exchange, Replacement, wait_drained
from hostcore.supervision._states import BEST_FIRST
from hostcore.transports import Transport


class PluginSupervisor:
    """Starts, watches, replaces and stops the instances of one plugin. One command runs at a time; further ones wait.

    Args:
        blueprint: what the instances are made from.
        nursery: runs the instances.
        starts: the host's bound on concurrent starts.

    Attributes:
        blueprint: what the instances are made from at present.
        state: that of the best instance; without instances what `show` was told.
        reason: why.
    """

    def __init__(self, blueprint: Blueprint, *, nursery: trio.Nursery, starts: trio.CapacityLimiter) -> None:
        self.blueprint = blueprint
        self.state = PluginState.STOPPED
        self.reason = Reason(code="not-started", text="it was not started yet")
        self._nursery = nursery
        self._starts = starts
        self._instances: list[Instance] = []
        self._successors: list[Instance] = []
        self._retiring: list[Instance] = []
        self._command = trio.StrictFIFOLock()
        self._replacing: trio.CancelScope | None = None
        self._stops_waiting = 0
        self._is_retired = False
        self._counts: dict[int, Iterator[int]] = {}
        self._restarts = 0
        self._last_exit: ExitReport | None = None

    def __repr__(self) -> str:
        return f"<PluginSupervisor {self.id} {self.state} instances={len(self._instances)}>"

    @property
    def id(self) -> str:
        """The plugin's id."""
        return self.blueprint.manifest.id

    @property
    def transports(self) -> list[Transport]:
        """The connections of the ready instances."""
        return [each.transport for each in self._instances if each.transport is not None]

    def transports_beside(self, index: int | None) -> list[Transport]:
        """Return the connections of the ready instances but one; None leaves out nobody."""
        return [
            each.transport for each in self._instances if each.transport is not None and each.index != index
        ]

    @property
    def instances(self) -> tuple[InstanceSnapshot, ...]:
        """Pictures of all instances, those that finish their last calls at the end."""
        return tuple(each.snapshot() for each in (*self._instances, *self._retiring))

    @property
    def is_alive(self) -> bool:
        """Whether any instance runs, or is between two runs."""
        return any(not each.finished for each in self._instances)

    @property
    def has_processes(self) -> bool:
        """Whether anything of it runs, also what comes up or finishes its last calls."""
        return any(not each.finished for each in self._all())

    @property
    def is_stopping(self) -> bool:
        """Whether a stop waits for its turn, or was the last."""
        return self._is_retired or self._stops_waiting > 0

    @property
    def restarts(self) -> int:
        """Starts beyond the first one of each instance; what a reload or a recycling starts does not count."""
        return self._restarts + sum(each.restarts for each in self._instances)

    @property
    def last_exit(self) -> ExitReport | None:
        """The latest exit report of any instance."""
        all_of_them = [self._last_exit, *(each.last_exit for each in (*self._instances, *self._retiring))]
        reports = [each for each in all_of_them if each is not None]
        return max(reports, key=lambda report: report.at, default=None)

    @property
    def failure(self) -> HostError | None:
        """The latest error of an instance that is not well, or None."""
        return next((each.failure for each in self._instances if each.failure is not None), None)

    def show(self, state: PluginState, reason: Reason) -> None:
        """Say how a plugin is that has no living instance."""
        if not self.is_alive:
            self._restarts, self._last_exit = self.restarts, self.last_exit
            self._instances = []
            self._change(state, reason)

    def set_trouble(self, source: str, reason: Reason | None) -> None:
        """Degrade all instances for a reason, or take that back with None."""
        for instance in self._instances:
            instance.set_trouble(source, reason)

    def reset(self) -> None:
        """Forget earlier failures: restarts are counted from now on."""
        self._restarts = 0
        for instance in self._instances:
            instance.reset()

    # -- commands

    async def start(self) -> None:
        """Start all instances and wait until each is ready or its first start has failed."""
        async with self._command:
            await self._start()

    async def stop(self, reason: Reason, *, final: bool = False) -> None:
        """Stop all instances and wait for their ends; bounded by the manifest's shutdown times.

        A start or a reload under way is broken off. After a `final` stop nothing starts it again, not even a command
        that waits already: its host forgets it, and a process that nobody knows must not live.
        """
        self._is_retired = self._is_retired or final
        for instance in self._all():
            instance.stop(reason)
        if self._replacing is not None:
            self._replacing.cancel()
        self._stops_waiting += 1
        try:
            await self._command.acquire()
        finally:
            self._stops_waiting -= 1
        try:
            await self.end(self._all(), reason)
        finally:
            self._command.release()

    async def replace(self, blueprint: Blueprint, exchange: Exchange) -> None:
        """Replace all instances by ones of another blueprint; without living instances only that is taken over.

        Returns when the new instances serve; the old ones may still finish their calls then. A stop breaks it off.

        Args:
            blueprint: what the new instances are made from.
            exchange: what the host does around it.

        Raises:
            HostError: why it could not be done. The old ones serve on, or start again if they had to be stopped.
        """
        async with self._turn_to_replace() as scope:
            if self.is_stopping:
                raise UnavailableError(f"{self.id} is stopped for good")
            if not self.is_alive:
                self.blueprint = blueprint
                exchange.swap()
                return
            await self._replace(
                list(self._instances), range(blueprint.manifest.instances), blueprint, exchange
            )
        if scope.cancelled_caught:
            raise UnavailableError(f"{self.id} was stopped before the new version had taken over")

    async def recycle(self, index: int, reason: Reason, exchange: Exchange) -> None:
        """Replace one instance by a fresh one of the same blueprint; raises as `replace`.

        When its process has ended by itself, was replaced, or is stopped meanwhile, there is nothing left to do.
        """
        asked = [(each, each.incarnation) for each in self._instances if each.index == index]
        async with self._turn_to_replace():
            old = [
                each
                for each, incarnation in asked
                if each in self._instances and each.transport is not None and each.incarnation == incarnation
            ]
            if old and not self.is_stopping:
                await self._replace(old, [index], self.blueprint, exchange)
                self.blueprint.environs.record(
                    InstanceRecycled(plugin=self.id, instance=index, reason=reason)
                )

    @asynccontextmanager
    async def _turn_to_replace(self) -> AsyncIterator[trio.CancelScope]:
        """Wait until no other command runs and no stop waits; a stop that comes later cancels what is done inside."""
        await self._command.acquire()
        while self._stops_waiting:  # it is the next in line: what it leaves is what can be replaced
            self._command.release()
            await self._command.acquire()
        try:
            with trio.CancelScope() as self._replacing:
                yield self._replacing
        finally:
            self._replacing = None
            self._command.release()

    async def _replace(
        self, old: list[Instance], indexes: Iterable[int], blueprint: Blueprint, exchange: Exchange
    ) -> None:
        await self._wait_retired()  # at most one generation finishes its calls while another one comes up
        drain = blueprint.manifest.reload.drain_timeout
        await Replacement(self, blueprint, exchange, drain=drain).carry_out(old, indexes)

    def _all(self) -> list[Instance]:
        return [*self._instances, *self._successors, *self._retiring]

    async def _start(self) -> None:
        if self.is_alive:
            return  # it runs already
        if self.is_stopping:
            return  # it would be broken off at once
        self._restarts = self.restarts + (1 if self._instances else 0)
        self._last_exit = self.last_exit
        self._instances = self.make(self.blueprint, range(self.blueprint.manifest.instances))
        self.run(self._instances)
        await self.wait_settled(self._instances)

    async def _wait_retired(self) -> None:
        for instance in list(self._retiring):
            while not instance.finished:
                await instance.wait_changed()

    # -- what a replacement needs

    def make(self, blueprint: Blueprint, indexes: Iterable[int], *, on_trial: bool = False) -> list[Instance]:
        """Make instances; processes with the same index are counted on."""
        return [
            Instance(
                index,
                blueprint,
                starts=self._starts,
                changed=self.update,
                count=partial(next, self._counts.setdefault(index, count(1))),
                on_trial=on_trial,
            )
            for index in indexes
        ]

    def run(self, instances: Sequence[Instance]) -> None:
        """Have instances run."""
        for instance in instances:
            instance.begin(self._nursery)

    @staticmethod
    async def wait_settled(instances: Sequence[Instance]) -> None:
        """Wait until each is ready or its first start has failed."""
        for instance in instances:
            while not instance.finished and not instance.settled:
                await instance.wait_changed()

    @staticmethod
    async def end(instances: Sequence[Instance], reason: Reason) -> None:
        """Stop instances and wait for their ends."""
        for instance in instances:
            instance.stop(reason)
        for instance in instances:
            while not instance.finished:
                await instance.wait_changed()

    def announce_successors(self, successors: Sequence[Instance]) -> None:
        """Let a stop reach instances that come up; an empty sequence when they have taken over or are gone."""
        self._successors = list(successors)

    def exchange(self, old: Sequence[Instance], new: Sequence[Instance], blueprint: Blueprint) -> None:
        """Put new instances in the place of old ones, at once."""
        kept = [each for each in self._instances if each not in old]
        self._restarts += sum(each.restarts for each in old)
        self._last_exit = self.last_exit
        self._instances = sorted([*kept, *new], key=lambda each: each.index)
        for instance in new:
            instance.accept()
        self._successors = []
        self.blueprint = blueprint
        self.update()

    def retire(self, old: Sequence[Instance], drain: float) -> None:
        """Let instances that were replaced finish their calls, at most `drain` seconds, then stop them."""
        living = [each for each in old if not each.finished]
        self._retiring.extend(living)
        for instance in living:
            instance.retire()
            self._nursery.start_soon(
                self._see_off, instance, drain, name=f"{self.id}[{instance.index}] drains"
            )

    async def _see_off(self, instance: Instance, drain: float) -> None:
        await wait_drained([instance], drain)
        await self.end([instance], Reason(code="reloaded", text="a new incarnation has taken over"))
        self._last_exit = self.last_exit
        self._retiring.remove(instance)
        self.blueprint.environs.state_changed()  # whoever waits for the last of its processes looks again

    # -- the state of the whole

    def update(self) -> None:
        """Work out the state of the whole and tell of a change."""
        best = min(self._instances, key=lambda each: BEST_FIRST.index(each.state), default=None)
        if best is not None:
            self._change(best.state, best.reason)

    def _change(self, state: PluginState, reason: Reason) -> None:
        if (state, reason) == (self.state, self.reason):
            return
        old, self.state, self.reason = self.state, state, reason
        environs = self.blueprint.environs
        if old is not state:
            environs.record(PluginStateChanged(plugin=self.id, old=old, new=state, reason=reason))
        environs.state_changed()

    def unavailable(self) -> UnavailableError:
        """Make the error for a call that no instance can take."""
        if self.state is PluginState.READY:  # its process has just ended, and what follows is being decided
            return UnavailableError(f"{self.id} has just ended", details={"state": self.state.value})
        return UnavailableError(
            f"{self.id} is {self.state}: {self.reason.text}", details={"state": self.state.value}
        )
