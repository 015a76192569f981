"""The plugin that lives of others, with those others in a host."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from conftest import PLUGINS
from hostcore import Host, HostConfig, open_host
from hostcore.errors import CallFailedError
from hostcore.snapshots import PluginState

NOTES = "notes-python"


def config(data: Path, *names: str) -> HostConfig:
    return HostConfig(data=data, plugins=tuple(PLUGINS / name for name in names))


async def titles(host: Host) -> list[str]:
    found: list[str] = (await host.call("Notes.List"))["titles"]
    return found


async def test_notes_are_kept_and_rendered_by_others(tmp_path: Path) -> None:
    """A note is written into the store, and its page made by the text tools, by calls through the host."""
    async with open_host(config(tmp_path, NOTES, "text-node", "kv-python")) as host:
        assert [host.plugin(each).state for each in (NOTES, "text-node")] == [PluginState.READY] * 2
        written = await host.call("Notes.Write", {"title": "a<b", "markdown": "*two* words"})
        assert written["words"] == 2
        page = await host.call("Notes.Page", {"title": "a<b"})
        assert page["html"] == "<h1>a&lt;b</h1>\n<p><em>two</em> words</p>\n"
        assert page["revision"] == written["revision"]
        stored = await host.call("KeyValue.Get", {"key": "notes/a<b"}, plugin="kv-python")
        assert stored["value"] == "*two* words"
        assert await titles(host) == ["a<b"]
        assert await host.call("Notes.Remove", {"title": "a<b"}) == {"deleted": True}
        with pytest.raises(CallFailedError) as caught:
            await host.call("Notes.Page", {"title": "a<b"})
        assert (caught.value.name, caught.value.data) == ("NoteNotFound", {"title": "a<b"})


async def test_without_text_tools_notes_are_shown_as_they_are(tmp_path: Path) -> None:
    """What is optional may be missing: a page has the text, and words are what blanks part."""
    async with open_host(config(tmp_path, "kv-python", NOTES)) as host:
        assert (await host.call("Notes.Write", {"title": "t", "markdown": "*two* <b>"}))["words"] == 2
        html = (await host.call("Notes.Page", {"title": "t"}))["html"]
        assert html == "<h1>t</h1>\n<pre>*two* &lt;b&gt;</pre>\n"


async def test_without_the_store_it_waits(tmp_path: Path) -> None:
    """It cannot run without the store; loaded later, that lets it start."""
    async with open_host(config(tmp_path, NOTES)) as host:
        assert host.plugin(NOTES).state is not PluginState.READY
        await host.load(PLUGINS / "kv-python")
        assert host.dependents("kv-python") == (NOTES,)
        with trio.fail_after(30):
            while host.plugin(NOTES).state is not PluginState.READY:  # noqa: ASYNC110 - nobody tells of it
                await trio.sleep(0.02)
        assert await titles(host) == []


async def test_notes_that_are_written_at_once_are_all_listed(tmp_path: Path) -> None:
    """Who changes the list of titles second reads it again: no title is lost."""
    names = [f"note {number}" for number in range(8)]
    async with open_host(config(tmp_path, "kv-python", NOTES)) as host:
        async with trio.open_nursery() as nursery:
            for name in names:
                nursery.start_soon(host.call, "Notes.Write", {"title": name, "markdown": "x"})
        assert await titles(host) == names
        await host.call("Notes.Remove", {"title": names[0]})
        assert await titles(host) == names[1:]
