"""What is noted about a request on its way, for the log and the audit trail: each part writes down what it knows."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

_FACTS: Final = "polyhost.facts"
_HEADER: Final = b"x-request-id"
# What other programs make: UUIDs, ULIDs and the like. Nothing that could break a line of a log.
_FITTING: Final = re.compile(rb"[0-9A-Za-z._-]{1,64}")
_ID_BYTES: Final = 8


@dataclass(kw_only=True, slots=True)
class RequestFacts:
    """Is what is known about one request.

    Attributes:
        request_id: names it, in the answer, the log and the audit trail.
        operation: what it asks for, or empty before that is known.
        target: to what: the words of the path, and what the body names.
        problem: the code of the problem that it was answered with, or empty.
        call: the id of the record that the communication log has of the call that was made, or None.
        is_change: whether the audit trail keeps it, too, when it is done.
    """

    request_id: str
    operation: str = ""
    target: str = ""
    problem: str = ""
    call: int | None = None
    is_change: bool = False

    def note_problem(self, code: str) -> None:
        """Note what went wrong."""
        self.problem = code

    def note_call(self, call_id: int) -> None:
        """Note which record the call has that is made."""
        self.call = call_id


def begin_facts(scope: MutableMapping[str, Any]) -> RequestFacts:
    """Begin to note; the id is the client's, if it has sent one that fits, or a new one."""
    sent = [value for name, value in scope["headers"] if name == _HEADER]
    if len(sent) == 1 and _FITTING.fullmatch(sent[0]):
        request_id = sent[0].decode("ascii")
    else:
        request_id = secrets.token_hex(_ID_BYTES)
    facts = RequestFacts(request_id=request_id)
    scope.setdefault("extensions", {})[_FACTS] = facts
    return facts


def facts_of(scope: Mapping[str, Any]) -> RequestFacts:
    """Return where to note; what is noted is lost where nobody has begun."""
    found: RequestFacts | None = (scope.get("extensions") or {}).get(_FACTS)
    return found if found is not None else RequestFacts(request_id="")
