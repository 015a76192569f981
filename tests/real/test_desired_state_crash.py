"""A host that is killed in the middle of a change of what was asked for."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from keep_state import change

from hostcore.host._desired_state import DesiredState

PROGRAM = Path(__file__).with_name("keep_state.py")
SEED = 7  # the moments are random and the same in each run


async def after(count):
    """Return what is kept after so many changes."""
    state = DesiredState()
    for number in range(1, count + 1):
        await change(state, number)
    return state.plugins()


def write_and_kill(file, first, moment):
    """Let a program make changes for a moment, kill it, and return the number of the last one that it answered."""
    command = [sys.executable, str(PROGRAM), str(file), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        time.sleep(moment)
        process.kill()
        # What it had printed when it was killed may end in the middle of a number.
        lines = [line, *process.stdout.readlines()]
        assert process.wait() == -9
    return int([each for each in lines if each.endswith("\n")][-1])


@pytest.mark.parametrize("kills", [4, pytest.param(25, marks=pytest.mark.long)])
async def test_a_killed_host_leaves_all_that_it_answered(tmp_path, kills):
    """After each kill the file holds every change that was answered, in order, and at most one that was not yet."""
    file, moments, done = tmp_path / "host.sqlite3", random.Random(SEED), 0
    for _ in range(kills):
        answered = write_and_kill(file, done + 1, moments.uniform(0, 0.2))
        with DesiredState.open(file) as state:
            found = state.plugins()
        assert found in [await after(answered), await after(answered + 1)]
        # The one that was not answered is known by what it has left behind.
        done = answered + (found != await after(answered))
    assert done > kills
