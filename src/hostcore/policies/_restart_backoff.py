"""Decides whether and when a plugin is started again."""

from __future__ import annotations

import random

from hostcore.hooks import RestartContext, RestartDecision, hookimpl
from hostcore.manifest import RestartMode, RestartSpec


class RestartBackoff:
    """Follows the manifest's `[restart]`: OTP's modes, an intensity within a period, and a growing wait.

    Args:
        rng: where the jitter comes from.
    """

    def __init__(self, rng: random.Random | None = None) -> None:
        self._random = rng or random.Random()  # noqa: S311 - jitter is no secret

    @hookimpl
    def hostcore_decide_restart(self, context: RestartContext) -> RestartDecision:
        """Decide from the context alone, but for the jitter."""
        spec = context.spec
        clean = context.report is not None and context.report.exit_code == 0
        if context.fatal:
            return RestartDecision(delay=None, text="another start would not help")
        if spec.mode is RestartMode.TEMPORARY:
            return RestartDecision(delay=None, failed=not clean, text="it is temporary and is not restarted")
        if spec.mode is RestartMode.TRANSIENT and clean:
            return RestartDecision(
                delay=None, failed=False, text="it ended by itself, as a transient plugin may"
            )
        recent = [at for at in context.restarts if context.now - at < spec.period]
        if len(recent) >= spec.intensity:
            return RestartDecision(delay=None, text=f"{_enough(spec)}: reset it, or load a new version")
        steps = min(
            context.in_a_row, 64
        )  # beyond it the power would overflow, and the cap has long been reached
        delay = min(spec.backoff * spec.backoff_factor**steps, spec.backoff_max)
        delay *= 1 + spec.jitter * self._random.uniform(-1, 1)
        return RestartDecision(
            delay=delay,
            text=f"restart {len(recent) + 1} of {spec.intensity} in {spec.period:g} s, after a pause of {delay:.1f} s",
        )


def _enough(spec: RestartSpec) -> str:
    if spec.intensity == 0:
        return "its manifest allows no restart"
    if spec.intensity == 1:
        return f"1 restart within {spec.period:g} s is enough"
    return f"{spec.intensity} restarts within {spec.period:g} s are enough"
