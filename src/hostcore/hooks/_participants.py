"""Objects of extensions that take part in calls: whether they are of use, and which of their methods do anything."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Participants:
    """Says what participants of one sort look like: interceptors, for example.

    Attributes:
        word: what one is called.
        base: what they derive from, or look like; its methods do nothing.
        parts: names of the methods.
    """

    word: str
    base: type
    parts: tuple[str, ...]

    def usable(
        self, given: Iterable[tuple[str, Any]], failed: Callable[[str, BaseException], None]
    ) -> list[tuple[str, Any]]:
        """Return those that can be used, each after the name of its extension, in their order.

        Args:
            given: names of extensions, and what they gave.
            failed: takes the name of an extension whose object lacks a method, or has an async one, and why.
        """
        found: list[tuple[str, Any]] = []
        for name, each in given:
            try:
                self._refuse_unusable(each)
            except Exception as error:  # noqa: BLE001 - looking at an attribute of a foreign object may run foreign code
                failed(name, error)
            else:
                found.append((name, each))
        return found

    def does(self, given: object, part: str) -> bool:
        """Tell whether a method of an object does anything: it is not that of the base class."""
        own = getattr(type(given), part, None) is not getattr(self.base, part)
        return own or part in getattr(given, "__dict__", ())

    def _refuse_unusable(self, given: object) -> None:
        if inspect.isclass(given):
            raise TypeError(f"an {self.word} is an instance, not the class {given.__name__}")
        for part in self.parts:
            method = getattr(given, part, None)
            if not callable(method):
                raise TypeError(
                    f"{type(given).__name__} is no call {self.word}: it has no method `{part}`;"
                    f" derive from {self.base.__name__}, which has all that there are"
                )
            if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
                raise TypeError(
                    f"`{part}` of {type(given).__name__} must answer at once: it may not be async"
                )
