"""Manifests: what a plugin's folder says about it."""

from hostcore.manifest._configuration import configured, merged_config
from hostcore.manifest._interface_files import load_interfaces_of
from hostcore.manifest._loader import load_manifest, read_source
from hostcore.manifest._model import (
    ConfigSpec,
    EnvironmentSpec,
    HealthSpec,
    LimitsSpec,
    LossMode,
    Manifest,
    ManifestSource,
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
from hostcore.manifest._sendable import unsendable, without_json_form

__all__ = [
    "ConfigSpec",
    "EnvironmentSpec",
    "HealthSpec",
    "LimitsSpec",
    "LossMode",
    "Manifest",
    "ManifestSource",
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
    "merged_config",
    "read_source",
    "unsendable",
    "without_json_form",
]
