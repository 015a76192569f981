"""Spawns every child of a host from one permanent thread, and knows how each of them ends.

`trio.open_process` spawns from a worker thread that retires after 10 s; a parent-death signal is bound to the
spawning *thread* and would then kill healthy children. One permanent thread makes it mean "the host died".
"""

from __future__ import annotations

import contextlib
import os
import queue
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from hostcore.errors import HostClosedError

STOP: Final = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExitStatus:
    """Says how a process ended.

    Attributes:
        exit_code: its exit status, or None when a signal ended it.
        signal: the signal's name, or None.
        user_seconds: CPU time in user mode, its waited-for children included.
        system_seconds: CPU time in the kernel.
        max_rss_bytes: its largest resident size; 0 where that cannot be told from what the host had at the spawn.
    """

    exit_code: int | None
    signal: str | None
    user_seconds: float = 0.0
    system_seconds: float = 0.0
    max_rss_bytes: int = 0

    def __str__(self) -> str:
        return f"signal {self.signal}" if self.signal else f"exit status {self.exit_code}"


def _signal_name(number: int) -> str:
    """Name a signal; most of the real-time ones have no name of their own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"


class ChildProcess:
    """Is one child in a session and process group of its own.

    The host's ends of the pipes are non-blocking descriptors that belong to the holder of this object.

    Attributes:
        pid: its process id, which is also the id of its group.
        stdin: descriptor to write to.
        stdout: descriptor to read from.
        stderr: descriptor to read from.
    """

    def __init__(
        self,
        popen: subprocess.Popen[bytes],
        *,
        stdin: int,
        stdout: int,
        stderr: int,
        forget: Callable[[int], None],
    ) -> None:
        self._popen = popen
        self._forget = forget
        self._pidfd = os.pidfd_open(popen.pid)
        # The kernel counts the image that the child had before its exec: the host's own.
        self._peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.pid = popen.pid
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.status: ExitStatus | None = None

    def __repr__(self) -> str:
        return f"<ChildProcess pid={self.pid} {self.status or 'running'}>"

    async def wait_exited(self) -> ExitStatus:
        """Wait for the process itself, not for the end of its pipes; it stays a zombie until `reap`."""
        if self.status is None:
            await trio.lowlevel.wait_readable(self._pidfd)
            return self._peek()
        await trio.lowlevel.checkpoint()
        return self.status

    def _peek(self) -> ExitStatus:
        info = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        assert info is not None  # without WNOHANG it waits, and the pidfd said that it has ended  # noqa: S101
        if info.si_code == os.CLD_EXITED:
            return ExitStatus(exit_code=info.si_status, signal=None)
        return ExitStatus(exit_code=None, signal=_signal_name(info.si_status))

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, if the process has not been reaped."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    async def reap(self) -> ExitStatus:
        """Kill what is left of the group, reap the process and close the pipes; a second call changes nothing.

        The group is killed while the zombie still holds its id: after the reaping the id may be used anew.
        """
        if self.status is None:
            with trio.CancelScope(shield=True):  # ends soon after a SIGKILL, and a zombie must not be left
                self.signal_group(signal.SIGKILL)
                await trio.lowlevel.wait_readable(self._pidfd)
                seen = self._peek()
            self.signal_group(signal.SIGKILL)  # members that were forked while the first one was under way
            self._forget(self.pid)
            _, self._popen.returncode, usage = os.wait4(self.pid, 0)  # noqa: ASYNC222 - it has ended: this does not block
            self.status = ExitStatus(
                exit_code=seen.exit_code,
                signal=seen.signal,
                user_seconds=usage.ru_utime,
                system_seconds=usage.ru_stime,
                max_rss_bytes=usage.ru_maxrss * 1024 if usage.ru_maxrss > self._peak_before else 0,
            )
            os.close(self._pidfd)
            for fd in (self.stdin, self.stdout, self.stderr):
                self._close(fd)
            self.stdin = self.stdout = self.stderr = -1
        return self.status

    def close_stdin(self) -> None:
        """Give the process the end of its input; a second call changes nothing."""
        self._close(self.stdin)
        self.stdin = -1

    @staticmethod
    def _close(fd: int) -> None:
        if fd >= 0:
            trio.lowlevel.notify_closing(fd)
            os.close(fd)


class Spawner:
    """Owns the thread that spawns; `close` ends it.

    Args:
        remember: called in the thread with each new process group, before anybody else learns of it.
        forget: called with each group that is gone.
    """

    def __init__(self, *, remember: Callable[[int], None], forget: Callable[[int], None]) -> None:
        self._remember = remember
        self._forget = forget
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="polyhost-spawner", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not STOP:
            job()

    def close(self) -> None:
        """End the thread once the spawns under way are done."""
        self._closed = True
        self._jobs.put(STOP)

    async def spawn(
        self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> ChildProcess:
        """Start a program with three pipes, in its own session, with just this environment.

        A cancelled caller still waits for the spawn, which is short: a child must never be lost.

        Raises:
            OSError: the program or the folder is not there, or may not be executed.
            HostClosedError: the spawner is closed.
        """
        if self._closed:
            raise HostClosedError("the host is closed and starts no processes")
        token = trio.lowlevel.current_trio_token()
        done = trio.Event()
        outcome: list[ChildProcess | BaseException] = []

        def job() -> None:
            try:
                outcome.append(self._spawn(argv, folder, environment))
            except BaseException as error:  # noqa: BLE001 - travels to the caller, which raises it
                outcome.append(error)
            with contextlib.suppress(trio.RunFinishedError):
                token.run_sync_soon(done.set)

        self._jobs.put(job)
        with trio.CancelScope(shield=True):
            await done.wait()
        result = outcome[0]
        if isinstance(result, BaseException):
            raise result
        return result

    def _spawn(self, argv: Sequence[str], folder: Path, environment: Mapping[str, str]) -> ChildProcess:
        fds: list[int] = []
        try:
            for _ in range(3):
                fds.extend(os.pipe())
            child_in, stdin, stdout, child_out, stderr, child_err = fds
            popen = subprocess.Popen(
                list(argv),
                stdin=child_in,
                stdout=child_out,
                stderr=child_err,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
            )
            try:
                self._remember(popen.pid)
                for fd in (stdin, stdout, stderr):
                    os.set_blocking(fd, False)
                child = ChildProcess(popen, stdin=stdin, stdout=stdout, stderr=stderr, forget=self._forget)
            except BaseException:  # no descriptors left, for example: a child that nobody knows must not live
                popen.kill()
                self._forget(popen.pid)
                popen.wait()
                raise
        except BaseException:
            for fd in fds:
                os.close(fd)
            raise
        for fd in (child_in, child_out, child_err):
            os.close(fd)
        return child
