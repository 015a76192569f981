"""Durations, sizes and lists as people read them."""

import pytest

from hostcore.policies._words import in_bytes, in_words, listed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.25, "0.25 s"), (2, "2 s"), (2.004, "2 s"), (90, "90 s"), (119.9, "120 s"), (120, "2 min"),
        (300, "5 min"), (3599, "60 min"), (3600, "1 h"), (5400, "1.5 h"), (86_400, "24 h"), (259_200, "3 d"),
        (31_622_400, "366 d"),
    ],
)  # fmt: skip
def test_durations_have_one_unit_and_three_digits(seconds, text):
    """The unit is the one that people would use."""
    assert in_words(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (512 * 2**20, "512 MiB"),
        (3 * 2**29, "1.5 GiB"), (2**40, "1 TiB"), (2**50, "1024 TiB"),
    ],
)  # fmt: skip
def test_sizes_have_one_unit_and_three_digits(count, text):
    """Units go in steps of 1024, as memory limits are written."""
    assert in_bytes(count) == text


def test_long_lists_are_counted():
    """Names are joined as in a sentence; what is beyond the bound is a number."""
    assert [listed("abcde"[:n], most=3) for n in (1, 2, 3, 5)] == [
        "a",
        "a and b",
        "a, b and c",
        "a, b, c and 2 more",
    ]
