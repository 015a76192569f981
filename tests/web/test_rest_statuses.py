"""The statuses and codes that the reference of the REST API names are those of the OpenAPI document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from openapi_support import document, find_operation, resolve

from hostweb_api import PROBLEMS

REST_API = (Path(__file__).parents[2] / "docs" / "reference" / "rest-api.md").read_text()
OPERATION = re.compile(r"^### `([A-Z]+) (/\S+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
CHAPTER = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (`\d{3}`(?:, `\d{3}`)*) \| (.*) \|$", re.MULTILINE)
WITH_CODE = re.compile(r"`(\d{3})` \(`([a-z-]+)`")
SECTIONS = [(method, path, text) for method, path, text in OPERATION.findall(REST_API)]


def documented(method: str, path: str) -> dict[str, Any]:
    """Return the operation that a heading names."""
    words = re.sub(r":([a-z]+)", "word", path)
    operation = find_operation(method, words)
    assert operation is not None, f"{method} {path} is not in the document"
    return operation


def codes_of(operation: dict[str, Any], status: str) -> set[str]:
    """Return the codes that an operation may answer with a status."""
    content = resolve(operation["responses"][status]).get("content", {})
    schema = content.get("application/problem+json", {}).get("schema", {})
    return {
        code
        for part in schema.get("allOf", ())
        for code in part.get("properties", {}).get("code", {}).get("enum", ())
    }


def named(text: str) -> list[tuple[str, set[str]]]:
    """Return the statuses that a text names in tables, with the codes beside them, and those of its sentences."""
    rows = [
        (status, set(re.findall(r"\(`([a-z-]+)`", words)) & set(PROBLEMS))
        for statuses, words in ROW.findall(text)
        for status in re.findall(r"\d{3}", statuses)
    ]
    return rows + [(status, {code}) for status, code in WITH_CODE.findall(text)]


@pytest.mark.parametrize(
    ("method", "path", "text"), SECTIONS, ids=[f"{method} {path}" for method, path, _ in SECTIONS]
)
def test_what_a_section_says_can_be_answered(method: str, path: str, text: str):
    """Each status of its tables, and each code that stands beside one, is the operation's."""
    operation = documented(method, path)
    for status, codes in named(text):
        assert status in operation["responses"], status
        known = codes_of(operation, status)
        assert not codes or codes & known or status == "200", (status, codes)


@pytest.mark.parametrize("title", [title for title, _ in CHAPTER.findall(REST_API)])
def test_what_a_chapter_says_of_its_operations_can_be_answered(title: str):
    """A table before the first operation of a chapter is about its operations: one of them has each status and code."""
    text = dict(CHAPTER.findall(REST_API))[title]
    operations = [documented(method, path) for method, path, _ in OPERATION.findall(text)]
    for status, codes in named(text.partition("\n### ")[0]) if operations else ():
        having = [each for each in operations if status in each["responses"]]
        assert having, status
        assert not codes or any(codes & codes_of(each, status) for each in having), (status, codes)


def test_each_operation_of_the_document_has_a_section():
    """No operation is without words."""
    sections = {documented(method, path)["operationId"] for method, path, _ in SECTIONS}
    operations = {
        each["operationId"] for methods in document()["paths"].values() for each in methods.values()
    }
    assert operations - sections == set()
