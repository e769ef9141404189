"""Who is let in, and for what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from web.browsing import ORIGIN

from ccm_core.web.access.identity import SessionLimits
from ccm_core.web.access.roles import Permission, Role, is_permitted
from ccm_core.web.routes import ROUTES

PLACES = {
    "finding": "nope",
    "rule": "pagerduty_no_incident_is_open_and_overdue",
    "result": "nope",
    "framework": "soc2",
    "connection": "pagerduty-demo",
    "section": "pagerduty.coverage",
    "kind": "pagerduty.service",
    "connector": "pagerduty",
    "setup": "nope",
}


def address(route) -> str:
    """Put something in the place of the names of a path."""
    path = route.path.replace(":path}", "}")
    return path.format_map(PLACES)


def test_nobody_sees_anything_before_signing_in(console):
    """Default-deny: every route but those that are public."""
    browser = console.browser()
    for route in ROUTES:
        if route.permission is Permission.PUBLIC:
            continue
        path = address(route)
        if route.method == "GET":
            answer = browser.get(path)
        else:
            answer = browser.client.post(path, headers={"Origin": ORIGIN})
        expected = 303 if route.method == "GET" and not route.is_api else 401
        assert answer.status_code == expected, (path, answer.status_code)
        # A form that comes too late is shown again: its own address is what whoever sent it knows.
        assert "pagerduty" not in answer.text.replace(path, "")


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_exactly_the_routes_that_its_permissions_name(console, role):
    """Role x route x method, complete because it goes over the table itself."""
    console.role = role
    browser = console.signed_in()
    for route in ROUTES:
        if route.path in {"/sign-in", "/sign-out"}:
            continue
        path = address(route)
        if route.method == "GET":
            answer = browser.get(path)
        else:
            answer = browser.client.post(path, headers={"Origin": ORIGIN})
        if is_permitted(role, route.permission):
            # What gets past the guard without the token of a form gets no further than that.
            refused = answer.status_code == 403 and "may not" in answer.text
            assert not refused, (role, route.method, path)
        else:
            assert answer.status_code == 403, (role, route.method, path, answer.status_code)
            assert "may not" in answer.text


def test_a_refusal_is_an_entry_of_the_activity_log(console):
    """Who asked for what they may not see is known."""
    console.role = Role.AUDITOR
    console.signed_in().get("/findings")
    console.role = Role.ADMIN
    page = console.signed_in().get("/activity").text
    assert "refused" in page
    assert "GET /findings" in page


def test_the_one_time_link_counts_once_and_is_not_spent_by_looking_at_it(console):
    """Previews of links open them; only a person presses the button."""
    secret = console.link.renew()
    browser = console.browser()
    assert browser.get(f"/sign-in?link={secret}").status_code == 200
    first = browser.client.post("/sign-in", data={"link": secret}, headers={"Origin": ORIGIN})
    assert first.headers["location"] == "/"
    again = console.browser().client.post(
        "/sign-in", data={"link": secret}, headers={"Origin": ORIGIN}
    )
    assert "refused" in again.headers["location"]
    assert "set-cookie" not in again.headers


def test_a_session_cookie_is_for_this_host_and_no_script(console):
    """Neither a script nor a form of elsewhere has it."""
    cookie = console.browser().sign_in().headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_signing_in_begins_another_session_each_time(console):
    """A session that somebody fixed before is worth nothing."""
    browser = console.browser()
    first = browser.sign_in().cookies["ccm-session"]
    browser.send("/sign-out")
    assert first != browser.sign_in().cookies["ccm-session"]


def test_a_session_that_somebody_else_made_up_is_none(console):
    """The store has the digests of sessions that it began."""
    browser = console.browser()
    browser.client.cookies.set("ccm-session", "x" * 43)
    assert browser.get("/").headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    ("moves", "lives"),
    [
        ([timedelta(minutes=59)], True),
        ([timedelta(minutes=61)], False),
        ([timedelta(minutes=40), timedelta(minutes=40)], True),
        ([timedelta(minutes=50)] * 3, False),
        ([timedelta(minutes=-5)], False),
    ],
    ids=["within idle", "idle too long", "used in between", "past its whole time", "clock back"],
)
def test_a_session_ends_when_it_is_idle_or_old(console, moves, lives):
    """Both limits hold, and a clock that goes back ends it."""
    console.limits = SessionLimits(idle=timedelta(hours=1), absolute=timedelta(hours=2))
    browser = console.signed_in()
    for move in moves:
        console.clock.now += move
        answer = browser.get("/settings")
    assert (answer.status_code == 200) is lives


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(console):
    """The end is in the store, not in the browser."""
    browser = console.signed_in()
    kept = browser.client.cookies["ccm-session"]
    assert browser.send("/sign-out").headers["location"] == "/sign-in"
    browser.client.cookies.set("ccm-session", kept)
    assert browser.get("/").headers["location"] == "/sign-in"


def test_too_many_attempts_are_not_heard_for_a_minute(console):
    """Each failure is an entry of the ledger, which nobody is to flood."""
    browser = console.browser()
    statuses = [
        browser.client.post(
            "/sign-in", data={"link": "wrong"}, headers={"Origin": ORIGIN}
        ).status_code
        for _ in range(12)
    ]
    assert statuses == [303] * 10 + [429] * 2
    # Whoever has the link is heard all the same: nobody can keep them out.
    assert browser.sign_in().headers["location"] == "/"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9999", "127.0.0.1.evil.example:8480"])
def test_another_host_is_not_answered(console, host):
    """A name of elsewhere that leads to our address is DNS rebinding."""
    answer = console.signed_in().get("/", Host=host)
    assert answer.status_code == 421
    assert "passed" not in answer.text


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:8481"])
def test_a_form_of_another_origin_does_nothing(console, origin):
    """Browsers name the origin of a form; a page of elsewhere cannot lie."""
    browser = console.signed_in()
    answer = browser.send("/sign-out", origin=origin)
    assert answer.status_code == 403
    assert browser.get("/settings").status_code == 200


def test_a_form_without_the_token_of_its_session_is_shown_again_and_does_nothing(console):
    """A person may send it again; nothing that was typed is lost."""
    browser = console.signed_in()
    answer = browser.send(
        "/findings/act", csrf="0" * 64, finding="x", verb="comment", text="typed with care"
    )
    assert answer.status_code == 403
    assert "typed with care" in answer.text
    assert browser.csrf() in answer.text


def test_what_was_typed_is_not_lost_when_the_session_ends_meanwhile(console):
    """It is shown, to be sent again after signing in."""
    browser = console.signed_in()
    token = browser.csrf()
    console.clock.now += timedelta(days=2)
    answer = browser.send("/findings/act", csrf=token, finding="x", text="typed with care")
    assert answer.status_code == 401
    assert "typed with care" in answer.text
    assert "Sign in in another tab" in answer.text


def test_every_answer_forbids_what_a_browser_is_not_to_do(console):
    """Pages, files, downloads and errors alike."""
    browser = console.signed_in()
    for path in ("/", "/nope", "/findings", "/static/x/y.css", "/findings.csv"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_a_form_that_is_too_large_or_none_is_refused(console):
    """Before anybody reads it."""
    browser = console.signed_in()
    huge = browser.client.post(
        "/findings/act",
        content=b"x",
        headers={"Origin": ORIGIN, "Content-Length": str(10**9)},
    )
    assert huge.status_code == 413
    torn = browser.client.post(
        "/findings/act",
        content=b"--a\r\nbroken",
        headers={"Origin": ORIGIN, "Content-Type": "multipart/form-data"},
    )
    assert torn.status_code == 400
