"""Says why a start has failed: what was seen, how the process ended, and what it printed last."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from typing import Final

import trio

from hostcore.errors import HandshakeError
from hostcore.snapshots import as_json
from hostcore.transports import GO_PANICS, LaunchFailure, LaunchSpec
from hostcore_grpc._child import END_GRACE, Child

LAST_LINES: Final = 3
"""Lines of what was printed last; that go-plugin wants no person to start a plugin by hand takes three."""

LINE_LENGTH: Final = 300
"""Characters of each; the report of the exit has the rest."""

_HINTS: Final = {
    "reattach": "does the plugin still run, and is [grpc] reattach what it has printed last?",
    "exited": "is it built with go-plugin, and are cookie_key and cookie_value those of its HandshakeConfig?",
    "no-hello": "a plugin prints the line of go-plugin's handshake to its stdout first; limits.start_timeout in its"
    " manifest gives it more time",
    "protocol-violated": "is it built with a newer or an older go-plugin, or for another protocol?",
    "unreachable": "run its command by hand, with its cookie in the environment, to see what it prints",
    "not-ready": "limits.start_timeout in its manifest gives it more time",
}


async def failed_start(
    child: Child, spec: LaunchSpec, code: str, what: str, *, is_lost: bool = False
) -> HandshakeError:
    """End a process that did not start well, and make the error that tells of it.

    Args:
        child: the process.
        spec: what was started.
        code: of the reason.
        what: what was seen, without the plugin's name.
        is_lost: whether the connection has ended: then the process most likely ends by itself, and says more by that.
    """
    with trio.CancelScope(shield=True):  # bounded; its last words belong in the report
        if is_lost:
            with trio.move_on_after(END_GRACE):
                await child.finished.wait()
        has_exited = child.finished.is_set() and not child.is_borrowed
        child.signal_group(signal.SIGKILL)
        child.connection_ended("the start has failed")
        await child.finished.wait()
    if has_exited and is_lost:
        code, what = "exited", f"its process ended with {child.status} before it was ready to be called"
    failure = LaunchFailure(
        pid=None if child.is_borrowed else child.pid,
        status=child.status,
        stderr=child.stderr_tail,
        stray=child.stray_tail,
    )
    last_words = "" if child.is_borrowed else _last_words(failure)
    error = HandshakeError(
        f"{spec.plugin}: {what}{last_words}",
        location=str(spec.folder),
        hint=_HINTS["reattach" if child.is_borrowed else code],
        details={"reason": code, **as_json(failure)},
    )
    error.launch = failure
    return error


def _last_words(failure: LaunchFailure) -> str:
    told = [
        f"its last {'words' if len(shown) > 1 else 'line'} on {name}: {' | '.join(shown)}"
        for name, lines in (("stderr", failure.stderr), ("stdout", failure.stray))
        if (shown := _telling(lines))
    ]
    return f"; {'; '.join(told)}" if told else "; it printed nothing"


def _telling(lines: Sequence[str]) -> list[str]:
    """Return the lines that say most: those from a panic on, else the last ones."""
    texts = [_message_of(line)[:LINE_LENGTH] for line in lines if line.strip()]
    for number, text in enumerate(texts):
        if text.startswith(GO_PANICS):
            return texts[number : number + 1]
    return texts[-LAST_LINES:]


def _message_of(line: str) -> str:
    """Return the text of a line that hclog wrote, or the line itself."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line
    message = record.get("@message") if isinstance(record, dict) else None
    return message if isinstance(message, str) else line
