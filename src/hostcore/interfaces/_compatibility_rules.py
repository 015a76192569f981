"""The rules that judge changes of an interface: what each means for those who know the old version."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hostcore.interfaces._dialect import Path
from hostcore.interfaces._meta import json_pointer


class Severity(enum.StrEnum):
    """Says what a change means for those who know the old version."""

    BREAK = "break"
    WARN = "warn"
    OK = "ok"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Is one change between two versions of an interface.

    Attributes:
        rule: the stable id of the rule that judged it; `docs/reference/interface-files.md` explains each.
        severity: what it means.
        pointer: JSON pointer into the new file; into the old one for what was removed.
        message: the change in words.
    """

    rule: str
    severity: Severity
    pointer: str
    message: str


_BREAK, _WARN, _OK = Severity.BREAK, Severity.WARN, Severity.OK


class Direction(enum.Enum):
    """Says who writes the values of a schema: the caller (params) or the plugin (results)."""

    PARAMS = 0
    RESULTS = 1


# Each rule with its severity: one for both, or a pair for values that callers write and that plugins write.
RULES: Final[Mapping[str, Severity | tuple[Severity, Severity]]] = {
    "interface-renamed": _BREAK,
    "version-lowered": _BREAK,
    "version-not-raised": _WARN,
    "major-not-raised": _BREAK,
    "method-added": _OK,
    "method-removed": _BREAK,
    "stream-added": _BREAK,
    "stream-removed": _BREAK,
    "idempotent-added": _OK,
    "idempotent-removed": _BREAK,
    "read-only-added": _OK,
    "read-only-removed": _BREAK,
    "timeout-lowered": _WARN,
    "error-added": _OK,
    "error-removed": _WARN,
    "error-code-changed": _BREAK,
    "error-retryable-changed": _WARN,
    "property-added": (_OK, _OK),
    "property-added-to-closed": (_OK, _BREAK),
    "property-added-required": (_BREAK, _OK),
    "property-removed": (_WARN, _BREAK),
    "property-removed-from-closed": (_BREAK, _BREAK),
    "property-made-required": (_BREAK, _OK),
    "property-made-optional": (_OK, _BREAK),
    "properties-closed": (_WARN, _OK),
    "properties-opened": (_OK, _WARN),
    "type-widened": (_OK, _BREAK),
    "type-narrowed": (_BREAK, _OK),
    "type-changed": (_BREAK, _BREAK),
    "enum-value-added": (_OK, _BREAK),
    "enum-value-added-to-open": (_OK, _OK),
    "enum-value-removed": (_BREAK, _OK),
    "limit-widened": (_OK, _BREAK),
    "limit-narrowed": (_BREAK, _OK),
    "pattern-changed": (_BREAK, _BREAK),
    "alternative-added": (_OK, _BREAK),
    "alternative-removed": (_BREAK, _OK),
    "binary-changed": (_BREAK, _BREAK),
    "keyword-added": (_BREAK, _OK),
    "keyword-removed": (_OK, _BREAK),
    "keyword-changed": (_BREAK, _BREAK),
    "default-changed": (_WARN, _OK),
    "format-changed": (_WARN, _WARN),
}


def judge(rule: str, path: Path, message: str, direction: Direction | None = None) -> Finding:
    """Make a finding of a change.

    Args:
        rule: the rule that judges it.
        path: where it is.
        message: the change in words.
        direction: who writes the values, for a rule that asks for it.
    """
    judged = RULES[rule]
    if isinstance(judged, tuple):
        judged = judged[(direction or Direction.PARAMS).value]
    return Finding(rule=rule, severity=judged, pointer=json_pointer(path), message=message)
