"""HTTP/1.1 on one connection: hypercorn's protocol, without what a hostile client could use against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import h11
from hypercorn.events import Closed, RawData
from hypercorn.protocol.events import Request
from hypercorn.protocol.h11 import H11Protocol

from hostweb_api._problems import PROBLEM_TYPE, Problem, unparsed_problem
from hostweb_api.security._guard import SECURITY_HEADERS
from hostweb_api.serving._websocket import STREAM_ID, Upgraded, WebSocketStream, wants_websocket

if TYPE_CHECKING:
    from hypercorn.events import Event

# Up to this size a body is sent together with its head; beyond, joining costs more than a second write.
_JOIN_SIZE: Final = 64 * 1024
_VERSIONS: Final = frozenset({b"1.0", b"1.1"})
_BAD_REQUEST: Final = 400
_HTTP_VERSION_NOT_SUPPORTED: Final = 505
_NO_CONTENT: Final = 204


class _RefusedError(Exception):
    """Says that what came cannot be followed, and no further request either.

    Attributes:
        status: what is answered.
        detail: why; None for what the status says.
    """

    def __init__(self, status: int, detail: str | None = None) -> None:
        super().__init__(detail or status)
        self.status = status
        self.detail = detail


class Http1(H11Protocol):
    """Is hypercorn's HTTP/1.1, never becomes HTTP/2, and sends a short answer in one write."""

    _head: bytes = b""
    _is_head_request: bool = False
    _has_body: bool = False
    _websocket: WebSocketStream | None = None
    silence: float = 0.0

    async def handle(self, event: Event) -> None:
        try:
            await super().handle(event)
        except _RefusedError as error:
            await self._send_error_response(error.status, error.detail)
            await self.send(Closed())

    async def _check_protocol(self, event: h11.Request) -> None:
        self._is_head_request = event.method == b"HEAD"
        # An upgrade to h2c is an offer that a server may ignore; a request in another version is not.
        if event.http_version not in _VERSIONS:
            raise _RefusedError(_HTTP_VERSION_NOT_SUPPORTED)
        names = {name for name, _ in event.headers}
        if b"transfer-encoding" in names and (b"content-length" in names or event.http_version != b"1.1"):
            # A proxy in between may see the end of such a body elsewhere, and take what follows for somebody else's
            # request: RFC 9112, 6.1.
            raise _RefusedError(
                _BAD_REQUEST,
                "Where the body ends is said twice, by Content-Length and by Transfer-Encoding."
                if b"content-length" in names
                else "HTTP/1.0 has no Transfer-Encoding.",
            )
        self._has_body = any(
            name in {b"content-length", b"transfer-encoding"} and value != b"0"
            for name, value in event.headers
        )

    async def _create_stream(self, request: h11.Request) -> None:
        if wants_websocket(request):
            await self._begin_websocket(request)
            return
        # Any other upgrade is an offer that a server may ignore: without its header it is a plain request.
        if any(name == b"upgrade" for name, _ in request.headers):
            request = h11.Request(
                method=request.method,
                target=request.target,
                headers=[(name, value) for name, value in request.headers if name != b"upgrade"],
                http_version=request.http_version,
            )
        await super()._create_stream(request)

    async def _begin_websocket(self, request: h11.Request) -> None:
        stream = WebSocketStream(
            app=self.app,
            config=self.config,
            tasks=self.task_group,
            addresses=(self.client, self.server),
            scheme="wss" if self.ssl else "ws",
            send=self.stream_send,
            switch=self._switch,
            silence=self.silence,
        )
        self._websocket = stream
        self.stream = cast("Any", stream)
        await stream.handle(
            Request(
                stream_id=STREAM_ID,
                headers=list(request.headers),
                http_version=request.http_version.decode(),
                method="GET",
                raw_path=request.target,
                state=self.connection_state,
            )
        )

    async def _switch(self) -> None:
        """Hand the connection's bytes to the websocket, those that came too early first."""
        early, _ = self.connection.trailing_data
        self.connection = cast("Any", Upgraded(bytes(early)))
        # The reader waits for this when it has seen the end of the request.
        await self.can_read.set()

    async def _send_error_response(self, status_code: int, detail: str | None = None) -> None:
        """Answer what is no request; hypercorn would send an empty body."""
        if self._is_head_request:
            await super()._send_error_response(status_code)
            return
        problem = unparsed_problem(status_code, detail)
        body = problem.body()
        headers = [
            (b"content-type", PROBLEM_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *SECURITY_HEADERS,
        ]
        await self._send_h11_event(h11.Response(status_code=problem.status, headers=headers))
        await self._send_h11_event(h11.Data(data=body))
        await self._send_h11_event(h11.EndOfMessage())

    async def _send_h11_event(self, event: Any) -> None:
        if (
            isinstance(event, h11.Response)
            and self._has_body
            and self.connection.their_state is h11.SEND_BODY
        ):
            # The answer comes before the body has: whatever of it still comes is no next request, so there is none.
            event = h11.Response(
                status_code=event.status_code,
                headers=[*event.headers, (b"connection", b"close")],
                http_version=event.http_version,
                reason=event.reason,
            )
        try:
            data = self.connection.send(event) or b""
        except h11.LocalProtocolError:
            # After a violation by the client nothing more can be said, and the app need not know.
            if self.connection.their_state is not h11.ERROR:
                raise
            return
        if isinstance(event, h11.Response) and _has_length(event):
            # Its body, or its end, follows at once.
            self._head = data
            return
        if self._head:
            head, self._head = self._head, b""
            if len(data) > _JOIN_SIZE:
                await self.send(RawData(data=head))
            else:
                data = head + data
        if data:
            await self.send(RawData(data=data))

    @property
    def expects_more(self) -> bool:
        """Whether the client has not finished what it is sending."""
        if self._websocket is not None and isinstance(self.connection, Upgraded):
            return not self._websocket.has_heard_end
        return self.connection.their_state in {h11.SEND_BODY, h11.ERROR}


def plaintext_answer() -> bytes:
    """Return what is answered to a request without TLS where it is needed; nothing of the request has been read."""
    body = Problem(
        code="request-invalid",
        detail="This port speaks TLS, and the request came without it.",
        hint="begin the address with https://",
    ).body()
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *SECURITY_HEADERS,
    ]
    head = b"".join(b"%b: %b\r\n" % each for each in headers)
    return b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + body


def _has_length(response: h11.Response) -> bool:
    return response.status_code == _NO_CONTENT or any(
        name == b"content-length" for name, _ in response.headers
    )
