"""Which server a client command talks to."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from hostcore.cli._client import Client
from hostcore.cli._credentials import Credentials
from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._run_file import DEFAULT_DATA, read_run_file

DEFAULT_URL = "http://127.0.0.1:8080"
# A server of this machine answers within milliseconds; one that takes longer is not healthy.
HEALTH_SECONDS = 2.0


def find_server(server: str | None, data: str | None, *, patience: float = HEALTH_SECONDS) -> Client:
    """Return a client for the server that is named, or for the one that uses the data folder, or for the default.

    The default is no answer to a data folder that was asked for: another host may be there, and the command would
    change its plugins.

    A run file that a killed server left behind is passed over: its address must answer as that very run.

    Args:
        server: the value of `--server`, which wins over `POLYHOST_SERVER`.
        data: the value of `--data`, which wins over `POLYHOST_DATA`.
        patience: seconds that the server of the run file has to answer.

    Raises:
        CliError: the address is none, or no server uses the data folder that was asked for.
    """
    credentials = _credentials()
    make = partial(Client, token=credentials.find_token(), ca_file=credentials.find_ca_file())
    named = server or os.environ.get("POLYHOST_SERVER")
    if named:
        return make(named)
    facts = read_run_file(data_folder(data))
    if facts is not None:
        try:
            # Without the token: whoever answers there may be somebody else.
            stranger = Client(facts["url"], ca_file=credentials.find_ca_file())
            if stranger.get("/api/health", timeout=patience).get("run") == facts.get("run"):
                return make(facts["url"])
        except (CliError, AttributeError):
            pass  # nobody, or somebody else, answers there
    asked_for = data or os.environ.get("POLYHOST_DATA")
    if asked_for:
        raise CliError(
            f"no running server uses the data folder {asked_for}",
            exit_code=ExitCode.UNREACHABLE,
            hint=f"start one with `polyhost serve --data {shlex.quote(asked_for)}`, "
            "or name a running one with --server URL",
        )
    return make(DEFAULT_URL)


def _credentials() -> Credentials:
    """Return what the command line that is being run has given."""
    context = click.get_current_context(silent=True)
    found: Credentials = getattr(context and context.obj, "credentials", Credentials())
    return found


def data_folder(data: str | None) -> Path:
    """Return the data folder of a server that was started here: as `serve` would choose it."""
    named = data or os.environ.get("POLYHOST_DATA")
    if named:
        return Path(named)
    config = Path(os.environ.get("POLYHOST_CONFIG") or "polyhost.toml")
    if config.is_file():
        import tomllib  # noqa: PLC0415 - mostly there is no such file

        with suppress(OSError, ValueError, KeyError, TypeError, RuntimeError):
            # What is wrong with it is for `serve` to tell.
            return (
                config.parent / Path(tomllib.loads(config.read_text(encoding="utf-8"))["data"]).expanduser()
            )
    return Path(DEFAULT_DATA)
