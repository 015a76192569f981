"""Every exception from a rule of the checkers says which rule and why."""

from __future__ import annotations

import io
import re
import tokenize

from repository import shown, tracked_files

MARK = re.compile(r"#\s*(noqa|type:\s*ignore|mypy:|ruff:|pragma:\s*no cover|pylint:|pyright:)", re.IGNORECASE)
NOQA = re.compile(r"#\s*noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*")
TYPE_IGNORE = re.compile(r"#\s*type:\s*ignore\[[a-z, -]+\]")
NO_COVER = re.compile(r"#\s*pragma:\s*no cover")
REASON_WORDS = 2  # one word is no reason


def faults_of(comment: str) -> list[str]:
    """Say what is missing in a comment that turns a checker off."""
    rest, hits = comment, 0
    for form in (NOQA, TYPE_IGNORE, NO_COVER):
        rest, count = form.subn("", rest)
        hits += count
    if MARK.search(rest) or hits == 0:
        return ["names no code"]
    return [] if len(re.findall(r"\w+", rest)) >= REASON_WORDS else ["gives no reason"]


def test_each_ignore_names_its_code_and_its_reason():
    """A `noqa`, `type: ignore` or `no cover` has a code and a reason on its line."""
    sources = [path for path in tracked_files() if path.suffix == ".py"]
    assert sources
    faults = [
        f"{shown(path)}:{token.start[0]}: {fault}: {token.string}"
        for path in sources
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        if token.type == tokenize.COMMENT and MARK.search(token.string)
        for fault in faults_of(token.string)
    ]
    assert faults == []


def test_what_is_missing_is_found():
    """The check itself tells a bare ignore, one without a reason and a good one apart."""
    assert faults_of("# " + "noqa") == ["names no code"]
    assert faults_of("# " + "type: ignore - it is fine this way") == ["names no code"]
    assert faults_of("# " + "noqa: S101") == ["gives no reason"]
    assert faults_of("# " + "type: ignore[misc]") == ["gives no reason"]
    assert faults_of("# " + "noqa: S101, PLR2004 - set before the event") == []
    assert faults_of("# " + "type: ignore[misc]  # a bound default") == []
