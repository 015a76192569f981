"""What the error of a failed start tells of what was printed last."""

import pytest

from hostcore.transports import LaunchFailure
from hostcore_grpc._failed_starts import LINE_LENGTH, _last_words


@pytest.mark.parametrize(
    ("stderr", "stray", "expected"),
    [
        ((), (), "; it printed nothing"),
        (("one",), (), "; its last line on stderr: one"),
        (("one", "", "two"), (), "; its last words on stderr: one | two"),
        (tuple("abcde"), (), "; its last words on stderr: c | d | e"),
        (("bad",), ("noise",), "; its last line on stderr: bad; its last line on stdout: noise"),
        (
            ("panic: boom", "", "goroutine 1 [running]:", "main.main()"),
            (),
            "; its last line on stderr: panic: boom",
        ),
        (('{"@level":"error","@message":"no database"}',), (), "; its last line on stderr: no database"),
        (('{"@message":1}',), (), '; its last line on stderr: {"@message":1}'),
        (("[" * 10_000,), (), f"; its last line on stderr: {'[' * LINE_LENGTH}"),
    ],
)
def test_last_words(stderr, stray, expected):
    """The last lines of both streams, without their wrapping; of a panic, the line that says what it is."""
    assert expected == _last_words(LaunchFailure(stderr=stderr, stray=stray))
