"""What plugins add to the report: rows of their views, as of the evaluation, made into figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ccm_core.errors import CcmError
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evaluation.result import Evaluation, KindSufficiency
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.evaluate import load_evidence
from ccm_core.report.types import Section
from ccm_core.rules.evaluate.inputs import Evidence
from ccm_core.sdk.report_figures import ReportSection, SectionRequest
from ccm_core.store.interface.evidence_store import EvidenceStore


def sections(
    host: Host, store: EvidenceStore, watches: Sequence[WatchScope], shown: Evaluation
) -> tuple[Section, ...]:
    """Draw every section for every connection that collects what it rests on.

    Args:
        host: What is installed, and the clock.
        store: Where the evidence is kept.
        watches: What was collected over which horizon when it was judged.
        shown: The part of it that is reported.
    """
    return tuple(
        section
        for watch in watches
        if watch.connection in shown.connections
        for section in _of_connection(host, watch, store, shown)
    )


def _of_connection(
    host: Host, watch: WatchScope, store: EvidenceStore, shown: Evaluation
) -> Iterator[Section]:
    wanted = [
        one for _, one in sorted(host.sections.items()) if _inputs(host, one) <= {*watch.cadences}
    ]
    if wanted:
        seen = load_evidence(host, watch, store, shown.evaluated_at)
        for one in wanted:
            yield _section(one, seen, shown, _inputs(host, one))


def _inputs(host: Host, section: ReportSection) -> set[str]:
    """Name the kinds that a section rests on; a view that nobody offers is no kind."""
    views = [host.views.get(name) for name in section.views]
    return {kind for view in views if view for kind in view.inputs} | {
        name for name, view in zip(section.views, views, strict=True) if view is None
    }


def _section(
    section: ReportSection, seen: Evidence, shown: Evaluation, inputs: set[str]
) -> Section:
    told = Section(
        name=section.name,
        title=section.title,
        connection=seen.connection,
        rank=section.rank,
        problems=_problems(shown.sufficiency, seen.connection, inputs),
    )
    try:
        request = SectionRequest(
            rows={name: seen.rows(name) for name in section.views},
            now=seen.now,
            horizon=seen.horizon,
            parameters={one.name: one.parameters for one in shown.packs},
        )
        return replace(told, figures=tuple(section.figures(request)))
    except CcmError:
        raise
    except Exception as fault:  # noqa: BLE001 - a plugin's bug is told where the section would be
        return replace(told, failure=f"{type(fault).__name__}: {fault}")


def _problems(
    sufficiency: Sequence[KindSufficiency], connection: str, inputs: set[str]
) -> tuple[KindSufficiency, ...]:
    return tuple(
        one
        for one in sufficiency
        if one.connection == connection and one.kind in inputs and (one.problem or one.shortfalls)
    )
