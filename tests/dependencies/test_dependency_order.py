"""The policy that answers the hook of the start order."""

from __future__ import annotations

from dependency_support import node

from hostcore.dependencies import StartOrder, resolve
from hostcore.hooks import Extensions
from hostcore.policies import BUILT_IN

NODES = (node("clock"), node("report", "clock"))


def decide(**options):
    failures = []
    extensions = Extensions(report=failures.append, **options)
    extensions.register(BUILT_IN["dependency_order"](), name="dependency_order", origin="built-in")
    order = extensions.decide("hostcore_decide_start_order", StartOrder, nodes=NODES)
    assert failures == []
    return order


def test_the_policy_resolves():
    """Its answer is that of the resolver."""
    assert decide() == resolve(NODES)


def test_without_the_policy_nobody_decides():
    """It can be disabled like any other; the host's default holds then."""
    assert decide(disabled=("dependency_order",)) is None
