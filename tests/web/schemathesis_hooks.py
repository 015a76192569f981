"""What schemathesis has to know of this API: names that there are, which answers never end, and that a 500 is a bug.

It runs in a process of its own, see `test_schemathesis.py`; random words alone would never name a plugin.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import schemathesis

PLUGINS = ("kv-python", "misbehaving")
FOLDERS = tuple(Path(path) for path in os.environ["POLYHOST_TEST_FOLDERS"].split(os.pathsep))
# With what each has to be called.
METHODS: Mapping[str, dict[str, Any]] = {
    "KeyValue.Put": {"key": "a", "value": "b"},
    "KeyValue.Get": {"key": "a"},
    "KeyValue.List": {},
    "KeyValue.PutMany": {},
    "Misbehaving.Echo": {"value": 1},
    "Misbehaving.Fail": {},
    "Misbehaving.WrongResult": {},
    "Misbehaving.Crash": {},
    "Misbehaving.Count": {"to": 3},
}
VERSIONS = ("1.4", "1.0", "9.9")
LONGEST = 100
"""Characters of a value that may be replaced: fewer than any value of the API may have."""


def pick(value: Any, known: tuple[Any, ...]) -> Any:
    """Put something known in the place of two of three values, always the same in that of the same one.

    What is empty or too long stays: it is sent to be refused.
    """
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= LONGEST
        or zlib.crc32(value.encode("utf-8", "replace")) % 3 == 0
    ):
        return value
    return known[zlib.crc32(value.encode("utf-8", "replace")) % len(known)]


@schemathesis.serializer("application/zip", "application/gzip", "application/x-tar")
def send_bytes(context: Any, value: Any) -> bytes:
    """Send what is made up as it is: texts, and what is none; none of it is an archive."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    if not isinstance(path_parameters, dict):
        return path_parameters
    known = {"plugin_id": PLUGINS, "name": ("KeyValue", "Misbehaving"), "version": VERSIONS}
    return {name: pick(value, known.get(name, (value,))) for name, value in path_parameters.items()}


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    if isinstance(query, dict):
        for name in {"from", "to"} & set(query):
            query[name] = pick(query[name], VERSIONS)
    return query


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    if isinstance(body.get("method"), str):
        body["method"] = pick(body["method"], tuple(METHODS))
        if body["method"] in METHODS and isinstance(body.get("params"), dict):
            body["params"] = METHODS[body["method"]] | body["params"]
    if isinstance(body.get("path"), str):
        body["path"] = pick(body["path"], tuple(map(str, FOLDERS)))
    return body


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Ask for the form that ends of what may go on for ever; other tests have the streams."""
    if case.operation.path == "/api/events" or case.operation.path.endswith(("/traffic", "/messages")):
        case.headers = {**(case.headers or {}), "Accept": "application/json"}
    elif case.operation.path.endswith("/logs") and case.query:
        case.query = {name: value for name, value in case.query.items() if name != "follow"}


@schemathesis.check
def is_no_bug(context: Any, response: Any, case: Any) -> None:
    """Statuses above 500 tell of plugins; 500 alone is the server's own fault."""
    assert response.status_code != 500, response.text
