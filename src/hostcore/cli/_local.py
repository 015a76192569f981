"""Running one plugin in this process, without a server."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from hostcore.config import HostConfig
from hostcore.errors import HostError
from hostcore.host import Host, open_host

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from hostcore.host import CallStream
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


async def exchange(stream: CallStream, items: Iterable[Any] | None, take: Callable[[Any], None]) -> Any:
    """Send the items and take what comes, at the same time: the plugin may answer while it still listens.

    Args:
        stream: a running streaming call.
        items: what to send; None for a method that takes no stream.
        take: called with each item of the plugin.

    Returns:
        the plugin's answer.

    Raises:
        HostError: the call failed, or an item may not be sent; bare, not in a group.
    """
    failures: list[HostError] = []

    async def feed(scope: trio.CancelScope) -> None:
        try:
            for item in items or ():
                await stream.send(item)
            await stream.end()
        except HostError as error:
            failures.append(error)
            scope.cancel()

    async with trio.open_nursery() as nursery:
        if items is not None:
            nursery.start_soon(feed, nursery.cancel_scope)
        try:
            async for item in stream:
                take(item)
        except HostError as error:
            failures.append(error)
        nursery.cancel_scope.cancel()
    if failures:
        raise failures[0]
    return stream.result
