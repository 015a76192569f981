"""The states of a plugin's instance and the changes that are allowed between them, as one table.

starting ──► ready ──► stopping ──► stopped
   │  ▲        │
   ▼  │        ▼
  backing-off ◄┘──► failed
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hostcore.snapshots import PluginState

_S = PluginState

TRANSITIONS: Final[Mapping[PluginState, frozenset[PluginState]]] = {
    _S.DISABLED: frozenset({_S.STOPPED}),
    _S.WAITING: frozenset({_S.STARTING, _S.STOPPED, _S.FAILED}),
    _S.STARTING: frozenset({_S.READY, _S.BACKING_OFF, _S.STOPPING, _S.STOPPED, _S.FAILED}),
    _S.READY: frozenset({_S.DEGRADED, _S.DRAINING, _S.STOPPING, _S.BACKING_OFF, _S.STOPPED, _S.FAILED}),
    _S.DEGRADED: frozenset({_S.READY, _S.DRAINING, _S.STOPPING, _S.BACKING_OFF, _S.STOPPED, _S.FAILED}),
    _S.DRAINING: frozenset({_S.STOPPING, _S.BACKING_OFF, _S.STOPPED, _S.FAILED}),
    _S.STOPPING: frozenset({_S.STOPPED, _S.FAILED}),
    _S.BACKING_OFF: frozenset({_S.STARTING, _S.STOPPED, _S.FAILED}),
    _S.STOPPED: frozenset({_S.DISABLED, _S.WAITING, _S.STARTING}),
    _S.FAILED: frozenset({_S.DISABLED, _S.WAITING, _S.STARTING, _S.STOPPED}),
}
"""What may follow each state; a change that is not here is a bug of the host."""

BEST_FIRST: Final = (
    _S.READY,
    _S.DEGRADED,
    _S.DRAINING,
    _S.STARTING,
    _S.BACKING_OFF,
    _S.WAITING,
    _S.STOPPING,
    _S.FAILED,
    _S.STOPPED,
    _S.DISABLED,
)
"""A plugin's state is that of its best instance, in this order."""

SETTLED: Final = frozenset({_S.READY, _S.DEGRADED, _S.BACKING_OFF, _S.FAILED, _S.STOPPED, _S.DISABLED})
"""States in which a start has shown its first outcome."""


def check_transition(old: PluginState, new: PluginState) -> None:
    """Raise `RuntimeError` for a change that the table does not allow."""
    if new not in TRANSITIONS[old]:
        raise RuntimeError(f"a plugin's instance cannot go from {old} to {new}")
