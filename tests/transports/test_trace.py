"""The trace context of a call: what is one, and what becomes of it."""

import pytest

from hostcore.transports import CallContext, context_of_trace, read_traceparent

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


def test_a_context_with_another_trace():
    """All else stays; without a difference it is the same object."""
    context = CallContext(plugin="a", method="A.B", traceparent="one", depth=2)
    assert context.traced("one") is context
    assert CallContext(plugin="a", method="A.B", traceparent="two", depth=2) == context.traced("two")
