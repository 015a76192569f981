"""Declaring a plugin: what is refused, and why."""

import functools

import pytest

import polyhost_plugin
from polyhost_plugin import Call, HostCall, Plugin, PluginError


def test_every_public_name_can_be_imported():
    """The names of __all__ exist, those that are imported late too, and no other."""
    for name in polyhost_plugin.__all__:
        assert getattr(polyhost_plugin, name) is not None
    assert (Call.__name__, HostCall.__name__) == ("Call", "HostCall")
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        polyhost_plugin.Nonsense  # noqa: B018 - the access is the test


async def asynchronous():
    pass


def positional(only, /):
    pass


def variable(*values):
    pass


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (asynchronous, "is async"),
        (positional, "by name"),
        (variable, "by name"),
        (functools.partial(print), "a function or a method"),
    ],
)
def test_a_function_that_cannot_be_a_handler_is_refused_at_once(handler, words):
    """The error comes when it is declared, and says what is wrong."""
    with pytest.raises(TypeError, match=words):
        Plugin("p").method("A.B")(handler)


@pytest.mark.parametrize("name", ["", "Get", "A.", ".B", "A.B.C", "A B.C", "$/ping"])
def test_a_wrong_method_name_is_refused(name):
    """Interface.Method is the only form."""
    with pytest.raises(ValueError, match=r"Interface\.Method"):
        Plugin("p").method(name)(lambda: None)


def test_a_name_can_be_taken_once():
    """Two handlers for one method are a mistake."""
    plugin = Plugin("p")
    plugin.method("A.B")(lambda: None)
    with pytest.raises(ValueError, match=r"A\.B has a handler already"):
        plugin.method("A.B")(lambda: None)


class Store:
    limit = 5

    @property
    def explosive(self):
        raise AssertionError("provide() must not evaluate properties")

    def get(self, key):
        pass

    def put_many(self, call):
        pass

    def List(self):  # noqa: N802 - a name as on the wire
        yield 1

    def _private(self):
        pass


def test_an_object_provides_its_public_methods():
    """snake_case becomes CamelCase, CamelCase stays; private names, properties and plain attributes are left out."""
    plugin = Plugin("p")
    plugin.provide("KeyValue", "1.4", Store())
    assert sorted(plugin.methods) == ["KeyValue.Get", "KeyValue.List", "KeyValue.PutMany"]
    assert plugin.describe()["interfaces"] == {"KeyValue": "1.4"}
    assert plugin.methods["KeyValue.PutMany"].takes_call
    assert plugin.methods["KeyValue.List"].is_stream


def test_an_object_without_methods_provides_nothing():
    """That is a mistake, and said."""
    with pytest.raises(TypeError, match="no public methods"):
        Plugin("p").provide("A", "1.0", object())


def test_a_decorated_function_keeps_its_parameters():
    """functools.wraps is followed, as inspect.signature does."""

    def decorator(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    @decorator
    def handler(call, key, limit=5):
        pass

    plugin = Plugin("p")
    plugin.method("A.B")(handler)
    method = plugin.methods["A.B"]
    assert (method.takes_call, method.required, method.accepts) == (True, {"key"}, {"key", "limit"})


@pytest.mark.parametrize(
    "options", [{"threads": -1}, {"frame_limit": 100}, {"frame_limit": 16 * 1024 * 1024}]
)
def test_options_out_of_range_are_refused(options):
    """The message says what is allowed."""
    with pytest.raises(ValueError, match=r"is -?[0-9]+;"):
        Plugin("p", **options)


def test_a_wrong_level_is_refused():
    """Levels are those of the protocol."""
    with pytest.raises(ValueError, match="no level 'loud'"):
        Plugin("p").log("loud", "x")


def test_logging_before_run_goes_to_stderr(capsys):
    """There is no host yet."""
    Plugin("p").log("info", "early", size=1)
    assert "early" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "Full", "message": "no room", "code": "RESOURCE_EXHAUSTED"}, "a number such as NOT_FOUND"),
        ({"name": "Full", "message": "no room", "code": True}, "a number such as NOT_FOUND"),
        ({"name": 8, "message": "no room"}, "texts, not 8"),
        ({"name": None, "message": None}, "texts, not None and None"),
    ],
)
def test_an_error_that_cannot_be_sent_is_refused_where_it_is_made(given, told):
    """The handler has raised a TypeError, which is answered; the host would end the connection for such an error."""
    with pytest.raises(TypeError, match=told):
        PluginError(**given)
