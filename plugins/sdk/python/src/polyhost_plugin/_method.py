"""A handler: what it takes, what it returns, and how a call's params become its arguments."""

from __future__ import annotations

from polyhost_plugin._errors import InvalidParamsError

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from typing import Any, Callable

    from polyhost_plugin._call import Call

_VARIABLE_ARGUMENTS = 0x04
_VARIABLE_KEYWORDS = 0x08
_GENERATOR = 0x20
_ASYNCHRONOUS = 0x80 | 0x200

CALL = "call"
"""The one argument name that is the SDK's: a handler that has it gets the `Call`."""


class Method:
    """Binds one method name to the function that serves it.

    Args:
        name: `Interface.Method`.
        function: takes the params as keyword arguments, and `call` if it declares that name.
        threaded: whether to run it in a worker thread from the start; None lets the SDK find out.

    Raises:
        TypeError: the function cannot be a handler; says why.
    """

    __slots__ = ("accepts", "function", "is_stream", "name", "required", "slow", "takes_call", "threaded")

    def __init__(self, name: str, function: Callable[..., Any], *, threaded: bool = False) -> None:
        self.name = name
        self.function = function
        self.threaded = threaded
        self.slow = 0
        self.takes_call, self.is_stream, self.required, self.accepts = _signature(name, function)

    def invoke(self, call: Call | None, params: dict[str, Any]) -> Any:
        """Call the function with `params` as keyword arguments.

        Raises:
            InvalidParamsError: a required one is missing.
        """
        given = {CALL: call} if self.takes_call else {}
        try:
            return self.function(**given, **params)
        except TypeError:
            # Looked at only now, so that a good call pays nothing. When the names fit, the error is the handler's own.
            fitting = self._fit(params)
            if fitting is None:
                raise
        return self.function(**given, **fitting)

    def _fit(self, params: dict[str, Any]) -> dict[str, Any] | None:
        """Drop unknown keys, as the protocol wants; None when there was nothing to drop."""
        missing = self.required - params.keys()
        if missing:
            names = ", ".join(sorted(missing))
            raise InvalidParamsError(f"{self.name} needs {names}", data={"missing": sorted(missing)})
        accepts = params.keys() if self.accepts is None else self.accepts
        fitting = {key: value for key, value in params.items() if key in accepts and key != CALL}
        return fitting if len(fitting) < len(params) else None


def _signature(
    name: str, function: Callable[..., Any]
) -> tuple[bool, bool, frozenset[str], frozenset[str] | None]:
    """Read `(takes call, is a generator, required names, accepted names or None for all)` off a function.

    From the code object, because importing `inspect` costs several milliseconds at every start.
    """
    inner: Any = function
    while hasattr(inner, "__wrapped__"):
        inner = inner.__wrapped__
    bound = hasattr(inner, "__func__")
    inner = getattr(inner, "__func__", inner)
    code = getattr(inner, "__code__", None)
    if code is None:
        raise TypeError(f"the handler of {name} must be a function or a method, not {function!r}")
    if code.co_flags & _ASYNCHRONOUS:
        raise TypeError(f"the handler of {name} is async; handlers are plain functions, run in threads")
    positional = code.co_varnames[: code.co_argcount]
    keyword = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    if code.co_posonlyargcount > bound or code.co_flags & _VARIABLE_ARGUMENTS:
        raise TypeError(f"the handler of {name} gets its params by name; it cannot take positional ones")
    optional = set(positional[len(positional) - len(inner.__defaults__ or ()) :]) | set(
        inner.__kwdefaults__ or ()
    )
    names = set(positional[1 if bound else 0 :]) | set(keyword)
    accepts = None if code.co_flags & _VARIABLE_KEYWORDS else frozenset(names - {CALL})
    return (
        CALL in names,
        bool(code.co_flags & _GENERATOR),
        frozenset(names - optional - {CALL}),
        accepts,
    )


def public_methods(implementation: object) -> dict[str, Callable[..., Any]]:
    """Map the wire names of an object's public methods to them: `to_html` is `ToHtml`, `Get` stays `Get`."""
    kind = type(implementation)
    found = {}
    for name in dir(kind):
        if not name.startswith("_") and callable(getattr(kind, name)):
            wire_name = name if name[0].isupper() else "".join(part.capitalize() for part in name.split("_"))
            found[wire_name] = getattr(implementation, name)
    return found
