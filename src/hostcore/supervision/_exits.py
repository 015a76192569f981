"""Makes exit reports, from what a transport or a failed start has left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

from hostcore.errors import HandshakeError, HostError
from hostcore.snapshots import ExitReport, Reason
from hostcore.supervision._error_blocks import PANICS, PYTHON, RUST
from hostcore.transports import ExitStatus, LaunchFailure, Transport


class Whose(TypedDict):
    """Says whose process it was."""

    plugin: str
    instance: int
    incarnation: int


def report_end(
    transport: Transport, reason: Reason, *, uptime: float, seen_rss: int = 0, **whose: Unpack[Whose]
) -> ExitReport:
    """Report the end of a process that had said hello; `seen_rss` is the most memory that a look has shown."""
    return _report(
        transport.exit_status,
        seen_rss=seen_rss,
        pid=transport.pid,
        reason=reason,
        uptime=uptime,
        stderr=transport.stderr_tail,
        stray=transport.stray_tail,
        calls_in_flight=transport.cut_off,
        **whose,
    )


def report_failed_start(error: HostError, *, uptime: float, **whose: Unpack[Whose]) -> ExitReport | None:
    """Report the end of a process that has said no hello; None when there was no process."""
    failure = launch_failure(error)
    if failure is None or failure.pid is None:
        return None
    return _report(
        failure.status,
        pid=failure.pid,
        reason=Reason(code=error.code, text=error.message.removeprefix(f"{whose['plugin']}: ")),
        uptime=uptime,
        stderr=failure.stderr,
        stray=failure.stray,
        **whose,
    )


def launch_failure(error: HostError) -> LaunchFailure | None:
    """Return what is known of the process of a start that has failed."""
    failure = error.launch if isinstance(error, HandshakeError) else None
    return failure if isinstance(failure, LaunchFailure) else None


def panic_of(lines: Sequence[str]) -> str | None:
    """Return the sentence with which a runtime gave up: a panic, other last words, or the error that ended a Python program."""
    for number, line in enumerate(lines):
        if line.startswith(PANICS):
            return line
        if RUST.match(line):  # its message stands in the line below
            return " ".join(lines[number : number + 2])
    if PYTHON in lines:
        last = len(lines) - 1 - lines[::-1].index(PYTHON)
        return next((line for line in lines[last + 1 :] if line and not line.startswith(" ")), None)
    return None


def _report(status: ExitStatus | None, *, seen_rss: int = 0, **known: Any) -> ExitReport:
    stderr: tuple[str, ...] = known.get("stderr", ())
    ended = status or ExitStatus(exit_code=None, signal=None)
    return ExitReport(
        at=time.time(),
        exit_code=ended.exit_code,
        signal=ended.signal,
        user_seconds=ended.user_seconds,
        system_seconds=ended.system_seconds,
        panic=panic_of(stderr),
        max_rss_bytes=max(ended.max_rss_bytes, seen_rss),
        **known,
    )
