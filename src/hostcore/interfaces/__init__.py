"""Interfaces: the versioned contracts between callers and plugins."""

from hostcore.interfaces._model import (
    ErrorSpec,
    Example,
    Expectation,
    Interface,
    Method,
    Scenario,
    StreamSpec,
    ValidationMode,
)
from hostcore.interfaces._versions import InterfaceVersion, Version, VersionError, VersionRange

__all__ = [
    "ErrorSpec",
    "Example",
    "Expectation",
    "Interface",
    "InterfaceVersion",
    "Method",
    "Scenario",
    "StreamSpec",
    "ValidationMode",
    "Version",
    "VersionError",
    "VersionRange",
]
