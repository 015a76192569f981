"""One instance of a plugin: drives its incarnations, one after the other, until it is told to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, NoReturn, TypeVar

import trio

from hostcore.errors import HostClosedError, HostError, IncompatibleError, LaunchError
from hostcore.events import InstanceStateChanged, PluginExited
from hostcore.snapshots import ExitReport, InstanceSnapshot, PluginState, Reason
from hostcore.supervision._exits import Whose, launch_failure, report_end, report_failed_start
from hostcore.supervision._facts import Blueprint, HealthContext, RestartContext, Verdict
from hostcore.supervision._health import HealthWatch, Look
from hostcore.supervision._hearing import Hearing
from hostcore.supervision._states import SETTLED, check_transition
from hostcore.transports import LaunchSpec, Transport, wait_first

_T = TypeVar("_T")

EXIT_FATAL: Final = 125
"""Exit status with which a plugin says that another start cannot help; as `docker run` and `git bisect` use it."""

HEALTH: Final = "health"
"""The source of what is found by looking at a process."""

RECYCLE_AGAIN: Final = 600.0
"""Seconds after which a process that should have been replaced, and was not, is to be replaced once more."""

FATAL_REASONS: Final = frozenset({"no-hello", "protocol-violated", "not-admitted"})
"""Ends of a start that another start would only repeat."""


class Instance:
    """Runs one process of a plugin at a time and restarts it as decided.

    Attributes:
        index: from 0.
        incarnation: number of its latest process, 0 before the first.
        restarts: its starts after an end that nobody asked for.
        settled: whether its first start has shown an outcome.
        state: its state; changes only along the table of states.
        reason: why.
        transport: while it is ready, else None.
        last_exit: how its latest incarnation ended, or None.
        finished: whether it has nothing to do: `run` has ended, or was not asked for.
        failure: the error of the latest start; None while all is well.

    Args:
        index: from 0.
        blueprint: what it is made from.
        starts: the host's bound on concurrent starts.
        changed: called when its state has changed.
        count: gives the number of its next process.
        on_trial: it is not restarted until `accept`: whoever started it looks at its first start.
    """

    def __init__(
        self,
        index: int,
        blueprint: Blueprint,
        *,
        starts: trio.CapacityLimiter,
        changed: Callable[[], None],
        count: Callable[[], int],
        on_trial: bool = False,
    ) -> None:
        self.index = index
        self.state = PluginState.STOPPED
        self.reason = Reason(code="not-started", text="it was not started yet")
        self.transport: Transport | None = None
        self.last_exit: ExitReport | None = None
        self.failure: HostError | None = None
        self.finished = True
        self.incarnation = 0
        self.restarts = 0
        self.settled = False
        self._manifest = blueprint.manifest
        self._launcher = blueprint.launcher
        self._environs = blueprint.environs
        self._is_on_trial = on_trial
        self._is_retiring = False
        self._troubles: dict[str, Reason] = {}
        self._look: Look | None = None
        self._peak_rss = 0
        self._starts = starts
        self._tell = changed
        self._count = count
        self._started_at: float | None = None
        self._stop_wanted = trio.Event()
        self._start_scope: trio.CancelScope | None = None
        self._stop_reason = Reason(code="stopped", text="it was asked to stop")
        self._restarts: list[float] = []
        self._in_a_row = 0
        self._changed = trio.Event()

    def __repr__(self) -> str:
        return f"<Instance {self._manifest.id}[{self.index}] {self.state} incarnation={self.incarnation}>"

    def snapshot(self) -> InstanceSnapshot:
        """Take a picture."""
        transport = self.transport
        return InstanceSnapshot(
            index=self.index,
            state=self.state,
            reason=self.reason,
            pid=transport.pid if transport else None,
            incarnation=self.incarnation,
            started_at=self._started_at if transport else None,
            in_flight=transport.in_flight if transport else 0,
            queued=transport.queued if transport else 0,
            rss_bytes=self._look.rss_bytes if self._look else None,
            cpu=self._look.cpu if self._look else None,
            cpu_seconds=self._look.cpu_seconds if self._look else None,
        )

    def stop(self, reason: Reason) -> None:
        """Have `run` end; a second call changes nothing."""
        if not self._stop_wanted.is_set():
            self._stop_reason = reason
            self._stop_wanted.set()
            if self._start_scope is not None:
                self._start_scope.cancel()

    def reset(self) -> None:
        """Forget earlier failures."""
        self.restarts = 0
        self._restarts = []
        self._in_a_row = 0

    def accept(self) -> None:
        """Say that it has taken over: it is restarted from now on."""
        self._is_on_trial = False

    def retire(self) -> None:
        """Say that it takes no new calls and finishes those that it has."""
        self._is_retiring = True
        if self.transport is not None:
            self._set(PluginState.DRAINING, Reason(code="reloading", text="a new incarnation has taken over"))

    def set_trouble(self, source: str, reason: Reason | None) -> None:
        """Degrade it for a reason, or take that back with None; it is ready again when no source has a reason."""
        if self._troubles.get(source) == reason:
            return
        if reason is None:
            del self._troubles[source]
        else:
            self._troubles[source] = reason
        if self.state in {PluginState.READY, PluginState.DEGRADED}:
            self._show_running()

    async def wait_changed(self) -> None:
        """Wait for the next change of state."""
        await self._changed.wait()

    def begin(self, nursery: trio.Nursery) -> None:
        """Have it run in a nursery; raises `HostClosedError` when that has closed."""
        try:
            nursery.start_soon(self.run, name=f"{self._manifest.id}[{self.index}]")
        except (
            RuntimeError
        ) as error:  # a host that ends in a hurry does not wait for who replaces its processes
            raise HostClosedError("the host is closed and starts no processes") from error
        self.finished = False

    async def run(self) -> None:
        """Start and restart until stopped or failed; raises nothing but what is a bug."""
        try:
            while not self._stop_wanted.is_set():
                reason, report, fatal = await self._live()
                if self._stop_wanted.is_set():
                    break
                if self._is_retiring or self._is_on_trial:
                    self._set(
                        PluginState.STOPPED, reason
                    )  # what follows is the business of whoever replaces it
                    break
                if not await self._await_restart(reason, report, fatal=fatal):
                    return
                self.restarts += 1
        finally:
            if self.state not in {PluginState.FAILED, PluginState.STOPPED}:
                self._set(PluginState.STOPPED, self._stop_reason)
            self.finished = True
            self._announce()

    # -- one incarnation

    async def _live(self) -> tuple[Reason, ExitReport | None, bool]:
        """Run one incarnation; return how it ended, its report, and whether another start is of no use."""
        self._set(PluginState.STARTING, Reason(code="starting", text="it is being started"))
        self.incarnation = self._count()
        began = trio.current_time()
        try:
            return await self._launch_and_watch()
        except HostError as error:
            self.failure = error
            report = report_failed_start(error, uptime=trio.current_time() - began, **self._whose())
            if report is not None:
                self._record_exit(report)
            # A reason stands beside the name of its plugin; the error, which may be read anywhere, begins with it.
            text = error.message.removeprefix(f"{self._manifest.id}: ")
            text = f"{text} ({error.hint})" if error.hint else text
            reason = Reason(code=str(error.details.get("reason", error.code)), text=text)
            return reason, report, _is_fatal(error, reason)
        except Exception as error:  # noqa: BLE001 - a transport may be an extension's: its fault ends this process, not the host
            self._environs.transport_failed(self.index, error)
            self.failure = LaunchError(f"the transport {self._manifest.transport} has failed: {error!r:.200}")
            return Reason(code="transport-failed", text=self.failure.message), None, False

    async def _launch_and_watch(self) -> tuple[Reason, ExitReport | None, bool]:
        if not await self._until_stopped(self._await_turn):
            return self._stop_reason, None, False
        spec: LaunchSpec | None = None
        try:  # builds and handshakes share the bound on concurrent starts
            spec = await self._until_stopped(self._environs.prepare, self._manifest, self.index)
            if spec is None:
                return self._stop_reason, None, False
            launch = self._launcher.launch(spec, Hearing(self.index, self._environs))
            started = trio.current_time()
            transport = await self._until_stopped(launch.__aenter__)
        except HostError:
            if spec is not None:
                spec.released()
            raise
        finally:
            self._starts.release()
        if transport is None:
            spec.released()
            return self._stop_reason, None, False
        try:
            self._became_ready(transport)
            await wait_first(
                transport.wait_ended, self._stop_wanted.wait, partial(self._look_after, transport)
            )
            self._no_longer_ready()
            if self._stop_wanted.is_set():
                self._set(PluginState.STOPPING, self._stop_reason)
                shutdown = self._manifest.shutdown
                await transport.stop(
                    grace=shutdown.grace, term_grace=shutdown.term_grace, reason=self._stop_reason
                )
            reason = await transport.wait_ended()
        finally:
            self._no_longer_ready()
            await launch.__aexit__(None, None, None)
            spec.released()
        report = report_end(
            transport,
            reason,
            uptime=trio.current_time() - started,
            seen_rss=self._peak_rss,
            **self._whose(),
        )
        self._record_exit(report)
        return reason, report, report.exit_code == EXIT_FATAL

    async def _await_turn(self) -> bool:
        await self._starts.acquire()
        return True

    async def _until_stopped(self, work: Callable[..., Awaitable[_T]], *args: object) -> _T | None:
        """Do a part of a start; return None if a stop came first."""
        # A scope and no nursery: leaving it is no checkpoint, so what the work has returned cannot get lost.
        with trio.CancelScope() as self._start_scope:
            if self._stop_wanted.is_set():
                self._start_scope.cancel()
            return await work(*args)
        return None

    def _became_ready(self, transport: Transport) -> None:
        self.transport = transport
        self._started_at = time.time()
        self.failure = None
        self._troubles.pop(HEALTH, None)  # the old process took it along; other sources know better
        self._show_ready(transport)
        if self._troubles:
            self._show_running()
        self._environs.ready_changed()

    def _show_ready(self, transport: Transport) -> None:
        text = f"it said hello as {transport.hello.name} {transport.hello.version}"
        self._set(PluginState.READY, Reason(code="ready", text=text), pid=transport.pid)

    def _show_running(self) -> None:
        transport = self.transport
        if transport is None:
            return
        if self._troubles:
            self._set(PluginState.DEGRADED, next(iter(self._troubles.values())), pid=transport.pid)
        else:
            self._show_ready(transport)

    def _no_longer_ready(self) -> None:
        if self.transport is not None:
            self.transport = None
            self._look = None
            self._environs.ready_changed()

    async def _look_after(self, transport: Transport) -> NoReturn:
        """Look at the running process again and again, and do what is decided."""
        watch = HealthWatch(self._manifest, transport, self._environs.usage)
        self._peak_rss = 0
        ask_again_at = -math.inf
        while True:
            self._look = look = await watch.look()
            self._peak_rss = max(self._peak_rss, look.rss_bytes or 0)
            if self.state not in {PluginState.READY, PluginState.DEGRADED}:
                continue  # it drains: its end is near anyway
            decision = self._environs.decide_health(
                HealthContext(
                    plugin=self._manifest.id,
                    instance=self.index,
                    spec=self._manifest.health,
                    recycle=self._manifest.recycle,
                    memory_limit=self._manifest.limits.memory,
                    state=self.state,
                    age=look.age,
                    in_flight=transport.in_flight,
                    missed=look.missed,
                    rss_bytes=look.rss_bytes,
                    cpu=look.cpu_history,
                )
            )
            if decision is None:
                self.set_trouble(HEALTH, None)
            elif decision.verdict is Verdict.KILL:
                transport.abort(decision.reason)  # it stays as it is shown until its end
            else:
                self.set_trouble(HEALTH, decision.reason if decision.verdict is Verdict.DEGRADED else None)
                if decision.verdict is Verdict.RECYCLE and trio.current_time() >= ask_again_at:
                    ask_again_at = trio.current_time() + RECYCLE_AGAIN
                    self._environs.recycle(self.index, decision.reason)

    # -- what follows an end

    async def _await_restart(self, reason: Reason, report: ExitReport | None, *, fatal: bool) -> bool:
        """Decide, wait as decided, and say whether to start again."""
        now = trio.current_time()
        spec = self._manifest.restart
        stable = report is not None and report.uptime >= spec.stable_after
        self._in_a_row = 0 if stable else self._in_a_row
        decision = self._environs.decide_restart(
            RestartContext(
                plugin=self._manifest.id,
                instance=self.index,
                spec=spec,
                reason=reason,
                report=report,
                fatal=fatal,
                now=now,
                restarts=tuple(self._restarts),
                in_a_row=self._in_a_row,
            )
        )
        self._in_a_row += 1
        text = f"{reason.text}; {decision.text}" if decision.text else reason.text
        if decision.delay is None:
            state = PluginState.FAILED if decision.failed else PluginState.STOPPED
            self._set(state, Reason(code=reason.code, text=text))
            return False
        self._restarts = [each for each in self._restarts if now - each < spec.period]
        self._restarts.append(now)
        until = time.time() + decision.delay
        self._set(PluginState.BACKING_OFF, Reason(code=reason.code, text=text, until=until))
        with trio.move_on_after(decision.delay):
            await self._stop_wanted.wait()
        return not self._stop_wanted.is_set()

    def _whose(self) -> Whose:
        return {"plugin": self._manifest.id, "instance": self.index, "incarnation": self.incarnation}

    def _record_exit(self, report: ExitReport) -> None:
        self.last_exit = report
        self._environs.record(PluginExited(plugin=self._manifest.id, report=report))

    def _set(self, state: PluginState, reason: Reason, *, pid: int | None = None) -> None:
        old = self.state
        if state is not old:
            check_transition(old, state)
        self.state, self.reason = state, reason
        self.settled = self.settled or state in SETTLED
        if state is not old:  # else only the reason has: its snapshot shows that
            self._environs.record(
                InstanceStateChanged(
                    plugin=self._manifest.id, instance=self.index, old=old, new=state, reason=reason, pid=pid
                )
            )
        self._announce()

    def _announce(self) -> None:
        changed, self._changed = self._changed, trio.Event()
        changed.set()
        self._tell()


def _is_fatal(error: HostError, reason: Reason) -> bool:
    """Tell whether another start can only fail in the same way."""
    failure = launch_failure(error)
    status = failure.status if failure is not None else None
    return (
        isinstance(error, IncompatibleError)
        or reason.code in FATAL_REASONS
        or (status is not None and status.exit_code == EXIT_FATAL)
    )
