"""An evaluation that was cut off leaves nothing that the next one builds on."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from ccm_core.errors import StoreError
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store
from tests.pipeline.derive import killed_evaluation
from tests.pipeline.derive.conftest import NOW, catalog, connection
from tests.pipeline.derive.test_by_change import check, evaluate

ROOT = Path(__file__).parents[3]


def world_of(store):
    """Return what evaluating a store again needs."""
    return SimpleNamespace(store=store, now=NOW, views=catalog().views, connections=[connection()])


def reopened(folder, **options):
    """Open the store of a folder."""
    return closing(open_store(StoreLocation(url="sqlite:///ccm.db", options=options), base=folder))


@pytest.mark.slow
@pytest.mark.parametrize("before", [0, 1], ids=["the first evaluation", "a later one"])
@pytest.mark.parametrize("transactions", [1, 2, 4])
def test_an_evaluation_after_a_killed_one_is_that_of_everything(
    tmp_path, packs, before, transactions
):
    """Whatever of its rows and verdicts had been kept; the store verifies before and after."""
    script = killed_evaluation.__spec__.name
    command = [sys.executable, "-m", script, str(tmp_path), str(transactions), str(before)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 - ours
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert problems(tmp_path) == []
    unproven = verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None).unproven
    named = [text for text in unproven if "the rows and verdicts of firm" in text]
    assert bool(named) is (transactions > 1)
    assert not [text for text in unproven if "@derived" in text]
    with reopened(tmp_path) as store:
        assert store.derived.is_unstated("firm")
        check(world_of(store), packs("both"))
        assert not store.derived.is_unstated("firm")
        check(world_of(store), packs("both"))
    assert problems(tmp_path) == []


def problems(folder):
    """Return what verifying the store finds."""
    return list(verify_store(folder / "ccm.db", on_progress=lambda *_: None).problems)


def test_an_evaluation_on_a_full_disk_leaves_the_store_as_it_was(world, packs, tmp_path):
    """It says so, and with room again the next one is that of everything."""
    evaluate(world, packs("mild"))
    world.store.close()
    size = (tmp_path / "ccm.db").stat().st_size
    with (
        reopened(tmp_path, max_size=str(size + 8192)) as full,
        pytest.raises(StoreError, match=r"full|size"),
    ):
        evaluate(world_of(full), packs("both"))
    assert problems(tmp_path) == []
    with reopened(tmp_path) as store:
        check(world_of(store), packs("both"))
    assert problems(tmp_path) == []
