"""One client's TCP connection: bytes in, requests to the app, bytes out, and no way to harm the others.

The parsing and the HTTP state machine are hypercorn's; reading, writing, waiting and closing are done here, because
with hypercorn's own connection one bad client can end the whole program, a client that stops reading blocks the
shutdown for ever, and idle connections are not always closed. HTTP/1.1 only.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import trio
from hypercorn.events import Closed, RawData, Updated
from hypercorn.typing import ConnectionState
from hypercorn.utils import parse_socket_addr

from hostweb_api.security._door import TOKEN_NEEDED
from hostweb_api.serving._http1 import Http1, plaintext_answer
from hostweb_api.serving._inbox import INBOX, Inbox
from hostweb_api.serving._tls import begins_plainly, close, shake_hands

if TYPE_CHECKING:
    from hypercorn.config import Config
    from hypercorn.events import Event
    from hypercorn.trio.worker_context import WorkerContext

_log = logging.getLogger(__name__)

# One read; the size hypercorn and trio use.
READ_SIZE: Final = 64 * 1024
# One write that has to make progress in `write_timeout`; 256 KiB in 20 s is a modem.
_WRITE_SLICE: Final = 256 * 1024
# So many writes in a row need not wait; then others have their turn. A stream of events may never have to wait itself.
_TURN: Final = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionLimits:
    """Bounds what one client may use. All are seconds, but `max_connections`.

    Attributes:
        idle_timeout: for a whole request head to arrive, and between two requests. Browsers and HTTP clients keep
            connections for minutes; a quarter of one spares most reconnections and holds little.
        write_timeout: for the client to take the next part of an answer; nginx waits 60 s, a local API needs less.
        linger: to read on after an answer that came before the request was complete. Without it the kernel resets
            the connection and the client may never see the answer (nginx calls it lingering_close).
        max_connections: connections at the same time; further ones are closed at once. Below the usual 1024 file
            descriptors, of which the plugins' pipes need some.
        silence: without a byte on a websocket after which its client is given up; it is asked for one three times
            before. Routers forget silent connections after a minute or more.
    """

    idle_timeout: float = 15.0
    write_timeout: float = 20.0
    linger: float = 2.0
    max_connections: int = 512
    silence: float = 60.0


class _AppTasks:
    """Runs the app for the requests of one connection; is what hypercorn calls a task group."""

    def __init__(self, nursery: trio.Nursery, *, needs_token: bool) -> None:
        self._nursery = nursery
        self._needs_token = needs_token

    async def spawn_app(
        self, app: Any, config: Config, scope: Any, send: Callable[[Any], Awaitable[None]]
    ) -> Callable[[Any], Awaitable[None]]:
        """Start the app on a request; returns the function that passes it messages."""
        inbox = Inbox(config.max_app_queue_size)
        scope["extensions"][INBOX] = inbox
        scope["extensions"][TOKEN_NEEDED] = self._needs_token
        self._nursery.start_soon(self._run_app, app, scope, inbox, send)
        return inbox.put

    def spawn(self, function: Callable[..., Awaitable[None]], *args: Any) -> None:
        """Start a task of the protocol's own."""
        self._nursery.start_soon(function, *args)

    async def _run_app(
        self, app: Any, scope: Any, inbox: Inbox, send: Callable[[Any], Awaitable[None]]
    ) -> None:
        try:
            await app(scope, inbox.receive, send)
        except Exception:  # noqa: BLE001 - the boundary of the app: only this request is lost
            _log.exception("The answer to %s %s failed", scope.get("method", scope["type"]), scope["path"])
        finally:
            inbox.close()
        # Ends the answer: a 500 when there is none yet, else by closing.
        await send(None)


class Connection:
    """Serves one client until it or the server ends the connection."""

    def __init__(
        self,
        *,
        app: Any,
        config: Config,
        context: WorkerContext,
        limits: ConnectionLimits,
        stream: trio.SocketStream | trio.SSLStream[trio.SocketStream],
        socket: trio.socket.SocketType,
        needs_token: bool,
        state: dict[str, Any],
    ) -> None:
        """Take over a connected stream and the socket below it; `run` serves it."""
        self._app = app
        self._config = config
        self._context = context
        self._limits = limits
        self._stream = stream
        self._socket = socket
        self._needs_token = needs_token
        self._state = state
        self._protocol: Http1
        self._send_lock = trio.Lock()
        # Left when the connection is to be closed; `_waiting` is its part in which nothing but the client is awaited.
        self._reading = trio.CancelScope()
        self._waiting = trio.CancelScope()
        self._idle_until = math.inf
        self._is_idle = True
        self._is_plain = isinstance(stream, trio.SocketStream)
        self._at_once = 0

    def __repr__(self) -> str:
        return f"<Connection {'idle' if self._is_idle else 'busy'}>"

    async def run(self) -> None:
        """Serve the client. Raises nothing but cancellation: one client's trouble is its own."""
        try:
            await self._serve()
        except OSError:
            # The client has gone before its address could be asked for.
            pass
        except BaseExceptionGroup as group:
            cancelled, others = group.split(trio.Cancelled)
            _, serious = others.split(Exception) if others else (None, None)
            if serious is not None:
                raise
            if others is not None:
                self._report(others)
            if cancelled is not None:
                raise cancelled from None
        except Exception as error:  # noqa: BLE001 - the boundary of a connection, see above
            self._report(error)
        finally:
            await close(self._stream)

    def close_if_idle(self) -> None:
        """Close the connection at once unless a request is being answered; then its answer is the last."""
        if self._is_idle:
            self._waiting.cancel()

    def _report(self, error: BaseException) -> None:
        _log.error("A connection failed; only its own client is affected", exc_info=error)

    async def _serve(self) -> None:
        socket = self._socket
        # Outside of the nursery, which would wrap what a client that has gone already makes them raise.
        client = parse_socket_addr(socket.family, socket.getpeername())
        server = parse_socket_addr(socket.family, socket.getsockname())
        with trio.CancelScope(deadline=trio.current_time() + self._limits.idle_timeout) as self._waiting:
            if await begins_plainly(self._stream, self._socket):
                await self._refuse_plaintext()
                return
            if not await shake_hands(self._stream):
                return
        if self._waiting.cancelled_caught:
            return
        async with trio.open_nursery() as nursery:
            self._protocol = Http1(
                self._app,
                self._config,
                self._context,
                cast("Any", _AppTasks(nursery, needs_token=self._needs_token)),
                ConnectionState(cast("Any", self._state.copy())),
                ssl=isinstance(self._stream, trio.SSLStream),
                client=client,
                server=server,
                send=self._take_event,
            )
            self._protocol.silence = self._limits.silence
            self._set_idle()
            with self._reading:
                await self._read()
            # Tells the request in flight, if there is one, that its client has gone.
            await self._protocol.handle(Closed())
            if self._protocol.expects_more:
                await self._linger()

    async def _refuse_plaintext(self) -> None:
        """Tell a client that speaks no TLS where it is needed, in what it speaks."""
        assert isinstance(self._stream, trio.SSLStream)  # noqa: S101 - else it could not be missing
        # Nothing was said in TLS, and nothing will be.
        self._stream = self._stream.transport_stream
        await self._write(plaintext_answer())
        await self._linger()

    async def _read(self) -> None:
        while True:
            with trio.CancelScope(deadline=self._idle_until) as self._waiting:
                try:
                    data = await self._stream.receive_some(READ_SIZE)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    return
            if self._waiting.cancelled_caught:
                return
            await self._protocol.handle(RawData(data=bytes(data)))
            if not data:
                return

    async def _take_event(self, event: Event) -> None:
        """Do what the protocol asks for; also called by the tasks that answer requests."""
        if isinstance(event, RawData):
            await self._write(event.data)
        elif isinstance(event, Closed):
            # No await here either. All else is done by the task of the connection, which nobody cancels.
            self._reading.cancel()
        elif isinstance(event, Updated):
            # No await here: the task that answers may be cancelled as soon as its answer is out.
            if event.idle:
                self._set_idle()
            else:
                self._is_idle = False
                self._idle_until = math.inf

    def _set_idle(self) -> None:
        self._is_idle = True
        self._idle_until = trio.current_time() + self._limits.idle_timeout
        self._waiting.deadline = self._idle_until
        if self._context.terminated.is_set():
            self._waiting.cancel()

    async def _write(self, data: bytes | memoryview) -> None:
        if self._is_plain and not self._send_lock.locked():
            # Most answers fit into the socket's buffer: no lock, no time limit and no turn of the scheduler is needed.
            sent = self._write_at_once(data)
            if sent == len(data):
                self._at_once += 1
                if self._at_once % _TURN == 0:
                    await trio.lowlevel.checkpoint()
                return
            data = memoryview(data)[sent:]
        async with self._send_lock:
            for start in range(0, len(data), _WRITE_SLICE):
                part = data if len(data) <= _WRITE_SLICE else memoryview(data)[start : start + _WRITE_SLICE]
                if not await self._write_part(part):
                    break
            else:
                return
        # Nobody is there, or nobody reads.
        self._reading.cancel()
        await trio.aclose_forcefully(self._stream)

    def _write_at_once(self, data: bytes | memoryview) -> int:
        """Write what the socket takes now; whatever goes wrong is found out by the one who waits for it."""
        try:
            return os.write(self._socket.fileno(), data)
        except OSError:
            return 0

    async def _write_part(self, part: bytes | memoryview) -> bool:
        done = False
        with trio.move_on_after(self._limits.write_timeout):
            try:
                await self._stream.send_all(part)
                done = True
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass
            except trio.Cancelled:
                # Half a part may be out: whatever would follow is no HTTP any more.
                await trio.aclose_forcefully(self._stream)
                raise
        return done

    async def _linger(self) -> None:
        """Let a client that is still sending read its answer: say that it was the last, and drop what comes."""
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            if isinstance(self._stream, trio.SocketStream):
                # TLS has no such half of an end; what is sent carries its length.
                async with self._send_lock:
                    await self._stream.send_eof()
            with trio.move_on_after(self._limits.linger):
                while await self._stream.receive_some(READ_SIZE):
                    pass
