"""Each route says what it is: its name, who may use it, what it takes."""

from __future__ import annotations

from scripted_host import ScriptedHost

from hostweb_api import create_app
from hostweb_api._operations import Operation, operation_of
from hostweb_api.security._callers import Scope


def operations() -> list[Operation | None]:
    """Return what each route of the API was declared as."""
    app = create_app(ScriptedHost())
    return [operation_of(view) for view in app.view_functions.values()]


def test_each_route_is_declared():
    """No route is without a contract: nobody could say who may use it."""
    assert [found for found in operations() if found is None] == []


def test_each_operation_has_its_own_name_and_a_summary():
    """Names are unique: programs generate functions from them; the summary is what people read."""
    found = [each for each in operations() if each is not None]
    assert len({each.name for each in found}) == len(found)
    assert [each.name for each in found if not each.summary.endswith(".")] == []


def test_scopes_include_each_other_upwards():
    """Who may do more may do less, too; nobody who may do less may do more."""
    assert [(one.value, other.value) for one in Scope for other in Scope if one.includes(other)] == [
        ("viewer", "viewer"),
        ("operator", "viewer"),
        ("operator", "operator"),
        ("admin", "viewer"),
        ("admin", "operator"),
        ("admin", "admin"),
    ]
