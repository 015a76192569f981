"""New versions that come in the place of a plugin that is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from upload_support import (
    FILES,
    Api,
    put,
    serving,
    version,
    zipped,
)

from hostcore.config import HostConfig
from hostcore.host import DesiredState, open_host


async def test_an_upload_replaces_a_version_without_losing_a_call(api: Api) -> None:
    """Calls that come all the while are answered by the one or the other; what it was asked for stays."""
    await api.send("upload", zipped(version("1.0.0")))
    first = api.host.plugin("sent")
    refused = await api.send("upload", zipped(version("2.0.0")))
    assert (refused.status_code, refused.json()["code"]) == (409, "plugin-already-loaded")
    assert "replace" in refused.json()["hint"]
    assert (await api.send("inspect", zipped(version("2.0.0")))).json()["loaded_version"] == "1.0.0"
    answered: list[str] = []
    async with trio.open_nursery() as nursery:

        async def call() -> None:
            while True:
                answered.append((await api.host.call("Sent.Where"))["folder"])

        for _ in range(4):
            nursery.start_soon(call)
        taken = await api.send("upload?replace=true", zipped(version("2.0.0")))
        assert taken.status_code == 200
        with trio.fail_after(30):
            while answered[-8:] != [taken.json()["folder"]] * 8:  # noqa: ASYNC110 - nobody tells of it
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    plugin = taken.json()
    assert (plugin["version"], plugin["state"], len(set(answered))) == ("2.0.0", "ready", 2)
    assert plugin["folder"] != first.folder
    assert answered[-1] == plugin["folder"]
    # The old process may have had calls to finish.
    assert sorted(api.left()) == sorted(Path(each).name for each in (first.folder, plugin["folder"]))
    for number in ("3.0.0", "4.0.0"):
        assert (await api.send("upload?replace=true", zipped(version(number)))).status_code == 200
    assert len(api.left()) == 3


@pytest.mark.parametrize("way", ["path", "upload"])
async def test_a_manifest_that_cannot_be_read_is_told(api: Api, tmp_path: Path, way: str) -> None:
    """The problem names the file and the line; nothing of it is listed or kept."""
    files = {**FILES, "plugin.toml": b'id = "sent"\nversion = 1\n'}
    if way == "path":
        path = {"path": str(put(files, tmp_path / "sent"))}
        answer = await api.client.post("/api/plugins/load", json=path)
    else:
        answer = await api.send("upload", zipped(files))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "manifest-invalid")
    assert problem["location"].endswith("plugin.toml:2, version")
    assert (api.host.plugins(), api.left()) == ((), [])


async def test_without_a_version_that_is_there_it_is_loaded(api: Api, tmp_path: Path) -> None:
    """`replace` is what somebody says who wants this version, whatever there is; a folder can take a place, too."""
    answer = await api.send("upload?replace=true", zipped(version("1.0.0")))
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/plugins/sent/info")
    folder = put(version("2.0.0"), tmp_path / "second")
    body = {"path": str(folder), "replace": True}
    answer = await api.client.post("/api/plugins/load", json=body)
    assert (answer.status_code, answer.json()["version"]) == (200, "2.0.0")
    assert await api.host.call("Sent.Where") == {"folder": str(folder)}


async def test_a_version_that_does_not_start_replaces_nothing(tmp_path: Path) -> None:
    """The one before serves on, in the next run of the host, too, and nothing of the new one is kept."""
    with DesiredState.open(tmp_path / "host.sqlite3") as desired:
        async with serving(tmp_path / "data", desired=desired) as api:
            await api.send("upload", zipped(version("1.0.0")))
            before = api.host.plugin("sent")
            broken = zipped(version("2.0.0", "raise SystemExit(3)"))
            answer = await api.send("upload?replace=true", broken)
            assert (answer.status_code, answer.json()["code"]) == (409, "reload-failed")
            after = api.host.plugin("sent")
            assert (after.version, after.pid, after.folder) == ("1.0.0", before.pid, before.folder)
            assert api.left() == [Path(before.folder).name]
        async with serving(tmp_path / "data", desired=desired) as api:
            assert await api.host.call("Sent.Where") == {"folder": before.folder}


async def test_a_version_in_the_place_of_one_that_the_configuration_names(tmp_path: Path) -> None:
    """It holds over a new start and a new reading of the configuration, until it is unloaded."""
    named = put(version("1.0.0"), tmp_path / "named")
    with DesiredState.open(tmp_path / "host.sqlite3") as desired:
        async with serving(tmp_path / "data", plugins=(named,), desired=desired) as api:
            assert (await api.send("upload?replace=true", zipped(version("2.0.0")))).status_code == 200
    with DesiredState.open(tmp_path / "host.sqlite3") as desired:
        config = HostConfig(data=tmp_path / "data", plugins=(named,))
        async with open_host(config, desired=desired, reread=lambda: config) as host:
            assert [(each.id, each.version) for each in host.plugins()] == [("sent", "2.0.0")]
            change = await host.reload_config()
            assert (change.loaded, change.unloaded, dict(change.failed)) == ((), (), {})
            await host.unload("sent")
            assert (await host.reload_config()).loaded == ("sent",)
            assert host.plugin("sent").version == "1.0.0"
