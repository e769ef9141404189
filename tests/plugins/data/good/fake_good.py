"""A plugin that offers one thing of each sort."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.report_figures import ReportSection
from ccm_core.sdk.types import (
    AuthMethod,
    Collector,
    Connector,
    EvidenceKind,
    Horizon,
    RulePackSource,
    Shape,
    View,
)


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


@hookimpl
def ccm_connectors():
    """Offer a connector."""
    yield Connector(
        name="good",
        title="Good",
        settings_schema=schema,
        auth_methods=(AuthMethod(name="key", title="Key", secrets=("key",)),),
        connect=connect,
        collectors=(
            Collector(kind="good.thing", collect=collect),
            Collector(kind="good.part", collect=collect, needs=("good.thing",)),
        ),
        check=check,
        horizon=horizon,
    )


@hookimpl
def ccm_evidence_kinds():
    """Offer two kinds, in no order."""
    return [
        EvidenceKind(
            name=name,
            version=1,
            title=name,
            shape=Shape.SNAPSHOT,
            key=("id",),
            cadence=timedelta(hours=1),
            schema=schema,
        )
        for name in ("good.thing", "good.part")
    ]


@hookimpl
def ccm_views():
    """Offer a view."""
    return (
        View(
            name="good.summary",
            title="Summary",
            inputs=("good.thing",),
            rows=lambda _request: (),
            schema=schema,
        ),
    )


@hookimpl
def ccm_rule_packs():
    """Offer a rule pack."""
    return [RulePackSource(name="good-pack", text=lambda: b"", location="good.yaml")]


@hookimpl
def ccm_report_sections():
    """Offer a section of the report."""
    yield ReportSection(
        name="good.section", title="Section", views=("good.summary",), figures=lambda _request: ()
    )
