"""What processes that evaluate for a test open: a world's folder, with views and faults by name.

Run as a program, it evaluates the world of a folder and is killed while others evaluate for it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

from ccm_core.errors import IntegrityError
from ccm_core.pipeline.derive.worker_messages import WorkerContext
from ccm_core.pipeline.derive.worker_pool import Jobs
from ccm_core.sdk.view import Partitioning
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from tests.pipeline.derive.conftest import (
    INCIDENT,
    NOW,
    VIEW,
    catalog,
    compiled,
    connection,
    filled,
    host,
    opened,
)
from tests.pipeline.derive.killed_evaluation import KilledStore
from tests.pipeline.derive.test_by_change import evaluate


def honest(view):
    """Return the view."""
    return view


def lying(view):
    """Return the view with rows that depend on how many incidents it is handed."""

    def rows(request):
        number = len(request.records[INCIDENT])
        return [
            replace(row, body={**row.body, "incident_number": number}) for row in view.rows(request)
        ]

    return replace(view, rows=rows)


def overlapping(view):
    """Return the view with a row in whatever it is handed, too much for the sample to find."""

    def rows(request):
        rows = list(view.rows(request))
        if len(rows) < 50:
            return rows
        body = {"title": rows[0].subject.key}
        subject = replace(rows[0].subject, key="shared")
        return [*rows, replace(rows[0], subject=subject, body=body, unknown={})]

    def name(row):
        return row.body["title"] if row.subject.key == "shared" else row.subject.key

    partitions = Partitioning(names=view.partitions().names, name=name)
    return replace(view, rows=rows, partitions=lambda: partitions)


def broken(view):
    """Return the view with a bug."""

    def rows(request):
        return [1 / len(request.vanished)]

    return replace(view, rows=rows, vanished=())


def whole(view):
    """Return the view without partitions."""
    return replace(view, partitions=None)


VIEWS = {
    "honest": honest,
    "whole": whole,
    "lying": lying,
    "overlapping": overlapping,
    "broken": broken,
}


def killed():
    """Be killed, as by the kernel where memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def out_of_memory():
    """Raise what Python raises where memory runs out."""
    raise MemoryError


def damaged():
    """Raise what reading a damaged body raises."""
    raise IntegrityError("the record of I3 is damaged; restore the store from a backup")


def faulty():
    """Raise what nobody expects."""
    raise ZeroDivisionError("in no view")


FAULTS = {"killed": killed, "out of memory": out_of_memory, "damaged": damaged}


class FaultyRecords:
    """Records of which some are read a second time with a fault."""

    def __init__(self, records, fault):
        self._records, self._fault, self._reads = records, fault, 0

    def __getattr__(self, name):
        """Return whatever the records have."""
        return getattr(self._records, name)

    def get_many(self, connection_name, kind, keys):
        """Read some records, or do what the fault does."""
        self._reads += 1
        if self._reads > 1:
            self._fault()
        return self._records.get_many(connection_name, kind, keys)


@dataclass(frozen=True, kw_only=True)
class WorldSetup:
    """Opens the world of a folder, and leaves the number of the process there."""

    folder: Path
    packs: str = "both"
    limit: str = "2h"
    views: str = "honest"
    fault: str = ""
    version: str = "1"

    @contextmanager
    def open(self):
        """Open the store for reading, with a fault where there is to be one."""
        (self.folder / f"worker-{os.getpid()}").touch()
        if self.fault == "not opened":
            faulty()
        views = catalog().views | {VIEW: VIEWS[self.views](catalog().views[VIEW])}
        context = replace(host(lambda: NOW), views=views, version=self.version)
        location = StoreLocation(url="sqlite:///ccm.db")
        with closing(open_store(location, base=self.folder, read_only=True)) as store:
            records = store.records
            if self.fault in FAULTS:
                records = FaultyRecords(records, FAULTS[self.fault])
            yield WorkerContext(
                host=context,
                packs=compiled(self.packs, self.limit),
                store=SimpleNamespace(records=records, runs=store.runs),
            )


def jobs(folder, number=2, *, least=1, most=16_000, **setup):
    """Return processes that evaluate the world of a folder, however little there is to do."""
    return Jobs(number=number, setup=WorldSetup(folder=folder, **setup), least=least, most=most)


def processes(folder):
    """Return the numbers of the processes that were started for a folder."""
    return [int(path.name.partition("-")[2]) for path in folder.glob("worker-*")]


def running(folder, patience=0.0):
    """Return those that still run after so many seconds."""
    return [number for number in processes(folder) if not _ends(number, patience)]


def _ends(number, patience):
    try:
        descriptor = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], patience)[0])
    finally:
        os.close(descriptor)


def main(folder):
    """Fill a store, and be killed after the first transaction of an evaluation in processes."""
    with opened(folder) as world:
        filled(world)
        world.store = KilledStore(world.store, 2)
        world.connections = [connection()]
        evaluate(world, compiled("both"), jobs(folder))


if __name__ == "__main__":
    from tests.pipeline.derive import workers  # processes find what they open by this name

    workers.main(Path(sys.argv[1]))
