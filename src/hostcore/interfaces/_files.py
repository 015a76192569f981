"""Read a small file whose path a stranger may have named."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_bounded(path: Path, limit: int) -> bytes:
    """Return the contents of a regular file, no more than `limit` + 1 bytes: the one more shows that it is too large.

    Anything else is refused: a pipe would be waited for until somebody writes, and the host with it.

    Raises:
        OSError: it cannot be read or is no regular file.
    """
    # Without O_NONBLOCK the opening of a pipe waits for its other end; without O_NOCTTY a terminal is taken over.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            data: bytes | None = file.read(limit + 1)
        if data is None:  # a file of /proc that has nothing to say yet
            raise BlockingIOError(errno.EAGAIN, "it has no contents now", str(path))
        return data
    finally:
        os.close(descriptor)
