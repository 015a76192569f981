"""Requests that are repeated with an Idempotency-Key: one call, however often they come."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
import trio
from scripted_host import ScriptedHost
from test_hostile_clients import CALL, JSON
from web_support import Server

from hostcore.errors import CallFailedError, CallTimedOutError, OverloadedError, UnavailableError
from hostcore.snapshots import PluginState
from hostweb_api.calls import _idempotency as idempotency
from hostweb_api.calls._idempotency import Repeats
from hostweb_api.security._callers import LOCAL, Caller, CallerKind, Scope

PATH = "/api/plugins/demo/call"
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


class Counting:
    """Is a method that counts how often it is called, and waits for `gate` if there is one."""

    def __init__(self, scripted: ScriptedHost) -> None:
        self.calls = 0
        self.gate: trio.Event | None = None
        self.failure: Exception | None = None
        scripted.handlers["Demo.Count"] = self

    async def __call__(self, params: Any, seconds: Any) -> Any:
        self.calls += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return {"calls": self.calls, "data": b"x"}


@pytest.fixture
def method(scripted: ScriptedHost) -> Counting:
    return Counting(scripted)


async def send(client: httpx.AsyncClient, key: str = KEY, **body: Any) -> httpx.Response:
    body = {"method": "Demo.Count", **body}
    return await client.post(PATH, json=body, headers={"Idempotency-Key": key})


async def test_a_repeated_request(client: httpx.AsyncClient, method: Counting) -> None:
    """It is answered as before, without another call, and says so; another key is another request."""
    first, again, quoted = await send(client), await send(client), await send(client, f'"{KEY}"')
    assert method.calls == 1
    assert first.content == again.content == quoted.content
    assert first.headers["content-type"] == again.headers["content-type"]
    marks = [each.headers.get("idempotency-replayed") for each in (first, again, quoted)]
    assert marks == [None, "true", "true"]
    other = await send(client, "other")
    assert other.json()["result"]["calls"] == 2
    without = await client.post(PATH, json={"method": "Demo.Count"})
    assert without.json()["result"]["calls"] == 3


async def test_another_request_with_the_same_key(client: httpx.AsyncClient, method: Counting) -> None:
    """A key is of one request: other params, another form of the answer or another plugin are refused."""
    await send(client)
    answer = await send(client, params={"a": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    body = {"method": "Demo.Count"}
    headers = {"Idempotency-Key": KEY, "Accept": "application/msgpack"}
    answer = await client.post(PATH, json=body, headers=headers)
    assert answer.json()["code"] == "idempotency-key-reused"
    assert method.calls == 1


@pytest.mark.parametrize("key", ["", "a" * 256, '"open', "a b", 'a"b', b"a,b".decode() + "\x7f"])
async def test_what_is_no_key(client: httpx.AsyncClient, method: Counting, key: str) -> None:
    """It is refused, and nothing is called."""
    answer = await send(client, key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-invalid")
    assert method.calls == 0


async def test_two_keys(client: httpx.AsyncClient, method: Counting) -> None:
    """A request with two keys is refused: nobody knows which of them it will be repeated with."""
    headers = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    answer = await client.post(PATH, json={"method": "Demo.Count"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-invalid")
    assert method.calls == 0


@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/event-stream"])
async def test_an_answer_that_goes_on(client: httpx.AsyncClient, method: Counting, accept: str) -> None:
    """It cannot be kept, so it takes no key."""
    headers = {"Idempotency-Key": KEY, "Accept": accept}
    answer = await client.post(PATH, json={"method": "Demo.Count"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-invalid")
    assert method.calls == 0


async def test_requests_at_the_same_time(client: httpx.AsyncClient, method: Counting) -> None:
    """Those that come while the first is worked on wait for its answer."""
    method.gate = trio.Event()
    answers: list[httpx.Response] = []

    async def ask() -> None:
        answers.append(await send(client))

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(ask)
        with trio.fail_after(10):
            while method.calls == 0:  # noqa: ASYNC110 - what the server does has no event here
                await trio.sleep(0.01)
        await trio.sleep(0.2)  # long enough for the others to be taken for calls of their own
        assert method.calls == 1
        method.gate.set()
    assert method.calls == 1
    assert {answer.content for answer in answers} == {answers[0].content}
    assert sorted(answer.headers.get("idempotency-replayed", "") for answer in answers) == ["", *["true"] * 4]


async def test_a_client_that_leaves_and_comes_back(
    server: Server, client: httpx.AsyncClient, method: Counting
) -> None:
    """Its call goes on without it, and its repeated request gets the answer."""
    method.gate = trio.Event()
    body = b'{"method": "Demo.Count"}'
    stream = await server.connect()
    await stream.send_all(
        server.head(CALL, JSON, f"Idempotency-Key: {KEY}", f"Content-Length: {len(body)}") + body
    )
    with trio.fail_after(10):
        while method.calls == 0:  # noqa: ASYNC110 - what the server does has no event here
            await trio.sleep(0.01)
    await stream.aclose()
    await trio.sleep(0.1)
    method.gate.set()
    answer = await client.post(
        PATH, content=body, headers={"Idempotency-Key": KEY, "Content-Type": "application/json"}
    )
    assert answer.json()["result"]["calls"] == 1
    assert method.calls == 1


@pytest.mark.parametrize(
    ("failure", "state", "calls"),
    [
        (CallFailedError("no", status=5, name="KeyNotFound", data=None, retryable=True), "ready", 1),
        (CallTimedOutError("too late"), "ready", 1),
        (ZeroDivisionError("a bug"), "ready", 1),
        (UnavailableError("stopped meanwhile"), "ready", 1),
        (UnavailableError("not running"), "stopped", 2),
        (OverloadedError("too many"), "ready", 2),
    ],
)
async def test_failures(
    *,
    client: httpx.AsyncClient,
    scripted: ScriptedHost,
    method: Counting,
    failure: Exception,
    state: str,
    calls: int,
) -> None:
    """What may have done something is answered as before; what never reached the plugin may be tried anew."""
    scripted.demo = replace(scripted.demo, state=PluginState(state))
    method.failure = failure
    first, again = await send(client), await send(client)
    assert first.status_code == again.status_code >= 400
    assert first.json()["code"] == again.json()["code"]
    assert method.calls == calls


# -- what is kept


def caller(name: str) -> Caller:
    return Caller(name=name, scope=Scope.OPERATOR, kind=CallerKind.TOKEN, token_id=name)


class Answers:
    """Makes an answer of a size, and counts how often."""

    def __init__(self, size: int = 10) -> None:
        self.size = size
        self.made = 0

    async def __call__(self) -> Any:
        self.made += 1
        from hostweb_api._responses import json_response  # noqa: PLC0415 - as late as the app does it

        return json_response(json.dumps("x" * self.size).encode())


async def ask(repeats: Repeats, key: str, make: Answers, who: Caller = LOCAL) -> None:
    await repeats.once(key, caller=who, parts=(b"same",), make=make, is_running=True)


async def test_keys_belong_to_their_caller() -> None:
    """The same key of another caller is another request: nobody gets the answer of somebody else."""
    repeats, make = Repeats(), Answers()
    await ask(repeats, KEY, make, caller("a"))
    await ask(repeats, KEY, make, caller("b"))
    await ask(repeats, KEY, make, caller("a"))
    assert make.made == 2


async def test_answers_are_forgotten_after_a_day() -> None:
    """Then the request is made again."""
    now = 0.0
    repeats, make = Repeats(clock=lambda: now), Answers()
    await ask(repeats, KEY, make)
    now = idempotency.KEPT_SECONDS - 1
    await ask(repeats, KEY, make)
    assert make.made == 1
    now += 2
    await ask(repeats, KEY, make)
    assert make.made == 2


async def test_no_more_is_kept_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the number, or the bytes, the oldest answers are forgotten."""
    monkeypatch.setattr(idempotency, "MAX_KEPT", 3)
    repeats, make = Repeats(), Answers()
    for key in ("a", "b", "c", "d"):
        await ask(repeats, key, make)
    await ask(repeats, "b", make)
    assert make.made == 4
    await ask(repeats, "a", make)
    assert make.made == 5
    monkeypatch.setattr(idempotency, "MAX_KEPT_BYTES", 1000)
    repeats, make = Repeats(), Answers(400)
    for key in ("a", "b", "c"):
        await ask(repeats, key, make)
    assert repr(repeats) == "<Repeats kept=2 bytes=804>"
