"""What commands share: options, argument types, completion."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._credentials import Credentials
from hostcore.cli._errors import CliError
from hostcore.cli._find_server import find_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

# A person who presses the tab key waits gladly for a tenth of a second, hardly for three.
COMPLETION_SECONDS = 0.3

# A year, as for every wait of a host.
_LONGEST_SECONDS = 366 * 86400.0

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "": 1.0}

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(kw_only=True, slots=True)
class Invocation:
    """Is what outlives the parsing of one command line.

    Attributes:
        json: whether `--json` was given; errors are then told as JSON too.
        credentials: what is shown to the server, and what it is known by.
    """

    json: bool = False
    credentials: Credentials = field(default_factory=Credentials)


def _remember_json(context: click.Context, _parameter: click.Parameter, value: bool) -> bool:  # noqa: FBT001 - click's signature
    if value and isinstance(context.obj, Invocation):
        context.obj.json = True
    return value


def json_option(command: F) -> F:
    """Add `--json`."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        callback=_remember_json,
        help="Write JSON for programs; errors too, on standard error.",
    )(command)


def _remember_credential(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and isinstance(context.obj, Invocation) and parameter.name:
        context.obj.credentials = replace(context.obj.credentials, **{parameter.name: value})


def credential_options(command: F) -> F:
    """Add the options that say what is shown to the server; `Invocation` has them, no command needs to look."""
    for flag, metavar, text_of_help in (
        ("--ca-file", "FILE", "Certificates that the server's is trusted by.  [env: POLYHOST_CA_FILE]"),
        ("--token-file", "FILE", "File with the access token.  [env: POLYHOST_TOKEN_FILE]"),
        (
            "--token",
            "TOKEN",
            "Access token; other users see it in the list of processes.  [env: POLYHOST_TOKEN]",
        ),
    ):
        command = click.option(
            flag, metavar=metavar, callback=_remember_credential, expose_value=False, help=text_of_help
        )(command)
    return command


def server_options(command: F) -> F:
    """Add the options that say which server is meant."""
    command = credential_options(command)
    command = click.option(
        "--data",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="Data folder of the server, to find its address.  [env: POLYHOST_DATA; default: polyhost-data]",
    )(command)
    return click.option(
        "--server",
        metavar="URL",
        help="Address of the server, or unix:PATH.  [env: POLYHOST_SERVER; default: that of the data folder's server, "
        "else http://127.0.0.1:8080]",
    )(command)


class Duration(click.ParamType[float]):
    """Reads a time span: `5`, `5s`, `500ms`, `2m`, `1h`."""

    name = "duration"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Name it in the usage line."""
        del param, ctx
        return "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|min|m|h)?", str(value).strip())
        if match is None or float(match[1]) == 0:
            self.fail(
                f"{value!r} is no time span; write it like 5, 500ms, 2m or 1h, larger than 0.", param, ctx
            )
        seconds = float(match[1]) * _UNITS[match[2] or ""]
        if seconds > _LONGEST_SECONDS:
            self.fail(
                f"{value!r} is too long; at most {_LONGEST_SECONDS // 3600:g}h can be waited for.", param, ctx
            )
        return seconds


def is_method(word: str) -> bool:
    """Tell `Interface.Method` from a plugin's id, which has no dot, and from a path, which has a slash."""
    return re.fullmatch(r"[A-Za-z_]\w*(\.\w+)+", word) is not None


def complete_plugin(context: click.Context, _parameter: click.Parameter, word: str) -> list[CompletionItem]:
    """Offer the ids of the server's plugins; nothing when there is no server."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only when completing

    return [
        CompletionItem(plugin["id"], help=plugin["state"])
        for plugin in _plugins(context)
        if plugin["id"].startswith(word)
    ]


def complete_interface(
    context: click.Context, _parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Offer the names of the server's interfaces, each once."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only when completing

    found = {each["name"]: " ".join(each["description"].split()) for each in reversed(_interfaces(context))}
    return [
        CompletionItem(name, help=about) for name, about in sorted(found.items()) if name.startswith(word)
    ]


def complete_interface_version(
    context: click.Context, _parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Offer the versions of the interface that the command line names, the highest first."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only when completing

    # After an option that still lacks values, click leaves the arguments where they are.
    name = context.params.get("name") or next(iter(context.args), None)
    return [
        CompletionItem(each["version"])
        for each in _interfaces(context)
        if (name == each["name"] or name in each["aliases"]) and each["version"].startswith(word)
    ]


def complete_call(context: click.Context, parameter: click.Parameter, word: str) -> list[CompletionItem]:
    """Offer plugin ids and methods for the first word of `call`, the plugin's methods for the second."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only when completing

    words = context.params.get("words") or ()
    if words and is_method(words[0]):
        return []
    if len(words) > 1:
        return []
    plugins = [words[0]] if words else [plugin["id"] for plugin in _plugins(context) if plugin["pid"]]
    items = [] if words else complete_plugin(context, parameter, word)
    for plugin in plugins:
        with suppress(CliError, KeyError, TypeError):
            info = _client(context).get(plugin_path(plugin, "/info"), timeout=COMPLETION_SECONDS)
            items += [
                CompletionItem(method["name"], help=method["description"])
                for method in info["methods"]
                if method["name"].startswith(word)
            ]
    return items


def _plugins(context: click.Context) -> list[dict[str, Any]]:
    try:
        return list(_client(context).get("/api/plugins", timeout=COMPLETION_SECONDS)["plugins"])
    except (CliError, KeyError, TypeError):
        return []  # a completion has no place for an error


def _interfaces(context: click.Context) -> list[dict[str, Any]]:
    try:
        return list(_client(context).get("/api/interfaces", timeout=COMPLETION_SECONDS)["interfaces"])
    except (CliError, KeyError, TypeError):
        return []  # as above


def _client(context: click.Context) -> Any:
    return find_server(context.params.get("server"), context.params.get("data"), patience=COMPLETION_SECONDS)
