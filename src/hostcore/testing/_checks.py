"""Checks of whole plugins and extensions, to be called from their tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hostcore.cli._check import Check, Verdict
from hostcore.cli._check import check_plugin as run_checks
from hostcore.hooks import Extensions


def check_plugin(folder: Path | str, *, interface_folders: Iterable[Path | str] = ()) -> None:
    """Do what `polyhost check` does: manifest, interfaces, hello, examples and scenarios, output, stop.

    It runs an event loop of its own and must be called from a plain test function. The plugin's data folder is empty
    at first and deleted afterwards.

    Args:
        folder: the plugin's folder.
        interface_folders: where interface files are looked for, before those that come with Polyhost.

    Raises:
        AssertionError: a check has failed; the message tells of each one.
    """
    done: list[Check] = []
    run_checks(Path(folder), interface_folders=[Path(each) for each in interface_folders], report=done.append)
    failed = [_told(check) for check in done if check.verdict is Verdict.FAILED]
    if failed:
        raise AssertionError(f"{len(failed)} of {len(done)} checks failed:\n" + "\n".join(failed))


def _told(check: Check) -> str:
    lines = (check.location, check.detail, check.hint and f"hint: {check.hint}")
    return "\n    ".join([f"{check.part}: {check.title}", *(line for line in lines if line)])


def check_extension(extension: object) -> tuple[str, ...]:
    """Register an extension as a host would, and return the names of the hooks that it implements.

    Raises:
        ExtensionError: a hook is misspelt or has arguments that it does not know.
        AssertionError: it implements no hook at all.
    """
    extensions = Extensions(report=_ignore)
    extensions.register(extension, name="checked", origin="loaded")
    (snapshot,) = extensions.snapshot()
    if not snapshot.hooks:
        raise AssertionError(f"{extension!r} implements no hook: is @hookimpl missing?")
    return snapshot.hooks


def _ignore(_: object) -> None:
    """Take no notice: nothing is called here, so nothing can fail."""
