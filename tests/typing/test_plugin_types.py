"""What mypy says to a plugin author: a typed plugin is accepted, a mistake is an error.

``make lint`` checks this module. A line with ``type: ignore`` must be an error of that code, since
mypy reports every one that is not needed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.collector import CollectRequest
from ccm_core.sdk.connector import Session
from ccm_core.sdk.http import HttpResponse, HttpSource
from ccm_core.sdk.paging import (
    CapReached,
    CursorPage,
    OffsetPage,
    paginate_by_cursor,
    paginate_by_offset,
)
from ccm_core.sdk.types import (
    AuthMethod,
    Collector,
    CollectorEvent,
    Connector,
    ConnectRequest,
    CredentialInfo,
    Diagnosis,
    EvidenceKind,
    Horizon,
    JsonObject,
    Page,
    Partitioning,
    Request,
    Row,
    Shape,
    Traffic,
    View,
    ViewRequest,
    Visibility,
)


@dataclass
class AcmeSession:
    """A session with a type of its own, as plugins have it."""

    traffic: Traffic = field(default_factory=Traffic)
    credential: CredentialInfo = field(
        default_factory=lambda: CredentialInfo(kind="api_token", visibility=Visibility.WHOLE)
    )


async def collect(session: AcmeSession, request: CollectRequest) -> AsyncIterator[CollectorEvent]:
    """Yield one page."""
    session.traffic.requests += 1
    yield Page(
        request=Request(endpoint="/backups"),
        number=1,
        items=list(request.current_records.get("acme.vault", ())),
        response_digest="sha256:0",
        received_at=request.now,
    )


@asynccontextmanager
async def connect(request: ConnectRequest) -> AsyncIterator[AcmeSession]:
    """Open a session."""
    assert request.connection
    yield AcmeSession()


async def check(_session: AcmeSession) -> Sequence[Diagnosis]:
    """Diagnose nothing."""
    return [Diagnosis(subject="/backups", ok=True, message="backups can be listed")]


def horizon(_settings: JsonObject) -> Horizon:
    """Look back a day."""
    return Horizon(lookback=timedelta(days=1), lookahead=timedelta(0))


def rows(request: ViewRequest) -> Iterable[Row]:
    """Derive nothing."""
    assert request.records is not None
    return ()


CONNECTOR = Connector(
    name="acme",
    title="Acme",
    settings_schema=dict,
    auth_methods=(AuthMethod(name="token", title="Token", secrets=("token",)),),
    connect=connect,
    collectors=(Collector(kind="acme.backup", collect=collect),),
    check=check,
    horizon=horizon,
)
KIND = EvidenceKind(
    name="acme.backup",
    version=1,
    title="Backups",
    shape=Shape.SNAPSHOT,
    key=("id",),
    cadence=timedelta(hours=24),
    schema=dict,
)
VIEW = View(
    name="acme.summary",
    title="Summary",
    inputs=("acme.backup",),
    rows=rows,
    schema=dict,
    partitions=lambda: Partitioning(
        names={"acme.backup": lambda record: [record.key]}, name=lambda row: row.subject.key
    ),
)


def retry_after(response: HttpResponse) -> float | None:
    """Read the standard header."""
    return float(response.headers.get("retry-after", "0"))


if TYPE_CHECKING:
    SESSION: Session = AcmeSession()

    async def read(cursor: str | None, number: int) -> CursorPage:
        """Read a page by cursor."""

    async def kinds_of_pages() -> None:
        """Cursor paging yields pages alone; offset paging may end with a cap."""
        async for page in paginate_by_cursor(read):
            page.items  # noqa: B018 - has them
        async for event in paginate_by_offset(read_page, limit=1, cap=10):
            event.items  # type: ignore[union-attr]  # noqa: B018 - a CapReached has none
            assert isinstance(event, Page | CapReached)

    async def read_page(offset: int, limit: int, number: int) -> OffsetPage:
        """Read a page by offset."""

    async def read_at(offset: int, limit: int, number: int) -> None:
        """Read a page of the wrong type."""

    paginate_by_offset(read_at, limit=1, cap=10)  # type: ignore[arg-type]
    Diagnosis(subject="x", ok="yes", message="m")  # type: ignore[arg-type]
    Diagnosis(subject="x", good=True, found="m")  # type: ignore[call-arg]
    Collector(kind="acme.backup", collect=connect)  # type: ignore[arg-type]
    View(name="v", title="V", inputs=(), rows=lambda _request: [1], schema=dict)  # type: ignore[list-item]
    HttpSource("https://acme.example", headers={}, retry_after=retry_after)  # type: ignore[call-arg]
    KIND.title = "Another"  # type: ignore[misc]


def test_a_typed_plugin_is_what_the_sdk_expects() -> None:
    """The values that mypy accepted are made without an error."""
    assert CONNECTOR.selected_collectors({}) == CONNECTOR.collectors
    assert VIEW.partitions is not None
    assert list(VIEW.partitions().names) == [KIND.name]
    assert horizon({}).lookback == datetime(2026, 1, 2, tzinfo=UTC) - datetime(
        2026, 1, 1, tzinfo=UTC
    )
