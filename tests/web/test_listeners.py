"""Ports with TLS, sockets in the file system, several at once: what is served where, and who needs a token there."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from scripted_host import ScriptedHost
from tls_support import Certificate, make_certificate
from web_support import LIMITS, Server, read_to_end, run_server

from hostcore.config import ServerConfig
from hostcore.errors import ConfigError
from hostweb_api import (
    Access,
    Addresses,
    ApiSettings,
    ConnectionLimits,
    Scope,
    TcpAddress,
    UnixAddress,
    parse_address,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def tls(certificate: Certificate, *more: Any) -> Addresses:
    return Addresses(
        all=(TcpAddress(port=0, is_tls=True), *more), tls_cert=certificate.cert, tls_key=certificate.key
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p.sock"


@pytest.fixture
async def secure(scripted: ScriptedHost, certificate: Certificate) -> AsyncIterator[Server]:
    async with run_server(scripted, addresses=tls(certificate)) as server:
        yield server


async def curl(*arguments: object) -> str:
    """Run curl; returns what it was answered, then the status."""
    words = ["curl", "-sS", "--max-time", "20", "-w", " %{http_code}", *map(str, arguments)]
    done = await trio.run_process(words, capture_stdout=True, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode()


# -- TLS


async def test_tls(secure: Server, certificate: Certificate) -> None:
    """Over TLS all is as without it; the address that is told begins with https."""
    assert secure.url == f"https://127.0.0.1:{secure.port}"
    async with httpx.AsyncClient(base_url=secure.url, verify=certificate.client_context()) as client:
        for _ in range(3):
            assert (await client.get("/api/health")).status_code == 200
        origin = {"Origin": secure.url}
        assert (await client.post("/api/plugins/demo/start", headers=origin)).status_code == 200
        plain = {"Origin": secure.url.replace("https", "http")}
        assert (await client.post("/api/plugins/demo/start", headers=plain)).status_code == 403
    answer = await curl("--cacert", certificate.cert, f"{secure.url}/api/health")
    assert answer.endswith(" 200")
    old = await curl(
        "--http1.0", "--cacert", certificate.cert, f"{secure.url}/api/plugins/demo/logs?follow=false"
    )
    assert old.endswith(" 200")


async def test_tls_is_modern(secure: Server, certificate: Certificate) -> None:
    """Nothing older than TLS 1.2 is spoken, and HTTP/1.1 is what is agreed upon."""
    context = certificate.client_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    stream = await trio.open_ssl_over_tcp_stream("127.0.0.1", secure.port, ssl_context=context)
    await stream.do_handshake()
    assert stream.selected_alpn_protocol() == "http/1.1"
    await stream.aclose()
    old = certificate.client_context()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    stream = await trio.open_ssl_over_tcp_stream("127.0.0.1", secure.port, ssl_context=old)
    with pytest.raises(trio.BrokenResourceError):
        await stream.do_handshake()
    await trio.aclose_forcefully(stream)


async def test_sessions_over_tls(scripted: ScriptedHost, certificate: Certificate) -> None:
    """The cookie is for TLS alone, and a browser takes it from this very host alone."""
    access = Access()
    _, token = await access.create_token(name="me", scope=Scope.ADMIN, lifetime=None, created_by="test")
    settings = ApiSettings(require_token=True)
    async with (
        run_server(scripted, addresses=tls(certificate), settings=settings, access=access) as server,
        client_of(server, certificate) as client,
    ):
        answer = await client.post("/api/session", json={"token": token})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"__Host-polyhost-session-{server.port}=")
        assert cookie.endswith("; HttpOnly; SameSite=Strict; Secure")
        assert "Domain" not in cookie
        assert (await client.get("/api/tokens")).status_code == 200


async def test_what_is_no_tls_harms_nobody(
    scripted: ScriptedHost, certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    """Noise, silence, half a handshake and clients that trust nobody end without a word in the log."""
    limits = ConnectionLimits(idle_timeout=0.5, write_timeout=1.0, linger=0.5)
    async with run_server(scripted, addresses=tls(certificate), limits=limits) as server:
        for data in (
            b"\x80" + os.urandom(1000),  # a letter would begin a request
            b"\x16\x03\x01\x02\x00\x01",
            b"",
        ):
            stream = await server.connect()
            await stream.send_all(data)
            assert b"HTTP" not in await read_to_end(stream)
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(base_url=server.url) as client:
                await client.get("/api/health")
        async with httpx.AsyncClient(base_url=server.url, verify=certificate.client_context()) as client:
            assert (await client.get("/api/health")).status_code == 200
    assert [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}] == []


async def test_a_handshake_cannot_hold_up_the_end(scripted: ScriptedHost, certificate: Certificate) -> None:
    """A client in the middle of its handshake is closed as an idle one is when the server stops."""
    limits = ConnectionLimits(idle_timeout=60.0, write_timeout=1.0, linger=0.5)
    async with run_server(scripted, addresses=tls(certificate), limits=limits, grace=30.0) as server:
        stream = await server.connect()
        await stream.send_all(b"\x16\x03\x01")
        await trio.sleep(0.1)
        assert await server.stop() < 10


@pytest.mark.parametrize("kind", ["tls", "unix"])
async def test_a_request_in_flight_is_finished(
    scripted: ScriptedHost, certificate: Certificate, path: Path, kind: str
) -> None:
    """A call that is being answered when the server stops gets its answer."""
    release = trio.Event()
    begun = trio.Event()
    answers: list[httpx.Response] = []

    async def slow(params: dict[str, Any], seconds: float | None) -> str:
        begun.set()
        await release.wait()
        return "done"

    scripted.handlers["Demo.Slow"] = slow
    addresses = tls(certificate) if kind == "tls" else Addresses(all=(UnixAddress(path=path),))
    async with run_server(scripted, addresses=addresses, grace=20.0) as server:
        async with client_of(server, certificate, path if kind == "unix" else None) as client:

            async def call() -> None:
                answers.append(await client.post("/api/plugins/demo/call", json={"method": "Demo.Slow"}))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(call)
                with trio.fail_after(10):
                    await begun.wait()
                server.stopping.set()
                await trio.sleep(0.2)
                assert not server.stopped.is_set()
                release.set()
        with trio.fail_after(10):
            await server.stopped.wait()
    assert [answer.json() for answer in answers] == [{"result": "done"}]


@asynccontextmanager
async def client_of(
    server: Server, certificate: Certificate, path: Path | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    if path is None:
        async with httpx.AsyncClient(
            base_url=server.url, verify=certificate.client_context(), timeout=20
        ) as client:
            yield client
    else:
        transport = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(base_url="http://localhost", transport=transport, timeout=20) as client:
            yield client


async def test_a_large_answer_over_tls(scripted: ScriptedHost, certificate: Certificate) -> None:
    """Megabytes go both ways, and a client that does not read is dropped."""

    async def echo(params: dict[str, Any], seconds: float | None) -> Any:
        return params["x"]

    scripted.handlers["Demo.Echo"] = echo
    text = "y" * 6_000_000
    async with run_server(scripted, addresses=tls(certificate), limits=LIMITS) as server:
        body = {"method": "Demo.Echo", "params": {"x": text}}
        async with client_of(server, certificate) as client:
            answer = await client.post("/api/plugins/demo/call", json=body)
            assert answer.json() == {"result": text}


def test_a_certificate_that_cannot_be_used(certificate: Certificate, tmp_path: Path) -> None:
    """What is wrong with it is told with the file, before anything listens."""
    other = make_certificate(tmp_path, "other")
    none = tmp_path / "none.pem"
    noise = tmp_path / "noise.pem"
    noise.write_text("no certificate")
    address = TcpAddress(port=0, is_tls=True)
    for cert, key, word in (
        (none, None, "No such file"),
        (certificate.cert, none, "No such file"),
        (noise, None, "cannot be used"),
        (certificate.cert, None, "cannot be used"),
        (certificate.cert, other.key, "cannot be used"),
        (None, certificate.key, "no certificate"),
        (None, None, "no certificate"),
    ):
        with pytest.raises(ConfigError, match=word) as refused:
            Addresses(all=(address,), tls_cert=cert, tls_key=key).check()
        assert refused.value.hint
    Addresses(all=(address,), tls_cert=certificate.cert, tls_key=certificate.key).check()


# -- for other machines


async def test_other_machines_need_a_token(scripted: ScriptedHost, certificate: Certificate) -> None:
    """On an address that other machines reach everybody has to show a token, also who comes from this one."""
    access = Access()
    _, token = await access.create_token(name="me", scope=Scope.VIEWER, lifetime=None, created_by="test")
    wide = TcpAddress(host="0.0.0.0", port=0, is_tls=True)
    addresses = Addresses(all=(wide, TcpAddress(port=0)), tls_cert=certificate.cert, tls_key=certificate.key)
    assert addresses.reach_others
    async with run_server(scripted, addresses=addresses, access=access) as server:
        assert server.url == f"https://localhost:{server.port}"
        url = f"https://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=url, verify=certificate.client_context()) as client:
            answer = await client.get("/api/plugins")
            assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-needed")
            bearer = {"Authorization": f"Bearer {token}"}
            assert (await client.get("/api/plugins", headers=bearer)).status_code == 200
        async with httpx.AsyncClient(base_url=server.urls[1]) as client:
            assert (await client.get("/api/plugins")).status_code == 200


async def test_plaintext_for_other_machines_takes_a_word(scripted: ScriptedHost) -> None:
    """Without TLS an address for other machines is refused, unless that is wanted in so many words."""
    wide = TcpAddress(host="0.0.0.0", port=0)
    with pytest.raises(ConfigError, match="without TLS") as refused:
        Addresses(all=(wide,)).check()
    assert "insecure_plaintext" in (refused.value.hint or "")
    addresses = Addresses(all=(wide,), insecure_plaintext=True)
    addresses.check()
    async with (
        run_server(scripted, addresses=addresses) as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client,
    ):
        assert (await client.get("/api/health")).status_code == 200
        assert (await client.get("/api/plugins")).status_code == 401


# -- sockets in the file system


async def test_a_socket(scripted: ScriptedHost, path) -> None:
    """Curl and httpx are answered there; it is its user's alone, needs no token, and goes with the server."""
    settings = ApiSettings(require_token=True)
    async with run_server(
        scripted, addresses=Addresses(all=(UnixAddress(path=path),)), settings=settings
    ) as server:
        assert server.urls == (f"unix:{path}",)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (await curl("--unix-socket", path, "http://localhost/api/plugins")).endswith(" 200")
        assert (await curl("--unix-socket", path, "http://evil.example/api/plugins")).endswith(" 421")
        transport = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(base_url="http://localhost", transport=transport) as client:
            assert (await client.get("/api/session")).json()["name"] == "local"
            wrong = {"Authorization": "Bearer polyhost_x"}
            assert (await client.get("/api/plugins", headers=wrong)).status_code == 401
        assert await server.stop() < 10
    assert not path.exists()
    assert list(path.parent.iterdir()) == []


async def test_the_mode_of_a_socket(scripted: ScriptedHost, path) -> None:
    """Others may use it when its mode says so."""
    async with run_server(scripted, addresses=Addresses(all=(UnixAddress(path=path, mode=0o660),))):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


async def test_a_socket_left_behind(scripted: ScriptedHost, path) -> None:
    """One that a killed server left is replaced; one that somebody listens on, and what is no socket, are not."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    addresses = Addresses(all=(UnixAddress(path=path),))
    async with run_server(scripted, addresses=addresses):
        assert (await curl("--unix-socket", path, "http://localhost/api/health")).endswith(" 200")
        with pytest.raises(ConfigError, match="another server listens"):
            addresses.check()
        assert (await curl("--unix-socket", path, "http://localhost/api/health")).endswith(" 200")
    path.write_text("precious")
    with pytest.raises(ConfigError, match="something else"):
        addresses.check()
    assert path.read_text() == "precious"


async def test_a_socket_of_another_server_stays(scripted: ScriptedHost, path) -> None:
    """A server that stops removes its own socket, not one that was put in its place."""
    async with run_server(scripted, addresses=Addresses(all=(UnixAddress(path=path),))) as server:
        path.unlink()
        path.write_text("of somebody else")
        await server.stop()
    assert path.read_text() == "of somebody else"


def test_a_socket_that_cannot_be(tmp_path: Path) -> None:
    """A path that is too long, or in no folder, is told before anything listens."""
    for path, word in ((tmp_path / ("x" * 120), "too long"), (tmp_path / "no" / "s", "folder is not there")):
        with pytest.raises(ConfigError, match=word):
            Addresses(all=(UnixAddress(path=path),)).check()


# -- several, and what people write


async def test_several_at_once(scripted: ScriptedHost, certificate: Certificate, path) -> None:
    """All are served, and all end together."""
    addresses = tls(certificate, TcpAddress(port=0), TcpAddress(host="::1", port=0), UnixAddress(path=path))
    async with run_server(scripted, addresses=addresses) as server:
        assert [url.partition(":")[0] for url in server.urls] == ["https", "http", "http", "unix"]
        for url in server.urls[:3]:
            async with httpx.AsyncClient(base_url=url, verify=certificate.client_context()) as client:
                assert (await client.get("/api/health")).status_code == 200
        assert (await curl("--unix-socket", path, "http://localhost/api/health")).endswith(" 200")
    for url in server.urls[:3]:
        async with httpx.AsyncClient(verify=certificate.client_context()) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(url)


async def test_one_that_is_taken_spoils_all(scripted: ScriptedHost, path) -> None:
    """When one address cannot be listened on, the error says which, and nothing is left of the others."""
    async with run_server(scripted) as running:
        addresses = Addresses(all=(UnixAddress(path=path), TcpAddress(port=running.port)))
        with pytest.raises(ConfigError, match=f"port {running.port}"):
            addresses.check()
        with pytest.RaisesGroup(ConfigError, flatten_subgroups=True):
            async with run_server(scripted, addresses=addresses):
                pytest.fail("it serves")
        assert not path.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:81", TcpAddress(host="127.0.0.1", port=81)),
        ("https://[::]:8443/", TcpAddress(host="::", port=8443, is_tls=True)),
        ("https://box.lan", TcpAddress(host="box.lan", port=443, is_tls=True)),
        ("unix:/run/p.sock", UnixAddress(path=Path("/run/p.sock"))),
    ],
)
def test_addresses_are_written_as_urls(text: str, expected: object) -> None:
    """What people write in `server.listen`."""
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    "text", ["", "8080", "127.0.0.1:80", "ftp://a", "http://", "http://a:x", "http://a/b", "unix:"]
)
def test_what_is_no_address(text: str) -> None:
    """Anything else is refused with an example."""
    with pytest.raises(ConfigError, match="nothing to listen on") as refused:
        parse_address(text)
    assert "https://0.0.0.0:8443" in (refused.value.hint or "")


def test_addresses_of_the_configuration(certificate: Certificate) -> None:
    """The first address speaks TLS where there is a certificate; further ones say so themselves."""
    config = ServerConfig(
        port=1,
        listen=("http://127.0.0.1:2", "unix:/a"),
        socket=Path("/b"),
        socket_mode="0660",
        tls_cert=certificate.cert,
        tls_key=certificate.key,
    )
    assert Addresses.from_config(config).all == (
        TcpAddress(port=1, is_tls=True),
        TcpAddress(port=2),
        UnixAddress(path=Path("/a"), mode=0o660),
        UnixAddress(path=Path("/b"), mode=0o660),
    )
    assert Addresses.from_config(ServerConfig()).all == (TcpAddress(),)
