"""Makes the checkout's `.venv` and keeps it in step with the lock files; standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / "bin"
PYTHON = SCRIPTS / "python"
REQUIREMENTS = ROOT / "requirements"
SDK = ROOT / "plugins" / "sdk" / "python"

OLDEST_PYTHON = (3, 11)
HEARTBEAT_SECONDS = 5.0  # often enough to show life, seldom enough for the log of a build machine
STEP_SECONDS = 1200.0  # no step of ours takes longer, even the download of a toolchain on a slow line
PROBE_SECONDS = 30.0  # a program that needs longer to say what it is is broken
TAIL_LINES = 40  # what a person needs to see of a failed step

# Variables that would send pip, or a Python started by us, somewhere else than into our .venv.
MISLEADING = ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON")


class SetupError(Exception):
    """Says what could not be set up; `hint` names the command that mends it."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def say(text: str) -> None:
    """Print one line of progress at once, also into a pipe."""
    print(text, file=sys.stderr, flush=True)


def clean_environment() -> dict[str, str]:
    """Return the environment without what would mislead pip, and without its questions."""
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    return kept | {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def activated(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with the scripts of `.venv` first on PATH."""
    path = environ.get("PATH", os.defpath)
    return {**environ, "VIRTUAL_ENV": str(VENV), "PATH": f"{SCRIPTS}{os.pathsep}{path}"}


def run_step(
    title: str,
    command: Sequence[object],
    *,
    hint: str,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Run `command`, showing `title` and the seconds that pass; its output is shown only if it fails.

    Args:
        title: what a person is told.
        command: its words.
        hint: what a person can do when it fails.
        cwd: the folder to run it in; default: where we are.
        environ: its environment; default: the clean one.

    Raises:
        SetupError: the command failed, could not be started, or took longer than `STEP_SECONDS`.
    """
    say(f"==> {title}")
    began = time.monotonic()
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            say(f"    … {time.monotonic() - began:.0f} s")

    with tempfile.TemporaryFile() as output:
        heart = threading.Thread(target=beat, daemon=True)
        heart.start()
        try:
            result = subprocess.run(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=clean_environment() if environ is None else environ,
                cwd=cwd,
                timeout=STEP_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SetupError(f"{title}: {error}", hint=hint) from error
        finally:
            done.set()
            heart.join()
        if result.returncode != 0:
            output.seek(0)
            lines = output.read().decode(errors="replace").splitlines()
            say("\n".join(f"    {line}" for line in lines[-TAIL_LINES:]))
            raise SetupError(f"{title}: failed with status {result.returncode}", hint=hint)


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Keep a second set-up of this checkout waiting until ours is done."""
    descriptor = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("==> Waiting for another set-up of this checkout to end")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def fingerprint(lock: str) -> str:
    """Return the hash of all that decides what an installation of `lock` puts into `.venv`."""
    interpreter = os.path.realpath(PYTHON)  # another one after an upgrade of the system
    parts = [str(VENV).encode(), interpreter.encode(), (VENV / "pyvenv.cfg").read_bytes()]
    sources = [REQUIREMENTS / f"{lock}.txt", ROOT / "pyproject.toml", SDK / "pyproject.toml"]
    parts += [path.read_bytes() if path.exists() else b"" for path in sources]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def stamp_of(lock: str) -> Path:
    """Return the file in `.venv` that says which state of `lock` is installed."""
    return VENV / f".polyhost-{lock}"


def is_current(lock: str) -> bool:
    """Say whether `.venv` works and holds the present state of `lock`; takes a few milliseconds."""
    try:
        return PYTHON.exists() and stamp_of(lock).read_text() == fingerprint(lock)
    except OSError:
        return False


def is_usable() -> bool:
    """Say whether `.venv` can be installed into: right place, living interpreter, new enough, with pip."""
    if not PYTHON.exists():
        return False
    question = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON!r})"
    command: list[str | Path] = [PYTHON, "-sE", "-c", question]
    try:
        answer = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    if answer.returncode != 0:
        return False
    try:
        # A venv that was moved still has the old place in its scripts.
        return str(PYTHON).encode() in (SCRIPTS / "pip").read_bytes()
    except OSError:
        return False


def has_module(name: str) -> bool:
    """Say whether the Python that runs us can run module `name`."""
    question = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
    return subprocess.run([sys.executable, "-sE", "-c", question], check=False).returncode == 0


def apt_install(*packages: str) -> list[list[str]] | None:
    """Return the commands that install Debian packages, or None where we may not."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-qq", "-o", "Dpkg::Use-Pty=0"]
    return [[*quiet, "update"], [*quiet, "install", "--no-install-recommends", *packages]]


def create_venv() -> None:
    """Create `.venv` anew, by the first way that this machine offers.

    Raises:
        SetupError: Python lacks venv or pip and neither uv nor virtualenv nor apt-get can help.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    debian_package = f"python{version}-venv"
    hint = f"install Python's venv, on Debian: apt-get install python3-venv (or {debian_package}), then try again"
    title = f"Creating .venv with Python {sys.version.split()[0]}"
    base = getattr(sys, "_base_executable", None) or sys.executable
    own: list[object] = [base, "-sE", "-m", "venv", "--clear", VENV]

    if VENV.is_symlink():
        VENV.unlink()
    if not has_module("ensurepip"):
        if uv := shutil.which("uv"):
            run_step(f"{title} (by uv)", [uv, "venv", "--seed", "--clear", "--python", base, VENV], hint=hint)
            return
        if virtualenv := shutil.which("virtualenv"):
            run_step(f"{title} (by virtualenv)", [virtualenv, "--clear", "--python", base, VENV], hint=hint)
            return
        if has_module("venv") and has_module("pip"):
            run_step(f"{title} (without pip)", [*own, "--without-pip"], hint=hint)
            pip: list[object] = [
                base,
                "-sE",
                "-m",
                "pip",
                "--python",
                PYTHON,
                "install",
                "--require-hashes",
            ]
            run_step("Installing pip into it", [*pip, "-r", REQUIREMENTS / "pip.txt"], hint=hint)
            return
        commands = apt_install("python3-venv", debian_package)
        if commands is None:
            raise SetupError(
                f"Python {version} at {base} has no ensurepip, so it cannot make a .venv", hint=hint
            )
        for command in commands:
            run_step(f"Python has no ensurepip: {' '.join(command[2:])}", command, hint=hint)
    run_step(title, own, hint=hint)


def install_lock(lock: str, title: str) -> None:
    """Install the packages that `requirements/<lock>.txt` pins by version and hash."""
    pip = [PYTHON, "-sE", "-m", "pip", "install", "--require-hashes", "-r", REQUIREMENTS / f"{lock}.txt"]
    run_step(title, pip, hint="check the network and pip's configuration, then try again")


def install_project() -> None:
    """Install Polyhost and the Python SDK from this checkout, editable; the lock has all they need."""
    pip = [PYTHON, "-sE", "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    hint = "delete .venv and try again"
    run_step(
        "Installing Polyhost and its Python SDK from this checkout", [*pip, "-e", ROOT, "-e", SDK], hint=hint
    )


def ensure(lock: str, title: str, *, project: bool = False) -> None:
    """Bring `.venv` to the present state of `lock`; does nothing when it is there already.

    Args:
        lock: the name of a file in `requirements/`, without its suffix.
        title: what to show while it is installed.
        project: install the checkout itself too.

    Raises:
        SetupError: a step failed.
    """
    if is_current(lock):
        return
    with only_one():
        if not is_usable():
            create_venv()
        if is_current(lock):
            return
        install_lock(lock, title)
        if project:
            install_project()
        fresh = stamp_of(lock).with_suffix(".new")
        fresh.write_text(fingerprint(lock))
        fresh.replace(stamp_of(lock))
