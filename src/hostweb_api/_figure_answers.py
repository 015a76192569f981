"""What the API answers about the figures of plugins: their calls by method, and how they were over the last half hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from hostcore.snapshots import CallStatistics


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFigures(CallStatistics):
    """Counts calls since the host knows the plugin.

    Attributes:
        latencies: how many calls took how long, a number for each of `bounds` and one for longer ones.
        p50: seconds in which half of them had their outcome, an estimate from `latencies`; null before the first.
        p90: the same for nine of ten.
        p99: the same for 99 of 100.
    """

    p50: float | None
    p90: float | None
    p99: float | None

    @classmethod
    def of(cls, statistics: CallStatistics) -> CallFigures:
        """Take over what was counted."""
        return cls(
            **{each.name: getattr(statistics, each.name) for each in fields(statistics)},
            p50=statistics.quantile(0.5),
            p90=statistics.quantile(0.9),
            p99=statistics.quantile(0.99),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginCalls:
    """Shows the calls of a plugin by method.

    Attributes:
        plugin: its id.
        bounds: seconds up to which calls are counted together in `latencies`.
        total: all calls together.
        methods: by full name; `(undescribed)` has those of methods that nothing describes.
    """

    plugin: str
    bounds: tuple[float, ...]
    total: CallFigures
    methods: Mapping[str, CallFigures]


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureHistory:
    """Shows how a plugin was over the last half hour: each list has one number a sample, the oldest first.

    Attributes:
        plugin: its id.
        seconds: between two samples.
        at: when each was taken, seconds since the epoch.
        calls_per_second: calls that had their outcome since the sample before.
        errors_per_second: those of them that failed.
        p50_ms: milliseconds that half of them took at most; null when there were none.
        p99_ms: the same for 99 of 100.
        in_flight: calls that it worked on at that moment.
        rss_bytes: resident memory of its processes; null when there was none.
        cpu: cores that they used; null when there was none.
    """

    plugin: str
    seconds: float
    at: tuple[float, ...]
    calls_per_second: tuple[float | None, ...]
    errors_per_second: tuple[float | None, ...]
    p50_ms: tuple[float | None, ...]
    p99_ms: tuple[float | None, ...]
    in_flight: tuple[float | None, ...]
    rss_bytes: tuple[float | None, ...]
    cpu: tuple[float | None, ...]
