"""The main job, as a person runs it."""

from __future__ import annotations

import json
import sqlite3

import pytest

RESTS_ON = {
    "/services": {"pagerduty.service"},
    "/users": {"pagerduty.user"},
    "/oncalls": {"pagerduty.on_call"},
    "/escalation_policies": {"pagerduty.escalation_policy"},
    "/teams": {"pagerduty.team", "pagerduty.team_member"},
    "/incidents": {"pagerduty.incident"},
}


def statuses(evaluation) -> dict[str, str]:
    """Give the status of every rule."""
    return {rule["rule"]: rule["status"] for rule in evaluation["rules"]}


def views(ccm) -> dict[str, set[str]]:
    """Give the kinds that each view reads."""
    return {one["name"]: set(one["inputs"]) for one in ccm("views", "list", "--json").json}


def test_run_collects_evaluates_and_reports(ccm, connected, folder):
    """One command leaves evidence, an evaluation and a page that can be opened."""
    ran = ccm("run", "--json")

    assert ran.code == 1
    assert {one["outcome"] for one in ran.json["manifests"][0]["collections"]} == {"complete"}
    assert "insufficient" not in statuses(ran.json["evaluation"]).values()
    assert "error" not in statuses(ran.json["evaluation"]).values()
    assert "<html" in (folder / "ccm-report.html").read_text()
    assert connected.control.writes == []


def test_a_second_run_requests_nothing_that_is_not_due(ccm, connected):
    """What was read a moment ago is not read again, and the verdict stands."""
    first = ccm("run", "--json").json
    request_count = len(connected.control.requests)
    second = ccm("run", "--json").json

    assert len(connected.control.requests) == request_count
    assert second["manifests"][0]["collections"] == []
    assert statuses(first["evaluation"]) == statuses(second["evaluation"])


@pytest.mark.no_cover  # its lines are covered by others
@pytest.mark.parametrize("endpoint", sorted(RESTS_ON))
def test_a_denied_endpoint_makes_exactly_the_rules_that_rest_on_it_insufficient(
    ccm, connected, endpoint
):
    """A 403 on one endpoint changes the rules over it and no other, and the exit code is 3."""
    before = statuses(ccm("run", "--json").json["evaluation"])
    connected.control.deny(endpoint, 403)
    ran = ccm("run", "--all", "--json")

    over = {rule["rule"]: rule["over"] for rule in rules(ccm)}
    inputs = views(ccm)
    lost = {
        one["kind"]
        for one in ran.json["manifests"][0]["collections"]
        if one["outcome"] in {"unavailable", "failed"}
    }
    after = statuses(ran.json["evaluation"])
    touched = {rule for rule in after if inputs.get(over[rule], {over[rule]}) & lost}
    assert lost >= RESTS_ON[endpoint]
    assert touched
    assert {rule for rule in after if after[rule] == "insufficient"} == touched
    assert {rule: after[rule] for rule in after if rule not in touched} == {
        rule: before[rule] for rule in before if rule not in touched
    }
    assert ran.code == 3


def rules(ccm) -> list[dict]:
    """List the rules with what they are over."""
    listed = ccm("rules", "list", "--json").json
    return [{"rule": one["rule"]["id"], "over": one["rule"]["over"]} for one in listed]


def test_evidence_can_be_listed_shown_and_exported(ccm, connected):
    """Counts, one record with its source, and every record as a line."""
    ccm("collect")
    listed = {one["kind"]: one["records"] for one in ccm("evidence", "list", "--json").json}
    exported = ccm("evidence", "export", "--kind", "pagerduty.service").lines
    whole = ccm("evidence", "export", "--kind", "pagerduty.service", "--provenance").lines
    details = ccm("evidence", "show", "pagerduty.service", exported[0]["key"]).json

    assert listed["pagerduty.service"] == len(exported) == len(connected.account.services)
    assert details == whole[0]
    provenance = {"observed_at", "collection", "source", "erased_at"}
    assert exported == [
        {name: value for name, value in one.items() if name not in provenance} for one in whole
    ]
    assert set(details) == {
        "kind",
        "version",
        "key",
        "connection",
        "observed_at",
        "collection",
        "source",
        "body",
        "digest",
        "erased_at",
    }
    assert details["source"]["endpoint"] == "/services"
    assert details["source"]["response_digest"].startswith("sha256:")


def test_as_of_shows_the_evidence_of_that_moment(ccm, connected):
    """Before the first collection there was nothing."""
    ccm("collect")
    instant = "2020-01-01T00:00:00Z"
    assert ccm("evidence", "export", "--kind", "pagerduty.user", "--as-of", instant).out == ""
    assert len(ccm("evidence", "export", "--kind", "pagerduty.user").lines) == 30


def test_view_rows_can_be_shown(ccm, connected):
    """Each row has its subject, what it was derived from, and its fields."""
    ccm("collect")
    rows = ccm("views", "show", "pagerduty.schedule_coverage").lines
    assert len(rows) == len(connected.account.schedules)
    assert all(
        row["evidence_digests"] and row["subject"]["kind"] == "pagerduty.schedule" for row in rows
    )


def test_rows_of_a_view_over_manifests_can_be_shown(ccm, connected):
    """The manifests of a connection are handed to views like any other evidence."""
    ran = ccm("collect", "--json").json
    run = ran[0]["run"]
    (rows,) = ccm("views", "show", "pagerduty.account_visibility").lines
    assert rows["body"]["credential_kind"] == "account_api_key"
    assert f"pagerduty.manifest:{run}" in rows["names"]
    kinds = {row["body"]["id"] for row in ccm("views", "show", "pagerduty.collection_health").lines}
    assert "pagerduty.incident" in kinds


def test_an_evaluation_is_reproduced_to_the_byte(ccm, connected):
    """The same evidence as of the same moment gives the same bytes."""
    ccm("run")
    moment = ccm("evaluate", "--json").json["evaluated_at"]
    first = ccm("evaluate", "--as-of", moment, "--json")
    second = ccm("evaluate", "--as-of", moment, "--json")
    assert first.out == second.out


def test_an_evaluation_is_reproduced_from_the_store(ccm, connected, folder):
    """With the packs of then, whatever the settings name now, and held to the bytes."""
    first = ccm("run", "--json").json["evaluation"]
    settings = folder / "ccm.yaml"
    settings.write_text(
        settings.read_text().replace(
            "[pagerduty-access, pagerduty-escalation, pagerduty-response, pagerduty-services]", "[]"
        )
    )
    instant = first["evaluated_at"]
    ccm("evaluate")
    reproduced = ccm("evaluate", "--reproduce", "--as-of", instant, "--json")
    assert (reproduced.json, reproduced.code) == (first, 1)
    assert reproduced.err == f"the evaluation of {instant} was reproduced: every byte is the same\n"
    nothing = ccm("evaluate", "--reproduce", "--as-of", "2020-01-01T00:00:00Z")
    assert (nothing.code, "no evaluation by then" in nothing.err) == (2, True)


def test_report_shows_the_last_evaluation(ccm, connected, folder):
    """Every format can be printed or written."""
    assert ccm("report").code == 2
    ccm("run")
    for form in ("html", "json", "text"):
        assert ccm("report", "--format", form).out
        assert ccm("report", "--format", form, "-o", f"out.{form}").code == 0
        assert (folder / f"out.{form}").stat().st_size > 500
    verdict = json.loads((folder / "out.json").read_text())
    assert verdict["evaluation"]["connections"] == ["pagerduty-test"]


def test_piped_tables_have_no_decoration(ccm, connected):
    """No escape sequence, no box, one line for each thing."""
    ccm("collect")
    ran = ccm("evidence", "list")
    assert "\x1b" not in ran.out + ran.err
    assert all(len(line.split("\t")) == 7 for line in ran.out.splitlines())


def test_personal_and_secret_values_never_reach_the_disk(ccm, connected, folder):
    """Neither the key, nor an address, nor an integration key is in the store or the report."""
    ccm("run")
    people = connected.account.users.values()
    stored_bytes = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    bodies = b"".join(
        row[0] for row in sqlite3.connect(folder / "ccm.db").execute("select content from body")
    )
    exported = ccm("evidence", "export", "--kind", "pagerduty.user").out.encode()
    for secret in [connected.api_key, *(person.email for person in people)]:
        assert secret.encode() not in stored_bytes + bodies + exported
    assert b"pseudonym:" in exported


def test_check_prints_one_line_for_each_problem(ccm, connected):
    """A denied endpoint is one line with the next step; the rest is well."""
    assert ccm("check").code == 0
    connected.control.deny("/oncalls", 403)
    ran = ccm("check", "--json")
    (diagnoses,) = ran.json["connections"]
    bad = [one for one in diagnoses["diagnoses"] if not one["ok"]]
    assert ran.code == 3
    assert [one["subject"] for one in bad] == ["/oncalls"]
    assert bad[0]["next_step"]
