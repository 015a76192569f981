"""Tells the audit trail of the calls of one live websocket."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hostweb_api._operations import target_of
from hostweb_api._request_facts import facts_of
from hostweb_api.security._audit_file import CALL_OPERATION
from hostweb_api.serving._observer import record_of

if TYPE_CHECKING:
    from hostcore.snapshots import MethodSnapshot
    from hostweb_api._problems import Problem
    from hostweb_api.live._messages import CallOpen
    from hostweb_api.security._audit import AuditTrail

_OK: Final = 200


class CallAudit:
    """Notes calls as if each of them had been a request of its own.

    Args:
        audit: keeps what it wants.
        scope: the ASGI scope of the websocket.
    """

    def __init__(self, audit: AuditTrail, scope: Any) -> None:
        self._audit = audit
        self._scope = scope

    def ended(
        self, asked: CallOpen, method: MethodSnapshot | None, call: int | None, problem: Problem | None
    ) -> None:
        """Note a call that has an outcome.

        Args:
            asked: what the client wanted.
            method: the method; None where no interface file has it.
            call: the id of its record in the communication log, or None.
            problem: what went wrong, or None.
        """
        if self._audit.wants_call(read_only=method is not None and method.read_only):
            self._note(asked, problem, call, is_refused=False)

    def refused(self, asked: CallOpen, problem: Problem) -> None:
        """Note a call that the client may not make."""
        self._note(asked, problem, None, is_refused=True)

    def _note(self, asked: CallOpen, problem: Problem | None, call: int | None, *, is_refused: bool) -> None:
        facts = replace(
            facts_of(self._scope),
            operation=CALL_OPERATION,
            target=target_of((asked.plugin, asked.method)),
            problem="" if problem is None else problem.code,
            call=call,
        )
        status = _OK if problem is None else problem.status
        self._audit.note(record_of(self._scope, facts, status, is_refused=is_refused))
