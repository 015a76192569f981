"""Places in what the host counts: `<run>-<sequence>`, of events and of the lines of a log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hostweb_api._problems import Problem, ProblemError

# Nineteen digits are more events than there are nanoseconds in three centuries.
_PLACE: Final = re.compile(r"(?P<run>.+)-(?P<sequence>[0-9]{1,19})", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Is where something goes on.

    Attributes:
        after: the sequence after which it goes on; None for what is still to come.
        is_other_run: whether the place was in another run of the host, so that it begins with all that is kept.
    """

    after: int | None
    is_other_run: bool = False


def find_place(wanted: str | None, *, run: str, last: int) -> Place:
    """Find where in this run an id is; an id of another run is before its beginning.

    Args:
        wanted: the id, or None for what is still to come.
        run: the run of the host.
        last: the latest sequence there is.

    Raises:
        ProblemError: it is no id.
    """
    if wanted is None:
        return Place(after=None)
    found = _PLACE.fullmatch(wanted)
    if found is None:
        raise ProblemError(
            Problem(
                code="query-invalid",
                detail=f"{wanted!r} is no event id.",
                hint="give the id of an event as it was sent, <run>-<sequence>",
            )
        )
    sequence = int(found["sequence"])
    if found["run"] == run and sequence <= last:
        return Place(after=sequence)
    return Place(after=0, is_other_run=True)
