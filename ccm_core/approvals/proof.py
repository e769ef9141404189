"""Whether what was stated was signed by whom it names: by an SSH key, or through an ID token."""

from __future__ import annotations

from ccm_core.approvals.approval_token import verify_approval_token
from ccm_core.approvals.ssh_public_key import SshPublicKey
from ccm_core.approvals.ssh_signature import SshSignature
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.waiver import Approval, ApprovalAuthority, ApprovalMethod
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedStatement:
    """Bytes that were signed, and what for."""

    content: bytes
    namespace: str
    """What the signature is for: one that was made for anything else does not count."""
    verb: str
    """What signing is called here, such as ``approved``."""


def proof_problem(
    statement: SignedStatement, approval: Approval, authority: ApprovalAuthority
) -> str | None:
    """Return why a proof does not count; None: it does.

    Args:
        statement: What was signed.
        approval: Who signed when and how, with the proof.
        authority: The keys that they had then.
    """
    match approval.method:
        case ApprovalMethod.SSH:
            return _signature_problem(statement, approval, authority)
        case ApprovalMethod.OIDC:
            return _id_token_problem(statement, approval, authority)


def _signature_problem(
    statement: SignedStatement, approval: Approval, authority: ApprovalAuthority
) -> str | None:
    try:
        signature = SshSignature.read(approval.proof)
    except ValueError as error:
        return f"its signature cannot be read: {error}"
    if signature.key not in set(_keys(authority)):
        return (
            f"it is signed by the key {signature.key.fingerprint}, which is not one of "
            f"{approval.by} in `people` of the settings (any more)"
        )
    try:
        signature.verify(statement.content, statement.namespace)
    except ValueError as error:
        return (
            f"its signature by {approval.by} does not fit it: it was changed after it was "
            f"{statement.verb}, or the signature belongs to another one ({error})"
        )
    return None


def _id_token_problem(
    statement: SignedStatement, approval: Approval, authority: ApprovalAuthority
) -> str | None:
    try:
        verify_approval_token(
            approval.proof,
            identities=authority.identities,
            nonce=digest(statement.content),
            at=approval.at,
        )
    except ValueError as error:
        return f"its ID token does not prove that {approval.by} {statement.verb} it: {error}"
    return None


def _keys(authority: ApprovalAuthority) -> list[SshPublicKey]:
    """Return their keys; one that cannot be read proves nothing."""
    keys = []
    for text in authority.ssh_keys:
        try:
            keys.append(SshPublicKey.read(text))
        except ValueError:
            continue
    return keys
