"""Measures thirty rules over many incidents with their log entries, read from a store on disk.

A few hundred incidents of the simulated account are collected as ``ccm collect`` does it, and
copied under other ids until there are enough. Then the processor time of each step is measured:
reading the records, deriving the rows and evaluating them all, as an evaluation of the past does.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from ccm_client import host_and_connection, parser
from harness import SimulatorProcess

from ccm_core.cli.main import tune_garbage_collector
from ccm_core.collect.observer import NullObserver
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.model.json_codec import JsonObject, encode
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import compile_rules, load_evidence, watch_scope
from ccm_core.rules.evaluate.evaluator import evaluate as evaluate_facts
from ccm_core.rules.types import PackText
from ccm_core.store.codec.bodies import compress_body
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

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
        (
            "row.escalations <= 2 && !row.escalation_exhausted"
            " && row.acknowledgements * 3600 > {limit}"
        ),
    ),
    ("row.service.id != ''", "row.acknowledgements >= 1 && row.reopenings * 60 <= {limit}"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    options_parser = argparse.ArgumentParser(description=__doc__)
    options_parser.add_argument("--incidents", type=int, default=20_000)
    options_parser.add_argument("--rules", type=int, default=30)
    options = options_parser.parse_args(arguments)
    tune_garbage_collector()
    with tempfile.TemporaryDirectory() as folder:
        store, host, connection = _filled(Path(folder), options.incidents)
        try:
            figures = _measured(store, host, connection, options.rules)
            _print(figures, options)
        finally:
            store.close()
    return 0


def _measured(
    store: EvidenceStore, host: Host, connection: Connection, rules: int
) -> dict[str, float]:
    figures: dict[str, float] = {}
    packs = compile_rules(host, [PackText(text=_pack(rules), source="rules.yaml")], {})
    now = datetime.now(UTC)
    stored = load_evidence(host, watch_scope(host, connection), store, now)
    kinds = packs.inputs[VIEW]
    figures["read"], records = _timed(lambda: {kind: stored.load(kind) for kind in kinds})
    figures["records"] = sum(map(len, records.values()))
    figures["derive"], facts = _timed(lambda: stored.facts(packs, ()))
    figures["rows"] = len(facts.rows[VIEW])
    figures["evaluate"], first = _timed(lambda: evaluate_facts(packs, [facts], now=now))
    figures["fails"] = sum(rule.population.failed for rule in first.rules)
    return figures


def _observed(record: Record, body: JsonObject) -> Observation:
    return Observation(
        key=body["id"],
        observed_at=record.observed_at,
        source=record.source,
        body=compress_body(encode(body)),
    )


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


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
        late = 100 + 60 * number
        lines += [
            f"  - id: rule_{number}",
            f"    title: Good {number}",
            "    status: stable",
            "    severity: high",
            f"    over: {VIEW}",
            f'    match: "{match}"',
            f'    assert: "{condition.format(limit=late)}"',
            f'    not_due: "row.open && now <= deadline(row.clock_to_resolve, {late})"',
            "    message: \"{row.title}: {row.time_to_acknowledge ?? 'never'} is too late\"",
            "    on_empty: fail",
        ]
    return "\n".join(lines).encode()


# -- a store with as many incidents as asked for -----------------------------------------------


def _filled(folder: Path, incidents: int) -> tuple[EvidenceStore, Host, Connection]:
    with SimulatorProcess.serving("--incidents", str(min(SEED, incidents))) as simulator:
        path = folder / "ccm.db"
        arguments = [
            "--url",
            simulator.url,
            "--key",
            simulator.key,
            "--store",
            str(path),
            "--unpaced",
        ]
        host, connection = host_and_connection(parser().parse_args(arguments), {})
        store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)
        asyncio.run(collect(host, connection, store, NullObserver()))
    _multiply(store, connection, incidents)
    return store, host, connection


def _multiply(store: EvidenceStore, connection: Connection, incidents: int) -> None:
    """Copy what was collected under other ids, window by window."""
    records_by_kind = {
        kind: list(store.records.current(connection.name, kind)) for kind in (INCIDENT, LOG_ENTRY)
    }
    copies_needed = -(-incidents // len(records_by_kind[INCIDENT])) - 1
    collections = {
        collection.kind: collection
        for collection in store.runs.collections(connection.name)
        if collection.window
    }
    run = OpenRun(
        run="copies",
        connection=connection.name,
        connector=connection.connector.name,
        started_at=max(collection.ended_at for collection in collections.values()),
    )
    store.runs.begin(run)
    for kind, records in records_by_kind.items():
        copies = (
            _copy(record, number) for number in range(1, copies_needed + 1) for record in records
        )
        for number, window in enumerate(_windows(copies)):
            like = replace(collections[kind], id=f"copies/{kind}/{number}", run="copies")
            store.records.append(WriteBatch(collection=like, observations=window))


def _windows(copies: Iterator[Observation]) -> Iterator[list[Observation]]:
    window: list[Observation] = []
    for observation in copies:
        window.append(observation)
        if len(window) == WINDOW:
            yield window
            window = []
    if window:
        yield window


def _copy(record: Record, number: int) -> Observation:
    body: JsonObject = {**record.body, "id": f"{record.key}X{number}"}
    if isinstance(body.get("incident"), dict):
        body["incident"] = {**body["incident"], "id": f"{body['incident']['id']}X{number}"}
    return _observed(record, body)


def _print(figures: dict[str, Any], options: argparse.Namespace) -> None:
    evaluations = figures["rows"] * options.rules
    print(
        f"\n{figures['records']:,.0f} records, {figures['rows']:,.0f} rows, {options.rules} rules"
    )
    _table(
        figures,
        {
            "read the records from the store": figures["read"],
            "derive the rows": figures["derive"],
            f"evaluate {options.rules} rules": figures["evaluate"],
        },
    )
    print(f"\na rule and row: {1e6 * figures['evaluate'] / evaluations:.2f} us")


def _table(figures: dict[str, Any], steps: dict[str, float]) -> None:
    print("| step | processor s | per row | times reading |")
    print("| --- | ---: | ---: | ---: |")
    for name, seconds in steps.items():
        per_row = f"{1e6 * seconds / figures['rows']:.2f} us"
        print(f"| {name} | {seconds:.3f} | {per_row} | {seconds / figures['read']:.3f} |")


if __name__ == "__main__":
    sys.exit(main())
