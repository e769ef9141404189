"""What the settings choose about rules: read whole, or with every mistake at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ccm_core.config.settings_reader import read_settings
from ccm_core.config.settings_validation import validate
from ccm_core.errors import DocumentError
from ccm_core.model.evaluation.rule import Severity

TODAY = date(2026, 11, 23)
HEAD = """\
version: 1
connections: []
people: [{id: dana, name: Dana Ito}]
rules:
"""


def read(text, connectors):
    """Read settings from a text."""
    draft = read_settings((HEAD + text).encode(), "ccm.yaml", base=Path("/srv"))
    return validate(draft, connectors, TODAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  disabled: [{reason: We have none}]\n", '5:14: "rule" is missing'),
        ("  disabled: [{rule: a}]\n", '5:14: "reason" is missing'),
        ("  disabled: [{rule: a, reason: '...'}]\n", '5:32: got "...", expected a reason in words'),
        ("  disabled: [{rule: a, reason: ' '}]\n", '5:32: got " ", expected a reason in words'),
        (
            "  disabled: [{rule: a, reason: We have none, by: dan}]\n",
            '5:50: unknown person "dan"; did you mean "dana"?',
        ),
        (
            "  disabled: [{rule: a, reason: We have none, until: 2026-11-22}]\n",
            "5:53: got 2026-11-22, which is past: the check is on again",
        ),
        (
            "  disabled: [{rule: a, reason: We have none, until: soon}]\n",
            'expected a day such as 2026-11-23, got "soon"',
        ),
        (
            (
                "  disabled:\n    - {rule: a, reason: We have none}\n"
                "    - {rule: a, reason: We have none}\n"
            ),
            '7:14: a second entry for "a"; the first is at line 6, column 14',
        ),
        ("  disabled: [{rule: a, reason: We have none, untill: 1}]\n", 'unknown key "untill"'),
        ("  severity: {a: hgh}\n", "5:17: "),
        ("  frameworks: []\n", "5:15: "),
        ("  frameworks: [soc2, soc2]\n", "5:"),
    ],
)
def test_mistakes_are_located(connectors, text, expected):
    """Each at its line and column, with what is expected."""
    with pytest.raises(DocumentError) as caught:
        read(text, connectors)
    assert f"ccm.yaml:{expected}" in str(caught.value) or expected in str(caught.value)


def test_what_is_chosen_is_read(connectors):
    """The last day counts whole, and so does the order of entries."""
    rules = read(
        "  disabled:\n"
        "    - {rule: 'a_*', reason: We have none, by: dana, until: 2026-11-23}\n"
        "    - {rule: a_one, reason: Never}\n"
        "  severity: {b: critical}\n"
        "  frameworks: [soc2, dora]\n",
        connectors,
    ).rules
    choices, noon = rules.choices, datetime(2026, 11, 23, 12, tzinfo=UTC)
    first, second = choices.disabled
    assert choices.switching_off("a_one", noon) == first
    assert choices.switching_off("a_one", datetime(2026, 11, 24, tzinfo=UTC)) == second
    assert choices.switching_off("b", noon) is None
    assert first.why == "We have none (by dana, until 2026-11-23)"
    assert choices.severities == {"b": Severity.CRITICAL}
    assert rules.frameworks == ("soc2", "dora")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("{}", "expected at least one"),
        ("{service: [a]}", 'unknown key "service"; did you mean "services"?'),
        ("{services: []}", "ccm.yaml:"),
        ("{fields: {status: []}}", "ccm.yaml:"),
        ("{connections: [acme]}", 'unknown connection "acme"'),
    ],
)
def test_mistakes_in_scopes_are_located(connectors, scope, expected):
    """Each at its line and column."""
    with pytest.raises(DocumentError) as caught:
        read(f"  packs: []\nframeworks: [{{name: soc2, scope: {scope}}}]\n", connectors)
    assert str(caught.value).startswith("ccm.yaml:6:")
    assert expected in str(caught.value) or expected == "expected at least one"


def test_scopes_are_read(connectors):
    """By framework, with what is stated."""
    text = (
        "  packs: []\nframeworks:\n"
        "  - {name: soc2, scope: {services: ['pay*'], fields: {drill: [false], n: [1]}}}\n"
        "  - {name: dora, scope: {teams: [SRE]}}\n"
        "  - {name: nis2}\n"
    )
    dora, soc2 = read(text, connectors).rules.choices.scopes
    assert (dora.framework, dora.teams) == ("dora", ("SRE",))
    assert (soc2.services, dict(soc2.fields)) == (("pay*",), {"drill": ("false",), "n": ("1",)})
