"""A catalogue is read with all of its mistakes at once."""

from __future__ import annotations

import pytest

from ccm_core.errors import DocumentError
from ccm_core.frameworks.catalogue_file import read_catalogue
from ccm_core.frameworks.shipped import shipped_catalogue, shipped_names
from ccm_core.frameworks.write_catalogue import catalogue_text

DOORS = b"""\
apiVersion: ccm/v1
kind: Framework
metadata: {name: doors, title: Rules for doors, version: "1", publisher: House}
groups:
  - id: D
    title: Doors
    requirements:
      D1: Doors are locked
      D2: {title: Keys are counted, numbered: "(N) 1..2", parts: {"D2(1)": Every day}}
"""


def test_parts_belong_to_their_requirement():
    """What counts is the whole; a part without a title has that of the whole."""
    catalogue = read_catalogue(DOORS, "doors.yaml")
    parts = {one.id: (one.title, one.part_of) for one in catalogue.requirements.values()}
    assert parts == {
        "D1": ("Doors are locked", ""),
        "D2": ("Keys are counted", ""),
        "D2(1)": ("Every day", "D2"),
        "D2(2)": ("Keys are counted", "D2"),
    }
    assert [one.id for one in catalogue.whole] == ["D1", "D2"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("kind: Framework", "kind: Catalogue", "doors.yaml:2:7", id="kind"),
        pytest.param("      D1: Doors", "      D2(1): x\n      D1: Doors", "duplicate", id="twice"),
        pytest.param("name: doors", "name: Doors!", "doors.yaml:3:18", id="name"),
        pytest.param("1..2", "5..2", "doors.yaml:9", id="numbers"),
        pytest.param("Doors are locked", '""', "doors.yaml:8", id="no-title"),
        pytest.param("    requirements:", "    requirement:", "requirement", id="key"),
        pytest.param(
            "      D1:", '      "D1\\nD3":', "doors.yaml:8:7: the id 'D1\\nD3'", id="line"
        ),
        pytest.param("      D1:", '      "D\\e[2J":', "cannot be printed", id="escape"),
        pytest.param("      D1:", '      "1\\u202eD":', "cannot be printed", id="turned-around"),
        pytest.param("id: D\n", 'id: "D\\t"\n', "doors.yaml:5:9: the id", id="group"),
        pytest.param(
            "  - id: D\n", "  - &d\n    id: D\n    x: [*d]\n", "has no anchor", id="cycle"
        ),
        pytest.param("D1: Doors", "D1: *d\n      D3: Doors", "has no anchor", id="no-anchor"),
    ],
)
def test_mistakes_are_reported_where_they_are(old, new, message):
    """With line and column."""
    with pytest.raises(DocumentError) as caught:
        read_catalogue(DOORS.replace(old.encode(), new.encode()), "doors.yaml")
    assert message in str(caught.value)


def test_a_catalogue_that_is_too_large_is_refused_before_it_is_read():
    """Nobody publishes one of ten million bytes."""
    with pytest.raises(DocumentError, match="expected at most 10,000,000"):
        read_catalogue(b"#" * 10_000_001, "doors.yaml")


@pytest.mark.parametrize("name", shipped_names())
def test_each_shipped_catalogue_is_called_like_its_file_and_reads_back(name):
    """What is written is what was read."""
    catalogue = shipped_catalogue(name)
    assert catalogue.name == name
    written = read_catalogue(catalogue_text(catalogue), name)
    assert written.requirements == catalogue.requirements
    tokens = [one.oscal_id for one in catalogue.requirements.values()]
    assert len({*tokens}) == len(tokens)


@pytest.mark.parametrize(
    ("name", "group", "number"),
    [
        pytest.param("soc2", "CC", 33, id="common-criteria"),
        pytest.param("iso27001-2022", "A.", 93, id="annex-a"),
        pytest.param("nist-csf-2.0", "", 106, id="subcategories"),
        pytest.param("nis2-2024-2690", "", 53, id="sections"),
        pytest.param("cis-v8.1", "", 18, id="controls"),
        pytest.param("pci-dss-4.0", "", 63, id="second-level"),
    ],
)
def test_shipped_catalogues_have_as_many_requirements_as_their_publisher_counts(
    name, group, number
):
    """The denominator of coverage."""
    whole = shipped_catalogue(name).whole
    assert sum(one.group.startswith(group) for one in whole) == number


@pytest.mark.parametrize(
    ("number", "expected"),
    [("AC-2", "ac-2"), ("AC-2(3)", "ac-2.3"), ("IR-4(15)", "ir-4.15")],
)
def test_requirements_of_nist_have_the_ids_of_its_oscal_catalogue(number, expected):
    """So that results join it."""
    assert shipped_catalogue("nist-800-53-r5").requirements[number].oscal_id == expected
