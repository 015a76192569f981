"""`polyhost reload`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._commands.lifecycle import tell_plugin
from hostcore.cli._describe import change_lines, versions
from hostcore.cli._exit import ExitCode
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import console, show_line, text, waiting, write_json

if TYPE_CHECKING:
    from hostcore.cli._client import Client


@click.command("reload", short_help="Take over a plugin's new version, or the host's configuration.")
@click.argument("plugin", required=False, shell_complete=complete_plugin)
@click.option("--force", is_flag=True, help="Also take a new version that breaks what others use.")
@server_options
@json_option
def reload_command(
    *, plugin: str | None, force: bool, server: str | None, data: str | None, as_json: bool
) -> int:
    """Replace PLUGIN by what its folder holds now, without failing a call.

    The old version serves until the new one is ready; when the new one does not start, or would break what others use,
    the old one serves on, and the command fails.

    Without PLUGIN, the host reads its configuration again and changes what that changes. Exits with 1 when some of it
    failed.
    """
    if plugin is None and force:
        raise click.UsageError("--force belongs to a plugin: name one.")
    client = find_server(server, data)
    if plugin is None:
        return _reload_host(client, as_json=as_json)
    with waiting(f"Reloading {plugin} …"):
        before = client.get(plugin_path(plugin, "/info"))
        info = client.post(plugin_path(plugin, "/reload"), {"force": force})
    tell_plugin(info, as_json=as_json, version=versions(before["version"], info["version"]))
    return ExitCode.OK


def _reload_host(client: Client, *, as_json: bool) -> int:
    with waiting("Reading the configuration …"):
        change: dict[str, Any] = client.post("/api/host/reload", {})
    if as_json:
        write_json(change)
    else:
        to = console()
        for line in change_lines(change):
            show_line(text(line), to=to)
    return ExitCode.FAILED if change["failed"] else ExitCode.OK
