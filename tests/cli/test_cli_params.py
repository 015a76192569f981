"""Params on the command line."""

from __future__ import annotations

import base64

import pytest

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._params import FILE_BYTES, hint_for_text, read_items, read_params


def test_pairs_say_text_json_and_files(tmp_path):
    """Each separator of HTTPie's grammar gives its kind of value."""
    (tmp_path / "t.txt").write_text("größer\n", encoding="utf-8")
    (tmp_path / "j.json").write_text('{"deep": [1]}')
    (tmp_path / "b.bin").write_bytes(b"\x00\xff")
    params = read_params([
        "text=a=b@c:=d",
        "empty=",
        "number:=1.5",
        "flag:=true",
        f"file=@{tmp_path / 't.txt'}",
        f"json:=@{tmp_path / 'j.json'}",
        f"bytes@{tmp_path / 'b.bin'}",
        r"odd\=key=value",
        "with:colon=value",
    ])  # fmt: skip
    assert params == {
        "text": "a=b@c:=d",
        "empty": "",
        "number": 1.5,
        "flag": True,
        "file": "größer\n",
        "json": {"deep": [1]},
        "bytes": {"$bytes": base64.b64encode(b"\x00\xff").decode()},
        "odd=key": "value",
        "with:colon": "value",
    }


def test_no_words_are_no_params():
    """A method without params is called with an empty object."""
    assert read_params([]) == {}


def test_a_document_gives_all_params(tmp_path):
    """One word may be a whole JSON object, written out or in a file."""
    (tmp_path / "p.json").write_text('{"a": 1}')
    assert read_params(['{"a": [1, null]}']) == {"a": [1, None]}
    assert read_params([f"@{tmp_path / 'p.json'}"]) == {"a": 1}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["word"], "'word' is no param"),
        (["=value"], "'=value' is no param"),
        (["a=1", "a=2"], "'a' is given twice"),
        (["a:=x"], "a: this is no JSON"),
        (["a:=NaN"], "NaN is no JSON"),
        (["a=@/no/such/file"], "/no/such/file cannot be read: No such file"),
        (["{1}"], "the params: this is no JSON"),
        (["@/dev/null"], "/dev/null: this is no JSON"),
        (["a@/dev/zero"], f"more than {FILE_BYTES >> 20} MiB"),
    ],
)
def test_what_is_wrong_is_named(words, told):
    """A word that cannot be read is a usage error that names the word or the file."""
    with pytest.raises(CliError) as caught:
        read_params(words)
    assert told in caught.value.message
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_list_is_no_set_of_params(tmp_path):
    """Params are an object."""
    (tmp_path / "p.json").write_text("[1]")
    with pytest.raises(CliError, match="no JSON object"):
        read_params([f"@{tmp_path / 'p.json'}"])


def test_a_text_file_that_is_none_is_refused_with_the_way_out(tmp_path):
    """Binary data behind `=@` is told to be sent with `@`."""
    file = tmp_path / "b.bin"
    file.write_bytes(b"\xff")
    with pytest.raises(CliError) as caught:
        read_params([f"a=@{file}"])
    assert caught.value.hint == f"send it as binary data: a@{file}"


def test_items_are_lines_of_json(tmp_path):
    """Empty lines do not count; a wrong one is named with its number."""
    file = tmp_path / "items"
    file.write_text('{"a": 1}\n\n2\n')
    assert read_items(str(file)) == [{"a": 1}, 2]
    file.write_text("1\nx\n")
    with pytest.raises(CliError, match=r"items:2: this is no JSON"):
        read_items(str(file))


@pytest.mark.parametrize(
    ("params", "pointer", "message", "said"),
    [
        ({"n": "5"}, "/n", 'expected a number, got "5"', "n:=5"),
        ({"n": "x"}, "/n", 'expected an integer, got "x"', "n:=5"),
        ({"a/b": "yes"}, "/a~1b", 'expected a boolean, got "yes"', "a/b:=true"),
        ({"n": 5}, "/n", "expected a string, got 5", None),
        ({"n": [1]}, "/n/0", "expected an object, got 1", None),
        ({}, "", "the property 'n' is missing", None),
    ],
)
def test_the_way_to_write_what_is_no_text(params, pointer, message, said):
    """Only a text that should have been something else is told how to be written, with a value that is JSON."""
    hint = hint_for_text(params, {"problems": [{"pointer": pointer, "message": message}]})
    assert (hint and hint.rpartition(" ")[2]) == said
