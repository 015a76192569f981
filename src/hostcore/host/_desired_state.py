"""What operators asked for: which plugins are to run, to be stopped or disabled, and with which configuration.

It outlives the host: one file, one transaction a change, on the disk before the change is acted upon. So a command is
either known after a crash or was never answered.
"""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import trio

from hostcore.errors import ConfigError, HostClosedError
from hostcore.storage import Database, Layout, Statement

LAYOUT: Final = Layout(
    what="what was asked of plugins",
    application_id=0x506F6C79,  # "Poly" in ASCII
    migrations=(
        (
            # A folder is bytes: the names of files on Linux need not be text.
            """CREATE TABLE plugin (
                id TEXT PRIMARY KEY,
                folder BLOB,
                wanted TEXT NOT NULL,
                config TEXT,
                changed_at REAL NOT NULL
            ) STRICT""",
        ),
        (
            """CREATE TABLE note (
                plugin TEXT NOT NULL,
                name TEXT NOT NULL,
                value TEXT NOT NULL,
                PRIMARY KEY (plugin, name)
            ) STRICT""",
        ),
    ),
    checked=True,
    anew="plugins then run as the configuration says",
)
"""Says what is in the file."""

_PUT: Final = (
    "INSERT INTO plugin (id, folder, wanted, config, changed_at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET folder = excluded.folder, wanted = excluded.wanted,"
    " config = excluded.config, changed_at = excluded.changed_at"
)


_PUT_NOTE: Final = (
    "INSERT INTO note (plugin, name, value) VALUES (?, ?, ?)"
    " ON CONFLICT (plugin, name) DO UPDATE SET value = excluded.value"
)


class Wanted(enum.StrEnum):
    """Says what an operator asked of a plugin."""

    RUNNING = "running"
    STOPPED = "stopped"
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedPlugin:
    """Says what was asked of one plugin, and lasts until it is unloaded.

    Attributes:
        id: the plugin's id.
        folder: where it was loaded from by a command; None: the configuration names it, or a searched folder has it.
        wanted: running, stopped or disabled.
        config: what a command laid over the manifest's configuration and the file's; None for nothing.
        changed_at: when it was asked for, seconds since the epoch.
    """

    id: str
    folder: Path | None = None
    wanted: Wanted = Wanted.RUNNING
    config: Mapping[str, Any] | None = None
    changed_at: float


_Row = tuple[str, bytes | None, str, str | None, float]


class DesiredState:
    """Holds what was asked of each plugin; without a file it forgets that with the host.

    `open` gives one with a file. Changes are made one after the other, in the order in which they were asked for. It is
    a context manager that closes it.
    """

    def __init__(self) -> None:
        self._records: dict[str, WantedPlugin] = {}
        self._notes: dict[tuple[str, str], str] = {}
        self._file: Database | None = None
        self._closed = False
        self._turn = trio.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the state in a file; makes the file, private to the user, when there is none.

        Blocks for moments, as any reading of a file.

        Raises:
            ConfigError: it is no such file, is damaged, is of a newer Polyhost, or cannot be used; it is left as it is.
        """
        state = cls()
        state._file = file = Database(path, LAYOUT)
        try:
            state._records = {record.id: record for record in _records(file)}
            state._notes = {(plugin, name): value for plugin, name, value in _notes(file)}
        except ConfigError:
            file.close()
            raise
        return state

    def __repr__(self) -> str:
        place = "memory" if self._file is None else self._file.path
        return f"<DesiredState in {place} plugins={len(self._records)}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plugins(self) -> tuple[WantedPlugin, ...]:
        """Return what was asked of each plugin, sorted by id."""
        return tuple(self._records[plugin_id] for plugin_id in sorted(self._records))

    async def put(self, record: WantedPlugin) -> None:
        """Remember what was asked of a plugin, in place of what was asked before; returns when it is on the disk.

        A caller that is cancelled while it waits for its turn has asked for nothing; from then on the change is made.

        Raises:
            StorageError: it cannot be written. What was asked before still holds, here and below.
            ConfigError: its configuration is no JSON.
            HostClosedError: it is closed.
        """
        row = _as_row(record)
        # A copy: the caller may change its own, and after a new start there are JSON's types, too.
        kept = replace(record, config=None if row[3] is None else json.loads(row[3]))

        def apply() -> None:
            self._records[record.id] = kept

        await self._change(apply, (_PUT, row))

    def noted(self, plugin_id: str, name: str) -> Any:
        """Return what an extension has noted about a plugin under its name, JSON-compatible; None for nothing."""
        text = self._notes.get((plugin_id, name))
        return None if text is None else json.loads(text)

    async def note(self, plugin_id: str, name: str, value: Any) -> None:
        """Keep what an extension notes about a plugin, in place of what it has noted before; waits and raises as `put`."""
        text = _as_json(value, plugin_id)

        def apply() -> None:
            self._notes[plugin_id, name] = text

        await self._change(apply, (_PUT_NOTE, (plugin_id, name, text)))

    async def remove(self, *plugin_ids: str, notes: bool = True) -> None:
        """Forget what was asked of plugins, if anything was, of all or of none; waits and raises as `put`.

        Args:
            plugin_ids: the plugins.
            notes: whether what was noted about them is forgotten, too.
        """

        def apply() -> None:
            for plugin_id in plugin_ids:
                self._records.pop(plugin_id, None)
            if notes:
                self._notes = {key: text for key, text in self._notes.items() if key[0] not in plugin_ids}

        those = ("IN (SELECT value FROM json_each(?))", (json.dumps(plugin_ids),))
        statements = [(f"DELETE FROM plugin WHERE id {those[0]}", those[1])]  # noqa: S608 - of ours
        if notes:
            statements.append((f"DELETE FROM note WHERE plugin {those[0]}", those[1]))  # noqa: S608 - of ours
        await self._change(apply, *statements)

    async def _change(self, apply: Callable[[], None], *statements: Statement) -> None:
        async with self._turn:
            if self._closed:
                raise HostClosedError("what was asked of plugins is not kept any more: the host has stopped")
            if self._file is not None:
                await self._file.write(*statements)
            apply()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._closed = True
        if self._file is not None:
            self._file.close()


def _records(file: Database) -> list[WantedPlugin]:
    rows = file.read("SELECT id, folder, wanted, config, changed_at FROM plugin")
    try:
        return [_as_record(row) for row in rows]
    except ValueError as error:
        raise file.damaged(f"it holds what Polyhost never wrote: {error}") from error


def _notes(file: Database) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = file.read("SELECT plugin, name, value FROM note")
    try:
        for _, _, text in rows:
            json.loads(text)
    except ValueError as error:
        raise file.damaged(f"it holds what Polyhost never wrote: {error}") from error
    return rows


def _as_json(value: Any, plugin_id: str) -> str:
    try:
        plugin_id.encode()
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"what was asked of {plugin_id!r} cannot be kept: {error}",
            hint="a configuration is JSON: objects, lists, texts, finite numbers, true, false and null",
        ) from error


def _as_row(record: WantedPlugin) -> _Row:
    config = _as_json(None if record.config is None else dict(record.config), record.id)
    folder = None if record.folder is None else os.fsencode(record.folder)
    kept = None if record.config is None else config
    return record.id, folder, record.wanted.value, kept, record.changed_at


def _as_record(row: _Row) -> WantedPlugin:
    plugin_id, folder, wanted, config, changed_at = row
    values = None if config is None else json.loads(config)
    if values is not None and not isinstance(values, dict):
        raise ValueError(f"the configuration of {plugin_id} is no object")
    return WantedPlugin(
        id=plugin_id,
        folder=None if folder is None else Path(os.fsdecode(folder)),
        wanted=Wanted(wanted),
        config=values,
        changed_at=changed_at,
    )
