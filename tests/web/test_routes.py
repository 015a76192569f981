"""The routes over a scripted host: what real plugins cannot be made to do on demand."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import ClassVar

import httpx
import pytest
import trio
from scripted_host import Feed, ScriptedHost, Stream
from web_support import Live, Server, run_server

from hostcore.errors import (
    CallFailedError,
    ManifestError,
    OverloadedError,
    PluginAlreadyLoadedError,
    TooLargeError,
)
from hostcore.events import Event, EventsMissed, PluginRefused, PluginUnloaded, event_kinds
from hostcore.snapshots import Reason
from hostweb_api import create_app


async def test_list_shows_the_agreed_fields(client: httpx.AsyncClient) -> None:
    """`GET /api/plugins` lists id, state, version and pid of each plugin."""
    answer = await client.get("/api/plugins")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    (demo,) = answer.json()["plugins"]
    assert (demo["id"], demo["state"], demo["version"], demo["pid"]) == ("demo", "ready", "1.2.0", 4711)


async def test_health(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """Health is 200 while the host runs and 503 once it stops."""
    answer = await client.get("/api/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["plugins"] == {"ready": 1}
    scripted.is_stopping = True
    assert (await client.get("/api/health")).status_code == 503


async def test_call(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """A call passes params and deadline on and answers with the result, binary data in its JSON form."""

    async def echo(params, seconds):
        return {"params": params, "seconds": seconds, "raw": b"\xff"}

    scripted.handlers["Demo.Echo"] = echo
    body = {"method": "Demo.Echo", "params": {"ä": [1, None]}, "timeout_ms": 1500}
    answer = await client.post("/api/plugins/demo/call", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "result": {"params": {"ä": [1, None]}, "seconds": 1.5, "raw": {"$bytes": "/w=="}}
    }


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (b"", 400, "json-invalid", None),
        (b"{", 400, "json-invalid", None),
        (b'{"method": "A.B", "params": {"x": NaN}}', 400, "json-invalid", None),
        (b'\xff{"method": "A.B"}', 400, "json-invalid", None),
        (b'{"params": ' + b"[" * 100_000, 400, "json-invalid", None),
        (b"[]", 422, "body-invalid", "#"),
        (b"{}", 422, "body-invalid", "#/method"),
        (b'{"method": 1}', 422, "body-invalid", "#/method"),
        (b'{"method": "A.B", "params": []}', 422, "body-invalid", "#/params"),
        (b'{"method": "A.B", "timeout_ms": "1"}', 422, "body-invalid", "#/timeout_ms"),
        (b'{"method": "A.B", "timeout_ms": 0}', 422, "body-invalid", "#/timeout_ms"),
        (b'{"method": "A.B", "timeout_ms": 3600001}', 422, "body-invalid", "#/timeout_ms"),
        (b'{"method": "A.B", "a/b~": 1}', 422, "body-invalid", "#/a~1b~0"),
        (b'{"method": "A.B", "items": [1]}', 422, "params-invalid", None),
        (b'{"method": "A.' + b"B" * 255 + b'"}', 422, "body-invalid", "#/method"),
    ],
)
async def test_bad_bodies_say_where(client: httpx.AsyncClient, body, status, code, pointer) -> None:
    """A body that is no JSON is a 400; one that does not fit is a 422 with the JSON pointer of each fault."""
    answer = await client.post(
        "/api/plugins/demo/call", content=body, headers={"Content-Type": "application/json"}
    )
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert [fault["pointer"] for fault in problem.get("errors", [])] == ([pointer] if pointer else [])


async def test_an_unknown_member_is_told_with_those_there_are(client: httpx.AsyncClient) -> None:
    """Whoever misspells a member or a parameter sees the right one."""
    for answer, member in (
        (await client.post("/api/plugins/demo/call", json={"method": "A.B", "parms": {}}), "params"),
        (await client.get("/api/plugins/demo/logs", params={"lst": 1}), "last"),
    ):
        assert answer.status_code == 422
        assert member in answer.json()["hint"]


async def test_text_that_says_nan_passes(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """NaN is refused as a number, not as a word in a string."""

    async def echo(params, seconds):
        return params

    scripted.handlers["Demo.Echo"] = echo
    answer = await client.post(
        "/api/plugins/demo/call", json={"method": "Demo.Echo", "params": {"x": "NaN and -Infinity"}}
    )
    assert answer.json() == {"result": {"x": "NaN and -Infinity"}}


async def test_plugin_error_keeps_its_parts(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """The plugin's own error is a 502 with its name, status and data."""

    async def fail(params, seconds):
        raise CallFailedError("no key k", status=5, name="KeyNotFound", data={"key": b"k"}, retryable=False)

    scripted.handlers["Demo.Get"] = fail
    answer = await client.post("/api/plugins/demo/call", json={"method": "Demo.Get"})
    assert answer.status_code == 502
    assert answer.json()["code"] == "call-failed"
    assert answer.json()["error"] == {
        "status": 5,
        "status_name": "NOT_FOUND",
        "name": "KeyNotFound",
        "message": "no key k",
        "data": {"key": {"$bytes": "aw=="}},
        "retryable": False,
    }


async def test_overload_says_when_to_come_back(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """429 carries Retry-After."""

    async def refuse(params, seconds):
        raise OverloadedError("64 calls wait for demo")

    scripted.handlers["Demo.Busy"] = refuse
    answer = await client.post("/api/plugins/demo/call", json={"method": "Demo.Busy"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


async def test_a_bug_shows_no_traceback(
    client: httpx.AsyncClient, scripted: ScriptedHost, caplog: pytest.LogCaptureFixture
) -> None:
    """An unforeseen error is a 500 that tells the client nothing, and the log everything."""

    async def break_down(params, seconds):
        raise RuntimeError("secret detail")

    scripted.handlers["Demo.Bug"] = break_down
    with caplog.at_level(logging.ERROR):
        answer = await client.post("/api/plugins/demo/call", json={"method": "Demo.Bug"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert any(record.exc_info and "secret detail" in str(record.exc_info[1]) for record in caplog.records)


async def test_answer_without_a_json_form(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """A result that JSON cannot carry is the plugin's fault, not a bug."""

    async def answer_nan(params, seconds):
        return {"x": float("nan")}

    scripted.handlers["Demo.Nan"] = answer_nan
    answer = await client.post("/api/plugins/demo/call", json={"method": "Demo.Nan"})
    assert (answer.status_code, answer.json()["code"]) == (502, "result-invalid")


async def test_framework_errors_are_problems(client: httpx.AsyncClient) -> None:
    """Unknown paths and methods are problems too; 405 says what is allowed."""
    for path in ("/", "/api", "/api/plugins/", "/api//plugins", "/api/nothing"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "route-not-found"), path
        assert "GET /api/plugins" in answer.json()["hint"]
    answer = await client.get("/api/plugins/demo/call")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert "POST" in answer.headers["allow"]
    assert "POST" in answer.json()["hint"]


async def test_unknown_plugin(client: httpx.AsyncClient) -> None:
    """Every route of a plugin answers 404 with the code `plugin-not-found` for one that is not there."""
    answers = [
        await client.get("/api/plugins/nobody/info"),
        await client.get("/api/plugins/nobody/logs"),
        await client.get("/api/plugins/nobody/logs?follow=true"),
        await client.delete("/api/plugins/nobody"),
        await client.post("/api/plugins/nobody/restart"),
        await client.post("/api/plugins/nobody/call", json={"method": "A.B"}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "plugin-not-found")
    ] * len(answers)


async def test_load(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """Loading answers 201 with the plugin, or with the problem that the host raised."""

    async def load(path):
        if path == "again":
            raise PluginAlreadyLoadedError("demo is loaded already")
        if path == "broken":
            raise ManifestError("`id` is missing", location="broken/plugin.toml", hint="add `id`")
        return scripted.demo

    scripted.on_load = load
    answer = await client.post("/api/plugins/load", json={"path": "plugins/demo"})
    assert answer.status_code == 201
    assert answer.json()["id"] == "demo"
    assert (await client.get(answer.headers["location"])).json() == answer.json()
    assert (await client.post("/api/plugins/load", json={"path": "again"})).status_code == 409
    problem = (await client.post("/api/plugins/load", json={"path": "broken"})).json()
    assert problem == {
        "type": "urn:polyhost:problem:manifest-invalid",
        "title": "The manifest is wrong",
        "status": 422,
        "code": "manifest-invalid",
        "detail": "`id` is missing",
        "location": "broken/plugin.toml",
        "hint": "add `id`",
    }
    for path in ("", "a\0b", "x" * 5000):
        assert (await client.post("/api/plugins/load", json={"path": path})).status_code == 422


async def test_unload_has_no_content(client: httpx.AsyncClient) -> None:
    """Unloading answers 204 without a body, and the connection goes on."""
    answer = await client.delete("/api/plugins/demo")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers
    assert (await client.get("/api/health")).status_code == 200


async def test_call_ends_with_its_client(server: Server, scripted: ScriptedHost) -> None:
    """A call is cancelled when its client goes away."""
    begun, cancelled = trio.Event(), trio.Event()

    async def wait(params, seconds):
        begun.set()
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            cancelled.set()
            raise

    scripted.handlers["Demo.Wait"] = wait
    stream = await server.connect()
    body = b'{"method": "Demo.Wait"}'
    await stream.send_all(
        server.head(
            "POST /api/plugins/demo/call HTTP/1.1",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        + body
    )
    with trio.fail_after(30):
        await begun.wait()
        await stream.aclose()
        await cancelled.wait()


async def test_a_load_outlives_its_client(server: Server, scripted: ScriptedHost) -> None:
    """A change that has begun is finished even when its client goes away."""
    begun, go_on, done = trio.Event(), trio.Event(), trio.Event()

    async def load(path):
        begun.set()
        await go_on.wait()
        done.set()
        return scripted.demo

    scripted.on_load = load
    stream = await server.connect()
    body = b'{"path": "x"}'
    await stream.send_all(
        server.head(
            "POST /api/plugins/load HTTP/1.1",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        + body
    )
    with trio.fail_after(30):
        await begun.wait()
        await stream.aclose()
        await trio.sleep(0.1)
        go_on.set()
        await done.wait()


async def test_stream_as_lines(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """With `Accept: application/x-ndjson` each item is a line, and the last line is the result."""
    scripted.add_stream("Demo.Count", Stream([1, {"b": b"\0"}], {"n": 2}, None, scripted))
    answer = await client.post(
        "/api/plugins/demo/call", json={"method": "Demo.Count"}, headers={"Accept": "application/x-ndjson"}
    )
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == [{"item": 1}, {"item": {"b": {"$bytes": "AA=="}}}, {"result": {"n": 2}}]
    assert scripted.open_streams == 0


async def test_stream_that_fails_at_once(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """A stream that fails before its first item is answered with the status of the error."""
    scripted.add_stream("Demo.Count", Stream([], None, OverloadedError("full"), scripted))
    answer = await client.post(
        "/api/plugins/demo/call", json={"method": "Demo.Count"}, headers={"Accept": "application/x-ndjson"}
    )
    assert (answer.status_code, answer.json()["code"]) == (429, "plugin-overloaded")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("failure", "code"),
    [(CallFailedError("gone", status=13), "call-failed"), (RuntimeError("secret"), "internal")],
)
async def test_stream_that_fails_later(client, scripted: ScriptedHost, failure: Exception, code: str) -> None:
    """A stream that fails after its first item says so in its last line."""
    scripted.add_stream("Demo.Count", Stream([1], None, failure, scripted))
    answer = await client.post(
        "/api/plugins/demo/call", json={"method": "Demo.Count"}, headers={"Accept": "application/x-ndjson"}
    )
    first, last = [json.loads(line) for line in answer.text.splitlines()]
    assert first == {"item": 1}
    assert last["error"]["code"] == code
    assert "secret" not in answer.text


async def test_stream_as_one_answer(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """Without that header the items are collected."""
    scripted.add_stream("Demo.Count", Stream([1, 2], {"n": 2}, None, scripted))
    answer = await client.post("/api/plugins/demo/call", json={"method": "Demo.Count"})
    assert answer.json() == {"items": [1, 2], "result": {"n": 2}}
    scripted.streams["Demo.Count"] = Stream(["x" * 1_000_000] * 9, None, None, scripted)
    answer = await client.post("/api/plugins/demo/call", json={"method": "Demo.Count"})
    assert (answer.status_code, answer.json()["code"]) == (413, "message-too-large")
    assert "application/x-ndjson" in answer.json()["hint"]
    assert scripted.open_streams == 0


async def test_items_are_passed_on(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """The `items` of the body go to a method that takes a stream, which then ends."""
    stream = Stream([], {"sum": 3}, None, scripted)

    async def answer_at_the_end(self=stream):
        await stream.ended.wait()
        raise StopAsyncIteration

    stream.__class__ = type("Late", (Stream,), {"__anext__": lambda self: answer_at_the_end()})
    scripted.add_stream("Demo.Sum", stream, takes_items=True)
    answer = await client.post("/api/plugins/demo/call", json={"method": "Demo.Sum", "items": [1, 2]})
    assert answer.json() == {"items": [], "result": {"sum": 3}}
    assert stream.received == [1, 2]


async def test_an_item_that_is_refused_fails_the_call(client, scripted: ScriptedHost) -> None:
    """What is wrong with an item is the answer, although the plugin never gives one."""

    class Refusing(Stream):
        async def send(self, item):
            raise TooLargeError("the item is too large")

    scripted.add_stream("Demo.Sum", Refusing([trio.sleep_forever], None, None, scripted), takes_items=True)
    with trio.fail_after(30):
        answer = await client.post("/api/plugins/demo/call", json={"method": "Demo.Sum", "items": [1]})
    assert (answer.status_code, answer.json()["code"]) == (413, "message-too-large")


async def test_logs(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """The log is a list of its last lines, or of those after one."""
    for number in range(1, 6):
        scripted.log(f"line {number}")

    async def messages(query: str) -> list[str]:
        answer = await client.get(f"/api/plugins/demo/logs{query}")
        return [line["message"] for line in answer.json()["lines"]]

    assert await messages("") == [f"line {number}" for number in range(1, 6)]
    assert await messages("?last=2") == ["line 4", "line 5"]
    assert await messages("?last=0") == []
    assert await messages("?after=3") == ["line 4", "line 5"]
    assert await messages("?after=2&last=1") == ["line 5"]
    for query in ("?last=-1", "?last=x", "?last=1&last=2", "?first=1", "?follow=perhaps", "?last=10001"):
        answer = await client.get(f"/api/plugins/demo/logs{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "query-invalid"), query


@pytest.mark.parametrize(
    ("query", "first"), [("", "old 1"), ("&last=1", "old 2"), ("&after=2", "new"), ("&last=0", "new")]
)
async def test_followed_logs(server: Server, scripted: ScriptedHost, query: str, first: str) -> None:
    """A followed log begins with the kept lines that were asked for, and goes on with each new one."""
    scripted.log("old 1")
    scripted.log("old 2")
    async with server.live(f"/api/plugins/demo/logs?follow=true{query}") as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        scripted.log("new")
        seen = []
        while "new" not in seen:
            seen.append(json.loads(await answer.line())["message"])
    assert seen[0] == first
    assert seen == ["old 1", "old 2", "new"][-len(seen) :]


async def read_events(answer: Live, count: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    block: dict[str, str] = {}
    while len(found) < count:
        line = await answer.line()
        if line:
            name, _, value = line.partition(": ")
            block[name or "comment"] = value
        elif block:
            found.append(block)
            block = {}
    return found


async def test_events(server: Server, scripted: ScriptedHost) -> None:
    """Events come with id and kind; comments fill the silence; the subscription ends with the client."""
    scripted.record(PluginUnloaded(plugin="old"))
    async with server.live("/api/events") as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        scripted.record(PluginUnloaded(plugin="new"))
        greeting, event, silence = await read_events(answer, 3)
    assert greeting == {"retry": "1000"}
    assert (event["id"], event["event"]) == ("r-1-2", "plugin-unloaded")
    assert json.loads(event["data"])["plugin"] == "new"
    assert silence == {"comment": "still here"}
    with trio.fail_after(30):
        await scripted.feeds[-1].closed.wait()


async def test_events_are_replayed(server: Server, client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """`Last-Event-ID` gives what came after it; an id of another run a gap and what is kept of this one."""
    for number in range(3):
        scripted.record(PluginUnloaded(plugin=f"p{number}"))
    async with server.live("/api/events", "Last-Event-ID: r-1-2") as answer:
        assert [event.get("id") for event in await read_events(answer, 2)] == [None, "r-1-3"]
    for foreign in ("other-2", "r-1-99"):
        async with server.live("/api/events", f"Last-Event-ID: {foreign}") as answer:
            _, gap, first = await read_events(answer, 3)
        assert gap["event"] == "gap"
        assert json.loads(gap["data"]) == {"reason": "other-run", "run": "r-1", "asked_for": foreign}
        assert first["id"] == "r-1-1"
    answer = await client.get("/api/events", headers={"Last-Event-ID": "run-" + "9" * 5000})
    assert (answer.status_code, answer.json()["code"]) == (422, "query-invalid")
    answer = await client.get("/api/events", headers={"Last-Event-ID": "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (422, "query-invalid")


async def test_missed_events_are_a_gap(server: Server, scripted: ScriptedHost) -> None:
    """What a subscriber missed is told as a gap with both ends."""
    scripted.record(PluginUnloaded(plugin="p"))
    async with server.live("/api/events?after=r-1-0") as answer:
        scripted.feeds[-1].markers.append(EventsMissed(first=2, last=9))
        scripted.wake()
        blocks = await read_events(answer, 3)
    (gap,) = [block for block in blocks if block.get("event") == "gap"]
    assert json.loads(gap["data"]) == {"reason": "missed", "run": "r-1", "first": 2, "last": 9}


async def test_a_filter_of_events(server: Server, client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """Plugin, kind and severity choose; silence tells the id that was reached, so that it can be resumed from."""
    scripted.record(PluginUnloaded(plugin="a"))
    scripted.record(PluginRefused(plugin="b", folder="/b", reason=Reason(code="wrong", text="It is wrong")))
    scripted.record(PluginUnloaded(plugin="c"))
    for query, ids in [
        ("plugin=a", [1]),
        ("plugin=a,c", [1, 3]),
        ("kind=plugin-refused", [2]),
        ("severity=error", [2]),
        ("severity=warn&plugin=a", []),
        ("severity=info", [1, 2, 3]),
    ]:
        answer = await client.get(f"/api/events?{query}", headers={"Accept": "application/json"})
        assert [event["sequence"] for event in answer.json()["events"]] == ids
    async with server.live("/api/events?after=r-1-0&plugin=b") as answer:
        _, event, silence = await read_events(answer, 3)
    assert event["id"] == "r-1-2"
    assert silence == {"id": "r-1-3", "comment": "still here"}
    for query in ("severity=bad", "plugin=", "colour=red", "kind=a&kind=b"):
        answer = await client.get(f"/api/events?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "query-invalid")


async def test_a_kind_that_there_is_not(client: httpx.AsyncClient) -> None:
    """It is refused, with the nearest one and all there are, and those that extensions define are there, too."""
    for headers in ({}, {"Accept": "application/json"}):
        answer = await client.get("/api/events?kind=plugin-unloaded,plugin-lodaded", headers=headers)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "query-invalid")
        assert "'plugin-lodaded' is no kind of event; did you mean plugin-unloaded?" in problem["detail"]
        assert "host-started" in problem["detail"]

    @dataclass(frozen=True, kw_only=True, slots=True)
    class BackupMade(Event):
        kind: ClassVar[str] = "backup-made"

    answer = await client.get("/api/events?kind=backup-made", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["events"]) == (200, [])
    assert BackupMade.kind in event_kinds()


async def test_events_as_a_list(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """With `Accept: application/json` the kept events are one answer."""
    for number in range(3):
        scripted.record(PluginUnloaded(plugin=f"p{number}"))
    headers = {"Accept": "application/json"}
    answer = (await client.get("/api/events", headers=headers)).json()
    assert [event["id"] for event in answer["events"]] == ["r-1-1", "r-1-2", "r-1-3"]
    answer = (await client.get("/api/events?after=r-1-2", headers=headers)).json()
    assert [event["id"] for event in answer["events"]] == ["r-1-3"]
    answer = (await client.get("/api/events?after=r-1-3", headers=headers)).json()
    assert answer == {"run": "r-1", "last": 3, "gap": None, "events": []}


async def test_a_list_of_events_tells_its_gap(
    client: httpx.AsyncClient, scripted: ScriptedHost, monkeypatch
) -> None:
    """Kept events that begin later than was asked for come with the gap before them."""
    for number in range(3):
        scripted.record(PluginUnloaded(plugin=f"p{number}"))

    def events(*, after=None):
        feed = Feed(scripted.recorded, 2)
        feed.markers.append(EventsMissed(first=1, last=2))
        return feed

    monkeypatch.setattr(scripted, "events", events)
    answer = (await client.get("/api/events?after=r-1-0", headers={"Accept": "application/json"})).json()
    assert answer["gap"] == {"reason": "missed", "run": "r-1", "first": 1, "last": 2}
    assert [event["id"] for event in answer["events"]] == ["r-1-3"]


async def test_the_app_is_plain_asgi(scripted: ScriptedHost) -> None:
    """Under another server than ours, here the framework's test client, the app answers the same."""

    async def echo(params, seconds):
        return params

    scripted.handlers["Demo.Echo"] = echo
    client = create_app(scripted).test_client()
    headers = {"Host": "localhost", "Content-Type": "application/json"}
    answer = await client.post(
        "/api/plugins/demo/call", headers=headers, data=b'{"method": "Demo.Echo", "params": {"a": 1}}'
    )
    assert (answer.status_code, await answer.get_json()) == (200, {"result": {"a": 1}})
    assert (await client.get("/api/nothing", headers=headers)).status_code == 404
    assert (await client.get("/api/health", headers={"Host": "evil.example"})).status_code == 421


async def test_live_answers_end_when_the_server_stops(scripted: ScriptedHost) -> None:
    """Events, followed logs and streamed calls end at once, each properly; a streamed call says why."""
    scripted.add_stream("Demo.Slow", Stream([1, trio.sleep_forever], None, None, scripted))
    lines = "Accept: application/x-ndjson"
    async with (
        run_server(scripted, grace=10) as server,
        server.live("/api/events") as events,
        server.live("/api/plugins/demo/logs?follow=true") as logs,
        server.live("/api/plugins/demo/call", lines, body=b'{"method": "Demo.Slow"}') as call,
    ):
        assert await server.stop() < 8
        assert await events.rest() == ["retry: 1000", ""]
        assert await logs.rest() == []
        item, error = await call.rest()
        assert json.loads(item) == {"item": 1}
        assert json.loads(error)["error"]["code"] == "host-closed"
        assert events.ended_properly
        assert logs.ended_properly
        assert call.ended_properly
    assert scripted.open_streams == 0
