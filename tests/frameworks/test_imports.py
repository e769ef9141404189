"""Catalogues of publishers and tables of companies become catalogues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ccm_core.errors import UsageError
from ccm_core.frameworks.catalogue_file import read_catalogue
from ccm_core.frameworks.csv_import import import_csv
from ccm_core.frameworks.oscal_import import import_oscal
from ccm_core.frameworks.shipped import shipped_catalogue
from ccm_core.frameworks.write_catalogue import catalogue_text

PUBLISHED = Path(__file__).parents[3] / "shared" / "catalogs"


def control(number, *parts, **more):
    """A control of an OSCAL catalogue."""
    label = {"name": "label", "value": number.upper()}
    statement = {"id": "s", "name": "statement", "prose": f"Do {number} {{{{ insert: param, p }}}}"}
    return {
        "id": number,
        "title": f"Title of {number}",
        "props": [label],
        "parts": [statement],
        "controls": list(parts),
    } | more


def catalogue(*controls, **more):
    """An OSCAL catalogue."""
    groups = [{"id": "d", "title": "Doors", "controls": list(controls)}]
    metadata = {"title": "Doors", "version": "2", "parties": [{"name": "House"}]}
    return json.dumps({"catalog": {"metadata": metadata, "groups": groups} | more}).encode()


def test_an_oscal_catalogue_is_read_with_labels_ids_titles_and_texts():
    """A control inside another is a part of it; what was withdrawn is left out."""
    withdrawn = control("d-2", props=[{"name": "status", "value": "withdrawn"}])
    text = catalogue(control("d-1", control("d-1.1")), withdrawn, controls=[control("x-1")])
    read = import_oscal(text, "doors.json", "doors")

    assert (read.title, read.version, read.publisher) == ("Doors", "2", "House")
    assert {one.id: (one.oscal_id, one.part_of) for one in read.requirements.values()} == {
        "D-1": ("d-1", ""),
        "D-1.1": ("d-1.1", "D-1"),
        "X-1": ("x-1", ""),
    }
    assert read.requirements["D-1"].text == "Do d-1 [p]"
    written = read_catalogue(catalogue_text(read), "doors.yaml")
    assert written.requirements == read.requirements


def nested(depth):
    """Groups within groups."""
    inner = {"id": "g", "title": "g"}
    for _ in range(depth):
        inner = {"id": "g", "title": "g", "groups": [inner]}
    return catalogue(groups=[inner])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"{", "expected an OSCAL catalogue in JSON", id="no-json"),
        pytest.param(b"[]", "expected an object `catalog` at the top, got nothing", id="list"),
        pytest.param(b'{"profile": {}}', "this is a profile", id="profile"),
        pytest.param(catalogue(), "has no controls", id="empty"),
        pytest.param(
            catalogue(control("d-1"), control("d-1")), "the id D-1 is there twice", id="twice"
        ),
        pytest.param(catalogue({"title": "x"}), "a control of group d has no id", id="no-id"),
        pytest.param(nested(40), "nested more than 30 deep", id="deep"),
        pytest.param(catalogue(control("d\n1")), "cannot be printed on one line", id="hostile"),
        pytest.param(b"[" * 100_000, "expected an OSCAL catalogue in JSON", id="very-deep"),
        pytest.param(b" " * 50_000_000, "50,000,000 bytes, expected at most", id="large"),
        pytest.param(
            catalogue(*(control(f"d-{n}") for n in range(20_002))), "more than 20,000", id="many"
        ),
    ],
)
def test_what_is_no_oscal_catalogue_is_refused(text, message):
    """With the file's name, and what was expected."""
    with pytest.raises(UsageError) as caught:
        import_oscal(text, "doors.json", "doors")
    assert str(caught.value).startswith("doors.json: ")
    assert message in str(caught.value)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published catalogues are not there")
def test_what_nist_publishes_is_read_and_joins_the_shipped_catalogue():
    """Every control of the moderate baseline, by the same ids."""
    (path,) = PUBLISHED.glob("*resolved-profile_catalog.json")
    read = import_oscal(path.read_bytes(), path.name, "nist-800-53-r5")
    shipped = shipped_catalogue("nist-800-53-r5").requirements

    assert len(read.requirements) == 287
    assert {name: one.oscal_id for name, one in read.requirements.items()} == {
        name: shipped[name].oscal_id for name in read.requirements
    }
    assert "Disable accounts" in read.requirements["AC-2(3)"].text


TABLE = "id;title;group;text\n1.1;Doors are locked;Doors;All of them\n1.2;Keys;Keys;\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_whatever_separates_its_cells(separator):
    """With or without a byte order mark."""
    text = b"\xef\xbb\xbf" + TABLE.replace(";", separator).encode()
    read = import_csv(text, "own.csv", "own", "Our rules")
    assert {one.id: (one.title, one.group, one.text) for one in read.requirements.values()} == {
        "1.1": ("Doors are locked", "Doors", "All of them"),
        "1.2": ("Keys", "Keys", ""),
    }
    assert read_catalogue(catalogue_text(read), "own.yaml").title == "Our rules"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"", "own.csv:1:1: expected the columns id and title", id="empty"),
        pytest.param(b"number,title\n", "got number, title", id="columns"),
        pytest.param(b"id,title\n", "own.csv: it has no rows", id="no-rows"),
        pytest.param(b"id,title\n1,\n", "own.csv:2:1: expected a value for title", id="cell"),
        pytest.param(b'id,title\n"1\n2",a\n', "own.csv:3:1: id '1\\n2' has characters", id="line"),
        pytest.param(b"id,title\n\x1b[2J,a\n", "id '\\x1b[2J' has characters", id="escape"),
        pytest.param(b"[" * 50_000, f"got {'[' * 80}", id="no-table"),
        pytest.param(b"#" * 50_000_000, "50,000,000 bytes, expected at most", id="large"),
        pytest.param(b"id,title\n1,a\n1,b\n", "own.csv:3:1: the id 1 is there twice", id="twice"),
        pytest.param(b"id,title\n1,\xff\n", "expected text in UTF-8", id="encoding"),
        pytest.param(b"id,title\n1," + b"x" * 301, "301 characters, expected at most", id="long"),
    ],
)
def test_mistakes_in_a_table_are_listed(text, message):
    """Each with its line."""
    with pytest.raises(UsageError) as caught:
        import_csv(text, "own.csv", "own")
    assert message in str(caught.value)
