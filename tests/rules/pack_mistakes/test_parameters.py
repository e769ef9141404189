"""Mistakes in parameters, and in what controls require of them."""

from __future__ import annotations

import pytest


def with_control(requires):
    """Return what puts a control before `on_empty`."""
    control = f"{{framework: soc2, id: CC1, requires: {requires}}}"
    return f"    controls: [{control}]\n    on_empty"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "default: 15m",
            "default: 15 minutes",
            ["5:36: '15 minutes' is not a duration; write it like 15m, 4h, 7d or PT15M"],
            id="bad-duration",
        ),
        pytest.param(
            "default: 15m",
            "default: 1500ms",
            ['5:36: expected a duration in whole seconds, got "1500ms"'],
            id="part-of-a-second",
        ),
        pytest.param(
            "default: 15m",
            "default: -5m",
            ['5:36: expected a duration of nothing or more, got "-5m"'],
            id="negative-duration",
        ),
        pytest.param(
            "type: duration, default: 15m",
            "type: dates, default: [25/12/2026, 2026-12-26, 2026-02-30, 20261225, 4]",
            [
                (
                    '5:33: expected dates such as 2026-12-25, got "25/12/2026", "2026-02-30", '
                    "the number 20261225 and the number 4"
                )
            ],
            id="dates-that-are-none",
        ),
        pytest.param(
            "type: duration, default: 15m",
            "type: dates, default: 2026-12-25",
            ['5:33: expected a list of dates such as 2026-12-25, got "2026-12-25"'],
            id="one-date",
        ),
        pytest.param(
            "type: duration",
            "type: integer",
            ['5:35: expected a whole number, got "15m"'],
            id="wrong-type",
        ),
        pytest.param(
            "type: duration",
            "type: time",
            [
                (
                    '5:17: unknown value "time"; expected one of "duration", "integer", '
                    '"number", "string", "boolean", "list", "dates", "condition", "weekly_hours"'
                )
            ],
            id="unknown-type",
        ),
        pytest.param(
            "description: d}\n  high",
            "over: acme.door, description: d}\n  high",
            ["5:47: a parameter of type duration takes no `over`"],
            id="over-on-a-plain-one",
        ),
        pytest.param(
            "over: acme.watch, ",
            "",
            ["6:12: a condition needs `over`: the kind or view whose rows it reads"],
            id="condition-over-nothing",
        ),
        pytest.param(
            "over: acme.watch",
            "over: acme.wach",
            [('6:36: unknown evidence kind or view "acme.wach"; did you mean "acme.watch"?')],
            id="condition-over-unknown",
        ),
        pytest.param(
            "row.floor > 3",
            "row.flor > 3",
            ['6:57: unknown field "flor"; did you mean "floor"?'],
            id="condition-field",
        ),
        pytest.param(
            "row.floor > 3",
            "row.floor + 3",
            ["6:57: expected true or false, got int"],
            id="condition-no-bool",
        ),
        pytest.param(
            "row.floor > 3",
            "\"lookup('acme.person', 'x').name == ''\"",
            ["6:58: a condition parameter cannot look records up"],
            id="condition-lookup",
        ),
        pytest.param(
            "    on_empty",
            with_control("{limt: {at_most: 1m}}"),
            ['15:54: unknown parameter "limt"; did you mean "limit"?'],
            id="requires-unknown",
        ),
        pytest.param(
            "    on_empty",
            with_control("{limit: {at_most: x}}"),
            ["15:71: 'x' is not a duration; write it like 15m, 4h, 7d or PT15M"],
            id="requires-bad-bound",
        ),
        pytest.param(
            "    on_empty",
            with_control("{high_up: {at_most: x}}"),
            ["15:73: a parameter of type condition has no at_most; use equals"],
            id="requires-no-order",
        ),
        pytest.param(
            "default: 15m",
            "default: 1:30",
            ["5:36: '1:30' is not a duration; write it like 15m, 4h, 7d or PT15M"],
            id="yaml-sixty",
        ),
        pytest.param(
            "default: 15m",
            "default: 0x10",
            ["5:36: expected a duration such as 15m, got the number 16"],
            id="yaml-hex",
        ),
    ],
)
def test_a_mistake_in_a_parameter_has_its_location(compiling, rule, old, new, expected):
    """Its default, what a condition reads, and the bounds that a control sets."""
    assert old in rule
    mistakes = compiling(rule.replace(old, new))

    assert mistakes == [f"doors.yaml:{mistake}" for mistake in expected]


@pytest.mark.parametrize(
    ("default", "setting", "expected"),
    [
        ("[]", [1, "Ann"], ["expected a list of texts, got the number 1; write it in quotes"]),
        ("[]", [["Ann"]], ["expected a list of texts, got a list of 1"]),
        ("[Ann]", [True], ["expected a list of texts, got true; write it in quotes"]),
        ("[1, 2]", ["3"], ['expected a list of numbers, got "3"']),
        ("[1, 2]", [3, 4.5], []),
        ("[]", [], []),
        ("[]", ["Ann"], []),
        ("[1, a]", ["b", 2], []),
    ],
)
def test_entries_of_a_list_are_of_the_type_of_its_default(
    compiling, rule, default, setting, expected
):
    """Texts, where the default is empty."""
    pack = rule.replace("type: duration, default: 15m", f"type: list, default: {default}")
    pack = pack.replace("<= params.limit", "in params.limit")

    mistakes = compiling(pack, parameters={"limit": setting, "limt": 1})
    *of_entries, misspelt = mistakes
    assert of_entries == [f"parameters:1:1: limit: {mistake}" for mistake in expected]
    assert "limt" in misspelt
