"""TLS in use: the live websocket over it, and a certificate that is renewed while the server runs."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trio
from live_support import open_live
from scripted_host import ScriptedHost
from tls_support import Certificate, make_certificate
from web_support import Server, run_server

from hostcore.errors import ConfigError
from hostweb_api import Access, Addresses, ApiSettings, Scope, ServerTls, TcpAddress


class Secure:
    """Is a server with TLS, and the files that its certificate is read from."""

    def __init__(self, server: Server, tls: ServerTls, files: Certificate) -> None:
        self.server = server
        self.tls = tls
        self.files = files

    async def connect(self, trusted: Certificate) -> trio.SSLStream[trio.SocketStream]:
        """Connect as a client that trusts one certificate."""
        stream = await trio.open_ssl_over_tcp_stream(
            "127.0.0.1", self.server.port, ssl_context=trusted.client_context(), https_compatible=True
        )
        try:
            await stream.do_handshake()
        except trio.BrokenResourceError:
            await trio.aclose_forcefully(stream)
            raise
        return await self.server.clients.enter_async_context(stream)

    async def shows(self, expected: Certificate) -> bool:
        """Say whether new connections get a certificate."""
        try:
            stream = await self.connect(expected)
        except trio.BrokenResourceError:
            return False
        await trio.aclose_forcefully(stream)
        return True


@pytest.fixture
def files(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


@asynccontextmanager
async def secured(scripted: ScriptedHost, files: Certificate, **options: object) -> AsyncIterator[Secure]:
    addresses = Addresses(all=(TcpAddress(port=0, is_tls=True),), tls_cert=files.cert, tls_key=files.key)
    tls = addresses.tls()
    assert tls is not None
    async with run_server(scripted, addresses=addresses, tls=tls, **options) as server:
        yield Secure(server, tls, files)


def replace(files: Certificate, by: Certificate) -> None:
    shutil.copy(by.cert, files.cert)
    shutil.copy(by.key, files.key)


async def test_the_websocket_over_tls(scripted: ScriptedHost, files: Certificate) -> None:
    """It carries calls and topics; its page's origin is the one with https."""
    access = Access()
    _, token = await access.create_token(name="me", scope=Scope.ADMIN, lifetime=None, created_by="test")

    async def echo(params: dict[str, object], seconds: float) -> dict[str, object]:
        return params

    scripted.handlers["Demo.Echo"] = echo
    async with secured(scripted, files, settings=ApiSettings(require_token=True), access=access) as secure:
        header = f"Authorization: Bearer {token}"
        stream = await secure.connect(files)
        async with open_live(secure.server, header, f"Origin: {secure.server.url}", over=stream) as live:
            assert (await live.hear())["caller"] == {"name": "me", "scope": "admin"}
            await live.say("subscribe", id="e", topic="events")
            await live.hear_until("subscribed")
            await live.say(
                "call.open", id="c", plugin="demo", method="Demo.Echo", params={"text": "ä" * 100_000}
            )
            assert (await live.hear_until("call.result"))["result"] == {"text": "ä" * 100_000}
        plain = secure.server.url.replace("https", "http")
        with pytest.raises(AssertionError, match=r"HTTP/1\.1 403"):
            async with open_live(secure.server, header, f"Origin: {plain}", over=await secure.connect(files)):
                pass


async def test_a_renewed_certificate(scripted: ScriptedHost, files: Certificate, tmp_path: Path) -> None:
    """New connections get it once it was renewed; one that is there, and a websocket, go on."""
    old, new = (make_certificate(tmp_path, name) for name in ("old", "new"))
    replace(files, old)
    async with (
        secured(scripted, files) as secure,
        open_live(secure.server, over=await secure.connect(old)) as live,
    ):
        await live.hear_until("hello")
        replace(files, new)
        assert (await secure.shows(old), await secure.shows(new)) == (True, False)
        secure.tls.renew()
        assert (await secure.shows(old), await secure.shows(new)) == (False, True)
        await live.say("ping")
        await live.hear_until("pong")


@pytest.mark.parametrize("fault", ["another key", "no certificate", "gone"])
async def test_a_broken_certificate(
    scripted: ScriptedHost, files: Certificate, tmp_path: Path, fault: str
) -> None:
    """The one that is there stays, and the error names the file."""
    before = make_certificate(tmp_path, "before")
    replace(files, before)
    async with secured(scripted, files) as secure:
        match fault:
            case "another key":
                shutil.copy(make_certificate(tmp_path, "other").key, files.key)
            case "no certificate":
                files.cert.write_text("no PEM")
            case _:
                files.cert.unlink()
        with pytest.raises(ConfigError) as refused:
            secure.tls.renew()
        assert str(files.cert) in str(refused.value)
        assert await secure.shows(before)


async def test_reload_renews_it(scripted: ScriptedHost, files: Certificate, tmp_path: Path) -> None:
    """Whoever has the configuration read again over the API has the certificate read, too."""
    old, new = (make_certificate(tmp_path, name) for name in ("old", "new"))
    replace(files, old)
    async with (
        secured(scripted, files) as secure,
        httpx.AsyncClient(base_url=secure.server.url, verify=old.client_context(), timeout=20) as client,
    ):
        files.cert.write_text("no PEM")
        answer = await client.post("/api/host/reload")
        assert (answer.status_code, answer.json()["code"]) == (422, "config-invalid")
        assert await secure.shows(old)
        replace(files, new)
        assert (await client.post("/api/host/reload")).status_code == 200
        assert await secure.shows(new)


async def test_a_request_without_tls(scripted: ScriptedHost, files: Certificate) -> None:
    """It is told, in what it speaks, that this port speaks TLS; whoever speaks TLS is served as before."""
    async with secured(scripted, files) as secure:
        async with httpx.AsyncClient(timeout=20) as client:
            for method, content in (("GET", None), ("POST", b"x" * 1_000_000)):
                url = f"http://127.0.0.1:{secure.server.port}/api/health"
                answer = await client.request(method, url, content=content)
                assert (answer.status_code, answer.headers["connection"]) == (400, "close")
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["detail"] == "This port speaks TLS, and the request came without it."
                assert answer.json()["hint"] == "begin the address with https://"
        assert await secure.shows(files)


@pytest.mark.parametrize(
    ("name", "seconds", "expected"),
    [
        ("box.example", 86400, "max-age=86400"),
        ("box.example", 0, "max-age=0"),
        ("127.0.0.1", 86400, None),
        ("localhost", 86400, None),
    ],
)
async def test_names_are_kept_to_tls(
    scripted: ScriptedHost, files: Certificate, name: str, seconds: int, expected: str | None
) -> None:
    """Browsers are told to use TLS for the server's name, whatever is answered; not for what is any machine's own."""
    settings = ApiSettings(server_names=("box.example",), hsts_seconds=seconds)
    async with (
        secured(scripted, files, settings=settings) as secure,
        httpx.AsyncClient(base_url=secure.server.url, verify=files.client_context(), timeout=20) as client,
    ):
        for path in ("/api/health", "/api/plugins", "/nothing"):
            answer = await client.get(path, headers={"Host": f"{name}:{secure.server.port}"})
            assert answer.headers.get("strict-transport-security") == expected


async def test_without_tls_nothing_is_said_of_it(server: Server) -> None:
    """A name that is reached without TLS may not have it."""
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        answer = await client.get("/api/health", headers={"Host": f"box.example:{server.port}"})
        assert "strict-transport-security" not in answer.headers
