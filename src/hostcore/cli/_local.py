"""Running one plugin in this process, without a server."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import trio

from hostcore.config import HostConfig
from hostcore.host import Host, open_host

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hostcore.snapshots import PluginSnapshot

T = TypeVar("T")


def run_with_plugin(
    folder: Path, action: Callable[[Host, PluginSnapshot], Awaitable[T]], *, data: Path | None = None
) -> T:
    """Start the plugin of a folder in a host of its own, run an action with both, stop everything.

    Args:
        folder: the plugin's folder.
        action: what to do with the host and the started plugin.
        data: where the plugin keeps its data; None takes a folder that is deleted afterwards.

    Raises:
        HostError: the plugin cannot be loaded or started, or what the action raised.
    """

    async def run(data: Path) -> T:
        async with open_host(HostConfig(data=data)) as host:
            return await action(host, await host.load(folder))

    if data is not None:
        return trio.run(run, data)
    with tempfile.TemporaryDirectory(prefix="polyhost-", ignore_cleanup_errors=True) as temporary:
        return trio.run(run, Path(temporary))
