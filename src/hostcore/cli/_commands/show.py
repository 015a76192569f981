"""`polyhost list` and `polyhost info`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._describe import describe_exit
from hostcore.cli._errors import CliError
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_interface, complete_plugin, json_option, server_options
from hostcore.cli._output import (
    STATES,
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
from hostcore.cli._requirements import about, is_resting, notes, provider, requirement

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from rich.console import Console
    from rich.text import Text

    from hostcore.cli._client import Client

# As the server sorts them.
_ORDERS = tuple(f"{sign}{key}" for key in ("id", "state", "restarts", "calls") for sign in ("", "-"))
# What was asked for → the states that fulfil it, in which nobody asks why.
_AS_WANTED = {"running": {"ready"}, "stopped": {"stopped"}, "disabled": {"disabled"}}


def _complete_states(_context: click.Context, _parameter: click.Parameter, word: str) -> list[CompletionItem]:
    """Offer states, for the last of those with commas in between."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only when completing

    before, comma, last = word.rpartition(",")
    return [CompletionItem(f"{before}{comma}{state}") for state in STATES if state.startswith(last)]


@click.command("list", short_help="List the plugins and how they are.")
@click.option(
    "--state",
    metavar="STATE,...",
    help="Only plugins in one of these states, e.g. failed,backing-off.",
    shell_complete=_complete_states,
)
@click.option(
    "--interface",
    metavar="NAME",
    help="Only plugins that provide this interface.",
    shell_complete=complete_interface,
)
@click.option("--text", metavar="TEXT", help="Only plugins with this in their id or description.")
@click.option("--enabled/--disabled", default=None, help="Only plugins that may run, or that may not.")
@click.option(
    "--sort",
    type=click.Choice(_ORDERS),
    metavar="KEY",
    help="By id, state, restarts or calls; with a - in front the other way round.  [default: id]",
)
@server_options
@json_option
def list_command(*, server: str | None, data: str | None, as_json: bool, **chosen: Any) -> None:
    """List the plugins, how they are, and why those that do not run do not."""
    client = find_server(server, data)
    query = {name: value for name, value in chosen.items() if value is not None}
    if "enabled" in query:
        query["enabled"] = str(query["enabled"]).lower()
    document = client.get("/api/plugins" + (f"?{urlencode(query)}" if query else ""))
    if as_json:
        write_json(document)
        return
    plugins = document["plugins"]
    if not plugins:
        if is_terminal(sys.stdout):
            is_chosen = query.keys() - {"sort"}
            none = "no such plugins" if is_chosen else "no plugins; load one with `polyhost load FOLDER`"
            click.echo(none, err=True)
        return
    to = console()
    wanted = [_wanted(plugin) for plugin in plugins]
    columns: dict[str, list[str | Text]] = {
        "PLUGIN": [text((plugin["id"], "bold")) for plugin in plugins],
        "STATE": [state_text(plugin["state"]) for plugin in plugins],
        **({"WANTED": list(wanted)} if any(wanted) else {}),
        "VERSION": [plugin["version"] or "-" for plugin in plugins],
        ">PID": [str(plugin["pid"] or "-") for plugin in plugins],
        ">RESTARTS": [str(plugin["restarts"]) for plugin in plugins],
        ">CALLS": [str(plugin["statistics"]["calls"]) for plugin in plugins],
        ">ERRORS": [str(plugin["statistics"]["errors"]) for plugin in plugins],
        "ENCODING": [plugin["encoding"] or "-" for plugin in plugins],
        "PROVIDES": [_versions(plugin["provides"]) for plugin in plugins],
    }
    droppable = ("ENCODING", "ERRORS", "CALLS", "RESTARTS", "PID")
    rows = list(zip(*columns.values(), strict=True))
    show(table(tuple(columns), rows, droppable=droppable, width=to.width), to=to)
    _explain(plugins, to)


def _is_as_wanted(plugin: dict[str, Any]) -> bool:
    """Tell whether a plugin is as it was asked to be; one that starts on demand may rest."""
    return is_resting(plugin) or plugin["state"] in _AS_WANTED.get(plugin["wanted"], ())


def _wanted(plugin: dict[str, Any]) -> str:
    """Show what was asked for where the state is another one for good: not that of a plugin on its way."""
    is_at_rest = plugin["state"] in {"stopped", "disabled"}
    is_to_rest = plugin["wanted"] != "running"
    return plugin["wanted"] if not _is_as_wanted(plugin) and (is_at_rest or is_to_rest) else ""


def _explain(plugins: list[dict[str, Any]], to: Console) -> None:
    others = [plugin for plugin in plugins if not _is_as_wanted(plugin)]
    if others:
        show(text(""), to=to)
    for plugin in others:
        style = STATES["failed"][1] if plugin["state"] == "failed" else ""
        why = plugin["reason"]["text"]
        missing = [each for each in plugin["waiting_for"] if each not in why]
        if missing:
            why = f"waits for {', '.join(missing)}; {why}"
        show_line(about(plugin["id"], why, style=style), to=to)


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
    for label, value in [*_facts(info), *_requirements(client, info), *_place(info)]:
        line = text((f"  {label:<11} ", "dim"))
        line.append_text(value if label == "state" else text(value))
        show_line(line, to=to)
    _show_instances(info, to)
    _show_methods(info, to)
    _show_last_exit(info, to)


def _facts(info: dict[str, Any]) -> list[tuple[str, Any]]:
    state = state_text(info["state"])
    if info["reason"]["text"]:
        state.append_text(text(f": {info['reason']['text']}"))
    on_demand = ", when it is called" if info["start"] == "on-demand" else ""
    facts: list[tuple[str, Any]] = [("state", state), ("wanted", info["wanted"] + on_demand)]
    if info["waiting_for"]:
        facts.append(("waits for", ", ".join(info["waiting_for"])))
    if info["pid"]:
        facts.append(("pid", str(info["pid"])))
    memory = [each["rss_bytes"] for each in info["instances"] if each["rss_bytes"] is not None]
    if memory:
        facts.append(("memory", size(sum(memory))))
    cpu = [each["cpu"] for each in info["instances"] if each["cpu"] is not None]
    if cpu:
        facts.append(("CPU", _cores(sum(cpu))))
    checked = info["verification"]
    if checked is not None and checked["outcome"] != "off":
        facts.append(("files", f"{checked['outcome']}: {checked['detail']}"))
    return [*facts, ("calls", _calls(info)), ("restarts", str(info["restarts"]))]


def _calls(info: dict[str, Any]) -> str:
    statistics = info["statistics"]
    calls = f"{statistics['calls']}"
    if statistics["calls"]:
        mean = statistics["total_seconds"] / statistics["calls"]
        calls += f", {statistics['errors']} failed, {duration(mean)} on average"
    if info["last_call_at"] is not None:
        calls += f", the last one {duration(max(0.0, time.time() - info['last_call_at']))} ago"
    return calls


def _cores(cores: float) -> str:
    """Write a share of the processors as `top` does: 100% is one core."""
    return f"{cores * 100:.0f}%"


def _requirements(client: Client, info: dict[str, Any]) -> list[tuple[str, str]]:
    """Say of whom the plugin requires what, and who requires it; what the manifest says when that is not known."""
    try:
        needs = client.get("/api/topology")["dependencies"]
    except CliError:  # a server that is just stopping, or an older one
        return [("provides", _versions(info["provides"])), ("requires", _versions(info["requires"]))]
    requires = [
        f"{requirement(need)} from {provider(need)}{notes(need)}"
        for need in needs
        if need["dependent"] == info["id"]
    ]
    required = [
        f"{need['dependent']}, {requirement(need)}{notes(need)}"
        for need in needs
        if need["provider"] == info["id"]
    ]
    return [
        ("provides", _versions(info["provides"])),
        *_labelled("requires", requires or ["-"]),
        *_labelled("required by", required),
    ]


def _labelled(label: str, values: list[str]) -> list[tuple[str, str]]:
    return [(label if not number else "", value) for number, value in enumerate(values)]


def _place(info: dict[str, Any]) -> list[tuple[str, str]]:
    encoding = f", {info['encoding']}" if info["encoding"] else ""
    return [("transport", f"{info['transport'] or '-'}{encoding}"), ("folder", info["folder"])]


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
            "-" if instance["rss_bytes"] is None else size(instance["rss_bytes"]),
            "-" if instance["cpu"] is None else _cores(instance["cpu"]),
        )
        for instance in info["instances"]
    ]
    headers = (">INSTANCE", "STATE", ">PID", ">UP", ">STARTS", ">IN FLIGHT", ">QUEUED", ">MEMORY", ">CPU")
    show(text(""), to=to)
    show(table(headers, rows, droppable=("QUEUED", "IN FLIGHT", "STARTS", "UP"), width=to.width), to=to)


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
    memory = f" and {size(report['max_rss_bytes'])} of memory" if report["max_rss_bytes"] else ""
    show_line(text(f"  used {duration(cpu)} of CPU{memory}"), to=to)
    for name in ("stderr", "stray"):
        for line in report[name]:
            show_line(text((f"  {name}: ", "magenta"), line), to=to)
