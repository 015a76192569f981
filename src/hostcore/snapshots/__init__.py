"""Frozen pictures of the host and its plugins at one moment, for people and programs; taking one changes nothing."""

from hostcore.snapshots._call_statistics import LATENCY_BOUNDS, CallStatistics
from hostcore.snapshots._calls import CallSnapshot, CallState
from hostcore.snapshots._host import ConfigChange, EventStatistics, ExtensionSnapshot, HookSnapshot
from hostcore.snapshots._interfaces import (
    ErrorSnapshot,
    InterfaceProvider,
    InterfaceRequirer,
    InterfaceSnapshot,
)
from hostcore.snapshots._json import as_json
from hostcore.snapshots._logs import LogLine, LogSource
from hostcore.snapshots._plugins import (
    ConfigSnapshot,
    ExitReport,
    InstanceSnapshot,
    MethodSnapshot,
    PluginSnapshot,
    PluginState,
    Reason,
    Verification,
    VerificationOutcome,
)

__all__ = [
    "LATENCY_BOUNDS",
    "CallSnapshot",
    "CallState",
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
