"""Finds what a runtime writes about an error that it was left alone with: several lines of plain text that belong together.

Each kind has a first line, and a function that says of each further line whether it belongs to it, and what to ask about
the next one. Nothing is looked ahead at: lines are logged as they come.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from hostcore.transports import GO_PANICS

PANICS: Final = (
    *GO_PANICS,
    "Fatal Python error: ",
    "terminate called ",
    "Unhandled exception. ",
)
"""How the runtimes of Go, Python, C++ and .NET begin their last words; what follows, to the end of the process, belongs to them."""

PYTHON: Final = "Traceback (most recent call last):"
"""How Python begins to tell of an exception."""

RUST: Final = re.compile(r"thread '.*'( \(\d+\))? panicked at ")
"""How Rust begins to tell of a panic; its message stands in the line below."""

_Belongs = Callable[[str], tuple[bool, "_Belongs | None"]]

_GROUP: Final = re.compile(r"\s+\+ Exception Group Traceback \(most recent call last\):$")
_THREAD: Final = re.compile(r"Exception (in thread |ignored (in|while))")
# Without the line above it where Python could not read the program, or where another thread has written in between.
_FRAME: Final = re.compile(r'  File ".*", line \d+')
_JAVA: Final = re.compile(r"\s+at \S|\s+\.\.\. \d+ (more|common)|\s*(Caused by|Suppressed): ")
# Where a program of Node threw, alone on a line; a line of the source and a mark below it follow.
_NODE: Final = re.compile(r"(/|file:|node:|[A-Za-z]:\\).*:\d+$")
_NODE_MARK: Final = re.compile(r"\s*\^+\s*$")
_NODE_END: Final = re.compile(r"Node\.js v\d")
_NODE_SOURCE_LINES: Final = 2
_RUST_NOTE: Final = "note: "
_RUST_STACK: Final = "stack backtrace:"

_LINKS: Final = frozenset(
    {
        "",
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    }
)
"""What stands between the tracebacks of exceptions of which one has led to another."""


class ErrorBlocks:
    """Says of each line of one process, in their order, whether it belongs to such a block."""

    def __init__(self) -> None:
        self._belongs: _Belongs | None = None

    def __repr__(self) -> str:
        return f"<ErrorBlocks inside={self._belongs is not None}>"

    def takes(self, line: str) -> bool:
        """Return whether a line belongs to a block, or begins one."""
        if self._belongs is not None:
            is_part, self._belongs = self._belongs(line)
            if is_part:
                return True
        self._belongs = _begun_by(line)
        return self._belongs is not None


def _begun_by(line: str) -> _Belongs | None:
    """Return how the block goes on that a line begins; None when it begins none."""
    if line == PYTHON or _FRAME.match(line):
        return _to_exception
    if line.startswith(PANICS):
        return _to_the_end
    if _THREAD.match(line):
        return _stack_of_java
    if RUST.match(line):
        return _message_of_rust
    if _GROUP.match(line):
        return _indented
    return partial(_source_of_node, _NODE_SOURCE_LINES) if _NODE.match(line) else None


def _to_the_end(_: str) -> tuple[bool, _Belongs | None]:
    return True, _to_the_end


def _to_exception(line: str) -> tuple[bool, _Belongs | None]:
    """Take frames, which are indented, and then the exception, which is not; another traceback may come in between."""
    goes_on = not line or line[0].isspace() or line == PYTHON
    return True, (_to_exception if goes_on else _link)


def _link(line: str) -> tuple[bool, _Belongs | None]:
    return (True, _link) if line in _LINKS else (False, None)


def _indented(line: str) -> tuple[bool, _Belongs | None]:
    return (True, _indented) if line[:1].isspace() else (False, None)


def _stack_of_java(line: str) -> tuple[bool, _Belongs | None]:
    return (True, _stack_of_java) if _JAVA.match(line) else (False, None)


def _message_of_rust(_: str) -> tuple[bool, _Belongs | None]:
    return True, _rest_of_rust


def _rest_of_rust(line: str) -> tuple[bool, _Belongs | None]:
    """Take what was compared, and the stack, which are indented, up to a note."""
    if line.startswith(_RUST_NOTE):
        return True, None
    return (True, _rest_of_rust) if line[:1].isspace() or line == _RUST_STACK else (False, None)


def _source_of_node(left: int, line: str) -> tuple[bool, _Belongs | None]:
    """Take lines of the source up to the mark below them; without it this was no error of Node."""
    if _NODE_MARK.match(line):
        return True, _to_end_of_node
    return (True, partial(_source_of_node, left - 1)) if left else (False, None)


def _to_end_of_node(line: str) -> tuple[bool, _Belongs | None]:
    return True, (None if _NODE_END.match(line) else _to_end_of_node)
