"""The public hooks: how extensions, and the built-in policies, take part in what the host does."""

from hostcore.hooks._extensions import ENTRY_POINT_GROUP, Extensions, ExtensionSnapshot
from hostcore.hooks._specs import HostHooks, Purpose, hookimpl
from hostcore.supervision import RestartContext, RestartDecision

__all__ = [
    "ENTRY_POINT_GROUP",
    "ExtensionSnapshot",
    "Extensions",
    "HostHooks",
    "Purpose",
    "RestartContext",
    "RestartDecision",
    "hookimpl",
]
