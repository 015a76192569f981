"""The figures that extensions offer, as one list."""

from __future__ import annotations

from typing import Final

from hostcore.hooks import Extensions, HostControl
from hostcore.metrics import MetricFamily

HOOK: Final = "hostcore_provide_metrics"


def collect_metrics(extensions: Extensions, host: HostControl) -> tuple[MetricFamily, ...]:
    """Collect the figures that extensions offer, sorted by name; a second family of one name is that extension's failure.

    Args:
        extensions: whose figures they are.
        host: what extensions see.
    """
    families: dict[str, MetricFamily] = {}
    # Those that were registered first have the first claim to a name: policies before extensions.
    for extension, family in reversed(extensions.collect_named(HOOK, MetricFamily, host=host)):
        if family.name in families:
            extensions.failed(extension, HOOK, ValueError(f"there is a metric {family.name} already"))
        else:
            families[family.name] = family
    return tuple(family for _, family in sorted(families.items()))
