"""Whether a waiver counts: it is approved by whom it names, as it stands, and by a proof.

Everything that decides is in the waiver itself, the keys that were in force included. So it can be
checked later, offline, from the inputs of an evaluation alone.
"""

from __future__ import annotations

from datetime import datetime

from ccm_core.approvals.proof import SignedStatement, proof_problem
from ccm_core.approvals.statement import NAMESPACE, approval_statement
from ccm_core.model.evaluation.waiver import Approval, Waiver
from ccm_core.sdk.timestamps import format_instant


def approval_problem(waiver: Waiver, now: datetime) -> str | None:
    """Return why a waiver does not count at a moment; None: it is approved.

    Whether it has begun or ended is another question.
    """
    approval = waiver.approval
    if approval is None:
        return None if waiver.authority.accepts_unsigned else _not_approved(waiver)
    problem = _wrong_people(waiver, approval)
    if problem is None and approval.at > now:
        at = format_instant(approval.at.replace(microsecond=0))
        problem = f"it is approved as of {at}, which is later: the clocks differ, or it was not yet"
    return problem or _proof_problem(waiver, approval)


def _proof_problem(waiver: Waiver, approval: Approval) -> str | None:
    statement = SignedStatement(
        content=approval_statement(waiver, approval), namespace=NAMESPACE, verb="approved"
    )
    return proof_problem(statement, approval, waiver.authority)


def is_unsigned(waiver: Waiver) -> bool:
    """Return whether a waiver counts only because the settings accept it without a signature."""
    return waiver.approval is None and waiver.authority.accepts_unsigned


def _not_approved(waiver: Waiver) -> str:
    return (
        f"{waiver.approver} has not approved it: `ccm findings approve {waiver.id}` signs it; "
        "until then what it would cover stays open"
    )


def _wrong_people(waiver: Waiver, approval: Approval) -> str | None:
    authority = waiver.authority
    if not authority.approver:
        return (
            f"its approver {waiver.approver} is not in `people` of the settings (any more), so "
            "nothing proves the approval"
        )
    if not authority.owner:
        return (
            f"its owner {waiver.owner} is not in `people` of the settings (any more): nobody "
            "answers for it; accept the risk anew with another owner"
        )
    if authority.owner == authority.approver:
        return f"{waiver.owner} is its owner and its approver; expected two people"
    if approval.by != authority.approver:
        return f"{approval.by} approved it, and it names {waiver.approver} as its approver"
    return None
