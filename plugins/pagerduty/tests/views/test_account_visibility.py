"""The view ``pagerduty.account_visibility``."""

from __future__ import annotations

import pytest

SCHEDULED = (("service", 86400),)


def seen(only, pd, credential="account_api_key", *, dangling=(), **more):
    """Return the row of a connection after one run."""
    run = pd.run(
        -1,
        ("service", {"dangling": list(dangling)}),
        credential=credential,
        scheduled=SCHEDULED,
        **more,
    )
    return only("account_visibility", manifest=[run])


def named(lookup_outcome):
    """Name a policy that no list has."""
    return {
        "field": "escalation_policy.id",
        "kind": "pagerduty.escalation_policy",
        "key": "P9",
        "named_by": "S1",
        "lookup_outcome": lookup_outcome,
    }


@pytest.mark.parametrize(
    ("credential", "expected"),
    [
        pytest.param("whole", True, id="an account key, an administrator"),
        pytest.param("part", False, id="a manager's key"),
        pytest.param("unknown", None, id="whose it is is not told"),
    ],
)
def test_visibility_of_the_credential_decides_what_it_sees(only, pd, credential, expected):
    """The connector states it of each credential, and every run keeps it."""
    row = seen(only, pd, {"kind": "user_api_key", "visibility": credential})
    assert row.get("sees_whole_account") is expected


@pytest.mark.attack(
    "Visibility",
    "Teams that the credential may not see are found out after the lists were stored",
    "The check of the credential's reach fails and names them",
)
def test_hidden_objects_of_an_amendment_count(only, pd):
    """An amendment and each window of a run count, not the last entry alone."""
    collections = [
        ("service", {"id": "1", "dangling": [named("hidden")]}),
        ("service", {"id": "2"}),
        ("service", {"id": "1/references", "amends": "1", "dangling": [named("hidden")]}),
    ]
    run = pd.run(-1, *collections, scheduled=SCHEDULED)
    row = only("account_visibility", manifest=[run])
    assert row["sees_whole_account"] is False
    assert row["hidden_objects"] == ["pagerduty.escalation_policy:P9"]


@pytest.mark.parametrize(
    ("lookup_outcome", "expected"),
    [
        pytest.param("hidden", False, id="hidden"),
        pytest.param("unlisted", None, id="left out of its list"),
        pytest.param("deleted", True, id="deleted"),
        pytest.param("found", True, id="of another form"),
        pytest.param("not_found", None, id="deleted or hidden"),
        pytest.param("unknown", None, id="unknown"),
        pytest.param(None, None, id="nobody asked"),
    ],
)
def test_hidden_objects_limit_the_visibility(only, pd, lookup_outcome, expected):
    """Even the account's key has to account for what is missing."""
    row = seen(only, pd, dangling=[named(lookup_outcome)])
    assert row.get("sees_whole_account") is expected
    hidden = ["pagerduty.escalation_policy:P9"] if expected is False else []
    assert row["hidden_objects"] == hidden


def test_an_object_that_its_list_left_out_does_not_accuse_the_credential(view, pd):
    """The same key reads it by its id: the list is short."""
    manifest = pd.run(-1, ("service", {"dangling": [named("unlisted")]}), scheduled=SCHEDULED)
    (row,) = view("account_visibility", manifest=[manifest])
    assert "exists, and its list left it out" in row.unknown["sees_whole_account"]


@pytest.mark.attack(
    "Visibility",
    "A key of the account lists no user, and every account has one",
    "Whether the credential sees the whole account is inconclusive",
)
@pytest.mark.parametrize("amended", [False, True])
def test_a_list_that_is_never_empty_shows_that_nothing_is_seen(view, pd, amended):
    """What the connector states of the credential is not borne out by what it lists."""
    detail = "listed 0, expected at least 1"
    shortfall = {"reason": "visibility", "detail": detail, "missing": None, "subjects": []}
    short = {"shortfalls": [shortfall]}
    amendment = [("service", {"id": "1/visibility", "amends": "1"} | short)] if amended else []
    run = pd.run(
        -1, ("service", {"id": "1"} | ({} if amended else short)), *amendment, scheduled=SCHEDULED
    )
    (row,) = view("account_visibility", manifest=[run])
    assert "sees_whole_account" not in row.body
    assert "expected at least 1" in row.unknown["sees_whole_account"]


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        pytest.param(None, None, id="a key tells nothing"),
        pytest.param(["openid", "read"], True, id="classic"),
        pytest.param(["as_account-us.acme", "users.read", "services.read"], True, id="scoped"),
        pytest.param(["services.read", "services.write"], False, id="may write"),
        pytest.param(["write"], False, id="classic, may write"),
    ],
)
def test_scopes_decide_whether_the_credential_is_read_only(only, pd, scopes, expected):
    """What PagerDuty does not tell is not taken for harmless."""
    row = seen(only, pd, {"kind": "oauth_user_token", "role": "admin", "scopes": scopes})
    assert row.get("read_only") is expected


def test_the_age_of_a_credential_is_known_where_somebody_entered_it(only, pd):
    """A key from the environment has no age that could be known."""
    row = seen(only, pd, entered_at=pd.instant(-24))
    assert row["credential_entered_at"] == "2026-11-22T12:00:00Z"
    assert row["credential_clock"] == [
        {"since": "2026-11-22T12:00:00Z", "until": None, "hours": None}
    ]
    assert not {"credential_entered_at", "credential_clock"} & set(seen(only, pd))


def test_the_newest_run_that_reached_the_account_counts(only, pd):
    """A run that was refused says nothing of the credential."""
    runs = [
        pd.run(-3, ("service",), credential="user_api_key", scheduled=SCHEDULED),
        pd.run(-2, ("service",), scheduled=SCHEDULED),
        pd.run(-1, credential=None, scheduled=SCHEDULED),
    ]
    row = only("account_visibility", manifest=runs)
    assert row["credential_kind"] == "account_api_key"
    assert row["sees_whole_account"] is True


def test_connection_without_a_successful_run_has_no_row(view, pd):
    """No row, and so no pass."""
    assert view("account_visibility", manifest=[pd.run(-1, credential=None)]) == ()


def test_visibility_row_has_the_digests_of_its_manifests(view, pd):
    """The one since which the same is told of the credential, and those of the kinds likewise."""
    runs = [
        pd.run(-9, ("service", {"dangling": [named("hidden")]}), scheduled=SCHEDULED),
        pd.run(-3, ("service",), scheduled=SCHEDULED, credential="user_api_key"),
        pd.run(-2, ("service",), scheduled=SCHEDULED),
        pd.run(-1, scheduled=SCHEDULED),
    ]
    (row,) = view("account_visibility", manifest=runs)
    assert row.names == (
        "connection:pagerduty-test",
        "pagerduty.manifest:run at -0002.0000",
        "pagerduty.manifest:run at -0003.0000",
    )
    assert row.body["observed_since"] == "2026-11-23T10:00:00Z"
    assert len(row.evidence_digests) == 2


def test_a_run_that_states_nothing_new_leaves_the_row_as_it_is(view, pd):
    """Until another day begins: so the row is not older than a day, and does not change hourly."""
    hours = (-13, -11, -9, -1, 12)  # at noon it is 0
    stated = ["22T23", "23T01", "23T01", "23T01", "24T00"]
    runs = [pd.run(at, ("service",), scheduled=SCHEDULED) for at in hours]
    rows = [view("account_visibility", manifest=runs[:n]) for n in range(1, len(runs) + 1)]
    assert [row.body["observed_since"][8:13] for (row,) in rows] == stated
    assert rows[1] == rows[2] == rows[3]


def test_unknown_visibility_has_its_reasons(view, pd):
    """So that somebody can look for it."""
    run = pd.run(-1, ("service", {"dangling": [named("not_found")]}), scheduled=SCHEDULED)
    (row,) = view("account_visibility", manifest=[run])
    assert row.unknown["sees_whole_account"] == (
        "pagerduty.escalation_policy:P9 is not in the evidence, and may be deleted or hidden"
    )


def test_incident_from_before_the_period_does_not_affect_visibility(only, pd):
    """It is named by a log entry, and no list of the period has it."""
    old = named(None) | {"kind": "pagerduty.incident"}
    run = pd.run(-1, ("service", {"dangling": [old]}), scheduled=SCHEDULED)
    run["scheduled"] += [run["scheduled"][0] | {"kind": "pagerduty.incident", "shape": "event"}]
    run["collections"] += [run["collections"][0] | {"kind": "pagerduty.incident", "dangling": []}]
    assert only("account_visibility", manifest=[run])["sees_whole_account"] is True
