"""A reload that would break what other plugins use is refused, with names and findings."""

from pathlib import Path

import pytest

from hostcore.dependencies import Dependency, DependencyKind
from hostcore.hooks import ReloadContext
from hostcore.interfaces import parse_interface
from hostcore.manifest import Manifest
from hostcore.policies import ContractCheck

EMPTY = {"params": {"type": "object"}, "result": {"type": "object"}}


def interface(name, version, methods=("Get",)):
    document = {"interface": 1, "name": name, "version": version, "methods": dict.fromkeys(methods, EMPTY)}
    return parse_interface(document, source="test")


def version_of(version, interfaces=(), *, provides=()):
    manifest = Manifest(
        folder=Path("/kv"),
        file=Path("/kv/plugin.toml"),
        id="kv",
        version=version,
        provides={**{each.name: str(each.version) for each in interfaces}, **dict(provides)},
    )
    return manifest, {each.name: each for each in interfaces}


def uses(dependent, name="Store", versions="^1.0", *, kind=DependencyKind.INTERFACE):
    return Dependency(dependent=dependent, kind=kind, name=name, range=versions, provider="kv")


def objection(old, new, *dependents):
    context = ReloadContext(
        old=old[0], new=new[0], old_interfaces=old[1], new_interfaces=new[1], dependents=dependents
    )
    return ContractCheck().hostcore_decide_reload(context)


OLD = version_of("1.0.0", [interface("Store", "1.0", ["Get", "Put"]), interface("Admin", "1.0")])
BROKEN = version_of("1.1.0", [interface("Store", "1.1", ["Get"]), interface("Admin", "1.0")])
FORCE = "; if that is meant, force the reload"


@pytest.mark.parametrize(
    ("new", "dependents"),
    [
        pytest.param(OLD, [uses("a")], id="the same again"),
        pytest.param(
            version_of("1.1.0", [interface("Store", "1.1", ["Get", "Put", "List"])]), [uses("a")], id="only additions"
        ),
        pytest.param(BROKEN, [], id="nobody depends on it"),
        pytest.param(BROKEN, [uses("a", "Admin")], id="what breaks is used by nobody"),
        pytest.param(
            version_of("1.1.0", [interface("Store", "1.0", ["Get", "Put"])]), [uses("a")], id="what is gone is used by nobody"
        ),
        pytest.param(
            version_of("2.0.0", [interface("Store", "2.0", ["Fetch"])]), [uses("a", versions=">=1.0,<3")],
            id="a new major that the dependent takes",
        ),
        pytest.param(BROKEN, [uses("a", "kv", ">=1.0,<2", kind=DependencyKind.PLUGIN)], id="required by its id"),
    ],
)  # fmt: skip
def test_what_breaks_nobody_may_take_over(new, dependents):
    """There is no objection where every dependent finds what it uses."""
    assert objection(OLD, new, *dependents) is None


@pytest.mark.parametrize(
    ("new", "dependents", "text"),
    [
        pytest.param(
            BROKEN, [uses("a"), uses("b")],
            "Store 1.1 breaks what a and b use: method-removed at /methods/Put: the method Put is gone",
            id="a method is gone",
        ),
        pytest.param(
            version_of("1.1.0", [interface("Admin", "1.0")]), [uses("a"), uses("b", "Admin")],
            "Store is gone, which a uses",
            id="the interface is gone",
        ),
        pytest.param(
            version_of("2.0.0", [interface("Store", "2.0", ["Fetch"])]), [uses("a"), uses("b", versions="*")],
            "Store 2.0 is not what is required by a (^1.0)",
            id="a major that one dependent does not take",
        ),
        pytest.param(
            version_of("2.0.0", OLD[1].values()), [uses("a", "kv", "^1.0", kind=DependencyKind.PLUGIN), uses("b")],
            "kv 2.0.0 is not what is required by a (^1.0)",
            id="a version of the plugin that one dependent does not take",
        ),
        pytest.param(
            version_of("1.1.0-beta", OLD[1].values()), [uses("a", "kv", "^1.0", kind=DependencyKind.PLUGIN)],
            "kv 1.1.0-beta is not what is required by a (^1.0)",
            id="a prerelease that nobody asked for",
        ),
    ],
)  # fmt: skip
def test_what_breaks_somebody_is_named(new, dependents, text):
    """The sentence says what is wrong, whom it breaks, and that it can be forced."""
    assert objection(OLD, new, *dependents) == text + FORCE


def test_all_that_breaks_is_told_at_once():
    """One attempt shows every interface and range, so that nobody mends one thing after the other."""
    new = version_of("2.0.0", [interface("Store", "1.1", ["Get"])])
    dependents = [uses("a"), uses("b", "Admin"), uses("c", "kv", "^1.0", kind=DependencyKind.PLUGIN)]
    assert objection(OLD, new, *dependents) == (
        "kv 2.0.0 is not what is required by c (^1.0)"
        "; Store 1.1 breaks what a uses: method-removed at /methods/Put: the method Put is gone"
        "; Admin is gone, which b uses" + FORCE
    )


def test_long_lists_are_cut():
    """Three findings and five dependents are told, and how many more there are."""
    old = version_of("1.0.0", [interface("Store", "1.0", ["Get", *"ABCDE"])])
    text = objection(old, BROKEN, *(uses(f"p{n}") for n in range(7)))
    assert text == (
        "Store 1.1 breaks what p0, p1, p2, p3, p4 and 2 more use:"
        " method-removed at /methods/A: the method A is gone,"
        " method-removed at /methods/B: the method B is gone,"
        " method-removed at /methods/C: the method C is gone and 2 more" + FORCE
    )


def test_without_interface_files_the_versions_count():
    """What has no file is judged by its version in the manifest, and not at all where only the hello ever named it."""
    plain = version_of("1.0.0", provides={"Store": "1.0"})
    assert objection(plain, version_of("1.1.0", provides={"Store": "1.2"}), uses("a")) is None
    assert "is not what is required by a" in objection(
        plain, version_of("1.1.0", provides={"Store": "2.0"}), uses("a")
    )
    assert objection(version_of("1.0.0"), version_of("1.1.0"), uses("a")) is None
