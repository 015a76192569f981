"""Keeps plugins running: starts, watches, restarts and stops their processes."""

from hostcore.supervision._build import build_if_needed
from hostcore.supervision._facts import (
    Environs,
    HealthContext,
    HealthDecision,
    RestartContext,
    RestartDecision,
    Verdict,
)
from hostcore.supervision._instance import Instance
from hostcore.supervision._states import BEST_FIRST, TRANSITIONS, check_transition
from hostcore.supervision._supervisor import PluginSupervisor

__all__ = [
    "BEST_FIRST",
    "TRANSITIONS",
    "Environs",
    "HealthContext",
    "HealthDecision",
    "Instance",
    "PluginSupervisor",
    "RestartContext",
    "RestartDecision",
    "Verdict",
    "build_if_needed",
    "check_transition",
]
