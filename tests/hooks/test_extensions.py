"""Extensions: a broken one harms only itself, and is named."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from extension_makers import COMMAND, MANIFESTS, deciding, implementing, providing

from hostcore._version import VERSION
from hostcore.config import HostConfig
from hostcore.errors import ConfigError, ExtensionError, LaunchError
from hostcore.hooks import Extensions, HostHooks, hookimpl

DEADLINE = "hostcore_decide_deadline"


def fail():
    raise ZeroDivisionError("no folder")


def half():
    yield Path("/first")
    raise ZeroDivisionError("half way")


async def later():
    return [Path("/never")]


def refuse():
    raise LaunchError("there is no such runtime")


def collect(extensions):
    return extensions.collect(MANIFESTS, Path, config=HostConfig())


# -- provide


def test_all_answers_are_collected_the_latest_first(extensions):
    """Every implementation of a `provide` hook is asked; a generator is as good as a list."""
    extensions.register(providing([Path("/a"), Path("/b")]), name="one", origin="loaded")
    extensions.register(providing(lambda: (Path(each) for each in ("/c", "/d"))), name="two", origin="loaded")
    extensions.register(providing(None), name="three", origin="loaded")
    assert [Path("/c"), Path("/d"), Path("/a"), Path("/b")] == collect(extensions)


def test_answers_can_be_collected_with_the_names_of_who_gave_them(extensions):
    """What fails later can be told with the extension's name."""
    extensions.register(providing([Path("/a"), Path("/b")]), name="one", origin="loaded")
    extensions.register(providing([Path("/c")]), name="two", origin="loaded")
    named = extensions.collect_named(MANIFESTS, Path, config=HostConfig())
    assert named == [("two", Path("/c")), ("one", Path("/a")), ("one", Path("/b"))]


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (fail, "ZeroDivisionError: no folder"),
        (half, "ZeroDivisionError: half way"),
        (later, "TypeError: this hook must answer at once"),
        (lambda: 7, "TypeError"),
        (lambda: ["/a/text"], "TypeError: this hook answers with Path, not with str"),
        (lambda: itertools.repeat(Path("/a")), "ValueError: this hook answers with at most 10000 items"),
        (lambda: fail_with(ConfigError("the folder is wrong")), "ConfigError: the folder is wrong"),
        (lambda: fail_with(UnspeakableError()), "UnspeakableError: its text cannot be made: RuntimeError"),
    ],
    ids=["raises", "half way", "async", "no items", "wrong items", "no end", "host error", "bad error"],
)
def test_a_broken_provider_is_named_and_passed_over(extensions, failures, broken, error):
    """The others still count, and an event says who failed, where and how."""
    extensions.register(providing([Path("/a")]), name="good", origin="loaded")
    extensions.register(providing(broken), name="broken", origin="loaded")
    extensions.register(providing([Path("/b")]), name="fine", origin="loaded")
    assert [Path("/b"), Path("/a")] == collect(extensions)
    (failure,) = failures
    assert (failure.extension, failure.hook) == ("broken", MANIFESTS)
    assert failure.error.startswith(error)
    assert failure.traceback.startswith("Traceback")


def fail_with(error):
    raise error


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


# -- decide


def test_the_first_answer_wins(extensions):
    """A later extension is asked first; None leaves it to the next one."""
    extensions.register(deciding(fail), name="never asked", origin="loaded")
    extensions.register(deciding(["b"]), name="two", origin="loaded")
    extensions.register(deciding(None), name="three", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest=None) == ["b"]


@pytest.mark.parametrize(
    "broken",
    [fail, later, lambda: "sh -c x", lambda: b"sh", lambda: 7],
    ids=["raises", "async", "text", "bytes", "number"],
)
def test_a_broken_decision_is_named_and_the_next_one_asked(extensions, failures, broken):
    """An extension that fails or answers with nonsense decides nothing."""
    extensions.register(deciding(["good"]), name="good", origin="loaded")
    extensions.register(deciding(broken), name="broken", origin="loaded")
    assert extensions.decide(COMMAND, Sequence, manifest=None) == ["good"]
    assert [each.extension for each in failures] == ["broken"]


def test_without_an_answer_nobody_decides(extensions):
    """No implementation, or only Nones: the host takes its default."""
    assert extensions.decide(COMMAND, list, manifest=None) is None
    extensions.register(deciding(None), name="one", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest=None) is None


def test_a_host_error_is_an_answer(extensions, failures):
    """An extension that raises one of the host's own errors has decided: the start fails with it."""
    extensions.register(deciding(["never asked"]), name="first", origin="loaded")
    extensions.register(deciding(refuse), name="second", origin="loaded")
    with pytest.raises(LaunchError, match="no such runtime"):
        extensions.decide(COMMAND, list, manifest=None)
    assert failures == []


@pytest.mark.parametrize(("answer", "decided"), [(5, 5.0), (2.5, 2.5), (True, None), ("5", None)])
def test_an_int_will_do_for_seconds(extensions, answer, decided):
    """Nobody writes 5.0 for five seconds; what is no number decides nothing."""
    extensions.register(implementing(hostcore_decide_deadline=lambda: answer), name="one", origin="loaded")
    found = extensions.decide(DEADLINE, float, manifest=None, method=None)
    assert (found, type(found)) == (decided, type(decided))


def test_a_mapping_is_taken_as_any_mapping(extensions):
    """An answer is looked at by its kind, not by its class."""
    extensions.register(
        implementing(hostcore_decide_environment=lambda environ: {**environ}), name="one", origin="loaded"
    )
    decided = extensions.decide(
        "hostcore_decide_environment", Mapping, manifest=None, purpose=None, environ={"A": "b"}
    )
    assert decided == {"A": "b"}


# -- order and arguments


@pytest.mark.parametrize(
    ("marks", "order"),
    [
        ([{}, {}, {}], ["c", "b", "a"]),
        ([{"tryfirst": True}, {}, {}], ["a", "c", "b"]),
        ([{}, {}, {"trylast": True}], ["b", "a", "c"]),
        ([{"tryfirst": True}, {"trylast": True}, {"tryfirst": True}], ["c", "a", "b"]),
    ],
)
def test_marks_order_the_calls(extensions, marks, order):
    """`tryfirst` and `trylast` win over the order of registration, which is turned round; `hooks` shows the order."""
    for name, each in zip("abc", marks, strict=True):
        implementation = hookimpl(**each)(lambda name=name: [Path(f"/{name}")])
        extension = type("Extension", (), {MANIFESTS: staticmethod(implementation)})()
        extensions.register(extension, name=name, origin="loaded")
    assert collect(extensions) == [Path(f"/{name}") for name in order]
    (hook,) = [each for each in extensions.hooks() if each.name == MANIFESTS]
    assert hook.extensions == tuple(order)


def test_implementations_take_the_arguments_they_want(extensions):
    """A hook's arguments go by name; an implementation names those it needs."""
    extensions.register(
        implementing(hostcore_decide_command=lambda manifest: [manifest]), name="wants", origin="loaded"
    )
    assert extensions.decide(COMMAND, list, manifest="the manifest") == ["the manifest"]


def test_an_argument_that_the_host_forgot_is_the_hosts_fault(extensions, failures):
    """A caller of a hook that leaves out an argument gets the error itself; no extension is blamed."""
    extensions.register(
        implementing(hostcore_decide_command=lambda manifest: [manifest]), name="wants", origin="loaded"
    )
    with pytest.raises(KeyError, match="manifest"):
        extensions.decide(COMMAND, list)
    assert failures == []


# -- slow ones


def test_an_implementation_that_blocks_the_host_is_named(extensions, failures, clock):
    """What it answers counts all the same; a quick one is not named."""
    extensions.register(providing([Path("/quick")]), name="quick", origin="loaded")
    extensions.register(
        providing(lambda: [clock.pass_by(0.35), Path("/a")][1:]), name="slow", origin="loaded"
    )
    extensions.register(deciding(lambda: [clock.pass_by(1.5), "x"][1:]), name="slower", origin="loaded")
    assert collect(extensions) == [Path("/a"), Path("/quick")]
    assert extensions.decide(COMMAND, list, manifest=None) == ["x"]
    assert [(each.extension, each.hook, each.error) for each in failures] == [
        ("slow", MANIFESTS, "blocked the host for 0.35 s"),
        ("slower", COMMAND, "blocked the host for 1.50 s"),
    ]


def test_the_time_of_a_generator_counts(extensions, failures, clock):
    """A generator does its work while its items are taken."""

    def slowly():
        clock.pass_by(0.2)
        yield Path("/a")

    extensions.register(providing(slowly), name="slow", origin="loaded")
    assert collect(extensions) == [Path("/a")]
    assert [each.error for each in failures] == ["blocked the host for 0.20 s"]


def test_the_limit_is_not_slow_yet(extensions, failures, clock):
    """An implementation that takes a twentieth of a second passes unnoticed."""
    extensions.register(providing(lambda: [clock.pass_by(0.05)][1:]), name="quick", origin="loaded")
    assert collect(extensions) == []
    assert failures == []


# -- registering


@pytest.mark.parametrize(
    "members",
    [
        {"hostcore_decide_comand": hookimpl(lambda self: ["x"])},
        {COMMAND: hookimpl(lambda self, manifest, everything: ["x"])},
        {COMMAND: hookimpl(wrapper=True)(lambda self: (yield))},
    ],
    ids=["name", "argument", "wrapper"],
)
def test_a_wrong_hook_is_refused(extensions, members):
    """A name or an argument that no hook has, or a wrapper, is an error at once, and leaves nothing behind."""
    with pytest.raises(ExtensionError, match="cannot be used"):
        extensions.register(type("Wrong", (), members)(), name="broken", origin="loaded")
    assert extensions.snapshot() == ()
    extensions.register(deciding(["good"]), name="broken", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest=None) == ["good"]


def test_none_is_no_extension(extensions):
    """A factory that forgot its `return` is told so."""
    with pytest.raises(ExtensionError, match="it is None"):
        extensions.register(None, name="nothing", origin="loaded")


def test_a_name_is_taken_once(extensions):
    """Two extensions of one name would make `--disable` ambiguous; the first stays, whatever the second is."""
    extensions.register(deciding(["a"]), name="one", origin="built-in")
    with pytest.raises(ExtensionError, match="two extensions of the name one: one is built-in and stays"):
        extensions.register(deciding(["b"]), name="one", origin="installed")
    assert extensions.decide(COMMAND, list, manifest=None) == ["a"]


def test_an_object_is_registered_once(extensions):
    """Under a second name it would be asked twice, and under its own it stays as it was."""
    extension = deciding(["a"])
    extensions.register(extension, name="one", origin="loaded")
    with pytest.raises(ExtensionError, match="the same as the extension one"):
        extensions.register(extension, name="two", origin="loaded")
    with pytest.raises(ExtensionError, match="two extensions of the name one"):
        extensions.register(extension, name="one", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest=None) == ["a"]


# -- pictures


def test_a_disabled_extension_stays_out_and_is_shown(extensions):
    """What is disabled is not called; the picture says that it would be there."""
    extensions.register(deciding(fail), name="unwanted", origin="built-in")
    assert extensions.decide(COMMAND, list, manifest=None) is None
    (snapshot,) = extensions.snapshot()
    assert (snapshot.name, snapshot.enabled, snapshot.hooks) == ("unwanted", False, ())


def test_a_disabled_name_that_nobody_has_is_known(failures):
    """A misspelt `--disable` can be told from one that had its effect."""
    extensions = Extensions(report=failures.append, disabled=("one", "misspelt", "another"))
    extensions.register(deciding(["a"]), name="one", origin="built-in")
    assert extensions.unknown_disabled == ("another", "misspelt")


def test_the_snapshot_says_who_implements_what(extensions):
    """Each extension with its origin, version, description and hooks, in the order of registration."""

    class Documented:
        """Decides on commands.

        And that is all.
        """

        @hookimpl
        def hostcore_decide_command(self):
            return ["a"]

        @hookimpl
        def hostcore_decide_admission(self):
            return None

    extensions.register(Documented(), name="one", origin="built-in")
    extensions.register(providing([]), name="two", origin="installed", package="acme 1.2", version="1.2")
    extensions.register(deciding([]), name="three", origin="loaded")
    facts = [
        (each.name, each.origin, each.version, each.description, each.hooks, each.enabled)
        for each in extensions.snapshot()
    ]
    both = ("hostcore_decide_admission", COMMAND)
    assert facts == [
        ("one", "built-in", VERSION, "Decides on commands.", both, True),
        ("two", "installed", "1.2", "", (MANIFESTS,), True),
        ("three", "loaded", "", "", (COMMAND,), True),
    ]


def test_the_snapshot_counts_failures(extensions):
    """All failures of an extension's hooks count, also those that no event told of; the latest is shown."""
    extensions.register(deciding(fail), name="broken", origin="loaded")
    extensions.register(deciding(None), name="good", origin="loaded")
    for _ in range(20):
        extensions.decide(COMMAND, list, manifest=None)
    assert [(each.name, each.failures, each.last_error) for each in extensions.snapshot()] == [
        ("broken", 20, "ZeroDivisionError: no folder"),
        ("good", 0, None),
    ]


def test_all_hooks_are_shown(extensions):
    """Each hook with its kind, and who implements it in calling order; an unused one has nobody."""
    extensions.register(deciding(["a"]), name="one", origin="loaded")
    extensions.register(deciding(["b"]), name="two", origin="loaded")
    hooks = {each.name: each for each in extensions.hooks()}
    assert list(hooks) == [name for name in vars(HostHooks) if name.startswith("hostcore_")]
    assert {each.kind for each in hooks.values()} == {"provide", "decide", "on"}
    assert hooks[COMMAND].extensions == ("two", "one")
    assert [each.name for each in hooks.values() if each.extensions] == [COMMAND]
    assert [extensions.implements(COMMAND), extensions.implements(MANIFESTS)] == [True, False]
