"""Waivers beside results: a flag on what fails, and notes on waivers that are odd."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.model.evaluation.result import POPULATION, Status
from ccm_core.model.evaluation.waiver import ApprovalAuthority, Waiver
from ccm_core.model.finding.finding import finding_of


@pytest.fixture
def waiver(now):
    """Make a waiver for the rule about locks that holds today."""

    def make(**fields):
        return Waiver(
            **(
                {
                    "id": "W-1",
                    "rules": ("door_locked",),
                    "authority": ApprovalAuthority(accepts_unsigned=True),
                    "subjects": ("D1",),
                    "reason": "in repair",
                    "owner": "ada",
                    "approver": "bo",
                    "created": now - timedelta(days=1),
                    "expires": now + timedelta(days=1),
                }
                | fields
            )
        )

    return make


@pytest.fixture
def judged_with(world):
    """Judge three doors, two of them open, with waivers."""

    def judge(*waivers):
        doors = [
            world.row("D1", locked=False),
            world.row("annex-2", locked=False),
            world.row("D3", locked=True),
            world.row("D4"),
        ]
        packs = world.compiled(world.rule_text(controls="[{framework: soc2, id: CC6.4}]"))
        return world.evaluate(packs, world.facts(doors), waivers=waivers)

    return judge


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        pytest.param({}, {"D1"}, id="one-subject"),
        pytest.param({"subjects": ("annex-*",)}, {"annex-2"}, id="wildcard"),
        pytest.param({"subjects": ("*2", "D*")}, {"annex-2", "D1"}, id="two-wildcards"),
        pytest.param({"subjects": ()}, {"annex-2", "D1"}, id="every-subject"),
        pytest.param({"subjects": ("D",)}, set(), id="no-part-of-a-key"),
        pytest.param({"subjects": ("D?", "D[1]", "d1")}, set(), id="no-other-patterns"),
        pytest.param({"connections": ("hq",)}, {"D1"}, id="this-connection"),
        pytest.param({"connections": ("annex",)}, set(), id="another-connection"),
        pytest.param({"controls": ("soc2:CC6.4",)}, {"D1"}, id="this-control"),
        pytest.param({"controls": ("soc2:CC1.1",)}, set(), id="another-control"),
        pytest.param({"rules": ("another",)}, set(), id="another-rule"),
    ],
)
def test_a_waiver_flags_the_failing_results_it_covers(judged_with, waiver, fields, covered):
    """Status, roll-up and control stay as they are; only the flag and its count appear."""
    plain, rule_result = judged_with().rules[0], judged_with(waiver(**fields)).rules[0]

    assert {
        result.subject.key for result in rule_result.results if result.waiver == "W-1"
    } == covered
    assert [result.status for result in rule_result.results] == [
        result.status for result in plain.results
    ]
    assert (rule_result.status, rule_result.population.failed) == (Status.FAIL, 2)
    assert rule_result.population.waived == len(covered)


@pytest.mark.parametrize(
    ("days_since", "days_left", "covers"),
    [
        pytest.param(1, 1, True, id="holds"),
        pytest.param(0, 1, True, id="from-its-first-moment"),
        pytest.param(1, 0, False, id="until-just-before-its-last"),
        pytest.param(-1, 2, False, id="not-yet"),
    ],
)
def test_a_waiver_is_in_force_from_creation_until_it_expires(
    judged_with, waiver, now, days_since, days_left, covers
):
    """Before and after, it flags nothing."""
    current = waiver(
        created=now - timedelta(days=days_since), expires=now + timedelta(days=days_left)
    )

    assert (judged_with(current).rules[0].population.waived == 1) is covers


@pytest.mark.parametrize(
    ("fields", "notes"),
    [
        pytest.param({}, [], id="nothing-odd"),
        pytest.param(
            {"subjects": ("D3",)},
            ["unused: door_locked fails on nothing that it covers"],
            id="unused",
        ),
        pytest.param(
            {"subjects": ("D1", "D9")},
            ["unused selector 'D9': door_locked fails on nothing that it covers"],
            id="unused-selector",
        ),
        pytest.param(
            {"subjects": ()},
            ["too broad: it covers every subject of door_locked; name those it is meant for"],
            id="every-subject",
        ),
        pytest.param(
            {"subjects": ("**",)},
            ["too broad: it covers every subject of door_locked; name those it is meant for"],
            id="only-a-wildcard",
        ),
        pytest.param(
            {"rules": ("gone",)},
            ["rule gone not found; the waiver covers nothing of it"],
            id="no-rule",
        ),
        pytest.param(
            {"controls": ("soc2:CC1.1", "soc2:CC6.4")},
            ["the rule door_locked does not support the control soc2:CC1.1"],
            id="no-control",
        ),
    ],
)
def test_notes_name_waivers_to_be_reviewed(judged_with, waiver, fields, notes):
    """Unused, too wide, and those that name what is not there."""
    assert judged_with(waiver(**fields)).waiver_notes == tuple(f"waiver W-1: {n}" for n in notes)


def test_notes_name_waivers_that_are_not_in_force(judged_with, waiver, now):
    """Expired ones and ones that have not begun, in the order of their ids."""
    expired = waiver(id="W-2", created=now - timedelta(days=9), expires=now)
    early = waiver(id="W-1", created=now + timedelta(days=1), expires=now + timedelta(days=2))

    assert judged_with(expired, early).waiver_notes == (
        "waiver W-1: starts on 2026-03-16T12:00:00Z; it covers nothing yet",
        "waiver W-2: expired on 2026-03-15T12:00:00Z; it no longer covers anything",
    )


def test_the_first_of_two_waivers_is_named(judged_with, waiver):
    """Whichever order they are given in."""
    both = waiver(id="W-2"), waiver(id="W-1")

    assert {result.waiver for result in judged_with(*both).rules[0].results} == {None, "W-1"}


def test_a_waiver_of_a_finding_covers_all_its_checks_and_no_other_cause(world, waiver):
    """Two checks fail for one cause of a door: both are covered, and a third for another is not."""
    cause = "{cause: \"['lock', row.owner]\"}"
    packs = world.compiled(
        world.rule_text(finding=cause),
        world.rule_text(id="door_closed", finding=cause),
        world.rule_text(id="door_known"),
    )

    def judge(owner, *waivers):
        facts = world.facts([world.row("D1", locked=False, owner=owner)])
        rules = world.evaluate(packs, facts, waivers=waivers).rules
        return {rule.rule: rule.results[0] for rule in rules}

    ids = {name: finding_of(result) for name, result in judge("ada").items()}
    assert ids["door_locked"] == ids["door_closed"] != ids["door_known"]
    accepted = waiver(rules=tuple(ids), findings=(ids["door_locked"],), subjects=())

    covered = {name for name, result in judge("ada", accepted).items() if result.waiver}
    assert covered == {"door_locked", "door_closed"}
    assert not any(result.waiver for result in judge("bo", accepted).values())


def test_a_waiver_that_nobody_approved_covers_nothing_and_says_so(judged_with, waiver):
    """The failure is open, and the note names whoever has to approve."""
    evaluation = judged_with(waiver(authority=ApprovalAuthority()))

    assert evaluation.rules[0].population.waived == 0
    (note,) = evaluation.waiver_notes
    assert note.startswith("waiver W-1: it does not count: bo has not approved it: `ccm findings")


def test_waivers_without_a_signature_narrow_the_evaluation(judged_with, waiver, now):
    """Those that count because the settings say so are listed, and ended ones are not."""
    ended = waiver(id="W-2", created=now - timedelta(days=9), expires=now)

    (text,) = judged_with(waiver(), ended).narrowing

    assert text == (
        "rules.unsigned_waivers is accept: risk acceptances that count without a signed approval "
        "(1): W-1"
    )


def test_a_share_is_accepted_as_the_one_finding_that_it_is(world, waiver):
    """Whatever the month, and without the subjects that it counts."""
    packs = world.compiled(world.rule_text(tolerance="{at_least: 90%, per: all}"))
    facts = world.facts([world.row("D1", locked=False), world.row("D2", locked=True)])
    (rule,) = world.evaluate(packs, facts).rules
    (share,) = (result for result in rule.results if result.subject.kind == POPULATION)
    accepted = waiver(findings=(finding_of(share),), subjects=())

    (covered,) = world.evaluate(packs, facts, waivers=(accepted,)).rules

    kinds = {result.subject.kind for result in covered.results if result.waiver == "W-1"}
    assert kinds == {POPULATION}
