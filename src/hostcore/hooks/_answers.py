"""Looks at what implementations of hooks answer; raises what is then told as their failure."""

from __future__ import annotations

import inspect
from itertools import islice
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")

MOST_ANSWERS: Final = 10_000
"""Items of one implementation of a `provide` hook: a generator may have no end, and no host has so many plugins."""


def refuse_awaitable(result: object) -> None:
    """Refuse the answer of a `provide` or `decide` hook that is still to come."""
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()  # else Python warns that nobody has awaited it
        raise TypeError("this hook must answer at once: it may not be an async function")


def refuse_waiting(result: object) -> None:
    """Refuse what looks as if the hook had done its work, and has done nothing yet."""
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise TypeError("this hook is called for what it does: it may not be a generator, drop the `yield`")
    if inspect.isawaitable(result):
        raise TypeError(
            f"this hook may be `async def`; it may not return something else to wait for: {result!r:.80}"
        )


def items_of(result: Any, kind: type[T]) -> list[T]:
    """Return the items of a `provide` hook's answer, all of one kind; a generator runs here, and may raise here."""
    items = list(islice(result, MOST_ANSWERS + 1))
    if len(items) > MOST_ANSWERS:
        raise ValueError(f"this hook answers with at most {MOST_ANSWERS} items")
    for item in items:
        if not isinstance(item, kind):
            raise _wrong_kind(item, kind)
    return items


def of_kind(result: object, kind: type[T]) -> T:
    """Return the answer of a `decide` hook, if it is of that kind; where a float is asked for, an int will do."""
    if kind is float and isinstance(result, int) and not isinstance(result, bool):
        return cast("T", float(result))
    # A text is a sequence of texts, too, but nobody who gives one means that.
    if isinstance(result, kind) and (kind is str or not isinstance(result, str | bytes)):
        return result
    raise _wrong_kind(result, kind)


def _wrong_kind(result: object, kind: type) -> TypeError:
    return TypeError(
        f"this hook answers with {kind.__name__}, not with {type(result).__name__}: {result!r:.80}"
    )
