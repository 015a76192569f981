"""What bounds the time of a call, and what is said where it was not enough."""

from __future__ import annotations

from typing import Final

from hostcore.errors import CallTimedOutError
from hostcore.transports import UNANSWERED_HINT

LEAST_TIMEOUT: Final = 0.001
"""Seconds that a call is sent with whose plugin was ready at its last moment; its deadline then says what has happened."""

LONGEST_TIMEOUT: Final = 366 * 86400.0
"""Seconds: a year bounds every wait, and stays far from where clocks lose their precision."""

_STREAM_HINT: Final = (
    "nothing describes the method: if it streams, which then waits until somebody takes or sends its items, say so with"
    f" `stream`; otherwise {UNANSWERED_HINT}"
)


def check_timeout(timeout: float, method: str) -> float:
    """Return a timeout that a caller gave.

    Raises:
        CallTimedOutError: nothing of it is left.
        ValueError: it is no bound: infinite, no number, or longer than `LONGEST_TIMEOUT`.
    """
    if 0 < timeout <= LONGEST_TIMEOUT:
        return timeout
    if timeout <= 0:
        raise CallTimedOutError(
            f"the deadline of {method} passed before it was sent", hint="the timeout is seconds from now"
        )
    raise ValueError(f"a timeout is seconds from now, at most {LONGEST_TIMEOUT:g}, not {timeout!r}")


def hint_at_streams(error: BaseException) -> None:
    """Have an error say that a method that nothing describes may stream, where it waited for an answer in vain."""
    if isinstance(error, CallTimedOutError) and error.hint == UNANSWERED_HINT:
        error.hint = _STREAM_HINT
