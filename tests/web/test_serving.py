"""Where the server listens, and what it says when it cannot."""

from __future__ import annotations

import json
import re

import httpx
import pytest
import trio
from scripted_host import ScriptedHost
from web_support import read_until, run_server

from hostcore.errors import ConfigError
from hostweb_api import Addresses, TcpAddress, serve_api


async def test_port_0_takes_a_free_one(scripted: ScriptedHost) -> None:
    """Two servers with port 0 are told their own addresses, and both answer there."""
    async with run_server(scripted) as one, run_server(scripted) as other:
        assert one.url != other.url
        for server in (one, other):
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
            async with httpx.AsyncClient(base_url=server.url) as client:
                assert (await client.get("/api/health")).status_code == 200


@pytest.mark.parametrize("name", ["localhost", "::1"])
async def test_other_loopback_addresses(scripted: ScriptedHost, name: str) -> None:
    """The address that is told is the one to use, also for `localhost` and IPv6."""
    async with (
        run_server(scripted, addresses=Addresses(all=(TcpAddress(host=name, port=0),))) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        assert (await client.get("/api/health")).status_code == 200


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", None), ("127.0.0.1", 70_000), ("0.0.0.0", 0), ("::", 0)]
)
async def test_an_address_that_cannot_be_used(scripted: ScriptedHost, host: str, port: int | None) -> None:
    """A port in use, no port at all, and an address for other machines are configuration errors with a hint."""
    async with run_server(scripted) as running:
        addresses = Addresses(all=(TcpAddress(host=host, port=running.port if port is None else port),))
        with trio.fail_after(30), pytest.raises(ConfigError) as refused:
            await serve_api(scripted, addresses=addresses, stopping=trio.Event())
        assert refused.value.hint
        with pytest.raises(ConfigError, match=re.escape(str(refused.value))):
            addresses.check()


async def test_a_client_that_asks_first(scripted: ScriptedHost) -> None:
    """`Expect: 100-continue` is answered before the body is sent, as curl needs it for large ones."""

    async def echo(params, seconds):
        return len(params["x"])

    scripted.handlers["Demo.Length"] = echo
    body = json.dumps({"method": "Demo.Length", "params": {"x": "y" * 2_000_000}}).encode()
    async with run_server(scripted) as server:
        stream = await server.connect()
        await stream.send_all(
            server.head(
                "POST /api/plugins/demo/call HTTP/1.1",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
                "Expect: 100-continue",
            )
        )
        assert (await read_until(stream, b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        await stream.send_all(body)
        assert b'{"result":2000000}' in await read_until(stream, b"}")
