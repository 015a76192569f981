"""Lets an interface be called like an object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hostcore.hooks import HostControl


class InterfaceProxy:
    """Turns `proxy.Get(key="a")` into `host.call("KeyValue.Get", {"key": "a"})`.

    Args:
        host: makes the calls.
        interface: the interface's name.
        plugin: the provider to take, or None for any.
        timeout: seconds for each call, or None for the defaults.
    """

    def __init__(
        self, host: HostControl, interface: str, *, plugin: str | None, timeout: float | None
    ) -> None:
        self._host = host
        self._interface = interface
        self._plugin = plugin
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"<InterfaceProxy {self._interface} of {self._plugin or 'any plugin'}>"

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        if name.startswith("_"):
            raise AttributeError(name)
        method = f"{self._interface}.{name}"

        async def call(**params: Any) -> Any:
            return await self._host.call(method, params, plugin=self._plugin, timeout=self._timeout)

        call.__name__ = name
        call.__qualname__ = method
        return call
