"""Both ways to connect, clicked in a real browser: nothing it complains of, and axe-core neither.

Skipped where there is no Chromium, but never in continuous integration.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from web.integrations.connecting import CALLBACK

from ccm_core.web.application import application

pytestmark = [pytest.mark.no_cover, pytest.mark.slow]  # its lines are covered by others

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = {"width": 1300, "height": 900}, {"width": 390, "height": 840}


@pytest.fixture
def address(server):
    """Where the console is served, and the link that signs in."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        console = replace(server.console, origin=f"http://{place}", hosts=frozenset({place}))
        config = uvicorn.Config(application(console), log_level="warning", lifespan="off")
        serving = uvicorn.Server(config)
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://{place}"
        serving.should_exit = True
        thread.join(30)


@pytest.fixture
def tab(address, server):
    """A tab of somebody who has signed in; what it complained of is in ``tab.complaints``."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None and "CI" in os.environ:
        pytest.fail("chromium is not on PATH: install it, these tests may not be skipped here")
    if chromium is None:
        pytest.skip("chromium is not on PATH")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = Tab(browser.new_page(viewport=WIDE), address)
        opened.page.goto(f"{address}/sign-in?link={server.link.renew()}")
        opened.page.click("text=Sign in >> nth=-1")
        opened.page.wait_for_url(f"{address}/")
        yield opened
        browser.close()
    assert opened.complaints == []


class Tab:
    """A page of a browser, and what it complained of."""

    def __init__(self, page, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message) -> None:
        # A page without a favicon or an evaluation is no complaint of ours; a refused script is.
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def examine(self) -> None:
        """Look at the page as it is: wide and narrow, by axe-core, and for its width."""
        for size in (NARROW, WIDE):
            self.page.set_viewport_size(size)
            overflow = "document.documentElement.scrollWidth > window.innerWidth"
            assert not self.page.evaluate(overflow), f"{self.page.url} is wider than {size}"
        if AXE.exists():
            self.page.evaluate(AXE.read_text())
            found = self.page.evaluate("axe.run().then(result => result.violations)")
            told = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
            assert told == [], self.page.url

    def begin(self, method: str, **settings: str) -> None:
        """Choose a way to connect, and enter the settings."""
        self.page.goto(f"{self.address}/integrations")
        self.examine()
        self.page.click("text=Connect PagerDuty")
        self.examine()
        self.page.click(f"a[href*='method={method}']:has-text('Continue')")
        self.page.click("text=More settings")
        for key, value in settings.items():
            self.page.fill(f"[name='setting.{key}']", value)
        self.examine()
        self.page.click("text=Continue")
        self.page.wait_for_url("**/setup/*")


def test_a_key_is_connected_run_and_removed_by_clicks(tab, simulator, vault):
    """The progress of the run comes by itself."""
    page = tab.page
    tab.begin("api_key", base_url=simulator.base_url)
    tab.examine()
    page.fill("[name='secret.key']", "u+wrong-4711")
    page.click("text=Test connection")
    page.wait_for_selector("text=The test failed")
    tab.examine()
    page.fill("[name='secret.key']", simulator.api_key)
    page.click("#secrets >> text=Test connection")
    page.wait_for_selector("text=/services")
    tab.examine()
    page.click("#save >> button:text-is('Save')")
    page.wait_for_selector("text=The connection is saved.")
    page.click("text=Run now")
    page.wait_for_selector("text=/Ended .*complete/", timeout=60_000)
    tab.examine()
    page.click("text=The connection's health")
    page.wait_for_selector("text=the whole account")
    tab.examine()
    for words in ("Edit", "Rotate"):
        page.click(f".actions >> text={words}")
        tab.examine()
        page.click("text=Cancel")
    page.click(".actions >> text=Remove")
    tab.examine()
    page.fill("[name=name]", "pagerduty")
    page.click("button:text-is('Remove')")
    page.wait_for_selector("text=The connection is removed")
    assert "pagerduty" not in vault.names()


def test_a_source_is_connected_by_consent_by_clicks(tab, simulator, identity, vault):
    """To the identity server and back, over another origin, with the session's cookie."""
    page = tab.page
    tab.begin("oauth", base_url=simulator.base_url, identity_url=identity.base_url)
    assert page.inner_text("#redirect-url") == f"{tab.address}/integrations/oauth/callback"
    tab.examine()
    bare = identity.identity.register("write", redirect_uris=(CALLBACK,))
    page.fill("[name='secret.client_id']", bare.client_id)
    page.fill("[name='secret.client_secret']", bare.client_secret)
    page.click("#secrets >> text=Continue")
    page.click("text=Connect via OAuth")
    page.wait_for_selector("text=Granted against asked")
    tab.examine()

    app = identity.identity.register(redirect_uris=(CALLBACK,))
    page.click("text=Enter another client id and secret")
    page.fill("[name='secret.client_id']", app.client_id)
    page.fill("[name='secret.client_secret']", app.client_secret)
    page.click("#consent >> button:text-is('Continue')")
    page.wait_for_selector("text=Connect via OAuth")
    tab.examine()
    page.click("text=Connect via OAuth")
    page.wait_for_selector("text=What was granted")
    tab.examine()
    page.click("button:text-is('Save')")  # the browser asks for the confirmation itself
    assert "pagerduty" not in vault.names()
    page.check("[name=confirmed]")
    page.click("button:text-is('Save')")
    page.wait_for_selector("text=The connection is saved.")
    tab.examine()
    assert "access_token" in vault.read("pagerduty").secrets
