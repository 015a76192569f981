"""Loading: what installed packages announce is found, and a broken package harms no other."""

import sys

import pytest
from extension_makers import COMMAND, deciding

from hostcore.errors import ExtensionError
from hostcore.hooks import ENTRY_POINT_GROUP

GOOD = (
    "from hostcore.hooks import hookimpl\n"
    "class Policy:\n"
    "    '''Decides on commands.'''\n"
    "    @hookimpl\n"
    "    def hostcore_decide_command(self):\n"
    "        return ['from the class']\n"
    "@hookimpl\n"
    "def hostcore_decide_command():\n"
    "    return ['from the module']\n"
)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return a folder that stands in for site-packages; what is imported from it is forgotten."""
    others = [each for each in sys.path if "site-packages" not in each]
    monkeypatch.setattr(sys, "path", [str(tmp_path), *others])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def install(site, package, entries, *, version="1.0", modules=None, metadata=None):
    """Lay a package with these entry points into a folder, as pip would."""
    info = site / f"{package.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    if metadata is None:
        metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode()
    (info / "METADATA").write_bytes(metadata)
    lines = entries if isinstance(entries, str) else "\n".join(f"{k} = {v}" for k, v in entries.items())
    (info / "entry_points.txt").write_text(f"[console_scripts]\nx = x:y\n\n[{ENTRY_POINT_GROUP}]\n{lines}\n")
    for name, source in (modules or {}).items():
        (site / f"{name}.py").write_text(source)


def names(extensions):
    return [(each.name, each.enabled) for each in extensions.snapshot()]


def test_installed_extensions_are_found(extensions, failures, site):
    """All entry points of the group are loaded by name, whatever package they come from; classes are instantiated."""
    install(site, "acme-hooks", {"zeta": "acme_hooks:Policy"}, version="2.1", modules={"acme_hooks": GOOD})
    install(site, "other-hooks", {"alpha": "other_hooks"}, modules={"other_hooks": GOOD})
    extensions.load_installed()
    assert failures == []
    assert [
        (each.name, each.origin, each.version, each.description, each.hooks) for each in extensions.snapshot()
    ] == [
        ("alpha", "installed", "1.0", "", (COMMAND,)),
        ("zeta", "installed", "2.1", "Decides on commands.", (COMMAND,)),
    ]
    assert extensions.decide(COMMAND, list, manifest=None) == ["from the class"]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("raise ZeroDivisionError('at import')", "ZeroDivisionError: at import"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import a_module_that_does_not_exist", "ModuleNotFoundError: No module named"),
        ("def Policy(:", "SyntaxError"),
        ("x = 1", "AttributeError: module 'wrecked' has no attribute 'Policy'"),
        ("class Policy:\n    def __init__(self):\n        raise OSError('no disk')", "OSError: no disk"),
        ("class Policy:\n    def __init__(self, argument):\n        pass", "TypeError"),
        ("Policy = None", "ExtensionError: broken: the extension broken cannot be used: it is None"),
        (GOOD.replace("command", "comand"), "ExtensionError: broken: the extension broken cannot be used"),
    ],
    ids=["raises", "exits", "import", "syntax", "attribute", "init", "arguments", "none", "misspelt"],
)
def test_a_broken_package_is_named_and_passed_over(extensions, failures, site, source, error):
    """One package that cannot be loaded costs no other one its place; it is shown as what does not take part."""
    install(site, "a-broken-one", {"broken": "wrecked:Policy"}, modules={"wrecked": source})
    install(site, "good-one", {"good": "acme_hooks:Policy"}, modules={"acme_hooks": GOOD})
    extensions.load_installed()
    (failure,) = failures
    assert (failure.extension, failure.hook) == ("broken", "(loading)")
    assert failure.error.startswith(error)
    assert names(extensions) == [("broken", False), ("good", True)]
    broken, good = extensions.snapshot()
    assert (broken.failures, broken.last_error, broken.version) == (1, failure.error, "1.0")
    assert good.failures == 0


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"metadata": b"Metadata-Version: 2.1\nVersion: 1.0\n"}, "(a package in "),
        ({"metadata": b"Name: \xff\xfe\n"}, "(a package in "),
        ({"metadata": b"Metadata-Version: 2.1\nName: somebody-else\n"}, "somebody-else"),
        ({"entries": "this is no entry"}, "a-broken-one"),
    ],
    ids=["no name", "not UTF-8", "another name", "no entry"],
)
def test_broken_metadata_is_named_and_passed_over(extensions, failures, site, files, name):
    """A package whose files cannot be read costs no other one its place."""
    install(site, "a-broken-one", **{"entries": "broken = x:y", **files})
    install(site, "good-one", {"good": "acme_hooks:Policy"}, modules={"acme_hooks": GOOD})
    extensions.load_installed()
    assert [(each.extension[: len(name)], each.hook) for each in failures] == [(name, "(loading)")]
    assert names(extensions) == [("good", True)]


def test_an_entry_point_that_names_no_module_is_passed_over(extensions, failures, site):
    """What stands behind the name may be anything."""
    install(site, "a-broken-one", {"broken": "not a module!"})
    extensions.load_installed()
    assert [each.extension for each in failures] == ["broken"]
    assert names(extensions) in ([("broken", False)], [])


def test_a_disabled_package_is_not_imported(extensions, failures, site):
    """Whoever cannot be loaded can be disabled; it is still shown, with its version."""
    install(site, "exits", {"unwanted": "exits_at_once"}, modules={"exits_at_once": "raise SystemExit(1)"})
    extensions.load_installed()
    assert failures == []
    assert names(extensions) == [("unwanted", False)]
    assert extensions.unknown_disabled == ()
    assert "exits_at_once" not in sys.modules


def test_the_built_in_policy_stays(extensions, failures, site):
    """An installed extension cannot take the name of a built-in policy; that one is not blamed for it."""
    extensions.register(deciding(["built-in"]), name="policy", origin="built-in")
    install(site, "acme-hooks", {"policy": "acme_hooks:Policy"}, modules={"acme_hooks": GOOD})
    extensions.load_installed()
    (failure,) = failures
    assert failure.error == (
        "ExtensionError: policy: there are two extensions of the name policy: one is built-in and stays, the other one"
        " is acme-hooks 1.0 (rename one of them: `--disable` and the events tell extensions apart by their names)"
    )
    assert extensions.decide(COMMAND, list, manifest=None) == ["built-in"]
    assert [(each.origin, each.failures) for each in extensions.snapshot()] == [("built-in", 0)]


def test_of_two_packages_with_one_name_for_an_extension_the_first_stays(extensions, failures, site):
    """Which one it is does not depend on the order in which a folder is read."""
    install(site, "b-hooks", {"policy": "b_hooks:Policy"}, modules={"b_hooks": GOOD})
    install(site, "a-hooks", {"policy": "a_hooks:Policy"}, version="3.0", modules={"a_hooks": GOOD})
    extensions.load_installed()
    (failure,) = failures
    assert "one is a-hooks 3.0 and stays, the other one is b-hooks 1.0" in failure.error
    assert [each.version for each in extensions.snapshot()] == ["3.0"]


def test_a_package_that_stands_twice_on_the_path_is_loaded_once(extensions, failures, site, monkeypatch):
    """The first on the path counts, as it does for imports, also where only the second has the entry point."""
    front = site / "front"
    install(
        site, "acme-hooks", {"old": "acme_hooks:Policy", "both": "acme_hooks"}, modules={"acme_hooks": GOOD}
    )
    install(front, "acme-hooks", {"both": "acme_hooks"}, version="2.0", modules={"acme_hooks": GOOD})
    monkeypatch.setattr(sys, "path", [str(front), *sys.path])
    extensions.load_installed()
    assert failures == []
    assert [(each.name, each.version) for each in extensions.snapshot()] == [("both", "2.0")]


# -- by reference


def test_an_extension_is_loaded_by_reference(extensions, site):
    """`module:attribute` names a class or an object, `module` a module whose functions are the hooks."""
    (site / "sample_extension.py").write_text(GOOD)
    extensions.load("sample_extension:Policy")
    assert extensions.decide(COMMAND, list, manifest=None) == ["from the class"]
    extensions.load("sample_extension")
    assert extensions.decide(COMMAND, list, manifest=None) == ["from the module"]


@pytest.mark.parametrize(
    "reference",
    [
        "no_such_module",
        "pathlib:NoSuchThing",
        "",
        ":x",
        "x:",
        ".x",
        "a module",
        "exits_at_once",
        "exits:Policy",
    ],
)
def test_a_reference_to_nothing_says_so(extensions, site, reference):
    """What cannot be loaded is an error that names the reference and says how one looks."""
    (site / "exits_at_once.py").write_text("raise SystemExit(1)")
    (site / "exits.py").write_text("class Policy:\n    def __init__(self):\n        raise SystemExit(1)")
    with pytest.raises(ExtensionError, match=r"cannot be loaded.*name it as `module`"):
        extensions.load(reference)
    assert extensions.snapshot() == ()


def test_a_reference_twice_is_refused(extensions, site):
    """The configuration names an extension once."""
    (site / "sample_extension.py").write_text(GOOD)
    extensions.load("sample_extension:Policy")
    with pytest.raises(ExtensionError, match="two extensions of the name sample_extension:Policy"):
        extensions.load("sample_extension:Policy")


def test_a_disabled_reference_is_not_imported(extensions):
    """What is both named and disabled stays out, and its name is not unknown."""
    extensions.load("unwanted")
    assert names(extensions) == [("unwanted", False)]
    assert extensions.unknown_disabled == ()
