"""Finds plugins in folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from hostcore.config import HostConfig
from hostcore.hooks import hookimpl

MANIFEST: Final = "plugin.toml"


class DirectoryDiscovery:
    """Names each plugin folder of the configuration, and each subfolder with a manifest of the searched folders."""

    @hookimpl
    def hostcore_provide_manifests(self, config: HostConfig) -> Iterable[Path]:
        """Name them in the order of the configuration, subfolders by name."""
        found: list[Path] = []
        for folder in config.plugins:
            found.extend(
                [folder]
                if (folder / MANIFEST).exists() or not folder.is_dir()
                else _below(folder) or [folder]
            )
        for folder in config.plugin_folders:
            found.extend(_below(folder))
        return [folder.absolute() for folder in found]


def _below(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
