"""Streams in both directions, and calls into the host."""

import pytest
from driver import CallError, NoAnswerError


@pytest.fixture(params=["8", "0"], ids=["threads", "one thread"])
def driver(request, start):
    return start(TEST_THREADS=request.param)


def test_a_generator_streams_what_it_yields(driver):
    """Items come in order, and what the generator returns is the result."""
    assert driver.stream("T.Count", {"to": 200}, credit=7) == (list(range(200)), {"sent": 200})


def test_items_wait_for_credit(driver):
    """No item is sent without credit, and none is lost."""
    call_id = driver.request("T.Count", {"to": 4}, credit=1)
    assert driver.notification("$/data")["item"] == 0
    with pytest.raises(NoAnswerError):
        driver.notification("$/data", timeout=0.1)
    driver.notify("$/credit", {"id": call_id, "n": 2})
    assert [driver.notification("$/data")["item"] for _ in range(2)] == [1, 2]
    driver.notify("$/credit", {"id": call_id, "n": 2})
    assert driver.response(call_id) == {"sent": 4}


def test_an_error_ends_a_stream(driver):
    """What was yielded before has been sent; then comes the error."""
    call_id = driver.request("T.Broken", credit=5)
    with pytest.raises(CallError) as caught:
        driver.response(call_id)
    assert caught.value.name == "Midway"
    assert driver.notification("$/data")["item"] == 1


def test_a_stream_that_waits_for_credit_can_be_cancelled(driver):
    """The generator is closed, and the call answered with 1."""
    call_id = driver.request("T.Count", {"to": 4})
    driver.notify("$/cancel", {"id": call_id})
    with pytest.raises(CallError) as caught:
        driver.response(call_id)
    assert caught.value.code == 1


def test_an_upload_is_an_iterator(driver):
    """Credit comes as items are taken: never more than the window is under way."""
    call_id = driver.request("T.Sum")
    credit = sent = 0
    for number in range(300):
        while credit == 0:
            credit += driver.notification("$/credit")["n"]
            assert credit <= 64
        driver.notify("$/data", {"id": call_id, "item": number})
        credit, sent = credit - 1, sent + number
    driver.notify("$/end", {"id": call_id})
    assert driver.response(call_id) == {"sum": sent}


def test_a_call_streams_both_ways(driver):
    """An item can be answered before the next one has come."""
    call_id = driver.request("T.Both", credit=10)
    driver.notification("$/credit")
    for number in (4, 5):
        driver.notify("$/data", {"id": call_id, "item": number})
        assert driver.notification("$/data")["item"] == {"twice": number * 2}
    driver.notify("$/end", {"id": call_id})
    assert driver.response(call_id) == {}


def test_a_handler_calls_the_host(driver):
    """The reverse call has an even id and names its parent; the plugin reads on while it waits."""
    outer = driver.request("T.Host", {"timeout": 2.5, "plugin_id": "other", "traceparent": "00-1"})
    inner = driver.expect(lambda message: message.get("method") == "Host.Info")
    assert (inner["id"] % 2, inner["params"]) == (0, {"x": 1})
    assert inner["meta"] == {
        "timeout_ms": 2500,
        "parent": outer,
        "plugin": "other",
        "traceparent": "00-1",
    }
    assert driver.call("$/ping") == {}
    driver.respond(inner["id"], {"name": "driver"})
    assert driver.response(outer) == {"answer": {"name": "driver"}}


def test_an_error_of_the_host_is_an_exception(driver):
    """Uncaught, it is answered as internal, with its text."""
    outer = driver.request("T.Host")
    inner = driver.expect(lambda message: message.get("method") == "Host.Info")
    driver.respond(inner["id"], error={"code": 5, "message": "nobody there"})
    with pytest.raises(CallError, match=r"calling the host: Host\.Info: nobody there") as caught:
        driver.response(outer)
    assert caught.value.code == 13


def test_a_host_that_does_not_answer_is_not_waited_for(driver):
    """The call is cancelled and fails with 4; a late answer does no harm."""
    outer = driver.request("T.Host", {"timeout": 0.1})
    inner = driver.expect(lambda message: message.get("method") == "Host.Info")
    with pytest.raises(CallError) as caught:
        driver.response(outer)
    assert caught.value.code == 4
    assert driver.notification("$/cancel") == {"id": inner["id"]}
    driver.respond(inner["id"], {})
    assert driver.call("$/ping") == {}


def test_what_the_host_does_not_offer_is_not_asked_for(driver):
    """The error says what to write into the manifest; nothing is sent."""
    with pytest.raises(CallError, match=r"requires\.interfaces"):
        driver.call("T.Host", {"method": "Elsewhere.Do"})


def test_a_stream_of_the_host_is_an_iterator(driver):
    """Credit is granted as items are taken; the result is there when the iteration has ended."""
    outer = driver.request("T.HostStream")
    inner = driver.expect(lambda message: message.get("method") == "Host.Follow")
    credit = inner["meta"]["credit"]
    for number in range(150):
        while credit == 0:
            credit += driver.notification("$/credit")["n"]
        driver.notify("$/data", {"id": inner["id"], "item": number})
        credit -= 1
    driver.respond(inner["id"], {"end": True})
    assert driver.response(outer) == {"items": list(range(150)), "result": {"end": True}}


def test_leaving_a_stream_of_the_host_cancels_it(driver):
    """A loop that breaks tells the host."""
    outer = driver.request("T.HostStream", {"leave_after": 1})
    inner = driver.expect(lambda message: message.get("method") == "Host.Follow")
    driver.notify("$/data", {"id": inner["id"], "item": "only"})
    assert driver.notification("$/cancel") == {"id": inner["id"]}
    assert driver.response(outer) == {"items": ["only"], "result": {}}


def test_a_thread_of_the_plugins_own_may_call_the_host(start):
    """Outside of a call there is no parent."""
    driver = start()
    driver.call("T.Background")
    inner = driver.expect(lambda message: message.get("method") == "Host.Info")
    assert "parent" not in inner["meta"]
    driver.respond(inner["id"], {"answer": 42})
    assert driver.expect(lambda message: "42" in message.get("params", {}).get("message", ""))


def test_a_single_thread_sees_a_cancel_when_it_asks(start):
    """Without threads a handler that asks now and then is cancelled all the same; there is no async in the hello."""
    driver = start(TEST_THREADS="0")
    assert "async" not in driver.hello["features"]
    call_id = driver.request("T.Poll")
    driver.notify("$/cancel", {"id": call_id})
    with pytest.raises(CallError) as caught:
        driver.response(call_id)
    assert caught.value.code == 1


def test_a_single_thread_defers_calls_that_come_meanwhile(start):
    """A call that comes while a handler waits runs after it."""
    driver = start(TEST_THREADS="0")
    first = driver.request("T.Wait", {"seconds": 0.2})
    second = driver.request("T.Echo", {"value": 1})
    assert driver.response(first)
    assert driver.response(second) == {"value": 1}
