"""The topics that show how the plugins are: the picture of each that has changed, and their figures each second."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

import trio

from hostcore.errors import PluginNotFoundError
from hostcore.events import EventsMissed, Recorded
from hostcore.snapshots import PluginSnapshot, as_json
from hostweb_api._answers import PluginSummary
from hostweb_api._json import dump_json
from hostweb_api.live._messages import MetricsFilter, PluginsFilter, check_filter
from hostweb_api.live._topics import Found, Gap
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl, Subscription

SAMPLE_SECONDS: Final = 1.0
"""As often as a person can follow a figure."""

STALE_SECONDS: Final = 2.0
"""Figures since a sample of long ago say little about now: a new one has to come first."""

BURST_SECONDS: Final = 0.02
"""One frame of a screen: nobody sees what changes faster."""

_MILLISECONDS: Final = 1000


class PluginsTopic:
    """Is the topic `plugins`."""

    name = "plugins"
    scope = Scope.VIEWER

    def __init__(self, host: HostControl) -> None:
        self._host = host

    def open(self, chosen: Mapping[str, Any], after: str | None) -> PluginsSource:  # noqa: ARG002 - a picture resumes nothing
        """Begin a subscription."""
        check_filter(PluginsFilter, dict(chosen))
        return PluginsSource(self._host)


class PluginsSource:
    """Is a subscription to the picture of the plugins; see `Source`.

    A plugin that has changed several times since it was shown last is shown once, as it is then: what has to be kept is
    one word a plugin, however slow the reader.
    """

    cursor = None

    def __init__(self, host: HostControl) -> None:
        self._host = host
        self._feed: Subscription[Recorded | EventsMissed] = host.events(after=host.last_event)
        self._is_new = True
        self._seen = host.last_event
        self._known: set[str] = set()
        self._changed: OrderedDict[str, None] = OrderedDict()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Found | Gap:
        if self._is_new:
            self._is_new = False
            return self._snapshot()
        while not self._changed:
            await self._look()
            # Changes come in bursts, and most are of the same plugins.
            with trio.move_on_after(BURST_SECONDS):
                while True:
                    await self._look()
        plugin, _ = self._changed.popitem(last=False)
        return self._picture(plugin)

    async def _look(self) -> None:
        item = await self._feed.__anext__()
        if isinstance(item, EventsMissed):
            # Nobody knows whom it was about: all are shown anew.
            self._seen = item.last
            for plugin in (*self._known, *(each.id for each in self._host.plugins())):
                self._changed[plugin] = None
            return
        # Several changes of one plugin that are there already make one picture.
        if item.sequence > self._seen and isinstance(about := getattr(item.event, "plugin", None), str):
            self._changed[about] = None

    def _snapshot(self) -> Found:
        plugins = self._host.plugins()
        self._known = {each.id for each in plugins}
        self._seen = self._host.last_event
        shown = [_shown(each) for each in plugins]
        return self._found(kind="snapshot", plugins=shown)

    def _picture(self, plugin: str) -> Found:
        try:
            snapshot = self._host.plugin(plugin)
        except PluginNotFoundError:
            self._known.discard(plugin)
            return self._found(kind="removed", id=plugin)
        self._known.add(plugin)
        return self._found(kind="plugin", plugin=_shown(snapshot))

    def _found(self, **item: Any) -> Found:
        cursor = f"{self._host.run_id}-{self._host.last_event}"
        return Found(item=dump_json({"last_event": cursor, **item}), cursor=None)

    async def __aenter__(self) -> Self:
        await self._feed.__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self._feed.__aexit__(*args)


def _shown(plugin: PluginSnapshot) -> dict[str, Any]:
    shown: dict[str, Any] = as_json(PluginSummary.of(plugin))
    return shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """Is what was measured at one moment.

    Attributes:
        number: counts the samples.
        at: seconds since the epoch.
        clock: the same, of a clock that nobody sets.
        plugins: by id.
        figures: what is told of each plugin, by id.
        seconds: since the sample before.
    """

    number: int
    at: float
    clock: float
    plugins: Mapping[str, PluginSnapshot]
    figures: Mapping[str, dict[str, Any]]
    seconds: float


class Sampler:
    """Measures all plugins once a second for whoever wants to know, and not at all when nobody does."""

    def __init__(self, host: HostControl) -> None:
        self._host = host
        self._latest = self._measure(None)

    def __repr__(self) -> str:
        return f"<Sampler number={self._latest.number}>"

    def latest(self) -> Sample:
        """Return a sample that is younger than a second."""
        if time.monotonic() - self._latest.clock >= SAMPLE_SECONDS:
            return self.take()
        return self._latest

    def take(self) -> Sample:
        """Measure now: what the sample says of a time is about the one since the sample before."""
        self._latest = self._measure(self._latest)
        return self._latest

    def begin(self) -> int:
        """Begin for somebody new; returns the number of the sample that they need not see."""
        if time.monotonic() - self._latest.clock >= STALE_SECONDS:
            self._latest = replace(self._measure(None), number=self._latest.number + 1)
            return self._latest.number
        return self._latest.number - 1 if self._latest.number > 1 else self._latest.number

    def _measure(self, before: Sample | None) -> Sample:
        clock = time.monotonic()
        seconds = SAMPLE_SECONDS if before is None else clock - before.clock
        plugins = {each.id: each for each in self._host.plugins()}
        known = {} if before is None else before.plugins
        return Sample(
            number=1 if before is None else before.number + 1,
            at=time.time(),
            clock=clock,
            plugins=plugins,
            figures={name: _figures(each, known.get(name), seconds) for name, each in plugins.items()},
            seconds=seconds,
        )


def _figures(now: PluginSnapshot, before: PluginSnapshot | None, seconds: float) -> dict[str, Any]:
    statistics = now.statistics
    past = statistics if before is None else before.statistics
    # A plugin that was unloaded and loaded again counts from 0.
    calls = max(0, statistics.calls - past.calls)
    errors = max(0, statistics.errors - past.errors)
    spent = max(0.0, statistics.total_seconds - past.total_seconds)
    ended = statistics.since(past) if statistics.calls >= past.calls else statistics
    memory = [each.rss_bytes for each in now.instances if each.rss_bytes is not None]
    cores = [each.cpu for each in now.instances if each.cpu is not None]
    return {
        "state": now.state.value,
        "calls": statistics.calls,
        "errors": statistics.errors,
        "calls_per_second": round(calls / seconds, 3),
        "errors_per_second": round(errors / seconds, 3),
        "mean_ms": round(spent / calls * _MILLISECONDS, 3) if calls else None,
        "p50_ms": _milliseconds(ended.quantile(0.5)),
        "p99_ms": _milliseconds(ended.quantile(0.99)),
        "in_flight": sum(each.in_flight for each in now.instances),
        "queued": sum(each.queued for each in now.instances),
        "rss_bytes": sum(memory) if memory else None,
        "cpu": round(sum(cores), 3) if cores else None,
        "restarts": now.restarts,
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * _MILLISECONDS, 3)


class MetricsTopic:
    """Is the topic `metrics`."""

    name = "metrics"
    scope = Scope.VIEWER

    def __init__(self, host: HostControl) -> None:
        self._host = host
        self._sampler: Sampler | None = None

    def open(self, chosen: Mapping[str, Any], after: str | None) -> MetricsSource:
        """Begin a subscription."""
        plugins = check_filter(MetricsFilter, dict(chosen)).plugins
        self._sampler = self._sampler or Sampler(self._host)
        return MetricsSource(
            self._sampler, None if plugins is None else frozenset(plugins), resumes=after is not None
        )


class MetricsSource:
    """Is a subscription to the figures; see `Source`."""

    cursor = None

    def __init__(self, sampler: Sampler, plugins: frozenset[str] | None, *, resumes: bool) -> None:
        self._sampler = sampler
        self._plugins = plugins
        self._resumes = resumes
        self._shown = sampler.begin()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Found | Gap:
        if self._resumes:
            self._resumes = False
            return Gap(reason="not-kept", cursor=None)
        while (sample := self._sampler.latest()).number == self._shown:  # noqa: ASYNC110 - it is time that is waited for
            await trio.sleep(max(0.001, sample.clock + SAMPLE_SECONDS - time.monotonic()))
        await trio.lowlevel.checkpoint()
        self._shown = sample.number
        figures = {
            name: each
            for name, each in sample.figures.items()
            if self._plugins is None or name in self._plugins
        }
        item = {"at": sample.at, "seconds": round(sample.seconds, 3), "plugins": figures}
        return Found(item=dump_json(item), cursor=None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object) -> None:
        pass
