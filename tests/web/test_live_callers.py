"""Who may do what over the live websocket, and what ends it for those who may no more."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpx
import pytest
from live_support import UPGRADE, open_live
from scripted_host import ScriptedHost
from test_hostile_clients import status_of
from web_support import Server, read_until, run_server

from hostweb_api import ApiSettings
from hostweb_api.security._access import Access
from hostweb_api.security._callers import Scope

SETTINGS = ApiSettings(require_token=True, heartbeat=0.2)


@pytest.fixture
def access() -> Access:
    return Access()


@pytest.fixture
async def guarded(scripted: ScriptedHost, access: Access) -> AsyncIterator[Server]:
    async with run_server(scripted, settings=SETTINGS, access=access) as server:
        yield server


async def token(access: Access, name: str, scope: Scope, lifetime: float | None = None) -> tuple[str, str]:
    """Make a token; returns its id and the header that shows it."""
    made, text = await access.create_token(name=name, scope=scope, lifetime=lifetime, created_by="test")
    return made.id, f"Authorization: Bearer {text}"


@pytest.mark.parametrize(
    ("lines", "status", "code"),
    [((), 401, b"sign-in-needed"), (("Authorization: Bearer wrong",), 401, b"token-invalid")],
)
async def test_nobody_gets_in(guarded: Server, lines: tuple[str, ...], status: int, code: bytes) -> None:
    """Without a token, or with a wrong one, there is no upgrade."""
    stream = await guarded.connect()
    await stream.send_all(guarded.head("GET /api/live HTTP/1.1", *UPGRADE, *lines))
    answer = await read_until(stream, b"}")
    assert (status_of(answer), code in answer) == (status, True)


async def test_a_viewer_calls_nothing(guarded: Server, access: Access, scripted: ScriptedHost) -> None:
    """Who may only look may follow topics, and is refused calls."""

    async def never(params, seconds):
        raise AssertionError

    scripted.handlers["Demo.Never"] = never
    _, shown = await token(access, "screen", Scope.VIEWER)
    async with open_live(guarded, shown) as live:
        assert (await live.hear())["caller"] == {"name": "screen", "scope": "viewer"}
        await live.say("subscribe", id="e", topic="events")
        await live.hear_until("subscribed")
        await live.say("call.open", id="c", plugin="demo", method="Demo.Never")
        error = await live.hear_until("error")
        assert (error["about"], error["problem"]["code"]) == ("call.open", "scope-insufficient")


async def test_a_revoked_token_ends_the_websocket(guarded: Server, access: Access) -> None:
    """Within moments it is closed with a code of its own; those of others go on."""
    revoked, shown = await token(access, "a", Scope.OPERATOR)
    _, other = await token(access, "b", Scope.OPERATOR)
    async with open_live(guarded, shown) as mine, open_live(guarded, other) as theirs:
        await mine.hear_until("heartbeat")
        await access.revoke_token(revoked)
        assert await mine.wait_closed() == (4001, "session-ended")
        await theirs.say("ping")
        await theirs.hear_until("pong")


async def test_an_expired_token_ends_the_websocket(scripted: ScriptedHost) -> None:
    """Also one that nobody has revoked."""
    ahead = 0.0
    access = Access(clock=lambda: time.time() + ahead)
    async with run_server(scripted, settings=SETTINGS, access=access) as server:
        _, shown = await token(access, "a", Scope.VIEWER, lifetime=60)
        async with open_live(server, shown) as live:
            await live.hear_until("heartbeat")
            ahead = 61
            assert await live.wait_closed() == (4001, "session-ended")


async def test_a_page_that_signs_out(guarded: Server, access: Access) -> None:
    """Its websocket comes in by its cookie, from its own origin only, and ends with the session."""
    _, shown = await token(access, "a", Scope.ADMIN)
    origin = f"Origin: {guarded.url}"
    async with httpx.AsyncClient(base_url=guarded.url, headers={"Origin": guarded.url}) as client:
        signed = await client.post("/api/session", json={"token": shown.rpartition(" ")[2]})
        assert signed.status_code == 201
        cookie = "Cookie: " + "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        for foreign in ((cookie,), (cookie, "Origin: http://evil.example")):
            stream = await guarded.connect()
            await stream.send_all(guarded.head("GET /api/live HTTP/1.1", *UPGRADE, *foreign))
            assert status_of(await read_until(stream, b"}")) == 403
        async with open_live(guarded, cookie, origin) as live:
            assert (await live.hear())["caller"]["name"] == "a"
            assert (await client.delete("/api/session")).status_code == 204
            assert await live.wait_closed() == (4001, "session-ended")


async def test_a_revoked_token_ends_server_sent_events(guarded: Server, access: Access) -> None:
    """They end as they do when the server stops; whoever comes back is refused."""
    revoked, shown = await token(access, "a", Scope.VIEWER)
    async with guarded.live("/api/events", shown) as events:
        assert await events.line() == "retry: 1000"
        await access.revoke_token(revoked)
        lines = await events.rest()
        assert events.ended_properly
    assert set(lines) <= {"", ": still here"}
