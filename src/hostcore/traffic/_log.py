"""The communication log of one host: what it records, and what can be asked of it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

import trio

from hostcore.config import TrafficConfig
from hostcore.errors import (
    HostError,
    RecordNotFoundError,
    ReplayError,
    TrafficError,
)
from hostcore.hooks import CallObserver, HostControl
from hostcore.snapshots import MethodSnapshot
from hostcore.traffic._facts import (
    MOST_ENTRIES,
    CallEntry,
    MessageEntry,
    TrafficFilter,
    TrafficPage,
    TrafficSettings,
    TrafficStatistics,
)
from hostcore.traffic._follow import TrafficFeed
from hostcore.traffic._reading import TrafficReader
from hostcore.traffic._recorder import (
    BodiesObserver,
    CallsObserver,
    MessagesObserver,
    MethodSecrets,
    Recorder,
)
from hostcore.traffic._store import FILE_NAME
from hostcore.traffic._writer import CLOSE_SECONDS, TrafficWriter

T = TypeVar("T")

POLICY: Final = "traffic_log"
"""The name of the policy that keeps the log."""

FLUSH_SECONDS: Final = 0.25
"""How long a row waits for others before it is handed to the writer."""

SETTLE_SECONDS: Final = 1.0
"""How long a question waits until what has happened before it is on the disk; a slow disk answers without that."""

SETTLE_LOOK: Final = 0.005
READERS: Final = 2
"""Questions that look at the disk at once; others wait."""


class TrafficLog:
    """Records calls and messages, and answers questions about them.

    Args:
        host: whose calls they are.
        config: what is recorded and kept.
    """

    def __init__(self, host: HostControl, config: TrafficConfig) -> None:
        self._host = host
        self._config = config
        self._folder = host.data / "extensions" / POLICY
        self._writer = TrafficWriter(self.path, keep_days=config.keep_days, keep_bytes=config.keep_bytes)
        self._has_rows = trio.Event()
        self._recorder = Recorder(self._writer, begun=self._begun)
        self._message_ids = count(int(time.time() * 1e6))
        self._readers = trio.CapacityLimiter(READERS)

    def __repr__(self) -> str:
        return f"<TrafficLog {self.path} {self._writer!r}>"

    @property
    def path(self) -> Path:
        """The file that keeps it."""
        return self._folder / FILE_NAME

    # -- recording

    def start(self) -> None:
        """Begin to write what is recorded."""
        self._writer.start()

    def _begun(self) -> None:
        self._has_rows.set()

    async def hand_on(self) -> None:
        """Hand rows to the writer, some moments after the first of them has come; runs until it is cancelled."""
        while True:
            await self._has_rows.wait()
            await trio.sleep(FLUSH_SECONDS)
            self._has_rows = trio.Event()
            self._recorder.hand_over()

    async def finish(self) -> None:
        """Write what is left, and end; waits for a bounded time. Feeds end."""
        self._recorder.hand_over()
        self._recorder.end_feeds()
        self._writer.finish()
        await trio.to_thread.run_sync(partial(self._writer.wait_ended, CLOSE_SECONDS), abandon_on_cancel=True)

    def observers(self, plugin: str) -> list[CallObserver]:
        """Make what records a plugin's calls and messages now."""
        settings = self.settings(plugin)
        secrets = MethodSecrets(partial(self._find_method, plugin))
        limit = self._config.body_bytes
        found: list[CallObserver] = []
        if settings.calls and settings.bodies:
            found.append(BodiesObserver(self._recorder, secrets, limit=limit))
        elif settings.calls:
            found.append(CallsObserver(self._recorder, secrets))
        if settings.messages:
            found.append(
                MessagesObserver(
                    self._recorder,
                    secrets,
                    limit=limit if settings.bodies else None,
                    ids=self._message_ids,
                )
            )
        return found

    def _find_method(self, plugin: str, method: str) -> MethodSnapshot | None:
        try:
            return self._host.method(method, plugin=plugin)
        except HostError:
            if method.rpartition(".")[0] == "Host":
                return None
            return self._host.method(method)  # of another plugin, that this one calls

    # -- what is recorded

    def settings(self, plugin: str) -> TrafficSettings:
        """Return what is recorded of a plugin."""
        config = self._config
        default = TrafficSettings(calls=config.calls, messages=config.messages, bodies=config.bodies)
        noted = self._host.noted(plugin, POLICY)
        if not isinstance(noted, dict):
            return default
        parts = {part: noted.get(part) is True for part in TrafficSettings.__slots__}
        return TrafficSettings(**parts)

    async def change_settings(self, plugin: str, settings: TrafficSettings) -> None:
        """Record other things of a plugin from now on, until it is unloaded, over restarts of the host, too.

        Raises:
            PluginNotFoundError: there is none of this id.
            ConfigError: it cannot be written down; what was recorded before still is.
        """
        noted = {part: getattr(settings, part) for part in TrafficSettings.__slots__}
        await self._host.note(plugin, POLICY, noted)
        try:
            self._host.observe_again(plugin)
        except HostError:  # it was refused and has no calls; the settings hold once it is loaded
            return

    # -- asking

    async def calls(
        self,
        asked: TrafficFilter | None = None,
        *,
        before: int | None = None,
        limit: int = 100,
        bodies: bool = False,
    ) -> TrafficPage:
        """Return recorded calls, the latest first.

        Args:
            asked: which; None for all.
            before: the `next` of the page before; None for the first page.
            limit: how many at most, up to `MOST_ENTRIES`.
            bodies: whether what they carried is read, too.

        Raises:
            TrafficError: the file cannot be read.
        """
        read = partial(
            TrafficReader(self.path).calls,
            asked or TrafficFilter(),
            before=before,
            limit=limit,
            bodies=bodies,
        )
        await self._settle()
        return await self._read(read)

    async def messages(
        self,
        asked: TrafficFilter | None = None,
        *,
        before: int | None = None,
        limit: int = 100,
        bodies: bool = False,
    ) -> TrafficPage:
        """Return recorded messages, the latest first; see `calls`."""
        read = partial(
            TrafficReader(self.path).messages,
            asked or TrafficFilter(),
            before=before,
            limit=limit,
            bodies=bodies,
        )
        await self._settle()
        return await self._read(read)

    async def call(self, call_id: int) -> CallEntry:
        """Return one call with its bodies; raises `RecordNotFoundError` and `TrafficError`."""
        page = await self.calls(TrafficFilter(call=call_id), limit=1, bodies=True)
        for entry in page.entries:
            if isinstance(entry, CallEntry):
                return entry
        raise RecordNotFoundError(
            f"there is no record of a call {call_id}",
            hint="it was deleted for its age or for room, or was never recorded",
        )

    async def everything(
        self, asked: TrafficFilter | None = None, *, messages: bool = False, bodies: bool = False
    ) -> AsyncGenerator[CallEntry | MessageEntry, None]:
        """Go through all calls, or messages, the latest first, a page at a time: nothing is held meanwhile."""
        before: int | None = None
        ask = self.messages if messages else self.calls
        while True:
            page = await ask(asked, before=before, limit=MOST_ENTRIES, bodies=bodies)
            for entry in page.entries:
                yield entry
            if page.next is None:
                return
            before = page.next

    def follow(
        self, asked: TrafficFilter | None = None, *, calls: bool = True, messages: bool = False
    ) -> TrafficFeed:
        """Subscribe to calls as they get their outcome, to messages, or to both; see `Subscription`.

        A slow reader gets a `TrafficMissed` in place of what it has missed.
        """
        return self._recorder.follow(asked or TrafficFilter(), calls=calls, messages=messages)

    async def statistics(self) -> TrafficStatistics:
        """Say how the log does; raises nothing: trouble is told in it."""
        known = self.statistics_nowait()
        try:
            return replace(known, oldest=await self._read(TrafficReader(self.path).oldest))
        except TrafficError as error:
            return replace(known, trouble=known.trouble or str(error))

    def statistics_nowait(self) -> TrafficStatistics:
        """Say what is known without a look at the disk: all but `oldest`."""
        writer = self._writer
        return TrafficStatistics(
            written=writer.written,
            queued=writer.queued + self._recorder.waiting,
            dropped=writer.dropped + writer.lost,
            pruned=writer.pruned,
            bytes=writer.size,
            trouble=writer.trouble,
        )

    async def replay(
        self,
        call_id: int,
        *,
        timeout: float | None = None,
        on_record: Callable[[int], None] | None = None,
    ) -> Any:
        """Make a recorded call again, of the plugin that got it, and return its result with binary data in JSON form.

        Args:
            call_id: of its record.
            timeout: seconds from now; None as for other calls.
            on_record: called with the id of the new call's record, if it gets one.

        Raises:
            RecordNotFoundError: there is no record of it.
            ReplayError: what was sent is not known exactly, or cannot be sent again.
            HostError: what the call raises.
        """
        entry = await self.call(call_id)
        params = _params_of(entry)
        return await self._host.call_json(
            entry.method,
            params,
            plugin=entry.plugin,
            timeout=timeout,
            on_record=on_record if self.settings(entry.plugin).calls else None,
        )

    async def _settle(self) -> None:
        """Wait until what has happened before is on the disk, for a moment."""
        self._recorder.hand_over()
        goal = self._writer.handed
        with trio.move_on_after(SETTLE_SECONDS):
            while self._writer.done < goal and self._writer.trouble is None:  # noqa: ASYNC110 - a thread's counter
                await trio.sleep(SETTLE_LOOK)

    async def _read(self, read: Callable[[], T]) -> T:
        try:
            return await trio.to_thread.run_sync(read, abandon_on_cancel=True, limiter=self._readers)
        except (sqlite3.Error, OSError) as error:
            text = "it took too long: ask for less" if "interrupted" in str(error) else str(error)
            raise TrafficError(
                f"the communication log cannot be read: {text}",
                location=str(self.path),
                hint="ask with a plugin, a method or a time; or see whether its disk is well",
            ) from error


def traffic_of(host: HostControl) -> TrafficLog:
    """Return the communication log of a host; raises `TrafficError` when it keeps none."""
    log = host.facility(TrafficLog)
    if log is None:
        raise TrafficError(
            "this host keeps no communication log",
            hint=f"the policy {POLICY} is disabled: take it out of extensions.disable, and of --disable",
        )
    return log


def _params_of(entry: CallEntry) -> dict[str, Any]:
    """Return the params to send again; raises `ReplayError`."""

    def refuse(why: str, hint: str) -> ReplayError:
        return ReplayError(f"call {entry.id} cannot be made again: {why}", location=entry.method, hint=hint)

    if entry.direction != "to-plugin":
        raise refuse("a plugin made it to the host", "call the method by hand")
    if entry.is_streaming:
        raise refuse("it is a streaming call, whose items are no part of its record", "call it by hand")
    if entry.params is None:
        raise refuse("what it carried was not recorded", "switch bodies on for the plugin, before the call")
    if not entry.params.is_whole:
        raise refuse(
            "only a part of its params was kept",
            "raise traffic.body_bytes for calls that are to be made again",
        )
    if entry.params.is_redacted:
        raise refuse("secrets were taken out of its params", "call the method by hand, with the secrets")
    params: dict[str, Any] = json.loads(entry.params.text)
    return params
