"""Fetches an archive from an allowed address: with the standard library, in a thread, and within bounds."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

import trio

from hostcore._version import VERSION
from hostcore.errors import SourceError

FETCH_SECONDS: Final = 300.0
"""All of it: the largest archive in five minutes needs one MiB a second."""

QUIET_SECONDS: Final = 30.0
"""Without a byte: a server that has said nothing for so long has gone."""

MOST_REDIRECTS: Final = 3
"""From one address to the next: a download page needs one or two."""

LONGEST_URL: Final = 2048

_CHUNK: Final = 256 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_DONE: Final = 200
_MESSAGE_SIZE: Final = 80


async def fetch(url: str, target: Path, *, allowed: Sequence[str], limit: int) -> None:
    """Fetch what is at an address into a new file.

    Args:
        url: the address.
        target: the file; it is not there yet.
        allowed: what the address must begin with, also that of each redirect.
        limit: bytes that are taken at most.

    Raises:
        SourceError: the address is not allowed, or what is there cannot be fetched.
    """
    check_url(url, allowed)
    fetching = _Fetching(allowed, limit)
    try:
        with trio.move_on_after(FETCH_SECONDS):
            return await trio.to_thread.run_sync(fetching.run, url, target, abandon_on_cancel=True)
    finally:
        fetching.give_up()
    raise _failed(url, f"it took longer than {FETCH_SECONDS:g} s")


def check_url(url: str, allowed: Sequence[str]) -> None:
    """Refuse an address that is none, or is not below an allowed one; raises `SourceError`."""
    if not _is_plain(url):
        raise SourceError(
            "this is no address that can be fetched",
            location=ascii(url)[1:-1][:_MESSAGE_SIZE],
            hint="an address is https://host/path, without a user, a fragment, or dots between slashes",
        )
    if any(_begins(url, each) for each in allowed):
        return
    listed = ", ".join(allowed) or "nothing"
    raise SourceError(
        "archives may not be fetched from this address",
        location=url[:_MESSAGE_SIZE],
        hint=f"allowed: {listed}; whoever runs the host can add to that: `allow` under [sources] in polyhost.toml",
    )


def _is_plain(url: str) -> bool:
    if (
        len(url) > LONGEST_URL
        or not url.isascii()
        or any(each <= " " or each in '\\"<>^`{|}\x7f' for each in url)
    ):
        return False
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    # An encoded dot or slash would be one for the server that is asked.
    steps = unquote(unquote(parts.path)).split("/")
    is_straight = not {".", ".."} & set(steps) and "" not in steps[1:-1] and "\\" not in "".join(steps)
    return is_address and is_straight and "@" not in parts.netloc and "#" not in url


def _begins(url: str, allowed: str) -> bool:
    asked, given = urlsplit(url), urlsplit(allowed)
    same_server = (asked.scheme, asked.hostname, asked.port) == (given.scheme, given.hostname, given.port)
    return same_server and given.path.endswith("/") and unquote(asked.path).startswith(given.path)


class _Fetching:
    """Is one fetch, in a thread; `give_up` ends it from outside, whatever it waits for."""

    def __init__(self, allowed: Sequence[str], limit: int) -> None:
        self._allowed = allowed
        self._limit = limit
        self._until = time.monotonic() + FETCH_SECONDS
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None
        self._over = False

    def give_up(self) -> None:
        with self._guard:
            self._over = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def run(self, url: str, target: Path) -> None:
        try:
            for _ in range(MOST_REDIRECTS + 1):
                check_url(url, self._allowed)
                with self._asked(url) as response:
                    if response.status not in _REDIRECTS:
                        self._take(url, response, target)
                        return
                    url = urljoin(url, response.headers.get("Location", ""))
        except (OSError, HTTPException) as error:
            raise _failed(url, str(error) or type(error).__name__) from error
        raise _failed(url, f"there are more than {MOST_REDIRECTS} redirects")

    @contextlib.contextmanager
    def _asked(self, url: str) -> Iterator[HTTPResponse]:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=QUIET_SECONDS)
        try:
            connection.connect()
            self._note(connection.sock)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"User-Agent": f"polyhost/{VERSION}", "Accept": "*/*"})
            with (
                connection.getresponse() as response
            ):  # it may hold the socket longer than the connection does
                yield response
        finally:
            self._note(None)
            connection.close()

    def _note(self, connected: socket.socket | None) -> None:
        with self._guard:
            self._socket = connected
            if self._over and connected is not None:
                raise TimeoutError("it was given up")

    def _take(self, url: str, response: HTTPResponse, target: Path) -> None:
        if response.status != _DONE:
            raise _failed(
                url, f"the server answers with {response.status} {response.reason:.{_MESSAGE_SIZE}}"
            )
        if (response.length or 0) > self._limit:
            raise self._too_large(url)
        left = self._limit
        with target.open("xb") as file:
            while chunk := response.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise self._too_large(url)
                if time.monotonic() > self._until:
                    raise _failed(url, f"it took longer than {FETCH_SECONDS:g} s")
                file.write(chunk)
        if response.length:
            raise _failed(url, "the connection ended too early")

    def _too_large(self, url: str) -> SourceError:
        return _failed(url, f"it is larger than {self._limit >> 20} MiB")


def _failed(url: str, why: str) -> SourceError:
    return SourceError(
        f"the archive cannot be fetched: {why}",
        location=url[:_MESSAGE_SIZE],
        hint="check the address, and whether the host's machine gets there",
    )
