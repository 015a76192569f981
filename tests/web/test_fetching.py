"""Archives that are fetched by their address: from where, how much, for how long, and from whom."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from upload_support import (
    FILES,
    Api,
    serving,
    tarred,
)

from hostcore.config import SourcesConfig
from hostcore.errors import SourceError
from hostweb_api.intake import _fetch
from hostweb_api.intake._fetch import check_url, fetch

Answers = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def web(answers: Mapping[str, Answers], certificate: Path | None = None) -> Iterator[str]:
    """Serve answers by path on this machine, and give the address to begin with."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers[self.path](self)

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"{'http' if certificate is None else 'https'}://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(path: Path) -> Path:
    """Write a certificate for 127.0.0.1 that is its own authority, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(pem) + secret)
    return path


def sends(data: bytes, *, length: int | None = None, status: int = 200) -> Answers:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        request.end_headers()
        request.wfile.write(data)

    return answer


def leads_to(address: str) -> Answers:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", address)
        request.end_headers()

    return answer


async def test_an_archive_is_fetched_from_an_allowed_address(tmp_path: Path) -> None:
    """Also over a redirect below what is allowed; its hash is held to the one that was asked for."""
    data = tarred(FILES, "w:gz")
    answers = {
        "/plugins/sent.tar.gz": sends(data),
        "/plugins/latest?x=1": leads_to("sent.tar.gz"),
        "/plugins/out": leads_to("/elsewhere/sent.tar.gz"),
        "/plugins/round": leads_to("/plugins/round"),
        "/plugins/far": leads_to("http://169.254.169.254/latest/"),
        "/plugins/gone": sends(b"", status=404),
        "/plugins/short": sends(data[:100], length=len(data)),
    }
    with web(answers) as address:
        async with serving(tmp_path / "data", sources=SourcesConfig(allow=(f"{address}plugins/",))) as api:

            async def load(path: str, **more: str) -> tuple[int, str]:
                body = {"url": path if "://" in path else address + path, **more}
                answer = await api.client.post("/api/plugins/load", json=body)
                return answer.status_code, answer.json().get("detail", "")

            for path, message in {
                "elsewhere/sent.tar.gz": "may not be fetched",
                "plugins/../elsewhere/sent.tar.gz": "no address",
                "plugins/%2e%2e/elsewhere/sent.tar.gz": "no address",
                "plugins/out": "may not be fetched",
                "plugins/far": "may not be fetched",
                "plugins/round": "more than 3 redirects",
                "plugins/gone": "answers with 404",
                "plugins/short": "ended too early",
                "https://example.com/": "may not be fetched",
                "file:///etc/passwd": "no address",
            }.items():
                status, detail = await load(path)
                assert (status, message in detail) == (422, True), (path, detail)
            assert (await load("plugins/sent.tar.gz", sha256="0" * 64))[0] == 422
            assert (api.left(), api.host.plugins()) == ([], ())
            good = hashlib.sha256(data).hexdigest()
            assert await load("plugins/latest?x=1", sha256=good.upper()) == (201, "")
            assert len(api.left()) == 1


async def test_nothing_is_fetched_unless_it_is_allowed(api: Api) -> None:
    """By default no address is; the hint says who can change that. A body names a path or an address, not both."""
    answer = await api.client.post("/api/plugins/load", json={"url": "https://example.com/a.zip"})
    assert (answer.status_code, answer.json()["hint"]) == (
        422,
        "allowed: nothing; whoever runs the host can add to that: `allow` under [sources] in polyhost.toml",
    )
    for body in ({}, {"path": "a", "url": "https://example.com/a"}, {"path": "a", "sha256": "0" * 64}):
        answer = await api.client.post("/api/plugins/load", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "body-invalid")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/plugins/a",
        "ftp://example.com/plugins/a",
        "https:///plugins/a",
        "https://user@example.com/plugins/a",
        "https://example.com@evil.example/plugins/a",
        "https://example.com/plugins/a#b",
        "https://example.com/plugins/../a",
        "https://example.com/plugins/%2E%2e/a",
        "https://example.com/plugins/%252e%252e/a",
        "https://example.com/plugins/..%2fa",
        "https://example.com/plugins/..%5ca",
        "https://example.com/plugins//a",
        "https://example.com/plugins/a b",
        "https://example.com/plugins/a\r\nHost: x",
        "https://example.com\\@evil.example/plugins/a",
        "https://example.com:0/plugins/a",
        "https://example.com:99999/plugins/a",
        "https://ex\u0430mple.com/plugins/a",
        "https://example.com/plugins/" + "a" * 3000,
        "http://example.com/plugins/a",
        "https://example.com.evil.example/plugins/a",
        "https://example.com:444/plugins/a",
        "https://example.com/plugins",
        "https://example.com/plugins-evil/a",
    ],
)
def test_no_spelling_leads_past_what_is_allowed(url: str) -> None:
    """Whoever parses addresses otherwise, the server that is asked must be the one that was allowed."""
    with pytest.raises(SourceError):
        check_url(url, ("https://example.com/plugins/",))
    check_url("https://EXAMPLE.com/plugins/a/b-1.0.tar.gz?token=x", ("https://example.com/plugins/",))


async def test_a_fetch_ends_when_the_server_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit of the whole and one of silence: neither a mute server nor a dripping one holds it for ever."""

    def drips(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x")
                threading.Event().wait(0.05)
        except OSError:
            return

    monkeypatch.setattr(_fetch, "FETCH_SECONDS", 0.5)
    complaint = pytest.raises(SourceError, match=r"took longer than 0\.5 s")
    with web({"/drips": drips}) as address, trio.fail_after(30), complaint:
        await fetch(address + "drips", tmp_path / "a", allowed=(address,), limit=10**9)
    monkeypatch.setattr(_fetch, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(_fetch, "FETCH_SECONDS", 30)
    with socket.create_server(("127.0.0.1", 0)) as mute, trio.fail_after(30):
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        with pytest.raises(SourceError, match="timed out"):
            await fetch(address, tmp_path / "b", allowed=(address,), limit=10**9)


async def test_a_server_has_to_show_a_certificate_that_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that this machine trusts; a stranger's in between is refused."""
    trusted, stranger = make_certificate(tmp_path / "trusted"), make_certificate(tmp_path / "stranger")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    for certificate in (trusted, stranger):
        with web({"/a": sends(b"data")}, certificate) as address, trio.fail_after(30):
            fetching = fetch(
                address + "a", tmp_path / f"{certificate.name}.a", allowed=(address,), limit=10**6
            )
            if certificate == trusted:
                await fetching
            else:
                with pytest.raises(SourceError, match="certificate verify failed"):
                    await fetching
    assert (tmp_path / "trusted.a").read_bytes() == b"data"


async def test_no_more_is_fetched_than_allowed(tmp_path: Path) -> None:
    """By what the server says of the length, and by what comes."""

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(bytes(65536))
        except OSError:
            return

    with web({"/says": sends(b"", length=10**9), "/endless": endless}) as address:
        for index, path in enumerate(("says", "endless")):
            with pytest.raises(SourceError, match="larger than 1 MiB"):
                await fetch(address + path, tmp_path / str(index), allowed=(address,), limit=1 << 20)
