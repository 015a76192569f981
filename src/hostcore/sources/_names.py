"""Which names files of plugins may have: those that can be written down, and mean the same everywhere."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST_NAME: Final = 255
"""Bytes of one name: what Linux file systems take."""


def check_name(name: str) -> str | None:
    """Say what is wrong with the name of one file or folder; None when nothing is."""
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        return "has a name that is not UTF-8"
    if any(unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} for each in name):
        return "has a control character in its name"
    if name in {"", ".", ".."} or "/" in name:
        return "has a name that is none"
    if len(encoded) > LONGEST_NAME:
        return f"has a name of more than {LONGEST_NAME} bytes"
    return None
