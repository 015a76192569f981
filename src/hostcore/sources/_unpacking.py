"""Unpacks archives of strangers: every entry is looked at before a byte of it is written, and a refusal leaves nothing."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from hostcore.errors import SourceError
from hostcore.sources._folder import remove_tree
from hostcore.sources._names import check_name

LARGEST_ARCHIVE: Final = 256 * 1024 * 1024
"""Bytes of an archive: a plugin with its libraries has some ten MiB, one with a model some hundred."""

LARGEST_CONTENTS: Final = 1024 * 1024 * 1024
"""Bytes of all that is unpacked."""

MOST_ENTRIES: Final = 50_000
"""Files and folders: a large `node_modules` has as many."""

LARGEST_RATIO: Final = 200
"""Bytes that come out for one that went in: texts give ten, logs fifty; deflate can give a thousand."""

RATIO_FREE: Final = 10 * 1024 * 1024
"""Bytes that come out before anybody asks for the ratio: small files of zeros are no bomb."""

LONGEST_PATH: Final = 1024
"""Bytes of a path within the archive; Linux takes 4096 for the whole of it."""

DEEPEST_PATH: Final = 32
"""Folders within folders."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveLimits:
    """Bounds what an archive may be.

    Attributes:
        archive: bytes of the archive.
        contents: bytes of all that is unpacked.
        entries: files and folders.
        ratio: bytes that come out for one of the archive, once more than `RATIO_FREE` came out.
        path: bytes of a path.
        depth: folders within folders.
    """

    archive: int = LARGEST_ARCHIVE
    contents: int = LARGEST_CONTENTS
    entries: int = MOST_ENTRIES
    ratio: int = LARGEST_RATIO
    path: int = LONGEST_PATH
    depth: int = DEEPEST_PATH


@dataclass(frozen=True, kw_only=True, slots=True)
class Unpacked:
    """Says what was unpacked.

    Attributes:
        folder: where it is.
        files: how many files it has.
        bytes: how many bytes they have.
        top: the one folder that was around everything in the archive, and is not there any more; or empty.
    """

    folder: Path
    files: int
    bytes: int
    top: str = ""


class Unpacking:
    """Takes the entries of one archive, checks each and writes it below a folder of its own.

    Args:
        archive: the archive's path, for messages.
        size: bytes of the archive.
        root: an empty folder that nobody else may enter.
        limits: what it may be.
    """

    def __init__(self, archive: Path, *, size: int, root: Path, limits: ArchiveLimits) -> None:
        self.limits = limits
        self.files = 0
        self.bytes = 0
        self._produced = 0
        self._archive = archive
        self._size = size
        self._root = root
        self._entries = 0
        self._kinds: dict[str, bool] = {}  # path → whether it is a folder
        self._folded: dict[str, str] = {}  # path as systems see it that do not tell capitals apart → path

    def refuse(
        self,
        message: str,
        *,
        entry: str = "",
        hint: str = "pack the plugin's folder anew, with files and folders only",
    ) -> SourceError:
        """Return an error that names the archive, and the entry."""
        place = f"{self._archive}, {ascii(entry)[1:-1]:.200}" if entry else str(self._archive)
        return SourceError(message, location=place, hint=hint)

    def produced(self, count: int) -> None:
        """Count bytes that came out of the archive.

        Raises:
            SourceError: they are too many.
        """
        self._produced += count
        if self._produced > self.limits.contents:
            raise self.refuse(
                f"the archive holds more than {self.limits.contents} bytes", hint="leave large files out"
            )
        if self._produced > RATIO_FREE and self._produced > self.limits.ratio * self._size:
            raise self.refuse(
                f"the archive unpacks to more than {self.limits.ratio} times its size",
                hint="archives that do so are made to fill disks; pack without the files that compress so well",
            )

    def add_folder(self, name: str) -> None:
        """Make a folder; it may be named again, as archives do.

        Raises:
            SourceError: the name may not be, or there is too much.
        """
        path = self._path(name)
        if path is not None:
            self._enter(path, is_folder=True)
            self._make_folders(path)

    def add_file(self, name: str, chunks: Iterable[bytes], *, is_program: bool) -> None:
        """Write a file; of its mode no more is kept than whether it is a program.

        Raises:
            SourceError: the name may not be, was there before, or there is too much.
        """
        path = self._path(name)
        if path is None or name.endswith("/"):
            raise self.refuse("a file has the name of a folder", entry=name)
        self._enter(path, is_folder=False)
        self._make_folders(path.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._root / path, flags, 0o700 if is_program else 0o600)
        with os.fdopen(descriptor, "wb") as file:
            self._write(file, chunks)
            os.fchmod(descriptor, 0o755 if is_program else 0o644)
        self.files += 1

    def _write(self, file: BinaryIO, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.produced(len(chunk))
            self.bytes += len(chunk)
            file.write(chunk)

    def _path(self, name: str) -> PurePosixPath | None:
        """Check a name and return it as a path; None for the root itself."""
        if name.startswith("/"):
            raise self.refuse("the name is an absolute path", entry=name)
        if "\\" in name or (len(name) > 1 and name[1] == ":"):
            raise self.refuse("the name is one of Windows", entry=name, hint="pack with / between folders")
        if len(name.encode(errors="replace")) > self.limits.path:
            raise self.refuse(f"the name is longer than {self.limits.path} bytes", entry=name)
        parts = [part for part in name.removesuffix("/").split("/") if part != "."]
        if parts in ([], [""]):
            return None
        if ".." in parts:
            raise self.refuse("the name leads out of the archive", entry=name)
        if len(parts) > self.limits.depth:
            raise self.refuse(f"the name is more than {self.limits.depth} folders deep", entry=name)
        for part in parts:
            complaint = check_name(part)
            if complaint is not None:
                raise self.refuse(f"an entry {complaint}", entry=name)
        return PurePosixPath(*parts)

    def _enter(self, path: PurePosixPath, *, is_folder: bool) -> None:
        for folder in reversed(path.parents[:-1]):
            self._enter_one(str(folder), is_folder=True)
        if not is_folder and str(path) in self._kinds:
            raise self.refuse("the name is there twice", entry=str(path))
        self._enter_one(str(path), is_folder=is_folder)

    def _enter_one(self, path: str, *, is_folder: bool) -> None:
        known = self._kinds.get(path)
        if known is None:
            self._entries += 1
            if self._entries > self.limits.entries:
                raise self.refuse(
                    f"the archive has more than {self.limits.entries} entries", hint="leave some out"
                )
            folded = unicodedata.normalize("NFC", path).casefold()
            twin = self._folded.setdefault(folded, path)
            if twin != path:
                raise self.refuse(
                    f"the name differs from {ascii(twin)[1:-1]} only as capitals do", entry=path
                )
            self._kinds[path] = is_folder
        elif known is not is_folder:
            raise self.refuse("the name is that of a file and of a folder", entry=path)

    def _make_folders(self, path: PurePosixPath) -> None:
        for folder in (*reversed(path.parents[:-1]), path):
            if folder.parts:
                (self._root / folder).mkdir(mode=0o755, exist_ok=True)


def unpack_archive(path: Path, target: Path, limits: ArchiveLimits | None = None) -> Unpacked:
    """Unpack a zip, tar or tar.gz into a folder that is not there yet; nothing is left if it is refused.

    Only files and folders are taken. Owners and times are not kept, and of modes no more than what makes a program;
    set-user-id bits are gone. One folder around everything is taken away. It blocks: seconds for a large archive.

    Args:
        path: the archive.
        target: the new folder; the one above it is there.
        limits: what it may be.

    Raises:
        SourceError: it is no such archive, is damaged, too large, or has what it may not have.
        FileExistsError: the target is there.
        OSError: it cannot be read, or there is no room.
    """
    limits = limits or ArchiveLimits()
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    staging = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=target.parent))
    try:
        root = staging / "root"
        root.mkdir(mode=0o755)
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            unpacking = Unpacking(path, size=size, root=root, limits=limits)
            if size > limits.archive:
                raise unpacking.refuse(
                    f"the archive is larger than {limits.archive} bytes", hint="leave large files out"
                )
            _unpack(file, unpacking)
        if unpacking.files == 0:
            raise unpacking.refuse("the archive holds no file")
        top = _only_folder(root)
        root.joinpath(top).rename(target)
        return Unpacked(folder=target, files=unpacking.files, bytes=unpacking.bytes, top=top)
    finally:
        remove_tree(staging)


def _only_folder(root: Path) -> str:
    found = list(root.iterdir())
    return found[0].name if len(found) == 1 and found[0].is_dir() else ""


def _unpack(file: BinaryIO, unpacking: Unpacking) -> None:
    from hostcore.sources._tar import unpack_tar, unpack_tar_gz  # noqa: PLC0415 - they need what stands here
    from hostcore.sources._zip import unpack_zip  # noqa: PLC0415 - as above

    head = file.read(512)
    file.seek(0)
    if head.startswith(b"PK"):
        unpack_zip(file, unpacking)
    elif head.startswith(b"\x1f\x8b"):
        unpack_tar_gz(file, unpacking)
    elif head[257:262] == b"ustar":
        unpack_tar(file, unpacking)
    else:
        known = next((name for magic, name in _OTHERS if head.startswith(magic)), None)
        what = f"the archive is {known}, which is not taken" if known else "this is no archive that is known"
        raise unpacking.refuse(what, hint="pack the plugin's folder as zip, tar or tar.gz")


_OTHERS: Final = (
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"BZh", "compressed with bzip2"),
    (b"7z\xbc\xaf", "one of 7-Zip"),
    (b"Rar!", "one of RAR"),
)
