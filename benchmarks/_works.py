"""What is measured: pieces of work, and what one round of one of them yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

KIB: Final = 1024
MIB: Final = 1024 * 1024

SMALL: Final = 50
"""Bytes of a small call's text: about what a key with a short value takes."""

GAP_SECONDS: Final = 10e-6
"""Pause between calls that lets the plugin's core fall asleep; its wake-up then counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """Is one thing that subjects do for a while.

    Attributes:
        name: names it on the command line.
        title: what it is, for people.
        payload: bytes sent, and got back, with each call.
        callers: how many call at once.
        gap: seconds between two calls of a caller, spent busy, not counted.
        seconds: how long one round lasts, warm-up excluded.
    """

    name: str
    title: str
    payload: int = SMALL
    callers: int = 1
    gap: float = 0.0
    seconds: float = 0.4

    def params(self) -> tuple[str, dict[str, Any]]:
        """Return the method and the params of its calls."""
        if self.payload <= KIB:
            return "Echo.Text", {"text": "x" * self.payload}
        return "Echo.Blob", {"data": bytes(range(256)) * (self.payload // 256)}

    def to_json(self) -> dict[str, Any]:
        """Write it for another process."""
        return asdict(self)


WORKS: Final = (
    Work(name="small", title="50 bytes, 1 caller"),
    Work(name="small-gap", title="50 bytes, 1 caller, 10 µs between calls", gap=GAP_SECONDS),
    Work(name="callers", title="50 bytes, 16 callers", callers=16),
    Work(name="64k", title="64 KiB, 1 caller", payload=64 * KIB),
    Work(name="1m", title="1 MiB, 1 caller", payload=MIB, seconds=0.8),
    Work(name="1m-callers", title="1 MiB, 16 callers", payload=MIB, callers=16, seconds=1.5),
    Work(name="rest", title="REST: 50 bytes, 1 connection", seconds=0.8),
    Work(name="rest-callers", title="REST: 50 bytes, 16 connections", callers=16, seconds=1.2),
    Work(name="go-small", title="a plugin in Go: 50 bytes, 1 caller"),
    Work(name="go-callers", title="a plugin in Go: 50 bytes, 16 callers", callers=16),
    Work(name="go-1m", title="a plugin in Go: 1 MiB, 1 caller", payload=MIB, seconds=0.8),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """Is what one round of one work gave with one subject; times in seconds.

    Attributes:
        p50: median time of a call.
        p99: 99th percentile.
        rate: calls a second, all callers together.
        calls: how many calls it stands on.
    """

    p50: float
    p99: float
    rate: float
    calls: int

    @classmethod
    def of(cls, durations: Sequence[float], seconds: float) -> Self:
        """Summarise the calls of a round that lasted `seconds`."""
        ordered = sorted(durations)
        return cls(
            p50=ordered[len(ordered) // 2],
            p99=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
            rate=len(ordered) / seconds,
            calls=len(ordered),
        )
