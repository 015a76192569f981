"""What differs between the interfaces of two versions, in lines for people."""

from hostcore.interfaces import Finding, Severity, describe_changes, describe_finding, parse_interface

EMPTY = {"params": {"type": "object"}, "result": {"type": "object"}}


def interface(name="Shop", version="1.0", methods=("Buy",)):
    document = {"interface": 1, "name": name, "version": version, "methods": dict.fromkeys(methods, EMPTY)}
    return parse_interface(document, source="test")


def changes(old, new):
    return describe_changes({each.name: each for each in old}, {each.name: each for each in new})


def test_nothing_differs():
    """The same interfaces give no line."""
    assert changes([interface()], [interface()]) == ()


def test_each_change_is_a_line():
    """Interfaces by name, a new version first, then breaks, then the rest, each with rule, place and words."""
    old = [interface("Shop", "1.0", ["Buy", "Sell"]), interface("Gone")]
    new = [interface("Shop", "1.1", ["Buy", "Rent"]), interface("Added", "2.3")]
    assert changes(old, new) == (
        "Added: ok: the interface is new, 2.3",
        "Gone: break: the interface is gone",
        "Shop: 1.0 became 1.1",
        "Shop: break: method-removed at /methods/Sell: the method Sell is gone",
        "Shop: break: major-not-raised at /version: there are breaks, and it is still 1.1",
        "Shop: ok: method-added at /methods/Rent: the method Rent is new",
    )


def test_many_changes_are_counted():
    """Of 250 changes 99 are told, and the last line has the number of the others."""
    lines = changes(
        [interface()], [interface(version="1.1", methods=["Buy", *(f"M{n}" for n in range(249))])]
    )
    assert len(lines) == 100
    assert lines[-1] == "and 151 more"


def test_a_finding_about_the_whole_has_no_place():
    """Where the pointer is empty nothing stands for it."""
    finding = Finding(rule="r", severity=Severity.OK, pointer="", message="m")
    assert describe_finding(finding) == "r: m"
