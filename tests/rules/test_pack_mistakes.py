"""Every mistake of a pack at its place, all of them at once."""

from __future__ import annotations

import textwrap

import pytest

from ccm_core.errors import DocumentError
from ccm_core.rules.interface import PackText
from ccm_core.rules.packs import compile_packs


def compiling(text, sources, **fields):
    """Compile one pack and give its mistakes as text."""
    with pytest.raises(DocumentError) as caught:
        compile_packs([PackText(text=text.encode(), source="doors.yaml")], sources, **fields)
    return [str(one) for one in caught.value.mistakes]


RULE = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: acme-doors, version: 1.0.0, title: Doors}
parameters:
  limit: {type: duration, default: 15m, description: d}
  high_up: {type: condition, over: acme.watch, default: row.floor > 3, description: d}
rules:
  - id: door_locked
    title: Doors are locked
    status: stable
    severity: high
    over: acme.door
    assert: row.locked
    message: "{row.title} is open"
    on_empty: fail
"""


def with_control(requires):
    """Give what puts a control before `on_empty`."""
    control = f"{{framework: soc2, id: CC1, requires: {requires}}}"
    return f"    controls: [{control}]\n    on_empty"


def with_test(more):
    """Give what puts a test before `on_empty`."""
    return f"    tests: [{{name: a, rows: [], expect: pass, {more}}}]\n    on_empty"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "on_empty: fail",
            "on_empty: pass",
            [('15:15: unknown value "pass"; known here: "not_applicable", "insufficient", "fail"')],
            id="on-empty-pass",
        ),
        pytest.param(
            "    on_empty: fail\n",
            "",
            [
                (
                    '8:5: "on_empty" is missing: What the rule says when there is nothing'
                    " to judge. It is never a pass."
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
                    '10:13: unknown value "mature"; known here: "experimental", "test", '
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
            "row.locked",
            "row.loked",
            ['13:13: unknown field "loked"; did you mean "locked"?'],
            id="unknown-field",
        ),
        pytest.param(
            "row.locked", "row.locked &&", ["13:26: syntax error: it ends too early"], id="syntax"
        ),
        pytest.param(
            "row.locked",
            '"row.locked & true"',
            ["13:25: syntax error: unexpected &"],
            id="syntax-in-quotes",
        ),
        pytest.param(
            "row.locked",
            "|\n      row.locked\n      && nobody\n",
            [('15:10: unknown name "nobody"; known here: "row", "now", "lookup", "params.NAME"')],
            id="in-a-block",
        ),
        pytest.param(
            "row.locked",
            "size(row.keys)",
            ["13:13: this yields int; wanted true or false"],
            id="no-bool",
        ),
        pytest.param(
            "row.locked",
            "row.age < params.limt",
            ['13:23: unknown parameter "limt"; did you mean "limit"?'],
            id="unknown-parameter",
        ),
        pytest.param(
            "row.locked",
            "params.limit == 'x'",
            ["13:26: `==` does not go with (int, string)"],
            id="types",
        ),
        pytest.param(
            "row.locked",
            "params.high_up",
            [
                (
                    "13:13: params.high_up is a condition over acme.watch; it can only be"
                    " used in rules over the same"
                )
            ],
            id="condition-over-another",
        ),
        pytest.param(
            "row.locked",
            "lookup(row.owner, 'x').name == ''",
            ["13:20: lookup needs its kind written out: lookup('KIND', KEY)"],
            id="lookup-of-a-computed-kind",
        ),
        pytest.param(
            "row.locked",
            "lookup('acme.persn', 'x').name == ''",
            ['13:20: unknown evidence kind "acme.persn"; did you mean "acme.person"?'],
            id="lookup-of-an-unknown-kind",
        ),
        pytest.param(
            "row.locked",
            "lookup('acme.watch', 'x').name == ''",
            ['13:20: unknown evidence kind "acme.watch"; did you mean "acme.badge"?'],
            id="lookup-of-a-view",
        ),
        pytest.param(
            "row.locked",
            "lookup('acme.person').name == ''",
            ["13:19: lookup takes a kind and a key: lookup('KIND', KEY)"],
            id="lookup-with-one-argument",
        ),
        pytest.param(
            "{row.title}",
            "{row.titel}",
            ['14:16: unknown field "titel"; did you mean "title"?'],
            id="message-field",
        ),
        pytest.param(
            "{row.title}",
            "{who}",
            [('14:16: unknown name "who"; known here: "row", "now", "lookup", "params.NAME"')],
            id="message-name",
        ),
        pytest.param(
            "{row.title}",
            "{row.title",
            ["14:15: this brace is never closed; write {{ for a brace"],
            id="message-brace",
        ),
        pytest.param(
            "default: 15m",
            "default: 15 minutes",
            ["5:36: '15 minutes' is not a duration; write it like 15m, 4h, 7d or PT15M"],
            id="bad-duration",
        ),
        pytest.param(
            "default: 15m",
            "default: 1500ms",
            ['5:36: wanted a duration in whole seconds; found "1500ms"'],
            id="part-of-a-second",
        ),
        pytest.param(
            "type: duration",
            "type: integer",
            ['5:35: wanted a whole number; found "15m"'],
            id="wrong-type",
        ),
        pytest.param(
            "type: duration",
            "type: time",
            [
                (
                    '5:17: unknown value "time"; known here: "duration", "integer", '
                    '"number", "string", "boolean", "list", "condition"'
                )
            ],
            id="unknown-type",
        ),
        pytest.param(
            "description: d}\n  high",
            "over: acme.door, description: d}\n  high",
            ["5:47: a parameter of type duration is over nothing"],
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
            ["6:57: this yields int; wanted true or false"],
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
            "    let: {limit: 1, now: 2}\n    on_empty",
            [
                "15:18: wanted a text; found the number 1",
                "15:26: wanted a text; found the number 2",
            ],
            id="let-of-no-text",
        ),
        pytest.param(
            "    on_empty",
            "    let: {now: row.age}\n    on_empty",
            ["15:11: `now` means something else in conditions; choose another name"],
            id="let-of-a-reserved-name",
        ),
        pytest.param(
            "    on_empty",
            "    let: {old: row.ag}\n    on_empty",
            ['15:16: unknown field "ag"; did you mean "age"?'],
            id="let-field",
        ),
        pytest.param(
            "    on_empty",
            "    max_age: soon\n    on_empty",
            ['15:14: wanted a duration such as 15m; found "soon"'],
            id="max-age",
        ),
        pytest.param(
            "    on_empty",
            "    tolerance: {at_least: 95, per: week}\n    on_empty",
            [
                (
                    "15:27: wanted a text such as 95% (it matches "
                    "^(100|[0-9]{1,2}([.][0-9]+)?)%$); found the number 95"
                ),
                '15:36: unknown value "week"; known here: "month", "all"',
            ],
            id="tolerance",
        ),
        pytest.param(
            "    on_empty",
            "    tolerance: {at_least: 101%, per: all}\n    on_empty",
            [
                (
                    "15:27: wanted a text such as 95% (it matches "
                    '^(100|[0-9]{1,2}([.][0-9]+)?)%$); found "101%"'
                )
            ],
            id="tolerance-beyond-all",
        ),
        pytest.param(
            "    on_empty",
            "    remediation: {url: no address}\n    on_empty",
            [
                '15:18: "text" is missing',
                ('15:24: wanted an address such as https://example.com/path; found "no address"'),
            ],
            id="remediation",
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
            "    on_empty",
            "    tests: [{name: a, rows: [{loked: true}], expect: pass}]\n    on_empty",
            ['15:31: unknown field "loked"; did you mean "locked"?'],
            id="test-row",
        ),
        pytest.param(
            "    on_empty",
            "    tests: [{name: a, rows: [], expect: good}]\n    on_empty",
            [
                (
                    '15:41: unknown value "good"; known here: "pass", "fail", '
                    '"insufficient", "not_applicable", "error"'
                )
            ],
            id="test-expectation",
        ),
        pytest.param(
            "    on_empty",
            with_test("evidence: {acme.person: partial}"),
            [
                (
                    '15:58: unknown evidence kind "acme.person"; did you mean '
                    '"acme.door"? (the rule rests on no other)'
                )
            ],
            id="test-evidence",
        ),
        pytest.param(
            "    on_empty",
            with_test("params: {limt: 1m}"),
            ['15:56: unknown parameter "limt"; did you mean "limit"?'],
            id="test-parameter",
        ),
        pytest.param(
            "    on_empty",
            with_test("params: {limit: x}"),
            ["15:63: 'x' is not a duration; write it like 15m, 4h, 7d or PT15M"],
            id="test-parameter-value",
        ),
        pytest.param(
            "    on_empty",
            with_test("lookups: {acme.person:P1: {}}"),
            ['15:57: unknown looked-up kind "acme.person"; known here: none'],
            id="test-lookup",
        ),
        pytest.param(
            "    on_empty",
            with_test("lookups: {P1: {}}"),
            ["15:57: wanted kind:key"],
            id="test-lookup-without-kind",
        ),
        pytest.param(
            "    on_empty",
            with_test("now: '2026-01-01T00:00:00Z'}, {name: a, rows: [], expect: fail"),
            ["15:84: two tests are named 'a'"],
            id="test-name-twice",
        ),
        pytest.param(
            "status: stable",
            "status: on",
            [
                (
                    '10:13: unknown value "on"; known here: "experimental", "test", '
                    '"stable", "deprecated"'
                )
            ],
            id="yaml-on",
        ),
        pytest.param(
            "on_empty: fail",
            "on_empty: no",
            [('15:15: unknown value "no"; known here: "not_applicable", "insufficient", "fail"')],
            id="yaml-no",
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
            ["5:36: wanted a duration such as 15m; found the number 16"],
            id="yaml-hex",
        ),
        pytest.param(
            "title: Doors are locked",
            "title: ~",
            ["9:12: wanted a text; found nothing"],
            id="yaml-null",
        ),
        pytest.param(
            "title: Doors are locked",
            "title: true",
            ["9:12: wanted a text; found true"],
            id="title-no-text",
        ),
        pytest.param(
            "version: 1.0.0",
            "version: 1.0",
            [
                (
                    "3:39: wanted a text such as 1.0.0 (it matches "
                    "^[0-9]+[.][0-9]+[.][0-9]+$); found the number 1.0"
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
                    "3:18: wanted a text such as incident-readiness (it matches "
                    '^[a-z][a-z0-9-]*$); found "Acme Doors"'
                )
            ],
            id="pack-name",
        ),
        pytest.param(
            "id: door_locked",
            "id: door-locked",
            [
                (
                    "8:9: wanted a text such as service_has_owner (it matches "
                    '^[a-z][a-z0-9_]*$); found "door-locked"'
                )
            ],
            id="rule-id",
        ),
        pytest.param(
            "    severity: high\n",
            "    severity: high\n    severity: low\n",
            [('12:5: the key "severity" is given twice; the first is at line 11, column 5')],
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
            ["13:13: tags such as !!str are not used here; write the value without it"],
            id="exclamation-mark-unquoted",
        ),
        pytest.param(
            "assert: row.locked",
            "assert: [row.locked]",
            ["13:13: wanted a text; found a list of 1"],
            id="assert-a-list",
        ),
        pytest.param(
            "assert: row.locked",
            "assert: ''",
            ['13:13: wanted 1 characters or more; found ""'],
            id="assert-empty",
        ),
        pytest.param(
            "row.locked",
            "row.locked == 99999999999999999999",
            ["13:27: invalid int literal"],
            id="number-too-large",
        ),
        pytest.param(
            "row.locked",
            "row.locked ? true",
            ["13:30: syntax error: it ends too early"],
            id="half-a-choice",
        ),
        pytest.param(
            "row.locked",
            "locked",
            [('13:13: unknown name "locked"; known here: "row", "now", "lookup", "params.NAME"')],
            id="row-left-out",
        ),
        pytest.param(
            "row.locked",
            "row.locked = true",
            ["13:24: syntax error: unexpected =; write == for it"],
            id="one-equals-sign",
        ),
        pytest.param(
            "row.locked",
            "row.locked and row.open",
            ["13:24: syntax error: unexpected and; write && for it"],
            id="and-in-words",
        ),
        pytest.param(
            "parameters:",
            "parameter:",
            ['4:1: unknown key "parameter"; did you mean "parameters"?'],
            id="unknown-section",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place(sources, old, new, expected):
    """Each mistake names file, line and column, what was found and what was wanted."""
    assert old in RULE
    found = compiling(RULE.replace(old, new), sources)

    assert found == [f"doors.yaml:{one}" for one in expected]


def test_all_mistakes_are_told_at_once(sources):
    """Schema, names, conditions and parameters: nobody mends a pack one error at a time."""
    broken = (
        RULE.replace("15m", "fast")
        .replace("on_empty: fail", "on_empty: pass")
        .replace("row.locked", "row.loked && nobody(1)")
        .replace("{row.title}", "{row.titel}")
        .replace("row.floor > 3", "row.floor +")
    )
    places = [one.split(": ")[0] for one in compiling(broken, sources)]

    assert places == [
        "doors.yaml:5:36",
        "doors.yaml:6:68",
        "doors.yaml:13:32",
        "doors.yaml:14:16",
        "doors.yaml:15:15",
    ]


def test_months_need_a_date(sources):
    """A share by month over rows that have no `occurred_at` could never be judged."""
    broken = (
        RULE.replace("over: acme.door", "over: acme.person")
        .replace("row.locked", "row.name != ''")
        .replace("{row.title}", "{row.name}")
        .replace("    on_empty", "    tolerance: {at_least: 95%, per: month}\n    on_empty")
    )

    assert compiling(broken, sources) == [
        "doors.yaml:15:37: a month needs `occurred_at`, which rows of acme.person do not have"
    ]


def test_a_let_that_is_wrong_is_told_once(sources):
    """Where a name is used that could not be compiled, nothing more is said of it."""
    broken = RULE.replace("    on_empty", "    let: {old: row.age +}\n    on_empty").replace(
        "assert: row.locked", "assert: old > 3 && old < 5"
    )

    assert compiling(broken, sources) == ["doors.yaml:15:25: syntax error: it ends too early"]


def test_rule_ids_are_unique_in_a_pack(sources):
    """The second rule of one id is told, with where the first is."""
    rule = RULE[RULE.index("  - id") :]

    assert compiling(RULE + rule, sources) == [
        "doors.yaml:16:9: the rule id door_locked is given twice; the first is at line 8, column 9"
    ]


def test_the_place_inside_a_folded_text_is_found(sources):
    """Line and column hold where YAML folds a condition over lines."""
    folded = textwrap.dedent("""\
        assert: >-
              row.locked
              && nobody""")
    broken = RULE.replace("assert: row.locked", folded)

    assert compiling(broken, sources)[0].startswith('doors.yaml:15:10: unknown name "nobody"')


def test_what_is_left_to_people_is_said_once_and_of_the_controls_that_rules_support(sources):
    """Another control, and a control said twice, are mistakes at their place."""
    controls = RULE.replace("    on_empty", "    controls: [{framework: own, id: X}]\n    on_empty")
    stated = """\
by_hand:
  - {framework: own, id: X, remains: []}
  - {framework: own, id: X, remains: [Somebody looks]}
  - {framework: own, id: Y, remains: []}
"""

    assert compiling(controls + stated, sources) == [
        "doors.yaml:19:5: own X is given twice",
        "doors.yaml:20:5: no rule of this pack supports own Y",
    ]
