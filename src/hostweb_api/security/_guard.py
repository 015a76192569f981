"""Refuses what a page of somebody else may send: loading a plugin runs code, so it must not be one fetch away.

Three attacks are meant. DNS rebinding: a name under the attacker's control is pointed at 127.0.0.1, so the browser
thinks it talks to the attacker's own server; only the Host header shows it. A drive-by page that sends requests to
localhost: the Origin and Sec-Fetch-Site headers show it. A form, which may send any text, but not as JSON: the
content type shows it. What is no browser sends neither header and is not affected.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from hostweb_api._problems import PROBLEM_TYPE, Problem
from hostweb_api._request_facts import facts_of
from hostweb_api._settings import ARCHIVE_TYPES, ApiSettings
from hostweb_api.console._pages import is_reserved
from hostweb_api.security._callers import Caller, note_caller
from hostweb_api.security._door import FORWARDED, Door
from hostweb_api.security._names import is_loopback, split_host
from hostweb_api.security._public import is_public_host, note_public

_ORIGIN_SCHEMES: Final[Mapping[str, str]] = {"ws": "http", "wss": "https"}
_METHODS_THAT_CHANGE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Types that neither a form can send nor a script across origins without asking first, which is always refused: as good as
# JSON. Those that a form can send are `text/plain`, `multipart/form-data` and `application/x-www-form-urlencoded`; no
# type at all is what `fetch` sends for a blob of none.
_NO_FORM_TYPES: Final = frozenset(
    {"application/msgpack", "application/octet-stream", "application/x-ndjson", *ARCHIVE_TYPES}
)
# What a browser says about a request that is the page's own, or typed by a person.
_FRIENDLY_SITES: Final = frozenset({"same-origin", "none"})

# A JSON API shows nothing, so nothing may be loaded, framed, guessed or kept from its answers.
SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


def check_request(scope: Scope, settings: ApiSettings) -> Problem | None:
    """Return why a request is refused whoever sends it, or None when it may pass.

    Args:
        scope: the ASGI scope of an HTTP request or a websocket.
        settings: the configured names and origins.
    """
    return _check(scope, _headers(scope["headers"]), settings)


def _check(scope: Scope, headers: Mapping[bytes, str | None], settings: ApiSettings) -> Problem | None:
    return (
        _check_host(scope, headers, settings)
        or _check_target(scope, headers)
        or _check_origin(scope, headers, settings)
        or _check_media_type(scope, headers)
    )


class Guard:
    """Is ASGI middleware that answers refused requests itself, before any of the framework sees them.

    What passes carries who has sent it; whether that is enough for what it asks for is the operation's to say.
    """

    def __init__(self, app: AsgiApp, settings: ApiSettings, door: Door) -> None:
        self._app = app
        self._settings = settings
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in {"http", "websocket"}:
            problem = self._admit(scope)
            if problem is not None:
                facts_of(scope).problem = problem.code
                await _refuse(problem, scope["type"], send)
                return
        await self._app(scope, receive, send)

    def _admit(self, scope: Scope) -> Problem | None:
        headers = _headers(scope["headers"])
        problem = _check(scope, headers, self._settings)
        if problem is not None:
            return problem
        if is_public_host((headers[b"host"] or "").lower(), self._settings.public_url):
            note_public(scope, self._settings.public_url or "")
        caller = self._door.identify(scope, headers)
        if not isinstance(caller, Caller):
            return caller
        note_caller(scope, caller)
        return None


async def _refuse(problem: Problem, kind: str, send: Send) -> None:
    prefix = "http.response" if kind == "http" else "websocket.http.response"
    body = problem.body()
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in problem.headers),
        *SECURITY_HEADERS,
    ]
    await send({"type": f"{prefix}.start", "status": problem.status, "headers": headers})
    await send({"type": f"{prefix}.body", "body": body, "more_body": False})


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[bytes, str | None]:
    """Collect the headers that matter; one that is sent twice is None, which fits no rule."""
    found: dict[bytes, str | None] = {}
    for name, value in raw:
        if name in _WANTED:
            found[name] = None if name in found else value.decode("latin-1").strip()
    return found


_WANTED: Final = frozenset(
    {
        *(b"host", b"origin", b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest"),
        *(b"content-type", b"content-length", b"transfer-encoding", b"authorization"),
        *FORWARDED,
    }
)


def _check_host(scope: Scope, headers: Mapping[bytes, str | None], settings: ApiSettings) -> Problem | None:
    text = headers.get(b"host")
    named = split_host(text, scope["scheme"]) if text else None
    if text and named and _is_known_host(text.lower(), named, scope, settings):
        return None
    return Problem(
        code="host-refused",
        detail=f"The request names the host {text!r}." if text else "The request has no single Host header.",
        hint="use the address that the server printed when it started, or add the name to the server's names",
    )


def _is_known_host(text: str, named: tuple[str, int], scope: Scope, settings: ApiSettings) -> bool:
    if text in settings.server_names:
        name_has_port = text.rpartition(":")[2].isdigit()
        if name_has_port:
            return True
    if any(text == urlsplit(origin).netloc for origin in settings.dev_origins):
        return True
    if is_public_host(text, settings.public_url):
        return True
    name, port = named
    server = scope.get("server")
    # An address cannot be pointed elsewhere, as a name can: its owner is whoever it reaches.
    if name not in settings.server_names and not is_loopback(name) and not _is_own_address(name, server):
        return False
    # On a unix socket there is no port to compare with, and no browser.
    own_port = server[1] if server and len(server) > 1 else None
    return own_port is None or port == own_port


def _is_own_address(name: str, server: Any) -> bool:
    if not server:
        return False
    try:
        return _plain(ip_address(name)) == _plain(ip_address(str(server[0])))
    except ValueError:
        return False


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return an IPv4 address in IPv6 form, as a socket for both has it, as what it is."""
    return getattr(address, "ipv4_mapped", None) or address


def _check_target(scope: Scope, headers: Mapping[bytes, str | None]) -> Problem | None:
    """Hold a target that is a whole address, as proxies are sent, to the Host header: it would win over it."""
    target = scope.get("raw_path", b"").decode("latin-1")
    if target.startswith("/") or "://" not in target:
        return None
    try:
        named = urlsplit(target).netloc.lower()
    except ValueError:
        return None  # no address; the app says so
    if named == (headers[b"host"] or "").lower():
        return None
    return Problem(code="host-refused", detail=f"The request's target names the host {named!r}.")


def _check_origin(scope: Scope, headers: Mapping[bytes, str | None], settings: ApiSettings) -> Problem | None:
    refused = "Pages of other origins may not use this API."
    host = (headers[b"host"] or "").lower()
    scheme = _ORIGIN_SCHEMES.get(scope["scheme"], scope["scheme"])
    # Behind a proxy the scheme that the server itself is spoken to with says nothing about that of the page.
    public = settings.public_url if is_public_host(host, settings.public_url) else None
    own = public or f"{scheme}://{host}"
    origin = (headers.get(b"origin", own) or "").lower()
    if origin != own and origin not in settings.dev_origins:
        return Problem(
            code="origin-refused", detail=f"{refused} This request comes from {origin or 'several'!r}."
        )
    site = headers.get(b"sec-fetch-site", "none")
    if site not in _FRIENDLY_SITES and not _opens_page(scope, headers):
        return Problem(code="origin-refused", detail=f"{refused} The browser calls this request {site!r}.")
    return None


def _opens_page(scope: Scope, headers: Mapping[bytes, str | None]) -> bool:
    """Say whether the request is a click on a link to the console: its pages have no data in them and cannot be framed."""
    return (
        scope.get("method") in {"GET", "HEAD"}
        and headers.get(b"sec-fetch-mode") == "navigate"
        and headers.get(b"sec-fetch-dest") == "document"
        and not is_reserved(scope["path"])
    )


def _check_media_type(scope: Scope, headers: Mapping[bytes, str | None]) -> Problem | None:
    if scope.get("method") not in _METHODS_THAT_CHANGE:
        return None
    if headers.get(b"content-length", "0") == "0" and b"transfer-encoding" not in headers:
        return None
    text = headers.get(b"content-type")
    kind, _, parameters = (text or "").lower().partition(";")
    charset = parameters.strip().removeprefix("charset=").strip('"')
    kind = kind.strip()
    if kind == "application/json" and charset in {"", "utf-8"}:
        return None
    if kind in _NO_FORM_TYPES:
        return None  # whether the route takes it is the operation's to say
    return Problem(
        code="media-type-unsupported",
        detail=f"The body is sent as {text!r}."
        if text
        else "The body is sent without one single content type.",
        hint="send JSON in UTF-8 with the header Content-Type: application/json",
    )
