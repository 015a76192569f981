"""The trace context of a call: what is one, and what becomes of it."""

import pytest

from hostcore.transports import CallContext, context_of_trace, read_traceparent, read_tracestate

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01"),
        (f"00-{TRACE}-{SPAN}-ff", f"00-{TRACE}-{SPAN}-ff"),
        (f"01-{TRACE}-{SPAN}-00-and-more", f"00-{TRACE}-{SPAN}-00"),
        (f"00-{TRACE}-{SPAN}-00-and-more", None),
        (f"ff-{TRACE}-{SPAN}-00", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        (f"00-{TRACE}-{SPAN}-01\n", None),
        (f"00-{TRACE}-{SPAN}", None),
        ("00", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_trace_context_is(text, read):
    """One of a later version is taken for what is known of it; what is none is nothing, as the specification asks for."""
    assert read == read_traceparent(text)
    context = context_of_trace(text)
    assert read == (context.traceparent if context else None)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        (" a=1 ,,\tb=two words,", "a=1,b=two words"),
        ("1tenant@sys=x", "1tenant@sys=x"),
        ("a=" + "x" * 256, "a=" + "x" * 256),
        (",".join(f"k{number}=1" for number in range(32)), ",".join(f"k{number}=1" for number in range(32))),
        (",".join(f"k{number}=1" for number in range(33)), None),
        ("a=" + "x" * 257, None),
        ("a=" + "x" * 250 + ",b=" + "x" * 250 + ",c=12345", None),
        ("a=1,a=2", None),
        ("a=1=2", None),
        ("A=1", None),
        ("1a=1", None),
        ("a=ä", None),
        ("a=1\n", None),
        ("a=", None),
        ("a", None),
        (",", None),
        ("", None),
        (None, None),
    ],
)
def test_what_vendors_say(text, read):
    """What is no list of keys and values is nothing; and without a trace nothing is said about it."""
    assert read == read_tracestate(text)
    assert read == context_of_trace(f"00-{TRACE}-{SPAN}-01", tracestate=text).tracestate
    assert context_of_trace("none", tracestate=text) is None
    assert context_of_trace("none", "ci", tracestate=text).tracestate is None


def test_a_context_with_another_trace():
    """All else stays; without a difference it is the same object."""
    context = CallContext(plugin="a", method="A.B", traceparent="one", depth=2)
    assert context.traced("one") is context
    assert CallContext(plugin="a", method="A.B", traceparent="two", depth=2) == context.traced("two")
