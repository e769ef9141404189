"""What the format of a pack asks for: keys, values, types, and YAML itself."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "on_empty: fail",
            "on_empty: pass",
            [
                (
                    '15:15: unknown value "pass"; '
                    'expected one of "not_applicable", "insufficient", "fail"'
                )
            ],
            id="on-empty-pass",
        ),
        pytest.param(
            "    on_empty: fail\n",
            "",
            [
                (
                    '8:5: "on_empty" is missing: The status of the rule without any subject.'
                    " It is never a pass."
                )
            ],
            id="on-empty-missing",
        ),
        pytest.param(
            "severity:",
            "severty:",
            ['8:5: "severity" is missing', '11:5: unknown key "severty"; did you mean "severity"?'],
            id="unknown-key",
        ),
        pytest.param(
            "status: stable",
            "status: mature",
            [
                (
                    '10:13: unknown value "mature"; expected one of "experimental", "test", '
                    '"stable", "deprecated"'
                )
            ],
            id="unknown-status",
        ),
        pytest.param(
            "over: acme.door",
            "over: acme.dor",
            [('12:11: unknown evidence kind or view "acme.dor"; did you mean "acme.door"?')],
            id="unknown-kind",
        ),
        pytest.param(
            "    on_empty",
            "    let: {limit: 1, now: 2}\n    on_empty",
            [
                "15:18: expected a string; got the number 1",
                "15:26: expected a string; got the number 2",
            ],
            id="let-of-no-text",
        ),
        pytest.param(
            "    on_empty",
            "    max_age: soon\n    on_empty",
            ['15:14: expected a duration such as 15m; got "soon"'],
            id="max-age",
        ),
        pytest.param(
            "    on_empty",
            "    tolerance: {at_least: 95, per: week}\n    on_empty",
            [
                (
                    "15:27: expected a string such as 95% (it matches "
                    "^(100|[0-9]{1,2}([.][0-9]+)?)%$); got the number 95"
                ),
                '15:36: unknown value "week"; expected one of "month", "all"',
            ],
            id="tolerance",
        ),
        pytest.param(
            "    on_empty",
            "    tolerance: {at_least: 101%, per: all}\n    on_empty",
            [
                (
                    "15:27: expected a string such as 95% (it matches "
                    '^(100|[0-9]{1,2}([.][0-9]+)?)%$); got "101%"'
                )
            ],
            id="tolerance-beyond-all",
        ),
        pytest.param(
            "    on_empty",
            "    remediation: {url: no address}\n    on_empty",
            [
                '15:18: "text" is missing',
                ('15:24: expected a URI such as https://example.com/path; got "no address"'),
            ],
            id="remediation",
        ),
        pytest.param(
            "status: stable",
            "status: on",
            [
                (
                    '10:13: unknown value "on"; expected one of "experimental", "test", '
                    '"stable", "deprecated"'
                )
            ],
            id="yaml-on",
        ),
        pytest.param(
            "on_empty: fail",
            "on_empty: no",
            [
                (
                    '15:15: unknown value "no"; '
                    'expected one of "not_applicable", "insufficient", "fail"'
                )
            ],
            id="yaml-no",
        ),
        pytest.param(
            "title: Doors are locked",
            "title: ~",
            ["9:12: expected a string; got nothing"],
            id="yaml-null",
        ),
        pytest.param(
            "title: Doors are locked",
            "title: true",
            ["9:12: expected a string; got true"],
            id="title-no-text",
        ),
        pytest.param(
            "version: 1.0.0",
            "version: 1.0",
            [
                (
                    "3:39: expected a string such as 1.0.0 (it matches "
                    "^[0-9]+[.][0-9]+[.][0-9]+$); got the number 1.0"
                )
            ],
            id="version-a-number",
        ),
        pytest.param(
            "apiVersion: ccm/v1",
            "apiVersion: ccm/v2",
            ['1:13: unknown value "ccm/v2"; did you mean "ccm/v1"?'],
            id="api-version",
        ),
        pytest.param(
            "kind: RulePack",
            "kind: Rulepack",
            ['2:7: unknown value "Rulepack"; did you mean "RulePack"?'],
            id="document-kind",
        ),
        pytest.param(
            "name: acme-doors",
            "name: Acme Doors",
            [
                (
                    "3:18: expected a string such as incident-readiness (it matches "
                    '^[a-z][a-z0-9-]*$); got "Acme Doors"'
                )
            ],
            id="pack-name",
        ),
        pytest.param(
            "id: door_locked",
            "id: door-locked",
            [
                (
                    "8:9: expected a string such as service_has_owner (it matches "
                    '^[a-z][a-z0-9_]*$); got "door-locked"'
                )
            ],
            id="rule-id",
        ),
        pytest.param(
            "    severity: high\n",
            "    severity: high\n    severity: low\n",
            [('12:5: the key "severity" is a duplicate; the first is at line 11, column 5')],
            id="key-twice",
        ),
        pytest.param(
            "    severity: high",
            "\tseverity: high",
            [
                (
                    "11:1: not YAML: while scanning a plain scalar, found a tab character"
                    " that violates indentation"
                )
            ],
            id="tab",
        ),
        pytest.param(
            "title: Doors are locked",
            "title: [Doors",
            [("10:11: not YAML: while parsing a flow sequence, did not find expected ',' or ']'")],
            id="bracket",
        ),
        pytest.param(
            "assert: row.locked",
            "assert: !row.locked",
            ["13:13: tags such as !!str are not supported; write the value without it"],
            id="exclamation-mark-unquoted",
        ),
        pytest.param(
            "assert: row.locked",
            "assert: [row.locked]",
            ["13:13: expected a string; got a list of 1"],
            id="assert-a-list",
        ),
        pytest.param(
            "assert: row.locked",
            "assert: ''",
            ['13:13: expected 1 characters or more; got ""'],
            id="assert-empty",
        ),
        pytest.param(
            "parameters:",
            "parameter:",
            ['4:1: unknown key "parameter"; did you mean "parameters"?'],
            id="unknown-section",
        ),
    ],
)
def test_a_mistake_in_a_pack_has_its_location(compiling, rule, old, new, expected):
    """Each mistake names file, line and column, what was expected and what was got."""
    assert old in rule
    mistakes = compiling(rule.replace(old, new))

    assert mistakes == [f"doors.yaml:{mistake}" for mistake in expected]


def test_all_mistakes_in_a_pack_are_reported_at_once(compiling, rule):
    """Schema, names, conditions and parameters: nobody mends a pack one error at a time."""
    broken = (
        rule.replace("15m", "fast")
        .replace("on_empty: fail", "on_empty: pass")
        .replace("row.locked", "row.loked && nobody(1)")
        .replace("{row.title}", "{row.titel}")
        .replace("row.floor > 3", "row.floor +")
    )
    places = [mistake.split(": ")[0] for mistake in compiling(broken)]

    assert places == [
        "doors.yaml:5:36",
        "doors.yaml:6:68",
        "doors.yaml:13:32",
        "doors.yaml:14:16",
        "doors.yaml:15:15",
    ]


def test_rule_ids_are_unique_in_a_pack(compiling, rule):
    """The second rule of one id is reported, with the location of the first."""
    second = rule[rule.index("  - id") :]

    assert compiling(rule + second) == [
        "doors.yaml:16:9: duplicate rule id door_locked; the first is at line 8, column 9"
    ]


def test_manual_procedures_are_listed_once_for_supported_controls(compiling, rule):
    """Another control, and a control said twice, are mistakes at their place."""
    controls = rule.replace("    on_empty", "    controls: [{framework: own, id: X}]\n    on_empty")
    stated = """\
manual_procedures:
  - {framework: own, id: X, procedures: []}
  - {framework: own, id: X, procedures: [Somebody looks]}
  - {framework: own, id: Y, procedures: []}
"""

    assert compiling(controls + stated) == [
        "doors.yaml:19:5: duplicate control own X",
        "doors.yaml:20:5: no rule of this pack supports own Y",
    ]
