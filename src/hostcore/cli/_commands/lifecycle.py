"""`polyhost start`, `stop`, `restart`, `enable`, `disable` and `reset`."""

from __future__ import annotations

from typing import Any

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import console, show, state_text, text, waiting, write_json
from hostcore.cli._requirements import is_resting


def tell_plugin(plugin: dict[str, Any], *, as_json: bool, version: str | None = None) -> None:
    """Say how a plugin is after a change.

    Args:
        plugin: as the API's `info` shows it.
        as_json: whether for programs.
        version: what to say of its version, when that is more than the version.
    """
    if as_json:
        write_json(plugin)
        return
    line = text((plugin["id"], "bold"), f" {version or plugin['version']} is ")
    line.append_text(state_text(plugin["state"]))
    if plugin["pid"]:
        line.append(f" (pid {plugin['pid']})")
    if is_resting(plugin):
        line.append_text(text(f": {plugin['reason']['text']}"))
    show(line, to=console())


def _command(name: str, *, doing: str, short: str, more: str = "") -> click.Command:
    """Make a command that has the server do something to a plugin and says how the plugin is then."""

    @click.command(name, short_help=short, help=f"{short}\n\n{more}")
    @click.argument("plugin", shell_complete=complete_plugin)
    @server_options
    @json_option
    def command(*, plugin: str, server: str | None, data: str | None, as_json: bool) -> None:
        client = find_server(server, data)
        with waiting(f"{doing} {plugin} …"):
            info = client.post(plugin_path(plugin, f"/{name}"), {})
        tell_plugin(info, as_json=as_json)

    return command


start_command = _command(
    "start",
    doing="Starting",
    short="Have a plugin run.",
    more="What it requires is started first. Waits until the plugin is ready. It also runs after a new start of the "
    "host, unless it is stopped before.",
)
stop_command = _command(
    "stop",
    doing="Stopping",
    short="Stop a plugin and keep it stopped.",
    more="It stays stopped, over new starts of the host, too, until `polyhost start`.",
)
restart_command = _command(
    "restart",
    doing="Restarting",
    short="Stop a plugin and start it again.",
    more="Also after it has failed for good. Waits until it is ready. Calls that run are cut off once the time for a "
    "stop is over; `polyhost reload` fails none.",
)
enable_command = _command(
    "enable",
    doing="Enabling",
    short="Let a disabled plugin run again, and start it.",
)
disable_command = _command(
    "disable",
    doing="Disabling",
    short="Stop a plugin and let nothing start it.",
    more="Neither a command nor a call nor a new start of the host starts it, until `polyhost enable`.",
)
reset_command = _command(
    "reset",
    doing="Resetting",
    short="Forget a plugin's failures, and start it if it is to run.",
    more="For a plugin that has failed too often and is not started by itself any more.",
)
