"""What no tracked file may hold: the places of one machine, and where packages come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from repository import ROOT, shown, tracked_files

# Written in parts, so that this file does not hold what it looks for.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("repo1", "maven", "org"),
        ("deb", "debian", "org"),
    )
]
# Where this checkout and its user are, and where those of build machines usually are.
MACHINE_PATHS = [
    *(re.escape(str(path)) for path in (ROOT, Path.home()) if len(path.parts) > 2),
    "/" + "root/",
    "/" + "work/",
    "/" + "opt/wheels",
]
INDEX_OPTIONS = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "--trusted" + "-host"]


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(re.compile("|".join(map(re.escape, REGISTRIES)), re.IGNORECASE), id="registries"),
        pytest.param(re.compile("(?<![\\w.])(?:" + "|".join(MACHINE_PATHS) + ")"), id="machine-paths"),
    ],
)
def test_no_tracked_file_depends_on_one_machine(pattern):
    """The repository names no package registry and no path of the machine that it was written on."""
    assert tracked_files()
    found = [
        f"{shown(path)}:{number}: {line.strip()[:120]}"
        for path in tracked_files()
        for number, line in enumerate(path.read_bytes().decode(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_lock_files_have_no_index():
    """Lock files say what is installed, never where it comes from."""
    locks = [path for path in tracked_files() if path.parent.name == "requirements"]
    assert locks
    options = [
        f"{shown(path)}: {line}"
        for path in locks
        for line in path.read_text().splitlines()
        if any(option in line for option in INDEX_OPTIONS) or line.startswith("-") or "://" in line
    ]
    assert options == []


def test_text_files_end_with_a_newline():
    """A tracked text file ends with exactly one newline, so that diffs stay small."""
    suffixes = {".md", ".py", ".toml", ".sh", ".go", ".js", ".mjs", ".json", ".txt"}
    texts = [path for path in tracked_files() if path.suffix in suffixes and "vectors" not in path.parts]
    wrong = [
        shown(path) for path in texts if (data := path.read_bytes()) and not re.search(rb"[^\n]\n\Z", data)
    ]
    assert wrong == []
