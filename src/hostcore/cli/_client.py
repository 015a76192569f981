"""A small client of the REST API, on the standard library's `http.client`.

Importing httpx takes a quarter of a second, more than all the rest of a client command together; what is needed
here is one request on one connection, and lines as they come.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Reads are answered from memory; on a loaded machine a request still takes well below a second.
READ_SECONDS = 10.0
# Loading may build the plugin first, and a cold `go build` takes minutes.
CHANGE_SECONDS = 900.0
# The server ends each call at its own deadline; this is for a server that does not answer at all any more.
CALL_SECONDS = 3600.0
# A gRPC plugin may answer with 256 MiB unless its manifest says otherwise; base64 makes it a third longer.
LINE_BYTES = 512 * 1024 * 1024
# A quiet stream may be quiet for hours: the kernel asks whether the peer still lives (idle, interval, probes).
_KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))

_FIRST_ERROR_STATUS = 400
_REFUSALS = (BrokenPipeError, ConnectionResetError)
_UNAUTHORIZED = 401
# Begins the address of a socket in the file system.
UNIX = "unix:"


class Client:
    """Talks to one server; makes a connection for each request.

    Raises `CliError` for whatever goes wrong: what the server answered, or that it did not answer.
    """

    def __init__(self, url: str, *, token: str | None = None, ca_file: str | None = None) -> None:
        self._token = token
        self._ca_file = ca_file
        self._socket = url.removeprefix(UNIX) if url.startswith(UNIX) and url != UNIX else None
        if self._socket is not None:
            # Whoever may open it is known to the file system; the name only has to be one of this machine.
            self.url, self._host, self._port, self._base = url, "localhost", None, ""
            return
        self.url = url if "://" in url else f"http://{url}"
        try:
            parts = urlsplit(self.url)
            # Looking a name up encodes it so, and the connection refuses blanks and control characters.
            (parts.hostname or "").encode("idna")
            HTTPConnection(parts.hostname or "", parts.port)
            is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except (ValueError, HTTPException):
            is_address = False
        if not is_address:
            raise CliError(
                f"{url!r} is not the address of a server",
                exit_code=ExitCode.USAGE,
                hint="write it like http://127.0.0.1:8080, or unix:PATH",
            )
        self._is_tls = parts.scheme == "https"
        self._host, self._port, self._base = parts.hostname or "", parts.port, parts.path.rstrip("/")
        self.url = self.url.rstrip("/")

    def __repr__(self) -> str:
        return f"<Client of {self.url}>"

    def get(self, path: str, *, timeout: float = READ_SECONDS) -> Any:
        """Return the JSON document at a path."""
        return self._exchange("GET", path, None, timeout)

    def post(self, path: str, body: Mapping[str, Any], *, timeout: float = CHANGE_SECONDS) -> Any:
        """Send a JSON document and return the one that comes back."""
        return self._exchange("POST", path, body, timeout)

    def send_file(
        self,
        path: str,
        file: Path,
        *,
        media_type: str,
        headers: Mapping[str, str] | None = None,
        timeout: float = CHANGE_SECONDS,
    ) -> Any:
        """Send a file as it is and return the JSON document that comes back.

        A server that refuses it on the way is heard out: what it says is told, not that it hung up.
        """
        with file.open("rb") as body:
            size = os.fstat(body.fileno()).st_size
            sent = {"Content-Type": media_type, "Content-Length": str(size), **(headers or {})}
            with self._open(
                "POST", path, None, accept="application/json", timeout=timeout, headers=sent, raw=body
            ) as response:
                try:
                    return self._decode(response.read())
                except (OSError, HTTPException) as error:
                    raise self._lost(error) from error

    def put(self, path: str, body: Mapping[str, Any], *, timeout: float = CHANGE_SECONDS) -> Any:
        """Put a JSON document at a path and return the one that comes back."""
        return self._exchange("PUT", path, body, timeout)

    def delete(self, path: str, *, timeout: float = CHANGE_SECONDS) -> Any:
        """Delete what is at a path and return what the server says, None for nothing."""
        return self._exchange("DELETE", path, None, timeout)

    @contextmanager
    def lines(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        accept: str,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Iterator[Iterator[str]]:
        """Open a request whose answer is read line by line as it comes; leaving the context hangs up.

        Args:
            method: of HTTP.
            path: below the server's address.
            body: the JSON document to send.
            accept: the media type that is asked for.
            headers: further ones.
            timeout: seconds of silence that are borne; None bears any, as long as the peer's kernel lives.
        """
        with self._open(method, path, body, accept=accept, headers=headers, timeout=timeout) as response:
            yield self._read_lines(response)

    def _exchange(self, method: str, path: str, body: Mapping[str, Any] | None, timeout: float) -> Any:
        with self._open(method, path, body, accept="application/json", timeout=timeout) as response:
            try:
                return self._decode(response.read())
            except (OSError, HTTPException) as error:
                raise self._lost(error) from error

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        accept: str,
        timeout: float | None,
        headers: Mapping[str, str] | None = None,
        raw: BinaryIO | None = None,
    ) -> Iterator[HTTPResponse]:
        sent = {"Accept": accept, **(headers or {})}
        data: bytes | BinaryIO | None = raw
        if method != "GET" and raw is None:
            sent["Content-Type"] = "application/json"
            data = json.dumps(body if body is not None else {}).encode()
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token}"
        connection = self._connection()
        try:
            try:
                connection.connect()
                _keep_alive(connection.sock, timeout)
                # A server that refuses a large body answers, and hangs up while it is still being sent.
                with suppress(*(_REFUSALS if raw is not None else ())):
                    connection.request(method, self._base + path, body=data, headers=sent)
                response = connection.getresponse()
                if response.status >= _FIRST_ERROR_STATUS:
                    raise self._problem(response.status, response.read())
            except (OSError, HTTPException) as error:
                raise self._lost(error) from error
            yield response
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        if self._socket is not None:
            return _UnixConnection(self._socket)
        if not self._is_tls:
            return HTTPConnection(self._host, self._port, timeout=READ_SECONDS)
        import ssl  # noqa: PLC0415 - most servers are of this machine

        try:
            context = ssl.create_default_context(cafile=self._ca_file)
        except (OSError, ssl.SSLError) as error:
            raise CliError(
                f"the certificates cannot be used: {error.strerror or error}",
                exit_code=ExitCode.USAGE,
                location=self._ca_file,
                hint="--ca-file names a file with certificates in PEM",
            ) from error
        return HTTPSConnection(self._host, self._port, timeout=READ_SECONDS, context=context)

    def _read_lines(self, response: HTTPResponse) -> Iterator[str]:
        while True:
            try:
                line = response.readline(LINE_BYTES)
            except (OSError, HTTPException) as error:
                raise self._lost(error) from error
            if not line:
                return
            if len(line) == LINE_BYTES and not line.endswith(b"\n"):
                raise CliError(
                    f"the server sent more than {LINE_BYTES} bytes in one line",
                    exit_code=ExitCode.FAILED,
                    hint="ask over REST for what is so large",
                )
            yield line.decode("utf-8", "replace").rstrip("\r\n")

    def _decode(self, data: bytes) -> Any:
        if not data:
            return None
        try:
            return json.loads(data)
        except ValueError as error:
            raise self._no_polyhost() from error

    def _problem(self, status: int, data: bytes) -> CliError:
        problem = self._decode(data)
        if not isinstance(problem, dict):
            return self._no_polyhost()
        told = CliError.from_problem(status, problem)
        if status == _UNAUTHORIZED:
            told.hint = (
                "give a token with --token-file FILE, POLYHOST_TOKEN or --token; `polyhost token create NAME` on the"
                " server's machine makes one"
            )
        return told

    def _no_polyhost(self) -> CliError:
        return CliError(
            f"{self.url} answers, but not as a Polyhost server does",
            exit_code=ExitCode.UNREACHABLE,
            hint="see what runs there, or name the server with --server URL",
        )

    def _lost(self, error: OSError | HTTPException) -> CliError:
        hint = "start one with `polyhost serve`, or name a running one with --server URL"
        if isinstance(error, TimeoutError):
            why = "did not answer in time"
        elif isinstance(error, ConnectionRefusedError):
            why = "does not answer: nothing listens there"
        elif isinstance(error, FileNotFoundError):
            why = "does not answer: there is no such socket"
        elif type(error).__name__ == "SSLCertVerificationError":
            why = f"cannot be trusted: {getattr(error, 'verify_message', '') or error}"
            hint = "name the certificate that it is trusted by with --ca-file FILE"
        elif isinstance(error, ConnectionResetError) and self.url.startswith("http:"):
            why = "ended the connection without an answer"
            hint = f"if it speaks TLS, name it with https: --server https{self.url.removeprefix('http')}"
        elif type(error).__name__ == "SSLError":
            why = "does not speak TLS"
            hint = f"if it speaks HTTP without it, say so: --server http{self.url.removeprefix('https')}"
        elif isinstance(error, OSError):
            why = f"cannot be reached: {error.strerror or error}"
        else:
            why = "broke off in the middle of its answer"
        return CliError(
            f"the server at {self.url} {why}",
            exit_code=ExitCode.UNREACHABLE,
            hint=hint,
        )


class _UnixConnection(HTTPConnection):
    """Speaks HTTP over a socket in the file system."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=READ_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self._path)
        except OSError:
            self.sock.close()
            raise


def plugin_path(plugin: str, rest: str = "") -> str:
    """Return the API's path of a plugin, whatever is in its id."""
    return f"/api/plugins/{quote(plugin, safe='')}{rest}"


def _keep_alive(sock: socket.socket, timeout: float | None) -> None:
    sock.settimeout(timeout)
    if timeout is None and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEP_ALIVE:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
