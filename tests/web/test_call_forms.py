"""Calls in each form in which they can be asked for and answered, with a real plugin and real clients."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgpack
import pytest
import trio
from live_support import open_live
from test_real_plugins import Api, code_of, serve_plugins, wait_until
from web_support import Live, read_to_end

from hostweb_api import _settings

WORKSHOP = Path(__file__).parent / "programs" / "workshop"
CALL = "/api/plugins/workshop/call"
MSGPACK = "application/msgpack"
BYTES = "application/octet-stream"
NDJSON = "application/x-ndjson"
SSE = "text/event-stream"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serve_plugins(tmp_path, WORKSHOP) as api:
        yield api


async def send(api: Api, body: Any, *, accept: str = "*/*", **headers: str) -> httpx.Response:
    return await api.client.post(CALL, json=body, headers={"Accept": accept, **headers})


async def send_packed(api: Api, body: Any, *, accept: str = "*/*") -> httpx.Response:
    headers = {"Content-Type": MSGPACK, "Accept": accept}
    return await api.client.post(CALL, content=msgpack.packb(body), headers=headers)


async def send_raw(api: Api, query: dict[str, Any], data: Any, *, accept: str = "*/*") -> httpx.Response:
    headers = {"Content-Type": BYTES, "Accept": accept}
    return await api.client.post(CALL, params=query, content=data, headers=headers)


def events_of(text: str) -> list[tuple[str, Any]]:
    """Return what server-sent events tell, comments left out."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


# -- MessagePack


async def test_msgpack_in_and_out(api: Api) -> None:
    """MessagePack has bytes as such, both ways; what asks in it is answered in it unless it wants something else."""
    body = {"method": "Workshop.Wrap", "params": {"data": b"\xff\x00", "word": "ä"}}
    answer = await send_packed(api, body)
    assert answer.headers["content-type"] == MSGPACK
    assert msgpack.unpackb(answer.content) == {"result": {"data": "ä".encode() + b"\xff\x00", "size": 2}}
    answer = await send_packed(api, body, accept="application/json")
    assert answer.json()["result"] == {"data": {"$bytes": "w6T/AA=="}, "size": 2}
    answer = await send(
        api,
        {"method": "Workshop.Wrap", "params": {"data": {"$bytes": "AP8="}}},
        accept=MSGPACK,
    )
    assert msgpack.unpackb(answer.content) == {"result": {"data": b"\x00\xff", "size": 2}}


async def test_streams_in_msgpack(api: Api) -> None:
    """Items are collected in MessagePack as in JSON, and sent in it."""
    answer = await send_packed(api, {"method": "Workshop.Take", "items": [b"ab", b"c"]})
    assert msgpack.unpackb(answer.content)["result"]["size"] == 3
    answer = await send_packed(api, {"method": "Workshop.Give", "params": {"blocks": 2}})
    assert msgpack.unpackb(answer.content) == {
        "items": [b"\0" * 1000, b"\1" * 1000],
        "result": {"blocks": 2},
    }
    answer = await send_packed(api, {"method": "Workshop.Chat", "items": [{"number": 4}]}, accept=NDJSON)
    assert [json.loads(line) for line in answer.text.splitlines()] == [
        {"item": {"double": 8}},
        {"result": {"count": 1}},
    ]


DEEP = msgpack.packb({"method": "Workshop.Work"})[:-1] + b"\x91" * 5000


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "msgpack-invalid"),
        (b"\xc1", 400, "msgpack-invalid"),
        (b"\xde\xff\xff", 400, "msgpack-invalid"),
        (b"\xdf\xff\xff\xff\xff", 400, "msgpack-invalid"),
        (b"\xa2\xff\xfe", 400, "msgpack-invalid"),
        (DEEP, 400, "msgpack-invalid"),
        (msgpack.packb({"method": "Workshop.Work"}) + b"\x00", 400, "msgpack-invalid"),
        (msgpack.packb({"method": msgpack.Timestamp(1)}), 400, "msgpack-invalid"),
        (msgpack.packb({"method": msgpack.ExtType(5, b"x")}), 400, "msgpack-invalid"),
        (msgpack.packb({b"method": "Workshop.Work"}), 400, "msgpack-invalid"),
        (msgpack.packb({1: 2}), 400, "msgpack-invalid"),
        (msgpack.packb([1]), 422, "body-invalid"),
        (msgpack.packb({"method": "Workshop.Work", "more": 1}), 422, "body-invalid"),
        (msgpack.packb({str(number): 1 for number in range(100_000)}), 422, "body-invalid"),
        (msgpack.packb({"method": "Workshop.Work", "params": {"steps": b"x"}}), 422, "params-invalid"),
        (
            msgpack.packb({"method": "Workshop.Work", "params": {"steps": float("inf")}}),
            422,
            "params-invalid",
        ),
    ],
)
async def test_bad_msgpack(api: Api, raw: bytes, status: int, code: str) -> None:
    """What is no MessagePack, or has what JSON has no counterpart for, is refused; so is what does not fit."""
    answer = await api.client.post(CALL, content=raw, headers={"Content-Type": MSGPACK})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not answer.json()["detail"].endswith(": ."), answer.json()["detail"]


# -- raw bytes


async def test_raw_bytes_in_and_out(api: Api) -> None:
    """The body is the one binary param; the answer is the one binary member of the result, where it is asked for."""
    query = {"method": "Workshop.Wrap", "params": '{"word": "a"}', "timeout_ms": 5000}
    answer = await send_raw(api, query, b"bc", accept=BYTES)
    assert (answer.headers["content-type"], answer.content) == (BYTES, b"abc")
    answer = await send_raw(api, query, b"bc", accept="application/json")
    assert answer.json() == {"result": {"data": {"$bytes": "YWJj"}, "size": 2}}
    answer = await send(
        api, {"method": "Workshop.Wrap", "params": {"data": {"$bytes": "YQ=="}}}, accept=BYTES
    )
    assert answer.content == b"a"
    # A method whose result is no bytes is answered in JSON.
    answer = await send(api, {"method": "Workshop.Work", "params": {"steps": 0}}, accept=BYTES)
    assert answer.json() == {"result": {"runs": 1}}


async def test_an_upload_of_bytes(api: Api) -> None:
    """A body of any size goes into a method that takes binary items, part by part."""
    block = bytes(range(256)) * 256

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield block

    answer = await send_raw(api, {"method": "Workshop.Take"}, blocks(), accept="application/json")
    whole = hashlib.sha256(block * 300).hexdigest()
    assert answer.json() == {"items": [], "result": {"size": 300 * len(block), "sha256": whole}}


async def test_a_plugin_that_has_enough(api: Api) -> None:
    """It may answer before it has taken all; the rest of the upload is not waited for."""
    stream = await api.server.connect()
    path = f"{CALL}?method=Workshop.Take&params=%7B%22enough%22%3A100000%7D"
    headers = (f"Content-Type: {BYTES}", "Accept: application/json", "Content-Length: 1000000000")
    await stream.send_all(api.server.head(f"POST {path} HTTP/1.1", *headers))

    async def send() -> None:
        with suppress(trio.BrokenResourceError):
            while True:
                await stream.send_all(bytes(65536))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        answer = await read_to_end(stream)
        nursery.cancel_scope.cancel()
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["result"]["size"] >= 100_000


async def test_a_download_of_bytes(api: Api) -> None:
    """Binary items come one after the other; a failure on the way cuts the answer off."""
    body = {"method": "Workshop.Give", "params": {"blocks": 500}}
    answer = await send(api, body, accept=BYTES)
    assert answer.headers["content-type"] == BYTES
    assert answer.content == b"".join(bytes([number % 256]) * 1000 for number in range(500))
    cut = json.dumps({"method": "Workshop.Give", "params": {"blocks": 5, "fails": True}}).encode()
    async with api.server.live(CALL, f"Accept: {BYTES}", body=cut) as live:
        assert live.status == 200
        with pytest.raises(AssertionError, match="closed before the end"):
            await live.rest()
    body = {"method": "Workshop.Give", "params": {"blocks": 0, "fails": True}}
    assert code_of(await send(api, body, accept=BYTES)) == (502, "call-failed")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 422, "query-invalid"),
        ({"method": "Workshop.Work"}, 422, "params-invalid"),
        ({"method": "Workshop.Chat"}, 422, "params-invalid"),
        ({"method": "Workshop.Wrap", "params": "{"}, 422, "query-invalid"),
        ({"method": "Workshop.Wrap", "params": "[]"}, 422, "query-invalid"),
        ({"method": "Workshop.Wrap", "params": '{"more": 1}'}, 422, "params-invalid"),
        ({"method": "Workshop.Wrap", "timeout_ms": 0}, 422, "query-invalid"),
        ({"method": "Workshop.None"}, 404, "method-not-found"),
        ({"method": "Workshop.Wrap", "colour": "red"}, 422, "query-invalid"),
    ],
)
async def test_raw_bytes_that_have_no_place(api: Api, query: dict[str, Any], status: int, code: str) -> None:
    """A method that takes no raw bytes, and a query that does not name one rightly, are refused."""
    assert code_of(await send_raw(api, query, b"x")) == (status, code)


async def test_a_query_beside_a_body_that_needs_none(api: Api) -> None:
    """What says twice what to call is refused."""
    answer = await api.client.post(CALL, params={"method": "Workshop.Work"}, json={"method": "Workshop.Work"})
    assert code_of(answer) == (422, "query-invalid")


# -- NDJSON


async def test_an_upload_of_lines(api: Api) -> None:
    """The first line is the call, each further one an item; both sides go on at the same time."""
    stream = await api.server.connect()
    headers = (f"Content-Type: {NDJSON}", f"Accept: {NDJSON}", "Transfer-Encoding: chunked")
    await stream.send_all(api.server.head(f"POST {CALL} HTTP/1.1", *headers))

    async def chunk(data: bytes) -> None:
        await stream.send_all(b"%x\r\n%b\r\n" % (len(data), data))

    await chunk(b'{"method": "Workshop.Chat", "params": {"least": 1}}\n\n{"numb')
    await chunk(b'er": 1}\r\n')
    answer = Live(stream)
    with trio.fail_after(20):
        await answer.read_head()
        assert json.loads(await answer.line()) == {"item": {"double": 2}}
        # The further items are sent only once the first one was answered.
        await chunk(b'{"number": 2}\n{"number": 3}')
        assert json.loads(await answer.line()) == {"item": {"double": 4}}
        await chunk(b"")
        lines = [json.loads(line) for line in await answer.rest()]
    assert lines == [{"item": {"double": 6}}, {"result": {"count": 3}}]


async def test_thousands_of_lines(api: Api) -> None:
    """An upload has no limit; in one answer the items are collected."""
    lines = [{"method": "Workshop.Chat", "params": {"least": 5000}}, *({"number": n} for n in range(5001))]
    content = b"\n".join(json.dumps(line).encode() for line in lines)
    answer = await api.client.post(CALL, content=content, headers={"Content-Type": NDJSON})
    assert answer.json() == {"items": [{"double": 10_000}], "result": {"count": 5001}}


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "json-invalid"),
        (b"\n\n", 400, "json-invalid"),
        (b"{", 400, "json-invalid"),
        (b"[1]\n", 422, "body-invalid"),
        (b'{"method": "Workshop.Chat", "items": []}\n', 422, "body-invalid"),
        (b'{"method": "Workshop.Chat"}\n{', 400, "json-invalid"),
        (b'{"method": "Workshop.Chat"}\n{"number": "x"}', 422, "params-invalid"),
        (b'{"method": "Workshop.Work"}\n{"number": 1}', 422, "params-invalid"),
        (b'{"method": "Workshop.None"}\n', 404, "method-not-found"),
        (b'{"method": "' + b"x" * (_settings.MAX_CALL_BODY + 1), 413, "body-too-large"),
    ],
)
async def test_bad_lines(api: Api, content: bytes, status: int, code: str) -> None:
    """What is no line, no call or no item is refused with the status of the problem."""
    answer = await api.client.post(CALL, content=content, headers={"Content-Type": NDJSON})
    assert code_of(answer) == (status, code)


async def test_a_call_without_items_as_a_line(api: Api) -> None:
    """A method that takes no items can be called by a line, too."""
    line = b'{"method": "Workshop.Work", "params": {"steps": 0}}'
    answer = await api.client.post(CALL, content=line, headers={"Content-Type": NDJSON})
    assert answer.json() == {"result": {"runs": 1}}


# -- server-sent events


async def test_progress_as_events(api: Api) -> None:
    """With server-sent events a call tells its progress, and its outcome at the end."""
    body = {"method": "Workshop.Work", "params": {"steps": 3, "delay": 0.2}}
    answer = await send(api, body, accept=SSE)
    assert answer.headers["content-type"] == SSE
    *progress, last = events_of(answer.text)
    assert ("progress", {"progress": 2, "total": 3, "message": "step 2"}) in progress
    assert {kind for kind, _ in progress} == {"progress"}
    assert last == ("result", {"runs": 1})


async def test_a_stream_as_events(api: Api) -> None:
    """Items are events; a failure on the way is the last event, one at the beginning has its own status."""
    body = {"method": "Workshop.Chat", "items": [{"number": number} for number in range(200)]}
    events = events_of((await send(api, body, accept=SSE)).text)
    assert events == [
        *(("item", {"double": number * 2}) for number in range(200)),
        ("result", {"count": 200}),
    ]
    body = {"method": "Workshop.Work", "params": {"steps": 1, "delay": 0.1, "fails": True}}
    *_, (kind, problem) = events_of((await send(api, body, accept=SSE)).text)
    assert (kind, problem["code"], problem["error"]["name"]) == ("error", "call-failed", "Broken")
    assert code_of(await send(api, {"method": "Workshop.None"}, accept=SSE)) == (404, "method-not-found")
    body = {"method": "Workshop.Work", "params": {"steps": -1, "delay": "x"}}
    assert code_of(await send(api, body, accept=SSE)) == (422, "params-invalid")


async def test_a_client_of_events_that_leaves(api: Api) -> None:
    """Its call is cancelled, however it was asked for."""
    body = json.dumps({"method": "Workshop.Work", "params": {"steps": 1000, "delay": 0.05}}).encode()
    async with api.server.live(CALL, f"Accept: {SSE}", body=body) as live:
        assert (await live.line()) == "event: progress"
        assert api.host.plugin("workshop").statistics.in_flight == 1
        await live.aclose()
        await wait_until(lambda: api.host.plugin("workshop").statistics.in_flight == 0)


async def test_curl(api: Api, tmp_path: Path) -> None:
    """`curl -T` uploads a file into a stream, `curl -o` takes bytes."""
    file = tmp_path / "file"
    file.write_bytes(bytes(300_000))
    run = partial(subprocess.run, capture_output=True, timeout=30, check=True)
    upload = [
        "curl",
        "-sS",
        "-X",
        "POST",
        "-T",
        str(file),
        "-H",
        f"Content-Type: {BYTES}",
        "-H",
        "Accept: application/json",
    ]
    done = await trio.to_thread.run_sync(run, [*upload, f"{api.server.url}{CALL}?method=Workshop.Take"])
    assert json.loads(done.stdout)["result"]["size"] == 300_000
    ask = [
        "curl",
        "-sS",
        "-o",
        str(tmp_path / "got"),
        "-H",
        f"Accept: {BYTES}",
        "-H",
        "Content-Type: application/json",
    ]
    body = json.dumps({"method": "Workshop.Give", "params": {"blocks": 3}})
    await trio.to_thread.run_sync(run, [*ask, "-d", body, f"{api.server.url}{CALL}"])
    assert (tmp_path / "got").read_bytes() == b"\0" * 1000 + b"\1" * 1000 + b"\2" * 1000


# -- which forms get in


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "",
        "text/json",
        "application/xml",
    ],
)
async def test_types_that_a_form_can_send(api: Api, media_type: str) -> None:
    """What a page of another site can send without asking is refused before anything else, whatever it holds."""
    content = b'{"method": "Workshop.Work"}'
    request = api.client.build_request("POST", CALL, content=content, headers={"Content-Type": media_type})
    if not media_type:
        del request.headers["Content-Type"]
    assert code_of(await api.client.send(request)) == (415, "media-type-unsupported")


@pytest.mark.parametrize("media_type", [MSGPACK, BYTES, NDJSON])
async def test_types_that_other_routes_do_not_take(api: Api, media_type: str) -> None:
    """Only a route that declares a form takes it; a foreign page is refused with it in any case."""
    headers = {"Content-Type": media_type}
    for path in ("/api/plugins/load", "/api/plugins/workshop/stop", "/api/host/reload"):
        answer = await api.client.post(path, content=b"x", headers=headers)
        assert code_of(answer) == (415, "media-type-unsupported")
    answer = await api.client.post(CALL, content=b"x", headers=headers | {"Origin": "http://evil.example"})
    assert code_of(answer) == (403, "origin-refused")


# -- over the websocket


async def test_the_websocket_with_a_real_plugin(api: Api) -> None:
    """Items flow both ways at once, progress is told, and a closed websocket leaves no call."""
    async with open_live(api.server) as live:
        await live.say("call.open", id="c", plugin="workshop", method="Workshop.Chat")
        credit = (await live.hear_until("call.opened"))["credit"]
        for number in range(200):
            while credit == 0:
                credit += (await live.hear_until("call.credit"))["credit"]
                await live.say("call.credit", id="c", credit=100)
            await live.say("call.send", id="c", item={"number": number})
            credit -= 1
        await live.say("call.end", id="c")
        assert (await live.hear_until("call.result"))["result"] == {"count": 200}
        await live.say(
            "call.open", id="w", plugin="workshop", method="Workshop.Work", params={"steps": 2, "delay": 0.2}
        )
        assert (await live.hear_until("call.progress"))["total"] == 2
        await live.hear_until("call.result")
        await live.say("call.open", id="b", plugin="workshop", method="Workshop.Chat")
        await live.hear_until("call.opened")
        await live.say("call.send", id="b", item={"number": "x"})
        assert (await live.hear_until("call.error"))["problem"]["code"] == "params-invalid"
        await live.say(
            "call.open",
            id="l",
            plugin="workshop",
            method="Workshop.Work",
            params={"steps": 999, "delay": 0.1},
        )
        await wait_until(lambda: api.host.plugin("workshop").statistics.in_flight == 1)
    await wait_until(lambda: api.host.plugin("workshop").statistics.in_flight == 0)


# -- calls in flight


async def test_calls_in_flight_are_listed_and_cancelled(api: Api) -> None:
    """Each shows who makes it, how old it is and how far it has come; a cancelled one tells its caller by whom."""
    path = "/api/plugins/workshop/calls"
    assert (await api.client.get(path)).json() == {"calls": []}
    answers: dict[str, httpx.Response] = {}

    async def ask(name: str, body: Any, accept: str) -> None:
        answers[name] = await send(api, body, accept=accept)

    async with trio.open_nursery() as nursery, open_live(api.server) as live:
        work = {"method": "Workshop.Work", "params": {"steps": 400, "delay": 0.1}}
        nursery.start_soon(ask, "work", work, SSE)
        await live.say("call.open", id="c", plugin="workshop", method="Workshop.Chat", timeout_ms=60_000)
        await live.hear_until("call.opened")
        await wait_until(lambda: len(api.host.calls("workshop")) == 2)
        await wait_until(lambda: any(call.progress for call in api.host.calls("workshop")))
        calls = {call["method"]: call for call in (await api.client.get(path)).json()["calls"]}
        working, chatting = calls["Workshop.Work"], calls["Workshop.Chat"]
        assert (working["caller"], working["is_plugin"], working["is_streaming"]) == ("local", False, False)
        assert working["total"] == 400
        assert working["message"].startswith("step ")
        assert chatting["is_streaming"] is True
        assert 0 < chatting["ends_at"] - chatting["started_at"] <= 61
        for call in (working, chatting):
            assert (await api.client.delete(f"{path}/{call['id']}")).status_code == 204
        problem = (await live.hear_until("call.error"))["problem"]
        assert (problem["code"], problem["detail"]) == ("call-cancelled", "the call was cancelled by local")
        assert (await api.client.get(path)).json() == {"calls": []}
        assert code_of(await api.client.delete(f"{path}/{working['id']}")) == (404, "call-not-found")
    assert events_of(answers["work"].text)[-1][1]["code"] == "call-cancelled"
    assert code_of(await api.client.get("/api/plugins/nobody/calls")) == (404, "plugin-not-found")
