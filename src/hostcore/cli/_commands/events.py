"""`polyhost events`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from hostcore.cli._describe import event_line, without_echoes
from hostcore.cli._find_server import find_server
from hostcore.cli._options import json_option, server_options
from hostcore.cli._output import console, is_terminal, show_line, write_json, write_json_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from hostcore.cli._client import Client

# The server sends a comment every 15 s; four missing ones mean that it is gone.
SILENCE_SECONDS = 60.0


@click.command("events")
@click.option("--follow", "-f", is_flag=True, help="Show new events, until Ctrl-C or the server's end.")
@click.option(
    "--after",
    metavar="ID",
    help="Only events after this one: an event's id, or its number in this run of the host. "
    "With --follow, first the kept ones after it.",
)
@server_options
@json_option
def events_command(
    *, follow: bool, after: str | None, server: str | None, data: str | None, as_json: bool
) -> None:
    """Show what has happened in the host.

    What a plugin's only process does is told once, as the plugin's own change; --json has every event.

    With --json, one document {"events": […]}; with --follow too, one line of JSON for each event.
    """
    client = find_server(server, data)
    if after is not None and after.isdigit():
        after = f"{client.get('/api/health')['run']}-{after}"
    if not follow:
        _list(client, after, as_json=as_json)
    elif as_json:
        for event in _follow(client, after):
            if event is not None:
                write_json_line(event)
    else:
        to = console()
        for told in without_echoes(_follow(client, after)):
            show_line(event_line(told, full=not to.is_terminal), to=to)


def _list(client: Client, after: str | None, *, as_json: bool) -> None:
    document = client.get("/api/events" + (f"?{urlencode({'after': after})}" if after else ""))
    if as_json:
        write_json(document)
        return
    to: Console = console()
    if document.get("gap") and after is not None:
        show_line(event_line({"kind": "gap", **document["gap"]}, full=True), to=to)
    for event in without_echoes(document["events"]):
        show_line(event_line(event, full=not to.is_terminal), to=to)
    if not document["events"] and is_terminal(sys.stdout):
        click.echo("no events", err=True)


def _follow(client: Client, after: str | None) -> Iterator[dict[str, Any] | None]:
    """Read server-sent events; a gap is an event of the kind `gap`, and None says that it has been quiet for a while."""
    headers = {"Last-Event-ID": after} if after else {}
    name, data = "", ""
    with client.lines(
        "GET", "/api/events", accept="text/event-stream", headers=headers, timeout=SILENCE_SECONDS
    ) as lines:
        for line in lines:
            field, _, value = line.partition(":")
            if line.startswith(":"):
                yield None
            elif not line:
                if data:
                    event = json.loads(data)
                    yield {"kind": "gap", **event} if name == "gap" else event
                name, data = "", ""
            elif field == "event":
                name = value.strip()
            elif field == "data":
                data += value
