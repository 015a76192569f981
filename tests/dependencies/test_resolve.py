"""The rules by which requirements become an order of starts."""

from __future__ import annotations

import json
import time

import pytest
from dependency_support import node

from hostcore.dependencies import DependencyKind, DependencyNode, resolve
from hostcore.interfaces import VersionError, VersionRange, schemas_folder
from hostcore.manifest import LossMode, Requirement, Requires


def providers(order):
    """Return `dependent: name` to who was picked for it."""
    return {f"{each.dependent}: {each.name}": each.provider for each in order.dependencies}


def texts(order, plugin, name):
    """Return what is said of each candidate for a requirement, in order."""
    (found,) = [each for each in order.of(plugin) if each.name == name]
    return [(each.plugin, each.accepted, each.text) for each in found.candidates]


def problem(order, plugin):
    found = order.problems[plugin]
    return (found.code, found.text, found.chain)


# -- waves


def test_nothing_comes_of_nothing():
    """Without plugins there are no waves."""
    assert resolve([]) == type(resolve([]))()


def test_those_that_require_nothing_start_together_sorted_by_id():
    """They are one wave."""
    assert resolve([node("zoo"), node("bell"), node("clock")]).waves == (("bell", "clock", "zoo"),)


def test_a_plugin_starts_in_the_wave_after_the_last_that_it_requires():
    """The depth of what is below it counts, not how much it requires."""
    order = resolve(
        [
            node("report", "Text ^1.0", "clock"),
            node("text", "spell", Text="1.0"),
            node("spell"),
            node("clock"),
        ]
    )
    assert order.waves == (("clock", "spell"), ("text",), ("report",))
    assert order.problems == {}


def test_a_met_optional_requirement_counts_for_the_waves():
    """Who would like to have something starts after it."""
    assert resolve([node("report", "?clock"), node("clock")]).waves == (("clock",), ("report",))


# -- who is picked


def test_the_highest_version_in_the_range_is_picked():
    """2.0 is higher, but outside; 1.4 is picked although its plugin needs more and comes later."""
    order = resolve(
        [
            node("report", "Text ^1.0"),
            node("a-new", Text="2.0"),
            node("a-old", Text="1.2"),
            node("z-text", "clock", Text="1.10"),
            node("clock"),
        ]
    )
    assert providers(order)["report: Text"] == "z-text"
    assert texts(order, "report", "Text") == [
        ("z-text", True, "picked: the highest version that will do, 1.10"),
        ("a-old", True, "would do as well: 1.2"),
        ("a-new", False, "its 2.0 is outside ^1.0"),
    ]


def test_of_the_same_version_the_one_that_requires_least_is_picked():
    """What is optional for a provider is not counted."""
    order = resolve(
        [
            node("report", "Text ^1.0"),
            node("busy", "clock", Text="1.0"),
            node("calm", "?clock", "?spell", Text="1.0"),
            node("clock"),
        ]
    )
    assert texts(order, "report", "Text") == [
        ("calm", True, "picked: of those with the highest version that will do, 1.0, it requires least"),
        ("busy", True, "would do as well: 1.0"),
    ]


def test_of_equals_the_first_by_id_is_picked():
    """So that the order does not depend on chance."""
    order = resolve([node("report", "Text"), node("two", Text="1.0"), node("one", Text="1.0")])
    assert texts(order, "report", "Text") == [
        ("one", True, "picked: of those with the highest version that will do, 1.0, it is the first by id"),
        ("two", True, "would do as well: 1.0"),
    ]


def test_a_provider_that_cannot_start_is_no_candidate():
    """The next one is picked, and the first says why it was not."""
    order = resolve(
        [node("report", "Text ^1.0"), node("good", Text="1.0"), node("proud", "Spell ^3.0", Text="1.9")]
    )
    assert providers(order)["report: Text"] == "good"
    assert texts(order, "report", "Text") == [
        ("good", True, "picked: the only one that will do"),
        ("proud", False, "cannot start itself: proud requires Spell ^3.0, and nobody provides it"),
    ]


def test_a_disabled_provider_is_no_candidate():
    """It says that it is disabled; it is in a wave, as nothing keeps it from being started."""
    order = resolve(
        [node("report", "Text"), node("off", Text="1.9", away="is disabled"), node("on", Text="1.0")]
    )
    assert texts(order, "report", "Text") == [
        ("on", True, "picked: the only one that will do"),
        ("off", False, "is disabled"),
    ]
    assert order.waves == (("off", "on"), ("report",))


def test_a_plugin_does_not_provide_for_itself():
    """It needs another one that provides the interface, and is not even looked at."""
    order = resolve([node("cache", "Store ^1.0", Store="1.5"), node("disk", Store="1.0")])
    assert texts(order, "cache", "Store") == [("disk", True, "picked: the only one")]


def test_two_that_wrap_the_same_interface_do_not_wrap_each_other():
    """Each provides a newer version than what is below; only one may be above the other."""
    order = resolve(
        [
            node("cache", "Store ^1.0", Store="1.5"),
            node("trace", "Store ^1.0", Store="1.6"),
            node("disk", Store="1.0"),
        ]
    )
    assert providers(order) == {"cache: Store": "trace", "trace: Store": "disk"}
    assert texts(order, "trace", "Store") == [
        ("disk", True, "picked: the only one that will do"),
        ("cache", False, "would close a cycle: trace → cache → trace"),
    ]


def test_a_required_plugin_is_met_by_its_id_and_version():
    """A prerelease of the next version is not in the range."""
    order = resolve([node("report", "clock >=1.0,<2"), node("clock", version="1.2.3")])
    assert texts(order, "report", "clock") == [("clock", True, "picked: 1.2.3 is in >=1.0,<2")]
    (found,) = order.of("report")
    assert (found.kind, found.provider, found.version) == (DependencyKind.PLUGIN, "clock", "1.2.3")


def test_the_host_meets_what_is_required_of_it():
    """Its own interface has no provider, no candidates, and no wave before it."""
    order = resolve([node("report", "Host ^1.0")])
    (found,) = order.dependencies
    assert (found.provider, found.version, found.candidates) == (None, "1.0", ())
    assert order.waves == (("report",),)


def test_the_version_of_the_hosts_interface_is_that_of_its_file():
    """The resolution does not read files; it knows the same version."""
    file = json.loads((schemas_folder() / "interfaces" / "Host.v1.json").read_text())
    (found,) = resolve([node("report", "Host")]).dependencies
    assert file["version"] == found.version


def test_nobody_but_the_host_provides_its_interface():
    """A plugin that says so is not looked at."""
    (found,) = resolve([node("report", "Host ^2.0"), node("fake", Host="2.0")]).dependencies
    assert (found.provider, found.version, found.candidates) == (None, None, ())


def test_a_dependency_says_what_the_manifest_said():
    """Range, whether it is optional, and what a loss means are passed on."""
    wanted = Requirement(range=VersionRange.parse("^1.0, <1.5"), optional=True, on_loss=LossMode.DEGRADE)
    report = DependencyNode(id="report", version="1.0.0", requires=Requires(interfaces={"Text": wanted}))
    (found,) = resolve([report, node("text", Text="1.4")]).dependencies
    assert (found.range, found.optional, found.on_loss) == ("^1.0, <1.5", True, LossMode.DEGRADE)


def test_dependencies_are_sorted():
    """By dependent, then interfaces before plugins, then by name."""
    order = resolve([node("b", "a", "Z", "Y"), node("a", "?Y"), node("c", Y="1.0", Z="1.0")])
    assert [(each.dependent, each.name) for each in order.dependencies] == [
        ("a", "Y"),
        ("b", "Y"),
        ("b", "Z"),
        ("b", "a"),
    ]


def test_an_order_tells_who_waits_for_a_plugin():
    """`on` has the requirements that it was picked for."""
    order = resolve([node("b", "a"), node("c", "a"), node("a")])
    assert [each.dependent for each in order.on("a")] == ["b", "c"]


# -- what is missing


def test_an_interface_that_nobody_provides_is_missing():
    """The text says who wants what, and what to do."""
    order = resolve([node("report", "Spell ^1.0")])
    assert problem(order, "report") == (
        "requirement-missing",
        (
            "report requires Spell ^1.0, and nobody provides it;"
            " load a plugin that does, or make the requirement optional"
        ),
        ("report",),
    )
    assert order.waves == ()


def test_an_interface_that_only_the_plugin_itself_provides_is_missing():
    """The text says that it does not count."""
    order = resolve([node("cache", "Store ^1.0", Store="1.5")])
    assert "cache requires Store ^1.0, and nobody else provides it; " in order.problems["cache"].text


def test_a_plugin_that_is_not_there_is_missing():
    """It is named."""
    order = resolve([node("report", "clock ^1.0")])
    assert problem(order, "report") == (
        "requirement-missing",
        (
            "report requires the plugin clock ^1.0, and there is no plugin clock;"
            " load it, or make the requirement optional"
        ),
        ("report",),
    )


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [("TextTool ^1.0", "did you mean 'TextTools'?"), ("text-nod", "did you mean 'text-node'?")],
)
def test_a_misspelt_name_is_guessed(wanted, hint):
    """The hint names the plugin or the interface that was meant."""
    order = resolve([node("report", wanted), node("text-node", TextTools="1.0")])
    assert order.problems["report"].text.endswith("; " + hint)


def test_a_plugin_is_not_taken_for_what_it_requires():
    """However alike the names are."""
    order = resolve([node("one-way", "other-way")])
    assert order.problems["one-way"].text.endswith("; load it, or make the requirement optional")


def test_names_are_guessed_a_bounded_number_of_times():
    """The comparison with all names is slow; the first plugins by id get it."""
    order = resolve([node("clock"), *(node(f"p{at:02}", "clok") for at in range(20))])
    guessed = [plugin for plugin, each in order.problems.items() if "did you mean" in each.text]
    assert guessed == [f"p{at:02}" for at in range(16)]


def test_a_version_that_nobody_has_is_a_conflict():
    """The text says which versions there are."""
    order = resolve([node("report", "TextTools ^2.0"), node("text-node", TextTools="1.0")])
    assert problem(order, "report") == (
        "requirement-conflict",
        (
            "report requires TextTools ^2.0, and nobody provides it: text-node provides TextTools 1.0;"
            " load a plugin that provides TextTools ^2.0, or allow another version in the manifest of report"
        ),
        ("report",),
    )


def test_only_disabled_providers_are_a_conflict():
    """The text says who could, and why it does not."""
    order = resolve(
        [node("report", "Text ^1.0"), node("new", Text="2.0"), node("off", Text="1.4", away="is disabled")]
    )
    assert problem(order, "report") == (
        "requirement-conflict",
        (
            "report requires Text ^1.0, and nobody provides it now: off, which is disabled, provides Text 1.4,"
            " new provides Text 2.0; let off run again"
        ),
        ("report",),
    )


@pytest.mark.parametrize(
    ("clock", "what_is"),
    [
        (
            node("clock", version="2.1.0"),
            (
                "there is clock 2.1.0; load a version of it that will do,"
                " or allow another version in the manifest of report"
            ),
        ),
        (node("clock", away="is stopped"), "clock is stopped; let clock run again"),
        (
            node("clock", version="2.0.0-beta"),
            (
                "there is clock 2.0.0-beta; load a version of it that will do,"
                " or allow another version in the manifest of report"
            ),
        ),
    ],
)
def test_a_plugin_of_another_version_or_that_is_away_is_a_conflict(clock, what_is):
    """The text says what there is."""
    order = resolve([node("report", "clock >=1.0,<2"), clock])
    text = f"report requires the plugin clock >=1.0,<2, and {what_is}"
    assert ("requirement-conflict", text, ("report",)) == problem(order, "report")


def test_a_host_that_is_too_old_is_a_conflict():
    """The text says what it offers."""
    order = resolve([node("report", "Host ^2.0")])
    assert problem(order, "report") == (
        "requirement-conflict",
        "report requires Host ^2.0, and this host offers Host 1.0; use another version of Polyhost, or of the plugin",
        ("report",),
    )


def test_all_that_a_plugin_lacks_is_named():
    """The first gives the problem its code, the others follow."""
    order = resolve([node("report", "Spell ^1.0", "Text ^2.0", "clock", "?Nice"), node("text", Text="1.0")])
    assert order.problems["report"].text.startswith(
        "report requires Spell ^1.0, and nobody provides it (not met, either: Text ^2.0, the plugin clock *); "
    )


def test_long_lists_are_counted():
    """A sentence names eight, and says how many more there are."""
    many = resolve([node("report", *(f"Want{at:02} ^1.0" for at in range(12)))])
    assert "Want08 ^1.0 and 3 more)" in many.problems["report"].text
    old = resolve([node("report", "Text ^2.0"), *(node(f"text-{at:02}", Text="1.0") for at in range(10))])
    assert "text-07 provides Text 1.0 and 2 more;" in old.problems["report"].text


def test_the_dependents_of_what_cannot_start_lead_to_the_root():
    """Each has the root's code and a chain that begins with itself; those beside it start."""
    order = resolve(
        [
            node("report", "TextTools ^1.0"),
            node("text-node", "Spell ^1.0", TextTools="1.0"),
            node("site", "report"),
            node("clock"),
        ]
    )
    assert problem(order, "site") == (
        "requirement-missing",
        (
            "site requires the plugin report *, which cannot start: text-node requires Spell ^1.0, and nobody provides it"
            " (site → report → text-node → missing Spell); load a plugin that does, or make the requirement optional"
        ),
        ("site", "report", "text-node"),
    )
    assert problem(order, "report") == (
        "requirement-missing",
        (
            "report requires TextTools ^1.0 of text-node, which cannot start: text-node requires Spell ^1.0, and nobody"
            " provides it (report → text-node → missing Spell); load a plugin that does, or make the requirement optional"
        ),
        ("report", "text-node"),
    )
    assert order.waves == (("clock",),)


def test_a_chain_to_a_conflict_ends_with_who_has_it():
    """No name is missing there."""
    order = resolve([node("a", "b"), node("b", "Text ^2.0"), node("text", Text="1.0")])
    assert (order.problems["a"].code, order.problems["a"].chain) == ("requirement-conflict", ("a", "b"))
    assert " (a → b); " in order.problems["a"].text


def test_what_a_plugin_lacks_itself_comes_before_what_its_providers_lack():
    """That is mended in its own folder."""
    order = resolve([node("report", "Absent", "text"), node("text", "Spell")])
    assert order.problems["report"].chain == ("report",)


def test_a_met_requirement_of_a_plugin_with_a_problem_is_still_shown():
    """Who would be given to it is known."""
    order = resolve([node("report", "clock", "Absent"), node("clock")])
    assert providers(order) == {"report: Absent": None, "report: clock": "clock"}


# -- cycles


def test_a_cycle_fails_each_member_with_the_way_back_to_itself():
    """Each member's chain begins and ends with it."""
    order = resolve([node("a", "b"), node("b", "c"), node("c", "a")])
    assert problem(order, "a") == (
        "dependency-cycle",
        "a requires itself in the end: a → b → c → a; make one of these requirements optional, or leave it out",
        ("a", "b", "c", "a"),
    )
    assert order.problems["b"].chain == ("b", "c", "a", "b")
    assert order.problems["c"].chain == ("c", "a", "b", "c")
    assert order.waves == ()
    assert providers(order) == {"a: b": None, "b: c": None, "c: a": None}
    assert texts(order, "a", "b") == [("b", False, "cannot start itself: b → c → a → b is a cycle")]


def test_a_cycle_through_interfaces_is_one_too():
    """Two plugins, each the only provider of what the other requires."""
    order = resolve([node("chicken", "Egg", Chicken="1.0"), node("egg", "Chicken", Egg="1.0")])
    assert {plugin: each.chain for plugin, each in order.problems.items()} == {
        "chicken": ("chicken", "egg", "chicken"),
        "egg": ("egg", "chicken", "egg"),
    }


def test_the_dependents_of_a_cycle_lead_into_it():
    """They are not on it, but cannot start because of it."""
    order = resolve([node("report", "a"), node("a", "b"), node("b", "a")])
    assert problem(order, "report") == (
        "dependency-cycle",
        (
            "report requires the plugin a *, which cannot start: a → b → a is a cycle;"
            " make one of these requirements optional, or leave it out"
        ),
        ("report", "a", "b", "a"),
    )


def test_a_member_of_a_cycle_that_lacks_something_too_is_named_for_the_cycle():
    """The cycle would remain when what is missing is there."""
    order = resolve([node("a", "b"), node("b", "a", "Absent")])
    assert [each.code for each in order.problems.values()] == ["dependency-cycle", "dependency-cycle"]


def test_two_cycles_with_a_plugin_in_common_are_told_apart():
    """Each chain is the shortest way back, along requirements that are there."""
    order = resolve([node("a", "b"), node("b", "a", "c"), node("c", "d"), node("d", "b")])
    assert order.problems["a"].chain == ("a", "b", "a")
    assert order.problems["c"].chain == ("c", "d", "b", "c")


def test_a_provider_that_closes_no_cycle_is_preferred():
    """The older one is picked, and both start."""
    order = resolve(
        [node("a", "Text ^1.0"), node("b-new", "a", Text="1.5"), node("c-old", Text="1.0")],
    )
    assert providers(order)["a: Text"] == "c-old"
    assert order.waves == (("c-old",), ("a",), ("b-new",))
    assert texts(order, "a", "Text") == [
        ("c-old", True, "picked: the only one that will do"),
        ("b-new", False, "would close a cycle: a → b-new → a"),
    ]


def test_a_worse_provider_that_would_close_a_cycle_is_not_said_to_do():
    """It was not needed, but is shown as it is."""
    order = resolve([node("a", "Text ^1.0"), node("b-new", Text="1.5"), node("c-old", "a", Text="1.0")])
    assert ("c-old", False, "would close a cycle: a → c-old → a") in texts(order, "a", "Text")


def test_a_plugin_keeps_its_best_provider_when_the_cycle_lies_elsewhere():
    """Only a requirement on the cycle is met by something else."""
    order = resolve(
        [
            node("above", "Text ^1.0"),
            node("p", "q", Text="1.9"),
            node("q", "Text ^1.0", Other="1.0"),
            node("plain", Text="1.0"),
        ]
    )
    assert providers(order) == {"above: Text": "p", "p: q": "q", "q: Text": "plain"}


def test_a_choice_that_cannot_be_changed_stays():
    """The only way out of two cycles that share requirements is found, whichever comes first."""
    order = resolve(
        [
            node("p", "Q ^1.0", P="1.0"),
            node("q", "P ^1.0", Q="1.2"),
            node("w", "P ^1.0", Q="1.1"),
            node("v", P="0.9", Q="1.0"),
        ]
    )
    assert providers(order) == {"p: Q": "v", "q: P": "p", "w: P": "p"}
    assert order.problems == {}


def test_when_all_providers_close_a_cycle_it_is_one():
    """Two candidates, both of which require the plugin."""
    order = resolve([node("a", "Text"), node("b", "a", Text="1.0"), node("c", "a", Text="1.1")])
    assert {plugin: each.chain for plugin, each in order.problems.items()} == {
        "a": ("a", "c", "a"),
        "b": ("b", "a", "b"),
        "c": ("c", "a", "c"),
    }


def test_a_provider_outside_of_the_cycle_is_what_is_to_be_mended():
    """One candidate closes a cycle, the other one lacks something: the trouble is what it lacks."""
    order = resolve([node("a", "Text"), node("b", "a", Text="1.5"), node("c", "Spell", Text="1.0")])
    assert {plugin: each.chain for plugin, each in order.problems.items()} == {
        "a": ("a", "c"),
        "b": ("b", "a", "c"),
        "c": ("c",),
    }


# -- optional requirements


@pytest.mark.parametrize(
    "others",
    [
        [],
        [node("text", Text="2.0")],
        [node("text", Text="1.0", away="is disabled")],
        [node("text", "Absent", Text="1.0")],
        [node("text", "report", Text="1.0")],
    ],
    ids=["missing", "conflict", "disabled", "in trouble", "cycle"],
)
def test_an_optional_requirement_is_never_a_problem(others):
    """The plugin starts without a provider."""
    order = resolve([node("report", "?Text ^1.0"), *others])
    assert None is providers(order)["report: Text"]
    assert "report" not in order.problems


def test_an_optional_requirement_that_would_close_a_cycle_is_dropped():
    """The required one stays; the candidate says why it was not picked."""
    order = resolve([node("a", "?b"), node("b", "a")])
    assert providers(order) == {"a: b": None, "b: a": "a"}
    assert texts(order, "a", "b") == [("b", False, "would close a cycle: a → b → a")]
    assert order.waves == (("a",), ("b",))


def test_an_optional_requirement_takes_a_worse_provider_rather_than_none():
    """The better one would close a cycle."""
    order = resolve([node("a", "?Text"), node("b", "a", Text="1.5"), node("c", Text="1.0")])
    assert providers(order)["a: Text"] == "c"


def test_of_optional_requirements_on_a_cycle_the_last_is_dropped():
    """The plugins that come first by id get theirs."""
    order = resolve([node("c", "?a"), node("a", "?b"), node("b", "?c")])
    assert providers(order) == {"a: b": "b", "b: c": "c", "c: a": None}
    assert order.waves == (("c",), ("b",), ("a",))


# -- sizes, and what is no input


def test_a_chain_of_thousands_is_resolved():
    """Each plugin requires the next; nothing recurses."""
    order = resolve([node(f"p{at:04}", *([f"p{at + 1:04}"] if at < 4999 else [])) for at in range(5000)])
    assert len(order.waves) == 5000
    assert order.waves[-1] == ("p0000",)


def test_a_broken_chain_of_thousands_is_explained():
    """The chains of all lead to its end; long ones are cut in their middle."""
    order = resolve([node(f"p{at:04}", f"p{at + 1:04}") for at in range(5000)])
    chain = order.problems["p0000"].chain
    assert (len(chain), chain[0], chain[25], chain[-1]) == (50, "p0000", "…", "p4999")
    assert "(p0000 → p0001 → p0002 → p0003 → … → p4996 → p4997 → p4998 → p4999 → missing p5000)" in (
        order.problems["p0000"].text
    )


def test_a_cycle_of_thousands_is_explained():
    """Its chains are cut in their middle, too."""
    order = resolve([node(f"p{at:04}", f"p{(at + 1) % 5000:04}") for at in range(5000)])
    chain = order.problems["p0007"].chain
    assert (len(chain), chain[0], chain[25], chain[-1]) == (50, "p0007", "…", "p0007")


def test_hundreds_of_plugins_take_milliseconds():
    """Twenty layers of 25 plugins, five interfaces a layer, three requirements each: far below what a start takes."""
    nodes = [
        node(
            f"p{layer:02}-{at:02}",
            *(f"L{layer - 1}I{(at + step) % 5} ^1.0" for step in range(3) if layer),
            **{f"L{layer}I{at % 5}": f"1.{at}"},
        )
        for layer in range(20)
        for at in range(25)
    ]
    best = min(_seconds(nodes) for _ in range(3))
    assert best < 0.5  # a fifth of it on a slow machine; the bound finds what is quadratic, not what is slow
    assert len(resolve(nodes).waves) == 20


def _seconds(nodes):
    began = time.thread_time()  # others that use the machine are not counted
    resolve(nodes)
    return time.thread_time() - began


def test_an_id_twice_is_refused():
    """The caller made a mistake: it would not be clear who is meant."""
    with pytest.raises(ValueError, match="two plugins have the same id"):
        resolve([node("a"), node("a")])


def test_a_version_that_is_none_is_refused():
    """A manifest is checked before; a node made by hand may hold anything."""
    with pytest.raises(VersionError, match="'one' is not an interface version"):
        resolve([node("a", "Text"), node("b", Text="one")])
