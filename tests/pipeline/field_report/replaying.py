"""Replays a field report: its samples become records again, over which views and packs run.

So an account that nobody here can see is a test: keep its field report in a ``data`` folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ccm_core.collect.batch_builder import key_of
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.evidence.collection import Collection, Counts, Outcome
from ccm_core.model.evidence.record import Record, RecordSource
from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.evaluate import TIME_BUDGET, compile_rules
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.evaluate.evaluator import evaluate
from ccm_core.sdk.types import EvidenceKind, Row, Shape, View, ViewRequest


def replayed_records(
    connection: Mapping, kinds: Mapping[str, EvidenceKind], made_at: datetime
) -> dict[str, Sequence[Record]]:
    """Return the samples of a connection of a field report as records, by kind, sorted by key."""
    records = {}
    for sampled in connection["kinds"]:
        kind = kinds[sampled["kind"]]
        replayed = [_record(kind, body, made_at) for body in sampled["samples"]]
        records[kind.name] = sorted(replayed, key=lambda record: record.key)
    return records


def derived_rows(
    views: Mapping[str, View], records: Mapping[str, Sequence[Record]]
) -> dict[str, Sequence[Row]]:
    """Return the rows of every view over some records, by view."""
    return {
        name: tuple(
            view.rows(
                ViewRequest(
                    records={kind: records.get(kind, ()) for kind in view.inputs},
                    vanished=dict.fromkeys(view.vanished, ()),
                )
            )
        )
        for name, view in views.items()
    }


def evaluated(host, texts, connection: Mapping, made_at: datetime) -> Evaluation:
    """Evaluate packs over the samples of a connection, as if all of them had been read just now."""
    records = replayed_records(connection, host.kinds, made_at)
    horizon = Window(
        made_at - timedelta(seconds=connection["lookback"]),
        made_at + timedelta(seconds=connection["lookahead"]),
    )
    evidence = Evidence(
        connection="replayed",
        kinds=host.kinds,
        views=host.views,
        cadences={},
        load=lambda kind: records.get(kind, ()),
        collections=[_collection(kind, horizon, made_at) for kind in host.kinds.values()],
        now=made_at,
        horizon=horizon,
    )
    packs = compile_rules(host, texts, {})
    facts = evidence.facts(packs, ())
    return evaluate(packs, [facts], (), now=made_at, time_budget=TIME_BUDGET)


def _record(kind: EvidenceKind, body: Mapping, made_at: datetime) -> Record:
    return Record(
        kind=kind.name,
        version=kind.version,
        key=key_of(dict(body), kind.key) or "",
        connection="replayed",
        observed_at=made_at,
        collection=kind.name,
        source=RecordSource(endpoint="/", page=1, response_digest=digest(b"")),
        body=dict(body),
        digest=digest(encode(body)),
    )


def _collection(kind: EvidenceKind, horizon: Window, made_at: datetime) -> Collection:
    return Collection(
        id=kind.name,
        run="replayed",
        connection="replayed",
        kind=kind.name,
        version=kind.version,
        window=horizon if kind.shape is Shape.EVENT else None,
        started_at=made_at,
        ended_at=made_at,
        outcome=Outcome.COMPLETE,
        counts=Counts(read_to_end=True),
    )
