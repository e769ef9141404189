"""Coverage has a denominator, and four numbers that never grow from one to the next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.frameworks.catalogue_file import read_catalogue
from ccm_core.frameworks.coverage import Applicability, PackMapping, framework_coverage
from ccm_core.model.evaluation.control import Control, ManualProcedures
from ccm_core.model.evaluation.result import Population, RuleResult, Status
from ccm_core.model.evaluation.rule import Severity
from tests.frameworks.test_catalogue_file import DOORS

CATALOGUE = read_catalogue(DOORS, "doors.yaml")
NOTHING = Applicability(not_applicable={}, owners={})


def covered(mapped, statuses, applicability=NOTHING, manual=()):
    """Return the coverage by checks that are mapped to requirements, with their statuses."""
    mapping = PackMapping(
        controls=[
            (rule, rule.title(), Control(framework="doors", id=number)) for rule, number in mapped
        ],
        manual_procedures=manual,
    )
    rules = [
        RuleResult(
            rule=rule,
            pack="p",
            title=rule,
            severity=Severity.LOW,
            status=Status(status),
            population=Population(),
        )
        for rule, status in statuses.items()
    ]
    return framework_coverage(CATALOGUE, mapping, rules, applicability)


@pytest.mark.parametrize(
    ("statuses", "level"),
    [
        pytest.param({}, "mapped", id="not-evaluated"),
        pytest.param({"a": "not_applicable", "b": "insufficient"}, "mapped", id="not-tested"),
        pytest.param({"a": "pass", "b": "insufficient"}, "tested", id="one-lacks-evidence"),
        pytest.param({"a": "pass"}, "tested", id="one-was-not-evaluated"),
        pytest.param({"a": "fail", "b": "pass"}, "sufficient", id="a-failure-is-a-test"),
        pytest.param({"a": "pass", "b": "not_applicable"}, "sufficient", id="what-applies"),
    ],
)
def test_a_requirement_is_covered_as_far_as_its_checks_were_tested(statuses, level):
    """Those of its parts count."""
    coverage = covered([("a", "D2"), ("b", "D2(1)")], statuses)
    assert {one.requirement.id: one.level for one in coverage.requirements} == {
        "D1": "catalogued",
        "D2": level,
    }


def test_what_does_not_apply_is_not_in_the_denominator():
    """With the reason, whatever supports it; each requirement has its owner."""
    applicability = Applicability(
        not_applicable={"D2": "we have no keys"}, owner="house", owners={"D1": "ada"}
    )
    coverage = covered([("a", "D2")], {"a": "pass"}, applicability)
    assert (coverage.applicable, coverage.mapped) == (1, 0)
    assert [(one.owner, one.not_applicable) for one in coverage.requirements] == [
        ("ada", ""),
        ("house", "we have no keys"),
    ]


def test_manual_procedures_stand_with_their_requirement():
    """Of its parts too; those of other frameworks do not."""
    manual = [
        ManualProcedures(framework="doors", id="D2(1)", procedures=("Count.",)),
        ManualProcedures(framework="locks", id="D2", procedures=("Oil.",)),
    ]
    coverage = covered([], {}, manual=manual)
    assert [one.manual_procedures for one in coverage.requirements] == [(), ("Count.",)]


CHECKS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["D1", "D2", "D2(1)", "X"])), max_size=6
)


@given(mapped=CHECKS, statuses=st.dictionaries(st.sampled_from("abc"), st.sampled_from(Status)))
def test_each_number_is_at_most_the_one_before(mapped, statuses):
    """Catalogued, mapped, tested, sufficient."""
    one = covered(mapped, statuses)
    assert 2 == one.applicable >= one.mapped >= one.tested >= one.sufficient >= 0
