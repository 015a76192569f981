"""Builds the console when its sources have changed; standard library only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from environment import ROOT, activated, clean_environment, only_one, run_step

HOST_WEB: Final = ROOT / "host_web"
BUILT: Final = HOST_WEB / "build" / "client"
# Beside what was built, so that it goes when that goes.
_STAMP: Final = HOST_WEB / "build" / ".sources"
_INSTALLED: Final = HOST_WEB / "node_modules" / ".polyhost-lock"
# All that a build reads, by pattern; tests and their configuration are not among it.
_SOURCES: Final = (
    *("app/**/*", "public/**/*", "package.json", "package-lock.json", ".npmrc", "tsconfig.json"),
    *("vite.config.ts", "react-router.config.ts"),
)
_HINT: Final = (
    "the API and the command line work without the console; `npm ci && npm run build` in host_web shows more"
)


def _sources() -> Iterator[Path]:
    for pattern in _SOURCES:
        for path in sorted(HOST_WEB.glob(pattern)):
            if path.is_file() and ".test." not in path.name:
                yield path


def sources_hash() -> str:
    """Return the hash of all that decides how the console is built."""
    digest = hashlib.sha256()
    for path in _sources():
        name = path.relative_to(HOST_WEB).as_posix().encode()
        content = path.read_bytes()
        digest.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return digest.hexdigest()


def is_current() -> bool:
    """Say whether the console is built from its present sources; takes a few milliseconds."""
    try:
        return (BUILT / "index.html").is_file() and _STAMP.read_text() == sources_hash()
    except OSError:
        return False


def install_packages() -> None:
    """Install what the lock file names, unless it is installed; npm must be on the PATH of `.venv`.

    Raises:
        SetupError: npm failed.
    """
    lock = hashlib.sha256((HOST_WEB / "package-lock.json").read_bytes()).hexdigest()
    if _INSTALLED.is_file() and _INSTALLED.read_text() == lock:
        return
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    environ = activated(clean_environment())
    run_step("Installing what the console is built with", npm, hint=_HINT, cwd=HOST_WEB, environ=environ)
    _INSTALLED.write_text(lock)


def build() -> None:
    """Build the console when it is not current; npm must be on the PATH of `.venv`.

    Raises:
        SetupError: npm or the build failed.
    """
    if is_current():
        return
    with only_one():
        if is_current():
            return
        install_packages()
        made_of = sources_hash()
        environ = activated(clean_environment())
        run_step("Building the console", ["npm", "run", "build"], hint=_HINT, cwd=HOST_WEB, environ=environ)
        _STAMP.write_text(made_of)
