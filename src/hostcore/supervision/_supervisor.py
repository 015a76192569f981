"""One supervisor a plugin: its instances, its state as a whole, and the commands on it."""

from __future__ import annotations

from collections.abc import Sequence

import trio

from hostcore.errors import HostError, UnavailableError
from hostcore.events import PluginStateChanged
from hostcore.manifest import Manifest
from hostcore.snapshots import ExitReport, InstanceSnapshot, PluginState, Reason
from hostcore.supervision._facts import Environs
from hostcore.supervision._instance import Instance
from hostcore.supervision._states import BEST_FIRST, SETTLED
from hostcore.transports import Launcher, Transport


class PluginSupervisor:
    """Starts, watches and stops the instances of one plugin. One command runs at a time; further ones wait.

    Args:
        manifest: what to run.
        launcher: starts the processes.
        environs: the host around it.
        nursery: runs the instances.
        starts: the host's bound on concurrent starts.
    """

    def __init__(
        self,
        manifest: Manifest,
        *,
        launcher: Launcher,
        environs: Environs,
        nursery: trio.Nursery,
        starts: trio.CapacityLimiter,
    ) -> None:
        self.manifest = manifest
        self.state = PluginState.STOPPED
        self.reason = Reason(code="not-started", text="it was not started yet")
        self._launcher = launcher
        self._environs = environs
        self._nursery = nursery
        self._starts = starts
        self._instances: list[Instance] = []
        self._command = trio.StrictFIFOLock()
        self._stops_waiting = 0
        self._is_retired = False
        self._restarts = 0
        self._last_exit: ExitReport | None = None

    def __repr__(self) -> str:
        return f"<PluginSupervisor {self.manifest.id} {self.state} instances={len(self._instances)}>"

    @property
    def transports(self) -> list[Transport]:
        """The connections of the ready instances."""
        return [each.transport for each in self._instances if each.transport is not None]

    @property
    def instances(self) -> tuple[InstanceSnapshot, ...]:
        """Pictures of all instances."""
        return tuple(each.snapshot() for each in self._instances)

    @property
    def restarts(self) -> int:
        """Starts beyond the first one of each instance."""
        return self._restarts + sum(max(0, each.incarnation - 1) for each in self._instances)

    @property
    def last_exit(self) -> ExitReport | None:
        """The latest exit report of any instance."""
        reports = [each.last_exit for each in self._instances if each.last_exit is not None]
        return max(reports, key=lambda report: report.at, default=self._last_exit)

    @property
    def failure(self) -> HostError | None:
        """The latest error of an instance that is not well, or None."""
        return next((each.failure for each in self._instances if each.failure is not None), None)

    def disable(self, reason: Reason) -> None:
        """Say that it is not to be started; a start still does."""
        self.state, self.reason = PluginState.DISABLED, reason

    async def start(self) -> None:
        """Start all instances and wait until each is ready or its first start has failed."""
        async with self._command:
            await self._start()

    async def stop(self, reason: Reason, *, final: bool = False) -> None:
        """Stop all instances and wait for their ends; bounded by the manifest's shutdown times.

        A start under way is broken off. After a `final` stop nothing starts it again, not even a command that waits
        already: its host forgets it, and a process that nobody knows must not live.
        """
        self._is_retired = self._is_retired or final
        for instance in self._instances:
            instance.stop(reason)
        self._stops_waiting += 1
        try:
            await self._command.acquire()
        finally:
            self._stops_waiting -= 1
        try:
            await self._stop(reason)
        finally:
            self._command.release()

    async def restart(self) -> None:
        """Stop and start with a clean record of restarts."""
        async with self._command:
            await self._stop(Reason(code="restarting", text="it is being restarted on request"))
            await self._start()

    async def _start(self) -> None:
        if any(not each.finished for each in self._instances):
            return  # it runs already
        if self._is_retired or self._stops_waiting:
            return  # it would be broken off at once
        self._restarts = self.restarts + (1 if self._instances else 0)
        self._last_exit = self.last_exit
        self._instances = [
            Instance(
                index,
                self.manifest,
                launcher=self._launcher,
                environs=self._environs,
                starts=self._starts,
                changed=self.update,
            )
            for index in range(self.manifest.instances)
        ]
        for instance in self._instances:
            self._nursery.start_soon(instance.run, name=f"{self.manifest.id}[{instance.index}]")
        await self._wait_settled(self._instances)

    async def _wait_settled(self, instances: Sequence[Instance]) -> None:
        for instance in instances:
            while not instance.finished and (instance.incarnation == 0 or instance.state not in SETTLED):
                await instance.wait_changed()

    async def _stop(self, reason: Reason) -> None:
        for instance in self._instances:
            instance.stop(reason)
        for instance in self._instances:
            while not instance.finished:
                await instance.wait_changed()

    def update(self) -> None:
        """Work out the state of the whole and tell of a change."""
        best = min(self._instances, key=lambda each: BEST_FIRST.index(each.state), default=None)
        if best is None or (best.state, best.reason) == (self.state, self.reason):
            return
        old, self.state, self.reason = self.state, best.state, best.reason
        if old is not self.state:
            self._environs.record(
                PluginStateChanged(plugin=self.manifest.id, old=old, new=self.state, reason=self.reason)
            )

    def unavailable(self) -> UnavailableError:
        """Make the error for a call that no instance can take."""
        if self.state is PluginState.READY:  # its process has just ended, and what follows is being decided
            return UnavailableError(f"{self.manifest.id} has just ended", details={"state": self.state.value})
        return UnavailableError(
            f"{self.manifest.id} is {self.state}: {self.reason.text}", details={"state": self.state.value}
        )
