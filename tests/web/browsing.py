"""A browser without a screen for tests of the console: it signs in, and sends forms as pages do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from starlette.testclient import TestClient

from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.app.workspace import Workspace
from ccm_core.web.access.identity import LOCAL, Identity, SessionLimits
from ccm_core.web.access.one_time_link import OneTimeLink
from ccm_core.web.access.roles import Role
from ccm_core.web.application import application
from ccm_core.web.console import Console, CurrentWorkspace

ORIGIN = "http://127.0.0.1:8480"
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@dataclass
class ManualClock:
    """A clock that stands still until a test moves it."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now


@dataclass
class ServedConsole:
    """A console of some settings, and the clock and role that a test gives it."""

    settings: Path
    clock: ManualClock
    role: Role = Role.ADMIN
    limits: SessionLimits = field(default_factory=SessionLimits)
    messages: list[str] = field(default_factory=list)
    link: OneTimeLink = field(default_factory=OneTimeLink)
    origin: str = ORIGIN
    workspaces: CurrentWorkspace = field(init=False)

    def __post_init__(self) -> None:
        """Read the settings."""
        ports = CallerPorts(show_message=self.messages.append, key_sources=environment_keys)
        self.workspaces = CurrentWorkspace(
            self.settings, lambda: Workspace.open(self.settings, ports)
        )

    @property
    def console(self) -> Console:
        """The console as it is configured now."""
        return Console(
            workspaces=self.workspaces,
            clock=self.clock,
            origin=self.origin,
            hosts=frozenset({self.origin.removeprefix("http://")}),
            link=self.link,
            local=Identity(issuer=LOCAL, subject="tester", name="Tess Ter", role=self.role),
            limits=self.limits,
        )

    def browser(self) -> Browser:
        """Return a browser of somebody who is not signed in."""
        return Browser(self)

    def signed_in(self) -> Browser:
        """Return a browser of somebody who is."""
        browser = self.browser()
        browser.sign_in()
        return browser


class Browser:
    """What one person does: pages, links and forms."""

    def __init__(self, served: ServedConsole) -> None:
        self.served = served
        self.client = TestClient(
            application(served.console), base_url=ORIGIN, follow_redirects=False
        )

    def sign_in(self):
        """Open the one-time link and press its button."""
        secret = self.served.link.renew()
        return self.client.post("/sign-in", data={"link": secret}, headers={"Origin": ORIGIN})

    def get(self, path: str, **headers: str):
        """Open a page."""
        return self.client.get(path, headers=headers)

    def csrf(self) -> str:
        """Return the token that forms carry."""
        return _CSRF.search(self.get("/settings").text)[1]

    def send(self, path: str, *, csrf: str | None = None, origin: str | None = ORIGIN, **form):
        """Send a form as a page of the console does."""
        token = self.csrf() if csrf is None else csrf
        headers = {} if origin is None else {"Origin": origin}
        return self.client.post(path, data={"csrf": token, **form}, headers=headers)
