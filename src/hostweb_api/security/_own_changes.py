"""Tells the audit trail of what the host changes by itself because files have changed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from hostcore.events import EventsMissed, PluginReloaded, PluginReloadFailed
from hostcore.policies import HOT_RELOAD_TRIGGER
from hostweb_api.security._audit_file import AuditRecord, Outcome
from hostweb_api.security._callers import CallerKind

if TYPE_CHECKING:
    from hostcore.events import Event
    from hostcore.host import HostControl
    from hostweb_api.security._audit import AuditTrail

_log = logging.getLogger(__name__)

WATCHER: Final = "file watcher"
"""What the trail calls who reloads a plugin when its files have changed; who has changed them, nobody knows."""

OPERATION: Final = "reloadPlugin"
"""As the same is called when it is asked for over the API."""


async def note_own_changes(host: HostControl, audit: AuditTrail) -> None:
    """Note each reload that changed files have caused, from the host's start on; until cancelled, or the host stops.

    What is asked for over the API, or by a signal, is noted where it is asked for.
    """
    async with host.events(after=0) as events:
        async for told in events:
            if isinstance(told, EventsMissed):
                _log.warning(
                    "Reloads for changed files may lack in the audit trail: events %d to %d were missed",
                    *(told.first, told.last),
                )
            elif (record := _record_of(told.event, told.at)) is not None:
                audit.note(record)


def _record_of(event: Event, at: float) -> AuditRecord | None:
    if not isinstance(event, PluginReloaded | PluginReloadFailed) or event.trigger != HOT_RELOAD_TRIGGER:
        return None
    problem = event.reason.code if isinstance(event, PluginReloadFailed) else ""
    return AuditRecord(
        at=at,
        outcome=Outcome.FAILED if problem else Outcome.DONE,
        caller=WATCHER,
        kind=CallerKind.WATCHER.value,
        address="local",
        operation=OPERATION,
        target=event.plugin,
        problem=problem,
    )
