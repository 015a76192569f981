"""`polyhost lock`."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._options import json_option
from hostcore.cli._output import show, text, write_json
from hostcore.cli._read_config import config_option, manifests_of, read_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostcore.manifest import Manifest
    from hostcore.sources import Lock, LockEntry

_MARKS = {"unchanged": ("✓", "green"), "removed": ("-", "yellow")}


@click.command("lock", short_help="Pin the files of plugins in polyhost.lock.")
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=click.Path(path_type=Path))
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 when the lock file is not up to date."
)
@click.option("--prune", is_flag=True, help="Remove the entries of all other plugins.")
@click.option(
    "--lock",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Lock file.  [default: as the configuration says]",
)
@config_option
@json_option
def lock_command(
    *,
    folders: tuple[Path, ...],
    check: bool,
    prune: bool,
    lock: Path | None,
    config: Path | None,
    as_json: bool,
) -> int:
    """Write down which files the plugins in FOLDERs have now: those, and no others, may run.

    Without a FOLDER the plugins are meant that the configuration names; there has to be one. Look at the files first: who pins them says that
    they are right. Needs no server; a running one reads the lock file anew at each start of a plugin.
    """
    from hostcore.sources import Lock, LockEntry, coverage_of, read_folder  # noqa: PLC0415 - imports the schema checker

    settings = read_config(config, {"verification.lock": lock})
    old = Lock.read(settings.lock_file)
    manifests = manifests_of(settings, folders)
    _refuse_nothing(manifests)
    _refuse_twins(manifests)
    new = old
    for manifest in manifests:
        contents = read_folder(manifest.folder, coverage_of(manifest))
        new = new.put(manifest.id, LockEntry.of(manifest.version, contents))
    if prune:
        for gone in old.plugins.keys() - {each.id for each in manifests}:
            new = new.without(gone)
    lines = [
        _compared(name, old.plugins.get(name), new.plugins.get(name)) for name in _names(old, new, manifests)
    ]
    changed = [each for each in lines if each["change"] != "unchanged"]
    if changed and not check:
        new.write(settings.lock_file)
    if as_json:
        write_json(
            {"lock": str(settings.lock_file), "written": bool(changed) and not check, "plugins": lines}
        )
    else:
        _show(lines)
    return ExitCode.FAILED if check and changed else ExitCode.OK


def _refuse_nothing(manifests: list[Manifest]) -> None:
    """A check that looks at nothing must not pass, in the wrong folder for instance."""
    if not manifests:
        raise CliError(
            "there are no plugins to pin",
            exit_code=ExitCode.CONFIG,
            hint="name their folders, or with --config FILE the configuration that names them",
        )


def _refuse_twins(manifests: list[Manifest]) -> None:
    for first, second in itertools.pairwise(manifests):
        if first.id == second.id:
            raise CliError(
                f"two folders hold a plugin {first.id}",
                exit_code=ExitCode.CONFIG,
                location=f"{first.folder}, {second.folder}",
                hint="name the one that is meant",
            )


def _names(old: Lock, new: Lock, manifests: list[Manifest]) -> list[str]:
    return sorted({each.id for each in manifests} | (old.plugins.keys() - new.plugins.keys()))


def _compared(name: str, old: LockEntry | None, new: LockEntry | None) -> dict[str, Any]:
    from hostcore.sources import differences  # noqa: PLC0415 - imports the schema checker

    before: Mapping[str, str] = old.files if old is not None else {}
    after: Mapping[str, str] = new.files if new is not None else {}
    change = (
        "added"
        if old is None
        else "removed"
        if new is None
        else "changed"
        if before != after
        else "unchanged"
    )
    if change == "unchanged" and old != new:  # the same files under another version cannot be
        change = "changed"
    entry = new or old
    return {
        "plugin": name,
        "version": entry.version if entry is not None else "",
        "change": change,
        "digest": new.digest if new is not None else None,
        "files": len(after),
        "differences": differences(before, after) if change == "changed" else [],
    }


def _show(lines: list[dict[str, Any]]) -> None:
    for each in lines:
        mark = _MARKS.get(each["change"], ("+", "cyan"))
        show(
            text(
                mark,
                " ",
                (each["plugin"], "bold"),
                f" {each['version']} {each['change']}, {each['files']} files",
            )
        )
        for difference in each["differences"]:
            show(text(f"    {difference}"))
