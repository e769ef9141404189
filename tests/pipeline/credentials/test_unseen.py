"""Whether a credential that sees the whole account would have more to read than the last one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.planned_run import plan_run
from ccm_core.sdk.types import Collector, Connector, EvidenceKind, Horizon, Shape

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KIND = "acme.team"
HIDDEN = Shortfall(reason=Reason.VISIBILITY, detail="the key of a user")
BROKEN = Shortfall(reason=Reason.SOURCE_ERROR, detail="500")


async def nothing(_session, _request):
    """Collect nothing."""
    for page in ():
        yield page


async def no_diagnoses(_session):
    """Find nothing wrong."""
    return ()


CONNECTOR = Connector(
    name="acme",
    title="Acme",
    settings_schema=dict,
    auth_methods=(),
    connect=lambda _request: None,
    collectors=(Collector(kind=KIND, collect=nothing),),
    check=no_diagnoses,
    horizon=lambda _settings: Horizon(lookback=24 * HOUR, lookahead=timedelta(0)),
)
CONNECTION = Connection(
    name="acme-prod", connector=CONNECTOR, settings={}, auth_method="key", settings_digest="x"
)
TEAM = EvidenceKind(
    name=KIND,
    version=1,
    title="Teams",
    shape=Shape.SNAPSHOT,
    key=("id",),
    cadence=HOUR,
    schema=dict,
)
HOST = Host(version="1", kinds={KIND: TEAM}, views={}, plugins=(), clock=lambda: NOW)


class Runs:
    """The stored collections of a connection."""

    def __init__(self, *collections):
        self._collections = list(collections)

    def collections(self, connection, *, since):
        """Return those of a connection since a moment."""
        return [
            one
            for one in self._collections
            if one.connection == connection and one.ended_at >= since
        ]


def read(*shortfalls, ago=10 * MINUTE, number=1, account=None):
    """Return a collection of the teams so long ago, with what it lacked."""
    at = NOW - ago
    return Collection(
        id=f"run{number}/{KIND}/1",
        run=f"run{number}",
        connection="acme-prod",
        kind=KIND,
        version=1,
        started_at=at,
        ended_at=at,
        outcome=Outcome.PARTIAL if shortfalls else Outcome.COMPLETE,
        shortfalls=shortfalls,
        account=account,
    )


@pytest.mark.parametrize(
    ("stored", "unseen", "due"),
    [
        pytest.param([], False, True, id="nothing is stored: all is due anyway"),
        pytest.param([read()], False, False, id="everything was seen"),
        pytest.param([read(HIDDEN)], True, False, id="a part was not visible"),
        pytest.param([read(HIDDEN, ago=2 * HOUR)], False, True, id="it is due anyway"),
        pytest.param([read(BROKEN)], False, True, id="it failed for another reason: due anyway"),
        pytest.param([read(HIDDEN, BROKEN)], False, True, id="both reasons: due anyway"),
        pytest.param(
            [read(HIDDEN, ago=20 * MINUTE), read(number=2)], False, False, id="seen since"
        ),
        pytest.param(
            [read(ago=20 * MINUTE), read(HIDDEN, number=2)], True, False, id="not seen since"
        ),
    ],
)
def test_whether_a_credential_of_the_whole_account_would_read_more(stored, unseen, due):
    """Only then is the source opened although nothing is due: its key may have been replaced."""
    planned = plan_run(HOST, CONNECTION, Runs(*stored), force=False)
    assert (planned.unseen, bool(planned.due.tasks)) == (unseen, due)


def test_a_credential_that_sees_all_reads_what_was_not_visible():
    """The plan that is made once the source is open has it, and nothing is unseen any more."""
    planned = plan_run(HOST, CONNECTION, Runs(read(HIDDEN)), force=False, sees_whole=True)
    assert ([task.kind.name for task in planned.due.tasks], planned.unseen) == ([KIND], False)


def test_what_was_hidden_of_another_account_is_not_unseen():
    """Collections of the former account count for nothing: all of the new one is due."""
    stored = Runs(read(HIDDEN, account="old.example"))
    planned = plan_run(HOST, CONNECTION, stored, force=False, account="new.example")
    assert (planned.unseen, bool(planned.due.tasks)) == (False, True)
