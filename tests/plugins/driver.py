"""A small blocking host for tests of plugins: it speaks both encodings and shares no code with the product.

It starts a plugin as a real process, reads what the plugin writes in a thread of its own, and lets a test do and see
single messages. Every wait has an end.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import signal
import struct
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import msgpack

PATIENCE_S = 15.0
PIPE_S = 1.0  # from the end of the process to that of its pipes
"""How long any wait may last; generous, because machines that run tests are shared."""

END = object()


class NoAnswerError(AssertionError):
    """Says that the plugin did not do in time what the test waits for."""


class CallError(Exception):
    """Carries the error that a plugin answered with."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(str(error))
        self.error = dict(error)
        self.code = error["code"]
        self.name = error.get("name")


def from_json(value: Any) -> Any:
    """Turn `{"$bytes": …}` into bytes."""
    if isinstance(value, dict):
        if value.keys() == {"$bytes"}:
            return base64.b64decode(value["$bytes"], validate=True)
        return {key: from_json(item) for key, item in value.items()}
    return [from_json(item) for item in value] if isinstance(value, list) else value


def to_json(value: Any) -> Any:
    """Turn bytes into `{"$bytes": …}`."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return [to_json(item) for item in value] if isinstance(value, list | tuple) else value


def environment(data_dir: Path | None = None, **more: str) -> dict[str, str]:
    """Give what a host lets a plugin see, and no more."""
    allowed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    plugin = {"POLYHOST_PLUGIN": "1", "POLYHOST_PROTOCOL": "1"}
    if data_dir is not None:
        data_dir.mkdir(parents=True, exist_ok=True)
        plugin["POLYHOST_DATA_DIR"] = str(data_dir)
    return {**allowed, **plugin, **more}


class Driver:
    """Runs one plugin process and speaks its encoding.

    Args:
        command: the program and its arguments.
        cwd: the plugin's folder.
        env: the whole environment.
    """

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        self.encoding = ""
        self.stray = b""
        self.stderr = b""
        self.hello: dict[str, Any] = {}
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._kept: list[dict[str, Any]] = []
        self._next_id = 1
        self._threads = [
            threading.Thread(target=self._read_messages, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    # Starting and ending

    def greet(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        data_dir: str | None = None,
        services: Sequence[str] = (),
        frame_limit: int = 4 * 1024 * 1024,
    ) -> dict[str, Any]:
        """Wait for the plugin's hello, answer it, and return it."""
        self.hello = self.expect(lambda message: message.get("method") == "$/hello")["params"]
        self.notify(
            "$/hello",
            {
                "protocol": 1,
                "host": {"name": "driver", "version": "0"},
                "interfaces": self.hello["interfaces"],
                "features": self.hello.get("features", []),
                "config": dict(config or {}),
                "data_dir": data_dir,
                "limits": {"frame": frame_limit, "inflight": 1024},
                "services": list(services),
            },
        )
        return self.hello

    def close_stdin(self) -> None:
        """End the plugin's input, as a host does that stops or dies."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    def wait(self, timeout: float = PATIENCE_S) -> int:
        """Wait for the end of the process and return its status, negative for a signal."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise NoAnswerError(f"still running after {timeout} s; stderr: {self.stderr!r}") from None

    def kill(self) -> None:
        """Kill the whole process group and collect the process."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for thread in self._threads:
            thread.join(PIPE_S)  # the pipes end with the process, unless a child of its own holds them open
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self.wait_for_threads()

    def wait_for_threads(self) -> None:
        """Wait until all that an ended process has printed was read."""
        for thread in self._threads:
            thread.join(PATIENCE_S)

    # Single messages

    def notify(self, method: str, params: Mapping[str, Any]) -> None:
        self._write({"method": method, "params": dict(params)})

    def request(self, method: str, params: Mapping[str, Any] | None = None, **meta: Any) -> int:
        """Send a request and return its id."""
        call_id, self._next_id = self._next_id, self._next_id + 2
        self._write({"id": call_id, "method": method, "params": dict(params or {}), "meta": meta})
        return call_id

    def respond(self, call_id: int, result: Any = None, error: Any = None) -> None:
        self._write(
            {"id": call_id, "error": error} if error is not None else {"id": call_id, "result": result}
        )

    def expect(self, wanted: Any, timeout: float = PATIENCE_S) -> dict[str, Any]:
        """Return the first message, kept or new, that `wanted` accepts; others are kept for later."""
        for index, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(index)
        until = time.monotonic() + timeout
        while True:
            try:
                message = self._messages.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise NoAnswerError(
                    f"nothing came within {timeout} s; kept: {self._kept!r}; stderr: {self.stderr!r}"
                ) from None
            if message is END:
                self._messages.put(END)
                raise NoAnswerError(
                    f"the plugin closed its output; stray: {self.stray!r}; stderr: {self.stderr!r}"
                )
            if wanted(message):
                return message
            self._kept.append(message)

    def response(self, call_id: int, timeout: float = PATIENCE_S) -> Any:
        """Wait for the answer to a request: return its result or raise its error."""
        answer = self.expect(
            lambda message: message.get("id") == call_id and "method" not in message, timeout
        )
        if answer.get("error") is not None:
            raise CallError(answer["error"])
        return answer.get("result")

    def notification(self, method: str, timeout: float = PATIENCE_S) -> dict[str, Any]:
        """Wait for a notification and return its params."""
        params = self.expect(lambda message: message.get("method") == method, timeout)["params"]
        assert isinstance(params, dict)
        return params

    # Whole calls

    def call(self, method: str, params: Mapping[str, Any] | None = None, **meta: Any) -> Any:
        return self.response(self.request(method, params, **meta))

    def stream(
        self, method: str, params: Mapping[str, Any] | None = None, *, credit: int = 64
    ) -> tuple[list[Any], Any]:
        """Call a method that streams; give one credit for each item; return `(items, result)`."""
        call_id = self.request(method, params, credit=credit)
        items = []
        for message in self._of_call(call_id):
            if "method" not in message:
                if message.get("error") is not None:
                    raise CallError(message["error"])
                return items, message.get("result")
            items.append(message["params"]["item"])
            self.notify("$/credit", {"id": call_id, "n": 1})
        raise AssertionError("unreachable")

    def _of_call(self, call_id: int) -> Iterator[dict[str, Any]]:
        def about(message: dict[str, Any]) -> bool:
            if message.get("method") == "$/data":
                return bool(message["params"]["id"] == call_id)
            return message.get("id") == call_id and "method" not in message

        while True:
            yield self.expect(about)

    # Bytes

    def write_raw(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def _write(self, message: dict[str, Any]) -> None:
        if self.encoding == "json":
            data = json.dumps({"jsonrpc": "2.0", **to_json(message)}).encode() + b"\n"
        else:
            body = msgpack.packb(_to_array(message))
            data = struct.pack(">I", len(body)) + body
        self.write_raw(data)

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        try:
            while chunk := self.process.stderr.read(65536):
                self.stderr += chunk
        except (ValueError, OSError):
            pass  # the test closed it

    def _read_messages(self) -> None:
        assert self.process.stdout is not None
        buffer = b""
        try:
            while chunk := self.process.stdout.read(65536):
                buffer = self._take(buffer + chunk)
        except (ValueError, OSError):
            pass  # the test closed it
        finally:
            self.stray += buffer
            self._messages.put(END)

    def _take(self, buffer: bytes) -> bytes:
        """Queue the whole messages at the front of the buffer; return what is left."""
        while buffer:
            if buffer[0] == 0 and self.encoding != "json":
                if len(buffer) < 4 or len(buffer) < 4 + (size := struct.unpack_from(">I", buffer)[0]):
                    return buffer
                self.encoding = "msgpack"
                self._messages.put(_from_array(msgpack.unpackb(buffer[4 : 4 + size])))
                buffer = buffer[4 + size :]
                continue
            ends = [at for at in (buffer.find(b"\n"), buffer.find(b"\0") - 1) if at >= 0]
            if not ends:
                return buffer
            line, buffer = buffer[: min(ends) + 1], buffer[min(ends) + 1 :]
            self._take_line(line)
        return buffer

    def _take_line(self, line: bytes) -> None:
        try:
            message = json.loads(line) if self.encoding != "msgpack" else None
        except ValueError:
            message = None
        if isinstance(message, dict) and message.get("jsonrpc") == "2.0":
            self.encoding = "json"
            self._messages.put(from_json(message))
        else:
            self.stray += line


def _to_array(message: dict[str, Any]) -> list[Any]:
    if "method" in message:
        arguments = [message["params"], *([message["meta"]] if message.get("meta") else [])]
        if "id" in message:
            return [0, message["id"], message["method"], arguments]
        return [2, message["method"], arguments]
    return [1, message["id"], message.get("error"), message.get("result")]


def _from_array(message: list[Any]) -> dict[str, Any]:
    if message[0] == 0:
        _, call_id, method, arguments = message
        return {"id": call_id, "method": method, "params": arguments[0], "meta": dict(*arguments[1:])}
    if message[0] == 1:
        _, call_id, error, result = message
        return {"id": call_id, "error": error, "result": result}
    _, method, arguments = message
    return {"method": method, "params": arguments[0]}
