"""Compares rows and verdicts that were made anew with those that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import derived_log, rows_kind, verdicts_kind
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_json import thawed
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.anew.view_anew import RowsAnew
from ccm_core.pipeline.derive.group_judge import GroupJudge
from ccm_core.pipeline.derive.view_evaluation import encoded_row
from ccm_core.rules.derive.row_record import row_of
from ccm_core.rules.evaluate.rows import occurred_in, rows_of_period
from ccm_core.sdk.view import Row
from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(slots=True, kw_only=True)
class KeptComparison:
    """What is kept of one view of one connection, held against what is made anew."""

    store: EvidenceStore
    connection: str
    view: str
    judges: Sequence[GroupJudge]
    """Of the packs over the view whose evidence suffices."""
    period: Window
    """The evaluated one: of what is final and occurred before, no verdict counts."""
    rows: int = 0
    """How many were compared."""
    verdicts: int = 0
    """How many were compared."""

    def differences(self, anew: RowsAnew) -> Iterator[VerificationProblem]:
        """Yield the rows and verdicts that are missing, are too many, or are others."""
        for name in anew.stray:
            text = "it is not listed in the partition that it names, so it was left out of its rows"
            yield self._problem(f"{name} in {self.view}", text)
        yield from self._rows(anew)
        for judge in self.judges:
            yield from self._verdicts(judge, anew.rows)

    def _rows(self, anew: RowsAnew) -> Iterator[VerificationProblem]:
        kind = rows_kind(self.view)
        bodies = {key: encoded_row(row) for key, row in anew.rows.items()}
        keys = bodies.keys() | anew.kept
        digests = self.store.derived.digests(self.connection, kind, keys) if keys else {}
        self.rows += len(keys)
        for key in sorted(keys):
            label = f"the row of {key} in {self.view}"
            if key not in bodies:
                if self._is_over(kind, key):
                    continue
                yield self._problem(label, "it is kept, and the evidence gives no such row")
            elif key not in digests:
                yield self._problem(label, "it is not kept, and the evidence gives such a row")
            elif digests[key] != bodies[key].digest:
                kept, body = self._kept(kind, key), json_codec.decode(bodies[key].text)
                names = ", ".join(_differing(_flat(kept), _flat(body)))
                yield self._problem(label, "it is not what the evidence gives", names)

    def _verdicts(
        self, judge: GroupJudge, rows: Mapping[str, Row]
    ) -> Iterator[VerificationProblem]:
        pack, kind = judge.pack.pack.name, verdicts_kind(judge.pack.pack.name, self.view)
        counted = set(map(id, rows_of_period(rows.values(), self.period)))
        chosen = {key: row for key, row in rows.items() if id(row) in counted}
        if not chosen:
            return
        digests = self.store.derived.digests(self.connection, kind, chosen.keys())
        for subject in judge.judge(chosen):
            self.verdicts += 1
            label = f"the verdict of {pack} on {subject.key} in {self.view}"
            if subject.key not in digests:
                yield self._problem(label, "it is not kept, and the row is judged")
            elif digests[subject.key] != subject.body.digest:
                kept, body = self._kept(kind, subject.key), json_codec.decode(subject.body.text)
                yield from (
                    self._problem(label, _statuses(kept.get(rule), body.get(rule)), rule)
                    for rule in _differing(kept, body)
                )

    def _is_over(self, kind: str, key: str) -> bool:
        """Return whether a kept row is of before the period, so that it counts no more."""
        row = row_of(self._kept(kind, key))
        return row.final and not occurred_in(row, self.period)

    def _kept(self, kind: str, key: str) -> JsonObject:
        log = derived_log(self.connection)
        (record,) = self.store.records.get_many(log, kind, frozenset([key]))
        body: JsonObject = thawed(record.body)
        return body

    def _problem(self, label: str, problem: str, field: str | None = None) -> VerificationProblem:
        return VerificationProblem(
            label=f"{label} of {self.connection}",
            problem=problem,
            log=derived_log(self.connection),
            field=field,
        )


def _flat(body: JsonObject) -> JsonObject:
    """Return the body of a row with the fields of its view beside what every row has."""
    fields = {f"fields.{name}": value for name, value in body["fields"].items()}
    return {name: value for name, value in body.items() if name != "fields"} | fields


def _differing(kept: JsonObject, anew: JsonObject) -> Sequence[str]:
    absent = object()
    names = sorted(kept.keys() | anew.keys())
    return [name for name in names if _plain(kept, name, absent) != _plain(anew, name, absent)]


def _plain(body: JsonObject, name: str, absent: object) -> object:
    return json_codec.encode(body[name]) if name in body else absent


def _statuses(kept: JsonObject | None, anew: JsonObject | None) -> str:
    before, now = (None if body is None else body["status"] for body in (kept, anew))
    if before == now:
        return f"{before} is kept with another reason, due time or lookup than its row gives"
    return f"{before or 'nothing'} is kept, and its row gives {now or 'nothing'}"
