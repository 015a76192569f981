"""Versions and ranges: the order of semver.org, the ranges of npm."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore.interfaces import InterfaceVersion, Version, VersionError, VersionRange

# The answers are those of npm's own `semver` 7.
RANGES = {
    "^1.2.3": ("1.2.3 1.9.0", "1.2.2 2.0.0 1.3.0-beta 2.0.0-0"),
    "^0.2.3": ("0.2.3 0.2.9", "0.3.0 1.0.0"),
    "^0.0.3": ("0.0.3", "0.0.4 0.1.0"),
    "^0.0": ("0.0.0 0.0.9", "0.1.0"),
    "^0": ("0.0.0 0.9.9", "1.0.0"),
    "^1": ("1.0.0 1.9.9", "0.9.9 2.0.0"),
    "~1.2.3": ("1.2.3 1.2.9", "1.3.0 1.2.2"),
    "~1.2": ("1.2.0 1.2.9", "1.3.0"),
    "~1": ("1.0.0 1.9.0", "2.0.0"),
    "1.2": ("1.2.0 1.2.9", "1.3.0 1.1.9"),
    "1.x": ("1.0.0 1.9.0", "2.0.0"),
    "*": ("0.0.0 9.9.9", "1.0.0-beta"),
    ">1.2": ("1.3.0 2.0.0", "1.2.9 1.2.0"),
    "<=1.2": ("1.2.9 0.0.0", "1.3.0"),
    "<1.2": ("1.1.9", "1.2.0"),
    ">=1.0,<2": ("1.0.0 1.9.9", "0.9.9 2.0.0 2.0.0-rc.1"),
    ">= 1.0 <2": ("1.0.0 1.9.9", "0.9.9 2.0.0"),
    "=1.2.3": ("1.2.3 1.2.3+build", "1.2.4 1.2.3-alpha"),
    ">=1.2.3-alpha <2": ("1.2.3-alpha 1.2.3-beta.2 1.2.3 1.5.0", "1.2.4-beta"),
}


@pytest.mark.parametrize("text", RANGES)
def test_a_range_holds_what_npm_says(text):
    """A range allows and refuses the versions that npm's own implementation does."""
    inside, outside = (versions.split() for versions in RANGES[text])
    versions = VersionRange.parse(text)
    assert (inside, outside) == (
        [version for version in inside if versions.allows(version)],
        [version for version in outside if not versions.allows(version)],
    )


def test_prereleases_are_ordered_as_semver_org_says():
    """The example of semver.org, clause 11, in order; build metadata counts for nothing."""
    texts = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]
    assert texts == [str(version) for version in sorted(map(Version.parse, reversed(texts)))]
    assert Version.parse("1.0.0+a") == Version.parse("1.0.0+b")


@pytest.mark.parametrize(
    "text", ["1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-01", "1.2.3-", "", "1.2.3\n", "9" * 200]
)
def test_what_is_no_version_is_refused(text):
    """A text that is no semantic version raises, with the form that was wanted."""
    with pytest.raises(VersionError) as caught:
        Version.parse(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["", ",", "^1,", "1 || 2", "=>1", "^1..2", "latest", "<*", "1" * 300, "^"])
def test_what_is_no_range_is_refused(text):
    """A text that is no range raises, with the forms that exist."""
    with pytest.raises(VersionError) as caught:
        VersionRange.parse(text)
    assert caught.value.hint


def test_interface_versions_in_ranges_and_as_providers():
    """`MAJOR.MINOR` is looked at as `MAJOR.MINOR.0`; a provider serves its own major up to its minor."""
    version = InterfaceVersion.parse("1.4")
    assert VersionRange.parse("^1.2").allows(version)
    assert not VersionRange.parse("^1.5").allows("1.4")
    assert [version.serves(InterfaceVersion.parse(wanted)) for wanted in ("1.4", "1.0", "1.5", "2.0")] == [
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(VersionError):
        InterfaceVersion.parse("1.4.0")


numbers = st.integers(0, 30)
versions = st.builds(lambda a, b, c: Version(major=a, minor=b, patch=c), numbers, numbers, numbers)


@settings(deadline=None)
@given(versions)
def test_a_version_reads_back_what_it_writes(version):
    """Text and value are the same thing, and a caret range of a version allows it."""
    assert version == Version.parse(str(version))
    assert VersionRange.parse(f"^{version}").allows(version)
    assert not VersionRange.parse(f"^{version}").allows(version.next_major())


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    """Whatever a manifest holds, nothing but `VersionError` comes out."""
    for parse in (Version.parse, InterfaceVersion.parse, VersionRange.parse):
        with contextlib.suppress(VersionError):
            parse(text)
