"""One process that serves gRPC: what it prints, how it ends, and that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import Final

import trio

from hostcore.errors import CrashedError, HostError
from hostcore.snapshots import Reason
from hostcore.transports import ChildProcess, ExitStatus, TextPipe, TransportListener, wait_first
from hostcore_grpc._handshake import looks_like_handshake, socket_path
from hostcore_grpc._sockets import SocketFolder, remove_if_stale

END_GRACE: Final = 1.0
"""Seconds in which a process must end whose connection has ended; then it is killed."""


class Child:
    """Watches one process until nothing of it is left; `run` must be running for that.

    Args:
        plugin: the plugin's id, for messages.
        process: the process; None for one that somebody else has started.
        pid: its id.
        sockets: the folder for its sockets, removed at the end; None when there is none.
        listener: hears what it prints.

    Attributes:
        handshake: its first line on stdout that looks like a handshake.
        reason: why it has ended, or None.
        error: what a call gets that was cut off.
        ended: set with the reason.
        finished: set when the process was reaped, and its pipes and sockets are gone.
        stopping: why it was asked to stop, or None.
    """

    def __init__(
        self,
        plugin: str,
        process: ChildProcess | None,
        *,
        pid: int,
        sockets: SocketFolder | None,
        listener: TransportListener,
    ) -> None:
        self.plugin = plugin
        self.pid = pid
        self.handshake: str | None = None
        self.reason: Reason | None = None
        self.error: type[HostError] = CrashedError
        self.ended = trio.Event()
        self.finished = trio.Event()
        self.stopping: Reason | None = None
        self._process = process
        self._sockets = sockets
        self._listener = listener
        self._handshaken = trio.Event()
        self._exited: ExitStatus | None = None
        self._disconnected = trio.Event()
        self._why_disconnected = ""
        if process is not None:
            self._stdout = TextPipe(process.stdout, self._stdout_heard)
            self._stderr = TextPipe(process.stderr, listener.stderr_received)

    def __repr__(self) -> str:
        return f"<Child {self.plugin} pid={self.pid} {self.reason or 'running'}>"

    @property
    def is_borrowed(self) -> bool:
        """Whether somebody else has started the process: it is not killed."""
        return self._process is None

    @property
    def status(self) -> ExitStatus | None:
        """How the process ended, with what it used; None until it was reaped."""
        return self._process.status if self._process is not None else None

    @property
    def stderr_tail(self) -> tuple[str, ...]:
        """Its last lines on stderr."""
        return tuple(self._stderr.tail) if self._process is not None else ()

    @property
    def stray_tail(self) -> tuple[str, ...]:
        """Its last lines on stdout, the handshake left out."""
        lines = self._stdout.tail if self._process is not None else ()
        return tuple(line for line in lines if line != self.handshake)

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the whole group; nothing happens to a process of somebody else."""
        if self._process is not None:
            self._process.signal_group(number)

    def give_up(self, reason: Reason, error: type[HostError]) -> None:
        """End the plugin: whatever it is doing, it is killed. Only the first reason counts."""
        self._end(reason, error)
        self.signal_group(signal.SIGKILL)
        self._disconnected.set()

    def connection_ended(self, why: str) -> None:
        """Take that its connection has ended: a process that lives on without is of no use."""
        self._why_disconnected = self._why_disconnected or why
        self._disconnected.set()

    def _end(self, reason: Reason, error: type[HostError]) -> None:
        if self.reason is None:
            self.reason, self.error = reason, error
            self.ended.set()

    def _stdout_heard(self, line: str) -> None:
        if self.handshake is None and looks_like_handshake(line):
            self.handshake = line
            self._handshaken.set()
        else:
            self._listener.stray_received(line)

    async def wait_handshake(self) -> str | None:
        """Return the handshake when it has come; None when the process has ended and there will be none."""
        await wait_first(self._handshaken.wait, self.finished.wait)
        return self.handshake

    async def run(self) -> None:
        """Watch the process until it has ended, then tidy up."""
        try:
            if self._process is None:
                await self._watch_borrowed()
            else:
                await self._watch(self._process)
        finally:
            await self._finish()

    async def _watch(self, process: ChildProcess) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._stdout.read_forever)
            nursery.start_soon(self._stderr.read_forever)
            nursery.start_soon(self._kill_when_useless)
            self._exited = await process.wait_exited()
            process.signal_group(signal.SIGKILL)  # what it left running must not live on
            await self._stdout.read_rest()
            await self._stderr.read_rest()
            nursery.cancel_scope.cancel()

    async def _kill_when_useless(self) -> None:
        await self._disconnected.wait()
        await trio.sleep(END_GRACE)
        if self.stopping is None:  # else `stop` knows how long it may take
            text = f"its connection has ended ({self._why_disconnected}), and it lived on"
            self._end(Reason(code="connection-ended", text=text), CrashedError)
            self.signal_group(signal.SIGKILL)

    async def _watch_borrowed(self) -> None:
        """Wait until a process of somebody else has ended, or the connection with it."""
        try:
            pidfd = os.pidfd_open(self.pid)
        except OSError:
            self._end(Reason(code="exited", text=f"there is no process {self.pid}"), CrashedError)
            return
        try:
            await wait_first(partial(trio.lowlevel.wait_readable, pidfd), self._disconnected.wait)
        finally:
            os.close(pidfd)
        if self._disconnected.is_set():
            reason = Reason(
                code="connection-ended", text=f"its connection has ended: {self._why_disconnected}"
            )
        else:
            reason = Reason(code="exited", text="its process has ended")
        self._end(self.stopping or reason, CrashedError)

    async def _finish(self) -> None:
        try:
            if self._process is not None:
                status = await self._process.reap()  # kills it, if the host is closing in a hurry
                text = f"its process ended with {self._exited or status}"
                self._end(self.stopping or Reason(code="exited", text=text), CrashedError)
                self._remove_sockets()
        finally:  # others wait for this, shielded: a bug here must show as an error, not as a hang
            self.finished.set()

    def _remove_sockets(self) -> None:
        if self._sockets is not None:
            self._sockets.remove()
        path = socket_path(self.handshake) if self.handshake is not None else None
        if path is not None:
            remove_if_stale(path)
