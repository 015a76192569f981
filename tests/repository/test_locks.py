"""The lock files fit what `pyproject.toml` asks for."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SDK = tomllib.loads((ROOT / "plugins" / "sdk" / "python" / "pyproject.toml").read_text())
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)

RUN = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["server"],
    *SDK["project"]["dependencies"],
    *PROJECT["dependency-groups"]["build"],
]
GROUPS = PROJECT["dependency-groups"]
LOCKS = {
    "run": RUN,
    "dev": RUN + [text for name in ("test", "lint", "docs", "changelog", "nox") for text in GROUPS[name]],
    "benchmark": GROUPS["benchmark"],
    "nox": GROUPS["nox"],
    "node": GROUPS["node"],
    "go": GROUPS["go"],
    "pip": GROUPS["pip"],
}


def pins_of(lock: str) -> dict[str, list[Version]]:
    """Return the pinned versions by name; there are several where they depend on the Python."""
    pins: dict[str, list[Version]] = {}
    for name, version in PIN.findall((ROOT / "requirements" / f"{lock}.txt").read_text()):
        pins.setdefault(canonicalize_name(name), []).append(Version(version))
    return pins


@pytest.mark.parametrize("lock", LOCKS)
def test_each_dependency_is_pinned_as_asked_for(lock):
    """Every requirement is in its lock file, at versions that it allows; `nox -s lock` mends it."""
    pins = pins_of(lock)
    unmet = [
        text
        for text in LOCKS[lock]
        if not (versions := pins.get(canonicalize_name((asked := Requirement(text)).name)))
        or not all(asked.specifier.contains(version) for version in versions)
    ]
    assert unmet == []


def test_the_list_of_locks_is_complete():
    """Each lock file is checked here."""
    assert sorted(LOCKS) == sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))


def test_locks_agree():
    """A package has the same versions in every lock file, so that tests run with what users get."""
    reference = pins_of("dev")
    different = {
        (lock, name): versions
        for lock in LOCKS
        for name, versions in pins_of(lock).items()
        if name in reference and reference[name] != versions
    }
    assert different == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_each_pin_has_hashes(lock):
    """Nothing is pinned by version alone."""
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements" / f"{lock}.txt").read_text())
    pinned = [block for block in blocks if PIN.match(block)]
    assert pinned
    assert [block.splitlines()[0] for block in pinned if "--hash=sha256:" not in block] == []
