"""A server behind a proxy that speaks TLS for it: whose pages are its own, who is local, and what its cookies are for."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from live_support import UPGRADE, open_live
from scripted_host import ScriptedHost
from test_hostile_clients import status_of
from web_support import Server, read_until, run_server

from hostcore.config import ServerConfig
from hostweb_api import Access, Addresses, ApiSettings, Scope, TcpAddress, UnixAddress

PUBLIC = "https://plugins.example.org"
SETTINGS = ApiSettings.from_config(ServerConfig(public_url="https://Plugins.Example.org:443/"))


async def signed_in(server: Server, access: Access, client: httpx.AsyncClient) -> str:
    """Sign in through the proxy; returns what it sets as a cookie."""
    _, text = await access.create_token(name="me", scope=Scope.ADMIN, lifetime=None, created_by="test")
    answer = await client.post("/api/session", json={"token": text})
    assert answer.status_code == 201
    return answer.headers["set-cookie"]


@pytest.mark.parametrize("host", ["plugins.example.org", "plugins.example.org:443"])
async def test_a_page_behind_the_proxy(scripted: ScriptedHost, host: str) -> None:
    """Its requests and its websocket are the server's own, its cookie is for TLS, and it is known by it alone."""
    access = Access()
    through = {"Host": host, "Origin": PUBLIC}
    async with (
        run_server(scripted, settings=SETTINGS, access=access) as server,
        httpx.AsyncClient(base_url=server.url, headers=through, timeout=20) as client,
    ):
        assert (await client.get("/api/plugins")).status_code == 401
        cookie = await signed_in(server, access, client)
        assert cookie.startswith(f"__Host-polyhost-session-{server.port}=")
        assert cookie.endswith("; HttpOnly; SameSite=Strict; Secure")
        # The client here sends no such cookie over plain HTTP, as the proxy does.
        pair = cookie.partition(";")[0]
        client.cookies.clear()
        client.headers["Cookie"] = pair
        assert (await client.get("/api/session")).json()["kind"] == "session"
        assert (await client.post("/api/plugins/demo/start")).status_code == 200
        for foreign in ("http://plugins.example.org", "https://evil.example", server.url):
            answer = await client.post("/api/plugins/demo/start", headers={"Origin": foreign})
            assert (answer.status_code, answer.json()["code"]) == (403, "origin-refused")
        stream = await server.connect()
        lines = (f"Host: {host}", f"Origin: {PUBLIC}", f"Cookie: {pair}")
        head = "\r\n".join(["GET /api/live HTTP/1.1", *lines, *UPGRADE, "", ""])
        await stream.send_all(head.encode())
        assert status_of(await read_until(stream, b"\r\n\r\n")) == 101


async def test_who_is_local_behind_a_proxy(scripted: ScriptedHost, tmp_path: Path) -> None:
    """Nobody over TCP, whatever the proxy hides; over a socket whoever did not come by the public name."""
    path = tmp_path / "s"
    addresses = Addresses(all=(TcpAddress(port=0), UnixAddress(path=path)))
    async with run_server(scripted, settings=SETTINGS, addresses=addresses) as server:
        async with httpx.AsyncClient(base_url=server.url) as client:
            assert (await client.get("/api/plugins")).status_code == 401
            stranger = await client.get("/api/plugins", headers={"Host": "evil.example"})
            assert (stranger.status_code, stranger.json()["code"]) == (421, "host-refused")
        through = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(base_url="http://localhost", transport=through) as client:
            assert (await client.get("/api/plugins")).status_code == 200
            named = await client.get("/api/plugins", headers={"Host": "plugins.example.org"})
            assert named.status_code == 401


async def test_a_page_of_another_site_cannot_use_the_public_name(scripted: ScriptedHost) -> None:
    """Its origin is the server's own only where the request came by that name."""
    access = Access()
    _, text = await access.create_token(name="me", scope=Scope.ADMIN, lifetime=None, created_by="test")
    async with run_server(scripted, settings=SETTINGS, access=access) as server:
        header = f"Authorization: Bearer {text}"
        with pytest.raises(AssertionError, match="403"):
            async with open_live(server, header, f"Origin: {PUBLIC}"):
                pass
