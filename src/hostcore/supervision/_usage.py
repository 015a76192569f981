"""How much memory and CPU the processes of a plugin use, read from Linux's /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCAN_LIFETIME: Final = 1.0
"""Seconds for which one scan answers: plugins whose looks fall into the same second share it."""

FULL_SCAN_INTERVAL: Final = 60.0
"""Seconds after which processes of others are looked at again: the kernel may have given a pid to one of ours."""

STAT_BYTES: Final = 4096
"""More than any `stat` has: 52 numbers and a name of 64 bytes."""

# Places in what follows the name, which is the second field: field n of proc(5) is at n - 3.
_SESSION: Final = 3
_CPU: Final = slice(11, 15)  # utime, stime and those of the children that were waited for
_RSS: Final = 21


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Is what the processes of a session use together.

    Attributes:
        rss_bytes: resident memory; pages that processes share are counted for each.
        cpu_seconds: CPU time since their starts, that of ended children included.
        at: when it was read, seconds of the sampler's clock.
    """

    rss_bytes: int
    cpu_seconds: float
    at: float


class UsageSampler:
    """Measures sessions; each plugin runs in one of its own, named by the pid of its first process.

    One scan answers for all sessions, but each of them only once: two samples of a session never come from the same scan,
    so that the CPU time between them is that of the time between them. A scan reads one small file for each process of a measured session, and for each that is new on the machine;
    others are remembered by pid and left alone. It blocks for about 12 µs a process.

    Args:
        root: where the kernel shows processes.
        clock: seconds of a monotonic clock.
    """

    def __init__(self, *, root: Path = Path("/proc"), clock: Callable[[], float] = time.monotonic) -> None:
        self._root = os.fspath(root)
        self._clock = clock
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._tick = os.sysconf("SC_CLK_TCK")
        self._measured: set[int] = set()
        self._others: dict[int, int] = {}  # pid to session
        self._found: dict[int, Usage] = {}
        self._told: set[int] = set()  # who has had its answer from the present scan
        self._scanned_at = float("-inf")
        self._full_at = float("-inf")

    def __repr__(self) -> str:
        return f"<UsageSampler {self._root} sessions={len(self._measured)} others={len(self._others)}>"

    def sample(self, session: int) -> Usage | None:
        """Return what a session used at most `SCAN_LIFETIME` ago; None when none of its processes can be seen."""
        now = self._clock()
        is_new = session not in self._measured
        # Its first process may have been seen before it had a session of its own.
        own = {session} | {pid for pid, its in self._others.items() if its == session} if is_new else set()
        self._measured.add(session)
        for pid in own:
            self._others.pop(pid, None)
        if now - self._scanned_at >= SCAN_LIFETIME or session in self._told:
            self._scan(now)
        elif is_new:
            self._found.update(self._add_up(own, now))
        self._told.add(session)
        return self._found.get(session)

    def _scan(self, now: float) -> None:
        try:
            names = os.listdir(self._root)  # noqa: PTH208 - a path object for each process would double the cost
        except OSError:  # no /proc, as on other systems than Linux
            names = []
        there = {int(name) for name in names if name.isdecimal()}
        if now - self._full_at >= FULL_SCAN_INTERVAL:
            self._others.clear()
            self._full_at = now
        for pid in self._others.keys() - there:  # it may come back as one of ours
            del self._others[pid]
        self._found = self._add_up(there - self._others.keys(), now)
        self._scanned_at = now
        self._told.clear()
        self._measured &= self._found.keys()  # whoever asks for one that has ended begins anew

    def _add_up(self, pids: Iterable[int], now: float) -> dict[int, Usage]:
        """Read processes and sum up those of measured sessions; the rest are others from now on."""
        sums: dict[int, tuple[int, int]] = {}
        for pid in pids:
            stat = self._read(pid)
            if stat is None:
                continue
            session, ticks, pages = stat
            if session in self._measured:
                before = sums.get(session, (0, 0))
                sums[session] = (before[0] + ticks, before[1] + pages)
            else:
                self._others[pid] = session
        return {
            session: Usage(rss_bytes=pages * self._page, cpu_seconds=ticks / self._tick, at=now)
            for session, (ticks, pages) in sums.items()
        }

    def _read(self, pid: int) -> tuple[int, int, int] | None:
        """Return session, CPU ticks and resident pages; None for a process that has ended or may not be seen."""
        try:
            file = os.open(f"{self._root}/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return _parsed(os.read(file, STAT_BYTES))
        except OSError:  # ESRCH: it has ended between the two
            return None
        finally:
            os.close(file)


def _parsed(stat: bytes) -> tuple[int, int, int] | None:
    # A name may hold blanks and parentheses, but the last parenthesis closes it: only numbers follow.
    fields = stat[stat.rfind(b")") + 1 :].split()
    try:
        return int(fields[_SESSION]), sum(map(int, fields[_CPU])), int(fields[_RSS])
    except (IndexError, ValueError):  # no kernel writes that; a fake one may
        return None


def cores_used(before: Usage, after: Usage, seconds: float) -> float:
    """Return how many cores were busy between two samples.

    Args:
        before: the earlier sample.
        after: the later one.
        seconds: between them: `after.at - before.at`, which is not the time between the two questions.

    Returns:
        A number from 0; also 0 when both are of one scan, or when a process with its CPU time has gone meanwhile.
    """
    return max(0.0, after.cpu_seconds - before.cpu_seconds) / seconds if seconds > 0 else 0.0
