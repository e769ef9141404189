"""What the owner of the key writes as ccm would is found by deriving it anew."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.errors import IntegrityError
from ccm_core.model.evaluation.result import Population
from ccm_core.model.evaluation.subject import Subject
from ccm_core.pipeline.anew.random_share import RandomShare
from ccm_core.pipeline.evaluate import compile_rules, evaluate
from ccm_core.sdk.view import Partitioning
from ccm_core.store.sqlite.verify import verify_store
from tests.pipeline.derive.conftest import INCIDENT, LOG_ENTRY, MILD, VIEW, pack
from tests.pipeline.derive.conftest import compiled as compile_named

I3, I8 = f"{INCIDENT}:I3", f"{INCIDENT}:I8"
LENIENT = MILD | {"in_time": MILD["in_time"] | {"assert": "row.time_to_acknowledge <= 90000"}}

FORGED = pytest.mark.attack(
    "Store",
    "The owner of the key stores rows, verdicts, counts or an index that the evidence does not "
    "give, and signs them",
    "`ccm verify --reevaluate` names the connection, the view or the rule, and the resource (exit "
    "5)",
)


def lying(view, rows=None, **fields):
    """Return a view with other rows."""

    def derive(request):
        return rows(list(view.rows(request)))

    return {view.name: replace(view, **(fields | ({"rows": derive} if rows else {})))}


def on(key, **fields):
    """Return what changes the body of one row."""

    def change(rows):
        return [
            replace(row, body=row.body | fields) if row.subject.key == key else row for row in rows
        ]

    return change


def without(key):
    """Return what leaves one row out."""
    return lambda rows: [row for row in rows if row.subject.key != key]


def with_another(rows):
    """Add a row of an incident that is in no record."""
    subject = Subject(kind=INCIDENT, key="I99", title="Disk of I99")
    return [*rows, *(replace(row, subject=subject) for row in rows if row.subject.key == "I3")]


LIES = {
    "a row has another field": (
        on("I3", urgency="low"),
        [f"the row of {I3} in {VIEW} of firm: fields.urgency: it is not what the evidence gives"],
    ),
    "a row is missing": (
        without("I3"),
        [f"the row of {I3} in {VIEW} of firm: it is not kept, and the evidence gives such a row"],
    ),
    "a row is made up": (
        with_another,
        [f"I99 in {VIEW} of firm: it is kept, and the evidence gives no such row"],
    ),
}


def sound(tmp_path):
    """Return whether everything in the store agrees with itself."""
    return verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None).sound


@FORGED
@pytest.mark.parametrize(("lie", "named"), LIES.values(), ids=LIES)
def test_rows_that_the_evidence_does_not_give_are_found(keeper, world, tmp_path, lie, named):
    """Every digest, root and leaf fits: they were written by an evaluation."""
    keeper.evaluate("plain", views=lying(world.views[VIEW], lie))
    assert sound(tmp_path)
    problems = [str(problem) for problem in keeper.anew().problems]
    for text in named:
        assert any(text in problem for problem in problems), problems


@FORGED
def test_verdicts_that_the_rows_do_not_give_are_found(keeper, world, tmp_path):
    """The stored pack is the strict one, and a lenient one judged."""
    world.entry("L3b", "I3", "acknowledge", -4)
    lenient = compile_rules(keeper.host(), [pack("mild", {VIEW: LENIENT})], {"limit": "2h"})
    keeper.evaluate(judged_by=lenient)
    assert sound(tmp_path)
    problems = [str(problem) for problem in keeper.anew().problems]

    rule = "mild_incident_response_in_time"
    expected = f"the verdict of mild on {I3} in {VIEW} of firm: {rule}: pass is kept, and its row"
    assert any(expected in problem for problem in problems), problems


@FORGED
def test_rules_that_were_left_out_are_found(keeper):
    """Their evidence suffices, and the evaluation counts no subject."""

    def change(evaluation):
        (state,) = evaluation.derived
        judged = tuple(rule for rule in state.judged if not rule.endswith("_due"))
        rules = tuple(
            replace(rule, population=Population(), results=())
            if rule.rule.endswith("_due")
            else rule
            for rule in evaluation.rules
        )
        return replace(evaluation, rules=rules, derived=(replace(state, judged=judged),))

    keeper.evaluate("plain", change=change)
    problem, *others = keeper.anew().problems
    assert {one.label for one in others} == {
        f"the rule mild_incident_response_due of mild over {VIEW}"
    }
    assert str(problem) == (
        f"log firm@derived, the rule mild_incident_response_due of mild over {VIEW} of firm: its "
        "evidence suffices, and no verdict of it counts"
    )


@FORGED
def test_counts_and_shares_that_no_verdicts_give_are_found(keeper, tmp_path):
    """The verdicts are honest, and the evaluation counts them otherwise."""

    def change(evaluation):
        rules = [
            replace(
                rule,
                population=replace(rule.population, passed=99),
                results=tuple(replace(result, reason="99 of 99") for result in rule.results),
            )
            if rule.rule.endswith("_due")
            else rule
            for rule in evaluation.rules
        ]
        return replace(evaluation, rules=tuple(rules))

    with suppress(IntegrityError):  # tracking findings counts them as well
        keeper.evaluate("plain", change=change)
    problems = [str(problem) for problem in keeper.anew().problems]

    assert sound(tmp_path)
    assert problems == [
        (
            f"the rule mild_incident_response_due of mild over {VIEW}: population.passed: 99 is "
            "kept, and its verdicts give 8"
        ),
        (
            f"the rule mild_incident_response_due of mild over {VIEW}: firm population 2026-11: it "
            "is not what its verdicts give"
        ),
    ]


@FORGED
@pytest.mark.parametrize("field", ["derived", "evidence_read"])
def test_a_connection_that_was_left_out_is_found(keeper, field):
    """The evaluation was made of it, and does not state what it left, or what it read."""
    with suppress(IntegrityError):  # tracking findings misses it as well
        keeper.evaluate("plain", change=lambda evaluation: replace(evaluation, **{field: ()}))
    first, *_ = keeper.anew().problems

    assert str(first).endswith(
        "of firm, it does not have all of scope, evidence read and rows left"
    )


@FORGED
def test_a_record_that_was_kept_out_of_its_partition_is_found(keeper, world):
    """The index of partitions is not believed: records are looked up in it."""
    view = world.views[VIEW]
    honest = view.partitions()
    names = honest.names | {
        LOG_ENTRY: lambda record: () if record.key == "L3b" else honest.names[LOG_ENTRY](record)
    }
    hiding = Partitioning(names=names, name=honest.name, uses=honest.uses)
    keeper.evaluate("plain", views=lying(view, partitions=lambda: hiding))

    (problem,) = keeper.anew().problems
    assert f"{LOG_ENTRY}:L3b in {VIEW} of firm: it is not listed in the partition" in str(problem)


def test_a_share_finds_what_it_chooses(keeper, world):
    """The same seed chooses the same; some seeds find the lie, others do not."""
    keeper.evaluate("plain", views=lying(world.views[VIEW], on("I3", incident_number=99)))
    shares = [RandomShare(share=0.3, seed=seed) for seed in range(20)]
    first = [keeper.anew(share) for share in shares]
    again = [keeper.anew(share) for share in shares]

    assert [one.problems for one in first] == [one.problems for one in again]
    assert {len(one.problems) for one in first} == {0, 1}
    assert {one.extent.of_subjects for one in first} == {9}
    assert all(0 < one.extent.subjects < 9 for one in first)


# -- what is no damage ------------------------------------------------------------------------


def test_evidence_stored_since_is_not_compared(keeper, world):
    """The evidence as of the evaluation is read again: it may be stale, and is not damaged."""
    keeper.evaluate("both")
    world.now += timedelta(minutes=20)
    world.incident("I3", urgency="low", status="triggered")
    world.entry("L3d", "I3", "annotate", -4)
    world.incident("I9")
    world.store_services({"S0": {"status": "disabled"}})
    anew = keeper.anew()

    assert (anew.problems, anew.unproven) == ([], [])
    assert anew.extent.subjects == anew.extent.of_subjects


def test_evidence_that_came_late_is_no_damage(keeper, world):
    """Another process stored it after the evaluation, and it is dated before: it was not read."""
    keeper.evaluate()
    world.store_bodies(INCIDENT, {"I9": {}}, ended=world.now - timedelta(minutes=1))
    anew = keeper.anew()
    (text,) = anew.unproven

    assert (anew.problems, anew.extent.subjects) == ([], 0)
    assert "collections were stored after the evaluation that are dated earlier" in text


def test_connections_are_named(keeper, world, tmp_path):
    """One of two has a row that is made up."""
    world.connections = [world.connection(), world.connection("twin")]
    world.incident("I3", name="twin")
    world.incident("I20", name="twin")
    world.refresh()
    keeper.evaluate("plain", views=lying(world.views[VIEW], on("I20", incident_number=99)))
    problems = keeper.anew().problems

    assert sound(tmp_path)
    assert [problem.label for problem in problems] == [
        f"the row of {INCIDENT}:I20 in {VIEW} of twin"
    ]
    assert [problem.log for problem in problems] == ["twin@derived"]


def test_an_evaluation_that_is_made_meanwhile_is_no_damage(keeper, world):
    """Rows of before are compared with those of after it: verifying again compares the same."""
    view, honest = world.views[VIEW], world.views
    keeper.evaluate("plain")

    def rows(request):
        world.views = honest
        world.now += timedelta(minutes=1)
        world.incident("I3", urgency="low")
        keeper.evaluate("plain")
        return view.rows(request)

    world.views = honest | {VIEW: replace(view, rows=rows)}
    anew = keeper.anew()
    (text,) = anew.unproven

    assert anew.problems == []
    assert "an evaluation was made meanwhile" in text
    assert (keeper.anew().problems, keeper.anew().unproven) == ([], [])


def test_an_evaluation_as_of_the_past_is_left_alone(keeper, world):
    """The newest that left rows is derived anew, although another one was stored after it."""
    digest = keeper.evaluate()
    world.now += timedelta(minutes=20)
    past = evaluate(
        keeper.host(),
        world.connections,
        world.store,
        compile_named("mild"),
        as_of=world.now - timedelta(minutes=10),
    )
    assert world.store.evaluations.append(past) != digest
    anew = keeper.anew()

    assert (anew.problems, anew.unproven, anew.extent.evaluation) == ([], [], digest)


def test_an_erased_record_is_no_damage(keeper, world):
    """Before the next evaluation nothing is derived anew, and it says so; after it, all is."""
    keeper.evaluate()
    world.erase(LOG_ENTRY, "L3b")
    before = keeper.anew()
    (text,) = before.unproven
    assert (before.problems, before.extent.subjects) == ([], 0)
    assert text == (
        "nothing of firm was derived anew: rows or verdicts were stored after the evaluation, by "
        "one that was stopped or by an erasure. Run `ccm evaluate`, then verify again"
    )
    world.now += timedelta(minutes=1)
    keeper.evaluate()
    anew = keeper.anew()
    assert (anew.problems, anew.unproven) == ([], [])


def test_another_version_is_no_damage(keeper, world):
    """What differs is named with the versions then and now: something to be installed."""
    keeper.evaluate("plain", views=lying(world.views[VIEW], on("I3", urgency="low")))
    keeper.version = "2"
    anew = keeper.anew()

    assert anew.problems == []
    (text,) = anew.unproven
    assert f"the row of {I3} in {VIEW} of firm: fields.urgency" in text
    assert "made by other versions: ccm-core 1 then, 2 now. Install those" in text


def test_a_view_that_is_not_installed_any_more_is_no_damage(keeper, world):
    """Nothing can be derived anew, and why is said."""
    keeper.evaluate("plain")
    del world.views[VIEW]
    anew = keeper.anew()

    assert (anew.problems, anew.extent) == ([], None)
    assert VIEW in anew.unproven[0]


def test_a_view_that_breaks_is_no_damage(keeper, world):
    """Neither one that broke in the evaluation, nor one that breaks now."""

    def breaking(rows):
        raise ValueError(len(rows))

    keeper.evaluate("plain")
    broken = lying(world.views[VIEW], breaking)
    honest = world.views
    world.views = world.views | broken
    now = keeper.anew()
    world.views = honest
    world.now += timedelta(minutes=1)
    world.incident("I3", urgency="low")
    keeper.evaluate("plain", views=broken)
    then = keeper.anew()

    assert (now.problems, then.problems) == ([], [])
    assert "could not be derived anew: ValueError" in now.unproven[0]
    assert f"nothing of {VIEW} of firm was derived anew: in the evaluation" in then.unproven[0]


def test_no_evaluation_proves_nothing(keeper):
    """There is none."""
    anew = keeper.anew()

    (text,) = anew.unproven
    assert (anew.problems, anew.extent) == ([], None)
    assert text == (
        "nothing was derived anew: the store holds no evaluation that left rows; `ccm evaluate` "
        "makes one"
    )
