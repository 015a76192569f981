"""Does something in the background while the host runs."""

import logging
from collections.abc import Iterable

import trio

from hostcore.errors import HostError
from hostcore.hooks import BackgroundTask, HostControl, hookimpl

log = logging.getLogger("chores")


class Chores:
    """Calls a plugin now and then."""

    def __init__(self, interval: float = 60.0) -> None:
        self._interval = interval

    @hookimpl
    def hostcore_provide_background_tasks(self, host: HostControl) -> Iterable[BackgroundTask]:
        """Give async functions without arguments; this hook itself may not wait."""

        async def remind() -> None:
            try:
                while True:
                    await trio.sleep(self._interval)
                    await self._remind(host)
            finally:
                log.info("no more reminders")  # the host stops, and has cancelled this task

        return [remind]

    async def _remind(self, host: HostControl) -> None:
        try:
            answer = await host.call("Notes.List", timeout=5)
        except HostError as error:  # an error that is not caught would end the task for good
            log.warning("no notes: %s", error)
        else:
            log.info("remember: %s", ", ".join(answer["notes"]))
