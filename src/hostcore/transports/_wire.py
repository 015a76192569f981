"""Moves the bytes of one plugin over its two pipes, fast, without knowing what they mean.

What makes it fast, in the order of what it buys: a write goes out at once in the caller, without a lock, and only a
remainder waits for the writer task; one reader task a connection takes as much as there is; and when a lone caller
expects an answer soon, it polls the pipe itself and the reader stays out of epoll ("hot").
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from typing import Final

import trio
from trio.lowlevel import checkpoint, wait_readable, wait_writable

from hostcore.transports._flood import SIP, Flood
from hostcore.transports._parking import ParkingSpace
from hostcore.transports._pipes import DEFAULT_PIPE, READ_SIZE, SharedPipes

READS_IN_A_ROW: Final = 8
"""Reads for one wait: asking epoll costs more than a read that finds nothing."""

DRAIN_LIMIT: Final = 64 * 1024 * 1024
"""Bytes taken from the pipe after the process has ended; a grandchild may hold it open and write for ever."""


class Wire:
    """Reads from and writes to two non-blocking descriptors, which it does not own.

    Args:
        read_fd: the plugin's stdout.
        write_fd: the plugin's stdin.
        pipes: the shared buffer and budget.
        received: takes the bytes of each read; the memory is reused afterwards. It may raise: `broken` gets that.
        broken: told once that nothing more can be read (`EOFError`) or written (`OSError`), or what `received` raised.
        drained: told whenever queued bytes have gone out.
    """

    def __init__(
        self,
        read_fd: int,
        write_fd: int,
        *,
        pipes: SharedPipes,
        received: Callable[[memoryview], None],
        broken: Callable[[Exception], None],
        drained: Callable[[], None],
    ) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._pipes = pipes
        self._view = pipes.buffer
        self._whole = (pipes.buffer,)
        self._sip = (pipes.buffer[:SIP],)
        self._views = self._whole
        self.flood = Flood()
        self._received = received
        self._broken = broken
        self._drained = drained
        self._queue: deque[memoryview] = deque()
        self._writer = ParkingSpace()
        self._reader = ParkingSpace()
        self._grown = [0, 0]  # bytes of the pipe budget taken for reading, for writing
        self.queued_bytes = 0
        self.hot = False
        self.closed = False

    def __repr__(self) -> str:
        return f"<Wire queued_bytes={self.queued_bytes} hot={self.hot} closed={self.closed}>"

    # -- receiving: pump() alone reads; the reader task and a polling caller may both run it

    def pump(self) -> bool:
        """Read once and hand it on; return whether there may be more; raises `BlockingIOError` when there is nothing."""
        size = os.readv(self._read_fd, self._views)
        if not size:
            raise EOFError
        self._received(self._view[:size])
        if size >= DEFAULT_PIPE and not self._grown[0] and not self.flood.is_high:
            self._grown[0] = self._pipes.grow(self._read_fd) or -1
        return size == READ_SIZE

    def poll(self) -> None:
        """Read what there is, if there is anything; a failure goes to `broken`."""
        try:
            self.pump()
        except BlockingIOError:
            pass
        except Exception as error:  # noqa: BLE001 - the boundary to what the plugin sent; `broken` decides
            self._fail(error)

    async def read_forever(self) -> None:
        """Read until the end of the stream, a failure or the close."""
        while not self.closed:
            if self.hot:
                await self._reader.park()
            try:
                await wait_readable(self._read_fd)
                for _ in range(READS_IN_A_ROW):
                    if self.closed or self.flood.is_high:
                        break
                    if not self.pump():
                        # Whom it woke may call again, and be answered before the next read.
                        await checkpoint()
            except BlockingIOError:
                pass  # it has all been read, perhaps by a polling caller
            except trio.ClosedResourceError:
                return
            except Exception as error:  # noqa: BLE001 - the boundary to what the plugin sent; `broken` decides
                self._fail(error)
                return
            if self.flood.counted or self._views is self._sip:
                await self._rest()

    async def _rest(self) -> None:
        """Pause in a flood of what nobody asked for, and read in sips until it is over."""
        pause = self.flood.pause()
        self._views = self._sip if pause else self._whole
        if pause:
            await trio.sleep(pause)

    def arm(self) -> None:
        """Have the reader task watch the pipe again."""
        self.hot = False
        self._reader.wake()

    async def drain(self) -> None:
        """Read what is left in the pipe after the process has ended, up to `DRAIN_LIMIT`."""
        taken = 0
        try:
            while not self.closed and taken < DRAIN_LIMIT:
                self.pump()
                taken += len(self._views[0])  # counts reads at their largest: an upper bound
                await checkpoint()
        except (BlockingIOError, EOFError):
            return
        except Exception as error:  # noqa: BLE001 - the boundary to what the plugin sent; `broken` decides
            self._fail(error)

    # -- sending: straight into the pipe; only what does not fit goes through the writer task

    def write(self, data: bytes) -> None:
        """Write one whole frame, in order; never waits. After the close it does nothing."""
        if self.closed:
            return
        if not self._queue:
            try:
                size = os.write(self._write_fd, data)
            except BlockingIOError:
                size = 0
            except OSError as error:
                if self._write_fd >= 0:  # else its input was closed on purpose
                    self._fail(error)
                return
            if size == len(data):
                return
            if not self._grown[1] and len(data) > DEFAULT_PIPE:
                self._grown[1] = self._pipes.grow(self._write_fd) or -1
        else:
            size = 0
        self._queue.append(memoryview(data)[size:])
        self.queued_bytes += len(data) - size
        self._writer.wake()

    async def write_forever(self) -> None:
        """Write what `write` has left over, until a failure or the close."""
        while not self.closed:
            try:
                if not self._queue:
                    await self._writer.park()
                    continue
                self._write_once()
            except BlockingIOError:
                try:
                    await wait_writable(self._write_fd)
                except trio.ClosedResourceError:
                    return
            except OSError as error:
                self._fail(error)
                return

    def _write_once(self) -> None:
        head = self._queue[0]
        size = os.write(self._write_fd, head)
        self.queued_bytes -= size
        if size == len(head):
            self._queue.popleft()
        else:
            self._queue[0] = head[size:]
        self._drained()

    # -- ending

    def close(self) -> None:
        """Stop reading and writing; both tasks end. The descriptors stay open."""
        self.closed = True
        self._queue.clear()
        self.queued_bytes = 0
        for taken in self._grown:
            self._pipes.give_back(max(taken, 0))
        self._grown = [-1, -1]
        self.arm()
        self._writer.wake()

    def close_writing(self) -> None:
        """Write nothing more: the descriptor is about to be closed."""
        self._write_fd = -1
        self._queue.clear()
        self.queued_bytes = 0

    def _fail(self, error: Exception) -> None:
        if not self.closed:
            self._broken(error)
