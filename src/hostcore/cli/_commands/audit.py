"""`polyhost audit`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from hostcore.cli._find_server import find_server
from hostcore.cli._options import Duration, json_option, server_options
from hostcore.cli._output import clock, console, is_terminal, show, table, text, write_json

if TYPE_CHECKING:
    from rich.text import Text

# The server's own limit of one answer.
_MOST = 1000
_STYLES = {"done": "", "failed": "yellow", "refused": "red"}


@click.command("audit", short_help="Show who has changed what, and who was refused.")
@click.option("-n", "--last", type=click.IntRange(1, _MOST), default=50, help="How many.  [default: 50]")
@click.option("--since", type=Duration(), help="Only those of this time up to now: 30m, 2h.")
@click.option("--caller", metavar="NAME", help="Only those of this caller: the name of a token, or local.")
@click.option("--operation", metavar="NAME", help="Only this operation, e.g. stopPlugin.")
@click.option("--target", metavar="TEXT", help="Only what has this in its target, e.g. the id of a plugin.")
@click.option(
    "--outcome", type=click.Choice(["done", "failed", "refused"]), help="Only what ended like this."
)
@click.option(
    "--call",
    metavar="ID",
    type=click.IntRange(min=0),
    help="Only the call with this id in the communication log.",
)
@click.option(
    "--calls/--no-calls", default=None, help="Only calls of methods that were made, or all but these."
)
@server_options
@json_option
def audit_command(
    *, last: int, since: float | None, server: str | None, data: str | None, as_json: bool, **wanted: Any
) -> None:
    """Show who has changed what and who was refused, the newest last. Needs the scope admin."""
    query = {"limit": last, "since": None if since is None else time.time() - since, **wanted}
    given = urlencode(
        {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in query.items()
            if value is not None
        }
    )
    document = find_server(server, data).get(f"/api/audit?{given}")
    if as_json:
        write_json(document)
        return
    records = document["records"][::-1]
    if not records and is_terminal(sys.stdout):
        click.echo("nothing was changed and nobody was refused", err=True)
    if records:
        to = console()
        headers = ("TIME", "CALLER", "FROM", "OUTCOME", "OPERATION", "TARGET", "STATUS", "CALL")
        show(
            table(headers, [_row(each) for each in records], droppable=("FROM", "CALL"), width=to.width),
            to=to,
        )
    if document["dropped"]:
        click.echo(f"{document['dropped']} records were not kept since the server was started", err=True)


def _row(record: dict[str, Any]) -> tuple[str | Text, ...]:
    outcome = record["outcome"]
    return (
        clock(record["at"], full=True),
        record["caller"],
        record["address"],
        text((outcome, _STYLES.get(outcome, ""))),
        record["operation"] or f"{record['method']} {record['path']}",
        record["target"] or "-",
        # 0 says that there was no answer: nobody waited for one, or not any more.
        record["problem"] or str(record["status"] or "-"),
        "-" if record["call"] is None else str(record["call"]),
    )
