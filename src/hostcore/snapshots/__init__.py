"""Frozen pictures of the host and its plugins."""

from hostcore.snapshots._snapshots import (
    CallStatistics,
    ConfigChange,
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
    as_json,
)

__all__ = [
    "CallStatistics",
    "ConfigChange",
    "ExitReport",
    "ExtensionSnapshot",
    "HookSnapshot",
    "InstanceSnapshot",
    "LogLine",
    "LogSource",
    "MethodSnapshot",
    "PluginSnapshot",
    "PluginState",
    "Reason",
    "as_json",
]
