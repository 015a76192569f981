"""Plugins that come as archives, over a real server: what is taken, what is refused, and that nothing runs before."""

from __future__ import annotations

import hashlib
import io
import random
import resource
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from upload_support import (
    FILES,
    GZIP,
    MANIFEST,
    TAR,
    ZIP,
    Api,
    digest_of,
    serving,
    tarred,
    zipped,
)

from hostcore.host import DesiredState


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (ZIP, zipped(FILES)),
        (TAR, tarred(FILES)),
        (GZIP, tarred(FILES, "w:gz")),
        (GZIP, tarred({f"sent-1.0.0/{name}": data for name, data in FILES.items()}, "w:gz")),
    ],
)
async def test_an_archive_is_uploaded_and_runs(api: Api, tmp_path: Path, kind: str, data: bytes) -> None:
    """It is unpacked below the data folder under its digest, loaded and started; the same again is a conflict."""
    answer = await api.send("upload", data, kind)
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/plugins/sent/info")
    assert answer.json()["state"] == "ready"
    digest = digest_of(FILES, tmp_path / "expected")
    folder = api.uploads / digest.removeprefix("sha256:")
    assert await api.host.call("Sent.Where") == {"folder": str(folder)}
    again = await api.send("upload", data, kind)
    assert (again.status_code, again.json()["code"]) == (409, "plugin-already-loaded")
    assert api.left() == [folder.name]


async def test_an_inspection_shows_what_would_follow_and_runs_nothing(api: Api) -> None:
    """What it runs, gets and needs, its hashes, and who vouches for it; nothing is kept."""
    data = zipped(FILES)
    answer = await api.send("inspect", data)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["id"], found["version"], found["runs"]) == ("sent", "1.0.0", ["python", "main.py"])
    assert (found["provides"], found["variables"]) == ({"Sent": "1.0"}, ["SECRET_TOKEN"])
    assert (found["files"], found["bytes"]) == (2, sum(map(len, FILES.values())))
    assert found["archive_sha256"] == hashlib.sha256(data).hexdigest()
    assert (found["may_start"], found["loaded_version"]) == (True, None)
    assert (api.left(), api.host.plugins()) == ([], ())
    await api.send("upload", data)
    assert (await api.send("inspect", data)).json()["loaded_version"] == "1.0.0"


async def test_a_folder_of_the_machine_can_be_inspected(api: Api, tmp_path: Path) -> None:
    """What an archive shows is shown of a folder, too, with where it is; what is not known is null."""
    folder = tmp_path / "sent"
    for name, data in FILES.items():
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    answer = await api.client.post("/api/plugins/load/inspect", json={"path": str(folder)})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["id"], found["folder"], found["runs"]) == ("sent", str(folder), ["python", "main.py"])
    assert (found["archive_sha256"], found["bytes"], found["may_start"]) == (None, None, True)
    assert api.host.plugins() == ()
    (folder / "plugin.toml").write_bytes(b"id = 1")
    refused = await api.client.post("/api/plugins/load/inspect", json={"path": str(folder / "plugin.toml")})
    assert (refused.status_code, refused.json()["code"]) == (422, "manifest-invalid")
    assert str(folder) in refused.json()["location"]


async def test_an_inspection_says_what_is_not_there_that_the_plugin_needs(api: Api) -> None:
    """Each interface and plugin that it cannot do without and the host has not, or not in a version that will do."""
    needs = b"""[requires.interfaces]
KeyValue = "^1.0"
Extra = {range = "^1.0", optional = true}
[requires.plugins]
other = ">=2.0"
sent = "^2.0"
"""
    asking = {**FILES, "plugin.toml": MANIFEST.encode().replace(b'id = "sent"', b'id = "asking"') + needs}
    await api.send("upload", zipped(FILES))
    found = (await api.send("inspect", zipped(asking))).json()
    assert found["unmet"] == [
        "it requires KeyValue ^1.0, and no plugin provides it",
        "it requires the plugin other >=2.0, and it is not loaded",
        "it requires the plugin sent ^2.0, and there is only 1.0.0",
    ]


async def test_what_is_no_plugin_is_refused_and_leaves_nothing(api: Api) -> None:
    """Bombs, ways out, links, broken archives and broken manifests: a 422 that says what, never a 500."""
    link = io.BytesIO()
    with tarfile.open(fileobj=link, mode="w") as archive:
        info = tarfile.TarInfo("evil")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    cases = {
        "no archive that is known": (b"hello", ZIP),
        "leads out": (zipped({**FILES, "../evil": b"x"}), ZIP),
        "times its size": (zipped({**FILES, "zeros": bytes(30 << 20)}), ZIP),
        "a link": (link.getvalue(), TAR),
        "there is no plugin manifest": (zipped({"README": b"x"}), ZIP),
        "is missing": (zipped({"plugin.toml": b'id = "sent"'}), ZIP),
        "must have another form": (zipped({"plugin.toml": MANIFEST.replace("sent", "S E").encode()}), ZIP),
    }
    for message, (data, kind) in cases.items():
        for route in ("upload", "inspect"):
            answer = await api.send(route, data, kind)
            problem = answer.json()
            assert (answer.status_code, message in problem["detail"]) == (422, True), problem
            assert str(api.uploads) not in answer.text
    assert (api.left(), api.host.plugins()) == ([], ())


async def test_damaged_archives_are_answered_as_documented(api: Api) -> None:
    """Bytes flipped, cut and doubled at random, the same ones each time: what is in them, or a 422; nothing is left."""
    chance = random.Random(7)
    bases = ((zipped(FILES), ZIP), (tarred(FILES), TAR), (tarred(FILES, "w:gz"), GZIP))
    statuses = set()
    for _ in range(120):
        base, kind = chance.choice(bases)
        data = bytearray(base)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        elif chance.random() < 0.2:
            data += data[: chance.randrange(len(data))]
        if not data:
            continue
        answer = await api.send("inspect", bytes(data), kind)
        statuses.add(answer.status_code)
    assert statuses <= {200, 422}
    assert (api.left(), api.host.plugins()) == ([], ())


async def test_a_plugin_that_does_not_start_stays_listed(api: Api) -> None:
    """As one that is loaded from a folder; its files stay as long as the host knows it, and go with the next archive."""
    broken = zipped({**FILES, "main.py": b"raise SystemExit(3)"})
    answer = await api.send("upload", broken)
    assert answer.json()["code"] == "handshake-failed"
    assert [each.id for each in api.host.plugins()] == ["sent"]
    assert len(api.left()) == 1
    assert (await api.client.delete("/api/plugins/sent")).status_code == 204
    assert (await api.send("upload", zipped(FILES))).status_code == 201
    assert len(api.left()) == 1


async def test_a_new_start_of_the_host_loads_what_was_uploaded(tmp_path: Path) -> None:
    """What an operator loaded stays loaded, and what a killed host was unpacking is gone after the next archive."""
    data, state = tmp_path / "data", tmp_path / "state"
    with DesiredState.open(state) as desired:
        async with serving(data, desired=desired) as api:
            await api.send("upload", zipped(FILES))
            (api.uploads / ".incoming-killed").mkdir()
    with DesiredState.open(state) as desired:
        async with serving(data, desired=desired) as api:
            assert [each.state.value for each in api.host.plugins()] == ["ready"]
            await api.send("inspect", zipped(FILES))
            assert len(api.left()) == 1


@pytest.mark.parametrize(
    ("route", "kind", "status"),
    [
        ("upload", "application/json", 415),
        ("upload", "multipart/form-data; boundary=x", 415),
        ("upload", "application/octet-stream", 415),
        ("inspect", "text/plain", 415),
        ("load", ZIP, 415),
    ],
)
async def test_archives_have_media_types_that_no_form_can_send(
    api: Api, route: str, kind: str, status: int
) -> None:
    """A page of somebody else can send texts and forms without asking; these types it cannot."""
    answer = await api.send(route, zipped(FILES), kind)
    assert (answer.status_code, answer.json()["code"]) == (status, "media-type-unsupported")


async def test_a_body_that_is_too_large_is_refused_at_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its Content-Length before a byte of it is read, else when the limit is passed."""
    head = (
        f"POST /api/plugins/upload HTTP/1.1\r\nHost: 127.0.0.1:{api.server.port}\r\n"
        f"Content-Type: {ZIP}\r\nContent-Length: {300 << 20}\r\n\r\n"
    )
    with trio.fail_after(30):
        stream = await api.server.connect()
        await stream.send_all(head.encode())
        answer = await stream.receive_some()
    assert b" 413 " in answer
    monkeypatch.setattr("hostweb_api.routes._uploads.LARGEST_ARCHIVE", 1000)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    assert (await api.send("upload", endless())).status_code == 413
    assert (await api.send("upload", b"")).status_code in {400, 415}
    assert api.left() == []


async def test_an_archive_that_the_disk_has_no_room_for(api: Api) -> None:
    """It is refused with the reason, nothing of it stays, and the next one is taken."""
    noise = {**FILES, "noise": random.Random(1).randbytes(3 * 1024 * 1024)}
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, hard))  # a file, which stands for the disk
    try:
        answer = await api.send("upload", tarred(noise), TAR)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    assert (answer.status_code, answer.json()["code"]) == (422, "source-refused")
    assert "the archive cannot be taken in: " in answer.json()["detail"]
    assert api.left() == []
    assert (await api.send("upload", tarred(noise), TAR)).status_code == 201


async def test_a_client_that_goes_away_leaves_nothing(api: Api) -> None:
    """Half an archive is deleted."""
    head = (
        f"POST /api/plugins/upload HTTP/1.1\r\nHost: 127.0.0.1:{api.server.port}\r\n"
        f"Content-Type: {ZIP}\r\nContent-Length: 100000\r\n\r\n"
    )
    with trio.fail_after(30):
        stream = await api.server.connect()
        await stream.send_all(head.encode() + b"x" * 1000)
        while not api.left():  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.01)
        await stream.aclose()
        while api.left():  # noqa: ASYNC110 - as above
            await trio.sleep(0.01)


async def test_a_client_that_falls_silent_is_not_waited_for(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep others from sending: without a byte for a while the request is over, and nothing is left."""
    monkeypatch.setattr("hostweb_api.intake._receive.BODY_TIMEOUT", 0.2)
    head = (
        f"POST /api/plugins/upload HTTP/1.1\r\nHost: 127.0.0.1:{api.server.port}\r\n"
        f"Content-Type: {ZIP}\r\nContent-Length: 100000\r\n\r\n"
    )
    with trio.fail_after(30):
        stream = await api.server.connect()
        await stream.send_all(head.encode() + b"x" * 1000)
        assert b" 408 " in await stream.receive_some()
    assert api.left() == []
