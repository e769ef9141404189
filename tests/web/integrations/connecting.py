"""Steps of somebody who connects a source in the console."""

from __future__ import annotations

import html
import re
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import httpx
from web.browsing import Browser, ServedConsole

from ccm_core.web.console import Console
from ccm_core.web.server_state.connection_runs import ConnectionRuns
from ccm_core.web.server_state.pending_setups import PendingSetups
from ccm_core.web.server_state.run_progress import RunProgress

CALLBACK = "http://127.0.0.1/integrations/oauth/callback"
"""As it is registered: on loopback the port may be any."""
_LINK = re.compile(r'href="(http://127\.0\.0\.1:\d+/oauth/authorize[^"]*)"')


@dataclass
class SharedConsole(ServedConsole):
    """A console whose browsers share one server."""

    hunt: Any = None
    setups: PendingSetups = field(default_factory=PendingSetups)
    runs: ConnectionRuns = field(default_factory=ConnectionRuns)

    @property
    def console(self) -> Console:
        """The console as it is configured now."""
        return replace(super().console, setups=self.setups, runs=self.runs)

    def browser(self) -> WatchedBrowser:
        """Return a browser of somebody who is not signed in."""
        return WatchedBrowser(self)


class WatchedBrowser(Browser):
    """A browser that looks for secrets in every answer."""

    def __init__(self, served: SharedConsole) -> None:
        super().__init__(served)
        self.client.event_hooks = {"response": [self._look]}

    def _look(self, response: httpx.Response) -> None:
        response.read()
        where = f"the answer to {response.request.method} {response.request.url.path}"
        self.served.hunt.look(where, f"{response.headers} {response.text}")

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Open where an answer leads to."""
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"])

    def begin(self, method: str, simulator, identity=None, name="acme", **form) -> str:
        """Take the first step, name and settings; return the address of the setup."""
        settings = {"setting.base_url": simulator.base_url}
        if identity is not None:
            settings["setting.identity_url"] = identity.base_url
        answer = self.send(
            "/integrations/connect/pagerduty",
            **{"method": method, "name": name, **settings, **form},
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def enter(self, setup: str, **secrets: str) -> str:
        """Enter secrets, and return the page that follows."""
        form = {f"secret.{key}": value for key, value in secrets.items()}
        return self.follow(self.send(f"{setup}/secrets", **form)).text

    def enter_client(self, setup: str, app) -> str:
        """Enter the client id and secret of an app, and return the page with the link."""
        return self.enter(setup, client_id=app.client_id, client_secret=app.client_secret or "")

    def come_back(self, address: str) -> httpx.Response:
        """Open the address that an identity server sends the browser to."""
        parts = urlsplit(address)
        return self.get(f"{parts.path}?{parts.query}")

    def connected_by_key(self, simulator, name="acme", **form) -> str:
        """Connect with a key; return the page of the connection."""
        setup = self.begin("api_key", simulator, name=name, **form)
        self.enter(setup, key=simulator.api_key)
        return self.follow(self.send(f"{setup}/save")).text

    def connected_by_consent(self, simulator, identity, name="acme") -> str:
        """Connect by consent; return the page of the connection."""
        setup = self.begin("oauth", simulator, identity, name=name)
        page = self.enter_client(setup, identity.identity.register(redirect_uris=(CALLBACK,)))
        self.follow(self.come_back(agreed(page)))
        return self.follow(self.send(f"{setup}/save", confirmed="yes")).text


def agreed(page: str) -> str:
    """Follow the link of a page as its person does; return where the browser is sent."""
    with httpx.Client(trust_env=False) as http:
        return http.get(link_of(page)).headers["location"]


def link_of(page: str) -> str:
    """Return the authorization link of a page."""
    return html.unescape(_LINK.search(page)[1])


def words_of(page: str) -> str:
    """Return the words of a page as people read them, on one line."""
    main = re.sub(r"(?s).*<main[^>]*>|</main>.*", "", page)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def ended(server: SharedConsole, name: str = "acme") -> RunProgress:
    """Wait for the end of a run, and return it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run = server.runs.progress(name)
        if not run.is_under_way:
            return run
        threading.Event().wait(0.05)
    raise AssertionError("the run does not end")
