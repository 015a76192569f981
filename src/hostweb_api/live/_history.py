"""The figures of the last half hour, so that a chart has something to show when it is opened."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import trio

from hostweb_api._figure_answers import FigureHistory
from hostweb_api.live._state_topics import Sampler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostcore.host import HostControl

KEPT_EVERY_SECONDS: Final = 5.0
"""A chart as wide as a screen shows no more than this, and looking at 500 plugins takes a few milliseconds."""

KEPT_SAMPLES: Final = 360
"""Half an hour. What is older is for a monitoring system, which keeps it for months."""

COLUMNS: Final = (
    "calls_per_second",
    "errors_per_second",
    "p50_ms",
    "p99_ms",
    "in_flight",
    "rss_bytes",
    "cpu",
)


class _Track:
    """Keeps what was measured of one plugin: 23 kB at most, since numbers are kept as numbers."""

    def __init__(self) -> None:
        self.at = array("d")
        self.columns = {name: array("d") for name in COLUMNS}

    def add(self, at: float, figures: Mapping[str, float | None]) -> None:
        for values, value in ((self.at, at), *((self.columns[name], figures[name]) for name in COLUMNS)):
            values.append(math.nan if value is None else value)
            if len(values) > KEPT_SAMPLES:
                del values[0]


class History:
    """Remembers the figures of all plugins for half an hour, also while nobody looks.

    Nothing is remembered before `run` is started, nor of a plugin that was unloaded.
    """

    def __init__(self, host: HostControl) -> None:
        self._host = host
        self._tracks: dict[str, _Track] = {}

    def __repr__(self) -> str:
        return f"<History plugins={len(self._tracks)}>"

    async def run(self) -> None:
        """Measure until cancelled."""
        sampler = Sampler(self._host)
        while True:
            await trio.sleep(KEPT_EVERY_SECONDS)
            sample = sampler.take()
            self._tracks = {name: self._tracks.get(name) or _Track() for name in sample.figures}
            for name, figures in sample.figures.items():
                self._tracks[name].add(sample.at, figures)

    def of(self, plugin: str, *, after: float | None = None) -> FigureHistory:
        """Return what is remembered of a plugin.

        Args:
            plugin: its id.
            after: only samples that were taken later, seconds since the epoch; None for all.

        Raises:
            PluginNotFoundError: there is no such plugin.
        """
        track = self._tracks.get(plugin)
        if track is None:
            self._host.plugin(plugin)  # says that there is none
            track = _Track()
        told = [round(at, 3) for at in track.at]  # as the client has them, who names the last one
        begin = 0 if after is None else bisect_right(told, after)
        return FigureHistory(
            plugin=plugin,
            seconds=KEPT_EVERY_SECONDS,
            at=tuple(told[begin:]),
            **{
                name: tuple(None if math.isnan(value) else round(value, 3) for value in values[begin:])
                for name, values in track.columns.items()
            },
        )
