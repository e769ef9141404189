"""Whether a waiver counts: it is approved by whom it names, as it stands, and by a proof.

Everything that decides is in the waiver itself, the keys that were in force included. So it can be
checked later, offline, from the inputs of an evaluation alone.
"""

from __future__ import annotations

from datetime import datetime

from ccm_core.approvals.approval_token import verify_approval_token
from ccm_core.approvals.ssh_public_key import SshPublicKey
from ccm_core.approvals.ssh_signature import SshSignature
from ccm_core.approvals.statement import NAMESPACE, approval_statement, statement_digest
from ccm_core.model.evaluation.waiver import Approval, ApprovalMethod, Waiver
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
    return problem or proof_problem(waiver, approval)


def proof_problem(waiver: Waiver, approval: Approval) -> str | None:
    """Return why the proof of an approval does not count; None: it does."""
    match approval.method:
        case ApprovalMethod.SSH:
            return _signature_problem(waiver, approval)
        case ApprovalMethod.OIDC:
            return _id_token_problem(waiver, approval)


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


def _signature_problem(waiver: Waiver, approval: Approval) -> str | None:
    try:
        signature = SshSignature.read(approval.proof)
    except ValueError as error:
        return f"its signature cannot be read: {error}"
    if signature.key not in set(_keys(waiver)):
        return (
            f"it is signed by the key {signature.key.fingerprint}, which is not one of "
            f"{approval.by} in `people` of the settings (any more)"
        )
    try:
        signature.verify(approval_statement(waiver, approval), NAMESPACE)
    except ValueError as error:
        return (
            f"its signature by {approval.by} does not fit it: it was changed after it was "
            f"approved, or the signature belongs to another one ({error})"
        )
    return None


def _id_token_problem(waiver: Waiver, approval: Approval) -> str | None:
    try:
        verify_approval_token(
            approval.proof,
            identities=waiver.authority.identities,
            nonce=statement_digest(waiver, approval),
            at=approval.at,
        )
    except ValueError as error:
        return f"its ID token does not prove that {approval.by} approved it: {error}"
    return None


def _keys(waiver: Waiver) -> list[SshPublicKey]:
    """Return the approver's keys; one that cannot be read proves nothing."""
    keys = []
    for text in waiver.authority.ssh_keys:
        try:
            keys.append(SshPublicKey.read(text))
        except ValueError:
            continue
    return keys
