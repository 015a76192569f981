"""Who is picked for whom while plugins run, and others have failed."""

from hostcore.dependencies import DependencyNode, StartOrder, resolve
from hostcore.host._order import order_now
from hostcore.interfaces import VersionRange
from hostcore.manifest import LossMode, Requirement, Requires


def node(plugin, *, provides="", **wanted):
    """Make a plugin that requires interfaces: name to what happens on their loss, or None for optional ones."""
    requirements = {
        name: Requirement(
            range=VersionRange.parse("*"), optional=loss is None, on_loss=loss or LossMode.RESTART
        )
        for name, loss in wanted.items()
    }
    offers = dict.fromkeys(provides.split(), "1.0")
    return DependencyNode(
        id=plugin, version="1.0.0", provides=offers, requires=Requires(interfaces=requirements)
    )


def picks(order):
    """Say who was picked, by plugin and interface."""
    return {f"{each.dependent}.{each.name}": each.provider for each in order.dependencies}


def test_what_a_running_plugin_can_bear_to_lose_keeps_nobody_from_anything():
    """It lacks that, and those that require it do not; it still shows as required."""
    nodes = [node("a", B=LossMode.RESTART), node("b", provides="B", C=LossMode.DEGRADE)]
    at_rest, running = order_now(nodes, resolve), order_now(nodes, resolve, alive=["b"])
    assert sorted(at_rest.problems) == ["a", "b"]
    assert running.problems == {}
    assert picks(running) == {"a.B": "b", "b.C": None}
    assert [each.optional for each in running.dependencies] == [False, False]


def test_what_it_cannot_bear_to_lose_is_required_as_ever():
    """Nor is anything made of a requirement that is optional anyway."""
    nodes = [node("a", B=LossMode.RESTART, C=None)]
    order = order_now(nodes, resolve, alive=["a"])
    assert sorted(order.problems) == ["a"]
    assert [each.optional for each in order.dependencies] == [False, True]


def test_one_that_has_failed_for_good_is_replaced_where_somebody_else_would_do():
    """The others wait for it."""
    nodes = [
        node("one", provides="B"),
        node("two", provides="B"),
        node("user", B=LossMode.RESTART),
    ]
    assert picks(order_now(nodes, resolve)) == {"user.B": "one"}
    assert picks(order_now(nodes, resolve, given_up={"one": "failed"})) == {"user.B": "two"}
    both = order_now(nodes, resolve, given_up={"one": "failed", "two": "failed"})
    assert (picks(both), both.problems) == ({"user.B": "one"}, {})


def test_why_it_was_not_picked_is_told():
    """The resolution shows it as it shows those that were stopped."""
    nodes = [node("one", provides="B"), node("two", provides="B"), node("user", B=LossMode.RESTART)]
    (need,) = order_now(nodes, resolve, given_up={"one": "failed"}).dependencies
    assert [(each.plugin, each.accepted, each.text) for each in need.candidates] == [
        ("two", True, "picked: the only one that will do"),
        ("one", False, "is failed"),
    ]


def test_an_order_of_somebody_else_passes_through():
    """It may know nothing of dependencies, or speak of strangers."""
    order = StartOrder(waves=(("a", "x"),))
    assert order_now([node("a", B=LossMode.DEGRADE)], lambda _: order, alive=["a"]) == order
