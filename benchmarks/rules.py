"""Measures thirty rules over many incidents with their log entries, read from a store on disk.

A few hundred incidents of the simulated account are collected as ``ccm collect`` does it, and
copied under other ids until there are enough. Then the processor time of each step is measured:
reading the records, deriving the rows and evaluating them; and of all of it, repeated after a
hundredth of the incidents changed in the store.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from ccm_client import host_and_connection, parser
from harness import SimulatorProcess

from ccm_core.cli.main import tune_garbage_collector
from ccm_core.collect.observer import NullObserver
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.model.json_codec import JsonObject, encode
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import compile_rules, evaluate, load_evidence, watch_scope
from ccm_core.pipeline.incremental.state import EvaluationCache
from ccm_core.rules.evaluate.evaluator import evaluate as evaluate_facts
from ccm_core.rules.types import PackText
from ccm_core.sdk.types import View
from ccm_core.store.codec.bodies import compress_body
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

T = TypeVar("T")

VIEW = "pagerduty.incident_response"
INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
SEED = 400
WINDOW = 10_000
ROUNDS = 5
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
            gc.collect()
            figures |= _incremental(store, host, connection, options.rules)
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


def _incremental(
    store: EvidenceStore, host: Host, connection: Connection, rules: int
) -> dict[str, Any]:
    """Evaluate as ``ccm watch`` does it: once, and each time a hundredth changed."""
    packs = compile_rules(host, [PackText(text=_pack(rules), source="rules.yaml")], {})
    cache, timed = EvaluationCache(), TimedStore(store)
    views, now = timed.views(host.views[VIEW]), datetime.now(UTC)

    def evaluation(cache: EvaluationCache | None = None) -> Evaluation:
        evidence_store: Any = store if cache is None else timed
        context = replace(host, clock=lambda: now, views=views)
        return evaluate(context, [connection], evidence_store, packs, cache=cache)

    figures: dict[str, Any] = {"first": _timed(evaluation)[0]}
    figures["filling"] = _timed(lambda: evaluation(cache))[0]
    rounds = []
    for number in range(ROUNDS):
        now += timedelta(minutes=1)
        figures["changed"] = _change(store, connection, number, now)
        now += timedelta(minutes=1)
        timed.reading.seconds = timed.deriving.seconds = 0.0
        seconds, incremental = _timed(lambda: evaluation(cache))
        rounds.append((seconds, timed.reading.seconds, timed.deriving.seconds))
    incremental_digest = digest(encode(incremental))
    del incremental
    if incremental_digest != digest(encode(evaluation())):
        raise SystemExit("an evaluation with a cache differs from one without")
    figures["repeat"], figures["repeat_read"], figures["repeat_derive"] = sorted(rounds)[
        ROUNDS // 2
    ]
    return figures


class Stopwatch:
    """Adds up processor time."""

    def __init__(self) -> None:
        """Start at zero."""
        self.seconds = 0.0

    def timed(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is timed, as is reading what it yields."""

        def run(*arguments: Any, **keywords: Any) -> Any:
            with self:
                result = work(*arguments, **keywords)
            return self._each(result) if isinstance(result, Iterator) else result

        return run

    def __enter__(self) -> None:
        """Start."""
        self.seconds -= time.process_time()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.seconds += time.process_time()

    def _each(self, results: Iterator[T]) -> Iterator[T]:
        with self:
            entries = list(results)
        yield from entries


class TimedMethods:
    """A part of a store of which every method is timed."""

    def __init__(self, part: Any, stopwatch: Stopwatch) -> None:
        """Wrap a part of a store."""
        self._part, self._stopwatch = part, stopwatch

    def __getattr__(self, name: str) -> Any:
        """Return a method that is timed."""
        return self._stopwatch.timed(getattr(self._part, name))


class TimedStore:
    """A store and a view that are timed."""

    def __init__(self, store: EvidenceStore) -> None:
        """Wrap a store."""
        self._store, self.reading, self.deriving = store, Stopwatch(), Stopwatch()
        self.records = TimedMethods(store.records, self.reading)
        self.runs = TimedMethods(store.runs, self.reading)

    def __getattr__(self, name: str) -> Any:
        """Return what is not timed."""
        return getattr(self._store, name)

    def views(self, view: View) -> dict[str, View]:
        """Return a view by its name whose rows are timed."""
        return {view.name: replace(view, rows=self.deriving.timed(view.rows))}


def _change(store: EvidenceStore, connection: Connection, number: int, now: datetime) -> int:
    """Add a note to every hundredth incident: it changes, and its log grows."""
    incidents = list(store.records.current(connection.name, INCIDENT))[number::100]
    entry = next(iter(store.records.current(connection.name, LOG_ENTRY)))
    collections = {
        collection.kind: collection
        for collection in store.runs.collections(connection.name)
        if collection.window
    }
    run = f"round {number}"
    store.runs.begin(
        OpenRun(
            run=run,
            connection=connection.name,
            connector=connection.connector.name,
            started_at=now,
        )
    )
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    changes_by_kind = {
        INCIDENT: [(incident, {"title": f"noted, round {number}"}) for incident in incidents],
        LOG_ENTRY: [
            (
                entry,
                {
                    "id": f"{incident.key}R{number}",
                    "type": "annotate_log_entry",
                    "created_at": at,
                    "incident": {**entry.body["incident"], "id": incident.key},
                },
            )
            for incident in incidents
        ],
    }
    for kind, changes in changes_by_kind.items():
        like = replace(collections[kind], id=f"{run}/{kind}", run=run, started_at=now, ended_at=now)
        observations = [_observed(record, record.body | change) for record, change in changes]
        store.records.append(WriteBatch(collection=like, observations=observations))
    return len(incidents)


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
        lines += [
            f"  - id: rule_{number}",
            f"    title: Good {number}",
            "    status: stable",
            "    severity: high",
            f"    over: {VIEW}",
            f'    match: "{match}"',
            f'    assert: "{condition.format(limit=100 + 60 * number)}"',
            f'    not_due: "row.open && now <= deadline(row.clock, {100 + 60 * number})"',
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
    rest = figures["repeat"] - figures["repeat_read"] - figures["repeat_derive"]
    _table(
        figures,
        {
            "read the records from the store": figures["read"],
            "derive the rows": figures["derive"],
            f"evaluate {options.rules} rules": figures["evaluate"],
            "everything": figures["first"],
            "everything, filling the cache": figures["filling"],
            f"repeated, {figures['changed']:,} incidents changed: read": figures["repeat_read"],
            "repeated: derive": figures["repeat_derive"],
            "repeated: evaluate and combine": rest,
            "repeated, everything": figures["repeat"],
        },
    )
    share = 100 * figures["repeat"] / figures["first"]
    print(f"\na rule and row: {1e6 * figures['evaluate'] / evaluations:.2f} us")
    print(f"a repeated evaluation, of a first one: {share:.2f} %")
    print("an evaluation with a cache equals one without, byte for byte")


def _table(figures: dict[str, Any], steps: dict[str, float]) -> None:
    print("| step | processor s | per row | times reading |")
    print("| --- | ---: | ---: | ---: |")
    for name, seconds in steps.items():
        per_row = f"{1e6 * seconds / figures['rows']:.2f} us"
        print(f"| {name} | {seconds:.3f} | {per_row} | {seconds / figures['read']:.3f} |")


if __name__ == "__main__":
    sys.exit(main())
