"""Replaces running instances by new ones without failing a call: the two modes of a reload, with handover of state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import trio

from hostcore.errors import HostError, ReloadError, UnavailableError
from hostcore.manifest import ReloadMode
from hostcore.snapshots import LogSource, PluginState, Reason
from hostcore.supervision._facts import Blueprint
from hostcore.supervision._instance import Instance
from hostcore.transports import Transport

if TYPE_CHECKING:
    from hostcore.supervision._supervisor import PluginSupervisor

_T = TypeVar("_T")

DRAIN_LOOK: Final = 0.01
"""Seconds between two looks at how many calls an instance still has: no call pays for telling when it was the last."""

HANDOVER_TIMEOUT: Final = 10.0
"""Seconds for a plugin to give its state, and for its successor to take it; calls wait meanwhile."""

GIVEN_UP: Final = Reason(code="reload-failed", text="the reload that it was started for has failed")
REPLACED: Final = Reason(code="reloading", text="it makes room for a new incarnation")


class Exchange(Protocol):
    """Is what the host does around a replacement. Nothing of it may block."""

    def check(self) -> None:
        """Raise `HostError` if the new instances, which have said hello, may not take over."""

    def hold(self) -> None:
        """Have calls wait from now on."""

    def swap(self) -> None:
        """Send calls to the new instances from now on, those that wait as well."""

    def resume(self) -> None:
        """Send calls to the old instances again, those that wait as well: the replacement has failed."""


class Replacement:
    """Carries out one replacement.

    Args:
        supervisor: whose instances are replaced; it runs no other command meanwhile.
        blueprint: what the new instances are made from.
        exchange: what the host does around it.
        drain: seconds that calls of the old instances have to end.
    """

    def __init__(
        self, supervisor: PluginSupervisor, blueprint: Blueprint, exchange: Exchange, *, drain: float
    ) -> None:
        self._supervisor = supervisor
        self._blueprint = blueprint
        self._exchange = exchange
        self._drain = drain

    async def carry_out(self, old: list[Instance], indexes: Iterable[int]) -> None:
        """Put new instances with these indexes in the place of old ones, in the way that the new manifest says.

        Raises `HostError`.
        """
        new = self._supervisor.make(self._blueprint, indexes, on_trial=True)
        if self._blueprint.manifest.reload.mode is ReloadMode.BLUE_GREEN:
            await self._blue_green(old, new)
        else:
            await self._one_after_the_other(old, new)

    async def _blue_green(self, old: list[Instance], new: list[Instance]) -> None:
        try:
            await self._bring_up(new)
            await self._hand_over(old, new)
            self._take_over(old, new)
        except BaseException:
            self._exchange.resume()
            await self._give_up(new)
            raise
        self._supervisor.retire(old, self._drain)

    async def _one_after_the_other(self, old: list[Instance], new: list[Instance]) -> None:
        # What can be found wrong without the new process is found while the old one still serves.
        for instance in new:
            await self._blueprint.environs.prepare(self._blueprint.manifest, instance.index)
        before = self._supervisor.blueprint
        self._exchange.hold()
        try:
            states = await self._collect(old)
        except BaseException:
            self._exchange.resume()
            raise
        try:
            await self._supervisor.end(old, REPLACED)
            await self._bring_up(new)
            await self._deal_out(states, new)
            self._take_over(old, new)
        except BaseException:
            # The successors first: they own the file or the port. Bounded by the limits on builds, starts and stops.
            with trio.CancelScope(shield=True):
                await self._give_up(new)
                await self._supervisor.end(old, REPLACED)
                try:
                    await self._bring_back(old, before, states)
                finally:
                    self._exchange.resume()
            raise

    async def _bring_up(self, new: list[Instance]) -> None:
        """Start instances and wait until each is ready and, unless its manifest wants no pings, answers one."""
        supervisor = self._supervisor
        supervisor.announce_successors(new)
        supervisor.run(new)
        await supervisor.wait_settled(new)
        health = self._blueprint.manifest.health
        for instance in new:
            if instance.transport is None:
                raise _why(instance)
            if health.interval:
                await _asked(instance, lambda transport: transport.ping(timeout=health.timeout))

    async def _give_up(self, new: list[Instance]) -> None:
        """End instances that have not taken over; bounded by the shutdown times."""
        with trio.CancelScope(shield=True):
            await self._supervisor.end(new, GIVEN_UP)
        self._supervisor.announce_successors(())

    async def _bring_back(self, old: list[Instance], before: Blueprint, states: Mapping[int, bytes]) -> None:
        """Start again what was stopped, with the state that it has given away."""
        supervisor = self._supervisor
        if supervisor.is_stopping:
            return
        again = supervisor.make(before, [each.index for each in old])
        supervisor.exchange(old, again, before)
        supervisor.run(again)
        await supervisor.wait_settled(again)
        try:
            await self._deal_out(states, again)
        except HostError as error:  # it runs, which is more than nothing; the reload's own error is raised
            before.environs.log(0, LogSource.HOST, "error", f"its state is lost: {error}")

    # -- handing over

    async def _hand_over(self, old: list[Instance], new: list[Instance]) -> None:
        """Pass on state, where both sides can, while calls wait."""
        givers = [each for each in old if _can_hand_over(each)]
        if givers and any(map(_can_hand_over, new)):
            self._exchange.hold()
            await self._deal_out(await self._collect(givers), new)

    async def _collect(self, old: list[Instance]) -> dict[int, bytes]:
        """Wait until instances have nothing to do, and take the state of those that give one."""
        givers = [each for each in old if _can_hand_over(each)]
        is_idle = await wait_drained(old, self._drain)
        if givers and not is_idle:  # only then is their state whole
            busy = sum(each.transport.load for each in old if each.transport is not None)
            raise ReloadError(
                f"{self._supervisor.id} still had {busy} calls after {self._drain:g} s, so it could not hand over its state",
                hint="reload it when it has less to do, or raise reload.drain_timeout",
            )
        return {
            each.index: await _asked(each, lambda transport: transport.give_state(timeout=HANDOVER_TIMEOUT))
            for each in givers
        }

    async def _deal_out(self, states: Mapping[int, bytes], new: list[Instance]) -> None:
        """Give each instance the state of its predecessor, if it takes one."""
        for instance in new:
            state = states.get(instance.index)
            if state is not None and (instance.transport is None or _can_hand_over(instance)):
                await _asked(instance, partial(_give, state))
        for index in sorted(set(states) - {each.index for each in new}):
            text = f"the state of instance {index} is gone with it: there are fewer instances now"
            self._blueprint.environs.log(index, LogSource.HOST, "warn", text)

    # -- taking over

    def _take_over(self, old: list[Instance], new: list[Instance]) -> None:
        """Check once more and exchange, in one go: no call can come in between."""
        for instance in new:
            if instance.transport is None:
                raise _why(instance)
        self._exchange.check()
        self._supervisor.exchange(old, new, self._blueprint)
        self._exchange.swap()


async def wait_drained(instances: Sequence[Instance], seconds: float) -> bool:
    """Wait until the instances have no calls any more, at most so long; say whether that was reached."""
    with trio.move_on_after(seconds):
        while any(each.transport is not None and each.transport.load for each in instances):  # noqa: ASYNC110 - see DRAIN_LOOK
            await trio.sleep(DRAIN_LOOK)
        return True
    return False


def _can_hand_over(instance: Instance) -> bool:
    return instance.transport is not None and instance.transport.can_hand_over


async def _give(state: bytes, transport: Transport) -> None:
    await transport.take_state(state, timeout=HANDOVER_TIMEOUT)


async def _asked(instance: Instance, ask: Callable[[Transport], Awaitable[_T]]) -> _T:
    """Ask the process of an instance for something; raises `HostError`, also when its transport fails to."""
    transport = instance.transport
    if transport is None:
        raise _why(instance)
    try:
        return await ask(transport)
    except HostError:
        raise
    except Exception as error:  # a transport may be an extension's: its fault ends this reload, not the host
        raise ReloadError(f"the transport has failed: {error!r:.200}") from error


def _why(instance: Instance) -> HostError:
    if instance.failure is not None:
        return instance.failure
    if instance.state in {PluginState.READY, PluginState.DEGRADED}:  # how it has ended is not known yet
        return UnavailableError("its process has just ended")
    return UnavailableError(f"its process has ended: {instance.reason.text}")
