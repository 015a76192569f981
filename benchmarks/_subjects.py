"""The driver's side: starts subjects, each as a process of its own, and has them work in turns."""

from __future__ import annotations

import enum
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import psutil

from benchmarks import _targets as names
from benchmarks._works import Work

EXIT_SECONDS: Final = 15
"""A subject has this long to end; the plugins of a host have 5 s of their own to stop."""


class Cores(enum.StrEnum):
    """Says where the host's side and the plugin's side of a subject run."""

    FREE = "free"
    """Wherever the scheduler puts them."""
    ONE = "one"
    """Both on one core: handing over is cheap, nothing runs at the same time."""
    TWO = "two"
    """On a core each: both run at once, and each sleeper must be woken from another core."""


CALLS: Final = frozenset({"small", "small-gap", "callers", "64k", "1m", "1m-callers"})
GO_CALLS: Final = frozenset({"go-small", "go-callers", "go-1m"})
REST: Final = frozenset({"rest", "rest-callers"})
STARTS: Final = frozenset({"start"})
ALONE: Final = CALLS - {"callers", "1m-callers"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Is who can be measured.

    Attributes:
        name: as the tables call it.
        module: the module under `benchmarks.subjects` that does it, and its arguments.
        works: the names of what it is measured with.
        needs: a package that is no dependency; without it the subject is left out.
        needs_go: whether it needs the programs in Go.
        is_client: whether it asks a server, which is the host's side; what that calls runs beside the client then.
    """

    name: str
    module: tuple[str, ...]
    works: frozenset[str]
    needs: str | None = None
    needs_go: bool = False
    is_client: bool = False

    def why_not(self, without_go: str | None) -> str | None:
        """Say why it cannot be measured here, or None; `without_go` says why there are no programs in Go."""
        if self.needs is not None and find_spec(self.needs) is None:
            return f"{self.needs} is not installed"
        return without_go if self.needs_go else None


SUBJECTS: Final = (
    Subject(name=names.PRODUCT, module=("product",), works=CALLS | GO_CALLS),
    Subject(
        name=names.NO_VALIDATION,
        module=("product", "off"),
        works=frozenset({"small", "callers", "64k", "1m"}),
    ),
    Subject(name=names.NO_RECORDS, module=("product", "both", "off"), works=frozenset({"small", "callers"})),
    Subject(
        name=names.ALL_RECORDED, module=("product", "both", "all"), works=frozenset({"small", "callers"})
    ),
    Subject(name=names.CHANNEL, module=("channel",), works=frozenset({"small", "callers"})),
    Subject(name=names.NO_DEADLINES, module=("channel", "off"), works=frozenset({"small", "callers"})),
    Subject(name=names.FLOOR, module=("floor",), works=ALONE),
    Subject(name=names.NAIVE, module=("naive_trio",), works=CALLS),
    Subject(name=names.ASYNCIO, module=("asyncio_protocol",), works=CALLS),
    Subject(name=names.PIPE, module=("multiprocessing_pipe",), works=ALONE),
    Subject(name=names.GRPC, module=("grpcio_sync",), works=CALLS),
    Subject(name=names.GRPC_AIO, module=("grpcio_aio",), works=CALLS),
    Subject(name=names.RPYC, module=("rpyc_unix",), works=ALONE - {"small-gap"}, needs="rpyc"),
    Subject(name=names.PYRO, module=("pyro5",), works=ALONE - {"small-gap"}, needs="Pyro5"),
    *(
        Subject(name=name, module=module, works=GO_CALLS, needs=needs, needs_go=True)
        for name, module, needs in (
            (names.ADAPTER, ("adapter",), "hpack"),
            (names.GO_GRPC, ("go_host", "grpc"), None),
            (names.ADAPTER_PLAIN, ("adapter", "plain"), "hpack"),
            (names.GO_GRPC_PLAIN, ("go_host", "grpc-plain"), None),
            (names.GO_NETRPC, ("go_host", "netrpc"), None),
            (names.GO_GRPCIO, ("go_grpcio_sync",), None),
            (names.GO_GRPC_AIO, ("go_grpcio_aio",), None),
        )
    ),
    Subject(name=names.REST, module=("rest", "product", "call"), works=REST, is_client=True),
    Subject(name=names.REST_NOTHING, module=("rest", "product", "noop"), works=REST, is_client=True),
    Subject(name=names.QUART, module=("rest", "quart", "noop"), works=REST, is_client=True),
    Subject(
        name=names.STARLETTE,
        module=("rest", "starlette", "call"),
        works=REST,
        needs="uvicorn",
        is_client=True,
    ),
    Subject(name=names.LOAD, module=("starts", "load"), works=STARTS),
    Subject(name=names.SPAWN, module=("starts", "spawn"), works=STARTS),
    Subject(name=names.SDK, module=("starts", "sdk"), works=STARTS),
    Subject(name=names.BARE, module=("starts", "bare"), works=STARTS),
)


class Running:
    """Is a subject's process."""

    def __init__(self, subject: Subject, cores: Cores) -> None:
        self.subject = subject
        self._is_pinned = cores is not Cores.FREE and "start" not in subject.works
        self._cores = cores
        usable = os.sched_getaffinity(0)
        if self._is_pinned:  # from the start on: Go's runtime and gRPC's count once how many cores they have
            os.sched_setaffinity(0, {min(usable)})
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.subjects", *subject.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        finally:
            os.sched_setaffinity(0, usable)

    def pin(self) -> None:
        """Put the host's side and the plugin's side where `cores` says; call it when both are running."""
        usable = sorted(os.sched_getaffinity(0))
        if not self._is_pinned:
            return
        process = psutil.Process(self._process.pid)
        _pin(process.pid, usable[0])
        other = usable[0] if self._cores is Cores.ONE else usable[1 % len(usable)]
        for child in process.children():
            _pin(child.pid, other)
            for further in child.children(recursive=True):
                _pin(further.pid, usable[0] if self.subject.is_client else other)

    def wait(self) -> None:
        """Wait until it has ended, and kill it when that takes too long."""
        try:
            self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def dismiss(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def do(self, work: Work) -> dict[str, Any]:
        """Have it work, and return its sample."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(work.to_json()) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            line = ""
        else:
            line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.subject.name} has failed in {work.title}; what it said stands above")
        sample: dict[str, Any] = json.loads(line)
        return sample


def _pin(pid: int, core: int) -> None:
    """Pin a process with all its threads; what ends meanwhile needs it no more."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), {core})


class Field:
    """Holds the processes of all subjects: each is started when it first works, and lives until the end.

    A context manager. Idle subjects cost next to nothing: plugins block in a read, hosts sleep.

    Args:
        cores: where the two sides of each subject run.
    """

    def __init__(self, cores: Cores) -> None:
        self._cores = cores
        self._running: dict[Subject, Running] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._running.values():  # all at once: a host takes a moment to stop
            each.dismiss()
        for each in self._running.values():
            each.wait()

    def measure(
        self, work: Work, subjects: Iterable[Subject], rounds: int
    ) -> list[tuple[Subject, list[dict[str, Any]]]]:
        """Measure one work with each subject in turn, `rounds` times; every second round goes backwards."""
        order = list(subjects)
        for each in order:
            if each not in self._running:
                self._running[each] = Running(each, self._cores)
        samples: dict[Subject, list[dict[str, Any]]] = {each: [] for each in order}
        for each in samples:  # outside the count: interpreters start, code warms up
            self._running[each].do(work)
            self._running[each].pin()
        for _ in range(rounds):
            for each in order:
                samples[each].append(self._running[each].do(work))
            order.reverse()
        return list(samples.items())
