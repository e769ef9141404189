"""Processes that derive and judge side by side give what one gives, and are gone afterwards."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from ccm_core.errors import CcmError, IntegrityError, WorkerLost
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from tests.pipeline.derive import workers
from tests.pipeline.derive.conftest import INCIDENT, LOG_ENTRY, NOW, VIEW
from tests.pipeline.derive.histories import STEPS
from tests.pipeline.derive.test_by_change import check, comparable, evaluate
from tests.pipeline.derive.test_cut_off import problems, world_of
from tests.pipeline.derive.workers import VIEWS, jobs, processes, running

ROOT = Path(__file__).parents[3]
RUN = re.compile(r"[0-9a-f]{32}")
"""The name of a run, which is another one each time."""


def log(world):
    """Return the log of rows and verdicts, without the names of runs."""
    leaves = world.store.ledger.leaves("firm@derived")
    return [RUN.sub("RUN", repr(leaf)) for leaf in leaves]


def lines(world):
    """Return the digests of the read model's lines."""
    return world.store.derived.line_roots("firm")


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize(("number", "most"), [(1, 4), (2, 16_000), (3, 1)])
@settings(deadline=None, max_examples=3)
@given(steps=STEPS)
def test_processes_keep_what_one_process_keeps(worlds, packs, number, most, steps):
    """After whatever happens: results, the log of rows and verdicts, and the read model's lines.

    However often a process takes the place of another one.
    """
    with (
        tempfile.TemporaryDirectory() as alone,
        tempfile.TemporaryDirectory() as together,
        worlds(Path(alone)) as one,
        worlds(Path(together)) as other,
    ):
        limit = "2h"
        for changes, minutes in steps[:3]:
            for world in (one, other):
                world.now += timedelta(minutes=abs(minutes))
                for change in changes:
                    world.apply(change)
                    limit = change[1] if change[0] == "limit" else limit
                world.refresh()
            _, kept = evaluate(one, packs("both", limit))
            side_by_side = jobs(Path(together), number, most=most, limit=limit)
            _, divided = evaluate(other, packs("both", limit), side_by_side)

            assert comparable(divided) == comparable(kept)
            assert log(other) == log(one)
            assert lines(other) == lines(one)
        assert not running(Path(together))


def copied(folder, name):
    """Copy a folder beside it."""
    return Path(shutil.copytree(folder, folder.with_name(name)))


def store_many(world, number):
    """Store many incidents in one window."""
    body = {
        "incident_number": 7,
        "title": "Disk",
        "created_at": (NOW - timedelta(hours=5)).isoformat(),
        "status": "resolved",
        "urgency": "high",
        "service": {"id": "S0", "summary": "Zero"},
        "resolve_reason": None,
    }
    keys = [f"I{n:05}" for n in range(number)]
    world.store_bodies(INCIDENT, dict.fromkeys(keys, body))
    world.store_bodies(
        LOG_ENTRY,
        {
            f"L{key}": {
                "type": "acknowledge_log_entry",
                "created_at": (NOW - timedelta(hours=4)).isoformat(),
                "agent": {"id": "ann", "type": "user_reference"},
                "channel": {"type": "website"},
                "incident": {"id": key, "summary": key},
            }
            for key in keys
        },
    )
    world.refresh()


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("views", ["honest", "overlapping", "whole"])
def test_the_order_of_what_is_kept_is_that_of_one_process(worlds, packs, tmp_path, views):
    """Of many partitions, first and when all are derived again; whichever process was quicker."""
    logs = []
    for number, most in {0: 0, 1: 1000, 2: 16_000, 3: 500}.items():
        folder = tmp_path / f"jobs-{number}"
        folder.mkdir()
        with worlds(folder) as world:
            world.views = world.views | {VIEW: VIEWS[views](world.views[VIEW])}
            store_many(world, 1300)
            setup = {"packs": "plain", "views": views}
            side_by_side = jobs(folder, number, least=1000, most=most, **setup) if number else None
            evaluate(world, packs("plain"), side_by_side)
            world.store_services({"S0": {}, "S1": {}, "S2": {}})
            world.incident("I00003", urgency="low")
            _, evaluation = evaluate(world, packs("plain"), side_by_side)
            logs.append((log(world), lines(world), comparable(evaluation)))
        assert bool(processes(folder)) == bool(number)
        assert not running(folder)
    assert len(logs[0][0]) > 6
    assert logs == [logs[0]] * 4


def test_few_partitions_are_evaluated_without_processes(world, packs, tmp_path):
    """Nobody pays for processes in an hour in which little changed."""
    evaluate(world, packs("both"), jobs(tmp_path, 3, least=4000))
    assert processes(tmp_path) == []


@pytest.mark.parametrize(
    ("least", "started"),
    [
        pytest.param(40, 0, id="no more than this process evaluates by itself"),
        pytest.param(15, 1, id="no view has as many rows, and all of them have more"),
        pytest.param(9, 1, id="a view has as many rows"),
    ],
)
def test_this_process_judges_a_bounded_number_of_rows(world, packs, tmp_path, least, started):
    """Of all views together: what judging takes of its memory is never released."""
    evaluate(world, packs("both"), jobs(tmp_path, 1, least=least))
    assert len(processes(tmp_path)) == started


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_process_judges_a_bounded_number_of_rows(worlds, packs, tmp_path):
    """Another one takes its place, and it ends before the evaluation does."""
    with worlds(tmp_path) as world:
        store_many(world, 4300)
        store = world.store
        derived = CountedProcesses(store.derived, tmp_path)
        world.store = DerivedStoreOf(store, derived)
        evaluate(world, packs("plain"), jobs(tmp_path, 1, most=1000, packs="plain"))
        world.store = store
    assert len(processes(tmp_path)) >= 4
    assert derived.most <= 3  # one at work, one that begins, and one that has just been asked to
    assert not running(tmp_path)


class CountedProcesses:
    """Rows and verdicts of a store; the processes that run are counted when some are kept."""

    def __init__(self, derived, folder):
        self._derived, self._folder, self.most = derived, folder, 0

    def __getattr__(self, name):
        """Return whatever the store has."""
        return getattr(self._derived, name)

    def append(self, batch):
        """Keep them, and count."""
        self.most = max(self.most, len(running(self._folder)))
        self._derived.append(batch)


LOST = {
    "a process is killed": ({"fault": "killed"}, WorkerLost, r"SIGKILL.*fewer --jobs"),
    "a process has no more memory": ({"fault": "out of memory"}, WorkerLost, "memory"),
    "a process reads a damaged record": ({"fault": "damaged"}, IntegrityError, "I3 is damaged"),
    "a process cannot open the store": ({"fault": "not opened"}, CcmError, "in no view"),
    "a process is of another version": ({"version": "2"}, WorkerLost, "start ccm again"),
}


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(("setup", "error", "text"), LOST.values(), ids=LOST)
def test_an_evaluation_whose_process_fails_is_refused_and_lost_nothing(
    world, packs, tmp_path, number, setup, error, text
):
    """No process is left, the store verifies, and the next evaluation is that of everything."""
    with pytest.raises(error, match=text):
        evaluate(world, packs("both"), jobs(tmp_path, number, **setup))
    assert processes(tmp_path)
    assert not running(tmp_path)
    assert world.store.evaluations.latest() is None
    assert problems(tmp_path) == []
    check(world, packs("both"))
    assert problems(tmp_path) == []


@pytest.mark.parametrize("views", ["lying", "broken"])
def test_a_wrong_view_is_the_same_error_in_processes(world, packs, tmp_path, views):
    """Its rules are errors that name it; those over other rows are judged."""
    world.views = world.views | {VIEW: VIEWS[views](world.views[VIEW])}
    folder = copied(tmp_path, f"{tmp_path.name}-alone")
    with closing(open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)) as store:
        alone = world_of(store)
        alone.views = world.views
        _, expected = evaluate(alone, packs("both"))
    _, evaluation = evaluate(world, packs("both"), jobs(tmp_path, views=views))

    assert comparable(evaluation) == comparable(expected)
    # What rests on a kind that nobody read is inconclusive whatever the view does.
    statuses = {str(rule.status.value) for rule in evaluation.rules if rule.over == VIEW}
    assert "error" in statuses
    assert statuses <= {"error", "insufficient"}
    assert {rule.status for rule in evaluation.rules if rule.over != VIEW} != {"error"}
    assert not running(tmp_path)


class InterruptedDerivedStore:
    """Rows and verdicts of a store; something happens when some of them are kept."""

    def __init__(self, derived, error):
        self._derived, self._error, self._batches = derived, error, 0

    def __getattr__(self, name):
        """Return whatever the store has."""
        return getattr(self._derived, name)

    def append(self, batch):
        """Keep what is indexed; not what is derived."""
        if batch.subjects:
            raise self._error
        self._derived.append(batch)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), CcmError("the disk is full")])
def test_processes_are_gone_when_the_evaluation_is_interrupted(world, packs, tmp_path, error):
    """Whatever they were doing."""
    store = world.store
    derived = InterruptedDerivedStore(store.derived, error)
    world.store = DerivedStoreOf(store, derived)
    with pytest.raises(type(error)):
        evaluate(world, packs("both"), jobs(tmp_path))
    world.store = store
    assert processes(tmp_path)
    assert not running(tmp_path)
    check(world, packs("both"))


class DerivedStoreOf:
    """A store with other rows and verdicts."""

    def __init__(self, store, derived):
        self._store, self.derived = store, derived

    def __getattr__(self, name):
        """Return whatever the store has."""
        return getattr(self._store, name)


def test_processes_end_with_the_one_that_was_killed(tmp_path, packs):
    """Nobody asks them to: the pipe of their tasks is closed."""
    command = [sys.executable, "-m", workers.__spec__.name, str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, check=False)  # noqa: S603 - ours
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert processes(tmp_path)
    assert not running(tmp_path, patience=60)
    with closing(open_store(StoreLocation(url="sqlite:///ccm.db"), base=tmp_path)) as store:
        check(world_of(store), packs("both"))


def test_rows_that_are_judged_again_are_divided(world, packs, tmp_path):
    """Where a rule has changed, though no row has."""
    evaluate(world, packs("mild"))
    world.now += timedelta(minutes=1)
    _, evaluation = evaluate(world, packs("mild", "6h"), jobs(tmp_path, packs="mild", limit="6h"))
    assert processes(tmp_path)
    world.now += timedelta(minutes=1)
    check(world, packs("mild", "6h"))
    assert {rule.status for rule in evaluation.rules} - {"error"}
