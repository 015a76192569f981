"""Check documents against the shipped meta-schemas, with messages that name the key and the fix."""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

# What stands in a message of what came; enough to find the place, too little to flood a terminal.
MAX_EXCERPT: Final = 60
_EXCERPT_DEPTH: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Is one thing that is wrong with a document.

    Attributes:
        path: keys and indexes from the document's root to the place.
        message: what is wrong, for a person.
        hint: what to do, or None.
    """

    path: tuple[str | int, ...]
    message: str
    hint: str | None = None

    @property
    def pointer(self) -> str:
        """Return the path as a JSON pointer."""
        return json_pointer(self.path)


def schemas_folder() -> Path:
    """Return the folder of the schemas that come with Polyhost.

    An installed wheel carries them inside the package; in a checkout they are the top-level `schemas/`.
    """
    package = Path(__file__).parents[1]
    shipped = package / "_schemas"
    return shipped if shipped.is_dir() else package.parents[1] / "schemas"


def json_pointer(path: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path; empty for the root."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the known word next to `word`, or None when none is near."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else None


def excerpt(value: Any) -> str:
    """Return a value as JSON for a message, cut to `MAX_EXCERPT` characters."""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"binary data of {len(value)} bytes"
    # Cutting comes first: a value of megabytes must not be written out for the sake of 60 characters.
    text = _shallow(value, _EXCERPT_DEPTH)
    return text if len(text) <= MAX_EXCERPT else text[: MAX_EXCERPT - 1] + "…"


def _shallow(value: Any, depth: int) -> str:
    text = repr(value)[: MAX_EXCERPT + 1] if isinstance(value, int | float) else str(type(value).__name__)
    if isinstance(value, str):
        text = json.dumps(value[: MAX_EXCERPT + 1], ensure_ascii=False)
    elif isinstance(value, Mapping):
        few = itertools.islice(value.items(), MAX_EXCERPT if depth else 0)
        inside = ", ".join(f"{_shallow(str(key), 0)}: {_shallow(item, depth - 1)}" for key, item in few)
        text = "{" + (inside or ("…" if value else "")) + "}"
    elif isinstance(value, list | tuple):
        inside = ", ".join(_shallow(item, depth - 1) for item in value[: MAX_EXCERPT if depth else 0])
        text = "[" + (inside or ("…" if value else "")) + "]"
    elif isinstance(value, bytes):
        text = f"<{len(value)} bytes>"
    elif value is None or isinstance(value, bool):
        text = json.dumps(value)
    return text


class MetaSchema:
    """Is a compiled meta-schema of `schemas/meta/`.

    Nothing is ever fetched: an empty registry knows no other document.
    """

    def __init__(self, name: str) -> None:
        """Read and compile `schemas/meta/<name>.schema.json`."""
        path = schemas_folder() / "meta" / f"{name}.schema.json"
        self.document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self._validator = Draft202012Validator(self.document, registry=Registry())

    def problems(self, data: Any) -> tuple[Problem, ...]:
        """Return what is wrong with `data`, unknown keys first; empty when it is right.

        A misspelt key is usually why another one is missing, so it is told first.
        """
        errors = sorted(self._validator.iter_errors(data), key=_rank)
        return tuple(problem for error in errors for problem in _explain(error))


def _rank(error: ValidationError) -> tuple[int, list[str]]:
    order = {"additionalProperties": 0, "required": 2}
    return order.get(str(error.validator), 1), [str(part) for part in error.absolute_path]


def _explain(error: ValidationError) -> list[Problem]:
    if error.context:
        # Of several allowed forms the one counts whose kind of value came: its complaint is the useful one.
        nearest = min(error.context, key=lambda inner: (inner.validator == "type", -len(inner.absolute_path)))
        return _explain(nearest)
    path = tuple(error.absolute_path)
    instance: Any = error.instance
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        return [_unknown(path, key, known) for key in instance if key not in known]
    if error.validator == "required":
        return [_missing(path, name, schema) for name in schema["required"] if name not in instance]
    if error.validator == "enum":
        hint = did_you_mean(str(instance), map(str, schema["enum"]))
        allowed = ", ".join(json.dumps(item) for item in schema["enum"])
        return [_misfit(path, instance, f"must be one of {allowed}", hint)]
    if error.validator == "type":
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        demand = "must be " + " or ".join(_KINDS[kind] for kind in kinds)
    else:
        demand = _DEMANDS.get(str(error.validator), "is wrong: " + error.message).format(
            error.validator_value
        )
    return [_misfit(path, instance, demand, _described(schema))]


_KINDS: Final[Mapping[str, str]] = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a table",
    "array": "a list",
    "null": "null",
}

_DEMANDS: Final[Mapping[str, str]] = {
    "pattern": "must have another form",
    "minProperties": "must have at least {} entries",
    "uniqueItems": "must not say the same thing twice",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "minItems": "must have at least {} items",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
}


def _misfit(path: tuple[str | int, ...], instance: Any, demand: str, hint: str | None) -> Problem:
    name = repr(path[-1]) if path else "the document"
    return Problem(path=path, message=f"{name} {demand}, not {excerpt(instance)}", hint=hint)


def _described(schema: Mapping[str, Any]) -> str | None:
    text = schema.get("description")
    return str(text) if text else None


def _unknown(path: tuple[str | int, ...], key: str, known: Iterable[str]) -> Problem:
    names = list(known)
    hint = did_you_mean(key, names) or ("known here: " + ", ".join(names) if names else None)
    return Problem(path=(*path, key), message=f"the key {key!r} is not known", hint=hint)


def _missing(path: tuple[str | int, ...], name: str, schema: Mapping[str, Any]) -> Problem:
    described = _described(schema.get("properties", {}).get(name, {}))
    where = f" in {path[-1]!r}" if path else ""
    return Problem(path=path, message=f"the key {name!r} is missing{where}", hint=described)
