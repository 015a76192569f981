"""The OpenAPI document and the page are those of the server.

`python tests/web/test_openapi.py` writes the committed document anew.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from openapi_support import check_value, document, find_operation, resolve

from hostweb_api import PROBLEMS
from hostweb_api._event_answers import RecordedEvent
from hostweb_api._problem_sets import LIVE
from hostweb_api.openapi._page import PAGE_POLICY

COMMITTED = Path(__file__).parents[2] / "schemas" / "http" / "openapi.json"


def written() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def every(value: Any, name: str) -> list[Any]:
    """Return all members of a name, however deep they are."""
    if isinstance(value, list):
        return [found for each in value for found in every(each, name)]
    if not isinstance(value, dict):
        return []
    own = [value[name]] if name in value and not isinstance(value[name], dict) else []
    return own + [found for each in value.values() for found in every(each, name)]


OPERATIONS = {
    each["operationId"]: each for methods in document()["paths"].values() for each in methods.values()
}


def test_the_committed_document_is_the_current_one():
    """What programs are generated from is what the server does; `python tests/web/test_openapi.py` renews it."""
    assert written() == COMMITTED.read_text()


async def test_the_document_is_served(client: httpx.AsyncClient):
    """Whoever can reach the server can read the same document."""
    answer = await client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == document()


def test_all_references_lead_somewhere():
    """No reference is broken, and no named schema or response is unused."""
    references = set(every(document(), "$ref"))
    for each in references:
        assert resolve({"$ref": each})
    components = document()["components"]
    named = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in components[kind]}
    assert named - references == set()


def test_schemas_are_valid():
    """Each schema is one of JSON Schema 2020-12, the dialect of OpenAPI 3.1."""
    for schema in document()["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_each_operation_says_what_it_answers(name: str):
    """Each has an answer that is no problem, a scope, a tag with a description, and words for each parameter."""
    operation = OPERATIONS[name]
    assert any(int(status) < 400 for status in operation["responses"])
    assert operation["x-scope"] in {None, "viewer", "operator", "admin"}
    assert operation["tags"][0] in {tag["name"] for tag in document()["tags"]}
    parameters = operation.get("parameters", [])
    assert [each["name"] for each in parameters if not each.get("description")] == []


def test_members_of_bodies_and_answers_are_described():
    """Each member of an object has a sentence, but where the object is about one thing only, and in events."""
    schemas = document()["components"]["schemas"]
    events = {each["$ref"].rpartition("/")[2] for each in schemas[RecordedEvent.__name__]["oneOf"]}
    bare = [
        f"{name}.{member}"
        for name, schema in schemas.items()
        if name not in events and len(schema.get("properties", {})) > 1
        for member, each in schema["properties"].items()
        if not each.get("description")
    ]
    assert bare == []


def test_each_code_of_a_problem_can_be_answered():
    """Each code is named by an operation, but those of no operation, of websockets, and of the host's own faults."""
    named = {code for each in every(document(), "enum") for code in each} & set(PROBLEMS)
    assert set(PROBLEMS) - named == {"method-not-allowed", "protocol-violated-locally", *LIVE}


async def test_the_page_shows_each_operation_and_loads_nothing(client: httpx.AsyncClient):
    """The page is one HTML file: no script, no address to load from, and a policy that allows no more than its style."""
    answer = await client.get("/api/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers.get_list("content-security-policy") == [PAGE_POLICY]
    page = answer.text
    assert [name for name in OPERATIONS if f'<article id="{name}">' not in page] == []
    assert [name for name in document()["components"]["schemas"] if f'id="schema-{name}"' not in page] == []
    assert re.findall(r"<(?:script|link|img|iframe)|\bsrc=|\bon[a-z]+=|url\(", page) == []
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets - set(re.findall(r'id="([^"]+)"', page)) == set()


def test_a_value_that_does_not_fit_is_found():
    """The check of answers refuses what lacks a member, and what has one too many."""
    schema = {"$ref": "#/components/schemas/Reason"}
    right = {"code": "a", "text": "b", "until": None}
    check_value(right, schema, "reason")
    for wrong in ({"code": "a", "until": None}, right | {"more": 1}, right | {"code": 1}):
        with pytest.raises(AssertionError):
            check_value(wrong, schema, "reason")
    assert find_operation("GET", "/api/plugins/a/info") is OPERATIONS["showPlugin"]


if __name__ == "__main__":
    COMMITTED.parent.mkdir(exist_ok=True)
    COMMITTED.write_text(written())
    sys.stdout.write(f"{COMMITTED} is written\n")
