"""What can go wrong before the plugin has said hello, chosen by `MISBEHAVE_AT_START=word[:argument]`."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import msgpack

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = {
    "protocol": [1, 1],
    "name": "misbehaving",
    "version": "1.0.0",
    "interfaces": {"Misbehaving": "1.0"},
    "features": [],
}

CHUNK = 8192
FOR_EVER_S = 10_000_000


def frame(value: Any) -> bytes:
    """Make a frame of any value, legal or not."""
    body: bytes = msgpack.packb(value)
    return struct.pack(">I", len(body)) + body


def write_all(fd: int, data: bytes) -> None:
    """Write all of it, however long the reader takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def flood(fd: int, size: int, *, newlines: bool = True) -> None:
    """Write `size` bytes of text."""
    chunk = (b"flood " * 12 + (b"\n" if newlines else b"-")) * (CHUNK // 73)
    while size > 0:
        write_all(fd, chunk[:size])
        size -= len(chunk)


def die(signal_name: str = "SIGKILL") -> None:
    """End the process by a signal."""
    number = signal.Signals[signal_name]
    if number is not signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    time.sleep(FOR_EVER_S)  # the signal may take a moment to be delivered


def leave_children(count: int = 1, *, own_session: bool = False, hold: tuple[int, ...] = ()) -> list[int]:
    """Start children that outlive the plugin; give them the descriptors in `hold`; return their pids."""
    return [
        subprocess.Popen(
            [sys.executable, "-c", f"import time; time.sleep({FOR_EVER_S})"],
            start_new_session=own_session,
            stdin=subprocess.DEVNULL,
            pass_fds=hold,
        ).pid
        for _ in range(count)
    ]


def crash_times(data_dir: str, times: int) -> None:
    """Exit with status 1 in the first `times` starts, counted in the data folder; start normally from then on."""
    path = os.path.join(data_dir, "starts")  # noqa: PTH118 - pathlib would only be imported for this
    with open(path, "a+", encoding="utf-8") as file:  # noqa: PTH123 - the same
        file.write("x")
        file.flush()
        file.seek(0)
        starts = len(file.read())
    if starts <= times:
        print(f"crashing at start {starts} of {times}", file=sys.stderr)
        os._exit(1)


def _then_wait(wire: int, *data: bytes) -> None:
    for part in data:
        write_all(wire, part)
    time.sleep(FOR_EVER_S)


def _hello(**changes: Any) -> bytes:
    hello = {key: value for key, value in {**HELLO, **changes}.items() if value is not None}
    return frame([2, "$/hello", [hello]])


def _exit_after_hello(wire: int, argument: str) -> None:
    write_all(wire, _hello())
    os._exit(int(argument or 1))


def _raise(_: int, argument: str) -> None:
    raise RuntimeError(argument or "the plugin's own bug")


def _orphan(wire: int, _: str) -> None:
    """Exit, but leave a child that holds the wire and stderr open: the pipes give no EOF."""
    leave_children(hold=(wire,))
    os._exit(1)


def _json_stray(wire: int, _: str) -> None:
    """Write JSON lines that are no hello, then go on normally."""
    for line in ({"level": "info"}, {"method": "$/hello"}, [1, 2]):
        write_all(wire, json.dumps(line).encode() + b"\n")


AT_START: dict[str, Callable[[int, str], object]] = {
    # These end the process.
    "exit": lambda _, argument: os._exit(int(argument or 1)),
    "crash": lambda _, argument: die(argument or "SIGSEGV"),
    "traceback": _raise,
    "exit-after-hello": _exit_after_hello,
    "orphan": _orphan,
    "crash-times": lambda _, argument: crash_times(os.environ["POLYHOST_DATA_DIR"], int(argument or 1)),
    # These never say a valid hello.
    "silent": lambda wire, _: _then_wait(wire),
    "half-hello": lambda wire, _: _then_wait(wire, _hello()[:20]),
    "close-stdout": lambda wire, _: (os.close(wire), time.sleep(FOR_EVER_S)),
    "garbage": lambda wire, _: _then_wait(wire, bytes(range(1, 256)) * 16, b"\n"),
    "garbage-frame": lambda wire, _: _then_wait(wire, struct.pack(">I", 4) + b"\xc1\xc1\xc1\xc1"),
    "request-first": lambda wire, _: _then_wait(wire, frame([0, 2, "Host.Info", [{}]])),
    "oversize-hello": lambda wire, _: _then_wait(wire, _hello(padding="x" * (5 * 1024 * 1024))),
    "bad-hello": lambda wire, _: _then_wait(wire, _hello(protocol="one")),
    "hello-without-name": lambda wire, _: _then_wait(wire, _hello(name=None)),
    # These say a hello that the host must refuse.
    "wrong-protocol": lambda wire, _: _then_wait(wire, _hello(protocol=[8, 9])),
    "wrong-interface": lambda wire, _: _then_wait(wire, _hello(interfaces={"SomethingElse": "1.0"})),
    "wrong-major": lambda wire, _: _then_wait(wire, _hello(interfaces={"Misbehaving": "2.0"})),
    # These delay or disturb a start that succeeds.
    "slow": lambda _, argument: time.sleep(float(argument or 1)),
    "flood-stderr": lambda _, argument: flood(2, int(argument or 1_000_000)),
    "flood-stdout": lambda wire, argument: flood(wire, int(argument or 1_000_000)),
    "flood-line": lambda _, argument: flood(2, int(argument or 1_000_000), newlines=False),
    "stray": lambda wire, _: write_all(wire, "Loading… 100 %\nüber\n".encode()),
    "json-stray": _json_stray,
    "hello-twice": lambda wire, _: write_all(wire, _hello()),
    "wrong-name": lambda _, __: None,  # main.py gives the name
    "ignore-shutdown": lambda _, __: None,  # main.py does it
}


def misbehave(wire: int, instruction: str) -> None:
    """Do what the environment asks for; return if the plugin shall start after that."""
    word, _, argument = instruction.partition(":")
    if word not in AT_START:
        known = ", ".join(sorted(AT_START))
        print(f"MISBEHAVE_AT_START: unknown word {word!r}; known: {known}", file=sys.stderr)
        os._exit(125)
    AT_START[word](wire, argument)
