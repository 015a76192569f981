"""Plugins that come as archives, over a real server: what is taken, what is refused, and that nothing runs before."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import ipaddress
import random
import resource
import socket
import ssl
import tarfile
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from openapi_support import check_answer
from web_support import Server, run_server

from hostcore.config import HostConfig, SourcesConfig, VerificationConfig, VerificationMode
from hostcore.errors import SourceError
from hostcore.host import DesiredState, Host, open_host
from hostcore.manifest import load_manifest
from hostcore.sources import (
    ArchiveSignature,
    KeyFolder,
    Lock,
    LockEntry,
    SecretKey,
    coverage_of,
    read_folder,
    remove_tree,
    sign_archive,
    sign_contents,
)
from hostweb_api.intake import _fetch
from hostweb_api.intake._fetch import check_url, fetch

MANIFEST = """
id = "sent"
version = "1.0.0"
description = "Came from afar"
runtime = "python"
entry = "main.py"
[provides]
Sent = "1.0"
[env]
pass = ["SECRET_TOKEN"]
"""
PROGRAM = """
from pathlib import Path
from polyhost_plugin import Plugin


plugin = Plugin("sent", version="1.0.0")

@plugin.method("Sent.Where")
def where() -> dict:
    return {"folder": str(Path.cwd())}

plugin.run()
"""
FILES = {"plugin.toml": MANIFEST.encode(), "main.py": PROGRAM.encode()}
ZIP, GZIP, TAR = "application/zip", "application/gzip", "application/x-tar"


def zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload] # one of two
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


class Api:
    """Is a served host, and a client of it."""

    def __init__(self, host: Host, server: Server, client: httpx.AsyncClient) -> None:
        self.host = host
        self.server = server
        self.client = client
        self.uploads = host.data / "uploads"

    async def send(self, route: str, data: Any, kind: str = ZIP, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(
            f"/api/plugins/{route}", content=data, headers={"Content-Type": kind, **named}
        )

    def left(self) -> list[str]:
        return sorted(each.name for each in self.uploads.iterdir()) if self.uploads.exists() else []


@asynccontextmanager
async def serving(data: Path, *, desired: DesiredState | None = None, **config: Any) -> AsyncIterator[Api]:
    try:
        async with (
            open_host(HostConfig(data=data, **config), desired=desired) as host,
            run_server(host, grace=10.0) as server,
            httpx.AsyncClient(
                base_url=server.url, timeout=30, event_hooks={"response": [check_answer]}
            ) as client,
        ):
            yield Api(host, server, client)
    finally:
        remove_tree(data / "sources")


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path / "data") as api:
        yield api


def digest_of(files: Mapping[str, bytes], folder: Path) -> str:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return read_folder(folder, coverage_of(load_manifest(folder))).digest


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


# -- by address

Answers = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def web(answers: Mapping[str, Answers], certificate: Path | None = None) -> Iterator[str]:
    """Serve answers by path on this machine, and give the address to begin with."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers[self.path](self)

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"{'http' if certificate is None else 'https'}://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(path: Path) -> Path:
    """Write a certificate for 127.0.0.1 that is its own authority, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(pem) + secret)
    return path


def sends(data: bytes, *, length: int | None = None, status: int = 200) -> Answers:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        request.end_headers()
        request.wfile.write(data)

    return answer


def leads_to(address: str) -> Answers:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", address)
        request.end_headers()

    return answer


async def test_an_archive_is_fetched_from_an_allowed_address(tmp_path: Path) -> None:
    """Also over a redirect below what is allowed; its hash is held to the one that was asked for."""
    data = tarred(FILES, "w:gz")
    answers = {
        "/plugins/sent.tar.gz": sends(data),
        "/plugins/latest?x=1": leads_to("sent.tar.gz"),
        "/plugins/out": leads_to("/elsewhere/sent.tar.gz"),
        "/plugins/round": leads_to("/plugins/round"),
        "/plugins/far": leads_to("http://169.254.169.254/latest/"),
        "/plugins/gone": sends(b"", status=404),
        "/plugins/short": sends(data[:100], length=len(data)),
    }
    with web(answers) as address:
        async with serving(tmp_path / "data", sources=SourcesConfig(allow=(f"{address}plugins/",))) as api:

            async def load(path: str, **more: str) -> tuple[int, str]:
                body = {"url": path if "://" in path else address + path, **more}
                answer = await api.client.post("/api/plugins/load", json=body)
                return answer.status_code, answer.json().get("detail", "")

            for path, message in {
                "elsewhere/sent.tar.gz": "may not be fetched",
                "plugins/../elsewhere/sent.tar.gz": "no address",
                "plugins/%2e%2e/elsewhere/sent.tar.gz": "no address",
                "plugins/out": "may not be fetched",
                "plugins/far": "may not be fetched",
                "plugins/round": "more than 3 redirects",
                "plugins/gone": "answers with 404",
                "plugins/short": "ended too early",
                "https://example.com/": "may not be fetched",
                "file:///etc/passwd": "no address",
            }.items():
                status, detail = await load(path)
                assert (status, message in detail) == (422, True), (path, detail)
            assert (await load("plugins/sent.tar.gz", sha256="0" * 64))[0] == 422
            assert (api.left(), api.host.plugins()) == ([], ())
            good = hashlib.sha256(data).hexdigest()
            assert await load("plugins/latest?x=1", sha256=good.upper()) == (201, "")
            assert len(api.left()) == 1


async def test_nothing_is_fetched_unless_it_is_allowed(api: Api) -> None:
    """By default no address is; the hint says who can change that. A body names a path or an address, not both."""
    answer = await api.client.post("/api/plugins/load", json={"url": "https://example.com/a.zip"})
    assert (answer.status_code, answer.json()["hint"]) == (
        422,
        "allowed is nothing; who runs the host can add to it: `allow` under [sources] in polyhost.toml",
    )
    for body in ({}, {"path": "a", "url": "https://example.com/a"}, {"path": "a", "sha256": "0" * 64}):
        answer = await api.client.post("/api/plugins/load", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "body-invalid")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/plugins/a",
        "ftp://example.com/plugins/a",
        "https:///plugins/a",
        "https://user@example.com/plugins/a",
        "https://example.com@evil.example/plugins/a",
        "https://example.com/plugins/a#b",
        "https://example.com/plugins/../a",
        "https://example.com/plugins/%2E%2e/a",
        "https://example.com/plugins/%252e%252e/a",
        "https://example.com/plugins/..%2fa",
        "https://example.com/plugins/..%5ca",
        "https://example.com/plugins//a",
        "https://example.com/plugins/a b",
        "https://example.com/plugins/a\r\nHost: x",
        "https://example.com\\@evil.example/plugins/a",
        "https://example.com:0/plugins/a",
        "https://example.com:99999/plugins/a",
        "https://ex\u0430mple.com/plugins/a",
        "https://example.com/plugins/" + "a" * 3000,
        "http://example.com/plugins/a",
        "https://example.com.evil.example/plugins/a",
        "https://example.com:444/plugins/a",
        "https://example.com/plugins",
        "https://example.com/plugins-evil/a",
    ],
)
def test_no_spelling_leads_past_what_is_allowed(url: str) -> None:
    """Whoever parses addresses otherwise, the server that is asked must be the one that was allowed."""
    with pytest.raises(SourceError):
        check_url(url, ("https://example.com/plugins/",))
    check_url("https://EXAMPLE.com/plugins/a/b-1.0.tar.gz?token=x", ("https://example.com/plugins/",))


async def test_a_fetch_ends_when_the_server_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit of the whole and one of silence: neither a mute server nor a dripping one holds it for ever."""

    def drips(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x")
                threading.Event().wait(0.05)
        except OSError:
            return

    monkeypatch.setattr(_fetch, "FETCH_SECONDS", 0.5)
    complaint = pytest.raises(SourceError, match=r"took longer than 0\.5 s")
    with web({"/drips": drips}) as address, trio.fail_after(30), complaint:
        await fetch(address + "drips", tmp_path / "a", allowed=(address,), limit=10**9)
    monkeypatch.setattr(_fetch, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(_fetch, "FETCH_SECONDS", 30)
    with socket.create_server(("127.0.0.1", 0)) as mute, trio.fail_after(30):
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        with pytest.raises(SourceError, match="timed out"):
            await fetch(address, tmp_path / "b", allowed=(address,), limit=10**9)


async def test_a_server_has_to_show_a_certificate_that_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that this machine trusts; a stranger's in between is refused."""
    trusted, stranger = make_certificate(tmp_path / "trusted"), make_certificate(tmp_path / "stranger")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    for certificate in (trusted, stranger):
        with web({"/a": sends(b"data")}, certificate) as address, trio.fail_after(30):
            fetching = fetch(
                address + "a", tmp_path / f"{certificate.name}.a", allowed=(address,), limit=10**6
            )
            if certificate == trusted:
                await fetching
            else:
                with pytest.raises(SourceError, match="certificate verify failed"):
                    await fetching
    assert (tmp_path / "trusted.a").read_bytes() == b"data"


async def test_no_more_is_fetched_than_allowed(tmp_path: Path) -> None:
    """By what the server says of the length, and by what comes."""

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(bytes(65536))
        except OSError:
            return

    with web({"/says": sends(b"", length=10**9), "/endless": endless}) as address:
        for index, path in enumerate(("says", "endless")):
            with pytest.raises(SourceError, match="larger than 1 MiB"):
                await fetch(address + path, tmp_path / str(index), allowed=(address,), limit=1 << 20)


# -- a new version in the place of one that is loaded


def version(number: str, program: str = PROGRAM) -> dict[str, bytes]:
    """Return the files of a version of the plugin."""
    files = {"plugin.toml": MANIFEST, "main.py": program}
    return {name: text.replace("1.0.0", number).encode() for name, text in files.items()}


def put(files: Mapping[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


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
        await trio.sleep(0.1)
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
