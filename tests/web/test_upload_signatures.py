"""Who vouches for plugins that come as archives: signatures of them and in them, and the lock file."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import trio
from upload_support import (
    FILES,
    Api,
    digest_of,
    put,
    serving,
    zipped,
)

from hostcore.config import VerificationConfig, VerificationMode
from hostcore.host import DesiredState
from hostcore.manifest import load_manifest
from hostcore.sources import (
    ArchiveSignature,
    KeyFolder,
    Lock,
    LockEntry,
    SecretKey,
    coverage_of,
    read_folder,
    sign_archive,
    sign_contents,
)


async def test_enforce_takes_only_what_somebody_vouches_for(tmp_path: Path) -> None:
    """A signature in the folder, or an entry in the lock file; the plugin runs from a private copy then."""
    verification = VerificationConfig(mode=VerificationMode.ENFORCE)
    async with serving(tmp_path / "data", verification=verification) as api:
        refused = await api.send("upload", zipped(FILES))
        assert (refused.status_code, refused.json()["code"]) == (422, "source-refused")
        assert "the lock file has no entry for sent" in refused.json()["detail"]
        inspected = (await api.send("inspect", zipped(FILES))).json()
        assert (inspected["may_start"], inspected["verification"]["outcome"]) == (False, "unlocked")
        assert (api.left(), api.host.plugins()) == ([], ())

        key = SecretKey.generate()
        KeyFolder(api.host.config.keys_folder).trust(key.public, "release")
        folder = tmp_path / "signed"
        digest_of(FILES, folder)
        manifest = load_manifest(folder)
        contents = read_folder(folder, coverage_of(manifest))
        signature = sign_contents(key, manifest, contents)
        answer = await api.send("upload", zipped({**FILES, "plugin.minisig": signature}))
        assert answer.status_code == 201
        assert answer.json()["verification"]["signer"] == f"release ({key.id})"
        assert "/sources/sent/" in (await api.host.call("Sent.Where"))["folder"]

        lock = Lock().put("sent", LockEntry.of("1.0.0", contents))
        lock.write(api.host.config.lock_file)
        overview = (await api.client.get("/api/verification")).json()
        assert overview["keys"] == [{"name": "release", "id": key.id}]
        assert overview["pinned"] == [
            {"plugin": "sent", "version": "1.0.0", "digest": contents.digest, "files": 2}
        ]
        assert overview["plugins"]["sent"]["outcome"] == "verified"
        api.host.config.lock_file.write_text("broken")
        assert "no JSON" in (await api.client.get("/api/verification")).json()["faults"][0]


async def test_the_signature_of_an_archive_is_checked(api: Api, tmp_path: Path) -> None:
    """When it comes along it must be one by a trusted key, of this archive."""
    data = zipped(FILES)
    archive = tmp_path / "sent.zip"
    archive.write_bytes(data)
    key = SecretKey.generate()
    header = base64.b64encode(sign_archive(key, archive)).decode()
    stranger = await api.send("inspect", data, Polyhost_Signature=header)
    assert (stranger.status_code, "not trusted" in stranger.json()["detail"]) == (422, True)
    KeyFolder(api.host.config.keys_folder).trust(key.public, "release")
    good = await api.send("inspect", data, Polyhost_Signature=header)
    assert good.json()["archive_signer"] == f"release ({key.id})"
    other = await api.send("upload", zipped({**FILES, "more": b""}), Polyhost_Signature=header)
    assert "not one of this archive" in other.json()["detail"]
    assert (await api.send("upload", data, Polyhost_Signature="?")).status_code == 400
    assert (await api.send("upload", data, Polyhost_Signature="A" * 13000)).status_code == 400


async def test_the_signature_of_an_archive_counts_at_later_starts(tmp_path: Path) -> None:
    """Its files are verified at each start, also in the next run of the host, as long as the key is trusted."""
    verification = VerificationConfig(mode=VerificationMode.ENFORCE, keys=tmp_path / "keys")
    data = zipped(FILES)
    (tmp_path / "sent.zip").write_bytes(data)
    key = SecretKey.generate()
    KeyFolder(tmp_path / "keys").trust(key.public, "release")
    header = base64.b64encode(sign_archive(key, tmp_path / "sent.zip")).decode()
    with DesiredState.open(tmp_path / "host.sqlite3") as desired:
        async with serving(tmp_path / "data", verification=verification, desired=desired) as api:
            inspected = await api.send("inspect", data, Polyhost_Signature=header)
            assert inspected.json()["may_start"] is True
            answer = await api.send("upload", data, Polyhost_Signature=header)
            assert answer.status_code == 201
            found = answer.json()["verification"]
            assert found["outcome"] == "verified"
            assert found["detail"] == f"release ({key.id}) has signed the archive that these files came in"
            assert (await api.client.post("/api/plugins/sent/restart")).json()["state"] == "ready"
            folder = Path(api.host.plugin("sent").folder)
        async with serving(tmp_path / "data", verification=verification, desired=desired) as api:
            assert api.host.plugin("sent").verification.signer == f"release ({key.id})"
            # What is deleted of other uploads leaves its note alone.
            await api.send("inspect", data)
            assert api.left() == [folder.name, f"{folder.name}.signed"]
            (folder / "main.py").write_text("raise SystemExit")
            changed = await api.client.post("/api/plugins/sent/restart")
            assert changed.status_code == 502
            assert "the lock file has no entry for sent" in changed.json()["detail"]
            (folder / "main.py").write_bytes(FILES["main.py"])
            assert (await api.client.post("/api/plugins/sent/restart")).status_code == 200
            for each in (tmp_path / "keys").iterdir():
                each.unlink()
            assert (await api.client.post("/api/plugins/sent/restart")).status_code == 502
            assert (await api.client.delete("/api/plugins/sent")).status_code == 204
            await api.send("inspect", data)
            assert api.left() == []


async def test_intakes_at_once_are_independent(tmp_path: Path) -> None:
    """The same signed archive twice at once, and again and again: one is loaded, the other told so, and nobody's note is lost."""
    verification = VerificationConfig(mode=VerificationMode.ENFORCE, keys=tmp_path / "keys")
    data = zipped(FILES)
    (tmp_path / "sent.zip").write_bytes(data)
    key = SecretKey.generate()
    KeyFolder(tmp_path / "keys").trust(key.public, "release")
    header = base64.b64encode(sign_archive(key, tmp_path / "sent.zip")).decode()
    async with serving(tmp_path / "data", verification=verification) as api:
        for _ in range(3):
            codes: list[int] = []

            async def upload(codes: list[int] = codes) -> None:
                codes.append((await api.send("upload", data, Polyhost_Signature=header)).status_code)

            async with trio.open_nursery() as nursery:
                for _ in range(2):
                    nursery.start_soon(upload)
                nursery.start_soon(partial(api.send, "inspect", data, Polyhost_Signature=header))
            assert sorted(codes) == [201, 409]
            assert api.host.plugin("sent").verification.signer == f"release ({key.id})"
            await api.client.delete("/api/plugins/sent")


def test_notes_at_once_are_independent(tmp_path: Path) -> None:
    """Whoever notes a signature while others note theirs of the same files succeeds, and one of them holds."""
    digest = f"sha256:{'0' * 64}"
    (tmp_path / "uploads").mkdir(mode=0o700)
    tmp_path.chmod(0o700)

    def note(number: int) -> None:
        place = tmp_path / "uploads" / f"place-{number}"
        place.mkdir()
        for _ in range(50):
            ArchiveSignature(archive=bytes([number]), text=b"a").write(tmp_path, digest, by_way_of=place)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(note, range(4)))
    kept = ArchiveSignature.read(tmp_path, digest)
    assert kept is not None
    assert kept.archive in {bytes([number]) for number in range(4)}


async def test_a_note_of_a_signature_that_is_broken_is_told(tmp_path: Path) -> None:
    """The plugin is not started, and the reason names the file; in a data folder that is open to all it is no use."""
    verification = VerificationConfig(mode=VerificationMode.ENFORCE)
    folder = put(FILES, tmp_path / "sent")
    digest = read_folder(folder, coverage_of(load_manifest(folder))).digest.removeprefix("sha256:")
    note = tmp_path / "data" / "uploads" / f"{digest}.signed"
    note.parent.mkdir(parents=True)
    note.write_text("no JSON")
    async with serving(tmp_path / "data", plugins=(folder,), verification=verification) as api:
        plugin = api.host.plugin("sent")
        assert (plugin.state, plugin.verification.outcome) == ("failed", "refused")
        assert str(note) in plugin.reason.text
