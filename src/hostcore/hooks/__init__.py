"""The public hooks: how extensions, and the built-in policies, take part in what the host does."""

from hostcore.hooks._control import CallStream, HostControl, Subscription
from hostcore.hooks._extensions import ASYNC_HOOK_SECONDS, Extensions
from hostcore.hooks._facts import (
    Answer,
    BackgroundTask,
    CallInfo,
    CallInterceptor,
    CallInterceptorBase,
    CallObserver,
    CallObserverBase,
    CheckedSources,
    ReloadContext,
    RouteCandidate,
    SourceGuard,
    TransportContext,
    TransportOffer,
)
from hostcore.hooks._failures import FAILURES
from hostcore.hooks._interceptors import InterceptorChain, compose, compose_for
from hostcore.hooks._loading import ENTRY_POINT_GROUP
from hostcore.hooks._notifications import dispatch_events
from hostcore.hooks._observers import CallerGoneError, Observation, observe, outcome_of
from hostcore.hooks._specs import HostHooks, Purpose, hookimpl, hookspec
from hostcore.supervision import (
    HealthContext,
    HealthDecision,
    RestartContext,
    RestartDecision,
    Verdict,
)

__all__ = [
    "ASYNC_HOOK_SECONDS",
    "ENTRY_POINT_GROUP",
    "FAILURES",
    "Answer",
    "BackgroundTask",
    "CallInfo",
    "CallInterceptor",
    "CallInterceptorBase",
    "CallObserver",
    "CallObserverBase",
    "CallStream",
    "CallerGoneError",
    "CheckedSources",
    "Extensions",
    "HealthContext",
    "HealthDecision",
    "HostControl",
    "HostHooks",
    "InterceptorChain",
    "Observation",
    "Purpose",
    "ReloadContext",
    "RestartContext",
    "RestartDecision",
    "RouteCandidate",
    "SourceGuard",
    "Subscription",
    "TransportContext",
    "TransportOffer",
    "Verdict",
    "compose",
    "compose_for",
    "dispatch_events",
    "hookimpl",
    "hookspec",
    "observe",
    "outcome_of",
]
