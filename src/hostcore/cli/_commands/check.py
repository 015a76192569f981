"""`polyhost check`."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hostcore.cli._exit import ExitCode
from hostcore.cli._options import json_option
from hostcore.cli._output import console, duration, show_line, text, write_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from hostcore.cli._check import Check

_MARKS = {"passed": ("✓", "green"), "warned": ("!", "yellow"), "failed": ("✗", "bold red")}


@click.command("check", short_help="Check a plugin and run its examples.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--interfaces",
    "-i",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where to look for interface files besides the plugin's own folder. May be given several times.",
)
@json_option
def check_command(*, folder: Path, interfaces: tuple[Path, ...], as_json: bool) -> int:
    """Check the plugin in FOLDER: manifest, interfaces, hello, examples, stop.

    Needs no server: the plugin runs in a host of its own, with an empty data folder that is deleted
    afterwards. Exits with 1 when a check fails.
    """
    from hostcore.cli._check import check_plugin  # noqa: PLC0415 - imports the host

    printer = None if as_json else _Printer(folder)
    done: list[Check] = []

    def report(check: Check) -> None:
        done.append(check)
        if printer is not None:
            printer.show(check)

    begin = time.monotonic()
    plugin = check_plugin(folder, interface_folders=interfaces, report=report)
    took = time.monotonic() - begin
    counts = Counter(check.verdict.value for check in done)
    if printer is not None:
        printer.sum_up(counts, took)
    else:
        _write_document(plugin, folder, done, counts, took)
    return ExitCode.FAILED if counts["failed"] else ExitCode.OK


def _write_document(
    plugin: str, folder: Path, checks: list[Check], counts: Counter[str], took: float
) -> None:
    from hostcore.snapshots import as_json  # noqa: PLC0415 - only for programs

    document = {
        "plugin": plugin,
        "folder": str(folder.absolute()),
        **{verdict: counts[verdict] for verdict in _MARKS},
        "seconds": round(took, 3),
        "checks": as_json(checks),
    }
    write_json(document)


class _Printer:
    """Writes each outcome as it comes, under the heading of its part."""

    def __init__(self, folder: Path) -> None:
        self._console: Console = console()
        self._part = ""
        self._line(text(("Checking ", "bold"), (str(folder), "bold")))

    def show(self, check: Check) -> None:
        """Write one outcome."""
        if check.part != self._part:
            self._part = check.part
            self._line(text())
            self._line(text((check.part, "bold")))
        mark, style = _MARKS[check.verdict]
        self._line(text("  ", (mark, style), f" {check.title}"))
        if check.location:
            self._line(text((f"      {check.location}", "dim")))
        for line in check.detail.splitlines():
            self._line(text((f"      {line}", style if check.verdict == "failed" else "")))
        if check.hint:
            self._line(text(("      hint: ", "cyan"), check.hint))

    def sum_up(self, counts: Counter[str], took: float) -> None:
        """Write the last line."""
        line = text()
        for verdict, (_, style) in _MARKS.items():
            if counts[verdict] or verdict != "warned":
                line.append_text(
                    text((f"{counts[verdict]} {verdict}", style if counts[verdict] else ""), ", ")
                )
        line.append_text(text(f"in {duration(took)}"))
        self._line(text())
        self._line(line)

    def _line(self, line: Text) -> None:
        show_line(line, to=self._console)
