"""What the plugin adds to the report: rows of views become figures, unknowns stay unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.sections import sections
from ccm_pagerduty.sections.months import incomplete_month
from ccm_pagerduty.views import views

from ccm_core.sdk.report_figures import SectionRequest, Tone
from ccm_core.sdk.types import Row, Subject, Window

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HORIZON = Window(NOW - timedelta(days=30), NOW + timedelta(days=14))
OBSERVED = {"since": "2026-10-24T00:00:00Z", "until": "2026-12-08T00:00:00Z"}
GAP = {"since": "2026-11-01T00:00:00Z", "until": "2026-11-01T05:00:00Z"}
LONG_GAP = {"since": "2026-11-20T00:00:00Z", "until": "2026-12-08T00:00:00Z"}
UNKNOWN = LONG_GAP | {"unknown": "the role of Zoe is unknown"}


def drawn(name, parameters=None, **rows):
    """Ask one section for its figures."""
    section = next(candidate for candidate in sections() if candidate.name == f"pagerduty.{name}")
    rows_by_view = {
        view: [
            Row(
                subject=Subject(kind="pagerduty.thing", key=body["id"], title=body["title"]),
                body=body,
                evidence_digests=(),
            )
            for body in rows.get(view.removeprefix("pagerduty."), ())
        ]
        for view in section.views
    }
    shown = {
        view: [
            {
                name: value
                for name, value in row.body.items()
                if name in fields or name.startswith("params.")
            }
            for row in rows_by_view.pop(view)
        ]
        for view, fields in section.fields.items()
    }
    return list(
        section.figures(
            SectionRequest(
                rows=rows_by_view,
                now=NOW,
                horizon=HORIZON,
                parameters=parameters or {},
                shown=shown,
            )
        )
    )


def test_sections_use_existing_views_only():
    """No section shows a view that the plugin does not have."""
    offered = {provider.name for provider in views()}
    assert {view for provider in sections() for view in provider.views} <= offered


def test_sections_name_existing_fields_only():
    """What the host is to keep of a row is a field that its view describes."""
    schemas = {provider.name: provider.schema() for provider in views()}
    for section in sections():
        for view, fields in section.fields.items():
            assert {*fields} <= schemas[view]["properties"].keys(), section.name


@pytest.mark.parametrize("section", [section.name for section in sections()])
def test_section_without_rows_has_no_figures(section):
    """Where nothing is known there is nothing to draw."""
    assert drawn(section.removeprefix("pagerduty.")) == []


def test_coverage_section_has_a_lane_for_each_level_in_use():
    """Each level is a lane of its policy; what the evidence does not tell is not known."""
    gaps = [GAP | {"causes": ["restriction"]}, UNKNOWN]
    level = {"level": 1, "targets": [{"title": "Primary"}], "gaps": gaps, "past_gaps": gaps[:1]}
    blind = {"level": 2, "targets": [], "gaps": [UNKNOWN | OBSERVED], "past_gaps": []}
    blind["past_gaps"] = blind["gaps"]
    policy = {"id": "P1", "title": "Payments", "in_use": True, "levels": [level, blind]}
    policy |= {"observed": OBSERVED}
    idle = policy | {"id": "P2", "in_use": False}
    (timeline,) = drawn("coverage", policy_coverage=[policy, idle])
    first, second = timeline.lanes
    assert (first.group, first.title) == ("Payments", "Level 1: Primary")
    assert first.observed == (Window(NOW - timedelta(days=30), NOW),)
    assert [gap.window.length for gap in first.gaps] == [timedelta(hours=5)]
    assert (second.title, second.observed) == ("Level 2: nobody", ())


def test_coverage_section_has_a_lane_for_each_schedule():
    """A schedule is a lane with its gaps and their causes; one without a rendering is not known."""
    whole = {"id": "P1", "title": "Primary", "observed": OBSERVED}
    whole |= {"past_gaps": [GAP | {"cause": "gap_between_layers"}]}
    whole |= {"gaps": [LONG_GAP | {"cause": "deleted_user"}]}
    blind = {"id": "P2", "title": "Secondary"}
    (timeline,) = drawn("coverage", schedule_coverage=[whole, blind])
    first, second = timeline.lanes
    assert len(first.observed) == 2
    assert [gap.title for gap in first.gaps] == ["gap between layers", "deleted user"]
    assert first.gaps[1].window == Window(NOW, HORIZON.until)
    assert (second.observed, second.gaps) == ((), ())


def incident(**changes):
    """One incident of high urgency, acknowledged after a minute."""
    body = {"id": "Q1", "title": "#1 Disk full", "open": False, "drill": False}
    body |= {"response_urgency": "high", "highest_urgency": "high"}
    body |= {"occurred_at": "2026-11-20T10:00:00Z", "time_to_acknowledge": 60}
    return body | {"self_resolved": False, "is_primary": True} | changes


def clock(seconds):
    """Return a clock that has run so long."""
    since = (NOW - timedelta(seconds=seconds)).isoformat()
    return [{"since": since, "until": None, "hours": None}]


def without(body, *fields):
    """Leave fields out, as a view does with what the evidence does not tell."""
    return {name: value for name, value in body.items() if name not in fields}


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        pytest.param(incident(), ((60,), 0, 0), id="answered"),
        pytest.param(
            incident(sla_time_to_acknowledge=20), ((20,), 0, 0), id="within support hours"
        ),
        pytest.param(incident(time_to_acknowledge=None), ((), 1, 0), id="never"),
        pytest.param(
            incident(time_to_acknowledge=None, open=True, clock_to_acknowledge=clock(60)),
            ((), 0, 0),
            id="still in time",
        ),
        pytest.param(
            incident(time_to_acknowledge=None, open=True, clock_to_acknowledge=clock(901)),
            ((), 1, 0),
            id="open and late",
        ),
        pytest.param(without(incident(), "time_to_acknowledge"), ((), 0, 1), id="not told"),
    ],
)
def test_response_section_measures_each_incident(body, counted):
    """An incident is a measure, one that never happened, or one that is not known."""
    charts = drawn("response", {"pack": {"ack_within_high": "15m"}}, incident_response=[body])
    (month,) = charts[0].groups
    assert (month.title, charts[0].limit) == ("2026-11", 900)
    assert (month.seconds, month.never, month.unknown) == counted


def test_response_section_excludes_merged_and_self_resolved_incidents():
    """Merged incidents, and those that ended by themselves, are not measured."""
    merged = incident(is_primary=False)
    itself = incident(self_resolved=True, time_to_acknowledge=None)
    assert drawn("response", incident_response=[merged]) == []
    titles = [figure.title for figure in drawn("response", incident_response=[itself])]
    assert titles == ["High urgency: time to resolve (MTTR)"]


def test_response_section_leaves_drills_out():
    """They prove the path, and say nothing about the response to what is real."""
    assert drawn("response", incident_response=[incident(drill=True)]) == []


@pytest.mark.parametrize(
    ("shown", "is_counted"),
    [
        pytest.param({"drill": True, "params.drill": False}, True, id="a title that is no drill"),
        pytest.param({"drill": False, "params.drill": True}, False, id="a drill by its parameter"),
        pytest.param({"params.scope": False}, False, id="out of scope"),
        pytest.param({"params.scope": True}, True, id="in scope"),
    ],
)
def test_a_parameter_decides_which_incidents_are_counted(shown, is_counted):
    """Figures and checks are over the same incidents."""
    charts = drawn("response", incident_response=[incident() | shown])
    assert bool(charts) is is_counted


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [
        pytest.param(None, 3600, id="the default: nine to five"),
        pytest.param("Mon-Fri 07:00-17:00 UTC", 3 * 3600, id="other hours"),
        pytest.param({"value": "daily 00:00-00:00", "overrides": []}, 64 * 3600, id="always"),
    ],
)
def test_low_urgency_is_measured_in_business_hours(hours, seconds):
    """From Friday evening to Monday at ten, as the rules measure it."""
    clock = [{"since": "2026-11-20T18:00:00Z", "until": None, "hours": "business_hours"}]
    body = incident(response_urgency="low", acknowledged_at="2026-11-23T10:00:00Z")
    body |= {"clock_to_acknowledge": clock, "time_to_acknowledge": 64 * 3600}
    parameters = {"pack": {} if hours is None else {"business_hours": hours}}
    chart, *_ = drawn("response", parameters, incident_response=[body])
    assert (chart.title, chart.groups[0].seconds) == (
        "Low urgency: time to acknowledge (MTTA)",
        (seconds,),
    )


def month(name, *windows):
    """Return why a month is incomplete, with these days of evidence."""
    observed = [
        Window(datetime(2026, *since, tzinfo=UTC), datetime(2026, *until, tzinfo=UTC))
        for since, until in windows
    ]
    kinds = {"incident": observed, "log_entry": observed}
    return incomplete_month(name, datetime(2026, 11, 23, 12, tzinfo=UTC), kinds, tuple(kinds))


@pytest.mark.parametrize(
    ("name", "windows", "why"),
    [
        pytest.param("2026-10", [((9, 30), (11, 2))], None, id="whole"),
        pytest.param("2026-10", [((9, 1), (10, 5)), ((10, 5), (11, 2))], None, id="in two parts"),
        pytest.param("2026-11", [((9, 1), (11, 23))], "until 2026-11-23 12:00", id="not over"),
        pytest.param(
            "2026-10", [((10, 24), (11, 23))], "no evidence before 2026-10-24", id="begin"
        ),
        pytest.param(
            "2026-10",
            [((9, 1), (10, 5)), ((10, 7), (11, 2))],
            "no evidence from 2026-10-05 00:00 to 2026-10-07 00:00",
            id="a gap",
        ),
        pytest.param("2026-10", [], "no evidence before 2026-11-01", id="nothing"),
    ],
)
def test_a_month_that_is_not_whole_in_the_evidence_says_so(name, windows, why):
    """Nobody compares three days with a month."""
    stated = month(name, *windows)
    assert stated is None if why is None else stated.startswith(why)


@pytest.mark.parametrize(
    ("packs", "limit"),
    [
        pytest.param({}, None, id="no pack"),
        pytest.param({"a": {"ack_within_high": "15m"}, "b": {}}, 900, id="one"),
        pytest.param(
            {"a": {"ack_within_high": "15m"}, "b": {"ack_within_high": "5m"}}, None, id="two"
        ),
        pytest.param({"a": {"ack_within_high": {"default": "15m"}}}, None, id="by service"),
    ],
)
def test_response_section_draws_a_single_limit(packs, limit):
    """A limit is drawn where one number holds for every incident."""
    assert drawn("response", packs, incident_response=[incident()])[0].limit == limit


def test_services_section_sorts_the_least_ready_first():
    """What a service lacks is bad, what is not told is unknown."""
    ready = {"id": "P1", "title": "Ready", "status": "enabled", "has_policy": True}
    ready |= {"policy": {"id": "E", "title": "Policy"}, "level_count": 2}
    level = {"covered": [OBSERVED], "gaps": []}
    ready |= {"observed": OBSERVED, "levels": [level, level]}
    bare = {"id": "P2", "title": "Bare", "status": "enabled", "policy": None}
    owned = [{"id": "P1", "owner_teams": [{"title": "Payments"}], "title": "Ready"}]
    (table,) = drawn("services", service_readiness=[ready, bare], service_ownership=owned)
    first, second = ([(cell.text, cell.tone) for cell in row] for row in table.rows)
    assert [text for text, _ in first] == [
        "Bare",
        "enabled",
        *["unknown"],
        "none",
        *["unknown"] * 3,
    ]
    assert {tone for _, tone in second} == {Tone.PLAIN, Tone.GOOD}
    assert [text for text, _ in second][2:5] == ["Payments", "Policy", "2"]


@pytest.mark.parametrize(
    ("level", "reached", "covered"),
    [
        pytest.param({"covered": [OBSERVED], "gaps": []}, "yes", "yes", id="always"),
        pytest.param(
            {"covered": [OBSERVED], "gaps": [LONG_GAP]}, "yes", "no", id="with a gap ahead"
        ),
        pytest.param({"covered": [OBSERVED], "gaps": [GAP]}, "yes", "yes", id="with a past gap"),
        pytest.param({"covered": [GAP], "gaps": [LONG_GAP]}, "no", "no", id="in the past only"),
        pytest.param({"covered": [], "gaps": [UNKNOWN]}, "unknown", "unknown", id="unknown"),
        pytest.param({"covered": [OBSERVED], "gaps": [UNKNOWN]}, "yes", "unknown", id="partly"),
    ],
)
def test_services_section_asks_from_now_on(level, reached, covered):
    """What is past does not count, and what is unknown is neither yes nor no."""
    ready = {"id": "P1", "title": "Ready", "status": "enabled", "has_policy": True}
    ready |= {"policy": {"id": "E", "title": "Policy"}, "level_count": 1}
    ready |= {"observed": OBSERVED, "levels": [level]}
    (table,) = drawn("services", service_readiness=[ready])
    assert [cell.text for cell in table.rows[0]][-2:] == [reached, covered]


def test_services_section_shows_standards_and_what_a_service_supports_where_there_are_any():
    """An account without them has no such columns."""
    ready = {"id": "P1", "title": "Ready", "status": "enabled"}
    (table,) = drawn("services", service_readiness=[ready | {"business_services": []}])
    assert len(table.columns) == 7
    bare = {"id": "P2", "title": "Bare", "status": "enabled"}
    ready |= {"business_services": ["Billing", "Shop"]}
    ready |= {"standards": {"applied": 3, "missed": ["Has a description"]}}
    (table,) = drawn("services", service_readiness=[ready, bare])
    rows = {row[0].text: [(cell.text, cell.tone) for cell in row[7:]] for row in table.rows}
    assert table.columns[7:] == ("Supports", "Standards met")
    assert rows == {
        "Ready": [("Billing, Shop", Tone.PLAIN), ("2 of 3", Tone.BAD)],
        "Bare": [("unknown", Tone.UNKNOWN)] * 2,
    }


def test_services_section_lists_rules_that_discard_events_the_worst_first():
    """Those that decide of every other event are bad, but for a wait."""

    def discard(effect, rule, *, unmatched):
        return {"path": "service", "rule": rule, "effect": effect, "unmatched": unmatched}

    discards = [
        discard("suspend", "Flapping", unmatched=True),
        discard("suppress", "Noise", unmatched=False),
        discard("drop", None, unmatched=True),
    ]
    ready = {"id": "P1", "title": "Ready", "status": "enabled", "discards": discards}
    _, table = drawn("services", service_readiness=[ready])
    assert [[cell.text for cell in row[2:]] for row in table.rows] == [
        ["none, at the end", "dropped, no alert", "all that no other rule matches"],
        ["Flapping", "an incident only after a while", "all that no other rule matches"],
        ["Noise", "suppressed, no incident", "those that it looks for"],
    ]
    assert [row[4].tone for row in table.rows] == [Tone.BAD, Tone.PLAIN, Tone.PLAIN]


def test_access_section_sorts_users_who_cannot_respond_first():
    """Whoever is on call and cannot answer comes first, then the widest rights."""
    ada = {"id": "P1", "title": "Ada", "role_name": "Responder", "teams": []}
    bo = ada | {"id": "P2", "title": "Bo", "role_name": "Account Owner", "privileged": True}
    cy = without(ada | {"id": "P3", "title": "Cy", "stakeholder": True}, "role_name")
    reached = {"contact_methods": 2, "contact_method_types": ["email", "push_notification"]}
    team = {"id": "T", "title": "Payments", "managers": [{"id": "P1", "title": "Ada"}]}
    (table,) = drawn(
        "access",
        user_access=[ada, bo, cy],
        responder_reachability=[ada | reached, cy | {"contact_method_types": []}],
        team_ownership=[team],
    )
    rows = [[cell.text for cell in row] for row in table.rows]
    assert [row[0] for row in rows] == ["Cy", "Bo", "Ada"]
    assert rows[0][1:] == [
        "unknown",
        "yes",
        "unknown",
        "none",
        "unknown",
        "on call with a role that cannot respond",
    ]
    assert rows[2][3:6] == ["email, push notification", "none", "Payments"]
