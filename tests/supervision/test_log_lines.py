"""Reading what plugins print to stderr."""

import pytest

from hostcore.supervision._log_lines import parse_stderr


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
