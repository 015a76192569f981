"""Notes in Markdown: a plugin that has no data and no renderer of its own, and calls others for both."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Any

from polyhost_plugin import ABORTED, NOT_FOUND, UNAVAILABLE, HostCallError, Plugin, PluginError

STORE = "kv-python"
PREFIX = "notes/"
TITLES = "notes"
"""The key with the titles of all notes, as a JSON list: what calls the host gets answers, and no streams."""

ATTEMPTS = 20
"""So often somebody else may have changed the titles first: far more than there are writers at the same moment."""

plugin = Plugin("notes-python", version="1.0.0")


class Notes:
    """Serves the methods of the interface."""

    def write(self, title: str, markdown: str) -> dict[str, Any]:
        """Keep a note, in place of an older one."""
        kept = _store("Put", key=PREFIX + title, value=markdown)
        _change_titles(lambda titles: titles | {title})
        return {"revision": kept["revision"], "words": _count_words(markdown)}

    def page(self, title: str) -> dict[str, Any]:
        """Show a note as HTML."""
        kept = _find(PREFIX + title)
        if kept is None:
            raise PluginError(
                "NoteNotFound",
                f'there is no note "{title}"',
                code=NOT_FOUND,
                data={"title": title},
                retryable=False,
            )
        return {"html": f"<h1>{escape(title)}</h1>\n{_render(kept['value'])}", "revision": kept["revision"]}

    def list(self) -> dict[str, Any]:
        """Name all notes."""
        return {"titles": sorted(_titles()[0])}

    def remove(self, title: str) -> dict[str, Any]:
        """Forget a note."""
        _change_titles(lambda titles: titles - {title})
        return _store("Delete", key=PREFIX + title)


def _store(method: str, **params: Any) -> dict[str, Any]:
    return plugin.host.call(f"KeyValue.{method}", params, plugin=STORE)


def _find(key: str) -> dict[str, Any] | None:
    try:
        return _store("Get", key=key)
    except HostCallError as error:
        if error.name != "KeyNotFound":
            raise
        return None


def _titles() -> tuple[set[str], int]:
    """Return the titles, and the revision at which they were read; 0 before the first note."""
    kept = _find(TITLES)
    return (set(), 0) if kept is None else (set(json.loads(kept["value"])), kept["revision"])


def _change_titles(change: Callable[[set[str]], set[str]]) -> None:
    """Change the titles, anew when somebody else was faster: no change is lost, and nobody waits for a lock."""
    for _ in range(ATTEMPTS):
        titles, revision = _titles()
        if change(titles) == titles:
            return
        try:
            _store("Put", key=TITLES, value=json.dumps(sorted(change(titles))), ifRevision=revision)
        except HostCallError as error:
            if error.name != "RevisionConflict":
                raise
        else:
            return
    raise PluginError(None, "too many notes are being written at once", code=ABORTED, retryable=True)


def _tools(method: str, **params: Any) -> dict[str, Any] | None:
    """Call the text tools; None while nobody provides them."""
    try:
        return plugin.host.call(f"TextTools.{method}", params)
    except HostCallError as error:
        if error.code != UNAVAILABLE:
            raise
        return None


def _render(markdown: str) -> str:
    made = _tools("ToHtml", markdown=markdown)
    return f"<pre>{escape(markdown)}</pre>\n" if made is None else str(made["html"])


def _count_words(text: str) -> int:
    counted = _tools("Statistics", text=text)
    return len(text.split()) if counted is None else int(counted["words"])


plugin.provide("Notes", "1.0", Notes())

if __name__ == "__main__":
    plugin.run()
