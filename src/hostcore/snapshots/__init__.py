"""Frozen pictures of the host and its plugins."""

from hostcore.snapshots._interfaces import (
    ErrorSnapshot,
    InterfaceProvider,
    InterfaceRequirer,
    InterfaceSnapshot,
)
from hostcore.snapshots._snapshots import (
    CallStatistics,
    ConfigChange,
    ConfigSnapshot,
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
    "ConfigSnapshot",
    "ErrorSnapshot",
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
    "as_json",
]
