"""Evaluations made by hand: what each check says of each resource."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.result import (
    POPULATION,
    Evaluation,
    Population,
    Result,
    RuleResult,
    Status,
)
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def result(rule, key, status, cause=(), **more):
    """What a check says of a resource; a month stands for a share."""
    kind = POPULATION if key.startswith("2026-") else "acme.door"
    values = {
        "id": result_id(rule, "hq", kind, key),
        "rule": rule,
        "connection": "hq",
        "subject": Subject(kind=kind, key=key, title=f"Door {key}"),
        "status": Status(status),
        "reason": f"{rule} says {status} of {key}",
        "cause": tuple(cause) if status == "fail" else (),
    }
    return Result(**values | more)


def evaluation(results, hour=0, severities=None, controls=(), connections=("hq",)):
    """An evaluation of some hour; every check that says something was evaluated."""
    names = sorted({one.rule for one in results} | {*(severities or {})})
    return Evaluation(
        evaluated_at=START + hour * HOUR,
        packs=(),
        connections=connections,
        sufficiency=(),
        rules=tuple(
            RuleResult(
                rule=name,
                pack="doors",
                title=f"Title of {name}",
                severity=Severity((severities or {}).get(name, "high")),
                status=Status.FAIL,
                population=Population(),
                controls=tuple(Control(framework=f, id=i) for f, i in controls),
                results=tuple(one for one in results if one.rule == name),
                remediation=f"Mend {name}",
            )
            for name in names
        ),
        controls=(),
    )
