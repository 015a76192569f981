"""The audit trail: what is kept, of whom, for how long, and that nobody waits for it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from scripted_host import ScriptedHost
from web_support import run_server

from hostcore.errors import ConfigError
from hostcore.storage import Database
from hostweb_api import Access, ApiSettings, AuditRecord, AuditTrail, Outcome, Scope
from hostweb_api.security import _audit
from hostweb_api.security._audit_file import LAYOUT, AuditFilter

EVERYTHING = AuditFilter()


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.sqlite3"


@pytest.fixture
def trail(path: Path, clock: Clock):
    with AuditTrail.open(path, days=2, megabytes=1, clock=clock) as trail:
        yield trail


def record(**facts: Any) -> AuditRecord:
    wanted = {
        "at": 1_800_000_000.0,
        "outcome": Outcome.DONE,
        "caller": "ci",
        "kind": "token",
        "address": "10.0.0.1",
    }
    return AuditRecord(**{**wanted, **facts})


# -- the trail itself


async def test_records_are_found(trail: AuditTrail) -> None:
    """What was noted is found at once, the newest first, by each of its members, a part at a time."""
    for number in range(5):
        trail.note(record(operation="stopPlugin", target=f"kv-{number}", at=1_800_000_000.0 + number))
    trail.note(record(outcome=Outcome.REFUSED, caller="nobody", kind="nobody", address="10.0.0.2"))
    found = await trail.find(EVERYTHING, limit=10)
    assert [each.target for each in found] == ["", "kv-4", "kv-3", "kv-2", "kv-1", "kv-0"]
    following = await trail.find(AuditFilter(before=found[1].id), limit=2)
    assert [each.target for each in following] == ["kv-3", "kv-2"]
    for wanted, expected in (
        (AuditFilter(outcome="refused"), [""]),
        (AuditFilter(caller="nobody"), [""]),
        (AuditFilter(address="10.0.0.2"), [""]),
        (AuditFilter(target="v-3"), ["kv-3"]),
        (AuditFilter(target="%"), []),
        (AuditFilter(operation="stopPlugin", since=1_800_000_003.0), ["kv-4", "kv-3"]),
        (AuditFilter(until=1_800_000_000.0, outcome="done"), ["kv-0"]),
    ):
        assert [each.target for each in await trail.find(wanted, limit=10)] == expected


async def test_calls_are_left_out(trail: AuditTrail) -> None:
    """Calls that were made are found alone, or not at all; a refused one is a refusal like any other."""
    trail.note(record(operation="stopPlugin", target="kv"))
    trail.note(record(operation="callPlugin", target="kv KeyValue.Put"))
    trail.note(record(operation="callPlugin", target="kv KeyValue.Get", outcome=Outcome.REFUSED))
    for calls, expected in (
        (True, ["kv KeyValue.Put"]),
        (False, ["kv KeyValue.Get", "kv"]),
        (None, ["kv KeyValue.Get", "kv KeyValue.Put", "kv"]),
    ):
        assert [each.target for each in await trail.find(AuditFilter(calls=calls), limit=10)] == expected


async def test_records_outlive_the_server(path: Path, clock: Clock) -> None:
    """What was noted is in the file, also when the writer is cancelled a moment later."""
    with AuditTrail.open(path, days=1, megabytes=1, clock=clock) as trail:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trail.run)
            trail.note(record(target="a"))
            nursery.cancel_scope.cancel()
    with AuditTrail.open(path, days=1, megabytes=1, clock=clock) as trail:
        assert [each.target for each in await trail.find(EVERYTHING, limit=10)] == ["a"]


async def test_a_file_of_an_older_version_is_taken_over(path: Path) -> None:
    """Records from before calls named their own record are there, and further ones come to them."""
    old = replace(LAYOUT, migrations=LAYOUT.migrations[:1])
    database = Database(path, old)
    database.write_now(
        [
            (
                "INSERT INTO record VALUES (1, 5, 'done', 'ci', 'token', '', 'a', 'stopPlugin', 'kv', '', '', 0, '', '', 9)",
                (),
            )
        ]
    )
    database.close()
    with AuditTrail.open(path, days=100_000, megabytes=1, clock=lambda: 10.0) as trail:
        trail.note(record(target="kv KeyValue.Put", call=1_760_000_000_000_001))
        found = await trail.find(EVERYTHING, limit=10)
        assert [(each.target, each.call) for each in found] == [
            ("kv KeyValue.Put", 1_760_000_000_000_001),
            ("kv", None),
        ]


async def test_old_records_go(trail: AuditTrail, clock: Clock) -> None:
    """A record is kept for its days; it goes when others come."""
    trail.note(record(target="old"))
    await trail.flush()
    clock.now += 2 * 86400 + 1
    trail.note(record(target="new", at=clock.now))
    assert [each.target for each in await trail.find(EVERYTHING, limit=10)] == ["new"]


async def test_the_size_is_bounded(trail: AuditTrail, path) -> None:
    """The oldest records go when all have more than their size; refusals cannot push out changes."""
    trail.note(record(target="first change"))
    for number in range(3):
        for index in range(400):
            trail.note(record(target="x" * 1000 + f" {number}-{index}"))
        await trail.flush()
    kept = await trail.find(EVERYTHING, limit=10_000)
    assert 600 < len(kept) < 900
    assert kept[0].target.endswith(" 2-399")
    assert kept[-1].target != "first change"
    assert path.stat().st_size < 3_000_000


async def test_refusals_have_a_share(trail: AuditTrail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is refused again and again pushes out other refusals only."""
    monkeypatch.setattr(_audit, "REFUSALS_A_MINUTE", 10**6)
    trail.note(record(target="change"))
    for _ in range(5):
        for _ in range(200):
            trail.note(record(outcome=Outcome.REFUSED, path="/" + "x" * 1000))
        await trail.flush()
    kept = await trail.find(EVERYTHING, limit=10_000)
    assert kept[-1].target == "change"
    assert len(kept) < 260


async def test_a_flood_of_refusals_is_counted(trail: AuditTrail, clock: Clock) -> None:
    """Only so many are kept in a minute; changes are not affected, and the next minute has its own."""
    for _ in range(_audit.REFUSALS_A_MINUTE + 7):
        trail.note(record(outcome=Outcome.REFUSED))
    trail.note(record())
    assert trail.dropped == 7
    clock.now += 61
    trail.note(record(outcome=Outcome.REFUSED))
    assert len(await trail.find(EVERYTHING, limit=1000)) == _audit.REFUSALS_A_MINUTE + 2


async def test_memory_is_bounded(trail: AuditTrail, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing can be written, what waits is bounded, and what is dropped is counted."""
    monkeypatch.setattr(_audit, "MAX_QUEUED", 100)
    for _ in range(150):
        trail.note(record())
    assert trail.dropped == 50


async def test_a_disk_that_fails(trail: AuditTrail, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Records that cannot be written wait, and the log says so once; then they are written in their order."""
    trail.note(record(target="first"))
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("ALTER TABLE record RENAME TO elsewhere")
        await trail.flush()
        trail.note(record(target="second"))
        await trail.flush()
        other.execute("ALTER TABLE elsewhere RENAME TO record")
    await trail.flush()
    assert trail.dropped == 0
    assert [each.target for each in await trail.find(EVERYTHING, limit=10)] == ["second", "first"]
    told = [each.getMessage().partition(";")[0] for each in caplog.records]
    assert told == ["The audit trail cannot be written", "The audit trail is written again"]


async def test_a_file_that_is_held(
    trail: AuditTrail, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While another program holds it, as many records wait as may, readers do not, and what fits is written then."""
    monkeypatch.setattr(_audit, "MAX_QUEUED", 3)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(2):
            trail.note(record(target=str(number)))
            await trail.flush(patience=0.01)
        for number in range(2, 5):
            trail.note(record(target=str(number)))
        assert await trail.find(EVERYTHING, limit=10) == []
        other.execute("ROLLBACK")
    await trail.flush()
    assert [each.target for each in await trail.find(EVERYTHING, limit=10)] == ["2", "1", "0"]
    assert trail.dropped == 2
    assert "records lost since the server was started: 2" in caplog.text


async def test_a_file_that_is_held_to_the_end(
    trail: AuditTrail, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When the server ends meanwhile, the log says how much is lost."""
    monkeypatch.setattr(_audit, "BUSY_SECONDS", 0.01)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        trail.note(record())
        with trio.move_on_after(0):
            await trail.run()
        other.execute("ROLLBACK")
    assert trail.dropped == 1
    assert "The audit trail was not written; records that are lost: 1; " in caplog.text


def test_a_file_of_another_program_is_left(path: Path) -> None:
    """It is refused with its place."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    with pytest.raises(ConfigError, match="audit trail") as refused:
        AuditTrail.open(path, days=1, megabytes=1)
    assert refused.value.location == str(path)


# -- over HTTP


@pytest.fixture
async def client(scripted: ScriptedHost, path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a server with an audit trail, with an administrator's token."""
    access = Access()
    _, token = await access.create_token(name="boss", scope=Scope.ADMIN, lifetime=None, created_by="test")
    _, weak = await access.create_token(name="guest", scope=Scope.VIEWER, lifetime=None, created_by="test")
    with AuditTrail.open(path, days=1, megabytes=1) as audit:
        async with run_server(
            scripted, settings=ApiSettings(require_token=True), access=access, audit=audit
        ) as server:
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20) as client:
                client.weak = {"Authorization": f"Bearer {weak}"}
                yield client


async def shown(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/audit", params=query)
    assert answer.status_code == 200
    return answer.json()["records"]


async def test_changes_and_refusals_are_kept(client: httpx.AsyncClient) -> None:
    """Each change has who, what, to what, from where and how it ended; refusals are there, reads are not."""
    await client.get("/api/plugins")
    await client.post("/api/plugins/demo/call", json={"method": "Demo.Echo"})
    await client.post("/api/plugins/demo/stop", headers={"X-Request-Id": "mine-1"})
    await client.post("/api/plugins/nobody/start")
    await client.post("/api/plugins/load", json={"path": "/some/folder"})
    await client.post("/api/plugins/demo/stop", headers=client.weak)
    await client.get("/api/tokens", headers=client.weak)
    await client.get("/api/plugins", headers={"Authorization": "Bearer polyhost_x"})
    await client.get("/api/plugins", headers={"Origin": "http://evil.example"})
    found = (await shown(client))[::-1]
    facts = [
        (each["caller"], each["operation"], each["target"], each["outcome"], each["problem"])
        for each in found
    ]
    assert facts == [
        ("boss", "callPlugin", "demo Demo.Echo", "failed", "method-not-found"),
        ("boss", "stopPlugin", "demo", "done", ""),
        ("boss", "startPlugin", "nobody", "failed", "plugin-not-found"),
        ("boss", "loadPlugin", "/some/folder", facts[3][3], facts[3][4]),
        ("guest", "stopPlugin", "demo", "refused", "scope-insufficient"),
        ("guest", "listTokens", "", "refused", "scope-insufficient"),
        ("nobody", "", "", "refused", "token-invalid"),
        ("nobody", "", "", "refused", "origin-refused"),
    ]
    first = found[1]
    assert first["request_id"] == "mine-1"
    assert (first["kind"], first["address"], first["status"]) == ("token", "127.0.0.1", 200)
    assert (first["method"], first["path"]) == ("POST", "/api/plugins/demo/stop")
    assert len(first["token_id"]) == 8


async def test_signing_in_is_kept(client: httpx.AsyncClient) -> None:
    """Who has signed in is named by their token, from then on also in what the session does; failures are there, too."""
    token = client.headers.pop("Authorization").removeprefix("Bearer ")
    origin = {"Origin": str(client.base_url).rstrip("/")}
    await client.post("/api/session", json={"token": "polyhost_x"}, headers=origin)
    await client.post("/api/session", json={"token": token}, headers=origin)
    await client.post("/api/plugins/demo/stop", headers=origin)
    found = (await shown(client))[::-1]
    assert [(each["caller"], each["kind"], each["operation"], each["outcome"]) for each in found] == [
        ("nobody", "nobody", "signIn", "refused"),
        ("boss", "session", "signIn", "done"),
        ("boss", "session", "stopPlugin", "done"),
    ]
    assert token not in str(found)


async def test_pages_of_the_trail(client: httpx.AsyncClient) -> None:
    """A cursor leads from page to page up to the end; filters hold."""
    for _ in range(5):
        await client.post("/api/plugins/demo/stop")
    first = (await client.get("/api/audit", params={"limit": 3})).json()
    assert len(first["records"]) == 3
    rest = (await client.get("/api/audit", params={"limit": 3, "before": first["next"]})).json()
    assert (len(rest["records"]), rest["next"], rest["dropped"]) == (2, None, 0)
    assert len(await shown(client, operation="stopPlugin", caller="boss", target="dem")) == 5
    assert await shown(client, caller="nobody") == []
    for wrong in ({"limit": 0}, {"limit": 1001}, {"outcome": "good"}, {"since": "NaN"}, {"before": 2**63}):
        assert (await client.get("/api/audit", params=wrong)).status_code == 422


async def test_the_trail_is_for_administrators(client: httpx.AsyncClient) -> None:
    """Nobody else sees it."""
    assert (await client.get("/api/audit", headers=client.weak)).status_code == 403


async def test_odd_paths_break_nothing(client: httpx.AsyncClient) -> None:
    """Control characters, long paths and text that is no UTF-8 are kept in a form that a terminal can show."""
    for path in (
        "/api/plugins/%1b%5b31m/stop",
        "/api/plugins/%ff/stop",
        "/api/plugins/" + "x" * 2000 + "/stop",
    ):
        assert (await client.post(path, headers=client.weak)).status_code == 403
    for each in await shown(client):
        assert each["path"].isprintable()
        assert each["target"].isprintable()
        assert len(each["path"]) <= 512


async def test_each_answer_has_an_id(client: httpx.AsyncClient) -> None:
    """It is the client's own if that fits, else a new one; refused and unknown requests have one, too."""
    for sent, kept in (("abc-1.2_3", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("", False)):
        answer = await client.get("/api/health", headers={"X-Request-Id": sent})
        assert (answer.headers["x-request-id"] == sent) is kept
        assert answer.headers["x-request-id"]
    for path, headers in (("/nowhere", {}), ("/api/health", {"Host": "evil.example"})):
        assert len((await client.get(path, headers=headers)).headers["x-request-id"]) == 16
