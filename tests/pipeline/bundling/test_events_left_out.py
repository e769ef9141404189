"""Events from before a period, behind results of it, cannot be left out of its package."""

from __future__ import annotations

import json

import pytest
from forging import ForgedPackage

from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.main import verify

pytestmark = pytest.mark.no_cover  # its lines are covered by others

INCIDENT, ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"


@pytest.fixture(scope="module")
def second_day(old_firm, write_bundle, tmp_path_factory):
    """Return the path of a package of the second day: all incidents were read on the first."""
    path = tmp_path_factory.mktemp("second") / "b.zip"
    write_bundle(old_firm, path, period="2026-08-04")
    return path


@pytest.fixture
def genuine(second_day, old_firm):
    """Return it in the hands of whoever owns the key."""
    return ForgedPackage(read_archive(str(second_day)), old_firm.signer, old_firm.store.ledger)


@pytest.fixture
def problems_of(old_firm, key_of, tmp_path):
    """Return the problems with a package that is signed with the store's key."""
    return lambda forged: verify(forged.write(tmp_path / "forged.zip"), key_of(old_firm))[1]


def versions(forged, kind):
    """Return the keys of the versions of a kind that are in the package."""
    lines = forged.files["ledger/firm/leaves.txt"].splitlines()
    leaves = (json.loads(line.split(b" ", 1)[1]) for line in lines)
    found = (leaf for leaf in leaves if leaf["leaf"] == "version" and leaf["kind"] == kind)
    return [leaf["key"] for leaf in found]


def test_a_package_has_the_earlier_events_behind_its_results(genuine, problems_of):
    """So it is not the new signature that gives those away that lack them."""
    for kind in (INCIDENT, ENTRY):
        assert len(versions(genuine, kind)) > 1
    assert problems_of(genuine) == []


@pytest.mark.attack(
    "Evidence packages",
    "The owner of the key leaves incidents or log entries from before the period, on which "
    "results of it rest, out of a package, with their leaves, and signs it again",
    "The package is refused, and the problem names the connection, the kind and a record",
)
@pytest.mark.parametrize("kind", [INCIDENT, ENTRY])
@pytest.mark.parametrize("number", ["one", "all"])
def test_earlier_events_cannot_be_left_out(genuine, problems_of, kind, number):
    """One is missed like all of them."""
    keys = sorted(versions(genuine, kind))
    gone = keys[:1] if number == "one" else keys
    genuine.leave_out(
        "firm",
        lambda leaf: leaf["leaf"] == "version" and leaf["kind"] == kind and leaf["key"] in gone,
    )
    count = "a record" if number == "one" else f"{len(keys)} records"
    problems = problems_of(genuine)
    assert any(
        f"rest on {count} of {kind} of firm that no leaf states, such as {keys[0]}" in problem
        for problem in problems
    ), problems


def test_the_verifier_says_of_how_many_the_newest_version_is_not_shown(
    genuine, second_day, old_firm, key_of
):
    """A row names a record, and not its version: the same of kinds that no rule needs."""
    lines = genuine.files["ledger/firm/leaves.txt"].splitlines()
    leaves = [json.loads(line.split(b" ", 1)[1]) for line in lines]
    sealed = {*genuine.predicate["kinds"]} - {INCIDENT, ENTRY}
    earlier = [leaf for leaf in leaves if leaf["leaf"] == "version" and leaf["kind"] not in sealed]
    facts, problems = verify(str(second_day), key_of(old_firm))
    assert problems == []
    (text,) = (fact for fact in facts if "in their newest version" in fact)
    assert f"that up to {len(earlier)} records of firm on which results rest" in text
