"""Message templates: what a failing result says."""

from __future__ import annotations

import pytest

from ccm_core.rules.cel.expression import ExpressionError
from ccm_core.rules.pack.message_template import (
    Placeholder,
    format_code,
    format_seconds,
    split_template,
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("plain", ("plain",), id="plain"),
        pytest.param("{row.a}", (Placeholder(text="row.a", offset=1),), id="alone"),
        pytest.param(
            "a { row.a } b",
            ("a ", Placeholder(text="row.a", offset=4), " b"),
            id="white-space-around",
        ),
        pytest.param("{{x}} 100%", ("{x} 100%",), id="escaped-braces"),
        pytest.param(
            "{row.a ?? 'none'}",
            (Placeholder(text="row.a", offset=1, fallback="none"),),
            id="fallback",
        ),
        pytest.param(
            '{row.a ?? "it\'s"}',
            (Placeholder(text="row.a", offset=1, fallback="it's"),),
            id="fallback-in-double-quotes",
        ),
        pytest.param(
            "{row.a == '??}' ?? ''}",
            (Placeholder(text="row.a == '??}'", offset=1, fallback=""),),
            id="signs-inside-a-text",
        ),
        pytest.param(
            "{{'a': 1}['a']}",
            None,
            id="a-map-needs-a-space-before-it",
        ),
        pytest.param(
            "{ {'a': 1}['a']}",
            (Placeholder(text="{'a': 1}['a']", offset=2),),
            id="a-map",
        ),
    ],
)
def test_a_template_is_split_into_text_and_placeholders(template, expected):
    """Text and placeholders alternate; strings and maps inside are left alone."""
    if expected is None:
        with pytest.raises(ExpressionError):
            split_template(template)
    else:
        assert split_template(template) == expected


@pytest.mark.parametrize(
    ("template", "position"),
    [
        pytest.param("a {row.b", (1, 3), id="never-closed"),
        pytest.param("a } b", (1, 3), id="closes-nothing"),
        pytest.param("a {} b", (1, 4), id="empty"),
        pytest.param("a\n{ }", (2, 2), id="blank-on-the-second-line"),
        pytest.param("{row.b ?? none}", (1, 10), id="fallback-without-quotes"),
        pytest.param("{?? 'x'}", (1, 2), id="only-a-fallback"),
    ],
)
def test_a_mistake_in_a_template_has_its_position(template, position):
    """The mistake points at the brace, or at what stands between two."""
    with pytest.raises(ExpressionError) as caught:
        split_template(template)

    assert [(line, column) for line, column, _ in caught.value.problems] == [position]


@pytest.mark.parametrize(
    ("template", "body", "expected"),
    [
        pytest.param("{row.title}", {}, "Door D1", id="text"),
        pytest.param("{row.open_for}", {"open_for": 5400}, "1h30m", id="field-in-seconds"),
        pytest.param("{params.limit} {most}", {}, "15m 15m", id="parameter-and-let"),
        pytest.param("{row.open_for * 2}", {"open_for": 60}, "2m", id="computed-from-seconds"),
        pytest.param("{row.open_for}", {"open_for": None}, "unknown", id="null"),
        pytest.param("{row.open_for ?? 'never'}", {"open_for": None}, "never", id="null-fallback"),
        pytest.param("{row.open_for ?? 'never'}", {}, "never", id="absent-fallback"),
        pytest.param("{row.floor}", {"floor": 4}, "4", id="whole-number"),
        pytest.param("{double(row.floor) / 3.0}", {"floor": 4}, "1.33333", id="fraction"),
        pytest.param("{double(row.floor)}", {"floor": 4}, "4", id="fraction-that-is-whole"),
        pytest.param("{row.locked}", {}, "false", id="truth"),
        pytest.param(
            "{row.keys.map(k, k.holder)}",
            {"keys": [{"holder": "A"}, {"holder": "B"}]},
            "A, B",
            id="list",
        ),
        pytest.param("{row.notes}", {"notes": {"b": 1, "a": 2}}, '{"a":2,"b":1}', id="mapping"),
        pytest.param("{now}", {}, "2026-03-15T12:00:00Z", id="moment"),
        pytest.param("{duration('90m')}", {}, "1h30m", id="duration"),
        pytest.param("{size(row.title) / 0}", {}, "unknown", id="error"),
    ],
)
def test_a_message_writes_values_for_people(evaluate_rows, row, template, body, expected):
    """Durations, lists and what is missing read the way people write them."""
    rule_result = evaluate_rows(
        [row(locked=False, **body)],
        let="{most: params.limit}",
        message='"' + template.replace('"', '\\"') + '"',
        parameters="{limit: {type: duration, default: 15m, description: d}}",
    )

    assert [result.reason for result in rule_result.results] == [expected]


DOOR = {"open_for": 14400, "age": 600, "floor": 3, "locked": False, "keys": [{"copies": 2}]}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("row.locked ? row.age : row.open_for", "4h", id="choice-of-fields"),
        pytest.param("row.locked ? params.limit : row.age", "10m", id="choice-with-a-parameter"),
        pytest.param("row.locked ? 60 : params.limit", "15m", id="choice-with-a-number"),
        pytest.param(
            "row.age > params.limit ? row.age : params.limit", "15m", id="the-larger-of-two"
        ),
        pytest.param("chosen", "4h", id="a-let-with-a-choice"),
        pytest.param("doubled", "8h", id="a-let-of-a-let"),
        pytest.param("row.open_for + row.age", "4h10m", id="sum"),
        pytest.param("row.open_for - params.limit", "3h45m", id="difference"),
        pytest.param("-row.age", "-10m", id="negative"),
        pytest.param("row.open_for * 2", "8h", id="product"),
        pytest.param("2 * params.limit", "30m", id="product-in-the-other-order"),
        pytest.param("row.open_for / 2", "2h", id="quotient"),
        pytest.param("double(row.open_for) / 2.0", "2h", id="converted"),
        pytest.param("row.?open_for.orValue(0)", "4h", id="optional"),
        pytest.param("cel.bind(spent, row.age, spent + 60)", "11m", id="bound"),
        pytest.param("[row.age, params.limit]", "10m, 15m", id="list"),
        pytest.param("[row.age, params.limit][1]", "15m", id="element-of-a-list"),
        pytest.param("row.keys.map(key, row.age * key.copies)", "20m", id="list-that-is-made"),
        pytest.param("[row.age, 60].filter(span, span > 60)", "10m", id="list-that-is-filtered"),
        pytest.param(
            "row.keys.map(key, row.locked ? row.age : row.open_for)[0]", "4h", id="all-together"
        ),
        pytest.param("lookup('acme.door', 'D9').open_for", "2h", id="looked-up"),
        pytest.param("row.open_for / row.age", "24", id="ratio-is-a-number"),
        pytest.param("row.locked ? row.floor : row.open_for", "14400", id="choice-of-two-units"),
        pytest.param("row.floor * 2", "6", id="computed-from-a-number"),
        pytest.param("row.locked ? 1 : 900", "900", id="choice-of-numbers"),
        pytest.param("size(row.keys)", "1", id="size"),
        pytest.param("row.age < 700", "true", id="comparison"),
        pytest.param("string(row.age)", "600", id="text"),
    ],
)
def test_a_duration_stays_a_duration_wherever_it_flows(evaluate_rows, row, expression, expected):
    """Seconds of a field, a parameter or a let are written as people do, however computed."""
    rule_result = evaluate_rows(
        [row(**DOOR)],
        **{"assert": "row.locked"},
        let="{chosen: 'row.locked ? params.limit : row.open_for', doubled: chosen * 2}",
        message=f'"{{{expression}}}"',
        parameters="{limit: {type: duration, default: 15m, description: d}}",
        inputs={"lookup": {"acme.door": {"D9": {"open_for": 7200}}}},
    )

    assert [result.reason for result in rule_result.results] == [expected]


@pytest.mark.parametrize(
    ("write", "value", "expected"),
    [
        pytest.param(format_seconds, 900, "15m", id="a-duration"),
        pytest.param(format_seconds, 251_606_476_799.0, "without an end", id="no-end"),
        pytest.param(format_seconds, [60, 10**12], "1m, without an end", id="one-has-no-end"),
        pytest.param(format_seconds, 400 * 86_400, "400d", id="a-year"),
        pytest.param(format_seconds, "soon", "soon", id="no-duration"),
        pytest.param(format_seconds, [900, None], "15m, unknown", id="durations"),
        pytest.param(format_code, "no_layers", "no layers", id="a-code"),
        pytest.param(format_code, ["no_layers", None], "no layers, unknown", id="several"),
        pytest.param(format_code, 3, "3", id="no-code"),
    ],
)
def test_a_value_is_formatted_for_a_person(write, value, expected):
    """Durations as people write them, and codes as the words that they are made of."""
    assert write(value) == expected
