"""Parts of a window that are stored before its end: evidence, and no statement of the window."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.digest import digest
from ccm_core.model.evidence.collection import Outcome, Request
from ccm_core.model.json_codec import encode
from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import Collector, Flush, Page, Reason, Shortfall

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=2)
SETTLES_AFTER = timedelta(minutes=10)


class Killed(BaseException):
    """The process is gone."""


def event(number, at=LONG_AGO, **fields):
    """Make an event."""
    return {"id": f"E{number}", "at": format_instant(at), **fields}


def page(items, name="/events"):
    """Make the only page of a listing."""
    return Page(
        request=Request(endpoint=name),
        number=1,
        items=items,
        response_digest=digest(encode(items)),
        received_at=NOW,
        last=True,
    )


@dataclass
class Scripted:
    """Collects what a script says for each read, and keeps what it was handed."""

    reads: list[list]
    flushed: list[set[str]] = field(default_factory=list)

    async def collect(self, session, request):
        """Yield the events of the next read; raise what is to be raised."""
        session.traffic.requests += 1
        self.flushed.append({body["id"] for body in request.flushed})
        for step in self.reads.pop(0):
            if step is Killed:
                raise Killed
            yield step


@pytest.fixture
def read(events):
    """Run one read after the other, each with a script; return the round and the collector."""

    def run(*reads, settles_after=SETTLES_AFTER, moments=None, force=False):
        scripted, round_ = Scripted(list(map(list, reads))), events([LONG_AGO])
        options = {"settles_after": settles_after, "longest_window": timedelta(days=60)}
        round_.collectors = [Collector(kind="fake.event", collect=scripted.collect, **options)]
        moments = moments or [NOW] * len(reads)
        for number, moment in enumerate(moments):
            try:
                round_.run(moment, everything=force and number > 0)
            except Killed:
                continue
        return round_, scripted

    return run


PART = [page([event(1, owner={"id": "O1"})]), Flush()]
REST = [page([event(2)], "/rest")]
NEVER_LATER = {"moments": [NOW, NOW + timedelta(minutes=1)]}


def test_a_part_is_evidence_and_covers_no_time(read):
    """It is stored at once, and the window is read again as if nothing had been."""
    round_, scripted = read([*PART, Killed], [Killed])
    assert len(scripted.flushed) == 2
    (part,) = round_.keeper.collections("fake.event")
    assert (part.outcome, part.window.length) == (Outcome.COMPLETE, timedelta(0))
    assert set(round_.keeper.bodies("fake.event")) == {"E1"}


@pytest.mark.parametrize(
    ("options", "handed"),
    [
        pytest.param({}, set(), id="before the window had settled"),
        pytest.param({"force": True}, set(), id="all is read anew, before it had settled"),
        pytest.param({"force": True, "settles_after": timedelta(0)}, {"E1"}, id="all is read anew"),
        pytest.param({"settles_after": None}, set(), id="events never settle"),
        pytest.param({"settles_after": timedelta(0)}, {"E1"}, id="of a settled window"),
    ],
)
def test_the_next_run_is_handed_parts_of_what_it_reads(read, options, handed):
    """Only where no event can have been added to the window since."""
    _, scripted = read([*PART, Killed], REST, **options)
    assert scripted.flushed == [set(), handed]


def test_runs_that_read_all_anew_go_on_from_what_the_stopped_ones_have_stored(read):
    """Only from that: what was there when the window was last read to its end is read anew."""
    anew = [page([event(3)]), Flush(), Killed]
    _, scripted = read(
        [*PART, Killed], REST, REST, anew, REST, settles_after=timedelta(0), force=True
    )
    assert scripted.flushed == [set(), {"E1"}, set(), set(), {"E3"}]


def test_a_part_that_a_clock_which_was_ahead_has_dated_is_read_anew(read):
    """Whether its window had settled is not known."""
    _, scripted = read(
        [*PART, Killed],
        REST,
        settles_after=timedelta(0),
        force=True,
        moments=[NOW + timedelta(hours=3), NOW],
    )
    assert scripted.flushed == [set(), set()]


def test_a_part_of_a_shorter_window_counts_for_nothing(read):
    """Its collector did not read the rest of the window with it."""
    _, scripted = read([*PART, Killed], REST, settles_after=timedelta(0), **NEVER_LATER)
    assert scripted.flushed == [set(), set()]


def test_a_window_whose_parts_count_names_what_they_refer_to(read):
    """The references of stored events are as open as those of the events that were read."""
    round_, _ = read([*PART, Killed], REST, settles_after=timedelta(0))
    whole = round_.keeper.collections("fake.event")[-1]
    assert whole.outcome is Outcome.COMPLETE
    assert whole.notes == ("1 of its events were stored by runs that were stopped",)


@pytest.mark.parametrize(
    "flaw",
    [
        pytest.param(Shortfall(reason=Reason.SOURCE_ERROR, detail="500"), id="a shortfall"),
        pytest.param(page([event(1, size="large")], "/odd"), id="an object that is refused"),
    ],
)
def test_what_was_read_with_a_flaw_is_no_part(read, flaw):
    """It waits for the collection of the window, which states the flaw; the next part does not."""
    parts = [page([event(1)]), flaw, Flush(), page([event(3)], "/more"), Flush()]
    round_, _ = read([*parts, Killed])
    assert set(round_.keeper.bodies("fake.event")) == {"E3"}


def test_a_window_that_is_read_to_its_end_holds_its_parts(read):
    """One run: the parts are stored, and then the window, with everything."""
    round_, _ = read([*PART, *REST])
    *parts, whole = round_.keeper.collections("fake.event")
    assert [part.window.length for part in parts] == [timedelta(0)]
    assert (whole.outcome, whole.counts.items) == (Outcome.COMPLETE, 2)
    assert len({part.id for part in (*parts, whole)}) == 2
    assert whole.window.until == NOW
