"""The transport below the host: no routing, no validation, no statistics; with deadlines or without (`channel off`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import trio

from benchmarks.subjects._plugin import ECHO
from benchmarks.subjects._serve import serve_trio
from hostcore.interfaces import Interface
from hostcore.manifest import load_manifest
from hostcore.protocol import HostHello, Log, PluginHello
from hostcore.transports import Deadlines, Expirable, Guard, LaunchSpec, ReverseCall, Spawner, StdioLauncher

TIMEOUT = 30.0
"""The host's own default."""


class NoDeadlines(Deadlines):
    """Keeps no deadline at all: what the others are measured against."""

    def add(self, deadline: float, entry: Expirable) -> None:
        """Forget it."""


class Listener:
    """Takes no notice of what the plugin sends of its own accord, but for what should not happen here."""

    def log_received(self, record: Log) -> None:
        """Ignore a log message."""

    def stderr_received(self, text: str) -> None:
        """Show it."""
        print(text, file=sys.stderr)

    def stray_received(self, text: str) -> None:
        """Show it."""
        print(text, file=sys.stderr)

    def host_noted(self, level: str, text: str) -> None:
        """Show it."""
        print(level, text, file=sys.stderr)

    def called(self, call: ReverseCall) -> None:
        """Be surprised."""
        raise RuntimeError(f"the echo plugin calls {call.method}")


def _greet(_: PluginHello, _described: Mapping[str, Interface] | None = None) -> HostHello:
    return HostHello(
        host_name="benchmark", host_version="1", interfaces={"Echo": "1.0"}, features=["async", "cancel"]
    )


async def _run(make_deadlines: Callable[[], Deadlines]) -> None:
    guard = Guard()
    spawner = Spawner(remember=guard.remember, forget=guard.forget)
    deadlines = make_deadlines()
    spec = LaunchSpec(
        plugin="echo",
        manifest=load_manifest(ECHO),
        interfaces={},
        command=(sys.executable, "-m", "polyhost_plugin", "main.py"),
        folder=ECHO,
        environment={**os.environ, "POLYHOST_PLUGIN": "1", "POLYHOST_PROTOCOL": "1"},
        start_timeout=10.0,
        frame_limit=4 * 1024 * 1024,
        max_inflight=1024,
        queue_limit=1024,
        cancel_grace=10.0,
        greet=_greet,
    )
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(deadlines.run)
            launcher = StdioLauncher(spawner=spawner, nursery=nursery, deadlines=deadlines)
            async with launcher.launch(spec, Listener()) as transport:

                async def call(method: str, params: Mapping[str, Any]) -> Any:
                    return await transport.call(method, params, timeout=TIMEOUT)

                await serve_trio(call)
            nursery.cancel_scope.cancel()
    finally:
        spawner.close()
        guard.close()


def main(deadlines: str = "on") -> None:
    """Serve `Transport.call`."""
    trio.run(_run, Deadlines if deadlines == "on" else NoDeadlines)
