"""Controls of the simulator for tests: rights, faults, limits, time, and the log of requests."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pagerduty_simulator.api.credentials import API_KEY, SimulatedCredential
from pagerduty_simulator.api.faults import Fault, refuse
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse


class LoggedRequest(NamedTuple):
    """A request that was answered."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    status: int
    template: str | None


def _account_key() -> dict[str, SimulatedCredential]:
    return {API_KEY: SimulatedCredential(secret=API_KEY)}


@dataclass(slots=True, kw_only=True)
class SimulatorControl:
    """The behavior of a simulator. Change it at any time, also while requests are in flight."""

    api_keys: dict[str, SimulatedCredential] = field(default_factory=_account_key)
    """The API keys that are accepted."""
    bearer_tokens: dict[str, SimulatedCredential] = field(default_factory=dict)
    """The OAuth tokens that are accepted: an identity server adds those it issues."""
    refuse_in_html: bool = False
    """Whether a wrong key is answered in HTML, as by a proxy in front of the API."""
    visible_teams: set[str] | None = None
    """Ids of the teams whose objects the credential sees; None: every object."""
    hidden_status: int = 404
    """The status for a single hidden object: 404, or 403."""
    latency: float = 0.0
    """Seconds from a request to its response, the time to compute it included."""
    rate_limit: int = 960
    """Requests a window per credential."""
    on_call_limit: int = 480
    """The same for ``/oncalls`` alone; PagerDuty does not publish its number."""
    rate_window: float = 60.0
    """Seconds."""
    rate_limit_response: Callable[[int], SimulatedResponse] | None = None
    """Builds the 429 from the seconds to wait; None: PagerDuty's own, with headers."""
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The clock by which tokens and codes expire."""
    clock_skew: timedelta = timedelta(0)
    """How far the ``Date`` header is ahead of this machine's clock."""
    sends_date: bool = True
    """Whether responses carry a ``Date`` header."""
    paging_cap: int = 10_000
    """The greatest ``offset + limit``."""
    max_limit: int = 100
    """The greatest ``limit``; a greater one is reduced to it."""
    until_inclusive: bool = False
    """Whether a window includes the second it ends in; PagerDuty does not document it."""
    max_log_window: timedelta | None = None
    """The longest window of log entries; PagerDuty does not document it either."""
    before_response: Callable[[SimulatedRequest], None] | None = None
    """Called before each request is answered, for instance to change the account."""
    requests: list[LoggedRequest] = field(default_factory=list)
    """Every request so far, in the order of their responses."""
    writes: list[LoggedRequest] = field(default_factory=list)
    """Those among them that tried to change something. Must stay empty."""
    _permanent_faults: dict[str, Fault] = field(default_factory=dict)
    _scripts: dict[str, deque[Fault | None]] = field(default_factory=lambda: defaultdict(deque))

    def deny(self, template: str, status: int = 403, body: object = None) -> None:
        """Refuse an endpoint until :meth:`allow`: ``deny("/services", 402)``."""
        self.inject(template, refuse(status, body))

    def inject(self, template: str, fault: Fault) -> None:
        """Inject a fault into every response of an endpoint until :meth:`allow`."""
        self._permanent_faults[template] = fault

    def allow(self, template: str) -> None:
        """Remove the faults of :meth:`deny`, :meth:`inject` and :meth:`script`."""
        self._permanent_faults.pop(template, None)
        self._scripts.pop(template, None)

    def script(self, template: str, faults: Iterable[Fault | None]) -> None:
        """Inject one fault into each of the next responses of an endpoint; None injects none."""
        self._scripts[template].extend(faults)

    def fault_for(self, request: SimulatedRequest) -> Fault | None:
        """Return the fault for a request, and consume it where it was scripted."""
        template = request.template or request.path
        if script := self._scripts.get(template):
            return script.popleft()
        return self._permanent_faults.get(template) or self._permanent_faults.get("*")

    def requests_to(self, template: str) -> list[LoggedRequest]:
        """Return the requests to one endpoint so far."""
        return [request for request in self.requests if request.template == template]

    def log(self, request: SimulatedRequest, status: int) -> None:
        """Append an answered request to the log."""
        params = tuple(request.params.multi_items())
        logged = LoggedRequest(request.method, request.path, params, status, request.template)
        self.requests.append(logged)
        if request.method not in {"GET", "HEAD", "OPTIONS"}:
            self.writes.append(logged)
