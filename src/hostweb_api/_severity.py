"""How much an event matters to whoever watches over a host."""

from __future__ import annotations

import enum

from hostcore.events import (
    Event,
    ExtensionFailed,
    InstanceStateChanged,
    PluginExited,
    PluginRefused,
    PluginReloadFailed,
    PluginStateChanged,
)
from hostcore.snapshots import PluginState


class Severity(enum.StrEnum):
    """Says how much an event matters; in the order of their definition, the last one most."""

    INFO = "info"
    """As it should be."""

    WARN = "warn"
    """Something went wrong, and the host deals with it."""

    ERROR = "error"
    """Somebody has to do something."""

    def reaches(self, least: Severity) -> bool:
        """Return whether this is at least as severe as `least`."""
        order = list(Severity)
        return order.index(self) >= order.index(least)


_FAILURES = (ExtensionFailed, PluginRefused, PluginReloadFailed)
_TROUBLED = frozenset({PluginState.BACKING_OFF, PluginState.DEGRADED})


def severity_of(event: Event) -> Severity:
    """Return how much an event matters; one of an extension is `INFO`."""
    if isinstance(event, _FAILURES):
        return Severity.ERROR
    if isinstance(event, PluginStateChanged | InstanceStateChanged):
        if event.new is PluginState.FAILED:
            # A plugin with other instances goes on.
            return Severity.ERROR if isinstance(event, PluginStateChanged) else Severity.WARN
        return Severity.WARN if event.new in _TROUBLED else Severity.INFO
    if isinstance(event, PluginExited):
        # SIGTERM is how a plugin is asked to end that does not understand it otherwise.
        is_clean = event.report.exit_code == 0 or event.report.signal == "SIGTERM"
        return Severity.INFO if is_clean else Severity.WARN
    return Severity.INFO
