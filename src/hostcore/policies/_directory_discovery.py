"""Finds plugins in folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from hostcore.config import HostConfig
from hostcore.hooks import hookimpl

MANIFEST: Final = "plugin.toml"


class DirectoryDiscovery:
    """Names each plugin folder of the configuration, and each subfolder with a manifest of the searched folders.

    A folder without plugins is a beginning, not a mistake; a folder that is not there is named, so that its loading says so.
    """

    @hookimpl
    def hostcore_provide_manifests(self, config: HostConfig) -> Iterable[Path]:
        """Name them in the order of the configuration, subfolders by name."""
        found: list[Path] = []
        for folder in config.plugins:
            found.extend(_named_by(folder))
        for folder in config.plugin_folders:
            found.extend(_below(folder))
        return [folder.absolute() for folder in found]


def folders_without_plugins(config: HostConfig) -> list[Path]:
    """Return those of the configured plugin folders that are there and hold no plugin, in their order."""
    return [folder for folder in config.plugins if not _named_by(folder)]


def _named_by(folder: Path) -> list[Path]:
    is_one = (folder / MANIFEST).exists() or not folder.is_dir()
    return [folder] if is_one else _below(folder)


def _below(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
