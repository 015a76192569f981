"""A durable key-value store: the interface KeyValue on one SQLite file in the plugin's data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from store import ConflictError, Store

from polyhost_plugin import (
    FAILED_PRECONDITION,
    NOT_FOUND,
    Call,
    InvalidParamsError,
    Plugin,
    PluginError,
    StartError,
)

plugin = Plugin("kv-python", version="1.2.0")


class KeyValue:
    """Serves the methods of the interface."""

    _store: Store

    def get(self, key: str) -> dict[str, Any]:
        """Read the value of a key."""
        entry = self._store.get(_text(key=key))
        if entry is None:
            raise PluginError(
                "KeyNotFound", f'there is no key "{key}"', code=NOT_FOUND, data={"key": key}, retryable=False
            )
        return {"value": entry.value, "revision": entry.revision}

    def put(self, key: str, value: str, ifRevision: int | None = None) -> dict[str, Any]:  # noqa: N803 - its wire name
        """Write a value."""
        pair = (_text(key=key), _text(value=value))
        try:
            _, revision = self._store.put([pair], expected=ifRevision)
        except ConflictError as conflict:
            raise PluginError(
                "RevisionConflict",
                f'"{key}" has revision {conflict.revision}, not {ifRevision}',
                code=FAILED_PRECONDITION,
                data={"revision": conflict.revision},
                retryable=False,
            ) from None
        return {"revision": revision}

    def put_many(self, call: Call) -> dict[str, Any]:
        """Write all pairs of the caller's stream at once."""
        pairs = [(_text(key=item.get("key")), _text(value=item.get("value"))) for item in call.items]
        count, _ = self._store.put(pairs)
        return {"count": count}

    def delete(self, key: str) -> dict[str, Any]:
        """Remove a key."""
        return {"deleted": self._store.delete(_text(key=key))}

    def list(
        self, *, prefix: str = "", limit: int | None = None, values: bool = True
    ) -> Iterator[dict[str, Any]]:
        """Stream the entries under a prefix."""
        count = 0
        for entry in self._store.list(_text(prefix=prefix)):
            if count == limit:
                break
            count += 1
            yield entry._asdict() if values else {"key": entry.key, "revision": entry.revision}
        return {"count": count}

    def stats(self) -> dict[str, Any]:
        """Say how much is stored."""
        keys, size, revision = self._store.statistics()
        return {"keys": keys, "bytes": size, "revision": revision}


def _text(**params: Any) -> str:
    """Refuse a param that is no text: the host checks it too, unless its validation is turned off."""
    ((name, value),) = params.items()
    if not isinstance(value, str) or (name == "key" and not value):
        raise InvalidParamsError(f"{name} must be {'a non-empty' if name == 'key' else 'a'} string")
    return value


service = KeyValue()
plugin.provide("KeyValue", "1.4", service)


@plugin.on_start
def start(_: dict[str, Any], data_dir: str | None) -> None:
    """Open the store in the plugin's own folder."""
    if data_dir is None:
        raise StartError("there is no data folder; the host gives one in POLYHOST_DATA_DIR")
    service._store = Store(os.path.join(data_dir, "kv.sqlite3"))  # noqa: SLF001, PTH118 - private to keep it off the wire


@plugin.on_shutdown
def stop() -> None:
    """Close the store."""
    service._store.close()  # noqa: SLF001 - private to keep it off the wire


if __name__ == "__main__":
    plugin.run()
