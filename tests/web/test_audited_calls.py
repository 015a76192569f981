"""Calls of methods in the audit trail: which of them, by which way they came, and what they may not push out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from live_support import open_live
from web_support import Server, run_server

from hostcore.config import AuditedCalls, HostConfig
from hostcore.host import open_host
from hostweb_api import Access, ApiSettings, AuditRecord, AuditTrail, Outcome, Scope
from hostweb_api.security import _audit
from hostweb_api.security._audit_file import AuditFilter

ROOT = Path(__file__).parents[2]
KV = ROOT / "plugins" / "kv-python"
DEMO = ROOT / "tests" / "cli" / "demo"
PUT = {"method": "KeyValue.Put", "params": {"key": "a", "value": "b"}}
GET = {"method": "KeyValue.Get", "params": {"key": "a"}}


class Api:
    """Is a served host with an audit trail, a client with an operator's token, and a viewer's header."""

    def __init__(self, server: Server, client: httpx.AsyncClient, audit: AuditTrail) -> None:
        self.server = server
        self.client = client
        self.audit = audit
        self.viewer = ""

    @property
    def header(self) -> str:
        return f"Authorization: {self.client.headers['Authorization']}"

    async def facts(self) -> list[tuple[str, str, str, str, int, str]]:
        """Return what the trail has of calls, the oldest first."""
        records = await self.audit.find(AuditFilter(operation="callPlugin"), limit=100)
        return [
            (each.caller, each.target, each.path, each.outcome.value, each.status, each.problem)
            for each in reversed(records)
        ]


@asynccontextmanager
async def serve(folder: Path, calls: AuditedCalls = AuditedCalls.CHANGES) -> AsyncIterator[Api]:
    config = HostConfig(
        plugins=(KV, DEMO), interface_folders=(ROOT / "schemas" / "interfaces",), data=folder / "data"
    )
    access = Access()
    _, token = await access.create_token(name="ci", scope=Scope.OPERATOR, lifetime=None, created_by="test")
    _, weak = await access.create_token(name="screen", scope=Scope.VIEWER, lifetime=None, created_by="test")
    with AuditTrail.open(folder / "audit.sqlite3", days=1, megabytes=1, calls=calls) as audit:
        async with (
            open_host(config) as host,
            run_server(
                host, settings=ApiSettings(require_token=True), access=access, audit=audit, grace=10.0
            ) as server,
            httpx.AsyncClient(
                base_url=server.url, timeout=20, headers={"Authorization": f"Bearer {token}"}
            ) as client,
        ):
            api = Api(server, client, audit)
            api.viewer = f"Authorization: Bearer {weak}"
            yield api


async def test_calls_that_may_change_something_are_kept(tmp_path: Path) -> None:
    """A call of a method that is not declared read-only is there, however it ended and in whichever form it came."""
    async with serve(tmp_path) as api:
        kv, demo = "/api/plugins/kv-python/call", "/api/plugins/demo/call"
        await api.client.post(kv, json=PUT)
        await api.client.post(kv, json=GET)
        await api.client.post(kv, json={"method": "KeyValue.Put", "params": {}})
        await api.client.post(demo, json={"method": "Demo.Refuse"})
        count = {"method": "Demo.Count", "params": {"to": 2, "fail": True}}
        streamed = await api.client.post(demo, json=count, headers={"Accept": "application/x-ndjson"})
        assert streamed.status_code == 200
        for _ in range(2):
            await api.client.post(kv, json=PUT, headers={"Idempotency-Key": "once"})
        assert await api.facts() == [
            ("ci", "kv-python KeyValue.Put", kv, "done", 200, ""),
            ("ci", "kv-python KeyValue.Put", kv, "failed", 422, "params-invalid"),
            ("ci", "demo Demo.Refuse", demo, "failed", 502, "call-failed"),
            ("ci", "demo Demo.Count", demo, "failed", 200, "call-failed"),
            ("ci", "kv-python KeyValue.Put", kv, "done", 200, ""),
        ]


async def test_calls_over_the_websocket_are_kept(tmp_path: Path) -> None:
    """Each is there like a request of its own, one that is refused and one whose client has gone among them."""
    async with serve(tmp_path) as api:
        async with open_live(api.server, api.header) as live:
            await live.say("call.open", id="1", plugin="kv-python", **PUT)
            await live.hear_until("call.result")
            await live.say("call.open", id="2", plugin="kv-python", **GET)
            await live.hear_until("call.result")
            await live.say("call.open", id="3", plugin="demo", method="Demo.Refuse")
            await live.hear_until("call.error")
            await live.say("call.open", id="4", plugin="demo", method="Demo.Sleep", params={"seconds": 30})
            await live.hear_until("call.opened", id="4")
        async with open_live(api.server, api.viewer) as live:
            await live.say("call.open", id="5", plugin="kv-python", **PUT)
            await live.hear_until("error")
        await api.server.stop()
        found = await api.facts()
        assert found[:2] + sorted(found[2:]) == [
            ("ci", "kv-python KeyValue.Put", "/api/live", "done", 200, ""),
            ("ci", "demo Demo.Refuse", "/api/live", "failed", 502, "call-failed"),
            ("ci", "demo Demo.Sleep", "/api/live", "failed", 409, "call-cancelled"),
            ("screen", "kv-python KeyValue.Put", "/api/live", "refused", 403, "scope-insufficient"),
        ]


async def test_an_item_that_does_not_fit_is_the_outcome_everywhere(tmp_path: Path) -> None:
    """A call over the websocket that an item ends has that outcome for its client, in the trail, and in the record."""
    async with serve(tmp_path) as api:
        async with open_live(api.server, api.header) as live:
            await live.say("call.open", id="1", plugin="kv-python", method="KeyValue.PutMany")
            await live.hear_until("call.opened")
            await live.say("call.send", id="1", item={"key": 1})
            assert (await live.hear_until("call.error"))["problem"]["code"] == "params-invalid"
        assert [fact[-1] for fact in await api.facts()] == ["params-invalid"]
        calls = (await api.client.get("/api/traffic")).json()["calls"]
        assert [call["outcome"] for call in calls] == ["params-invalid"]


async def test_streams_that_their_clients_leave_are_cancelled(tmp_path: Path) -> None:
    """Whether the client cancels the call or goes: that is no fault of the host, and is not recorded as one."""
    async with serve(tmp_path) as api:
        async with open_live(api.server, api.header) as live:
            for name in "12":
                await live.say("call.open", id=name, plugin="kv-python", method="KeyValue.PutMany")
                await live.hear_until("call.opened", id=name)
            await live.say("call.cancel", id="1")
            assert (await live.hear_until("call.error"))["problem"]["code"] == "call-cancelled"
        with trio.fail_after(10):
            while len(outcomes := await _outcomes(api)) < 2 or None in outcomes:  # noqa: ASYNC110 - the log tells nobody
                await trio.sleep(0.01)
        assert outcomes == ["cancelled"] * 2


async def _outcomes(api: Api) -> list[str | None]:
    calls = (await api.client.get("/api/traffic")).json()["calls"]
    return [call["outcome"] for call in calls]


async def test_a_call_names_its_record_in_the_communication_log(tmp_path: Path) -> None:
    """By its id the two are joined, either way, for calls in any form; where calls are not recorded there is none."""
    async with serve(tmp_path, AuditedCalls.ALL) as api:
        kv, demo = "/api/plugins/kv-python/call", "/api/plugins/demo/call"
        await api.client.post(kv, json=PUT)
        count = {"method": "Demo.Count", "params": {"to": 2}}
        await api.client.post(demo, json=count, headers={"Accept": "text/event-stream"})
        async with open_live(api.server, api.header) as live:
            await live.say("call.open", id="1", plugin="kv-python", **GET)
            await live.hear_until("call.result")
            await live.say("call.open", id="2", plugin="demo", **count)
            await live.hear_until("call.result")
        log = (await api.client.get("/api/traffic")).json()["calls"]
        recorded = {each["id"]: f"{each['plugin']} {each['method']}" for each in log}
        kept = await api.audit.find(AuditFilter(operation="callPlugin"), limit=10)
        assert len(kept) == 4
        assert [recorded[each.call] for each in kept if each.call] == [each.target for each in kept]
        assert await api.audit.find(AuditFilter(call=kept[2].call), limit=10) == [kept[2]]
        off = {"calls": False, "messages": False, "bodies": False}
        await api.client.put("/api/plugins/kv-python/traffic/settings", json=off)
        await api.client.post(kv, json=PUT)
        (latest,) = await api.audit.find(AuditFilter(operation="callPlugin"), limit=1)
        assert (latest.target, latest.call) == ("kv-python KeyValue.Put", None)


async def test_a_call_that_is_made_again_names_its_new_record(tmp_path: Path) -> None:
    """The operation that makes it has the id of what it has made; its target is that of the old one."""
    async with serve(tmp_path) as api:
        kept = {"calls": True, "messages": False, "bodies": True}
        await api.client.put("/api/plugins/kv-python/traffic/settings", json=kept)
        await api.client.post("/api/plugins/kv-python/call", json=PUT)
        (first,) = (await api.client.get("/api/traffic")).json()["calls"]
        assert (await api.client.post(f"/api/traffic/{first['id']}/replay")).status_code == 200
        (replay,) = await api.audit.find(AuditFilter(operation="replayCall"), limit=10)
        assert replay.target == str(first["id"])
        calls = (await api.client.get("/api/traffic")).json()["calls"]
        assert [each["id"] for each in calls] == [replay.call, first["id"]]


@pytest.mark.parametrize(
    ("calls", "expected"),
    [(AuditedCalls.NONE, []), (AuditedCalls.ALL, ["kv-python KeyValue.Put", "kv-python KeyValue.Get"])],
)
async def test_which_calls_are_kept_can_be_chosen(
    tmp_path: Path, calls: AuditedCalls, expected: list[str]
) -> None:
    """None, or all of them, those of read-only methods too."""
    async with serve(tmp_path, calls) as api:
        for body in (PUT, GET):
            await api.client.post("/api/plugins/kv-python/call", json=body)
        assert [target for _, target, *_ in await api.facts()] == expected


def record(**facts: Any) -> AuditRecord:
    return AuditRecord(
        at=1_800_000_000.0, outcome=Outcome.DONE, caller="ci", kind="token", address="a", **facts
    )


async def test_calls_have_a_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls push out other calls only, in the file and in what waits for it."""
    monkeypatch.setattr(_audit, "MAX_QUEUED_CALLS", 500)
    path = tmp_path / "audit.sqlite3"
    with AuditTrail.open(path, days=10_000, megabytes=1) as trail:
        trail.note(record(operation="stopPlugin"))
        for _ in range(3):
            for _ in range(600):
                trail.note(record(operation="callPlugin", path="/" + "x" * 1000))
            trail.note(record(operation="startPlugin"))
            await trail.flush()
        assert trail.dropped >= 3 * 100
        kept = await trail.find(AuditFilter(), limit=10_000)
    calls = [each for each in kept if each.operation == "callPlugin"]
    assert 300 < len(calls) < 500
    assert [each.operation for each in kept if each not in calls] == ["startPlugin"] * 3 + ["stopPlugin"]
    with AuditTrail.open(path, days=10_000, megabytes=1) as trail:
        trail.note(record(operation="callPlugin", path="/" + "x" * 100_000))
        assert len(await trail.find(AuditFilter(operation="callPlugin"), limit=10_000)) < len(calls)
