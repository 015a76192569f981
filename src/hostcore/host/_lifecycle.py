"""How far the processes of one plugin have got: being started, stopped or replaced, or ended by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hostcore.snapshots import PluginState, Reason
from hostcore.supervision import PluginSupervisor


class Lifecycle:
    """Starts and stops the processes of one plugin as it is told, and knows what is under way.

    Args:
        supervisor: runs them.
        changed: called when it has got further.
    """

    def __init__(self, supervisor: PluginSupervisor, *, changed: Callable[[], None]) -> None:
        self._supervisor = supervisor
        self._changed = changed
        self._replacements = 0
        self._stops = 0
        self._is_starting = False
        self._expects_run = False
        self._has_started = False

    def __repr__(self) -> str:
        return f"<Lifecycle {self._supervisor.state} starting={self._is_starting} stops={self._stops}>"

    @property
    def is_alive(self) -> bool:
        """Whether there is a process that serves or is to."""
        return self._supervisor.is_alive or self._is_starting

    @property
    def is_coming(self) -> bool:
        """Whether a start is under way."""
        return self._is_starting or self._supervisor.state is PluginState.STARTING

    @property
    def is_busy(self) -> bool:
        """Whether a reload changes the processes."""
        return self._replacements > 0

    @property
    def is_stopping(self) -> bool:
        """Whether a stop is under way."""
        return self._stops > 0

    @property
    def has_processes(self) -> bool:
        """Whether there is any process, also one that finishes its last calls."""
        return self._supervisor.has_processes or self._is_starting

    @property
    def has_ended(self) -> bool:
        """Whether it has ended by itself, and nothing of its restarts is left to come."""
        ran = self._expects_run and self._has_started and not self._is_starting
        # A reload may be between two processes.
        return ran and not self.is_busy and not self._supervisor.is_alive

    def begin_start(self) -> None:
        """Note that it is being started; `start` follows."""
        self.forgive()
        self._is_starting = self._expects_run = True

    async def start(self) -> None:
        """Start it and wait until it is ready or its first start has failed."""
        try:
            await self._supervisor.start()
        finally:
            self._is_starting, self._has_started = False, True
            self._changed()

    def begin_stop(self) -> None:
        """Note that it is being stopped; `stop` follows."""
        self._expects_run = False
        self._stops += 1

    async def stop(self, reason: Reason, *, final: bool) -> None:
        """Stop it and wait for the end of its processes; after a final stop it is not started again."""
        try:
            await self._supervisor.stop(reason, final=final)
        finally:
            self._stops -= 1
            self._changed()

    def forgive(self) -> None:
        """Forget that it has ended by itself."""
        if not self._supervisor.is_alive and not self.is_busy:
            self._expects_run = self._has_started = False

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Keep the planner from all but a stop while a reload changes the processes."""
        self._replacements += 1
        try:
            yield
        finally:
            self._replacements -= 1
            self._changed()
