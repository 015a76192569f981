"""The command line `polyhost`: the composition root, and a client of a running server.

Nothing but this shim is imported until a command is chosen, so that a plain client command starts in the time
of Python, click and one HTTP request.
"""

from __future__ import annotations

from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line of this process and exit with its code."""
    from hostcore.cli._app import run  # noqa: PLC0415 - an import of the package alone must stay free

    raise SystemExit(run())
