"""Compare what an example expects with what a plugin answered; running the calls happens elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hostcore.interfaces._dialect import Path
from hostcore.interfaces._meta import excerpt, json_pointer
from hostcore.interfaces._model import Example, Expectation
from hostcore.interfaces._validation import SchemaValidator, describe_problems


def example_mismatch(example: Example, *, result: Any = None, error: str | None = None) -> str | None:
    """Return how the outcome of a call differs from what an example expects, or None when it does not.

    Args:
        example: with its expectation.
        result: what the plugin answered, binary fields as bytes; disregarded when there is an error.
        error: the name of the error it answered with (or its message, where it has no name); None for a result.
    """
    if example.expectation is Expectation.ERROR:
        if error is None:
            return f"expected the error {example.error}, got the result {excerpt(result)}"
        return (
            None if error == example.error else f"expected the error {example.error}, got the error {error}"
        )
    if error is not None:
        return f"expected a result, got the error {error}"
    if example.expectation is Expectation.MATCHES:
        problems = SchemaValidator(example.matches or {}).problems(result)
        return describe_problems(problems) or None
    return value_mismatch(example.result, result, partial=example.partial, ignore=frozenset(example.ignore))


def value_mismatch(
    expected: Any,
    actual: Any,
    *,
    partial: bool = False,
    ignore: frozenset[str] = frozenset(),
    path: Path = (),
) -> str | None:
    """Return the first difference of two JSON values, in words, or None when they are equal.

    Numbers are equal by value (1 and 1.0), booleans are no numbers, bytes are equal to bytes only.

    Args:
        expected: what should have come.
        actual: what came.
        partial: whether objects may have properties that `expected` does not mention.
        ignore: JSON pointers below which nothing is compared.
        path: where the values stand, for the words.
    """
    pointer = json_pointer(path)
    kinds = _kind(expected), _kind(actual)
    inner: Iterable[tuple[str | int, Any, Any]] = ()
    found: str | None = None
    if pointer in ignore:
        pass
    elif kinds == ("object", "object"):
        names = [*expected, *([] if partial else [name for name in actual if name not in expected])]
        inner = [(name, expected.get(name, _NOTHING), actual.get(name, _NOTHING)) for name in names]
    elif kinds == ("array", "array") and len(expected) == len(actual):
        inner = [(index, expected[index], actual[index]) for index in range(len(expected))]
    elif kinds == ("array", "array"):
        found = f"{pointer or 'the value'} has {len(actual)} items, expected {len(expected)}"
    elif "nothing" in kinds:
        found = f"{pointer} is " + ("not expected" if expected is _NOTHING else "missing")
    elif kinds[0] != kinds[1] or expected != actual:
        found = f"{pointer or 'the value'}: expected {excerpt(expected)}, got {excerpt(actual)}"
    differences = (
        value_mismatch(one, other, partial=partial, ignore=ignore, path=(*path, name))
        for name, one, other in inner
    )
    return found or next((difference for difference in differences if difference), None)


_NOTHING: Final = object()


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool | str | bytes):
        return type(value).__name__
    if value is _NOTHING:
        return "nothing"
    if isinstance(value, int | float):
        return "number"
    return "object" if isinstance(value, Mapping) else "array"
