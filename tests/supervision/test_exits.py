"""What the last lines of a process say about its end."""

from __future__ import annotations

import pytest

from hostcore.supervision._exits import panic_of

PYTHON = (
    "Traceback (most recent call last):",
    '  File "main.py", line 3, in <module>',
    "    run()",
    "ValueError: no such city",
    "",
)


@pytest.mark.parametrize(
    ("lines", "panic"),
    [
        ((), None),
        (("starting", "ready"), None),
        (("x", "panic: runtime error: index out of range [3]", "", "goroutine 1 [running]:"), "panic: runtime error: index out of range [3]"),
        (("fatal error: all goroutines are asleep - deadlock!",), "fatal error: all goroutines are asleep - deadlock!"),
        (("thread 'main' panicked at src/main.rs:4:5:", "no such city", "note: run with"), "thread 'main' panicked at src/main.rs:4:5: no such city"),
        (("thread 'main' (4711) panicked at src/main.rs:4:5:", "no such city"), "thread 'main' (4711) panicked at src/main.rs:4:5: no such city"),
        (("terminate called after throwing an instance of 'X'",), "terminate called after throwing an instance of 'X'"),
        (PYTHON, "ValueError: no such city"),
        ((*PYTHON[:-2], "KeyError: 'a'", "", "During handling …", "", *PYTHON), "ValueError: no such city"),
        (PYTHON[:2], None),
    ],
)  # fmt: skip
def test_the_sentence_of_a_panic(lines: tuple[str, ...], panic: str | None):
    """Go's, Rust's and Python's last words are found among others; half of them say nothing."""
    assert panic_of(lines) == panic
