"""The table of states."""

import pytest

from hostcore.snapshots import PluginState
from hostcore.supervision import BEST_FIRST, TRANSITIONS, check_transition
from hostcore.supervision._states import SETTLED


def test_the_table_knows_every_state():
    """Each state has its row, is ranked once, and can be left and reached."""
    assert set(PluginState) == set(TRANSITIONS)
    assert sorted(PluginState) == sorted(BEST_FIRST)
    assert all(TRANSITIONS.values())
    reached = {PluginState.STOPPED}
    while more := {new for old in reached for new in TRANSITIONS[old]} - reached:
        reached |= more
    assert set(PluginState) - reached <= {PluginState.DISABLED}, "what a start can never lead to"


@pytest.mark.parametrize("old", PluginState)
@pytest.mark.parametrize("new", PluginState)
def test_only_the_tables_changes_are_allowed(old, new):
    """A change that is not in the table is a bug of the host and is named as one."""
    if new in TRANSITIONS[old]:
        check_transition(old, new)
    else:
        with pytest.raises(RuntimeError, match=f"from {old} to {new}"):
            check_transition(old, new)


def test_no_state_follows_itself():
    """A change is a change."""
    assert not [state for state, allowed in TRANSITIONS.items() if state in allowed]


def test_a_start_has_an_outcome():
    """What a start waits for are states with something to say."""
    assert PluginState.STARTING not in SETTLED
    assert {PluginState.READY, PluginState.FAILED, PluginState.BACKING_OFF} <= SETTLED
