"""Sphinx configuration: Markdown through MyST, the furo theme, nothing loaded from other hosts."""

from __future__ import annotations

import importlib.metadata

project = "Polyhost"
author = "The Polyhost developers"
copyright = "The Polyhost developers"  # noqa: A001 - the name that Sphinx asks for
release = importlib.metadata.version("polyhost")
version = release

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "examples"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"Polyhost {release}"
