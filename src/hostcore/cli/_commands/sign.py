"""`polyhost sign`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._options import json_option
from hostcore.cli._output import show, text, write_json


@click.command("sign", short_help="Sign a plugin's folder or archive.")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Secret key, as `polyhost keys generate` or `minisign -G -W` makes it.",
)
@click.option(
    "--show", "show_only", is_flag=True, help="Print what would be signed of a folder; sign nothing."
)
@json_option
def sign_command(*, path: Path, key: Path | None, show_only: bool, as_json: bool) -> None:
    """Sign the plugin's folder, or the archive, at PATH.

    The signature of a folder is its file plugin.minisig, that of an archive lies beside it and ends in .minisig. Both
    are of minisign's format. Needs no server.
    """
    from hostcore.manifest import load_manifest  # noqa: PLC0415 - imports the schema checker
    from hostcore.sources import (  # noqa: PLC0415 - as above
        ARCHIVE_SUFFIX,
        SIGNATURE_NAME,
        coverage_of,
        read_folder,
        read_secret_key,
        sign_archive,
        sign_contents,
    )

    if show_only:
        _print(path)
        return
    if key is None:
        raise CliError(
            "the secret key is missing",
            exit_code=ExitCode.USAGE,
            hint="name it with --key; see `polyhost keys generate`",
        )
    secret = read_secret_key(key)
    if path.is_dir():
        manifest = load_manifest(path)
        signature = sign_contents(secret, manifest, read_folder(manifest.folder, coverage_of(manifest)))
        target = path / SIGNATURE_NAME
    else:
        signature = sign_archive(secret, path)
        target = path.with_name(path.name + ARCHIVE_SUFFIX)
    try:
        target.write_bytes(signature)
    except OSError as error:
        raise CliError(
            f"the signature cannot be written: {error.strerror}",
            exit_code=ExitCode.FAILED,
            location=str(target),
        ) from error
    if as_json:
        write_json({"signature": str(target), "key": secret.id})
    else:
        show(text((str(target), "bold"), f" is signed with the key {secret.id}"))


def _print(path: Path) -> None:
    from hostcore.manifest import load_manifest  # noqa: PLC0415 - imports the schema checker
    from hostcore.sources import coverage_of, read_folder  # noqa: PLC0415 - as above

    if not path.is_dir():
        raise CliError(
            "an archive is signed as it is", exit_code=ExitCode.USAGE, hint=f"minisign -S -m {path}"
        )
    manifest = load_manifest(path)
    sys.stdout.write(read_folder(manifest.folder, coverage_of(manifest)).text.decode())
