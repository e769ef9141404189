"""Rules that no row matches, because a list parameter has no entries."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("match", "reason"),
    [
        (
            "row.floor > 0 && params.owners.size() > 0",
            "the list parameter owners is empty; set it under rules.parameters",
        ),
        (
            "size(params.owners) > 0 && (params.names.size() > 0 && row.floor > 0)",
            "the list parameters names and owners are empty; set them under rules.parameters",
        ),
        (
            "params.owners.size() > 0 || row.floor > 3",
            "`params.owners.size() > 0 || row.floor > 3` is true for none of 1 rows of acme.door",
        ),
        (
            "row.floor > 3 && params.floors.size() > 0",
            "`row.floor > 3 && params.floors.size() > 0` is true for none of 1 rows of acme.door",
        ),
    ],
    ids=["one", "two", "not required", "not empty"],
)
def test_a_population_that_an_empty_list_empties_names_the_parameter(
    evaluate_rows, row, match, reason
):
    """Whoever reads it learns what to set, not how the rule is written."""
    rule_result = evaluate_rows(
        [row(floor=1)],
        match=match,
        parameters=(
            "{owners: {type: list, default: [], description: d}, "
            "names: {type: dates, default: [], description: d}, "
            "floors: {type: list, default: [1], description: d}}"
        ),
        on_empty="not_applicable",
    )

    (result,) = (one for one in rule_result.results if one.subject.key == "hq")
    assert (result.status.value, result.reason) == (
        "not_applicable",
        f"nothing to evaluate: {reason}",
    )
