"""The public hooks: how extensions, and the built-in policies, take part in what the host does."""

from hostcore.hooks._control import CallStream, HostControl, Subscription
from hostcore.hooks._extensions import ENTRY_POINT_GROUP, Extensions
from hostcore.hooks._facts import (
    Answer,
    BackgroundTask,
    CallInfo,
    CallInterceptor,
    CallInterceptorBase,
    ReloadContext,
    RouteCandidate,
    TransportContext,
    TransportOffer,
)
from hostcore.hooks._specs import HostHooks, Purpose, hookimpl
from hostcore.supervision import (
    HealthContext,
    HealthDecision,
    RestartContext,
    RestartDecision,
    Verdict,
)

__all__ = [
    "ENTRY_POINT_GROUP",
    "Answer",
    "BackgroundTask",
    "CallInfo",
    "CallInterceptor",
    "CallInterceptorBase",
    "CallStream",
    "Extensions",
    "HealthContext",
    "HealthDecision",
    "HostControl",
    "HostHooks",
    "Purpose",
    "ReloadContext",
    "RestartContext",
    "RestartDecision",
    "RouteCandidate",
    "Subscription",
    "TransportContext",
    "TransportOffer",
    "Verdict",
    "hookimpl",
]
