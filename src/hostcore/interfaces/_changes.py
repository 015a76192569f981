"""Tell in short lines what differs between the interfaces of two versions of a plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hostcore.interfaces._compatibility import compare
from hostcore.interfaces._compatibility_rules import Finding
from hostcore.interfaces._model import Interface

# Enough for a person to see what is going on; whole new interfaces are one line each.
MAX_CHANGES: Final = 100


def describe_changes(old: Mapping[str, Interface], new: Mapping[str, Interface]) -> tuple[str, ...]:
    """List every change between two sets of interfaces, by interface name and with breaks first.

    A line has the interface, the severity and the change, such as
    `KeyValue: break: method-removed at /methods/Put: the method Put is gone`. After `MAX_CHANGES` lines the last one
    says how many more there are.
    """
    lines = [
        line
        for name in sorted(old.keys() | new.keys())
        for line in _lines(name, old.get(name), new.get(name))
    ]
    if len(lines) > MAX_CHANGES:
        return (*lines[: MAX_CHANGES - 1], f"and {len(lines) - MAX_CHANGES + 1} more")
    return tuple(lines)


def describe_finding(finding: Finding) -> str:
    """Say a finding in one line: its rule, where, and the change in words."""
    where = f" at {finding.pointer}" if finding.pointer else ""
    return f"{finding.rule}{where}: {finding.message}"


def _lines(name: str, old: Interface | None, new: Interface | None) -> Iterator[str]:
    if new is None:
        yield f"{name}: break: the interface is gone"
    elif old is None:
        yield f"{name}: ok: the interface is new, {new.version}"
    else:
        if old.version != new.version:
            yield f"{name}: {old.version} became {new.version}"
        for finding in compare(old, new):
            yield f"{name}: {finding.severity}: {describe_finding(finding)}"
