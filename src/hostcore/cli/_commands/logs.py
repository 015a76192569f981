"""`polyhost logs`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import clock, console, is_terminal, show_line, text, write_json, write_json_line

if TYPE_CHECKING:
    from rich.console import Console

_LEVELS = {"trace": "dim", "debug": "dim", "info": "", "warn": "yellow", "error": "red", "fatal": "bold red"}


@click.command("logs", short_help="Show what a plugin logged.")
@click.argument("plugin", shell_complete=complete_plugin)
@click.option(
    "--last",
    "-n",
    type=click.IntRange(0, 10_000),
    default=100,
    show_default=True,
    metavar="N",
    help="How many of the kept lines to show.",
)
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines, until Ctrl-C or the server's end.")
@server_options
@json_option
def logs_command(
    *, plugin: str, last: int, follow: bool, server: str | None, data: str | None, as_json: bool
) -> None:
    """Show what a plugin logged and wrote to standard error.

    With --json, one document {"lines": […]}; with --follow too, one line of JSON for each line.
    """
    client = find_server(server, data)
    query = urlencode({"last": last, **({"follow": "true"} if follow else {})})
    path = plugin_path(plugin, f"/logs?{query}")
    if not follow:
        document = client.get(path)
        if as_json:
            write_json(document)
        elif document["lines"]:
            to = console()
            for line in document["lines"]:
                _show(line, to)
        elif is_terminal(sys.stdout):
            click.echo(f"{plugin} has logged nothing", err=True)
        return
    to = console()
    with client.lines("GET", path, accept="application/x-ndjson") as lines:
        for raw in lines:
            if not raw:
                continue
            if as_json:
                write_json_line(json.loads(raw))
            else:
                _show(json.loads(raw), to)


def _show(line: dict[str, Any], to: Console) -> None:
    level = line["level"]
    style = _LEVELS.get(level, "")
    shown = text(
        (clock(line["at"], full=not to.is_terminal), "dim"),
        " ",
        (f"{level.upper():<5}", style or "bold"),
        " ",
    )
    if line["instance"]:
        shown.append_text(text((f"#{line['instance']} ", "cyan")))
    if line["source"] != "log":
        shown.append_text(text((f"{line['source']}: ", "magenta")))
    if line.get("logger"):
        shown.append_text(text((f"{line['logger']}: ", "cyan")))
    shown.append_text(text((line["message"], style)))
    for key, value in (line.get("fields") or {}).items():
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        shown.append_text(text((f" {key}=", "dim"), written))
    show_line(shown, to=to)
