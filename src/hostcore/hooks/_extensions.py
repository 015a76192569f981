"""Loads extensions and calls their hooks, one implementation at a time, so that a broken one harms only itself."""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, TypeVar

import pluggy

from hostcore.errors import ExtensionError, HostError
from hostcore.events import ExtensionFailed
from hostcore.hooks._specs import PROJECT, HostHooks
from hostcore.snapshots import ExtensionSnapshot

T = TypeVar("T")

ENTRY_POINT_GROUP: Final = "hostcore.extensions"


class Extensions:
    """Holds the extensions of one host.

    Args:
        report: takes an event about each failure; called at once.
        disabled: names that are not registered.
    """

    def __init__(self, *, report: Callable[[ExtensionFailed], None], disabled: tuple[str, ...] = ()) -> None:
        self._report = report
        self._disabled = frozenset(disabled)
        self._origins: dict[str, str] = {}
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(HostHooks)

    def __repr__(self) -> str:
        return f"<Extensions {', '.join(self._origins)}>"

    def register(self, extension: object, *, name: str, origin: str) -> None:
        """Add an extension; later ones are called first, unless their marks say otherwise.

        Raises:
            ExtensionError: the name is taken, or a hook is misspelt or has wrong arguments.
        """
        if name in self._disabled:
            return
        try:
            self._manager.register(extension, name=name)
            self._manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            if self._manager.get_plugin(name) is extension:
                self._manager.unregister(name=name)
            raise ExtensionError(
                f"the extension {name} cannot be used: {error}",
                location=name,
                hint="hooks and their arguments are listed in the reference of hooks",
            ) from error
        self._origins[name] = origin

    def load_installed(self) -> None:
        """Add every installed extension; one that cannot be loaded is reported and left out."""
        for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda each: each.name):
            if entry.name not in self._disabled:
                self._load_entry(entry)

    def _load_entry(self, entry: EntryPoint) -> None:
        try:
            self.register(_instantiate(entry.load()), name=entry.name, origin="installed")
        except Exception as error:  # noqa: BLE001 - a foreign module may raise anything while it is imported
            self._failed(entry.name, "(loading)", error)

    def load(self, reference: str) -> None:
        """Add the extension that `module` or `module:attribute` names.

        Raises:
            ExtensionError: it cannot be imported or used.
        """
        module, _, attribute = reference.partition(":")
        try:
            found: object = importlib.import_module(module)
            for part in filter(None, attribute.split(".")):
                found = getattr(found, part)
        except Exception as error:
            raise ExtensionError(
                f"the extension {reference} cannot be loaded: {type(error).__name__}: {error}",
                location=reference,
                hint="name it as `module` or `module:attribute`, importable where the host runs",
            ) from error
        self.register(_instantiate(found), name=reference, origin="loaded")

    def snapshot(self) -> tuple[ExtensionSnapshot, ...]:
        """Show all extensions in the order of their registration."""
        return tuple(
            ExtensionSnapshot(name=name, origin=origin, hooks=tuple(sorted(self._hooks_of(name))))
            for name, origin in self._origins.items()
        )

    def _hooks_of(self, name: str) -> list[str]:
        callers = self._manager.get_hookcallers(self._manager.get_plugin(name)) or []
        return [caller.name for caller in callers]

    # -- calling

    def collect(self, hook: str, kind: type[T], **arguments: Any) -> list[T]:
        """Call all implementations of a `provide` hook; return the items of those that did not fail.

        Args:
            hook: the hook's name.
            kind: what every item must be; an implementation that gives something else has failed as a whole.
            arguments: the hook's arguments.
        """
        found: list[T] = []
        for name, result in self._results(hook, arguments):
            if result is not None and self._is_at_once(name, hook, result):
                try:
                    items = list(result)  # a generator runs, and may raise, only here
                except Exception as error:  # noqa: BLE001 - see `_results`
                    self._failed(name, hook, error)
                    continue
                wrong = [item for item in items if not isinstance(item, kind)]
                if wrong:
                    self._failed(name, hook, _wrong_kind(wrong[0], kind))
                else:
                    found.extend(items)
        return found

    def decide(self, hook: str, kind: type[T], **arguments: Any) -> T | None:
        """Call implementations of a `decide` hook until one answers with a `kind`; None when none does.

        Raises:
            HostError: an implementation raised one: that is its answer.
        """
        for name, result in self._results(hook, arguments):
            if result is not None and self._is_at_once(name, hook, result):
                # A text is a sequence of texts, too, but nobody who gives one means that.
                if isinstance(result, kind) and (kind is str or not isinstance(result, str)):
                    return result
                self._failed(name, hook, _wrong_kind(result, kind))
        return None

    def _results(self, hook: str, arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for implementation in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            try:
                taken = [arguments[each] for each in implementation.argnames]
                yield implementation.plugin_name, implementation.function(*taken)
            except HostError:
                raise
            except Exception as error:  # noqa: BLE001 - an extension may raise anything; it is named and passed over
                self._failed(implementation.plugin_name, hook, error)

    def _is_at_once(self, name: str, hook: str, result: object) -> bool:
        if inspect.isawaitable(result):
            if inspect.iscoroutine(result):
                result.close()
            self._failed(
                name, hook, TypeError("this hook must answer at once: it may not be an async function")
            )
            return False
        return True

    def _failed(self, name: str, hook: str, error: Exception) -> None:
        self._report(
            ExtensionFailed(
                extension=name,
                hook=hook,
                error=f"{type(error).__name__}: {error}",
                traceback="".join(traceback.format_exception(error)),
            )
        )


def _wrong_kind(result: object, kind: type) -> TypeError:
    return TypeError(
        f"this hook answers with {kind.__name__}, not with {type(result).__name__}: {result!r:.80}"
    )


def _instantiate(found: object) -> object:
    return found() if inspect.isclass(found) else found
