"""A host in memory whose answers a test writes: for what no real plugin does on demand."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import trio

from hostcore.config import HostConfig
from hostcore.dependencies import StartOrder
from hostcore.errors import HostError, MethodNotFoundError, PluginNotFoundError
from hostcore.events import Event, EventsMissed, Recorded
from hostcore.metrics import MetricFamily
from hostcore.snapshots import (
    CallStatistics,
    ConfigChange,
    ConfigSnapshot,
    ExitReport,
    ExtensionSnapshot,
    HookSnapshot,
    InstanceSnapshot,
    LogLine,
    LogSource,
    MethodSnapshot,
    PluginSnapshot,
    PluginState,
    Reason,
)

Handler = Callable[[dict[str, Any], float | None], Awaitable[Any]]


class Feed:
    """Delivers what is kept after a sequence number and what is published later."""

    def __init__(self, kept: list[Any], after: int | None) -> None:
        self.kept = kept
        self.position = len(kept) if after is None else sum(item.sequence <= after for item in kept)
        self.news = trio.Event()
        self.markers: list[EventsMissed] = []
        self.is_over = False
        self.closed = trio.Event()

    def wake(self) -> None:
        self.news.set()
        self.news = trio.Event()

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> Any:
        while True:
            if self.markers:
                return self.markers.pop(0)
            if self.position < len(self.kept):
                self.position += 1
                return self.kept[self.position - 1]
            if self.is_over:
                raise StopAsyncIteration
            await self.news.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object) -> None:
        self.closed.set()


class Stream:
    def __init__(self, items: list[Any], result: Any, failure: Exception | None, host: ScriptedHost) -> None:
        self.items = items
        self.result = result
        self.failure = failure
        self.host = host
        self.received: list[Any] = []
        self.ended = trio.Event()

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Any:
        await trio.lowlevel.checkpoint()
        if self.items:
            item = self.items.pop(0)
            if item is trio.sleep_forever:
                await trio.sleep_forever()
            return item
        if self.failure is not None:
            raise self.failure
        raise StopAsyncIteration

    async def send(self, item: Any) -> None:
        await trio.lowlevel.checkpoint()
        self.received.append(item)

    async def end(self) -> None:
        self.ended.set()


class ScriptedHost:
    """Is a `HostControl` with one plugin, `demo`, whose methods are handlers."""

    run_id = "r-1"
    version = "0.1.0"
    started_at = time.time()
    is_stopping = False

    def __init__(self) -> None:
        self.config = HostConfig(data=Path("/nonexistent"))
        self.data = self.config.data
        self.handlers: dict[str, Handler] = {}
        self.streams: dict[str, Stream] = {}
        self.recorded: list[Recorded] = []
        self.offered: dict[str, list[tuple[str, Any]]] = {}
        self.failed: list[tuple[str, str, str]] = []
        self.lines: list[LogLine] = []
        self.feeds: list[Feed] = []
        self.open_streams = 0
        self.commands: list[tuple[Any, ...]] = []
        self.failure: HostError | None = None
        self.gate: trio.Event | None = None
        self.order = StartOrder()
        self.change = ConfigChange()
        self.known_extensions: tuple[ExtensionSnapshot, ...] = ()
        self.known_hooks: tuple[HookSnapshot, ...] = ()
        self.families: tuple[MetricFamily, ...] = ()
        self.statistics: dict[str, CallStatistics] = {}
        self.refused: tuple[PluginSnapshot, ...] = ()
        self.on_load: Callable[[str], Awaitable[PluginSnapshot]] | None = None
        self.data = Path("/data")
        self.reports: tuple[ExitReport, ...] = ()
        self.config = ConfigSnapshot(
            plugin="demo", schema=None, manifest={}, host={}, overrides=None, effective={}
        )
        self.demo = PluginSnapshot(
            id="demo",
            version="1.2.0",
            description="For tests",
            folder="/plugins/demo",
            transport="stdio",
            encoding="msgpack",
            state=PluginState.READY,
            reason=Reason(code="ready", text="It said hello"),
            pid=4711,
            instances=(
                InstanceSnapshot(
                    index=0,
                    state=PluginState.READY,
                    reason=Reason(code="ready", text="It said hello"),
                    pid=4711,
                ),
            ),
        )

    @property
    def last_event(self) -> int:
        return len(self.recorded)

    def record(self, event: Event) -> None:
        self.recorded.append(Recorded(run=self.run_id, sequence=len(self.recorded) + 1, at=1.0, event=event))
        self.wake()

    def log(self, message: str) -> None:
        self.lines.append(
            LogLine(
                sequence=len(self.lines) + 1,
                at=1.0,
                plugin="demo",
                instance=0,
                source=LogSource.STDERR,
                level="info",
                message=message,
            )
        )
        self.wake()

    def wake(self) -> None:
        for feed in self.feeds:
            feed.wake()

    def add_stream(self, method: str, stream: Stream, *, takes_items: bool = False) -> None:
        self.streams[method] = stream
        described = MethodSnapshot(name=method, stream_out={}, stream_in={} if takes_items else None)
        self.demo = replace(self.demo, methods=(*self.demo.methods, described))

    def plugins(self) -> tuple[PluginSnapshot, ...]:
        return (self.demo, *self.refused)

    def plugin(self, plugin_id: str) -> PluginSnapshot:
        if plugin_id != "demo":
            raise PluginNotFoundError(f"no plugin {plugin_id!r} is known", hint="see `polyhost list`")
        return self.demo

    def metrics(self) -> tuple[MetricFamily, ...]:
        return self.families

    def method_statistics(self, plugin_id: str) -> dict[str, CallStatistics]:
        self.plugin(plugin_id)
        return self.statistics

    def method(self, method: str, *, plugin: str | None = None) -> MethodSnapshot | None:
        found = self.plugin(plugin or "demo").methods
        return next((each for each in found if each.name == method), None)

    async def load(self, path: Any) -> PluginSnapshot:
        assert self.on_load is not None
        return await self.on_load(str(path))

    async def _obey(self, *command: Any) -> PluginSnapshot:
        """Note a command; it fails with `failure`, and waits for `gate` when there is one."""
        found = self.plugin(command[1]) if len(command) > 1 else self.demo
        self.commands.append(command)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.commands.append(("done", command[0]))
        return found

    async def unload(self, plugin_id: str, *, cascade: bool = False) -> tuple[str, ...]:
        await self._obey("unload", plugin_id, cascade)
        return ("dependent", plugin_id) if cascade else (plugin_id,)

    def dependents(self, plugin_id: str) -> tuple[str, ...]:
        self.plugin(plugin_id)
        return ("dependent",)

    async def start(self, plugin_id: str) -> PluginSnapshot:
        return await self._obey("start", plugin_id)

    async def stop(self, plugin_id: str) -> PluginSnapshot:
        return await self._obey("stop", plugin_id)

    async def restart(self, plugin_id: str) -> PluginSnapshot:
        return await self._obey("restart", plugin_id)

    async def reload(self, plugin_id: str, *, force: bool = False) -> PluginSnapshot:
        return await self._obey("reload", plugin_id, force)

    async def enable(self, plugin_id: str) -> PluginSnapshot:
        return await self._obey("enable", plugin_id)

    async def disable(self, plugin_id: str) -> PluginSnapshot:
        return await self._obey("disable", plugin_id)

    async def reset(self, plugin_id: str) -> PluginSnapshot:
        return await self._obey("reset", plugin_id)

    async def configure(self, plugin_id: str, values: Any) -> PluginSnapshot:
        return await self._obey("configure", plugin_id, values)

    async def reload_config(self) -> ConfigChange:
        await self._obey("reload_config")
        return self.change

    def transports(self) -> tuple[str, ...]:
        return ("stdio",)

    def plugin_config(self, plugin_id: str) -> ConfigSnapshot:
        self.plugin(plugin_id)
        return self.config

    def exits(self, plugin_id: str) -> tuple[ExitReport, ...]:
        self.plugin(plugin_id)
        return self.reports

    def start_order(self) -> StartOrder:
        return self.order

    def extensions(self) -> tuple[ExtensionSnapshot, ...]:
        return self.known_extensions

    def provided(self, hook: str, kind: type, **arguments: Any) -> list[tuple[str, Any]]:
        return [(name, item) for name, item in self.offered.get(hook, ()) if isinstance(item, kind)]

    def extension_failed(self, extension: str, hook: str, error: BaseException) -> None:
        self.failed.append((extension, hook, str(error)))

    def hooks(self) -> tuple[HookSnapshot, ...]:
        return self.known_hooks

    def facility(self, kind):
        return None

    async def call_json(
        self,
        method,
        params=None,
        *,
        plugin=None,
        timeout=None,
        on_progress=None,
        traceparent=None,
        tracestate=None,
        caller=None,
        on_record=None,
    ) -> Any:
        if method not in self.handlers:
            raise MethodNotFoundError(f"{plugin} has no method {method}")
        return await self.handlers[method](params, timeout)

    call = call_json

    @asynccontextmanager
    async def stream(
        self,
        method,
        params=None,
        *,
        plugin=None,
        timeout=None,
        json=False,
        on_progress=None,
        traceparent=None,
        tracestate=None,
        caller=None,
        on_record=None,
    ) -> AsyncIterator[Stream]:
        assert json
        self.open_streams += 1
        try:
            yield self.streams[method]
        finally:
            self.open_streams -= 1

    def events(self, *, after: int | None = None) -> Feed:
        self.feeds.append(Feed(self.recorded, after))
        return self.feeds[-1]

    def logs(self, plugin_id: str, *, last: int = 100) -> tuple[LogLine, ...]:
        self.plugin(plugin_id)
        return tuple(self.lines[len(self.lines) - min(last, len(self.lines)) :])

    def follow_logs(self, plugin_id: str, *, after: int | None = None) -> Feed:
        self.plugin(plugin_id)
        self.feeds.append(Feed(self.lines, after))
        return self.feeds[-1]
