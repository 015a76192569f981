"""One plugin in a host, over all its editions: what is wanted of it, its supervisor, its log, who waits for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import trio

from hostcore.errors import CallTimedOutError, HostClosedError, HostError, UnavailableError
from hostcore.events import Event, PluginExited
from hostcore.host._decisions import Decisions
from hostcore.host._desired_state import Wanted
from hostcore.host._edition import Edition
from hostcore.host._lifecycle import Lifecycle
from hostcore.host._planner import Basis, Need, PluginView, Step
from hostcore.host._plugin_log import PluginLog
from hostcore.host._route import Route
from hostcore.host._tally import CallCounter
from hostcore.host._waiting_calls import WaitingCalls
from hostcore.interfaces import Interface
from hostcore.manifest import Manifest, StartMode
from hostcore.snapshots import (
    CallSnapshot,
    ExitReport,
    LogLine,
    LogSource,
    PluginSnapshot,
    PluginState,
    Reason,
    Verification,
)
from hostcore.supervision import Blueprint, PluginSupervisor, Usage
from hostcore.transports import CallContext, Launcher, LaunchSpec, Observing, ReverseCall, Transport

MAX_EXITS: Final = 20
"""Reports that are kept of a plugin: four times what makes it fail within a minute; what came before says no more."""


class HostServices(Protocol):
    """Is what a plugin needs of its host."""

    @property
    def is_stopping(self) -> bool:
        """Whether the host has begun to stop."""

    async def prepare(self, plugin: LoadedPlugin, edition: Edition, instance: int) -> LaunchSpec:
        """Build it if needed and say how to start it."""

    def usage(self, session: int) -> Usage | None:
        """Measure what processes use."""

    def recycle(self, plugin: LoadedPlugin, instance: int, reason: Reason) -> None:
        """Have an instance replaced."""

    def record(self, event: Event) -> None:
        """Publish an event."""

    def logged(self, line: LogLine) -> None:
        """Learn of a line that was logged."""

    def called(self, plugin: LoadedPlugin, edition: Edition, call: ReverseCall) -> None:
        """Serve a call of the plugin."""

    def transport_failed(self, plugin: LoadedPlugin, instance: int, error: Exception) -> None:
        """Learn of a fault of a plugin's transport."""

    def find_route(self, method: str, plugin: str) -> Route:
        """Return the present route of a method; raises `HostError`."""

    def routes_made(self, plugin: LoadedPlugin) -> None:
        """Learn that a plugin has other routes."""

    def routes_changed(self) -> None:
        """Learn that the ready instances of a plugin have changed."""

    def changed(self) -> None:
        """Learn that something has changed that the plan depends on."""


class LoadedPlugin:
    """Binds together all there is of one plugin in a host.

    Attributes:
        edition: the manifest, interfaces and routes that hold now.
        source: the path that named it.
        folder: the same, if a command has loaded it; None when the configuration or a searched folder names it.
        config: what operators have laid over its configuration, or None.
        wanted: what was asked for.
        is_awake: whether it is to have a process now, unless it has ended by itself as it may: see `sleeps`.
        wants_restart: whether it is to be stopped and started.
        is_leaving: whether it is being unloaded.
        step: what the latest plan says of it.
        supervisor: runs it.
        lifecycle: how far that is.
        logs: its log.
        counter: counts its calls.
        exits: how its latest processes have ended, the latest at the end.
        building: held while it is built: its instances share one folder.
        reloading: held while it is reloaded: the next reload compares with what that one leaves.
        verification: what came of the latest look at its files; None before its first start.
        configuring: held while its configuration is changed: a change that fails is taken back.
    """

    def __init__(
        self,
        manifest: Manifest,
        interfaces: dict[str, Interface],
        *,
        host: HostServices,
        decisions: Decisions,
        launcher: Launcher,
        nursery: trio.Nursery,
        starts: trio.CapacityLimiter,
        log_lines: int,
    ) -> None:
        self.id = manifest.id
        self.source = manifest.folder
        self.folder: Path | None = None
        self.stands_for: Path | None = (
            None  # the folder that the configuration names, if another one has taken over
        )
        self.config: dict[str, Any] | None = None
        self.wanted = Wanted.RUNNING
        self.is_awake = manifest.start is StartMode.EAGER
        self.wants_restart = False
        self.is_leaving = False
        self.step = Step(is_settled=False)
        self.logs = PluginLog(manifest.id, log_lines, logged=host.logged)
        self.counter = CallCounter()
        self.exits: deque[ExitReport] = deque(maxlen=MAX_EXITS)
        self.counter.observation = decisions.observation(manifest)
        self.building = trio.Lock()
        self.reloading = trio.StrictFIFOLock()
        self.configuring = trio.StrictFIFOLock()
        self.verification: Verification | None = None
        self.waiting_calls = WaitingCalls()
        self._host = host
        self._decisions = decisions
        self._held = 0
        self._aside: int | None = None  # the instance that is being replaced beside others
        self._was_ready = False
        self._losses = 0
        self._based_on: Mapping[Need, Basis] = {}
        self._changed = trio.Event()
        self.edition = self.edition_of(manifest, interfaces)
        self._provides = self.edition.provides
        self.supervisor = PluginSupervisor(
            Blueprint(manifest=manifest, launcher=launcher, environs=self.edition),
            nursery=nursery,
            starts=starts,
        )
        self.lifecycle = Lifecycle(self.supervisor, changed=self.state_changed)

    def __repr__(self) -> str:
        return f"<LoadedPlugin {self.id} {self.supervisor.state} wanted={self.wanted}>"

    @property
    def manifest(self) -> Manifest:
        """The manifest that holds now."""
        return self.edition.manifest

    @property
    def is_running(self) -> bool:
        """Whether any instance is ready."""
        return self.supervisor.state in {PluginState.READY, PluginState.DEGRADED}

    @property
    def is_resting(self) -> bool:
        """Whether it waits for a call to start it."""
        is_asleep = self.is_on_demand and self.sleeps and not self.supervisor.is_alive
        return is_asleep and not self.step.has_failed

    @property
    def should_run(self) -> bool:
        """Whether it is to have a process as soon as its requirements allow."""
        return self.wanted is Wanted.RUNNING and not self.is_leaving and not self.sleeps

    @property
    def sleeps(self) -> bool:
        """Whether it is to have no process until it is called."""
        return not self.is_awake or self._has_gone_to_sleep

    @property
    def is_on_demand(self) -> bool:
        """Whether its first call starts it."""
        return self.manifest.start is StartMode.ON_DEMAND

    @property
    def is_callable(self) -> bool:
        """Whether a call can be made now, perhaps after some waiting."""
        return bool(self.edition.ready) or self._held > 0 or self._would_start

    @property
    def _would_start(self) -> bool:
        return (
            self.is_on_demand
            and self.wanted is Wanted.RUNNING
            and not self.is_leaving
            and not self.has_given_up
            and not self.step.has_failed
            and self.supervisor.state is not PluginState.BACKING_OFF
        )

    @property
    def _has_gone_to_sleep(self) -> bool:
        """Whether it has ended by itself and well: its next call starts it again."""
        return self.is_on_demand and self.lifecycle.has_ended and self.supervisor.state is PluginState.STOPPED

    @property
    def has_given_up(self) -> bool:
        """Whether it has ended by itself and nothing starts it but a command."""
        return self.lifecycle.has_ended and not self.wants_restart and not self._has_gone_to_sleep

    def snapshot(self) -> PluginSnapshot:
        """Take a picture."""
        supervisor = self.supervisor
        instances = supervisor.instances
        manifest = self.manifest
        return PluginSnapshot(
            id=self.id,
            version=manifest.version,
            description=manifest.description,
            folder=str(manifest.folder),
            transport=manifest.transport,
            state=supervisor.state,
            reason=supervisor.reason,
            encoding=next((each.encoding for each in supervisor.transports), None),
            pid=next((each.pid for each in instances if each.pid is not None), None),
            instances=instances,
            provides=dict(self.edition.provides),
            requires={name: str(each.range) for name, each in manifest.requires.interfaces.items()},
            start=manifest.start.value,
            wanted=self.wanted.value,
            waiting_for=self.step.waiting_for,
            last_call_at=self.counter.last_at,
            methods=self.edition.methods,
            restarts=supervisor.restarts,
            statistics=self.counter.snapshot(),
            last_exit=supervisor.last_exit,
            verification=self.verification,
        )

    def view(self) -> PluginView:
        """Show it to the planner."""
        supervisor = self.supervisor
        return PluginView(
            id=self.id,
            wanted=self.wanted,
            is_leaving=self.is_leaving,
            on_demand=self.is_on_demand,
            is_awake=not self.sleeps,
            has_given_up=self.has_given_up,
            is_alive=self.lifecycle.is_alive,
            has_processes=self.lifecycle.has_processes,
            is_ready=bool(supervisor.transports) or (self._held > 0 and self._was_ready),
            is_coming=self.lifecycle.is_coming,
            is_busy=self.lifecycle.is_busy,
            is_stopping=self.lifecycle.is_stopping,
            wants_restart=self.wants_restart,
            losses=self._losses,
            based_on=self._based_on,
            how=f"{supervisor.state}" + (f" ({supervisor.reason.text})" if self.has_given_up else ""),
        )

    # -- what the fleet does with it

    def begin_start(self) -> None:
        """Note that it is being started; `lifecycle.start` follows."""
        self.wants_restart = False
        self.lifecycle.begin_start()

    def begin_stop(self) -> None:
        """Note that it is being stopped; `stop` follows."""
        self.wants_restart = False
        self.lifecycle.begin_stop()

    async def stop(self, reason: Reason) -> None:
        """Stop it and wait for the end of its processes."""
        await self.lifecycle.stop(reason, final=self.is_leaving)

    def close(self) -> None:
        """Let nothing start it any more, and no call wait for it."""
        self.is_leaving = True
        self._notify()

    async def wait_gone(self) -> None:
        """Wait until nothing of it runs or is about to."""
        life = self.lifecycle
        while life.has_processes or life.is_busy or life.is_stopping:
            await self.wait_changed()

    # -- who observes its calls

    @property
    def observing(self) -> Observing:
        """What is to be seen of its connections."""
        observation = self.counter.observation
        return observation.observing if observation is not None else Observing()

    def observe_again(self) -> None:
        """Find out anew who observes its calls and messages, also those over connections that are there."""
        self.counter.observation = self._decisions.observation(self.manifest)
        self._observe_connections()

    def _observe_connections(self) -> None:
        observing = self.observing
        for each in self.supervisor.transports:
            each.observe(observing)

    # -- calls that wait

    def hold(self, index: int | None = None) -> None:
        """Have calls wait from now on, until the release; with an index they go to the other instances, if there are any."""
        if index is not None and self.supervisor.transports_beside(index):
            self._aside = index
        else:
            self._held += 1
        self._refresh()

    def release(self) -> None:
        """Let calls go on."""
        if self._aside is not None:
            self._aside = None
        else:
            self._held -= 1
        self.ready_changed(self.edition)

    def edition_of(self, manifest: Manifest, interfaces: Mapping[str, Interface]) -> Edition:
        """Make an edition of it; `adopt` has it hold."""
        return Edition(manifest, interfaces, owner=self, decisions=self._decisions)

    def adopt(self, edition: Edition) -> None:
        """Put a new edition in the place of the present one."""
        self.edition.ready.clear()
        self.edition = edition
        self.observe_again()
        self.ready_changed(edition)

    def _refresh(self) -> None:
        self.edition.ready[:] = [] if self._held else self.supervisor.transports_beside(self._aside)
        self._host.routes_changed()

    def calls(self) -> tuple[CallSnapshot, ...]:
        """Show its calls that have no outcome yet, the oldest first."""
        found = [call for each in self.supervisor.transports for call in each.calls()]
        found += self.waiting_calls.show()
        return tuple(sorted(found, key=lambda call: call.started_at))

    def cancel_call(self, call_id: str, error: HostError) -> bool:
        """End a call that it works on, or that waits for it, with an error; returns False when there is none."""
        found = any(each.cancel(call_id, error) for each in self.supervisor.transports)
        return found or self.waiting_calls.cancel(call_id, error)

    async def wait_callable(
        self, route: Route, timeout: float, context: CallContext | None, call_id: str, *, is_streaming: bool
    ) -> Route:
        """Wait until a call can be made, starting the plugin if its calls do that; return the route that holds then.

        A call on behalf of one that the plugin is working on does not wait while others are held back: it goes to the
        process that waits for it, which is not replaced before that one has ended.

        Raises:
            CallTimedOutError: it took longer than the call has.
            CallCancelledError: somebody has cancelled it.
            UnavailableError: nothing is under way that would make it callable.
        """
        with self.waiting_calls.joined(
            call_id, route.method, timeout, context, is_streaming=is_streaming
        ) as call:
            while call.error is None:
                if self.edition.ready:
                    return self._host.find_route(route.method, self.id)
                waiting = self._waiting_for(context)
                if waiting:
                    return route.over(waiting)
                self._refuse_if_hopeless()
                changed = self._changed
                if self.sleeps and not self._held:
                    self.wake()
                await changed.wait()
        if call.error is not None:
            raise call.error
        raise CallTimedOutError(
            f"the deadline of {route.method} passed while {self.id} was {self.supervisor.state}",
            hint="give the call more time, or start the plugin before it is called",
        )

    def _waiting_for(self, context: CallContext | None) -> list[Transport]:
        """Return the connections of processes that wait for the call that is being made, while calls are held back."""
        if context is None or not self._held:
            return []
        return [each for each in self.supervisor.transports if context.waits_on(each.connection)]

    def _refuse_if_hopeless(self) -> None:
        if self._host.is_stopping:
            raise HostClosedError("the host is stopping")
        if self._held or (self._would_start and (self.sleeps or not self.step.is_settled)):
            return
        if self.is_leaving:
            raise UnavailableError(f"{self.id} is being unloaded")
        raise self.supervisor.unavailable()

    def wake(self) -> None:
        """Have it run if its requirements allow, whatever has ended it."""
        self.is_awake = True
        self.try_again()

    def try_again(self) -> None:
        """Forget that it has ended by itself, and have that planned anew."""
        self.lifecycle.forgive()
        self.step = Step(is_settled=False)
        self._host.changed()

    def _notify(self) -> None:
        changed, self._changed = self._changed, trio.Event()
        changed.set()

    async def wait_changed(self) -> None:
        """Wait for the next change of its state, or of what the plan says of it."""
        await self._changed.wait()

    def plan_made(self, step: Step) -> None:
        """Take note of the latest plan."""
        self.step = step
        if step.based_on is not None:
            self._based_on = step.based_on
        self.supervisor.set_trouble("dependencies", step.trouble)
        self._notify()

    # -- the surroundings of its editions

    async def prepare(self, edition: Edition, instance: int) -> LaunchSpec:
        """Build it if needed and say how to start it."""
        return await self._host.prepare(self, edition, instance)

    def usage(self, session: int) -> Usage | None:
        """Measure what processes use."""
        return self._host.usage(session)

    def recycle(self, instance: int, reason: Reason) -> None:
        """Have an instance replaced."""
        self._host.recycle(self, instance, reason)

    def record(self, event: Event) -> None:
        """Publish an event; how processes have ended is kept, too."""
        if isinstance(event, PluginExited):
            self.exits.append(event.report)
        self._host.record(event)

    def log(self, instance: int, source: LogSource, level: str, message: str, **more: Any) -> None:
        """Keep a log line."""
        self.logs.write(instance, source, level, message, **more)

    def called(self, edition: Edition, call: ReverseCall) -> None:
        """Have the host serve a call of the plugin."""
        self._host.called(self, edition, call)

    def transport_failed(self, instance: int, error: Exception) -> None:
        """Have the host say whose fault it is."""
        self._host.transport_failed(self, instance, error)

    def routes_made(self, edition: Edition) -> None:
        """Have the host know the routes that an edition has now; one that is still to take over waits for that."""
        if edition is getattr(self, "edition", None):
            self._host.routes_made(self)

    def ready_changed(self, edition: Edition) -> None:
        """Take the ready instances into the routes; count a loss when there are none any more."""
        self._observe_connections()  # what was wanted may have changed while the process started
        if edition is not self.edition or self._held:
            return
        if edition.provides != self._provides:  # as its hello has said
            self._provides = edition.provides
            self._host.routes_made(self)
        is_ready = bool(self.supervisor.transports)
        if self._was_ready and not is_ready and self.is_awake:
            self._losses += 1
        self._was_ready = is_ready
        self._refresh()
        self._notify()
        self._host.changed()

    def state_changed(self) -> None:
        """Tell who waits for that."""
        self._notify()
        self._host.changed()
