"""A waiver counts once its approver signed it as it stands, and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.approvals.people import Authorities
from ccm_core.approvals.standing import approval_problem
from ccm_core.approvals.statement import NAMESPACE, approval_statement
from ccm_core.model import json_codec
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.model.evaluation.waiver import Approval, ApprovalMethod, Waiver
from ccm_core.model.finding.policy import Person

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
WAIVER = Waiver(
    id="W-1",
    rules=("door_locked", "door_closed"),
    findings=("ndk7ua-4tq2vrsz6e",),
    subjects=("D1",),
    connections=("hq",),
    controls=("soc2:CC6.4",),
    reason="The lock is being repaired",
    owner="mia",
    approver="otto",
    created=NOW - timedelta(days=1),
    expires=NOW + timedelta(days=90),
)
UNSIGNED = Approval(by="otto", at=NOW - timedelta(hours=1), method=ApprovalMethod.SSH, proof="")


@pytest.fixture
def firm(make_key):
    """The people of a firm: Mia owns, Otto approves, Eva is somebody else."""
    return {
        "mia": Person(id="mia", name="Mia Berg", ssh_keys=(make_key("mia").public,)),
        "otto": Person(id="otto", name="Otto Ruf", ssh_keys=(make_key("otto").public,)),
        "eva": Person(id="eva", email="eva@example.com", ssh_keys=(make_key("eva").public,)),
    }


@pytest.fixture
def signed(make_key):
    """Sign a waiver with somebody's key, as ssh-keygen does."""

    def sign(waiver: Waiver, approval: Approval = UNSIGNED, *, by="otto", space=NAMESPACE):
        proof = make_key(by).sign(approval_statement(waiver, approval), space)
        return replace(waiver, approval=replace(approval, proof=proof))

    return sign


def problem(waiver, people, at=NOW):
    """Return why a waiver that was read with these people does not count."""
    return approval_problem(Authorities(people=people).of(waiver), at)


def test_what_its_approver_signed_counts(signed, firm):
    """By the keys of the settings."""
    assert problem(signed(WAIVER), firm) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"id": "W-2"}, id="id"),
        pytest.param({"rules": ("door_locked",)}, id="rules"),
        pytest.param({"findings": ()}, id="findings"),
        pytest.param({"subjects": ("*",)}, id="subjects"),
        pytest.param({"connections": ()}, id="connections"),
        pytest.param({"controls": ()}, id="controls"),
        pytest.param({"reason": "The lock is being repaired."}, id="reason"),
        pytest.param({"owner": "eva"}, id="owner"),
        pytest.param({"created": NOW - timedelta(days=2)}, id="created"),
        pytest.param({"expires": NOW + timedelta(days=91)}, id="expires"),
    ],
)
@pytest.mark.attack(
    "Settings",
    "A risk acceptance is changed after it was approved: another reason, scope, owner or end",
    "It does not count, and the report says that it was changed; the finding stays open",
)
def test_a_waiver_that_was_changed_after_its_approval_does_not_count(signed, firm, change):
    """No field is outside of the signature."""
    assert "does not fit it: it was changed" in problem(replace(signed(WAIVER), **change), firm)


def test_every_field_of_a_waiver_is_in_what_is_signed():
    """A field that is added to waivers is signed as well, or this fails."""
    signed = json_codec.decode(approval_statement(WAIVER, UNSIGNED))["waiver"]

    assert set(WAIVER.__dataclass_fields__) - {"approval", "authority"} == set(signed)


@pytest.mark.parametrize(
    ("approval", "expected"),
    [
        pytest.param({"at": NOW - timedelta(hours=2)}, "does not fit it", id="another-moment"),
        pytest.param({"by": "eva"}, "eva approved it, and it names otto", id="another-person"),
        pytest.param({"proof": "yes"}, "cannot be read", id="no-signature"),
        pytest.param({"proof": ""}, "cannot be read", id="empty"),
    ],
)
def test_an_approval_that_was_changed_does_not_count(signed, firm, approval, expected):
    """Who, when and how are signed as well."""
    waiver = signed(WAIVER)

    assert expected in problem(replace(waiver, approval=replace(waiver.approval, **approval)), firm)


@pytest.mark.attack(
    "Settings",
    "The approval of a risk acceptance is forged: signed by its owner or somebody else, copied "
    "from another acceptance, or a signature that the approver made for something else",
    "It does not count, and the report names the key or the mismatch; the finding stays open",
)
@pytest.mark.parametrize("forgery", ["by its owner", "by somebody else", "copied", "of a commit"])
def test_a_forged_approval_does_not_count(signed, firm, forgery):
    """A name proves nothing: the signature has to be the approver's, over this waiver."""
    forged = {
        "by its owner": signed(WAIVER, by="mia"),
        "by somebody else": signed(WAIVER, by="eva"),
        "copied": replace(WAIVER, approval=signed(replace(WAIVER, id="W-9")).approval),
        "of a commit": signed(WAIVER, space="git"),
    }[forgery]

    assert any(
        part in problem(forged, firm) for part in ("is signed by the key", "does not fit it")
    )


@pytest.mark.attack(
    "Settings",
    "A risk acceptance is approved by its owner under another name: the id, name or address",
    "It does not count: owner and approver are one person of `people`",
)
@pytest.mark.parametrize("name", ["otto", "Otto Ruf", "OTTO  RUF"])
def test_nobody_approves_what_they_own_under_another_name(signed, firm, name):
    """People are known by id, name and address."""
    waiver = replace(WAIVER, owner=name)

    assert "expected two people" in problem(signed(waiver), firm)


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        pytest.param("otto", "its approver otto is not in `people`", id="approver"),
        pytest.param("mia", "its owner mia is not in `people`", id="owner"),
    ],
)
def test_a_waiver_of_somebody_who_left_does_not_count(signed, firm, leaves, expected):
    """Whoever is removed from the settings neither approves nor answers for anything."""
    people = {name: person for name, person in firm.items() if name != leaves}

    assert expected in problem(signed(WAIVER), people)


def test_a_key_that_was_withdrawn_proves_nothing_any_more(signed, firm, make_key):
    """The key of the signature is no longer the approver's."""
    firm["otto"] = replace(firm["otto"], ssh_keys=(make_key("otto-new").public,))

    assert "is not one of otto" in problem(signed(WAIVER), firm)


def test_a_waiver_without_approval_waits_for_one(firm):
    """It says by which command whom it waits for."""
    assert "`ccm findings approve W-1` signs it" in problem(WAIVER, firm)


@pytest.mark.parametrize(("minutes", "counts"), [(0, True), (-1, True), (1, False)])
def test_an_approval_counts_from_its_moment_on(signed, firm, minutes, counts):
    """Where the approver's clock is ahead, it counts a little later."""
    approval = replace(UNSIGNED, at=NOW + timedelta(minutes=minutes))

    assert (problem(signed(WAIVER, approval), firm) is None) is counts


def test_settings_may_accept_what_nobody_signed(signed, firm):
    """An approval that is there has to be right all the same."""
    authorities = Authorities(people=firm, accepts_unsigned=True)
    forged = signed(WAIVER, by="mia")

    assert approval_problem(authorities.of(WAIVER), NOW) is None
    assert approval_problem(authorities.of(replace(WAIVER, owner="Ada")), NOW) is None
    assert "is signed by the key" in approval_problem(authorities.of(forged), NOW)


def test_an_approval_is_verified_from_the_inputs_of_an_evaluation_alone(signed, firm):
    """The keys that were in force are kept with the waiver."""
    inputs = EvaluationInputs(
        waivers=(Authorities(people=firm).of(signed(WAIVER)),), host_version="1"
    )

    kept = json_codec.decode_as(json_codec.encode(inputs), EvaluationInputs)

    assert kept == inputs
    assert approval_problem(kept.waivers[0], NOW) is None
    changed = json_codec.encode(inputs).replace(b"repaired", b"replaced")
    (other,) = json_codec.decode_as(changed, EvaluationInputs).waivers
    assert "does not fit it" in approval_problem(other, NOW)
