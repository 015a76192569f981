"""Turns `runtime` and `entry` of a manifest into a command."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hostcore.errors import LaunchError
from hostcore.hooks import hookimpl
from hostcore.manifest import Manifest

PYTHON_LAUNCHER: Final = ("-m", "polyhost_plugin")
"""The SDK's launcher: it secures the wire before the plugin's own code is imported."""


class RuntimeCommands:
    """Knows the runtimes: `python` is the host's own interpreter with the SDK, `node` the one next to it or on PATH.

    The first word of a `command` that has a slash is relative to the plugin's folder; another one is looked up
    among the scripts of the host's environment, then on PATH.
    """

    @hookimpl
    def hostcore_decide_command(self, manifest: Manifest) -> Sequence[str] | None:
        """Make the command, with the program as an absolute path where it can be found."""
        if manifest.command is not None:
            program, *arguments = manifest.command
            return [self._find(program, manifest), *arguments]
        if manifest.runtime == "python":
            return [sys.executable, *PYTHON_LAUNCHER, str(manifest.entry)]
        if manifest.runtime is not None:
            return [self._find(manifest.runtime, manifest), str(manifest.entry)]
        return None

    @staticmethod
    def _find(program: str, manifest: Manifest) -> str:
        if "/" in program:
            return str(manifest.folder / program)
        found = shutil.which(program, path=search_path(os.environ.get("PATH", os.defpath)))
        if found is None:
            hint = f"install {program}, or put its folder on PATH"
            if manifest.command is None:
                hint += '; runtimes are "python", and programs that run a file, such as "node"'
            raise LaunchError(
                f"cannot start {manifest.id}: there is no program {program} on this machine",
                location=str(manifest.file),
                hint=hint,
            )
        return found


def search_path(path: str) -> str:
    """Put the scripts of the host's own environment before PATH."""
    return os.pathsep.join((str(Path(sys.executable).parent), path))
