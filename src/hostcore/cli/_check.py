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

from hostcore.config import HostConfig
from hostcore.errors import CallFailedError, HostError
from hostcore.events import PluginExited
from hostcore.host import Host, open_host
from hostcore.interfaces import Example, Interface, Method, example_mismatch, schemas_folder
from hostcore.manifest import Manifest, load_interfaces_of, load_manifest
from hostcore.snapshots import ExitReport, LogSource, PluginSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Enough to see what a program prints by mistake.
_STRAY_LINES = 3


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

    Each example runs on a fresh instance with an empty data folder, those of read-only methods on a common one;
    each scenario on a fresh one.

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
        self._exits: list[ExitReport] = []

    async def run(self) -> None:
        async with open_host(self._config) as host, trio.open_nursery() as nursery:
            nursery.start_soon(self._collect_exits, host)
            if await self._check_handshake(host):
                await self._check_examples(host)
                await self._check_stop(host)
            nursery.cancel_scope.cancel()

    async def _collect_exits(self, host: Host) -> None:
        async with host.events(after=0) as events:
            async for item in events:
                event = getattr(item, "event", None)
                if isinstance(event, PluginExited):
                    self._exits.append(event.report)

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
                title=f"said hello in {plugin.encoding}, ready after {took:.2f} s, {_methods(plugin)}",
            )
        )
        return True

    async def _check_examples(self, host: Host) -> None:
        for interface in self._interfaces.values():
            for method in interface.methods.values():
                for number, example in enumerate(method.examples, 1):
                    await self._check_example(host, interface, method, number, example)
            for scenario in interface.scenarios:
                await self._check_steps(host, interface, scenario.description, scenario.steps)

    async def _check_example(
        self, host: Host, interface: Interface, method: Method, number: int, example: Example
    ) -> None:
        title = f"{method.full_name} {example.description or f'example {number}'}"
        await self._check_steps(host, interface, title, (example,), fresh=not method.read_only)

    async def _check_steps(
        self,
        host: Host,
        interface: Interface,
        title: str,
        steps: Sequence[Example],
        *,
        fresh: bool = True,
    ) -> None:
        """Run the steps on an instance that remembers nothing; the first one that fails ends them."""
        try:
            if fresh:
                await self._start_afresh(host)
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

    async def _start_afresh(self, host: Host) -> None:
        self._check_output(host)
        await host.unload(self._manifest.id)
        shutil.rmtree(self._config.data / "plugins" / self._manifest.id, ignore_errors=True)
        await host.load(self._manifest.folder)

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

            async def feed() -> None:
                for item in example.items:
                    await stream.send(item)
                await stream.end()

            async with trio.open_nursery() as nursery:
                if method.stream.in_ is not None:
                    nursery.start_soon(feed)
                async for _ in stream:
                    pass
                nursery.cancel_scope.cancel()
            return stream.result

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
                    title=f"{len(stray)} stray lines on standard output",
                    detail=shown,
                    hint="standard output carries the protocol; write text for people to standard error",
                )
            )

    async def _check_stop(self, host: Host) -> None:
        self._check_output(host)
        begin = time.monotonic()
        known = len(self._exits)
        await host.unload(self._manifest.id)
        took = time.monotonic() - begin
        with trio.move_on_after(1):  # the event is published before unload returns; its reader needs a turn
            while len(self._exits) == known:
                await trio.sleep(0.005)
        killed = [report for report in self._exits if report.signal is not None]
        if killed:
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


def _methods(plugin: PluginSnapshot) -> str:
    count = len(plugin.methods)
    return f"{count} method{'s' * (count != 1)}"


def _interface_found(name: str, version: str, interface: Interface | None) -> Check:
    if interface is None:
        return Check(
            part="interfaces",
            verdict=Verdict.WARNED,
            title=f"{name} {version} has no interface file",
            hint=f"write interfaces/{name}.v{version.split('.')[0]}.json: calls are then checked, and examples run",
        )
    examples = sum(len(method.examples) for method in interface.methods.values())
    return Check(
        part="interfaces",
        verdict=Verdict.PASSED,
        title=f"{name} {version}: methods {len(interface.methods)}, examples {examples}, "
        f"scenarios {len(interface.scenarios)}",
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
