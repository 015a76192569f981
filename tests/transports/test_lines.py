"""Cutting a byte stream into lines."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore.transports import LineSplitter
from hostcore.transports._lines import CUT_MARK, LINE_LIMIT


def lines_of(*chunks):
    splitter = LineSplitter()
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.flush()


def cut_at(data, places):
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


long_or_short = st.one_of(
    st.binary(max_size=50),
    st.sampled_from([b"\n", b"\r\n", b"\xff\xfe", "Grüße".encode()]),
    st.integers(LINE_LIMIT - 2, LINE_LIMIT + 2).map(lambda n: b"x" * n),
)


@settings(deadline=None, derandomize=True)
@given(st.lists(long_or_short, max_size=12).map(b"".join), st.lists(st.integers(0, 10**6), max_size=20))
def test_any_chunking_gives_the_same_lines(data, places):
    """The lines do not depend on where the reads happened to end."""
    assert lines_of(data) == lines_of(*cut_at(data, places))


def test_lines_come_without_their_ends():
    """Both usual ends are taken off; the rest without an end comes with the flush."""
    assert lines_of(b"one\ntwo\r\n\nrest") == ["one", "two", "", "rest"]
    assert lines_of(b"") == []
    assert lines_of(b"one\n") == ["one"]


def test_what_is_no_text_does_not_harm():
    """Bytes that are no UTF-8 are replaced."""
    assert lines_of(b"a\xffb\n") == ["a\ufffdb"]


def test_over_long_lines_are_cut_and_marked():
    """A line of a gigabyte costs no more memory than the limit, and the next line is whole."""
    splitter = LineSplitter()
    for _ in range(100):
        assert splitter.feed(b"x" * 65_536) == []
        assert len(splitter._rest) <= LINE_LIMIT + 1
    assert splitter.feed(b"end\nnext\n") == ["x" * LINE_LIMIT + CUT_MARK, "next"]
    assert lines_of(b"y" * LINE_LIMIT + b"\n") == ["y" * LINE_LIMIT]
