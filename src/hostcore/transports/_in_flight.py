"""Calls in flight as others than their callers see them."""

from __future__ import annotations

import time

import trio

from hostcore.snapshots import CallSnapshot, CallState
from hostcore.transports._cells import Cell, StreamCell
from hostcore.transports._context import CallContext
from hostcore.transports._records import CallRecord


def id_of_call(cell: Cell, pid: int) -> str:
    """Return what names a call as long as it is in flight."""
    # What has waited keeps the name that it had then: where it was made, or before it was its turn.
    known = name_of_call(cell.context, cell.record)
    return known or (f"{pid}-w{cell.ticket}" if cell.ticket else f"{pid}-{cell.id}")


def name_of_call(context: CallContext | None, record: CallRecord | None) -> str:
    """Return what a call is called wherever it is: by its record, or as it was when it waited for a process; else nothing.

    Whoever has its process names it then; no two processes of a host have one pid.
    """
    if record is not None:
        return str(record.id)
    return context.name if context is not None else ""


def show_call(cell: Cell, pid: int) -> CallSnapshot:
    """Take a picture of a call that a process works on, or that waits for its turn."""
    progress = cell.progress
    return snapshot_of_call(
        id_of_call(cell, pid),
        cell.method,
        state=CallState.RUNNING if cell.id else CallState.QUEUED,
        pid=pid,
        context=cell.context,
        began=cell.began,
        deadline=cell.deadline,
        is_streaming=isinstance(cell, StreamCell),
        progress=None if progress is None else (progress.progress, progress.total, progress.message),
    )


def snapshot_of_call(
    call_id: str,
    method: str,
    *,
    state: CallState,
    pid: int | None,
    context: CallContext | None,
    began: float,
    deadline: float,
    is_streaming: bool,
    progress: tuple[float, float | None, str | None] | None = None,
) -> CallSnapshot:
    """Take a picture of a call.

    Args:
        call_id: what names it.
        method: the method's full name.
        state: how far it has got.
        pid: the process, or None.
        context: on whose behalf it is made.
        began: when it was made, in `trio.current_time`.
        deadline: when its time is over, in the same.
        is_streaming: whether items go to and fro.
        progress: the latest that the plugin has told: progress, total, message.
    """
    now, at = trio.current_time(), time.time()
    plugin = context.plugin if context is not None else ""
    outsider = context.origin if context is not None else ""
    done, total, message = progress or (None, None, None)
    return CallSnapshot(
        id=call_id,
        method=method,
        state=state,
        pid=pid,
        caller=plugin or outsider or None,
        is_plugin=bool(plugin),
        started_at=at - (now - began),
        ends_at=at + (deadline - now),
        is_streaming=is_streaming,
        progress=done,
        total=total,
        message=message,
    )
