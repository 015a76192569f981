"""Reading the params of a call from the command line; the grammar of the pairs is HTTPie's."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# No frame is larger than 16 MiB; reading more (a device, a wrong file) would only fill the memory.
FILE_BYTES = 16 * 1024 * 1024

# The longest separator first: `:=@` is not `:` and `=@`.
_PAIR = re.compile(r"(?P<key>(?:\\.|[^\\=:@]|:(?!=))+)(?P<separator>:=@|:=|=@|=|@)(?P<value>.*)", re.DOTALL)

# How it is said that a value is of another type than the text that `=` makes, and what a value of that type looks like.
_EXPECTED = {
    "expected a number": "1.5",
    "expected an integer": "5",
    "expected a boolean": "true",
    "expected an array": "[]",
    "expected an object": "{}",
}

_GRAMMAR = (
    "write key=text, key:=JSON, key=@text-file, key:=@json-file, key@binary-file, "
    "or all at once as '{…}', @file.json or - (standard input)"
)


def read_params(words: Sequence[str]) -> dict[str, Any]:
    """Return the params that the words after the method say.

    Raises:
        CliError: a word is no pair, a file cannot be read, or something is no JSON.
    """
    words = [_utf8(word) for word in words]
    if len(words) == 1 and (words[0] == "-" or words[0].startswith(("{", "@"))):
        return _document(words[0])
    params: dict[str, Any] = {}
    for word in words:
        match = _PAIR.fullmatch(word)
        if match is None:
            _refuse(f"{word!r} is no param", _GRAMMAR)
        key = re.sub(r"\\(.)", r"\1", match["key"])
        if key in params:
            _refuse(f"the param {key!r} is given twice", f"give a list as JSON: '{key}:=[…]'")
        params[key] = _value(key, match["separator"], match["value"])
    return params


def hint_for_text(params: Mapping[str, Any], details: Mapping[str, Any]) -> str | None:
    """Return what to write in place of a text that was refused since it is none of what was expected; None if it is not that.

    Args:
        params: what was sent.
        details: of the error; its `problems` say what was wrong where.
    """
    for problem in details.get("problems", ()):
        key = str(problem.get("pointer", "")).removeprefix("/").replace("~1", "/").replace("~0", "~")
        expected = str(problem.get("message", "")).partition(",")[0]
        if expected in _EXPECTED and isinstance(params.get(key), str):
            value = params[key] if _is_json(params[key]) else _EXPECTED[expected]
            return f"text is written with =, all else with :=, such as {key}:={value}"
    return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _utf8(word: str) -> str:
    """Return a word as the UTF-8 that it was typed in, also where the locale is ASCII and Python could not read it."""
    try:
        return os.fsencode(word).decode("utf-8")
    except UnicodeDecodeError:
        _refuse(
            f"the param {word!r} is no UTF-8 text",
            "put it into a file and send that as binary data: key@FILE",
        )


def read_items(name: str) -> list[Any]:
    """Return the items in a file with one JSON value a line; `-` is standard input.

    Raises:
        CliError: it cannot be read, or a line is no JSON.
    """
    lines = _read(name).split(b"\n")
    return [_json(line, f"{_place(name)}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _document(word: str) -> dict[str, Any]:
    if word.startswith("{"):
        value = _json(word.encode(), "the params")
    else:
        name = "-" if word == "-" else word[1:]
        value = _json(_read(name), _place(name))
    if not isinstance(value, dict):
        _refuse("the params are no JSON object", 'write them like \'{"key": "value"}\'')
    return value


def _value(key: str, separator: str, value: str) -> Any:
    match separator:
        case "=":
            return value
        case ":=":
            return _json(value.encode(), key)
        case "=@":
            try:
                return _read(value).decode("utf-8")
            except UnicodeDecodeError:
                _refuse(f"{_place(value)} is no UTF-8 text", f"send it as binary data: {key}@{value}")
        case ":=@":
            return _json(_read(value), _place(value))
        case _:
            return {"$bytes": base64.b64encode(_read(value)).decode("ascii")}


def _read(name: str) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(FILE_BYTES + 1)
        else:
            with Path(name).expanduser().open("rb") as file:
                data = file.read(FILE_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        _refuse(f"{_place(name)} cannot be read: {reason}", None)
    if len(data) > FILE_BYTES:
        _refuse(
            f"{_place(name)} has more than {FILE_BYTES >> 20} MiB, the most that fits into one message",
            "split it, or let the plugin read the file itself",
        )
    return data


def _place(name: str) -> str:
    return "standard input" if name == "-" else name


def _json(data: bytes, where: str) -> Any:
    def refuse_constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no JSON")

    try:
        return json.loads(data, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        _refuse(
            f"{where}: this is no JSON: {error}",
            "strings of JSON have quotes; as a param, text needs no JSON: key=text",
        )


def _refuse(message: str, hint: str | None) -> NoReturn:
    raise CliError(message, exit_code=ExitCode.USAGE, hint=hint)
