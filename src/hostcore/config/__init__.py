"""Configuration of the host: flags over environment over file over defaults."""

from hostcore.config._loader import CONFIG_NAME, load_config
from hostcore.config._model import (
    AuditConfig,
    AuditedCalls,
    ExtensionsConfig,
    HostConfig,
    LimitsConfig,
    LoggingConfig,
    PluginOverride,
    ServerConfig,
    SourcesConfig,
    TrafficConfig,
    VerificationConfig,
    VerificationMode,
    VerificationProof,
)
from hostcore.config._settings import SETTINGS, Kind, Setting

__all__ = [
    "CONFIG_NAME",
    "SETTINGS",
    "AuditConfig",
    "AuditedCalls",
    "ExtensionsConfig",
    "HostConfig",
    "Kind",
    "LimitsConfig",
    "LoggingConfig",
    "PluginOverride",
    "ServerConfig",
    "Setting",
    "SourcesConfig",
    "TrafficConfig",
    "VerificationConfig",
    "VerificationMode",
    "VerificationProof",
    "load_config",
]
