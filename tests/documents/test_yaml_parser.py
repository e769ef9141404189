"""The YAML parser: values and locations, within bounds."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.documents import Location, read_yaml
from ccm_core.errors import DocumentError

BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
EXPANDS = "aliases expand to more than 1000 values or 50 levels; write the values out"
NO_NODE = "while parsing a block node, did not find expected node content"

TEXTS = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="\x85"), max_size=12
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)


def mistakes(text: bytes | str) -> list[str]:
    """Return the mistakes of a text, as they are printed."""
    with pytest.raises(DocumentError) as caught:
        read_yaml(text.encode() if isinstance(text, str) else text, "ccm.yaml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        pytest.param("yes", "yes", id="yes is a text"),
        pytest.param("on", "on", id="on is a text"),
        pytest.param("2026-11-23", "2026-11-23", id="a date is a text"),
        pytest.param("12:30:45", "12:30:45", id="no sexagesimals"),
        pytest.param("012", 12, id="a leading zero is no octal"),
        pytest.param("0o17", 15, id="octal"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("1_000", "1_000", id="no underscores"),
        pytest.param("-7", -7, id="negative"),
        pytest.param("1e3", 1000.0, id="exponent"),
        pytest.param(".5", 0.5, id="no leading digit"),
        pytest.param("~", None, id="tilde"),
        pytest.param("", None, id="nothing"),
        pytest.param("True", True, id="capital true"),
        pytest.param("'true'", "true", id="a quoted truth is a text"),
        pytest.param("15m", "15m", id="a duration is a text"),
        pytest.param("95%", "95%", id="a share is a text"),
    ],
)
def test_plain_scalars_mean_what_yaml_1_2_says(scalar, expected):
    """The core schema of YAML 1.2 decides, and none of the surprises of YAML 1.1 are left."""
    value = read_yaml(f"v: {scalar}\n".encode(), "ccm.yaml").value["v"]

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    "text", [pytest.param("", id="empty"), pytest.param("# only this\n", id="comment")]
)
def test_a_document_without_content_is_null(text):
    """An empty file is a document, and its value is null at its first character."""
    document = read_yaml(text.encode(), "ccm.yaml")

    assert document.value is None
    assert document.location(("anything",)) == Location(1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a: 1\nb: {c: 2, c: 3}\na: 4\n",
            [
                'ccm.yaml:2:11: the key "c" is a duplicate; the first is at line 2, column 5',
                'ccm.yaml:3:1: the key "a" is a duplicate; the first is at line 1, column 1',
            ],
            id="duplicate keys, both places named",
        ),
        pytest.param(
            "a: !!python/object/apply:os.system [ls]\n",
            ["ccm.yaml:1:4: tags such as !!str are not supported; write the value without it"],
            id="tag",
        ),
        pytest.param(
            "1: a\n? [b]\n: c\ntrue: d\n",
            [
                f"ccm.yaml:{place}: this key is not a string; put it in quotes"
                for place in ("1:1", "2:3", "4:1")
            ],
            id="keys that are no text",
        ),
        pytest.param(
            "a: 1\n---\nb: 2\n",
            ["ccm.yaml:2:1: a second document begins here; expected one in a file"],
            id="two documents",
        ),
        pytest.param(
            b"name: caf\xe9\n",
            ["ccm.yaml:1:10: these bytes are not UTF-8; save the file as UTF-8"],
            id="Latin-1",
        ),
        pytest.param(
            "a: 1\n".encode("utf-16"),
            ["ccm.yaml:1:1: these bytes are not UTF-8; save the file as UTF-8"],
            id="UTF-16",
        ),
        pytest.param(
            "a: 1\nb: x\x00y\n",
            ["ccm.yaml:2:5: the control character U+0000 is not allowed in YAML; remove it"],
            id="NUL",
        ),
        pytest.param(
            "a: b: c\n",
            ["ccm.yaml:1:5: not YAML: mapping values are not allowed in this context"],
            id="syntax",
        ),
        pytest.param(
            BOMB,
            [f"ccm.yaml:3:32: {EXPANDS}"],
            id="YAML bomb",
        ),
        pytest.param(
            "a: &a [*a]\n",
            ["ccm.yaml:1:8: this alias has no anchor that ends before it"],
            id="alias to what surrounds it",
        ),
        pytest.param(
            "key: *hunter2\n",
            ["ccm.yaml:1:6: this alias has no anchor that ends before it"],
            id="alias to nothing, whose name may be half a secret",
        ),
        pytest.param(
            "[" * 100_000,
            ["ccm.yaml:1:51: nested deeper than 50 levels; expected fewer levels"],
            id="too deep",
        ),
        pytest.param(
            b"#" * (4 * 1024 * 1024 + 1),
            ["ccm.yaml:1:1: the file has 4194305 bytes; expected at most 4194304"],
            id="too large",
        ),
        pytest.param(
            "a: .inf\nb: 1e999\nc: -.INF\nd: .nan\n",
            [
                f"ccm.yaml:{line}:4: this number is not finite; put it in quotes if it is a string"
                for line in (1, 2, 3, 4)
            ],
            id="numbers that JSON does not have",
        ),
        pytest.param(
            f"a: 9223372036854775808\nb: {'9' * 10_000}\n",
            [
                f"ccm.yaml:{line}:4: this number needs more than 64 bits; "
                "put it in quotes if it is a string"
                for line in (1, 2)
            ],
            id="numbers of more than 64 bits",
        ),
        pytest.param(
            "a: 1\na: 2\nb: }\n",
            [
                'ccm.yaml:2:1: the key "a" is a duplicate; the first is at line 1, column 1',
                f"ccm.yaml:3:4: not YAML: {NO_NODE}",
            ],
            id="what stood before the end of the syntax is told too",
        ),
    ],
)
def test_yaml_that_these_documents_do_not_need_is_refused(text, expected):
    """Each mistake has its location, and all that can be found are reported at once."""
    assert mistakes(text) == expected


def test_an_alias_stands_for_a_copy_of_its_anchor():
    """A modest alias is welcome, and what it stands for is placed at the alias."""
    document = read_yaml(b"a: &x {n: [1, 2]}\nb: *x\n", "ccm.yaml")

    assert document.value == {"a": {"n": [1, 2]}, "b": {"n": [1, 2]}}
    assert document.value["a"] is not document.value["b"]
    assert document.location(("a", "n", 1)) == Location(1, 15)
    assert document.location(("b", "n", 1)) == Location(2, 4)


def test_a_byte_order_mark_is_no_part_of_the_text():
    """A file saved with a byte order mark reads the same, columns included."""
    document = read_yaml(b"\xef\xbb\xbfname: x\n", "ccm.yaml")

    assert document.value == {"name": "x"}
    assert document.location(("name",), key=True) == Location(1, 1)


def test_the_parser_in_python_reads_the_same_document(monkeypatch):
    """Where PyYAML was built without its C parser, values and places are the same."""
    text = b"a: [1, 'x']\nb: |\n  line\nc: &n {d: ~}\ne: *n\n"
    fast = read_yaml(text, "ccm.yaml")
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)

    slow = read_yaml(text, "ccm.yaml")

    assert slow.value == fast.value
    assert slow.location(("b",)) == fast.location(("b",)) == Location(2, 4)
    assert slow.mistake(("b",), "x", at=(1, 3)) == fast.mistake(("b",), "x", at=(1, 3))


@settings(deadline=None)
@given(JSON)
def test_json_is_yaml(value):
    """Any JSON value reads as itself, in one line and indented."""
    for indent in (None, 2):
        text = json.dumps(value, indent=indent, ensure_ascii=False)
        assert read_yaml(text.encode(), "f.json").value == value


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_a_document_or_a_mistake(data):
    """No input whatever raises anything but a document's mistakes."""
    try:
        document = read_yaml(data, "f.yaml")
    except DocumentError as error:
        places = [(mistake.line, mistake.column) for mistake in error.mistakes]
    else:
        json.dumps(document.value, allow_nan=False)
        places = [(1, 1)]

    assert places
    assert min(places) >= (1, 1)
