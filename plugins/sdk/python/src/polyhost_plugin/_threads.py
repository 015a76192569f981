"""Who reads and who works: threads that let a quick call be answered by the thread that read it.

Handing each call to another thread costs tens of microseconds; running it where it was read would leave pings and
cancellations unread while it runs. So two threads share one task. One leads: it reads and runs quick handlers in
place. The other stands by: when the leader has been in one handler for longer than a tick, or is about to wait, the
other leads on, and the first stands by when it is done. Methods that were slow go to worker threads from then on.
"""

from __future__ import annotations

import threading
from collections import deque

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from typing import Any, Callable

TICK_S = 0.005
"""How long a handler may keep the wire unread: Python's own thread switch interval, below which nothing is gained."""

QUIET_TICKS = 4
"""After so many ticks without a call the stand-by sleeps until the next one, so that an idle plugin costs nothing."""


class Relay:
    """Passes the leading role between two threads.

    The role is a lock: the leader holds it, except while it runs a handler, when the other may take it. So a quick
    call costs one release and one attempt to take it back.

    Args:
        lead: reads and dispatches; returns when the role was lost (False) or there is nothing more to read (True).
    """

    __slots__ = (
        "_asleep",
        "_closed",
        "_lead",
        "_leader",
        "_lock",
        "_role",
        "_standing_by",
        "_turn",
        "_wake",
        "_yielded",
    )

    def __init__(self, lead: Callable[[], bool]) -> None:
        self._lead = lead
        self._lock = threading.Lock()  # over who stands by, and over waking
        self._role = threading.Lock()
        self._wake = threading.Lock()  # free when the stand-by is to look at once
        self._wake.acquire()
        self._leader = 0
        self._turn = 0
        self._yielded = 0  # the turn in which the leader asked for its place to be taken
        self._asleep = False
        self._standing_by = False
        self._closed = False

    @property
    def standing_by(self) -> bool:
        """Tell whether somebody would take over; only then a handler may run in place."""
        return self._standing_by

    def start(self) -> None:
        """Start the second thread; the caller of `take_part` is the first."""
        self._standing_by = True
        threading.Thread(target=self.take_part, name="polyhost-relay", daemon=True).start()

    def take_part(self, *, leading: bool = False) -> None:
        """Lead and stand by in turn until closed."""
        if leading:
            self._role.acquire()
            self._leader = threading.get_ident()
        while not self._closed:
            if leading:
                if self._lead():
                    self.close()
                leading = False
            else:
                leading = self._stand_by()

    def close(self) -> None:
        """End both roles."""
        self._closed = True
        self._rouse()

    def run(self, work: Callable[..., None], *subject: Any) -> bool:
        """Do `work` on `subject` as the leader; return whether the caller still leads afterwards."""
        self._turn += 1  # before the role is free: who takes it shall see how long this turn has lasted
        self._role.release()
        if self._asleep:
            self._rouse()
        kept = False
        try:
            work(*subject)
        finally:
            kept = self._role.acquire(blocking=False)
        return kept

    def step_aside(self) -> None:
        """Let the other thread lead, because the caller is about to wait; nothing happens if it does not lead."""
        if self._leader == threading.get_ident() and self._yielded != self._turn:
            self._yielded = self._turn
            self._rouse()

    def _rouse(self) -> None:
        """Have the stand-by look at once."""
        with self._lock:
            self._asleep = False
            if self._wake.locked():
                self._wake.release()

    def _stand_by(self) -> bool:
        """Wait until it is our turn to lead (True), or closed (False)."""
        seen = quiet = 0
        with self._lock:
            self._standing_by = True
        while not self._closed:
            turn = self._turn
            if turn in (seen, self._yielded) and self._take_over():
                return True
            quiet = quiet + 1 if turn == seen else 0
            seen = turn
            self._asleep = quiet > QUIET_TICKS
            if self._asleep and self._turn == seen:  # again: a call may have begun meanwhile
                self._wake.acquire()
                quiet = 0
            else:
                self._asleep = False
                if self._wake.acquire(timeout=TICK_S):
                    quiet = 0
        return False

    def _take_over(self) -> bool:
        """Take the role if the leader is in a handler; tell whether it was."""
        with self._lock:  # the old leader stands by only after all of this
            taken = self._role.acquire(blocking=False)
            if taken:
                self._leader = threading.get_ident()
                self._standing_by = False
        return taken


class Workers:
    """Runs work in at most `limit` threads, started when they are needed; more work waits in order."""

    __slots__ = ("_condition", "_count", "_idle", "_limit", "_queue")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._idle = 0
        self._queue: deque[Callable[[], None]] = deque()
        self._condition = threading.Condition()

    def submit(self, work: Callable[[], None]) -> None:
        """Have `work` done; it must not raise."""
        with self._condition:
            self._queue.append(work)
            if self._idle >= len(self._queue):
                self._condition.notify()
                return
            if self._count >= self._limit:
                return
            self._count += 1
        threading.Thread(target=self._work, name=f"polyhost-worker-{self._count}", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._condition:
                while not self._queue:
                    self._idle += 1
                    self._condition.wait()
                    self._idle -= 1
                work = self._queue.popleft()
            work()


class Pending:
    """Knows the calls that are not answered yet.

    Adding and removing take no lock, since every call pays for them: a set does either in one step.
    """

    __slots__ = ("_awaited", "_condition", "_jobs")

    def __init__(self) -> None:
        self._jobs: set[object] = set()
        self._awaited = 0
        self._condition = threading.Condition()

    def add(self, job: object) -> None:
        """Note one more."""
        self._jobs.add(job)

    def remove(self, job: object) -> None:
        """Note that one is answered."""
        self._jobs.discard(job)
        if self._awaited:  # looked at after the removal, as the waiter looks at the jobs after it has said so
            with self._condition:
                self._condition.notify_all()

    def wait_until_none(self, timeout: float | None) -> bool:
        """Wait until all are answered; tell whether they are."""
        with self._condition:
            self._awaited += 1
            try:
                return self._condition.wait_for(lambda: not self._jobs, timeout)
            finally:
                self._awaited -= 1
