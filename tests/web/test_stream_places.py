"""One client may have so many streams open, and all together leave room for requests that have an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import trio
from live_support import UPGRADE, open_live
from web_support import Server, read_until, run_server

from hostcore.config import HostConfig
from hostcore.host import open_host
from hostweb_api import Access, ApiSettings, Scope
from hostweb_api.serving import _places
from hostweb_api.serving._connection import ConnectionLimits

DEMO = Path(__file__).parents[1] / "cli" / "demo"
SETTINGS = ApiSettings(streams_per_client=3)
EVENTS = "/api/events"
LOGS = "/api/plugins/demo/logs?follow=true"
TRAFFIC = "/api/traffic"
SSE = "Accept: text/event-stream"


class Served:
    """Is a server with three streams for each client, and the headers of two tokens."""

    def __init__(self, server: Server, headers: list[str]) -> None:
        self.server = server
        self.mine, self.other = headers


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    access = Access()
    headers = []
    for name in ("one", "two"):
        _, text = await access.create_token(name=name, scope=Scope.VIEWER, lifetime=None, created_by="test")
        headers.append(f"Authorization: Bearer {text}")
    async with (
        open_host(HostConfig(plugins=(DEMO,), data=tmp_path / "data")) as host,
        run_server(host, settings=SETTINGS, access=access) as server,
    ):
        yield Served(server, headers)


async def refusal(served: Served, path: str, *lines: str) -> tuple[int, str]:
    """Ask for what is refused; returns status and code."""
    headers = dict(line.split(": ", 1) for line in lines)
    async with httpx.AsyncClient(base_url=served.server.url, timeout=20) as client:
        answer = await client.get(path, headers=headers)
        return answer.status_code, answer.json()["code"]


async def test_one_client_has_so_many_streams(served: Served) -> None:
    """Events, logs, traffic and websockets count alike; a further one is a 429, others and other requests are not."""
    server, mine = served.server, served.mine
    async with AsyncExitStack() as open_ones:
        for path in (EVENTS, LOGS):
            answer = await open_ones.enter_async_context(server.live(path, mine, SSE))
            assert answer.status == 200
        await open_ones.enter_async_context(open_live(server, mine))
        for path in (EVENTS, LOGS, TRAFFIC):
            assert await refusal(served, path, mine, SSE) == (429, "streams-exceeded")
        stream = await server.connect()
        await stream.send_all(server.head("GET /api/live HTTP/1.1", *UPGRADE, mine))
        answer = await read_until(stream, b"}")
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b'"streams-exceeded"' in answer
        # A page, which cannot read that answer, hears the same when it asks.
        assert await refusal(served, "/api/live", mine) == (429, "streams-exceeded")
        assert await refusal(served, "/api/live", served.other) == (426, "upgrade-required")
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
            headers = dict([mine.split(": ", 1)])
            assert (await client.get("/api/plugins", headers=headers)).status_code == 200
            kept = await client.get(EVENTS, headers={**headers, "Accept": "application/json"})
            assert kept.status_code == 200
        for lines in ((served.other, SSE), (SSE,)):  # another token, and whoever is here without one
            async with server.live(EVENTS, *lines) as other:
                assert other.status == 200


async def test_a_place_is_free_again_when_a_stream_has_ended(served: Served) -> None:
    """Whoever ends one, or leaves, may open another one; what was refused holds nothing."""
    for _ in range(3):
        async with AsyncExitStack() as open_ones:
            for _ in range(3):
                await open_ones.enter_async_context(served.server.live(EVENTS, served.mine))
            for _ in range(5):
                assert await refusal(served, EVENTS, served.mine, SSE) == (429, "streams-exceeded")
        with trio.fail_after(20):
            while (await _status(served)) != 200:  # noqa: ASYNC110 - the server tells nobody that it has noticed
                await trio.sleep(0.01)


async def _status(served: Served) -> int:
    async with served.server.live(EVENTS, served.mine) as answer:
        return answer.status


async def test_sessions_are_their_tokens(served: Served) -> None:
    """A token is not more clients for having signed in."""
    token = served.mine.rpartition(" ")[2]
    async with httpx.AsyncClient(base_url=served.server.url, timeout=20) as client:
        origin = {"Origin": served.server.url}
        assert (await client.post("/api/session", json={"token": token}, headers=origin)).status_code == 201
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    async with AsyncExitStack() as open_ones:
        for lines in ((served.mine,), (f"Cookie: {cookie}",), (served.mine,)):
            answer = await open_ones.enter_async_context(served.server.live(EVENTS, *lines))
            assert answer.status == 200
        assert await refusal(served, EVENTS, f"Cookie: {cookie}") == (429, "streams-exceeded")


async def test_all_together_leave_room(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what all may have, nobody opens another one."""
    monkeypatch.setattr(_places, "MAX_STREAMS", 2)
    async with served.server.live(EVENTS, served.mine), served.server.live(EVENTS, served.other):
        assert await refusal(served, EVENTS, SSE) == (429, "streams-exceeded")


def test_connections_are_left() -> None:
    """The limits fit together: streams leave a quarter of the connections, and the documentation says so."""
    assert ConnectionLimits().max_connections * 3 // 4 == _places.MAX_STREAMS
    text = (Path(__file__).parents[2] / "docs" / "reference" / "rest-api.md").read_text()
    assert f"| {_places.MAX_STREAMS}, so that" in text
    assert f"are followed | {ApiSettings().streams_per_client} (`server.streams_per_client`)" in text
