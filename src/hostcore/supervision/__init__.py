"""Keeps plugins running: starts, watches, restarts and stops their processes."""

from hostcore.supervision._build import build_if_needed
from hostcore.supervision._facts import (
    Blueprint,
    Environs,
    HealthContext,
    HealthDecision,
    RestartContext,
    RestartDecision,
    Verdict,
)
from hostcore.supervision._instance import Instance
from hostcore.supervision._replacement import Exchange
from hostcore.supervision._states import BEST_FIRST, TRANSITIONS, check_transition
from hostcore.supervision._supervisor import PluginSupervisor
from hostcore.supervision._usage import Usage, UsageSampler

__all__ = [
    "BEST_FIRST",
    "TRANSITIONS",
    "Blueprint",
    "Environs",
    "Exchange",
    "HealthContext",
    "HealthDecision",
    "Instance",
    "PluginSupervisor",
    "RestartContext",
    "RestartDecision",
    "Usage",
    "UsageSampler",
    "Verdict",
    "build_if_needed",
    "check_transition",
]
