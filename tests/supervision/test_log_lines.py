"""Reading what plugins print to stderr."""

import pytest

from hostcore.supervision._log_lines import (
    CUT_MARK,
    TEXT_LIMIT,
    StderrReader,
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
        ("[TRACE] in", ("trace", "[TRACE] in", {})),
        ("[DEBUG] plugin: started", ("debug", "[DEBUG] plugin: started", {})),
        ("[INFO]", ("info", "[INFO]", {})),
        ("[WARN] slow", ("warn", "[WARN] slow", {})),
        ("[ERROR]bad", ("error", "[ERROR]bad", {})),
        ("[FATAL] is no tag", ("info", "[FATAL] is no tag", {})),
        ("not at the [ERROR] beginning", ("info", "not at the [ERROR] beginning", {})),
        ('{"@message":1}', ("info", '{"@message":1}', {})),
        ('{"@level":"info","@message":null}', ("info", '{"@level":"info","@message":null}', {})),
        ("", ("info", "", {})),
    ],
)
def test_a_line_is_structured_or_text(line, expected):
    """The two usual forms of JSON and the tags of Go are read; everything else is text as it stands, whatever it holds."""
    assert expected == StderrReader().read(line)


@pytest.mark.parametrize(
    "line",
    ['{"level":"info","msg":"x","n":1e999}', '{"level":"info","msg":"x","n":' + "[" * 70 + "]" * 70 + "}"],
)
def test_what_could_not_be_shown_as_json_is_text(line):
    """A number beyond the range of floats, and nesting without end, would break whoever shows the record."""
    assert StderrReader().read(line) == ("info", line, {})


@pytest.mark.parametrize(
    "first", ["panic: runtime error: index out of range", "fatal error: all goroutines are asleep"]
)
def test_from_a_panic_on_all_lines_are_errors(first):
    """What Go's runtime writes at the end of a process is an error to its last line; records and tags keep their level."""
    lines = StderrReader()
    written = [
        "before panic: no",
        first,
        "",
        "goroutine 1 [running]:",
        '{"level":"debug","msg":"m"}',
        "[INFO] i",
        "x",
    ]
    levels = [lines.read(line)[0] for line in written]
    assert levels == ["info", "error", "error", "error", "debug", "info", "error"]


def test_records_are_kept_up_to_a_size():
    """A message or fields as large as a frame are cut, and say so; what is small stays as it is."""
    fields = {"a": [1, 2]}
    assert (shortened("short"), shortened_fields(fields)) == ("short", fields)
    assert shortened("x" * 100_000) == "x" * TEXT_LIMIT + CUT_MARK
    (cut,) = shortened_fields({"a": "y" * 100_000}).values()
    assert cut.startswith("{'a': 'yyy")
    assert len(cut) == TEXT_LIMIT + len(CUT_MARK)
