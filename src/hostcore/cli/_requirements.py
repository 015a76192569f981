"""Plugins and what they require in words, as several commands show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hostcore.cli._output import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.text import Text


def about(plugin: str, why: str, *, style: str = "") -> Text:
    """Say something of a plugin in a line that begins with its id, once."""
    said = why.removeprefix(f"{plugin} ")
    return text((plugin, f"bold {style}".strip()), ": " if said == why else " ", said)


def is_resting(plugin: Mapping[str, Any]) -> bool:
    """Tell whether a plugin is stopped only until its next call."""
    on_demand = plugin["start"] == "on-demand" and plugin["wanted"] == "running"
    return bool(on_demand and plugin["state"] == "stopped")


def requirement(need: Mapping[str, Any]) -> str:
    """Name what is required: `KeyValue ^1.0`, or `plugin clock-go >=1.0`."""
    what = need["name"] if need["kind"] == "interface" else f"plugin {need['name']}"
    return f"{what} {need['range']}"


def provider(need: Mapping[str, Any]) -> str:
    """Name who was picked, with what it has of the interface: `kv-python 1.4`; `nobody` when there is none."""
    return f"{need['provider']} {need['version']}" if need["provider"] else "nobody"


def notes(need: Mapping[str, Any]) -> str:
    """Say what is unusual about a requirement: `, optional`; empty for one that the plugin cannot do without."""
    found = "".join(f", {note}" for note in ("optional",) if need["optional"])
    if need["on_loss"] != "restart":
        found += {"degrade": ", runs on degraded without it", "ignore": ", runs on without it"}[
            need["on_loss"]
        ]
    return found
