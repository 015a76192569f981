"""What all connections of a host share of the kernel: one read buffer, and the budget for bigger pipes."""

from __future__ import annotations

import contextlib
import fcntl
from typing import Final

READ_SIZE: Final = 1024 * 1024
"""Size of the one read buffer; also the size of a grown pipe, so that a full pipe is one read."""

PIPE_BUDGET: Final = 32 * 1024 * 1024
"""Bytes of grown pipes in one host; Linux allows an unprivileged user 64 MiB in all (`pipe-user-pages-soft`)."""

DEFAULT_PIPE: Final = 64 * 1024


class SharedPipes:
    """Holds the read buffer and grows pipes within the budget."""

    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(READ_SIZE))
        self._budget = PIPE_BUDGET

    def grow(self, fd: int) -> int:
        """Grow the pipe of `fd` to `READ_SIZE` if the budget and the kernel allow; return the bytes taken."""
        if self._budget >= READ_SIZE:
            with contextlib.suppress(OSError):  # EPERM above the user's own limit: it stays as it is
                fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, READ_SIZE)
                self._budget -= READ_SIZE
                return READ_SIZE
        return 0

    def give_back(self, taken: int) -> None:
        """Return what `grow` took, when the pipe is closed."""
        self._budget += taken
