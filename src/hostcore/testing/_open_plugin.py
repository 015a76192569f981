"""One plugin in a host of its own, for a test."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import trio

from hostcore.config import HostConfig, PluginOverride
from hostcore.host import CallStream, Host, InterfaceProxy, open_host
from hostcore.manifest import load_manifest
from hostcore.snapshots import LogLine, PluginSnapshot, PluginState

PATIENCE: Final = 30.0
"""Seconds that `wait_for` waits: more than any start limit by default, so that the plugin's own error comes first."""


class OpenPlugin:
    """Is a plugin that runs in a host of its own; `open_plugin` makes it.

    Attributes:
        host: the host, for what is not here.
        id: the plugin's id.
    """

    def __init__(self, host: Host, plugin_id: str) -> None:
        self.host = host
        self.id = plugin_id

    def __repr__(self) -> str:
        return f"<OpenPlugin {self.id} {self.snapshot().state}>"

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        on_progress: Callable[[float, float | None, str | None], None] | None = None,
    ) -> Any:
        """Call a method of the plugin; raises as `Host.call` does."""
        return await self.host.call(method, params, plugin=self.id, timeout=timeout, on_progress=on_progress)

    def stream(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        on_progress: Callable[[float, float | None, str | None], None] | None = None,
    ) -> AbstractAsyncContextManager[CallStream]:
        """Open a streaming call of the plugin."""
        return self.host.stream(method, params, plugin=self.id, timeout=timeout, on_progress=on_progress)

    def interface(self, name: str, *, timeout: float | None = None) -> InterfaceProxy:
        """Return an object whose methods are those of an interface of the plugin."""
        return self.host.interface(name, plugin=self.id, timeout=timeout)

    def snapshot(self) -> PluginSnapshot:
        """Take a picture of the plugin."""
        return self.host.plugin(self.id)

    def logs(self, *, last: int = 1000) -> tuple[LogLine, ...]:
        """Return what the plugin has logged and printed."""
        return self.host.logs(self.id, last=last)

    async def wait_for(
        self, *states: PluginState, after: int = 0, timeout: float = PATIENCE
    ) -> PluginSnapshot:
        """Wait until the plugin is in one of these states and return the picture of it.

        Args:
            states: any of them will do.
            after: only an incarnation of the first instance with a higher number counts: after a crash, the state of
                before may still stand.
            timeout: seconds.

        Raises:
            trio.TooSlowError: it did not get there in time.
        """
        with trio.fail_after(timeout):
            async with self.host.events() as events:
                while True:
                    now = self.snapshot()
                    if now.state in states and all(each.incarnation > after for each in now.instances[:1]):
                        return now
                    await anext(events)


@asynccontextmanager
async def open_plugin(
    folder: Path | str,
    *,
    config: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    instances: int | None = None,
    data: Path | str | None = None,
    beside: Iterable[Path | str] = (),
    host: HostConfig | None = None,
) -> AsyncIterator[OpenPlugin]:
    """Open a host with one plugin, wait until it is ready, and stop both at the end.

    Installed extensions take part as they do everywhere.

    Args:
        folder: the plugin's folder.
        config: configuration values, laid over those of its manifest.
        env: variables, laid over those of its manifest.
        instances: how many processes, or None for what the manifest says.
        data: the host's data folder; None takes an empty one that is deleted afterwards.
        beside: folders of further plugins that are loaded first, in this order: what this one requires.
        host: the host's configuration, without the plugins; None takes the defaults.

    Raises:
        ManifestError, InterfaceError, LaunchError, HandshakeError, IncompatibleError, CrashedError: the plugin, or one
            beside it, cannot be loaded or started.
    """
    manifest = load_manifest(folder)
    override = PluginOverride(config=config or {}, env=env or {}, instances=instances)
    with tempfile.TemporaryDirectory(prefix="polyhost-test-", ignore_cleanup_errors=True) as temporary:
        settings = replace(
            host or HostConfig(),
            data=Path(data if data is not None else temporary),
            plugin={**(host.plugin if host is not None else {}), manifest.id: override},
        )
        async with open_host(settings) as opened:
            for each in (*beside, folder):
                await opened.load(each)
            yield OpenPlugin(opened, manifest.id)
