"""`polyhost events`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from hostcore.cli._find_server import find_server
from hostcore.cli._options import json_option, server_options
from hostcore.cli._output import (
    clock,
    console,
    duration,
    is_terminal,
    show_line,
    state_text,
    text,
    write_json,
    write_json_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.text import Text

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

    With --json, one document {"events": […]}; with --follow too, one line of JSON for each event.
    """
    client = find_server(server, data)
    if after is not None and after.isdigit():
        after = f"{client.get('/api/health')['run']}-{after}"
    if follow:
        to = console()
        for event in _follow(client, after):
            if as_json:
                write_json_line(event)
            else:
                show_line(_describe(event, full=not to.is_terminal), to=to)
    else:
        _list(client, after, as_json=as_json)


def _list(client: Client, after: str | None, *, as_json: bool) -> None:
    document = client.get("/api/events" + (f"?{urlencode({'after': after})}" if after else ""))
    if as_json:
        write_json(document)
        return
    to: Console = console()
    if document.get("gap") and after is not None:
        show_line(_describe({"kind": "gap", **document["gap"]}, full=True), to=to)
    for event in document["events"]:
        show_line(_describe(event, full=not to.is_terminal), to=to)
    if not document["events"] and is_terminal(sys.stdout):
        click.echo("no events", err=True)


def _follow(client: Client, after: str | None) -> Iterator[dict[str, Any]]:
    """Read server-sent events; a gap is an event of the kind `gap`."""
    headers = {"Last-Event-ID": after} if after else {}
    name, data = "", ""
    with client.lines(
        "GET", "/api/events", accept="text/event-stream", headers=headers, timeout=SILENCE_SECONDS
    ) as lines:
        for line in lines:
            field, _, value = line.partition(":")
            if not line:
                if data:
                    event = json.loads(data)
                    yield {"kind": "gap", **event} if name == "gap" else event
                name, data = "", ""
            elif field == "event":
                name = value.strip()
            elif field == "data":
                data += value


def _describe(event: dict[str, Any], *, full: bool) -> Text:
    kind = event["kind"]
    line = text((clock(event["at"], full=full) if "at" in event else "-", "dim"), " ")
    line.append_text(text((f"{kind:<22} ", "cyan")))
    who = event.get("plugin") or event.get("extension") or ""
    if who:
        instance = f"#{event['instance']}" if event.get("instance") else ""
        line.append_text(text((who + instance, "bold"), " "))
    match kind:
        case "plugin-state-changed" | "instance-state-changed":
            line.append_text(state_text(event["old"])).append(" → ").append_text(state_text(event["new"]))
            line.append_text(text((f"  {event['reason']['text']}", "dim")))
        case "plugin-exited":
            line.append_text(text(describe_exit(event["report"])))
        case "plugin-discovered":
            line.append_text(text(f"{event['version']} in {event['folder']}"))
        case "plugin-refused" | "host-stopping":
            line.append_text(text(event["reason"]["text"]))
        case "host-started":
            count = len(event["plugins"])
            line.append_text(text(f"Polyhost {event['version']} with {count} plugin{'s' * (count != 1)}"))
        case "extension-failed":
            line.append_text(text(f"{event['hook']}: {event['error']}"))
        case "gap":
            line.append_text(text("events before this are no longer kept, or are of another run"))
        case _:
            told = {"id", "sequence", "at", "kind", "plugin", "extension", "instance"}
            rest = {key: value for key, value in event.items() if key not in told}
            if rest:
                line.append_text(text(json.dumps(rest, ensure_ascii=False)))
    return line


def describe_exit(report: dict[str, Any]) -> str:
    """Say in one line how a process ended."""
    how = (
        f"was killed by {report['signal']}" if report["signal"] else f"exited with code {report['exit_code']}"
    )
    cut = report["calls_in_flight"]
    calls = f", {cut} call{'s' * (cut != 1)} cut off" if cut else ""
    return f"pid {report['pid']} {how} after {duration(report['uptime'])}{calls}: {report['reason']['text']}"
