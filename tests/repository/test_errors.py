"""Errors, their codes and the page that explains them hold together."""

from __future__ import annotations

import re

import hostcore.errors
from hostcore.errors import HostError, ProtocolError
from hostweb_api import PROBLEMS
from repository import ROOT

PAGE = ROOT / "docs" / "reference" / "errors.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| `(\w+)` \| (\d{3}) \| (.+) \|$", re.MULTILINE)

ERRORS = {
    name: value
    for name in hostcore.errors.__all__
    if issubclass(value := getattr(hostcore.errors, name), HostError | ProtocolError)
}


def test_codes_are_unique():
    """No two errors share a code, but a root may lend its own to one branch."""
    by_code: dict[str, list[type]] = {}
    for error in ERRORS.values():
        by_code.setdefault(error.code, []).append(error)
    shared = {
        code: [error.__name__ for error in errors]
        for code, errors in by_code.items()
        if len(errors) > 1
        and not (len(errors) == 2 and issubclass(errors[1], errors[0]) | issubclass(*errors))
    }
    assert shared == {}


def test_codes_are_kebab_case():
    """A code can stand in a URN, a shell and a TOML key as it is."""
    assert [
        error.code for error in ERRORS.values() if not re.fullmatch(r"[a-z]+(-[a-z]+)*", error.code)
    ] == []


def test_each_error_is_documented():
    """The page of errors lists each code with the class that is raised and its HTTP status."""
    documented = {(code, name) for code, name, _, _ in ROW.findall(PAGE.read_text())}
    lent = {"ProtocolError"}  # its code is that of `RemoteProtocolError`, the one that is raised
    assert documented == {(error.code, name) for name, error in ERRORS.items() if name not in lent}


def test_documented_statuses_are_those_of_the_server():
    """The HTTP status on the page is the one that the REST server answers with."""
    documented = {code: int(status) for code, _, status, _ in ROW.findall(PAGE.read_text())}
    assert documented == {code: PROBLEMS[code][0] for code in documented}
