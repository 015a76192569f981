"""`polyhost token`: access tokens, of a server that runs or is still to run."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._find_server import data_folder, find_server
from hostcore.cli._options import json_option, server_options
from hostcore.cli._output import clock, console, show, show_line, table, text, write_json
from hostcore.cli._server_package import server_package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from hostweb_api import Access, Token

T = TypeVar("T")

# Whoever may write to the data folder is who they say they are.
_WHO = "command line"
_DAY = 86400
_UNITS = {"m": 60, "h": 3600, "d": _DAY, "w": 7 * _DAY}
# The server's own limits and default, which it checks; this is for the help and for the file.
_DEFAULT_DAYS = 90


class _Lifetime(click.ParamType[int]):
    """Reads `30d`, `12h`, `2w` or `never`; gives seconds, 0 for never."""

    name = "lifetime"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Name it in the usage line."""
        del param, ctx
        return "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return seconds."""
        if isinstance(value, int):
            return value
        word = str(value).strip().lower()
        if word == "never":
            return 0
        number, unit = word[:-1], word[-1:]
        if not number.isascii() or not number.isdigit() or int(number) == 0 or unit not in _UNITS:
            self.fail(f"{value!r} is no lifetime; write it like 30d, 12h, 2w or never", param, ctx)
        return int(number) * _UNITS[unit]


@click.group("token", short_help="Create, list and revoke access tokens.")
def token_command() -> None:
    """Create, list and revoke access tokens.

    Without --server these work on the data folder, whether its server runs or not: whoever may write to it needs no
    token. A server that runs knows of the change at once.
    """


@token_command.command("create", short_help="Create a token and show it, this once.")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(["viewer", "operator", "admin"]),
    required=True,
    help="viewer looks, operator acts, admin loads plugins and makes tokens.",
)
@click.option(
    "--expires",
    type=_Lifetime(),
    default=_DEFAULT_DAYS * _DAY,
    help=f"How long it is good: 30d, 12h, 2w or never.  [default: {_DEFAULT_DAYS}d]",
)
@server_options
@json_option
def create_command(
    *, name: str, scope: str, expires: int, server: str | None, data: str | None, as_json: bool
) -> None:
    """Create a token and write it to standard output, this once: only a digest of it is kept."""
    wanted = {"name": name, "scope": scope, "expires_in": expires or None}
    if _is_named(server):
        made = find_server(server, data).post("/api/tokens", wanted)
    else:
        made = _in_folder(data, lambda access: _create(access, wanted), make=True)
        _write_down(data, "createToken", made["name"])
    if as_json:
        write_json(made)
        return
    click.echo(made["token"])
    until = f"until {clock(made['expires_at'], full=True)}" if made["expires_at"] else "without an end"
    click.echo(f"{made['id']} {made['name']}: {made['scope']}, good {until}; it is not shown again", err=True)


@token_command.command("list", short_help="List the tokens.")
@server_options
@json_option
def list_command(*, server: str | None, data: str | None, as_json: bool) -> None:
    """List the tokens, those that have expired among them; what they are is not kept."""
    if _is_named(server):
        document = find_server(server, data).get("/api/tokens")
    else:
        document = {"tokens": _in_folder(data, _list)}
    if as_json:
        write_json(document)
        return
    to = console()
    rows = [
        (
            each["id"],
            text((each["name"], "bold")),
            each["scope"],
            clock(each["created_at"], full=True),
            _expiry(each["expires_at"]),
            clock(each["used_at"], full=True) if each["used_at"] else "never",
        )
        for each in document["tokens"]
    ]
    if not rows:
        click.echo("no tokens; make one with `polyhost token create NAME --scope SCOPE`", err=True)
        return
    headers = ("ID", "NAME", "SCOPE", "CREATED", "EXPIRES", "USED")
    show(table(headers, rows, droppable=("CREATED", "USED"), width=to.width), to=to)


@token_command.command("revoke", short_help="Revoke a token and end its sessions.")
@click.argument("which", metavar="ID|NAME")
@server_options
@json_option
def revoke_command(*, which: str, server: str | None, data: str | None, as_json: bool) -> None:
    """Revoke a token, by its id or its name: it is no good from now on, and its sessions end."""
    if _is_named(server):
        client = find_server(server, data)
        found = _find(client.get("/api/tokens")["tokens"], which)
        client.delete(f"/api/tokens/{found['id']}")
    else:
        found = _in_folder(data, lambda access: _revoke(access, which))
        _write_down(data, "revokeToken", found["id"])
    if as_json:
        write_json({"revoked": found})
    else:
        show_line(text((found["name"], "bold"), " is revoked"), to=console())


def _is_named(server: str | None) -> bool:
    return bool(server or os.environ.get("POLYHOST_SERVER"))


def _expiry(at: float | None) -> str | Text:
    if at is None:
        return "never"
    shown = clock(at, full=True)
    return text((f"{shown} (expired)", "yellow")) if at <= time.time() else shown


def _find(tokens: list[dict[str, Any]], word: str) -> dict[str, Any]:
    for each in tokens:
        if word in {each["id"], each["name"]}:
            return each
    raise CliError(
        f"there is no token {word!r}",
        exit_code=ExitCode.NOT_FOUND,
        code="token-not-found",
        hint="`polyhost token list` shows the tokens",
    )


# -- in the data folder


def _in_folder(data: str | None, work: Callable[[Access], Awaitable[T]], *, make: bool = False) -> T:
    """Do something with the tokens of a data folder."""
    import trio  # noqa: PLC0415 - client commands start without it

    with _opened(data_folder(data), make=make) as access:

        async def run() -> T:
            return await work(access)

        return trio.run(run)


@contextmanager
def _opened(folder: Path, *, make: bool) -> Iterator[Access]:
    api = server_package()
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CliError(
            f"the data folder {folder} cannot be made: {error.strerror}",
            exit_code=ExitCode.CONFIG,
            hint="choose another one with --data DIR",
        ) from error
    if not folder.is_dir():
        raise CliError(
            f"there is no data folder {folder}",
            exit_code=ExitCode.CONFIG,
            hint="name it with --data DIR, or a server with --server URL",
        )
    try:
        with api.Access.open(folder / api.ACCESS_FILE) as access:
            yield access
    except api.ProblemError as error:
        raise CliError.from_problem(error.problem.status, error.problem.as_json()) from error


def _write_down(data: str | None, operation: str, target: str) -> None:
    """Tell the audit trail, which a running server may be writing to as well."""
    api = server_package()
    record = api.AuditRecord(
        at=time.time(),
        outcome=api.Outcome.DONE,
        caller=_WHO,
        kind=api.CallerKind.LOCAL.value,
        address="local",
        operation=operation,
        target=target,
    )
    # How much is kept is for the server to say, which drops what is more.
    with api.AuditTrail.open(data_folder(data) / api.AUDIT_FILE, days=1, megabytes=1) as audit:
        audit.write_now(record)


async def _create(access: Access, wanted: dict[str, Any]) -> dict[str, Any]:
    api = server_package()
    checked = api.check_token_wish(wanted)
    token, secret = await access.create_token(
        name=checked.name,
        scope=api.Scope(checked.scope),
        lifetime=checked.expires_in,
        created_by=_WHO,
    )
    return {**_shown(token), "token": secret}


async def _list(access: Access) -> list[dict[str, Any]]:
    return [_shown(token) for token in access.tokens()]


async def _revoke(access: Access, word: str) -> dict[str, Any]:
    found = _find([_shown(token) for token in access.tokens()], word)
    await access.revoke_token(found["id"])
    return found


def _shown(token: Token) -> dict[str, Any]:
    shown: dict[str, Any] = server_package().token_as_json(token)
    return shown
