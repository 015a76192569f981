"""Reads a folder that others may be changing: never through a link, each file once, and if asked for into a copy.

All is opened relative to descriptors of the folders above and without following links, so nothing outside is read
whatever is renamed meanwhile. What is hashed are the bytes that were read, and the same bytes go into the copy.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, NoReturn

from hostcore.errors import SourceError
from hostcore.sources._contents import FILE, LINK, PROGRAM, Contents, mark_of
from hostcore.sources._coverage import Coverage
from hostcore.sources._names import check_name

MOST_FILES: Final = 100_000
"""Files of one plugin: a large `node_modules` has half as many."""

MOST_BYTES: Final = 4 * 1024**3
"""Bytes of one plugin: a machine-learning model may be that large, and hashing them takes some seconds."""

DEEPEST: Final = 64
"""Folders within folders: each costs a descriptor while it is read; `node_modules` of old nested a dozen."""

_CHUNK: Final = 1024 * 1024
_READ: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER: Final = _READ | os.O_DIRECTORY
# Without O_NONBLOCK the opening of a pipe waits for its other end.
_FILE: Final = _READ | os.O_NONBLOCK | os.O_NOCTTY
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class _State:
    root: Path
    coverage: Coverage
    files: dict[str, str] = field(default_factory=dict)
    bytes: int = 0

    def refuse(self, path: str, message: str, hint: str) -> NoReturn:
        raise SourceError(f"{path} {message}", location=str(self.root / path), hint=hint)


def read_folder(folder: Path, coverage: Coverage, *, copy_to: Path | None = None) -> Contents:
    """Hash the files of a folder.

    It blocks: seconds for gigabytes.

    Args:
        folder: the root; it alone may be a link.
        coverage: which files count.
        copy_to: an existing, empty folder that gets a copy of what counts; its files may be read, and executed where
            the original may be, by everybody who gets there, and written by nobody.

    Raises:
        SourceError: there is something other than files, folders and links that stay inside, a name that cannot be
            written down, too much of anything, or something that cannot be read.
    """
    state = _State(root=folder, coverage=coverage)
    try:
        with contextlib.ExitStack() as stack:
            source = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
            stack.callback(os.close, source)
            target = None
            if copy_to is not None:
                target = os.open(copy_to, _FOLDER)
                stack.callback(os.close, target)
            _read_level(state, source, target, "", 0)
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else ""
        raise SourceError(
            f"{where or folder} cannot be read, or copied: {error.strerror}",
            location=str(folder),
            hint="the host must be able to read all files, and nobody may change them meanwhile",
        ) from error
    return Contents(files=state.files)


def _read_level(state: _State, source: int, target: int | None, above: str, depth: int) -> None:
    if depth > DEEPEST:
        state.refuse(above, f"is more than {DEEPEST} folders deep", "flatten it")
    with os.scandir(source) as entries:
        found = sorted(entries, key=lambda each: os.fsencode(each.name))
    for entry in found:
        path = f"{above}/{entry.name}" if above else entry.name
        mode = os.stat(entry.name, dir_fd=source, follow_symlinks=False).st_mode
        if not state.coverage.covers(path, is_folder=stat.S_ISDIR(mode)):
            continue
        complaint = check_name(entry.name)
        if complaint is not None:
            state.refuse(ascii(path)[1:-1], complaint, "rename it")
        if stat.S_ISDIR(mode):
            _read_inner(state, source, target, path, depth)
            continue
        if len(state.files) >= MOST_FILES:
            state.refuse(
                path, f"is one more than the {MOST_FILES} files that a plugin may have", "leave some out"
            )
        if stat.S_ISLNK(mode):
            state.files[path] = _read_link(state, source, target, path)
        elif stat.S_ISREG(mode):
            state.files[path] = _read_file(state, source, target, path)
        else:
            state.refuse(
                path, f"is {_kind(mode)}", "a plugin's folder holds files, folders and links; remove it"
            )


def _read_inner(state: _State, source: int, target: int | None, path: str, depth: int) -> None:
    name = path.rpartition("/")[2]
    with _opened(name, _FOLDER, source) as inner:
        if target is None:
            _read_level(state, inner, None, path, depth + 1)
            return
        os.mkdir(name, 0o700, dir_fd=target)
        with _opened(name, _FOLDER, target) as copy:
            _read_level(state, inner, copy, path, depth + 1)
        if not any(each.startswith(path + "/") for each in _last(state)):
            os.rmdir(name, dir_fd=target)  # an empty folder does not count, so it must not be there


def _last(state: _State) -> Iterator[str]:
    """Yield the path that was read last: all that is below a folder is read in one go."""
    return iter([next(reversed(state.files))] if state.files else [])


def _read_link(state: _State, source: int, target: int | None, path: str) -> str:
    name = path.rpartition("/")[2]
    leads_to = os.readlink(name, dir_fd=source)
    if not state.coverage.any_links and not _stays_inside(path, leads_to):
        state.refuse(
            path,
            f"is a link that leads out of the folder, or may: to {ascii(leads_to)[1:-1]}",
            "put a copy of the file in its place, or link with `..` only at the beginning",
        )
    if target is not None:
        os.symlink(leads_to, name, dir_fd=target)
    return mark_of(LINK, hashlib.sha256(os.fsencode(leads_to)).hexdigest())


def _stays_inside(path: str, leads_to: str) -> bool:
    """Say whether a link stays in the folder, also when what it names is a link again.

    The folder of the link is a real one, so `..` at the beginning lead where they seem to. One that comes later may
    follow another link, and lead anywhere.
    """
    steps = PurePosixPath(leads_to)
    climbs = next((index for index, part in enumerate(steps.parts) if part != ".."), len(steps.parts))
    return not steps.is_absolute() and ".." not in steps.parts[climbs:] and climbs <= path.count("/")


def _read_file(state: _State, source: int, target: int | None, path: str) -> str:
    name = path.rpartition("/")[2]
    with _opened(name, _FILE, source) as file:
        mode = os.fstat(file).st_mode
        if not stat.S_ISREG(mode):
            state.refuse(path, f"is {_kind(mode)}", "somebody has put it there this moment; remove it")
        is_program = bool(mode & stat.S_IXUSR)
        if target is None:
            digest = _hash(state, file, None, path)
        else:
            with _opened(name, _NEW, target) as copy:
                digest = _hash(state, file, copy, path)
                os.fchmod(copy, 0o555 if is_program else 0o444)
    return mark_of(PROGRAM if is_program else FILE, digest)


def _hash(state: _State, file: int, copy: int | None, path: str) -> str:
    digest = hashlib.sha256()
    while chunk := os.read(file, _CHUNK):
        state.bytes += len(chunk)
        if state.bytes > MOST_BYTES:
            state.refuse(
                path, f"makes the plugin larger than {MOST_BYTES >> 30} GiB", "keep large data elsewhere"
            )
        digest.update(chunk)
        while copy is not None and chunk:
            chunk = chunk[os.write(copy, chunk) :]
    return digest.hexdigest()


@contextlib.contextmanager
def _opened(name: str, flags: int, folder: int) -> Iterator[int]:
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISLNK, "a link"),
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in kinds if test(mode)), "no regular file")


def refuse_if_open_to_all(path: Path) -> None:
    """Refuse a file or folder that everybody may write to; one that is not there is as it should be.

    Raises:
        SourceError: everybody may.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise SourceError(
            f"{path} cannot be looked at: {error.strerror}", location=str(path), hint="check the permissions"
        ) from error
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise SourceError(
            "everybody on this machine may write there, and so decide what runs",
            location=str(path),
            hint=f"chmod o-w {path}",
        )


def protect_tree(folder: Path) -> None:
    """Take from everybody the right to write below a folder that the host made; links are left as they are."""
    for root, _, files in os.walk(folder, topdown=False):
        for name in files:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(0o555 if path.stat().st_mode & stat.S_IXUSR else 0o444)
        Path(root).chmod(0o555)


def remove_tree(folder: Path) -> None:
    """Delete a folder that the host made, also a protected one; what cannot be deleted is left."""
    for root, folders, _ in os.walk(folder):
        for each in (Path(root), *(Path(root, name) for name in folders)):
            with contextlib.suppress(OSError):
                if not each.is_symlink():
                    each.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
