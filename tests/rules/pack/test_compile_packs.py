"""Packs read from YAML: what is kept of them, and every mistake at its place."""

from __future__ import annotations

import pytest

from ccm_core.errors import DocumentError, Mistake
from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.rule import Lifecycle, OnEmpty, Parameter, RuleTest, Severity
from ccm_core.rules.pack.compile_packs import compile_packs, read_pack
from ccm_core.rules.types import PackText

WHOLE = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: acme-doors, version: 1.2.3, title: Doors}
parameters:
  limit: {type: duration, default: 15m, description: How long a door may stand open}
  most: {type: integer, default: 3, description: How many copies of a key there may be}
  high_up: {type: condition, over: acme.door, default: row.floor > most_floors, description: d}
rules:
  - id: door_closed
    title: Doors are closed in time
    status: stable
    severity: high
    over: acme.door
    match: params.high_up
    let: {limit_now: params.limit}
    assert: >-
      row.open_for <= limit_now
      && lookup('acme.person', row.owner).name != ''
    not_due: row.age < limit_now
    message: "{row.title}: {row.open_for ?? 'never closed'} against {limit_now}"
    on_empty: not_applicable
    tolerance: {at_least: 95%, per: month}
    max_age: 2d
    risk: Anyone walks in
    remediation: {text: Close it, url: https://example.com/doors}
    controls:
      - framework: soc2
        id: CC6.4
        why: Doors are physical access
        requires: {limit: {at_most: 15m}}
    tests:
      - name: shut
        rows: [{open_for: 3}]
        expect: pass
        params: {limit: 1h}
        now: "2026-01-01T00:00:00Z"
      - {name: open, rows: [{open_for: 3000}], expect: fail, evidence: {acme.person: partial}}
"""
GOOD = WHOLE.replace("most_floors", "params.most")


def test_read_pack_returns_what_is_written():
    """Every key of the format arrives in the pack."""
    pack = read_pack(PackText(text=GOOD.encode(), source="doors.yaml"))
    rule = pack.rules[0]

    assert (pack.name, pack.version, pack.title) == ("acme-doors", "1.2.3", "Doors")
    assert pack.source == "doors.yaml"
    assert pack.digest.startswith("sha256:")
    assert pack.parameters[0] == Parameter(
        name="limit", type="duration", default="15m", description="How long a door may stand open"
    )
    assert pack.parameters[2].over == "acme.door"
    assert (rule.status, rule.severity) == (Lifecycle.STABLE, Severity.HIGH)
    assert rule.on_empty is OnEmpty.NOT_APPLICABLE
    assert rule.match == "params.high_up"
    assert rule.let == {"limit_now": "params.limit"}
    assert rule.assertion.startswith("row.open_for <= limit_now &&")
    assert (rule.tolerance.at_least, rule.tolerance.per) == (0.95, "month")
    assert (rule.max_age, rule.risk) == ("2d", "Anyone walks in")
    assert (rule.remediation, rule.remediation_url) == ("Close it", "https://example.com/doors")
    assert rule.controls == (
        Control(
            framework="soc2",
            id="CC6.4",
            why="Doors are physical access",
            requires={"limit": {"at_most": "15m"}},
        ),
    )
    assert rule.tests[0] == RuleTest(
        name="shut",
        rows=({"open_for": 3},),
        expect="pass",
        params={"limit": "1h"},
        now="2026-01-01T00:00:00Z",
    )
    assert rule.tests[1].evidence == {"acme.person": "partial"}


def test_a_pack_without_mistakes_compiles(sources):
    """Parameters have the values that conditions see, and those that people wrote."""
    plain = GOOD.replace("row.floor > params.most", "row.floor > 3")
    packs = compile_packs([PackText(text=plain.encode(), source="doors.yaml")], sources)

    assert packs.packs[0].values == {"limit": 900, "most": 3}
    assert packs.packs[0].effective == {"limit": "15m", "most": 3, "high_up": "row.floor > 3"}


def test_a_condition_parameter_may_use_plain_parameters(sources):
    """One parameter's condition reads another parameter's value."""
    assert compile_packs([PackText(text=GOOD.encode(), source="doors.yaml")], sources)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(
            {"limt": "1m"},
            ('limt: unknown parameter "limt"; did you mean "limit"?', None),
            id="unknown",
        ),
        pytest.param(
            {"limit": 5},
            ("limit: expected a duration such as 15m, got the number 5", (1, 1)),
            id="wrong-type",
        ),
        pytest.param(
            {"limit": "-5m"},
            ('limit: expected a duration of nothing or more, got "-5m"', (1, 1)),
            id="negative",
        ),
        pytest.param(
            {"high_up": "row.flor > 1"},
            ('high_up: unknown field "flor"; did you mean "floor"?', (1, 1)),
            id="condition-field",
        ),
        pytest.param(
            {"high_up": "row.floor >"},
            ("high_up: syntax error: unexpected end", (1, 12)),
            id="condition-syntax",
        ),
        pytest.param(
            {"high_up": True},
            ("high_up: expected a condition in CEL, got true", (1, 1)),
            id="condition-type",
        ),
    ],
)
def test_a_mistake_in_a_setting_has_its_location(compiling, rule, settings, expected):
    """The mistake is made by the settings' own document, with the place inside the value."""
    reported = []

    def mistake(name, message, at):
        reported.append((f"{name}: {message}", at))
        return Mistake("ccm.yaml", 9, 1, message)

    mistakes = compiling(rule, parameters=settings, mistake=mistake)

    assert reported == [expected]
    assert mistakes[0].startswith("ccm.yaml:9:1: ")


def test_a_setting_replaces_the_default(rule, sources):
    """Effective parameters are the user's where there are any."""
    packs = compile_packs(
        [PackText(text=rule.encode(), source="doors.yaml")],
        sources,
        parameters={"limit": "PT1M", "high_up": "row.floor > 9"},
    )

    assert packs.packs[0].values == {"limit": 60}
    assert packs.packs[0].effective == {"limit": "PT1M", "high_up": "row.floor > 9"}


def test_a_mistake_in_a_setting_without_a_file_names_the_parameter(compiling, rule):
    """Parameters of no file are reported by name."""
    assert compiling(rule, parameters={"limit": []}) == [
        "parameters:1:1: limit: expected a duration such as 15m, got an empty list"
    ]


def test_packs_do_not_share_names_or_rule_ids(rule, sources):
    """Two packs of one name, or with one rule id, cannot be evaluated together."""
    second = rule.replace("name: acme-doors", "name: other-doors")
    with pytest.raises(DocumentError) as caught:
        compile_packs(
            [
                PackText(text=rule.encode(), source="a.yaml"),
                PackText(text=rule.encode(), source="b.yaml"),
                PackText(text=second.encode(), source="c.yaml"),
            ],
            sources,
        )

    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "b.yaml:1:1: the pack acme-doors is also in a.yaml; use one of them",
        "c.yaml:1:1: the rule id door_locked is also in a.yaml",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: [", "doors.yaml:2:1: not YAML", id="no-yaml"),
        pytest.param("- a list", "doors.yaml:1:1: expected a mapping", id="no-mapping"),
        pytest.param("rules: [x, {let: 3}, {tests: [1]}]", "doors.yaml:1:1:", id="odd-shapes"),
        pytest.param("a: 1\na: 2", 'doors.yaml:2:1: the key "a" is a duplicate', id="key-twice"),
        pytest.param("rules: []", "doors.yaml:1:1:", id="no-rules"),
    ],
)
def test_a_document_that_is_no_pack_is_refused(compiling, text, expected):
    """A file of another shape is reported as such and never breaks the reader."""
    assert compiling(text)[0].startswith(expected)
    with pytest.raises(DocumentError):
        read_pack(PackText(text=text.encode(), source="doors.yaml"))
