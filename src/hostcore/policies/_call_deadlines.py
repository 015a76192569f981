"""Gives calls their time when the caller does not say how long it waits."""

from __future__ import annotations

from hostcore.hooks import hookimpl
from hostcore.manifest import Manifest
from hostcore.snapshots import MethodSnapshot


class CallDeadlines:
    """Takes the method's own `timeoutMs` from its interface file, else the manifest's `limits.call_timeout`."""

    @hookimpl
    def hostcore_decide_deadline(self, manifest: Manifest, method: MethodSnapshot | None) -> float:
        """Decide in seconds."""
        if method is not None and method.timeout_ms is not None:
            return method.timeout_ms / 1000
        return manifest.limits.call_timeout
