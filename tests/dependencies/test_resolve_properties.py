"""What holds for every set of plugins, compared with trying out all choices where that is possible."""

from __future__ import annotations

import itertools
import random

from dependency_support import node
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostcore.dependencies import DependencyKind, resolve

SETTINGS = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
PLUGINS = ("a", "b", "c", "d", "e", "f")
INTERFACES = ("X", "Y", "Z")
CODES = {"requirement-missing", "requirement-conflict", "dependency-cycle"}


WANTS = [
    f"{optional}{name} {versions}"
    for optional in ("", "", "?")
    for names, ranges in ((INTERFACES, ("*", "^1.0", "^1.2")), (PLUGINS, ("*", "^1.0")))
    for name in names
    for versions in ranges
]
OFFERS = [
    {},
    *({name: version} for name in INTERFACES for version in ("1.0", "1.2", "2.0")),
    {"X": "1.2", "Y": "1.0"},
]


@st.composite
def plugins(draw, most=6):
    """Some plugins with few names between them, so that they meet."""
    return [
        node(
            plugin,
            *(want for want in draw(st.lists(st.sampled_from(WANTS), max_size=3)) if plugin not in want),
            version=draw(st.sampled_from(["1.0.0", "1.0.0", "2.0.0"])),
            away=draw(st.sampled_from(["", "", "", "is disabled"])),
            **draw(st.sampled_from(OFFERS)),
        )
        for plugin in PLUGINS[: draw(st.integers(0, most))]
    ]


def fitting(nodes, plugin, kind, name, requirement):
    """Return who would do for a requirement, but for starts and cycles; told straight from the facts."""
    if kind is DependencyKind.PLUGIN:
        having = {each.id: each.version for each in nodes if each.id == name}
    else:
        having = {each.id: each.provides[name] for each in nodes if name in each.provides}
    available = {each.id for each in nodes if each.available}
    return [
        each
        for each, version in having.items()
        if each != plugin and each in available and requirement.range.allows(version)
    ]


def required(nodes):
    """Return (plugin, who would do) for each required requirement."""
    return [
        (each.id, fitting(nodes, each.id, kind, name, requirement))
        for each in nodes
        for kind, wanted in (
            (DependencyKind.INTERFACE, each.requires.interfaces),
            (DependencyKind.PLUGIN, each.requires.plugins),
        )
        for name, requirement in wanted.items()
        if not requirement.optional
    ]


def startable_by_trial(nodes):
    """Return all plugins that some complete choice without cycles starts, by trying out every choice."""
    wants = required(nodes)
    best = set()
    for choice in itertools.product(*([None, *options] for _, options in wants)):
        started = set()
        while True:
            more = {
                each.id
                for each in nodes
                if each.id not in started
                and all(
                    provider in started
                    for (plugin, _), provider in zip(wants, choice, strict=True)
                    if plugin == each.id
                )
            }
            if not more:
                break
            started |= more
        best |= started
    return best


def edges(order):
    return {(each.dependent, each.provider) for each in order.dependencies if each.provider is not None}


def reaches(pairs, start, end):
    seen, left = set(), [start]
    while left:
        plugin = left.pop()
        if plugin == end:
            return True
        if plugin not in seen:
            seen.add(plugin)
            left += [below for above, below in pairs if above == plugin]
    return False


@SETTINGS
@given(plugins(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(nodes, chance):
    """Plugins in any order give the same result, with the same words."""
    shuffled = list(nodes)
    chance.shuffle(shuffled)
    assert resolve(nodes) == resolve(shuffled)


@SETTINGS
@given(plugins())
def test_each_plugin_is_in_a_wave_or_has_a_problem(nodes):
    """Exactly once."""
    order = resolve(nodes)
    placed = [*itertools.chain(*order.waves), *order.problems]
    assert sorted(each.id for each in nodes) == sorted(placed)
    assert all(order.waves)


@SETTINGS
@given(plugins())
def test_providers_are_in_the_wave_before_or_earlier(nodes):
    """Each plugin is exactly one wave after the last of its providers."""
    order = resolve(nodes)
    wave_of = {plugin: at for at, wave in enumerate(order.waves) for plugin in wave}
    for plugin, wave in wave_of.items():
        below = [wave_of[each.provider] for each in order.of(plugin) if each.provider is not None]
        assert wave == max(below, default=-1) + 1


@SETTINGS
@given(plugins())
def test_each_requirement_is_answered_once(nodes):
    """With what the manifest says; what is required of a plugin that starts has a provider that fits."""
    order = resolve(nodes)
    asked = sorted(
        (each.id, kind.value, name)
        for each in nodes
        for kind, wanted in (
            (DependencyKind.INTERFACE, each.requires.interfaces),
            (DependencyKind.PLUGIN, each.requires.plugins),
        )
        for name in wanted
    )
    assert asked == [(each.dependent, each.kind.value, each.name) for each in order.dependencies]
    by_id = {each.id: each for each in nodes}
    for each in order.dependencies:
        requires = by_id[each.dependent].requires
        wanted = requires.interfaces if each.kind is DependencyKind.INTERFACE else requires.plugins
        if each.provider is not None:
            assert each.provider in fitting(nodes, each.dependent, each.kind, each.name, wanted[each.name])
            assert each.provider not in order.problems
        elif not each.optional:
            assert each.dependent in order.problems


@SETTINGS
@given(plugins())
def test_candidates_are_told_apart(nodes):
    """The one picked comes first; it is accepted, as is whatever else could take its place without a cycle."""
    order = resolve(nodes)
    chosen = edges(order)
    for each in order.dependencies:
        accepted = [candidate.plugin for candidate in each.candidates if candidate.accepted]
        assert accepted == [candidate.plugin for candidate in each.candidates][: len(accepted)]
        assert each.provider == (accepted[0] if accepted else None)
        assert each.dependent not in [candidate.plugin for candidate in each.candidates]
        for candidate in each.candidates:
            closes = "would close a cycle" in candidate.text
            if candidate.accepted and each.dependent not in order.problems:
                assert not reaches(chosen, candidate.plugin, each.dependent)
            if closes:
                assert reaches(chosen, candidate.plugin, each.dependent)


@SETTINGS
@given(plugins())
def test_no_better_provider_is_passed_over(nodes):
    """Whoever has a higher version than the one picked closes a cycle, cannot start, or is not available."""
    by_id = {each.id: each for each in nodes}
    order = resolve(nodes)
    for each in order.dependencies:
        if each.provider is None or each.kind is DependencyKind.PLUGIN:
            continue
        wanted = by_id[each.dependent].requires.interfaces[each.name]
        for other in fitting(nodes, each.dependent, each.kind, each.name, wanted):
            if by_id[other].provides[each.name] > each.version and other not in order.problems:
                assert reaches(edges(order), other, each.dependent)


@settings(SETTINGS, max_examples=200)
@given(plugins(most=5))
def test_all_plugins_start_that_can(nodes):
    """No choice of providers starts a plugin that the resolution gives up."""
    if (
        len(
            list(
                itertools.islice(
                    itertools.product(*([None, *options] for _, options in required(nodes))), 3000
                )
            )
        )
        < 3000
    ):
        order = resolve(nodes)
        assert startable_by_trial(nodes) == set(itertools.chain(*order.waves))


@SETTINGS
@given(plugins())
def test_a_chain_leads_along_requirements_to_the_root(nodes):
    """Each step goes to a plugin that would do; the last one lacks something itself, or closes a real cycle."""
    order = resolve(nodes)
    options = {}
    for plugin, would_do in required(nodes):
        options.setdefault(plugin, []).append(would_do)
    for plugin, found in order.problems.items():
        assert found.code in CODES
        assert plugin == found.chain[0]
        for above, below in itertools.pairwise(found.chain):
            assert any(below in would_do for would_do in options[above])
            assert below in order.problems
        last = found.chain[-1]
        if found.code == "dependency-cycle":
            cycle = found.chain[found.chain.index(last) :]
            assert len(cycle) > 2
            assert len(set(cycle)) == len(cycle) - 1
            assert {order.problems[each].code for each in cycle} == {"dependency-cycle"}
        else:
            assert len(set(found.chain)) == len(found.chain)
            assert [] in options[last]
            assert order.problems[last].code == found.code


@SETTINGS
@given(plugins())
def test_the_members_of_a_cycle_of_required_plugins_are_named_for_it(nodes):
    """Whoever leads back to itself by plugins required by id has a chain from itself to itself."""
    by_id = {each.id: each for each in nodes}
    pairs = {
        (each.id, name)
        for each in nodes
        for name, wanted in each.requires.plugins.items()
        if not wanted.optional
        and name in by_id
        and by_id[name].available
        and wanted.range.allows(by_id[name].version)
    }
    order = resolve(nodes)
    for plugin in by_id:
        if any(reaches(pairs, below, plugin) for above, below in pairs if above == plugin):
            assert order.problems[plugin].code == "dependency-cycle"
            assert order.problems[plugin].chain[-1] == plugin


@SETTINGS
@given(plugins())
def test_optional_requirements_keep_nobody_from_starting(nodes):
    """Without them the same plugins start, and the required providers are the same."""
    bare = [
        type(each)(
            id=each.id, version=each.version, provides=each.provides, available=each.available,
            unavailable_because=each.unavailable_because,
            requires=type(each.requires)(
                interfaces={k: v for k, v in each.requires.interfaces.items() if not v.optional},
                plugins={k: v for k, v in each.requires.plugins.items() if not v.optional},
            ),
        )
        for each in nodes
    ]  # fmt: skip
    order, without = resolve(nodes), resolve(bare)
    assert order.problems == without.problems
    assert [(each.dependent, each.name, each.provider) for each in without.dependencies] == [
        (each.dependent, each.name, each.provider) for each in order.dependencies if not each.optional
    ]


def test_large_tangles_are_resolved_without_a_cycle():
    """A hundred plugins that could all wrap each other, with a few at the bottom: all start, no choice closes a cycle."""
    chance = random.Random(7)
    nodes = [node(f"base{at}", X="1.0", Y="1.0", Z="1.0") for at in range(3)]
    nodes += [
        node(
            f"p{at:03}",
            *{f"{chance.choice(['', '?'])}{chance.choice(INTERFACES)} ^1.0" for _ in range(3)},
            **{chance.choice(INTERFACES): f"1.{chance.randrange(50)}"},
        )
        for at in range(100)
    ]
    order = resolve(nodes)
    assert order.problems == {}
    assert len(list(itertools.chain(*order.waves))) == 103
