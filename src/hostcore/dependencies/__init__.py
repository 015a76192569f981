"""Who requires whom: resolving the requirements of plugins into an order of starts. Pure."""

from hostcore.dependencies._facts import (
    Candidate,
    Dependency,
    DependencyKind,
    DependencyNode,
    DependencyProblem,
    StartOrder,
)
from hostcore.dependencies._resolve import resolve

__all__ = [
    "Candidate",
    "Dependency",
    "DependencyKind",
    "DependencyNode",
    "DependencyProblem",
    "StartOrder",
    "resolve",
]
