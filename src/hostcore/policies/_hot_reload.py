"""Reloads plugins when their files change."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, TypeAlias

import trio
from watchfiles import Change, watch

from hostcore.errors import ExtensionError, HostError, PluginNotFoundError
from hostcore.events import EventsMissed, PluginDiscovered, PluginReloaded, PluginUnloaded, Recorded
from hostcore.hooks import BackgroundTask, HostControl, Subscription, hookimpl
from hostcore.policies._watch_rules import Scan, WatchRules, digest, scan, wait_for_quiet

STEP_MS: Final = 50
"""Milliseconds between two looks of the watching thread at what has come: it costs 0.2 % of a core, and a host that
closes waits for it."""

TICK_MS: Final = 500
"""Milliseconds after which the watching thread reports even when nothing has happened."""

POLL_INTERVAL: Final = 2.0
"""Seconds between two looks at all files where the kernel does not tell of changes."""

RELOADS_AT_ONCE: Final = 4
"""Reloads that run beside each other: a change of what all plugins share must not start hundreds of builds."""

HOT_RELOAD_TRIGGER: Final = "changed files"
"""What events say has caused the reload."""

LIMITS: Final = tuple(
    Path("/proc/sys/fs/inotify") / name for name in ("max_user_watches", "max_user_instances")
)


class HotReload:
    """Watches the folders of plugins: all that `reload.watch` names, and every `plugin.toml`.

    Each folder is watched by itself, and not the tree below: a tree may hold packages and build results, which are
    many folders that never matter, and the kernel's watches are few.
    """

    @hookimpl
    def hostcore_provide_background_tasks(self, host: HostControl) -> Iterable[BackgroundTask]:
        """Give the task that watches, and one that fails when it can only poll: the failure tells the operator."""
        watcher = _Watcher(host)
        return [watcher.run, watcher.report_trouble]


_Changes: TypeAlias = Generator[set[tuple[Change, str]], None, None]


class _CannotWatchError(Exception):
    """Says that the kernel does not tell of changes, and why."""


class _Plugin:
    """Is one plugin whose files are watched.

    Attributes:
        rules: which files matter.
        seen: what its folder held at the latest look.
        loaded: hash of the contents that the latest load or reload began with.
        gone: whether it was unloaded.
    """

    def __init__(self, plugin_id: str, rules: WatchRules) -> None:
        self.id = plugin_id
        self.rules = rules
        self.seen = Scan(folders=(), files=())
        self.loaded = b""
        self.gone = False
        self._first: float | None = None
        self._latest = 0.0
        self._called = trio.Event()

    def __repr__(self) -> str:
        return f"<_Plugin {self.id} folders={len(self.seen.folders)} files={len(self.seen.files)}>"

    async def take_stock(self, rules: WatchRules) -> None:
        """Take the files as they are for those that run, unless there are changes that nobody has looked at yet."""
        found = await trio.to_thread.run_sync(scan, rules)
        contents = await trio.to_thread.run_sync(digest, rules, found)
        self.rules = rules
        if self._first is None:
            self.seen, self.loaded = found, contents
        else:
            self.seen, self.loaded = Scan(folders=found.folders, files=()), b""

    def has_changed(self) -> None:
        """Note that something may have changed."""
        self._latest = trio.current_time()
        self._first = self._latest if self._first is None else self._first
        self._called.set()

    def leave(self) -> None:
        """Have whoever waits for a change find that it is gone."""
        self.gone = True
        self._called.set()

    async def wait_changed(self) -> None:
        """Wait for changes and the end of them."""
        await self._called.wait()
        while self._first is not None:
            now = trio.current_time()
            delay = wait_for_quiet(first=self._first, latest=self._latest, now=now)
            if delay == 0 or self.gone:
                break
            await trio.sleep(delay)
        self._first, self._called = None, trio.Event()


class _Watcher:
    """Follows the plugins of a host, watches their folders, and has them reloaded."""

    def __init__(self, host: HostControl) -> None:
        self._host = host
        self._plugins: dict[str, _Plugin] = {}
        self._turns = trio.Semaphore(RELOADS_AT_ONCE)
        self._thread = trio.CapacityLimiter(1)  # not one of those that all share: it is held for ever
        self._watched: frozenset[str] = frozenset()
        self._owners: dict[str, list[tuple[_Plugin, tuple[str, ...]]]] = {}
        self._stale = trio.Event()
        self._trouble = ExtensionError("the folders of plugins cannot be watched")
        self._troubled = trio.Event()

    def __repr__(self) -> str:
        return f"<_Watcher plugins={len(self._plugins)} folders={len(self._watched)}>"

    async def run(self) -> None:
        """Work until cancelled, or until the host stops."""
        async with self._host.events() as events, trio.open_nursery() as nursery:
            for each in self._host.plugins():
                await self._take(each.id, nursery)
            nursery.start_soon(self._stop_thread_at_the_end)
            nursery.start_soon(self._keep_watching)
            await self._follow(events, nursery)
            nursery.cancel_scope.cancel()

    async def report_trouble(self) -> None:
        """Raise `ExtensionError` once when the kernel does not let folders be watched."""
        await self._troubled.wait()
        raise self._trouble

    # -- which plugins there are

    async def _follow(self, events: Subscription[Recorded | EventsMissed], nursery: trio.Nursery) -> None:
        async for told in events:
            match told:
                case EventsMissed():
                    there = [each.id for each in self._host.plugins()]
                    for plugin_id in (*there, *(self._plugins.keys() - set(there))):
                        await self._take(plugin_id, nursery)
                case Recorded(event=PluginDiscovered() | PluginReloaded() | PluginUnloaded() as event):
                    await self._take(event.plugin, nursery)

    async def _take(self, plugin_id: str, nursery: trio.Nursery) -> None:
        """Watch a plugin as it is now, or no longer."""
        known = self._plugins.get(plugin_id)
        try:
            rules = WatchRules(self._host.manifest(plugin_id))
        except PluginNotFoundError:  # unloaded, or its manifest could not be read when it was to be loaded
            if known is not None:
                del self._plugins[plugin_id]
                known.leave()
                self._compare_folders()
            return
        if known is not None and known.rules.basis == rules.basis:
            return
        plugin = known or _Plugin(plugin_id, rules)
        await plugin.take_stock(rules)
        if known is None:
            self._plugins[plugin_id] = plugin
            nursery.start_soon(self._attend, plugin)
        self._compare_folders()

    # -- one plugin

    async def _attend(self, plugin: _Plugin) -> None:
        while True:
            await plugin.wait_changed()
            if plugin.gone:
                return
            async with self._turns:
                await self._reload_if_changed(plugin)

    async def _reload_if_changed(self, plugin: _Plugin) -> None:
        rules, before = plugin.rules, plugin.seen
        found = await trio.to_thread.run_sync(scan, rules)
        contents = (
            await trio.to_thread.run_sync(digest, rules, found) if found.files != before.files else None
        )
        if plugin.rules is not rules:  # it was reloaded meanwhile
            plugin.has_changed()
            return
        plugin.seen = found
        self._compare_folders()
        if contents is None or contents == plugin.loaded or not found.has(rules.manifest_name):
            return  # without its manifest it is being replaced: there is more to come
        plugin.loaded = contents  # before the reload: what is saved while it runs is one more change
        with suppress(HostError):  # the host has told of it in an event, and the old version serves on
            await self._host.reload(plugin.id, trigger=HOT_RELOAD_TRIGGER)

    # -- the folders

    def _compare_folders(self) -> None:
        """Have the watch begun anew if other folders are to be watched than are."""
        wanted = {str(folder) for each in self._plugins.values() for folder in each.seen.folders}
        if wanted != self._watched:
            self._stale.set()

    async def _stop_thread_at_the_end(self) -> None:
        try:
            await trio.sleep_forever()
        finally:
            self._stale.set()  # the thread cannot be cancelled

    async def _keep_watching(self) -> None:
        while True:
            self._stale = trio.Event()
            owners: dict[str, list[tuple[_Plugin, tuple[str, ...]]]] = {}
            for plugin in self._plugins.values():
                for folder in plugin.seen.folders:
                    parts = folder.relative_to(plugin.rules.folder).parts
                    owners.setdefault(str(folder), []).append((plugin, parts))
            self._owners, self._watched = owners, frozenset(owners)
            if owners:
                await self._watch()
            elif self._plugins:  # their folders are gone; they may come back
                await self._sleep(POLL_INTERVAL)
                await self._look_at(self._plugins.values())
            else:
                await self._stale.wait()

    async def _watch(self) -> None:
        """Take what the kernel tells until other folders are to be watched; poll where it tells nothing."""
        changes = watch(
            *self._watched,
            watch_filter=lambda change, path: any(True for _ in self._affected(change, path)),
            debounce=2 * STEP_MS,
            step=STEP_MS,
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            stop_event=self._stale,
            raise_interrupt=False,
            recursive=False,
        )
        try:
            with closing(changes):
                await self._take_changes(changes)
        except FileNotFoundError:  # a folder has gone since it was seen
            await self._sleep(TICK_MS / 1000)
            await self._look_at(self._plugins.values())
        except _CannotWatchError as error:
            self._tell_of(error)
            while not self._stale.is_set():
                await self._sleep(POLL_INTERVAL)
                await self._look_at(self._plugins.values())

    async def _take_changes(self, changes: _Changes) -> None:
        is_new = True
        while (batch := await trio.to_thread.run_sync(_next, changes, limiter=self._thread)) is not None:
            if is_new:  # what was changed before the watch began
                await self._look_at(self._plugins.values())
                is_new = False
            for change, path in batch:
                for plugin in self._affected(change, path):
                    plugin.has_changed()
                if (
                    path in self._owners
                ):  # the kernel goes on with the folder that was there, wherever it is now
                    self._stale.set()
            gone = [each for each in self._plugins.values() if not each.seen.folders]
            if gone:
                await self._look_at(gone)

    def _affected(self, change: Change, path: str) -> Iterator[_Plugin]:
        """Yield the plugins for which a change may matter; called in the watching thread, too."""
        for plugin, _ in self._owners.get(path, ()):  # the folder itself has gone
            yield plugin
        folder, name = os.path.split(path)
        for plugin, above in self._owners.get(folder, ()):
            parts = (*above, name)
            # A folder matters when it comes or goes; what happens in it is told by its own watch.
            if plugin.rules.is_relevant(parts) or (
                change is not Change.modified and plugin.rules.enters(parts)
            ):
                yield plugin

    async def _look_at(self, plugins: Iterable[_Plugin]) -> None:
        """Find changes by looking at the files."""
        for each in await trio.to_thread.run_sync(_different, list(plugins)):
            each.has_changed()

    async def _sleep(self, seconds: float) -> None:
        with trio.move_on_after(seconds):
            await self._stale.wait()

    def _tell_of(self, error: Exception) -> None:
        bounds = ", ".join(f"fs.inotify.{path.name} is {_text_of(path)}" for path in LIMITS)
        self._trouble = ExtensionError(
            f"the folders of plugins cannot be watched: {error}; their files are looked at every {POLL_INTERVAL:g} s",
            hint=f"{bounds}: raise them with sysctl, or narrow reload.watch; a new plugin makes it try again",
        )
        self._troubled.set()


def _next(changes: _Changes) -> set[tuple[Change, str]] | None:
    """Wait for the next changes; None when the watch was stopped."""
    try:
        return next(changes, None)
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError) as error:  # watchfiles makes the second of errors that it does not know
        text, _, _ = str(error).partition(
            " (Error {"
        )  # what follows is the error once more, as Rust writes it
        raise _CannotWatchError(text) from error


def _different(plugins: list[_Plugin]) -> list[_Plugin]:
    return [each for each in plugins if scan(each.rules) != each.seen]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
