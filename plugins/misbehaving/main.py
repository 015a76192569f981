"""Does on request what no plugin should do, so that tests can show that a host bears it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import faults_at_start as faults
import msgpack

from polyhost_plugin import INVALID_ARGUMENT, Call, Plugin, PluginError
from polyhost_plugin import _engine as engine_module
from polyhost_plugin._wire import secure

AT_START = os.environ.get("MISBEHAVE_AT_START", "")

plugin = Plugin(
    "somebody-else" if AT_START == "wrong-name" else "misbehaving", version="1.0.0", needs=("Host",)
)

DIE_LIKE_DEFAULT = 128


class Stubborn:
    """Remembers whether the plugin clings to life."""

    def __init__(self) -> None:
        self.enabled = False

    def enable(self) -> None:
        """Ignore `$/shutdown`, the end of stdin and SIGTERM from now on: only SIGKILL helps."""
        self.enabled = True
        engine_module.exit_now = lambda _: time.sleep(faults.FOR_EVER_S)

    def on_sigterm(self, number: int, _: object) -> None:
        """Stand in for the default action, which can be switched off only in the main thread."""
        if not self.enabled:
            os._exit(DIE_LIKE_DEFAULT + number)

    def hold(self) -> None:
        """Keep the process from ending, if it was told to stay."""
        if self.enabled:
            time.sleep(faults.FOR_EVER_S)


stubborn = Stubborn()
plugin.on_shutdown(stubborn.hold)


class Misbehaving:
    """Serves the methods of the interface; each does one thing wrong, except for the first few."""

    def __init__(self, wire: tuple[int, int]) -> None:
        self._stdin, self._stdout = wire
        self._memory: list[bytearray] = []

    # Well-behaved, to see that the plugin is alive, and to look out of it.

    def echo(self, value: Any = None, data: bytes | None = None) -> dict[str, Any]:
        """Answer with what was sent."""
        return {key: item for key, item in (("value", value), ("data", data)) if item is not None}

    def slow(self, call: Call, seconds: float) -> dict[str, Any]:
        """Take some time; end early when cancelled."""
        call.sleep(seconds)
        return {"slept": seconds}

    def count(self, call: Call, *, to: int, delay: float = 0.0) -> Iterator[dict[str, Any]]:
        """Stream numbers, with progress."""
        for number in range(1, to + 1):
            if delay:
                call.sleep(delay)
            call.progress(number, to)
            yield {"number": number}
        return {"counted": to}

    def sum(self, call: Call, delay: float = 0.0) -> dict[str, Any]:
        """Add up what is streamed in, taking `delay` seconds for each item."""
        total = count = 0
        for item in call.items:
            call.sleep(delay)
            total += item["number"]
            count += 1
        return {"total": total, "count": count}

    def environment(self) -> dict[str, Any]:
        """Say what the process sees: its environment, ids, open descriptors."""
        return {
            "environment": dict(os.environ),
            "pid": os.getpid(),
            "group": os.getpgrp(),
            "session": os.getsid(0),
            "cwd": os.getcwd(),  # noqa: PTH109 - a string for the wire
            "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),  # noqa: PTH208 - names only
            "threads": threading.active_count(),
        }

    def call_host(
        self, method: str, params: dict[str, Any] | None = None, plugin_id: str | None = None
    ) -> dict[str, Any]:
        """Call back into the host in the middle of a call."""
        return {"result": plugin.host.call(method, params, plugin=plugin_id)}

    def fail(self, name: str = "Refused", code: int = INVALID_ARGUMENT, message: str = "as asked") -> None:
        """Answer with an error of the plugin's own."""
        raise PluginError(name, message, code=code, data={"asked": True}, retryable=False)

    # Faults of the process.

    def raise_exception(self, message: str = "a bug in the plugin") -> None:
        """Let an exception escape."""
        raise RuntimeError(message)

    def crash(self, signal: str = "SIGKILL") -> None:
        """Die of a signal in the middle of the call."""
        faults.die(signal)

    def exit(self, code: int = 0) -> None:
        """End the process in the middle of the call."""
        os._exit(code)

    def answer_and_exit(self, code: int = 0) -> dict[str, Any]:
        """Answer, then end at once: the answer must not get lost."""
        threading.Timer(0.02, os._exit, (code,)).start()
        return {"value": "the last words"}

    def freeze(self) -> None:
        """Stop the whole process, so that not even pings are answered."""
        os.kill(os.getpid(), signal.SIGSTOP)

    def spin(self, seconds: float) -> dict[str, Any]:
        """Burn processor time without looking left or right."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pass
        return {"spun": seconds}

    def hang(self) -> None:
        """Never answer, whatever is cancelled."""
        time.sleep(faults.FOR_EVER_S)

    def allocate(self, size: int) -> dict[str, Any]:
        """Take memory and keep it."""
        self._memory.append(bytearray(b"x") * size)
        return {"kept": sum(map(len, self._memory))}

    def leave_children(
        self, *, count: int = 1, own_session: bool = False, hold_pipes: bool = False
    ) -> dict[str, Any]:
        """Start children that outlive the plugin, in its group or in a session of their own."""
        hold = (self._stdin, self._stdout) if hold_pipes else ()
        return {"pids": faults.leave_children(count, own_session=own_session, hold=hold)}

    def ignore_shutdown(self) -> dict[str, Any]:
        """Ignore `$/shutdown`, the end of stdin and SIGTERM from now on."""
        stubborn.enable()
        return {}

    # Faults of the output.

    def flood(self, target: str, size: int) -> dict[str, Any]:
        """Write text: to stderr, to the real stdout, as log records, or as one line without an end."""
        if target == "stdout":
            faults.flood(self._stdout, size)
            faults.write_all(self._stdout, b"\n")
        elif target == "log":
            for number in range(size // 100):
                plugin.log("info", f"flood {number} " + "x" * 80)
        else:
            faults.flood(2, size, newlines=target == "stderr")
        return {"written": size}

    def write_wire(self, data: bytes) -> dict[str, Any]:
        """Write any bytes to the real stdout."""
        faults.write_all(self._stdout, data)
        return {"written": len(data)}

    # Wrong answers.

    def answer(self, call: Call, how: str) -> dict[str, Any]:
        """Answer in one of many wrong ways; what the protocol bears is followed by the right answer."""
        faults.write_all(self._stdout, _wrong_answer(how, call.id))
        if how in _NO_ANSWER_FOLLOWS:
            time.sleep(faults.FOR_EVER_S)
        return {"value": how}

    def wrong_result(self) -> dict[str, Any]:
        """Answer with a result that its schema forbids."""
        return {"number": "not a number"}

    def answer_late(self, seconds: float) -> dict[str, Any]:
        """Answer after `seconds`, deaf to cancellation."""
        time.sleep(seconds)
        return {"slept": seconds}

    def overrun_credit(self, call: Call, items: int) -> dict[str, Any]:
        """Stream items without regard to credit."""
        for number in range(1, items + 1):
            faults.write_all(
                self._stdout, faults.frame([2, "$/data", [{"id": call.id, "item": {"number": number}}]])
            )
        return {"counted": items}


_NO_ANSWER_FOLLOWS = frozenset({"never", "truncated", "oversize-response"})
"""What leaves the call open: no answer, half of one, or one that must be skipped."""


def _wrong_answer(how: str, call_id: int) -> bytes:
    """Make the bytes of one wrong message about the call `call_id`."""
    deep: Any = {}
    for _ in range(100):
        deep = {"deeper": deep}
    messages: dict[str, Any] = {
        "unknown-id": [1, call_id + 100_000, None, {}],
        "error-and-result": [1, call_id, {"code": 13, "message": "both"}, {"value": "both"}],
        "twice": [1, call_id, None, {"value": how}],
        "short": [1, call_id],
        "long": [1, call_id, None, {}, "more"],
        "no-array": {"kind": 1},
        "unknown-kind": [7, call_id, None, {}],
        "string-id": [1, str(call_id), None, {}],
        "error-without-code": [1, call_id, {"message": "no code"}, None],
        "error-no-map": [1, call_id, "it failed", None],
        "number-keys": [1, call_id, None, {1: "one"}],
        "extension-type": [1, call_id, None, {"value": msgpack.ExtType(5, b"x")}],
        "not-finite": [1, call_id, None, {"value": float("nan")}],
        "too-deep": [1, call_id, None, deep],
        "oversize-response": [1, call_id, None, {"value": "x" * (5 * 1024 * 1024)}],
        "oversize-log": [2, "$/log", [{"level": "info", "message": "x" * (5 * 1024 * 1024)}]],
        "odd-request": [0, call_id, "Host.Info", [{}]],
        "unknown-service": [0, 2_000_002, "Nobody.Knows", [{}]],
        "unknown-request": [0, 2_000_002, "$/unknown", [{}]],
        "unknown-notification": [2, "$/unknown", [{}]],
        "plain-notification": [2, "Misbehaving.Event", [{}]],
        "hello-again": [2, "$/hello", [faults.HELLO]],
    }
    raw = {
        "never": b"",
        "truncated": faults.frame(messages["twice"])[:-2],
        "no-messagepack": b"\x00\x00\x00\x04\xc1\xc1\xc1\xc1",
        "empty-frame": b"\x00\x00\x00\x00",
        "stray": "Überraschung without a newline".encode(),
        "stray-json": b'{"jsonrpc":"2.0","id":1,"result":{}}\n',
    }
    if how in raw:
        return raw[how]
    if how in messages:
        return faults.frame(messages[how])
    known = ", ".join(sorted({*raw, *messages}))
    raise PluginError("Refused", f"unknown way {how!r}; known: {known}", code=INVALID_ARGUMENT)


def main() -> None:
    """Misbehave at the start if told so, then serve."""
    wire = secure()
    if "--describe" not in sys.argv and AT_START:
        faults.misbehave(wire[1], AT_START)
    if AT_START == "ignore-shutdown":
        stubborn.enable()
    signal.signal(signal.SIGTERM, stubborn.on_sigterm)
    plugin.provide("Misbehaving", "1.0", Misbehaving(wire))
    plugin.run()
    stubborn.hold()


if __name__ == "__main__":
    main()
