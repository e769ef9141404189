"""Thirty rules over many incidents with their log entries, read from a store on disk.

A few hundred incidents of the simulated account are collected as ``ccm collect`` does it, and
copied under other ids until there are as many as asked for. Then processor time is taken of each
step: reading the records, deriving the rows, judging them, and judging them again after a hundredth
of them changed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from harness import Source
from ours import _connection, _parser

from ccm_core.collect.interface import Silence
from ccm_core.model.harvest import Harvest, Observation
from ccm_core.model.json import encode
from ccm_core.model.record import Record
from ccm_core.model.run import OpenRun
from ccm_core.pipeline import collect, compile_rules
from ccm_core.pipeline.judging import collector_waits, evidence, watch_of
from ccm_core.pipeline.parties import Connection, Host
from ccm_core.rules.evaluator import evaluate_again
from ccm_core.rules.interface import Facts, PackText
from ccm_core.store.content import packed
from ccm_core.store.interface import EvidenceStore, StoreSettings
from ccm_core.store.open import open_store

T = TypeVar("T")

VIEW = "pagerduty.incident_response"
INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
SEED = 400
WINDOW = 10_000
FORMS = (
    ("row.urgency == 'high'", "row.acknowledged_by_person && row.time_to_acknowledge <= {limit}"),
    ("row.urgency == 'low'", "row.acknowledged && row.time_to_first_acknowledgement <= {limit}"),
    ("!row.merged", "row.open || row.time_to_resolve <= params.limit + {limit}"),
    (
        "row.status == 'resolved'",
        "row.escalations <= 2 && !row.exhausted && row.acknowledgements * 3600 > {limit}",
    ),
    ("row.service.id != ''", "row.acknowledgements >= 1 && row.reopenings * 60 <= {limit}"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=20_000)
    parser.add_argument("--rules", type=int, default=30)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        store, host, connection = _filled(Path(folder), asked.incidents)
        try:
            with collector_waits():
                found = _measured(store, host, connection, asked.rules)
            _print(found, asked)
        finally:
            store.close()
    return 0


def _measured(
    store: EvidenceStore, host: Host, connection: Connection, rules: int
) -> dict[str, float]:
    found: dict[str, float] = {}
    packs = compile_rules(host, [PackText(text=_pack(rules), source="rules.yaml")], {})
    now = datetime.now(UTC)
    seen = evidence(host, watch_of(host, connection), store, now)
    kinds = packs.inputs[VIEW]
    found["read"], records = _timed(lambda: {kind: seen.load(kind) for kind in kinds})
    found["records"] = sum(map(len, records.values()))
    found["derive"], facts = _timed(lambda: seen.facts(packs, ()))
    found["rows"] = len(facts.rows[VIEW])
    found["judge"], (first, memory) = _timed(
        lambda: evaluate_again(packs, [facts], now=now, memory=None)
    )
    found["fails"] = sum(one.population.failed for one in first.rules)
    del first
    later = now + timedelta(hours=1)
    changed = _changed(replace(seen, now=later).facts(packs, ()))
    found["again"], _ = _timed(lambda: evaluate_again(packs, [changed], now=later, memory=memory))
    return found


def _changed(facts: Facts) -> Facts:
    """Give the facts with another row in place of every hundredth."""
    rows = [
        replace(row, body={**row.body, "escalations": 3}, rests_on=("other",))
        if number % 100 == 0
        else row
        for number, row in enumerate(facts.rows[VIEW])
    ]
    return replace(facts, rows={VIEW: rows})


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    done = work()
    return time.process_time() - began, done


def _pack(rules: int) -> bytes:
    lines = [
        "apiVersion: ccm/v1",
        "kind: RulePack",
        "metadata: {name: thirty, version: 1.0.0, title: Many rules}",
        "parameters: {limit: {type: duration, default: 15m, description: d}}",
        "rules:",
    ]
    for number in range(rules):
        match, condition = FORMS[number % len(FORMS)]
        lines += [
            f"  - id: rule_{number}",
            f"    title: Good {number}",
            "    status: stable",
            "    severity: high",
            f"    over: {VIEW}",
            f'    match: "{match}"',
            f'    assert: "{condition.format(limit=100 + 60 * number)}"',
            f'    not_due: "row.open && row.age <= {100 + 60 * number}"',
            "    message: \"{row.title}: {row.time_to_acknowledge ?? 'never'} is too late\"",
            "    on_empty: fail",
        ]
    return "\n".join(lines).encode()


# -- a store with as many incidents as asked for -----------------------------------------------


def _filled(folder: Path, incidents: int) -> tuple[EvidenceStore, Host, Connection]:
    with Source.serving("--incidents", str(min(SEED, incidents))) as source:
        path = folder / "ccm.db"
        given = ["--url", source.url, "--key", source.key, "--store", str(path), "--unpaced"]
        host, connection = _connection(_parser().parse_args(given), {})
        store = open_store(StoreSettings(url="sqlite:///ccm.db"), base=folder)
        collect(host, connection, store, Silence())
    _multiply(store, connection, incidents)
    return store, host, connection


def _multiply(store: EvidenceStore, connection: Connection, incidents: int) -> None:
    """Copy what was collected under other ids, window by window."""
    kept = {kind: list(store.state(connection.name, kind)) for kind in (INCIDENT, LOG_ENTRY)}
    wanted = -(-incidents // len(kept[INCIDENT])) - 1
    collections = {one.kind: one for one in store.collections(connection.name) if one.window}
    run = OpenRun(
        run="copies",
        connection=connection.name,
        connector=connection.connector.name,
        started_at=max(one.ended_at for one in collections.values()),
    )
    store.begin(run)
    for kind, records in kept.items():
        copies = (_copy(record, number) for number in range(1, wanted + 1) for record in records)
        for part, window in enumerate(_windows(copies)):
            like = replace(collections[kind], id=f"copies/{kind}/{part}", run="copies")
            store.keep(Harvest(collection=like, observations=window))


def _windows(copies: Iterator[Observation]) -> Iterator[list[Observation]]:
    window: list[Observation] = []
    for one in copies:
        window.append(one)
        if len(window) == WINDOW:
            yield window
            window = []
    if window:
        yield window


def _copy(record: Record, number: int) -> Observation:
    body: dict[str, Any] = {**record.body, "id": f"{record.key}X{number}"}
    if isinstance(body.get("incident"), dict):
        body["incident"] = {**body["incident"], "id": f"{body['incident']['id']}X{number}"}
    return Observation(
        key=body["id"],
        observed_at=record.observed_at,
        source=record.source,
        body=packed(encode(body)),
    )


def _print(found: dict[str, float], asked: argparse.Namespace) -> None:
    judged = found["rows"] * asked.rules
    whole = found["read"] + found["derive"]
    print(f"\n{found['records']:,.0f} records, {found['rows']:,.0f} rows, {asked.rules} rules")
    print("| step | processor s | per row | times reading |")
    print("| --- | ---: | ---: | ---: |")
    for step, name in (
        ("read", "read the records from the store"),
        ("derive", "derive the rows"),
        ("judge", f"judge {asked.rules} rules"),
        ("again", "judge again, 1 % of the rows changed"),
    ):
        seconds = found[step]
        each = f"{1e6 * seconds / found['rows']:.1f} us"
        print(f"| {name} | {seconds:.2f} | {each} | {seconds / found['read']:.2f} |")
    print(f"\na rule and row: {1e6 * found['judge'] / judged:.2f} us")
    print(f"again to the first time: {100 * found['again'] / found['judge']:.1f} %")
    print(f"all of it to reading and deriving: {(whole + found['judge']) / whole:.2f}")


if __name__ == "__main__":
    sys.exit(main())
