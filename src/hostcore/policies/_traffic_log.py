"""Keeps the communication log of a host."""

from __future__ import annotations

from hostcore.hooks import BackgroundTask, CallObserver, HostControl, hookimpl
from hostcore.manifest import Manifest
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
    async def hostcore_on_host_stopped(self, host: HostControl) -> None:
        """Write what is left."""
        await self._log_of(host).finish()
