"""What the commands about trust share: the configuration they follow, and the plugins that are meant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hostcore.config import HostConfig
    from hostcore.manifest import Manifest

F = TypeVar("F", bound="Callable[..., Any]")


def config_option(command: F) -> F:
    """Add `--config`."""
    return click.option(
        "--config",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Configuration of the host.  [env: POLYHOST_CONFIG; default: polyhost.toml if there is one]",
    )(command)


def read_config(file: Path | None, flags: dict[str, Any]) -> HostConfig:
    """Read the configuration that the host has, with flags laid over it.

    Raises:
        ConfigError: it is wrong.
    """
    from hostcore.config import CONFIG_NAME, load_config  # noqa: PLC0415 - imports the schema checker

    if file is None:
        named = os.environ.get("POLYHOST_CONFIG")
        file = Path(named or CONFIG_NAME)
        if not named and not file.exists():
            file = None
    return load_config(file, os.environ, flags)


def manifests_of(config: HostConfig, folders: Iterable[Path]) -> list[Manifest]:
    """Read the manifests of the plugins in some folders, or of those that a configuration names, sorted by id.

    A folder is a plugin's, or one whose subfolders are.

    Raises:
        ManifestError: one cannot be read or is wrong.
    """
    from hostcore.config import HostConfig  # noqa: PLC0415 - imports the schema checker
    from hostcore.manifest import load_manifest  # noqa: PLC0415 - as above
    from hostcore.policies import DirectoryDiscovery  # noqa: PLC0415 - imports the hooks

    given = tuple(folders)
    looked_at = HostConfig(plugins=given) if given else config
    found = dict.fromkeys(DirectoryDiscovery().hostcore_provide_manifests(looked_at))
    return sorted((load_manifest(each) for each in found), key=lambda each: each.id)
