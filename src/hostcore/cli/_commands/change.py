"""`polyhost load` and `unload`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._commands.lifecycle import tell_plugin
from hostcore.cli._errors import CliError
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import show, text, waiting, write_json
from hostcore.cli._requirements import requirement

if TYPE_CHECKING:
    from hostcore.cli._client import Client


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
    tell_plugin(plugin, as_json=as_json)


@click.command("unload", short_help="Stop a plugin and forget it.")
@click.argument("plugin", shell_complete=complete_plugin)
@click.option("--cascade", is_flag=True, help="Also unload the plugins that require it, before it.")
@server_options
@json_option
def unload_command(
    *, plugin: str, cascade: bool, server: str | None, data: str | None, as_json: bool
) -> None:
    """Stop a plugin and forget it; its data stays.

    A plugin that others require is not unloaded without --cascade.
    """
    client = find_server(server, data)
    try:
        with waiting(f"Unloading {plugin} …"):
            answer = client.delete(plugin_path(plugin, "?cascade=true" if cascade else ""))
    except CliError as error:
        if error.code == "plugin-required":
            raise _required(client, plugin, error) from error
        raise
    unloaded = answer["unloaded"] if cascade else [plugin]
    if as_json:
        write_json({"unloaded": unloaded})
    else:
        for each in unloaded:
            show(text((each, "bold"), " is unloaded"))


def _required(client: Client, plugin: str, error: CliError) -> CliError:
    """Say of each that would be lost what it requires, and of whom when that is another one that would be."""
    lost = list(error.details.get("required_by") or ())
    lines = []
    with suppress(CliError):  # what the server has said will do
        for need in client.get("/api/topology")["dependencies"]:
            if need["dependent"] in lost and need["provider"] in {plugin, *lost} and not need["optional"]:
                of = "" if need["provider"] == plugin else f" of {need['provider']}"
                lines.append(f"{need['dependent']} requires {requirement(need)}{of}")
    return CliError(
        "\n".join([error.message, *lines]),
        exit_code=error.exit_code,
        code=error.code,
        hint=f"unload them, too: polyhost unload {plugin} --cascade",
        details=error.details,
    )
