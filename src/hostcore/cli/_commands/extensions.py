"""`polyhost extensions`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._find_server import find_server
from hostcore.cli._options import json_option, server_options
from hostcore.cli._output import console, is_terminal, show, show_line, table, text, write_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# What all hooks begin with says nothing in a list of hooks.
_PREFIX = "hostcore_"


@click.command("extensions", short_help="List the extensions and the hooks that they implement.")
@click.option("--hooks", is_flag=True, help="Show for each hook who implements it, in calling order.")
@server_options
@json_option
def extensions_command(*, hooks: bool, server: str | None, data: str | None, as_json: bool) -> None:
    """List the extensions of the host, built-in policies first, and what went wrong with them.

    Hooks are named without their prefix, "hostcore_".
    """
    client = find_server(server, data)
    document = client.get("/api/extensions")
    if as_json:
        write_json(document)
        return
    to = console()
    if hooks:
        _show_hooks(document["hooks"], to)
    elif document["extensions"]:
        _show_extensions(document["extensions"], to)
    elif is_terminal(sys.stdout):
        click.echo("no extensions", err=True)


def _show_extensions(extensions: list[dict[str, Any]], to: Console) -> None:
    rows = [
        (
            text((each["name"], "bold" if each["enabled"] else "dim")),
            each["origin"],
            each["version"] or "-",
            _state(each),
            ", ".join(map(_short, each["hooks"])) or "-",
        )
        for each in extensions
    ]
    headers = ("EXTENSION", "ORIGIN", "VERSION", "STATE", "HOOKS")
    show(table(headers, rows, droppable=("VERSION", "ORIGIN"), width=to.width), to=to)
    failed = [each for each in extensions if each["failures"]]
    if failed:
        show(text(""), to=to)
    for each in failed:
        times = "once" if each["failures"] == 1 else f"{each['failures']} times, last"
        show_line(text((each["name"], "bold"), f" failed {times}: {each['last_error']}"), to=to)


def _state(extension: dict[str, Any]) -> Text:
    if not extension["enabled"]:
        return text(("⊘ disabled", "dim"))
    return text(("▲ fails", "yellow") if extension["failures"] else ("● active", "green"))


def _show_hooks(hooks: list[dict[str, Any]], to: Console) -> None:
    rows = [
        (
            text((_short(each["name"]), "bold" if each["extensions"] else "dim")),
            " → ".join(each["extensions"]) or text(("-", "dim")),
        )
        for each in hooks
    ]
    show(table(("HOOK", "IN CALLING ORDER"), rows, width=to.width), to=to)


def _short(hook: str) -> str:
    return hook.removeprefix(_PREFIX)
