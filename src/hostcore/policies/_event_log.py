"""Writes events to Python's own logging, for applications that have their logs there."""

from __future__ import annotations

import logging
from typing import Final

from hostcore.events import (
    ConfigReloaded,
    Event,
    ExtensionFailed,
    HostStarted,
    HostStopping,
    InstanceRecycled,
    InstanceStateChanged,
    PluginDiscovered,
    PluginExited,
    PluginRefused,
    PluginReloaded,
    PluginReloadFailed,
    PluginStateChanged,
    PluginUnloaded,
    PluginUnverified,
    PluginWantedChanged,
    Recorded,
)
from hostcore.hooks import hookimpl
from hostcore.policies._words import in_words
from hostcore.snapshots import ConfigChange, ExitReport, PluginState

LOGGER: Final = "polyhost.events"

_TROUBLE: Final = (ExtensionFailed, PluginRefused, PluginReloadFailed, PluginUnverified)


class EventLog:
    """Gives each event to the logger `polyhost.events`: INFO, or WARNING for what somebody should look at.

    A record's `event` is the event as a JSON-compatible dict. In a program that has configured no logging at all
    nothing is written: the standard library would print warnings on stderr then.
    """

    def __init__(self) -> None:
        self._logger = logging.getLogger(LOGGER)

    @hookimpl
    def hostcore_on_event(self, recorded: Recorded) -> None:
        """Write one record."""
        level = level_of(recorded.event)
        if self._logger.isEnabledFor(level) and self._logger.hasHandlers():
            self._logger.log(level, "%s", sentence(recorded.event), extra={"event": recorded.as_json()})


def level_of(event: Event) -> int:
    """Return the level that an event is logged with."""
    failed = isinstance(event, PluginStateChanged | InstanceStateChanged) and event.new is PluginState.FAILED
    return logging.WARNING if failed or isinstance(event, _TROUBLE) else logging.INFO


def sentence(event: Event) -> str:  # noqa: C901, PLR0911, PLR0912 - a table of one line for each kind
    """Tell an event in one short sentence."""
    match event:
        case HostStarted():
            return f"the host has started with {_count(len(event.plugins), 'plugin')}"
        case HostStopping():
            return f"the host stops: {event.reason.text}"
        case PluginDiscovered():
            return f"{event.plugin} {event.version} was found in {event.folder}"
        case PluginRefused():
            return f"{event.plugin} was refused: {event.reason.text}"
        case PluginUnverified():
            what = "was not started" if event.refused else "is started all the same"
            return (
                f"nobody vouches for the files of {event.plugin}, which {what}: {event.verification.detail}"
            )
        case PluginStateChanged():
            return f"{event.plugin} is {event.new}: {event.reason.text}"
        case InstanceStateChanged():
            return f"instance {event.instance} of {event.plugin} is {event.new}: {event.reason.text}"
        case PluginExited():
            return f"a process of {event.plugin} {_end(event.report)}"
        case PluginWantedChanged():
            return f"{event.plugin} is to be {event.wanted}"
        case PluginReloaded():
            return f"{event.plugin} was reloaded, {_versions(event)} ({event.trigger})"
        case PluginReloadFailed():
            return (
                f"{event.plugin} {event.version} could not take over ({event.trigger}): {event.reason.text}"
            )
        case InstanceRecycled():
            return f"instance {event.instance} of {event.plugin} was replaced: {event.reason.text}"
        case ConfigReloaded():
            return f"the configuration was read again: {_changes(event.change)}"
        case PluginUnloaded():
            return f"{event.plugin} was unloaded"
        case ExtensionFailed():
            return f"the extension {event.extension} failed in {event.hook}: {event.error}"
        case _:  # an event of a later version, or of an extension
            return event.kind.replace("-", " ")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _end(report: ExitReport) -> str:
    how = f"was killed by {report.signal}" if report.signal else f"exited with {report.exit_code}"
    return f"(pid {report.pid}) {how} after {in_words(report.uptime)}: {report.reason.text}"


def _versions(event: PluginReloaded) -> str:
    if event.version == event.old_version:
        return f"{event.version} as before"
    return f"{event.old_version} became {event.version}"


def _changes(change: ConfigChange) -> str:
    parts = [
        f"{_count(len(plugins), 'plugin')} {verb}"
        for verb, plugins in (
            ("loaded", change.loaded),
            ("unloaded", change.unloaded),
            ("reloaded", change.reloaded),
            ("enabled", change.enabled),
            ("disabled", change.disabled),
            ("failed", change.failed),
        )
        if plugins
    ]
    if change.pending:
        parts.append(f"{', '.join(change.pending)} needs a new start")
    return ", ".join(parts) or "nothing has changed"
