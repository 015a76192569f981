"""Extensions: a broken one harms only itself, and is named."""

import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hostcore.config import HostConfig
from hostcore.errors import ExtensionError, LaunchError
from hostcore.hooks import Extensions, hookimpl
from hostcore.hooks import _extensions as module

MANIFESTS = "hostcore_provide_manifests"
COMMAND = "hostcore_decide_command"


def providing(answer):
    class Extension:
        @hookimpl
        def hostcore_provide_manifests(self):
            return answer() if callable(answer) else answer

    return Extension()


def deciding(answer):
    class Extension:
        @hookimpl
        def hostcore_decide_command(self):
            return answer() if callable(answer) else answer

    return Extension()


def fail():
    raise ZeroDivisionError("no folder")


def half():
    yield Path("/first")
    raise ZeroDivisionError("half way")


async def later():
    return [Path("/never")]


@pytest.fixture
def failures():
    return []


@pytest.fixture
def extensions(failures):
    return Extensions(report=failures.append, disabled=("unwanted",))


def collect(extensions):
    return extensions.collect(MANIFESTS, Path, config=HostConfig())


def test_all_answers_are_collected_the_latest_first(extensions):
    """Every implementation of a `provide` hook is asked; a generator is as good as a list."""
    extensions.register(providing([Path("/a"), Path("/b")]), name="one", origin="loaded")
    extensions.register(providing(lambda: (Path(each) for each in ("/c", "/d"))), name="two", origin="loaded")
    extensions.register(providing(None), name="three", origin="loaded")
    assert [Path("/c"), Path("/d"), Path("/a"), Path("/b")] == collect(extensions)


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (fail, "ZeroDivisionError: no folder"),
        (half, "ZeroDivisionError: half way"),
        (later, "TypeError: this hook must answer at once"),
        (lambda: 7, "TypeError"),
        (lambda: ["/a/text"], "TypeError: this hook answers with Path, not with str"),
    ],
    ids=["raises", "raises half way", "async", "not iterable", "wrong items"],
)
def test_a_broken_provider_is_named_and_passed_over(extensions, failures, broken, error):
    """The others still count, and an event says who failed, where and how."""
    extensions.register(providing([Path("/a")]), name="good", origin="loaded")
    extensions.register(providing(broken), name="broken", origin="loaded")
    assert [Path("/a")] == collect(extensions)
    (failure,) = failures
    assert (failure.extension, failure.hook) == ("broken", MANIFESTS)
    assert failure.error.startswith(error)


def test_the_first_answer_wins(extensions):
    """A later extension is asked first; None leaves it to the next one."""
    extensions.register(deciding(["a"]), name="one", origin="loaded")
    extensions.register(deciding(["b"]), name="two", origin="loaded")
    extensions.register(deciding(None), name="three", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest=None) == ["b"]


@pytest.mark.parametrize(
    "broken", [fail, later, lambda: "sh -c x", lambda: 7], ids=["raises", "async", "text", "number"]
)
def test_a_broken_decision_is_named_and_the_next_one_asked(extensions, failures, broken):
    """An extension that fails or answers with nonsense decides nothing."""
    extensions.register(deciding(["good"]), name="good", origin="loaded")
    extensions.register(deciding(broken), name="broken", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest=None) == ["good"]
    assert [each.extension for each in failures] == ["broken"]


def test_without_an_answer_nobody_decides(extensions):
    """No implementation, or only Nones: the host takes its default."""
    assert extensions.decide(COMMAND, list, manifest=None) is None
    extensions.register(deciding(None), name="one", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest=None) is None


def test_a_host_error_is_an_answer(extensions, failures):
    """An extension that raises one of the host's own errors has decided: the start fails with it."""

    def refuse():
        raise LaunchError("there is no such runtime")

    extensions.register(deciding(["never asked"]), name="first", origin="loaded")
    extensions.register(deciding(refuse), name="second", origin="loaded")
    with pytest.raises(LaunchError, match="no such runtime"):
        extensions.decide(COMMAND, list, manifest=None)
    assert failures == []


def test_marks_order_the_calls(extensions):
    """`tryfirst` and `trylast` win over the order of registration."""

    class First:
        @hookimpl(tryfirst=True)
        def hostcore_decide_command(self):
            return ["first"]

    extensions.register(First(), name="first", origin="loaded")
    extensions.register(deciding(["later"]), name="later", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest=None) == ["first"]


def test_implementations_take_the_arguments_they_want(extensions):
    """A hook's arguments go by name; an implementation names those it needs."""

    class Wants:
        @hookimpl
        def hostcore_decide_command(self, manifest):
            return [manifest]

    extensions.register(Wants(), name="wants", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest="the manifest") == ["the manifest"]


def test_a_misspelt_hook_is_refused(extensions):
    """A name or an argument that no hook has is an error at once, and leaves nothing behind."""

    class Misspelt:
        @hookimpl
        def hostcore_decide_comand(self):
            return ["x"]

    class Greedy:
        @hookimpl
        def hostcore_decide_command(self, manifest, everything):
            return ["x"]

    for broken in (Misspelt(), Greedy()):
        with pytest.raises(ExtensionError, match="cannot be used"):
            extensions.register(broken, name="broken", origin="loaded")
    assert extensions.snapshot() == ()
    extensions.register(deciding(["good"]), name="broken", origin="loaded")
    assert extensions.decide(COMMAND, list, manifest=None) == ["good"]


def test_a_name_is_taken_once(extensions):
    """Two extensions of one name would make `--disable` ambiguous."""
    extensions.register(deciding(["a"]), name="one", origin="built-in")
    with pytest.raises(ExtensionError, match="one"):
        extensions.register(deciding(["b"]), name="one", origin="installed")


def test_a_disabled_extension_stays_out(extensions):
    """What is disabled is neither called nor shown."""
    extensions.register(deciding(fail), name="unwanted", origin="built-in")
    assert extensions.decide(COMMAND, list, manifest=None) is None
    assert extensions.snapshot() == ()


def test_the_snapshot_says_who_implements_what(extensions):
    """Name, origin and hooks of each extension, in the order of registration."""
    extensions.register(deciding(["a"]), name="one", origin="built-in")
    extensions.register(providing([]), name="two", origin="installed")
    facts = [(each.name, each.origin, each.hooks) for each in extensions.snapshot()]
    assert facts == [("one", "built-in", (COMMAND,)), ("two", "installed", (MANIFESTS,))]


def test_installed_extensions_are_found_by_their_entry_points(extensions, failures, monkeypatch):
    """Each entry point of the group is loaded; a broken one is reported, a disabled one not even imported."""
    shop = types.ModuleType("shop_of_extensions")
    shop.Good = type(deciding(["installed"]))
    monkeypatch.setitem(sys.modules, "shop_of_extensions", shop)
    entries = [
        EntryPoint(name, value, module.ENTRY_POINT_GROUP)
        for name, value in (
            ("good", "shop_of_extensions:Good"),
            ("gone", "shop_of_extensions:Gone"),
            ("unwanted", "a_module_that_does_not_exist"),
            ("wrecked", "a_module_that_does_not_exist"),
        )
    ]
    monkeypatch.setattr(
        module, "entry_points", lambda *, group: entries if group == module.ENTRY_POINT_GROUP else []
    )
    extensions.load_installed()
    assert [(each.name, each.origin) for each in extensions.snapshot()] == [("good", "installed")]
    assert sorted(each.extension for each in failures) == ["gone", "wrecked"]
    assert extensions.decide(COMMAND, list, manifest=None) == ["installed"]


def test_an_extension_is_loaded_by_reference(extensions, tmp_path, monkeypatch):
    """`module:attribute` names a class or an object, `module` a module whose functions are the hooks."""
    (tmp_path / "sample_extension.py").write_text(
        "from hostcore.hooks import hookimpl\n"
        "class Policy:\n"
        "    @hookimpl\n"
        "    def hostcore_decide_command(self):\n"
        "        return ['from the class']\n"
        "@hookimpl\n"
        "def hostcore_decide_command():\n"
        "    return ['from the module']\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    extensions.load("sample_extension:Policy")
    assert extensions.decide(COMMAND, list, manifest=None) == ["from the class"]
    extensions.load("sample_extension")
    assert extensions.decide(COMMAND, list, manifest=None) == ["from the module"]


@pytest.mark.parametrize("reference", ["no_such_module", "pathlib:NoSuchThing", "", ":x"])
def test_a_reference_to_nothing_says_so(extensions, reference):
    """What cannot be loaded is an error that names the reference and says how one looks."""
    with pytest.raises(ExtensionError, match="cannot be loaded"):
        extensions.load(reference)
