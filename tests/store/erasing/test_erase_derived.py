"""Erasing records takes the rows and verdicts with it that were made from them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from evaluations_left import PACK, ROWS, VERDICTS, VIEW

from ccm_core.model.evaluation.derived import derived_log
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.store.sqlite.verify import verify_store

LOG = derived_log("demo")


@pytest.fixture
def evaluated(reopen, build, left, key):
    """Return a store with records of ``a``, ``b`` and ``c``, and two evaluations of them.

    The row of ``b`` was read from ``c`` as well; ``a`` and ``c`` fail, so that a reason names them.
    """
    store = reopen(key())
    for number in (1, 2):
        run, at = f"r{number}", 10 * number
        store.runs.begin(build.run(run, at=at))
        bodies = {name: {"name": name, "n": number if name == "a" else 0} for name in "abc"}
        store.records.append(build.harvest(f"c{number}", bodies, run=run, at=at, snapshot=True))
        store.runs.seal(build.manifest(run, at=at + 1))
        names = {"b": ["demo.thing:b", "demo.thing:c"]}
        statuses = {"a": "fp", "b": "pn", "c": "ff"}
        evaluation = left.evaluation(store, number, at=at + 3, statuses=statuses, names=names)
        store.evaluations.append(evaluation, None, (), left.act(number))
    return store


def order(build, **chosen):
    """Return an order to erase."""
    return Erasure(id="e1", reason="asked to", erased_at=build.at(99), **chosen)


def verified(tmp_path):
    """Verify the store of a test."""
    return verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None)


def present(tmp_path):
    """Return the rows and verdicts whose bodies are there, as ``kind key``, in any version."""
    query = """
        SELECT DISTINCT kind, key FROM version JOIN body USING (digest) WHERE connection = ?
        """
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        return {
            f"{'row' if kind == ROWS else 'verdict'} {key.partition(':')[2]}"
            for kind, key in database.execute(query, (LOG,))
        }


ALL = {f"{noun} {key}" for noun in ("row", "verdict") for key in "abc"}
THING = {"connection": "demo", "kind": "demo.thing"}


@pytest.mark.parametrize(
    ("chosen", "gone", "rows", "verdicts"),
    [
        pytest.param(THING | {"key": "a"}, {"row a", "verdict a"}, 2, 1, id="every version"),
        pytest.param(THING | {"key": "b"}, {"row b"}, 1, 0, id="a verdict without reasons stays"),
        pytest.param(
            THING | {"key": "c"}, {"row b", "row c", "verdict c"}, 2, 1, id="what was read beside"
        ),
        pytest.param({"connection": "demo"}, ALL - {"verdict b"}, 4, 2, id="a connection"),
        pytest.param({"connection": "other"}, set(), 0, 0, id="another connection"),
        pytest.param({"kind": "demo.part"}, set(), 0, 0, id="another kind"),
    ],
)
def test_rows_and_verdicts_go_with_their_records(
    evaluated, build, tmp_path, chosen, gone, rows, verdicts
):
    """The order says how many before; afterwards the store verifies, and the log names them."""
    before = evaluated.erasure.preview(order(build, **chosen))
    assert (before.rows, before.verdicts) == (rows, verdicts)
    assert present(tmp_path) == ALL

    assert evaluated.erasure.erase(order(build, **chosen)) == before
    assert present(tmp_path) == ALL - gone
    verification = verified(tmp_path)
    assert (verification.problems, verification.unproven) == ((), ())
    assert (verification.erased > 0) == bool(gone)


def test_an_erasure_by_age_takes_rows_of_old_versions_alone(evaluated, build, tmp_path):
    """A row that was read from a version that stays is no copy of the erased one."""
    old = order(build, stored_before=build.at(15), excluded_kinds=frozenset({"demo.thing"}))
    result = evaluated.erasure.erase(old)
    assert (result.bodies, result.rows, result.verdicts) == (1, 1, 1)
    contents = evaluated.records.history(LOG, ROWS, "demo.thing:a")
    assert [record.erased_at for record in contents if record.digest] == [build.at(99), None]
    assert verified(tmp_path).problems == ()


def test_nothing_of_what_was_erased_is_left_in_the_read_model(evaluated, build):
    """Titles and owners are in its lines: the next evaluation makes them anew."""
    assert not evaluated.derived.is_unstated("demo")
    evaluated.erasure.erase(order(build, **THING, key="a"))
    assert list(evaluated.derived.subjects("demo", VIEW)) == []
    assert list(evaluated.derived.verdicts("demo", PACK, VIEW)) == []
    assert evaluated.derived.line_roots("demo") == {}
    assert evaluated.derived.digests("demo", VERDICTS) == {}
    assert evaluated.derived.is_unstated("demo")


@pytest.mark.parametrize("read", ["latest", "by digest", "all"])
def test_an_evaluation_can_be_read_after_an_erasure(evaluated, build, read):
    """Results on what was erased are left out; its numbers still count them."""
    evaluated.erasure.erase(order(build, **THING, key="a"))
    stored = evaluated.evaluations.latest()
    evaluation = {
        "latest": lambda: stored.evaluation,
        "by digest": lambda: evaluated.evaluations.get(stored.digest),
        "all": lambda: [each for _, each in evaluated.evaluations.between()][-1],
    }[read]()
    assert {
        rule.rule: ([result.subject.key for result in rule.results], rule.population.total)
        for rule in evaluation.rules
    } == {"demo_first": (["b", "c"], 3), "demo_second": (["b", "c"], 3)}
