"""Tells which record of the communication log a call has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hostcore.traffic import TrafficLog

if TYPE_CHECKING:
    from hostcore.host import HostControl


def telling_record(
    host: HostControl, plugin: str, note: Callable[[int], None]
) -> Callable[[int], None] | None:
    """Return what a call is to be made with, so that `note` learns the id of its record; None where none is kept.

    Others may observe a plugin's calls, too, so that these have ids; only the communication log can be asked for them.

    Args:
        host: makes the call.
        plugin: the plugin's id.
        note: is told the id, when the call is made; it must not raise.
    """
    log = host.facility(TrafficLog)
    return note if log is not None and log.settings(plugin).calls else None
