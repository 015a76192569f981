"""The subject's side: takes work from stdin, a JSON line each, and answers with a sample."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

import trio

from benchmarks._works import Sample, Work

Params = Mapping[str, Any]
BlockingCall = Callable[[str, Params], Any]
AsyncCall = Callable[[str, Params], Awaitable[Any]]

WARM_SHARE: Final = 0.25
"""Part of a round's time that is spent warm-up, uncounted: a subject has slept while the others were measured."""

WARM_CALLS: Final = 3
"""Fewest calls of a warm-up."""


def next_work() -> Work | None:
    """Wait for the next piece of work; None at the end."""
    line = sys.stdin.readline()
    return Work(**json.loads(line)) if line else None


def answer(result: Mapping[str, Any]) -> None:
    """Send what came out."""
    print(json.dumps(result), flush=True)


def answer_sample(sample: Sample) -> None:
    """Send a sample."""
    answer(asdict(sample))


def check_echo(params: Params, result: Any) -> None:
    """Make sure that the subject does the work at all: it must give back what it was given."""
    if result != params:
        raise RuntimeError("the answer is not what was sent")


def pause(gap: float, since: float) -> None:
    """Be busy for `gap` seconds since `since`: sleeping would cost much more than the gap."""
    while time.perf_counter() - since < gap:
        pass


def serve_blocking(call: BlockingCall) -> None:
    """Serve with a blocking call; several callers are threads."""
    while (work := next_work()) is not None:
        method, params = work.params()
        check_echo(params, call(method, params))
        durations: list[float] = []
        gc.collect()

        def run(
            seconds: float,
            into: list[float],
            *,
            method: str = method,
            params: Params = params,
            gap: float = work.gap,
        ) -> None:
            until = time.perf_counter() + seconds
            while len(into) < WARM_CALLS or time.perf_counter() < until:
                started = time.perf_counter()
                call(method, params)
                ended = time.perf_counter()
                into.append(ended - started)
                if gap:
                    pause(gap, ended)

        run(work.seconds * WARM_SHARE, [])
        started = time.perf_counter()
        if work.callers == 1:
            run(work.seconds, durations)
        else:
            threads = [
                threading.Thread(target=run, args=(work.seconds, durations)) for _ in range(work.callers)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        answer_sample(Sample.of(durations, time.perf_counter() - started))


async def _call_for(call: AsyncCall, work: Work, seconds: float, into: list[float]) -> None:
    method, params = work.params()
    until = time.perf_counter() + seconds
    gap = work.gap
    while len(into) < WARM_CALLS or time.perf_counter() < until:
        started = time.perf_counter()
        await call(method, params)
        ended = time.perf_counter()
        into.append(ended - started)
        if gap:
            pause(gap, ended)


async def serve_trio(call: AsyncCall) -> None:
    """Serve with a call that runs under trio."""
    while (work := await trio.to_thread.run_sync(next_work)) is not None:
        method, params = work.params()
        check_echo(params, await call(method, params))
        durations: list[float] = []
        gc.collect()
        await _call_for(call, work, work.seconds * WARM_SHARE, [])
        started = time.perf_counter()
        async with trio.open_nursery() as nursery:
            for _ in range(work.callers):
                nursery.start_soon(_call_for, call, work, work.seconds, durations)
        answer_sample(Sample.of(durations, time.perf_counter() - started))


async def serve_asyncio(call: AsyncCall) -> None:
    """Serve with a call that runs under asyncio."""
    while (work := await asyncio.to_thread(next_work)) is not None:
        method, params = work.params()
        check_echo(params, await call(method, params))
        durations: list[float] = []
        gc.collect()
        await _call_for(call, work, work.seconds * WARM_SHARE, [])
        started = time.perf_counter()
        await asyncio.gather(*(_call_for(call, work, work.seconds, durations) for _ in range(work.callers)))
        answer_sample(Sample.of(durations, time.perf_counter() - started))
