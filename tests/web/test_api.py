"""The API for programs: tokens, paging, problems, and the same numbers as the command line."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ccm_core.web.access.roles import Permission, Role
from ccm_core.web.access.tokens import end_token, live_tokens, make_token
from ccm_core.web.routes import ROUTES


@pytest.fixture
def make(console):
    """Make a token with a role."""

    def make(role=Role.VIEWER, *, days=1, name="ci"):
        workspace = console.workspaces.get()
        with workspace.write_store(create=False) as store:
            return make_token(
                store.console, name, role, timedelta(days=days), console.clock.now, "tester"
            )

    return make


@pytest.fixture
def call(console):
    """Ask the API as a program does."""
    browser = console.browser()
    return lambda path, token: browser.get(f"/api/v1{path}", Authorization=f"Bearer {token}")


def test_findings_are_those_of_the_command_line(make, call, demo_settings, capsys):
    """One reader, so one answer."""
    from ccm_core.cli.main import main

    main(["-c", str(demo_settings), "findings", "list", "--output", "json"])
    printed = json.loads(capsys.readouterr().out)
    answered = call("/findings?limit=500", make()).json()
    assert [one["id"] for one in answered["findings"]] == [one["id"] for one in printed["findings"]]
    assert answered["next"] is None


def test_pages_of_findings_together_are_all_of_them_once(make, call):
    """A cursor is the id of the last that was seen."""
    token, cursor, seen = make(), "", []
    whole = [one["id"] for one in call("/findings?limit=500", token).json()["findings"]]
    while True:
        page = call(f"/findings?limit=7&cursor={cursor}", token).json()
        seen += [one["id"] for one in page["findings"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == whole
    assert len(whole) > 14


def test_pages_of_records_together_are_all_of_them_once(make, call):
    """In the order of their keys."""
    token, cursor, seen = make(), "", []
    path = "/evidence/pagerduty-demo/pagerduty.incident"
    while True:
        page = call(f"{path}?limit=50&cursor={cursor}", token).json()
        seen += [one["key"] for one in page["records"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == sorted(set(seen))
    counts = {one["kind"]: one["records"] for one in call("/evidence", token).json()["kinds"]}
    assert len(seen) == counts["pagerduty.incident"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/findings?limit=0", 400),
        ("/findings?limit=501", 400),
        ("/findings?limit=x", 400),
        ("/findings?cursor=gone", 400),
        ("/findings?severity=none", 400),
        ("/findings/none", 400),
        ("/checks/none", 404),
        ("/evidence/none/none", 404),
        ("/frameworks/none", 400),
        ("/nothing", 404),
    ],
)
def test_a_problem_is_a_document(make, call, path, status):
    """RFC 9457: its title names the kind of problem, its detail this one."""
    answer = call(path, make())
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]


def test_a_token_counts_until_its_day_or_its_end(console, make, call):
    """And no longer, whoever kept it."""
    short, ended = make(days=1, name="short"), make(days=9, name="ended")
    assert call("/runs", short).status_code == call("/runs", ended).status_code == 200
    workspace = console.workspaces.get()
    with workspace.write_store(create=False) as store:
        end_token(store.console, "ended", console.clock.now, "tester")
    assert call("/runs", ended).status_code == 401
    console.clock.now += timedelta(days=1)
    assert call("/runs", short).status_code == 401
    with workspace.read_store() as store:
        assert not live_tokens(store.console, console.clock.now)


def test_a_token_is_no_cookie_and_a_cookie_is_no_token(console, make):
    """Each is accepted in its own place alone."""
    token = make(Role.ADMIN)
    browser = console.browser()
    browser.client.cookies.set("ccm-session", token)
    assert browser.get("/api/v1/runs").status_code == 401
    cookie = console.signed_in().client.cookies["ccm-session"]
    answer = console.browser().get("/api/v1/runs", Authorization=f"Bearer {cookie}")
    assert answer.status_code == 401


def test_an_auditors_token_reads_frameworks_and_no_findings(make, call):
    """Permissions are those of the pages."""
    token = make(Role.AUDITOR)
    assert call("/frameworks", token).status_code == 200
    assert call("/findings", token).status_code == 403


def test_the_store_has_the_digest_of_a_token_alone(make, demo_settings):
    """Whoever reads the file cannot use it."""
    secret = make().encode()
    assert secret not in (demo_settings.parent / "ccm.db").read_bytes()


def test_the_description_has_every_route_of_the_api(make, call):
    """It is made of the table of routes."""
    document = call("/openapi.json", make()).json()
    described = set(document["paths"])
    routes = {route.path.replace(":path}", "}") for route in ROUTES if route.is_api}
    assert described == routes
    assert document["openapi"] == "3.1.0"


def test_no_route_of_the_api_changes_anything():
    """It reads: what acts has forms, with a token of their session."""
    changing = {Permission.WORK, Permission.APPROVE, Permission.CONFIGURE}
    api = [route for route in ROUTES if route.is_api]
    assert api
    assert all(route.method == "GET" and route.permission not in changing for route in api)
