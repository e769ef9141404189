"""Makers of what a connection collected, and of evaluations of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.assurance.assess import assess
from ccm_core.assurance.evaluation_history import EvaluationHistory, Failures
from ccm_core.assurance.inputs import AssuranceInputs, ConnectionHistory, RuleEvidence
from ccm_core.bundle.verifier.counting.period_items import (
    ItemEvaluation,
    Items,
)
from ccm_core.model.evaluation.result import (
    ControlResult,
    Evaluation,
    Population,
    Result,
    RuleResult,
    Status,
)
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.manifest import Manifest, ScheduledKind
from ccm_core.model.evidence.window import Window

START = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DOOR, LOCK = "acme.door", "acme.lock"
DENIED = Shortfall(reason=Reason.DENIED, detail="403")
CONTROL = ("soc2", "CC7.4")


def read_history(evaluations, controls, rules, period):
    """Return what whole evaluations, in the order of their moments, say of controls and rules."""
    items = {(rule, "hq"): Items((period.since, period.until)) for rule in rules}
    history = EvaluationHistory(statuses={control: [] for control in controls}, items=items)
    for number, evaluation in enumerate(evaluations):
        at = evaluation.evaluated_at
        for result in (result for rule in evaluation.rules for result in rule.results):
            items[result.rule, "hq"].add(
                ItemEvaluation(
                    key=f"{result.subject.kind}:{result.subject.key}",
                    occurred_at=result.occurred_at,
                    status=result.status.value,
                    last=(at, number),
                    inside=at in period,
                )
            )
        for control in evaluation.controls:
            if (name := (control.framework, control.id)) in controls:
                history.statuses[name].append((at, control.status))
        for rule in evaluation.rules:
            # Where a pass rate decides, failures within it are tolerated.
            if rule.rule in rules and rule.status not in {Status.PASS, Status.NOT_APPLICABLE}:
                add_failures(history.failures.setdefault(rule.rule, {}), at, rule.results)
    return history


def add_failures(failures, at, results):
    """Add the failing results of one evaluation."""
    for result in results:
        if result.status is not Status.FAIL:
            continue
        subject = result.subject
        key = (result.connection, subject.kind, subject.key)
        entry = failures.setdefault(key, Failures(subject=subject, first_seen=at, last_seen=at))
        entry.subject, entry.last_seen = subject, at
        entry.evaluations += 1
        entry.waived = entry.waived and result.waiver is not None


class Make:
    """Makes values in hours after the beginning of July."""

    start, hour, denied, control = START, HOUR, DENIED, CONTROL

    def at(self, hours):
        """Return a moment."""
        return START + hours * HOUR

    def collection(self, ended, *, kind=DOOR, run=None, outcome=Outcome.COMPLETE, falls=()):
        """Return a snapshot that ended so many hours after the start."""
        return Collection(
            id=f"{kind}-{ended}",
            run=run or f"r{ended}",
            connection="hq",
            kind=kind,
            version=1,
            started_at=self.at(ended),
            ended_at=self.at(ended),
            outcome=outcome,
            shortfalls=falls,
        )

    def manifest(self, began, *, cadence=1, kinds=(DOOR,)):
        """Return the manifest of a run that required a collection every so many hours."""
        return Manifest(
            run=f"r{began}",
            connection="hq",
            connector="acme",
            started_at=self.at(began),
            ended_at=self.at(began),
            host_version="0",
            settings_digest="sha256:0",
            outcome=Outcome.COMPLETE,
            scheduled=tuple(
                ScheduledKind(kind=kind, version=1, shape="snapshot", cadence=cadence * 3600.0)
                for kind in kinds
            ),
        )

    def evaluation(self, hours, status=Status.PASS, *, waiver=None, subject="D1"):
        """Return an evaluation of the control, with one result."""
        result = Result(
            rule="door_is_shut",
            connection="hq",
            subject=Subject(kind=DOOR, key=subject, title=f"Door {subject}"),
            status=status,
            reason="seen",
            waiver=waiver,
        )
        rule = RuleResult(
            rule="door_is_shut",
            pack="acme",
            title="The door is shut",
            severity=Severity.LOW,
            status=status,
            population=Population(total=1),
            results=(result,),
        )
        control = ControlResult(
            framework=CONTROL[0], id=CONTROL[1], status=status, rules=("door_is_shut",)
        )
        return Evaluation(
            evaluated_at=self.at(hours),
            packs=(),
            connections=("hq",),
            sufficiency=(),
            rules=(rule,),
            controls=(control,),
        )

    def assess(
        self,
        collections,
        evaluations=(),
        *,
        hours=24,
        now=1000,
        manifests=None,
        kinds=(DOOR,),
        **changes,
    ):
        """Assess the first hours of July of a connection that collects every hour."""
        history = ConnectionHistory(
            connection="hq",
            cadences=dict.fromkeys(kinds, HOUR),
            event_kinds=frozenset(),
            refreshed_kinds=frozenset(),
            lookback=HOUR,
            collections=collections,
            manifests=[self.manifest(0, kinds=kinds)] if manifests is None else manifests,
        )
        needs = [RuleEvidence(rule="door_is_shut", **({"kinds": frozenset({DOOR})} | changes))]
        return assess(
            AssuranceInputs(
                period_name="July",
                period=Window(START, self.at(hours)),
                now=self.at(now),
                controls={CONTROL: needs},
                evaluated=read_history(
                    evaluations, {CONTROL}, {"door_is_shut"}, Window(START, self.at(hours))
                ),
            ),
            [history],
        )


@pytest.fixture(scope="session")
def make():
    """Return the makers."""
    return Make()
