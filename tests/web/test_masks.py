"""Secrets of a configuration are hidden, and come back where they were."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hostweb_api._masks import MASK, Masks

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
    return MASKS.restore(sent, kept=kept, below=below)


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
