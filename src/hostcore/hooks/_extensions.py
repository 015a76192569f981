"""Keeps extensions and calls their hooks, one implementation at a time, so that a broken one harms only itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import pluggy
import trio

from hostcore._version import VERSION
from hostcore.errors import ExtensionError, HostError
from hostcore.events import Event, ExtensionFailed, PluginExited, PluginReloaded, PluginStateChanged
from hostcore.hooks._answers import items_of, of_kind, refuse_awaitable, refuse_waiting
from hostcore.hooks._failures import FAILURES, SLOW_HOOK_SECONDS, BlockedError, Failures
from hostcore.hooks._loading import Announced, find_announced, first_line, import_reference
from hostcore.hooks._specs import PROJECT, HostHooks
from hostcore.snapshots import ExtensionSnapshot, HookSnapshot

T = TypeVar("T")

LOADING: Final = "(loading)"
"""What stands for the hook in an event about an extension that could not be loaded."""

ASYNC_HOOK_SECONDS: Final = 5.0
"""For one implementation of an `on` hook: time to write to a disk or to tell another program; all others wait for it."""

EVENT_HOOKS: Final[Mapping[type[Event], str]] = {
    Event: "hostcore_on_event",
    PluginStateChanged: "hostcore_on_plugin_state_changed",
    PluginExited: "hostcore_on_plugin_exited",
    PluginReloaded: "hostcore_on_plugin_reloaded",
}
"""The hooks that tell of events, by the kind that they tell of; without an implementation nobody needs to follow events."""


class _Implementation(NamedTuple):
    extension: str
    function: Callable[..., Any]
    takes: tuple[str, ...]


@dataclass(slots=True)
class _Entry:
    origin: str
    package: str
    version: str
    description: str = ""
    enabled: bool = True


class Extensions:
    """Holds the extensions of one host.

    Args:
        report: takes an event about each failure; called at once. A hook that fails again and again is told of only
            a few times a minute.
        disabled: names that are not registered.
        declarations: classes that declare further hooks, of packages that call them through `HostControl.provided`.
        clock: seconds, monotonic; measures how long an implementation blocks the host.
    """

    def __init__(
        self,
        *,
        report: Callable[[ExtensionFailed], None],
        disabled: tuple[str, ...] = (),
        declarations: tuple[type, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._disabled = frozenset(disabled)
        self._clock = clock
        self._failures = Failures(report, clock=clock)
        self._entries: dict[str, _Entry] = {}
        self._manager = pluggy.PluginManager(PROJECT)
        self._declarations = (HostHooks, *declarations)
        for each in self._declarations:
            self._manager.add_hookspecs(each)
        self._callable: dict[str, tuple[_Implementation, ...]] = {}

    def __repr__(self) -> str:
        return f"<Extensions {', '.join(name for name, entry in self._entries.items() if entry.enabled)}>"

    # -- loading

    def register(
        self, extension: object, *, name: str, origin: str, package: str = "", version: str | None = None
    ) -> None:
        """Add an extension; later ones are called first, unless their marks say otherwise.

        Args:
            extension: an object or a module with implementations.
            name: what `--disable` takes; a disabled extension is only noted.
            origin: `built-in`, `installed` or `loaded`.
            package: what brings it, for people.
            version: of the package; None is that of Polyhost for a built-in one, unknown for others.

        Raises:
            ExtensionError: the name is taken, or a hook is misspelt or has wrong arguments.
        """
        self._refuse_second(name, package or origin)
        if version is None:
            version = VERSION if origin == "built-in" else ""
        entry = _Entry(origin=origin, package=package, version=version, description=first_line(extension))
        if name in self._disabled:
            entry.enabled = False
        else:
            self._add(extension, name)
        self._entries[name] = entry

    def _refuse_second(self, name: str, what: str) -> None:
        there = self._entries.get(name)
        if there is not None:
            raise ExtensionError(
                f"there are two extensions of the name {name}: one is {there.package or there.origin} and stays, the"
                f" other one is {what}",
                location=name,
                hint="rename one of them: `--disable` and the events tell extensions apart by their names",
            )

    def _add(self, extension: object, name: str) -> None:
        self._callable.clear()
        try:
            self._refuse_twin(extension)
            self._manager.register(extension, name=name)
            self._manager.check_pending()
            self._refuse_wrappers(extension)
        except Exception as error:
            if self._manager.get_plugin(name) is extension:
                self._manager.unregister(name=name)
            raise ExtensionError(
                f"the extension {name} cannot be used: {error}",
                location=name,
                hint="hooks and their arguments are listed in the reference of hooks",
            ) from error

    def _refuse_twin(self, extension: object) -> None:
        if extension is None:  # pluggy would take no notice
            raise ValueError("it is None")
        twin = self._manager.get_name(extension)
        if twin is not None:
            raise ValueError(f"it is the same as the extension {twin}, or equals it")

    def _refuse_wrappers(self, extension: object) -> None:
        for caller in self._manager.get_hookcallers(extension) or []:
            for each in caller.get_hookimpls():
                if each.plugin is extension and (each.wrapper or each.hookwrapper):
                    raise ValueError(f"{caller.name} may not be a wrapper: each implementation stands alone")

    def load_installed(self) -> None:
        """Add every installed extension; one that cannot be loaded is named in an event and left out."""

        def broken(name: str, error: Exception) -> None:
            self._failures.refused(name, LOADING, error)

        for announced in find_announced(broken):
            self._load_announced(announced)

    def _load_announced(self, announced: Announced) -> None:
        name = announced.name
        facts = {"origin": "installed", "package": announced.package, "version": announced.version}
        try:
            self._refuse_second(name, announced.package)
        except ExtensionError as error:
            if name not in self._disabled:
                self._failures.refused(name, LOADING, error)
            return
        if name in self._disabled:
            self._entries[name] = _Entry(**facts, enabled=False)
            return
        try:
            self.register(announced.load(), name=name, **facts)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a foreign module may raise anything while it is imported
            self._failures.failed(name, LOADING, error)
            self._entries[name] = _Entry(**facts, enabled=False)

    def load(self, reference: str) -> None:
        """Add the extension that `module` or `module:attribute` names; a disabled one is not imported.

        Raises:
            ExtensionError: it cannot be imported or used.
        """
        if reference in self._disabled and reference not in self._entries:
            self._entries[reference] = _Entry(origin="loaded", package="", version="", enabled=False)
        else:
            self.register(import_reference(reference), name=reference, origin="loaded")

    @property
    def unknown_disabled(self) -> tuple[str, ...]:
        """Names that are disabled and that no extension has had so far, sorted: ask when all are loaded."""
        return tuple(sorted(self._disabled - self._entries.keys()))

    # -- facts

    def snapshot(self) -> tuple[ExtensionSnapshot, ...]:
        """Show all extensions in the order of their registration, also those that are disabled or cannot be loaded."""
        implemented: dict[str, list[str]] = {}
        for hook in self.hooks():
            for name in hook.extensions:
                implemented.setdefault(name, []).append(hook.name)
        return tuple(
            ExtensionSnapshot(
                name=name,
                origin=entry.origin,
                version=entry.version,
                description=entry.description,
                hooks=tuple(sorted(implemented.get(name, ()))),
                enabled=entry.enabled,
                failures=self._failures.count(name),
                last_error=self._failures.last_error(name),
            )
            for name, entry in self._entries.items()
        )

    def hooks(self) -> tuple[HookSnapshot, ...]:
        """Show all hooks in the order of the reference, and who implements them, in calling order."""
        return tuple(
            HookSnapshot(
                name=name,
                kind=name.split("_")[1],
                extensions=tuple(each.extension for each in self._implementations(name)),
            )
            for declaration in self._declarations
            for name, function in vars(declaration).items()
            if hasattr(function, f"{PROJECT}_spec")
        )

    def implements(self, hook: str) -> bool:
        """Say whether any extension implements a hook."""
        return bool(self._implementations(hook))

    @property
    def wants_events(self) -> bool:
        """Whether any extension implements a hook that tells of events: only then `dispatch_events` has work."""
        return any(self.implements(hook) for hook in EVENT_HOOKS.values())

    # -- calling

    def collect(self, hook: str, kind: type[T], **arguments: Any) -> list[T]:
        """Call all implementations of a `provide` hook; return the items of those that did not fail.

        Args:
            hook: the hook's name.
            kind: what every item must be; an implementation that gives something else has failed as a whole.
            arguments: the hook's arguments.
        """
        return [item for _, item in self.collect_named(hook, kind, **arguments)]

    def collect_named(
        self, hook: str, kind: type[T], failed: list[str] | None = None, /, **arguments: Any
    ) -> list[tuple[str, T]]:
        """Do what `collect` does, and tell with each item whose it is; `failed` gets the names of those that failed."""
        found: list[tuple[str, T]] = []
        for each in self._implementations(hook):
            taken = [arguments[name] for name in each.takes]
            started = self._clock()
            try:
                result = each.function(*taken)
                if result is not None:
                    refuse_awaitable(result)
                    found += [(each.extension, item) for item in items_of(result, kind)]
            except FAILURES as error:
                self.failed(each.extension, hook, error)
                if failed is not None:
                    failed.append(each.extension)
            self._note_time(each, hook, started)
        return found

    def decide(self, hook: str, kind: type[T], /, *, may_raise: bool = True, **arguments: Any) -> T | None:
        """Call implementations of a `decide` hook until one answers with a `kind`; None when none does.

        Where `float` is asked for, an int will do.

        Args:
            hook: the hook's name.
            kind: what the answer must be.
            may_raise: whether a `HostError` is an answer; else whoever raises one has failed.
            arguments: the hook's arguments.

        Raises:
            HostError: an implementation raised one: that is its answer.
        """
        for each in self._implementations(hook):
            taken = [arguments[name] for name in each.takes]
            started = self._clock()
            try:
                result = each.function(*taken)
                if result is not None:
                    refuse_awaitable(result)
                    return of_kind(result, kind)
            except FAILURES as error:
                if may_raise and isinstance(error, HostError):
                    raise
                self.failed(each.extension, hook, error)
            finally:
                self._note_time(each, hook, started)
        return None

    async def notify(self, hook: str, skip: str | None = None, /, **arguments: Any) -> None:
        """Call all implementations of an `on` hook, one after the other, and wait for those that are async.

        One that raises is named in an event and passed over, one that takes longer than `ASYNC_HOOK_SECONDS` is
        cancelled first. A cancellation of the caller goes through to the implementation that runs, and the rest is
        not called.

        Args:
            hook: the hook's name.
            skip: the extension that is not told.
            arguments: the hook's arguments.
        """
        for each in self._implementations(hook):
            if each.extension != skip:
                await self._tell(each, hook, arguments)
        await trio.lowlevel.checkpoint()

    async def _tell(self, each: _Implementation, hook: str, arguments: Mapping[str, Any]) -> None:
        taken = [arguments[name] for name in each.takes]
        started = self._clock()
        try:
            try:
                result = each.function(*taken)
            finally:
                self._note_time(each, hook, started)
            if isinstance(result, Coroutine):
                with trio.move_on_after(ASYNC_HOOK_SECONDS) as scope:
                    await result
                if scope.cancel_called:
                    raise TimeoutError(f"it did not end within {ASYNC_HOOK_SECONDS:g} s")
            else:
                refuse_waiting(result)
        except FAILURES as error:
            self.failed(each.extension, hook, error)
        except BaseExceptionGroup as group:
            # What it raised came out of its nursery together with the cancellation of our caller.
            failed, rest = group.split(FAILURES)
            if failed is not None:
                self.failed(each.extension, hook, failed)
            if rest is not None:
                raise rest from None

    def failed(self, extension: str, hook: str, error: BaseException, *, where: str = "") -> None:
        """Take a failure that the caller of an extension saw itself, such as that of a background task.

        Args:
            extension: its name.
            hook: the hook that what has failed came from.
            error: what was raised.
            where: which part of it, if it has several.
        """
        self._failures.failed(extension, hook, error, where=where)

    def _implementations(self, hook: str) -> tuple[_Implementation, ...]:
        found = self._callable.get(hook)
        if found is None:
            # A package may call hooks of its own in a host that was opened without their declarations.
            caller: pluggy.HookCaller | None = getattr(self._manager.hook, hook, None)
            found = self._callable[hook] = tuple(
                _Implementation(each.plugin_name, each.function, tuple(each.argnames))
                for each in reversed(caller.get_hookimpls() if caller is not None else [])
            )
        return found

    def _note_time(self, each: _Implementation, hook: str, started: float) -> None:
        seconds = self._clock() - started
        if seconds > SLOW_HOOK_SECONDS:
            self.failed(each.extension, hook, BlockedError(seconds))
