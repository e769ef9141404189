"""Message templates: what a failing result says."""

from __future__ import annotations

import pytest

from ccm_core.rules.cel.runtime import Misread
from ccm_core.rules.pack.message_template import Placeholder, as_duration, in_words, split


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
def test_a_template_is_taken_apart(template, expected):
    """Text and placeholders alternate; strings and maps inside are left alone."""
    if expected is None:
        with pytest.raises(Misread):
            split(template)
    else:
        assert split(template) == expected


@pytest.mark.parametrize(
    ("template", "place"),
    [
        pytest.param("a {row.b", (1, 3), id="never-closed"),
        pytest.param("a } b", (1, 3), id="closes-nothing"),
        pytest.param("a {} b", (1, 4), id="empty"),
        pytest.param("a\n{ }", (2, 2), id="blank-on-the-second-line"),
        pytest.param("{row.b ?? none}", (1, 10), id="fallback-without-quotes"),
        pytest.param("{?? 'x'}", (1, 2), id="only-a-fallback"),
    ],
)
def test_a_broken_template_is_told_with_its_place(template, place):
    """The mistake points at the brace, or at what stands between two."""
    with pytest.raises(Misread) as caught:
        split(template)

    assert [(line, column) for line, column, _ in caught.value.problems] == [place]


@pytest.mark.parametrize(
    ("template", "body", "expected"),
    [
        pytest.param("{row.title}", {}, "Door D1", id="text"),
        pytest.param("{row.open_for}", {"open_for": 5400}, "1h30m", id="field-in-seconds"),
        pytest.param("{params.limit} {most}", {}, "15m 15m", id="parameter-and-let"),
        pytest.param("{row.open_for * 2}", {"open_for": 60}, "120", id="computed-is-a-number"),
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
def test_a_message_writes_values_for_people(judged, row, template, body, expected):
    """Durations, lists and what is missing read the way people write them."""
    found = judged(
        [row(locked=False, **body)],
        let="{most: params.limit}",
        message='"' + template.replace('"', '\\"') + '"',
        parameters="{limit: {type: duration, default: 15m, description: d}}",
    )

    assert [one.reason for one in found.results] == [expected]


@pytest.mark.parametrize(
    ("write", "value", "expected"),
    [
        pytest.param(as_duration, 900, "15m", id="a-duration"),
        pytest.param(as_duration, "soon", "soon", id="no-duration"),
        pytest.param(in_words, "no_layers", "no layers", id="a-code"),
        pytest.param(in_words, ["no_layers", None], "no layers, unknown", id="several"),
        pytest.param(in_words, 3, "3", id="no-code"),
    ],
)
def test_a_value_is_written_for_a_person(write, value, expected):
    """Durations as people write them, and codes as the words that they are made of."""
    assert write(value) == expected
