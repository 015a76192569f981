"""What a folder holds, as a list of its files that anybody can compute, sign and compare."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

FORMAT: Final = "polyhost-folder-1"
"""The first line of the text: what is signed as a folder can never be taken for anything else."""

FILE: Final = "f"
PROGRAM: Final = "x"
LINK: Final = "l"

MOST_NAMED: Final = 3
"""Files that a sentence names; the first ones show the trouble."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """Is what a folder holds.

    Attributes:
        files: by path, relative to the folder and with `/`, a letter and a hash: `f` for a file, `x` for one that may
            be executed, `l` for a link; then the SHA-256 of the contents, or of where the link leads, in hexadecimal.
    """

    files: Mapping[str, str]

    @cached_property
    def text(self) -> bytes:
        r"""The list as bytes, sorted by path: `polyhost-folder-1\n`, then `<letter> <hash> <path>\n` for each file."""
        lines = (
            f"{mark} {path}\n" for path, mark in sorted(self.files.items(), key=lambda each: each[0].encode())
        )
        return f"{FORMAT}\n{''.join(lines)}".encode()

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the text as `sha256:<hex>`; it differs when any path, letter or content does."""
        return "sha256:" + hashlib.sha256(self.text).hexdigest()


def mark_of(kind: str, sha256: str) -> str:
    """Return the letter and hash of one file."""
    return f"{kind} {sha256}"


def hash_of_mark(mark: str) -> str:
    """Return the hash in a mark."""
    return mark.partition(" ")[2]


def hash_of_file(contents: Contents, path: str) -> str | None:
    """Return the SHA-256 of a file of the folder, in hexadecimal; None for a link, or when there is none."""
    mark = contents.files.get(path, LINK)
    return None if mark.startswith(LINK) else hash_of_mark(mark)


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Say in a few words for each file how what was found differs from what was expected, sorted by path."""
    said = []
    for path in sorted(expected.keys() | found.keys()):
        old, new = expected.get(path), found.get(path)
        if old == new:
            continue
        if old is None:
            said.append(f"{path} was added")
        elif new is None:
            said.append(f"{path} is missing")
        elif hash_of_mark(old) == hash_of_mark(new):
            said.append(f"{path} has another mode")
        else:
            said.append(f"{path} has changed")
    return said


def in_short(said: Iterable[str]) -> str:
    """Join the first few, and count the rest."""
    listed = list(said)
    more = len(listed) - MOST_NAMED
    return ", ".join(listed[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
