"""Answers that go on end when whoever gets them may not be here any more; having one open is use of a session."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import trio
from live_support import open_live
from web_support import Server, run_server

from hostcore.config import HostConfig
from hostcore.host import Host, open_host
from hostweb_api import Access, ApiSettings, Scope
from hostweb_api.security._access import SESSION_IDLE_SECONDS, SESSION_SECONDS

DEMO = Path(__file__).parents[1] / "cli" / "demo"
# A heartbeat is more than the test waits: what ends does so without one.
SETTINGS = ApiSettings(require_token=True, heartbeat=120.0)


class Served:
    """Is a served host with the demo plugin, its tokens, and a clock that can be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.access = Access(clock=lambda: time.time() + self.ahead)
        self.server: Server
        self.host: Host

    async def token(self, lifetime: float | None = None) -> tuple[str, str]:
        """Make a token; returns its id and its text."""
        made, text = await self.access.create_token(
            name=f"t{len(self.access.tokens())}", scope=Scope.OPERATOR, lifetime=lifetime, created_by="test"
        )
        return made.id, text

    async def page(self, client: httpx.AsyncClient) -> tuple[str, str]:
        """Sign in; returns the headers of a page."""
        _, text = await self.token()
        assert (await client.post("/api/session", json={"token": text})).status_code == 201
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return f"Cookie: {cookie}", f"Origin: {self.server.url}"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    served = Served()
    async with (
        open_host(HostConfig(plugins=(DEMO,), data=tmp_path / "data")) as served.host,
        run_server(served.host, settings=SETTINGS, access=served.access) as served.server,
    ):
        yield served


ENDLESS = {
    "events": ("/api/events", "text/event-stream"),
    "logs": ("/api/plugins/demo/logs?follow=true&last=0", "application/x-ndjson"),
    "calls": ("/api/traffic", "text/event-stream"),
    "messages": ("/api/messages", "text/event-stream"),
}


@pytest.mark.parametrize(("path", "form"), ENDLESS.values(), ids=ENDLESS)
async def test_what_is_endless_ends(served: Served, path: str, form: str) -> None:
    """Each of them ends properly within moments when its token is revoked, and when it expires, without a heartbeat."""
    token_id, text = await served.token()
    _, short = await served.token(lifetime=60.0)
    lines = (f"Authorization: Bearer {text}", f"Accept: {form}")
    other = (f"Authorization: Bearer {short}", f"Accept: {form}")
    async with served.server.live(path, *lines) as revoked, served.server.live(path, *other) as expired:
        assert (revoked.status, expired.status) == (200, 200)
        await served.access.revoke_token(token_id)
        await revoked.rest()
        assert revoked.ended_properly
        served.ahead = 61.0
        await expired.rest()
        assert expired.ended_properly


CALLS = {
    "lines": ("Demo.Count", b'{"to": 1000, "delay": 0.2}', "application/x-ndjson"),
    "items": ("Demo.Count", b'{"to": 1000, "delay": 0.2}', "text/event-stream"),
    "one": ("Demo.Sleep", b'{"seconds": 300}', "text/event-stream"),
}


@pytest.mark.parametrize(("method", "params", "form"), CALLS.values(), ids=CALLS)
async def test_a_call_is_cut_off(served: Served, method: str, params: bytes, form: str) -> None:
    """An answer that has an end of its own is no whole one then, and the plugin's call is cancelled."""
    token_id, text = await served.token()
    body = b'{"method": "%b", "params": %b, "timeout_ms": 600000}' % (method.encode(), params)
    lines = (f"Authorization: Bearer {text}", f"Accept: {form}")

    async def revoke() -> None:
        with trio.fail_after(20):
            while not served.host.calls("demo"):  # noqa: ASYNC110 - a snapshot has no event
                await trio.sleep(0.02)
        await served.access.revoke_token(token_id)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(revoke)
        async with served.server.live("/api/plugins/demo/call", *lines, body=body) as answer:
            if method == "Demo.Sleep":
                assert answer.status == 401  # nothing of it had been sent
                assert "token-invalid" in (await answer.body()).decode()
            else:
                with pytest.raises(AssertionError, match="closed before the end"):
                    await answer.rest()
    with trio.fail_after(20):
        while served.host.calls("demo"):  # noqa: ASYNC110 - as above
            await trio.sleep(0.02)


async def checked(use: Callable[[], float], since: float) -> None:
    """Wait until the server has looked at what is open once more."""
    with trio.fail_after(20):
        while use() <= since:  # noqa: ASYNC110 - nobody tells
            await trio.sleep(0.05)


@pytest.mark.parametrize("way", ["websocket", "events"])
async def test_a_session_with_something_open_is_not_idle(served: Served, way: str) -> None:
    """A page that only listens stays signed in beyond the idle time, and goes when the session's time is over."""
    origin = {"Origin": served.server.url}
    async with httpx.AsyncClient(base_url=served.server.url, headers=origin, timeout=20) as client:
        cookie = await served.page(client)

        def seen() -> float:
            (session,) = served.access._sessions.values()
            return served.access._seen_at(session)

        async def grow_old() -> None:
            for _ in range(int(SESSION_SECONDS / SESSION_IDLE_SECONDS * 2) - 1):
                before = time.time() + served.ahead
                served.ahead += SESSION_IDLE_SECONDS / 2
                await checked(seen, before + SESSION_IDLE_SECONDS / 4)
            # It is known still, and to have it open has kept it so.
            assert (await client.get("/api/session")).json()["kind"] == "session"
            served.ahead += SESSION_IDLE_SECONDS / 2

        if way == "websocket":
            async with open_live(served.server, *cookie) as live:
                await live.hear_until("hello")
                await grow_old()
                assert await live.wait_closed() == (4001, "session-ended")
        else:
            async with served.server.live("/api/events", *cookie) as events:
                await grow_old()
                await events.rest()
                assert events.ended_properly
        assert (await client.get("/api/session")).json()["kind"] == "nobody"


async def test_a_session_with_nothing_open_is_idle(served: Served) -> None:
    """A websocket that was closed keeps nothing."""
    origin = {"Origin": served.server.url}
    async with httpx.AsyncClient(base_url=served.server.url, headers=origin, timeout=20) as client:
        async with open_live(served.server, *await served.page(client)) as live:
            await live.hear_until("hello")
        await trio.sleep(0.2)
        served.ahead = SESSION_IDLE_SECONDS + 1
        assert (await client.get("/api/session")).json()["kind"] == "nobody"
