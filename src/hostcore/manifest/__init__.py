"""Manifests: what a plugin's folder says about it."""

from hostcore.manifest._loader import configured, load_interfaces_of, load_manifest
from hostcore.manifest._model import (
    ConfigSpec,
    EnvironmentSpec,
    HealthSpec,
    LimitsSpec,
    LossMode,
    Manifest,
    RecycleSpec,
    ReloadMode,
    ReloadSpec,
    Requirement,
    Requires,
    RestartMode,
    RestartSpec,
    ShutdownSpec,
    StartMode,
)

__all__ = [
    "ConfigSpec",
    "EnvironmentSpec",
    "HealthSpec",
    "LimitsSpec",
    "LossMode",
    "Manifest",
    "RecycleSpec",
    "ReloadMode",
    "ReloadSpec",
    "Requirement",
    "Requires",
    "RestartMode",
    "RestartSpec",
    "ShutdownSpec",
    "StartMode",
    "configured",
    "load_interfaces_of",
    "load_manifest",
]
