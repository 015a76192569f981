"""Tells extensions of the host's events, in their order."""

from __future__ import annotations

from hostcore.events import Event, EventsMissed, ExtensionFailed, Recorded
from hostcore.hooks._control import HostControl, Subscription
from hostcore.hooks._extensions import EVENT_HOOKS, Extensions


async def dispatch_events(
    extensions: Extensions, host: HostControl, events: Subscription[Recorded | EventsMissed]
) -> None:
    """Tell extensions of each event until the subscription ends; needed only where they want events.

    An extension is not told of its own failures, else one that fails at each event would never come to rest. What
    the subscription has missed is passed over: whoever counts sees the gap in the sequence.

    Args:
        extensions: whom to tell.
        host: what they are given to act on.
        events: is left at the end.
    """
    async with events:
        async for recorded in events:
            if isinstance(recorded, EventsMissed):
                continue
            event = recorded.event
            failing = event.extension if isinstance(event, ExtensionFailed) else None
            await extensions.notify(EVENT_HOOKS[Event], failing, host=host, recorded=recorded)
            hook = EVENT_HOOKS.get(type(event))
            if hook is not None:
                await extensions.notify(hook, host=host, event=event)
