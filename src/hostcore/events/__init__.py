"""Typed events of the host."""

from hostcore.events._events import (
    Event,
    EventsMissed,
    ExtensionFailed,
    HostStarted,
    HostStopping,
    InstanceStateChanged,
    PluginDiscovered,
    PluginExited,
    PluginRefused,
    PluginStateChanged,
    PluginUnloaded,
    Recorded,
)

__all__ = [
    "Event",
    "EventsMissed",
    "ExtensionFailed",
    "HostStarted",
    "HostStopping",
    "InstanceStateChanged",
    "PluginDiscovered",
    "PluginExited",
    "PluginRefused",
    "PluginStateChanged",
    "PluginUnloaded",
    "Recorded",
]
