"""A finding that changes while it is open is, in the table, what its changes make of it."""

from __future__ import annotations

from contextlib import closing

from ccm_core.pipeline.findings.track import track_findings
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store
from tests.findings.evaluations import START, evaluation, result

LATE = ["late"]
BOTH = [result("ack", "D1", "fail", LATE), result("resolve", "D1", "fail", LATE)]
ONE = [result("ack", "D1", "fail", LATE), result("resolve", "D1", "pass")]


def test_verifying_finds_nothing_wrong_with_a_finding_that_changed(tmp_path):
    """Neither at the change, nor after evaluations that changed nothing or its words alone."""
    words = [result("ack", "D1", "fail", LATE, reason="still late"), ONE[1]]
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=tmp_path, create=True)
    with closing(store):
        for hour, results in enumerate((BOTH, ONE, ONE, words, BOTH)):
            step = evaluation(results, hour, {"ack": "high", "resolve": "critical"})
            store.evaluations.append(step)
            track_findings(store)
            verified = verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None)
            assert [one for one in verified.problems if one.table == "finding"] == []
        (finding,) = store.findings.current()
        assert finding.last_seen > START
