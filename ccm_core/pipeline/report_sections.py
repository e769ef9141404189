"""The sections that plugins add to the report: figures of view rows as of the evaluation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError, DocumentError, PluginFault
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evaluation.result import (
    CONNECTION,
    DerivedState,
    Evaluation,
    KindSufficiency,
    Status,
)
from ccm_core.model.evaluation.result_scope import OUTLINED
from ccm_core.model.evidence.collection import complete_windows
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.change_log.change_section import change_section
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.section_conditions import SectionConditions
from ccm_core.report.content.measures import Measures, measures_of, problem_text
from ccm_core.report.types import Section
from ccm_core.rules.derive.row_record import row_of
from ccm_core.sdk.report_figures import ReportSection, SectionRequest
from ccm_core.sdk.view import Row
from ccm_core.store.interface.evaluations import ShownRows
from ccm_core.store.interface.evidence_store import EvidenceStore

if TYPE_CHECKING:
    from ccm_core.rules.evaluate.build_facts import Evidence

_LATELY = timedelta(days=93)
"""How far back a section is told what was collected."""


def sections(
    host: Host,
    store: EvidenceStore,
    scopes: Sequence[WatchScope],
    evaluation: Evaluation,
    digest: str,
) -> tuple[Section, ...]:
    """Return every section for every connection that collects its inputs.

    Args:
        host: What is installed, and the clock.
        store: Where the evidence is stored.
        scopes: What was collected over which horizon when it was evaluated.
        evaluation: The part of it that is reported.
        digest: Of the whole evaluation.
    """
    return tuple(
        section
        for scope in scopes
        if scope.connection in evaluation.connections
        for section in _of_connection(_Rows(host, store, scope, evaluation, digest))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationMeasures:
    """The measures of one evaluation."""

    evaluated_at: datetime
    measures: tuple[Measures, ...]
    failures: tuple[str, ...]
    """The sections of plugins that failed, with the reason."""
    problems: tuple[str, ...]
    """Evidence that is not sufficient, behind sections in which nothing is drawn."""


def measures(
    host: Host, store: EvidenceStore, *, as_of: datetime | None = None
) -> EvaluationMeasures | None:
    """Return every measure of the latest evaluation by a moment; None: there is no evaluation."""
    latest = store.evaluations.latest(as_of=as_of, scope=OUTLINED, compact=True)
    if latest is None:
        return None
    inputs = store.evaluations.inputs(latest.digest)
    scopes = inputs.watch_scopes if inputs else ()
    drawn = sections(host, store, scopes, latest.evaluation, latest.digest)
    evaluated_at = latest.evaluation.evaluated_at
    return EvaluationMeasures(
        evaluated_at=evaluated_at,
        measures=tuple(measures_of(drawn, evaluated_at)),
        failures=tuple(
            f"{section.name} of {section.connection}: {section.failure}"
            for section in drawn
            if section.failure is not None
        ),
        problems=tuple(
            f"{section.connection}: {problem_text(kind)}"
            for section in drawn
            if not section.figures
            for kind in section.problems
        ),
    )


class _Rows:
    """The rows of one connection as of an evaluation: those that it left, or derived anew."""

    def __init__(
        self,
        host: Host,
        store: EvidenceStore,
        scope: WatchScope,
        evaluation: Evaluation,
        digest: str,
    ) -> None:
        self.host, self.scope, self.evaluation = host, scope, evaluation
        self.store, self._digest = store, digest
        states = (state for state in evaluation.derived if state.connection == scope.connection)
        self._state = next(states, None)
        self._broken = {
            rule.over
            for rule in evaluation.rules
            for result in rule.results
            if result.status is Status.ERROR and result.subject.kind == CONNECTION
        }

    @cached_property
    def _conditions(self) -> SectionConditions:
        return SectionConditions(
            host=self.host,
            store=self.store,
            scope=self.scope,
            evaluation=self.evaluation,
            digest=self._digest,
        )

    @cached_property
    def _evidence(self) -> Evidence:
        # Takes as long to import as to draw a page, and few pages need it.
        from ccm_core.pipeline.evaluate import load_evidence

        return load_evidence(self.host, self.scope, self.store, self.evaluation.evaluated_at)

    def shown(
        self, name: str, fields: Sequence[str], conditions: Mapping[str, str]
    ) -> Collection[JsonObject]:
        """Return some fields of each row of a kind or a view, in the order of the rows.

        Args:
            name: Of the kind or the view.
            fields: Those fields.
            conditions: Condition parameters, each with the text that is decided by the fields.
        """
        if changed := self._conditions.changed(conditions):
            rows = self.of(name)
            decided = self._conditions.decided(name, changed, rows)
            return tuple(
                _some(row.body, fields) | values for row, values in zip(rows, decided, strict=True)
            )
        shown = self._shown(name)
        if shown is None:
            return tuple(_some(row.body, fields) for row in self.of(name))
        return shown.of(fields)

    @cache  # noqa: B019 - as long as the sections of one connection
    def _shown(self, name: str) -> ShownRows | None:
        """Return what all sections together show of each row; None: no index has it."""
        state = self._left(name)
        # The index of other versions may have other fields.
        if state is None or state.revision != self.host.revision:
            return None
        return self.store.evaluations.shown_fields(self._digest, state, name)

    @cache  # noqa: B019 - as long as the sections of one connection
    def of(self, name: str) -> tuple[Row, ...]:
        """Return the rows of a kind or a view, sorted by subject."""
        bodies = None
        if (state := self._left(name)) is not None:
            bodies = self.store.evaluations.rows(self._digest, state, name)
        if bodies is None:
            return self._evidence.rows(name)
        rows = (row_of(body) for body in bodies)
        return tuple(sorted(rows, key=lambda row: (row.subject.kind, row.subject.key)))

    def observed(self, kinds: Collection[str]) -> dict[str, tuple[Window, ...]]:
        """Return what was collected completely of kinds of events, lately."""
        return {kind: self._observed(kind) for kind in kinds if kind in self.scope.event_kinds}

    @cache  # noqa: B019 - as long as the sections of one connection
    def _observed(self, kind: str) -> tuple[Window, ...]:
        at = self.evaluation.evaluated_at
        collections = self.store.runs.collections(
            self.scope.connection, kind, as_of=at, since=at - _LATELY
        )
        return complete_windows(collections)

    def _left(self, name: str) -> DerivedState | None:
        """Return what the evaluation left; a view that broke left rows of one before."""
        return None if name in self._broken else self._state


def _some(body: JsonObject, fields: Sequence[str]) -> JsonObject:
    return {name: body[name] for name in fields if name in body}


def _of_connection(rows: _Rows) -> Iterator[Section]:
    host = rows.host
    for _, section in sorted(host.sections.items()):
        inputs = _inputs(host, section)
        if inputs <= {*rows.scope.cadences}:
            yield _section(section, rows, inputs - _unused(host, section))
    changes = change_section(host, rows.store, rows.scope, rows.evaluation)
    if changes is not None:
        yield changes


def _inputs(host: Host, section: ReportSection) -> set[str]:
    """Return the kinds a section depends on; a view that no plugin offers counts as one."""
    views = [host.views.get(name) for name in section.views]
    return {kind for view in views if view for kind in view.inputs} | {
        name for name, view in zip(section.views, views, strict=True) if view is None
    }


def _unused(host: Host, section: ReportSection) -> set[str]:
    """Return the optional kinds on which nothing rests that a section shows."""
    views = {name: view for name in section.views if (view := host.views.get(name))}
    used = {
        kind
        for name, view in views.items()
        for kind in view.inputs
        if kind not in view.optional
        or name not in section.fields
        or not {*section.fields[name]}.isdisjoint(view.optional[kind])
    }
    return {kind for view in views.values() for kind in view.inputs} - used


def _section(section: ReportSection, rows: _Rows, inputs: set[str]) -> Section:
    evaluation, connection = rows.evaluation, rows.scope.connection
    empty = Section(
        name=section.name,
        title=section.title,
        connection=connection,
        rank=section.rank,
        problems=_problems(evaluation.sufficiency, connection, inputs),
    )
    try:
        request = SectionRequest(
            rows={name: rows.of(name) for name in section.views if name not in section.fields},
            shown={
                name: rows.shown(name, fields, section.conditions.get(name, {}))
                for name, fields in section.fields.items()
            },
            now=evaluation.evaluated_at,
            horizon=rows.scope.horizon(evaluation.evaluated_at),
            parameters={pack.name: pack.parameters for pack in evaluation.packs},
            observed=rows.observed(inputs),
        )
        return replace(empty, figures=tuple(section.figures(request)))
    except (PluginFault, DocumentError) as fault:
        return replace(empty, failure=str(fault))
    except CcmError:
        raise
    except Exception as fault:  # noqa: BLE001 - a plugin's bug is reported in place of the section
        return replace(empty, failure=f"{type(fault).__name__}: {fault}")


def _problems(
    sufficiency: Sequence[KindSufficiency], connection: str, inputs: set[str]
) -> tuple[KindSufficiency, ...]:
    return tuple(
        kind
        for kind in sufficiency
        if kind.connection == connection
        and kind.kind in inputs
        and (kind.problem or kind.shortfalls)
    )
