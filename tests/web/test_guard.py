"""Which requests are refused before any route sees them."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from hostweb_api import ApiSettings
from hostweb_api.security._access import Access
from hostweb_api.security._door import Door
from hostweb_api.security._guard import Guard, check_request


def scope_of(
    *headers: tuple[str, str], method: str = "GET", kind: str = "http", scheme: str = "http"
) -> dict[str, Any]:
    return {
        "type": kind,
        "method": method,
        "scheme": scheme,
        "path": "/api/plugins",
        "server": ("127.0.0.1", 8080),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }


def refusal(*headers: tuple[str, str], settings: ApiSettings | None = None, **scope: Any) -> str | None:
    problem = check_request(scope_of(*headers, **scope), settings or ApiSettings())
    return problem and problem.code


HOST = ("Host", "127.0.0.1:8080")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost:8080", "LocalHost:8080", "[::1]:8080", "127.9.9.9:8080"]
)
def test_loopback_names_pass(host: str) -> None:
    """Every name and address that can only mean this machine is accepted with the server's port."""
    assert refusal(("Host", host)) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8080",
        "127.0.0.1.evil.example:8080",
        "localhost.evil.example:8080",
        "localhost",
        "localhost:80",
        "localhost:99999",
        "user@localhost:8080",
        "localhost:8080/x",
        "localhost:8080#",
        "[::1",
        "192.168.1.5:8080",
        "0.0.0.0:8080",
        "2130706433:8080",
        "",
        ":8080",
    ],
)
def test_foreign_names_are_refused(host: str) -> None:
    """A name that an attacker can point at 127.0.0.1, another port, and what is no host are refused."""
    assert refusal(("Host", host)) == "host-refused"


def test_host_is_required_once() -> None:
    """No Host header, or two, is refused."""
    assert refusal() == "host-refused"
    assert refusal(HOST, HOST) == "host-refused"


def test_configured_names() -> None:
    """A configured name passes with the server's port, one with a port behind any other."""
    settings = ApiSettings(server_names=("box.lan", "proxy.lan:443"))
    assert refusal(("Host", "box.lan:8080"), settings=settings) is None
    assert refusal(("Host", "box.lan:9090"), settings=settings) == "host-refused"
    assert refusal(("Host", "proxy.lan:443"), settings=settings) is None
    assert refusal(("Host", "proxy.lan:8080"), settings=settings) == "host-refused"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://127.0.0.1:8080", None),
        ("https://127.0.0.1:8080", "origin-refused"),
        ("http://127.0.0.1:3000", "origin-refused"),
        ("http://localhost:8080", "origin-refused"),
        ("http://evil.example", "origin-refused"),
        ("null", "origin-refused"),
        ("", "origin-refused"),
    ],
)
def test_origin_is_the_server_s_own(origin: str, expected: str | None) -> None:
    """A request that names its origin must come from the very address it is sent to."""
    assert refusal(HOST, ("Origin", origin)) == expected
    assert refusal(HOST, ("Origin", origin), ("Origin", origin)) == "origin-refused"
    assert refusal(HOST, ("Origin", origin), ("Sec-Fetch-Site", "cross-site")) == "origin-refused"


def test_development_origins() -> None:
    """A configured development server may forward requests, with its own Host or with the server's."""
    settings = ApiSettings(dev_origins=("http://localhost:5173",))
    origin = ("Origin", "http://localhost:5173")
    assert refusal(HOST, origin, settings=settings) is None
    assert refusal(("Host", "localhost:5173"), origin, settings=settings) is None
    assert refusal(HOST, ("Origin", "http://localhost:5174"), settings=settings) == "origin-refused"


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("same-origin", None),
        ("none", None),
        ("same-site", "origin-refused"),
        ("cross-site", "origin-refused"),
    ],
)
def test_what_the_browser_says(site: str, expected: str | None) -> None:
    """A request without Origin is refused when the browser says that another site caused it."""
    assert refusal(HOST, ("Sec-Fetch-Site", site)) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("application/json", None),
        ("application/json; charset=utf-8", None),
        ('Application/JSON;charset="UTF-8"', None),
        ("application/json; charset=latin-1", "media-type-unsupported"),
        ("text/plain", "media-type-unsupported"),
        ("application/x-www-form-urlencoded", "media-type-unsupported"),
        ("multipart/form-data; boundary=x", "media-type-unsupported"),
        ("application/jsonx", "media-type-unsupported"),
        (None, "media-type-unsupported"),
    ],
)
@pytest.mark.parametrize("length", [("Content-Length", "2"), ("Transfer-Encoding", "chunked")])
def test_changes_are_sent_as_json(kind: str | None, expected: str | None, length: tuple[str, str]) -> None:
    """A body of a change is JSON and says so: that is what a form of another page cannot send."""
    headers = [HOST, length] + ([("Content-Type", kind)] if kind else [])
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert refusal(*headers, method=method) == expected
    assert refusal(HOST, method="POST") is None
    assert refusal(HOST, ("Content-Length", "0"), method="POST") is None


@pytest.mark.parametrize("own", ["192.168.1.5", "2001:db8::5", "::ffff:192.168.1.5"])
def test_its_own_address_passes(own: str) -> None:
    """A name can be pointed at another machine, an address cannot: the one that was connected to is accepted."""
    scope = scope_of() | {"server": (own, 8443)}

    def check(host: str) -> str | None:
        problem = check_request({**scope, "headers": [(b"host", host.encode())]}, ApiSettings())
        return problem and problem.code

    plain = own.removeprefix("::ffff:")
    assert check(f"[{plain}]:8443" if ":" in plain else f"{plain}:8443") is None
    assert check("192.168.1.6:8443") == "host-refused"
    assert check("192.168.1.5:8444") == "host-refused"


async def test_websockets_are_guarded_too() -> None:
    """The guard answers a refused websocket with the same problem, and the app never sees it."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        await trio.lowlevel.checkpoint()
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        pytest.fail("a refused websocket reached the app")

    scope = scope_of(HOST, ("Origin", "http://evil.example"), kind="websocket", scheme="ws")
    await Guard(app, ApiSettings(), Door(Access(), ApiSettings()))(scope, None, send)
    assert [message["type"] for message in sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert sent[0]["status"] == 403
    assert refusal(HOST, ("Origin", "http://127.0.0.1:8080"), kind="websocket", scheme="ws") is None
