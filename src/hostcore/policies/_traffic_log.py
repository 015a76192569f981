"""Keeps the communication log of a host."""

from __future__ import annotations

from hostcore.hooks import BackgroundTask, CallObserver, HostControl, hookimpl
from hostcore.manifest import Manifest
from hostcore.metrics import MetricFamily, MetricKind, Sample
from hostcore.traffic import TrafficLog


class TrafficLogPolicy:
    """Records each call, and if wanted each message, as `[traffic]` of the configuration says."""

    def __init__(self) -> None:
        self.log: TrafficLog | None = None

    def _log_of(self, host: HostControl) -> TrafficLog:
        if self.log is None:
            self.log = TrafficLog(host, host.config.traffic)
        return self.log

    @hookimpl
    def hostcore_provide_background_tasks(self, host: HostControl) -> list[BackgroundTask]:
        """Write what is recorded, in a thread of its own."""
        log = self._log_of(host)
        log.start()
        return [log.hand_on]

    @hookimpl
    def hostcore_provide_call_observers(self, host: HostControl, manifest: Manifest) -> list[CallObserver]:
        """Record what the settings of the plugin say."""
        return self._log_of(host).observers(manifest.id)

    @hookimpl
    def hostcore_provide_facilities(self, host: HostControl) -> list[object]:
        """Let others ask the log."""
        return [self._log_of(host)]

    @hookimpl
    def hostcore_provide_metrics(self, host: HostControl) -> list[MetricFamily]:
        """Show how the log does."""
        facts = self._log_of(host).statistics_nowait()
        counter, gauge = MetricKind.COUNTER, MetricKind.GAUGE
        return [
            _family(
                "written",
                counter,
                facts.written,
                "Calls and messages that the communication log has on the disk.",
            ),
            _family(
                "dropped",
                counter,
                facts.dropped,
                "Calls and messages that the communication log lacks: too many at once, or no room on the disk.",
            ),
            _family(
                "pruned",
                counter,
                facts.pruned,
                "Records of the communication log that were deleted for their age or room.",
            ),
            _family(
                "queued",
                gauge,
                facts.queued,
                "Calls and messages that wait to be written to the communication log.",
            ),
            _family("size_bytes", gauge, facts.bytes, "What the communication log takes on the disk."),
            _family(
                "trouble",
                gauge,
                facts.trouble is not None,
                "1 while the communication log cannot be written, else 0.",
            ),
        ]

    @hookimpl
    async def hostcore_on_host_stopped(self, host: HostControl) -> None:
        """Write what is left."""
        await self._log_of(host).finish()


def _family(name: str, kind: MetricKind, value: float, text: str) -> MetricFamily:
    return MetricFamily(
        name=f"polyhost_traffic_{name}", kind=kind, help=text, samples=(Sample(value=int(value)),)
    )
