"""Which files of a plugin's folder matter for a reload, and whether their contents have changed.

Patterns are those of `pathlib.Path.glob`: relative to the folder, `*` within a name, `**` for any number of folders.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path, PurePosixPath
from typing import Final

from hostcore.manifest import Manifest

INTERFACES: Final = "interfaces"
"""The folder in a plugin's folder whose files say what it provides."""

IGNORED_FOLDERS: Final = frozenset({"__pycache__", "node_modules", "target"})
"""Folders that tools fill: bytecode, packages, what Cargo and Maven build. Hidden ones are ignored as well."""

IGNORED_FILES: Final = re.compile(
    r"\..*|.*~|#.*#|.*\.(?:tmp|bak|orig|swp|swx|swo|pyc|pyo)|4913|.*___jb_(?:tmp|old)___"
)
"""Hidden files, and what editors (vim, Emacs, JetBrains') and interpreters leave beside a file that they save."""

HASHED_BYTES: Final = 16 * 1024 * 1024
"""Bytes up to which a file's contents are compared; no source is larger, and of a larger file its size and time count."""

QUIET: Final = 0.3
"""Seconds without a further change after which a save counts as done: one save is several writes and renames."""

LONGEST_WAIT: Final = 2.0
"""Seconds after which a reload no longer waits for quiet: something may write without end."""


def wait_for_quiet(*, first: float, latest: float, now: float) -> float:
    """Return how many seconds to wait before changes are acted on; 0 when it is time. Pure.

    Args:
        first: when the first of the changes came, seconds of a monotonic clock.
        latest: when the latest came.
        now: the moment of the question.
    """
    return max(0.0, min(latest + QUIET, first + LONGEST_WAIT) - now)


class Glob:
    """Is one pattern; takes paths as their parts and looks at no file."""

    def __init__(self, pattern: str) -> None:
        parts = [part for part in pattern.split("/") if part not in {"", "."}]
        # None stands for `**`; the rest are names, in which `*` cannot reach beyond a slash.
        self._steps = [None if part == "**" else re.compile(translate(part)).match for part in parts]

    def matches(self, parts: Sequence[str]) -> bool:
        """Say whether the whole path matches."""
        return len(self._steps) in self._reached(parts)

    def may_match_below(self, parts: Sequence[str]) -> bool:
        """Say whether anything in this folder, however deep, could match."""
        return any(step < len(self._steps) for step in self._reached(parts))

    def _reached(self, parts: Sequence[str]) -> set[int]:
        """Return which steps of the pattern may come next after these parts; all ways at once, so none is tried twice."""
        reached = self._and_after_any_depth({0})
        for part in parts:
            following: set[int] = set()
            for step in reached:
                if step < len(self._steps):
                    match = self._steps[step]
                    if match is None:
                        following.add(step)
                    elif match(part):
                        following.add(step + 1)
            reached = self._and_after_any_depth(following)
        return reached

    def _and_after_any_depth(self, steps: set[int]) -> set[int]:
        for step in range(len(self._steps)):
            if step in steps and self._steps[step] is None:
                steps.add(step + 1)
        return steps


class WatchRules:
    """Says which paths of one plugin's folder matter.

    The manifest itself always does. With `reload.watch` so do the files that match it and those under `interfaces/`,
    but for what `reload.ignore` names, what tools and editors leave, and what the build makes. A folder that
    `reload.ignore` matches is ignored with all that is in it.

    Attributes:
        folder: the plugin's.
        manifest_name: of the manifest's file in it.
        basis: what the rules were made from; rules of the same basis are the same.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.folder = manifest.folder
        self.manifest_name = manifest.file.name
        self.basis = (manifest.folder, manifest.file, manifest.reload, manifest.build, manifest.command)
        self._watch = [Glob(pattern) for pattern in manifest.reload.watch]
        self._ignore = [Glob(pattern) for pattern in manifest.reload.ignore]
        self._product = _product_of(manifest)
        if self._watch:
            self._watch.append(Glob(f"{INTERFACES}/**"))

    def __repr__(self) -> str:
        return f"<WatchRules {self.folder}>"

    def is_relevant(self, parts: Sequence[str]) -> bool:
        """Say whether a change of this file may call for a reload."""
        if tuple(parts) == (self.manifest_name,):
            return True
        *folders, name = parts
        return (
            any(glob.matches(parts) for glob in self._watch)
            and tuple(parts) != self._product
            and not IGNORED_FILES.fullmatch(name)
            and not self._is_ignored(folders)
            and not any(glob.matches(parts) for glob in self._ignore)
        )

    def enters(self, parts: Sequence[str]) -> bool:
        """Say whether files in this folder, however deep, may matter."""
        return any(glob.may_match_below(parts) for glob in self._watch) and not self._is_ignored(parts)

    def _is_ignored(self, folders: Sequence[str]) -> bool:
        return any(
            name.startswith(".")
            or name in IGNORED_FOLDERS
            or any(glob.matches(folders[: depth + 1]) for glob in self._ignore)
            for depth, name in enumerate(folders)
        )


def _product_of(manifest: Manifest) -> tuple[str, ...] | None:
    """Return what the build makes, as parts of a path in the folder, or None."""
    if manifest.build is None or manifest.command is None:
        return None
    return tuple(PurePosixPath(os.path.normpath(manifest.command[0])).parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """Is what a folder held at one moment.

    Attributes:
        folders: those that must be watched to learn of changes; the plugin's own is the first.
        files: relevant files, relative to the folder, each with what changes when it is written: inode, size, times.
    """

    folders: tuple[Path, ...]
    files: tuple[tuple[str, tuple[int, ...]], ...]

    def has(self, name: str) -> bool:
        """Say whether a relevant file of this name is there."""
        return any(each == name for each, _ in self.files)


def scan(rules: WatchRules) -> Scan:
    """Look through a plugin's folder; reads no contents. A folder that is gone gives an empty scan."""
    folders: list[Path] = []
    files: list[tuple[str, tuple[int, ...]]] = []
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        parts = waiting.pop()
        here = rules.folder.joinpath(*parts)
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:  # it has gone meanwhile, or may not be read: what cannot be seen cannot be watched
            continue
        folders.append(here)
        for entry in entries:
            inner = (*parts, entry.name)
            if entry.is_dir(follow_symlinks=False):
                waiting.extend([inner] if rules.enters(inner) else [])
            elif rules.is_relevant(inner):
                files.extend(_seen(entry, "/".join(inner)))
    return Scan(folders=tuple(folders), files=tuple(sorted(files)))


def _seen(entry: os.DirEntry[str], name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    try:
        found = entry.stat()
    except OSError:  # a link to nowhere, or gone
        return
    if stat.S_ISREG(found.st_mode):  # a pipe would be waited for
        yield name, (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def digest(rules: WatchRules, found: Scan) -> bytes:
    """Hash names and contents of the files of a scan; one that cannot be read counts as empty."""
    total = hashlib.sha256()
    for name, (inode, size, *times) in found.files:
        path = rules.folder / name
        content = repr((inode, size, times)).encode()
        if size <= HASHED_BYTES:
            try:
                content = hashlib.sha256(path.read_bytes()).digest()
            except OSError:  # gone since the scan, which the next change tells of
                content = b""
        total.update(f"{len(name)} {len(content)} ".encode())
        total.update(os.fsencode(name) + content)
    return total.digest()
