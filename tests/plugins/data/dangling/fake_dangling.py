"""A plugin whose things refer to what is not there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.report_figures import ReportSection
from ccm_core.sdk.types import AuthMethod, Collector, Connector, EvidenceKind, Horizon, Shape, View


@asynccontextmanager
async def connect(_request):
    """Open nothing."""
    yield None


async def check(_session):
    """Find nothing."""
    return ()


async def collect(_session, _ask):
    """Collect nothing."""
    for finding in ():
        yield finding


def horizon(_settings):
    """Watch nothing."""
    return Horizon(lookback=timedelta(0), lookahead=timedelta(0))


def schema():
    """Allow everything."""
    return {"type": "object"}


def broken():
    """Be no schema."""
    return {"type": "objekt"}


def missing():
    """Fail to load."""
    msg = "thing.json"
    raise FileNotFoundError(msg)


@hookimpl
def ccm_connectors():
    """Offer a connector with collectors of nothing, out of order and twice."""
    yield Connector(
        name="dangling",
        title="Dangling",
        settings_schema=broken,
        auth_methods=(
            AuthMethod(name="key", title="Key", secrets=("key",), fields={"id": {"type": 3}}),
        ),
        connect=connect,
        collectors=(
            Collector(kind="dangling.event", collect=collect, needs=("dangling.none",)),
            Collector(kind="dangling.none", collect=collect),
            Collector(kind="dangling.event", collect=collect),
        ),
        check=check,
        horizon=horizon,
    )


@hookimpl
def ccm_evidence_kinds():
    """Offer a kind of events without key or instant."""
    yield EvidenceKind(
        name="dangling.event",
        version=1,
        title="Events",
        shape=Shape.EVENT,
        key=(),
        cadence=timedelta(hours=1),
        schema=missing,
    )


@hookimpl
def ccm_views():
    """Offer a view of nothing."""
    yield View(
        name="dangling.summary",
        title="Summary",
        inputs=("dangling.none",),
        rows_of="dangling.event",
        rows=lambda _request: (),
        schema=schema,
    )


@hookimpl
def ccm_report_sections():
    """Offer a section of nothing."""
    yield ReportSection(
        name="dangling.section",
        title="Section",
        views=("dangling.summary", "dangling.gone"),
        figures=lambda _request: (),
    )
