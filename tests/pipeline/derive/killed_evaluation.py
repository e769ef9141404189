"""Run by test_cut_off.py: evaluates a store and is killed after some rows and verdicts were kept.

Arguments: the folder, the number of transactions, and how many evaluations go before.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.evaluate import current_moment, watch_scope
from tests.pipeline.derive.conftest import compiled, filled, host, opened
from tests.pipeline.derive.test_by_change import WAIVER, evaluate


class KilledDerivedStore:
    """Rows and verdicts of a store; the process is killed after some transactions."""

    def __init__(self, derived, transactions):
        self._derived, self._remaining = derived, transactions

    def __getattr__(self, name):
        """Return whatever the store has."""
        return getattr(self._derived, name)

    def append(self, batch):
        """Keep a batch, and be killed where it was the last one."""
        self._derived.append(batch)
        self._remaining -= 1
        if not self._remaining:
            os.kill(os.getpid(), signal.SIGKILL)


class KilledStore:
    """A store whose rows and verdicts are those of a :class:`KilledDerivedStore`."""

    def __init__(self, store, transactions):
        self._store, self.derived = store, KilledDerivedStore(store.derived, transactions)

    def __getattr__(self, name):
        """Return whatever the store has."""
        return getattr(self._store, name)


def main(folder, transactions, before):
    """Fill a store, evaluate some times, change it, and evaluate until it is killed."""
    packs = compiled("both")
    with opened(folder) as world:
        filled(world)
        for _ in range(before):
            evaluate(world, packs)
        for number in range(8):
            world.incident(f"I{number}", urgency="low")
        world.refresh()
        context = replace(host(lambda: world.now), views=world.views)
        scopes = [watch_scope(context, connection) for connection in world.connections]
        now = current_moment(context, world.connections, world.store)
        store = KilledStore(world.store, transactions)
        evaluate_changes(context, scopes, store, packs, [WAIVER], now=now)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
