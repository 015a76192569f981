"""Where one task waits for another, without an object for each wait."""

from __future__ import annotations

from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled


class ParkingSpace:
    """Keeps one task until it is woken; a wake that comes before the task is forgotten.

    A `trio.Event` would do, with a new one for each wait: too much where every call may wait.
    """

    __slots__ = ("_task",)

    def __init__(self) -> None:
        self._task: Task | None = None

    def __repr__(self) -> str:
        return f"<ParkingSpace {self._task.name if self._task is not None else 'free'}>"

    @property
    def is_taken(self) -> bool:
        """Whether a task waits here."""
        return self._task is not None

    def wake(self) -> None:
        """Let the task go on, if there is one."""
        if self._task is not None:
            task, self._task = self._task, None
            reschedule(task)

    async def park(self) -> None:
        """Wait until somebody wakes it; no other task may wait here."""
        self._task = current_task()
        await wait_task_rescheduled(self._leave)

    def _leave(self, _: object) -> Abort:
        self._task = None
        return Abort.SUCCEEDED
