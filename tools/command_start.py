"""Sets the checkout up and starts a host with the example plugins: the program behind `./start`."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import NoReturn

import console
from environment import ROOT, SCRIPTS, VENV, SetupError, ensure, is_current, say
from needs import NEEDS, is_there, missing, tool_environment

HELP = """\
Usage: ./start [--setup-only] [ARGUMENTS OF polyhost serve]

Creates .venv, installs Polyhost and its Python SDK from the lock files, gets Node and Go if they are
missing, builds the console, and starts `polyhost serve` with the example plugins and the data folder polyhost-data
of the checkout, in which `polyhost list` and the other commands look for the server, too.

  --setup-only   stop after the installation
  --help         show this text; the options of the server: .venv/bin/polyhost serve --help

PYTHON=/path/to/python3 chooses the interpreter for .venv (3.11 or newer).
"""


TOOLS = ("node", "go", "perl")
TOOLS_STAMP = VENV / ".polyhost-tools"


def tools_found() -> str:
    """Return what was looked for, and where, as one text."""
    wanted = " ".join(f"{name}>={'.'.join(map(str, NEEDS[name].oldest))}" for name in TOOLS)
    return f"{wanted}\n{tool_environment()['PATH']}"


def is_current_tools() -> bool:
    """Say whether the tools were found before and are there still: asking each its version takes too long."""
    path = tool_environment()["PATH"]
    try:
        return TOOLS_STAMP.read_text() == tools_found() and all(
            shutil.which(name, path=path) for name in TOOLS
        )
    except OSError:
        return False


def set_up() -> None:
    """Install what a host with the example plugins needs; fast when all is there.

    A tool that cannot be had is no reason to keep the other plugins down: it is named here, and the host
    shows its plugins as failed.
    """
    began = time.monotonic()
    if is_current("run") and is_current_tools() and console.is_current():
        return
    ensure("run", "Installing the locked packages into .venv", project=True)
    if not is_current_tools() and not missing(TOOLS):
        TOOLS_STAMP.write_text(tools_found())
    build_console()
    say(f"==> Set up in {time.monotonic() - began:.0f} s")


def build_console() -> None:
    """Build the console if it can be; the host serves its API without one."""
    if console.is_current():
        return
    if not is_there("node"):
        say("==> Without Node there is no console; the API and the command line work")
        return
    try:
        console.build()
    except SetupError as error:
        say(f"{error}\n    To mend it: {error.hint}")


def main() -> int:
    """Run `./start`; return the exit status, unless the server takes our place."""
    arguments = sys.argv[1:]
    if arguments in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    try:
        set_up()
    except SetupError as error:
        say(f"start: {error}\n    To mend it: {error.hint}")
        return 1
    if "--setup-only" not in arguments:
        serve(arguments)
    return 0


def serve(arguments: list[str]) -> NoReturn:
    """Let the server take our place, so that signals and the exit status are its own."""
    program = str(SCRIPTS / "polyhost")
    command = [program, "serve", "--plugins", str(ROOT / "plugins"), "--data", str(ROOT / "polyhost-data")]
    os.execve(program, command + arguments, tool_environment())


if __name__ == "__main__":
    sys.exit(main())
