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

    A folder of plugins that has none yet is a beginning, not a mistake. One that is not there, or has files but no manifest,
    is named, so that its loading says so.
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
    """Return those of the configured plugin folders that are there and hold nothing that may be a plugin, in their order."""
    return [folder for folder in config.plugins if not _named_by(folder)]


def _named_by(folder: Path) -> list[Path]:
    if (folder / MANIFEST).exists() or not folder.is_dir():
        return [folder]
    return _below(folder) or ([folder] if _has_files(folder) else [])


def _has_files(folder: Path) -> bool:
    """Tell whether it may be a plugin whose manifest is missing; hidden files keep an empty folder in a repository."""
    try:
        return any(not path.name.startswith(".") and not path.is_dir() for path in folder.iterdir())
    except OSError:
        return True  # it cannot be read: its loading says why


def _below(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
