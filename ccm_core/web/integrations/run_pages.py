"""Testing and running a connection, and the progress of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.app.check import check_workspace
from ccm_core.model.console.activity import ActivityKind
from ccm_core.web.answers import Answer, HtmlPage, Redirect
from ccm_core.web.integrations.connection_pages import (
    asked_connection,
    connection_path,
    shown_connection,
)
from ccm_core.web.integrations.patience import within_patience
from ccm_core.web.server_state.run_progress import RunProgress

if TYPE_CHECKING:
    from ccm_core.web.visit import Visit


def test_connection(visit: Visit) -> Answer:
    """Test a connection as ``ccm check`` does, and show every endpoint."""
    settings = asked_connection(visit)
    visit.note(ActivityKind.STARTED, f"test of connection {settings.name}")
    checking = check_workspace(visit.workspace, [settings.name])
    checked = within_patience(checking)
    tested = [*checked.plugins, *(one for each in checked.connections for one in each.diagnoses)]
    return shown_connection(visit, settings, tested=tested)


def start_run(visit: Visit) -> Answer:
    """Start a run in the background, and show its progress."""
    settings = asked_connection(visit)
    force = visit.field("all") == "yes"
    words = "everything" if force else "what is due"
    visit.note(ActivityKind.STARTED, f"run of connection {settings.name}", after=words)
    identity = visit.identity
    progress = RunProgress(
        connection=settings.name,
        started_at=visit.now,
        started_by=identity.name if identity else "",
    )
    started = visit.console.runs.start(visit.workspace, progress, force=force)
    path = f"{connection_path(settings.name)}/run"
    return Redirect(path=path, done="started" if started else "")


def run_page(visit: Visit) -> Answer:
    """Show the newest run that was started here; the page follows it."""
    return _run(visit, "integrations/run.html")


def run_fragment(visit: Visit) -> Answer:
    """Show the part of that page that changes."""
    return _run(visit, "integrations/run_progress.html")


def _run(visit: Visit, template: str) -> HtmlPage:
    settings = asked_connection(visit)
    return HtmlPage(
        template=template,
        values={
            "name": settings.name,
            "run": visit.console.runs.progress(settings.name),
            "path": connection_path(settings.name),
            "moment": visit.now,
        },
    )
