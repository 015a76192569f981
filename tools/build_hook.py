"""Puts the built console into wheels and source archives, so that an installation needs no Node."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from console import BUILT, HOST_WEB, build
from environment import ROOT, SetupError


class ConsoleHook(BuildHookInterface[Any]):
    """Builds the console where its sources are, and names its files to the builder."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the console; where it cannot be built, warn and go on without it: a host works without one."""
        if version == "editable":  # the checkout serves what it has built
            return
        if (HOST_WEB / "package.json").exists():  # a source archive has the result only
            try:
                build()
            except SetupError as error:
                self.app.display_warning(f"{error}; {error.hint}")
        if not (BUILT / "index.html").is_file():
            self.app.display_warning("There is no console in this build.")
            return
        inside = "hostweb_api/_console" if self.target_name == "wheel" else BUILT.relative_to(ROOT).as_posix()
        build_data["force_include"][str(BUILT)] = inside
