"""How commands write: tables and lines for people, JSON for programs.

Text for people adapts to the terminal; what is piped has no colours, is not cut and not wrapped, so that it can
be searched. rich is imported where a terminal or a table needs it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

# Wider than any table: what is piped is never cut.
_PIPED_WIDTH = 100_000
# The last column of a table holds text; in less than this it cannot be read.
_LAST_COLUMN = 30
# What is wrapped into less than this is a heap of letters.
_LEAST_COLUMN = 10
# What a plugin sends may hold terminal commands; everything but tab and newline is shown, not obeyed.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# State → symbol and style. The word always stands beside it: neither colour nor symbol carries the meaning alone.
STATES = {
    "disabled": ("⊘", "dim"),
    "waiting": ("◌", "cyan"),
    "starting": ("◔", "cyan"),
    "ready": ("●", "green"),
    "degraded": ("▲", "yellow"),
    "draining": ("◑", "cyan"),
    "stopping": ("◑", "cyan"),
    "backing-off": ("↻", "yellow"),
    "stopped": ("○", "dim"),
    "failed": ("✗", "bold red"),
}


def prepare_streams() -> None:
    """Let output never fail on a character that the locale does not have, nor on a stream that was closed.

    What the caller has closed becomes /dev/null: its number would go to the next file or socket that is opened, and
    what is written to the stream would go there.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            _open_nowhere(descriptor)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - stays open
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def drop_output() -> None:
    """Send what is still buffered nowhere, or Python complains about it at exit."""
    _open_nowhere(sys.stdout.fileno())


def _open_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != descriptor:
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def printable(text: object) -> str:
    """Return text in which control characters, and what turns the writing direction, are visible escapes."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), str(text))


def is_terminal(stream: TextIO) -> bool:
    """Say whether a person reads the stream."""
    return stream.isatty()


def console(stream: TextIO | None = None) -> Console:
    """Make the console of a stream, standard output by default."""
    from rich.console import Console  # noqa: PLC0415 - 60 ms that plain and JSON output need not pay

    class PassingConsole(Console):
        """Lets the caller see that the reader has gone; rich would end the process."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    stream = stream or sys.stdout
    terminal = is_terminal(stream)
    plain = not terminal or bool(os.environ.get("NO_COLOR"))
    return PassingConsole(
        file=stream,
        color_system=None if plain else "auto",
        force_terminal=terminal,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if terminal else _PIPED_WIDTH,
    )


def text(*parts: str | tuple[str, str]) -> Text:
    """Assemble a line of parts, each plain or with a style; control characters become visible."""
    from rich.text import Text  # noqa: PLC0415 - as above

    assembled = Text()
    for part in parts:
        content, style = (part, "") if isinstance(part, str) else part
        assembled.append(printable(content), style or None)
    return assembled


def state_text(state: str) -> Text:
    """Show a state as symbol and word."""
    symbol, style = STATES.get(state, ("?", ""))
    return text((f"{symbol} {state}", style))


def show(renderable: RenderableType, *, to: Console | None = None) -> None:
    """Print to the console; piped lines end where their text ends."""
    to = to or console()
    if to.is_terminal:
        to.print(renderable)
        return
    with to.capture() as capture:
        to.print(renderable)
    for line in capture.get().splitlines():
        to.file.write(line.rstrip() + "\n")
    to.file.flush()


def show_line(line: Text, *, to: Console) -> None:
    """Print one line at once; the terminal wraps it, so that a copy of it is one line again."""
    to.print(line, soft_wrap=True)
    to.file.flush()


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str | Text]], *, droppable: Sequence[str] = (), width: int
) -> Table:
    """Make a table without lines that fits the width: columns are left out, the last one is wrapped, then the widest.

    Args:
        headers: one a column; a header that begins with `>` is of a column of numbers.
        rows: the cells.
        droppable: headers of the columns to leave out in a narrow terminal, the first one first.
        width: of the terminal.
    """
    from rich.table import Table as RichTable  # noqa: PLC0415 - as above
    from rich.text import Text as RichText  # noqa: PLC0415 - as above

    cells = [[cell if isinstance(cell, RichText) else text(cell) for cell in row] for row in rows]
    titles = [header.removeprefix(">") for header in headers]
    widths = [
        max(len(title), *(cell.cell_len for cell in column)) if cells else len(title)
        for title, column in zip(titles, zip(*cells, strict=True) if cells else titles, strict=True)
    ]
    kept = list(range(len(titles)))
    last = min(widths[-1], _LAST_COLUMN)
    for name in droppable:
        if sum(widths[index] + 2 for index in kept[:-1]) + last <= width:
            break
        kept.remove(titles.index(name))
    excess = sum(widths[index] + 2 for index in kept[:-1]) + last - width
    if excess > 0 and len(kept) > 1:
        widest = max(kept[:-1], key=widths.__getitem__)
        widths[widest] = max(_LEAST_COLUMN, widths[widest] - excess)
    made = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index in kept[:-1]:
        justify: Literal["left", "right"] = "right" if headers[index].startswith(">") else "left"
        made.add_column(text(titles[index]), justify=justify, overflow="fold", width=widths[index])
    rest = width - sum(widths[index] + 2 for index in kept[:-1])
    justify = "right" if headers[kept[-1]].startswith(">") else "left"
    made.add_column(
        text(titles[kept[-1]]), justify=justify, overflow="fold", width=max(last, min(rest, widths[kept[-1]]))
    )
    for row in cells:
        made.add_row(*(row[index] for index in kept))
    return made


def write_json(value: Any, *, indent: bool = True) -> None:
    """Write one JSON document: highlighted on a terminal, plain otherwise."""
    document = dump_json(value, indent=indent)
    if is_terminal(sys.stdout) and not os.environ.get("NO_COLOR"):
        from rich.highlighter import JSONHighlighter  # noqa: PLC0415 - as above

        line = text(document)
        JSONHighlighter().highlight(line)
        console().print(line, soft_wrap=True)
    else:
        sys.stdout.write(document + "\n")
        sys.stdout.flush()


def write_json_line(value: Any) -> None:
    """Write one line of NDJSON at once."""
    sys.stdout.write(dump_json(value, indent=False) + "\n")
    sys.stdout.flush()


def dump_json(value: Any, *, indent: bool) -> str:
    """Return JSON that the encoding of standard output can say."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    separators = None if indent else (",", ":")
    return json.dumps(value, ensure_ascii=not utf8, indent=2 if indent else None, separators=separators)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal that a long step is under way."""
    if not is_terminal(sys.stderr):
        yield
        return
    with console(sys.stderr).status(printable(what)):
        yield


def duration(seconds: float) -> str:
    """Write a time span shortly: `0.4 ms`, `850 ms`, `3.2 s`, `4 min 5 s`, `3 h 12 min`, `5 d 2 h`."""
    minute, hour, day = 60, 3600, 86400
    if seconds < 0.01:  # noqa: PLR2004 - below ten milliseconds the tenths say something
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < minute:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for unit, name, below, below_name in (
        (day, "d", hour, "h"),
        (hour, "h", minute, "min"),
        (minute, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // below
            return f"{whole // unit} {name} {rest} {below_name}" if rest else f"{whole // unit} {name}"
    return f"{whole} s"


def clock(at: float, *, full: bool) -> str:
    """Write a moment in local time, to the millisecond; `full` with the date."""
    from datetime import datetime  # noqa: PLC0415 - only lines with times need it

    moment = datetime.fromtimestamp(at).astimezone()
    return (
        moment.strftime("%Y-%m-%d %H:%M:%S." if full else "%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"
    )


def size(count: int) -> str:
    """Write a number of bytes shortly."""
    kib = 1024
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < kib:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= kib
    return f"{amount:.1f} GiB"
