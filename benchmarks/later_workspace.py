"""A workspace whose clock is ahead of the machine's, for the benchmark of the hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ccm_core.app.installation import build_host
from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.app.workspace import Workspace
from ccm_core.pipeline.context import Host

PORTS = CallerPorts(show_message=lambda _: None, key_sources=environment_keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterWorkspace(Workspace):
    """A workspace whose clock is ahead of the machine's."""

    ahead: timedelta = timedelta(0)

    @property
    def host(self) -> Host:
        """What is installed, and the clock."""
        return replace(build_host(self.catalog), clock=lambda: datetime.now(UTC) + self.ahead)
