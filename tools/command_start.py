"""Sets the checkout up and starts a host with the example plugins: the program behind `./start`."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import NoReturn

from environment import ROOT, SCRIPTS, VENV, SetupError, ensure, is_current, say
from needs import missing, tool_environment

HELP = """\
Usage: ./start [--setup-only] [ARGUMENTS OF polyhost serve]

Creates .venv, installs Polyhost and its Python SDK from the lock files, gets Node and Go if they are
missing, and starts `polyhost serve` with the example plugins and the data folder polyhost-data
of the checkout, in which `polyhost list` and the other commands look for the server, too.

  --setup-only   stop after the installation
  --help         show this text; the options of the server: .venv/bin/polyhost serve --help

PYTHON=/path/to/python3 chooses the interpreter for .venv (3.11 or newer).
"""


TOOLS = ("node", "go", "perl")
TOOLS_STAMP = VENV / ".polyhost-tools"


def is_current_tools() -> bool:
    """Say whether the tools were found before and are there still: asking each its version takes too long."""
    path = tool_environment()["PATH"]
    try:
        return TOOLS_STAMP.read_text() == path and all(shutil.which(name, path=path) for name in TOOLS)
    except OSError:
        return False


def set_up() -> None:
    """Install what a host with the example plugins needs; fast when all is there.

    A tool that cannot be had is no reason to keep the other plugins down: it is named here, and the host
    shows its plugins as failed.
    """
    began = time.monotonic()
    if is_current("run") and is_current_tools():
        return
    ensure("run", "Installing the locked packages into .venv", project=True)
    if not missing(TOOLS):
        TOOLS_STAMP.write_text(tool_environment()["PATH"])
    say(f"==> Set up in {time.monotonic() - began:.0f} s")


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
