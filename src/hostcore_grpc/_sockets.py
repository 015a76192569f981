"""The folders that hold the sockets of plugins: private, short, and gone when the plugin is, or else its host."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PREFIX: Final = "polyhost-grpc-"

SHORT_FOLDER: Final = "/tmp"  # noqa: S108 - just the parent of a folder that mkdtemp makes private
LONGEST_PARENT: Final = 60
"""Characters of the parent folder: a socket's path has at most 107, of which our names and those of plugins take 40."""

FRESH_SECONDS: Final = 60.0
"""A folder younger than this may be one that its host has made and not locked yet."""


class SocketFolder:
    """Is the folder for the sockets of one process; it is locked for as long as its host lives.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    def __repr__(self) -> str:
        return f"<SocketFolder {self.path}>"

    @classmethod
    def make(cls) -> SocketFolder:
        """Make an empty one that only this user can enter; raises `OSError`."""
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent_folder()))
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            path.rmdir()
            raise
        with contextlib.suppress(OSError):  # a file system without locks, where nobody sweeps either
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return cls(path, lock)

    def remove(self) -> None:
        """Remove it with all that is in it; a second call does nothing."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def parent_folder() -> str:
    """Return where temporary files belong, or `/tmp` where that leaves no room for the path of a socket."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= LONGEST_PARENT else SHORT_FOLDER


def sweep() -> None:
    """Remove the folders that hosts of this user have left which were killed: nobody holds their locks any more."""
    for path in _left_behind(Path(parent_folder())):
        with contextlib.suppress(OSError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


def _left_behind(parent: Path) -> Iterator[Path]:
    latest = time.time() - FRESH_SECONDS
    with contextlib.suppress(OSError):
        for path in parent.glob(f"{PREFIX}*"):
            with contextlib.suppress(FileNotFoundError):
                status = path.lstat()
                if (
                    stat.S_ISDIR(status.st_mode)
                    and status.st_uid == os.geteuid()
                    and status.st_mtime < latest
                ):
                    yield path


def remove_if_stale(path: str) -> None:
    """Remove a socket in the file system that nobody listens on; anything else stays as it is.

    Plugins older than version 1.5 of go-plugin make their sockets where all temporary files are.
    """
    with contextlib.suppress(OSError, ValueError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return
        with socket.socket(socket.AF_UNIX) as probe:
            probe.setblocking(False)
            if probe.connect_ex(path) == errno.ECONNREFUSED:
                Path(path).unlink()
