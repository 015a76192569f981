"""SQLite files that are private to their user: opened with care, and written by one thread."""

from hostcore.storage._database import Database, Layout, Statement
from hostcore.storage._private import make_private

__all__ = ["Database", "Layout", "Statement", "make_private"]
