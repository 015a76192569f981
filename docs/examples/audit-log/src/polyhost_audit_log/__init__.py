"""Keeps who called what in a SQLite file: an extension of Polyhost, and a command that shows the latest calls."""

from polyhost_audit_log._command import main
from polyhost_audit_log._extension import AuditLog
from polyhost_audit_log._store import Call, last_calls

__all__ = ["AuditLog", "Call", "last_calls", "main"]
