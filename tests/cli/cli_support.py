"""The real command line in processes of its own, and a real server for it to talk to."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hostcore.cli._app import run

HERE = Path(__file__).parent
DEMO = HERE / "demo"
PROGRAM = (sys.executable, "-m", "hostcore.cli")
# A command takes a fifth of a second; a machine with other work to do takes longer.
PATIENCE = 60.0

RunPolyhost = Callable[..., subprocess.CompletedProcess[str]]


def environment(**more: str) -> dict[str, str]:
    """Return this environment without what would configure Polyhost or a terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLYHOST_")}
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        kept.pop(name, None)
    return kept | more


def run_process(*arguments: object, stdin: str = "", cwd: Path | None = None, **env: str):
    """Run a command to its end in a process of its own."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        cwd=cwd or HERE,
        env=environment(**env),
        check=False,
    )


def run_polyhost(*arguments: object, stdin: str = "", cwd: Path | None = None, **env: str):
    """Run a command to its end as its process would, but in this one: most of a short command is Python's start.

    `serve` takes signals, and what Python itself reads from the environment it reads at its start: those have a process.
    """
    words = [str(argument) for argument in arguments]
    if words[:1] == ["serve"] or any(name.startswith(("PYTHON", "LC_", "LANG")) for name in env):
        return run_process(*words, stdin=stdin, cwd=cwd, **env)
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for name in ("stdout", "stderr")}
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.chdir(cwd or HERE))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in tuple(os.environ):
            patch.delenv(name)
        for name, value in environment(**env).items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        code = run(words)
        for stream in streams.values():
            stream.flush()
    told = {name: stream.buffer.getvalue().decode() for name, stream in streams.items()}
    return subprocess.CompletedProcess(words, code, **told)


@dataclass
class Serving:
    """Is a running `polyhost serve`."""

    process: subprocess.Popen[str]
    data: Path
    url: str = ""
    errors: Path = field(default_factory=Path)

    def run(self, *arguments: object, **options):
        """Run a client command against it."""
        return run_polyhost(*arguments, POLYHOST_DATA=str(self.data), **options)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def copy_demo(folder: Path, *, interface: str = "Demo", manifest: str = "") -> Path:
    """Make a plugin that is called like its folder, does what the demo does, and has more in its manifest."""
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (folder / "plugin.toml", folder / "main.py"):
        file.write_text(file.read_text().replace('"demo"', f'"{folder.name}"').replace("Demo", interface))
    with (folder / "plugin.toml").open("a") as file:
        file.write(manifest)
    old, new = folder / "interfaces" / "Demo.v1.json", folder / "interfaces" / f"{interface}.v1.json"
    text = old.read_text().replace('"Demo"', f'"{interface}"')
    old.unlink()
    new.write_text(text)
    return folder


def start_server(data: Path, *arguments: object, cwd: Path | None = None, **env: str) -> Serving:
    """Start a server on a free port and wait for its line."""
    data.mkdir(parents=True, exist_ok=True)
    errors = data.parent / f"{data.name}.stderr"
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [*PROGRAM, "serve", "--port", "0", "--data", str(data), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=cwd or data.parent,
            env=environment(**env),
        )
    serving = Serving(process=process, data=data, errors=errors)
    line = process.stdout.readline()
    if not line.startswith("Polyhost is ready at "):
        process.kill()
        process.wait()
        pytest.fail(f"no server: {line!r} {errors.read_text()}")
    serving.url = line.split()[-1]
    return serving


def end(serving: Serving) -> None:
    if serving.process.poll() is None:
        serving.process.send_signal(signal.SIGTERM)
        try:
            serving.process.wait(20)
        except subprocess.TimeoutExpired:
            serving.process.kill()
            serving.process.wait()
    serving.process.stdout.close()


def wait_until(condition: Callable[[], object], *, seconds: float = PATIENCE) -> object:
    """Wait for something that happens soon in another process."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
    return value
