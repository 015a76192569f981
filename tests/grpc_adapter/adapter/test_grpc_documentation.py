"""The guides of gRPC plugins name every key that a manifest can have for them."""

from __future__ import annotations

import re
from pathlib import Path

from hostcore_grpc._settings import _KEYS
from hostcore_grpc.methods._bind_specs import _ERROR_KEYS, _METHOD_KEYS

GUIDES = Path(__file__).parents[3] / "docs" / "guides"
RUN = (GUIDES / "run-a-go-plugin.md").read_text()
WRITE = (GUIDES / "write-a-plugin-go.md").read_text()

FIRST_CELL = re.compile(r"^\| (`.*?) \|", re.MULTILINE)


def cells(page: str, heading: str) -> list[str]:
    """Return what stands in backquotes in the first column of the tables below a heading."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [name for cell in FIRST_CELL.findall(section) for name in re.findall("`(.+?)`", cell)]


def test_every_key_has_a_row():
    """The table of the guide has the keys of `[grpc]` in their order, and no other."""
    assert list(_KEYS) == cells(RUN, "Every key of `[grpc]`")


def test_every_key_of_a_binding_has_a_row():
    """So has the table of `[grpc.bind]`; `.out` beside `.in` is short for the same method's."""
    known = {
        "service",
        *(f"methods.<Method>.{key}" for key in _METHOD_KEYS),
        *(f"errors.<Error>.{key}" for key in _ERROR_KEYS),
    }
    named = cells(WRITE, "An interface of its own")
    assert known == {f"methods.<Method>{name}" if name.startswith(".") else name for name in named}
