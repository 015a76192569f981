"""Files that nobody but their user may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

_PRIVATE: Final = 0o600


def make_private(path: Path) -> None:
    """Make the file if there is none, for its user alone; SQLite gives the files beside it the same mode.

    Raises:
        OSError: it cannot be made, or is no ordinary file: a pipe would be waited for.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE))
    except FileExistsError:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise OSError(0, "it is no ordinary file") from None
        if stat.S_IMODE(mode) != _PRIVATE:
            path.chmod(_PRIVATE)
