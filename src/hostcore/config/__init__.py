"""Configuration of the host: flags over environment over file over defaults."""

from hostcore.config._model import (
    ExtensionsConfig,
    HostConfig,
    LimitsConfig,
    PluginOverride,
    ServerConfig,
)

__all__ = [
    "ExtensionsConfig",
    "HostConfig",
    "LimitsConfig",
    "PluginOverride",
    "ServerConfig",
]
