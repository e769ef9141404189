"""The waivers file: bounded, approved by somebody else, every mistake at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ccm_core.errors import DocumentError
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.rules.pack.waiver_file import read_waivers

GOOD = """\
apiVersion: ccm/v1
kind: Waivers
waivers:
  - id: W-1
    rules: [door_locked]
    subjects: [D1, "annex-*"]
    connections: [hq]
    controls: ["soc2:CC6.4"]
    reason: The lock is being repaired
    owner: ada@example.com
    approver: bo@example.com
    created: 2026-03-01T00:00:00Z
    expires: 2026-06-01T00:00:00+02:00
"""


def test_read_waivers_returns_what_is_written():
    """Every key arrives; moments are in UTC."""
    assert read_waivers(GOOD.encode(), "waivers.yaml") == (
        Waiver(
            id="W-1",
            rules=("door_locked",),
            subjects=("D1", "annex-*"),
            connections=("hq",),
            controls=("soc2:CC6.4",),
            reason="The lock is being repaired",
            owner="ada@example.com",
            approver="bo@example.com",
            created=datetime(2026, 3, 1, tzinfo=UTC),
            expires=datetime(2026, 5, 31, 22, tzinfo=UTC),
        ),
    )


def test_a_waivers_file_may_be_empty():
    """An empty list holds no waiver."""
    text = b"apiVersion: ccm/v1\nkind: Waivers\nwaivers: []\n"

    assert read_waivers(text, "waivers.yaml") == ()


def test_the_longest_waiver_lasts_a_leap_year():
    """Exactly 366 days are allowed."""
    text = GOOD.replace("2026-06-01T00:00:00+02:00", "2027-03-02T00:00:00Z")

    assert read_waivers(text.encode(), "waivers.yaml")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "    expires: 2026-06-01T00:00:00+02:00\n",
            "",
            ['4:5: "expires" is missing'],
            id="never-expires",
        ),
        pytest.param(
            "2026-06-01T00:00:00+02:00",
            "2027-03-03T00:00:00Z",
            ["13:14: expires 367d after created; at most 366d"],
            id="too-long",
        ),
        pytest.param(
            "2026-06-01T00:00:00+02:00",
            "2026-03-01T00:00:00Z",
            ["13:14: expires must be after created"],
            id="expires-at-once",
        ),
        pytest.param(
            "2026-06-01T00:00:00+02:00",
            "next summer",
            ["13:14: expected an instant"],
            id="no-moment",
        ),
        pytest.param(
            "2026-06-01T00:00:00+02:00",
            "2026-06-01T00:00:00",
            ["13:14: expected an instant"],
            id="no-offset",
        ),
        pytest.param(
            "bo@example.com",
            "Ada@Example.com",
            ["11:15: the approver must not be the owner"],
            id="approved-by-the-owner",
        ),
        pytest.param("bo@example.com", '""', ["11:15: "], id="approved-by-nobody"),
        pytest.param(
            "reason: The lock is being repaired",
            "why: x",
            ['4:5: "reason" is missing', '9:5: unknown key "why"'],
            id="unknown-key",
        ),
        pytest.param('"soc2:CC6.4"', "CC6.4", ["8:16: "], id="control-without-framework"),
        pytest.param(
            "waivers:\n", "waivers:\n  - 3\n", ["4:5: expected a mapping"], id="no-mapping"
        ),
        pytest.param("kind: Waivers", "kind: RulePack", ["2:7: "], id="another-document"),
    ],
)
def test_a_waiver_without_a_valid_period_or_approver_is_refused(old, new, expected):
    """Each mistake names file, line and column."""
    assert old in GOOD
    with pytest.raises(DocumentError) as caught:
        read_waivers(GOOD.replace(old, new).encode(), "waivers.yaml")
    mistakes = [str(mistake) for mistake in caught.value.mistakes]

    assert len(mistakes) == len(expected), mistakes
    for mistake, start in zip(mistakes, expected, strict=True):
        assert mistake.startswith(f"waivers.yaml:{start}"), mistakes


def test_all_mistakes_of_all_waivers_are_reported_at_once():
    """Two waivers of one id, each wrong in its own way."""
    entry = GOOD[GOOD.index("  - id") :]
    text = GOOD.replace("bo@", "ada@") + entry.replace("2026-06-01", "2029-06-01")
    with pytest.raises(DocumentError) as caught:
        read_waivers(text.encode(), "waivers.yaml")

    assert [str(mistake).split(": ")[0] for mistake in caught.value.mistakes] == [
        "waivers.yaml:11:15",
        "waivers.yaml:14:9",
        "waivers.yaml:23:14",
    ]


BLANKS = {"a blank": '" "', "a joiner": '"\\u200d\\u2060"', "dots": "..."}


@pytest.mark.attack(
    "Settings",
    "A waiver whose reason, owner or approver is blank, invisible or dots",
    "Refused with file, line and column: who accepted a risk, and why, is in words",
)
@pytest.mark.parametrize("key", ["reason", "owner", "approver"])
@pytest.mark.parametrize("name", BLANKS)
def test_what_a_person_states_in_a_waiver_is_in_words(key, name):
    """Characters that nobody sees state nothing."""
    (line,) = (line for line in GOOD.splitlines() if line.strip().startswith(f"{key}:"))
    with pytest.raises(DocumentError) as caught:
        read_waivers(GOOD.replace(line, f"    {key}: {BLANKS[name]}").encode(), "waivers.yaml")
    (mistake,) = map(str, caught.value.mistakes)
    assert mistake.startswith("waivers.yaml:")
    assert "expected" in mistake


@pytest.mark.attack(
    "Settings",
    "A waiver that is approved by its owner, written with a character that nobody sees",
    "Refused as for the same name twice",
)
@pytest.mark.parametrize(
    "approver", ["Ada@example.com ", "ada@\u200bexample.com", "ada@example\uff0ecom"]
)
def test_an_owner_does_not_approve_under_a_name_that_reads_the_same(approver):
    """Case, blanks, invisible characters and compatibility forms make nobody else."""
    with pytest.raises(DocumentError, match="the approver must not be the owner"):
        read_waivers(GOOD.replace("bo@example.com", f'"{approver}"').encode(), "waivers.yaml")
