"""Versions and ranges: semantic versions of plugins, `MAJOR.MINOR` of interfaces, one grammar of ranges for both.

A range is a list of conditions joined by commas or spaces, all of which must hold. The conditions are npm's:
`^1.2`, `~1.2.3`, `>=1.0`, `<2`, `=1.4.0`, `1.4` (any 1.4.x) and `*`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Final, TypeAlias

from hostcore.errors import HostError

# No version that a person writes is longer; it bounds the work on a hostile one.
MAX_VERSION_LENGTH: Final = 128
MAX_RANGE_LENGTH: Final = 256

_NUMBER: Final = r"(?:0|[1-9][0-9]{0,8})"
_PRERELEASE: Final = r"(?:-(?P<prerelease>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_BUILD: Final = r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_VERSION: Final = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER}){_PRERELEASE}{_BUILD}"
)
_INTERFACE_VERSION: Final = re.compile(rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})")
_CONDITION: Final = re.compile(
    rf"(?P<operator>\^|~|>=|<=|>|<|=)?\s*"
    rf"(?:(?P<any>[*xX])|(?P<major>{_NUMBER})(?:\.(?P<minor>{_NUMBER}|[*xX])(?:\.(?P<patch>{_NUMBER}|[*xX])"
    rf"{_PRERELEASE}{_BUILD})?)?)"
)


class VersionError(HostError):
    """Says that a text is no version, or no range of versions."""

    code = "version-invalid"


@total_ordering
@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """Is a semantic version; ordered and compared as semver.org 2.0 says, build metadata counts for nothing.

    Attributes:
        major: changes with every break.
        minor: changes with every addition.
        patch: changes with every fix.
        prerelease: the identifiers after `-`, numbers as int; empty for a release.
        build: the text after `+`, or None.
    """

    major: int
    minor: int
    patch: int
    prerelease: tuple[int | str, ...] = ()
    build: str | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `MAJOR.MINOR.PATCH[-prerelease][+build]`.

        Raises:
            VersionError: it is something else; the message says what is missing.
        """
        match = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
        if match is None:
            raise VersionError(
                f"{_excerpt(text)} is not a semantic version",
                hint="write MAJOR.MINOR.PATCH, for example 1.2.0",
            )
        return cls(
            major=int(match["major"]),
            minor=int(match["minor"]),
            patch=int(match["patch"]),
            prerelease=_identifiers(match["prerelease"], text),
            build=match["build"],
        )

    def next_major(self) -> Version:
        """Return the first release that may break."""
        return Version(major=self.major + 1, minor=0, patch=0)

    def next_minor(self) -> Version:
        """Return the first release that may add."""
        return Version(major=self.major, minor=self.minor + 1, patch=0)

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.prerelease:
            text += "-" + ".".join(map(str, self.prerelease))
        return f"{text}+{self.build}" if self.build else text

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[object, ...]:
        # A prerelease comes before its release; numbers come before words; fewer identifiers before more.
        identifiers = tuple((isinstance(item, str), item) for item in self.prerelease)
        return (self.major, self.minor, self.patch, not self.prerelease, identifiers)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class InterfaceVersion:
    """Is the version of an interface: a new `major` breaks, a new `minor` only adds."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> InterfaceVersion:
        """Read `MAJOR.MINOR`.

        Raises:
            VersionError: it is something else.
        """
        match = _INTERFACE_VERSION.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
        if match is None:
            raise VersionError(
                f"{_excerpt(text)} is not an interface version", hint='write "MAJOR.MINOR", for example "1.4"'
            )
        return cls(major=int(match["major"]), minor=int(match["minor"]))

    def serves(self, wanted: InterfaceVersion) -> bool:
        """Tell whether a provider of this version has all that `wanted` has: same major, at least its minor."""
        return self.major == wanted.major and self.minor >= wanted.minor

    def as_version(self) -> Version:
        """Return `MAJOR.MINOR.0`, the form in which ranges look at it."""
        return Version(major=self.major, minor=self.minor, patch=0)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


_Bound: TypeAlias = tuple[str, Version]


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRange:
    """Is a set of versions, as a manifest writes it.

    Attributes:
        text: what was written.
        bounds: pairs of `>=`, `>`, `<`, `<=` or `=` and a version; all must hold. Empty means any.
    """

    text: str
    bounds: tuple[_Bound, ...]

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Read a range such as `^1.2`, `~1.2.3` or `>=1.0,<2`.

        Raises:
            VersionError: a condition is not one of the known forms; the message names it.
        """
        if len(text) > MAX_RANGE_LENGTH:
            raise VersionError(
                f"a version range has more than {MAX_RANGE_LENGTH} characters", hint="shorten it"
            )
        if "||" in text:
            raise VersionError(
                f"{_excerpt(text)} uses ||", hint="a range has no 'or'; write one range such as ^1.2"
            )
        parts = [part.strip() for part in text.split(",")]
        if not all(parts):
            raise VersionError(
                f"{_excerpt(text)} has an empty condition",
                hint="write * for any version, or a range such as ^1.2",
            )
        bounds: list[_Bound] = []
        for part in parts:
            # "> 1.0" is one condition, ">=1 <2" are two.
            for condition in re.sub(r"([\^~<>=])\s+", r"\1", part).split():
                bounds.extend(_bounds_of(condition, text))
        return cls(text=text, bounds=tuple(bounds))

    def allows(self, version: Version | InterfaceVersion | str) -> bool:
        """Tell whether a version lies in the range.

        As in npm, a prerelease lies in it only where a bound names a prerelease of the same MAJOR.MINOR.PATCH, so
        that `^1.0` never picks up `1.5.0-beta`. A str is read as `MAJOR.MINOR` or as a semantic version.

        Raises:
            VersionError: the str is neither.
        """
        if isinstance(version, str):
            version = _either(version)
        if isinstance(version, InterfaceVersion):
            version = version.as_version()
        if not all(_holds(version, operator, bound) for operator, bound in self.bounds):
            return False
        triple = (version.major, version.minor, version.patch)
        return not version.prerelease or any(
            bound.prerelease and (bound.major, bound.minor, bound.patch) == triple for _, bound in self.bounds
        )

    def __str__(self) -> str:
        return self.text


def _excerpt(text: str) -> str:
    return repr(text if len(text) <= MAX_VERSION_LENGTH else text[:40] + "…")


def _either(text: str) -> Version | InterfaceVersion:
    return InterfaceVersion.parse(text) if _INTERFACE_VERSION.fullmatch(text) else Version.parse(text)


def _identifiers(prerelease: str | None, text: str) -> tuple[int | str, ...]:
    if prerelease is None:
        return ()
    identifiers: list[int | str] = []
    for item in prerelease.split("."):
        if item.isdigit() and len(item) > 1 and item[0] == "0":
            raise VersionError(
                f"{_excerpt(text)}: the number {item} begins with 0", hint=f"write {item.lstrip('0') or 0}"
            )
        identifiers.append(int(item) if item.isdigit() else item)
    return tuple(identifiers)


def _holds(version: Version, operator: str, bound: Version) -> bool:
    match operator:
        case ">=":
            return version >= bound
        case ">":
            return version > bound
        case "<":
            return version < bound
        case "<=":
            return version <= bound
        case _:
            return version == bound


def _bounds_of(condition: str, text: str) -> list[_Bound]:
    """Turn one condition into plain bounds; a part that is not written stands for any number."""
    match = _CONDITION.fullmatch(condition)
    if match is None:
        raise VersionError(
            f"{_excerpt(condition)} in the version range {_excerpt(text)} is not understood",
            hint="write ^1.2, ~1.2.3, >=1.0, <2, 1.4.0 or *, joined by commas",
        )
    operator = match["operator"] or "="
    if match["any"]:
        if operator in "<>":
            raise VersionError(
                f"{_excerpt(condition)} allows no version at all", hint="write * for any version"
            )
        return []
    major = int(match["major"])
    minor = None if match["minor"] in {None, "*", "x", "X"} else int(match["minor"])
    patch = None if minor is None or match["patch"] in {None, "*", "x", "X"} else int(match["patch"])
    low = Version(
        major=major,
        minor=minor or 0,
        patch=patch or 0,
        prerelease=_identifiers(match["prerelease"], text) if patch is not None else (),
    )
    after = low.next_minor() if minor is not None else low.next_major()
    if operator == "^":
        return [(">=", low), ("<", _caret_end(low, minor, patch))]
    if operator == "~":
        return [(">=", low), ("<", after)]
    if patch is not None:
        return [(operator, low)]
    return {
        ">": [(">=", after)],
        "<=": [("<", after)],
        "=": [(">=", low), ("<", after)],
    }.get(operator, [(operator, low)])


def _caret_end(low: Version, minor: int | None, patch: int | None) -> Version:
    """Return where `^` ends: the leftmost number that is not 0 may not change."""
    if low.major or minor is None:
        return low.next_major()
    if low.minor or patch is None:
        return low.next_minor()
    return Version(major=low.major, minor=low.minor, patch=low.patch + 1)
