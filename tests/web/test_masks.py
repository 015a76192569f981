"""Secrets of a configuration are hidden, and come back where they were."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hostweb_api._masks import MASK, NO_SECRET, UNCLEAR, Masks

SCHEMA = {
    "type": "object",
    "properties": {
        "unit": {"type": "string"},
        "key": {"type": "string", "x-secret": True},
        "auth": {"type": "object", "properties": {"password": {"type": "string", "x-secret": True}}},
        "users": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {}, "password": {"type": "string", "x-secret": True}},
            },
        },
    },
}
MASKS = Masks(SCHEMA)


def test_what_the_schema_calls_secret_is_hidden():
    """Wherever it stands; the rest stays."""
    values = {
        "unit": "C",
        "key": "k",
        "auth": {"password": "p", "user": "u"},
        "users": [{"name": "a", "password": "x"}],
    }
    assert MASKS.hide(values) == {
        "unit": "C",
        "key": MASK,
        "auth": {"password": MASK, "user": "u"},
        "users": [{"name": "a", "password": MASK}],
    }
    assert Masks(None).hide(values) == values
    assert Masks({"x-secret": True}).hide({"a": {"b": 1}}) == {"a": MASK}


def restore(sent: dict[str, Any], kept: dict[str, Any], below: dict[str, Any]) -> Any:
    restored, lost = MASKS.restore(sent, kept=kept, below=below)
    return restored, tuple(each.pointer for each in lost)


def test_a_mask_becomes_the_secret_that_it_stood_for():
    """That of the overrides; one of the layers below shows through, and is not written above them."""
    assert restore({"key": MASK}, {"key": "own"}, {"key": "low"}) == ({"key": "own"}, ())
    assert restore({"key": MASK, "unit": "F"}, {}, {"key": "low"}) == ({"unit": "F"}, ())
    assert restore({"auth": {"password": MASK}}, {"auth": {"password": "p"}}, {}) == (
        {"auth": {"password": "p"}},
        (),
    )
    assert restore({"key": "new"}, {"key": "own"}, {}) == ({"key": "new"}, ())
    assert restore({"unit": MASK}, {}, {}) == ({"unit": MASK}, ())


def test_a_mask_without_a_secret_is_told():
    """Nothing is guessed: there is none, or nobody knows which of several is meant."""
    assert restore({"key": MASK}, {}, {}) == ({}, ("/key",))
    assert restore({"auth": {"password": MASK}}, {}, {})[1] == ("/auth/password",)
    masked = {"name": "a", "password": MASK}
    assert restore({"users": [masked]}, {"users": []}, {})[1] == ("/users/0",)
    twins = [{"name": "a", "password": "x"}, {"name": "a", "password": "y"}]
    assert restore({"users": [masked]}, {"users": twins}, {})[1] == ("/users/0",)


def test_items_of_a_list_keep_their_secrets_when_they_move():
    """An item is found by what is shown of it, not by its place: nobody gets the password of another."""
    users = [{"name": "a", "password": "x"}, {"name": "b", "password": "y"}]
    hidden = MASKS.hide({"users": users})["users"]
    assert restore({"users": hidden[::-1]}, {"users": users}, {}) == ({"users": users[::-1]}, ())
    assert restore({"users": hidden[1:]}, {}, {"users": users}) == ({"users": users[1:]}, ())


USERS = [{"name": name, "role": f"r{name}", "password": f"p{name}"} for name in "abc"]
HIDDEN = MASKS.hide({"users": USERS})["users"]


def edited(place: int, **members: Any) -> dict[str, Any]:
    return {**HIDDEN[place], **members}


def passwords(sent: list[Any], *, kept: list[Any] = USERS) -> Any:
    """Return the passwords that items get, or where and why it is not clear."""
    restored, lost = MASKS.restore({"users": sent}, kept={"users": kept}, below={})
    return list(lost) or [each["password"] for each in restored["users"]]


def test_an_item_that_is_edited_keeps_its_secret():
    """In its place, with or without other changes of the list, and elsewhere by what is left of it."""
    a, b, c = HIDDEN
    new = {"name": "n", "password": "new"}
    assert passwords([edited(0, role="x"), b, c]) == ["pa", "pb", "pc"]
    assert passwords([edited(0, name="x", role="y"), b, c]) == ["pa", "pb", "pc"]
    assert passwords([edited(0, role="x"), edited(1, role="x"), edited(2, name="x")]) == ["pa", "pb", "pc"]
    assert passwords([edited(1, role="x"), edited(0, role="x"), c]) == ["pb", "pa", "pc"]
    assert passwords([edited(1, role="x")]) == ["pb"]
    assert passwords([new, edited(1, role="x"), c]) == ["new", "pb", "pc"]
    assert passwords([new, a, edited(1, role="x"), c]) == ["new", "pa", "pb", "pc"]
    assert passwords([edited(0, role="x", password="own"), b, c]) == ["own", "pb", "pc"]
    assert passwords([edited(0, role="x")], kept=USERS[:1]) == ["pa"]


def test_nobody_gets_the_secret_of_another():
    """Where it is not clear whose an item is, that is said, and where there is nobody left, too."""
    a, b, c = HIDDEN
    assert passwords([edited(0, name="x", role="y"), b]) == [("/users/0", UNCLEAR)]
    assert passwords([a, b, c, edited(2, name="x")]) == [("/users/3", NO_SECRET)]
    both = [edited(0, name="x"), edited(0, name="y"), b, c]
    assert passwords(both) == [("/users/0", UNCLEAR), ("/users/1", UNCLEAR)]
    assert passwords([edited(0, name="x")], kept=[]) == [("/users/0", NO_SECRET)]
    twins = [{"name": "a", "password": "x"}, {"name": "a", "password": "y"}]
    shown = {"name": "a", "password": MASK}
    assert passwords([shown], kept=twins) == [("/users/0", UNCLEAR)]
    assert passwords([shown, shown], kept=twins) == ["x", "y"]
    assert passwords([shown, {"name": "b", "password": MASK}], kept=twins) == ["x", "y"]


def test_an_item_of_what_lies_below_can_be_edited():
    """Laid over the list below, it takes its secrets along: a list is laid over another one as a whole."""
    sent = [edited(0, role="x"), *HIDDEN[1:]]
    assert restore({"users": sent}, {}, {"users": USERS}) == (
        {"users": [{**USERS[0], "role": "x"}, *USERS[1:]]},
        (),
    )


def test_lists_within_items():
    """An edited item's own lists are edited like any."""
    masks = Masks({"properties": {"key": {"x-secret": True}}})
    kept = {"hosts": [{"name": "h", "paths": [{"at": "/a", "key": 1}, {"at": "/b", "key": 2}]}]}
    sent = {"hosts": [{"name": "i", "paths": [{"at": "/b", "key": MASK}, {"at": "/c", "key": MASK}]}]}
    restored, lost = masks.restore(sent, kept=kept, below={})
    assert lost == (("/hosts/0/paths/1", UNCLEAR),)
    assert restored["hosts"][0]["paths"][0] == {"at": "/b", "key": 2}
    sent = {"hosts": [{"name": "i", "paths": [{"at": "/c", "key": MASK}, {"at": "/b", "key": MASK}]}]}
    assert masks.restore(sent, kept=kept, below={}) == (
        {"hosts": [{"name": "i", "paths": [{"at": "/c", "key": 1}, {"at": "/b", "key": 2}]}]},
        (),
    )


words = st.sampled_from(["C", "F", MASK, ""])
configs = st.fixed_dictionaries(
    {},
    optional={
        "unit": words,
        "key": words,
        "auth": st.fixed_dictionaries({}, optional={"password": words, "user": words}),
        "users": st.lists(
            st.fixed_dictionaries({"name": words}, optional={"password": words}), max_size=3, unique_by=str
        ),
    },
)


@given(configs)
def test_what_was_shown_can_be_sent_back(kept: dict[str, Any]):
    """Overrides that are shown and sent back unchanged are the same ones, or it is said where they are not clear."""
    restored, lost = MASKS.restore(MASKS.hide(kept), kept=kept, below={})
    assert lost or restored == kept
