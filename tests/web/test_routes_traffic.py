"""The communication log over HTTP, on a real host with a real plugin."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from live_support import open_live, validator
from openapi_support import check_answer
from web_support import Server, run_server

from hostcore.config import ExtensionsConfig, HostConfig, TrafficConfig
from hostcore.host import Host, open_host
from hostweb_api import ApiSettings

ECHO = Path(__file__).parents[1] / "real" / "programs" / "echo"
JSON = "application/json"
NDJSON = "application/x-ndjson"
SSE = "text/event-stream"


class Api:
    """Is a served host and a client of it."""

    def __init__(self, host: Host, server: Server, client: httpx.AsyncClient) -> None:
        self.host = host
        self.server = server
        self.client = client

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    traffic = TrafficConfig(messages=True, bodies=True)
    config = HostConfig(plugins=(ECHO,), data=tmp_path, traffic=traffic)
    async with (
        open_host(config) as host,
        run_server(host, settings=ApiSettings(heartbeat=0.2)) as server,
        httpx.AsyncClient(
            base_url=server.url, timeout=20, event_hooks={"response": [check_answer]}
        ) as client,
    ):
        yield Api(host, server, client)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_calls_are_listed_with_how_the_log_does(api: Api) -> None:
    """The latest first, without bodies unless they are asked for; `next` leads to the next page."""
    for number in range(3):
        await api.host.call("Echo.Say", {"number": number})
    listed = await api.get("/api/traffic", limit=2)
    assert [each["method"] for each in listed["calls"]] == ["Echo.Say"] * 2
    assert "params" not in listed["calls"][0]
    assert listed["statistics"]["dropped"] == 0
    assert listed["statistics"]["oldest"] <= listed["calls"][1]["started_at"]
    rest = await api.get("/api/traffic", before=listed["next"], bodies="true")
    assert [each["params"]["value"] for each in rest["calls"]] == [{"number": 0}]
    assert rest["next"] is None


async def test_calls_are_chosen(api: Api) -> None:
    """Each parameter chooses; those of one plugin have a path of their own."""
    await api.host.call("Echo.Say", {})
    with pytest.raises(Exception, match="seconds"):
        await api.host.call("Echo.Sleep", {})
    for query, count in (
        ({"plugin": "echo"}, 2),
        ({"plugin": "other"}, 0),
        ({"method": "Echo.*"}, 2),
        ({"outcome": "failed"}, 1),
        ({"outcome": "params-invalid", "method": "Echo.Sleep"}, 1),
        ({"since": 0, "until": 1}, 0),
        ({"slower_than_ms": 3_600_000}, 0),
        ({"caller": "nobody"}, 0),
    ):
        assert len((await api.get("/api/traffic", **query))["calls"]) == count, query
    assert len((await api.get("/api/plugins/echo/traffic", outcome="ok"))["calls"]) == 1
    assert code_of(await api.client.get("/api/plugins/nobody/traffic")) == (404, "plugin-not-found")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=5000", "since=nan", "before=-1", "before=9999999999999999", "colour=red", "plugin="],
)
async def test_what_cannot_be_asked_is_refused(api: Api, query: str) -> None:
    """A number out of range and a parameter that there is not are told, not guessed at."""
    assert code_of(await api.client.get(f"/api/traffic?{query}")) == (422, "query-invalid")


async def test_one_call_is_shown_with_all_that_belongs_to_it(api: Api) -> None:
    """Its bodies, the calls that were made for it, and its messages."""
    await api.host.call("Echo.Ask", {"method": "Host.Info"})
    listed = await api.get("/api/traffic", method="Echo.Ask")
    shown = await api.get(f"/api/traffic/{listed['calls'][0]['id']}")
    assert shown["call"]["params"] == {"value": {"method": "Host.Info"}, "whole": True, "redacted": False}
    assert [each["method"] for each in shown["children"]] == ["Host.Info"]
    assert [each["kind"] for each in shown["messages"]] == ["response", "response", "request", "request"]
    for unknown in ("5", "abc", "99999999999999999999"):
        answer = await api.client.get(f"/api/traffic/{unknown}")
        assert code_of(answer) == (404, "record-not-found")


async def test_a_call_is_made_again(api: Api) -> None:
    """The answer is that of a call; what cannot be made again is a conflict with the reason."""
    await api.host.call("Echo.Say", {"text": "a"})
    first = (await api.get("/api/traffic"))["calls"][0]["id"]
    answer = await api.client.post(f"/api/traffic/{first}/replay", json={"timeout_ms": 10_000})
    assert (answer.status_code, answer.json()) == (200, {"result": {"text": "a"}})
    assert (await api.client.post(f"/api/traffic/{first}/replay")).status_code == 200
    settings = {"calls": True, "messages": False, "bodies": False}
    assert (await api.client.put("/api/plugins/echo/traffic/settings", json=settings)).json() == settings
    await api.host.call("Echo.Say", {"text": "b"})
    second = (await api.get("/api/traffic"))["calls"][0]["id"]
    refused = await api.client.post(f"/api/traffic/{second}/replay")
    assert code_of(refused) == (409, "call-not-replayable")
    assert code_of(await api.client.post("/api/traffic/5/replay")) == (404, "record-not-found")


async def test_messages_are_listed(api: Api) -> None:
    """By plugin, method and call, the latest first, a page at a time."""
    await api.host.call("Echo.Say", {})
    listed = await api.get("/api/messages", method="Echo.Say", bodies="true")
    assert [(each["kind"], each["direction"]) for each in listed["messages"]] == [
        ("response", "to-host"),
        ("request", "to-plugin"),
    ]
    assert listed["messages"][0]["body"]["value"] == {}
    call = listed["messages"][0]["call"]
    assert len((await api.get("/api/messages", call=call))["messages"]) == 2
    page = await api.get("/api/messages", limit=1)
    rest = await api.get("/api/messages", before=page["next"])
    assert rest["messages"][0]["id"] < page["messages"][0]["id"]


async def test_settings_are_those_of_the_plugin(api: Api) -> None:
    """They are shown, and changed as a whole."""
    path = "/api/plugins/echo/traffic/settings"
    assert await api.get(path) == {"calls": True, "messages": True, "bodies": True}
    assert code_of(await api.client.put(path, json={"calls": True})) == (422, "body-invalid")
    assert code_of(await api.client.get("/api/plugins/nobody/traffic/settings")) == (404, "plugin-not-found")


async def test_all_is_exported(api: Api) -> None:
    """One line a call, whatever `limit` says; nothing at all is an empty answer."""
    for number in range(5):
        await api.host.call("Echo.Say", {"number": number})
    lines = {"Accept": NDJSON}
    answer = await api.client.get("/api/traffic?limit=2&bodies=true", headers=lines)
    assert answer.headers["content-type"] == NDJSON
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["params"]["value"]["number"] for each in found] == [4, 3, 2, 1, 0]
    assert (await api.client.get("/api/traffic?plugin=other", headers=lines)).text == ""
    messages = await api.client.get("/api/messages?method=Echo.Say", headers=lines)
    assert len(messages.text.splitlines()) == 10


async def read_event(live: Any) -> tuple[str, Any]:
    """Return the type and the data of the next event."""
    kind = data = None
    while (line := await live.line()) is not None:
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data = json.loads(line.removeprefix("data: "))
        elif not line and data is not None:
            return kind, data
    raise AssertionError("the stream has ended")


@pytest.mark.parametrize(
    ("path", "kinds"),
    [("/api/traffic?method=Echo.Say", ["call"]), ("/api/messages?method=Echo.Say", ["message", "message"])],
)
async def test_what_happens_is_followed(api: Api, path: str, kinds: list[str]) -> None:
    """As server-sent events, with comments in between; the stream ends when the server stops."""
    async with api.server.live(path, f"Accept: {SSE}") as live:
        assert (await live.line(), await live.line(), await live.line()) == (
            "retry: 1000",
            "",
            ": still here",
        )
        await api.host.call("Echo.Hello")
        await api.host.call("Echo.Say", {})
        seen = [await read_event(live) for _ in kinds]
        assert [kind for kind, _ in seen] == kinds
        assert {data["method"] for _, data in seen} == {"Echo.Say"}
        api.server.stopping.set()
        while await live.line() is not None:
            pass
        assert live.ended_properly


async def test_without_a_log_the_routes_say_so(tmp_path: Path) -> None:
    """A host that keeps none answers 503 with a hint; the other routes are as they were."""
    config = HostConfig(data=tmp_path, extensions=ExtensionsConfig(disable=("traffic_log",)))
    async with (
        open_host(config) as host,
        run_server(host) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        for path in ("/api/traffic", "/api/messages", "/api/traffic/5"):
            assert code_of(await client.get(path)) == (503, "traffic-unavailable")
        assert (await client.get("/api/plugins")).status_code == 200


async def test_a_log_that_cannot_be_read_is_told(api: Api) -> None:
    """A file that is broken under the reader is trouble with the log, not a fault of the server."""
    await api.host.call("Echo.Say", {})
    await api.get("/api/traffic")
    spoil(api.host.data)
    answer = await api.client.get("/api/traffic?bodies=true")
    assert answer.status_code in {200, 503}  # what SQLite still has in memory may answer
    if answer.status_code == 503:
        assert answer.json()["code"] == "traffic-unavailable"


def spoil(data: Path) -> None:
    for path in data.rglob("traffic.sqlite3"):
        path.write_bytes(b"nothing of a database" * 1000)


async def test_the_live_websocket_carries_it(api: Api) -> None:
    """The topic `traffic` has calls and, if wanted, messages; it resumes nothing, and says so with a gap."""
    check = validator("TrafficItem")
    async with open_live(api.server) as live:
        await live.hear_until("hello")
        wanted = {"method": "Echo.Say", "messages": True, "bodies": True}
        await live.say("subscribe", id="a", topic="traffic", filter=wanted)
        await live.hear_until("subscribed", id="a")
        await api.host.call("Echo.Hello")
        await api.host.call("Echo.Say", {"text": "a"})
        items = await live.hear_items("a", 3)
        for item in items:
            check.validate(item)
        assert [item["kind"] for item in items] == ["message", "message", "call"]
        assert items[2]["call"]["params"]["value"] == {"text": "a"}
        await live.say("subscribe", id="b", topic="traffic", after="x")
        assert (await live.hear_until("gap", id="b"))["reason"] == "not-kept"


async def test_without_a_log_there_is_no_such_topic(tmp_path: Path) -> None:
    """A subscription is refused with the problem of the routes."""
    config = HostConfig(data=tmp_path, extensions=ExtensionsConfig(disable=("traffic_log",)))
    async with open_host(config) as host, run_server(host) as server, open_live(server) as live:
        await live.say("subscribe", id="a", topic="traffic")
        assert (await live.hear_until("error"))["problem"]["code"] == "traffic-unavailable"
