"""Read TOML documents so that every complaint names file, line and key."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hostcore.errors import HostError
from hostcore.interfaces._files import read_bounded
from hostcore.interfaces._meta import MetaSchema, Problem

# A manifest has some kilobytes; a configuration with many plugins some more.
MAX_TOML_BYTES: Final = 256 * 1024
# tomllib parses by recursion and the checks walk by recursion; nobody writes deeper tables.
MAX_TOML_DEPTH: Final = 50

# tomllib takes half a minute for one key of as many parts as a file may have.
_ENDLESS_KEY: Final = re.compile(r"""(?:\.[ \t]{0,8}[\w"'-]{1,64}[ \t]{0,8}){100}""")
_HEADER: Final = re.compile(r"\s*\[\[?\s*(?P<key>[^\[\]]+?)\s*\]\]?\s*(#.*)?")
_PART: Final = re.compile(r"""\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[A-Za-z0-9_-]+))\s*""")


class TomlDocument:
    """Is a parsed TOML file that can say where a key stands.

    Attributes:
        path: the file.
        data: what it says.
        sha256: hash of its bytes, in hexadecimal.
    """

    def __init__(self, path: Path, *, error: type[HostError]) -> None:
        """Read and parse the file.

        Raises:
            HostError: of the class given: it cannot be read, is too large or is no TOML; with file and line.
        """
        self.path = path
        self._error = error
        try:
            raw = read_bounded(path, MAX_TOML_BYTES)
        except OSError as problem:
            raise error(
                f"the file cannot be read: {problem.strerror}",
                location=str(path),
                hint="check path and permissions",
            ) from problem
        if len(raw) > MAX_TOML_BYTES:
            raise error(
                f"the file is larger than {MAX_TOML_BYTES} bytes", location=str(path), hint="split it"
            )
        self.sha256 = hashlib.sha256(raw).hexdigest()
        try:
            self._text = raw.decode("utf-8")
            if _ENDLESS_KEY.search(self._text):
                raise error(f"tables are nested more than {MAX_TOML_DEPTH} deep", location=str(path))
            self.data: dict[str, Any] = tomllib.loads(self._text)
        except UnicodeDecodeError as problem:
            line = raw[: problem.start].count(b"\n") + 1
            raise error(
                "the file is not UTF-8", location=f"{path}:{line}", hint="save it as UTF-8"
            ) from problem
        except tomllib.TOMLDecodeError as problem:
            found = re.search(r"line (\d+)", str(problem))
            line = int(found[1]) if found else self._text.count("\n") + 1
            raise error(
                f"this is no TOML: {problem}",
                location=f"{path}:{line}",
                hint="strings stand in quotes, lists in []",
            ) from problem
        except RecursionError as problem:
            raise error("the file is nested too deeply", location=str(path)) from problem
        except ValueError as problem:  # an integer of thousands of digits
            raise error(f"this TOML cannot be used: {problem}", location=str(path)) from problem
        if _depth(self.data) > MAX_TOML_DEPTH:
            raise error(f"tables are nested more than {MAX_TOML_DEPTH} deep", location=str(path))

    def check(self, meta: MetaSchema) -> None:
        """Check the document against a meta-schema.

        Raises:
            HostError: the first problem; `details["problems"]` has all.
        """
        problems = meta.problems(self.data)
        if problems:
            raise self.fail(problems[0].path, problems[0].message, problems[0].hint, problems)

    def fail(
        self,
        path: tuple[str | int, ...],
        message: str,
        hint: str | None = None,
        problems: Sequence[Problem] = (),
    ) -> HostError:
        """Return an error that names the file, the line where it is known, and the key."""
        line = self.line_of(path)
        place = str(self.path) if line is None else f"{self.path}:{line}"
        key = key_text(path)
        listed = [
            {"key": key_text(item.path), "message": item.message, "hint": item.hint} for item in problems
        ]
        return self._error(
            message,
            location=f"{place}, {key}" if key else place,
            hint=hint,
            details={"problems": listed} if listed else None,
        )

    def line_of(self, path: tuple[str | int, ...]) -> int | None:
        """Return the line of a key, or of the nearest table or key around it; None when neither is found."""
        names = tuple(part for part in path if isinstance(part, str))
        best: tuple[int, int] | None = None
        for number, key in _keys(self._text):
            length = len(key)
            if key == names[:length] and length and (best is None or length > best[0]):
                best = (length, number)
        return best[1] if best else None


def key_text(path: tuple[str | int, ...]) -> str:
    """Return a path as TOML writes a dotted key; list indexes stand in brackets."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"'
            text += f".{name}" if text else name
    return text


def key_lines(text: str) -> dict[str, int]:
    """Return the line, from 1, of each table and key of a TOML text, by its dotted key; where one stands twice, the first."""
    found: dict[str, int] = {}
    for number, key in _keys(text):
        found.setdefault(key_text(key), number)
    return found


def _keys(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield line number and full key of each table header and each `key =`.

    It is a scan by lines, not a parser: a line inside a multi-line string may look like a key. The document has
    been parsed already, so the worst outcome is a line number that is a little off.
    """
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.fullmatch(line)
        if header:
            table = _split(header["key"]) or table
            yield number, table
        elif "=" in line and (key := _split(line.partition("=")[0])):
            yield number, (*table, *key)


def _split(text: str) -> tuple[str, ...]:
    """Split a dotted key; empty when it is none."""
    parts: list[str] = []
    at = 0
    while match := _PART.match(text, at):
        parts.append(match["double"] or match["single"] or match["bare"] or "")
        at = match.end()
        if at == len(text):
            return tuple(parts)
        if text[at] != ".":
            break
        at += 1
    return ()


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        current, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(current, Mapping):
            waiting.extend((item, depth + 1) for item in current.values())
        elif isinstance(current, list):
            waiting.extend((item, depth + 1) for item in current)
    return deepest
