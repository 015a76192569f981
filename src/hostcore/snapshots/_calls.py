"""Calls that have no outcome yet."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class CallState(enum.StrEnum):
    """Says how far a call has got that has no outcome yet."""

    QUEUED = "queued"
    """It waits in the host: for its turn, or for the plugin to start or to be replaced."""

    RUNNING = "running"
    """The plugin works on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallSnapshot:
    """Shows one call that has no outcome yet.

    Attributes:
        id: names it from its arrival to its end; where anybody records the call, the id of its record, as text.
        method: the method's full name.
        state: whether it waits, or the plugin works on it.
        pid: the process that works on it, or that it waits for; None while there is none.
        caller: who makes it: the id of a plugin, or what somebody from outside is called; None when nobody said.
        is_plugin: whether the caller is a plugin.
        started_at: when it was made, seconds since the epoch.
        ends_at: when its deadline passes, seconds since the epoch.
        is_streaming: whether items go to and fro.
        progress: how far it has come, as the plugin says; None when it has said nothing, or nobody wanted to know.
        total: the progress at which it is done, or None.
        message: what the plugin says about it, or None.
    """

    id: str
    method: str
    state: CallState
    pid: int | None
    caller: str | None
    is_plugin: bool
    started_at: float
    ends_at: float
    is_streaming: bool
    progress: float | None = None
    total: float | None = None
    message: str | None = None
