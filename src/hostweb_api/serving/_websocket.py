"""One websocket on a connection: the handshake, frames in, frames out, and signs of life.

The frames are wsproto's. What hypercorn does around them is not used: bytes that come before an upgrade is accepted
break its connection, it unpacks compressed messages without a bound, and it buffers whatever comes. Here such bytes wait,
nothing is compressed, and a message that the app does not take yet keeps the next ones in the network.
"""

from __future__ import annotations

import base64
import binascii
import enum
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import h11
import trio
from hypercorn.protocol.events import Body, Data, EndBody, Event, Request, Response, StreamClosed
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.handshake import WEBSOCKET_VERSION
from wsproto.utilities import LocalProtocolError, generate_accept_token

from hostweb_api._problems import PROBLEM_TYPE, Problem
from hostweb_api.security._guard import SECURITY_HEADERS

if TYPE_CHECKING:
    from hypercorn.config import Config

# A message is at most what a call's body may be: it holds a call's params, or one item.
MAX_MESSAGE: Final = 8 * 1024 * 1024
# Three pings before a client is given up; each browser answers them by itself.
PINGS_A_SILENCE: Final = 3
# Of a nonce of 16 bytes, RFC 6455.
_KEY_LENGTH: Final = 16
STREAM_ID: Final = 1

TEXT_ONLY: Final = "text-only"
TOO_BIG: Final = "message-too-big"
SILENT: Final = (4003, "silent")

Headers = Iterable[tuple[bytes, bytes]]


class _State(enum.Enum):
    HANDSHAKE = "handshake"
    REFUSING = "refusing"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class Upgraded:
    """Stands where h11's connection was once the bytes are a websocket's; they are passed on as they come."""

    our_state = None
    their_state = None
    they_are_waiting_for_100_continue = False

    def __init__(self, early: bytes) -> None:
        self._held = early

    def receive_data(self, data: bytes) -> None:
        """Take bytes of the client."""
        self._held += data

    def next_event(self) -> Data | type[h11.NEED_DATA]:
        """Return what has come, if anything has."""
        if not self._held:
            return h11.NEED_DATA
        data, self._held = self._held, b""
        return Data(stream_id=STREAM_ID, data=data)


def wants_websocket(request: h11.Request) -> bool:
    """Return whether a request asks for a websocket, rightly or not."""
    return request.method == b"GET" and b"websocket" in _tokens(request.headers, b"upgrade")


def _tokens(headers: Headers, wanted: bytes) -> set[bytes]:
    return {
        token.strip().lower()
        for name, value in headers
        if name.lower() == wanted
        for token in value.split(b",")
    }


def _values(headers: Headers, wanted: bytes) -> list[bytes]:
    return [value.strip() for name, value in headers if name.lower() == wanted]


def _fault_of(request: Request) -> Problem | None:
    """Return what is wrong with the handshake of RFC 6455, or None."""
    headers = request.headers
    fault = None
    if request.http_version != "1.1" or b"upgrade" not in _tokens(headers, b"connection"):
        fault = "A websocket is asked for with HTTP/1.1 and the header Connection: Upgrade."
    elif _values(headers, b"transfer-encoding") or _values(headers, b"content-length") not in ([], [b"0"]):
        fault = "A request for a websocket has no body."
    elif _values(headers, b"sec-websocket-version") != [WEBSOCKET_VERSION]:
        fault = "The version of websockets here is 13."
    else:
        keys = _values(headers, b"sec-websocket-key")
        try:
            length = len(base64.b64decode(keys[0], validate=True)) if len(keys) == 1 else 0
        except binascii.Error:
            length = 0
        if length != _KEY_LENGTH:
            fault = "The request has no single Sec-WebSocket-Key of 16 bytes in base64."
    return None if fault is None else Problem(code="request-invalid", detail=fault)


class WebSocketStream:
    """Takes one websocket through the app; looks to hypercorn's connection like one of its streams.

    Args:
        app: the ASGI app.
        config: hypercorn's.
        tasks: runs the app.
        addresses: the client's and the server's, for the scope.
        send: takes events for the connection.
        switch: hands the connection's bytes to the websocket.
        silence: seconds without a byte of the client after which it is given up.
    """

    idle = False

    def __init__(
        self,
        *,
        app: Any,
        config: Config,
        tasks: Any,
        addresses: tuple[Any, Any],
        scheme: str,
        send: Callable[[Event], Awaitable[None]],
        switch: Callable[[], Awaitable[None]],
        silence: float,
    ) -> None:
        self._app = app
        self._config = config
        self._tasks = tasks
        self._client, self._server = addresses
        self._scheme = scheme
        self._send = send
        self._switch = switch
        self._silence = silence
        self._state = _State.HANDSHAKE
        self._key = b""
        self._put: Callable[[Any], Awaitable[None]] | None = None
        self._answer: dict[str, Any] = {}
        self._wire = Connection(ConnectionType.SERVER)
        self._message = bytearray()
        self._heard_at = trio.current_time()
        self._over = trio.Event()

    def __repr__(self) -> str:
        return f"<WebSocketStream {self._state.value}>"

    @property
    def has_heard_end(self) -> bool:
        """Whether the client has said that nothing more will come."""
        return self._wire.state in {ConnectionState.CLOSED, ConnectionState.REMOTE_CLOSING}

    # -- from the connection

    async def handle(self, event: Event) -> None:
        """Take an event of the connection."""
        if isinstance(event, Request):
            await self._begin(event)
        elif isinstance(event, Data):
            self._heard_at = trio.current_time()
            await self._receive(event.data)
        elif isinstance(event, StreamClosed):
            await self._end(CloseReason.ABNORMAL_CLOSURE)

    async def _begin(self, request: Request) -> None:
        fault = _fault_of(request)
        if fault is not None:
            await self._refuse(fault)
            return
        self._key = _values(request.headers, b"sec-websocket-key")[0]
        path, _, query = request.raw_path.partition(b"?")
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "scheme": self._scheme,
            "http_version": request.http_version,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": self._config.root_path,
            "headers": request.headers,
            "client": self._client,
            "server": self._server,
            "state": request.state.copy(),
            "subprotocols": [],
            "extensions": {"websocket.http.response": {}},
        }
        self._put = await self._tasks.spawn_app(self._app, self._config, scope, self._take)
        await self._put({"type": "websocket.connect"})

    async def _receive(self, data: bytes) -> None:
        if self._state not in {_State.OPEN, _State.CLOSING}:
            return
        try:
            self._wire.receive_data(data)
        except LocalProtocolError:
            return  # the end has been said on both sides; nothing that follows means anything
        for event in self._wire.events():
            if isinstance(event, TextMessage):
                await self._take_text(event)
            elif isinstance(event, BytesMessage):
                await self._close(CloseReason.UNSUPPORTED_DATA, TEXT_ONLY)
            elif isinstance(event, Ping):
                await self._say(event.response())
            elif isinstance(event, CloseConnection):
                await self._heard_end(event)
            if self._state is not _State.OPEN:
                return

    async def _take_text(self, event: TextMessage) -> None:
        self._message += event.data.encode()
        if len(self._message) > MAX_MESSAGE:
            self._message.clear()
            await self._close(CloseReason.MESSAGE_TOO_BIG, TOO_BIG)
        elif event.message_finished:
            text = self._message.decode()
            self._message.clear()
            if self._put is not None:
                await self._put({"type": "websocket.receive", "text": text, "bytes": None})

    async def _heard_end(self, event: CloseConnection) -> None:
        """Answer the client's end, or what wsproto takes for one: frames that break the protocol."""
        if self._state is _State.OPEN:
            await self._say(CloseConnection(code=event.code, reason=event.reason))
        await self._end(event.code)
        await self._send(StreamClosed(stream_id=STREAM_ID))

    async def _close(self, code: int, reason: str) -> None:
        """End the websocket from this side."""
        if self._state is _State.OPEN:
            self._state = _State.CLOSING
            await self._say(CloseConnection(code=code, reason=reason))
            await self._end(code)
            await self._send(StreamClosed(stream_id=STREAM_ID))

    async def _end(self, code: int) -> None:
        """Tell the app, once."""
        if not self._over.is_set():
            self._over.set()
            self._state = _State.CLOSED
            if self._put is not None:
                await self._put({"type": "websocket.disconnect", "code": int(code)})

    # -- from the app

    async def _take(self, message: Any) -> None:
        """Do what the app says; None when it has ended."""
        kind = None if message is None else message["type"]
        if self._state is _State.CLOSED:
            return  # it is on its way to hear that
        if kind == "websocket.send" and self._state is _State.OPEN:
            await self._say(TextMessage(data=message["text"]))
        elif kind == "websocket.accept" and self._state is _State.HANDSHAKE:
            await self._accept(message.get("headers", ()))
        elif kind == "websocket.close" and self._state is _State.OPEN:
            self._state = _State.CLOSING
            reason = message.get("reason") or None
            await self._say(
                CloseConnection(code=message.get("code", CloseReason.NORMAL_CLOSURE), reason=reason)
            )
        elif kind == "websocket.close" and self._state is _State.HANDSHAKE:
            await self._refuse(Problem(code="route-not-found", detail="There is no websocket at this path."))
        elif kind == "websocket.http.response.start" and self._state is _State.HANDSHAKE:
            self._answer = message
        elif kind == "websocket.http.response.body":
            await self._answer_plainly(message)
        elif kind is None:
            await self._app_ended()

    async def _accept(self, headers: Headers) -> None:
        self._state = _State.OPEN
        handshake = [
            (b"upgrade", b"websocket"),
            (b"connection", b"Upgrade"),
            (b"sec-websocket-accept", generate_accept_token(self._key)),
            *headers,
        ]
        await self._send(Response(stream_id=STREAM_ID, status_code=101, headers=handshake))
        self._tasks.spawn(self._watch)
        await self._switch()

    async def _answer_plainly(self, message: Any) -> None:
        if self._state is _State.HANDSHAKE and self._answer:
            self._state = _State.REFUSING
            head = Response(
                stream_id=STREAM_ID,
                status_code=self._answer["status"],
                headers=list(self._answer["headers"]),
            )
            await self._send(head)
        if self._state is _State.REFUSING:
            await self._send(Body(stream_id=STREAM_ID, data=bytes(message.get("body", b""))))
            if not message.get("more_body", False):
                await self._send(EndBody(stream_id=STREAM_ID))

    async def _app_ended(self) -> None:
        if self._state is _State.HANDSHAKE:
            await self._refuse(
                Problem(
                    code="internal",
                    detail="The server failed in a way nobody foresaw. Its log has the details.",
                )
            )
            return
        if self._state is _State.OPEN:
            await self._say(CloseConnection(code=CloseReason.INTERNAL_ERROR, reason="internal"))
        self._state = _State.CLOSED
        self._over.set()
        await self._send(StreamClosed(stream_id=STREAM_ID))

    async def _refuse(self, problem: Problem) -> None:
        """Answer with a problem in place of the upgrade."""
        self._state = _State.CLOSED
        self._over.set()
        body = problem.body()
        headers = [
            (b"content-type", PROBLEM_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            *SECURITY_HEADERS,
        ]
        await self._send(Response(stream_id=STREAM_ID, status_code=problem.status, headers=headers))
        await self._send(Body(stream_id=STREAM_ID, data=body))
        await self._send(EndBody(stream_id=STREAM_ID))
        await self._send(StreamClosed(stream_id=STREAM_ID))

    async def _say(self, event: Any) -> None:
        try:
            data = self._wire.send(event)
        except LocalProtocolError:
            return  # an end was said meanwhile: nothing may follow
        await self._send(Data(stream_id=STREAM_ID, data=data))

    async def _watch(self) -> None:
        """Ask for signs of life, and give up a client that gives none."""
        while not self._over.is_set():
            with trio.move_on_after(self._silence / PINGS_A_SILENCE):
                await self._over.wait()
                return
            if trio.current_time() - self._heard_at >= self._silence:
                await self._close(*SILENT)
                return
            await self._say(Ping())
