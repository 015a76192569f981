"""`polyhost traffic` and `polyhost replay`."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from hostcore.cli._client import CALL_SECONDS, plugin_path
from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._find_server import find_server
from hostcore.cli._options import Duration, complete_plugin, json_option, server_options
from hostcore.cli._output import (
    clock,
    console,
    duration,
    is_terminal,
    show,
    show_line,
    size,
    table,
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
# Reading goes through the whole log when no index helps.
LIST_SECONDS = 30.0
_RECORDED = ("calls", "messages", "bodies")
_NDJSON = "application/x-ndjson"
_SSE = "text/event-stream"


@click.command("traffic", short_help="Show calls and messages.")
@click.argument("plugin", required=False, shell_complete=complete_plugin)
@click.option("--method", metavar="NAME", help="Only of this method, or of an interface: `KeyValue.*`.")
@click.option(
    "--outcome", metavar="CODE", help="Only with this outcome: ok, cancelled, an error's code, failed."
)
@click.option("--caller", metavar="PLUGIN", help="Only calls that this plugin has made.")
@click.option("--parent", metavar="ID", type=int, help="Only calls that were made for this one.")
@click.option("--since", type=Duration(), help="Only of the last 90s, 10m, 1h, ….")
@click.option("--slower-than", type=Duration(), help="Only calls that took at least so long: 100ms, 2s, ….")
@click.option(
    "--last",
    "-n",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    metavar="N",
    help="How many of the latest to show.",
)
@click.option("--messages", is_flag=True, help="Show messages in place of calls.")
@click.option("--bodies", is_flag=True, help="Show what they carried, too, as far as it was recorded.")
@click.option("--id", "call_id", metavar="ID", type=int, help="Show everything about one call.")
@click.option("--follow", "-f", is_flag=True, help="Show new ones, until Ctrl-C or the server's end.")
@click.option("--export", is_flag=True, help="Write all of them, one line of JSON each, the latest first.")
@click.option(
    "--record",
    metavar="WORDS",
    help="Say what is recorded of PLUGIN until it is unloaded: calls, messages, bodies, joined by commas, or none.",
)
@server_options
@json_option
def traffic_command(
    *,
    plugin: str | None,
    call_id: int | None,
    follow: bool,
    export: bool,
    record: str | None,
    server: str | None,
    data: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Show the communication log: which calls there were, of which plugins, and how they ended.

    With --json, one document; with --follow too, one line of JSON for each call or message.
    """
    client = find_server(server, data)
    if record is not None:
        _record(client, plugin, record, as_json=as_json)
        return
    if call_id is not None:
        _show_one(client, call_id, as_json=as_json)
        return
    path = _path(plugin, chosen)
    if export:
        with client.lines("GET", path, accept=_NDJSON) as lines:
            for line in filter(None, lines):
                _write_exported(json.loads(line))
    elif follow:
        _follow(client, path, bodies=chosen["bodies"], as_json=as_json)
    else:
        document = client.get(path, timeout=LIST_SECONDS)
        if as_json:
            write_json(document)
        else:
            _list(document, messages=chosen["messages"], bodies=chosen["bodies"])


@click.command("replay", short_help="Make a recorded call again.")
@click.argument("call_id", metavar="ID", type=int)
@click.option("--timeout", type=Duration(), help="Deadline of the call.  [default: that of the method]")
@server_options
@json_option
def replay_command(
    *, call_id: int, timeout: float | None, server: str | None, data: str | None, as_json: bool
) -> None:
    """Make a recorded call again, and write its result as JSON.

    That needs its params as they were: recorded with bodies, whole, and without secrets taken out.
    """
    del as_json  # the result is JSON in any case; errors are then, too
    body = {} if timeout is None else {"timeout_ms": max(1, int(timeout * 1000))}
    answer = find_server(server, data).post(f"/api/traffic/{call_id}/replay", body, timeout=CALL_SECONDS)
    write_json(answer["result"])


def _path(plugin: str | None, chosen: dict[str, Any]) -> str:
    """Return what to ask for; refuses what only calls have, where messages are asked for."""
    query = {
        "plugin": plugin,
        "method": chosen["method"],
        "since": None if chosen["since"] is None else f"{time.time() - chosen['since']:.3f}",
        "limit": chosen["last"],
        "bodies": "true" if chosen["bodies"] else None,
    }
    of_calls = {name: chosen[name] for name in ("outcome", "caller", "parent")}
    slower = chosen["slower_than"]
    of_calls["slower_than_ms"] = None if slower is None else f"{slower * 1000:g}"
    if chosen["messages"]:
        given = [
            f"--{name.replace('_ms', '').replace('_', '-')}" for name, value in of_calls.items() if value
        ]
        if given:
            raise CliError(f"messages have no {' and no '.join(given)}", exit_code=ExitCode.USAGE)
    else:
        query |= of_calls
    words = urlencode({name: value for name, value in query.items() if value is not None})
    return f"/api/{'messages' if chosen['messages'] else 'traffic'}?{words}"


def _record(client: Client, plugin: str | None, words: str, *, as_json: bool) -> None:
    if plugin is None:
        raise CliError(
            "--record needs a plugin",
            exit_code=ExitCode.USAGE,
            hint="polyhost traffic PLUGIN --record messages",
        )
    asked = {word.strip() for word in words.split(",")} - {"none", ""}
    unknown = sorted(asked - set(_RECORDED))
    if unknown:
        raise CliError(
            f"there is no {', '.join(unknown)} to record",
            exit_code=ExitCode.USAGE,
            hint=f"there are: {', '.join(_RECORDED)}, none",
        )
    if "bodies" in asked and not asked & {"calls", "messages"}:
        asked.add("calls")  # bodies of nothing are not what anybody wants
    body = {name: name in asked for name in _RECORDED}
    answer = client.put(plugin_path(plugin, "/traffic/settings"), body)
    if as_json:
        write_json(answer)
        return
    on = [name for name in _RECORDED if answer[name]]
    shown = f"{', '.join(on[:-1])} and {on[-1]}" if len(on) > 1 else (on or ["nothing"])[0]
    click.echo(f"{plugin}: {shown} {'are' if on else 'is'} recorded")


# -- showing


def _list(document: dict[str, Any], *, messages: bool, bodies: bool) -> None:
    to = console()
    entries = document["messages" if messages else "calls"]
    if not entries and is_terminal(sys.stdout):
        click.echo("nothing was recorded that fits", err=True)
    elif bodies:
        for entry in entries:
            show_line(_message_line(entry, to) if messages else _call_line(entry, to), to=to)
            _show_bodies(entry, to)
    elif entries:
        show(_messages(entries, to) if messages else _calls(entries, to), to=to)
    statistics = document.get("statistics") or {}
    if statistics.get("dropped"):
        click.echo(f"{statistics['dropped']} records were dropped: the disk was too slow, or full", err=True)
    if statistics.get("trouble"):
        click.echo(f"nothing can be recorded now: {statistics['trouble']}", err=True)


def _calls(calls: list[dict[str, Any]], to: Console) -> Any:
    headers = (">ID", "AT", "PLUGIN", "METHOD", "CALLER", ">TIME", ">BYTES", "OUTCOME")
    rows = [
        (
            str(each["id"]),
            clock(each["started_at"], full=not to.is_terminal),
            each["plugin"],
            each["method"],
            each["caller"] or "-",
            duration(each["duration"]),
            f"{each['request_bytes']}/{each['response_bytes']}",
            _outcome(each),
        )
        for each in calls
    ]
    return table(headers, rows, droppable=("CALLER", "BYTES", "AT"), width=to.width)


def _messages(messages: list[dict[str, Any]], to: Console) -> Any:
    headers = (">ID", "AT", "PLUGIN", "", "KIND", ">CALL", ">SIZE", "METHOD")
    rows = [
        (
            str(each["id"]),
            clock(each["at"], full=not to.is_terminal),
            each["plugin"],
            _arrow(each),
            _kind(each),
            str(each["call"] or "-"),
            size(each["size"]),
            each["method"] or "-",
        )
        for each in messages
    ]
    return table(headers, rows, droppable=("CALL", "AT"), width=to.width)


def _outcome(call: dict[str, Any]) -> Text:
    outcome = call["outcome"]
    if outcome == "ok":
        return text(("✓ ok", "green"))
    return text(("✗ " + outcome, "yellow" if outcome == "cancelled" else "red"))


def _arrow(entry: dict[str, Any]) -> str:
    return "→" if entry["direction"] == "to-plugin" else "←"


def _kind(message: dict[str, Any]) -> str:
    return "error" if message["is_error"] else str(message["kind"])


def _call_line(call: dict[str, Any], to: Console) -> Text:
    line = text(
        (clock(call["started_at"], full=not to.is_terminal), "dim"),
        f" {call['id']} ",
        (f"{call['caller']} " if call["caller"] else "", "cyan"),
        f"{_arrow(call)} ",
        (call["plugin"], "cyan"),
        f" {call['method']} {duration(call['duration'])} ",
        (f"{call['request_bytes']}/{call['response_bytes']} ", "dim"),
    )
    line.append_text(_outcome(call))
    if call["error"]:
        line.append_text(text(f" {call['error']}"))
    return line


def _message_line(message: dict[str, Any], to: Console) -> Text:
    return text(
        (clock(message["at"], full=not to.is_terminal), "dim"),
        f" {_arrow(message)} ",
        (message["plugin"], "cyan"),
        f" {_kind(message)} {message['method'] or ''} ",
        (size(message["size"]), "dim"),
    )


def _show_bodies(entry: dict[str, Any], to: Console) -> None:
    for name in ("params", "result", "body"):
        body = entry.get(name)
        if body is not None:
            notes = [
                *(["cut"] if not body["whole"] else []),
                *(["secrets taken out"] if body["redacted"] else []),
            ]
            value = json.dumps(body["value"], ensure_ascii=False)
            show_line(
                text((f"    {name}: ", "dim"), value, (f" ({', '.join(notes)})" if notes else "", "yellow")),
                to=to,
            )


def _show_one(client: Client, call_id: int, *, as_json: bool) -> None:
    document = client.get(f"/api/traffic/{call_id}", timeout=LIST_SECONDS)
    if as_json:
        write_json(document)
        return
    to = console()
    show_line(_call_line(document["call"], to), to=to)
    _show_bodies(document["call"], to)
    for each in reversed(document["children"]):
        show_line(text("  ").append_text(_call_line(each, to)), to=to)
    for each in reversed(document["messages"]):
        show_line(text("  ").append_text(_message_line(each, to)), to=to)
        _show_bodies(each, to)


def _follow(client: Client, path: str, *, bodies: bool, as_json: bool) -> None:
    to = console()
    for kind, entry in _events(client, path):
        if as_json:
            write_json_line(entry if kind != "gap" else {"missed": entry["count"]})
        elif kind == "gap":
            show_line(text((f"{entry['count']} were missed here", "yellow")), to=to)
        else:
            show_line(_call_line(entry, to) if kind == "call" else _message_line(entry, to), to=to)
            if bodies:
                _show_bodies(entry, to)


def _events(client: Client, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read server-sent events: their type and their data."""
    name, data = "", ""
    with client.lines("GET", path, accept=_SSE, timeout=SILENCE_SECONDS) as lines:
        for line in lines:
            field, _, value = line.partition(":")
            if not line:
                if data:
                    yield name, json.loads(data)
                name, data = "", ""
            elif field == "event":
                name = value.strip()
            elif field == "data":
                data += value


def _write_exported(entry: dict[str, Any]) -> None:
    """Write one line; the server tells in the last one what went wrong on the way."""
    if set(entry) == {"error"} and isinstance(entry["error"], dict):
        raise CliError.from_problem(int(entry["error"].get("status", 500)), entry["error"])
    write_json_line(entry)
