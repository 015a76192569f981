"""The OpenAPI 3.1 document, made from the declarations of the routes."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from hostcore._version import VERSION
from hostweb_api._answers import ProblemBody
from hostweb_api._operations import JSON, Answer, Operation, OtherBody, RequestHeader, operation_of
from hostweb_api._problems import PROBLEM_TYPE, PROBLEMS
from hostweb_api.openapi._problems import problems_of
from hostweb_api.openapi._schemas import SCHEMAS, describe_types
from hostweb_api.security._cookies import SESSION_COOKIE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel
    from quart import Quart

_WORD: Final = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
# The framework answers these by itself for every path.
_OWN_METHODS: Final = frozenset({"HEAD", "OPTIONS"})
_BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT})

_DESCRIPTION: Final = """\
Runs plugins written in any language and lets them be called. Everything is JSON in UTF-8; times are seconds since 1970, durations \
are seconds unless the name says `_ms`. A member that is not described here may be added at any time. Errors are problems \
as in RFC 9457; rely on their `code`. `x-scope` of an operation is what its caller needs: viewer, operator or admin."""

# What comes along with problems.
_HEADERS: Final[Mapping[int, tuple[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", "How to say who asks."),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", "Seconds to wait."),
}

# What the words in paths stand for.
_WORDS: Final[Mapping[str, str]] = {
    "plugin_id": "The plugin's id.",
    "call_id": "The id of a recorded call, as the list shows it.",
    "token_id": "The token's id, as the list shows it.",
    "name": "The name of an interface, or one of its further names; it may have dots.",
    "version": "The version, `MAJOR.MINOR`.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Is an operation and where it is reached.

    Attributes:
        path: as OpenAPI writes it: `/api/plugins/{plugin_id}/info`.
        words: the names in it.
        method: in lower case.
        tag: the resource that it belongs to.
        operation: what it is.
    """

    path: str
    words: tuple[str, ...]
    method: str
    tag: str
    operation: Operation


def build_document(app: Quart) -> dict[str, Any]:
    """Describe all declared routes of an app as an OpenAPI 3.1 document.

    What is no request with an answer, a WebSocket, has no place in it.
    """
    routes = sorted(_routes(app), key=lambda route: (route.path, route.method))
    types = _Types()
    types.add(ProblemBody, "serialization")
    for route in routes:
        types.add_operation(route.operation)
    schemas = types.describe()
    problems = _Problems()
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method] = _operation(route, types, problems)
    # What only queries are made of is told at the parameters.
    for name in types.named_queries():
        del schemas[name]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Polyhost",
            "version": VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "this server"}],
        "tags": _tags(app, routes),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": problems.shared,
            "securitySchemes": dict(_SECURITY_SCHEMES),
        },
    }


_SECURITY_SCHEMES: Final[Mapping[str, Any]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of the server. On the server's own machine none is needed unless it is told otherwise.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "The session of a page that has signed in; the name goes on with the port, and begins with `__Host-` over TLS.",
    },
}


class _Types:
    """Collects the types that the document refers to, and has the schema of each."""

    def __init__(self) -> None:
        self._modes: dict[Any, Any] = {}
        self._schemas: dict[Any, dict[str, Any]] = {}
        self._named: dict[str, Any] = {}
        self._queries: set[type[BaseModel]] = set()

    def add(self, kind: Any, mode: str) -> None:
        self._modes[kind] = mode

    def add_operation(self, operation: Operation) -> None:
        if operation.body is not None:
            self.add(operation.body, "validation")
        for body in operation.other_bodies:
            if body.kind is not None:
                self.add(body.kind, "validation")
        if operation.query is not None:
            self.add(operation.query, "validation")
            self._queries.add(operation.query)
        for answers in operation.answers.values():
            for answer in answers:
                if answer.kind is not None:
                    self.add(answer.kind, "serialization")

    def describe(self) -> dict[str, Any]:
        """Describe all that was added; returns those that have a name."""
        found, self._named = describe_types(list(self._modes.items()))
        self._schemas = dict(zip(self._modes, found, strict=True))
        return dict(self._named)

    def of(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type, or the reference to it."""
        return self._schemas[kind]

    def in_full(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type, also where it has a name."""
        return self.resolve(self.of(kind))

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return what a schema refers to, or the schema itself."""
        name = schema.get("$ref", "").removeprefix(SCHEMAS)
        return self._named[name] if name else schema

    def named_queries(self) -> set[str]:
        names = {self.of(kind).get("$ref", "").removeprefix(SCHEMAS) for kind in self._queries}
        return names - {""}


def _routes(app: Quart) -> Iterable[Route]:
    for rule in app.url_map.iter_rules():
        operation = operation_of(app.view_functions[rule.endpoint])
        if operation is None or rule.websocket:
            continue
        for method in (rule.methods or set()) - _OWN_METHODS:
            yield Route(
                path=_WORD.sub(r"{\1}", rule.rule),
                words=tuple(_WORD.findall(rule.rule)),
                method=method.lower(),
                tag=rule.endpoint.partition(".")[0],
                operation=operation,
            )


def _tags(app: Quart, routes: Iterable[Route]) -> list[dict[str, str]]:
    """Describe the tags that are used by the first sentences of the modules that declare their routes."""
    found = []
    for name in sorted({route.tag for route in routes}):
        module = importlib.import_module(app.blueprints[name].import_name)
        text = (module.__doc__ or "").strip().partition("\n")[0]
        found.append({"name": name, "description": text})
    return found


def _operation(route: Route, types: _Types, problems: _Problems) -> dict[str, Any]:
    operation = route.operation
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [route.tag],
        "summary": operation.summary.rstrip("."),
        "description": f"{operation.summary} {operation.description}".rstrip(),
        "x-scope": operation.scope,
        "security": [] if operation.scope is None else [{}, {"token": []}, {"session": []}],
    }
    parameters = [*map(_path_parameter, route.words), *map(_header_parameter, operation.headers)]
    if operation.query is not None:
        parameters += _query_parameters(types.in_full(operation.query), types.resolve)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": not operation.body_is_optional,
            "description": " ".join(
                [
                    f"At most {_size(operation.body_limit)}.",
                    *(f"`{each.media_type}`: {each.description}" for each in operation.other_bodies),
                ]
            ),
            "content": {JSON: {"schema": types.of(operation.body)}}
            | {each.media_type: _other_body(each, types) for each in operation.other_bodies},
        }
    if operation.takes:
        described["requestBody"] = {
            "required": True,
            "description": f"The archive. At most {_size(operation.body_limit)}.",
            "content": {
                kind: {"schema": {"type": "string", "contentMediaType": kind}} for kind in operation.takes
            },
        }
    responses = {str(status): _answer(status, each, types) for status, each in operation.answers.items()}
    codes_of = problems_of(operation, method=route.method, has_words=bool(route.words))
    for status, codes in codes_of.items():
        known = responses.get(str(status))
        if known is None:
            responses[str(status)] = problems.response(status, codes)
        else:  # an answer and a problem may have the same status, never the same media type
            problem = _problem(status, codes)
            known["content"] |= problem["content"]
            known["description"] += " Or: " + problem["description"]
    described["responses"] = dict(sorted(responses.items()))
    return described


def _other_body(body: OtherBody, types: _Types) -> dict[str, Any]:
    described: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
    if body.kind is not None:
        described["x-item-schema"] = types.of(body.kind)
    return described


def _size(limit: int) -> str:
    kibibytes = limit // 1024
    return f"{kibibytes // 1024} MiB" if kibibytes >= 1024 else f"{kibibytes} KiB"  # noqa: PLR2004 - of a MiB


def _path_parameter(word: str) -> dict[str, Any]:
    described = {"name": word, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    if word in _WORDS:
        described["description"] = _WORDS[word]
    return described


def _header_parameter(header: RequestHeader) -> dict[str, Any]:
    return {
        "name": header.name,
        "in": "header",
        "required": False,
        "description": header.description,
        "schema": dict(header.schema),
    }


def _query_parameters(
    model: dict[str, Any], resolve: Callable[[dict[str, Any]], dict[str, Any]]
) -> Iterable[dict[str, Any]]:
    required = model.get("required", [])
    for name, schema in model.get("properties", {}).items():
        schema = dict(schema)  # noqa: PLW2901 - taken apart below
        parameter = {"name": name, "in": "query", "required": name in required}
        if "description" in schema:
            parameter["description"] = schema.pop("description")
        # A query has no null: to leave a parameter out is to leave it out.
        forms = [form for form in schema.get("anyOf", []) if form != {"type": "null"}]
        if len(forms) == 1:
            schema = {key: value for key, value in schema.items() if key != "anyOf"} | forms[0]  # noqa: PLW2901 - as above
        yield {**parameter, "schema": resolve(schema)}


def _answer(status: int, answers: tuple[Answer, ...], types: _Types) -> dict[str, Any]:
    described: dict[str, Any] = {"description": " Or: ".join(each.description for each in answers)}
    content: dict[str, Any] = {}
    for answer in answers:
        if answer.kind is None:
            continue
        if answer.media_type == JSON:
            content[JSON] = {"schema": types.of(answer.kind)}
        else:  # what is read piece by piece is text for a schema; the pieces are told beside it
            content[answer.media_type] = {
                "schema": {"type": "string"},
                "x-item-schema": types.of(answer.kind),
            }
        if answer.example is not None:
            content[answer.media_type]["example"] = answer.example
    if content and status not in _BODILESS:
        described["content"] = content
    headers = {name: text for each in answers for name, text in each.headers.items()}
    if headers:
        described["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
        }
    return described


class _Problems:
    """Keeps what many operations answer in one place: the statuses that one problem alone has there."""

    def __init__(self) -> None:
        self.shared: dict[str, Any] = {}

    def response(self, status: int, codes: tuple[str, ...]) -> dict[str, Any]:
        """Describe a status, or refer to its description."""
        if len(codes) > 1:
            return _problem(status, codes)
        name = "".join(word.capitalize() for word in codes[0].split("-"))
        self.shared[name] = _problem(status, codes)
        self.shared = dict(sorted(self.shared.items()))
        return {"$ref": f"#/components/responses/{name}"}


def _problem(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    schema = {
        "allOf": [
            {"$ref": SCHEMAS + ProblemBody.__name__},
            {"properties": {"status": {"const": status}, "code": {"enum": list(codes)}}},
        ]
    }
    described: dict[str, Any] = {
        "description": " ".join(f"{PROBLEMS[code][1]} (`{code}`)." for code in codes),
        "content": {PROBLEM_TYPE: {"schema": schema}},
    }
    if status in _HEADERS:
        name, text = _HEADERS[status]
        described["headers"] = {name: {"description": text, "schema": {"type": "string"}}}
    return described
