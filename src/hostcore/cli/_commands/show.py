"""`polyhost list` and `polyhost info`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._commands.events import describe_exit
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import (
    clock,
    console,
    duration,
    is_terminal,
    show,
    show_line,
    size,
    state_text,
    table,
    text,
    write_json,
)

if TYPE_CHECKING:
    from rich.console import Console

# States in which nobody asks why.
_FINE = frozenset({"ready"})


@click.command("list", short_help="List the plugins and how they are.")
@server_options
@json_option
def list_command(*, server: str | None, data: str | None, as_json: bool) -> None:
    """List the plugins, how they are, and why those that do not run do not."""
    client = find_server(server, data)
    document = client.get("/api/plugins")
    if as_json:
        write_json(document)
        return
    plugins = document["plugins"]
    if not plugins:
        if is_terminal(sys.stdout):
            click.echo("no plugins; load one with `polyhost load FOLDER`", err=True)
        return
    to = console()
    rows = [
        (
            text((plugin["id"], "bold")),
            state_text(plugin["state"]),
            plugin["version"] or "-",
            str(plugin["pid"] or "-"),
            str(plugin["restarts"]),
            str(plugin["statistics"]["calls"]),
            str(plugin["statistics"]["errors"]),
            plugin.get("encoding") or "-",
            ", ".join(f"{name} {version}" for name, version in plugin["provides"].items()) or "-",
        )
        for plugin in plugins
    ]
    headers = ("PLUGIN", "STATE", "VERSION", ">PID", ">RESTARTS", ">CALLS", ">ERRORS", "ENCODING", "PROVIDES")
    droppable = ("ENCODING", "ERRORS", "CALLS", "RESTARTS", "PID")
    show(table(headers, rows, droppable=droppable, width=to.width), to=to)
    _explain(plugins, to)


def _explain(plugins: list[dict[str, Any]], to: Console) -> None:
    troubled = [plugin for plugin in plugins if plugin["state"] not in _FINE]
    if troubled:
        show(text(""), to=to)
    for plugin in troubled:
        show_line(text((plugin["id"], "bold"), ": ", plugin["reason"]["text"]), to=to)


@click.command("info", short_help="Show all about a plugin.")
@click.argument("plugin", shell_complete=complete_plugin)
@server_options
@json_option
def info_command(*, plugin: str, server: str | None, data: str | None, as_json: bool) -> None:
    """Show all about a plugin: state and why, processes, methods, its last end."""
    client = find_server(server, data)
    info = client.get(plugin_path(plugin, "/info"))
    if as_json:
        write_json(info)
        return
    to = console()
    title = text((info["id"], "bold"), " ", info["version"])
    show(title, to=to)
    if info["description"]:
        show(text(info["description"]), to=to)
    show(text(""), to=to)
    for label, value in _facts(info):
        line = text((f"  {label:<10} ", "dim"))
        line.append_text(value if label == "state" else text(value))
        show_line(line, to=to)
    _show_instances(info, to)
    _show_methods(info, to)
    _show_last_exit(info, to)


def _facts(info: dict[str, Any]) -> list[tuple[str, Any]]:
    state = state_text(info["state"])
    if info["reason"]["text"]:
        state.append_text(text(f": {info['reason']['text']}"))
    facts: list[tuple[str, Any]] = [("state", state)]
    if info["pid"]:
        facts.append(("pid", str(info["pid"])))
    statistics = info["statistics"]
    calls = f"{statistics['calls']}"
    if statistics["calls"]:
        mean = statistics["total_seconds"] / statistics["calls"]
        calls += f", {statistics['errors']} failed, {duration(mean)} on average"
    encoding = f", {info['encoding']}" if info["encoding"] else ""
    facts += [
        ("calls", calls),
        ("restarts", str(info["restarts"])),
        ("provides", _versions(info["provides"])),
        ("requires", _versions(info["requires"])),
        ("transport", f"{info['transport'] or '-'}{encoding}"),
        ("folder", info["folder"]),
    ]
    return facts


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items()) or "-"


def _show_instances(info: dict[str, Any], to: Console) -> None:
    if not info["instances"]:
        return
    rows = [
        (
            str(instance["index"]),
            state_text(instance["state"]),
            str(instance["pid"] or "-"),
            duration(time.time() - instance["started_at"]) if instance["started_at"] else "-",
            str(instance["incarnation"]),
            str(instance["in_flight"]),
            str(instance["queued"]),
        )
        for instance in info["instances"]
    ]
    headers = (">INSTANCE", "STATE", ">PID", ">UP", ">STARTS", ">IN FLIGHT", ">QUEUED")
    show(text(""), to=to)
    show(table(headers, rows, droppable=("QUEUED", "IN FLIGHT", "STARTS"), width=to.width), to=to)


def _show_methods(info: dict[str, Any], to: Console) -> None:
    if not info["methods"]:
        return
    rows = [(method["name"], _signature(method), _about(method)) for method in info["methods"]]
    show(text(""), to=to)
    show(table(("METHOD", "PARAMS", "DESCRIPTION"), rows, droppable=("PARAMS",), width=to.width), to=to)


def _signature(method: dict[str, Any]) -> str:
    """Name the params, optional ones with `?`."""
    schema = method["params"] or {}
    required = set(schema.get("required") or ())
    names = [name if name in required else f"{name}?" for name in schema.get("properties") or {}]
    return ", ".join(names) or "-"


def _about(method: dict[str, Any]) -> str:
    marks = []
    if method["stream_in"] is not None:
        marks.append("takes a stream")
    if method["stream_out"] is not None:
        marks.append("sends a stream")
    if method["deprecated"]:
        marks.append(f"deprecated: {method['deprecated']}")
    note = f" [{', '.join(marks)}]" if marks else ""
    return " ".join(method["description"].split()) + note or "-"


def _show_last_exit(info: dict[str, Any], to: Console) -> None:
    report = info["last_exit"]
    if report is None:
        return
    show(text(""), to=to)
    show_line(text(("Last end ", "bold"), f"at {clock(report['at'], full=True)}"), to=to)
    show_line(text(f"  {describe_exit(report)}"), to=to)
    cpu = report["user_seconds"] + report["system_seconds"]
    show_line(text(f"  used {duration(cpu)} of CPU and {size(report['max_rss_bytes'])} of memory"), to=to)
    for name in ("stderr", "stray"):
        for line in report[name]:
            show_line(text((f"  {name}: ", "magenta"), line), to=to)
