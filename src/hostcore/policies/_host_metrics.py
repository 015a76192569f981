"""The host's own figures for monitoring systems, read from what it knows anyway when one asks."""

from __future__ import annotations

import os
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from hostcore.events import PluginExited, PluginUnloaded, Recorded
from hostcore.hooks import HostControl, hookimpl
from hostcore.metrics import Distribution, MetricFamily, MetricKind, Sample
from hostcore.snapshots import LATENCY_BOUNDS, CallStatistics, PluginSnapshot, PluginState

OK: Final = "ok"
"""The outcome of a call that has a result; the others are the codes of errors."""

Methods: TypeAlias = Sequence[tuple[str, str, CallStatistics]]
"""Plugin, method, and its calls."""


class HostMetrics:
    """Offers what `/metrics` shows of plugins, calls, events, extensions, and the host's process.

    The calls themselves pay for nothing of it. CPU time and exits are summed up over the processes of a plugin, until
    it is unloaded.
    """

    def __init__(self) -> None:
        self._exits: Counter[tuple[str, str]] = Counter()
        self._ended_cpu: defaultdict[str, float] = defaultdict(float)
        self._shown_cpu: dict[str, float] = {}

    @hookimpl
    def hostcore_on_plugin_exited(self, event: PluginExited) -> None:
        """Count an exit, and what the process has used."""
        report = event.report
        self._exits[event.plugin, report.reason.code] += 1
        self._ended_cpu[event.plugin] += report.user_seconds + report.system_seconds

    @hookimpl
    def hostcore_on_event(self, recorded: Recorded) -> None:
        """Forget a plugin that was unloaded."""
        if isinstance(recorded.event, PluginUnloaded):
            plugin = recorded.event.plugin
            self._ended_cpu.pop(plugin, None)
            self._shown_cpu.pop(plugin, None)
            for key in [each for each in self._exits if each[0] == plugin]:
                del self._exits[key]

    @hookimpl
    def hostcore_provide_metrics(self, host: HostControl) -> Iterable[MetricFamily]:
        """Read all figures."""
        plugins = host.plugins()
        methods = [
            (plugin.id, method, statistics)
            for plugin in plugins
            for method, statistics in host.method_statistics(plugin.id).items()
        ]
        return [
            *_of_the_host(host, plugins),
            *_of_plugins(plugins),
            *self._of_processes(plugins),
            *_of_calls(methods),
            *_of_this_process(),
        ]

    def _of_processes(self, plugins: Sequence[PluginSnapshot]) -> Iterator[MetricFamily]:
        yield MetricFamily(
            name="polyhost_plugin_exits",
            kind=MetricKind.COUNTER,
            help="Processes of the plugin that have ended, by the host's reason for it.",
            labels=("plugin", "reason"),
            samples=tuple(Sample(labels=key, value=count) for key, count in sorted(self._exits.items())),
        )
        yield MetricFamily(
            name="polyhost_plugin_cpu_seconds",
            kind=MetricKind.COUNTER,
            help="CPU time of the plugin's processes, those that have ended included.",
            labels=("plugin",),
            samples=tuple(Sample(labels=(each.id,), value=self._cpu_of(each)) for each in plugins),
        )

    def _cpu_of(self, plugin: PluginSnapshot) -> float:
        """Add up CPU time; between the end of a process and the news of it the sum stays, as a counter never falls."""
        running = sum(each.cpu_seconds or 0.0 for each in plugin.instances)
        seconds = max(self._shown_cpu.get(plugin.id, 0.0), self._ended_cpu.get(plugin.id, 0.0) + running)
        self._shown_cpu[plugin.id] = seconds
        return seconds


def _of_the_host(host: HostControl, plugins: Sequence[PluginSnapshot]) -> Iterator[MetricFamily]:
    yield MetricFamily(
        name="polyhost_build_info",
        kind=MetricKind.GAUGE,
        help="Always 1; the version of Polyhost and this run of the host.",
        labels=("version", "run"),
        samples=(Sample(labels=(host.version, host.run_id), value=1),),
    )
    yield _gauge("polyhost_start_time_seconds", "When the host was opened, since the epoch.", host.started_at)
    states = Counter(plugin.state for plugin in plugins)
    yield MetricFamily(
        name="polyhost_plugins",
        kind=MetricKind.GAUGE,
        help="Plugins by state.",
        labels=("state",),
        samples=tuple(Sample(labels=(state.value,), value=states[state]) for state in PluginState),
    )
    events = host.event_statistics()
    yield _counter("polyhost_events", "Events that the host has recorded.", events.recorded)
    yield _counter(
        "polyhost_events_missed", "Events that followers were too slow for, counted for each.", events.missed
    )
    yield _gauge("polyhost_event_followers", "Those who follow the events now.", events.followers)
    yield _gauge("polyhost_event_lag", "Events that the slowest follower has still to take.", events.lag)
    yield MetricFamily(
        name="polyhost_extension_failures",
        kind=MetricKind.COUNTER,
        help="Failures of hooks.",
        labels=("extension",),
        samples=tuple(Sample(labels=(each.name,), value=each.failures) for each in host.extensions()),
    )


def _of_plugins(plugins: Sequence[PluginSnapshot]) -> Iterator[MetricFamily]:
    yield MetricFamily(
        name="polyhost_plugin_state",
        kind=MetricKind.GAUGE,
        help="1 for the state that the plugin is in, 0 for the others.",
        labels=("plugin", "state"),
        samples=tuple(
            Sample(labels=(plugin.id, state.value), value=int(plugin.state is state))
            for plugin in plugins
            for state in PluginState
        ),
    )

    def family(
        name: str, read: Callable[[PluginSnapshot], float], text: str, kind: MetricKind = MetricKind.GAUGE
    ) -> MetricFamily:
        return MetricFamily(
            name=f"polyhost_plugin_{name}",
            kind=kind,
            help=text,
            labels=("plugin",),
            samples=tuple(Sample(labels=(each.id,), value=read(each)) for each in plugins),
        )

    yield family("processes", _processes, "Processes that run, one for each instance.")
    yield family("calls_in_flight", lambda each: each.statistics.in_flight, "Calls without an outcome yet.")
    yield family("calls_queued", _queued, "Calls that wait in the host for their turn.")
    yield family("resident_memory_bytes", _memory, "Memory of the plugin's processes and those they started.")
    yield family("restarts", lambda each: each.restarts, "Starts beyond the first.", MetricKind.COUNTER)


def _processes(plugin: PluginSnapshot) -> float:
    return sum(each.pid is not None for each in plugin.instances)


def _queued(plugin: PluginSnapshot) -> float:
    return sum(each.queued for each in plugin.instances)


def _memory(plugin: PluginSnapshot) -> float:
    return sum(each.rss_bytes or 0 for each in plugin.instances)


def _of_calls(methods: Methods) -> Iterator[MetricFamily]:
    yield MetricFamily(
        name="polyhost_plugin_calls",
        kind=MetricKind.COUNTER,
        help="Calls that have an outcome: ok, cancelled, or the code of an error.",
        labels=("plugin", "method", "outcome"),
        samples=tuple(
            Sample(labels=(plugin, method, outcome), value=count)
            for plugin, method, calls in methods
            for outcome, count in ((OK, calls.calls - calls.errors), *sorted(calls.failures.items()))
        ),
    )
    yield MetricFamily(
        name="polyhost_plugin_call_duration_seconds",
        kind=MetricKind.HISTOGRAM,
        help="Seconds from a call to its outcome, the time that it waits in the host included.",
        labels=("plugin", "method"),
        bounds=LATENCY_BOUNDS,
        samples=tuple(
            Sample(
                labels=(plugin, method), value=Distribution(counts=calls.latencies, sum=calls.total_seconds)
            )
            for plugin, method, calls in methods
        ),
    )


def _of_this_process() -> Iterator[MetricFamily]:
    """Give what all programs are asked for, under the names that they have everywhere."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    yield _counter("process_cpu_seconds", "CPU time of the host itself.", usage.ru_utime + usage.ru_stime)
    try:
        stat = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace")
        descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - they are only counted
    except OSError:  # no /proc, as on other systems than Linux; or no descriptor left
        return
    fields = stat.rpartition(")")[2].split()
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[_START]) / os.sysconf("SC_CLK_TCK")
    memory = int(fields[_RSS]) * os.sysconf("SC_PAGE_SIZE")
    yield _gauge("process_resident_memory_bytes", "Memory of the host itself.", memory)
    yield _gauge("process_open_fds", "Open files, pipes and sockets of the host.", descriptors)
    yield _gauge("process_start_time_seconds", "When the host's process began.", time.time() - age)


# Places in what follows the name, which is the second field: field n of proc(5) is at n - 3.
_START: Final = 19
_RSS: Final = 21


def _gauge(name: str, text: str, value: float) -> MetricFamily:
    return MetricFamily(name=name, kind=MetricKind.GAUGE, help=text, samples=(Sample(value=value),))


def _counter(name: str, text: str, value: float) -> MetricFamily:
    return MetricFamily(name=name, kind=MetricKind.COUNTER, help=text, samples=(Sample(value=value),))
