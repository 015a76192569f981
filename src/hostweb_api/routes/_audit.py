"""`/api/audit`: who has changed what, and who was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import as_json
from hostweb_api._models import AuditQuery
from hostweb_api._operations import Answer, operation
from hostweb_api._responses import json_response
from hostweb_api.security._audit import AuditTrail
from hostweb_api.security._audit_file import AuditFilter, AuditRecord
from hostweb_api.security._callers import Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditPage:
    """Is a part of the audit trail.

    Attributes:
        records: the newest first.
        next: what to give as `before` for those that follow; None at the end.
        dropped: how many records were not kept since the server was started.
    """

    records: tuple[AuditRecord, ...]
    next: int | None
    dropped: int


_PAGE: Final = Answer(kind=AuditPage, description="Records, the newest first.")


def audit_blueprint(audit: AuditTrail) -> Blueprint:
    """Return the route of the audit trail."""
    routes = Blueprint("audit", __name__)

    @routes.get("/api/audit")
    @operation(
        "showAudit",
        scope=Scope.ADMIN,
        query=AuditQuery,
        answers={200: (_PAGE,)},
        problems=("storage-failed",),
    )
    async def show_audit(query: AuditQuery) -> Response:
        """Show who has changed what, and who was refused, the newest first."""
        wanted = AuditFilter(
            before=query.before,
            since=query.since,
            until=query.until,
            outcome=query.outcome,
            caller=query.caller,
            operation=query.operation,
            target=query.target,
            address=query.address,
            call=query.call,
            calls=query.calls,
        )
        # One more than asked for: it tells whether there is more.
        records = await audit.find(wanted, limit=query.limit + 1)
        shown = tuple(records[: query.limit])
        following = shown[-1].id if len(records) > query.limit else None
        return json_response(as_json(AuditPage(records=shown, next=following, dropped=audit.dropped)))

    return routes
