"""Findings as people work on them, and conditions, made for tests of notifications."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.finding import Finding, FindingCheck, FindingState
from ccm_core.model.finding.work_item import DueDate, Owner, OwnerSource, WorkItem, WorkState
from ccm_core.notify.types import Condition, NotifyEvent

NOW = datetime(2026, 5, 6, 12, tzinfo=UTC)
"""A Wednesday."""
DAY = timedelta(days=1)
_CLOSED = {"resolved", "removed", "replaced", "inconclusive"}
SECRET = "evidence: secret-looking-value"


def made_finding(name="f1", *, state=FindingState.OPEN, severity="high", **more):
    """Make a finding of one check on one service."""
    rule = more.pop("rule", "r")
    return Finding(
        **{
            "id": name,
            "connection": "acme",
            "subject": Subject(
                kind="acme.service",
                key="P1",
                title=more.pop("title", "Checkout"),
                url=more.pop("url", "https://acme.example.com/services/P1"),
            ),
            "checks": (
                FindingCheck(
                    result=name, rule=rule, severity=severity, status=Status.FAIL, reason=SECRET
                ),
            ),
            "state": state,
            "reason": SECRET,
            "first_seen": NOW - 10 * DAY,
            "opened_at": NOW - 10 * DAY,
            "last_seen": NOW,
        }
        | more
    )


def made_item(name="f1", *, owners=("Payments",), state=WorkState.OPEN, **more):
    """Make a finding as somebody works on it; ``due`` counts days from now."""
    due = more.pop("due", None)
    closed = {"state": FindingState(state.value)} if state.value in _CLOSED else {}
    item = {
        "title": more.pop("check", "Services are owned"),
        "accepted_until": more.pop("accepted_until", None),
        "controls": more.pop("controls", ("soc2:CC7.3",)),
        "next_step": more.pop("next_step", "Add a second person to level 2."),
        "acts": more.pop("acts", ()),
        "asked": more.pop("asked", ()),
        "tickets": more.pop("tickets", ()),
    }
    return WorkItem(
        finding=made_finding(name, **closed, **more),
        state=state,
        owner=Owner(names=owners, source=OwnerSource.SOURCE if owners else OwnerSource.NOBODY),
        due=() if due is None else (DueDate(at=NOW + due * DAY),),
        is_overdue=due is not None and due <= 0,
        **item,
    )


def asked_item(name, waiver, *kinds, **more):
    """Make a finding for which an acceptance was asked, and what came of it."""
    acts = tuple(
        FindingAct(finding=name, kind=kind, at=NOW, by="ana", waiver=waiver)
        for kind in (ActKind.ACCEPTANCE_ASKED, *kinds)
    )
    asked = () if kinds else (waiver,)
    return made_item(name, state=WorkState.ACCEPTANCE_ASKED, acts=acts, asked=asked, **more)


def made_condition(key, event=NotifyEvent.OPENED, severity=Severity.HIGH, **more):
    """Make a condition; that of a finding where the key begins so."""
    kind, _, name = key.partition(":")
    item = more.pop("item", None)
    if item is None and kind == "finding":
        item = made_item(name, severity=severity.value, follows=more.pop("follows", ()))
    return Condition(
        **{
            "key": key,
            "event": event,
            "severity": severity,
            "text": f"{key} fails",
            "resolved_text": "" if item else f"{key} is resolved",
            "item": item,
            "connection": "acme",
            "rules": ("r",),
        }
        | more
    )
