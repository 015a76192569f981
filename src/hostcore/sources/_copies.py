"""Keeps private copies of verified folders: what was checked is what runs, whatever happens to the original."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hostcore.errors import SourceError
from hostcore.interfaces import read_bounded
from hostcore.sources._contents import Contents, differences, in_short
from hostcore.sources._coverage import EVERYTHING, Coverage
from hostcore.sources._folder import protect_tree, read_folder, refuse_if_open_to_all, remove_tree
from hostcore.sources._lock import LARGEST_LOCK

MOST_COPIES: Final = 3
"""Copies of one plugin that are kept: the present one, the one before, and one that somebody goes back to."""

_CACHE: Final = "__pycache__"
_SEAL: Final = ".json"


@dataclass(frozen=True, slots=True)
class Copies:
    """Holds the copies of one plugin; used by one thread at a time. Its methods block.

    A copy lies in a folder called by the digest of the sources. It is sealed when it is complete and, if the plugin
    has a build, built: the seal beside it has the hash of each file, and what is not as sealed is made anew.

    Attributes:
        path: the folder of this plugin's copies; it and the one above it are the host's alone.
    """

    path: Path

    def take(self, folder: Path, coverage: Coverage, expected: Contents) -> tuple[Path, bool]:
        """Return a copy of a folder that holds exactly what is expected, and whether it is sealed.

        The copy of an earlier time is taken if it is sealed and still as it was sealed.

        Args:
            folder: the plugin's own folder.
            coverage: which files of it count.
            expected: what was found in it and judged.

        Raises:
            SourceError: the folder has been changed since it was judged, or the copy cannot be made.
        """
        copy = self.path / expected.digest.removeprefix("sha256:")
        try:
            for each in (self.path.parent, self.path):
                each.mkdir(parents=True, exist_ok=True)
                each.chmod(0o700)
            refuse_if_open_to_all(self.path.parent.parent)
            if self._is_as_sealed(copy):
                os.utime(self._seal_of(copy))
                return copy, True
            self._put_aside(copy)
            self._make(folder, coverage, expected, copy)
        except OSError as error:
            raise SourceError(
                f"the private copy of the plugin cannot be made: {error.strerror}",
                location=error.filename if isinstance(error.filename, str) else str(copy),
                hint="the host must be able to write into its data folder, and there must be room",
            ) from error
        return copy, False

    def forget_old(self, in_use: Collection[Path] = ()) -> None:
        """Delete all copies but those that were taken last.

        Args:
            in_use: copies that processes may run from; they stay, and while there are any, so does what has no seal: it may
                be one of them that was put aside, or is not complete yet.
        """
        try:
            copies = [each for each in self.path.iterdir() if each.is_dir()]
        except OSError:
            return
        copies.sort(key=self._last_taken, reverse=True)
        for index, each in enumerate(copies):
            is_sealed = self._seal_of(each).exists()
            if each in in_use or (in_use and not is_sealed):
                continue
            if index >= MOST_COPIES or not is_sealed:
                self._seal_of(each).unlink(missing_ok=True)
                remove_tree(each)

    def _last_taken(self, copy: Path) -> float:
        """Return when a copy was taken last; what is no whole copy counts as older than any other."""
        try:
            return self._seal_of(copy).stat().st_mtime
        except OSError:
            return 0.0

    def seal(self, copy: Path) -> None:
        """Let nobody write into a copy any more, and note what it holds now.

        Raises:
            SourceError: it holds what no plugin may have, or cannot be noted.
        """
        try:
            protect_tree(copy)
            found = read_folder(copy, EVERYTHING)
            seal = self._seal_of(copy)
            new = seal.with_suffix(".new")
            new.write_text(json.dumps({"files": dict(found.files)}), encoding="utf-8")
            new.replace(seal)
        except OSError as error:
            raise SourceError(
                f"what was built cannot be noted: {error.strerror}",
                location=str(copy),
                hint="is there room on the disk?",
            ) from error

    def _make(self, folder: Path, coverage: Coverage, expected: Contents, copy: Path) -> None:
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=self.path))
        try:
            found = read_folder(folder, coverage, copy_to=new)
            if found.digest == expected.digest:
                new.rename(copy)
                return
        finally:
            if new.exists():
                remove_tree(new)
        said = in_short(differences(expected.files, found.files))
        raise SourceError(
            f"the files were changed while they were verified: {said}",
            location=str(folder),
            hint="find out who writes there, then start the plugin again",
        )

    def _is_as_sealed(self, copy: Path) -> bool:
        try:
            sealed = json.loads(read_bounded(self._seal_of(copy), LARGEST_LOCK))["files"]
            self._remove_caches(copy, sealed)
            return bool(read_folder(copy, EVERYTHING).files == sealed)
        except (OSError, ValueError, KeyError, TypeError, SourceError):
            return False

    @staticmethod
    def _remove_caches(copy: Path, sealed: dict[str, str]) -> None:
        """Remove compiled Python that a plugin has left: a host of root cannot keep its plugins from writing."""
        for root, folders, _ in os.walk(copy):
            if _CACHE in folders:
                cache = Path(root, _CACHE)
                prefix = f"{cache.relative_to(copy).as_posix()}/"
                if not cache.is_symlink() and not any(each.startswith(prefix) for each in sealed):
                    remove_tree(cache)
                folders.remove(_CACHE)

    def _put_aside(self, copy: Path) -> None:
        """Move a copy that cannot be used out of the way; something may still run from it."""
        self._seal_of(copy).unlink(missing_ok=True)
        if copy.exists():
            # Into no other folder: for that one would have to be able to write into the copy.
            copy.rename(copy.with_name(f".old-{secrets.token_hex(8)}"))

    def _seal_of(self, copy: Path) -> Path:
        return copy.with_name(copy.name + _SEAL)
