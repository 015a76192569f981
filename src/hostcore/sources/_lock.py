"""The lock file: which files somebody has looked at and holds for good, for each plugin."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from hostcore.errors import SourceError
from hostcore.interfaces import MetaSchema, key_text, read_bounded
from hostcore.sources._contents import Contents
from hostcore.sources._folder import refuse_if_open_to_all

LOCK_NAME: Final = "polyhost.lock"
LOCK_FORMAT: Final = 1

LARGEST_LOCK: Final = 64 * 1024 * 1024
"""Bytes of a lock file: a hundred bytes a file for half a million files."""

_HINT: Final = "have it written anew: `polyhost lock`"


@dataclass(frozen=True, kw_only=True, slots=True)
class LockEntry:
    """Pins one plugin.

    Attributes:
        version: what its manifest said; for people, the manifest is among the files.
        digest: of its contents.
        files: the contents, by which an error can say what differs.
    """

    version: str
    digest: str
    files: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, version: str, contents: Contents) -> Self:
        """Pin what was found."""
        return cls(version=version, digest=contents.digest, files=contents.files)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """Is a lock file.

    Attributes:
        plugins: by id.
    """

    plugins: Mapping[str, LockEntry] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a lock file; one that is not there is empty.

        Raises:
            SourceError: it cannot be read, is wrong, or everybody may write it.
        """
        refuse_if_open_to_all(path)
        try:
            raw = read_bounded(path, LARGEST_LOCK)
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise SourceError(
                f"the lock file cannot be read: {error.strerror}",
                location=str(path),
                hint="check path and permissions",
            ) from error
        if len(raw) > LARGEST_LOCK:
            raise SourceError(
                f"the lock file is larger than {LARGEST_LOCK >> 20} MiB", location=str(path), hint=_HINT
            )
        try:
            data = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"the lock file is no JSON: {error}", location=str(path), hint=_HINT) from error
        problems = MetaSchema("lock").problems(data)
        if problems:
            place = f"{path}, {key_text(problems[0].path)}" if problems[0].path else str(path)
            raise SourceError(f"the lock file is wrong: {problems[0].message}", location=place, hint=_HINT)
        return cls(plugins={name: _entry(name, table, path) for name, table in data["plugins"].items()})

    def put(self, plugin_id: str, entry: LockEntry) -> Self:
        """Return the lock with an entry more, or another one in its place."""
        return replace(self, plugins={**self.plugins, plugin_id: entry})

    def without(self, plugin_id: str) -> Self:
        """Return the lock without an entry."""
        return replace(self, plugins={name: each for name, each in self.plugins.items() if name != plugin_id})

    def text(self) -> str:
        """Return the lock as a file: the same for the same entries, one line a file, so that versions can be compared."""
        plugins = {
            name: {"version": each.version, "digest": each.digest, "files": dict(sorted(each.files.items()))}
            for name, each in sorted(self.plugins.items())
        }
        return json.dumps({"lock": LOCK_FORMAT, "plugins": plugins}, indent=1, ensure_ascii=False) + "\n"

    def write(self, path: Path) -> None:
        """Write the lock, whole or not at all.

        Raises:
            SourceError: it cannot be written.
        """
        new = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            with new.open("w", encoding="utf-8") as file:
                file.write(self.text())
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise SourceError(
                f"the lock file cannot be written: {error.strerror}",
                location=str(path),
                hint="check the permissions",
            ) from error


def _entry(name: str, table: Mapping[str, Any], path: Path) -> LockEntry:
    entry = LockEntry(version=table["version"], digest=table["digest"], files=table["files"])
    if Contents(files=entry.files).digest != entry.digest:
        raise SourceError(
            f"the files that the lock file lists for {name} are not those of its digest",
            location=f"{path}, plugins.{name}",
            hint="somebody has edited it, or it was merged badly; look at the plugin, then `polyhost lock`",
        )
    return entry
