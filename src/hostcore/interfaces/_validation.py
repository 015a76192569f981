"""Check params, results and stream items of one method, with validators that were compiled once.

The right path costs one call of a compiled check. Only when that says no, the same engine is asked for the reasons,
so that the two can never disagree.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import jsonschema_rs

from hostcore.errors import CallError, InvalidParamsError, InvalidResultError
from hostcore.interfaces._binary import (
    MAX_VALUE_DEPTH,
    BinaryMisfitError,
    decode_field,
    encode_binary,
    map_binary,
    plan_binary,
    stand_in,
    without_binary,
)
from hostcore.interfaces._dialect import Path, compile_schema, referred, subschemas, ways_back
from hostcore.interfaces._meta import Problem, did_you_mean, excerpt, json_pointer
from hostcore.interfaces._model import Method, Schema, ValidationMode
from hostcore.interfaces._narrowing import narrow

# A person mends one thing at a time; more than this is noise.
MAX_PROBLEMS: Final = 5
SECRET: Final = "a secret value"  # noqa: S105 - a word for messages, no secret

Check: TypeAlias = Callable[[Any], None]
Convert: TypeAlias = Callable[[Any], Any]


class SchemaValidator:
    """Checks values against one self-contained schema that has passed the dialect's checks.

    Args:
        schema: carries the `$defs` it refers to.
    """

    def __init__(self, schema: Schema) -> None:
        plain = without_binary(schema)
        self.schema = schema
        self.plan = plan_binary(schema)
        ways = ways_back(schema)
        is_valid = compile_schema(plain).is_valid
        self.is_valid: Callable[[Any], bool] = _bounded(is_valid) if ways else is_valid
        self._plain = plain
        self._secrets = secret_names(schema)
        self._is_branching = ways > 1

    def __repr__(self) -> str:
        return f"<SchemaValidator {excerpt(self.schema)}>"

    def fits(self, value: Any) -> bool:
        """Tell whether a value fits, binary fields included."""
        return not self.problems(value)

    def problems(self, value: Any) -> tuple[Problem, ...]:
        """Return what is wrong with a value, at most `MAX_PROBLEMS`; empty when it fits."""
        try:
            plain = value if self.plan is None else map_binary(self.plan, value, stand_in)
        except BinaryMisfitError as misfit:
            return (self._problem(misfit.path, f"expected {misfit.expected}", misfit.got),)
        try:
            if self.is_valid(plain):
                return ()
            if self._is_branching:
                return self._narrowed(plain)
            found = compile_schema(self._plain, mask="the value").iter_errors(plain)
            return tuple(self._explain(error, plain) for error in itertools.islice(found, MAX_PROBLEMS))
        except ValueError as error:
            # The engine meets what is no JSON: bytes outside of binary fields, keys that are no strings, endless depth.
            return (Problem(path=(), message=f"the value is no JSON: {error}", hint=_NO_JSON_HINT),)

    def _narrowed(self, value: Any) -> tuple[Problem, ...]:
        """Return what is wrong at the innermost place that does not fit: to list all that is wrong may take for ever."""
        path, wrong, schema = narrow(self._plain, value)
        place = SchemaValidator(schema)
        place._secrets = self._secrets  # what is secret was said by the whole schema
        if place._is_branching or self._is_secret(path):
            return (self._problem(path, "the value does not fit the schema", wrong),)
        return tuple(
            dataclasses.replace(problem, path=(*path, *problem.path)) for problem in place.problems(wrong)
        ) or (Problem(path=path, message="the value does not fit the schema"),)

    def _problem(self, path: Path, expected: str, got: Any, hint: str | None = None) -> Problem:
        shown = SECRET if self._is_secret(path) else excerpt(self._without_secrets(got))
        return Problem(path=path, message=f"{expected}, got {shown}", hint=hint)

    def _is_secret(self, path: Path) -> bool:
        return self._secrets is None or any(part in self._secrets for part in path)

    def _without_secrets(self, value: Any, depth: int = 0) -> Any:
        if not self._secrets or not isinstance(value, Mapping | list | tuple):
            return value
        if depth >= MAX_VALUE_DEPTH:
            return None
        if isinstance(value, Mapping):
            return {
                key: SECRET if key in self._secrets else self._without_secrets(item, depth + 1)
                for key, item in value.items()
            }
        return [self._without_secrets(item, depth + 1) for item in value]

    def _explain(self, error: jsonschema_rs.ValidationError, root: Any) -> Problem:
        kind = error.kind
        if isinstance(kind, _ALTERNATIVES):
            nearest = _nearest(kind.context)
            if nearest is not None:
                return self._explain(nearest, root)
        path = tuple(error.instance_path)
        got = _at(root, path)
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
            return Problem(path=path, message=f"the property {kind.property!r} is missing")
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Type):
            return self._problem(
                path, "expected " + " or ".join(_article(name) for name in sorted(kind.types)), got
            )
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
            known = got.keys() - set(kind.unexpected) | self._declared_beside(error)
            names = ", ".join(repr(name) for name in kind.unexpected[:MAX_PROBLEMS])
            hint = did_you_mean(kind.unexpected[0], known) or "properties here: " + (
                ", ".join(sorted(known)) or "none"
            )
            return Problem(path=path, message=f"no property {names} is declared", hint=hint)
        return self._problem(path, error.message, got)

    def _declared_beside(self, error: jsonschema_rs.ValidationError) -> set[str]:
        """Return the properties declared in the schema whose `additionalProperties` failed."""
        schema = _at(self._plain, tuple(error.schema_path[:-1]))
        declared = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
        return set(declared)


_NO_JSON_HINT: Final = (
    "send objects with string keys, lists, strings, numbers, booleans and null; bytes where declared"
)
_ALTERNATIVES: Final = (
    jsonschema_rs.ValidationErrorKind.AnyOf,
    jsonschema_rs.ValidationErrorKind.OneOfNotValid,
)


def _bounded(is_valid: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Guard the check of a recursive schema: the engine follows it by recursion and would end the process."""

    def check(value: Any) -> bool:
        level = [value]
        for _ in range(MAX_VALUE_DEPTH):
            level = [
                child
                for item in level
                if isinstance(item, dict | list | tuple)
                for child in (item.values() if isinstance(item, dict) else item)
            ]
            if not level:
                return is_valid(value)
        raise ValueError(f"it is nested more than {MAX_VALUE_DEPTH} deep")

    return check


class MethodValidator:
    """Checks and converts what goes to and comes from one method.

    Each check is an attribute that is either a compiled check or, where the mode asks for none, does nothing:
    `check_params(params)`, `check_item_in(item)` raise `InvalidParamsError`; `check_result(result)`,
    `check_item_out(item)` raise `InvalidResultError`. The conversions `params_from_json`, `result_from_json`,
    `item_in_from_json` and `item_out_from_json` decode `$bytes` at the declared fields and raise the same errors;
    `to_json` encodes bytes. Where the method declares no binary field they return the very object they are given.

    Args:
        method: as the interface declares it.
        mode: what is checked; the conversions work in every mode.
    """

    __slots__ = (
        "check_item_in",
        "check_item_out",
        "check_params",
        "check_result",
        "item_in_from_json",
        "item_out_from_json",
        "method",
        "mode",
        "params_from_json",
        "result_from_json",
        "to_json",
    )

    def __init__(self, method: Method, *, mode: ValidationMode = ValidationMode.BOTH) -> None:
        self.method = method
        self.mode = mode
        name = method.full_name
        params = _Side(method.params, f"{name} params", InvalidParamsError)
        result = _Side(method.result, f"{name} result", InvalidResultError)
        item_in = _Side(method.stream.in_, f"{name} item sent", InvalidParamsError)
        item_out = _Side(method.stream.out, f"{name} item", InvalidResultError)
        checks_params = mode is not ValidationMode.OFF
        checks_results = mode is ValidationMode.BOTH
        self.check_params: Check = params.check if checks_params else _pass
        self.check_item_in: Check = item_in.check if checks_params else _pass
        self.check_result: Check = result.check if checks_results else _pass
        self.check_item_out: Check = item_out.check if checks_results else _pass
        self.params_from_json: Convert = params.from_json
        self.result_from_json: Convert = result.from_json
        self.item_in_from_json: Convert = item_in.from_json
        self.item_out_from_json: Convert = item_out.from_json
        sides = (params, result, item_in, item_out)
        self.to_json: Convert = encode_binary if any(side.has_binary for side in sides) else _same

    @property
    def has_binary(self) -> bool:
        """Tell whether the method declares a binary field anywhere."""
        return self.to_json is encode_binary

    def __repr__(self) -> str:
        return f"<MethodValidator {self.method.full_name} mode={self.mode.value}>"


class _Side:
    """Is one of the four kinds of values of a method; has only a check without a schema: nothing may come."""

    def __init__(self, schema: Schema | None, what: str, error: type[CallError]) -> None:
        self._what = what
        self._error = error
        self._validator = None if schema is None else SchemaValidator(schema)
        self.has_binary = self._validator is not None and self._validator.plan is not None
        self.check: Check = self._make_check()
        self.from_json: Convert = self._decode if self.has_binary else _same

    def _make_check(self) -> Check:
        validator = self._validator
        if validator is None:
            return self._refuse_item
        if self.has_binary:
            return self._check_binary
        is_valid, fail = validator.is_valid, self._fail

        def check(value: Any) -> None:
            try:
                if is_valid(value):
                    return
            except ValueError:
                pass  # it is no JSON; `fail` finds out what it is
            fail(value)

        return check

    def _check_binary(self, value: Any) -> None:
        validator = self._validator
        if validator is None or validator.plan is None:
            return
        try:
            if validator.is_valid(map_binary(validator.plan, value, stand_in)):
                return
        except (BinaryMisfitError, ValueError):
            pass  # `fail` finds out what is wrong
        self._fail(value)

    def _fail(self, value: Any) -> None:
        if self._validator is not None:
            problems = self._validator.problems(value)
            raise self._problem_error(
                problems or (Problem(path=(), message="the value does not fit the schema"),)
            )

    def _decode(self, value: Any) -> Any:
        validator = self._validator
        if validator is None or validator.plan is None:
            return value
        try:
            return map_binary(validator.plan, value, decode_field)
        except BinaryMisfitError as misfit:
            message = f"expected {misfit.expected}, got {excerpt(misfit.got)}"
            raise self._problem_error((Problem(path=misfit.path, message=message),)) from None

    def _refuse_item(self, value: Any) -> None:
        raise self._problem_error(
            (Problem(path=(), message=f"the method has no such stream, got {excerpt(value)}"),)
        )

    def _problem_error(self, problems: Sequence[Problem]) -> CallError:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        place = f"{self._what} {first.pointer}" if first.path else self._what
        return self._error(
            f"{first.message}{more}",
            location=place,
            hint=first.hint,
            details={
                "problems": [{"pointer": problem.pointer, "message": problem.message} for problem in problems]
            },
        )


def _pass(_value: Any) -> None:
    """Check nothing."""


def _same(value: Any) -> Any:
    """Return what it is given."""
    return value


def secret_names(schema: Schema) -> frozenset[str] | None:
    """Return the names of properties that are secret or hold something secret; None when everything is.

    Names count, wherever they stand: showing too little is a smaller harm than showing a password.
    """
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    found: set[str] = set()
    seen: set[tuple[str, str | None]] = set()
    everything = False
    waiting: list[tuple[Any, str | None]] = [(schema, None)]
    while waiting:
        current, nearest = waiting.pop()
        if isinstance(current, Mapping) and current.get("x-secret"):
            if nearest is None:
                everything = True
            else:
                found.add(nearest)
        name = referred(current)
        if name is not None and (name, nearest) not in seen:
            seen.add((name, nearest))
            waiting.append((definitions[name], nearest))
        for keyword, below, inner in subschemas(current):
            waiting.append((inner, str(below[-1]) if keyword == "properties" else nearest))
    return None if everything else frozenset(found)


def _nearest(
    branches: Iterable[Sequence[jsonschema_rs.ValidationError]],
) -> jsonschema_rs.ValidationError | None:
    """Return the error of the alternative that came furthest: the one whose errors lie deepest, then are fewest."""
    candidates = [list(branch) for branch in branches if branch]
    if not candidates:
        return None
    best = max(
        candidates, key=lambda errors: (min(len(error.instance_path) for error in errors), -len(errors))
    )
    depth = min(len(error.instance_path) for error in best)
    # All alternatives fail at the value itself: then the list of alternatives says more than one of them.
    return best[0] if depth else None


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _article(kind: str) -> str:
    return {"null": "null", "integer": "an integer", "object": "an object", "array": "an array"}.get(
        kind, f"a {kind}"
    )


def describe_problems(problems: Sequence[Problem]) -> str:
    """Return problems as one line for a message."""
    return "; ".join(
        f"{json_pointer(problem.path) or 'the value'}: {problem.message}" for problem in problems
    )
