"""A share of the population that must pass."""

from __future__ import annotations

import pytest


def statuses_and_reasons(rule_result):
    """Return status and reason of every result, by subject."""
    return {
        result.subject.key: (result.status.value, result.reason) for result in rule_result.results
    }


MARCH, APRIL = "2026-03-09T10:00:00Z", "2026-04-01T00:30:00+02:00"


def doors(row, **months):
    """Make doors that were locked (+), open (-) or neither (?) in a month."""
    moments = {"march": MARCH, "april": "2026-04-09T10:00:00Z"}
    return [
        row(
            f"{month}-{number}",
            occurred_at=moments[month],
            **({} if mark == "?" else {"locked": mark == "+"}),
        )
        for month, marks in months.items()
        for number, mark in enumerate(marks)
    ]


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        pytest.param(
            {"march": "+++-"},
            {"2026-03": ("pass", "3 of 4 passed (75 %); at least 75 % must pass")},
            id="just-enough",
        ),
        pytest.param(
            {"march": "++--"},
            {"2026-03": ("fail", "2 of 4 passed (50 %); at least 75 % must pass")},
            id="too-few",
        ),
        pytest.param(
            {"march": 19 * "+" + "?"},
            {
                "2026-03": (
                    "pass",
                    "19 of 20 passed (95 %), 1 inconclusive; at least 75 % must pass",
                )
            },
            id="enough-whatever-the-unknown-one-is",
        ),
        pytest.param(
            {"march": "++++?"},
            {
                "2026-03": (
                    "insufficient",
                    (
                        "4 of 5 passed (80 %), 1 inconclusive; "
                        "at least 75 % must pass, and at most 5 % may be inconclusive"
                    ),
                )
            },
            id="too-many-unknown",
        ),
        pytest.param(
            {"march": "++-?"},
            {
                "2026-03": (
                    "insufficient",
                    "2 of 4 passed (50 %), 1 inconclusive; at least 75 % must pass",
                )
            },
            id="the-unknown-one-decides",
        ),
        pytest.param(
            {"march": "+--?"},
            {
                "2026-03": (
                    "fail",
                    "1 of 4 passed (25 %), 1 inconclusive; at least 75 % must pass",
                )
            },
            id="too-few-whatever-the-unknown-one-is",
        ),
        pytest.param(
            {"march": "+", "april": "-"},
            {
                "2026-03": ("pass", "1 of 1 passed (100 %); at least 75 % must pass"),
                "2026-04": ("fail", "0 of 1 passed (0 %); at least 75 % must pass"),
            },
            id="month-by-month",
        ),
    ],
)
def test_a_pass_rate_is_evaluated_month_by_month(evaluate_rows, row, months, expected):
    """Beside the results one by one stands one for each month, with the counts."""
    rule_result = evaluate_rows(doors(row, **months), tolerance="{at_least: 75%, per: month}")
    shares = [result for result in rule_result.results if result.subject.kind == "population"]

    assert {
        result.subject.key: (result.status.value, result.reason) for result in shares
    } == expected
    assert rule_result.population.total == sum(map(len, months.values()))
    assert not any(result.evidence_digests for result in shares)  # the kinds are sealed


def test_a_pass_rate_can_cover_all_subjects_at_once(evaluate_rows, row):
    """`per: all` needs no date."""
    rule_result = evaluate_rows(
        [row("D1", locked=True), row("D2", locked=False)], tolerance="{at_least: 50%, per: all}"
    )

    assert statuses_and_reasons(rule_result)["all"] == (
        "pass",
        "1 of 2 passed (50 %); at least 50 % must pass",
    )


def test_a_pass_rate_by_month_needs_dated_subjects(evaluate_rows, row):
    """It makes a share of its own, which is insufficient."""
    rule_result = evaluate_rows(
        [row("D1", locked=True), row("D2", locked=True, occurred_at="soon")],
        tolerance="{at_least: 50%, per: month}",
    )

    assert statuses_and_reasons(rule_result)["undated"] == (
        "insufficient",
        "2 subjects cannot be assigned to a month: they have no `occurred_at`",
    )


def test_an_instant_with_an_offset_counts_in_its_month_of_utc(evaluate_rows, row):
    """Half past midnight in Berlin on the first of April is still March."""
    rule_result = evaluate_rows(
        [row("D1", locked=True, occurred_at=APRIL)], tolerance="{at_least: 50%, per: month}"
    )

    assert "2026-03" in statuses_and_reasons(rule_result)


def test_a_pass_rate_is_exact(evaluate_rows, row):
    """Binary fractions do not decide."""
    for total, share in ((20, "95%"), (10, "70%"), (1000, "99.9%"), (3, "66.6%")):
        good = round(total * float(share.rstrip("%")) / 100 + 0.499)
        marks = "+" * good + "-" * (total - good)
        rule_result = evaluate_rows(
            doors(row, march=marks), tolerance=f"{{at_least: {share}, per: all}}"
        )

        assert statuses_and_reasons(rule_result)["all"][0] == "pass", (total, share)


def test_a_pass_rate_ignores_what_is_not_applicable(evaluate_rows, row):
    """A month in which nothing was evaluated has no share."""
    rule_result = evaluate_rows(
        [row(floor=1, locked=False, occurred_at=MARCH)],
        match="row.floor > 3",
        tolerance="{at_least: 95%, per: month}",
    )

    assert "2026-03" not in statuses_and_reasons(rule_result)


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        pytest.param({"march": "+++-"}, "pass", id="share-holds"),
        pytest.param({"march": "++--"}, "fail", id="share-does-not"),
        pytest.param({"march": 19 * "+" + "?"}, "pass", id="holds-whatever-the-unknown-one-is"),
        pytest.param({"march": "++++?"}, "insufficient", id="a-fifth-is-unknown"),
        pytest.param({"march": "++++", "april": "+---"}, "fail", id="worst-month"),
        pytest.param({"march": "++-?"}, "insufficient", id="undecided"),
    ],
)
def test_the_pass_rate_decides_the_status_of_the_rule(evaluate_rows, row, months, expected):
    """A subject that fails stays listed and counted, and does not decide."""
    rule_result = evaluate_rows(doors(row, **months), tolerance="{at_least: 75%, per: month}")
    open_doors = sum(marks.count("-") for marks in months.values())

    assert (rule_result.status, rule_result.population.failed) == (expected, open_doors)


def test_a_pass_rate_does_not_hide_insufficient_evidence(world, row):
    """What is said of a whole connection decides as well."""
    packs = world.compiled(world.rule_text(tolerance="{at_least: 75%, per: month}"))
    here = world.facts(doors(row, march="++++"))
    annex = world.facts(
        doors(row, march="++++"),
        connection="annex",
        sufficiency=[world.standing_of("acme.door", connection="annex", problem="cut off")],
    )
    assert world.evaluate(packs, here).rules[0].status == "pass"
    assert world.evaluate(packs, here, annex).rules[0].status == "insufficient"


@pytest.mark.attack(
    "Settings",
    "A pass rate over resources of which none could be evaluated",
    "Inconclusive, whatever the rate",
)
@pytest.mark.parametrize("share", ["50%", "75%", "100%"])
def test_a_pass_rate_over_nothing_that_was_evaluated_is_inconclusive(evaluate_rows, row, share):
    """Every subject is inconclusive, so nothing is known of the population."""
    rule_result = evaluate_rows(
        doors(row, march="?????"), tolerance=f"{{at_least: {share}, per: all}}"
    )
    assert rule_result.status == "insufficient"


@pytest.mark.parametrize(
    ("allowed", "unknown", "status"),
    [("0%", 1, "insufficient"), ("0%", 0, "pass"), ("2%", 2, "pass"), ("2%", 3, "insufficient")],
)
def test_a_rule_may_allow_fewer_inconclusive_subjects(evaluate_rows, row, allowed, unknown, status):
    """Of a hundred, exactly so many."""
    tolerance = f"{{at_least: 50%, inconclusive_at_most: {allowed}, per: all}}"
    marks = (100 - unknown) * "+" + unknown * "?"
    assert evaluate_rows(doors(row, march=marks), tolerance=tolerance).status == status
