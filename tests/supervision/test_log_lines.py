"""Reading what plugins print to stderr."""

import pytest

from hostcore.supervision._log_lines import (
    CUT_MARK,
    TEXT_LIMIT,
    parse_stderr,
    shortened,
    shortened_fields,
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("plain words", ("info", "plain words", {})),
        (
            '{"@level":"warn","@message":"slow","@module":"kv","n":1}',
            ("warn", "slow", {"@module": "kv", "n": 1}),
        ),
        ('{"level":"ERROR","msg":"bad","ts":1.5}', ("error", "bad", {"ts": 1.5})),
        ('{"level":"panic","msg":"over"}', ("fatal", "over", {})),
        ('{"level":"loud","msg":"what"}', ("info", "what", {})),
        ('{"level":30,"msg":"a number"}', ("info", '{"level":30,"msg":"a number"}', {})),
        ('{"no":"level"}', ("info", '{"no":"level"}', {})),
        ('{"level":"info","msg":"cut', ("info", '{"level":"info","msg":"cut', {})),
        ('{"level":"info","msg":"m","x":NaN}', ("info", '{"level":"info","msg":"m","x":NaN}', {})),
        ("{" * 100_000, ("info", "{" * 100_000, {})),
        ('{"a":' * 100_000, ("info", '{"a":' * 100_000, {})),
        ("[1, 2]", ("info", "[1, 2]", {})),
        ("", ("info", "", {})),
    ],
)
def test_a_line_is_structured_or_text(line, expected):
    """The two usual forms of JSON are read; everything else is text as it stands, whatever it holds."""
    assert expected == parse_stderr(line)


@pytest.mark.parametrize(
    "line",
    ['{"level":"info","msg":"x","n":1e999}', '{"level":"info","msg":"x","n":' + "[" * 70 + "]" * 70 + "}"],
)
def test_what_could_not_be_shown_as_json_is_text(line):
    """A number beyond the range of floats, and nesting without end, would break whoever shows the record."""
    assert parse_stderr(line) == ("info", line, {})


def test_records_are_kept_up_to_a_size():
    """A message or fields as large as a frame are cut, and say so; what is small stays as it is."""
    fields = {"a": [1, 2]}
    assert (shortened("short"), shortened_fields(fields)) == ("short", fields)
    assert shortened("x" * 100_000) == "x" * TEXT_LIMIT + CUT_MARK
    (cut,) = shortened_fields({"a": "y" * 100_000}).values()
    assert cut.startswith("{'a': 'yyy")
    assert len(cut) == TEXT_LIMIT + len(CUT_MARK)
