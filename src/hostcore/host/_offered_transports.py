"""Stands between the host and the transports that extensions offer: what they raise harms their own plugins only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

import trio

from hostcore.errors import HostError, ManifestError
from hostcore.hooks import Extensions, TransportContext, TransportOffer
from hostcore.manifest import Manifest
from hostcore.transports import Deadlines, Launcher, LaunchSpec, Spawner, Transport, TransportListener

HOOK: Final = "hostcore_provide_transports"

_blamed: ContextVar[Callable[[BaseException], None] | None] = ContextVar("_blamed", default=None)
"""Takes the failures of the extension that launches something in this task, and of the tasks that it starts for that."""


class OfferedLauncher:
    """Is the launcher of an extension: what it raises beside `HostError` is told as that extension's failure.

    Args:
        launcher: the extension's.
        failed: takes its failures.
    """

    def __init__(self, launcher: Launcher, *, failed: Callable[[BaseException], None]) -> None:
        self._launcher = launcher
        self.failed = failed

    def __repr__(self) -> str:
        return f"<OfferedLauncher {self._launcher!r}>"

    def check(self, manifest: Manifest) -> None:
        """Raise `ManifestError` for a manifest that the transport cannot use."""
        try:
            self._launcher.check(manifest)
        except HostError:
            raise
        except Exception as error:
            self.failed(error)
            raise ManifestError(
                f"the transport {manifest.transport} failed to check it: {error!r:.200}",
                location=str(manifest.file),
            ) from error

    @asynccontextmanager
    async def launch(self, spec: LaunchSpec, listener: TransportListener) -> AsyncIterator[Transport]:
        """Start the program; whoever enters the context tells of what it raises."""
        launch = self._launcher.launch(spec, listener)
        token = _blamed.set(self.failed)
        try:
            transport = await launch.__aenter__()
        finally:
            _blamed.reset(token)
        try:
            yield transport
        finally:
            await launch.__aexit__(None, None, None)


class OfferedTasks:
    """Runs the tasks of extensions' transports: one that raises is told as a failure, and all others go on.

    Args:
        nursery: runs them.
        failed: takes the failures of what was started apart from any launch.
    """

    def __init__(self, nursery: trio.Nursery, *, failed: Callable[[BaseException], None]) -> None:
        self._nursery = nursery
        self._failed = failed

    def __repr__(self) -> str:
        return f"<OfferedTasks in {self._nursery!r}>"

    def start_soon(self, async_fn: Callable[..., Awaitable[object]], *args: Any, name: object = None) -> None:
        """Have an async function run with these arguments."""
        self._nursery.start_soon(self._run, _blamed.get() or self._failed, async_fn, args, name=name)

    @staticmethod
    async def _run(
        failed: Callable[[BaseException], None],
        async_fn: Callable[..., Awaitable[object]],
        args: tuple[Any, ...],
    ) -> None:
        try:
            await async_fn(*args)
        except Exception as error:  # noqa: BLE001 - an extension may raise anything; it is named, and this task ends
            failed(error)
        except BaseExceptionGroup as group:
            # What it raised came out of its nursery together with the cancellation of the host.
            errors, rest = group.split(Exception)
            if errors is not None:
                failed(errors)
            if rest is not None:
                raise rest from None


def take_offered_transports(
    extensions: Extensions,
    launchers: dict[str, Launcher],
    *,
    spawner: Spawner,
    nursery: trio.Nursery,
    deadlines: Deadlines,
) -> None:
    """Add the transports that extensions offer to those of the host; a second one of a name is that extension's failure.

    Args:
        extensions: offer them.
        launchers: those of the host, by name.
        spawner: starts their processes.
        nursery: runs their tasks.
        deadlines: the host's heap.
    """
    tasks = OfferedTasks(nursery, failed=partial(extensions.failed, "(some transport)", HOOK))
    context = TransportContext(spawner=spawner, nursery=tasks, deadlines=deadlines)
    for extension, offer in extensions.collect_named(HOOK, TransportOffer, context=context):
        failed = partial(extensions.failed, extension, HOOK)
        if offer.name in launchers:
            failed(ValueError(f"there is a transport {offer.name} already"))
        else:
            launchers[offer.name] = OfferedLauncher(offer.launcher, failed=failed)
