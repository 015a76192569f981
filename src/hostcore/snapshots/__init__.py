"""Frozen pictures of the host and its plugins."""

from hostcore.snapshots._call_statistics import LATENCY_BOUNDS, CallStatistics
from hostcore.snapshots._interfaces import (
    ErrorSnapshot,
    InterfaceProvider,
    InterfaceRequirer,
    InterfaceSnapshot,
)
from hostcore.snapshots._snapshots import (
    CallSnapshot,
    ConfigChange,
    ConfigSnapshot,
    EventStatistics,
    ExitReport,
    ExtensionSnapshot,
    HookSnapshot,
    InstanceSnapshot,
    LogLine,
    LogSource,
    MethodSnapshot,
    PluginSnapshot,
    PluginState,
    Reason,
    Verification,
    VerificationOutcome,
    as_json,
)

__all__ = [
    "LATENCY_BOUNDS",
    "CallSnapshot",
    "CallStatistics",
    "ConfigChange",
    "ConfigSnapshot",
    "ErrorSnapshot",
    "EventStatistics",
    "ExitReport",
    "ExtensionSnapshot",
    "HookSnapshot",
    "InstanceSnapshot",
    "InterfaceProvider",
    "InterfaceRequirer",
    "InterfaceSnapshot",
    "LogLine",
    "LogSource",
    "MethodSnapshot",
    "PluginSnapshot",
    "PluginState",
    "Reason",
    "Verification",
    "VerificationOutcome",
    "as_json",
]
