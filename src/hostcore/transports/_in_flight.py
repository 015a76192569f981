"""Calls in flight as others than their callers see them."""

from __future__ import annotations

import time

import trio

from hostcore.snapshots import CallSnapshot
from hostcore.transports._cells import Cell, StreamCell


def id_of_call(cell: Cell, pid: int) -> str:
    """Return what names a call as long as it is in flight: no two processes of a host have one pid."""
    return f"{pid}-{cell.id}"


def show_call(cell: Cell, pid: int) -> CallSnapshot:
    """Take a picture of a call that a process works on."""
    now, at = trio.current_time(), time.time()
    context, progress = cell.context, cell.progress
    plugin = context.plugin if context is not None else ""
    outsider = context.origin if context is not None else ""
    return CallSnapshot(
        id=id_of_call(cell, pid),
        method=cell.method,
        pid=pid,
        caller=plugin or outsider or None,
        is_plugin=bool(plugin),
        started_at=at - (now - cell.began),
        ends_at=at + (cell.deadline - now),
        is_streaming=isinstance(cell, StreamCell),
        progress=None if progress is None else progress.progress,
        total=None if progress is None else progress.total,
        message=None if progress is None else progress.message,
    )
