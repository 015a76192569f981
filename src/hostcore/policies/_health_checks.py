"""Judges running instances by their pings, their memory, their CPU and their age."""

from __future__ import annotations

from typing import Final

from hostcore.hooks import HealthContext, HealthDecision, Verdict, hookimpl
from hostcore.policies._words import in_bytes, in_words
from hostcore.snapshots import Reason

_HEALTHY: Final = HealthDecision(verdict=Verdict.HEALTHY)


class HealthChecks:
    """Follows the manifest's `[health]`, `[recycle]` and `limits.memory`; what harms most is looked at first."""

    @hookimpl
    def hostcore_decide_health(self, context: HealthContext) -> HealthDecision:
        """Decide from the context alone: kill, then degraded, then recycle, else healthy."""
        return _too_bad(context) or _not_well(context) or _too_old(context) or _HEALTHY


def _decision(verdict: Verdict, code: str, text: str) -> HealthDecision:
    return HealthDecision(verdict=verdict, reason=Reason(code=code, text=text))


def _too_bad(context: HealthContext) -> HealthDecision | None:
    spec, limit, used = context.spec, context.memory_limit, context.rss_bytes
    if limit is not None and used is not None and used > limit:
        return _decision(
            Verdict.KILL,
            "memory-exceeded",
            f"it uses {in_bytes(used)} of memory, more than limits.memory allows: {in_bytes(limit)}",
        )
    if context.missed >= spec.misses:
        within = in_words(spec.timeout)
        pings = f"{spec.misses} pings in a row, each" if spec.misses > 1 else "a ping"
        return _decision(Verdict.KILL, "hung", f"it did not answer {pings} within {within}")
    return None


def _not_well(context: HealthContext) -> HealthDecision | None:
    spec = context.spec
    if context.missed:
        verb = "was" if context.missed == 1 else "were"
        return _decision(
            Verdict.DEGRADED, "ping-missed", f"{context.missed} of {spec.misses} pings {verb} not answered"
        )
    looks = context.cpu[-spec.misses :]
    if spec.cpu is not None and len(looks) == spec.misses and min(looks) > spec.cpu:
        cores = sum(looks) / len(looks)
        return _decision(
            Verdict.DEGRADED,
            "cpu-exceeded",
            f"it used {cores:.2g} cores over the last {len(looks)} looks, more than health.cpu allows: {spec.cpu:g}",
        )
    return None


def _too_old(context: HealthContext) -> HealthDecision | None:
    recycle, used = context.recycle, context.rss_bytes
    if recycle.memory is not None and used is not None and used > recycle.memory:
        return _decision(
            Verdict.RECYCLE,
            "memory-recycled",
            f"it uses {in_bytes(used)} of memory, more than recycle.memory: {in_bytes(recycle.memory)}",
        )
    if recycle.age is not None and context.age > recycle.age:
        return _decision(
            Verdict.RECYCLE,
            "age-recycled",
            f"it has run for {in_words(context.age)}, longer than recycle.age: {in_words(recycle.age)}",
        )
    return None
