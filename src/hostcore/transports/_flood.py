"""Keeps a plugin that writes without end from taking the host's time: its pipes are read more slowly.

Nothing is dropped for it: the pipe fills, and the plugin waits in its own `write`.
"""

from __future__ import annotations

from typing import Final

import trio

REMARKS_PER_SECOND: Final = 20_000
"""Log records, lines and the like taken from one pipe; each costs some 5 µs, so that a flood takes a tenth of a core."""

BURST: Final = 2000
"""So many at once are no flood yet: a stack trace of each of a hundred threads, for example."""

LONGEST_PAUSE: Final = 0.5
"""Seconds; however much has come, an answer in the same pipe is not kept waiting longer between two reads."""

BYTES_A_REMARK: Final = 512
"""Bytes of text that count as one remark: a flood without line ends is one, too."""

SIP: Final = 4096
"""Bytes read at once during a flood: at most some 10 ms of work, even if each line is empty."""


class Flood:
    """Counts the remarks of one pipe, and says how long to pause before its next read.

    Attributes:
        counted: remarks since the last pause.
    """

    def __init__(self) -> None:
        self.counted = 0
        self._free_at = 0.0

    def __repr__(self) -> str:
        return f"<Flood counted={self.counted}>"

    def add(self, remarks: int) -> None:
        """Count what has come."""
        self.counted += remarks

    @property
    def is_high(self) -> bool:
        """Whether so much has come since the last pause that reading should stop for one."""
        return self.counted > BURST

    def pause(self) -> float:
        """Return the seconds to wait, 0 unless it is a flood, and begin to count anew."""
        if not self.counted:
            return 0.0
        now = trio.current_time()
        self._free_at = max(self._free_at, now) + self.counted / REMARKS_PER_SECOND
        self.counted = 0
        pause = self._free_at - now - BURST / REMARKS_PER_SECOND
        if pause > LONGEST_PAUSE:
            self._free_at -= pause - LONGEST_PAUSE
            return LONGEST_PAUSE
        return max(0.0, pause)
