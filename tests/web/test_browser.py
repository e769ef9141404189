"""The console in a real browser: every page, wide and narrow, light and dark, and what people do.

Skipped where there is no Chromium, but never in continuous integration.
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import sync_playwright
from web.browsing import ServedConsole

from ccm_core.web.application import application
from ccm_core.web.server import ServedAt, make_server

pytestmark = [pytest.mark.no_cover, pytest.mark.slow]

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "/",
    "/findings",
    "/checks",
    "/checks/pagerduty_no_incident_is_open_and_overdue",
    "/frameworks",
    "/frameworks/soc2",
    "/sections",
    "/sections/pagerduty-demo/pagerduty.coverage",
    "/sections/pagerduty-demo/pagerduty.response",
    "/changes",
    "/evidence",
    "/evidence/pagerduty-demo/pagerduty.service",
    "/integrations",
    "/integrations/pagerduty-demo",
    "/integrations/connect/pagerduty",
    "/audit",
    "/ledger",
    "/activity",
    "/settings",
    "/nope",
    "/findings/none",
)


@pytest.fixture
def origin(console: ServedConsole):
    """Serve the console over a real socket; give where it is."""
    server = make_server(_later(console), ServedAt(port=0))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    console.origin = f"http://127.0.0.1:{port}"
    try:
        yield console.origin
    finally:
        server.should_exit = True
        thread.join()


def _later(console: ServedConsole):
    """Return an application that is made once its port is known."""
    made = []

    async def app(scope, receive, send):
        if not made:
            made.append(application(console.console))
        await made[0](scope, receive, send)

    return app


@pytest.fixture
def open_browser(chromium, origin, console):
    """Open a browser of somebody who is signed in; it fails where a page complains."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def open_browser(**options):
            context = launched.new_context(base_url=origin, **options)
            page = context.new_page()
            page.outside, page.complaints = [], []
            page.on("request", lambda one: _note_outside(page, origin, one.url))
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.on("console", lambda one: _note_complaint(page, one))
            page.goto(f"/sign-in?link={console.link.renew()}")
            page.click("button.button")
            page.wait_for_url(f"{origin}/")
            return page

        try:
            yield open_browser
        finally:
            launched.close()


def _note_outside(page, origin, url):
    if not url.startswith((f"{origin}/", "data:")):
        page.outside.append(url)


def _note_complaint(page, message):
    if message.type == "error" and "status of 4" not in message.text:
        page.complaints.append(message.text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_violation_or_asks_anybody_else(open_browser, scheme):
    """As axe-core reads it, in both themes; and nothing leaves the origin."""
    if not AXE.exists():
        if "CI" in os.environ:
            pytest.fail("axe-core is not installed: npm ci --prefix tests")
        pytest.skip("axe-core is not installed")
    page = open_browser(color_scheme=scheme)
    found = {}
    for path in PAGES:
        page.goto(path)
        page.evaluate(AXE.read_text())
        result = page.evaluate("async () => (await axe.run()).violations")
        if result:
            found[path] = [
                (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["target"])
                for one in result
            ]
    assert found == {}
    assert page.outside == []
    assert page.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen(open_browser, width):
    """Tables scroll by themselves; the page does not."""
    page = open_browser(viewport={"width": width, "height": 800})
    wide = {}
    for path in PAGES:
        page.goto(path)
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            wide[path] = needed
    assert wide == {}


def test_pages_can_be_read_without_javascript(open_browser):
    """Reading needs no script; signing in does not either."""
    page = open_browser(java_script_enabled=False)
    for path in PAGES[:6]:
        page.goto(path)
        assert page.locator("h1").inner_text()


def test_a_finding_is_found_traced_commented_on_and_its_acceptance_asked_for(open_browser, console):
    """From the overview down to the records, and back to what is done about it."""
    page = open_browser()
    page.click("#first table a >> nth=0")
    title = page.locator("h1").inner_text()
    page.click("text=Trace >> nth=0")
    assert page.locator("h2", has_text="Conditions").is_visible()
    page.go_back()
    page.fill("textarea[name=text]", "we look into it <script>alert(1)</script>")
    page.click("button[value=comment]")
    assert "The comment is kept" in page.locator("[role=status]").inner_text()
    assert page.locator("h1").inner_text() == title
    assert "<script>alert(1)</script>" in page.locator(".trail").inner_text()
    assert page.complaints == []


def test_two_tabs_do_not_overwrite_one_another(open_browser):
    """The second one is told, and what was typed is still there."""
    page = open_browser()
    page.click("#first table a >> nth=0")
    other = page.context.new_page()
    other.goto(page.url)
    for tab, text in ((page, "first"), (other, "second")):
        tab.fill("textarea[name=text]", text)
        tab.click("button[value=comment]")
    assert "second" in other.locator(".typed").inner_text()
    page.reload()
    assert re.search("commented: first", page.locator(".trail").inner_text())
    assert "second" not in page.locator(".trail").inner_text()


def test_the_filter_is_in_the_address_and_survives_back_and_forward(open_browser):
    """So it can be sent to a colleague."""
    page = open_browser()
    page.goto("/findings")
    everything = page.locator("tbody tr").count()
    page.select_option("select[name=severity]", "low")
    page.click("text=Filter >> nth=-1")
    assert "severity=low" in page.url
    some = page.locator("tbody tr").count()
    assert 0 < some < everything
    page.click("tbody a >> nth=0")
    page.go_back()
    assert page.locator("tbody tr").count() == some


def test_a_session_that_ended_keeps_what_was_typed(open_browser, console):
    """Sign in elsewhere, send again: nothing typed is lost."""
    from datetime import timedelta

    page = open_browser()
    page.click("#first table a >> nth=0")
    page.fill("textarea[name=text]", "typed with care")
    console.clock.now += timedelta(days=2)
    page.click("button[value=comment]")
    assert "typed with care" in page.locator(".typed").inner_text()
    other = page.context.new_page()
    other.goto(f"/sign-in?link={console.link.renew()}")
    other.click("button.button")
    for _ in range(2):
        with page.expect_navigation():
            page.click("button:has-text('Send it again')")
    assert "commented: typed with care" in page.locator(".trail").inner_text()
