"""`polyhost keys`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hostcore.cli._options import json_option
from hostcore.cli._output import console, is_terminal, show, table, text, write_json
from hostcore.cli._read_config import config_option, read_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostcore.sources import KeyFolder, TrustedKey

F = TypeVar("F", bound="Callable[..., Any]")

_SUFFIX = ".key"


def _keys_options(command: F) -> F:
    command = click.option(
        "--keys",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of trusted keys.  [default: as the configuration says]",
    )(command)
    return config_option(json_option(command))


@click.group("keys", short_help="Make keys, and say which ones are trusted.")
def keys_command() -> None:
    """Make keys to sign plugins with, and say whose signatures are trusted.

    Trusted keys are files in a folder, `polyhost-keys` beside the configuration unless it says otherwise. None of this
    needs a server; a running one reads the folder anew at each start of a plugin.
    """


@keys_command.command("generate", short_help="Make a pair of keys.")
@click.argument("name", type=click.Path(path_type=Path))
@json_option
def keys_generate_command(*, name: Path, as_json: bool) -> None:
    """Write a secret key NAME.key and its public half NAME.pub.

    The secret key has no password: whoever has the file can sign. It can be read by you alone; keep it off the machines
    that run plugins. A file that is there is never overwritten.
    """
    from hostcore.sources import PUBLIC_SUFFIX, SecretKey, write_new  # noqa: PLC0415 - imports the schema checker

    secret = SecretKey.generate()
    public = secret.public
    files = [name.with_name(name.name + suffix) for suffix in (_SUFFIX, PUBLIC_SUFFIX)]
    write_new(files[0], secret.text, mode=0o600)
    try:
        write_new(files[1], public.text, mode=0o644)
    except BaseException:
        files[0].unlink()  # a half without the other one is of no use
        raise
    if as_json:
        write_json({"id": secret.id, "secret": str(files[0]), "public": str(files[1])})
        return
    show(text("secret key  ", (str(files[0]), "bold"), ": without a password, keep it to yourself"))
    show(text("public key  ", (str(files[1]), "bold"), f": give it to who shall trust {secret.id}"))


@keys_command.command("list", short_help="List the trusted keys.")
@_keys_options
def keys_list_command(*, keys: Path | None, config: Path | None, as_json: bool) -> None:
    """List the keys whose signatures are trusted."""
    folder = _folder(config, keys)
    found = folder.keys()
    if as_json:
        write_json({"folder": str(folder.path), "keys": [_facts(each) for each in found]})
    elif found:
        to = console()
        rows = [(text((each.name, "bold")), each.key.id) for each in found]
        show(table(("NAME", "KEY"), rows, width=to.width), to=to)
    elif is_terminal(sys.stdout):
        click.echo(f"no keys in {folder.path}", err=True)


@keys_command.command("trust", short_help="Trust a key from now on.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", help="What to call it.  [default: what the file is called]")
@_keys_options
def keys_trust_command(
    *, file: Path, name: str | None, keys: Path | None, config: Path | None, as_json: bool
) -> None:
    """Trust the public key in FILE: what it has signed may run.

    Make sure that it is whose you think it is: compare its id and its text over another way.
    """
    from hostcore.sources import read_public_key  # noqa: PLC0415 - imports the schema checker

    trusted = _folder(config, keys).trust(read_public_key(file), name or file.stem)
    _tell(trusted, "is trusted", as_json=as_json)


@keys_command.command("remove", short_help="Trust a key no more.")
@click.argument("name")
@_keys_options
def keys_remove_command(*, name: str, keys: Path | None, config: Path | None, as_json: bool) -> None:
    """Trust the key of that NAME, or id, no more.

    Plugins that run are left alone; at their next start the signature is one of a stranger.
    """
    _tell(_folder(config, keys).remove(name), "is trusted no more", as_json=as_json)


def _folder(config: Path | None, keys: Path | None) -> KeyFolder:
    from hostcore.sources import KeyFolder  # noqa: PLC0415 - imports the schema checker

    return KeyFolder(read_config(config, {"verification.keys": keys}).keys_folder)


def _tell(key: TrustedKey, what: str, *, as_json: bool) -> None:
    if as_json:
        write_json(_facts(key))
    else:
        show(text((key.name, "bold"), f" ({key.key.id}) {what}"))


def _facts(key: TrustedKey) -> dict[str, str]:
    return {"name": key.name, "id": key.key.id}
