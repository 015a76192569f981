"""Read interface files: JSON to a checked, frozen `Interface`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, Final

from hostcore.errors import InterfaceError
from hostcore.interfaces._binary import (
    BinaryMisfitError,
    BinaryPlaces,
    decode_field,
    map_binary,
)
from hostcore.interfaces._dialect import Path, SchemaChecker, referred
from hostcore.interfaces._files import read_bounded
from hostcore.interfaces._meta import MetaSchema, did_you_mean, excerpt, json_pointer
from hostcore.interfaces._model import (
    ErrorSpec,
    Example,
    Expectation,
    Interface,
    Method,
    Scenario,
    Schema,
    StreamSpec,
)
from hostcore.interfaces._validation import SchemaValidator, describe_problems
from hostcore.interfaces._versions import InterfaceVersion

# The largest interface files of the examples have 10 KiB; a hundred times as much is room enough.
MAX_FILE_BYTES: Final = 1024 * 1024

_FILE_NAME: Final = re.compile(r"(?P<name>.+)\.v(?P<major>\d{1,9})\.json")


def load_interface(path: FilePath | str) -> Interface:
    """Read one interface file.

    Raises:
        InterfaceError: it cannot be read or is wrong; the location is `<file>#<JSON pointer>`, or `<file>:<line>`
            for what is no JSON.
    """
    path = FilePath(path)
    try:
        text = read_bounded(path, MAX_FILE_BYTES)
    except OSError as error:
        raise InterfaceError(
            f"the interface file cannot be read: {error.strerror}",
            location=str(path),
            hint="check path and permissions",
        ) from error
    interface = parse_interface(parse_json(text, str(path)), source=str(path))
    match = _FILE_NAME.fullmatch(path.name)
    if match and (match["name"], int(match["major"])) != (interface.name, interface.version.major):
        raise InterfaceError(
            f"the file holds {interface.name} {interface.version}, its name says otherwise",
            location=str(path),
            hint=f"call it {interface_file_name(interface.name, interface.version.major)}",
        )
    return interface


def interface_file_name(name: str, major: int) -> str:
    """Return the name that the file of an interface must have."""
    return f"{name}.v{major}.json"


def parse_json(text: bytes, source: str) -> Any:
    """Parse JSON of a stranger: bounded in size and depth, without duplicate keys, NaN and infinity.

    Raises:
        InterfaceError: with source and line.
    """
    if len(text) > MAX_FILE_BYTES:
        raise InterfaceError(
            f"the file is larger than {MAX_FILE_BYTES} bytes", location=source, hint="split it"
        )
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InterfaceError(
            f"this is no JSON: {error.msg}",
            location=f"{source}:{error.lineno}",
            hint=f"look at column {error.colno}",
        ) from error
    except UnicodeDecodeError as error:
        raise InterfaceError("the file is not UTF-8", location=source, hint="save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InterfaceError(f"this JSON cannot be used: {reason}", location=source) from error


def parse_interface(data: Any, *, source: str) -> Interface:
    """Check the parsed contents of an interface file and return what they say.

    Args:
        data: as `json.loads` returns it.
        source: the document's name in messages.

    Raises:
        InterfaceError: the first thing that is wrong; `details["problems"]` has all that the meta-schema finds.
    """
    try:
        problems = MetaSchema("interface").problems(data)
        if problems:
            first = problems[0]
            raise InterfaceError(
                first.message,
                location=f"{source}#{first.pointer}",
                hint=first.hint,
                details={
                    "problems": [{"pointer": item.pointer, "message": item.message} for item in problems]
                },
            )
        return _Reader(data, source).interface()
    except RecursionError:
        raise InterfaceError("the document is nested too deeply", location=source, hint="use $defs") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key!r} stands twice in one object")
            seen.add(key)
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


class _Reader:
    """Turns one document that the meta-schema has accepted into an `Interface`."""

    def __init__(self, data: Mapping[str, Any], source: str) -> None:
        self._data = data
        self._source = source
        self._definitions: Mapping[str, Any] = data.get("$defs", {})
        self._checker = SchemaChecker(definitions=self._definitions, fail=self._fail)
        self._places = BinaryPlaces(self._checker, self._definitions)
        self._validators: dict[str, SchemaValidator] = {}

    def interface(self) -> Interface:
        data = self._data
        version = InterfaceVersion.parse(data["version"])
        errors = {name: self._error(name, item) for name, item in data.get("errors", {}).items()}
        bare = {name: self._method(name, item, errors, version) for name, item in data["methods"].items()}
        methods = {
            name: self._with_examples(method, data["methods"][name].get("examples", ()))
            for name, method in bare.items()
        }
        return Interface(
            name=data["name"],
            version=version,
            description=data.get("description", ""),
            methods=methods,
            errors=errors,
            scenarios=tuple(
                Scenario(
                    description=item["description"],
                    steps=tuple(
                        self._step(step, methods, ("scenarios", index, "steps", number))
                        for number, step in enumerate(item["steps"])
                    ),
                )
                for index, item in enumerate(data.get("scenarios", ()))
            ),
            source=self._source,
            document=data,
        )

    def _fail(self, path: Path, message: str, hint: str | None = None) -> InterfaceError:
        return InterfaceError(message, location=f"{self._source}#{json_pointer(path)}", hint=hint)

    def _error(self, name: str, item: Mapping[str, Any]) -> ErrorSpec:
        path: Path = ("errors", name, "data")
        data = item.get("data")
        return ErrorSpec(
            name=name,
            code=item["code"],
            description=item.get("description", ""),
            retryable=item.get("retryable", False),
            data=None if data is None else self._schema(data, path),
        )

    def _method(
        self, name: str, item: Mapping[str, Any], errors: Mapping[str, ErrorSpec], version: InterfaceVersion
    ) -> Method:
        path: Path = ("methods", name)
        for number, error in enumerate(item.get("errors", ())):
            if error not in errors:
                raise self._fail(
                    (*path, "errors", number),
                    f"the error {error!r} is not declared",
                    did_you_mean(error, errors) or 'add it to the "errors" of the file',
                )
        since = InterfaceVersion.parse(item["since"]) if "since" in item else None
        if since is not None and since > version:
            raise self._fail(
                (*path, "since"),
                f"{since} is later than the interface's own version {version}",
                "raise the version",
            )
        stream = item.get("stream", {})
        return Method(
            interface=self._data["name"],
            name=name,
            description=item.get("description", ""),
            params=self._object_schema(item["params"], (*path, "params")),
            result=self._object_schema(item["result"], (*path, "result")),
            stream=StreamSpec(
                in_=self._schema(stream["in"], (*path, "stream", "in")) if "in" in stream else None,
                out=self._schema(stream["out"], (*path, "stream", "out")) if "out" in stream else None,
            ),
            errors=tuple(item.get("errors", ())),
            idempotent=item.get("idempotent", False),
            read_only=item.get("readOnly", False),
            timeout_ms=item.get("timeoutMs"),
            since=since,
            deprecated=item.get("deprecated"),
        )

    def _schema(self, schema: Any, path: Path) -> Schema:
        self._checker.check(schema, path)
        self._places.check(schema, path)
        return self._checker.close(schema)

    def _object_schema(self, schema: Any, path: Path) -> Schema:
        closed = self._schema(schema, path)
        target = schema
        while isinstance(target, Mapping) and "type" not in target and (name := referred(target)) is not None:
            target = self._definitions[name]
        if not isinstance(target, Mapping) or target.get("type") != "object":
            raise self._fail(
                path,
                f"{path[-1]!r} must be an object",
                'write "type": "object", with one property for each value',
            )
        return closed

    def _with_examples(self, method: Method, examples: Sequence[Mapping[str, Any]]) -> Method:
        made = tuple(
            self._example(method, item, ("methods", method.name, "examples", index))
            for index, item in enumerate(examples)
        )
        return Method(**{**{name: getattr(method, name) for name in Method.__slots__}, "examples": made})

    def _step(self, step: Mapping[str, Any], methods: Mapping[str, Method], path: Path) -> Example:
        method = methods.get(step["call"])
        if method is None:
            raise self._fail(
                (*path, "call"),
                f"there is no method {step['call']!r}",
                did_you_mean(step["call"], methods) or "methods: " + ", ".join(methods),
            )
        return self._example(method, step, path)

    def _example(self, method: Method, item: Mapping[str, Any], path: Path) -> Example:
        given = [name for name in Expectation if name.value in item]
        if len(given) != 1:
            raise self._fail(
                path, "an example has exactly one of result, matches and error", "leave out the others"
            )
        expectation = given[0]
        params = self._value(method, "params", item.get("params", {}), (*path, "params"))
        items = tuple(
            self._value(method, "in", value, (*path, "items", index))
            for index, value in enumerate(item.get("items", ()))
        )
        partial, ignore = item.get("partial", False), tuple(item.get("ignore", ()))
        if expectation is not Expectation.RESULT and (partial or ignore):
            raise self._fail(path, "partial and ignore belong to an example with a result", "leave them out")
        if expectation is Expectation.ERROR and item["error"] not in method.errors:
            raise self._fail(
                (*path, "error"),
                f"the method {method.name} does not declare the error {item['error']!r}",
                did_you_mean(item["error"], method.errors) or 'add it to the "errors" of the method',
            )
        exact = not partial and not ignore
        return Example(
            method=method.name,
            description=item.get("description", ""),
            params=params,
            items=items,
            expectation=expectation,
            result=self._value(method, "result", item.get("result"), (*path, "result"), checked=exact)
            if expectation is Expectation.RESULT
            else None,
            matches=self._schema(item["matches"], (*path, "matches"))
            if expectation is Expectation.MATCHES
            else None,
            error=item.get("error"),
            partial=partial,
            ignore=ignore,
            pointer=json_pointer(path),
        )

    def _value(self, method: Method, side: str, value: Any, path: Path, *, checked: bool = True) -> Any:
        """Return a value of an example with its binary fields decoded, after checking it against the schema."""
        schema = {"params": method.params, "result": method.result, "in": method.stream.in_}[side]
        if schema is None:
            raise self._fail(path, f"the method {method.name} takes no stream of items", "leave items out")
        key = f"{method.name}.{side}"
        if key not in self._validators:
            self._validators[key] = SchemaValidator(schema)
        validator = self._validators[key]
        if validator.plan is not None:
            try:
                value = map_binary(validator.plan, value, decode_field)
            except BinaryMisfitError as misfit:
                message = f"expected {misfit.expected}, got {excerpt(misfit.got)}"
                raise self._fail((*path, *misfit.path), message, 'write {"$bytes": "<base64>"}') from misfit
        problems = validator.problems(value) if checked else ()
        if problems:
            raise self._fail(
                (*path, *problems[0].path),
                f"the example does not fit the schema of its method: {describe_problems(problems)}",
                problems[0].hint or "mend the example or the schema",
            )
        return value
