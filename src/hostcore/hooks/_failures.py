"""Names extensions that fail, in events, and keeps those events from becoming a flood."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from hostcore.events import ExtensionFailed

SLOW_HOOK_SECONDS: Final = 0.1
"""While a plain function runs, no call of any plugin goes on; from here on people notice. asyncio warns at 0.1 s, too."""

FAILURES_A_MINUTE: Final = 5
"""Events about one extension and hook: enough to see a pattern, few beside the thousands that the host's ring keeps."""

SLOW_A_MINUTE: Final = 1
"""Events about one extension and hook that block the host: that it is slow is one fact, however often it is called."""

WINDOW_SECONDS: Final = 60.0
"""What "a minute" is: it begins with the first event and not at a full minute of the clock."""

LONGEST_ERROR: Final = 1_000
"""Characters of an error's text in an event; an extension may put a whole document into its message."""

LONGEST_TRACEBACK: Final = 16_000
"""Characters of a traceback in an event, the end of it: there stands what was raised."""


FAILURES: Final = (Exception, SystemExit)
"""What an extension may raise without harm to anybody else: `sys.exit()` in one of many guests must not close the house."""


class BlockedError(Exception):
    """Says that an implementation has answered, and how long nothing else could run until then."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"blocked the host for {seconds:.2f} s")


class Report(Protocol):
    """Is whoever takes failures; `where` says which part of the implementation has failed, if it has several."""

    def __call__(self, extension: str, hook: str, error: BaseException, *, where: str = "") -> None: ...


@dataclass(slots=True)
class _Window:
    opened: float
    told: int = 0
    left_out: int = 0


@dataclass(slots=True)
class _Tally:
    failures: int = 0
    last_error: str | None = None


class Failures:
    """Counts the failures of each extension and tells of them, not too often.

    Args:
        report: takes the events; called at once.
        clock: seconds, monotonic.
    """

    def __init__(self, report: Callable[[ExtensionFailed], None], *, clock: Callable[[], float]) -> None:
        self._report = report
        self._clock = clock
        self._windows: dict[tuple[str, str, bool], _Window] = {}
        self._tallies: dict[str, _Tally] = {}

    def __repr__(self) -> str:
        return f"<Failures {', '.join(f'{name}={each.failures}' for name, each in self._tallies.items())}>"

    def failed(self, extension: str, hook: str, error: BaseException, *, where: str = "") -> None:
        """Count a failure and tell of it, unless the same hook of the extension was told of often enough.

        Args:
            extension: its name.
            hook: the hook, or the phase of the extension's life in brackets.
            error: what was raised, or a `BlockedError`.
            where: which part of the implementation, if it has several.
        """
        text = _text_of(error)
        if where:
            text = f"{where}: {text}"
        tally = self._tallies.setdefault(extension, _Tally())
        tally.failures += 1
        tally.last_error = text
        self._tell(extension, hook, error, text)

    def refused(self, extension: str, hook: str, error: BaseException) -> None:
        """Tell of a failure that says nothing against the extension that has the name."""
        self._tell(extension, hook, error, _text_of(error))

    def count(self, extension: str) -> int:
        """Return how often an extension has failed, those times included that no event told of."""
        tally = self._tallies.get(extension)
        return tally.failures if tally else 0

    def last_error(self, extension: str) -> str | None:
        """Return the latest failure of an extension."""
        tally = self._tallies.get(extension)
        return tally.last_error if tally else None

    def _tell(self, extension: str, hook: str, error: BaseException, text: str) -> None:
        slow = isinstance(error, BlockedError)
        left_out = self._admit((extension, hook, slow), SLOW_A_MINUTE if slow else FAILURES_A_MINUTE)
        if left_out is None:
            return
        if left_out:
            text = f"{text} ({left_out} more before this one were left out)"
        trace = "" if error.__traceback__ is None else "".join(traceback.format_exception(error))
        self._report(
            ExtensionFailed(extension=extension, hook=hook, error=text, traceback=trace[-LONGEST_TRACEBACK:])
        )

    def _admit(self, key: tuple[str, str, bool], limit: int) -> int | None:
        """Return how many were left out before this one, or None to leave it out, too."""
        now = self._clock()
        window = self._windows.get(key)
        if window is None or now - window.opened >= WINDOW_SECONDS:
            left_out = window.left_out if window else 0
            self._windows[key] = _Window(opened=now, told=1)
            return left_out
        if window.told < limit:
            window.told += 1
            return 0
        window.left_out += 1
        return None


def _text_of(error: BaseException) -> str:
    if isinstance(error, BlockedError):
        return str(error)
    try:
        text = str(error)
    except Exception as broken:  # noqa: BLE001 - the text of a foreign error is foreign code
        text = f"its text cannot be made: {type(broken).__name__}"
    text = f"{type(error).__name__}: {text}"
    return text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}…"
