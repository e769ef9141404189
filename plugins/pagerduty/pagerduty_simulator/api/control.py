"""How a test steers the simulator: rights, faults, limits, time, and what was asked."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pagerduty_simulator.api.credentials import API_KEY, Credential
from pagerduty_simulator.api.faults import Fault, refuse
from pagerduty_simulator.api.request import Asked
from pagerduty_simulator.api.responses import Answer


class Logged(NamedTuple):
    """A request that was answered."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    status: int
    template: str | None


def _account_key() -> dict[str, Credential]:
    return {API_KEY: Credential(secret=API_KEY)}


@dataclass(slots=True, kw_only=True)
class Steering:
    """Change it at any time, also while requests are under way."""

    keys: dict[str, Credential] = field(default_factory=_account_key)
    """The API keys that are let in."""
    bearers: dict[str, Credential] = field(default_factory=dict)
    """The OAuth tokens that are let in: where an identity server puts what it gives out."""
    refuse_in_html: bool = False
    """Whether a wrong key is answered in HTML, as a proxy in front does."""
    only_teams: set[str] | None = None
    """Ids of the teams whose objects the credential sees; None: everything."""
    hidden_status: int = 404
    """What asking for one hidden object gives: 404, or 403."""
    latency: float = 0.0
    """Seconds that each answer takes, the making of it included."""
    rate_limit: int = 960
    """Requests a window per credential."""
    on_call_limit: int = 480
    """The same for ``/oncalls`` alone; PagerDuty does not publish its number."""
    rate_window: float = 60.0
    """Seconds."""
    limited: Callable[[int], Answer] | None = None
    """Makes the 429 from the seconds to wait; None: PagerDuty's own, with headers."""
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The clock by which tokens and codes expire."""
    clock_skew: timedelta = timedelta(0)
    """How far the ``Date`` header is ahead of this machine's clock."""
    cap: int = 10_000
    """The greatest ``offset + limit``."""
    most: int = 100
    """The greatest ``limit``; what is above is cut to it."""
    until_included: bool = False
    """Whether a window includes the second it ends in; PagerDuty does not say."""
    longest_log_window: timedelta | None = None
    """The longest window of log entries; PagerDuty does not say either."""
    before: Callable[[Asked], None] | None = None
    """Called before each request is answered, for instance to change the account."""
    requests: list[Logged] = field(default_factory=list)
    """Every request so far, in the order of their answers."""
    writes: list[Logged] = field(default_factory=list)
    """Those among them that tried to change something. Must stay empty."""
    _standing: dict[str, Fault] = field(default_factory=dict)
    _scripts: dict[str, deque[Fault | None]] = field(default_factory=lambda: defaultdict(deque))

    def deny(self, template: str, status: int = 403, body: object = None) -> None:
        """Refuse an endpoint until :meth:`allow`: ``deny("/services", 402)``."""
        self.always(template, refuse(status, body))

    def always(self, template: str, fault: Fault) -> None:
        """Spoil every answer of an endpoint until :meth:`allow`."""
        self._standing[template] = fault

    def allow(self, template: str) -> None:
        """End what :meth:`deny`, :meth:`always` and :meth:`script` began."""
        self._standing.pop(template, None)
        self._scripts.pop(template, None)

    def script(self, template: str, faults: Iterable[Fault | None]) -> None:
        """Spoil the next answers of an endpoint, one fault each; None lets one through."""
        self._scripts[template].extend(faults)

    def fault_for(self, asked: Asked) -> Fault | None:
        """Take the fault that the next answer of this endpoint has coming."""
        template = asked.template or asked.path
        if script := self._scripts.get(template):
            return script.popleft()
        return self._standing.get(template) or self._standing.get("*")

    def requests_of(self, template: str) -> list[Logged]:
        """Give the requests of one endpoint so far."""
        return [each for each in self.requests if each.template == template]

    def log(self, asked: Asked, status: int) -> None:
        """Write down that a request was answered."""
        logged = Logged(asked.method, asked.path, asked.params, status, asked.template)
        self.requests.append(logged)
        if asked.method not in {"GET", "HEAD", "OPTIONS"}:
            self.writes.append(logged)
