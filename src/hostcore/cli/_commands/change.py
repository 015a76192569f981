"""`polyhost load`, `restart` and `unload`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import console, show, state_text, text, waiting, write_json


@click.command("load", short_help="Load the plugin in a folder.")
@click.argument("path", type=click.Path())
@server_options
@json_option
def load_command(*, path: str, server: str | None, data: str | None, as_json: bool) -> None:
    """Load the plugin in a folder and start it.

    Waits until it is ready. A plugin that does not start stays listed with the reason.
    """
    client = find_server(server, data)
    with waiting(f"Loading {path} …"):
        # The server has its own working directory.
        plugin = client.post("/api/plugins/load", {"path": str(Path(path).absolute())})
    _tell(plugin, as_json=as_json)


@click.command("restart", short_help="Stop a plugin and start it again.")
@click.argument("plugin", shell_complete=complete_plugin)
@server_options
@json_option
def restart_command(*, plugin: str, server: str | None, data: str | None, as_json: bool) -> None:
    """Stop a plugin and start it again; also after it has failed."""
    client = find_server(server, data)
    with waiting(f"Restarting {plugin} …"):
        info = client.post(plugin_path(plugin, "/restart"), {})
    _tell(info, as_json=as_json)


@click.command("unload", short_help="Stop a plugin and forget it.")
@click.argument("plugin", shell_complete=complete_plugin)
@server_options
@json_option
def unload_command(*, plugin: str, server: str | None, data: str | None, as_json: bool) -> None:
    """Stop a plugin and forget it; its data stays."""
    client = find_server(server, data)
    with waiting(f"Unloading {plugin} …"):
        client.delete(plugin_path(plugin))
    if as_json:
        write_json({"id": plugin, "unloaded": True})
    else:
        show(text(f"{plugin} is unloaded"))


def _tell(plugin: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(plugin)
        return
    line = text((plugin["id"], "bold"), f" {plugin['version']} is ")
    line.append_text(state_text(plugin["state"]))
    if plugin["pid"]:
        line.append(f" (pid {plugin['pid']})")
    show(line, to=console())
