"""Which problems an operation may answer with: those it declares, and those that follow from what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hostweb_api._problems import PROBLEMS

if TYPE_CHECKING:
    from hostweb_api._operations import Operation

# What is refused before any route sees it, and the bugs.
_EVERYWHERE: Final = (
    "request-invalid",
    "origin-refused",
    "host-refused",
    "token-invalid",
    "attempts-exceeded",
    "head-too-large",
    "transfer-encoding-unsupported",
    "http-version-unsupported",
    "internal",
)
_OF_SCOPES: Final = ("sign-in-needed", "scope-insufficient")
# A word of the path that has a slash in it, or none, makes it another path.
_OF_PATH_WORDS: Final = ("route-not-found",)
_OF_QUERIES: Final = ("query-invalid",)
_OF_CHANGES: Final = ("media-type-unsupported", "host-closed")
_OF_BODIES: Final = ("json-invalid", "request-timed-out", "body-too-large", "body-invalid")

# Something came where nothing is taken.
_OF_NO_BODIES: Final = ("request-timed-out", "body-too-large", "body-invalid")
_OF_UPLOADS: Final = ("request-timed-out", "body-too-large")


def problems_of(operation: Operation, *, method: str, has_words: bool) -> dict[int, tuple[str, ...]]:
    """Return the codes of all problems that an operation may answer with, by status.

    Args:
        operation: the operation.
        method: its HTTP method.
        has_words: whether its path has words in it that the client chooses.
    """
    codes = {*_EVERYWHERE, *operation.problems}
    if operation.scope is not None:
        codes.update(_OF_SCOPES)
    if has_words:
        codes.update(_OF_PATH_WORDS)
    if operation.query is not None:
        codes.update(_OF_QUERIES)
    if method != "get":
        codes.update(_OF_CHANGES)
    if operation.body is not None:
        codes.update(_OF_BODIES)
    if operation.takes:
        codes.update(_OF_UPLOADS)
    elif operation.body is None and method != "get":
        codes.update(_OF_NO_BODIES)
    found: dict[int, list[str]] = {}
    for code in sorted(codes):
        found.setdefault(PROBLEMS[code][0], []).append(code)
    return {status: tuple(found[status]) for status in sorted(found)}
