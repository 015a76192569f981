"""Moves the bytes of one connection, without knowing what they mean.

A socket is written to at once in the caller, without a lock; only a remainder waits for the writer task. When a lone
caller expects an answer soon, it polls the socket itself and the reader stays out of epoll ("hot"). Any other stream
(TLS, a stream in memory) is written by the writer task alone, for its `send_all` may wait.
"""

from __future__ import annotations

import errno
import socket
import ssl
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Final

import trio
from trio.lowlevel import wait_readable, wait_writable

from hostcore.transports import Flood, ParkingSpace

READ_SIZE: Final = 65_536
"""Bytes of a read at first; it doubles while reads come back full."""

MAX_READ_SIZE: Final = 256 * 1024
"""Bytes of a read at most: about what the kernel's buffers hold, and what tiny frames can fill in some 10 ms of work."""

SMALL_READS: Final = 8
"""A read of less than this part of the size makes the next one smaller: memory that is asked for costs time."""

SIP: Final = 8192
"""Bytes of a read after a pause in a flood: some 5 ms of work at most; it doubles as any other."""

SOCKET_BUFFER: Final = 1024 * 1024
"""Bytes asked of the kernel for sending, so that a large message needs few writes; the kernel grants what it allows."""


LAST_WORDS: Final = 1.0
"""Seconds in which the rest is read after a write has failed, for the peer may have said why it closed; and in which the
rest is written before a close."""


class Wire(ABC):
    """Reads and writes one byte stream, which it owns.

    Attributes:
        queued_bytes: what was written and has not gone out.
        closed: whether it was closed here.
        can_poll: whether `poll` reads at all; else there is only the reader task.
        flood: what came that no call is for; so much of it that the host would have no time for others is read slowly.
        hot: whether somebody polls, so that the reader task does not watch; `arm` ends it.
        received: takes the bytes of each read. It may raise: `broken` gets that.
        broken: told once that nothing more can be read (`EOFError`) or written, or what `received` raised.
        drained: told whenever queued bytes have gone out.
    """

    received: Callable[[bytes], None]
    broken: Callable[[Exception], None]
    drained: Callable[[], None]
    can_poll = False

    def __init__(self) -> None:
        self.queued_bytes = 0
        self.closed = False
        self.hot = False
        self.flood = Flood()
        self._queue: deque[memoryview] = deque()
        self._writer = ParkingSpace()
        self._write_error: Exception | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} queued_bytes={self.queued_bytes} closed={self.closed}>"

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Write some bytes, in order; never waits. After the close it does nothing."""

    @abstractmethod
    async def read_forever(self) -> None:
        """Read until the end of the stream, a failure or the close."""

    def poll(self) -> None:  # noqa: B027 - a wire that cannot poll has nothing to read
        """Read what there is, if there is anything and this wire can; a failure goes to `broken`."""

    def arm(self) -> None:
        """Have the reader task watch again."""
        self.hot = False

    @abstractmethod
    async def write_forever(self) -> None:
        """Write what `write` has left over, until a failure or the close."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close for good; both tasks end."""

    async def _pause(self) -> None:
        """Leave the host its time in a flood: the peer waits in its own writes."""
        if self.flood.counted and (pause := self.flood.pause()):
            self._sip()
            await trio.sleep(pause)

    def _sip(self) -> None:  # noqa: B027 - a wire may have no larger reads to begin with
        """Read little at once from now on."""

    def close(self) -> None:
        """Stop reading and writing; what is queued is dropped."""
        self.closed = True
        self._queue.clear()
        self.queued_bytes = 0
        self._writer.wake()
        self.arm()

    def _enqueue(self, data: memoryview) -> None:
        self._queue.append(data)
        self.queued_bytes += len(data)
        self._writer.wake()

    def _fail_to_write(self, error: Exception) -> None:
        """Write nothing more; the writer task tells `broken`, unless the reader comes to the end before."""
        self._write_error = error
        self._queue.clear()
        self.queued_bytes = 0
        self._writer.wake()

    async def _give_up_writing(self, error: Exception) -> None:
        await trio.sleep(LAST_WORDS)
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        if not self.closed:
            self.broken(error)


class SocketWire(Wire):
    """Moves bytes over a connected socket, which becomes non-blocking."""

    can_poll = True

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._read_size = READ_SIZE
        self._reader = ParkingSpace()

    async def read_forever(self) -> None:
        """Read until the end of the stream, a failure or the close."""
        while not self.closed:
            if self.hot:
                await self._reader.park()
            try:
                await wait_readable(self._socket)
                self._read_once()
                await self._pause()
            except BlockingIOError:
                pass  # it has been read by a polling caller, or there was nothing
            except trio.ClosedResourceError:
                return
            except Exception as error:  # noqa: BLE001 - the boundary to what the peer sent; `broken` decides
                self._fail(error)
                return

    def _read_once(self) -> None:
        """Read and hand it on; the reader task and a polling caller may both do so."""
        data = self._socket.recv(self._read_size)
        if not data:
            raise EOFError
        if len(data) == self._read_size and self._read_size < MAX_READ_SIZE:
            self._read_size *= 2
        elif len(data) * SMALL_READS < self._read_size > READ_SIZE:
            self._read_size //= 2
        self._take(data)

    def poll(self) -> None:
        """Read what there is, if there is anything; a failure goes to `broken`."""
        try:
            self._read_once()
        except BlockingIOError:
            pass
        except Exception as error:  # noqa: BLE001 - the boundary to what the peer sent; `broken` decides
            self._fail(error)

    def arm(self) -> None:
        """Have the reader task watch again."""
        self.hot = False
        self._reader.wake()

    def _sip(self) -> None:
        """Read little at once from now on."""
        self._read_size = SIP

    def _take(self, data: bytes) -> None:
        self.received(data)

    def write(self, data: bytes) -> None:
        """Write some bytes, in order; never waits. After the close it does nothing."""
        self._send(data)

    def _send(self, data: bytes) -> None:
        if self.closed or self._write_error is not None:
            return
        size = 0
        if not self._queue:
            try:
                size = self._socket.send(data)
            except BlockingIOError:
                pass
            except OSError as error:
                self._fail_to_write(error)
                return
            if size == len(data):
                return
        self._enqueue(memoryview(data)[size:])

    async def write_forever(self) -> None:
        """Write what `write` has left over, until a failure or the close."""
        while not self.closed:
            if self._write_error is not None:
                await self._give_up_writing(self._write_error)
                return
            if not self._queue:
                await self._writer.park()
                continue
            try:
                self._write_once()
            except BlockingIOError:
                try:
                    await wait_writable(self._socket)
                except trio.ClosedResourceError:
                    return
            except OSError as error:
                self._fail_to_write(error)

    def _write_once(self) -> None:
        head = self._queue[0]
        size = self._socket.send(head)
        self.queued_bytes -= size
        if size == len(head):
            self._queue.popleft()
        else:
            self._queue[0] = head[size:]
        self.drained()

    async def aclose(self) -> None:
        """Close for good; both tasks end."""
        self.close()
        if self._socket.fileno() >= 0:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()
        await trio.lowlevel.checkpoint()


class StreamWire(Wire):
    """Moves bytes over any stream of trio."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        super().__init__()
        self._stream = stream

    async def read_forever(self) -> None:
        """Read until the end of the stream, a failure or the close."""
        while not self.closed:
            try:
                data = bytes(await self._stream.receive_some(READ_SIZE))
                if not data:
                    raise EOFError  # noqa: TRY301 - one road for all endings
                self.received(data)
                await self._pause()
            except trio.ClosedResourceError:
                return
            except Exception as error:  # noqa: BLE001 - the boundary to what the peer sent; `broken` decides
                self._fail(error)
                return

    def write(self, data: bytes) -> None:
        """Write some bytes, in order; never waits. After the close it does nothing."""
        if not self.closed and self._write_error is None:
            self._enqueue(memoryview(data))

    async def write_forever(self) -> None:
        """Write what `write` was given, until a failure or the close."""
        while not self.closed:
            if not self._queue:
                await self._writer.park()
                continue
            batch = b"".join(self._queue)
            self._queue.clear()
            try:
                await self._stream.send_all(batch)
            except trio.ClosedResourceError:
                return
            except (OSError, trio.BrokenResourceError) as error:
                self._fail_to_write(error)
                await self._give_up_writing(error)
                return
            if not self.closed:
                self.queued_bytes -= len(batch)
                self.drained()

    async def aclose(self) -> None:
        """Close for good; both tasks end."""
        self.close()
        await trio.aclose_forcefully(self._stream)


def released(stream: trio.SocketStream) -> socket.socket:
    """Return the socket of a stream, out of trio's own, which offers no way to send without a checkpoint."""
    sock = stream.socket
    return socket.socket(sock.family, sock.type, sock.proto, fileno=sock.detach())


def reason_of(error: Exception) -> str:
    """Say for a person why a wire broke."""
    if isinstance(error, EOFError):
        return "the peer closed the connection"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.strerror or error})"
    if isinstance(error, OSError):
        name = errno.errorcode.get(error.errno or 0, "")
        return f"the connection broke ({error.strerror or error}{f', {name}' if name else ''})"
    if isinstance(error, trio.BrokenResourceError):
        return f"the connection broke ({error.__cause__ or 'no reason is known'})"
    return f"the host failed to take what the peer sent: {error!r}"
