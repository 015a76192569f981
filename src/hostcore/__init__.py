"""Polyhost's framework: runs plugins written in any language.

    async with open_host(HostConfig(plugin_folders=(Path("plugins"),))) as host:
        await host.call("KeyValue.Get", {"key": "greeting"}, plugin="kv-python")

The rooms below this one are public, too: `hostcore.protocol`, `hostcore.interfaces`, `hostcore.hooks`, …
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hostcore._version import VERSION
    from hostcore.config import HostConfig, load_config
    from hostcore.errors import HostError
    from hostcore.host import Host, HostControl, open_host

__all__ = ["VERSION", "Host", "HostConfig", "HostControl", "HostError", "load_config", "open_host"]

_HOMES = {
    "VERSION": "hostcore._version",
    "Host": "hostcore.host",
    "HostConfig": "hostcore.config",
    "HostControl": "hostcore.host",
    "HostError": "hostcore.errors",
    "load_config": "hostcore.config",
    "open_host": "hostcore.host",
}


def __getattr__(name: str) -> Any:
    """Import on first use: the command line must not pay for the event loop to ask a running server."""
    try:
        return getattr(import_module(_HOMES[name]), name)
    except KeyError:
        raise AttributeError(f"module hostcore has no attribute {name}") from None
