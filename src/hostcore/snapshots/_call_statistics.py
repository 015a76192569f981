"""What is known of many calls together: how many, how they ended, and how long they took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil
from typing import Final, Self

LATENCY_BOUNDS: Final = (
    *(0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
"""Seconds up to which calls are counted together: from a call over a pipe to the longest that anybody waits for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallStatistics:
    """Counts calls, since the host knows the plugin or between two moments.

    Attributes:
        calls: calls that have an outcome.
        errors: those of them that failed, whatever the reason; also those whose callers have gone.
        total_seconds: the time they took together.
        in_flight: calls that were made and have no outcome yet.
        failures: how many failed with which code: that of an error, `cancelled` or `internal`.
        latencies: how many took how long: a number for each of `LATENCY_BOUNDS`, of the calls that took up to as many
            seconds and more than the bound before, and one for those that took longer. Empty when nobody has counted.
    """

    calls: int = 0
    errors: int = 0
    total_seconds: float = 0.0
    in_flight: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    latencies: tuple[int, ...] = ()

    @classmethod
    def total(cls, parts: Iterable[CallStatistics]) -> Self:
        """Add up the statistics of different calls."""
        parts = tuple(parts)
        failures: Counter[str] = Counter()
        for each in parts:
            failures.update(each.failures)
        return cls(
            calls=sum(each.calls for each in parts),
            errors=sum(each.errors for each in parts),
            total_seconds=sum(each.total_seconds for each in parts),
            in_flight=sum(each.in_flight for each in parts),
            failures=dict(sorted(failures.items())),
            latencies=tuple(
                map(sum, zip(*(each.latencies for each in parts if each.latencies), strict=True))
            ),
        )

    def since(self, earlier: CallStatistics) -> CallStatistics:
        """Return the statistics of the calls that ended after an earlier picture of the same calls; those in flight are now's."""
        before = earlier.latencies or (0,) * len(self.latencies)
        failures = {code: count - earlier.failures.get(code, 0) for code, count in self.failures.items()}
        return CallStatistics(
            calls=self.calls - earlier.calls,
            errors=self.errors - earlier.errors,
            total_seconds=max(0.0, self.total_seconds - earlier.total_seconds),
            in_flight=self.in_flight,
            failures={code: count for code, count in failures.items() if count},
            latencies=tuple(now - then for now, then in zip(self.latencies, before, strict=True)),
        )

    def quantile(self, share: float) -> float | None:
        """Estimate how many seconds the quickest calls took at most, by their share of all: 0.5 for half of them.

        Within a bound the calls are taken to be spread evenly; what took longer than the last one is taken for that. No
        call is taken to be slower than the time of all allows, so that one call alone is told as it was.

        Returns:
            Seconds; None when there were no calls.
        """
        calls = sum(self.latencies)
        wanted = share * calls
        if not any(self.latencies):
            return None
        for place, reached in enumerate(accumulate(self.latencies)):
            count = self.latencies[place]
            if count and reached >= wanted:
                if place == len(LATENCY_BOUNDS):
                    break
                low = LATENCY_BOUNDS[place - 1] if place else 0.0
                spread = low + (LATENCY_BOUNDS[place] - low) * max(0.0, wanted - (reached - count)) / count
                as_slow = calls - max(0, ceil(wanted) - 1)
                return max(low, min(spread, self.total_seconds / as_slow)) if self.total_seconds else spread
        return LATENCY_BOUNDS[-1]
