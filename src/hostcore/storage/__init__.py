"""SQLite files that are private to their user: opened with care, and written by one thread."""

from hostcore.storage._database import BUSY_SECONDS, Database, Layout, Statement, leaves_open
from hostcore.storage._private import make_private

__all__ = ["BUSY_SECONDS", "Database", "Layout", "Statement", "leaves_open", "make_private"]
