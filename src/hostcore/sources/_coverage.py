"""Says which files of a plugin's folder count: all but what a build or a run makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from hostcore.manifest import Manifest

SIGNATURE_NAME: Final = "plugin.minisig"
"""The signature of a folder lies in the folder; it cannot cover itself."""

NEVER: Final = frozenset({
    "__pycache__", ".git", ".hg", ".svn", ".mypy_cache", ".pytest_cache", ".ruff_cache"
})  # fmt: skip
"""Folders that runs, tests and version control make, wherever they are. They are not copied either: nothing runs from them."""

BUILD_FOLDER: Final = ".build"
"""Where the host keeps the stamp of a build, and builds may put what they make."""

MADE_BY_BUILDS: Final = frozenset({BUILD_FOLDER, "node_modules", "target"})
"""Folders that builds fill, wherever they are: those of plugins without a `build` are sources like any others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """Is a rule which files count.

    Attributes:
        names: names of folders that do not, wherever they are.
        paths: files and folders that do not, relative to the root.
        any_links: whether links may lead anywhere; else they must stay inside.
    """

    names: frozenset[str] = NEVER
    paths: frozenset[str] = frozenset({SIGNATURE_NAME})
    any_links: bool = False

    def covers(self, path: str, *, is_folder: bool) -> bool:
        """Say whether what lies at a path counts, provided that the folders above it do."""
        return path not in self.paths and not (is_folder and path.rpartition("/")[2] in self.names)


EVERYTHING: Final = Coverage(names=frozenset(), paths=frozenset(), any_links=True)
"""Every file, for a folder that the host alone writes to; builds make links to where they please."""


def coverage_of(manifest: Manifest) -> Coverage:
    """Return the rule for a plugin: with a `build`, what the build makes does not count."""
    if manifest.build is None:
        return Coverage()
    if manifest.build_outputs:
        made = {PurePosixPath(each).as_posix() for each in manifest.build_outputs}
        return Coverage(names=NEVER | {BUILD_FOLDER}, paths=frozenset({SIGNATURE_NAME, *made}))
    return Coverage(
        names=NEVER | MADE_BY_BUILDS, paths=frozenset({SIGNATURE_NAME, *_program(manifest.command or ())})
    )


def _program(command: Sequence[str]) -> list[str]:
    """Return the program that a command names in the folder: it is what the build makes."""
    if not command or "/" not in command[0] or command[0].startswith("/"):
        return []
    return [PurePosixPath(command[0]).as_posix()]
