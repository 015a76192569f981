"""Check a plugin as a host would meet it: its files, its hello, the examples of its interfaces, its stop."""

from __future__ import annotations

import enum
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from hostcore.cli._local import exchange
from hostcore.config import HostConfig
from hostcore.errors import CallFailedError, HostError
from hostcore.events import EventsMissed, PluginExited
from hostcore.host import Host, open_host
from hostcore.interfaces import Example, Interface, Method, example_mismatch, schemas_folder
from hostcore.manifest import Manifest, load_interfaces_of, load_manifest
from hostcore.snapshots import ExitReport, LogSource, PluginSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Enough to see what a program prints by mistake.
_STRAY_LINES = 3
# What a program writes last says best why it ended: the end of a traceback with the line of the author's own code.
_LAST_LINES = 5
# The code of the reason of a process that a check itself has stopped.
_ASKED = "unloading"


class Verdict(enum.StrEnum):
    """Says how a check came out."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """Is the outcome of one check.

    Attributes:
        part: what it belongs to: manifest, interfaces, handshake, examples, output or stop.
        verdict: how it came out.
        title: what was checked, or what was found.
        detail: what is wrong; empty when nothing is.
        hint: what to do about it.
        location: where the cause stands.
    """

    part: str
    verdict: Verdict
    title: str
    detail: str = ""
    hint: str | None = None
    location: str | None = None


def check_plugin(
    folder: Path, *, interface_folders: Sequence[Path] = (), report: Callable[[Check], None]
) -> str:
    """Run all checks on the plugin in a folder; returns its id, or the folder's name when it has none.

    The examples of an interface run in the order of the file on one fresh instance with an empty data folder, each
    scenario on a fresh one of its own.

    Args:
        folder: the plugin's folder.
        interface_folders: where interface files are looked for, before those that come with Polyhost.
        report: told of each outcome as it is known.
    """
    try:
        manifest = load_manifest(folder)
    except HostError as error:
        report(_failed("manifest", "plugin.toml cannot be used", error))
        return folder.absolute().name
    report(Check(part="manifest", verdict=Verdict.PASSED, title=f"{manifest.id} {manifest.version}"))
    searched = (*interface_folders, schemas_folder() / "interfaces")
    try:
        interfaces = load_interfaces_of(manifest, searched)
    except HostError as error:
        report(_failed("interfaces", "an interface file cannot be used", error))
        return manifest.id
    for name, version in manifest.provides.items():
        report(_interface_found(name, version, interfaces.get(name)))
    with tempfile.TemporaryDirectory(prefix="polyhost-check-", ignore_cleanup_errors=True) as data:
        config = HostConfig(data=Path(data), interface_folders=tuple(interface_folders))
        trio.run(_LiveCheck(manifest, interfaces, config, report).run)
    return manifest.id


class _LiveCheck:
    """Runs the plugin and checks what it does."""

    def __init__(
        self,
        manifest: Manifest,
        interfaces: dict[str, Interface],
        config: HostConfig,
        report: Callable[[Check], None],
    ) -> None:
        self._manifest = manifest
        self._interfaces = interfaces
        self._config = config
        self._report = report

    async def run(self) -> None:
        """Run the checks one after another."""
        async with open_host(self._config) as host:
            if await self._check_handshake(host):
                await self._check_examples(host)
                await self._check_stop(host)

    async def _check_handshake(self, host: Host) -> bool:
        begin = time.monotonic()
        try:
            plugin = await host.load(self._manifest.folder)
        except HostError as error:
            self._report(_failed("handshake", "the plugin does not start", error))
            return False
        took = time.monotonic() - begin
        self._report(
            Check(
                part="handshake",
                verdict=Verdict.PASSED,
                title=f"ready after {took:.2f} s; {_said(plugin)}",
            )
        )
        return True

    async def _check_examples(self, host: Host) -> None:
        for interface in self._interfaces.values():
            examples = [
                (f"{method.full_name}: {example.description or f'example {number}'}", example)
                for method in interface.methods.values()
                for number, example in enumerate(method.examples, 1)
            ]
            if examples and not await self._start_afresh(host, interface.name):
                continue
            for title, example in examples:
                await self._check_steps(host, interface, title, (example,))
            for number, scenario in enumerate(interface.scenarios, 1):
                title = f"{interface.name}: {scenario.description or f'scenario {number}'}"
                if await self._start_afresh(host, title):
                    await self._check_steps(host, interface, title, scenario.steps)

    async def _check_steps(
        self, host: Host, interface: Interface, title: str, steps: Sequence[Example]
    ) -> None:
        """Run calls one after another; the first one that fails ends them."""
        try:
            for number, step in enumerate(steps, 1):
                mismatch = await self._run_example(host, interface.methods[step.method], step)
                if mismatch:
                    where = f"step {number}, {interface.name}.{step.method}: " if len(steps) > 1 else ""
                    place = f"{interface.source}#{step.pointer}" if step.pointer else interface.source
                    self._report(
                        Check(
                            part="examples",
                            verdict=Verdict.FAILED,
                            title=title,
                            detail=where + mismatch,
                            location=place,
                        )
                    )
                    return
        except HostError as error:
            self._report(_failed("examples", title, error))
            return
        self._report(Check(part="examples", verdict=Verdict.PASSED, title=title))

    async def _start_afresh(self, host: Host, title: str) -> bool:
        """Replace the plugin by one that remembers nothing; tells whether it runs."""
        self._check_output(host)
        try:
            await host.unload(self._manifest.id)
            shutil.rmtree(self._config.data / "plugins" / self._manifest.id, ignore_errors=True)
            await host.load(self._manifest.folder)
        except HostError as error:
            self._report(_failed("examples", f"{title}: the plugin does not start again", error))
            return False
        return True

    async def _run_example(self, host: Host, method: Method, example: Example) -> str | None:
        try:
            if method.stream.in_ is None and method.stream.out is None:
                result = await host.call(method.full_name, example.params, plugin=self._manifest.id)
            else:
                result = await self._run_stream(host, method, example)
        except CallFailedError as error:
            return example_mismatch(example, error=error.name or error.message)
        return example_mismatch(example, result=result)

    async def _run_stream(self, host: Host, method: Method, example: Example) -> Any:
        async with host.stream(method.full_name, example.params, plugin=self._manifest.id) as stream:
            items = None if method.stream.in_ is None else example.items
            return await exchange(stream, items, lambda _: None)

    def _check_output(self, host: Host) -> None:
        """Warn of what the plugin wrote between its messages."""
        logs = host.logs(self._manifest.id, last=self._config.limits.log_lines)
        stray = [line.message for line in logs if line.source is LogSource.STRAY]
        if stray:
            shown = " | ".join(stray[:_STRAY_LINES])
            self._report(
                Check(
                    part="output",
                    verdict=Verdict.WARNED,
                    title=f"{_count(len(stray), 'stray line')} on standard output",
                    detail=shown,
                    hint="standard output carries the protocol; write text for people to standard error",
                )
            )

    async def _check_stop(self, host: Host) -> None:
        self._check_output(host)
        begin = time.monotonic()
        await host.unload(self._manifest.id)
        took = time.monotonic() - begin
        exits = await _exits(host)
        crashed = [report for report in exits if report.reason.code != _ASKED]
        killed = [report for report in exits if report.reason.code == _ASKED and report.signal is not None]
        if crashed:
            self._report(_ended_unasked(crashed[0]))
        elif killed:
            self._report(
                Check(
                    part="stop",
                    verdict=Verdict.FAILED,
                    title=f"ended by {killed[-1].signal} instead of by itself",
                    detail=killed[-1].reason.text,
                    hint="answer $/shutdown, and exit when standard input ends",
                )
            )
        else:
            self._report(
                Check(part="stop", verdict=Verdict.PASSED, title=f"stopped by itself within {took:.2f} s")
            )


async def _exits(host: Host) -> list[ExitReport]:
    """Return how the processes of this host have ended so far."""
    last = host.last_event
    found: list[ExitReport] = []
    async with host.events(after=0) as events:
        async for item in events:
            if isinstance(item, EventsMissed):
                continue
            if isinstance(item.event, PluginExited):
                found.append(item.event.report)
            if item.sequence >= last:
                break
    return found


def _ended_unasked(report: ExitReport) -> Check:
    """Tell of a process that ended by itself while it was checked, with its last words."""
    last = [f"stderr: {line}" for line in report.stderr[-_LAST_LINES:]]
    return Check(
        part="stop",
        verdict=Verdict.FAILED,
        title="ended before it was asked to stop",
        detail="\n".join([report.reason.text, *last]),
        hint="a plugin runs until $/shutdown has come or its standard input has ended"
        if report.reason.code == "exited"
        else "docs/protocol/ says what may be sent",
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _said(plugin: PluginSnapshot) -> str:
    """Say what the hello told."""
    provides = ", ".join(f"{name} {version}" for name, version in plugin.provides.items())
    return f"it speaks {plugin.encoding} and provides {provides or 'nothing'}"


def _interface_found(name: str, version: str, interface: Interface | None) -> Check:
    if interface is None:
        major = version.partition(".")[0]
        return Check(
            part="interfaces",
            verdict=Verdict.WARNED,
            title=f"{name} {version} has no interface file",
            hint=f"write interfaces/{name}.v{major}.json: then calls are checked and examples are run",
        )
    examples = sum(len(method.examples) for method in interface.methods.values())
    return Check(
        part="interfaces",
        verdict=Verdict.PASSED,
        title=f"{name} {version}: {_count(len(interface.methods), 'method')}, {_count(examples, 'example')}, "
        f"{_count(len(interface.scenarios), 'scenario')}",
        location=interface.source,
    )


def _failed(part: str, title: str, error: HostError) -> Check:
    return Check(
        part=part,
        verdict=Verdict.FAILED,
        title=title,
        detail=error.message,
        hint=error.hint,
        location=error.location,
    )
