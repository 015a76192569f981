"""Reads what the folders of plugins say, and lays what the host's configuration says over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hostcore.config import HostConfig, PluginOverride
from hostcore.errors import ManifestError
from hostcore.interfaces import Interface, schemas_folder
from hostcore.manifest import (
    LimitsSpec,
    Manifest,
    ShutdownSpec,
    configured,
    load_interfaces_of,
    load_manifest,
)
from hostcore.transports import Launcher


class Catalog:
    """Knows how to read a plugin's folder in this host.

    Attributes:
        config: the host's configuration; may be replaced by a newer one.
        launchers: by the name that manifests call their transport.
    """

    def __init__(self, config: HostConfig, launchers: dict[str, Launcher]) -> None:
        self.config = config
        self.launchers = launchers

    def __repr__(self) -> str:
        return f"<Catalog transports={sorted(self.launchers)}>"

    def read(self, folder: Path, *, values: Mapping[str, Any] | None = None) -> Manifest:
        """Read the manifest in a folder, with the host's configuration laid over it.

        Args:
            folder: of the plugin, or the path of its `plugin.toml`.
            values: what operators have laid over the plugin's configuration; None for nothing.

        Raises:
            ManifestError: it cannot be read or is wrong, or speaks of a transport that is not there.
            ConfigError: the configuration does not fit its schema.
        """
        limits = self.config.limits
        manifest = load_manifest(
            folder,
            limits=LimitsSpec(call_timeout=limits.call_timeout, start_timeout=limits.start_timeout),
            shutdown=ShutdownSpec(grace=limits.shutdown_timeout),
        )
        self.launcher_of(manifest).check(manifest)
        override = self.override_of(manifest.id)
        environment = manifest.environment
        manifest = configured(manifest, override.config)
        if values is not None:
            manifest = configured(manifest, values)
        return replace(
            manifest,
            instances=override.instances or manifest.instances,
            environment=replace(environment, values={**environment.values, **override.env}),
        )

    def override_of(self, plugin_id: str) -> PluginOverride:
        """Return what the host's configuration says of a plugin."""
        return self.config.plugin.get(plugin_id, PluginOverride())

    def interfaces_of(self, manifest: Manifest) -> dict[str, Interface]:
        """Load the interface files of what a plugin provides; raises `InterfaceError` and `ManifestError`."""
        folders = [*self.config.interface_folders, schemas_folder() / "interfaces"]
        return load_interfaces_of(manifest, folders)

    def launcher_of(self, manifest: Manifest) -> Launcher:
        """Return what starts a plugin.

        Raises:
            ManifestError: there is no such transport.
        """
        launcher = self.launchers.get(manifest.transport)
        if launcher is None:
            raise ManifestError(
                f"there is no transport {manifest.transport}",
                location=str(manifest.file),
                hint=f"this host has: {', '.join(sorted(self.launchers))}",
            )
        return launcher


def name_of(folder: Path) -> str:
    """Return what a plugin is called before its manifest could be read."""
    return folder.parent.name if folder.name == "plugin.toml" else folder.name
