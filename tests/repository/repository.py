"""What the tests of the repository share: where it is, and its tracked files."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


@functools.cache
def tracked_files() -> tuple[Path, ...]:
    """Return the files that git tracks and that are there, absolute."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=30)
    paths = (ROOT / name.decode() for name in listing.stdout.split(b"\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def shown(path: Path) -> str:
    """Return the path as messages show it."""
    return str(path.relative_to(ROOT))
