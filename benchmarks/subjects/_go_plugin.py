"""The plugin in Go as grpcio's clients use it: started by hand, unencrypted, and called over its socket."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from google.protobuf.descriptor_pb2 import (  # type: ignore[import-untyped]  # protobuf ships no types
    FileDescriptorSet,
)
from google.protobuf.message_factory import (  # type: ignore[import-untyped]  # protobuf ships no types
    GetMessages,
)

from benchmarks._go import FOLDER, PROGRAM

COOKIE: Final = {"POLYHOST_BENCHMARK": "echo"}
HANDSHAKE: Final = "1|1|unix|"
"""How the line begins that a plugin prints: versions of both protocols, and where it listens."""

SERVICE: Final = "echo.v1.Echo"


class GoPlugin:
    """Runs the plugin; a context manager that ends the process.

    Without a certificate in its environment it serves in plain text.

    Attributes:
        target: where it listens, as gRPC writes it.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [PROGRAM, "plugin"],
            env={**os.environ, **COOKIE, "PLUGIN_UNIX_SOCKET_DIR": self._folder.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()  # the only one: it prints nothing more
        if not line.startswith(HANDSHAKE):
            raise RuntimeError(f"the plugin has not started: {line!r}")
        self.target = f"unix:{line.split('|')[3]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._folder.cleanup()


def method_stubs(channel: Any) -> dict[str, tuple[Any, Any]]:
    """Return each method's stub of a channel, made as generated code makes it, and the class of its messages."""
    files = FileDescriptorSet.FromString(Path(FOLDER, "echopb", "echo.pb").read_bytes())
    messages = GetMessages(files.file)
    kinds = {name: messages[f"echo.v1.{name}Message"] for name in ("Text", "Blob")}
    return {
        f"Echo.{name}": (
            channel.unary_unary(
                f"/{SERVICE}/{name}",
                request_serializer=kind.SerializeToString,
                response_deserializer=kind.FromString,
            ),
            kind,
        )
        for name, kind in kinds.items()
    }


def params_of(message: Any) -> dict[str, Any]:
    """Return what a message holds as params."""
    return {field.name: value for field, value in message.ListFields()}
