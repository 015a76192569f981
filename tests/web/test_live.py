"""The live websocket: topics that are followed, and calls, over a real socket."""

from __future__ import annotations

import json
import math
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import trio
from live_support import SCHEMA, LiveClient, open_live, validator
from pydantic import TypeAdapter
from scripted_host import ScriptedHost, Stream
from web_support import Server, run_server

from hostcore.errors import CallFailedError, PluginNotFoundError
from hostcore.events import EventsMissed, PluginDiscovered, PluginUnloaded
from hostcore.snapshots import LATENCY_BOUNDS, PluginState
from hostweb_api import ApiSettings, ConnectionLimits
from hostweb_api import _settings as settings
from hostweb_api.live import _messages as messages
from hostweb_api.live._call import FIRST_CREDIT
from hostweb_api.live._session import (
    FAILED,
    MAX_CALLS,
    MAX_HELD,
    MAX_SUBSCRIPTIONS,
    SESSION_ENDED,
    SLOW_SECONDS,
    STOPPING,
    TOO_SLOW,
)
from hostweb_api.live._sockets import MAX_SOCKETS
from hostweb_api.live._subscription import BATCH_SECONDS
from hostweb_api.serving._websocket import MAX_MESSAGE, SILENT


@pytest.fixture
async def live(server: Server) -> AsyncIterator[LiveClient]:
    async with open_live(server) as client:
        await client.hear_until("hello")
        yield client


def discovered(number: int) -> PluginDiscovered:
    return PluginDiscovered(plugin=f"p{number}", version="1.0", folder="/")


async def problem_of(client: LiveClient) -> tuple[str | None, str | None, str]:
    """Return what the next error is about, whose it is, and its code."""
    error = await client.hear_until("error")
    return error["about"], error["id"], error["problem"]["code"]


# -- the contract


@pytest.mark.parametrize("name", ["ClientMessage", "ServerMessage"])
def test_the_schema_is_one(name: str) -> None:
    """Each definition is JSON Schema 2020-12, and each reference leads somewhere."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    titles = [each["$ref"].rpartition("/")[2] for each in SCHEMA["$defs"][name]["oneOf"]]
    assert [title for title in titles if "type" not in SCHEMA["$defs"][title]["properties"]] == []


def models() -> dict[str, Any]:
    """Return the definitions that the server checks messages by, by their name."""
    schema = TypeAdapter(messages.ClientMessage).json_schema()["$defs"]
    filters = (
        messages.EventsFilter,
        messages.LogsFilter,
        messages.MetricsFilter,
        messages.PluginsFilter,
        messages.TrafficFilter,
    )
    return schema | {each.__name__: each.model_json_schema() for each in filters}


@pytest.mark.parametrize("name", sorted(models()))
def test_the_schema_has_the_members_that_the_server_checks(name: str) -> None:
    """What a client may send has the same members in the schema and in the server, and the same are needed."""
    ours, theirs = models()[name], SCHEMA["$defs"][name]
    assert set(theirs["properties"]) == set(ours.get("properties", {}))
    assert set(theirs.get("required", [])) == set(ours.get("required", []))
    assert theirs["additionalProperties"] is False


BAD = [
    {"type": "subscribe", "id": "", "topic": "events"},
    {"type": "subscribe", "id": "a" * 65, "topic": "events"},
    {"type": "subscribe", "id": "a"},
    {"type": "subscribe", "id": "a", "topic": "events", "filter": []},
    {"type": "subscribe", "id": "a", "topic": "events", "after": 5},
    {"type": "subscribe", "id": "a", "topic": "events", "more": 1},
    {"type": "call.open", "id": "a", "plugin": "p", "method": "M.m", "timeout_ms": 0},
    {"type": "call.open", "id": "a", "plugin": "p", "method": "M.m", "credit": 0},
    {"type": "call.open", "id": "a", "plugin": "p", "method": "M.m", "credit": 1025},
    {"type": "call.send", "id": "a"},
    {"type": "call.credit", "id": "a", "credit": True},
    {"type": "ping", "id": 1},
    {"type": "dance"},
    {},
]


@pytest.mark.parametrize("message", BAD, ids=json.dumps)
async def test_messages_that_neither_takes(live: LiveClient, message: dict[str, Any]) -> None:
    """What the schema refuses the server refuses, too, and goes on."""
    assert not validator("ClientMessage").is_valid(message)
    await live.send(json.dumps(message))
    _, _, code = await problem_of(live)
    assert code == "body-invalid"
    await live.say("ping")
    await live.hear_until("pong")


@pytest.mark.parametrize(
    ("message", "pointer", "detail"),
    [
        ({"type": "subscribe", "id": "a"}, "#/topic", "it is missing"),
        ({"type": "call.credit", "id": "a", "credit": "x"}, "#/credit", "a whole number is expected"),
        ({}, "#/type", "it is missing"),
        ([], "#", "an object is expected"),
    ],
)
async def test_where_the_fault_is(live: LiveClient, message: object, pointer: str, detail: str) -> None:
    """The pointer leads into what was sent, and the text is about JSON."""
    await live.send(json.dumps(message))
    (fault,) = (await live.hear_until("error"))["problem"]["errors"]
    assert fault == {"pointer": pointer, "detail": detail}


@pytest.mark.parametrize("text", ["", "{", "[1]", "5", "NaN", '{"type": "ping"} x', "[" * 10_000])
async def test_what_is_no_message(live: LiveClient, text: str) -> None:
    """It is answered with an error, and the websocket goes on."""
    await live.send(text)
    about, name, code = await problem_of(live)
    assert (about, name) == (None, None)
    assert code in {"json-invalid", "body-invalid"}
    await live.say("ping", id="x")
    assert await live.hear_until("pong") == {"type": "pong", "id": "x"}


async def test_a_message_of_a_million_members(live: LiveClient) -> None:
    """It is refused without a fault for each, the filter of a subscription too."""
    many = {str(number): 1 for number in range(300_000)}
    begin = time.process_time()  # of client and server: they share the process
    await live.send(json.dumps({"type": "ping", **many}))
    assert (await problem_of(live))[2] == "body-invalid"
    await live.send(json.dumps({"type": "subscribe", "id": "a", "topic": "events", "filter": many}))
    assert (await problem_of(live))[2] == "body-invalid"
    assert time.process_time() - begin < 10


async def test_hello(server: Server, scripted: ScriptedHost) -> None:
    """The first message says who is there, and what can be asked for."""
    scripted.record(discovered(1))
    async with open_live(server) as client:
        hello = await client.hear()
    assert hello["caller"] == {"name": "local", "scope": "admin"}
    assert hello["topics"] == ["events", "logs", "metrics", "plugins", "traffic"]
    assert (hello["run"], hello["last_event"]) == ("r-1", "r-1-1")


async def test_heartbeats(live: LiveClient, scripted: ScriptedHost) -> None:
    """After a while of silence the client is told that the server is there, and how far the events are."""
    scripted.record(discovered(1))
    assert (await live.hear_until("heartbeat"))["last_event"] == "r-1-1"


# -- subscriptions


async def test_events(live: LiveClient, scripted: ScriptedHost) -> None:
    """New events come in their order, with the cursor to go on from; unsubscribing ends it."""
    scripted.record(discovered(0))
    await live.say("subscribe", id="e", topic="events")
    assert await live.hear() == {"type": "subscribed", "id": "e", "topic": "events", "cursor": "r-1-1"}
    for number in range(1, 4):
        scripted.record(discovered(number))
    items = await live.hear_items("e", 3)
    assert [each["plugin"] for each in items] == ["p1", "p2", "p3"]
    await live.say("unsubscribe", id="e")
    assert await live.hear_until("unsubscribed") == {"type": "unsubscribed", "id": "e", "reason": "asked"}
    scripted.record(discovered(4))
    await live.say("ping")
    assert (await live.hear())["type"] == "pong"
    assert scripted.feeds[-1].closed.is_set()


async def test_a_filter_of_events(live: LiveClient, scripted: ScriptedHost) -> None:
    """Plugins, kinds and the severity choose; the cursor goes on over what was left out."""
    await live.say("subscribe", id="a", topic="events", filter={"plugins": ["p1"]})
    await live.say("subscribe", id="b", topic="events", filter={"kinds": ["plugin-unloaded"]})
    await live.say("subscribe", id="c", topic="events", filter={"severity": "warn"})
    await live.hear_until("subscribed", id="c")
    scripted.record(discovered(1))
    scripted.record(PluginUnloaded(plugin="p2"))
    found: dict[str, list[int]] = {}
    cursors: dict[str, str] = {}
    while cursors.get("a") != "r-1-2" or "b" not in found or cursors.get("c") != "r-1-2":
        message = await live.hear_until("items")
        found.setdefault(message["id"], []).extend(each["sequence"] for each in message["items"])
        cursors[message["id"]] = message["cursor"]
    assert found == {"a": [1], "b": [2], "c": []}


async def test_a_kind_of_event_that_there_is_not(live: LiveClient) -> None:
    """It is refused with those there are; silence would say nothing."""
    await live.say("subscribe", id="a", topic="events", filter={"kinds": ["plugin-lodaded"]})
    error = await live.hear_until("error")
    assert (error["id"], error["problem"]["code"]) == ("a", "body-invalid")
    assert "did you mean plugin-unloaded? there are: config-reloaded, " in error["problem"]["detail"]


async def test_events_are_resumed(server: Server, scripted: ScriptedHost) -> None:
    """With the cursor of before, what happened meanwhile comes first, and nothing twice."""
    async with open_live(server) as first:
        await first.say("subscribe", id="e", topic="events")
        await first.hear_until("subscribed")
        scripted.record(discovered(1))
        cursor = (await first.hear_until("items"))["cursor"]
    for number in range(2, 5):
        scripted.record(discovered(number))
    async with open_live(server) as second:
        await second.say("subscribe", id="e", topic="events", after=cursor)
        assert [each["sequence"] for each in await second.hear_items("e", 3)] == [2, 3, 4]


async def test_gaps(live: LiveClient, scripted: ScriptedHost) -> None:
    """An id of another run, and what the host does not keep any more, show as gaps in their place."""
    scripted.record(discovered(1))
    await live.say("subscribe", id="e", topic="events", after="old-7")
    gap = await live.hear_until("gap")
    assert gap == {"type": "gap", "id": "e", "reason": "other-run", "missed": None, "cursor": "r-1-0"}
    await live.hear_items("e", 1)
    scripted.feeds[-1].markers.append(EventsMissed(first=2, last=5))
    scripted.wake()
    gap = await live.hear_until("gap")
    assert gap == {"type": "gap", "id": "e", "reason": "missed", "missed": 4, "cursor": "r-1-5"}


async def test_logs(live: LiveClient, scripted: ScriptedHost) -> None:
    """Kept lines come first as far as wanted, then new ones, of the level or above; a gap shows what is missing."""
    for number in range(3):
        scripted.log(f"line {number}")
    await live.say("subscribe", id="l", topic="logs", filter={"plugin": "demo", "last": 2})
    assert (await live.hear_until("subscribed"))["cursor"] == "r-1-1"
    assert [each["message"] for each in await live.hear_items("l", 2)] == ["line 1", "line 2"]
    scripted.lines.append(replace(scripted.lines[-1], sequence=6, message="later", level="error"))
    scripted.wake()
    gap = await live.hear_until("gap")
    assert (gap["missed"], gap["cursor"]) == (2, "r-1-5")
    assert [each["message"] for each in await live.hear_items("l", 1)] == ["later"]
    await live.say(
        "subscribe", id="m", topic="logs", filter={"plugin": "demo", "level": "warn"}, after="r-1-0"
    )
    assert [each["message"] for each in await live.hear_items("m", 1)] == ["later"]


async def test_the_end_of_a_log(live: LiveClient, scripted: ScriptedHost) -> None:
    """A log that can have no more lines ends the subscription."""
    scripted.log("last words")
    await live.say("subscribe", id="l", topic="logs", filter={"plugin": "demo", "last": 5})
    await live.hear_until("subscribed")
    scripted.feeds[-1].is_over = True
    scripted.wake()
    assert [each["message"] for each in await live.hear_items("l", 1)] == ["last words"]
    assert (await live.hear_until("unsubscribed"))["reason"] == "ended"


async def test_plugins(live: LiveClient, scripted: ScriptedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the picture of all, then of each that an event is about, and the id of one that is gone."""
    check = validator("PluginItem")
    scripted.record(discovered(1))
    await live.say("subscribe", id="p", topic="plugins")
    (snapshot,) = await live.hear_items("p", 1)
    check.validate(snapshot)
    assert (snapshot["kind"], snapshot["last_event"]) == ("snapshot", "r-1-1")
    assert [each["id"] for each in snapshot["plugins"]] == ["demo"]
    scripted.demo = replace(scripted.demo, state=PluginState.FAILED)
    for _ in range(50):
        scripted.record(PluginUnloaded(plugin="demo"))
    (changed,) = await live.hear_items("p", 1)
    check.validate(changed)
    assert (changed["plugin"]["state"], changed["last_event"]) == ("failed", "r-1-51")

    def gone(plugin_id: str) -> None:
        raise PluginNotFoundError("gone")

    monkeypatch.setattr(scripted, "plugin", gone)
    scripted.record(PluginUnloaded(plugin="demo"))
    (removed,) = await live.hear_items("p", 1)
    check.validate(removed)
    assert (removed["kind"], removed["id"]) == ("removed", "demo")


async def test_missed_events_cost_the_picture_nothing(live: LiveClient, scripted: ScriptedHost) -> None:
    """Where events were missed all plugins are shown anew: the topic has no gap."""
    await live.say("subscribe", id="p", topic="plugins")
    await live.hear_items("p", 1)
    scripted.feeds[-1].markers.append(EventsMissed(first=1, last=9))
    scripted.wake()
    (changed,) = await live.hear_items("p", 1)
    assert (changed["kind"], changed["plugin"]["id"]) == ("plugin", "demo")


async def test_metrics(live: LiveClient, scripted: ScriptedHost) -> None:
    """Each second there is a sample, with the rates since the one before; a cursor cannot be resumed from."""
    await live.say("subscribe", id="m", topic="metrics", after="x")
    assert (await live.hear_until("gap"))["reason"] == "not-kept"
    latencies = tuple(10 * (bound == 0.05) for bound in (*LATENCY_BOUNDS, math.inf))
    statistics = replace(scripted.demo.statistics, calls=10, errors=1, total_seconds=0.5, latencies=latencies)
    scripted.demo = replace(scripted.demo, statistics=statistics)
    first, second = await live.hear_items("m", 2)
    for sample in (first, second):
        validator("MetricsItem").validate(sample)
    assert first["plugins"]["demo"]["mean_ms"] == 50
    assert first["plugins"]["demo"]["calls_per_second"] == pytest.approx(10 / first["seconds"], rel=0.01)
    assert 25 < first["plugins"]["demo"]["p50_ms"] < first["plugins"]["demo"]["p99_ms"] <= 50
    assert second["plugins"]["demo"]["calls_per_second"] == 0
    assert second["plugins"]["demo"]["p50_ms"] is None
    assert 0.9 < second["at"] - first["at"] < 5
    await live.say("subscribe", id="n", topic="metrics", filter={"plugins": ["other"]})
    assert (await live.hear_items("n", 1))[0]["plugins"] == {}


async def test_subscriptions_that_cannot_be(live: LiveClient) -> None:
    """An unknown topic, plugin, filter or cursor, and an id that is taken or unknown, are errors with their codes."""
    for members, code in [
        ({"topic": "weather"}, "topic-not-found"),
        ({"topic": "logs", "filter": {"plugin": "nobody"}}, "plugin-not-found"),
        ({"topic": "logs"}, "body-invalid"),
        ({"topic": "events", "filter": {"colour": "red"}}, "body-invalid"),
        ({"topic": "events", "after": "no id"}, "query-invalid"),
    ]:
        await live.say("subscribe", id="x", **members)
        assert await problem_of(live) == ("subscribe", "x", code)
    await live.say("unsubscribe", id="x")
    assert await problem_of(live) == ("unsubscribe", "x", "live-id-unknown")
    await live.say("subscribe", id="x", topic="events")
    await live.say("subscribe", id="x", topic="events")
    assert await problem_of(live) == ("subscribe", "x", "live-id-taken")


async def test_how_many_subscriptions_there_may_be(live: LiveClient) -> None:
    """Beyond the limit they are refused; there is room when one has ended."""
    for number in range(MAX_SUBSCRIPTIONS + 1):
        await live.say("subscribe", id=str(number), topic="events")
    assert await problem_of(live) == ("subscribe", str(MAX_SUBSCRIPTIONS), "live-too-many")
    await live.say("unsubscribe", id="0")
    await live.hear_until("unsubscribed")
    await live.say("subscribe", id="again", topic="events")
    await live.hear_until("subscribed", id="again")


# -- calls


async def test_a_call_without_streams(live: LiveClient, scripted: ScriptedHost) -> None:
    """It is opened, and has one result, or one error with the problem that REST would answer."""

    async def echo(params, seconds):
        return {"params": params, "seconds": seconds}

    async def fail(params, seconds):
        raise CallFailedError("no", status=5, name="KeyNotFound", data={"key": "a"}, retryable=False)

    scripted.handlers |= {"Demo.Echo": echo, "Demo.Fail": fail}
    await live.say("call.open", id="c", plugin="demo", method="Demo.Echo", params={"a": 1}, timeout_ms=1500)
    opened = await live.hear_until("call.opened")
    assert (opened["takes_items"], opened["sends_items"], opened["credit"]) == (False, False, 0)
    assert (await live.hear_until("call.result"))["result"] == {"params": {"a": 1}, "seconds": 1.5}
    await live.say("call.open", id="c", plugin="demo", method="Demo.Fail")
    problem = (await live.hear_until("call.error"))["problem"]
    assert (problem["code"], problem["error"]["name"]) == ("call-failed", "KeyNotFound")
    for plugin, method, code in [
        ("demo", "Demo.None", "method-not-found"),
        ("nobody", "Demo.Echo", "plugin-not-found"),
    ]:
        await live.say("call.open", id="c", plugin=plugin, method=method)
        assert (await live.hear_until("call.error"))["problem"]["code"] == code


async def test_a_result_that_json_has_no_form_for(live: LiveClient, scripted: ScriptedHost) -> None:
    """It is the plugin's fault, and only this call's."""

    async def infinite(params, seconds):
        return float("inf")

    scripted.handlers["Demo.Infinite"] = infinite
    await live.say("call.open", id="c", plugin="demo", method="Demo.Infinite")
    assert (await live.hear_until("call.error"))["problem"]["code"] == "result-invalid"


async def test_a_call_is_cancelled(live: LiveClient, scripted: ScriptedHost) -> None:
    """The client's cancel ends it, with an error of its own."""
    ended = trio.Event()

    async def wait(params, seconds):
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    scripted.handlers["Demo.Wait"] = wait
    await live.say("call.open", id="c", plugin="demo", method="Demo.Wait")
    await live.hear_until("call.opened")
    await live.say("call.cancel", id="c")
    assert (await live.hear_until("call.error"))["problem"]["code"] == "call-cancelled"
    assert ended.is_set()
    await live.say("call.cancel", id="c")
    assert await problem_of(live) == ("call.cancel", "c", "live-id-unknown")


async def test_calls_end_with_their_websocket(server: Server, scripted: ScriptedHost) -> None:
    """A client that goes away cancels its calls."""
    begun, ended = trio.Event(), trio.Event()

    async def wait(params, seconds):
        begun.set()
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    scripted.handlers["Demo.Wait"] = wait
    async with open_live(server) as client:
        await client.say("call.open", id="c", plugin="demo", method="Demo.Wait")
        await begun.wait()
    with trio.fail_after(5):
        await ended.wait()


async def test_items_are_sent_as_far_as_they_were_granted(live: LiveClient, scripted: ScriptedHost) -> None:
    """The plugin's items wait in the plugin until the client grants more."""
    stream = Stream(list(range(20)), {"count": 20}, None, scripted)
    scripted.add_stream("Demo.Count", stream)
    await live.say("call.open", id="c", plugin="demo", method="Demo.Count", credit=3)
    for number in range(3):
        assert (await live.hear_until("call.item"))["item"] == number
    await trio.sleep(0.1)
    # One is at hand, so that the end of a stream shows without credit.
    assert len(stream.items) == 16
    assert [each for each in live.messages if each["type"] == "call.item"] == []
    await live.say("call.credit", id="c", credit=1000)
    for number in range(3, 20):
        assert (await live.hear_until("call.item"))["item"] == number
    assert (await live.hear_until("call.result"))["result"] == {"count": 20}
    assert scripted.open_streams == 0


async def test_items_of_the_client(live: LiveClient, scripted: ScriptedHost) -> None:
    """They reach the plugin in order, more of them are granted as it takes them, and the end is told."""

    class Taking(Stream):
        async def __anext__(self) -> Any:
            await self.ended.wait()
            raise StopAsyncIteration

    stream = Taking([], {"done": True}, None, scripted)
    scripted.add_stream("Demo.Take", stream, takes_items=True)
    await live.say("call.open", id="c", plugin="demo", method="Demo.Take")
    credit = (await live.hear_until("call.opened"))["credit"]
    assert credit == FIRST_CREDIT
    for number in range(100):
        if credit == 0:
            credit += (await live.hear_until("call.credit"))["credit"]
        await live.say("call.send", id="c", item=number)
        credit -= 1
    await live.say("call.end", id="c")
    assert (await live.hear_until("call.result"))["result"] == {"done": True}
    assert stream.received == list(range(100))


async def test_a_stream_that_nothing_describes(live: LiveClient, scripted: ScriptedHost) -> None:
    """The client says which way the items go; without a word it is called as a method without streams."""
    scripted.streams["Demo.Bare"] = Stream([1, 2], {"count": 2}, None, scripted)

    async def unary(params, seconds):
        return "unary"

    scripted.handlers["Demo.Bare"] = unary
    for stream, takes, sends in [("out", False, True), ("in", True, False), ("both", True, True)]:
        await live.say("call.open", id="c", plugin="demo", method="Demo.Bare", stream=stream)
        opened = await live.hear_until("call.opened")
        assert (takes, sends) == (opened["takes_items"], opened["sends_items"])
        assert (FIRST_CREDIT if takes else 0) == opened["credit"]
        assert (await live.hear_until("call.result"))["result"] == {"count": 2}
    await live.say("call.open", id="c", plugin="demo", method="Demo.Bare")
    assert (await live.hear_until("call.result"))["result"] == "unary"


async def test_a_client_that_sends_more_than_it_may(live: LiveClient, scripted: ScriptedHost) -> None:
    """The call is ended: by too many items, by too many bytes, by an item after the end, by one that nobody takes."""

    class Deaf(Stream):
        async def __anext__(self) -> Any:
            await trio.sleep_forever()

        async def send(self, item: Any) -> None:
            await trio.sleep_forever()

    scripted.add_stream("Demo.Deaf", Deaf([], None, None, scripted), takes_items=True)
    scripted.add_stream("Demo.Count", Stream([trio.sleep_forever], None, None, scripted))
    big = "x" * (MAX_HELD // 3)
    for method, items, ends in [
        ("Demo.Deaf", [1] * (FIRST_CREDIT + 1), False),
        ("Demo.Deaf", [big] * 4, False),
        ("Demo.Deaf", [1], True),
        ("Demo.Count", [1], False),
    ]:
        await live.say("call.open", id="c", plugin="demo", method=method)
        await live.hear_until("call.opened")
        if ends:
            await live.say("call.end", id="c")
        for item in items:
            await live.say("call.send", id="c", item=item)
        assert (await live.hear_until("call.error"))["problem"]["code"] == "credit-exceeded"
    assert scripted.open_streams == 0


async def test_a_client_without_credit_meets_the_deadline(live: LiveClient, scripted: ScriptedHost) -> None:
    """A client that grants nothing more does not keep the call for ever."""
    scripted.add_stream("Demo.Count", Stream([1, 2, 3], None, None, scripted))
    await live.say("call.open", id="c", plugin="demo", method="Demo.Count", credit=1, timeout_ms=300)
    assert (await live.hear_until("call.error"))["problem"]["code"] == "call-timed-out"


async def test_how_many_calls_there_may_be(live: LiveClient, scripted: ScriptedHost) -> None:
    """Beyond the limit they are refused; an id of a running call is taken."""

    async def wait(params, seconds):
        await trio.sleep_forever()

    scripted.handlers["Demo.Wait"] = wait
    for number in range(MAX_CALLS):
        await live.say("call.open", id=str(number), plugin="demo", method="Demo.Wait")
        await live.hear_until("call.opened")
    await live.say("call.open", id="0", plugin="demo", method="Demo.Wait")
    assert await problem_of(live) == ("call.open", "0", "live-id-taken")
    await live.say("call.open", id="more", plugin="demo", method="Demo.Wait")
    assert await problem_of(live) == ("call.open", "more", "live-too-many")


async def test_many_websockets_at_once(scripted: ScriptedHost) -> None:
    """Each gets every event once, in order, whatever the others do."""
    async with run_server(scripted, settings=ApiSettings(heartbeat=5)) as server:
        done: list[int] = []

        async def follow(number: int) -> None:
            async with open_live(server) as client:
                await client.say("subscribe", id="e", topic="events", after="r-1-0")
                items = await client.hear_items("e", 300)
                assert [each["sequence"] for each in items] == list(range(1, 301))
                done.append(number)

        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(follow, number)
            for number in range(300):
                scripted.record(discovered(number))
                if number % 10 == 0:
                    await trio.sleep(0.005)
        assert len(done) == 20


def test_the_reference_says_the_limits_and_the_ends() -> None:
    """The numbers, the close codes and the topics of the reference are those of the server."""
    text = (Path(__file__).parents[2] / "docs" / "reference" / "live.md").read_text()
    for ending in (STOPPING, FAILED, SESSION_ENDED, TOO_SLOW):
        assert f"| {ending.code} | `{ending.reason}` |" in text
    assert f"| {SILENT[0]} | `{SILENT[1]}` |" in text
    for said in (
        f"at most {messages.MAX_ID} characters",
        f"at most every {BATCH_SECONDS * 1000:.0f} ms",
        f"After {settings.HEARTBEAT_SECONDS:.0f} s in which",
        f"taken one message in {SLOW_SECONDS:.0f} s",
        f"for {ConnectionLimits().silence:.0f} s, not even",
        f"| {MAX_SOCKETS}; further ones",
        f"| {MAX_MESSAGE // 2**20} MiB |",
        f"| {MAX_SUBSCRIPTIONS} each |",
        f"and {MAX_HELD // 2**20} MiB of one websocket",
        f"`call.open`, {messages.CallOpen.model_fields['credit'].default} without it",
    ):
        assert said in text, said
    assert MAX_SUBSCRIPTIONS == MAX_CALLS
