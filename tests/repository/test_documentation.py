"""What the documentation shows is run, and what it repeats is the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from repository import EXAMPLES, ROOT, shown

EXAMPLE_SECONDS = 60.0  # a slow machine starts a host and a plugin in two
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MADE = ("__pycache__", "node_modules", ".build", "polyhost-data")  # what running an example leaves beside it
PAGES = [page for page in PAGES if not {"_build", *MADE} & set(page.parts)]

COPIED = re.compile(r"^<!-- from (\S+) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INCLUDED = re.compile(r"^```\{literalinclude\} (\S+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+?)(?:#[\w-]+)?\)")
PROGRAMS = sorted(EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_examples_run(program, tmp_path):
    """Each program under docs/examples does, without a warning, what the file beside it says that it prints."""
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns(*MADE))
    expected = program.with_suffix(".out").read_text()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        [sys.executable, "-W", "error", program.name],
        cwd=tmp_path / "examples",
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=EXAMPLE_SECONDS,
        check=False,
    )
    assert (0, expected, "") == (result.returncode, result.stdout, result.stderr)


def test_there_are_examples():
    """The test above has something to run."""
    assert PROGRAMS


def test_copied_blocks_are_the_files_that_they_name():
    """A block after `<!-- from FILE -->` has the file's text, but for a docstring at its top."""
    wrong = []
    for page in PAGES:
        for name, text in COPIED.findall(page.read_text()):
            source = re.sub(r'\A""".*?"""\n\n', "", (ROOT / name).read_text(), flags=re.DOTALL)
            if source != text:
                wrong.append(f"{shown(page)}: {name}")
    assert wrong == []


def test_the_readme_copies_its_python():
    """No Python or TOML stands in the README that is not a tested file."""
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```(?:python|toml)$", text, re.MULTILINE)
    assert blocks
    assert len(COPIED.findall(text)) == len(blocks)


def test_each_example_is_shown():
    """A file under docs/examples that no page shows is not an example; a copy of one that is shown will do."""
    used = {
        (page.parent / name).resolve() for page in PAGES for name in INCLUDED.findall(page.read_text())
    } | {ROOT / name for page in PAGES for name, _ in COPIED.findall(page.read_text())}
    kinds = {".py", ".toml", ".sh", ".js", ".json", ".go", ".proto"}
    files = [
        path
        for path in EXAMPLES.rglob("*")
        if path.suffix in kinds and not path.match("*.pb.go") and path.name != "package-lock.json"
    ]
    files = [path for path in files if not set(MADE) & set(path.parts)]
    texts = {path.read_bytes() for path in used}
    assert [shown(path) for path in files if path not in used and path.read_bytes() not in texts] == []


@pytest.mark.parametrize(
    "page",
    [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md"))],
    ids=shown,
)
def test_links_between_files_lead_somewhere(page):
    """A relative link in a Markdown file leads to a file that is there."""
    targets = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


def test_every_room_stands_in_the_architecture():
    """The page about the architecture tells of each package beside `hostcore`, and of each room of it and of the server."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    folders = (ROOT / "src", ROOT / "src/hostcore", ROOT / "src/hostweb_api")
    rooms = {each.parent.name for folder in folders for each in folder.glob("*/__init__.py")} - {"hostcore"}
    told = set(re.findall(r"`(?:hostcore\.)?(\w+)`", page))
    assert sorted(rooms - told) == []
