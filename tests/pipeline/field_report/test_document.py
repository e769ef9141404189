"""The schema of field reports: what is not as it says is refused, by either validator."""

from __future__ import annotations

import copy
import json
import string
from pathlib import Path

import pytest
from ccm_pagerduty.kinds import kinds

from ccm_core.model.json_codec import encode
from ccm_core.pipeline.check import ConnectionCheck, LiveCheck
from ccm_core.pipeline.field_report.known_nouns import known_nouns
from ccm_core.pipeline.field_report.live import live_findings
from ccm_core.pipeline.field_report.words import (
    field_paths,
    is_word,
    parameter_names,
    scope_names,
)
from ccm_core.sdk.traffic import Traffic
from ccm_core.sdk.types import Diagnosis

DEMONSTRATION = json.loads((Path(__file__).parent / "data" / "demonstration.json").read_text())
FREE = {"samples", "statuses"}
"""Where the schema does not name the fields."""


def _small():
    """Return a short form of the demonstration's report: one of each thing in it."""
    report = copy.deepcopy(DEMONSTRATION)
    (connection,) = report["connections"]
    for name in ("kinds", "runs"):
        connection[name] = connection[name][:1]
    for name in ("collections", "shortfalls", "visibility_gaps"):
        connection["runs"][0][name] = connection["runs"][0][name][:1]
    connection["live"]["diagnoses"] = connection["live"]["diagnoses"][:1]
    rules = report["evaluation"]["rules"]
    report["evaluation"]["rules"] = [rule for rule in rules if rule["inconclusive"]][:1]
    return report


def _objects(node, path=()):
    """Name the place of every object whose fields the schema names."""
    if isinstance(node, dict):
        if path and path[-1] in FREE:
            return
        yield path
    for step, child in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(child, dict | list) and step not in FREE:
            yield from _objects(child, (*path, step))


def _at(path):
    """Return a copy of a report, and the object at a place of it."""
    report = node = _small()
    for step in path:
        node = node[step]
    return report, node


def test_a_report_with_extra_or_missing_fields_is_refused(validators):
    """In every object of it."""
    validator, accepted = validators("field-report.v1"), []
    assert validator.problems(_small()) == []
    for path in _objects(_small()):
        report, node = _at(path)
        node["surprise"] = 1
        accepted += [(*path, "surprise")] if True in validator.accepts(report) else []
        for name in _at(path)[1]:
            report, node = _at(path)
            del node[name]
            accepted += [(*path, name)] if True in validator.accepts(report) else []
    assert accepted == []


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        pytest.param((), "document", "ccm.field-report/v2", id="another version"),
        pytest.param((), "made_at", "noon", id="no moment"),
        pytest.param(("connections", 0), "lookback", "30d", id="no seconds"),
        pytest.param(("connections", 0, "kinds", 0), "samples", ["x"], id="no bodies"),
        pytest.param(("evaluation", "rules", 0), "status", "passed", id="no status"),
    ],
)
def test_a_report_with_another_value_is_refused(validators, path, name, value):
    """Formats and enumerations are asserted."""
    report, node = _at(path)
    node[name] = value
    assert validators("field-report.v1").accepts(report) == (False, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("escalation_policy_reference", True),
        ("web_v2", True),
        ("level_2_of_3", True),
        ("", False),
        ("Maria", False),
        ("maria huber", False),
        ("maria.huber", False),
        ("p4x7k2q9z1", False),
        ("4369912345", False),
        ("_", False),
        ("müller", False),
        ("word\n", False),
    ],
)
def test_words_are_in_snake_case(text, expected):
    """Letters of ASCII, few digits, and never those of an id or a number."""
    assert is_word(text) is expected


def test_fields_scopes_and_parameters_are_reduced_to_words():
    """What looks like no name of an API is left out."""
    assert field_paths(["a.b[].shoe_size", "a.Maria Huber", "a.PX1Y2Z3"]) == ("a.b[].shoe_size",)
    by_person = [f"shifts.{letter}aria" for letter in string.ascii_lowercase]
    assert field_paths([*by_person, "shifts[].size", "size"]) == ("shifts[].size", "size")
    assert scope_names(["users:contact_methods.read", "Huber", "read"]) == (
        "read",
        "users:contact_methods.read",
    )
    assert scope_names(None) is None
    assert parameter_names(["include[]", "since", "Huber", "query=huber"]) == ("include[]", "since")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/users/PX1Y2Z3/contact_methods?q=huber", "/users/{}/contact_methods"),
        ("/users/huber/notification_rules", "/users/{}/notification_rules"),
        ("/huber", "/{}"),
        ("/v3/schedules", "/v3/schedules"),
        ("/oncalls", "/oncalls"),
        ("/audit/records", "/audit/records"),
        ("/priorities", "/priorities"),
        ("/incidents/Q1/log_entries", "/incidents/{}/log_entries"),
    ],
)
def test_paths_show_nouns_of_schemas_only(path, expected):
    """A name in lower case is a segment like any other."""
    assert known_nouns(kinds()).endpoint(path) == expected


def test_diagnoses_are_reduced_to_subject_and_cause():
    """A connector may name anything in its words: none of them is reported."""
    diagnoses = tuple(
        Diagnosis(subject=subject, ok=False, message="Huber", next_step="ask Huber", cause=cause)
        for subject, cause in (
            ("pagerduty.team", "denied"),
            ("huber", "denied"),
            ("/teams/PX1Y2Z3", "ask Maria"),
            ("team Huber", None),
            ("credential", "too_old"),
        )
    )
    check = ConnectionCheck(connection="huber", usable=True, diagnoses=diagnoses)
    traffic = Traffic(requests=3)
    traffic.note_response(200, {"ratelimit-limit": "960", "x-owner": "7"}, 0.25)
    traffic.note_response(429, {"ratelimit-limit": "240", "retry-after": "Huber"}, 0.5)
    live = LiveCheck(check=check, traffic=traffic, failure=None, seconds=1.23456)
    findings = json.loads(encode(live_findings(live, known_nouns(kinds()))))

    assert [(line["subject"], line["cause"]) for line in findings["diagnoses"]] == [
        ("pagerduty.team", "denied"),
        ("other", "denied"),
        ("/teams/{}", None),
        ("other", None),
        ("credential", "too_old"),
    ]
    assert "huber" not in json.dumps(findings).casefold()
    assert findings["traffic"]["statuses"] == {"200": 1, "429": 1}
    assert findings["traffic"]["limits"] == [
        {"header": "ratelimit-limit", "largest": 960, "smallest": 240}
    ]
    assert (findings["seconds"], findings["traffic"]["slowest"]) == (1.235, 0.5)
