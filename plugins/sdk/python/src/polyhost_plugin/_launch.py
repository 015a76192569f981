"""Runs a plugin's file with the wire secured first: `python -m polyhost_plugin main.py`.

Whatever the file or what it imports prints, even before `plugin.run()`, cannot reach the wire then.
"""

from __future__ import annotations

import os
import sys

from polyhost_plugin._wire import secure

USAGE = 2


def main() -> None:
    """Run the file named first on the command line as the main program."""
    if len(sys.argv) < 2:  # noqa: PLR2004 - the program and one argument
        print("usage: python -m polyhost_plugin FILE [ARGUMENTS]", file=sys.stderr)
        sys.exit(USAGE)
    path = sys.argv[1]
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs start time
            source = file.read()
    except OSError as error:
        print(f"cannot read the plugin's file {path}: {error.strerror}", file=sys.stderr)
        sys.exit(USAGE)
    if os.environ.get("POLYHOST_PLUGIN") == "1":
        secure()
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - pathlib costs start time
    module = type(sys)("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    exec(compile(source, path, "exec"), module.__dict__)  # noqa: S102 - running that file is what this is for
