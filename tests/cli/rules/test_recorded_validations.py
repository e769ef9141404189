"""What validated the method is recorded where it was run, and shown for the very versions used."""

from __future__ import annotations

import re

import pytest

from tests.cli.rules.test_command import DRAFT


@pytest.fixture
def month(ccm, connected, folder):
    """Return the month of an evaluation with one pack of our own."""
    (folder / "one.yaml").write_text(DRAFT)
    settings = folder / "ccm.yaml"
    own = re.sub(r"packs: \[.*\]", "packs: [one.yaml]", settings.read_text())
    settings.write_text(own)
    ccm("collect")
    return ccm("evaluate", "--json").json["evaluated_at"][:7]


def validated(ccm, month):
    """Return what the period report says of the packs, by method."""
    basis = ccm("report", "--period", month, "--format", "json").json["basis"]
    return {
        one["method"]: (one["passed"], one["failed"], bool(one["recorded"]))
        for one in basis["validated_packs"]
    }


def test_the_period_report_shows_what_was_recorded_for_the_very_version(ccm, month, folder):
    """Before it is recorded it says so; another version of the pack has none again."""
    assert validated(ccm, month) == {"tests": (0, 0, False), "mutations": (0, 0, False)}
    assert "none recorded" in ccm("report", "--period", month).out

    ran = ccm("rules", "test", "one.yaml", "--record")
    assert "recorded: tests of our-services 1.0.0: 2 passed, 0 failed" in ran.err + ran.out
    ran = ccm("rules", "mutate", "one.yaml", "--record")
    assert "recorded: mutations of our-services 1.0.0" in ran.err + ran.out
    found = validated(ccm, month)
    assert found["tests"] == (2, 0, True)
    assert found["mutations"][1:] == (0, True)
    assert "no change was found" in ccm("verify", "ccm.db").out

    (folder / "one.yaml").write_text(DRAFT.replace("version: 1.0.0", "version: 1.0.1"))
    ccm("evaluate")
    basis = ccm("report", "--period", month, "--format", "json").json["basis"]
    assert {(one["version"], bool(one["recorded"])) for one in basis["validated_packs"]} == {
        ("1.0.0", True),
        ("1.0.1", False),
    }


def test_a_failed_test_is_recorded_as_it_went(ccm, month, folder):
    """What fails is not left out."""
    (folder / "one.yaml").write_text(DRAFT.replace("expect: fail", "expect: pass"))
    ran = ccm("rules", "test", "one.yaml", "--record")
    assert ran.code == 1
    assert "1 passed, 1 failed" in ran.err + ran.out


def test_mutations_of_stored_evidence_are_not_recorded(ccm, month):
    """They list only what went wrong, so nothing could be counted."""
    ran = ccm("rules", "mutate", "--evidence", "--record")
    assert ran.code == 2
    assert "leave --evidence out" in ran.err


def test_recording_needs_settings(ccm, folder):
    """Without them there is no store, and the message says so."""
    (folder / "one.yaml").write_text(DRAFT)
    ran = ccm("rules", "test", "one.yaml", "--record")
    assert ran.code == 2
    assert "ccm.yaml" in ran.err
