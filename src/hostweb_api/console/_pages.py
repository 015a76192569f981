"""Serves the console's pages beside the API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from hostweb_api.console._files import HASHED_FOLDER, Console, ConsoleFile

if TYPE_CHECKING:
    from hostweb_api.security._guard import AsgiApp, Receive, Send

# What belongs to programs; everything else may be the address of a page.
_RESERVED: Final = re.compile(r"/(?:api|metrics|openapi\.json)(?:/|$)")
_ONE_YEAR: Final = 31_536_000  # what `immutable` is usually sent with
_NO_GZIP: Final = re.compile(r"\bgzip\s*;\s*q\s*=\s*0(?:\.0*)?\s*(?:,|$)")

# For a page nothing may come from elsewhere, and nobody may frame it. `data:` and `blob:` images are results of calls.
_POLICY: Final = (
    "default-src 'self'; script-src 'self'{hashes}; style-src 'self'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"vary", b"Accept-Encoding"),
    (b"x-content-type-options", b"nosniff"),
)

_NOT_BUILT: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>Polyhost</title>
<h1>The console is not built</h1>
<p>This host runs from a checkout in which the console was not built yet. Its API works: see <code>/api/health</code>.</p>
<p>To build it, run <code>./start --setup-only</code> in the checkout, then start the host again.
It needs Node 22.22 or newer, which <code>./start</code> gets where it can.</p>
</html>
"""


class ConsolePages:
    """Is ASGI middleware that answers the requests for the console's pages and passes all others on."""

    def __init__(self, app: AsgiApp, console: Console | None) -> None:
        """Take the app of the API, and the console; without one, a page says how to build it."""
        self._app = app
        self._console = console
        policy = _POLICY.format(
            hashes="".join(f" {each}" for each in console.script_hashes) if console else ""
        )
        self._headers = (*_HEADERS, (b"content-security-policy", policy.encode()))
        self._not_built = ConsoleFile("/not-built.html", _NOT_BUILT.encode())

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or is_reserved(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        file = self._choose(scope["path"], headers)
        if file is None:
            await self._app(scope, receive, send)
            return
        status = HTTPStatus.SERVICE_UNAVAILABLE if file is self._not_built else HTTPStatus.OK
        await self._send(file, status, headers, send, with_body=scope["method"] == "GET")

    def _choose(self, path: str, headers: Mapping[bytes, str]) -> ConsoleFile | None:
        wants_page = "text/html" in headers.get(b"accept", "")
        if self._console is None:
            return self._not_built if wants_page else None
        if file := self._console.find(path):
            return file
        # The pages have addresses of their own, and the script finds out which one it is. A file of an older build is
        # no page: the script that asks for it must see that it is gone.
        if path == "/" or (wants_page and not path.startswith(HASHED_FOLDER)):
            return self._console.index
        return None

    async def _send(
        self,
        file: ConsoleFile,
        status: HTTPStatus,
        headers: Mapping[bytes, str],
        send: Send,
        *,
        with_body: bool,
    ) -> None:
        keep = f"public, max-age={_ONE_YEAR}, immutable" if file.is_hashed else "no-cache"
        answer = [*self._headers, (b"cache-control", keep.encode()), (b"etag", file.etag.encode())]
        if status is HTTPStatus.OK and _names(headers.get(b"if-none-match", ""), file.etag):
            await _answer(send, HTTPStatus.NOT_MODIFIED, answer, b"")
            return
        body = file.body
        if _takes_gzip(headers.get(b"accept-encoding", "")) and file.compressed is not None:
            body = file.compressed
            answer.append((b"content-encoding", b"gzip"))
        answer += [(b"content-type", file.media_type.encode()), (b"content-length", str(len(body)).encode())]
        await _answer(send, status, answer, body if with_body else b"")


def is_reserved(path: str) -> bool:
    """Say whether a path belongs to the API, so that no page of the console is there."""
    return _RESERVED.match(path) is not None


def _names(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in {
        each.strip().removeprefix("W/") for each in header.split(",")
    }  # fmt: skip


def _takes_gzip(header: str) -> bool:
    return "gzip" in header and not _NO_GZIP.search(header)


async def _answer(
    send: Send, status: HTTPStatus, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> None:
    await send({"type": "http.response.start", "status": int(status), "headers": list(headers)})
    await send({"type": "http.response.body", "body": body, "more_body": False})
