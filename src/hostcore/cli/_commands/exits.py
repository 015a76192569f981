"""`polyhost exits`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._describe import describe_exit
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import clock, console, duration, show, show_line, size, text, write_json

if TYPE_CHECKING:
    from rich.console import Console


@click.command("exits", short_help="Show how the latest processes of a plugin have ended.")
@click.argument("plugin", shell_complete=complete_plugin)
@click.option(
    "--last",
    type=click.IntRange(1, 20),
    help="Show that many, the latest ones.  [default: all that are kept]",
)
@server_options
@json_option
def exits_command(
    *, plugin: str, last: int | None, server: str | None, data: str | None, as_json: bool
) -> None:
    """Show how the latest processes of a plugin have ended, the latest first, and what they wrote last."""
    document = find_server(server, data).get(plugin_path(plugin, "/exits"))
    reports = document["exits"][:last]
    if as_json:
        write_json({"exits": reports})
        return
    to = console()
    if not reports:
        show(text(f"no process of {plugin} has ended since the host was started"), to=to)
    for number, report in enumerate(reports):
        if number:
            show(text(""), to=to)
        show_exit(report, to)


def show_exit(report: dict[str, Any], to: Console) -> None:
    """Show one exit report."""
    head = f"  instance {report['instance']}, start {report['incarnation']}"
    show_line(text((clock(report["at"], full=True), "bold"), head), to=to)
    show_line(text(f"  {describe_exit(report)}"), to=to)
    cpu = report["user_seconds"] + report["system_seconds"]
    memory = f" and {size(report['max_rss_bytes'])} of memory" if report["max_rss_bytes"] else ""
    show_line(text(f"  used {duration(cpu)} of CPU{memory}"), to=to)
    if report["panic"]:
        show_line(text("  ", (report["panic"], "bold red")), to=to)
    for name in ("stderr", "stray"):
        for line in report[name]:
            show_line(text((f"  {name}: ", "magenta"), line), to=to)
