"""What runtimes write about errors that nobody has caught: whole blocks are errors, and what stands around them is not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hostcore.supervision._error_blocks import ErrorBlocks

PYTHON = """\
import threading
def lower(): raise KeyError("a")
def upper():
    try: lower()
    except KeyError as error: raise ValueError("b") from error
print("begins")
thread = threading.Thread(target=lower); thread.start(); thread.join()
try: upper()
except ValueError:
    import traceback; traceback.print_exc()
print("goes on")
raise ExceptionGroup("several", [ValueError("c"), TypeError("d")])
"""
NODE = """\
console.log("begins");
setTimeout(() => { throw new TypeError("broken", { cause: new Error("why") }); }, 1);
"""


def others_in(text: str) -> list[str]:
    """Return the lines that belong to no block."""
    blocks = ErrorBlocks()
    return [line for line in text.splitlines() if not blocks.takes(line)]


def written(*command: object) -> str:
    """Return what a program writes, its output and its errors in their order."""
    done = subprocess.run(
        [*map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout


def test_what_python_writes(tmp_path: Path) -> None:
    """Tracebacks, of threads and of what has led to what, and groups; what the program itself writes is no error."""
    program = tmp_path / "program.py"
    program.write_text(PYTHON)
    text = written(sys.executable, "-u", program)
    assert text.count("Traceback (most recent call last):") >= 4
    assert others_in(text) == ["begins", "goes on"]


def test_what_node_writes(tmp_path: Path) -> None:
    """From the place where it was thrown to the version of Node, which is the last line."""
    node = shutil.which("node")
    assert node is not None  # the suite names it among what it needs
    for name, source in (
        ("a.cjs", NODE),
        ("b.mjs", NODE),
        ("c.mjs", 'console.log("begins"); await Promise.reject(1)'),
    ):
        (tmp_path / name).write_text(source)
        text = written(node, tmp_path / name)
        assert "Node.js v" in text
        assert [line for line in others_in(text) if line] == ["begins"]  # an empty line may come first


JAVA = """\
before
Exception in thread "main" java.lang.IllegalStateException: bad
\tat kv.Main.open(Main.java:12)
\tat kv.Main.main(Main.java:5)
Caused by: java.io.IOException: gone
\tat kv.Disk.read(Disk.java:9)
\t... 2 more
after"""
RUST = """\
before
thread 'main' panicked at src/main.rs:2:5:
no such key
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
after
thread 'worker' panicked at src/main.rs:9:1:
once more
after"""
RUST_AT_LENGTH = """\
before
thread 'main' (4711) panicked at src/main.rs:2:5:
assertion `left == right` failed
  left: 1
 right: 2
stack backtrace:
   0: rust_begin_unwind
             at /rustc/library/std/src/panicking.rs:697:5
   1: kv::main
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.
after"""
CPP = """\
before
terminate called after throwing an instance of 'std::runtime_error'
  what():  boom"""
DOTNET = """\
before
Unhandled exception. System.InvalidOperationException: bad
 ---> System.IO.IOException: gone
   at Kv.Disk.Read()
   --- End of inner exception stack trace ---
   at Kv.Program.Main()"""
PYTHON_BREAKS = """\
before
Fatal Python error: Segmentation fault

Current thread 0x00007f (most recent call first):
  File "main.py", line 3 in f"""
UNREADABLE = """\
before
  File "main.py", line 3
    def (
        ^
SyntaxError: invalid syntax
after"""
CUT_OFF = """\
Traceback (most recent call last):
  File "main.py", line 3, in <module>
Traceback (most recent call last):
  File "main.py", line 3, in <module>
ValueError: a
after"""
GO = """\
before
panic: assignment to entry in nil map

goroutine 1 [running]:
main.main()
exit status 2"""
NO_NODE = """\
/srv/data/file.txt:10
is read
and so is
the rest"""
NO_TRACEBACK = """\
the words Traceback (most recent call last): in a line
  indented
Exceptional weather"""


@pytest.mark.parametrize(
    ("text", "others"),
    [
        (JAVA, ["before", "after"]),
        (RUST, ["before", "after", "after"]),
        (RUST_AT_LENGTH, ["before", "after"]),
        (GO, ["before"]),
        (CPP, ["before"]),
        (DOTNET, ["before"]),
        (PYTHON_BREAKS, ["before"]),
        (UNREADABLE, ["before", "after"]),
        (CUT_OFF, ["after"]),
        (NO_TRACEBACK, NO_TRACEBACK.splitlines()),
        (NO_NODE, ["the rest"]),
    ],
    ids=[
        "java",
        "rust",
        "rust-at-length",
        "go",
        "c++",
        "dotnet",
        "python-breaks",
        "unreadable",
        "cut-off",
        "no-traceback",
        "no-node",
    ],
)
def test_what_others_write(text: str, others: list[str]) -> None:
    """Stacks, panics, and last words, which last to the end; what only looks like a beginning is soon over."""
    assert others == others_in(text)


def test_one_traceback_after_the_other() -> None:
    """A block ends with its exception, and a further one begins anew."""
    one = [
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in <module>',
        "    a()",
        "ValueError: a",
    ]
    assert others_in("\n".join([*one, "between", *one, "after"])) == ["between", "after"]
    assert others_in("\n".join([*one, *one, "after"])) == ["after"]
    blank = "\n".join(
        [*one, "", "During handling of the above exception, another exception occurred:", "", *one]
    )
    assert others_in(blank) == []


def test_what_another_thread_writes_into_a_traceback() -> None:
    """The traceback goes on after it, though what looked like its exception was none."""
    text = """\
Traceback (most recent call last):
  File "main.py", line 3, in <module>
another thread writes
and writes on
  File "main.py", line 5, in run
    run()
ValueError: a
after"""
    assert others_in(text) == ["and writes on", "after"]
