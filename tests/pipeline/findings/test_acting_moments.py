"""What is done about findings is done after the newest evaluation, also where a clock went back."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from ccm_core.model.finding.act import ActKind
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.pipeline.findings.act import Action, act_on_findings
from ccm_core.pipeline.findings.track import track_findings
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from tests.findings.evaluations import HOUR, START, evaluation, result


@pytest.mark.parametrize(
    ("offset", "is_after"),
    [
        pytest.param(HOUR / 2, True, id="later"),
        pytest.param(-HOUR / 2, True, id="the-clock-went-back"),
        pytest.param(-2 * HOUR, False, id="the-evaluation-was-made-by-a-wrong-clock"),
    ],
)
def test_what_is_done_comes_after_the_evaluation_that_opened_the_finding(
    tmp_path, offset: timedelta, is_after
):
    """So it counts; an evaluation from hours ahead moves nothing."""
    opened = open_store(StoreLocation(url="sqlite:///a.db"), base=tmp_path, create=True)
    with closing(opened) as store:
        store.evaluations.append(evaluation([result("owned", "a", "fail")]))
        track_findings(store)
        reader = FindingReader(store=store, policy=FindingPolicy(), now=START + offset)
        (finding,) = store.findings.current()

        (done,) = act_on_findings(reader, [finding.id], Action(kind=ActKind.ACKNOWLEDGED, by="a"))

        assert (done.at > START) is is_after
        (item,) = reader.of([finding])
        assert item.state == ("acknowledged" if is_after else "open")
