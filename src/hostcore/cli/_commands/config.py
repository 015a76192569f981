"""`polyhost config`: show, check and change how a plugin is configured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._commands.lifecycle import tell_plugin
from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import console, show, show_line, table, text, waiting, write_json
from hostcore.cli._params import read_params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hostcore.cli._client import Client

_LAYERS = (("overrides", "set by an operator"), ("host", "host's configuration"), ("manifest", "manifest"))


@click.group("config", short_help="Show, check and change a plugin's configuration.")
def config_command() -> None:
    """Show, check and change how a plugin is configured.

    The plugin's author, the host's configuration and operators each set values; the later ones win, table by table. What
    the plugin's schema calls secret is never shown.
    """


@config_command.command("show", short_help="Show the values, and where each comes from.")
@click.argument("plugin", shell_complete=complete_plugin)
@server_options
@json_option
def show_command(*, plugin: str, server: str | None, data: str | None, as_json: bool) -> None:
    """Show what a plugin is configured with, where each value comes from, and what else its schema knows."""
    config = find_server(server, data).get(plugin_path(plugin, "/config"))
    if as_json:
        write_json(config)
        return
    to = console()
    rows = [
        (key, _written(value), _origin(config, path)) for path, key, value in _leaves(config["effective"])
    ]
    if rows:
        show(table(("KEY", "VALUE", "FROM"), rows, width=to.width), to=to)
    else:
        show(text(f"nothing is set for {plugin}"), to=to)
    known = set((config["schema"] or {}).get("properties", {})) - set(config["effective"])
    if known:
        show(text(""), to=to)
        show_line(text("not set: ", ", ".join(sorted(known))), to=to)
    if config["schema"] is None:
        show(text(""), to=to)
        show_line(text("the plugin has no schema: any value will do"), to=to)


def _values_command(
    name: str, *, short: str, more: str
) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a command that takes values for a plugin."""

    def make(run: Callable[..., int | None]) -> click.Command:
        command = click.command(name, short_help=short, help=f"{short}\n\n{more}")(run)
        for parameter in (
            click.argument("plugin", shell_complete=complete_plugin),
            click.argument("values", nargs=-1, metavar="[KEY=VALUE]..."),
            click.option(
                "--unset",
                "unset",
                multiple=True,
                metavar="KEY",
                help="Take away what an operator has set; dots lead into tables. May be repeated.",
            ),
            server_options,
            json_option,
        ):
            command = parameter(command)
        config_command.add_command(command)
        return command

    return make


_PAIRS = (
    "KEY=text, KEY:=JSON and KEY=@FILE as for `polyhost call`; dots in a key lead into tables: limits.requests:=5. What is "
    "not named stays as it is. One JSON document, '{…}', @FILE or - for standard input, replaces all that operators have set."
)


@_values_command(
    "validate",
    short="Check values for a plugin without changing anything.",
    more=f"Ends with 6 when they do not fit.\n\n{_PAIRS}",
)
def validate_command(
    *,
    plugin: str,
    values: tuple[str, ...],
    unset: tuple[str, ...],
    server: str | None,
    data: str | None,
    as_json: bool,
) -> int:
    client = find_server(server, data)
    wanted = _wanted(client, plugin, values, unset)
    checked = client.post(plugin_path(plugin, "/config/validate"), {"values": wanted})
    if as_json:
        write_json(checked)
    elif checked["valid"]:
        show(text(f"{plugin} would take these values"))
    else:
        for fault in checked["errors"]:
            show_line(text((_key_of(fault["pointer"]), "bold"), f": {fault['detail']}"), to=console())
    return ExitCode.OK if checked["valid"] else ExitCode.CONFIG


@_values_command(
    "set",
    short="Set values of a plugin's configuration, and have it run with them.",
    more=f"The plugin is reloaded without failing a call; one that does not run has the values when it starts. They hold over "
    f"new starts of the host.\n\n{_PAIRS}",
)
def set_command(
    *,
    plugin: str,
    values: tuple[str, ...],
    unset: tuple[str, ...],
    server: str | None,
    data: str | None,
    as_json: bool,
) -> None:
    if not values and not unset:
        raise CliError(
            "nothing is to be set",
            exit_code=ExitCode.USAGE,
            hint=f"polyhost config set {plugin} KEY=VALUE; `polyhost config show {plugin}` lists the keys",
        )
    client = find_server(server, data)
    wanted = _wanted(client, plugin, values, unset)
    with waiting(f"Configuring {plugin} …"):
        info = client.put(plugin_path(plugin, "/config"), {"values": wanted})
    tell_plugin(info, as_json=as_json)


def _wanted(client: Client, plugin: str, words: Sequence[str], unset: Sequence[str]) -> dict[str, Any]:
    """Return what operators will have set: what they have now, secrets masked, with the changes."""
    given = read_params(words)
    whole = len(words) == 1 and (words[0] == "-" or words[0].startswith(("{", "@")))
    if whole:
        wanted = given
    else:
        wanted = client.get(plugin_path(plugin, "/config"))["overrides"] or {}
        for key, value in given.items():
            *tables, last = key.split(".")
            place = wanted
            for name in tables:
                inner = place.setdefault(name, {})
                if not isinstance(inner, dict):
                    inner = place[name] = {}
                place = inner
            place[last] = value
    for key in unset:
        _remove(wanted, key)
    return wanted


def _remove(values: dict[str, Any], key: str) -> None:
    *tables, last = key.split(".")
    place: Any = values
    for name in tables:
        place = place.get(name) if isinstance(place, dict) else None
    if not isinstance(place, dict) or last not in place:
        raise CliError(
            f"no operator has set the key {key!r}",
            exit_code=ExitCode.USAGE,
            hint="`polyhost config show` says where each value comes from",
        )
    del place[last]


def _leaves(
    values: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """Yield path, dotted key and value of all that is no table, or an empty one."""
    for name, value in values.items():
        here = (*path, name)
        if isinstance(value, dict) and value:
            yield from _leaves(value, here)
        else:
            yield here, ".".join(here), value


def _origin(config: Mapping[str, Any], path: Sequence[str]) -> str:
    """Say which layer a value comes from: the highest one that has it."""
    for layer, name in _LAYERS:
        place: Any = config[layer]
        for word in path:
            place = place.get(word) if isinstance(place, dict) else None
        if place is not None:
            return name
    return "-"


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _key_of(pointer: str) -> str:
    """Write a JSON pointer as a dotted key."""
    words = pointer.removeprefix("#").removeprefix("/values").strip("/").split("/")
    return ".".join(word.replace("~1", "/").replace("~0", "~") for word in words) or "the values"
