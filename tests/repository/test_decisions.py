"""Records of decisions are complete and listed."""

from __future__ import annotations

import re

from repository import ROOT

FOLDER = ROOT / "docs" / "decisions"
ROW = re.compile(r"^\| \[(\d{4})\]\(([\w-]+\.md)\) \| (.+?) \| (.+?) \|$", re.MULTILINE)
TITLE = re.compile(r"\A# (\d{4}): (.+)\n\nStatus: (.+)\n")


def test_the_index_lists_each_record_with_its_title_and_status():
    """The index and the records say the same, and the numbers have no gap."""
    listed = [tuple(row) for row in ROW.findall((FOLDER / "index.md").read_text())]
    records = []
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        head = TITLE.match(path.read_text())
        assert head, f"{path.name} does not begin with its number, title and status"
        records.append((head[1], path.name, head[2], head[3]))
    assert records
    assert records == listed
    assert [f"{number:04}" for number in range(1, len(records) + 1)] == [number for number, *_ in records]
    assert all(name.startswith(f"{number}-") for number, name, *_ in records)


def test_each_record_has_its_parts():
    """A record says what the question was, what was decided and what follows."""
    parts = ("## Context\n", "## Decision\n", "## Consequences\n")
    lacking = {
        path.name: missing
        for path in FOLDER.glob("[0-9]*.md")
        if (missing := [part.strip() for part in parts if part not in path.read_text()])
    }
    assert lacking == {}
